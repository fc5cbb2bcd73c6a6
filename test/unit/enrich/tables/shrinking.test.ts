import { appendFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { acceptTables } from "../../../../src/enrich/tables/accept.ts";
import { requireGoodTables } from "../../../../src/enrich/tables/check.ts";
import { digestOf, readContent } from "../../../../src/enrich/tables/content.ts";
import { isShrunk, LastGood } from "../../../../src/enrich/tables/last-good.ts";
import { readTable } from "../../../../src/enrich/tables/tables.ts";
import { WatchedFile } from "../../../../src/enrich/tables/watched-file.ts";
import { look } from "../../../../src/lib/look.ts";
import { place, servers, watched } from "./watching.ts";

const PROMISE_MS = 5_000;

async function withRows(rows: number) {
  const at = await place();
  await writeFile(at.servers, servers("old", rows));
  const options = { servers: at.servers, lastGood: at.lastGood };
  return { ...at, options, ...(await watched(options)) };
}

test.each([
  [100, 51, false],
  [100, 50, true],
  [100, 0, true],
  [3, 2, false],
  [3, 1, true],
  [2, 1, true],
  [1, 1, false],
  [1, 0, true],
  [0, 0, false],
  [0, 5, false],
])("from %d rows to %d", (before, after, expected) => {
  expect(isShrunk(before, after)).toBe(expected);
});

describe("a table that becomes short is refused", () => {
  test.each([
    [50, "50 rows"],
    [1, "1 row"],
    [0, "no rows"],
  ])("at %d of 100 rows, with the rows before and after and what to do", async (rows, words) => {
    const { servers: path, events, watch, clock, inUse } = await withRows(100);
    await writeFile(path, servers("new", rows));
    await clock.advance(PROMISE_MS);
    expect(inUse()).toBe("old-0 100");
    const reason = `${path}: has ${words} where 100 rows are in use: if that is wanted, run flowferry lookups accept -c FILE, or save it once more with a change`;
    expect(events).toEqual([
      {
        kind: "refused",
        ok: false,
        tables: ["servers"],
        version: watch.tables.version,
        message: `${reason}; the last good servers table stays in use`,
      },
    ]);
    expect(watch.stale()).toEqual([{ table: "servers", file: path, reason, since: expect.any(Number) }]);
    await utimes(path, new Date(0), new Date(0));
    await clock.advance(600_000);
    expect(events).toHaveLength(1);
    expect(inUse()).toBe("old-0 100");
  });

  test("not at 51 of 100 rows, and not when it loses some rows again and again", async () => {
    const { servers: path, events, clock, inUse } = await withRows(100);
    for (const rows of [51, 30, 16]) {
      await writeFile(path, servers("new", rows));
      await clock.advance(PROMISE_MS);
      expect(inUse()).toBe(`new-0 ${rows}`);
    }
    expect(events.map(({ kind }) => kind)).toEqual(["reloaded", "reloaded", "reloaded"]);
  });

  test("and in use again when it has its rows back; then short again it is refused again", async () => {
    const { servers: path, events, watch, clock, inUse } = await withRows(100);
    for (let i = 0; i < 2; i++) {
      await writeFile(path, servers("new", 10));
      await clock.advance(PROMISE_MS);
      await writeFile(path, servers("old", 100));
      await clock.advance(PROMISE_MS);
      expect(watch.stale()).toEqual([]);
    }
    expect(events.map(({ kind }) => kind)).toEqual(["refused", "recovered", "refused", "recovered"]);
    expect(inUse()).toBe("old-0 100");
  });
});

describe("it is taken", () => {
  test("when it is saved a second time with another change", async () => {
    const { servers: path, events, watch, clock, inUse } = await withRows(100);
    await writeFile(path, servers("new", 40));
    await clock.advance(PROMISE_MS);
    await writeFile(path, servers("newer", 10));
    await clock.advance(PROMISE_MS);
    expect(inUse()).toBe("newer-0 10");
    expect(watch.stale()).toEqual([]);
    expect(events.map(({ message }) => message).slice(1)).toEqual([
      `lookup tables reloaded: servers.csv (10 rows, good again); version ${watch.tables.version}`,
    ]);
  });

  test("when one with another row is renamed into its place", async () => {
    const { servers: path, clock, inUse } = await withRows(100);
    await writeFile(path, servers("new", 10));
    await clock.advance(15_000);
    await writeFile(`${path}.new`, `${servers("new", 10)}10.9.9.9,one more\n`);
    await rename(`${path}.new`, path);
    await clock.advance(PROMISE_MS);
    expect(inUse()).toBe("new-0 11");
  });

  test("when a row is added to it a minute later", async () => {
    const { servers: path, clock, inUse } = await withRows(100);
    await writeFile(path, servers("new", 10));
    await clock.advance(60_000);
    await appendFile(path, "10.9.9.9,one more\n");
    await clock.advance(PROMISE_MS);
    expect(inUse()).toBe("new-0 11");
  });

  test("not when it is broken or gone in between and then as it was", async () => {
    const { servers: path, events, clock, inUse } = await withRows(100);
    await writeFile(path, servers("new", 10));
    await clock.advance(PROMISE_MS);
    await rm(path);
    await clock.advance(PROMISE_MS);
    await writeFile(path, servers("new", 10));
    await clock.advance(PROMISE_MS);
    expect(inUse()).toBe("old-0 100");
    expect(events.map(({ kind }) => kind)).toEqual(["refused", "refused", "refused"]);
  });

  test("when its content is accepted while the worker runs; the next start begins with it", async () => {
    const { servers: path, options, events, watch, clock, inUse } = await withRows(100);
    await writeFile(path, servers("new", 40));
    await clock.advance(60_000);
    expect(await acceptTables(options)).toEqual({ accepted: [{ table: "servers", path, rows: 40, instead: 100 }], faults: [] });
    await clock.advance(PROMISE_MS);
    expect(inUse()).toBe("new-0 40");
    expect(watch.stale()).toEqual([]);
    expect(events.map(({ kind }) => kind)).toEqual(["refused", "reloaded"]);
    const again = await watched(options);
    expect(again.inUse()).toBe("new-0 40");
    expect(again.events).toEqual([]);
    expect(await acceptTables(options)).toEqual({ accepted: [], faults: [] });
  });

  test("when it was accepted before the worker found it", async () => {
    const { servers: path, options, events, clock, inUse } = await withRows(100);
    await writeFile(path, servers("new", 40));
    await acceptTables(options);
    await clock.advance(PROMISE_MS);
    expect(inUse()).toBe("new-0 40");
    expect(events.map(({ kind }) => kind)).toEqual(["reloaded"]);
  });

  test("when it was accepted while no worker ran", async () => {
    const { servers: path, options, watch } = await withRows(100);
    watch.close();
    await writeFile(path, servers("new", 0));
    await acceptTables(options);
    await requireGoodTables(options);
    const { inUse, events } = await watched(options);
    expect(inUse()).toBe("undefined 0");
    expect(events).toEqual([]);
  });

  test("not when it is broken by then, and the file is not read for it again and again", async () => {
    const { servers: path, lastGood } = await place();
    const copies = new LastGood(lastGood, []);
    await writeFile(path, servers("old", 100));
    const old = await readTable("servers", path, await readContent(path));
    if (old.table === undefined) throw new Error("the old table is good");
    await copies.save("servers", path, Buffer.from(servers("old", 100)));
    const file = WatchedFile.read(old.table, await look(path), 0, copies);
    const short = servers("new", 10);
    await writeFile(path, short);
    expect([await file.due(10_000), await file.due(20_000)]).toEqual(["changing", "overdue"]);
    expect((await file.read(20_000))?.()).toMatchObject({ kind: "refused" });
    await writeFile(path, "address,server\n10.0.0.1,\n");
    expect([await file.due(40_000), await file.due(60_000)]).toEqual(["changing", "overdue"]);
    expect((await file.read(60_000))?.()).toMatchObject({ kind: "refused" });
    await copies.accept("servers", path, digestOf(short));
    expect(await file.due(70_000)).toBe("unchanged");
    await writeFile(path, short);
    expect([await file.due(80_000), await file.due(90_000)]).toEqual(["changing", "overdue"]);
    expect((await file.read(90_000))?.()).toMatchObject({ kind: "good" });
  });

  test("not when another content was accepted", async () => {
    const { servers: path, options, events, clock, inUse } = await withRows(100);
    await writeFile(path, servers("new", 40));
    await acceptTables(options);
    await writeFile(path, servers("newer", 30));
    await clock.advance(PROMISE_MS);
    expect(inUse()).toBe("old-0 100");
    expect(events.map(({ kind }) => kind)).toEqual(["refused"]);
  });
});

test("without copies the message names what works", async () => {
  const at = await place();
  await writeFile(at.servers, servers("old", 100));
  const { events, clock, inUse } = await watched({ servers: at.servers });
  await writeFile(at.servers, servers("new", 10));
  await clock.advance(PROMISE_MS);
  expect(inUse()).toBe("old-0 100");
  expect(events[0]?.message).toBe(
    `${at.servers}: has 10 rows where 100 rows are in use: if that is wanted, save it once more with a change; the last good servers table stays in use`,
  );
});
