import { r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { n as retry } from "./retry-eMsisCTR.js";
import { c as FIELD_NAMES, l as fieldOf, t as GETTERS, u as formOf } from "./access-CkpRYHIj.js";
import { i as words, r as readAddress } from "./address-DjrRxJ5_.js";
import { t as loadSchema } from "./load-efkb9GOd.js";
import { rmSync } from "node:fs";
// src/archive/columns.ts
/** When the flow happened, in UTC. */
const TIME = "time";
/** What tells a flow from all others. */
const UID = "log.record.uid";
/**
* The columns, in the order of the file: the time, every attribute of schema `otel` under its name, and addresses in a form that compares
* as they do. Further columns of tables and logs are one JSON object each, since files of one archive have the same columns.
*/
function archiveColumns() {
	const schema = loadSchema("otel", ".");
	const attributes = [...schema.attributes, ...schema.resource];
	return [{
		name: TIME,
		type: "TIMESTAMP",
		elements: [{
			name: TIME,
			type: "INT64",
			repetition_type: "REQUIRED",
			converted_type: "TIMESTAMP_MILLIS",
			logical_type: {
				type: "TIMESTAMP",
				isAdjustedToUTC: false,
				unit: "MILLIS"
			}
		}],
		value: (flow) => BigInt(Math.trunc(flow.time))
	}, ...attributes.flatMap((attribute) => [columnOf(attribute), ...comparable(attribute)])];
}
function columnOf(attribute) {
	const { name, kind, get } = attribute;
	const field = FIELD_NAMES.find((one) => GETTERS[one] === get);
	switch (kind) {
		case "uid": return {
			...text(name),
			value: (flow) => flow.uid
		};
		case "integer": return {
			...integer(name, field),
			value: integerValue(field, get)
		};
		case "boolean": return {
			name,
			type: "BOOLEAN",
			elements: [{
				name,
				type: "BOOLEAN",
				repetition_type: "OPTIONAL"
			}],
			value: get
		};
		case "strings": return {
			name,
			type: "VARCHAR[]",
			elements: listOf(name),
			value: get
		};
		case "columns": {
			const whole = `${name}columns`;
			return {
				name: whole,
				type: "JSON",
				elements: [{
					name: whole,
					type: "BYTE_ARRAY",
					repetition_type: "OPTIONAL",
					converted_type: "JSON",
					logical_type: { type: "JSON" }
				}],
				value: get,
				...field && { columnsOf: field }
			};
		}
		default: return {
			...text(name),
			value: (flow) => wellFormed(get(flow))
		};
	}
}
/** Fields that also stand there in a form that compares. */
const COMPARED = ["sourceAddress", "destinationAddress"];
/** 32 hexadecimal digits of its IPv6 form, IPv4 as ::ffff:a.b.c.d, so that text compares as addresses do. */
function comparable({ name, get }) {
	const field = FIELD_NAMES.find((one) => GETTERS[one] === get);
	if (!COMPARED.includes(field)) return [];
	return [{
		...text(`${name}.hex`),
		value: (flow) => addressHex(get(flow))
	}];
}
/** The form that compares; undefined for what is no address. */
function addressHex(address) {
	if (address === void 0) return void 0;
	const family = readAddress(address);
	if (family === 0) return void 0;
	const digits = Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, "0"));
	return family === 4 ? `00000000000000000000ffff${digits[0]}` : digits.join("");
}
function text(name) {
	return {
		name,
		type: "VARCHAR",
		elements: [{
			name,
			type: "BYTE_ARRAY",
			repetition_type: "OPTIONAL",
			converted_type: "UTF8",
			logical_type: { type: "STRING" }
		}]
	};
}
function listOf(name) {
	return [
		{
			name,
			repetition_type: "OPTIONAL",
			num_children: 1,
			converted_type: "LIST",
			logical_type: { type: "LIST" }
		},
		{
			name: "list",
			repetition_type: "REPEATED",
			num_children: 1
		},
		{
			name: "element",
			type: "BYTE_ARRAY",
			repetition_type: "OPTIONAL",
			converted_type: "UTF8",
			logical_type: { type: "STRING" }
		}
	];
}
/** Ports and protocols fit 32 bits; counters are unsigned, exact to 2^64. */
const isSmall = (field) => field !== void 0 && ["port", "protocol"].includes(fieldOf(field).type);
const isCounter = (field) => field !== void 0 && formOf(field) === "counter";
function integer(name, field) {
	if (isSmall(field)) return {
		name,
		type: "INTEGER",
		elements: [{
			name,
			type: "INT32",
			repetition_type: "OPTIONAL"
		}]
	};
	if (!isCounter(field)) return {
		name,
		type: "BIGINT",
		elements: [{
			name,
			type: "INT64",
			repetition_type: "OPTIONAL"
		}]
	};
	return {
		name,
		type: "UBIGINT",
		elements: [{
			name,
			type: "INT64",
			repetition_type: "OPTIONAL",
			converted_type: "UINT_64"
		}]
	};
}
function integerValue(field, get) {
	if (isSmall(field)) return get;
	return (flow) => {
		const value = get(flow);
		return value === void 0 ? void 0 : BigInt(value);
	};
}
function wellFormed(value) {
	return typeof value === "string" && !value.isWellFormed() ? value.toWellFormed() : value;
}
// src/archive/layout.ts
const ALWAYS = {
	since: Number.NEGATIVE_INFINITY,
	until: Number.POSITIVE_INFINITY
};
const HOUR_MS = 36e5;
const HOUR = /(?:^|\/)year=(\d{4,})\/month=(\d\d)\/day=(\d\d)(?:\/hour=(\d\d))?(?:\/|$)/;
/** The folder of the hour in which that time lies, in UTC: `year=2026/month=01/day=31/hour=08`. */
function folderOf(time) {
	const at = new Date(time);
	const two = (number) => String(number).padStart(2, "0");
	return `year=${String(at.getUTCFullYear()).padStart(4, "0")}/month=${two(at.getUTCMonth() + 1)}/day=${two(at.getUTCDate())}/hour=${two(at.getUTCHours())}`;
}
/** The hour, or the whole day, that a path of the layout names; undefined for another path. */
function hourIn(path) {
	const match = HOUR.exec(path);
	if (match === null) return void 0;
	const [, year, month, day, hour] = match;
	const since = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour ?? 0));
	return {
		since,
		until: since + (hour === void 0 ? 24 * HOUR_MS : HOUR_MS)
	};
}
const overlaps = (one, other) => one.since < other.until && other.since < one.until;
// src/archive/uploads.ts
/** The bucket, if it can be written to; throws UsageError for one that is only read. */
function writable(store) {
	if (store.putFile !== void 0 && store.deleteObject !== void 0) return store;
	throw new UsageError("archive-read-only", `archive: ${store.name} can only be read: buckets of its type cannot be written to`);
}
/** Files side by side on their way to the bucket. */
const AT_ONCE = 2;
/** So many finished files may wait before nothing more is taken. */
const MOST_WAITING = 4;
/**
* Brings finished files to the bucket, and removes them here when they are there. What fails is repeated until it works: positions stay
* where they are meanwhile.
*/
var Uploads = class {
	#store;
	#policy;
	#events;
	#end = new AbortController();
	#queue = [];
	#running = 0;
	#failing = 0;
	#change = Promise.withResolvers();
	constructor(store, policy, events) {
		this.#store = store;
		this.#policy = policy;
		this.#events = events;
	}
	get failing() {
		return this.#failing > 0;
	}
	get hasRoom() {
		return this.#queue.length + this.#running < MOST_WAITING;
	}
	get idle() {
		return this.#queue.length + this.#running === 0;
	}
	/** Resolves when `failing`, `hasRoom` or `idle` changes next. */
	changed() {
		return this.#change.promise;
	}
	/** `durable` is called once the bucket has it. */
	add(key, file, durable) {
		this.#queue.push({
			key,
			file,
			durable
		});
		this.#next();
	}
	/** What is on its way is given up; its files stay for nobody. */
	close() {
		this.#end.abort();
	}
	#next() {
		while (this.#running < AT_ONCE && !this.#end.signal.aborted) {
			const upload = this.#queue.shift();
			if (upload === void 0) return;
			this.#running += 1;
			this.#bring(upload);
		}
	}
	async #bring({ key, file, durable }) {
		const { signal } = this.#end;
		let failed = false;
		try {
			await retry(() => this.#store.putFile(key, file, signal).catch(repeated), this.#policy, signal, ({ error, failures }) => {
				if (!failed) this.#failing += 1;
				failed = true;
				this.#events.onFailure(error, failures);
				this.#changedNow();
			});
			rmSync(file, { force: true });
			durable();
		} catch {} finally {
			this.#running -= 1;
			if (failed) {
				this.#failing -= 1;
				if (this.#failing === 0 && !signal.aborted) this.#events.onWell();
			}
			this.#changedNow();
			this.#next();
		}
	}
	#changedNow() {
		const { resolve } = this.#change;
		this.#change = Promise.withResolvers();
		resolve();
	}
};
/** Nothing of an archive is set aside: whatever a bucket refuses waits for a person. */
function repeated(error) {
	if (error instanceof Failure && error.drawer !== "batch" && error.drawer !== "object") throw error;
	if (!(error instanceof Failure) && !(error instanceof UsageError)) throw error;
	throw new Failure("person", error.code, error.message, { cause: error });
}
export { folderOf as a, TIME as c, HOUR_MS as i, UID as l, writable as n, hourIn as o, ALWAYS as r, overlaps as s, Uploads as t, archiveColumns as u };
