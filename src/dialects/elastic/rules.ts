import type { Rule } from "../../detect/rule.ts";
import { type PrintedRule, refuse } from "../dialect.ts";
import { oneLine, runbookPlace } from "../text.ts";
import { refuseDetector, windowed } from "../windowed.ts";
import { type Esql, INDICES } from "./conditions.ts";

/** The query of a detection gives its flows; that of a correlation the groups for which it holds over the time range of the query. */
export function printRule(rule: Rule, esql: Esql): string {
  if (rule.kind === "correlation") return correlate(rule, esql);
  return `FROM ${INDICES} METADATA _id, _index, _version | WHERE ${esql.where(refuseDetector(rule))}`;
}

function correlate(rule: Extract<Rule, { kind: "correlation" }>, { where, nameOf }: Esql): string {
  const { correlation, parts, any, groupBy } = windowed(rule);
  const { atLeast } = correlation;
  const head = `FROM ${INDICES} | WHERE ${where(any)}`;
  const names = groupBy.map(nameOf);
  const by = names.length === 0 ? "" : ` BY ${names.join(", ")}`;
  switch (correlation.type) {
    case "event_count":
      return `${head} | STATS flows = COUNT(*)${by} | WHERE flows >= ${atLeast}`;
    case "value_count": {
      // COUNT_DISTINCT is approximate, so that values are grouped first and counted then.
      const field = nameOf(correlation.field);
      const each = `WHERE ${field} IS NOT NULL | STATS flows = COUNT(*) BY ${[...names, field].join(", ")}`;
      return `${head} | ${each} | STATS distinct = COUNT(*)${by} | WHERE distinct >= ${atLeast}`;
    }
    case "value_sum":
      return `${head} | STATS total = SUM(${nameOf(correlation.field)})${by} | WHERE total >= ${atLeast}`;
    case "temporal": {
      if (atLeast !== parts.length) refuse("temporal", "only all of the parts can be asked for");
      const counts = parts.map((part, index) => `part_${index + 1} = COUNT(*) WHERE ${where(part)}`);
      return `${head} | STATS ${counts.join(", ")}${by} | WHERE ${parts.map((_, index) => `part_${index + 1} > 0`).join(" AND ")}`;
    }
  }
}

const RISK = { informational: 1, low: 21, medium: 47, high: 73, critical: 99 } as const;

/** For `/api/detection_engine/rules/_import`. */
export function kibanaRule({ rule, query }: PrintedRule): object {
  const seconds = rule.kind === "correlation" ? rule.correlation.timespanMs / 1_000 : 360;
  return {
    rule_id: rule.id ?? rule.name,
    name: rule.title,
    description: oneLine(rule.description),
    type: "esql",
    language: "esql",
    query,
    // A detection looks back a minute longer than its interval; what it finds twice is one alert.
    interval: rule.kind === "correlation" ? `${Math.min(60, seconds)}s` : "5m",
    from: `now-${seconds}s`,
    to: "now",
    severity: rule.level === "informational" ? "low" : rule.level,
    risk_score: RISK[rule.level],
    enabled: false,
    tags: ["flowferry", ...rule.tags],
    false_positives: rule.falsepositives.map(oneLine),
    references: rule.references,
    ...(rule.runbook !== undefined && { note: `Runbook: ${runbookPlace(rule)}` }),
  };
}
