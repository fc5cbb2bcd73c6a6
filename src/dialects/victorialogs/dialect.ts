import { stringify } from "yaml";
import { alertAnnotations, alertKept, alertLabels, byInterval, rulerInterval } from "../alert-labels.ts";
import { type Dialect, type PrintedRule, printed, type StoredAttributes } from "../dialect.ts";
import { evaluationOf } from "../evaluation.ts";
import { type Asked, grafanaRules } from "../grafana/alerting.ts";
import { alertmanagerConfig } from "../receivers.ts";
import { searchList } from "../search-list.ts";
import { byClause, logsqlWords, type Words } from "./conditions.ts";
import { printRule, timeFilter } from "./rules.ts";
import { printSearch } from "./searches.ts";

/** LogsQL of VictoriaLogs, which keeps the names of attributes and stores every value as text. */
export function victorialogsDialect(attributes: StoredAttributes): Dialect {
  const words = logsqlWords(attributes);
  return {
    name: "victorialogs",
    title: "VictoriaLogs LogsQL",
    rule: (rule) => printed(() => printRule(rule, words)),
    search: (search) => printed(() => printSearch(search, words)),
    files: ({ rules, searches, alerting: { lagMs, receiver } }) =>
      new Map([
        ["detections.yml", ruleGroups(askedOf(rules, words, lagMs))],
        [
          "grafana-alerts.yml",
          grafanaRules(askedOf(rules, words, lagMs), { name: "victorialogs", title: "VictoriaLogs", queryType: "stats" }),
        ],
        ["alertmanager.yml", alertmanagerConfig(receiver)],
        [
          "searches.yml",
          searchList(searches, "Searches for VictoriaLogs 1.121 or newer; each asks about the time range of its query."),
        ],
      ]),
  };
}

/** What is asked of each rule, and when. */
function askedOf(rules: readonly PrintedRule[], words: Words, lagMs: number): Asked[] {
  return rules.map(({ rule, query }) => {
    const evaluation = evaluationOf(rule, rulerInterval(rule), lagMs);
    const fields = rule.dedup === "group" ? [] : rule.dedup.map(words.name);
    // A query without a time would be asked about the group's interval alone.
    const expr =
      rule.kind === "correlation"
        ? printRule(rule, words, evaluation)
        : `${timeFilter(evaluation)} ${query} | stats ${byClause(fields)}count() as flows | filter flows:>0`;
    return { rule, expr, evaluation };
  });
}

function ruleGroups(asked: readonly Asked[]): string {
  const alerts = asked.map(({ rule, expr, evaluation }) => {
    const kept = alertKept(rule, evaluation);
    return { rule, alert: { alert: rule.name, expr, ...kept, labels: alertLabels(rule), annotations: alertAnnotations(rule) } };
  });
  const groups = byInterval(alerts).map(({ name: group, ...rest }) => ({ name: group, type: "vlogs", ...rest }));
  return `# Rules for vmalert 1.106 or newer with VictoriaLogs as its datasource.\n${stringify({ groups }, { lineWidth: 0 })}`;
}
