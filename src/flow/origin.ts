import { hash } from "node:crypto";

/** An object of a bucket, as a flow remembers it. Records are numbered from 1 in the order in which they stand in the object. */
export interface Origin {
  /** The store's stable name, for example `oci://namespace/bucket`. */
  readonly store: string;
  readonly key: string;
  readonly etag: string;
  /** Name of the source in the configuration; it is no part of the digest. */
  readonly source: string;
  /** 24 hexadecimal digits of SHA-256 over store, key and etag, or over what else identifies the object in its store. */
  readonly digest: string;
}

/** Outside of a worker a source is called as its store is. */
export function originOf(store: string, key: string, etag: string, source: string = store, identity = `${key}\0${etag}`): Origin {
  const digest = hash("sha256", `${store}\0${identity}`).slice(0, 24);
  return { store, key, etag, source, digest };
}

/** Who may say what identifies an object in uids. */
interface Store {
  readonly name: string;
  identity?(object: Pick<Origin, "key" | "etag">): string;
}

/** The origin of an object of this store; `source` is what it is called in the configuration. */
export function originIn(store: Store, { key, etag }: Pick<Origin, "key" | "etag">, source: string = store.name): Origin {
  return originOf(store.name, key, etag, source, store.identity?.({ key, etag }));
}

/** Identity from position: the same record of the same version of an object has the same uid after any replay. 32 hexadecimal digits. */
export function uidOf({ origin, record }: { readonly origin: Origin; readonly record: number }): string {
  return origin.digest + record.toString(16).padStart(8, "0");
}
