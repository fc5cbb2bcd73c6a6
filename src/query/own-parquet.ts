import { basename, dirname, join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { archiveColumns, TIME, UID } from "../archive/columns.ts";
import { literal } from "../dialects/duckdb/conditions.ts";
import { describeError } from "../lib/errors.ts";
import { nameOfFile } from "./fetch.ts";
import type { PassedOver } from "./files.ts";

/** Under this key the metadata of a compacted file names those beside it that it replaces, separated by commas. */
export const REPLACES = "flowferry.replaces";

interface OwnFiles {
  readonly files: readonly string[];
  /** Those that at least one of them has. */
  readonly columns: ReadonlySet<string>;
  /** Those whose flows are in another of them: they are to be left out, and may be removed. */
  readonly replaced: readonly string[];
}

/** What a type of Parquet holds; widths of numbers may differ between versions of the layout. */
const formOf = (type: string): string => (type.startsWith("INT") ? "number" : (type.split(" ")[0] ?? ""));
const FORMS: ReadonlyMap<string, string> = new Map(
  archiveColumns().flatMap(({ name, elements: [element, ...more] }) =>
    element?.type === undefined || more.length > 0 ? [] : [[name, formOf(element.type)]],
  ),
);

/** Whether a column of that name can be the archive's; one that the archive does not have may be of any type. */
function isOfType(name: string, type: string): boolean {
  const form = FORMS.get(name);
  return (form === undefined || form === formOf(type)) && (name !== TIME || type.includes("TIMESTAMP"));
}

/** The files that the archive has written, of whatever version; the others are told. */
export async function ownParquet(
  connection: DuckDBConnection,
  files: readonly string[],
  passedOver: PassedOver[],
): Promise<OwnFiles> {
  const own: string[] = [];
  const columns = new Set<string>();
  const look = async (some: readonly string[]): Promise<void> => {
    const sql = `SELECT file_name, list(name), list(concat_ws(' ', type, converted_type))
      FROM parquet_schema([${some.map(literal).join(", ")}]) GROUP BY file_name`;
    const rows = (await connection.runAndReadAll(sql)).getRowsJson() as [string, string[], string[]][];
    for (const [file, names, types] of rows) {
      const other = names.find((name, index) => !isOfType(name, types[index] ?? ""));
      if (!names.includes(TIME) || !names.includes(UID)) {
        passedOver.push({ file: nameOfFile(file), reason: "is Parquet of somebody else: it has no flows" });
      } else if (other !== undefined) {
        passedOver.push({
          file: nameOfFile(file),
          reason: `is Parquet of somebody else: its column ${other} is of another type than the archive's`,
        });
      } else {
        own.push(file);
        for (const name of names) columns.add(name);
      }
    }
  };
  if (files.length === 0) return { files: own, columns, replaced: [] };
  try {
    await look(files);
  } catch {
    own.length = 0;
    columns.clear();
    for (const file of files) {
      await look([file]).catch((error: unknown) =>
        passedOver.push({ file: nameOfFile(file), reason: `is broken: ${describeError(error)}` }),
      );
    }
  }
  const replaced = await replacedFiles(connection, own);
  const [kept, left] = [own.filter((file) => !replaced.has(file)), own.filter((file) => replaced.has(file))];
  return { files: kept.sort(), columns, replaced: left };
}

/** What a compacted file replaces: it is still there while a compaction runs, and after one that died. */
async function replacedFiles(connection: DuckDBConnection, files: readonly string[]): Promise<Set<string>> {
  const compacted = files.filter((file) => basename(file).startsWith("compact-"));
  if (compacted.length === 0) return new Set();
  const sql = `SELECT file_name, decode(value) FROM parquet_kv_metadata([${compacted.map(literal).join(", ")}])
    WHERE decode(key) = ${literal(REPLACES)}`;
  const rows = (await connection.runAndReadAll(sql)).getRowsJson() as [string, string][];
  return new Set(rows.flatMap(([file, names]) => names.split(",").map((name) => join(dirname(file), name))));
}
