import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { generate } from "../../src/generator/generate.ts";
import { asset } from "../../src/lib/assets.ts";
import { ask } from "../../src/query/ask.ts";
import { openFlows } from "../../src/query/flows.ts";
import { readySearch, readySearches } from "../../src/query/search.ts";
import type { BenchBucket } from "./bucket.ts";
import { type Measured, measure, startBeside, type Usage } from "./processes.ts";
import type { Table } from "./table.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url);
const RECEIVER = new URL("../simulators/otlp/main.ts", import.meta.url);
const ARTICLE = fileURLToPath(new URL("article.py", import.meta.url));
const never = new AbortController().signal;

/** What an archive costs to write and to ask, beside the way of the article: every JSON object read by Python, counted in dictionaries. */
export async function archive(bench: BenchBucket, seed: string, say: (line: string) => void): Promise<Table[]> {
  const folder = mkdtempSync(join(tmpdir(), "flowferry-bench-archive-"));
  try {
    const writing = await written(bench, folder, say);
    const asked = await askedAll(bench, seed, folder, say);
    return [writing, ...asked];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function written({ bucket, lookups, truth }: BenchBucket, folder: string, say: (line: string) => void): Promise<Table> {
  const table = (name: string) => join(lookups, `${name}.csv`);
  const run = async (name: string, parts: object): Promise<Measured> => {
    say(`writing: ${name}`);
    const config = join(folder, `${name}.yaml`);
    const enrich = {
      ports: asset("lookups/ports.csv"),
      servers: table("servers"),
      networks: table("networks"),
      subnets: table("subnets"),
    };
    const common = {
      source: { type: "directory", path: bucket },
      enrich,
      ledger: { path: `${name}.db` },
      telemetry: { level: "warn" },
    };
    writeFileSync(config, JSON.stringify({ ...common, ...parts }));
    return measure(MAIN, ["run", "-c", config, "--until-caught-up", "--json"]);
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

async function askedAll({ truth }: BenchBucket, seed: string, folder: string, say: (line: string) => void): Promise<Table[]> {
  const input = join(folder, "archive");
  say("the article's way, in Python");
  const started = performance.now();
  const article = JSON.parse(execFileSync("python3", [ARTICLE, join(folder, "enriched")], { encoding: "utf8" })) as Usage & {
    counted: number;
  };
  const way = { ...article, wallSeconds: (performance.now() - started) / 1000 };
  const network = networkFile(folder, truth.records, seed);
  const config = join(folder, "ask.yaml");
  const enrich = { oci: { files: [network] } };
  writeFileSync(
    config,
    JSON.stringify({ source: { type: "directory", path: input }, sinks: [{ type: "ndjson", path: "-" }], enrich }),
  );
  const [web, other] = generate({ format: "oci", flows: truth.records, seed }).world.hosts;
  const asks: [string, readonly string[]][] = [
    ["report ports", ["report", "ports", "--input", input, "--action", "all", "--format", "csv"]],
    [
      "report ports, with hosts into files",
      ["report", "ports", "--input", input, "--action", "all", "--out", join(folder, "ports")],
    ],
    ["explain", ["explain", web?.address ?? "", other?.address ?? "", "443", "--input", input]],
    [
      "report advise",
      ["report", "advise", "-c", config, "--input", input, "--min-days", "0", "--max-lost", "1000000", "--format", "json"],
    ],
  ];
  const rows: string[][] = [];
  for (const [name, args] of asks) {
    say(name);
    rows.push(rowOf(name, await measure(MAIN, args, { doubtful: true }), way));
  }
  rows.push(rowOf("the article's way: ports, in Python", way, way));
  const slowest = await searches(input, say);
  return [
    {
      title: "Asking the archive, whole processes",
      header: ["", "seconds", "CPU s", "peak RSS, MB", "article, CPU ÷ this"],
      rows,
    },
    { title: "Ready searches over all of it, the slowest five of them", header: ["", "seconds", "CPU s"], rows: slowest },
  ];
}

const rowOf = (name: string, used: Usage, article: Usage): string[] => [
  ...[name, used.wallSeconds.toFixed(2), used.cpuSeconds.toFixed(2), String(Math.round(used.peakRssBytes / 1e6))],
  (article.cpuSeconds / used.cpuSeconds).toFixed(1),
];

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
  found.sort(([, one], [, other]) => other - one);
  return found.slice(0, 5).map(([id, wall, cpu]) => [id, wall.toFixed(2), cpu.toFixed(2)]);
}

/** The generator's network under lists that allow all of TCP. */
function networkFile(folder: string, flows: number, seed: string): string {
  const generation = generate({ format: "oci", flows, seed });
  const lists = generation.world.subnets.map(({ name }) => ({
    ...{ id: `ocid1.securitylist.oc1.iad.${name}`, "display-name": name },
    "ingress-security-rules": [{ protocol: "all", source: "0.0.0.0/0" }],
    "egress-security-rules": [{ protocol: "all", destination: "0.0.0.0/0" }],
  }));
  const subnets = generation.world.subnets.map((subnet) => ({
    ...{ id: generation.subnetId(subnet), "display-name": subnet.name, "cidr-block": subnet.cidr },
    ...{ "ipv6-cidr-block": subnet.cidr6 ?? null, "security-list-ids": [`ocid1.securitylist.oc1.iad.${subnet.name}`] },
  }));
  const path = join(folder, "network.json");
  writeFileSync(path, JSON.stringify({ subnets, "security-lists": lists }));
  return path;
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
