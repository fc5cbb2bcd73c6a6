import { a as describeError, i as codeOf, r as UsageError } from "./errors-C4nvsd9u.js";
import { dirname } from "node:path";
import { chmodSync, mkdirSync, statSync } from "node:fs";
// src/lib/file-failures.ts
/** What a file system's error means and what to do, to stand behind the path; with the system's own code. */
function fileErrorWords(error) {
	const code = codeOf(error);
	const words = WORDS[code];
	return words === void 0 ? describeError(error) : `${words} (${code})`;
}
/** The disk has no room for what is to be written. */
function isDiskFull(error) {
	const code = codeOf(error);
	return code === "ENOSPC" || code === "EDQUOT";
}
/**
* The path or the rights to it are wrong, as a configuration is: refused when found at the start, where nobody has to wait for it. What
* comes while running may be a disk that was taken away, and is waited for.
*/
function isMisplaced(error) {
	return MISPLACED.has(codeOf(error));
}
const MISPLACED = /* @__PURE__ */ new Set([
	"ENOENT",
	"ENOTDIR",
	"EACCES",
	"EPERM",
	"EISDIR",
	"EEXIST",
	"EROFS",
	"ELOOP",
	"ENAMETOOLONG"
]);
const WORDS = {
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
	EPIPE: "the pipe's reader went away"
};
// src/lib/folders.ts
/** Makes a folder and those above it that are missing. Fails where the system takes none, as below /proc, where a recursive mkdir of Node never ends. */
function makeFolder(path) {
	if (isFolder(path)) return;
	const above = dirname(path);
	if (above !== path) makeFolder(above);
	try {
		mkdirSync(path);
	} catch (error) {
		if (!isFolder(path)) throw error;
	}
}
function isFolder(path) {
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
/** As `makeFolder`; one that is made is for this user alone. Throws UsageError. */
function makePrivateFolder(path) {
	if (isFolder(path)) return;
	try {
		makeFolder(path);
		chmodSync(path, 448);
	} catch (cause) {
		throw new UsageError("folder-unwritable", `cannot make the folder ${path}: ${fileErrorWords(cause)}`, { cause });
	}
}
export { isMisplaced as a, isDiskFull as i, makePrivateFolder as n, fileErrorWords as r, makeFolder as t };
