import type { IpPrefix } from "../../lib/ip/prefix.ts";
import { PrefixList } from "../../lib/ip/prefix-list.ts";
import { type IpRanges, type OnDuplicate, rangesInSlices } from "../../lib/ip/ranges.ts";

/** Texts lie in pieces of this size; a line of a table is far shorter. */
const PIECE_BYTES = 1024 ** 2;
/** Most bytes of UTF-8 that a unit of a string takes. */
const MOST_BYTES = 3;
const FEW = 16;
/** So many rows are remembered as they were made, so that asking for the same ones again costs nothing. */
const MAX_MADE = 65_536;
/** Between cells, and after the last one of a row: characters that no cell holds. */
const [BETWEEN, END] = ["\n", 0];

/** Rows by network as they are kept: numbers and text side by side, and a row is made of them when somebody asks for it. */
export class PackedRows<Row> {
  readonly #v4 = new PrefixList(1);
  readonly #v6 = new PrefixList(4);
  readonly #make: (cells: readonly string[], line: number) => Row;
  readonly #made = new Map<number, Row>();
  readonly #pieces: Buffer[] = [];
  #end = PIECE_BYTES;
  /** For each row where its text begins, counted through all pieces, and its line. */
  #places = new Uint32Array(2 * FEW);
  #count = 0;

  constructor(make: (cells: readonly string[], line: number) => Row) {
    this.#make = make;
  }

  add(prefix: IpPrefix, line: number, cells: readonly string[]): void {
    if (2 * this.#count === this.#places.length) {
      this.#places = new Uint32Array(this.#places.buffer.transfer(2 * this.#places.byteLength));
    }
    this.#places[2 * this.#count] = this.#write(cells.join(BETWEEN));
    this.#places[2 * this.#count + 1] = line;
    (prefix.address.family === 4 ? this.#v4 : this.#v6).add(prefix, this.#count++);
  }

  /** The table of all rows. None is added later. */
  *ranges(onDuplicate: OnDuplicate<Row>): Generator<undefined, IpRanges<Row>> {
    const last = this.#pieces.pop();
    if (last !== undefined) this.#pieces.push(Buffer.from(last.subarray(0, this.#end)));
    this.#places = this.#places.slice(0, 2 * this.#count);
    return yield* rangesInSlices({ v4: this.#v4, v6: this.#v6, row: (number) => this.#row(number) }, onDuplicate);
  }

  #write(text: string): number {
    if (this.#end + MOST_BYTES * text.length + 1 > PIECE_BYTES) {
      this.#pieces.push(Buffer.allocUnsafeSlow(PIECE_BYTES));
      this.#end = 0;
    }
    const number = this.#pieces.length - 1;
    const piece = this.#pieces[number] as Buffer;
    const start = this.#end;
    this.#end += piece.write(text, start);
    piece[this.#end++] = END;
    return number * PIECE_BYTES + start;
  }

  #row(number: number): Row {
    const known = this.#made.get(number);
    if (known !== undefined) return known;
    const place = this.#places[2 * number] as number;
    const piece = this.#pieces[Math.floor(place / PIECE_BYTES)] as Buffer;
    const start = place % PIECE_BYTES;
    let end = start;
    while (piece[end] !== END) end++;
    const cells = piece.toString("utf8", start, end).split(BETWEEN);
    const row = this.#make(cells, this.#places[2 * number + 1] as number);
    if (this.#made.size === MAX_MADE) this.#made.clear();
    this.#made.set(number, row);
    return row;
  }
}
