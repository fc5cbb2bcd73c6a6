import type { PortRange, Rule } from "../../enrich/rules/rule.ts";
import type { MembersOf } from "../../enrich/rules/rule-index.ts";
import type { RuleBody } from "../../enrich/rules/writer.ts";
import type { IpAddress } from "../../lib/ip/address.ts";
import { contains, type IpPrefix, parsePrefix } from "../../lib/ip/prefix.ts";

/** Packets as rules look at them. Ports are 0 where the protocol has none. */
export interface Packets {
  readonly direction: "ingress" | "egress";
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly peer: IpAddress;
  readonly local: IpAddress;
}

/** `partial`: more is needed to be sure than flow records say. */
export type Coverage = "no" | "partial" | "yes";

const PRIVATE: readonly IpPrefix[] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"].map(
  (cidr) => parsePrefix(cidr) as IpPrefix,
);

/** Whether a rule covers the packets, whatever it says of them. */
export function covers(rule: RuleBody, packets: Packets, membersOf: MembersOf): Coverage {
  if (rule.direction !== packets.direction) return "no";
  if (rule.protocols !== undefined && !rule.protocols.includes(packets.protocol)) return "no";
  if (!holds(rule.sourcePorts, packets.sourcePort) || !holds(rule.destinationPorts, packets.destinationPort)) return "no";
  if (rule.local !== undefined && !contains(rule.local, packets.local)) return "no";
  const peer = coversPeer(rule, packets.peer, membersOf);
  return peer === "yes" && rule.icmp !== undefined ? "partial" : peer;
}

function coversPeer({ peer }: RuleBody, address: IpAddress, membersOf: MembersOf): Coverage {
  const isPrivate = () => PRIVATE.some((prefix) => contains(prefix, address));
  if (peer.kind === "network") return contains(peer.prefix, address) ? "yes" : "no";
  if (peer.kind === "service") return isPrivate() ? "no" : "partial";
  const members = membersOf(peer.id);
  const isMember = members?.addresses.some((one) => isSame(one, address)) === true;
  if (isMember) return "yes";
  return members?.complete === true || !isPrivate() ? "no" : "partial";
}

function isSame(a: IpAddress, b: IpAddress): boolean {
  return a.family === b.family && a.w0 === b.w0 && a.w1 === b.w1 && a.w2 === b.w2 && a.w3 === b.w3;
}

function holds(range: PortRange | undefined, port: number): boolean {
  return range === undefined || (port >= range.from && port <= range.to);
}

/** Whether everything that the inner rule covers is covered by the outer one as well. What cannot be compared is not. */
export function includes(outer: RuleBody, inner: RuleBody): boolean {
  return (
    outer.direction === inner.direction &&
    includesProtocols(outer.protocols, inner.protocols) &&
    includesIcmp(outer, inner) &&
    includesRange(outer.sourcePorts, inner.sourcePorts) &&
    includesRange(outer.destinationPorts, inner.destinationPorts) &&
    includesPeer(outer, inner) &&
    (outer.local === undefined || (inner.local !== undefined && includesPrefix(outer.local, inner.local)))
  );
}

/** Whether the answers to what a rule lets pass are let pass by the other one. */
export function letsAnswer(rule: RuleBody, other: RuleBody): boolean {
  const answers: RuleBody = {
    ...rule,
    direction: rule.direction === "ingress" ? "egress" : "ingress",
    sourcePorts: rule.destinationPorts,
    destinationPorts: rule.sourcePorts,
  };
  if (includes(other, answers)) return true;
  // Clients draw their ports from those above 1023.
  return rule.sourcePorts === undefined && includes(other, { ...answers, destinationPorts: { from: 1024, to: 65_535 } });
}

function includesProtocols(outer: Rule["protocols"], inner: Rule["protocols"]): boolean {
  return outer === undefined || (inner?.every((protocol) => outer.includes(protocol)) ?? false);
}

function includesIcmp({ icmp: outer }: RuleBody, { icmp: inner }: RuleBody): boolean {
  if (outer === undefined) return true;
  if (inner === undefined || (outer.type !== undefined && outer.type !== inner.type)) return false;
  return outer.code === undefined || outer.code === inner.code;
}

function includesRange(outer: PortRange | undefined, inner: PortRange | undefined): boolean {
  if (outer === undefined) return true;
  return inner !== undefined && outer.from <= inner.from && outer.to >= inner.to;
}

function includesPeer({ peer: outer }: RuleBody, { peer: inner }: RuleBody): boolean {
  if (outer.kind === "network" && inner.kind === "network") return includesPrefix(outer.prefix, inner.prefix);
  if (outer.kind === "group" && inner.kind === "group") return outer.id === inner.id;
  return outer.kind === "service" && inner.kind === "service" && outer.label === inner.label;
}

export function includesPrefix(outer: IpPrefix, inner: IpPrefix): boolean {
  return outer.length <= inner.length && contains(outer, inner.address);
}
