import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { loadRules } from "../../src/detect/load.ts";
import { LEVELS } from "../../src/detect/rule.ts";
import { asset } from "../../src/lib/assets.ts";
import type { BenchBucket } from "./bucket.ts";
import { type Beside, measure, startBeside, type Usage } from "./processes.ts";
import type { Table } from "./table.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url);
const FLOOR = new URL("./floor.ts", import.meta.url);
const RECEIVER = new URL("../simulators/otlp/main.ts", import.meta.url);

export interface ThroughputOptions {
  readonly rounds: number;
  /** Where to write CPU profiles of the program; undefined for none. */
  readonly profile: string | undefined;
  readonly say: (line: string) => void;
}

interface Row extends Usage {
  readonly name: string;
  readonly records: number;
  /** Time that the work took by the program's own account, without its start. */
  readonly seconds: number;
}

/** What is measured beside the floor: a configuration, by what it has that the first one has not. */
interface Variant {
  readonly name: string;
  readonly compression?: "gzip" | "auto";
  readonly besides?: object;
}

/** Runs the floor and each variant of the program in turn over the same bucket, and tells what each used. */
export async function throughput(bench: BenchBucket, { rounds, profile, say }: ThroughputOptions): Promise<Table> {
  const { rules } = await loadRules(asset("deploy/detections"));
  const low = rules.filter(({ alerts, level }) => alerts && LEVELS.indexOf(level) < LEVELS.indexOf("medium"));
  const told = rules.filter((rule) => rule.alerts && !low.includes(rule));
  const first: Variant = { name: "flowferry run" };
  const variants: readonly Variant[] = [
    first,
    { name: "with compression auto, which is zstd here", compression: "auto" },
    { name: "with two threads", besides: { run: { threads: 2 } } },
    {
      name: `with the ${told.length} rules from level medium on`,
      besides: { alerts: { disabled: low.map(({ name }) => name) } },
    },
    { name: `with all ${low.length + told.length} rules`, besides: { alerts: {} } },
  ];
  const floors: Row[] = [];
  const measured = new Map<Variant, Row[]>(variants.map((variant) => [variant, []]));
  for (let round = 1; round <= rounds; round++) {
    say(`floor, round ${round} of ${rounds}`);
    floors.push(await runFloor(bench));
    for (const [variant, rows] of measured) {
      say(`${variant.name}, round ${round} of ${rounds}`);
      rows.push(await runProgram(bench, variant, variant === first ? profile : undefined));
    }
  }
  const speed = (rows: readonly Row[]) => middle(rows.map(({ records, seconds }) => records / seconds));
  const perMillion = (rows: readonly Row[]) => middle(rows.map(({ records, cpuSeconds }) => (cpuSeconds / records) * 1e6));
  const programs = measured.get(first) ?? [];
  const line = (rows: readonly Row[]) => [
    rows[0]?.name ?? "",
    String(rows[0]?.records),
    Math.round(speed(rows)).toLocaleString("en"),
    (speed(rows) / speed(programs)).toFixed(2),
    perMillion(rows).toFixed(2),
    (perMillion(rows) / perMillion(floors)).toFixed(2),
    String(Math.round(Math.max(...rows.map(({ peakRssBytes }) => peakRssBytes)) / 1e6)),
  ];
  return {
    title: `OCI objects from a folder, all enrichers, OTLP protobuf with gzip to a local receiver (${bench.truth.objects} objects)`,
    header: ["", "records", "records/s", "records/s, run = 1", "CPU s per million", "CPU, floor = 1", "peak RSS, MB"],
    rows: [floors, ...measured.values()].map(line),
  };
}

async function runFloor({ bucket, truth }: BenchBucket): Promise<Row> {
  const measured = await measure(FLOOR, [bucket]);
  const { records, seconds } = JSON.parse(measured.stdout) as { records: number; seconds: number };
  if (records !== truth.records) throw new Error(`the floor read ${records} records of ${truth.records}`);
  return { ...measured, name: "floor: gunzip, JSON.parse of every line", records, seconds };
}

async function runProgram(
  { bucket, lookups, truth }: BenchBucket,
  { name, compression = "gzip", besides = {} }: Variant,
  profile: string | undefined,
): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "flowferry-bench-run-"));
  const receiver: Beside<{ url: string }> = await startBeside(RECEIVER, ["--keep", "count"]);
  try {
    const config = join(folder, "flowferry.yaml");
    writeFileSync(config, stringify({ ...configuration(bucket, lookups, receiver.ready.url, compression), ...besides }));
    const nodeArgs = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
    const measured = await measure(MAIN, ["run", "-c", config, "--until-caught-up", "--json"], { nodeArgs });
    const { records, seconds } = summaryOf(measured.stdout);
    const { records: arrived } = (await (await fetch(`${receiver.ready.url}/stats`)).json()) as { records: number };
    if (records !== truth.records || arrived !== truth.records) {
      throw new Error(`of ${truth.records} records the program read ${records} and the receiver took ${arrived}`);
    }
    return { ...measured, name, records, seconds };
  } finally {
    await receiver.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One run under a profiler, which writes a file for each thread into the folder. */
export async function profiledRun(bench: BenchBucket, threads: number, folder: string): Promise<Usage> {
  return runProgram(bench, { name: "profiled", besides: { run: { threads } } }, folder);
}

function configuration(bucket: string, lookups: string, endpoint: string, compression: string): object {
  const table = (name: string) => join(lookups, `${name}.csv`);
  return {
    source: { type: "directory", path: bucket },
    enrich: {
      ports: asset("lookups/ports.csv"),
      servers: table("servers"),
      networks: table("networks"),
      subnets: table("subnets"),
    },
    sinks: [{ type: "otlp", endpoint, encoding: "protobuf", compression }],
    ledger: { path: "flowferry.db" },
    telemetry: { level: "warn" },
  };
}

/** The line that `run --json` ends with. */
export function summaryOf(stdout: string): { readonly records: number; readonly seconds: number } {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as { records: number; seconds: number };
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}
