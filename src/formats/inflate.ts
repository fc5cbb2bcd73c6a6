import { createInflateRaw, type InflateRaw, inflateRawSync, type ZlibOptions } from "node:zlib";
import type { Input } from "./input.ts";
import { Broken } from "./unpacked.ts";

/** Most compressed bytes that one call decompresses. */
const PIECE_BYTES = 64 * 1024;
/** Size of the chunks handed out, and what one call produces at most. */
const OUTPUT_BYTES = 256 * 1024;
/** The least that one call of short bytes has room for, as zlib has it. */
const LEAST_BYTES = 16 * 1024;
/** Decompression pauses when this much waits to be taken. */
const QUEUE_BYTES = 1024 * 1024;
/** So few bytes at hand are likely to be all of a stream. */
const SHORT_BYTES = 16 * 1024;
/** Of the piece that fails, how many bytes are tried at once. */
const COARSE_BYTES = 256;
/** Flow logs are this many times as long as what they are compressed to, or less. */
const RATIO = 16;
/** Compressed bytes kept of one deflate stream, to read up to the very place of a break; past it, what the failing call had made is lost. */
const TAPE_BYTES = 1024 * 1024;

/**
 * Decompresses one raw deflate stream (RFC 1951) from where the input stands, and leaves the input right behind it. Throws Broken
 * with `truncated-gzip` or `corrupt-gzip` after everything before the break was handed out. Memory does not depend on the ratio of
 * compression, nor on the length of the stream. `brief`: the stream is likely to be short.
 */
export async function* inflate(input: Input, brief = false): AsyncGenerator<Buffer> {
  const isShort = (await input.more()) && (brief || input.atHand <= SHORT_BYTES);
  const whole = isShort ? inflateAtOnce(input, brief) : undefined;
  if (whole !== undefined) {
    if (whole.length > 0) yield whole;
    return;
  }
  const stream = new Stream();
  let tape: Buffer[] | undefined = [];
  let taped = 0;
  let delivered = 0;
  try {
    for (;;) {
      if (!(await input.more())) {
        throw new Broken("truncated-gzip", "the gzip data ends before its end: the object is not whole");
      }
      const piece = input.take(PIECE_BYTES);
      for await (const output of stream.write(piece)) {
        delivered += output.length;
        yield output;
      }
      if (stream.error !== undefined) {
        if (tape !== undefined) yield* salvage(tape, piece, delivered);
        throw new Broken("corrupt-gzip", `the gzip data is corrupt (${stream.error.message})`);
      }
      if (stream.unconsumed > 0) {
        input.back(stream.unconsumed);
        return;
      }
      taped += piece.length;
      if (taped > TAPE_BYTES) tape = undefined;
      else tape?.push(piece);
    }
  } finally {
    stream.destroy();
  }
}

/**
 * The whole of a deflate stream that ends within the piece at hand and is no longer than one output; undefined of any other, with the input
 * where it stood. Short objects, and those of many short members, would spend their time on making a stream for each.
 */
function inflateAtOnce(input: Input, brief: boolean): Buffer | undefined {
  const piece = input.take(PIECE_BYTES);
  // Room for all of it is a call of zlib instead of many; of one short stream among many nobody knows how long it is.
  const room = brief ? {} : { chunkSize: Math.min(OUTPUT_BYTES, Math.max(LEAST_BYTES, piece.length * RATIO)) };
  try {
    const options = { info: true, maxOutputLength: OUTPUT_BYTES, ...room };
    const { buffer, engine } = inflateRawSync(piece, options) as unknown as Inflated;
    input.back(piece.length - engine.bytesWritten);
    return buffer;
  } catch {
    // Broken, longer than this, or not yet all there: the stream says which.
    input.back(piece.length);
    return undefined;
  }
}

/** What zlib's functions return with the option `info`, which the types do not know. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * What the failing call had made of `piece` is lost with it, so the stream is decompressed again: in small parts up to the one that
 * fails, then byte by byte. `delivered` bytes of it were handed out before.
 */
async function* salvage(tape: readonly Buffer[], piece: Buffer, delivered: number): AsyncGenerator<Buffer> {
  const parts = [...tape, ...partsOf(piece, COARSE_BYTES)];
  let good = 0;
  for await (const _ of replay(parts)) good++;
  const found: Buffer[] = [];
  let left = delivered;
  for await (const outputs of replay([
    ...parts.slice(0, good),
    ...parts.slice(good, good + 1).flatMap((part) => partsOf(part, 1)),
  ])) {
    for (const output of outputs) {
      if (output.length > left) found.push(output.subarray(left));
      left = Math.max(0, left - output.length);
    }
  }
  if (found.length > 0) yield Buffer.concat(found);
}

/** What each part of a stream decompresses to, up to the part that fails. */
async function* replay(parts: readonly Buffer[]): AsyncGenerator<Buffer[]> {
  const stream = new Stream();
  try {
    for (const part of parts) {
      const outputs: Buffer[] = [];
      for await (const output of stream.write(part)) outputs.push(output);
      if (stream.error !== undefined) return;
      yield outputs;
    }
  } finally {
    stream.destroy();
  }
}

function partsOf(bytes: Buffer, length: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += length) parts.push(bytes.subarray(at, at + length));
  return parts;
}

/** zlib's stream, one piece of input at a time. */
class Stream {
  // With a mark of one byte zlib rests while a chunk waits: an error, which discards waiting chunks, then never meets one.
  readonly #inflate: InflateRaw = createInflateRaw({ chunkSize: OUTPUT_BYTES, readableHighWaterMark: 1 } as ZlibOptions);
  #output: Buffer[] = [];
  #queued = 0;
  #wake = () => {};
  error: Error | undefined = undefined;
  /** Bytes of the piece written last that stand behind the end of the stream. */
  unconsumed = 0;

  constructor() {
    this.#inflate.on("data", (chunk: Buffer) => {
      this.#output.push(chunk);
      this.#queued += chunk.length;
      if (this.#queued >= QUEUE_BYTES) this.#inflate.pause();
      this.#wake();
    });
    this.#inflate.on("error", (error) => {
      this.error = error;
      this.#wake();
    });
  }

  /** What the piece decompresses to. Ends early with `error` set when the piece is no part of a deflate stream. */
  async *write(piece: Buffer): AsyncGenerator<Buffer> {
    const before = this.#inflate.bytesWritten;
    let written = false;
    this.#inflate.write(piece, () => {
      written = true;
      this.#wake();
    });
    while ((!written && this.error === undefined) || this.#output.length > 0) {
      if (this.#output.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const ready = this.#output;
      this.#output = [];
      this.#queued = 0;
      yield* ready;
      this.#inflate.resume();
    }
    this.unconsumed = piece.length - (this.#inflate.bytesWritten - before);
  }

  destroy(): void {
    this.#inflate.destroy();
  }
}
