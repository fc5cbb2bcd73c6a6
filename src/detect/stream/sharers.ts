import { type Json, listOf } from "./window.ts";

/** Those who share a value, as far as it takes to know since when it is common: the earliest ones, by the time at which each was first seen. */
export class Sharers {
  /** Event time since which there are enough of them. */
  since = Number.POSITIVE_INFINITY;
  readonly #atLeast: number;
  readonly #first = new Map<string, number>();

  constructor(atLeast: number) {
    this.#atLeast = atLeast;
  }

  get size(): number {
    return this.#first.size;
  }

  /** The same comes of it in any order. */
  add(who: string, time: number): void {
    if (time >= this.since || time >= (this.#first.get(who) ?? Number.POSITIVE_INFINITY)) return;
    this.#first.set(who, time);
    if (this.#first.size < this.#atLeast) return;
    const latest = [...this.#first].sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
    for (const [other] of latest.slice(this.#atLeast)) this.#first.delete(other);
    this.since = latest[this.#atLeast - 1]?.[1] as number;
  }

  pack(): Json {
    return [...this.#first].map(([who, time]) => [who, time]);
  }

  /** Throws TypeError when the data is none of its own. Before there were times, who shares a value was all that was saved. */
  static unpack(atLeast: number, data: unknown): Sharers {
    const sharers = new Sharers(atLeast);
    for (const item of listOf(data)) {
      const [who, time] = typeof item === "string" ? [item, 0] : listOf(item);
      if (typeof time !== "number") throw new TypeError("not a value that is shared");
      sharers.add(String(who), time);
    }
    return sharers;
  }
}
