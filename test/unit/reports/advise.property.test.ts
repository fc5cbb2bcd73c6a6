import fc from "fast-check";
import { expect, test } from "vitest";
import type { Rule } from "../../../src/enrich/rules/rule.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { parseAddress } from "../../../src/lib/ip/address.ts";
import { advise, proposedRules } from "../../../src/reports/advise/advise.ts";
import { covers, type Packets } from "../../../src/reports/advise/match.ts";
import { Observations } from "../../../src/reports/advise/observations.ts";
import { turned } from "../../../src/reports/advise/uses.ts";
import { from, ociSnapshot, oneList, SUBNET, tcp, to, udp, VNIC } from "../enrich/rules/parts.ts";
import { flowOf } from "./flows.ts";

const SERVER = "10.0.1.4";
const AT = Date.parse("2026-01-01T00:00:00Z");
const PEERS = ["203.0.113.9", "203.0.113.10", "198.51.100.1", "10.0.2.7", "10.0.1.9"];
const PORTS = [22, 53, 80, 443, 8080, 40_000, 50_000];

const bounds = fc
  .option(fc.tuple(fc.constantFrom(...PORTS), fc.nat(400)), { nil: null })
  .map((pair) => pair && { min: pair[0], max: pair[0] + pair[1] });
const ruleOf = (side: typeof from) =>
  fc
    .record({
      cidr: fc.constantFrom("0.0.0.0/0", "10.0.0.0/8", "10.0.1.0/24", "203.0.113.0/24", "203.0.113.9/32"),
      protocol: fc.constantFrom("all", "6", "6", "17", "1"),
      ports: bounds,
      sources: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, bounds),
      stateless: fc.boolean(),
    })
    .map(({ cidr, protocol, ports, sources, stateless }) => {
      const options = protocol === "6" ? tcp(ports, sources) : protocol === "17" ? udp(ports, sources) : {};
      return side(cidr, protocol, { ...options, "is-stateless": stateless });
    });

interface Seen {
  readonly peer: string;
  readonly direction: "ingress" | "egress";
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly initiator: Flow["initiator"];
}

const seen: fc.Arbitrary<Seen> = fc.record({
  peer: fc.constantFrom(...PEERS),
  direction: fc.constantFrom("ingress" as const, "egress" as const),
  protocol: fc.constantFrom(6, 6, 6, 17, 1),
  sourcePort: fc.constantFrom(...PORTS),
  destinationPort: fc.constantFrom(...PORTS),
  initiator: fc.constantFrom("source" as const, "destination" as const, "unknown" as const),
});

function flow({ peer, direction, protocol, sourcePort, destinationPort, initiator }: Seen): Flow {
  const isIn = direction === "ingress";
  const ends = isIn ? { sourceAddress: peer, destinationAddress: SERVER } : { sourceAddress: SERVER, destinationAddress: peer };
  const ports = protocol === 1 ? { sourcePort: 0, destinationPort: 0 } : { sourcePort, destinationPort };
  const directions = { direction, directionLogged: direction };
  const fields = { action: "accept" as const, protocol, initiator, time: AT, ...directions, ...ends, ...ports };
  return flowOf(fields, { subnet: SUBNET, vnic: VNIC, provider: "oracle_cloud" });
}

const address = (text: string) => parseAddress(text) ?? expect.fail(text);

function packetsOf({ peer, direction, protocol, sourcePort, destinationPort }: Seen): Packets {
  const ports = protocol === 1 ? { sourcePort: 0, destinationPort: 0 } : { sourcePort, destinationPort };
  return { direction, protocol, ...ports, peer: address(peer), local: address(SERVER) };
}

const isCovered = (rules: readonly Pick<Rule, never>[], packets: Packets) =>
  rules.some((rule) => covers(rule as Rule, packets, () => undefined) !== "no");

test("whatever the rules and the flows: nothing that was let pass is dropped, and nothing is let pass that was not", () => {
  fc.assert(
    fc.property(
      fc.array(ruleOf(from), { minLength: 1, maxLength: 3 }),
      fc.array(ruleOf(to), { maxLength: 3 }),
      fc.array(seen, { minLength: 10, maxLength: 60 }),
      fc.integer({ min: 1, max: 40 }),
      (ingress, egress, drawn, mostRules) => {
        const network = ociSnapshot(oneList(ingress, egress)).snapshot;
        const standing = [...(network.data[0]?.ruleSets.values() ?? [])].flatMap(({ rules }) => rules);
        const stateless = standing.filter((rule) => rule.stateless);
        const stateful = standing.filter((rule) => !rule.stateless);
        // What no rule lets pass would not have been accepted.
        const flows = drawn.filter(
          (one) =>
            isCovered(standing, packetsOf(one)) ||
            (isCovered(stateful, turned(packetsOf(one))) && !isCovered(stateless, turned(packetsOf(one)))),
        );
        fc.pre(flows.length > 0);
        const observations = new Observations(() => [network]);
        for (const one of flows) observations.add(flow(one));
        const evidence = { earliest: AT, latest: AT + 86_400_000, unread: 0, lost: 0 };
        const options = { minDays: 0, mostLost: 0, mostRules, pins: [] };
        const advice = advise(observations, [network], [], evidence, options);
        expect(advice.sets.map(({ insufficient }) => insufficient)).toEqual([[]]);
        expect(advice.proof).toMatchObject({ accepted: flows.length, dropped: 0, unexplained: 0 });
        const [list] = advice.sets;
        const before = list?.set.rules ?? [];
        const after = list === undefined ? [] : proposedRules(list).map(({ body }) => body);
        for (const one of flows) {
          for (const port of PORTS) {
            const packets = packetsOf({ ...one, destinationPort: port });
            if (isCovered(after, packets)) expect(isCovered(before, packets)).toBe(true);
          }
        }
      },
    ),
  );
});
