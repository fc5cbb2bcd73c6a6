import type { HeldBack } from "../contracts/reduction.ts";
import { NOTHING, type Outcome } from "./outcome.ts";

/** Records of one object that the sink does not get, and why; their numbers ascend. */
export class Held {
  #filtered: number[] = [];
  #sampled: number[] = [];

  add(record: number, why: HeldBack): void {
    (why === "filtered" ? this.#filtered : this.#sampled).push(record);
  }

  /** Adds those of another list, which stand behind all of this one. */
  append(other: Held): void {
    this.#filtered = this.#filtered.concat(other.#filtered);
    this.#sampled = this.#sampled.concat(other.#sampled);
  }

  /** Number of the first; undefined if there is none. */
  get first(): number | undefined {
    const [filtered = Number.POSITIVE_INFINITY, sampled = Number.POSITIVE_INFINITY] = [this.#filtered[0], this.#sampled[0]];
    return Number.isFinite(Math.min(filtered, sampled)) ? Math.min(filtered, sampled) : undefined;
  }

  /** Those before this record, which leave the list. */
  before(record = Number.POSITIVE_INFINITY): Outcome {
    const all = this.#filtered.length + this.#sampled.length;
    if (all === 0) return NOTHING;
    const filtered = this.#filtered.filter((one) => one < record).length;
    const sampled = this.#sampled.filter((one) => one < record).length;
    this.#filtered = this.#filtered.slice(filtered);
    this.#sampled = this.#sampled.slice(sampled);
    return { ...NOTHING, filtered, sampled };
  }
}
