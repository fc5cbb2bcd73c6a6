import { expect, test } from "vitest";
import type { Batch, Sink, WriteResult } from "../../../src/contracts.ts";
import { deliver } from "../../../src/delivery/deliver.ts";
import { PermanentError, RetryableError, TooLargeError } from "../../../src/errors.ts";
import { EMPTY_CONTEXT, Flow, originOf } from "../../../src/flow.ts";

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

function sinkOf(write: (batch: Batch) => WriteResult): Sink & { batches: string[][] } {
  const batches: string[][] = [];
  return {
    batches,
    limits: { records: 100, inFlight: 1, lingerMs: 1 },
    async write(batch) {
      batches.push(batch.flows.map(({ origin, record }) => origin.key + record));
      return write(batch);
    },
    probe: async () => "",
    close: async () => {},
  };
}

const events = { onRetry: () => {}, onTooLarge: () => {} };
const send = (sink: Sink, batch: Batch, signal = new AbortController().signal) =>
  deliver("out", sink, batch, { initialMs: 1, maxMs: 2 }, signal, events);

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
    if (calls < 4) throw calls === 1 ? new RetryableError("busy", "busy") : new Error("socket closed");
    return { rejected: 0 };
  });
  expect(await send(sink, batchOf([a, [1]]))).toEqual([{ delivered: 1, rejected: 0, deadLetters: [] }]);
  expect(calls).toBe(4);
});

test("a permanent refusal is not repeated: pointers of every segment are set aside with the reason", async () => {
  const sink = sinkOf(() => {
    throw new PermanentError("otlp-http-400", "bad request");
  });
  const outcomes = await send(sink, batchOf([a, [4, 5, 9]], [b, [1]]));
  expect(sink.batches).toHaveLength(1);
  expect(outcomes.flatMap(({ deadLetters }) => deadLetters)).toEqual([
    { sink: "out", key: "a", etag: "1", from: 4, to: 9, count: 3, code: "otlp-http-400", reason: "bad request" },
    { sink: "out", key: "b", etag: "1", from: 1, to: 1, count: 1, code: "otlp-http-400", reason: "bad request" },
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
  expect(outcomes[0]?.deadLetters[0]).toMatchObject({ key: "a", from: 1, to: 3, count: 0, code: "rejected" });
});

test("a batch that is too large is halved until the parts fit; a single record that never fits is set aside alone", async () => {
  const sink = sinkOf((batch) => {
    if (batch.flows.length > 2 || batch.flows.some(({ record }) => record === 5))
      throw new TooLargeError("too-large", "1 MB at most");
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
    throw new RetryableError("busy", "busy");
  });
  await expect(send(sink, batchOf([a, [1]]), controller.signal)).rejects.toThrow();
});
