import type { IpPrefix } from "./prefix.ts";

const FEW = 16;
/** Places that are looked at before other work may have its turn. */
const SLICE = 65_536;

/** Networks of one family side by side, each with the number of its row: for a million of them a few bytes each, and no object. */
export class PrefixList {
  readonly words: 1 | 4;
  count = 0;
  /** First addresses, `words` numbers each. */
  firsts: Uint32Array<ArrayBuffer>;
  lengths: Uint8Array<ArrayBuffer>;
  rows: Uint32Array<ArrayBuffer>;

  constructor(words: 1 | 4, capacity = FEW) {
    this.words = words;
    this.firsts = new Uint32Array(capacity * words);
    this.lengths = new Uint8Array(capacity);
    this.rows = new Uint32Array(capacity);
  }

  add({ address, length }: IpPrefix, row: number): void {
    if (this.count === this.rows.length) {
      const capacity = 2 * Math.max(this.count, FEW);
      this.firsts = new Uint32Array(this.firsts.buffer.transfer(4 * capacity * this.words));
      this.lengths = new Uint8Array(this.lengths.buffer.transfer(capacity));
      this.rows = new Uint32Array(this.rows.buffer.transfer(4 * capacity));
    }
    const first = this.count * this.words;
    this.firsts[first] = address.w0;
    if (this.words === 4) {
      this.firsts[first + 1] = address.w1;
      this.firsts[first + 2] = address.w2;
      this.firsts[first + 3] = address.w3;
    }
    this.lengths[this.count] = length;
    this.rows[this.count++] = row;
  }

  /**
   * The places of the networks in ascending order of first address, the shorter prefix first; equal ones as they came. Sorts by one
   * byte after the other, from the least on, so that it can pause.
   */
  *order(): Generator<undefined, Uint32Array> {
    let order = new Uint32Array(this.count);
    for (let i = 0; i < this.count; i++) order[i] = i;
    if (this.count < 2) return order;
    order = yield* sorted(order, this.lengths, 1, 0, 0);
    for (let word = this.words - 1; word >= 0; word--) {
      for (let shift = 0; shift < 32; shift += 8) order = yield* sorted(order, this.firsts, this.words, word, shift);
    }
    return order;
  }
}

/** Another order, by one byte of each place's number; places with the same byte stay as they were. */
function* sorted(
  order: Uint32Array<ArrayBuffer>,
  numbers: Uint32Array | Uint8Array,
  stride: number,
  offset: number,
  shift: number,
): Generator<undefined, Uint32Array<ArrayBuffer>> {
  const byteOf = (place: number) => ((numbers[place * stride + offset] as number) >>> shift) & 255;
  const places = new Uint32Array(256);
  for (let i = 0; i < order.length; i++) {
    const byte = byteOf(i);
    places[byte] = (places[byte] as number) + 1;
    if (i % SLICE === SLICE - 1) yield;
  }
  if (places[byteOf(0)] === order.length) return order;
  let before = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = places[byte] as number;
    places[byte] = before;
    before += count;
  }
  const next = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) {
    const place = order[i] as number;
    const byte = byteOf(place);
    const to = places[byte] as number;
    next[to] = place;
    places[byte] = to + 1;
    if (i % SLICE === SLICE - 1) yield;
  }
  return next;
}
