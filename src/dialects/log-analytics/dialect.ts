import { type Dialect, printed, type StoredAttributes } from "../dialect.ts";
import { logAnalyticsWords } from "./conditions.ts";
import { detectionChain } from "./detection.ts";
import { printRule } from "./rules.ts";
import { printSearch } from "./searches.ts";

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
    files: ({ rules, alerting: { lagMs, receiver } }) => {
      const chains = rules.map((one) => detectionChain(one, attributes, { lagMs, receiver }));
      return new Map([["detections.json", `${JSON.stringify(chains, null, 2)}\n`]]);
    },
  };
}
