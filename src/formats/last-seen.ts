import { NEWLINE } from "./bytes.ts";
import type { Columns } from "./columns.ts";
import { openingOf } from "./openings.ts";

/** How a record that was whole stood there. */
export interface Seen {
  readonly opening: Buffer | undefined;
  /** Bytes before it in its line. */
  readonly column: number;
  /** Whether it goes over several lines. */
  readonly hasLines: boolean;
}

const UNKNOWN = -1;

/** How the last record of a kind stood there; looked at only when it is asked for, or before its bytes are let go. */
export class LastSeen {
  readonly #columns: Columns;
  #seen: Seen | undefined;
  #start = UNKNOWN;
  #end = UNKNOWN;

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  note(start: number, end: number): void {
    this.#start = start;
    this.#end = end;
  }

  set(seen: Seen): void {
    this.#seen = seen;
    this.#start = UNKNOWN;
  }

  /** Undefined before the first one. */
  get(buffer: Buffer): Seen | undefined {
    if (this.#start === UNKNOWN) return this.#seen;
    this.set({
      opening: openingOf(buffer, this.#start, this.#end),
      column: this.#columns.of(buffer, this.#start),
      hasLines: buffer.subarray(this.#start, this.#end).includes(NEWLINE),
    });
    return this.#seen;
  }
}
