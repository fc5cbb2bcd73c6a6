import type { Answer, Value } from "./ask.ts";

const BLOCKS = " ▏▎▍▌▋▊▉█";

/** Lines of a bar for each row: the last column of numbers, against the largest of them; the columns before it name the bar. */
export function chartLines({ columns, rows }: Answer, width = 40): string[] {
  const isNumber = (column: number) =>
    rows.length > 0 && rows.every((row) => typeof row[column] === "number" || row[column] === null);
  const measure = columns.findLastIndex((_, column) => isNumber(column));
  if (measure < 0) return ["there is no column of numbers to draw"];
  const labels = rows.map((row) => row.slice(0, measure).map(shown).join("  "));
  const most = Math.max(...rows.map((row) => Number(row[measure] ?? 0)), 0);
  const longest = Math.max(0, ...labels.map(({ length }) => length));
  return [
    `${columns.slice(0, measure).join("  ")}: ${columns[measure]}`,
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
