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
  /**
   * Tells what is held back, as far as is known, when nothing more comes: what rules that ask for what is common find in the first day is
   * else told when all has come that may have come by then.
   */
  settle(): void;
  /** Begins to save everything that has been inspected so far and was not saved before. One save at a time; flows may go on. */
  save(): StateSave;
  /**
   * Takes up a saved state in place of what is remembered. Throws Failure `bad-detection-state` when it is damaged or of an unknown version;
   * the detector then is as it was.
   */
  restore(saved: SavedState): Restored;
  /**
   * Goes on with these rules from the next flow on, or when the save under way is over. What is remembered of rules that are as they were stays:
   * a rule that says only something else of itself, such as its level, goes on where it was.
   */
  use(rules: readonly Rule[]): void;
  readonly stats: DetectorStats;
}

/** Evaluates rules on a stream of enriched flows, on event time. Only rules that alert mark flows and are told. */
export function createDetector(rules: readonly Rule[], options: DetectorOptions = {}): StreamDetector {
  let listener: (match: Match) => void = () => {};
  let current = rules;
  /** To be used when no save is under way. */
  let next: readonly Rule[] | undefined;
  let isSaving = false;
  const start = () => createEngine(current, options, (match) => listener(match));
  let engine = start();
  const change = () => {
    if (next === undefined || isSaving) return;
    current = next;
    next = undefined;
    const fresh = start();
    fresh.state.adopt(engine.state);
    engine = fresh;
  };
  const saved = () => {
    isSaving = false;
    change();
  };
  return {
    inspect: (flow, count = true) => engine.inspect(flow, count),
    onMatch(to) {
      listener = to;
    },
    settle: () => engine.settle(),
    save() {
      isSaving = true;
      const { lots, head, done, abandon } = engine.state.save();
      return {
        lots,
        head,
        done() {
          const numbers = done();
          saved();
          return numbers;
        },
        abandon() {
          abandon();
          saved();
        },
      };
    },
    restore(saved) {
      const fresh = start();
      const result = fresh.state.restore(saved);
      engine = fresh;
      return result;
    },
    use(rules) {
      next = rules;
      change();
    },
    get stats() {
      return engine.stats();
    },
  };
}
