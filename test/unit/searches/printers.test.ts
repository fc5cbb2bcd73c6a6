import { expect, test } from "vitest";
import { DIALECTS } from "../../../src/registry.ts";
import { isNative, readSearchFiles } from "../../../src/searches/load.ts";
import type { Search } from "../../../src/searches/search.ts";

const all = new Map(DIALECTS.map((make) => make()).map((dialect) => [dialect.name, dialect]));

const HEAD = "title: T\ndescription: D\nvisualisation: table\nperiod: 24h\n";

function print(dialect: string, text: string): string {
  const { searches, errors } = readSearchFiles([{ file: "one.yml", text: HEAD + text }]);
  expect(errors).toEqual([]);
  const search = searches.find((one): one is Search => !isNative(one));
  const printed = search && all.get(dialect)?.search(search);
  if (printed === undefined) throw new Error("there is no such search or dialect");
  return "query" in printed ? printed.query : `${printed.refused}: ${printed.reason}`;
}

const PORTS = `
detection:
  tcp: { protocol: 6 }
  rejected: { action: reject }
  condition: tcp
by: [sourceAddress, { field: destinationPort, label: To, names: { 22: SSH }, otherwise: Other }]
measures:
  Bytes: sum(bytes)
  Share: share where rejected
sort: Bytes
limit: 5
`;

const OVER_TIME = `
detection: { accepted: { action: accept }, condition: accepted }
time: 1h
by: [direction]
measures: { Hosts: distinct(sourceAddress), Last: latest(time) }
`;

test.each([
  [
    "duckdb",
    PORTS,
    `SELECT
  "source.address" AS "Source IP",
  CASE "destination.port" WHEN 22 THEN 'SSH' ELSE 'Other' END AS "To",
  coalesce(sum("flow.bytes"), 0) AS "Bytes",
  100 * count(*) FILTER (WHERE "flow.action" = 'reject') / count(*) AS "Share"
FROM flows
WHERE "flow.protocol.number" = 6
GROUP BY ALL
ORDER BY "Bytes" DESC NULLS LAST
LIMIT 5`,
  ],
  [
    "victorialogs",
    PORTS,
    '"flow.protocol.number":="6" | format "Other" as "To" | format if ("destination.port":="22") "SSH" as "To" | stats by ("source.address", "To") sum("flow.bytes") as "Bytes", count() if ("flow.action":="reject") as "Share", count() as _all | math 100 * "Share" / _all as "Share", "Bytes" default 0 as "Bytes" | delete _all | rename "source.address" as "Source IP" | sort by ("Bytes" desc) limit 5',
  ],
  [
    "log-analytics",
    PORTS,
    "'Log Source' = 'Flowferry VCN Flow Logs' and 'Protocol Number' = 6 | eval To = if('Destination Port' = 22, SSH, Other) | eval 'Share Flag' = if(Action = reject, 1, 0) | stats sum('Content Size Out') as Bytes, sum('Share Flag') as Share, count as 'All Flows' by 'Source IP', To | eval Share = 100 * Share / 'All Flows' | sort -Bytes | head 5",
  ],
  [
    "loki",
    OVER_TIME,
    `label_replace((count by (Time, flow_direction) (sum by (Time, flow_direction, source_address) (count_over_time({service_name="flowferry"} | flow_action="accept" | label_format Time="{{ mul (div (unixEpoch __timestamp__) 3600) 3600 }}" | source_address!="" [24h]))) or sum by (Time, flow_direction) (count_over_time({service_name="flowferry"} | flow_action="accept" | label_format Time="{{ mul (div (unixEpoch __timestamp__) 3600) 3600 }}" [24h])) * 0), "measure", "Hosts", "", "") or label_replace(max by (Time, flow_direction) (max_over_time({service_name="flowferry"} | flow_action="accept" | label_format Time="{{ mul (div (unixEpoch __timestamp__) 3600) 3600 }}" | label_format flow_time="{{ unixEpochMillis __timestamp__ }}" | unwrap flow_time [24h])), "measure", "Last", "", "")`,
  ],
  [
    "log-analytics",
    OVER_TIME,
    "'Log Source' = 'Flowferry VCN Flow Logs' and Action = accept | link includenulls = true span = 1hour Time, 'Flow Direction' | stats distinctcount('Source IP') as Hosts, latest(Time) as Last",
  ],
])("%s says it as its reference writes it: %s", (dialect, text, expected) => {
  expect(print(dialect, text)).toBe(expected);
});

test.each([
  ["log-analytics", "time: hour-of-week\nmeasures: { Flows: count }", "hour-of-week"],
  ["log-analytics", "time: 90s\nmeasures: { Flows: count }", "interval"],
  ["log-analytics", "time: 1h\nmeasures: { Flows: count }\noutliers: { measure: Flows, deviations: 3 }", "outliers"],
  ["log-analytics", "detection: { in: { action: accept } }\nmeasures: { Most: max(bytes) where in }", "where"],
  ["log-analytics", "by: [transport]\nmeasures: { Flows: count }", "field"],
  ["loki", "by: [direction]\nmeasures: { Flows: count }\nlimit: 5", "limit"],
  ["duckdb", "by: [log]\nmeasures: { Flows: count }", "field"],
])("%s refuses by name: %s", (dialect, text, refused) => {
  expect(print(dialect, text)).toMatch(new RegExp(`^${refused}: `));
});
