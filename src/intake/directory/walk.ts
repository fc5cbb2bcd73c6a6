import type { Dirent, Stats } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { codeOf } from "../../lib/errors.ts";
import { compareKeys } from "../keys.ts";
import { fileFailure, isGone, isOwn, rootFailure } from "./failures.ts";

export interface Walk {
  /** Absolute, without symbolic links. */
  readonly root: string;
  readonly prefix: string;
  /** Only keys after this one; may be moved on between two keys, and what lies before it is then passed over unread. */
  after: string | undefined;
  readonly before: string | undefined;
  /** Whether a file or folder of this name is left out. */
  readonly ignores: (name: string) => boolean;
  /** Told of what is there and cannot be an object: links that lead out, names that are not UTF-8, pipes. */
  readonly passOver: (key: string, reason: string) => void;
  /** Told of each folder that was looked into, with the error if it could not be: the others are listed all the same. */
  readonly onLook: (folder: string, error?: unknown) => void;
}

/** Keys of the files under the root, in the byte order of their UTF-8 forms. One folder at a time is held in memory for each level. */
export function walk(options: Walk): AsyncGenerator<string> {
  return walkFolder(options, "", [options.root]);
}

/** `chain`: where the folders on the way from the root down to this one really are. */
async function* walkFolder(options: Walk, folder: string, chain: readonly string[]): AsyncGenerator<string> {
  for (const { name, target } of await entriesOf(options, folder, chain)) {
    const key = folder + name;
    if (!isWanted(options, key) || options.ignores(name.replace(/\/$/, ""))) continue;
    if (target === undefined) yield key;
    else yield* walkFolder(options, key, [...chain, target]);
  }
}

/** Whether the bounds let a file, or something in a folder (then the key ends in a slash), through. */
function isWanted({ prefix, after, before }: Walk, key: string): boolean {
  const isFolder = key.endsWith("/");
  if (!key.startsWith(prefix) && !(isFolder && prefix.startsWith(key))) return false;
  if (before !== undefined && compareKeys(key, before) >= 0) return false;
  return after === undefined || compareKeys(key, after) > 0 || (isFolder && after.startsWith(key));
}

/** A file, or a folder: then the name ends in a slash, so that names sort as the keys do, and `target` is where it really is. */
interface Entry {
  readonly name: string;
  readonly target?: string;
}

async function entriesOf(options: Walk, folder: string, chain: readonly string[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const [name, kind] of await namesIn(options, folder)) {
    const path = join(chain.at(-1) ?? options.root, name);
    if (kind.isFile()) entries.push({ name });
    else if (kind.isDirectory()) entries.push({ name: `${name}/`, target: path });
    else if (options.ignores(name) || ![name, `${name}/`].some((form) => isWanted(options, folder + form))) continue;
    else if (kind.isSymbolicLink()) entries.push(...(await followLink(options, folder + name, path, chain)));
    else options.passOver(folder + name, "it is neither a file nor a folder");
  }
  return entries.filter(({ name }) => isWanted(options, folder + name)).sort((a, b) => compareKeys(a.name, b.name));
}

type Kind = Pick<Stats | Dirent, "isFile" | "isDirectory" | "isSymbolicLink">;

/** Where the prefix says which folder comes next, only that one is looked at. */
async function namesIn({ root, prefix, passOver, onLook }: Walk, folder: string): Promise<[string, Kind][]> {
  const path = join(root, folder);
  const slash = prefix.startsWith(folder) ? prefix.indexOf("/", folder.length) : -1;
  const names: [string, Kind][] = [];
  try {
    if (slash >= 0) {
      const name = prefix.slice(folder.length, slash);
      if (name !== "" && name !== "." && name !== ".." && !name.includes("\0")) names.push([name, await lstat(join(path, name))]);
    } else {
      for (const entry of await readdir(path, { withFileTypes: true })) {
        const { name } = entry;
        if (!name.includes("\ufffd") || (await exists(join(path, name)))) names.push([name, entry]);
        else passOver(folder + name, "its name is not UTF-8");
      }
    }
    onLook(folder);
  } catch (error) {
    if (isGone(error) && (folder !== "" || slash >= 0)) return [];
    if (folder === "") throw rootFailure(root, error);
    if (!isOwn(error)) throw fileFailure(folder, error);
    onLook(folder, error);
  }
  return names;
}

/** Bytes that are not UTF-8 come out as U+FFFD; then there is no file of the name. */
function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function followLink({ root, passOver }: Walk, key: string, path: string, chain: readonly string[]): Promise<Entry[]> {
  const name = key.slice(key.lastIndexOf("/") + 1);
  try {
    const target = await realpath(path);
    if (!isInside(target, root)) passOver(key, "it is a symbolic link out of the directory");
    else if ((await stat(target)).isFile()) return [{ name }];
    else if (chain.some((ancestor) => isInside(ancestor, target)))
      passOver(key, "it is a symbolic link into a folder that it lies in");
    else return [{ name: `${name}/`, target }];
  } catch (cause) {
    passOver(key, `it is a symbolic link that leads nowhere (${codeOf(cause)})`);
  }
  return [];
}

/** Whether the path is the folder or lies in it. Both without symbolic links. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
