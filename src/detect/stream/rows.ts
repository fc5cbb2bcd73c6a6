/** Where a group stands in its table, until it is forgotten. */
export type Row = number;

/** Of a row, in its integers: the rows touched next before and after it, its key, and how many items it held when they were last counted. */
export const OLDER = 0;
export const YOUNGER = 1;
export const KEY = 2;
export const WEIGHT = 3;

/** Of a row, in its numbers: the latest event time that touched it, and its run. */
export const NEWEST = 2;
export const FIRST = 3;
export const LAST = 4;
export const COUNT = 5;
/** NaN where the counter is a bigint. */
export const BYTES = 6;
/** The number of the touch that was the row's latest: rows in the order of their touches have ascending ones. */
export const TOUCHED = 7;

/** Bytes of a row: about one line of the processor's cache, so that one access to memory brings all of it. */
const WIDTH = 64;
/** To find a row in the integers and in the numbers. */
export const INTEGERS = WIDTH / Int32Array.BYTES_PER_ELEMENT;
export const NUMBERS = WIDTH / Float64Array.BYTES_PER_ELEMENT;

/** The rows of a table. Its two views show the same bytes; both are others after `reach`. */
export class Rows {
  integers = new Int32Array(16 * INTEGERS);
  numbers = new Float64Array(this.integers.buffer);

  /** Makes room for the row. */
  reach(row: number): void {
    if (row * INTEGERS < this.integers.length) return;
    const integers = new Int32Array(this.integers.length * 2);
    integers.set(this.integers);
    this.integers = integers;
    this.numbers = new Float64Array(integers.buffer);
  }
}
