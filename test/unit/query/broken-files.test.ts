import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { folderOf } from "../../../src/archive/layout.ts";
import { writable } from "../../../src/archive/uploads.ts";
import { directoryStore } from "../../../src/intake/directory/source.ts";
import { ask } from "../../../src/query/ask.ts";
import { compact } from "../../../src/query/compact.ts";
import { FilesBroken } from "../../../src/query/failure.ts";
import { openFlows } from "../../../src/query/flows.ts";
import { flowTotals, tallies } from "../../../src/query/tallies.ts";
import { writeParquet } from "../archive/parts.ts";
import { sshFlow, TIME } from "../sinks/flows.ts";
import { memoryDatabase } from "./database.ts";

const HOUR = folderOf(TIME);
const { signal } = new AbortController();
const LIMITS = { rows: 100, timeoutMs: 60_000 };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-broken-"));
  mkdirSync(join(folder, HOUR), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const path = (name: string) => join(folder, HOUR, name);

function write(name: string, from: number, count: number): void {
  const flows = Array.from({ length: count }, (_, index) => Object.assign(sshFlow(from + index), { time: TIME - index }));
  writeParquet(path(name), flows);
}

/** The index stays whole, and the rows before it do not. */
function damage(name: string): void {
  const bytes = readFileSync(path(name));
  const rows = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
  bytes.fill(0x5a, 4, rows);
  writeFileSync(path(name), bytes);
}

/** A file made of another one by a query over `old`. */
async function remade(of: string, name: string, query: string): Promise<void> {
  const { connection, close } = await memoryDatabase();
  await connection.run(`CREATE VIEW old AS FROM read_parquet('${path(of)}', hive_partitioning = false)`);
  await connection.run(`COPY (${query}) TO '${path(name)}' (FORMAT parquet)`);
  close();
}

async function asked(sql: string) {
  const flows = await openFlows([folder]);
  try {
    return { rows: (await ask(flows.connection, sql, LIMITS, signal)).rows, passedOver: flows.passedOver };
  } finally {
    flows.close();
  }
}

const store = async () => writable(await directoryStore({ path: folder, ignore: [".*"] }, { baseDir: "/", onEvent: () => {} }));

describe("a file that is damaged behind a good index", () => {
  test("is named when it is read, and passed over with the next listing", async () => {
    write("part-a.parquet", 1, 500);
    write("part-b.parquet", 501, 200);
    damage("part-a.parquet");
    const question = `SELECT count(*), sum("flow.bytes"), count(DISTINCT "log.record.uid"), max("source.address"), max("flow.direction") FROM flows`;
    await expect(asked(question)).rejects.toThrow(FilesBroken);
    const again = await asked(question);
    expect(again.passedOver).toEqual([{ file: path("part-a.parquet"), reason: expect.stringMatching(/^is broken: [^\n]+$/) }]);
    expect([again.rows[0]?.[0], again.rows[0]?.[2]]).toEqual([200, 200]);
  });

  test("ends a report's question by its name", async () => {
    write("part-a.parquet", 1, 500);
    damage("part-a.parquet");
    const flows = await openFlows([folder]);
    try {
      const all = async () => {
        await flowTotals(flows.connection, signal);
        for await (const _ of tallies(
          flows.connection,
          { by: ["log.record.uid", "source.address"], any: ["flow.bytes"] },
          signal,
        ));
      };
      await expect(all()).rejects.toThrow(`${path("part-a.parquet")} is broken: `);
    } finally {
      flows.close();
    }
  });

  test("is left alone by a compaction, which merges the others", async () => {
    for (const [name, from] of [
      ["part-a.parquet", 1],
      ["part-b.parquet", 501],
      ["part-c.parquet", 901],
    ] as const)
      write(name, from, 400);
    damage("part-b.parquet");
    const result = await compact(await store(), "", signal);
    expect(result).toMatchObject({ before: 2, after: 1, passedOver: [{ file: `${HOUR}/part-b.parquet` }] });
    expect(readdirSync(join(folder, HOUR)).sort()).toEqual([expect.stringMatching(/^compact-/), "part-b.parquet"]);
  });

  test("takes nothing with it: what a damaged compacted file replaces stays, and is read", async () => {
    write("part-a.parquet", 1, 400);
    write("part-b.parquet", 401, 400);
    const kept = await store();
    const dying = { ...kept, deleteObject: () => Promise.reject(new Error("died")) };
    await expect(compact(dying, "", signal)).rejects.toThrow("died");
    const name = readdirSync(join(folder, HOUR)).find((file) => file.startsWith("compact-")) as string;
    damage(name);
    const result = await compact(kept, "", signal);
    expect(result.passedOver).toMatchObject([{ file: `${HOUR}/${name}` }]);
    expect(readdirSync(join(folder, HOUR)).sort()).toEqual([name, "part-a.parquet", "part-b.parquet"]);
    const question = `SELECT count(*), count(DISTINCT "log.record.uid"), max("source.address"), sum("flow.bytes") FROM flows`;
    await expect(asked(question)).rejects.toThrow(FilesBroken);
    expect((await asked(question)).rows[0]?.slice(0, 2)).toEqual([800, 800]);
  });
});

test("a damaged list of enriched JSON is named, and passed over with the next listing", async () => {
  const record = JSON.stringify({ sourceAddress: "10.0.0.1", internal_or_external_source: "internal" });
  writeFileSync(path("whole.json"), `[${record},\n${record}]`);
  writeFileSync(path("half.json"), `[${record},\n${record.slice(0, 20)}`);
  await expect(asked("SELECT count(*) FROM flows")).rejects.toThrow(FilesBroken);
  const { rows, passedOver } = await asked("SELECT count(*) FROM flows");
  expect([rows, passedOver]).toEqual([[[2]], [{ file: path("half.json"), reason: expect.stringMatching(/^is broken: /) }]]);
});

describe("files of other versions of the layout", () => {
  test("with fewer columns, more, and wider numbers are read together, and compacted", async () => {
    write("part-a.parquet", 1, 3);
    await remade("part-a.parquet", "old.parquet", `SELECT time, 'old' || "log.record.uid" AS "log.record.uid" FROM old`);
    await remade(
      "part-a.parquet",
      "new.parquet",
      `SELECT * REPLACE ('new' || "log.record.uid" AS "log.record.uid", "destination.port"::BIGINT AS "destination.port"), 1 AS more FROM old`,
    );
    const question = `SELECT count(*), count("destination.port"), sum("destination.port") FROM flows`;
    expect(await asked(question)).toEqual({ rows: [[9, 6, 6 * 22]], passedOver: [] });
    await compact(await store(), "", signal);
    expect(readdirSync(join(folder, HOUR))).toHaveLength(1);
    expect(await asked(question)).toEqual({ rows: [[9, 6, 6 * 22]], passedOver: [] });
  });

  test.each([
    ["time", "5 AS time", "time"],
    ["time as text", "'yesterday' AS time", "time"],
    ["a port as text", `'ssh' AS "destination.port"`, "destination.port"],
    ["an address as a number", `7 AS "source.address"`, "source.address"],
  ])("with %s of another type are somebody else's", async (_, replacement, column) => {
    write("part-a.parquet", 1, 3);
    await remade("part-a.parquet", "other.parquet", `SELECT * REPLACE (${replacement}) FROM old`);
    const { rows, passedOver } = await asked(`SELECT count(*), max("destination.port"), max("source.address") FROM flows`);
    expect(rows[0]?.[0]).toBe(3);
    const reason = `is Parquet of somebody else: its column ${column} is of another type than the archive's`;
    expect(passedOver).toEqual([{ file: path("other.parquet"), reason }]);
  });
});
