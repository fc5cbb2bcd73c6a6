import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openLedger } from "../../src/ledger/sqlite.ts";
import { openFlows } from "../../src/query/flows.ts";
import { s3Server } from "../simulators/s3/server.ts";
import { writeBucket } from "./bucket.ts";
import { flowferry, start, summaryOf, type Workplace, workplace } from "./program.ts";

let place: Workplace;
beforeEach(() => {
  place = workplace();
});
afterEach(() => place.remove());

const KILLS = process.env.CI === undefined ? 3 : 12;

async function counted(folder: string): Promise<{ rows: number; uids: number; files: number }> {
  const flows = await openFlows([folder]);
  try {
    const found = await flows.connection.runAndReadAll(`SELECT count(*), count(DISTINCT "log.record.uid") FROM flows`);
    expect(flows.passedOver).toEqual([]);
    const [[rows, uids]] = found.getRowsJson() as [[string, string]];
    return { rows: Number(rows), uids: Number(uids), files: flows.files };
  } finally {
    flows.close();
  }
}

const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => statSync(join(folder, path)).isFile());

test("a worker archives every flow once in folders of hours, and a second run adds nothing", async () => {
  const { records } = await writeBucket(place.path("bucket"), { format: "oci", flows: 3_000, objects: 8, vnics: 8 });
  const config = place.config({
    source: { type: "directory", path: "bucket" },
    archive: { to: { type: "directory", path: "archive" } },
  });
  const ended = await flowferry(["run", "-c", config, "--until-caught-up", "--json"]);
  expect(ended.code, ended.stderr).toBe(0);
  const files = filesBelow(place.path("archive"));
  expect(summaryOf(ended)).toMatchObject({ records, keepers: { archive: { kept: records, files: files.length, waiting: 0 } } });
  expect(await counted(place.path("archive"))).toMatchObject({ rows: records, uids: records });
  for (const file of files) {
    expect(file).toMatch(/^year=\d{4}\/month=\d\d\/day=\d\d\/hour=\d\d\/part-[0-9a-f]{32}\.parquet$/);
    expect(statSync(place.path("archive", file)).mode & 0o777).toBe(0o600);
  }
  const again = await flowferry(["run", "-c", config, "--until-caught-up"]);
  expect(again).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("\narchive: 0 flows in 0 files kept, 0 objects wait\n"),
  });
  expect(filesBelow(place.path("archive"))).toEqual(files);
});

test(`killed ${KILLS} times at random moments, the archive holds every record at least once, and after a compaction once`, {
  timeout: 300_000,
}, async () => {
  const { records } = await writeBucket(place.path("bucket"), { format: "oci", flows: 20_000, objects: 40, vnics: 8 });
  const config = place.config({
    source: { type: "directory", path: "bucket" },
    archive: { to: { type: "directory", path: "archive" }, rollMs: 100 },
    run: { objects: 1 },
  });
  for (let kills = 0; kills < KILLS; kills += 1) {
    const running = start(["run", "-c", config]);
    const before = filesOf(place).length;
    while (filesOf(place).length <= before && running.child.exitCode === null) await sleep(2);
    expect(running.child.exitCode, running.stderr()).toBe(null);
    running.child.kill("SIGKILL");
    await running.ended;
  }
  const last = await flowferry(["run", "-c", config, "--until-caught-up"]);
  expect(last.code, last.stderr).toBe(0);
  expect(await counted(place.path("archive"))).toMatchObject({ uids: records });
  const compacted = await flowferry(["compact", "-c", config]);
  expect(compacted.code, compacted.stderr).toBe(0);
  expect(await counted(place.path("archive"))).toMatchObject({ rows: records, uids: records });
});

test("compactions beside a worker that goes on: killed and stopped between, readers see each flow once, and nothing is lost", {
  timeout: 300_000,
}, async () => {
  const { records } = await writeBucket(place.path("made"), { format: "oci", flows: 12_000, objects: 24, vnics: 8 });
  const config = place.config({
    source: { type: "directory", path: "bucket" },
    archive: { to: { type: "directory", path: "archive" }, rollMs: 200 },
    run: { poll: "100ms" },
  });
  const objects = readdirSync(place.path("made"), { recursive: true, encoding: "utf8" }).filter((path) =>
    statSync(place.path("made", path)).isFile(),
  );
  mkdirSync(place.path("bucket"));
  const worker = start(["run", "-c", config]);
  const filesCalled = (name: string) => filesOf(place).filter((file) => file.includes(`/${name}-`)).length;
  let seen = 0;
  const read = async (): Promise<void> => {
    const { code, stdout, stderr } = await flowferry([
      ...["sql", `SELECT count(*) AS rows, count(DISTINCT "log.record.uid") AS uids FROM flows`],
      ...["-c", config, "--format", "json"],
    ]);
    expect([code, stderr]).toEqual([0, ""]);
    const { rows, uids } = JSON.parse(stdout);
    expect(rows).toBe(uids);
    expect(rows).toBeGreaterThanOrEqual(seen);
    seen = rows;
  };
  try {
    for (const [round, signal] of (["SIGKILL", "SIGINT", undefined] as const).entries()) {
      for (const object of objects.slice(round * 8, (round + 1) * 8)) {
        mkdirSync(dirname(place.path("bucket", object)), { recursive: true });
        renameSync(place.path("made", object), place.path("bucket", object));
        await sleep(100);
      }
      while (filesCalled("part") < 3 && worker.child.exitCode === null) await sleep(20);
      const before = filesCalled("compact");
      const compaction = start(["compact", "-c", config]);
      if (signal !== undefined) {
        // As soon as it has begun to replace files.
        while (filesCalled("compact") <= before && compaction.child.exitCode === null) await sleep(1);
        compaction.child.kill(signal);
      }
      await read();
      const { code } = await compaction.ended;
      expect([0, 130, null]).toContain(code);
    }
    while ((await counted(place.path("archive"))).uids < records && worker.child.exitCode === null) await sleep(100);
    expect(worker.child.exitCode, worker.stderr()).toBe(null);
    worker.child.kill("SIGTERM");
    expect((await worker.ended).code).toBe(0);
  } finally {
    worker.child.kill("SIGKILL");
  }
  const last = await flowferry(["compact", "-c", config]);
  expect([last.code, last.stderr]).toEqual([0, ""]);
  expect(await counted(place.path("archive"))).toMatchObject({ rows: records, uids: records });
  const folders = filesOf(place).map((file) => dirname(file));
  expect(new Set(folders).size).toBe(folders.length);
  expect(filesBelow(place.path("archive")).length).toBe(folders.length);
});

function filesOf({ path }: Workplace): string[] {
  try {
    return filesBelow(path("archive")).filter((file) => file.endsWith(".parquet"));
  } catch {
    return [];
  }
}

test("enriched JSON: an array of accepted records with the article's keys for each source object, named by what went in", async () => {
  const { records } = await writeBucket(place.path("bucket"), { format: "oci", flows: 500, objects: 4, vnics: 8 });
  const config = place.config({
    source: { type: "directory", path: "bucket" },
    sinks: [
      { type: "ndjson", path: "out.ndjson", schema: "seed", filter: { selection: { action: "accept" }, condition: "selection" } },
    ],
    archive: { to: { type: "directory", path: "enriched" }, format: "json", prefix: "enriched-flow-logs/" },
  });
  const ended = await flowferry(["run", "-c", config, "--until-caught-up"]);
  expect(ended.code, ended.stderr).toBe(0);
  // An object of the archive for each of the four of the bucket.
  const accepted = place.lines("out.ndjson").length;
  expect(accepted).toBeLessThan(records);
  expect(ended.stdout).toContain(
    `\narchive: ${accepted} flows in 4 files kept, ${records - accepted} left out, 0 objects wait\n`,
  );
  const sources = filesBelow(place.path("bucket")).filter((file) => file.endsWith(".gz"));
  const files = filesBelow(place.path("enriched"));
  expect(files).toHaveLength(sources.length);
  for (const source of sources) {
    const name = source.replace(/(\.log)?\.gz$/, "");
    expect(files.filter((file) => file.startsWith(`enriched-flow-logs/${name}-`))).toHaveLength(1);
  }
  const arrays = files.map((file) => JSON.parse(readFileSync(place.path("enriched", file), "utf8")) as unknown[]);
  expect(arrays.flat()).toHaveLength(accepted);
  const sorted = (all: readonly unknown[]) => all.map((one) => JSON.stringify(one)).sort();
  expect(sorted(arrays.flat())).toEqual(sorted(place.lines("out.ndjson")));
});

test("an archive in a bucket of S3: refused puts are waited out, compaction and questions work there", async () => {
  const { records } = await writeBucket(place.path("bucket"), {
    ...{ format: "oci", flows: 1_000, objects: 6, vnics: 8 },
    spanMs: 4 * 3_600_000,
  });
  const server = await s3Server("archive");
  try {
    let refusals = 2;
    server.fault = ({ method }) => {
      if (method !== "PUT" || refusals === 0) return undefined;
      refusals -= 1;
      return { status: 403, code: "AccessDenied" };
    };
    const to = { type: "s3", bucket: "archive", endpoint: server.endpoint, accessKeyId: "key", secretAccessKey: "wJalrXUtnFEMI" };
    const worker = (name: string, more: object) =>
      place.config(
        {
          source: { type: "directory", path: "bucket" },
          archive: { to, prefix: "flows/" },
          ledger: { path: `${name}.db` },
          run: { retry: { initialMs: 1, maxMs: 5 } },
          ...more,
        },
        `${name}.yaml`,
      );
    const config = worker("one", {});
    const ended = await flowferry(["run", "-c", config, "--until-caught-up"]);
    expect([ended.code, refusals], ended.stderr).toEqual([0, 0]);
    expect(ended.stderr).toMatch(
      /"level":"error".*"msg":"archive: it waits until this is put right, and nothing is lost: .*AccessDenied/,
    );
    expect(ended.stderr).toContain('"msg":"archive: is written again"');
    // A second worker whose ledger knows nothing of the first, and that takes half of the flows.
    expect((await flowferry(["run", "-c", worker("two", { filter: { action: "accept" } }), "--until-caught-up"])).code).toBe(0);
    const ask = async () => {
      const query = 'SELECT count(*) AS flows, count(DISTINCT "log.record.uid") AS uids FROM flows';
      const { code, stdout, stderr } = await flowferry(["sql", query, "-c", config, "--format", "json"]);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout) as { flows: number; uids: number };
    };
    const before = await ask();
    expect(before.uids).toBe(records);
    expect(before.flows).toBeGreaterThan(records);
    const compacted = await flowferry(["compact", "-c", config]);
    expect(compacted.code, compacted.stderr).toBe(0);
    expect(await ask()).toEqual({ flows: records, uids: records });
  } finally {
    await server.close();
  }
});

describe("check puts an object into the archive and removes it", () => {
  const archiveLine = ({ stdout }: { stdout: string }) => stdout.split("\n").find((line) => line.includes(" archive: "));

  test("of a folder nothing is left, also of one that was not there; a file in its place is named with the line", async () => {
    await writeBucket(place.path("bucket"), { format: "oci", flows: 500, objects: 4, vnics: 8 });
    const source = { type: "directory", path: "bucket" };
    const config = place.config({ source, archive: { to: { type: "directory", path: "deep/archive" }, prefix: "flows/" } });
    const ended = await flowferry(["check", "-c", config]);
    expect([ended.code, archiveLine(ended)]).toEqual([0, `ok     archive: file://${place.path("deep/archive")} can be written`]);
    expect(existsSync(place.path("deep"))).toBe(false);
    place.write("deep", "");
    const refused = await flowferry(["check", "-c", config]);
    expect(refused.code).toBe(1);
    expect(archiveLine(refused)).toMatch(/^FAILED archive: .*flowferry\.yaml:\d+.*deep.*a part of the path is no folder/);
  });

  test("of a bucket too, and a refusal says what is to be allowed where", async () => {
    await writeBucket(place.path("bucket"), { format: "oci", flows: 500, objects: 4, vnics: 8 });
    const server = await s3Server("archive");
    try {
      const to = {
        type: "s3",
        bucket: "archive",
        endpoint: server.endpoint,
        accessKeyId: "key",
        secretAccessKey: "wJalrXUtnFEMI",
      };
      const config = place.config({ source: { type: "directory", path: "bucket" }, archive: { to, prefix: "flows/" } });
      const asked: string[] = [];
      let refused = "";
      server.fault = ({ method }) => {
        asked.push(method);
        return method === refused ? { status: 403, code: "AccessDenied" } : undefined;
      };
      const ended = await flowferry(["check", "-c", config]);
      expect([ended.code, asked]).toEqual([0, ["PUT", "DELETE"]]);
      expect(archiveLine(ended)).toMatch(/^ok +archive: s3:\/\/.*archive can be written$/);
      for (const [method, verb] of [
        ["PUT", "put"],
        ["DELETE", "delete"],
      ] as const) {
        refused = method;
        const found = await flowferry(["check", "-c", config]);
        expect(found.code).toBe(1);
        const said = new RegExp(
          `^FAILED archive: .*flowferry.yaml:\\d+.*403 AccessDenied.*allowed to ${verb} objects in s3://.*/flows/`,
        );
        expect(archiveLine(found)).toMatch(said);
        expect(found.stdout).not.toContain("wJalrXUtnFEMI");
      }
    } finally {
      await server.close();
    }
  });
});

test("check puts an object where reports go, and tells when it could not be removed again", async () => {
  await writeBucket(place.path("bucket"), { format: "oci", flows: 500, objects: 4, vnics: 8 });
  const server = await s3Server("reports");
  try {
    const to = { type: "s3", bucket: "reports", endpoint: server.endpoint, accessKeyId: "key", secretAccessKey: "wJalrXUtnFEMI" };
    const sinks = [{ type: "ndjson", path: "out.ndjson" }];
    const config = place.config({ source: { type: "directory", path: "bucket" }, sinks, reports: { to, prefix: "weekly/" } });
    const line = ({ stdout }: { stdout: string }) => stdout.split("\n").find((one) => one.includes(" reports: "));
    let refused = "";
    server.fault = ({ method }) => (method === refused ? { status: 403, code: "AccessDenied" } : undefined);
    const ended = await flowferry(["check", "-c", config]);
    expect([ended.code, line(ended)]).toEqual([0, expect.stringMatching(/^ok +reports: s3:\/\/.*reports can be written$/)]);
    refused = "DELETE";
    const left = await flowferry(["check", "-c", config]);
    expect([left.code, line(left)]).toEqual([
      0,
      expect.stringMatching(/reports can be written; weekly\/\.flowferry-check is left there, for it may not be deleted: .*403/),
    ]);
    refused = "PUT";
    const denied = await flowferry(["check", "-c", config]);
    expect([denied.code, line(denied)]).toEqual([
      1,
      expect.stringMatching(
        /^FAILED reports: .*flowferry.yaml:\d+.*403 AccessDenied.*; reports have to be allowed to put objects/,
      ),
    ]);
  } finally {
    await server.close();
  }
});

test.each(["parquet", "json"] as const)("plan says how large an archive of %s becomes, as it then is", async (format) => {
  await writeBucket(place.path("bucket"), { format: "oci", flows: 3_000, objects: 5, vnics: 8 });
  const archive = { to: { type: "directory", path: "archive" }, format };
  const config = place.config({ source: { type: "directory", path: "bucket" }, archive });
  const plan = JSON.parse((await flowferry(["plan", "-c", config, "--json"])).stdout);
  expect((await flowferry(["plan", "-c", config])).stdout).toMatch(
    format === "json"
      ? /^archive: {3}about \d+\.\d MB of enriched JSON for \d+ flows/m
      : /^archive: {3}about \d+\.\d MB of Parquet for \d+ flows/m,
  );
  expect(existsSync(place.path("archive"))).toBe(false);
  const ended = await flowferry(["run", "-c", config, "--until-caught-up", "--json"]);
  const files = filesBelow(place.path("archive"));
  const bytes = files.reduce((sum, file) => sum + statSync(place.path("archive", file)).size, 0);
  // All five objects are the sample.
  expect(plan.archive).toMatchObject({ format, records: summaryOf(ended).records });
  expect(plan.archive.bytes / bytes).toBeGreaterThan(0.95);
  expect(plan.archive.bytes / bytes).toBeLessThan(1.05);
});

test.each([
  // Ten minutes is the age at which a file is finished, and nothing was ever kept.
  [19, false],
  [21, true],
])("status: an archive for which an object has waited %i minutes is behind: %s", async (minutes, behind) => {
  const source = { type: "directory", path: "bucket" };
  const config = place.config({ source, archive: { to: { type: "directory", path: "archive" } } });
  const store = "file:///bucket";
  const ledger = openLedger({ path: place.path("flowferry.db"), sources: [{ name: "source", store }] });
  ledger.register(["archive"]);
  const object = { order: "a", key: "a", etag: "1", size: 1, time: Date.now() - minutes * 60_000 };
  ledger.of("source").discover({ partition: "", objects: [object] });
  ledger.close();
  const { stdout } = await flowferry(["status", "-c", config]);
  expect(stdout).toMatch(/^archive: 1 objects wait/m);
  expect(stdout.includes("behind: it has kept nothing for longer than twice archive.roll")).toBe(behind);
  const { sinks } = JSON.parse((await flowferry(["status", "-c", config, "--json"])).stdout);
  expect(sinks[0].behind ?? false).toBe(behind);
});
