import { createHash } from "node:crypto";
import type { Flow } from "../../flow/flow.ts";
import type { FieldRef } from "../fields.ts";
import type { Match } from "../match.ts";
import { type CorrelationRule, type DetectionRule, type DetectorRule, LEVELS, type Rule, type Sharing } from "../rule.ts";
import { createBaseline } from "./baseline.ts";
import { createBeacon } from "./beacon.ts";
import { createCorrelator } from "./correlator.ts";
import { createDigest } from "./digest.ts";
import { createEpisodes, type Episodes } from "./episodes.ts";
import type { Emit, Evidence, Follower, FollowerOptions } from "./follower.ts";
import { Held } from "./held.ts";
import { createGroupings, type Grouping } from "./keys.ts";
import { createNewTerms } from "./new-terms.ts";
import { createRarity, type Rarity } from "./rarity.ts";
import { createTeller, type Elder } from "./teller.ts";

/** A rule at work. */
export interface Node {
  readonly rule: Rule;
  /** Of a stateful rule. */
  readonly follower: Follower | undefined;
  /** Of a rule that alerts. */
  readonly episodes: Episodes | undefined;
  /** What the rule keeps for itself and others that leave out the same, by an identity that changes with everything that it depends on. */
  readonly rarities: ReadonlyMap<string, Rarity>;
  /** What a rule that rests on what is common has found while that was being learnt. */
  readonly held: Held | undefined;
}

/** Rules joined to the correlations that listen to them. */
export interface Network {
  readonly nodes: readonly Node[];
  /** The rules that look at flows themselves, and what to do with a flow that matches the one at that position. */
  readonly bases: readonly (DetectionRule | DetectorRule)[];
  readonly hits: readonly ((flow: Flow) => void)[];
}

/**
 * So long after the first flow of all it is being learnt what is common. What a rule that rests on it finds in that time is judged when all
 * has come that may have come within the lateness after it; what is grave, at once, by what has come.
 */
const LEARN_MS = 86_400_000;

/** Who is told of what the rules find. */
interface Listeners {
  onMatch(match: Match): void;
  /** The rule has found something that is to be judged later, of an incident that has not been told. */
  onHeld(rule: Rule): void;
  /** Event time of the first flow of all. */
  first(): number;
}

export function createNetwork(rules: readonly Rule[], options: FollowerOptions, listeners: Listeners): Network {
  const { latenessMs } = options;
  const groupingOf = createGroupings();
  const ordered = withParts(rules);
  const hear = new Map<Rule, Listener[]>(ordered.map((rule) => [rule, []]));
  const nodes = new Map<Rule, Node>();
  const hits = new Map<Rule, (flow: Flow) => void>();

  const emitter = (rule: Rule, episodes: Episodes | undefined): Emit => {
    const listening = hear.get(rule) ?? [];
    const grouping = rule.dedup === "group" ? undefined : groupingOf(rule.dedup);
    const tell = episodes && createTeller(rule, episodes, grouping, () => eldersOf(rule), listeners.onMatch);
    return (flow, time, groupKey, evidence) => {
      tell?.(flow, time, groupKey, evidence);
      for (const listen of listening) listen(flow, time);
    };
  };
  /** What has to be known of a flow with which the rule tells something: of its own flows, or of those of its parts. */
  const claims = new Map<Rule, readonly Shared[]>();
  const claimsOf = (rule: Rule): readonly Shared[] => {
    if (rule.kind !== "correlation") return rule.common.map((common) => rarityOf(rule, common));
    // A part that waits for itself has been judged by then.
    return rule.correlation.parts.flatMap(({ rule: part }) =>
      nodes.get(part)?.held === undefined ? (claims.get(part) ?? []) : [],
    );
  };
  const holder = (rule: Rule, emit: Emit): Held | undefined => {
    const shared = claims.get(rule) ?? [];
    const feedsOnly = rule.kind === "detection" && !rule.alerts;
    if (shared.length === 0 || feedsOnly) return undefined;
    return new Held(options.limits, (flow, time, key, evidence) => {
      if (!shared.some(({ rarity }) => rarity.isCommon(flow, time + latenessMs))) emit(flow, time, key, evidence);
    });
  };
  const isGrave = ({ level }: Rule) => LEVELS.indexOf(level) >= LEVELS.indexOf("high");
  const holding = (rule: Rule, held: Held, episodes: Episodes | undefined, emit: Emit): Emit => {
    const grouping = rule.dedup === "group" ? undefined : groupingOf(rule.dedup);
    return (flow, time, key, evidence) => {
      if (time >= listeners.first() + LEARN_MS) {
        emit(flow, time, key, evidence);
        return;
      }
      if (isGrave(rule)) {
        held.judge(flow, time, key, evidence);
        return;
      }
      const incident = grouping === undefined ? key : grouping.text(flow);
      if (episodes !== undefined && !held.has(incident) && !episodes.covers(incident, time, 0)) listeners.onHeld(rule);
      held.add({ flow, time, key, incident, evidence: evidence() });
    };
  };
  /** A correlation whose parts wait hears of their flows late. */
  const waits = (rule: Rule): boolean =>
    rule.kind === "correlation" &&
    rule.correlation.parts.some(({ rule: part }) => nodes.get(part)?.held !== undefined || waits(part));
  const elders = new Map<Rule, readonly Elder[]>();
  const eldersOf = (rule: Rule): readonly Elder[] => {
    let found = elders.get(rule);
    if (found === undefined) {
      const named = [...nodes.values()].filter((node) => rule.unless.includes(node.rule.name) && isAsGrave(node.rule, rule));
      found = named.flatMap((node) => {
        const grouping = incidentsOf(node.rule, groupingOf);
        return node.episodes === undefined || grouping === undefined ? [] : [{ episodes: node.episodes, grouping }];
      });
      elders.set(rule, found);
    }
    return found;
  };
  const rarities = new Map<string, Shared>();
  const rarityOf = (rule: Rule, common: Sharing): Shared => {
    const id = sharingId(common);
    let known = rarities.get(id);
    if (known === undefined) {
      const { field, as, rule: counted } = common;
      const rarity = createRarity(common, options, groupingOf([field]), groupingOf([as]));
      if (counted !== undefined) hear.get(counted)?.push((flow, time) => rarity.note(flow, time));
      known = { id, of: rule, own: counted === undefined, rarity };
      rarities.set(id, known);
    }
    return known;
  };
  const createFollower = (rule: DetectorRule | CorrelationRule, emit: Emit): Follower => {
    if (rule.kind === "correlation") {
      const patient = { ...options, latenessMs: latenessMs + heldMs(latenessMs) + latenessMs };
      return createCorrelator(rule.correlation, waits(rule) ? patient : options, groupingOf, emit);
    }
    const { detector } = rule;
    switch (detector.type) {
      case "baseline":
        return createBaseline(detector, options, groupingOf(detector.groupBy), emit);
      case "new_terms":
        return createNewTerms(detector, options, groupingOf(detector.fields), emit);
      case "beacon":
        return createBeacon(detector, options, groupingOf(detector.groupBy), emit);
      case "digest":
        return createDigest(detector, options, groupingOf(detector.groupBy), emit);
    }
  };

  for (const rule of ordered) {
    const episodes = rule.alerts ? createEpisodes(rule, options.limits) : undefined;
    const shared = rule.kind === "correlation" ? [] : rule.common.map((common) => rarityOf(rule, common));
    const rarities = new Map(shared.flatMap(({ of, id, rarity }) => (of === rule ? [[id, rarity] as const] : [])));
    claims.set(rule, claimsOf(rule));
    const tell = emitter(rule, episodes);
    const held = holder(rule, tell);
    const emit = held === undefined ? tell : holding(rule, held, episodes, tell);
    const follower = rule.kind === "detection" ? undefined : createFollower(rule, emit);
    nodes.set(rule, { rule, follower, episodes, rarities, held });
    if (rule.kind !== "correlation") {
      const hit = follower ? observing(follower) : rule.alerts ? loud(emit) : silent(hear.get(rule) ?? []);
      hits.set(rule, shared.length === 0 ? hit : rarely(shared, latenessMs, hit));
    }
    if (rule.kind !== "correlation" || follower === undefined) continue;
    for (const [part, { rule: heard }] of rule.correlation.parts.entries()) {
      hear.get(heard)?.push((flow, time) => follower.observe(flow, time, part));
    }
  }
  const bases = ordered.filter((rule) => rule.kind !== "correlation");
  return { nodes: [...nodes.values()], bases, hits: bases.map((rule) => hits.get(rule) as (flow: Flow) => void) };
}

/** How long a finding is held: what is common by the lateness after it is known when as much time again has gone by. */
export const heldMs = (latenessMs: number): number => 2 * latenessMs;

function sharingId({ field, as, by, atLeast, rule }: Sharing): string {
  return [field.name, as.name, by.name, atLeast, rule?.name ?? ""].join();
}

/** The rules and what they refer to, each once: parts before the correlations over them, what is counted before those that ask for it. */
export function withParts(rules: readonly Rule[]): Rule[] {
  const ordered = new Set<Rule>();
  const add = (rule: Rule): void => {
    if (rule.kind === "correlation") for (const part of rule.correlation.parts) add(part.rule);
    else for (const { rule: counted } of rule.common) if (counted !== undefined) add(counted);
    ordered.add(rule);
  };
  for (const rule of rules) add(rule);
  return [...ordered];
}

/** One count for all rules that ask for the same: what one of them has met the others know. */
interface Shared {
  readonly id: string;
  /** The rule that keeps it. */
  readonly of: Rule;
  /** Whether the rules' own flows are those that are counted. */
  readonly own: boolean;
  readonly rarity: Rarity;
}

type Listener = (flow: Flow, time: number) => void;

function loud(emit: Emit): (flow: Flow) => void {
  return (flow) => emit(flow, flow.time, "", () => plainEvidence(flow));
}

function silent(listeners: readonly Listener[]): (flow: Flow) => void {
  return (flow) => {
    for (let index = 0; index < listeners.length; index++) (listeners[index] as Listener)(flow, flow.time);
  };
}

function observing(follower: Follower): (flow: Flow) => void {
  return (flow) => follower.observe(flow, flow.time, 0);
}

/** Asks for what was common so long before a flow that nothing may come of that time any more: so the answer is the same in any order. */
function rarely(shared: readonly Shared[], latenessMs: number, hit: (flow: Flow) => void): (flow: Flow) => void {
  return (flow) => {
    const known = flow.time - latenessMs;
    let isCommon = false;
    for (const { rarity, own } of shared) {
      if (own) rarity.note(flow, flow.time);
      if (rarity.isCommon(flow, known)) isCommon = true;
    }
    if (!isCommon) hit(flow);
  };
}

function isAsGrave(elder: Rule, rule: Rule): boolean {
  return LEVELS.indexOf(elder.level) >= LEVELS.indexOf(rule.level);
}

/** The grouping of a rule's incidents, for a flow of another rule: where the parts of a correlation name its groups differently, as the last one does. */
function incidentsOf(rule: Rule, groupingOf: (fields: readonly FieldRef[]) => Grouping): Grouping | undefined {
  if (rule.dedup !== "group") return groupingOf(rule.dedup);
  if (rule.kind === "detection") return undefined;
  if (rule.kind === "correlation") return groupingOf(rule.correlation.parts.at(-1)?.groupBy ?? []);
  return groupingOf(rule.detector.type === "new_terms" ? rule.detector.fields : rule.detector.groupBy);
}

function plainEvidence(flow: Flow): Evidence {
  const { time } = flow;
  return { group: {}, firstSeen: time, lastSeen: time, count: 1, bytes: 0, reason: "the flow matches the rule", samples: [] };
}

const followerFingerprints = new WeakMap<Rule, string>();

/**
 * Changes with everything that what a rule follows depends on, and with nothing else. Worked out once, for each test case of a rule has a
 * detector of its own.
 */
export function followerFingerprint(rule: Rule): string {
  const known = followerFingerprints.get(rule) ?? digest(definitionOf(rule));
  followerFingerprints.set(rule, known);
  return known;
}

/** Changes with everything that a rule's incidents depend on, and with nothing else. */
export function episodesFingerprint({ dedup, throttleMs, routine, spread }: Rule): string {
  const counted = routine || spread !== undefined ? [routine, spread] : [];
  return digest([dedup, throttleMs, ...counted]);
}

function definitionOf(rule: Rule): unknown {
  if (rule.kind !== "correlation") {
    const common = rule.common.length === 0 ? [] : [rule.common.map(sharingId)];
    return [rule.condition, rule.kind === "detector" ? rule.detector : null, ...common];
  }
  return { ...rule.correlation, parts: rule.correlation.parts.map((part) => [definitionOf(part.rule), part.groupBy]) };
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
