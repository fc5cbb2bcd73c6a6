import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fieldsOf } from "../../../src/detect/constructs.ts";
import { type FieldRef, resolveField } from "../../../src/detect/fields.ts";
import type { Rule } from "../../../src/detect/rule.ts";
import { identifier } from "../../../src/dialects/duckdb/conditions.ts";
import { duckdbDialect, flowsView } from "../../../src/dialects/duckdb/dialect.ts";
import { copyOf } from "../../../src/flow/copy.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import type { Database } from "../../../src/query/duckdb.ts";
import { linePrinter } from "../../../src/schemas/line.ts";
import { runs } from "../../runs.ts";
import { oddCondition, oddFlows, ruleOf } from "../../unit/dialects/odd.ts";
import { attributes, cases, errors, evaluate, groupFields, otel, rules, spanOf } from "../../unit/dialects/support.ts";
import { memoryDatabase } from "../../unit/query/database.ts";

const dialect = duckdbDialect(attributes);
const print = linePrinter(otel, "flowferry");
const UID = "log.record.uid";
/** A column whose name has to be quoted. */
const COLUMN = resolveField("sourceColumns.Cost Center") as FieldRef;
/** What the stream works out of IPv6 addresses has no words in SQL. */
const isOfPrefixes = (rule: Rule) => fieldsOf(rule).has("sourcePrefix");
const asked = rules
  .filter((rule) => rule.alerts && rule.kind !== "detector" && !isOfPrefixes(rule))
  .map((rule) => ({ name: rule.name, rule, own: cases.filter((item) => item.rule === rule.name) }));

/** Whole weeks from one case of a rule to the next, so that one query tells what is found in each. */
const APART_MS = 52 * 7 * 86_400_000;
/** The rows of flows that a query is asked about together: the cases of a rule, or odd flows. They are stored once. */
const rows = new Map<readonly Flow[], { readonly first: number; readonly last: number }>();
let connection: DuckDBConnection;
let database: Database;

const together = ({ own }: (typeof asked)[number]): Flow[] =>
  own.flatMap(({ flows }, index) => flows.map((flow) => Object.assign(copyOf(flow), { time: flow.time + index * APART_MS })));
const ofCases = new Map(asked.map((one) => [one.rule, together(one)]));

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "flowferry-duckdb-"));
  const lines: string[] = [];
  for (const flows of [oddFlows, ...ofCases.values()]) {
    rows.set(flows, { first: lines.length, last: lines.length + flows.length - 1 });
    for (const flow of flows) lines.push(`${print(flow, flow.time)}\n`);
  }
  await writeFile(join(folder, "flows.ndjson"), lines.join(""));
  database = await memoryDatabase();
  ({ connection } = database);
  await connection.run(`SET VARIABLE flows = '${join(folder, "flows.ndjson")}'`);
  await connection.run(flowsView(attributes, [...rules.flatMap((rule) => [...fieldsOf(rule).values()]), COLUMN]));
  await connection.run("CREATE TABLE stored AS FROM flows");
  await connection.run(
    "CREATE OR REPLACE VIEW flows AS FROM stored WHERE rowid BETWEEN getvariable('first') AND getvariable('last')",
  );
  await rm(folder, { recursive: true });
});
afterAll(() => database.close());

/** What the rule's query finds, and the uid of the flow at which it does. */
async function query(rule: Rule, flows: readonly Flow[]): Promise<{ readonly uid: string; readonly found: string }[]> {
  const printed = dialect.rule(rule);
  if (!("query" in printed)) throw new Error(printed.reason);
  const groups = groupFields(rule).map((field) => attributes.of(field)?.name ?? "");
  const names = rule.kind === "detection" ? [UID] : groups;
  const { first, last } = rows.get(flows) ?? { first: 0, last: -1 };
  await connection.run(`SET VARIABLE first = ${first}; SET VARIABLE last = ${last}`);
  const columns = [UID, ...groups].map(identifier).join(", ");
  const told = (await connection.runAndReadAll(`SELECT ${columns} FROM (${printed.query})`)).getRowObjects();
  return told.map((row) => ({ uid: String(row[UID]), found: names.map((name) => String(row[name])).join(" ") }));
}

test("there are rules and cases", () => {
  expect(errors).toEqual([]);
  expect(rules.length).toBeGreaterThan(30);
  expect(cases.length).toBeGreaterThan(100);
});

test("no window reaches from one case to the next", () => {
  const spans = cases.map(({ flows }) => spanOf(flows));
  const windows = rules.map((rule) => (rule.kind === "correlation" ? rule.correlation.timespanMs : 0));
  expect(Math.max(...spans) + Math.max(...windows)).toBeLessThan(APART_MS);
});

test("rules on the networks of IPv6 sources are refused by name", () => {
  const refused = rules.filter(isOfPrefixes).map((rule) => dialect.rule(rule));
  expect(refused.length).toBeGreaterThan(0);
  for (const printed of refused) expect(printed).toMatchObject({ refused: "field" });
});

describe.each(asked)("$name finds in SQL what it finds in the stream", ({ rule, own }) => {
  let told: Awaited<ReturnType<typeof query>>;
  beforeAll(async () => {
    told = await query(rule, ofCases.get(rule) ?? []);
  });
  test.each(own)("$name", ({ flows, fires }) => {
    const found = evaluate(rule, flows);
    expect(found.size > 0).toBe(fires > 0);
    const uids = new Set(flows.map(({ uid }) => uid));
    expect(new Set(told.filter(({ uid }) => uids.has(uid)).map((one) => one.found))).toEqual(found);
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
      const told = await query(rule, oddFlows);
      expect(new Set(told.map(({ found }) => found))).toEqual(evaluate(rule, oddFlows));
    }),
    { numRuns: runs(100) },
  );
});
