import { MOST_HELD } from "./counts.ts";
import { listOf, lowerBound, numbersOf, upperBound, type Window, type WindowOptions } from "./window.ts";

interface Sums {
  /** Event times, ascending, and the amount of each. */
  readonly times: number[];
  readonly amounts: number[];
  /** Position of the first flow of the window that ends at the newest, and the window's sum. */
  start: number;
  sum: number;
  /** While it holds at each flow: the first end of these, up to which all that came is kept. Else NaN. */
  since: number;
}

/** Amounts that add up to at least `atLeast` within the timespan. Sums are exact up to 2^53. */
export function createSums(atLeast: number, options: WindowOptions): Window<Sums> {
  const { timespanMs, latenessMs, maxItems } = options;

  const append = (state: Sums, time: number, amount: number): number => {
    const { times, amounts } = state;
    const newest = times.at(-1) ?? Number.NEGATIVE_INFINITY;
    times.push(time);
    amounts.push(amount);
    state.sum += amount;
    while ((times[state.start] as number) < time - timespanMs) state.sum -= amounts[state.start++] as number;
    if (state.sum < atLeast) {
      state.since = Number.NaN;
      return Number.NaN;
    }
    if (Number.isNaN(state.since) || time - newest > timespanMs) state.since = time;
    // Older flows than those that suffice cannot make a later window hold that these do not; those up to the first end an earlier one, with
    // late flows.
    while (state.sum - (amounts[state.start] as number) >= atLeast) state.sum -= amounts[state.start++] as number;
    const first = (times[0] as number) > state.since ? 0 : upperBound(times, state.since);
    if (first < state.start) {
      times.splice(first, state.start - first);
      amounts.splice(first, state.start - first);
      state.start = first;
    }
    const most = Math.max(MOST_HELD, 2 * (times.length - state.start));
    if (times.length > most) dropFirst(state, times.length - most);
    return time;
  };

  const insert = (state: Sums, time: number, amount: number): number => {
    const { times, amounts } = state;
    const newest = times.at(-1) as number;
    const position = upperBound(times, time);
    times.splice(position, 0, time);
    amounts.splice(position, 0, amount);
    if (time >= newest - timespanMs && position >= state.start) state.sum += amount;
    else state.start++;
    let start = lowerBound(times, time - timespanMs);
    let sum = 0;
    for (let index = start; index < position; index++) sum += amounts[index] as number;
    for (let end = position; end < times.length && (times[end] as number) - time <= timespanMs; end++) {
      sum += amounts[end] as number;
      while ((times[start] as number) < (times[end] as number) - timespanMs) sum -= amounts[start++] as number;
      if (sum >= atLeast) return times[end] as number;
    }
    return Number.NaN;
  };

  return {
    create: () => ({ times: [], amounts: [], start: 0, sum: 0, since: Number.NaN }),
    add(state, time, _value, amount) {
      if (amount <= 0) return Number.NaN;
      const newest = state.times.at(-1);
      const end = newest === undefined || time >= newest ? append(state, time, amount) : insert(state, time, amount);
      const before = (state.times.at(-1) as number) - timespanMs - latenessMs;
      dropFirst(state, lowerBound(state.times, before));
      while (state.times.length > maxItems) {
        dropFirst(state, 1);
        options.dropped();
      }
      return end;
    },
    size: (state) => state.times.length,
    worth: (state, most) => (state.sum * 2 >= atLeast ? most : 0),
    pack: ({ times, amounts, start, sum, since }) => [times, amounts, start, sum, ...(Number.isNaN(since) ? [] : [since])],
    unpack(data) {
      const [times, amounts, start, sum, since] = listOf(data);
      if (typeof start !== "number" || typeof sum !== "number") throw new TypeError("not the state of a sum");
      return {
        times: numbersOf(times),
        amounts: numbersOf(amounts),
        start,
        sum,
        since: typeof since === "number" ? since : Number.NaN,
      };
    },
  };
}

function dropFirst(state: Sums, count: number): void {
  if (count === 0) return;
  for (let index = state.start; index < count; index++) state.sum -= state.amounts[index] as number;
  state.times.splice(0, count);
  state.amounts.splice(0, count);
  state.start = Math.max(0, state.start - count);
}
