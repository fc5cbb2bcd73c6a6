import type { IncidentId } from "./incidents.ts";

/** Where a record is: the object's key and its number there, from 1. */
interface RecordPointer {
  readonly key: string;
  readonly record: number;
}

/** What an object holds, as the generator knows it. */
export interface ObjectTruth {
  /** Everything that has a number: flows, quality records, other event types, bad records. */
  records: number;
  accept: number;
  reject: number;
  noData: number;
  /** SKIPDATA records, or objects whose header says "skip data". */
  skipData: number;
  /** Objects whose header counts other than its records. */
  countMismatch: number;
  /** Records of other event types, by type. */
  skipped: Record<string, number>;
  bad: number;
  /** Objects that cannot be read to their end. */
  broken: number;
  /** Bytes from source (or initiator) to destination, over all flows. */
  bytes: bigint;
  bytesReverse: bigint;
}

export function emptyTruth(): ObjectTruth {
  return {
    records: 0,
    accept: 0,
    reject: 0,
    noData: 0,
    skipData: 0,
    countMismatch: 0,
    skipped: {},
    bad: 0,
    broken: 0,
    bytes: 0n,
    bytesReverse: 0n,
  };
}

export function addTruth(total: ObjectTruth, part: ObjectTruth): void {
  total.records += part.records;
  total.accept += part.accept;
  total.reject += part.reject;
  total.noData += part.noData;
  total.skipData += part.skipData;
  total.countMismatch += part.countMismatch;
  total.bad += part.bad;
  total.broken += part.broken;
  total.bytes += part.bytes;
  total.bytesReverse += part.bytesReverse;
  for (const [type, count] of Object.entries(part.skipped)) total.skipped[type] = (total.skipped[type] ?? 0) + count;
}

/** A record of an incident; `reply` where it runs from the incident's destination to its source. */
interface IncidentRecord extends RecordPointer {
  readonly reply: boolean;
  readonly action: "accept" | "reject";
}

export interface IncidentTruth {
  readonly id: IncidentId;
  readonly source: string;
  readonly destination: string;
  /** Null where the incident is about many ports. */
  readonly port: number | null;
  /** Of the first and the last connection or part of one, ISO 8601. */
  readonly start: string;
  readonly end: string;
  /** How many records the incident left, replies included. */
  recordCount: number;
  /** Bytes from source to destination, counted once. */
  readonly bytes: string;
  /** The first 1,000 of its records. */
  readonly records: IncidentRecord[];
}

/** What becomes of a damaged place: `bad` one record is set aside, `broken` the rest of the object, `skipped` it is no flow, `good` nothing is lost. */
type Outcome = "bad" | "broken" | "skipped" | "good";

export interface DamageTruth {
  readonly kind: string;
  readonly key: string;
  /** The damaged record; null where it is the object as a whole. */
  readonly record: number | null;
  readonly outcome: Outcome;
  /** Records of the object that are good and can be read. */
  readonly goodRecords: number;
}

/** The known truth of a bucket, as it is written to the truth file. */
export interface Truth {
  readonly format: string;
  readonly seed: string;
  readonly start: string;
  readonly end: string;
  readonly objects: number;
  /** Size of all objects as they are stored. */
  readonly storedBytes: number;
  readonly records: number;
  readonly flows: { readonly accept: number; readonly reject: number };
  readonly quality: { readonly noData: number; readonly skipData: number; readonly countMismatch: number };
  readonly skipped: Readonly<Record<string, number>>;
  readonly bad: number;
  readonly broken: number;
  /** Decimal, exact. */
  readonly bytes: string;
  readonly bytesReverse: string;
  readonly incidents: readonly IncidentTruth[];
  readonly damage: readonly DamageTruth[];
}
