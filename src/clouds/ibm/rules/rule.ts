import { z } from "zod";
import { type IcmpOptions, type Peer, type PortRange, type Rule, ruleText } from "../../../enrich/rules/rule.ts";
import { type IpPrefix, parsePrefix } from "../../../lib/ip/prefix.ts";

const NAMED: Readonly<Record<string, readonly number[] | undefined>> = {
  all: undefined,
  any: undefined,
  tcp: [6],
  udp: [17],
  icmp: [1],
  icmp_tcp_udp: [1, 6, 17],
  ah: [51],
  esp: [50],
  gre: [47],
  ip_in_ip: [4],
  l2tp: [115],
  rsvp: [46],
  sctp: [132],
  vrrp: [112],
};

const protocol = z.string().transform((text, context): readonly number[] | undefined => {
  if (Object.hasOwn(NAMED, text)) return NAMED[text];
  const number = /^number_(\d{1,3})$/.exec(text)?.[1];
  if (number !== undefined && Number(number) <= 255) return [Number(number)];
  context.addIssue({
    code: "custom",
    message: `${JSON.stringify(text)} is no protocol: known are ${Object.keys(NAMED).join(", ")}, and number_N`,
  });
  return z.NEVER;
});

const port = z.int("expected a port number from 0 to 65535").min(0).max(65_535).nullish();
const byte = z.int("expected a number from 0 to 255").min(0).max(255).nullish();
const direction = z.enum(["inbound", "outbound"]);

const end = z.object({
  cidrBlock: z.string().nullish(),
  address: z.string().nullish(),
  id: z.string().nullish(),
  name: z.string().nullish(),
});

/** A rule of a security group, as `ibmcloud is security-groups` prints it. */
export const ibmGroupRule = z.object({
  direction,
  protocol,
  portMin: port,
  portMax: port,
  type: byte,
  code: byte,
  remote: end.nullish(),
  local: end.nullish(),
});

/** A rule of a network ACL, as `ibmcloud is network-acls` prints it. */
export const ibmAclRule = z.object({
  action: z.enum(["allow", "deny"]),
  direction,
  protocol,
  source: z.string(),
  destination: z.string(),
  sourcePortMin: port,
  sourcePortMax: port,
  destinationPortMin: port,
  destinationPortMax: port,
  type: byte,
  code: byte,
});

type Place = Pick<Rule, "kind" | "listId" | "listName" | "index">;

interface Problem {
  readonly key: string;
  readonly reason: string;
}

/** The rule, or what is wrong with one of its ends. */
export function readGroupRule(given: z.output<typeof ibmGroupRule>, place: Place): Rule | Problem {
  const peer = peerOf(given.remote);
  if ("reason" in peer) return peer;
  const near = given.local === undefined || given.local === null ? undefined : peerOf(given.local);
  if (near !== undefined && "reason" in near) return { ...near, key: "local" };
  if (near !== undefined && near.kind !== "network") return { key: "local", reason: "is neither address nor network" };
  return finished({
    ...place,
    direction: given.direction === "inbound" ? "ingress" : "egress",
    action: "allow",
    protocols: given.protocol,
    icmp: icmpOf(given),
    sourcePorts: undefined,
    destinationPorts: range(given.portMin, given.portMax),
    peer,
    local: limited(near?.prefix),
    stateless: false,
  });
}

/** The rule, or what is wrong with one of its ends. */
export function readAclRule(given: z.output<typeof ibmAclRule>, place: Place): Rule | Problem {
  const source = networkOf(given.source);
  if (typeof source === "string") return { key: "source", reason: source };
  const destination = networkOf(given.destination);
  if (typeof destination === "string") return { key: "destination", reason: destination };
  const inbound = given.direction === "inbound";
  return finished({
    ...place,
    direction: inbound ? "ingress" : "egress",
    action: given.action,
    protocols: given.protocol,
    icmp: icmpOf(given),
    sourcePorts: range(given.sourcePortMin, given.sourcePortMax),
    destinationPorts: range(given.destinationPortMin, given.destinationPortMax),
    peer: inbound ? source : destination,
    local: limited(inbound ? destination.prefix : source.prefix),
    stateless: true,
  });
}

function finished(rule: Omit<Rule, "text">): Rule {
  return Object.freeze({ ...rule, text: ruleText(rule) });
}

type Network = Extract<Peer, { kind: "network" }>;

function peerOf(given: z.output<typeof end> | null | undefined): Peer | Problem {
  if (given?.id) return { kind: "group", id: given.id, name: given.name ?? undefined };
  // Without a remote, a rule is for any.
  const network = networkOf(given?.cidrBlock ?? given?.address ?? "0.0.0.0/0");
  return typeof network === "string" ? { key: "remote", reason: network } : network;
}

function networkOf(text: string): Network | string {
  const prefix = parsePrefix(text, true);
  return typeof prefix === "string" ? `${JSON.stringify(text)}: ${prefix}` : { kind: "network", prefix, cidr: text };
}

/** A near end that is everything limits nothing. */
function limited(prefix: IpPrefix | undefined): IpPrefix | undefined {
  return prefix === undefined || prefix.length === 0 ? undefined : prefix;
}

function range(from: number | null | undefined, to: number | null | undefined): PortRange | undefined {
  if (from === null || from === undefined || to === null || to === undefined) return undefined;
  return from <= 1 && to === 65_535 ? undefined : { from, to };
}

function icmpOf({ type, code }: { type?: number | null | undefined; code?: number | null | undefined }): IcmpOptions | undefined {
  return type === null || type === undefined ? undefined : { type, code: code ?? undefined };
}
