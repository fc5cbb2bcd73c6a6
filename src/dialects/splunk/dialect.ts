import { type Dialect, printed, type StoredAttributes } from "../dialect.ts";
import { spl } from "./conditions.ts";
import { printRule, savedDetections } from "./rules.ts";
import { printSearch, savedSearches } from "./searches.ts";

const MACROS =
  "# Where the flows are: the index that the Collector's splunk_hec exporter writes to.\n[flowferry]\ndefinition = index=flowferry\n";

/** SPL over events whose fields are the attributes. The macro `flowferry` names the index. */
export function splunkDialect(attributes: StoredAttributes): Dialect {
  const words = spl(attributes);
  return {
    name: "splunk",
    title: "Splunk SPL",
    rule: (rule) => printed(() => printRule(rule, words)),
    search: (search) => printed(() => printSearch(search, words)),
    files: ({ rules, searches, alerting }) =>
      new Map([
        ["detections/savedsearches.conf", savedDetections(rules, attributes, alerting)],
        ["detections/macros.conf", MACROS],
        ["searches/savedsearches.conf", savedSearches(searches)],
        ["searches/macros.conf", MACROS],
      ]),
  };
}
