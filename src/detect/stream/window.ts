/** Something that a saved state can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * How a correlation follows one group. Flows come in any order; those no further back than the tolerance behind the
 * group's newest count exactly.
 */
export interface Window<State> {
  create(): State;
  /**
   * Adds what a flow contributes: the value of the correlation's field, or the position of the part it matched.
   * Returns the end (event time) of a window in which the condition holds because of it, else NaN. The first end, and the first after each
   * pause longer than the timespan, is returned at some time whatever the order; of others within a timespan a late flow tells one alone.
   */
  add(state: State, time: number, value: string | number, amount: number): number;
  /** Items that the state holds. */
  size(state: State): number;
  /** How many of the latest flows, of `most` at most, are worth remembering: the more the closer the condition is to holding. */
  worth(state: State, most: number): number;
  /** Plain data from which `unpack` makes an equal state; it may change with the state. */
  pack(state: State): Json;
  /** Throws TypeError when the data is none of its own. */
  unpack(data: unknown): State;
}

export interface WindowOptions {
  readonly timespanMs: number;
  /** How far behind the newest flow of a group another may come and still count exactly. */
  readonly latenessMs: number;
  /** Most items of one group; past it the oldest are dropped and counted. */
  readonly maxItems: number;
  /** Called for each item dropped because of `maxItems`. */
  readonly dropped: () => void;
}

/** First position whose time is not before the given one. `times` ascend. */
export function lowerBound(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First position whose time is after the given one. `times` ascend. */
export function upperBound(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Checks a list of numbers of a saved state. */
export function numbersOf(data: unknown): number[] {
  if (!Array.isArray(data) || !data.every((item) => typeof item === "number")) throw new TypeError("not a list of numbers");
  return [...(data as number[])];
}

/** Checks a map of a saved state. */
export function recordOf(data: unknown): Readonly<Record<string, unknown>> {
  if (typeof data !== "object" || data === null || Array.isArray(data)) throw new TypeError("not a map");
  return data as Readonly<Record<string, unknown>>;
}

/** Checks a list of a saved state. */
export function listOf(data: unknown): readonly unknown[] {
  if (!Array.isArray(data)) throw new TypeError("not a list");
  return data;
}
