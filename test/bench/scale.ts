import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { measure, startBeside } from "./processes.ts";
import type { Table } from "./table.ts";
import { summaryOf } from "./throughput.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url);
const BUCKET = new URL("./scale-bucket.ts", import.meta.url);
const RECEIVER = new URL("../simulators/otlp/main.ts", import.meta.url);
const POLL_MS = 1_000;
const TICKS = 8;
/** Between two questions whether a record has arrived. */
const LOOK_MS = 25;
/** Between two objects of the bucket. */
const STEP_MS = 60_000;

interface Ready {
  readonly endpoint: string;
  readonly namespace: string;
  readonly bucket: string;
  readonly config: string;
  readonly stats: string;
  /** Time in the name of the newest object, in ms. */
  readonly newest: number;
}

interface Stats {
  readonly list: number;
  readonly get: number;
  readonly bursts: readonly number[];
}

/**
 * Catches up with a bucket of each size, or with its newest `backlog` objects, then tails it with a new process: what depends on
 * the number of objects?
 */
export async function scale(sizes: readonly number[], backlog: number | undefined, say: (line: string) => void): Promise<Table> {
  const rows: string[][] = [];
  for (const size of sizes) rows.push(await rowOf(size, backlog, say));
  const read = backlog === undefined ? "all of it" : `the newest ${backlog} objects and the look-back`;
  return {
    title: `OCI Object Storage (simulated), one connector's folder, one object a minute: ${read} read, then a look every ${POLL_MS} ms`,
    header: [
      "objects",
      "read",
      "first record, s",
      "list calls to catch up",
      "peak RSS, MB",
      "list calls per look",
      "peak RSS tailing, MB",
      "ledger, kB",
    ],
    rows,
  };
}

async function rowOf(size: number, backlog: number | undefined, say: (line: string) => void): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "flowferry-bench-scale-"));
  const receiver = await startBeside<{ url: string }>(RECEIVER, ["--keep", "count"]);
  const store = await startBeside<Ready>(BUCKET, [size, POLL_MS, STEP_MS].map(String));
  const stats = async () => (await (await fetch(store.ready.stats)).json()) as Stats;
  try {
    const config = join(folder, "flowferry.yaml");
    writeFileSync(config, stringify(configuration(store.ready, receiver.ready.url, backlog)));
    say(`${size} objects: catching up`);
    const started = performance.now();
    const arrived = firstRecord(receiver.ready.url);
    const caughtUp = await measure(MAIN, ["run", "-c", config, "--until-caught-up", "--json"]);
    const firstSeconds = ((await arrived) - started) / 1000;
    const { records } = summaryOf(caughtUp.stdout);
    const first = await stats();
    const due = Math.min(size, backlog ?? size);
    if (first.get < due || records === 0) throw new Error(`${first.get} of ${due} objects were read, with ${records} records`);
    await sleep(POLL_MS);
    say(`${size} objects: tailing for ${TICKS} looks`);
    const tailing = await measure(MAIN, ["run", "-c", config], { until: () => looks(stats, first.bursts.length + TICKS) });
    // The first look of a process is not like the others, the last may not be whole.
    const ticks = (await stats()).bursts.slice(first.bursts.length + 1, first.bursts.length + TICKS - 1);
    const perTick = [...new Set(ticks)].sort((a, b) => a - b).join(" or ");
    const megabytes = (bytes: number) => String(Math.round(bytes / 1e6));
    const ledger = String(Math.round(ledgerBytes(join(folder, "flowferry.db")) / 1e3));
    const counts = [String(size), String(first.get), firstSeconds.toFixed(1), String(first.list)];
    return [...counts, megabytes(caughtUp.peakRssBytes), perTick, megabytes(tailing.peakRssBytes), ledger];
  } finally {
    await Promise.all([receiver.stop(), store.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** When the receiver had its first record. */
async function firstRecord(url: string): Promise<number> {
  for (;;) {
    const { records } = (await (await fetch(`${url}/stats`)).json()) as { records: number };
    if (records > 0) return performance.now();
    await sleep(LOOK_MS);
  }
}

/** What the ledger remembers: the pages of the file that are in use. */
function ledgerBytes(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const pragma = (name: string) => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
    return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
  } finally {
    database.close();
  }
}

/** Resolves when there were so many bursts of listings. */
async function looks(stats: () => Promise<Stats>, count: number): Promise<void> {
  const deadline = performance.now() + 60_000 + TICKS * POLL_MS * 4;
  while ((await stats()).bursts.length < count) {
    if (performance.now() > deadline) throw new Error("the program does not look for new objects");
    await sleep(POLL_MS / 4);
  }
}

function configuration(
  { endpoint, namespace, bucket, config, newest }: Ready,
  receiver: string,
  backlog: number | undefined,
): object {
  const since = backlog === undefined ? {} : { since: new Date(newest - (backlog - 1) * STEP_MS).toISOString() };
  return {
    source: { type: "oci-object-storage", namespace, bucket, endpoint, auth: { type: "config-file", file: config }, ...since },
    sinks: [{ type: "otlp", endpoint: receiver, encoding: "protobuf", compression: "gzip" }],
    ledger: { path: "flowferry.db" },
    run: { pollMs: POLL_MS, objects: 16 },
    telemetry: { level: "warn" },
  };
}
