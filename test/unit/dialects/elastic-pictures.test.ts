import { parse, type Spec, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { beforeAll, describe, expect, test } from "vitest";
import { elasticDialect } from "../../../src/dialects/elastic/dialect.ts";
import { picture } from "../../../src/dialects/elastic/pictures.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import type { Search } from "../../../src/searches/search.ts";
import { runs } from "../../runs.ts";
import { generatedFlows } from "../searches/flows.ts";
import { answer, type Row } from "../searches/oracle.ts";
import { searches } from "../shipped-searches.ts";
import { attributes } from "./support.ts";

const dialect = elasticDialect(attributes);
const pictures = searches.flatMap((search) => {
  const printed = dialect.search(search);
  if (!("query" in printed)) return [];
  const spec = picture({ search, query: printed.query });
  return spec === undefined ? [] : [{ id: search.id, kind: search.visualisation, query: printed.query, search, spec }];
});
let flows: readonly Flow[];

beforeAll(async () => {
  flows = await generatedFlows(runs(12_000, 4), 3 * 86_400_000);
});

/** What Elasticsearch would answer: times as texts, as many rows as asked for. */
function rowsOf(search: Search): readonly Row[] {
  const rows = answer(search, flows).slice(0, search.limit);
  return rows.map((row) => (row.Time === undefined ? row : { ...row, Time: new Date(Number(row.Time)).toISOString() }));
}

interface Source {
  url?: Readonly<Record<string, unknown>>;
  values?: readonly Row[];
}

/** What Kibana puts rows into: the data of Vega-Lite, the first data of Vega. */
function sourceOf(spec: object): Source {
  const { data } = spec as { data: Source | Source[] };
  const source = Array.isArray(data) ? data[0] : data;
  if (source === undefined) throw new Error("there is no data");
  return source;
}

interface Mark {
  readonly marktype: string;
  readonly role?: string;
  readonly name?: string;
  readonly items: readonly (Mark & { readonly text?: unknown; readonly opacity?: number })[];
}

/** The marks of the picture over rows, apart from its axes and legends. A warning is an error. */
async function draw(spec: object, rows: readonly Row[]): Promise<{ marks: readonly Mark[]; svg: string }> {
  const copy = structuredClone(spec) as { readonly $schema: string };
  const source = sourceOf(copy);
  delete source.url;
  source.values = rows;
  const quiet = () => logger;
  const fail = (...texts: readonly unknown[]) => {
    const text = texts.map(String).join(" ");
    // Nothing has no extent.
    if (rows.length === 0 && text.includes("Infinite extent")) return logger;
    throw new Error(text);
  };
  const logger: unknown = { level: quiet, error: fail, warn: fail, info: quiet, debug: quiet };
  const sized = { ...copy, width: 600, height: 400 };
  const lite = copy.$schema.includes("vega-lite");
  const vega = lite ? compile(sized as unknown as TopLevelSpec, { logger: logger as never }).spec : (sized as unknown as Spec);
  const view = new View(parse(vega), { renderer: "none", logger: logger as never });
  await view.runAsync();
  const svg = await view.toSVG();
  const marks: Mark[] = [];
  const collect = (mark: Mark): void => {
    if (mark.role === "mark" && mark.marktype !== "group") marks.push(mark);
    if (mark.marktype === "group") for (const item of mark.items) for (const inner of item.items) collect(inner);
  };
  collect((view.scenegraph() as unknown as { readonly root: Mark }).root);
  view.finalize();
  return { marks, svg };
}

const different = (rows: readonly Row[], labels: readonly string[]): number =>
  new Set(rows.map((row) => labels.map((label) => row[label] ?? "").join("\0"))).size;
const itemsOf = (marks: readonly Mark[], type: string): number =>
  marks.filter(({ marktype }) => marktype === type).reduce((sum, { items }) => sum + items.length, 0);

/** How many marks of which type show all of the rows, by the kind of picture. */
function expected({ visualisation, by, measures, sort, time }: Search, rows: readonly Row[]): Readonly<Record<string, number>> {
  const labels = by.map(({ label }) => label);
  const folded = by.length === 0 ? measures.length : 1;
  const series = by.length === 0 ? measures.length : different(rows, labels);
  const measure = (sort ?? measures[0])?.label ?? "";
  switch (visualisation) {
    case "number":
      return { text: 1 };
    case "line":
    case "area":
      // An area that stands on others is drawn down to them where it has no row.
      return {
        [visualisation]: visualisation === "area" && by.length > 0 ? different(rows, ["Time"]) * series : rows.length * folded,
        [`${visualisation}s`]: series,
      };
    case "bar":
      return { rect: time === undefined ? rows.length : rows.length * folded };
    case "heatmap":
      return { rect: rows.length };
    case "bubble":
      return { symbol: rows.length };
    case "treemap":
      return { rect: rows.filter((row) => Number(row[measure]) > 0).length };
    case "sankey":
      return {
        path: labels.slice(1).reduce((sum, to, index) => sum + different(rows, [labels[index] ?? "", to]), 0),
        rect: labels.reduce((sum, label) => sum + different(rows, [label]), 0),
      };
    default:
      return {};
  }
}

test("each kind of picture is drawn for a search", () => {
  const kinds = new Set(pictures.map(({ kind }) => kind));
  expect(kinds).toEqual(new Set(["number", "line", "area", "bar", "treemap", "heatmap", "bubble", "sankey"]));
});

describe.each(pictures)("$id as $kind", ({ query, spec, search }) => {
  test("asks what its search asks", () => {
    expect(sourceOf(spec).url).toEqual({ "%type%": "esql", "%context%": true, "%timefield%": "@timestamp", query });
  });

  test("shows every row", async () => {
    const rows = rowsOf(search);
    expect(rows.length).toBeGreaterThan(0);
    const { marks, svg } = await draw(spec, rows);
    for (const [type, count] of Object.entries(expected(search, rows))) {
      const found = type.endsWith("s") ? marks.filter(({ marktype }) => `${marktype}s` === type).length : itemsOf(marks, type);
      expect(found, type).toBe(count);
    }
    expect(svg).not.toMatch(/NaN|undefined|null/);
  });

  test("is empty without rows", async () => {
    const { marks } = await draw(spec, []);
    expect(marks.filter(({ items }) => items.length > 0)).toEqual([]);
  });
});

test("a number is written out", async () => {
  const text = async (id: string, row: Row): Promise<unknown> => {
    const found = pictures.find((one) => one.id === id);
    const { marks } = await draw(found?.spec ?? {}, [row]);
    return marks[0]?.items[0]?.text;
  };
  expect(await text("flow_count", { Flows: 1_234_567 })).toBe("1,234,567");
  expect(await text("byte_count", { Bytes: 10_012_345_678 })).toBe("10.01G");
  expect(await text("reject_share", { "Reject Share": 12.345 })).toBe("12.35 %");
  expect(await text("reject_share", {})).toBe("(none)");
});
