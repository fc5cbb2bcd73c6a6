import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { QueuedObject } from "../../../src/contracts/ledger.ts";
import type { ObjectRef } from "../../../src/contracts/store.ts";
import { Gate } from "../../../src/delivery/gate.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { memorySink, memorySource, OPTIONS, partsOf } from "./parts.ts";

const never = new AbortController().signal;
const denied = () => new Failure("object", "object-denied", "403");
const expired = () => new Failure("person", "not-authenticated", "401");
const objectOf = (id: number): QueuedObject => ({ id, source: "bucket", key: `${id}`, etag: "", size: 1, time: 0, records: 1 });

/** A gate before objects 1 to 99; `why` says why one cannot be had. */
function gateOf(why: (id: number) => Error | undefined, { untilCaughtUp = false, candidates = [99] } = {}) {
  const [reached, opened, told]: [number[], number[][], unknown[]] = [[], [], []];
  const stop = new AbortController();
  const gate = new Gate(
    { policy: { initialMs: 1, maxMs: 3 }, untilCaughtUp },
    {
      candidates: () => candidates.map(objectOf),
      reach: async ({ id }) => {
        reached.push(id);
        const error = why(id);
        if (error !== undefined) throw error;
      },
      onRefused: ({ error }) => void told.push(error),
      onOpened: async (refused) => void opened.push([...refused]),
    },
    stop.signal,
  );
  const refuse = (error: Error, ...ids: number[]) => {
    for (const id of ids) gate.refused(objectOf(id), error);
  };
  return { gate, refuse, reached, opened, told, stop };
}

describe("the gate", () => {
  test.each([denied(), expired(), new Failure("object", "object-missing", "404")])(
    "closes when five objects are refused one after the other, and opens when one can be had: %s",
    async (error) => {
      let heals = false;
      const { gate, refuse, opened, told } = gateOf(() => (heals ? undefined : error));
      refuse(error, 1, 2, 3, 4);
      expect(gate.isClosed).toBe(false);
      refuse(error, 5);
      expect(gate.isClosed).toBe(true);
      await expect.poll(() => told.length).toBeGreaterThan(2);
      expect([gate.isClosed, told[0]]).toEqual([true, error]);
      refuse(error, 6);
      heals = true;
      await gate.opened();
      expect([gate.isClosed, opened]).toEqual([false, [[1, 2, 3, 4, 5, 6]]]);
      // What was before counts no more.
      refuse(error, 1, 2, 3, 4);
      expect(gate.isClosed).toBe(false);
    },
  );

  test("stays open for one object, however often it is refused, and for what says nothing of the source", () => {
    const { gate, refuse } = gateOf(denied);
    refuse(denied(), 1, 2, 3, 4);
    refuse(denied(), 4, 4, 4, 4);
    refuse(new Failure("object", "object-archived", "in an archive"), 5, 6, 7, 8, 9);
    refuse(new Failure("object", "object-vanished", "gone", { gone: true }), 5, 6, 7, 8, 9);
    refuse(new Failure("passing", "busy", "503"), 5, 6, 7, 8, 9);
    expect(gate.isClosed).toBe(false);
  });

  test("counts anew when an object is read that was begun after the refusals, not when an earlier reading goes on", () => {
    const { gate, refuse } = gateOf(denied);
    const earlier = gate.begin();
    refuse(denied(), 1, 2);
    const between = gate.begin();
    refuse(denied(), 3, 4);
    earlier();
    between();
    refuse(denied(), 5, 6);
    expect(gate.isClosed).toBe(false);
    refuse(denied(), 7);
    expect(gate.isClosed).toBe(true);
  });

  test("goes on as if nothing had been where another object can be had at once", async () => {
    const { gate, refuse, opened, told, reached } = gateOf((id) => (id === 98 ? undefined : denied()), {
      candidates: [99, 98, 97],
    });
    refuse(denied(), 1, 2, 3, 4, 5);
    await gate.opened();
    expect([gate.isClosed, opened, told, reached]).toEqual([false, [], [], [99, 98]]);
  });

  test("takes what has gone for no answer, and what fails in passing for none either", async () => {
    let last: Error = new Failure("passing", "busy", "503");
    const gone = new Failure("object", "object-vanished", "gone", { gone: true });
    const { gate, refuse, told } = gateOf((id) => (id === 99 ? gone : last), { candidates: [99, 98] });
    refuse(denied(), 1, 2, 3, 4, 5);
    await expect.poll(() => told.length).toBeGreaterThan(1);
    expect(new Set(told)).toEqual(new Set([last]));
    // When nothing is refused any more there is nothing to wait for.
    last = gone;
    await gate.opened();
    expect(gate.isClosed).toBe(false);
  });

  test("lets a job end with objects that it may not read, and holds it up only when its credentials are not taken", () => {
    const { gate, refuse } = gateOf(denied, { untilCaughtUp: true });
    refuse(denied(), 1, 2, 3, 4, 5, 6);
    expect(gate.isClosed).toBe(false);
    refuse(expired(), 1, 2, 3, 4, 5);
    expect(gate.isClosed).toBe(true);
  });

  test("asks for nothing when the run has ended", async () => {
    const { gate, refuse, reached, stop } = gateOf(denied);
    refuse(denied(), 1, 2, 3, 4, 5);
    await expect.poll(() => reached.length).toBeGreaterThan(1);
    stop.abort();
    await gate.ended();
    await gate.opened();
    const { length } = reached;
    await sleep(10);
    expect(reached).toHaveLength(length);
  });
});

const keysOf = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `o${100 + from + index}`);

/** A bucket of objects of three records; `refuses` says which cannot be read now, and how. */
function bucket(count: number, refuses: (key: string) => Error | undefined) {
  const objects = new Map(keysOf(1, count).map((key) => [key, 3]));
  const source = memorySource(objects);
  const open = source.open.bind(source);
  const asked: string[] = [];
  const add = (from: number, to: number) => {
    for (const key of keysOf(from, to)) objects.set(key, 3);
  };
  const refusing = async (object: ObjectRef, signal: AbortSignal, after?: number) => {
    asked.push(object.key);
    const error = refuses(object.key);
    if (error !== undefined) throw error;
    return open(object, signal, after);
  };
  return { source: { ...source, open: refusing }, asked, add };
}

describe("a source of which no object can be read any more", () => {
  const tail = { ...OPTIONS, untilCaughtUp: false, objects: 1, retry: { initialMs: 20, maxMs: 20 } };

  test.each([denied, expired])(
    "reads nothing new, says so, and goes on by itself with all of it when it heals: %s",
    async (error) => {
      let refused = false;
      const { source, asked, add } = bucket(3, () => (refused ? error() : undefined));
      const out = memorySink();
      const parts = partsOf(source, { out: out.sink });
      const stop = new AbortController();
      const running = runPipeline(parts, tail, stop.signal);
      await expect.poll(() => out.uids.length).toBe(9);
      refused = true;
      add(4, 60);
      const said = { part: "objects", drawer: "person", code: error().code };
      await expect.poll(() => parts.health.problems[0]?.reason).toContain("the source pauses until one can");
      expect(parts.health.problems).toMatchObject([said]);
      const { length } = asked;
      await expect.poll(() => asked.length).toBeGreaterThan(length + 9);
      // The newest, one that waits, and one that is parked are asked for; none of them is read, and no further one is parked.
      expect(parts.ledger.countParked()).toBe(5);
      refused = false;
      await expect.poll(() => out.uids.length).toBe(180);
      await expect.poll(() => parts.ledger.status()).toMatchObject({ parked: 0, sinks: [{ delivered: 180, pendingObjects: 0 }] });
      expect([parts.health.problems, parts.ledger.countDeadLetters({}), new Set(out.uids).size]).toEqual([[], 0, 180]);
      stop.abort();
      await running;
    },
  );

  test("is another than one of which some can be read: those are, and the others are parked", async () => {
    const { source } = bucket(60, (key) => (key < "o150" ? denied() : undefined));
    const out = memorySink();
    const parts = partsOf(source, { out: out.sink });
    const stop = new AbortController();
    const running = runPipeline(parts, tail, stop.signal);
    await expect.poll(() => out.uids.length).toBe(33);
    expect(parts.ledger.countParked()).toBe(49);
    stop.abort();
    await running;
  });

  test("holds up a sink that catches up, which lacks nothing afterwards", async () => {
    let refused = true;
    const { source, asked } = bucket(40, () => (refused ? expired() : undefined));
    const [lagging, out] = [memorySink(), memorySink()];
    const parts = partsOf(source, { lagging: lagging.sink, out: out.sink });
    const { ledger } = parts;
    ledger.register(["lagging", "out"]);
    const found = keysOf(1, 40).map((key) => ({ key, etag: "1", size: 3, time: 0, order: key }));
    ledger.of("bucket").discover({ partition: "", objects: found });
    const all = { delivered: 3, rejected: 0, setAside: 0, deadLetters: [] };
    for (let id = 1; id <= 40; id += 1) ledger.commit("out", id, 3, all, true);
    const stop = new AbortController();
    const running = runPipeline(parts, tail, stop.signal);
    await expect.poll(() => parts.health.problems[0]?.reason).toContain("the source pauses until one can");
    const { length } = asked;
    await expect.poll(() => asked.length).toBeGreaterThan(length + 9);
    expect(ledger.countParked()).toBe(5);
    refused = false;
    await expect.poll(() => new Set(lagging.uids).size).toBe(120);
    expect([lagging.uids.length, out.uids.length, ledger.countDeadLetters({})]).toEqual([120, 0, 0]);
    stop.abort();
    await running;
  });

  test("does not hold up a job that may not read them, which ends with all of them parked", async () => {
    const parts = partsOf(bucket(20, denied).source, { out: memorySink().sink });
    expect(await runPipeline(parts, OPTIONS, never)).toMatchObject({ parked: 20, objects: 0 });
  });
});
