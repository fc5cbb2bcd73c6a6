import { pause } from "../../../lib/waiting.ts";

/** Resolves when so many bytes may go. Throws the signal's reason when it aborts. */
export type Pace = (bytes: number, signal: AbortSignal) => Promise<void>;

/** Spaces requests in the order in which they ask, so that on average no more than so many bytes a second go. */
export function paceOf(bytesPerSecond: number): Pace {
  /** On the clock of `performance.now()`, in ms. */
  let free = 0;
  return async (bytes, signal) => {
    const now = performance.now();
    const start = Math.max(now, free);
    free = start + (bytes / bytesPerSecond) * 1000;
    if (start > now) await pause(start - now, signal);
    signal.throwIfAborted();
  };
}
