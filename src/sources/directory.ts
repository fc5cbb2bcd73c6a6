import type { BigIntStats } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import type { Component, ListOptions, ListPage, ObjectRef, ObjectStore, Source, SourceDependencies } from "../contracts.ts";
import { codeOf, PermanentError, RetryableError, UsageError } from "../errors.ts";
import { isInside, walk } from "./directory-walk.ts";
import { endOf } from "./keys.ts";
import { globMatcher } from "./tail/globs.ts";
import { tailOptions } from "./tail/options.ts";
import { tailing } from "./tail/source.ts";

const PAGE_SIZE = 1000;
const CHUNK_BYTES = 256 * 1024;

const options = tailOptions.extend({
  path: z
    .string()
    .min(1)
    .describe(
      "Folder that holds the objects, at any depth; relative to the configuration file. A key is the path in it, with `/`",
    ),
  ignore: z
    .array(z.string().min(1))
    .default([".*", "*.tmp", "*.part"])
    .describe(
      "Names of files and folders that are left out, such as files that are still being written; `*` and `?` are wildcards",
    ),
});

type DirectoryOptions = z.output<typeof options>;

/** A folder that is tailed as a bucket is. */
export const directory: Component<DirectoryOptions, SourceDependencies, Source> = {
  type: "directory",
  summary: "A folder of this machine, tailed as a bucket is",
  options,
  create: async (options, dependencies) => tailing(await directoryStore(options, dependencies), options, dependencies),
};

/** A folder as a bucket. Throws UsageError if it is not there. */
export async function directoryStore(
  { path, ignore }: Pick<DirectoryOptions, "path" | "ignore">,
  { baseDir, onEvent }: Pick<SourceDependencies, "baseDir" | "onEvent">,
): Promise<ObjectStore> {
  const given = resolve(baseDir, path);
  const root = await rootOf(given);
  const ignores = globMatcher(ignore);
  const reported = new Set<string>();
  const passOver = (key: string, reason: string) => {
    if (reported.has(key) || reported.size >= 1000) return;
    reported.add(key);
    onEvent({ kind: "passed-over", key, message: `not read: ${reason}` });
  };

  return {
    name: pathToFileURL(given).href,
    async *list({ prefix, startAfter, delimiter, before }: ListOptions, signal: AbortSignal): AsyncGenerator<ListPage> {
      const cursor = { root, prefix, after: startAfter, before, ignores, passOver };
      let keys: string[] = [];
      let prefixes: string[] = [];
      for await (const key of walk(cursor)) {
        const end = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
        if (delimiter !== undefined && end >= 0) {
          const common = key.slice(0, end + delimiter.length);
          prefixes.push(common);
          cursor.after = endOf(common);
        } else {
          keys.push(key);
        }
        if (keys.length + prefixes.length < PAGE_SIZE) continue;
        signal.throwIfAborted();
        yield { objects: await objectsOf(root, keys), prefixes };
        keys = [];
        prefixes = [];
      }
      signal.throwIfAborted();
      if (keys.length + prefixes.length > 0) yield { objects: await objectsOf(root, keys), prefixes };
    },
    async open(object, signal) {
      const target = await locate(root, object);
      check(object, await stat(target, { bigint: true }));
      return read(object, target, signal);
    },
    close: async () => {},
  };
}

async function rootOf(path: string): Promise<string> {
  try {
    const root = await realpath(path);
    if ((await stat(root)).isDirectory()) return root;
  } catch (cause) {
    throw new UsageError(
      "no-such-directory",
      `path: ${path} is not there or may not be read (${codeOf(cause)}): create it, or correct the path`,
      { cause },
    );
  }
  throw new UsageError("no-such-directory", `path: ${path} is not a directory`);
}

/** Files that vanish between their listing and this are left out. */
async function objectsOf(root: string, keys: readonly string[]): Promise<ObjectRef[]> {
  const objects = await Promise.all(
    keys.map(async (key) => {
      try {
        const stats = await stat(join(root, key), { bigint: true });
        return stats.isFile() ? [{ key, etag: etagOf(stats), size: Number(stats.size), time: timeOf(stats) }] : [];
      } catch (error) {
        if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
        throw unreadable(key, error);
      }
    }),
  );
  return objects.flat();
}

/** A file has no version of its own: another size, time of writing (in ns) or inode makes another. */
function etagOf({ size, mtimeNs, ino }: BigIntStats): string {
  return [size, mtimeNs, ino].map((part) => part.toString(36)).join("-");
}

/** A file that is copied with its old time of writing is new all the same: its inode changes now. */
function timeOf({ mtimeMs, ctimeMs }: BigIntStats): number {
  return Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs);
}

/** Where the object's file really is. */
async function locate(root: string, object: ObjectRef): Promise<string> {
  try {
    const target = await realpath(join(root, object.key));
    if (isInside(target, root)) return target;
  } catch (error) {
    throw vanishedOr(object, error);
  }
  throw new PermanentError("object-vanished", `${object.key} is not in the directory: a symbolic link leads out of it`);
}

async function* read(object: ObjectRef, path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    throw vanishedOr(object, error);
  }
  try {
    const stats = await file.stat({ bigint: true });
    check(object, stats);
    const size = Number(stats.size);
    for (let at = 0; at < size; ) {
      signal.throwIfAborted();
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - at));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) throw changed(object);
      at += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
    check(object, await file.stat({ bigint: true }));
  } finally {
    await file.close();
  }
}

function check(object: ObjectRef, stats: BigIntStats): void {
  if (etagOf(stats) !== object.etag) throw changed(object);
}

const changed = ({ key }: ObjectRef) =>
  new PermanentError("object-changed", `${key} was written to after it was listed; its new version is read when it is listed`);

function vanishedOr({ key }: ObjectRef, cause: unknown): Error {
  const code = codeOf(cause);
  if (code === "ENOENT" || code === "ENOTDIR")
    return new PermanentError("object-vanished", `${key} was removed after it was listed`, { cause });
  return unreadable(key, cause);
}

const unreadable = (key: string, cause: unknown) =>
  new RetryableError("unreadable", `cannot read ${key} (${codeOf(cause)}): see that this user may read it`, { cause });
