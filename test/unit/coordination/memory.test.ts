import { describe, expect, test } from "vitest";
import type { FoundObject } from "../../../src/contracts/source.ts";
import { Memory } from "../../../src/coordination/memory.ts";
import { fingerprint, read, type Told, written } from "../../../src/coordination/messages.ts";

const found = (key: string, order = key, etag = "1"): FoundObject => ({ key, etag, size: 10, time: 1_700_000_000_000, order });
const object = (key: string, order = key, etag = "1"): Told => ({
  kind: "object",
  source: "bucket",
  partition: "p/",
  object: found(key, order, etag),
});
const mark = (text: string | undefined, forgetBefore?: string): Told => ({
  kind: "mark",
  source: "bucket",
  partition: "p/",
  mark: text,
  forgetBefore,
});
const memoryOf = (...told: Told[]) => {
  const memory = new Memory("bucket");
  for (const [at, one] of told.entries()) memory.take(one, at);
  return memory;
};
const keys = (memory: Memory, ...objects: FoundObject[]) => memory.seen.unseen(objects).map(({ key }) => key);

test("knows each version of an object that was told of its source, and the last mark of each partition", () => {
  const memory = memoryOf(object("a"), mark("1"), mark("2"), { ...object("c"), source: "other" } as Told);
  expect(keys(memory, found("a"), found("a", "a", "2"), found("b"), found("c"))).toEqual(["a", "b", "c"]);
  expect([memory.seen.mark("p/"), memory.seen.mark("q/"), memory.seen.partitions()]).toEqual(["2", undefined, ["p/"]]);
});

test("forgets what lies behind the horizon, in whatever order it is told", () => {
  for (const told of [
    [object("a"), object("b"), mark("m", "b")],
    [mark("m", "b"), object("a"), object("b")],
  ]) {
    expect(keys(memoryOf(...told), found("a"), found("b"))).toEqual(["a"]);
  }
});

test("a page's mark is news once", () => {
  const memory = memoryOf(mark("1", "a"));
  const page = { partition: "p/", objects: [] };
  expect(memory.marked(page)).toBeUndefined();
  expect(memory.marked({ ...page, mark: "1", forgetBefore: "a" })).toBeUndefined();
  expect(memory.marked({ ...page, mark: "2", forgetBefore: "a" })).toEqual(mark("2", "a"));
  expect(memory.marked({ ...page, partition: "q/", mark: "1" })).toMatchObject({ partition: "q/", mark: "1" });
});

describe("what is old is written again", () => {
  test("and another lister that reads nothing else knows the same", () => {
    const memory = memoryOf(object("a"), object("b"), object("c"), mark("m", "b"));
    const again = memory.olderThan(100);
    expect(again.map(({ kind }) => kind).sort()).toEqual(["mark", "seen"]);
    const next = memoryOf(...again);
    expect(keys(next, found("a"), found("b"), found("c"), found("d"))).toEqual(["a", "d"]);
    expect(next.seen.mark("p/")).toBe("m");
    expect(next.marked({ partition: "p/", objects: [], mark: "m", forgetBefore: "b" })).toBeUndefined();
  });

  test("but nothing that was written lately", () => {
    const memory = memoryOf(object("a"), object("b"), mark("m"));
    expect(memory.olderThan(1)).toEqual([
      { kind: "seen", source: "bucket", partition: "p/", objects: [["a", fingerprint(found("a"))]] },
    ]);
  });

  test("in messages that a broker takes, however many there are", () => {
    const longest = "k".repeat(1024);
    const memory = memoryOf(...Array.from({ length: 1_200 }, (_, index) => object(`${index}`, `${longest}${index}`)), mark("m"));
    const sizes = memory.olderThan(10_000).map((told) => written(told).value.length);
    expect([sizes.length, Math.max(...sizes) < 800_000]).toEqual([4, true]);
  });
});

test("a message says what was written, and what is none says nothing", () => {
  for (const told of [object("ä/\n"), mark("m", "h"), mark(undefined), { kind: "whole", source: "s" } as Told]) {
    expect(read(written(told).value)).toEqual(JSON.parse(JSON.stringify(told)));
  }
  for (const text of ["", "{}", "null", '{"kind":"object","source":"s"}', "\xff", '{"kind":"other"}']) {
    expect(read(Buffer.from(text, "latin1"))).toBeUndefined();
  }
  expect(read(null)).toBeUndefined();
});

test("copies of an object go to one partition of the topic, and a partition's marks to one", () => {
  const keyOf = (told: Told) => written(told).key.toString("latin1");
  expect(keyOf(object("a", "1"))).toBe(keyOf(object("a", "2")));
  expect(keyOf(object("a"))).not.toBe(keyOf(object("a", "a", "2")));
  expect(keyOf(mark("1"))).toBe(keyOf({ kind: "seen", source: "bucket", partition: "p/", objects: [] }));
});
