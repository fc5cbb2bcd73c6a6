/** Powers of two: what it has first, and from so many misses on, so that a short object does not pay for a long one. */
const FIRST_PLACES = 16;
const PLACES = 1024;

/** What the texts of one slot were turned into, the last one at each place; a text is compared byte by byte before it counts as known. */
export class TextCache {
  readonly #convert: (text: string) => unknown;
  #texts: string[] = new Array(FIRST_PLACES).fill("");
  #values: unknown[] = new Array(FIRST_PLACES).fill(undefined);
  #misses = 0;

  constructor(convert: (text: string) => unknown) {
    this.#convert = convert;
  }

  /** The value of the ASCII text in bytes `start` to `end`, which hash to `hash`. */
  get(buffer: Buffer, start: number, end: number, hash: number): unknown {
    const place = (hash ^ (hash >>> 15)) & (this.#texts.length - 1);
    const known = this.#texts[place] as string;
    if (known.length === end - start && isSame(known, buffer, start)) return this.#values[place];
    if (++this.#misses === FIRST_PLACES) return this.#grow().get(buffer, start, end, hash);
    const text = buffer.toString("latin1", start, end);
    const value = this.#convert(text);
    this.#texts[place] = text;
    this.#values[place] = value;
    return value;
  }

  #grow(): this {
    this.#texts = new Array(PLACES).fill("");
    this.#values = new Array(PLACES).fill(undefined);
    return this;
  }
}

function isSame(text: string, buffer: Buffer, start: number): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== buffer[start + at]) return false;
  return true;
}
