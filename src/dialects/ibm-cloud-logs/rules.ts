import type { Rule } from "../../detect/rule.ts";
import { type PrintedRule, refuse } from "../dialect.ts";
import { oneLine } from "../text.ts";
import { refuseDetector } from "../windowed.ts";
import type { Lucene } from "./conditions.ts";

export function printRule(rule: Rule, { where }: Lucene): string {
  if (rule.kind === "correlation") return refuse(rule.correlation.type, "a query looks at one record at a time");
  return where(refuseDetector(rule));
}

const PRIORITY = { informational: "p5_or_unspecified", low: "p4", medium: "p3", high: "p2", critical: "p1" } as const;

/** For `POST /v1/alert_definitions`. */
export function definition({ rule, query }: PrintedRule, { pathOf }: Lucene): object {
  return {
    name: `flowferry: ${rule.title}`,
    description: oneLine(rule.description),
    enabled: true,
    priority: PRIORITY[rule.level],
    type: "logs_immediate_or_unspecified",
    group_by_keys: rule.dedup === "group" ? [] : rule.dedup.map(pathOf),
    incidents_settings: { minutes: Math.ceil(rule.throttleMs / 60_000), notify_on: "triggered_only_unspecified" },
    entity_labels: { "managed-by": "flowferry", rule: rule.name },
    logs_immediate: { logs_filter: { simple_filter: { lucene_query: query } } },
  };
}
