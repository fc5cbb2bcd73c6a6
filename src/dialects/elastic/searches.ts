import type { GroupKey, Measure, Outliers, Search, TimeGroup } from "../../searches/search.ts";
import { refuse } from "../dialect.ts";
import { type Esql, INDICES, quote, quoteName, TIME_MS } from "./conditions.ts";

/** A query without a limit gives 1,000 rows, and none gives more than this. */
const MOST_ROWS = 10_000;
/** What helper columns are called; labels have no underscores. */
const VALUE = "distinct_value";

/**
 * A search as one query over its time range: STATS, and in front of it a STATS by the values that are counted, because
 * COUNT_DISTINCT estimates; where values of several fields are counted, they are gathered. Time is computed rather than truncated, which would follow the time zone of who asks.
 */
export function printSearch(search: Search, { where, nameOf }: Esql): string {
  const { condition, time, by, measures, outliers, sort, limit } = search;
  const keys = [...timeKeys(time), ...by.map((key) => ({ name: quoteName(key.label), text: keyText(key, nameOf) }))];
  const names = keys.map(({ name }) => name);
  const first = keys.map(({ name, text }) => `${name} = ${text}`);
  const aggregates = measures.map((measure, index) => aggregate(measure, index, { where, nameOf }));
  const counted = distinctField(measures);
  const after = aggregates.flatMap((one) => one.after ?? (counted === undefined ? (one.onceAfter ?? []) : []));
  const most = limit ?? MOST_ROWS;
  if (most > MOST_ROWS) refuse("limit", `a query gives ${MOST_ROWS} rows at most`);
  return [
    `FROM ${INDICES}`,
    ...(condition.kind === "constant" && condition.value ? [] : [`WHERE ${where(condition)}`]),
    ...(counted === undefined
      ? [
          stats(
            aggregates.flatMap(({ once }) => once),
            first,
          ),
        ]
      : [
          stats(
            aggregates.flatMap(({ inner }) => inner),
            [...first, `${VALUE} = ${nameOf(counted)}`],
          ),
          stats(
            aggregates.flatMap(({ outer }) => outer),
            names,
          ),
        ]),
    ...(after.length === 0 ? [] : [`EVAL ${after.join(", ")}`]),
    ...(outliers === undefined
      ? []
      : standOut(
          quoteName(outliers.measure.label),
          outliers,
          by.map(({ label }) => quoteName(label)),
        )),
    ...(sort !== undefined
      ? [`SORT ${quoteName(sort.label)} DESC NULLS LAST`]
      : time === undefined
        ? []
        : [
            `SORT ${timeKeys(time)
              .map(({ name }) => name)
              .join(", ")}`,
          ]),
    `KEEP ${[...names, ...measures.map(({ label }) => quoteName(label))].join(", ")}`,
    `LIMIT ${most}`,
  ].join(" | ");
}

function stats(aggregates: readonly string[], by: readonly string[]): string {
  return `STATS ${aggregates.join(", ")}${by.length === 0 ? "" : ` BY ${by.join(", ")}`}`;
}

function timeKeys(time: TimeGroup | undefined): readonly { readonly name: string; readonly text: string }[] {
  if (time === undefined) return [];
  if (time.kind === "interval") return [{ name: "Time", text: `TO_DATETIME(${TIME_MS} / ${time.ms} * ${time.ms})` }];
  return [
    // The epoch was a Thursday.
    { name: "Weekday", text: `(${TIME_MS} / 86400000 + 3) % 7 + 1` },
    { name: "Hour", text: `${TIME_MS} / 3600000 % 24` },
  ];
}

/** Numbers that are missing stay null, which STATS groups by as well. */
function keyText({ field, names }: GroupKey, nameOf: Esql["nameOf"]): string {
  const name = nameOf(field);
  if (names === undefined) return field.class === "text" ? `COALESCE(${name}, "")` : name;
  const cases = [...names.cases].map(
    ([value, shown]) => `${name} == ${typeof value === "number" ? value : quote(value)}, ${quote(shown)}`,
  );
  return `CASE(${[...cases, quote(names.otherwise)].join(", ")})`;
}

/** The field whose different values are counted by grouping, when it is one. */
function distinctField(measures: readonly Measure[]) {
  const fields = measures.flatMap((measure) => (measure.kind === "distinct" ? [measure.field] : []));
  const [first] = fields;
  return fields.every(({ name }) => name === first?.name) ? first : undefined;
}

interface Aggregate {
  /** Over flows. */
  readonly once: readonly string[];
  /** Over the flows of a value, and over its results. */
  readonly inner: readonly string[];
  readonly outer: readonly string[];
  /** Of both ways, and of the first alone. */
  readonly after?: string;
  readonly onceAfter?: string;
}

function aggregate(measure: Measure, index: number, { where, nameOf }: Esql): Aggregate {
  const name = quoteName(measure.label);
  const filter = "where" in measure && measure.where !== undefined ? ` WHERE ${where(measure.where)}` : "";
  const twice = (text: string, again: string): Aggregate => ({
    once: [`${name} = ${text}${filter}`],
    inner: [`${name} = ${text}${filter}`],
    outer: [`${name} = ${again}(${name})`],
  });
  switch (measure.kind) {
    case "count":
      return twice("COUNT(*)", "SUM");
    case "sum":
      return twice(`SUM(${nameOf(measure.field)})`, "SUM");
    case "min":
      return twice(`MIN(${nameOf(measure.field)})`, "MIN");
    case "max":
      return twice(`MAX(${nameOf(measure.field)})`, "MAX");
    case "earliest":
      return twice("MIN(@timestamp)", "MIN");
    case "latest":
      return twice("MAX(@timestamp)", "MAX");
    case "share": {
      const [part, all] = [`part_${index + 1}`, `all_${index + 1}`];
      const counts = [`${part} = COUNT(*)${filter}`, `${all} = COUNT(*)`];
      return {
        once: counts,
        inner: counts,
        outer: [part, all].map((one) => `${one} = SUM(${one})`),
        after: `${name} = 100.0 * ${part} / ${all}`,
      };
    }
    case "distinct": {
      const [matching, values] = [`matching_${index + 1}`, `values_${index + 1}`];
      return {
        once: [`${values} = VALUES(${nameOf(measure.field)})${filter}`],
        inner: [`${matching} = COUNT(*)${filter}`],
        outer: [`${name} = COUNT(*) WHERE ${VALUE} IS NOT NULL AND ${matching} > 0`],
        onceAfter: `${name} = COALESCE(MV_COUNT(${values}), 0)`,
      };
    }
  }
}

/** STD_DEV is that of a population; the root makes it that of a sample. */
function standOut(name: string, { measure, deviations }: Outliers, by: readonly string[]): string[] {
  const parts = [`mean_of = AVG(${name})`, `deviation_of = STD_DEV(${name})`, `intervals_of = COUNT(${name})`];
  return [
    // The sum of nothing is 0, which INLINE STATS would pass over.
    ...(measure.kind === "sum" ? [`EVAL ${name} = COALESCE(${name}, 0)`] : []),
    `INLINE STATS ${parts.join(", ")}${by.length === 0 ? "" : ` BY ${by.join(", ")}`}`,
    "WHERE intervals_of > 1",
    `WHERE ${name} > mean_of + ${deviations} * deviation_of * SQRT(intervals_of / (intervals_of - 1.0))`,
  ];
}
