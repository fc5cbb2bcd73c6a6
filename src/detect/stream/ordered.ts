import { listOf, lowerBound, numbersOf, upperBound, type Window, type WindowOptions } from "./window.ts";

/** For each part the times at which it matched, ascending. */
type Ordered = number[][];

/** With more than two parts, times of each part; the oldest are dropped and counted. */
const MAX_TIMES = 256;

/** Each of `parts` after the one before it (or at the same instant), all within the timespan. */
export function createOrdered(parts: number, options: WindowOptions): Window<Ordered> {
  const { timespanMs, latenessMs } = options;

  const insert = (times: number[], time: number): void => {
    const last = times.length - 1;
    // As below, without a search: the last one lies between the one before it and the new one.
    if (parts === 2 && last > 0 && time > (times[last] as number) && time - (times[last - 1] as number) <= timespanMs) {
      times[last] = time;
      return;
    }
    const at = upperBound(times, time);
    if (times[at - 1] === time) return;
    times.splice(at, 0, time);
    if (parts === 2) {
      // Between two neighbours at most a timespan apart a time decides nothing: whatever follows or precedes it can take a neighbour.
      for (const middle of [at + 1, at, at - 1]) {
        const before = times[middle - 1];
        const after = times[middle + 1];
        if (before !== undefined && after !== undefined && after - before <= timespanMs) times.splice(middle, 1);
      }
    } else if (times.length > MAX_TIMES) {
      times.shift();
      options.dropped();
    }
  };

  /** The end of the tightest chain through the given match, NaN when a part is missing or the chain is too long. */
  const chain = (state: Ordered, part: number, time: number): number => {
    let first = time;
    for (let index = part - 1; index >= 0; index--) {
      const times = state[index] as number[];
      const found = times[upperBound(times, first) - 1];
      if (found === undefined) return Number.NaN;
      first = found;
    }
    let last = time;
    for (let index = part + 1; index < parts; index++) {
      const times = state[index] as number[];
      const found = times[lowerBound(times, last)];
      if (found === undefined) return Number.NaN;
      last = found;
    }
    return last - first <= timespanMs ? last : Number.NaN;
  };

  return {
    create: () => Array.from({ length: parts }, () => []),
    add(state, time, part) {
      const own = state[Number(part)] as number[];
      const last = own.length - 1;
      // Most flows follow others of their part, and nothing has come of the other one yet: then the last time moves on, as in `insert`.
      if (parts === 2 && last > 0 && time > (own[last] as number) && time - (own[last - 1] as number) <= timespanMs) {
        if ((state[1 - Number(part)] as number[]).length === 0) {
          own[last] = time;
          return Number.NaN;
        }
      }
      insert(state[Number(part)] as number[], time);
      let newest = Number.NEGATIVE_INFINITY;
      for (const times of state) newest = Math.max(newest, times.at(-1) ?? newest);
      const before = newest - timespanMs - latenessMs;
      for (const times of state) {
        const oldest = times[0];
        if (oldest !== undefined && oldest < before) times.splice(0, lowerBound(times, before));
      }
      return chain(state, Number(part), time);
    },
    size: (state) => state.reduce((sum, times) => sum + times.length, 0),
    // What comes before its first part still counts when that one is late.
    worth: ([first], most) => ((first as number[]).length > 0 ? most : 1),
    pack: (state) => state,
    unpack(data) {
      const lists = listOf(data).map(numbersOf);
      if (lists.length !== parts) throw new TypeError("not the state of an ordered correlation");
      return lists;
    },
  };
}
