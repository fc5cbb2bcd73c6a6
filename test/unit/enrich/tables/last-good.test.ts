import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFile, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { watchTables } from "../../../../src/enrich/tables/reload.ts";
import { asset } from "../../../../src/lib/assets.ts";
import { UsageError } from "../../../../src/lib/errors.ts";
import { TestClock } from "../../lib/test-clock.ts";
import { place, servers, watched } from "./watching.ts";

const PROMISE_MS = 5_000;
/** A clock by which everything that is written now has rested. */
const later = () => new TestClock(60_000);

/** A worker has run with this table, and has ended. */
async function afterRun(text = servers("old", 100)) {
  const at = await place();
  await writeFile(at.servers, text);
  const options = { servers: at.servers, lastGood: at.lastGood };
  const { watch } = await watched(options);
  const { version } = watch.tables;
  watch.close();
  return { ...at, options, version };
}

async function copyOf(folder: string, table: string): Promise<string> {
  const [name, ...others] = (await readdir(folder)).filter((entry) => entry.startsWith(`${table}-`));
  expect(others).toEqual([]);
  return join(folder, name ?? "none");
}

describe("a copy of each table", () => {
  test("is kept from the start, byte by byte, for the owner alone", async () => {
    const text = `\uFEFF${servers("old", 3).replaceAll("\n", "\r\n")}`;
    const { lastGood } = await afterRun(text);
    const copy = await copyOf(lastGood, "servers");
    expect(await readFile(copy, "utf8")).toBe(text);
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
    expect((await stat(lastGood)).mode & 0o777).toBe(0o700);
    expect((await readdir(lastGood)).map((name) => name.split("-")[0]).sort()).toEqual(["servers"]);
  });

  test("follows what is taken, not what is refused", async () => {
    const at = await place();
    await writeFile(at.servers, servers("old", 100));
    const { clock } = await watched({ servers: at.servers, lastGood: at.lastGood });
    const copied = async () => readFile(await copyOf(at.lastGood, "servers"), "utf8");
    await writeFile(at.servers, "address,server\n10.0.0.1,\n");
    await clock.advance(PROMISE_MS);
    expect(await copied()).toBe(servers("old", 100));
    await writeFile(at.servers, servers("new", 90));
    await clock.advance(PROMISE_MS);
    expect(await copied()).toBe(servers("new", 90));
  });

  test("that a crash has left unfinished is removed at the next start, and nothing else", async () => {
    const at = await afterRun();
    const copy = await copyOf(at.lastGood, "servers");
    const word = `${copy}.accepted-${createHash("sha256").update("wanted").digest("hex")}`;
    for (const path of [`${copy}.0a1b2c3d`, word, join(at.lastGood, "notes.csv.0a1b2c3d")]) await writeFile(path, "address,ser");
    await watched(at.options);
    const left = (await readdir(at.lastGood)).map((name) => join(at.lastGood, name)).sort();
    expect(left).toEqual([join(at.lastGood, "notes.csv.0a1b2c3d"), copy, word].sort());
  });

  test("is not kept without a folder", async () => {
    const at = await place();
    await writeFile(at.servers, servers("old", 1));
    await watched({ servers: at.servers });
    expect(await readdir(at.folder)).toEqual(["servers.csv"]);
  });

  test("that cannot be written harms nothing, is told once, and written when it can be", async () => {
    const at = await place();
    await writeFile(at.servers, servers("old", 100));
    const obstacle = join(at.folder, "obstacle");
    await writeFile(obstacle, "");
    const lastGood = join(obstacle, "tables");
    const { events, watch, clock, inUse } = await watched({ servers: at.servers, lastGood });
    expect(inUse()).toBe("old-0 100");
    expect(events).toEqual([]);
    await clock.advance(300_000);
    expect(events).toMatchObject([{ kind: "unkept", ok: false, tables: ["servers"] }]);
    expect(events[0]?.message).toMatch(
      /servers\.csv: its copy cannot be kept in .*obstacle\/tables: E[A-Z]+.*; a restart depends on/,
    );
    expect(watch.stale()).toEqual([]);
    await writeFile(at.servers, servers("new", 100));
    await clock.advance(PROMISE_MS);
    expect(inUse()).toBe("new-0 100");
    await rm(obstacle);
    await clock.advance(120_000);
    expect(await readFile(await copyOf(lastGood, "servers"), "utf8")).toBe(servers("new", 100));
    expect(events.map(({ kind, ok }) => [kind, ok])).toEqual([
      ["unkept", false],
      ["reloaded", true],
      ["kept", true],
    ]);
  });
});

describe("a start with a file that is not good begins with the copy, and says so", () => {
  test.each<[string, (path: string) => Promise<unknown>, string]>([
    ["gone", (path) => rm(path), "does not exist"],
    ["a folder", (path) => rm(path).then(() => mkdir(path)), "is no regular file"],
    ["a dangling link", (path) => rm(path).then(() => symlink("nowhere", path)), "does not exist"],
    ["empty", (path) => writeFile(path, ""), "1: has no header line"],
    ["broken", (path) => writeFile(path, "address,server\n10.0.0.300,x\n"), '2: address "10.0.0.300"'],
    ["half-written", (path) => writeFile(path, servers("new", 100).slice(0, -9)), "101: server: is empty"],
    ["a header alone", (path) => writeFile(path, "address,server\n"), "has no rows where 100 rows are in use"],
    ["short", (path) => writeFile(path, servers("new", 50)), "has 50 rows where 100 rows are in use"],
  ])("%s", async (_, change, reason) => {
    const { servers: path, options, version, lastGood } = await afterRun();
    await utimes(await copyOf(lastGood, "servers"), 1_767_600_000, 1_767_600_000);
    await change(path);
    const { events, watch, clock, inUse, waitedMs } = await watched(options, later());
    expect(waitedMs).toBe(0);
    expect(inUse()).toBe("old-0 100");
    expect(watch.tables.version).toBe(version);
    expect(watch.tables.files.find(({ table }) => table === "servers")?.path).toBe(path);
    expect(events).toMatchObject([{ kind: "refused", ok: false, tables: ["servers"], version }]);
    expect(events[0]?.message).toContain(path);
    expect(events[0]?.message).toContain(reason);
    expect(events[0]?.message).toContain("; starts with the last good servers table, of 2026-01-05T08:00:00.000Z (100 rows)");
    expect(watch.stale()).toMatchObject([{ table: "servers", file: path, reason: expect.stringContaining(reason) }]);
    await clock.advance(60_000);
    expect(events).toHaveLength(1);
    await rm(path, { recursive: true, force: true });
    await writeFile(path, servers("repaired", 100));
    await clock.advance(PROMISE_MS);
    expect(inUse()).toBe("repaired-0 100");
    expect(watch.stale()).toEqual([]);
  });

  test("each table has its own", async () => {
    const at = await place();
    const tables = {
      ports: ["port,name\n443,OLD\n444,OLD\n", "port,name\n443,NEW\n"],
      servers: ["address,server\n10.0.0.1,OLD\n", "address,server\n"],
      networks: ["cidr,zone,name\n10.0.0.0/8,internal,OLD\n", "cidr,zone,name\n10.0.0.0/8,inside,NEW\n"],
      subnets: ["subnet,cidr,name\na,10.0.0.0/8,OLD\n", "subnet,cidr,name\na,10.0.0.0,NEW\n"],
      approvedDestinations: ["cidr,name\n10.0.0.0/8,OLD\n", "cidr;owner\n10.0.0.0/8;NEW\n"],
    } as const;
    const options = Object.fromEntries(Object.keys(tables).map((table) => [table, join(at.folder, `${table}.csv`)]));
    for (const [table, [good]] of Object.entries(tables)) await writeFile(options[table] as string, good);
    const first = await watched({ ...options, lastGood: at.lastGood });
    const { version } = first.watch.tables;
    first.watch.close();
    for (const [table, [, bad]] of Object.entries(tables)) await writeFile(options[table] as string, bad);
    const { watch, events } = await watched({ ...options, lastGood: at.lastGood }, later());
    expect(watch.tables.version).toBe(version);
    expect(watch.tables.ports.name(443, 6)).toBe("OLD");
    expect(watch.tables.addresses.get("10.0.0.1")).toMatchObject({ server: "OLD", network: "OLD", approved: "OLD" });
    expect(watch.tables.subnets.get("a")?.name).toBe("OLD");
    expect(events.map(({ kind, tables: [table] }) => `${kind} ${table}`).sort()).toEqual(
      Object.keys(tables)
        .map((table) => `refused ${table}`)
        .sort(),
    );
    expect(watch.stale().map(({ table }) => table)).toEqual(events.map(({ tables: [table] }) => table));
  });
});

describe("a start with a file that has changed", () => {
  test("begins with it, says nothing, and copies it", async () => {
    const { servers: path, options, lastGood } = await afterRun();
    await writeFile(path, servers("new", 60));
    const { inUse, events, watch, waitedMs } = await watched(options, later());
    expect(waitedMs).toBe(0);
    expect(inUse()).toBe("new-0 60");
    expect([events, watch.stale()]).toEqual([[], []]);
    expect(await readFile(await copyOf(lastGood, "servers"), "utf8")).toBe(servers("new", 60));
  });

  test("begins at once with one that holds what it held, whenever it was written", async () => {
    const { servers: path, options } = await afterRun();
    await writeFile(path, servers("old", 100));
    const { inUse, waitedMs } = await watched(options);
    expect(inUse()).toBe("old-0 100");
    expect(waitedMs).toBe(0);
  });

  test("waits until one that was just written has rested", async () => {
    const { servers: path, options } = await afterRun();
    await writeFile(path, servers("new", 100));
    const { inUse, events, waitedMs } = await watched(options);
    expect(inUse()).toBe("new-0 100");
    expect(events).toEqual([]);
    expect(waitedMs).toBeGreaterThanOrEqual(2_250);
    expect(waitedMs).toBeLessThanOrEqual(PROMISE_MS);
  });

  test("keeps the process alive until then, and no longer", async () => {
    const { servers: path, options } = await afterRun();
    await writeFile(path, servers("new", 100));
    const module = JSON.stringify(asset("src/enrich/tables/reload.ts"));
    const program = `import { watchTables } from ${module};
      const { tables } = await watchTables(${JSON.stringify(options)}, () => {});
      console.log(tables.addresses.get("10.0.0.1").server);`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { timeout: 30_000 });
    expect(stdout).toBe("new-0\n");
  });

  test("does not wait for ever for one that is being written", async () => {
    const { servers: path, options } = await afterRun();
    const clock = new TestClock();
    let writes = 0;
    const wait = clock.wait.bind(clock);
    clock.wait = async (...how) => {
      await appendFile(path, `10.8.0.${++writes},written-${writes}\n`);
      return wait(...how);
    };
    await writeFile(path, servers("new", 60));
    const { inUse, events, watch, waitedMs } = await watched(options, clock);
    clock.wait = wait;
    expect(waitedMs).toBeLessThanOrEqual(PROMISE_MS + 250);
    expect(inUse()).toBe("old-0 100");
    expect(events).toMatchObject([{ kind: "refused", ok: false, tables: ["servers"] }]);
    expect(events[0]?.message).toContain(`${path}: is being written: `);
    expect(events[0]?.message).toContain("; starts with the last good servers table, of ");
    expect(watch.stale()).toMatchObject([{ table: "servers" }]);
    await clock.advance(PROMISE_MS);
    expect(inUse()).toBe(`new-0 ${60 + writes}`);
    expect(watch.stale()).toEqual([]);
  });
});

describe("a copy belongs to a table and a path", () => {
  test("a broken file at another path is an error", async () => {
    const { folder, options } = await afterRun();
    const other = join(folder, "other.csv");
    await writeFile(other, "address,server\n10.0.0.300,x\n");
    const opening = watchTables({ ...options, servers: other }, () => {});
    const error = await opening.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toContain(`${other}:2: address "10.0.0.300"`);
    const { inUse } = await watched(options);
    expect(inUse()).toBe("old-0 100");
  });

  test("a good one at another path replaces it, however short it is", async () => {
    const { folder, options, lastGood } = await afterRun();
    const other = join(folder, "other.csv");
    await writeFile(other, servers("other", 1));
    const { inUse, events } = await watched({ ...options, servers: other });
    expect(inUse()).toBe("other-0 1");
    expect(events).toEqual([]);
    expect(await readFile(await copyOf(lastGood, "servers"), "utf8")).toBe(servers("other", 1));
  });
});

describe("a copy that is spoilt", () => {
  test("is told and made anew where the file is good", async () => {
    const { options, lastGood } = await afterRun();
    const copy = await copyOf(lastGood, "servers");
    await writeFile(copy, "address,server\n10.0.0.1,\n");
    const { inUse, events } = await watched(options);
    expect(inUse()).toBe("old-0 100");
    expect(events).toMatchObject([{ kind: "unkept", ok: false }]);
    expect(events[0]?.message).toBe(`${copy}:2: server: is empty: fill it in, or remove the line; this copy is passed over`);
    expect(await readFile(copy, "utf8")).toBe(servers("old", 100));
  });

  test("does not help a broken file", async () => {
    const { servers: path, options, lastGood } = await afterRun();
    await writeFile(await copyOf(lastGood, "servers"), "");
    await writeFile(path, "");
    await expect(watchTables(options, () => {})).rejects.toThrow(UsageError);
  });
});

test("leftovers of a copy that was being written when the program died are removed with the next copy", async () => {
  const { servers: path, options, lastGood } = await afterRun();
  const copy = await copyOf(lastGood, "servers");
  await writeFile(`${copy}.0badcafe`, "address,ser");
  const { clock } = await watched(options, later());
  await writeFile(path, servers("new", 100));
  await clock.advance(PROMISE_MS);
  expect(await copyOf(lastGood, "servers")).toBe(copy);
});

test("the version of what a copy holds is that of the file", async () => {
  const { servers: path, options } = await afterRun();
  await rm(path);
  const { watch } = await watched(options, later());
  const digest = createHash("sha256").update(servers("old", 100)).digest("hex");
  expect(watch.tables.files.find(({ table }) => table === "servers")).toEqual({
    table: "servers",
    path,
    rows: 100,
    version: digest.slice(0, 12),
  });
});
