import { expect, test } from "vitest";
import { ledgerFailure, onLedger } from "../../../src/ledger/failures.ts";
import { Failure, UsageError } from "../../../src/lib/errors.ts";

/** As node:sqlite throws it. Numbers of https://www.sqlite.org/rescode.html. */
const sqliteError = (errcode: number, message = "words") =>
  Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR", errcode });

test.each([
  ["SQLITE_FULL", 13, "ledger-disk-full", "make room on its disk"],
  ["SQLITE_IOERR", 10, "ledger-io", "words: check its disk"],
  ["SQLITE_IOERR_READ", 266, "ledger-io", "words while reading"],
  ["SQLITE_IOERR_SHORT_READ", 522, "ledger-io", "while reading"],
  ["SQLITE_IOERR_WRITE", 778, "ledger-io", "while writing"],
  ["SQLITE_IOERR_FSYNC", 1034, "ledger-io", "while syncing"],
  ["SQLITE_IOERR_TRUNCATE", 1546, "ledger-io", "while truncating"],
  ["SQLITE_IOERR_SHMSIZE", 4874, "ledger-io", "while sharing memory"],
  ["SQLITE_IOERR_NOMEM", 3082, "ledger-memory", "no memory"],
  ["SQLITE_NOMEM", 7, "ledger-memory", "no memory"],
  ["SQLITE_READONLY", 8, "ledger-read-only", "cannot be written"],
  ["SQLITE_READONLY_DIRECTORY", 1544, "ledger-read-only", "cannot be written"],
  ["SQLITE_READONLY_DBMOVED", 1032, "ledger-replaced", "was moved"],
  ["SQLITE_BUSY", 5, "ledger-busy", "another program holds its lock"],
  ["SQLITE_BUSY_SNAPSHOT", 517, "ledger-busy", "another program holds its lock"],
  ["SQLITE_LOCKED", 6, "ledger-busy", "another program holds its lock"],
  ["SQLITE_CORRUPT", 11, "ledger-corrupt", "is damaged"],
  ["SQLITE_CORRUPT_INDEX", 779, "ledger-corrupt", "is damaged"],
  ["SQLITE_NOTADB", 26, "ledger-unreadable", "correct ledger.path"],
  ["SQLITE_CANTOPEN", 14, "ledger-unreadable", "cannot be opened"],
  ["SQLITE_ERROR", 1, "ledger-failed", "words"],
])("%s", (_, errcode, code, words) => {
  const failure = ledgerFailure("/var/l.db", sqliteError(errcode));
  expect([failure.drawer, failure.code]).toEqual(["worker", code]);
  expect(failure.message).toMatch(/^ledger \/var\/l\.db: /);
  expect(failure.message).toContain(words);
});

test("what is sorted stays as it is, and what is none of SQLite's is not called so", () => {
  const sorted = new Failure("worker", "ledger-replaced", "x");
  expect(ledgerFailure("/l", sorted)).toBe(sorted);
  expect(ledgerFailure("/l", new Error("odd"))).toMatchObject({ code: "ledger-failed", message: "ledger /l: odd" });
  for (const error of [sorted, new UsageError("a", "b"), new TypeError("c")])
    expect(() =>
      onLedger("/l", () => {
        throw error;
      }),
    ).toThrow(error);
  expect(() =>
    onLedger("/l", () => {
      throw sqliteError(13);
    }),
  ).toThrow("ledger /l: no room for it");
  expect(onLedger("/l", () => 3)).toBe(3);
});
