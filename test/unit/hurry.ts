import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import { onTestFinished } from "vitest";

/** How many times as fast. */
const HASTE = 50;

const { setTimeout: pause } = timers;

function set(to: typeof pause): void {
  timers.setTimeout = to;
  syncBuiltinESMExports();
}

/**
 * Until the test ends, pauses between attempts and looks (what is awaited of `node:timers/promises`) pass faster, if they are no longer than
 * `longestMs`: what is longer is a limit, which holds as it is. For tests of what comes after a pause, not of how long it is.
 */
export function hurry(longestMs = 5_000): void {
  set((ms = 0, value, options) => pause(ms > longestMs ? ms : ms / HASTE, value, options));
  onTestFinished(() => set(pause));
}
