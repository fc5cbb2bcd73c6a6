import { UsageError } from "../../lib/errors.ts";
import { look } from "../../lib/look.ts";
import { type Copy, lastGoodOf } from "./last-good.ts";
import type { LookupOptions } from "./options.ts";
import { describeProblems, readTable, readTableFile, tablePaths } from "./tables.ts";
import { WatchedFile } from "./watched-file.ts";

/** Files at the start. */
export interface OpenedFiles {
  readonly files: readonly WatchedFile[];
  /** Those that hold something else than what was last good of them: a copy stands in for them until they have been looked at. */
  readonly changed: ReadonlyMap<WatchedFile, Copy>;
  /** What was read of those that are to have a copy, and have none yet. */
  readonly uncopied: ReadonlyMap<WatchedFile, Uint8Array>;
}

/**
 * Opens the files that the options name. `onNotice` gets a line for each copy that cannot be used. Throws UsageError with one line for
 * each file that is missing or wrong and has no copy.
 */
export async function openFiles(options: LookupOptions, now: number, onNotice: (message: string) => void): Promise<OpenedFiles> {
  const files: WatchedFile[] = [];
  const changed = new Map<WatchedFile, Copy>();
  const uncopied = new Map<WatchedFile, Uint8Array>();
  const faults: string[] = [];
  for (const { table, path } of tablePaths(options)) {
    const copies = lastGoodOf(options, table);
    await copies?.clear(table);
    const found = await copies?.load(table, path);
    if (typeof found === "string") onNotice(`${found}; this copy is passed over`);
    const copy = typeof found === "string" ? undefined : found;
    const seen = await look(path);
    const content = await readTableFile(table, path);
    if (copy !== undefined) {
      const same = "bytes" in content && content.digest === copy.loaded.digest;
      const file = same ? WatchedFile.read(copy.loaded, seen, now, copies) : WatchedFile.unread(copy.loaded, copies);
      files.push(file);
      if (!same) changed.set(file, copy);
      continue;
    }
    const reading = await readTable(table, path, content, options.keepsBytes);
    if (reading.table === undefined || "problem" in content) {
      faults.push(describeProblems(path, reading));
      continue;
    }
    const file = WatchedFile.read(reading.table, seen, now, copies);
    files.push(file);
    if (copies !== undefined) uncopied.set(file, content.bytes);
  }
  if (faults.length > 0) throw new UsageError("bad-lookups", faults.join("\n"));
  return { files, changed, uncopied };
}
