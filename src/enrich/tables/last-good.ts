import { randomBytes } from "node:crypto";
import { access, mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf, describeError, UsageError } from "../../lib/errors.ts";
import { digestOf, short } from "./content.ts";
import { kindOf, type TableName } from "./kinds.ts";
import type { LookupOptions } from "./options.ts";
import { describeProblems, type LoadedTable, readTable, readTableFile, tablePaths } from "./tables.ts";

/** What was last good of a file. */
export interface Copy {
  readonly loaded: LoadedTable;
  /** When it was taken, ms since the epoch. */
  readonly at: number;
}

type Files = ReturnType<typeof tablePaths>;

/** Names of copies that are being written. */
const UNFINISHED = /\.\w+\.[0-9a-f]{8}$/;

/** Whether a table with so few rows is refused until somebody wants it: half of what it was, or nothing. */
export function isShrunk(rowsBefore: number, rowsAfter: number): boolean {
  return rowsBefore > 0 && rowsAfter * 2 <= rowsBefore;
}

/** Where copies of a table are kept; undefined for nowhere. The file of ports that ships with the program needs none. */
export function lastGoodOf(options: LookupOptions, table: TableName): LastGood | undefined {
  return options.lastGood === undefined || options[table] === undefined
    ? undefined
    : new LastGood(options.lastGood, tablePaths(options), options.keepsBytes);
}

/**
 * The folder that keeps, of each table, the bytes of its file that were last taken. A copy belongs to one table and one path. Its
 * files are readable for their owner alone, and replaced in one step. Beside a copy may stand the word of an operator that a
 * content is wanted although it is suspiciously short; it holds until the next copy.
 */
export class LastGood {
  readonly folder: string;
  readonly #files: Files;
  readonly #keepsBytes: boolean;

  /** Of the files that are in use now. `keepsBytes` as in the options. */
  constructor(folder: string, files: Files, keepsBytes = false) {
    this.#keepsBytes = keepsBytes;
    this.folder = folder;
    this.#files = files;
  }

  /** The copy of a table; undefined where there is none, and a line that says why where it cannot be used. */
  async load(table: TableName, path: string): Promise<Copy | string | undefined> {
    const copy = this.#copyOf(table, path);
    const at = await stat(copy).then(
      ({ mtimeMs }) => mtimeMs,
      (error: unknown) => codeOf(error),
    );
    if (at === "ENOENT" || at === "ENOTDIR") return undefined;
    const reading = await readTable(table, path, await readTableFile(table, copy), this.#keepsBytes);
    return reading.table === undefined || typeof at === "string"
      ? describeProblems(copy, reading)
      : { loaded: reading.table, at };
  }

  /** Replaces the copy, and removes what belonged to an older one or to a file of the table that is not in use. Throws what the disk says. */
  async save(table: TableName, path: string, bytes: Uint8Array): Promise<void> {
    const copy = this.#copyOf(table, path);
    await mkdir(dirname(this.folder), { recursive: true });
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const beside = `${copy}.${randomBytes(4).toString("hex")}`;
    try {
      const file = await open(beside, "wx", 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, copy);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
    const others = this.#files
      .filter((file) => file.table === table && file.path !== path)
      .map((file) => this.#copyOf(table, file.path));
    for (const name of await readdir(this.folder)) {
      const other = join(this.folder, name);
      if (name.startsWith(`${table}-`) && other !== copy && !others.some((kept) => other.startsWith(kept)))
        await rm(other, { force: true });
    }
  }

  /** Removes what a crash has left of copies of a table that were being written. */
  async clear(table: TableName): Promise<void> {
    const names = await readdir(this.folder).catch(() => []);
    const left = names.filter((name) => name.startsWith(`${table}-`) && UNFINISHED.test(name));
    await Promise.all(left.map((name) => rm(join(this.folder, name), { force: true }).catch(() => {})));
  }

  /** Says that the content with this digest is wanted. Throws UsageError where it may not be said. */
  async accept(table: TableName, path: string, digest: string): Promise<void> {
    try {
      await writeFile(this.#wordOf(table, path, digest), "", { mode: 0o600 });
    } catch (cause) {
      const advice = "run it as the user of the worker";
      throw new UsageError("no-last-good", `${this.folder} cannot be written: ${describeError(cause)}: ${advice}`, { cause });
    }
  }

  async isAccepted(table: TableName, path: string, digest: string): Promise<boolean> {
    try {
      await access(this.#wordOf(table, path, digest));
      return true;
    } catch {
      return false;
    }
  }

  #copyOf(table: TableName, path: string): string {
    return join(this.folder, `${table}-${short(digestOf(path))}${kindOf(table).extension}`);
  }

  /** Its name says it all: whoever may list the folder may read it, whoever wrote it. */
  #wordOf(table: TableName, path: string, digest: string): string {
    return `${this.#copyOf(table, path)}.accepted-${digest}`;
  }
}
