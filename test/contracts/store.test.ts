import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ListOptions, ObjectRef, ObjectStore } from "../../src/contracts/store.ts";
import { describeError, Failure } from "../../src/lib/errors.ts";
import { runs } from "../runs.ts";
import { KEY, LISTING_FAULTS, type OpenBucket, READING_FAULTS, RETRY_AFTER_MS, STORES } from "./stores.ts";

// Files, sockets and many passes, on a machine that may have other work.
const signal = new AbortController().signal;
const bytes = (text: string) => Buffer.from(text);
const utf8 = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

async function listed(store: ObjectStore, options: ListOptions): Promise<{ objects: ObjectRef[]; prefixes: string[] }> {
  const objects: ObjectRef[] = [];
  const prefixes: string[] = [];
  for await (const page of store.list(options, signal)) {
    objects.push(...page.objects);
    prefixes.push(...page.prefixes);
  }
  return { objects, prefixes };
}

const keysOf = async (store: ObjectStore, options: ListOptions) => (await listed(store, options)).objects.map(({ key }) => key);

async function contents(store: ObjectStore, object: ObjectRef): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(await store.open(object, signal)));
}

async function only(store: ObjectStore, key: string): Promise<ObjectRef> {
  const { objects } = await listed(store, { prefix: key });
  expect(objects).toHaveLength(1);
  return objects[0] as ObjectRef;
}

describe.each(STORES)("the store $name", ({ open, paths }) => {
  let bucket: OpenBucket;
  beforeEach(async () => {
    bucket = await open();
  });
  afterEach(() => bucket.close());

  it("lists nothing in an empty bucket", async () => {
    expect(await listed(bucket.store, { prefix: "" })).toEqual({ objects: [], prefixes: [] });
    expect(await listed(bucket.store, { prefix: "none/", delimiter: "/" })).toEqual({ objects: [], prefixes: [] });
  });

  it("lists key, etag, size and time", async () => {
    const before = Date.now();
    await bucket.put("a/b.gz", bytes("hello"));
    const object = await only(bucket.store, "a/b.gz");
    expect(object).toMatchObject({ key: "a/b.gz", size: 5 });
    expect(object.etag).not.toBe("");
    expect(Math.abs(object.time - before)).toBeLessThan(60_000);
    expect((await only(bucket.store, "a/b.gz")).etag).toBe(object.etag);
  });

  it("takes a file under a key in place of what was there, and removes it; what is not there is removed without a word", async () => {
    const { store } = bucket;
    const folder = mkdtempSync(join(tmpdir(), "flowferry-put-"));
    try {
      const file = join(folder, "file");
      const key = "flows/year=2026/part ä+1.parquet";
      for (const size of [3, 300_000, 0]) {
        const body = randomBytes(size);
        writeFileSync(file, body, { mode: 0o600 });
        await store.putFile?.(key, file, signal);
        expect((await contents(store, await only(store, key))).equals(body)).toBe(true);
        // The file stays its owner's: what becomes of it is not seen in the bucket.
        rmSync(file);
      }
      await store.deleteObject?.(key, signal);
      await store.deleteObject?.(key, signal);
      expect(await keysOf(store, { prefix: "" })).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("lists keys in the order of their UTF-8 bytes, with every odd character", async () => {
    const keys = [
      "a b",
      "a!b",
      "a+b",
      "a%2Fb",
      "a&b=c?d#e",
      "a'b\"c",
      "a<b>",
      "a-b/x",
      "a.b",
      "a/b",
      "a/b c/d",
      "a0",
      "crn:v1:a",
      "ä",
      "\ufffd",
      "😀",
      "line\nfeed",
      "\u0001",
    ];
    for (const key of keys) await bucket.put(key, bytes(key));
    const { objects } = await listed(bucket.store, { prefix: "" });
    expect(objects.map(({ key }) => key)).toEqual(keys.toSorted(utf8));
    for (const object of objects) expect((await contents(bucket.store, object)).toString()).toBe(object.key);
  });

  it("follows all pages of a listing, pulled one by one", async () => {
    const keys = Array.from({ length: 1345 }, (_, index) => `folder/${String(index).padStart(5, "0")}`);
    await Promise.all(keys.map((key) => bucket.put(key, bytes("x"))));
    const sizes: number[] = [];
    const found: string[] = [];
    for await (const { objects } of bucket.store.list({ prefix: "folder/" }, signal)) {
      sizes.push(objects.length);
      found.push(...objects.map(({ key }) => key));
    }
    expect(found).toEqual(keys);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1000);
    expect(await keysOf(bucket.store, { prefix: "", startAfter: "folder/00999", before: "folder/01003" })).toEqual([
      "folder/01000",
      "folder/01001",
      "folder/01002",
    ]);
  });

  it("lists many common prefixes, over pages", async () => {
    await Promise.all(Array.from({ length: 1123 }, (_, index) => bucket.put(`${String(index).padStart(4, "0")}/x`, bytes("x"))));
    const { objects, prefixes } = await listed(bucket.store, { prefix: "", delimiter: "/" });
    expect(objects).toEqual([]);
    expect(prefixes).toEqual(Array.from({ length: 1123 }, (_, index) => `${String(index).padStart(4, "0")}/`));
  });

  it("lists by prefix, beginning, end and delimiter as the definition says", async () => {
    const part = fc.stringMatching(/^[ab.\-0é]{1,3}$/).filter((text) => !text.startsWith("."));
    const key = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    const some = fc.stringMatching(/^[ab/.\-0é]{0,4}$/);
    const bound = fc.oneof(key, some).filter((text) => text !== "");
    const options = fc.record(
      { prefix: some, startAfter: bound, before: bound, delimiter: fc.constant("/") },
      { requiredKeys: ["prefix"] },
    );
    const keys = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(key, { maxLength: 6 }),
        fc.array(options, { minLength: 1, maxLength: 6 }),
        async (more, listings) => {
          for (const one of more) {
            const clash = [...keys].some((other) => other.startsWith(`${one}/`) || one.startsWith(`${other}/`));
            if (keys.has(one) || (paths && clash)) continue;
            keys.add(one);
            await bucket.put(one, bytes(one));
          }
          for (const listing of listings) {
            // Stores differ on bounds inside of a common prefix; nothing asks for them.
            const { prefix, delimiter } = listing;
            const asked: ListOptions = delimiter === undefined ? listing : { prefix, delimiter };
            const { objects, prefixes } = await listed(bucket.store, asked);
            expect({ objects: objects.map(({ key }) => key), prefixes }, JSON.stringify(asked)).toEqual(
              definition([...keys], asked),
            );
          }
        },
      ),
      { numRuns: runs(60) },
    );
  });

  it("reads an object of many pieces and an empty one", async () => {
    const large = randomBytes(3_000_001);
    await bucket.put("large", large);
    await bucket.put("empty", bytes(""));
    expect((await contents(bucket.store, await only(bucket.store, "large"))).equals(large)).toBe(true);
    expect((await contents(bucket.store, await only(bucket.store, "empty"))).length).toBe(0);
  });

  it("lets go of an object that is not read to its end", async () => {
    await bucket.put("large", randomBytes(3_000_000));
    for await (const piece of await bucket.store.open(await only(bucket.store, "large"), signal)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
  });

  it("refuses an object that was replaced, and reads the new version", async () => {
    await bucket.put("a", bytes("one"));
    const old = await only(bucket.store, "a");
    await bucket.put("a", bytes("two"));
    await expect(contents(bucket.store, old)).rejects.toMatchObject({ drawer: "object", code: "object-changed", gone: true });
    const current = await only(bucket.store, "a");
    expect(current.etag).not.toBe(old.etag);
    expect((await contents(bucket.store, current)).toString()).toBe("two");
  });

  it("refuses an object that is gone", async () => {
    await bucket.put("a/b", bytes("one"));
    const object = await only(bucket.store, "a/b");
    await bucket.remove("a/b");
    await expect(contents(bucket.store, object)).rejects.toMatchObject({ drawer: "object", code: "object-vanished", gone: true });
  });

  it("stops when it is told to", async () => {
    await bucket.put("large", randomBytes(3_000_000));
    const object = await only(bucket.store, "large");
    await expect(Array.fromAsync(bucket.store.list({ prefix: "" }, AbortSignal.abort()))).rejects.toMatchObject({
      name: "AbortError",
    });
    const stop = new AbortController();
    const reading = (async () => {
      for await (const _ of await bucket.store.open(object, stop.signal)) stop.abort();
    })();
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  });

  const failureOf = async (call: Promise<unknown>): Promise<Failure> => {
    const thrown: unknown = await call.then(
      () => expect.unreachable("it did not fail"),
      (error: unknown) => error,
    );
    expect(thrown).toBeInstanceOf(Failure);
    expect(describeError(thrown)).not.toMatch(/\n|wJalrXUtnFEMI/);
    return thrown as Failure;
  };

  it.for(Object.entries(LISTING_FAULTS))(
    "sorts what goes wrong with a listing: %s",
    async ([fault, [drawer, code]], { skip }) => {
      const strike = bucket.listingFaults[fault as keyof typeof LISTING_FAULTS];
      if (strike === undefined) return skip("it cannot happen to this store");
      await bucket.put(KEY, bytes("the bytes"));
      await strike();
      for (const options of [
        { prefix: "" },
        { prefix: "logs/" },
        { prefix: "logs/", startAfter: "logs/0" },
        { prefix: "", delimiter: "/" },
      ]) {
        const failure = await failureOf(listed(bucket.store, options));
        expect([failure.drawer, failure.code]).toEqual([drawer, code ?? failure.code]);
        expect(failure.retryAfterMs).toBe(fault === "overloaded" ? RETRY_AFTER_MS : undefined);
      }
      await bucket.heal();
      expect(await keysOf(bucket.store, { prefix: "" })).toEqual([KEY]);
    },
  );

  it.for(Object.entries(READING_FAULTS))(
    "sorts what goes wrong with the reading of an object: %s",
    async ([fault, [drawer, code]], { skip }) => {
      const strike = bucket.readingFaults[fault as keyof typeof READING_FAULTS];
      if (strike === undefined) return skip("it cannot happen to this store");
      await bucket.put(KEY, bytes("the bytes"));
      const object = await only(bucket.store, KEY);
      await strike();
      const failure = await failureOf(contents(bucket.store, object));
      expect([failure.drawer, failure.code, failure.gone]).toEqual([drawer, code ?? failure.code, false]);
      if (drawer === "object") expect(failure.message).toContain(KEY);
      expect(failure.retryAfterMs).toBe(fault === "overloaded" ? RETRY_AFTER_MS : undefined);
      await bucket.heal();
      expect((await contents(bucket.store, object)).toString()).toBe("the bytes");
    },
  );

  it("hands out an object's bytes or nothing: what goes wrong leaves others alone", async () => {
    await bucket.put(KEY, bytes("the bytes"));
    await bucket.put("logs/b.gz", bytes("other bytes"));
    const [first, second] = (await listed(bucket.store, { prefix: "logs/" })).objects as [ObjectRef, ObjectRef];
    const strike = bucket.readingFaults["not allowed"];
    await strike?.();
    await failureOf(contents(bucket.store, first));
    await bucket.heal();
    expect((await contents(bucket.store, second)).toString()).toBe("other bytes");
  });

  it("has a name that says where it is", () => {
    expect(bucket.store.name).toMatch(/^[a-z0-9]+:\/\/\S+$/);
  });
});

/** What a listing holds, from the definition of its terms. */
function definition(
  keys: string[],
  { prefix, startAfter, before, delimiter }: ListOptions,
): { objects: string[]; prefixes: string[] } {
  const wanted = keys.filter(
    (key) =>
      key.startsWith(prefix) &&
      (startAfter === undefined || utf8(key, startAfter) > 0) &&
      (before === undefined || utf8(key, before) < 0),
  );
  const end = (key: string) => (delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length));
  const prefixes = new Set(wanted.filter((key) => end(key) >= 0).map((key) => key.slice(0, end(key) + 1)));
  return {
    objects: wanted.filter((key) => end(key) < 0).toSorted(utf8),
    prefixes: [...prefixes].toSorted(utf8),
  };
}
