import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { TIME, UID } from "../archive/columns.ts";
import { ALWAYS } from "../archive/layout.ts";
import type { WritableStore } from "../archive/uploads.ts";
import type { ObjectRef } from "../contracts/store.ts";
import { identifier, literal } from "../dialects/duckdb/conditions.ts";
import { brokenAmong } from "./broken-files.ts";
import { type Database, openDuckdb } from "./duckdb.ts";
import { fetchObject, filesByHour } from "./fetch.ts";
import { findFiles, type PassedOver } from "./files.ts";
import { interruptOn } from "./interrupting.ts";
import { ownParquet, REPLACES } from "./own-parquet.ts";

/** What a compaction did so far. */
export interface Compacted {
  /** Hours of several files, and how many of them are done. */
  hours: number;
  done: number;
  /** Files before and after, of the hours that are done. */
  before: number;
  after: number;
  /** Flows that were there more than once. */
  repeated: number;
  /** Files that are broken, or not the archive's: they stay as they are. */
  readonly passedOver: PassedOver[];
}

/**
 * Makes one file, sorted by time, of the files of each hour that has several, each flow once. The new file is there before the old ones are
 * removed, and names them: a reader sees each flow once at any moment, and a compaction that died is completed by the next. Files that are
 * written meanwhile are left to the next one.
 */
export async function compact(
  store: WritableStore,
  prefix: string,
  signal: AbortSignal,
  onProgress: (progress: Readonly<Compacted>) => void = () => {},
): Promise<Compacted> {
  const hours = [...(await filesByHour(store, prefix, ALWAYS, signal))].filter(([, files]) => files.length > 1);
  const result: Compacted = { hours: hours.length, done: 0, before: 0, after: 0, repeated: 0, passedOver: [] };
  if (hours.length === 0) return result;
  const folder = mkdtempSync(join(tmpdir(), "flowferry-compact-"));
  let database: Database | undefined;
  let stop = () => {};
  try {
    database = await openDuckdb(join(folder, "spill"));
    // Rows stay in the order of time.
    await database.connection.run("SET preserve_insertion_order = true");
    const { connection } = database;
    stop = interruptOn(signal, connection);
    for (const [hour, files] of hours) {
      signal.throwIfAborted();
      onProgress(result);
      await mergeHour({ store, database, folder: join(folder, "hour"), signal }, hour, files, result);
      result.done += 1;
    }
    onProgress(result);
    return result;
  } finally {
    stop();
    database?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Surroundings {
  readonly store: WritableStore;
  readonly database: Database;
  readonly folder: string;
  readonly signal: AbortSignal;
}

async function mergeHour(
  { store, database: { connection }, folder, signal }: Surroundings,
  hour: string,
  objects: readonly ObjectRef[],
  result: Compacted,
): Promise<void> {
  try {
    const keys = new Map<string, string>();
    for (const object of objects) keys.set(await fetchObject(store, object, folder, signal), object.key);
    const found = findFiles([folder], ALWAYS);
    const broken: PassedOver[] = [...found.passedOver];
    const { files: own, replaced } = await ownParquet(connection, found.files.get("parquet") ?? [], broken);
    const tell = (some: Iterable<PassedOver>) => {
      for (const { file, reason } of some) result.passedOver.push({ file: keys.get(file) ?? file, reason });
    };
    tell(broken);
    const remove = async (file: string) => store.deleteObject(keys.get(file) as string, signal);
    if (replaced.length > 0) {
      // Nothing is removed for a file that cannot be read itself.
      const damaged = await damagedAmong(connection, own);
      tell(damaged);
      if (damaged.length > 0) return;
    }
    // A compaction that died has left them, or a worker has written them again.
    for (const file of replaced) await remove(file);
    let files = own;
    let merged: Merged | undefined;
    while (merged === undefined && files.length > 1) {
      merged = await mergeFiles(connection, files, join(folder, "merged.tmp")).catch(async (error: unknown) => {
        signal.throwIfAborted();
        const damaged = await damagedAmong(connection, files);
        if (damaged.length === 0) throw error;
        tell(damaged);
        files = files.filter((file) => !damaged.some((one) => one.file === file));
        return undefined;
      });
    }
    if (merged === undefined) return;
    signal.throwIfAborted();
    await store.putFile(`${hour}/compact-${merged.digest}.parquet`, merged.path, signal);
    for (const file of files) await remove(file);
    result.before += files.length;
    result.after += 1;
    result.repeated += merged.repeated;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file of the flows of several, each once. */
interface Merged {
  readonly path: string;
  /** Of the names of the files that it is made of. */
  readonly digest: string;
  /** Flows that were there more than once. */
  readonly repeated: number;
}

async function mergeFiles(connection: DuckDBConnection, files: readonly string[], path: string): Promise<Merged> {
  const names = files.map((file) => basename(file)).sort();
  const digest = createHash("sha256").update(names.join("\n")).digest("hex").slice(0, 32);
  const from = `read_parquet([${files.map(literal).join(", ")}], union_by_name = true, hive_partitioning = false)`;
  const uid = identifier(UID);
  const rows = await connection.run(`COPY (
      SELECT * REPLACE (${TIME}::TIMESTAMP_MS AS ${TIME}) FROM ${from}
      QUALIFY row_number() OVER (PARTITION BY ${uid}) = 1 ORDER BY ${TIME}, ${uid}
    ) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {${literal(REPLACES)}: ${literal(names.join(","))}})`);
  const [[total]] = (await connection.runAndReadAll(`SELECT count(*) FROM ${from}`)).getRowsJson() as [[string]];
  chmodSync(path, 0o600);
  return { path, digest, repeated: Number(total) - rows.rowsChanged };
}

async function damagedAmong(connection: DuckDBConnection, files: readonly string[]): Promise<PassedOver[]> {
  return Array.from(await brokenAmong(connection, files), ([file, reason]) => ({ file, reason }));
}
