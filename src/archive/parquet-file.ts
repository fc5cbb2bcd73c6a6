import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { constants, zstdCompressSync } from "node:zlib";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { Flow } from "../flow/flow.ts";
import type { ArchiveColumn } from "./columns.ts";

/** A Parquet file of flows that is being written; what stands in it so far is no Parquet file yet. */
export interface ParquetFile {
  /** Bytes so far. */
  readonly size: number;
  /** Adds a group of rows, in that order. Synchronous; throws what the disk says, and then the file is lost. */
  add(flows: readonly Flow[]): void;
  /** Writes the index of the file, and waits until all of it is on the disk. */
  finish(): void;
  /** Gives it up, unless it is finished. */
  abandon(): void;
}

const zstd = (bytes: Uint8Array): Uint8Array => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });

/** The file is new, and for this user alone. Memory holds one group of rows. `about` stands in the file's metadata. */
export function createParquetFile(path: string, columns: readonly ArchiveColumn[], about: Record<string, string>): ParquetFile {
  let file: number | undefined = openSync(path, "wx", 0o600);
  const bytes = new ByteWriter(1 << 20);
  const schema = [{ name: "flow", num_children: columns.length }, ...columns.flatMap(({ elements }) => elements)];
  const parquet = new ParquetWriter({
    writer: bytes,
    schema,
    codec: "ZSTD",
    compressors: { ZSTD: zstd },
    statisticsTruncateLength: 64,
    createdBy: "flowferry",
    kvMetadata: Object.entries(about).map(([key, value]) => ({ key, value })),
  });
  const flush = () => {
    if (file === undefined) throw new Error(`${path} is closed`);
    const all = bytes.getBytes();
    for (let done = 0; done < all.length; ) done += writeSync(file, all, done, all.length - done);
    bytes.index = 0;
  };
  return {
    get size() {
      return bytes.offset;
    },
    add(flows) {
      const columnData = columns.map(({ name, value }) => ({ name, data: flows.map(value) }));
      void parquet.write({ columnData, rowGroupSize: flows.length });
      flush();
    },
    finish() {
      void parquet.finish();
      flush();
      fsyncSync(file as number);
      closeSync(file as number);
      file = undefined;
    },
    abandon() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
