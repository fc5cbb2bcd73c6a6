import { constants, zstdCompressSync } from "node:zlib";
import type { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { Page } from "./page.ts";

/** A column of a group of rows, as the index of a file knows it. */
export type Chunk = ParquetWriter["row_groups"][number]["columns"][number];
type Meta = NonNullable<Chunk["meta_data"]>;

/** What a chunk is made of. */
export interface ChunkParts {
  readonly type: Meta["type"];
  readonly path: string[];
  /** Rows that there are, and how many of them have no value; 0 for a column that always has one. */
  readonly rows: number;
  readonly nulls: number;
  readonly isRequired: boolean;
  /** By row whether there is a value: asked for where some have one and some not. */
  readonly present: () => ArrayLike<number>;
  /** Values of the dictionary, if there is one. */
  readonly dictionary?: { readonly count: number; write(page: Page): void };
  /** The values that there are: as they stand, or their places in the dictionary. */
  write(page: Page): void;
  readonly least: Uint8Array | number | bigint | undefined;
  readonly most: Uint8Array | number | bigint | undefined;
}

const page = new Page();
const levels = new Page();
const NONE = zstd(Buffer.alloc(0));

export function zstd(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
}

/** Writes the pages of a column without lists. */
export function writeChunk(writer: ByteWriter, parts: ChunkParts): Chunk {
  const { type, path, rows, nulls, isRequired, dictionary } = parts;
  const start = writer.offset;
  let uncompressed = 0;
  const write = (header: Parameters<typeof writePageHeader>[1], before: Uint8Array, bytes: Uint8Array): void => {
    const at = writer.offset;
    writePageHeader(writer, header);
    uncompressed += writer.offset - at + header.uncompressed_page_size;
    writer.appendBytes(before);
    writer.appendBytes(bytes);
  };
  const statsOfPages: NonNullable<Meta["encoding_stats"]> = [];
  if (dictionary !== undefined) {
    dictionary.write(page.clear());
    const bytes = zstd(page.bytes);
    const sizes = { uncompressed_page_size: page.length, compressed_page_size: bytes.length };
    const header = { num_values: dictionary.count, encoding: "PLAIN" } as const;
    write({ type: "DICTIONARY_PAGE", ...sizes, dictionary_page_header: header }, page.bytes.subarray(0, 0), bytes);
    statsOfPages.push({ page_type: "DICTIONARY_PAGE", encoding: "PLAIN", count: 1 });
  }
  const dataAt = writer.offset;
  levels.clear();
  if (!isRequired) {
    if (nulls === 0 || nulls === rows) levels.run(nulls === 0 ? 1 : 0, rows);
    else levels.hybrid(parts.present(), rows, 1);
  }
  page.clear();
  if (nulls < rows) parts.write(page);
  const bytes = page.length === 0 ? NONE : zstd(page.bytes);
  const encoding = dictionary === undefined ? "PLAIN" : "RLE_DICTIONARY";
  write(
    {
      type: "DATA_PAGE_V2",
      uncompressed_page_size: levels.length + page.length,
      compressed_page_size: levels.length + bytes.length,
      data_page_header_v2: {
        ...{ num_values: rows, num_nulls: nulls, num_rows: rows, encoding, is_compressed: true },
        ...{ definition_levels_byte_length: levels.length, repetition_levels_byte_length: 0 },
      },
    },
    levels.bytes,
    bytes,
  );
  statsOfPages.push({ page_type: "DATA_PAGE_V2", encoding, count: 1 });
  return {
    file_offset: BigInt(start),
    meta_data: {
      type,
      encodings: dictionary === undefined ? ["PLAIN"] : ["PLAIN", "RLE_DICTIONARY"],
      path_in_schema: path,
      codec: "ZSTD",
      num_values: BigInt(rows),
      total_compressed_size: BigInt(writer.offset - start),
      total_uncompressed_size: BigInt(uncompressed),
      data_page_offset: BigInt(dataAt),
      ...(dictionary !== undefined && { dictionary_page_offset: BigInt(start) }),
      statistics: {
        null_count: BigInt(nulls),
        ...(parts.least !== undefined && { min_value: parts.least }),
        ...(parts.most !== undefined && { max_value: parts.most }),
      },
      encoding_stats: statsOfPages,
    },
  };
}
