import type { DatabaseSync, StatementSync } from "node:sqlite";
import { onLedger } from "./failures.ts";
import type { LedgerFile } from "./file.ts";
import { type Transaction, transactionOn } from "./transaction.ts";

/** What the parts of a ledger share. */
export interface Tables {
  /** The statement of this text, prepared when it is used first. */
  sql(text: string): StatementSync;
  readonly transaction: Transaction;
  /** Runs `work` as one transaction, of which those that begin within it are parts. */
  readonly together: Transaction;
  /** Runs what only reads; what SQLite throws comes out sorted. */
  reading<T>(work: () => T): T;
}

export function tablesOf(file: LedgerFile): Tables {
  const statements = new Map<string, StatementSync>();
  const alone = transactionOn(file);
  let isWithin = false;
  return {
    sql: (text) => prepared(statements, file.db, text),
    transaction: (work) => (isWithin ? work() : alone(work)),
    together: (work) =>
      alone(() => {
        isWithin = true;
        try {
          return work();
        } finally {
          isWithin = false;
        }
      }),
    reading: (work) => onLedger(file.path, work),
  };
}

function prepared(statements: Map<string, StatementSync>, db: DatabaseSync, text: string): StatementSync {
  const statement = statements.get(text) ?? db.prepare(text);
  statements.set(text, statement);
  return statement;
}
