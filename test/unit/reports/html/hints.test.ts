import { expect, test } from "vitest";
import { ruleText } from "../../../../src/enrich/rules/rule.ts";
import { hintOf } from "../../../../src/reports/html/hints.ts";

test.each([
  ["ingress tcp 22 from 0.0.0.0/0", 900, 1, "open to everybody at a port of administration or data"],
  ["ingress tcp 22 from ::/0", 900, 1, "open to everybody at a port of administration or data"],
  ["ingress tcp 443 from 0.0.0.0/0", 900, 1, ""],
  ["ingress tcp 443 from 0.0.0.0/0", 1, 1, "open to everybody, used by one source"],
  ["ingress tcp 22 from 10.0.0.0/8", 3, 1, ""],
  ["ingress tcp 22 from 10.0.0.0/8", 3, 1, ""],
  ["egress tcp 22 to 0.0.0.0/0", 900, 1, ""],
  ["egress tcp 443 to 0.0.0.0/0", 2, 1, "open to everywhere, used for 2 destinations"],
  ["ingress all from 10.0.0.0/8", 300, 2, "allows all ports, 2 were asked"],
  ["ingress tcp from 10.0.0.0/8", 300, 1, "allows all ports, one was asked"],
  ["ingress tcp 8000-9000 from 10.0.0.0/8", 300, 2, ""],
])("%s, used with %d far ends at %d ports", (rule, peers, ports, hint) => {
  expect(hintOf({ rule, peers, ports })).toBe(hint);
});

test("the words are those of a rule", () => {
  const peer = { kind: "network", cidr: "0.0.0.0/0" } as never;
  const rule = ruleText({ direction: "ingress", protocols: [6], destinationPorts: { from: 3389, to: 3389 }, peer } as never);
  expect(hintOf({ rule, peers: 900, ports: 1 })).toBe("open to everybody at a port of administration or data");
});
