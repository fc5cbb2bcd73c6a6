const EMPTY = Buffer.alloc(0);

/** Bytes of an iterable, pulled chunk by chunk and read at any length. Errors of the iterable pass through. */
export class Input {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #chunk: Buffer = EMPTY;
  #position = 0;
  #ended = false;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#iterator = bytes[Symbol.asyncIterator]();
  }

  /** Resolves to true once there is at least one unread byte, to false at the end. */
  async more(): Promise<boolean> {
    while (this.#position === this.#chunk.length) {
      if (this.#ended) return false;
      const next = await this.#iterator.next();
      if (next.done === true) {
        this.#ended = true;
        return false;
      }
      const { buffer, byteOffset, byteLength } = next.value;
      this.#chunk = Buffer.from(buffer, byteOffset, byteLength);
      this.#position = 0;
    }
    return true;
  }

  /** How many bytes `more` has made available. */
  get atHand(): number {
    return this.#chunk.length - this.#position;
  }

  /** The next byte, undefined at the end. */
  async byte(): Promise<number | undefined> {
    if (this.#position === this.#chunk.length && !(await this.more())) return undefined;
    return this.#chunk[this.#position++];
  }

  /** At most `length` of the bytes that `more` has made available. */
  take(length: number): Buffer {
    const start = this.#position;
    this.#position = Math.min(this.#chunk.length, start + length);
    return this.#chunk.subarray(start, this.#position);
  }

  /** As `take`, for bytes that stay read: what was taken to its end is let go. */
  part(length: number): Buffer {
    const bytes = this.take(length);
    if (this.atHand === 0) {
      this.#chunk = EMPTY;
      this.#position = 0;
    }
    return bytes;
  }

  /** Makes the last `length` bytes of what was taken last unread again. */
  back(length: number): void {
    this.#position -= length;
  }

  /** Makes bytes unread that were read before. */
  unread(bytes: Buffer): void {
    const start = this.#position - bytes.length;
    if (start >= 0 && this.#chunk.subarray(start, this.#position).equals(bytes)) {
      this.#position = start;
      return;
    }
    this.#chunk = Buffer.concat([bytes, this.#chunk.subarray(this.#position)]);
    this.#position = 0;
  }

  /** Lets go of the iterable; to be called whatever happened. */
  async release(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#iterator.return?.();
  }
}
