import { randomUUID } from "node:crypto";
import type { SavedState, StatePart, StateSave } from "../contracts/state-ledger.ts";
import type { KafkaConnection } from "../lib/kafka/connection.ts";
import { placeName } from "../lib/kafka/places.ts";
import { TopicReader } from "../lib/kafka/topic-reader.ts";
import type { KeptAlert } from "./kept-alerts.ts";
import type { Lease } from "./lister.ts";
import { type Folded, fold, readState, type StateMessage, writtenState } from "./state-messages.ts";
import type { TopicLog } from "./topic-log.ts";

/** So many messages are read from the end of the topic at first, and then so many times as many. */
const TAIL = 64;
const FURTHER = 4;
/** Of alerts in one message: well below 1 MB, each has some kilobytes. */
const ALERTS_A_MESSAGE = 50;
/** The state is written anew when so much more than twice its size has been written since, in characters. */
const SLACK = 4 * 1_048_576;
/** Or when what was written of it is as old as this part of the time that the topic keeps it. */
const OLD = 4;

export interface StateLogParts {
  readonly connection: KafkaConnection;
  readonly log: TopicLog;
  /** Has one partition. */
  readonly topic: string;
  readonly retentionMs: number;
  readonly onStranger: (place: string) => void;
  /** There was a state, and not all of it is there any more. */
  readonly onLost: () => void;
}

/**
 * The state of the rules, as messages of a topic that forgets: now and then all of it, and in between what has changed. Whoever takes over writes
 * down that it does, and then reads what stands before that; what somebody who was not told of it writes behind it is passed over by all.
 */
export class StateLog {
  readonly #parts: StateLogParts;
  readonly #lease: Lease;
  readonly #owner = randomUUID();
  #epoch = 0;
  /** Numbers and content of the parts that count. */
  readonly #live = new Map<number, string>();
  #base: { readonly name: string; readonly at: number } | undefined;
  /** Characters written since the base. */
  #written = 0;
  /** Of parts that count. */
  #size = 0;
  /** Settles when all that was to be written is. */
  #last: Promise<void> = Promise.resolve();

  constructor(parts: StateLogParts, lease: Lease) {
    this.#parts = parts;
    this.#lease = lease;
  }

  /** Takes over. Resolves to the state as whoever was before has left it; undefined where there is none. */
  async takeOver(): Promise<{ saved: SavedState; next: number; alerts: Iterable<KeptAlert> } | undefined> {
    for (;;) {
      const { epoch } = fold(await this.#read(({ epoch }) => epoch === 0));
      this.#epoch = epoch + 1;
      await this.#write([{ kind: "begin", epoch: this.#epoch, owner: this.#owner }]);
      const messages = await this.#read(({ lacks, state }) => state === undefined || lacks);
      const own = messages.findIndex(
        (message) => message.kind === "begin" && message.owner === this.#owner && message.epoch === this.#epoch,
      );
      const before = messages.slice(0, own);
      // Somebody else has begun at the same moment.
      if (own === -1 || before.some((message) => message.epoch >= this.#epoch)) continue;
      const { state, lacks } = fold(before);
      if (lacks) this.#parts.onLost();
      if (state === undefined) return undefined;
      for (const [number, value] of state.parts) this.#keep({ number, value });
      const parts = [...this.#live].sort(([a], [b]) => a - b).map(([number, value]) => ({ number, value }));
      return { saved: { head: state.head, parts }, next: state.next, alerts: state.alerts.values() };
    }
  }

  /** The end of the topic, as far back as is asked for. */
  async #read(isMore: (folded: Folded) => boolean): Promise<StateMessage[]> {
    const { connection, log, topic, onStranger } = this.#parts;
    const { signal } = this.#lease;
    const place = { topic, partition: 0 };
    const name = placeName(place);
    const reader = new TopicReader(connection, [topic]);
    try {
      const [start, end] = [
        await log.offset(reader, place, "earliest", signal),
        await log.offset(reader, place, "latest", signal),
      ];
      for (let count = TAIL; ; count *= FURTHER) {
        const from = Math.max(start, end - count);
        const messages: StateMessage[] = [];
        for await (const { value, offset } of log.between(
          reader,
          [place],
          new Map([[name, from]]),
          new Map([[name, end]]),
          signal,
        )) {
          const message = readState(value);
          if (message === undefined) onStranger(`${name} at ${offset}`);
          else messages.push(message);
        }
        if (from === start || !isMore(fold(messages))) return messages;
      }
    } finally {
      await reader.close();
    }
  }

  /** Says what became of an alert. `flushed` says when that is written. */
  note(kept: KeptAlert): void {
    void this.#write([{ kind: "alerts", epoch: this.#epoch, alerts: [kept] }]).catch(() => {});
  }

  /** Resolves when all that was noted is written. Rejects when it cannot be, since the lease is lost. */
  flushed(): Promise<void> {
    return this.#last;
  }

  /** Writes what has changed, or all of it, and that it knows the rows before `next`. `alerts`: all that are known. */
  async save(save: StateSave, next: number, alerts: Iterable<KeptAlert>): Promise<void> {
    const isAnew = this.#isOld();
    try {
      if (isAnew) await this.#writeBase(alerts);
      for (const lot of save.lots) {
        for (const part of lot) this.#keep(part);
        await this.#writeParts(lot);
      }
      const head = save.head();
      await this.#write([{ kind: "head", epoch: this.#epoch, base: this.#base?.name ?? "", head, next }]);
    } catch (error) {
      save.abandon();
      throw error;
    }
    for (const number of save.done()) this.#drop(number);
  }

  #isOld(): boolean {
    if (this.#base === undefined || this.#written > 2 * this.#size + SLACK) return true;
    return Date.now() - this.#base.at > this.#parts.retentionMs / OLD;
  }

  async #writeBase(alerts: Iterable<KeptAlert>): Promise<void> {
    const base = { name: randomUUID(), at: Date.now() };
    await this.#write([{ kind: "base", epoch: this.#epoch, base: base.name }]);
    const known = [...alerts];
    const messages: StateMessage[] = [];
    for (let from = 0; from < known.length; from += ALERTS_A_MESSAGE) {
      messages.push({ kind: "alerts", epoch: this.#epoch, alerts: known.slice(from, from + ALERTS_A_MESSAGE) });
    }
    // In one go, so that no later word about one of them comes before this one.
    await this.#write(messages);
    await this.#writeParts([...this.#live].map(([number, value]) => ({ number, value })));
    [this.#base, this.#written] = [base, 0];
  }

  async #writeParts(parts: readonly StatePart[]): Promise<void> {
    await this.#write(parts.map(({ number, value }) => ({ kind: "part", epoch: this.#epoch, number, value })));
    this.#written += parts.reduce((sum, { value }) => sum + value.length, 0);
  }

  #keep({ number, value }: StatePart): void {
    this.#drop(number);
    this.#live.set(number, value);
    this.#size += value.length;
  }

  #drop(number: number): void {
    this.#size -= this.#live.get(number)?.length ?? 0;
    this.#live.delete(number);
  }

  /** One after the other: what cannot be written is followed by nothing. */
  #write(messages: readonly StateMessage[]): Promise<void> {
    const { log, topic } = this.#parts;
    this.#last = this.#last.then(async () => {
      await this.#lease.confirm();
      await log.send(
        messages.map((message) => ({ topic, value: writtenState(message) })),
        this.#lease.signal,
      );
    });
    this.#last.catch(() => {});
    return this.#last;
  }
}
