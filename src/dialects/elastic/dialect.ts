import { type DashboardLists, shippedDashboards } from "../dashboard-lists.ts";
import { type Dialect, printed, type StoredAttributes } from "../dialect.ts";
import { esql } from "./conditions.ts";
import { kibanaDashboards } from "./dashboards.ts";
import { kibanaRule, printRule } from "./rules.ts";
import { kibanaSearch } from "./saved-objects.ts";
import { printSearch } from "./searches.ts";

/**
 * ES|QL over the OTel mapping of Elasticsearch. A query that names a field which no stored record has yet fails as a whole.
 * A dashboard shows those of its searches that ES|QL can say.
 */
export function elasticDialect(attributes: StoredAttributes, dashboards: DashboardLists = shippedDashboards()): Dialect {
  const words = esql(attributes);
  const lines = (objects: readonly object[]): string => objects.map((object) => `${JSON.stringify(object)}\n`).join("");
  return {
    name: "elastic",
    title: "Elastic ES|QL",
    rule: (rule) => printed(() => printRule(rule, words)),
    search: (search) => printed(() => printSearch(search, words)),
    files: ({ rules, searches, alerting }) =>
      new Map([
        ["detections.ndjson", lines(rules.map((one) => kibanaRule(one, words, alerting)))],
        ["searches.ndjson", lines(searches.map(kibanaSearch))],
        ["dashboard.ndjson", lines(kibanaDashboards(dashboards, searches))],
      ]),
  };
}
