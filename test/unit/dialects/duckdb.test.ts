import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fieldsOf } from "../../../src/detect/constructs.ts";
import { type FieldRef, resolveField } from "../../../src/detect/fields.ts";
import type { Rule } from "../../../src/detect/rule.ts";
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
let folder: string;
let connection: DuckDBConnection;
let database: Database;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flowferry-duckdb-"));
  await writeFile(join(folder, "flows.ndjson"), "");
  database = await memoryDatabase();
  ({ connection } = database);
  await connection.run(`SET VARIABLE flows = '${join(folder, "flows.ndjson")}'`);
  await connection.run(flowsView(attributes, [...rules.flatMap((rule) => [...fieldsOf(rule).values()]), COLUMN]));
});
afterAll(async () => {
  database.close();
  await rm(folder, { recursive: true });
});

async function query(rule: Rule, flows: readonly Flow[]): Promise<Set<string>> {
  const printed = dialect.rule(rule);
  if (!("query" in printed)) throw new Error(printed.reason);
  await writeFile(join(folder, "flows.ndjson"), flows.map((flow) => `${print(flow, flow.time)}\n`).join(""));
  const rows = (await connection.runAndReadAll(printed.query)).getRowObjects();
  if (rule.kind === "detection") return new Set(rows.map((row) => String(row["log.record.uid"])));
  const names = groupFields(rule).map((field) => attributes.of(field)?.name ?? "");
  return new Set(rows.map((row) => names.map((name) => String(row[name])).join(" ")));
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
  test.each(cases.filter((item) => item.rule === rule.name))("$name", async ({ flows, fires }) => {
    const found = evaluate(rule, flows);
    expect(found.size > 0).toBe(fires > 0);
    expect(await query(rule, flows)).toEqual(found);
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
      expect(await query(rule, oddFlows)).toEqual(evaluate(rule, oddFlows));
    }),
    { numRuns: runs(100) },
  );
});
