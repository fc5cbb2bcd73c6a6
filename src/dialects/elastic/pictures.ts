import type { Measure, Search } from "../../searches/search.ts";
import type { PrintedSearch } from "../dialect.ts";
import { type Columns, shown, value } from "./columns.ts";
import { sankey } from "./sankey.ts";
import { treemap } from "./treemap.ts";

/**
 * The specification of the picture in Vega-Lite or Vega, whose rows Kibana asks for by ES|QL over the dashboard's time
 * range; undefined for a table.
 */
export function picture({ search, query }: PrintedSearch): object | undefined {
  const [first] = search.measures;
  const drawn = search.sort ?? first;
  if (drawn === undefined) return undefined;
  const columns: Columns = {
    url: { "%type%": "esql", "%context%": true, "%timefield%": "@timestamp", query },
    keys: [...timeColumns(search), ...search.by.map(({ label }) => label)],
    measure: drawn.label,
  };
  switch (search.visualisation) {
    case "table":
      return undefined;
    case "treemap":
      return treemap(columns);
    case "sankey":
      return sankey(columns);
    default:
      return {
        $schema: "https://vega.github.io/schema/vega-lite/v5.json",
        data: { name: "rows", url: columns.url },
        ...MARKS[search.visualisation](search, drawn),
      };
  }
}

type Drawn = Exclude<Search["visualisation"], "table" | "treemap" | "sankey">;

const MARKS: Readonly<Record<Drawn, (search: Search, drawn: Measure) => object>> = {
  number: (_, drawn) => ({
    transform: [
      { calculate: `isValid(${value(drawn.label)}) ? ${NUMBERS[drawn.kind](value(drawn.label))} : '(none)'`, as: "shown" },
    ],
    mark: { type: "text", fontSize: 40, fontWeight: "bold", tooltip: { content: "data" } },
    encoding: { text: { field: "shown", type: "nominal" } },
  }),
  line: (search, drawn) => overTime("line", search, drawn),
  area: (search, drawn) => overTime("area", search, drawn),
  bar: (search, drawn) =>
    search.time?.kind === "interval"
      ? overTime("bar", search, drawn)
      : {
          ...inOne(search, " · "),
          mark: { type: "bar", tooltip: { content: "data" } },
          encoding: {
            y: { field: "series", type: "nominal", sort: "-x", title: null, axis: { labelLimit: 320 } },
            x: quantity(drawn),
          },
        },
  pie: (search, drawn) => ({
    ...inOne(search, " · "),
    mark: { type: "arc", tooltip: { content: "data" } },
    encoding: {
      theta: { field: drawn.label, type: "quantitative", stack: true },
      color: { field: "series", type: "nominal", title: null, sort: { field: drawn.label, order: "descending" } },
    },
  }),
  heatmap: (search, drawn) => {
    const [down = "", across = ""] = [...timeColumns(search), ...search.by.map(({ label }) => label)];
    return {
      ...named(search),
      mark: { type: "rect", tooltip: { content: "data" } },
      encoding: {
        x: ordinal(across),
        y: ordinal(down),
        color: { field: drawn.label, type: "quantitative", scale: { scheme: "blues" }, legend: { format: FORMAT } },
      },
    };
  },
  bubble: (search, drawn) => {
    const [across = "", up = "", ...rest] = [...timeColumns(search), ...search.by.map(({ label }) => label)];
    const colour = rest.at(-1);
    return {
      ...named(search),
      mark: { type: "circle", opacity: 0.7, tooltip: { content: "data" } },
      encoding: {
        x: across === "Time" ? TIME : ordinal(across),
        y: ordinal(up),
        size: { field: drawn.label, type: "quantitative", scale: { range: [10, 1_000] }, legend: { format: FORMAT } },
        ...(colour !== undefined && { color: { field: colour, type: "nominal" } }),
      },
    };
  },
};

const FORMAT = "~s";
const counted = (read: string): string => `format(${read}, ',')`;
const dated = (read: string): string => `utcFormat(toDate(${read}), '%Y-%m-%d %H:%M')`;
const NUMBERS: Readonly<Record<Measure["kind"], (read: string) => string>> = {
  count: counted,
  distinct: counted,
  share: (read) => `format(${read}, '.2f') + ' %'`,
  sum: (read) => `format(${read}, '.4~s')`,
  min: counted,
  max: counted,
  earliest: dated,
  latest: dated,
};
const TIME = { field: "Time", type: "temporal", scale: { type: "utc" }, title: null } as const;
const WEEKDAYS = "['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][datum.value]";

function timeColumns({ time }: Search): readonly string[] {
  if (time === undefined) return [];
  return time.kind === "interval" ? ["Time"] : ["Weekday", "Hour"];
}

function quantity({ label }: Measure): object {
  return { field: label, type: "quantitative", axis: { format: FORMAT } };
}

function ordinal(heading: string): object {
  if (heading === "Weekday")
    return { field: heading, type: "ordinal", axis: { labelExpr: WEEKDAYS }, scale: { domain: upTo(1, 7) } };
  if (heading === "Hour") return { field: heading, type: "ordinal", scale: { domain: upTo(0, 23) } };
  return { field: heading, type: "ordinal", axis: { labelLimit: 200 } };
}

function upTo(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Columns of groups with a name for what is missing. */
function named({ by }: Search): { readonly transform: readonly object[] } {
  return { transform: by.map(({ label }) => ({ calculate: shown(label), as: label })) };
}

/** The groups' columns as one, `series`. */
function inOne({ by, time }: Search, between: string): { readonly transform: readonly object[] } {
  const headings = [...(time?.kind === "hour-of-week" ? ["Weekday", "Hour"] : []), ...by.map(({ label }) => label)];
  return { transform: [{ calculate: headings.map(shown).join(` + '${between}' + `), as: "series" }] };
}

/** One line for each group; several measures of one group are one line each. */
function overTime(mark: "line" | "area" | "bar", search: Search, drawn: Measure): object {
  const tooltip = { content: "data" };
  if (search.by.length === 0 && search.measures.length > 1) {
    return {
      transform: [{ fold: search.measures.map(({ label }) => label), as: ["series", "amount"] }],
      mark: { type: mark, tooltip },
      encoding: {
        x: TIME,
        y: { field: "amount", type: "quantitative", title: null, axis: { format: FORMAT } },
        color: { field: "series", type: "nominal", title: null },
      },
    };
  }
  if (search.by.length === 0) return { mark: { type: mark, tooltip }, encoding: { x: TIME, y: quantity(drawn) } };
  return {
    ...inOne(search, " · "),
    mark: { type: mark, tooltip },
    encoding: { x: TIME, y: quantity(drawn), color: { field: "series", type: "nominal", title: null } },
  };
}
