import type { Change, WatchedFile } from "./watched-file.ts";

/** Looks at all files. Those that have changed are due when all of them rest, or when one has waited for the others long enough. */
export async function dueTogether(
  files: readonly WatchedFile[],
  now: number,
): Promise<{ readonly due: readonly WatchedFile[]; readonly changing: boolean }> {
  const dues = await Promise.all(files.map((file) => file.due(now)));
  const changing = dues.includes("changing");
  if (changing && !dues.includes("overdue")) return { due: [], changing };
  return { due: files.filter((_, i) => dues[i] === "due" || dues[i] === "overdue"), changing };
}

/**
 * Reads files that are due, and takes note of what they hold: of all of them, so that files that were changed together are taken
 * over together. Resolves to undefined, and to no change of anything, where one is not to be read yet.
 */
export async function readTogether(
  due: readonly WatchedFile[],
  now: number,
): Promise<readonly (readonly [WatchedFile, Change])[] | undefined> {
  const reads = await Promise.all(due.map((file) => file.read(now)));
  if (reads.includes(undefined)) return undefined;
  return due.flatMap((file, i) => {
    const change = reads[i]?.();
    return change === undefined ? [] : [[file, change] as const];
  });
}
