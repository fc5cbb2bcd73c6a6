import { createHash } from "node:crypto";
import { describeIssue } from "../../../../src/enrich/tables/issues.ts";
import type { CsvTableKind } from "../../../../src/enrich/tables/table.ts";
import { parseTable, type Reading } from "../../../../src/enrich/tables/tables.ts";

/** Reads text as a table of the kind. */
async function read<Table>(kind: CsvTableKind<Table>, text: string | Uint8Array): Promise<Reading<Table>> {
  const bytes = Buffer.from(text as string);
  return parseTable(kind, { bytes, digest: createHash("sha256").update(bytes).digest("hex") });
}

/** The table of the text, which must be good. */
export async function good<Table>(kind: CsvTableKind<Table>, text: string | Uint8Array): Promise<Table> {
  const reading = await read(kind, text);
  if (reading.table === undefined) throw new Error(problemsIn(reading).join("\n"));
  return reading.table;
}

/** The problems that the text has as such a table, each as the line that a person reads. */
export async function problems(kind: CsvTableKind<unknown>, text: string | Uint8Array): Promise<string[]> {
  return problemsIn(await read(kind, text));
}

function problemsIn({ issues }: Reading<unknown>): string[] {
  return issues.map((issue) => describeIssue("t.csv", issue));
}
