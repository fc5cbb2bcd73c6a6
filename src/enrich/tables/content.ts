import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { codeOf, describeError } from "../../lib/errors.ts";
import { inTurns } from "../../lib/slices.ts";
import type { TableIssue } from "./issues.ts";

/** So many bytes a file may have, without other word. */
export const MAX_FILE_BYTES = 64 * 1024 ** 2;

/** The bytes of a file, or why there are none. */
export type FileContent = { readonly bytes: Uint8Array; readonly digest: string } | { readonly problem: TableIssue };

/** Buffers that a file is read in: as large as it is, within limits, for many are small and read often. */
const bufferBytes = (size: number): number => Math.min(Math.max(size + 1, 64 * 1024), 1024 ** 2);

/** Reads a file of at most `maxBytes`. */
export async function readContent(path: string, maxBytes = MAX_FILE_BYTES): Promise<FileContent> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return { problem: { reason: "is no regular file: name a file" } };
    const parts: Buffer[] = [];
    const hash = createHash("sha256");
    let length = 0;
    for await (const part of createReadStream(path, { end: maxBytes, highWaterMark: bufferBytes(found.size) })) {
      parts.push(part);
      hash.update(part);
      length += part.length;
    }
    if (length > maxBytes) return { problem: { reason: `is larger than ${maxBytes / 1024 ** 2} MiB: shorten it` } };
    return { bytes: await inTurns(joined(parts, Buffer.allocUnsafeSlow(length))), digest: hash.digest("hex") };
  } catch (error) {
    return { problem: { reason: unreadable(error) } };
  }
}

/** Copies the parts to the bytes, one behind the other. */
export function* joined<Bytes extends Uint8Array>(parts: Iterable<Uint8Array>, bytes: Bytes): Generator<undefined, Bytes> {
  let length = 0;
  for (const part of parts) {
    bytes.set(part, length);
    length += part.length;
    yield;
  }
  return bytes;
}

function unreadable(error: unknown): string {
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ENOTDIR") return "does not exist: create the file, or correct its path in the configuration";
  if (code === "EACCES" || code === "EPERM") return "may not be read: grant the program's user read permission";
  return `cannot be read: ${describeError(error)}`;
}

/** SHA-256, as `sha256sum` prints it. */
export function digestOf(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

export function short(digest: string): string {
  return digest.slice(0, 12);
}
