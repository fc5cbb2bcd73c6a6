import { describe, expect, test } from "vitest";
import { EMPTY_CONTEXT } from "../../../../../src/flow/flow.ts";
import { parseAddress } from "../../../../../src/lib/ip/address.ts";
import { ibmSnapshot } from "../../../enrich/rules/parts.ts";

const SUBNET = "0717-app";
const CRN = "crn:v1:bluemix:public:is:us-south-1:a/1::subnet:0717-app";
const INTERFACE = "0717-nic";
const ACL = "r006-acl";
const GROUP = "r006-group";

const subnets = [
  {
    id: SUBNET,
    crn: CRN,
    name: "app",
    ipv4_cidr_block: "10.240.0.0/24",
    network_acl: { id: ACL, name: "acl" },
    vpc: { id: "r006-vpc", name: "vpc" },
  },
];
const securityGroups = [
  {
    id: GROUP,
    name: "web",
    rules: [
      {
        id: "1",
        direction: "inbound",
        ip_version: "ipv4",
        protocol: "tcp",
        port_min: 443,
        port_max: 443,
        remote: { cidr_block: "0.0.0.0/0" },
      },
      { id: "2", direction: "outbound", ip_version: "ipv4", protocol: "all", remote: { cidr_block: "0.0.0.0/0" } },
      { id: "3", direction: "inbound", ip_version: "ipv4", protocol: "all", remote: { id: GROUP, name: "web" } },
      {
        id: "4",
        direction: "inbound",
        ip_version: "ipv4",
        protocol: "tcp",
        port_min: 8000,
        port_max: 8999,
        remote: { address: "192.0.2.1" },
        local: { address: "10.240.0.9" },
      },
    ],
    targets: [{ id: INTERFACE, name: "eth0", resource_type: "network_interface" }],
  },
];
const networkAcls = [
  {
    id: ACL,
    name: "acl",
    rules: [
      {
        action: "deny",
        direction: "inbound",
        protocol: "tcp",
        source: "198.51.100.0/24",
        destination: "0.0.0.0/0",
        destination_port_min: 1,
        destination_port_max: 65_535,
        source_port_min: 1,
        source_port_max: 65_535,
      },
      { action: "allow", direction: "inbound", protocol: "all", source: "0.0.0.0/0", destination: "0.0.0.0/0" },
      { action: "allow", direction: "outbound", protocol: "all", source: "0.0.0.0/0", destination: "0.0.0.0/0" },
    ],
    subnets: [{ id: SUBNET }],
  },
];
const { snapshot, faults } = ibmSnapshot({ subnets, securityGroups, networkAcls });

/** The rule for a TCP flow from the first address to a port of the second, seen on the interface. */
function ruleOf(
  source: string,
  target: string,
  port: number,
  direction: "ingress" | "egress" = "ingress",
  action: "accept" | "reject" = "accept",
  context = { subnet: SUBNET, vnic: INTERFACE },
) {
  const [from, to] = [parseAddress(source), parseAddress(target)];
  if (from === undefined || to === undefined) throw new Error("no address");
  const [peer, local] = direction === "ingress" ? [from, to] : [to, from];
  return snapshot
    .governing({ ...EMPTY_CONTEXT, ...context })
    ?.explain({ direction, action, protocol: 6, sourcePort: 50_000, destinationPort: port, peer, local, withinSubnet: false })
    ?.rule;
}

test("everything is understood, and the subnet is found by its id and by its CRN", () => {
  expect(faults).toEqual([]);
  expect(snapshot.subnet(SUBNET)).toMatchObject({ name: "app", networks: [{ cidr: "10.240.0.0/24" }] });
  expect(snapshot.subnet(CRN)?.id).toBe(SUBNET);
});

describe("the rule of a flow", () => {
  test("is that of the security group", () => {
    expect(ruleOf("192.0.2.7", "10.240.0.7", 443)).toMatchObject({
      status: "matched",
      kind: "security-group",
      listId: GROUP,
      listName: "web",
      index: 0,
      text: "ingress tcp 443 from 0.0.0.0/0",
    });
    expect(ruleOf("10.240.0.7", "192.0.2.7", 443, "egress")?.text).toBe("egress all to 0.0.0.0/0");
  });

  test("records speak of connections, so nothing is a reply", () => {
    expect(ruleOf("192.0.2.7", "10.240.0.7", 22)?.status).toBe("unexplained");
  });

  test("which is limited to a near end covers only that", () => {
    expect(ruleOf("192.0.2.1", "10.240.0.9", 8080)?.text).toBe("ingress tcp 8000-8999 from 192.0.2.1");
    expect(ruleOf("192.0.2.1", "10.240.0.8", 8080)?.status).toBe("unexplained");
  });

  test("from its own group, whose addresses are not known", () => {
    expect(ruleOf("10.240.9.9", "10.240.0.8", 22)).toMatchObject({ text: "ingress all from group web", partial: true });
  });

  test("that was rejected is the ACL's, where that denies it", () => {
    expect(ruleOf("198.51.100.7", "10.240.0.7", 443, "ingress", "reject")).toMatchObject({
      kind: "network-acl",
      listName: "acl",
      index: 0,
      text: "deny ingress tcp from 198.51.100.0/24",
    });
    expect(ruleOf("192.0.2.7", "10.240.0.7", 22, "ingress", "reject")?.status).toBe("unexplained");
  });

  test("of an interface whose groups are not known is undefined", () => {
    expect(ruleOf("192.0.2.7", "10.240.0.7", 443, "ingress", "accept", { subnet: SUBNET, vnic: "other" })).toBeUndefined();
  });
});

describe("what cannot be understood is told with its place", () => {
  const faultsOf = (files: Parameters<typeof ibmSnapshot>[0]) =>
    ibmSnapshot(files).faults.map(({ place, reason }) => `${place}: ${reason}`);

  test("an unknown protocol", () => {
    const rules = [{ direction: "inbound", protocol: "quic" }];
    expect(faultsOf({ securityGroups: [{ id: "g", rules }] })[0]).toMatch(
      /^\[0\]\.rules\[0\]\.protocol: "quic" is no protocol: known are all,/,
    );
  });

  test("a network that is none", () => {
    const rule = { action: "allow", direction: "inbound", protocol: "all", source: "10.0.0.300", destination: "0.0.0.0/0" };
    expect(faultsOf({ networkAcls: [{ id: "a", rules: [rule] }] })[0]).toMatch(
      /^\[0\]\.rules\[0\]\.source: "10\.0\.0\.300": no IPv4/,
    );
  });

  test("a file of something else", () => {
    expect(faultsOf({ subnets: { errors: [] } })).toEqual([": is no list: give what `ibmcloud is subnets --output json` prints"]);
  });
});
