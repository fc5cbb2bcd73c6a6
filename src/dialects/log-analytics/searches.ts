import type { GroupKey, Measure, Search, Visualisation } from "../../searches/search.ts";
import { refuse } from "../dialect.ts";
import { byClause, quoteName, quoteValue, type Words } from "./conditions.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** What saved searches look back, as the service names it. */
export const PERIODS: ReadonlyMap<number, string> = new Map([
  [HOUR_MS, "l60min"],
  [DAY_MS, "l24hr"],
  [7 * DAY_MS, "l7day"],
  [30 * DAY_MS, "l30day"],
]);

/** Fields that `link` takes, beside `Time`. */
const MOST_LINKED = 4;

/** Pictures of a time series. */
const SERIES: readonly Visualisation[] = ["line", "area", "bar"];

/** The longest period that `timestats` takes intervals of up to so many ms over; longer intervals go over any period. */
const LONGEST_PERIODS = [
  { intervalMs: MINUTE_MS, periodMs: 12 * HOUR_MS },
  { intervalMs: 5 * MINUTE_MS, periodMs: 3 * DAY_MS },
  { intervalMs: 15 * MINUTE_MS, periodMs: 10 * DAY_MS },
];

/**
 * A query over whatever time it is asked for. Columns of fields are headed by the fields' own names in the service, others
 * by their labels. Lines, areas and bars over time are time series (`timestats`), other searches over time `link` tables.
 */
export function printSearch(search: Search, words: Words): string {
  const { condition, time, by, measures, outliers, sort, limit } = search;
  if (outliers !== undefined) refuse("outliers", "which standard deviation its functions mean is not documented");
  if (time?.kind === "hour-of-week") refuse("hour-of-week", "the time zone of weekday and hour is not documented");
  if (!PERIODS.has(search.periodMs)) refuse("length", "a saved search looks back an hour, a day, a week or 30 days");
  const keys = by.map((key) => keyOf(key, words));
  const stored = keys.flatMap((key) => (key.of === undefined ? key.name : []));
  // What stands for a field that groups anyway is worked out of the groups: link takes few fields.
  const later = keys.filter((key) => time !== undefined && key.of !== undefined && stored.includes(key.of));
  const grouping = keys.filter((key) => !later.includes(key));
  const names = [...new Set(grouping.map(({ name }) => name))];
  const counted = measures.map((measure) => measureOf(measure, words));
  const before = [...grouping, ...counted].flatMap(({ evals }) => evals);
  const shares = counted.flatMap(({ share }) => share ?? []);
  const functions = counted.map(({ text }) => text);
  if (shares.length > 0) functions.push("count as 'All Flows'");
  const stats = functions.join(", ");
  const last = [
    ...later.flatMap(({ evals }) => evals.map((one) => `eval ${one}`)),
    ...shares,
    ...(sort === undefined ? [] : [`sort -${quoteName(sort.label)}`]),
    ...(limit === undefined ? [] : [`head ${limit}`]),
  ];
  return [words.search(condition), ...before.map((one) => `eval ${one}`), ...groups(search, names, stats), ...last].join(" | ");
}

function groups({ time, periodMs, visualisation, sort, limit }: Search, names: readonly string[], stats: string): string[] {
  if (time?.kind !== "interval") return [`stats ${stats}${byClause(names)}`];
  const series = SERIES.includes(visualisation) && sort === undefined && limit === undefined && names.length < 2;
  if (!series) {
    if (names.length > MOST_LINKED) refuse("group", `link takes ${MOST_LINKED} fields beside the time`);
    return [
      `link includenulls = true span = ${spanOf(time.ms)} Time${names.map((name) => `, ${name}`).join("")}`,
      `stats ${stats}`,
    ];
  }
  const longest = LONGEST_PERIODS.find(({ intervalMs }) => time.ms <= intervalMs);
  if (longest !== undefined && periodMs > longest.periodMs)
    refuse("interval", "a time series takes intervals so short over a shorter time only");
  return [`timestats span = ${spanOf(time.ms)} ${stats}${byClause(names)}`];
}

function spanOf(ms: number): string {
  if (ms % DAY_MS === 0) return `${ms / DAY_MS}day`;
  if (ms % HOUR_MS === 0) return `${ms / HOUR_MS}hour`;
  if (ms % MINUTE_MS === 0) return `${ms / MINUTE_MS}minute`;
  return refuse("interval", "spans are of whole minutes");
}

interface Printed {
  /** What has to be worked out for each record. */
  readonly evals: readonly string[];
}

/** `of`: the field that a name stands for. */
function keyOf({ field, names, label }: GroupKey, words: Words): Printed & { readonly name: string; readonly of?: string } {
  const stored = words.name(field);
  if (names === undefined) return { name: stored, evals: [] };
  const own = quoteName(label);
  if (own === stored) refuse("names", `the name of ${field.name} in the service cannot stand for something else`);
  const cases = [...names.cases].map(([value, name]) => `${stored} = ${quoteValue(String(value))}, ${quoteValue(name)}`);
  return { name: own, of: stored, evals: [`${own} = if(${[...cases, quoteValue(names.otherwise)].join(", ")})`] };
}

function measureOf(measure: Measure, words: Words): Printed & { readonly text: string; readonly share?: string } {
  const label = quoteName(measure.label);
  switch (measure.kind) {
    case "earliest":
    case "latest":
      return { text: `${measure.kind}(Time) as ${label}`, evals: [] };
    case "count":
    case "share": {
      if (measure.where === undefined) return { text: `count as ${label}`, evals: [] };
      const matches = quoteName(`${measure.label} Flag`);
      const evals = [`${matches} = if(${words.condition(measure.where)}, 1, 0)`];
      const text = `sum(${matches}) as ${label}`;
      return measure.kind === "count" ? { text, evals } : { text, evals, share: `eval ${label} = 100 * ${label} / 'All Flows'` };
    }
    default: {
      if (measure.where !== undefined) refuse("where", "a function looks at all records of a group");
      const name = measure.kind === "distinct" ? "distinctcount" : measure.kind;
      return { text: `${name}(${words.name(measure.field)}) as ${label}`, evals: [] };
    }
  }
}
