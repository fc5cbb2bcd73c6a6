import { accessSync, closeSync, constants, openSync, statSync } from "node:fs";
import { Failure, UsageError } from "../lib/errors.ts";
import { fileErrorWords, isDiskFull, isMisplaced } from "../lib/file-failures.ts";

/**
 * Sees to it that `file` is there and can be read and written; a new one is empty, and this user's alone. SQLite gives the files that it
 * puts beside it (-wal, -shm) the same rights. To be called before SQLite opens the file: a file of this process that is closed
 * takes the locks with it that the process holds on it.
 */
export function preparePrivateFile(path: string, file: string): void {
  if (isThere(path, file)) onFiles(path, () => accessSync(file, constants.R_OK | constants.W_OK));
  else onFiles(path, () => closeSync(openSync(file, "a", 0o600)));
}

/** Whether there is a file; what is there and can be none of a ledger's is refused. */
export function isThere(path: string, file: string): boolean {
  const found = onFiles(path, () => statSync(file, { throwIfNoEntry: false }));
  if (found === undefined || found.isFile()) return found !== undefined;
  throw unusable(path, `${nameOf(path, file)}it is ${found.isDirectory() ? "a folder" : "no ordinary file"}`);
}

/** Runs what prepares the files of a ledger, and names the ledger in what the file system refuses. */
export function onFiles<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && "syscall" in error) throw refusalOf(path, error);
    throw error;
  }
}

/** Device and inode of the file at a path, also behind symbolic links; undefined when there is none. */
export function identityOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true });
  return found && `${found.dev}:${found.ino}`;
}

export function unusable(path: string, reason: string, cause?: unknown): UsageError {
  return new UsageError("ledger-unusable", `cannot use ledger ${path}: ${reason}; correct ledger.path, or what is there`, {
    cause,
  });
}

function refusalOf(path: string, error: Error): Error {
  const reason = `${nameOf(path, "path" in error ? String(error.path) : path)}${fileErrorWords(error)}`;
  if (isMisplaced(error)) return unusable(path, reason, error);
  return new Failure("worker", isDiskFull(error) ? "ledger-disk-full" : "ledger-io", `ledger ${path}: ${reason}`, {
    cause: error,
  });
}

/** The file for a message that begins with the ledger's path, which is not said twice. */
function nameOf(path: string, file: string): string {
  return file === path ? "" : `${file}: `;
}
