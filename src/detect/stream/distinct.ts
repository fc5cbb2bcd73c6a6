import { listOf, numbersOf, upperBound, type Window, type WindowOptions } from "./window.ts";

type Value = string | number;

interface Distinct {
  /** Values, and for each its times, ascending. */
  values: Value[];
  times: number[][];
  /** Position by value, once there are too many to look through. */
  index: Map<Value, number> | undefined;
  newest: number;
  /** No window can hold before so many times have been added. */
  credit: number;
  /** While the condition holds: the values seen last, the longest unseen first, with their latest time. */
  hot: Map<Value, number> | undefined;
  /**
   * While the condition holds: since when it does, at each flow that came in order; above stands what came up to then. Later: until when it
   * was known to hold. None of it when nothing of that time may come any more.
   */
  held: number;
}

/** Up to so many values are looked through one by one. */
const SCAN = 8;

/** At least `atLeast` different values within the timespan. */
export function createDistinct(atLeast: number, options: WindowOptions): Window<Distinct> {
  const { timespanMs, latenessMs } = options;
  const near = Math.max(1, atLeast - 3);

  /** Adds a time of a value; false when it makes no difference to any window. */
  const note = (state: Distinct, time: number, value: Value): boolean => {
    const position = find(state, value);
    const times = position === undefined ? undefined : state.times[position];
    if (times === undefined) {
      if (state.values.push(value) > SCAN) state.index?.set(value, state.values.length - 1);
      state.times.push([time]);
      return true;
    }
    const last = times.length - 1;
    if (time > (times[last] as number)) {
      // The last one lies between the one before it and the new one.
      if (last > 0 && time - (times[last - 1] as number) <= timespanMs) times[last] = time;
      else times.push(time);
      return true;
    }
    const at = upperBound(times, time);
    if (times[at - 1] === time) return false;
    const before = times[at - 1];
    const after = times[at];
    // A window that holds a time between two others at most a timespan apart holds one of these too.
    if (before !== undefined && after !== undefined && after - before <= timespanMs) return false;
    times.splice(at, 0, time);
    if (at + 2 < times.length && (times[at + 2] as number) - time <= timespanMs) times.splice(at + 1, 1);
    if (at >= 2 && time - (times[at - 2] as number) <= timespanMs) times.splice(at - 1, 1);
    return true;
  };

  const prune = (state: Distinct): void => {
    const before = state.newest - timespanMs - latenessMs;
    if (state.held < before) state.held = Number.NEGATIVE_INFINITY;
    if (!state.times.some(([earliest = before]) => earliest < before)) return;
    keep(state, (time) => time >= before);
  };

  /** The end of the first window with that time that holds, else NaN. Where the one of the newest does, it goes on from there. */
  const sweep = (state: Distinct, time: number): number => {
    prune(state);
    if (state.values.length < atLeast) {
      state.credit = atLeast - state.values.length;
      return Number.NaN;
    }
    return firstEnd(state, time);
  };

  /** Looks at every window. The end of the first with that time that holds, else NaN; and a new credit. */
  const firstEnd = (state: Distinct, added: number): number => {
    const seen = state.times.flatMap((times, position) => times.map((time) => ({ time, position })));
    seen.sort((a, b) => a.time - b.time);
    const counts = new Array<number>(state.values.length).fill(0);
    let distinct = 0;
    let best = 0;
    let start = 0;
    let found = Number.NaN;
    for (const { time, position } of seen) {
      const count = counts[position] as number;
      counts[position] = count + 1;
      if (count === 0) distinct++;
      for (let first = seen[start]; first !== undefined && first.time < time - timespanMs; first = seen[++start]) {
        const left = (counts[first.position] as number) - 1;
        counts[first.position] = left;
        if (left === 0) distinct--;
      }
      if (distinct < atLeast) best = Math.max(best, distinct);
      else if (Number.isNaN(found) && time >= added && time - timespanMs <= added) found = time;
    }
    // What comes in order only counts in windows with the newest; what comes late is looked at each time where it is known to have held.
    state.credit = atLeast - (state.held > Number.NEGATIVE_INFINITY ? distinct : best);
    if (Number.isNaN(found) || state.hot !== undefined) return found;
    if (distinct >= atLeast) heat(state);
    else {
      state.held = Math.max(state.held, found);
      state.credit = atLeast - distinct;
    }
    return found;
  };

  /** From now on only the latest values matter for what comes in order: older ones cannot make a later window hold that these do not. */
  const heat = (state: Distinct): void => {
    const latest = state.values.map((value, position) => [value, state.times[position]?.at(-1) ?? 0] as const);
    latest.sort((a, b) => a[1] - b[1]);
    state.hot = new Map(latest.slice(-atLeast));
    state.held = state.newest;
  };

  /** It holds no longer. With what comes late it may have held at other times, too. */
  const cool = (state: Distinct, hot: Map<Value, number>, until: number): void => {
    state.hot = undefined;
    for (const [value, time] of hot) note(state, time, value);
    state.held = until;
    prune(state);
    state.credit = 1;
  };

  const addHot = (state: Distinct, hot: Map<Value, number>, time: number, value: Value): number => {
    if (time < state.newest) {
      // At most a value's latest time can change, and the condition may have held earlier.
      if ((hot.get(value) ?? Number.POSITIVE_INFINITY) < time) state.hot = reinsert(hot, value, time);
      if (time >= state.held) return atLeast === 1 ? time : Number.NaN;
      if (time < state.newest - timespanMs - latenessMs) return Number.NaN;
      return note(state, time, value) ? firstEnd(state, time) : Number.NaN;
    }
    if (state.values.length > 0 && state.held < time - timespanMs - latenessMs) keep(state, () => false);
    const until = state.newest;
    state.newest = time;
    const known = hot.delete(value);
    hot.set(value, time);
    if (!known && hot.size > atLeast) hot.delete(hot.keys().next().value as Value);
    if (time - (hot.values().next().value as number) <= timespanMs) return time;
    cool(state, hot, until);
    return Number.NaN;
  };

  return {
    create: () => ({
      values: [],
      times: [],
      index: undefined,
      newest: Number.NEGATIVE_INFINITY,
      credit: atLeast,
      hot: undefined,
      held: Number.NEGATIVE_INFINITY,
    }),
    add(state, time, value) {
      if (state.hot !== undefined) return addHot(state, state.hot, time, value);
      if (!note(state, time, value)) return Number.NaN;
      const mayHaveHeld = time < state.newest && state.held > Number.NEGATIVE_INFINITY;
      if (time > state.newest) state.newest = time;
      return --state.credit > 0 && !mayHaveHeld ? Number.NaN : sweep(state, time);
    },
    size: (state) => (state.hot?.size ?? 0) + state.values.length,
    worth: (state, most) => ((state.hot?.size ?? state.values.length) >= near ? most : 0),
    pack: (state) => [
      state.values,
      state.times,
      Number.isFinite(state.newest) ? state.newest : null,
      state.credit,
      state.hot === undefined ? null : [...state.hot].map(([value, time]) => [value, time]),
      ...(Number.isFinite(state.held) ? [state.held] : []),
    ],
    unpack(data) {
      const [values, times, newest, credit, hot, held] = listOf(data);
      if (typeof credit !== "number") throw new TypeError("not the state of a distinct count");
      const noted = listOf(times).map(numbersOf);
      return {
        values: listOf(values).map(readValue),
        times: noted,
        index: undefined,
        newest: typeof newest === "number" ? newest : Number.NEGATIVE_INFINITY,
        credit,
        hot: hot === null ? undefined : new Map(listOf(hot).map(readPair)),
        // Without it, as it was saved before: of what was noted while the condition holds, the latest is where it held first.
        held: typeof held === "number" ? held : hot === null ? Number.NEGATIVE_INFINITY : latestOf(noted),
      };
    },
  };
}

function keep(state: Distinct, isKept: (time: number) => boolean): void {
  const kept = state.values.flatMap((value, position): [Value, number[]][] => {
    const times = (state.times[position] as number[]).filter(isKept);
    return times.length > 0 ? [[value, times]] : [];
  });
  state.values = kept.map(([value]) => value);
  state.times = kept.map(([, times]) => times);
  state.index = undefined;
}

function latestOf(times: readonly number[][]): number {
  return times.reduce((latest, each) => Math.max(latest, each.at(-1) ?? latest), Number.NEGATIVE_INFINITY);
}

function find(state: Distinct, value: Value): number | undefined {
  if (state.values.length <= SCAN) {
    const position = state.values.indexOf(value);
    return position === -1 ? undefined : position;
  }
  state.index ??= new Map(state.values.map((known, position) => [known, position]));
  return state.index.get(value);
}

function reinsert(hot: Map<Value, number>, value: Value, time: number): Map<Value, number> {
  hot.set(value, time);
  return new Map([...hot].sort((a, b) => a[1] - b[1]));
}

function readValue(data: unknown): Value {
  if (typeof data !== "string" && typeof data !== "number") throw new TypeError("not a value");
  return data;
}

function readPair(data: unknown): [Value, number] {
  const [value, time] = listOf(data);
  if (typeof time !== "number") throw new TypeError("not a time");
  return [readValue(value), time];
}
