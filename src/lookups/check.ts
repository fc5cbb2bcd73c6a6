import { basename } from "node:path";
import { readColumns } from "./csv.ts";
import type { TableIssue } from "./issues.ts";
import type { TableKind } from "./table.ts";
import { type FileContent, KINDS, parseTable, readContent, short, TABLE_NAMES, type TableName } from "./tables.ts";

/** What was found in one file. */
export interface CheckedFile {
  /** Undefined where the file does not show which table it is. */
  readonly table: TableName | undefined;
  readonly path: string;
  readonly rows: number;
  /** First 12 digits of the SHA-256 of its bytes; undefined for a file that cannot be read. */
  readonly version: string | undefined;
  /** How many problems it has; `issues` holds the first 20. */
  readonly problems: number;
  readonly issues: readonly TableIssue[];
}

/** Reads a file as the table that it is named after, else as the one that its columns belong to, and collects what is wrong. */
export async function checkFile(path: string, named?: TableName): Promise<CheckedFile> {
  const content = await readContent(path);
  const table = named ?? tableOf(path, content);
  if ("problem" in content) return { table, path, rows: 0, version: undefined, problems: 1, issues: [content.problem] };
  const version = short(content.digest);
  if (table === undefined) {
    const reason =
      "does not show which table it is: begin with a header line such as port,protocol,name, address,server, cidr,zone,name, subnet,cidr,name or cidr,name";
    return { table, path, rows: 0, version, problems: 1, issues: [{ line: 1, reason }] };
  }
  const kind: TableKind<unknown> = KINDS[table];
  const { rows, issues, issueCount } = await parseTable(kind, content);
  return { table, path, rows, version, problems: issueCount, issues };
}

const COLUMNS: readonly (readonly [TableName, readonly string[]])[] = [
  ["ports", ["port"]],
  ["servers", ["address"]],
  ["subnets", ["subnet"]],
  ["networks", ["cidr", "zone"]],
  ["approvedDestinations", ["cidr", "name"]],
];

function tableOf(path: string, content: FileContent): TableName | undefined {
  const name = basename(path, ".csv").replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const byName = TABLE_NAMES.find((known) => known === name);
  if (byName !== undefined || "problem" in content) return byName;
  const columns = readColumns(content.bytes);
  return COLUMNS.find(([, needed]) => needed.every((column) => columns.includes(column)))?.[0];
}
