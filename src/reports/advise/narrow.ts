import type { PortRange, Rule } from "../../enrich/rules/rule.ts";
import type { RuleBody } from "../../enrich/rules/writer.ts";
import type { IpAddress } from "../../lib/ip/address.ts";
import { formatIpv4 } from "../../lib/ip/ipv4.ts";
import { contains, type IpPrefix, parsePrefix } from "../../lib/ip/prefix.ts";
import { includes, includesPrefix } from "./match.ts";
import type { Cell, Peer, Use } from "./uses.ts";

const [ICMP, TCP, UDP, ICMPV6] = [1, 6, 17, 58];

/** A service that stays allowed, though it was not seen. */
export interface Pin {
  readonly direction: Rule["direction"] | undefined;
  readonly protocol: number;
  readonly port: number | undefined;
  readonly icmp: Rule["icmp"];
}

const pin = (protocol: number, port: number): Pin => ({ direction: "egress", protocol, port, icmp: undefined });

/** What networks need, however seldom: messages that packets are too large, DNS and NTP. */
export const PINS: readonly Pin[] = [
  { direction: undefined, protocol: ICMP, port: undefined, icmp: { type: 3, code: 4 } },
  { direction: undefined, protocol: ICMPV6, port: undefined, icmp: { type: 2, code: 0 } },
  ...[pin(UDP, 53), pin(TCP, 53), pin(UDP, 123)],
];

export interface Narrowing {
  readonly pins: readonly Pin[];
  /** Networks of the subnets that are known. */
  readonly subnets: readonly { readonly cidr: string; readonly prefix: IpPrefix }[];
  /** So many rules may take the place of one. */
  readonly mostRules: number;
}

/** Ports at which machines are administered: FTP, SSH, Telnet, RPC, SMB, RDP, VNC, WinRM. */
export const ADMINISTRATION: readonly number[] = [21, 22, 23, 135, 445, 3389, 5900, 5985, 5986];

/** Far ends that are written one by one, and networks of them: with more the far end of the rule stays. */
const MOST_HOSTS = 8;
/** The widest networks that far ends outside of known subnets are brought together in. */
const WIDEST = { 4: 24, 6: 64 } as const;

/**
 * What may stand in place of a rule: rules that cover all that made use of it, and nothing that it does not cover; none for a rule that
 * nothing made use of. Undefined where it is to stay as it is.
 */
export function narrowed(rule: Rule, use: Use | undefined, narrowing: Narrowing): RuleBody[] | undefined {
  if (rule.action === "deny") return undefined;
  const kept = pinsIn(rule, narrowing.pins);
  // Nothing but what is pinned.
  if (kept.some((one) => includes(one, rule)) || rule.icmp !== undefined) return undefined;
  if (use === undefined) return kept;
  if (use.pinned) return undefined;
  const cells = [...use.cells.values()].sort((a, b) => a.protocol - b.protocol || a.port - b.port);
  // A service that was seen is narrowed to where it was.
  const unseen = kept.filter(
    ({ protocols, destinationPorts }) =>
      destinationPorts === undefined || !use.cells.has(`${protocols?.[0]} ${destinationPorts.from}`),
  );
  const wanted = cells.map((cell) => ({ cell, peers: peersOf(cell, rule, narrowing) }));
  for (;;) {
    const bodies = join(wanted).map((draft) => bodyOf(rule, draft));
    const all = [...bodies, ...unseen.filter((one) => !bodies.some((body) => includes(body, one)))];
    if (all.length <= narrowing.mostRules) {
      const isWider = all.some((body) => !includes(rule, body));
      return isWider || all.some((body) => includes(body, rule)) ? undefined : all;
    }
    // The cell with most far ends takes those of the rule; where machines are administered, only if no other can.
    const several = wanted.filter(({ peers }) => peers.length > 1);
    const common = several.filter(({ cell }) => !ADMINISTRATION.includes(cell.port));
    const [next] = (common.length > 0 ? common : several).sort((a, b) => b.peers.length - a.peers.length);
    if (next === undefined) return undefined;
    next.peers = [rule.peer];
  }
}

/** Those of the pinned services that the rule covers whole. */
function pinsIn(rule: Rule, pins: readonly Pin[]): RuleBody[] {
  const family = rule.peer.kind === "network" ? rule.peer.prefix.address.family : undefined;
  return pins.flatMap(({ direction, protocol, port, icmp }) => {
    if (direction !== undefined && direction !== rule.direction) return [];
    if ((protocol === ICMP && family === 6) || (protocol === ICMPV6 && family !== 6)) return [];
    const ports = port === undefined ? undefined : { from: port, to: port };
    const body: RuleBody = { ...plain(rule), protocols: [protocol], icmp, destinationPorts: ports };
    return includes(rule, body) ? [body] : [];
  });
}

function plain({ direction, action, protocols, icmp, sourcePorts, destinationPorts, peer, local, stateless }: Rule): RuleBody {
  return { direction, action, protocols, icmp, sourcePorts, destinationPorts, peer, local, stateless };
}

interface Draft {
  readonly protocol: number;
  readonly ports: PortRange;
  readonly peer: RuleBody["peer"];
}

/** One rule for neighbouring ports that the same far ends ask. */
function join(wanted: readonly { readonly cell: Cell; readonly peers: readonly RuleBody["peer"][] }[]): Draft[] {
  const drafts: Draft[] = [];
  let last: { key: string; protocol: number; from: number; to: number; peers: readonly RuleBody["peer"][] } | undefined;
  const close = () => {
    if (last === undefined) return;
    const { protocol, from, to } = last;
    drafts.push(...last.peers.map((peer) => ({ protocol, ports: { from, to }, peer })));
  };
  for (const { cell, peers } of wanted) {
    const key = peers.map((peer) => (peer.kind === "network" ? peer.cidr : peer.kind)).join();
    if (last !== undefined && last.protocol === cell.protocol && last.key === key && cell.port === last.to + 1) {
      last = { ...last, to: cell.port };
      continue;
    }
    close();
    last = { key, protocol: cell.protocol, from: cell.port, to: cell.port, peers };
  }
  close();
  return drafts;
}

function bodyOf(rule: Rule, { protocol, ports, peer }: Draft): RuleBody {
  const hasPorts = protocol === TCP || protocol === UDP;
  return { ...plain(rule), protocols: [protocol], destinationPorts: hasPorts ? ports : undefined, peer };
}

/** The far ends of a cell as networks inside the rule's: known subnets first, then hosts, then networks that are not too wide. */
function peersOf({ peers, many }: Cell, rule: Rule, { subnets }: Narrowing): RuleBody["peer"][] {
  const standing = rule.peer;
  if (standing.kind !== "network" || many) return [standing];
  const fits = (prefix: IpPrefix) => prefix.length > standing.prefix.length && includesPrefix(standing.prefix, prefix);
  const known = subnets.filter(({ prefix }) => fits(prefix)).sort((a, b) => b.prefix.length - a.prefix.length);
  const found = new Map<string, IpPrefix>();
  const others: Peer[] = [];
  for (const peer of peers.values()) {
    const subnet = known.find(({ prefix }) => contains(prefix, peer.address));
    if (subnet === undefined) others.push(peer);
    else found.set(subnet.cidr, subnet.prefix);
  }
  const hosts = new Map(others.map((peer) => networkOf(peer, peer.address.family === 4 ? 32 : 128)));
  const wide = new Map(others.map((peer) => networkOf(peer, WIDEST[peer.address.family])));
  const outside = hosts.size <= MOST_HOSTS ? hosts : [...wide.values()].every(fits) ? wide : undefined;
  if (outside === undefined || outside.size > MOST_HOSTS) return [standing];
  const all = [...found, ...outside].sort(([a], [b]) => (a < b ? -1 : 1));
  return all.map(([cidr, prefix]) => ({ kind: "network", cidr, prefix }));
}

/** The network of that length which holds the address. */
function networkOf({ address, text }: Peer, length: number): [cidr: string, prefix: IpPrefix] {
  const most = address.family === 4 ? 32 : 128;
  const whole = address.family === 4 ? formatIpv4(address.w0) : text.replace(/%.*/, "");
  const host = length === most ? whole : firstOf(address, length);
  const cidr = `${host}/${length}`;
  const prefix = parsePrefix(cidr);
  if (typeof prefix === "string") throw new TypeError(`${cidr}: ${prefix}`);
  return [cidr, prefix];
}

function firstOf({ family, w0, w1 }: IpAddress, length: number): string {
  if (family === 4) return formatIpv4(w0 & (-1 << (32 - length)));
  const group = (word: number) => `${((word >>> 16) & 0xffff).toString(16)}:${(word & 0xffff).toString(16)}`;
  return `${group(w0)}:${group(w1)}::`;
}
