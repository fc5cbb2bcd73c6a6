/**
 * A growing run of bytes, written front to back. Whoever writes calls `reserve` first, writes at `position` and moves it on.
 * `bytes` and `view` change when it grows, so they are read after `reserve`.
 */
export class Bytes {
  bytes: Buffer<ArrayBuffer>;
  view: DataView;
  position = 0;

  /** Begins in this memory. */
  constructor(memory: ArrayBuffer) {
    this.bytes = Buffer.from(memory);
    this.view = viewOf(this.bytes);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (!this.hasRoom(count)) this.#grow(count);
  }

  hasRoom(count: number): boolean {
    return this.position + count <= this.bytes.length;
  }

  #grow(count: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.position + count));
    this.bytes.copy(larger, 0, 0, this.position);
    this.bytes = larger;
    this.view = viewOf(larger);
  }

  /** Copies a block. */
  block(block: Uint8Array): void {
    this.reserve(block.length);
    this.bytes.set(block, this.position);
    this.position += block.length;
  }
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A short block, copied in a loop over 32-bit words, which is faster than a call into native code. */
export interface Words {
  readonly length: number;
  readonly values: Int32Array;
}

export function wordsOf(block: Uint8Array): Words {
  const padded = Buffer.alloc(Math.ceil(block.length / 4) * 4);
  padded.set(block);
  const values = new Int32Array(padded.length / 4);
  for (let index = 0; index < values.length; index++) values[index] = padded.readInt32LE(index * 4);
  return { length: block.length, values };
}

/** Writes up to three bytes more than the block has: there must be room for `length` + 3, and what follows is written after. */
export function putWords(view: DataView, at: number, values: Int32Array): void {
  for (let index = 0; index < values.length; index++) {
    view.setInt32(at, values[index] as number, true);
    at += 4;
  }
}

/**
 * Writes text of nothing but printable ASCII without `"` and `\`, which is the same in UTF-8 and in a JSON string. Returns the position
 * after it, or -1 for any other text. There must be room for a byte per character.
 */
export function putPlain(bytes: Uint8Array, at: number, text: string): number {
  const { length } = text;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return -1;
    bytes[at + index] = code;
  }
  return at + length;
}

/** Eight hexadecimal digits of an unsigned 32-bit integer. */
export function putHex(bytes: Uint8Array, at: number, value: number): number {
  for (let index = 7; index >= 0; index--) {
    const digit = value & 15;
    bytes[at + index] = digit < 10 ? 0x30 + digit : 0x57 + digit;
    value >>>= 4;
  }
  return at + 8;
}

/** Decimal digits of a non-negative integer up to 2^53 - 1. */
export function putDecimal(bytes: Uint8Array, at: number, value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  for (let index = digits - 1; index >= 0; index--) {
    const rest = value <= 0x7fffffff ? (value / 10) | 0 : Math.floor(value / 10);
    bytes[at + index] = 0x30 + (value - rest * 10);
    value = rest;
  }
  return at + digits;
}
