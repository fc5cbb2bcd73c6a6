import type { Flow } from "../flow/flow.ts";

/** Where a command reads flows, and which. */
export interface ReadingOptions {
  readonly config?: string;
  readonly input?: string;
  readonly from?: "archive" | "source";
  readonly since?: string;
  readonly until?: string;
}

/**
 * Takes a flow, or several that the question does not tell apart as one: how many there are, and when the first and the last of them was
 * (ms since the epoch, NaN where flows have no time).
 */
export type Take = (flow: Flow, times: number, first: number, last: number) => void;

/** What came of reading everything once. */
export interface ReadingTotals {
  objects: number;
  /** Of the window. */
  flows: number;
  /** Of the window; NaN while there is none. In ms since the epoch. */
  earliest: number;
  latest: number;
  /** From when on flows were read, where what was asked did not need older ones of the window. */
  readFrom: number | undefined;
  /** Flows that have no time, which no window holds. */
  timeless: number;
  /** Records, and rests of objects, that could not be read. */
  bad: number;
  /** Objects that could not be read at all. */
  unread: number;
  /** The first of what could not be read. */
  firstFault: string | undefined;
  /** Statements of the log that flows are missing: `skip-data`, `count-mismatch`. */
  lost: number;
  /** Of these, headers that count other than their records. */
  mismatches: number;
}

/** Nothing was read yet. */
export function noTotals(): ReadingTotals {
  return {
    ...{ objects: 0, flows: 0, earliest: Number.NaN, latest: Number.NaN, readFrom: undefined, timeless: 0 },
    ...{ bad: 0, unread: 0, firstFault: undefined, lost: 0, mismatches: 0 },
  };
}
