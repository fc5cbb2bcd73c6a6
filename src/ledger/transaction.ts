import type { DatabaseSync } from "node:sqlite";
import { onLedger } from "./failures.ts";

/** A ledger's file that is open. */
export interface OpenFile {
  /** As it was configured, for messages. */
  readonly path: string;
  readonly db: DatabaseSync;
  /** Throws Failure `ledger-replaced` when the file is no longer at its path. Takes a few microseconds. */
  check(): void;
}

export type Transaction = <T>(work: () => T) => T;

/**
 * Runs `work` as one transaction: all of it is in the ledger when the call returns, nothing of it when it throws, and the next
 * call starts afresh, whatever the failure was. What SQLite throws comes out sorted; nothing is written into a file that was replaced.
 * Transactions do not nest.
 */
export function transactionOn({ path, db, check }: OpenFile): Transaction {
  return (work) =>
    onLedger(path, () => {
      check();
      db.exec("begin immediate");
      try {
        const result = work();
        db.exec("commit");
        return result;
      } catch (error) {
        // After a full disk, an I/O error or want of memory SQLite has rolled back by itself.
        if (db.isTransaction) db.exec("rollback");
        throw error;
      }
    });
}
