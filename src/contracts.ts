import type { ZodType } from "zod";
import type { Flow } from "./flow/flow.ts";
import type { Origin } from "./flow/origin.ts";

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
  /** Every page of a listing, one request a page. Throws Failure. */
  list(options: ListOptions, signal: AbortSignal): AsyncIterable<ListPage>;
  /**
   * The object's bytes as they are stored; key and etag say which, size and time need not be known. Refuses an object that was deleted or
   * has another etag (Failure of the drawer `object`, `gone`), also when that happens while it is read. A broken connection is resumed
   * where it broke.
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
  /** Upper bound of one record, in bytes; a longer one is a bad record (`line-too-long`). */
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

/** Why a sink does not take a record at all. */
export interface Refusal {
  /** Stable code of the dead letter: `outside-time-window`. */
  readonly code: string;
  /** One line, the same for all records that are refused for the same reason: neighbours share a dead letter. */
  readonly reason: string;
}

/** How far from now the time of a record may lie, in ms. */
export interface TimeWindow {
  readonly pastMs: number;
  readonly aheadMs: number;
}

/**
 * A destination. `write` resolves when the receiver has taken responsibility for every record, not before.
 * It throws a Failure whose drawer says what follows: `batch` (halved until the bad record stands alone), anything else is retried.
 * Sinks do not retry by themselves and keep no reference to the batch after `write` settles.
 */
export interface Sink {
  readonly limits: BatchLimits;
  /**
   * Refuses a record that the receiver would not take, before it is sent. Asked of every record before every `write`, so it is quick;
   * what it refuses becomes a dead letter, and the others of the batch go. Never throws.
   */
  outside?(flow: Flow): Refusal | undefined;
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
  /** Of a sink whose receiver refuses records of other times. */
  readonly timeWindow?: TimeWindow;
  /** Called when a configuration is read: refuses credentials that would be sent in the open. Throws UsageError; opens nothing. */
  check?(options: Options, env: NodeJS.ProcessEnv): void;
  create(options: Options, dependencies: Dependencies): Part | Promise<Part>;
}

/** An object that waits for a consumer. */
export interface QueuedObject extends ObjectRef {
  /** Ascending in the order of discovery. */
  readonly id: number;
  /** How many records it holds; undefined until it was read to its end once. */
  readonly records: number | undefined;
}

export interface DeadLetterFilter {
  /** A sink's name; null selects the records that could not be decoded. */
  readonly sink?: string | null | undefined;
  readonly key?: string | undefined;
  readonly code?: string | undefined;
}

export interface StoredDeadLetter extends DeadLetter {
  readonly id: number;
  /** When it was set aside, ms since the epoch. */
  readonly at: number;
}

/** What became of records; the books of a sink balance when these are all that were offered. */
export interface Settled {
  readonly delivered: number;
  readonly rejected: number;
  readonly setAside: number;
}

export interface SinkStatus extends Settled {
  readonly name: string;
  /** Objects that wait for the sink or are on their way to it, and their stored bytes. Parked ones are among them. */
  readonly pendingObjects: number;
  readonly pendingBytes: number;
  /** Store time of the oldest of them, ms since the epoch. */
  readonly oldestPending: number | undefined;
  /** Records whose outcome is in the ledger. */
  readonly offered: number;
  /** When the sink last took a record, ms since the epoch. */
  readonly lastDelivery: number | undefined;
}

export interface QualityStatus {
  readonly kind: string;
  readonly count: number;
  readonly lastKey: string;
  readonly lastMessage: string;
  readonly lastAt: number;
}

/** An object that cannot be read now: others go on, and it is tried again at growing pauses. */
export interface ParkedObject {
  readonly object: QueuedObject;
  /** Failed attempts since it was read last. */
  readonly attempts: number;
  /** Ms since the epoch. */
  readonly since: number;
  readonly nextAt: number;
  /** A Drawer. */
  readonly drawer: string;
  readonly code: string;
  readonly reason: string;
}

/** A part that does not do its work at the moment. */
export interface Problem {
  /** `source`, `sink otlp`, `notifier slack`, `ledger`, `table servers.csv`. */
  readonly part: string;
  /** A Drawer. */
  readonly drawer: string;
  readonly code: string;
  readonly reason: string;
  /** Ms since the epoch. */
  readonly since: number;
}

/** How far a saved state goes in one object. */
export interface CheckpointPosition {
  readonly id: number;
  readonly position: number;
  readonly finished: boolean;
}

/** A piece of a saved state. */
export interface StatePart {
  readonly number: number;
  readonly value: string;
}

/** A state as it was saved. Parts that the head does not speak of are none of the state: left over, or begun and broken off. */
export interface SavedState {
  readonly head: string;
  /** By ascending numbers. */
  readonly parts: Iterable<StatePart>;
}

/** The parts of saved states. Every call is one transaction. */
export interface StateLedger {
  /** Keeps the parts, in place of those that have their numbers. They count once a checkpoint saves a head that speaks of them. */
  put(name: string, parts: readonly StatePart[]): void;
  /** Removes parts that the saved head does not speak of. */
  discard(name: string, numbers: readonly number[]): void;
  read(name: string): SavedState | undefined;
  /** Removes head and parts. */
  forget(name: string): void;
}

/** A state that is being saved: as it was at one moment, whatever comes while it is saved. */
export interface StateSave {
  /**
   * Its parts, in lots so small that one is a matter of a few milliseconds. Each lot is to be kept before the next is asked for, all of them
   * before the head.
   */
  readonly lots: Iterable<readonly StatePart[]>;
  /** To be saved when all lots are. */
  head(): string;
  /** To be called when the head is saved. Returns the numbers of parts that no head speaks of any more. */
  done(): readonly number[];
  /** To be called instead of `done` when it was not saved: what it would have saved is left to the next save. */
  abandon(): void;
}

/** What one acknowledgement adds to a sink's account. */
export interface Acknowledged extends Settled {
  readonly deadLetters: readonly DeadLetter[];
}

/** Statements of one kind that a log made about itself in one object. */
export interface QualityNote {
  readonly kind: QualityNotice["kind"];
  readonly count: number;
  readonly lastMessage: string;
}

/** What a reading of an object to its end has found. */
export interface ReadToEnd {
  readonly records: number;
  readonly notes: readonly QualityNote[];
}

/**
 * The memory of a worker: what was discovered, how far each consumer is, what was set aside. Every call is one transaction and durable
 * against the death of the process when it returns. Its size follows what is pending and what lies inside the look-back.
 * A call that the file cannot take throws a Failure in the drawer `worker`, and nothing of it has happened.
 */
export interface Ledger {
  readonly seen: Seen;
  readonly alerts: AlertLedger;
  readonly states: StateLedger;
  /**
   * Registers the consumers that take part; objects discovered from now on wait for each. Returns the names that are new. A name in
   * parentheses is that of a saved state: it waits for objects as a sink does, and is none in `status`.
   */
  register(names: readonly string[]): string[];
  /** Takes a page of discoveries; returns how many of its objects are new. */
  discover(discovery: Discovery): number;
  /** Objects that `sink` has not finished, with `after` < id ≤ `through`, in the order of discovery; without those that are parked. */
  pending(sink: string, range: { after: number; through: number; limit: number }): QueuedObject[];
  /** Objects discovered after `after`, whoever waits for them, in the order of discovery; without those that are parked. */
  discovered(after: number, limit: number): QueuedObject[];
  /** Highest id that was ever given out, 0 for none. */
  lastId(): number;
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
  /** Whether the sink has ever taken records, if only in part. */
  hasAcknowledged(sink: string): boolean;
  /** The object was read to its end. Its notes are taken once, however often it is read. */
  readToEnd(id: number, found: ReadToEnd): void;
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
  /** Parked objects in the order of discovery. */
  parked(limit: number): ParkedObject[];
  /** Parked objects once for each consumer that waits for them, with how far it is. */
  parkedFor(sink: string | undefined, limit: number): (ParkedObject & { readonly sink: string; readonly position: number })[];
  countParked(): number;
  /** Makes every parked object due since time 0, with the attempts it has behind it. */
  wakeParked(): void;
  /**
   * Saves the head of a state, the parts of which are in `states`, with the positions up to which it goes, of the consumer of that name;
   * each is then as after `commit`.
   */
  checkpoint(name: string, head: string, positions: readonly CheckpointPosition[]): void;
  /** A pointer that is known grows if need be; returns how many are new. */
  setAside(letters: readonly DeadLetter[]): number;
  deadLetters(filter: DeadLetterFilter, limit: number): StoredDeadLetter[];
  /** Records that the letters count. */
  countDeadLetters(filter: DeadLetterFilter): number;
  /** A dead letter was delivered again: its place is taken by what was refused once more, and the sinks' accounts follow. */
  settleLetter(letter: StoredDeadLetter, outcomes: ReadonlyMap<string, Acknowledged>): void;
  note(kind: string, key: string, message: string): void;
  /** What does not do its work at the moment, for `status`. */
  setProblems(problems: readonly Problem[]): void;
  status(): {
    readonly sinks: SinkStatus[];
    readonly quality: QualityStatus[];
    readonly objects: number;
    readonly partitions: number;
    readonly parked: number;
    /** As of the last change; of a worker that has ended, undefined. */
    readonly problems: readonly Problem[];
    readonly owner: string | undefined;
  };
  close(): void;
}

/** Where secrets go that are read or received: what is added is kept out of every log, message and dead letter from then on. */
export interface Secrets {
  /** `names` is what the value is called where it may be shown: an option, a header, a parameter. */
  add(value: string, ...names: string[]): void;
  /** Of a value that is no secret by its name and looks like words, such as a tenant's: it is hidden beside its name only. */
  addWords(value: string, name: string): void;
  /** Of a value that another will replace, such as an access token. */
  addPassing(value: string): void;
}

export interface SinkDependencies {
  /** The sink's name in the configuration. */
  readonly name: string;
  /** Absolute folder that relative paths start from: the configuration file's. */
  readonly baseDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Version of the program, for user-agent and instrumentation scope. */
  readonly version: string;
  /** Takes what an operator should know of a sink that goes on: credentials that were read again. One line, no secret. */
  readonly onNotice?: ((message: string) => void) | undefined;
  /** Takes secrets that come up while the program runs. */
  readonly secrets?: Secrets | undefined;
}

export interface SourceEvent {
  /** Goes to the completeness account: `sequence-gap`, … */
  readonly kind: string;
  readonly key: string;
  readonly message: string;
}

export interface SourceDependencies {
  readonly baseDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onEvent: (event: SourceEvent) => void;
  /** Told how much of the bucket cannot be looked at while the rest is, whenever that changes: files and folders. */
  readonly onUnreadable?: ((count: number) => void) | undefined;
  /**
   * Where this worker keeps its ledger; the names of what lies beside it begin so. Files of this machine that are no objects, and must not
   * be opened by others: a file that is closed takes the locks with it that the process holds on it.
   */
  readonly ledgerPath?: string | undefined;
  /** As a sink's. */
  readonly secrets?: Secrets | undefined;
}

export interface AlertFact {
  readonly label: string;
  readonly value: string;
}

/** Something that a person should know about: one incident of one detection rule. Plain data. */
export interface Alert {
  /** The same for the same incident, whoever finds it again: nobody is told twice. */
  readonly key: string;
  /** Stable name of the rule. */
  readonly rule: string;
  readonly title: string;
  readonly level: "informational" | "low" | "medium" | "high" | "critical";
  /** One sentence: what happened, who to whom. */
  readonly summary: string;
  /** What a responder wants to know first, in the order in which it is read. */
  readonly facts: readonly AlertFact[];
  /** For grouping and routing; names `[a-zA-Z_][a-zA-Z0-9_]*`, no empty values. */
  readonly labels: Readonly<Record<string, string>>;
  /** Ms since the epoch. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** What to look up: `source`, `destination`, `port`, `uid`, `object`; the placeholders of link templates. */
  readonly subject: Readonly<Record<string, string>>;
  /** Name of a page in the runbooks folder, or an https URL. */
  readonly runbook?: string | undefined;
}

export interface AlertLink {
  readonly title: string;
  readonly url: string;
}

/**
 * Tells people. `notify` resolves when the other side has taken the alert, not before, and throws a Failure: of the drawer `batch` when this
 * alert is refused, of the others when it is about the receiver, the way to it, or its credentials. It does not repeat by itself.
 */
export interface Notifier {
  /** Least time between two messages, in ms. */
  readonly paceMs: number;
  notify(alert: Alert, links: readonly AlertLink[], signal: AbortSignal): Promise<void>;
  /** As a sink's, of a notifier whose receiver can be asked without telling anybody. */
  probe?(signal: AbortSignal): Promise<string>;
  close?(): Promise<void>;
}

export interface NotifierDependencies {
  /** Absolute folder that relative paths start from: the configuration file's. */
  readonly baseDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** As a sink's. */
  readonly onNotice?: ((message: string) => void) | undefined;
  /** As a sink's. */
  readonly secrets?: Secrets | undefined;
}

/** An alert as the rules raised it. */
export interface RaisedAlert {
  readonly alert: Alert;
  /** Its flows are so old that nobody is told, unless its key is known. */
  readonly late: boolean;
}

/** What became of a raised alert: queued for each notifier, or for none, since its key was queued before or since it is late. */
export type AlertOutcome = "queued" | "repeated" | "late";

/** An alert on its way to one notifier. */
export interface QueuedAlert {
  readonly id: number;
  readonly alert: Alert;
}

/** An alert that a notifier's receiver refused: it is kept, and told to nobody until it is queued again. */
export interface RefusedAlert extends QueuedAlert {
  /** Stable code of the failure. */
  readonly code: string;
  /** One line: what the receiver said. */
  readonly reason: string;
  /** When it was refused, ms since the epoch. */
  readonly at: number;
}

/** The account of one notifier since the ledger began. What was raised is told, waits, was refused, or was withheld as late or repeated. */
export interface AlertBook {
  readonly notifier: string;
  readonly raised: number;
  readonly told: number;
  readonly waiting: number;
  readonly refused: number;
  readonly late: number;
  readonly repeated: number;
  /** When the receiver last took an alert, ms since the epoch. */
  readonly lastTold: number | undefined;
}

/**
 * The part of a ledger that alerts need: who was told what, what is still to be told, and what was refused. Every call is one transaction, as
 * in the whole ledger.
 */
export interface AlertLedger {
  /** Takes alerts into the books of each notifier, and queues those that are to be told. Returns what became of each. */
  raise(raised: readonly RaisedAlert[], notifiers: readonly string[]): AlertOutcome[];
  /** What waits for the notifier, oldest first, except the alerts of these ids. */
  waiting(notifier: string, limit: number, except?: readonly number[]): QueuedAlert[];
  /** One alert that waits for the notifier. */
  queued(id: number, notifier: string): QueuedAlert | undefined;
  /** The notifier's receiver has taken the alert. */
  settle(id: number, notifier: string): void;
  /** The notifier's receiver has refused the alert for good. */
  refuse(id: number, notifier: string, code: string, reason: string): void;
  /** What the notifier's receiver refused, oldest first. */
  refused(notifier: string, limit: number): RefusedAlert[];
  /** How many it refused since it last took one. */
  refusedSinceTold(notifier: string): number;
  /** Queues what the notifier's receiver refused once more. Returns how many alerts that are. */
  requeue(notifier: string): number;
  /** Every notifier that ever was to be told of an alert, by name. */
  books(): AlertBook[];
  /** Forgets keys that were queued before this, in ms since the epoch. */
  forget(before: number): void;
}
