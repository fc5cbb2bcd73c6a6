import { a as parseInstant, i as parseDuration } from "./durations-Bd18bo2u.js";
import { a as describeError, i as codeOf, o as drawerOf, r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { n as makePrivateFolder, r as fileErrorWords, t as makeFolder } from "./folders-B2Ho0hJC.js";
import { r as pause, t as firstOf } from "./waiting-CQj_eCsn.js";
import { t as linePrinter } from "./line-ampyNyeE.js";
import { t as loadSchema } from "./load-efkb9GOd.js";
import { a as folderOf, i as HOUR_MS$1, n as writable, o as hourIn, t as Uploads, u as archiveColumns } from "./uploads-B8o7Nm1B.js";
import { t as at } from "./validate-lkLC497-.js";
import { i as prefixKey, n as contains, r as parsePrefix } from "./prefix-DWd56Iz9.js";
import { t as IpAddress } from "./address-DjrRxJ5_.js";
import { a as readTableFile, i as readTable, n as describeProblems, o as snapshotOf, s as tablePaths, t as countOf, u as AddressMemory } from "./tables-DYZke6gE.js";
import { i as ipRanges, n as kindOf, r as NOTHING } from "./kinds-DoZuX4CL.js";
import { t as networkBlocks } from "./cloud-BNmoBvLs.js";
import { d as readContent, s as look, u as digestOf } from "./subnets-Ckxz2MGl.js";
import { t as Document } from "./document-CPa8tZmV.js";
import { n as isShrunk, r as lastGoodOf } from "./last-good-CwyRy0uo.js";
import { n as decoderFor } from "./formats-DGXMnJnZ.js";
import { n as openLedger } from "./sqlite-DGiqnas8.js";
import { t as nearest } from "./nearest-DcR-nB4_.js";
import { t as version } from "./version-BRz3Snu3.js";
import { t as printable } from "./printable-5Dp1saHN.js";
import { n as isLoopback } from "./urls-hmwHZnCP.js";
import { n as openDetections } from "./detections-D3NX89Ko.js";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { createHash, timingSafeEqual } from "node:crypto";
import { constants, zstdCompressSync } from "node:zlib";
import { basename, join, resolve } from "node:path";
import { chmodSync, closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { metrics } from "@opentelemetry/api";
import { tmpdir } from "node:os";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import pino from "pino";
// src/archive/object-name.ts
/** Longest part of a key's path, in bytes: what file systems take, with room for an ending. */
const LONGEST = 180;
/**
* What the enriched object of a source object is called: the source's key without its endings, with the version of it, so that no two
* versions have one name: `logs/2026/a.log.gz` becomes `logs/2026/a-0123456789abcdef.json`. Parts that a file system does not take, or that
* lead out of a folder, are escaped or cut; the version tells keys apart that become the same.
*/
function objectNameOf(key, digest) {
	const safe = key.replace(/(\.(json|log|ndjson|parquet|csv|txt))?(\.(gz|zst|bz2))?$/i, "").split("/").filter((part) => part !== "").map(safePart);
	const last = safe.pop() ?? "object";
	return [...safe, `${last}-${digest.slice(0, 16)}.json`].join("/");
}
function safePart(part) {
	return part.toWellFormed().replaceAll(/[^\w.=@+, -]/gu, (character) => encodeURIComponent(character)).replace(/^\.+/, (dots) => "%2E".repeat(dots.length)).slice(0, LONGEST);
}
// src/archive/json-archive.ts
/** Text of one object that is gathered before it is written, in bytes. */
const GATHERED = 262144;
/** Pause after the disk took nothing, in ms. */
const DISK_PAUSE_MS$1 = 1e3;
/**
* Keeps flows as arrays of records of schema seed: one object for each source object, under a name that says which version of which object
* went in. An object becomes durable as a whole, when its source object has ended; one that is not ended when the run ends is read again.
*/
var JsonArchive = class {
	name;
	#prefix;
	#workFolder;
	#uploads;
	#events;
	#print = linePrinter(loadSchema("seed", "."), "flowferry");
	#objects = /* @__PURE__ */ new Map();
	#files = 0;
	#diskFails = 0;
	#timer;
	#change = Promise.withResolvers();
	constructor({ name, prefix, workFolder }, uploads, events) {
		this.name = name;
		this.#prefix = prefix;
		this.#workFolder = workFolder;
		this.#uploads = uploads;
		this.#events = events;
	}
	get hasRoom() {
		return this.#diskFails === 0 && this.#uploads.hasRoom;
	}
	get failing() {
		return this.#diskFails > 0 || this.#uploads.failing;
	}
	async changed() {
		await Promise.race([this.#change.promise, this.#uploads.changed()]);
	}
	take(flows, durable) {
		const [first] = flows;
		if (first === void 0) return;
		const object = this.#objects.get(first.origin.digest) ?? this.#open(first.origin);
		object.waiting.push(durable);
		let text = "";
		for (const flow of flows) {
			text += `${object.isFirst ? "[\n" : ",\n"}${this.#print(flow, flow.time)}`;
			object.isFirst = false;
		}
		object.text = Buffer.concat([object.text, Buffer.from(text)]);
		if (object.text.length >= GATHERED) this.#write();
	}
	ended({ digest }) {
		const object = this.#objects.get(digest);
		if (object === void 0) return;
		object.isEnded = true;
		object.text = Buffer.concat([object.text, Buffer.from("\n]\n")]);
		this.#write();
	}
	forget({ digest }) {
		const object = this.#objects.get(digest);
		this.#objects.delete(digest);
		if (object === void 0) return;
		closeSync(object.file);
		rmSync(object.path, { force: true });
	}
	async flush(signal) {
		const isDone = () => this.#uploads.idle && ![...this.#objects.values()].some(({ isEnded }) => isEnded);
		while (!signal.aborted && !isDone()) await firstOf([this.changed()], signal);
	}
	/** Gives up what is not durable. */
	async close() {
		clearTimeout(this.#timer);
		this.#uploads.close();
		for (const { file } of this.#objects.values()) closeSync(file);
		this.#objects.clear();
	}
	#open({ key, digest }) {
		this.#files += 1;
		const path = join(this.#workFolder, `${this.#files}.json`);
		const object = {
			key: this.#prefix + objectNameOf(key, digest),
			path,
			file: openSync(path, "w", 384),
			waiting: [],
			text: Buffer.alloc(0),
			isFirst: true,
			isEnded: false
		};
		this.#objects.set(digest, object);
		return object;
	}
	/** Writes what was gathered, and hands on what is whole; when the disk takes nothing, again after a pause. */
	#write() {
		if (this.#timer !== void 0) return;
		try {
			for (const [digest, object] of this.#objects) {
				while (object.text.length > 0) object.text = object.text.subarray(writeSync(object.file, object.text));
				if (object.isEnded) this.#finish(digest, object);
			}
			if (this.#diskFails > 0) this.#events.onWell();
			this.#diskFails = 0;
		} catch (error) {
			this.#diskFails += 1;
			this.#events.onFailure(error, this.#diskFails);
			this.#timer = setTimeout(() => {
				this.#timer = void 0;
				this.#write();
			}, DISK_PAUSE_MS$1);
		}
		const { resolve } = this.#change;
		this.#change = Promise.withResolvers();
		resolve();
	}
	#finish(digest, { key, path, file, waiting }) {
		fsyncSync(file);
		closeSync(file);
		this.#objects.delete(digest);
		this.#uploads.add(key, path, () => {
			for (const durable of waiting) durable();
		});
	}
};
// src/archive/content-name.ts
/** Which flows a file holds: records of objects, as runs of neighbouring numbers. The same flows in any order make the same name. */
var ContentName = class {
	/** By the object's digest: first and last record of each run, alternating. */
	#runs = /* @__PURE__ */ new Map();
	#count = 0;
	/** How many runs there are: what it takes of memory. */
	get size() {
		return this.#count;
	}
	add({ origin: { digest }, record }) {
		const runs = this.#runs.get(digest);
		if (runs === void 0) this.#runs.set(digest, [record, record]);
		else if (runs.at(-1) === record - 1) {
			runs[runs.length - 1] = record;
			return;
		} else runs.push(record, record);
		this.#count += 1;
	}
	/** 32 hexadecimal digits, of SHA-256 over the sorted runs. */
	toString() {
		const hash = createHash("sha256");
		for (const digest of [...this.#runs.keys()].sort()) {
			hash.update(`${digest}:`);
			for (const [from, to] of merged(this.#runs.get(digest) ?? [])) hash.update(`${from}-${to},`);
		}
		return hash.digest("hex").slice(0, 32);
	}
};
function merged(runs) {
	const pairs = Array.from({ length: runs.length / 2 }, (_, index) => [runs[index * 2], runs[index * 2 + 1]]);
	pairs.sort(([one], [other]) => one - other);
	const all = [];
	for (const [from, to] of pairs) {
		const last = all.at(-1);
		if (last !== void 0 && last[1] === from - 1) last[1] = to;
		else all.push([from, to]);
	}
	return all;
}
// src/archive/parquet-file.ts
const zstd = (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
/** The file is emptied, and for this user alone. Memory holds one group of rows. */
function createParquetFile(path, columns) {
	const file = openSync(path, "w", 384);
	let isOpen = true;
	let isWhole = false;
	let written = 0;
	const bytes = new ByteWriter(65536);
	const schema = [{
		name: "flow",
		num_children: columns.length
	}, ...columns.flatMap(({ elements }) => elements)];
	const parquet = new ParquetWriter({
		writer: bytes,
		schema,
		codec: "ZSTD",
		compressors: { ZSTD: zstd },
		statisticsTruncateLength: 64,
		createdBy: "flowferry"
	});
	const flush = () => {
		const all = bytes.getBytes();
		while (written < all.length) written += writeSync(file, all, written, all.length - written);
		bytes.index = 0;
		written = 0;
	};
	return {
		get size() {
			return bytes.offset;
		},
		add(flows) {
			const columnData = columns.map(({ name, value }) => ({
				name,
				data: flows.map(value)
			}));
			parquet.write({
				columnData,
				rowGroupSize: flows.length
			});
		},
		flush,
		finish() {
			if (!isWhole) parquet.finish();
			isWhole = true;
			flush();
			fsyncSync(file);
			closeSync(file);
			isOpen = false;
		},
		abandon() {
			if (isOpen) closeSync(file);
			isOpen = false;
		}
	};
}
// src/archive/parquet-archive.ts
/** Rows of a group: they are encoded in one go, and sorted by time. */
const GROUP_ROWS = 16384;
/** Flows that wait for their group, over all hours. */
const MOST_ROWS = 4 * GROUP_ROWS;
/** Hours with a file that is being written. */
const MOST_HOURS = 48;
/** What a name is made of takes no more memory than this. */
const MOST_RUNS = 1e5;
/** Pause after the disk took nothing, in ms. */
const DISK_PAUSE_MS = 1e3;
/**
* Keeps flows in Parquet files, one after the other for each hour of event time. A file is finished when it is large or old, or when there
* are too many; a late flow opens the file of its own hour. The name of a file says which flows are in it, so that one that is written
* again after a crash takes the place of the first.
*/
var ParquetArchive = class {
	name;
	#options;
	#uploads;
	#events;
	#columns = archiveColumns();
	#hours = /* @__PURE__ */ new Map();
	#now;
	#rows = 0;
	#files = 0;
	#diskFails = 0;
	#work;
	#pausing = false;
	#flushing = false;
	#closed = false;
	#timer;
	#change = Promise.withResolvers();
	constructor(options, uploads, events) {
		this.name = options.name;
		this.#options = options;
		this.#uploads = uploads;
		this.#events = events;
		this.#now = options.now ?? Date.now;
	}
	get hasRoom() {
		return this.#rows < MOST_ROWS && this.#uploads.hasRoom;
	}
	get failing() {
		return this.#diskFails > 0 || this.#uploads.failing;
	}
	async changed() {
		await Promise.race([this.#change.promise, this.#uploads.changed()]);
	}
	take(flows, durable) {
		const part = {
			files: 0,
			durable
		};
		for (const flow of flows) {
			const hour = this.#hourOf(flow.time);
			if (hour.waiting.at(-1) !== part) {
				hour.waiting.push(part);
				part.files += 1;
			}
			hour.rows.push(flow);
			hour.name.add(flow);
		}
		this.#rows += flows.length;
		this.#go();
	}
	async flush(signal) {
		this.#flushing = true;
		try {
			while (!signal.aborted && !(this.#hours.size === 0 && this.#uploads.idle)) {
				if (this.#hours.size > 0) this.#go();
				await firstOf([this.#work ?? this.changed()], signal);
			}
		} finally {
			this.#flushing = false;
		}
	}
	/** Gives up what is not durable. */
	async close() {
		this.#closed = true;
		clearTimeout(this.#timer);
		this.#uploads.close();
		await this.#work;
		for (const { file } of this.#hours.values()) file?.abandon();
		this.#hours.clear();
	}
	#hourOf(time) {
		const number = Math.floor(time / HOUR_MS$1);
		const known = this.#hours.get(number);
		if (known !== void 0) return known;
		this.#files += 1;
		const path = join(this.#options.workFolder, `${this.#files}.parquet`);
		const opened = {
			folder: folderOf(time),
			since: this.#now(),
			path,
			name: new ContentName(),
			waiting: [],
			rows: [],
			file: void 0
		};
		this.#hours.set(number, opened);
		return opened;
	}
	/** Writes and finishes what is due, if that is not being done; not before the pause after a failure is over. */
	#go() {
		if (this.#closed || this.#pausing) return;
		this.#work ??= this.#writeDue().finally(() => {
			this.#work = void 0;
			this.#changedNow();
			this.#wakeForAge();
		});
	}
	async #writeDue() {
		await Promise.resolve();
		while (!this.#closed) {
			const due = this.#due();
			if (due === void 0) return;
			const [number, hour, isFinal] = due;
			try {
				this.#write(number, hour, isFinal);
				if (this.#diskFails > 0) this.#events.onWell();
				this.#diskFails = 0;
				await new Promise(setImmediate);
			} catch (error) {
				this.#diskFails += 1;
				this.#events.onFailure(error, this.#diskFails);
				this.#changedNow();
				this.#pausing = true;
				clearTimeout(this.#timer);
				this.#timer = setTimeout(() => {
					this.#timer = void 0;
					this.#pausing = false;
					this.#go();
				}, DISK_PAUSE_MS);
				return;
			}
		}
	}
	/** What is to be written next, and whether its file is finished with it. */
	#due() {
		const { rollBytes, rollMs } = this.#options;
		const all = [...this.#hours];
		const old = this.#now() - rollMs;
		for (const [number, hour] of all) {
			const isLarge = (hour.file?.size ?? 0) >= rollBytes || hour.name.size >= MOST_RUNS;
			if (this.#flushing || isLarge || hour.since <= old) return [
				number,
				hour,
				true
			];
			if (hour.rows.length >= GROUP_ROWS) return [
				number,
				hour,
				false
			];
		}
		const largest = (size) => all.reduce((one, other) => size(other[1]) > size(one[1]) ? other : one, all[0]);
		if (all.length > MOST_HOURS) return [...largest(({ since }) => -since), true];
		if (this.#rows >= MOST_ROWS) return [...largest(({ rows }) => rows.length), false];
	}
	/** May be repeated when the disk has taken nothing. */
	#write(number, hour, isFinal) {
		hour.file ??= createParquetFile(hour.path, this.#columns);
		hour.file.flush();
		while (hour.rows.length > 0) {
			const rows = hour.rows.slice(0, GROUP_ROWS);
			hour.rows = hour.rows.slice(GROUP_ROWS);
			this.#rows -= rows.length;
			hour.file.add(rows.sort((one, other) => one.time - other.time || one.record - other.record));
			if (!isFinal) break;
		}
		hour.file.flush();
		if (!isFinal) return;
		hour.file.finish();
		this.#hours.delete(number);
		const key = `${this.#options.prefix}${hour.folder}/part-${hour.name}.parquet`;
		this.#uploads.add(key, hour.path, () => {
			for (const part of hour.waiting) {
				part.files -= 1;
				if (part.files === 0) part.durable();
			}
		});
	}
	#wakeForAge() {
		if (this.#closed || this.#timer !== void 0 || this.#hours.size === 0) return;
		const oldest = Math.min(...Array.from(this.#hours.values(), ({ since }) => since));
		this.#timer = setTimeout(() => {
			this.#timer = void 0;
			this.#go();
		}, Math.max(0, oldest + this.#options.rollMs - this.#now()));
	}
	#changedNow() {
		const { resolve } = this.#change;
		this.#change = Promise.withResolvers();
		resolve();
	}
};
// src/archive/retention.ts
/**
* Deletes the whole days of a Parquet archive that ended before `before` (ms since the epoch): nothing but files of the layout. Returns how
* many files are gone. Throws what the bucket says; what was deleted before stays deleted.
*/
async function deleteDays(store, prefix, before, signal) {
	let deleted = 0;
	for await (const day of days(store, prefix, signal)) {
		const range = hourIn(day.slice(prefix.length));
		if (range === void 0 || range.until > before) continue;
		for await (const { objects } of store.list({ prefix: day }, signal)) for (const { key } of objects) {
			if (hourIn(key.slice(prefix.length)) === void 0 || !key.endsWith(".parquet")) continue;
			await store.deleteObject(key, signal);
			deleted += 1;
		}
	}
	return deleted;
}
/** The folders of days, with the slash. */
async function* days(store, prefix, signal) {
	for await (const year of folders(store, `${prefix}year=`, signal)) for await (const month of folders(store, `${year}month=`, signal)) yield* folders(store, `${month}day=`, signal);
}
async function* folders(store, prefix, signal) {
	for await (const { prefixes } of store.list({
		prefix,
		delimiter: "/"
	}, signal)) yield* prefixes;
}
// src/archive/open.ts
/** Under which name its positions stand in the ledger. */
const ARCHIVE = "archive";
const HOUR_MS = 36e5;
/** The archive of a worker that holds the ledger's lock. Throws UsageError where nothing can be written. */
function openArchive(options, surroundings) {
	const { store: bucket, ledgerPath, retry, events, onNotice } = surroundings;
	const store = writable(bucket);
	const workFolder = workFolderOf(ledgerPath);
	const told = {
		...events,
		onFailure: (error, failures) => events.onFailure(named(error, workFolder), failures)
	};
	const uploads = new Uploads(store, retry, told);
	const { prefix, rollBytes, rollMs, retention } = options;
	const keeper = options.format === "json" ? new JsonArchive({
		name: ARCHIVE,
		prefix,
		workFolder
	}, uploads, told) : new ParquetArchive({
		name: ARCHIVE,
		prefix,
		rollBytes,
		rollMs,
		workFolder
	}, uploads, told);
	const end = new AbortController();
	const deleting = retention === void 0 || options.format === "json" ? void 0 : deleteNowAndThen(parseDuration(retention), end.signal);
	async function deleteNowAndThen(ageMs, signal) {
		while (!signal.aborted) {
			try {
				const deleted = await deleteDays(store, prefix, Date.now() - ageMs, signal);
				if (deleted > 0) onNotice(`archive: ${deleted} files of days past the retention are deleted`);
			} catch (error) {
				if (!signal.aborted) onNotice(`archive: days past the retention cannot be deleted: ${error.message}`);
			}
			await pause(HOUR_MS, signal);
		}
	}
	return {
		keeper,
		async close() {
			end.abort();
			await Promise.all([keeper.close(), deleting]);
			rmSync(workFolder, {
				recursive: true,
				force: true
			});
			await store.close();
		}
	};
}
/** Empty: what a crash has left there is read and written again. */
function workFolderOf(ledgerPath) {
	if (ledgerPath === ":memory:") return mkdtempSync(join(tmpdir(), "flowferry-archive-"));
	const folder = `${ledgerPath}.archive`;
	try {
		rmSync(folder, {
			recursive: true,
			force: true
		});
		makeFolder(folder);
		chmodSync(folder, 448);
	} catch (cause) {
		throw new Failure("worker", "archive-work-folder", `archive: cannot write ${folder}: ${fileErrorWords(cause)}`, { cause });
	}
	return folder;
}
/** What the file system says of the work folder, in words. */
function named(error, folder) {
	if (error instanceof Failure) return error;
	const message = `archive: cannot write below ${folder}: ${fileErrorWords(error)}`;
	return new Failure("worker", codeOf(error) === "error" ? "archive-unwritable" : codeOf(error), message, { cause: error });
}
// src/enrich/direction.ts
/**
* Sets the direction of a flow as seen from its VNIC's subnet, and the subnet's name. What the provider's record states wins;
* else a source inside the subnet's networks is egress, else a destination inside them is ingress, else it is unknown.
*/
function directionEnricher({ addresses, subnets }) {
	let context;
	let subnet;
	const inside = (ip) => {
		if (subnet === void 0) return false;
		for (const network of subnet.networks) if (contains(network.prefix, ip)) return true;
		return false;
	};
	return (flow) => {
		if (flow.context !== context) {
			context = flow.context;
			subnet = context.subnet === void 0 ? void 0 : subnets.get(context.subnet);
		}
		const logged = flow.directionLogged;
		if (logged === void 0 || logged === "unknown") {
			addresses.look(flow);
			flow.direction = inside(addresses.sourceIp) ? "egress" : inside(addresses.destinationIp) ? "ingress" : "unknown";
		} else flow.direction = logged;
		flow.subnetName = subnet?.name ?? flow.context.subnetName;
	};
}
// src/enrich/geo/enricher.ts
/** Addresses of each family that are remembered, about; a power of two. */
const CAPACITY = 16384;
/** So many different answers are remembered; one more, and the memory starts anew. */
const MAX_ANSWERS = 65536;
/**
* Sets country and autonomous system of both addresses. Private and invalid ones have none. What databases say is remembered by address,
* because they are asked by text and answer with objects of their own.
*/
function geoEnricher({ addresses, geo }, maxAnswers = MAX_ANSWERS) {
	if (geo.files.length === 0) return () => {};
	const v4 = new AddressMemory(1, CAPACITY);
	const v6 = new AddressMemory(4, CAPACITY);
	/** Remembered by number; number 0 is none. */
	const answers = [NOTHING];
	const numbers = /* @__PURE__ */ new Map();
	const ask = (family, { w0, w1, w2, w3 }) => {
		const answer = geo.find(new IpAddress(family, w0, w1, w2, w3));
		const key = `${answer.country} ${answer.as?.number} ${answer.as?.organization}`;
		let number = numbers.get(key);
		if (number === void 0) {
			if (answers.length > maxAnswers) {
				answers.length = 1;
				numbers.clear();
				v4.clear();
				v6.clear();
			}
			number = answers.push(answer) - 1;
			numbers.set(key, number);
		}
		return number;
	};
	const answerTo = (ip) => {
		if (ip.family === 0) return NOTHING;
		const memory = ip.family === 4 ? v4 : v6;
		let number = memory.recall(ip);
		if (number === 0) {
			number = ask(ip.family, ip);
			memory.remember(ip, number);
		}
		return answers[number];
	};
	return (flow) => {
		addresses.look(flow);
		const source = answerTo(addresses.sourceIp);
		const destination = answerTo(addresses.destinationIp);
		flow.sourceCountry = source.country;
		flow.destinationCountry = destination.country;
		flow.sourceAsNumber = source.as?.number;
		flow.destinationAsNumber = destination.as?.number;
		flow.sourceAsOrganization = source.as?.organization;
		flow.destinationAsOrganization = destination.as?.organization;
	};
}
// src/enrich/initiator.ts
const [TCP, UDP] = [6, 17];
/** Ports at which most of the world's services are asked: no client's system draws them, but for a NAT. */
const COMMON = /* @__PURE__ */ new Set([
	20,
	21,
	22,
	23,
	25,
	53,
	80,
	88,
	110,
	123,
	135,
	139,
	143,
	161,
	389,
	443,
	445,
	465,
	514,
	587,
	636,
	853,
	993,
	995
]);
/** Services that have settled above the system ports (IANA's registry, and what widely used software listens on by default). */
const SETTLED = /* @__PURE__ */ new Set([
	1194,
	1433,
	1434,
	1521,
	1723,
	1812,
	1813,
	1883,
	2049,
	2082,
	2083,
	2181,
	2222,
	2375,
	2376,
	2379,
	2380,
	2483,
	2484,
	3e3,
	3128,
	3260,
	3268,
	3269,
	3306,
	3389,
	3478,
	4369,
	4444,
	4500,
	4505,
	4506,
	4789,
	5e3,
	5060,
	5061,
	5222,
	5223,
	5353,
	5355,
	5432,
	5555,
	5601,
	5666,
	5671,
	5672,
	5900,
	5901,
	5938,
	5984,
	5985,
	5986,
	6081,
	6379,
	6443,
	6514,
	6667,
	7e3,
	7001,
	7070,
	7199,
	7474,
	7687,
	8e3,
	8008,
	8009,
	8080,
	8081,
	8083,
	8086,
	8088,
	8089,
	8090,
	8125,
	8126,
	8140,
	8200,
	8300,
	8301,
	8333,
	8443,
	8472,
	8500,
	8530,
	8531,
	8834,
	8883,
	8888,
	9e3,
	9001,
	9042,
	9090,
	9092,
	9093,
	9100,
	9160,
	9200,
	9300,
	9418,
	9443,
	9600,
	9997,
	9999,
	10050,
	10051,
	10250,
	11211,
	15672,
	19999,
	25565,
	27017,
	27018
]);
/** Clients of DHCP and DHCPv6 speak by these (RFC 2131, RFC 8415). */
const OF_CLIENTS = /* @__PURE__ */ new Set([68, 546]);
/** From here on clients draw reserved ports too, as those of NFS do (bindresvport). */
const FIRST_RESERVED = 512;
/** Where systems begin to draw a client's port: Linux here (ip_local_port_range), others at 49152 (RFC 6335, section 6). */
const FIRST_EPHEMERAL = 32768;
/** How likely a service listens on each port, from 0 (it is a client's) to 4. */
const RANKS = Uint8Array.from({ length: 65536 }, (_, port) => {
	if (COMMON.has(port)) return 4;
	if (SETTLED.has(port)) return 2;
	if (port >= FIRST_EPHEMERAL || OF_CLIENTS.has(port)) return 0;
	return port < FIRST_RESERVED ? 3 : 1;
});
/**
* Sets which end opened the connection that a flow is part of. A record that describes both ways names the initiator as its source. Of a
* one-way record the ports tell: the one on which services listen is the destination's. Where they do not tell, the one that has a name in
* the table of ports does; else it is unknown. So the answer for a record depends on the record and the tables alone: it is the same in
* whatever order objects are read, after any restart, and by whichever worker. To be called after the ports have their names.
*/
const enrichInitiator = (flow) => {
	flow.initiator = initiatorOf(flow);
};
function initiatorOf(flow) {
	if (flow.bytesReverse !== void 0 || flow.packetsReverse !== void 0) return "source";
	const { protocol, sourcePort, destinationPort } = flow;
	if (protocol !== TCP && protocol !== UDP || sourcePort === void 0 || destinationPort === void 0) return "unknown";
	const source = RANKS[sourcePort] ?? 0;
	const destination = RANKS[destinationPort] ?? 0;
	if (flow.action === "reject") return destination === 0 && source >= 2 ? "destination" : "source";
	if (source !== destination) return source < destination ? "source" : "destination";
	const named = flow.destinationService !== void 0;
	if (named === (flow.sourceService !== void 0)) return "unknown";
	return named ? "source" : "destination";
}
// src/enrich/ports.ts
/** Names the ports of a flow: "Traffic From" and "Traffic To". A port without a name in the table has none here. */
function portsEnricher({ ports }) {
	return (flow) => {
		flow.sourceService = ports.name(flow.sourcePort, flow.protocol);
		flow.destinationService = ports.name(flow.destinationPort, flow.protocol);
	};
}
// src/enrich/servers.ts
/** Names the servers behind the addresses of a flow, with the further columns of their rows. */
function serversEnricher({ addresses }) {
	return (flow) => {
		addresses.look(flow);
		const { source, destination } = addresses;
		flow.sourceServer = source?.server;
		flow.sourceColumns = source?.columns;
		flow.destinationServer = destination?.server;
		flow.destinationColumns = destination?.columns;
	};
}
// src/enrich/zones.ts
/**
* Sets the zone and network of both addresses, the name under which the destination is approved, and the type of the traffic:
* east-west between two internal addresses, else north-south. What an address that is missing would say stays undefined.
*/
function zonesEnricher({ addresses }) {
	return (flow) => {
		addresses.look(flow);
		const { source, destination } = addresses;
		flow.sourceZone = source?.zone;
		flow.sourceNetwork = source?.network;
		flow.destinationZone = destination?.zone;
		flow.destinationNetwork = destination?.network;
		flow.approvedDestination = destination?.approved;
		if (source === void 0 || destination === void 0) flow.trafficType = void 0;
		else flow.trafficType = source.zone === "internal" && destination.zone === "internal" ? "east-west" : "north-south";
	};
}
// src/enrich/chain.ts
/** One enricher that runs all of them, in their order. */
function chain(enrichers) {
	return (flow) => {
		for (const enrich of enrichers) enrich(flow);
	};
}
/** Everything that one snapshot of the tables says about a flow, and the snapshot's version. */
function enricherOf(tables) {
	const { version } = tables;
	const stamp = (flow) => {
		flow.lookupsVersion = version;
	};
	return chain([
		portsEnricher(tables),
		serversEnricher(tables),
		zonesEnricher(tables),
		geoEnricher(tables),
		directionEnricher(tables),
		enrichInitiator,
		stamp
	]);
}
// src/enrich/rules/files.ts
/** So many faults of one reading are told one by one. */
const MOST_FAULTS = 20;
/** Reads all files once. Throws UsageError, with one line for each file that is missing or is not JSON. */
async function readNetworkFiles(blocks) {
	const refused = [];
	const faults = [];
	const data = [];
	const open = async (path) => {
		const content = await readContent(path);
		if ("problem" in content) {
			refused.push(`${path}: ${content.problem.reason}`);
			return;
		}
		try {
			return new Document(Buffer.from(content.bytes).toString("utf8"), (fault) => faults.push(line(path, fault)));
		} catch (error) {
			refused.push(`${path}: is not JSON: ${describeError(error)}: give what the cloud's command line prints with --output json`);
			return;
		}
	};
	for (const { network, options } of blocks) {
		const read = await network.read(options, open, (fault) => faults.push(fault));
		if (read !== void 0) data.push(read);
	}
	if (refused.length > 0) throw new UsageError("bad-network", refused.join("\n"));
	return {
		data,
		faults
	};
}
function line(path, { place, reason }) {
	return place === "" ? `${path}: ${reason}` : `${path}: ${place}: ${reason}`;
}
/** Tells the faults of a reading, the first of them one by one. */
function tellFaults(faults, onEvent) {
	for (const message of faults.slice(0, MOST_FAULTS)) onEvent({
		ok: false,
		message: `${message}; the rest is used`
	});
	if (faults.length > MOST_FAULTS) onEvent({
		ok: false,
		message: `${faults.length - MOST_FAULTS} more such faults`
	});
}
/**
* Reads the files (UsageError where one is missing or wrong), then looks at them every `refreshMs`. When one has changed and all
* look the same at two looks, all are read again and taken over in one step; if one is refused, what was last good stays in use.
*/
async function watchNetworkFiles(blocks, refreshMs, onEvent, onChange) {
	const paths = blocks.flatMap(({ network, options }) => network.files(options));
	const stamps = async () => (await Promise.all(paths.map((path) => look(path)))).map(({ stamp }) => stamp).join();
	let read = await stamps();
	let reading = await readNetworkFiles(blocks);
	tellFaults(reading.faults, onEvent);
	let last = read;
	let closed = false;
	let timer;
	const refresh = async () => {
		const now = await stamps();
		const rests = now === last;
		last = now;
		if (now === read || !rests) return;
		read = now;
		const fresh = await readNetworkFiles(blocks);
		if (closed) return;
		reading = fresh;
		tellFaults(reading.faults, onEvent);
		onEvent({
			ok: true,
			message: `network description reloaded: ${paths.join(", ")}`
		});
		onChange();
	};
	const tick = async () => {
		try {
			await refresh();
		} catch (error) {
			if (!closed) onEvent({
				ok: false,
				message: `${describeError(error)}; the last good network description stays in use`
			});
		}
		if (!closed) schedule();
	};
	const schedule = () => {
		timer = setTimeout(() => void tick(), refreshMs).unref();
	};
	if (paths.length > 0) schedule();
	return {
		get data() {
			return reading.data;
		},
		close() {
			closed = true;
			clearTimeout(timer);
		}
	};
}
// src/enrich/rules/rule-index.ts
/** All rules that cover a flow, the one that governs it first. Shared by all flows with the same answer. */
var Covering = class {
	entries;
	/** Of the rule that governs: whether it is sure, tracks no connections, and how many destination ports it names. */
	partial;
	stateless;
	ports;
	/** Whether a rule is limited to some near ends, so that it has to be asked again for each flow. */
	local;
	/** What a flow gets, made when it is first needed. */
	matched = void 0;
	reply = void 0;
	/** `entries` are in the order of preference, and not none. */
	constructor(entries) {
		this.entries = entries;
		const { rule, partial } = entries[0];
		this.partial = partial;
		this.stateless = rule.stateless;
		this.ports = width(rule.destinationPorts);
		this.local = entries.some(({ rule }) => rule.local !== void 0);
	}
};
/** Most preferred first: exact before partial, stateless before stateful, then the narrower rule, then as the lists have it. */
const mostSpecific = (a, b) => Number(a.partial) - Number(b.partial) || Number(b.rule.stateless) - Number(a.rule.stateless) || width(a.rule.destinationPorts) - width(b.rule.destinationPorts) || width(a.rule.sourcePorts) - width(b.rule.sourcePorts) || breadth(a.rule.protocols) - breadth(b.rule.protocols) || prefixLength(b.rule) - prefixLength(a.rule) || compareTexts(a.rule.listId, b.rule.listId) || a.rule.index - b.rule.index;
/** As a network ACL is read: from the top. */
const inOrder = (a, b) => a.rule.index - b.rule.index;
/** How many ports a range holds. */
function width(range) {
	return range === void 0 ? 65536 : range.to - range.from + 1;
}
function compareTexts(a, b) {
	return a < b ? -1 : a > b ? 1 : 0;
}
function breadth(protocols) {
	return protocols === void 0 ? 256 : protocols.length;
}
function prefixLength({ peer }) {
	return peer.kind === "network" ? peer.prefix.length * (peer.prefix.address.family === 4 ? 4 : 1) : 127;
}
/**
* Rules of one direction, asked by protocol, ports and far end. Whatever the number of rules, an answer takes an array access,
* two binary searches over ports and one over addresses; the tables for a combination of ports are built when it is first met,
* and shared by all combinations that the same rules cover.
*/
var RuleIndex = class {
	#rules;
	#members;
	#preference;
	#protocols = new Array(257).fill(void 0);
	constructor(rules, members, preference) {
		this.#rules = rules;
		this.#members = members;
		this.#preference = preference;
	}
	/** The rules that cover it, or undefined for none. A port that the record lacks is -1, a protocol that it lacks 256. */
	find(protocol, sourcePort, destinationPort, peer) {
		let ports = this.#protocols[protocol];
		if (ports === void 0) {
			ports = new DestinationPorts(this.#rules.filter(({ protocols }) => protocols?.includes(protocol) ?? true), (candidates) => new Peers(candidates, this.#members, this.#preference));
			this.#protocols[protocol] = ports;
		}
		return ports.at(destinationPort, sourcePort).find(peer);
	}
};
/** Ports cut where the answer changes: place i holds the ports from start i to before start i + 1. The first start is -1: no port. */
var PortAxis = class {
	starts;
	constructor(ranges) {
		const starts = /* @__PURE__ */ new Set([-1]);
		for (const range of ranges) {
			if (range === void 0) continue;
			starts.add(range.from);
			starts.add(range.to + 1);
		}
		this.starts = Int32Array.from(starts).sort();
	}
	place(port) {
		const { starts } = this;
		let low = 1;
		let high = starts.length;
		while (low < high) {
			const middle = low + high >>> 1;
			if (starts[middle] <= port) low = middle + 1;
			else high = middle;
		}
		return low - 1;
	}
	/** A port that stands for all of the place. */
	portOf(place) {
		return this.starts[place];
	}
};
function holds$1(range, port) {
	return range === void 0 || port >= range.from && port <= range.to;
}
var DestinationPorts = class {
	#rules;
	#peersOf;
	#axis;
	#cells;
	#shared = /* @__PURE__ */ new Map();
	constructor(rules, peersOf) {
		this.#rules = rules;
		this.#peersOf = peersOf;
		this.#axis = new PortAxis(rules.map(({ destinationPorts }) => destinationPorts));
		this.#cells = new Array(this.#axis.starts.length).fill(void 0);
	}
	at(destinationPort, sourcePort) {
		const place = this.#axis.place(destinationPort);
		const cell = this.#cells[place] ?? this.#fill(place);
		return cell instanceof Peers ? cell : cell.at(sourcePort);
	}
	#fill(place) {
		const port = this.#axis.portOf(place);
		const numbers = [];
		for (const [i, rule] of this.#rules.entries()) if (holds$1(rule.destinationPorts, port)) numbers.push(i);
		const key = numbers.join();
		let cell = this.#shared.get(key);
		if (cell === void 0) {
			const rules = numbers.map((i) => this.#rules[i]);
			cell = rules.every(({ sourcePorts }) => sourcePorts === void 0) ? this.#peersOf(rules) : new SourcePorts(rules, this.#peersOf);
			this.#shared.set(key, cell);
		}
		this.#cells[place] = cell;
		return cell;
	}
};
var SourcePorts = class {
	#rules;
	#peersOf;
	#axis;
	#cells;
	constructor(rules, peersOf) {
		this.#rules = rules;
		this.#peersOf = peersOf;
		this.#axis = new PortAxis(rules.map(({ sourcePorts }) => sourcePorts));
		this.#cells = new Array(this.#axis.starts.length).fill(void 0);
	}
	at(sourcePort) {
		const place = this.#axis.place(sourcePort);
		let cell = this.#cells[place];
		if (cell === void 0) {
			const port = this.#axis.portOf(place);
			cell = this.#peersOf(this.#rules.filter((rule) => holds$1(rule.sourcePorts, port)));
			this.#cells[place] = cell;
		}
		return cell;
	}
};
/** Addresses that services of the provider do not have, and members of a group may have. */
const PRIVATE = [
	"10.0.0.0/8",
	"172.16.0.0/12",
	"192.168.0.0/16",
	"100.64.0.0/10",
	"fc00::/7"
].map((cidr) => parsePrefix(cidr));
const ANYWHERE = ["0.0.0.0/0", "::/0"].map((cidr) => parsePrefix(cidr));
/** Far ends, for rules that agree on protocol and ports. */
var Peers = class {
	#table;
	#preference;
	constructor(rules, members, preference) {
		this.#preference = preference;
		this.#table = ipRanges(rowsOf(rules, members));
	}
	find(peer) {
		if (peer.family === 0) return void 0;
		const row = this.#table.find(peer);
		if (row === void 0) return void 0;
		if (row.covering === void 0) row.covering = this.#cover(peer);
		return row.covering ?? void 0;
	}
	/** Rules of all networks around the address; those of the narrower first, so that a known member hides that others are unknown. */
	#cover(peer) {
		const rows = this.#table.covering(peer);
		const inside = rows.some((row) => row.private);
		const found = /* @__PURE__ */ new Map();
		for (const { entries } of rows) for (const entry of entries) {
			if (inside && entry.rule.peer.kind === "service") continue;
			if (!found.has(entry.rule)) found.set(entry.rule, entry);
		}
		return found.size === 0 ? null : new Covering([...found.values()].sort(this.#preference));
	}
};
/** The networks that the rules speak of, each once. */
function rowsOf(rules, membersOf) {
	const rows = /* @__PURE__ */ new Map();
	const rowOf = (prefix) => {
		const key = prefixKey(prefix);
		let row = rows.get(key);
		if (row === void 0) {
			row = {
				prefix,
				entries: [],
				private: false,
				covering: void 0
			};
			rows.set(key, row);
		}
		return row;
	};
	for (const rule of rules) {
		const { peer } = rule;
		const partial = rule.icmp !== void 0;
		if (peer.kind === "network") rowOf(peer.prefix).entries.push({
			rule,
			partial
		});
		else if (peer.kind === "service") {
			for (const prefix of ANYWHERE) rowOf(prefix).entries.push({
				rule,
				partial: true
			});
			for (const prefix of PRIVATE) rowOf(prefix).private = true;
		} else {
			const members = membersOf(peer.id);
			for (const address of members?.addresses ?? []) rowOf({
				address,
				length: address.family === 4 ? 32 : 128
			}).entries.push({
				rule,
				partial
			});
			if (members?.complete === true) continue;
			for (const prefix of PRIVATE) rowOf(prefix).entries.push({
				rule,
				partial: true
			});
		}
	}
	return [...rows.values()];
}
// src/enrich/rules/governance.ts
const NO_LISTS = Object.freeze([]);
/** From here up, ports are taken for ephemeral ones: the default of Linux (ip_local_port_range). */
const EPHEMERAL = 32768;
/** The rules of one subnet and set of groups, ready to be asked about flows. */
var Governance = class {
	/** 12 hexadecimal digits that depend on the lists, groups and rules and on nothing else. */
	version;
	/** The security lists in the form of schema `seed`. */
	lists;
	governors;
	#allowing;
	#acl;
	#unexplained;
	constructor(governors, membersOf) {
		this.governors = governors;
		this.version = versionOf(governors);
		this.lists = Object.freeze(governors.allowing.flatMap(({ seed }) => seed === void 0 ? [] : [seed]));
		const rules = governors.allowing.flatMap((set) => set.rules);
		const indexOf = (all, direction, preference) => new RuleIndex(all.filter((rule) => rule.direction === direction), membersOf, preference);
		this.#allowing = {
			ingress: indexOf(rules, "ingress", mostSpecific),
			egress: indexOf(rules, "egress", mostSpecific)
		};
		const acl = governors.acl?.rules;
		this.#acl = acl && {
			ingress: indexOf(acl, "ingress", inOrder),
			egress: indexOf(acl, "egress", inOrder)
		};
		this.#unexplained = {
			rule: unexplained(this.version),
			lists: NO_LISTS
		};
	}
	/** Whether it answers as one made anew of these would, whatever the members of groups are now. */
	isOf({ allowing, acl, oneWay, complete }) {
		const own = this.governors;
		return own.acl === acl && own.oneWay === oneWay && own.complete === complete && own.allowing.length === allowing.length && own.allowing.every((set, i) => set === allowing[i] && !set.rules.some(({ peer }) => peer.kind === "group"));
	}
	/**
	* The rule that governs a flow: the one that covers it, or the stateful one that covers the connection of which it is a reply;
	* `unexplained` where none does; undefined where the rules are not known well enough to say so.
	*/
	explain(question) {
		const acl = question.withinSubnet ? void 0 : this.#acl?.[question.direction];
		if (acl !== void 0 && question.action === "reject") {
			const first = among(acl.find(question.protocol, question.sourcePort, question.destinationPort, question.peer), question.local);
			if (first?.entries[0]?.rule.action === "deny") return this.#matched(first);
		}
		const forward = this.#find(question.direction, question, question.sourcePort, question.destinationPort);
		if (this.governors.oneWay && question.action !== "reject" && !beginsConnection(forward, question)) {
			const back = question.direction === "ingress" ? "egress" : "ingress";
			const reverse = this.#find(back, question, question.destinationPort, question.sourcePort);
			if (reverse !== void 0 && answers(reverse, forward, question)) return this.#reply(reverse);
		}
		if (forward !== void 0) return this.#matched(forward);
		return this.governors.complete ? this.#unexplained : void 0;
	}
	#find(direction, question, sourcePort, destinationPort) {
		return among(this.#allowing[direction].find(question.protocol, sourcePort, destinationPort, question.peer), question.local);
	}
	#matched(covering) {
		covering.matched ??= this.#explanation("matched", covering);
		return covering.matched;
	}
	#reply(covering) {
		covering.reply ??= this.#explanation("reply", covering);
		return covering.reply;
	}
	#explanation(status, covering) {
		const rule = flowRule(status, covering, this.version);
		return {
			rule,
			lists: Object.freeze(this.lists.flatMap((list) => cutDown(list, rule)))
		};
	}
};
/** What is left for a near end. */
function among(covering, local) {
	if (covering === void 0 || !covering.local) return covering;
	const entries = covering.entries.filter(({ rule }) => rule.local === void 0 || contains(rule.local, local));
	if (entries.length === covering.entries.length) return covering;
	return entries.length === 0 ? void 0 : new Covering(entries);
}
/**
* Whether a record that both a rule of its own direction (`forward`) and one of the other direction cover is a reply. Records do not say
* who began: the rule that names fewer ports decides, then the ports themselves.
*/
function answers(reverse, forward, { sourcePort, destinationPort }) {
	if (reverse.stateless) return false;
	if (forward === void 0) return true;
	if (reverse.partial !== forward.partial) return forward.partial;
	if (reverse.ports !== forward.ports) return reverse.ports < forward.ports;
	return looksLikeReply(sourcePort, destinationPort);
}
function looksLikeReply(sourcePort, destinationPort) {
	return destinationPort >= EPHEMERAL && sourcePort < EPHEMERAL && sourcePort > 0;
}
/** Whether `answers` would say no to any rule of the other direction, so that there is no need to look for one. */
function beginsConnection(forward, { sourcePort, destinationPort }) {
	return forward !== void 0 && !forward.partial && forward.ports === 1 && !looksLikeReply(sourcePort, destinationPort);
}
function flowRule(status, { entries }, version) {
	const { rule, partial } = entries[0];
	const { kind, listId, listName, index, text, direction, stateless } = rule;
	const others = entries.slice(1).map((entry) => {
		const other = entry.rule;
		return Object.freeze({
			kind: other.kind,
			listId: other.listId,
			listName: other.listName,
			index: other.index,
			text: other.text,
			direction: other.direction
		});
	});
	return Object.freeze({
		status,
		kind,
		listId,
		listName,
		index,
		text,
		direction,
		stateless,
		partial,
		version,
		others
	});
}
function unexplained(version) {
	return Object.freeze({
		status: "unexplained",
		kind: void 0,
		listId: void 0,
		listName: void 0,
		index: void 0,
		text: void 0,
		direction: void 0,
		stateless: void 0,
		partial: false,
		version,
		others: []
	});
}
function cutDown(list, rule) {
	const chosen = [rule, ...rule.others].filter(({ listId }) => listId === list.security_list_ocid);
	const of = (direction, rules) => rules.filter((_, index) => chosen.some((one) => one.direction === direction && one.index === index));
	if (chosen.length === 0) return [];
	const ingress = of("ingress", list.ingress_security_rules);
	return [{
		...list,
		ingress_security_rules: ingress,
		egress_security_rules: of("egress", list.egress_security_rules)
	}];
}
function versionOf({ allowing, acl }) {
	const hash = createHash("sha256");
	const sets = acl === void 0 ? allowing : [...allowing, acl];
	for (const { id, name, rules } of [...sets].sort((a, b) => a.id < b.id ? -1 : 1)) hash.update(JSON.stringify([
		id,
		name,
		rules
	]));
	return hash.digest("hex").slice(0, 12);
}
// src/enrich/rules/snapshot.ts
const NO_GROUPS = [];
/** One state of the network; what it holds never changes. What is derived from it is made when it is first asked for. */
var NetworkSnapshot = class {
	data;
	#governance = /* @__PURE__ */ new Map();
	#previous;
	#members = /* @__PURE__ */ new Map();
	/** Tables that `previous` has built are taken over where the rules are the same ones. */
	constructor(data, previous) {
		this.data = data;
		this.#previous = previous === void 0 ? /* @__PURE__ */ new Map() : new Map([...previous.#previous, ...previous.#governance]);
		for (const { vnics, membersComplete } of data) for (const { groups, addresses } of vnics.values()) for (const group of groups) this.#join(group, addresses, membersComplete);
	}
	/** The subnet by the name that flows call it. */
	subnet(id) {
		return this.#dataOf(id)?.subnets.get(id);
	}
	vnic(id) {
		for (const { vnics } of this.data) {
			const vnic = vnics.get(id);
			if (vnic !== void 0) return vnic;
		}
	}
	/** What governs the flows of a VNIC; undefined where nothing is known of its subnet. Not for every flow: contexts repeat. */
	governing({ subnet: id, vnic: vnicId }) {
		const data = id === void 0 ? void 0 : this.#dataOf(id);
		const subnet = id === void 0 ? void 0 : data?.subnets.get(id);
		if (data === void 0 || subnet === void 0) return void 0;
		const vnic = vnicId === void 0 ? void 0 : data.vnics.get(vnicId);
		const groups = vnic?.groups ?? NO_GROUPS;
		const key = JSON.stringify([
			subnet.id,
			vnic !== void 0,
			[...groups].sort()
		]);
		if (!this.#governance.has(key)) {
			const governors = governorsOf(data, subnet, groups, vnic !== void 0 || data.vnicsComplete);
			this.#governance.set(key, governors && this.#governanceOf(key, governors));
		}
		return this.#governance.get(key);
	}
	/** The addresses of the VNICs in a group, as far as they are known. */
	members(group) {
		return this.#members.get(group);
	}
	#governanceOf(key, governors) {
		const before = this.#previous.get(key);
		if (before?.isOf(governors)) return before;
		return new Governance(governors, (group) => this.#members.get(group));
	}
	#dataOf(subnet) {
		return this.data.find(({ subnets }) => subnets.has(subnet));
	}
	#join(group, addresses, complete) {
		const members = this.#members.get(group);
		if (members === void 0) this.#members.set(group, {
			addresses: [...addresses],
			complete
		});
		else members.addresses.push(...addresses);
	}
};
function governorsOf({ provider, ruleSets }, subnet, groups, groupsKnown) {
	const wanted = [...subnet.ruleSets, ...groups];
	const found = wanted.flatMap((id) => ruleSets.get(id) ?? []);
	const complete = groupsKnown && found.length === wanted.length && found.every(({ unreadable }) => unreadable === 0);
	if (found.length === 0 && !complete) return void 0;
	const acl = found.find(({ kind }) => kind === "network-acl");
	return {
		allowing: found.filter((set) => set !== acl),
		acl,
		oneWay: provider === "oracle_cloud",
		complete
	};
}
// src/enrich/rules/open.ts
/** Reads the files and the kept answers; asks nothing of the network. Throws UsageError where a file is missing or wrong. */
async function openNetwork(blocks, surroundings, onEvent) {
	let snapshot;
	let changed = true;
	const onChange = () => {
		changed = true;
	};
	const watch = await watchNetworkFiles(blocks, surroundings.refreshMs, onEvent, onChange);
	const apis = [];
	const close = async () => {
		watch.close();
		for (const api of apis) await api.close();
	};
	try {
		for (const { network, options } of blocks) {
			const api = await network.openApi?.(options, surroundings, onEvent, onChange);
			if (api !== void 0) apis.push(api);
		}
	} catch (error) {
		await close();
		throw error;
	}
	return {
		get snapshot() {
			if (snapshot === void 0 || changed) {
				changed = false;
				snapshot = new NetworkSnapshot([...apis.map((api) => api.data()), ...watch.data], snapshot);
			}
			return snapshot;
		},
		get counts() {
			return apis.map((api) => api.counts);
		},
		async prepare(flows, signal) {
			if (apis.length === 0) return;
			let last;
			const contexts = /* @__PURE__ */ new Set();
			for (const { context } of flows) {
				if (context === last) continue;
				last = context;
				contexts.add(context);
			}
			await Promise.all(apis.map((api) => api.prepare(contexts, signal)));
		},
		close
	};
}
// src/enrich/security-rules.ts
/**
* Sets the rule that governs a flow, and with `full` all security lists of its subnet, with `matched` those with rules that cover
* it, cut down to these rules. A flow between two addresses of its subnet is on both of their VNICs: where the snapshot has the
* VNIC's addresses they say which end it is, else the flow's direction does. Comes after the direction. `none` sets nothing.
*/
function securityRulesEnricher({ addresses }, network, detail) {
	if (detail === "none") return () => {};
	const known = /* @__PURE__ */ new WeakMap();
	let context;
	let governed = UNGOVERNED;
	const question = {
		direction: "ingress",
		action: void 0,
		protocol: 0,
		sourcePort: 0,
		destinationPort: 0,
		peer: addresses.sourceIp,
		local: addresses.destinationIp,
		withinSubnet: false
	};
	const inside = (ip) => {
		for (const { prefix } of governed.networks) if (contains(prefix, ip)) return true;
		return false;
	};
	return (flow) => {
		if (flow.context !== context) {
			context = flow.context;
			const before = known.get(context);
			governed = before ?? governedBy(network, context);
			if (before === void 0) known.set(context, governed);
		}
		const { governance, addresses: own } = governed;
		if (governance === void 0 || flow.status !== "OK") return;
		if (detail === "full") flow.securityLists = governance.lists;
		addresses.look(flow);
		const { sourceIp: source, destinationIp: destination } = addresses;
		if (source.family === 0 || destination.family === 0) return;
		const withinSubnet = inside(source) && inside(destination);
		const direction = withinSubnet ? directionAt(flow, source, destination, own) : flow.direction;
		if (direction === "unknown") return;
		const ingress = direction === "ingress";
		question.direction = direction;
		question.action = flow.action;
		question.protocol = flow.protocol ?? 256;
		question.sourcePort = flow.sourcePort ?? -1;
		question.destinationPort = flow.destinationPort ?? -1;
		question.peer = ingress ? source : destination;
		question.local = ingress ? destination : source;
		question.withinSubnet = withinSubnet;
		const explanation = governance.explain(question);
		if (explanation === void 0) return;
		flow.rule = explanation.rule;
		if (detail === "matched") flow.securityLists = explanation.lists;
	};
}
/** The direction of a flow between two addresses of its subnet, at a VNIC that has these addresses. */
function directionAt(flow, source, destination, own) {
	if (flow.directionLogged !== void 0) return flow.direction;
	return holds(own, destination) ? "ingress" : holds(own, source) ? "egress" : flow.direction;
}
const UNGOVERNED = {
	governance: void 0,
	networks: [],
	addresses: []
};
function governedBy(network, context) {
	const { subnet, vnic } = context;
	const governance = network.governing(context);
	if (governance === void 0) return UNGOVERNED;
	return {
		governance,
		networks: (subnet === void 0 ? void 0 : network.subnet(subnet))?.networks ?? [],
		addresses: (vnic === void 0 ? void 0 : network.vnic(vnic))?.addresses ?? []
	};
}
function holds(addresses, ip) {
	for (const address of addresses) if (address.family === ip.family && address.w0 === ip.w0 && address.w1 === ip.w1 && address.w2 === ip.w2 && address.w3 === ip.w3) return true;
	return false;
}
// src/enrich/tables/clock.ts
const CLOCK = {
	now: () => performance.timeOrigin + performance.now(),
	async wait(ms, signal, where) {
		try {
			await setTimeout$1(ms, void 0, {
				signal,
				ref: where === "foreground"
			});
		} catch (error) {
			if (!signal.aborted) throw error;
		}
	}
};
// src/enrich/tables/keeper.ts
/** A copy that could not be written is tried again after this, in ms. */
const AGAIN_MS = 6e4;
/** Copies what is in use of each file. A failure does no harm to what is in use; it is told once, and tried again until it succeeds. */
var Keeper = class {
	#tell;
	#unkept = /* @__PURE__ */ new Map();
	constructor(tell) {
		this.#tell = tell;
	}
	/** Writes the copy of what is in use; a failure is told with the next `retry`. */
	async keep(file, bytes) {
		const { copies } = file;
		if (copies === void 0) return;
		const { table, path } = file.loaded;
		const before = this.#unkept.get(file);
		try {
			await copies.save(table, path, bytes);
			this.#unkept.delete(file);
			if (before?.told) this.#tell(true, file, `${path}: its copy is kept again in ${copies.folder}`);
		} catch (error) {
			this.#unkept.set(file, {
				reason: describeError(error),
				again: 0,
				told: before?.told ?? false
			});
		}
	}
	/** Tells what could not be written, and tries again what is still in use, now and then. */
	async retry(now) {
		for (const [file, unkept] of this.#unkept) {
			if (now < unkept.again) continue;
			const { table, path, digest } = file.loaded;
			const content = await readTableFile(table, path);
			if ("bytes" in content && content.digest === digest) await this.keep(file, content.bytes);
			const failed = this.#unkept.get(file);
			if (failed === void 0) continue;
			failed.again = now + AGAIN_MS;
			if (failed.told) continue;
			failed.told = true;
			const message = `${path}: its copy cannot be kept in ${file.copies?.folder}: ${failed.reason}; a restart depends on the file being good`;
			this.#tell(false, file, message);
		}
	}
};
// src/enrich/tables/watched-file.ts
/** For so long a file must look the same before it is read, in ms. */
const REST_MS = {
	/** Another file stands in its place: it was whole when it came, or grows before our eyes. */
	replaced: 1200,
	/** It is written in place. */
	written: 2500,
	/** Its last line has no end, or it does not tell whether it is whole; it is empty, gone, or no file. */
	unfinished: 3250
};
/** A file in whose place so many others came without a rest, none of which was seen to grow, is whole each time: it is read. */
const MOST_REPLACEMENTS = 4;
/** A file that changes for so long without a rest is told. */
const RESTLESS_MS = 6e4;
/** Whoever writes on after a longer pause is not writing slowly, but anew. */
const LONGEST_PAUSE_MS = 2e4;
/** A slow writer has ended when it rests for so many of its pauses. */
const PAUSES = 1.25;
/** The file of one table, from look to look. Follows symbolic links, so that swapped links are seen as well. */
var WatchedFile = class WatchedFile {
	/** What is in use of it: what was last read and was good. */
	loaded;
	/** Where copies of it are kept. */
	copies;
	/** How it looked when it was last read, and whether it had rested: else it may have changed and look the same. */
	#read;
	#restedWhenRead = false;
	/** How it looked last, since when, and whether it was changed in place. */
	#last;
	#since = 0;
	#inPlace = false;
	#replacements = 0;
	/** Since when it looks otherwise than when it was read. */
	#changingSince;
	/** It is not read before. */
	#notBefore = 0;
	/** Digest of what was last read, or why nothing could be read. */
	#content;
	#refused;
	/** Digest of the first content that was refused for being short; another one that is short as well is what somebody wants. */
	#short;
	#refusal;
	#unrest;
	constructor(loaded, copies) {
		this.loaded = loaded;
		this.copies = copies;
	}
	/** A file that was read, and looked so before. */
	static read(loaded, seen, now, copies) {
		const file = new WatchedFile(loaded, copies);
		file.#read = seen.stamp;
		file.#last = seen;
		file.#since = now;
		file.#content = loaded.digest;
		return file;
	}
	/** A file whose content is still to be judged; until then a copy of what was good is in use. */
	static unread(loaded, copies) {
		return new WatchedFile(loaded, copies);
	}
	/** Why what is in use is not what the file holds; undefined where it is. */
	get stale() {
		return this.#refusal ?? this.#unrest;
	}
	/** Looks at the file. It is to be read when it has changed and rests: nobody is writing. */
	async due(now) {
		const { table, path } = this.loaded;
		const seen = await look(path);
		this.#see(seen, now);
		const rested = now - this.#since;
		if (seen.stamp === this.#read) {
			this.#changingSince = void 0;
			if (!this.#restedWhenRead && rested >= REST_MS.written) return "due";
			return this.#short !== void 0 && this.#short === this.#content && await this.#isAccepted(this.#short) ? "due" : "unchanged";
		}
		this.#changingSince ??= now;
		if (this.#replacements >= MOST_REPLACEMENTS) return "overdue";
		if (now < this.#notBefore) return "changing";
		if (rested >= REST_MS.unfinished) return "overdue";
		if (rested < (this.#inPlace ? REST_MS.written : REST_MS.replaced)) return "changing";
		return seen.regular && await kindOf(table).endsWhole?.(path) ? "due" : "changing";
	}
	#see(seen, now) {
		const last = this.#last;
		this.#last = seen;
		if (last === void 0) {
			this.#since = seen.changedAt === void 0 ? now - REST_MS.unfinished : Math.min(now, seen.changedAt);
			this.#inPlace = true;
		} else if (seen.stamp !== last.stamp) {
			this.#since = now;
			this.#notBefore = 0;
			this.#inPlace = seen.file === last.file;
			if (this.#inPlace) this.#replacements = 0;
			else if (seen.file !== void 0) this.#replacements++;
		}
	}
	/** Says once why the file is not taken up, if it has been changing for `ms` without a rest. */
	unrest(now, ms = RESTLESS_MS) {
		if (this.#changingSince === void 0 || now - this.#changingSince < ms || this.#unrest !== void 0) return void 0;
		const reason = `${this.loaded.path}: is being written: it is taken up when it is left alone for ${Math.ceil(REST_MS.unfinished / 1e3)} seconds; better write it under another name, and rename it`;
		this.#unrest = {
			reason,
			since: this.#changingSince
		};
		return reason;
	}
	/**
	* Reads the file. Resolves to undefined where it changed meanwhile or is not whole yet: try again later. Else the returned function
	* takes note of what was read and says what is new; undefined for nothing.
	*/
	async read(now) {
		const { path, table } = this.loaded;
		const before = await look(path);
		const content = await readTableFile(table, path);
		const bytes = "bytes" in content ? content.bytes : void 0;
		const key = "bytes" in content ? content.digest : content.problem.reason;
		const accepted = bytes !== void 0 && key !== this.loaded.digest && await this.#isAccepted(key);
		const reading = key === this.loaded.digest || key === this.#content && !accepted ? void 0 : await readTable(table, path, content);
		const after = await look(path);
		const rests = before.stamp === after.stamp && before.stamp === this.#last?.stamp;
		if (!rests && this.#replacements < MOST_REPLACEMENTS) return void 0;
		if (reading !== void 0 && bytes !== void 0 && !accepted && this.#isWrittenSlowly(bytes, key, reading.rows, now)) return;
		return () => {
			this.#read = before.stamp;
			this.#restedWhenRead = rests && now - this.#since >= REST_MS.written;
			this.#replacements = 0;
			this.#changingSince = void 0;
			this.#content = key;
			const recovered = this.stale !== void 0;
			this.#unrest = void 0;
			if (key === this.loaded.digest) {
				this.#forgetRefusal();
				return recovered ? { kind: "recovered" } : void 0;
			}
			if (reading === void 0) return void 0;
			const short = isShrunk(this.loaded.rows, reading.rows) && !accepted && (this.#short === void 0 || this.#short === key);
			if (reading.table !== void 0 && bytes !== void 0 && !short) {
				this.loaded = reading.table;
				this.#forgetRefusal();
				return {
					kind: "good",
					loaded: reading.table,
					bytes,
					recovered
				};
			}
			if (reading.table !== void 0) this.#short = key;
			if (bytes !== void 0) this.#refused = {
				digest: key,
				length: bytes.length,
				file: before.file,
				at: this.#since
			};
			const message = reading.table === void 0 ? describeProblems(path, reading) : this.#shortage(reading.rows);
			this.#refusal = {
				reason: message,
				since: this.#refusal?.since ?? now
			};
			return {
				kind: "refused",
				message
			};
		};
	}
	async #isAccepted(digest) {
		const { table, path } = this.loaded;
		return this.copies !== void 0 && await this.copies.isAccepted(table, path, digest);
	}
	#forgetRefusal() {
		this.#refusal = void 0;
		this.#refused = void 0;
		this.#short = void 0;
	}
	/**
	* Whether the content is what was refused a short time ago and more, and less than what is in use: somebody writes in place, with
	* pauses that are longer than a rest. It is left alone for longer than the last pause was.
	*/
	#isWrittenSlowly(bytes, digest, rows, now) {
		const refused = this.#refused;
		if (refused === void 0 || refused.file !== this.#last?.file || rows >= this.loaded.rows) return false;
		const pause = this.#since - refused.at;
		if (pause <= 0 || pause > LONGEST_PAUSE_MS || bytes.length <= refused.length) return false;
		if (digestOf(bytes.subarray(0, refused.length)) !== refused.digest) return false;
		this.#notBefore = this.#since + PAUSES * pause;
		this.#refused = {
			digest,
			length: bytes.length,
			file: refused.file,
			at: this.#since
		};
		return now < this.#notBefore;
	}
	#shortage(rows) {
		const accept = this.copies === void 0 ? "" : "run flowferry lookups accept -c FILE, or ";
		return `${this.loaded.path}: has ${countOf(rows)} where ${countOf(this.loaded.rows)} are in use: if that is wanted, ${accept}save it once more with a change`;
	}
};
// src/enrich/tables/open-files.ts
/**
* Opens the files that the options name. `onNotice` gets a line for each copy that cannot be used. Throws UsageError with one line for
* each file that is missing or wrong and has no copy.
*/
async function openFiles(options, now, onNotice) {
	const files = [];
	const changed = /* @__PURE__ */ new Map();
	const uncopied = /* @__PURE__ */ new Map();
	const faults = [];
	for (const { table, path } of tablePaths(options)) {
		const copies = lastGoodOf(options, table);
		await copies?.clear(table);
		const found = await copies?.load(table, path);
		if (typeof found === "string") onNotice(`${found}; this copy is passed over`);
		const copy = typeof found === "string" ? void 0 : found;
		const seen = await look(path);
		const content = await readTableFile(table, path);
		if (copy !== void 0) {
			const same = "bytes" in content && content.digest === copy.loaded.digest;
			const file = same ? WatchedFile.read(copy.loaded, seen, now, copies) : WatchedFile.unread(copy.loaded, copies);
			files.push(file);
			if (!same) changed.set(file, copy);
			continue;
		}
		const reading = await readTable(table, path, content);
		if (reading.table === void 0 || "problem" in content) {
			faults.push(describeProblems(path, reading));
			continue;
		}
		const file = WatchedFile.read(reading.table, seen, now, copies);
		files.push(file);
		if (copies !== void 0) uncopied.set(file, content.bytes);
	}
	if (faults.length > 0) throw new UsageError("bad-lookups", faults.join("\n"));
	return {
		files,
		changed,
		uncopied
	};
}
// src/enrich/tables/together.ts
/** Looks at all files. Those that have changed are due when all of them rest, or when one has waited for the others long enough. */
async function dueTogether(files, now) {
	const dues = await Promise.all(files.map((file) => file.due(now)));
	const changing = dues.includes("changing");
	if (changing && !dues.includes("overdue")) return {
		due: [],
		changing
	};
	return {
		due: files.filter((_, i) => dues[i] === "due" || dues[i] === "overdue"),
		changing
	};
}
/**
* Reads files that are due, and takes note of what they hold: of all of them, so that files that were changed together are taken
* over together. Resolves to undefined, and to no change of anything, where one is not to be read yet.
*/
async function readTogether(due, now) {
	const reads = await Promise.all(due.map((file) => file.read(now)));
	if (reads.includes(void 0)) return void 0;
	return due.flatMap((file, i) => {
		const change = reads[i]?.();
		return change === void 0 ? [] : [[file, change]];
	});
}
// src/enrich/tables/reload.ts
const DEFAULT_REFRESH_MS = 1e3;
/** Pause between two looks while a file changes, in ms. */
const NEAR_MS = 250;
/** So long is waited at the start for a file that is being written, in ms; then its copy goes on. */
const START_MS = 5e3;
/**
* Reads the tables, then looks at their files every `refreshMs`, closer while one changes. A file that has changed is read when it
* rests; all that have are taken over in one step, each only if it is good and not suspiciously short. What is taken is copied to
* the folder `lastGood`; at the start such a copy stands in for a file that is broken, gone, short or being written, and without one
* that is a UsageError. The start keeps the process alive, the watch does not.
*/
async function watchTables(options, onEvent, clock = CLOCK) {
	const refreshMs = options.refreshMs ?? DEFAULT_REFRESH_MS;
	const closing = new AbortController();
	const { signal } = closing;
	let tables = snapshotOf([]);
	let failure;
	const say = (kind, names, message) => {
		if (signal.aborted) return;
		onEvent({
			kind,
			ok: kind !== "refused" && kind !== "unkept",
			tables: names,
			version: tables.version,
			message
		});
	};
	const keeper = new Keeper((ok, { loaded }, message) => say(ok ? "kept" : "unkept", [loaded.table], message));
	const opened = await openFiles(options, clock.now(), (message) => say("unkept", [], message));
	const { files } = opened;
	const use = () => {
		tables = snapshotOf(files.map(({ loaded }) => loaded));
	};
	use();
	/** Takes over what has changed and rests. Resolves to what came of it, and to whether more is to come soon. */
	const refresh = async (watched) => {
		const now = clock.now();
		const { due, changing } = await dueTogether(watched, now);
		const changes = await readTogether(due, now);
		if (changes?.some(([, { kind }]) => kind === "good")) use();
		return {
			changes: changes ?? [],
			soon: changing || changes === void 0
		};
	};
	const keepTaken = async (changes) => {
		for (const [file, change] of changes) if (change.kind === "good") await keeper.keep(file, change.bytes);
	};
	const start = async ({ changed, uncopied }) => {
		await Promise.all(Array.from(uncopied, ([file, bytes]) => keeper.keep(file, bytes)));
		const refuse = (file, reason) => {
			const { table, rows } = file.loaded;
			const { at } = changed.get(file);
			const copy = `the last good ${table} table, of ${new Date(at).toISOString()} (${countOf(rows)})`;
			say("refused", [table], `${reason}; starts with ${copy}`);
		};
		for (const end = clock.now() + START_MS; changed.size > 0; await clock.wait(NEAR_MS, signal, "foreground")) {
			const { changes, soon } = await refresh([...changed.keys()]);
			for (const [file, change] of changes) if (change.kind === "refused") refuse(file, change.message);
			await keepTaken(changes);
			if (!soon || clock.now() >= end) break;
		}
		for (const file of changed.keys()) {
			const reason = file.unrest(clock.now(), 0);
			if (reason !== void 0) refuse(file, reason);
		}
	};
	const tick = async () => {
		const { changes, soon } = await refresh(files);
		const refuse = ({ loaded: { table } }, reason) => say("refused", [table], `${reason}; the last good ${table} table stays in use`);
		for (const [file, change] of changes) {
			const { table, path } = file.loaded;
			if (change.kind === "refused") refuse(file, change.message);
			if (change.kind === "recovered") say("recovered", [table], `${path}: is good again, and holds what is in use`);
		}
		const taken = changes.flatMap(([, change]) => change.kind === "good" ? [change] : []);
		if (taken.length > 0) {
			const message = `lookup tables reloaded: ${taken.map(({ loaded, recovered }) => `${basename(loaded.path)} (${countOf(loaded.rows)}${recovered ? ", good again" : ""})`).join(", ")}; version ${tables.version}`;
			const changed = taken.map(({ loaded }) => loaded.table);
			say("reloaded", changed, message);
		}
		for (const file of files) {
			const reason = file.unrest(clock.now());
			if (reason !== void 0) refuse(file, reason);
		}
		await keepTaken(changes);
		await keeper.retry(clock.now());
		return soon;
	};
	const watch = async () => {
		let soon = false;
		for (;;) {
			await clock.wait(soon ? Math.min(NEAR_MS, refreshMs) : refreshMs, signal, "background");
			if (signal.aborted) return;
			try {
				soon = await tick();
				failure = void 0;
			} catch (error) {
				const reason = `lookup files cannot be watched: ${describeError(error)}`;
				if (reason !== failure?.reason) {
					failure = {
						reason,
						since: clock.now()
					};
					say("refused", [], `${reason}; the tables stay in use`);
				}
			}
		}
	};
	await start(opened);
	watch();
	return {
		get tables() {
			return tables;
		},
		stale: () => files.flatMap((file) => {
			const stale = file.stale ?? failure;
			return stale === void 0 ? [] : [{
				table: file.loaded.table,
				file: file.loaded.path,
				...stale
			}];
		}),
		close: () => closing.abort()
	};
}
// src/enrich/enrichment.ts
/**
* Reads all files that the options name (absolute paths), and watches them. Throws UsageError where one is missing or wrong, unless it
* is a table of which a good copy is kept.
*/
async function openEnrichment(options, dependencies) {
	const { networks, baseDir, env, secrets, onLookups, onNetwork, clock } = dependencies;
	const watch = await watchTables(options, onLookups, clock);
	const network = await openNetwork(networkBlocks(networks, options), {
		baseDir,
		env,
		secrets,
		refreshMs: options.refreshMs
	}, onNetwork).catch((error) => {
		watch.close();
		throw error;
	});
	let { tables } = watch;
	let { snapshot } = network;
	let enrich = joined(tables, snapshot, options.securityLists);
	return {
		get version() {
			return watch.tables.version;
		},
		tables: () => watch.tables,
		stale: () => watch.stale(),
		network: () => network.snapshot,
		get apiCounts() {
			return network.counts;
		},
		prepare: (flows, signal) => network.prepare(flows, signal),
		enrich(flows) {
			if (watch.tables !== tables || network.snapshot !== snapshot) {
				tables = watch.tables;
				snapshot = network.snapshot;
				enrich = joined(tables, snapshot, options.securityLists);
			}
			for (const flow of flows) enrich(flow);
		},
		async close() {
			watch.close();
			await network.close();
		}
	};
}
/** Everything that tables and network say about a flow. A subnet that stands in the table is as the table has it. */
function joined(tables, snapshot, detail) {
	if (snapshot.data.length === 0) return enricherOf(tables);
	const subnets = new Map([...snapshot.data.toReversed().flatMap((data) => [...data.subnets]), ...tables.subnets]);
	const both = {
		...tables,
		subnets
	};
	return chain([enricherOf(both), securityRulesEnricher(both, snapshot, detail)]);
}
// src/telemetry/health.ts
/** An attempt that fails in passing is a problem when it is not the first one. */
const PATIENT_FAILURES = 3;
/** What of this worker does not do its work: the words of `/readyz`, of `status` and of the gauges. */
var Health = class {
	#problems = /* @__PURE__ */ new Map();
	#scrub;
	#onChange;
	/** `scrub` takes secrets out of reasons. */
	constructor(scrub = (text) => text, onChange = () => {}) {
		this.#scrub = scrub;
		this.#onChange = onChange;
	}
	/** Failed attempts of a part, so many in a row: a problem at once, but for what passes, which has some attempts first. */
	failing(part, error, failures) {
		const drawer = drawerOf(error);
		if (drawer === "passing" && failures < PATIENT_FAILURES) return;
		this.problem(part, {
			drawer,
			code: codeOf(error),
			reason: describeError(error)
		});
	}
	problem(part, { drawer, code, reason: said }) {
		const reason = this.#scrub(said);
		const known = this.#problems.get(part);
		if (known?.code === code && known.reason === reason) return;
		this.#problems.set(part, {
			part,
			drawer,
			code,
			reason,
			since: known?.since ?? Date.now()
		});
		this.#onChange(this.problems);
	}
	/** The part does its work. */
	well(part) {
		if (this.#problems.delete(part)) this.#onChange(this.problems);
	}
	get problems() {
		return [...this.#problems.values()];
	}
};
// src/lib/terminal.ts
/** Takes away what stands in the line of a terminal, so that something else may. */
const CLEAR_LINE = "\r\x1B[K";
// src/telemetry/telemetry.ts
const FORM = {
	base: null,
	timestamp: pino.stdTimeFunctions.isoTime,
	formatters: { level: (label) => ({ level: label }) }
};
/** The program's own log on `stderr`: pretty on a terminal, else one JSON object a line. Silent when healthy. `scrub` takes secrets out. */
async function openLog(level, otlpEndpoint, version, scrub, stderr) {
	const local = stderr.isTTY && stderr.fd !== void 0 ? await openPretty(stderr.fd) : toLines(stderr);
	const options = {
		...FORM,
		level,
		hooks: { streamWrite: (line) => `${printable(withTexts(line, scrub))}\n` }
	};
	if (otlpEndpoint === void 0) return {
		log: pino(options, local),
		close: async () => {}
	};
	const remote = await (await import("./otlp-DSyrz-jn.js")).openOtlpLog(otlpEndpoint, version);
	return {
		log: pino(options, pino.multistream([{
			stream: local,
			level: "trace"
		}, {
			stream: remote.stream,
			level: "trace"
		}])),
		close: remote.close
	};
}
/** A log that hands each line to `onEntry`. */
function entryLog(level, scrub, onEntry) {
	return pino({
		...FORM,
		level
	}, { write: (line) => onEntry(JSON.parse(withTexts(line, scrub))) });
}
/** Each line is written before the next step, where the stream is a file of the system. */
const toLines = (stderr) => stderr.fd === void 0 ? stderr : pino.destination({
	dest: stderr.fd,
	sync: true
});
/** Log lines for people; what is in them cannot steer the terminal. */
async function openPretty(fd) {
	const pretty = (await import("pino-pretty")).default;
	const stream = pretty({
		destination: fd,
		sync: true,
		ignore: "pid,hostname",
		translateTime: "SYS:HH:MM:ss"
	});
	return { write(line) {
		writeSync(fd, CLEAR_LINE);
		stream.write(`${withTexts(line, printable)}\n`);
	} };
}
/** A line of JSON with each text in it, and each name, as `change` makes it. */
function withTexts(line, change) {
	const changed = (value) => {
		if (typeof value === "string") return change(value);
		if (typeof value !== "object" || value === null) return value;
		if (Array.isArray(value)) return value.map(changed);
		return Object.fromEntries(Object.entries(value).map(([name, member]) => [change(name), changed(member)]));
	};
	return JSON.stringify(changed(JSON.parse(line)));
}
/** What the program counts about itself, for Prometheus and for any OpenTelemetry meter that a host program has set. */
function createInstruments(meter) {
	return {
		objects: meter.createCounter("flowferry.objects", { description: "Objects read to their end" }),
		records: meter.createCounter("flowferry.records", { description: "Records decoded" }),
		bad: meter.createCounter("flowferry.bad_records", { description: "Records set aside because they could not be decoded, by code" }),
		skipped: meter.createCounter("flowferry.skipped_records", { description: "Records of other event types, by type" }),
		filtered: meter.createCounter("flowferry.filtered_records", { description: "Records that the filter holds back" }),
		quality: meter.createCounter("flowferry.quality_notices", { description: "What the log says about its own completeness, by kind" }),
		delivered: meter.createCounter("flowferry.sink.delivered_records", { description: "Records acknowledged, by sink" }),
		rejected: meter.createCounter("flowferry.sink.rejected_records", { description: "Records that the receiver refused in a partial success, by sink" }),
		deadLettered: meter.createCounter("flowferry.sink.dead_lettered_records", { description: "Records set aside as pointers, by sink" }),
		sinkFiltered: meter.createCounter("flowferry.sink.filtered_records", { description: "Records that the sink's own filter holds back, by sink" }),
		retries: meter.createCounter("flowferry.sink.retries", { description: "Failed attempts that are repeated, by sink" }),
		sourceRetries: meter.createCounter("flowferry.source.retries", { description: "Failed attempts at listing or reading that are repeated" }),
		listings: meter.createCounter("flowferry.source.passes", { description: "Passes over the bucket for new objects" }),
		unreadable: meter.createGauge("flowferry.source.unreadable", { description: "Files and folders of a directory that cannot be looked at, while others are" }),
		matches: meter.createCounter("flowferry.detections.matches", { description: "Incidents that the detections found, by rule" }),
		alerts: meter.createCounter("flowferry.alerts", { description: "What became of alerts, by rule and outcome: told, late, repeated, refused" }),
		alertsWaiting: meter.createObservableGauge("flowferry.alerts.waiting", { description: "Alerts that wait for a notifier, by notifier" }),
		lookupReloads: meter.createCounter("flowferry.lookups.reloads", { description: "Changed lookup tables, by outcome" }),
		network: meter.createObservableCounter("flowferry.network.api", { description: "Resources of the network that the provider's API was asked about, and of them what failed or is missing" }),
		lag: meter.createObservableGauge("flowferry.sink.lag", {
			description: "Age of the oldest object that waits for the sink",
			unit: "s"
		}),
		imbalances: meter.createCounter("flowferry.books.imbalances", { description: "Objects of which more or fewer records were settled than were offered to a sink" }),
		parked: meter.createObservableGauge("flowferry.parked_objects", { description: "Objects that cannot be read now, and are tried again" }),
		problems: meter.createObservableGauge("flowferry.problem", { description: "1 for each part that does not do its work, by part, drawer and code: what /readyz names" }),
		pending: meter.createObservableGauge("flowferry.sink.pending_objects", { description: "Objects that wait for the sink" }),
		trouble: meter.createObservableGauge("flowferry.sink.trouble", { description: "1 while the sink does not acknowledge, else 0" })
	};
}
/**
* Serves the status page at `/`, /metrics, /healthz and /readyz on `host:port`. `health` says what does not do its work; `starting` whether
* it has begun.
*/
async function serveTelemetry(listen, health, page) {
	const [{ createServer }, { PrometheusExporter }, { MeterProvider }, { resourceFromAttributes }] = await Promise.all([
		import("node:http"),
		import("@opentelemetry/exporter-prometheus"),
		import("@opentelemetry/sdk-metrics"),
		import("@opentelemetry/resources")
	]);
	const exporter = new PrometheusExporter({ preventServerStart: true });
	const provider = new MeterProvider({
		resource: resourceFromAttributes({
			"service.name": "flowferry",
			"service.version": version
		}),
		readers: [exporter]
	});
	metrics.setGlobalMeterProvider(provider);
	const answer = (response, status, body) => {
		response.writeHead(status, {
			"content-type": "application/json; charset=utf-8",
			"cache-control": "no-store"
		});
		response.end(`${JSON.stringify(body)}\n`);
	};
	const ready = (response) => {
		const { problems, starting } = health;
		const isReady = !starting && problems.length === 0;
		const dated = problems.map(({ since, ...problem }) => ({
			...problem,
			since: new Date(since).toISOString()
		}));
		answer(response, isReady ? 200 : 503, {
			ready: isReady,
			...starting ? { starting } : {},
			problems: dated
		});
	};
	const server = createServer((request, response) => {
		if (request.url === "/metrics") exporter.getMetricsRequestHandler(request, response);
		else if (request.url === "/healthz") answer(response, 200, { alive: true });
		else if (request.url === "/readyz") ready(response);
		else if (request.url === "/") servePage(page, isLoopback(hostOf(listen)), request, response);
		else response.writeHead(404, { "content-type": "text/plain" }).end("try /, /metrics, /healthz or /readyz\n");
	});
	const address = await bind(server, listen);
	return {
		meter: provider.getMeter("flowferry"),
		address,
		close: async () => {
			server.close();
			server.closeAllConnections();
			await provider.shutdown();
		}
	};
}
/** The page names addresses and servers: to other machines it goes with a token alone, as a Bearer or as a browser asks for one. */
function servePage({ token, policy, html }, isLocal, request, response) {
	const refuse = (status, text, headers = {}) => response.writeHead(status, {
		"content-type": "text/plain; charset=utf-8",
		...headers
	}).end(`${text}\n`);
	const isNamedLocally = isLoopback((request.headers.host ?? "").replace(/:\d+$/, ""));
	if (token === void 0 && !(isLocal && isNamedLocally)) refuse(403, "the status page is not shown to other machines without a token: set telemetry.token");
	else if (token !== void 0 && !isToken(token, request.headers.authorization)) refuse(401, "the status page wants the token of telemetry.token", { "www-authenticate": "Basic realm=\"flowferry\"" });
	else {
		response.writeHead(200, {
			"content-type": "text/html; charset=utf-8",
			"cache-control": "no-store",
			"content-security-policy": policy,
			"referrer-policy": "no-referrer",
			"x-content-type-options": "nosniff"
		});
		response.end(html());
	}
}
/** Whether the header is `Bearer <token>`, or Basic with the token as its password. */
function isToken(token, authorization = "") {
	const [, scheme = "", value = ""] = /^(bearer|basic) (\S+)$/i.exec(authorization) ?? [];
	const given = /^basic$/i.test(scheme) ? Buffer.from(value, "base64").toString().replace(/^[^:]*:/, "") : value;
	const digest = (text) => createHash("sha256").update(text).digest();
	return timingSafeEqual(digest(given), digest(token));
}
function hostOf(listen) {
	return listen.slice(0, listen.lastIndexOf(":"));
}
function bind(server, listen) {
	const host = hostOf(listen).replace(/^\[|\]$/g, "");
	return new Promise((resolve, reject) => {
		server.once("error", (error) => reject(new UsageError("telemetry-listen", `cannot serve metrics on ${listen} (telemetry.listen): ${describeError(error)}`, { cause: error })));
		server.listen(Number(listen.slice(listen.lastIndexOf(":") + 1)), host, () => {
			const { address, port, family } = server.address();
			resolve(family === "IPv6" ? `http://[${address}]:${port}` : `http://${address}:${port}`);
		});
	});
}
// src/run/compose.ts
/** Makes the parts that a configuration names and joins them. Throws UsageError with the place in the file. */
async function compose(config, { env, log, instruments, health = new Health(), keepers = [], onAlert = () => {} }) {
	const closers = [];
	const close = async () => {
		const failures = [];
		for (const closer of closers.splice(0).reverse()) try {
			await closer();
		} catch (error) {
			failures.push(error);
		}
		if (failures.length > 0) throw failures[0];
	};
	try {
		const measure = instruments ?? createInstruments(metrics.getMeter("flowferry", version));
		const events = [];
		let onEvent = (source, event) => void events.push([source, event]);
		const sources = [];
		for (const named of config.sources) {
			const { name } = named;
			const onUnreadable = (count) => measure.unreadable.record(count, { source: name });
			const source = await openSource(config, named, env, (event) => onEvent(name, event), onUnreadable);
			closers.push(() => source.close());
			sources.push(source);
		}
		const enrichments = /* @__PURE__ */ new Map();
		for (const { enrich } of config.sources) {
			if (enrichments.has(enrich)) continue;
			const enrichment = await openTables(enrich, config, {
				env,
				log,
				measure,
				health
			});
			closers.push(() => enrichment.close());
			enrichments.set(enrich, enrichment);
		}
		const countApi = (result) => {
			const sums = /* @__PURE__ */ new Map();
			for (const counts of [...enrichments.values()].flatMap(({ apiCounts }) => apiCounts)) for (const [outcome, count] of Object.entries(counts)) sums.set(outcome, (sums.get(outcome) ?? 0) + count);
			for (const [outcome, count] of sums) result.observe(count, { outcome });
		};
		measure.network.addCallback(countApi);
		closers.push(() => measure.network.removeCallback(countApi));
		const identities = config.sources.map(({ name }, index) => ({
			name,
			store: sources[index].name
		}));
		const { scrub } = config.secrets;
		const ledger = openLedger({
			path: config.ledgerPath,
			sources: identities,
			scrub,
			onNotice: (line) => log.warn(line)
		});
		closers.push(() => ledger.close());
		onEvent = (source, { kind, key, message }) => {
			ledger.of(source).note(kind, key, message);
			measure.quality.add(1, {
				source,
				kind
			});
			log.warn({
				source,
				key
			}, message);
		};
		for (const [source, event] of events) onEvent(source, event);
		const sinks = /* @__PURE__ */ new Map();
		for (const named of config.sinks) {
			const sink = await openSink(config, named, env, (message) => log.warn({ sink: named.name }, message));
			closers.push(() => sink.close());
			sinks.set(named.name, sink);
		}
		const archive = config.archive && await openKeeper(config, config.archive, {
			env,
			log,
			health
		});
		closers.push(async () => archive?.close());
		const all = archive === void 0 ? keepers : [...keepers, archive.keeper];
		const detections = await openAlerts(config, {
			ledger,
			log,
			instruments: measure,
			retry: config.run.retry,
			shutdownMs: config.run.shutdownMs,
			health,
			baseDir: config.baseDir,
			env,
			secrets: config.secrets,
			onAlert
		});
		closers.push(async () => detections?.close());
		checkNames(sinks, all);
		const inlets = config.sources.map((named, index) => ({
			name: named.name,
			source: sources[index],
			decode: decoderFor(config.registry.formats, named.format),
			enrich: async (flows, signal) => {
				const enrichment = enrichments.get(named.enrich);
				await enrichment?.prepare(flows, signal);
				enrichment?.enrich(flows);
			},
			keep: filterOf(named.filter, Date.now())
		}));
		requireRules(config, detections?.rules ?? []);
		const parts = {
			filters: new Map(config.sinks.flatMap(({ name, filter }) => filter === void 0 ? [] : [[name, filter.test]])),
			inlets,
			detections,
			sinks,
			keepers: all,
			ledger,
			health,
			log,
			instruments: measure
		};
		const tables = () => tablesOf([...enrichments.values()]);
		return {
			parts,
			detections,
			options: {
				...config.run,
				...config.limits
			},
			tables,
			close
		};
	} catch (error) {
		await close();
		throw error;
	}
}
function tablesOf(enrichments) {
	const files = enrichments.flatMap((enrichment) => {
		const stale = new Map(enrichment.stale().map(({ file, reason }) => [file, reason]));
		return enrichment.tables().files.map(({ path, rows }) => [path, {
			file: path,
			rows,
			problem: stale.get(path)
		}]);
	});
	return [...new Map(files).values()];
}
/** Positions and dead letters go by these names. */
function checkNames(sinks, keepers) {
	const taken = new Set(sinks.keys());
	for (const { name } of keepers) {
		if (taken.has(name)) throw new UsageError("keeper-name", `a keeper is called ${name}, and so is a sink or another keeper`);
		taken.add(name);
	}
}
/** Throws UsageError for a filter of a sink that asks for a rule which is not among these. */
function requireRules({ sinks }, rules) {
	for (const { name, place, filter } of sinks) {
		const unknown = filter?.rules.find((rule) => !rules.includes(rule));
		if (unknown === void 0) continue;
		const meant = nearest(unknown, rules);
		const advice = meant === void 0 ? "`flowferry rules list` shows them" : `did you mean ${meant}?`;
		throw new UsageError("bad-filter", `${place}: the filter of sink ${name} asks for rule ${unknown}, and there is none: ${advice}`);
	}
}
/** The tables that a block `enrich` names, with what is said and counted of them. */
async function openTables(options, { registry, baseDir, secrets }, { env, log, measure, health }) {
	let tellTables = () => {};
	const enrichment = await openEnrichment(options, {
		networks: registry.networks,
		baseDir,
		env,
		secrets,
		onLookups({ kind, ok, message }) {
			if (kind === "reloaded" || kind === "refused") measure.lookupReloads.add(1, { outcome: kind === "reloaded" ? "taken" : "refused" });
			if (ok) log.info(message);
			else log.error(message);
			tellTables();
		},
		onNetwork: ({ ok, message }) => ok ? log.info(message) : log.warn(message)
	});
	tellTables = tablesIn(health, enrichment);
	tellTables();
	return enrichment;
}
/** Brings into health which tables in use are not what their files hold. */
function tablesIn(health, enrichment) {
	let stale = /* @__PURE__ */ new Set();
	return () => {
		const now = new Map(enrichment.stale().map(({ file, reason }) => [`table ${file}`, reason]));
		for (const part of stale) if (!now.has(part)) health.well(part);
		for (const [part, reason] of now) health.problem(part, {
			drawer: "worker",
			code: "table-stale",
			reason
		});
		stale = new Set(now.keys());
	};
}
/** The archive; its folder is made where there is none. */
async function openKeeper(config, { to, ...options }, { env, log, health }) {
	const { baseDir, secrets, ledgerPath, run } = config;
	const { path } = to.options;
	const onNotice = (message) => log.info(message);
	const onEvent = ({ message }) => log.warn(message);
	return at(to.place, async () => {
		if (path !== void 0) makePrivateFolder(resolve(baseDir, path));
		return openArchive(options, {
			store: await to.component.create(to.options, {
				baseDir,
				env,
				onEvent,
				secrets
			}),
			ledgerPath,
			retry: run.retry,
			events: {
				onFailure: (error, failures) => health.failing(ARCHIVE, error, failures),
				onWell: () => health.well(ARCHIVE)
			},
			onNotice
		});
	});
}
async function openAlerts({ alerts, file }, surroundings) {
	return alerts === void 0 ? void 0 : at(file, () => openDetections(alerts, surroundings));
}
/** A source alone, for commands that ship nothing. */
async function openSource(config, { component, options, place, filter }, env, onEvent, onUnreadable) {
	const bounded = {
		since: filter.since,
		until: filter.until,
		...options
	};
	const ledgerPath = config.ledgerPath === ":memory:" ? void 0 : config.ledgerPath;
	const dependencies = {
		baseDir: config.baseDir,
		env,
		onEvent,
		onUnreadable,
		ledgerPath,
		secrets: config.secrets
	};
	return at(place, () => component.create(bounded, dependencies));
}
/** The sources of a configuration as a ledger knows them. */
async function identitiesOf(config, env) {
	const identities = [];
	for (const named of config.sources) {
		const source = await openSource(config, named, env, () => {});
		await source.close();
		identities.push({
			name: named.name,
			store: source.name
		});
	}
	return identities;
}
async function openSink(config, { name, component, options, place }, env, onNotice) {
	return at(place, () => component.create(options, {
		name,
		baseDir: config.baseDir,
		env,
		version,
		onNotice,
		secrets: config.secrets
	}));
}
/** Which flows are shipped. The time of a flow counts, not that of its object. */
function filterOf({ action, since, until }, now) {
	const from = since === void 0 ? Number.NEGATIVE_INFINITY : parseInstant(since, now);
	const to = until === void 0 ? Number.POSITIVE_INFINITY : parseInstant(until, now);
	if (from >= to) throw new UsageError("bad-filter", `filter: since (${since}) is not before until (${until})`);
	return (flow) => (action === void 0 || flow.action === action) && flow.time >= from && flow.time < to;
}
export { enricherOf as _, requireRules as a, openLog as c, Health as d, openEnrichment as f, mostSpecific as g, Governance as h, openSource as i, serveTelemetry as l, directionAt as m, identitiesOf as n, createInstruments as o, watchTables as p, openSink as r, entryLog as s, compose as t, CLEAR_LINE as u, enrichInitiator as v };
