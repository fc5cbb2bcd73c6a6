import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { identifier, literal } from "../dialects/duckdb/conditions.ts";
import { failureOf } from "./failure.ts";
import { interruptOn } from "./interrupting.ts";

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
  /** Rows of the same number have the same context; undefined where that is not known. */
  readonly places?: readonly number[];
}

/** Rows of `flows` that are the same in what is asked, with how many there are. Throws as `ask` does. */
export async function* tallies(connection: DuckDBConnection, tally: Tally, signal: AbortSignal): AsyncGenerator<TallyRows> {
  const { undecided, where = "TRUE", by, newest } = tally;
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
  if (newest !== undefined) {
    // Mostly there is none, which is known by few columns.
    const some = await Array.fromAsync(columnsOf(connection, `SELECT 1 FROM flows WHERE ${where} LIMIT 1`, signal));
    if (some.length === 0) return;
    for (const part of parts) yield* newestOf(connection, part, newest, signal);
    return;
  }
  if (tally.context !== undefined) {
    yield* withContexts(connection, parts, tally.context, where, signal);
    return;
  }
  for (const part of parts) yield* rowsOf(connection, groupsOf(part), [...part.by, ...part.any], signal);
}

/** Rows of each part, with the columns of a context that is read once for all rows that have it. */
async function* withContexts(
  connection: DuckDBConnection,
  parts: readonly Tally[],
  context: NonNullable<Tally["context"]>,
  where: string,
  signal: AbortSignal,
): AsyncGenerator<TallyRows> {
  const run = (sql: string) => Array.fromAsync(columnsOf(connection, sql, signal));
  const tables = parts.map((_, index) => `found_${index}`);
  for (const [index, part] of parts.entries()) {
    await run(`CREATE OR REPLACE TEMP TABLE ${tables[index]} AS ${groupsOf(part, context.by)}`);
  }
  const contexts = await contextsOf(connection, context, where, tables, signal);
  for (const [index, part] of parts.entries()) {
    const names = [...contexts.names, ...part.by, ...part.any];
    for await (const { columns, ...rest } of codedRows(connection, tables[index] as string, context, part, signal)) {
      const [places = [], ...others] = columns;
      const filled = contexts.names.map((_, column) => places.map((place) => contexts.values[Number(place)]?.[column] ?? null));
      yield { ...rest, names, columns: [...filled, ...others], places: places.map(Number) };
    }
  }
}

/** What is the same for many flows, by its number in the temporary table `places`. */
interface Contexts {
  readonly names: readonly string[];
  readonly values: readonly (readonly DuckDBValue[])[];
}

const keyed = (by: readonly string[]): string[] => by.map((_, index) => identifier(`key ${index}`));

async function contextsOf(
  connection: DuckDBConnection,
  { by, names }: NonNullable<Tally["context"]>,
  where: string,
  tables: readonly string[],
  signal: AbortSignal,
): Promise<Contexts> {
  const keys = keyed(by).join(", ");
  const found = tables.map((table) => `SELECT ${keys}, flows, first, last FROM ${table}`).join(" UNION ALL ");
  const groups = `SELECT ${keys}, sum(flows) AS flows, min(first) AS first, max(last) AS last FROM (${found}) GROUP BY ${keys}`;
  const places = `CREATE OR REPLACE TEMP TABLE places AS SELECT (row_number() OVER ())::INTEGER - 1 AS place, * FROM (${groups})`;
  for await (const _ of columnsOf(connection, places, signal));
  const known = new Map<string, DuckDBValue[]>();
  const keyOf = (columns: TallyRows["columns"], row: number) =>
    JSON.stringify(by.map((_, index) => String(columns[index]?.[row])));
  const all = [...by, ...names];
  const counted = `SELECT ${keys}, flows, first, last FROM places ORDER BY place`;
  for await (const { columns, rows } of newestOf(connection, { by, any: [], where }, all, signal, counted)) {
    for (let row = 0; row < rows; row += 1) {
      known.set(
        keyOf(columns, row),
        all.map((_, column) => columns[column]?.[row] ?? null),
      );
    }
  }
  const values: DuckDBValue[][] = [];
  for await (const { columns, rows } of columnsOf(connection, counted, signal)) {
    for (let row = 0; row < rows; row += 1) values.push(known.get(keyOf(columns, row)) ?? []);
  }
  return { names: all, values };
}

/** Where a table has more rows, their texts are read once, and not again with each row. */
const MANY_ROWS = 10_000;

/** Rows of a table of groups, of which the first column is the number of the context. */
async function* codedRows(
  connection: DuckDBConnection,
  table: string,
  context: NonNullable<Tally["context"]>,
  { by, any }: Tally,
  signal: AbortSignal,
): AsyncGenerator<TallyRows> {
  const ask = async (sql: string) => {
    const chunks = await Array.fromAsync(columnsOf(connection, sql, signal));
    return chunks.flatMap(({ columns, rows }) => Array.from({ length: rows }, (_, row) => columns.map((one) => one[row])));
  };
  const [[rows] = []] = await ask(`SELECT count(*) FROM ${table}`);
  const types = new Map((await ask(`SELECT name, type FROM pragma_table_info(${literal(table)})`)) as [string, string][]);
  const columns = [...by, ...any].map((_, index) => `value ${index}`);
  const coded = new Map<number, DuckDBValue[]>();
  const joins: string[] = [];
  const selected: string[] = [];
  for (const [index, column] of columns.entries()) {
    const name = identifier(column);
    if (Number(rows) < MANY_ROWS || types.get(column) !== "VARCHAR") {
      selected.push(name);
      continue;
    }
    const texts = `texts_${index}`;
    await ask(`CREATE OR REPLACE TEMP TABLE ${texts} AS SELECT text, (row_number() OVER ())::INTEGER - 1 AS code
      FROM (SELECT DISTINCT ${name} AS text FROM ${table} WHERE ${name} IS NOT NULL)`);
    coded.set(
      index + 1,
      (await ask(`SELECT text FROM ${texts} ORDER BY code`)).map(([text]) => text as DuckDBValue),
    );
    joins.push(`LEFT JOIN ${texts} ON ${texts}.text = ${table}.${name}`);
    selected.push(`${texts}.code`);
  }
  const isPlace = keyed(context.by).map((key) => `places.${key} IS NOT DISTINCT FROM ${table}.${key}`);
  const sql = `SELECT ${["place", ...selected].join(", ")}, ${table}.flows, ${table}.first, ${table}.last
    FROM ${table} JOIN places ON ${isPlace.join(" AND ")} ${joins.join(" ")}`;
  for await (const found of rowsOf(connection, sql, ["place", ...columns], signal)) {
    const texts = found.columns.map((values, column) => {
      const known = coded.get(column);
      return known === undefined ? values : values.map((code) => (code === null ? null : (known[Number(code)] ?? null)));
    });
    yield { ...found, columns: texts };
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

const COUNTS = ["count(*)::DOUBLE", "epoch_ms(min(time))::DOUBLE", "epoch_ms(max(time))::DOUBLE"];

const keysOf = ({ by, instead, besides = [] }: Tally): string[] => [
  ...by.map((name) => instead?.get(name) ?? identifier(name)),
  ...besides,
];

/** With `outer`, what else tells flows apart, each column has a name: `key 0` of it, `value 0` of the tally, and `flows`, `first`, `last`. */
function groupsOf(tally: Tally, outer: readonly string[] = []): string {
  const { by, any, where = "TRUE" } = tally;
  const keys = [...outer.map(identifier), ...keysOf(tally)];
  const groups = keys.length === 0 ? "" : ` GROUP BY ${keys.join(", ")}`;
  const values = [...keysOf(tally).slice(0, by.length), ...any.map((name) => `any_value(${identifier(name)})`)];
  if (outer.length === 0) return `SELECT ${[...values, ...COUNTS].join(", ")} FROM flows WHERE ${where}${groups}`;
  const named = [
    ...outer.map((name, index) => `${identifier(name)} AS ${identifier(`key ${index}`)}`),
    ...values.map((value, index) => `${value} AS ${identifier(`value ${index}`)}`),
    ...COUNTS.map((count, index) => `${count} AS ${["flows", "first", "last"][index]}`),
  ];
  return `SELECT ${named.join(", ")} FROM flows WHERE ${where}${groups}`;
}

/**
 * The groups first, which takes few columns; then the newest of each, which lies in few parts of few files. `counted` asks for the groups, where
 * they are known: their keys, how many flows, and when the first and the last was.
 */
async function* newestOf(
  connection: DuckDBConnection,
  tally: Tally,
  names: readonly string[],
  signal: AbortSignal,
  counted?: string,
): AsyncGenerator<TallyRows> {
  const { where = "TRUE" } = tally;
  const keys = keysOf(tally);
  const keyNames = keys.map((_, index) => `key ${index}`);
  const keyOf = (columns: TallyRows["columns"], from: number, row: number) =>
    JSON.stringify(keys.map((_, index) => String(columns[from + index]?.[row])));
  const groups = new Map<string, { readonly flows: number; readonly first: number; readonly last: number }>();
  const asked = counted ?? `SELECT ${[...keys, ...COUNTS].join(", ")} FROM flows WHERE ${where} GROUP BY ${keys.join(", ")}`;
  for await (const { columns, rows, flows, first, last } of rowsOf(connection, asked, keyNames, signal)) {
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
  const newest = `SELECT ${[...names.map(identifier), ...keys].join(", ")}, 1, epoch_ms(time), epoch_ms(time) FROM (${flowsAt(times)})
    WHERE ${where}
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

/** So many times are asked for one by one. */
const FEW_TIMES = 32;

/** The flows of these times, and those without one. Of each time alone few parts of few files are decoded, of a list of times whole parts. */
function flowsAt(times: readonly number[]): string {
  const at = times.map((time) => `make_timestamp_ms(${time})`);
  const conditions = times.length > FEW_TIMES ? [`time IN (${at.join(", ")})`] : at.map((time) => `time = ${time}`);
  return ["time IS NULL", ...conditions].map((condition) => `SELECT * FROM flows WHERE ${condition}`).join(" UNION ALL ");
}

/** Answers of which the last three columns are a count and two times. */
async function* rowsOf(
  connection: DuckDBConnection,
  sql: string,
  names: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<TallyRows> {
  for await (const { columns, rows } of columnsOf(connection, sql, signal)) {
    const numbers = (column: number) => (columns[column] ?? []).map((value) => (value === null ? Number.NaN : Number(value)));
    yield {
      ...{ names, columns, rows },
      ...{ flows: numbers(names.length), first: numbers(names.length + 1), last: numbers(names.length + 2) },
    };
  }
}

/** An answer by column, some rows at a time. Throws as `ask` does. */
export async function* columnsOf(
  connection: DuckDBConnection,
  sql: string,
  signal: AbortSignal,
): AsyncGenerator<Pick<TallyRows, "columns" | "rows">> {
  signal.throwIfAborted();
  const stop = interruptOn(signal, connection);
  try {
    const result = await connection.stream(sql);
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      yield { columns: chunk.getColumns(), rows: chunk.rowCount };
    }
    signal.throwIfAborted();
  } catch (error) {
    signal.throwIfAborted();
    throw await failureOf(connection, error);
  } finally {
    stop();
  }
}
