import type { EventCount, Rule } from "../../detect/rule.ts";
import { type Alerting, type PrintedRule, refuse } from "../dialect.ts";
import { oneLine, runbookPlace } from "../text.ts";
import { refuseDetector, windowed } from "../windowed.ts";
import type { Lucene } from "./conditions.ts";
import { OURS } from "./searches.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MOST_GROUPS = 2;

/** Times that a threshold is counted over, by how the service names them. */
const WINDOWS: ReadonlyMap<number, string> = new Map([
  [5 * MINUTE_MS, "minutes_5_or_unspecified"],
  ...[10, 15, 20, 30].map((minutes) => [minutes * MINUTE_MS, `minutes_${minutes}`] as const),
  [HOUR_MS, "hour_1"],
  ...[2, 4, 6, 12, 24, 36].map((hours) => [hours * HOUR_MS, `hours_${hours}`] as const),
]);

/** A search for the flows of a detection, or for those that an alert definition counts. */
export function printRule(rule: Rule, { where }: Lucene): string {
  if (rule.kind !== "correlation") return where(refuseDetector(rule));
  const { correlation, any, groupBy } = windowed(rule);
  if (correlation.type === "value_count") refuse("value_count", "a unique count cannot wait for flows that come late");
  if (correlation.type !== "event_count") refuse(correlation.type, "an alert counts records and adds nothing up");
  if (!WINDOWS.has(correlation.timespanMs)) refuse("length", "a threshold is counted over some times only");
  if (groupBy.length > MOST_GROUPS) refuse("group", `an alert groups by ${MOST_GROUPS} keys at most`);
  return where(any);
}

const PRIORITY = { informational: "p5_or_unspecified", low: "p4", medium: "p3", high: "p2", critical: "p1" } as const;

/**
 * For `POST /v1/alert_definitions`. A rule on single flows is a threshold of none within five minutes. Both wait until their flows can have come. Who
 * is told is the notification group's webhook: without one an alert tells nobody.
 */
export function definition({ rule, query }: PrintedRule, { pathOf }: Lucene, { lagMs, receiver }: Alerting): object {
  const counted = rule.kind === "correlation" ? (rule.correlation as EventCount) : undefined;
  const window = WINDOWS.get(counted?.timespanMs ?? 5 * MINUTE_MS);
  const fields =
    rule.kind === "correlation" ? (rule.correlation.parts[0]?.groupBy ?? []) : rule.dedup === "group" ? [] : rule.dedup;
  const keys = fields.slice(0, MOST_GROUPS).map(pathOf);
  const repeat = { minutes: Math.ceil(rule.throttleMs / MINUTE_MS), notify_on: "triggered_only_unspecified" };
  const runbook = runbookPlace(rule);
  return {
    name: `${OURS}${oneLine(rule.title)}`,
    description: `${oneLine(rule.description)}${runbook === undefined ? "" : ` Runbook: ${runbook}`}`,
    enabled: true,
    priority: PRIORITY[rule.level],
    type: "logs_threshold",
    group_by_keys: keys,
    incidents_settings: repeat,
    notification_group: {
      group_by_keys: keys,
      webhooks: receiver === undefined ? [] : [{ ...repeat, integration: { integration_id: Number(receiver) } }],
    },
    entity_labels: { "managed-by": "flowferry", rule: rule.name },
    logs_threshold: {
      logs_filter: {
        simple_filter: { lucene_query: query, label_filters: { application_name: [], subsystem_name: [], severities: [] } },
      },
      condition_type: "more_than_or_unspecified",
      evaluation_delay_ms: lagMs,
      rules: [
        {
          condition: {
            threshold: counted === undefined ? 0 : counted.atLeast - 1,
            time_window: { logs_time_window_specific_value: window },
          },
          override: { priority: PRIORITY[rule.level] },
        },
      ],
    },
  };
}
