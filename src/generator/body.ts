import { once } from "node:events";
import type { TransformOptions } from "node:stream";
import type { Gzip, ZlibOptions } from "node:zlib";
import { createGzip, gzipSync } from "node:zlib";

const CHUNK_BYTES = 256 * 1024;
/** Up to here compressing at once is cheaper than handing it to another thread. */
const SMALL_BYTES = 64 * 1024;
/** How far the text may be ahead of the compressor. */
const AHEAD_BYTES = 8 * 1024 * 1024;

/** The gzipped text of one object, compressed in another thread while it is written, so that an object of any size takes the same memory. */
export class Body {
  static #spare: Buffer[] = [];

  readonly #level: number;
  #chunk: Buffer = Body.#spare.pop() ?? Buffer.allocUnsafe(CHUNK_BYTES);
  #length = 0;
  #gzip: Gzip | undefined;
  #finished: Promise<Uint8Array> | undefined;

  constructor(level: number) {
    this.#level = level;
  }

  /** Appends text of one byte a character. */
  put(text: string): void {
    if (text.length > CHUNK_BYTES - this.#length) {
      this.#flush();
      if (text.length > CHUNK_BYTES) {
        this.#compressor().write(Buffer.from(text, "latin1"));
        return;
      }
    }
    this.#length += this.#chunk.write(text, this.#length, "latin1");
  }

  /** A promise for as long as the compressor is behind. */
  room(): Promise<void> | undefined {
    if (this.#gzip?.writableNeedDrain !== true) return undefined;
    return once(this.#gzip, "drain").then(() => undefined);
  }

  end(): Promise<Uint8Array> | Uint8Array {
    if (this.#finished === undefined && this.#length <= SMALL_BYTES) {
      const bytes = gzipSync(this.#chunk.subarray(0, this.#length), { level: this.#level });
      Body.#spare.push(this.#chunk);
      return bytes;
    }
    this.#flush();
    this.#compressor().end();
    return this.#finished as Promise<Uint8Array>;
  }

  #flush(): void {
    if (this.#length === 0) return;
    this.#compressor().write(this.#chunk.subarray(0, this.#length));
    this.#chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    this.#length = 0;
  }

  #compressor(): Gzip {
    if (this.#gzip === undefined) {
      const options: ZlibOptions & TransformOptions = {
        level: this.#level,
        chunkSize: CHUNK_BYTES,
        writableHighWaterMark: AHEAD_BYTES,
      };
      const gzip = createGzip(options);
      const pieces: Buffer[] = [];
      gzip.on("data", (piece: Buffer) => pieces.push(piece));
      this.#finished = once(gzip, "end").then(() => Buffer.concat(pieces));
      this.#gzip = gzip;
    }
    return this.#gzip;
  }
}
