import { isUtf8 } from "node:buffer";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import type { ColumnMetaData, Compressors, FileMetaData, RowGroup } from "hyparquet";
import { label } from "./problem.ts";
import { Broken, type Unpacked } from "./unpacked.ts";

/** What a Parquet object begins and ends with. */
export const PARQUET_MARK = "PAR1";
/** The least that an object has: the mark twice, and the length of the index of its rows. */
const LEAST_BYTES = 12;
/** The index stands at the end: an object has to be in memory whole, as it is stored. */
const MOST_BYTES = 128 * 1024 * 1024;
/** Of one page of a column, unpacked; writers make pages of about 1 MiB. */
const MOST_PAGE_BYTES = 32 * 1024 * 1024;
const MOST_PAGE_VALUES = 1_000_000;
/** Rows that are unpacked at once; more where pages are larger, so that a page is not unpacked again and again, up to so many values. */
const ROWS = 20_000;
const MOST_VALUES = 8_000_000;

/** Stands for a text that is not valid UTF-8. */
export const NO_TEXT: unique symbol = Symbol("not valid UTF-8");

/** Some rows of an object. */
export interface RowSlice {
  /** Number of the first row, from 1. */
  readonly first: number;
  readonly length: number;
  /**
   * Values by column, in the order of `ParquetRows.columns`. Integers of 64 bits are bigints, texts are strings or `NO_TEXT`; what a row lacks
   * is null or undefined.
   */
  readonly columns: readonly (readonly unknown[])[];
}

export interface ParquetRows {
  /** Names of the columns that hold one value a row. */
  readonly columns: readonly string[];
  /** The rows after number `skip`, some thousands at once. Throws Broken where bytes are not what the index says. */
  slices(skip: number): AsyncGenerator<RowSlice>;
}

/**
 * The rows of a Parquet object, packed with gzip, Snappy, zstd or not at all. However much an object says it holds, one page of a column
 * and some thousand rows are unpacked at once. Throws Broken for an object that is cut, broken or too large.
 */
export async function openParquet(unpacked: Unpacked, maxBytes: number): Promise<ParquetRows> {
  const bytes = await collect(unpacked, Math.min(maxBytes, MOST_BYTES));
  if (bytes.length < LEAST_BYTES || bytes.toString("latin1", bytes.length - PARQUET_MARK.length) !== PARQUET_MARK) {
    const reason = "the object does not end with the index of its rows: it is not whole, and nothing of it can be read";
    throw new Broken("truncated-parquet", reason);
  }
  const { parquetMetadata, parquetRead, parquetSchema } = await import("hyparquet");
  const { parquetHeader } = await import("hyparquet/src/column.js");
  const codecs = compressors((await import("hysnappy")).snappyUncompress);
  const index = await attempt("the index of its rows", async () => {
    const metadata = parquetMetadata(bytes, { geoparquet: false });
    checkCounts(metadata);
    return { metadata, columns: flatColumns(parquetSchema(metadata).children) };
  });
  const { metadata, columns } = index;
  const file = {
    byteLength: bytes.length,
    slice: (start: number, end = bytes.length) => new Uint8Array(bytes.subarray(start, end)).buffer,
  };

  async function* slices(skip: number): AsyncGenerator<RowSlice> {
    let begin = 0;
    for (const group of metadata.row_groups) {
      const end = begin + Number(group.num_rows);
      const largest = end > skip ? await attempt(`the rows from ${begin + 1} on`, async () => checkGroup(group)) : 0;
      const rows = Math.max(ROWS, Math.min(largest, Math.floor(MOST_VALUES / columns.length)));
      for (let from = Math.max(begin, skip); from < end; from += rows) {
        const to = Math.min(end, from + rows);
        const values = await attempt(`the rows from ${from + 1} on`, async () => {
          const read: unknown[][] = [];
          for (const column of columns) read.push(await readColumn(column, from, to));
          return read;
        });
        yield { first: from + 1, length: to - from, columns: values };
      }
      begin = end;
    }
  }

  async function readColumn(column: string, from: number, to: number): Promise<unknown[]> {
    const values: unknown[] = [];
    await parquetRead({
      ...{ file, metadata, columns: [column], rowStart: from, rowEnd: to, compressors: codecs, parsers: PARSERS },
      onChunk({ columnData, rowStart }) {
        const last = Math.min(to, rowStart + columnData.length);
        for (let row = Math.max(from, rowStart); row < last; row++) values[row - from] = columnData[row - rowStart];
      },
    });
    if (values.length !== to - from) throw new Error(`column ${label(column)} has less rows than the index says`);
    return values;
  }

  /** The most values that a page of the group has. */
  function checkGroup(group: RowGroup): number {
    let largest = 0;
    for (const { meta_data: chunk } of group.columns) {
      if (chunk?.path_in_schema.length === 1 && columns.includes(chunk.path_in_schema[0] ?? "")) {
        largest = Math.max(largest, checkPages(chunk, Number(group.num_rows)));
      }
    }
    return largest;
  }

  /** Checks what the pages of a column say of their sizes, before anything is unpacked, and gives the most values of one. */
  function checkPages(chunk: ColumnMetaData, rows: number): number {
    const name = label(chunk.path_in_schema[0] ?? "");
    const begin = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
    const end = begin + Number(chunk.total_compressed_size);
    if (!(begin >= PARQUET_MARK.length && end > begin && end <= bytes.length)) throw new Error(`column ${name} lies outside`);
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, end), offset: begin };
    let values = 0;
    let largest = 0;
    while (values < rows && reader.offset < end - 1) {
      const page = parquetHeader(reader);
      const count = page.data_page_header?.num_values ?? page.data_page_header_v2?.num_values ?? 0;
      const most = Math.max(count, page.dictionary_page_header?.num_values ?? 0);
      const size = Number(page.uncompressed_page_size);
      if (!(count >= 0 && size >= 0 && page.compressed_page_size >= 0))
        throw new Error(`column ${name} has a page without a size`);
      if (size > MOST_PAGE_BYTES || most > MOST_PAGE_VALUES) {
        const limits = `${MOST_PAGE_VALUES} values and ${MOST_PAGE_BYTES} bytes`;
        const reason = `column ${name} has a page of ${most} values in ${size} bytes; at most ${limits} are unpacked at once`;
        throw new Broken("too-large", reason);
      }
      values += count;
      largest = Math.max(largest, count);
      reader.offset += page.compressed_page_size;
    }
    if (values !== rows) throw new Error(`column ${name} has ${values} values, and the index says ${rows}`);
    return largest;
  }

  return { columns, slices };
}

async function collect(unpacked: Unpacked, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of unpacked.chunks) {
    length += chunk.length;
    if (length > most)
      throw new Broken("too-large", `the object has more than ${most} bytes: Parquet is read in memory as a whole`);
    chunks.push(chunk);
  }
  if (unpacked.fault !== undefined) throw new Broken(unpacked.fault.code, unpacked.fault.reason);
  return Buffer.concat(chunks);
}

type SchemaNode = ReturnType<typeof import("hyparquet").parquetSchema>["children"][number];

function flatColumns(nodes: readonly SchemaNode[]): string[] {
  const flat = nodes.filter(({ children, element }) => children.length === 0 && element.repetition_type !== "REPEATED");
  const names = flat.map(({ element }) => element.name);
  if (names.some((name) => typeof name !== "string")) throw new Error("a column has no name");
  return names;
}

function checkCounts({ num_rows: total, row_groups: groups }: FileMetaData): void {
  const counts = groups.map(({ num_rows: rows }) => Number(rows));
  const isCount = counts.every((rows) => Number.isSafeInteger(rows) && rows >= 0);
  const sum = counts.reduce((all, rows) => all + rows, 0);
  if (!isCount || sum !== Number(total)) throw new Error(`its groups have ${sum} rows, and it says ${total}`);
}

const atMost = (length: number) => ({ maxOutputLength: Math.max(1, Math.min(length, MOST_PAGE_BYTES)) });

/** The library's own Snappy would copy billions of bytes one by one where a broken page says so. */
const compressors = (snappyUncompress: NonNullable<Compressors["SNAPPY"]>): Compressors => ({
  SNAPPY: snappyUncompress,
  GZIP: (input, length) => gunzipSync(input, atMost(length)),
  ZSTD: (input, length) => zstdDecompressSync(input, atMost(length)),
});

const PARSERS = { stringFromBytes: (bytes: Uint8Array) => (isUtf8(bytes) ? Buffer.from(bytes).toString() : NO_TEXT) };

/** Whatever goes wrong in bytes that the library reads is their fault. */
async function attempt<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Broken) throw error;
    const reason = error instanceof Error ? label(error.message) : "unknown";
    throw new Broken("corrupt-parquet", `${what} cannot be read: ${reason}`);
  }
}
