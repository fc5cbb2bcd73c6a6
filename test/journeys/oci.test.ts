import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { generate } from "../../src/generator/generate.ts";
import { lookupFiles } from "../../src/generator/lookup-files.ts";
import type { GenerateOptions } from "../../src/generator/options.ts";
import { runs } from "../runs.ts";
import { type Oci, startOci } from "../simulators/oci/index.ts";
import { type Receiver, startReceiver } from "../simulators/otlp/receiver.ts";
import { flowferry, type Running, start, summaryOf, type Workplace, workplace } from "./program.ts";
import { expectedRecords, expectRecords, type LookupPaths, type PutObject } from "./second-decoder.ts";
import { runToEnd, spawnedToEnd } from "./setting.ts";

const BUCKET = "Flow-Logs";
/** Inside the look-back, so that every pass lists all of the objects. */
const TOGETHER = { start: Date.UTC(2026, 0, 5, 10), spanMs: 100 * 60_000 };
const STACK_TRACE = /^\s+at .*:\d+:\d+\)?$/m;

let place: Workplace;
let oci: Oci;
let store: string;
const receivers: Receiver[] = [];
const running: Running[] = [];

beforeAll(async () => {
  oci = await startOci();
  store = `oci://${oci.namespace}/${BUCKET}`;
});
afterAll(() => oci.stop());
beforeEach(() => {
  place = workplace();
  oci.createBucket(BUCKET);
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
  for (const receiver of receivers.splice(0)) await receiver.close();
  oci.faults.clear();
  oci.requests.clear();
  oci.scanLimit = Number.POSITIVE_INFINITY;
  place.remove();
});

async function receive(): Promise<Receiver> {
  const receiver = await startReceiver({ keep: "records" });
  receivers.push(receiver);
  return receiver;
}

interface Made {
  readonly objects: (PutObject & { readonly records: number })[];
  readonly lookups: LookupPaths;
  readonly records: number;
}

/** Makes objects up, without putting them anywhere: their etags are empty. */
async function make(options: GenerateOptions): Promise<Made> {
  const generation = generate({ vnics: 8, ...options });
  const objects: Made["objects"] = [];
  for await (const { key, bytes, records } of generation) objects.push({ key, bytes, records, etag: "" });
  const files = lookupFiles(generation);
  const [servers, networks, subnets] = ["servers.csv", "networks.csv", "subnets.csv"].map((name) =>
    place.write(name, files[name] as string),
  ) as [string, string, string];
  return { objects, lookups: { servers, networks, subnets }, records: generation.truth().records };
}

function put<T extends PutObject>(objects: readonly T[]): T[] {
  return objects.map((object) => ({ ...object, etag: oci.put(BUCKET, object.key, object.bytes).etag }));
}

function configFor(sinks: Record<string, object>, source: object = {}, rest: object = {}): string {
  return place.config({
    source: {
      type: "oci-object-storage",
      namespace: oci.namespace,
      bucket: BUCKET,
      endpoint: oci.endpoint,
      auth: { type: "config-file", file: oci.config },
      timeoutMs: 1500,
      ...source,
    },
    sinks: Object.entries(sinks).map(([name, options]) => ({
      type: "otlp",
      name,
      batch: { records: 300, lingerMs: 20 },
      ...options,
    })),
    run: { pollMs: 200, shutdownMs: 5_000, retry: { initialMs: 20, maxMs: 200 } },
    ...rest,
  });
}

function tail(config: string): Running {
  const process = start(["run", "-c", config, "--json"]);
  running.push(process);
  return process;
}

async function until(what: string, condition: () => boolean, process: Running): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    if (process.child.exitCode !== null) throw new Error(`the run ended before ${what}: ${process.stderr()}`);
    if (Date.now() > deadline) throw new Error(`not within a minute: ${what}; ${process.stderr()}`);
    await sleep(20);
  }
}

async function deadLetters(config: string): Promise<{ key: string; code: string; from: number; to?: number }[]> {
  const listed = await flowferry(["status", "-c", config, "--dead-letters", "--json"]);
  expect(listed.code, listed.stderr).toBe(0);
  return listed.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** Does something to the bucket when the object is asked for, before the answer. */
function beforeReading(key: string, action: () => void, after = 0): void {
  let requests = 0;
  const when = ({ url }: { url: string }) => {
    const wanted = decodeURIComponent(new URL(url, oci.endpoint).pathname).endsWith(`/o/${key}`);
    if (wanted && requests++ === after) action();
    return false;
  };
  oci.faults.add({ on: "get", when }, { reset: true });
}

describe("a bucket of OCI Object Storage to OTLP receivers", () => {
  test.each<GenerateOptions>([
    { format: "oci", flows: runs(2_500, 2), objects: 10 },
    { format: "oci", flows: runs(1_500, 2), objects: 4, wrapped: true, prefix: "exports/phx/" },
    { format: "ibm", flows: runs(2_500, 2), objects: 24 },
    { format: "ibm", flows: runs(1_500, 2), objects: 8, encodedKeys: true },
  ])("every record arrives once with every field: %o", async (options) => {
    const made = await make(options);
    const expected = expectedRecords(store, put(made.objects), made.lookups);
    expect(expected.size).toBe(made.records);
    const [protobuf, json, zstd] = [await receive(), await receive(), await receive()];
    const config = configFor(
      {
        protobuf: { endpoint: protobuf.url },
        json: { endpoint: json.url, encoding: "json", compression: "none" },
        zstd: { endpoint: zstd.url, compression: "zstd" },
      },
      { prefix: options.prefix ?? "" },
      { enrich: made.lookups },
    );
    const ended = await spawnedToEnd(config);
    expect(ended.code, ended.stderr).toBe(0);
    const all = { delivered: expected.size, rejected: 0, deadLettered: 0, filtered: 0, sampled: 0, aggregated: 0, waiting: 0 };
    expect(summaryOf(ended)).toMatchObject({
      objects: made.objects.length,
      records: expected.size,
      bad: 0,
      sinks: { protobuf: all, json: all, zstd: all },
    });
    for (const receiver of [protobuf, json, zstd]) expectRecords(receiver.records, expected);
    expect(oci.requests.all.every(({ principal }) => principal?.kind === "user")).toBe(true);

    const again = await runToEnd(config);
    expect(again.code, again.stderr).toBe(0);
    expect(summaryOf(again)).toMatchObject({ objects: 0, records: 0, sinks: { protobuf: { delivered: 0 } } });
    for (const receiver of [protobuf, json, zstd]) expect(receiver.stats.records).toBe(expected.size);
  });

  test("more objects than a page holds, in pages that end anywhere", async () => {
    // Where nobody waits, more than even a whole page may hold.
    const objects = runs(1_150, 4);
    const made = await make({ format: "oci", flows: 2 * objects, objects, incidents: [] });
    const expected = expectedRecords(store, put(made.objects));
    oci.scanLimit = 137;
    const out = await receive();
    const ended = await runToEnd(configFor({ out: { endpoint: out.url } }));
    expect(ended.code, ended.stderr).toBe(0);
    expect(summaryOf(ended).objects).toBe(objects);
    expectRecords(out.records, expected);
    expect(oci.requests.count("get")).toBe(objects);
    expect(oci.requests.count("list")).toBeGreaterThan(2);
  });

  test("names that come late and out of order while tailing, and a connector that comes later", async () => {
    const made = await make({ format: "oci", flows: 2_500, objects: 12, ...TOGETHER });
    const other = await make({ format: "oci", flows: 800, objects: 3, seed: "2", incidents: [], ...TOGETHER });
    expect(other.objects[0]?.key.split("/")[0]).not.toBe(made.objects[0]?.key.split("/")[0]);
    const out = await receive();
    const process = tail(configFor({ out: { endpoint: out.url } }));
    const order = [7, 3, 11, 0, 10, 1, 9, 2, 8, 4, 6, 5].map((index) => made.objects[index] as (typeof made.objects)[number]);
    const there: PutObject[] = [];
    let records = 0;
    for (const objects of [order.slice(0, 5), order.slice(5, 8), order.slice(8), other.objects]) {
      there.push(...put(objects));
      records += objects.reduce((sum, object) => sum + object.records, 0);
      const wanted = records;
      await until(`${there.length} objects`, () => out.records.length >= wanted, process);
    }
    process.child.kill("SIGTERM");
    const ended = await process.ended;
    expect(ended.code, ended.stderr).toBe(0);
    expectRecords(out.records, expectedRecords(store, there));
  });
});

describe("an Object Storage that fails", () => {
  test("now and then, in every way that heals: nothing is lost, nothing comes twice", async () => {
    const made = await make({ format: "oci", flows: runs(6_000, 2), objects: 12 });
    const expected = expectedRecords(store, put(made.objects));
    oci.faults.add({ on: "list" }, { status: 429, headers: { "retry-after": "1" } });
    oci.faults.add({ on: "list" }, { status: 500 });
    oci.faults.add({ on: "list" }, { reset: true });
    oci.faults.add({ on: "get", after: 0, times: 2 }, { status: 429, headers: { "retry-after": "1" } });
    oci.faults.add({ on: "get", after: 1, times: 2 }, { status: 500 });
    oci.faults.add({ on: "get", after: 1 }, { status: 503 });
    oci.faults.add({ on: "get", after: 1, times: 3 }, { resetAfterBytes: 3_000 });
    oci.faults.add({ on: "get", after: 1, times: 2 }, { truncateAfterBytes: 5_001 });
    oci.faults.add({ on: "get", after: 1 }, { hang: true });
    oci.faults.add({ on: "get" }, { hangAfterBytes: 2_000 });
    oci.faults.add({ on: "get" }, { reset: true });
    oci.faults.add({ on: "get" }, { status: 401 });
    const out = await receive();
    const config = configFor({ out: { endpoint: out.url } });
    const started = Date.now();
    const ended = await runToEnd(config);
    expect(ended.code, ended.stderr).toBe(0);
    expect(Date.now() - started).toBeGreaterThanOrEqual(2_000);
    expectRecords(out.records, expected);
    expect(summaryOf(ended)).toMatchObject({ objects: 12, records: expected.size, bad: 0 });
    expect(await deadLetters(config)).toEqual([]);
    const statuses = oci.requests.all.map(({ status }) => status);
    for (const status of [429, 500, 503, 401, 206]) expect(statuses).toContain(status);
    expect(statuses.filter((status) => status === undefined).length).toBeGreaterThanOrEqual(3);
  });

  test("an object that vanishes between listing and reading is set aside by name, the others are delivered", async () => {
    const made = await make({ format: "oci", flows: 3_000, objects: 10 });
    const objects = put(made.objects);
    const gone = objects[4] as PutObject;
    beforeReading(gone.key, () => oci.delete(BUCKET, gone.key));
    const out = await receive();
    const config = configFor({ out: { endpoint: out.url } });
    const ended = await runToEnd(config);
    expect(ended.code, ended.stderr).toBe(3);
    const others = objects.filter((object) => object !== gone);
    expectRecords(out.records, expectedRecords(store, others));
    expect(summaryOf(ended)).toMatchObject({ bad: 0, lost: 1 });
    expect(await deadLetters(config)).toEqual([expect.objectContaining({ key: gone.key, code: "object-vanished", from: 1 })]);
    const again = await runToEnd(config);
    expect(again.code, again.stderr).toBe(0);
    expect(out.stats.records).toBe(expectedRecords(store, others).size);
  });

  test("an object that is replaced between listing and reading: the old version is set aside, the new one delivered", async () => {
    const made = await make({ format: "oci", flows: 2_000, objects: 6, ...TOGETHER });
    const objects = put(made.objects);
    const old = objects[4] as PutObject;
    const [replacement] = (await make({ format: "oci", flows: 500, objects: 1, seed: "3", incidents: [] })).objects;
    let etag = "";
    beforeReading(old.key, () => {
      etag = oci.put(BUCKET, old.key, (replacement as PutObject).bytes).etag;
    });
    const out = await receive();
    const config = configFor({ out: { endpoint: out.url } });
    const ended = await runToEnd(config);
    expect(ended.code, ended.stderr).toBe(3);
    const there = objects.map((object) => (object === old ? { ...(replacement as PutObject), key: old.key, etag } : object));
    expectRecords(out.records, expectedRecords(store, there));
    expect(await deadLetters(config)).toEqual([expect.objectContaining({ key: old.key, code: "object-changed" })]);
  });

  test("an object that is replaced while it is read: what was read stays, the rest is set aside, the new version is delivered", async () => {
    const made = await make({ format: "oci", flows: runs(8_000, 2), objects: 3, ...TOGETHER });
    const objects = put(made.objects);
    const old = objects[2] as PutObject;
    const [replacement] = (await make({ format: "oci", flows: 500, objects: 1, seed: "3", incidents: [] })).objects;
    let etag = "";
    beforeReading(
      old.key,
      () => {
        etag = oci.put(BUCKET, old.key, (replacement as PutObject).bytes).etag;
      },
      1,
    );
    const isOld = ({ url }: { url: string }) => decodeURIComponent(url).includes(old.key);
    oci.faults.add({ on: "get", when: isOld }, { resetAfterBytes: Math.floor(old.bytes.length / 2) });
    const out = await receive();
    const config = configFor({ out: { endpoint: out.url } });
    const ended = await runToEnd(config);
    expect(ended.code, ended.stderr).toBe(3);

    const stay = objects.map((object) => (object === old ? { ...(replacement as PutObject), key: old.key, etag } : object));
    const expected = expectedRecords(store, stay);
    const before = expectedRecords(store, [old]);
    const [letter] = await deadLetters(config);
    expect(letter).toMatchObject({ key: old.key, code: "object-changed" });
    const read = [...before].slice(0, (letter?.from ?? 0) - 1);
    expect(read.length).toBeGreaterThan(0);
    expect(read.length).toBeLessThan(before.size);
    expectRecords(out.records, new Map([...expected, ...read]));
  });

  test("a key that the tenancy does not know: a job ends at once with exit code 1 and says what to compare, a worker waits", async () => {
    put((await make({ format: "oci", flows: 600, objects: 2, incidents: [] })).objects);
    const out = await receive();
    const config = configFor(
      { out: { endpoint: out.url } },
      { auth: { type: "config-file", file: oci.config, profile: "STRANGER" } },
    );
    const advice = "compare tenancy, user and fingerprint of profile STRANGER with the user's API keys in the console";
    const ended = await runToEnd(config);
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toContain("401 NotAuthenticated");
    expect(ended.stderr).toContain(advice);
    expect(ended.stderr).not.toMatch(STACK_TRACE);

    const process = tail(config);
    await until("what is wrong", () => process.stderr().includes(advice), process);
    process.child.kill("SIGTERM");
    expect((await process.ended).code).toBe(0);
    expect(out.stats.requests).toBe(0);
  });

  test("a bucket that is not there ends a job at once with exit code 1 and the policy that is needed", async () => {
    const out = await receive();
    const config = configFor({ out: { endpoint: out.url } }, { bucket: "Flow-Log" });
    const ended = await runToEnd(config);
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toContain("404 BucketNotFound");
    expect(ended.stderr).toContain(
      "read objects in compartment <the bucket's compartment> where target.bucket.name = 'Flow-Log'",
    );
    expect(ended.stderr).not.toMatch(STACK_TRACE);
    const status = await flowferry(["status", "-c", config]);
    expect(status.stdout).toContain("out: no object was ever found;");
    expect(status.stdout).not.toContain("caught up");
  });

  test("credentials that are refused later: the run stays, keeps its position, and goes on when they are accepted again", async () => {
    const made = await make({ format: "oci", flows: 2_500, objects: 10 });
    const out = await receive();
    const process = tail(configFor({ out: { endpoint: out.url } }));
    const first = put(made.objects.slice(0, 6));
    const half = expectedRecords(store, first).size;
    await until("the first objects", () => out.records.length >= half, process);

    oci.faults.add({ times: Number.POSITIVE_INFINITY }, { status: 401 });
    oci.requests.clear();
    const second = put(made.objects.slice(6));
    await until("refusals", () => oci.requests.all.filter(({ status }) => status === 401).length >= 8, process);
    expect(process.child.exitCode).toBeNull();
    expect(process.stderr()).toContain("401 NotAuthenticated");
    expect(out.records).toHaveLength(half);

    oci.faults.clear();
    const expected = expectedRecords(store, [...first, ...second]);
    await until("the other objects", () => out.records.length >= expected.size, process);
    process.child.kill("SIGTERM");
    const ended = await process.ended;
    expect(ended.code, ended.stderr).toBe(0);
    expectRecords(out.records, expected);
  });
});
