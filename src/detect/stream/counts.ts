import { listOf, lowerBound, numbersOf, upperBound, type Window, type WindowOptions } from "./window.ts";

interface Counts {
  /** Event times, ascending. */
  readonly times: number[];
  /** While it holds at each flow: the first end of these, up to which all that came is kept. Else NaN. */
  since: number;
}

/**
 * While it holds, so many flows are kept, or as many again as suffice where that is more. A condition that needs hundreds may therefore be known to
 * hold later than it does in order, where what comes late lies before them.
 */
export const MOST_HELD = 256;

/** At least `atLeast` flows within the timespan. */
export function createCounts(atLeast: number, options: WindowOptions): Window<Counts> {
  const { timespanMs, latenessMs } = options;
  const maxItems = Math.max(options.maxItems, atLeast * 2);
  /** So many may be kept that are of no use, for it costs as much to drop them one by one as all at once. */
  const slack = atLeast >> 4;
  const mostHeld = Math.max(MOST_HELD, 2 * atLeast);
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
    create: () => ({ times: [], since: Number.NaN }),
    add(state, time) {
      const { times } = state;
      const newest = times.at(-1);
      const inOrder = newest === undefined || time >= newest;
      let position = times.length;
      if (inOrder) times.push(time);
      else {
        position = upperBound(times, time);
        times.splice(position, 0, time);
      }
      const end = holdsAround(times, position);
      if (inOrder) {
        if (Number.isNaN(end)) state.since = Number.NaN;
        else if (!(time - (newest as number) <= timespanMs) || Number.isNaN(state.since)) state.since = time;
      }
      const before = (times.at(-1) as number) - timespanMs - latenessMs;
      if ((times[0] as number) < before) times.splice(0, lowerBound(times, before));
      if (inOrder && end === time && times.length > atLeast) {
        // Older flows cannot make a later window hold that the newest ones do not; those up to the first end an earlier one, with late flows.
        const first = (times[0] as number) > state.since ? 0 : upperBound(times, state.since);
        const spare = times.length - atLeast - first;
        if (spare > slack) times.splice(first, spare);
        if (times.length > mostHeld + slack) times.splice(0, times.length - mostHeld);
      }
      while (times.length > maxItems) {
        times.shift();
        options.dropped();
      }
      return end;
    },
    size: (state) => state.times.length,
    worth: (state, most) => (state.times.length >= near ? most : 0),
    pack: ({ times, since }) => (Number.isNaN(since) ? times : [times, since]),
    unpack(data) {
      // A list of times alone where it does not hold, or as it was saved before.
      const [times, since] = listOf(data);
      return typeof since === "number" && Array.isArray(times)
        ? { times: numbersOf(times), since }
        : { times: numbersOf(data), since: Number.NaN };
    },
  };
}
