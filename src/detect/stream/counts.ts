import { lowerBound, numbersOf, upperBound, type Window, type WindowOptions } from "./window.ts";

interface Counts {
  /** Event times, ascending. */
  readonly times: number[];
}

/** At least `atLeast` flows within the timespan. */
export function createCounts(atLeast: number, options: WindowOptions): Window<Counts> {
  const { timespanMs, latenessMs } = options;
  const maxItems = Math.max(options.maxItems, atLeast * 2);
  const near = Math.max(1, atLeast - 3);

  /** The window may end at the added flow or at one of the flows after it. */
  const holdsAround = (times: readonly number[], position: number): number => {
    const first = Math.max(position, atLeast - 1);
    const last = Math.min(position + atLeast - 1, times.length - 1);
    for (let end = first; end <= last; end++) {
      const time = times[end] as number;
      if (time - (times[end - atLeast + 1] as number) <= timespanMs) return time;
    }
    return Number.NaN;
  };

  return {
    create: () => ({ times: [] }),
    add({ times }, time) {
      const newest = times.at(-1);
      const inOrder = newest === undefined || time >= newest;
      let position = times.length;
      if (inOrder) times.push(time);
      else {
        position = upperBound(times, time);
        times.splice(position, 0, time);
      }
      const end = holdsAround(times, position);
      if (end === time && inOrder && times.length > atLeast) {
        // Older flows cannot make a later window hold that the newest ones do not.
        times.splice(0, times.length - atLeast);
      } else {
        const expired = lowerBound(times, (times.at(-1) as number) - timespanMs - latenessMs);
        if (expired > 0) times.splice(0, expired);
      }
      while (times.length > maxItems) {
        times.shift();
        options.dropped();
      }
      return end;
    },
    size: (state) => state.times.length,
    worth: (state, most) => (state.times.length >= near ? most : 0),
    pack: (state) => state.times,
    unpack: (data) => ({ times: numbersOf(data) }),
  };
}
