import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../lib/errors.ts";
import type { WritableStore } from "./uploads.ts";

/** No reader of an archive takes it for a part of it. */
const NAME = ".flowferry-check";

/** Puts a small object below the prefix and removes it. Throws a Failure that says what is needed. */
export async function probe(store: WritableStore, prefix: string, signal: AbortSignal): Promise<void> {
  const key = `${prefix}${NAME}`;
  const work = mkdtempSync(join(tmpdir(), "flowferry-check-"));
  try {
    const file = join(work, "file");
    writeFileSync(file, "flowferry check\n", { mode: 0o600 });
    await store.putFile(key, file, signal).catch((error) => refused(error, "put"));
    await store.deleteObject(key, signal).catch((error) => refused(error, "delete"));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }

  function refused(error: unknown, verb: string): never {
    if (!(error instanceof Failure)) throw error;
    const left = verb === "delete" ? `; ${key} is left there` : "";
    const message = `${error.message}; an archive has to be allowed to ${verb} objects in ${store.name}/${prefix}${left}`;
    throw new Failure(error.drawer, error.code, message, { cause: error });
  }
}
