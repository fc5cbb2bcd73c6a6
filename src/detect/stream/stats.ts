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
