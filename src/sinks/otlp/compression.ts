import { promisify } from "node:util";
import zlib from "node:zlib";
import type { Payload } from "../../contracts/sink.ts";

/** What requests may be compressed with. */
export type Coding = "gzip" | "zstd";

/** Larger than the compressed form of most requests, so that it comes in one piece. */
const CHUNK = 128 * 1024;

const gzip = promisify(zlib.gzip);
const zstd = promisify(zlib.zstdCompress);
const decompress = { gzip: promisify(zlib.gunzip), zstd: promisify(zlib.zstdDecompress) };

/** Without other word. Of zstd the third costs hardly more than the first, and saves a tenth. */
const LEVELS: Readonly<Record<Coding, number>> = { gzip: 1, zstd: 3 };

/** Compresses payloads in the thread pool. The input may not change before the result is there. */
export type Compress = (payload: Payload, coding: string) => Promise<Payload>;

export function compressor(level: number | undefined): Compress {
  const compressed = async (bytes: Uint8Array, coding: Coding): Promise<Uint8Array<ArrayBuffer>> => {
    if (coding === "gzip") return gzip(bytes, { level: level ?? LEVELS.gzip, chunkSize: CHUNK });
    return zstd(bytes, {
      params: { [zlib.constants.ZSTD_c_compressionLevel]: level ?? LEVELS.zstd },
      chunkSize: CHUNK,
    });
  };
  return async ({ records, parts }, coding) => ({
    records,
    parts: await Promise.all(parts.map((part) => compressed(part, coding as Coding))),
    coding,
  });
}

/** The payload as it was before it was compressed. */
export async function decompressed({ records, parts, coding }: Payload): Promise<Payload> {
  if (coding === undefined) return { records, parts };
  return { records, parts: await Promise.all(parts.map((part) => decompress[coding as Coding](part))) };
}
