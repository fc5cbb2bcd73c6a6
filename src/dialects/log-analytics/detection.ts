import { type Alerting, attributeOf, type PrintedRule, type StoredAttributes } from "../dialect.ts";
import { oneLine, runbookPlace, untemplated } from "../text.ts";
import { MOST_DIMENSIONS } from "./rules.ts";
import { scheduleOf } from "./schedule.ts";

/** What the titles of the saved searches of detections begin with, and no other one's. */
export const DETECTION_TITLE = "Flowferry detection: ";
const SEVERITY = { informational: "INFO", low: "INFO", medium: "WARNING", high: "ERROR", critical: "CRITICAL" } as const;
const MEASURES = { event_count: "Flows", value_count: "Values", value_sum: "Total" } as const;

/**
 * Saved search, scheduled task with metric extraction, and alarm, in the forms that the services take. The alarm of a group goes on firing
 * while evaluations find it, so that flows which several evaluations see are one notification.
 */
export function detectionChain(
  { rule, query }: PrintedRule,
  attributes: StoredAttributes,
  { lagMs, receiver = "${topicId}" }: Alerting,
): object {
  const schedule = scheduleOf(rule, lagMs);
  if (schedule === undefined) throw new Error(`no scheduled task looks back as far as ${rule.name}`);
  const { intervalMs, rangeMs, offsetMs } = schedule;
  const correlation = rule.kind === "correlation" ? rule.correlation : undefined;
  const fields = correlation?.parts[0]?.groupBy ?? (rule.dedup === "group" ? [] : rule.dedup.slice(0, MOST_DIMENSIONS));
  const dimensions = fields.map((ref) => ({
    queryFieldName: attributeOf(attributes, ref).name,
    dimensionName: ref.name.replaceAll(/\W/g, "_"),
  }));
  const measure =
    correlation !== undefined && correlation.type in MEASURES ? MEASURES[correlation.type as keyof typeof MEASURES] : "Flows";
  const metric = { compartmentId: "${compartmentId}", namespace: "flowferry", resourceGroup: "detections" };
  return {
    rule: rule.name,
    savedSearch: {
      displayName: `${DETECTION_TITLE}${oneLine(rule.title)}`,
      description: oneLine(rule.description),
      queryString: query,
    },
    scheduledTask: {
      kind: "STANDARD",
      taskType: "SAVED_SEARCH",
      compartmentId: "${compartmentId}",
      displayName: `flowferry_${rule.name}`,
      schedules: [
        {
          type: "FIXED_FREQUENCY",
          recurringInterval: iso(intervalMs),
          repeatCount: -1,
          misfirePolicy: "RETRY_INDEFINITELY",
          queryOffsetSecs: offsetMs / 1_000,
        },
      ],
      action: {
        type: "STREAM",
        savedSearchId: "${savedSearchId}",
        savedSearchDuration: iso(rangeMs),
        metricExtraction: {
          ...metric,
          metricCollections: [
            {
              metricName: rule.name,
              metricQueryFieldName: measure,
              dimensions,
            },
          ],
        },
      },
    },
    alarm: {
      displayName: `flowferry: ${oneLine(rule.title)}`,
      compartmentId: "${compartmentId}",
      metricCompartmentId: "${compartmentId}",
      namespace: metric.namespace,
      resourceGroup: metric.resourceGroup,
      // It looks back for the rule's throttle, so that what is found again within it is no second alert; and twice the interval at least: a task
      // that runs a little later than the one before leaves no hole.
      query: `${rule.name}[${mql(Math.max(2 * intervalMs, rule.throttleMs))}].max() > 0`,
      severity: SEVERITY[rule.level],
      body: [
        untemplated(rule.description),
        ...dimensions.map(({ dimensionName }) => `${dimensionName}={{dimensions.${dimensionName}}}`),
        ...(rule.runbook === undefined ? [] : [`Runbook: ${untemplated(runbookPlace(rule) ?? "")}`]),
      ].join(" "),
      pendingDuration: "PT1M",
      evaluationSlackDuration: "PT15M",
      isNotificationsPerMetricDimensionEnabled: true,
      messageFormat: "ONS_OPTIMIZED",
      destinations: [receiver],
      isEnabled: true,
    },
  };
}

const MINUTES_A_DAY = 1_440;

/** `PT70M`, or `P2D` where it is whole days. */
function iso(ms: number): string {
  const minutes = ms / 60_000;
  return minutes % MINUTES_A_DAY === 0 ? `P${minutes / MINUTES_A_DAY}D` : `PT${minutes}M`;
}

/** An interval of Monitoring's query language that is no shorter: up to 60 minutes, 24 hours, or a day, which is the longest. */
function mql(ms: number): string {
  const minutes = Math.min(Math.ceil(ms / 60_000), MINUTES_A_DAY);
  if (minutes === MINUTES_A_DAY) return "1d";
  return minutes < 60 ? `${minutes}m` : `${Math.ceil(minutes / 60)}h`;
}
