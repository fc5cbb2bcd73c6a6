import type { Consumer, Lost } from "../contracts/consumer.ts";
import type { Entry } from "../contracts/entry.ts";
import type { DeadLetter, Ledger, QueuedObject } from "../contracts/ledger.ts";
import type { Flow } from "../flow/flow.ts";
import type { LedgerWrite } from "../ledger/write.ts";
import { firstOf, firstWithin } from "../lib/waiting.ts";
import { CHECKPOINT } from "./checkpoint.ts";
import { letterOfRest } from "./lost.ts";
import { ObjectProgress } from "./progress.ts";

/** The half of the rules that is elsewhere, and the way there. */
export interface Elsewhere {
  /** Marks the flow as far as it can be done here. Returns whether the rules that are elsewhere have to see it. */
  sift(flow: Flow): boolean;
  /**
   * Resolves when the flows will not be lost any more. Repeats by itself; rejects when the signal aborts, or with what no repetition heals. One
   * call at a time.
   */
  send(flows: readonly Flow[], signal: AbortSignal): Promise<void>;
  /** What it sends to can, for now, not be had. */
  readonly failing: boolean;
}

/** Flows wait for others to go with, so long at most, in ms. */
const LINGER_MS = 250;
/** So many are enough, and need not wait. */
const ENOUGH = 2_000;
/** While so many are held, no further ones are read. */
const MOST_HELD = 20_000;

interface Books {
  readonly ledger: Ledger;
  /** Repeats what the ledger cannot take now. */
  readonly write: LedgerWrite;
  /** Flows cannot be sent for what no repetition heals: the run cannot go on. */
  onFatal(error: unknown): void;
}

/**
 * The consumer whose position in an object is the last record up to which the rules elsewhere will see all that they have to. What was sent
 * and is not known to have arrived is sent again: they recognise it by object and record. Of one object everything is sent in order.
 */
export class Relay implements Consumer {
  readonly name = CHECKPOINT;
  readonly leads = true;
  readonly #elsewhere: Elsewhere;
  readonly #books: Books;
  readonly #patience: AbortSignal;
  readonly #progress: ObjectProgress;
  /** Not sent yet. */
  #open: Flow[] = [];
  /** Something was offered, or has ended, since what was sent last. */
  #isBehind = false;
  #letters: DeadLetter[] = [];
  #held = 0;
  #isDraining = false;
  #change = Promise.withResolvers<void>();
  #sending: Promise<void> | undefined;

  /** `patience`: what has not arrived when it ends is sent by the next run. */
  constructor(elsewhere: Elsewhere, books: Books, patience: AbortSignal) {
    this.#elsewhere = elsewhere;
    this.#books = books;
    this.#progress = new ObjectProgress(this.name, books.ledger);
    this.#patience = patience;
  }

  get hasRoom(): boolean {
    return this.#held < MOST_HELD;
  }

  get failing(): boolean {
    return this.#elsewhere.failing;
  }

  changed(): Promise<void> {
    return this.#change.promise;
  }

  /** Marks flows of one object, and with `count` takes those that are to be sent: what is offered next of the object covers them. */
  inspect(flows: readonly Flow[], count: boolean): void {
    for (const flow of flows) {
      if (!this.#elsewhere.sift(flow) || !count) continue;
      this.#open.push(flow);
      this.#held += 1;
    }
    if (this.#open.length >= ENOUGH) this.#changed();
  }

  /** Nothing is raised here. */
  flush(): void {}

  wants(object: QueuedObject): boolean {
    return this.#progress.wants(object);
  }

  offered(id: number): number {
    return this.#progress.through(id);
  }

  offer(id: number, _flows: readonly Entry[], through: number): void {
    this.#progress.advance(id, through);
    this.#begin();
  }

  end(id: number, lost?: Lost): void {
    const letter = lost && letterOfRest(this.name, this.#progress.through(id), lost);
    if (letter !== undefined) this.#letters.push(letter);
    this.#progress.end(id);
    this.#begin();
  }

  revoke(id: number): void {
    this.#progress.revoke(id);
  }

  leave(id: number): void {
    this.#progress.leave(id);
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    this.#changed();
    while (this.#sending !== undefined && !this.#patience.aborted) await firstOf([this.#sending], this.#patience);
    this.#isDraining = false;
  }

  #begin(): void {
    this.#isBehind = true;
    this.#sending ??= this.#sendAll();
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  async #sendAll(): Promise<void> {
    try {
      while (this.#isBehind) {
        const end = performance.now() + LINGER_MS;
        while (!this.#isDraining && this.#open.length < ENOUGH && performance.now() < end) {
          await firstWithin(end - performance.now(), [this.changed()], this.#patience);
          this.#patience.throwIfAborted();
        }
        await this.#sendSome();
      }
    } catch (error) {
      if (!this.#patience.aborted) this.#books.onFatal(error);
    } finally {
      this.#sending = undefined;
    }
  }

  async #sendSome(): Promise<void> {
    const { ledger, write } = this.#books;
    const [flows, letters] = [this.#open, this.#letters];
    [this.#open, this.#letters, this.#isBehind] = [[], [], false];
    const positions = this.#progress.unsaved();
    if (flows.length > 0) await this.#elsewhere.send(flows, this.#patience);
    this.#held -= flows.length;
    this.#changed();
    if (letters.length > 0) await write(() => ledger.setAside(letters));
    const standing = this.#progress.standing(positions);
    await write(() => ledger.checkpoint(this.name, "", standing));
    this.#progress.saved(standing);
  }
}
