import type { Governors } from "../../enrich/rules/governance.ts";
import type { Rule } from "../../enrich/rules/rule.ts";
import { type Entry, type MembersOf, mostSpecific } from "../../enrich/rules/rule-index.ts";
import type { IpAddress } from "../../lib/ip/address.ts";
import { covers, type Packets } from "./match.ts";
import type { Governed, Observed, Traffic } from "./observations.ts";

/** A far end that made use of a rule. */
export interface Peer {
  readonly address: IpAddress;
  readonly text: string;
  flows: number;
}

/** What makes use of a rule at one port by one protocol. */
export interface Cell {
  readonly protocol: number;
  readonly port: number;
  readonly peers: Map<string, Peer>;
  /** There are more far ends than these. */
  many: boolean;
}

/** What makes use of a rule: flows that it alone lets pass, or that it covers more narrowly than any other. */
export interface Use {
  flows: number;
  first: number;
  last: number;
  /** It lets answers pass, or is not sure to be the one: it stays as it is. */
  pinned: boolean;
  readonly cells: Map<string, Cell>;
}

/** The rule that lets packets pass: the narrowest that covers them, or for answers the one that covers their connection. */
interface Credit {
  readonly rule: Rule;
  /** As the rule looks at them: of an answer the request. */
  readonly packets: Packets;
  readonly pinned: boolean;
}

/** By rule, over all networks. Flows that no rule covers are counted. */
export class Uses {
  readonly all = new Map<Rule, Use>();
  /** Accepted flows that no rule lets pass. */
  unexplained = 0;

  add(governed: Governed): void {
    const membersOf: MembersOf = (group) => governed.network.members(group);
    const { governors } = governed.governance;
    for (const traffic of governed.traffic.values()) {
      if (traffic.action === "reject") continue;
      for (const observed of traffic.ends.values()) {
        const credits = creditsOf(governors, traffic, observed, membersOf);
        if (credits === undefined) this.unexplained += observed.flows;
        else for (const credit of credits) this.#credit(credit, traffic, observed);
      }
    }
  }

  #credit({ rule, packets, pinned }: Credit, { many }: Traffic, { peer, flows, first, last }: Observed): void {
    let use = this.all.get(rule);
    if (use === undefined) {
      use = { flows: 0, first, last, pinned: false, cells: new Map() };
      this.all.set(rule, use);
    }
    use.flows += flows;
    use.first = Math.min(use.first, first);
    use.last = Math.max(use.last, last);
    use.pinned ||= pinned;
    const key = `${packets.protocol} ${packets.destinationPort}`;
    let cell = use.cells.get(key);
    if (cell === undefined) {
      cell = { protocol: packets.protocol, port: packets.destinationPort, peers: new Map(), many: false };
      use.cells.set(key, cell);
    }
    cell.many ||= many;
    const known = cell.peers.get(peer);
    if (known === undefined) cell.peers.set(peer, { address: packets.peer, text: peer, flows });
    else known.flows += flows;
  }
}

/** The rules that packets owe it to that they pass, one of each layer; undefined where a layer has none. */
function creditsOf(governors: Governors, traffic: Traffic, { packets }: Observed, membersOf: MembersOf): Credit[] | undefined {
  const credits: Credit[] = [];
  if (!traffic.implied) {
    const credit = allowingCredit(governors, traffic, packets, membersOf);
    if (credit === undefined) return undefined;
    credits.push(credit);
  }
  if (governors.acl === undefined || traffic.withinSubnet) return credits;
  const first = firstOf(governors.acl.rules, packets, membersOf);
  if (first === undefined || first.rule.action === "deny") return undefined;
  return [...credits, { rule: first.rule, packets, pinned: first.partial || traffic.part === "answer" }];
}

function allowingCredit({ allowing }: Governors, { part }: Traffic, packets: Packets, membersOf: MembersOf): Credit | undefined {
  const rules = allowing.flatMap((set) => set.rules);
  const forward = narrowest(rules, packets, membersOf);
  const request = turned(packets);
  // A connection that a stateless rule covers as well is not tracked: its answers need a rule of their own.
  const reverse = narrowest(rules, request, membersOf);
  const isTracked = reverse !== undefined && !reverse.rule.stateless;
  const ofAnswer = isTracked ? { rule: reverse.rule, packets: request, pinned: reverse.partial } : undefined;
  const ofRequest = forward && { rule: forward.rule, packets, pinned: forward.partial };
  // What passes as an answer alone was taken for a request by its ports: the one that counts here was not told apart.
  if (part === "request") return ofRequest ?? (ofAnswer && { ...ofAnswer, pinned: true });
  // A stateless rule that covers an answer is what lets it pass: such connections are not tracked.
  if (forward?.rule.stateless && !forward.partial) return { rule: forward.rule, packets, pinned: true };
  if (part === "answer") return ofAnswer ?? (ofRequest && { ...ofRequest, pinned: true });
  return ofRequest ?? ofAnswer;
}

/** The packets of the other way. */
export function turned(packets: Packets): Packets {
  return {
    ...packets,
    direction: packets.direction === "ingress" ? "egress" : "ingress",
    sourcePort: packets.destinationPort,
    destinationPort: packets.sourcePort,
  };
}

/** Of the rules that cover the packets the most specific one. */
function narrowest(rules: readonly Rule[], packets: Packets, membersOf: MembersOf): Entry | undefined {
  let best: Entry | undefined;
  for (const rule of rules) {
    const coverage = covers(rule, packets, membersOf);
    if (coverage === "no") continue;
    const entry = { rule, partial: coverage === "partial" };
    if (best === undefined || mostSpecific(entry, best) < 0) best = entry;
  }
  return best;
}

/** The first rule of an ACL that covers the packets, which decides. */
export function firstOf<R extends Rule>(
  rules: readonly R[],
  packets: Packets,
  membersOf: MembersOf,
): { rule: R; partial: boolean } | undefined {
  for (const rule of rules) {
    const coverage = covers(rule, packets, membersOf);
    if (coverage !== "no") return { rule, partial: coverage === "partial" };
  }
  return undefined;
}
