/** Neighbours: every number above `after`, up to `through`; and so many things that are said behind the last of them. */
interface Span {
  readonly after: number;
  readonly through: number;
  readonly said: number;
}

/** Which records of an object were read, in whatever readings, and what was said between them; or which of any other things with numbers. */
export class Covered {
  /** Ascending; none touches another. */
  readonly #spans: Span[] = [];

  has(number: number): boolean {
    const span = this.#spans[this.#at(number - 1)];
    return span !== undefined && number <= span.through;
  }

  /** Whether what was said there, as the first, second, … thing behind the number `after`, is known. */
  hasSaid(after: number, ordinal: number): boolean {
    const span = this.#spans[this.#at(after)];
    return span !== undefined && (after < span.through || (after === span.through && ordinal <= span.said));
  }

  /** Whether it has any number above `after`, up to `through`; true also where only something was said between two of them. */
  hasAny(after: number, through: number): boolean {
    const span = this.#spans[this.#at(through - 1)];
    return span !== undefined && span.through > after;
  }

  /** Whether it has every number up to `through`. */
  hasAll(through: number): boolean {
    const [first] = this.#spans;
    return through === 0 || (first !== undefined && first.after === 0 && first.through >= through);
  }

  /** `said`: how much was said behind `through`. */
  add(after: number, through: number, said = 0): void {
    const before = this.#at(after);
    const touches = (this.#spans[before]?.through ?? Number.NEGATIVE_INFINITY) >= after;
    const from = touches ? before : before + 1;
    const joined = this.#spans.slice(from, this.#at(through) + 1);
    const all = [...joined, { after, through, said }];
    const last = Math.max(...all.map((span) => span.through));
    const span = {
      after: Math.min(...all.map((span) => span.after)),
      through: last,
      said: Math.max(...all.filter((span) => span.through === last).map((span) => span.said)),
    };
    this.#spans.splice(from, joined.length, span);
  }

  /** Place of the last span that begins at this number or before; -1 if none does. */
  #at(number: number): number {
    let [low, high] = [0, this.#spans.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#spans[middle] as Span).after <= number) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
