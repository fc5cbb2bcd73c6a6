import type { FieldRef } from "./fields.ts";

/** The hour's total of a group is far above what its past hours make likely. */
export interface Baseline {
  readonly type: "baseline";
  readonly groupBy: readonly FieldRef[];
  /** What is added up; undefined counts flows. */
  readonly field: FieldRef | undefined;
  readonly bucketMs: number;
  /** How far back the mean and the deviation look. */
  readonly historyMs: number;
  /** No judgement on a group before its first flow lies this far back. */
  readonly learnMs: number;
  /** Standard deviations above the mean that are still normal. */
  readonly deviations: number;
  /** A total up to this is always normal. */
  readonly minimum: number;
}

/** A combination of values that was never seen before. */
export interface NewTerms {
  readonly type: "new_terms";
  readonly fields: readonly FieldRef[];
  /** From the first flow that the detector sees: everything counts as known. */
  readonly learnMs: number;
  /** A combination not seen for so long is new again. */
  readonly forgetMs: number;
}

/** Connections of a group at regular intervals. */
export interface Beacon {
  readonly type: "beacon";
  readonly groupBy: readonly FieldRef[];
  /** So many connections, or bursts of them, are the least that is judged; three times as many are looked at. */
  readonly connections: number;
  /** From 0 (chance) to 1 (a clock): what is at least as regular as this is a beacon. */
  readonly score: number;
  /** What so many different values of the first field speak with is no beacon. */
  readonly common: number;
  /** Median gaps outside of these bounds are no beacon. */
  readonly shortestMs: number;
  readonly longestMs: number;
}

/** Once for each bucket: what all groups came to. */
export interface Digest {
  readonly type: "digest";
  readonly groupBy: readonly FieldRef[];
  /** Whose different values are counted. */
  readonly field: FieldRef;
  readonly bucketMs: number;
  /** So many groups are named, those with most values. */
  readonly top: number;
}

export type Detector = Baseline | NewTerms | Beacon | Digest;
