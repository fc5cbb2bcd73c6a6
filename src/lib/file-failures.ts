import { codeOf, describeError } from "./errors.ts";

/** What a file system's error means and what to do, to stand behind the path; with the system's own code. */
export function fileErrorWords(error: unknown): string {
  const code = codeOf(error);
  const words = WORDS[code];
  return words === undefined ? describeError(error) : `${words} (${code})`;
}

/** The disk has no room for what is to be written. */
export function isDiskFull(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOSPC" || code === "EDQUOT";
}

/**
 * The path or the rights to it are wrong, as a configuration is: refused when found at the start, where nobody has to wait for it. What
 * comes while running may be a disk that was taken away, and is waited for.
 */
export function isMisplaced(error: unknown): boolean {
  return MISPLACED.has(codeOf(error));
}

const MISPLACED = new Set(["ENOENT", "ENOTDIR", "EACCES", "EPERM", "EISDIR", "EEXIST", "EROFS", "ELOOP", "ENAMETOOLONG"]);

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on the disk: make room",
  EDQUOT: "the quota of the disk is used up: make room or raise it",
  EFBIG: "the file may grow no larger: move it away, or raise the limit on the size of files",
  EIO: "the disk fails with an I/O error",
  EROFS: "the disk is read-only",
  EACCES: "permission denied: give this user the rights to the file and its folder",
  EPERM: "not permitted: the file or its folder is protected",
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of the path is no folder",
  EEXIST: "a part of the path is no folder",
  EISDIR: "it is a folder",
  ELOOP: "its symbolic links go round in a circle",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "this process has too many files open: raise its limit (ulimit -n)",
  ENFILE: "this machine has too many files open",
  ESTALE: "the file server has lost the file",
  ENXIO: "nobody reads the pipe: start its reader",
  EPIPE: "the pipe's reader went away",
};
