import type { Decoded, DecodeOptions } from "../contracts/decoder.ts";
import type { Origin } from "../flow/origin.ts";
import type { Unpacked } from "./unpacked.ts";

/** One of the first lines of an object, and what it looks like. */
export interface Sample {
  /** The line, one byte a character. */
  readonly line: string;
  /** Names in the JSON object that begins with the line, as far as it can be seen; undefined where none begins. */
  readonly names: ReadonlySet<string> | undefined;
}

/** A log format: one is registered, and has a mapping of its name in `mappings/formats`. */
export interface FormatKind {
  readonly name: string;
  /** Reads the mapping. */
  create(): Format;
}

/** A log format that is ready to decode, any number of objects side by side. */
export interface Format {
  /** Whether only an object of this format has such a line among its first ones. */
  recognises(sample: Sample): boolean;
  /** See `Decoder`; the bytes are unpacked already. */
  decode(unpacked: Unpacked, origin: Origin, options: DecodeOptions): AsyncIterable<Decoded>;
  /**
   * As `decode`, of an object that is at hand as a whole, such as a message, and at once: undefined for one that cannot be read so. The bytes
   * are plain text in UTF-8, and nobody changes them.
   */
  decodeMessage?(message: Buffer, origin: Origin, options: DecodeOptions): Decoded | undefined;
}
