import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { archiveColumns } from "../../../src/archive/columns.ts";
import { folderOf } from "../../../src/archive/layout.ts";
import { type FieldRef, resolveField } from "../../../src/detect/fields.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { openFlows } from "../../../src/query/flows.ts";
import { linePrinter } from "../../../src/schemas/line.ts";
import { loadSchema } from "../../../src/schemas/load.ts";
import { writeParquet } from "../archive/parts.ts";
import { sshFlow, TIME } from "../sinks/flows.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-flows-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const HOUR = 3_600_000;
const otel = linePrinter(loadSchema("otel", "."), "flowferry");
const seed = linePrinter(loadSchema("seed", "."), "flowferry");

function parquet(name: string, flows: readonly Flow[]): string {
  const path = join(folder, name);
  writeParquet(path, flows);
  return path;
}

function lines(name: string, texts: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, name.endsWith(".gz") ? gzipSync(texts.join("\n")) : texts.join("\n"));
  return path;
}

async function ask(inputs: readonly string[], sql: string, options?: Parameters<typeof openFlows>[1]) {
  const flows = await openFlows(inputs, options);
  try {
    const rows = (await flows.connection.runAndReadAll(sql)).getRowsJson();
    return { rows, passedOver: flows.passedOver, files: flows.files, pruned: flows.pruned };
  } finally {
    flows.close();
  }
}

describe("a flow is the same row", () => {
  const flow = sshFlow(7, { bytes: 2n ** 64n - 1n, sourceAddress: "10.1.2.255" });
  const SQL = `SELECT "log.record.uid", time, "source.address.hex", "destination.port", "flow.bytes", "flow.detections", "cloud.region",
    "flow.destination.owner", year, month, day, hour FROM flows`;
  const fields = [resolveField("destinationColumns.owner") as FieldRef];
  const EXPECTED = [
    flow.uid,
    "2024-09-06 14:26:08",
    "00000000000000000000ffff0a0102ff",
    22,
    "18446744073709551615",
    ["ssh-from-outside"],
    "us-ashburn-1",
    "platform",
    "2024",
    "9",
    "6",
    "14",
  ];

  test.each([
    ["in the archive", () => parquet(`${folderOf(TIME)}/a.parquet`, [flow])],
    ["in lines of schema otel", () => lines("flows.ndjson", [otel(flow, TIME)])],
    ["in gzipped lines", () => lines("flows.ndjson.gz", [otel(flow, TIME)])],
  ])("%s", async (_, write) => {
    write();
    expect((await ask([folder], SQL, { fields })).rows).toEqual([EXPECTED]);
  });
});

test("records of schema seed have what their eleven keys say, and no time", async () => {
  const original = { vnicsubnetocid: "subnet-1", vnicocid: "vnic-1" };
  lines("a.json", [
    `[${seed(sshFlow(1, { original }), TIME)}, ${seed(sshFlow(2, { original, destinationPort: undefined }), TIME)}]`,
  ]);
  const sql = `SELECT time, "destination.port", "flow.direction", "flow.source.zone", "flow.subnet.id", "flow.protocol.name"
    FROM flows ORDER BY "destination.port" NULLS LAST`;
  expect((await ask([folder], sql, { window: { since: TIME + HOUR, until: TIME + 2 * HOUR } })).rows).toEqual([
    [null, 22, "ingress", "external", "subnet-1", "TCP"],
    [null, null, "ingress", "external", "subnet-1", "TCP"],
  ]);
});

test("a window opens only the files of its hours, and takes only its flows", async () => {
  const at = (time: number, record: number) => Object.assign(sshFlow(record), { time });
  parquet(`${folderOf(TIME - HOUR)}/a.parquet`, [at(TIME - HOUR, 1)]);
  parquet(`${folderOf(TIME)}/b.parquet`, [at(TIME, 2), at(TIME + 1, 3), at(TIME + 1000, 4)]);
  parquet(`${folderOf(TIME + HOUR)}/c.parquet`, [at(TIME + HOUR, 5)]);
  const { rows, files, pruned } = await ask([folder], `SELECT count(*) FROM flows`, {
    window: { since: TIME, until: TIME + 1000 },
  });
  expect([rows, files, pruned]).toEqual([[["2"]], 1, 2]);
});

test("what is broken, foreign or half written is named and passed over", async () => {
  parquet("good.parquet", [sshFlow()]);
  const half = parquet("half.parquet", [sshFlow(2)]);
  truncateSync(half, 900);
  const corrupt = lines("corrupt.parquet", [`PAR1${"x".repeat(60)}`]);
  writeFileSync(corrupt, Buffer.concat([Buffer.from(`PAR1${"x".repeat(60)}`), Buffer.from([20, 0, 0, 0]), Buffer.from("PAR1")]));
  lines("foreign.json", ['[{"a":1}]']);
  lines("cut.ndjson", [otel(sshFlow(3), TIME), otel(sshFlow(4), TIME).slice(0, 300)]);
  lines(".hidden.parquet", ["no"]);
  lines("note.txt", ["no"]);
  const { rows, passedOver } = await ask([folder], `SELECT count(*) FROM flows`);
  expect(rows).toEqual([["2"]]);
  expect(passedOver.map(({ file, reason }) => `${file.slice(folder.length + 1)} ${reason.split(":")[0]}`).sort()).toEqual([
    "corrupt.parquet is broken",
    "cut.ndjson has 1 lines that are no flows",
    "foreign.json holds no flows of schema otel or seed",
    "half.parquet is no whole Parquet file",
  ]);
});

test("an archive whose older files lack a column has NULL there", async () => {
  const before = archiveColumns().filter(({ name }) => name !== "flow.bytes");
  writeParquet(join(folder, "old.parquet"), [sshFlow(1)], before);
  expect((await ask([folder], `SELECT "flow.bytes" FROM flows`)).rows).toEqual([[null]]);
  parquet("new.parquet", [sshFlow(2)]);
  const { rows } = await ask([folder], `SELECT "flow.bytes" FROM flows ORDER BY 1 NULLS FIRST`);
  expect(rows).toEqual([[null], ["4096"]]);
});

test("an empty folder has no flows, and an input that is not there is named", async () => {
  expect((await ask([folder], "SELECT count(*) FROM flows")).rows).toEqual([["0"]]);
  await expect(openFlows([join(folder, "none")])).rejects.toThrow(/cannot read .*none: there is no such file or folder/);
  await expect(openFlows([lines("note.txt", ["x"])])).rejects.toThrow(/is no file of flows/);
});

test("nothing but the inputs can be read, and the settings stay", async () => {
  parquet("a.parquet", [sshFlow()]);
  const outside = mkdtempSync(join(tmpdir(), "flowferry-outside-"));
  writeFileSync(join(outside, "secret.csv"), "a\n1\n");
  const flows = await openFlows([folder]);
  try {
    const run = (sql: string) => flows.connection.runAndReadAll(sql);
    await expect(run(`FROM read_csv('${outside}/secret.csv')`)).rejects.toThrow(/disabled by configuration/);
    await expect(run("FROM read_text('/etc/passwd')")).rejects.toThrow(/disabled by configuration/);
    await expect(run(`COPY flows TO '${outside}/out.csv'`)).rejects.toThrow(/disabled by configuration/);
    await expect(run("SET enable_external_access = true")).rejects.toThrow(/locked|cannot be/i);
    await expect(run("INSTALL httpfs")).rejects.toThrow(/disabled/);
    await expect(run("ATTACH '/tmp/x.db'")).rejects.toThrow(/disabled/);
  } finally {
    flows.close();
    rmSync(outside, { recursive: true });
  }
});
