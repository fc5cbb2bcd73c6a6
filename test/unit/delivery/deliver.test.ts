import { expect, test } from "vitest";
import type { Batch, Payload, Sink, WriteResult } from "../../../src/contracts/sink.ts";
import { createBrake, NO_BRAKE } from "../../../src/delivery/brake.ts";
import { deliver } from "../../../src/delivery/deliver.ts";
import { Encoding } from "../../../src/delivery/encoding.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { type Taken, taking } from "./taking.ts";

const a = originOf("s", "a", "1");
const b = originOf("s", "b", "1");
const flow = (origin: typeof a, record: number) => new Flow(origin, record, EMPTY_CONTEXT, 0);

function batchOf(...runs: [typeof a, number[]][]): Batch {
  return {
    flows: runs.flatMap(([origin, records]) => records.map((record) => flow(origin, record))),
    segments: runs.map(([origin, records]) => ({
      origin,
      from: records[0] ?? 0,
      to: records.at(-1) ?? 0,
      count: records.length,
    })),
  };
}

function sinkOf(take: (batch: Taken) => WriteResult): Sink & { batches: string[][] } {
  const batches: string[][] = [];
  return {
    batches,
    limits: { records: 100, inFlight: 1, lingerMs: 1 },
    ...taking((batch) => {
      batches.push(batch.flows.map(({ origin, record }) => origin.key + record));
      return take(batch);
    }),
    probe: async () => "",
    close: async () => {},
  };
}

const events = { onRetry: () => {}, onTooLarge: () => {} };
const send = (sink: Sink, batch: Batch, signal = new AbortController().signal, brake = NO_BRAKE) =>
  deliver(
    { name: "out", sink, encoding: new Encoding("out", sink), policy: { initialMs: 1, maxMs: 2 }, brake, events },
    batch,
    signal,
  );

test("an accepted batch counts as delivered, segment by segment", async () => {
  const outcomes = await send(
    sinkOf(() => ({ rejected: 0 })),
    batchOf([a, [1, 2, 3]], [b, [7]]),
  );
  expect(outcomes.map(({ delivered }) => delivered)).toEqual([3, 1]);
});

test("transient failures are repeated until the batch is taken", async () => {
  let calls = 0;
  const sink = sinkOf(() => {
    calls += 1;
    if (calls < 4) throw calls === 1 ? new Failure("passing", "busy", "busy") : new Error("socket closed");
    return { rejected: 0 };
  });
  expect(await send(sink, batchOf([a, [1]]))).toEqual([{ delivered: 1, rejected: 0, setAside: 0, deadLetters: [] }]);
  expect(calls).toBe(4);
});

test("a batch that is refused is halved down to its records: neighbours share a pointer with the reason", async () => {
  const sink = sinkOf(() => {
    throw new Failure("batch", "otlp-http-400", "bad request");
  });
  const outcomes = await send(sink, batchOf([a, [4, 5, 9]], [b, [1]]));
  expect(sink.batches.map((keys) => keys.length)).toEqual([4, 2, 2, 1, 1, 1, 1]);
  expect(outcomes.flatMap(({ deadLetters }) => deadLetters)).toEqual([
    { sink: "out", source: "s", key: "a", etag: "1", from: 4, to: 9, count: 3, code: "otlp-http-400", reason: "bad request" },
    { sink: "out", source: "s", key: "b", etag: "1", from: 1, to: 1, count: 1, code: "otlp-http-400", reason: "bad request" },
  ]);
});

test("a partial success counts what was refused and is not sent again", async () => {
  const sink = sinkOf(() => ({ rejected: 4, reason: "too old" }));
  const outcomes = await send(sink, batchOf([a, [1, 2, 3]], [b, [1, 2]]));
  expect(sink.batches).toHaveLength(1);
  expect(outcomes.map(({ delivered, rejected }) => [delivered, rejected])).toEqual([
    [0, 3],
    [1, 1],
  ]);
  expect(outcomes[0]?.deadLetters[0]).toMatchObject({ key: "a", from: 1, to: 3, count: 3, code: "rejected" });
});

test("a batch that is too large is halved until the parts fit; a single record that never fits is set aside alone", async () => {
  const sink = sinkOf((batch) => {
    if (batch.flows.length > 2 || batch.flows.some(({ record }) => record === 5))
      throw new Failure("batch", "too-large", "1 MB at most", { tooLarge: true });
    return { rejected: 0 };
  });
  const outcomes = await send(sink, batchOf([a, [1, 2, 3]], [b, [4, 5, 6, 7]]));
  expect(outcomes.map(({ delivered }) => delivered)).toEqual([3, 3]);
  expect(outcomes[1]?.deadLetters).toMatchObject([{ key: "b", from: 5, to: 5, count: 1, code: "too-large" }]);
  const taken = sink.batches.filter((keys) => keys.length <= 2 && !keys.includes("b5")).flat();
  expect(taken.toSorted()).toEqual(["a1", "a2", "a3", "b4", "b6", "b7"]);
});

test("giving up throws, so that nothing is taken for delivered", async () => {
  const controller = new AbortController();
  const sink = sinkOf(() => {
    controller.abort();
    throw new Failure("passing", "busy", "busy");
  });
  await expect(send(sink, batchOf([a, [1]]), controller.signal)).rejects.toThrow();
});

const TOO_OLD = { code: "outside-time-window", reason: "too old" };
const TOO_NEW = { code: "outside-time-window", reason: "too new" };
/** Refuses records by number. */
const refusing = (sink: ReturnType<typeof sinkOf>, old: number[], young: number[] = []) =>
  Object.assign(sink, {
    outside: ({ record }: Flow) => (old.includes(record) ? TOO_OLD : young.includes(record) ? TOO_NEW : undefined),
  });
const letter = (key: string, from: number, to: number, count: number, { code, reason }: typeof TOO_OLD) => ({
  sink: "out",
  source: "s",
  key,
  etag: "1",
  from,
  to,
  count,
  code,
  reason,
});

test("records that the sink refuses are set aside before sending, neighbours together, and the others go", async () => {
  const sink = refusing(
    sinkOf(() => ({ rejected: 0 })),
    [1, 3, 9],
    [12],
  );
  const outcomes = await send(sink, batchOf([a, [1, 3, 4, 7, 9, 12]], [b, [2, 3]]));
  expect(sink.batches).toEqual([["a4", "a7", "b2"]]);
  expect(outcomes).toEqual([
    {
      delivered: 2,
      rejected: 0,
      setAside: 4,
      deadLetters: [letter("a", 1, 3, 2, TOO_OLD), letter("a", 9, 9, 1, TOO_OLD), letter("a", 12, 12, 1, TOO_NEW)],
    },
    { delivered: 1, rejected: 0, setAside: 1, deadLetters: [letter("b", 3, 3, 1, TOO_OLD)] },
  ]);
});

test("a batch that is refused as a whole is not sent", async () => {
  const sink = refusing(
    sinkOf(() => ({ rejected: 0 })),
    [1, 2, 3],
  );
  const outcomes = await send(sink, batchOf([a, [1, 2]], [b, [3]]));
  expect(sink.batches).toEqual([]);
  expect(outcomes.map(({ delivered, deadLetters }) => [delivered, deadLetters])).toEqual([
    [0, [letter("a", 1, 2, 2, TOO_OLD)]],
    [0, [letter("b", 3, 3, 1, TOO_OLD)]],
  ]);
});

test("what is refused by the receiver afterwards points at no record that was set aside before", async () => {
  const sink = refusing(
    sinkOf(() => {
      throw new Failure("batch", "http-400", "bad");
    }),
    [2, 3],
  );
  const [outcome] = await send(sink, batchOf([a, [1, 2, 3, 4, 5]]));
  expect(outcome?.deadLetters.map(({ from, to, count, code }) => [from, to, count, code])).toEqual([
    [1, 1, 1, "http-400"],
    [2, 3, 2, "outside-time-window"],
    [4, 5, 2, "http-400"],
  ]);
});

test("a record that the sink comes to refuse while its batch waits is set aside then", async () => {
  const old: number[] = [];
  const sink = refusing(
    sinkOf(() => {
      if (old.length > 0) return { rejected: 0 };
      old.push(1);
      throw new Failure("passing", "busy", "busy");
    }),
    old,
  );
  const outcomes = await send(sink, batchOf([a, [1, 2]]));
  expect(sink.batches).toEqual([["a1", "a2"], ["a2"]]);
  expect(outcomes).toEqual([{ delivered: 1, rejected: 0, setAside: 1, deadLetters: [letter("a", 1, 1, 1, TOO_OLD)] }]);
});

test("whatever is refused, too large or taken: every record ends in one account", async () => {
  const size = 24;
  const records = Array.from({ length: size }, (_, index) => index + 1);
  for (let seed = 1; seed <= 40; seed += 1) {
    const old = records.filter((record) => (record * seed) % 5 < 2);
    const large = records.filter((record) => (record * seed) % 7 === 3 && !old.includes(record));
    const sink = refusing(
      sinkOf((batch) => {
        if (batch.flows.length > 4 || batch.flows.some(({ record }) => large.includes(record)))
          throw new Failure("batch", "too-large", "4 at most", { tooLarge: true });
        return { rejected: 0 };
      }),
      old,
    );
    const cut = seed % size;
    const batch = cut === 0 ? batchOf([a, records]) : batchOf([a, records.slice(0, cut)], [b, records.slice(cut)]);
    const outcomes = await send(sink, batch);
    const sums = outcomes.map(({ delivered, deadLetters }) => delivered + deadLetters.reduce((sum, { count }) => sum + count, 0));
    expect(sums).toEqual(batch.segments.map(({ count }) => count));
    const setAside = outcomes
      .flatMap(({ deadLetters }) => deadLetters)
      .flatMap(({ from, to = from, code }) => records.filter((record) => record >= from && record <= to).map((r) => [r, code]));
    const expected = records.flatMap((record) =>
      old.includes(record) ? [[record, TOO_OLD.code]] : large.includes(record) ? [[record, "too-large"]] : [],
    );
    expect(setAside.toSorted((x, y) => Number(x[0]) - Number(y[0]))).toEqual(expected);
  }
});

/** A receiver that refuses these records, and everything while `broken`. */
function receiver(bad: readonly number[]) {
  const state = { broken: false, got: [] as number[], requests: 0 };
  const sink = sinkOf((batch) => {
    state.requests += 1;
    const records = batch.flows.map(({ record }) => record);
    if (state.broken || records.some((record) => bad.includes(record))) throw new Failure("batch", "http-400", "bad");
    state.got.push(...records);
    return { rejected: 0 };
  });
  return { sink, state };
}
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const never = new AbortController().signal;

test("of a batch with one bad record only that one is set aside, at a receiver that has taken nothing before", async () => {
  for (const bad of [1, 7, 13, 20]) {
    const { sink, state } = receiver([bad]);
    const [outcome] = await send(sink, batchOf([a, range(1, 20)]), never, createBrake(false));
    expect(state.got.toSorted((x, y) => x - y)).toEqual(range(1, 20).filter((record) => record !== bad));
    expect(outcome).toMatchObject({ delivered: 19, rejected: 0, setAside: 1 });
    expect(outcome?.deadLetters).toEqual([letter("a", bad, bad, 1, { code: "http-400", reason: "bad" })]);
  }
});

test("while a receiver refuses everything nothing is set aside, and all is delivered when it takes records again", async () => {
  for (const known of [false, true]) {
    const { sink, state } = receiver([]);
    state.broken = true;
    const told: unknown[] = [];
    const onRetry = ({ failures, error }: { failures: number; error: unknown }) => {
      told.push(error);
      if (failures === 4) state.broken = false;
    };
    const delivery = {
      name: "out",
      sink,
      encoding: new Encoding("out", sink),
      policy: { initialMs: 1, maxMs: 2 },
      brake: createBrake(known),
      events: { ...events, onRetry },
    };
    const outcomes = await deliver(delivery, batchOf([a, range(1, 300)]), never);
    expect(outcomes).toEqual([{ delivered: 300, rejected: 0, setAside: 0, deadLetters: [] }]);
    expect(told[0]).toMatchObject({ drawer: "person", code: "http-400" });
    expect(state.got.toSorted((x, y) => x - y)).toEqual(range(1, 300));
  }
});

test("a few records that a known receiver refuses again and again are bad; many are not", async () => {
  const few = receiver(range(1, 3));
  const [outcome] = await send(few.sink, batchOf([a, range(1, 3)]), never, createBrake(true));
  expect(outcome).toMatchObject({ delivered: 0, setAside: 3 });

  const giveUp = new AbortController();
  const unknown = receiver(range(1, 3));
  const waiting = send(unknown.sink, batchOf([a, range(1, 3)]), giveUp.signal, createBrake(false));
  const many = receiver(range(1, 101));
  const waitingToo = send(many.sink, batchOf([a, range(1, 101)]), giveUp.signal, createBrake(true));
  await expect.poll(() => Math.min(unknown.state.requests, many.state.requests)).toBeGreaterThan(200);
  giveUp.abort();
  await expect(waiting).rejects.toThrow();
  await expect(waitingToo).rejects.toThrow();
});

test("an attempt at what a receiver refuses costs 64 requests, and each further one twice as many, until each record was asked", async () => {
  const { sink, state } = receiver([]);
  state.broken = true;
  const asked: number[] = [];
  const onRetry = () => {
    asked.push(state.requests);
    if (asked.length === 5) state.broken = false;
  };
  const encoding = new Encoding("out", sink);
  const delivery = { name: "out", sink, encoding, policy: { initialMs: 1, maxMs: 2 }, brake: createBrake(true) };
  await deliver({ ...delivery, events: { ...events, onRetry } }, batchOf([a, range(1, 300)]), never);
  const each = asked.map((requests, index) => requests - (asked[index - 1] ?? 0));
  expect(each).toEqual([64, 128, 256, 512, 2 * 300 - 1]);
});

test("few records are few since the receiver took one: of more it is doubted, however few there are at one time", async () => {
  const brake = createBrake(true);
  const { sink, state } = receiver(range(1, 60));
  expect(await send(sink, batchOf([a, range(1, 60)]), never, brake)).toMatchObject([{ setAside: 60 }]);
  const stop = new AbortController();
  const waiting = send(sink, batchOf([a, range(1, 60)]), stop.signal, brake);
  const before = state.requests;
  await expect.poll(() => state.requests).toBeGreaterThan(before + 6 * 119);
  stop.abort();
  await expect(waiting).rejects.toThrow();
  expect(await send(sink, batchOf([b, [61]]), never, brake)).toMatchObject([{ delivered: 1 }]);
  expect(await send(sink, batchOf([a, range(1, 60)]), never, brake)).toMatchObject([{ setAside: 60 }]);
});

test("a batch that the receiver rejects whole proves nothing about what it refuses", async () => {
  const stop = new AbortController();
  const rejecting = sinkOf(({ flows }) => {
    if (flows.some(({ origin }) => origin === b)) return { rejected: flows.length };
    throw new Failure("batch", "http-400", "bad");
  });
  const brake = createBrake(false);
  expect(await send(rejecting, batchOf([b, [1, 2]]), never, brake)).toMatchObject([{ rejected: 2, setAside: 0 }]);
  const waiting = send(rejecting, batchOf([a, [1, 2]]), stop.signal, brake);
  const before = rejecting.batches.length;
  await expect.poll(() => rejecting.batches.length).toBeGreaterThan(before + 60);
  stop.abort();
  await expect(waiting).rejects.toThrow();
});

test("of a batch that was taken in part nothing is sent again, also when the rest was refused afterwards", async () => {
  const sink = sinkOf(({ flows }) => {
    if (flows.length > 2) throw new Failure("batch", "too-large", "2 at most", { tooLarge: true, certain: true });
    if (flows.some(({ record }) => record > 2)) throw new Failure("batch", "http-400", "bad");
    return { rejected: 0 };
  });
  const outcomes = await send(sink, batchOf([a, [1, 2, 3, 4]]), never, createBrake(false));
  expect(sink.batches).toEqual([["a1", "a2", "a3", "a4"], ["a1", "a2"], ["a3", "a4"], ["a3"], ["a4"]]);
  expect(outcomes).toMatchObject([{ delivered: 2, setAside: 2, deadLetters: [{ from: 3, to: 4, code: "http-400" }] }]);
});

test("what a receiver refuses is bad as soon as it takes something that it is sent later", async () => {
  const brake = createBrake(false);
  const { sink, state } = receiver(range(1, 200));
  const doubted = send(sink, batchOf([a, range(1, 200)]), never, brake);
  await expect.poll(() => state.requests).toBeGreaterThan(64);
  await send(sink, batchOf([b, [201]]), never, brake);
  expect(await doubted).toMatchObject([{ delivered: 0, setAside: 200, deadLetters: [{ from: 1, to: 200, count: 200 }] }]);
});

test("a record that is found to be too large without asking is set aside without a doubt", async () => {
  const sink = sinkOf(() => {
    throw new Failure("batch", "record-too-large", "2 MB at most", { tooLarge: true, certain: true });
  });
  expect(await send(sink, batchOf([a, [1, 2]]), never, createBrake(false))).toMatchObject([{ setAside: 2 }]);
});

test("a receiver that heals in the middle of an attempt costs no record, nor one that heals while others are sent", async () => {
  for (let healing = 1; healing <= 45; healing += 1) {
    const { sink, state } = receiver([7]);
    state.broken = true;
    const toBroken = sink.send.bind(sink);
    const healed = Object.assign(sink, {
      send: async (payload: Payload, stop: AbortSignal) => {
        if (state.requests === healing) state.broken = false;
        return toBroken(payload, stop);
      },
    });
    const brake = createBrake(true);
    const [first, second] = await Promise.all([
      send(healed, batchOf([a, range(1, 16)]), never, brake),
      send(healed, batchOf([b, range(21, 30)]), never, brake),
    ]);
    expect([healing, first, second]).toMatchObject([
      healing,
      [{ delivered: 15, setAside: 1, deadLetters: [{ from: 7, to: 7 }] }],
      [{ delivered: 10, setAside: 0 }],
    ]);
    expect(state.got.toSorted((x, y) => x - y)).toEqual([...range(1, 16).filter((record) => record !== 7), ...range(21, 30)]);
  }
});

test("what is tried again is the same payload; a half is encoded anew", async () => {
  const sent: Payload[] = [];
  const answers = [new Failure("passing", "p", "down"), new Failure("passing", "p", "down"), new Failure("batch", "b", "bad")];
  const sink = sinkOf(() => ({ rejected: 0 }));
  const taken = sink.send.bind(sink);
  sink.send = async (payload, signal) => {
    sent.push(payload);
    const answer = answers.shift();
    if (answer !== undefined) throw answer;
    return taken(payload, signal);
  };
  await send(sink, batchOf([a, [1, 2]]));
  expect(sent.map(({ records }) => records)).toEqual([2, 2, 2, 1, 1]);
  expect(new Set(sent).size).toBe(3);
  expect(sent[2]).toBe(sent[0]);
});

test("a payload's memory is given back once it was answered at the first attempt, and never while a connection may read it", async () => {
  const recycled: number[] = [];
  const sink = Object.assign(
    sinkOf(({ flows }) => {
      if (flows.length === 4) throw new Failure("batch", "b", "bad");
      if (flows[0]?.record === 1 && sink.batches.length === 2) throw new Failure("passing", "p", "the connection broke");
      return { rejected: 0 };
    }),
    { recycle: ({ records }: Payload) => void recycled.push(records) },
  );
  await send(sink, batchOf([a, [1, 2, 3, 4]]));
  expect(sink.batches).toEqual([
    ["a1", "a2", "a3", "a4"],
    ["a1", "a2"],
    ["a1", "a2"],
    ["a3", "a4"],
  ]);
  expect(recycled).toEqual([4, 2]);
});
