import { type Dialect, printed, type StoredAttributes } from "../dialect.ts";
import { lucene } from "./conditions.ts";
import { definition, printRule } from "./rules.ts";
import { gaugeDashboards, printSearch } from "./searches.ts";
import { questionsOf, shippedQuestions, views, viewsDashboard } from "./views.ts";

/** Lucene of IBM Cloud Logs over records in the form that an ndjson sink with schema `otel` writes. */
export function ibmCloudLogsDialect(attributes: StoredAttributes): Dialect {
  const words = lucene(attributes);
  const questions = () => questionsOf(shippedQuestions(), words);
  const print = (values: readonly object[]): string => `${JSON.stringify(values, null, 2)}\n`;
  return {
    name: "ibm-cloud-logs",
    title: "IBM Cloud Logs Lucene",
    rule: (rule) => printed(() => printRule(rule, words)),
    search: (search) => printed(() => printSearch(search, words)),
    files: ({ rules, searches, alerting }) =>
      new Map([
        ["detections.json", print(rules.map((one) => definition(one, words, alerting)))],
        ["searches.json", print([...gaugeDashboards(searches), viewsDashboard(questions())])],
        ["views.json", print(views(questions()))],
      ]),
  };
}
