import { expect, test } from "vitest";
import { Memory } from "../../../../src/intake/kafka/memory.ts";
import { Pacer } from "../../../../src/intake/kafka/pacer.ts";
import { weightOf } from "../../../../src/intake/kafka/runs.ts";

const run = (key: string, etag = "-") => ({ key, etag });
const message = { offset: 1, time: 1, key: null, value: Buffer.from("a") };

test("memory is full until what was taken is released, once", async () => {
  const memory = new Memory(100);
  memory.put(run("a"), [message], 60);
  expect(memory.isFull).toBe(false);
  memory.put(run("b"), [message], 60);
  expect(memory.isFull).toBe(true);
  const taken = memory.take(run("a"));
  expect([taken?.messages, memory.take(run("a")), memory.isFull]).toEqual([[message], undefined, true]);
  const { freed } = memory;
  taken?.release();
  taken?.release();
  await freed;
  expect(memory.isFull).toBe(false);
  memory.put(run("a"), [message], 60);
  memory.put(run("a"), [message], 10);
  expect(memory.isFull).toBe(false);
  memory.drop(run("b"));
  memory.drop(run("none"));
  memory.put(run("c"), [message], 89);
  expect(memory.isFull).toBe(false);
});

test("runs of a topic that was made anew are others than those of the old one at the same offsets", () => {
  const memory = new Memory(100);
  memory.put(run("a", "old"), [message], 10);
  memory.put(run("a", "new"), [], 10);
  expect([memory.take(run("a", "old"))?.messages, memory.take(run("a", "new"))?.messages]).toEqual([[message], []]);
});

test("messages without a value, and keys, take memory too", () => {
  const nothing = { ...message, value: null };
  const thousand = Array.from({ length: 1_000 }, () => nothing);
  expect(weightOf({ messages: thousand, bytes: 0 })).toBeGreaterThanOrEqual(100_000);
  const keyed = weightOf({ messages: [{ ...message, key: Buffer.alloc(5_000) }], bytes: 1 });
  expect(keyed - weightOf({ messages: [message], bytes: 1 })).toBe(5_000);
});

test("requests for a partition are 200 ms apart, those for others are not", async () => {
  let now = 5_000;
  const pauses: number[] = [];
  const pause = async (ms: number, { aborted }: AbortSignal) => {
    pauses.push(ms);
    if (!aborted) now += ms;
  };
  const pacer = new Pacer({ now: () => now, pause });
  const signal = new AbortController().signal;
  await pacer.turn(["a", "b"], signal);
  await pacer.turn(["c"], signal);
  expect(pauses).toEqual([]);
  now += 30;
  await pacer.turn(["b", "d"], signal);
  expect(pauses).toEqual([170]);
  now += 50;
  await pacer.turn(["d"], signal);
  await pacer.turn(["c", "d"], signal);
  expect(pauses).toEqual([170, 150, 200]);
  now += 1_000;
  await pacer.turn(["a", "b"], signal);
  expect(pauses).toHaveLength(3);
  await pacer.turn(["a"], AbortSignal.abort());
  expect(pauses).toHaveLength(4);
});

test("who is told to stop waits for no turn", async () => {
  const pacer = new Pacer();
  // With waiting they would take minutes.
  for (let turn = 0; turn < 1_000; turn++) await pacer.turn(["a"], AbortSignal.abort());
});
