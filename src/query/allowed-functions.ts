import type { DuckDBConnection } from "@duckdb/node-api";
import { UsageError } from "../lib/errors.ts";

/** A node of a statement as DuckDB's parser has it. */
type Node = { readonly [key: string]: unknown };

/**
 * Functions after FROM that make rows of what they are given, describe the flows, or read files, which the connection does only for the
 * inputs. The others change the database or its settings (`enable_logging` writes files), or run a text that nobody has looked at.
 */
const TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  ...["range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree"],
  ...["histogram", "histogram_values", "summary"],
  ...["duckdb_columns", "duckdb_functions", "duckdb_keywords", "duckdb_types", "duckdb_views", "pragma_table_info"],
  ...["read_parquet", "parquet_scan", "read_csv", "read_csv_auto", "read_text", "read_blob", "glob", "sniff_csv"],
  ...["read_json", "read_json_auto", "read_json_objects", "read_json_objects_auto"],
  ...["read_ndjson", "read_ndjson_auto", "read_ndjson_objects"],
  ...["parquet_metadata", "parquet_schema", "parquet_file_metadata", "parquet_kv_metadata", "parquet_full_metadata"],
]);

/** What DuckDB counts among functions with an effect, though it leaves nothing behind: each call gives another value, or none. */
const HARMLESS: ReadonlySet<string> = new Set(["random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "error", "stats"]);

/** Throws UsageError for a statement that calls what has an effect. A function that is not there is DuckDB's to name. */
export async function requireHarmless(connection: DuckDBConnection, statements: readonly unknown[]): Promise<void> {
  const called = { scalar: new Set<string>(), table: new Set<string>() };
  for (const statement of statements) collect(statement, called);
  const effects = await namesOf(connection, "has_side_effects OR stability = 'VOLATILE'");
  const tables = await namesOf(connection, "function_type IN ('table', 'table_macro', 'pragma')");
  const refused = [
    ...[...called.table].filter((name) => tables.has(name) && !TABLE_FUNCTIONS.has(name)),
    ...[...called.scalar].filter((name) => effects.has(name) && !HARMLESS.has(name)),
  ];
  if (refused.length === 0) return;
  const advice = "only functions are called that compute from the flows";
  throw new UsageError("query-refused", `${refused.join(", ")}: this function does more than answer: ${advice}`);
}

function collect(node: unknown, called: { readonly scalar: Set<string>; readonly table: Set<string> }, isTable = false): void {
  if (Array.isArray(node)) for (const each of node) collect(each, called);
  if (typeof node !== "object" || node === null || Array.isArray(node)) return;
  const { function_name: name, type } = node as Node;
  if (typeof name === "string") called[isTable ? "table" : "scalar"].add(name.toLowerCase());
  for (const [key, value] of Object.entries(node)) collect(value, called, type === "TABLE_FUNCTION" && key === "function");
}

async function namesOf(connection: DuckDBConnection, where: string): Promise<ReadonlySet<string>> {
  const sql = `SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE ${where}`;
  return new Set((await connection.runAndReadAll(sql)).getRowsJson().map(([name]) => String(name)));
}
