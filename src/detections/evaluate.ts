import { type Flow, NO_DETECTIONS } from "../flow.ts";
import type { Match } from "./match.ts";
import type { Rule } from "./rule.ts";
import { createDispatch } from "./stream/dispatch.ts";
import { createNetwork } from "./stream/network.ts";
import { createProgress } from "./stream/progress.ts";
import { type Clock, putBack, type Restored, takeSnapshot } from "./stream/state.ts";
import type { Json } from "./stream/window.ts";

export interface DetectorOptions {
  /** How far behind the newest flow of a group another may come and still count exactly. Default 30 minutes. */
  readonly latenessMs?: number;
  /** Most groups of one stateful rule; the one untouched for longest is evicted and counted. Default 20000. */
  readonly maxGroups?: number;
  /** Most items (times, values) of one stateful rule, all its groups together. Default 500000. */
  readonly maxItems?: number;
  /** Most items of one group. Default 10000. */
  readonly maxItemsPerGroup?: number;
  /** Most objects whose progress is remembered, to recognise flows that come again. Default 20000. */
  readonly maxObjects?: number;
  /** Most flows that a match shows. Default 5. */
  readonly maxSamples?: number;
  /** The clock, in ms: flows from the future do not make others old. Default Date.now. */
  readonly now?: () => number;
}

export interface DetectorStats {
  readonly inspected: number;
  /** Flows that came again and were not counted again. */
  readonly replayed: number;
  /** Flows that came later than the tolerance behind the newest flow of all. */
  readonly late: number;
  readonly matches: number;
  /** What the stateful rules hold, and what they had to let go. */
  readonly rules: readonly RuleStats[];
}

export interface RuleStats {
  readonly rule: string;
  readonly groups: number;
  /** Groups that made room for others. */
  readonly evicted: number;
  /** Items dropped because one group held too many. */
  readonly dropped: number;
}

export interface StreamDetector {
  /**
   * Sets `flow.detections` and feeds the stateful rules. Called once for each enriched flow; the records of one object
   * in ascending order. A flow that comes again is marked as before, and neither counts nor fires again.
   */
  inspect(flow: Flow): void;
  /** Sets who is told of matches, within `inspect`. An incident is told once per throttle time of its rule. */
  onMatch(listener: (match: Match) => void): void;
  /** The whole state as plain data: what has been inspected so far, and nothing else, is in it. */
  snapshot(): Json;
  /** Takes up a snapshot before the first flow. Throws PermanentError `bad-detection-state` when it is damaged. */
  restore(snapshot: unknown): Restored;
  readonly stats: DetectorStats;
}

/** How often, in event time, what can no longer take part in anything is forgotten. */
const EXPIRE_MS = 600_000;
const MINUTE_MS = 60_000;
/** Flows further in the future than this do not advance the watermark. */
const AHEAD_MS = 300_000;

/** Evaluates rules on a stream of enriched flows, on event time. Only rules that alert mark flows and are told. */
export function createDetector(rules: readonly Rule[], options: DetectorOptions = {}): StreamDetector {
  const latenessMs = options.latenessMs ?? 1_800_000;
  const now = options.now ?? Date.now;
  const clock: Clock = { watermark: undefined, inspected: 0, replayed: 0, late: 0, matches: 0 };
  let listener: (match: Match) => void = () => {};
  let names: string[] = [];
  let completed: string[] = [];

  const progress = createProgress(options.maxObjects ?? 20_000);
  const limits = {
    groups: options.maxGroups ?? 20_000,
    items: options.maxItems ?? 500_000,
    itemsPerGroup: options.maxItemsPerGroup ?? 10_000,
  };
  const samples = Math.max(0, (options.maxSamples ?? 5) - 1);
  const { nodes, bases, hits } = createNetwork(rules, { latenessMs, limits, samples }, (match) => {
    clock.matches++;
    if (match.rule.kind !== "detection") completed.push(match.rule.name);
    listener(match);
  });
  const dispatch = createDispatch(bases);
  const rank = new Map(nodes.map((node, index) => [node.rule.name, index]));
  const marks = bases.map((rule) => (rule.kind === "detection" && rule.alerts ? rule.name : undefined));

  let current: Flow;
  const markOnly = (index: number): void => {
    const name = marks[index];
    if (name !== undefined) names.push(name);
  };
  const hit = (index: number): void => {
    markOnly(index);
    (hits[index] as (flow: Flow) => void)(current);
  };

  const mark = (flow: Flow): void => {
    if (names.length === 0) {
      flow.detections = NO_DETECTIONS;
      return;
    }
    if (names.length > 1) names.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
    flow.detections = Object.freeze(names);
    names = [];
  };

  const advance = (time: number): void => {
    const before = clock.watermark ?? Number.NEGATIVE_INFINITY;
    if (time > before + MINUTE_MS && time > now() + AHEAD_MS) return;
    clock.watermark = time;
    if (Math.floor(time / EXPIRE_MS) === Math.floor(before / EXPIRE_MS)) return;
    for (const node of nodes) {
      node.follower?.expire(time);
      node.episodes?.expire(time);
    }
  };

  return {
    inspect(flow) {
      const seen = progress.of(flow.origin);
      if (flow.record <= seen.through) {
        clock.replayed++;
        dispatch(flow, markOnly);
        names.push(...(seen.completed?.get(flow.record) ?? []));
        mark(flow);
        return;
      }
      clock.inspected++;
      seen.through = flow.record;
      if (clock.watermark === undefined || flow.time > clock.watermark) advance(flow.time);
      else if (flow.time < clock.watermark - latenessMs) clock.late++;
      current = flow;
      dispatch(flow, hit);
      if (completed.length > 0) {
        seen.completed ??= new Map();
        seen.completed.set(flow.record, completed);
        names.push(...completed);
        completed = [];
      }
      mark(flow);
    },
    onMatch(to) {
      listener = to;
    },
    snapshot: () => takeSnapshot(nodes, progress, clock),
    restore: (snapshot) => putBack(snapshot, nodes, progress, clock),
    get stats() {
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
