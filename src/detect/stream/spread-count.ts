import { Sketch } from "./sketch.ts";
import { type Json, listOf } from "./window.ts";

/** What an incident has met so far. Times are event times in ms. */
export interface Spreading {
  readonly count: number;
  /** False where `count` is an estimate. */
  readonly isExact: boolean;
  readonly first: { readonly value: string; readonly time: number };
  readonly last: { readonly value: string; readonly time: number };
}

/** Counts the different values of a field in an incident, for as long as that is remembered. */
export class SpreadCount {
  readonly #growth: number | undefined;
  #values = new Sketch();
  #first = { value: "", time: Number.POSITIVE_INFINITY };
  #last = { value: "", time: Number.NEGATIVE_INFINITY };
  /** How often there had been so many times as many when the incident was last told. */
  #told = 0;

  constructor(growth: number | undefined) {
    this.#growth = growth;
  }

  /** The earliest and the latest by time, of the same time by value: the same in any order. */
  add(value: string, time: number): void {
    if (value === "") return;
    this.#values.add(value);
    if (time < this.#first.time || (time === this.#first.time && value < this.#first.value)) this.#first = { value, time };
    if (time > this.#last.time || (time === this.#last.time && value > this.#last.value)) this.#last = { value, time };
  }

  /** How often there have been so many times as many as one. */
  get growth(): number {
    const { count } = this.#values;
    return this.#growth === undefined || count === 0 ? 0 : Math.floor(Math.log(count) / Math.log(this.#growth) + 1e-9);
  }

  /** Whether it has grown so much since it was told. */
  get hasGrown(): boolean {
    return this.#growth !== undefined && this.growth > this.#told;
  }

  tell(): void {
    this.#told = this.growth;
  }

  /** Undefined when there was no value. */
  shown(): Spreading | undefined {
    const { count, isExact } = this.#values;
    return count === 0 ? undefined : { count, isExact, first: this.#first, last: this.#last };
  }

  pack(): Json {
    const { value, time } = this.#first;
    const first = Number.isFinite(time) ? [value, time, this.#last.value, this.#last.time] : null;
    return [this.#values.pack(), first, this.#told];
  }

  /** Throws TypeError when the data is none of its own. */
  static unpack(growth: number | undefined, data: unknown): SpreadCount {
    const count = new SpreadCount(growth);
    const [values, ends, told] = listOf(data);
    count.#values = Sketch.unpack(values);
    if (typeof told !== "number") throw new TypeError("not a count of values");
    count.#told = told;
    if (ends === null) return count;
    const [first, from, last, to] = listOf(ends);
    if (typeof from !== "number" || typeof to !== "number") throw new TypeError("not a time");
    count.#first = { value: String(first), time: from };
    count.#last = { value: String(last), time: to };
    return count;
  }
}
