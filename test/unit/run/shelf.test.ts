import { expect, test } from "vitest";
import { Shelf } from "../../../src/run/shelf.ts";

/** Takes parts of a shelf, and notes which are made and closed. */
function keeping() {
  const log: string[] = [];
  let made = 0;
  const take = (shelf: Shelf, options: unknown, kind = "sink") => {
    const make = async () => {
      const part = { number: ++made };
      log.push(`made ${part.number}`);
      return { part, close: () => void log.push(`closed ${part.number}`) };
    };
    return shelf.take(kind, options, make);
  };
  return { take, log };
}

test("what is made of the same is the same part, on one shelf and on the next", async () => {
  const { take, log } = keeping();
  const first = new Shelf();
  const part = await take(first, { url: "a", list: [1, { deep: { deeper: { deepest: 1 } } }] });
  expect(await take(first, { url: "a", list: [1, { deep: { deeper: { deepest: 1 } } }] })).toBe(part);
  const next = new Shelf(first);
  // The order of keys says nothing.
  expect(await take(next, { list: [1, { deep: { deeper: { deepest: 1 } } }], url: "a" })).toBe(part);
  expect(await take(next, { url: "a", list: [1, { deep: { deeper: { deepest: 2 } } }] })).not.toBe(part);
  expect(await take(next, { url: "a", list: [1, { deep: { deeper: { deepest: 1 } } }] }, "source")).not.toBe(part);
  expect(log).toEqual(["made 1", "made 2", "made 3"]);
});

test.each([
  [{ a: new Map([[1, 2]]) }, { a: new Map([[1, 3]]) }],
  [{ a: /x/ }, { a: /y/ }],
  [{ a: 2n }, { a: 3n }],
  [{ a: undefined }, {}],
  [{ a: "1" }, { a: 1 }],
  [Array.from({ length: 200 }, () => 1), [...Array.from({ length: 199 }, () => 1), 2]],
  ["x".repeat(20_000), `${"x".repeat(19_999)}y`],
])("what is made of something else is another part: %o", async (one, other) => {
  const { take } = keeping();
  const shelf = new Shelf();
  expect(await take(shelf, one)).not.toBe(await take(shelf, other));
});

test("what the next shelf has not taken over is released when it has its place, the newest first", async () => {
  const { take, log } = keeping();
  const first = new Shelf();
  for (const name of ["a", "b", "c"]) await take(first, name);
  const next = new Shelf(first);
  await take(next, "b");
  await take(next, "d");
  await first.handOver(next);
  expect(log.slice(4)).toEqual(["closed 3", "closed 1"]);
  await next.close();
  expect(log.slice(6)).toEqual(["closed 4", "closed 2"]);
});

test("a shelf that is given up releases what it made, and leaves what it took over", async () => {
  const { take, log } = keeping();
  const first = new Shelf();
  await take(first, "a");
  const next = new Shelf(first);
  await take(next, "a");
  await take(next, "b");
  await next.giveUp();
  expect(log).toEqual(["made 1", "made 2", "closed 2"]);
  await first.close();
  expect(log.at(-1)).toBe("closed 1");
});

test("one kind may go before the others, unless it is kept", async () => {
  const { take, log } = keeping();
  const first = new Shelf();
  await take(first, "a", "archive");
  await take(first, "s");
  const same = new Shelf(first);
  same.keep("archive", "a");
  await first.handOver(same, "archive");
  expect(log).toHaveLength(2);
  const other = new Shelf(same);
  await same.handOver(other, "archive");
  expect(log.slice(2)).toEqual(["closed 1"]);
});

test("what cannot be released keeps nothing else from it", async () => {
  const { take, log } = keeping();
  const shelf = new Shelf();
  await take(shelf, "a");
  await shelf.take("sink", "bad", async () => ({ part: {}, close: () => Promise.reject(new Error("stuck")) }));
  await take(shelf, "b");
  await expect(shelf.close()).rejects.toThrow("stuck");
  expect(log.slice(2)).toEqual(["closed 2", "closed 1"]);
});
