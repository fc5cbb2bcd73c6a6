import { OciNames } from "../../src/generator/formats/oci-records.ts";
import type { Generation } from "../../src/generator/generate.ts";
import { NETWORK, VPN } from "../../src/generator/world.ts";

type Rule = Readonly<Record<string, unknown>>;

const [TCP, UDP, ICMP] = ["6", "17", "1"] as const;
const rule = (side: "source" | "destination", protocol: string, cidr: string, port?: number): Rule => ({
  ...{ protocol, [side]: cidr, [`${side}-type`]: "CIDR_BLOCK", "is-stateless": false },
  ...(port !== undefined && {
    [protocol === TCP ? "tcp-options" : "udp-options"]: { "destination-port-range": { min: port, max: port } },
  }),
});
const from = (cidr: string, protocol: string, port?: number): Rule => rule("source", protocol, cidr, port);
const to = (cidr: string, protocol: string): Rule => rule("destination", protocol, cidr);

const [WEB, APP, ADMIN] = ["10.20.0.0/22", "10.20.4.0/22", "10.20.12.0/22"] as const;
const [ALL, ALL6] = ["0.0.0.0/0", "::/0"] as const;

/** What every subnet has: all may go out, the administrators' subnet may come in. Nobody in the generator's network speaks Telnet. */
const BASE = {
  ingress: [from(ADMIN, TCP, 22), from(ADMIN, TCP, 9100), from(ADMIN, ICMP), from(NETWORK, TCP, 23)],
  egress: [to(ALL, "all"), to(ALL6, "all")],
};

/** By subnet what else may come in: as wide as people write it. SSH and RDP are open to all, as the generator's incidents have it. */
const LISTS: Readonly<Record<string, readonly Rule[]>> = {
  web: [from(ALL, TCP, 22)],
  app: [from("10.20.0.0/16", TCP, 8080)],
  db: [from(APP, TCP, 1521)],
  admin: [from(ALL, TCP, 3389), from(NETWORK, TCP, 6514)],
};

/** By role what its group lets in. */
const GROUPS: Readonly<Record<string, readonly Rule[]>> = {
  "load-balancer": [from(ALL, TCP, 443), from(ALL6, TCP, 443), from(ALL, TCP, 80)],
  web: [from(ALL, TCP, 443), from(ALL6, TCP, 443), from(WEB, TCP, 8443), from(WEB, TCP, 8080)],
  // The subnet's list allows it, too.
  app: [from(WEB, TCP, 8080)],
  cache: [from(APP, TCP, 6379)],
  database: [from(APP, TCP, 6379)],
  bastion: [from(VPN, TCP, 22)],
  dns: [from(NETWORK, UDP, 53)],
};

/**
 * The network of a generated bucket as `oci network … list` prints it: a list for all subnets and one for each, a group for each role, and
 * every VNIC in the group of its role.
 */
export function networkOf(generation: Generation, seed: string): object {
  const { world } = generation;
  const names = new OciNames(seed, world);
  const list = (name: string) => `ocid1.securitylist.oc1.iad.${name}`;
  const group = (role: string) => `ocid1.networksecuritygroup.oc1.iad.${role}`;
  const lists = [
    { id: list("base"), "display-name": "base", "ingress-security-rules": BASE.ingress, "egress-security-rules": BASE.egress },
    ...Object.entries(LISTS).map(([name, rules]) => ({
      ...{ id: list(name), "display-name": name, "ingress-security-rules": rules, "egress-security-rules": [] },
    })),
  ];
  return {
    subnets: world.subnets.map((subnet) => ({
      ...{ id: generation.subnetId(subnet), "display-name": subnet.name, "cidr-block": subnet.cidr },
      ...{ "ipv6-cidr-block": subnet.cidr6 ?? null, "security-list-ids": [list("base"), list(subnet.name)] },
    })),
    "security-lists": lists,
    "network-security-groups": Object.keys(GROUPS).map((role) => ({ id: group(role), "display-name": role })),
    "nsg-rules": Object.fromEntries(
      Object.entries(GROUPS).map(([role, rules]) => [group(role), rules.map((one) => ({ direction: "INGRESS", ...one }))]),
    ),
    vnics: world.hosts.map((host) => ({
      ...{ id: /"vnicocid":"([^"]+)"/.exec(names.fixed(host).after)?.[1], "private-ip": host.address },
      ...{ "ipv6-addresses": host.address6 === undefined ? [] : [host.address6] },
      ...{ "nsg-ids": host.role in GROUPS ? [group(host.role)] : [] },
    })),
  };
}
