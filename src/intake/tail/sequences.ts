/** Numbers `from` to `to` of a stream that never appeared. */
export interface Gap {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
}

/** Streams without a number inside the window that are still remembered. */
const REMEMBERED = 8;

export interface SequenceWatch {
  /** An object of the stream, and the time that says when it leaves the window. */
  observe(stream: string, number: number, time: number): void;
  /** Moves the beginning of the window: what is missing before it is reported, once. */
  advance(from: number): void;
  /** Next number of each stream, of those before the window; the argument of the watch that goes on. */
  next(): Record<string, number>;
}

/**
 * Finds holes in streams whose objects are numbered one by one. A hole counts when the number after it has left the look-back
 * window; the first number of a stream that was met is taken as its beginning.
 */
export function sequenceWatch(earlier: Readonly<Record<string, number>>, report: (gap: Gap) => void): SequenceWatch {
  const expected = new Map(Object.entries(earlier));
  const windows = new Map<string, Map<number, number>>();

  const leave = (stream: string, numbers: Map<number, number>, from: number) => {
    const known = [...numbers].sort(([a], [b]) => a - b);
    const last = known.findLastIndex(([, time]) => time < from);
    for (const [number, time] of known.slice(0, last + 1)) {
      const next = expected.get(stream) ?? number;
      if (number > next) report({ stream, from: next, to: number - 1 });
      expected.set(stream, Math.max(next, number + 1));
      if (time < from) numbers.delete(number);
    }
    if (numbers.size === 0) windows.delete(stream);
  };

  return {
    observe(stream, number, time) {
      const numbers = windows.get(stream) ?? new Map<number, number>();
      windows.set(stream, numbers.set(number, time));
    },
    advance(from) {
      for (const [stream, numbers] of windows) leave(stream, numbers, from);
      const quiet = [...expected.keys()].filter((stream) => !windows.has(stream)).sort();
      for (const stream of quiet.slice(0, Math.max(0, quiet.length - REMEMBERED))) expected.delete(stream);
    },
    next: () => Object.fromEntries(expected),
  };
}
