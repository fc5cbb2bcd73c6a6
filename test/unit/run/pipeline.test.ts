import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { originOf } from "../../../src/flow/origin.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { Failure, UsageError } from "../../../src/lib/errors.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { runs } from "../../runs.ts";
import { inletOf, memorySink, memorySource, OPTIONS, partsOf } from "../delivery/parts.ts";

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
              if (fault === 1) throw new Failure("passing", "busy", "busy");
              if (fault === 2 && batch.flows.length > 1) throw new Failure("batch", "too-large", "too large", { tooLarge: true });
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
      { numRuns: runs(60) },
    );
  });

  test("a sink that is down does not hold up the other, catches up by itself, and joins again", async () => {
    const objects = new Map(Array.from({ length: 30 }, (_, index) => [`o${String(index).padStart(2, "0")}`, 40]));
    let up = false;
    const down = memorySink(async () => {
      if (!up) throw new Failure("passing", "refused", "connection refused");
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

  test("a batch waits for no others behind the first when nothing is left to read before the next look", {
    timeout: 50_000,
  }, async () => {
    const stop = new AbortController();
    let taken = 0;
    const respond = async ({ flows }: { flows: readonly unknown[] }) => {
      taken += flows.length;
      if (taken === 11) stop.abort();
      return undefined;
    };
    const sink = memorySink(respond, { records: 20, lingerMs: 60_000 });
    const options = { ...OPTIONS, untilCaughtUp: false, pollMs: 60_000 };
    await runPipeline(partsOf(memorySource(bucket({ a: 5, b: 6 })), { out: sink.sink }), options, stop.signal);
    // What came first has gone at once.
    expect(sink.calls()).toBe(2);
    expect(sink.uids).toHaveLength(11);
  });

  test("stopped in the middle and started again, it repeats at most what was in flight and misses nothing", async () => {
    const objects = bucket({ a: 500, b: 300, c: 200 });
    const source = memorySource(objects);
    const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: source.name }] });
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
    const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: source.name }] });
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
      if (object.key === "gone") throw new Failure("object", "object-vanished", "gone: no such object", { gone: true });
      return open(object, signal);
    };
    const out = memorySink();
    const parts = partsOf(source, { out: out.sink });
    const totals = await runPipeline(parts, OPTIONS, never);
    expect(totals).toMatchObject({
      objects: 2,
      records: 20,
      bad: 0,
      lost: 1,
      sinks: { out: { delivered: 20, deadLettered: 1 } },
    });
    expect(parts.ledger.deadLetters({}, 10)).toMatchObject([
      { sink: "out", key: "gone", from: 1, to: undefined, code: "object-vanished" },
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
          if (chunks++ === opened * 4) throw new Failure("passing", "reset", "connection reset");
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

  test("an object that may not be read is parked, tried again, and named when a job ends; others go on", async () => {
    const source = memorySource(bucket({ a: 10, b: 10, c: 10, d: 10, e: 10 }));
    const open = source.open.bind(source);
    const denied = new Set(["a", "b", "c"]);
    let attempts = 0;
    source.open = async (object, signal) => {
      if (!denied.has(object.key)) return open(object, signal);
      attempts += 1;
      throw new Failure("object", "object-denied", `${object.key}: 403`);
    };
    const out = memorySink();
    const parts = partsOf(source, { out: out.sink });
    const totals = await runPipeline(parts, { ...OPTIONS, objects: 2 }, never);
    expect(totals).toMatchObject({ objects: 2, records: 20, parked: 3, sinks: { out: { delivered: 20, waiting: 3 } } });
    expect(attempts).toBeGreaterThanOrEqual(9);
    expect(parts.ledger.parked(10)).toMatchObject([
      {
        object: { key: "a" },
        attempts: expect.toSatisfy((made: number) => made >= 3),
        drawer: "object",
        code: "object-denied",
        reason: "a: 403",
      },
      { object: { key: "b" } },
      { object: { key: "c" } },
    ]);
    denied.clear();
    expect(await runPipeline(parts, OPTIONS, never)).toMatchObject({ objects: 3, records: 30, parked: 0 });
    expect(out.uids).toHaveLength(50);
    expect(new Set(out.uids).size).toBe(50);
  });

  test("an object that fails in passing does not end a job as long as nothing can be read, and does when others can", async () => {
    const source = memorySource(bucket({ a: 10, b: 10 }));
    const open = source.open.bind(source);
    let failures = 0;
    source.open = async (object, signal) => {
      if (failures < 40 || object.key === "a") {
        failures += 1;
        throw new Failure("passing", "service-unavailable", "500");
      }
      return open(object, signal);
    };
    const out = memorySink();
    const totals = await runPipeline(partsOf(source, { out: out.sink }), OPTIONS, never);
    expect(failures).toBeGreaterThanOrEqual(40);
    expect(totals).toMatchObject({ objects: 1, records: 10, parked: 1 });
  });

  test("wrong usage that shows while an object is read ends the run with its cause, and positions stay", async () => {
    const source = memorySource(bucket({ a: 10 }));
    source.open = async () => {
      throw new UsageError("bad-options", "the delimiter is not allowed");
    };
    const out = memorySink();
    const parts = partsOf(source, { out: out.sink });
    await expect(runPipeline(parts, OPTIONS, never)).rejects.toThrow("the delimiter is not allowed");
    expect(parts.ledger.status().sinks).toMatchObject([{ pendingObjects: 1, delivered: 0 }]);
  });

  test("a job with a refused key ends with what is wrong; a worker that tails waits until it is put right", async () => {
    const source = memorySource(bucket({ a: 10 }));
    const discover = source.discover.bind(source);
    let refusals = 0;
    source.discover = (seen, signal) => {
      refusals += 1;
      if (refusals < 4) throw new Failure("person", "not-authenticated", "401: check the key");
      return discover(seen, signal);
    };
    const out = memorySink();
    const parts = partsOf(source, { out: out.sink });
    await expect(runPipeline(parts, OPTIONS, never)).rejects.toThrow("401: check the key");
    refusals = 0;
    const stop = new AbortController();
    const tailing = runPipeline(parts, { ...OPTIONS, untilCaughtUp: false }, stop.signal);
    await expect.poll(() => out.uids.length).toBe(10);
    stop.abort();
    await tailing;
    expect(refusals).toBeGreaterThanOrEqual(4);
  });

  test("an object that goes while a sink lags is set aside for that sink alone, with the number of its records", async () => {
    const objects = new Map(Array.from({ length: 6 }, (_, index) => [`o${index}`, 40]));
    const source = memorySource(objects);
    const open = source.open.bind(source);
    let [gone, down] = [false, true];
    source.open = async (object, signal) => {
      if (gone) throw new Failure("object", "object-vanished", `${object.key} was deleted`, { gone: true });
      return open(object, signal);
    };
    const late = memorySink(async () => {
      if (down) throw new Failure("passing", "busy", "503");
      return undefined;
    });
    const up = memorySink();
    const parts = partsOf(source, { up: up.sink, late: late.sink });
    const running = runPipeline(parts, { ...OPTIONS, stallMs: 10 }, never);
    await expect.poll(() => up.uids.length).toBe(240);
    [gone, down] = [true, false];
    const totals = await running;
    const aside = parts.ledger.deadLetters({ sink: "late" }, 100);
    expect(late.uids.length + aside.reduce((sum, { count }) => sum + count, 0)).toBe(240);
    expect(aside.every(({ to, code }) => to === 40 && code === "object-vanished")).toBe(true);
    expect(parts.ledger.deadLetters({ sink: "up" }, 10)).toEqual([]);
    expect(parts.ledger.status().sinks).toMatchObject([
      { name: "late", offered: 240 },
      { name: "up", offered: 240, setAside: 0 },
    ]);
    expect(totals.lost).toBe(aside.length);
  });

  test("filtered records move the position and are counted", async () => {
    const source = memorySource(bucket({ a: 100 }));
    const out = memorySink();
    const keep = (flow: { record: number }) => flow.record <= 30;
    const parts = { ...partsOf(source, { out: out.sink }), inlets: [{ ...inletOf(source), keep }] };
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
