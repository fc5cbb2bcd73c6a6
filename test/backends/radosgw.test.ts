import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { ibmIam } from "../../src/clouds/ibm/bucket-auth.ts";
import type { ObjectRef } from "../../src/contracts/store.ts";
import { s3With } from "../../src/intake/s3/source.ts";
import { available } from "./servers/available.ts";
import { startRadosgw } from "./servers/radosgw.ts";

const s3 = s3With(ibmIam);

const signal = new AbortController().signal;
const radosgw = available("Ceph radosgw", startRadosgw);

test("lists all of 1,205 objects, page by page, in the order of their UTF-8 bytes", async () => {
  await radosgw().createBucket("many");
  const client = radosgw().client();
  const keys = Array.from({ length: 1_205 }, (_, index) => `crn:v1:a/flows/${String(index).padStart(8, "0")}.gz`);
  for (let from = 0; from < keys.length; from += 50) {
    const puts = keys.slice(from, from + 50).map((Key) => client.send(new PutObjectCommand({ Bucket: "many", Key, Body: Key })));
    await Promise.all(puts);
  }

  const pages: string[][] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: "many" })) {
    pages.push((page.Contents ?? []).map(({ Key }) => Key ?? ""));
  }
  expect(pages.map((page) => page.length)).toEqual([1_000, 205]);
  expect(pages.flat()).toEqual(keys);

  const rest = await client.send(new ListObjectsV2Command({ Bucket: "many", StartAfter: keys[1_203] }));
  expect(rest.Contents?.map(({ Key }) => Key)).toEqual([keys[1_204]]);
});

test("returns an object's bytes, whole and in ranges, with its metadata", async () => {
  await radosgw().createBucket("bytes");
  const client = radosgw().client();
  const body = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251);
  const object = { Bucket: "bytes", Key: "a/b c+d.gz" };
  const put = await client.send(
    new PutObjectCommand({ ...object, Body: body, Metadata: { number_of_flow_logs: "2", plain: "kept" } }),
  );

  const whole = await client.send(new GetObjectCommand(object));
  expect(whole.ETag).toBe(put.ETag);
  // The gateway turns `_` into `-` in the names of metadata.
  expect(whole.Metadata).toEqual({ "number-of-flow-logs": "2", plain: "kept" });
  expect(await whole.Body?.transformToByteArray()).toEqual(body);

  const range = await client.send(new GetObjectCommand({ ...object, Range: "bytes=299990-" }));
  expect(await range.Body?.transformToByteArray()).toEqual(body.subarray(299_990));

  const other = client.send(new GetObjectCommand({ ...object, IfMatch: '"0123456789abcdef0123456789abcdef"' }));
  await expect(other).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
});

test("refuses a wrong secret", async () => {
  await radosgw().createBucket("closed");
  const stranger = radosgw().client("not the secret of this user");
  const listing = stranger.send(new ListObjectsV2Command({ Bucket: "closed" }));
  await expect(listing).rejects.toMatchObject({ name: "SignatureDoesNotMatch", $metadata: { httpStatusCode: 403 } });
});

test("is a bucket of the source: listed by pages, read, and what is gone or replaced is told from what is not", async () => {
  await radosgw().createBucket("flows");
  const { endpoint, region, accessKey: accessKeyId, secretKey: secretAccessKey } = radosgw();
  const open = (options: Record<string, unknown> = {}) =>
    s3.create(s3.options.parse({ bucket: "flows", endpoint, region, accessKeyId, secretAccessKey, ...options }), {
      env: {},
      onEvent: () => {},
    });
  const store = await open();
  const listed = async () => (await Array.fromAsync(store.list({ prefix: "" }, signal))).flatMap(({ objects }) => objects);
  expect(await listed()).toEqual([]);

  const client = radosgw().client();
  const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket: "flows", Key, Body }));
  const keys = Array.from({ length: 1_100 }, (_, index) => `a b/${String(index).padStart(5, "0")}.gz`);
  for (let from = 0; from < keys.length; from += 50) await Promise.all(keys.slice(from, from + 50).map((key) => put(key, key)));
  const objects = await listed();
  expect(objects.map(({ key }) => key)).toEqual(keys);
  const [first, second, third] = objects as [ObjectRef, ObjectRef, ObjectRef];
  const folders = await Array.fromAsync(store.list({ prefix: "", delimiter: "/" }, signal));
  expect(folders).toEqual([{ objects: [], prefixes: ["a b/"] }]);

  const read = async (object: ObjectRef) => Buffer.concat(await Array.fromAsync(await store.open(object, signal))).toString();
  expect(await read(first)).toBe(first.key);
  await put(second.key, "another");
  await expect(read(second)).rejects.toMatchObject({ drawer: "object", code: "object-changed", gone: true });
  await client.send(new DeleteObjectCommand({ Bucket: "flows", Key: third.key }));
  await expect(read(third)).rejects.toMatchObject({ drawer: "object", code: "object-vanished", gone: true });
  await store.close();

  for (const [options, code] of [
    [{ secretAccessKey: "not the secret" }, "not-authenticated"],
    [{ bucket: "no-such-bucket" }, "bucket-not-found"],
  ] as const) {
    const other = await open(options);
    await expect(Array.fromAsync(other.list({ prefix: "" }, signal))).rejects.toMatchObject({ drawer: "person", code });
    await other.close();
  }
});
