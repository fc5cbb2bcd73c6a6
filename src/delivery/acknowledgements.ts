import { NOTHING, type Outcome, sumOf } from "./outcome.ts";

interface Departed {
  readonly from: number;
  outcome: Outcome | undefined;
}

/**
 * How far one consumer is with one object, and its books. Batches of an object leave in order and may come back in any order; the position
 * that may be committed is the last record before the first one that is not settled, and what became of records is committed with the
 * position that covers them. So, after a crash, the books say of each record once what became of it.
 */
export class Acknowledgements {
  /** Every record up to this number was handed over or needs no delivery. */
  #offered: number;
  #ended = false;
  readonly #outstanding: Departed[] = [];
  /** What became of records up to the position, and is not committed yet. */
  #uncommitted: Outcome = NOTHING;
  #rest: Outcome = NOTHING;

  constructor(position: number) {
    this.#offered = position;
  }

  get offered(): number {
    return this.#offered;
  }

  offer(through: number): void {
    this.#offered = Math.max(this.#offered, through);
  }

  /** Records from this number on are on their way; calls come in ascending order. The returned function settles them. */
  depart(from: number): (outcome: Outcome) => void {
    const entry: Departed = { from, outcome: undefined };
    this.#outstanding.push(entry);
    return (outcome) => {
      entry.outcome = outcome;
      for (let first = this.#outstanding[0]; first?.outcome !== undefined; first = this.#outstanding[0]) {
        this.#uncommitted = sumOf([this.#uncommitted, first.outcome]);
        this.#outstanding.shift();
      }
    };
  }

  /** `waiting` is the first record that stands in a batch which has not left yet. */
  position(waiting: number | undefined): number {
    const first = this.#outstanding[0]?.from ?? waiting;
    return first === undefined ? this.#offered : first - 1;
  }

  /** Nothing is on its way. */
  get idle(): boolean {
    return this.#outstanding.length === 0;
  }

  get uncommitted(): Outcome {
    return this.#uncommitted;
  }

  /** What was uncommitted is in the ledger. */
  committed(): void {
    this.#uncommitted = NOTHING;
  }

  /** The object has no further records, or none that can be had: `rest` is what becomes of those. */
  end(rest: Outcome = NOTHING): void {
    this.#ended = true;
    this.#rest = rest;
  }

  /** Whether the object has come to its end; `waiting` as for `position`. */
  complete(waiting: number | undefined): boolean {
    if (!this.#ended || this.#outstanding.length > 0 || waiting !== undefined) return false;
    this.#uncommitted = sumOf([this.#uncommitted, this.#rest]);
    this.#rest = NOTHING;
    return true;
  }

  get ended(): boolean {
    return this.#ended;
  }
}
