import type { PortRange } from "../../../enrich/rules/rule.ts";
import type { RuleBody, RuleWriter } from "../../../enrich/rules/writer.ts";

const PROTOCOLS: Readonly<Record<number, string>> = { 1: "ICMP", 6: "TCP", 17: "UDP" };

/** Rules in the words of IBM Cloud's console. */
export const ibmRuleWriter: RuleWriter = {
  inConsole(rule, { kind, id, name }) {
    const [protocol] = rule.protocols ?? [];
    const way = rule.direction === "ingress" ? "Inbound" : "Outbound";
    const list = name ?? id;
    const isTransport = protocol === 6 || protocol === 17;
    const protocolLine = `Protocol: ${protocol === undefined ? "ALL" : (PROTOCOLS[protocol] ?? `number ${protocol}`)}`;
    if (kind === "network-acl") {
      const [source, destination] = endsOf(rule);
      return [
        `VPC > Access control lists > ${list} > ${way} rules > Create`,
        `Allow or deny: ${rule.action === "deny" ? "Deny" : "Allow"}`,
        protocolLine,
        `Source: ${source}`,
        ...(isTransport ? [`Source port min, max: ${portsOf(rule.sourcePorts)}`] : []),
        `Destination: ${destination}`,
        ...(isTransport ? [`Destination port min, max: ${portsOf(rule.destinationPorts)}`] : []),
        "Priority: above the rule that denies it",
      ];
    }
    const end = rule.direction === "ingress" ? "Source" : "Destination";
    const type = rule.peer.kind === "group" ? "Security group" : "IP address or CIDR block";
    return [
      `VPC > Security groups > ${list} > ${way} rules > Create`,
      protocolLine,
      ...(isTransport ? [`Port range: ${portsOf(rule.destinationPorts)}`] : []),
      `${end} type: ${type}`,
      `${end}: ${peerOf(rule)}`,
    ];
  },
};

function peerOf({ peer }: RuleBody): string {
  if (peer.kind === "network") return peer.cidr;
  return peer.kind === "service" ? peer.label : (peer.name ?? peer.id);
}

function endsOf(rule: RuleBody): [source: string, destination: string] {
  return rule.direction === "ingress" ? [peerOf(rule), "Any"] : ["Any", peerOf(rule)];
}

function portsOf(range: PortRange | undefined): string {
  return range === undefined ? "1, 65535" : `${range.from}, ${range.to}`;
}
