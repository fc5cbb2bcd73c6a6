import type { Answer, Value } from "./ask.ts";

const BLOCKS = " ▏▎▍▌▋▊▉█";

/** What of an answer is drawn: a column of numbers, and those that name a bar. */
export interface Drawn {
  readonly measure: string;
  readonly names: readonly string[];
}

/** Lines of a bar for each row: what is to be drawn, else the last column of numbers, named by the columns before it; against the largest. */
export function chartLines({ columns, rows }: Answer, drawn?: Drawn, width = 40): string[] {
  const isNumber = (column: number) =>
    rows.length > 0 && rows.every((row) => typeof row[column] === "number" || row[column] === null);
  const wanted = drawn === undefined ? -1 : columns.indexOf(drawn.measure);
  const measure = isNumber(wanted) ? wanted : columns.findLastIndex((_, column) => isNumber(column));
  if (measure < 0) return ["there is no column of numbers to draw"];
  const names = columns
    .map((_, column) => column)
    .filter((column) => drawn?.names.includes(columns[column] ?? "") ?? column < measure);
  const labels = rows.map((row) => names.map((column) => shown(row[column])).join("  "));
  const most = Math.max(...rows.map((row) => Number(row[measure] ?? 0)), 0);
  const longest = Math.max(0, ...labels.map(({ length }) => length));
  return [
    `${names.map((column) => columns[column]).join("  ")}: ${columns[measure]}`,
    ...rows.map((row, index) => {
      const value = Number(row[measure] ?? 0);
      return `${labels[index]?.padEnd(longest)}  ${bar(most <= 0 ? 0 : (Math.max(0, value) / most) * width)} ${value}`;
    }),
  ];
}

function bar(length: number): string {
  const eighths = Math.round(length * 8);
  return `${"█".repeat(eighths >> 3)}${eighths % 8 === 0 ? "" : BLOCKS[eighths % 8]}`;
}

/** A value as people read it in a table. */
export function shown(value: Value | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
