import { setTimeout as sleep } from "node:timers/promises";

/** Hands out turns, first come first served, at most so many a second. */
export class Pacer {
  readonly #spacingMs: number;
  #next = 0;

  constructor(perSecond: number) {
    this.#spacingMs = 1_000 / perSecond;
  }

  /** Nobody's turn comes before so many ms have passed. */
  hold(ms: number): void {
    this.#next = Math.max(this.#next, performance.now() + ms);
  }

  /** Resolves when it is the caller's turn; throws the signal's reason. */
  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = performance.now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#spacingMs;
    if (at > now) await sleep(at - now, undefined, { signal, ref: false });
  }
}
