import type { PortRange, RuleSet, SeedList } from "../../../enrich/rules/rule.ts";
import type { RuleBody, RuleWriter, WrittenRule } from "../../../enrich/rules/writer.ts";

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
  json(set, rules) {
    const api = rules.map((rule) => standing(set.seed, rule) ?? apiRule(rule));
    if (set.kind === "nsg") {
      const securityRules = api.map((one, index) => ({ direction: rules[index]?.body.direction.toUpperCase(), ...one }));
      return { nsgId: set.id, securityRules };
    }
    const of = (direction: RuleBody["direction"]) => api.filter((_, index) => rules[index]?.body.direction === direction);
    return { securityListId: set.id, ingressSecurityRules: of("ingress"), egressSecurityRules: of("egress") };
  },
  terraform(set, rules) {
    const name = (set.name ?? set.id).toLowerCase().replaceAll(/[^a-z0-9_]+/g, "_");
    const whole = rules.map((rule) => ({ rule, api: standing(set.seed, rule) ?? apiRule(rule) }));
    if (set.kind === "nsg") {
      return whole
        .map(({ rule, api }, index) => {
          const lines = [
            `network_security_group_id = ${quoted(set.id)}`,
            `direction = ${quoted(rule.body.direction.toUpperCase())}`,
          ];
          const resource = `resource "oci_core_network_security_group_security_rule" ${quoted(`${name}_${index + 1}`)}`;
          return block(resource, [...lines, ...members(api, true)]).join("\n");
        })
        .join("\n\n")
        .concat("\n");
    }
    const lines = [
      "# compartment_id and vcn_id stay as they are in your configuration",
      `display_name = ${quoted(set.name ?? set.id)}`,
      ...whole.flatMap(({ rule, api }) => block(`${rule.body.direction}_security_rules`, members(api))),
    ];
    return `# ${set.id}\n${block(`resource "oci_core_security_list" ${quoted(name)}`, lines).join("\n")}\n`;
  },
};

type ApiRule = Readonly<Record<string, unknown>>;

/** A rule of a security list that stays, as the list has it, with its description. */
function standing(seed: SeedList | undefined, { body, index }: WrittenRule): ApiRule | undefined {
  if (seed === undefined || index === undefined) return undefined;
  const rule = (body.direction === "ingress" ? seed.ingress_security_rules : seed.egress_security_rules)[index];
  return rule === undefined ? undefined : (camel(rule) as ApiRule);
}

/** Keys in the API's spelling; what is null, and ranges without bounds, are left out. */
function camel(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, member]) => [key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), camel(member)] as const)
    .filter(([, member]) => member !== null && !(typeof member === "object" && Object.keys(member as object).length === 0));
  return Object.fromEntries(entries);
}

function apiRule({ body, description }: WrittenRule): ApiRule {
  const { direction, protocols, sourcePorts, destinationPorts, peer, icmp, stateless } = body;
  const side = direction === "ingress" ? "source" : "destination";
  const [protocol] = protocols ?? [];
  const ports = {
    ...(destinationPorts && { destinationPortRange: { min: destinationPorts.from, max: destinationPorts.to } }),
    ...(sourcePorts && { sourcePortRange: { min: sourcePorts.from, max: sourcePorts.to } }),
  };
  const options = protocol === 6 ? "tcpOptions" : "udpOptions";
  return {
    ...(description !== undefined && { description: description.slice(0, 255) }),
    isStateless: stateless,
    protocol: protocol === undefined ? "all" : String(protocol),
    [side]: peer.kind === "network" ? peer.cidr : peer.kind === "service" ? peer.label : peer.id,
    [`${side}Type`]: { network: "CIDR_BLOCK", service: "SERVICE_CIDR_BLOCK", group: "NETWORK_SECURITY_GROUP" }[peer.kind],
    ...(Object.keys(ports).length > 0 && { [options]: ports }),
    ...(icmp?.type !== undefined && { icmpOptions: { type: icmp.type, ...(icmp.code !== undefined && { code: icmp.code }) } }),
  };
}

/** Members of a rule in Terraform, whose names are the API's but for the bounds of ports. */
function members(rule: ApiRule, ofGroup = false): string[] {
  return Object.entries(rule).flatMap(([key, value]) => {
    const name = key === "isStateless" ? "stateless" : key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (typeof value !== "object" || value === null) {
      return [`${name} = ${typeof value === "string" ? quoted(value) : String(value)}`];
    }
    const inner = value as Readonly<Record<string, unknown>>;
    const { destinationPortRange, ...others } = inner;
    // A security list's rule has the bounds of the destination in its options themselves, all others are blocks.
    if (ofGroup || destinationPortRange === undefined) return block(name, members(inner, ofGroup));
    return block(name, [...members(destinationPortRange as ApiRule), ...members(others)]);
  });
}

function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...lines.map((line) => `  ${line}`), "}"];
}

/** A text in Terraform, where `${` and `%{` would begin something. */
function quoted(text: string): string {
  return JSON.stringify(text)
    .replaceAll("${", () => "$${")
    .replaceAll("%{", "%%{");
}

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
