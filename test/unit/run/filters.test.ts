import fc from "fast-check";
import { expect, test } from "vitest";
import type { Flow } from "../../../src/flow/flow.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { runs } from "../../runs.ts";
import { inletOf, memorySink, memorySource, OPTIONS, partsOf } from "../delivery/parts.ts";

const never = new AbortController().signal;
const numbersOf = (uids: readonly string[]) => uids.map((uid) => Number.parseInt(uid.slice(-8), 16));

test("a sink with a filter gets what the filter wants, and the books hold the rest", async () => {
  const [few, all] = [memorySink(), memorySink()];
  const parts = partsOf(memorySource(new Map([["a", 50]])), { few: few.sink, all: all.sink });
  const filters = new Map([["few", ({ record }: Flow) => record % 10 === 3]]);
  const totals = await runPipeline({ ...parts, filters }, OPTIONS, never);
  expect(numbersOf(few.uids)).toEqual([3, 13, 23, 33, 43]);
  expect(all.uids).toHaveLength(50);
  expect(totals.sinks).toMatchObject({ few: { delivered: 5, filtered: 45 }, all: { delivered: 50, filtered: 0 } });
  expect(parts.ledger.status().sinks).toMatchObject([
    { name: "all", offered: 50, delivered: 50, filtered: 0, pendingObjects: 0 },
    { name: "few", offered: 50, delivered: 5, filtered: 45, pendingObjects: 0 },
  ]);
});

test("a filter sees what the rules found", async () => {
  const found = memorySink();
  const parts = partsOf(memorySource(new Map([["a", 20]])), { found: found.sink });
  const detections = {
    inspect(flows: readonly Flow[]) {
      for (const flow of flows) if (flow.record === 7) flow.detections = ["scan"];
    },
    flush: () => {},
    save: () => ({ lots: [], head: () => "", done: () => [], abandon: () => {} }),
  };
  const filters = new Map([["found", (flow: Flow) => flow.detections.includes("scan")]]);
  await runPipeline({ ...parts, detections, filters }, OPTIONS, never);
  expect(numbersOf(found.uids)).toEqual([7]);
});

test("whatever is held back, and wherever a run is stopped: each record is counted once, as delivered or as filtered", async () => {
  const history = fc.record({
    sizes: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 4 }),
    wanted: fc.uniqueArray(fc.integer({ min: 1, max: 40 })),
    batch: fc.integer({ min: 1, max: 9 }),
    inFlight: fc.integer({ min: 1, max: 3 }),
    piece: fc.integer({ min: 1, max: 9 }),
    stops: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(history, async ({ sizes, wanted, batch, inFlight, piece, stops }) => {
      const source = memorySource(new Map(sizes.map((size, index) => [`o${index}`, size])), piece);
      const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: source.name }] });
      const filters = new Map([["out", ({ record }: Flow) => wanted.includes(record)]]);
      const got = new Set<string>();
      for (const last of [...stops, undefined]) {
        const stop = new AbortController();
        const out = memorySink(
          async (_batch, call) => {
            // What is on its way when the run dies is never acknowledged.
            if (last !== undefined && call >= last) {
              stop.abort();
              throw new Failure("passing", "busy", "503");
            }
            return undefined;
          },
          { records: batch, inFlight },
        );
        const parts = { ...partsOf(source, { out: out.sink }, ledger), inlets: [inletOf(source)], filters };
        await runPipeline(parts, { ...OPTIONS, shutdownMs: 1 }, stop.signal).catch((error) => {
          if (!stop.signal.aborted) throw error;
        });
        for (const uid of out.uids) got.add(uid);
      }
      const all = sizes.reduce((sum, size) => sum + size, 0);
      const delivered = sizes.reduce((sum, size) => sum + wanted.filter((record) => record <= size).length, 0);
      expect(got.size).toBe(delivered);
      expect(ledger.status().sinks).toMatchObject([{ offered: all, delivered, filtered: all - delivered, pendingObjects: 0 }]);
    }),
    { numRuns: runs(60) },
  );
});
