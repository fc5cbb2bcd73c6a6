import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { folderOf } from "../../../src/archive/layout.ts";
import { type WritableStore, writable } from "../../../src/archive/uploads.ts";
import { directoryStore } from "../../../src/intake/directory/source.ts";
import { compact } from "../../../src/query/compact.ts";
import { openFlows } from "../../../src/query/flows.ts";
import { writeParquet } from "../archive/parts.ts";
import { sshFlow, TIME } from "../sinks/flows.ts";

const HOUR = folderOf(TIME);
const never = new AbortController().signal;
let folder: string;
let store: WritableStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-compacted-"));
  store = writable(await directoryStore({ path: folder, ignore: [".*"] }, { baseDir: "/", onEvent: () => {} }));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, records: readonly number[]): void {
  const flows = records.map((record) => Object.assign(sshFlow(record, { bytes: 2n ** 64n - 1n }), { time: TIME - record }));
  writeParquet(join(folder, name), flows);
}

async function records(): Promise<{ rows: [string, string, string][]; files: number }> {
  const flows = await openFlows([folder]);
  try {
    const sql = `SELECT "log.record.uid", time::VARCHAR, "flow.bytes" FROM flows ORDER BY 1`;
    return { rows: (await flows.connection.runAndReadAll(sql)).getRowsJson() as [string, string, string][], files: flows.files };
  } finally {
    flows.close();
  }
}
const uids = (...some: readonly number[]) => some.map((record) => sshFlow(record).uid);
const filesOf = (path: string) => readdirSync(join(folder, path)).sort();

test("files of an hour become one, each flow once, with every value as it was; other hours and foreign files stay", async () => {
  write(`${HOUR}/part-a.parquet`, [1, 2, 3]);
  write(`${HOUR}/part-b.parquet`, [3, 4]);
  write("year=2026/month=01/day=01/hour=00/part-c.parquet", [9]);
  writeFileSync(join(folder, HOUR, "part-broken.parquet"), "PAR1");
  const result = await compact(store, "", never);
  expect(result).toMatchObject({ hours: 1, done: 1, before: 2, after: 1, repeated: 1 });
  expect(result.passedOver).toEqual([{ file: `${HOUR}/part-broken.parquet`, reason: "is no whole Parquet file" }]);
  expect(filesOf(HOUR)).toEqual([expect.stringMatching(/^compact-[0-9a-f]{32}\.parquet$/), "part-broken.parquet"]);
  const { rows } = await records();
  expect(rows.map(([uid]) => uid)).toEqual(uids(1, 2, 3, 4, 9));
  expect(rows[0]).toEqual([uids(1)[0], "2024-09-06 14:26:07.999", "18446744073709551615"]);
  expect(await compact(store, "", never)).toMatchObject({ before: 0, repeated: 0 });
});

test("a reader counts each flow once while old files are still there, also when the compaction dies then; the next one completes it", async () => {
  write(`${HOUR}/part-a.parquet`, [1, 2, 3]);
  write(`${HOUR}/part-b.parquet`, [3, 4]);
  const dying: WritableStore = {
    ...store,
    deleteObject: async () => {
      const { rows, files } = await records();
      expect([rows.map(([uid]) => uid), files]).toEqual([uids(1, 2, 3, 4), 1]);
      throw new Error("died");
    },
  };
  await expect(compact(dying, "", never)).rejects.toThrow("died");
  expect(filesOf(HOUR)).toHaveLength(3);
  expect((await records()).rows.map(([uid]) => uid)).toEqual(uids(1, 2, 3, 4));
  await compact(store, "", never);
  expect(filesOf(HOUR)).toHaveLength(1);
  expect((await records()).rows.map(([uid]) => uid)).toEqual(uids(1, 2, 3, 4));
});

test("a file that a worker writes again after it was compacted doubles nothing once it is compacted again", async () => {
  write(`${HOUR}/part-a.parquet`, [1, 2]);
  write(`${HOUR}/part-b.parquet`, [3]);
  copyFileSync(join(folder, HOUR, "part-a.parquet"), join(folder, "kept"));
  await compact(store, "", never);
  copyFileSync(join(folder, "kept"), join(folder, HOUR, "part-a.parquet"));
  expect((await records()).rows.map(([uid]) => uid)).toEqual(uids(1, 2, 3));
  await compact(store, "", never);
  expect(filesOf(HOUR)).toHaveLength(1);
  expect((await records()).rows.map(([uid]) => uid)).toEqual(uids(1, 2, 3));
});

test("a stop leaves the archive as it was", async () => {
  write(`${HOUR}/part-a.parquet`, [1]);
  write(`${HOUR}/part-b.parquet`, [2]);
  const stop = new AbortController();
  stop.abort(new Error("stopped"));
  await expect(compact(store, "", stop.signal)).rejects.toThrow("stopped");
  expect(filesOf(HOUR)).toEqual(["part-a.parquet", "part-b.parquet"]);
});
