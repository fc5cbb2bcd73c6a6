import { addCounters } from "../../flow/counters.ts";
import type { Flow } from "../../flow/flow.ts";
import type { Counter } from "../../flow/types.ts";
import { bytesOf, counterOf, plainCounter } from "../match.ts";
import type { Row } from "./rows.ts";
import { BYTES, COUNT, FIRST, LAST, NUMBERS, type Rows } from "./rows.ts";
import { type Json, listOf } from "./window.ts";

/** The flows that a match reports: those without a gap longer than the rule's timespan. Times are event times in ms. */
export interface Run {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly bytes: Counter;
}

/** The run of each group of a table. */
export class Runs {
  readonly #rows: Rows;
  /** Counters above 2^53 - 1. */
  readonly #large = new Map<Row, bigint>();

  constructor({ rows }: { readonly rows: Rows }) {
    this.#rows = rows;
  }

  /** No flows yet, or no longer. To be called for each group that is added. */
  clear(row: Row): void {
    this.#set(row, 0, Number.NEGATIVE_INFINITY, 0, 0);
  }

  /** Adds a flow; a gap begins a new run. A flow further before the run than the gap is not part of it. */
  extend(row: Row, flow: Flow, time: number, gapMs: number): void {
    const { numbers } = this.#rows;
    const at = row * NUMBERS;
    const last = numbers[at + LAST] as number;
    if (numbers[at + COUNT] === 0 || time > last + gapMs) {
      this.#set(row, time, time, 1, bytesOf(flow));
      return;
    }
    const first = numbers[at + FIRST] as number;
    if (time < first - gapMs) return;
    if (time > last) numbers[at + LAST] = time;
    if (time < first) numbers[at + FIRST] = time;
    (numbers[at + COUNT] as number)++;
    this.#setBytes(row, addCounters(this.#bytes(row), bytesOf(flow)));
  }

  /** Event time of the earliest flow. */
  first(row: Row): number {
    return this.#rows.numbers[row * NUMBERS + FIRST] as number;
  }

  of(row: Row): Run {
    const { numbers } = this.#rows;
    const at = row * NUMBERS;
    return {
      first: numbers[at + FIRST] as number,
      last: numbers[at + LAST] as number,
      count: numbers[at + COUNT] as number,
      bytes: this.#bytes(row),
    };
  }

  pack(row: Row): Json {
    const { first, last, count, bytes } = this.of(row);
    return [first, Number.isFinite(last) ? last : null, count, plainCounter(bytes)];
  }

  /** The run of a single flow, for `unpackOne`. */
  packOne(row: Row): [time: number, bytes: Json] {
    return [this.first(row), plainCounter(this.#bytes(row))];
  }

  /** Throws TypeError when the bytes are none. */
  unpackOne(row: Row, time: number, bytes: unknown): void {
    this.#set(row, time, time, 1, counterOf(bytes));
  }

  /** Throws TypeError when the data is no run. */
  unpack(row: Row, data: unknown): void {
    const [first, last, count, bytes] = listOf(data);
    if (typeof first !== "number" || typeof count !== "number") throw new TypeError("not a run of flows");
    this.#set(row, first, typeof last === "number" ? last : Number.NEGATIVE_INFINITY, count, counterOf(bytes));
  }

  #set(row: Row, first: number, last: number, count: number, bytes: Counter): void {
    const { numbers } = this.#rows;
    const at = row * NUMBERS;
    numbers[at + FIRST] = first;
    numbers[at + LAST] = last;
    numbers[at + COUNT] = count;
    this.#setBytes(row, bytes);
  }

  #bytes(row: Row): Counter {
    const bytes = this.#rows.numbers[row * NUMBERS + BYTES] as number;
    return Number.isNaN(bytes) ? (this.#large.get(row) ?? 0) : bytes;
  }

  #setBytes(row: Row, bytes: Counter): void {
    const large = typeof bytes === "bigint";
    this.#rows.numbers[row * NUMBERS + BYTES] = large ? Number.NaN : bytes;
    if (large) this.#large.set(row, bytes);
    else if (this.#large.size > 0) this.#large.delete(row);
  }
}
