const FIRST_BYTES = 4096;

/** Bytes of a record whose end has not come yet. Past `maxBytes` only their number is kept. */
export class Held {
  readonly #maxBytes: number;
  #buffer: Buffer;
  length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#buffer = Buffer.alloc(Math.min(maxBytes, FIRST_BYTES));
  }

  get isTooLong(): boolean {
    return this.length > this.#maxBytes;
  }

  /** What is held. The bytes change with the next `add` after a `clear`. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  add(bytes: Buffer): void {
    const length = this.length + bytes.length;
    if (length <= this.#maxBytes) {
      if (length > this.#buffer.length) {
        const grown = Buffer.alloc(Math.min(this.#maxBytes, 2 * length));
        this.#buffer.copy(grown, 0, 0, this.length);
        this.#buffer = grown;
      }
      bytes.copy(this.#buffer, this.length);
    }
    this.length = length;
  }

  clear(): void {
    this.length = 0;
  }
}
