import { readdirSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ParquetArchive } from "../../../src/archive/parquet-archive.ts";
import { Uploads } from "../../../src/archive/uploads.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { sshFlow } from "../sinks/flows.ts";
import { MemoryBucket, rowsOf, temporaryFolder } from "./parts.ts";

const HOUR = 3_600_000;
/** 2026-01-31T23:59:59.999Z. */
const LAST_MS = Date.UTC(2026, 0, 31, 23, 59, 59, 999);
const never = new AbortController().signal;

let work: ReturnType<typeof temporaryFolder>;
let bucket: MemoryBucket;
let failures: unknown[];
let archives: ParquetArchive[];
beforeEach(() => {
  work = temporaryFolder();
  bucket = new MemoryBucket();
  [failures, archives] = [[], []];
});
afterEach(async () => {
  for (const archive of archives) await archive.close();
  work.remove();
});

function newArchive(options: { rollBytes?: number; rollMs?: number; groupRows?: number } = {}): ParquetArchive {
  const events = { onFailure: (error: unknown) => void failures.push(error), onWell: () => void failures.push("well") };
  const uploads = new Uploads(bucket, { initialMs: 1, maxMs: 2 }, events);
  const rest = { rollBytes: 1 << 30, rollMs: 3_600_000, ...options };
  const archive = new ParquetArchive({ name: "archive", prefix: "flows/", workFolder: work.path, ...rest }, uploads, events);
  archives.push(archive);
  return archive;
}

const at = (time: number, record: number): Flow => Object.assign(sshFlow(record), { time });
const only = (keys: Iterable<string>): string => {
  const all = [...keys];
  expect(all).toHaveLength(1);
  return all[0] as string;
};

test("flows go to the hour of their own time in UTC, sorted by it; what was handed over is durable when its last file is", async () => {
  const archive = newArchive();
  const durable = vi.fn();
  archive.take([at(LAST_MS + 2, 1), at(LAST_MS, 2), at(LAST_MS + 1, 3)], durable);
  archive.take([at(LAST_MS - 5, 4)], durable);
  const puts: string[] = [];
  bucket.onPut = (key) => {
    puts.push(key.replace(/part-.*/, ""));
    if (puts.length === 1) expect(durable).not.toHaveBeenCalled();
  };
  await archive.flush(never);
  expect(durable).toHaveBeenCalledTimes(2);
  expect(puts.sort()).toEqual(["flows/year=2026/month=01/day=31/hour=23/", "flows/year=2026/month=02/day=01/hour=00/"]);
  const [first, second] = [...bucket.objects].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, bytes]) => bytes);
  const times = async (bytes: Buffer | undefined) =>
    (await rowsOf(bytes as Buffer)).map((row) => (row.time as Date).toISOString());
  expect(await times(first)).toEqual(["2026-01-31T23:59:59.994Z", "2026-01-31T23:59:59.999Z"]);
  expect(await times(second)).toEqual(["2026-02-01T00:00:00.000Z", "2026-02-01T00:00:00.001Z"]);
  expect(readdirSync(work.path)).toEqual([]);
});

test("the same flows make the same name in whatever order and pieces, others make another", async () => {
  const nameOf = async (pieces: readonly (readonly number[])[]) => {
    bucket.objects.clear();
    const archive = newArchive();
    for (const records of pieces)
      archive.take(
        records.map((record) => at(LAST_MS, record)),
        () => {},
      );
    await archive.flush(never);
    return only(bucket.objects.keys());
  };
  const name = await nameOf([
    [1, 2, 3],
    [4, 5, 9],
  ]);
  expect(await nameOf([[9], [3, 4, 5], [1, 2]])).toBe(name);
  expect(
    await nameOf([
      [1, 2, 3],
      [4, 5],
    ]),
  ).not.toBe(name);
  expect(
    await nameOf([
      [1, 2, 3],
      [4, 5, 8],
    ]),
  ).not.toBe(name);
  expect(
    await nameOf([
      [1, 2, 3],
      [4, 5, 9, 10],
    ]),
  ).not.toBe(name);
});

test("a file is finished when it is old, without a flush", async () => {
  const archive = newArchive({ rollMs: 20 });
  const { promise, resolve } = Promise.withResolvers<void>();
  archive.take([at(LAST_MS, 1)], resolve);
  await promise;
  expect(bucket.objects.size).toBe(1);
});

test("a file is finished when it is large; more flows open another", async () => {
  const archive = newArchive({ rollBytes: 10_000, groupRows: 500 });
  let [record, durable] = [0, 0];
  for (let piece = 0; piece < 20; piece += 1) {
    await new Promise(setImmediate);
    const flows = Array.from({ length: 300 }, () => {
      record += 1;
      return Object.assign(at(LAST_MS - (record % 1000), record), { bytes: record * 7919, sourcePort: (record * 31) % 65536 });
    });
    archive.take(flows, () => {
      durable += 300;
    });
  }
  await vi.waitFor(() => expect(bucket.objects.size).toBeGreaterThan(2), { timeout: 30_000 });
  await archive.flush(never);
  expect(durable).toBe(6_000);
  let rows = 0;
  for (const bytes of bucket.objects.values()) rows += (await rowsOf(bytes)).length;
  expect(rows).toBe(6_000);
});

test("a bucket that refuses is told, and asked again until it takes the file; nothing is durable before", async () => {
  const archive = newArchive();
  const durable = vi.fn();
  let refusals = 3;
  bucket.onPut = () => {
    refusals -= 1;
    if (refusals >= 0) throw new Failure("object", "object-denied", "403 may not put");
    expect(archive.failing).toBe(true);
    expect(durable).not.toHaveBeenCalled();
  };
  archive.take([at(LAST_MS, 1)], durable);
  await archive.flush(never);
  expect(failures).toHaveLength(4);
  expect(failures[0]).toMatchObject({ drawer: "person", code: "object-denied" });
  expect([failures[3], archive.failing]).toEqual(["well", false]);
  expect(durable).toHaveBeenCalledOnce();
});

test("a flush gives up when its time is over, and a run that ends so leaves nothing behind but what is durable", async () => {
  const archive = newArchive();
  const durable = vi.fn();
  const patience = new AbortController();
  bucket.onPut = () => {
    patience.abort();
    throw new Failure("passing", "network", "no network");
  };
  archive.take([at(LAST_MS, 1), at(LAST_MS - 2 * HOUR, 2)], durable);
  await archive.flush(patience.signal);
  await archive.close();
  expect(durable).not.toHaveBeenCalled();
  expect(bucket.objects.size).toBe(0);
});

test("very many hours at once are not all kept open", async () => {
  const archive = newArchive();
  let durable = 0;
  for (let hour = 0; hour < 80; hour += 1) {
    while (!archive.hasRoom) await archive.changed();
    archive.take([at(LAST_MS - hour * HOUR, hour + 1)], () => {
      durable += 1;
    });
  }
  await vi.waitFor(() => expect(durable).toBeGreaterThanOrEqual(32), { timeout: 30_000 });
  await archive.flush(never);
  expect([durable, bucket.objects.size]).toEqual([80, 80]);
});
