import { Governance, type Governors, type Question } from "../../enrich/rules/governance.ts";
import { type Rule, type RuleSet, ruleText } from "../../enrich/rules/rule.ts";
import type { MembersOf } from "../../enrich/rules/rule-index.ts";
import type { NetworkSnapshot } from "../../enrich/rules/snapshot.ts";
import type { RuleBody } from "../../enrich/rules/writer.ts";
import type { SubnetTable } from "../../enrich/tables/subnets.ts";
import { times } from "../../lib/counted.ts";
import { amongOthers, type Finding, observedShare } from "./labels.ts";
import { includes } from "./match.ts";
import { type Narrowing, narrowed, PINS, type Pin } from "./narrow.ts";
import type { Observations, Observed, Traffic } from "./observations.ts";
import { firstOf, turned, type Use, Uses } from "./uses.ts";

export interface AdviceOptions {
  /** Observed days that advice needs. */
  readonly minDays: number;
  /** Statements of the log that flows were lost which advice bears, in a subnet. */
  readonly mostLost: number;
  /** So many rules may take the place of one. */
  readonly mostRules: number;
  /** Services that stay allowed, beside those that every network needs. */
  readonly pins: readonly Pin[];
}

/** Without other word. */
export const USUAL_OPTIONS: AdviceOptions = { minDays: 14, mostLost: 0, mostRules: 16, pins: [] };

/** What was read, as far as advice rests on it. */
export interface EvidenceOfReading {
  /** First and last flow, in ms since the epoch. */
  readonly earliest: number;
  readonly latest: number;
  /** What could not be read: records and objects. */
  readonly unread: number;
  /** Headers that count other than their records, and the like, that name no subnet. */
  readonly lost: number;
}

/** What is said of one rule. */
export interface RuleAdvice {
  readonly rule: Rule;
  readonly findings: readonly Finding[];
  readonly use: Use | undefined;
  /** What stands in its place; undefined where it stays, none where it goes. */
  readonly replacement: readonly RuleBody[] | undefined;
}

/** What is said of one list, group or ACL. */
export interface SetAdvice {
  readonly set: RuleSet;
  readonly provider: NetworkSnapshot["data"][number]["provider"];
  /** Names of the subnets that it governs, as far as they are known. */
  readonly subnets: readonly string[];
  /** Why there is no proposal; none where the evidence is enough. */
  readonly insufficient: readonly string[];
  readonly rules: readonly RuleAdvice[];
}

/** Every observed flow asked again, of the proposal. */
export interface Proof {
  readonly accepted: number;
  /** Accepted as the rules are, and not by the proposal: must be 0. */
  readonly dropped: number;
  readonly rejected: number;
  /** Rejected when they were observed, though the proposal allows them: the rules as they are allow them, too. */
  readonly opened: number;
  /** Accepted flows that no rule lets pass as it is: the description of the network is of another time. */
  readonly unexplained: number;
}

export interface Advice {
  readonly days: number;
  readonly sets: readonly SetAdvice[];
  readonly proof: Proof;
}

const DAY_MS = 86_400_000;

/** What the observed flows leave of the rules. Applies nothing. */
export function advise(
  observations: Observations,
  networks: readonly NetworkSnapshot[],
  tables: readonly SubnetTable[],
  reading: EvidenceOfReading,
  options: AdviceOptions,
): Advice {
  const days = Number.isFinite(reading.latest - reading.earliest) ? (reading.latest - reading.earliest) / DAY_MS : 0;
  const uses = new Uses();
  for (const governed of observations.governed.values()) uses.add(governed);
  const subnets = [...tables, ...networks.flatMap(({ data }) => data.map((one) => one.subnets))]
    .flatMap((table) => [...table.values()])
    .flatMap(({ networks: own }) => own);
  const narrowing: Narrowing = { pins: [...PINS, ...options.pins], subnets, mostRules: options.mostRules };
  const common = commonDoubts(observations, uses, reading, days, options);
  const sets = networks.flatMap((network) =>
    network.data.flatMap((data) =>
      [...data.ruleSets.values()].map((set): SetAdvice => {
        const places = [...observations.governed.values()].map(({ governance }) => governance.governors);
        const own = places.filter(({ allowing, acl }) => allowing.includes(set) || acl === set);
        const { names, doubts } = evidenceFor(set, data, observations, own, options);
        const insufficient = [...common, ...doubts];
        const rules = set.rules.map((rule) =>
          ruleAdvice(rule, set, own, uses.all.get(rule), narrowing, insufficient.length === 0),
        );
        return { set, provider: data.provider, subnets: names, insufficient, rules };
      }),
    ),
  );
  return { days, sets, proof: prove(observations, sets) };
}

function commonDoubts(
  { accepted }: Observations,
  { unexplained }: Uses,
  { unread, lost }: EvidenceOfReading,
  days: number,
  { minDays, mostLost }: AdviceOptions,
): string[] {
  const doubts: string[] = [];
  if (accepted === 0) doubts.push("no accepted flow was observed");
  if (days < minDays) doubts.push(`${days.toFixed(1)} days were observed, ${minDays} are needed (--min-days)`);
  if (unread > 0) doubts.push(`${unread} records or objects could not be read`);
  if (lost > mostLost) doubts.push(`the log says ${times(lost)} that flows are missing (--max-lost)`);
  if (unexplained > accepted / 100) {
    doubts.push(
      `${unexplained} of ${accepted} accepted flows are covered by no rule: the description of the network is of another time`,
    );
  }
  return doubts;
}

type NetworkPart = NetworkSnapshot["data"][number];

/** Whether all that a list governs was observed. */
function evidenceFor(
  set: RuleSet,
  { subnets, vnics }: NetworkPart,
  observations: Observations,
  places: readonly Governors[],
  { mostLost }: AdviceOptions,
): { names: string[]; doubts: string[] } {
  const doubts: string[] = [];
  const names: string[] = [];
  if (set.unreadable > 0) doubts.push(`${set.unreadable} of its rules are not understood`);
  if (places.some(({ complete }) => !complete)) doubts.push("not all lists and groups beside it are known");
  if (set.kind === "security-list" || set.kind === "network-acl") {
    const own = new Map(
      [...subnets].filter(([, { ruleSets }]) => ruleSets.includes(set.id)).map(([key, one]) => [one.id, { key, one }]),
    );
    if (own.size === 0) doubts.push("no subnet that is known uses it");
    for (const { one } of own.values()) {
      const name = one.name ?? one.id;
      names.push(name);
      const keys = [...subnets].filter(([, other]) => other.id === one.id).map(([key]) => key);
      const found = keys.flatMap((key) => observations.subnets.get(key) ?? []);
      if (found.length === 0) doubts.push(`subnet ${name}, which uses it, has no records: its flow log may be off`);
      for (const { lost } of found) {
        if (lost > mostLost) doubts.push(`subnet ${name} says ${times(lost)} that flows were lost (--max-lost)`);
      }
    }
  } else {
    const members = [...vnics.values()].filter(({ groups }) => groups.includes(set.id));
    const silent = members.filter(({ id }) => !observations.vnics.has(id));
    if (members.length === 0) doubts.push("no interface that is known is in it");
    else if (silent.length > 0) doubts.push(`${silent.length} of ${members.length} interfaces in it have no records`);
  }
  return { names: names.sort(), doubts };
}

function ruleAdvice(
  rule: Rule,
  set: RuleSet,
  places: readonly Governors[],
  use: Use | undefined,
  narrowing: Narrowing,
  sufficient: boolean,
): RuleAdvice {
  const findings: Finding[] = [...amongOthers(rule, set, places)];
  if (rule.action === "deny") return { rule, findings, use, replacement: undefined };
  const needless = use === undefined && findings.some(({ label }) => label === "redundant" || label === "shadowed");
  const replacement = needless ? [] : narrowed(rule, use, narrowing);
  if (use === undefined) findings.unshift({ label: "unused", why: "no accepted flow needs it" });
  else if (replacement !== undefined) findings.unshift({ label: "over-broad", why: observedShare(rule, use) });
  else findings.unshift({ label: "used", why: observedShare(rule, use) });
  if (replacement === undefined && use === undefined) findings.push({ label: "kept", why: "networks need it, however seldom" });
  else if (replacement === undefined && use?.pinned) {
    findings.push({ label: "kept", why: "it lets answers pass, or the log does not say enough to narrow it" });
  }
  return { rule, findings, use, replacement: sufficient ? replacement : undefined };
}

/** A rule of a list after the advice. */
export interface ProposedRule {
  readonly body: RuleBody;
  /** The rule itself, where it stays as it is. */
  readonly kept: Rule | undefined;
  /** The rule in whose place it stands. */
  readonly of: Rule;
}

/** Those that stay, and what stands in place of others, in the order of the list. */
export function proposedRules({ rules }: SetAdvice): ProposedRule[] {
  return rules.flatMap(({ rule, replacement }): ProposedRule[] => {
    if (replacement === undefined) return [{ body: rule, kept: rule, of: rule }];
    return replacement.map((body) => ({ body, kept: undefined, of: rule }));
  });
}

/** Whether the advice changes anything in the list. */
export const changes = ({ rules }: SetAdvice): boolean => rules.some(({ replacement }) => replacement !== undefined);

/** The list as the advice would have it. */
function proposedSet(advice: SetAdvice): RuleSet {
  if (!changes(advice)) return advice.set;
  const { set } = advice;
  const rules = proposedRules(advice).map(({ body, kept, of }, index): Rule => {
    if (kept !== undefined && set.kind !== "network-acl") return kept;
    const { direction, action, protocols, icmp, sourcePorts, destinationPorts, peer, local, stateless } = body;
    const place = { kind: of.kind, listId: of.listId, listName: of.listName, index };
    const whole = { ...place, direction, action, protocols, icmp, sourcePorts, destinationPorts, peer, local, stateless };
    return { ...whole, text: ruleText(whole) };
  });
  return { ...set, rules, seed: undefined };
}

/** Asks every observed flow of the rules as they are and as they would be, by the same engine that names the rules of flows. */
function prove(observations: Observations, sets: readonly SetAdvice[]): Proof {
  const proposed = new Map(sets.map((advice) => [advice.set, proposedSet(advice)]));
  const sums = { accepted: 0, dropped: 0, rejected: 0, opened: 0, unexplained: 0 };
  for (const advice of sets) {
    for (const { rule, replacement } of advice.rules) {
      if (replacement?.some((body) => !includes(rule, body))) throw new Error(`a proposal is wider than ${rule.text}`);
    }
  }
  for (const governed of observations.governed.values()) {
    const { governors } = governed.governance;
    const membersOf: MembersOf = (group) => governed.network.members(group);
    const after: Governors = {
      ...governors,
      allowing: governors.allowing.map((set) => proposed.get(set) ?? set),
      acl: governors.acl && (proposed.get(governors.acl) ?? governors.acl),
      complete: true,
    };
    const engines = {
      before: new Governance({ ...governors, complete: true }, membersOf),
      after: new Governance(after, membersOf),
    };
    for (const traffic of governed.traffic.values()) {
      for (const observed of traffic.ends.values()) {
        const { flows } = observed;
        const now = passes(engines.after, after, traffic, observed, membersOf);
        if (traffic.action === "reject") {
          sums.rejected += flows;
          if (now) sums.opened += flows;
          continue;
        }
        if (!traffic.implied) sums.accepted += flows;
        if (!passes(engines.before, governors, traffic, observed, membersOf)) sums.unexplained += flows;
        else if (!now) sums.dropped += flows;
      }
    }
  }
  return sums;
}

function passes(
  engine: Governance,
  { acl }: Governors,
  { withinSubnet, implied, part }: Traffic,
  { packets }: Observed,
  membersOf: MembersOf,
): boolean {
  if (acl !== undefined && !withinSubnet) {
    const first = firstOf(acl.rules, packets, membersOf);
    if (first === undefined || first.rule.action === "deny") return false;
  }
  if (implied) return true;
  const asks = (one: typeof packets, action: "accept" | "reject") => {
    const question: Question = { ...one, action, withinSubnet: true };
    const status = engine.explain(question)?.rule.status;
    return status !== undefined && status !== "unexplained";
  };
  // A request has to be let in by a rule of its own; an answer or what may be one also by the rule of its connection.
  if (asks(packets, "reject")) return true;
  return part !== "request" ? asks(packets, "accept") : asks(packets, "accept") && asks(turned(packets), "reject");
}
