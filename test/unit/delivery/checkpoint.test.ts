import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Ledger, QueuedObject } from "../../../src/contracts/ledger.ts";
import type { SavedState, StatePart } from "../../../src/contracts/state-ledger.ts";
import { CHECKPOINT, Checkpoint, type Stateful } from "../../../src/delivery/checkpoint.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import type { LedgerWrite } from "../../../src/ledger/write.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { memorySink, memorySource, OPTIONS, partsOf } from "./parts.ts";

const never = new AbortController().signal;
const bucketOf = (objects: number, records: number) =>
  new Map(Array.from({ length: objects }, (_, index) => [`o${String(index).padStart(2, "0")}`, records]));

/** Remembers the uid of each flow that counts, and how often it came so; saved in parts of three. */
function memory(saved?: SavedState): Stateful & { readonly counted: Map<string, number> } {
  const counted = new Map<string, number>();
  let next = Number(saved?.head ?? 0);
  for (const { number, value } of saved?.parts ?? []) {
    if (number < next) for (const [uid, count] of JSON.parse(value)) counted.set(uid, count);
  }
  let changed = new Set<string>();
  return {
    counted,
    inspect(flows, count) {
      if (!count) return;
      for (const { uid } of flows) {
        counted.set(uid, (counted.get(uid) ?? 0) + 1);
        changed.add(uid);
      }
    },
    settle() {},
    flush() {},
    save() {
      const entries = [...changed].map((uid) => [uid, counted.get(uid)]);
      const before = changed;
      changed = new Set();
      const lots: StatePart[][] = [];
      for (let at = 0; at < entries.length; at += 3) {
        lots.push([{ number: next + lots.length, value: JSON.stringify(entries.slice(at, at + 3)) }]);
      }
      return {
        lots,
        head: () => String(next + lots.length),
        done() {
          next += lots.length;
          return [];
        },
        abandon() {
          changed = new Set([...before, ...changed]);
        },
      };
    },
  };
}

describe("the state of the detections", () => {
  test("goes on while the only sink is down, and counts nothing again when that sink catches up", async () => {
    let up = false;
    const { sink, uids } = memorySink(async () => {
      if (!up) throw new Failure("passing", "refused", "connection refused");
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
    const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
    const down = memorySink(async () => {
      throw new Failure("passing", "refused", "connection refused");
    });
    const before = memory();
    const stop = new AbortController();
    const parts = { ...partsOf(memorySource(objects), { sink: down.sink }, ledger), detections: before };
    const running = runPipeline(parts, { ...OPTIONS, shutdownMs: 1 }, stop.signal);
    while (before.counted.size < 200) await sleep(5);
    stop.abort();
    await running;

    const up = memorySink();
    const after = memory(ledger.states.read(CHECKPOINT));
    const again = { ...partsOf(memorySource(objects), { sink: up.sink }, ledger), detections: after };
    const totals = await runPipeline(again, OPTIONS, never);
    expect(totals).toMatchObject({ objects: 5, records: 200, sinks: { sink: { delivered: 200 } } });
    expect(up.uids.toSorted()).toEqual([...after.counted.keys()].toSorted());
    expect(new Set(after.counted.values())).toEqual(new Set([1]));
  });

  test("waits for a sink that is merely slow, so that every object is read once", async () => {
    const source = memorySource(bucketOf(6, 10));
    const { sink } = memorySink(() => sleep(60).then(() => undefined), { records: 5, inFlight: 1 });
    await runPipeline({ ...partsOf(source, { sink }), detections: memory() }, { ...OPTIONS, stallMs: 40 }, never);
    expect(source.opened.toSorted()).toEqual(["o00", "o01", "o02", "o03", "o04", "o05"]);
  });

  test("is not saved again while nothing comes", async () => {
    let saves = 0;
    const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
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
    expect(memory(ledger.states.read(CHECKPOINT)).counted.size).toBe(20);
  });

  test("after a death, has every flow once: what it did not know is read again for it, and for no sink", async () => {
    const objects = bucketOf(20, 30);
    const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
    // Nothing that the first run would save after its third time reaches the disk.
    let saves = 0;
    const dying = new Proxy(ledger, {
      get: (target, name) => (name === "checkpoint" && ++saves > 3 ? () => {} : Reflect.get(target, name)),
    });
    const first = memorySink(() => sleep(3).then(() => undefined));
    const options = { ...OPTIONS, checkpointMs: 15 };
    await runPipeline({ ...partsOf(memorySource(objects), { sink: first.sink }, dying), detections: memory() }, options, never);
    expect(first.uids).toHaveLength(600);
    const known = memory(ledger.states.read(CHECKPOINT)).counted;
    expect(known.size).toBeGreaterThan(0);
    expect(known.size).toBeLessThan(600);

    const second = memorySink();
    const detections = memory(ledger.states.read(CHECKPOINT));
    await runPipeline({ ...partsOf(memorySource(objects), { sink: second.sink }, ledger), detections }, options, never);
    expect(second.uids).toEqual([]);
    expect([...detections.counted.keys()].toSorted()).toEqual(first.uids.toSorted());
    expect(ledger.status().sinks.map(({ name }) => name)).toEqual(["sink"]);
  });
});

describe("a checkpoint", () => {
  const write: LedgerWrite = async (work) => work();

  /** A ledger in which that many objects wait for the checkpoint. */
  function waiting(objects: number): { ledger: Ledger; queued: QueuedObject[] } {
    const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
    ledger.register([CHECKPOINT]);
    const found = Array.from({ length: objects }, (_, index) => ({
      key: `o${index}`,
      etag: "1",
      size: 1,
      time: 0,
      order: `${index}`,
    }));
    ledger.of("bucket").discover({ partition: "", objects: found });
    return {
      ledger,
      queued: ledger.of("bucket").pending(CHECKPOINT, { after: 0, through: Number.MAX_SAFE_INTEGER, limit: objects }),
    };
  }

  /** Reads records of an object, as the pipeline does: they are inspected, then offered. */
  function reader(checkpoint: Checkpoint, stateful: Stateful) {
    return ({ id, key }: QueuedObject, from: number, to: number): void => {
      const origin = originOf("memory://bucket", key, "1");
      const flows = Array.from({ length: to - from + 1 }, (_, index) => new Flow(origin, from + index, EMPTY_CONTEXT, 0));
      stateful.inspect(flows, true);
      checkpoint.offer(id, flows, to);
    };
  }

  test("holds state and positions of the moment at which it began; what comes meanwhile is in the next one", async () => {
    const { ledger, queued } = waiting(2);
    const [a, b] = queued as [QueuedObject, QueuedObject];
    const detections = memory();
    const checkpoint = new Checkpoint(ledger, detections, write);
    const read = reader(checkpoint, detections);
    for (const object of queued) expect(checkpoint.wants(object)).toBe(true);
    read(a, 1, 10);
    const first = checkpoint.save();
    await Promise.resolve();
    read(a, 11, 20);
    checkpoint.end(a.id);
    read(b, 1, 5);
    const second = checkpoint.save();
    await first;
    expect(memory(ledger.states.read(CHECKPOINT)).counted.size).toBe(10);
    expect(ledger.position(CHECKPOINT, a.id)?.position).toBe(10);
    expect(ledger.position(CHECKPOINT, b.id)?.position).toBe(0);
    expect(checkpoint.wants(a)).toBe(false);
    await second;
    expect(memory(ledger.states.read(CHECKPOINT)).counted.size).toBe(25);
    expect(ledger.position(CHECKPOINT, a.id)).toBeUndefined();
    expect(ledger.position(CHECKPOINT, b.id)?.position).toBe(5);
  });

  test("is saved when all that was found among its flows is in the ledger, also among the last of them", async () => {
    const { ledger, queued } = waiting(1);
    const flushed = new Set<string>();
    const detections = memory();
    const flush = (): void => {
      for (const uid of detections.counted.keys()) flushed.add(uid);
    };
    const finding: Stateful = { ...detections, flush };
    const checkpoint = new Checkpoint(ledger, finding, write);
    const read = reader(checkpoint, finding);
    const [object] = queued as [QueuedObject];
    checkpoint.wants(object);
    read(object, 1, 1);
    const saving = checkpoint.save();
    for (let record = 2; record <= 30; record++) {
      read(object, record, record);
      await Promise.resolve();
    }
    await saving;
    const saved = [...memory(ledger.states.read(CHECKPOINT)).counted.keys()];
    expect(saved.length).toBeGreaterThan(0);
    expect(saved.filter((uid) => !flushed.has(uid))).toEqual([]);
  });

  test("never goes back: a reading that begins earlier, for a sink, tells it nothing new", async () => {
    const { ledger, queued } = waiting(1);
    const checkpoint = new Checkpoint(ledger, memory(), write);
    const [{ id }] = queued as [QueuedObject];
    checkpoint.wants(queued[0] as QueuedObject);
    checkpoint.offer(id, [], 20);
    checkpoint.offer(id, [], 10);
    expect(checkpoint.offered(id)).toBe(20);
    await checkpoint.save();
    expect(ledger.position(CHECKPOINT, id)?.position).toBe(20);
  });

  test("keeps what is not saved of an object that it leaves, be it a position or the end", async () => {
    const { ledger, queued } = waiting(2);
    const checkpoint = new Checkpoint(ledger, memory(), write);
    const [a, b] = queued as [QueuedObject, QueuedObject];
    for (const object of queued) checkpoint.wants(object);
    checkpoint.offer(a.id, [], 5);
    checkpoint.leave(a.id);
    // It holds no record.
    checkpoint.end(b.id);
    checkpoint.leave(b.id);
    await checkpoint.save();
    expect([ledger.position(CHECKPOINT, a.id)?.position, ledger.position(CHECKPOINT, b.id)]).toEqual([5, undefined]);
  });

  test("brings the letter of what is lost into the ledger, once, also when it cannot be written at first", async () => {
    const { ledger, queued } = waiting(2);
    let broken = true;
    const failing: LedgerWrite = async (work) => {
      if (broken) throw new Failure("worker", "ledger-disk-full", "no room");
      return work();
    };
    const checkpoint = new Checkpoint(ledger, memory(), failing);
    const [a, b] = queued as [QueuedObject, QueuedObject];
    for (const object of queued) checkpoint.wants(object);
    const lostOf = (object: QueuedObject) => ({ object: { ...object, records: 9 }, code: "object-vanished", reason: "deleted" });
    checkpoint.offer(a.id, [], 4);
    checkpoint.end(a.id, lostOf(a));
    await expect(checkpoint.save()).rejects.toThrow("no room");
    checkpoint.end(b.id, lostOf(b));
    broken = false;
    await checkpoint.save();
    await checkpoint.save();
    expect(ledger.deadLetters({}, 9)).toMatchObject([
      { sink: CHECKPOINT, key: "o0", from: 5, to: 9, count: 5 },
      { sink: CHECKPOINT, key: "o1", from: 1, to: 9, count: 9 },
    ]);
  });

  test("discards the parts of the state that a newer one has replaced", async () => {
    const { ledger, queued } = waiting(1);
    ledger.states.put(
      CHECKPOINT,
      [0, 1, 2].map((number) => ({ number, value: "old" })),
    );
    const replacing: Stateful = {
      ...memory(),
      save: () => ({ lots: [], head: () => "new", done: () => [0, 2], abandon: () => {} }),
    };
    const checkpoint = new Checkpoint(ledger, replacing, write);
    checkpoint.wants(queued[0] as QueuedObject);
    checkpoint.inspected();
    await checkpoint.save();
    expect([...(ledger.states.read(CHECKPOINT)?.parts ?? [])].map(({ number }) => number)).toEqual([1]);
  });

  test("lets others have their turn between its writes", async () => {
    const { ledger, queued } = waiting(1);
    const detections = memory();
    const checkpoint = new Checkpoint(ledger, detections, write);
    const [object] = queued as [QueuedObject];
    checkpoint.wants(object);
    reader(checkpoint, detections)(object, 1, 30);
    let turns = 0;
    let saving = true;
    const count = (): void => {
      turns++;
      if (saving) setImmediate(count);
    };
    setImmediate(count);
    await checkpoint.save();
    saving = false;
    // Ten parts, each of which ends its turn.
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  test.each([1, 2, 5, 6])(
    "that fails at its write %i leaves the saved state as it was, and everything to the next one",
    async (failing) => {
      const { ledger, queued } = waiting(1);
      let left = Number.POSITIVE_INFINITY;
      const full = (): void => {
        if (--left === 0) throw new Failure("worker", "ledger-full", "the disk is full");
      };
      const breaking: Ledger = {
        ...ledger,
        states: {
          ...ledger.states,
          put: (name, parts) => {
            full();
            ledger.states.put(name, parts);
          },
        },
        checkpoint: (name, head, positions) => {
          full();
          ledger.checkpoint(name, head, positions);
        },
      };
      const detections = memory();
      const checkpoint = new Checkpoint(breaking, detections, write);
      const read = reader(checkpoint, detections);
      const [object] = queued as [QueuedObject];
      checkpoint.wants(object);
      read(object, 1, 4);
      await checkpoint.save();
      read(object, 3, 16);
      checkpoint.end(object.id);
      left = failing;
      await expect(checkpoint.save()).rejects.toThrow("the disk is full");
      const saved = memory(ledger.states.read(CHECKPOINT)).counted;
      expect(saved.size).toBe(4);
      expect(new Set(saved.values())).toEqual(new Set([1]));
      expect(ledger.position(CHECKPOINT, object.id)?.position).toBe(4);
      await checkpoint.drain();
      expect(memory(ledger.states.read(CHECKPOINT)).counted).toEqual(detections.counted);
      expect(ledger.position(CHECKPOINT, object.id)).toBeUndefined();
    },
  );

  test("does not wait for its time when very many objects have ended", async () => {
    const { ledger, queued } = waiting(5_000);
    const detections = memory();
    const checkpoint = new Checkpoint(ledger, detections, write);
    const stop = new AbortController();
    const running = checkpoint.run(3_600_000, stop.signal);
    for (const object of queued) {
      checkpoint.wants(object);
      checkpoint.end(object.id);
    }
    while (ledger.of("bucket").pending(CHECKPOINT, { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 1 }).length > 0)
      await sleep(5);
    stop.abort();
    await running;
  });
});
