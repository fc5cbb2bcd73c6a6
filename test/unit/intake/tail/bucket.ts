import type { ListOptions, ListPage, ObjectRef, ObjectStore } from "../../../../src/contracts/store.ts";

/** A bucket in memory that lists as the S3 API does, and counts the requests. Keys have to be ASCII: so the orders of UTF-16 and UTF-8 are one. */
export interface Bucket extends ObjectStore {
  put(key: string, time: number, etag?: string, size?: number): void;
  remove(key: string): void;
  readonly objects: ReadonlyMap<string, ObjectRef>;
  /** List requests since the last call of this. */
  takeCalls(): ListOptions[];
}

export function bucket(pageSize = 1000): Bucket {
  const objects = new Map<string, ObjectRef>();
  let sorted: string[] | undefined;
  let calls: ListOptions[] = [];
  let versions = 0;

  return {
    name: "memory://bucket",
    objects,
    put(key, time, etag = `v${++versions}`, size = 100) {
      if (!objects.has(key)) sorted = undefined;
      objects.set(key, { key, etag, size, time });
    },
    remove(key) {
      sorted = undefined;
      objects.delete(key);
    },
    takeCalls() {
      const taken = calls;
      calls = [];
      return taken;
    },
    async *list(options) {
      let from = options.startAfter;
      for (;;) {
        calls.push(options);
        sorted ??= [...objects.keys()].sort();
        const { page, last } = listPage(
          sorted,
          objects,
          { ...options, ...(from === undefined ? {} : { startAfter: from }) },
          pageSize,
        );
        yield page;
        if (last === undefined) return;
        from = last;
      }
    },
    async open() {
      throw new Error("this bucket is for listing");
    },
    close: async () => {},
  };
}

/** `last`: what the next page starts after, undefined for the last page. */
function listPage(
  sorted: string[],
  objects: Map<string, ObjectRef>,
  options: ListOptions,
  pageSize: number,
): { page: ListPage; last?: string } {
  const { prefix, startAfter = "", delimiter, before } = options;
  const found: ObjectRef[] = [];
  const prefixes: string[] = [];
  let last: string | undefined;
  let index = startAfter < prefix ? firstFrom(sorted, prefix) : firstFrom(sorted, startAfter);
  for (; index < sorted.length; index += 1) {
    const key = sorted[index] as string;
    if (key <= startAfter) continue;
    if (!key.startsWith(prefix) || (before !== undefined && key >= before)) break;
    if (found.length + prefixes.length === pageSize) return { page: { objects: found, prefixes }, last: last as string };
    const end = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
    if (delimiter !== undefined && end >= 0) {
      const common = key.slice(0, end + delimiter.length);
      prefixes.push(common);
      last = `${common}\u{10ffff}`;
      index = firstFrom(sorted, last) - 1;
    } else {
      found.push(objects.get(key) as ObjectRef);
      last = key;
    }
  }
  return { page: { objects: found, prefixes } };
}

/** Index of the first key that is not lower. */
function firstFrom(sorted: string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
