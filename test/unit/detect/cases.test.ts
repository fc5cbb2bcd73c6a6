import { describe, expect, test } from "vitest";
import { CASE_START_MS, readCases } from "../../../src/detect/cases/read.ts";
import { runCase } from "../../../src/detect/cases/run.ts";
import { fill } from "../../../src/detect/cases/template.ts";
import { formatRuleError } from "../../../src/detect/load.ts";
import { detection, rulesOf } from "./support.ts";

const casesOf = (flows: string, expectation = "fires: 1") => `rule: probe
cases:
  - name: a case
    flows:
      - ${flows.trim().replaceAll("\n", "\n      - ")}
    ${expectation}
`;

function flowsOf(flows: string) {
  const { cases, errors } = readCases(casesOf(flows), "probe.test.yml");
  expect(errors).toEqual([]);
  return cases[0]?.flows ?? [];
}

describe("templates", () => {
  test.each([
    ["10.0.0.{n}", 7, "10.0.0.7"],
    ["{n+1000}", 7, "1007"],
    ["10.0.{n/250}.{n%250+1}", 251, "10.0.1.2"],
    ["{n*7+40000}", 3, "40021"],
    ["{n-1}{n}", 3, "23"],
    ["{m} {n+} {}", 3, "{m} {n+} {}"],
  ])("%s", (template, n, expected) => {
    expect(fill(template, n)).toBe(expected);
  });
});

describe("flows of a case", () => {
  test("what is left out is an ordinary connection between internal hosts", () => {
    expect(flowsOf("{}")[0]).toMatchObject({
      time: CASE_START_MS,
      action: "accept",
      status: "OK",
      sourceZone: "internal",
      destinationZone: "internal",
      trafficType: "east-west",
      direction: "egress",
      protocolName: "TCP",
      record: 1,
    });
  });

  test("zones, traffic type and direction follow from the addresses", () => {
    const derived = (flow: string) => {
      const { sourceZone, destinationZone, trafficType, direction } = flowsOf(flow)[0] ?? {};
      return [sourceZone, destinationZone, trafficType, direction];
    };
    expect(derived("{sourceAddress: 203.0.113.7}")).toEqual(["external", "internal", "north-south", "ingress"]);
    expect(derived("{destinationAddress: '2001:db8::7'}")).toEqual(["internal", "external", "north-south", "egress"]);
    expect(derived("{sourceAddress: 100.64.0.1, destinationAddress: 'fd00::1'}")).toEqual([
      "internal",
      "internal",
      "east-west",
      "egress",
    ]);
    expect(derived("{sourceAddress: 10.0.xx.1}")).toEqual(["invalid", "internal", "north-south", "ingress"]);
    expect(derived("{sourceAddress: 203.0.113.7, sourceZone: internal, direction: unknown}")).toEqual([
      "internal",
      "internal",
      "east-west",
      "unknown",
    ]);
    expect(derived("{sourceAddress: null, destinationAddress: null}")).toEqual([undefined, undefined, undefined, "unknown"]);
  });

  test("times, repetitions and templates", () => {
    const flows = flowsOf('{at: 10s, repeat: 3, every: [1s, 5s], sourcePort: "{n+100}"}\n{at: 2m}\n{}');
    expect(flows.map((flow) => (flow.time - CASE_START_MS) / 1_000)).toEqual([10, 11, 16, 120, 120]);
    expect(flows.map((flow) => flow.sourcePort)).toEqual([100, 101, 102, 51_515, 51_515]);
    expect(new Set(flows.map((flow) => flow.uid)).size).toBe(5);
  });

  test("large counters, columns, context, age of the connection", () => {
    const [flow] = flowsOf('{bytes: "18446744073709551615", sourceColumns: {owner: data}, vnic: v, connectionAge: 4h}');
    expect(flow).toMatchObject({
      bytes: 18446744073709551615n,
      sourceColumns: { owner: "data" },
      connectionStart: CASE_START_MS - 14_400_000,
    });
    expect(flow?.context.vnic).toBe("v");
  });

  test.each([
    ["{sourcePrt: 1}", "t.yml:5: unknown field 'sourcePrt'; did you mean 'sourcePort'?"],
    ["{sourcePort: ssh}", 't.yml:5: sourcePort: "ssh" is no number'],
    ["{action: acept}", `t.yml:5: action: "acept" is no value of action; did you mean 'accept'?`],
    ["{start: 5}", "t.yml:5: unknown field 'start'"],
    ["{transport: tcp}", "t.yml:5: unknown field 'transport'"],
    ["{bytes: -1}", "t.yml:5: bytes: -1 is no counter"],
    ["{initiated: 1}", "t.yml:5: initiated: 1 is no boolean"],
    [
      "{at: 5min}",
      "t.yml:5: timespan '5min' is not a whole number followed by s, m, h or d, of at most 366d; did you mean '5m'?",
    ],
    ["{repeat: 0}", "t.yml:5: cases.0.flows.0.repeat"],
  ])("%s is refused", (flow, expected) => {
    const { cases, errors } = readCases(casesOf(flow), "t.yml");
    expect(cases).toEqual([]);
    expect(formatRuleError(errors[0] ?? { file: "", line: 0, message: "" }).startsWith(expected)).toBe(true);
  });

  test.each([
    ["fires: -1", "t.yml:6: cases.0.fires"],
    ["fire: 1", "t.yml:3: cases.0.fires is missing"],
    ["fires: 1\n    marks: [2]", "t.yml:3: marks: there are only 1 flows"],
  ])("%s is refused", (expectation, expected) => {
    const { errors } = readCases(casesOf("{}", expectation), "t.yml");
    expect(errors.map(formatRuleError).some((line) => line.startsWith(expected))).toBe(true);
  });
});

describe("a case that fails says what was expected and what came", () => {
  const [rule] = rulesOf(detection("  selection:\n    destinationPort: 22\n  condition: selection"));

  test.each([
    ["{destinationPort: 22}", "fires: 1\n    marks: [1]", undefined],
    ["{destinationPort: 23}", "fires: 0", undefined],
    ["{destinationPort: 23}", "fires: 1", "expected 1 matches, got 0"],
    ["{destinationPort: 22}", "fires: 0", "expected 0 matches, got 1 (flows 1)"],
    ["{destinationPort: 22}\n{destinationPort: 23}", "fires: 1\n    marks: [2]", "expected it on flows 2, got 1"],
    ["{destinationPort: 22}\n{destinationPort: 23}", "fires: 1\n    marks: []", "expected it on flows none, got 1"],
  ])("%s, %s", (flows, expectation, failure) => {
    const [item] = readCases(casesOf(flows, expectation), "t.yml").cases;
    if (item === undefined || rule === undefined) throw new Error("no case");
    expect(runCase(item, rule).failure).toBe(failure);
  });
});
