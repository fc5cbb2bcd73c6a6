import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { format } from "../../../examples/library/csv-format.ts";
import { sink } from "../../../examples/library/csv-sink.ts";
import { type LogEntry, openPipeline, Registry, UsageError } from "../../../src/index.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-library-"));
  mkdirSync(join(folder, "bucket"));
  const lines = [
    "2026-01-31T12:00:00Z,10.0.1.7,51234,203.0.113.9,443,6,1200",
    "2026-01-31T12:00:01Z,10.0.1.7,51235,not an address,443,6,80",
    "2026-01-31T12:00:02Z,10.0.1.8,51236,203.0.113.9,22,6,90",
  ];
  writeFileSync(join(folder, "bucket", "a.csv"), `${lines.join("\n")}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function mine(): Registry {
  const registry = new Registry();
  registry.register("format", format);
  registry.register("sink", sink);
  return registry;
}

const COLUMNS = ["time", "sourceAddress", "destinationService", "bytes"];
const configuration = (path: string) => ({
  source: { type: "directory", path: "bucket" },
  sinks: [{ type: "csv", path, columns: COLUMNS }],
  ledger: { path: ":memory:" },
});
// 2026-01-31T12:00:00Z is 1769860800 s after the epoch.
const ROWS = "1769860800000,10.0.1.7,HTTPS,1200\n1769860802000,10.0.1.8,SSH,90\n";

test("a program runs a pipeline with a format and a sink of its own, and gets the summary", async () => {
  const log: LogEntry[] = [];
  await using pipeline = await openPipeline(configuration("out.csv"), {
    registry: mine(),
    baseDir: folder,
    onLog: (entry) => log.push(entry),
  });
  const summary = await pipeline.run({ untilCaughtUp: true });
  expect(summary).toMatchObject({ objects: 1, records: 2, bad: 1, complete: false, interrupted: false });
  expect(summary.sinks).toMatchObject({ csv: { delivered: 2, rejected: 0, deadLettered: 0 } });
  expect(readFileSync(join(folder, "out.csv"), "utf8")).toBe(ROWS);
  expect(log).toContainEqual(
    expect.objectContaining({ level: "warn", time: expect.stringMatching(/Z$/), msg: expect.any(String) }),
  );
});

test("the same of a text, and of a file", async () => {
  const text = (path: string) => `source: { type: directory, path: bucket }
sinks: [{ type: csv, path: ${path}, columns: [${COLUMNS.join(", ")}] }]
ledger: { path: ":memory:" }
`;
  const file = join(folder, "flowferry.yaml");
  writeFileSync(file, text("file.csv"));
  for (const [input, path] of [
    [text("text.csv"), "text.csv"],
    [pathToFileURL(file), "file.csv"],
  ] as const) {
    await using pipeline = await openPipeline(input, { registry: mine(), baseDir: folder });
    await pipeline.run({ untilCaughtUp: true });
    expect(readFileSync(join(folder, path), "utf8")).toBe(ROWS);
  }
});

test("the signal ends a run that tails, with what was delivered until then", async () => {
  const stop = new AbortController();
  await using pipeline = await openPipeline(configuration("tail.csv"), { registry: mine(), baseDir: folder });
  const summary = await pipeline.run({
    signal: stop.signal,
    onProgress: ({ sinks }) => (sinks.csv?.delivered ?? 0) === 2 && stop.abort(),
  });
  expect(summary).toMatchObject({ interrupted: true, sinks: { csv: { delivered: 2 } } });
});

test("nothing is left behind in the process", async () => {
  const listeners = () => ["SIGINT", "SIGTERM", "uncaughtException", "exit"].flatMap((name) => process.rawListeners(name));
  // What an earlier test left may go meanwhile.
  const before = new Set(listeners());
  const left = () => listeners().filter((listener) => !before.has(listener));
  const pipeline = await openPipeline(configuration("quiet.csv"), { registry: mine(), baseDir: folder });
  expect(left()).toEqual([]);
  await pipeline.run({ untilCaughtUp: true });
  await pipeline.close();
  expect(left()).toEqual([]);
  expect([...new Registry().sinks.keys()]).not.toContain("csv");
});

const refusal = async (input: string | URL | object, registry = mine()) => {
  const error = await openPipeline(input, { registry, baseDir: folder }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(UsageError);
  return (error as UsageError).message;
};

test("faults name the place, and the nearest right name", async () => {
  const object = { ...configuration("x.csv"), sinks: [{ type: "csv", path: "x.csv", colums: [] }] };
  expect(await refusal(object)).toBe(
    "configuration: sinks[0].columns: is missing: expected array\nconfiguration: unknown key sinks[0].colums: did you mean columns?",
  );
  expect(await refusal("source: { type: direktory }\nsinks: [{ type: csv }]\n")).toBe(
    [
      'configuration:1:17: unknown type "direktory": did you mean directory?',
      "configuration:2:9: sinks[0].path: is missing: expected string",
      "configuration:2:9: sinks[0].columns: is missing: expected array",
    ].join("\n"),
  );
  expect(await refusal(new URL("file:///not/there.yaml"))).toMatch(/^cannot read configuration \/not\/there\.yaml/);
  expect(await refusal(configuration("x.csv"), new Registry())).toMatch(/^configuration: unknown type "csv"/);
});

test("a pipeline runs once", async () => {
  await using pipeline = await openPipeline(configuration("once.csv"), { registry: mine(), baseDir: folder });
  await pipeline.run({ untilCaughtUp: true });
  await expect(pipeline.run()).rejects.toThrow("a pipeline runs once");
});

test("a part that lacks something, or whose name is taken, is refused when it is registered", () => {
  const registry = mine();
  expect(() => registry.register("sink", sink)).toThrow("there is a sink csv already");
  expect(() => registry.register("source", { ...sink, type: "s3" } as never)).toThrow("there is a source s3 already");
  expect(() => registry.register("format", { name: "x" } as never)).toThrow("the format lacks create()");
  expect(() => registry.register("sink", undefined as never)).toThrow("the sink is no object");
});
