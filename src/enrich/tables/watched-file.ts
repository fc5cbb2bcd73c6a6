import { type Look, look } from "../../lib/look.ts";
import { digestOf } from "./content.ts";
import { kindOf } from "./kinds.ts";
import { isShrunk, type LastGood } from "./last-good.ts";
import { countOf, describeProblems, type LoadedTable, readTable, readTableFile } from "./tables.ts";

/** For so long a file must look the same before it is read, in ms. */
const REST_MS = {
  /** Another file stands in its place: it was whole when it came, or grows before our eyes. */
  replaced: 1_200,
  /** It is written in place. */
  written: 2_500,
  /** Its last line has no end, or it does not tell whether it is whole; it is empty, gone, or no file. */
  unfinished: 3_250,
} as const;

/** A file in whose place so many others came without a rest, none of which was seen to grow, is whole each time: it is read. */
const MOST_REPLACEMENTS = 4;
/** A file that changes for so long without a rest is told. */
const RESTLESS_MS = 60_000;
/** Whoever writes on after a longer pause is not writing slowly, but anew. */
const LONGEST_PAUSE_MS = 20_000;
/** A slow writer has ended when it rests for so many of its pauses. */
const PAUSES = 1.25;

/** What is to be done about a file: overdue is due, whatever others do. */
export type Due = "unchanged" | "changing" | "due" | "overdue";

/** Why a table is not as its file is. */
export interface Staleness {
  readonly reason: string;
  /** In ms since the epoch. */
  readonly since: number;
}

/** What a file that changed holds now. */
export type Change =
  | { readonly kind: "good"; readonly loaded: LoadedTable; readonly bytes: Uint8Array; readonly recovered: boolean }
  | { readonly kind: "refused"; readonly message: string }
  /** It was refused, gone or restless, and holds again what is in use. */
  | { readonly kind: "recovered" };

/** A content that was refused. */
interface Refused {
  readonly digest: string;
  readonly length: number;
  readonly file: string | undefined;
  /** When it was first seen. */
  readonly at: number;
}

/** The file of one table, from look to look. Follows symbolic links, so that swapped links are seen as well. */
export class WatchedFile {
  /** What is in use of it: what was last read and was good. */
  loaded: LoadedTable;
  /** Where copies of it are kept. */
  readonly copies: LastGood | undefined;
  /** How it looked when it was last read, and whether it had rested: else it may have changed and look the same. */
  #read: string | undefined;
  #restedWhenRead = false;
  /** How it looked last, since when, and whether it was changed in place. */
  #last: Look | undefined;
  #since = 0;
  #inPlace = false;
  #replacements = 0;
  /** Since when it looks otherwise than when it was read. */
  #changingSince: number | undefined;
  /** It is not read before. */
  #notBefore = 0;
  /** Digest of what was last read, or why nothing could be read. */
  #content: string | undefined;
  #refused: Refused | undefined;
  /** Digest of the first content that was refused for being short; another one that is short as well is what somebody wants. */
  #short: string | undefined;
  #refusal: Staleness | undefined;
  #unrest: Staleness | undefined;

  private constructor(loaded: LoadedTable, copies: LastGood | undefined) {
    this.loaded = loaded;
    this.copies = copies;
  }

  /** A file that was read, and looked so before. */
  static read(loaded: LoadedTable, seen: Look, now: number, copies: LastGood | undefined): WatchedFile {
    const file = new WatchedFile(loaded, copies);
    file.#read = seen.stamp;
    file.#last = seen;
    file.#since = now;
    file.#content = loaded.digest;
    return file;
  }

  /** A file whose content is still to be judged; until then a copy of what was good is in use. */
  static unread(loaded: LoadedTable, copies: LastGood | undefined): WatchedFile {
    return new WatchedFile(loaded, copies);
  }

  /** Why what is in use is not what the file holds; undefined where it is. */
  get stale(): Staleness | undefined {
    return this.#refusal ?? this.#unrest;
  }

  /** Looks at the file. It is to be read when it has changed and rests: nobody is writing. */
  async due(now: number): Promise<Due> {
    const { table, path } = this.loaded;
    const seen = await look(path);
    this.#see(seen, now);
    const rested = now - this.#since;
    if (seen.stamp === this.#read) {
      this.#changingSince = undefined;
      if (!this.#restedWhenRead && rested >= REST_MS.written) return "due";
      return this.#short !== undefined && this.#short === this.#content && (await this.#isAccepted(this.#short))
        ? "due"
        : "unchanged";
    }
    this.#changingSince ??= now;
    if (this.#replacements >= MOST_REPLACEMENTS) return "overdue";
    if (now < this.#notBefore) return "changing";
    if (rested >= REST_MS.unfinished) return "overdue";
    if (rested < (this.#inPlace ? REST_MS.written : REST_MS.replaced)) return "changing";
    return seen.regular && (await kindOf(table).endsWhole?.(path)) ? "due" : "changing";
  }

  #see(seen: Look, now: number): void {
    const last = this.#last;
    this.#last = seen;
    if (last === undefined) {
      // Nobody has watched it: it has rested since its file system says so, and nobody waits for one that is gone.
      this.#since = seen.changedAt === undefined ? now - REST_MS.unfinished : Math.min(now, seen.changedAt);
      this.#inPlace = true;
    } else if (seen.stamp !== last.stamp) {
      this.#since = now;
      this.#notBefore = 0;
      this.#inPlace = seen.file === last.file;
      if (this.#inPlace) this.#replacements = 0;
      else if (seen.file !== undefined) this.#replacements++;
    }
  }

  /** Says once why the file is not taken up, if it has been changing for `ms` without a rest. */
  unrest(now: number, ms = RESTLESS_MS): string | undefined {
    if (this.#changingSince === undefined || now - this.#changingSince < ms || this.#unrest !== undefined) return undefined;
    const reason = `${this.loaded.path}: is being written: it is taken up when it is left alone for ${Math.ceil(REST_MS.unfinished / 1000)} seconds; better write it under another name, and rename it`;
    this.#unrest = { reason, since: this.#changingSince };
    return reason;
  }

  /**
   * Reads the file. Resolves to undefined where it changed meanwhile or is not whole yet: try again later. Else the returned function
   * takes note of what was read and says what is new; undefined for nothing.
   */
  async read(now: number): Promise<(() => Change | undefined) | undefined> {
    const { path, table } = this.loaded;
    const before = await look(path);
    const content = await readTableFile(table, path);
    const bytes = "bytes" in content ? content.bytes : undefined;
    const key = "bytes" in content ? content.digest : content.problem.reason;
    const accepted = bytes !== undefined && key !== this.loaded.digest && (await this.#isAccepted(key));
    const known = key === this.loaded.digest || (key === this.#content && !accepted);
    const reading = known ? undefined : await readTable(table, path, content, this.loaded.bytes !== undefined);
    const after = await look(path);
    const rests = before.stamp === after.stamp && before.stamp === this.#last?.stamp;
    if (!rests && this.#replacements < MOST_REPLACEMENTS) return undefined;
    if (reading !== undefined && bytes !== undefined && !accepted && this.#isWrittenSlowly(bytes, key, reading.rows, now)) {
      return undefined;
    }
    return () => {
      this.#read = before.stamp;
      this.#restedWhenRead = rests && now - this.#since >= REST_MS.written;
      this.#replacements = 0;
      this.#changingSince = undefined;
      this.#content = key;
      const recovered = this.stale !== undefined;
      this.#unrest = undefined;
      if (key === this.loaded.digest) {
        this.#forgetRefusal();
        return recovered ? { kind: "recovered" } : undefined;
      }
      if (reading === undefined) return undefined;
      const short = isShrunk(this.loaded.rows, reading.rows) && !accepted && (this.#short === undefined || this.#short === key);
      if (reading.table !== undefined && bytes !== undefined && !short) {
        this.loaded = reading.table;
        this.#forgetRefusal();
        return { kind: "good", loaded: reading.table, bytes, recovered };
      }
      if (reading.table !== undefined) this.#short = key;
      if (bytes !== undefined) this.#refused = { digest: key, length: bytes.length, file: before.file, at: this.#since };
      const message = reading.table === undefined ? describeProblems(path, reading) : this.#shortage(reading.rows);
      this.#refusal = { reason: message, since: this.#refusal?.since ?? now };
      return { kind: "refused", message };
    };
  }

  async #isAccepted(digest: string): Promise<boolean> {
    const { table, path } = this.loaded;
    return this.copies !== undefined && (await this.copies.isAccepted(table, path, digest));
  }

  #forgetRefusal(): void {
    this.#refusal = undefined;
    this.#refused = undefined;
    this.#short = undefined;
  }

  /**
   * Whether the content is what was refused a short time ago and more, and less than what is in use: somebody writes in place, with
   * pauses that are longer than a rest. It is left alone for longer than the last pause was.
   */
  #isWrittenSlowly(bytes: Uint8Array, digest: string, rows: number, now: number): boolean {
    const refused = this.#refused;
    if (refused === undefined || refused.file !== this.#last?.file || rows >= this.loaded.rows) return false;
    const pause = this.#since - refused.at;
    if (pause <= 0 || pause > LONGEST_PAUSE_MS || bytes.length <= refused.length) return false;
    if (digestOf(bytes.subarray(0, refused.length)) !== refused.digest) return false;
    this.#notBefore = this.#since + PAUSES * pause;
    this.#refused = { digest, length: bytes.length, file: refused.file, at: this.#since };
    return now < this.#notBefore;
  }

  #shortage(rows: number): string {
    const accept = this.copies === undefined ? "" : "run flowferry lookups accept -c FILE, or ";
    return `${this.loaded.path}: has ${countOf(rows)} where ${countOf(this.loaded.rows)} are in use: if that is wanted, ${accept}save it once more with a change`;
  }
}
