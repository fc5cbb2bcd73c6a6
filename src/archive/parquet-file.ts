import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { ArchiveColumn } from "./columns.ts";
import type { RowGroup } from "./row-group.ts";

/** A Parquet file of flows that is being written; what stands in it so far is no Parquet file yet. */
export interface ParquetFile {
  /** Bytes so far. */
  readonly size: number;
  /** Groups so far: the index of each stays in memory until the file is finished. */
  readonly groups: number;
  /** Encodes a group of rows, sorted by time; in memory until `flush`. */
  add(group: RowGroup): void;
  /** Writes what was encoded; throws what the disk says, and then may be repeated. */
  flush(): void;
  /** Writes the index of the file, and waits until all of it is on the disk; may be repeated. */
  finish(): void;
  /** Gives it up, unless it is finished. */
  abandon(): void;
}

/** What a file keeps of its buffer between two groups: there may be one for each of many hours. */
const KEPT_BYTES = 1 << 12;

/** The file is emptied, and for this user alone. Memory holds one group of rows. */
export function createParquetFile(path: string, columns: readonly ArchiveColumn[]): ParquetFile {
  const file = openSync(path, "w", 0o600);
  let isOpen = true;
  let isWhole = false;
  let written = 0;
  const bytes = new ByteWriter(KEPT_BYTES);
  const schema = [{ name: "flow", num_children: columns.length }, ...columns.flatMap(({ elements }) => elements)];
  const parquet = new ParquetWriter({
    ...{ writer: bytes, schema, codec: "ZSTD", statisticsTruncateLength: 64, createdBy: "flowferry" },
  });
  const flush = () => {
    const all = bytes.getBytes();
    while (written < all.length) written += writeSync(file, all, written, all.length - written);
    bytes.index = 0;
    written = 0;
    bytes.buffer = new ArrayBuffer(KEPT_BYTES);
    bytes.view = new DataView(bytes.buffer);
  };
  return {
    get size() {
      return bytes.offset;
    },
    get groups() {
      return parquet.row_groups.length;
    },
    add(group) {
      const start = bytes.offset;
      const order = group.order();
      const chunks = group.columns.map((column) => column.write(bytes, order));
      const size = chunks.reduce((sum, { meta_data: meta }) => sum + (meta?.total_uncompressed_size ?? 0n), 0n);
      parquet.row_groups.push({
        columns: chunks,
        total_byte_size: size,
        num_rows: BigInt(order.length),
        total_compressed_size: BigInt(bytes.offset - start),
      });
      parquet.num_rows += BigInt(order.length);
    },
    flush,
    finish() {
      if (!isWhole) void parquet.finish();
      isWhole = true;
      flush();
      fsyncSync(file);
      closeSync(file);
      isOpen = false;
    },
    abandon() {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
}
