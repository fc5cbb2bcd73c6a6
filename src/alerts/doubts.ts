/** So many refusals of a lone alert are believed, of a receiver that has taken others. */
const ATTEMPTS = 3;
/** As many alerts in a row are never all wrong by chance: it is the receiver that refuses. */
const IN_A_ROW = 3;

interface Doubt {
  attempts: number;
  /** How many alerts had been taken when it was refused last. */
  taken: number;
}

/**
 * Who is to be doubted when an alert is refused: the alert or the receiver. An alert is bad when it is refused again after another one was
 * taken. Where there is no other one, a receiver that has taken alerts before is believed after some attempts. A receiver that never took
 * any, or refuses whatever it gets, is itself in doubt, and no alert is refused for good.
 */
export class Doubts {
  readonly #doubted = new Map<number, Doubt>();
  /** Whether the receiver ever took an alert, also in earlier runs. */
  #known: boolean;
  /** How many it refused for good since. */
  #refused: number;
  #taken = 0;

  /** `refused`: how many alerts the receiver refused for good since it took one; irrelevant unless it is known to have taken one. */
  constructor(known: boolean, refused: number) {
    this.#known = known;
    this.#refused = refused;
  }

  /** The alerts in doubt, in the order in which they were refused first. */
  get ids(): readonly number[] {
    return [...this.#doubted.keys()];
  }

  /** Whether the receiver never took an alert. */
  get unknown(): boolean {
    return !this.#known;
  }

  /** Whether it is the receiver that is in doubt. */
  get ofReceiver(): boolean {
    const inARow = [...this.#doubted.values()].filter(({ taken }) => taken === this.#taken).length;
    return this.unknown || inARow + this.#refused >= IN_A_ROW;
  }

  /** An alert in doubt that its next attempt decides on. */
  decidable(): number | undefined {
    return this.#first(({ taken }) => taken < this.#taken);
  }

  /** The alert in doubt whose turn it is when there is nothing else to try. */
  next(): number | undefined {
    const least = Math.min(...[...this.#doubted.values()].map(({ attempts }) => attempts));
    return this.#first(({ attempts }) => attempts === least);
  }

  /** The receiver took an alert. */
  taken(id: number): void {
    this.#doubted.delete(id);
    this.#known = true;
    this.#refused = 0;
    this.#taken += 1;
  }

  /** The receiver refused an alert. Returns whether that is believed: then the alert is refused for good. */
  refused(id: number): boolean {
    const doubt = this.#doubted.get(id) ?? { attempts: 0, taken: this.#taken };
    const decided = doubt.taken < this.#taken;
    doubt.attempts += 1;
    this.#doubted.set(id, doubt);
    const alone = doubt.attempts >= ATTEMPTS && !this.ofReceiver;
    if (!decided && !alone) return false;
    this.#doubted.delete(id);
    if (!decided) this.#refused += 1;
    return true;
  }

  /** The alert is over for a reason that is not the receiver's. */
  over(id: number): void {
    this.#doubted.delete(id);
  }

  #first(is: (doubt: Doubt) => boolean): number | undefined {
    for (const [id, doubt] of this.#doubted) if (is(doubt)) return id;
    return undefined;
  }
}
