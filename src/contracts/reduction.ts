import type { Flow } from "../flow/flow.ts";

/** Why a sink does not get a record: its own filter, or its sample. */
export type HeldBack = "filtered" | "sampled";

/** Records of one object, summed. */
export interface Sum {
  /** What is sent: it stands in the place of the first of the records, whose number it has. */
  readonly flow: Flow;
  /** How many records it sums. */
  readonly records: number;
  /** Number of the last of them. */
  readonly last: number;
}

/** The sums of one object that are not sent yet. */
export interface Sums {
  /** How many there are. */
  readonly size: number;
  /** Takes a record, in the order of their numbers. False: it belongs to none, and there is no room for another sum; it was not taken. */
  add(flow: Flow): boolean;
  /** All of them, in the order of their first records. Afterwards there are none. */
  take(): Sum[];
}

/**
 * What a sink gets of the flows that are offered to it. Depends on nothing but the flow and the options of the sink, so that a record that
 * is read again is treated as before; the flows themselves stay as they are.
 */
export interface Reduction {
  /** Why the sink does not get the flow; undefined for one that it gets. */
  heldBack(flow: Flow): HeldBack | undefined;
  /** The flow as the sink gets it. */
  reduced(flow: Flow): Flow;
  /** Of a sink that gets sums in the place of records: the sums of one object, none at first. */
  readonly sums?: (() => Sums) | undefined;
}
