import type { Counter, Flow } from "../../flow.ts";
import { addCounters, bytesOf, counterOf, plainCounter } from "../match.ts";
import { grown } from "./columns.ts";
import type { Row } from "./groups.ts";
import { type Json, listOf } from "./window.ts";

/** The flows that a match reports: those without a gap longer than the rule's timespan. Times are event times in ms. */
export interface Run {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly bytes: Counter;
}

const FIRST = 0;
const LAST = 1;
const COUNT = 2;
/** NaN where the counter is a bigint. */
const BYTES = 3;
const WIDTH = 4;

/** The run of each group of a table. */
export class Runs {
  #columns = new Float64Array(16 * WIDTH);
  /** Counters above 2^53 - 1. */
  readonly #large = new Map<Row, bigint>();

  /** No flows yet, or no longer. To be called for each group that is added. */
  clear(row: Row): void {
    this.#columns = grown(this.#columns, row * WIDTH + BYTES);
    const at = row * WIDTH;
    this.#columns[at + FIRST] = 0;
    this.#columns[at + LAST] = Number.NEGATIVE_INFINITY;
    this.#columns[at + COUNT] = 0;
    this.#setBytes(row, 0);
  }

  /** Adds a flow; a gap begins a new run. A flow further before the run than the gap is not part of it. */
  extend(row: Row, flow: Flow, time: number, gapMs: number): void {
    const columns = this.#columns;
    const at = row * WIDTH;
    const last = columns[at + LAST] as number;
    if (columns[at + COUNT] === 0 || time > last + gapMs) {
      columns[at + FIRST] = time;
      columns[at + LAST] = time;
      columns[at + COUNT] = 1;
      this.#setBytes(row, bytesOf(flow));
      return;
    }
    const first = columns[at + FIRST] as number;
    if (time < first - gapMs) return;
    if (time > last) columns[at + LAST] = time;
    if (time < first) columns[at + FIRST] = time;
    (columns[at + COUNT] as number)++;
    this.#setBytes(row, addCounters(this.#bytes(row), bytesOf(flow)));
  }

  /** Event time of the earliest flow. */
  first(row: Row): number {
    return this.#columns[row * WIDTH + FIRST] as number;
  }

  of(row: Row): Run {
    const [first = 0, last = 0, count = 0] = this.#columns.subarray(row * WIDTH, row * WIDTH + BYTES);
    return { first, last, count, bytes: this.#bytes(row) };
  }

  pack(row: Row): Json {
    const { first, last, count, bytes } = this.of(row);
    return [first, Number.isFinite(last) ? last : null, count, plainCounter(bytes)];
  }

  /** Throws TypeError when the data is no run. */
  unpack(row: Row, data: unknown): void {
    const [first, last, count, bytes] = listOf(data);
    if (typeof first !== "number" || typeof count !== "number") throw new TypeError("not a run of flows");
    this.clear(row);
    this.#columns.set([first, typeof last === "number" ? last : Number.NEGATIVE_INFINITY, count], row * WIDTH);
    this.#setBytes(row, counterOf(bytes));
  }

  #bytes(row: Row): Counter {
    const bytes = this.#columns[row * WIDTH + BYTES] as number;
    return Number.isNaN(bytes) ? (this.#large.get(row) ?? 0) : bytes;
  }

  #setBytes(row: Row, bytes: Counter): void {
    const large = typeof bytes === "bigint";
    this.#columns[row * WIDTH + BYTES] = large ? Number.NaN : bytes;
    if (large) this.#large.set(row, bytes);
    else if (this.#large.size > 0) this.#large.delete(row);
  }
}
