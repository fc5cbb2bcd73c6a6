import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { asset } from "../../lib/assets.ts";
import { codeOf, describeError, UsageError } from "../../lib/errors.ts";
import { AddressBook } from "./address-book.ts";
import { type ApprovedDestinationTable, approvedDestinations } from "./approved-destinations.ts";
import { MAX_TABLE_BYTES, readCsv } from "./csv.ts";
import { describeIssue, Issues, type TableIssue } from "./issues.ts";
import { type NetworkTable, networks } from "./networks.ts";
import type { LookupOptions } from "./options.ts";
import { type PortTable, ports } from "./ports.ts";
import { type ServerTable, servers } from "./servers.ts";
import { type SubnetTable, subnets } from "./subnets.ts";
import type { TableKind } from "./table.ts";

/** The tables that flows are enriched from, by name. */
interface TableContents {
  readonly ports: PortTable;
  readonly servers: ServerTable;
  readonly networks: NetworkTable;
  readonly subnets: SubnetTable;
  readonly approvedDestinations: ApprovedDestinationTable;
}

export type TableName = keyof TableContents;

export const KINDS: { readonly [Name in TableName]: TableKind<TableContents[Name]> } = {
  ports,
  servers,
  networks,
  subnets,
  approvedDestinations,
};

export const TABLE_NAMES = Object.keys(KINDS) as readonly TableName[];

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

/** The bytes of a file, or why there are none. */
export type FileContent = { readonly bytes: Uint8Array; readonly digest: string } | { readonly problem: TableIssue };

/** What came of reading one file as a table. The table is there only if nothing is wrong. */
export interface Reading<Table> {
  readonly table: Table | undefined;
  readonly rows: number;
  readonly digest: string | undefined;
  /** At most 20, in the order of the lines; `issueCount` counts them all. */
  readonly issues: readonly TableIssue[];
  readonly issueCount: number;
}

/** The files that the options name; without other word, ports come from the file that ships with the program. */
export function tablePaths(options: LookupOptions): { readonly table: TableName; readonly path: string }[] {
  return TABLE_NAMES.flatMap((table) => {
    const path = options[table] ?? (table === "ports" ? asset("lookups/ports.csv") : undefined);
    return path === undefined ? [] : [{ table, path }];
  });
}

/** Reads a file of at most 64 MiB. */
export async function readContent(path: string): Promise<FileContent> {
  try {
    if (!(await stat(path)).isFile()) return { problem: { reason: "is no regular file: name a CSV file" } };
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of createReadStream(path, { end: MAX_TABLE_BYTES, highWaterMark: 1024 ** 2 })) {
      parts.push(part);
      length += part.length;
    }
    if (length > MAX_TABLE_BYTES) return { problem: { reason: `is larger than ${MAX_TABLE_BYTES / 1024 ** 2} MiB: shorten it` } };
    const bytes = Buffer.concat(parts);
    return { bytes, digest: digestOf(bytes) };
  } catch (error) {
    return { problem: { reason: unreadable(error) } };
  }
}

function unreadable(error: unknown): string {
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ENOTDIR") return "does not exist: create the file, or correct its path in the configuration";
  if (code === "EACCES" || code === "EPERM") return "may not be read: grant the program's user read permission";
  return `cannot be read: ${describeError(error)}`;
}

/** Reads content as a table of one kind. Nothing that it holds makes this throw. */
export async function parseTable<Table>(kind: TableKind<Table>, content: FileContent): Promise<Reading<Table>> {
  if ("problem" in content) return { table: undefined, rows: 0, digest: undefined, issues: [content.problem], issueCount: 1 };
  const issues = new Issues();
  const reading = kind.read(issues.report);
  const rows = await readCsv(content.bytes, kind.shape, issues.report, reading.add);
  const table = reading.build();
  const list = issues.list.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const good = issues.total === 0;
  return { table: good ? table : undefined, rows, digest: content.digest, issues: list, issueCount: issues.total };
}

/** A table as it was read from its file. */
export interface LoadedTable extends TableFile {
  readonly digest: string;
  readonly content: TableContents[TableName];
}

export type TableReading = Reading<LoadedTable>;

/** Reads content as the table of that name. */
export async function readTable(table: TableName, path: string, content: FileContent): Promise<TableReading> {
  const reading = await parseTable<TableContents[TableName]>(KINDS[table], content);
  if (reading.table === undefined || reading.digest === undefined) return { ...reading, table: undefined };
  const { rows, digest } = reading;
  return { ...reading, table: { table, path, rows, digest, version: short(digest), content: reading.table } };
}

/** A snapshot of what was loaded; a table that has no file is empty. */
export function snapshotOf(loaded: readonly LoadedTable[]): Tables {
  const contents = Object.fromEntries(
    TABLE_NAMES.map((name) => {
      const kind: TableKind<unknown> = KINDS[name];
      return [name, loaded.find(({ table }) => table === name)?.content ?? kind.read(() => {}).build()];
    }),
  ) as unknown as TableContents;
  const versions = TABLE_NAMES.map((name) => `${name} ${loaded.find(({ table }) => table === name)?.version ?? "none"}\n`);
  return {
    ...contents,
    version: short(digestOf(versions.join(""))),
    files: loaded.map(({ table, path, rows, version }) => ({ table, path, rows, version })),
    addresses: new AddressBook(contents.servers, contents.networks, contents.approvedDestinations),
  };
}

/** SHA-256, as `sha256sum` prints it. */
export function digestOf(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** How many rows, in words: `no rows`, `1 row`, `2 rows`. */
export function countOf(rows: number): string {
  return rows === 0 ? "no rows" : rows === 1 ? "1 row" : `${rows} rows`;
}

export function short(digest: string): string {
  return digest.slice(0, 12);
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
    const reading = await readTable(table, path, await readContent(path));
    if (reading.table === undefined) faults.push(describeProblems(path, reading));
    else loaded.push(reading.table);
  }
  if (faults.length > 0) throw new UsageError("bad-lookups", faults.join("\n"));
  return loaded;
}
