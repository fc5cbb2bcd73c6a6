import { mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { generate } from "../../src/generator/generate.ts";
import type { GenerateOptions } from "../../src/generator/options.ts";
import { isThorough, runs } from "../runs.ts";
import { type Receiver, startReceiver } from "../simulators/otlp/receiver.ts";
import { flowferry, type Running, start, summaryOf, type Workplace, workplace } from "./program.ts";
import { expectedRecords, expectRecords, type PutObject } from "./second-decoder.ts";

let place: Workplace;
let out: Receiver;
const running: Running[] = [];

beforeEach(async () => {
  place = workplace();
  mkdirSync(place.path("bucket"));
  out = await startReceiver({ keep: "records" });
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
  await out.close();
  place.remove();
});

interface Made {
  readonly key: string;
  readonly bytes: Uint8Array;
}

const make = (options: GenerateOptions): Promise<Made[]> =>
  Array.fromAsync(generate({ vnics: 8, incidents: [], ...options }), ({ key, bytes }) => ({ key, bytes }));

/** Flow Logs for VPC of eight VNICs, two windows an hour: the hours after each other, and numbers 0 and 1 in each. */
const hours = (count: number, options: Partial<GenerateOptions> = {}): Promise<Made[]> =>
  make({ format: "ibm", flows: runs(200, 2) * count, objects: 16 * count, spanMs: count * 3_600_000, ...options });

/** Puts objects into the folder, each of them whole at once. The etag of a file is its size, time of writing in ns and inode, in base 36. */
function put(objects: readonly Made[]): PutObject[] {
  return objects.map(({ key, bytes }) => {
    const path = place.path("bucket", key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.tmp`, bytes);
    renameSync(`${path}.tmp`, path);
    const { size, mtimeNs, ino } = statSync(path, { bigint: true });
    return { key, bytes, etag: [size, mtimeNs, ino].map((part) => part.toString(36)).join("-") };
  });
}

const expected = (objects: readonly PutObject[]) => expectedRecords(pathToFileURL(place.path("bucket")).href, objects);

function configFor(source: object = {}): string {
  return place.config({
    source: { type: "directory", path: "bucket", sweepMs: 1_000, ...source },
    sinks: [{ type: "otlp", name: "out", endpoint: out.url, batch: { records: 500, lingerMs: 20 } }],
    run: { pollMs: 100, shutdownMs: 10_000 },
  });
}

function tail(config: string): Running {
  const process = start(["run", "-c", config]);
  running.push(process);
  return process;
}

async function arrived(objects: readonly PutObject[], process: Running): Promise<void> {
  const records = expected(objects).size;
  const deadline = Date.now() + 60_000;
  while (out.records.length < records) {
    if (process.child.exitCode !== null) throw new Error(`the run ended: ${process.stderr()}`);
    if (Date.now() > deadline)
      throw new Error(`${out.records.length} of ${records} records within a minute; ${process.stderr()}`);
    await sleep(20);
  }
}

async function endWell({ child, ended }: Running): Promise<void> {
  child.kill("SIGTERM");
  const { code, stderr } = await ended;
  expect(code, stderr).toBe(0);
}

interface Status {
  readonly objects: number;
  readonly partitions: number;
  readonly quality: readonly { readonly kind: string; readonly count: number; readonly lastMessage: string }[];
}

async function statusOf(config: string): Promise<Status> {
  const { code, stdout, stderr } = await flowferry(["status", "-c", config, "--json"]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

const hourOf = ({ key }: Made) => /\/hour=(\d\d)\//.exec(key)?.[1];
const vnicOf = ({ key }: Made) => /\/vnic-id=([^/]+)\//.exec(key)?.[1];

async function logged(text: string, process: Running): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!process.stderr().includes(text)) {
    if (Date.now() > deadline) throw new Error(`not said within 30 s: ${text}; ${process.stderr()}`);
    await sleep(20);
  }
}

describe("Flow Logs for VPC that come while it tails", () => {
  test("objects that come late, hours, streams and VNICs that are new", async () => {
    const all = await hours(3);
    const [first, second, third] = [...new Set(all.map(hourOf))].map((hour) =>
      all.filter((object) => hourOf(object) === hour),
    ) as [Made[], Made[], Made[]];
    const newcomer = vnicOf(all[0] as Made);
    const late = second.filter((_, index) => index % 3 === 1);
    const steps = [
      [...first, ...second].filter((object) => vnicOf(object) !== newcomer && !late.includes(object)),
      // Of an hour that is over, as far as the newest object says.
      late.filter((object) => vnicOf(object) !== newcomer),
      third.filter((object) => vnicOf(object) !== newcomer),
      all.filter((object) => vnicOf(object) === newcomer),
      second.slice(3, 6).map(({ key, bytes }) => ({ key: key.replace(/stream-id=[^/]+/, "stream-id=20260105T235959Z"), bytes })),
    ];
    const config = configFor();
    const process = tail(config);
    const there: PutObject[] = [];
    for (const step of steps) {
      expect(step.length).toBeGreaterThan(0);
      there.push(...put(step));
      await arrived(there, process);
    }
    await endWell(process);
    expectRecords(out.records, expected(there));
    expect((await statusOf(config)).partitions).toBeGreaterThanOrEqual(8);
  });

  test("an object that is replaced is read again, as another one", async () => {
    const all = await hours(1);
    const config = configFor();
    const process = tail(config);
    const before = put(all);
    await arrived(before, process);
    const [old] = before as [PutObject];
    const other = await hours(1, { seed: "2" });
    const again = put([{ key: old.key, bytes: (other[0] as Made).bytes }]);
    expect(again[0]?.etag).not.toBe(old.etag);
    await arrived([...before, ...again], process);
    await endWell(process);
    expectRecords(out.records, expected([...before, ...again]));
  });

  test("a number that never comes is reported once it has left the look-back, in the status and in the log", async () => {
    // Numbers begin at 0 in the folder that a stream has in each hour.
    const all = await hours(6, { objects: 192 });
    const lost = all.find((object) => hourOf(object) === "01" && object.key.endsWith("/00000001.gz")) as Made;
    const stream = /\/record-type=all\/(.*)\/00000001\.gz$/.exec(lost.key)?.[1];
    expect(all.filter(({ key }) => key.startsWith(dirname(lost.key))).length).toBeGreaterThan(2);
    const there = put(all.filter((object) => object !== lost));
    const config = configFor();
    const process = tail(config);
    await arrived(there, process);
    await logged("has a gap", process);
    await endWell(process);
    expectRecords(out.records, expected(there));
    const message = `stream ${stream} has a gap: number 1 never appeared`;
    const { quality } = await statusOf(config);
    expect(quality.filter(({ kind }) => kind === "sequence-gap")).toEqual([
      expect.objectContaining({ count: 1, lastMessage: message }),
    ]);
    expect((await running[0]?.ended)?.stderr).toContain(message);
  });
});

describe("what the ledger remembers", () => {
  const FLOWS = runs(3_000, 3);
  test.each<[string, () => Promise<Made[]>]>([
    ["Connector Hub", () => make({ format: "oci", flows: FLOWS, objects: isThorough ? 600 : 200, spanMs: 25 * 86_400_000 })],
    ["Flow Logs for VPC", () => make({ format: "ibm", flows: FLOWS, objects: isThorough ? 800 : 256, spanMs: 50 * 86_400_000 })],
  ])("does not grow with a bucket of %s: what is behind the look-back is forgotten", async (_, objects) => {
    const all = await objects();
    const config = configFor();
    const there: PutObject[] = [];
    for (const part of [all.slice(0, all.length / 2), all.slice(all.length / 2)]) {
      // Only objects that were there for two seconds before a listing move the look-back.
      // When a file came to be there nobody can set back.
      there.push(...put(part));
      await sleep(2_100);
      const ended = await flowferry(["run", "-c", config, "--until-caught-up", "--json"]);
      expect(ended.code, ended.stderr).toBe(0);
      expect(summaryOf(ended).objects).toBe(part.length);
      const { objects, partitions } = await statusOf(config);
      expect(objects).toBeLessThanOrEqual(partitions * 4);
    }
    expectRecords(out.records, expected(there));
  });
});
