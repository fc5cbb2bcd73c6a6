import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { archiveColumns } from "../../../src/archive/columns.ts";
import { folderOf } from "../../../src/archive/layout.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { asset } from "../../../src/lib/assets.ts";
import type { Database } from "../../../src/query/duckdb.ts";
import { writeParquet } from "../archive/parts.ts";
import { sshFlow } from "../sinks/flows.ts";
import { memoryDatabase } from "./database.ts";

const SCRIPT = readFileSync(asset("deploy/sql/duckdb.sql"), "utf8");
const HOUR = 3_600_000;
const NOW = Date.now();
let folder: string;
let connection: DuckDBConnection;
let database: Database;

/** The queries that stand in the script as comments, by their number. */
const queryOf = (number: number): string => {
  const [, text = ""] = new RegExp(`^-- ${number}\\. .*\\n((?:--   .*\\n)+)`, "m").exec(SCRIPT) ?? [];
  return text.replaceAll(/^-- {3}/gm, "");
};

/** Each is of its own hour and record. */
const at = (hoursAgo: number, record: number, changes: Partial<Flow>): Flow =>
  Object.assign(sshFlow(record, changes), { time: NOW - hoursAgo * HOUR });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-flat-"));
  const https = { destinationPort: 443, packets: 10, packetsReverse: 20, bytes: 100 };
  const flows = [
    at(0.5, 1, { ...https, destinationAddress: "10.0.0.1" }),
    at(30, 2, { ...https, destinationAddress: "10.0.0.1" }),
    at(6 * 24, 3, { ...https, destinationAddress: "10.0.0.2", packets: 15 }),
    at(8 * 24, 4, { ...https, destinationAddress: "10.0.0.2", packets: 1000 }),
    at(0.6, 5, { destinationAddress: "10.0.0.3", bytes: 250, action: "reject" }),
  ];
  for (const flow of flows) writeParquet(join(folder, folderOf(flow.time), `part-${flow.record}.parquet`), [flow]);
  database = await memoryDatabase();
  ({ connection } = database);
  await connection.run(`SET VARIABLE archive = '${folder}'`);
  await connection.run(SCRIPT);
});
afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();

test("the flattened view has every column of IBM's documentation that a flow has, with its words", async () => {
  const columns = (await connection.runAndReadAll("DESCRIBE FLOW_FLAT")).getRowsJson().map(([name]) => name);
  // Tables 1 and 2 of the documentation, without attached_endpoint_type and the list itself.
  for (const name of [
    "version collector_crn number_of_flow_logs network_interface_id instance_crn vpc_crn capture_start_time capture_end_time state start_time end_time connection_start_time",
    "direction action initiator_ip target_ip initiator_port target_port transport_protocol ether_type was_initiated was_terminated",
    "bytes_from_initiator packets_from_initiator bytes_from_target packets_from_target cumulative_bytes_from_initiator",
    "cumulative_packets_from_initiator cumulative_bytes_from_target cumulative_packets_from_target year month day hour",
  ].flatMap((line) => line.split(" ")))
    expect(columns).toContain(name);
  const sql =
    "SELECT action, direction, state, initiator_ip, transport_protocol, start_time::VARCHAR FROM FLOW_FLAT WHERE action = 'rejected'";
  expect(await rows(sql)).toEqual([["rejected", "I", "ok", "203.0.113.9", 6, "2024-09-06 14:26:08"]]);
});

test("IBM's queries: seven days are seven days, and the last hour is the last hour", async () => {
  expect(await rows(queryOf(3))).toEqual([
    ["10.0.0.1", "20", "40"],
    ["10.0.0.2", "15", "20"],
  ]);
  expect(await rows(queryOf(4))).toEqual([
    ["10.0.0.3", "250"],
    ["10.0.0.1", "100"],
  ]);
  expect(await rows(queryOf(5))).toEqual([["ocid1.vnic.oc1.iad.n", "5"]]);
  const day = new Date(NOW - 30 * HOUR);
  const dated = (query: string) =>
    query
      .replace("year = 2026", `year = ${day.getUTCFullYear()}`)
      .replace("month = 1 ", `month = ${day.getUTCMonth() + 1} `)
      .replace("day = 31", `day = ${day.getUTCDate()}`);
  expect(await rows(dated(queryOf(1)))).toHaveLength(1);
  expect(await rows(dated(queryOf(2)))).toEqual([[String(day.getUTCHours()), "ocid1.vnic.oc1.iad.n", "203.0.113.9", 443]]);
});

test("Trino's table has every column of the archive, and no other", () => {
  const [, columns = ""] = /CREATE TABLE flows \(([\s\S]*?)\n\)/.exec(readFileSync(asset("deploy/sql/trino.sql"), "utf8")) ?? [];
  const names = [...columns.matchAll(/^ {2}"([^"]+)" /gm)].map(([, name]) => name);
  expect(names.toSorted()).toEqual(
    archiveColumns()
      .map(({ name }) => name)
      .toSorted(),
  );
});
