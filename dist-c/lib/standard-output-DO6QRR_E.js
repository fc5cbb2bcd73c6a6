import { i as codeOf, r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { a as isMisplaced, i as isDiskFull, r as fileErrorWords } from "./folders-B2Ho0hJC.js";
import { promisify } from "node:util";
import { open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { accessSync, constants, fdatasync, fstatSync, statSync, write } from "node:fs";
// src/sinks/line-end.ts
/** The longest unfinished line that is looked for; no line of ours is longer. */
const LONGEST_LINE = 67108864;
const NEWLINE$2 = 10;
/** Up to `length` bytes from `at` on; fewer where the file ends. */
async function readAt(handle, at, length) {
	const bytes = Buffer.alloc(length);
	let done = 0;
	while (done < length) {
		const { bytesRead } = await handle.read(bytes, done, length - done, at + done);
		if (bytesRead === 0) break;
		done += bytesRead;
	}
	return bytes.subarray(0, done);
}
/** What stands behind the last newline; undefined when that is longer than any line. */
async function unfinishedLine(handle, size) {
	let tail = Buffer.alloc(0);
	let at = size;
	while (at > 0) {
		const length = Math.min(65536, at);
		at -= length;
		const piece = await readAt(handle, at, length);
		const newline = piece.lastIndexOf(NEWLINE$2);
		tail = Buffer.concat([piece.subarray(newline + 1), tail]);
		if (newline >= 0) break;
		if (tail.length > LONGEST_LINE) return void 0;
	}
	return tail;
}
/**
* How much of an unfinished line a crash of a process or of the machine has left, and is to be cut off: half a line, which was not
* acknowledged and comes again, or zeros where the disk had not got the bytes yet. A whole line lacks its newline only. Undefined: the
* line is none of ours.
*/
function leftByCrash(tail) {
	const text = tail.toString();
	const line = text.replaceAll(/^\0+|\0+$/g, "");
	if (isJson(line)) return text.length - text.replace(/\0+$/, "").length;
	return line === "" || line.startsWith("{") ? tail.length : void 0;
}
function isJson(text) {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}
// src/sinks/lines-file.ts
/** Rights of a file that no other one precedes: addresses stand in it. */
const PRIVATE = 384;
const NEWLINE$1 = Buffer.from("\n");
const NOTHING$1 = Buffer.alloc(0);
/**
* A file that is only ever added to, and that others may move away, truncate, remove or write at any time. Each write goes to the file
* that is at the path then; one that is not there is made, with the rights of its predecessor, else for this user alone. What a crash
* left at the end is repaired once, at the first opening; later an end without newline is somebody else's, and is only closed. A failed
* write takes back what it has written if that still stands at the end, and touches nothing else.
*/
function createLinesFile(path, { append, sync, writer }) {
	let current;
	let started = false;
	const opened = async () => {
		if (current !== void 0 && (!current.regular || await identityAt(path) === current.identity)) return current;
		const before = current;
		current = void 0;
		const file = await openFile(path, before === void 0 ? PRIVATE : await leave(before), writer);
		try {
			if (file.regular) await begin(file.handle);
		} catch (error) {
			await file.handle.close();
			throw error;
		}
		started = true;
		current = file;
		return file;
	};
	const begin = async (handle) => {
		if (!started && !append) return handle.truncate(0);
		const { size } = await handle.stat();
		const tail = await unfinishedLine(handle, size);
		const left = tail && leftByCrash(tail);
		if (left === void 0) throw new Failure("worker", "ndjson-not-lines", `${writer}: ${notLines(path)}`);
		if (!started && left > 0) await handle.truncate(size - left);
	};
	const add = async (file, lines) => {
		const { handle } = file;
		await takeBack(file);
		const { size } = await handle.stat();
		const last = size === 0 ? NOTHING$1 : await readAt(handle, size - 1, 1);
		const bytes = last.length === 0 || last.equals(NEWLINE$1) ? lines : Buffer.concat([NEWLINE$1, lines]);
		let written = 0;
		try {
			await writeAll(handle, bytes, (count) => {
				written = count;
			});
			if (sync) await handle.datasync();
			await requireArrival(handle, size, bytes);
		} catch (error) {
			file.debris = bytes.subarray(0, written);
			await takeBack(file).catch(() => void 0);
			throw error;
		}
	};
	/** Whoever removes or truncates the file meanwhile may do it before or after the write: what does not stand there is written again. */
	const requireArrival = async (handle, before, bytes) => {
		const { nlink, size } = await handle.stat();
		if (nlink > 0 && (size >= before + bytes.length || await endsWith(handle, size, bytes))) return;
		throw new Failure("worker", "ndjson-disturbed", `${writer}: ${path} was removed or truncated while it was written: the lines are written again`);
	};
	return {
		async write(lines, signal) {
			signal.throwIfAborted();
			try {
				const file = await opened();
				if (file.regular) await add(file, lines);
				else await writeAll(file.handle, lines);
			} catch (error) {
				throw error instanceof Failure ? error : fileFailure(error, path, writer);
			}
		},
		async close() {
			const file = current;
			current = void 0;
			await file?.handle.close();
		}
	};
}
/** One line about what a write to `path` would find, without touching it; throws UsageError where it cannot be written. */
async function inspectLinesFile(path, append) {
	const refuse = (code, message, cause) => {
		throw new UsageError(code, message, { cause });
	};
	try {
		const folder = dirname(path);
		if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) refuse("ndjson-no-folder", `cannot write ${path}: there is no folder ${folder}; create it, or correct \`path\``);
		const found = statSync(path, { throwIfNoEntry: false });
		if (found === void 0) {
			accessSync(folder, constants.W_OK | constants.X_OK);
			return `${path} can be created`;
		}
		if (found.isDirectory()) refuse("ndjson-is-folder", `cannot write ${path}: it is a folder`);
		accessSync(path, found.isFile() ? constants.R_OK | constants.W_OK : constants.W_OK);
		if (!found.isFile()) return `${path} can be written`;
		if (append && !await endsAsLinesDo(path)) refuse("ndjson-not-lines", notLines(path));
		return `${path} can be written (${found.size} bytes so far)`;
	} catch (error) {
		if (!isMisplaced(error)) throw error;
		return refuse("ndjson-unwritable", `cannot write ${path}: ${fileErrorWords(error)}`, error);
	}
}
/** The failure of a write while the program runs: this worker's own disk or its configuration, mended without a restart. */
function fileFailure(error, path, writer) {
	const code = codeOf(error);
	const missing = code === "ENOENT" || code === "ENOTDIR";
	const words = missing ? `there is no folder ${dirname(path)}: create it again` : fileErrorWords(error);
	return new Failure("worker", failureCode(error, missing), `${writer}: cannot write ${path}: ${words}`, { cause: error });
}
function failureCode(error, missing) {
	if (missing) return "ndjson-no-folder";
	if (isDiskFull(error)) return "ndjson-disk-full";
	return isMisplaced(error) ? "ndjson-unwritable" : "ndjson-write-failed";
}
function notLines(path) {
	return `cannot append to ${path}: it does not end with a line of JSON; choose another \`path\`, or move the file away`;
}
async function openFile(path, mode, writer) {
	const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, mode);
	try {
		const stats = await handle.stat({ bigint: true });
		if (!stats.isFile() && !stats.isCharacterDevice()) throw new Failure("worker", "ndjson-no-file", `${writer}: cannot write ${path}: it is no longer a file`);
		const regular = stats.isFile();
		return {
			handle,
			identity: identityOf(stats),
			regular,
			debris: NOTHING$1
		};
	} catch (error) {
		await handle.close();
		throw error;
	}
}
/** Closes a file that is no longer at its path; returns its rights, where they can still be seen. */
async function leave(file) {
	await takeBack(file).catch(() => void 0);
	const mode = await file.handle.stat().then(({ mode }) => mode & 511, () => PRIVATE);
	await file.handle.close();
	return mode;
}
/** Which file is at the path; what cannot be seen is none, and the opening says why. */
async function identityAt(path) {
	return stat(path, { bigint: true }).then(identityOf, () => void 0);
}
function identityOf({ dev, ino }) {
	return `${dev}:${ino}`;
}
async function writeAll(handle, bytes, onWritten) {
	for (let done = 0; done < bytes.length;) {
		const { bytesWritten } = await handle.write(bytes, done, bytes.length - done);
		done += bytesWritten;
		onWritten?.(done);
	}
}
/** Cuts off what a failed write has left, if it still is the end of the file; it may be less where somebody has truncated it meanwhile. */
async function takeBack(file) {
	const { handle, debris } = file;
	if (debris.length === 0) return;
	const { size } = await handle.stat();
	const length = Math.min(debris.length, size);
	if (await endsWith(handle, size, debris.subarray(debris.length - length))) await handle.truncate(size - length);
	file.debris = NOTHING$1;
}
async function endsWith(handle, size, bytes) {
	return size >= bytes.length && (await readAt(handle, size - bytes.length, bytes.length)).equals(bytes);
}
async function endsAsLinesDo(path) {
	const handle = await open(path, "r");
	try {
		const tail = await unfinishedLine(handle, (await handle.stat()).size);
		return tail !== void 0 && leftByCrash(tail) !== void 0;
	} finally {
		await handle.close();
	}
}
// src/sinks/standard-output.ts
const NEWLINE = 10;
const NOTHING = Buffer.alloc(0);
const NAME = "standard output";
/** Whether a path in a configuration names standard output. */
function isStandardOutput(path) {
	return [
		"-",
		"/dev/stdout",
		"/dev/fd/1",
		"/proc/self/fd/1"
	].includes(path);
}
/** Standard output, whatever it leads to. */
function createStandardOutput({ sync, writer }) {
	const { fd } = process.stdout;
	return fstatSync(fd).isFile() ? intoFile(fd, sync, writer) : intoStream(process.stdout);
}
/**
* A file that somebody else has opened: it cannot be cut, for where the next write goes is known to the operating system alone. A line
* that a failed write has broken off is finished first by the next one. Node's own stream would lose what a full disk does not take.
*/
function intoFile(fd, sync, writer) {
	let owed = NOTHING;
	return {
		async write(lines, signal) {
			signal.throwIfAborted();
			const bytes = Buffer.concat([owed, lines]);
			let done = 0;
			try {
				while (done < bytes.length) done += (await promisify(write)(fd, bytes, done, bytes.length - done, null)).bytesWritten;
				if (sync) await promisify(fdatasync)(fd);
			} catch (error) {
				owed = (done === 0 ? owed.length > 0 : bytes[done - 1] !== NEWLINE) ? bytes.subarray(done, bytes.indexOf(NEWLINE, done) + 1) : NOTHING;
				throw fileFailure(error, NAME, writer);
			}
			owed = NOTHING;
		},
		close: async () => {}
	};
}
/** Lines have arrived when the operating system has them. A reader that went away ends the run: nobody else would take the rest. */
function intoStream(stream) {
	const ignore = () => {};
	stream.on("error", ignore);
	return {
		async write(lines, signal) {
			signal.throwIfAborted();
			await new Promise((done, fail) => {
				stream.write(lines, (error) => error ? fail(streamError(error)) : done());
			});
		},
		async close() {
			stream.off("error", ignore);
		}
	};
}
function streamError(error) {
	const message = error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED" ? `${NAME} was closed by its reader (EPIPE)` : `cannot write to ${NAME}: ${error.message}`;
	return new UsageError("ndjson-stdout", message, { cause: error });
}
export { inspectLinesFile as a, fileFailure as i, isStandardOutput as n, createLinesFile as r, createStandardOutput as t };
