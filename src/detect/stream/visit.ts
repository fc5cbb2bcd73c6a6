import { NONE } from "./numbering.ts";
import type { Row } from "./rows.ts";
import { INTEGERS, NUMBERS, OLDER, type Rows, TOUCHED } from "./rows.ts";

/**
 * Shows the rows of a table as they are at one moment, while the table goes on: a row that is about to change is shown before. Rows stand in
 * the order of their latest touches, so what is still to be shown are neighbours, from the youngest back; a row that changes leaves them.
 */
export class Visit {
  /** Rows touched later than this are not to be shown, 0 when none is. */
  latest = 0;
  readonly #rows: Rows;
  /** Rows touched so early are not to be shown either. */
  #after = 0;
  #youngest: Row = NONE;
  #show: (row: Row) => void = () => {};

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Begins with the table as it is, in place of an earlier visit: `show` is to be told once of each row that was touched later than `after`. */
  begin(youngest: Row, after: number, show: (row: Row) => void): void {
    this.#after = after;
    this.#show = show;
    this.#settleOn(youngest);
  }

  /** Shows one more row. False when all have been shown. */
  next(): boolean {
    if (this.latest === 0) return false;
    const row = this.#youngest;
    this.#settleOn(this.#older(row));
    this.#show(row);
    return true;
  }

  /** To be called before a row changes or goes that was touched no later than `latest`. */
  before(row: Row): void {
    if (this.#touched(row) <= this.#after) return;
    if (row === this.#youngest) this.#settleOn(this.#older(row));
    this.#show(row);
  }

  /** Shows nothing more. */
  end(): void {
    this.#settleOn(NONE);
  }

  #settleOn(row: Row): void {
    const touched = row === NONE ? 0 : this.#touched(row);
    this.#youngest = row;
    this.latest = touched > this.#after ? touched : 0;
  }

  #touched(row: Row): number {
    return this.#rows.numbers[row * NUMBERS + TOUCHED] as number;
  }

  #older(row: Row): Row {
    return this.#rows.integers[row * INTEGERS + OLDER] as Row;
  }
}
