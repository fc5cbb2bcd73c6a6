import type { ZodType } from "zod";
import type { Flow, Origin } from "./flow.ts";

/** One version of one object. `time` is the store's own (last modified, or created), in ms since the epoch. */
export interface ObjectRef {
  readonly key: string;
  readonly etag: string;
  /** Stored size in bytes. */
  readonly size: number;
  readonly time: number;
}

/** One page of a listing: keys in the byte order of their UTF-8 form, and the common prefixes up to the delimiter. */
export interface ListPage {
  readonly objects: readonly ObjectRef[];
  readonly prefixes: readonly string[];
}

export interface ListOptions {
  readonly prefix: string;
  /** Only keys strictly after this one. */
  readonly startAfter?: string;
  readonly delimiter?: string;
  /** Ends the listing before this key (exclusive); a store that cannot do so may list further. */
  readonly before?: string;
}

/** A bucket, as far as tailing needs it. */
export interface ObjectStore {
  /** Stable identity of the bucket, part of every uid: `oci://namespace/bucket`, `s3://host/bucket`, `file:///path`. No secret. */
  readonly name: string;
  /** Every page of a listing, one request a page. Throws RetryableError or PermanentError. */
  list(options: ListOptions, signal: AbortSignal): AsyncIterable<ListPage>;
  /**
   * The object's bytes as they are stored. Refuses (PermanentError `object-vanished`, `object-changed`) an object that is
   * gone or has another etag, also when that happens while it is read. A broken connection is resumed where it broke.
   */
  open(object: ObjectRef, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

/** An object that tailing found, and where it stands in its partition. */
export interface FoundObject extends ObjectRef {
  /** Sorts the objects of a partition by age, compared as a string. */
  readonly order: string;
}

/**
 * New objects of one partition (a connector's prefix, a VNIC's prefix, the whole bucket), oldest first. The ledger stores the objects, the
 * mark and the horizon in one transaction, then asks for the next page: a crash repeats at most one page.
 */
export interface Discovery {
  readonly partition: string;
  readonly objects: readonly FoundObject[];
  /** What the strategy wants to be handed back as `seen.mark(partition)`; opaque to the ledger. */
  readonly mark?: string;
  /** Objects of this partition with `order` below it never come up in a listing again: forgotten once every sink has finished them. */
  readonly forgetBefore?: string;
}

/** What the ledger remembers of earlier discoveries. */
export interface Seen {
  mark(partition: string): string | undefined;
  /** Partitions that have a mark, in key order. */
  partitions(): readonly string[];
  has(key: string, etag: string): boolean;
}

/** A bucket with a strategy for finding what is new in it. */
export interface Source {
  readonly name: string;
  /** One pass over what is new since the marks in `seen`; ends when everything listed is handed out. Pulling is the back-pressure. */
  discover(seen: Seen, signal: AbortSignal): AsyncIterable<Discovery>;
  open(object: ObjectRef, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

/** Records of one object that cannot be delivered, by number; `to` is undefined for "to the end of the object, count unknown". */
export interface BadRecords {
  readonly from: number;
  readonly to: number | undefined;
  /** Stable code: `bad-json`, `bad-address`, `truncated-gzip`, … */
  readonly code: string;
  /** One line: which field, which value (cut to 80 characters), what was expected. */
  readonly reason: string;
}

/** A statement of the log about itself: flows lost before the bucket, no traffic, or a header that counts other than its records. */
export interface QualityNotice {
  readonly kind: "skip-data" | "no-data" | "count-mismatch";
  readonly message: string;
}

/** What a decoder made of the next piece of an object. */
export interface Decoded {
  /** Good records in ascending order of `record`; quality records (NODATA, SKIPDATA) are among them with their status. */
  readonly flows: Flow[];
  readonly bad: readonly BadRecords[];
  readonly quality: readonly QualityNotice[];
  /** Records that are no flows (other event types) and are passed over: count by type. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Every record up to this number is in this or an earlier piece, as flow, bad or skipped. */
  readonly through: number;
}

export interface DecodeOptions {
  /** Records up to this number are counted but not decoded: they were delivered before. */
  readonly skip: number;
  /** Upper bound of the decompressed size, in bytes; past it the rest of the object is bad (`too-large`). */
  readonly maxBytes: number;
  /** Upper bound of one line or one element, in bytes; a longer one is a bad record (`line-too-long`). */
  readonly maxRecordBytes: number;
}

/**
 * Bytes of one object (as stored: gzip or plain) to records. Never throws for what the bytes hold: a bad record is
 * reported and the next one read; a corrupt object ends with one BadRecords that has no `to`. Errors of the byte
 * iterable itself (network) pass through.
 */
export type Decoder = (bytes: AsyncIterable<Uint8Array>, origin: Origin, options: DecodeOptions) => AsyncIterable<Decoded>;

/** Sets derived fields of a flow. Synchronous, never throws. */
export type Enricher = (flow: Flow) => void;

/** Records of one object within a batch: numbers `from` to `to`, of which `count` are in the batch. */
export interface Segment {
  readonly origin: Origin;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Read-only for sinks. The flows stand in the order of the segments. */
export interface Batch {
  readonly flows: readonly Flow[];
  readonly segments: readonly Segment[];
}

export interface WriteResult {
  /** Records that the receiver took and then refused (OTLP partial success); it does not say which. */
  readonly rejected: number;
  readonly reason?: string;
}

export interface BatchLimits {
  /** Most records of one batch. */
  readonly records: number;
  /** How many `write` calls may run at once. */
  readonly inFlight: number;
  /** How long a record waits for its batch to fill, in ms. */
  readonly lingerMs: number;
}

/**
 * A destination. `write` resolves when the receiver has taken responsibility for every record, not before.
 * It throws TooLargeError (the caller halves the batch), PermanentError (dead letters), and any other error is retried.
 * Sinks do not retry by themselves and keep no reference to the batch after `write` settles.
 */
export interface Sink {
  readonly limits: BatchLimits;
  write(batch: Batch, signal: AbortSignal): Promise<WriteResult>;
  /** Reaches the receiver without delivering anything; resolves to one line about what answered, throws what is wrong. */
  probe(signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** Records that were set aside: a pointer to what still lies in the bucket. */
export interface DeadLetter {
  /** Undefined for records that no sink can have: they could not be decoded. */
  readonly sink: string | undefined;
  readonly key: string;
  readonly etag: string;
  readonly from: number;
  readonly to: number | undefined;
  readonly count: number;
  readonly code: string;
  readonly reason: string;
}

/** A kind of source, sink or other part that a configuration names by `type`. Options are described in the schema. */
export interface Component<Options, Dependencies, Part> {
  readonly type: string;
  /** One line for the reference. */
  readonly summary: string;
  readonly options: ZodType<Options>;
  create(options: Options, dependencies: Dependencies): Part | Promise<Part>;
}
