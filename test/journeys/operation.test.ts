import { globSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { flowferry, spawned, summaryOf } from "./program.ts";
import { expectRefusal, recordsOf, runToEnd, setting, spawnedToEnd, toFile, toReceiver, until } from "./setting.ts";

const { path, write, lines, configFor, receive, begin, bucket } = setting();

describe("check", () => {
  test("says what is in order, and ships nothing", async () => {
    await bucket();
    const out = await receive();
    const config = configFor([toReceiver(out), toFile()]);
    const ended = await spawned(["check", "-c", config]);
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    const lines = ended.stdout.trimEnd().split("\n");
    expect(lines.map((line) => /^(ok|FAILED) +([^:]+):/.exec(line)?.slice(1))).toEqual(
      ["configuration", "lookups", "source", "list", "read", "sink out", "sink ndjson"].map((step) => ["ok", step]),
    );
    expect(out.stats.records).toBe(0);
    expect(() => statSync(path("out.ndjson"))).toThrow("ENOENT");
    expect(() => statSync(path("flowferry.db"))).toThrow("ENOENT");
  });

  test("names each part that is not, goes on with the others, and ends with exit code 1", async () => {
    const [refusing, out] = [await receive({}, { requireHeaders: { authorization: "Bearer right" } }), await receive()];
    const gone = await receive();
    await gone.close();
    write("servers.csv", "address,server\n10.0.0.1,a\n10.0.0.300,b\n");
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
    expect(detail("sink gone")).toContain(`${new URL(gone.url).host} takes no connections`);
    expect(detail("sink ndjson")).toContain("there is no folder");
    expect(ended.stdout).not.toContain("Bearer wrong");
  });
});

test("generate, plan, run, status and replay agree on what there is", async () => {
  const made = await spawned([
    "generate",
    "--format",
    "oci",
    "--out",
    path("bucket"),
    "--flows",
    "2500",
    "--objects",
    "10",
    "--vnics",
    "8",
    "--json",
  ]);
  expect(made.code, made.stderr).toBe(0);
  const truth = JSON.parse(readFileSync(path("bucket.truth.json"), "utf8"));
  expect(truth).toMatchObject({ objects: 10, bad: 0 });
  expect(truth.flows.accept + truth.flows.reject).toBe(2500);
  const twice = await flowferry(["generate", "--format", "oci", "--out", path("bucket")]);
  expectRefusal(twice, 2, "bucket");

  const out = await receive();
  const config = configFor([toReceiver(out)]);
  const plan = await flowferry(["plan", "-c", config, "--json"]);
  expect(plan.code, plan.stderr).toBe(0);
  expect(JSON.parse(plan.stdout)).toMatchObject({ objects: 10, bytes: truth.storedBytes, partitions: 1 });
  expect(out.stats.requests).toBe(0);

  const ended = await spawnedToEnd(config);
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stdout.trimEnd().split("\n")).toHaveLength(1);
  expect(summaryOf(ended)).toMatchObject({
    objects: 10,
    records: truth.records,
    bad: 0,
    skipped: 0,
    filtered: 0,
    sinks: {
      out: { delivered: truth.records, rejected: 0, deadLettered: 0, filtered: 0, sampled: 0, aggregated: 0, waiting: 0 },
    },
    parked: 0,
    lost: 0,
    alerts: { told: 0, waiting: 0, refused: 0, withheld: 0 },
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
  expect(text.stdout).toContain(`out: caught up; ${truth.records} delivered, 0 rejected, 0 set aside`);
  expect((await flowferry(["status", "-c", config, "--dead-letters"])).stdout).toBe("no dead letters\n");
  expect((await flowferry(["plan", "-c", config])).stdout).toMatch(/^nothing new/);

  // 06:00 to 12:00 of the generated day, counted in the objects themselves.
  const lines = truthLines();
  const [from, to] = [Date.UTC(2026, 0, 5, 6) / 1000, Date.UTC(2026, 0, 5, 12) / 1000];
  const inSpan = lines.filter(({ data }) => data.startTime >= from && data.startTime < to).length;
  expect(inSpan).toBeGreaterThan(100);
  const replayed = await spawned([
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
  expect(summaryOf(replayed).sinks.out).toEqual({
    delivered: inSpan,
    rejected: 0,
    deadLettered: 0,
    filtered: 0,
    sampled: 0,
    aggregated: 0,
    waiting: 0,
  });
  expect(out.uids.size).toBe(truth.records);
  expect(out.stats.records).toBe(truth.records + inSpan);
  expect(JSON.parse((await flowferry(["status", "-c", config, "--json"])).stdout)).toEqual(state);

  function truthLines(): { data: { startTime: number } }[] {
    return globSync("**/*.gz", { cwd: path("bucket") }).flatMap((file) =>
      gunzipSync(readFileSync(path("bucket", file)))
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
    "archive",
    "coordination",
    "enrich",
    "filter",
    "format",
    "intake",
    "ledger",
    "limits",
    "reports",
    "run",
    "sinks",
    "source",
    "sources",
    "telemetry",
  ]);
  // A worker has a sink or an archive, one of both sources: the schema has no words for either.
  expect(required).toBeUndefined();
  expect(additionalProperties).toBe(false);
  const markdown = await flowferry(["schema", "--markdown"]);
  for (const word of ["oci-object-storage", "run.poll", "lookBack", "sourceAddress"]) expect(markdown.stdout).toContain(word);
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
    expect(ended.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
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
  expect(await get("/healthz")).toEqual({ status: 200, text: `{"alive":true}\n` });
  expect(await get("/readyz")).toEqual({ status: 200, text: `{"ready":true,"problems":[]}\n` });
  expect((await get("/nowhere")).status).toBe(404);

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

test("a changed lookup table is taken over, a broken one is refused and the good one stays", async () => {
  const objects = await bucket({ flows: 1_500, objects: 6, incidents: [], start: Date.UTC(2026, 0, 5, 10), spanMs: 6_000_000 });
  const servers = (name: string) => `address,server\n0.0.0.0/0,${name}\n::/0,${name}\n`;
  write("servers.csv", servers("old"));
  const first = await bucket({ flows: 300, objects: 1, seed: "2", incidents: [] }, "live");
  const config = configFor([toFile()], { source: { type: "directory", path: "live" }, enrich: { servers: "servers.csv" } });
  const process = begin(["run", "-c", config]);
  const written = () => (statSync(path("out.ndjson"), { throwIfNoEntry: false }) === undefined ? [] : lines("out.ndjson"));
  const names = (records: { attributes: Record<string, string> }[]) => [
    ...new Set(records.filter((record) => record.attributes["source.address"]).map((r) => r.attributes["flow.source.server"])),
  ];
  const versions = (records: { attributes: Record<string, string> }[]) => [
    ...new Set(records.map(({ attributes }) => attributes["flow.lookups.version"])),
  ];
  await until("the first records", process, () => written().length >= recordsOf(first));
  const before = written();
  expect(names(before)).toEqual(["old"]);

  writeFileSync(path("servers.csv"), servers("new"));
  await until("the new table", process, () => process.stderr().includes("servers.csv"));
  const later = objects.slice(0, 3);
  for (const { key, bytes } of later) write(`live/later-${objects.findIndex((one) => one.key === key)}.gz`, bytes);
  await until("the records of later objects", process, () => written().length >= before.length + recordsOf(later));
  const after = written().slice(before.length);
  expect(names(after)).toEqual(["new"]);
  expect(versions(after)).toHaveLength(1);
  expect(versions(after)).not.toEqual(versions(before));

  writeFileSync(path("servers.csv"), "address,server\n10.0.0.300,broken\n");
  await until("the refusal", process, () => process.stderr().includes("servers.csv:2"));
  for (const { bytes } of objects.slice(3, 4)) write("live/last.gz", bytes);
  const all = before.length + recordsOf(objects.slice(0, 4));
  await until("the last object", process, () => written().length >= all);
  const last = written().slice(before.length + after.length);
  expect(names(last)).toEqual(["new"]);
  expect(versions(last)).toEqual(versions(after));
  process.child.kill("SIGTERM");
  const ended = await process.ended;
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
});
