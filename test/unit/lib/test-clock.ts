import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../../src/lib/clock.ts";

interface Waiter {
  readonly at: number;
  readonly resolve: () => void;
}

/**
 * A clock for one watch that only moves when it is told to. The files that are watched are real, and bear real times: it starts when
 * it is made, or `aheadMs` later.
 */
export class TestClock implements Clock {
  #now: number;
  #waiter: Waiter | undefined;
  #ended = false;
  #arrived: (() => void) | undefined;

  constructor(aheadMs = 0) {
    this.#now = Date.now() + aheadMs;
  }

  now(): number {
    return this.#now;
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiter = { at: this.#now + ms, resolve };
      signal.addEventListener("abort", () => {
        this.#ended = true;
        this.#waiter = undefined;
        resolve();
      });
      this.#arrived?.();
    });
  }

  /** Lets the time pass, and the watch do at each moment what it does then. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    while (!this.#ended) {
      if (this.#waiter === undefined) await this.#arrival();
      else if (this.#waiter.at > end) break;
      else this.#release(this.#waiter);
    }
    this.#now = end;
  }

  /** Lets so much time pass as the work waits for. */
  async until<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
      this.#arrived?.();
    };
    work.then(end, end);
    while (!done) {
      if (this.#waiter === undefined) await this.#arrival();
      // What begins to wait at the end of the work is left waiting.
      await setImmediate();
      if (!done && this.#waiter !== undefined) this.#release(this.#waiter);
    }
    return work;
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#arrived = resolve;
    });
  }

  #release({ at, resolve }: Waiter): void {
    this.#now = at;
    this.#waiter = undefined;
    resolve();
  }
}
