import { formOf } from "../../flow/fields.ts";
import { fieldsOfSearch } from "../../searches/fields.ts";
import type { GroupKey, Measure, Search, TimeGroup } from "../../searches/search.ts";
import { duration } from "../text.ts";
import { byClause, DURATION, quote, WORK_OUT_DURATION, type Words } from "./conditions.ts";

/** Labels have no underscores, so that these names are free. */
const ALL = "_all";
const GROUP = "_group";
const MEAN = "_mean";
const BOUND = "_bound";
const SQUARE = "_square";
const COUNT = "_count";
const OVER = "_over";
const HELPERS = [GROUP, MEAN, BOUND, COUNT, OVER].join(", ");

const HOUR_NS = 3_600_000_000_000;

export interface PrintOptions {
  /** A filter that all records meet. */
  readonly scope?: string;
  /** What a group is called whose records have no value. */
  readonly missing?: string;
}

/** A query over the time range that it is asked for: a field for each group and measure, under their labels. */
export function printSearch(search: Search, words: Words, { scope, missing }: PrintOptions = {}): string {
  const { condition, time, by, sort, limit } = search;
  const derived = fieldsOfSearch(search).has(DURATION);
  const filter = words.filter(condition);
  const keys = keysOf(by, words, missing);
  const base = [
    ...(derived ? [scope ?? "*", WORK_OUT_DURATION, `filter ${filter}`] : [scope === undefined ? filter : `${scope} ${filter}`]),
    ...(time?.kind === "hour-of-week" ? [hourOfWeek()] : []),
    ...keys.flatMap(({ before }) => before),
    printStats(search, keys, words),
    ...after(search.measures),
  ];
  const renames = [
    ...(time?.kind === "interval" ? ["_time as Time"] : []),
    ...keys.flatMap(({ name, label }) => (name === label ? [] : `${name} as ${label}`)),
  ];
  const times = time === undefined ? [] : time.kind === "interval" ? ["Time"] : ["Weekday", "Hour"];
  const order = sort === undefined ? times : [`${quote(sort.label)} desc`];
  const most = limit === undefined ? [] : [`limit ${limit}`];
  return [
    ...base,
    ...(search.outliers === undefined ? [] : outliers(search.outliers, keys, base)),
    ...(renames.length === 0 ? [] : [`rename ${renames.join(", ")}`]),
    ...(order.length === 0 ? most : [[`sort by (${order.join(", ")})`, ...most].join(" ")]),
  ].join(" | ");
}

/** A column of groups: what it is called while groups are made, what it is called in the end, and pipes that make it. */
interface Key {
  readonly name: string;
  readonly label: string;
  readonly before: readonly string[];
}

function keysOf(by: readonly GroupKey[], words: Words, missing: string | undefined): Key[] {
  const taken = new Set<string>();
  return by.map(({ field, names, label: text }) => {
    const name = words.name(field);
    const label = quote(text);
    if (names !== undefined) {
      const cases = [...names.cases].map(
        ([value, shown]) => `format if (${name}:=${quote(String(value))}) ${quote(shown)} as ${label}`,
      );
      return { name: label, label, before: [`format ${quote(names.otherwise)} as ${label}`, ...cases] };
    }
    // A flow counts for every value of a list.
    const apart = formOf(field.field) === "strings" ? [`unroll (${name})`] : [];
    const copy = [...apart, `copy ${name} as ${label}`];
    if (missing !== undefined)
      return { name: label, label, before: [...copy, `format if (${label}:"") ${quote(missing)} as ${label}`] };
    if (taken.has(name)) return { name: label, label, before: copy };
    taken.add(name);
    return { name, label, before: apart };
  });
}

/** 1 January 1970 was a Thursday. */
function hourOfWeek(): string {
  return `math floor(_time / ${HOUR_NS}) % 24 as Hour, (floor(_time / ${HOUR_NS * 24}) + 3) % 7 + 1 as Weekday`;
}

function printStats({ time, measures }: Search, keys: readonly Key[], words: Words): string {
  const groups = [...timeGroups(time), ...keys.map(({ name }) => name)];
  const functions = measures.map((measure) => `${printMeasure(measure, words)} as ${quote(measure.label)}`);
  if (measures.some(({ kind }) => kind === "share")) functions.push(`count() as ${ALL}`);
  return `stats ${byClause(groups)}${functions.join(", ")}`;
}

function timeGroups(time: TimeGroup | undefined): string[] {
  if (time === undefined) return [];
  return time.kind === "interval" ? [`_time:${duration(time.ms)}`] : ["Weekday", "Hour"];
}

function printMeasure(measure: Measure, words: Words): string {
  const where = "where" in measure && measure.where !== undefined ? ` if (${words.filter(measure.where)})` : "";
  switch (measure.kind) {
    case "count":
    case "share":
      return `count()${where}`;
    case "distinct":
      return `count_uniq(${words.name(measure.field)})${where}`;
    case "earliest":
      return "min(_time)";
    case "latest":
      return "max(_time)";
    case "sum":
      return `sum(${words.name(measure.field)})${where}`;
    default: {
      const name = words.name(measure.field);
      // A record without the field would be the least.
      const there = measure.where === undefined ? `${name}:*` : `${name}:* ${words.filter(measure.where)}`;
      return `${measure.kind}(${name}) if (${there})`;
    }
  }
}

/** Counts become shares, and the sum of no values a number. */
function after(measures: readonly Measure[]): string[] {
  const shares = measures
    .filter(({ kind }) => kind === "share")
    .map(({ label }) => `100 * ${quote(label)} / ${ALL} as ${quote(label)}`);
  const sums = measures.filter(({ kind }) => kind === "sum").map(({ label }) => `${quote(label)} default 0 as ${quote(label)}`);
  return [
    ...(shares.length + sums.length === 0 ? [] : [`math ${[...shares, ...sums].join(", ")}`]),
    ...(shares.length === 0 ? [] : [`delete ${ALL}`]),
  ];
}

/** Keeps what is above the mean and the deviations of its group, which are worked out from the same intervals. */
function outliers(
  { measure, deviations }: NonNullable<Search["outliers"]>,
  keys: readonly Key[],
  base: readonly string[],
): string[] {
  const value = quote(measure.label);
  const own = keys.length === 0 ? [`math 1 as ${GROUP}`] : [];
  const group = `by (${keys.length === 0 ? GROUP : keys.map(({ name }) => name).join(", ")})`;
  const means = [...base, ...own, `stats ${group} avg(${value}) as ${MEAN}`].join(" | ");
  const bounds = [
    ...base,
    ...own,
    `join ${group} (${means})`,
    `math (${value} - ${MEAN}) * (${value} - ${MEAN}) as ${SQUARE}`,
    `stats ${group} avg(${value}) as ${MEAN}, sum(${SQUARE}) as ${SQUARE}, count() as ${COUNT}`,
    `filter ${COUNT}:>1`,
    `math ${MEAN} + (${deviations} * ((${SQUARE} / (${COUNT} - 1)) ^ 0.5)) as ${BOUND}`,
    `delete ${SQUARE}`,
  ].join(" | ");
  return [
    ...own,
    `join ${group} (${bounds}) inner`,
    `math ${value} - ${BOUND} as ${OVER}`,
    `filter ${OVER}:>0`,
    `delete ${HELPERS}`,
  ];
}
