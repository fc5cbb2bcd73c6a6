import { copyFile, link, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf, Failure } from "../../lib/errors.ts";
import { fileErrorWords } from "../../lib/file-failures.ts";
import { makeFolder } from "../../lib/folders.ts";

/**
 * Puts a local file under a key of the folder: written beside under a name that nobody reads, and renamed when all of it is on the disk.
 * Throws Failure of the drawer `worker`.
 */
export async function putFile(root: string, key: string, file: string): Promise<void> {
  const target = join(root, key);
  const folder = dirname(target);
  const beside = join(folder, `.${basename(target)}.tmp`);
  try {
    makeFolder(folder);
    await rm(beside, { force: true });
    await linkOrCopy(file, beside);
    await synced(beside);
    await rename(beside, target);
    await synced(folder);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw writeFailure(target, cause);
  }
}

export async function removeFile(root: string, key: string): Promise<void> {
  const target = join(root, key);
  try {
    await rm(target, { force: true });
  } catch (cause) {
    throw writeFailure(target, cause);
  }
}

/** On another disk, or one that has no links, the file is copied. It is for this user alone either way. */
async function linkOrCopy(file: string, beside: string): Promise<void> {
  try {
    await link(file, beside);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOSPC") throw error;
    await copyFile(file, beside);
  }
}

async function synced(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function writeFailure(target: string, cause: unknown): Failure {
  return new Failure("worker", "directory-unwritable", `cannot write ${target}: ${fileErrorWords(cause)}`, { cause });
}
