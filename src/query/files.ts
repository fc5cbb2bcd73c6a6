import { closeSync, type Dirent, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { UID } from "../archive/columns.ts";
import { hourIn, overlaps, type Window } from "../archive/layout.ts";
import { describeError, UsageError } from "../lib/errors.ts";
import { fileErrorWords } from "../lib/file-failures.ts";
import { knownBroken } from "./broken-files.ts";
import { nameOfFile } from "./fetch.ts";

/** What a file holds: the archive's Parquet, lines of schema otel, lines of schema seed, or arrays of it. */
export type FileKind = "parquet" | "otel-lines" | "seed-lines" | "seed-array";

/** A file that cannot be read as flows, and half a sentence why. */
export interface PassedOver {
  readonly file: string;
  readonly reason: string;
}

export interface FlowFiles {
  readonly files: ReadonlyMap<FileKind, readonly string[]>;
  readonly passedOver: readonly PassedOver[];
  /** Files of hours that lie outside of the window. */
  readonly pruned: number;
}

/**
 * The files of flows below the inputs (files or folders), without those of hours outside of the window. Names that begin with a dot or an
 * underscore are not the reader's. Throws UsageError for an input that is not there.
 */
export function findFiles(inputs: readonly string[], window: Window): FlowFiles {
  const files = new Map<FileKind, string[]>();
  const passedOver: PassedOver[] = [];
  let pruned = 0;
  const take = (file: string, root: string): void => {
    const hour = hourIn(relative(root, file));
    if (hour !== undefined && !overlaps(hour, window)) {
      pruned += 1;
      return;
    }
    const kind = kindOf(file);
    if (kind === undefined) return;
    if (typeof kind === "object") passedOver.push({ file: nameOfFile(file), ...kind });
    else files.set(kind, [...(files.get(kind) ?? []), file]);
  };
  for (const input of inputs) {
    const root = resolve(input);
    const stats = statOf(root);
    if (!stats.isDirectory()) {
      const before = passedOver.length + count(files);
      take(root, root);
      if (passedOver.length + count(files) === before) {
        throw new UsageError(
          "input-unknown",
          `${root} is no file of flows: give Parquet, NDJSON or JSON, or a folder of such files`,
        );
      }
      continue;
    }
    for (const file of walk(root)) take(file, root);
  }
  return { files, passedOver, pruned };
}

const count = (files: ReadonlyMap<FileKind, readonly string[]>): number =>
  [...files.values()].reduce((sum, some) => sum + some.length, 0);

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (cause) {
    throw new UsageError("input-missing", `cannot read ${path}: ${fileErrorWords(cause)}`, { cause });
  }
}

function* walk(folder: string): Generator<string> {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    throw new UsageError("input-missing", `cannot read ${folder}: ${fileErrorWords(cause)}`, { cause });
  }
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const entry of entries) {
    if (/^[._]/.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.isFile()) yield path;
  }
}

/** What the file holds, by its name and its first bytes; undefined for a name of something else. */
function kindOf(file: string): FileKind | { reason: string } | undefined {
  if (!/\.(parquet|(ndjson|jsonl|json)(\.gz)?)$/i.test(file)) return undefined;
  try {
    const reason = knownBroken(file);
    if (reason !== undefined) return { reason };
    if (/\.parquet$/i.test(file)) return wholeParquet(file) ? "parquet" : { reason: "is no whole Parquet file" };
    const start = firstBytes(file).trimStart();
    if (start === "") return { reason: "is empty" };
    const isArray = start.startsWith("[");
    if (isArray && /"internal_or_external_source"/.test(start)) return "seed-array";
    if (isArray && /^\[\s*\]/.test(start)) return undefined;
    if (start.startsWith("{") && /"attributes"\s*:/.test(start)) return "otel-lines";
    if (start.startsWith("{") && /"internal_or_external_source"/.test(start)) return "seed-lines";
    return { reason: "holds no flows of schema otel or seed" };
  } catch (error) {
    return { reason: `cannot be read: ${describeError(error)}` };
  }
}

/**
 * The hours (or days) whose folders below the input have files, in no order; undefined where some file lies in none, so that hours do not tell
 * where to look.
 */
export function hoursBelow(input: string): readonly Window[] | undefined {
  const root = resolve(input);
  if (!statOf(root).isDirectory()) return undefined;
  const hours = new Map<string, Window>();
  for (const file of walk(root)) {
    const hour = hourIn(relative(root, file));
    if (hour === undefined) return undefined;
    hours.set(`${hour.since} ${hour.until}`, hour);
  }
  return [...hours.values()];
}

const PEEKED = 64 * 1024;
/** Of the index of a Parquet file so much is looked through. */
const MOST_INDEX_BYTES = 64 * 1024 ** 2;

function firstBytes(file: string): string {
  const bytes = bytesAt(file, 0, PEEKED);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return (isGzip ? gunzipSync(bytes, { finishFlush: 2 }) : bytes).toString("utf8");
}

/** Whether the file, or some file below the folder, is Parquet with the archive's columns. False for what is not there. */
export function holdsArchive(input: string): boolean {
  const root = resolve(input);
  try {
    if (!statSync(root).isDirectory()) return isOfArchive(root);
    for (const file of walk(root)) if (isOfArchive(file)) return true;
  } catch {
    // Whoever reads it says what is wrong with it.
  }
  return false;
}

/** The index of a Parquet file names its columns. */
function isOfArchive(file: string): boolean {
  if (!/\.parquet$/i.test(file) || !wholeParquet(file)) return false;
  const { size } = statSync(file);
  const length = Math.min(bytesAt(file, size - 8, 4).readUInt32LE(0), MOST_INDEX_BYTES);
  return bytesAt(file, size - 8 - length, length).includes(UID);
}

/** Whether it begins and ends as Parquet does, and the index that it says to have fits into it. */
function wholeParquet(file: string): boolean {
  const { size } = statSync(file);
  if (size < 12 || bytesAt(file, 0, 4).toString("latin1") !== "PAR1") return false;
  const end = bytesAt(file, size - 8, 8);
  return end.toString("latin1", 4) === "PAR1" && end.readUInt32LE(0) <= size - 12;
}

function bytesAt(file: string, at: number, length: number): Buffer {
  const opened = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(opened, bytes, 0, length, at));
  } finally {
    closeSync(opened);
  }
}
