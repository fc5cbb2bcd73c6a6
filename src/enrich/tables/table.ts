import { type IpPrefix, parsePrefix } from "../../lib/ip/prefix.ts";
import type { CsvRow, CsvShape } from "./csv.ts";
import type { Report, TableIssue } from "./issues.ts";

/** How a kind of table is read from the lines of its file. */
export interface TableKind<Table> {
  readonly shape: CsvShape;
  /** One reading: `add` takes the lines in their order, `build` makes the table of them. Both report what is wrong. */
  read(report: Report): { add(row: CsvRow): void; build(): Table };
}

/** The cell, or undefined (and reported) where it is empty. */
export function required(row: CsvRow, column: string, report: Report): string | undefined {
  const value = row.cell(column);
  if (value !== "") return value;
  report({ line: row.line, column, reason: "is empty: fill it in, or remove the line" });
  return undefined;
}

/** The network in the cell, or undefined (and reported) where there is none. */
export function requiredPrefix(row: CsvRow, column: string, report: Report, bareAddress = false): IpPrefix | undefined {
  const value = required(row, column, report);
  if (value === undefined) return undefined;
  const prefix = parsePrefix(value, bareAddress);
  if (typeof prefix !== "string") return prefix;
  report({ line: row.line, column, value, reason: prefix });
  return undefined;
}

/** Two lines say different things about one key. */
export function contradiction(column: string, value: string, firstLine: number, line: number): TableIssue {
  return {
    line,
    column,
    value,
    reason: `stands on line ${firstLine} already, and not with the same values: keep one of the two`,
  };
}
