import { expect, test } from "vitest";
import { answer } from "../../../src/query/ask.ts";
import { columnsOf } from "../../../src/query/tallies.ts";
import { memoryDatabase } from "./database.ts";

/** Takes minutes. */
const LONG = "SELECT count(*) FROM range(200000) a, range(200000) b WHERE a.range % 7 = b.range % 5";

test("a stop that comes between two steps of a question ends it", { timeout: 30_000 }, async () => {
  const database = await memoryDatabase();
  const stopping = new AbortController();
  const stop = async () => stopping.abort();
  await expect(answer(database.connection, LONG, { rows: 1, timeoutMs: 600_000 }, stopping.signal, stop)).rejects.toMatchObject({
    name: "AbortError",
  });
  database.close();
});

test("a stop after the answer was found ends it, too", async () => {
  const database = await memoryDatabase();
  const stopping = new AbortController();
  const rows = columnsOf(database.connection, "SELECT range FROM range(2)", stopping.signal);
  expect((await rows.next()).value).toMatchObject({ rows: 2 });
  stopping.abort();
  await expect(rows.next()).rejects.toMatchObject({ name: "AbortError" });
  database.close();
});

test("a question may take longer than a timer can be set to", async () => {
  const database = await memoryDatabase();
  const sql = "SELECT count(*) FROM range(20000) a, range(5000) b";
  const found = await answer(database.connection, sql, { rows: 1, timeoutMs: 2 ** 40 }, new AbortController().signal);
  expect(found.rows).toEqual([[100_000_000]]);
  database.close();
});

test("a question that needs more memory than it may is told in one line", async () => {
  const database = await memoryDatabase();
  await database.connection.run("SET memory_limit = '20MB'");
  const sql = "SELECT length(list(range::VARCHAR ORDER BY range DESC)) FROM range(1500000)";
  await expect(
    answer(database.connection, sql, { rows: 1, timeoutMs: 60_000 }, new AbortController().signal),
  ).rejects.toMatchObject({
    code: "query-large",
    message: expect.stringMatching(/^the question needs more memory than .*--since/),
  });
  database.close();
});
