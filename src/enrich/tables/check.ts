import { basename, extname } from "node:path";
import { UsageError } from "../../lib/errors.ts";
import { type ComparedFile, compareFiles } from "./compare.ts";
import { type FileContent, readContent, short } from "./content.ts";
import { readColumns } from "./csv.ts";
import { describeIssue, type TableIssue } from "./issues.ts";
import { kindOf, TABLE_NAMES, type TableName } from "./kinds.ts";
import type { LookupOptions } from "./options.ts";
import { countOf, readTable } from "./tables.ts";

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
  /** What a worker uses in its place, where it has problems and a copy is kept. */
  readonly lastGood?: { readonly rows: number; readonly at: string };
}

/** Reads the files that the options name, as a worker would that starts now: what it would refuse is a problem. */
export async function checkConfigured(options: LookupOptions): Promise<CheckedFile[]> {
  return (await compareFiles(options)).map(checked);
}

function checked({ table, path, reading, copy: kept, short: isShort }: ComparedFile): CheckedFile {
  const copy = typeof kept === "string" ? undefined : kept;
  const { rows, digest } = reading;
  const issues = isShort && copy !== undefined ? [shortage(rows, copy.loaded.rows)] : reading.issues;
  const problems = isShort ? 1 : reading.issueCount;
  const lastGood =
    problems > 0 && copy !== undefined ? { rows: copy.loaded.rows, at: new Date(copy.at).toISOString() } : undefined;
  const version = digest === undefined ? undefined : short(digest);
  return { table, path, rows, version, problems, issues, ...(lastGood && { lastGood }) };
}

function shortage(rows: number, before: number): TableIssue {
  const reason = `has ${countOf(rows)} where the last good copy has ${before}: refused; if that is wanted, run flowferry lookups accept -c FILE`;
  return { reason };
}

/** Throws UsageError with one line for each of these files that a worker would refuse. */
export async function requireGoodTables(options: LookupOptions): Promise<void> {
  const lines = (await checkConfigured(options)).flatMap(({ path, issues, problems, lastGood }) => {
    const [issue] = issues;
    if (issue === undefined) return [];
    const more = problems > 1 ? ` (and ${problems - 1} more: see flowferry lookups check)` : "";
    const meanwhile =
      lastGood === undefined ? "" : `; the last good copy is in use, of ${lastGood.at} (${countOf(lastGood.rows)})`;
    return [`${describeIssue(path, issue)}${more}${meanwhile}`];
  });
  if (lines.length > 0) throw new UsageError("bad-lookups", lines.join("\n"));
}

/** Reads a file as the table that its name tells, else as the one that its columns belong to, and collects what is wrong. */
export async function checkFile(path: string, named?: TableName): Promise<CheckedFile> {
  const byName = named ?? tableNamed(path);
  const content = await readContent(path, byName && kindOf(byName).maxBytes);
  const table = byName ?? tableWith(content);
  if ("problem" in content) return { table, path, rows: 0, version: undefined, problems: 1, issues: [content.problem] };
  const version = short(content.digest);
  if (table === undefined) {
    const reason =
      "does not show which table it is: begin with a header line such as port,protocol,name, address,server, cidr,zone,name, subnet,cidr,name or cidr,name";
    return { table, path, rows: 0, version, problems: 1, issues: [{ line: 1, reason }] };
  }
  const { rows, issues, issueCount } = await readTable(table, path, content);
  return { table, path, rows, version, problems: issueCount, issues };
}

const COLUMNS: readonly (readonly [TableName, readonly string[]])[] = [
  ["ports", ["port"]],
  ["servers", ["address"]],
  ["subnets", ["subnet"]],
  ["networks", ["cidr", "zone"]],
  ["approvedDestinations", ["cidr", "name"]],
];

/** The table that a file is named after, or alone has files with such an end. */
function tableNamed(path: string): TableName | undefined {
  const extension = extname(path);
  const name = basename(path, ".csv").replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const ending = TABLE_NAMES.filter((known) => kindOf(known).extension === extension);
  return TABLE_NAMES.find((known) => known === name) ?? (ending.length === 1 ? ending[0] : undefined);
}

function tableWith(content: FileContent): TableName | undefined {
  if ("problem" in content) return undefined;
  const columns = readColumns(content.bytes);
  return COLUMNS.find(([, needed]) => needed.every((column) => columns.includes(column)))?.[0];
}
