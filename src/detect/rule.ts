import type { Condition } from "./condition.ts";
import type { Correlation } from "./correlation.ts";
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
  /** Name of a page in the runbooks folder, or an https URL. */
  readonly runbook: string | undefined;
  /** Where the rule is written: path as given to the loader, and line of the document's first key. */
  readonly file: string;
  readonly line: number;
}

/** Looks at one flow. */
export interface DetectionRule extends RuleMeta {
  readonly kind: "detection";
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
  readonly detector: Detector;
}

/** Looks at the flows (or matches) of other rules within a timespan. */
export interface CorrelationRule extends RuleMeta {
  readonly kind: "correlation";
  readonly correlation: Correlation;
}

export type Rule = DetectionRule | DetectorRule | CorrelationRule;
