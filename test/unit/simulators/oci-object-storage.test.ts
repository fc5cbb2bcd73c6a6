import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import type { ReadableStream } from "node:stream/web";
import { Range } from "oci-common";
import type { requests } from "oci-objectstorage";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Oci, startOci } from "../../simulators/oci/index.ts";
import { refusal, sdk, signedFetch } from "./oci-clients.ts";

let oci: Oci;
beforeAll(async () => {
  oci = await startOci();
});
afterAll(() => oci.stop());
beforeEach(() => {
  oci.createBucket("flows");
  oci.requests.clear();
});

const body = (value: unknown): Promise<string> => text(value as ReadableStream);

describe("objects", () => {
  it("keeps what the SDK's client puts, and gives it back whole", async () => {
    const { client, at, get } = sdk(oci);
    const content = "one line\n";
    const put = await client.putObject({
      ...at,
      objectName: "dir/a name",
      putObjectBody: content,
      contentLength: content.length,
      contentMD5: createHash("md5").update(content).digest("base64"),
      opcMeta: { origin: "test" },
    });
    const got = await get("dir/a name");
    expect(await body(got.value)).toBe(content);
    expect(got.eTag).toBe(put.eTag);
    expect(got.contentLength).toBe(content.length);
    expect(got.contentMd5).toBe(createHash("md5").update(content).digest("base64"));
    expect(got.opcMeta).toEqual({ "opc-meta-origin": "test" });
    expect(got.opcRequestId).toMatch(/^phx-1:[\w-]{64}$/);

    const head = await client.headObject({ ...at, objectName: "dir/a name" });
    expect([head.eTag, head.contentLength]).toEqual([put.eTag, content.length]);
    await client.deleteObject({ ...at, objectName: "dir/a name" });
    expect(await refusal(get("dir/a name"))).toEqual({
      status: 404,
      code: "ObjectNotFound",
      message: "The object 'dir/a name' was not found in the bucket 'flows'",
    });
    expect(oci.requests.all.map(({ kind, status }) => [kind, status])).toEqual([
      ["put", 200],
      ["get", 200],
      ["head", 200],
      ["delete", 204],
      ["get", 404],
    ]);
  });

  it("tells the namespace, and which name is wrong", async () => {
    const { client, at, list } = sdk(oci);
    expect((await client.getNamespace({})).value).toBe(oci.namespace);
    expect(await refusal(list({ bucketName: "none" }))).toEqual({
      status: 404,
      code: "BucketNotFound",
      message: `Either the bucket named 'none' does not exist in the namespace '${oci.namespace}' or you are not authorized to access it`,
    });
    expect(await refusal(client.listObjects({ ...at, namespaceName: "other" }))).toMatchObject({ code: "NamespaceNotFound" });
  });

  it("serves ranges, and refuses those outside", async () => {
    oci.put("flows", "digits", "0123456789");
    const { get } = sdk(oci);
    const part = await get("digits", { range: new Range(3, 5, null) });
    expect(await body(part.value)).toBe("345");
    const raw = async (range: string): Promise<[number, string | null, string]> => {
      const answer = await signedFetch(oci, "/n/simulated/b/flows/o/digits", { headers: { range } });
      return [answer.status, answer.headers.get("content-range"), await answer.text()];
    };
    expect(await raw("bytes=7-")).toEqual([206, "bytes 7-9/10", "789"]);
    expect(await raw("bytes=-2")).toEqual([206, "bytes 8-9/10", "89"]);
    expect(await raw("bytes=8-100")).toEqual([206, "bytes 8-9/10", "89"]);
    expect((await raw("bytes=10-"))[0]).toBe(416);
    expect((await raw("bytes=5-undefined"))[0]).toBe(416);
  });

  it("checks If-Match and If-None-Match", async () => {
    const { etag } = oci.put("flows", "k", "v", { etag: "11111111-2222-3333-4444-555555555555" });
    const { client, at, get } = sdk(oci);
    expect(await body((await get("k", { ifMatch: etag })).value)).toBe("v");
    expect(await refusal(get("k", { ifMatch: "other" }))).toMatchObject({ status: 412, code: "IfMatchFailed" });
    expect(await refusal(get("k", { ifNoneMatch: etag }))).toMatchObject({ status: 304 });
    const put = { ...at, objectName: "k", putObjectBody: "w", contentLength: 1 };
    expect(await refusal(client.putObject({ ...put, ifNoneMatch: "*" }))).toMatchObject({
      status: 412,
      code: "IfNoneMatchFailed",
    });
    expect(await refusal(client.putObject({ ...put, contentMD5: "AAAA" }))).toMatchObject({
      status: 400,
      code: "UnmatchedContentMD5",
    });
    expect(oci.find("flows", "k")?.etag).toBe(etag);
  });

  it("refuses names that are too long", async () => {
    const { client, at } = sdk(oci);
    const put = (objectName: string) => client.putObject({ ...at, objectName, putObjectBody: "x", contentLength: 1 });
    await put("ü".repeat(512));
    expect(await refusal(put("ü".repeat(513)))).toMatchObject({ status: 400, code: "InvalidObjectName" });
  });

  it("lists an archived object and does not read it", async () => {
    oci.put("flows", "old", "x", { archived: true });
    const { list, get } = sdk(oci);
    expect((await list({ fields: "archivalState" })).objects).toEqual([{ name: "old", archivalState: "Archived" }]);
    expect(await refusal(get("old"))).toMatchObject({ status: 409, code: "NotRestored" });
  });
});

describe("listings", () => {
  const names = ["a/1", "a/2", "a/b/3", "b", "c/1", "z", "é", "\u{ffff}", "\u{10000}"];
  const bytewise = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right));

  it("says of an object only what was asked for", async () => {
    const timeCreated = Date.UTC(2026, 2, 4, 5, 6, 7, 89);
    const { etag } = oci.put("flows", "k", "abc", { timeCreated });
    const { list } = sdk(oci);
    expect((await list()).objects).toEqual([{ name: "k" }]);
    expect((await list({ fields: "size,Etag,md5,timeCreated,timeModified" })).objects).toEqual([
      {
        name: "k",
        size: 3,
        etag,
        md5: "kAFQmDzST7DWlj99KOF/cg==",
        timeCreated: "2026-03-04T05:06:07.089Z",
        timeModified: "2026-03-04T05:06:07.089Z",
      },
    ]);
    expect(await refusal(list({ fields: "color" }))).toMatchObject({ status: 400, code: "InvalidAttributeName" });
  });

  it("lists in the order of UTF-8 bytes, between the bounds", async () => {
    for (const name of names.toReversed()) oci.put("flows", name, "");
    const { list } = sdk(oci);
    const found = async (query: Partial<requests.ListObjectsRequest>): Promise<string[]> =>
      (await list(query)).objects.map(({ name }) => name);
    const sorted = names.toSorted(bytewise);
    expect(await found({})).toEqual(sorted);
    expect(await found({ start: "b" })).toEqual(sorted.filter((name) => bytewise(name, "b") >= 0));
    expect(await found({ startAfter: "b" })).toEqual(sorted.filter((name) => bytewise(name, "b") > 0));
    expect(await found({ end: "c/1" })).toEqual(sorted.filter((name) => bytewise(name, "c/1") < 0));
    expect(await found({ prefix: "a/", startAfter: "a/1", end: "a/b/3" })).toEqual(["a/2"]);
  });

  it("folds names at the delimiter, page by page", async () => {
    for (const name of names) oci.put("flows", name, "");
    const { list } = sdk(oci);
    const seen: string[] = [];
    let start: string | undefined;
    let pages = 0;
    do {
      const page = await list({ delimiter: "/", limit: 2, ...(start === undefined ? {} : { start: encodeURIComponent(start) }) });
      seen.push(...(page.prefixes ?? []), ...page.objects.map(({ name }) => name));
      expect(page.objects.length + (page.prefixes ?? []).length).toBeLessThanOrEqual(2);
      start = page.nextStartWith;
      pages += 1;
    } while (start !== undefined);
    expect(seen.toSorted(bytewise)).toEqual(["a/", "b", "c/", "z", "é", "\u{ffff}", "\u{10000}"]);
    expect(pages).toBe(4);
    const under = await list({ delimiter: "/", prefix: "a/" });
    expect([under.prefixes, under.objects.map(({ name }) => name)]).toEqual([["a/b/"], ["a/1", "a/2"]]);
    expect(await refusal(list({ delimiter: "-" }))).toMatchObject({ status: 400 });
  });

  it("refuses pages of more than 1000", async () => {
    const { list } = sdk(oci);
    expect(await refusal(list({ limit: 1001 }))).toMatchObject({ status: 412, code: "LimitTooHigh" });
    expect(await refusal(list({ limit: -1 }))).toMatchObject({ status: 400, code: "InvalidLimit" });
  });

  it("lists 200,000 computed objects without making their bodies", async () => {
    let bodies = 0;
    const name = (index: number): string => `p/${String(index).padStart(6, "0")}.gz`;
    oci.createGeneratedBucket("large", {
      count: 200_000,
      name,
      size: () => 17,
      body(index) {
        bodies += 1;
        return Buffer.from(`body of ${index}`.padEnd(17));
      },
      time: (index) => index * 1000,
    });
    const { client, at } = sdk(oci);
    const in_ = { ...at, bucketName: "large" };
    const { listObjects } = await client.listObjects({ ...in_, start: name(150_000), fields: "size,etag,timeModified" });
    expect(listObjects.objects).toHaveLength(1000);
    expect(listObjects.objects[0]).toMatchObject({ name: name(150_000), size: 17, timeModified: "1970-01-02T17:40:00.000Z" });
    expect(listObjects.nextStartWith).toBe(name(151_000));
    expect(bodies).toBe(0);
    const got = await client.getObject({ ...in_, objectName: name(7), ifMatch: String(await etagOf(name(7))) });
    expect(await body(got.value)).toBe("body of 7        ");

    async function etagOf(key: string): Promise<string | undefined> {
      return (await client.listObjects({ ...in_, prefix: key, fields: "etag" })).listObjects.objects[0]?.etag;
    }
  });
});
