import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "./errors.ts";
import { fileErrorWords } from "./file-failures.ts";

/**
 * Writes files into a folder, which is made if it is not there (for this user alone). Each file is there whole or not at all, is replaced in
 * one step, and is this user's alone (0600), since it holds addresses. Throws UsageError for what the file system refuses, and the
 * signal's reason between two files.
 */
export async function writePrivately(
  folder: string,
  files: Iterable<readonly [name: string, content: string]>,
  signal: AbortSignal,
): Promise<number> {
  let written = 0;
  let path = folder;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const [name, content] of files) {
      signal.throwIfAborted();
      path = join(folder, name);
      const beside = join(folder, `.${randomBytes(6).toString("hex")}.tmp`);
      try {
        await writeFile(beside, content, { mode: 0o600, flag: "wx" });
        await rename(beside, path);
      } catch (error) {
        await rm(beside, { force: true });
        throw error;
      }
      written++;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new UsageError("output-unwritable", `cannot write ${path}: ${fileErrorWords(error)}`, { cause: error });
  }
  return written;
}
