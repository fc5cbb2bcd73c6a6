import { isAscii } from "node:buffer";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { CsvError, type Options, parse } from "csv-parse";
import { parse as parseSync } from "csv-parse/sync";
import { nearest } from "../../lib/nearest.ts";
import { isPlain, LINE_END, MAX_LINE_BYTES, plainCells, plainLines } from "./csv-plain.ts";
import { asUtf8, nameOf, tidy, visible } from "./csv-text.ts";
import type { Report, TableIssue } from "./issues.ts";

export const MAX_TABLE_ROWS = 2_000_000;
const MAX_COLUMNS = 64;
/** In which the separator is looked for. */
const HEAD_BYTES = 64 * 1024;
/** What is parsed before other work has its turn: a few ms, and little that the collector of garbage finds alive. */
const PIECE_BYTES = 8 * 1024;

/** The columns of a table. */
export interface CsvShape {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Whether further columns may stand: says what is wrong with one's name, or undefined. Without it there are none. */
  readonly further?: (name: string, all: readonly string[]) => string | undefined;
}

/** One line of a table. */
export class CsvRow {
  readonly line: number;
  readonly #header: CsvHeader;
  readonly #cells: readonly string[];

  constructor(line: number, header: CsvHeader, cells: readonly string[]) {
    this.line = line;
    this.#header = header;
    this.#cells = cells;
  }

  /** The cell of a column, trimmed; empty where the line or the file has none. */
  cell(column: string): string {
    return this.#cells[this.#header.index.get(column) ?? -1] ?? "";
  }

  /** The further columns of the file. */
  get furtherNames(): readonly string[] {
    return this.#header.further;
  }
}

interface CsvHeader {
  /** In the order of the file, in lower case; empty for a column without a name. None follows the last one that has a name. */
  readonly names: readonly string[];
  readonly index: ReadonlyMap<string, number>;
  readonly further: readonly string[];
  readonly delimiter: string;
}

const OPTIONS = {
  bom: true,
  comment: "#",
  comment_no_infix: true,
  info: true,
  max_record_size: MAX_LINE_BYTES,
  record_delimiter: ["\r\n", "\n", "\r"],
  relax_column_count: true,
  skip_empty_lines: true,
  trim: true,
} as const satisfies Options;

/** What may stand between two columns; the first is taken where a header line fits several. */
const SEPARATORS = [",", ";", "\t"] as const;
const SEPARATOR_NAMES: Readonly<Record<string, string>> = { ",": "a comma", ";": "a semicolon", "\t": "a tab" };

interface ParsedLine {
  readonly info: { readonly lines: number };
  readonly record: readonly string[];
}

/**
 * Reads a table: UTF-8 with or without BOM, or UTF-16 with one; LF, CRLF or CR; columns parted by commas, semicolons or tabs, as
 * the header line has it or a first line `sep=;` says; quoted cells. Blank lines and lines that begin with `#` are passed over, the
 * first other line is the header, in any case. Columns without name and value, and characters that nobody sees, count for nothing.
 *
 * Calls `onRow` for every line that fits the header; resolves to the number of lines after the header. What is wrong goes to `report`;
 * nothing that the content holds makes it throw. Other work gets its turn while a large table is read.
 */
export async function readCsv(
  bytes: Uint8Array,
  shape: CsvShape,
  report: Report,
  onRow: (row: CsvRow) => void,
  maxRows = MAX_TABLE_ROWS,
): Promise<number> {
  const content = asUtf8(bytes);
  if ("reason" in content) {
    report(content);
    return 0;
  }
  const separation = separationOf(content);
  let header: CsvHeader | undefined;
  let rows = 0;
  let last = 0;
  let stopped = false;
  const stop = (issue: TableIssue) => {
    if (!stopped) report(issue);
    stopped = true;
  };
  const onLine = (line: number, record: readonly string[]) => {
    last = line;
    const cells = record.map(tidy);
    if (stopped || cells.every((cell) => cell === "")) return;
    if (header === undefined) {
      const named = readHeader(cells, line, shape, separation.delimiter);
      if ("reason" in named) stop(named);
      else header = named;
    } else if (rows === maxRows) {
      stop({ line, reason: `more than ${maxRows} rows: write networks instead of single addresses` });
    } else {
      rows++;
      const problem = cellProblem(cells, header, line);
      if (problem === undefined) onRow(new CsvRow(line, header, cells));
      else report(problem);
    }
  };
  const parts = pieces(content, () => stopped);
  try {
    if (isPlain(content)) await readPlain(parts, separation, onLine);
    else
      await pipeline(
        Readable.from(parts, { objectMode: false }),
        parse({ ...OPTIONS, ...separation }),
        async (lines: AsyncIterable<ParsedLine>) => {
          for await (const { info, record } of lines) onLine(info.lines, record);
        },
      );
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    stop(syntaxIssue(error, content, last));
  }
  if (header === undefined) stop({ line: 1, reason: `has no header line: begin with ${headerOf(shape)}` });
  return rows;
}

/** What the parser would say of a table without quotes, in a tenth of its time. */
async function readPlain(
  parts: AsyncIterable<string>,
  { delimiter, from_line: first }: Separation,
  onLine: (line: number, cells: readonly string[]) => void,
): Promise<void> {
  let number = 0;
  for await (const lines of plainLines(parts)) {
    for (const line of lines) {
      number += 1;
      const cells = number < first ? [] : plainCells(line, delimiter);
      if (cells.length > 0) onLine(number, cells);
    }
  }
}

/** The names in the header line in lower case, whatever they are; none where there is no such line. */
export function readColumns(bytes: Uint8Array): readonly string[] {
  const content = asUtf8(bytes);
  if ("reason" in content) return [];
  return headerCells(headOf(content), separationOf(content))
    .map(nameOf)
    .filter((name) => name !== "");
}

/** What parts the columns; undefined for content that is not UTF-8. */
export function delimiterOf(bytes: Uint8Array): string | undefined {
  return "reason" in asUtf8(bytes) || asUtf8(bytes) !== bytes ? undefined : separationOf(bytes).delimiter;
}

/** How the columns are parted, as the parser takes it. */
interface Separation {
  readonly delimiter: string;
  readonly from_line: number;
}

/** Excel's first line `sep=;` says it; else the header line has the most columns with it. */
function separationOf(content: Uint8Array): Separation {
  const head = headOf(content);
  const said = /^"?sep=([^\w\s"#]|\t)"?[,;\t ]*(?:[\r\n]|$)/i.exec(head)?.[1];
  if (said !== undefined) return { delimiter: said, from_line: 2 };
  const found = SEPARATORS.map((delimiter) => {
    const separation = { delimiter, from_line: 1 };
    return { separation, columns: headerCells(head, separation).filter((cell) => tidy(cell) !== "").length };
  });
  return found.reduce((best, other) => (other.columns > best.columns ? other : best)).separation;
}

/** The cells of the first line that has any; none where it cannot be read. */
function headerCells(head: string, separation: Separation): readonly string[] {
  if (!head.includes('"')) {
    for (const line of head.split(LINE_END).slice(separation.from_line - 1)) {
      const cells = plainCells(line, separation.delimiter);
      if (cells.some((cell) => cell.trim() !== "")) return cells;
    }
    return [];
  }
  try {
    const { info: _, ...options } = OPTIONS;
    return parseSync(head, { ...options, ...separation, skip_records_with_empty_values: true, to: 1 })[0] ?? [];
  } catch (error) {
    if (error instanceof CsvError) return [];
    throw error;
  }
}

function headOf(content: Uint8Array): string {
  return visible(new TextDecoder().decode(content.subarray(0, HEAD_BYTES)));
}

async function* pieces(content: Uint8Array, stopped: () => boolean): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const seen = isAscii(content) ? (text: string) => text : visible;
  for (let from = 0; from < content.length && !stopped(); from += PIECE_BYTES) {
    const part = seen(decoder.decode(content.subarray(from, from + PIECE_BYTES), { stream: true }));
    if (part.length > 0) yield part;
    await setImmediate();
  }
}

function headerOf(shape: CsvShape): string {
  return [...shape.required, ...shape.optional].join(",");
}

function readHeader(cells: readonly string[], line: number, shape: CsvShape, delimiter: string): CsvHeader | TableIssue {
  const known = new Set([...shape.required, ...shape.optional]);
  const filled = cells.map(nameOf);
  const names = filled.slice(0, filled.findLastIndex((name) => name !== "") + 1);
  const named = names.filter((name) => name !== "");
  const expected = `the header is ${headerOf(shape)}${shape.further ? " and columns of your own" : ""}`;
  const missing = shape.required.find((name) => !names.includes(name));
  if (missing !== undefined) return { line, reason: `column ${missing} is missing: ${expected}` };
  if (named.length > MAX_COLUMNS) return { line, reason: `has ${named.length} columns: at most ${MAX_COLUMNS} may stand` };
  const index = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    if (name === "") continue;
    if (index.has(name)) return { line, column: name, reason: "stands twice in the header: keep one of the two columns" };
    index.set(name, i);
    if (known.has(name)) continue;
    const problem = shape.further ? shape.further(name, named) : unknownColumn(name, known, expected);
    if (problem !== undefined) return { line, column: name, reason: problem };
  }
  return { names, index, further: named.filter((name) => !known.has(name)), delimiter };
}

function unknownColumn(name: string, known: Iterable<string>, expected: string): string {
  const meant = nearest(name, known);
  return `is no column of this table: ${meant === undefined ? "" : `did you mean ${meant}? `}${expected}`;
}

/** Characters that no name has: control characters, line breaks in quotes among them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/;

function cellProblem(cells: readonly string[], header: CsvHeader, line: number): TableIssue | undefined {
  const { names, delimiter } = header;
  if (cells.length > names.length && cells.slice(names.length).some((cell) => cell !== "")) {
    const held = SEPARATOR_NAMES[delimiter] ?? JSON.stringify(delimiter);
    return {
      line,
      reason: `has ${cells.length} values for ${names.length} columns: put a value that holds ${held} in double quotes`,
    };
  }
  const nameless = cells.findIndex((cell, i) => cell !== "" && names[i] === "");
  if (nameless >= 0) {
    const reason = `stands in column ${nameless + 1}, which has no name in the header: give it one, or empty the column`;
    return { line, value: cells[nameless], reason };
  }
  const bad = cells.findIndex((cell) => CONTROL.test(cell));
  if (bad < 0) return undefined;
  return { line, column: names[bad], value: cells[bad], reason: "holds a line break or control character: write it on one line" };
}

function syntaxIssue(error: CsvError, content: Uint8Array, last: number): TableIssue {
  if (error.code === "CSV_QUOTE_NOT_CLOSED" || error.code === "CSV_MAX_RECORD_SIZE") {
    const open = openQuote(content, last);
    if (open !== undefined) return { line: open, reason: "opens a double quote that is never closed: close it, or remove it" };
  }
  const line = Number(error.lines ?? last + 1);
  if (error.code === "CSV_MAX_RECORD_SIZE") return { line, reason: `is longer than ${MAX_LINE_BYTES} bytes: shorten it` };
  return {
    line,
    reason: "has a double quote in the wrong place: put the whole value in quotes, and write a quote inside it twice",
  };
}

/** The first line after `last` whose double quotes do not pair. */
function openQuote(content: Uint8Array, last: number): number | undefined {
  const lines = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("utf8").split(LINE_END);
  const found = lines.findIndex((text, i) => i >= last && !/^\s*#/.test(text) && text.split('"').length % 2 === 0);
  return found < 0 ? undefined : found + 1;
}
