import fc from "fast-check";
import { expect, test } from "vitest";
import { EMPTY_CONTEXT, Flow } from "../../../../src/flow/flow.ts";
import { originIn } from "../../../../src/flow/origin.ts";
import {
  baseOf,
  cover,
  cut,
  framesOf,
  identityOf,
  keyOf,
  lostFailure,
  objectOf,
  runOf,
  versionOf,
} from "../../../../src/intake/kafka/runs.ts";

const place = { topic: "flow.logs-1", partition: 12 };
const message = (offset: number, text = `${offset}`) => ({ offset, time: offset, key: null, value: Buffer.from(text) });

/** The uid of the record with this index (from 1) in the message, which comes in this run. */
function uidOf(run: { from: number; to: number; topicId?: string }, offset: number, index: number): string {
  const object = objectOf({ ...place, ...run }, { time: 0, size: 0 });
  const origin = originIn({ name: "kafka://b:9092", identity: identityOf }, object);
  return new Flow(origin, baseOf(offset) + index, EMPTY_CONTEXT, 0).uid;
}

test("a uid tells topic, partition, offset and the place in the message, however messages are cut into runs", () => {
  expect(uidOf({ from: 0, to: 10 }, 7, 1)).toBe(uidOf({ from: 5, to: 39_999 }, 7, 1));
  expect(uidOf({ from: 40_000, to: 79_999 }, 79_999, 2)).toBe(uidOf({ from: 79_999, to: 79_999 }, 79_999, 2));
  const uids = [0, 1, 39_999, 40_000, 40_001, 1_234_567].flatMap((offset) =>
    [1, 2, 99_999, 100_000].map((index) => uidOf({ from: offset, to: offset }, offset, index)),
  );
  expect(new Set(uids).size).toBe(uids.length);
  expect(uids.every((uid) => /^[0-9a-f]{32}$/.test(uid))).toBe(true);
});

test("a topic that was made anew has other uids at the same offsets", () => {
  const uids = [undefined, "one", "two"].map((topicId) => uidOf({ from: 0, to: 10, ...(topicId && { topicId }) }, 7, 1));
  expect(new Set(uids).size).toBe(3);
});

test("the key of an object is its topic, partition and offsets", () => {
  const run = { ...place, from: 41_000, to: 41_999 };
  expect(keyOf(run)).toBe("flow.logs-1/12/41000-41999");
  expect(runOf(versionOf(run))).toEqual(run);
  expect(runOf(versionOf({ ...run, topicId: "t-1" }))).toEqual({ ...run, topicId: "t-1" });
  expect(() => runOf({ key: "2026/01/01.log.gz", etag: "-" })).toThrow(/names no messages/);
  const orders = [9, 10, 123_456, 9_007_199_254_740_991].map(
    (from) => objectOf({ ...run, from, to: from }, { time: 0, size: 0 }).order,
  );
  expect(orders).toEqual(orders.toSorted());
});

test("runs cover every offset that was fetched, in order, each message once, and none reaches over a block", () =>
  fc.assert(
    fc.property(
      fc.nat({ max: 100_000 }),
      fc.array(fc.integer({ min: 1, max: 30_000 }), { maxLength: 30 }),
      fc.nat({ max: 5_000 }),
      (from, gaps, rest) => {
        let offset = from - 1;
        const messages = gaps.map((gap) => {
          offset += gap;
          return message(offset);
        });
        const next = offset + 1 + rest;
        const runs = cut(place, messages, from, next);
        expect(runs.flatMap((run) => run.messages)).toEqual(messages);
        let end = from;
        for (const run of runs) {
          expect(run.from).toBeGreaterThanOrEqual(end);
          expect(Math.floor(run.from / 40_000)).toBe(Math.floor(run.to / 40_000));
          for (const { offset: own } of run.messages) expect(own >= run.from && own <= run.to).toBe(true);
          end = run.to + 1;
        }
        expect(end).toBeLessThanOrEqual(next);
      },
    ),
  ));

test("a run has two thousand messages, or a megabyte, at most; a message that is larger is one by itself", () => {
  const many = Array.from({ length: 4_500 }, (_, offset) => message(offset));
  expect(cut(place, many, 0, 4_500).map((run) => [run.from, run.to])).toEqual([
    [0, 1999],
    [2000, 3999],
    [4000, 4499],
  ]);
  const large = [message(0, "a"), message(1, "b".repeat(1_500_000)), message(2, "c"), message(3, "d")];
  expect(cut(place, large, 0, 4).map((run) => run.messages.length)).toEqual([1, 1, 2]);
});

test("what nobody has looked into is covered by blocks", () => {
  expect(cover(place, 39_990, 80_005).map(({ from, to }) => [from, to])).toEqual([
    [39_990, 39_999],
    [40_000, 79_999],
    [80_000, 80_004],
  ]);
  expect(cover(place, 5, 5)).toEqual([]);
});

test("messages that delete a key have nothing to decode", () => {
  const frames = framesOf([message(1), { ...message(2), value: null }, { ...message(3), value: Buffer.alloc(0) }, message(4)]);
  expect(frames.map(({ base }) => base)).toEqual([100_000, 400_000]);
});

test("what retention has deleted is counted by messages", () => {
  const failure = lostFailure({ ...place, from: 40_010, to: 40_019 });
  expect(failure).toMatchObject({ drawer: "object", code: "kafka-offset-lost", gone: true });
  expect(failure.message).toBe(
    "10 messages of flow.logs-1/12 (offsets 40010 to 40019) were deleted by retention before they were read",
  );
  expect(lostFailure({ ...place, from: 7, to: 7 }, "with the topic, which was made anew,").message).toBe(
    "1 message of flow.logs-1/12 (offsets 7 to 7) were deleted with the topic, which was made anew, before they were read",
  );
  expect(failure.extent).toEqual({ after: 1_000_000, through: 2_000_000, numbers: 100_000 });
});
