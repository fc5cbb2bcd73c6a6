import { createWriteStream } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { hourIn, overlaps, type Window } from "../archive/layout.ts";
import type { ObjectRef, ObjectStore } from "../contracts/store.ts";
import { makeFolder } from "../lib/folders.ts";

/** How the temporary folder of copies begins that a question is asked of. */
export const COPIES = "flowferry-asked-";

/** A file by its path, a copy by the key of its object: the copy is soon gone, and its folder has another name each time. */
export function nameOfFile(file: string): string {
  return file.replace(new RegExp(`^.*/${COPIES}[^/]*/`), "");
}

/** The Parquet files of an archive below the prefix whose hours overlap the window, by the folder of their hour. */
export async function filesByHour(
  store: ObjectStore,
  prefix: string,
  window: Window,
  signal: AbortSignal,
): Promise<Map<string, ObjectRef[]>> {
  const hours = new Map<string, ObjectRef[]>();
  for await (const { objects } of store.list({ prefix: `${prefix}year=` }, signal)) {
    for (const object of objects) {
      const hour = hourIn(object.key.slice(prefix.length));
      if (hour === undefined || !object.key.endsWith(".parquet") || !overlaps(hour, window)) continue;
      const folder = dirname(object.key);
      hours.set(folder, [...(hours.get(folder) ?? []), object]);
    }
  }
  return hours;
}

/** Copies an object to a file of the same path below the folder, for this user alone; returns the file's path. */
export async function fetchObject(store: ObjectStore, object: ObjectRef, folder: string, signal: AbortSignal): Promise<string> {
  const path = join(folder, object.key);
  makeFolder(dirname(path));
  const bytes = await store.open(object, signal);
  await pipeline(Readable.from(bytes), createWriteStream(path, { mode: 0o600 }), { signal });
  return path;
}
