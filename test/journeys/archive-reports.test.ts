import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generate } from "../../src/generator/generate.ts";
import { lookupFiles } from "../../src/generator/lookup-files.ts";
import type { Truth } from "../../src/generator/truth.ts";
import { writeBucket } from "../../src/generator/write.ts";
import { runs } from "../runs.ts";
import { s3Server } from "../simulators/s3/server.ts";
import { flowferry, type Workplace, workplace } from "./program.ts";
import { expectRefusal, runToEnd, toFile } from "./setting.ts";

const FLOWS = { format: "oci", flows: runs(3_000, 3), objects: 6, vnics: 8, spanMs: 3 * 3_600_000 } as const;

let place: Workplace;
let config: string;
let truth: Truth;
const path = (...parts: string[]) => place.path(...parts);
const write = (name: string, content: string) => place.write(name, content);

/** A bucket, the rules of its network, and its archive: nothing changes them. */
beforeAll(async () => {
  place = workplace();
  const generation = generate(FLOWS);
  await writeBucket(generation, path("bucket"), () => {}, new AbortController().signal);
  mkdirSync(path("lookups"));
  for (const [name, text] of Object.entries(lookupFiles(generation))) write(`lookups/${name}`, text);
  const lists = generation.world.subnets.map(({ name }) => ({
    ...{ id: `ocid1.securitylist.oc1.iad.${name}`, "display-name": name },
    "ingress-security-rules": [{ protocol: "6", source: "0.0.0.0/0" }],
    "egress-security-rules": [{ protocol: "all", destination: "0.0.0.0/0" }],
  }));
  const subnets = generation.world.subnets.map((subnet) => ({
    ...{ id: generation.subnetId(subnet), "display-name": subnet.name, "cidr-block": subnet.cidr },
    ...{ "ipv6-cidr-block": subnet.cidr6 ?? null, "security-list-ids": [`ocid1.securitylist.oc1.iad.${subnet.name}`] },
  }));
  write("network.json", JSON.stringify({ subnets, "security-lists": lists }));
  const tables = { servers: "lookups/servers.csv", networks: "lookups/networks.csv", subnets: "lookups/subnets.csv" };
  config = place.config({
    source: { type: "directory", path: "bucket" },
    enrich: { ...tables, oci: { files: ["network.json"] } },
    sinks: [toFile()],
    archive: { to: { type: "directory", path: "archive" } },
  });
  expect((await runToEnd(config)).code).toBe(0);
  truth = generation.truth();
});
afterAll(() => place.remove());

const filesOf = (folder: string) =>
  Object.fromEntries(readdirSync(path(folder)).map((name) => [name, readFileSync(path(folder, name), "utf8")]));

test("reports of the archive say what those of the bucket say, whole and of a window", async () => {
  const both = async (...args: readonly string[]) => {
    const [archive, source] = await Promise.all(
      ["archive", "source"].map((from) => flowferry([...args, "-c", config, "--from", from])),
    );
    expect(archive?.code, archive?.stderr).toBe(source?.code);
    return [archive?.stdout ?? "", source?.stdout ?? ""] as const;
  };
  const flows = await flowferry([
    "sql",
    "SELECT epoch_ms(min(time)) AS f, epoch_ms(max(time)) AS l FROM flows",
    "-c",
    config,
    "--format",
    "json",
  ]);
  const { f, l } = JSON.parse(flows.stdout) as { f: number; l: number };
  const middle = new Date(Math.round((f + l) / 2)).toISOString();

  for (const args of [[], ["--initiated-only"], ["--action", "all"], ["--since", middle], ["--until", middle]]) {
    const [archive, source] = await both("report", "ports", "--format", "csv", ...args);
    expect(archive).toBe(source);
    expect(archive.split("\n").length).toBeGreaterThan(5);
  }
  await flowferry(["report", "ports", "-c", config, "--out", path("from-archive")]);
  await flowferry(["report", "ports", "-c", config, "--from", "source", "--out", path("from-source")]);
  expect(Object.keys(filesOf("from-archive"))).toHaveLength(8);
  expect(filesOf("from-archive")).toEqual(filesOf("from-source"));

  const advice = await both("report", "advise", "--min-days", "0", "--max-lost", "100", "--format", "json");
  expect(JSON.parse(advice[0])).toEqual(JSON.parse(advice[1]));
  expect(advice[0]).toContain('"proof":{');

  const ssh = truth.incidents.find(({ id }) => id === "ssh-from-outside");
  const scan = truth.incidents.find(({ id }) => id === "port-scan");
  type Answer = { records: { time: string }[] };
  const same = (one: Answer, other: Answer) => {
    // Flows of one time may be shown in one order or another.
    const shown = (answer: Answer) => answer.records.map(({ time }) => time);
    expect(shown(one)).toEqual(shown(other));
    expect({ ...one, records: [] }).toEqual({ ...other, records: [] });
  };
  let backwards = 0;
  for (const incident of [ssh, scan]) {
    for (const port of [["22"], []]) {
      const ends = [incident?.source ?? "", incident?.destination ?? ""];
      for (const asked of [ends, ["0.0.0.0/0", ends[1] as string]]) {
        const [archive, source] = await both("explain", ...asked, ...port, "--json", "--since", "2001-01-01");
        same(JSON.parse(archive), JSON.parse(source));
        // Without a time the newest flows are enough, and what they answer is what a time from then on answers.
        const newest = JSON.parse((await both("explain", ...asked, ...port, "--json"))[0]);
        expect(newest.outcome).toBe(JSON.parse(archive).outcome);
        if (newest.readFrom === null) continue;
        const since = await both("explain", ...asked, ...port, "--json", "--since", newest.readFrom);
        same({ ...newest, readFrom: null, window: `from ${newest.readFrom}` }, JSON.parse(since[1]));
        backwards += 1;
      }
    }
  }
  expect(backwards).toBeGreaterThan(0);
  const requests = ssh?.records.filter(({ reply }) => !reply).length;
  const answer = JSON.parse((await both("explain", ssh?.source ?? "", ssh?.destination ?? "", "22", "--json"))[0]);
  expect(answer.interfaces[0]).toMatchObject({ leg: "there", at: "destination", accepted: requests });
});

test("where nothing arrived, what else the interface has logged is counted from the newest hour that has some, or in all of a named time", async () => {
  const hourOf = (time: number) => Math.floor(time / 3_600_000);
  const logged = place.lines("out.ndjson").flatMap(({ timestamp, attributes }) => {
    const time = Date.parse(timestamp);
    const [direction, status] = [attributes["flow.direction"], attributes["flow.status"]];
    const at = attributes[direction === "egress" ? "source.address" : "destination.address"];
    return status === "OK" && direction !== "unknown"
      ? [{ at, time, isAsked: attributes["destination.port"] === 8443, attributes }]
      : [];
  });
  const newest = Math.max(...logged.map(({ time }) => hourOf(time)));
  const host = logged.find(({ time, isAsked }) => isAsked && hourOf(time) === newest)?.at;
  const flows = (since: number) => {
    const some = logged.filter(({ at, time }) => at === host && hourOf(time) >= since);
    const asked = some.filter(
      ({ isAsked, attributes }) =>
        isAsked && attributes["flow.direction"] === "ingress" && attributes["flow.initiator"] !== "destination",
    );
    return { all: some.length, asked: asked.length || "none" };
  };
  const ask = (...options: string[]) => flowferry(["explain", "192.0.2.250", host, "8443", "-c", config, ...options]);
  const [last, whole] = [flows(newest), flows(0)];
  const since = `since ${new Date(newest * 3_600_000).toISOString()}`;
  expect((await ask()).stdout).toMatch(
    new RegExp(`has logged ${last.all} flows? of other conversations ${since}, ${last.asked} of them at`),
  );
  for (const from of ["archive", "source"]) {
    const { stdout } = await ask("--since", "2001-01-01", "--from", from);
    expect(stdout).toContain(`has logged ${whole.all} flows of other conversations in this time, ${whole.asked} of them at`);
  }
});

test("the page says of the rules what the advice of the same time says", async () => {
  const times = ["-c", config, "--since", truth.start, "--until", truth.end];
  const { stdout } = await flowferry(["report", "advise", ...times, "--format", "json"]);
  const { lists } = JSON.parse(stdout) as { lists: { insufficient: string[]; rules: { findings: { label: string }[] }[] }[] };
  const rules = lists.flatMap((list) => list.rules);
  const found = rules.filter(({ findings }) => findings.some(({ label }) => label !== "used" && label !== "kept"));
  expect(rules).toHaveLength(8);
  const page = await flowferry(["report", "html", ...times, "--out", "-"]);
  expect(page.code, page.stderr).toBe(0);
  const [, advice = ""] = page.stdout.split(">Advice in short</h2>");
  expect(advice).toContain(`${found.length} of 8 rules could go, or be narrower`);
  for (const reason of lists[0]?.insufficient ?? [])
    expect(advice).toContain(`No proposal where evidence is insufficient: ${reason}.`);
  const bare = await flowferry([
    "report",
    "html",
    "-i",
    path("archive"),
    "--since",
    truth.start,
    "--until",
    truth.end,
    "--out",
    "-",
  ]);
  expect(bare.stdout.split(">Advice in short</h2>")[1]).toContain("No rules are known");
});

test("files of an archive that are broken are told, and the rest is read; a folder of Parquet is an archive", async () => {
  const whole = await flowferry(["report", "ports", "--input", path("archive"), "--format", "csv"]);
  expect([whole.code, whole.stderr]).toEqual([0, expect.not.stringContaining("could not")]);
  writeFileSync(path("archive", "half.parquet"), "PAR1 and no end");
  const broken = await flowferry(["report", "ports", "-c", config, "--format", "csv"]);
  expect([broken.code, broken.stdout]).toEqual([3, whole.stdout]);
  rmSync(path("archive", "half.parquet"));
  expect(broken.stderr).toMatch(/1 object could not be read\n.*half\.parquet is no whole Parquet file/);
  const empty = await flowferry(["explain", "10.0.0.1", "10.0.0.2", "-c", config, "--until", "2001-01-01"]);
  expect(empty.stdout).toContain("there are no flows to answer from");
  expectRefusal(
    await flowferry(["report", "ports", "--input", path("lookups"), "--from", "archive"]),
    2,
    "has no archive of format parquet",
  );
});

test("reports go to the bucket of the configuration, as into a folder; one that refuses is told in one line", async () => {
  const server = await s3Server("reports");
  try {
    const to = { type: "s3", bucket: "reports", endpoint: server.endpoint, accessKeyId: "key", secretAccessKey: "wJalrXUtnFEMI" };
    const more = `reports: ${JSON.stringify({ to, prefix: "flows/" })}\n`;
    const withBucket = write("bucket.yaml", `${readFileSync(config, "utf8").trimEnd()}\n${more}`);
    const report = (out: string, file = withBucket) => flowferry(["report", "ports", "-c", file, "--out", out]);
    expect((await report(path("folder"))).code).toBe(0);
    const put = await report("bucket:weekly");
    expect([put.code, put.stdout]).toEqual([0, expect.stringContaining("8 files of 4 subnets")]);
    const paths = server.requests.filter(({ method }) => method === "PUT").map((request) => request.path);
    expect(paths.sort()).toEqual(
      Object.keys(filesOf("folder"))
        .map((name) => `/reports/flows/weekly/${name}`)
        .sort(),
    );
    const html = (out: string, file = withBucket) =>
      flowferry(["report", "html", "-c", file, "--since", "36500d", "--no-compare", "--out", out]);
    for (const [out, key] of [
      ["bucket:weekly/all.html", "weekly/all.html"],
      ["bucket:weekly/", "weekly/flowferry-report.html"],
      ["bucket:", "flowferry-report.html"],
    ] as const) {
      const ended = await html(out);
      expect([ended.code, ended.stdout], ended.stderr).toEqual([0, expect.stringMatching(/^a report of \d+ flows: bucket:/)]);
      expect(server.requests.at(-1)).toMatchObject({ method: "PUT", path: `/reports/flows/${key}` });
    }
    expectRefusal(await html("bucket:weekly/all.html", config), 2, "names no bucket for reports");
    server.fault = ({ method }) => (method === "PUT" ? { status: 403, code: "AccessDenied" } : undefined);
    expectRefusal(await html("bucket:weekly/all.html"), 1, "403 AccessDenied");
    const refused = await report("bucket:weekly");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^flowferry: [^\n]*AccessDenied[^\n]*\n$/m);
    expect(refused.stderr).not.toMatch(/^\s+at /m);
    expectRefusal(await report("bucket:weekly", config), 2, "names no bucket for reports");
  } finally {
    await server.close();
  }
});
