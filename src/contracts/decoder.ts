import type { Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";

/** Neighbouring records of one object, by number; `to` is undefined for "to the end of the object, count unknown". */
export interface RecordRange {
  /** Number of the first of the records. */
  readonly from: number;
  /** Number of the last of them. */
  readonly to: number | undefined;
}

/** Records of one object that cannot be delivered. */
export interface BadRecords extends RecordRange {
  /** Stable code: `bad-json`, `bad-address`, `truncated-gzip`, … */
  readonly code: string;
  /** One line: which field, which value (cut to 80 characters), what was expected. */
  readonly reason: string;
}

/**
 * A statement of the log about itself: flows lost before the bucket, no traffic, a header that counts other than its records, or columns
 * that this version does not know.
 */
export interface QualityNotice {
  /** What it speaks of. */
  readonly kind: "skip-data" | "no-data" | "count-mismatch" | "unknown-columns";
  /**
   * It stands behind the record with this number: 0 for none, and one less than its own for what a record says of itself. A reading that
   * skips fewer records than this, or as many, comes by it.
   */
  readonly after: number;
  /** One line for people. */
  readonly message: string;
}

/** What a decoder made of the next piece of an object. */
export interface Decoded {
  /** Good records in ascending order of `record`; quality records (NODATA, SKIPDATA) are among them with their status. */
  readonly flows: Flow[];
  /** Records that could not be decoded. */
  readonly bad: readonly BadRecords[];
  /** In the order in which they stand. */
  readonly quality: readonly QualityNotice[];
  /** Records that are no flows (other event types) and are passed over: their numbers by type. */
  readonly skipped: Readonly<Record<string, readonly number[]>>;
  /** Every record up to this number is in this or an earlier piece, as flow, bad or skipped. */
  readonly through: number;
}

export interface DecodeOptions {
  /** Records up to this number are counted but not decoded: they were delivered before. */
  readonly skip: number;
  /** So many records of the object stand in front of the first byte, at most `skip`: its source left them out. 0 by default. */
  readonly leftOut?: number | undefined;
  /** The bytes are frames of messages: see `Frame` in `lib/frames.ts`. No by default. */
  readonly framed?: boolean | undefined;
  /** Upper bound of the decompressed size, in bytes; past it the rest of the object is bad (`too-large`). */
  readonly maxBytes: number;
  /** Upper bound of one record, in bytes; a longer one is a bad record (`line-too-long`). */
  readonly maxRecordBytes: number;
}

/**
 * Bytes of one object (as stored: gzip or plain) to records. Never throws for what the bytes hold: a bad record is
 * reported and the next one read; a corrupt object ends with one BadRecords that has no `to`. Errors of the byte
 * iterable itself (network) pass through.
 */
export type Decoder = (bytes: AsyncIterable<Uint8Array>, origin: Origin, options: DecodeOptions) => AsyncIterable<Decoded>;
