import type { SavedState, StateSave } from "../contracts/state-ledger.ts";
import type { Flow } from "../flow/flow.ts";
import type { Match } from "./match.ts";
import type { Rule } from "./rule.ts";
import { createEngine } from "./stream/engine.ts";
import type { DetectorOptions } from "./stream/options.ts";
import type { Restored } from "./stream/state.ts";
import type { DetectorStats } from "./stream/stats.ts";

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
