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
  /** The first value; of most there is no other. */
  #first: string | undefined;
  /** From the second value on, as long as they are counted exactly. */
  #few: Set<string> | undefined;
  #registers: Uint8Array | undefined;
  #latest: string | undefined;

  add(value: string): void {
    if (value === this.#latest) return;
    this.#latest = value;
    if (this.#registers !== undefined) note(this.#registers, value);
    else if (this.#first === undefined) this.#first = value;
    else this.#addToFew(this.#first, value);
  }

  /** Whether `count` is no estimate. */
  get isExact(): boolean {
    return this.#registers === undefined;
  }

  get count(): number {
    if (this.#registers === undefined) return this.#few?.size ?? (this.#first === undefined ? 0 : 1);
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
    return this.#registers === undefined ? this.#values().sort() : Buffer.from(this.#registers).toString("base64");
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
    sketch.#registers = new Uint8Array(registers);
    return sketch;
  }

  #values(): string[] {
    if (this.#few !== undefined) return [...this.#few];
    return this.#first === undefined ? [] : [this.#first];
  }

  #addToFew(first: string, value: string): void {
    if (this.#few === undefined) {
      if (value === first) return;
      this.#few = new Set([first]);
    }
    const few = this.#few.add(value);
    if (few.size <= EXACT) return;
    this.#registers = new Uint8Array(REGISTERS);
    for (const one of few) note(this.#registers, one);
    this.#few = undefined;
  }
}

function note(registers: Uint8Array, value: string): void {
  const hash = hashOf(value);
  const index = hash >>> (32 - INDEX_BITS);
  const rank = Math.clz32((hash << INDEX_BITS) | (1 << (INDEX_BITS - 1))) + 1;
  if (rank > (registers[index] as number)) registers[index] = rank;
}

/** FNV-1a with the finalizer of MurmurHash3, so that all bits depend on all characters. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
