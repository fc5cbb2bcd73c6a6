import { codeOf, Failure } from "../../lib/errors.ts";
import { fileErrorWords } from "../../lib/file-failures.ts";

/** What this machine or a file server is short of for the moment, whatever file is asked for. */
const PASSING = new Set(["EAGAIN", "EBUSY", "EINTR", "EMFILE", "ENFILE", "ENOMEM", "ETIMEDOUT", "EHOSTDOWN", "EHOSTUNREACH"]);

const GONE = new Set(["ENOENT", "ENOTDIR"]);

export const isGone = (error: unknown): boolean => GONE.has(codeOf(error));

/** Whether an error speaks of the one file or folder, and not of the machine. */
export const isOwn = (error: unknown): boolean => !PASSING.has(codeOf(error));

/** The failure of an error about the folder that is the bucket. */
export function rootFailure(root: string, cause: unknown): Failure {
  if (!isOwn(cause)) return new Failure("passing", "unreadable", `path: cannot list ${root}: ${fileErrorWords(cause)}`);
  const code = isGone(cause) ? "no-such-directory" : "unreadable";
  const advice = "see that it is there, mounted, and may be read, or correct path";
  return new Failure("person", code, `path: cannot list ${root}: ${fileErrorWords(cause)}; ${advice}`);
}

/** The failure of an error about one file that a listing named, or about a folder on the way to it. */
export function fileFailure(key: string, cause: unknown): Failure {
  const code = codeOf(cause);
  if (isGone(cause)) return new Failure("object", "object-vanished", `${key} was removed after it was listed`, { gone: true });
  const line = `cannot read ${key}: ${fileErrorWords(cause)}`;
  if (!isOwn(cause)) return new Failure("passing", "unreadable", line);
  return new Failure("object", code === "EACCES" || code === "EPERM" ? "object-denied" : "object-unreadable", line);
}
