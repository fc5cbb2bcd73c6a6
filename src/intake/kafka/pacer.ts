import { pause } from "../../lib/waiting.ts";

/** What a pacer sees of time: ms since some moment, and how it waits. */
interface Time {
  readonly now: () => number;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

const OF_THE_MACHINE: Time = { now: () => performance.now(), pause };

/** Requests for one partition are no closer together than this: OCI Streaming takes five a second of a group. */
const LEAST_MS = 200;

/** Keeps requests for a partition apart, whoever makes them. */
export class Pacer {
  readonly #last = new Map<string, number>();
  readonly #time: Time;

  constructor(time = OF_THE_MACHINE) {
    this.#time = time;
  }

  /** Resolves when each of these partitions may be asked for, which counts as asking; at once when the signal aborts. */
  async turn(partitions: readonly string[], signal: AbortSignal): Promise<void> {
    const now = this.#time.now();
    const due = Math.max(now, ...partitions.map((name) => (this.#last.get(name) ?? Number.NEGATIVE_INFINITY) + LEAST_MS));
    for (const name of partitions) this.#last.set(name, due);
    if (due > now) await this.#time.pause(due - now, signal);
  }
}
