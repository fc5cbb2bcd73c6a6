import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { writable } from "../archive/uploads.ts";
import type { Config, NamedReports } from "../config/load.ts";
import { at } from "../config/validate.ts";
import { describeError, drawerOf, UsageError } from "../lib/errors.ts";
import { makePrivateFolder } from "../lib/folders.ts";
import { writePrivately } from "../lib/private-output.ts";
import { retry } from "../lib/retry.ts";
import type { CliContext } from "./context.ts";

const BUCKET = "bucket:";
/** A failure that passes is met so often before it is taken for an answer. */
const MOST_FAILURES = 6;
/** For the help of `--out`. */
export const IN_BUCKET = "bucket:FOLDER means the bucket of the configuration's block `reports`";

export const isInBucket = (out: string): boolean => out.startsWith(BUCKET);

/** What `--out` names can be written to as far as the configuration says: asked before anything is read. Throws UsageError. */
export function requireOut(out: string | undefined, config: Config): void {
  if (out !== undefined && isInBucket(out)) reportsOf(out, config);
}

function reportsOf(out: string, { reports, file }: Config): NamedReports {
  if (reports !== undefined) return reports;
  throw new UsageError("reports-none", `--out ${out}: ${file} names no bucket for reports: add the block \`reports\``);
}

/** Where a single file goes that `--out` names: the folder for `writeOut`, and its name there; the usual name where it names a folder. */
export function fileOut(out: string, usual: string): readonly [folder: string, name: string] {
  if (!isInBucket(out)) return [dirname(resolve(out)), basename(out)];
  const [, folder = "", name = ""] = /^(.*\/)?([^/]*)$/s.exec(out.slice(BUCKET.length)) ?? [];
  return [`${BUCKET}${folder}`, name === "" ? usual : name];
}

/**
 * Writes files into a folder, or into the bucket that the configuration names for reports: each whole or not at all, and for this user
 * alone. Returns how many. Throws UsageError where there is no such bucket, and a Failure for what it refuses.
 */
export async function writeOut(
  out: string,
  files: Iterable<readonly [name: string, content: string]>,
  config: Config | undefined,
  { env, signal, stderr }: CliContext,
): Promise<number> {
  if (config === undefined || !isInBucket(out)) return writePrivately(out, files, signal);
  const { baseDir, secrets, run } = config;
  const { to, prefix } = reportsOf(out, config);
  const { path } = to.options as { readonly path?: string };
  if (path !== undefined) makePrivateFolder(resolve(baseDir, path));
  const store = await at(to.place, async () =>
    writable(await to.component.create(to.options, { baseDir, env, onEvent: () => {}, secrets })),
  );
  const work = mkdtempSync(join(tmpdir(), "flowferry-report-"));
  const folder = out
    .slice(BUCKET.length)
    .replace(/^\/+/, "")
    .replace(/([^/])$/, "$1/");
  try {
    let written = 0;
    for (const [name, content] of files) {
      await writePrivately(work, [["file", content]], signal);
      const key = `${prefix}${folder}${name}`;
      let failures = 0;
      await retry(
        () => store.putFile(key, join(work, "file"), signal),
        run.retry,
        signal,
        ({ error }) => void stderr.write(`cannot write ${key}, will try again: ${secrets.scrub(describeError(error))}\n`),
        (error) => !["passing", "not-understood"].includes(drawerOf(error)) || ++failures >= MOST_FAILURES,
      );
      written += 1;
    }
    return written;
  } finally {
    rmSync(work, { recursive: true, force: true });
    await store.close();
  }
}
