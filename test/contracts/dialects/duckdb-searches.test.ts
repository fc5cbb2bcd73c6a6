import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBTimestampValue } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FieldRef, resolveField } from "../../../src/detect/fields.ts";
import { duckdbDialect, flowsView } from "../../../src/dialects/duckdb/dialect.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { asset } from "../../../src/lib/assets.ts";
import type { Database } from "../../../src/query/duckdb.ts";
import { linePrinter } from "../../../src/schemas/line.ts";
import type { Search } from "../../../src/searches/search.ts";
import { runs } from "../../runs.ts";
import { attributes, otel } from "../../unit/dialects/support.ts";
import { memoryDatabase } from "../../unit/query/database.ts";
import { generatedFlows } from "../../unit/searches/flows.ts";
import { oddSearch, spreadFlows } from "../../unit/searches/odd.ts";
import { answer, columnsOf, faultOf, type Row } from "../../unit/searches/oracle.ts";
import { errors, searches as neutral } from "../../unit/shipped-searches.ts";

const dialect = duckdbDialect(attributes);
const print = linePrinter(otel, "flowferry");
/** A column whose name has to be quoted. */
const COLUMN = resolveField("sourceColumns.Cost Center") as FieldRef;
const DAYS_MS = 3 * 86_400_000;

let folder: string;
let connection: DuckDBConnection;
let database: Database;
let flows: readonly Flow[];

beforeAll(async () => {
  flows = await generatedFlows(runs(12_000, 4), DAYS_MS);
  folder = await mkdtemp(join(tmpdir(), "flowferry-duckdb-"));
  database = await memoryDatabase();
  ({ connection } = database);
  // The script as it ships.
  await store(flows, await readFile(asset("deploy/duckdb/searches.sql"), "utf8"));
});
afterAll(async () => {
  database.close();
  await rm(folder, { recursive: true });
});

/** What the view of the script reads of the flows is stored, for many searches ask for it. */
async function store(all: readonly Flow[], script: string): Promise<void> {
  await writeFile(join(folder, "flows.ndjson"), all.map((flow) => `${print(flow, flow.time)}\n`).join(""));
  await connection.run(`SET VARIABLE flows = '${join(folder, "flows.ndjson")}'`);
  await connection.run(script);
  await connection.run("CREATE OR REPLACE TABLE stored AS FROM flows");
  await connection.run("CREATE OR REPLACE VIEW flows AS FROM stored");
}

async function rows(sql: string, search: Search): Promise<Row[]> {
  const found = (await connection.runAndReadAll(sql)).getRowObjects();
  return found.map((row) => Object.fromEntries(columnsOf(search).map((column) => [column, plain(row[column], column, search)])));
}

function plain(value: unknown, column: string, { by }: Search): string | number | undefined {
  if (value instanceof DuckDBTimestampValue) return Number(value.micros) / 1_000;
  if (by.some(({ label }) => label === column)) return value === null ? "" : String(value);
  return value === null ? undefined : Number(value);
}

test("there are searches, and all of them are said", () => {
  expect(errors).toEqual([]);
  expect(neutral.length).toBeGreaterThan(30);
  for (const search of neutral) expect(dialect.search(search), search.id).toHaveProperty("query");
});

describe("the macro of each search that ships answers what the doc comments say, over a generated bucket", () => {
  test.each(neutral.map((search) => ({ id: search.id, search })))("$id", async ({ id, search }) => {
    const all = answer(search, flows);
    expect(all.length).toBeGreaterThan(0);
    const found = await rows(`FROM "${id}"(since := TIMESTAMP '2000-01-01')`, search);
    expect(faultOf(search, all, found)).toBeUndefined();
  });

  test("and looks back over its period from now, or between two times", async () => {
    expect((await connection.runAndReadAll("FROM flow_count()")).getRowObjects()).toEqual([{ Flows: 0n }]);
    const [first] = flows;
    if (first === undefined) throw new Error("there are no flows");
    const from = new Date(Math.floor(first.time / 3_600_000) * 3_600_000);
    const until = new Date(from.getTime() + 3_600_000);
    const literal = (time: Date): string => `TIMESTAMP '${time.toISOString().slice(0, -1)}'`;
    const within = flows.filter(({ time, status }) => time >= from.getTime() && time < until.getTime() && status === "OK");
    const found = await connection.runAndReadAll(`FROM flow_count(since := ${literal(from)}, until := ${literal(until)})`);
    expect(found.getRowObjects()).toEqual([{ Flows: BigInt(within.length) }]);
  });
});

test("any search over odd flows means in SQL what its doc comments say", async () => {
  await store(spreadFlows, flowsView(attributes, [COLUMN]));
  await fc.assert(
    fc.asyncProperty(oddSearch, async (search) => {
      const printed = dialect.search(search);
      if (!("query" in printed)) throw new Error(printed.reason);
      expect(faultOf(search, answer(search, spreadFlows), await rows(printed.query, search)), printed.query).toBeUndefined();
    }),
    { numRuns: runs(200, 8) },
  );
});
