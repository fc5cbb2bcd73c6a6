import type { RecordRange } from "../contracts/decoder.ts";

/** Records of an object, listed as ranges that ascend and do not touch. */
export class Listed {
  readonly #ranges: readonly RecordRange[];

  constructor(ranges: readonly RecordRange[]) {
    this.#ranges = ranges;
  }

  has(record: number): boolean {
    const range = this.#ranges[this.#at(record)];
    return range !== undefined && range.from <= record;
  }

  /** What of it lies in this range. */
  within({ from, to }: RecordRange): RecordRange[] {
    const found: RecordRange[] = [];
    for (let at = this.#at(from); at < this.#ranges.length; at += 1) {
      const range = this.#ranges[at] as RecordRange;
      if (to !== undefined && range.from > to) break;
      const ends = [range.to, to].filter((end) => end !== undefined);
      found.push({ from: Math.max(range.from, from), to: ends.length === 0 ? undefined : Math.min(...ends) });
    }
    return found;
  }

  /** Place of the first range that does not end before this record. */
  #at(record: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { to } = this.#ranges[middle] as RecordRange;
      if (to !== undefined && to < record) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
