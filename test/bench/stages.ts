import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchBucket } from "./bucket.ts";
import type { Table } from "./table.ts";
import { profiledRun } from "./throughput.ts";

interface Frame {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

interface CpuProfile {
  readonly nodes: readonly Frame[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A stage of the journey by the files whose functions do its work; the first one that fits counts. What no file says, the caller does. */
const STAGES: readonly (readonly [stage: string, files: RegExp])[] = [
  ["open, inflate", /\/src\/(intake\/|formats\/(gunzip|inflate|input|unpacked)\.ts|clouds\/[^/]+\/store)/],
  ["kernel", /\/src\/transcode\/|^wasm:/],
  ["decode", /\/src\/(formats\/|clouds\/[^/]+\/formats\/)/],
  ["enrich", /\/src\/enrich\//],
  ["rules", /\/src\/(detect|alerts)\//],
  ["compress", /\/src\/sinks\/otlp\/compression\.ts/],
  [
    "send",
    /\/src\/(sinks\/otlp\/(transport|response|export-response|negotiation)\.ts|lib\/http\/)|\/undici\/|^node:(http|net|internal\/stream_base_commons)/,
  ],
  ["encode", /\/src\/(sinks|schemas)\//],
  ["start", /^node:internal\/(modules|main|bootstrap|process\/esm)/],
];
const [GARBAGE, REST] = ["garbage", "rest: books, ledger"];
const NAMES = [...STAGES.map(([stage]) => stage), GARBAGE, REST];
/** Threads in the order of the columns. */
const [MAIN, WORKERS] = ["main thread", "workers"];

/**
 * Where a record's CPU goes, by stage and thread, on one thread and on two. A profile says the shares of a thread that runs JavaScript;
 * what it used by the system's account is divided by them. zlib, the collector of garbage and the compiler have threads of their own.
 */
export async function stages(bench: BenchBucket, say: (line: string) => void): Promise<Table[]> {
  const tables: Table[] = [];
  for (const threads of [0, 2]) {
    say(`stages, with ${threads} threads`);
    const folder = mkdtempSync(join(tmpdir(), "flowferry-bench-stages-"));
    try {
      const { cpuSeconds, mainCpuSeconds = cpuSeconds } = await profiledRun(bench, threads, folder);
      tables.push(tableOf(threads, bench.truth.records, cpuSeconds, mainCpuSeconds, profilesIn(folder)));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return tables;
}

/** Profiles by thread; the main one has number 0 in the name of its file. */
function profilesIn(folder: string): Map<string, Map<string, number>> {
  const found = new Map([MAIN, WORKERS].map((thread) => [thread, new Map<string, number>()]));
  for (const file of readdirSync(folder)) {
    const thread = /\.\d+\.0\.\d+\.cpuprofile$/.test(file) ? MAIN : WORKERS;
    const profile = JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile;
    for (const [stage, ms] of stagesOf(profile)) found.get(thread)?.set(stage, (found.get(thread)?.get(stage) ?? 0) + ms);
  }
  return found;
}

/** What the samples say of each stage, in ms. */
function stagesOf({ nodes, samples, timeDeltas }: CpuProfile): Map<string, number> {
  const frames = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const stageOf = (leaf: number): string | undefined => {
    for (let id: number | undefined = leaf; id !== undefined; id = parents.get(id)) {
      const { functionName, url } = frames.get(id)?.callFrame ?? { functionName: "", url: "" };
      if (functionName === "(idle)") return undefined;
      if (functionName === "(garbage collector)") return GARBAGE;
      const stage = STAGES.find(([, files]) => files.test(url));
      if (stage !== undefined) return stage[0];
    }
    return REST;
  };
  const known = new Map(nodes.map(({ id }) => [id, stageOf(id)]));
  const found = new Map<string, number>();
  for (const [i, sample] of samples.entries()) {
    const stage = known.get(sample);
    if (stage !== undefined) found.set(stage, (found.get(stage) ?? 0) + (timeDeltas[i] ?? 0) / 1000);
  }
  return found;
}

function tableOf(
  threads: number,
  records: number,
  cpuSeconds: number,
  mainCpuSeconds: number,
  profiles: ReadonlyMap<string, ReadonlyMap<string, number>>,
): Table {
  const sum = (stages: ReadonlyMap<string, number> | undefined) => [...(stages?.values() ?? [])].reduce((a, b) => a + b, 0);
  // Samples are of time, which others on the machine lengthen; they do so on all threads alike.
  const scale = (mainCpuSeconds * 1e6) / sum(profiles.get(MAIN)) / records;
  const columns = [MAIN, WORKERS].map((thread) => profiles.get(thread) ?? new Map<string, number>());
  const all = (cpuSeconds * 1e6) / records;
  const ours = columns.reduce((total, stages) => total + sum(stages) * scale, 0);
  const line = (name: string, values: readonly number[]) => {
    const total = values.reduce((a, b) => a + b, 0);
    return [name, ...values.map((micros) => micros.toFixed(2)), total.toFixed(2), `${((100 * total) / all).toFixed(0)} %`];
  };
  return {
    title: `Where the CPU time of a record goes, in µs: ${threads} threads beside the main one, under a profiler, OTLP protobuf with gzip`,
    header: ["stage", MAIN, WORKERS, "both", "of all"],
    rows: [
      ...NAMES.map((name) =>
        line(
          name,
          columns.map((stages) => (stages.get(name) ?? 0) * scale),
        ),
      ),
      [
        "zlib's pool, collector, compiler",
        "",
        "",
        Math.max(0, all - ours).toFixed(2),
        `${((100 * Math.max(0, all - ours)) / all).toFixed(0)} %`,
      ],
      ["all", "", "", all.toFixed(2), "100 %"],
    ],
  };
}
