import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { ALWAYS, type Window } from "../archive/layout.ts";
import type { FieldRef } from "../detect/fields.ts";
import { literal } from "../dialects/duckdb/conditions.ts";
import { noteRead } from "./broken-files.ts";
import { openDuckdb } from "./duckdb.ts";
import { type FileKind, findFiles, type PassedOver } from "./files.ts";
import { interruptOn } from "./interrupting.ts";
import { ownParquet } from "./own-parquet.ts";
import { brokenLines, flowsView } from "./views.ts";

export interface FlowsOptions {
  /** Only flows of that time; files of other hours are not opened. By default all. */
  readonly window?: Window;
  /** Columns of the server table, or of a log, that queries name beside the attributes. */
  readonly fields?: readonly FieldRef[];
  /** Ends the opening, which looks through files of lines. */
  readonly signal?: AbortSignal;
}

/** Flows as rows: a connection with the view `flows`, and what was left out. */
export interface Flows {
  readonly connection: DuckDBConnection;
  /** How many files the view reads. */
  readonly files: number;
  /** How many were left out by their hour. */
  readonly pruned: number;
  /** Files that are broken or of somebody else, and lines of files. */
  readonly passedOver: readonly PassedOver[];
  /** Whether there are records without a time (schema seed), which are of every window. */
  readonly timeless: boolean;
  close(): void;
}

/**
 * Opens archives (Parquet), enriched JSON (schema seed) and NDJSON (schema otel or seed), in files and folders, as the view `flows`: `time`
 * (TIMESTAMP, UTC; NULL in schema seed), a column for each attribute of schema `otel`, `year`, `month`, `day` and `hour`. Nothing but the
 * inputs can be read through the connection, and its settings cannot be changed. Throws UsageError for an input that is not there, and
 * where DuckDB is not installed.
 */
export async function openFlows(
  inputs: readonly string[],
  { window = ALWAYS, fields = [], signal = NEVER }: FlowsOptions = {},
): Promise<Flows> {
  signal.throwIfAborted();
  const found = findFiles(inputs, window);
  const spill = mkdtempSync(join(tmpdir(), "flowferry-query-"));
  const close = () => rmSync(spill, { recursive: true, force: true });
  let database: Awaited<ReturnType<typeof openDuckdb>>;
  try {
    database = await openDuckdb(spill);
  } catch (error) {
    close();
    throw error;
  }
  const { connection } = database;
  const end = () => {
    database.close();
    close();
  };
  const stop = interruptOn(signal, connection);
  try {
    // The footers of many small files are most of what a question reads.
    await connection.run("SET parquet_metadata_cache = true");
    const passedOver = [...found.passedOver];
    const files = new Map(found.files);
    const parquet = await ownParquet(connection, files.get("parquet") ?? [], passedOver);
    if (parquet.files.length > 0) files.set("parquet", parquet.files);
    else files.delete("parquet");
    const lines = files.get("otel-lines");
    if (lines !== undefined) passedOver.push(...(await broken(connection, lines)));
    noteRead(connection, parquet.files, files.get("seed-array") ?? []);
    await connection.run(flowsView(files, { window, fields, parquetColumns: parquet.columns }));
    await confine(connection, inputs);
    signal.throwIfAborted();
    const kinds: readonly FileKind[] = [...files.keys()];
    return {
      connection,
      files: [...files.values()].reduce((sum, some) => sum + some.length, 0),
      pruned: found.pruned,
      passedOver,
      timeless: kinds.some((kind) => kind.startsWith("seed-")),
      close: end,
    };
  } catch (error) {
    end();
    signal.throwIfAborted();
    throw error;
  } finally {
    stop();
  }
}

const NEVER = new AbortController().signal;

/** The inputs can be read, nothing else, and nobody can change that. */
async function confine(connection: DuckDBConnection, inputs: readonly string[]): Promise<void> {
  const paths = inputs.map((input) => resolve(input));
  const list = (some: readonly string[]) => `[${some.map(literal).join(", ")}]`;
  const folders = paths.filter((path) => statSync(path).isDirectory());
  await connection.run(`SET allowed_directories = ${list(folders)}`);
  await connection.run(`SET allowed_paths = ${list(paths.filter((path) => !folders.includes(path)))}`);
  await connection.run("SET enable_external_access = false");
  await connection.run("SET lock_configuration = true");
}

async function broken(connection: DuckDBConnection, files: readonly string[]): Promise<PassedOver[]> {
  const rows = (await connection.runAndReadAll(brokenLines(files))).getRowsJson() as [string, string][];
  return rows.map(([file, count]) => ({ file, reason: `has ${count} lines that are no flows` }));
}
