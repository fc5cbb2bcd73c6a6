import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBPreparedStatement } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fieldsOf } from "../../../src/detect/constructs.ts";
import { type FieldRef, resolveField } from "../../../src/detect/fields.ts";
import type { Rule } from "../../../src/detect/rule.ts";
import { identifier } from "../../../src/dialects/duckdb/conditions.ts";
import { duckdbDialect, flowsView } from "../../../src/dialects/duckdb/dialect.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import type { Database } from "../../../src/query/duckdb.ts";
import { linePrinter } from "../../../src/schemas/line.ts";
import { runs } from "../../runs.ts";
import { memoryDatabase } from "../query/database.ts";
import { oddCondition, oddFlows, ruleOf } from "./odd.ts";
import { attributes, cases, errors, evaluate, groupFields, otel, rules } from "./support.ts";

const dialect = duckdbDialect(attributes);
const print = linePrinter(otel, "flowferry");
/** A column whose name has to be quoted. */
const COLUMN = resolveField("sourceColumns.Cost Center") as FieldRef;
/** The flows of every case, and the row at which those of a list begin: they are stored once. */
const lists = [oddFlows, ...cases.map(({ flows }) => flows)];
const firstRows = new Map<readonly Flow[], number>();
let connection: DuckDBConnection;
let database: Database;
let choose: DuckDBPreparedStatement;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "flowferry-duckdb-"));
  const lines: string[] = [];
  for (const flows of lists) {
    firstRows.set(flows, lines.length);
    for (const flow of flows) lines.push(`${print(flow, flow.time)}\n`);
  }
  await writeFile(join(folder, "flows.ndjson"), lines.join(""));
  database = await memoryDatabase();
  ({ connection } = database);
  await connection.run(`SET VARIABLE flows = '${join(folder, "flows.ndjson")}'`);
  await connection.run(flowsView(attributes, [...rules.flatMap((rule) => [...fieldsOf(rule).values()]), COLUMN]));
  await connection.run("CREATE TABLE stored AS FROM flows");
  await connection.run("CREATE TABLE chosen AS SELECT 0::BIGINT AS first, 0::BIGINT AS last");
  await connection.run(
    "CREATE OR REPLACE VIEW flows AS FROM stored WHERE rowid BETWEEN (SELECT first FROM chosen) AND (SELECT last FROM chosen)",
  );
  choose = await connection.prepare("UPDATE chosen SET first = $1, last = $2");
  await rm(folder, { recursive: true });
});
afterAll(() => database.close());

/** What is found in one of the lists of flows. A query is prepared once: planning takes longer than what it does. */
async function finder(rule: Rule): Promise<(flows: readonly Flow[]) => Promise<Set<string>>> {
  const printed = dialect.rule(rule);
  if (!("query" in printed)) throw new Error(printed.reason);
  const names =
    rule.kind === "detection" ? ["log.record.uid"] : groupFields(rule).map((field) => attributes.of(field)?.name ?? "");
  const columns = names.map(identifier).join(", ");
  const statement = await connection.prepare(`SELECT ${columns || "1"} FROM (${printed.query})`);
  return async (flows) => {
    const first = firstRows.get(flows) as number;
    choose.bind([first, first + flows.length - 1]);
    await choose.run();
    const rows = (await statement.runAndReadAll()).getRowObjects();
    return new Set(rows.map((row) => names.map((name) => String(row[name])).join(" ")));
  };
}

test("there are rules and cases", () => {
  expect(errors).toEqual([]);
  expect(rules.length).toBeGreaterThan(30);
  expect(cases.length).toBeGreaterThan(100);
});

/** What the stream works out of IPv6 addresses has no words in SQL. */
const isOfPrefixes = (rule: Rule) => fieldsOf(rule).has("sourcePrefix");

test("rules on the networks of IPv6 sources are refused by name", () => {
  const refused = rules.filter(isOfPrefixes).map((rule) => dialect.rule(rule));
  expect(refused.length).toBeGreaterThan(0);
  for (const printed of refused) expect(printed).toMatchObject({ refused: "field" });
});

describe.each(
  rules
    .filter((rule) => rule.alerts && rule.kind !== "detector" && !isOfPrefixes(rule))
    .map((rule) => ({ name: rule.name, rule })),
)("$name finds in SQL what it finds in the stream", ({ rule }) => {
  let find: Awaited<ReturnType<typeof finder>>;
  beforeAll(async () => {
    find = await finder(rule);
  });
  test.each(cases.filter((item) => item.rule === rule.name))("$name", async ({ flows, fires }) => {
    const found = evaluate(rule, flows);
    expect(found.size > 0).toBe(fires > 0);
    expect(await find(flows)).toEqual(found);
  });
});

test("detectors are refused by name", () => {
  for (const rule of rules) {
    if (rule.kind === "detector") expect(dialect.rule(rule)).toMatchObject({ refused: rule.detector.type });
  }
});

test("any condition over odd texts means in SQL what it means in the stream", async () => {
  await fc.assert(
    fc.asyncProperty(oddCondition({ rare: true }), async (condition) => {
      const rule = ruleOf(condition);
      expect(await (await finder(rule))(oddFlows)).toEqual(evaluate(rule, oddFlows));
    }),
    { numRuns: runs(100) },
  );
});
