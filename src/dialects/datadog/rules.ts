import type { Rule } from "../../detect/rule.ts";
import { alertLabels } from "../alert-labels.ts";
import { type Alerting, type PrintedRule, refuse } from "../dialect.ts";
import { type Evaluation, evaluationOf } from "../evaluation.ts";
import { duration, runbookPlace, untemplated } from "../text.ts";
import { refuseDetector, windowed } from "../windowed.ts";
import type { LogSearch } from "./conditions.ts";

/** A log monitor looks back two days at most, and groups by four fields at most. */
const LONGEST_MS = 2 * 86_400_000;
const MOST_GROUPS = 4;

/**
 * The query of a detection is the search for its flows; that of a correlation the monitor's, whose groups are those for
 * which it holds over the timespan before its evaluation.
 */
export function printRule(rule: Rule, words: LogSearch, evaluation?: Evaluation): string {
  if (rule.kind === "correlation") return correlate(rule, words, evaluation);
  const text = words.where(refuseDetector(rule));
  // Its monitor groups by them.
  groupsOf(rule, words);
  return text;
}

/** What a rule is told by, as far as a monitor takes it. */
function groupsOf({ dedup }: Rule, { nameOf }: LogSearch): string[] {
  return dedup === "group" ? [] : dedup.slice(0, MOST_GROUPS).map(nameOf);
}

function correlate(
  rule: Extract<Rule, { kind: "correlation" }>,
  { where, nameOf }: LogSearch,
  evaluation: Evaluation | undefined,
): string {
  const { correlation, any, groupBy } = windowed(rule);
  if (correlation.timespanMs > LONGEST_MS) refuse("length", "a log monitor looks back two days at most");
  const rangeMs = Math.min(evaluation?.rangeMs ?? correlation.timespanMs, LONGEST_MS);
  switch (correlation.type) {
    case "event_count":
      return monitorQuery(where(any), '"count"', groupBy.map(nameOf), rangeMs, correlation.atLeast);
    case "value_sum":
      return monitorQuery(
        where(any),
        `"sum", ${JSON.stringify(nameOf(correlation.field))}`,
        groupBy.map(nameOf),
        rangeMs,
        correlation.atLeast,
      );
    case "value_count":
      return refuse("value_count", "a monitor estimates the number of different values");
    case "temporal":
      return refuse("temporal", "a composite monitor does not join by the group");
  }
}

function monitorQuery(text: string, rollup: string, groups: readonly string[], timespanMs: number, atLeast: number): string {
  if (groups.length > MOST_GROUPS) refuse("group", `a monitor groups by ${MOST_GROUPS} fields at most`);
  const by = groups.length === 0 ? "" : `.by(${JSON.stringify(groups.join(","))})`;
  return `logs(${JSON.stringify(text)}).index("*").rollup(${rollup})${by}.last("${duration(timespanMs)}") >= ${atLeast}`;
}

const PRIORITY = { informational: 5, low: 4, medium: 3, high: 2, critical: 1 } as const;

/** How often a monitor is evaluated. */
const INTERVAL_MS = 60_000;

/**
 * For `POST /api/v1/monitor`. A group that goes on is one alert, and of single flows one for the rule's throttle, which the monitor looks back; what
 * counts cannot look back longer. A new group counts from its first flow on. Who is told is told of alerts alone, not of their end.
 */
export function monitor({ rule, query }: PrintedRule, words: LogSearch, { lagMs, receiver }: Alerting): object {
  const evaluation = evaluationOf(rule, INTERVAL_MS, lagMs);
  const groups = groupsOf(rule, words);
  const { attack } = alertLabels(rule);
  return {
    name: `flowferry: ${plain(rule.title)}`,
    type: "log alert",
    query:
      rule.kind === "correlation"
        ? printRule(rule, words, evaluation)
        : monitorQuery(query, '"count"', groups, Math.min(Math.max(evaluation.rangeMs, rule.throttleMs), LONGEST_MS), 1),
    message: [
      plain(rule.description),
      ...(rule.runbook === undefined ? [] : [`Runbook: ${plain(runbookPlace(rule) ?? "")}`]),
      ...(receiver === undefined ? [] : [`{{#is_alert}}${receiver}{{/is_alert}}`]),
    ].join("\n\n"),
    tags: [
      "managed-by:flowferry",
      `rule:${rule.name}`,
      ...(attack === undefined ? [] : attack.split(",").map((one) => `attack:${one}`)),
    ],
    priority: PRIORITY[rule.level],
    options: {
      thresholds: { critical: rule.kind === "correlation" && "atLeast" in rule.correlation ? rule.correlation.atLeast : 1 },
      evaluation_delay: evaluation.delayMs / 1_000,
      new_group_delay: 0,
      renotify_interval: 0,
      enable_logs_sample: true,
      on_missing_data: "default",
      // The title says which group it is.
      include_tags: true,
    },
  };
}

/** Braces would be variables, and `@` with what follows it somebody who is told. */
function plain(text: string): string {
  return untemplated(text).replaceAll("@", "@ ");
}
