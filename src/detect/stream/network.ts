import { createHash } from "node:crypto";
import type { Flow } from "../../flow/flow.ts";
import type { Match } from "../match.ts";
import type { CorrelationRule, DetectionRule, DetectorRule, Rule } from "../rule.ts";
import { createBaseline } from "./baseline.ts";
import { createBeacon } from "./beacon.ts";
import { createCorrelator } from "./correlator.ts";
import { createDigest } from "./digest.ts";
import { createEpisodes, type Episodes } from "./episodes.ts";
import type { Emit, Evidence, Follower, FollowerOptions } from "./follower.ts";
import { createGroupings } from "./keys.ts";
import { createNewTerms } from "./new-terms.ts";
import { createTeller } from "./teller.ts";

/** A rule at work. */
export interface Node {
  readonly rule: Rule;
  /** Of a stateful rule. */
  readonly follower: Follower | undefined;
  /** Of a rule that alerts. */
  readonly episodes: Episodes | undefined;
  /** Change with everything that the follower's or the episodes' state depends on, and with nothing else. */
  readonly fingerprints: { readonly follower: string; readonly episodes: string };
}

/** Rules joined to the correlations that listen to them. */
export interface Network {
  readonly nodes: readonly Node[];
  /** The rules that look at flows themselves, and what to do with a flow that matches the one at that position. */
  readonly bases: readonly (DetectionRule | DetectorRule)[];
  readonly hits: readonly ((flow: Flow) => void)[];
}

export function createNetwork(rules: readonly Rule[], options: FollowerOptions, onMatch: (match: Match) => void): Network {
  const groupingOf = createGroupings();
  const ordered = withParts(rules);
  const hear = new Map<Rule, Listener[]>(ordered.map((rule) => [rule, []]));
  const nodes = new Map<Rule, Node>();
  const hits = new Map<Rule, (flow: Flow) => void>();

  const emitter = (rule: Rule, episodes: Episodes | undefined): Emit => {
    const listeners = hear.get(rule) ?? [];
    const grouping = rule.dedup === "group" ? undefined : groupingOf(rule.dedup);
    const tell = episodes && createTeller(rule, episodes, grouping, onMatch);
    return (flow, time, groupKey, evidence) => {
      tell?.(flow, time, groupKey, evidence);
      for (const listen of listeners) listen(flow, time);
    };
  };
  const createFollower = (rule: DetectorRule | CorrelationRule, emit: Emit): Follower => {
    if (rule.kind === "correlation") return createCorrelator(rule.correlation, options, groupingOf, emit);
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
    const episodes = rule.alerts ? createEpisodes(rule.throttleMs, options.limits) : undefined;
    const emit = emitter(rule, episodes);
    const follower = rule.kind === "detection" ? undefined : createFollower(rule, emit);
    nodes.set(rule, { rule, follower, episodes, fingerprints: fingerprintsOf(rule) });
    if (rule.kind === "detection") hits.set(rule, rule.alerts ? loud(emit) : silent(hear.get(rule) ?? []));
    else if (follower !== undefined) hits.set(rule, (flow) => follower.observe(flow, flow.time, 0));
    if (rule.kind !== "correlation" || follower === undefined) continue;
    for (const [part, { rule: heard }] of rule.correlation.parts.entries()) {
      hear.get(heard)?.push((flow, time) => follower.observe(flow, time, part));
    }
  }
  const bases = ordered.filter((rule) => rule.kind !== "correlation");
  return { nodes: [...nodes.values()], bases, hits: bases.map((rule) => hits.get(rule) as (flow: Flow) => void) };
}

/** The rules and the parts of their correlations, each once, parts before the correlations over them. */
function withParts(rules: readonly Rule[]): Rule[] {
  const ordered = new Set<Rule>();
  const add = (rule: Rule): void => {
    if (rule.kind === "correlation") for (const part of rule.correlation.parts) add(part.rule);
    ordered.add(rule);
  };
  for (const rule of rules) add(rule);
  return [...ordered];
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

function plainEvidence(flow: Flow): Evidence {
  const { time } = flow;
  return { group: {}, firstSeen: time, lastSeen: time, count: 1, bytes: 0, reason: "the flow matches the rule", samples: [] };
}

function fingerprintsOf(rule: Rule): Node["fingerprints"] {
  return { follower: digest(definitionOf(rule)), episodes: digest([rule.dedup, rule.throttleMs]) };
}

function definitionOf(rule: Rule): unknown {
  if (rule.kind !== "correlation") return [rule.condition, rule.kind === "detector" ? rule.detector : null];
  return { ...rule.correlation, parts: rule.correlation.parts.map((part) => [definitionOf(part.rule), part.groupBy]) };
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
