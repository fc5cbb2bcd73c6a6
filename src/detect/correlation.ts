import type { FieldRef } from "./fields.ts";
import type { Rule } from "./rule.ts";

/** A rule that a correlation refers to. */
export interface Part {
  readonly rule: Rule;
  /** The fields of this part's flows that form the group, in the order of `Correlation.groupBy`: aliases are resolved. */
  readonly groupBy: readonly FieldRef[];
}

interface Common {
  readonly parts: readonly Part[];
  /** Names of the group's values as the rule writes them: fields or aliases. */
  readonly groupBy: readonly string[];
  /** Two flows exactly this far apart are still within it. */
  readonly timespanMs: number;
}

/** At least so many flows of any part. */
export interface EventCount extends Common {
  readonly type: "event_count";
  readonly atLeast: number;
}
/** At least so many different values of the field; a flow without the field does not count. */
export interface ValueCount extends Common {
  readonly type: "value_count";
  readonly field: FieldRef;
  readonly atLeast: number;
}
/** The field's sum is at least so much. */
export interface ValueSum extends Common {
  readonly type: "value_sum";
  readonly field: FieldRef;
  readonly atLeast: number;
}
/** At least so many of the parts have matched, in any order; by default all of them. */
export interface Temporal extends Common {
  readonly type: "temporal";
  readonly atLeast: number;
}
/** All parts have matched, in the order in which they are named; matches of the same instant count as in order. */
export interface TemporalOrdered extends Common {
  readonly type: "temporal_ordered";
}

/**
 * A condition over the flows of one group within any window of the timespan, on event time. Only conditions that more
 * flows cannot undo are allowed (at least N): what has matched stays true whatever arrives later and in which order.
 */
export type Correlation = EventCount | ValueCount | ValueSum | Temporal | TemporalOrdered;
