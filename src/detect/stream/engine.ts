import type { Flow } from "../../flow/flow.ts";
import { NONE } from "../../flow/types.ts";
import type { Match } from "../match.ts";
import { isDigest, type Rule } from "../rule.ts";
import { createDispatch } from "./dispatch.ts";
import { createNetwork, heldMs } from "./network.ts";
import type { DetectorOptions } from "./options.ts";
import { createProgress } from "./progress.ts";
import { type Clock, createState, type State } from "./state.ts";
import type { DetectorStats, RuleStats } from "./stats.ts";

/** The rules at work, and everything they remember. */
export interface Engine {
  inspect(flow: Flow, count: boolean): void;
  /** Judges what is held, as far as is known: nothing more comes. */
  settle(): void;
  readonly state: State;
  stats(): DetectorStats;
}

/** How often, in event time, what can no longer take part in anything is forgotten. */
export const EXPIRE_MS = 600_000;
export const MINUTE_MS = 60_000;
/** Flows further in the future than this do not advance the watermark. */
export const AHEAD_MS = 300_000;

export function createEngine(rules: readonly Rule[], options: DetectorOptions, onMatch: (match: Match) => void): Engine {
  const latenessMs = options.latenessMs ?? 4_500_000;
  const now = options.now ?? Date.now;
  const clock: Clock = { watermark: undefined, first: Number.POSITIVE_INFINITY, inspected: 0, replayed: 0, late: 0, matches: 0 };
  let names: string[] = [];
  let completed: string[] = [];
  /** What is told is about flows that have gone by. */
  let isReleasing = false;

  const progress = createProgress(options.maxObjects ?? 20_000);
  const limits = {
    groups: options.maxGroups ?? 20_000,
    items: options.maxItems ?? 500_000,
    itemsPerGroup: options.maxItemsPerGroup ?? 10_000,
  };
  const samples = Math.max(0, (options.maxSamples ?? 5) - 1);
  const markLast = (rule: Rule): void => {
    // The flow with which a digest is told only says that its time has come.
    if (!isReleasing && rule.kind !== "detection" && !isDigest(rule)) completed.push(rule.name);
  };
  const { nodes, bases, hits } = createNetwork(
    rules,
    { latenessMs, limits, samples },
    {
      onMatch(match) {
        clock.matches++;
        markLast(match.rule);
        onMatch(match);
      },
      onHeld: markLast,
      first: () => clock.first,
    },
  );
  const dispatch = createDispatch(bases);
  const rank = new Map(nodes.map((node, index) => [node.rule.name, index]));
  const marks = bases.map((rule) => (rule.kind === "detection" && rule.alerts ? rule.name : undefined));

  const markOnly = (index: number): void => {
    const name = marks[index];
    if (name !== undefined) names.push(name);
  };
  const hit = (index: number, flow: Flow): void => {
    markOnly(index);
    (hits[index] as (flow: Flow) => void)(flow);
  };

  const mark = (flow: Flow): void => {
    if (names.length === 0) {
      if (flow.detections !== NONE) flow.detections = NONE;
      return;
    }
    if (names.length > 1) names.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
    flow.detections = Object.freeze(names);
    names = [];
  };

  const release = (before: number): void => {
    isReleasing = true;
    for (const { held } of nodes) held?.release(before);
    isReleasing = false;
  };

  const advance = (flow: Flow): void => {
    const { time } = flow;
    const before = clock.watermark ?? Number.NEGATIVE_INFINITY;
    if (time > before + MINUTE_MS && time > now() + AHEAD_MS) return;
    clock.watermark = time;
    if (Math.floor(time / EXPIRE_MS) === Math.floor(before / EXPIRE_MS)) return;
    release(time - heldMs(latenessMs));
    for (const node of nodes) {
      node.follower?.expire(time, flow);
      node.episodes?.expire(time);
      for (const rarity of node.rarities.values()) rarity.expire(time);
    }
  };

  return {
    inspect(flow, count) {
      const seen = count ? progress.of(flow.origin) : progress.find(flow.origin);
      if (!count || seen === undefined || flow.record <= seen.through) {
        clock.replayed++;
        dispatch(flow, markOnly);
        names.push(...(seen?.completed?.get(flow.record) ?? []));
        mark(flow);
        return;
      }
      clock.inspected++;
      seen.through = flow.record;
      if (flow.time < clock.first) clock.first = flow.time;
      if (clock.watermark === undefined || flow.time > clock.watermark) advance(flow);
      else if (flow.time < clock.watermark - latenessMs) clock.late++;
      dispatch(flow, hit);
      if (completed.length > 0) {
        seen.completed ??= new Map();
        seen.completed.set(flow.record, completed);
        names.push(...completed);
        completed = [];
      }
      mark(flow);
    },
    settle: () => release(Number.POSITIVE_INFINITY),
    state: createState(nodes, progress, clock),
    stats() {
      const { inspected, replayed, late, matches } = clock;
      const stateful = nodes.flatMap(({ rule, follower }): RuleStats[] =>
        follower === undefined
          ? []
          : [{ rule: rule.name, groups: follower.groups, evicted: follower.evicted, dropped: follower.dropped }],
      );
      return { inspected, replayed, late, matches, rules: stateful };
    },
  };
}
