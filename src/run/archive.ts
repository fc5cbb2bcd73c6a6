import { existsSync, rmdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ARCHIVE } from "../archive/name.ts";
import type { Archive } from "../archive/open.ts";
import { type Purpose, probe } from "../archive/probe.ts";
import { writable } from "../archive/uploads.ts";
import type { Config, NamedArchive, NamedReports } from "../config/load.ts";
import { at } from "../config/validate.ts";
import type { SourceEvent } from "../contracts/source.ts";
import { worthTelling } from "../delivery/telling.ts";
import { codeOf, describeError, drawerOf, Failure } from "../lib/errors.ts";
import { makePrivateFolder } from "../lib/folders.ts";
import type { Health } from "../telemetry/health.ts";
import type { Instruments, Logger } from "../telemetry/telemetry.ts";
import type { Shelf } from "./shelf.ts";

interface Told {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly health: Health;
  readonly instruments: Instruments;
}

/** What an archive is made of. */
export function madeOf({ ledgerPath, run }: Config, { to, ...options }: NamedArchive): unknown {
  return [to.component.type, to.options, options, ledgerPath, run.retry];
}

export function takeKeeper(config: Config, archive: NamedArchive, shelf: Shelf, told: Told): Promise<Archive> {
  return shelf.take(ARCHIVE, madeOf(config, archive), async () => {
    const part = await openKeeper(config, archive, told);
    return { part, close: () => part.close() };
  });
}

/** The archive; its folder is made where there is none. */
async function openKeeper(
  config: Config,
  { to, ...options }: NamedArchive,
  { env, log, health, instruments }: Told,
): Promise<Archive> {
  const { ledgerPath, run } = config;
  const onNotice = (message: string) => log.info(message);
  const onEvent = ({ message }: SourceEvent) => log.warn(message);
  const { openArchive } = await import("../archive/open.ts");
  return at(to.place, async () => {
    const folder = folderOf(config, to);
    if (folder !== undefined) makePrivateFolder(folder);
    const store = await openBucket(config, to, env, onEvent);
    // Of all files that are on their way, which fail side by side.
    let failed = 0;
    const events = {
      onFailure: (error: unknown, failures: number) => {
        instruments.archiveRetries.add(1, { archive: ARCHIVE });
        health.failing(ARCHIVE, error, failures);
        failed += 1;
        if (!worthTelling(failed)) return;
        const reason = describeError(error);
        if (["person", "worker"].includes(drawerOf(error)))
          log.error({ failures: failed }, `archive: it waits until this is put right, and nothing is lost: ${reason}`);
        else log.warn({ failures: failed }, `archive: cannot be written, will try again: ${reason}`);
      },
      onWell: () => {
        health.well(ARCHIVE);
        log.info({ failures: failed }, "archive: is written again");
        failed = 0;
      },
    };
    return openArchive(options, { store, ledgerPath, retry: run.retry, events, onNotice });
  });
}

/** Puts a small object where an archive or reports go, and removes it. Says where; throws what keeps them from being written, with the place. */
export async function probeBucket(
  config: Config,
  { to, prefix }: NamedReports,
  purpose: Purpose,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string> {
  const folder = folderOf(config, to);
  const made = folder === undefined ? [] : missingFolders(join(folder, prefix));
  try {
    return await at(to.place, async () => {
      if (folder !== undefined) makePrivateFolder(folder);
      const store = await openBucket(config, to, env, () => {});
      try {
        return await probe(writable(store), prefix, purpose, signal);
      } finally {
        await store.close();
      }
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.drawer, error.code, `${to.place}: ${error.message}`, { cause: error });
  } finally {
    for (const path of made) removeEmpty(path);
  }
}

/** Of an archive in the file system. */
function folderOf({ baseDir }: Config, to: NamedArchive["to"]): string | undefined {
  const { path } = to.options as { readonly path?: string };
  return path === undefined ? undefined : resolve(baseDir, path);
}

const openBucket = (
  { baseDir, secrets }: Config,
  to: NamedArchive["to"],
  env: NodeJS.ProcessEnv,
  onEvent: (event: SourceEvent) => void,
) => to.component.create(to.options, { baseDir, env, onEvent, secrets });

/** The folder and those above it, as far as they are not there; the innermost first. */
function missingFolders(path: string): string[] {
  return existsSync(path) || dirname(path) === path ? [] : [path, ...missingFolders(dirname(path))];
}

/** A folder that somebody has put something into meanwhile stays. */
function removeEmpty(path: string): void {
  if (!existsSync(path)) return;
  try {
    rmdirSync(path);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(codeOf(error))) throw error;
  }
}
