import type { TableName } from "./kinds.ts";
import { type Copy, isShrunk, lastGoodOf } from "./last-good.ts";
import type { LookupOptions } from "./options.ts";
import { readTable, readTableFile, type TableReading, tablePaths } from "./tables.ts";

/** A file beside the copy of what was last good of it. */
export interface ComparedFile {
  readonly table: TableName;
  readonly path: string;
  readonly reading: TableReading;
  /** Undefined where none is kept, and a line that says why where it cannot be used. */
  readonly copy: Copy | string | undefined;
  /** Whether it is good, and refused nevertheless until somebody says that it is wanted. */
  readonly short: boolean;
}

/** The files that the options name, each as a worker would find it that starts now. */
export async function compareFiles(options: LookupOptions): Promise<ComparedFile[]> {
  return Promise.all(
    tablePaths(options).map(async ({ table, path }) => {
      const copies = lastGoodOf(options, table);
      const reading = await readTable(table, path, await readTableFile(table, path));
      const copy = await copies?.load(table, path);
      const loaded = reading.table;
      const short =
        copies !== undefined &&
        typeof copy === "object" &&
        loaded !== undefined &&
        isShrunk(copy.loaded.rows, loaded.rows) &&
        !(await copies.isAccepted(table, path, loaded.digest));
      return { table, path, reading, copy, short };
    }),
  );
}
