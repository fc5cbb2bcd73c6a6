import type { Condition, Predicate } from "../../detections/condition.ts";
import { fieldsOf } from "../../detections/constructs.ts";
import type { Correlation } from "../../detections/correlation.ts";
import type { FieldRef } from "../../detections/fields.ts";
import type { Rule } from "../../detections/rule.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, type Dialect, type PrintedRule, printed, refuse, type StoredAttributes } from "../dialect.ts";
import { folded, oneLine, regardsCase } from "../text.ts";

/**
 * DuckDB over a view `flows` with one column for each attribute of schema `otel`. A query gives the flows that match, of
 * a correlation the flows at which a window of its timespan holds: exactly, in whatever order they are stored.
 */
export function duckdbDialect(attributes: StoredAttributes): Dialect {
  const syntax = {
    and: "AND",
    or: "OR",
    constant: (value: boolean) => (value ? "TRUE" : "FALSE"),
    predicate: (predicate: Predicate, denied: boolean) => {
      const text = printPredicate(predicate, (ref) => column(attributes, ref));
      if (denied && predicate.kind === "exists") return `${column(attributes, predicate.field)} IS NULL`;
      return denied ? `(${text}) IS NOT TRUE` : text;
    },
  };
  const where = (condition: Condition): string => printCondition(condition, syntax);
  return {
    name: "duckdb",
    title: "DuckDB SQL",
    search: () => ({ refused: "limit", reason: "not yet" }),
    rule: (rule) =>
      printed(() => {
        if (rule.name === "flows") refuse("text", "a view called flows holds the flows");
        const relations = new Map<string, string>();
        addRelations(rule, relations, where, (ref) => column(attributes, ref));
        const all = [...relations].map(([name, text]) => `${identifier(name)} AS (\n${indent(text)}\n)`);
        return `WITH ${all.join(",\n")}\nSELECT * FROM ${identifier(rule.name)}`;
      }),
    files: ({ rules }) => new Map([["detections.sql", script(rules, attributes)]]),
  };
}

type Column = (ref: FieldRef) => string;

function column(attributes: StoredAttributes, ref: FieldRef): string {
  if (ref.column === undefined && ref.field === "time") return "epoch_ms(time)";
  if (ref.column === undefined && ref.field === "connectionDuration")
    return `("flow.end"::HUGEINT - "flow.connection.start"::HUGEINT)`;
  return identifier(attributeOf(attributes, ref).name);
}

function printPredicate(predicate: Predicate, columnOf: Column): string {
  const name = columnOf(predicate.field);
  switch (predicate.kind) {
    case "one-of": {
      const { field, values } = predicate;
      if (field.class !== "text") return isIn(name, values.map(String));
      if (!regardsCase(field, values))
        return isIn(
          name,
          values.map((value) => literal(String(value))),
        );
      return isIn(`lower(${name})`, folded(values).map(literal));
    }
    case "compare":
      return `${name} ${OPERATORS[predicate.operator]} ${predicate.value}`;
    case "text":
      return `${FUNCTIONS[predicate.operator]}(lower(${name}), ${literal(predicate.value.toLowerCase())})`;
    case "re": {
      const { ignoreCase, multiline, dotAll } = predicate;
      const flags = [ignoreCase && "i", multiline && "m", dotAll && "s"].filter((flag) => flag !== false).join("");
      const unset = dotAll ? "" : "-s";
      return `regexp_matches(${name}, ${literal(flags + unset === "" ? predicate.pattern : `(?${flags}${unset})${predicate.pattern}`)})`;
    }
    case "exists":
      return `${name} IS NOT NULL`;
    case "fieldref": {
      const other = columnOf(predicate.other);
      if (predicate.field.class !== predicate.other.class) return "FALSE";
      return predicate.field.class === "text" ? `lower(${name}) = lower(${other})` : `${name} = ${other}`;
    }
    case "cidr":
      return refuse("cidr", "without its inet extension DuckDB has no addresses");
  }
}

const OPERATORS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
const FUNCTIONS = { contains: "contains", startswith: "starts_with", endswith: "ends_with" } as const;

function isIn(name: string, values: readonly string[]): string {
  return values.length === 1 ? `${name} = ${values[0]}` : `${name} IN (${values.join(", ")})`;
}

/** Adds a relation of matching flows for the rule, behind those of its parts. */
function addRelations(
  rule: Rule,
  relations: Map<string, string>,
  where: (condition: Condition) => string,
  columnOf: Column,
): void {
  if (rule.kind === "detector") refuse(rule.detector.type, "what a detector has learned depends on the order of arrival");
  if (rule.kind === "detection") {
    relations.set(rule.name, `SELECT * FROM flows\nWHERE ${where(rule.condition)}`);
    return;
  }
  const { correlation } = rule;
  for (const part of correlation.parts) addRelations(part.rule, relations, where, columnOf);
  const [only, ...others] = correlation.parts;
  if (only === undefined) return;
  if (others.length === 0 && correlation.type !== "temporal_ordered") {
    const { filter, measure } = measureOf(correlation, columnOf);
    const keys = only.groupBy.map(columnOf);
    relations.set(
      rule.name,
      `SELECT * FROM ${identifier(only.rule.name)}${filter && `\nWHERE ${filter}`}\nQUALIFY ${holds(correlation, measure, keys)}`,
    );
    return;
  }
  const united = `${rule.name} parts`;
  relations.set(united, unite(correlation, columnOf));
  const keys = correlation.groupBy.map((_, index) => `key_${index + 1}`);
  const helpers = `EXCLUDE (${["part", ...keys].join(", ")})`;
  if (correlation.type === "temporal_ordered") {
    relations.set(rule.name, ordered(united, correlation.parts.length, correlation.timespanMs, keys, helpers));
    return;
  }
  const { filter, measure } = measureOf(correlation, columnOf);
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

function measureOf(correlation: Correlation, columnOf: Column): { readonly filter: string; readonly measure: string } {
  switch (correlation.type) {
    case "value_count":
      return {
        filter: `${columnOf(correlation.field)} IS NOT NULL`,
        measure: `count(DISTINCT ${columnOf(correlation.field)})`,
      };
    case "value_sum":
      return { filter: `${columnOf(correlation.field)} > 0`, measure: `sum(${columnOf(correlation.field)})` };
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
  const range = `RANGE BETWEEN INTERVAL ${timespanMs} MILLISECONDS PRECEDING AND CURRENT ROW`;
  return `${measure} OVER (${partition(keys)}ORDER BY time ${range}) >= ${atLeast}`;
}

function unite({ parts }: Correlation, columnOf: Column): string {
  return parts
    .map(({ rule, groupBy }, part) => {
      const keys = groupBy.map((ref, index) => `, ${columnOf(ref)}::VARCHAR AS key_${index + 1}`);
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
    `WHERE part = ${parts - 1} AND time - began <= INTERVAL ${timespanMs} MILLISECONDS`,
  ].join("\n");
}

function partition(keys: readonly string[]): string {
  return keys.length === 0 ? "" : `PARTITION BY ${keys.join(", ")} `;
}

function script(rules: readonly PrintedRule[], attributes: StoredAttributes): string {
  const views = rules.map(
    ({ rule, query }) =>
      `-- ${oneLine(rule.title)} (${rule.level})\nCREATE OR REPLACE VIEW ${identifier(rule.name)} AS\n${query};\n`,
  );
  return `-- Detections as views over flows that an ndjson sink with schema otel has written. In DuckDB:
--   SET VARIABLE flows = 'out/*.ndjson';
--   .read deploy/duckdb/detections.sql
--   FROM ssh_accepted_from_outside;
-- COPY (FROM flows) TO 'flows.parquet' makes an archive; CREATE OR REPLACE VIEW flows AS FROM 'flows.parquet' reads it.
${flowsView(attributes, rules)}
${views.join("\n")}`;
}

/** The view that queries read: every attribute is a column; one that a line does not have is NULL. */
export function flowsView(attributes: StoredAttributes, rules: readonly PrintedRule[]): string {
  const columns = new Map(attributes.all.map((attribute) => [attribute.name, attribute]));
  for (const { rule } of rules) {
    for (const ref of fieldsOf(rule).values()) {
      const attribute = attributes.of(ref);
      if (attribute !== undefined) columns.set(attribute.name, attribute);
    }
  }
  const all = [...columns.values()];
  const struct = (resource: boolean): string =>
    all
      .filter((attribute) => attribute.resource === resource)
      .map(({ name, type }) => `${identifier(name)} ${TYPES[type]}`)
      .join(", ");
  const select = all.map(({ name, resource }) => `  ${resource ? "resource" : "attributes"}.${identifier(name)}`);
  return `CREATE OR REPLACE VIEW flows AS
SELECT
  timestamp AS time,
${select.join(",\n")}
FROM read_json(
  getvariable('flows'),
  format = 'newline_delimited',
  columns = {
    timestamp: 'TIMESTAMP',
    resource: ${literal(`STRUCT(${struct(true)})`)},
    attributes: ${literal(`STRUCT(${struct(false)})`)}
  }
);
`;
}

const TYPES = { string: "VARCHAR", integer: "UBIGINT", boolean: "BOOLEAN", strings: "VARCHAR[]" } as const;

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Line ends are escaped, so that queries can be indented. */
function literal(text: string): string {
  const quoted = text.replaceAll("'", "''");
  if (!/[\n\r]/.test(text)) return `'${quoted}'`;
  return `E'${quoted.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}'`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
