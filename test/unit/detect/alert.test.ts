import { expect, test } from "vitest";
import { alertOf } from "../../../src/detect/alert.ts";
import type { FlowRule } from "../../../src/flow/rule.ts";
import { detect, detection, flowMaker, rulesOf } from "./support.ts";

const RULES = rulesOf(detection("  selection:\n    destinationPort: 22\n  condition: selection"));
const SSH = { sourceAddress: "203.0.113.7", destinationAddress: "10.0.2.20", destinationPort: 22 };

const MATCHED: FlowRule = {
  status: "matched",
  kind: "security-list",
  listId: "ocid1.securitylist.oc1..a",
  listName: "web",
  index: 3,
  text: "ingress tcp 22 from 0.0.0.0/0",
  direction: "ingress",
  stateless: false,
  partial: false,
  version: "0123456789ab",
  others: [],
};
const UNEXPLAINED: FlowRule = {
  ...MATCHED,
  status: "unexplained",
  kind: undefined,
  listId: undefined,
  listName: undefined,
  index: undefined,
  text: undefined,
  direction: undefined,
  stateless: undefined,
};

/** The facts of the alert about an SSH connection that this rule of the network covers. */
function factsOf(rule: FlowRule | undefined): Map<string, string> {
  const flow = flowMaker()(0, SSH);
  flow.rule = rule;
  const [match] = detect(RULES, [flow]).matches;
  if (match === undefined) throw new Error("the rule does not match");
  return new Map(alertOf(match).facts.map(({ label, value }) => [label, value]));
}

test("an alert says which rule of the network let the flow in", () => {
  expect(factsOf(MATCHED).get("Network rule")).toBe("web: ingress tcp 22 from 0.0.0.0/0");
  expect(factsOf({ ...MATCHED, listName: undefined }).get("Network rule")).toBe(
    "ocid1.securitylist.oc1..a: ingress tcp 22 from 0.0.0.0/0",
  );
});

test("where no rule covers the flow, it says so; without a snapshot, nothing", () => {
  expect(factsOf(UNEXPLAINED).get("Network rule")).toBe("no rule allows ingress tcp 22 from 203.0.113.7");
  expect(factsOf(undefined).has("Network rule")).toBe(false);
});

test("times are in the zone that is asked for, bytes in units, and the runbook's first step is told", () => {
  const [match] = detect(RULES, [flowMaker()(0, { ...SSH, bytes: 6_010_000_000 })]).matches;
  if (match === undefined) throw new Error("the rule does not match");
  const facts = (telling?: Parameters<typeof alertOf>[1]) =>
    Object.fromEntries(alertOf(match, telling).facts.map(({ label, value }) => [label, value]));
  const told = facts({ timeZone: "Asia/Tokyo", firstStep: "Whose address is it?" });
  expect(told).toMatchObject({ "First seen": expect.stringMatching(/ GMT\+09:00$/), "Check first": "Whose address is it?" });
  expect(facts()["First seen"]).toMatch(/ UTC$/);
  expect(facts()).not.toHaveProperty("Check first");
});
