import type { GroupKey, Measure, Outliers, Search, TimeGroup } from "../../searches/search.ts";
import { type PrintedSearch, refuse } from "../dialect.ts";
import { duration } from "../text.ts";
import { quote, SEARCH, type Spl } from "./conditions.ts";
import { settingOf, stanzaOf } from "./settings.ts";

/** Field of the results, until it is renamed to its heading; the service shows `_time` as a time, under that name only. */
interface Column {
  readonly name: string;
  readonly heading: string;
}

/**
 * A search over its time range, each group one row. Times are computed from the epoch rather than binned, which would
 * follow the time zone of who asks. `dc` counts exactly.
 */
export function printSearch(search: Search, spl: Spl): string {
  const { condition, time, by, outliers, sort, limit } = search;
  const timed = timeColumns(time);
  const keys = by.map((key, index) => ({ name: `key_${index + 1}`, heading: key.label, text: keyText(key, spl) }));
  const measures = search.measures.map((measure, index) => measured(measure, index + 1, spl));
  const nameOf = (measure: Measure): string => `measure_${search.measures.indexOf(measure) + 1}`;
  const before = [...[...timed, ...keys].map(({ name, text }) => `${name} = ${text}`), ...measures.flatMap((one) => one.before)];
  const after = measures.flatMap((one) => one.after ?? []);
  const groups = [...timed, ...keys].map(({ name }) => name);
  const columns: Column[] = [
    ...timed,
    ...keys,
    ...search.measures.map((measure) => ({ name: nameOf(measure), heading: measure.label })),
  ];
  return [
    SEARCH,
    ...(condition.kind === "constant" && condition.value ? [] : [`where ${spl.where(condition)}`]),
    ...(before.length === 0 ? [] : [`eval ${before.join(", ")}`]),
    `stats ${measures.flatMap((one) => one.stats).join(", ")}${groups.length === 0 ? "" : ` by ${groups.join(" ")}`}`,
    ...(after.length === 0 ? [] : [`eval ${after.join(", ")}`]),
    ...(outliers === undefined ? [] : standOut(nameOf(outliers.measure), outliers, keys)),
    ...order(sort === undefined ? undefined : nameOf(sort), timed),
    ...(limit === undefined ? [] : [`head ${limit}`]),
    `table ${columns.map(({ name }) => name).join(" ")}`,
    `rename ${columns.map(({ name, heading }) => `${name} as ${heading === "_time" ? heading : `"${heading}"`}`).join(", ")}`,
    ...search.measures
      .filter(({ kind }) => kind === "earliest" || kind === "latest")
      .map(({ label }) => `fieldformat "${label}" = strftime('${label}', "%Y-%m-%d %H:%M:%S %z")`),
  ].join(" | ");
}

function timeColumns(time: TimeGroup | undefined): readonly (Column & { readonly text: string })[] {
  if (time === undefined) return [];
  if (time.kind === "interval") {
    if (time.ms % 1_000 !== 0) refuse("interval", "the time of events is exact to the second only");
    const seconds = time.ms / 1_000;
    return [{ name: "time", heading: "_time", text: `floor(_time / ${seconds}) * ${seconds}` }];
  }
  return [
    // The epoch was a Thursday.
    { name: "weekday", heading: "Weekday", text: "(floor(_time / 86400) + 3) % 7 + 1" },
    { name: "hour", heading: "Hour", text: "floor(_time / 3600) % 24" },
  ];
}

/** stats leaves out events without a field that it groups by. */
function keyText({ field, names }: GroupKey, { readOf }: Spl): string {
  const read = readOf(field);
  if (names === undefined) return `coalesce(${read}, "")`;
  const cases = [...names.cases].map(
    ([value, shown]) => `${read} = ${typeof value === "number" ? value : quote(value)}, ${quote(shown)}`,
  );
  return `case(${[...cases, `true(), ${quote(names.otherwise)}`].join(", ")})`;
}

interface Measured {
  readonly before: readonly string[];
  readonly stats: readonly string[];
  readonly after?: string;
}

function measured(measure: Measure, number: number, { where, readOf }: Spl): Measured {
  const [name, value, part, all] = [`measure_${number}`, `value_${number}`, `part_${number}`, `all_${number}`];
  const condition = "where" in measure && measure.where !== undefined ? where(measure.where) : undefined;
  switch (measure.kind) {
    case "count":
      if (condition === undefined) return { before: [], stats: [`count as ${name}`] };
      return { before: [`${value} = if(${condition}, 1, 0)`], stats: [`sum(${value}) as ${name}`] };
    case "share":
      return {
        before: [`${value} = if(${condition}, 1, 0)`],
        stats: [`sum(${value}) as ${part}`, `count as ${all}`],
        after: `${name} = 100 * ${part} / ${all}`,
      };
    case "earliest":
      return { before: [], stats: [`min(_time) as ${name}`] };
    case "latest":
      return { before: [], stats: [`max(_time) as ${name}`] };
    default: {
      const read = readOf(measure.field);
      return {
        before: [`${value} = ${condition === undefined ? read : `if(${condition}, ${read}, null())`}`],
        stats: [`${measure.kind === "distinct" ? "dc" : measure.kind}(${value}) as ${name}`],
      };
    }
  }
}

/** stdev is that of a sample. */
function standOut(name: string, { measure, deviations }: Outliers, keys: readonly Column[]): string[] {
  const parts = [`avg(${name}) as mean`, `stdev(${name}) as deviation`, `count(${name}) as intervals`];
  return [
    // The sum of nothing is 0, which eventstats would pass over.
    ...(measure.kind === "sum" ? [`eval ${name} = coalesce(${name}, 0)`] : []),
    `eventstats ${parts.join(", ")}${keys.length === 0 ? "" : ` by ${keys.map((key) => key.name).join(" ")}`}`,
    `where intervals > 1 AND ${name} > mean + ${deviations} * deviation`,
  ];
}

/** Largest first, groups without a value last: no measure is negative. */
function order(sort: string | undefined, timed: readonly Column[]): string[] {
  if (sort !== undefined) return [`eval order = coalesce(${sort}, -1)`, "sort 0 -num(order)"];
  return timed.length === 0 ? [] : [`sort 0 ${timed.map(({ name }) => `num(${name})`).join(", ")}`];
}

export function savedSearches(searches: readonly PrintedSearch[]): string {
  const stanzas = searches.map(({ search, query }) =>
    [
      `[flowferry: ${stanzaOf(search.title)}]`,
      `description = ${settingOf(search.description)}`,
      `search = ${query}`,
      `dispatch.earliest_time = -${duration(search.periodMs)}`,
      "dispatch.latest_time = now",
      "enableSched = 0",
      ...display(search),
      "",
    ].join("\n"),
  );
  return `# Goes into local/ of an app, beside macros.conf.\n\n${stanzas.join("\n")}`;
}

/** A chart draws numbers by one column of time or of groups; everything else is shown as a table. */
function display({ visualisation, time, by }: Search): string[] {
  const columns = by.length + (time === undefined ? 0 : time.kind === "interval" ? 1 : 2);
  const shown = (type: string): string[] => [
    "display.general.type = visualizations",
    "display.page.search.tab = visualizations",
    `display.visualizations.type = ${type}`,
  ];
  if (visualisation === "number") return shown("singlevalue");
  const timed = time?.kind === "interval";
  const chart =
    visualisation === "line" || visualisation === "area" || visualisation === "pie"
      ? visualisation
      : visualisation === "bar"
        ? timed
          ? "column"
          : "bar"
        : undefined;
  if (chart !== undefined && columns === 1) return [...shown("charting"), `display.visualizations.charting.chart = ${chart}`];
  return ["display.general.type = statistics", "display.page.search.tab = statistics"];
}
