import type { DuckDBConnection } from "@duckdb/node-api";
import { literal } from "../dialects/duckdb/conditions.ts";
import { UsageError } from "../lib/errors.ts";
import { requireHarmless } from "./allowed-functions.ts";
import { failureOf } from "./failure.ts";
import { interruptOn } from "./interrupting.ts";

/** A value of an answer: text, a number that is exact, true and false, a list, or nothing. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
  /** There were more rows than were asked for. */
  readonly more: boolean;
}

export interface Limits {
  /** Most rows. */
  readonly rows: number;
  /** How long it may take, in ms. */
  readonly timeoutMs: number;
}

/** The longest time that a timer takes, in ms: some 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Asks one question that changes nothing. Times are ISO 8601 in UTC, numbers beyond 2^53 text. Throws UsageError, in one line, for what is no
 * question, what DuckDB does not understand, and what takes too long or too much memory; FilesChanged where the files have to be listed again.
 */
export async function ask(connection: DuckDBConnection, sql: string, limits: Limits, signal: AbortSignal): Promise<Answer> {
  return answer(connection, sql, limits, signal, () => requireQuestion(connection, sql));
}

/** As `ask`, for a question of the program's own: it is not looked at first, and may make a temporary table. */
export async function answer(
  connection: DuckDBConnection,
  sql: string,
  limits: Limits,
  signal: AbortSignal,
  look: () => Promise<void> = async () => {},
): Promise<Answer> {
  signal.throwIfAborted();
  const late = AbortSignal.timeout(Math.min(limits.timeoutMs, LONGEST_MS));
  const stop = interruptOn(AbortSignal.any([signal, late]), connection);
  try {
    await look();
    const result = await connection.stream(sql);
    const columns = result.columnNames();
    const types = columns.map((_, index) => result.columnType(index).toString());
    const rows: Value[][] = [];
    for await (const chunk of result.yieldRowsJson()) {
      signal.throwIfAborted();
      for (const row of chunk) {
        if (rows.length === limits.rows) return { columns, rows, more: true };
        rows.push(row.map((value, index) => plainOf(value as Value, types[index] ?? "")));
      }
    }
    signal.throwIfAborted();
    return { columns, rows, more: false };
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) {
      const advice = "ask about less time (--since), or allow more (--timeout)";
      throw new UsageError("query-late", `the query took longer than ${limits.timeoutMs / 1000} s: ${advice}`, { cause: error });
    }
    throw await failureOf(connection, error);
  } finally {
    stop();
  }
}

/** What is no question is never prepared: preparing an export makes its folder, and explaining a copy with ANALYZE writes its file. */
async function requireQuestion(connection: DuckDBConnection, sql: string): Promise<void> {
  if (sql.trim() === "") throw new UsageError("query-refused", "there is no question: write a SELECT");
  const only = "only one question (SELECT) is answered, which changes nothing and reads nothing but the flows";
  const whole = await parsedBy(connection, sql);
  // DuckDB says itself where it is no SQL.
  if (whole.error_type === "parser") return;
  const explained = sql.replace(/^\s*EXPLAIN\s+(ANALYZE\s+)?/i, "");
  const parsed = whole.statements === undefined ? await parsedBy(connection, explained) : whole;
  if (parsed.statements === undefined) throw new UsageError("query-refused", only);
  if (parsed.statements.length !== 1)
    throw new UsageError("query-refused", `these are ${parsed.statements.length} statements: ${only}`);
  await requireHarmless(connection, parsed.statements);
}

/** The questions of a text, as DuckDB's parser has them; an error for what is none. Nothing is executed. */
async function parsedBy(
  connection: DuckDBConnection,
  sql: string,
): Promise<{ readonly error_type?: string; readonly statements?: readonly unknown[] }> {
  const rows = (await connection.runAndReadAll(`SELECT json_serialize_sql(${literal(sql)})`)).getRowsJson();
  return JSON.parse(String(rows[0]?.[0]));
}

const WHOLE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/;

function plainOf(value: Value, type: string): Value {
  if (typeof value !== "string") return value;
  if (type.startsWith("TIMESTAMP")) return `${value.replace(" ", "T")}Z`;
  if (!WHOLE.test(type) && !type.startsWith("DECIMAL")) return value;
  const number = Number(value);
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? value : number;
}
