import { gunzipSync, zstdDecompressSync } from "node:zlib";

/** What a batch of messages may inflate to: far more than producers put into one. */
export const MOST_INFLATED = 128 * 1024 * 1024;

/** How the error begins of a batch that inflates to more. */
export const INFLATED = "A batch inflates to more than";

/**
 * Bounds what a batch inflates to: one of a megabyte may come to gigabytes, which the client takes into memory at once. With snappy it comes
 * to 21 times as much at most, with lz4 to 255 times.
 */
export function boundInflating(
  { compressionsAlgorithms }: { readonly compressionsAlgorithms: { readonly gzip: object; readonly zstd: object } },
  most = MOST_INFLATED,
): void {
  const bounded =
    (inflate: typeof gunzipSync | typeof zstdDecompressSync) => (data: Uint8Array | { readonly buffer: Buffer }) => {
      try {
        return inflate(data instanceof Uint8Array ? data : data.buffer, { maxOutputLength: most });
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") throw cause;
        throw new Error(`${INFLATED} ${most >> 20} MiB`, { cause });
      }
    };
  Object.assign(compressionsAlgorithms.gzip, { decompressSync: bounded(gunzipSync) });
  Object.assign(compressionsAlgorithms.zstd, { decompressSync: bounded(zstdDecompressSync) });
}
