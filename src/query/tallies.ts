import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { identifier } from "../dialects/duckdb/conditions.ts";
import { UsageError } from "../lib/errors.ts";
import { FilesBroken, FilesChanged } from "./ask.ts";
import { foundBroken } from "./broken-files.ts";

/** Which flows are asked for, and what tells them apart: those that are the same in that come as one. */
export interface Tally {
  /** Attributes that tell flows apart. */
  readonly by: readonly string[];
  /** In place of some of these, what tells flows apart, in SQL. */
  readonly instead?: ReadonlyMap<string, string>;
  /** What else tells flows apart, in SQL. */
  readonly besides?: readonly string[];
  /** Attributes of which any flow's will do. */
  readonly any: readonly string[];
  /** Flows of which too little is known, in SQL: they are told apart by these as well. */
  readonly undecided?: { readonly when: string; readonly by: readonly string[] };
  /** Which flows, in SQL; all by default. */
  readonly where?: string;
  /** One of them, the newest, with all these attributes: in place of `by` and `any`. */
  readonly newest?: readonly string[];
}

/** Some rows of an answer, by column. Times are ms since the epoch, NaN for flows that have none. */
export interface TallyRows {
  readonly names: readonly string[];
  readonly columns: readonly (readonly DuckDBValue[])[];
  readonly rows: number;
  readonly flows: readonly number[];
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/** Rows of `flows` that are the same in what is asked, with how many there are. Throws as `ask` does. */
export async function* tallies(connection: DuckDBConnection, tally: Tally, signal: AbortSignal): AsyncGenerator<TallyRows> {
  const { undecided, where = "TRUE", by, newest } = tally;
  if (newest !== undefined) {
    yield* newestOf(connection, tally, newest, signal);
    return;
  }
  const parts =
    undecided === undefined
      ? [tally]
      : [
          { ...tally, where: `(${where}) AND (${undecided.when}) IS NOT TRUE` },
          { ...tally, where: `(${where}) AND (${undecided.when})`, by: [...new Set([...by, ...undecided.by])] },
        ];
  for (const part of parts) yield* rowsOf(connection, groupsOf(part), [...part.by, ...part.any], signal);
}

/** The newest flows that meet a condition, each for itself. */
export async function* newestFlows(
  connection: DuckDBConnection,
  { names, where, limit }: { readonly names: readonly string[]; readonly where: string; readonly limit: number },
  signal: AbortSignal,
): AsyncGenerator<TallyRows> {
  const columns = names.map(identifier).join(", ");
  const sql = `SELECT ${columns}, 1, epoch_ms(time), epoch_ms(time) FROM flows WHERE ${where} ORDER BY time DESC LIMIT ${limit}`;
  yield* rowsOf(connection, sql, names, signal);
}

/** How many flows there are, from when to when. */
export async function flowTotals(
  connection: DuckDBConnection,
  signal: AbortSignal,
): Promise<{ flows: number; earliest: number; latest: number; timeless: number; lost: number }> {
  const sql = `SELECT count(*) FILTER (time IS NULL), count(*) FILTER ("flow.status" = 'SKIPDATA'), count(*), epoch_ms(min(time)), epoch_ms(max(time)) FROM flows`;
  let totals = { flows: 0, earliest: Number.NaN, latest: Number.NaN, timeless: 0, lost: 0 };
  for await (const { columns, flows, first, last } of rowsOf(connection, sql, ["timeless", "lost"], signal)) {
    const count = (column: number) => Number(columns[column]?.[0] ?? 0);
    totals = {
      ...{ flows: flows[0] ?? 0, earliest: first[0] ?? Number.NaN, latest: last[0] ?? Number.NaN },
      ...{ timeless: count(0), lost: count(1) },
    };
  }
  return totals;
}

const COUNTS = "count(*), epoch_ms(min(time)), epoch_ms(max(time))";

const keysOf = ({ by, instead, besides = [] }: Tally): string[] => [
  ...by.map((name) => instead?.get(name) ?? identifier(name)),
  ...besides,
];

function groupsOf(tally: Tally): string {
  const { by, instead, any, where = "TRUE" } = tally;
  const columns = [
    ...by.map((name) => instead?.get(name) ?? identifier(name)),
    ...any.map((name) => `any_value(${identifier(name)})`),
    COUNTS,
  ];
  const keys = keysOf(tally);
  return `SELECT ${columns.join(", ")} FROM flows WHERE ${where}${keys.length === 0 ? "" : ` GROUP BY ${keys.join(", ")}`}`;
}

/** The groups first, which takes few columns; then the newest of each, which lies in few parts of few files. */
async function* newestOf(
  connection: DuckDBConnection,
  tally: Tally,
  names: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<TallyRows> {
  const { where = "TRUE", undecided } = tally;
  const apart = undecided?.by.map((name) => `CASE WHEN ${undecided.when} THEN ${identifier(name)} END`) ?? [];
  const keys = [...keysOf(tally), ...apart];
  const keyNames = keys.map((_, index) => `key ${index}`);
  const keyOf = (columns: TallyRows["columns"], from: number, row: number) =>
    JSON.stringify(keys.map((_, index) => String(columns[from + index]?.[row])));
  const groups = new Map<string, { readonly flows: number; readonly first: number; readonly last: number }>();
  const counted = `SELECT ${keys.join(", ")}, ${COUNTS} FROM flows WHERE ${where} GROUP BY ${keys.join(", ")}`;
  for await (const { columns, rows, flows, first, last } of rowsOf(connection, counted, keyNames, signal)) {
    for (let row = 0; row < rows; row += 1) {
      groups.set(keyOf(columns, 0, row), {
        flows: flows[row] ?? 0,
        first: first[row] ?? Number.NaN,
        last: last[row] ?? Number.NaN,
      });
    }
  }
  if (groups.size === 0) return;
  const times = [...new Set(Array.from(groups.values(), ({ last }) => last))].filter((time) => !Number.isNaN(time));
  const isLast = `(time IS NULL OR time IN (${times.map((time) => `make_timestamp_ms(${time})`).join(", ")}))`;
  const newest = `SELECT ${[...names.map(identifier), ...keys].join(", ")}, 1, epoch_ms(time), epoch_ms(time) FROM flows
    WHERE (${where}) AND ${times.length === 0 ? "time IS NULL" : isLast}
    QUALIFY row_number() OVER (PARTITION BY ${keys.join(", ")} ORDER BY time DESC NULLS LAST) = 1`;
  for await (const { columns, rows } of rowsOf(connection, newest, [...names, ...keyNames], signal)) {
    const found = Array.from({ length: rows }, (_, row) => groups.get(keyOf(columns, names.length, row)));
    yield {
      ...{ names, columns, rows },
      flows: found.map((group) => group?.flows ?? 1),
      first: found.map((group) => group?.first ?? Number.NaN),
      last: found.map((group) => group?.last ?? Number.NaN),
    };
  }
}

/** Answers of which the last three columns are a count and two times. */
async function* rowsOf(
  connection: DuckDBConnection,
  sql: string,
  names: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<TallyRows> {
  signal.throwIfAborted();
  const onAbort = () => connection.interrupt();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const result = await connection.stream(sql);
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      const columns = chunk.getColumns();
      const numbers = (column: number) => (columns[column] ?? []).map((value) => (value === null ? Number.NaN : Number(value)));
      yield {
        ...{ names, columns, rows: chunk.rowCount },
        ...{ flows: numbers(names.length), first: numbers(names.length + 1), last: numbers(names.length + 2) },
      };
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UsageError) throw error;
    const said = error instanceof Error ? error.message : String(error);
    if (/No such file or directory|Cannot open file/.test(said)) throw new FilesChanged(said, { cause: error });
    const broken = await foundBroken(connection, said);
    if (broken !== undefined) throw new FilesBroken(broken, { cause: error });
    throw new UsageError("query-refused", said.split("\n")[0] ?? said, { cause: error });
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
