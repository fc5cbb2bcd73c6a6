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
  /** While the condition holds: the earliest end of a window in which it does. Above stands what came up to then, as long as more of it may come. */
  earliest: number;
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
    if (!state.times.some(([earliest = before]) => earliest < before)) return;
    keep(state, (time) => time >= before);
  };

  /** Whether any window holds, by `firstEnd`: then it goes on from there. */
  const sweep = (state: Distinct): number => {
    prune(state);
    if (state.values.length < atLeast) {
      state.credit = atLeast - state.values.length;
      return Number.NaN;
    }
    const end = firstEnd(state);
    if (!Number.isNaN(end)) heat(state, end);
    return end;
  };

  /** Looks at every window. The end of the first that holds, else NaN and a new credit. */
  const firstEnd = (state: Distinct): number => {
    const seen = state.times.flatMap((times, position) => times.map((time) => ({ time, position })));
    seen.sort((a, b) => a.time - b.time);
    const counts = new Array<number>(state.values.length).fill(0);
    let distinct = 0;
    let best = 0;
    let start = 0;
    for (const { time, position } of seen) {
      const count = counts[position] as number;
      counts[position] = count + 1;
      if (count === 0) distinct++;
      for (let first = seen[start]; first !== undefined && first.time < time - timespanMs; first = seen[++start]) {
        const left = (counts[first.position] as number) - 1;
        counts[first.position] = left;
        if (left === 0) distinct--;
      }
      if (distinct >= atLeast) return time;
      best = Math.max(best, distinct);
    }
    state.credit = atLeast - best;
    return Number.NaN;
  };

  /** From now on only the latest values matter: older ones cannot make a later window hold that these do not. */
  const heat = (state: Distinct, end: number): void => {
    const latest = state.values.map((value, position) => [value, state.times[position]?.at(-1) ?? 0] as const);
    latest.sort((a, b) => a[1] - b[1]);
    state.hot = new Map(latest.slice(-atLeast));
    holdSince(state, end);
  };

  /** What comes late may make an earlier window hold, together with what had come by then. */
  const holdSince = (state: Distinct, end: number): void => {
    state.earliest = end;
    keep(state, (time) => time <= end);
  };

  const cool = (state: Distinct): void => {
    keep(state, () => false);
    for (const [value, time] of state.hot ?? []) {
      state.values.push(value);
      state.times.push([time]);
    }
    state.hot = undefined;
    prune(state);
    state.credit = Math.max(1, atLeast - state.values.length);
  };

  /** Late, while the condition holds: the end of the first window that holds, if that is earlier than was known. */
  const holdsEarlier = (state: Distinct, time: number, value: Value): number => {
    if (time >= state.earliest || time < state.newest - timespanMs - latenessMs) return Number.NaN;
    const end = note(state, time, value) ? firstEnd(state) : Number.NaN;
    if (!(end < state.earliest)) return Number.NaN;
    holdSince(state, end);
    return end;
  };

  const addHot = (state: Distinct, hot: Map<Value, number>, time: number, value: Value): number => {
    if (time < state.newest) {
      // At most a value's latest time can change, and the condition may have held earlier.
      if ((hot.get(value) ?? Number.POSITIVE_INFINITY) < time) state.hot = reinsert(hot, value, time);
      return holdsEarlier(state, time, value);
    }
    if (state.values.length > 0 && state.earliest < time - timespanMs - latenessMs) keep(state, () => false);
    state.newest = time;
    const known = hot.delete(value);
    hot.set(value, time);
    if (!known && hot.size > atLeast) hot.delete(hot.keys().next().value as Value);
    if (time - (hot.values().next().value as number) <= timespanMs) return time;
    cool(state);
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
      earliest: Number.NEGATIVE_INFINITY,
    }),
    add(state, time, value) {
      if (state.hot !== undefined) return addHot(state, state.hot, time, value);
      if (!note(state, time, value)) return Number.NaN;
      if (time > state.newest) state.newest = time;
      return --state.credit > 0 ? Number.NaN : sweep(state);
    },
    size: (state) => (state.hot?.size ?? 0) + state.values.length,
    worth: (state, most) => ((state.hot?.size ?? state.values.length) >= near ? most : 0),
    pack: (state) => [
      state.values,
      state.times,
      Number.isFinite(state.newest) ? state.newest : null,
      state.credit,
      state.hot === undefined ? null : [...state.hot].map(([value, time]) => [value, time]),
    ],
    unpack(data) {
      const [values, times, newest, credit, hot] = listOf(data);
      if (typeof credit !== "number") throw new TypeError("not the state of a distinct count");
      const noted = listOf(times).map(numbersOf);
      return {
        values: listOf(values).map(readValue),
        times: noted,
        index: undefined,
        newest: typeof newest === "number" ? newest : Number.NEGATIVE_INFINITY,
        credit,
        hot: hot === null ? undefined : new Map(listOf(hot).map(readPair)),
        earliest: latestOf(noted),
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

/** Of what was noted while the condition holds, the latest is where it held first. */
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
