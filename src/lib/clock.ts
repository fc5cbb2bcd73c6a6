import { setTimeout as sleep } from "node:timers/promises";

/** The time that files are watched by. */
export interface Clock {
  /** Ms since the epoch; never jumps, also where somebody sets the machine's clock. */
  now(): number;
  /** Resolves after `ms`, or when the signal aborts. In the background it does not keep the process alive. */
  wait(ms: number, signal: AbortSignal, where: "foreground" | "background"): Promise<void>;
}

export const CLOCK: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  async wait(ms, signal, where) {
    try {
      await sleep(ms, undefined, { signal, ref: where === "foreground" });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};
