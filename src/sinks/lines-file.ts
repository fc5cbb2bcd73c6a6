import { accessSync, constants, statSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf, Failure, UsageError } from "../lib/errors.ts";
import { fileErrorWords, isDiskFull, isMisplaced } from "../lib/file-failures.ts";
import { leftByCrash, readAt, unfinishedLine } from "./line-end.ts";

/** Where lines go; every line is whole. */
export interface Lines {
  /**
   * Resolves when the lines have arrived; text ends with a newline. A write that failed may be repeated. Calls must not overlap. Throws
   * Failure `worker`, with a line that names the writer and the path.
   */
  write(lines: Buffer, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface LinesFileOptions {
  /** False empties the file when it is opened first. */
  readonly append: boolean;
  /** Lines have arrived when they are on the disk; else when the operating system has them. */
  readonly sync: boolean;
  /** Who writes, for messages: `sink x`. */
  readonly writer: string;
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly identity: string;
  /** Devices have no end to look after and no disk to reach. */
  readonly regular: boolean;
  /** What a failed write has put at the end, as far as it was not taken back. */
  debris: Buffer;
}

/** Rights of a file that no other one precedes: addresses stand in it. */
const PRIVATE = 0o600;
const NEWLINE = Buffer.from("\n");
const NOTHING = Buffer.alloc(0);

/**
 * A file that is only ever added to, and that others may move away, truncate, remove or write at any time. Each write goes to the file
 * that is at the path then; one that is not there is made, with the rights of its predecessor, else for this user alone. What a crash
 * left at the end is repaired once, at the first opening; later an end without newline is somebody else's, and is only closed. A failed
 * write takes back what it has written if that still stands at the end, and touches nothing else.
 */
export function createLinesFile(path: string, { append, sync, writer }: LinesFileOptions): Lines {
  let current: OpenFile | undefined;
  let started = false;

  const opened = async (): Promise<OpenFile> => {
    if (current !== undefined && (!current.regular || (await identityAt(path)) === current.identity)) return current;
    const before = current;
    current = undefined;
    const mode = before === undefined ? PRIVATE : await leave(before);
    const file = await openFile(path, mode, writer);
    try {
      if (file.regular) await begin(file.handle);
    } catch (error) {
      await file.handle.close();
      throw error;
    }
    started = true;
    current = file;
    return file;
  };

  const begin = async (handle: FileHandle): Promise<void> => {
    if (!started && !append) return handle.truncate(0);
    const { size } = await handle.stat();
    const tail = await unfinishedLine(handle, size);
    const left = tail && leftByCrash(tail);
    if (left === undefined) throw new Failure("worker", "ndjson-not-lines", `${writer}: ${notLines(path)}`);
    if (!started && left > 0) await handle.truncate(size - left);
  };

  const add = async (file: OpenFile, lines: Buffer): Promise<void> => {
    const { handle } = file;
    await takeBack(file);
    const { size } = await handle.stat();
    const last = size === 0 ? NOTHING : await readAt(handle, size - 1, 1);
    const bytes = last.length === 0 || last.equals(NEWLINE) ? lines : Buffer.concat([NEWLINE, lines]);
    let written = 0;
    try {
      await writeAll(handle, bytes, (count) => {
        written = count;
      });
      if (sync) await handle.datasync();
      await requireArrival(handle, size, bytes);
    } catch (error) {
      file.debris = bytes.subarray(0, written);
      // Where this fails it is tried again before the next write.
      await takeBack(file).catch(() => undefined);
      throw error;
    }
  };

  /** Whoever removes or truncates the file meanwhile may do it before or after the write: what does not stand there is written again. */
  const requireArrival = async (handle: FileHandle, before: number, bytes: Buffer): Promise<void> => {
    const { nlink, size } = await handle.stat();
    if (nlink > 0 && (size >= before + bytes.length || (await endsWith(handle, size, bytes)))) return;
    throw new Failure(
      "worker",
      "ndjson-disturbed",
      `${writer}: ${path} was removed or truncated while it was written: the lines are written again`,
    );
  };

  return {
    async write(lines, signal) {
      signal.throwIfAborted();
      try {
        const file = await opened();
        if (file.regular) await add(file, lines);
        else await writeAll(file.handle, lines);
      } catch (error) {
        throw error instanceof Failure ? error : fileFailure(error, path, writer);
      }
    },
    async close() {
      const file = current;
      current = undefined;
      await file?.handle.close();
    },
  };
}

/** One line about what a write to `path` would find, without touching it; throws UsageError where it cannot be written. */
export async function inspectLinesFile(path: string, append: boolean): Promise<string> {
  const refuse = (code: string, message: string, cause?: unknown): never => {
    throw new UsageError(code, message, { cause });
  };
  try {
    const folder = dirname(path);
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      refuse("ndjson-no-folder", `cannot write ${path}: there is no folder ${folder}; create it, or correct \`path\``);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) {
      accessSync(folder, constants.W_OK | constants.X_OK);
      return `${path} can be created`;
    }
    if (found.isDirectory()) refuse("ndjson-is-folder", `cannot write ${path}: it is a folder`);
    accessSync(path, found.isFile() ? constants.R_OK | constants.W_OK : constants.W_OK);
    if (!found.isFile()) return `${path} can be written`;
    if (append && !(await endsAsLinesDo(path))) refuse("ndjson-not-lines", notLines(path));
    return `${path} can be written (${found.size} bytes so far)`;
  } catch (error) {
    if (!isMisplaced(error)) throw error;
    return refuse("ndjson-unwritable", `cannot write ${path}: ${fileErrorWords(error)}`, error);
  }
}

/** The failure of a write while the program runs: this worker's own disk or its configuration, mended without a restart. */
export function fileFailure(error: unknown, path: string, writer: string): Failure {
  const code = codeOf(error);
  const missing = code === "ENOENT" || code === "ENOTDIR";
  const words = missing ? `there is no folder ${dirname(path)}: create it again` : fileErrorWords(error);
  return new Failure("worker", failureCode(error, missing), `${writer}: cannot write ${path}: ${words}`, { cause: error });
}

function failureCode(error: unknown, missing: boolean): string {
  if (missing) return "ndjson-no-folder";
  if (isDiskFull(error)) return "ndjson-disk-full";
  return isMisplaced(error) ? "ndjson-unwritable" : "ndjson-write-failed";
}

function notLines(path: string): string {
  return `cannot append to ${path}: it does not end with a line of JSON; choose another \`path\`, or move the file away`;
}

async function openFile(path: string, mode: number, writer: string): Promise<OpenFile> {
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, mode);
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile() && !stats.isCharacterDevice())
      throw new Failure("worker", "ndjson-no-file", `${writer}: cannot write ${path}: it is no longer a file`);
    const regular = stats.isFile();
    return { handle, identity: identityOf(stats), regular, debris: NOTHING };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Closes a file that is no longer at its path; returns its rights, where they can still be seen. */
async function leave(file: OpenFile): Promise<number> {
  // Where this fails half a line stays behind in a file that was given up; its records come whole in the next one.
  await takeBack(file).catch(() => undefined);
  const mode = await file.handle.stat().then(
    ({ mode }) => mode & 0o777,
    () => PRIVATE,
  );
  await file.handle.close();
  return mode;
}

/** Which file is at the path; what cannot be seen is none, and the opening says why. */
async function identityAt(path: string): Promise<string | undefined> {
  return stat(path, { bigint: true }).then(identityOf, () => undefined);
}

function identityOf({ dev, ino }: { dev: bigint; ino: bigint }): string {
  return `${dev}:${ino}`;
}

async function writeAll(handle: FileHandle, bytes: Buffer, onWritten?: (count: number) => void): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done);
    done += bytesWritten;
    onWritten?.(done);
  }
}

/** Cuts off what a failed write has left, if it still is the end of the file; it may be less where somebody has truncated it meanwhile. */
async function takeBack(file: OpenFile): Promise<void> {
  const { handle, debris } = file;
  if (debris.length === 0) return;
  const { size } = await handle.stat();
  const length = Math.min(debris.length, size);
  if (await endsWith(handle, size, debris.subarray(debris.length - length))) await handle.truncate(size - length);
  file.debris = NOTHING;
}

async function endsWith(handle: FileHandle, size: number, bytes: Buffer): Promise<boolean> {
  return size >= bytes.length && (await readAt(handle, size - bytes.length, bytes.length)).equals(bytes);
}

async function endsAsLinesDo(path: string): Promise<boolean> {
  const handle = await open(path, "r");
  try {
    const tail = await unfinishedLine(handle, (await handle.stat()).size);
    return tail !== undefined && leftByCrash(tail) !== undefined;
  } finally {
    await handle.close();
  }
}
