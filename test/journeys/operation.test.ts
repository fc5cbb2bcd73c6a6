import { globSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GeneratedObject, generate } from "../../src/generator/generate.ts";
import type { GenerateOptions } from "../../src/generator/options.ts";
import { writeBucket } from "../../src/generator/write.ts";
import { type FaultPlan, type Receiver, startReceiver } from "../simulators/otlp/receiver.ts";
import { type Ended, flowferry, type Running, start, summaryOf, type Workplace, workplace } from "./program.ts";
import { expectedRecords, type PlainRecord } from "./second-decoder.ts";

const STACK_TRACE = /^\s+at .*:\d+:\d+\)?$/m;

let place: Workplace;
const receivers: Receiver[] = [];
const running: Running[] = [];

beforeEach(() => {
  place = workplace();
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
  for (const receiver of receivers.splice(0)) await receiver.close();
  place.remove();
});

async function receive(faults: FaultPlan = {}, options: object = {}): Promise<Receiver> {
  const receiver = await startReceiver({ keep: "uids", faults, ...options });
  receivers.push(receiver);
  return receiver;
}

async function bucket(options: Partial<GenerateOptions> = {}, folder = "bucket"): Promise<GeneratedObject[]> {
  const objects: GeneratedObject[] = [];
  const generation = generate({ format: "oci", flows: 2_000, objects: 8, vnics: 8, ...options });
  await writeBucket(generation, place.path(folder), (object) => objects.push(object), new AbortController().signal);
  return objects;
}

const recordsOf = (objects: readonly GeneratedObject[]) => objects.reduce((sum, { records }) => sum + records, 0);

/** The records of a folder, by their uids. The etag of a file is its size, time of writing in ns and inode, in base 36. */
function expectedIn(objects: readonly GeneratedObject[], folder = "bucket"): Map<string, PlainRecord> {
  const put = objects.map(({ key, bytes }) => {
    const { size, mtimeNs, ino } = statSync(place.path(folder, key), { bigint: true });
    return { key, bytes, etag: [size, mtimeNs, ino].map((part) => part.toString(36)).join("-") };
  });
  return expectedRecords(pathToFileURL(place.path(folder)).href, put);
}

function configFor(sinks: readonly object[], rest: object = {}, name?: string): string {
  const config = {
    source: { type: "directory", path: "bucket" },
    sinks,
    run: { pollMs: 200, shutdownMs: 10_000, retry: { initialMs: 20, maxMs: 100 } },
    ...rest,
  };
  return place.config(config, name);
}

const toReceiver = ({ url }: Receiver, options: object = {}) => ({
  type: "otlp",
  name: "out",
  endpoint: url,
  batch: { records: 100, lingerMs: 20 },
  ...options,
});
const toFile = (options: object = {}) => ({ type: "ndjson", path: "out.ndjson", ...options });
const runToEnd = (config: string, env?: NodeJS.ProcessEnv) =>
  flowferry(["run", "-c", config, "--until-caught-up", "--json"], env);

function begin(args: readonly string[]): Running {
  const process = start(args);
  running.push(process);
  return process;
}

async function until<T>(what: string, process: Running, condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (process.child.exitCode !== null) throw new Error(`the run ended before ${what}: ${process.stderr()}`);
    if (Date.now() > deadline) throw new Error(`not within a minute: ${what}; ${process.stderr()}`);
    await sleep(20);
  }
}

/** Ended with this code, said these things on stderr, and no stack trace. */
function expectRefusal(ended: Ended, code: number, ...said: (string | RegExp)[]): void {
  expect(ended.code, ended.stderr).toBe(code);
  for (const text of said) {
    if (typeof text === "string") expect(ended.stderr).toContain(text);
    else expect(ended.stderr).toMatch(text);
  }
  expect(ended.stderr).not.toMatch(STACK_TRACE);
}

describe("wrong usage ends with exit code 2", () => {
  test.each<[string, string[], string]>([
    ["no configuration", ["run"], "required option '-c, --config <file>' not specified"],
    ["an unknown command", ["rum"], "Did you mean run?"],
    ["an unknown option", ["run", "-c", "CONFIG", "--until-caught-upp"], "Did you mean --until-caught-up?"],
    ["a configuration that is not there", ["status", "-c", "/nonexistent/flowferry.yaml"], "cannot read configuration"],
    ["nothing to replay", ["replay", "-c", "CONFIG"], "say what to replay"],
    ["an unknown sink to replay to", ["replay", "-c", "CONFIG", "--since", "30d", "--sink", "ou"], "there is no sink ou: ndjson"],
    ["a number that is none", ["status", "-c", "CONFIG", "--limit", "many"], '"many" is not a whole number above 0'],
    ["status before anything ran", ["status", "-c", "CONFIG"], "there is no ledger at"],
  ])("%s", async (_, args, said) => {
    await bucket({ flows: 300, objects: 1, incidents: [] });
    const config = configFor([toFile()]);
    expectRefusal(await flowferry(args.map((arg) => (arg === "CONFIG" ? config : arg))), 2, said);
  });

  test("--help and --version are no failures", async () => {
    const help = await flowferry(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const command of ["run", "demo", "check", "plan", "status", "replay", "lookups", "generate", "schema"])
      expect(help.stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await flowferry(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });
});

describe("a faulty configuration is refused with file, line and advice", () => {
  const good = "source: { type: directory, path: bucket }\n";
  test.each<[string, string, string]>([
    ["a key at the top", `${good}sinsk:\n  - { type: ndjson, path: out }\n`, ":2:1: unknown key sinsk: did you mean sinks?"],
    [
      "a key of the source",
      `source:\n  type: directory\n  pathh: bucket\nsinks: [{ type: ndjson, path: out }]\n`,
      ":3:3: unknown key source.pathh: did you mean path?",
    ],
    [
      "a key of a sink",
      `${good}sinks:\n  - type: otlp\n    endpoint: http://127.0.0.1:1\n    compresion: gzip\n`,
      ":5:5: unknown key sinks[0].compresion: did you mean compression?",
    ],
    [
      "a type",
      `${good}sinks:\n  - { type: otpl, endpoint: "http://127.0.0.1:1" }\n`,
      ':3:13: unknown type "otpl": did you mean otlp?',
    ],
    ["a value", `${good}sinks: [{ type: ndjson, path: out }]\nrun:\n  pollMs: fast\n`, ":4:11: run.pollMs: "],
    [
      "two sinks of one name",
      `${good}sinks:\n  - { type: ndjson, path: a }\n  - { type: ndjson, path: b }\n`,
      "two sinks are called ndjson",
    ],
    ["no sinks", `${good}sinks: []\n`, ":2:8: sinks: at least one sink is needed"],
    [
      "a variable of the environment that is not set",
      `${good}sinks:\n  - type: otlp\n    endpoint: "\${OTLP_ENDPOINT}"\n`,
      ":4:15: environment variable OTLP_ENDPOINT is not set",
    ],
    ["YAML", `${good}sinks: [{ type: ndjson, path: out }\n`, "not valid YAML"],
    [
      "a folder that is not there",
      `source:\n  { type: directory, path: buckett }\nsinks: [{ type: ndjson, path: out }]\n`,
      "buckett is not there",
    ],
    [
      "a span that ends before it begins",
      `${good}filter: { since: 2026-02-01, until: 2026-01-01 }\nsinks: [{ type: ndjson, path: out }]\n`,
      "is not before until (2026-01-01)",
    ],
    [
      "a lookup table that is not there",
      `${good}enrich: { servers: srv.csv }\nsinks: [{ type: ndjson, path: out }]\n`,
      "srv.csv: does not exist: create the file, or correct its path in the configuration",
    ],
    [
      "a line of a lookup table",
      `${good}enrich: { servers: servers.csv }\nsinks: [{ type: ndjson, path: out }]\n`,
      "servers.csv:3",
    ],
  ])("%s", async (_, text, said) => {
    await bucket({ flows: 300, objects: 1, incidents: [] });
    place.write("servers.csv", "address,server\n10.0.0.1,a\n10.0.0.300,b\n");
    const file = place.write("flowferry.yaml", text);
    const ended = await flowferry(["run", "-c", file, "--until-caught-up"]);
    expectRefusal(ended, 2, said.startsWith(":") ? `${file}${said}` : said);
    expect(ended.stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
    expect(ended.stdout).toBe("");
  });
});

describe("check", () => {
  test("says what is in order, and ships nothing", async () => {
    await bucket();
    const out = await receive();
    const config = configFor([toReceiver(out), toFile()]);
    const ended = await flowferry(["check", "-c", config]);
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    const lines = ended.stdout.trimEnd().split("\n");
    expect(lines.map((line) => /^(ok|FAILED) +([^:]+):/.exec(line)?.slice(1))).toEqual(
      ["configuration", "lookups", "source", "list", "read", "sink out", "sink ndjson"].map((step) => ["ok", step]),
    );
    expect(out.stats.records).toBe(0);
    expect(() => statSync(place.path("out.ndjson"))).toThrow("ENOENT");
    expect(() => statSync(place.path("flowferry.db"))).toThrow("ENOENT");
  });

  test("names each part that is not, goes on with the others, and ends with exit code 1", async () => {
    const [refusing, out] = [await receive({}, { requireHeaders: { authorization: "Bearer right" } }), await receive()];
    const gone = await receive();
    await gone.close();
    place.write("servers.csv", "address,server\n10.0.0.1,a\n10.0.0.300,b\n");
    const config = configFor(
      [
        toReceiver(refusing, { name: "refusing", headers: { authorization: "Bearer wrong" } }),
        toReceiver(gone, { name: "gone" }),
        toFile({ path: "nowhere/out.ndjson" }),
        toReceiver(out),
      ],
      { source: { type: "directory", path: "nothing" }, enrich: { servers: "servers.csv" } },
    );
    const ended = await flowferry(["check", "-c", config, "--json"]);
    expectRefusal(ended, 1);
    const findings = ended.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(Object.fromEntries(findings.map(({ step, ok }) => [step, ok]))).toEqual({
      configuration: true,
      lookups: false,
      source: false,
      "sink refusing": false,
      "sink gone": false,
      "sink ndjson": false,
      "sink out": true,
    });
    const detail = (step: string) => findings.find((finding) => finding.step === step).detail;
    expect(detail("lookups")).toContain("servers.csv:3");
    expect(detail("source")).toContain("nothing is not there");
    expect(detail("sink refusing")).toContain("401");
    expect(detail("sink gone")).toContain(`cannot reach ${new URL(gone.url).host}`);
    expect(detail("sink ndjson")).toContain("there is no folder");
    expect(ended.stdout).not.toContain("Bearer wrong");
  });
});

test("generate, plan, run, status and replay agree on what there is", async () => {
  const made = await flowferry([
    "generate",
    "--format",
    "oci",
    "--out",
    place.path("bucket"),
    "--flows",
    "2500",
    "--objects",
    "10",
    "--vnics",
    "8",
    "--json",
  ]);
  expect(made.code, made.stderr).toBe(0);
  const truth = JSON.parse(readFileSync(place.path("bucket.truth.json"), "utf8"));
  expect(truth).toMatchObject({ objects: 10, bad: 0 });
  expect(truth.flows.accept + truth.flows.reject).toBe(2500);
  const twice = await flowferry(["generate", "--format", "oci", "--out", place.path("bucket")]);
  expectRefusal(twice, 2, "bucket");

  const out = await receive();
  const config = configFor([toReceiver(out)]);
  const plan = await flowferry(["plan", "-c", config, "--json"]);
  expect(plan.code, plan.stderr).toBe(0);
  expect(JSON.parse(plan.stdout)).toMatchObject({ objects: 10, bytes: truth.storedBytes, partitions: 1 });
  expect(out.stats.requests).toBe(0);

  const ended = await runToEnd(config);
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stdout.trimEnd().split("\n")).toHaveLength(1);
  expect(summaryOf(ended)).toMatchObject({
    objects: 10,
    records: truth.records,
    bad: 0,
    skipped: 0,
    filtered: 0,
    sinks: { out: { delivered: truth.records, rejected: 0, deadLettered: 0 } },
    alerts: 0,
  });
  expect(out.uids.size).toBe(truth.records);

  const status = await flowferry(["status", "-c", config, "--json"]);
  expect(status.code, status.stderr).toBe(0);
  const state = JSON.parse(status.stdout);
  expect(state).toMatchObject({
    owner: null,
    // The connector's folder, and whatever lies beside such folders.
    partitions: 2,
    undecodable: 0,
    sinks: [{ name: "out", pendingObjects: 0, pendingBytes: 0, oldestPending: null, delivered: truth.records, rejected: 0 }],
  });
  const text = await flowferry(["status", "-c", config]);
  expect(text.stdout).toContain("no worker is running");
  expect(text.stdout).toContain(`out: caught up; ${truth.records} delivered, 0 rejected, 0 dead letters`);
  expect((await flowferry(["status", "-c", config, "--dead-letters"])).stdout).toBe("no dead letters\n");
  expect((await flowferry(["plan", "-c", config])).stdout).toMatch(/^nothing new/);

  // 06:00 to 12:00 of the generated day, counted in the objects themselves.
  const lines = truthLines();
  const [from, to] = [Date.UTC(2026, 0, 5, 6) / 1000, Date.UTC(2026, 0, 5, 12) / 1000];
  const inSpan = lines.filter(({ data }) => data.startTime >= from && data.startTime < to).length;
  expect(inSpan).toBeGreaterThan(100);
  const replayed = await flowferry([
    "replay",
    "-c",
    config,
    "--since",
    "2026-01-05T06:00:00Z",
    "--until",
    "2026-01-05T12:00:00Z",
    "--json",
  ]);
  expect(replayed.code, replayed.stderr).toBe(0);
  expect(summaryOf(replayed).sinks.out).toEqual({ delivered: inSpan, rejected: 0, deadLettered: 0 });
  expect(out.uids.size).toBe(truth.records);
  expect(out.stats.records).toBe(truth.records + inSpan);
  expect(JSON.parse((await flowferry(["status", "-c", config, "--json"])).stdout)).toEqual(state);

  function truthLines(): { data: { startTime: number } }[] {
    return globSync("**/*.gz", { cwd: place.path("bucket") }).flatMap((file) =>
      gunzipSync(readFileSync(place.path("bucket", file)))
        .toString()
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    );
  }
});

test("schema prints a JSON Schema of the configuration, and a reference", async () => {
  const schema = await flowferry(["schema"]);
  expect(schema).toMatchObject({ code: 0, stderr: "" });
  const { properties, required, additionalProperties } = JSON.parse(schema.stdout);
  expect(Object.keys(properties).sort()).toEqual([
    "alerts",
    "enrich",
    "filter",
    "format",
    "ledger",
    "limits",
    "run",
    "sinks",
    "source",
    "telemetry",
  ]);
  expect(required).toEqual(expect.arrayContaining(["source", "sinks"]));
  expect(additionalProperties).toBe(false);
  const markdown = await flowferry(["schema", "--markdown"]);
  for (const word of ["oci-object-storage", "pollMs", "lookBack", "sourceAddress"]) expect(markdown.stdout).toContain(word);
});

test("a second worker on the same ledger is refused, and told who has it", async () => {
  await bucket();
  const out = await receive();
  const config = configFor([toReceiver(out)]);
  const first = begin(["run", "-c", config]);
  await until("the first records", first, () => out.uids.size > 0);
  const second = await runToEnd(config);
  expectRefusal(second, 2, `process ${first.child.pid} on `, "ledger.path");
  const status = await flowferry(["status", "-c", config]);
  expect(status.stdout).toContain(`worker: process ${first.child.pid} on `);
  first.child.kill("SIGTERM");
  expect((await first.ended).code).toBe(0);
});

describe("a signal in the middle of a run", () => {
  test.each<[NodeJS.Signals, string[], number]>([
    ["SIGTERM", ["--until-caught-up"], 130],
    ["SIGINT", ["--until-caught-up"], 130],
    ["SIGTERM", [], 0],
    ["SIGINT", [], 130],
  ])("%s %j ends with exit code %i, and the next run delivers the rest, nothing twice", async (signal, mode, code) => {
    const records = recordsOf(await bucket({ flows: 6_000, objects: 12 }));
    const out = await receive({ "*": { delayMs: 60 } });
    const config = configFor([toReceiver(out, { inFlight: 2 })]);
    const process = begin(["run", "-c", config, "--json", ...mode]);
    await until("the first records", process, () => out.uids.size >= 400);
    process.child.kill(signal);
    const ended = await process.ended;
    expect([ended.code, ended.signal], ended.stderr).toEqual([code, null]);
    const taken = out.stats.records;
    expect(taken).toBeLessThan(records);
    expect(ended.stderr).not.toMatch(STACK_TRACE);
    expect(summaryOf(ended).sinks.out?.delivered).toBe(taken);

    const rest = await runToEnd(config);
    expect(rest.code, rest.stderr).toBe(0);
    expect(summaryOf(rest).sinks.out?.delivered).toBe(records - taken);
    expect(out.uids.size).toBe(records);
    expect(out.stats.records).toBe(records);
  });
});

test("serves /metrics, /healthz and /readyz", async () => {
  const objects = await bucket({ damage: ["bad-address", "truncated-gzip", "other-type"] });
  const out = await receive();
  const config = configFor([toReceiver(out)], { telemetry: { listen: "127.0.0.1:0" }, filter: { action: "reject" } });
  const process = begin(["run", "-c", config]);
  const url = await until("the address", process, () => /"address":"(http:[^"]+)"/.exec(process.stderr())?.[1]);
  const get = async (path: string) => {
    const response = await fetch(url + path);
    return { status: response.status, text: await response.text() };
  };
  expect(await get("/healthz")).toEqual({ status: 200, text: "ok\n" });
  expect(await get("/readyz")).toEqual({ status: 200, text: "ok\n" });
  expect((await get("/")).status).toBe(404);

  const value = (text: string, name: string) => {
    const line = text.split("\n").find((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`));
    return line === undefined ? undefined : Number(line.split(" ").at(-1));
  };
  const rejects = objects.reduce((sum, { truth }) => sum + truth.reject, 0);
  const text = await until("all objects", process, async () => {
    const { text } = await get("/metrics");
    const done =
      value(text, "flowferry_objects_total") === objects.length &&
      value(text, "flowferry_sink_delivered_records_total") === rejects;
    return done ? text : undefined;
  });
  const bad = objects.reduce((sum, { truth }) => sum + truth.bad + truth.broken, 0);
  expect(bad).toBeGreaterThan(1);
  const sum = (name: string) =>
    text
      .split("\n")
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .reduce((total, line) => total + Number(line.split(" ").at(-1)), 0);
  expect(sum("flowferry_bad_records_total")).toBe(bad);
  expect(text).toMatch(/^flowferry_bad_records_total\{[^}]*code="bad-address"/m);
  expect(sum("flowferry_skipped_records_total")).toBe(
    objects.reduce((total, { truth }) => total + Object.values(truth.skipped).reduce((a, b) => a + b, 0), 0),
  );
  expect(sum("flowferry_filtered_records_total")).toBe(sum("flowferry_records_total") - rejects);
  expect(text).toMatch(/^flowferry_sink_delivered_records_total\{[^}]*sink="out"/m);
  for (const gauge of ["flowferry_sink_lag", "flowferry_sink_pending_objects", "flowferry_sink_trouble"])
    expect(text).toMatch(new RegExp(`^${gauge}(_seconds)?\\{[^}]*sink="out"[^}]*\\} 0`, "m"));
  expect(sum("flowferry_source_passes_total")).toBeGreaterThan(0);
  process.child.kill("SIGTERM");
  expect((await process.ended).code).toBe(0);
});

test("a changed lookup table is taken over within five seconds, a broken one is refused and the good one stays", async () => {
  const objects = await bucket({ flows: 1_500, objects: 6, incidents: [], start: Date.UTC(2026, 0, 5, 10), spanMs: 6_000_000 });
  const servers = (name: string) => `address,server\n0.0.0.0/0,${name}\n::/0,${name}\n`;
  place.write("servers.csv", servers("old"));
  await bucket({ flows: 300, objects: 1, seed: "2", incidents: [] }, "live");
  const config = configFor([toFile()], { source: { type: "directory", path: "live" }, enrich: { servers: "servers.csv" } });
  const process = begin(["run", "-c", config]);
  const lines = () =>
    statSync(place.path("out.ndjson"), { throwIfNoEntry: false }) === undefined ? [] : place.lines("out.ndjson");
  const names = (records: { attributes: Record<string, string> }[]) => [
    ...new Set(records.filter((record) => record.attributes["source.address"]).map((r) => r.attributes["flow.source.server"])),
  ];
  const versions = (records: { attributes: Record<string, string> }[]) => [
    ...new Set(records.map(({ attributes }) => attributes["flow.lookups.version"])),
  ];
  await until("the first records", process, () => lines().length > 0);
  await sleep(500);
  const before = lines();
  expect(names(before)).toEqual(["old"]);

  writeFileSync(place.path("servers.csv"), servers("new"));
  const changedAt = Date.now();
  await until("the new table", process, () => process.stderr().includes("servers.csv"));
  expect(Date.now() - changedAt).toBeLessThan(5_000);
  const later = objects.slice(0, 3);
  for (const { key, bytes } of later) place.write(`live/later-${objects.findIndex((one) => one.key === key)}.gz`, bytes);
  await until("the records of later objects", process, () => lines().length >= before.length + recordsOf(later));
  const after = lines().slice(before.length);
  expect(names(after)).toEqual(["new"]);
  expect(versions(after)).toHaveLength(1);
  expect(versions(after)).not.toEqual(versions(before));

  writeFileSync(place.path("servers.csv"), "address,server\n10.0.0.300,broken\n");
  await until("the refusal", process, () => process.stderr().includes("servers.csv:2"));
  for (const { bytes } of objects.slice(3, 4)) place.write("live/last.gz", bytes);
  const all = before.length + recordsOf(objects.slice(0, 4));
  await until("the last object", process, () => lines().length >= all);
  const last = lines().slice(before.length + after.length);
  expect(names(last)).toEqual(["new"]);
  expect(versions(last)).toEqual(versions(after));
  process.child.kill("SIGTERM");
  const ended = await process.ended;
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stderr).not.toMatch(STACK_TRACE);
});

test.each<Partial<GenerateOptions>>([
  { format: "ibm", objects: 192 },
  { format: "oci", objects: 96 },
])("filters by action and time hold back exactly the other records: %o", async (options) => {
  const objects = await bucket(options);
  const [since, until] = ["2026-01-05T08:00:00Z", "2026-01-05T16:30:00Z"];
  const config = configFor([toFile()], { filter: { action: "accept", since, until } });
  const ended = await runToEnd(config);
  expect(ended.code, ended.stderr).toBe(0);
  const all = [...expectedIn(objects)];
  const wanted = all.filter(
    ([, { timeMs, attributes }]) =>
      attributes["flow.action"] === "accept" && timeMs >= Date.parse(since) && timeMs < Date.parse(until),
  );
  expect(wanted.length).toBeGreaterThan(100);
  const uids = place.lines("out.ndjson").map(({ attributes }) => attributes["log.record.uid"]);
  expect(uids.sort()).toEqual(wanted.map(([uid]) => uid).sort());
  const summary = summaryOf(ended);
  expect(summary.records).toBe(summary.filtered + wanted.length);
  // Objects that are far from the span are not read at all.
  expect(summary.objects).toBeLessThan(objects.length);
  expect(summary.sinks.ndjson).toEqual({ delivered: wanted.length, rejected: 0, deadLettered: 0 });
});

test("lines in the schemas otel, ecs, ocsf and seed", async () => {
  const objects = await bucket({ flows: 1_500, objects: 3 });
  const schemas = ["otel", "ecs", "ocsf", "seed"];
  const config = configFor(schemas.map((schema) => ({ type: "ndjson", name: schema, path: `${schema}.ndjson`, schema })));
  const ended = await runToEnd(config);
  expect(ended.code, ended.stderr).toBe(0);
  const expected = expectedIn(objects);
  const plain = (value: unknown) => (typeof value === "bigint" ? Number(value) : value);
  const plainAll = (values: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plain(value)]));
  // biome-ignore lint/suspicious/noExplicitAny: lines of any schema
  const by = (schema: string, uid: (line: any) => string) =>
    new Map(place.lines(`${schema}.ndjson`).map((line) => [uid(line), line]));

  const otel = by("otel", ({ attributes }) => attributes["log.record.uid"]);
  const ecs = by("ecs", (line) => line["event.id"]);
  const ocsf = by("ocsf", ({ metadata }) => metadata.uid);
  for (const lines of [otel, ecs, ocsf]) expect(new Set(lines.keys())).toEqual(new Set(expected.keys()));
  for (const [uid, { timeMs, severityNumber, severityText, eventName, resource, attributes }] of expected) {
    const { observedTimestamp, ...line } = otel.get(uid);
    expect(Date.parse(observedTimestamp)).toBeGreaterThan(Date.UTC(2026, 0, 1));
    expect(line).toEqual({
      timestamp: new Date(timeMs).toISOString(),
      severityNumber,
      severityText,
      eventName,
      resource: plainAll(resource),
      attributes: plainAll(attributes),
    });
    const at = (name: string) => plain(attributes[name]);
    const accepted = at("flow.action") === undefined ? undefined : at("flow.action") === "accept";
    expect(ecs.get(uid)).toMatchObject({
      "@timestamp": new Date(timeMs).toISOString(),
      "event.kind": "event",
      "event.category": ["network"],
      "event.type": accepted === undefined ? ["info"] : ["connection", accepted ? "allowed" : "denied"],
      ...given({
        "source.ip": at("source.address"),
        "source.port": at("source.port"),
        "destination.ip": at("destination.address"),
        "destination.port": at("destination.port"),
        "source.bytes": at("flow.bytes"),
        "network.bytes": at("flow.bytes"),
        "network.transport": at("network.transport"),
        "cloud.account.id": resource["cloud.account.id"],
      }),
    });
    expect(ocsf.get(uid)).toMatchObject({
      class_uid: 4001,
      activity_id: accepted === undefined ? 0 : accepted ? 6 : 5,
      type_uid: accepted === undefined ? 400100 : accepted ? 400106 : 400105,
      time: timeMs,
      ...(at("source.address") === undefined
        ? {}
        : {
            src_endpoint: { ip: at("source.address"), port: at("source.port") },
            dst_endpoint: { ip: at("destination.address"), port: at("destination.port") },
            traffic: { bytes: at("flow.bytes"), packets: at("flow.packets") },
            connection_info: { protocol_num: at("flow.protocol.number") },
          }),
    });
  }

  const seed = objects.flatMap(({ bytes }) =>
    gunzipSync(bytes)
      .toString()
      .trimEnd()
      .split("\n")
      .map((text) => {
        const { data, oracle } = JSON.parse(text);
        const zone = (address: string | null) =>
          address === null ? "invalid" : /^(10\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.)/.test(address) ? "internal" : "external";
        const zones = [zone(data.sourceAddress), zone(data.destinationAddress)];
        return {
          destinationAddress: data.destinationAddress ?? "N/A",
          destinationPort: data.destinationPort ?? "N/A",
          protocol: data.protocol ?? "N/A",
          protocolName: data.protocolName ?? "N/A",
          sourceAddress: data.sourceAddress ?? "N/A",
          internal_or_external_source: zones[0],
          internal_or_external_destination: zones[1],
          traffic_direction: "N/A",
          traffic_type: zones.every((each) => each === "internal") ? "internal traffic" : "external traffic",
          security_lists: [],
          oracle,
        };
      }),
  );
  const text = (line: object) => JSON.stringify(line);
  expect(place.lines("seed.ndjson").map(text).sort()).toEqual(seed.map(text).sort());
});

describe("secrets in the environment are never shown, whatever fails", () => {
  const SECRET = "hunter2-s3cr3t-value";
  test.each<[string, (refusing: Receiver) => object, number]>([
    [
      "a receiver that refuses the token",
      ({ url }) => ({
        sinks: [{ type: "otlp", endpoint: url, headers: { authorization: "Bearer ${SECRET}" } }],
        telemetry: { level: "trace" },
      }),
      0,
    ],
    [
      "a token in a header that cannot be sent",
      ({ url }) => ({ sinks: [{ type: "otlp", endpoint: url, headers: { authorization: "${SECRET}\n" } }] }),
      2,
    ],
    [
      "a store that is not there",
      () => ({
        source: {
          type: "s3",
          bucket: "flows",
          endpoint: "http://127.0.0.1:9",
          accessKeyId: "AKIA",
          secretAccessKey: "${SECRET}",
          connectTimeoutMs: 500,
        },
        telemetry: { level: "trace" },
      }),
      130,
    ],
    ["a secret without its key", () => ({ source: { type: "s3", bucket: "flows", secretAccessKey: "${SECRET}" } }), 2],
    ["a secret where a number belongs", () => ({ run: { pollMs: "${SECRET}" } }), 2],
    ["a secret under an unknown key", () => ({ source: { type: "directory", path: "bucket", token: "${SECRET}" } }), 2],
    [
      "a pass phrase for a key that is not there",
      () => ({
        source: {
          type: "oci-object-storage",
          namespace: "n",
          bucket: "b",
          auth: { type: "config-file", file: "nowhere", passPhrase: "${SECRET}" },
        },
      }),
      2,
    ],
    ["a webhook that is no URL", () => ({ alerts: { slack: { webhookUrl: "${SECRET}" } } }), 2],
  ])("%s", async (_, rest, code) => {
    await bucket({ flows: 300, objects: 1, incidents: [] });
    const refusing = await receive({}, { requireHeaders: { authorization: "Bearer right" } });
    const config = configFor([toFile()], rest(refusing));
    const process = start(["run", "-c", config, "--until-caught-up", "--json"], { SECRET });
    running.push(process);
    if (code === 130) {
      await until("a failure", process, () => process.stderr().includes("will try again"));
      process.child.kill("SIGTERM");
    }
    const ended = await process.ended;
    expectRefusal(ended, code);
    expect(ended.stdout + ended.stderr).not.toContain(SECRET);
    if (code === 2) expect(ended.stderr).not.toBe("");
  });
});

/** Without what is undefined. */
function given(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
