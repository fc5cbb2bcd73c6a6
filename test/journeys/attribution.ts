import { BlockList, isIPv6 } from "node:net";
import { OciNames } from "../../src/generator/formats/oci-records.ts";
import type { Host, World } from "../../src/generator/world.ts";
import { type VcnResources, vcnResources } from "../simulators/oci/services/vcn.ts";

/** A rule as OCI's API has it, in security lists and groups alike. */
interface ApiRule {
  readonly direction: "INGRESS" | "EGRESS";
  readonly protocol: string;
  readonly source?: string;
  readonly destination?: string;
  readonly isStateless: boolean;
  readonly tcpOptions?: { readonly destinationPortRange: { readonly min: number; readonly max: number } };
  readonly udpOptions?: { readonly destinationPortRange: { readonly min: number; readonly max: number } };
}

const ALL = "all";
const rule = (direction: ApiRule["direction"], protocol: string, cidr: string, port?: number): ApiRule => {
  const side = direction === "INGRESS" ? "source" : "destination";
  const options = port === undefined ? {} : { [protocol === "6" ? "tcpOptions" : "udpOptions"]: rangeOf(port) };
  return { direction, protocol, [side]: cidr, [`${side}Type`]: "CIDR_BLOCK", isStateless: false, ...options } as ApiRule;
};
const rangeOf = (port: number) => ({ destinationPortRange: { min: port, max: port } });
const [tcpFrom, udpFrom] = ["6", "17"].map((number) => (cidr: string, port: number) => rule("INGRESS", number, cidr, port)) as [
  (cidr: string, port: number) => ApiRule,
  (cidr: string, port: number) => ApiRule,
];
const [tcpTo, udpTo] = ["6", "17"].map((number) => (cidr: string, port: number) => rule("EGRESS", number, cidr, port)) as [
  (cidr: string, port: number) => ApiRule,
  (cidr: string, port: number) => ApiRule,
];

const [WEB, APP, DB, ADMIN] = ["10.20.0.0/22", "10.20.4.0/22", "10.20.8.0/22", "10.20.12.0/22"] as const;

/** Rules that fit the generator's traffic: one list for all subnets, one for each, and a group for the databases. */
const LISTS: Readonly<Record<string, readonly ApiRule[]>> = {
  base: [tcpFrom(ADMIN, 22), tcpFrom(ADMIN, 9100), udpTo(ADMIN, 53), udpTo("192.0.2.0/24", 123), tcpTo(ADMIN, 6514)],
  web: [
    tcpFrom("0.0.0.0/0", 443),
    tcpFrom("::/0", 443),
    tcpFrom("0.0.0.0/0", 80),
    tcpFrom(WEB, 8443),
    tcpFrom(WEB, 8080),
    rule("EGRESS", ALL, "0.0.0.0/0"),
  ],
  app: [tcpFrom(WEB, 8080), tcpTo(DB, 1521), tcpTo(DB, 6379), tcpTo("192.0.2.0/24", 443)],
  db: [tcpFrom(APP, 6379), tcpTo("192.0.2.40/32", 443)],
  admin: [
    udpFrom("10.20.0.0/16", 53),
    tcpFrom("10.20.0.0/16", 6514),
    tcpFrom("172.20.8.0/24", 22),
    tcpTo("10.20.0.0/16", 9100),
    tcpTo("10.20.0.0/16", 22),
  ],
};
const GROUP: readonly ApiRule[] = [tcpTo("192.0.2.20/32", 443), tcpFrom(APP, 1521)];
const GROUP_ID = "ocid1.networksecuritygroup.oc1.iad.databases";
const listId = (name: string) => `ocid1.securitylist.oc1.iad.${name}`;

/** A network as the simulator serves it, and what its rules say of a record of the log. */
export interface NetworkTruth {
  readonly resources: VcnResources;
  /** The VNIC that the API knows nothing of. */
  readonly gone: string;
  readonly attribute: (event: Event) => Attribution | undefined;
}

/** An event of the log, as far as it matters here. */
export interface Event {
  readonly data: {
    readonly action: string | null;
    readonly status: string;
    readonly sourceAddress: string;
    readonly destinationAddress: string;
    readonly sourcePort: number;
    readonly destinationPort: number;
    readonly protocol: number;
  };
  readonly oracle: { readonly vnicocid: string; readonly vnicsubnetocid: string };
}

/** What schema `log-analytics` has to say of the rule; empty for a flow of which nothing can be said. */
export interface Attribution {
  readonly direction: string;
  readonly ruleStatus?: string;
  readonly ruleKind?: string;
  readonly ruleListId?: string;
  readonly ruleList?: string;
  readonly ruleIndex?: number;
}

/** The network of a generated bucket. The last database's VNIC is gone. */
export function networkOf(seed: string, world: World, subnetId: (subnet: Host["subnet"]) => string): NetworkTruth {
  const resources = vcnResources();
  const names = new OciNames(seed, world);
  const hosts = new Map<string, Host>();
  for (const host of world.hosts) hosts.set(/"vnicocid":"([^"]+)"/.exec(names.fixed(host).after)?.[1] as string, host);
  for (const subnet of world.subnets) {
    const { name, cidr, cidr6 } = subnet;
    const networks = cidr6 === undefined ? { cidrBlock: cidr } : { ipv4CidrBlocks: [cidr], ipv6CidrBlocks: [cidr6] };
    const securityListIds = ["base", name].map(listId);
    resources.subnets.set(subnetId(subnet), { id: subnetId(subnet), displayName: name, ...networks, securityListIds });
  }
  for (const [name, rules] of Object.entries(LISTS)) {
    const of = (direction: ApiRule["direction"]) => rules.filter((one) => one.direction === direction).map(withoutDirection);
    const [ingressSecurityRules, egressSecurityRules] = [of("INGRESS"), of("EGRESS")];
    resources.securityLists.set(listId(name), { id: listId(name), displayName: name, ingressSecurityRules, egressSecurityRules });
  }
  resources.networkSecurityGroups.set(GROUP_ID, { id: GROUP_ID, displayName: "databases" });
  resources.securityRules.set(GROUP_ID, GROUP as unknown as Record<string, unknown>[]);
  const databases = [...hosts].filter(([, { role }]) => role === "database").map(([vnic]) => vnic);
  const gone = databases.at(-1) as string;
  for (const [id, { address, address6 }] of hosts) {
    if (id === gone) continue;
    const nsgIds = databases.includes(id) ? [GROUP_ID] : [];
    resources.vnics.set(id, { id, privateIp: address, ipv6Addresses: address6 === undefined ? [] : [address6], nsgIds });
  }
  return { resources, gone, attribute: (event) => attribute(event, hosts, gone) };
}

function withoutDirection({ direction: _, ...rest }: ApiRule): object {
  return rest;
}

interface Candidate {
  readonly rule: ApiRule;
  readonly kind: string;
  readonly listId: string;
  readonly list: string;
  readonly index: number;
}

/**
 * What the rules say of a record, straight from their words: undefined where more than the rules would have to be known. Which list,
 * group and direction a rule stands in is counted here anew; a second implementation, for rules like those above.
 */
function attribute({ data, oracle }: Event, hosts: ReadonlyMap<string, Host>, gone: string): Attribution | undefined {
  if (data.status !== "OK") return { direction: "unknown" };
  const host = hosts.get(oracle.vnicocid) as Host;
  const { sourceAddress: source, destinationAddress: destination } = data;
  const inside = (address: string) => [host.subnet.cidr, host.subnet.cidr6].some((cidr) => cidr && contains(cidr, address));
  if (!inside(source) && !inside(destination)) return { direction: "unknown" };
  const direction = inside(source) ? "egress" : "ingress";
  // Between two addresses of one subnet the VNIC's own says which way the rules look.
  const own = oracle.vnicocid === gone ? [] : [host.address, host.address6];
  const within = inside(source) && inside(destination);
  const incoming = within && own.includes(destination) ? true : within && own.includes(source) ? false : direction === "ingress";
  const candidates = governing(host, oracle.vnicocid === gone);
  const peer = incoming ? source : destination;
  const covering = (ingress: boolean, port: number) =>
    candidates.filter((one) => covers(one.rule, ingress, data.protocol, port, peer));
  const forward = narrowest(covering(incoming, data.destinationPort));
  const back = data.action === "REJECT" ? undefined : narrowest(covering(!incoming, data.sourcePort));
  if (forward !== undefined && back !== undefined && namesPort(forward) === namesPort(back)) return undefined;
  const reply = back !== undefined && (forward === undefined || (namesPort(back) && !namesPort(forward)));
  const found = reply ? back : forward;
  if (found === undefined) return oracle.vnicocid === gone ? { direction } : { direction, ruleStatus: "unexplained" };
  const { kind, listId: ruleListId, list: ruleList, index: ruleIndex } = found;
  return { direction, ruleStatus: reply ? "reply" : "matched", ruleKind: kind, ruleListId, ruleList, ruleIndex };
}

/** The rules of the host's subnet and, if its VNIC is known, of its groups. */
function governing({ subnet, role }: Host, gone: boolean): Candidate[] {
  const lists = ["base", subnet.name].flatMap((name) => {
    const places = { INGRESS: 0, EGRESS: 0 };
    return (LISTS[name] ?? []).map((one) => {
      return { rule: one, kind: "security-list", listId: listId(name), list: name, index: places[one.direction]++ };
    });
  });
  if (gone || role !== "database") return lists;
  const group = { kind: "nsg", listId: GROUP_ID, list: "databases" };
  return [...lists, ...GROUP.map((one, index) => ({ rule: one, ...group, index }))];
}

function covers(
  { direction, protocol, source, destination, ...rest }: ApiRule,
  ingress: boolean,
  number: number,
  port: number,
  peer: string,
): boolean {
  const range = (rest.tcpOptions ?? rest.udpOptions)?.destinationPortRange;
  return (
    (direction === "INGRESS") === ingress &&
    (protocol === ALL || protocol === String(number)) &&
    (range === undefined || (range.min <= port && port <= range.max)) &&
    contains(source ?? destination ?? "", peer)
  );
}

const namesPort = ({ rule: { tcpOptions, udpOptions } }: Candidate) => (tcpOptions ?? udpOptions) !== undefined;
const lengthOf = ({ rule: { source, destination } }: Candidate) => Number((source ?? destination)?.split("/")[1]);

/** The one that is narrower than the others by network and by port. The rules above always have one. */
function narrowest(candidates: readonly Candidate[]): Candidate | undefined {
  const [first, second] = candidates.toSorted((a, b) => Number(namesPort(b)) - Number(namesPort(a)) || lengthOf(b) - lengthOf(a));
  if (first !== undefined && second !== undefined && lengthOf(first) <= lengthOf(second))
    throw new Error(`neither of two rules is the narrower one: ${JSON.stringify([first, second])}`);
  return first;
}

const networks = new Map<string, BlockList>();

function contains(cidr: string, address: string): boolean {
  const family = (text: string) => (isIPv6(text) ? "ipv6" : "ipv4");
  const [base = "", length] = cidr.split("/");
  if (family(base) !== family(address)) return false;
  let list = networks.get(cidr);
  if (list === undefined) {
    list = new BlockList();
    list.addSubnet(base, Number(length), family(base));
    networks.set(cidr, list);
  }
  return list.check(address, family(address));
}
