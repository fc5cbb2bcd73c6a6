import { expect, test } from "vitest";
import { stringify } from "yaml";
import { parseConfig } from "../../../src/config/load.ts";
import { changesOf } from "../../../src/run/changes.ts";
import { sumOf } from "../../../src/run/sum.ts";

const flows = { type: "directory", path: "flows" };
const out = { type: "ndjson", name: "out", path: "o" };
const base = { source: flows, sinks: [out, { type: "otlp", endpoint: "http://127.0.0.1:4318" }] };
const load = (blocks: object, before = "") => parseConfig("/etc/f.yaml", before + stringify(blocks), {});

test.each<[string, object, string[]]>([
  ["nothing", base, []],
  ["the order of keys", { sinks: base.sinks, source: { path: "flows", type: "directory" } }, []],
  ["a default that is said", { ...base, run: { poll: "10s" } }, []],
  ["a sink", { ...base, sinks: [out, { type: "otlp", endpoint: "http://127.0.0.1:4319" }] }, ["sink otlp"]],
  [
    "the filter of a sink",
    { ...base, sinks: [{ ...out, filter: { a: { action: "reject" }, condition: "a" } }, base.sinks[1]] },
    ["sink out"],
  ],
  ["a sink that is gone and one that comes", { ...base, sinks: [out, { ...out, name: "more" }] }, ["sink otlp", "sink more"]],
  ["what a sink gets of the flows", { ...base, sinks: [{ ...out, sample: { oneIn: 10 } }, base.sinks[1]] }, ["sink out"]],
  ["the filter of all flows", { ...base, filter: { action: "reject" } }, ["source directory-flows"]],
  ["how the bucket is tailed", { ...base, source: { ...flows, lookBack: "3h" } }, ["source directory-flows"]],
  ["a table", { ...base, enrich: { ports: "ports.csv" } }, ["source directory-flows"]],
  [
    "blocks",
    { ...base, run: { poll: "1s" }, alerts: {}, telemetry: { level: "debug" }, intake: { listen: "127.0.0.1:1" } },
    ["alerts", "intake", "run", "telemetry"],
  ],
])("a change of %s", (_, blocks, changes) => {
  expect(changesOf(load(base), load(blocks, "# a comment moves all lines\n\n"))).toEqual(changes);
});

test("what two runs have done is added up, and of states the last one counts", () => {
  const counts = {
    objects: 1,
    records: 10,
    bad: 0,
    skipped: 0,
    filtered: 2,
    readBytes: 5,
    lost: 0,
    discovered: 1,
    discoveredBytes: 5,
  };
  const before = {
    ...counts,
    quality: { "skip-data": 1 },
    parked: 3,
    sources: { a: { ...counts, quality: {}, parked: 3 } },
    sinks: {
      x: { delivered: 8, rejected: 0, deadLettered: 0, filtered: 0, sampled: 0, aggregated: 0, waiting: 4 },
      gone: { delivered: 1, rejected: 0, deadLettered: 0, filtered: 0, sampled: 0, aggregated: 0, waiting: 2 },
    },
    keepers: { archive: { kept: 7, filtered: 1, files: 2, waiting: 3 } },
    alerts: { told: 1, waiting: 5, refused: 0, withheld: 1 },
  };
  const after = {
    ...before,
    parked: 0,
    quality: { silence: 2 },
    sources: { a: { ...counts, quality: {}, parked: 0 } },
    sinks: { x: { ...before.sinks.x, waiting: 0 } },
    keepers: { archive: { kept: 1, filtered: 1, files: 1, waiting: 0 } },
  };
  expect(
    sumOf(before, { ...after, alerts: { told: 2, waiting: 0, refused: 0, withheld: 0 } } as unknown as typeof before),
  ).toMatchObject({
    objects: 2,
    records: 20,
    filtered: 4,
    quality: { "skip-data": 1, silence: 2 },
    parked: 0,
    sources: { a: { records: 20, parked: 0 } },
    sinks: { x: { delivered: 16, waiting: 0 }, gone: { delivered: 1, waiting: 2 } },
    keepers: { archive: { kept: 8, filtered: 2, files: 3, waiting: 0 } },
    alerts: { told: 3, waiting: 0, refused: 0, withheld: 1 },
  });
});
