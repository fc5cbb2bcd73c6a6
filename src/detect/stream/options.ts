export interface DetectorOptions {
  /** How far behind the newest flow of a group another may come and still count exactly. Default 75 minutes: objects of OCI have held up to 65. */
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
