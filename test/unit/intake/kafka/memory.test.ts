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
  const pacer = new Pacer();
  const signal = new AbortController().signal;
  const begun = performance.now();
  await pacer.turn(["a", "b"], signal);
  await pacer.turn(["c"], signal);
  expect(performance.now() - begun).toBeLessThan(190);
  await pacer.turn(["b", "d"], signal);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(199);
  await pacer.turn(["a"], AbortSignal.abort());
});
