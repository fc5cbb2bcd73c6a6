import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderOf, HOUR_MS } from "../../src/archive/layout.ts";
import { writable } from "../../src/archive/uploads.ts";
import type { Flow } from "../../src/flow/flow.ts";
import { directoryStore } from "../../src/intake/directory/source.ts";
import { asset } from "../../src/lib/assets.ts";
import { compact } from "../../src/query/compact.ts";
import { available } from "../backends/servers/available.ts";
import { writeParquet } from "../unit/archive/parts.ts";
import { generatedFlows } from "../unit/searches/flows.ts";
import type { Engine } from "./engine.ts";
import { startSpark } from "./spark.ts";
import { startTrino } from "./trino.ts";

const DAY_MS = 24 * HOUR_MS;
const QUERIES = [1, 2, 3, 4, 5, 6] as const;
const never = new AbortController().signal;
const root = mkdtempSync(join(tmpdir(), "flowferry-engines-"));
const archive = join(root, "archive");
const day = new Date(Date.now() - DAY_MS);
let flows: readonly Flow[];
let reference: Reading;

/** What an engine says to the script of its name, and to the queries that stand in it. */
interface Reading {
  readonly whole: readonly string[];
  readonly answers: ReadonlyMap<number, readonly string[]>;
}

/** The last three days, some hours in several files and some in one that DuckDB has made of several. */
beforeAll(async () => {
  const all = await generatedFlows(6_000, 3 * DAY_MS);
  const shift = Date.now() - 60_000 - Math.max(...all.map(({ time }) => time));
  // The hour of the fourth query begins there while the engines are asked one after the other.
  const [early, late] = [Date.now() - HOUR_MS, Date.now() - HOUR_MS / 2];
  const generated = all.filter(({ time }) => time + shift < early || time + shift > late);
  for (const [index, flow] of generated.entries()) {
    flow.time += shift;
    if (flow.start !== undefined) flow.start += shift;
    if (flow.end !== undefined) flow.end += shift;
    if (index % 1000 === 0) flow.bytes = 2n ** 64n - 1n;
    if (index % 50 === 0) Object.assign(flow, { bytesReverse: 40, packetsReverse: 1, initiated: true, terminated: false });
  }
  flows = generated;
  const hours = Map.groupBy(generated, ({ time }) => folderOf(time));
  const write = (folder: string, some: readonly Flow[], part: number) => {
    if (some.length > 0) writeParquet(join(archive, folder, `part-${part}.parquet`), some);
  };
  for (const [folder, some] of hours)
    for (const part of [0, 1])
      write(
        folder,
        some.filter((_, index) => index % 2 === part),
        part,
      );
  const store = writable(
    await directoryStore(
      { path: archive, ignore: [] },
      { baseDir: root, onEvent: () => {}, onUnreadable: undefined, ledgerPath: undefined },
    ),
  );
  const before = await compact(store, "", never);
  expect(before.after).toBeGreaterThan(24);
  for (const [folder, some] of [...hours].slice(0, 24))
    write(
      folder,
      some.filter((_, index) => index % 3 === 0),
      2,
    );
  reference = await readingOf(await duckdb(), "duckdb", { archive, copy: join(root, "duckdb-day") });
  expect(reference.whole).toHaveLength(
    generated.length + [...hours].slice(0, 24).reduce((sum, [, some]) => sum + Math.ceil(some.length / 3), 0),
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function duckdb(): Promise<Engine> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`SET VARIABLE archive = '${archive}'`);
  return {
    ...{ name: "DuckDB", version: "" },
    run: async (sql) => (await connection.runAndReadAll(sql)).getRowsJson() as unknown[][],
    stop: async () => connection.closeSync(),
  };
}

/** The script is run as it stands but for the places; a query of it but for its limit, which would leave the choice among equals. */
async function readingOf(
  engine: Engine,
  name: string,
  { archive: from, copy }: { archive: string; copy: string },
): Promise<Reading> {
  const script = readFileSync(asset(`deploy/sql/${name}.sql`), "utf8");
  const statements = script
    .replaceAll(/^--.*$/gm, "")
    .replace("path 'archive'", `path '${from}'`)
    .replace("s3://flow-archive/", `file://${from}/`)
    .split(";")
    .filter((statement) => statement.trim() !== "");
  for (const statement of statements) await engine.run(statement);
  if (name === "trino") await engine.run("CALL hive.system.sync_partition_metadata('default', 'flows', 'ADD')");
  const answers = new Map<number, readonly string[]>();
  for (const number of QUERIES) {
    const [, text = ""] = new RegExp(`^-- ${number}\\. .*\\n((?:--   .*\\n)+)`, "m").exec(script) ?? [];
    const sql = text
      .replaceAll(/^-- {3}/gm, "")
      .replace(/;\s*$/, "")
      .replace(/ LIMIT \d+/, "")
      .replace(
        /year = \d+ AND month = \d+ AND day = \d+/,
        `year = ${day.getUTCFullYear()} AND month = ${day.getUTCMonth() + 1} AND day = ${day.getUTCDate()}`,
      )
      .replace(/(TO|LOCATION) 'day'/, `$1 '${copy}'`);
    expect(sql, `query ${number} of ${name}`).not.toBe("");
    const rows = await engine.run(sql);
    answers.set(number, number === 6 ? [] : sorted(rows));
  }
  const copied = name === "duckdb" ? `SELECT count(*) FROM read_parquet('${copy}/**/*.parquet')` : "SELECT count(*) FROM day";
  answers.set(6, sorted(await engine.run(copied)));
  return { whole: sorted(await engine.run("SELECT * FROM FLOW_FLAT")), answers };
}

/** Rows in one form and one order. */
const sorted = (rows: readonly (readonly unknown[])[]): string[] => rows.map((row) => JSON.stringify(row.map(plain))).sort();

function plain(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?$/.test(value)) return value;
  return new Date(`${value.replace(" ", "T")}Z`).toISOString();
}

describe.each([
  { name: "spark", start: startSpark },
  { name: "trino", start: startTrino },
])("$name", ({ name, start }) => {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  const engine = available(name, () => start(folder));
  let reading: Reading;

  test("reads every flow of the flattened view as DuckDB does", async () => {
    reading = await readingOf(engine(), name, { archive, copy: join(folder, "day") });
    expect(reading.whole).toEqual(reference.whole);
    process.stderr.write(
      `${engine().name} ${engine().version}: ${reading.whole.length} rows of ${flows.length} flows, as DuckDB\n`,
    );
  });

  test.each(QUERIES)("answers IBM's query %i as DuckDB does", (number) => {
    const answer = reading.answers.get(number) ?? [];
    expect(answer.length).toBeGreaterThan(0);
    expect(answer).toEqual(reference.answers.get(number));
    process.stderr.write(`${engine().name} ${engine().version}, query ${number}: ${answer.length} rows, as DuckDB\n`);
  });
});
