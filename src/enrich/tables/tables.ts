import { asset } from "../../lib/assets.ts";
import { UsageError } from "../../lib/errors.ts";
import { inTurns } from "../../lib/slices.ts";
import { AddressBook } from "./address-book.ts";
import { digestOf, type FileContent, joined, readContent, short } from "./content.ts";
import { describeIssue, Issues, type TableIssue } from "./issues.ts";
import { type FileOf, kindOf, TABLE_NAMES, type TableContents, type TableName } from "./kinds.ts";
import type { LookupOptions } from "./options.ts";
import type { TableKind } from "./table.ts";

/** A file that a table came from. */
interface TableFile {
  readonly table: TableName;
  readonly path: string;
  readonly rows: number;
  /** First 12 digits of the SHA-256 of its bytes, as `sha256sum` prints it. */
  readonly version: string;
}

/** One state of all tables; never changes. Every flow of a batch is enriched from one. */
export interface Tables extends TableContents {
  /** 12 hexadecimal digits that depend on what the files hold and on nothing else. */
  readonly version: string;
  readonly files: readonly TableFile[];
  readonly addresses: AddressBook;
}

/** What came of reading one file as a table. The table is there only if nothing is wrong. */
export interface Reading<Table> {
  readonly table: Table | undefined;
  readonly rows: number;
  readonly digest: string | undefined;
  /** At most 20, in the order of the lines; `issueCount` counts them all. */
  readonly issues: readonly TableIssue[];
  readonly issueCount: number;
}

/** The files that the options name, each once; without other word, ports come from the file that ships with the program. */
export function tablePaths(options: LookupOptions): { readonly table: TableName; readonly path: string }[] {
  return TABLE_NAMES.flatMap((table) => {
    const named: string | readonly string[] = options[table] ?? (table === "ports" ? asset("lookups/ports.csv") : []);
    return [...new Set([named].flat())].map((path) => ({ table, path }));
  });
}

/** Reads a file of the table that is no larger than such files may be. */
export function readTableFile(table: TableName, path: string): Promise<FileContent> {
  return readContent(path, kindOf(table).maxBytes);
}

/** Reads content as a file of a kind. Nothing that it holds makes this throw. */
export async function parseTable<File>(kind: TableKind<unknown, File>, content: FileContent): Promise<Reading<File>> {
  if ("problem" in content) return { table: undefined, rows: 0, digest: undefined, issues: [content.problem], issueCount: 1 };
  const issues = new Issues();
  const { content: table, rows } = await kind.parse(content.bytes, issues.report);
  const list = issues.list.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const good = issues.total === 0;
  return { table: good ? table : undefined, rows, digest: content.digest, issues: list, issueCount: issues.total };
}

/** A table, or a file of one, as it was read. */
export interface LoadedTable extends TableFile {
  readonly digest: string;
  readonly content: FileOf<TableName>;
  /** What the file held, in memory that threads share; undefined where nobody is to read it again. */
  readonly bytes?: Uint8Array | undefined;
}

/** A file of a table in use, as another thread reads it again. */
export interface KeptTable extends Pick<LoadedTable, "table" | "path" | "digest"> {
  readonly bytes: Uint8Array;
}

export type TableReading = Reading<LoadedTable>;

/** Reads content as a file of the table of that name. */
export async function readTable(table: TableName, path: string, content: FileContent, keepsBytes = false): Promise<TableReading> {
  const reading = await parseTable(kindOf(table) as TableKind<unknown, FileOf<TableName>>, content);
  if (reading.table === undefined || reading.digest === undefined) return { ...reading, table: undefined };
  const { rows, digest } = reading;
  const bytes = keepsBytes && "bytes" in content ? await shared(content.bytes) : undefined;
  return { ...reading, table: { table, path, rows, digest, version: short(digest), content: reading.table, bytes } };
}

const PART_BYTES = 1024 ** 2;

/** A copy in memory that threads share. */
function shared(bytes: Uint8Array): Promise<Uint8Array> {
  const parts = function* () {
    for (let from = 0; from < bytes.length; from += PART_BYTES) yield bytes.subarray(from, from + PART_BYTES);
  };
  return inTurns(joined(parts(), Buffer.from(new SharedArrayBuffer(bytes.length))));
}

/** A snapshot of what was loaded; a table that has no file is empty. */
export function snapshotOf(loaded: readonly LoadedTable[]): Tables {
  const filesOf = (name: TableName) => loaded.filter(({ table }) => table === name);
  const contents = Object.fromEntries(
    TABLE_NAMES.map((name) => [name, kindOf(name).join(filesOf(name))]),
  ) as unknown as TableContents;
  const versions = TABLE_NAMES.flatMap((name) => {
    const none = kindOf(name).files === "one" ? ["none"] : [];
    const own = filesOf(name).map(({ version }) => version);
    return (own.length > 0 ? own : none).map((version) => `${name} ${version}\n`);
  });
  return {
    ...contents,
    version: short(digestOf(versions.join(""))),
    files: loaded.map(({ table, path, rows, version }) => ({ table, path, rows, version })),
    addresses: new AddressBook(contents.servers, contents.networks, contents.approvedDestinations),
  };
}

/** How many rows, in words: `no rows`, `1 row`, `2 rows`. */
export function countOf(rows: number): string {
  return rows === 0 ? "no rows" : rows === 1 ? "1 row" : `${rows} rows`;
}

/** The first problem of a file in one line, with how many more there are. */
export function describeProblems(path: string, { issues, issueCount }: Reading<unknown>): string {
  const first = issues[0] === undefined ? `${path}: unknown problem` : describeIssue(path, issues[0]);
  return issueCount > 1 ? `${first} (and ${issueCount - 1} more: see flowferry lookups check)` : first;
}

/** Reads all tables once. Throws UsageError with one line for each file that is missing or wrong. */
export async function loadTables(options: LookupOptions): Promise<LoadedTable[]> {
  const loaded: LoadedTable[] = [];
  const faults: string[] = [];
  for (const { table, path } of tablePaths(options)) {
    const reading = await readTable(table, path, await readTableFile(table, path));
    if (reading.table === undefined) faults.push(describeProblems(path, reading));
    else loaded.push(reading.table);
  }
  if (faults.length > 0) throw new UsageError("bad-lookups", faults.join("\n"));
  return loaded;
}
