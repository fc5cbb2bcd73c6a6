import { RowIndex } from "./row-index.ts";
import { type Keys, NONE, type Texts } from "./texts.ts";
import { type Json, listOf } from "./window.ts";

/** Stands between the parts of a tuple in its text. */
export const SEPARATOR = "\u001f";

/** Of a tuple: how many use it, its hash, and from there on the numbers of its texts. */
const USERS = 0;
const HASH = 1;
const PARTS = 2;

/** Numbers tuples of texts as long as they are used: a hash table (open addressing, linear probing) that allocates nothing for a tuple. */
export class Tuples implements Keys {
  version = 0;
  readonly rows = new RowIndex();
  readonly width: number;
  readonly #texts: Texts;
  readonly #stride: number;
  #tuples: Int32Array;
  readonly #free: number[] = [];
  #next = 0;
  #size = 0;
  /** Number + 1 of the tuple in each slot, or 0; at most half of the slots are taken. */
  #slots = new Int32Array(64);

  /** `width`: how many texts a tuple has. */
  constructor(texts: Texts, width: number) {
    this.#texts = texts;
    this.width = width;
    this.#stride = PARTS + width;
    this.#tuples = new Int32Array(16 * this.#stride);
  }

  /** The number of the tuple of these texts (by their numbers), NONE when it is not in use. */
  find(parts: Int32Array): number {
    return this.#search(parts, this.#hash(parts));
  }

  /** The number of the tuple of these texts (by their numbers), with one more user. It takes over one use of each text. */
  take(parts: Int32Array): number {
    const hash = this.#hash(parts);
    let number = this.#search(parts, hash);
    if (number === NONE) number = this.#begin(parts, hash);
    else this.#releaseTexts(parts, 0);
    (this.#tuples[number * this.#stride + USERS] as number)++;
    return number;
  }

  text(number: number): string {
    return Array.from(this.#partsOf(number), (part) => this.#texts.text(part)).join(SEPARATOR);
  }

  pack(number: number): Json {
    return Array.from(this.#partsOf(number), (part) => this.#texts.text(part));
  }

  unpack(data: unknown): number {
    const texts = listOf(data);
    if (texts.length !== this.width) throw new TypeError("not a key");
    return this.take(Int32Array.from(texts, (text) => this.#texts.unpack(text)));
  }

  release(number: number): void {
    if (--(this.#tuples[number * this.#stride + USERS] as number) > 0) return;
    this.#vacate(number);
    this.#releaseTexts(this.#tuples, number * this.#stride + PARTS);
    this.#free.push(number);
    this.#size--;
    this.version++;
  }

  #begin(parts: Int32Array, hash: number): number {
    const number = this.#free.pop() ?? this.#next++;
    const at = number * this.#stride;
    if (at === this.#tuples.length) {
      const wider = new Int32Array(this.#tuples.length * 2);
      wider.set(this.#tuples);
      this.#tuples = wider;
    }
    this.#tuples[at + USERS] = 0;
    this.#tuples[at + HASH] = hash;
    for (let index = 0; index < this.width; index++) this.#tuples[at + PARTS + index] = parts[index] as number;
    if (++this.#size * 2 > this.#slots.length) this.#widen();
    this.#settle(number);
    this.version++;
    return number;
  }

  #releaseTexts(numbers: Int32Array, from: number): void {
    for (let index = 0; index < this.width; index++) this.#texts.release(numbers[from + index] as number);
  }

  #partsOf(number: number): Int32Array {
    return this.#tuples.subarray(number * this.#stride + PARTS, (number + 1) * this.#stride);
  }

  #hash(parts: Int32Array): number {
    let hash = 0;
    for (let index = 0; index < this.width; index++) {
      hash = Math.imul(hash ^ (parts[index] as number), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  #hashOf(number: number): number {
    return this.#tuples[number * this.#stride + HASH] as number;
  }

  #search(parts: Int32Array, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] as number) - 1;
      if (number === NONE) return NONE;
      if (this.#hashOf(number) === hash && this.#equals(number, parts)) return number;
    }
  }

  #equals(number: number, parts: Int32Array): boolean {
    const at = number * this.#stride + PARTS;
    for (let index = 0; index < this.width; index++) if (this.#tuples[at + index] !== parts[index]) return false;
    return true;
  }

  #settle(number: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashOf(number) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = number + 1;
  }

  /** Empties the slot of the tuple, and moves those behind it that would no longer be found. */
  #vacate(number: number): void {
    const mask = this.#slots.length - 1;
    let gap = this.#hashOf(number) & mask;
    while (this.#slots[gap] !== number + 1) gap = (gap + 1) & mask;
    for (let slot = (gap + 1) & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#hashOf((this.#slots[slot] as number) - 1) & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      this.#slots[gap] = this.#slots[slot] as number;
      gap = slot;
    }
    this.#slots[gap] = 0;
  }

  #widen(): void {
    const settled = this.#slots.filter((slot) => slot !== 0);
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (const taken of settled) this.#settle(taken - 1);
  }
}
