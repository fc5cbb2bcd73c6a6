import type { CorrelationRule, Rule } from "../../detect/rule.ts";
import { refuse } from "../dialect.ts";
import { refuseDetector, windowed } from "../windowed.ts";
import { byClause, type Words } from "./conditions.ts";

/** A scheduled task runs every five minutes at the soonest. */
const SHORTEST_MS = 300_000;
/** A task looks back thirty days at most. */
const LONGEST_MS = 30 * 86_400_000;
/** Of a metric that a task writes, and so of what its query groups by. */
export const MOST_DIMENSIONS = 3;

/**
 * Groups and how many flows (values, bytes) they have: those of a detection's incident, or of a correlation that holds over
 * the time range of the query.
 */
export function printRule(rule: Rule, words: Words): string {
  if (rule.kind === "correlation") return correlate(rule, words);
  const by = rule.dedup === "group" ? [] : rule.dedup.slice(0, MOST_DIMENSIONS).map(words.name);
  return `${words.search(refuseDetector(rule))} | stats count as Flows${byClause(by)}`;
}

function correlate(rule: CorrelationRule, { name, search }: Words): string {
  const { correlation, any, groupBy } = windowed(rule);
  const { atLeast, timespanMs } = correlation;
  if (timespanMs < SHORTEST_MS) refuse("length", "a scheduled task runs every five minutes at the soonest");
  if (timespanMs > LONGEST_MS) refuse("length", "a scheduled task looks back thirty days at most");
  if (groupBy.length > MOST_DIMENSIONS) refuse("group", "a metric has three dimensions at most");
  const by = byClause(groupBy.map(name));
  switch (correlation.type) {
    case "event_count":
      return `${search(any)} | stats count as Flows${by} | where Flows >= ${atLeast}`;
    case "value_count":
      return `${search(any)} | stats distinctcount(${name(correlation.field)}) as Values${by} | where Values >= ${atLeast}`;
    case "value_sum":
      return `${search(any)} | stats sum(${name(correlation.field)}) as Total${by} | where Total >= ${atLeast}`;
    case "temporal":
      return refuse("temporal", "a statistic has no condition of its own");
  }
}
