import { mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import type { GeneratedObject } from "../../src/generator/generate.ts";
import { runs } from "../runs.ts";
import type { Receiver } from "../simulators/otlp/receiver.ts";
import { flowferry, type Running, withThreads } from "./program.ts";
import { recordsOf, setting, toReceiver } from "./setting.ts";

const { path, write, receive, begin, bucket, lines } = setting();

/** Puts an object that was made in another folder into the bucket, whole at once. */
function land({ key }: GeneratedObject): void {
  mkdirSync(path("bucket", dirname(key)), { recursive: true });
  renameSync(path("made", key), path("bucket", key));
}

/** How often a line of the log was written so far. */
const times = (worker: Running, text: string) => worker.stderr().split(text).length - 1;

const said = (worker: Running, text: string, count = 1) =>
  expect.poll(() => times(worker, text), { timeout: 20_000, interval: 10 }).toBeGreaterThanOrEqual(count);

/** Whole at once, since the one before may be read just now. */
function put(config: object): string {
  renameSync(write("flowferry.new", stringify(withThreads(config))), path("flowferry.yaml"));
  return path("flowferry.yaml");
}

const configOf = (rest: object) => ({
  source: { type: "directory", path: "bucket" },
  run: { poll: "100ms", shutdown: "10s", retry: { initialMs: 20, maxMs: 100 } },
  ...rest,
});

const everyOnce = ({ uids }: Receiver) => [...uids.values()].every((count) => count === 1);

test("nothing is lost or doubled while a worker under load takes up one configuration after the other", {
  timeout: 120_000,
}, async () => {
  const [stays, changes] = [await receive(), await receive()];
  const objects = await bucket({ objects: 60, flows: runs(20_000, 4) }, "made");
  mkdirSync(path("bucket"));
  const configure = (turn: number) => {
    const sinks = [
      toReceiver(stays),
      { ...toReceiver(changes), name: "changes", batch: { records: 50 + turn, lingerMs: 20 } },
      { type: "ndjson", name: "file", path: "kept.ndjson", append: false },
      ...(turn % 3 === 0 ? [{ type: "ndjson", name: "now-and-then", path: "sometimes.ndjson" }] : []),
    ];
    const lookBack = turn % 4 === 0 ? "3h" : "2h";
    const source = { type: "directory", path: "bucket", lookBack };
    return put(configOf({ source, sinks, ...(turn % 2 === 0 ? { alerts: {} } : {}) }));
  };
  const worker = begin(["run", "-c", configure(0), "--json"]);
  await said(worker, "tails");
  let turns = 0;
  for (const [index, object] of objects.entries()) {
    land(object);
    if (index % 2 === 1) {
      configure(++turns);
      worker.child.kill("SIGHUP");
      // Some come while the one before is being taken up.
      if (index % 8 !== 1) await said(worker, "is taken up", Math.floor(turns / 2));
    }
    await sleep(10);
  }
  const records = recordsOf(objects);
  await expect.poll(() => [stays.uids.size, changes.uids.size], { timeout: 60_000 }).toEqual([records, records]);
  await expect.poll(() => lines("kept.ndjson").length, { timeout: 20_000 }).toBe(records);
  worker.child.kill("SIGTERM");
  const { code, stdout, stderr } = await worker.ended;
  expect(code).toBe(0);
  expect(times(worker, "is taken up")).toBeGreaterThan(turns / 3);
  expect(stderr).not.toMatch(/"level":"(warn|error)"/);
  // Everybody answers at once, so that nothing is on its way when the configuration changes.
  expect([everyOnce(stays), everyOnce(changes)]).toEqual([true, true]);
  // Of all configurations together.
  expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
    sinks: { out: { delivered: records }, changes: { delivered: records } },
  });
});

test("a wrong configuration is refused with all its faults, and the one before goes on", { timeout: 60_000 }, async () => {
  const out = await receive();
  const objects = await bucket({ objects: 6 }, "made");
  mkdirSync(path("bucket"));
  const sinks = [toReceiver(out)];
  const configure = (rest: object) => put(configOf({ sinks, ...rest }));
  const worker = begin(["run", "-c", configure({})]);
  await said(worker, "tails");
  const wrong: [object, string[]][] = [
    [{ sink: [], run: { pol: "1s" } }, ["unknown key sink: did you mean sinks?", "unknown key run.pol: did you mean poll?"]],
    [
      { sinks: [{ ...sinks[0], filter: { a: { detections: "no-such-rule" }, condition: "a" } }], alerts: {} },
      ["asks for rule no-such-rule"],
    ],
    [{ enrich: { ports: "none.csv" } }, ["none.csv"]],
    [{ source: { type: "directory", path: "." } }, ["use another ledger.path"]],
    [{ sinks: [{ type: "ndjson", path: "nowhere/out.ndjson" }] }, ["nowhere"]],
    [{ ledger: { path: "another.db" } }, ["ledger.path cannot change while a worker runs"]],
    [{ intake: { listen: "0.0.0.0:0" } }, ["takes events of anybody"]],
    [{ alerts: { rules: "nowhere" } }, ["nowhere"]],
  ];
  let refusals = 0;
  for (const [rest, faults] of wrong) {
    configure(rest);
    worker.child.kill("SIGHUP");
    refusals += faults.length;
    await said(worker, "configuration refused, the one before stays", refusals);
    for (const fault of faults) expect(worker.stderr()).toContain(fault);
  }
  expect(times(worker, "configuration refused")).toBe(refusals);
  for (const object of objects) land(object);
  await expect.poll(() => out.uids.size, { timeout: 20_000 }).toBe(recordsOf(objects));
  const status = async () => (await flowferry(["status", "-c", configure({}), "--json"])).stdout;
  expect(await status()).toContain("config-refused");
  // Put right, it is taken up.
  configure({ telemetry: { level: "debug" } });
  worker.child.kill("SIGHUP");
  await said(worker, "is taken up, changed: telemetry");
  await expect.poll(status).not.toContain("config-refused");
  configure({});
  worker.child.kill("SIGHUP");
  await said(worker, "is taken up, changed: telemetry", 2);
  worker.child.kill("SIGHUP");
  await said(worker, "the configuration has not changed");
  worker.child.kill("SIGTERM");
  expect((await worker.ended).code).toBe(0);
  expect(everyOnce(out)).toBe(true);
});

test("a sink that takes nothing holds nobody up, and one that is not changed stays", { timeout: 60_000 }, async () => {
  const out = await receive();
  const dead = await receive({ "*": { status: 503 } });
  const objects = await bucket({ objects: 8 }, "made");
  mkdirSync(path("bucket"));
  const configure = (poll: string) =>
    put(configOf({ sinks: [toReceiver(out), { ...toReceiver(dead), name: "dead" }], run: { poll, shutdown: "60s" } }));
  const worker = begin(["run", "-c", configure("100ms"), "--watch"]);
  await said(worker, "tails");
  for (const object of objects.slice(0, 4)) land(object);
  await expect.poll(() => out.uids.size, { timeout: 20_000 }).toBe(recordsOf(objects.slice(0, 4)));
  configure("110ms");
  await said(worker, "is taken up, changed: run");
  for (const object of objects.slice(4)) land(object);
  await expect.poll(() => out.uids.size, { timeout: 20_000 }).toBe(recordsOf(objects));
  expect(everyOnce(out)).toBe(true);
  expect(statSync(path("bucket")).isDirectory()).toBe(true);
});
