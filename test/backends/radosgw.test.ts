import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { available } from "./servers/available.ts";
import { startRadosgw } from "./servers/radosgw.ts";

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
