import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { gzipSync } from "node:zlib";
import { generate } from "../../src/generator/generate.ts";
import { asset } from "../../src/lib/assets.ts";
import { ask } from "../../src/query/ask.ts";
import { openFlows } from "../../src/query/flows.ts";
import { readySearch, readySearches } from "../../src/query/search.ts";
import type { BenchBucket } from "./bucket.ts";
import { networkOf } from "./network.ts";
import { type Measured, measure, startBeside, type Usage } from "./processes.ts";
import type { Table } from "./table.ts";

const RECEIVER = new URL("../simulators/otlp/main.ts", import.meta.url);
const ARTICLE = fileURLToPath(new URL("article.py", import.meta.url));
const never = new AbortController().signal;

export interface ArchiveOptions {
  readonly seed: string;
  /** The built program. */
  readonly program: string;
  /** A folder with `archive` and `enriched` of this bucket, which are then not written. */
  readonly written: string | undefined;
  readonly say: (line: string) => void;
}

/** What an archive costs to write and to ask, beside the way of the article: every JSON object read by Python, counted in dictionaries. */
export async function archive(bench: BenchBucket, { seed, program, written: before, say }: ArchiveOptions): Promise<Table[]> {
  const main = resolve(program);
  if (!existsSync(main)) throw new Error(`${main} is not there: run \`npm run build\` first, or name another with --program`);
  const folder = mkdtempSync(join(tmpdir(), "flowferry-bench-archive-"));
  const generation = generate(bench.made);
  const network = join(folder, "network.json");
  writeFileSync(network, JSON.stringify(networkOf(generation, seed)));
  const parts = { main: pathToFileURL(main), enrich: enrichOf(bench, network), say };
  try {
    const writing = before === undefined ? [await written(bench, folder, parts)] : [];
    return [...writing, ...(await askedAll(bench, generation.world, folder, before ?? folder, parts))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Parts {
  readonly main: URL;
  /** Tables of the bucket, and the rules of its network. */
  readonly enrich: object;
  readonly say: (line: string) => void;
}

function enrichOf({ lookups }: BenchBucket, network: string): object {
  const table = (name: string) => join(lookups, `${name}.csv`);
  const tables = { servers: table("servers"), networks: table("networks"), subnets: table("subnets") };
  return { ports: asset("lookups/ports.csv"), ...tables, oci: { files: [network] } };
}

async function written({ bucket, truth }: BenchBucket, folder: string, { main, enrich, say }: Parts): Promise<Table> {
  const run = async (name: string, parts: object): Promise<Measured> => {
    say(`writing: ${name}`);
    const config = join(folder, `${name}.yaml`);
    const common = {
      source: { type: "directory", path: bucket },
      enrich,
      ledger: { path: `${name}.db` },
      telemetry: { level: "warn" },
    };
    writeFileSync(config, JSON.stringify({ ...common, ...parts }));
    return measure(main, ["run", "-c", config, "--until-caught-up", "--json"]);
  };
  const nobody = { selection: { sourcePort: -1 }, condition: "selection" };
  const nothing = await run("nothing", { sinks: [{ type: "ndjson", path: "none.ndjson", filter: nobody }] });
  const receiver = await startBeside<{ url: string }>(RECEIVER, ["--keep", "count"]);
  let otlp: Measured;
  try {
    otlp = await run("otlp", {
      sinks: [{ type: "otlp", endpoint: receiver.ready.url, encoding: "protobuf", compression: "gzip" }],
    });
  } finally {
    await receiver.stop();
  }
  const parquet = await run("parquet", { archive: { to: { type: "directory", path: "archive" } } });
  const json = await run("json", { archive: { to: { type: "directory", path: "enriched" }, format: "json" } });
  const micros = ({ cpuSeconds }: Usage) => (cpuSeconds / truth.records) * 1e6;
  const share = (one: Usage) => `${Math.round((100 * (micros(one) - micros(nothing))) / micros(otlp))} %`;
  const row = (name: string, used: Usage, bytes: number | undefined) => [
    ...[name, micros(used).toFixed(1), share(used), String(Math.round(used.peakRssBytes / 1e6))],
    bytes === undefined ? "" : (bytes / truth.records).toFixed(1),
  ];
  const enriched = join(folder, "enriched");
  return {
    title: `Writing ${truth.records} flows; what an output costs is what its run takes more than one that writes nothing`,
    header: ["", "CPU µs a record", "of it the output, of the OTLP path", "peak RSS, MB", "bytes a flow"],
    rows: [
      row("nothing", nothing, bytesBelow(bucket)),
      row("OTLP, protobuf, gzip", otlp, undefined),
      row("archive, Parquet", parquet, bytesBelow(join(folder, "archive"))),
      row("archive, enriched JSON", json, bytesBelow(enriched)),
      ["the same JSON, gzip (of one object)", "", "", "", gzippedShare(enriched, bytesBelow(enriched) / truth.records)],
    ],
  };
}

async function askedAll(
  { truth, bucket }: BenchBucket,
  { byRole }: ReturnType<typeof generate>["world"],
  folder: string,
  written: string,
  { main, enrich, say }: Parts,
): Promise<Table[]> {
  const input = join(written, "archive");
  say("the article's way, in Python");
  const started = performance.now();
  const counts = join(folder, "article");
  mkdirSync(counts);
  const printed = execFileSync("python3", [ARTICLE, join(written, "enriched"), counts], { encoding: "utf8" });
  const way: Usage = { ...(JSON.parse(printed) as Usage), wallSeconds: (performance.now() - started) / 1000 };
  const config = join(folder, "ask.yaml");
  const sinks = [{ type: "ndjson", path: "-" }];
  writeFileSync(config, JSON.stringify({ source: { type: "directory", path: bucket }, sinks, enrich }));
  const [balancer, web, database] = [byRole["load-balancer"], byRole.web, byRole.database].map(([one]) => one?.address ?? "");
  const guessed = truth.incidents.find(({ id }) => id === "brute-force");
  const ports = join(folder, "ports");
  const page = join(folder, "report.html");
  const advise = ["report", "advise", "-c", config, "--input", input, "--min-days", "0", "--max-lost", "1000000"];
  const asks: [string, readonly string[]][] = [
    ["report ports", ["report", "ports", "--input", input, "--format", "csv"]],
    ["report ports, with hosts, into files", ["report", "ports", "--input", input, "--out", ports]],
    ["explain, of now", ["explain", balancer as string, web as string, "8443", "--input", input]],
    [
      "explain, of hours before",
      ["explain", guessed?.source ?? "", guessed?.destination ?? "", String(guessed?.port), "--input", input],
    ],
    ["explain, where nothing is", ["explain", "198.51.100.250", database as string, "22", "--input", input]],
    ["report advise, 200 interfaces", [...advise, "--format", "json"]],
    ["report html", ["report", "html", "-c", config, "-i", input, "--since", truth.start, "--until", truth.end, "--out", page]],
  ];
  const rows: string[][] = [];
  for (const [name, args] of asks) {
    say(name);
    const used = await measure(main, args, { doubtful: true });
    rows.push(rowOf(name, used, way));
    if (args.includes("advise")) checkAdvice(JSON.parse(used.stdout), truth);
  }
  checkPorts(ports, counts);
  rows.push(rowOf("the article's way: ports and hosts, in Python", way, way));
  return [
    {
      title:
        "Asking the archive, whole processes; ports, hosts and the number of accepted flows are those that Python and the generator count",
      header: ["", "seconds", "CPU s", "CPU s ÷ 2", "peak RSS, MB", "article, CPU ÷ this"],
      rows,
    },
    {
      title: "Ready searches over all of it, the slowest five of them",
      header: ["", "seconds", "CPU s", "CPU s ÷ 2"],
      rows: await searches(input, say),
    },
  ];
}

const rowOf = (name: string, used: Usage, article: Usage): string[] => [
  ...[name, used.wallSeconds.toFixed(2), used.cpuSeconds.toFixed(2), (used.cpuSeconds / 2).toFixed(2)],
  ...[String(Math.round(used.peakRssBytes / 1e6)), (article.cpuSeconds / used.cpuSeconds).toFixed(1)],
];

/** Throws where the proposals drop something, or flows are missing. */
function checkAdvice(
  { proof }: { proof: { accepted: number; dropped: number; unexplained: number } },
  truth: BenchBucket["truth"],
): void {
  const { accepted, dropped, unexplained } = proof;
  if (accepted !== truth.flows.accept || dropped !== 0 || unexplained !== 0)
    throw new Error(`advice is wrong: ${JSON.stringify(proof)}, and ${truth.flows.accept} flows were accepted`);
}

type Section = { readonly port_counts: readonly { readonly port: number; readonly count: number }[] };
type Details = readonly { readonly destination_address: string; readonly destination_port: number; readonly count: number }[];

/** Throws where the files of `report ports` have other counts than those that Python has written. */
function checkPorts(folder: string, article: string): void {
  if (!isDeepStrictEqual(countsIn(folder), countsIn(article)))
    throw new Error("report ports and the article's way in Python count differently");
}

function countsIn(folder: string): object {
  const ports: Record<string, Record<string, Record<string, number>>> = {};
  const details: Record<string, Record<string, number>> = {};
  for (const name of readdirSync(folder)) {
    const { vnicsubnetocid: subnet, ...rest } = JSON.parse(readFileSync(join(folder, name), "utf8"));
    if (name.startsWith("details_")) {
      const records = rest.detailed_records as Details;
      details[subnet] = Object.fromEntries(
        records.map(({ destination_address: address, destination_port: port, count }) => [`${address} ${port}`, count]),
      );
      continue;
    }
    const sections = ["TCP_Internal", "TCP_External", "UDP_Internal", "UDP_External"].map((section) => {
      const counts = (rest[section] as Section).port_counts;
      return [section, Object.fromEntries(counts.map(({ port, count }) => [port, count]))] as const;
    });
    ports[subnet] = Object.fromEntries(sections);
  }
  return { ports, details };
}

async function searches(input: string, say: (line: string) => void): Promise<string[][]> {
  const found: [string, number, number][] = [];
  for (const { id } of readySearches()) {
    say(`search ${id}`);
    const { sql, fields } = readySearch(id, {});
    const [cpu, started] = [process.cpuUsage(), performance.now()];
    const flows = await openFlows([input], { fields });
    await ask(flows.connection, sql, { rows: 1000, timeoutMs: 600_000 }, never);
    flows.close();
    const { user, system } = process.cpuUsage(cpu);
    found.push([id, (performance.now() - started) / 1000, (user + system) / 1e6]);
  }
  found.sort(([, , one], [, , other]) => other - one);
  return found.slice(0, 5).map(([id, wall, cpu]) => [id, wall.toFixed(2), cpu.toFixed(2), (cpu / 2).toFixed(2)]);
}

const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
const bytesBelow = (folder: string) => filesBelow(folder).reduce((sum, path) => sum + statSync(path).size, 0);

function gzippedShare(folder: string, bytes: number): string {
  const [first] = filesBelow(folder);
  const text = readFileSync(first as string);
  return ((gzipSync(text).length / text.length) * bytes).toFixed(1);
}
