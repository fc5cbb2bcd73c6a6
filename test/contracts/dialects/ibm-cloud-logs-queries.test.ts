import fc from "fast-check";
import { type AST, type Node, parse } from "lucene";
import { describe, expect, test } from "vitest";
import { ibmCloudLogsDialect } from "../../../src/dialects/ibm-cloud-logs/dialect.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { linePrinter } from "../../../src/schemas/line.ts";
import type { Search } from "../../../src/searches/search.ts";
import { runs } from "../../runs.ts";
import { oddCondition, oddFlows, ruleOf } from "../../unit/dialects/odd.ts";
import { ALERTING, attributes, cases, evaluate, otel, rules } from "../../unit/dialects/support.ts";
import { searches } from "../../unit/shipped-searches.ts";

const dialect = ibmCloudLogsDialect(attributes);
const line = linePrinter(otel, "flowferry");

type Record = ReadonlyMap<string, unknown>;

/** The fields by path that the service keeps of a line. */
function recordOf(flow: Flow): Record {
  const parts = JSON.parse(line(flow, flow.time)) as { readonly [part in "resource" | "attributes"]: object };
  return new Map(
    (["resource", "attributes"] as const).flatMap((part) =>
      Object.entries(parts[part]).map(([name, value]): [string, unknown] => [`${part}.${name}`, value]),
    ),
  );
}

const oddRecords = oddFlows.map(recordOf);

const IMPLICIT = "<implicit>";
const unescaped = (text: string): string => text.replaceAll(/\\(.)/gs, "$1");

/** Whether the record meets a query, as the grammar of Lucene takes it apart. Throws on what is written without an operator. */
function meets(query: AST | Node, record: Record, within?: string): boolean {
  if ("term" in query) return termMeets(query, record, within);
  if ("term_min" in query) {
    const { path, type } = place(query.field);
    if (type !== "numeric") throw new Error(`a range over ${query.field}`);
    const value = record.get(path);
    if (value === undefined) return false;
    const [least, most] = [bound(query.term_min, -Infinity), bound(query.term_max, Infinity)];
    const [above, below] = [
      query.inclusive === "both" || query.inclusive === "left",
      query.inclusive === "both" || query.inclusive === "right",
    ];
    const number = Number(value);
    return (above ? number >= least : number > least) && (below ? number <= most : number < most);
  }
  const field = query.field === undefined || query.field === IMPLICIT ? within : query.field;
  const left = meets(query.left, record, field);
  if (!("right" in query)) return query.start === "NOT" ? !left : left;
  if ("start" in query) throw new Error(`${String(query.start)} before ${query.operator} without brackets`);
  switch (query.operator) {
    case "AND":
      return meets(query.right, record, field) && left;
    case "OR":
      return meets(query.right, record, field) || left;
    case "AND NOT":
      return !meets(query.right, record, field) && left;
    default:
      throw new Error(`the operator ${query.operator}`);
  }
}

const bound = (text: string, none: number): number => (text === "*" ? none : Number(text));

function place(field: string): { readonly path: string; readonly type: string | undefined } {
  const [, path = "", type] = /^(.*?)(?:\.(keyword|numeric))?$/s.exec(unescaped(field)) ?? [];
  return { path, type };
}

function termMeets(query: Extract<Node, { term: string }>, record: Record, within: string | undefined): boolean {
  const field = query.field === IMPLICIT ? (within ?? "") : query.field;
  if (field === "*" && query.term === "*") return true;
  if (field === "_exists_") return record.has(unescaped(query.term));
  const { path, type } = place(field);
  const value = record.get(path);
  if (value === undefined) return false;
  if (type === "keyword") {
    if (!query.quoted) throw new Error(`${query.term} is not quoted`);
    return value === unescaped(query.term);
  }
  return type === "numeric" ? Number(value) === Number(query.term) : String(value) === query.term;
}

/** Joins of and and or within the same brackets, which Lucene does not read as algebra does. */
function mixed(query: AST | Node, operators: readonly string[] = []): boolean {
  if (!("left" in query)) return false;
  const own = "operator" in query ? query.operator.replace(" NOT", "") : undefined;
  const all = own === undefined ? operators : [...operators, own];
  if (new Set(all).size > 1) return true;
  const inner = (part: AST | Node): boolean => mixed(part, "parenthesized" in part && part.parenthesized ? [] : all);
  return inner(query.left) || ("right" in query && inner(query.right));
}

function queriesOf(): { readonly name: string; readonly query: string }[] {
  const fromRules = rules.flatMap((rule) => {
    const printed = dialect.rule(rule);
    return "query" in printed ? [{ name: rule.name, query: printed.query }] : [];
  });
  const fromSearches = searches.flatMap((search) => {
    const printed = dialect.search(search);
    if (!("query" in printed)) return [];
    const { logs } = JSON.parse(printed.query) as { readonly logs: { readonly lucene_query: { readonly value: string } } };
    return [{ name: search.id, query: logs.lucene_query.value }];
  });
  return [...fromRules, ...fromSearches];
}

describe.each(queriesOf())("the query of $name", ({ query }) => {
  test("is Lucene, every operator written, of a length that the service takes", () => {
    const read = parse(query);
    expect(mixed(read)).toBe(false);
    expect(query.length).toBeLessThanOrEqual(4_096);
    expect(() => oddRecords.map((record) => meets(read, record))).not.toThrow();
  });
});

test("the grammar tells right from wrong", () => {
  for (const query of ["a:(", 'a:"b', "a:[1 TO", "(a:1"]) expect(() => parse(query)).toThrow();
  const record = new Map([["a", 1]]);
  expect(() => meets(parse("a.numeric:1 a.numeric:2"), record)).toThrow();
  expect(mixed(parse("a:1 AND b:2 OR c:3"))).toBe(true);
});

// What a definition counts are the flows of the rule's parts; whether they are enough is its threshold's business.
const single = rules.filter((rule) => rule.alerts && rule.kind === "detection" && "query" in dialect.rule(rule));
describe.each(single.map((rule) => ({ name: rule.name, rule })))(
  "$name finds in Lucene what it finds in the stream",
  ({ rule }) => {
    const printed = dialect.rule(rule);
    const query = parse("query" in printed ? printed.query : "");
    test.each(cases.filter((item) => item.rule === rule.name))("$name", ({ flows, fires }) => {
      const found = flows.filter((flow) => meets(query, recordOf(flow))).map(({ uid }) => uid);
      expect(found.length > 0).toBe(fires > 0);
      expect(new Set(found)).toEqual(evaluate(rule, flows));
    });
  },
);

test("any condition over odd flows that can be said finds in Lucene what it finds in the stream", () => {
  fc.assert(
    fc.property(oddCondition({ rare: false }), (condition) => {
      const rule = ruleOf(condition);
      const printed = dialect.rule(rule);
      fc.pre("query" in printed);
      const query = "query" in printed ? printed.query : "";
      const read = parse(query);
      const found = oddFlows.filter((_, index) => meets(read, oddRecords[index] as Record)).map(({ uid }) => uid);
      expect(new Set(found), query).toEqual(evaluate(rule, oddFlows));
    }),
    { numRuns: runs(100), maxSkipsPerRun: 10_000 },
  );
});

describe("searches are gauges", () => {
  const files = dialect.files({
    alerting: ALERTING,
    rules: [],
    searches: searches.flatMap((search) => {
      const printed = dialect.search(search);
      return "query" in printed ? [{ search, query: printed.query }] : [];
    }),
  });
  const [dashboard, ...others] = JSON.parse(files.get("searches.json") ?? "") as {
    readonly name: string;
    readonly relative_time_frame: string;
    readonly layout: { readonly sections: readonly { readonly rows: readonly { readonly widgets: readonly Gauge[] }[] }[] };
  }[];
  interface Gauge {
    readonly id: { readonly value: string };
    readonly title: string;
    readonly definition: {
      readonly gauge: { readonly query: { readonly logs: { readonly logs_aggregation: object } }; readonly unit: string };
    };
  }
  const widgets = dashboard?.layout.sections[0]?.rows[0]?.widgets ?? [];

  test("one dashboard for each period", () => {
    const frames = [dashboard, ...others.filter(({ name }) => name !== "flowferry: questions")].map(
      (one) => one?.relative_time_frame,
    );
    expect(frames[0]).toBe("86400s");
    expect(new Set(frames).size).toBe(frames.length);
    expect(new Set(widgets.map(({ id }) => id.value)).size).toBe(widgets.length);
    for (const { id } of widgets) expect(id.value).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  });

  test("that count or sum what Lucene finds", () => {
    expect(
      Object.fromEntries(widgets.map(({ title, definition }) => [title, definition.gauge.query.logs.logs_aggregation])),
    ).toEqual({
      Bytes: { sum: { observation_field: { keypath: ["attributes", "flow.bytes"], scope: "user_data" } } },
      Flows: { count: {} },
    });
    expect(widgets.map(({ definition }) => definition.gauge.unit)).toEqual(["bytes", "number"]);
  });
});

test("what a gauge cannot say is refused by name", () => {
  const [flowCount] = searches.filter(({ id }) => id === "flow_count");
  if (flowCount === undefined) throw new Error("there is no flow_count");
  const of = (change: Partial<Search>): string => {
    const printed = dialect.search({ ...flowCount, ...change });
    return "refused" in printed ? printed.refused : "said";
  };
  const [group] = searches.find(({ id }) => id === "top_talkers")?.by ?? [];
  if (group === undefined) throw new Error("top_talkers has no groups");
  const [{ condition }] = [flowCount];
  expect(of({})).toBe("said");
  expect(of({ by: [group] })).toBe("group");
  expect(of({ time: { kind: "interval", ms: 3_600_000 } })).toBe("interval");
  expect(of({ time: { kind: "hour-of-week" } })).toBe("hour-of-week");
  expect(of({ measures: [{ kind: "share", label: "Share", where: condition }] })).toBe("share");
  expect(of({ measures: [{ kind: "distinct", label: "Values", field: group.field, where: undefined }] })).toBe("distinct");
  expect(of({ measures: [{ kind: "latest", label: "Last Seen" }] })).toBe("latest");
  expect(of({ measures: [{ kind: "count", label: "Some", where: condition }] })).toBe("said");
  expect(of({ measures: [...flowCount.measures, { kind: "count", label: "Some", where: condition }] })).toBe("where");
});
