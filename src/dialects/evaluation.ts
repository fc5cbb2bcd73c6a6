import type { Rule } from "../detect/rule.ts";

const MINUTE_MS = 60_000;

/**
 * How long after its time a flow may become visible in a backend, unless `content build --lag` says otherwise. In a bucket of real objects
 * the records of one object span 402 to 3,870 s, and it appears after its last record; the rest of the time is for reading and sending.
 */
export const DEFAULT_LAG_MS = 70 * MINUTE_MS;

/** When and over what time a backend evaluates a rule: at `t`, every `intervalMs`, over the event time from `t - delayMs - rangeMs` to `t - delayMs`. */
export interface Evaluation {
  readonly intervalMs: number;
  readonly rangeMs: number;
  readonly delayMs: number;
}

/**
 * An evaluation that flows cannot escape that become visible up to `lagMs` after their time. A rule on single flows is asked at once, again
 * and again for as long as flows of that time can come: the backend takes what it finds twice for one alert. A correlation over such a range would
 * count too much, so it is asked when its flows are complete, over its timespan and the interval: each window lies within one evaluation.
 */
export function evaluationOf(rule: Rule, intervalMs: number, lagMs: number): Evaluation {
  if (rule.kind !== "correlation") return { intervalMs, rangeMs: intervalMs + lagMs, delayMs: 0 };
  return { intervalMs, rangeMs: rule.correlation.timespanMs + intervalMs, delayMs: lagMs };
}
