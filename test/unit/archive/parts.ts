import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { parquetReadObjects } from "hyparquet";
import { archiveColumns } from "../../../src/archive/columns.ts";
import { createParquetFile } from "../../../src/archive/parquet-file.ts";
import { RowGroup } from "../../../src/archive/row-group.ts";
import type { WritableStore } from "../../../src/archive/uploads.ts";
import type { Flow } from "../../../src/flow/flow.ts";

/** A bucket in memory, and what it does when something is put into it. */
export class MemoryBucket implements WritableStore {
  readonly name = "memory://archive";
  readonly objects = new Map<string, Buffer>();
  /** Called before each put: what it throws is what the bucket says. */
  onPut: (key: string) => void | Promise<void> = () => {};

  async *list({ prefix, delimiter }: { prefix: string; delimiter?: string }) {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    const prefixes = new Set<string>();
    const objects = [];
    for (const key of keys) {
      const end = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
      if (end >= 0) prefixes.add(key.slice(0, end + 1));
      else objects.push({ key, etag: "1", size: this.objects.get(key)?.length ?? 0, time: 0 });
    }
    yield { objects, prefixes: [...prefixes] };
  }

  async open(): Promise<never> {
    throw new Error("is not read");
  }

  async putFile(key: string, file: string): Promise<void> {
    await this.onPut(key);
    this.objects.set(key, readFileSync(file));
  }

  async deleteObject(key: string): Promise<void> {
    this.objects.delete(key);
  }

  async close(): Promise<void> {}
}

/** The rows of a Parquet file, read by another program than wrote them. */
export async function rowsOf(bytes: Buffer): Promise<Record<string, unknown>[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  return parquetReadObjects({ file, compressors: { ZSTD: (input) => zstdDecompressSync(input) } });
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "flowferry-archive-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A file of the archive that holds these flows, in folders that are made. */
export function writeParquet(path: string, flows: readonly Flow[], columns = archiveColumns()): void {
  mkdirSync(dirname(path), { recursive: true });
  const file = createParquetFile(path, columns);
  const group = new RowGroup(columns);
  group.add(flows);
  file.add(group);
  file.finish();
}
