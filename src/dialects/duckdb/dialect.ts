import { fieldsOf } from "../../detect/constructs.ts";
import type { FieldRef } from "../../detect/fields.ts";
import { fieldsOfSearch } from "../../searches/fields.ts";
import { type Dialect, type DialectContent, printed, type StoredAttributes } from "../dialect.ts";
import { oneLine } from "../text.ts";
import { duckdbWords, identifier, indent, interval, literal } from "./conditions.ts";
import { printRule } from "./rules.ts";
import { printSearch } from "./searches.ts";

/**
 * DuckDB over a view `flows` with one column for each attribute of schema `otel`. The query of a rule gives the flows that
 * match, of a correlation the flows at which a window of its timespan holds: exactly, in whatever order they are stored.
 * The query of a search gives one row for each group; the period is chosen by whoever calls the macro that it becomes.
 */
export function duckdbDialect(attributes: StoredAttributes): Dialect {
  const words = duckdbWords(attributes);
  return {
    name: "duckdb",
    title: "DuckDB SQL",
    rule: (rule) => printed(() => printRule(rule, words)),
    search: (search) => printed(() => printSearch(search, words)),
    files: (content) => {
      const view = flowsView(attributes, fieldsIn(content));
      return new Map([
        ["detections.sql", detectionsScript(content, view)],
        ["searches.sql", searchesScript(content, view)],
      ]);
    },
  };
}

function fieldsIn({ rules, searches }: DialectContent): FieldRef[] {
  return [
    ...rules.flatMap(({ rule }) => [...fieldsOf(rule).values()]),
    ...searches.flatMap(({ search }) => [...fieldsOfSearch(search).values()]),
  ];
}

function detectionsScript({ rules }: DialectContent, view: string): string {
  const views = rules.map(
    ({ rule, query }) =>
      `-- ${oneLine(rule.title)} (${rule.level})\nCREATE OR REPLACE VIEW ${identifier(rule.name)} AS\n${query};\n`,
  );
  return `-- Detections as views over flows that an ndjson sink with schema otel has written. In DuckDB:
--   SET VARIABLE flows = 'out/*.ndjson';
--   .read deploy/duckdb/detections.sql
--   FROM ssh_accepted_from_outside;
-- COPY (FROM flows) TO 'flows.parquet' makes an archive; CREATE OR REPLACE VIEW flows AS FROM 'flows.parquet' reads it.
${view}
${views.join("\n")}`;
}

function searchesScript({ searches }: DialectContent, view: string): string {
  const macros = searches.map(({ search, query }) => {
    const since = `(now() AT TIME ZONE 'UTC') - ${interval(search.periodMs)}`;
    const within = "WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)";
    return `-- ${oneLine(search.title)}: ${oneLine(search.description)}
CREATE OR REPLACE MACRO ${identifier(search.id)}(
  since := ${since},
  until := TIMESTAMP 'infinity'
) AS TABLE
${indent(`${within}\n${query}`)};
`;
  });
  return `-- Searches as table macros over flows that an ndjson sink with schema otel has written. In DuckDB:
--   SET VARIABLE flows = 'out/*.ndjson';
--   .read deploy/duckdb/searches.sql
--   FROM top_talkers();
--   FROM top_talkers(since := TIMESTAMP '2026-01-01', until := TIMESTAMP '2026-02-01');
-- Times are UTC. Without since a search looks back over its own period, from now.
${view}
${macros.join("\n")}`;
}

/** The view that queries read: every attribute is a column, those of the fields included; one that a line does not have is NULL. */
export function flowsView(attributes: StoredAttributes, fields: readonly FieldRef[]): string {
  const columns = new Map(attributes.all.map((attribute) => [attribute.name, attribute]));
  for (const ref of fields) {
    const attribute = attributes.of(ref);
    if (attribute !== undefined) columns.set(attribute.name, attribute);
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
