import type { Entry } from "../contracts/entry.ts";
import type { HeldBack, Reduction } from "../contracts/reduction.ts";
import { flowOf } from "./entries.ts";
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

/**
 * What a sink gets of some flows of one object, what is held back before the first of them, and what behind it. What it gets as it is stays
 * where it is.
 */
export function reduced(entries: readonly Entry[], reduction: Reduction): { flows: Entry[]; before: Held; behind: Held } {
  const own: Entry[] = [];
  const [before, behind] = [new Held(), new Held()];
  for (const entry of entries) {
    const flow = flowOf(entry);
    const why = reduction.heldBack(flow);
    if (why !== undefined) (own.length === 0 ? before : behind).add(flow.record, why);
    else {
      const less = reduction.reduced(flow);
      own.push(less === flow ? entry : less);
    }
  }
  return { flows: own, before, behind };
}
