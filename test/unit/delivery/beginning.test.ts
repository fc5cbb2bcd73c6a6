import { expect, test } from "vitest";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { memorySink, memorySource, OPTIONS, partsOf } from "./parts.ts";

test("a reading begins behind what all that take part have, where the source can, and what it cannot leave out is skipped", async () => {
  const source = memorySource(new Map([["a", 100]]));
  const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: source.name }] });
  ledger.register(["one", "two"]);
  ledger.of("bucket").discover({ partition: "", objects: [{ key: "a", etag: "1", size: 100, time: 0, order: "a" }] });
  for (const [name, position] of [
    ["one", 45],
    ["two", 30],
  ] as const) {
    ledger.commit(name, 1, position, { delivered: position, rejected: 0, setAside: 0, deadLetters: [] }, false);
  }
  const [one, two] = [memorySink(), memorySink()];
  await runPipeline(partsOf(source, { one: one.sink, two: two.sink }, ledger), OPTIONS, new AbortController().signal);
  expect(source.asked).toEqual([30]);
  const recordsOf = (uids: readonly string[]) => uids.map((uid) => Number.parseInt(uid.slice(24), 16)).toSorted((a, b) => a - b);
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
  expect([recordsOf(one.uids), recordsOf(two.uids)]).toEqual([range(46, 100), range(31, 100)]);
});
