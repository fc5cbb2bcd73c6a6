import { statSync } from "node:fs";
import type { DuckDBConnection } from "@duckdb/node-api";
import { literal } from "../dialects/duckdb/conditions.ts";
import { describeError } from "../lib/errors.ts";
import { nameOfFile } from "./fetch.ts";

/** What a connection reads, and how a file of it is read whole. */
interface Read {
  readonly files: readonly string[];
  readonly all: (file: string) => string;
}

const read = new WeakMap<DuckDBConnection, readonly Read[]>();
/** Files that turned out to be broken, of this process: they are listed again after that, and then passed over. */
const broken = new Map<string, string>();

/** One that is written again is another file. */
const keyOf = (file: string): string => `${nameOfFile(file)} ${statSync(file, { throwIfNoEntry: false })?.size}`;

/** Says what the connection reads. */
export function noteRead(connection: DuckDBConnection, parquet: readonly string[], arrays: readonly string[]): void {
  read.set(connection, [
    { files: parquet, all: readWhole },
    {
      files: arrays,
      all: (file) => `SELECT count(*) FROM read_json(${literal(file)}, format = 'array', columns = {oracle: 'JSON'})`,
    },
  ]);
}

/** Half a sentence why a file that is listed cannot be read; undefined for one of which that is not known. */
export function knownBroken(file: string): string | undefined {
  return broken.size === 0 ? undefined : broken.get(keyOf(file));
}

/** Whether a question may have failed for a file that it reads. */
const isOfFile = (said: string): boolean => /^(Invalid Error|IO Error|Invalid Input Error)\b/.test(said);

/**
 * A question has failed: looks into each file that the connection reads, and keeps in mind which are broken. Gives the first with why, so
 * that the question can be asked again without them; undefined where there is none.
 */
export async function foundBroken(connection: DuckDBConnection, said: string): Promise<string | undefined> {
  if (!isOfFile(said)) return undefined;
  let first: string | undefined;
  for (const { files, all } of read.get(connection) ?? []) {
    for (const [file, reason] of await brokenAmong(connection, files, all)) {
      broken.set(keyOf(file), reason);
      first ??= `${nameOfFile(file)} ${reason}`;
    }
  }
  return first;
}

/** Those of the files that cannot be read to their end, and half a sentence why. */
export async function brokenAmong(
  connection: DuckDBConnection,
  files: readonly string[],
  all: (file: string) => string = readWhole,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const file of files) {
    try {
      await connection.run(all(file));
    } catch (error) {
      const said = describeError(error);
      if (!isOfFile(said)) throw error;
      found.set(file, `is broken: ${said.split("\n")[0]?.replaceAll(`file "${file}"`, "it")}`);
    }
  }
  return found;
}

/** Every value is decoded. */
function readWhole(file: string): string {
  return `SELECT sum(hash(COLUMNS(*))) FROM read_parquet(${literal(file)}, hive_partitioning = false)`;
}
