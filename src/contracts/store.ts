/** What tells one version of an object from all others of a bucket. */
export interface ObjectVersion {
  /** Name of the object in the bucket. */
  readonly key: string;
  /** Which version of it. */
  readonly etag: string;
}

/** One version of one object. `time` is the store's own (last modified, or created), in ms since the epoch. */
export interface ObjectRef extends ObjectVersion {
  /** Stored size in bytes. */
  readonly size: number;
  /** When it was stored. */
  readonly time: number;
}

/** One page of a listing: keys in the byte order of their UTF-8 form, and the common prefixes up to the delimiter. */
export interface ListPage {
  /** Objects of the page. */
  readonly objects: readonly ObjectRef[];
  /** What keys begin with that are not listed, up to the delimiter. */
  readonly prefixes: readonly string[];
}

export interface ListOptions {
  /** Only keys that begin with it. */
  readonly prefix: string;
  /** Only keys strictly after this one. */
  readonly startAfter?: string;
  /** Keys that have it behind the prefix are summed up in prefixes. */
  readonly delimiter?: string;
  /** Ends the listing before this key (exclusive); a store that cannot do so may list further. */
  readonly before?: string;
}

/** A bucket, as far as tailing and archives need it. */
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
  /**
   * Stores what a local file holds under that key: as a whole or not at all, in place of what was there. A store that is only read has none.
   * Throws Failure.
   */
  putFile?(key: string, file: string, signal: AbortSignal): Promise<void>;
  /** Removes the object of that key; one that is not there is no failure. A store that is only read has none. Throws Failure. */
  deleteObject?(key: string, signal: AbortSignal): Promise<void>;
  /** Releases connections. */
  close(): Promise<void>;
}
