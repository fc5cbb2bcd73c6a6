import type { Rule } from "../../detect/rule.ts";
import { type Alerting, type PrintedRule, refuse } from "../dialect.ts";
import { evaluationOf } from "../evaluation.ts";
import { oneLine, runbookPlace } from "../text.ts";
import { refuseDetector, windowed } from "../windowed.ts";
import { threatsOf } from "./attack.ts";
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

const HOUR_MS = 3_600_000;
const RISK = { informational: 1, low: 21, medium: 47, high: 73, critical: 99 } as const;

/** Suppression groups by three fields at most. */
const MOST_SUPPRESSED = 3;

/**
 * For `/api/detection_engine/rules/_import`. The flows of a detection that several evaluations find are one alert by their ids; the groups of a
 * correlation are not, so that further ones of the same group are suppressed.
 */
export function kibanaRule({ rule, query }: PrintedRule, { nameOf }: Esql, { lagMs, receiver }: Alerting): object {
  const correlated = rule.kind === "correlation";
  const intervalMs = correlated && rule.correlation.timespanMs <= HOUR_MS ? 60_000 : 300_000;
  const { rangeMs, delayMs } = evaluationOf(rule, intervalMs, lagMs);
  const fields = correlated ? (rule.correlation.parts[0]?.groupBy ?? []) : rule.dedup === "group" ? [] : rule.dedup;
  const silentMs = Math.max(rule.throttleMs, correlated ? rangeMs : 0);
  return {
    rule_id: rule.id ?? rule.name,
    name: oneLine(rule.title),
    description: oneLine(rule.description),
    type: "esql",
    language: "esql",
    query,
    interval: `${intervalMs / 1_000}s`,
    from: `now-${(rangeMs + delayMs) / 1_000}s`,
    to: delayMs === 0 ? "now" : `now-${delayMs / 1_000}s`,
    severity: rule.level === "informational" ? "low" : rule.level,
    risk_score: RISK[rule.level],
    enabled: true,
    ...(fields.length > 0 && {
      alert_suppression: {
        group_by: fields.slice(0, MOST_SUPPRESSED).map((ref) => nameOf(ref).replaceAll("`", "")),
        duration: { value: Math.ceil(silentMs / 60_000), unit: "m" },
        missing_fields_strategy: "suppress",
      },
    }),
    tags: ["flowferry", ...rule.tags],
    threat: threatsOf(rule.tags),
    false_positives: rule.falsepositives.map(oneLine),
    references: rule.references,
    exceptions_list: [],
    actions: receiver === undefined ? [] : [action(receiver)],
    ...(rule.runbook !== undefined && { note: `Runbook: ${runbookPlace(rule)}` }),
  };
}

/** By the id of a connector, which is one for Slack unless its type stands in front. */
function action(receiver: string): object {
  const [, type = ".slack", id] = /^(?:(\.[\w-]+):)?(.+)$/.exec(receiver) ?? [];
  const text = "{{context.rule.name}}: {{context.rule.description}} {{context.results_link}}";
  return {
    action_type_id: type,
    id,
    group: "default",
    params: type === ".webhook" ? { body: JSON.stringify({ text }) } : { message: text },
    frequency: { summary: true, notifyWhen: "onActiveAlert", throttle: null },
  };
}
