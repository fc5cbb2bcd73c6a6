import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { loadRules } from "../../src/detect/load.ts";
import { LEVELS } from "../../src/detect/rule.ts";
import { asset } from "../../src/lib/assets.ts";
import type { BenchBucket } from "./bucket.ts";
import { type Cores, ONE, receiverBeside, TWO } from "./cores.ts";
import { type Peer, runPeer } from "./peer.ts";
import { type Beside, measure, startBeside, type Usage } from "./processes.ts";
import type { Table } from "./table.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url);
const FLOOR = new URL("./floor.ts", import.meta.url);
const RECEIVER = new URL("../simulators/otlp/main.ts", import.meta.url);
const EXPORTER = fileURLToPath(new URL("./official-exporter.ts", import.meta.url));

export interface ThroughputOptions {
  readonly rounds: number;
  /** Where to write CPU profiles of the program; undefined for none. */
  readonly profile: string | undefined;
  /** Other programs on the same objects. */
  readonly peers: readonly Peer[];
  /** The program of an earlier version, and its name; undefined for none. */
  readonly earlier: Earlier | undefined;
  readonly say: (line: string) => void;
}

export interface Earlier {
  readonly name: string;
  readonly main: URL;
}

/** What one run took. */
interface Run extends Usage {
  readonly records: number;
  /** Time that the work took by the program's own account, without its start; of a peer all of it. */
  readonly seconds: number;
  /** Of a record in requests, before and after compression; undefined of what sends none. */
  readonly bytes?: { readonly body: number; readonly wire: number };
}

/** What was measured of something, of several runs the middle one. */
export interface Line {
  readonly name: string;
  readonly records: number;
  readonly perSecond: number;
  /** Of CPU time, for a million records. */
  readonly secondsPerMillion: number;
  readonly bytes: Run["bytes"];
  readonly peakRssBytes: number;
}

/** What is measured beside the floor: a configuration, by what it has that the first one has not. */
interface Variant {
  readonly name: string;
  readonly main?: URL;
  /** Options of the sink. */
  readonly sink?: object;
  readonly besides?: object;
  readonly cores?: Cores;
}

/** What is compared with goals. */
const [GZIP, ZSTD, THREADS, FLOWS, ALL_RULES] = [
  "flowferry run",
  "with zstd",
  "with two threads, on two cores",
  "with flows made, and no rule",
  "with all rules",
];

/** Every line, those with a place in the goals by name. */
export interface Throughput {
  readonly floor: Line;
  readonly gzip: Line;
  readonly zstd: Line;
  readonly threads: Line;
  readonly flows: Line;
  readonly allRules: Line;
  readonly earlier: Line | undefined;
  readonly peers: readonly Line[];
  readonly all: readonly Line[];
}

/** Runs the floor, each variant of the program and each peer in turn over the same bucket: on one core, where nothing else is said. */
export async function throughput(
  bench: BenchBucket,
  { rounds, profile, peers, earlier, say }: ThroughputOptions,
): Promise<Throughput> {
  const { rules } = await loadRules(asset("deploy/detections"));
  const low = rules.filter(({ alerts, level }) => alerts && LEVELS.indexOf(level) < LEVELS.indexOf("medium"));
  const told = rules.filter((rule) => rule.alerts && !low.includes(rule));
  const inline = { run: { threads: 0 } };
  const disabled = low.map(({ name }) => name);
  const none = rules.filter(({ alerts }) => alerts).map(({ name }) => name);
  const variants: readonly Variant[] = [
    { name: GZIP, besides: inline },
    { name: ZSTD, sink: { compression: "zstd" }, besides: inline },
    { name: "with compression auto, which is zstd here", sink: { compression: "auto" }, besides: inline },
    { name: "with schema otel-compact", sink: { schema: "otel-compact" }, besides: inline },
    { name: "with schema otel-compact, zstd", sink: { schema: "otel-compact", compression: "zstd" }, besides: inline },
    { name: THREADS, besides: { run: { threads: 2 } }, cores: TWO },
    { name: FLOWS, besides: { ...inline, alerts: { disabled: none } } },
    { name: `with the ${told.length} rules from level medium on`, besides: { ...inline, alerts: { disabled } } },
    { name: ALL_RULES, besides: { ...inline, alerts: {} } },
    { name: "sink exporter: the official serializer and exporter", sink: { type: "exporter" }, besides: inline },
    ...(earlier === undefined ? [] : [{ name: earlier.name, main: earlier.main }]),
  ];
  const measured = new Map<string, Run[]>();
  const add = async (name: string, run: () => Promise<Run>) => {
    const runs = measured.get(name) ?? [];
    say(`${name}, round ${runs.length + 1} of ${rounds}`);
    const ran = await run();
    say(`  ${((ran.cpuSeconds / ran.records) * 1e6).toFixed(2)} µs of CPU a record`);
    measured.set(name, [...runs, ran]);
  };
  const floorName = "floor: gunzip, JSON.parse of every line";
  for (let round = 1; round <= rounds; round++) {
    await add(floorName, () => runFloor(bench));
    for (const variant of variants) {
      await add(variant.name, () => runProgram(bench, variant, variant.name === GZIP ? profile : undefined));
    }
    for (const peer of peers) await add(peer.name, () => besidesReceiver(ONE, (url) => runPeer(peer, bench, url, ONE)));
  }
  const all = [...measured].map(([name, runs]) => lineOf(name, runs));
  const line = (name: string) => all.find((one) => one.name === name) as Line;
  return {
    floor: line(floorName),
    gzip: line(GZIP),
    zstd: line(ZSTD),
    threads: line(THREADS),
    flows: line(FLOWS),
    allRules: line(ALL_RULES),
    earlier: earlier && line(earlier.name),
    peers: peers.map(({ name }) => line(name)),
    all,
  };
}

function lineOf(name: string, runs: readonly Run[]): Line {
  const [{ records = 0, bytes } = {}] = runs;
  return {
    name,
    records,
    bytes,
    perSecond: middle(runs.map((run) => run.records / run.seconds)),
    secondsPerMillion: middle(runs.map((run) => (run.cpuSeconds / run.records) * 1e6)),
    peakRssBytes: Math.max(...runs.map((run) => run.peakRssBytes)),
  };
}

export function throughputTable({ floor, gzip, all }: Throughput, { truth }: BenchBucket): Table {
  return {
    title: `OCI objects from a folder, all enrichers, OTLP protobuf with gzip to a local receiver (${truth.objects} objects)`,
    header: [
      "",
      "records",
      "records/s",
      "records/s, run = 1",
      "CPU s per million",
      "CPU, floor = 1",
      "bytes a record",
      "compressed",
      "peak RSS, MB",
    ],
    rows: all.map(({ name, records, perSecond, secondsPerMillion, bytes, peakRssBytes }) => [
      name,
      String(records),
      Math.round(perSecond).toLocaleString("en"),
      (perSecond / gzip.perSecond).toFixed(2),
      secondsPerMillion.toFixed(2),
      (secondsPerMillion / floor.secondsPerMillion).toFixed(2),
      bytes?.body.toFixed(0) ?? "",
      bytes?.wire.toFixed(1) ?? "",
      String(Math.round(peakRssBytes / 1e6)),
    ]),
  };
}

async function runFloor({ bucket, truth }: BenchBucket): Promise<Run> {
  const measured = await measure(FLOOR, [bucket], { cores: ONE });
  const { records, seconds } = JSON.parse(measured.stdout) as { records: number; seconds: number };
  if (records !== truth.records) throw new Error(`the floor read ${records} records of ${truth.records}`);
  return { ...measured, records, seconds };
}

/** What a run is with a receiver beside it, and what came there. */
async function besidesReceiver(
  cores: Cores,
  run: (url: string) => Promise<Omit<Run, "bytes">>,
): Promise<Run & { arrived: number }> {
  const receiver: Beside<{ url: string }> = await startBeside(RECEIVER, ["--keep", "later"], receiverBeside(cores));
  try {
    const ran = await run(receiver.ready.url);
    const stats = (await (await fetch(`${receiver.ready.url}/stats`)).json()) as Record<
      "records" | "bodyBytes" | "wireBytes",
      number
    >;
    const bytes = { body: stats.bodyBytes / stats.records, wire: stats.wireBytes / stats.records };
    return { ...ran, bytes, arrived: stats.records };
  } finally {
    await receiver.stop();
  }
}

async function runProgram(bench: BenchBucket, variant: Variant, profile: string | undefined): Promise<Run> {
  const { bucket, lookups, truth } = bench;
  const { main = MAIN, sink = {}, besides = {}, cores = ONE } = variant;
  const folder = mkdtempSync(join(tmpdir(), "flowferry-bench-run-"));
  try {
    const ran = await besidesReceiver(cores, async (url) => {
      const config = join(folder, "flowferry.yaml");
      writeFileSync(config, stringify({ ...configuration(bucket, lookups, sinkOf(url, sink)), ...besides }));
      const nodeArgs = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
      const measured = await measure(main, ["run", "-c", config, "--until-caught-up", "--json"], { nodeArgs, cores });
      return { ...measured, ...summaryOf(measured.stdout) };
    });
    if (ran.records !== truth.records || ran.arrived !== truth.records) {
      throw new Error(`of ${truth.records} records the program read ${ran.records} and the receiver took ${ran.arrived}`);
    }
    return ran;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One run under a profiler, which writes a file for each thread into the folder. */
export async function profiledRun(bench: BenchBucket, threads: number, folder: string): Promise<Usage> {
  return runProgram(bench, { name: "profiled", besides: { run: { threads } }, cores: TWO }, folder);
}

function sinkOf(endpoint: string, options: object): object {
  if ("type" in options) return { ...options, module: EXPORTER, options: { url: `${endpoint}/v1/logs`, compression: "gzip" } };
  return { type: "otlp", endpoint, encoding: "protobuf", compression: "gzip", ...options };
}

function configuration(bucket: string, lookups: string, sink: object): object {
  const table = (name: string) => join(lookups, `${name}.csv`);
  return {
    source: { type: "directory", path: bucket },
    enrich: {
      ports: asset("lookups/ports.csv"),
      servers: table("servers"),
      networks: table("networks"),
      subnets: table("subnets"),
    },
    sinks: [sink],
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
