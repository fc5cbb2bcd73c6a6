import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LedgerFile, openLedgerFile, openLedgerToRead, ownerOf } from "../../../src/ledger/file.ts";
import { Failure, UsageError } from "../../../src/lib/errors.ts";

let folder: string;
let path: string;
const closing: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-ledger-file-"));
  path = join(folder, "ledger.db");
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

function open(at = path): LedgerFile & { close(): void } {
  const file = openLedgerFile(at);
  let isOpen = true;
  const close = () => {
    if (isOpen) file.release();
    isOpen = false;
  };
  closing.push(close);
  return { ...file, close };
}

const thrownBy = (work: () => unknown): Error => {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not fail");
};

/** Another process that has the ledger, as its worker, or to read it for long. */
async function elsewhere(how: "openLedgerFile" | "openLedgerToRead"): Promise<{ pid: number; kill(): Promise<unknown> }> {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      "--input-type=module-typescript",
      "-e",
      `import { ${how} } from ${JSON.stringify(join(process.cwd(), "src/ledger/file.ts"))};
      const opened = ${how}(${JSON.stringify(path)});
      const db = opened.db ?? opened;
      db.prepare("select * from meta").all();
      console.log("open");
      setInterval(() => opened.db, 1e6);`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "close");
  };
  closing.push(kill);
  await once(child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
  return { pid: child.pid as number, kill };
}

const refused = (words: string) => {
  // Whoever has it open here keeps it.
  const error = thrownBy(() => openLedgerFile(path, 100));
  expect(error).toBeInstanceOf(UsageError);
  expect(error).toMatchObject({ code: "ledger-locked" });
  expect(error.message).toContain(`ledger ${path} `);
  expect(error.message).toContain(words);
};

describe("its rights", () => {
  test("new files are this user's alone, whatever the umask, also those that SQLite makes", () => {
    const before = process.umask(0);
    try {
      open().db.exec("create table addresses (address text)");
    } finally {
      process.umask(before);
    }
    expect(readdirSync(folder).sort()).toEqual(["ledger.db", "ledger.db-shm", "ledger.db-wal", "ledger.db.lock"]);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
  });

  test("a file that is there keeps its rights", () => {
    writeFileSync(path, "");
    chmodSync(path, 0o640);
    open();
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o640);
  });

  test("a link to a file that is not there yet makes that file, and its lock lies beside it", () => {
    symlinkSync("real.db", path);
    open();
    expect(statSync(join(folder, "real.db")).mode & 0o777).toBe(0o600);
    expect(existsSync(join(folder, "real.db.lock"))).toBe(true);
  });

  test("folders that are missing are made", () => {
    open(join(folder, "a/b/ledger.db"));
    expect(statSync(join(folder, "a/b/ledger.db")).isFile()).toBe(true);
  });
});

describe("one worker at a time", () => {
  test("a second one is refused, in this process and in another", async () => {
    const first = open();
    refused(`is in use by process ${process.pid} on `);
    first.close();
    const { pid, kill } = await elsewhere("openLedgerFile");
    refused(`is in use by process ${pid} on `);
    await kill();
    open();
  });

  test.each([
    ["removed", () => unlinkSync(`${path}.lock`)],
    ["replaced by an empty one", () => [unlinkSync(`${path}.lock`), writeFileSync(`${path}.lock`, "")]],
    ["moved away", () => renameSync(`${path}.lock`, `${path}.lock.old`)],
  ])("a second one is refused when the lock file was %s", async (_, spoil) => {
    const { pid, kill } = await elsewhere("openLedgerFile");
    spoil();
    refused(`is open elsewhere, and its lock file was removed while process ${pid} on `);
    await kill();
    open().close();
    open();
  });

  test("a second one is refused when the lock file was removed, in the same process", () => {
    open();
    unlinkSync(`${path}.lock`);
    refused("is open elsewhere");
  });

  test("a second one is refused that comes by another name of the file", () => {
    open();
    const link = join(folder, "link.db");
    symlinkSync(path, link);
    expect(thrownBy(() => openLedgerFile(link)).message).toContain(`ledger ${link} is in use by process ${process.pid} on `);
  });

  test("one that was killed does not stand in the way, though somebody reads the ledger", async () => {
    const { kill } = await elsewhere("openLedgerFile");
    await elsewhere("openLedgerToRead");
    await kill();
    open();
  });

  test("one that was killed and whose lock is gone: it waits for the readers, for they might be it", async () => {
    const { kill } = await elsewhere("openLedgerFile");
    const reader = await elsewhere("openLedgerToRead");
    await kill();
    renameSync(`${path}.lock`, `${path}.lock.old`);
    refused("close what reads the ledger");
    await reader.kill();
    open();
  });

  test("what a killed one had committed is there, also when the lock has to be proved", async () => {
    const { pid, kill } = await elsewhere("openLedgerFile");
    await kill();
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    renameSync(`${path}.lock`, `${path}.lock.old`);
    const { db } = open();
    expect(ownerOf(db)).toContain(`process ${process.pid} on`);
    expect(ownerOf(db)).not.toContain(`process ${pid} on`);
  });
});

test("a ledger of the first version, whose worker was killed, is taken", () => {
  const first = new DatabaseSync(path);
  first.exec("pragma journal_mode = wal; create table meta (name text primary key, value text not null) without rowid");
  first.exec("insert into meta values ('version', '1'), ('owner', 'process 1 on elsewhere, started long ago')");
  first.close();
  const { db } = open();
  expect(ownerOf(db)).toContain(`process ${process.pid} on `);
  expect(db.prepare("select value from meta where name = 'version'").get()?.value).toBe("1");
});

describe("who has it", () => {
  const asked = (): string | undefined => {
    const db = openLedgerToRead(path);
    try {
      return ownerOf(db);
    } finally {
      db.close();
    }
  };

  test("is told while it runs, also without its lock file; not when it has ended or was killed", async () => {
    const first = open();
    expect(asked()).toContain(`process ${process.pid} on `);
    first.close();
    expect(asked()).toBeUndefined();

    const { pid, kill } = await elsewhere("openLedgerFile");
    expect(asked()).toContain(`process ${pid} on `);
    await kill();
    expect(asked()).toBeUndefined();

    open();
    unlinkSync(`${path}.lock`);
    expect(asked()).toContain(`process ${process.pid} on `);
    writeFileSync(`${path}.lock`, "");
    expect(asked()).toContain(`process ${process.pid} on `);
  });

  test("whose name cannot be taken out any more, as on a full disk, is gone all the same", () => {
    const file = open();
    file.db.exec("pragma query_only = 1");
    file.close();
    const reader = openLedgerToRead(path);
    expect(ownerOf(reader)).toBeUndefined();
    reader.close();
    open().close();
  });

  test("a ledger in memory has no owner", () => {
    const { db } = open(":memory:");
    db.exec("create table meta (name text, value text)");
    expect(ownerOf(db)).toBeUndefined();
  });
});

describe("its place", () => {
  const replacedFile = (name: string) => ({
    drawer: "worker",
    code: "ledger-replaced",
    message: `ledger ${path}: ${name === path ? "its file" : name} was removed or replaced while this worker had it open: put it back, or restart the worker to begin with what is there`,
  });

  test("is checked: removed, replaced, and back again", () => {
    const { check } = open();
    check();
    renameSync(path, `${path}.away`);
    expect(thrownBy(check)).toMatchObject(replacedFile(path));
    writeFileSync(path, "");
    expect(thrownBy(check)).toMatchObject(replacedFile(path));
    renameSync(`${path}.away`, path);
    check();
    renameSync(folder, `${folder}.away`);
    try {
      expect(thrownBy(check)).toMatchObject(replacedFile(path));
    } finally {
      renameSync(`${folder}.away`, folder);
    }
    check();
    unlinkSync(path);
    expect(thrownBy(check)).toBeInstanceOf(Failure);
  });

  test("the log of changes beside it counts, too", () => {
    const { check } = open();
    unlinkSync(`${path}-wal`);
    expect(thrownBy(check)).toMatchObject(replacedFile(`${path}-wal`));
  });

  test("a link that leads elsewhere now is noticed", () => {
    symlinkSync("real.db", path);
    const { check } = open();
    check();
    writeFileSync(join(folder, "other.db"), "");
    unlinkSync(path);
    symlinkSync("other.db", path);
    expect(thrownBy(check)).toMatchObject(replacedFile(path));
  });

  test("readers and checkpoints do not look like a replacement", () => {
    const { db, check } = open();
    const reader = openLedgerToRead(path);
    db.exec("create table t (a); insert into t values (1); pragma wal_checkpoint(truncate)");
    reader.close();
    db.exec("vacuum");
    check();
  });
});

describe("what can be no ledger", () => {
  const spoiled: [string, () => void, () => string][] = [
    ["garbage", () => writeFileSync(path, Buffer.alloc(50_000, 0xa7)), () => `ledger ${path}: the file is not a database`],
    ["text", () => writeFileSync(path, "hello world\n".repeat(100)), () => `ledger ${path}: the file is not a database`],
    ["a folder", () => mkdirSync(path), () => `cannot use ledger ${path}: it is a folder`],
    ["a loop of links", () => symlinkSync("ledger.db", path), () => `cannot use ledger ${path}: its symbolic links go round`],
    ["a device", () => symlinkSync("/dev/null", path), () => `cannot use ledger ${path}: it is no ordinary file`],
    [
      "a link into nowhere",
      () => symlinkSync("none/l.db", path),
      () => `cannot use ledger ${path}: there is no such file or folder`,
    ],
    ["a lock that is a folder", () => mkdirSync(`${path}.lock`), () => `cannot use ledger ${path}: ${path}.lock: it is a folder`],
    [
      "a lock that holds text",
      () => writeFileSync(`${path}.lock`, "4711\n".repeat(1000)),
      () => `cannot use ledger ${path}: ${path}.lock is no lock of this program`,
    ],
    ["a folder beside it", () => mkdirSync(`${path}-wal`), () => `cannot use ledger ${path}: ${path}-wal: it is a folder`],
  ];
  test.each(spoiled)("%s is named, and nothing stays locked", (_, spoil, words) => {
    spoil();
    expect(thrownBy(() => openLedgerFile(path)).message).toContain(words());
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
    open();
  });

  test("a folder that cannot be made is named", () => {
    expect(thrownBy(() => openLedgerFile("/proc/none/a/ledger.db"))).toMatchObject({
      code: "ledger-unusable",
      message: expect.stringContaining("cannot use ledger /proc/none/a/ledger.db: /proc/none"),
    });
    writeFileSync(path, "");
    expect(thrownBy(() => openLedgerFile(`${path}/ledger.db`)).message).toContain(`${path}: a part of the path is no folder`);
  });

  test("a database of another program is left as it is", () => {
    const other = new DatabaseSync(path);
    other.exec("create table places (url text)");
    other.close();
    const before = readFileSync(path);
    for (const opening of [openLedgerFile, openLedgerToRead])
      expect(thrownBy(() => opening(path)).message).toContain(`cannot use ledger ${path}: it is a database of another program`);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("for readers: nothing, an empty file, a folder, text", () => {
    const read = () => thrownBy(() => openLedgerToRead(path));
    expect(read()).toMatchObject({ code: "ledger-missing" });
    writeFileSync(path, "");
    expect(read()).toMatchObject({ code: "ledger-missing" });
    writeFileSync(path, "hello world\n".repeat(100));
    expect(read().message).toContain(`ledger ${path}: the file is not a database`);
    rmSync(path);
    mkdirSync(path);
    expect(read().message).toBe(`cannot use ledger ${path}: it is a folder; correct ledger.path, or what is there`);
  });
});
