import type { Condition, Predicate } from "../../detections/condition.ts";
import type { FieldRef } from "../../detections/fields.ts";
import type { Rule } from "../../detections/rule.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, type Dialect, type PrintedRule, printed, refuse, type StoredAttributes } from "../dialect.ts";
import { oneLine, regardsCase } from "../text.ts";
import { refuseDetector, windowed } from "../windowed.ts";

/** A scheduled task runs every five minutes at the soonest, and then looks back an hour at most. */
const SHORTEST_MS = 300_000;
const HOUR_MS = 3_600_000;

/**
 * Query language of OCI Log Analytics over the fields of flowferry's own log source; `attributes` names them. A query
 * gives groups and how many flows (values, bytes) they have: those of a detection's incident, or of a correlation that
 * holds over the time range of the query. Scheduled tasks turn it into a metric, and alarms watch the metric.
 */
export function logAnalyticsDialect(attributes: StoredAttributes, source: string): Dialect {
  const nameOf = (ref: FieldRef): string => quoteName(attributeOf(attributes, ref).name);
  const syntax = {
    and: "and",
    or: "or",
    constant: (value: boolean) => (value ? "'Log Source' != null" : "'Log Source' = null"),
    predicate: (predicate: Predicate, denied: boolean) => printPredicate(predicate, denied, nameOf),
  };
  const search = (condition: Condition): string => {
    const text = printCondition(condition, syntax);
    return `'Log Source' = '${source}' and ${condition.kind === "or" || condition.kind === "not" ? `(${text})` : text}`;
  };
  return {
    name: "log-analytics",
    title: "OCI Log Analytics",
    search: () => ({ refused: "limit", reason: "not yet" }),
    rule: (rule) =>
      printed(() => {
        if (rule.kind === "correlation") return correlate(rule, search, nameOf);
        const by = rule.dedup === "group" ? [] : rule.dedup.map(nameOf);
        return `${search(refuseDetector(rule))} | stats count as Flows${byClause(by)}`;
      }),
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

type Name = (ref: FieldRef) => string;

function printPredicate(predicate: Predicate, denied: boolean, nameOf: Name): string {
  const name = nameOf(predicate.field);
  // What a comparison with a missing field is, is not documented.
  const orMissing = (text: string): string => (denied ? `(${name} = null or ${text})` : text);
  switch (predicate.kind) {
    case "one-of": {
      const { field, values } = predicate;
      if (regardsCase(field, values)) refuse("one-of", "whether case matters depends on the field's settings");
      const texts = values.map((value) => quoteValue(String(value)));
      if (texts.length === 1) return orMissing(`${name} ${denied ? "!=" : "="} ${texts[0]}`);
      return orMissing(`${name} ${denied ? "not in" : "in"} (${texts.join(", ")})`);
    }
    case "compare":
      return orMissing(`${name} ${(denied ? OPPOSITES : OPERATORS)[predicate.operator]} ${predicate.value}`);
    case "exists":
      return `${name} ${denied ? "=" : "!="} null`;
    case "text":
      return refuse(predicate.operator, "whether case matters depends on the field's settings");
    case "re":
      return refuse("re", "patterns are not RE2's");
    case "cidr":
      return refuse("cidr", "a condition has no ranges of addresses");
    case "fieldref":
      return refuse("fieldref", "a field is not compared with another in a condition");
  }
}

const OPERATORS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
const OPPOSITES = { gt: "<=", gte: "<", lt: ">=", lte: ">" } as const;

function correlate(rule: Extract<Rule, { kind: "correlation" }>, search: (condition: Condition) => string, nameOf: Name): string {
  const { correlation, any, groupBy } = windowed(rule);
  const { atLeast, timespanMs } = correlation;
  if (timespanMs < SHORTEST_MS) refuse("length", "a scheduled task runs every five minutes at the soonest");
  const by = byClause(groupBy.map(nameOf));
  switch (correlation.type) {
    case "event_count":
      return `${search(any)} | stats count as Flows${by} | where Flows >= ${atLeast}`;
    case "value_count":
      return `${search(any)} | stats distinctcount(${nameOf(correlation.field)}) as Values${by} | where Values >= ${atLeast}`;
    case "value_sum":
      return `${search(any)} | stats sum(${nameOf(correlation.field)}) as Total${by} | where Total >= ${atLeast}`;
    case "temporal":
      return refuse("temporal", "a statistic has no condition of its own");
  }
}

function byClause(names: readonly string[]): string {
  return names.length === 0 ? "" : ` by ${names.join(", ")}`;
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
      body: `${oneLine(rule.description)}${rule.runbook === undefined ? "" : ` Runbook: ${rule.runbook}`}`,
      pendingDuration: "PT1M",
      isNotificationsPerMetricDimensionEnabled: true,
      messageFormat: "ONS_OPTIMIZED",
      destinations: ["${topicId}"],
      isEnabled: true,
    },
  };
}

function quoteName(name: string): string {
  return /^[A-Za-z]\w*$/.test(name) ? name : `'${name}'`;
}

function quoteValue(text: string): string {
  if (/^(\d+|[A-Za-z][\w]*)$/.test(text)) return text;
  if (/['\\]|\p{Cc}/u.test(text)) refuse("text", "a text with quotes, backslashes or control characters is not taken literally");
  return `'${text}'`;
}
