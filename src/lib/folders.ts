import { chmodSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { UsageError } from "./errors.ts";
import { fileErrorWords } from "./file-failures.ts";

/** Makes a folder and those above it that are missing. Fails where the system takes none, as below /proc, where a recursive mkdir of Node never ends. */
export function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** As `makeFolder`; one that is made is for this user alone. Throws UsageError. */
export function makePrivateFolder(path: string): void {
  try {
    // Also whether it is there cannot be seen without rights to the folder above.
    if (isFolder(path)) return;
    makeFolder(path);
    chmodSync(path, 0o700);
  } catch (cause) {
    throw new UsageError("folder-unwritable", `cannot make the folder ${path}: ${fileErrorWords(cause)}`, { cause });
  }
}
