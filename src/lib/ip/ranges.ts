import { atOnce } from "../slices.ts";
import type { IpBits } from "./address.ts";
import type { IpPrefix } from "./prefix.ts";
import { PrefixList } from "./prefix-list.ts";

/** A row of a table by network. */
export interface Prefixed {
  readonly prefix: IpPrefix;
}

/** An immutable table of networks, asked for the longest prefix that holds an address. */
export interface IpRanges<Row> {
  /** How many different networks it holds. */
  readonly size: number;
  /** Its rows, in no order that means anything. */
  readonly rows: readonly Row[];
  /** The row of the longest prefix that holds the address. */
  find(ip: IpBits): Row | undefined;
  /** The rows of all prefixes that hold the address, longest first. */
  covering(ip: IpBits): Row[];
}

/** Deals with a network that stands twice: it gets both rows in their order, and the first one stays. */
export type OnDuplicate<Row> = (kept: Row, repeated: Row) => void;

/** Networks whose rows are known by number. */
export interface Networks<Row> {
  readonly v4: PrefixList;
  readonly v6: PrefixList;
  row(number: number): Row;
}

/** Builds the table. Overlaps are fine. The same prefix twice throws, unless `onDuplicate` deals with it. */
export function ipRanges<Row extends Prefixed>(rows: readonly Row[], onDuplicate: OnDuplicate<Row> = refuse): IpRanges<Row> {
  const [v4, v6] = [new PrefixList(1), new PrefixList(4)];
  for (const [number, { prefix }] of rows.entries()) (prefix.address.family === 4 ? v4 : v6).add(prefix, number);
  return atOnce(rangesInSlices({ v4, v6, row: (number) => rows[number] as Row }, onDuplicate));
}

/** Builds the table with pauses. It asks for a row when somebody wants it. */
export function* rangesInSlices<Row>(
  { v4: ofV4, v6: ofV6, row }: Networks<Row>,
  onDuplicate: OnDuplicate<Row>,
): Generator<undefined, IpRanges<Row>> {
  const v4 = new Segments(ofV4, row);
  yield* v4.build(ofV4, onDuplicate);
  const v6 = new Segments(ofV6, row);
  yield* v6.build(ofV6, onDuplicate);
  return {
    size: v4.size + v6.size,
    get rows() {
      return [...v4.rows(), ...v6.rows()];
    },
    find: (ip) => (ip.family === 4 ? v4.row(v4.locate4(ip.w0)) : ip.family === 6 ? v6.row(v6.locate6(ip)) : undefined),
    covering: (ip) => (ip.family === 4 ? v4.ancestry(v4.locate4(ip.w0)) : ip.family === 6 ? v6.ancestry(v6.locate6(ip)) : []),
  };
}

function refuse(): never {
  throw new Error("a prefix stands twice in the table");
}

const NONE = -1;
/** From so many segments on, an index of 2^16 buckets is worth its memory. */
const MANY = 1_024;
/** Networks or segments that are gone through before other work may have its turn. */
const SLICE = 16_384;

/**
 * The address space of one family, cut where the answer changes: segment i runs from start i to before start i + 1, and belongs
 * to the longest prefix over it. One binary search then answers a look-up, however the prefixes are nested.
 */
class Segments<Row> {
  size = 0;
  readonly #words: number;
  readonly #rowOf: (number: number) => Row;
  /** For each rank, the number of its row: ranks ascend by first address, the shorter prefix first. */
  readonly #numbers: Uint32Array;
  /** For each rank, that of the next shorter prefix around it. */
  readonly #parents: Int32Array;
  #starts: Uint32Array;
  #owners: Int32Array;
  #count = 0;
  #shift = 31;
  #buckets = new Uint32Array();

  constructor({ words, count }: PrefixList, rowOf: (number: number) => Row) {
    this.#words = words;
    this.#rowOf = rowOf;
    this.#numbers = new Uint32Array(count);
    this.#parents = new Int32Array(count);
    this.#starts = new Uint32Array((2 * count + 1) * words);
    this.#owners = new Int32Array(2 * count + 1);
  }

  *build(networks: PrefixList, onDuplicate: OnDuplicate<Row>): Generator<undefined, void> {
    yield* this.#cut(networks, yield* networks.order(), onDuplicate);
    this.#starts = this.#starts.slice(0, this.#count * this.#words);
    yield;
    this.#owners = this.#owners.slice(0, this.#count);
    this.#shift = this.#count > MANY ? 16 : 31;
    this.#buckets = yield* this.#index();
  }

  /** For each value of an address's first bits, how many segments start before it: between two of these the search is short. */
  *#index(): Generator<undefined, Uint32Array<ArrayBuffer>> {
    const buckets = new Uint32Array(2 ** (32 - this.#shift) + 1);
    let bucket = 0;
    for (let i = 0; i < this.#count; i++) {
      const first = at(this.#starts, i * this.#words) >>> this.#shift;
      while (bucket <= first) buckets[bucket++] = i;
      if (i % SLICE === SLICE - 1) yield;
    }
    return buckets.fill(this.#count, bucket);
  }

  /** Sweeps over the prefixes in ascending order, with the open ones on a stack, the innermost on top. */
  *#cut({ firsts, lengths, rows }: PrefixList, order: Uint32Array, onDuplicate: OnDuplicate<Row>): Generator<undefined, void> {
    const words = this.#words;
    const open: number[] = [];
    const top = () => open.at(-1) ?? NONE;
    const after = new Uint32Array(words);
    const endOf = (rank: number) => next(firsts, at(order, rank) * words, at(lengths, at(order, rank)), after);
    this.#emit(new Uint32Array(words), 0, NONE);
    for (let rank = 0; rank < order.length; rank++) {
      if (rank % SLICE === SLICE - 1) yield;
      const first = at(order, rank) * words;
      this.#numbers[rank] = at(rows, at(order, rank));
      while (open.length > 0 && endOf(top()) && compare(after, 0, firsts, first, words) <= 0) {
        open.pop();
        this.#emit(after, 0, top());
      }
      const around = top();
      if (around !== NONE && same(firsts, lengths, at(order, around), at(order, rank), words)) {
        onDuplicate(this.#rowAt(around), this.#rowAt(rank));
        continue;
      }
      this.size++;
      this.#parents[rank] = around;
      this.#emit(firsts, first, rank);
      open.push(rank);
    }
    while (open.length > 0) {
      const bounded = endOf(top());
      open.pop();
      if (bounded) this.#emit(after, 0, top());
    }
  }

  /** A segment starts here; one that started at the same address, and is empty so, gives way. */
  #emit(start: Uint32Array, offset: number, owner: number): void {
    const words = this.#words;
    const last = (this.#count - 1) * words;
    if (this.#count === 0 || compare(this.#starts, last, start, offset, words) !== 0) {
      this.#starts.set(start.subarray(offset, offset + words), this.#count * words);
      this.#count++;
    }
    this.#owners[this.#count - 1] = owner;
  }

  /** Rank of the prefix that the IPv4 address belongs to, or -1. */
  locate4(bits: number): number {
    const starts = this.#starts;
    const target = bits >>> 0;
    const bucket = target >>> this.#shift;
    let low = this.#buckets[bucket] as number;
    let high = this.#buckets[bucket + 1] as number;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as number) <= target) low = middle + 1;
      else high = middle;
    }
    return this.#owners[low - 1] as number;
  }

  /** Rank of the prefix that the IPv6 address belongs to, or -1. */
  locate6(ip: IpBits): number {
    const starts = this.#starts;
    const w0 = ip.w0 >>> 0;
    const bucket = w0 >>> this.#shift;
    let low = this.#buckets[bucket] as number;
    let high = this.#buckets[bucket + 1] as number;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const start = middle * 4;
      let difference = (starts[start] as number) - w0;
      if (difference === 0) difference = (starts[start + 1] as number) - (ip.w1 >>> 0);
      if (difference === 0) difference = (starts[start + 2] as number) - (ip.w2 >>> 0);
      if (difference === 0) difference = (starts[start + 3] as number) - (ip.w3 >>> 0);
      if (difference <= 0) low = middle + 1;
      else high = middle;
    }
    return this.#owners[low - 1] as number;
  }

  row(rank: number): Row | undefined {
    return rank === NONE ? undefined : this.#rowAt(rank);
  }

  rows(): Row[] {
    return Array.from(this.#numbers, this.#rowOf);
  }

  ancestry(rank: number): Row[] {
    const found: Row[] = [];
    for (let r = rank; r !== NONE; r = this.#parents[r] as number) found.push(this.#rowAt(r));
    return found;
  }

  #rowAt(rank: number): Row {
    return this.#rowOf(this.#numbers[rank] as number);
  }
}

function at(numbers: Uint32Array | Uint8Array, index: number): number {
  return numbers[index] as number;
}

function compare(a: Uint32Array, i: number, b: Uint32Array, j: number, words: number): number {
  for (let w = 0; w < words; w++) {
    const difference = at(a, i + w) - at(b, j + w);
    if (difference !== 0) return difference;
  }
  return 0;
}

function same(firsts: Uint32Array, lengths: Uint8Array, a: number, b: number, words: number): boolean {
  return at(lengths, a) === at(lengths, b) && compare(firsts, a * words, firsts, b * words, words) === 0;
}

/** Writes the address after the last one of a prefix to `to`; false where there is none, at the end of the address space. */
function next(firsts: Uint32Array, offset: number, length: number, to: Uint32Array): boolean {
  to.set(firsts.subarray(offset, offset + to.length));
  if (length === 0) return false;
  let word = (length - 1) >>> 5;
  to[word] = at(to, word) + 2 ** (31 - ((length - 1) & 31));
  while (at(to, word) === 0) {
    if (word === 0) return false;
    word--;
    to[word] = at(to, word) + 1;
  }
  return true;
}
