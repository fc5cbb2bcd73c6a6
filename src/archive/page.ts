/** Bytes of a page that is being made: grows, and is used again for the next page. */
export class Page {
  #bytes = Buffer.allocUnsafeSlow(1 << 16);
  length = 0;

  /** Valid until the next page begins. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  clear(): this {
    this.length = 0;
    // What one page needed is not kept for ever.
    if (this.#bytes.length > 1 << 22) this.#bytes = Buffer.allocUnsafeSlow(1 << 16);
    return this;
  }

  /** Plain encoding of a text: its length in bytes, then UTF-8, in which a lone surrogate becomes U+FFFD. */
  text(text: string): void {
    this.#room(4 + text.length * 3);
    const start = this.length + 4;
    const bytes = this.#bytes;
    let at = start;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) {
        at = start + bytes.write(text, start);
        break;
      }
      bytes[at] = code;
      at += 1;
    }
    bytes.writeUInt32LE(at - start, this.length);
    this.length = at;
  }

  int32(value: number): void {
    this.#room(4);
    this.length = this.#bytes.writeInt32LE(value, this.length);
  }

  /** Whole numbers up to 2^53 either way, and bigints up to 2^64 - 1. */
  int64(value: number | bigint): void {
    this.#room(8);
    if (typeof value === "bigint") {
      this.length = this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.length);
      return;
    }
    this.#bytes.writeUInt32LE(value >>> 0, this.length);
    this.length = this.#bytes.writeUInt32LE(Math.floor(value / 2 ** 32) >>> 0, this.length + 4);
  }

  /** Bits, eight in a byte, the first one the lowest. */
  bits(values: ArrayLike<number>, count: number): void {
    this.#packed(values, 0, count, 1);
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.length] = value;
    this.length += 1;
  }

  /** The same level for so many rows. */
  run(value: number, count: number): void {
    this.#varint(count * 2);
    this.byte(value);
  }

  /** The hybrid of runs and packed bits that levels and places in a dictionary are written in; numbers of at most 16 bits. */
  hybrid(values: ArrayLike<number>, count: number, bitWidth: number): void {
    let at = 0;
    while (at < count) {
      const run = runAt(values, at, count);
      if (run >= 8 || at + run === count) {
        this.#varint(run * 2);
        for (let shift = 0; shift < bitWidth; shift += 8) this.byte(((values[at] as number) >>> shift) & 0xff);
        at += run;
        continue;
      }
      let end = at;
      do end = Math.min(end + 8, count);
      while (end < count && runAt(values, end, Math.min(end + 8, count)) < 8);
      this.#varint(Math.ceil((end - at) / 8) * 2 + 1);
      this.#packed(values, at, end, bitWidth);
      at = end;
    }
  }

  /** In groups of eight values: the last one may be filled up. */
  #packed(values: ArrayLike<number>, from: number, to: number, bitWidth: number): void {
    const size = Math.ceil((to - from) / 8) * bitWidth;
    this.#room(size);
    const bytes = this.#bytes;
    let at = this.length;
    let [held, bits] = [0, 0];
    for (let index = from; index < to; index += 1) {
      held |= (values[index] as number) << bits;
      bits += bitWidth;
      while (bits >= 8) {
        bytes[at] = held & 0xff;
        at += 1;
        held >>>= 8;
        bits -= 8;
      }
    }
    const end = this.length + size;
    while (at < end) {
      bytes[at] = held & 0xff;
      at += 1;
      held >>>= 8;
    }
    this.length = end;
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest);
  }

  #room(size: number): void {
    if (this.length + size <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.length + size));
    this.#bytes.copy(grown, 0, 0, this.length);
    this.#bytes = grown;
  }
}

function runAt(values: ArrayLike<number>, from: number, to: number): number {
  const first = values[from];
  let end = from + 1;
  while (end < to && values[end] === first) end += 1;
  return end - from;
}
