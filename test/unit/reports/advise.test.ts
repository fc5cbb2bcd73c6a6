import { expect, test } from "vitest";
import { ibmRuleWriter } from "../../../src/clouds/ibm/rules/writer.ts";
import { ociRuleWriter } from "../../../src/clouds/oci/rules/writer.ts";
import type { NetworkSnapshot } from "../../../src/enrich/rules/snapshot.ts";
import type { Flow, FlowContext } from "../../../src/flow/flow.ts";
import { type AdviceOptions, advise } from "../../../src/reports/advise/advise.ts";
import { Observations } from "../../../src/reports/advise/observations.ts";
import { adviceDiff, adviceFiles, adviceLines } from "../../../src/reports/advise/output.ts";
import { from, ibmSnapshot, NSG, ociSnapshot, oneList, range, SUBNET, tcp, to, udp, VNIC } from "../enrich/rules/parts.ts";
import { flowOf } from "./flows.ts";

const SERVER = "10.0.1.4";
const AT = Date.parse("2026-01-01T00:00:00Z");
const OPTIONS: AdviceOptions = { minDays: 14, mostLost: 0, mostRules: 10, pins: [] };
const EVIDENCE = { earliest: AT, latest: AT + 30 * 86_400_000, unread: 0, lost: 0 };

/** An accepted request into the subnet. */
const request = (
  sourceAddress: string,
  destinationPort: number,
  fields: Partial<Flow> = {},
  context: Partial<FlowContext> = {},
) =>
  flowOf(
    {
      ...{ action: "accept", direction: "ingress", initiator: "source", protocol: 6, time: AT },
      ...{ sourceAddress, sourcePort: 50_123, destinationAddress: SERVER, destinationPort },
      ...fields,
    },
    { subnet: SUBNET, vnic: VNIC, provider: "oracle_cloud", ...context },
  );
/** The answer to it. */
const answer = (sourceAddress: string, destinationPort: number, fields: Partial<Flow> = {}) =>
  request(SERVER, 50_123, {
    ...{ direction: "egress", initiator: "destination" },
    ...{ sourceAddress: SERVER, sourcePort: destinationPort, destinationAddress: sourceAddress },
    ...fields,
  });
/** A request out of the subnet. */
const outgoing = (destinationAddress: string, destinationPort: number, fields: Partial<Flow> = {}) =>
  request(SERVER, destinationPort, { direction: "egress", sourceAddress: SERVER, destinationAddress, ...fields });

function advised(
  network: NetworkSnapshot,
  flows: readonly Flow[],
  { options = {}, evidence = {} }: { options?: Partial<AdviceOptions>; evidence?: Partial<typeof EVIDENCE> } = {},
) {
  const observations = new Observations(() => [network]);
  for (const flow of flows) observations.add(flow);
  const advice = advise(observations, [network], [], { ...EVIDENCE, ...evidence }, { ...OPTIONS, ...options });
  const [first] = advice.sets;
  return {
    advice,
    first,
    diff: adviceDiff(advice).split("\n").slice(3, -1),
    labels: first?.rules.map(({ findings }) => findings.map(({ label }) => label)),
    text: adviceLines(advice).join("\n"),
  };
}

test("rules that nobody needs go, used ones are narrowed to their ports and sources, and answers make no rules", () => {
  const network = ociSnapshot(
    oneList(
      [
        from("0.0.0.0/0", "6", tcp(range(20, 30))),
        from("0.0.0.0/0", "6", tcp(range(3389))),
        from("10.0.0.0/8", "6", tcp(range(443))),
      ],
      [to("0.0.0.0/0", "6", tcp(range(443)))],
    ),
  ).snapshot;
  const flows = [
    ...[request("203.0.113.9", 22), answer("203.0.113.9", 22), request("203.0.113.9", 23)],
    // From the subnet itself, which is known: its network stands for its hosts.
    ...[request("10.0.1.9", 443), request("10.0.1.10", 443), outgoing("198.51.100.7", 443)],
  ];
  const { diff, labels, advice } = advised(network, flows);
  expect(diff).toEqual([
    "-ingress tcp 20-30 from 0.0.0.0/0",
    "+ingress tcp 22-23 from 203.0.113.9/32",
    "-ingress tcp 3389 from 0.0.0.0/0",
    "-ingress tcp 443 from 10.0.0.0/8",
    "+ingress tcp 443 from 10.0.1.0/24",
    "-egress tcp 443 to 0.0.0.0/0",
    "+egress tcp 443 to 198.51.100.7/32",
  ]);
  expect(labels).toEqual([["over-broad"], ["unused"], ["over-broad"], ["over-broad"]]);
  expect(advice.proof).toEqual({ accepted: 6, dropped: 0, rejected: 0, opened: 0, unexplained: 0 });
});

test("only neighbouring ports that the same sources ask become one rule", () => {
  const network = ociSnapshot(oneList([from("0.0.0.0/0", "6")])).snapshot;
  const flows = [80, 81, 83].map((port) => request("203.0.113.9", port)).concat(request("203.0.113.8", 82));
  expect(advised(network, flows).diff).toEqual([
    "-ingress tcp from 0.0.0.0/0",
    "+ingress tcp 80-81 from 203.0.113.9/32",
    "+ingress tcp 82 from 203.0.113.8/32",
    "+ingress tcp 83 from 203.0.113.9/32",
  ]);
});

test("many sources of few networks become these networks; of many, the rule's own source stays", () => {
  const network = ociSnapshot(oneList([from("0.0.0.0/0", "6", tcp(range(22, 23)))])).snapshot;
  const ofTwo = Array.from({ length: 20 }, (_, i) => request(`203.0.${113 + (i % 2)}.${i}`, 22));
  expect(advised(network, ofTwo).diff.slice(1)).toEqual([
    "+ingress tcp 22 from 203.0.113.0/24",
    "+ingress tcp 22 from 203.0.114.0/24",
  ]);
  const ofMany = Array.from({ length: 20 }, (_, i) => request(`203.0.${i}.1`, 22));
  expect(advised(network, ofMany).diff.slice(1)).toEqual(["+ingress tcp 22 from 0.0.0.0/0"]);
});

test("more far ends than are told apart: nothing is dropped, and the rule's own source stays", () => {
  const network = ociSnapshot(oneList([from("0.0.0.0/0", "6", tcp(range(443, 444)))])).snapshot;
  const flows = Array.from({ length: 2_500 }, (_, i) => request(`198.${i >> 8}.${i & 255}.1`, 443));
  const { diff, advice } = advised(network, flows);
  expect(diff.slice(1)).toEqual(["+ingress tcp 443 from 0.0.0.0/0"]);
  expect(advice.proof).toMatchObject({ accepted: 2_500, dropped: 0 });
});

test("a proposal has no more rules than were asked for: the cells with most far ends keep the rule's own", () => {
  const network = ociSnapshot(oneList([from("0.0.0.0/0", "6")])).snapshot;
  const flows = [request("203.0.113.1", 22), ...[1, 2, 3].map((n) => request(`198.51.100.${n}`, 443))];
  expect(advised(network, flows, { options: { mostRules: 3 } }).diff).toEqual([
    "-ingress tcp from 0.0.0.0/0",
    "+ingress tcp 22 from 203.0.113.1/32",
    "+ingress tcp 443 from 0.0.0.0/0",
  ]);
  expect(advised(network, flows, { options: { mostRules: 1 } }).diff).toEqual([]);
});

test("what networks need stays allowed: packets that are too large, DNS and NTP, and what is pinned", () => {
  const network = ociSnapshot(
    oneList([from("10.0.0.0/8", "all")], [to("0.0.0.0/0", "all"), to("0.0.0.0/0", "17", udp(range(123)))]),
  ).snapshot;
  const pins = [{ direction: undefined, protocol: 6, port: 8080, icmp: undefined }];
  const { diff } = advised(network, [request("10.0.1.9", 22), outgoing("10.0.1.53", 53, { protocol: 17 })], {
    options: { pins },
  });
  expect(diff).toEqual([
    ...["-ingress all from 10.0.0.0/8", "+ingress tcp 22 from 10.0.1.0/24", "+ingress icmp type 3 code 4 from 10.0.0.0/8"],
    ...["+ingress tcp 8080 from 10.0.0.0/8", "-egress all to 0.0.0.0/0"],
    // Seen, and so narrowed to where it was.
    ...["+egress udp 53 to 10.0.1.0/24", "+egress icmp type 3 code 4 to 0.0.0.0/0", "+egress tcp 53 to 0.0.0.0/0"],
    ...["+egress udp 123 to 0.0.0.0/0", "+egress tcp 8080 to 0.0.0.0/0", "-egress udp 123 to 0.0.0.0/0"],
  ]);
});

test("redundant and shadowed: of two equal rules the later, a narrow one in a wide one, a tracked one behind a stateless one", () => {
  const stateless = { "is-stateless": true };
  const network = ociSnapshot(
    oneList([
      ...[
        from("0.0.0.0/0", "6", tcp(range(22))),
        from("10.0.0.0/8", "6", tcp(range(22))),
        from("0.0.0.0/0", "6", tcp(range(22))),
      ],
      ...[from("0.0.0.0/0", "6", { ...tcp(range(80)), ...stateless }), from("10.0.0.0/8", "6", tcp(range(80)))],
    ]),
  ).snapshot;
  const { labels, first } = advised(network, [request("203.0.113.9", 22)]);
  expect(labels).toEqual([
    ["over-broad"],
    ["unused", "redundant"],
    ["unused", "redundant"],
    ["unused", "stateless-without-reverse"],
    ["unused", "shadowed"],
  ]);
  expect(first?.rules[2]?.findings[1]?.why).toBe("by rule 1, ingress tcp 22 from 0.0.0.0/0");
});

test("a stateless rule with its other half stays with it: answers pass by a rule of their own", () => {
  const stateless = { "is-stateless": true };
  const network = ociSnapshot(
    oneList(
      [from("0.0.0.0/0", "6", { ...tcp(range(22, 25)), ...stateless })],
      [to("0.0.0.0/0", "6", { ...tcp(null, range(22, 25)), ...stateless })],
    ),
  ).snapshot;
  const { labels, diff, advice } = advised(network, [request("203.0.113.9", 22), answer("203.0.113.9", 22)]);
  expect(labels).toEqual([["over-broad"], ["used", "kept"]]);
  expect(diff).toEqual([
    "-ingress tcp 22-25 from 0.0.0.0/0 (stateless)",
    "+ingress tcp 22 from 203.0.113.9/32 (stateless)",
    " egress tcp to 0.0.0.0/0 source port 22-25 (stateless)",
  ]);
  expect(advice.proof.dropped).toBe(0);
});

test("lists and groups add up: what the group allows more narrowly needs no rule of the list", () => {
  const network = ociSnapshot({
    ...oneList([from("0.0.0.0/0", "6", tcp(range(22)))]),
    nsgs: [{ id: NSG, "display-name": "web" }],
    "nsg-rules": { [NSG]: [{ ...from("203.0.113.0/24", "6", tcp(range(22))), direction: "INGRESS" }] },
    vnics: [{ id: VNIC, "nsg-ids": [NSG], "private-ip": SERVER }],
  }).snapshot;
  const { advice } = advised(network, [request("203.0.113.9", 22)]);
  const texts = advice.sets.map(({ set, rules }) => [set.kind, rules.map(({ replacement }) => replacement?.length)]);
  expect(texts).toEqual([
    ["nsg", [1]],
    ["security-list", [0]],
  ]);
  expect(advice.proof.dropped).toBe(0);
});

test("IBM: security group and network ACL, in which what is denied stays denied and answers keep their rules", () => {
  const any = "0.0.0.0/0";
  const acl = (action: string, direction: string, source: string, destination: string, more: object = {}) => ({
    ...{ action, direction, source, destination, protocol: "tcp", source_port_min: 1, source_port_max: 65_535 },
    ...{ destination_port_min: 1, destination_port_max: 65_535, ...more },
  });
  const network = ibmSnapshot({
    subnets: [{ id: "subnet-1", name: "x", ipv4_cidr_block: "10.0.1.0/24", network_acl: { id: "acl-1" } }],
    networkAcls: [
      {
        ...{ id: "acl-1", name: "edge" },
        rules: [
          acl("deny", "inbound", "198.51.100.0/24", any),
          acl("allow", "inbound", any, any),
          acl("allow", "inbound", "203.0.113.0/24", any),
          acl("allow", "outbound", any, any),
        ],
      },
    ],
    securityGroups: [
      {
        ...{ id: "sg-1", name: "web", targets: [{ id: VNIC }] },
        rules: [{ direction: "inbound", protocol: "tcp", port_min: 22, port_max: 80, remote: { cidr_block: any } }],
      },
    ],
  }).snapshot;
  // IBM's records describe both ways: the ACL has to let the answers out, of which there are no records.
  const context = { subnet: "subnet-1", provider: "ibm_cloud" };
  const flows = [request("203.0.113.9", 22, { bytesReverse: 10, directionLogged: "ingress" }, context)];
  const { diff, advice } = advised(network, flows);
  const whole = adviceDiff(advice).split("\n");
  expect(whole).toEqual(expect.arrayContaining(["-ingress tcp 22-80 from 0.0.0.0/0", "+ingress tcp 22 from 203.0.113.9/32"]));
  const edge = diff.length > 0 ? whole.slice(whole.indexOf('--- network ACL "edge"') + 3).slice(0, 6) : [];
  expect(edge).toEqual([
    " deny ingress tcp from 198.51.100.0/24",
    "-ingress tcp from 0.0.0.0/0",
    "+ingress tcp 22 from 203.0.113.9/32",
    "-ingress tcp from 203.0.113.0/24",
    " egress tcp to 0.0.0.0/0",
    expect.anything(),
  ]);
  const files = new Map(adviceFiles(advice, new Map([["ibm_cloud", ibmRuleWriter]])));
  expect(JSON.parse(files.get("edge.proposed.json") ?? "")).toMatchObject({
    rules: [
      { action: "deny", direction: "inbound", source: "198.51.100.0/24", destination: any, protocol: "tcp" },
      { action: "allow", source: "203.0.113.9/32", destination_port_min: 22, destination_port_max: 22, source_port_max: 65_535 },
      { action: "allow", direction: "outbound", source: any, destination: any },
    ],
  });
  expect(files.get("web.proposed.tf")).toContain('remote = "203.0.113.9/32"\n  tcp {\n    port_min = 22\n    port_max = 22');
  expect(advice.proof).toEqual({ accepted: 1, dropped: 0, rejected: 0, opened: 0, unexplained: 0 });
});

test("rejected flows that the proposal would let in are counted; what no rule covers is none of them", () => {
  const network = ociSnapshot(oneList([from("0.0.0.0/0", "6", tcp(range(22, 23)))])).snapshot;
  const rejected = (port: number) => request("203.0.113.9", port, { action: "reject" });
  const { advice } = advised(network, [request("203.0.113.9", 22), rejected(22), rejected(23)]);
  expect(advice.proof).toMatchObject({ rejected: 2, opened: 1 });
});

test("no proposal without enough evidence, and each reason is named", () => {
  const network = ociSnapshot(oneList([from("0.0.0.0/0", "6", tcp(range(20, 30)))])).snapshot;
  const flows = [request("203.0.113.9", 22)];
  const reasons = (more: Parameters<typeof advised>[2], others: readonly Flow[] = flows) => {
    const { first, advice } = advised(network, others, more);
    expect(adviceDiff(advice)).toBe("");
    return first?.insufficient.join("; ");
  };
  expect(reasons({ evidence: { latest: AT + 86_400_000 } })).toBe("1.0 days were observed, 14 are needed (--min-days)");
  expect(reasons({ evidence: { unread: 3 } })).toBe("3 records or objects could not be read");
  expect(reasons({ evidence: { lost: 1 } })).toBe("the log says once that flows are missing (--max-lost)");
  const lost = flowOf({ status: "SKIPDATA" }, { subnet: SUBNET, vnic: VNIC });
  expect(reasons({}, [...flows, lost])).toBe("subnet app says once that flows were lost (--max-lost)");
  expect(reasons({}, [...flows, request("203.0.113.9", 9_999)])).toContain("1 of 2 accepted flows are covered by no rule");
  expect(reasons({}, [])).toContain("subnet app, which uses it, has no records: its flow log may be off");
});

test("OCI's documents: all rules of the list, those that stay with their descriptions, and the way back", () => {
  const kept = { ...from("0.0.0.0/0", "6", tcp(range(443))), description: "the shop ${HOME}" };
  const network = ociSnapshot(
    oneList([kept, from("0.0.0.0/0", "6", tcp(range(22, 23)))], [to("0.0.0.0/0", "1", { "icmp-options": { type: 3, code: 4 } })]),
  ).snapshot;
  const shop = Array.from({ length: 20 }, (_, i) => request(`203.0.${i}.1`, 443));
  const { advice } = advised(network, [...shop, request("203.0.113.9", 22)]);
  const files = new Map(adviceFiles(advice, new Map([["oracle_cloud", ociRuleWriter]])));
  const rule = (source: string, min: number, max: number, description: object) => ({
    ...description,
    ...{ protocol: "6", source, sourceType: "CIDR_BLOCK", isStateless: false },
    tcpOptions: { destinationPortRange: { min, max } },
  });
  const egressSecurityRules = [
    {
      protocol: "1",
      destination: "0.0.0.0/0",
      destinationType: "CIDR_BLOCK",
      isStateless: false,
      icmpOptions: { type: 3, code: 4 },
    },
  ];
  expect(JSON.parse(files.get("default.proposed.json") ?? "")).toEqual({
    securityListId: "ocid1.securitylist.oc1.iad.default",
    ingressSecurityRules: [
      rule("0.0.0.0/0", 443, 443, { description: "the shop ${HOME}" }),
      rule("203.0.113.9/32", 22, 22, { description: "narrowed from: ingress tcp 22-23 from 0.0.0.0/0" }),
    ],
    egressSecurityRules,
  });
  expect(JSON.parse(files.get("default.rollback.json") ?? "")).toEqual({
    securityListId: "ocid1.securitylist.oc1.iad.default",
    ingressSecurityRules: [rule("0.0.0.0/0", 443, 443, { description: "the shop ${HOME}" }), rule("0.0.0.0/0", 22, 23, {})],
    egressSecurityRules,
  });
  const terraform = files.get("default.proposed.tf") ?? "";
  expect(terraform).toContain('description = "the shop $${HOME}"');
  expect(terraform).toContain("    tcp_options {\n      min = 22\n      max = 22\n    }");
  expect(files.get("advice.txt")).toContain('  security list "default": ingress tcp 22 from 203.0.113.9/32');
});

test("an answer whose ports look like a request's is not told apart from others: the rule of its connection stays", () => {
  // Local port 1023 was asked from port 21: by its ports the answer looks as if it asked port 21.
  const { snapshot } = ociSnapshot(oneList([from("0.0.0.0/0", "all")]));
  const misleading = answer("10.0.1.9", 1023, { destinationPort: 21, initiator: "unknown" });
  const { advice, first } = advised(snapshot, [misleading, request("203.0.113.9", 443)]);
  expect(advice.proof).toMatchObject({ accepted: 2, dropped: 0, unexplained: 0 });
  // A proposal for 443, and for a port that stands for all that rules do not tell apart, would drop it.
  expect(first?.rules.map(({ replacement }) => replacement)).toEqual([undefined]);
});
