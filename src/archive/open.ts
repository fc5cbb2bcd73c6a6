import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Keeper } from "../contracts/keeper.ts";
import type { ObjectStore } from "../contracts/store.ts";
import { parseDuration } from "../lib/durations.ts";
import { codeOf, Failure } from "../lib/errors.ts";
import { fileErrorWords } from "../lib/file-failures.ts";
import { makeFolder } from "../lib/folders.ts";
import type { RetryPolicy } from "../lib/retry.ts";
import { pause } from "../lib/waiting.ts";
import { JsonArchive } from "./json-archive.ts";
import { ARCHIVE } from "./name.ts";
import type { ArchiveOptions } from "./options.ts";
import { ParquetArchive } from "./parquet-archive.ts";
import { deleteDays } from "./retention.ts";
import { type UploadEvents, Uploads, writable } from "./uploads.ts";

export interface ArchiveSurroundings {
  readonly store: ObjectStore;
  /** Absolute path of the ledger, beside which files lie until they are whole; or `:memory:`. */
  readonly ledgerPath: string;
  readonly retry: RetryPolicy;
  /** What does not work at the moment, and is repeated. */
  readonly events: UploadEvents;
  /** One line for the log. */
  readonly onNotice: (message: string) => void;
}

export interface Archive {
  readonly keeper: Keeper;
  /** Gives up what is not durable, and the bucket. */
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;

/** The archive of a worker that holds the ledger's lock. Throws UsageError where nothing can be written. */
export function openArchive(options: Omit<ArchiveOptions, "to">, surroundings: ArchiveSurroundings): Archive {
  const { store: bucket, ledgerPath, retry, events, onNotice } = surroundings;
  const store = writable(bucket);
  const workFolder = workFolderOf(ledgerPath);
  const told: UploadEvents = { ...events, onFailure: (error, failures) => events.onFailure(named(error, workFolder), failures) };
  const uploads = new Uploads(store, retry, told);
  const { prefix, rollBytes, rollMs, retention } = options;
  const keeper =
    options.format === "json"
      ? new JsonArchive({ name: ARCHIVE, prefix, workFolder }, uploads, told)
      : new ParquetArchive({ name: ARCHIVE, prefix, rollBytes, rollMs, workFolder }, uploads, told);
  const end = new AbortController();
  const deleting =
    retention === undefined || options.format === "json" ? undefined : deleteNowAndThen(parseDuration(retention), end.signal);

  async function deleteNowAndThen(ageMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const deleted = await deleteDays(store, prefix, Date.now() - ageMs, signal);
        if (deleted > 0) onNotice(`archive: ${deleted} files of days past the retention are deleted`);
      } catch (error) {
        if (!signal.aborted) onNotice(`archive: days past the retention cannot be deleted: ${(error as Error).message}`);
      }
      await pause(HOUR_MS, signal);
    }
  }

  return {
    keeper,
    async close() {
      end.abort();
      await Promise.all([keeper.close(), deleting]);
      rmSync(workFolder, { recursive: true, force: true });
      await store.close();
    },
  };
}

/** Empty: what a crash has left there is read and written again. */
function workFolderOf(ledgerPath: string): string {
  if (ledgerPath === ":memory:") return mkdtempSync(join(tmpdir(), "flowferry-archive-"));
  const folder = `${ledgerPath}.archive`;
  try {
    rmSync(folder, { recursive: true, force: true });
    makeFolder(folder);
    chmodSync(folder, 0o700);
  } catch (cause) {
    throw new Failure("worker", "archive-work-folder", `archive: cannot write ${folder}: ${fileErrorWords(cause)}`, { cause });
  }
  return folder;
}

/** What the file system says of the work folder, in words. */
function named(error: unknown, folder: string): unknown {
  if (error instanceof Failure) return error;
  const message = `archive: cannot write below ${folder}: ${fileErrorWords(error)}`;
  return new Failure("worker", codeOf(error) === "error" ? "archive-unwritable" : codeOf(error), message, { cause: error });
}
