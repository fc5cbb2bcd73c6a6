import type { IpAddress } from "../../lib/ip/address.ts";
import { type IpPrefix, parsePrefix } from "../../lib/ip/prefix.ts";
import { endsWithLine } from "../../lib/look.ts";
import { atOnce, inTurns, type Slices } from "../../lib/slices.ts";
import { MAX_FILE_BYTES } from "./content.ts";
import { type CsvRow, type CsvShape, readCsv } from "./csv.ts";
import type { Report, TableIssue } from "./issues.ts";

/** What a file of a table holds. */
export interface TableFileContent<File> {
  readonly path: string;
  readonly content: File;
}

/** What a table says about an address. */
export interface Saying {
  readonly path: string;
  /** The network, as the file has it. */
  readonly key: string;
  readonly values: Readonly<Record<string, string>>;
  /** Whether a flow gets these values; else what another file says hides them. */
  readonly used: boolean;
}

/** How a kind of table is read from its files, and what its option is. `File` is what one of them holds. */
export interface TableKind<Table = unknown, File = unknown> {
  /** In the words of the option. */
  readonly about: string;
  /** Of a kind with several files the table is made of all that the option lists. */
  readonly files: "one" | "several";
  readonly extension: `.${string}`;
  readonly maxBytes: number;
  /** Whether a file looks whole by its end. Without it none does, and a file that changes is left alone for longer. */
  readonly endsWhole?: (path: string) => Promise<boolean>;
  /**
   * Reads the bytes of one file; resolves to how many rows it has. What is wrong goes to `report`, and then the file is not used.
   * Nothing that the bytes hold makes it throw. Other work gets its turn while a large file is read.
   */
  parse(bytes: Uint8Array, report: Report): Promise<{ readonly content: File | undefined; readonly rows: number }>;
  /** The table of its files, in the order of the option; of none the table that says nothing but what is built in. */
  join(files: readonly TableFileContent<File>[]): Table;
  /** What is shown of an address beside server, network and approval, for a kind that knows more. */
  say?(table: Table, ip: IpAddress): readonly Saying[];
}

/** A kind of table that is one CSV file. */
export interface CsvTableKind<Table> extends TableKind<Table, Table> {
  readonly files: "one";
}

interface CsvReading<Table> {
  add(row: CsvRow): void;
  build(): Slices<Table>;
}

/**
 * A kind of table that is one CSV file with these columns. One reading: `add` takes the lines in their order, `build` makes the table of
 * them, with pauses where that takes long. Both report what is wrong.
 */
export function csvTable<Table>(
  about: string,
  shape: CsvShape,
  read: (report: Report) => CsvReading<Table>,
): CsvTableKind<Table> {
  return {
    about,
    files: "one",
    extension: ".csv",
    maxBytes: MAX_FILE_BYTES,
    endsWhole: endsWithLine,
    async parse(bytes, report) {
      const reading = read(report);
      const rows = await readCsv(bytes, shape, report, reading.add);
      return { content: await inTurns(reading.build()), rows };
    },
    join: ([file]) => file?.content ?? atOnce(read(() => {}).build()),
  };
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
