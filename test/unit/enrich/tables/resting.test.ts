import { appendFile, chmod, mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readContent } from "../../../../src/enrich/tables/content.ts";
import { readTable } from "../../../../src/enrich/tables/tables.ts";
import { readTogether } from "../../../../src/enrich/tables/together.ts";
import { WatchedFile } from "../../../../src/enrich/tables/watched-file.ts";
import { look } from "../../../../src/lib/look.ts";
import { runs } from "../../../runs.ts";
import { place, servers, type Watched, watched } from "./watching.ts";

const ROWS = 40;
const OLD = servers("old", ROWS);
const NEW = servers("newer", ROWS);
const IN_USE = { old: `old-0 ${ROWS}`, new: `newer-0 ${ROWS}` };
/** Within this a file that is whole is in use. */
const PROMISE_MS = 5_000;

async function withOld() {
  const at = await place();
  await writeFile(at.servers, OLD);
  return { ...at, ...(await watched({ servers: at.servers })) };
}

/** What is in use at each moment while time passes. */
async function seenWhile({ clock, inUse }: Pick<Watched, "clock" | "inUse">, ms: number): Promise<string[]> {
  const seen = new Set([inUse()]);
  for (let passed = 0; passed < ms; passed += 50) {
    await clock.advance(Math.min(50, ms - passed));
    seen.add(inUse());
  }
  return [...seen];
}

/** The text in so many pieces; every other one ends with a line. */
function piecesOf(text: string, count: number): string[] {
  const cuts = Array.from({ length: count + 1 }, (_, i) => {
    const cut = Math.floor((text.length * i) / count);
    return i % 2 === 1 && i < count ? text.indexOf("\n", cut) + 1 : cut;
  });
  return cuts.slice(1).map((cut, i) => text.slice(cuts[i], cut));
}

describe("a file that is written in place in pieces", () => {
  test.each([
    ["700 ms", 700, 7],
    ["2.4 s", 2_400, 5],
  ])("with pauses of %s is taken whole, and within 5 s of being whole", async (_, pauseMs, count) => {
    const { servers: path, events, ...watch } = await withOld();
    const [first = "", ...others] = piecesOf(NEW, count);
    await writeFile(path, first);
    for (const piece of others) {
      expect(await seenWhile(watch, pauseMs)).toEqual([IN_USE.old]);
      await appendFile(path, piece);
    }
    expect(await seenWhile(watch, PROMISE_MS)).toEqual([IN_USE.old, IN_USE.new]);
    expect(events.map(({ kind }) => kind)).toEqual(["reloaded"]);
  });

  test.each([
    ["as many rows", ROWS, PROMISE_MS],
    ["fewer rows", 30, PROMISE_MS + 500],
  ])(
    "with pauses longer than a rest is refused once while it is short, and taken when it is whole: %s",
    async (_, rows, withinMs) => {
      const { servers: path, events, ...watch } = await withOld();
      const lines = servers("newer", rows).split(/(?<=\n)/);
      await writeFile(path, lines.slice(0, 6).join(""));
      for (let i = 6; i < lines.length; i += 6) {
        expect(await seenWhile(watch, 4_000)).toEqual([IN_USE.old]);
        await appendFile(path, lines.slice(i, i + 6).join(""));
      }
      expect(await seenWhile(watch, withinMs)).toEqual([IN_USE.old, `newer-0 ${rows}`]);
      expect(events.map(({ kind }) => kind)).toEqual(["refused", "reloaded"]);
    },
  );

  test("is taken as soon as another one is renamed into its place", async () => {
    const { servers: path, ...watch } = await withOld();
    await writeFile(path, servers("newer", 5));
    await watch.clock.advance(15_000);
    await appendFile(path, "10.8.0.1,more\n");
    await watch.clock.advance(PROMISE_MS);
    await writeFile(`${path}.new`, NEW);
    await rename(`${path}.new`, path);
    expect(await seenWhile(watch, PROMISE_MS)).toEqual([IN_USE.old, IN_USE.new]);
  });

  test("as text without the last line's end is not taken between two pieces either", async () => {
    const { servers: path, ...watch } = await withOld();
    const text = NEW.trimEnd();
    const half = text.lastIndexOf("-", text.length - 200) + 2;
    await writeFile(path, text.slice(0, half));
    expect(await seenWhile(watch, 3_200)).toEqual([IN_USE.old]);
    await appendFile(path, text.slice(half));
    expect(await seenWhile(watch, PROMISE_MS)).toEqual([IN_USE.old, IN_USE.new]);
  });

  test("is empty for three seconds: nobody hears of it", async () => {
    const { servers: path, events, ...watch } = await withOld();
    await writeFile(path, "");
    expect(await seenWhile(watch, 3_000)).toEqual([IN_USE.old]);
    await writeFile(path, NEW);
    expect(await seenWhile(watch, PROMISE_MS)).toEqual([IN_USE.old, IN_USE.new]);
    expect(events.map(({ kind }) => kind)).toEqual(["reloaded"]);
  });

  test("in place of one that was removed is taken whole", async () => {
    const { servers: path, events, ...watch } = await withOld();
    const [first = "", ...others] = piecesOf(NEW, 7);
    await rm(path);
    await writeFile(path, first);
    for (const piece of others) {
      expect(await seenWhile(watch, 700)).toEqual([IN_USE.old]);
      await appendFile(path, piece);
    }
    expect(await seenWhile(watch, PROMISE_MS)).toEqual([IN_USE.old, IN_USE.new]);
    expect(events.map(({ kind }) => kind)).toEqual(["reloaded"]);
  });

  test("for ever is told once, and is stale until it rests", async () => {
    const { servers: path, events, watch, clock, inUse } = await withOld();
    const started = clock.now();
    for (let i = 0; i < 100; i++) {
      await writeFile(path, servers(`s${i}`, ROWS + i));
      await clock.advance(2_000);
    }
    expect(inUse()).toBe(IN_USE.old);
    expect(events).toMatchObject([{ kind: "refused", ok: false, tables: ["servers"] }]);
    expect(events[0]?.message).toBe(
      `${path}: is being written: it is taken up when it is left alone for 4 seconds; better write it under another name, and rename it; the last good servers table stays in use`,
    );
    expect(watch.stale()).toMatchObject([
      { table: "servers", file: path, reason: expect.stringMatching(/: is being written: /) },
    ]);
    expect(watch.stale()[0]?.since).toBeGreaterThanOrEqual(started);
    expect(watch.stale()[0]?.since).toBeLessThanOrEqual(started + 1_000);
    await clock.advance(PROMISE_MS);
    expect(inUse()).toBe(`s99-0 ${ROWS + 99}`);
    expect(watch.stale()).toEqual([]);
    expect(events.slice(1)).toMatchObject([{ kind: "reloaded", message: expect.stringContaining("good again") }]);
  });
});

describe("a file is taken within 5 s", () => {
  const phases = Array.from({ length: 10 }, (_, i) => i * 100 + 50);

  test.each(phases)("%d ms after a look: in place, not before it has rested for 2.5 s", async (phase) => {
    const { servers: path, ...watch } = await withOld();
    await watch.clock.advance(10_000 + phase);
    await writeFile(path, NEW);
    expect(await seenWhile(watch, 2_499)).toEqual([IN_USE.old]);
    expect(await seenWhile(watch, PROMISE_MS - 2_499)).toEqual([IN_USE.old, IN_USE.new]);
  });

  test.each(phases)("%d ms after a look: in place and without an end of the last line", async (phase) => {
    const { servers: path, ...watch } = await withOld();
    await watch.clock.advance(10_000 + phase);
    await writeFile(path, NEW.trimEnd());
    expect(await seenWhile(watch, 3_249)).toEqual([IN_USE.old]);
    expect(await seenWhile(watch, PROMISE_MS - 3_249)).toEqual([IN_USE.old, IN_USE.new]);
  });

  test.each(phases)("%d ms after a look: within 3 s when it was renamed into place", async (phase) => {
    const { servers: path, ...watch } = await withOld();
    await watch.clock.advance(10_000 + phase);
    await writeFile(`${path}.new`, NEW);
    await rename(`${path}.new`, path);
    expect(await seenWhile(watch, 1_199)).toEqual([IN_USE.old]);
    expect(await seenWhile(watch, 3_000 - 1_199)).toEqual([IN_USE.old, IN_USE.new]);
  });

  test("as UTF-16", async () => {
    for (const bytes of [Buffer.from(`\uFEFF${NEW}`, "utf16le"), Buffer.from(`\uFEFF${NEW}`, "utf16le").swap16()]) {
      const { servers: path, ...watch } = await withOld();
      await writeFile(path, bytes);
      await watch.clock.advance(3_500);
      expect(watch.inUse()).toBe(IN_USE.new);
    }
  });

  test.each([250, 700, 1_100])("while it is replaced every %d ms for ever", async (pauseMs) => {
    const { servers: path, watch, clock, inUse, events } = await withOld();
    const seen = new Set<string>();
    for (let ms = 0; ms < runs(120_000); ms += pauseMs) {
      await writeFile(`${path}.new`, `${NEW}# ${ms}\n`);
      await rename(`${path}.new`, path);
      await clock.advance(pauseMs);
      if (ms >= PROMISE_MS) expect(inUse()).toBe(IN_USE.new);
      seen.add(inUse());
    }
    expect([...seen]).toEqual([IN_USE.old, IN_USE.new]);
    expect(events.filter(({ ok }) => !ok)).toEqual([]);
    expect(watch.stale()).toEqual([]);
  });

  test("while another one is written for ever", async () => {
    const at = await place();
    const networks = join(at.folder, "networks.csv");
    await writeFile(at.servers, OLD);
    await writeFile(networks, "cidr,zone\n");
    const { clock, inUse } = await watched({ servers: at.servers, networks });
    await writeFile(at.servers, NEW);
    for (let ms = 0; ms < PROMISE_MS; ms += 500) {
      await appendFile(networks, "10.0.0.0/8,external\n");
      await clock.advance(500);
    }
    expect(inUse()).toBe(IN_USE.new);
  });
});

describe("a file that is changed within the tick in which it was read", () => {
  test("is read again when it has rested, and then no more", async () => {
    const { servers: path } = await place();
    await writeFile(path, OLD);
    const old = await readTable("servers", path, await readContent(path));
    if (old.table === undefined) throw new Error("the old table is good");
    await writeFile(path, NEW);
    const file = WatchedFile.read(old.table, await look(path), 0, undefined);
    expect([await file.due(1_000), await file.due(2_499), await file.due(2_500)]).toEqual(["unchanged", "unchanged", "due"]);
    expect((await file.read(2_500))?.()).toMatchObject({ kind: "good" });
    expect([await file.due(5_000), await file.due(50_000)]).toEqual(["unchanged", "unchanged"]);
  });

  test("also where it was renamed into place", async () => {
    const { servers: path } = await place();
    await writeFile(path, OLD);
    const old = await readTable("servers", path, await readContent(path));
    if (old.table === undefined) throw new Error("the old table is good");
    const file = WatchedFile.read(old.table, await look(path), 0, undefined);
    await writeFile(`${path}.new`, NEW);
    await rename(`${path}.new`, path);
    expect([await file.due(1_000), await file.due(2_199), await file.due(2_200)]).toEqual(["changing", "changing", "due"]);
    expect((await file.read(2_200))?.()).toMatchObject({ kind: "good" });
    expect([await file.due(3_000), await file.due(3_500)]).toEqual(["unchanged", "due"]);
    expect((await file.read(3_500))?.()).toBeUndefined();
    expect(await file.due(60_000)).toBe("unchanged");
  });
});

test("a file that is replaced for ever is read whatever comes in between, and then no sooner than before", async () => {
  const { servers: path } = await place();
  await writeFile(path, OLD);
  const old = await readTable("servers", path, await readContent(path));
  if (old.table === undefined) throw new Error("the old table is good");
  const file = WatchedFile.read(old.table, await look(path), 0, undefined);
  const replace = async () => {
    await writeFile(`${path}.new`, NEW);
    await rename(`${path}.new`, path);
  };
  const dues: string[] = [];
  for (let now = 250; now <= 1_000; now += 250) {
    await replace();
    dues.push(await file.due(now));
  }
  expect(dues).toEqual(["changing", "changing", "changing", "overdue"]);
  await replace();
  expect((await file.read(1_000))?.()).toMatchObject({ kind: "good" });
  await replace();
  expect(await file.due(1_250)).toBe("changing");
});

test("a file that changes after it was found due is not read, and what is due with it waits", async () => {
  const at = await place();
  const paths = { first: at.servers, second: join(at.folder, "second.csv") };
  const files = await Promise.all(
    Object.values(paths).map(async (path) => {
      await writeFile(path, OLD);
      const old = await readTable("servers", path, await readContent(path));
      if (old.table === undefined) throw new Error("the old table is good");
      return WatchedFile.read(old.table, await look(path), 0, undefined);
    }),
  );
  for (const path of Object.values(paths)) await writeFile(path, NEW);
  const dues = async (now: number) => Promise.all(files.map((file) => file.due(now)));
  expect([await dues(1_000), await dues(3_500)]).toEqual([
    ["changing", "changing"],
    ["due", "due"],
  ]);
  await appendFile(paths.second, "10.9.9.9,more\n");
  expect(await readTogether(files, 3_500)).toBeUndefined();
  expect(files.map(({ loaded }) => loaded.rows)).toEqual([ROWS, ROWS]);
  expect(files.map(({ loaded }) => loaded.version)).toEqual([files[0]?.loaded.version, files[0]?.loaded.version]);
  expect([await dues(4_000), await dues(6_500)]).toEqual([
    ["due", "changing"],
    ["overdue", "due"],
  ]);
  expect((await readTogether(files, 6_500))?.map(([, { kind }]) => kind)).toEqual(["good", "good"]);
  expect(files.map(({ loaded }) => loaded.rows)).toEqual([ROWS, ROWS + 1]);
});

describe("what is no file any more is refused once, and taken up again", () => {
  test.each<[string, (path: string) => Promise<unknown>, string]>([
    ["gone", (path) => rm(path), "does not exist: create the file, or correct its path in the configuration"],
    ["a folder", (path) => rm(path).then(() => mkdir(path)), "is no regular file: name a file"],
    ["a dangling link", (path) => rm(path).then(() => symlink("nowhere", path)), "does not exist: create the file, or correct"],
    ["a loop of links", (path) => rm(path).then(() => symlink("servers.csv", path)), "cannot be read: ELOOP"],
  ])("%s", async (_, change, reason) => {
    const { servers: path, events, watch, clock, inUse } = await withOld();
    const started = clock.now();
    await change(path);
    await clock.advance(60_000);
    expect(events).toMatchObject([{ kind: "refused", ok: false, tables: ["servers"] }]);
    expect(events[0]?.message).toContain(`${path}: ${reason}`);
    expect(events[0]?.message).toContain("; the last good servers table stays in use");
    expect(inUse()).toBe(IN_USE.old);
    const [stale, ...others] = watch.stale();
    expect(others).toEqual([]);
    expect(stale).toMatchObject({ table: "servers", file: path, reason: expect.stringContaining(reason) });
    expect((stale?.since ?? 0) - started).toBeLessThanOrEqual(5_000);
    await rm(path, { recursive: true, force: true });
    await writeFile(path, NEW);
    await clock.advance(PROMISE_MS);
    expect(inUse()).toBe(IN_USE.new);
    expect(watch.stale()).toEqual([]);
  });

  test.skipIf(process.getuid?.() === 0)("unreadable", async () => {
    const { servers: path, events, watch, clock } = await withOld();
    await chmod(path, 0o000);
    await clock.advance(60_000);
    expect(events).toMatchObject([{ kind: "refused" }]);
    expect(events[0]?.message).toContain("may not be read: grant the program's user read permission");
    await chmod(path, 0o600);
    await clock.advance(PROMISE_MS);
    expect(events.slice(1)).toMatchObject([{ kind: "recovered" }]);
    expect(watch.stale()).toEqual([]);
  });

  test("since the first refusal, whatever is wrong later", async () => {
    const { servers: path, watch, clock } = await withOld();
    await rm(path);
    await clock.advance(10_000);
    const [first] = watch.stale();
    await writeFile(path, "address,server\n10.0.0.1,\n");
    await clock.advance(10_000);
    const [later] = watch.stale();
    expect(later?.since).toBe(first?.since);
    expect(later?.reason).toContain(`${path}:2: server: is empty`);
  });
});

test("a file that is only touched says nothing", async () => {
  const { servers: path, events, watch, clock } = await withOld();
  const { version } = watch.tables;
  await utimes(path, new Date(0), new Date(0));
  await clock.advance(PROMISE_MS);
  await writeFile(path, OLD);
  await clock.advance(PROMISE_MS);
  expect(events).toEqual([]);
  expect(watch.tables.version).toBe(version);
});
