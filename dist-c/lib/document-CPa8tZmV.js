// src/formats/bytes.ts
const TAB = 9;
const SPACE = 32;
/** Of UTF-8 text. */
const BYTE_ORDER_MARK = Buffer.from([
	239,
	187,
	191
]);
/** White space within a line. */
function isBlank(byte) {
	return byte === SPACE || byte === TAB || byte === 13;
}
// src/formats/problem.ts
const SHOWN_CHARACTERS = 80;
/** Control and format characters, line and paragraph separators, and halves of characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
/** A value from a log as a message may show it: at most 80 characters on one line, nothing that a terminal would act on. */
function show(value) {
	if (Array.isArray(value)) return "a list";
	if (typeof value === "object" && value !== null) return "an object";
	const text = String(value);
	const clean = (text.length > SHOWN_CHARACTERS ? `${text.slice(0, 79)}…` : text).replaceAll(UNPRINTABLE, "?");
	return typeof value === "string" ? `"${clean}"` : clean;
}
/** The name of a thing in a log, cut and cleaned like a value. */
const label = (name) => show(name).slice(1, -1);
// src/formats/piece.ts
/** A piece of an object while it is being decoded. Records are handed in by ascending number. */
var Piece = class {
	flows = [];
	bad = [];
	quality = [];
	skipped = Object.create(null);
	through;
	#start;
	/** `through` is the number of the last record that is done with before this piece. */
	constructor(through) {
		this.through = through;
		this.#start = through;
	}
	/** Whether the piece says nothing that an earlier one did not. */
	get isEmpty() {
		return this.through === this.#start && this.bad.length === 0 && this.quality.length === 0;
	}
	/** Sets a record aside. Neighbours with the same code become one range, which keeps the reason of its first record. */
	reject(record, problem) {
		const last = this.bad.at(-1);
		if (last?.to === record - 1 && last.code === problem.code) this.bad[this.bad.length - 1] = {
			...last,
			to: record
		};
		else this.bad.push({
			from: record,
			to: record,
			code: problem.code,
			reason: problem.reason
		});
	}
	/** Passes over a record that is no flow. */
	skip(record, type) {
		const name = label(type);
		const numbers = this.skipped[name];
		if (numbers === void 0) this.skipped[name] = [record];
		else numbers.push(record);
	}
	/** What follows the records up to `through` cannot be read. */
	breakOff(fault) {
		this.bad.push({
			from: this.through + 1,
			to: void 0,
			code: fault.code,
			reason: fault.reason
		});
	}
};
// src/formats/unpacked.ts
/** Ends the reading of an object from within nested generators. */
var Broken = class extends Error {
	fault;
	constructor(code, reason) {
		super(reason);
		this.fault = {
			code,
			reason
		};
	}
};
// src/formats/peek.ts
/** Looks at the first `length` bytes of an object from its first visible one on. */
async function peek(unpacked, length) {
	const chunks = unpacked.chunks[Symbol.asyncIterator]();
	const release = async () => {
		await chunks.return?.();
	};
	try {
		const head = await readHead(chunks, length);
		return {
			head: Buffer.concat(head),
			whole: replayed(head, chunks, unpacked),
			release
		};
	} catch (error) {
		await release();
		throw error;
	}
}
const VISIBLE = /[^ \t\r\n]/;
async function readHead(chunks, enough) {
	const head = [];
	let length = 0;
	while (length < enough) {
		const next = await chunks.next();
		if (next.done === true) break;
		const visible = length > 0 ? 0 : next.value.toString("latin1").search(VISIBLE);
		if (visible === -1) continue;
		head.push(next.value.subarray(visible));
		length += next.value.length - visible;
	}
	return head;
}
function replayed(head, rest, unpacked) {
	async function* chunks() {
		yield* head;
		for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
	}
	return {
		chunks: chunks(),
		get fault() {
			return unpacked.fault;
		}
	};
}
// src/enrich/rules/document.ts
/** So deep may a file be nested. */
const DEEPEST = 32;
/** So many characters of a wrong value are shown. */
const LONGEST_VALUE = 80;
/**
* A JSON document whose keys may be written `like-this` (OCI command line), `like_this` (IBM, Terraform) or `likeThis` (API): reads as
* the last. Keys with a dot or a colon are ids and stay as they are.
*/
var Document = class {
	value;
	#written;
	#report;
	/** Throws SyntaxError for what is not JSON. */
	constructor(text, report) {
		this.#written = JSON.parse(text.startsWith("﻿") ? text.slice(1) : text);
		this.value = camelKeys(this.#written, DEEPEST);
		this.#report = report;
	}
	report(path, reason) {
		this.#report({
			place: this.#placeOf(path),
			reason
		});
	}
	/** The value by the schema; undefined, and reported, where it does not fit. */
	read(schema, value, path) {
		const result = schema.safeParse(value);
		if (result.success) return result.data;
		for (const issue of result.error.issues) {
			const at = [...path, ...issue.path];
			const found = issue.code === "custom" ? void 0 : valueAt(value, issue.path);
			const shown = found === void 0 ? "" : `${JSON.stringify(found).slice(0, LONGEST_VALUE)}: `;
			this.report(at, shown + issue.message);
		}
	}
	#placeOf(path) {
		let place = "";
		let at = this.#written;
		for (const step of path) {
			if (typeof step === "number") {
				place += `[${step}]`;
				at = Array.isArray(at) ? at[step] : void 0;
				continue;
			}
			const key = (isObject(at) ? Object.keys(at) : []).find((one) => camel(one) === step) ?? String(step);
			place += place === "" ? key : `.${key}`;
			at = isObject(at) ? at[key] : void 0;
		}
		return place;
	}
};
function isObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
/** What a list command prints: the list itself, or an object that holds it as `data`, as one resource or as a list. */
function elementsOf(value, path) {
	if (Array.isArray(value)) return value.map((element, i) => ({
		value: element,
		path: [...path, i]
	}));
	if (!isObject(value) || !("data" in value)) return void 0;
	const { data } = value;
	if (isObject(data) && Array.isArray(data.items)) return elementsOf(data.items, [
		...path,
		"data",
		"items"
	]);
	return isObject(data) ? [{
		value: data,
		path: [...path, "data"]
	}] : elementsOf(data, [...path, "data"]);
}
function camel(key) {
	if (/[.:]/.test(key)) return key;
	return key.replaceAll(/[-_]+([A-Za-z0-9])/g, (_, letter) => letter.toUpperCase());
}
function camelKeys(value, depth) {
	if (depth === 0) throw new SyntaxError(`nested deeper than ${DEEPEST} levels`);
	if (Array.isArray(value)) return value.map((element) => camelKeys(element, depth - 1));
	if (!isObject(value)) return value;
	return Object.fromEntries(Object.entries(value).map(([key, member]) => [camel(key), camelKeys(member, depth - 1)]));
}
function valueAt(value, path) {
	let at = value;
	for (const step of path) at = Array.isArray(at) ? at[Number(step)] : isObject(at) ? at[String(step)] : void 0;
	return typeof at === "object" ? void 0 : at;
}
export { Broken as a, show as c, peek as i, BYTE_ORDER_MARK as l, elementsOf as n, Piece as o, isObject as r, label as s, Document as t, isBlank as u };
