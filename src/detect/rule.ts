import type { Condition } from "./condition.ts";
import type { Detector } from "./detector-options.ts";
import type { FieldRef } from "./fields.ts";

/** From the mildest to the gravest. */
export const LEVELS = ["informational", "low", "medium", "high", "critical"] as const;
export type Level = (typeof LEVELS)[number];

/** What every rule says of itself. */
export interface RuleMeta {
  readonly title: string;
  readonly id: string | undefined;
  /** Unique and stable: what flows carry in `detections` and what correlations refer to. */
  readonly name: string;
  readonly status: string | undefined;
  readonly description: string;
  readonly level: Level;
  /** `attack.t1046`, `attack.discovery`. */
  readonly tags: readonly string[];
  readonly falsepositives: readonly string[];
  readonly references: readonly string[];
  /** False for a rule that only feeds correlations: it neither marks flows nor fires. */
  readonly alerts: boolean;
  /** Fields whose values make two matches the same incident; `group` for the group of the correlation or detector. */
  readonly dedup: readonly FieldRef[] | "group";
  /** How long (event time) further matches of the same incident stay silent. */
  readonly throttleMs: number;
  /** Names of rules of this level or above: what one of them has told, within its own throttle time, is not told by this rule as well. */
  readonly unless: readonly string[];
  /** Whether an incident that was told goes untold where it comes again as on the day or in the week before. */
  readonly routine: boolean;
  /** What is counted of an incident. */
  readonly spread: Spread | undefined;
  /** Name of a page in the runbooks folder, or an https URL. */
  readonly runbook: string | undefined;
  /** Where the rule is written: path as given to the loader, and line of the document's first key. */
  readonly file: string;
  readonly line: number;
}

/** The different values of a field in the flows of an incident. */
export interface Spread {
  readonly field: FieldRef;
  /** The incident is told again when there are so many times as many; undefined: never for that. */
  readonly growth: number | undefined;
}

/**
 * What many do alike is no attack: flows are left out whose value of `field` at least so many different values of `by` have shared, in the
 * flows of a rule.
 */
export interface Sharing {
  readonly field: FieldRef;
  /** Whose flows are counted; undefined: those of the rule itself. */
  readonly rule: DetectionRule | undefined;
  /** Where the value stands in these. */
  readonly as: FieldRef;
  readonly by: FieldRef;
  readonly atLeast: number;
}

/** Looks at one flow. */
export interface DetectionRule extends RuleMeta {
  readonly kind: "detection";
  /** What is left out: it is marked, but neither told nor handed to correlations. */
  readonly common: readonly Sharing[];
  /** With the filters that apply to the rule. */
  readonly condition: Condition;
  /** Titles of these filters. */
  readonly filters: readonly string[];
}

/** A detection whose flows feed a detector that Sigma has no words for. */
export interface DetectorRule extends RuleMeta {
  readonly kind: "detector";
  readonly condition: Condition;
  readonly filters: readonly string[];
  /** What the detector does not hear of. */
  readonly common: readonly Sharing[];
  readonly detector: Detector;
}

/** Looks at the flows (or matches) of other rules within a timespan. */
export interface CorrelationRule extends RuleMeta {
  readonly kind: "correlation";
  readonly correlation: Correlation;
}

export type Rule = DetectionRule | DetectorRule | CorrelationRule;

/** Whether the rule tells what was, rather than that something happened. */
export function isDigest(rule: Rule): boolean {
  return rule.kind === "detector" && rule.detector.type === "digest";
}

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
