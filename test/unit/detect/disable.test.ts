import { expect, test } from "vitest";
import { disableRules } from "../../../src/detect/disable.ts";
import { createDetector } from "../../../src/detect/evaluate.ts";
import { readRules } from "../../../src/detect/load.ts";
import { UsageError } from "../../../src/lib/errors.ts";
import { flowOf } from "../sinks/log-analytics-parts.ts";

const rule = (name: string, port: number) => `
title: ${name}
name: ${name}
logsource: { category: network_connection, product: flowferry }
detection: { selection: { destinationPort: ${port} }, condition: selection }
level: high
`;
const correlation = (name: string, part: string) => `
title: ${name}
name: ${name}
correlation: { type: event_count, rules: [${part}], group-by: [sourceAddress], timespan: 1h, condition: { gte: 2 }, generate: true }
level: high
`;
const { rules, errors } = readRules([
  {
    file: "a.yml",
    text: [rule("web", 443), rule("ssh", 22), correlation("much_web", "web"), correlation("very_much_web", "much_web")].join(
      "---",
    ),
  },
]);

/** What is marked and told of three flows to port 443 and one to port 22. */
function detected(disabled: readonly string[]) {
  const detector = createDetector(disableRules(rules, disabled));
  const told = new Set<string>();
  detector.onMatch((match) => told.add(match.rule.name));
  const flows = [1, 2, 3, 4].map((record) =>
    flowOf("k", record, { destinationPort: record === 4 ? 22 : 443, sourceAddress: "10.0.0.1" }),
  );
  for (const flow of flows) detector.inspect(flow);
  return { told: [...told].sort(), marks: flows.map((flow) => flow.detections.join(" ")) };
}

test("the rules are valid", () => expect(errors).toEqual([]));

test("without names all rules work as they are", () => {
  expect(disableRules(rules, [])).toBe(rules);
  expect(detected([]).told).toEqual(["much_web", "ssh", "very_much_web", "web"]);
});

test("a rule that is switched off marks and tells nothing, and the others go on", () => {
  const { told, marks } = detected(["ssh"]);
  expect(told).toEqual(["much_web", "very_much_web", "web"]);
  expect(marks[3]).toBe("");
  expect(marks[0]).toBe("web");
});

test("a rule that is switched off still feeds the correlations over it, at any depth", () => {
  expect(detected(["web"]).told).toEqual(["much_web", "ssh", "very_much_web"]);
  expect(detected(["web", "much_web"]).told).toEqual(["ssh", "very_much_web"]);
  expect(detected(["web", "much_web"]).marks.join(" ")).not.toMatch(/\bweb|\bmuch_web/);
});

test("correlations are switched off by their own names", () => {
  const { told, marks } = detected(["much_web", "very_much_web"]);
  expect(told).toEqual(["ssh", "web"]);
  expect(marks).toEqual(["web", "web", "web", "ssh"]);
});

test("a name that no rule has is refused, with the nearest one", () => {
  expect(() => disableRules(rules, ["shh"])).toThrow(UsageError);
  expect(() => disableRules(rules, ["shh"])).toThrow('alerts.disabled: there is no rule "shh": did you mean ssh?');
  expect(() => disableRules(rules, ["entirely_different"])).toThrow("`flowferry rules list` names the rules");
});
