import { isObject } from "./document.ts";
import type { SeedList } from "./rule.ts";

/**
 * The list in the form that the enrichment script writes: every key there, null for what the rule does not say. Rules that cannot be
 * understood stand in it as well, so that each rule keeps its place.
 */
export function seedList(
  id: string,
  name: string | undefined,
  ingress: readonly unknown[],
  egress: readonly unknown[],
): SeedList {
  return Object.freeze({
    display_name: name ?? null,
    security_list_ocid: id,
    ingress_security_rules: ingress.map((rule) => seedRule(rule, "source")),
    egress_security_rules: egress.map((rule) => seedRule(rule, "destination")),
  });
}

function seedRule(value: unknown, side: "source" | "destination"): object {
  const rule = isObject(value) ? value : {};
  const icmp = rule.icmpOptions;
  return {
    description: rule.description ?? null,
    icmp_options: isObject(icmp) ? { code: icmp.code ?? null, type: icmp.type ?? null } : null,
    is_stateless: rule.isStateless ?? null,
    protocol: rule.protocol ?? null,
    [side]: rule[side] ?? null,
    [`${side}_type`]: rule[`${side}Type`] ?? null,
    tcp_options: portOptions(rule.tcpOptions),
    udp_options: portOptions(rule.udpOptions),
  };
}

function portOptions(options: unknown): object | null {
  if (!isObject(options)) return null;
  return {
    destination_port_range: range(options.destinationPortRange),
    source_port_range: range(options.sourcePortRange),
  };
}

function range(ports: unknown): object {
  return isObject(ports) ? { max: ports.max ?? null, min: ports.min ?? null } : { max: null, min: null };
}
