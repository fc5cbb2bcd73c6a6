import type { Correlation, Rule } from "../../detect/rule.ts";
import { refuse } from "../dialect.ts";
import { identifier, indent, interval, type Words } from "./conditions.ts";

/** A query that gives the flows that match, of a correlation the flows at which a window of its timespan holds. */
export function printRule(rule: Rule, words: Words): string {
  if (rule.name === "flows") refuse("text", "a view called flows holds the flows");
  const relations = new Map<string, string>();
  addRelations(rule, relations, words);
  const all = [...relations].map(([name, text]) => `${identifier(name)} AS (\n${indent(text)}\n)`);
  return `WITH ${all.join(",\n")}\nSELECT * FROM ${identifier(rule.name)}`;
}

/** Adds a relation of matching flows for the rule, behind those of its parts. */
function addRelations(rule: Rule, relations: Map<string, string>, words: Words): void {
  if (rule.kind === "detector") refuse(rule.detector.type, "what a detector has learned depends on the order of arrival");
  if (rule.kind === "detection") {
    relations.set(rule.name, `SELECT * FROM flows\nWHERE ${words.where(rule.condition)}`);
    return;
  }
  const { correlation } = rule;
  for (const part of correlation.parts) addRelations(part.rule, relations, words);
  const [only, ...others] = correlation.parts;
  if (only === undefined) return;
  if (others.length === 0 && correlation.type !== "temporal_ordered") {
    const { filter, measure } = measureOf(correlation, words);
    const keys = only.groupBy.map(words.column);
    relations.set(
      rule.name,
      `SELECT * FROM ${identifier(only.rule.name)}${filter && `\nWHERE ${filter}`}\nQUALIFY ${holds(correlation, measure, keys)}`,
    );
    return;
  }
  const united = `${rule.name} parts`;
  relations.set(united, unite(correlation, words));
  const keys = correlation.groupBy.map((_, index) => `key_${index + 1}`);
  const helpers = `EXCLUDE (${["part", ...keys].join(", ")})`;
  if (correlation.type === "temporal_ordered") {
    relations.set(rule.name, ordered(united, correlation.parts.length, correlation.timespanMs, keys, helpers));
    return;
  }
  const { filter, measure } = measureOf(correlation, words);
  // A flow that several parts match is one flow to a count or a sum.
  const from =
    correlation.type === "temporal"
      ? identifier(united)
      : `(FROM ${identifier(united)} QUALIFY row_number() OVER (PARTITION BY "log.record.uid" ORDER BY part) = 1)`;
  relations.set(
    rule.name,
    `SELECT * ${helpers} FROM ${from}${filter && `\nWHERE ${filter}`}\nQUALIFY ${holds(correlation, measure, keys)}`,
  );
}

function measureOf(correlation: Correlation, { column }: Words): { readonly filter: string; readonly measure: string } {
  switch (correlation.type) {
    case "value_count":
      return {
        filter: `${column(correlation.field)} IS NOT NULL`,
        measure: `count(DISTINCT ${column(correlation.field)})`,
      };
    case "value_sum":
      return { filter: `${column(correlation.field)} > 0`, measure: `sum(${column(correlation.field)})` };
    case "temporal":
      return { filter: "", measure: "count(DISTINCT part)" };
    default:
      return { filter: "", measure: "count(*)" };
  }
}

function holds(
  correlation: Exclude<Correlation, { type: "temporal_ordered" }>,
  measure: string,
  keys: readonly string[],
): string {
  const { timespanMs, atLeast } = correlation;
  const range = `RANGE BETWEEN ${interval(timespanMs)} PRECEDING AND CURRENT ROW`;
  return `${measure} OVER (${partition(keys)}ORDER BY time ${range}) >= ${atLeast}`;
}

function unite({ parts }: Correlation, { column }: Words): string {
  return parts
    .map(({ rule, groupBy }, part) => {
      const keys = groupBy.map((ref, index) => `, ${column(ref)}::VARCHAR AS key_${index + 1}`);
      return `SELECT *, ${part} AS part${keys.join("")} FROM ${identifier(rule.name)}`;
    })
    .join("\nUNION ALL\n");
}

/** For each match of a part the latest time at which a chain of the parts before it can have begun. */
function ordered(united: string, parts: number, timespanMs: number, keys: readonly string[], helpers: string): string {
  let from = `SELECT *, CASE WHEN part = 0 THEN time END AS began FROM ${identifier(united)}`;
  for (let part = 1; part < parts; part++) {
    const latest = `max(began) OVER (${partition(keys)}ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`;
    from = `SELECT * REPLACE (CASE WHEN part = ${part} THEN ${latest} END AS began) FROM (\n${indent(from)}\n)`;
  }
  return [
    `SELECT * ${helpers.replace("part", "part, began")} FROM (\n${indent(from)}\n)`,
    `WHERE part = ${parts - 1} AND time - began <= ${interval(timespanMs)}`,
  ].join("\n");
}

function partition(keys: readonly string[]): string {
  return keys.length === 0 ? "" : `PARTITION BY ${keys.join(", ")} `;
}
