import { pause } from "../../lib/waiting.ts";

/** Requests for one partition are no closer together than this: OCI Streaming takes five a second of a group. */
const LEAST_MS = 200;

/** Keeps requests for a partition apart, whoever makes them. */
export class Pacer {
  readonly #last = new Map<string, number>();

  /** Resolves when each of these partitions may be asked for, which counts as asking; at once when the signal aborts. */
  async turn(partitions: readonly string[], signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const due = Math.max(now, ...partitions.map((name) => (this.#last.get(name) ?? Number.NEGATIVE_INFINITY) + LEAST_MS));
    for (const name of partitions) this.#last.set(name, due);
    if (due > now) await pause(due - now, signal);
  }
}
