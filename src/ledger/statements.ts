import type { DatabaseSync, StatementSync } from "node:sqlite";
import { onLedger } from "./failures.ts";
import type { LedgerFile } from "./file.ts";
import { type Transaction, transactionOn } from "./transaction.ts";

/** What the parts of a ledger share. */
export interface Tables {
  /** The statement of this text, prepared when it is used first. */
  sql(text: string): StatementSync;
  readonly transaction: Transaction;
  /** Runs what only reads; what SQLite throws comes out sorted. */
  reading<T>(work: () => T): T;
}

export function tablesOf(file: LedgerFile): Tables {
  const statements = new Map<string, StatementSync>();
  return {
    sql: (text) => prepared(statements, file.db, text),
    transaction: transactionOn(file),
    reading: (work) => onLedger(file.path, work),
  };
}

function prepared(statements: Map<string, StatementSync>, db: DatabaseSync, text: string): StatementSync {
  const statement = statements.get(text) ?? db.prepare(text);
  statements.set(text, statement);
  return statement;
}
