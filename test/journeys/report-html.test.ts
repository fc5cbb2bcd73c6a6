import { EventEmitter } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { main } from "../../src/cli/program.ts";
import { generate } from "../../src/generator/generate.ts";
import { INCIDENTS } from "../../src/generator/incidents.ts";
import { lookupFiles } from "../../src/generator/lookup-files.ts";
import type { IncidentTruth, Truth } from "../../src/generator/truth.ts";
import { writeBucket } from "./bucket.ts";
import { flowferry, type Workplace, workplace } from "./program.ts";
import { expectRefusal } from "./setting.ts";

const FLOWS = { format: "oci", flows: 3_000, objects: 12, vnics: 8, incidents: INCIDENTS } as const;
const HOUR = 3_600_000;

let place: Workplace;
let config: string;
let truth: Truth;
// biome-ignore lint/suspicious/noExplicitAny: lines of schema otel
let lines: { time: number; attributes: Record<string, any> }[];
/** The last twelve hours, before which there are as many. */
let window: { since: number; until: number };
const times = () => ["--since", new Date(window.since).toISOString(), "--until", new Date(window.until).toISOString()];

beforeAll(async () => {
  place = workplace();
  truth = await writeBucket(place.path("bucket"), FLOWS);
  mkdirSync(place.path("lookups"));
  for (const [name, text] of Object.entries(lookupFiles(generate(FLOWS)))) place.write(`lookups/${name}`, text);
  config = place.config({
    source: { type: "directory", path: "bucket" },
    enrich: { networks: "lookups/networks.csv", subnets: "lookups/subnets.csv", servers: "lookups/servers.csv" },
    sinks: [{ type: "ndjson", path: "out.ndjson" }],
    archive: { to: { type: "directory", path: "archive" } },
  });
  const ended = await flowferry(["run", "-c", config, "--until-caught-up"]);
  expect(ended.code, ended.stderr).toBe(0);
  lines = place.lines("out.ndjson").map(({ timestamp, attributes }) => ({ time: Date.parse(timestamp), attributes }));
  const last = Math.max(...lines.map(({ time }) => time));
  const until = Math.ceil((last + 1) / HOUR) * HOUR;
  window = { since: until - 12 * HOUR, until };
});
afterAll(() => place.remove());

const report = (...args: string[]) => flowferry(["report", "html", ...args]);

/** The cells of the first table below a heading, without their tags. */
function tableBelow(html: string, heading: string): string[][] {
  const [, rest = ""] = html.split(`>${heading}</h2>`);
  const [, body = ""] = /<tbody>([\s\S]*?)<\/tbody>/.exec(rest) ?? [];
  return body
    .split("</tr>")
    .filter((row) => row.includes("<t"))
    .map((row) => row.split(/<\/t[hd]>/).map((cell) => cell.replaceAll(/<[^>]*>/g, "").trim()));
}

/** The exact value below each tile's number. */
function tilesOf(html: string): Record<string, string> {
  const found = html.matchAll(/<dt>([^<]*)<\/dt><dd><div class="value">([^<]*)<\/div><div class="quiet small">([^<]*)</g);
  return Object.fromEntries([...found].map(([, name = "", value, exact]) => [name, `${value} | ${exact}`]));
}

const within = () => lines.filter(({ time }) => time >= window.since && time < window.until);
const sum = (some: readonly (typeof lines)[number][], name: string) =>
  some.reduce((total, { attributes }) => total + (attributes[name] ?? 0), 0);

test("says of the archive's flows what the lines of a sink say", async () => {
  const out = place.path("report.html");
  const ended = await report("-c", config, ...times(), "--out", out);
  expect([ended.code, ended.stderr]).toEqual([0, expect.not.stringContaining("passed over")]);
  const flows = within();
  expect(ended.stdout).toBe(`a report of ${flows.length} flows: ${out}\n`);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const html = readFileSync(out, "utf8");
  const accepted = flows.filter(({ attributes }) => attributes["flow.action"] === "accept");
  const rejected = flows.filter(({ attributes }) => attributes["flow.action"] === "reject");
  const exactly = (value: number) => value.toLocaleString("en-US");
  const addresses = (side: string) => new Set(flows.flatMap(({ attributes }) => attributes[`${side}.address`] ?? [])).size;
  expect(tilesOf(html)).toMatchObject({
    Flows: expect.stringContaining(`| ${exactly(flows.length)}`),
    Bytes: expect.stringContaining(`| ${exactly(sum(flows, "flow.bytes"))} B`),
    Packets: expect.stringContaining(`| ${exactly(sum(flows, "flow.packets"))}`),
    Rejected: expect.stringContaining(`| ${exactly(rejected.length)} flows`),
    Sources: expect.stringMatching(new RegExp(`^${addresses("source")} `)),
    Destinations: expect.stringMatching(new RegExp(`^${addresses("destination")} `)),
  });

  // Accepted and rejected of each slot, whatever its length.
  const slots = tableBelow(html, "Flows over time");
  const starts = slots.map(([at = ""]) => Date.parse(`${at.replace(" ", "T")}Z`));
  const counted = (some: typeof lines, slot: number) =>
    some.filter(({ time }) => time >= (starts[slot] ?? 0) && time < (starts[slot + 1] ?? window.until)).length;
  expect(slots.map((row) => row.slice(1, 3))).toEqual(
    slots.map((_, slot) => [exactly(counted(accepted, slot)), exactly(counted(rejected, slot))]),
  );

  // The Link table: pairs of a day by bytes.
  const pairs = new Map<string, number>();
  for (const { time, attributes } of accepted) {
    if (!(attributes["flow.bytes"] > 0)) continue;
    const end = (side: string) => [attributes[`flow.${side}.server`], attributes[`${side}.address`]].filter(Boolean).join(" ");
    const services = ["source", "destination"].map((side) => attributes[`flow.${side}.service`] ?? "Unknown");
    const key = [new Date(time).toISOString().slice(0, 10), end("source"), end("destination"), ...services].join("|");
    pairs.set(key, (pairs.get(key) ?? 0) + attributes["flow.bytes"]);
  }
  const expected = [...pairs].sort(([, one], [, other]) => other - one).slice(0, 5);
  const link = tableBelow(html, "Link table").slice(0, 5);
  expect(link.map((row) => row.slice(0, 5).join("|"))).toEqual(expected.map(([key]) => key));
  expect(html).toContain(`The 15 largest of ${exactly(pairs.size)}`);

  // Ports at which connections were accepted, with their share of all of these; a protocol without ports has none.
  const requests = accepted.filter(({ attributes }) => attributes["flow.initiator"] !== "destination");
  const asked = new Map<string, number>();
  for (const { attributes } of requests) {
    const hasPort = ["TCP", "UDP"].includes(attributes["flow.protocol.name"]);
    const name = `${attributes["flow.protocol.name"]}${hasPort ? ` ${attributes["destination.port"]}` : ""}`;
    asked.set(name, (asked.get(name) ?? 0) + 1);
  }
  const ports = tableBelow(html, "Ports");
  expect(asked.has("ICMP")).toBe(true);
  expect(Object.fromEntries(ports.map(([port, , count]) => [port, count]))).toEqual(
    Object.fromEntries([...asked].sort(([, one], [, other]) => other - one).map(([port, count]) => [port, exactly(count)])),
  );
  const share = (100 * Math.max(...asked.values())) / requests.length;
  expect(ports[0]?.[3]).toBe(`${share.toFixed(share < 10 ? 1 : 0)} %`);

  // Who was rejected most.
  const sources = new Map<string, number>();
  for (const { attributes } of rejected)
    sources.set(attributes["source.address"], (sources.get(attributes["source.address"]) ?? 0) + 1);
  const most = [...sources.values()].sort((one, other) => other - one).slice(0, 15);
  expect(tableBelow(html, "Rejected sources").map((row) => row[2])).toEqual(most.map(String));
});

test("finds the incidents: who scans, guesses and calls home, what is open to the outside, and what left", async () => {
  const { stdout: html } = await report("-c", config, "--since", truth.start, "--until", truth.end, "--out", "-");
  const incident = (id: string) => truth.incidents.find((one) => one.id === id) as IncidentTruth;
  const [scan, guess, beacon] = ["port-scan", "brute-force", "beacon"].map(incident) as [
    IncidentTruth,
    IncidentTruth,
    IncidentTruth,
  ];
  const suspects = tableBelow(html, "Suspects").map(([kind, source = "", target = ""]) => [
    kind,
    source.split(" ").at(-1),
    target,
  ]);
  const server = (address: string) =>
    lines.find(({ attributes }) => attributes["destination.address"] === address)?.attributes["flow.destination.server"] ??
    address;
  expect(suspects).toEqual([
    ["scan", scan.source, expect.stringMatching(/^\d+ ports of a host$/)],
    ["brute force", guess.source, `${server(guess.destination)} port ${guess.port}`],
    ["beacon", beacon.source, `${beacon.destination} port ${beacon.port}`],
  ]);
  const open = tableBelow(html, "Exposures").map(([host = "", port]) => [host.split(" ").at(-1), port]);
  expect(open).toContainEqual([incident("ssh-from-outside").destination, "22"]);
  const { source, destination } = incident("exfiltration");
  const [, largest = ""] = html.split(">Largest transfer</h2>");
  for (const end of [`Source ${source}`, `Destination ${destination}`]) expect(largest.slice(0, 3_000)).toContain(end);
  const [, unusual = ""] = html.split(">Unusual transfers</h2>");
  expect(unusual.slice(0, 3_000)).toContain(`Destination ${destination}: `);
});

test("is the same of the sink's lines, and nothing is left beside it", async () => {
  const [archive, same] = [place.path("a", "one.html"), place.path("b", "one.html")];
  for (const [from, out] of [
    [["-c", config], archive],
    [["-i", place.path("out.ndjson")], same],
  ] as const) {
    const ended = await report(...from, ...times(), "--out", out, "--title", "Ours & <theirs>");
    expect(ended.code, ended.stderr).toBe(0);
  }
  const plain = (file: string) =>
    readFileSync(file, "utf8")
      .replaceAll(/zr\d+/g, "zr")
      .replace(/at \d{4}-[\d: -]+UTC/, "");
  expect(plain(same)).toBe(plain(archive));
  expect(plain(same)).toContain("<h1>Ours &amp; &lt;theirs&gt;</h1>");
  expect(readdirSync(place.path("a"))).toEqual(["one.html"]);
});

test("is the same of the source, where there is no archive; what cannot be read is told", async () => {
  const { enrich } = {
    enrich: { networks: "lookups/networks.csv", subnets: "lookups/subnets.csv", servers: "lookups/servers.csv" },
  };
  const sinks = [{ type: "ndjson", path: "never.ndjson" }];
  const plain = place.config({ source: { type: "directory", path: "bucket" }, enrich, sinks }, "plain.yaml");
  const [one, other] = await Promise.all([
    report("-c", plain, ...times(), "--out", "-"),
    report("-c", config, ...times(), "--out", "-"),
  ]);
  expect([one.code, one.stderr]).toEqual([0, other.stderr]);
  const same = (text: string) => text.replaceAll(/zr\d+/g, "zr").replace(/at \d{4}-[\d: -]+UTC/, "");
  expect(same(one.stdout)).toBe(same(other.stdout));

  mkdirSync(place.path("damaged"));
  const [name = ""] = readdirSync(place.path("bucket"), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".gz"),
  );
  const whole = readFileSync(place.path("bucket", name));
  writeFileSync(place.path("damaged", "half.log.gz"), whole.subarray(0, Math.floor(whole.length / 2)));
  const damaged = place.config({ source: { type: "directory", path: "damaged", layout: "flat" }, enrich, sinks }, "damaged.yaml");
  const ended = await report("-c", damaged, "--since", "36500d", "--out", "-");
  expect(ended.code).toBe(3);
  expect(ended.stderr).toContain("could not be read");
  expect(ended.stdout).toMatch(/<li>the first of what could not be read: half\.log\.gz: /);
});

test("compares with the time before, unless that is not wanted", async () => {
  const before = lines.filter(({ time }) => time >= window.since - 12 * HOUR && time < window.since).length;
  const change = 100 * (within().length / before - 1);
  const compared = await report("-c", config, ...times(), "--out", "-");
  expect(compared.stdout).toContain("Changes are against the 12 hours before.");
  const shown = Math.abs(change) < 10 ? Math.abs(change).toFixed(1) : Math.round(Math.abs(change));
  expect(compared.stdout).toContain(`<div class="small">${change > 0 ? "+" : "−"}${shown} %</div>`);
  const alone = await report("-c", config, ...times(), "--out", "-", "--no-compare");
  expect(alone.stdout).not.toMatch(/before to compare with|against the 12 hours before|against before/);
  const first = ["--since", truth.start, "--until", new Date(Date.parse(truth.start) + HOUR).toISOString()];
  const early = await report("-c", config, ...first, "--out", "-");
  expect(early.stdout).toContain("There are no flows of the 1 hour before to compare with.");
});

test("names what is broken, foreign or half written, and tells of the rest; files of an older layout are read with the newer", async () => {
  mkdirSync(place.path("mixed"));
  const [hour = ""] = readdirSync(place.path("archive"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".parquet"),
  );
  const whole = readFileSync(place.path("archive", hour));
  writeFileSync(place.path("mixed", "new.parquet"), whole);
  writeFileSync(place.path("mixed", "half.parquet"), whole);
  truncateSync(place.path("mixed", "half.parquet"), Math.floor(whole.length / 2));
  writeFileSync(place.path("mixed", "foreign.json"), '[{"a":1}]');
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const copy = (sql: string, name: string) => connection.run(`COPY (${sql}) TO '${place.path("mixed", name)}' (FORMAT parquet)`);
  await copy("SELECT 1 AS one", "other.parquet");
  // Without most of today's columns.
  const columns = ["source.address", "destination.address", "flow.action", "flow.bytes", "flow.status"].map(
    (name) => `"${name}"`,
  );
  const from = `read_parquet('${place.path("archive", hour)}')`;
  await copy(
    `SELECT time + INTERVAL 1 HOUR AS time, 'old-' || "log.record.uid" AS "log.record.uid", ${columns.join(", ")} FROM ${from}`,
    "old.parquet",
  );
  const [[rows]] = (await connection.runAndReadAll(`SELECT count(*)::INT FROM ${from}`)).getRows() as [[number]];
  connection.closeSync();
  instance.closeSync();
  const { code, stdout, stderr } = await report(
    "-i",
    place.path("mixed"),
    "--since",
    "36500d",
    "--out",
    place.path("mixed.html"),
  );
  expect([code, stdout]).toEqual([3, `a report of ${2 * rows} flows: ${place.path("mixed.html")}\n`]);
  const told = stderr.split("\n").filter((line) => line.endsWith("passed over"));
  expect(told.map((line) => line.replace(`${place.path("mixed")}/`, "")).sort()).toEqual([
    "foreign.json holds no flows of schema otel or seed: passed over",
    "half.parquet is no whole Parquet file: passed over",
    "other.parquet is Parquet of somebody else: it has no flows: passed over",
  ]);
  expect(stderr).toContain(`${rows} of ${2 * rows} flows are of no named subnet: name them in`);
  const html = readFileSync(place.path("mixed.html"), "utf8");
  expect(html.match(/<li>Passed over: /g)?.length).toBe(3);
});

test("enriched JSON, which has no times, is told without pictures over time", async () => {
  const seed = place.config(
    {
      ...{ source: { type: "directory", path: "bucket" }, ledger: { path: ":memory:" }, filter: { action: "accept" } },
      sinks: [{ type: "ndjson", path: "seed.ndjson", schema: "seed" }],
    },
    "seed.yaml",
  );
  expect((await flowferry(["run", "-c", seed, "--until-caught-up"])).code).toBe(0);
  const { code, stdout, stderr } = await report("-i", place.path("seed.ndjson"), "--out", "-");
  expect(code).toBe(0);
  expect(stderr).toContain("enriched JSON holds no times: all of it is in the report, and in no picture over time");
  expect(stdout).toContain("No flow of the window has a time.");
});

test("refuses in one line what it cannot make, and writes nothing", async () => {
  const out = place.path("never.html");
  const empty = await report("-c", config, "--since", "2000-01-01", "--until", "2000-01-02", "--out", out);
  expect([empty.code, empty.stdout]).toEqual([2, ""]);
  expect(empty.stderr).toMatch(
    /^flowferry: there is no flow from 2000-01-01T00:00:00.000Z to 2000-01-02T00:00:00.000Z: there are flows from \d{4}-[^ ]* to \d{4}-[^ ]* \(--since, --until\)\n$/,
  );
  mkdirSync(place.path("none"));
  expectRefusal(await report("-i", place.path("none"), "--out", out), 2, "there are none at all");
  place.write("half.parquet", "PAR1 and no end");
  const half = await report("-i", place.path("half.parquet"), "--out", out);
  expectRefusal(half, 2, "there are none at all; passed over: ", "half.parquet is no whole Parquet file");
  expectRefusal(await report("-i", place.path("nothing"), "--out", out), 2, "there is no such file or folder");
  expectRefusal(await report("-c", config, "--since", "1d", "--until", "2d", "--out", out), 2, "is not before --until");
  expectRefusal(await report("-c", config, "--since", "soon", "--out", out), 2, '"soon" is no time');
  place.write("file", "");
  const unwritable = await report("-c", config, ...times(), "--out", place.path("file", "report.html"));
  expectRefusal(unwritable, 2, "cannot write");
  expect(existsSync(out)).toBe(false);
});

test("ends with Ctrl-C, and leaves no file", async () => {
  mkdirSync(place.path("stopped"));
  let told = "";
  const write = (text: string) => {
    told += text;
  };
  const surroundings = Object.assign(new EventEmitter(), {
    ...{ env: { HOME: process.env.HOME }, stdin: process.stdin, exit: () => {} },
    ...{
      stdout: Object.assign(new EventEmitter(), { write }),
      stderr: Object.assign(new EventEmitter(), { write, isTTY: false }),
    },
  });
  const ended = main(
    ["report", "html", "-c", config, ...times(), "--out", place.path("stopped", "r.html")],
    surroundings as never,
  );
  setImmediate(() => surroundings.emit("SIGINT", "SIGINT"));
  expect([await ended, told]).toEqual([130, ""]);
  expect(readdirSync(place.path("stopped"))).toEqual([]);
});
