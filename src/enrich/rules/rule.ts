import type { Word } from "../../flow/types.ts";
import type { IpPrefix } from "../../lib/ip/prefix.ts";

/** Both ends belong to the range. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** The far end that a rule speaks of: a network, a service's label (`all-iad-services-in-oracle-services-network`), or a group of VNICs. */
export type Peer =
  | { readonly kind: "network"; readonly prefix: IpPrefix; readonly cidr: string }
  | { readonly kind: "service"; readonly label: string }
  | { readonly kind: "group"; readonly id: string; readonly name: string | undefined };

/** One rule of a security list, a group or an access control list, whatever the provider. */
export interface Rule {
  readonly kind: Word<"ruleKind">;
  readonly listId: string;
  readonly listName: string | undefined;
  /** Place in the list's rules of this direction, from 0; for NSGs, security groups and ACLs in the list's rules. */
  readonly index: number;
  readonly direction: "ingress" | "egress";
  readonly action: "allow" | "deny";
  /** IANA protocol numbers; undefined for all. */
  readonly protocols: readonly number[] | undefined;
  readonly icmp: IcmpOptions | undefined;
  readonly sourcePorts: PortRange | undefined;
  readonly destinationPorts: PortRange | undefined;
  readonly peer: Peer;
  /** The near end that the rule is limited to; undefined for every address of the VNIC. */
  readonly local: IpPrefix | undefined;
  readonly stateless: boolean;
  /** As in `ingress tcp 22 from 0.0.0.0/0`. */
  readonly text: string;
}

export interface IcmpOptions {
  readonly type: number | undefined;
  readonly code: number | undefined;
}

/** A security list, an NSG, a security group or a network ACL, as far as it could be read. */
export interface RuleSet {
  readonly id: string;
  readonly name: string | undefined;
  readonly kind: Word<"ruleKind">;
  readonly rules: readonly Rule[];
  /** Rules that could not be understood, and are missing above. */
  readonly unreadable: number;
  /** The list as the enrichment script writes it into `security_lists`; for security lists alone. */
  readonly seed: SeedList | undefined;
}

/** One element of `security_lists` in schema `seed`. */
export interface SeedList {
  readonly display_name: string | null;
  readonly security_list_ocid: string;
  readonly ingress_security_rules: readonly object[];
  readonly egress_security_rules: readonly object[];
}

const PROTOCOLS: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6" };

/** `tcp`, `icmp/tcp/udp`, `protocol 47`, `all`. */
function protocolText(protocols: readonly number[] | undefined): string {
  if (protocols === undefined) return "all";
  return protocols.map((number) => PROTOCOLS[number] ?? `protocol ${number}`).join("/");
}

function portsText({ from, to }: PortRange): string {
  return from === to ? String(from) : `${from}-${to}`;
}

function peerText(peer: Peer): string {
  if (peer.kind === "network") return peer.cidr;
  return peer.kind === "service" ? peer.label : `group ${peer.name ?? peer.id}`;
}

/** The rule in one short line: `ingress tcp 22 from 0.0.0.0/0`, `egress icmp type 3 code 4 to 10.0.0.0/8`, `deny ingress all from …`. */
export function ruleText(rule: Omit<Rule, "text">): string {
  const parts = rule.action === "deny" ? ["deny"] : [];
  parts.push(rule.direction, protocolText(rule.protocols));
  if (rule.destinationPorts !== undefined) parts.push(portsText(rule.destinationPorts));
  if (rule.icmp?.type !== undefined) parts.push(`type ${rule.icmp.type}`);
  if (rule.icmp?.code !== undefined) parts.push(`code ${rule.icmp.code}`);
  parts.push(rule.direction === "ingress" ? "from" : "to", peerText(rule.peer));
  if (rule.sourcePorts !== undefined) parts.push(`source port ${portsText(rule.sourcePorts)}`);
  return parts.join(" ");
}
