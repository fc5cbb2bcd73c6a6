/** No number: of no tuple, of no text, of no key, of no row. */
export const NONE = -1;

/** Of a tuple: how many use it, and from there on its integers. */
const USERS = 0;
const INTEGERS = 1;

/** Of a slot: the hash of the tuple in it (so that those of others are passed without a look at them), and its number + 1, or 0. */
const SLOT = 2;
const HASH = 0;
const NUMBER = 1;

/**
 * Numbers tuples of 32-bit integers as long as they are used: a hash table (open addressing, linear probing) that allocates nothing for a
 * tuple.
 */
export class Numbering {
  /** How often a tuple came into use: until the next time, one without a number has none. */
  begun = 0;
  /** How often a tuple went out of use: until the next time, every number stays true. */
  ended = 0;
  readonly #width: number;
  readonly #stride: number;
  #tuples: Int32Array;
  readonly #free: number[] = [];
  #next = 0;
  /** A power of two of them, at most half of them taken. */
  #slots = new Int32Array(64 * SLOT);

  /** `width`: how many integers a tuple has. */
  constructor(width: number) {
    this.#width = width;
    this.#stride = INTEGERS + width;
    this.#tuples = new Int32Array(16 * this.#stride);
  }

  /** The number of the tuple, NONE when it is not in use. */
  find(integers: Int32Array): number {
    return this.#search(integers, this.#hash(integers));
  }

  /** The number of the tuple, with one more user. */
  take(integers: Int32Array): number {
    const hash = this.#hash(integers);
    const known = this.#search(integers, hash);
    const number = known === NONE ? this.#begin(integers, hash) : known;
    (this.#tuples[number * this.#stride + USERS] as number)++;
    return number;
  }

  /** One more user of a number that is in use. */
  retain(number: number): void {
    (this.#tuples[number * this.#stride + USERS] as number)++;
  }

  /** One user less. True when it was the last one: then the number is free. */
  release(number: number): boolean {
    if (--(this.#tuples[number * this.#stride + USERS] as number) > 0) return false;
    this.#vacate(number);
    this.#free.push(number);
    this.ended++;
    return true;
  }

  users(number: number): number {
    return this.#tuples[number * this.#stride + USERS] as number;
  }

  /** The integer at that position of a tuple in use. */
  integer(number: number, position: number): number {
    return this.#tuples[number * this.#stride + INTEGERS + position] as number;
  }

  #begin(integers: Int32Array, hash: number): number {
    const number = this.#free.pop() ?? this.#next++;
    const at = number * this.#stride;
    if (at === this.#tuples.length) {
      const wider = new Int32Array(this.#tuples.length * 2);
      wider.set(this.#tuples);
      this.#tuples = wider;
    }
    this.#tuples[at + USERS] = 0;
    for (let index = 0; index < this.#width; index++) this.#tuples[at + INTEGERS + index] = integers[index] as number;
    this.begun++;
    if ((this.begun - this.ended) * 2 * SLOT > this.#slots.length) this.#widen();
    settle(this.#slots, hash, number);
    return number;
  }

  #hash(integers: Int32Array, from = 0): number {
    let hash = 0;
    for (let index = 0; index < this.#width; index++) {
      hash = Math.imul(hash ^ (integers[from + index] as number), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  #search(integers: Int32Array, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = (hash * SLOT) & mask; ; slot = (slot + SLOT) & mask) {
      const number = (slots[slot + NUMBER] as number) - 1;
      if (number === NONE) return NONE;
      if (slots[slot + HASH] === hash && this.#equals(number, integers)) return number;
    }
  }

  #equals(number: number, integers: Int32Array): boolean {
    const at = number * this.#stride + INTEGERS;
    for (let index = 0; index < this.#width; index++) if (this.#tuples[at + index] !== integers[index]) return false;
    return true;
  }

  /** Empties the slot of the tuple, and moves those behind it that would no longer be found. */
  #vacate(number: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let gap = (this.#hash(this.#tuples, number * this.#stride + INTEGERS) * SLOT) & mask;
    while (slots[gap + NUMBER] !== number + 1) gap = (gap + SLOT) & mask;
    for (let slot = (gap + SLOT) & mask; slots[slot + NUMBER] !== 0; slot = (slot + SLOT) & mask) {
      const home = ((slots[slot + HASH] as number) * SLOT) & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      slots[gap + HASH] = slots[slot + HASH] as number;
      slots[gap + NUMBER] = slots[slot + NUMBER] as number;
      gap = slot;
    }
    slots[gap + NUMBER] = 0;
  }

  #widen(): void {
    const narrow = this.#slots;
    this.#slots = new Int32Array(narrow.length * 2);
    for (let slot = 0; slot < narrow.length; slot += SLOT) {
      const number = (narrow[slot + NUMBER] as number) - 1;
      if (number !== NONE) settle(this.#slots, narrow[slot + HASH] as number, number);
    }
  }
}

function settle(slots: Int32Array, hash: number, number: number): void {
  const mask = slots.length - 1;
  let slot = (hash * SLOT) & mask;
  while (slots[slot + NUMBER] !== 0) slot = (slot + SLOT) & mask;
  slots[slot + HASH] = hash;
  slots[slot + NUMBER] = number + 1;
}
