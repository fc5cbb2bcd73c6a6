import type { PortRange, RuleSet } from "../../../enrich/rules/rule.ts";
import type { RuleBody, RuleWriter } from "../../../enrich/rules/writer.ts";

const PROTOCOLS: Readonly<Record<number, string>> = { 1: "ICMP", 6: "TCP", 17: "UDP", 58: "IPv6-ICMP" };

/** Rules in the words of OCI's console. */
export const ociRuleWriter: RuleWriter = {
  inConsole(rule, set) {
    const side = rule.direction === "ingress" ? "Source" : "Destination";
    return [
      placeOf(rule, set),
      `Stateless: ${rule.stateless ? "yes" : "no"}`,
      `${side} Type: ${{ network: "CIDR", service: "Service", group: "Network Security Group" }[rule.peer.kind]}`,
      `${side} ${peerOf(rule)}`,
      ...protocolsOf(rule),
    ];
  },
};

function placeOf({ direction }: RuleBody, { kind, id, name }: Pick<RuleSet, "kind" | "id" | "name">): string {
  const rules = direction === "ingress" ? "Ingress" : "Egress";
  const list = name ?? id;
  if (kind === "nsg") return `Networking > Network Security Groups > ${list} > Security Rules > Add Rules (Direction: ${rules})`;
  return `Networking > Virtual Cloud Networks > Security Lists > ${list} > ${rules} Rules > Add ${rules} Rules`;
}

function peerOf({ peer }: RuleBody): string {
  if (peer.kind === "network") return `CIDR: ${peer.cidr}`;
  return peer.kind === "service" ? `Service: ${peer.label}` : `NSG: ${peer.name ?? peer.id}`;
}

function protocolsOf({ protocols, sourcePorts, destinationPorts, icmp }: RuleBody): string[] {
  const [protocol] = protocols ?? [];
  if (protocol === undefined) return ["IP Protocol: All Protocols"];
  const lines = [`IP Protocol: ${PROTOCOLS[protocol] ?? protocol}`];
  if (protocol === 6 || protocol === 17) {
    lines.push(`Source Port Range: ${portsOf(sourcePorts)}`, `Destination Port Range: ${portsOf(destinationPorts)}`);
  }
  if (icmp !== undefined) lines.push(`Type and Code: ${icmp.type ?? "All"}, ${icmp.code ?? "All"}`);
  return lines;
}

function portsOf(range: PortRange | undefined): string {
  if (range === undefined) return "All";
  return range.from === range.to ? String(range.from) : `${range.from}-${range.to}`;
}
