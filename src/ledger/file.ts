import { accessSync, constants, realpathSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Failure, UsageError } from "../lib/errors.ts";
import { makeFolder } from "../lib/folders.ts";
import { isBusy, onLedger, replaced } from "./failures.ts";
import { isLocked, type LedgerLock, ledgerInUse, lockPathOf, takeLock } from "./lock.ts";
import { identityOf, isThere, onFiles, preparePrivateFile, unusable } from "./private-file.ts";
import { type OpenFile, transactionOn } from "./transaction.ts";

/** The file of a ledger that this worker alone writes. */
export interface LedgerFile extends OpenFile {
  /** Closes the file, then lets others have it. */
  release(): void;
}

/** How long a statement waits for another program's lock, in ms. The event loop stands still meanwhile. */
const BUSY_MS = 500;
/** How long those that read the ledger may take to finish, in ms. */
const READERS_MS = 1_000;
/** What SQLite keeps beside a database. */
const BESIDE = ["-wal", "-shm", "-journal"];

/**
 * Opens the ledger's file for the one worker that writes it, and makes what is missing. Throws UsageError when another worker has it, or
 * when the path cannot hold a ledger; each message is one line that names the file.
 *
 * A worker is known to be alive by the lock file, whose identity is written into the ledger with the owner's name: who holds the lock on
 * that very file knows that the owner is gone. If the lock file was removed or replaced since, the owner may be alive; then the ledger
 * is taken only when nobody at all has it open, for which it waits for `readersMs`.
 */
export function openLedgerFile(path: string, readersMs = READERS_MS): LedgerFile {
  if (path === ":memory:") return inMemory();
  onFiles(path, () => makeFolder(dirname(path)));
  preparePrivateFile(path, path);
  const file = onFiles(path, () => realpathSync(path));
  onFiles(path, () => accessSync(dirname(file), constants.W_OK | constants.X_OK));
  for (const beside of BESIDE) isThere(path, `${file}${beside}`);
  const lock = takeLock(path, lockPathOf(file));
  if (lock === undefined) throw ledgerInUse(path, ownerAt(path));
  try {
    return opened(path, file, lock, readersMs);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Opens a ledger that a worker may be writing at this moment, to read it. */
export function openLedgerToRead(path: string): DatabaseSync {
  if (!isThere(path, path)) throw missing(path);
  onFiles(path, () => accessSync(path, constants.R_OK));
  return onLedger(path, () =>
    connect(path, { readOnly: true, timeout: READERS_MS }, (db) => {
      if (!hasTables(db, path)) throw missing(path);
    }),
  );
}

/** Who has the ledger now; undefined when nobody runs on it, also where a worker was killed. */
export function ownerOf(db: DatabaseSync): string | undefined {
  const { owner, lock } = readClaim(db);
  const file = db.location();
  if (owner === undefined || file === null) return undefined;
  const lockPath = lockPathOf(file);
  return identityOf(lockPath) === lock && !isLocked(lockPath) ? undefined : owner;
}

function inMemory(): LedgerFile {
  const db = new DatabaseSync(":memory:");
  return { path: ":memory:", db, check: () => {}, release: () => db.close() };
}

function opened(path: string, file: string, lock: LedgerLock, readersMs: number): LedgerFile {
  const before = identityOf(path);
  const db = onLedger(path, () => claimed(path, file, lock, readersMs));
  // The file at the path was opened only if it was the same before and after.
  const watched = [
    [path, before],
    [`${file}-wal`, identityOf(`${file}-wal`)],
  ] as const;
  const check = (): void => {
    for (const [name, identity] of watched) {
      if (onFiles(path, () => identityOf(name)) !== identity) throw replaced(path, name);
    }
  };
  const release = (): void => {
    try {
      onLedger(path, () => db.exec("delete from meta where name = 'owner'"));
    } catch (error) {
      // A name that stays, as on a full disk, is that of a worker that is gone: whoever takes the lock knows.
      if (!(error instanceof Failure)) throw error;
    } finally {
      db.close();
      lock.release();
    }
  };
  try {
    check();
  } catch (error) {
    release();
    throw error;
  }
  return { path, db, check, release };
}

/** A connection whose ledger names this process as its owner. */
function claimed(path: string, file: string, lock: LedgerLock, readersMs: number): DatabaseSync {
  for (;;) {
    let doubtful: string | undefined;
    const db = connect(file, { timeout: BUSY_MS }, (db) => {
      hasTables(db, path);
      // What SQLite sorts or sets aside for a statement stays in memory: nothing leaves the ledger's own folder.
      db.exec("pragma journal_mode = wal; pragma synchronous = normal; pragma temp_store = memory");
      // After a megabyte, not after four: a large save is brought into the file at once, not every third one for the others.
      db.exec("pragma wal_autocheckpoint = 250");
      doubtful = transactionOn({ path, db, check: () => {} })(() => claim(db, lock));
    });
    if (doubtful === undefined) return db;
    db.close();
    evict(path, file, doubtful, readersMs);
  }
}

/** Writes this process into the ledger as its owner, unless another one may be alive: then returns that one's name. */
function claim(db: DatabaseSync, lock: LedgerLock): string | undefined {
  db.exec("create table if not exists meta (name text primary key, value text not null) without rowid");
  const claimed = readClaim(db);
  if (claimed.owner !== undefined && claimed.lock !== lock.identity) return claimed.owner;
  const set = db.prepare("insert into meta values (?, ?) on conflict do update set value = excluded.value");
  set.run("owner", `process ${process.pid} on ${hostname()}, started ${new Date().toISOString()}`);
  set.run("lock", lock.identity);
  return undefined;
}

/** Takes the name of an owner away that is gone; throws when anybody has the ledger open. */
function evict(path: string, file: string, owner: string, readersMs: number): void {
  const db = new DatabaseSync(file, { timeout: readersMs });
  try {
    db.exec("pragma locking_mode = exclusive; begin exclusive; delete from meta where name = 'owner'; commit");
  } catch (error) {
    if (!isBusy(error)) throw error;
    throw new UsageError(
      "ledger-locked",
      `ledger ${path} is open elsewhere, and its lock file was removed while ${owner} had it: stop that one, and close what reads the ledger`,
      { cause: error },
    );
  } finally {
    db.close();
  }
}

function readClaim(db: DatabaseSync): { owner: string | undefined; lock: string | undefined } {
  const value = db.prepare("select value from meta where name = ?");
  const get = (name: string) => value.get(name)?.value as string | undefined;
  return { owner: get("owner"), lock: get("lock") };
}

/** The owner's name as far as it can be read, for a message. */
function ownerAt(path: string): string | undefined {
  return onLedger(path, () => {
    const db = connect(path, { readOnly: true, timeout: READERS_MS }, () => {});
    try {
      return hasTables(db, path) ? readClaim(db).owner : undefined;
    } finally {
      db.close();
    }
  });
}

/** A connection that `prepare` found no fault with. */
function connect(
  file: string,
  options: { readOnly?: boolean; timeout: number },
  prepare: (db: DatabaseSync) => void,
): DatabaseSync {
  const db = new DatabaseSync(file, options);
  try {
    prepare(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Whether the ledger has its tables; refuses a database of another program. */
function hasTables(db: DatabaseSync, path: string): boolean {
  const names = db.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'").all();
  if (names.length > 0 && !names.some(({ name }) => name === "meta")) throw unusable(path, "it is a database of another program");
  return names.length > 0;
}

function missing(path: string): UsageError {
  return new UsageError("ledger-missing", `there is no ledger at ${path}: nothing has run with this configuration yet`);
}
