import type { Decoded, DecodeOptions } from "../contracts/decoder.ts";
import type { Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";
import type { Unpacked } from "./unpacked.ts";

/** One of the first lines of an object, and what it looks like. */
export interface Sample {
  /** The line, one byte a character. */
  readonly line: string;
  /** Names in the JSON object that begins with the line, as far as it can be seen; undefined where none begins. */
  readonly names: ReadonlySet<string> | undefined;
}

/** A log format. One that reads its fields from a mapping has that in `mappings/formats`, under its name. */
export interface FormatKind {
  readonly name: string;
  /** Reads the mapping, where there is one. */
  create(): Format;
}

/**
 * Takes records of an object away before they are decoded, and does with them what is done with their flows elsewhere. A record that is taken
 * counts, and is in no piece.
 */
export interface RecordTaker {
  /** Takes the record of this number that begins at `start`; returns where it ends, which is at most at `limit`, or -1 where it does not. */
  take(buffer: Buffer, start: number, limit: number, record: number): number;
  /** What was made of a record that it was asked for and has not taken. */
  learn(buffer: Buffer, start: number, flow: Flow): void;
}

/** A log format that is ready to decode, any number of objects side by side. */
export interface Format {
  /** Whether only an object of this format has such a line among its first ones. */
  recognises(sample: Sample): boolean;
  /** See `Decoder`; the bytes are unpacked already. Of a format that asks no taker, all records are decoded. */
  decode(unpacked: Unpacked, origin: Origin, options: DecodeOptions, taker?: RecordTaker): AsyncIterable<Decoded>;
  /**
   * As `decode`, of an object that is at hand as a whole, such as a message, and at once: undefined for one that cannot be read so. The bytes
   * are plain text in UTF-8, and nobody changes them.
   */
  decodeMessage?(message: Buffer, origin: Origin, options: DecodeOptions): Decoded | undefined;
}
