import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../src/generator/random.ts";
import { type Ended, type Running, start } from "../journeys/program.ts";

/** Longest wait for a worker that has nothing to do, in ms. */
const LONGEST_MS = 4_000;

/** When a round ends: so long after it began, after a sink got something, or after somebody was told. */
export interface Moment {
  readonly after: "start" | "delivery" | "alert";
  readonly ms: number;
}

export function drawMoment(random: Random): Moment {
  const lot = random.fraction();
  if (lot < 0.25) return { after: "start", ms: random.between(0, 2_000) };
  if (lot < 0.85) return { after: "delivery", ms: random.between(0, 500) };
  return { after: "alert", ms: random.between(0, 500) };
}

export interface Stopped extends Ended {
  /** From the signal to the end. */
  readonly tookMs: number;
}

/** Runs the worker until the moment, and ends it with the signal. Throws when it has ended by itself. */
export async function runUntil(
  moment: Moment,
  signal: "SIGKILL" | "SIGTERM",
  config: string,
  happens: (what: "delivery" | "alert") => Promise<void>,
): Promise<Stopped> {
  const running = start(["run", "-c", config]);
  if (moment.after !== "start") await Promise.race([happens(moment.after), sleep(LONGEST_MS), running.ended]);
  await Promise.race([sleep(moment.ms), running.ended]);
  return stop(running, signal);
}

async function stop({ child, ended, stderr }: Running, signal: "SIGKILL" | "SIGTERM"): Promise<Stopped> {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the worker has ended by itself: ${stderr()}`);
  const from = performance.now();
  child.kill(signal);
  return { ...(await ended), tookMs: performance.now() - from };
}
