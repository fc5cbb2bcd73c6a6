import { r as __toESM } from "./rolldown-runtime-DegdyBIC.js";
import { a as require_ipaddr, r as parsePrefix } from "./prefix-DWd56Iz9.js";
import { a as required, i as csvTable, n as subnets, o as requiredPrefix, r as contradiction } from "./subnets-Ckxz2MGl.js";
import { a as describeError } from "./errors-C4nvsd9u.js";
import { a as formatIpv4 } from "./address-DjrRxJ5_.js";
import { setImmediate } from "node:timers/promises";
// src/lib/ip/ranges.ts
var import_ipaddr = /* @__PURE__ */ __toESM(require_ipaddr(), 1);
/**
* Builds the table. Overlaps are fine. The same prefix twice throws, unless `onDuplicate` deals with it: it gets both rows in
* their order, and the first one stays.
*/
function ipRanges(rows, onDuplicate = refuse) {
	const ofFamily = (family) => rows.filter(({ prefix }) => prefix.address.family === family);
	const v4 = new Segments(1, ofFamily(4), onDuplicate);
	const v6 = new Segments(4, ofFamily(6), onDuplicate);
	return {
		size: v4.size + v6.size,
		rows: [...v4.rows, ...v6.rows],
		find: (ip) => ip.family === 4 ? v4.row(v4.locate4(ip.w0)) : ip.family === 6 ? v6.row(v6.locate6(ip)) : void 0,
		covering: (ip) => ip.family === 4 ? v4.ancestry(v4.locate4(ip.w0)) : ip.family === 6 ? v6.ancestry(v6.locate6(ip)) : []
	};
}
function refuse() {
	throw new Error("a prefix stands twice in the table");
}
const NONE = -1;
/** From so many segments on, an index of 2^16 buckets is worth its memory. */
const MANY = 1024;
/**
* The address space of one family, cut where the answer changes: segment i runs from start i to before start i + 1, and belongs
* to the longest prefix over it. One binary search then answers a look-up, however the prefixes are nested.
*/
var Segments = class {
	size = 0;
	#words;
	/** In ascending order of first address, the shorter prefix first; a row's rank is its place here. */
	rows;
	/** For each rank, that of the next shorter prefix around it. */
	#parents;
	#starts;
	#owners;
	#count = 0;
	#shift;
	#buckets;
	constructor(words, rows, onDuplicate) {
		const n = rows.length;
		this.#words = words;
		const lengths = Uint8Array.from(rows, ({ prefix }) => prefix.length);
		const firsts = new Uint32Array(n * words);
		for (const [i, { prefix }] of rows.entries()) {
			const { w0, w1, w2, w3 } = prefix.address;
			firsts.set(words === 1 ? [w0] : [
				w0,
				w1,
				w2,
				w3
			], i * words);
		}
		const order = new Uint32Array(n).map((_, i) => i);
		order.sort((a, b) => compare(firsts, a * words, firsts, b * words, words) || at(lengths, a) - at(lengths, b) || a - b);
		this.rows = Array.from(order, (i) => rows[i]);
		this.#parents = new Int32Array(n);
		this.#starts = new Uint32Array((2 * n + 1) * words);
		this.#owners = new Int32Array(2 * n + 1);
		this.#cut(order, firsts, lengths, onDuplicate);
		this.#starts = this.#starts.slice(0, this.#count * words);
		this.#owners = this.#owners.slice(0, this.#count);
		this.#shift = this.#count > MANY ? 16 : 31;
		this.#buckets = this.#index();
	}
	/** For each value of an address's first bits, how many segments start before it: between two of these the search is short. */
	#index() {
		const buckets = new Uint32Array(2 ** (32 - this.#shift) + 1);
		let bucket = 0;
		for (let i = 0; i < this.#count; i++) {
			const first = at(this.#starts, i * this.#words) >>> this.#shift;
			while (bucket <= first) buckets[bucket++] = i;
		}
		return buckets.fill(this.#count, bucket);
	}
	/** Sweeps over the prefixes in ascending order, with the open ones on a stack, the innermost on top. */
	#cut(order, firsts, lengths, onDuplicate) {
		const words = this.#words;
		const open = [];
		const top = () => open.at(-1) ?? NONE;
		const after = new Uint32Array(words);
		const endOf = (rank) => next(firsts, at(order, rank) * words, at(lengths, at(order, rank)), after);
		this.#emit(new Uint32Array(words), 0, NONE);
		for (let rank = 0; rank < order.length; rank++) {
			const first = at(order, rank) * words;
			while (open.length > 0 && endOf(top()) && compare(after, 0, firsts, first, words) <= 0) {
				open.pop();
				this.#emit(after, 0, top());
			}
			const around = top();
			if (around !== NONE && same(firsts, lengths, at(order, around), at(order, rank), words)) {
				onDuplicate(this.rows[around], this.rows[rank]);
				continue;
			}
			this.size++;
			this.#parents[rank] = around;
			this.#emit(firsts, first, rank);
			open.push(rank);
		}
		while (open.length > 0) {
			const bounded = endOf(top());
			open.pop();
			if (bounded) this.#emit(after, 0, top());
		}
	}
	/** A segment starts here; one that started at the same address, and is empty so, gives way. */
	#emit(start, offset, owner) {
		const words = this.#words;
		const last = (this.#count - 1) * words;
		if (this.#count === 0 || compare(this.#starts, last, start, offset, words) !== 0) {
			this.#starts.set(start.subarray(offset, offset + words), this.#count * words);
			this.#count++;
		}
		this.#owners[this.#count - 1] = owner;
	}
	/** Rank of the prefix that the IPv4 address belongs to, or -1. */
	locate4(bits) {
		const starts = this.#starts;
		const target = bits >>> 0;
		const bucket = target >>> this.#shift;
		let low = this.#buckets[bucket];
		let high = this.#buckets[bucket + 1];
		while (low < high) {
			const middle = low + high >>> 1;
			if (starts[middle] <= target) low = middle + 1;
			else high = middle;
		}
		return this.#owners[low - 1];
	}
	/** Rank of the prefix that the IPv6 address belongs to, or -1. */
	locate6(ip) {
		const starts = this.#starts;
		const w0 = ip.w0 >>> 0;
		const bucket = w0 >>> this.#shift;
		let low = this.#buckets[bucket];
		let high = this.#buckets[bucket + 1];
		while (low < high) {
			const middle = low + high >>> 1;
			const start = middle * 4;
			let difference = starts[start] - w0;
			if (difference === 0) difference = starts[start + 1] - (ip.w1 >>> 0);
			if (difference === 0) difference = starts[start + 2] - (ip.w2 >>> 0);
			if (difference === 0) difference = starts[start + 3] - (ip.w3 >>> 0);
			if (difference <= 0) low = middle + 1;
			else high = middle;
		}
		return this.#owners[low - 1];
	}
	row(rank) {
		return rank === NONE ? void 0 : this.rows[rank];
	}
	ancestry(rank) {
		const found = [];
		for (let r = rank; r !== NONE; r = this.#parents[r]) found.push(this.rows[r]);
		return found;
	}
};
function at(numbers, index) {
	return numbers[index];
}
function compare(a, i, b, j, words) {
	for (let w = 0; w < words; w++) {
		const difference = at(a, i + w) - at(b, j + w);
		if (difference !== 0) return difference;
	}
	return 0;
}
function same(firsts, lengths, a, b, words) {
	return at(lengths, a) === at(lengths, b) && compare(firsts, a * words, firsts, b * words, words) === 0;
}
/** Writes the address after the last one of a prefix to `to`; false where there is none, at the end of the address space. */
function next(firsts, offset, length, to) {
	to.set(firsts.subarray(offset, offset + to.length));
	if (length === 0) return false;
	let word = length - 1 >>> 5;
	to[word] = at(to, word) + 2 ** (31 - (length - 1 & 31));
	while (at(to, word) === 0) {
		if (word === 0) return false;
		word--;
		to[word] = at(to, word) + 1;
	}
	return true;
}
// src/enrich/tables/networks.ts
/** Networks that are the same wherever they are met. A line of the file for the same network replaces one. */
const BUILT_IN = [
	["10.0.0.0/8", "internal"],
	["172.16.0.0/12", "internal"],
	["192.168.0.0/16", "internal"],
	["100.64.0.0/10", "internal"],
	["127.0.0.0/8", "internal"],
	["fc00::/7", "internal"],
	["fe80::/10", "internal"],
	["::1/128", "internal"],
	["169.254.0.0/16", "provider"],
	["161.26.0.0/16", "provider"],
	["166.8.0.0/14", "provider"],
	["224.0.0.0/4", "multicast"],
	["ff00::/8", "multicast"],
	["255.255.255.255/32", "broadcast"]
].map(([cidr, zone]) => ({
	prefix: parsePrefix(cidr),
	cidr,
	zone,
	name: void 0,
	line: void 0
}));
const ZONES = [
	"internal",
	"external",
	"provider",
	"multicast",
	"broadcast"
];
/** `cidr,zone,name` over the built-in networks; what neither holds is external. */
const networks = csvTable("CSV file of zones by CIDR (cidr,zone,name), over the built-in private networks; none by default", {
	required: ["cidr", "zone"],
	optional: ["name"]
}, (report) => {
	const rows = [];
	return {
		add(row) {
			const prefix = requiredPrefix(row, "cidr", report);
			const text = required(row, "zone", report);
			if (prefix === void 0 || text === void 0) return;
			const zone = ZONES.find((own) => own === text);
			if (zone === void 0) {
				report({
					line: row.line,
					column: "zone",
					value: text,
					reason: "no zone: write internal, external, provider, multicast or broadcast"
				});
				return;
			}
			rows.push({
				prefix,
				cidr: row.cell("cidr"),
				zone,
				name: row.cell("name") || void 0,
				line: row.line
			});
		},
		build: () => ipRanges([...rows, ...BUILT_IN], (kept, repeated) => {
			if (kept.line === void 0 || repeated.line === void 0) return;
			if (kept.zone === repeated.zone && kept.name === repeated.name) return;
			report(contradiction("cidr", repeated.cidr, kept.line, repeated.line));
		})
	};
});
// src/enrich/geo/answer.ts
/** The one answer that says nothing. */
const NOTHING = {
	country: void 0,
	as: void 0
};
const LARGEST_AS = 2 ** 32 - 1;
/**
* What a record of a database says, by the names of MaxMind (GeoIP2, GeoLite2) and DB-IP (`country.iso_code`,
* `autonomous_system_number`, `autonomous_system_organization`), of IPinfo and ip-location-db (`country_code`, `asn`, `as_name`).
*/
function answerOf(record) {
	const members = asMembers(record);
	if (members === void 0) return NOTHING;
	const { country, country_code, autonomous_system_number, asn, autonomous_system_organization, as_name } = members;
	const number = asNumber(autonomous_system_number) ?? asNumber(asn);
	const organization = asText(autonomous_system_organization) ?? asText(as_name);
	const code = asCountry(asMembers(country)?.iso_code) ?? asCountry(country_code) ?? asCountry(country);
	const as = number === void 0 && organization === void 0 ? void 0 : {
		number,
		organization
	};
	return code === void 0 && as === void 0 ? NOTHING : {
		country: code,
		as
	};
}
function asMembers(value) {
	return typeof value === "object" && value !== null ? value : void 0;
}
function asText(value) {
	return typeof value === "string" && value !== "" ? value : void 0;
}
function asCountry(value) {
	return typeof value === "string" && /^[A-Za-z]{2}$/.test(value) ? value.toUpperCase() : void 0;
}
/** A number, or a text such as AS64496. */
function asNumber(value) {
	const number = typeof value === "string" ? Number(/^(?:AS)?(\d{1,10})$/i.exec(value)?.[1]) : value;
	return typeof number === "number" && number >= 1 && number <= LARGEST_AS && Number.isInteger(number) ? number : void 0;
}
/** After so many nodes other work gets its turn. */
const TURN_NODES = 5e4;
/**
* Visits all nodes once. `onData` gets, for each place in the data that a network points to, an address of the first such network: its
* bits in bytes that the next call overwrites. Resolves to the number of networks that have data; undefined for a tree that is damaged.
*/
async function walkTree(tree, onData) {
	const { bytes, nodeCount, recordSize, depth, dataBytes } = tree;
	const read = recordReader(bytes, recordSize);
	const visited = new Uint8Array(nodeCount);
	visited[0] = 1;
	const known = /* @__PURE__ */ new Set();
	const address = new Uint8Array(depth / 8);
	/** Of each node to come its number and how many bits lead to it, the last of them with its value. */
	const open = [[
		0,
		0,
		0
	]];
	let networks = 0;
	let nodes = 0;
	const set = (index, bit) => {
		const mask = 128 >>> (index & 7);
		const byte = address[index >>> 3];
		address[index >>> 3] = bit === 1 ? byte | mask : byte & ~mask;
	};
	for (let next = open.pop(); next !== void 0; next = open.pop()) {
		const [node, length, last] = next;
		if (length > 0) set(length - 1, last);
		if (++nodes % TURN_NODES === 0) await setImmediate();
		for (const bit of [1, 0]) {
			const record = read(node, bit);
			if (record < nodeCount) {
				if (length + 1 >= depth) return void 0;
				if (visited[record] === 1) continue;
				visited[record] = 1;
				open.push([
					record,
					length + 1,
					bit
				]);
			} else if (record > nodeCount) {
				const at = record - nodeCount - 16;
				if (at < 0 || at >= dataBytes) return void 0;
				networks++;
				if (known.has(at)) continue;
				known.add(at);
				set(length, bit);
				onData(address);
			}
		}
	}
	return networks;
}
/** In a node of 28-bit records the byte in the middle holds the upper four bits of both. */
function recordReader(bytes, recordSize) {
	if (recordSize === 24) return (node, bit) => bytes.readUIntBE(node * 6 + bit * 3, 3);
	if (recordSize === 32) return (node, bit) => bytes.readUInt32BE(node * 8 + bit * 4);
	return (node, bit) => {
		const at = node * 7;
		const middle = bytes[at + 3];
		return bit === 0 ? middle >>> 4 << 24 | bytes.readUIntBE(at, 3) : (middle & 15) << 24 | bytes.readUIntBE(at + 4, 3);
	};
}
// src/enrich/geo/database.ts
/** Begins the metadata, by the MaxMind DB format, which leaves 128 KiB for them. */
const MARKER = Buffer.from("abcdef4d61784d696e642e636f6d", "hex");
const METADATA_BYTES = 131072;
const AGAIN = "fetch it again";
/**
* Reads a database in the MaxMind DB format 2, whole: each network, and all that is said of any. One that is cut short, damaged or says
* neither countries nor autonomous systems is reported.
*/
async function readDatabase(bytes, report) {
	const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
	const read = await readerOf(buffer);
	const rows = typeof read === "string" ? read : await judge(buffer, read);
	if (typeof read === "string" || typeof rows === "string") {
		report({ reason: String(rows) });
		return {
			content: void 0,
			rows: 0
		};
	}
	return {
		content: { find: (ip) => find$1(read, ip) },
		rows
	};
}
/** Or what is wrong. */
async function readerOf(bytes) {
	if (bytes[0] === 31 && bytes[1] === 139) return "is compressed: unpack it";
	if (startOfMetadata(bytes) < 0) return `is no MaxMind database (.mmdb), or is cut short: ${AGAIN}`;
	const { Reader } = await import("maxmind");
	try {
		const reader = new Reader(bytes);
		const { binaryFormatMajorVersion: format, ipVersion, nodeCount, recordSize } = reader.metadata;
		if (format !== 2) return `is in format ${format}: name a database in the MaxMind DB format 2`;
		if ((ipVersion === 4 || ipVersion === 6) && Number.isInteger(nodeCount) && [
			24,
			28,
			32
		].includes(recordSize)) return reader;
		return `is damaged: its metadata are not complete: ${AGAIN}`;
	} catch (error) {
		return `is damaged: its metadata cannot be read (${describeError(error)}): ${AGAIN}`;
	}
}
function startOfMetadata(bytes) {
	const tail = Math.max(0, bytes.length - METADATA_BYTES);
	const at = bytes.subarray(tail).lastIndexOf(MARKER);
	return at < 0 ? at : tail + at;
}
/** The number of networks, or what is wrong. */
async function judge(bytes, reader) {
	const { nodeCount, recordSize, searchTreeSize, ipVersion, databaseType } = reader.metadata;
	const dataBytes = startOfMetadata(bytes) - searchTreeSize - 16;
	const damaged = `is damaged: its networks are not complete: ${AGAIN}`;
	if (nodeCount < 1 || dataBytes < 0) return damaged;
	let says = false;
	try {
		const rows = await walkTree({
			bytes,
			nodeCount,
			recordSize,
			depth: ipVersion === 4 ? 32 : 128,
			dataBytes
		}, (address) => {
			says = answerOf(reader.get(textOf$1(address))) !== NOTHING || says;
		});
		if (rows === void 0) return damaged;
		if (says) return rows;
		return `says neither countries nor autonomous systems (it is ${databaseType}): name one such as GeoLite2-Country or GeoLite2-ASN`;
	} catch (error) {
		return `is damaged: what it says cannot be read (${describeError(error)}): ${AGAIN}`;
	}
}
function find$1(reader, ip) {
	const { family } = ip;
	if (family === 0 || family === 6 && reader.metadata.ipVersion === 4) return {
		answer: NOTHING,
		length: 0
	};
	const [record, length] = reader.getWithPrefixLength(addressText(ip));
	return {
		answer: answerOf(record),
		length
	};
}
/** An address as the reader takes it. */
function addressText({ family, w0, w1, w2, w3 }) {
	if (family === 4) return formatIpv4(w0);
	return [
		w0,
		w1,
		w2,
		w3
	].map((word) => `${hex(word >>> 16)}:${hex(word & 65535)}`).join(":");
}
function textOf$1(address) {
	if (address.length === 4) return address.join(".");
	return Array.from({ length: 8 }, (_, i) => hex(address[2 * i] << 8 | address[2 * i + 1])).join(":");
}
const hex = (group) => group.toString(16);
// src/enrich/geo/geo.ts
const PRIVATE = networks.join([]);
/** Databases of countries and autonomous systems, in the MaxMind DB format. */
const geo = {
	about: "Databases in the MaxMind DB format (.mmdb) of countries and autonomous systems, such as GeoLite2-Country and GeoLite2-ASN; of two that say the same the first counts; none by default",
	files: "several",
	extension: ".mmdb",
	maxBytes: 512 * 1024 ** 2,
	parse: readDatabase,
	join: (files) => ({
		files,
		find: (ip) => find(files, ip)
	}),
	say: ({ files }, ip) => sayings(files, ip)
};
function find(files, ip) {
	if (PRIVATE.find(ip) !== void 0) return NOTHING;
	let found = NOTHING;
	for (const { content } of files) {
		const { answer } = content.find(ip);
		found = {
			country: found.country ?? answer.country,
			as: found.as ?? answer.as
		};
	}
	return found;
}
function sayings(files, ip) {
	if (PRIVATE.find(ip) !== void 0) return [];
	const said = /* @__PURE__ */ new Set();
	return files.flatMap(({ path, content }) => {
		const { answer, length } = content.find(ip);
		const say = (what, values) => {
			if (answer[what] === void 0) return [];
			const used = !said.has(what);
			said.add(what);
			return [{
				path,
				key: networkOf(ip, length),
				values,
				used
			}];
		};
		const { number, organization } = answer.as ?? {};
		return [...say("country", { country: answer.country ?? "" }), ...say("as", {
			...number !== void 0 && { "AS number": String(number) },
			...organization !== void 0 && { "AS organization": organization }
		})];
	});
}
function networkOf(ip, length) {
	const cidr = `${addressText(ip)}/${length}`;
	return `${(ip.family === 4 ? import_ipaddr.default.IPv4 : import_ipaddr.default.IPv6).networkAddressFromCIDR(cidr).toString()}/${length}`;
}
// src/enrich/tables/approved-destinations.ts
/** `cidr,name` */
const approvedDestinations = csvTable("CSV file of the external networks that outbound traffic may go to (cidr,name); none by default", {
	required: ["cidr", "name"],
	optional: []
}, (report) => {
	const rows = [];
	return {
		add(row) {
			const prefix = requiredPrefix(row, "cidr", report);
			const name = required(row, "name", report);
			if (prefix !== void 0 && name !== void 0) rows.push({
				prefix,
				cidr: row.cell("cidr"),
				name,
				line: row.line
			});
		},
		build: () => ipRanges(rows, (kept, repeated) => {
			if (kept.name !== repeated.name) report(contradiction("cidr", repeated.cidr, kept.line, repeated.line));
		})
	};
});
// src/enrich/tables/ports.ts
const TCP = 6;
const UDP = 17;
const MAX_PORT = 65535;
/** `port,protocol,name`: protocol is tcp, udp, or any (or empty) for both. */
const ports = csvTable("CSV file of port names (port,protocol,name) that replaces the one that ships with the program, lookups/ports.csv", {
	required: ["port", "name"],
	optional: ["protocol"]
}, (report) => {
	const rows = [];
	return {
		add(row) {
			const read = readRow(row, report);
			if (read !== void 0) rows.push(read);
		},
		build: () => portTable(rows, report)
	};
});
function readRow(row, report) {
	const port = required(row, "port", report);
	const name = required(row, "name", report);
	const written = row.cell("protocol");
	const protocol = written === "" ? "any" : written.toLowerCase();
	if (protocol !== "tcp" && protocol !== "udp" && protocol !== "any") {
		report({
			line: row.line,
			column: "protocol",
			value: written,
			reason: "no protocol with ports: write tcp, udp or any"
		});
		return;
	}
	if (port === void 0 || name === void 0) return void 0;
	const range = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/.exec(port);
	const from = Number(range?.[1] ?? NaN);
	const to = range?.[2] === void 0 ? from : Number(range[2]);
	if (!(from <= to && to <= MAX_PORT)) {
		const reason = `no port: write a number from 0 to ${MAX_PORT}, or a range such as 6000-6063`;
		report({
			line: row.line,
			column: "port",
			value: port,
			reason
		});
		return;
	}
	return {
		from,
		to,
		protocol,
		name,
		line: row.line
	};
}
const NO_NAMES = {
	names: [],
	named: /* @__PURE__ */ new Uint8Array(0)
};
function portTable(rows, report) {
	const ofProtocol = (protocol) => rows.filter((row) => row.protocol === "any" || row.protocol === protocol);
	const tcp = ofProtocol("tcp");
	const udp = ofProtocol("udp");
	const clashes = /* @__PURE__ */ new Set();
	const tcpNames = namesOf(tcp, report, clashes);
	const udpNames = namesOf(udp, report, clashes);
	return {
		name(port, protocol) {
			if (port === void 0) return void 0;
			const names = protocol === TCP ? tcpNames : protocol === UDP ? udpNames : NO_NAMES;
			return (names.named[port >>> 3] ?? 0) >>> (port & 7) & 1 ? names.names[port] : void 0;
		},
		covering(port, protocol) {
			return (protocol === TCP ? tcp : protocol === UDP ? udp : []).filter(({ from, to }) => from <= port && port <= to).sort((a, b) => widthOf(a) - widthOf(b));
		}
	};
}
function widthOf(row) {
	return row.to - row.from;
}
/**
* One name for each port. Ranges must be nested or apart: two that overlap in part, and two that are equal but for the name, are
* contradictions. A row that was reported for one protocol (it is in `clashes`) is not reported for the other.
*/
function namesOf(rows, report, clashes) {
	const sorted = [...rows].sort((a, b) => a.from - b.from || b.to - a.to || a.line - b.line);
	const names = new Array(65536).fill(void 0);
	const open = [];
	for (const row of sorted) {
		while (open.length > 0 && open.at(-1).to < row.from) open.pop();
		const around = open.at(-1);
		if (around !== void 0 && around.name !== row.name && !clashes.has(row)) {
			const equal = around.from === row.from && around.to === row.to;
			if (equal) report(contradiction("port", textOf(row), around.line, row.line));
			else if (around.to < row.to) report(partly(row, around));
			if (equal || around.to < row.to) clashes.add(row);
		}
		if (around !== void 0 && around.name === row.name && row.to <= around.to) continue;
		names.fill(row.name, row.from, row.to + 1);
		open.push(row);
	}
	const named = /* @__PURE__ */ new Uint8Array(8192);
	for (let port = 0; port <= MAX_PORT; port++) if (names[port] !== void 0) named[port >>> 3] = (named[port >>> 3] ?? 0) | 1 << (port & 7);
	return {
		names,
		named
	};
}
function partly(row, around) {
	const reason = `overlaps ${textOf(around)} of line ${around.line} in part: make one range lie within the other, or part them`;
	return {
		line: row.line,
		column: "port",
		value: textOf(row),
		reason
	};
}
/** The range as it may stand in the file, with its protocol: `6000-6063/tcp`. */
function textOf({ from, to, protocol }) {
	const range = from === to ? String(from) : `${from}-${to}`;
	return protocol === "any" ? range : `${range}/${protocol}`;
}
// src/enrich/tables/servers.ts
/** First words of attributes that a flow has below `flow.source.` and `flow.destination.` anyway. */
const TAKEN = /* @__PURE__ */ new Set([
	"zone",
	"service",
	"server",
	"network",
	"address",
	"port",
	"columns"
]);
/** `address,server` and any further columns, which travel with the flow. */
const servers = csvTable("CSV file of servers by IP address or CIDR (address,server and any further columns); none by default", {
	required: ["address", "server"],
	optional: [],
	further: columnProblem
}, (report) => {
	const rows = [];
	return {
		add(row) {
			const prefix = requiredPrefix(row, "address", report, true);
			const server = required(row, "server", report);
			if (prefix === void 0 || server === void 0) return;
			rows.push({
				prefix,
				address: row.cell("address"),
				server,
				columns: row.further(),
				line: row.line
			});
		},
		build: () => ipRanges(rows, (kept, repeated) => {
			if (kept.server === repeated.server && sameColumns(kept.columns, repeated.columns)) return;
			report(contradiction("address", repeated.address, kept.line, repeated.line));
		})
	};
});
function columnProblem(name, all) {
	if (!/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/.test(name)) return "no column name: begin with a letter, and use lower-case letters, digits, _ and single dots";
	const first = name.split(".", 1)[0] ?? name;
	if (TAKEN.has(first)) return `is taken: flow.source.${first} and flow.destination.${first} are set already; choose another name`;
	const below = all.find((other) => other.startsWith(`${name}.`));
	return below && `cannot hold a value beside ${below}, which lies below it: rename one of the two`;
}
function sameColumns(a = {}, b = {}) {
	const names = Object.keys(a);
	return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
// src/enrich/tables/kinds.ts
/** The kinds of tables by the names of their options. */
const ALL = {
	ports,
	servers,
	networks,
	subnets,
	approvedDestinations,
	geo
};
const TABLE_NAMES = Object.keys(ALL);
const kindOf = (name) => ALL[name];
export { ipRanges as i, kindOf as n, NOTHING as r, TABLE_NAMES as t };
