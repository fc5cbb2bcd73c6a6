import { createHash } from "node:crypto";
import type { FlowRule } from "../../flow/rule.ts";
import type { Action } from "../../flow/types.ts";
import type { IpBits } from "../../lib/ip/address.ts";
import { contains } from "../../lib/ip/prefix.ts";
import type { Rule, RuleSet, SeedList } from "./rule.ts";
import { Covering, type Entry, type Explanation, inOrder, type MembersOf, mostSpecific, RuleIndex } from "./rule-index.ts";

/** What governs the VNICs of one subnet that are in the same groups. */
export interface Governors {
  /** Lists and groups whose rules add up: whatever one of them allows is allowed. */
  readonly allowing: readonly RuleSet[];
  /** Network ACL of the subnet, whose first rule that covers a packet decides. */
  readonly acl: RuleSet | undefined;
  /** Whether records are one-directional, so that the reply to a connection is a record of its own. */
  readonly oneWay: boolean;
  /** Whether these are all, and none of their rules is missing: only then a flow can be called unexplained. */
  readonly complete: boolean;
}

/** What `Governance.explain` asks about. A port that the record lacks is -1, a protocol that it lacks 256. */
export interface Question {
  direction: "ingress" | "egress";
  action: Action | undefined;
  protocol: number;
  sourcePort: number;
  destinationPort: number;
  /** The far end. */
  peer: IpBits;
  /** The end inside the subnet. */
  local: IpBits;
  /** Whether both ends are inside the subnet, where its ACL has no say. */
  withinSubnet: boolean;
}

const NO_LISTS: readonly SeedList[] = Object.freeze([]);

/** From here up, ports are taken for ephemeral ones: the default of Linux (ip_local_port_range). */
const EPHEMERAL = 32_768;

/** The rules of one subnet and set of groups, ready to be asked about flows. */
export class Governance {
  /** 12 hexadecimal digits that depend on the lists, groups and rules and on nothing else. */
  readonly version: string;
  /** The security lists in the form of schema `seed`. */
  readonly lists: readonly SeedList[];
  readonly governors: Governors;
  readonly #allowing: Record<"ingress" | "egress", RuleIndex>;
  readonly #acl: Record<"ingress" | "egress", RuleIndex> | undefined;
  readonly #unexplained: Explanation;

  constructor(governors: Governors, membersOf: MembersOf) {
    this.governors = governors;
    this.version = versionOf(governors);
    this.lists = Object.freeze(governors.allowing.flatMap(({ seed }) => (seed === undefined ? [] : [seed])));
    const rules = governors.allowing.flatMap((set) => set.rules);
    const indexOf = (all: readonly Rule[], direction: Rule["direction"], preference: typeof mostSpecific) =>
      new RuleIndex(
        all.filter((rule) => rule.direction === direction),
        membersOf,
        preference,
      );
    this.#allowing = { ingress: indexOf(rules, "ingress", mostSpecific), egress: indexOf(rules, "egress", mostSpecific) };
    const acl = governors.acl?.rules;
    this.#acl = acl && { ingress: indexOf(acl, "ingress", inOrder), egress: indexOf(acl, "egress", inOrder) };
    this.#unexplained = { rule: unexplained(this.version), lists: NO_LISTS };
  }

  /** Whether it answers as one made anew of these would, whatever the members of groups are now. */
  isOf({ allowing, acl, oneWay, complete }: Governors): boolean {
    const own = this.governors;
    return (
      own.acl === acl &&
      own.oneWay === oneWay &&
      own.complete === complete &&
      own.allowing.length === allowing.length &&
      own.allowing.every((set, i) => set === allowing[i] && !set.rules.some(({ peer }) => peer.kind === "group"))
    );
  }

  /**
   * The rule that governs a flow: the one that covers it, or the stateful one that covers the connection of which it is a reply;
   * `unexplained` where none does; undefined where the rules are not known well enough to say so.
   */
  explain(question: Question): Explanation | undefined {
    const acl = question.withinSubnet ? undefined : this.#acl?.[question.direction];
    if (acl !== undefined && question.action === "reject") {
      const first = among(
        acl.find(question.protocol, question.sourcePort, question.destinationPort, question.peer),
        question.local,
      );
      if (first?.entries[0]?.rule.action === "deny") return this.#matched(first);
    }
    const forward = this.#find(question.direction, question, question.sourcePort, question.destinationPort);
    // A reply to a connection that was allowed is never rejected.
    if (this.governors.oneWay && question.action !== "reject" && !beginsConnection(forward, question)) {
      const back = question.direction === "ingress" ? "egress" : "ingress";
      const reverse = this.#find(back, question, question.destinationPort, question.sourcePort);
      if (reverse !== undefined && answers(reverse, forward, question)) return this.#reply(reverse);
    }
    if (forward !== undefined) return this.#matched(forward);
    return this.governors.complete ? this.#unexplained : undefined;
  }

  #find(direction: Rule["direction"], question: Question, sourcePort: number, destinationPort: number): Covering | undefined {
    const found = this.#allowing[direction].find(question.protocol, sourcePort, destinationPort, question.peer);
    return among(found, question.local);
  }

  #matched(covering: Covering): Explanation {
    covering.matched ??= this.#explanation("matched", covering);
    return covering.matched;
  }

  #reply(covering: Covering): Explanation {
    covering.reply ??= this.#explanation("reply", covering);
    return covering.reply;
  }

  #explanation(status: "matched" | "reply", covering: Covering): Explanation {
    const rule = flowRule(status, covering, this.version);
    return { rule, lists: Object.freeze(this.lists.flatMap((list) => cutDown(list, rule))) };
  }
}

/** What is left for a near end. */
function among(covering: Covering | undefined, local: IpBits): Covering | undefined {
  if (covering === undefined || !covering.local) return covering;
  const entries = covering.entries.filter(({ rule }) => rule.local === undefined || contains(rule.local, local));
  if (entries.length === covering.entries.length) return covering;
  return entries.length === 0 ? undefined : new Covering(entries);
}

/**
 * Whether a record that both a rule of its own direction (`forward`) and one of the other direction cover is a reply. Records do not say
 * who began: the rule that names fewer ports decides, then the ports themselves.
 */
function answers(reverse: Covering, forward: Covering | undefined, { sourcePort, destinationPort }: Question): boolean {
  // Connections under a stateless rule are not tracked: their replies need a rule of their own.
  if (reverse.stateless) return false;
  if (forward === undefined) return true;
  if (reverse.partial !== forward.partial) return forward.partial;
  if (reverse.ports !== forward.ports) return reverse.ports < forward.ports;
  return looksLikeReply(sourcePort, destinationPort);
}

function looksLikeReply(sourcePort: number, destinationPort: number): boolean {
  return destinationPort >= EPHEMERAL && sourcePort < EPHEMERAL && sourcePort > 0;
}

/** Whether `answers` would say no to any rule of the other direction, so that there is no need to look for one. */
function beginsConnection(forward: Covering | undefined, { sourcePort, destinationPort }: Question): boolean {
  return forward !== undefined && !forward.partial && forward.ports === 1 && !looksLikeReply(sourcePort, destinationPort);
}

function flowRule(status: "matched" | "reply", { entries }: Covering, version: string): FlowRule {
  const { rule, partial } = entries[0] as Entry;
  const { kind, listId, listName, index, text, direction, stateless } = rule;
  const others = entries.slice(1).map((entry) => {
    const other = entry.rule;
    return Object.freeze({
      kind: other.kind,
      listId: other.listId,
      listName: other.listName,
      index: other.index,
      text: other.text,
      direction: other.direction,
    });
  });
  return Object.freeze({ status, kind, listId, listName, index, text, direction, stateless, partial, version, others });
}

function unexplained(version: string): FlowRule {
  return Object.freeze({
    status: "unexplained",
    kind: undefined,
    listId: undefined,
    listName: undefined,
    index: undefined,
    text: undefined,
    direction: undefined,
    stateless: undefined,
    partial: false,
    version,
    others: [],
  });
}

function cutDown(list: SeedList, rule: FlowRule): SeedList[] {
  const chosen = [rule, ...rule.others].filter(({ listId }) => listId === list.security_list_ocid);
  const of = (direction: Rule["direction"], rules: readonly object[]) =>
    rules.filter((_, index) => chosen.some((one) => one.direction === direction && one.index === index));
  if (chosen.length === 0) return [];
  const ingress = of("ingress", list.ingress_security_rules);
  return [{ ...list, ingress_security_rules: ingress, egress_security_rules: of("egress", list.egress_security_rules) }];
}

function versionOf({ allowing, acl }: Governors): string {
  const hash = createHash("sha256");
  const sets = acl === undefined ? allowing : [...allowing, acl];
  for (const { id, name, rules } of [...sets].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    hash.update(JSON.stringify([id, name, rules]));
  }
  return hash.digest("hex").slice(0, 12);
}
