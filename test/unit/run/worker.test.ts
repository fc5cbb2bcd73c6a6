import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Config, parseConfig } from "../../../src/config/load.ts";
import { compose } from "../../../src/run/compose.ts";
import type { Surroundings } from "../../../src/run/prepare.ts";
import { Worker } from "../../../src/run/worker.ts";
import { Health } from "../../../src/telemetry/health.ts";

let folder: string;
const stop = { controller: new AbortController() };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-worker-"));
  for (const name of ["flows", "more"]) mkdirSync(join(folder, name));
  stop.controller = new AbortController();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const configOf = (rest = ""): Config =>
  parseConfig(
    join(folder, "flowferry.yaml"),
    `sources: [{ type: directory, name: flows, path: flows }]\nsinks: [{ type: ndjson, name: out, path: out.ndjson }]\n${rest}`,
    {},
  );
const withSource = (path: string) =>
  parseConfig(
    join(folder, "flowferry.yaml"),
    `sources: [{ type: directory, name: flows, path: flows }, { type: directory, name: ${path}, path: ${path} }]\nsinks: [{ type: ndjson, name: out, path: out.ndjson }]\n`,
    {},
  );

async function working(config = configOf()) {
  const surroundings: Surroundings = { env: {}, log: pino({ level: "silent" }), health: new Health() };
  const worker = new Worker(await compose(config, surroundings), surroundings);
  const running = worker.run({ untilCaughtUp: false }, stop.controller.signal);
  const end = async () => {
    stop.controller.abort();
    const results = await running;
    await worker.composed.close();
    return results;
  };
  return { worker, end };
}

test("what has not changed is the same part, and what has is another one", async () => {
  const { worker, end } = await working();
  const before = worker.composed.parts;
  await worker.reload(configOf("run: { poll: 1s }\n"));
  const after = worker.composed.parts;
  expect(after).not.toBe(before);
  expect([after.ledger, after.sinks.get("out"), after.inlets[0]?.source]).toEqual([
    before.ledger,
    before.sinks.get("out"),
    before.inlets[0]?.source,
  ]);
  await worker.reload(
    parseConfig(
      join(folder, "flowferry.yaml"),
      "sources: [{ type: directory, name: flows, path: flows }]\nsinks: [{ type: ndjson, name: out, path: other.ndjson }]\n",
      {},
    ),
  );
  expect(worker.composed.parts.sinks.get("out")).not.toBe(after.sinks.get("out"));
  expect(worker.composed.parts.inlets[0]?.source).toBe(after.inlets[0]?.source);
  await end();
});

test("a source comes and goes while the ledger stays open", async () => {
  const { worker, end } = await working();
  await worker.reload(withSource("more"));
  expect(worker.composed.parts.ledger.of("more").name).toBe("more");
  await worker.reload(configOf());
  expect(() => worker.composed.parts.ledger.of("more")).toThrow("not opened");
  expect(Object.keys((await end()).sources).toSorted()).toEqual(["flows", "more"]);
});

test.each<[string, () => Config, string]>([
  ["a source that is not there", () => withSource("nowhere"), "nowhere"],
  ["another ledger", () => configOf("ledger: { path: other.db }\n"), "ledger.path cannot change"],
  ["rules that are none", () => configOf("alerts: { rules: none }\n"), "none"],
])("%s is refused, and the worker goes on as it was", async (_, config, why) => {
  const { worker, end } = await working();
  const before = worker.composed;
  await expect(worker.reload(config())).rejects.toThrow(why);
  expect(worker.composed).toBe(before);
  await worker.reload(configOf("run: { poll: 1s }\n"));
  expect(worker.composed).not.toBe(before);
  await end();
});

test("what turns out to be wrong when all stands still is refused too, and what was is made again", async () => {
  const archive = "archive: { to: { type: directory, path: archive } }\n";
  const { worker, end } = await working(configOf(archive));
  const before = worker.composed.parts;
  // A folder cannot be made where a file is.
  writeFileSync(join(folder, "file"), "");
  await expect(worker.reload(configOf("archive: { to: { type: directory, path: file/below } }\n"))).rejects.toThrow("file");
  expect(worker.composed.config.archive?.to.options).toMatchObject({ path: "archive" });
  expect(worker.composed.parts.sinks.get("out")).toBe(before.sinks.get("out"));
  expect(worker.composed.parts.keepers).toHaveLength(1);
  await worker.reload(configOf());
  expect(worker.composed.parts.keepers).toEqual([]);
  await end();
});

test("a reload that comes as the run ends is over with it", async () => {
  const { worker, end } = await working();
  const ending = end();
  await worker.reload(configOf("run: { poll: 1s }\n")).catch(() => {});
  await ending;
  await worker.reload(configOf());
});
