import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { measure, startBeside } from "./processes.ts";
import type { Table } from "./table.ts";
import { summaryOf } from "./throughput.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url);
const BUCKET = new URL("./small-bucket.ts", import.meta.url);
const RECEIVER = new URL("../simulators/otlp/main.ts", import.meta.url);
/** The second number of objects is so many times the first: the difference between two runs has no start in it. */
const TIMES = 4;

interface Ready {
  readonly endpoint: string;
  readonly bucket: string;
  readonly stats: string;
  readonly records: number;
  readonly storedBytes: number;
}

interface Run {
  readonly objects: number;
  readonly records: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly lists: number;
}

/** What an object of some 100 KB costs, as IBM writes them, beyond its records: two buckets are read, one four times the other. */
export async function small(objects: number, rounds: number, say: (line: string) => void): Promise<Table> {
  const rows: string[][] = [];
  for (let round = 1; round <= rounds; round++) {
    say(`${objects} and ${objects * TIMES} small objects, round ${round} of ${rounds}`);
    const runs = [await runOf(objects), await runOf(objects * TIMES)] as const;
    const [few, many] = runs;
    const more = many.objects - few.objects;
    const cpu = ((many.cpuSeconds - few.cpuSeconds) / more) * 1e6;
    rows.push([
      String(many.objects),
      (many.records / many.objects).toFixed(0),
      String(many.lists),
      (more / (many.seconds - few.seconds)).toFixed(0),
      cpu.toFixed(0),
      (1e6 / cpu).toFixed(0),
    ]);
  }
  return {
    title: "IBM objects of 100 KB from a simulated S3 store, OTLP protobuf with gzip, without the start",
    header: ["objects", "records each", "list calls", "objects/s", "CPU µs an object", "objects a second of CPU"],
    rows,
  };
}

async function runOf(objects: number): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "flowferry-bench-small-"));
  const receiver = await startBeside<{ url: string }>(RECEIVER, ["--keep", "count"]);
  const store = await startBeside<Ready>(BUCKET, [String(objects)]);
  try {
    const { endpoint, bucket, stats, records: written } = store.ready;
    const config = join(folder, "flowferry.yaml");
    const access = { accessKeyId: "bench", secretAccessKey: "bench" };
    writeFileSync(
      config,
      stringify({
        source: { type: "s3", endpoint, bucket, ...access },
        sinks: [{ type: "otlp", endpoint: receiver.ready.url, encoding: "protobuf", compression: "gzip" }],
        ledger: { path: "flowferry.db" },
        telemetry: { level: "warn" },
      }),
    );
    const { stdout, cpuSeconds } = await measure(MAIN, ["run", "-c", config, "--until-caught-up", "--json"]);
    const { records, seconds } = summaryOf(stdout);
    if (records !== written) throw new Error(`of ${written} records the program read ${records}`);
    const { lists } = (await (await fetch(stats)).json()) as { lists: number };
    return { objects, records, seconds, cpuSeconds, lists };
  } finally {
    await Promise.all([receiver.stop(), store.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}
