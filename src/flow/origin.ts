import { createHash } from "node:crypto";

/** An object of a bucket, as a flow remembers it. Records are numbered from 1 in the order in which they stand in the object. */
export interface Origin {
  /** The store's stable name, for example `oci://namespace/bucket`. */
  readonly store: string;
  readonly key: string;
  readonly etag: string;
  /** Name of the source in the configuration; it is no part of the digest. */
  readonly source: string;
  /** 24 hexadecimal digits of SHA-256 over store, key and etag. */
  readonly digest: string;
}

/** Outside of a worker a source is called as its store is. */
export function originOf(store: string, key: string, etag: string, source: string = store): Origin {
  const digest = createHash("sha256").update(`${store}\0${key}\0${etag}`).digest("hex").slice(0, 24);
  return { store, key, etag, source, digest };
}
