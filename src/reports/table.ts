export type Cell = string | number;

/** Lines of a table for people: columns as wide as their widest cell, numbers to the right. */
export function tableLines(header: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const all = [header, ...rows];
  const widths = header.map((_, column) => all.reduce((most, row) => Math.max(most, String(row[column] ?? "").length), 0));
  const isNumeric = header.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
  return all.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return isNumeric[column] ? String(cell).padStart(width) : String(cell).padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
}

/** Lines of CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe in front. */
export function csvLines(header: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  return [header, ...rows].map((row) => row.map(csvCell).join(","));
}

/** Texts that do not stand there as they are, which are few. */
const UNSAFE = /^[=+\-@\t\r]|[",\r\n]/;

function csvCell(cell: Cell): string {
  if (typeof cell === "number") return String(cell);
  if (!UNSAFE.test(cell)) return cell;
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
