import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { splunkDialect } from "../../../src/dialects/splunk/dialect.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { linePrinter } from "../../../src/schemas/line.ts";
import type { Search } from "../../../src/searches/search.ts";
import { runs } from "../../runs.ts";
import { oddCondition, oddFlows, ruleOf } from "../../unit/dialects/odd.ts";
import { type Fields, madeOnce, otherColumns, type Value } from "../../unit/dialects/query-reader.ts";
import { runSpl } from "../../unit/dialects/splunk-reader.ts";
import { attributes, cases, evaluate, groupFields, otel, rules, spanOf } from "../../unit/dialects/support.ts";
import { generatedFlows } from "../../unit/searches/flows.ts";
import { oddSearch, spreadFlows } from "../../unit/searches/odd.ts";
import { answer, columnsOf, faultOf, type Row } from "../../unit/searches/oracle.ts";
import { searches } from "../../unit/shipped-searches.ts";

const dialect = splunkDialect(attributes);
const line = linePrinter(otel, "flowferry");
/** Texts that SPL would not take literally. */
const REFUSED = ["re", "text", "cidr", "field"];

/** The event as the Collector's HEC exporter makes it: every field is a text. */
function eventOf(flow: Flow): Fields {
  const record = JSON.parse(line(flow, flow.time)) as Record<"resource" | "attributes", Record<string, unknown>>;
  const fields: Record<string, Value> = { _time: flow.time / 1_000 };
  for (const [name, value] of Object.entries({ ...record.resource, ...record.attributes })) fields[name] = String(value);
  return fields;
}

const eventsOf = madeOnce(eventOf);

function queryOf(search: Search): string {
  const printed = dialect.search(search);
  if (!("query" in printed)) throw new Error(`${search.id}: ${printed.reason}`);
  return printed.query;
}

function rowsOf(search: Search, flows: readonly Flow[]): Row[] {
  const rows = runSpl(queryOf(search), eventsOf(flows));
  const columns = columnsOf(search);
  const inSpl = (name: string): string => (name === "Time" ? "_time" : name);
  expect(otherColumns(rows, columns.map(inSpl))).toEqual([]);
  return rows.map((row) => Object.fromEntries(columns.map((name) => [name, plain(search, name, row[inSpl(name)] ?? null)])));
}

function plain({ by, measures }: Search, name: string, value: Value): string | number | undefined {
  if (by.some(({ label }) => label === name)) return String(value);
  const kind = measures.find(({ label }) => label === name)?.kind;
  const seconds = name === "Time" || kind === "earliest" || kind === "latest";
  return value === null ? undefined : seconds ? Math.round(Number(value) * 1_000) : Number(value);
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

test("any search over odd flows means in SPL what its doc comments say", () => {
  fc.assert(
    fc.property(oddSearch, (search) => {
      const printed = dialect.search(search);
      fc.pre("query" in printed || !REFUSED.includes(printed.refused));
      expect(faultOf(search, answer(search, spreadFlows), rowsOf(search, spreadFlows)), queryOf(search)).toBeUndefined();
    }),
    { numRuns: runs(100), maxSkipsPerRun: 1_000 },
  );
});

test("any condition over odd flows finds in SPL what it finds in the stream", () => {
  fc.assert(
    fc.property(oddCondition({ rare: false }), (condition) => {
      const rule = ruleOf(condition);
      const printed = dialect.rule(rule);
      fc.pre("query" in printed || !REFUSED.includes(printed.refused));
      if (!("query" in printed)) throw new Error(printed.reason);
      const found = runSpl(printed.query, eventsOf(oddFlows)).map((row) => row["log.record.uid"]);
      expect(new Set(found), printed.query).toEqual(evaluate(rule, oddFlows));
    }),
    { numRuns: runs(100), maxSkipsPerRun: 1_000 },
  );
});

describe.each(rules.filter((rule) => rule.alerts && "query" in dialect.rule(rule)).map((rule) => ({ name: rule.name, rule })))(
  "$name finds in SPL what it finds in the stream",
  ({ rule }) => {
    const printed = dialect.rule(rule);
    const query = "query" in printed ? printed.query : "";
    // The search of a correlation sees one window.
    const own = cases.filter(
      ({ rule: name, flows }) =>
        name === rule.name && (rule.kind !== "correlation" || spanOf(flows) < rule.correlation.timespanMs),
    );
    test.each(own)("$name", ({ flows, fires }) => {
      const names = groupFields(rule).map(({ name }) => name.replaceAll(/\W/g, "_"));
      const found = runSpl(query, eventsOf(flows)).map((row) =>
        rule.kind === "correlation" ? names.map((name) => String(row[name])).join(" ") : row["log.record.uid"],
      );
      expect(found.length > 0).toBe(fires > 0);
      expect(new Set(found)).toEqual(evaluate(rule, flows));
    });
  },
);

test("a search that is not SPL is told apart", () => {
  const events = eventsOf(oddFlows);
  const search = "search `flowferry` |";
  for (const query of [
    "search index=main",
    `${search} wher 1=1`,
    `${search} where 'a' = `,
    `${search} stats count as n by`,
    `${search} head 1 2`,
  ])
    expect(() => runSpl(query, events), query).toThrow();
});
