import { type Dialect, printed, type StoredAttributes } from "../dialect.ts";
import { logSearch } from "./conditions.ts";
import { monitor, printRule } from "./rules.ts";
import { aggregateRequest, printSearch } from "./searches.ts";

/**
 * Log monitors and aggregations of Datadog over the attributes of records. Ports, bytes, packets and the protocol's number
 * have to be measures, the fields of groups facets.
 */
export function datadogDialect(attributes: StoredAttributes): Dialect {
  const words = logSearch(attributes);
  const print = (values: readonly object[]): string => `${JSON.stringify(values, null, 2)}\n`;
  return {
    name: "datadog",
    title: "Datadog logs",
    rule: (rule) => printed(() => printRule(rule, words)),
    search: (search) => printed(() => printSearch(search, words)),
    files: ({ rules, searches, alerting }) =>
      new Map([
        ["detections.json", print(rules.map((one) => monitor(one, words, alerting)))],
        ["searches.json", print(searches.map(aggregateRequest))],
      ]),
  };
}
