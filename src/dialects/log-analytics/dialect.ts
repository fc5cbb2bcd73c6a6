import { attributeOf, type Dialect, type PrintedRule, printed, type StoredAttributes } from "../dialect.ts";
import { oneLine, runbookPlace } from "../text.ts";
import { logAnalyticsWords } from "./conditions.ts";
import { printRule, SHORTEST_MS } from "./rules.ts";
import { printSearch } from "./searches.ts";

/** A task that runs each five minutes looks back an hour at most. */
const HOUR_MS = 3_600_000;

/**
 * Query language of OCI Log Analytics over the fields of flowferry's own log source; `attributes` names them. Scheduled
 * tasks turn the groups that the query of a rule finds into a metric, and alarms watch the metric. Searches are installed
 * as saved searches on dashboards, with what else is installed.
 */
export function logAnalyticsDialect(attributes: StoredAttributes, source: string): Dialect {
  const words = logAnalyticsWords(attributes, source);
  return {
    name: "log-analytics",
    title: "OCI Log Analytics",
    rule: (rule) => printed(() => printRule(rule, words)),
    search: (search) => printed(() => printSearch(search, words)),
    files: ({ rules }) =>
      new Map([
        [
          "detections.json",
          `${JSON.stringify(
            rules.map((one) => chain(one, attributes)),
            null,
            2,
          )}\n`,
        ],
      ]),
  };
}

const SEVERITY = { informational: "INFO", low: "INFO", medium: "WARNING", high: "ERROR", critical: "CRITICAL" } as const;
const MEASURES = { event_count: "Flows", value_count: "Values", value_sum: "Total" } as const;

/** Saved search, scheduled task with metric extraction, and alarm, in the forms that the services take. */
function chain({ rule, query }: PrintedRule, attributes: StoredAttributes): object {
  const correlation = rule.kind === "correlation" ? rule.correlation : undefined;
  const fields = correlation?.parts[0]?.groupBy ?? (rule.dedup === "group" ? [] : rule.dedup);
  const long = correlation !== undefined && correlation.timespanMs > HOUR_MS;
  const measure =
    correlation !== undefined && correlation.type in MEASURES ? MEASURES[correlation.type as keyof typeof MEASURES] : "Flows";
  const metric = { compartmentId: "${compartmentId}", namespace: "flowferry", resourceGroup: "detections" };
  return {
    rule: rule.name,
    savedSearch: {
      displayName: `Flowferry detection: ${rule.title}`,
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
          recurringInterval: long ? "PT1H" : "PT5M",
          repeatCount: -1,
          misfirePolicy: "RETRY_INDEFINITELY",
        },
      ],
      action: {
        type: "STREAM",
        savedSearchId: "${savedSearchId}",
        savedSearchDuration: `PT${(correlation?.timespanMs ?? SHORTEST_MS) / 60_000}M`,
        metricExtraction: {
          ...metric,
          metricCollections: [
            {
              metricName: rule.name,
              metricQueryFieldName: measure,
              dimensions: fields.map((ref) => ({
                queryFieldName: attributeOf(attributes, ref).name,
                dimensionName: ref.name.replaceAll(/\W/g, "_"),
              })),
            },
          ],
        },
      },
    },
    alarm: {
      displayName: `flowferry: ${rule.title}`,
      compartmentId: "${compartmentId}",
      metricCompartmentId: "${compartmentId}",
      namespace: metric.namespace,
      resourceGroup: metric.resourceGroup,
      query: `${rule.name}[${long ? "1h" : "5m"}].max() > 0`,
      severity: SEVERITY[rule.level],
      body: `${oneLine(rule.description)}${rule.runbook === undefined ? "" : ` Runbook: ${runbookPlace(rule)}`}`,
      pendingDuration: "PT1M",
      isNotificationsPerMetricDimensionEnabled: true,
      messageFormat: "ONS_OPTIMIZED",
      destinations: ["${topicId}"],
      isEnabled: true,
    },
  };
}
