import type { AlertLedger } from "./alert-ledger.ts";
import type { BadRecords, QualityNotice, RecordRange } from "./decoder.ts";
import type { Discovery, Seen, Standing } from "./source.ts";
import type { StateLedger } from "./state-ledger.ts";
import type { ObjectRef, ObjectVersion } from "./store.ts";

/** A source as a ledger knows it. */
export interface SourceIdentity {
  /** In the configuration; no two sources of a worker have the same. */
  readonly name: string;
  /** The store's stable name, part of every uid: `oci://namespace/bucket`. */
  readonly store: string;
}

/** Records that were set aside: a pointer to what still lies in the bucket. */
export interface DeadLetter {
  /** Undefined for records that no sink can have: they could not be decoded. */
  readonly sink: string | undefined;
  /** Name of the source in whose bucket they lie. */
  readonly source: string;
  /** Of the object. */
  readonly key: string;
  /** Of the version of the object. */
  readonly etag: string;
  /** Number of the first record. */
  readonly from: number;
  /** Number of the last record; undefined for "to the end of the object". */
  readonly to: number | undefined;
  /** How many records it counts for. */
  readonly count: number;
  /** Stable code of why. */
  readonly code: string;
  /** One line: why. */
  readonly reason: string;
  /** Of records that were summed for the sink: the range of the first records of the sums, all of which it stands for. */
  readonly sums?: RecordRange | undefined;
}

/** An object that waits for a consumer. */
export interface QueuedObject extends ObjectRef {
  /** Ascending in the order of discovery. */
  readonly id: number;
  /** Name of its source. */
  readonly source: string;
  /** How many records it holds; undefined until it was read to its end once. */
  readonly records: number | undefined;
}

export interface DeadLetterFilter {
  /** A sink's name; null selects the records that could not be decoded. */
  readonly sink?: string | null | undefined;
  /** A source's name. */
  readonly source?: string | undefined;
  /** Of the object. */
  readonly key?: string | undefined;
  /** Of the letters. */
  readonly code?: string | undefined;
}

export interface StoredDeadLetter extends DeadLetter {
  /** Of the letter in the ledger. */
  readonly id: number;
  /** When it was set aside, ms since the epoch. */
  readonly at: number;
}

/** What became of records; the books of a sink balance when these are all that were offered. */
export interface Settled {
  /** Held back by the sink's own filter; none if left out. */
  readonly filtered?: number;
  /** Not in the sink's sample; none if left out. */
  readonly sampled?: number;
  /** Summed in a record that the receiver took, beside the one that is counted as delivered; none if left out. */
  readonly aggregated?: number;
  /** Records that the receiver took. */
  readonly delivered: number;
  /** Records that it took and refused in part, without saying which. */
  readonly rejected: number;
  /** Records that dead letters point at. */
  readonly setAside: number;
}

export interface SinkStatus extends Required<Settled> {
  /** In the configuration. */
  readonly name: string;
  /**
   * Objects of the configured sources that wait for the sink or are on their way to it, and their stored bytes. Parked ones are among them.
   */
  readonly pendingObjects: number;
  /** Their stored size. */
  readonly pendingBytes: number;
  /** Store time of the oldest of them, ms since the epoch. */
  readonly oldestPending: number | undefined;
  /** Records whose outcome is in the ledger. */
  readonly offered: number;
  /** When the sink last took a record, ms since the epoch. */
  readonly lastDelivery: number | undefined;
}

export interface SourceStatus extends SourceIdentity {
  /** Whether the last worker had it in its configuration. What is known of one that has gone from there is kept. */
  readonly configured: boolean;
  /** Partitions of which something is remembered. */
  readonly partitions: number;
  /** Objects that are remembered. */
  readonly objects: number;
  /** Those of them that wait for a sink. */
  readonly pendingObjects: number;
  /** Those that cannot be read now. */
  readonly parked: number;
  /** Records that letters of this source count. */
  readonly deadLettered: number;
}

export interface QualityStatus {
  /** Name of the source. */
  readonly source: string;
  /** What it speaks of: `skip-data`, `sequence-gap`. */
  readonly kind: string;
  /** How often it was said. */
  readonly count: number;
  /** Key of the object in which it was said last. */
  readonly lastKey: string;
  /** The words of the last one. */
  readonly lastMessage: string;
  /** When it was said last, ms since the epoch. */
  readonly lastAt: number;
}

/** An object that cannot be read now: others go on, and it is tried again at growing pauses. */
export interface ParkedObject {
  /** Which one. */
  readonly object: QueuedObject;
  /** Failed attempts since it was read last. */
  readonly attempts: number;
  /** Ms since the epoch. */
  readonly since: number;
  /** When it is tried again, ms since the epoch. */
  readonly nextAt: number;
  /** A Drawer. */
  readonly drawer: string;
  /** Stable code of the last failure. */
  readonly code: string;
  /** One line: the last failure. */
  readonly reason: string;
}

/** A part that does not do its work at the moment. */
export interface Problem {
  /** `source`, `source flows`, `sink otlp`, `notifier slack`, `ledger`, `table servers.csv`. */
  readonly part: string;
  /** A Drawer. */
  readonly drawer: string;
  /** Stable code of the failure. */
  readonly code: string;
  /** One line: what is wrong and what to do. */
  readonly reason: string;
  /** Ms since the epoch. */
  readonly since: number;
}

/** How far a saved state goes in one object. */
export interface CheckpointPosition {
  /** Of the object in the ledger. */
  readonly id: number;
  /** Number of the last record that the state knows. */
  readonly position: number;
  /** The state knows every record of the object. */
  readonly finished: boolean;
}

/** What one acknowledgement adds to a sink's account. */
export interface Acknowledged extends Settled {
  /** Pointers to the records that were set aside. */
  readonly deadLetters: readonly DeadLetter[];
}

/** A statement of a log about itself: the first, second, … of those behind the same record. */
export interface NumberedNotice extends QualityNotice {
  /** From 1. */
  readonly ordinal: number;
}

/** What a piece of an object tells besides its flows. */
export interface Found {
  /** Records that could not be decoded. */
  readonly bad: readonly BadRecords[];
  /** What the log says of itself. */
  readonly notices: readonly NumberedNotice[];
  /** The last record of the piece. */
  readonly through: number;
  /** How many notices this and earlier pieces of the reading have behind that record. */
  readonly said: number;
}

/** Records of one object that could not be decoded, listed, and why the first of them could not. */
export interface Undecodable {
  /** Where they stand. */
  readonly places: readonly RecordRange[];
  /** One line, of the first of them. */
  readonly reason: string;
}

/** The code of a letter to an object of which it is not known what became of some records. */
export const UNBALANCED = "unbalanced";

/** The code of a letter that stands for bad records in many places of an object. */
export const MANY_BAD = "many-bad-records";

/**
 * What a ledger remembers of one source: what was discovered there, who waits for it, and what cannot be read now. Ids are those of the
 * whole ledger: no two objects have the same, whatever their sources. Every call is one transaction, as in the whole ledger.
 */
export interface SourceLedger extends SourceIdentity {
  /** What was discovered already. */
  readonly seen: Seen;
  /** Takes a page of discoveries; returns how many of its objects are new. */
  discover(discovery: Discovery): number;
  /**
   * Forgets these objects, whoever waits for them, with what is known of their reading; their dead letters and what was counted of them stay.
   * Returns the ids of those that it knew.
   */
  withdraw(objects: readonly ObjectVersion[]): number[];
  /** Whether somebody waits for the object, and why it cannot be read now; undefined if nobody does. */
  standing(object: ObjectVersion): Standing | undefined;
  /** Objects that `sink` has not finished, with `after` < id ≤ `through`, in the order of discovery; without those that are parked. */
  pending(sink: string, range: { after: number; through: number; limit: number }): QueuedObject[];
  /** Objects discovered after `after`, whoever waits for them, in the order of discovery; without those that are parked. */
  discovered(after: number, limit: number): QueuedObject[];
  /** Whether so many objects or more were discovered after `after` and are remembered. */
  holds(count: number, after: number): boolean;
  /** Highest id that was ever given out, to an object of any source; 0 for none. */
  lastId(): number;
  /** The object needs no further attempt. */
  unpark(id: number): void;
  /** The object cannot be read now. */
  park(id: number, trouble: Omit<ParkedObject, "object" | "since">): void;
  /** Parked objects that are to be tried at this time or before, in ms since the epoch, the longest overdue first. */
  due(now: number, limit: number): ParkedObject[];
  /** When the next parked object is to be tried; undefined if there is none. */
  nextDue(): number | undefined;
  /** The object, if it is parked. */
  parkedObject(id: number): ParkedObject | undefined;
  /** How many of its objects are parked. */
  countParked(): number;
  /** Makes these parked objects due since time 0, or every one, with the attempts they have behind them. */
  wakeParked(ids?: readonly number[]): void;
  /** The object that was discovered last, whatever became of it. */
  newest(): QueuedObject | undefined;
  /** Something that the logs, or the bucket, say is missing or odd. */
  note(kind: string, key: string, message: string): void;
}

/**
 * The memory of a worker: what was discovered, how far each consumer is, what was set aside. Every call is one transaction and durable
 * against the death of the process when it returns. Its size follows what is pending and what lies inside the look-back.
 * A call that the file cannot take throws a Failure in the drawer `worker`, and nothing of it has happened.
 */
export interface Ledger {
  /** What is remembered of the source of this name, which is one of those that the ledger was opened for. */
  of(source: string): SourceLedger;
  /**
   * The sources of the worker are these from now on: as when a ledger is opened, without it being closed. Throws UsageError where they cannot
   * be, and then nothing has changed; `only: "ask"` changes nothing in any case.
   */
  adopt(sources: readonly SourceIdentity[], only?: "ask"): void;
  /** Who was told what. */
  readonly alerts: AlertLedger;
  /** The parts of saved states. */
  readonly states: StateLedger;
  /**
   * Registers the consumers that take part; objects discovered from now on wait for each. Returns the names that are new. A name in
   * parentheses is that of a saved state: it waits for objects as a sink does, and is none in `status`.
   */
  register(names: readonly string[]): string[];
  /**
   * Number of the last record of the object that the consumer has acknowledged, and how many records up to there were offered to it;
   * undefined when it does not wait for the object.
   */
  position(sink: string, id: number): { readonly position: number; readonly settled: number } | undefined;
  /**
   * The sink has settled every record up to the position. `finished`: it has every record of the object, which is forgotten when nobody
   * waits for it and it is behind the horizon.
   */
  commit(sink: string, id: number, position: number, acknowledged: Acknowledged, finished: boolean): void;
  /** Whether the sink has ever taken a record. */
  hasAcknowledged(sink: string): boolean;
  /**
   * Takes what was found of an object, once, however often and in whatever pieces it is read: what stands before the record at which a
   * reading begins was found by another one. Returns the dead letters that are new.
   */
  found(id: number, found: Found): DeadLetter[];
  /** The object was read to its end and has so many records. */
  readToEnd(id: number, records: number): void;
  /** How many records the object holds; undefined until it was read to its end once. */
  recordsIn(id: number): number | undefined;
  /** Parked objects of all sources, in the order of discovery. */
  parked(limit: number): ParkedObject[];
  /** Parked objects once for each consumer that waits for them, with how far it is. */
  parkedFor(sink: string | undefined, limit: number): (ParkedObject & { readonly sink: string; readonly position: number })[];
  /** How many objects are parked. */
  countParked(): number;
  /**
   * Saves the head of a state, the parts of which are in `states`, with the positions up to which it goes, of the consumer of that name;
   * each is then as after `commit`.
   */
  checkpoint(name: string, head: string, positions: readonly CheckpointPosition[]): void;
  /** A pointer that is known grows if need be; returns how many are new. */
  setAside(letters: readonly DeadLetter[]): number;
  /** What was set aside, oldest first. */
  deadLetters(filter: DeadLetterFilter, limit: number): StoredDeadLetter[];
  /** Records that the letters count. */
  countDeadLetters(filter: DeadLetterFilter): number;
  /**
   * Which of the records that it spans the letter with this id counts; undefined for all of them, and of a letter `MANY_BAD` for "not known
   * which": it is one of an earlier version, or of what was more than can be kept. Of a letter of sums the range of their first records.
   */
  placesOf(letter: number): RecordRange[] | undefined;
  /**
   * A dead letter was delivered again: its place is taken by what was refused once more, and the sinks' accounts follow. `undecodable`: what
   * could not be decoded once more of one that lists its places, and why.
   */
  settleLetter(letter: StoredDeadLetter, outcomes: ReadonlyMap<string, Acknowledged>, undecodable?: Undecodable): void;
  /** Makes one transaction of the calls within `work`, which waits for nothing and catches nothing: all of them have happened, or none. */
  together<T>(work: () => T): T;
  /** What does not do its work at the moment, for `status`. */
  setProblems(problems: readonly Problem[]): void;
  /** The state of the worker, for `status`. */
  status(): {
    readonly sources: SourceStatus[];
    readonly sinks: SinkStatus[];
    readonly quality: QualityStatus[];
    readonly objects: number;
    readonly partitions: number;
    readonly parked: number;
    /** As of the last change; of a worker that has ended, undefined. */
    readonly problems: readonly Problem[];
    readonly owner: string | undefined;
  };
  /** Closes the file and gives up its lock. */
  close(): void;
}
