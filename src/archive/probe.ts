import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../lib/errors.ts";
import type { WritableStore } from "./uploads.ts";

/** No reader of an archive takes it for a part of it. */
const NAME = ".flowferry-check";

/** What objects are written for: an archive is also compacted, reports are only written. */
export type Purpose = "archive" | "reports";

/**
 * Puts a small object below the prefix and removes it. Says where; throws a Failure that says what is needed. That nothing may be deleted is
 * no failure for reports.
 */
export async function probe(store: WritableStore, prefix: string, purpose: Purpose, signal: AbortSignal): Promise<string> {
  const key = `${prefix}${NAME}`;
  const work = mkdtempSync(join(tmpdir(), "flowferry-check-"));
  try {
    const file = join(work, "file");
    writeFileSync(file, "flowferry check\n", { mode: 0o600 });
    await store.putFile(key, file, signal).catch((error) => refused(error, "put"));
    const written = `${store.name} can be written`;
    try {
      await store.deleteObject(key, signal);
      return written;
    } catch (error) {
      if (purpose === "archive" || !(error instanceof Failure)) refused(error, "delete");
      return `${written}; ${key} is left there, for it may not be deleted: ${error.message}`;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }

  function refused(error: unknown, verb: string): never {
    if (!(error instanceof Failure)) throw error;
    const left = verb === "delete" ? `; ${key} is left there` : "";
    const subject = purpose === "archive" ? "an archive has" : "reports have";
    const message = `${error.message}; ${subject} to be allowed to ${verb} objects in ${store.name}/${prefix}${left}`;
    throw new Failure(error.drawer, error.code, message, { cause: error });
  }
}
