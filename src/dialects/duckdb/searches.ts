import type { GroupKey, Measure, Search, TimeGroup } from "../../searches/search.ts";
import { identifier, indent, literal, type Words } from "./conditions.ts";

/** A query over the view `flows`, whatever its period: a column for each group and measure, under their labels. */
export function printSearch(search: Search, words: Words): string {
  const { condition, time, by, measures, outliers, sort, limit } = search;
  const times = timeColumns(time);
  const columns = [
    ...times.map(({ label, text }) => `${text} AS ${identifier(label)}`),
    ...by.map((key) => `${printKey(key, words)} AS ${identifier(key.label)}`),
    ...measures.map((measure) => `${printMeasure(measure, words)} AS ${identifier(measure.label)}`),
  ];
  let query = `SELECT\n${indent(columns.join(",\n"))}\nFROM flows\nWHERE ${words.where(condition)}`;
  if (times.length + by.length > 0) query += "\nGROUP BY ALL";
  if (outliers !== undefined) {
    const value = `${identifier(outliers.measure.label)}::DOUBLE`;
    const partition = by.length === 0 ? "" : `PARTITION BY ${by.map(({ label }) => identifier(label)).join(", ")}`;
    const bound = `avg(${value}) OVER (${partition}) + ${outliers.deviations} * stddev_samp(${value}) OVER (${partition})`;
    query = `SELECT * FROM (\n${indent(query)}\n)\nQUALIFY ${value} > ${bound}`;
  }
  if (sort !== undefined) query += `\nORDER BY ${identifier(sort.label)} DESC NULLS LAST`;
  else if (times.length > 0) query += `\nORDER BY ${times.map(({ label }) => identifier(label)).join(", ")}`;
  return limit === undefined ? query : `${query}\nLIMIT ${limit}`;
}

function timeColumns(time: TimeGroup | undefined): { readonly label: string; readonly text: string }[] {
  if (time === undefined) return [];
  if (time.kind === "interval") return [{ label: "Time", text: `epoch_ms(epoch_ms(flows.time) // ${time.ms} * ${time.ms})` }];
  return [
    { label: "Weekday", text: "isodow(flows.time)" },
    { label: "Hour", text: "hour(flows.time)" },
  ];
}

function printKey({ field, names }: GroupKey, words: Words): string {
  const column = words.column(field);
  if (names === undefined) return column;
  const cases = [...names.cases].map(
    ([value, name]) => `WHEN ${typeof value === "number" ? value : literal(value)} THEN ${literal(name)}`,
  );
  return `CASE ${column} ${cases.join(" ")} ELSE ${literal(names.otherwise)} END`;
}

function printMeasure(measure: Measure, words: Words): string {
  const filter = "where" in measure && measure.where !== undefined ? ` FILTER (WHERE ${words.where(measure.where)})` : "";
  switch (measure.kind) {
    case "count":
      return `count(*)${filter}`;
    case "share":
      return `100 * count(*)${filter} / count(*)`;
    case "distinct":
      return `count(DISTINCT ${words.column(measure.field)})${filter}`;
    case "earliest":
      return "min(flows.time)";
    case "latest":
      return "max(flows.time)";
    case "sum":
      return `coalesce(sum(${words.column(measure.field)})${filter}, 0)`;
    default:
      return `${measure.kind}(${words.column(measure.field)})${filter}`;
  }
}
