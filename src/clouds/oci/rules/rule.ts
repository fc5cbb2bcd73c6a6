import { z } from "zod";
import { type Peer, type Rule, ruleText } from "../../../enrich/rules/rule.ts";
import { parsePrefix } from "../../../lib/ip/prefix.ts";

const port = z.int("expected a port number from 0 to 65535").min(0).max(65_535);
const portRange = z
  .object({ min: port, max: port })
  .refine(({ min, max }) => min <= max, "the range ends before it begins: exchange min and max");
const portOptions = z.object({ destinationPortRange: portRange.nullish(), sourcePortRange: portRange.nullish() });
const byte = z.int("expected a number from 0 to 255").min(0).max(255);
const icmpOptions = z.object({ type: byte, code: byte.nullish() });

const ICMP = [1, 58];
const OPTIONS: Readonly<Record<string, readonly number[]>> = { tcpOptions: [6], udpOptions: [17], icmpOptions: ICMP };

/** `all`, or an IANA number as text: undefined for all. */
const protocol = z.union([z.string(), z.int()]).transform((value, context): number | undefined => {
  const text = String(value);
  if (text.toLowerCase() === "all") return undefined;
  const number = Number(text);
  if (/^\d{1,3}$/.test(text) && number <= 255) return number;
  context.addIssue({
    code: "custom",
    message: `${JSON.stringify(value)} is no protocol: write all, or an IANA number such as "6" (TCP), "17" (UDP), "1" (ICMP)`,
  });
  return z.NEVER;
});

/** A rule as the API has it: `IngressSecurityRule` and `EgressSecurityRule` of a security list, `SecurityRule` of an NSG. */
export const ociRule = z
  .looseObject({
    protocol,
    description: z.string().nullish(),
    isStateless: z.boolean().nullish(),
    source: z.string().nullish(),
    sourceType: z.string().nullish(),
    destination: z.string().nullish(),
    destinationType: z.string().nullish(),
    /** Of an NSG's rules alone. */
    direction: z.enum(["INGRESS", "EGRESS"]).nullish(),
    icmpOptions: icmpOptions.nullish(),
    tcpOptions: portOptions.nullish(),
    udpOptions: portOptions.nullish(),
  })
  .superRefine((rule, context) => {
    for (const [name, value] of Object.entries(rule)) {
      if (!name.endsWith("Options") || value === null || value === undefined) continue;
      const allowed = OPTIONS[name];
      if (allowed === undefined) {
        context.addIssue({ code: "custom", path: [name], message: "is an option that this program does not know: update it" });
      } else if (rule.protocol === undefined || !allowed.includes(rule.protocol)) {
        const message = `belongs to protocol ${allowed.join(" or ")}, the rule is for ${rule.protocol ?? "all"}`;
        context.addIssue({ code: "custom", path: [name], message });
      }
    }
  });

export type OciRule = z.output<typeof ociRule>;

type Place = Pick<Rule, "kind" | "listId" | "listName" | "index" | "direction">;

/** The rule, or the reason why its far end cannot be understood, with the key that holds it. */
export function readOciRule(given: OciRule, place: Place, groupName: (id: string) => string | undefined): Rule | Problem {
  const side = place.direction === "ingress" ? "source" : "destination";
  const peer = peerOf(given[side], given[`${side}Type`], side, groupName);
  if ("reason" in peer) return peer;
  const ports = given.tcpOptions ?? given.udpOptions;
  const rule: Omit<Rule, "text"> = {
    ...place,
    action: "allow",
    protocols: given.protocol === undefined ? undefined : [given.protocol],
    icmp: given.icmpOptions ? { type: given.icmpOptions.type, code: given.icmpOptions.code ?? undefined } : undefined,
    sourcePorts: rangeOf(ports?.sourcePortRange),
    destinationPorts: rangeOf(ports?.destinationPortRange),
    peer,
    local: undefined,
    stateless: given.isStateless ?? false,
  };
  return Object.freeze({ ...rule, text: ruleText(rule) });
}

export interface Problem {
  readonly key: string;
  readonly reason: string;
}

function peerOf(
  value: string | null | undefined,
  type: string | null | undefined,
  side: "source" | "destination",
  groupName: (id: string) => string | undefined,
): Peer | Problem {
  if (value === null || value === undefined || value === "") {
    return { key: side, reason: `is missing: a rule says which ${side} it is for` };
  }
  switch (type ?? "CIDR_BLOCK") {
    case "CIDR_BLOCK": {
      const prefix = parsePrefix(value);
      if (typeof prefix === "string") return { key: side, reason: `${JSON.stringify(value)}: ${prefix}` };
      return { kind: "network", prefix, cidr: value };
    }
    case "SERVICE_CIDR_BLOCK":
      return { kind: "service", label: value };
    case "NETWORK_SECURITY_GROUP":
      return { kind: "group", id: value, name: groupName(value) };
    default:
      return {
        key: `${side}Type`,
        reason: `${JSON.stringify(type)} is none of CIDR_BLOCK, SERVICE_CIDR_BLOCK, NETWORK_SECURITY_GROUP`,
      };
  }
}

function rangeOf(range: { min: number; max: number } | null | undefined): Rule["sourcePorts"] {
  return range ? { from: range.min, to: range.max } : undefined;
}
