import { execFileSync } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type LedgerFile, openLedgerFile } from "../../../src/ledger/file.ts";
import { type Transaction, transactionOn } from "../../../src/ledger/transaction.ts";
import { Failure } from "../../../src/lib/errors.ts";

let folder: string;
let path: string;
let file: LedgerFile;
let transaction: Transaction;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-transaction-"));
  path = join(folder, "ledger.db");
  file = openLedgerFile(path);
  file.db.exec("create table kept (id integer primary key, text text not null)");
  transaction = transactionOn(file);
});

afterEach(() => {
  file.release();
  rmSync(folder, { recursive: true });
});

const insert = (text: string): void => void file.db.prepare("insert into kept (text) values (?)").run(text);
const kept = (): unknown[] =>
  file.db
    .prepare("select text from kept order by id")
    .all()
    .map(({ text }) => text);
const failure = (work: () => unknown): Failure => {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("it did not fail");
};

test("all of it is kept, and its result handed on", () => {
  const result = transaction(() => {
    insert("a");
    insert("b");
    return 7;
  });
  expect(result).toBe(7);
  expect(file.db.isTransaction).toBe(false);
  expect(kept()).toEqual(["a", "b"]);
});

test("nothing of it is kept when it throws, and the error is handed on as it is", () => {
  const error = new Error("mine");
  expect(() =>
    transaction(() => {
      insert("a");
      throw error;
    }),
  ).toThrow(error);
  expect(file.db.isTransaction).toBe(false);
  expect(kept()).toEqual([]);
  transaction(() => insert("b"));
  expect(kept()).toEqual(["b"]);
});

test("a full disk undoes what went before in the same transaction, and the next one works when there is room", () => {
  transaction(() => insert("before"));
  const pages = file.db.prepare("pragma page_count").get()?.page_count as number;
  file.db.exec(`pragma max_page_count = ${pages + 1}`);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const full = failure(() =>
      transaction(() => {
        insert("lost");
        insert("x".repeat(100_000));
      }),
    );
    expect(full).toMatchObject({ drawer: "worker", code: "ledger-disk-full" });
    expect(full.message).toBe(`ledger ${path}: no room for it (database or disk is full): make room on its disk`);
    expect(file.db.isTransaction).toBe(false);
    expect(kept()).toEqual(["before"]);
  }
  file.db.exec("pragma max_page_count = 1000000");
  transaction(() => insert("after"));
  expect(kept()).toEqual(["before", "after"]);
});

test("a ledger that another connection is writing is busy before anything is done, until that one has finished", () => {
  const other = new DatabaseSync(path);
  other.exec("begin immediate");
  const work = () => {
    throw new Error("it was begun");
  };
  expect(failure(() => transaction(work))).toMatchObject({
    drawer: "worker",
    code: "ledger-busy",
    message: `ledger ${path}: another program holds its lock (database is locked): close what has it open`,
  });
  expect(file.db.isTransaction).toBe(false);
  other.exec("rollback");
  other.close();
  transaction(() => insert("b"));
  expect(kept()).toEqual(["b"]);
});

test("a ledger that may only be read says so, until it may be written", () => {
  file.db.exec("pragma query_only = 1");
  const refused = failure(() => transaction(() => insert("a")));
  expect(refused).toMatchObject({ drawer: "worker", code: "ledger-read-only" });
  expect(refused.message).toContain(`ledger ${path}: it cannot be written (attempt to write a readonly database)`);
  expect(file.db.isTransaction).toBe(false);
  file.db.exec("pragma query_only = 0");
  transaction(() => insert("b"));
  expect(kept()).toEqual(["b"]);
});

test("a limit on the size of files is an I/O error of the disk, and heals", () => {
  // The process may write files of 64 KiB at most: the log of changes reaches that, and has room again when it is emptied.
  const script = `
    import { openLedgerFile } from ${JSON.stringify(join(process.cwd(), "src/ledger/file.ts"))};
    import { transactionOn } from ${JSON.stringify(join(process.cwd(), "src/ledger/transaction.ts"))};
    const file = openLedgerFile(${JSON.stringify(join(folder, "limited.db"))});
    const transaction = transactionOn(file);
    file.db.exec("create table kept (text text not null)");
    const write = () => transaction(() => void file.db.exec("delete from kept; insert into kept values (hex(zeroblob(5000)))"));
    const outcomes = new Set();
    for (let time = 0; time < 20; time++) try { write(); outcomes.add("written"); } catch (error) {
      outcomes.add([error.drawer, error.code, error.message.includes("disk I/O error while writing"), file.db.isTransaction].join(" "));
    }
    file.db.exec("pragma wal_checkpoint(truncate)");
    write();
    console.log(JSON.stringify([...outcomes, file.db.prepare("select length(text) as n from kept").all()]));
    file.release();
  `;
  const output = execFileSync("bash", [
    "-c",
    `ulimit -f 64; exec "$0" --input-type=module-typescript -e "$1"`,
    process.execPath,
    script,
  ]);
  expect(JSON.parse(output.toString())).toEqual(["written", "worker ledger-io true false", [{ n: 10_000 }]]);
});

test("a file that was moved away is not written, until it is back", () => {
  renameSync(path, `${path}.away`);
  expect(failure(() => transaction(() => insert("a")))).toMatchObject({ drawer: "worker", code: "ledger-replaced" });
  writeFileSync(path, "");
  expect(failure(() => transaction(() => insert("a")))).toMatchObject({ code: "ledger-replaced" });
  renameSync(`${path}.away`, path);
  transaction(() => insert("b"));
  expect(kept()).toEqual(["b"]);
});

test("transactions do not nest, and the outer one is undone", () => {
  expect(() => transaction(() => [insert("outer"), transaction(() => insert("inner"))])).toThrow(
    "cannot start a transaction within a transaction",
  );
  expect(kept()).toEqual([]);
});
