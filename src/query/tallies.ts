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
  /** Attributes that tell flows apart, and with each of their values those of the newest flow that has them: they are read once. */
  readonly context?: { readonly by: readonly string[]; readonly names: readonly string[] };
  /** Flows of which too little is known, in SQL as cases that do not overlap, and all others: these are told apart by more. */
  readonly undecided?: { readonly cases: readonly string[]; readonly otherwise: string; readonly by: readonly string[] };
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
          { ...tally, where: `(${where}) AND ${undecided.otherwise}` },
          ...undecided.cases.map((isUndecided) => ({
            ...tally,
            ...{ where: `(${where}) AND ${isUndecided}`, by: [...new Set([...by, ...undecided.by])] },
          })),
        ];
  const contexts = tally.context === undefined ? undefined : await contextsOf(connection, tally.context, where, signal);
  for (const part of parts) {
    const names = [...part.by, ...part.any];
    if (contexts === undefined) yield* rowsOf(connection, groupsOf(part), names, signal);
    else yield* withContext(rowsOf(connection, groupsOf(part, contexts), ["place", ...names], signal), contexts);
  }
}

/** What is the same for many flows, by its number in the temporary table `places`. */
interface Contexts {
  readonly by: readonly string[];
  readonly names: readonly string[];
  readonly values: readonly (readonly DuckDBValue[])[];
}

async function contextsOf(
  connection: DuckDBConnection,
  { by, names }: NonNullable<Tally["context"]>,
  where: string,
  signal: AbortSignal,
): Promise<Contexts> {
  const keys = by.map(identifier);
  const placeless = `SELECT ${keys.join(", ")} FROM flows WHERE ${where} GROUP BY ${keys.join(", ")}`;
  const places = `CREATE OR REPLACE TEMP TABLE places AS SELECT (row_number() OVER ())::INTEGER - 1 AS place, * FROM (${placeless})`;
  for await (const _ of rowsOf(connection, places, ["made"], signal));
  const known = new Map<string, DuckDBValue[]>();
  const keyOf = (columns: TallyRows["columns"], from: number, row: number) =>
    JSON.stringify(by.map((_, index) => String(columns[from + index]?.[row])));
  const all = [...by, ...names];
  for await (const { columns, rows } of newestOf(connection, { by, any: [], where }, all, signal)) {
    for (let row = 0; row < rows; row += 1) {
      known.set(
        keyOf(columns, 0, row),
        all.map((_, column) => columns[column]?.[row] ?? null),
      );
    }
  }
  const values: DuckDBValue[][] = [];
  const numbered = `SELECT ${keys.join(", ")}, place, 1, 1, 1 FROM places ORDER BY place`;
  for await (const { columns, rows } of rowsOf(connection, numbered, [...by, "place"], signal)) {
    for (let row = 0; row < rows; row += 1) values.push(known.get(keyOf(columns, 0, row)) ?? []);
  }
  return { by, names: all, values };
}

/** The rows, with the columns of the context in place of its number. */
async function* withContext(found: AsyncGenerator<TallyRows>, contexts: Contexts): AsyncGenerator<TallyRows> {
  const names: string[] = [];
  for await (const { columns, ...rest } of found) {
    if (names.length === 0) names.push(...contexts.names, ...rest.names.slice(1));
    const [places = [], ...others] = columns;
    const filled = contexts.names.map((_, column) => places.map((place) => contexts.values[Number(place)]?.[column] ?? null));
    yield { ...rest, names, columns: [...filled, ...others] };
  }
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

const COUNTS = "count(*)::DOUBLE, epoch_ms(min(time))::DOUBLE, epoch_ms(max(time))::DOUBLE";

const keysOf = ({ by, instead, besides = [] }: Tally): string[] => [
  ...by.map((name) => instead?.get(name) ?? identifier(name)),
  ...besides,
];

/** With contexts, their number is the first column. */
function groupsOf(tally: Tally, contexts?: Contexts): string {
  const { by, any, where = "TRUE" } = tally;
  const outer = contexts?.by.map(identifier) ?? [];
  const keys = [...outer, ...keysOf(tally)];
  const values = [...any.map((name) => `any_value(${identifier(name)})`), COUNTS];
  const groups = keys.length === 0 ? "" : ` GROUP BY ${keys.join(", ")}`;
  if (contexts === undefined) {
    return `SELECT ${[...keysOf(tally).slice(0, by.length), ...values].join(", ")} FROM flows WHERE ${where}${groups}`;
  }
  const named = keys.map((key, index) => `${key} AS ${identifier(`key ${index}`)}`);
  const grouped = `SELECT ${[...named, ...values].join(", ")} FROM flows WHERE ${where}${groups}`;
  const isPlace = outer.map((key, index) => `places.${key} IS NOT DISTINCT FROM found.${identifier(`key ${index}`)}`);
  const left = outer.map((_, index) => identifier(`key ${index}`)).join(", ");
  return `SELECT place, found.* EXCLUDE (${left}) FROM (${grouped}) found JOIN places ON ${isPlace.join(" AND ")}`;
}

/** The groups first, which takes few columns; then the newest of each, which lies in few parts of few files. */
async function* newestOf(
  connection: DuckDBConnection,
  tally: Tally,
  names: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<TallyRows> {
  const { where = "TRUE", undecided } = tally;
  const apart = undecided?.by.map((name) => `CASE WHEN ${undecided.otherwise} THEN NULL ELSE ${identifier(name)} END`) ?? [];
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
