import { createHash } from "node:crypto";

/** An object of a bucket, as a flow remembers it. Records are numbered from 1 in the order in which they stand in the object. */
export interface Origin {
  /** The store's stable name, for example `oci://namespace/bucket`. */
  readonly store: string;
  readonly key: string;
  readonly etag: string;
  /** 24 hexadecimal digits of SHA-256 over store, key and etag. */
  readonly digest: string;
}

export function originOf(store: string, key: string, etag: string): Origin {
  const digest = createHash("sha256").update(`${store}\0${key}\0${etag}`).digest("hex").slice(0, 24);
  return { store, key, etag, digest };
}
