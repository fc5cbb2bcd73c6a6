import { createHash, randomUUID } from "node:crypto";

export interface StoredObject {
  readonly name: string;
  /** Bytes stored. */
  readonly size: number;
  readonly etag: string;
  /** Base64. */
  readonly md5: string;
  /** Milliseconds since the epoch. */
  readonly timeCreated: number;
  readonly timeModified: number;
  readonly contentType: string;
  readonly contentEncoding?: string;
  /** `opc-meta-*`, without that prefix. */
  readonly meta: Readonly<Record<string, string>>;
  /** In the Archive tier and not restored: listed, but not readable. */
  readonly archived: boolean;
  readonly body: () => Uint8Array;
}

export interface PutOptions {
  readonly etag?: string;
  readonly timeCreated?: number;
  readonly timeModified?: number;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly meta?: Readonly<Record<string, string>>;
  readonly archived?: boolean;
}

/** Objects in the order of their names' UTF-8 bytes, by number. */
export interface Bucket {
  readonly count: number;
  nameAt(index: number): string;
  objectAt(index: number): StoredObject;
  find(name: string): StoredObject | undefined;
  put(name: string, body: Uint8Array, options?: PutOptions): StoredObject;
  delete(name: string): boolean;
}

/** Objects that are computed when they are asked for. Names must ascend with the number, in the order of their UTF-8 bytes. */
export interface Generator {
  readonly count: number;
  name(index: number): string;
  body(index: number): Uint8Array;
  /** Length of the body, if that is known without making it. */
  size?(index: number): number;
  /** Milliseconds since the epoch; 0 if not given. */
  time?(index: number): number;
}

/** Orders names by their UTF-8 bytes. Code units would put U+E000–U+FFFF behind the characters beyond U+FFFF. */
export function compareNames(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a === b) continue;
    if (a >= 0xd800 && b >= 0xd800) return rank(a) - rank(b);
    return a - b;
  }
  return left.length - right.length;
}

function rank(codeUnit: number): number {
  return codeUnit >= 0xd800 && codeUnit <= 0xdfff ? codeUnit + 0x10000 : codeUnit;
}

/** Number of the first object whose name is `bound` or follows it (`inclusive`), or follows it strictly. */
export function lowerBound(bucket: Pick<Bucket, "count" | "nameAt">, bound: string, inclusive: boolean, from = 0): number {
  let low = from;
  let high = bucket.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareNames(bucket.nameAt(middle), bound);
    if (order < 0 || (!inclusive && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A bucket that holds its objects in memory. */
export function memoryBucket(now: () => number): Bucket {
  const objects = new Map<string, StoredObject>();
  let sorted: string[] | undefined = [];
  const names = (): string[] => {
    sorted ??= [...objects.keys()].sort(compareNames);
    return sorted;
  };
  const objectAt = (index: number): StoredObject => {
    const found = objects.get(names()[index] ?? "");
    if (found === undefined) throw new RangeError(`no object ${index}`);
    return found;
  };
  return {
    get count() {
      return objects.size;
    },
    nameAt: (index) => objectAt(index).name,
    objectAt,
    find: (name) => objects.get(name),
    put(name, body, options = {}) {
      const copy = Uint8Array.from(body);
      const time = now();
      const object: StoredObject = {
        name,
        size: copy.length,
        etag: options.etag ?? randomUUID(),
        md5: md5(copy),
        timeCreated: options.timeCreated ?? time,
        timeModified: options.timeModified ?? options.timeCreated ?? time,
        contentType: options.contentType ?? "application/octet-stream",
        ...(options.contentEncoding === undefined ? {} : { contentEncoding: options.contentEncoding }),
        meta: options.meta ?? {},
        archived: options.archived ?? false,
        body: () => copy,
      };
      if (!objects.has(name)) sorted = undefined;
      objects.set(name, object);
      return object;
    },
    delete(name) {
      if (!objects.delete(name)) return false;
      sorted = undefined;
      return true;
    },
  };
}

/** A bucket of any size that holds nothing: every object is computed from its number. Read-only. */
export function generatedBucket(generator: Generator): Bucket {
  const objectAt = (index: number): StoredObject => {
    const name = generator.name(index);
    const time = generator.time?.(index) ?? 0;
    return {
      name,
      get size() {
        return generator.size?.(index) ?? generator.body(index).length;
      },
      etag: etagOf(name),
      get md5() {
        return md5(generator.body(index));
      },
      timeCreated: time,
      timeModified: time,
      contentType: "application/octet-stream",
      meta: {},
      archived: false,
      body: () => generator.body(index),
    };
  };
  const bucket: Bucket = {
    count: generator.count,
    nameAt: (index) => generator.name(index),
    objectAt,
    find(name) {
      const index = lowerBound(bucket, name, true);
      return index < generator.count && generator.name(index) === name ? objectAt(index) : undefined;
    },
    put() {
      throw new Error("a generated bucket is read-only");
    },
    delete() {
      throw new Error("a generated bucket is read-only");
    },
  };
  return bucket;
}

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("base64");
}

/** A UUID, as the service's entity tags are, that depends on the name alone. */
function etagOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
