import type { FlowRule } from "../../flow/rule.ts";
import type { IpAddress, IpBits } from "../../lib/ip/address.ts";
import { type IpPrefix, parsePrefix, prefixKey } from "../../lib/ip/prefix.ts";
import { type IpRanges, ipRanges } from "../../lib/ip/ranges.ts";
import type { PortRange, Rule, SeedList } from "./rule.ts";

/** A rule that covers a flow. */
export interface Entry {
  readonly rule: Rule;
  /**
   * Whether the record and the snapshot are too short to be sure: the rule asks for an ICMP type, or its far end is a service or
   * a group whose addresses are not known.
   */
  readonly partial: boolean;
}

/** What a flow gets. */
export interface Explanation {
  readonly rule: FlowRule;
  /** The security lists in the form of schema `seed`, cut down to the rules that cover the flow. */
  readonly lists: readonly SeedList[];
}

/** All rules that cover a flow, the one that governs it first. Shared by all flows with the same answer. */
export class Covering {
  readonly entries: readonly Entry[];
  /** Of the rule that governs: whether it is sure, tracks no connections, and how many destination ports it names. */
  readonly partial: boolean;
  readonly stateless: boolean;
  readonly ports: number;
  /** Whether a rule is limited to some near ends, so that it has to be asked again for each flow. */
  readonly local: boolean;
  /** What a flow gets, made when it is first needed. */
  matched: Explanation | undefined = undefined;
  reply: Explanation | undefined = undefined;

  /** `entries` are in the order of preference, and not none. */
  constructor(entries: readonly Entry[]) {
    this.entries = entries;
    const { rule, partial } = entries[0] as Entry;
    this.partial = partial;
    this.stateless = rule.stateless;
    this.ports = width(rule.destinationPorts);
    this.local = entries.some(({ rule }) => rule.local !== undefined);
  }
}

/** Addresses of the VNICs in a group. */
export interface Members {
  readonly addresses: readonly IpAddress[];
  /** Whether these are all of them. */
  readonly complete: boolean;
}

export type MembersOf = (group: string) => Members | undefined;

/** Orders the rules that cover one flow. */
export type Preference = (a: Entry, b: Entry) => number;

/** Most preferred first: exact before partial, stateless before stateful, then the narrower rule, then as the lists have it. */
export const mostSpecific: Preference = (a, b) =>
  Number(a.partial) - Number(b.partial) ||
  // A packet that both a stateless and a stateful rule cover is not tracked: the stateless one takes precedence.
  Number(b.rule.stateless) - Number(a.rule.stateless) ||
  width(a.rule.destinationPorts) - width(b.rule.destinationPorts) ||
  width(a.rule.sourcePorts) - width(b.rule.sourcePorts) ||
  breadth(a.rule.protocols) - breadth(b.rule.protocols) ||
  prefixLength(b.rule) - prefixLength(a.rule) ||
  compareTexts(a.rule.listId, b.rule.listId) ||
  a.rule.index - b.rule.index;

/** As a network ACL is read: from the top. */
export const inOrder: Preference = (a, b) => a.rule.index - b.rule.index;

/** How many ports a range holds. */
function width(range: PortRange | undefined): number {
  return range === undefined ? 65_536 : range.to - range.from + 1;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function breadth(protocols: readonly number[] | undefined): number {
  return protocols === undefined ? 256 : protocols.length;
}

function prefixLength({ peer }: Rule): number {
  // A group or service is chosen on purpose: narrower than any network that is wider than a host.
  return peer.kind === "network" ? peer.prefix.length * (peer.prefix.address.family === 4 ? 4 : 1) : 127;
}

/**
 * Rules of one direction, asked by protocol, ports and far end. Whatever the number of rules, an answer takes an array access,
 * two binary searches over ports and one over addresses; the tables for a combination of ports are built when it is first met,
 * and shared by all combinations that the same rules cover.
 */
export class RuleIndex {
  readonly #rules: readonly Rule[];
  readonly #members: MembersOf;
  readonly #preference: Preference;
  readonly #protocols: (DestinationPorts | undefined)[] = new Array<DestinationPorts | undefined>(257).fill(undefined);

  constructor(rules: readonly Rule[], members: MembersOf, preference: Preference) {
    this.#rules = rules;
    this.#members = members;
    this.#preference = preference;
  }

  /** The rules that cover it, or undefined for none. A port that the record lacks is -1, a protocol that it lacks 256. */
  find(protocol: number, sourcePort: number, destinationPort: number, peer: IpBits): Covering | undefined {
    let ports = this.#protocols[protocol];
    if (ports === undefined) {
      const rules = this.#rules.filter(({ protocols }) => protocols?.includes(protocol) ?? true);
      ports = new DestinationPorts(rules, (candidates) => new Peers(candidates, this.#members, this.#preference));
      this.#protocols[protocol] = ports;
    }
    return ports.at(destinationPort, sourcePort).find(peer);
  }
}

/** Ports cut where the answer changes: place i holds the ports from start i to before start i + 1. The first start is -1: no port. */
class PortAxis {
  readonly starts: Int32Array;

  constructor(ranges: readonly (PortRange | undefined)[]) {
    const starts = new Set([-1]);
    for (const range of ranges) {
      if (range === undefined) continue;
      starts.add(range.from);
      starts.add(range.to + 1);
    }
    this.starts = Int32Array.from(starts).sort();
  }

  place(port: number): number {
    const { starts } = this;
    let low = 1;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as number) <= port) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** A port that stands for all of the place. */
  portOf(place: number): number {
    return this.starts[place] as number;
  }
}

function holds(range: PortRange | undefined, port: number): boolean {
  return range === undefined || (port >= range.from && port <= range.to);
}

type PeersOf = (rules: readonly Rule[]) => Peers;

/** Rules that agree on protocol and destination port: by source port, or at once where none asks for one. */
type Cell = Peers | SourcePorts;

class DestinationPorts {
  readonly #rules: readonly Rule[];
  readonly #peersOf: PeersOf;
  readonly #axis: PortAxis;
  readonly #cells: (Cell | undefined)[];
  readonly #shared = new Map<string, Cell>();

  constructor(rules: readonly Rule[], peersOf: PeersOf) {
    this.#rules = rules;
    this.#peersOf = peersOf;
    this.#axis = new PortAxis(rules.map(({ destinationPorts }) => destinationPorts));
    this.#cells = new Array<Cell | undefined>(this.#axis.starts.length).fill(undefined);
  }

  at(destinationPort: number, sourcePort: number): Peers {
    const place = this.#axis.place(destinationPort);
    const cell = this.#cells[place] ?? this.#fill(place);
    return cell instanceof Peers ? cell : cell.at(sourcePort);
  }

  #fill(place: number): Cell {
    const port = this.#axis.portOf(place);
    const numbers: number[] = [];
    for (const [i, rule] of this.#rules.entries()) if (holds(rule.destinationPorts, port)) numbers.push(i);
    const key = numbers.join();
    let cell = this.#shared.get(key);
    if (cell === undefined) {
      const rules = numbers.map((i) => this.#rules[i] as Rule);
      const anySource = rules.every(({ sourcePorts }) => sourcePorts === undefined);
      cell = anySource ? this.#peersOf(rules) : new SourcePorts(rules, this.#peersOf);
      this.#shared.set(key, cell);
    }
    this.#cells[place] = cell;
    return cell;
  }
}

class SourcePorts {
  readonly #rules: readonly Rule[];
  readonly #peersOf: PeersOf;
  readonly #axis: PortAxis;
  readonly #cells: (Peers | undefined)[];

  constructor(rules: readonly Rule[], peersOf: PeersOf) {
    this.#rules = rules;
    this.#peersOf = peersOf;
    this.#axis = new PortAxis(rules.map(({ sourcePorts }) => sourcePorts));
    this.#cells = new Array<Peers | undefined>(this.#axis.starts.length).fill(undefined);
  }

  at(sourcePort: number): Peers {
    const place = this.#axis.place(sourcePort);
    let cell = this.#cells[place];
    if (cell === undefined) {
      const port = this.#axis.portOf(place);
      cell = this.#peersOf(this.#rules.filter((rule) => holds(rule.sourcePorts, port)));
      this.#cells[place] = cell;
    }
    return cell;
  }
}

/** Addresses that services of the provider do not have, and members of a group may have. */
const PRIVATE: readonly IpPrefix[] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"].map(
  (cidr) => parsePrefix(cidr) as IpPrefix,
);
const ANYWHERE: readonly IpPrefix[] = ["0.0.0.0/0", "::/0"].map((cidr) => parsePrefix(cidr) as IpPrefix);

interface Row {
  readonly prefix: IpPrefix;
  readonly entries: Entry[];
  /** Ends what services may hold. */
  private: boolean;
  /** Null where no rule covers the row's addresses. */
  covering: Covering | null | undefined;
}

/** Far ends, for rules that agree on protocol and ports. */
class Peers {
  readonly #table: IpRanges<Row>;
  readonly #preference: Preference;

  constructor(rules: readonly Rule[], members: MembersOf, preference: Preference) {
    this.#preference = preference;
    this.#table = ipRanges(rowsOf(rules, members));
  }

  find(peer: IpBits): Covering | undefined {
    if (peer.family === 0) return undefined;
    const row = this.#table.find(peer as IpAddress);
    if (row === undefined) return undefined;
    if (row.covering === undefined) row.covering = this.#cover(peer as IpAddress);
    return row.covering ?? undefined;
  }

  /** Rules of all networks around the address; those of the narrower first, so that a known member hides that others are unknown. */
  #cover(peer: IpAddress): Covering | null {
    const rows = this.#table.covering(peer);
    const inside = rows.some((row) => row.private);
    const found = new Map<Rule, Entry>();
    for (const { entries } of rows) {
      for (const entry of entries) {
        if (inside && entry.rule.peer.kind === "service") continue;
        if (!found.has(entry.rule)) found.set(entry.rule, entry);
      }
    }
    return found.size === 0 ? null : new Covering([...found.values()].sort(this.#preference));
  }
}

/** The networks that the rules speak of, each once. */
function rowsOf(rules: readonly Rule[], membersOf: MembersOf): Row[] {
  const rows = new Map<string, Row>();
  const rowOf = (prefix: IpPrefix): Row => {
    const key = prefixKey(prefix);
    let row = rows.get(key);
    if (row === undefined) {
      row = { prefix, entries: [], private: false, covering: undefined };
      rows.set(key, row);
    }
    return row;
  };
  for (const rule of rules) {
    const { peer } = rule;
    const partial = rule.icmp !== undefined;
    if (peer.kind === "network") {
      rowOf(peer.prefix).entries.push({ rule, partial });
    } else if (peer.kind === "service") {
      for (const prefix of ANYWHERE) rowOf(prefix).entries.push({ rule, partial: true });
      for (const prefix of PRIVATE) rowOf(prefix).private = true;
    } else {
      const members = membersOf(peer.id);
      for (const address of members?.addresses ?? []) {
        rowOf({ address, length: address.family === 4 ? 32 : 128 }).entries.push({ rule, partial });
      }
      if (members?.complete === true) continue;
      for (const prefix of PRIVATE) rowOf(prefix).entries.push({ rule, partial: true });
    }
  }
  return [...rows.values()];
}
