import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { asBuffer } from "../../../lib/bytes.ts";

const gzipped = promisify(gzip);
/** The same for every entry, so that equal files make equal archives. */
const ENTRY_TIME = new Date(Date.UTC(1980, 0, 1));

export const compress = (file: Uint8Array): Promise<Buffer> => gzipped(file, { level: 6 });

/** A ZIP of event files, named as the service wants them: with the log set in the name. */
export async function zipEvents(files: readonly Uint8Array<ArrayBuffer>[], logSet: string | undefined): Promise<Buffer> {
  const { ZipFile } = (await import("yazl")).default;
  const zip = new ZipFile();
  const suffix = logSet === undefined ? "" : `_logSet=${logSet}`;
  for (const [index, file] of files.entries()) {
    zip.addBuffer(asBuffer(file), `flows${index + 1}${suffix}.json`, { mtime: ENTRY_TIME, compressionLevel: 6 });
  }
  zip.end();
  return buffer(zip.outputStream);
}

/** The same for the same bytes to the same destination. 43 characters; the service takes up to 64. */
export function tokenOf(destination: readonly unknown[], parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256").update(JSON.stringify(destination));
  for (const part of parts) hash.update("\0").update(part);
  return hash.digest("base64url");
}
