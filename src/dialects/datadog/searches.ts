import type { Measure, Search } from "../../searches/search.ts";
import { type PrintedSearch, refuse } from "../dialect.ts";
import { duration, oneLine } from "../text.ts";
import type { LogSearch } from "./conditions.ts";

/** The most buckets that the service gives. */
const MOST_BUCKETS = 10_000;
/** The lengths that buckets of time may have without straddling the multiples of them since the epoch. */
const DAY_MS = 86_400_000;

/**
 * The request that aggregates logs, without its time range. Ports, bytes, packets and the protocol's number have to be
 * measures, the fields of groups facets.
 */
export function printSearch(search: Search, { where, nameOf }: LogSearch): string {
  const { condition, time, by, measures, outliers, sort, limit } = search;
  if (outliers !== undefined) refuse("outliers", "an aggregation is not compared with the others");
  if (time?.kind === "hour-of-week") refuse("hour-of-week", "intervals of time are not folded into a week");
  if (time !== undefined && DAY_MS % time.ms !== 0)
    refuse("interval", "intervals that do not divide a day need not begin at multiples of their length");
  if (time !== undefined && sort !== undefined) refuse("sort", "a series is in the order of time");
  if (time !== undefined && limit !== undefined) refuse("limit", "a limit is one of series, not of their intervals");
  if (by.length > 1) refuse("group", "of several fields it gives the largest values of each within those of the one before");
  const [key] = by;
  if (key?.names !== undefined) refuse("names", "a request does not rename values");
  const compute = measures.map((measure) => ({
    ...aggregation(measure, nameOf),
    ...(time === undefined ? { type: "total" } : { type: "timeseries", interval: duration(time.ms) }),
  }));
  return JSON.stringify({
    filter: { query: where(condition), indexes: ["*"] },
    compute,
    ...(key !== undefined && {
      group_by: [
        {
          facet: nameOf(key.field),
          limit: limit ?? MOST_BUCKETS,
          missing: "",
          ...(sort !== undefined && { sort: { type: "measure", order: "desc", ...aggregation(sort, nameOf) } }),
        },
      ],
    }),
  });
}

function aggregation(measure: Measure, nameOf: LogSearch["nameOf"]): { readonly aggregation: string; readonly metric?: string } {
  if (measure.kind === "share") refuse("share", "a request divides nothing");
  if ("where" in measure && measure.where !== undefined) refuse("where", "all measures of a request are of the same flows");
  switch (measure.kind) {
    case "count":
      return { aggregation: "count" };
    case "distinct":
      return refuse("distinct", "cardinality is estimated");
    case "earliest":
    case "latest":
      return refuse(measure.kind, "the time of logs is no measure");
    default:
      return { aggregation: measure.kind, metric: nameOf(measure.field) };
  }
}

/** For `POST /api/v2/logs/analytics/aggregate`, each over the period that its search looks back. */
export function aggregateRequest({ search, query }: PrintedSearch): object {
  const { filter, ...request } = JSON.parse(query) as { readonly filter: object };
  return {
    name: `flowferry: ${search.title}`,
    description: oneLine(search.description),
    request: { filter: { ...filter, from: `now-${duration(search.periodMs)}`, to: "now" }, ...request },
  };
}
