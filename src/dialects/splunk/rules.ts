import type { Rule } from "../../detect/rule.ts";
import { type Alerting, attributeOf, type PrintedRule, refuse, type StoredAttributes } from "../dialect.ts";
import { evaluationOf } from "../evaluation.ts";
import { oneLine } from "../text.ts";
import { refuseDetector, windowed } from "../windowed.ts";
import { SEARCH, type Spl } from "./conditions.ts";
import { settingOf } from "./settings.ts";

const HOUR_MS = 3_600_000;

/** The search of a detection gives its flows; that of a correlation the groups for which it holds over the time range of the search. */
export function printRule(rule: Rule, spl: Spl): string {
  if (rule.kind === "correlation") return correlate(rule, spl);
  return `${SEARCH} | where ${spl.where(refuseDetector(rule))}`;
}

function correlate(rule: Extract<Rule, { kind: "correlation" }>, { where, readOf }: Spl): string {
  const { correlation, parts, any, groupBy } = windowed(rule);
  const { atLeast } = correlation;
  // stats leaves out events without a field that it groups by.
  const keys = groupBy.map((ref) => `${ref.name.replaceAll(/\W/g, "_")} = coalesce(${readOf(ref)}, "")`);
  const head = `${SEARCH} | where ${where(any)}${keys.length === 0 ? "" : ` | eval ${keys.join(", ")}`}`;
  const names = groupBy.map((ref) => ref.name.replaceAll(/\W/g, "_"));
  const by = names.length === 0 ? "" : ` by ${names.join(" ")}`;
  switch (correlation.type) {
    case "event_count":
      return `${head} | stats count as flows${by} | where flows >= ${atLeast}`;
    case "value_count":
      return `${head} | eval value = ${readOf(correlation.field)} | stats dc(value) as values${by} | where values >= ${atLeast}`;
    case "value_sum":
      return `${head} | eval value = ${readOf(correlation.field)} | stats sum(value) as total${by} | where total >= ${atLeast}`;
    case "temporal": {
      if (atLeast !== parts.length) refuse("temporal", "only all of the parts can be asked for");
      const marks = parts.map((part, index) => `part_${index + 1} = if(${where(part)}, 1, 0)`);
      const sums = parts.map((_, index) => `sum(part_${index + 1}) as part_${index + 1}`);
      const all = parts.map((_, index) => `part_${index + 1} > 0`).join(" AND ");
      return `${head} | eval ${marks.join(", ")} | stats ${sums.join(", ")}${by} | where ${all}`;
    }
  }
}

/** Each result is an alert of its own, which says what the fields that tell incidents apart have. A dollar of the title would begin a token. */
function actions(receiver: string, rule: Rule, fields: readonly string[]): string[] {
  if (!receiver.startsWith("#")) return ["action.webhook = 1", `action.webhook.param.url = ${receiver}`];
  const told = [
    `${rule.level}: ${oneLine(rule.title).replaceAll("$", "＄")}.`,
    // A token takes letters, digits, underscores and dots; of a field with other signs it would leave nothing.
    ...fields.filter((name) => /^[\w.]+$/.test(name)).map((name) => `${name}=$result.${name}$`),
    "$results_link$",
  ];
  const message = told.join(" ");
  return ["action.slack = 1", `action.slack.param.channel = ${receiver}`, `action.slack.param.message = ${message}`];
}

const SEVERITY = { informational: 1, low: 2, medium: 3, high: 4, critical: 6 } as const;

/**
 * Scheduled alerts. A detection asks for what was indexed in the five minutes before the last five, whenever it happened within a day: each
 * flow is seen once, however late it comes. A correlation waits until its flows can have come. Runs that were missed are caught up with.
 */
export function savedDetections(
  rules: readonly PrintedRule[],
  attributes: StoredAttributes,
  { lagMs, receiver }: Alerting,
): string {
  const stanzas = rules.map(({ rule, query }) => {
    const correlated = rule.kind === "correlation";
    const often = correlated && rule.correlation.timespanMs < HOUR_MS;
    const { rangeMs, delayMs } = evaluationOf(rule, often ? 60_000 : 300_000, lagMs);
    const fields = correlated
      ? rule.correlation.groupBy.map((name) => name.replaceAll(/\W/g, "_"))
      : rule.dedup === "group"
        ? []
        : rule.dedup.map((ref) => attributeOf(attributes, ref).name);
    const lines = [
      `[flowferry: ${rule.name}]`,
      `description = ${settingOf(rule.description)}`,
      `search = ${query}`,
      "enableSched = 1",
      `cron_schedule = ${often ? "*" : "*/5"} * * * *`,
      "realtime_schedule = 0",
      ...(correlated
        ? [`dispatch.earliest_time = -${(rangeMs + delayMs) / 1_000}s`, `dispatch.latest_time = -${delayMs / 1_000}s`]
        : [
            "dispatch.earliest_time = -24h",
            "dispatch.latest_time = +15m",
            "dispatch.index_earliest = -10m@5m",
            "dispatch.index_latest = -5m@5m",
          ]),
      "counttype = number of events",
      "relation = greater than",
      "quantity = 0",
      "alert.track = 1",
      "alert.digest_mode = 0",
      `alert.severity = ${SEVERITY[rule.level]}`,
      ...(fields.length === 0
        ? []
        : [
            "alert.suppress = 1",
            `alert.suppress.fields = ${fields.join(", ")}`,
            `alert.suppress.period = ${Math.max(rule.throttleMs, correlated ? rangeMs : 0) / 1_000}s`,
          ]),
      ...(receiver === undefined ? [] : actions(receiver, rule, fields)),
    ];
    return `${lines.join("\n")}\n`;
  });
  return `# Goes into local/ of an app, beside macros.conf.\n\n${stanzas.join("\n")}`;
}
