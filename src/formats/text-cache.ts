/** A power of two. */
const PLACES = 1024;

/** What the texts of one slot were turned into, the last one at each place; a text is compared byte by byte before it counts as known. */
export class TextCache {
  readonly #convert: (text: string) => unknown;
  readonly #texts: string[] = new Array(PLACES).fill("");
  readonly #values: unknown[] = new Array(PLACES).fill(undefined);

  constructor(convert: (text: string) => unknown) {
    this.#convert = convert;
  }

  /** The value of the ASCII text in bytes `start` to `end`, which hash to `hash`. */
  get(buffer: Buffer, start: number, end: number, hash: number): unknown {
    const place = (hash ^ (hash >>> 15)) & (PLACES - 1);
    const known = this.#texts[place] as string;
    if (known.length === end - start && isSame(known, buffer, start)) return this.#values[place];
    const text = buffer.toString("latin1", start, end);
    const value = this.#convert(text);
    this.#texts[place] = text;
    this.#values[place] = value;
    return value;
  }
}

function isSame(text: string, buffer: Buffer, start: number): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== buffer[start + at]) return false;
  return true;
}
