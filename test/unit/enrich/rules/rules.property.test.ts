import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { expect, test } from "vitest";
import type { Governance } from "../../../../src/enrich/rules/governance.ts";
import type { FlowRule } from "../../../../src/flow/rule.ts";
import { parseAddress } from "../../../../src/lib/ip/address.ts";
import { runs } from "../../../runs.ts";
import { ociSnapshot, SUBNET } from "./parts.ts";

/** A rule as the command line prints it, and the list that it stands in. */
interface Placed {
  readonly list: number;
  readonly index: number;
  readonly ingress: boolean;
  readonly rule: Record<string, unknown>;
}

interface Asked {
  readonly ingress: boolean;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly peer: string;
}

const port = fc.constantFrom(0, 1, 22, 53, 80, 443, 1023, 1024, 8080, 32_767, 32_768, 50_000, 65_535);
const range = fc.option(fc.tuple(port, port).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) })));
const cidr = fc.constantFrom(
  "0.0.0.0/0",
  "10.0.0.0/8",
  "10.0.0.0/16",
  "10.0.1.0/24",
  "10.0.1.7/32",
  "192.0.2.0/25",
  "128.0.0.0/1",
  "::/0",
  "2001:db8::/32",
  "2001:db8::7/128",
);
const peer = fc.constantFrom(
  "10.0.1.7",
  "10.0.0.1",
  "10.9.9.9",
  "192.0.2.1",
  "192.0.2.200",
  "8.8.8.8",
  "2001:db8::7",
  "2001:db9::1",
);
const protocol = fc.constantFrom("all", "1", "6", "17", "47");

const ruleOf = (side: "source" | "destination") =>
  fc.record({ protocol, cidr, stateless: fc.boolean(), destination: range, source: range, icmp: fc.boolean() }).map((given) => ({
    protocol: given.protocol,
    [side]: given.cidr,
    [`${side}-type`]: "CIDR_BLOCK",
    "is-stateless": given.stateless,
    "tcp-options":
      given.protocol === "6" ? { "destination-port-range": given.destination, "source-port-range": given.source } : null,
    "udp-options":
      given.protocol === "17" ? { "destination-port-range": given.destination, "source-port-range": given.source } : null,
    "icmp-options": given.protocol === "1" && given.icmp ? { type: 8, code: null } : null,
  }));

const lists = fc.array(
  fc.record({
    ingress: fc.array(ruleOf("source"), { maxLength: 12 }),
    egress: fc.array(ruleOf("destination"), { maxLength: 12 }),
  }),
  { minLength: 1, maxLength: 4 },
);
const asked: fc.Arbitrary<Asked> = fc.record({
  ingress: fc.boolean(),
  protocol: fc.constantFrom(1, 6, 17, 47, 50),
  sourcePort: port,
  destinationPort: port,
  peer,
});

type Range = { min: number; max: number } | null;
const within = (ports: Range, value: number) => ports === null || (value >= ports.min && value <= ports.max);

/** Whether a rule covers what is asked, straight from the words of the rule. */
function covers({ ingress, rule }: Placed, flow: Asked): boolean {
  if (ingress !== flow.ingress) return false;
  if (rule.protocol !== "all" && rule.protocol !== String(flow.protocol)) return false;
  const options = (rule["tcp-options"] ?? rule["udp-options"]) as Record<string, Range> | null;
  if (options !== null) {
    if (!within(options["destination-port-range"] ?? null, flow.destinationPort)) return false;
    if (!within(options["source-port-range"] ?? null, flow.sourcePort)) return false;
  }
  const [base, length] = ipaddr.parseCIDR(String(ingress ? rule.source : rule.destination));
  const address = ipaddr.parse(flow.peer);
  return base.kind() === address.kind() && address.match(base, length);
}

const placeOf = (one: Placed) => `${one.list}/${one.ingress ? "in" : "out"}/${one.index}`;
const places = (rule: FlowRule) =>
  [rule, ...rule.others].map(
    ({ listId, direction, index }) => `${listId?.split(".").at(-1)}/${direction === "ingress" ? "in" : "out"}/${index}`,
  );
const sure = ({ rule }: Placed) => rule["icmp-options"] === null;

function check(all: readonly Placed[], flow: Asked, governance: Governance): void {
  const ip = parseAddress(flow.peer);
  if (ip === undefined) throw new Error(flow.peer);
  const { protocol: number, sourcePort, destinationPort, ingress } = flow;
  const direction = ingress ? "ingress" : "egress";
  const rest = { action: undefined, local: ip, withinSubnet: false } as const;
  const found = governance.explain({ direction, protocol: number, sourcePort, destinationPort, peer: ip, ...rest })?.rule;

  const forward = all.filter((rule) => covers(rule, flow));
  const turned = { ...flow, ingress: !ingress, sourcePort: destinationPort, destinationPort: sourcePort };
  const back = all.filter((rule) => covers(rule, turned));
  // What a stateless rule covers is not tracked, so that no reply is allowed by it.
  const sureBack = back.filter(sure);
  const tracked = back.length > 0 && !(sureBack.length > 0 ? sureBack : back).some(({ rule }) => rule["is-stateless"] === true);

  const status = forward.length > 0 ? (tracked ? ["matched", "reply"] : ["matched"]) : tracked ? ["reply"] : ["unexplained"];
  expect(status).toContain(found?.status);
  if (found === undefined || found.status === "unexplained") return;
  const covering = found.status === "matched" ? forward : back;
  expect(places(found).sort()).toEqual(covering.map(placeOf).sort());
  expect(found.partial).toBe(!covering.some(sure));
  const candidates = covering.some(sure) ? covering.filter(sure) : covering;
  expect(found.stateless).toBe(candidates.some(({ rule }) => rule["is-stateless"] === true));
}

test("the rules that cover a flow are those that trying every rule finds", () => {
  fc.assert(
    fc.property(lists, fc.array(asked, { minLength: 1, maxLength: 30 }), (given, questions) => {
      const ids = given.map((_, i) => `ocid1.securitylist.oc1.iad.${i}`);
      const { snapshot, faults } = ociSnapshot({
        subnets: [{ id: SUBNET, "cidr-block": "10.0.1.0/24", "security-list-ids": ids }],
        "security-lists": given.map(({ ingress, egress }, i) => ({
          id: ids[i],
          "ingress-security-rules": ingress,
          "egress-security-rules": egress,
        })),
      });
      expect(faults).toEqual([]);
      const all = given.flatMap(({ ingress, egress }, list): Placed[] => [
        ...ingress.map((rule, index) => ({ list, index, ingress: true, rule })),
        ...egress.map((rule, index) => ({ list, index, ingress: false, rule })),
      ]);
      const governance = snapshot.governing({ subnet: SUBNET } as never);
      if (governance === undefined) throw new Error("the subnet is not governed");
      for (const flow of questions) check(all, flow, governance);
    }),
    { numRuns: runs(150) },
  );
});
