import type { Consumer, Lost } from "../contracts/consumer.ts";
import type { Entry } from "../contracts/entry.ts";
import type { Keeper } from "../contracts/keeper.ts";
import type { Ledger, QueuedObject } from "../contracts/ledger.ts";
import type { Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";
import type { LedgerWrite } from "../ledger/write.ts";
import { firstOf } from "../lib/waiting.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { flowOf } from "./entries.ts";
import { letterOfRest } from "./lost.ts";
import { NOTHING, settledIn } from "./outcome.ts";

interface Progress {
  readonly object: QueuedObject;
  readonly acks: Acknowledgements;
  committed: number;
  /** Flows that the keeper has, and has not acknowledged. */
  held: number;
  /** Where its flows come from, once the keeper has some. */
  origin: Origin | undefined;
}

/** What positions of a keeper go through. */
interface Books {
  readonly ledger: Ledger;
  /** Repeats what the ledger cannot take now. */
  readonly write: LedgerWrite;
  /** So many flows of the keeper are durable, and committed; so many it has left out on purpose. */
  onKept(name: string, flows: number, leftOut: number): void;
  /** The ledger has failed for good: the run cannot go on. */
  onFatal(error: unknown): void;
}

/** The consumer whose position in an object is the last record before the first that its keeper holds and has not acknowledged. */
export class Keeping implements Consumer {
  readonly name: string;
  readonly leads = true;
  readonly #keeper: Keeper;
  readonly #books: Books;
  readonly #patience: AbortSignal;
  readonly #progress = new Map<number, Progress>();
  /** Those whose position may have moved. */
  readonly #moved = new Set<Progress>();
  #committing: Promise<void> | undefined;

  /** `patience`: what is not durable when it ends is left to the next run. */
  constructor(keeper: Keeper, books: Books, patience: AbortSignal) {
    this.name = keeper.name;
    this.#keeper = keeper;
    this.#books = books;
    this.#patience = patience;
  }

  get hasRoom(): boolean {
    return this.#keeper.hasRoom;
  }

  get failing(): boolean {
    return this.#keeper.failing;
  }

  changed(): Promise<void> {
    return this.#keeper.changed();
  }

  wants(object: QueuedObject): boolean {
    const progress = this.#progress.get(object.id);
    if (progress !== undefined) return !progress.acks.ended;
    const found = this.#books.ledger.position(this.name, object.id);
    if (found === undefined) return false;
    const { position } = found;
    this.#progress.set(object.id, {
      object,
      acks: new Acknowledgements(position),
      committed: position,
      held: 0,
      origin: undefined,
    });
    return true;
  }

  offered(id: number): number {
    return this.#of(id).acks.offered;
  }

  offer(id: number, flows: readonly Entry[], through: number): void {
    const progress = this.#of(id);
    const already = progress.acks.offered;
    const fresh = flows.filter(({ record }) => record > already);
    progress.acks.offer(through);
    const [first] = fresh;
    if (first !== undefined) this.#hand(progress, first.record, fresh.map(flowOf));
  }

  end(id: number, lost?: Lost): void {
    const progress = this.#of(id);
    const letter = lost && letterOfRest(this.name, progress.acks.offered, lost);
    progress.acks.end(letter && { ...NOTHING, setAside: letter.count, deadLetters: [letter] });
    if (progress.origin !== undefined) this.#keeper.ended?.(progress.origin);
    this.#mayHaveMoved(progress);
  }

  revoke(id: number): void {
    const origin = this.#progress.get(id)?.origin;
    this.#progress.delete(id);
    if (origin !== undefined) this.#keeper.forget?.(origin);
  }

  leave(id: number): void {
    const progress = this.#progress.get(id);
    if (progress !== undefined && !progress.acks.ended && progress.held === 0) this.#progress.delete(id);
  }

  async drain(): Promise<void> {
    await firstOf([this.#keeper.flush(this.#patience)], this.#patience);
    while (this.#committing !== undefined && !this.#patience.aborted) await firstOf([this.#committing], this.#patience);
  }

  #hand(progress: Progress, from: number, flows: readonly Flow[]): void {
    const settle = progress.acks.depart(from);
    // Only how many: what waits to be durable, for minutes and in a large file, must not keep the flows.
    const { length } = flows;
    let isDurable = false;
    progress.held += length;
    progress.origin ??= flows[0]?.origin;
    this.#keeper.take(flows, (leftOut = 0) => {
      if (isDurable) return;
      isDurable = true;
      progress.held -= length;
      settle({ ...NOTHING, delivered: length - leftOut, ...(leftOut > 0 && { filtered: leftOut }) });
      this.#mayHaveMoved(progress);
    });
  }

  /** A file that becomes durable may hold flows of very many objects: their positions are committed one after the other. */
  #mayHaveMoved(progress: Progress): void {
    this.#moved.add(progress);
    this.#committing ??= this.#commitAll();
  }

  async #commitAll(): Promise<void> {
    try {
      // What is acknowledged in one go is committed once.
      await Promise.resolve();
      for (const progress of this.#moved) {
        this.#moved.delete(progress);
        await this.#books.write(() => this.#commit(progress));
      }
    } catch (error) {
      if (!this.#patience.aborted) this.#books.onFatal(error);
    } finally {
      this.#committing = undefined;
    }
  }

  #commit(progress: Progress): void {
    const { acks, object } = progress;
    if (this.#progress.get(object.id) !== progress) return;
    const complete = acks.complete(undefined);
    const position = acks.position(undefined);
    if (position === progress.committed && settledIn(acks.uncommitted) === 0 && !complete) return;
    const outcome = acks.uncommitted;
    this.#books.ledger.commit(this.name, object.id, position, outcome, complete);
    acks.committed();
    const { delivered, filtered = 0 } = outcome;
    if (delivered + filtered > 0) this.#books.onKept(this.name, delivered, filtered);
    progress.committed = position;
    if (complete) this.#progress.delete(object.id);
  }

  #of(id: number): Progress {
    const progress = this.#progress.get(id);
    if (progress === undefined) throw new Error(`object ${id} was not taken up by ${this.name}`);
    return progress;
  }
}
