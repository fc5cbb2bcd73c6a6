import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { CHECKPOINT, type Stateful } from "../../../src/delivery/checkpoint.ts";
import { RetryableError } from "../../../src/errors.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { runPipeline } from "../../../src/pipeline.ts";
import { memorySink, memorySource, OPTIONS, partsOf } from "./parts.ts";

const never = new AbortController().signal;
const bucketOf = (objects: number, records: number) =>
  new Map(Array.from({ length: objects }, (_, index) => [`o${String(index).padStart(2, "0")}`, records]));

/** Remembers the uid of each flow that counts, and how often it came so. */
function memory(saved?: string): Stateful & { readonly counted: Map<string, number> } {
  const counted = new Map<string, number>(saved === undefined ? [] : JSON.parse(saved));
  return {
    counted,
    inspect(flows, count) {
      if (count) for (const { uid } of flows) counted.set(uid, (counted.get(uid) ?? 0) + 1);
    },
    state: () => JSON.stringify([...counted]),
  };
}

describe("the state of the detections", () => {
  test("goes on while the only sink is down, and counts nothing again when that sink catches up", async () => {
    let up = false;
    const { sink, uids } = memorySink(async () => {
      if (!up) throw new RetryableError("refused", "connection refused");
      return undefined;
    });
    const detections = memory();
    const running = runPipeline({ ...partsOf(memorySource(bucketOf(30, 40)), { sink }), detections }, OPTIONS, never);
    while (detections.counted.size < 1200) await sleep(5);
    expect(uids).toEqual([]);
    up = true;
    await running;
    expect(uids.toSorted()).toEqual([...detections.counted.keys()].toSorted());
    expect(new Set(detections.counted.values())).toEqual(new Set([1]));
  });

  test("that is ahead of every sink after a restart neither counts again nor hides what is read for them", async () => {
    const objects = bucketOf(5, 40);
    const ledger = openLedger({ path: ":memory:", source: "memory://bucket" });
    const down = memorySink(async () => {
      throw new RetryableError("refused", "connection refused");
    });
    const before = memory();
    const stop = new AbortController();
    const parts = { ...partsOf(memorySource(objects), { sink: down.sink }, ledger), detections: before };
    const running = runPipeline(parts, { ...OPTIONS, shutdownMs: 1 }, stop.signal);
    while (before.counted.size < 200) await sleep(5);
    stop.abort();
    await running;

    const up = memorySink();
    const after = memory(ledger.state(CHECKPOINT));
    const again = { ...partsOf(memorySource(objects), { sink: up.sink }, ledger), detections: after };
    const totals = await runPipeline(again, OPTIONS, never);
    expect(totals).toMatchObject({ objects: 5, records: 200, sinks: { sink: { delivered: 200 } } });
    expect(up.uids.toSorted()).toEqual([...after.counted.keys()].toSorted());
    expect(new Set(after.counted.values())).toEqual(new Set([1]));
  });

  test("waits for a sink that is merely slow, so that every object is read once", async () => {
    const source = memorySource(bucketOf(6, 10));
    const { sink } = memorySink(() => sleep(150).then(() => undefined), { records: 5, inFlight: 1 });
    await runPipeline({ ...partsOf(source, { sink }), detections: memory() }, { ...OPTIONS, stallMs: 100 }, never);
    expect(source.opened.toSorted()).toEqual(["o00", "o01", "o02", "o03", "o04", "o05"]);
  });

  test("is not saved again while nothing comes", async () => {
    let saves = 0;
    const ledger = openLedger({ path: ":memory:", source: "memory://bucket" });
    const counting = new Proxy(ledger, {
      get: (target, name) => {
        if (name === "checkpoint") saves++;
        return Reflect.get(target, name);
      },
    });
    const stop = new AbortController();
    const { sink, uids } = memorySink();
    const parts = { ...partsOf(memorySource(bucketOf(2, 10)), { sink }, counting), detections: memory() };
    const running = runPipeline(parts, { ...OPTIONS, untilCaughtUp: false, checkpointMs: 5 }, stop.signal);
    while (uids.length < 20) await sleep(5);
    await sleep(100);
    const before = saves;
    expect(before).toBeGreaterThan(0);
    await sleep(100);
    stop.abort();
    await running;
    expect(saves).toBe(before);
    expect(JSON.parse(ledger.state(CHECKPOINT) ?? "[]")).toHaveLength(20);
  });

  test("after a death, has every flow once: what it did not know is read again for it, and for no sink", async () => {
    const objects = bucketOf(20, 30);
    const ledger = openLedger({ path: ":memory:", source: "memory://bucket" });
    // Nothing that the first run would save after its third time reaches the disk.
    let saves = 0;
    const dying = new Proxy(ledger, {
      get: (target, name) => (name === "checkpoint" && ++saves > 3 ? () => {} : Reflect.get(target, name)),
    });
    const first = memorySink(() => sleep(3).then(() => undefined));
    const options = { ...OPTIONS, checkpointMs: 15 };
    await runPipeline({ ...partsOf(memorySource(objects), { sink: first.sink }, dying), detections: memory() }, options, never);
    expect(first.uids).toHaveLength(600);
    const known = new Map<string, number>(JSON.parse(ledger.state(CHECKPOINT) ?? "[]"));
    expect(known.size).toBeGreaterThan(0);
    expect(known.size).toBeLessThan(600);

    const second = memorySink();
    const detections = memory(ledger.state(CHECKPOINT));
    await runPipeline({ ...partsOf(memorySource(objects), { sink: second.sink }, ledger), detections }, options, never);
    expect(second.uids).toEqual([]);
    expect([...detections.counted.keys()].toSorted()).toEqual(first.uids.toSorted());
    expect(ledger.status().sinks.map(({ name }) => name)).toEqual(["sink"]);
  });
});
