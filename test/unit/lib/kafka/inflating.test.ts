import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { boundInflating, MOST_INFLATED } from "../../../../src/lib/kafka/inflating.ts";
import { loadKafka } from "../../../../src/lib/kafka/package.ts";

const MB = 1024 * 1024;
const kafka = await loadKafka();
const loaded = { gzip: kafka.compressionsAlgorithms.gzip.decompressSync, zstd: kafka.compressionsAlgorithms.zstd.decompressSync };

afterAll(() => boundInflating(kafka));

test.each([
  ["gzip", (bytes: Buffer) => gzipSync(bytes, { level: 1 })],
  ["zstd", zstdCompressSync],
] as const)("a batch of %s that inflates to more than is allowed is not taken into memory", (name, compress) => {
  const decompressSync = loaded[name];
  boundInflating(kafka, MB);
  const bounded = kafka.compressionsAlgorithms[name].decompressSync;
  expect(bounded(compress(Buffer.alloc(MB))).length).toBe(MB);
  expect(() => bounded(compress(Buffer.alloc(MB + 1)))).toThrow("A batch inflates to more than 1 MiB");
  expect(() => bounded(Buffer.from("none"))).not.toThrow("inflates");
  // What was loaded has the bound of the program.
  expect(decompressSync(compress(Buffer.alloc(2 * MB))).length).toBe(2 * MB);
  expect(MOST_INFLATED).toBe(128 * MB);
  // In many members, or frames, that are compressed once.
  const large = [...Array<Buffer>(128).fill(compress(Buffer.alloc(MB))), compress(Buffer.alloc(1))];
  expect(() => decompressSync(Buffer.concat(large))).toThrow("A batch inflates to more than 128 MiB");
});
