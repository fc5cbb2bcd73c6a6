import fc from "fast-check";
import { expect, test } from "vitest";
import { ociRuleWriter } from "../../../src/clouds/oci/rules/writer.ts";
import { advise } from "../../../src/reports/advise/advise.ts";
import { Observations } from "../../../src/reports/advise/observations.ts";
import { adviceFiles } from "../../../src/reports/advise/output.ts";
import { from, ociSnapshot, oneList, SUBNET, tcp, to, udp, VNIC } from "../enrich/rules/parts.ts";
import { flowOf } from "./flows.ts";

// A second implementation: it reads OCI's JSON, of the rules as they are and of the proposal as it is written, and asks of each of a small
// world's packets what OCI's documentation says of security lists. It shares nothing with the program.

type Range = { readonly min: number; readonly max: number } | null | undefined;
interface OciRule {
  readonly direction: "ingress" | "egress";
  readonly protocol: string;
  readonly cidr: string;
  readonly source: Range;
  readonly destination: Range;
  readonly icmp: { readonly type: number; readonly code?: number | null } | null | undefined;
  readonly isStateless: boolean;
}
interface Packet {
  readonly direction: "ingress" | "egress";
  readonly protocol: number;
  readonly peer: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

const SERVER = "10.0.1.4";
const AT = Date.parse("2026-01-01T00:00:00Z");
const CIDRS = ["0.0.0.0/0", "10.0.0.0/8", "10.0.1.0/24", "203.0.113.0/24", "203.0.113.8/29", "203.0.113.9/32"];
/** At each edge of the networks, and outside of all. */
const PEERS = [
  ...["10.0.0.0", "10.0.2.7", "10.255.255.255", "10.0.1.9", "9.255.255.255", "11.0.0.0"],
  ...[
    "203.0.113.7",
    "203.0.113.8",
    "203.0.113.9",
    "203.0.113.15",
    "203.0.113.16",
    "203.0.113.255",
    "203.0.114.0",
    "198.51.100.1",
  ],
];
const PORTS = [21, 22, 23, 53, 443, 444, 1023, 1024, 50_000];
const PROTOCOLS = [1, 6, 17, 47];

const numberOf = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

function isIn(address: string, cidr: string): boolean {
  const [network = "", length = ""] = cidr.split("/");
  const size = 2 ** (32 - Number(length));
  return Math.floor(numberOf(address) / size) === Math.floor(numberOf(network) / size);
}

const holds = (range: Range, port: number) => range === null || range === undefined || (range.min <= port && port <= range.max);

/** Of ICMP the log has no type, so that a rule that asks for one is taken to let nothing of it pass. */
function matches(rule: OciRule, { direction, protocol, peer, sourcePort, destinationPort }: Packet): boolean {
  if (rule.direction !== direction || rule.icmp) return false;
  if (rule.protocol !== "all" && Number(rule.protocol) !== protocol) return false;
  if (!isIn(peer, rule.cidr)) return false;
  const hasPorts = protocol === 6 || protocol === 17;
  return hasPorts
    ? holds(rule.source, sourcePort) && holds(rule.destination, destinationPort)
    : !rule.source && !rule.destination;
}

const directly = (rules: readonly OciRule[], packet: Packet) => rules.some((rule) => matches(rule, packet));
const back = (packet: Packet): Packet => ({
  ...packet,
  direction: packet.direction === "ingress" ? "egress" : "ingress",
  sourcePort: packet.destinationPort,
  destinationPort: packet.sourcePort,
});

/** By a rule, or as the answer of a connection that is tracked: one that a stateful rule lets pass, and no stateless one. */
function passes(rules: readonly OciRule[], packet: Packet): boolean {
  const [stateless, stateful] = [true, false].map((is) => rules.filter(({ isStateless }) => isStateless === is)) as [
    OciRule[],
    OciRule[],
  ];
  return directly(rules, packet) || (directly(stateful, back(packet)) && !directly(stateless, back(packet)));
}

// biome-ignore lint/suspicious/noExplicitAny: documents of OCI in both spellings
function readRules(direction: OciRule["direction"], list: readonly any[]): OciRule[] {
  return list.map((rule) => {
    const side = direction === "ingress" ? "source" : "destination";
    const options = rule.tcpOptions ?? rule.udpOptions ?? rule["tcp-options"] ?? rule["udp-options"];
    return {
      direction,
      protocol: rule.protocol,
      cidr: rule[side],
      source: options?.sourcePortRange ?? options?.["source-port-range"],
      destination: options?.destinationPortRange ?? options?.["destination-port-range"],
      icmp: rule.icmpOptions ?? rule["icmp-options"],
      isStateless: rule.isStateless ?? rule["is-stateless"],
    };
  });
}

const WORLD: readonly Packet[] = (["ingress", "egress"] as const).flatMap((direction) =>
  PEERS.flatMap((peer) =>
    PROTOCOLS.flatMap((protocol) =>
      protocol === 6 || protocol === 17
        ? PORTS.flatMap((destinationPort) =>
            PORTS.map((sourcePort) => ({ direction, protocol, peer, sourcePort, destinationPort })),
          )
        : [{ direction, protocol, peer, sourcePort: 0, destinationPort: 0 }],
    ),
  ),
);

const port = fc.constantFrom(...PORTS);
const range = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 3, arbitrary: fc.tuple(port, port).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) })) },
  { weight: 2, arbitrary: port.map((one) => ({ min: one, max: one })) },
);
const ruleOf = (side: typeof from) =>
  fc
    .record({
      cidr: fc.constantFrom(...CIDRS),
      protocol: fc.constantFrom("all", "6", "6", "6", "17", "1"),
      destination: range,
      source: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, range),
      stateless: fc.boolean(),
    })
    .map(({ cidr, protocol, destination, source, stateless }) => {
      const options = protocol === "6" ? tcp(destination, source) : protocol === "17" ? udp(destination, source) : {};
      return side(cidr, protocol, { ...options, "is-stateless": stateless });
    });

const seen = fc.record({
  packet: fc.constantFrom(...WORLD),
  initiator: fc.constantFrom("source" as const, "destination" as const, "unknown" as const),
  action: fc.constantFrom("accept" as const, "accept" as const, "accept" as const, "reject" as const),
});

const flow = ({
  packet: { peer, direction, ...packet },
  initiator,
  action,
}: typeof seen extends fc.Arbitrary<infer T> ? T : never) =>
  flowOf(
    {
      ...{ ...packet, action, initiator, time: AT, direction, directionLogged: direction },
      ...(direction === "ingress"
        ? { sourceAddress: peer, destinationAddress: SERVER }
        : { sourceAddress: SERVER, destinationAddress: peer }),
    },
    { subnet: SUBNET, vnic: VNIC, provider: "oracle_cloud" },
  );

const drawn = {
  ingress: fc.array(ruleOf(from), { minLength: 1, maxLength: 4 }),
  egress: fc.array(ruleOf(to), { maxLength: 4 }),
  flows: fc.array(seen, { minLength: 10, maxLength: 80 }),
  mostRules: fc.integer({ min: 1, max: 20 }),
};

test("by a second implementation that reads what is written: nothing accepted is dropped, nothing new is allowed, the labels are right", () => {
  let changed = 0;
  const labels = new Map<string, number>();
  fc.assert(
    fc.property(fc.record(drawn), ({ ingress, egress, flows: all, mostRules }) => {
      const standing = [...readRules("ingress", ingress), ...readRules("egress", egress)];
      // A log has as accepted what the rules let pass: a request by a rule of its own.
      const flows = all.filter(
        ({ packet, initiator, action }) =>
          action === "reject" || (initiator === "source" ? directly(standing, packet) : passes(standing, packet)),
      );
      const accepted = flows.filter(({ action }) => action === "accept");
      fc.pre(accepted.length > 0);
      const network = ociSnapshot(oneList(ingress, egress)).snapshot;
      const observations = new Observations(() => [network]);
      for (const one of flows) observations.add(flow(one));
      const evidence = { earliest: AT, latest: AT + 86_400_000, unread: 0, lost: 0 };
      const advice = advise(observations, [network], [], evidence, { minDays: 0, mostLost: 0, mostRules, pins: [] });
      const [list] = advice.sets;
      expect(advice.proof).toMatchObject({ accepted: accepted.length, dropped: 0, unexplained: 0 });

      const files = new Map(adviceFiles(advice, new Map([["oracle_cloud", ociRuleWriter]])));
      const written = (file: string) => {
        const { ingressSecurityRules, egressSecurityRules } = JSON.parse(files.get(file) as string);
        return [...readRules("ingress", ingressSecurityRules), ...readRules("egress", egressSecurityRules)];
      };
      if (files.has("default.proposed.json")) {
        changed += 1;
        const proposal = written("default.proposed.json");
        for (const { packet, initiator } of accepted) {
          const stays = initiator === "source" ? directly(proposal, packet) : passes(proposal, packet);
          expect(stays, JSON.stringify({ packet, initiator, standing, proposal })).toBe(true);
        }
        for (const packet of WORLD) {
          for (const isStateless of [true, false]) {
            const of = (rules: readonly OciRule[]) =>
              directly(
                rules.filter((rule) => rule.isStateless === isStateless),
                packet,
              );
            if (of(proposal) && !of(standing)) expect.fail(`newly allowed: ${JSON.stringify({ packet, isStateless, proposal })}`);
          }
        }
        // The way back is what stands.
        const rollback = written("default.rollback.json");
        for (const packet of WORLD) expect(directly(rollback, packet)).toBe(directly(standing, packet));
      }

      for (const { rule, findings } of list?.rules ?? []) {
        const own = standing.filter(({ direction }) => direction === rule.direction)[rule.index] as OciRule;
        const others = standing.filter((one) => one !== own);
        const found = findings.map(({ label }) => label);
        for (const label of found) labels.set(label, (labels.get(label) ?? 0) + 1);
        const matched = WORLD.filter((packet) => matches(own, packet));
        if (found.includes("redundant") || found.includes("shadowed")) {
          expect(matched.filter((packet) => !directly(others, packet))).toEqual([]);
        }
        // One of the same kind that allows all of it and more is named, or one that is asked before.
        const larger = others.some(
          (other) =>
            other.isStateless === own.isStateless &&
            matched.length > 0 &&
            matched.every((packet) => matches(other, packet)) &&
            WORLD.filter((packet) => matches(other, packet)).length > matched.length,
        );
        if (larger)
          expect([found.includes("redundant"), found.includes("shadowed")], JSON.stringify({ own, others })).toContain(true);
        const isAsked = ({ packet }: (typeof flows)[number]) => matches(own, packet) || matches(own, back(packet));
        if (found.includes("unused")) {
          const needs = accepted.filter(({ packet }) => passes(standing, packet) && !passes(others, packet));
          expect(needs, JSON.stringify({ own, others })).toEqual([]);
        } else expect(accepted.some(isAsked)).toBe(true);
      }
    }),
  );
  // A property that nothing comes to shows nothing.
  expect(changed).toBeGreaterThan(5);
  expect([...labels.keys()]).toEqual(expect.arrayContaining(["unused", "redundant", "over-broad"]));
});
