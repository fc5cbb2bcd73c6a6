import type { ObjectStore } from "../contracts/store.ts";
import { hourIn } from "./layout.ts";
import type { WritableStore } from "./uploads.ts";

/**
 * Deletes the whole days of a Parquet archive that ended before `before` (ms since the epoch): nothing but files of the layout. Returns how
 * many files are gone. Throws what the bucket says; what was deleted before stays deleted.
 */
export async function deleteDays(store: WritableStore, prefix: string, before: number, signal: AbortSignal): Promise<number> {
  let deleted = 0;
  for await (const day of days(store, prefix, signal)) {
    const range = hourIn(day.slice(prefix.length));
    if (range === undefined || range.until > before) continue;
    for await (const { objects } of store.list({ prefix: day }, signal)) {
      for (const { key } of objects) {
        if (hourIn(key.slice(prefix.length)) === undefined || !key.endsWith(".parquet")) continue;
        await store.deleteObject(key, signal);
        deleted += 1;
      }
    }
  }
  return deleted;
}

/** The folders of days, with the slash. */
async function* days(store: ObjectStore, prefix: string, signal: AbortSignal): AsyncGenerator<string> {
  for await (const year of folders(store, `${prefix}year=`, signal)) {
    for await (const month of folders(store, `${year}month=`, signal)) yield* folders(store, `${month}day=`, signal);
  }
}

async function* folders(store: ObjectStore, prefix: string, signal: AbortSignal): AsyncGenerator<string> {
  for await (const { prefixes } of store.list({ prefix, delimiter: "/" }, signal)) yield* prefixes;
}
