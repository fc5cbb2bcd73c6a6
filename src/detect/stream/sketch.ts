import { type Json, listOf } from "./window.ts";

/** Up to so many different values are counted exactly, and kept. */
const EXACT = 64;
const REGISTERS = 1_024;
/** Bits of a hash that choose the register. */
const INDEX_BITS = 10;
/** The bias of the estimate for so many registers (Flajolet and others, "HyperLogLog", 2007). */
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);

/** How many different values there were, in bounded memory and in whatever order they come: exact for few, within some percent for many. */
export class Sketch {
  #few: Set<string> | undefined = new Set();
  #registers = new Uint8Array(0);
  #latest: string | undefined;

  add(value: string): void {
    if (value === this.#latest) return;
    this.#latest = value;
    if (this.#few === undefined) {
      this.#note(value);
      return;
    }
    this.#few.add(value);
    if (this.#few.size <= EXACT) return;
    const values = this.#few;
    this.#few = undefined;
    this.#registers = new Uint8Array(REGISTERS);
    for (const one of values) this.#note(one);
  }

  /** Whether `count` is no estimate. */
  get isExact(): boolean {
    return this.#few !== undefined;
  }

  get count(): number {
    if (this.#few !== undefined) return this.#few.size;
    let sum = 0;
    let empty = 0;
    for (const rank of this.#registers) {
      sum += 2 ** -rank;
      if (rank === 0) empty++;
    }
    const estimate = (ALPHA * REGISTERS * REGISTERS) / sum;
    const isSmall = estimate <= 2.5 * REGISTERS && empty > 0;
    return Math.max(EXACT + 1, Math.round(isSmall ? REGISTERS * Math.log(REGISTERS / empty) : estimate));
  }

  pack(): Json {
    return this.#few === undefined ? Buffer.from(this.#registers).toString("base64") : [...this.#few].sort();
  }

  /** Throws TypeError when the data is none of its own. */
  static unpack(data: unknown): Sketch {
    const sketch = new Sketch();
    if (typeof data !== "string") {
      for (const value of listOf(data)) sketch.add(String(value));
      return sketch;
    }
    const registers = Buffer.from(data, "base64");
    if (registers.length !== REGISTERS) throw new TypeError("not a sketch");
    sketch.#few = undefined;
    sketch.#registers = new Uint8Array(registers);
    return sketch;
  }

  #note(value: string): void {
    const hash = hashOf(value);
    const index = hash >>> (32 - INDEX_BITS);
    const rank = Math.clz32((hash << INDEX_BITS) | (1 << (INDEX_BITS - 1))) + 1;
    if (rank > (this.#registers[index] as number)) this.#registers[index] = rank;
  }
}

/** FNV-1a with the finalizer of MurmurHash3, so that all bits depend on all characters. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
