import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Ledger, QueuedObject, StoredDeadLetter } from "../../../src/contracts/ledger.ts";
import type { BatchLimits } from "../../../src/contracts/sink.ts";
import { type Books, Lane, type Trouble } from "../../../src/delivery/lane.ts";
import { NOTHING, type Outcome } from "../../../src/delivery/outcome.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { type LedgerWrite, ledgerWrite } from "../../../src/ledger/write.ts";
import { Failure, UsageError } from "../../../src/lib/errors.ts";
import { memorySink } from "./parts.ts";

let ledger: Ledger;
let patience: AbortController;
const [a, b] = ["a", "b"].map(
  (key, index): QueuedObject => ({ id: index + 1, source: "bucket", key, etag: "1", size: 1, time: 0, records: undefined }),
) as [QueuedObject, QueuedObject];

beforeEach(() => {
  patience = new AbortController();
  ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
  ledger.register(["out"]);
  ledger
    .of("bucket")
    .discover({ partition: "", objects: ["a", "b"].map((key) => ({ key, etag: "1", size: 1, time: 0, order: key })) });
});

afterEach(() => {
  patience.abort();
  ledger.close();
});

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const flowsOf = ({ key }: QueuedObject, records: readonly number[]) =>
  records.map((record) => new Flow(originOf("memory://bucket", key, "1"), record, EMPTY_CONTEXT, 0));

/** A lane whose sink answers as told; `sent` are the batches, as keys and record numbers. */
function laneTo(
  respond?: Parameters<typeof memorySink>[0],
  limits: Partial<BatchLimits> = {},
  own = ledger,
  write: LedgerWrite = async (work) => work(),
) {
  const sent: string[][] = [];
  const { sink } = memorySink(
    (batch, call) => {
      sent.push(batch.flows.map(({ origin, record }) => origin.key + record));
      return respond?.(batch, call);
    },
    { records: 4, inFlight: 1, lingerMs: 60_000, ...limits },
  );
  const told = {
    troubles: [] as Trouble[],
    recoveries: [] as Trouble[],
    settled: [] as Outcome[],
    imbalances: [] as Books[],
    fatal: [] as unknown[],
  };
  const lane = new Lane({ name: "out", sink, ledger: own, policy: { initialMs: 1, maxMs: 2 } }, write, patience.signal, {
    onTrouble: (_lane, trouble) => void told.troubles.push(trouble),
    onRecovery: (_lane, trouble) => void told.recoveries.push(trouble),
    onSettled: (_lane, outcome) => void told.settled.push(outcome),
    onImbalance: (_lane, _object, books) => void told.imbalances.push(books),
    onFatal: (error) => void told.fatal.push(error),
  });
  return { lane, sent, ...told };
}

/** A receiver that answers when it is told to. */
function slow() {
  const open: (() => void)[] = [];
  return { open, respond: () => new Promise<undefined>((resolve) => open.push(() => resolve(undefined))) };
}

const positionOf = (object: QueuedObject) => ledger.position("out", object.id);

const SILENT = { onTrouble: () => {}, onRecovery: () => {} };

/** Timers go off when the test says so. */
function holdTimers(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
}

describe("what is offered", () => {
  test("is taken from the position in the ledger on, and what was offered before is passed over", async () => {
    ledger.commit("out", a.id, 3, { ...NOTHING, delivered: 3 }, false);
    const { lane, sent } = laneTo();
    expect(lane.wants(a)).toBe(true);
    expect(lane.offered(a.id)).toBe(3);
    lane.offer(a.id, flowsOf(a, range(1, 5)), 5);
    expect(lane.offered(a.id)).toBe(5);
    lane.offer(a.id, flowsOf(a, range(4, 7)), 7);
    lane.offer(a.id, flowsOf(a, range(8, 9)), 9);
    lane.offer(a.id, flowsOf(a, range(2, 6)), 6);
    expect(lane.offered(a.id)).toBe(9);
    lane.end(a.id);
    await lane.drain();
    expect(sent.flat()).toEqual(range(4, 9).map((record) => `a${record}`));
    expect(positionOf(a)).toBeUndefined();
    expect(ledger.status().sinks).toMatchObject([{ delivered: 9, offered: 9, pendingObjects: 1 }]);
  });

  test("begins again with the last record that was offered before: that one is passed over, and the caller's list stays as it is", async () => {
    const { lane, sent } = laneTo();
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, range(1, 3)), 3);
    const flows = flowsOf(a, range(3, 9));
    lane.offer(a.id, flows, 9);
    const others = flowsOf(a, range(10, 16));
    lane.offer(a.id, others, 16);
    await lane.drain();
    expect(sent.flat()).toEqual(range(1, 16).map((record) => `a${record}`));
    expect([flows, others].map((list) => list.map(({ record }) => record))).toEqual([range(3, 9), range(10, 16)]);
  });

  test("may have gaps: records that the filter holds back move the position", async () => {
    const { lane, sent, settled } = laneTo();
    lane.wants(a);
    lane.offer(a.id, [], 10);
    expect(positionOf(a)).toEqual({ position: 0, settled: 0 });
    lane.offer(a.id, flowsOf(a, [12, 15]), 20);
    await lane.drain();
    expect(positionOf(a)).toEqual({ position: 20, settled: 2 });
    lane.offer(a.id, [], 30);
    lane.end(a.id);
    await lane.drain();
    expect(sent).toEqual([["a12", "a15"]]);
    expect(settled).toEqual([{ ...NOTHING, delivered: 2 }]);
    expect(positionOf(a)).toBeUndefined();
  });

  test("is wanted until the object has ended, and of objects only that wait for this sink", async () => {
    const { lane } = laneTo();
    expect(lane.wants({ ...a, id: 9 })).toBe(false);
    expect(lane.wants(a)).toBe(true);
    expect(lane.wants(a)).toBe(true);
    lane.offer(a.id, flowsOf(a, [1]), 1);
    lane.end(a.id);
    expect(lane.wants(a)).toBe(false);
    await lane.drain();
    expect(lane.wants(a)).toBe(false);
  });

  test("for an object that nobody asked about is a mistake of the program", () => {
    const { lane } = laneTo();
    expect(() => lane.offered(7)).toThrow("object 7 was not taken up for sink out");
    expect(() => lane.offer(7, [], 1)).toThrow("object 7");
    expect(() => lane.end(7)).toThrow("object 7");
  });
});

describe("batches", () => {
  test("are full or wait, hold runs of several objects, and as many are on their way as the sink allows", async () => {
    const { open, respond } = slow();
    const { lane, sent } = laneTo(respond, { inFlight: 2 });
    lane.wants(a);
    lane.wants(b);
    lane.offer(a.id, flowsOf(a, [1]), 1);
    open[0]?.();
    await lane.drain();
    lane.offer(a.id, flowsOf(a, range(2, 4)), 4);
    expect([sent, lane.inFlight, lane.hasRoom]).toEqual([[["a1"]], 0, true]);
    lane.offer(b.id, flowsOf(b, range(1, 7)), 7);
    await expect
      .poll(() => sent.slice(1))
      .toEqual([
        ["a2", "a3", "a4", "b1"],
        ["b2", "b3", "b4", "b5"],
      ]);
    expect([lane.inFlight, lane.hasRoom, lane.idle]).toEqual([2, true, false]);
    lane.offer(b.id, flowsOf(b, range(8, 9)), 9);
    expect([lane.inFlight, lane.hasRoom]).toEqual([2, false]);
    const changed = lane.changed();
    open[2]?.();
    await changed;
    await expect.poll(() => sent.length).toBe(4);
    expect(sent[3]).toEqual(["b6", "b7", "b8", "b9"]);
    // The second batch is still on its way, and holds back the position of both objects.
    expect([positionOf(a), positionOf(b)]).toEqual([
      { position: 1, settled: 1 },
      { position: 0, settled: 0 },
    ]);
    open[1]?.();
    await expect.poll(() => positionOf(b)).toEqual({ position: 5, settled: 5 });
    open[3]?.();
    await lane.drain();
    expect([positionOf(a), positionOf(b), lane.idle]).toEqual([{ position: 4, settled: 4 }, { position: 9, settled: 9 }, true]);
  });

  test("that are not full leave after the time that a record waits for others", async () => {
    const { lane, sent } = laneTo(undefined, { lingerMs: 40 });
    holdTimers();
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, [1]), 1);
    await lane.drain();
    lane.offer(a.id, flowsOf(a, [2]), 2);
    vi.advanceTimersByTime(15);
    lane.offer(a.id, flowsOf(a, [3]), 3);
    vi.advanceTimersByTime(24);
    expect(sent).toEqual([["a1"]]);
    vi.advanceTimersByTime(1);
    await expect.poll(() => sent.slice(1)).toEqual([["a2", "a3"]]);
    lane.offer(a.id, flowsOf(a, [4]), 4);
    vi.advanceTimersByTime(39);
    expect(sent).toHaveLength(2);
    vi.advanceTimersByTime(1);
    await expect.poll(() => sent.slice(2)).toEqual([["a4"]]);
  });

  test("that are not full leave at once when nothing was sent for as long as a record waits for others", async () => {
    const { lane, sent } = laneTo(undefined, { lingerMs: 40 });
    holdTimers();
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, range(1, 2)), 2);
    await lane.drain();
    vi.advanceTimersByTime(39);
    lane.offer(a.id, flowsOf(a, [3]), 3);
    expect(sent).toEqual([["a1", "a2"]]);
    vi.advanceTimersByTime(1);
    lane.offer(a.id, flowsOf(a, [4]), 4);
    await expect.poll(() => sent.slice(1)).toEqual([["a3", "a4"]]);
  });

  test("that are not full leave when the sink is free again, if their time came while it was not", async () => {
    const { open, respond } = slow();
    const { lane, sent } = laneTo(respond, { lingerMs: 10 });
    holdTimers();
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, range(1, 5)), 5);
    await expect.poll(() => sent.length).toBe(1);
    vi.advanceTimersByTime(30);
    expect(sent).toHaveLength(1);
    open[0]?.();
    await expect.poll(() => sent).toEqual([["a1", "a2", "a3", "a4"], ["a5"]]);
    open[1]?.();
    await lane.drain();
  });

  test("become small when one was too large, and grow again with each that has come to its end", async () => {
    const limits = { records: 128, lingerMs: 5 };
    let largest = 20;
    const { lane, sent } = laneTo(async ({ flows }) => {
      if (flows.length > largest) throw new Failure("batch", "too-large", "too large", { tooLarge: true });
      return undefined;
    }, limits);
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, range(1, 128)), 128);
    await lane.drain();
    const sizes = sent.map((batch) => batch.length);
    expect(sizes).toEqual([128, 64, 64, 32, 32, 32, 32, 16, 16, 16, 16, 16, 16, 16, 16]);
    largest = 128;
    sent.length = 0;
    lane.offer(a.id, flowsOf(a, range(129, 300)), 300);
    await lane.drain();
    // 16, and 2 more with each: one in 64 of the full size.
    expect(sent.map((batch) => batch.length)).toEqual([18, 20, 22, 24, 26, 28, 30, 4]);
    expect(lane.hasRoom).toBe(true);
    // The last one was not full, and proves nothing about a size.
    sent.length = 0;
    lane.offer(a.id, flowsOf(a, range(301, 340)), 340);
    await lane.drain();
    expect(sent.map((batch) => batch.length)).toEqual([32, 8]);
    // Of an odd number the larger half counts: of 17 that is 9, and 2 more when all of them have come to their end.
    largest = 16;
    lane.offer(a.id, flowsOf(a, range(341, 357)), 357);
    await lane.drain();
    sent.length = 0;
    lane.offer(a.id, flowsOf(a, range(358, 377)), 377);
    await lane.drain();
    expect(sent[0]).toHaveLength(11);
  });
});

describe("the books", () => {
  test("an object that has ended is finished when all of it is settled, and not before", async () => {
    const { open, respond } = slow();
    const { lane, settled } = laneTo(respond, { inFlight: 3, lingerMs: 1 });
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, range(1, 9)), 9);
    lane.end(a.id);
    await expect.poll(() => open.length).toBe(3);
    open[0]?.();
    await expect.poll(() => positionOf(a)).toEqual({ position: 4, settled: 4 });
    open[2]?.();
    await expect.poll(() => lane.inFlight).toBe(1);
    expect(positionOf(a)).toEqual({ position: 4, settled: 4 });
    open[1]?.();
    await lane.drain();
    expect(positionOf(a)).toBeUndefined();
    expect(settled.map(({ delivered }) => delivered)).toEqual([4, 5]);
  });

  test("what was not read of a lost object is set aside, with what is known of its records", async () => {
    const { lane, settled } = laneTo();
    const lost = { object: { ...a, records: 10 }, code: "object-vanished", reason: "deleted" };
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, range(1, 4)), 4);
    lane.end(a.id, lost);
    lane.wants(b);
    lane.end(b.id, { object: b, code: "object-changed", reason: "replaced" });
    await lane.drain();
    expect(ledger.deadLetters({ sink: "out" }, 9)).toMatchObject([
      { key: "b", from: 1, to: undefined, count: 1, code: "object-changed", reason: "replaced" },
      { key: "a", from: 5, to: 10, count: 6, code: "object-vanished", reason: "deleted" },
    ]);
    expect(settled.map(({ delivered, setAside }) => [delivered, setAside])).toEqual([
      [0, 1],
      [4, 6],
    ]);
    expect(ledger.status().sinks).toMatchObject([{ delivered: 4, setAside: 7, pendingObjects: 0 }]);
  });

  test("a lost object of which the sink has everything costs nothing", async () => {
    const { lane, imbalances } = laneTo();
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, range(1, 4)), 4);
    lane.end(a.id, { object: { ...a, records: 4 }, code: "object-vanished", reason: "deleted" });
    await lane.drain();
    expect([ledger.deadLetters({}, 9), imbalances, positionOf(a)]).toEqual([[], [], undefined]);
  });

  test("are written when the position or the account moves, and once at the end", async () => {
    const { open, respond } = slow();
    const commits: [position: number, finished: boolean][] = [];
    const commit: Ledger["commit"] = (sink, id, position, acknowledged, finished) => {
      commits.push([position, finished]);
      ledger.commit(sink, id, position, acknowledged, finished);
    };
    const { lane } = laneTo(respond, { inFlight: 3 }, { ...ledger, commit });
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, range(1, 12)), 12);
    await expect.poll(() => open.length).toBe(3);
    // What is behind a batch that is on its way waits for it.
    open[1]?.();
    await expect.poll(() => lane.inFlight).toBe(2);
    expect(commits).toEqual([]);
    open[0]?.();
    await expect.poll(() => lane.inFlight).toBe(1);
    expect(commits).toEqual([[8, false]]);
    lane.end(a.id);
    expect(commits).toEqual([[8, false]]);
    open[2]?.();
    await lane.drain();
    expect(commits).toEqual([
      [8, false],
      [12, true],
    ]);
  });

  test("are one transaction for all objects of a batch, which is repeated as a whole when it fails", async () => {
    const attempts: string[][] = [];
    const own: Ledger = {
      ...ledger,
      together(work) {
        attempts.push([]);
        return ledger.together(work);
      },
      commit(sink, id, position, acknowledged, finished) {
        attempts.at(-1)?.push(`${id}: ${position}`);
        ledger.commit(sink, id, position, acknowledged, finished);
        if (attempts.length === 1 && id === b.id) throw new Failure("worker", "ledger-disk-full", "the disk is full");
      },
    };
    const { open, respond } = slow();
    const { lane, settled } = laneTo(respond, {}, own, ledgerWrite({ initialMs: 1, maxMs: 1 }, patience.signal, SILENT));
    lane.wants(a);
    lane.wants(b);
    // The first record goes at once, and those behind it gather.
    lane.offer(a.id, flowsOf(a, [1]), 1);
    lane.offer(a.id, flowsOf(a, [2, 3]), 3);
    lane.offer(b.id, flowsOf(b, [1, 2]), 2);
    await expect.poll(() => open.length).toBe(1);
    open[0]?.();
    await expect.poll(() => open.length).toBe(2);
    open[1]?.();
    await expect.poll(() => lane.inFlight).toBe(0);
    expect(attempts).toEqual([
      ["1: 3", "2: 2"],
      ["1: 3", "2: 2"],
    ]);
    expect([positionOf(a), positionOf(b)]).toMatchObject([{ settled: 3 }, { settled: 2 }]);
    expect(settled.map(({ delivered }) => delivered)).toEqual([1, 2, 2]);
    expect(ledger.status().sinks).toMatchObject([{ delivered: 5 }]);
  });

  test("are finished also when the ledger is busy at the end and the object is left meanwhile", async () => {
    const disk = Promise.withResolvers<void>();
    const { lane } = laneTo(undefined, {}, ledger, async (work) => {
      await disk.promise;
      return work();
    });
    lane.wants(a);
    lane.end(a.id);
    lane.leave(a.id);
    disk.resolve();
    await lane.drain();
    expect(positionOf(a)).toBeUndefined();
  });

  test("go on over a restart", async () => {
    ledger.commit("out", a.id, 5, { ...NOTHING, delivered: 2, rejected: 1, setAside: 1 }, false);
    const { lane, imbalances } = laneTo();
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, range(6, 8)), 8);
    lane.end(a.id);
    await lane.drain();
    expect([imbalances, ledger.deadLetters({}, 9), positionOf(a)]).toEqual([[], [], undefined]);
    expect(ledger.status().sinks).toMatchObject([{ delivered: 5, rejected: 1, setAside: 1, offered: 7 }]);
  });

  test("that do not balance are told of, and the object is kept as a dead letter", async () => {
    const { open, respond } = slow();
    const { lane, imbalances, settled } = laneTo(respond);
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, range(1, 4)), 4);
    const lost = { object: { ...a, records: 10 }, code: "object-vanished", reason: "deleted" };
    // What is lost is booked twice, as by a bug.
    lane.end(a.id, lost);
    lane.end(a.id, lost);
    expect(imbalances).toEqual([]);
    open[0]?.();
    await lane.drain();
    expect(imbalances).toEqual([{ offered: 16, settled: 10 }]);
    // Of six nobody knows what became: they are set aside, too, so that the account and the letters say the same.
    expect(settled).toMatchObject([{ delivered: 4, setAside: 12 }]);
    expect(ledger.deadLetters({}, 9)).toMatchObject([
      { sink: "out", key: "a", from: 5, to: 10, count: 6, code: "object-vanished" },
      { sink: "out", key: "a", etag: "1", from: 1, to: undefined, count: 6, code: "unbalanced" },
    ]);
    expect(ledger.status().sinks).toMatchObject([{ delivered: 4, setAside: 12, offered: 16 }]);
    expect(positionOf(a)).toBeUndefined();
    // A replay brings the whole object; the account gains those that it lacked.
    const letter = ledger.deadLetters({ code: "unbalanced" }, 1)[0] as StoredDeadLetter;
    ledger.settleLetter(letter, new Map([["out", { ...NOTHING, delivered: 10 }]]));
    expect(ledger.status().sinks).toMatchObject([{ delivered: 10, setAside: 6, offered: 16 }]);
  });
});

describe("leaving an object whose reading broke off", () => {
  test("forgets it when the ledger has everything that is known, and takes it up again from there", async () => {
    let asked = 0;
    const position: Ledger["position"] = (...args) => {
      asked += 1;
      return ledger.position(...args);
    };
    const { lane, sent } = laneTo(undefined, {}, { ...ledger, position });
    lane.wants(a);
    lane.leave(a.id);
    expect(() => lane.offered(a.id)).toThrow();
    lane.wants(a);
    expect(asked).toBe(2);
    lane.offer(a.id, flowsOf(a, range(1, 4)), 6);
    lane.leave(a.id);
    expect(lane.offered(a.id)).toBe(6);
    await lane.drain();
    lane.leave(a.id);
    lane.wants(a);
    expect([asked, lane.offered(a.id)]).toEqual([3, 6]);
    lane.offer(a.id, flowsOf(a, [7]), 7);
    lane.end(a.id);
    lane.leave(a.id);
    await lane.drain();
    expect(sent).toEqual([["a1", "a2", "a3", "a4"], ["a7"]]);
    expect(positionOf(a)).toBeUndefined();
    lane.leave(a.id);
  });
});

describe("trouble", () => {
  test("is that of all batches on their way together, and is over with the first record that is taken", async () => {
    let broken = true;
    const failure = new Failure("passing", "busy", "503");
    const { lane, troubles, recoveries } = laneTo(
      async () => {
        if (broken) throw failure;
        return undefined;
      },
      { inFlight: 2 },
    );
    lane.wants(a);
    expect(lane.failing).toBe(false);
    const begin = Date.now();
    lane.offer(a.id, flowsOf(a, range(1, 8)), 8);
    await expect.poll(() => troubles.length).toBeGreaterThan(4);
    expect(lane.failing).toBe(true);
    expect(troubles.map(({ failures }) => failures)).toEqual(range(1, troubles.length));
    const [first, last] = [troubles[0], troubles.at(-1)];
    expect(first?.error).toBe(failure);
    expect(last?.since).toBe(first?.since);
    expect(first?.since).toBeGreaterThanOrEqual(begin);
    expect((first?.nextAt ?? 0) - (first?.since ?? 0)).toBe(1);
    broken = false;
    await lane.drain();
    expect(recoveries).toEqual([troubles.at(-1)]);
    expect([lane.failing, lane.trouble]).toEqual([false, undefined]);
    broken = true;
    const before = troubles.length;
    lane.offer(a.id, flowsOf(a, range(9, 12)), 12);
    await expect.poll(() => troubles[before]?.failures).toBe(1);
    broken = false;
    await lane.drain();
  });

  test("is over when the receiver has refused the records of a batch so often that they are bad", async () => {
    let broken = false;
    const { lane, troubles, recoveries } = laneTo(async () => {
      if (broken) throw new Failure("batch", "http-400", "bad");
      return undefined;
    });
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, range(1, 4)), 4);
    await lane.drain();
    broken = true;
    lane.offer(a.id, flowsOf(a, range(5, 8)), 8);
    await lane.drain();
    expect(troubles.map(({ error }) => (error as Failure).drawer)).toEqual(Array(troubles.length).fill("person"));
    expect([troubles.length, recoveries.length, lane.failing]).toEqual([5, 1, false]);
  });

  test("is the receiver's, and no record's, as long as it has never taken any, in this run or before", async () => {
    const respond = async () => {
      throw new Failure("batch", "http-400", "no");
    };
    const { lane, troubles, settled } = laneTo(respond);
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, range(1, 4)), 4);
    await expect.poll(() => troubles.length).toBeGreaterThan(12);
    expect([settled, ledger.deadLetters({}, 9)]).toEqual([[], []]);
    patience.abort();
    // One that took records before is believed after five attempts, if it refuses few.
    patience = new AbortController();
    ledger.commit("out", b.id, 1, { ...NOTHING, delivered: 1 }, false);
    const known = laneTo(respond);
    known.lane.wants(a);
    known.lane.offer(a.id, flowsOf(a, range(1, 4)), 4);
    known.lane.end(a.id);
    await known.lane.drain();
    expect([known.troubles.length, known.settled.map(({ setAside }) => setAside)]).toEqual([5, [4]]);
  });

  test("is not over when records are merely set aside", async () => {
    let calls = 0;
    const { lane, troubles, recoveries } = laneTo(async () => {
      calls += 1;
      if (calls === 1) throw new Failure("passing", "busy", "503");
      throw new Failure("batch", "too-large", "too large", { tooLarge: true, certain: true });
    });
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, range(1, 4)), 4);
    await lane.drain();
    expect([troubles.length, recoveries.length, lane.failing]).toEqual([1, 0, true]);
  });

  test("that breaks delivery itself ends the run: with its own words, or as what it is", async () => {
    const usage = new UsageError("ndjson-stdout", "standard output was closed");
    const first = laneTo(async () => {
      throw usage;
    });
    first.lane.wants(a);
    first.lane.offer(a.id, flowsOf(a, range(1, 4)), 4);
    await expect.poll(() => first.fatal).toEqual([usage]);
    expect(first.lane.inFlight).toBe(0);

    const failing = { ...ledger };
    failing.commit = () => {
      throw new TypeError("a bug");
    };
    const second = laneTo(undefined, {}, failing);
    second.lane.wants(b);
    second.lane.offer(b.id, flowsOf(b, range(1, 4)), 4);
    await expect
      .poll(() => second.fatal)
      .toMatchObject([{ code: "delivery", message: "delivery broke down", cause: { message: "a bug" } }]);
    second.lane.end(b.id);
    await expect.poll(() => second.fatal.length).toBe(2);
    await second.lane.drain();
  });

  test("at the end of patience is no failure: what is on its way is given up, and stays uncommitted", async () => {
    const { lane, fatal, sent } = laneTo(async () => {
      throw new Failure("passing", "busy", "503");
    });
    lane.wants(a);
    lane.offer(a.id, flowsOf(a, range(1, 4)), 4);
    await expect.poll(() => sent.length).toBeGreaterThan(1);
    const draining = lane.drain();
    patience.abort();
    await draining;
    await expect.poll(() => lane.inFlight).toBe(0);
    expect([fatal, positionOf(a)]).toEqual([[], { position: 0, settled: 0 }]);
  });
});
