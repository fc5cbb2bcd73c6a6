import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { elasticDialect } from "../../../src/dialects/elastic/dialect.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { linePrinter } from "../../../src/schemas/line.ts";
import type { Search } from "../../../src/searches/search.ts";
import { runs } from "../../runs.ts";
import { runEsql } from "../../unit/dialects/elastic-reader.ts";
import { oddCondition, oddFlows, ruleOf } from "../../unit/dialects/odd.ts";
import { type Fields, madeOnce, otherColumns, type Value } from "../../unit/dialects/query-reader.ts";
import { attributes, cases, evaluate, groupFields, otel, rules, spanOf } from "../../unit/dialects/support.ts";
import { generatedFlows } from "../../unit/searches/flows.ts";
import { oddSearch, spreadFlows } from "../../unit/searches/odd.ts";
import { answer, columnsOf, faultOf, type Row } from "../../unit/searches/oracle.ts";
import { searches } from "../../unit/shipped-searches.ts";

const dialect = elasticDialect(attributes);
const line = linePrinter(otel, "flowferry");

/** The record as the OTel mapping of Elasticsearch has it. */
function recordOf(flow: Flow): Fields {
  const record = JSON.parse(line(flow, flow.time)) as Record<"resource" | "attributes", Record<string, unknown>>;
  const fields: Record<string, Value> = { "@timestamp": BigInt(flow.time) };
  for (const [name, value] of Object.entries(record.attributes)) fields[inAttributes(name)] = typeOf(name, value);
  for (const [name, value] of Object.entries(record.resource)) fields[inResource(name)] = typeOf(name, value);
  return fields;
}

/** The names behind a prefix, each joined once. */
function behind(prefix: string): (name: string) => string {
  const joined = new Map<string, string>();
  return (name) => {
    const found = joined.get(name) ?? prefix + name;
    joined.set(name, found);
    return found;
  };
}
const inAttributes = behind("attributes.");
const inResource = behind("resource.attributes.");

const INTEGERS = new Set(attributes.all.filter(({ type }) => type === "integer").map(({ name }) => name));
const typeOf = (name: string, value: unknown): Value => (INTEGERS.has(name) ? BigInt(String(value)) : (value as Value));

const recordsOf = madeOnce(recordOf);

function queryOf(search: Search): string {
  const printed = dialect.search(search);
  if (!("query" in printed)) throw new Error(`${search.id}: ${printed.reason}`);
  return printed.query;
}

function rowsOf(search: Search, flows: readonly Flow[]): Row[] {
  const rows = runEsql(queryOf(search), recordsOf(flows));
  expect(otherColumns(rows, columnsOf(search))).toEqual([]);
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(search, name, value)])));
}

function plain({ by }: Search, name: string, value: Value): string | number | undefined {
  if (by.some(({ label }) => label === name)) return value === null ? "" : String(value);
  return value === null ? undefined : Number(value);
}

describe("every search that ships answers over a generated bucket what the oracle does", () => {
  let flows: readonly Flow[];
  beforeAll(async () => {
    flows = await generatedFlows(runs(12_000, 4), 3 * 86_400_000);
  });
  test.each(searches.map((search) => ({ id: search.id, search })))("$id", ({ search }) => {
    const all = answer(search, flows);
    expect(all.length).toBeGreaterThan(0);
    expect(faultOf(search, all, rowsOf(search, flows))).toBeUndefined();
  });
});

test("any search over odd flows means in ES|QL what its doc comments say", () => {
  fc.assert(
    fc.property(oddSearch, (search) => {
      const printed = dialect.search(search);
      fc.pre("query" in printed || printed.refused !== "re");
      expect(faultOf(search, answer(search, spreadFlows), rowsOf(search, spreadFlows)), queryOf(search)).toBeUndefined();
    }),
    { numRuns: runs(100), maxSkipsPerRun: 1_000 },
  );
});

test("any condition over odd flows finds in ES|QL what it finds in the stream", () => {
  fc.assert(
    fc.property(oddCondition({ rare: false }), (condition) => {
      const rule = ruleOf(condition);
      const printed = dialect.rule(rule);
      fc.pre("query" in printed || printed.refused !== "re");
      if (!("query" in printed)) throw new Error(printed.reason);
      const found = runEsql(printed.query, recordsOf(oddFlows)).map((row) => row["attributes.log.record.uid"]);
      expect(new Set(found), printed.query).toEqual(evaluate(rule, oddFlows));
    }),
    { numRuns: runs(100), maxSkipsPerRun: 1_000 },
  );
});

describe.each(rules.filter((rule) => rule.alerts && "query" in dialect.rule(rule)).map((rule) => ({ name: rule.name, rule })))(
  "$name finds in ES|QL what it finds in the stream",
  ({ rule }) => {
    const printed = dialect.rule(rule);
    const query = "query" in printed ? printed.query : "";
    // The query of a correlation sees one window.
    const own = cases.filter(
      ({ rule: name, flows }) =>
        name === rule.name && (rule.kind !== "correlation" || spanOf(flows) < rule.correlation.timespanMs),
    );
    test.each(own)("$name", ({ flows, fires }) => {
      const names = groupFields(rule).map((ref) => `attributes.${attributes.of(ref)?.name}`);
      const found = runEsql(query, recordsOf(flows)).map((row) =>
        rule.kind === "correlation" ? names.map((name) => String(row[name])).join(" ") : row["attributes.log.record.uid"],
      );
      expect(found.length > 0).toBe(fires > 0);
      expect(new Set(found)).toEqual(evaluate(rule, flows));
    });
  },
);

test("a query that is not ES|QL is told apart", () => {
  const records = recordsOf(oddFlows);
  for (const query of [
    "FROM logs-* | WHER true",
    "FROM logs-* | WHERE a == ",
    "FROM logs-* | STATS n = COUNT(* BY x",
    'FROM logs-* | WHERE a == "b',
    "FROM logs-* | LIMIT 1 2",
  ])
    expect(() => runEsql(query, records), query).toThrow();
});
