import type { PortRange } from "../../../enrich/rules/rule.ts";
import type { RuleBody, RuleWriter, WrittenRule } from "../../../enrich/rules/writer.ts";
import { formatIpv4 } from "../../../lib/ip/ipv4.ts";

const PROTOCOLS: Readonly<Record<number, string>> = { 1: "ICMP", 6: "TCP", 17: "UDP" };

/** Rules in the words of IBM Cloud's console. */
export const ibmRuleWriter: RuleWriter = {
  inConsole(rule, { kind, id, name }) {
    const [protocol] = rule.protocols ?? [];
    const way = rule.direction === "ingress" ? "Inbound" : "Outbound";
    const list = name ?? id;
    const hasPorts = protocol === 6 || protocol === 17;
    const protocolLine = `Protocol: ${protocol === undefined ? "ALL" : (PROTOCOLS[protocol] ?? `number ${protocol}`)}`;
    if (kind === "network-acl") {
      const [source, destination] = endsOf(rule);
      return [
        `VPC > Access control lists > ${list} > ${way} rules > Create`,
        `Allow or deny: ${rule.action === "deny" ? "Deny" : "Allow"}`,
        protocolLine,
        `Source: ${source}`,
        ...(hasPorts ? [`Source port min, max: ${portsOf(rule.sourcePorts)}`] : []),
        `Destination: ${destination}`,
        ...(hasPorts ? [`Destination port min, max: ${portsOf(rule.destinationPorts)}`] : []),
        "Priority: above the rule that denies it",
      ];
    }
    const end = rule.direction === "ingress" ? "Source" : "Destination";
    const type = rule.peer.kind === "group" ? "Security group" : "IP address or CIDR block";
    return [
      `VPC > Security groups > ${list} > ${way} rules > Create`,
      protocolLine,
      ...(hasPorts ? [`Port range: ${portsOf(rule.destinationPorts)}`] : []),
      `${end} type: ${type}`,
      `${end}: ${peerOf(rule)}`,
    ];
  },
  json({ kind, id, name }, rules) {
    const head = { id, ...(name !== undefined && { name }) };
    return { ...head, rules: rules.map((rule, index) => (kind === "network-acl" ? aclRule(rule, index) : groupRule(rule))) };
  },
  terraform({ kind, id, name }, rules) {
    const label = (name ?? id).toLowerCase().replaceAll(/[^a-z0-9_]+/g, "_");
    if (kind === "network-acl") {
      const lines = rules.flatMap((rule, index) => terraformBlock("rules", terraformRule(rule, aclRule(rule, index))));
      const note = "# vpc and resource_group stay as they are in your configuration";
      const resource = `resource "ibm_is_network_acl" ${quoted(label)}`;
      const body = terraformBlock(resource, [note, `name = ${quoted(name ?? id)}`, ...lines]);
      return `# ${id}\n${body.join("\n")}\n`;
    }
    const resources = rules.map((rule, index) => {
      const resource = `resource "ibm_is_security_group_rule" ${quoted(`${label}_${index + 1}`)}`;
      return terraformBlock(resource, [`group = ${quoted(id)}`, ...terraformRule(rule, groupRule(rule))]).join("\n");
    });
    return `${resources.join("\n\n")}\n`;
  },
};

type ApiRule = Readonly<Record<string, unknown>>;

/** Names of protocols in the API. */
const API_PROTOCOLS: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp" };

function protocolOf({ protocols }: RuleBody): string {
  const [protocol] = protocols ?? [];
  if (protocol === undefined) return "all";
  return (protocols?.length ?? 0) > 1 ? "icmp_tcp_udp" : (API_PROTOCOLS[protocol] ?? `number_${protocol}`);
}

const isTransport = (protocol: string): boolean => protocol === "tcp" || protocol === "udp";

function groupRule({ body }: WrittenRule): ApiRule {
  const protocol = protocolOf(body);
  const { peer, local, destinationPorts, icmp, direction } = body;
  const end = (cidr: string) => (cidr.includes("/") ? { cidr_block: cidr } : { address: cidr });
  return {
    direction: direction === "ingress" ? "inbound" : "outbound",
    ip_version: "ipv4",
    protocol,
    ...(isTransport(protocol) && destinationPorts && { port_min: destinationPorts.from, port_max: destinationPorts.to }),
    ...(icmp?.type !== undefined && { type: icmp.type, ...(icmp.code !== undefined && { code: icmp.code }) }),
    remote: peer.kind === "network" ? end(peer.cidr) : { id: peer.kind === "group" ? peer.id : peer.label },
    ...(local !== undefined && { local: end(textOf(local)) }),
  };
}

function aclRule({ body }: WrittenRule, index: number): ApiRule {
  const protocol = protocolOf(body);
  const { direction, action, local, sourcePorts, destinationPorts, icmp } = body;
  const near = local === undefined ? "0.0.0.0/0" : textOf(local);
  const inbound = direction === "ingress";
  return {
    name: `rule-${index + 1}`,
    action,
    direction: inbound ? "inbound" : "outbound",
    ip_version: "ipv4",
    source: inbound ? peerOf(body) : near,
    destination: inbound ? near : peerOf(body),
    protocol,
    ...(isTransport(protocol) && {
      source_port_min: sourcePorts?.from ?? 1,
      source_port_max: sourcePorts?.to ?? 65_535,
      destination_port_min: destinationPorts?.from ?? 1,
      destination_port_max: destinationPorts?.to ?? 65_535,
    }),
    ...(icmp?.type !== undefined && { type: icmp.type, ...(icmp.code !== undefined && { code: icmp.code }) }),
  };
}

function textOf({ address, length }: NonNullable<RuleBody["local"]>): string {
  return `${formatIpv4(address.w0)}/${length}`;
}

/** Terraform's provider puts ports and types into a block that is called after the protocol. */
function terraformRule({ body }: WrittenRule, api: ApiRule): string[] {
  const protocol = protocolOf(body);
  const line = (name: string, value: unknown) => `${name} = ${typeof value === "string" ? quoted(value) : String(value)}`;
  const names = ["name", "action", "direction", "ip_version", "source", "destination"];
  const lines = names.filter((name) => api[name] !== undefined).map((name) => line(name, api[name]));
  const end = (key: "remote" | "local") => {
    const value = api[key] as Readonly<Record<string, string>> | undefined;
    return value === undefined ? [] : [line(key, Object.values(value)[0])];
  };
  lines.push(...end("remote"), ...end("local"));
  if (isTransport(protocol)) {
    const renamed = [
      ...(["port_min", "port_max", "source_port_min", "source_port_max"] as const).map((name) => [name, name] as const),
      ...([
        ["port_min", "destination_port_min"],
        ["port_max", "destination_port_max"],
      ] as const),
    ];
    const inner = renamed.filter(([, key]) => api[key] !== undefined).map(([name, key]) => line(name, api[key]));
    return [...lines, ...terraformBlock(protocol, inner)];
  }
  if (protocol !== "icmp") return protocol === "all" ? lines : [...lines, line("protocol", protocol)];
  const inner = ["type", "code"].filter((name) => api[name] !== undefined).map((name) => line(name, api[name]));
  return [...lines, ...terraformBlock("icmp", inner)];
}

function terraformBlock(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...lines.map((line) => `  ${line}`), "}"];
}

/** A text in Terraform, where `${` and `%{` would begin something. */
function quoted(text: string): string {
  return JSON.stringify(text)
    .replaceAll("${", () => "$${")
    .replaceAll("%{", "%%{");
}

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
