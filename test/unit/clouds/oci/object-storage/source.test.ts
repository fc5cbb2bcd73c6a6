import { createCipheriv } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ociObjectStorage } from "../../../../../src/clouds/oci/object-storage/source.ts";
import type { ObjectStore } from "../../../../../src/contracts/store.ts";
import { tailed } from "../../../../../src/intake/tail/source.ts";
import { UsageError } from "../../../../../src/lib/errors.ts";
import { runs } from "../../../../runs.ts";
import { type Oci, startOci } from "../../../../simulators/oci/index.ts";
import { hurry } from "../../../hurry.ts";
import { failureOf, listAll, never, readAll, refOf, storeOn } from "../../../intake/oci-store.ts";

let oci: Oci;
let store: ObjectStore;
beforeAll(async () => {
  oci = await startOci();
});
afterAll(() => oci.stop());
beforeEach(async () => {
  // Less than a store asks for.
  hurry(900);
  oci.createBucket("flows");
  oci.requests.clear();
  store = await storeOn(oci);
});
afterEach(async () => {
  await store.close();
  oci.faults.clear();
  oci.scanLimit = Number.POSITIVE_INFINITY;
});

const bytewise = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right));
const awkward = [
  "a&b=c",
  "a#b",
  "a+b",
  "a%41b",
  "a b",
  "a/b//c",
  "/a",
  "a?b",
  "it's",
  'a"b',
  "a\\b",
  "(a)*!~",
  "ü",
  "流",
  "😀",
  ".",
  "..",
  "{object}",
];
/** Bytes that differ everywhere, so that a gap or an overlap shows. */
const noise = (size: number): Buffer =>
  createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(size));

describe("listing", () => {
  it("follows all pages, with etag, size and time of each object", async () => {
    const keys = Array.from({ length: 2345 }, (_, index) => `flow-${index}`);
    for (const [index, key] of keys.entries())
      oci.put("flows", key, "x".repeat(index % 7), { timeCreated: 1000, timeModified: 2000 + index });
    const found = await listAll(store);
    expect(found.map(({ key }) => key)).toEqual(keys.toSorted(bytewise));
    expect(oci.requests.count("list")).toBe(3);
    const one = found.find(({ key }) => key === "flow-1234");
    expect(one).toEqual({ key: "flow-1234", etag: oci.find("flows", "flow-1234")?.etag, size: 1234 % 7, time: 3234 });
  });

  it("lists a bucket of very many objects in a request a thousand", async () => {
    const many = runs(200_000);
    const name = (index: number): string => `p/${String(index).padStart(6, "0")}`;
    oci.createGeneratedBucket("flows", { count: many, name, size: () => 1, body: () => Buffer.from("x") });
    let count = 0;
    let last = "";
    for await (const { objects } of store.list({ prefix: "" }, never)) {
      count += objects.length;
      expect(bytewise(last, objects[0]?.key ?? "")).toBeLessThan(0);
      last = objects.at(-1)?.key ?? "";
    }
    expect([count, last]).toEqual([many, name(many - 1)]);
    expect(oci.requests.count("list")).toBe(many / 1_000);
  });

  it("finds keys of any characters, by prefix and between bounds", async () => {
    for (const key of awkward) {
      oci.put("flows", key, "");
      oci.put("flows", `${key}/under it`, "");
    }
    const all = awkward.flatMap((key) => [key, `${key}/under it`]).toSorted(bytewise);
    expect((await listAll(store)).map(({ key }) => key)).toEqual(all);
    for (const key of awkward) {
      const under = await listAll(store, { prefix: `${key}/u` });
      expect(under.map((object) => object.key)).toEqual([`${key}/under it`]);
      const after = await listAll(store, { startAfter: key });
      expect(after.map((object) => object.key)).toEqual(all.filter((other) => bytewise(other, key) > 0));
      const before = await listAll(store, { before: key });
      expect(before.map((object) => object.key)).toEqual(all.filter((other) => bytewise(other, key) < 0));
    }
  });

  it("gives the common prefixes up to the delimiter, across pages", async () => {
    const folders = Array.from({ length: 1500 }, (_, index) => `hour=${String(index).padStart(4, "0")}/`);
    for (const folder of folders) for (const name of ["a", "b"]) oci.put("flows", `${folder}${name}`, "");
    oci.put("flows", "hour=0000", "");
    const prefixes: string[] = [];
    const objects: string[] = [];
    for await (const page of store.list({ prefix: "hour=", delimiter: "/" }, never)) {
      prefixes.push(...page.prefixes);
      objects.push(...page.objects.map(({ key }) => key));
    }
    expect(prefixes).toEqual(folders);
    expect(objects).toEqual(["hour=0000"]);
    expect(oci.requests.count("list")).toBe(2);
  });

  it("gives a common prefix once, also when a page ends in the middle of it", async () => {
    for (const folder of ["a/", "b/", "c/"]) for (let index = 0; index < 20; index++) oci.put("flows", `${folder}${index}`, "");
    oci.scanLimit = 7;
    const prefixes: string[] = [];
    for await (const page of store.list({ prefix: "", delimiter: "/" }, never)) prefixes.push(...page.prefixes);
    expect(prefixes).toEqual(["a/", "b/", "c/"]);
    expect(oci.requests.count("list")).toBe(9);
  });

  it("refuses a delimiter that the service does not know", async () => {
    const failure = await failureOf(listAll(store, { delimiter: "-" }));
    expect(failure).toBeInstanceOf(UsageError);
    expect(oci.requests.all).toEqual([]);
  });

  it("ends with the signal", async () => {
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(store.list({ prefix: "" }, signal)[Symbol.asyncIterator]().next()).rejects.toThrow("stop");
    oci.faults.add({ on: "list" }, { hang: true });
    const controller = new AbortController();
    const page = store.list({ prefix: "" }, controller.signal)[Symbol.asyncIterator]().next();
    setTimeout(() => controller.abort(new Error("stop now")), 50);
    await expect(page).rejects.toThrow("stop now");
  });
});

describe("reading", () => {
  it("gives the bytes of every key as they are stored", async () => {
    for (const key of awkward) oci.put("flows", key, `content of ${key}`);
    for (const object of await listAll(store)) expect((await readAll(store, object)).toString()).toBe(`content of ${object.key}`);
    oci.put("flows", "empty", "");
    expect(await readAll(store, refOf(oci, "empty"))).toHaveLength(0);
  });

  it("does not decompress what is stored with a content encoding, also when it is resumed", async () => {
    const stored = gzipSync(noise(300_000));
    oci.put("flows", "k.gz", stored, { contentEncoding: "gzip" });
    oci.faults.add({ on: "get" }, { resetAfterBytes: 100_000 });
    expect((await readAll(store, refOf(oci, "k.gz"))).equals(stored)).toBe(true);
    expect(oci.requests.count("get")).toBe(2);
  });

  it.each([
    ["reset", { resetAfterBytes: 777_777 }],
    ["ended too early", { truncateAfterBytes: 777_777 }],
    ["silent", { hangAfterBytes: 777_777 }],
  ])("resumes where the connection was %s, under the same entity tag", async (_, effect) => {
    await store.close();
    store = await storeOn(oci, { timeoutMs: 500 });
    const content = noise(2_000_000);
    oci.put("flows", "big", content);
    const ref = refOf(oci, "big");
    oci.faults.add({ on: "get", times: 2 }, effect);
    expect((await readAll(store, ref)).equals(content)).toBe(true);
    const gets = oci.requests.of("get");
    expect(gets.map(({ status }) => status)).toEqual([200, 206, 206]);
    expect(gets.map(({ headers }) => headers["if-match"])).toEqual([ref.etag, ref.etag, ref.etag]);
    // A reset may take bytes with it that were on their way.
    const starts = gets.slice(1).map(({ headers }) => Number(/^bytes=(\d+)-1999999$/.exec(String(headers.range))?.[1]));
    expect(starts[0]).toBeLessThanOrEqual(777_777);
    expect(starts[1]).toBeGreaterThan(starts[0] ?? 0);
    expect(starts[1]).toBeLessThanOrEqual((starts[0] ?? 0) + 777_777);
  });

  it("resumes after refusals that may heal", async () => {
    const content = noise(50_000);
    oci.put("flows", "k", content);
    oci.faults.add({ on: "get" }, { resetAfterBytes: 10_000 });
    oci.faults.add({ on: "get" }, { status: 503 });
    oci.faults.add({ on: "get" }, { reset: true });
    oci.faults.add({ on: "get" }, { status: 429, headers: { "retry-after": "1" } });
    const started = performance.now();
    expect((await readAll(store, refOf(oci, "k"))).equals(content)).toBe(true);
    expect(performance.now() - started).toBeGreaterThan(1000);
  });

  it("gives up after six failures in a row without a byte between them", async () => {
    hurry();
    oci.put("flows", "k", noise(50_000));
    oci.faults.add({ on: "get" }, { resetAfterBytes: 10_000 });
    oci.faults.add({ on: "get", times: Number.POSITIVE_INFINITY }, { reset: true });
    const failure = await failureOf(readAll(store, refOf(oci, "k")));
    expect(failure).toMatchObject({ drawer: "passing", code: "network" });
    expect(oci.requests.count("get")).toBe(6);
  });

  it("refuses an object that is gone, or has another entity tag", async () => {
    oci.put("flows", "k", "old");
    const ref = refOf(oci, "k");
    oci.put("flows", "k", "new");
    const changed = await failureOf(store.open(ref, never));
    expect(changed).toMatchObject({ drawer: "object", code: "object-changed", gone: true });
    oci.delete("flows", "k");
    const vanished = await failureOf(store.open(ref, never));
    expect(vanished).toMatchObject({ drawer: "object", code: "object-vanished", gone: true });
  });

  it.each(["object-changed", "object-vanished"])("refuses the rest when it finds %s in the middle", async (code) => {
    oci.put("flows", "k", noise(200_000));
    const ref = refOf(oci, "k");
    oci.faults.add({ on: "get" }, { truncateAfterBytes: 50_000 });
    let read = 0;
    const reading = (async () => {
      for await (const chunk of await store.open(ref, never)) {
        if (read === 0 && code === "object-changed") oci.put("flows", "k", noise(300_000));
        if (read === 0 && code === "object-vanished") oci.delete("flows", "k");
        read += chunk.length;
      }
    })();
    const failure = await failureOf(reading);
    expect(failure).toMatchObject({ drawer: "object", code, gone: true });
    expect(read).toBe(50_000);
  });

  it.each([
    [404, "ObjectNotFound", "object", "object-missing", "the listing still names it"],
    [404, "NotAuthorizedOrNotFound", "object", "object-missing", "read objects in compartment"],
    [403, "NotAuthorized", "object", "object-denied", "read objects in compartment"],
    [400, "InvalidParameter", "object", "object-refused", "400 InvalidParameter"],
    [412, "IfMatchFailed", "object", "object-refused", "412"],
    [416, "InvalidRange", "object", "object-refused", "416"],
    [409, "NotRestored", "object", "object-archived", "restore it"],
    [401, "NotAuthenticated", "person", "not-authenticated", "fingerprint"],
    [404, "BucketNotFound", "person", "bucket-not-found", "check the names"],
    [404, "NamespaceNotFound", "person", "namespace-not-found", "oci os ns get"],
    [302, "Found", "person", "refused", "302"],
    [409, "ConcurrentObjectUpdate", "passing", "service-unavailable", "409"],
    [429, "TooManyRequests", "passing", "too-many-requests", "429"],
    [500, "InternalServerError", "passing", "service-unavailable", "500"],
    [503, "ServiceUnavailable", "passing", "service-unavailable", "503"],
  ] as const)("takes nothing for gone that is still listed: %d %s is %s, %s", async (status, code, drawer, expected, text) => {
    oci.put("flows", "logs/k", "v");
    oci.faults.add({ on: "get" }, { status, code, headers: { "retry-after": "3" } });
    const failure = await failureOf(store.open(refOf(oci, "logs/k"), never));
    expect(failure).toMatchObject({ drawer, code: expected, gone: false, retryAfterMs: 3000 });
    expect(failure.message).toContain("GetObject logs/k in bucket flows of namespace simulated: ");
    expect(failure.message).toContain(text);
    expect((await readAll(store, refOf(oci, "logs/k"))).toString()).toBe("v");
  });

  it.each(["ObjectNotFound", "NotAuthorizedOrNotFound"])("takes for gone what the listing has lost, too: %s", async (code) => {
    oci.put("flows", "k", "v");
    oci.put("flows", "k.other", "v");
    const ref = refOf(oci, "k");
    oci.delete("flows", "k");
    oci.faults.add({ on: "get" }, { status: 404, code });
    expect(await failureOf(store.open(ref, never))).toMatchObject({ drawer: "object", code: "object-vanished", gone: true });
    oci.faults.add({ on: "get" }, { status: 404, code });
    oci.faults.add({ on: "list" }, { status: 503 });
    expect(await failureOf(store.open(ref, never))).toMatchObject({ drawer: "passing" });
  });

  it("names an archived object, and reads it when it is restored", async () => {
    oci.put("flows", "k", "v", { archived: true, etag: "e" });
    const failure = await failureOf(store.open(refOf(oci, "k"), never));
    expect(failure).toMatchObject({ drawer: "object", code: "object-archived", gone: false });
    oci.put("flows", "k", "v", { etag: "e" });
    expect((await readAll(store, refOf(oci, "k"))).toString()).toBe("v");
  });

  it.each([
    ["a page to sign in", { status: 200, body: "<html>Sign in</html>", headers: { "content-type": "text/html" } }],
    ["a page with a tag of its own", { status: 200, body: "<html></html>", headers: { etag: "page" } }],
    ["bytes without a tag", { status: 200, body: "v" }],
    ["nothing", { status: 204 }],
    ["a part that was not asked for", { status: 206, body: "v", headers: { etag: "e", "content-range": "bytes 0-0/9" } }],
  ])("does not take something else for the object: %s", async (_, raw) => {
    oci.put("flows", "k", "the bytes", { etag: "e" });
    oci.faults.add({ on: "get" }, { raw });
    const failure = await failureOf(readAll(store, refOf(oci, "k")));
    expect(failure).toMatchObject({ drawer: "not-understood", code: "bad-answer", gone: false });
    expect(failure.message).toContain("GetObject k in bucket flows of namespace simulated: asked for the version e, got ");
    expect((await readAll(store, refOf(oci, "k"))).toString()).toBe("the bytes");
  });

  it("ends with the signal, and lets go of the connection when it is no longer read", async () => {
    oci.put("flows", "k", noise(5_000_000));
    oci.faults.add({ on: "get", times: 2 }, { chunkBytes: 1000, pauseMs: 5 });
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _ of await store.open(refOf(oci, "k"), controller.signal)) controller.abort(new Error("enough"));
    })();
    await expect(reading).rejects.toThrow("enough");
    for await (const _ of await store.open(refOf(oci, "k"), never)) break;
    expect((await readAll(store, refOf(oci, "k"))).length).toBe(5_000_000);
  });
});

it("is a source with the bucket's name, tailed as the options say", async () => {
  oci.put("flows", "in/1", "a");
  oci.put("flows", "out/1", "b");
  const kind = tailed(ociObjectStorage, []);
  const options = kind.options.parse({
    namespace: oci.namespace,
    bucket: "flows",
    endpoint: oci.endpoint,
    auth: { type: "config-file", file: oci.config },
    layout: "flat",
    prefix: "in/",
  });
  const source = await kind.create(options, { baseDir: "/", env: {}, onEvent: () => undefined });
  expect(source.name).toBe("oci://simulated/flows");
  const keys: string[] = [];
  const seen = {
    mark: () => undefined,
    partitions: () => [],
    waiting: () => [],
    unseen: <Listed>(page: readonly Listed[]) => [...page],
  };
  for await (const { objects } of source.discover(seen, never)) keys.push(...objects.map(({ key }) => key));
  expect(keys).toEqual(["in/1"]);
  await source.close();
});
