import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Consumer, Lost } from "../../../src/contracts/consumer.ts";
import type { Ledger, QueuedObject } from "../../../src/contracts/ledger.ts";
import { Convoy, type ConvoyOptions, type Reading } from "../../../src/delivery/convoy.ts";
import { NOTHING } from "../../../src/delivery/outcome.ts";
import { Parking } from "../../../src/delivery/parking.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { Failure, UsageError } from "../../../src/lib/errors.ts";

const PIECES = 3;
const OPTIONS = { objects: 1, stallMs: 30, untilCaughtUp: false, retry: { initialMs: 1, maxMs: 5 } };
/** Of a source that is not doubted. */
const UNDOUBTED = { reach: async () => {}, onRefused: () => {}, onOpened: () => {} };
const denied = new Failure("object", "object-denied", "403");

let ledger: Ledger;
const running: { stop: AbortController; ended: Promise<unknown> }[] = [];

beforeEach(() => {
  ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
});

afterEach(async () => {
  for (const { stop, ended } of running.splice(0)) {
    stop.abort();
    await ended;
  }
  ledger.close();
});

/** A consumer whose positions are in the ledger, as those of a sink are; it has room as long as it is told to. */
class Memory implements Consumer {
  readonly name: string;
  readonly leads: boolean;
  hasRoom = true;
  failing = false;
  readonly lost: string[] = [];
  readonly #ended = new Set<number>();
  #change = Promise.withResolvers<void>();

  constructor(name: string, leads = true) {
    this.name = name;
    this.leads = leads;
  }

  set room(hasRoom: boolean) {
    this.hasRoom = hasRoom;
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }

  changed() {
    return this.#change.promise;
  }
  wants({ id }: QueuedObject) {
    return !this.#ended.has(id) && ledger.position(this.name, id) !== undefined;
  }
  offered(id: number) {
    return ledger.position(this.name, id)?.position ?? 0;
  }
  offer(id: number, _flows: readonly unknown[], through: number) {
    ledger.commit(this.name, id, through, NOTHING, false);
  }
  end(id: number, lost?: Lost) {
    this.#ended.add(id);
    if (lost !== undefined) this.lost.push(lost.object.key);
    ledger.commit(this.name, id, PIECES, NOTHING, true);
  }
  leave() {}
  revoke() {}
  async drain() {}
}

/** Discovers objects of these names, of which each consumer has finished so many. */
function discover(keys: string, finished: Record<string, number>): void {
  ledger.register(Object.keys(finished));
  ledger
    .of("bucket")
    .discover({ partition: "", objects: [...keys].map((key) => ({ key, etag: "1", size: 1, time: 0, order: key })) });
  for (const [name, count] of Object.entries(finished)) {
    const waiting = ledger.of("bucket").pending(name, { after: 0, through: Number.MAX_SAFE_INTEGER, limit: count });
    if (count > 0) for (const { id } of waiting) ledger.commit(name, id, PIECES, NOTHING, true);
  }
}

interface Behaviour {
  /** Asked before each piece of a reading; what it throws ends the reading. */
  piece?: (reading: Reading, piece: number) => Promise<void> | void;
  lost?: (object: QueuedObject) => Lost | undefined;
}

/** Runs a convoy. `begun` tells of each reading: the object, and for whom. */
function convoyOf(consumers: readonly Memory[], options: Partial<ConvoyOptions> = {}, { piece, lost }: Behaviour = {}) {
  const stop = new AbortController();
  const [begun, told]: string[][] = [[], []];
  const read = async (reading: Reading) => {
    const { object, signal } = reading;
    const names = [...reading.consumers].map(({ name }) => name).toSorted();
    begun?.push(`${object.key} ${names.join("+")}`);
    for (let number = 1; number <= PIECES; number += 1) {
      await piece?.(reading, number);
      signal.throwIfAborted();
      await reading.offer([], number);
    }
    const why = lost?.(object);
    if (why === undefined) ledger.readToEnd(object.id, PIECES);
    return why;
  };
  const parking = new Parking(
    ledger.of("bucket"),
    async (work) => work(),
    { initialMs: 1, maxMs: 5 },
    () => {},
  );
  const convoy = new Convoy(
    consumers,
    { ledger: ledger.of("bucket"), parking },
    { ...OPTIONS, ...options },
    {
      read,
      ...UNDOUBTED,
      onBehind: ({ name }) => void told?.push(`${name} behind`),
      onCaughtUp: ({ name }) => void told?.push(`${name} caught up`),
      onFatal: (error) => void told?.push(`${error}`),
    },
    stop.signal,
  );
  const ended = convoy.run();
  running.push({ stop, ended: ended.catch(() => {}) });
  return { convoy, stop, begun: begun ?? [], told: told ?? [], ended };
}

const pendingOf = (name: string) =>
  ledger
    .of("bucket")
    .pending(name, { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 100 })
    .map(({ key }) => key);

describe("after a restart", () => {
  test("those that lag read by themselves what the foremost has begun, and then go on together", async () => {
    discover("abcde", { one: 3, two: 1 });
    const { promise: caughtUp, resolve } = Promise.withResolvers<void>();
    const [one, two] = [new Memory("one"), new Memory("two")];
    const { convoy, begun, told } = convoyOf(
      [one, two],
      {},
      {
        piece: async ({ object, consumers }) => {
          if (object.key === "d" && consumers.has(one)) await caughtUp;
        },
      },
    );
    await expect.poll(() => told).toEqual(["two behind", "two caught up"]);
    expect(convoy.idle).toBe(false);
    resolve();
    await expect.poll(() => convoy.idle).toBe(true);
    expect(begun.toSorted()).toEqual(["b two", "c two", "d one", "d two", "e one+two"]);
    expect([pendingOf("one"), pendingOf("two")]).toEqual([[], []]);
    expect(convoy.behind.size).toBe(0);
  });

  test("one that has finished everything does not hold up the others, who begin where they are", async () => {
    discover("abc", { one: 3, two: 1, three: 1 });
    const { convoy, begun, told } = convoyOf([new Memory("one"), new Memory("two"), new Memory("three")]);
    await expect.poll(() => convoy.idle).toBe(true);
    expect(told.filter((line) => line.endsWith("behind"))).toEqual(["two behind", "three behind"]);
    expect(begun).toHaveLength(4);
  });

  test("one that has no room when it has read everything is behind until it has", async () => {
    discover("abc", { one: 3, two: 2 });
    const two = new Memory("two");
    const end = two.end.bind(two);
    two.end = (id, lost) => {
      end(id, lost);
      two.room = false;
    };
    const { convoy, told } = convoyOf([new Memory("one"), two]);
    await expect.poll(() => pendingOf("two")).toEqual([]);
    // A change that makes no room is none.
    await sleep(10);
    two.room = false;
    await sleep(10);
    expect([told, convoy.idle]).toEqual([["two behind"], false]);
    two.room = true;
    await expect.poll(() => told).toEqual(["two behind", "two caught up"]);
    expect(convoy.idle).toBe(true);
  });

  test("one that lacks the last object only catches up with one that has it", async () => {
    discover("abc", { one: 3, two: 2 });
    const { convoy, begun, told } = convoyOf([new Memory("one"), new Memory("two")]);
    await expect.poll(() => convoy.idle).toBe(true);
    expect([told, begun]).toEqual([["two behind", "two caught up"], ["c two"]]);
  });

  test("those that stand at the same place are all in step", async () => {
    discover("abc", { one: 1, two: 1 });
    const { convoy, begun, told } = convoyOf([new Memory("one"), new Memory("two")]);
    await expect.poll(() => convoy.idle).toBe(true);
    expect([told, begun]).toEqual([[], ["b one+two", "c one+two"]]);
  });

  test("one that does not lead waits for those that do", async () => {
    discover("abcd", { sink: 1, state: 3 });
    const { convoy, begun, told } = convoyOf([new Memory("sink"), new Memory("state", false)]);
    await expect.poll(() => convoy.idle).toBe(true);
    expect([told, begun]).toEqual([[], ["b sink", "c sink", "d sink+state"]]);
  });

  test("what nobody waits for is passed over", async () => {
    discover("abc", { gone: 0, one: 3 });
    const { convoy, begun } = convoyOf([new Memory("one")]);
    expect(convoy.idle).toBe(true);
    discover("d", { one: 0 });
    convoy.wake();
    await expect.poll(() => begun).toEqual(["d one"]);
  });
});

describe("a consumer without room", () => {
  test("goes on alone when it has had none for the time of a stall while one that leads has, not before", async () => {
    discover("ab", { one: 0, two: 0 });
    const [one, two] = [new Memory("one"), new Memory("two")];
    two.room = false;
    const begin = performance.now();
    const { convoy, begun, told } = convoyOf([one, two], { stallMs: 60 });
    await expect.poll(() => pendingOf("one")).toEqual([]);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(55);
    expect(told).toEqual(["two behind"]);
    expect(begun.slice(0, 2)).toEqual(["a one+two", "a two"]);
    // The catch-up is not over while the last that it read has no room, though nothing else is to be read.
    await expect.poll(() => convoy.idle || begun.length >= 3).toBe(true);
    expect(convoy.behind).toEqual(new Set([two]));
    two.room = true;
    await expect.poll(() => told).toEqual(["two behind", "two caught up"]);
    expect(pendingOf("two")).toEqual([]);
  });

  test("that is full for less than a stall, now and again, stays in step", async () => {
    discover("abcd", { one: 0, two: 0 });
    const [one, two] = [new Memory("one"), new Memory("two")];
    const { convoy, begun, told } = convoyOf(
      [one, two],
      { stallMs: 60_000 },
      {
        piece: () => {
          two.room = false;
          setTimeout(() => {
            two.room = true;
          }, 5);
        },
      },
    );
    await expect.poll(() => convoy.idle).toBe(true);
    expect(told).toEqual([]);
    expect(begun).toHaveLength(4);
  });

  test("is waited for as long as nobody else that leads has room either", async () => {
    discover("a", { one: 0, two: 0, state: 0 });
    const [one, two, state] = [new Memory("one"), new Memory("two"), new Memory("state", false)];
    one.room = false;
    two.room = false;
    const { told } = convoyOf([one, two, state], { stallMs: 20 });
    await sleep(100);
    expect(told).toEqual([]);
    one.room = true;
    await expect.poll(() => told).toEqual(["two behind"]);
  });

  test("that fails is left behind also by one that does not lead", async () => {
    discover("a", { one: 0, state: 0 });
    const [one, state] = [new Memory("one"), new Memory("state", false)];
    one.room = false;
    one.failing = true;
    const { told } = convoyOf([one, state], { stallMs: 20 });
    await expect.poll(() => told).toEqual(["one behind"]);
    expect(pendingOf("state")).toEqual([]);
  });

  test("leaves its readings when it falls behind: one that nobody takes part in any more ends", async () => {
    discover("ab", { one: 1, two: 0 });
    ledger.register(["one", "two"]);
    const [one, two] = [new Memory("one"), new Memory("two")];
    const aborted: string[] = [];
    const { convoy, begun } = convoyOf(
      [one, two],
      { objects: 2, stallMs: 20 },
      {
        piece: async ({ object, signal, consumers }, number) => {
          if (object.key === "a" && number === 2) two.room = false;
          signal.addEventListener("abort", () => aborted.push(object.key), { once: true });
          if (number === 2 && consumers.has(two)) await sleep(5);
        },
      },
    );
    await expect.poll(() => pendingOf("one")).toEqual([]);
    two.room = true;
    await expect.poll(() => convoy.idle).toBe(true);
    expect(pendingOf("two")).toEqual([]);
    expect(begun.filter((line) => line.startsWith("a ")).length).toBeGreaterThanOrEqual(1);
  });
});

describe("an object that cannot be read", () => {
  test("for one at the moment at which another has read it to its end is read again for the one", async () => {
    discover("ab", { one: 1, two: 0 });
    const one = new Memory("one");
    const otherAtEnd = Promise.withResolvers<void>();
    let fails = true;
    const { convoy, begun } = convoyOf(
      [one, new Memory("two")],
      {},
      {
        piece: async ({ object, consumers }, number) => {
          if (object.key !== "b" || !fails) return;
          if (consumers.has(one)) {
            await otherAtEnd.promise;
            fails = false;
            throw denied;
          }
          if (number < PIECES) return;
          otherAtEnd.resolve();
          await new Promise((resolve) => process.nextTick(resolve));
        },
      },
    );
    await expect.poll(() => convoy.idle).toBe(true);
    expect([pendingOf("one"), pendingOf("two"), ledger.countParked()]).toEqual([[], [], 0]);
    expect(begun.toSorted()).toEqual(["a two", "b one", "b one", "b two"]);
  });

  test("is parked and tried again, while others go on", async () => {
    discover("abc", { one: 0 });
    let failures = 0;
    const { convoy, begun } = convoyOf(
      [new Memory("one")],
      {},
      {
        piece: ({ object }) => {
          if (object.key === "a" && failures++ < 2) throw denied;
        },
      },
    );
    await expect.poll(() => convoy.idle).toBe(true);
    expect(begun.filter((line) => line === "a one")).toHaveLength(3);
    expect(begun.indexOf("b one")).toBeLessThan(begun.lastIndexOf("a one"));
    expect([pendingOf("one"), ledger.countParked()]).toEqual([[], 0]);
  });

  test("is parked no more when none of the consumers waits for it, so that a job comes to its end", async () => {
    discover("a", { gone: 0, one: 0 });
    const [object] = ledger.of("bucket").pending("gone", { after: 0, through: 9, limit: 1 });
    ledger.commit("one", object?.id ?? 0, PIECES, NOTHING, true);
    ledger.of("bucket").park(object?.id ?? 0, { attempts: 2, nextAt: 0, drawer: "object", code: "object-denied", reason: "403" });
    const { convoy, begun } = convoyOf([new Memory("one")]);
    expect(convoy.idle).toBe(false);
    await expect.poll(() => convoy.idle).toBe(true);
    expect([begun, ledger.countParked(), pendingOf("gone")]).toEqual([[], 0, ["a"]]);
  });

  test("keeps at most half of the readers busy", async () => {
    discover("abcdefgh", { one: 0 });
    for (const { id } of ledger.of("bucket").pending("one", { after: 0, through: 99, limit: 6 }))
      ledger.of("bucket").park(id, { attempts: 1, nextAt: 0, drawer: "object", code: "x", reason: "x" });
    const { promise: hanging, resolve } = Promise.withResolvers<void>();
    const { convoy, begun } = convoyOf(
      [new Memory("one")],
      { objects: 4 },
      {
        piece: ({ object }) => (object.id <= 6 ? hanging : undefined),
      },
    );
    await expect.poll(() => begun.length).toBe(4);
    await sleep(30);
    expect(begun.toSorted()).toEqual(["a one", "b one", "g one", "h one"]);
    resolve();
    await expect.poll(() => convoy.idle).toBe(true);
    expect([begun.length, ledger.countParked()]).toEqual([8, 0]);
  });

  test("is tried by the only reader, too", async () => {
    discover("a", { one: 0 });
    ledger.of("bucket").park(1, { attempts: 1, nextAt: 0, drawer: "object", code: "x", reason: "x" });
    const { convoy, begun } = convoyOf([new Memory("one")]);
    await expect.poll(() => convoy.idle).toBe(true);
    expect(begun).toEqual(["a one"]);
  });

  test("is brought to those in step first, and then to those that are behind, when they have room", async () => {
    discover("ab", { one: 2, two: 1 });
    discover("cd", { one: 0, two: 0 });
    const [c] = ledger.of("bucket").pending("one", { after: 2, through: 3, limit: 1 });
    ledger.of("bucket").park(c?.id ?? 0, { attempts: 1, nextAt: 0, drawer: "object", code: "x", reason: "x" });
    const [one, two] = [new Memory("one"), new Memory("two")];
    two.room = false;
    const { convoy, begun, told } = convoyOf([one, two]);
    await expect.poll(() => pendingOf("one")).toEqual([]);
    await sleep(20);
    expect(begun).toContain("c one");
    expect(ledger.parkedFor(undefined, 9).map(({ sink, object }) => [sink, object.key])).toEqual([["two", "c"]]);
    two.room = true;
    await expect.poll(() => convoy.idle).toBe(true);
    expect(begun).toContain("c two");
    expect(told).toEqual(["two behind", "two caught up"]);
    expect([pendingOf("two"), ledger.countParked()]).toEqual([[], 0]);
  });

  test("and fails for one that reads it alone while others read it, is tried again for that one only", async () => {
    discover("abc", { one: 1, two: 0 });
    const [one, two] = [new Memory("one"), new Memory("two")];
    let failures = 0;
    const { convoy, begun } = convoyOf(
      [one, two],
      {},
      {
        piece: async ({ object, consumers }, number) => {
          if (object.key === "b" && consumers.has(one)) await sleep(20);
          if (object.key === "b" && consumers.has(two) && !consumers.has(one) && number === 2 && failures++ === 0) throw denied;
        },
      },
    );
    await expect.poll(() => convoy.idle).toBe(true);
    expect(begun.filter((line) => line.startsWith("b one"))).toEqual(["b one"]);
    expect([pendingOf("one"), pendingOf("two"), ledger.countParked()]).toEqual([[], [], 0]);
  });

  test("and is lost, is lost for all, each of whom is told", async () => {
    discover("ab", { one: 1, two: 0 });
    const [one, two] = [new Memory("one"), new Memory("two")];
    const { convoy } = convoyOf([one, two], {}, { lost: (object) => ({ object, code: "object-vanished", reason: "deleted" }) });
    await expect.poll(() => convoy.idle).toBe(true);
    expect([one.lost, two.lost]).toEqual([["b"], ["a", "b"]]);
  });
});

describe("the end", () => {
  test("breaks off what is being read, and nothing of it counts as an attempt", async () => {
    discover("abc", { one: 1, two: 0 });
    const reasons: unknown[] = [];
    const { stop, ended, begun } = convoyOf(
      [new Memory("one"), new Memory("two")],
      { objects: 2 },
      {
        piece: ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener("abort", () => {
              reasons.push(signal.reason);
              reject(signal.reason);
            });
          }),
      },
    );
    await expect.poll(() => begun.length).toBe(4);
    stop.abort("enough");
    await ended;
    expect(reasons).toEqual(["enough", "enough", "enough", "enough"]);
    expect(ledger.countParked()).toBe(0);
  });

  test("that came before the beginning: nothing is read", async () => {
    discover("abc", { one: 1, two: 0 });
    const stop = new AbortController();
    stop.abort();
    const parking = new Parking(
      ledger.of("bucket"),
      async (work) => work(),
      { initialMs: 1, maxMs: 5 },
      () => {},
    );
    let offers = 0;
    const read = async ({ signal, offer }: Reading) => {
      signal.throwIfAborted();
      offers += 1;
      await offer([], 1);
      return undefined;
    };
    const events = { read, ...UNDOUBTED, onBehind: () => {}, onCaughtUp: () => {}, onFatal: () => {} };
    const consumers = [new Memory("one"), new Memory("two")];
    await new Convoy(consumers, { ledger: ledger.of("bucket"), parking }, { ...OPTIONS, objects: 2 }, events, stop.signal).run();
    expect([offers, pendingOf("one"), pendingOf("two")]).toEqual([0, ["b", "c"], ["a", "b", "c"]]);
  });

  test.each([
    ["a", new UsageError("bad-options", "wrong")],
    ["b", new UsageError("bad-options", "wrong")],
    ["a", new Failure("worker", "ledger-io", "ledger x: disk I/O error")],
    ["b", new Failure("worker", "ledger-io", "ledger x: disk I/O error")],
  ])("comes with what no repetition heals, in the reading of %s: %s", async (broken, error) => {
    discover("ab", { one: 1, two: 0 });
    const { ended } = convoyOf(
      [new Memory("one"), new Memory("two")],
      {},
      {
        piece: ({ object }) => {
          if (object.key === broken) throw error;
        },
      },
    );
    await expect(ended).rejects.toBe(error);
    expect(ledger.countParked()).toBe(0);
  });

  test.each(["a", "c"])("comes when the other readings are over, which are told at once: in that of %s", async (broken) => {
    discover("abcd", { one: 2, two: 0 });
    const over: string[] = [];
    const others = Promise.withResolvers<void>();
    const error = new UsageError("bad-options", "wrong");
    const { ended, begun, told } = convoyOf(
      [new Memory("one"), new Memory("two")],
      { objects: 2 },
      {
        piece: async ({ object, signal }) => {
          await expect.poll(() => begun.length).toBe(4);
          if (object.key === broken) throw error;
          if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
          await others.promise;
          over.push(object.key);
        },
      },
    );
    let isOver = false;
    const watched = ended.finally(() => {
      isOver = true;
    });
    watched.catch(() => {});
    await expect.poll(() => told).toContain(`${error}`);
    await sleep(10);
    expect(isOver).toBe(false);
    others.resolve();
    await expect(watched).rejects.toBe(error);
    expect(over.toSorted()).toEqual(["a", "b", "c", "d"].filter((key) => key !== broken));
  });
});
