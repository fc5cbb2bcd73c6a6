import fc from "fast-check";
import { expect, test } from "vitest";
import type { Reduction } from "../../../src/contracts/reduction.ts";
import { replay } from "../../../src/delivery/replay.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { reductionOf } from "../../../src/reduce/reduction.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { runs } from "../../runs.ts";
import { inletOf, memorySink, memorySource, OPTIONS, partsOf } from "../delivery/parts.ts";

const only = (sink: string, test: (flow: Flow) => boolean) =>
  new Map([[sink, reductionOf({}, { test, block: "some" }) as Reduction]]);
const never = new AbortController().signal;
const numbersOf = (uids: readonly string[]) => uids.map((uid) => Number.parseInt(uid.slice(-8), 16));

test("a sink with a filter gets what the filter wants, and the books hold the rest", async () => {
  const [few, all] = [memorySink(), memorySink()];
  const parts = partsOf(memorySource(new Map([["a", 50]])), { few: few.sink, all: all.sink });
  const reductions = only("few", ({ record }: Flow) => record % 10 === 3);
  const totals = await runPipeline({ ...parts, reductions }, OPTIONS, never);
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
    settle: () => {},
    flush: () => {},
    save: () => ({ lots: [], head: () => "", done: () => [], abandon: () => {} }),
  };
  const reductions = only("found", (flow: Flow) => flow.detections.includes("scan"));
  await runPipeline({ ...parts, detections, reductions }, OPTIONS, never);
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
      const reductions = only("out", ({ record }: Flow) => wanted.includes(record));
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
        const parts = { ...partsOf(source, { out: out.sink }, ledger), inlets: [inletOf(source)], reductions };
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

/** What is summed of records of so many conversations, each with as many bytes as its number says. */
const conversing = (source: Parameters<typeof inletOf>[0], conversations: number) => ({
  ...inletOf(source),
  enrich: async (flows: readonly Flow[]) => {
    for (const flow of flows) {
      flow.bytes = flow.record;
      flow.sourceAddress = `10.0.0.${(flow.record * 7) % conversations}`;
    }
  },
});
const AGGREGATE = { windowMs: 60_000, by: "conversation", most: 20_000 } as const;
const REPLAY = { maxBytes: 1e9, maxRecordBytes: 1e6, retry: OPTIONS.retry, onRetry: () => {} };

test("whatever is held back and refused, and wherever a run is stopped: each record is in one sum, once, and a sum that is sent again is the same", async () => {
  const history = fc.record({
    sizes: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 4 }),
    conversations: fc.integer({ min: 1, max: 12 }),
    most: fc.integer({ min: 1, max: 20 }),
    oneIn: fc.constantFrom(undefined, 2, 5),
    hidden: fc.integer({ min: 0, max: 12 }),
    bad: fc.constantFrom(-1, 0, 3),
    batch: fc.integer({ min: 1, max: 9 }),
    inFlight: fc.integer({ min: 1, max: 3 }),
    piece: fc.integer({ min: 1, max: 9 }),
    stops: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(history, async ({ sizes, conversations, most, oneIn, hidden, bad, batch, inFlight, piece, stops }) => {
      const source = memorySource(new Map(sizes.map((size, index) => [`o${index}`, size])), piece);
      const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: source.name }] });
      const isWanted = ({ record }: Flow) => record % 13 !== hidden;
      const sample = oneIn && { oneIn };
      const own = () =>
        reductionOf({ aggregate: { ...AGGREGATE, most }, sample }, { test: isWanted, block: hidden }) as Reduction;
      const got = new Map<string, string>();
      let refuses = true;
      const take = async ({ flows }: { readonly flows: readonly Flow[] }) => {
        if (refuses && flows.some(({ sourceAddress }) => sourceAddress === `10.0.0.${bad}`)) {
          throw new Failure("batch", "bad-record", "400", { certain: true });
        }
        for (const { uid, bytes, aggregatedRecords, sourceAddress } of flows) {
          const sum = `${sourceAddress} ${aggregatedRecords} ${bytes}`;
          expect(got.get(uid) ?? sum).toBe(sum);
          got.set(uid, sum);
        }
        return undefined;
      };
      const partsTo = (sink: ReturnType<typeof memorySink>["sink"]) => ({
        ...partsOf(source, { out: sink }, ledger),
        inlets: [conversing(source, conversations)],
        reductions: new Map([["out", own()]]),
      });
      for (const last of [...stops, undefined]) {
        const stop = new AbortController();
        const out = memorySink(
          async (taken, call) => {
            if (last === undefined || call < last) return take(taken);
            stop.abort();
            throw new Failure("passing", "busy", "503");
          },
          { records: batch, inFlight },
        );
        await runPipeline(partsTo(out.sink), { ...OPTIONS, shutdownMs: 1 }, stop.signal).catch((error) => {
          if (!stop.signal.aborted) throw error;
        });
      }
      const all = sizes.reduce((sum, size) => sum + size, 0);
      const [before] = ledger.status().sinks;
      expect(before).toMatchObject({ offered: all, rejected: 0, pendingObjects: 0 });
      if (bad < 0) expect(before?.setAside).toBe(0);
      refuses = false;
      await replay(ledger.deadLetters({}, 1000), partsTo(memorySink(take).sink), REPLAY, never);

      const chosen = sizes.flatMap((size, index) =>
        Array.from({ length: size }, (_, place) => ({ index, record: place + 1 })).filter(({ record }) => record % 13 !== hidden),
      );
      const sums = [...got.values()].map((sum) => sum.split(" ").slice(1).map(Number) as [number, number]);
      const records = sums.reduce((sum, [count]) => sum + count, 0);
      const [sink] = ledger.status().sinks;
      expect(sink).toMatchObject({ offered: all, setAside: 0, filtered: all - chosen.length, delivered: sums.length });
      expect(sink?.aggregated).toBe(records - sums.length);
      expect(sink?.sampled).toBe(chosen.length - records);
      if (oneIn !== undefined) return;
      expect(records).toBe(chosen.length);
      expect(sums.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(chosen.reduce((sum, { record }) => sum + record, 0));
      if (most < conversations) return;
      const expected = new Map<string, number>();
      for (const { index, record } of chosen) {
        const conversation = `${index} ${(record * 7) % conversations}`;
        expected.set(conversation, (expected.get(conversation) ?? 0) + record);
      }
      expect(sums.map(([, bytes]) => bytes).toSorted((a, b) => a - b)).toEqual([...expected.values()].toSorted((a, b) => a - b));
    }),
    { numRuns: runs(40) },
  );
});
