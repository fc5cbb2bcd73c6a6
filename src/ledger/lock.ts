import { DatabaseSync } from "node:sqlite";
import { UsageError } from "../lib/errors.ts";
import { isBusy, isNoDatabase, onLedger } from "./failures.ts";
import { identityOf, preparePrivateFile, unusable } from "./private-file.ts";

/** How long a look at the lock may keep its holder-to-be waiting, in ms. */
const PATIENCE_MS = 250;

export interface LedgerLock {
  /** Which file is locked: another file at the same path has another identity. */
  readonly identity: string;
  release(): void;
}

/** Where the lock of the ledger in `file` lies. */
export function lockPathOf(file: string): string {
  return `${file}.lock`;
}

/**
 * Holds the lock file at `lockPath` for as long as the process lives; undefined when another process holds it. The operating system drops
 * the lock with the process, however it ends. `path` is the ledger, for messages.
 */
export function takeLock(path: string, lockPath: string): LedgerLock | undefined {
  for (;;) {
    preparePrivateFile(path, lockPath);
    const before = identityOf(lockPath);
    const db = onLedger(path, () => open(path, lockPath));
    if (db === undefined) return undefined;
    const identity = identityOf(lockPath);
    if (identity !== undefined && identity === before) return { identity, release: () => db.close() };
    // It was removed just now: what is locked is no longer at its path.
    db.close();
  }
}

/** Whether somebody holds the lock now. What cannot be asked may be held. */
export function isLocked(lockPath: string): boolean {
  try {
    const db = new DatabaseSync(lockPath, { readOnly: true });
    try {
      db.prepare("select count(*) from sqlite_schema").get();
      return false;
    } finally {
      db.close();
    }
  } catch {
    return true;
  }
}

export function ledgerInUse(path: string, owner: string | undefined, cause?: unknown): UsageError {
  return new UsageError(
    "ledger-locked",
    `ledger ${path} is in use by ${owner ?? "another worker"}: stop that one first, or give this one a ledger of its own (ledger.path)`,
    { cause },
  );
}

function open(path: string, lockPath: string): DatabaseSync | undefined {
  const db = new DatabaseSync(lockPath, { timeout: PATIENCE_MS });
  try {
    db.exec("pragma journal_mode = memory; begin exclusive");
    return db;
  } catch (error) {
    db.close();
    if (isBusy(error)) return undefined;
    throw isNoDatabase(error) ? unusable(path, `${lockPath} is no lock of this program: remove it`, error) : error;
  }
}
