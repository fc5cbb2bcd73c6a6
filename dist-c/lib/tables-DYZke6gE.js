import { t as asset } from "./assets-DQb4Ncv_.js";
import { r as UsageError } from "./errors-C4nvsd9u.js";
import { i as words, r as readAddress, t as IpAddress } from "./address-DjrRxJ5_.js";
import { d as readContent, f as short, u as digestOf } from "./subnets-Ckxz2MGl.js";
import { n as kindOf, t as TABLE_NAMES } from "./kinds-DoZuX4CL.js";
// src/enrich/tables/address-memory.ts
/** Addresses of one set stand side by side; a new one takes the first place, and the oldest is forgotten. */
const WAYS = 4;
/** 2^32 divided by the golden ratio, made odd: spreads neighbouring addresses over the sets. */
const SPREAD = 2654435761;
/** Numbers by the bits of addresses of one family, in a table of fixed size. */
var AddressMemory = class {
	#words;
	#mask;
	/** For each place the words of an address and its number. */
	#places;
	constructor(words, capacity) {
		this.#words = words;
		this.#mask = Math.max(1, capacity / WAYS) - 1;
		this.#places = new Int32Array((this.#mask + 1) * WAYS * (words + 1));
	}
	/** The number of the address, 0 for one that is not remembered. */
	recall(ip) {
		const places = this.#places;
		const stride = this.#words + 1;
		const from = this.#setOf(ip);
		for (let place = from; place < from + WAYS * stride; place += stride) {
			if (places[place] !== ip.w0) continue;
			if (stride === 2) {
				if (places[place + 1] !== 0) return places[place + 1];
			} else if (places[place + 1] === ip.w1 && places[place + 2] === ip.w2 && places[place + 3] === ip.w3) return places[place + 4];
		}
		return 0;
	}
	remember(ip, number) {
		const stride = this.#words + 1;
		const from = this.#setOf(ip);
		this.#places.copyWithin(from + stride, from, from + 3 * stride);
		this.#places[from] = ip.w0;
		if (stride > 2) {
			this.#places[from + 1] = ip.w1;
			this.#places[from + 2] = ip.w2;
			this.#places[from + 3] = ip.w3;
		}
		this.#places[from + stride - 1] = number;
	}
	clear() {
		this.#places.fill(0);
	}
	#setOf({ w0, w1, w2, w3 }) {
		let mixed = w0;
		if (this.#words === 4) mixed = Math.imul(Math.imul(Math.imul(w0, SPREAD) ^ w1, SPREAD) ^ w2, SPREAD) ^ w3;
		return (Math.imul(mixed, SPREAD) >>> 15 & this.#mask) * WAYS * (this.#words + 1);
	}
};
// src/enrich/tables/address-book.ts
const INVALID = {
	zone: "invalid",
	network: void 0,
	server: void 0,
	columns: void 0,
	approved: void 0
};
/** So many different answers are remembered; one more, and the book starts anew. */
const MAX_ANSWERS = 65536;
/**
* The answers of the tables to the addresses of flows, which repeat. What it remembers is bounded, and goes with the snapshot of
* the tables that it belongs to. It is keyed by the bits of addresses, because to hash the text of every address of every flow
* costs more than to read it, and holds numbers side by side, because it is in use between everything else that happens to a flow.
*/
var AddressBook = class {
	/** The answers to the addresses of the flow that was looked up last; undefined for one that is missing. */
	source = void 0;
	destination = void 0;
	/** The bits of the two addresses; family 0 for one that is missing or none. Overwritten by the next look-up. */
	sourceIp = new ReadBits();
	destinationIp = new ReadBits();
	#sourceText = void 0;
	#destinationText = void 0;
	#servers;
	#networks;
	#approved;
	#v4;
	#v6;
	/** Remembered by number; number 0 is none. */
	#answers = [INVALID];
	#numbers = /* @__PURE__ */ new Map();
	/** Remembers about `capacity` addresses (a power of two) of each family. */
	constructor(servers, networks, approved, capacity = 16384) {
		this.#servers = servers;
		this.#networks = networks;
		this.#approved = approved;
		this.#v4 = new AddressMemory(1, capacity);
		this.#v6 = new AddressMemory(4, capacity);
	}
	/** Looks up both addresses of a flow. Enrichers do so in turn: for the same flow only the first one costs. */
	look({ sourceAddress, destinationAddress }) {
		if (sourceAddress !== this.#sourceText) {
			this.#sourceText = sourceAddress;
			this.source = this.#find(sourceAddress, this.sourceIp);
		}
		if (destinationAddress !== this.#destinationText) {
			this.#destinationText = destinationAddress;
			this.destination = this.#find(destinationAddress, this.destinationIp);
		}
	}
	get(address) {
		return this.#find(address, new ReadBits()) ?? INVALID;
	}
	#find(address, bits) {
		const family = address === void 0 ? 0 : readAddress(address);
		bits.take(family);
		if (family === 0) return address === void 0 ? void 0 : INVALID;
		const memory = family === 4 ? this.#v4 : this.#v6;
		const known = memory.recall(bits);
		if (known !== 0) return this.#answers[known];
		const number = this.#ask(new IpAddress(family, bits.w0, bits.w1, bits.w2, bits.w3));
		memory.remember(bits, number);
		return this.#answers[number];
	}
	/** The number of the tables' answer. */
	#ask(ip) {
		const network = this.#networks.find(ip);
		const server = this.#servers.find(ip);
		const approved = this.#approved.find(ip);
		if (this.#answers.length > MAX_ANSWERS) this.#forget();
		const byApproval = within(within(this.#numbers, server), network);
		let number = byApproval.get(approved);
		if (number === void 0) {
			number = this.#answers.length;
			byApproval.set(approved, number);
			this.#answers.push({
				zone: network?.zone ?? "external",
				network: network?.name,
				server: server?.server,
				columns: server?.columns,
				approved: approved?.name
			});
		}
		return number;
	}
	#forget() {
		this.#answers.length = 1;
		this.#numbers.clear();
		this.#v4.clear();
		this.#v6.clear();
	}
};
/** The map under a key, made when it is first asked for. */
function within(maps, key) {
	let inner = maps.get(key);
	if (inner === void 0) {
		inner = /* @__PURE__ */ new Map();
		maps.set(key, inner);
	}
	return inner;
}
/** Bits that are overwritten from address to address. */
var ReadBits = class {
	family = 0;
	w0 = 0;
	w1 = 0;
	w2 = 0;
	w3 = 0;
	/** Takes over the address that was read last, of the family that reading it returned. */
	take(family) {
		this.family = family;
		this.w0 = words[0];
		this.w1 = words[1];
		this.w2 = words[2];
		this.w3 = words[3];
	}
};
// src/enrich/tables/issues.ts
/** So many problems of one file are kept; the rest is counted. */
const MAX_ISSUES = 20;
/** The problem in one line: `servers.csv:7: address "10.0.0.300": no IPv4 or IPv6 address: write …`. */
function describeIssue(path, issue) {
	return [
		issue.line === void 0 ? path : `${path}:${issue.line}`,
		[issue.column, issue.value === void 0 ? void 0 : quote(issue.value)].filter((part) => part !== void 0).join(" "),
		issue.reason
	].filter((part) => part !== "").join(": ");
}
/** A value from outside as it may stand in a message: in quotes, without line breaks, cut to 80 characters. */
function quote(value) {
	return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
}
/** Collects the first problems and counts the others. */
var Issues = class {
	list = [];
	total = 0;
	report = (issue) => {
		if (this.list.length < MAX_ISSUES) this.list.push(issue);
		this.total++;
	};
};
// src/enrich/tables/tables.ts
/** The files that the options name, each once; without other word, ports come from the file that ships with the program. */
function tablePaths(options) {
	return TABLE_NAMES.flatMap((table) => {
		const named = options[table] ?? (table === "ports" ? asset("lookups/ports.csv") : []);
		return [...new Set([named].flat())].map((path) => ({
			table,
			path
		}));
	});
}
/** Reads a file of the table that is no larger than such files may be. */
function readTableFile(table, path) {
	return readContent(path, kindOf(table).maxBytes);
}
/** Reads content as a file of a kind. Nothing that it holds makes this throw. */
async function parseTable(kind, content) {
	if ("problem" in content) return {
		table: void 0,
		rows: 0,
		digest: void 0,
		issues: [content.problem],
		issueCount: 1
	};
	const issues = new Issues();
	const { content: table, rows } = await kind.parse(content.bytes, issues.report);
	const list = issues.list.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
	return {
		table: issues.total === 0 ? table : void 0,
		rows,
		digest: content.digest,
		issues: list,
		issueCount: issues.total
	};
}
/** Reads content as a file of the table of that name. */
async function readTable(table, path, content) {
	const reading = await parseTable(kindOf(table), content);
	if (reading.table === void 0 || reading.digest === void 0) return {
		...reading,
		table: void 0
	};
	const { rows, digest } = reading;
	return {
		...reading,
		table: {
			table,
			path,
			rows,
			digest,
			version: short(digest),
			content: reading.table
		}
	};
}
/** A snapshot of what was loaded; a table that has no file is empty. */
function snapshotOf(loaded) {
	const filesOf = (name) => loaded.filter(({ table }) => table === name);
	const contents = Object.fromEntries(TABLE_NAMES.map((name) => [name, kindOf(name).join(filesOf(name))]));
	const versions = TABLE_NAMES.flatMap((name) => {
		const none = kindOf(name).files === "one" ? ["none"] : [];
		const own = filesOf(name).map(({ version }) => version);
		return (own.length > 0 ? own : none).map((version) => `${name} ${version}\n`);
	});
	return {
		...contents,
		version: short(digestOf(versions.join(""))),
		files: loaded.map(({ table, path, rows, version }) => ({
			table,
			path,
			rows,
			version
		})),
		addresses: new AddressBook(contents.servers, contents.networks, contents.approvedDestinations)
	};
}
/** How many rows, in words: `no rows`, `1 row`, `2 rows`. */
function countOf(rows) {
	return rows === 0 ? "no rows" : rows === 1 ? "1 row" : `${rows} rows`;
}
/** The first problem of a file in one line, with how many more there are. */
function describeProblems(path, { issues, issueCount }) {
	const first = issues[0] === void 0 ? `${path}: unknown problem` : describeIssue(path, issues[0]);
	return issueCount > 1 ? `${first} (and ${issueCount - 1} more: see flowferry lookups check)` : first;
}
/** Reads all tables once. Throws UsageError with one line for each file that is missing or wrong. */
async function loadTables(options) {
	const loaded = [];
	const faults = [];
	for (const { table, path } of tablePaths(options)) {
		const reading = await readTable(table, path, await readTableFile(table, path));
		if (reading.table === void 0) faults.push(describeProblems(path, reading));
		else loaded.push(reading.table);
	}
	if (faults.length > 0) throw new UsageError("bad-lookups", faults.join("\n"));
	return loaded;
}
export { readTableFile as a, Issues as c, readTable as i, describeIssue as l, describeProblems as n, snapshotOf as o, loadTables as r, tablePaths as s, countOf as t, AddressMemory as u };
