import { a as describeError, i as codeOf, r as UsageError } from "./errors-C4nvsd9u.js";
import { f as short, u as digestOf } from "./subnets-Ckxz2MGl.js";
import { n as kindOf } from "./kinds-DoZuX4CL.js";
import { a as readTableFile, i as readTable, n as describeProblems, s as tablePaths } from "./tables-DYZke6gE.js";
import { randomBytes } from "node:crypto";
import { access, mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
// src/enrich/tables/last-good.ts
/** Names of copies that are being written. */
const UNFINISHED = /\.\w+\.[0-9a-f]{8}$/;
/** Whether a table with so few rows is refused until somebody wants it: half of what it was, or nothing. */
function isShrunk(rowsBefore, rowsAfter) {
	return rowsBefore > 0 && rowsAfter * 2 <= rowsBefore;
}
/** Where copies of a table are kept; undefined for nowhere. The file of ports that ships with the program needs none. */
function lastGoodOf(options, table) {
	return options.lastGood === void 0 || options[table] === void 0 ? void 0 : new LastGood(options.lastGood, tablePaths(options));
}
/**
* The folder that keeps, of each table, the bytes of its file that were last taken. A copy belongs to one table and one path. Its
* files are readable for their owner alone, and replaced in one step. Beside a copy may stand the word of an operator that a
* content is wanted although it is suspiciously short; it holds until the next copy.
*/
var LastGood = class {
	folder;
	#files;
	/** Of the files that are in use now. */
	constructor(folder, files) {
		this.folder = folder;
		this.#files = files;
	}
	/** The copy of a table; undefined where there is none, and a line that says why where it cannot be used. */
	async load(table, path) {
		const copy = this.#copyOf(table, path);
		const at = await stat(copy).then(({ mtimeMs }) => mtimeMs, (error) => codeOf(error));
		if (at === "ENOENT" || at === "ENOTDIR") return void 0;
		const reading = await readTable(table, path, await readTableFile(table, copy));
		return reading.table === void 0 || typeof at === "string" ? describeProblems(copy, reading) : {
			loaded: reading.table,
			at
		};
	}
	/** Replaces the copy, and removes what belonged to an older one or to a file of the table that is not in use. Throws what the disk says. */
	async save(table, path, bytes) {
		const copy = this.#copyOf(table, path);
		await mkdir(dirname(this.folder), { recursive: true });
		await mkdir(this.folder, {
			recursive: true,
			mode: 448
		});
		const beside = `${copy}.${randomBytes(4).toString("hex")}`;
		try {
			const file = await open(beside, "wx", 384);
			try {
				await file.writeFile(bytes);
				await file.sync();
			} finally {
				await file.close();
			}
			await rename(beside, copy);
		} catch (error) {
			await rm(beside, { force: true });
			throw error;
		}
		const others = this.#files.filter((file) => file.table === table && file.path !== path).map((file) => this.#copyOf(table, file.path));
		for (const name of await readdir(this.folder)) {
			const other = join(this.folder, name);
			if (name.startsWith(`${table}-`) && other !== copy && !others.some((kept) => other.startsWith(kept))) await rm(other, { force: true });
		}
	}
	/** Removes what a crash has left of copies of a table that were being written. */
	async clear(table) {
		const left = (await readdir(this.folder).catch(() => [])).filter((name) => name.startsWith(`${table}-`) && UNFINISHED.test(name));
		await Promise.all(left.map((name) => rm(join(this.folder, name), { force: true }).catch(() => {})));
	}
	/** Says that the content with this digest is wanted. Throws UsageError where it may not be said. */
	async accept(table, path, digest) {
		try {
			await writeFile(this.#wordOf(table, path, digest), "", { mode: 384 });
		} catch (cause) {
			throw new UsageError("no-last-good", `${this.folder} cannot be written: ${describeError(cause)}: run it as the user of the worker`, { cause });
		}
	}
	async isAccepted(table, path, digest) {
		try {
			await access(this.#wordOf(table, path, digest));
			return true;
		} catch {
			return false;
		}
	}
	#copyOf(table, path) {
		return join(this.folder, `${table}-${short(digestOf(path))}${kindOf(table).extension}`);
	}
	/** Its name says it all: whoever may list the folder may read it, whoever wrote it. */
	#wordOf(table, path, digest) {
		return `${this.#copyOf(table, path)}.accepted-${digest}`;
	}
};
export { isShrunk as n, lastGoodOf as r, LastGood as t };
