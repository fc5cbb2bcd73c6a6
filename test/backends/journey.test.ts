import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GeneratedObject, generate } from "../../src/generator/generate.ts";
import { lookupFiles } from "../../src/generator/lookup-files.ts";
import type { GenerateOptions } from "../../src/generator/options.ts";
import { type Running, spawned, start, summaryOf, type Workplace, workplace } from "../journeys/program.ts";
import {
  expectedRecords,
  expectRecords,
  type LookupPaths,
  type PlainRecord,
  type PutObject,
} from "../journeys/second-decoder.ts";
import { available } from "./servers/available.ts";
import { startCollector } from "./servers/collector.ts";
import { startRadosgw } from "./servers/radosgw.ts";
import { startVictoriaLogs } from "./servers/victorialogs.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

const radosgw = available("Ceph radosgw", startRadosgw);
const collector = available("OpenTelemetry Collector", startCollector);
const victoriaLogs = available("VictoriaLogs", startVictoriaLogs);

let place: Workplace;
const running: Running[] = [];

beforeEach(() => {
  place = workplace();
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
  place.remove();
});

/** Makes objects up and the lookup tables that fit them. */
async function make(options: GenerateOptions): Promise<{ objects: GeneratedObject[]; lookups: LookupPaths }> {
  const generation = generate({ vnics: 8, ...options });
  const objects = await Array.fromAsync(generation);
  const files = lookupFiles(generation);
  const write = (name: string) => place.write(name, files[name] as string);
  return { objects, lookups: { servers: write("servers.csv"), networks: write("networks.csv"), subnets: write("subnets.csv") } };
}

async function put(bucket: string, objects: readonly GeneratedObject[]): Promise<PutObject[]> {
  const client = radosgw().client();
  const done: PutObject[] = [];
  for (let from = 0; from < objects.length; from += 20) {
    const some = objects.slice(from, from + 20).map(async ({ key, bytes, metadata }) => {
      const answer = await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, Metadata: { ...metadata } }),
      );
      return { key, bytes, etag: String(answer.ETag).replaceAll('"', "") };
    });
    done.push(...(await Promise.all(some)));
  }
  return done;
}

const storeOf = (bucket: string) => `s3://${new URL(radosgw().endpoint).host}/${bucket}`;

function configFor(bucket: string, sinks: readonly object[], rest: object = {}, source: object = {}): string {
  const { endpoint, region, accessKey } = radosgw();
  return place.config({
    source: { type: "s3", bucket, endpoint, region, accessKeyId: accessKey, secretAccessKey: "${S3_SECRET}", ...source },
    sinks: sinks.map((sink) => ({ type: "otlp", batch: { records: 500, lingerMs: 50 }, ...sink })),
    run: { pollMs: 300, shutdownMs: 10_000 },
    ...rest,
  });
}

const environment = () => ({ S3_SECRET: radosgw().secretKey });
const runToEnd = (config: string) => spawned(["run", "-c", config, "--until-caught-up", "--json"], environment());

/** Records in the Collector that belong to these objects; it keeps what earlier tests sent. */
async function collected(service: string, expected: ReadonlyMap<string, PlainRecord>) {
  const records = (await collector().records()).filter(({ resource }) => resource["service.name"] === service);
  for (const { scope, droppedAttributesCount, flags, traceId, spanId } of records) {
    const rest = { scope, droppedAttributesCount, flags, traceId, spanId };
    const wanted = {
      scope: { name: "flowferry", version, attributes: {} },
      droppedAttributesCount: 0,
      flags: 0,
      traceId: "",
      spanId: "",
    };
    if (!isDeepStrictEqual(rest, wanted)) expect(rest).toEqual(wanted);
  }
  expectRecords(records, as(service, expected));
  return records;
}

const as = (service: string, expected: ReadonlyMap<string, PlainRecord>): ReadonlyMap<string, PlainRecord> =>
  new Map([...expected].map(([uid, record]) => [uid, { ...record, resource: { ...record.resource, "service.name": service } }]));

/** As VictoriaLogs has it: every value is text, and neither severity number, observed time, event name nor scope is stored. */
function rowOf({ timeMs, severityText, body, resource, attributes }: PlainRecord): Record<string, unknown> {
  const texts = Object.entries({ ...resource, ...attributes }).map(([name, value]) => [name, String(value)]);
  return { time: timeMs, _msg: body, severity: severityText, ...Object.fromEntries(texts) };
}

async function expectRows(service: string, expected: ReadonlyMap<string, PlainRecord>): Promise<void> {
  await victoriaLogs().flush();
  const rows = await victoriaLogs().query(`"service.name":=${service}`);
  const uids = rows.map((row) => row["log.record.uid"]);
  expect(uids).toHaveLength(expected.size);
  expect(new Set(uids)).toEqual(new Set(expected.keys()));
  const wanted = as(service, expected);
  for (const { _time, _stream, _stream_id, ...row } of rows) {
    const [got, want] = [
      { time: Date.parse(String(_time)), ...row },
      rowOf(wanted.get(row["log.record.uid"] as string) as PlainRecord),
    ];
    if (!isDeepStrictEqual(got, want)) expect(got).toEqual(want);
  }
}

describe.each<GenerateOptions>([
  { format: "oci", flows: 3_000, objects: 12 },
  { format: "ibm", flows: 3_000, objects: 24 },
])("a bucket of flow logs in Ceph radosgw: %o", (options) => {
  const { format } = options;

  test("every field of every record arrives once in the Collector and in VictoriaLogs, in every encoding", async () => {
    const bucket = `${format}-fields`;
    await radosgw().createBucket(bucket);
    const { objects, lookups } = await make(options);
    const expected = expectedRecords(storeOf(bucket), await put(bucket, objects), lookups);
    expect(expected.size).toBe(objects.reduce((sum, { records }) => sum + records, 0));
    const sinks = [
      { name: "collector-gzip", endpoint: collector().endpoint, encoding: "protobuf", compression: "gzip" },
      { name: "collector-zstd", endpoint: collector().endpoint, encoding: "protobuf", compression: "zstd" },
      { name: "collector-json", endpoint: collector().endpoint, encoding: "json", compression: "gzip" },
      { name: "victoria-gzip", endpoint: victoriaLogs().endpoint, encoding: "protobuf", compression: "gzip" },
      { name: "victoria-zstd", endpoint: victoriaLogs().endpoint, encoding: "protobuf", compression: "zstd" },
    ].map((sink) => ({ ...sink, serviceName: `${format}-${sink.name}` }));
    const config = configFor(bucket, sinks, { enrich: lookups });
    const from = Date.now();
    const ended = await runToEnd(config);
    const to = Date.now();
    expect(ended.code, ended.stderr).toBe(0);
    const whole = { delivered: expected.size, rejected: 0, deadLettered: 0 };
    expect(summaryOf(ended)).toMatchObject({
      objects: objects.length,
      records: expected.size,
      bad: 0,
      sinks: Object.fromEntries(sinks.map(({ name }) => [name, whole])),
    });

    const verify = async () => {
      for (const { name, serviceName } of sinks) {
        if (name.startsWith("victoria")) {
          await expectRows(serviceName, expected);
          continue;
        }
        const records = await collected(serviceName, expected);
        const observed = records.map(({ observedTimeUnixNano }) => Number(observedTimeUnixNano / 1_000_000n));
        expect(Math.min(...observed)).toBeGreaterThanOrEqual(from);
        expect(Math.max(...observed)).toBeLessThanOrEqual(to);
      }
    };
    await verify();

    const again = await runToEnd(config);
    expect(again.code, again.stderr).toBe(0);
    expect(summaryOf(again)).toMatchObject({ objects: 0, records: 0 });
    await verify();
  });

  test("objects that are put while it tails arrive without a restart, and SIGTERM ends it well", async () => {
    const bucket = `${format}-tail`;
    const service = `${format}-tailed`;
    await radosgw().createBucket(bucket);
    // What lies inside the look-back may come in any order.
    const { objects } = await make({ ...options, start: Date.UTC(2026, 0, 5, 10), spanMs: 100 * 60_000 });
    const sink = { endpoint: collector().endpoint, serviceName: service };
    const process = start(["run", "-c", configFor(bucket, [sink], {}, { sweepMs: 1_000 }), "--json"], environment());
    running.push(process);
    const there: PutObject[] = [];
    for (const part of [objects.slice(4, 8), objects.slice(8), objects.slice(0, 4)]) {
      there.push(...(await put(bucket, part)));
      const wanted = expectedRecords(storeOf(bucket), there).size;
      await until(`${wanted} records`, process, async () => {
        const got = (await collector().records()).filter(({ resource }) => resource["service.name"] === service);
        return got.length >= wanted;
      });
    }
    process.child.kill("SIGTERM");
    const ended = await process.ended;
    expect(ended.code, ended.stderr).toBe(0);
    await collected(service, expectedRecords(storeOf(bucket), there));
  });
});

test("more objects than a page of radosgw holds", async () => {
  await radosgw().createBucket("pages");
  const { objects } = await make({ format: "oci", flows: 2_400, objects: 1_150, incidents: [] });
  const expected = expectedRecords(storeOf("pages"), await put("pages", objects));
  const sink = { endpoint: collector().endpoint, serviceName: "pages" };
  const ended = await runToEnd(configFor("pages", [sink]));
  expect(ended.code, ended.stderr).toBe(0);
  expect(summaryOf(ended)).toMatchObject({ objects: 1_150, records: expected.size });
  await collected("pages", expected);
});

test("a wrong secret ends the run with exit code 1, and neither secret is shown", async () => {
  await radosgw().createBucket("closed");
  const config = configFor("closed", [{ endpoint: collector().endpoint }]);
  const wrong = "a-secret-that-is-not-of-this-user";
  const ended = await spawned(["run", "-c", config, "--until-caught-up"], { S3_SECRET: wrong });
  expect(ended.code, ended.stderr).toBe(1);
  expect(ended.stderr).toContain("closed");
  expect(ended.stdout + ended.stderr).not.toContain(wrong);
  expect(ended.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
});

async function until(what: string, process: Running, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await condition())) {
    if (process.child.exitCode !== null) throw new Error(`the run ended before ${what}: ${process.stderr()}`);
    if (Date.now() > deadline) throw new Error(`not within two minutes: ${what}; ${process.stderr()}`);
    await sleep(100);
  }
}
