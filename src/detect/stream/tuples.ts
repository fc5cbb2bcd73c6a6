import { NONE, Numbering } from "./numbering.ts";
import { Part, TEXT, textOfBits } from "./part.ts";
import { RowIndex } from "./row-index.ts";
import type { Keys, Texts } from "./texts.ts";
import { listOf } from "./window.ts";

/** Stands between the parts of a tuple in its text. */
export const SEPARATOR = "\u001f";

/** Kinds of parts have two bits each: so many fit in one integer. */
const KINDS = 16;

/** Numbers tuples of parts as long as they are used. */
export class Tuples implements Keys {
  readonly rows = new RowIndex();
  readonly width: number;
  readonly #texts: Texts;
  readonly #numbering: Numbering;
  /** How many integers hold the kinds of the parts; behind them each part has one, its bits or the number of its text. */
  readonly #kinds: number;
  readonly #integers: Int32Array;

  /** `width`: how many parts a tuple has. */
  constructor(texts: Texts, width: number) {
    this.#texts = texts;
    this.width = width;
    this.#kinds = Math.ceil(width / KINDS);
    this.#integers = new Int32Array(this.#kinds + width);
    this.#numbering = new Numbering(this.#integers.length);
  }

  /** How often a tuple came into use: until the next time, one without a number has none. */
  get begun(): number {
    return this.#numbering.begun;
  }

  /** How often a tuple went out of use: until the next time, every number stays true. */
  get ended(): number {
    return this.#numbering.ended;
  }

  /** The number of the tuple, NONE when it is not in use. */
  find(parts: readonly Part[]): number {
    const integers = this.#integers;
    for (let index = 0; index < this.#kinds; index++) integers[index] = 0;
    for (let index = 0; index < parts.length; index++) {
      const { kind, bits, text } = parts[index] as Part;
      const integer = kind === TEXT ? this.#texts.find(text) : bits;
      if (kind === TEXT && integer === NONE) return NONE;
      this.#put(index, kind, integer);
    }
    return this.#numbering.find(integers);
  }

  /** The number of the tuple, with one more user. */
  take(parts: readonly Part[]): number {
    const integers = this.#integers;
    for (let index = 0; index < this.#kinds; index++) integers[index] = 0;
    for (let index = 0; index < parts.length; index++) {
      const { kind, bits, text } = parts[index] as Part;
      this.#put(index, kind, kind === TEXT ? this.#texts.take(text) : bits);
    }
    const number = this.#numbering.take(integers);
    if (this.#numbering.users(number) > 1) this.#releaseTexts(number);
    return number;
  }

  /** One more user of a tuple that is in use. */
  retain(number: number): void {
    this.#numbering.retain(number);
  }

  text(number: number): string {
    return this.pack(number).join(SEPARATOR);
  }

  pack(number: number): string[] {
    const texts: string[] = [];
    for (let index = 0; index < this.width; index++) {
      const kind = this.#kind(number, index);
      const integer = this.#integer(number, index);
      texts.push(kind === TEXT ? this.#texts.text(integer) : textOfBits(kind, integer));
    }
    return texts;
  }

  unpack(data: unknown): number {
    const texts = listOf(data);
    if (texts.length !== this.width) throw new TypeError("not a key");
    return this.take(texts.map(partOf));
  }

  release(number: number): void {
    if (this.#numbering.release(number)) this.#releaseTexts(number);
  }

  #put(index: number, kind: number, integer: number): void {
    (this.#integers[(index / KINDS) | 0] as number) |= kind << (2 * (index % KINDS));
    this.#integers[this.#kinds + index] = integer;
  }

  #kind(number: number, index: number): number {
    return (this.#numbering.integer(number, (index / KINDS) | 0) >>> (2 * (index % KINDS))) & 3;
  }

  #integer(number: number, index: number): number {
    return this.#numbering.integer(number, this.#kinds + index);
  }

  /** A tuple uses its texts once, however many users it has itself. */
  #releaseTexts(number: number): void {
    for (let index = 0; index < this.width; index++) {
      if (this.#kind(number, index) === TEXT) this.#texts.release(this.#integer(number, index));
    }
  }
}

function partOf(text: unknown): Part {
  if (typeof text !== "string") throw new TypeError("not a text");
  const part = new Part();
  part.set(text);
  return part;
}
