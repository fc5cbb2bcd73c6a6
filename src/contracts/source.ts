import type { Secrets } from "../lib/secrets/secrets.ts";
import type { ObjectRef, ObjectVersion } from "./store.ts";

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
  /** Stable name of the partition. */
  readonly partition: string;
  /** What is new in it. */
  readonly objects: readonly FoundObject[];
  /** What the strategy wants to be handed back as `seen.mark(partition)`; opaque to the ledger. */
  readonly mark?: string;
  /** Objects of this partition with `order` below it never come up in a listing again: forgotten once every sink has finished them. */
  readonly forgetBefore?: string;
}

/** What the ledger remembers of earlier discoveries. Each call throws a Failure of the drawer `worker` when the ledger cannot be read. */
export interface Seen {
  /** What a strategy gave last as the mark of the partition; undefined for one that has none. Asked once a pass and partition. */
  mark(partition: string): string | undefined;
  /** Partitions that have a mark, in key order. */
  partitions(): readonly string[];
  /** Objects of the partition that some consumer of this worker has not finished, in their order, at most so many of them. */
  waiting(partition: string, limit: number): ObjectVersion[];
  /** Those objects that it does not remember, in their order: one call for a page of a listing. Another version of a key is another object. */
  unseen<Listed extends ObjectVersion>(page: readonly Listed[]): Listed[];
}

/** How a worker stands with an object for which somebody waits. */
export interface Standing {
  /** Why it cannot be read now, since when (ms since the epoch), and how often it was tried; undefined for one that can. */
  readonly parked:
    | { readonly since: number; readonly attempts: number; readonly code: string; readonly reason: string }
    | undefined;
}

/** Where a source tells what it hears of by itself, between the passes. */
export interface SourceListener {
  /** The run ends when everything is read that was there when it began. */
  readonly untilCaughtUp: boolean;
  /**
   * There may be something new whose keys begin with this prefix ("" for anywhere): a pass there follows at once, instead of at the next
   * poll. A hint that is wrong, twice the same or lost does no harm: what there is says the listing, and the polls go on.
   */
  hint(prefix: string): void;
  /**
   * These objects were taken away from this worker: another one reads them. Their readings stop, others go on; when the promise resolves the
   * ledger has forgotten them, and nothing is committed for them any more, though what is on its way to a receiver may still arrive. An
   * object that is discovered again later is a new one. Rejects when the ledger cannot be written and patience ends.
   */
  revoke(objects: readonly ObjectVersion[]): Promise<void>;
  /**
   * How this worker stands with an object that it has taken from `discover`, whose page it has when it asks for the next one. Undefined when
   * each of its consumers has every record of it, or it was taken away: then the object need never be handed out again. Throws a Failure of
   * the drawer `worker` when the ledger cannot be read.
   */
  standing(object: ObjectVersion): Standing | undefined;
}

/** The bytes of an object, from some place on. */
export type ObjectBytes = AsyncIterable<Uint8Array> & {
  /** So many records of the object stand in front of the first byte; none where it is undefined. */
  readonly leftOut?: number | undefined;
  /** They are frames of messages, each of which is decoded by itself (see `Frame` in `lib/frames.ts`). */
  readonly framed?: boolean | undefined;
};

/** A bucket with a strategy for finding what is new in it. */
export interface Source {
  /** Stable identity of the bucket, part of every uid. No secret. */
  readonly name: string;
  /**
   * One pass over what is new since the marks in `seen`; ends when everything listed is handed out. Pulling is the back-pressure. `within`:
   * only keys that begin with it need be looked at, after a hint; a source may look at more. One pass at a time. Throws a Failure, and is
   * then asked again after a pause.
   */
  discover(seen: Seen, signal: AbortSignal, within?: string): AsyncIterable<Discovery>;
  /**
   * The bytes of the object as they are stored; see `ObjectStore`. Called for several objects at once, and again for one that could not be
   * read, or is read for another consumer. Records up to number `after` are not needed: a source that can begin behind them, or behind some
   * of them, says how many it left out; of one that cannot the reader skips them.
   */
  open(object: ObjectRef, signal: AbortSignal, after?: number): Promise<ObjectBytes>;
  /** Workers with this source share what is in it by themselves. */
  readonly sharesItself?: boolean;
  /** What identifies the object in uids; its key and its etag if left out. Records that may come in several objects have the same number in each. */
  identity?(object: ObjectVersion): string;
  /** Reaches the store; resolves to one line about what answered. Throws a Failure. */
  probe?(signal: AbortSignal): Promise<string>;
  /**
   * The object of this key as a listing shows it now; undefined if there is none, or the options of the source leave it out. A source that
   * cannot look up one object has none. Throws a Failure.
   */
  find?(key: string, signal: AbortSignal): Promise<ObjectRef | undefined>;
  /** Called once when a run begins, before its first pass, of a source that hears of something. The returned function ends it, and is called when the run ends. */
  listen?(listener: SourceListener): () => void;
  /** Releases connections; nothing is read after it. */
  close(): Promise<void>;
}

export interface SourceEvent {
  /** Goes to the completeness account: `sequence-gap`, … */
  readonly kind: string;
  /** Of the object that it is about. */
  readonly key: string;
  /** One line for people. */
  readonly message: string;
}

export interface SourceDependencies {
  /** Absolute folder that relative paths start from: the configuration file's. */
  readonly baseDir: string;
  /** Where credentials and proxies are looked for. */
  readonly env: NodeJS.ProcessEnv;
  /** Takes what the names of objects tell of the completeness of the log. */
  readonly onEvent: (event: SourceEvent) => void;
  /** Told how much of the bucket cannot be looked at while the rest is, whenever that changes: files and folders. */
  readonly onUnreadable?: ((count: number) => void) | undefined;
  /**
   * Where this worker keeps its ledger; the names of what lies beside it begin so. Files of this machine that are no objects, and must not
   * be opened by others: a file that is closed takes the locks with it that the process holds on it.
   */
  readonly ledgerPath?: string | undefined;
  /** What is read was read before: it is nobody's progress, and nobody else's share gets less. */
  readonly rereads?: boolean | undefined;
  /** Told how many messages of a partition wait to be fetched, as that changes; undefined when it is another worker's. */
  readonly onLag?: ((partition: string, messages: number | undefined) => void) | undefined;
  /** As a sink's. */
  readonly secrets?: Secrets | undefined;
}
