import { describeError } from "../../lib/errors.ts";
import { readTableFile } from "./tables.ts";
import type { WatchedFile } from "./watched-file.ts";

/** A copy that could not be written is tried again after this, in ms. */
const AGAIN_MS = 60_000;

interface Unkept {
  readonly reason: string;
  again: number;
  told: boolean;
}

/** Copies what is in use of each file. A failure does no harm to what is in use; it is told once, and tried again until it succeeds. */
export class Keeper {
  readonly #tell: (ok: boolean, file: WatchedFile, message: string) => void;
  readonly #unkept = new Map<WatchedFile, Unkept>();

  constructor(tell: (ok: boolean, file: WatchedFile, message: string) => void) {
    this.#tell = tell;
  }

  /** Writes the copy of what is in use; a failure is told with the next `retry`. */
  async keep(file: WatchedFile, bytes: Uint8Array): Promise<void> {
    const { copies } = file;
    if (copies === undefined) return;
    const { table, path } = file.loaded;
    const before = this.#unkept.get(file);
    try {
      await copies.save(table, path, bytes);
      this.#unkept.delete(file);
      if (before?.told) this.#tell(true, file, `${path}: its copy is kept again in ${copies.folder}`);
    } catch (error) {
      this.#unkept.set(file, { reason: describeError(error), again: 0, told: before?.told ?? false });
    }
  }

  /** Tells what could not be written, and tries again what is still in use, now and then. */
  async retry(now: number): Promise<void> {
    for (const [file, unkept] of this.#unkept) {
      if (now < unkept.again) continue;
      const { table, path, digest } = file.loaded;
      const content = await readTableFile(table, path);
      if ("bytes" in content && content.digest === digest) await this.keep(file, content.bytes);
      const failed = this.#unkept.get(file);
      if (failed === undefined) continue;
      failed.again = now + AGAIN_MS;
      if (failed.told) continue;
      failed.told = true;
      const message = `${path}: its copy cannot be kept in ${file.copies?.folder}: ${failed.reason}; a restart depends on the file being good`;
      this.#tell(false, file, message);
    }
  }
}
