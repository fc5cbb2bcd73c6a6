import { compileCondition } from "../../../src/detect/stream/compile.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import type { Measure, Search } from "../../../src/searches/search.ts";

/** What a column of a row holds. Times are ms since the epoch; a missing value is "" in a group and undefined in a measure. */
export type Row = Readonly<Record<string, string | number | undefined>>;

const answers = new WeakMap<readonly Flow[], WeakMap<Search, readonly Row[]>>();

/** Every group of a search over those flows, before order and limit. Found once for all dialects. */
export function answer(search: Search, flows: readonly Flow[]): readonly Row[] {
  const known = answers.get(flows) ?? new WeakMap<Search, readonly Row[]>();
  answers.set(flows, known);
  const found = known.get(search) ?? groupsOf(search, flows);
  known.set(search, found);
  return found;
}

function groupsOf(search: Search, flows: readonly Flow[]): Row[] {
  const meets = compileCondition(search.condition);
  const groups = new Map<string, { readonly keys: Row; readonly flows: Flow[] }>();
  for (const flow of flows) {
    if (!meets(flow)) continue;
    const keys = { ...timeOf(search, flow), ...Object.fromEntries(search.by.map((key) => [key.label, groupValue(key, flow)])) };
    const id = JSON.stringify(keys);
    const group = groups.get(id) ?? { keys, flows: [] };
    groups.set(id, group);
    group.flows.push(flow);
  }
  const rows = [...groups.values()].map(
    ({ keys, flows: members }): Row => ({
      ...keys,
      ...Object.fromEntries(search.measures.map((measure) => [measure.label, measured(measure, members)])),
    }),
  );
  return search.outliers === undefined ? rows : standingOut(search, rows);
}

function timeOf({ time }: Search, flow: Flow): Row {
  if (time === undefined) return {};
  if (time.kind === "interval") return { Time: Math.floor(flow.time / time.ms) * time.ms };
  const date = new Date(flow.time);
  return { Weekday: ((date.getUTCDay() + 6) % 7) + 1, Hour: date.getUTCHours() };
}

function groupValue({ field, names }: Search["by"][number], flow: Flow): string {
  const value = field.get(flow);
  if (names === undefined) return value === undefined || value === null ? "" : String(value);
  return names.cases.get(value as string | number) ?? names.otherwise;
}

function measured(measure: Measure, flows: readonly Flow[]): number | undefined {
  if (!("where" in measure)) {
    const times = flows.map(({ time }) => time).sort((a, b) => a - b);
    return measure.kind === "earliest" ? times[0] : times.at(-1);
  }
  const meeting = measure.where === undefined ? flows : flows.filter(compileCondition(measure.where));
  if (measure.kind === "count") return meeting.length;
  if (measure.kind === "share") return (100 * meeting.length) / flows.length;
  const values = meeting.map((flow) => measure.field.get(flow)).filter((value) => value !== undefined && value !== null);
  if (measure.kind === "distinct") return new Set(values).size;
  const numbers = values.map((value) => BigInt(value as number | bigint));
  if (measure.kind === "sum") return Number(numbers.reduce((sum, value) => sum + value, 0n));
  const sorted = numbers.map(Number).sort((a, b) => a - b);
  return measure.kind === "min" ? sorted[0] : sorted.at(-1);
}

function standingOut({ by, outliers }: Search, rows: readonly Row[]): Row[] {
  if (outliers === undefined) return [...rows];
  const groupOf = (row: Row): string => JSON.stringify(by.map(({ label }) => row[label]));
  const judged = (row: Row): number => Number(row[outliers.measure.label] ?? Number.NaN);
  const groups = Map.groupBy(rows, groupOf);
  return rows.filter((row) => {
    const values = (groups.get(groupOf(row)) ?? []).map(judged);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return values.length > 1 && judged(row) > mean + outliers.deviations * Math.sqrt(squares / (values.length - 1));
  });
}

/** One line a row, equal for equal rows: numbers to 12 digits, the sum of no values as 0. */
function written(search: Search, row: Row): string {
  const sums = search.measures.filter(({ kind }) => kind === "sum").map(({ label }) => label);
  return columnsOf(search)
    .map((column) => {
      const value = row[column] ?? (sums.includes(column) ? 0 : "");
      return `${column}=${typeof value === "number" ? Number(value.toPrecision(12)) : value}`;
    })
    .join(" ");
}

export function columnsOf({ time, by, measures }: Search): string[] {
  const times = time === undefined ? [] : time.kind === "interval" ? ["Time"] : ["Weekday", "Hour"];
  return [...times, ...by.map(({ label }) => label), ...measures.map(({ label }) => label)];
}

/** What is wrong with rows as the answer to a search, whose groups the oracle knows; undefined when nothing is. */
export function faultOf(
  search: Search,
  groups: readonly Row[],
  rows: readonly Row[],
  options = { ordered: true },
): string | undefined {
  const { sort, limit, time } = search;
  const found = rows.map((row) => written(search, row));
  // A row of nothing but empty columns need not be there.
  const empty = (row: Row): boolean => columnsOf(search).every((column) => (row[column] ?? "") === "");
  const all = groups.filter((row) => !empty(row) || found.includes(written(search, row)));
  const expected = new Set(all.map((row) => written(search, row)));
  // Without groups there need not be a row about no flows.
  if (all.length === 0 && columnsOf(search).length === search.measures.length) return undefined;
  const strange = found.find((line) => !expected.has(line));
  if (strange !== undefined) return `not expected: ${strange}; expected are ${[...expected].slice(0, 5).join(" | ")}`;
  if (new Set(found).size !== found.length) return "a group is given twice";
  const most = Math.min(all.length, limit ?? all.length);
  const order = (list: readonly Row[]): number[] =>
    sort === undefined ? [] : list.map((row) => Number(row[sort.label] ?? (sort.kind === "sum" ? 0 : -1)));
  const largest = order(all).sort((a, b) => b - a);
  // Of groups that equal the last, any may be given, or all.
  const last = largest[most - 1];
  const tied = last === undefined ? most : largest.filter((value) => value >= last).length;
  if (found.length < most || found.length > tied) {
    const missing = [...expected].filter((line) => !found.includes(line)).slice(0, 3);
    return `${found.length} of ${most} groups; missing: ${missing.join(" | ")}`;
  }
  if (sort !== undefined) {
    const given = options.ordered ? order(rows) : order(rows).sort((a, b) => b - a);
    const near = given.every((value, index) => Math.abs(value - (largest[index] ?? 0)) <= 1e-9 * Math.abs(value));
    return near ? undefined : `in the order ${given.slice(0, 9)}, not ${largest.slice(0, 9)}`;
  }
  if (time === undefined || !options.ordered) return undefined;
  const times = rows.map((row) => Number(row.Time ?? Number(row.Weekday) * 24 + Number(row.Hour)));
  return times.every((value, index) => index === 0 || value >= (times[index - 1] ?? 0)) ? undefined : "not in the order of time";
}
