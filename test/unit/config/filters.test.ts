import { expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";

const load = (filter: string, rest = "") =>
  parseConfig(
    "f.yaml",
    `source: { type: directory, path: bucket }
sinks:
  - type: ndjson
    path: out.ndjson
    filter:
${filter}
${rest}`,
    {},
  );
const flowOf = (of: Partial<Flow>) => Object.assign(new Flow(originOf("s", "k", "e"), 1, EMPTY_CONTEXT, 0), of);

test("a filter is written as the detection of a rule", () => {
  const { filter } = load(
    "      refused: { action: reject }\n      web: { destinationPort: [80, 443] }\n      condition: refused and not web",
  ).sinks[0] as { filter: { test(flow: Flow): boolean } };
  const wants = (action: "accept" | "reject", destinationPort: number) => filter.test(flowOf({ action, destinationPort }));
  expect([wants("reject", 22), wants("reject", 443), wants("accept", 22)]).toEqual([true, false, false]);
});

test("its field detections holds the names of the rules that the flow matched", () => {
  const alerts = "alerts: {}";
  const of = (filter: string) => load(filter, alerts).sinks[0]?.filter;
  const any = of('      found: { "detections|exists": true }\n      condition: found');
  const scans = of('      scans: { detections: ["*_scan", beacon] }\n      condition: scans');
  const [none, scan, beacon, other] = [[], ["other", "port_scan"], ["beacon"], ["other"]].map((detections) =>
    flowOf({ detections }),
  );
  const asked = (filter: typeof any) => [none, scan, beacon, other].map((flow) => filter?.test(flow as Flow));
  expect(asked(any)).toEqual([false, true, true, true]);
  expect(asked(scans)).toEqual([false, true, true, false]);
  expect([any?.rules, scans?.rules]).toEqual([[], ["beacon"]]);
});

test.each([
  [
    "      wanted: { actoin: reject }\n      condition: wanted",
    "f.yaml:6: sinks[0].filter: actoin: unknown field 'actoin'; did you mean 'action'?",
  ],
  [
    "      wanted: { action: reject }\n      condition: wantd",
    "f.yaml:7: sinks[0].filter: condition 'wantd': unknown search 'wantd'; did you mean 'wanted'?",
  ],
  [
    "      wanted: { action: rejected }\n      condition: wanted",
    "f.yaml:6: sinks[0].filter: action: 'rejected' is no value of action; did you mean 'reject'?",
  ],
  [
    "      wanted: { detection: x }\n      condition: wanted",
    "f.yaml:6: sinks[0].filter: detection: unknown field 'detection'; did you mean 'detections'?",
  ],
  ["      wanted: { action: reject }", "f.yaml:5: sinks[0].filter: condition is missing"],
  [
    "      wanted: { detections: beacon }\n      condition: wanted",
    "f.yaml:5: sinks[0].filter: asks for detections, and no rule is evaluated: add a block alerts",
  ],
])("a wrong one is refused with its place\n%s", (filter, message) => {
  expect(() => load(filter)).toThrow(message);
});
