import { describeError, Failure } from "../lib/errors.ts";

/** What node:sqlite throws; `errcode` is an extended result code of https://www.sqlite.org/rescode.html. */
interface SqliteError extends Error {
  readonly errcode: number;
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number";
}

/** Another connection holds what was asked for. */
export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && [BUSY, LOCKED].includes(primary(error.errcode));
}

/** The file holds something that is no database. */
export function isNoDatabase(error: unknown): boolean {
  return isSqliteError(error) && primary(error.errcode) === NOTADB;
}

/** Runs what reads or writes a ledger; what SQLite throws comes out sorted, anything else as it is. */
export function onLedger<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isSqliteError(error) ? ledgerFailure(path, error) : error;
  }
}

/** The failure of a ledger: always this worker's own, never the bucket's or a receiver's. */
export function ledgerFailure(path: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const [code, words] = isSqliteError(error) ? sort(error) : ["ledger-failed", describeError(error)];
  return new Failure("worker", code, `ledger ${path}: ${words}`, { cause: error });
}

/** The file that a worker has open is no longer the one at its path. */
export function replaced(path: string, file: string, cause?: unknown): Failure {
  return new Failure(
    "worker",
    "ledger-replaced",
    `ledger ${path}: ${file === path ? "its file" : file} was removed or replaced while this worker had it open: put it back, or restart the worker to begin with what is there`,
    { cause },
  );
}

const BUSY = 5;
const LOCKED = 6;
const NOTADB = 26;
const IOERR_NOMEM = 3082;
const READONLY_DBMOVED = 1032;

/** The lower byte of an extended result code. */
function primary(errcode: number): number {
  return errcode & 0xff;
}

/** The messages hold SQLite's own, so that it is not said again as their cause. */
function sort({ errcode, message }: SqliteError): [code: string, words: string] {
  if (errcode === IOERR_NOMEM) return ["ledger-memory", `there is no memory left for it (${message})`];
  if (errcode === READONLY_DBMOVED)
    return [
      "ledger-replaced",
      `its file was moved while this worker had it open (${message}): put it back, or restart the worker`,
    ];
  switch (primary(errcode)) {
    case 13:
      return ["ledger-disk-full", `no room for it (${message}): make room on its disk`];
    case 10: {
      const doing = IO_ERRORS[errcode >> 8];
      return [
        "ledger-io",
        `${message}${doing === undefined ? "" : ` while ${doing}`}: check its disk, quotas and limits on the size of files`,
      ];
    }
    case 8:
      return ["ledger-read-only", `it cannot be written (${message}): its file, its folder or the disk is read-only`];
    case BUSY:
    case LOCKED:
      return ["ledger-busy", `another program holds its lock (${message}): close what has it open`];
    case 11:
      return [
        "ledger-corrupt",
        `it is damaged (${message}): stop the worker and restore the file, or move it away to begin anew`,
      ];
    case NOTADB:
      return ["ledger-unreadable", `the ${message}: correct ledger.path, or move the file away to begin anew`];
    case 14:
      return [
        "ledger-unreadable",
        `it cannot be opened (${message}): check that its folder is there and may be written, and how many files this process may open`,
      ];
    case 7:
      return ["ledger-memory", `there is no memory left for it (${message})`];
    default:
      return ["ledger-failed", message];
  }
}

/** By the upper part of SQLITE_IOERR_…. */
const IO_ERRORS: Readonly<Record<number, string>> = {
  1: "reading",
  2: "reading",
  3: "writing",
  4: "syncing",
  5: "syncing",
  6: "truncating",
  15: "locking",
  18: "sharing memory",
  19: "sharing memory",
  20: "sharing memory",
  21: "sharing memory",
};
