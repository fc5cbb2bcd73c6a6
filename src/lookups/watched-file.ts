import { stat } from "node:fs/promises";
import { codeOf } from "../errors.ts";
import { describeProblems, type LoadedTable, readContent, readTable } from "./tables.ts";

/** A file that looks otherwise at every look is read at this one, at rest or not. */
const MOST_LOOKS = 4;
/** A file modified this short a time before it was read may change again and look the same: it is read again until it is older. */
const STAMP_MS = 3_000;

/** How a file looks without reading it: what its path leads to, its size, its times. */
interface Look {
  readonly stamp: string;
  /** A change within the same tick of the file system's clock would look the same. */
  readonly uncertain: boolean;
}

/** What a file that changed holds now. */
export type Change =
  | { readonly kind: "good"; readonly loaded: LoadedTable; readonly recovered: boolean }
  | { readonly kind: "refused"; readonly message: string }
  /** It was refused, and holds again what was last good. */
  | { readonly kind: "recovered" };

/** The file of one table, from look to look. Follows symbolic links, so that swapped links are seen as well. */
export class WatchedFile {
  /** What was last read from it and was good. */
  loaded: LoadedTable;
  /** How it looked when it was last read. */
  #read: Look;
  /** How it looked last, and how often in a row otherwise than when it was read. */
  #last: string;
  #looks = 0;
  /** Digest of what was last read, or why nothing could be read. */
  #content: string;
  #refused = false;

  constructor(loaded: LoadedTable, look: Look) {
    this.loaded = loaded;
    this.#read = look;
    this.#last = look.stamp;
    this.#content = loaded.digest;
  }

  /** Whether the file is to be read now: it has changed, and looks as it did at the last look (nobody is writing). */
  async due(): Promise<boolean> {
    const { stamp } = await look(this.loaded.path);
    const rests = stamp === this.#last;
    this.#last = stamp;
    this.#looks = stamp === this.#read.stamp ? 0 : this.#looks + 1;
    return this.#looks === 0 ? this.#read.uncertain : rests || this.#looks >= MOST_LOOKS;
  }

  /**
   * Reads the file. Resolves to undefined where it changed meanwhile: try again later. Else the returned function takes note of
   * what was read and says what is new; undefined for nothing.
   */
  async read(): Promise<(() => Change | undefined) | undefined> {
    const { path, table } = this.loaded;
    const before = await look(path);
    const content = await readContent(path);
    const key = "digest" in content ? content.digest : content.problem.reason;
    const reading = key === this.#content || key === this.loaded.digest ? undefined : await readTable(table, path, content);
    const after = await look(path);
    if (before.stamp !== after.stamp && this.#looks < MOST_LOOKS) return undefined;
    return () => {
      this.#read = before;
      this.#looks = 0;
      if (key === this.#content) return undefined;
      this.#content = key;
      const recovered = this.#refused;
      this.#refused = reading !== undefined && reading.table === undefined;
      if (reading === undefined) return { kind: "recovered" };
      if (reading.table === undefined) return { kind: "refused", message: describeProblems(path, reading) };
      this.loaded = reading.table;
      return { kind: "good", loaded: reading.table, recovered };
    };
  }
}

/** How the file at the end of the path looks; a missing one has a look as well. */
export async function look(path: string): Promise<Look> {
  try {
    const { dev, ino, size, mtimeMs, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    const age = Math.abs(Date.now() - Number(mtimeMs));
    return { stamp: [dev, ino, size, mtimeNs, ctimeNs].join(":"), uncertain: age < STAMP_MS };
  } catch (error) {
    return { stamp: codeOf(error), uncertain: false };
  }
}
