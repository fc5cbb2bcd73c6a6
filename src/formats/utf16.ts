const UNIT_BYTES = 2;
const HALF = /\p{Cs}/u;
/** What stands for half a character, as which UTF-8 has no form: no UTF-8 either, so that its record is set aside. */
const NO_UTF8 = Buffer.from([0xed, 0xa0, 0x80]);

/** UTF-16, which is what the shell of Windows writes into files, to UTF-8, in any pieces. */
export class Utf16 {
  readonly #order: "little" | "big";
  #rest: Buffer = Buffer.alloc(0);

  constructor(order: "little" | "big") {
    this.#order = order;
  }

  feed(chunk: Buffer): Buffer {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let end = bytes.length - (bytes.length % UNIT_BYTES);
    if (end > 0 && this.#isHigh(bytes, end - UNIT_BYTES)) end -= UNIT_BYTES;
    // A copy: what was given may be used again by who gave it.
    this.#rest = Buffer.from(bytes.subarray(end));
    const units = Buffer.from(bytes.subarray(0, end));
    return utf8Of((this.#order === "big" ? units.swap16() : units).toString("utf16le"));
  }

  /** What is left of a character. */
  end(): Buffer {
    return this.#rest.length === 0 ? this.#rest : NO_UTF8;
  }

  /** Whether the unit is the first half of a character. */
  #isHigh(bytes: Buffer, at: number): boolean {
    return ((bytes[this.#order === "big" ? at : at + 1] as number) & 0xfc) === 0xd8;
  }
}

function utf8Of(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  return Buffer.concat(
    text.split(HALF).flatMap((part, index) => (index === 0 ? [Buffer.from(part)] : [NO_UTF8, Buffer.from(part)])),
  );
}
