import { afterEach, beforeEach, expect, test } from "vitest";
import type { Ledger } from "../../../src/contracts/ledger.ts";
import type { Discovery as Page, Source } from "../../../src/contracts/source.ts";
import type { Convoy } from "../../../src/delivery/convoy.ts";
import { Discovery } from "../../../src/delivery/discovery.ts";
import type { SourceAccount } from "../../../src/delivery/source-account.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";

let ledger: Ledger;
beforeEach(() => {
  ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
  ledger.register(["out"]);
});
afterEach(() => ledger.close());

const pageOf = (from: number, count: number): Page => ({
  partition: "",
  objects: Array.from({ length: count }, (_, index) => {
    const key = `o${from + index}`;
    return { key, etag: "1", size: 1, time: 0, order: key };
  }),
});

/** A discovery of these pages, which are told when they are asked for; and a convoy that takes up what it is told to. */
function discoveryOf(pages: readonly Page[], onPage: (page: number) => void = () => {}) {
  const asked: number[] = [];
  let passes = 0;
  let change = Promise.withResolvers<void>();
  const source = {
    async *discover() {
      for (const [index, page] of pages.entries()) {
        asked.push(index);
        onPage(index);
        yield page;
      }
    },
  } as unknown as Source;
  const convoy = { started: 0, wake: () => {}, changed: () => change.promise };
  const account = {
    discovered: () => {},
    passed: () => {
      passes += 1;
    },
  };
  const discovery = new Discovery(
    { source, ledger: ledger.of("bucket") },
    async (work) => work(),
    account as unknown as SourceAccount,
    convoy as unknown as Convoy,
  );
  const take = (through: number) => {
    convoy.started = through;
    const { resolve } = change;
    change = Promise.withResolvers();
    resolve();
  };
  return { discovery, asked, take, passes: () => passes };
}

const never = new AbortController().signal;

test("a pass tells how many objects are new, of all pages", async () => {
  const { discovery } = discoveryOf([pageOf(0, 3), pageOf(2, 4), pageOf(0, 2)]);
  // The second page has one of the first; the third has nothing new.
  expect(await discovery.pass(never)).toBe(6);
  expect(await discovery.pass(never)).toBe(0);
});

test("a bucket has let the worker in when it has shown a page, or an empty listing to its end", async () => {
  const refused = discoveryOf([pageOf(0, 1)], () => {
    throw new Error("403");
  });
  await expect(refused.discovery.pass(never)).rejects.toThrow("403");
  expect([refused.discovery.admitted, refused.passes()]).toEqual([false, 0]);
  const broken = discoveryOf([pageOf(0, 1), pageOf(1, 1)], (page) => {
    if (page === 1) throw new Error("reset");
  });
  await expect(broken.discovery.pass(never)).rejects.toThrow("reset");
  expect([broken.discovery.admitted, broken.passes()]).toEqual([true, 0]);
  const empty = discoveryOf([]);
  expect(empty.discovery.admitted).toBe(false);
  await empty.discovery.pass(never);
  expect([empty.discovery.admitted, empty.passes()]).toEqual([true, 1]);
});

test("no page is asked for while 2000 objects wait to be read, until the end", { timeout: 20_000 }, async () => {
  const stop = new AbortController();
  const { discovery, asked, take } = discoveryOf([pageOf(0, 1_999), pageOf(1_999, 1), pageOf(2_000, 1), pageOf(2_001, 1)]);
  const pass = discovery.pass(stop.signal);
  await expect.poll(() => ledger.of("bucket").lastId()).toBe(2_000);
  // One that takes up nothing changes nothing.
  take(0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toEqual([0, 1]);
  take(1);
  await expect.poll(() => asked).toEqual([0, 1, 2]);
  stop.abort();
  expect(await pass).toBe(2_002);
});

/** Asks for passes below these hints, all at once, and tells where the source looked. */
async function lookedAt(hints: readonly string[]): Promise<(string | undefined)[]> {
  const asked: (string | undefined)[] = [];
  const stop = new AbortController();
  const source = {
    async *discover(_seen: unknown, _signal: unknown, within?: string): AsyncGenerator<Page> {
      asked.push(within);
      yield { partition: "", objects: [] };
      // Hints come while it looks at the first.
      if (asked.length === 1) for (const hint of hints) discovery.hint(hint);
    },
  } as unknown as Source;
  const convoy = { started: 0, wake: () => {}, changed: () => new Promise(() => {}) } as unknown as Convoy;
  const account = { discovered: () => {}, passed: () => {} } as unknown as SourceAccount;
  const discovery = new Discovery({ source, ledger: ledger.of("bucket") }, async (work) => work(), account, convoy);
  discovery.hint("first");
  const resting = discovery.rest(600_000, stop.signal);
  await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await resting;
  return asked.slice(1);
}

test("each hint is looked into once, however often it comes", async () => {
  expect(await lookedAt(["a/1", "a/2", "a/1", "b/1", "a/2"])).toEqual(["a/1", "a/2", "b/1"]);
});

test("many hints at once are looked into folder by folder, and very many by one look at everything", async () => {
  const many = Array.from({ length: 40 }, (_, index) => `${index % 2 === 0 ? "even" : "odd"}/x/${index}`);
  const folders = new Set((await lookedAt(many)).map((hint) => hint?.replace(/\d+$/, "")));
  expect([...folders].toSorted()).toEqual(["even/x/", "odd/x/"]);
  expect((await lookedAt(many)).length).toBeLessThanOrEqual(17);
  expect(await lookedAt(Array.from({ length: 10_000 }, (_, index) => `${index}/a`))).toEqual([""]);
  expect(await lookedAt(["a", ...Array.from({ length: 20 }, (_, index) => `x${index}`), "b"])).toEqual([""]);
});
