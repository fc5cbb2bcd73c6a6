import { afterEach, beforeEach, expect, test } from "vitest";
import type { Ledger } from "../../../src/contracts/ledger.ts";
import type { Source } from "../../../src/contracts/source.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { partsFor } from "../../../src/run/named-objects.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { memorySink, memorySource, OPTIONS, partsOf } from "../delivery/parts.ts";

const never = new AbortController().signal;
const OBJECTS = new Map([
  ["a", 3],
  ["b", 4],
  ["c", 5],
]);

let ledger: Ledger;
beforeEach(() => {
  ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
});
afterEach(() => ledger.close());

/** A bucket of `OBJECTS`, of which `failures` look-ups fail first. */
function bucket(failures = 0): Source {
  let left = failures;
  return {
    ...memorySource(OBJECTS),
    async find(key) {
      left -= 1;
      if (left >= 0) throw new Failure("passing", "busy", "503");
      return OBJECTS.has(key) ? { key, etag: "1", size: 1, time: 0 } : undefined;
    },
  };
}

async function job(keys: readonly string[], out = memorySink(), source = bucket()) {
  const { parts, outcome } = partsFor(partsOf(source, { out: out.sink }, ledger), new Map([["bucket", new Set(keys)]]));
  const totals = await runPipeline(parts, OPTIONS, never);
  return { objects: totals.objects, delivered: out.uids.length, ...outcome() };
}

test("a job brings the objects that it was asked for, and no other", async () => {
  expect(await job(["b", "c"])).toEqual({ objects: 2, delivered: 9, missing: [], known: 0 });
});

test("what an earlier job has brought is not brought twice, and what is not there is named", async () => {
  await job(["a"]);
  expect(await job(["a", "b", "nowhere"])).toEqual({ objects: 1, delivered: 4, missing: ["nowhere"], known: 1 });
});

test("a bucket that cannot be listed for a while is asked again, and nothing is counted twice", async () => {
  expect(await job(["a", "nowhere"], memorySink(), bucket(2))).toEqual({
    objects: 1,
    delivered: 3,
    missing: ["nowhere"],
    known: 0,
  });
});

test("a tail with the same ledger goes on where it would have been", async () => {
  await job(["b"]);
  const out = memorySink();
  await runPipeline(partsOf(bucket(), { out: out.sink }, ledger), OPTIONS, never);
  expect(out.uids).toHaveLength(3 + 5);
});

test("a source that cannot look up one object says so", () => {
  const parts = partsOf(memorySource(OBJECTS), { out: memorySink().sink }, ledger);
  const asked = () => partsFor(parts, new Map([["bucket", new Set(["a"])]]));
  expect(asked).toThrow(expect.objectContaining({ code: "source-without-lookup" }));
});
