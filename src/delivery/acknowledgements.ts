/**
 * How far one sink is with one object. Batches of an object leave in order and may come back in any order; the position that may be
 * committed is the last record before the first one that is not acknowledged.
 */
export class Acknowledgements {
  /** Every record up to this number was handed to the sink or needs no delivery. */
  #offered: number;
  #ended = false;
  readonly #outstanding: { from: number; done: boolean }[] = [];

  constructor(position: number) {
    this.#offered = position;
  }

  get offered(): number {
    return this.#offered;
  }

  offer(through: number): void {
    this.#offered = Math.max(this.#offered, through);
  }

  /** Records from this number on are on their way; calls come in ascending order. The returned function acknowledges them. */
  depart(from: number): () => void {
    const entry = { from, done: false };
    this.#outstanding.push(entry);
    return () => {
      entry.done = true;
      while (this.#outstanding[0]?.done === true) this.#outstanding.shift();
    };
  }

  /** `waiting` is the first record that stands in a batch which has not left yet. */
  position(waiting: number | undefined): number {
    const first = this.#outstanding[0]?.from ?? waiting;
    return first === undefined ? this.#offered : first - 1;
  }

  /** The object has no further records. */
  end(): void {
    this.#ended = true;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get idle(): boolean {
    return this.#outstanding.length === 0;
  }
}
