import { stringify } from "yaml";
import { alertAnnotations, alertKept, alertLabels, byInterval, rulerInterval } from "../alert-labels.ts";
import { type Dialect, type PrintedRule, printed, type StoredAttributes } from "../dialect.ts";
import { evaluationOf } from "../evaluation.ts";
import { type Asked, grafanaRules } from "../grafana/alerting.ts";
import { alertmanagerConfig } from "../receivers.ts";
import { searchList } from "../search-list.ts";
import { logqlWords, type Words } from "./conditions.ts";
import { printRule, rangeOf } from "./rules.ts";
import { printSearch } from "./searches.ts";

/**
 * LogQL of Loki, which keeps attributes as structured metadata, every value as text and every sign of a name that no label
 * may have as an underscore.
 */
export function lokiDialect(attributes: StoredAttributes): Dialect {
  const words = logqlWords(attributes);
  return {
    name: "loki",
    title: "Loki LogQL",
    rule: (rule) => printed(() => printRule(rule, words)),
    search: (search) => printed(() => printSearch(search, words)),
    files: ({ rules, searches, alerting: { lagMs, receiver } }) =>
      new Map([
        ["detections.yml", ruleGroups(askedOf(rules, words, lagMs))],
        ["grafana-alerts.yml", grafanaRules(askedOf(rules, words, lagMs), { name: "loki", title: "Loki", queryType: "instant" })],
        ["alertmanager.yml", alertmanagerConfig(receiver)],
        [
          "searches.yml",
          searchList(
            searches,
            "Searches as instant queries for Loki 3 or newer. The label `measure` tells several measures apart. Searches over many groups need a higher max_query_series than 500.",
          ),
        ],
      ]),
  };
}

/** What is asked of each rule, and when. */
function askedOf(rules: readonly PrintedRule[], words: Words, lagMs: number): Asked[] {
  return rules.map(({ rule, query }) => {
    const evaluation = evaluationOf(rule, rulerInterval(rule), lagMs);
    const fields = rule.dedup === "group" ? [] : rule.dedup.map(words.name);
    const expr =
      rule.kind === "correlation"
        ? printRule(rule, words, evaluation)
        : `sum by (${fields.join(", ")}) (count_over_time(${query} ${rangeOf(evaluation)})) > 0`;
    return { rule, expr, evaluation };
  });
}

function ruleGroups(asked: readonly Asked[]): string {
  const alerts = asked.map(({ rule, expr, evaluation }) => {
    const kept = alertKept(rule, evaluation);
    return { rule, alert: { alert: rule.name, expr, ...kept, labels: alertLabels(rule), annotations: alertAnnotations(rule) } };
  });
  const groups = byInterval(alerts);
  return `# Rules for the ruler of Loki 3 or newer. Correlations over many values need a higher max_query_series than 500.\n${stringify({ groups }, { lineWidth: 0 })}`;
}
