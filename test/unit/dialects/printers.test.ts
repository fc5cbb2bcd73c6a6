import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { constructsOf } from "../../../src/detect/constructs.ts";
import { readRules } from "../../../src/detect/load.ts";
import type { Rule } from "../../../src/detect/rule.ts";
import { DIALECTS } from "../../../src/registry.ts";
import { runs } from "../../runs.ts";
import { oddCondition, ruleOf } from "./odd.ts";
import { rules } from "./support.ts";

const all = new Map(DIALECTS.map((make) => make()).map((dialect) => [dialect.name, dialect]));

const TEXT = `
title: Odd
name: odd
description: Odd.
level: low
logsource: {category: network_connection, product: flowferry}
detection:
  selection:
    action: accept
    destinationPort: [22, 3389]
    bytes|gt: 1000
  filter_named: {sourceServer|exists: true}
  filter_server: {destinationServer: "10.0.0.9"}
  condition: selection and not 1 of filter_*
---
title: Many
name: many
description: Many.
level: low
correlation:
  type: EVENT
  rules: [part]
  group-by: [sourceAddress]
  timespan: 10m
  condition: CONDITION
---
title: Part
name: part
description: Part.
level: low
logsource: {category: network_connection, product: flowferry}
detection: {selection: {action: reject}, condition: selection}
`;

function rulesOf(type: string, condition: string): Map<string, Rule> {
  const text = TEXT.replace("EVENT", type).replace("CONDITION", condition);
  const { rules: read, errors } = readRules([{ file: "odd.yml", text }]);
  expect(errors).toEqual([]);
  return new Map(read.map((rule) => [rule.name, rule]));
}

function print(dialect: string, rule: Rule | undefined): string {
  if (rule === undefined) throw new Error("no such rule");
  const printed = all.get(dialect)?.rule(rule);
  if (printed === undefined) throw new Error(`no dialect ${dialect}`);
  return "query" in printed ? printed.query : `${printed.refused}: ${printed.reason}`;
}

describe("the same rule in each dialect, as its reference writes conditions", () => {
  const rule = rulesOf("event_count", "{gte: 10}").get("odd");
  test.each([
    [
      "duckdb",
      `WITH "odd" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "destination.port" IN (22, 3389) AND "flow.bytes" > 1000 AND "flow.source.server" IS NULL AND ("flow.destination.server" = '10.0.0.9') IS NOT TRUE
)
SELECT * FROM "odd"`,
    ],
    [
      "victorialogs",
      '"flow.action":="accept" "destination.port":in("22", "3389") "flow.bytes":>1000 !"flow.source.server":* !"flow.destination.server":="10.0.0.9"',
    ],
    [
      "loki",
      '{service_name="flowferry"} | flow_action="accept" and destination_port=~"22|3389" and flow_bytes > 1000 and flow_source_server="" and flow_destination_server!="10.0.0.9"',
    ],
    [
      "elastic",
      'FROM logs-* METADATA _id, _index, _version | WHERE attributes.flow.action == "accept" AND attributes.destination.port IN (22, 3389) AND attributes.flow.bytes > 1000 AND attributes.flow.source.server IS NULL AND NOT COALESCE(attributes.flow.destination.server == "10.0.0.9", false)',
    ],
    [
      "splunk",
      "search `flowferry` | where 'flow.action' = \"accept\" AND in(tonumber('destination.port'), 22, 3389) AND tonumber('flow.bytes') > 1000 AND isnull('flow.source.server') AND (isnull('flow.destination.server') OR NOT ('flow.destination.server' = \"10.0.0.9\"))",
    ],
    [
      "datadog",
      '@flow.action:"accept" AND @destination.port:(22 OR 3389) AND @flow.bytes:>1000 AND (NOT @flow.source.server:*) AND (NOT @flow.destination.server:"10.0.0.9")',
    ],
    [
      "ibm-cloud-logs",
      'attributes.flow.action.keyword:"accept" AND attributes.destination.port.numeric:(22 OR 3389) AND attributes.flow.bytes.numeric:{1000 TO *] AND (*:* AND NOT _exists_:attributes.flow.source.server) AND (*:* AND NOT attributes.flow.destination.server.keyword:"10.0.0.9")',
    ],
    [
      "log-analytics",
      "'Log Source' = 'Flowferry VCN Flow Logs' and Action = accept and 'Destination Port' in (22, 3389) and 'Content Size Out' > 1000 and 'Source Server' = null and ('Destination Server' = null or 'Destination Server' != '10.0.0.9') | stats count as Flows by 'Source IP', 'Destination IP', 'Destination Port'",
    ],
  ])("%s", (dialect, expected) => {
    expect(print(dialect, rule)).toBe(expected);
  });
});

describe("counts, different values and sums over a window", () => {
  const count = rulesOf("event_count", "{gte: 10}").get("many");
  const values = rulesOf("value_count", "{field: destinationPort, gte: 10}").get("many");
  const sum = rulesOf("value_sum", "{field: bytes, gte: 10}").get("many");
  test.each([
    ["loki", count, 'sum by (source_address) (count_over_time({service_name="flowferry"} | flow_action="reject" [10m])) >= 10'],
    [
      "loki",
      values,
      'count by (source_address) (sum by (source_address, destination_port) (count_over_time({service_name="flowferry"} | flow_action="reject" | destination_port!="" [10m]))) >= 10',
    ],
    [
      "loki",
      sum,
      'sum by (source_address) (sum_over_time({service_name="flowferry"} | flow_action="reject" | flow_bytes!="" | unwrap flow_bytes [10m])) >= 10',
    ],
    [
      "victorialogs",
      count,
      '_time:10m "flow.action":="reject" | stats by ("source.address") count() as flows | filter flows:>=10',
    ],
    [
      "elastic",
      values,
      'FROM logs-* | WHERE attributes.flow.action == "reject" | WHERE attributes.destination.port IS NOT NULL | STATS flows = COUNT(*) BY attributes.source.address, attributes.destination.port | STATS distinct = COUNT(*) BY attributes.source.address | WHERE distinct >= 10',
    ],
    [
      "splunk",
      sum,
      "search `flowferry` | where 'flow.action' = \"reject\" | eval sourceAddress = coalesce('source.address', \"\") | eval value = tonumber('flow.bytes') | stats sum(value) as total by sourceAddress | where total >= 10",
    ],
    ["datadog", count, 'logs("@flow.action:\\"reject\\"").index("*").rollup("count").by("@source.address").last("10m") >= 10'],
    ["datadog", values, "value_count: a monitor estimates the number of different values"],
    [
      "log-analytics",
      values,
      "'Log Source' = 'Flowferry VCN Flow Logs' and Action = reject | stats distinctcount('Destination Port') as Values by 'Source IP' | where Values >= 10",
    ],
    ["ibm-cloud-logs", count, 'attributes.flow.action.keyword:"reject"'],
    ["ibm-cloud-logs", values, "value_count: a unique count cannot wait for flows that come late"],
  ])("%s", (dialect, rule, expected) => {
    expect(print(dialect, rule)).toBe(expected);
  });
});

test("every refusal names a construct that the rule uses, or a limit", () => {
  for (const dialect of all.values()) {
    for (const rule of rules) {
      const printed = dialect.rule(rule);
      if ("query" in printed) continue;
      const limits = ["field", "text", "group", "length"];
      expect([...constructsOf(rule), ...limits], `${dialect.name} ${rule.name}`).toContain(printed.refused);
    }
  }
});

test.each([...all.values()])("$name prints or refuses any condition, on one line and in balance", (dialect) => {
  fc.assert(
    fc.property(oddCondition({ rare: true }), (condition) => {
      const printed = dialect.rule(ruleOf(condition));
      if ("refused" in printed) return;
      if (dialect.name !== "duckdb") expect(printed.query).not.toContain("\n");
      expect(balance(printed.query, dialect.name), printed.query).toBe(0);
    }),
    { numRuns: runs(200) },
  );
});

/** Parentheses that are open at the end, of those outside of quotes; NaN when a quote is. */
function balance(query: string, dialect: string): number {
  const escapes = !["splunk", "log-analytics"].includes(dialect);
  let quote: string | undefined;
  let open = 0;
  let start = 0;
  for (let at = 0; at < query.length; at++) {
    const sign = query[at];
    if (quote !== undefined) {
      const escaped = dialect === "duckdb" ? query[start - 1] === "E" : escapes && quote === '"';
      if (escaped && sign === "\\") at++;
      else if (sign === quote) quote = undefined;
    } else if (sign === '"' || sign === "'" || sign === "`") {
      quote = sign;
      start = at;
    } else if (sign === "\\") at++;
    else if (sign === "(") open++;
    else if (sign === ")") open--;
  }
  return quote === undefined ? open : Number.NaN;
}
