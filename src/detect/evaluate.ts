import type { SavedState, StateSave } from "../contracts/state-ledger.ts";
import type { Flow } from "../flow/flow.ts";
import type { Match } from "./match.ts";
import type { Rule } from "./rule.ts";
import { createEngine } from "./stream/engine.ts";
import type { Restored } from "./stream/state.ts";

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
   * in ascending order. A flow that comes again is marked as before, and neither counts nor fires again. Without `count`
   * the flow is marked as far as is known, and nothing is remembered of it.
   */
  inspect(flow: Flow, count?: boolean): void;
  /** Sets who is told of matches, within `inspect`. An incident is told once per throttle time of its rule. */
  onMatch(listener: (match: Match) => void): void;
  /** Begins to save everything that has been inspected so far and was not saved before. One save at a time; flows may go on. */
  save(): StateSave;
  /**
   * Takes up a saved state in place of what is remembered. Throws Failure `bad-detection-state` when it is damaged or of an unknown version;
   * the detector then is as it was.
   */
  restore(saved: SavedState): Restored;
  readonly stats: DetectorStats;
}

/** Evaluates rules on a stream of enriched flows, on event time. Only rules that alert mark flows and are told. */
export function createDetector(rules: readonly Rule[], options: DetectorOptions = {}): StreamDetector {
  let listener: (match: Match) => void = () => {};
  const start = () => createEngine(rules, options, (match) => listener(match));
  let engine = start();
  return {
    inspect: (flow, count = true) => engine.inspect(flow, count),
    onMatch(to) {
      listener = to;
    },
    save: () => engine.state.save(),
    restore(saved) {
      const fresh = start();
      const result = fresh.state.restore(saved);
      engine = fresh;
      return result;
    },
    get stats() {
      return engine.stats();
    },
  };
}
