import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PermanentError, RetryableError, TooLargeError } from "../../src/errors.ts";
import { originOf } from "../../src/flow.ts";
import { openLedger } from "../../src/ledger/sqlite.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { memorySink, memorySource, OPTIONS, partsOf } from "./delivery/parts.ts";

const bucket = (objects: Record<string, number>) => new Map(Object.entries(objects));

/** Every uid of a bucket, from the definition: hash of store, key and etag, and the record's number. */
function uidsOf(objects: ReadonlyMap<string, number>): string[] {
  return [...objects].flatMap(([key, records]) =>
    Array.from(
      { length: records },
      (_, index) => originOf("memory://bucket", key, "1").digest + (index + 1).toString(16).padStart(8, "0"),
    ),
  );
}

const never = new AbortController().signal;

describe("runPipeline", () => {
  test("brings every record of every object to every sink once, and knows then that nothing is left", async () => {
    const objects = bucket({ a: 25, b: 0, c: 1, d: 100, e: 7, f: 33 });
    const [one, two] = [memorySink(), memorySink(() => sleep(1).then(() => undefined), { records: 17 })];
    const source = memorySource(objects);
    const parts = partsOf(source, { one: one.sink, two: two.sink });
    const totals = await runPipeline(parts, OPTIONS, never);
    expect(one.uids.toSorted()).toEqual(uidsOf(objects).toSorted());
    expect(two.uids.toSorted()).toEqual(uidsOf(objects).toSorted());
    expect(totals).toMatchObject({ objects: 6, records: 166, sinks: { one: { delivered: 166 }, two: { delivered: 166 } } });
    expect(source.opened.toSorted()).toEqual([...objects.keys()]);
    await runPipeline(parts, OPTIONS, never);
    expect(one.uids).toHaveLength(166);
  });

  test("whatever the sizes, failures and delays: everything arrives exactly once when nothing dies", async () => {
    const scenario = fc.record({
      sizes: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 12 }),
      piece: fc.integer({ min: 1, max: 20 }),
      sinks: fc.array(
        fc.record({
          records: fc.integer({ min: 1, max: 25 }),
          inFlight: fc.integer({ min: 1, max: 4 }),
          faults: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ sizes, piece, sinks }) => {
        const objects = new Map(sizes.map((size, index) => [`object-${index}`, size]));
        const receivers = sinks.map(({ records, inFlight, faults }) =>
          memorySink(
            async (batch, call) => {
              const fault = faults[call - 1] ?? 0;
              if (fault === 1) throw new RetryableError("busy", "busy");
              if (fault === 2 && batch.flows.length > 1) throw new TooLargeError("too-large", "too large");
              if (fault >= 3) await sleep(fault);
              return undefined;
            },
            { records, inFlight },
          ),
        );
        const named = Object.fromEntries(receivers.map(({ sink }, index) => [`sink-${index}`, sink]));
        await runPipeline(partsOf(memorySource(objects, piece), named), { ...OPTIONS, stallMs: 3 }, never);
        const expected = uidsOf(objects).toSorted();
        for (const { uids } of receivers) expect(uids.toSorted()).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test("a sink that is down does not hold up the other, catches up by itself, and joins again", async () => {
    const objects = new Map(Array.from({ length: 30 }, (_, index) => [`o${String(index).padStart(2, "0")}`, 40]));
    let up = false;
    const down = memorySink(async () => {
      if (!up) throw new RetryableError("refused", "connection refused");
      return undefined;
    });
    const healthy = memorySink();
    const source = memorySource(objects);
    const running = runPipeline(partsOf(source, { down: down.sink, healthy: healthy.sink }), OPTIONS, never);
    while (healthy.uids.length < 1200) await sleep(5);
    expect(down.uids).toHaveLength(0);
    up = true;
    const totals = await running;
    expect(down.uids.toSorted()).toEqual(uidsOf(objects).toSorted());
    expect(healthy.uids).toHaveLength(1200);
    expect(totals).toMatchObject({
      objects: 30,
      records: 1200,
      sinks: { down: { delivered: 1200 }, healthy: { delivered: 1200 } },
    });
  });

  test("stopped in the middle and started again, it repeats at most what was in flight and misses nothing", async () => {
    const objects = bucket({ a: 500, b: 300, c: 200 });
    const source = memorySource(objects);
    const ledger = openLedger({ path: ":memory:", source: source.name });
    const first = memorySink(() => sleep(2).then(() => undefined));
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 40);
    await runPipeline(partsOf(source, { out: first.sink }, ledger), OPTIONS, stop.signal);
    expect(first.uids.length).toBeGreaterThan(0);
    expect(first.uids.length).toBeLessThan(1000);
    const second = memorySink();
    await runPipeline(partsOf(source, { out: second.sink }, ledger), OPTIONS, never);
    const expected = uidsOf(objects);
    expect(new Set([...first.uids, ...second.uids])).toEqual(new Set(expected));
    expect(first.uids.length + second.uids.length).toBe(expected.length);
  });

  test("stopped while it lists, it still waits for what is in flight", async () => {
    const source = memorySource(bucket({ a: 40 }));
    const discover = source.discover.bind(source);
    source.discover = async function* (seen, signal) {
      yield* discover(seen, signal);
      await sleep(60_000, undefined, { signal });
    };
    const stop = new AbortController();
    const out = memorySink(async () => {
      stop.abort();
      await sleep(50);
      return undefined;
    });
    const totals = await runPipeline(partsOf(source, { out: out.sink }), OPTIONS, stop.signal);
    expect(out.uids.length).toBeGreaterThan(0);
    expect(totals.sinks.out?.delivered).toBe(out.uids.length);
  });

  test("after a death the unacknowledged batches come again, and nothing else", async () => {
    const objects = bucket({ a: 400, b: 400 });
    const source = memorySource(objects);
    const ledger = openLedger({ path: ":memory:", source: source.name });
    const stop = new AbortController();
    const first = memorySink(async (_batch, call) => {
      if (call === 20) stop.abort();
      if (call >= 20) await new Promise(() => {});
      return undefined;
    });
    await runPipeline(partsOf(source, { out: first.sink }, ledger), { ...OPTIONS, shutdownMs: 1 }, stop.signal).catch(() => {});
    const second = memorySink();
    await runPipeline(partsOf(source, { out: second.sink }, ledger), OPTIONS, never);
    expect(new Set([...first.uids, ...second.uids])).toEqual(new Set(uidsOf(objects)));
    expect(first.uids.length + second.uids.length - 800).toBeLessThanOrEqual(3 * 10);
  });

  test("an object that is gone is set aside by name, and the others go on", async () => {
    const objects = bucket({ a: 10, gone: 10, z: 10 });
    const source = memorySource(objects);
    const open = source.open.bind(source);
    source.open = async (object, signal) => {
      if (object.key === "gone") throw new PermanentError("object-vanished", "gone: no such object");
      return open(object, signal);
    };
    const out = memorySink();
    const parts = partsOf(source, { out: out.sink });
    const totals = await runPipeline(parts, OPTIONS, never);
    expect(totals).toMatchObject({ objects: 3, records: 20, bad: 1, sinks: { out: { delivered: 20 } } });
    expect(parts.ledger.deadLetters({}, 10)).toMatchObject([
      { sink: undefined, key: "gone", from: 1, to: undefined, code: "object-vanished" },
    ]);
  });

  test("a source that breaks in mid-object is read on from where it broke", async () => {
    const objects = bucket({ a: 100 });
    const source = memorySource(objects);
    const open = source.open.bind(source);
    let opened = 0;
    source.open = async (object, signal) => {
      opened += 1;
      const bytes = await open(object, signal);
      if (opened > 2) return bytes;
      return (async function* () {
        let chunks = 0;
        for await (const chunk of bytes) {
          if (chunks++ === opened * 4) throw new RetryableError("reset", "connection reset");
          yield chunk;
        }
      })();
    };
    const out = memorySink();
    const totals = await runPipeline(partsOf(source, { out: out.sink }), OPTIONS, never);
    expect(opened).toBe(3);
    expect(out.uids.toSorted()).toEqual(uidsOf(objects).toSorted());
    expect(totals).toMatchObject({ objects: 1, records: 100 });
  });

  test("what no repetition heals ends the run with its cause, and positions stay", async () => {
    const source = memorySource(bucket({ a: 10 }));
    source.open = async () => {
      throw new PermanentError("not-authorized", "the policy does not allow to read objects");
    };
    const out = memorySink();
    await expect(runPipeline(partsOf(source, { out: out.sink }), OPTIONS, never)).rejects.toThrow("the policy does not allow");
  });

  test("filtered records move the position and are counted", async () => {
    const source = memorySource(bucket({ a: 100 }));
    const out = memorySink();
    const parts = { ...partsOf(source, { out: out.sink }), keep: (flow: { record: number }) => flow.record <= 30 };
    const totals = await runPipeline(parts, OPTIONS, never);
    expect(totals).toMatchObject({ records: 100, filtered: 70, sinks: { out: { delivered: 30 } } });
    expect(parts.ledger.status().sinks).toMatchObject([{ pendingObjects: 0 }]);
  });

  test("an error of the ledger is not swallowed", async () => {
    const source = memorySource(bucket({ a: 10 }));
    const out = memorySink();
    const parts = partsOf(source, { out: out.sink });
    const ledger = {
      ...parts.ledger,
      commit: () => {
        throw new Error("disk full");
      },
    };
    await expect(runPipeline({ ...parts, ledger }, OPTIONS, never)).rejects.toThrow("delivery broke down");
  });
});
