import type { HeldBack, Reduction } from "../contracts/reduction.ts";
import type { Flow } from "../flow/flow.ts";
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

/** What a sink gets of some flows of one object, what is held back before the first of them, and what behind it. */
export function reduced(flows: readonly Flow[], reduction: Reduction): { flows: Flow[]; before: Held; behind: Held } {
  const own: Flow[] = [];
  const [before, behind] = [new Held(), new Held()];
  for (const flow of flows) {
    const why = reduction.heldBack(flow);
    if (why === undefined) own.push(reduction.reduced(flow));
    else (own.length === 0 ? before : behind).add(flow.record, why);
  }
  return { flows: own, before, behind };
}
