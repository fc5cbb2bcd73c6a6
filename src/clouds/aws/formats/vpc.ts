import type { Decoded, DecodeOptions, QualityNotice } from "../../../contracts/decoder.ts";
import { ContextPool } from "../../../flow/contexts.ts";
import type { Origin } from "../../../flow/origin.ts";
import type { FormatKind, Sample } from "../../../formats/format.ts";
import { decodeLines, decodeWholeLines, type LineReader } from "../../../formats/lines.ts";
import { loadMapping } from "../../../formats/mapping.ts";
import { NO_TEXT, openParquet, PARQUET_MARK, type RowSlice } from "../../../formats/parquet.ts";
import { peek } from "../../../formats/peek.ts";
import { Piece } from "../../../formats/piece.ts";
import { show } from "../../../formats/problem.ts";
import { type Span, textOf } from "../../../formats/span.ts";
import { Broken, type Unpacked } from "../../../formats/unpacked.ts";
import { ColumnCatalogue, type Columns } from "./columns.ts";
import { Records, unknownColumns } from "./records.ts";

/** A line of the default format, as far as no other log has such. */
const RECORD = /^\s*\d+\s+(?:\d{12}|unknown)\s+(?:eni-\S+|-)(?:\s+\S+){9}\s+(?:ACCEPT|REJECT|-)\s+(?:OK|NODATA|SKIPDATA)\s*$/;

/** Rows of Parquet that make one piece. */
const PIECE_ROWS = 1000;

/** AWS VPC Flow Logs of any version: lines, with the names of their columns in the first one or without, and Parquet. */
export const awsVpc: FormatKind = {
  name: "aws-vpc",
  create() {
    const mapping = loadMapping("aws-vpc");
    const contexts = new ContextPool();
    const catalogue = new ColumnCatalogue(mapping);
    return {
      recognises: ({ line }: Sample) => line.startsWith(PARQUET_MARK) || RECORD.test(line) || catalogue.isHeadingOfAws(line),
      async *decode(unpacked: Unpacked, origin: Origin, options: DecodeOptions): AsyncGenerator<Decoded> {
        const records = new Records(mapping, contexts, origin);
        const { head, whole, release } = await peek(unpacked, PARQUET_MARK.length);
        try {
          const isParquet = head.toString("latin1", 0, PARQUET_MARK.length) === PARQUET_MARK;
          yield* isParquet
            ? decodeParquet(whole, catalogue, records, options)
            : decodeLines(whole, new Lines(catalogue, records, options.skip), options);
        } finally {
          await release();
        }
      },
      decodeMessage: (message: Buffer, origin: Origin, options: DecodeOptions): Decoded =>
        decodeWholeLines(message, new Lines(catalogue, new Records(mapping, contexts, origin), options.skip), options),
    };
  },
};

class Lines implements LineReader {
  readonly #catalogue: ColumnCatalogue;
  readonly #records: Records;
  #columns: Columns;
  readonly #skip: number;
  /** Of columns of which nothing was said yet. */
  #notice: QualityNotice | undefined;

  constructor(catalogue: ColumnCatalogue, records: Records, skip: number) {
    this.#catalogue = catalogue;
    this.#records = records;
    this.#skip = skip;
    this.#columns = catalogue.defaults;
  }

  heading(line: Span, after: number): boolean {
    // A record begins with its version, if not with another number, an address or an identifier.
    const names = isLetter(line.buffer[line.start]) ? this.#catalogue.headingOf(textOf(line)) : undefined;
    if (names === undefined) return false;
    this.#columns = this.#catalogue.of(names);
    this.#notice = after < this.#skip ? undefined : unknownColumns(this.#columns, after);
    return true;
  }

  read(line: Span, record: number, piece: Piece): void {
    if (this.#notice !== undefined) piece.quality.push(this.#notice);
    this.#notice = undefined;
    const text = textOf(line);
    const values = text.trim().split(/[ \t]+/);
    const { width } = this.#columns;
    if (text.includes("\0")) piece.reject(record, { code: "nul-byte", reason: "the line holds a NUL byte" });
    else if (values.length === width) this.#records.read(values, this.#columns, record, piece);
    else {
      const reason = `the line has ${values.length} fields, not ${width}: ${show(text)}`;
      piece.reject(record, { code: "wrong-field-count", reason });
    }
  }
}

const isLetter = (byte: number | undefined) => byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;

async function* decodeParquet(
  unpacked: Unpacked,
  catalogue: ColumnCatalogue,
  records: Records,
  { skip, maxBytes, maxRecordBytes }: DecodeOptions,
): AsyncGenerator<Decoded> {
  let through = skip;
  try {
    const rows = await openParquet(unpacked, maxBytes);
    if (!catalogue.isOfAws(rows.columns)) {
      const names = rows.columns.slice(0, 10).join(", ");
      throw new Broken("foreign-parquet", `no column is one of VPC Flow Logs: ${show(names)}`);
    }
    const columns = catalogue.of(rows.columns);
    for await (const slice of rows.slices(skip)) {
      const notice = slice.first === 1 ? unknownColumns(columns, 0) : undefined;
      for (let row = 0; row < slice.length; row += PIECE_ROWS) {
        const piece = readRows(slice, row, columns, records, maxRecordBytes);
        if (row === 0 && notice !== undefined) piece.quality.push(notice);
        through = piece.through;
        yield piece;
      }
    }
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    const piece = new Piece(through);
    piece.breakOff(error.fault);
    yield piece;
  }
}

function readRows(slice: RowSlice, from: number, columns: Columns, records: Records, maxRecordBytes: number): Piece {
  const piece = new Piece(slice.first + from - 1);
  for (let row = from; row < Math.min(slice.length, from + PIECE_ROWS); row++) {
    const values = slice.columns.map((column) => column[row]);
    const record = slice.first + row;
    piece.through = record;
    const length = values.reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : 8), 0);
    if (values.includes(NO_TEXT)) piece.reject(record, { code: "invalid-utf8", reason: "the row is not valid UTF-8" });
    else if (length > maxRecordBytes) {
      const reason = `the row has more than the ${maxRecordBytes} bytes allowed`;
      piece.reject(record, { code: "line-too-long", reason });
    } else records.read(values, columns, record, piece);
  }
  return piece;
}
