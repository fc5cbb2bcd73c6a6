import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { appendFile, chmod, mkdir, mkdtemp, rename, rm, stat, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SourceEvent } from "../../../../src/contracts/source.ts";
import type { ObjectRef, ObjectStore } from "../../../../src/contracts/store.ts";
import { fileFailure, rootFailure } from "../../../../src/intake/directory/failures.ts";
import { directory, directoryStore } from "../../../../src/intake/directory/source.ts";
import { tailOptions } from "../../../../src/intake/tail/options.ts";
import { tailing } from "../../../../src/intake/tail/source.ts";
import { UsageError } from "../../../../src/lib/errors.ts";
import { LAYOUTS } from "../../../../src/registry.ts";
import { StrictLedger } from "../tail/ledger.ts";
import { pass } from "../tail/passes.ts";

// Files, sockets and many passes, on a machine that may have other work.
const exec = promisify(execFile);
const signal = new AbortController().signal;
let base: string;
let store: ObjectStore;
const events: SourceEvent[] = [];
const dependencies = () => ({ baseDir: base, env: {}, onEvent: (event: SourceEvent) => events.push(event) });
const { ignore } = directory.options.parse({ path: "." });

const put = async (key: string, text = key) => {
  await mkdir(dirname(join(base, "bucket", key)), { recursive: true });
  await writeFile(join(base, "bucket", key), text);
};
const objects = async (prefix = ""): Promise<ObjectRef[]> =>
  (await Array.fromAsync(store.list({ prefix }, signal))).flatMap((page) => page.objects);
const keys = async (prefix = "") => (await objects(prefix)).map(({ key }) => key);
const read = async (object: ObjectRef) => Buffer.concat(await Array.fromAsync(await store.open(object, signal))).toString();

beforeEach(async () => {
  events.length = 0;
  base = await mkdtemp(join(tmpdir(), "flowferry-directory-"));
  await mkdir(join(base, "bucket"));
  store = await directoryStore({ path: "bucket", ignore }, dependencies());
});

afterEach(() => rm(base, { recursive: true }));

describe("the path", () => {
  it("is relative to the configuration file, and names the store", async () => {
    await put("a");
    expect(await keys()).toEqual(["a"]);
    expect(store.name).toBe(`file://${base}/bucket`);
  });

  it.each([
    ["missing", "is not there"],
    ["bucket/file", "is not a directory"],
  ])("%s is refused", async (path, message) => {
    await put("file");
    const opening = directoryStore({ path, ignore }, dependencies());
    await expect(opening).rejects.toThrow(UsageError);
    await expect(opening).rejects.toThrow(`${join(base, path)} ${message}`);
  });

  it("that goes away later is no empty bucket, but something for a person; it heals by itself", async () => {
    await put("a");
    const [object] = await objects();
    const missing = {
      drawer: "person",
      code: "no-such-directory",
      message: `path: cannot list ${base}/bucket: there is no such file or folder (ENOENT); see that it is there, mounted, and may be read, or correct path`,
    };
    await rename(join(base, "bucket"), join(base, "elsewhere"));
    await expect(keys()).rejects.toMatchObject(missing);
    await expect(keys("b/")).rejects.toMatchObject(missing);
    await expect(read(object as ObjectRef)).rejects.toMatchObject(missing);
    await writeFile(join(base, "bucket"), "a file");
    await expect(keys()).rejects.toMatchObject({ drawer: "person", code: "no-such-directory" });
    await expect(read(object as ObjectRef)).rejects.toMatchObject({ drawer: "person" });
    await rm(join(base, "bucket"));
    await rename(join(base, "elsewhere"), join(base, "bucket"));
    expect(await read(object as ObjectRef)).toBe("a");
  });

  it.skipIf(!mayMount())("that was a mount point and is none any more is no empty bucket", async () => {
    const path = join(base, "bucket");
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path]);
    try {
      store = await directoryStore({ path: "bucket", ignore }, dependencies());
      await put("a");
      expect(await keys()).toEqual(["a"]);
    } finally {
      const [object] = await objects();
      execFileSync("umount", [path]);
      const unmounted = { drawer: "person", message: `path: nothing is mounted at ${path} any more: mount it again` };
      await expect(keys()).rejects.toMatchObject(unmounted);
      await expect(read(object as ObjectRef)).rejects.toMatchObject(unmounted);
    }
  });
});

describe("what cannot be looked at", () => {
  const nobody = async <T>(run: () => Promise<T>): Promise<T> => {
    if (process.getuid?.() === 0) process.seteuid?.(65_534);
    try {
      return await run();
    } finally {
      if (process.getuid?.() === 0) process.seteuid?.(0);
    }
  };
  const unreadable = (key: string) => ({
    kind: "unreadable",
    key,
    message: "not read, while others are: permission denied: give this user the rights to the file and its folder (EACCES)",
  });
  beforeEach(() => chmod(base, 0o755));

  it("is told of once, and the others are listed: a folder", async () => {
    for (const key of ["a/1", "b/2", "b/c/3", "d/4"]) await put(key);
    await chmod(join(base, "bucket/b"), 0);
    expect(await nobody(() => keys())).toEqual(["a/1", "d/4"]);
    expect(await nobody(() => keys("b/"))).toEqual([]);
    expect(await nobody(() => keys("b/c/"))).toEqual([]);
    expect(events).toEqual([unreadable("b/")]);
    await chmod(join(base, "bucket/b"), 0o755);
    expect(await nobody(() => keys())).toEqual(["a/1", "b/2", "b/c/3", "d/4"]);
    await chmod(join(base, "bucket/b"), 0);
    await nobody(() => keys());
    expect(events).toEqual([unreadable("b/"), unreadable("b/")]);
  });

  it("is counted as long as it is so, and as long as it is there", async () => {
    const counts: number[] = [];
    store = await directoryStore({ path: "bucket", ignore }, { ...dependencies(), onUnreadable: (count) => counts.push(count) });
    for (const key of ["a/1", "b/2", "c/3", "d/4"]) await put(key);
    for (const folder of ["b", "c", "d"]) await chmod(join(base, "bucket", folder), 0);
    const parts = [{ before: "c" }, { startAfter: "b/~", before: "d" }, { startAfter: "c/~" }];
    const listAll = () =>
      nobody(async () => {
        for (const part of parts) await Array.fromAsync(store.list({ prefix: "", ...part }, signal));
      });
    await listAll();
    await listAll();
    expect(counts).toEqual([1, 2, 3]);
    await chmod(join(base, "bucket/b"), 0o755);
    await rm(join(base, "bucket/d"), { recursive: true });
    await nobody(() => Array.fromAsync(store.list({ prefix: "", delimiter: "/" }, signal)));
    await listAll();
    expect(counts).toEqual([1, 2, 3, 2, 1]);
    await chmod(join(base, "bucket/c"), 0o755);
    await nobody(() => keys("c/"));
    expect(counts.at(-1)).toBe(0);
  });

  it("is told of, and the others are listed: files in a folder that may be listed but not entered", async () => {
    for (const key of ["a/1", "b/2"]) await put(key);
    await chmod(join(base, "bucket/a"), 0o644);
    expect(await nobody(() => keys())).toEqual(["b/2"]);
    expect(events).toEqual([unreadable("a/1")]);
  });

  it("is told of, and the others are listed: a folder whose path is too long", async () => {
    await put("a");
    let folder = join(base, "bucket");
    while (folder.length < 3900) folder = join(folder, "b".repeat(150));
    await mkdir(folder, { recursive: true });
    const here = process.cwd();
    process.chdir(folder);
    try {
      await mkdir("c".repeat(250));
    } finally {
      process.chdir(here);
    }
    expect(await keys()).toEqual(["a"]);
    expect(events).toMatchObject([
      { kind: "unreadable", message: expect.stringContaining("the name is too long (ENAMETOOLONG)") },
    ]);
    await exec("rm", ["-rf", join(base, "bucket", "b".repeat(150))]);
  });

  it("is a matter of the folder itself where that may not be listed", async () => {
    await put("a");
    await chmod(join(base, "bucket"), 0);
    await expect(nobody(() => keys())).rejects.toMatchObject({ drawer: "person", code: "unreadable" });
    await chmod(join(base, "bucket"), 0o755);
  });

  it("of files is an object's own trouble", async () => {
    for (const key of ["a", "b", "c/d"]) await put(key);
    const listed = await objects();
    await chmod(join(base, "bucket/a"), 0);
    await chmod(join(base, "bucket/c"), 0);
    const failures = await nobody(() => Promise.allSettled(listed.map(read)));
    expect(failures).toMatchObject([
      {
        reason: {
          drawer: "object",
          gone: false,
          code: "object-denied",
          message: "cannot read a: permission denied: give this user the rights to the file and its folder (EACCES)",
        },
      },
      { value: "b" },
      { reason: { drawer: "object", gone: false, code: "object-denied" } },
    ]);
    await chmod(join(base, "bucket/c"), 0o755);
  });

  it("of links that go round in a circle is an object's own trouble", async () => {
    await put("a");
    const [object] = await objects();
    await rm(join(base, "bucket/a"));
    await symlink("a", join(base, "bucket/a"));
    await expect(read(object as ObjectRef)).rejects.toMatchObject({ drawer: "object", gone: false, code: "object-unreadable" });
  });
});

describe("the table of a file system's errors", () => {
  const error = (code: string) => Object.assign(new Error(`${code}: it is`), { code });

  it.each([
    ["ENOENT", "object", "object-vanished", true],
    ["ENOTDIR", "object", "object-vanished", true],
    ["EACCES", "object", "object-denied", false],
    ["EPERM", "object", "object-denied", false],
    ["EIO", "object", "object-unreadable", false],
    ["ELOOP", "object", "object-unreadable", false],
    ["ENAMETOOLONG", "object", "object-unreadable", false],
    ["ESTALE", "object", "object-unreadable", false],
    ["EISDIR", "object", "object-unreadable", false],
    ["EMFILE", "passing", "unreadable", false],
    ["ENFILE", "passing", "unreadable", false],
    ["ETIMEDOUT", "passing", "unreadable", false],
  ])("%s of a file: %s, %s", (code, drawer, stable, gone) => {
    const failure = fileFailure("logs/a.gz", error(code));
    expect(failure).toMatchObject({ drawer, code: stable, gone });
    expect(failure.message).toContain("logs/a.gz");
  });

  it.each([
    ["ENOENT", "person", "no-such-directory"],
    ["ENOTDIR", "person", "no-such-directory"],
    ["EACCES", "person", "unreadable"],
    ["EIO", "person", "unreadable"],
    ["ESTALE", "person", "unreadable"],
    ["ENOTCONN", "person", "unreadable"],
    ["EMFILE", "passing", "unreadable"],
    ["ETIMEDOUT", "passing", "unreadable"],
  ])("%s of the folder: %s, %s", (code, drawer, stable) => {
    const failure = rootFailure("/mnt/flows", error(code));
    expect(failure).toMatchObject({ drawer, code: stable, gone: false });
    expect(failure.message).toContain("path: cannot list /mnt/flows: ");
    expect(failure.message).toContain(code);
  });
});

function mayMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), "flowferry-mount-"));
  const [mounted] = [spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]).status === 0];
  if (mounted) execFileSync("umount", [folder]);
  rmdirSync(folder);
  return mounted;
}

describe("what is listed", () => {
  it("leaves out hidden and unfinished files, and folders of such names", async () => {
    for (const key of [".hidden", "a.tmp", "a.part", "b/.git/x", "b/c.tmp/x", "b/d.gz"]) await put(key);
    expect(await keys()).toEqual(["b/d.gz"]);
    store = await directoryStore({ path: "bucket", ignore: ["*.gz"] }, dependencies());
    expect(await keys()).toEqual([".hidden", "a.part", "a.tmp", "b/.git/x", "b/c.tmp/x"]);
    expect(await keys(".hid")).toEqual([".hidden"]);
  });

  it("leaves out the ledger of this worker and what lies beside it, and says so", async () => {
    const files = ["", "-wal", "-shm", ".lock", ".tables/ports.csv", ".network.json"].map((end) => `state/flowferry.db${end}`);
    for (const key of [...files, "state/flowferry.dbx", "flowferry.db", "z"]) await put(key);
    await symlink(join(base, "bucket", "state"), join(base, "link"));
    await symlink("../z", join(base, "link", "other.db"));
    const here = (ledgerPath: string) => directoryStore({ path: "bucket", ignore }, { ...dependencies(), ledgerPath });
    store = await here(join(base, "link", "flowferry.db"));
    expect(await keys()).toEqual(["flowferry.db", "state/flowferry.dbx", "state/other.db", "z"]);
    expect(events.map(({ kind, key }) => [kind, key])).toEqual(files.toSorted().map((key) => ["passed-over", key]));
    store = await here(join(base, "link", "other.db"));
    expect(await keys()).not.toContain("z");
    store = await here(join(base, "none", "flowferry.db"));
    expect(await keys()).toContain("z");
  });

  it("keeps to the directory whatever the prefix", async () => {
    await put("a/b");
    await writeFile(join(base, "outside"), "x");
    for (const prefix of ["../", "..", "a/../../", "/", "//", "a//", "a/./", "nothing/", "a/b/c/", "\0/"])
      expect(await keys(prefix)).toEqual([]);
    expect(await keys("a/b")).toEqual(["a/b"]);
  });

  it("follows symbolic links inside the directory, but no other and no loops", async () => {
    await put("real/x");
    await put("other/y");
    await mkdir(join(base, "secret"));
    await writeFile(join(base, "secret/z"), "secret");
    const link = (target: string, path: string) => symlink(target, join(base, "bucket", path));
    await link("real", "folder-link");
    await link("real/x", "file-link");
    await link("../secret", "way-out");
    await link("../secret/z", "file-out");
    await link("nowhere", "dangling");
    await link("..", "real/up");
    await link("../real", "other/real");
    await link("../other", "real/other");
    const found = await keys();
    expect(found).toEqual([
      "file-link",
      "folder-link/other/y",
      "folder-link/x",
      "other/real/x",
      "other/y",
      "real/other/y",
      "real/x",
    ]);
    expect(await read((await objects("folder-link/x"))[0] as ObjectRef)).toBe("real/x");
    expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(["passed-over"]));
    expect(new Set(events.map(({ key }) => key))).toEqual(
      new Set([
        "way-out",
        "file-out",
        "dangling",
        "real/up",
        "folder-link/up",
        "other/real/up",
        "real/other/real",
        "folder-link/other/real",
        "other/real/other",
      ]),
    );
    const before = events.length;
    await keys();
    expect(events).toHaveLength(before);
  });

  it("does not open a link that was set to lead out after the listing", async () => {
    await put("a");
    const [object] = await objects();
    await rm(join(base, "bucket/a"));
    await writeFile(join(base, "secret"), "secret");
    await symlink("../secret", join(base, "bucket/a"));
    await expect(read(object as ObjectRef)).rejects.toMatchObject({ drawer: "object", code: "object-vanished", gone: true });
  });

  it("reports what cannot be an object: sockets, and names that are not UTF-8", async () => {
    const socket = createServer();
    await new Promise<void>((resolve) => socket.listen(join(base, "bucket/socket"), resolve));
    await writeFile(Buffer.concat([Buffer.from(join(base, "bucket/bad-")), Buffer.from([0xff])]), "x");
    await put("good");
    expect(await keys()).toEqual(["good"]);
    expect(events.map(({ message }) => message).toSorted()).toEqual([
      "not read: it is neither a file nor a folder",
      "not read: its name is not UTF-8",
    ]);
    await new Promise((resolve) => socket.close(resolve));
  });

  it("takes a file that is copied with its old time for new", async () => {
    await put("a");
    await utimes(join(base, "bucket/a"), 1_000_000_000, 1_000_000_000);
    const [object] = await objects();
    expect(Date.now() - (object?.time ?? 0)).toBeLessThan(60_000);
  });

  it("sees another version when size, time or file changes", async () => {
    const etags = new Set<string | undefined>();
    const note = async () => etags.add((await objects())[0]?.etag);
    await put("a", "one");
    await note();
    await utimes(join(base, "bucket/a"), 1_000_000_000, 1_000_000_000);
    await note();
    await put("b", "two");
    await utimes(join(base, "bucket/b"), 1_000_000_000, 1_000_000_000);
    await rename(join(base, "bucket/b"), join(base, "bucket/a"));
    await note();
    await appendFile(join(base, "bucket/a"), "!");
    await note();
    expect(etags.size).toBe(4);
  });
});

describe("a folder that is moved in", () => {
  it("brings files that are older than the newest one, which are found all the same", async () => {
    await mkdir(join(base, "elsewhere"));
    for (const name of ["1", "2"]) await writeFile(join(base, "elsewhere", name), name);
    const { ctimeMs } = await stat(join(base, "elsewhere/2"));
    // The clock of files ticks every few ms; times are taken in whole ones.
    do await put("newer");
    while ((await stat(join(base, "bucket/newer"))).ctimeMs < Math.floor(ctimeMs) + 1);
    const options = tailOptions(LAYOUTS).parse({ layout: "flat", lookBack: "0s" });
    const source = tailing(store, LAYOUTS, options, dependencies(), () => Date.now() + 60_000);
    const ledger = new StrictLedger();
    expect(await pass(source, ledger)).toEqual(["newer"]);
    await rename(join(base, "elsewhere"), join(base, "bucket/moved"));
    expect((await pass(source, ledger)).toSorted()).toEqual(["moved/1", "moved/2"]);
    expect(events.map(({ kind, key }) => [kind, key]).toSorted()).toEqual([
      ["late-object", "moved/1"],
      ["late-object", "moved/2"],
    ]);
    expect(await pass(source, ledger)).toEqual([]);
  });
});

describe("a file that changes while it is read", () => {
  const large = "x".repeat(1_000_000);
  const whileReading = async (change: () => Promise<void>) => {
    await put("a", large);
    const [object] = await objects();
    let pieces = 0;
    for await (const _ of await store.open(object as ObjectRef, signal)) if (++pieces === 1) await change();
    return pieces;
  };
  const path = () => join(base, "bucket/a");

  it.each([
    ["grows", () => appendFile(path(), "more")],
    ["shrinks", () => truncate(path(), 300_000)],
    ["is written to", () => writeFile(path(), "y".repeat(1_000_000))],
    ["is touched", () => utimes(path(), 1, 1)],
  ])("and %s is refused", async (_, change) => {
    await expect(whileReading(change)).rejects.toMatchObject({ drawer: "object", code: "object-changed", gone: true });
  });

  it("and is replaced or removed as a whole is read as it was", async () => {
    await put("b", "new");
    expect(await whileReading(() => rename(join(base, "bucket/b"), path()))).toBe(4);
    expect(await whileReading(() => rm(path()))).toBe(4);
  });
});
