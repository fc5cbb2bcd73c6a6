import { constants, type FileHandle, open, stat } from "node:fs/promises";
import { RetryableError, UsageError } from "../errors.ts";

/** A file of lines that is only ever added to, and whose every line is whole. */
export interface LinesFile {
  /**
   * Resolves when the lines are in the file (and on the disk, with `sync`); text ends with a newline. A failed write leaves the file as
   * it was before. Calls must not overlap. Opens the file when first called, and anew when it was moved away.
   */
  write(lines: Buffer): Promise<void>;
  close(): Promise<void>;
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly inode: number;
  /** Pipes and devices have no end to repair and no disk to reach. */
  readonly regular: boolean;
  /** Length up to which all lines are whole. */
  size: number;
}

/** The longest unfinished line that is looked for; no line of ours is longer. */
const LONGEST_LINE = 64 * 1024 * 1024;

export function createLinesFile(path: string, { append, sync }: { append: boolean; sync: boolean }): LinesFile {
  let current: OpenFile | undefined;
  let emptied = append;

  const opened = async (): Promise<OpenFile> => {
    if (current !== undefined && (!current.regular || (await inodeOf(path)) === current.inode)) return current;
    await current?.handle.close();
    current = undefined;
    const file = await openFile(path);
    try {
      if (file.regular && !emptied) await cut(file, 0);
      else if (file.regular) await repair(file, path);
    } catch (error) {
      await file.handle.close();
      throw error;
    }
    emptied = true;
    current = file;
    return file;
  };

  return {
    async write(lines) {
      let file: OpenFile | undefined;
      try {
        file = await opened();
        await writeAll(file.handle, lines);
        if (sync && file.regular) await file.handle.datasync();
        file.size += lines.length;
      } catch (error) {
        if (file?.regular) {
          // What a failed write left is taken away; should that fail too, the repair at the next opening does it.
          await cut(file, file.size).catch(() => undefined);
          await file.handle.close().catch(() => undefined);
          current = undefined;
        }
        throw error instanceof UsageError ? error : reportOf(error, path);
      }
    },
    async close() {
      const file = current;
      current = undefined;
      await file?.handle.close();
    },
  };
}

async function openFile(path: string): Promise<OpenFile> {
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o644);
  try {
    const stats = await handle.stat();
    return { handle, inode: stats.ino, regular: stats.isFile(), size: stats.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function inodeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ ino }) => ino,
    () => undefined,
  );
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done);
    done += bytesWritten;
  }
}

async function cut(file: OpenFile, size: number): Promise<void> {
  await file.handle.truncate(size);
  file.size = size;
}

/**
 * A process that was killed may have left half a line at the end: it was not acknowledged and comes again, so it is cut off. A last line
 * that is whole gets its newline. A file that ends in anything else is not ours, and is refused.
 */
async function repair(file: OpenFile, path: string): Promise<void> {
  const tail = await unfinishedLine(file, path);
  if (tail.length === 0) return;
  const text = tail.toString();
  if (isJson(text)) {
    await writeAll(file.handle, Buffer.from("\n"));
    file.size += 1;
  } else if (text.startsWith("{")) await cut(file, file.size - tail.length);
  else
    throw new UsageError(
      "ndjson-not-lines",
      `cannot append to ${path}: it does not end with a line of JSON; choose another \`path\``,
    );
}

/** What stands behind the last newline. */
async function unfinishedLine(file: OpenFile, path: string): Promise<Buffer> {
  let tail: Buffer = Buffer.alloc(0);
  let at = file.size;
  while (at > 0) {
    const length = Math.min(64 * 1024, at);
    at -= length;
    const { buffer, bytesRead } = await file.handle.read(Buffer.alloc(length), 0, length, at);
    const piece = buffer.subarray(0, bytesRead);
    const newline = piece.lastIndexOf(0x0a);
    tail = Buffer.concat([piece.subarray(newline + 1), tail]);
    if (newline >= 0) break;
    if (tail.length > LONGEST_LINE) {
      throw new UsageError("ndjson-not-lines", `cannot append to ${path}: it has no lines; choose another \`path\``);
    }
  }
  return tail;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const HOPELESS = new Set(["ENOENT", "ENOTDIR", "EACCES", "EPERM", "EISDIR", "EROFS", "ELOOP", "ENAMETOOLONG"]);

/** What a file system's error means: a full disk may heal, a missing folder or right is for a person to set right. */
export function reportOf(error: unknown, path: string): Error {
  const code = (error as NodeJS.ErrnoException).code ?? "error";
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new RetryableError("ndjson-disk-full", `cannot write ${path}: no space left on the disk (${code})`, { cause: error });
  }
  if (HOPELESS.has(code)) return new UsageError("ndjson-unwritable", `cannot write ${path}`, { cause: error });
  return new RetryableError("ndjson-write-failed", `cannot write ${path}`, { cause: error });
}
