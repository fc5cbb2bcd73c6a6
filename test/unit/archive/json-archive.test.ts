import { readdirSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { JsonArchive } from "../../../src/archive/json-archive.ts";
import { objectNameOf } from "../../../src/archive/object-name.ts";
import { Uploads } from "../../../src/archive/uploads.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { flowsOf, ORIGIN, sshFlow } from "../sinks/flows.ts";
import { MemoryBucket, temporaryFolder } from "./parts.ts";

const never = new AbortController().signal;
let work: ReturnType<typeof temporaryFolder>;
let bucket: MemoryBucket;
let archive: JsonArchive;
beforeEach(() => {
  work = temporaryFolder();
  bucket = new MemoryBucket();
  const events = { onFailure: () => {}, onWell: () => {} };
  const uploads = new Uploads(bucket, { initialMs: 1, maxMs: 2 }, events);
  archive = new JsonArchive({ name: "archive", prefix: "enriched/", workFolder: work.path }, uploads, events);
});
afterEach(async () => {
  await archive.close();
  work.remove();
});

const NAME = `enriched/prefix/object-${ORIGIN.digest.slice(0, 16)}.json`;

test("an object of the source becomes one array when it has ended, and is durable then", async () => {
  const durable = vi.fn();
  archive.take(flowsOf(3), durable);
  archive.take([sshFlow(4)], durable);
  await archive.flush(never);
  expect([bucket.objects.size, durable.mock.calls.length]).toEqual([0, 0]);
  archive.ended(ORIGIN);
  await archive.flush(never);
  expect([...bucket.objects.keys()]).toEqual([NAME]);
  const records = JSON.parse(bucket.objects.get(NAME)?.toString() ?? "") as Record<string, unknown>[];
  expect(records).toHaveLength(4);
  expect(Object.keys(records[0] ?? {})).toEqual([
    "destinationAddress",
    "destinationPort",
    "protocol",
    "protocolName",
    "sourceAddress",
    "internal_or_external_source",
    "internal_or_external_destination",
    "traffic_direction",
    "traffic_type",
    "security_lists",
    "oracle",
  ]);
  expect(durable).toHaveBeenCalledTimes(2);
  expect(readdirSync(work.path)).toEqual([]);
});

test("what was not accepted is left out, and counted: the records would not say so", async () => {
  const durable = vi.fn();
  const [rejected, silent] = [sshFlow(2, { action: "reject" }), sshFlow(3, { action: undefined, status: "NODATA" })];
  archive.take([rejected, sshFlow(1, { destinationPort: 443 }), silent], durable);
  archive.ended(ORIGIN);
  const nothing = originOf("oci://ns/bucket", "nothing.log.gz", "1");
  archive.take([sshFlow(1, { action: "reject", origin: nothing })], durable);
  archive.ended(nothing);
  await archive.flush(never);
  const texts = [...bucket.objects.values()].map((bytes) => JSON.parse(bytes.toString()));
  expect(texts).toEqual([[expect.objectContaining({ destinationPort: 443 })], []]);
  expect(durable.mock.calls).toEqual([[2], [1]]);
});

test("an object that was taken away leaves nothing; one that is not ended at the end neither", async () => {
  const durable = vi.fn();
  archive.take(flowsOf(2), durable);
  archive.forget(ORIGIN);
  expect(readdirSync(work.path)).toEqual([]);
  const other = originOf("oci://ns/bucket", "b", "1");
  archive.take([Object.assign(sshFlow(1), { origin: other })], durable);
  archive.ended(ORIGIN);
  await archive.flush(never);
  await archive.close();
  expect([bucket.objects.size, durable.mock.calls.length]).toEqual([0, 0]);
});

test.each([
  ["logs/2026/a.log.gz", "logs/2026/a-0123456789abcdef.json"],
  ["a.json", "a-0123456789abcdef.json"],
  ["year=2026/x.parquet", "year=2026/x-0123456789abcdef.json"],
  ["../../etc/passwd", "%2E%2E/%2E%2E/etc/passwd-0123456789abcdef.json"],
  ["/a//.hidden", "a/%2Ehidden-0123456789abcdef.json"],
  ["a:b\u0000ä.gz", "a%3Ab%00%C3%A4-0123456789abcdef.json"],
  [".gz", "object-0123456789abcdef.json"],
])("the key %j becomes %s", (key, name) => {
  expect(objectNameOf(key, "0123456789abcdef01234567")).toBe(name);
});
