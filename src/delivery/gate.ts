import type { QueuedObject } from "../contracts/ledger.ts";
import { codeOf, drawerOf, Failure } from "../lib/errors.ts";
import { type OnRetry, pauseBefore, type RetryPolicy } from "../lib/retry.ts";
import { firstOf, pause } from "../lib/waiting.ts";

/** So many different objects are refused, and none is read that was begun later, before the source is doubted and not they. */
const REFUSED = 5;
/** Codes of objects that are refused as all of a source are when its credentials may not read. */
const DENIED = new Set(["object-denied", "object-missing", "object-refused"]);

export interface GateEvents {
  /** Objects of which one might be read, at most a few; other ones for other attempts. */
  candidates(attempt: number): readonly QueuedObject[];
  /** Asks for the object, and leaves what comes; rejects with why it cannot be had. */
  reach(object: QueuedObject, signal: AbortSignal): Promise<void>;
  /** None of the candidates could be had: the source pauses. */
  onRefused: OnRetry;
  /** The source goes on; these objects were refused, to be tried again at once. */
  onOpened(refused: readonly number[]): Promise<void>;
}

export interface GateOptions {
  readonly policy: RetryPolicy;
  /** A job ends with what it may not read; only credentials that are not taken at all hold it up. */
  readonly untilCaughtUp: boolean;
}

/**
 * Who is to be doubted when a store refuses an object: the object or who asks. One that is refused while others can be read is its own
 * trouble. When one after the other is refused the gate closes: nothing is read, a few objects are asked for at growing pauses, and as soon as
 * one can be had it opens.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #events: GateEvents;
  readonly #stop: AbortSignal;
  /** Ids of refused objects, each with the number of its last refusal, the oldest first. */
  readonly #refused = new Map<number, number>();
  #refusals = 0;
  #closed: Promise<void> | undefined;

  constructor(options: GateOptions, events: GateEvents, stop: AbortSignal) {
    this.#options = options;
    this.#events = events;
    this.#stop = stop;
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** Resolves when it is open, or the run ends; rejects with what ends the run. */
  async opened(): Promise<void> {
    while (this.#closed !== undefined && !this.#stop.aborted) await firstOf([this.#closed], this.#stop);
  }

  /** Resolves when nothing is asked for any more. */
  async ended(): Promise<void> {
    await this.#closed;
  }

  /** A reading begins; what is returned is to be called when some of it has come. */
  begin(): () => void {
    const before = this.#refusals;
    return () => {
      if (this.isClosed) return;
      for (const [id, number] of this.#refused) if (number <= before) this.#refused.delete(id);
    };
  }

  /** The object could not be read. */
  refused({ id }: QueuedObject, error: unknown): void {
    if (!this.#isRefusal(error)) return;
    this.#refusals += 1;
    this.#refused.delete(id);
    this.#refused.set(id, this.#refusals);
    if (this.#refused.size < REFUSED || this.isClosed) return;
    this.#closed = this.#untilReached();
    // Whoever waits for it hears of it; nobody may be waiting yet.
    this.#closed.catch(() => {});
  }

  #isRefusal(error: unknown): boolean {
    if (error instanceof Failure && error.gone) return false;
    return (
      drawerOf(error) === "person" || (!this.#options.untilCaughtUp && drawerOf(error) === "object" && DENIED.has(codeOf(error)))
    );
  }

  async #untilReached(): Promise<void> {
    for (let failures = 0; ; ) {
      const error = await this.#reach(failures);
      if (this.#stop.aborted) return;
      if (error === undefined) {
        const refused = [...this.#refused.keys()];
        this.#refused.clear();
        // Where it is but some objects that are refused, others go on as if nothing had been.
        if (failures > 0) await this.#events.onOpened(refused);
        this.#closed = undefined;
        return;
      }
      failures += 1;
      const pauseMs = pauseBefore(failures, error, this.#options.policy);
      this.#events.onRefused({ failures, pauseMs, error });
      await pause(pauseMs, this.#stop);
      if (this.#stop.aborted) return;
    }
  }

  /** Why none of the candidates can be had; undefined when one can, or none is refused. */
  async #reach(attempt: number): Promise<unknown> {
    let [refusal, failure]: unknown[] = [];
    try {
      for (const object of this.#events.candidates(attempt)) {
        try {
          await this.#events.reach(object, this.#stop);
          return undefined;
        } catch (error) {
          // What has gone, or lies in an archive, says nothing.
          if (this.#isRefusal(error)) refusal ??= error;
          else if (drawerOf(error) !== "object") failure ??= error;
        }
        if (this.#stop.aborted) return undefined;
      }
    } catch (error) {
      return error;
    }
    return refusal ?? failure;
  }
}
