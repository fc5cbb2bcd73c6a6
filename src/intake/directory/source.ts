import type { BigIntStats } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import type { SourceDependencies } from "../../contracts/source.ts";
import type { ListOptions, ListPage, ObjectRef, ObjectStore } from "../../contracts/store.ts";
import { codeOf, Failure, UsageError } from "../../lib/errors.ts";
import { endOf } from "../keys.ts";
import { globMatcher } from "../tail/globs.ts";
import type { Bucket } from "../tail/source.ts";
import { fileFailure, isGone, isOwn, rootFailure } from "./failures.ts";
import { notices } from "./notices.ts";
import { isInside, walk } from "./walk.ts";
import { putFile, removeFile } from "./write.ts";

const PAGE_SIZE = 1000;
const CHUNK_BYTES = 256 * 1024;

const options = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      "Folder that holds the objects, at any depth; relative to the configuration file. A key is the path in it, with `/`",
    ),
  ignore: z
    .array(z.string().min(1))
    .default([".*", "*.tmp", "*.part", "lost+found"])
    .describe(
      "Names of files and folders that are left out, such as files that are still being written; `*` and `?` are wildcards",
    ),
});

type DirectoryOptions = z.output<typeof options>;

/** A folder that is tailed as a bucket is. */
export const directory = {
  type: "directory",
  summary: "A folder of this machine, tailed as a bucket is",
  options,
  create: directoryStore,
} satisfies Bucket<DirectoryOptions>;

/** A folder as a bucket. Throws UsageError if it is not there. */
export async function directoryStore(
  { path, ignore }: Pick<DirectoryOptions, "path" | "ignore">,
  dependencies: Pick<SourceDependencies, "baseDir" | "onEvent" | "onUnreadable" | "ledgerPath">,
): Promise<ObjectStore> {
  const { baseDir, ledgerPath } = dependencies;
  const given = resolve(baseDir, path);
  const root = await rootOf(given);
  const isMount = await isMountPoint(root);
  const ignores = globMatcher(ignore);
  const { passOver, listing } = notices(dependencies);

  /** A folder that is not there lists nothing, which is not the same as an empty one: so it is with a folder that was a mount point. */
  const checkRoot = async () => {
    try {
      if (!(await stat(root)).isDirectory()) throw Object.assign(new Error(), { code: "ENOTDIR" });
      if (!isMount || (await isMountPoint(root))) return;
    } catch (cause) {
      throw rootFailure(root, cause);
    }
    throw new Failure("person", "no-such-directory", `path: nothing is mounted at ${root} any more: mount it again`);
  };
  /** Runs what asks for one file; where that is gone, the whole folder may be. */
  const asking = async <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Failure) throw error;
      if (isGone(error)) await checkRoot();
      throw fileFailure(key, error);
    }
  };

  return {
    name: pathToFileURL(given).href,
    async *list(listOptions: ListOptions, signal: AbortSignal): AsyncGenerator<ListPage> {
      const { prefix, startAfter, delimiter, before } = listOptions;
      await checkRoot();
      const isLedgers = await ledgerFiles(ledgerPath);
      const { onLook, end: endListing } = listing(listOptions);
      const cursor = { root, prefix, after: startAfter, before, ignores, passOver, onLook };
      let keys: string[] = [];
      let prefixes: string[] = [];
      for await (const key of walk(cursor)) {
        if (isLedgers(join(root, key))) {
          passOver(key, "it is the ledger of this worker, or belongs to it");
          continue;
        }
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
        yield { objects: await objectsOf(root, keys, onLook), prefixes };
        keys = [];
        prefixes = [];
      }
      signal.throwIfAborted();
      if (keys.length + prefixes.length > 0) yield { objects: await objectsOf(root, keys, onLook), prefixes };
      endListing();
    },
    async open(object, signal) {
      const target = await asking(object.key, () => locate(root, object));
      check(object, await asking(object.key, () => stat(target, { bigint: true })));
      return read(object, () => asking(object.key, () => open(target)), signal);
    },
    async putFile(key, file) {
      await checkRoot();
      await putFile(root, key, file);
    },
    deleteObject: (key) => removeFile(root, key),
    close: async () => {},
  };
}

/** Says which files are the ledger and what lies beside it. `ledgerPath` may be a link, and may lead through links. */
async function ledgerFiles(ledgerPath: string | undefined): Promise<(path: string) => boolean> {
  if (ledgerPath === undefined) return () => false;
  const really = (path: string) => realpath(path).catch(() => path);
  const ledgers = [join(await really(dirname(ledgerPath)), basename(ledgerPath)), await really(ledgerPath)];
  return (path) =>
    ledgers.some((ledger) => path === ledger || [`${ledger}-`, `${ledger}.`].some((start) => path.startsWith(start)));
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

/** Whether another file system is mounted there than holds its parent. */
async function isMountPoint(path: string): Promise<boolean> {
  const [own, parent] = await Promise.all([stat(path), stat(dirname(path))]);
  return own.dev !== parent.dev;
}

/** Files that vanish between their listing and this are left out. */
async function objectsOf(
  root: string,
  keys: readonly string[],
  onLook: (key: string, error?: unknown) => void,
): Promise<ObjectRef[]> {
  const objects = await Promise.all(
    keys.map(async (key) => {
      try {
        const stats = await stat(join(root, key), { bigint: true });
        onLook(key);
        return stats.isFile() ? [{ key, etag: etagOf(stats), size: Number(stats.size), time: timeOf(stats) }] : [];
      } catch (error) {
        if (isGone(error)) return [];
        if (!isOwn(error)) throw fileFailure(key, error);
        onLook(key, error);
        return [];
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
  const target = await realpath(join(root, object.key));
  if (isInside(target, root)) return target;
  const message = `${object.key} is not in the directory any more: a symbolic link leads out of it`;
  throw new Failure("object", "object-vanished", message, { gone: true });
}

async function* read(object: ObjectRef, openIt: () => Promise<FileHandle>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = await openIt();
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
  } catch (error) {
    throw error instanceof Failure || signal.aborted ? error : fileFailure(object.key, error);
  } finally {
    await file.close();
  }
}

function check(object: ObjectRef, stats: BigIntStats): void {
  if (etagOf(stats) !== object.etag) throw changed(object);
}

function changed({ key }: ObjectRef): Failure {
  const message = `${key} was written to after it was listed; its new version is read when it is listed`;
  return new Failure("object", "object-changed", message, { gone: true });
}
