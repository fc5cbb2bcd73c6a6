import type { RuleSet } from "../../enrich/rules/rule.ts";
import { ruleText } from "../../enrich/rules/rule.ts";
import type { NetworkSnapshot, NetworkSubnet } from "../../enrich/rules/snapshot.ts";
import type { RuleBody, RuleWriter } from "../../enrich/rules/writer.ts";
import type { Tables } from "../../enrich/tables/tables.ts";
import type { FlowContext } from "../../flow/flow.ts";
import type { FlowRule } from "../../flow/rule.ts";
import type { Action } from "../../flow/types.ts";
import { parseAddress } from "../../lib/ip/address.ts";
import { contains, parsePrefix } from "../../lib/ip/prefix.ts";

/** What is known of the networks, beside the flows. */
export interface Surroundings {
  readonly networks: readonly NetworkSnapshot[];
  readonly tables: readonly Tables[];
  /** By what `NetworkData.provider` says. */
  readonly writers: ReadonlyMap<string, RuleWriter>;
}

/** Packets, as a rule looks at them at one network interface. */
export interface Packets {
  readonly direction: "ingress" | "egress";
  readonly action: Action | undefined;
  readonly protocol: number;
  /** -1 for a port that is not known. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** The far end and the near end, as text. */
  readonly peer: string;
  readonly local: string;
}

/** What the rules that govern an interface say. */
export interface RuleAnswer {
  readonly packets: Packets;
  /** Undefined where the rules are not known well enough to say so. */
  readonly rule: FlowRule | undefined;
  /** All lists, groups and ACLs that govern it; none where they are not known. */
  readonly sets: readonly RuleSet[];
  readonly provider: string | undefined;
}

/**
 * Asks the rules of a subnet and VNIC; `known` is the answer that stands in a record already. What is rejected is no answer to anything:
 * whoever knows that packets open a connection asks as if they were.
 */
export function askRules(
  { networks }: Surroundings,
  context: Pick<FlowContext, "subnet" | "vnic" | "provider">,
  packets: Packets,
  known?: FlowRule,
): RuleAnswer {
  const [peer, local] = [parseAddress(packets.peer), parseAddress(packets.local)];
  for (const network of networks) {
    const governance = network.governing(context as FlowContext);
    if (governance === undefined) continue;
    const { allowing, acl } = governance.governors;
    const inside = context.subnet === undefined ? undefined : network.subnet(context.subnet);
    const holds = (address: typeof peer) =>
      address !== undefined && inside?.networks.some(({ prefix }) => contains(prefix, address)) === true;
    const rule =
      known ??
      (peer === undefined || local === undefined
        ? undefined
        : governance.explain({ ...packets, peer, local, withinSubnet: holds(peer) && holds(local) })?.rule);
    const provider = network.data.find(({ subnets }) => subnets.has(context.subnet ?? ""))?.provider;
    return { packets, rule, sets: acl === undefined ? allowing : [...allowing, acl], provider };
  }
  return { packets, rule: known, sets: [], provider: context.provider };
}

/** Where the smallest rule would stand that lets the packets pass, and how the console asks for it. */
export interface WantedRule {
  readonly rule: RuleBody;
  readonly text: string;
  readonly list: string | undefined;
  readonly console: readonly string[];
}

/** The smallest rule that covers the packets: this port, this far end. A group of the VNIC is narrower than a list of the subnet. */
export function smallestRule({ writers }: Surroundings, { packets, rule, sets, provider }: RuleAnswer, cidr = ""): WantedRule {
  const { direction, protocol, destinationPort, sourcePort, peer } = packets;
  const hasPorts = protocol === 6 || protocol === 17;
  const isAnswer = hasPorts && sourcePort >= 0 && destinationPort < 0;
  const isDenied = rule?.text?.startsWith("deny ") === true;
  const order: readonly RuleSet["kind"][] = isDenied
    ? ["network-acl"]
    : ["nsg", "security-group", "security-list", "network-acl"];
  const set = order.map((kind) => sets.find((one) => one.kind === kind)).find((one) => one !== undefined);
  const text = cidr === "" ? `${peer}/${peer.includes(":") ? 128 : 32}` : cidr;
  const prefix = parsePrefix(text);
  if (typeof prefix === "string") throw new TypeError(`${text}: ${prefix}`);
  const range = (port: number) => (hasPorts && port >= 0 ? { from: port, to: port } : undefined);
  const body: RuleBody = {
    ...{ direction, action: "allow", protocols: [protocol], icmp: undefined, local: undefined },
    sourcePorts: isAnswer ? range(sourcePort) : undefined,
    destinationPorts: range(destinationPort),
    peer: { kind: "network", prefix, cidr: text },
    stateless: isAnswer || set?.kind === "network-acl",
  };
  const place = { kind: set?.kind ?? ("security-list" as const), id: set?.id ?? "", name: set?.name };
  const words = ruleText({ ...body, ...place, listId: place.id, listName: place.name, index: 0 });
  const writer = set === undefined ? undefined : writers.get(provider ?? "");
  return { rule: body, text: words, list: set && listName(set), console: writer?.inConsole(body, place) ?? [] };
}

const KINDS: Readonly<Record<RuleSet["kind"], string>> = {
  "security-list": "security list",
  nsg: "network security group",
  "security-group": "security group",
  "network-acl": "network ACL",
};

/** `security list "default"`. */
export function listName({ kind, id, name }: Pick<RuleSet, "kind" | "id" | "name">): string {
  return `${KINDS[kind]} "${name ?? id}"`;
}

/** The subnets of which it is known that they hold the address: by tables and networks, the narrowest ones. */
export function subnetsHolding({ networks, tables }: Surroundings, address: string): Pick<NetworkSubnet, "id" | "name">[] {
  const ip = parseAddress(address);
  if (ip === undefined) return [];
  const all = new Map<string, { id: string; name: string | undefined; length: number }>();
  const known = [...tables.map((each) => each.subnets), ...networks.flatMap(({ data }) => data.map(({ subnets }) => subnets))];
  for (const subnets of known) {
    for (const { id, name, networks: own } of subnets.values()) {
      const length = Math.max(-1, ...own.filter(({ prefix }) => contains(prefix, ip)).map(({ prefix }) => prefix.length));
      if (length >= 0 && !all.has(id)) all.set(id, { id, name, length });
    }
  }
  const narrowest = Math.max(-1, ...[...all.values()].map(({ length }) => length));
  return [...all.values()].filter(({ length }) => length === narrowest);
}

/** The VNIC that has the address, where a network says so. */
export function vnicOf({ networks }: Surroundings, address: string): string | undefined {
  const ip = parseAddress(address);
  if (ip === undefined) return undefined;
  const isSame = ({ family, w0, w1, w2, w3 }: typeof ip) =>
    family === ip.family && w0 === ip.w0 && w1 === ip.w1 && w2 === ip.w2 && w3 === ip.w3;
  for (const { data } of networks) {
    for (const { vnics } of data) {
      for (const { id, addresses } of vnics.values()) if (addresses.some(isSame)) return id;
    }
  }
  return undefined;
}
