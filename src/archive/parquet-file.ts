import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { constants, zstdCompressSync } from "node:zlib";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { Flow } from "../flow/flow.ts";
import type { ArchiveColumn } from "./columns.ts";

/** A Parquet file of flows that is being written; what stands in it so far is no Parquet file yet. */
export interface ParquetFile {
  /** Bytes so far. */
  readonly size: number;
  /** Encodes a group of rows, in that order; in memory until `flush`. */
  add(flows: readonly Flow[]): void;
  /** Writes what was encoded; throws what the disk says, and then may be repeated. */
  flush(): void;
  /** Writes the index of the file, and waits until all of it is on the disk; may be repeated. */
  finish(): void;
  /** Gives it up, unless it is finished. */
  abandon(): void;
}

const zstd = (bytes: Uint8Array): Uint8Array => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });

/** The file is emptied, and for this user alone. Memory holds one group of rows. */
export function createParquetFile(path: string, columns: readonly ArchiveColumn[]): ParquetFile {
  const file = openSync(path, "w", 0o600);
  let isOpen = true;
  let isWhole = false;
  let written = 0;
  const bytes = new ByteWriter(1 << 16);
  const schema = [{ name: "flow", num_children: columns.length }, ...columns.flatMap(({ elements }) => elements)];
  const parquet = new ParquetWriter({
    writer: bytes,
    schema,
    codec: "ZSTD",
    compressors: { ZSTD: zstd },
    statisticsTruncateLength: 64,
    createdBy: "flowferry",
  });
  const flush = () => {
    const all = bytes.getBytes();
    while (written < all.length) written += writeSync(file, all, written, all.length - written);
    bytes.index = 0;
    written = 0;
  };
  return {
    get size() {
      return bytes.offset;
    },
    add(flows) {
      const columnData = columns.map(({ name, value }) => ({ name, data: flows.map(value) }));
      void parquet.write({ columnData, rowGroupSize: flows.length });
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
