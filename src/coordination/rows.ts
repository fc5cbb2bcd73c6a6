import { firstOf } from "../lib/waiting.ts";
import type { LogEvents } from "./log-events.ts";

/** Writes messages until the brokers have them. */
export interface RowLog {
  send(messages: readonly { readonly topic: string; readonly value: Buffer }[], signal: AbortSignal): Promise<void>;
}

/** Messages go to whoever looks after the rules, through the topic of detections. */
export class Rows {
  /** Where they are written; it may be there only after a while. */
  readonly log = Promise.withResolvers<RowLog>();
  /** Of that log. */
  readonly events: LogEvents;
  readonly #topic: string;
  #isFailing = false;

  constructor(topic: string, events: LogEvents) {
    this.#topic = topic;
    this.events = {
      onTrouble: (error) => {
        this.#isFailing = true;
        events.onTrouble(error);
      },
      onWell: () => {
        if (this.#isFailing) events.onWell();
        this.#isFailing = false;
      },
    };
  }

  /** The topic cannot be written now. */
  get failing(): boolean {
    return this.#isFailing;
  }

  /** Resolves when every replica in sync has the messages. Rejects when the signal aborts, or with what no repetition heals. */
  async send(values: readonly Buffer[], signal: AbortSignal): Promise<void> {
    await firstOf([this.log.promise], signal);
    signal.throwIfAborted();
    const log = await this.log.promise;
    await log.send(
      values.map((value) => ({ topic: this.#topic, value })),
      signal,
    );
  }
}
