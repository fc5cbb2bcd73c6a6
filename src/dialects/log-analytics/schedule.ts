import type { Rule } from "../../detect/rule.ts";
import { evaluationOf } from "../evaluation.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Intervals of tasks, the shortest first, and what a task with this interval looks back at most, by the service's own table. */
const INTERVALS: readonly { readonly intervalMs: number; readonly longestMs: number }[] = [
  { intervalMs: 5 * MINUTE_MS, longestMs: HOUR_MS },
  { intervalMs: HOUR_MS, longestMs: 12 * HOUR_MS },
  { intervalMs: 2 * HOUR_MS, longestMs: DAY_MS },
  { intervalMs: 2 * DAY_MS, longestMs: 7 * DAY_MS },
  { intervalMs: 7 * DAY_MS, longestMs: 14 * DAY_MS },
  { intervalMs: 15 * DAY_MS, longestMs: 30 * DAY_MS },
];

export interface Schedule {
  readonly intervalMs: number;
  readonly rangeMs: number;
  readonly offsetMs: number;
}

/**
 * When a scheduled task runs, and what it looks at; undefined when no task looks back so far. What the table does not let a task look back
 * for late flows it waits for them: every flow still lies in an evaluation that comes `lagMs` after it. A timespan that fills the whole range is
 * asked for as it is.
 */
export function scheduleOf(rule: Rule, lagMs: number): Schedule | undefined {
  const timespanMs = rule.kind === "correlation" ? rule.correlation.timespanMs : 0;
  const found = INTERVALS.find(({ longestMs }) => timespanMs <= longestMs);
  if (found === undefined) return undefined;
  const { intervalMs, longestMs } = found;
  const wanted = evaluationOf(rule, intervalMs, lagMs);
  const rangeMs = Math.min(wanted.rangeMs, longestMs);
  const offsetMs = rule.kind === "correlation" ? wanted.delayMs : wanted.rangeMs - rangeMs;
  return { intervalMs, rangeMs, offsetMs };
}
