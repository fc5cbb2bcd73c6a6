import { h as NONE$1 } from "./access-CkpRYHIj.js";
import { d as or, f as predicates, l as and, o as formatTimespan, u as not } from "./yaml-file-Cn6pywsC.js";
import { t as compileCondition } from "./compile-DH_54Bg1.js";
import { a as formatIpv4, o as ipv4Bits, s as readIpv4 } from "./address-DjrRxJ5_.js";
import { n as Flow } from "./flow-D81O7cbI.js";
import { t as Failure } from "./errors-C4nvsd9u.js";
import { createHash } from "node:crypto";
// src/detect/stream/specialise.ts
/** What remains of a condition for flows of which some fields are known. Equal to the condition on all such flows. */
function specialise(condition, known) {
	switch (condition.kind) {
		case "constant": return condition;
		case "and": return and(condition.terms.map((term) => specialise(term, known)));
		case "or": return or(condition.terms.map((term) => specialise(term, known)));
		case "not": return not(specialise(condition.term, known));
		default: {
			const { column, field } = condition.field;
			const value = column === void 0 && known.has(field) ? answerTo(condition, known.get(field)) : void 0;
			return value === void 0 ? condition : {
				kind: "constant",
				value
			};
		}
	}
}
/** Whether the predicate holds for that value of its field, a number or one of an enumeration; undefined when that does not tell. */
function answerTo(predicate, value) {
	switch (predicate.kind) {
		case "one-of": return value !== void 0 && predicate.values.includes(value);
		case "exists": return value !== void 0;
		case "compare": return typeof value === "number" && holds(predicate.operator, value, predicate.value);
		default: return;
	}
}
function holds(operator, value, limit) {
	switch (operator) {
		case "gt": return value > limit;
		case "gte": return value >= limit;
		case "lt": return value < limit;
		case "lte": return value <= limit;
	}
}
const FIRST = 2;
/** Sorts the numbers by what the conditions ask of the field. `limit`: 65,535 at most. */
function classify(conditions, field, limit) {
	const asked = conditions.flatMap((condition) => [...predicates(condition)]).filter(({ field: ref }) => ref.field === field && ref.column === void 0);
	const starts = asked.flatMap(startsOf).filter((start) => start > 0 && start <= limit);
	const classes = new Uint16Array(limit + 1);
	const examples = [];
	const known = /* @__PURE__ */ new Map();
	let from = 0;
	for (const end of [...new Set(starts), limit + 1].toSorted((a, b) => a - b)) {
		const answers = asked.map((predicate) => answerTo(predicate, from)).join();
		const number = known.get(answers) ?? FIRST + examples.push(from) - 1;
		known.set(answers, number);
		classes.fill(number, from, end);
		from = end;
	}
	return {
		count: FIRST + examples.length,
		of: (value) => value === void 0 ? 0 : classes[value] ?? 1,
		example: (number) => examples[number - FIRST]
	};
}
/** Whole numbers for which the answer may be another than for the number before. */
function startsOf(predicate) {
	if (predicate.kind === "one-of") return predicate.values.map(Number).flatMap((value) => [value, value + 1]);
	if (predicate.kind === "compare") return [Math.ceil(predicate.value), Math.floor(predicate.value) + 1];
	return [];
}
// src/detect/stream/dispatch.ts
const STATUSES = [
	"OK",
	"NODATA",
	"SKIPDATA"
];
const ACTIONS = [
	"accept",
	"reject",
	void 0
];
const DIRECTIONS = [
	"ingress",
	"egress",
	"unknown"
];
const INITIATORS = [
	"source",
	"destination",
	"unknown"
];
const ZONES = [
	"internal",
	"external",
	"invalid",
	"provider",
	"multicast",
	"broadcast",
	void 0
];
const ZONE_COUNT = ZONES.length;
const TRAFFIC_TYPES = [
	"east-west",
	"north-south",
	void 0
];
/**
* Finds the rules that a flow matches without asking all of them: conditions are reduced for each combination of status, action, direction,
* initiator, zones, type of traffic, protocol and destination port, when it is first met; of protocols and ports only what the rules ask of them makes
* a difference.
*/
function createDispatch(rules) {
	const conditions = rules.map(({ condition }) => condition);
	const protocols = classify(conditions, "protocol", 255);
	const ports = classify(conditions, "destinationPort", 65535);
	const cells = new Array(81 * ZONE_COUNT * ZONE_COUNT * 3 * protocols.count).fill(void 0);
	const buildCell = (flow) => {
		const known = new Map([
			["status", STATUSES[statusCode(flow.status)]],
			["action", ACTIONS[actionCode(flow.action)]],
			["direction", DIRECTIONS[directionCode(flow.direction)]],
			["initiator", INITIATORS[initiatorCode(flow.initiator)]],
			["sourceZone", ZONES[zoneCode(flow.sourceZone)]],
			["destinationZone", ZONES[zoneCode(flow.destinationZone)]],
			["trafficType", TRAFFIC_TYPES[trafficCode(flow.trafficType)]],
			...knownOf("protocol", protocols, flow.protocol)
		]);
		return {
			left: conditions.map((condition, index) => ({
				index,
				condition: specialise(condition, known)
			})).filter(({ condition }) => isPossible(condition)),
			byPort: new Array(ports.count).fill(void 0)
		};
	};
	const candidatesOf = ({ left }, flow) => {
		const known = new Map(knownOf("destinationPort", ports, flow.destinationPort));
		return left.flatMap(({ index, condition }) => {
			const rest = specialise(condition, known);
			if (!isPossible(rest)) return [];
			return [{
				index,
				test: rest.kind === "constant" ? void 0 : compileCondition(rest)
			}];
		});
	};
	return (flow, hit) => {
		const kind = ((statusCode(flow.status) * 3 + actionCode(flow.action)) * 3 + directionCode(flow.direction)) * 3 + initiatorCode(flow.initiator);
		const sides = zoneCode(flow.sourceZone) * ZONE_COUNT + zoneCode(flow.destinationZone);
		const code = ((kind * ZONE_COUNT * ZONE_COUNT + sides) * 3 + trafficCode(flow.trafficType)) * protocols.count + protocols.of(flow.protocol);
		let cell = cells[code];
		if (cell === void 0) {
			cell = buildCell(flow);
			cells[code] = cell;
		}
		const port = ports.of(flow.destinationPort);
		let candidates = cell.byPort[port];
		if (candidates === void 0) {
			candidates = candidatesOf(cell, flow);
			cell.byPort[port] = candidates;
		}
		for (let position = 0; position < candidates.length; position++) {
			const { index, test } = candidates[position];
			if (test === void 0 || test(flow)) hit(index, flow);
		}
	};
}
function isPossible(condition) {
	return condition.kind !== "constant" || condition.value;
}
/** What the class of the value tells of it. */
function knownOf(field, classes, value) {
	const number = classes.of(value);
	if (number === 1) return [];
	return [[field, number === 0 ? void 0 : classes.example(number)]];
}
function statusCode(status) {
	return status === "OK" ? 0 : status === "NODATA" ? 1 : 2;
}
function actionCode(action) {
	return action === "accept" ? 0 : action === "reject" ? 1 : 2;
}
function directionCode(direction) {
	return direction === "ingress" ? 0 : direction === "egress" ? 1 : 2;
}
function initiatorCode(initiator) {
	return initiator === "source" ? 0 : initiator === "destination" ? 1 : 2;
}
function zoneCode(zone) {
	switch (zone) {
		case "internal": return 0;
		case "external": return 1;
		case "invalid": return 2;
		case "provider": return 3;
		case "multicast": return 4;
		case "broadcast": return 5;
		case void 0: return 6;
	}
}
function trafficCode(type) {
	return type === "east-west" ? 0 : type === "north-south" ? 1 : 2;
}
/** Of a tuple: how many use it, and from there on its integers. */
const USERS = 0;
const INTEGERS$1 = 1;
/** Of a slot: the hash of the tuple in it (so that those of others are passed without a look at them), and its number + 1, or 0. */
const SLOT = 2;
const HASH = 0;
const NUMBER$1 = 1;
/**
* Numbers tuples of 32-bit integers as long as they are used: a hash table (open addressing, linear probing) that allocates nothing for a
* tuple.
*/
var Numbering = class {
	/** How often a tuple came into use: until the next time, one without a number has none. */
	begun = 0;
	/** How often a tuple went out of use: until the next time, every number stays true. */
	ended = 0;
	#width;
	#stride;
	#tuples;
	#free = [];
	#next = 0;
	/** A power of two of them, at most half of them taken. */
	#slots = /* @__PURE__ */ new Int32Array(128);
	/** `width`: how many integers a tuple has. */
	constructor(width) {
		this.#width = width;
		this.#stride = INTEGERS$1 + width;
		this.#tuples = new Int32Array(16 * this.#stride);
	}
	/** The number of the tuple, NONE when it is not in use. */
	find(integers) {
		return this.#search(integers, this.#hash(integers));
	}
	/** The number of the tuple, with one more user. */
	take(integers) {
		const hash = this.#hash(integers);
		const known = this.#search(integers, hash);
		const number = known === -1 ? this.#begin(integers, hash) : known;
		this.#tuples[number * this.#stride + USERS]++;
		return number;
	}
	/** One user less. True when it was the last one: then the number is free. */
	release(number) {
		if (--this.#tuples[number * this.#stride + USERS] > 0) return false;
		this.#vacate(number);
		this.#free.push(number);
		this.ended++;
		return true;
	}
	users(number) {
		return this.#tuples[number * this.#stride + USERS];
	}
	/** The integer at that position of a tuple in use. */
	integer(number, position) {
		return this.#tuples[number * this.#stride + INTEGERS$1 + position];
	}
	#begin(integers, hash) {
		const number = this.#free.pop() ?? this.#next++;
		const at = number * this.#stride;
		if (at === this.#tuples.length) {
			const wider = new Int32Array(this.#tuples.length * 2);
			wider.set(this.#tuples);
			this.#tuples = wider;
		}
		this.#tuples[at + USERS] = 0;
		for (let index = 0; index < this.#width; index++) this.#tuples[at + INTEGERS$1 + index] = integers[index];
		this.begun++;
		if ((this.begun - this.ended) * 2 * SLOT > this.#slots.length) this.#widen();
		settle(this.#slots, hash, number);
		return number;
	}
	#hash(integers, from = 0) {
		let hash = 0;
		for (let index = 0; index < this.#width; index++) {
			hash = Math.imul(hash ^ integers[from + index], 2654435761);
			hash ^= hash >>> 15;
		}
		return hash;
	}
	#search(integers, hash) {
		const slots = this.#slots;
		const mask = slots.length - 1;
		for (let slot = hash * SLOT & mask;; slot = slot + SLOT & mask) {
			const number = slots[slot + NUMBER$1] - 1;
			if (number === -1) return -1;
			if (slots[slot + HASH] === hash && this.#equals(number, integers)) return number;
		}
	}
	#equals(number, integers) {
		const at = number * this.#stride + INTEGERS$1;
		for (let index = 0; index < this.#width; index++) if (this.#tuples[at + index] !== integers[index]) return false;
		return true;
	}
	/** Empties the slot of the tuple, and moves those behind it that would no longer be found. */
	#vacate(number) {
		const slots = this.#slots;
		const mask = slots.length - 1;
		let gap = this.#hash(this.#tuples, number * this.#stride + INTEGERS$1) * SLOT & mask;
		while (slots[gap + NUMBER$1] !== number + 1) gap = gap + SLOT & mask;
		for (let slot = gap + SLOT & mask; slots[slot + NUMBER$1] !== 0; slot = slot + SLOT & mask) {
			const home = slots[slot + HASH] * SLOT & mask;
			if ((slot - home & mask) < (slot - gap & mask)) continue;
			slots[gap + HASH] = slots[slot + HASH];
			slots[gap + NUMBER$1] = slots[slot + NUMBER$1];
			gap = slot;
		}
		slots[gap + NUMBER$1] = 0;
	}
	#widen() {
		const narrow = this.#slots;
		this.#slots = new Int32Array(narrow.length * 2);
		for (let slot = 0; slot < narrow.length; slot += SLOT) {
			const number = narrow[slot + NUMBER$1] - 1;
			if (number !== -1) settle(this.#slots, narrow[slot + HASH], number);
		}
	}
};
function settle(slots, hash, number) {
	const mask = slots.length - 1;
	let slot = hash * SLOT & mask;
	while (slots[slot + NUMBER$1] !== 0) slot = slot + SLOT & mask;
	slots[slot + HASH] = hash;
	slots[slot + NUMBER$1] = number + 1;
}
// src/detect/stream/rows.ts
/** Bytes of a row: about one line of the processor's cache, so that one access to memory brings all of it. */
const WIDTH = 64;
/** To find a row in the integers and in the numbers. */
const INTEGERS = WIDTH / Int32Array.BYTES_PER_ELEMENT;
const NUMBERS = WIDTH / Float64Array.BYTES_PER_ELEMENT;
/** The rows of a table. Its two views show the same bytes; both are others after `reach`. */
var Rows = class {
	integers = new Int32Array(16 * INTEGERS);
	numbers = new Float64Array(this.integers.buffer);
	/** Makes room for the row. */
	reach(row) {
		if (row * INTEGERS < this.integers.length) return;
		const integers = new Int32Array(this.integers.length * 2);
		integers.set(this.integers);
		this.integers = integers;
		this.numbers = new Float64Array(integers.buffer);
	}
};
// src/detect/stream/visit.ts
/**
* Shows the rows of a table as they are at one moment, while the table goes on: a row that is about to change is shown before. Rows stand in
* the order of their latest touches, so what is still to be shown are neighbours, from the youngest back; a row that changes leaves them.
*/
var Visit = class {
	/** Rows touched later than this are not to be shown, 0 when none is. */
	latest = 0;
	#rows;
	/** Rows touched so early are not to be shown either. */
	#after = 0;
	#youngest = -1;
	#show = () => {};
	constructor(rows) {
		this.#rows = rows;
	}
	/** Begins with the table as it is, in place of an earlier visit: `show` is to be told once of each row that was touched later than `after`. */
	begin(youngest, after, show) {
		this.#after = after;
		this.#show = show;
		this.#settleOn(youngest);
	}
	/** Shows one more row. False when all have been shown. */
	next() {
		if (this.latest === 0) return false;
		const row = this.#youngest;
		this.#settleOn(this.#older(row));
		this.#show(row);
		return true;
	}
	/** To be called before a row changes or goes that was touched no later than `latest`. */
	before(row) {
		if (this.#touched(row) <= this.#after) return;
		if (row === this.#youngest) this.#settleOn(this.#older(row));
		this.#show(row);
	}
	/** Shows nothing more. */
	end() {
		this.#settleOn(-1);
	}
	#settleOn(row) {
		const touched = row === -1 ? 0 : this.#touched(row);
		this.#youngest = row;
		this.latest = touched > this.#after ? touched : 0;
	}
	#touched(row) {
		return this.#rows.numbers[row * NUMBERS + 7];
	}
	#older(row) {
		return this.#rows.integers[row * INTEGERS + 0];
	}
};
// src/detect/stream/groups.ts
/**
* Groups by key, in the order in which they were last touched, within limits. Most groups never see a second flow, and there are many of
* them: so they are rows of numbers, not objects that the garbage collector has to follow.
*/
var Groups = class {
	evicted = 0;
	rows = new Rows();
	/** Told of each row before it changes or goes. */
	#visit = new Visit(this.rows);
	#limits;
	#keys;
	/** The number of this table among those over the same keys. */
	#table;
	#states = [];
	#free = [];
	#size = 0;
	#touches = 0;
	#oldest = -1;
	#youngest = -1;
	#items = 0;
	constructor(limits, keys) {
		this.#limits = limits;
		this.#keys = keys;
		this.#table = keys.rows.register();
	}
	get size() {
		return this.#size;
	}
	/** How often a group was added or touched: the number of the latest touch. */
	get touches() {
		return this.#touches;
	}
	/** The latest touch of the group untouched for longest: groups whose latest touch was before it are forgotten. What is to come, when there is no group. */
	get oldestTouch() {
		return this.#oldest === -1 ? this.#touches + 1 : this.touched(this.#oldest);
	}
	/**
	* Shows the groups touched after that touch, as they are now, one at each call of `next`: a group that changes before is shown at that
	* moment. One visit at a time.
	*/
	visit(after, show) {
		this.#visit.begin(this.#youngest, after, show);
		return this.#visit;
	}
	/** The group of that key as it stands; NONE when there is none. */
	find(key) {
		return key === -1 ? -1 : this.#keys.rows.get(key, this.#table);
	}
	/** The group of that key, now the youngest; NONE when there is none. */
	touch(key, time) {
		const row = this.find(key);
		if (row === -1) return -1;
		this.renew(row);
		if (time > this.newest(row)) this.rows.numbers[row * NUMBERS + 2] = time;
		return row;
	}
	/** The group is now the youngest. To be called before anything of it changes. */
	renew(row) {
		const { numbers } = this.rows;
		const at = row * NUMBERS + 7;
		if (numbers[at] <= this.#visit.latest) this.#visit.before(row);
		numbers[at] = ++this.#touches;
		if (row === this.#youngest) return;
		this.#unlink(row);
		this.#link(row);
	}
	/** Takes in a group whose key is new, as the youngest, and takes over one use of the key. */
	add(key, time, state) {
		if (this.find(key) !== -1) throw new TypeError(`a second group of the key ${this.#keys.text(key)}`);
		if (this.#size >= this.#limits.groups) this.#evict();
		const row = this.#begin(key);
		this.rows.numbers[row * NUMBERS + 7] = ++this.#touches;
		this.rows.numbers[row * NUMBERS + 2] = time;
		this.#states[row] = state;
		return row;
	}
	/**
	* Puts back a saved group, in place of one of the same key that was touched earlier, and takes over one use of the key. Limits hold and
	* the order is right after `settle`.
	*/
	load(key, touched, time, state, items) {
		const known = this.find(key);
		if (known !== -1 && touched <= this.touched(known)) throw new TypeError(`the group of the key ${this.#keys.text(key)} comes again`);
		if (known !== -1) this.#keys.release(key);
		const row = known === -1 ? this.#begin(key) : known;
		const weight = row * INTEGERS + 3;
		this.#items += items - this.rows.integers[weight];
		this.rows.integers[weight] = items;
		this.rows.numbers[row * NUMBERS + 7] = touched;
		this.rows.numbers[row * NUMBERS + 2] = time;
		this.#states[row] = state;
		return row;
	}
	/** To be called when all groups are loaded; `touches`: the number of the latest touch when they were saved. */
	settle(touches) {
		const rows = [...this].sort((a, b) => this.touched(a) - this.touched(b));
		this.#oldest = -1;
		this.#youngest = -1;
		for (const row of rows) this.#link(row);
		this.#touches = touches;
		while (this.#size > this.#limits.groups || this.#items > this.#limits.items && this.#oldest !== this.#youngest) this.#evict();
	}
	key(row) {
		return this.rows.integers[row * INTEGERS + 2];
	}
	/** Latest event time that touched the group. */
	newest(row) {
		return this.rows.numbers[row * NUMBERS + 2];
	}
	/** The number of the group's latest touch. */
	touched(row) {
		return this.rows.numbers[row * NUMBERS + 7];
	}
	state(row) {
		return this.#states[row];
	}
	setState(row, state) {
		this.#states[row] = state;
	}
	/** Tells how many items the group holds now. Older groups make room when the table holds too many. */
	weigh(row, items) {
		const { integers } = this.rows;
		const at = row * INTEGERS + 3;
		this.#items += items - integers[at];
		integers[at] = items;
		while (this.#items > this.#limits.items && this.#oldest !== row) this.#evict();
	}
	/** Forgets the longest untouched groups while their latest time lies before the given one. */
	expire(before) {
		while (this.#oldest !== -1 && this.newest(this.#oldest) < before) this.#remove(this.#oldest);
	}
	/** Every group, the longest untouched first. */
	*[Symbol.iterator]() {
		for (let row = this.#oldest; row !== -1; row = this.rows.integers[row * INTEGERS + 1]) yield row;
	}
	/** A row for the key, as the youngest; nothing else of it is set. */
	#begin(key) {
		const row = this.#free.pop() ?? this.#states.length;
		this.rows.reach(row);
		this.#keys.rows.set(key, this.#table, row);
		this.rows.integers[row * INTEGERS + 2] = key;
		this.rows.integers[row * INTEGERS + 3] = 0;
		this.#link(row);
		this.#size++;
		return row;
	}
	#evict() {
		if (this.#oldest === -1) return;
		this.#remove(this.#oldest);
		this.evicted++;
	}
	#remove(row) {
		if (this.touched(row) <= this.#visit.latest) this.#visit.before(row);
		this.#unlink(row);
		const key = this.key(row);
		this.#keys.rows.set(key, this.#table, -1);
		this.#keys.release(key);
		this.#states[row] = void 0;
		this.#free.push(row);
		this.#size--;
		this.#items -= this.rows.integers[row * INTEGERS + 3];
	}
	#link(row) {
		const { integers } = this.rows;
		integers[row * INTEGERS + 0] = this.#youngest;
		integers[row * INTEGERS + 1] = -1;
		if (this.#youngest === -1) this.#oldest = row;
		else integers[this.#youngest * INTEGERS + 1] = row;
		this.#youngest = row;
	}
	#unlink(row) {
		const { integers } = this.rows;
		const older = integers[row * INTEGERS + 0];
		const younger = integers[row * INTEGERS + 1];
		if (older === -1) this.#oldest = younger;
		else integers[older * INTEGERS + 1] = younger;
		if (younger === -1) this.#youngest = older;
		else integers[younger * INTEGERS + 0] = older;
	}
};
const DIGIT_0 = 48;
const DIGIT_9 = 57;
/**
* A value of a flow as keys are made of it. Equal parts are those with equal texts. Numbers and IPv4 addresses, which is what groups are
* mostly keyed by, are 32 bits: to look up a text in a Map makes the engine intern it, which costs more than to read it.
*/
var Part = class {
	kind = 0;
	/** Of a number or an IPv4 address. */
	bits = 0;
	/** Of any other text. */
	text = "";
	set(value) {
		if (typeof value === "number") {
			if ((value | 0) === value && value >= 0) this.#setBits(0, value);
			else this.#setText(String(value));
			return;
		}
		const first = value.charCodeAt(0);
		if (!(first >= DIGIT_0 && first <= DIGIT_9)) this.#setText(value);
		else if (readIpv4(value, 0, value.length)) this.#setBits(1, ipv4Bits[0]);
		else if (value.length <= 10 && String(Number(value) & 2147483647) === value) this.#setBits(0, Number(value));
		else this.#setText(value);
	}
	#setBits(kind, bits) {
		this.kind = kind;
		this.bits = bits;
	}
	#setText(text) {
		this.kind = 2;
		this.text = text;
	}
};
/** The text of a number or an IPv4 address. */
function textOfBits(kind, bits) {
	return kind === 1 ? formatIpv4(bits) : String(bits);
}
/** Reads one field of flows; what it read of the latest flow serves everybody who asks for it. */
var PartReader = class {
	#get;
	#part = new Part();
	/** The latest flow, by object and record: a flow itself would be kept from the garbage collector. */
	#origin;
	#record = 0;
	constructor(get) {
		this.#get = get;
	}
	/** The value of the flow's field, empty when it is missing. To be used before the next flow is read. */
	read(flow) {
		if (flow.record !== this.#record || flow.origin !== this.#origin) {
			this.#record = flow.record;
			this.#origin = flow.origin;
			this.#part.set(this.value(flow));
		}
		return this.#part;
	}
	value(flow) {
		const value = this.#get(flow) ?? "";
		return typeof value === "string" || typeof value === "number" ? value : String(value);
	}
};
// src/detect/stream/row-index.ts
/** Where the groups of a key stand, in every table over these keys: side by side, since a flow is asked for in one table after the other. */
var RowIndex = class {
	#tables = 0;
	/** Of each key, for each table: the row + 1, or 0. */
	#rows = /* @__PURE__ */ new Int32Array(0);
	/** The number of one more table. To be called for all of them before the first row is set. */
	register() {
		if (this.#rows.length > 0) throw new Error("a table came after the first group");
		return this.#tables++;
	}
	/** The row of the key's group in the table, -1 when it has none. */
	get(key, table) {
		const at = key * this.#tables + table;
		return at < this.#rows.length ? this.#rows[at] - 1 : -1;
	}
	/** -1 for none. */
	set(key, table, row) {
		const end = (key + 1) * this.#tables;
		if (end > this.#rows.length) {
			const wider = new Int32Array(Math.max(end, this.#rows.length * 2));
			wider.set(this.#rows);
			this.#rows = wider;
		}
		this.#rows[key * this.#tables + table] = row + 1;
	}
};
// src/detect/stream/texts.ts
/** Numbers texts as long as they are used. */
var Texts = class {
	rows = new RowIndex();
	#numbers = /* @__PURE__ */ new Map();
	#texts = [];
	#users = [];
	#free = [];
	/** The number of the text, NONE when it is not in use. */
	find(text) {
		return this.#numbers.get(text) ?? -1;
	}
	/** The number of the text, with one more user. */
	take(text) {
		const number = this.#numbers.get(text) ?? this.#begin(text);
		this.#users[number]++;
		return number;
	}
	text(number) {
		return this.#texts[number];
	}
	pack(number) {
		return this.text(number);
	}
	unpack(data) {
		if (typeof data !== "string") throw new TypeError("not a text");
		return this.take(data);
	}
	release(number) {
		if (--this.#users[number] > 0) return;
		this.#numbers.delete(this.text(number));
		this.#texts[number] = "";
		this.#free.push(number);
	}
	#begin(text) {
		const number = this.#free.pop() ?? this.#texts.length;
		this.#texts[number] = text;
		this.#users[number] = 0;
		this.#numbers.set(text, number);
		return number;
	}
};
// src/detect/stream/window.ts
/** First position whose time is not before the given one. `times` ascend. */
function lowerBound(times, time) {
	let low = 0;
	let high = times.length;
	while (low < high) {
		const middle = low + high >>> 1;
		if (times[middle] < time) low = middle + 1;
		else high = middle;
	}
	return low;
}
/** First position whose time is after the given one. `times` ascend. */
function upperBound(times, time) {
	let low = 0;
	let high = times.length;
	while (low < high) {
		const middle = low + high >>> 1;
		if (times[middle] <= time) low = middle + 1;
		else high = middle;
	}
	return low;
}
/** Checks a list of numbers of a saved state. */
function numbersOf(data) {
	if (!Array.isArray(data) || !data.every((item) => typeof item === "number")) throw new TypeError("not a list of numbers");
	return [...data];
}
/** Checks a map of a saved state. */
function recordOf(data) {
	if (typeof data !== "object" || data === null || Array.isArray(data)) throw new TypeError("not a map");
	return data;
}
/** Checks a list of a saved state. */
function listOf(data) {
	if (!Array.isArray(data)) throw new TypeError("not a list");
	return data;
}
/** Kinds of parts have two bits each: so many fit in one integer. */
const KINDS = 16;
/** Numbers tuples of parts as long as they are used. */
var Tuples = class {
	rows = new RowIndex();
	width;
	#texts;
	#numbering;
	/** How many integers hold the kinds of the parts; behind them each part has one, its bits or the number of its text. */
	#kinds;
	#integers;
	/** `width`: how many parts a tuple has. */
	constructor(texts, width) {
		this.#texts = texts;
		this.width = width;
		this.#kinds = Math.ceil(width / KINDS);
		this.#integers = new Int32Array(this.#kinds + width);
		this.#numbering = new Numbering(this.#integers.length);
	}
	/** How often a tuple came into use: until the next time, one without a number has none. */
	get begun() {
		return this.#numbering.begun;
	}
	/** How often a tuple went out of use: until the next time, every number stays true. */
	get ended() {
		return this.#numbering.ended;
	}
	/** The number of the tuple, NONE when it is not in use. */
	find(parts) {
		const integers = this.#integers;
		for (let index = 0; index < this.#kinds; index++) integers[index] = 0;
		for (let index = 0; index < parts.length; index++) {
			const { kind, bits, text } = parts[index];
			const integer = kind === 2 ? this.#texts.find(text) : bits;
			if (kind === 2 && integer === -1) return -1;
			this.#put(index, kind, integer);
		}
		return this.#numbering.find(integers);
	}
	/** The number of the tuple, with one more user. */
	take(parts) {
		const integers = this.#integers;
		for (let index = 0; index < this.#kinds; index++) integers[index] = 0;
		for (let index = 0; index < parts.length; index++) {
			const { kind, bits, text } = parts[index];
			this.#put(index, kind, kind === 2 ? this.#texts.take(text) : bits);
		}
		const number = this.#numbering.take(integers);
		if (this.#numbering.users(number) > 1) this.#releaseTexts(number);
		return number;
	}
	text(number) {
		return this.pack(number).join("");
	}
	pack(number) {
		const texts = [];
		for (let index = 0; index < this.width; index++) {
			const kind = this.#kind(number, index);
			const integer = this.#integer(number, index);
			texts.push(kind === 2 ? this.#texts.text(integer) : textOfBits(kind, integer));
		}
		return texts;
	}
	unpack(data) {
		const texts = listOf(data);
		if (texts.length !== this.width) throw new TypeError("not a key");
		return this.take(texts.map(partOf));
	}
	release(number) {
		if (this.#numbering.release(number)) this.#releaseTexts(number);
	}
	#put(index, kind, integer) {
		this.#integers[index / KINDS | 0] |= kind << 2 * (index % KINDS);
		this.#integers[this.#kinds + index] = integer;
	}
	#kind(number, index) {
		return this.#numbering.integer(number, index / KINDS | 0) >>> 2 * (index % KINDS) & 3;
	}
	#integer(number, index) {
		return this.#numbering.integer(number, this.#kinds + index);
	}
	/** A tuple uses its texts once, however many users it has itself. */
	#releaseTexts(number) {
		for (let index = 0; index < this.width; index++) if (this.#kind(number, index) === 2) this.#texts.release(this.#integer(number, index));
	}
};
function partOf(text) {
	if (typeof text !== "string") throw new TypeError("not a text");
	const part = new Part();
	part.set(text);
	return part;
}
// src/detect/stream/keys.ts
/**
* Makes groupings. All over so many fields share the numbers of keys: so keys over different fields (a source here, a destination there) can
* be the same, and what was found for a flow serves every rule that asks for it.
*/
function createGroupings() {
	const texts = new Texts();
	const tuples = /* @__PURE__ */ new Map();
	const groupings = /* @__PURE__ */ new Map();
	const readers = /* @__PURE__ */ new Map();
	const tuplesOf = (width) => {
		const known = tuples.get(width) ?? new Tuples(texts, width);
		tuples.set(width, known);
		return known;
	};
	const readerOf = ({ name, get }) => {
		const known = readers.get(name) ?? new PartReader(get);
		readers.set(name, known);
		return known;
	};
	return (fields) => {
		const id = fields.map((field) => field.name).join();
		const known = groupings.get(id) ?? new FlowGrouping(fields.map(readerOf), tuplesOf(fields.length));
		groupings.set(id, known);
		return known;
	};
}
/** The values of the fields as a match reports them; null where the flow has none. */
function groupValues(names, fields, flow) {
	const values = {};
	for (const [index, name] of names.entries()) values[name] = groupValue(fields[index]?.get(flow));
	return values;
}
function groupValue(value) {
	if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
	return value === void 0 || value === null ? null : String(value);
}
var FlowGrouping = class {
	keys;
	#readers;
	#parts = [];
	/** The key of the latest flow, by object and record, and what the keys' counter was: `begun` for no key, `ended` for one. */
	#origin;
	#record = 0;
	#key = -1;
	#counter = 0;
	constructor(readers, keys) {
		this.#readers = readers;
		this.keys = keys;
	}
	find(flow) {
		return flow.record === this.#record && flow.origin === this.#origin && this.#counter === this.#now() ? this.#key : this.#remember(flow, this.keys.find(this.#read(flow)));
	}
	take(flow) {
		return this.#remember(flow, this.keys.take(this.#read(flow)));
	}
	text(flow) {
		return this.#readers.map((reader) => reader.value(flow)).join("");
	}
	#read(flow) {
		for (let index = 0; index < this.#readers.length; index++) this.#parts[index] = this.#readers[index].read(flow);
		return this.#parts;
	}
	#remember({ origin, record }, key) {
		this.#origin = origin;
		this.#record = record;
		this.#key = key;
		this.#counter = this.#now();
		return key;
	}
	#now() {
		return this.#key === -1 ? this.keys.begun : this.keys.ended;
	}
};
// src/detect/match.ts
function sampleOf(flow) {
	const { context, origin } = flow;
	return {
		uid: flow.uid,
		time: flow.time,
		action: flow.action,
		protocol: flow.protocolName ?? flow.protocol?.toString(),
		sourceAddress: flow.sourceAddress,
		sourcePort: flow.sourcePort,
		sourceService: flow.sourceService,
		sourceServer: flow.sourceServer,
		destinationAddress: flow.destinationAddress,
		destinationPort: flow.destinationPort,
		destinationService: flow.destinationService,
		destinationServer: flow.destinationServer,
		direction: flow.direction,
		bytes: flow.bytes === void 0 ? void 0 : plainCounter(flow.bytes),
		packets: flow.packets === void 0 ? void 0 : plainCounter(flow.packets),
		vcn: context.vcn,
		subnet: context.subnet,
		subnetName: flow.subnetName ?? context.subnetName,
		vnic: context.vnic,
		objectKey: origin.key,
		record: flow.record
	};
}
/** Bytes both ways, exact. */
function bytesOf(flow) {
	return addCounters(flow.bytes ?? 0, flow.bytesReverse ?? 0);
}
/** The exact sum: a number up to 2^53 - 1, above that a bigint. */
function addCounters(a, b) {
	if (typeof a === "number" && typeof b === "number") {
		const sum = a + b;
		if (sum <= Number.MAX_SAFE_INTEGER) return sum;
	}
	const sum = BigInt(a) + BigInt(b);
	return sum <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(sum) : sum;
}
/** A counter as plain data: a decimal text above 2^53 - 1. */
function plainCounter(counter) {
	return typeof counter === "bigint" ? counter.toString() : counter;
}
/** The counter of plain data. Throws TypeError on anything else. */
function counterOf(data) {
	if (typeof data === "number") return data;
	if (typeof data === "string" && /^\d{1,40}$/.test(data)) return BigInt(data);
	throw new TypeError("not a counter");
}
// src/detect/stream/run.ts
/** The run of each group of a table. */
var Runs = class {
	#rows;
	/** Counters above 2^53 - 1. */
	#large = /* @__PURE__ */ new Map();
	constructor({ rows }) {
		this.#rows = rows;
	}
	/** No flows yet, or no longer. To be called for each group that is added. */
	clear(row) {
		this.#set(row, 0, Number.NEGATIVE_INFINITY, 0, 0);
	}
	/** Adds a flow; a gap begins a new run. A flow further before the run than the gap is not part of it. */
	extend(row, flow, time, gapMs) {
		const { numbers } = this.#rows;
		const at = row * NUMBERS;
		const last = numbers[at + 4];
		if (numbers[at + 5] === 0 || time > last + gapMs) {
			this.#set(row, time, time, 1, bytesOf(flow));
			return;
		}
		const first = numbers[at + 3];
		if (time < first - gapMs) return;
		if (time > last) numbers[at + 4] = time;
		if (time < first) numbers[at + 3] = time;
		numbers[at + 5]++;
		this.#setBytes(row, addCounters(this.#bytes(row), bytesOf(flow)));
	}
	/** Event time of the earliest flow. */
	first(row) {
		return this.#rows.numbers[row * NUMBERS + 3];
	}
	of(row) {
		const { numbers } = this.#rows;
		const at = row * NUMBERS;
		return {
			first: numbers[at + 3],
			last: numbers[at + 4],
			count: numbers[at + 5],
			bytes: this.#bytes(row)
		};
	}
	pack(row) {
		const { first, last, count, bytes } = this.of(row);
		return [
			first,
			Number.isFinite(last) ? last : null,
			count,
			plainCounter(bytes)
		];
	}
	/** The run of a single flow, for `unpackOne`. */
	packOne(row) {
		return [this.first(row), plainCounter(this.#bytes(row))];
	}
	/** Throws TypeError when the bytes are none. */
	unpackOne(row, time, bytes) {
		this.#set(row, time, time, 1, counterOf(bytes));
	}
	/** Throws TypeError when the data is no run. */
	unpack(row, data) {
		const [first, last, count, bytes] = listOf(data);
		if (typeof first !== "number" || typeof count !== "number") throw new TypeError("not a run of flows");
		this.#set(row, first, typeof last === "number" ? last : Number.NEGATIVE_INFINITY, count, counterOf(bytes));
	}
	#set(row, first, last, count, bytes) {
		const { numbers } = this.#rows;
		const at = row * NUMBERS;
		numbers[at + 3] = first;
		numbers[at + 4] = last;
		numbers[at + 5] = count;
		this.#setBytes(row, bytes);
	}
	#bytes(row) {
		const bytes = this.#rows.numbers[row * NUMBERS + 6];
		return Number.isNaN(bytes) ? this.#large.get(row) ?? 0 : bytes;
	}
	#setBytes(row, bytes) {
		const large = typeof bytes === "bigint";
		this.#rows.numbers[row * NUMBERS + 6] = large ? NaN : bytes;
		if (large) this.#large.set(row, bytes);
		else if (this.#large.size > 0) this.#large.delete(row);
	}
};
// src/detect/stream/baseline.ts
/**
* Totals per group and bucket against the mean and the standard deviation of the group's earlier buckets (empty ones
* count as zero). The newest bucket is judged, once, as soon as its total is exceeded; what comes late for an earlier
* one only adds to the past. Totals are exact up to 2^53.
*/
function createBaseline(detector, options, grouping, emit) {
	const { bucketMs, learnMs, deviations, minimum, field, groupBy } = detector;
	const span = Math.round(detector.historyMs / bucketMs);
	const names = groupBy.map((ref) => ref.name);
	const { keys } = grouping;
	const groups = new Groups(options.limits, keys);
	const runs = new Runs(groups);
	/** Highest normal total of the newest bucket, or Infinity while there is too little to judge by. */
	const thresholdOf = ({ bucket, since, past }) => {
		if (past === void 0 || bucket * bucketMs - since < learnMs) return Number.POSITIVE_INFINITY;
		const first = Math.max(bucket - span, Math.floor(since / bucketMs));
		const length = bucket - first;
		const known = past.totals.slice(lowerBound(past.buckets, first));
		const mean = known.reduce((sum, total) => sum + total, 0) / length;
		const squares = known.reduce((sum, total) => sum + (total - mean) ** 2, (length - known.length) * mean ** 2);
		return Math.max(minimum, mean + deviations * Math.sqrt(squares / length));
	};
	const addToPast = (row, group, bucket, amount) => {
		group.past ??= {
			buckets: [],
			totals: []
		};
		const { buckets, totals } = group.past;
		const position = lowerBound(buckets, bucket);
		if (buckets[position] === bucket) totals[position] = totals[position] + amount;
		else {
			buckets.splice(position, 0, bucket);
			totals.splice(position, 0, amount);
		}
		const expired = lowerBound(buckets, group.bucket - span);
		buckets.splice(0, expired);
		totals.splice(0, expired);
		group.threshold = void 0;
		groups.weigh(row, buckets.length + 1);
	};
	/** Makes room for more than the flow that is the group's only one. */
	const unfold = (row, amount) => {
		const since = runs.first(row);
		const group = {
			since,
			bucket: Math.floor(since / bucketMs),
			total: amount,
			threshold: void 0,
			told: void 0,
			past: void 0
		};
		groups.setState(row, group);
		return group;
	};
	return {
		observe(flow, time) {
			const amount = field === void 0 ? 1 : Number(field.get(flow) ?? 0);
			if (amount <= 0) return;
			const row = groups.touch(grouping.find(flow), time);
			if (row === -1) {
				const added = groups.add(grouping.take(flow), time, amount);
				runs.clear(added);
				runs.extend(added, flow, time, bucketMs);
				return;
			}
			const state = groups.state(row);
			const group = typeof state === "number" ? unfold(row, state) : state;
			const bucket = Math.floor(time / bucketMs);
			if (time < group.since) {
				group.since = time;
				group.threshold = void 0;
			}
			runs.extend(row, flow, time, bucketMs);
			if (bucket < group.bucket) {
				if (bucket >= group.bucket - span) addToPast(row, group, bucket, amount);
				return;
			}
			if (bucket > group.bucket) {
				const { bucket: before, total } = group;
				group.bucket = bucket;
				group.total = 0;
				addToPast(row, group, before, total);
			}
			group.total += amount;
			if (group.told === bucket) return;
			group.threshold ??= thresholdOf(group);
			if (group.total <= group.threshold) return;
			group.told = bucket;
			const { total, threshold } = group;
			const { first, last, count, bytes } = runs.of(row);
			emit(flow, time, keys.text(groups.key(row)), () => ({
				group: groupValues(names, groupBy, flow),
				firstSeen: first,
				lastSeen: last,
				count,
				bytes,
				reason: `${field?.name ?? "flows"} ${format(total)} in ${formatTimespan(bucketMs)}, normal is up to ${format(threshold)}`,
				samples: []
			}));
		},
		expire: (watermark) => groups.expire(watermark - detector.historyMs - bucketMs),
		get groups() {
			return groups.size;
		},
		get evicted() {
			return groups.evicted;
		},
		dropped: 0,
		table: {
			groups,
			pack(row) {
				const state = groups.state(row);
				if (typeof state === "number") return [
					keys.pack(groups.key(row)),
					...runs.packOne(row),
					state
				];
				const { since, bucket, total, told, past } = state;
				const earlier = past === void 0 ? null : [past.buckets, past.totals];
				return [
					keys.pack(groups.key(row)),
					groups.newest(row),
					since,
					bucket,
					total,
					told ?? null,
					earlier,
					runs.pack(row)
				];
			},
			unpack(touched, fields) {
				if (fields.length === 4) {
					const [key, time, bytes, amount] = fields;
					if (typeof time !== "number" || typeof amount !== "number") throw new TypeError("not a flow of a group");
					runs.unpackOne(groups.load(keys.unpack(key), touched, time, amount, 0), time, bytes);
					return;
				}
				const [key, newest, since, bucket, total, lastTold, earlier, run] = fields;
				if (typeof newest !== "number" || typeof since !== "number") throw new TypeError("not a group");
				if (typeof bucket !== "number" || typeof total !== "number") throw new TypeError("not a bucket");
				const told = typeof lastTold === "number" ? lastTold : void 0;
				const past = earlier === null ? void 0 : pastOf(earlier);
				const state = {
					since,
					bucket,
					total,
					threshold: void 0,
					told,
					past
				};
				const items = past === void 0 ? 0 : past.buckets.length + 1;
				runs.unpack(groups.load(keys.unpack(key), touched, newest, state, items), run);
			}
		}
	};
}
function pastOf(data) {
	const [buckets, totals] = listOf(data);
	return {
		buckets: numbersOf(buckets),
		totals: numbersOf(totals)
	};
}
function format(value) {
	return Number.isInteger(value) ? String(value) : value.toFixed(1);
}
// src/detect/stream/prevalence.ts
/** Who speaks with whom, as far as it takes to know what everybody speaks with. Bounded: who was met first is forgotten first. */
var Prevalence = class {
	#peers = /* @__PURE__ */ new Map();
	#most;
	#enough;
	/** `enough`: as many as make a peer common; `most`: peers that are remembered. */
	constructor(enough, most) {
		this.#enough = enough;
		this.#most = most;
	}
	add(who, peer) {
		let known = this.#peers.get(peer);
		if (known === void 0) {
			known = /* @__PURE__ */ new Set();
			this.#peers.set(peer, known);
			if (this.#peers.size > this.#most) this.#peers.delete(this.#peers.keys().next().value);
		}
		if (known.size < this.#enough) known.add(who);
	}
	isCommon(peer) {
		return (this.#peers.get(peer)?.size ?? 0) >= this.#enough;
	}
};
// src/detect/stream/regularity.ts
/** Connections that follow another within this share of the mean gap belong to its burst, as the parts of one visit do. */
const BURST = .1;
/** What each part weighs: a clock shows in its gaps first, and chance makes few of them symmetric more easily than even. */
const WEIGHTS = {
	gaps: {
		symmetry: .2,
		evenness: .5
	},
	sizes: {
		symmetry: .15,
		evenness: .15
	}
};
/**
* Judges connections by the gaps between them and by their sizes, as RITA does (Active Countermeasures, "Beacon analysis"): the skew of
* Bowley, (q1 + q3 - 2 q2) / (q3 - q1), is 0 for a clock with symmetric jitter; the median absolute deviation by the median is 0 for one
* without. People and their software have gaps that are skewed and spread. Undefined where fewer than `least` bursts are left.
*
* `starts`: ascending, in ms; `sizes`: bytes of each connection, in the same order.
*/
function regularityOf(starts, sizes, least) {
	const begin = starts[0];
	const end = starts.at(-1);
	if (begin === void 0 || end === void 0 || starts.length < least) return void 0;
	const burst = (end - begin) / (starts.length - 1) * BURST;
	const gaps = [];
	let from = begin;
	let previous = begin;
	for (const start of starts) {
		if (start - previous > burst) {
			gaps.push(start - from);
			from = start;
		}
		previous = start;
	}
	if (gaps.length + 1 < least) return void 0;
	const [timing, size] = [spread(gaps), spread(sizes)];
	return {
		score: weigh(timing, WEIGHTS.gaps) + weigh(size, WEIGHTS.sizes),
		gapMs: timing.median,
		gaps: timing,
		sizes: size
	};
}
function weigh(of, weights) {
	return of.symmetry * weights.symmetry + of.evenness * weights.evenness;
}
function spread(values) {
	const sorted = values.toSorted((a, b) => a - b);
	const [low, median, high] = [
		quantile(sorted, .25),
		quantile(sorted, .5),
		quantile(sorted, .75)
	];
	const deviation = quantile(sorted.map((value) => Math.abs(value - median)).sort((a, b) => a - b), .5);
	const skew = high > low ? Math.abs((low + high - 2 * median) / (high - low)) : 0;
	const small = high - low <= .1 * median;
	const evenness = median > 0 ? Math.max(0, 1 - deviation / median) : 0;
	return {
		median,
		symmetry: small ? 1 : 1 - skew,
		evenness
	};
}
/** Of sorted values; between two of them by their distances (type 7 of Hyndman and Fan). */
function quantile(sorted, share) {
	const at = (sorted.length - 1) * share;
	const [low, high] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
	return low + (high - low) * (at - Math.floor(at));
}
// src/detect/stream/beacon.ts
/** A source port that is silent for longer may have been given to another connection: TCP's own keepalive is two hours (RFC 9293, 3.8.4). */
const SILENT_MS = 726e4;
/** How many more connections are kept than have to be judged, so that bursts leave enough. */
const KEPT = 3;
/** Fast beacons have to go on for a while: a page with many parts does not. */
const LEAST_SPAN_MS = 6e5;
/**
* Connections at regular intervals. A connection is one from its first record to its last, however long it lasts: records of a source port
* that is known, and those that the log itself calls continued, are no further ones. A conversation with what many others speak with as
* well is no beacon: everybody's software asks its maker.
*/
function createBeacon(detector, options, grouping, emit) {
	const { connections, score, common, shortestMs, longestMs, groupBy } = detector;
	const { keys } = grouping;
	const groups = new Groups(options.limits, keys);
	const runs = new Runs(groups);
	const prevalence = new Prevalence(common, options.limits.groups);
	const keep = connections * KEPT;
	const met = (key) => {
		const [who = "", peer] = halves(keys.text(key));
		prevalence.add(who, peer);
	};
	const observe = (flow, time) => {
		if (flow.initiated === false) return;
		let row = groups.touch(grouping.find(flow), time);
		if (row === -1) {
			row = groups.add(grouping.take(flow), time, {
				starts: [],
				ports: [],
				seen: [],
				sizes: []
			});
			runs.clear(row);
			met(groups.key(row));
		}
		runs.extend(row, flow, time, longestMs);
		const group = groups.state(row);
		const isNew = take(group, flow, time, keep);
		groups.weigh(row, group.starts.length);
		if (!isNew || group.starts.length < connections) return;
		const { first, last, count, bytes } = runs.of(row);
		if (last - first < LEAST_SPAN_MS) return;
		const found = regularityOf(group.starts, group.sizes, connections);
		if (found === void 0 || found.score < score || found.gapMs < shortestMs || found.gapMs > longestMs) return;
		const key = keys.text(groups.key(row));
		if (prevalence.isCommon(halves(key)[1])) return;
		emit(flow, time, key, () => ({
			group: groupValues(groupBy.map((ref) => ref.name), groupBy, flow),
			firstSeen: first,
			lastSeen: last,
			count,
			bytes,
			reason: describe(group.starts.length, found),
			samples: []
		}));
	};
	return {
		observe,
		expire: (watermark) => groups.expire(watermark - longestMs * 2 - options.latenessMs),
		get groups() {
			return groups.size;
		},
		get evicted() {
			return groups.evicted;
		},
		dropped: 0,
		table: {
			groups,
			pack(row) {
				const { starts, ports, seen, sizes } = groups.state(row);
				return [
					keys.pack(groups.key(row)),
					groups.newest(row),
					starts,
					ports,
					seen,
					sizes,
					runs.pack(row)
				];
			},
			unpack(touched, [key, newest, starts, ports, seen, sizes, run]) {
				if (typeof newest !== "number") throw new TypeError("not a group");
				const state = {
					starts: numbersOf(starts),
					ports: numbersOf(ports),
					seen: numbersOf(seen),
					sizes: numbersOf(sizes)
				};
				const { length } = state.starts;
				if ([
					state.ports,
					state.seen,
					state.sizes
				].some((list) => list.length !== length)) throw new TypeError("not a group");
				const number = keys.unpack(key);
				runs.unpack(groups.load(number, touched, newest, state, length), run);
				met(number);
			}
		}
	};
}
/** Whether the record is of a connection that was not known. */
function take({ starts, ports, seen, sizes }, flow, time, keep) {
	const port = flow.sourcePort ?? 0;
	const bytes = Number(bytesOf(flow));
	const known = port === 0 ? -1 : ports.findIndex((value, at) => value === port && Math.abs(time - seen[at]) <= SILENT_MS);
	let start = time;
	let latest = time;
	let size = bytes;
	if (known !== -1) {
		start = Math.min(time, starts[known]);
		latest = Math.max(time, seen[known]);
		size += sizes[known];
		for (const list of [
			starts,
			ports,
			seen,
			sizes
		]) list.splice(known, 1);
	}
	const at = upperBound(starts, start);
	starts.splice(at, 0, start);
	ports.splice(at, 0, port);
	seen.splice(at, 0, latest);
	sizes.splice(at, 0, size);
	if (starts.length > keep) for (const list of [
		starts,
		ports,
		seen,
		sizes
	]) list.shift();
	return known === -1;
}
/** Who speaks, and with what: the first of a key's values, and the others. */
function halves(key) {
	const end = key.indexOf("");
	return end === -1 ? ["", key] : [key.slice(0, end), key.slice(end + 1)];
}
function describe(connections, { score, gapMs, gaps, sizes }) {
	const parts = [`gaps ${gaps.symmetry.toFixed(2)} symmetric, ${gaps.evenness.toFixed(2)} even`, `sizes ${sizes.symmetry.toFixed(2)} symmetric, ${sizes.evenness.toFixed(2)} even`];
	return `${connections} connections, one every ${(gapMs / 1e3).toFixed(1)} s, score ${score.toFixed(2)} (${parts.join("; ")})`;
}
// src/detect/stream/counts.ts
/** At least `atLeast` flows within the timespan. */
function createCounts(atLeast, options) {
	const { timespanMs, latenessMs } = options;
	const maxItems = Math.max(options.maxItems, atLeast * 2);
	const near = Math.max(1, atLeast - 3);
	/** The window may end at the added flow or at one of the flows after it. */
	const holdsAround = (times, position) => {
		const first = Math.max(position, atLeast - 1);
		const last = Math.min(position + atLeast - 1, times.length - 1);
		for (let end = first; end <= last; end++) {
			const time = times[end];
			if (time - times[end - atLeast + 1] <= timespanMs) return time;
		}
		return NaN;
	};
	return {
		create: () => ({ times: [] }),
		add({ times }, time) {
			const newest = times.at(-1);
			const inOrder = newest === void 0 || time >= newest;
			let position = times.length;
			if (inOrder) times.push(time);
			else {
				position = upperBound(times, time);
				times.splice(position, 0, time);
			}
			const end = holdsAround(times, position);
			if (end === time && inOrder && times.length > atLeast) times.splice(0, times.length - atLeast);
			else {
				const expired = lowerBound(times, times.at(-1) - timespanMs - latenessMs);
				if (expired > 0) times.splice(0, expired);
			}
			while (times.length > maxItems) {
				times.shift();
				options.dropped();
			}
			return end;
		},
		size: (state) => state.times.length,
		worth: (state, most) => state.times.length >= near ? most : 0,
		pack: (state) => state.times,
		unpack: (data) => ({ times: numbersOf(data) })
	};
}
// src/detect/stream/distinct.ts
/** Up to so many values are looked through one by one. */
const SCAN = 8;
/** At least `atLeast` different values within the timespan. */
function createDistinct(atLeast, options) {
	const { timespanMs, latenessMs } = options;
	const near = Math.max(1, atLeast - 3);
	/** Adds a time of a value; false when it makes no difference to any window. */
	const note = (state, time, value) => {
		const position = find(state, value);
		const times = position === void 0 ? void 0 : state.times[position];
		if (times === void 0) {
			if (state.values.push(value) > SCAN) state.index?.set(value, state.values.length - 1);
			state.times.push([time]);
			return true;
		}
		const last = times.length - 1;
		if (time > times[last]) {
			if (last > 0 && time - times[last - 1] <= timespanMs) times[last] = time;
			else times.push(time);
			return true;
		}
		const at = upperBound(times, time);
		if (times[at - 1] === time) return false;
		const before = times[at - 1];
		const after = times[at];
		if (before !== void 0 && after !== void 0 && after - before <= timespanMs) return false;
		times.splice(at, 0, time);
		if (at + 2 < times.length && times[at + 2] - time <= timespanMs) times.splice(at + 1, 1);
		if (at >= 2 && time - times[at - 2] <= timespanMs) times.splice(at - 1, 1);
		return true;
	};
	const prune = (state) => {
		const before = state.newest - timespanMs - latenessMs;
		const kept = [];
		for (const [position, value] of state.values.entries()) {
			const times = state.times[position].filter((time) => time >= before);
			if (times.length > 0) kept.push([value, times]);
		}
		state.values = kept.map(([value]) => value);
		state.times = kept.map(([, times]) => times);
		state.index = void 0;
	};
	/** Looks at every window. The end of the first that holds, else NaN and a new credit. */
	const sweep = (state) => {
		prune(state);
		if (state.values.length < atLeast) {
			state.credit = atLeast - state.values.length;
			return NaN;
		}
		const seen = state.times.flatMap((times, position) => times.map((time) => ({
			time,
			position
		})));
		seen.sort((a, b) => a.time - b.time);
		const counts = new Array(state.values.length).fill(0);
		let distinct = 0;
		let best = 0;
		let start = 0;
		for (const { time, position } of seen) {
			const count = counts[position];
			counts[position] = count + 1;
			if (count === 0) distinct++;
			for (let first = seen[start]; first !== void 0 && first.time < time - timespanMs; first = seen[++start]) {
				const left = counts[first.position] - 1;
				counts[first.position] = left;
				if (left === 0) distinct--;
			}
			if (distinct >= atLeast) {
				heat(state);
				return time;
			}
			best = Math.max(best, distinct);
		}
		state.credit = atLeast - best;
		return NaN;
	};
	/** From now on only the latest values matter: older ones cannot make a window hold that these do not. */
	const heat = (state) => {
		const latest = state.values.map((value, position) => [value, state.times[position]?.at(-1) ?? 0]);
		latest.sort((a, b) => a[1] - b[1]);
		state.hot = new Map(latest.slice(-atLeast));
		state.values = [];
		state.times = [];
		state.index = void 0;
	};
	const cool = (state) => {
		for (const [value, time] of state.hot ?? []) {
			state.values.push(value);
			state.times.push([time]);
		}
		state.hot = void 0;
		state.index = void 0;
		prune(state);
		state.credit = Math.max(1, atLeast - state.values.length);
	};
	const addHot = (state, hot, time, value) => {
		if (time < state.newest) {
			if ((hot.get(value) ?? Number.POSITIVE_INFINITY) < time) state.hot = reinsert(hot, value, time);
			return NaN;
		}
		state.newest = time;
		const known = hot.delete(value);
		hot.set(value, time);
		if (!known && hot.size > atLeast) hot.delete(hot.keys().next().value);
		if (time - hot.values().next().value <= timespanMs) return time;
		cool(state);
		return NaN;
	};
	return {
		create: () => ({
			values: [],
			times: [],
			index: void 0,
			newest: Number.NEGATIVE_INFINITY,
			credit: atLeast,
			hot: void 0
		}),
		add(state, time, value) {
			if (state.hot !== void 0) return addHot(state, state.hot, time, value);
			if (!note(state, time, value)) return NaN;
			if (time > state.newest) state.newest = time;
			return --state.credit > 0 ? NaN : sweep(state);
		},
		size: (state) => state.hot?.size ?? state.values.length,
		worth: (state, most) => (state.hot?.size ?? state.values.length) >= near ? most : 0,
		pack: (state) => [
			state.values,
			state.times,
			Number.isFinite(state.newest) ? state.newest : null,
			state.credit,
			state.hot === void 0 ? null : [...state.hot].map(([value, time]) => [value, time])
		],
		unpack(data) {
			const [values, times, newest, credit, hot] = listOf(data);
			if (typeof credit !== "number") throw new TypeError("not the state of a distinct count");
			return {
				values: listOf(values).map(readValue),
				times: listOf(times).map(numbersOf),
				index: void 0,
				newest: typeof newest === "number" ? newest : Number.NEGATIVE_INFINITY,
				credit,
				hot: hot === null ? void 0 : new Map(listOf(hot).map(readPair))
			};
		}
	};
}
function find(state, value) {
	if (state.values.length <= SCAN) {
		const position = state.values.indexOf(value);
		return position === -1 ? void 0 : position;
	}
	state.index ??= new Map(state.values.map((known, position) => [known, position]));
	return state.index.get(value);
}
function reinsert(hot, value, time) {
	hot.set(value, time);
	return new Map([...hot].sort((a, b) => a[1] - b[1]));
}
function readValue(data) {
	if (typeof data !== "string" && typeof data !== "number") throw new TypeError("not a value");
	return data;
}
function readPair(data) {
	const [value, time] = listOf(data);
	if (typeof time !== "number") throw new TypeError("not a time");
	return [readValue(value), time];
}
// src/detect/stream/ordered.ts
/** With more than two parts, times of each part; the oldest are dropped and counted. */
const MAX_TIMES = 256;
/** Each of `parts` after the one before it (or at the same instant), all within the timespan. */
function createOrdered(parts, options) {
	const { timespanMs, latenessMs } = options;
	const insert = (times, time) => {
		const last = times.length - 1;
		if (parts === 2 && last > 0 && time > times[last] && time - times[last - 1] <= timespanMs) {
			times[last] = time;
			return;
		}
		const at = upperBound(times, time);
		if (times[at - 1] === time) return;
		times.splice(at, 0, time);
		if (parts === 2) for (const middle of [
			at + 1,
			at,
			at - 1
		]) {
			const before = times[middle - 1];
			const after = times[middle + 1];
			if (before !== void 0 && after !== void 0 && after - before <= timespanMs) times.splice(middle, 1);
		}
		else if (times.length > MAX_TIMES) {
			times.shift();
			options.dropped();
		}
	};
	/** The end of the tightest chain through the given match, NaN when a part is missing or the chain is too long. */
	const chain = (state, part, time) => {
		let first = time;
		for (let index = part - 1; index >= 0; index--) {
			const times = state[index];
			const found = times[upperBound(times, first) - 1];
			if (found === void 0) return NaN;
			first = found;
		}
		let last = time;
		for (let index = part + 1; index < parts; index++) {
			const times = state[index];
			const found = times[lowerBound(times, last)];
			if (found === void 0) return NaN;
			last = found;
		}
		return last - first <= timespanMs ? last : NaN;
	};
	return {
		create: () => Array.from({ length: parts }, () => []),
		add(state, time, part) {
			insert(state[Number(part)], time);
			let newest = Number.NEGATIVE_INFINITY;
			for (const times of state) newest = Math.max(newest, times.at(-1) ?? newest);
			const before = newest - timespanMs - latenessMs;
			for (const times of state) {
				const oldest = times[0];
				if (oldest !== void 0 && oldest < before) times.splice(0, lowerBound(times, before));
			}
			return chain(state, Number(part), time);
		},
		size: (state) => state.reduce((sum, times) => sum + times.length, 0),
		worth: ([first], most) => first.length > 0 ? most : 1,
		pack: (state) => state,
		unpack(data) {
			const lists = listOf(data).map(numbersOf);
			if (lists.length !== parts) throw new TypeError("not the state of an ordered correlation");
			return lists;
		}
	};
}
// src/detect/stream/sums.ts
/** Amounts that add up to at least `atLeast` within the timespan. Sums are exact up to 2^53. */
function createSums(atLeast, options) {
	const { timespanMs, latenessMs, maxItems } = options;
	const append = (state, time, amount) => {
		const { times, amounts } = state;
		times.push(time);
		amounts.push(amount);
		state.sum += amount;
		while (times[state.start] < time - timespanMs) state.sum -= amounts[state.start++];
		if (state.sum < atLeast) return NaN;
		while (state.sum - amounts[state.start] >= atLeast) state.sum -= amounts[state.start++];
		dropFirst(state, state.start);
		return time;
	};
	const insert = (state, time, amount) => {
		const { times, amounts } = state;
		const newest = times.at(-1);
		const position = upperBound(times, time);
		times.splice(position, 0, time);
		amounts.splice(position, 0, amount);
		if (time >= newest - timespanMs && position >= state.start) state.sum += amount;
		else state.start++;
		let start = lowerBound(times, time - timespanMs);
		let sum = 0;
		for (let index = start; index < position; index++) sum += amounts[index];
		for (let end = position; end < times.length && times[end] - time <= timespanMs; end++) {
			sum += amounts[end];
			while (times[start] < times[end] - timespanMs) sum -= amounts[start++];
			if (sum >= atLeast) return times[end];
		}
		return NaN;
	};
	return {
		create: () => ({
			times: [],
			amounts: [],
			start: 0,
			sum: 0
		}),
		add(state, time, _value, amount) {
			if (amount <= 0) return NaN;
			const newest = state.times.at(-1);
			const end = newest === void 0 || time >= newest ? append(state, time, amount) : insert(state, time, amount);
			const before = state.times.at(-1) - timespanMs - latenessMs;
			dropFirst(state, lowerBound(state.times, before));
			while (state.times.length > maxItems) {
				dropFirst(state, 1);
				options.dropped();
			}
			return end;
		},
		size: (state) => state.times.length,
		worth: (state, most) => state.sum * 2 >= atLeast ? most : 0,
		pack: (state) => [
			state.times,
			state.amounts,
			state.start,
			state.sum
		],
		unpack(data) {
			const [times, amounts, start, sum] = listOf(data);
			if (typeof start !== "number" || typeof sum !== "number") throw new TypeError("not the state of a sum");
			return {
				times: numbersOf(times),
				amounts: numbersOf(amounts),
				start,
				sum
			};
		}
	};
}
function dropFirst(state, count) {
	if (count === 0) return;
	for (let index = state.start; index < count; index++) state.sum -= state.amounts[index];
	state.times.splice(0, count);
	state.amounts.splice(0, count);
	state.start = Math.max(0, state.start - count);
}
// src/detect/stream/correlation-window.ts
/** What keeps the flows of one group of the correlation, and tells when its condition holds. */
function createWindow(correlation, options, dropped) {
	const { timespanMs } = correlation;
	const windowOptions = {
		timespanMs,
		latenessMs: options.latenessMs,
		maxItems: options.limits.itemsPerGroup,
		dropped
	};
	switch (correlation.type) {
		case "event_count": return createCounts(correlation.atLeast, windowOptions);
		case "value_sum": return createSums(correlation.atLeast, windowOptions);
		case "value_count":
		case "temporal": return createDistinct(correlation.atLeast, windowOptions);
		case "temporal_ordered": return createOrdered(correlation.parts.length, windowOptions);
	}
}
function contributionsOf(correlation) {
	if (correlation.type === "value_count") {
		const { get } = correlation.field;
		const value = (flow) => {
			const found = get(flow);
			return typeof found === "string" || typeof found === "number" || found === void 0 ? found : String(found);
		};
		return {
			value,
			amount: () => 1
		};
	}
	if (correlation.type === "value_sum") {
		const { get } = correlation.field;
		return {
			value: (flow) => get(flow) === void 0 ? void 0 : 0,
			amount: (flow) => Number(get(flow))
		};
	}
	return {
		value: (_flow, part) => part,
		amount: () => 1
	};
}
/** One line: what was found within which time. */
function describeCorrelation(correlation) {
	const within = `within ${formatTimespan(correlation.timespanMs)}`;
	switch (correlation.type) {
		case "event_count": return `at least ${correlation.atLeast} flows ${within}`;
		case "value_count": return `at least ${correlation.atLeast} different values of ${correlation.field.name} ${within}`;
		case "value_sum": return `${correlation.field.name} adds up to at least ${correlation.atLeast} ${within}`;
		case "temporal": return `${correlation.atLeast === correlation.parts.length ? "all" : `at least ${correlation.atLeast}`} of ${titlesOf(correlation).join(", ")}, ${within}`;
		case "temporal_ordered": return `${titlesOf(correlation).join(", then ")}, ${within}`;
	}
}
/** In words, within a sentence. */
function titlesOf({ parts }) {
	return parts.map(({ rule: { title } }) => `"${title}"`);
}
// src/detect/stream/correlator.ts
/** Follows one correlation. `groupingOf` gives the grouping for the fields of a part. */
function createCorrelator(correlation, options, groupingOf, emit) {
	const { parts, groupBy, timespanMs } = correlation;
	const groupings = parts.map((part) => groupingOf(part.groupBy));
	const { keys } = groupings[0];
	let dropped = 0;
	const window = createWindow(correlation, options, () => dropped++);
	const groups = new Groups(options.limits, keys);
	const runs = new Runs(groups);
	const { value, amount } = contributionsOf(correlation);
	const counting = correlation.type === "event_count" || correlation.type === "value_count";
	/** Most groups never see a second flow: where many are needed, the first is noted in the group itself. */
	const mayStandAlone = counting && correlation.atLeast > 4;
	/** A flow that several parts match is one flow to a count or a sum. */
	const once = parts.length > 1 && (counting || correlation.type === "value_sum");
	let lastCounted;
	const add = (row, followed, flow, time, part, contribution) => {
		runs.extend(row, flow, time, timespanMs);
		const end = window.add(followed.window, time, contribution, amount(flow));
		groups.weigh(row, window.size(followed.window));
		if (!Number.isNaN(end)) emit(flow, end, keys.text(groups.key(row)), () => evidenceOf(row, followed, flow, part));
		if (options.samples > 0) remember(followed.samples, flow, window.worth(followed.window, options.samples));
	};
	/** Makes room for more than the flow that is the group's only one. */
	const unfold = (row, contribution) => {
		const followed = {
			window: window.create(),
			samples: []
		};
		window.add(followed.window, runs.first(row), contribution, 1);
		groups.setState(row, followed);
		return followed;
	};
	const evidenceOf = (row, { samples }, flow, part) => {
		const { first, last, count, bytes } = runs.of(row);
		return {
			group: groupValues(groupBy, parts[part]?.groupBy ?? [], flow),
			firstSeen: first,
			lastSeen: last,
			count,
			bytes,
			reason: describeCorrelation(correlation),
			samples: samples.map(shown)
		};
	};
	return {
		observe(flow, time, part) {
			if (once && lastCounted === flow) return;
			const contribution = value(flow, part);
			if (contribution === void 0) return;
			if (once) lastCounted = flow;
			const grouping = groupings[part];
			const known = groups.touch(grouping.find(flow), time);
			if (known !== -1) {
				const state = groups.state(known);
				add(known, typeof state === "object" ? state : unfold(known, state), flow, time, part, contribution);
				return;
			}
			const state = mayStandAlone ? contribution : {
				window: window.create(),
				samples: []
			};
			const row = groups.add(grouping.take(flow), time, state);
			runs.clear(row);
			if (typeof state === "object") {
				add(row, state, flow, time, part, contribution);
				return;
			}
			runs.extend(row, flow, time, timespanMs);
			groups.weigh(row, 1);
		},
		expire: (watermark) => groups.expire(watermark - timespanMs - options.latenessMs),
		get groups() {
			return groups.size;
		},
		get evicted() {
			return groups.evicted;
		},
		get dropped() {
			return dropped;
		},
		table: {
			groups,
			pack(row) {
				const key = keys.pack(groups.key(row));
				const state = groups.state(row);
				if (typeof state !== "object") return [
					key,
					...runs.packOne(row),
					state
				];
				const samples = state.samples.map(shown);
				return [
					key,
					groups.newest(row),
					runs.pack(row),
					window.pack(state.window),
					samples
				];
			},
			unpack(touched, fields) {
				if (fields.length === 4) {
					const [key, time, bytes, alone] = fields;
					if (typeof time !== "number") throw new TypeError("not a time");
					if (typeof alone !== "string" && typeof alone !== "number") throw new TypeError("not a value");
					runs.unpackOne(groups.load(keys.unpack(key), touched, time, alone, 1), time, bytes);
					return;
				}
				const [key, newest, run, kept, samples] = fields;
				if (typeof newest !== "number") throw new TypeError("not a group");
				const state = {
					window: window.unpack(kept),
					samples: [...listOf(samples)]
				};
				runs.unpack(groups.load(keys.unpack(key), touched, newest, state, window.size(state.window)), run);
			}
		}
	};
}
/** Keeps the flow as the latest of `most`. */
function remember(samples, flow, most) {
	if (most === 0) return;
	if (samples.length > most) samples.splice(0, samples.length - most);
	if (samples.length < most) {
		samples.push(flow);
		return;
	}
	for (let index = 1; index < most; index++) samples[index - 1] = samples[index];
	samples[most - 1] = flow;
}
function shown(sample) {
	return sample instanceof Flow ? sampleOf(sample) : sample;
}
// src/detect/stream/episodes.ts
/** Incidents are remembered for at least so long, to tell new ones from recurring ones. */
const REMEMBER_MS = 6048e5;
function createEpisodes(throttleMs, limits) {
	const keys = new Texts();
	const groups = new Groups(limits, keys);
	const runs = new Runs(groups);
	return {
		offer(key, flow, time) {
			let row = groups.touch(keys.find(key), time);
			if (row === -1) {
				row = groups.add(keys.take(key), time, {
					until: Number.NEGATIVE_INFINITY,
					told: 0
				});
				runs.clear(row);
			}
			runs.extend(row, flow, time, Number.POSITIVE_INFINITY);
			const episode = groups.state(row);
			if (time < episode.until) return void 0;
			const { first: firstSeen, last: lastSeen, count, bytes } = runs.of(row);
			episode.until = time + throttleMs;
			runs.clear(row);
			return {
				recurrence: episode.told++,
				firstSeen,
				lastSeen,
				count,
				bytes
			};
		},
		expire: (watermark) => groups.expire(watermark - Math.max(REMEMBER_MS, throttleMs * 2)),
		get size() {
			return groups.size;
		},
		get evicted() {
			return groups.evicted;
		},
		table: {
			groups,
			pack(row) {
				const { until, told } = groups.state(row);
				return [
					keys.pack(groups.key(row)),
					groups.newest(row),
					until,
					told,
					runs.pack(row)
				];
			},
			unpack(touched, [key, newest, until, told, pending]) {
				if (typeof newest !== "number" || typeof until !== "number" || typeof told !== "number") throw new TypeError("not an incident");
				runs.unpack(groups.load(keys.unpack(key), touched, newest, {
					until,
					told
				}, 0), pending);
			}
		}
	};
}
// src/detect/stream/new-terms.ts
/** Tells combinations of values that were never seen before, after a time of learning. */
function createNewTerms(detector, options, grouping, emit) {
	const { fields, learnMs, forgetMs } = detector;
	const { keys } = grouping;
	const terms = new Groups(options.limits, keys);
	/** Event time of the first flow; flows before it are part of what is learned. */
	let since;
	const observe = (flow, time) => {
		since ??= time;
		const learned = time >= since + learnMs;
		const known = terms.find(grouping.find(flow));
		const seen = known === -1 ? void 0 : terms.newest(known);
		const row = known === -1 ? terms.add(grouping.take(flow), time, void 0) : terms.touch(terms.key(known), time);
		if (!learned || seen !== void 0 && time - seen <= forgetMs) return;
		const names = fields.map((ref) => ref.name);
		emit(flow, time, keys.text(terms.key(row)), () => ({
			group: groupValues(names, fields, flow),
			firstSeen: time,
			lastSeen: time,
			count: 1,
			bytes: bytesOf(flow),
			reason: `${names.join(", ")} not seen together ${seen === void 0 ? "before" : `for ${formatTimespan(forgetMs)}`}`,
			samples: []
		}));
	};
	return {
		observe,
		expire: (watermark) => terms.expire(watermark - forgetMs - options.latenessMs),
		get groups() {
			return terms.size;
		},
		get evicted() {
			return terms.evicted;
		},
		dropped: 0,
		table: {
			groups: terms,
			pack: (row) => [keys.pack(terms.key(row)), terms.newest(row)],
			unpack(touched, [key, newest]) {
				if (typeof newest !== "number") throw new TypeError("not a term");
				terms.load(keys.unpack(key), touched, newest, void 0, 0);
			},
			common: {
				pack: () => since ?? null,
				unpack(start) {
					since = typeof start === "number" ? start : void 0;
				}
			}
		}
	};
}
// src/detect/stream/teller.ts
/** Turns what a rule emits into matches: one per incident and throttle time. `grouping` gives the incident's key; undefined: the key is that of the rule's group. */
function createTeller(rule, episodes, grouping, onMatch) {
	const { dedup } = rule;
	const fields = dedup === "group" ? [] : dedup;
	const names = fields.map((field) => field.name);
	return (flow, time, groupKey, evidence) => {
		const incident = grouping === void 0 ? groupKey : grouping.text(flow);
		const telling = episodes.offer(incident, flow, time);
		if (telling === void 0) return;
		const found = evidence();
		const { firstSeen, lastSeen, count, bytes } = rule.kind === "detection" ? telling : found;
		onMatch({
			rule,
			key: [
				rule.name,
				incident.replaceAll("", "|"),
				Math.floor(time / rule.throttleMs)
			].join("|"),
			group: {
				...found.group,
				...groupValues(names, fields, flow)
			},
			time,
			firstSeen,
			lastSeen,
			count,
			bytes,
			recurrence: telling.recurrence,
			reason: found.reason,
			flows: [...found.samples, sampleOf(flow)],
			flow
		});
	};
}
// src/detect/stream/network.ts
function createNetwork(rules, options, onMatch) {
	const groupingOf = createGroupings();
	const ordered = withParts(rules);
	const hear = new Map(ordered.map((rule) => [rule, []]));
	const nodes = /* @__PURE__ */ new Map();
	const hits = /* @__PURE__ */ new Map();
	const emitter = (rule, episodes) => {
		const listeners = hear.get(rule) ?? [];
		const grouping = rule.dedup === "group" ? void 0 : groupingOf(rule.dedup);
		const tell = episodes && createTeller(rule, episodes, grouping, onMatch);
		return (flow, time, groupKey, evidence) => {
			tell?.(flow, time, groupKey, evidence);
			for (const listen of listeners) listen(flow, time);
		};
	};
	const createFollower = (rule, emit) => {
		if (rule.kind === "correlation") return createCorrelator(rule.correlation, options, groupingOf, emit);
		const { detector } = rule;
		switch (detector.type) {
			case "baseline": return createBaseline(detector, options, groupingOf(detector.groupBy), emit);
			case "new_terms": return createNewTerms(detector, options, groupingOf(detector.fields), emit);
			case "beacon": return createBeacon(detector, options, groupingOf(detector.groupBy), emit);
		}
	};
	for (const rule of ordered) {
		const episodes = rule.alerts ? createEpisodes(rule.throttleMs, options.limits) : void 0;
		const emit = emitter(rule, episodes);
		const follower = rule.kind === "detection" ? void 0 : createFollower(rule, emit);
		nodes.set(rule, {
			rule,
			follower,
			episodes,
			fingerprints: fingerprintsOf(rule)
		});
		if (rule.kind === "detection") hits.set(rule, rule.alerts ? loud(emit) : silent(hear.get(rule) ?? []));
		else if (follower !== void 0) hits.set(rule, (flow) => follower.observe(flow, flow.time, 0));
		if (rule.kind !== "correlation" || follower === void 0) continue;
		for (const [part, { rule: heard }] of rule.correlation.parts.entries()) hear.get(heard)?.push((flow, time) => follower.observe(flow, time, part));
	}
	const bases = ordered.filter((rule) => rule.kind !== "correlation");
	return {
		nodes: [...nodes.values()],
		bases,
		hits: bases.map((rule) => hits.get(rule))
	};
}
/** The rules and the parts of their correlations, each once, parts before the correlations over them. */
function withParts(rules) {
	const ordered = /* @__PURE__ */ new Set();
	const add = (rule) => {
		if (rule.kind === "correlation") for (const part of rule.correlation.parts) add(part.rule);
		ordered.add(rule);
	};
	for (const rule of rules) add(rule);
	return [...ordered];
}
function loud(emit) {
	return (flow) => emit(flow, flow.time, "", () => plainEvidence(flow));
}
function silent(listeners) {
	return (flow) => {
		for (let index = 0; index < listeners.length; index++) listeners[index](flow, flow.time);
	};
}
function plainEvidence(flow) {
	const { time } = flow;
	return {
		group: {},
		firstSeen: time,
		lastSeen: time,
		count: 1,
		bytes: 0,
		reason: "the flow matches the rule",
		samples: []
	};
}
function fingerprintsOf(rule) {
	return {
		follower: digest(definitionOf(rule)),
		episodes: digest([rule.dedup, rule.throttleMs])
	};
}
function definitionOf(rule) {
	if (rule.kind !== "correlation") return [rule.condition, rule.kind === "detector" ? rule.detector : null];
	return {
		...rule.correlation,
		parts: rule.correlation.parts.map((part) => [definitionOf(part.rule), part.groupBy])
	};
}
function digest(value) {
	return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
// src/detect/stream/progress.ts
function createProgress(maxObjects) {
	const limits = {
		groups: maxObjects,
		items: Number.POSITIVE_INFINITY
	};
	const digests = new Texts();
	const objects = new Groups(limits, digests);
	/** The latest object asked for by `of`; it is not forgotten before another is. */
	let last;
	let current = -1;
	const find = ({ digest }) => objects.touch(digests.find(digest), 0);
	const begin = ({ digest }) => objects.add(digests.take(digest), 0, {
		through: 0,
		completed: void 0
	});
	return {
		of(origin) {
			if (origin === last) objects.renew(current);
			else {
				const known = find(origin);
				current = known === -1 ? begin(origin) : known;
				last = origin;
			}
			return objects.state(current);
		},
		find(origin) {
			const row = find(origin);
			return row === -1 ? void 0 : objects.state(row);
		},
		table: {
			groups: objects,
			pack(row) {
				const { through, completed } = objects.state(row);
				return [
					digests.pack(objects.key(row)),
					through,
					[...completed ?? []].map(([record, names]) => [record, [...names]])
				];
			},
			unpack(touched, [digest, through, completed]) {
				if (typeof through !== "number") throw new TypeError("not the progress of an object");
				const records = listOf(completed).map(completedOf);
				const progress = {
					through,
					completed: records.length > 0 ? new Map(records) : void 0
				};
				objects.load(digests.unpack(digest), touched, 0, progress, 0);
			}
		}
	};
}
function completedOf(data) {
	const [record, names] = listOf(data);
	if (typeof record !== "number" || !Array.isArray(names) || !names.every((name) => typeof name === "string")) throw new TypeError("not a completed match");
	return [record, names];
}
// src/detect/stream/journal.ts
/** A part is closed when it has grown to so many characters. */
const PART_SIZE = 65536;
/** So many groups more than twice those there are may be stored of a table before it is written anew. */
const SLACK = 500;
/**
* What is stored of one table. Each save adds parts with the groups touched since the save before; of a group in several parts the latest
* counts. Groups are forgotten in the order of their touches, so that one number, the floor, says which of those stored are gone. When too
* much of what is stored is of no use any more, a save writes the whole table anew.
*/
var Journal = class {
	id;
	/** Changes with everything that the table's data depends on. */
	fingerprint;
	table;
	#parts = [];
	#groups = 0;
	#floor = 0;
	/** Everything touched up to here is stored. */
	#saved = 0;
	#since = 0;
	constructor(id, fingerprint, table) {
		this.id = id;
		this.fingerprint = fingerprint;
		this.table = table;
	}
	/** How many groups are stored beyond those that there may be, 0 when there is no need to write the table anew. */
	get waste() {
		return Math.max(0, this.#groups - 2 * this.table.groups.size - SLACK);
	}
	/** How many groups a save of what was touched has at most. */
	get touched() {
		const { touches, size } = this.table.groups;
		return Math.min(touches - this.#saved, size);
	}
	/** Begins a save of the table as it is now, of the whole of it if asked to. `next`: lowest number of its new parts. */
	begin(whole, next) {
		const anew = whole || this.#saved === 0;
		return new Draft(this.table, this.#entry(anew ? next : this.#since), anew ? 0 : this.#saved);
	}
	/** The draft is saved. Returns the numbers of parts that are of no use any more. */
	done({ entry, parts }) {
		for (const part of parts) this.#store(part);
		return this.#goOn(entry);
	}
	/** Takes in a part of which the entry speaks. Throws TypeError when it is none of this table. */
	load(number, data, [, , , floor]) {
		const groups = listOf(data).map(listOf);
		let latest = 0;
		for (const [touched, ...fields] of groups) {
			if (typeof touched !== "number") throw new TypeError("not a touch");
			latest = Math.max(latest, touched);
			if (touched >= floor) this.table.unpack(touched, fields);
		}
		this.#store({
			number,
			groups: groups.length,
			latest
		});
	}
	/** To be called when all parts are loaded. Returns the numbers of those that are of no use. Throws TypeError when something is missing. */
	settle(entry) {
		const [, , , , touches, size, common] = entry;
		const { groups } = this.table;
		if (groups.size !== size) throw new TypeError(`${groups.size} groups instead of ${size}`);
		this.table.common?.unpack(common);
		groups.settle(touches);
		return this.#goOn(entry);
	}
	#entry(since) {
		const { groups, common } = this.table;
		return [
			this.id,
			this.fingerprint,
			since,
			groups.oldestTouch,
			groups.touches,
			groups.size,
			common?.pack() ?? null
		];
	}
	#store(part) {
		this.#parts.push(part);
		this.#groups += part.groups;
	}
	/** The entry is in the head. Returns the numbers of parts that are of no use any more. */
	#goOn([, , since, floor, touches]) {
		this.#saved = touches;
		if (since === this.#since && floor === this.#floor) return [];
		this.#since = since;
		this.#floor = floor;
		const useless = ({ number, latest }) => number < since || latest < floor;
		const [gone, left] = [this.#parts.filter(useless), this.#parts.filter((part) => !useless(part))];
		this.#parts = left;
		for (const { groups } of gone) this.#groups -= groups;
		return gone.map(({ number }) => number);
	}
};
/** A table that is being saved, as it was when that began. */
var Draft = class {
	entry;
	/** What has been made of it so far. */
	parts = [];
	#visit;
	/** Full parts without a number. */
	#full = [];
	#rows = [];
	#size = 0;
	#latest = 0;
	/** Groups touched no later than `after` are left out. */
	constructor(table, entry, after) {
		this.entry = entry;
		this.#visit = table.groups.visit(after, (row) => this.#add(table, row));
	}
	/** The next part, with that number; undefined when there is none. */
	take(number) {
		while (this.#full.length === 0 && this.#visit.next());
		if (this.#full.length === 0 && this.#rows.length > 0) this.#close();
		const part = this.#full.shift();
		if (part === void 0) return void 0;
		this.parts.push({
			number,
			groups: part.groups,
			latest: part.latest
		});
		return {
			number,
			value: part.value
		};
	}
	abandon() {
		this.#visit.end();
	}
	#add(table, row) {
		const touched = table.groups.touched(row);
		const text = JSON.stringify([touched, ...table.pack(row)]);
		this.#rows.push(text);
		this.#size += text.length;
		this.#latest = Math.max(this.#latest, touched);
		if (this.#size >= PART_SIZE) this.#close();
	}
	#close() {
		const value = `[${JSON.stringify(this.entry[0])},[${this.#rows.join()}]]`;
		this.#full.push({
			value,
			groups: this.#rows.length,
			latest: this.#latest
		});
		this.#rows = [];
		this.#size = 0;
		this.#latest = 0;
	}
};
// src/detect/stream/table.ts
/** The table of the objects' progress. */
const OBJECTS = "objects";
/** What a table is called in a saved state. */
function tableId(part, rule) {
	return `${part}/${rule}`;
}
/** The name of the rule that the table belongs to, undefined for that of the objects. */
function ruleOf(id) {
	return id === "objects" ? void 0 : id.slice(id.indexOf("/") + 1);
}
// src/detect/stream/version-3.ts
/** The tables of a state as version 0.1.0 wrote it: everything in one piece. Throws TypeError when it is damaged. */
function tablesOfVersion3(saved) {
	const tables = [{
		id: OBJECTS,
		fingerprint: "",
		state: saved.objects
	}];
	for (const [rule, parts] of Object.entries(recordOf(saved.rules))) for (const part of ["follower", "episodes"]) {
		const data = recordOf(parts)[part];
		if (data === null) continue;
		const [fingerprint, state] = listOf(data);
		tables.push({
			id: tableId(part, rule),
			fingerprint,
			state
		});
	}
	return tables;
}
// src/detect/stream/state.ts
const VERSION = 4;
/** Parts are saved together until they have so many characters. */
const LOT_SIZE = 65536;
/** At each save tables of so many groups may be written anew, or of as many as it has anyway. */
const ANEW = 5e3;
function createState(nodes, progress, clock) {
	const journals = journalsOf(nodes, progress);
	/** Lowest number of the parts to come. */
	let next = 0;
	/** Numbers of parts that the next head does not speak of. */
	let useless = [];
	/** The tables that hold the most of no use, as long as there is room. */
	const toWriteAnew = () => {
		const wasteful = [...journals.values()].filter(({ waste }) => waste > 0).sort((a, b) => b.waste - a.waste);
		const chosen = /* @__PURE__ */ new Set();
		const touched = [...journals.values()].reduce((sum, journal) => sum + journal.touched, 0);
		let room = Math.max(ANEW, touched);
		for (const journal of wasteful) {
			if (room <= 0) break;
			chosen.add(journal);
			room -= journal.table.groups.size;
		}
		return chosen;
	};
	const restoreVersion4 = (saved, parts) => {
		if (typeof saved.next !== "number") throw new TypeError("not the number of a part");
		next = saved.next;
		const entries = new Map(listOf(saved.tables).map(entryOf).map((entry) => [entry[0], entry]));
		const journalOf = ([id, fingerprint]) => {
			const journal = journals.get(id);
			return journal?.fingerprint === fingerprint ? journal : void 0;
		};
		for (const { number, value } of parts) {
			if (number >= next) continue;
			const [id, groups] = listOf(JSON.parse(value));
			const entry = entries.get(String(id));
			const journal = entry === void 0 || number < entry[2] ? void 0 : journalOf(entry);
			if (entry === void 0 || journal === void 0) useless.push(number);
			else journal.load(number, groups, entry);
		}
		for (const entry of entries.values()) useless.push(...journalOf(entry)?.settle(entry) ?? []);
		return restoredOf([...entries.values()].map((entry) => [entry[0], journalOf(entry) !== void 0]));
	};
	/** Nothing of it is stored in parts: the next save writes all of it. */
	const restoreVersion3 = (saved) => restoredOf(tablesOfVersion3(saved).map(({ id, fingerprint, state }) => {
		const journal = journals.get(id);
		if (journal === void 0 || journal.fingerprint !== fingerprint) return [id, false];
		const { table } = journal;
		const [common, groups] = table.common === void 0 ? [null, listOf(state)] : [listOf(state)[0], listOf(listOf(state)[1])];
		for (const [index, group] of groups.entries()) table.unpack(index + 1, listOf(group));
		if (table.groups.size !== groups.length) throw new TypeError("a group comes twice");
		table.common?.unpack(common);
		table.groups.settle(groups.length);
		return [id, true];
	}));
	return {
		save() {
			const anew = toWriteAnew();
			const drafts = [...journals.values()].map((journal) => ({
				journal,
				draft: journal.begin(anew.has(journal), next)
			}));
			const times = packClock(clock);
			let number = next;
			const parts = function* () {
				for (const { draft } of drafts) for (let part = draft.take(number); part !== void 0; part = draft.take(number)) {
					number++;
					yield part;
				}
			};
			return {
				lots: lotsOf(parts()),
				head: () => JSON.stringify({
					version: VERSION,
					next: number,
					clock: times,
					tables: drafts.map(({ draft }) => draft.entry)
				}),
				done() {
					next = number;
					const numbers = [...useless, ...drafts.flatMap(({ journal, draft }) => journal.done(draft))];
					useless = [];
					return numbers;
				},
				abandon() {
					for (const { draft } of drafts) draft.abandon();
				}
			};
		},
		restore({ head, parts }) {
			try {
				const saved = recordOf(JSON.parse(head));
				if (saved.version !== 3 && saved.version !== VERSION) throw new TypeError(`its version is ${String(saved.version)}, not 3 or ${VERSION}`);
				unpackClock(clock, saved.clock);
				return saved.version === 3 ? restoreVersion3(saved) : restoreVersion4(saved, parts);
			} catch (error) {
				if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
				throw new Failure("worker", "bad-detection-state", "the saved state cannot be read", { cause: error });
			}
		}
	};
}
/** What is remembered: of objects, of what a rule follows, and of its incidents. */
function journalsOf(nodes, progress) {
	const journals = [new Journal(OBJECTS, "", progress.table)];
	for (const { rule, follower, episodes, fingerprints } of nodes) {
		if (follower !== void 0) journals.push(new Journal(tableId("follower", rule.name), fingerprints.follower, follower.table));
		if (episodes !== void 0) journals.push(new Journal(tableId("episodes", rule.name), fingerprints.episodes, episodes.table));
	}
	return new Map(journals.map((journal) => [journal.id, journal]));
}
function* lotsOf(parts) {
	let lot = [];
	let size = 0;
	for (const part of parts) {
		lot.push(part);
		size += part.value.length;
		if (size < LOT_SIZE) continue;
		yield lot;
		lot = [];
		size = 0;
	}
	if (lot.length > 0) yield lot;
}
/** By rule: one of whose tables even one was left has lost its state. */
function restoredOf(tables) {
	const rules = /* @__PURE__ */ new Map();
	for (const [id, fits] of tables) {
		const rule = ruleOf(id);
		if (rule !== void 0) rules.set(rule, fits && rules.get(rule) !== false);
	}
	const names = [...rules.keys()];
	return {
		restored: names.filter((name) => rules.get(name)),
		discarded: names.filter((name) => !rules.get(name))
	};
}
function packClock({ watermark, inspected, replayed, late, matches }) {
	return [
		watermark ?? null,
		inspected,
		replayed,
		late,
		matches
	];
}
function unpackClock(clock, data) {
	const [watermark, ...counters] = listOf(data);
	clock.watermark = typeof watermark === "number" ? watermark : void 0;
	[clock.inspected = 0, clock.replayed = 0, clock.late = 0, clock.matches = 0] = counters.map(Number);
}
function entryOf(data) {
	const [id, fingerprint, since, floor, touches, size, common] = listOf(data);
	const numbers = [
		since,
		floor,
		touches,
		size
	];
	if (typeof id !== "string" || typeof fingerprint !== "string" || !numbers.every((number) => typeof number === "number")) throw new TypeError("not a table");
	return [
		id,
		fingerprint,
		...numbers,
		common
	];
}
// src/detect/stream/engine.ts
/** How often, in event time, what can no longer take part in anything is forgotten. */
const EXPIRE_MS = 6e5;
const MINUTE_MS = 6e4;
/** Flows further in the future than this do not advance the watermark. */
const AHEAD_MS = 3e5;
function createEngine(rules, options, onMatch) {
	const latenessMs = options.latenessMs ?? 18e5;
	const now = options.now ?? Date.now;
	const clock = {
		watermark: void 0,
		inspected: 0,
		replayed: 0,
		late: 0,
		matches: 0
	};
	let names = [];
	let completed = [];
	const progress = createProgress(options.maxObjects ?? 2e4);
	const { nodes, bases, hits } = createNetwork(rules, {
		latenessMs,
		limits: {
			groups: options.maxGroups ?? 2e4,
			items: options.maxItems ?? 5e5,
			itemsPerGroup: options.maxItemsPerGroup ?? 1e4
		},
		samples: Math.max(0, (options.maxSamples ?? 5) - 1)
	}, (match) => {
		clock.matches++;
		if (match.rule.kind !== "detection") completed.push(match.rule.name);
		onMatch(match);
	});
	const dispatch = createDispatch(bases);
	const rank = new Map(nodes.map((node, index) => [node.rule.name, index]));
	const marks = bases.map((rule) => rule.kind === "detection" && rule.alerts ? rule.name : void 0);
	const markOnly = (index) => {
		const name = marks[index];
		if (name !== void 0) names.push(name);
	};
	const hit = (index, flow) => {
		markOnly(index);
		hits[index](flow);
	};
	const mark = (flow) => {
		if (names.length === 0) {
			if (flow.detections !== NONE$1) flow.detections = NONE$1;
			return;
		}
		if (names.length > 1) names.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
		flow.detections = Object.freeze(names);
		names = [];
	};
	const advance = (time) => {
		const before = clock.watermark ?? Number.NEGATIVE_INFINITY;
		if (time > before + MINUTE_MS && time > now() + AHEAD_MS) return;
		clock.watermark = time;
		if (Math.floor(time / EXPIRE_MS) === Math.floor(before / EXPIRE_MS)) return;
		for (const node of nodes) {
			node.follower?.expire(time);
			node.episodes?.expire(time);
		}
	};
	return {
		inspect(flow, count) {
			const seen = count ? progress.of(flow.origin) : progress.find(flow.origin);
			if (!count || seen === void 0 || flow.record <= seen.through) {
				clock.replayed++;
				dispatch(flow, markOnly);
				names.push(...seen?.completed?.get(flow.record) ?? []);
				mark(flow);
				return;
			}
			clock.inspected++;
			seen.through = flow.record;
			if (clock.watermark === void 0 || flow.time > clock.watermark) advance(flow.time);
			else if (flow.time < clock.watermark - latenessMs) clock.late++;
			dispatch(flow, hit);
			if (completed.length > 0) {
				seen.completed ??= /* @__PURE__ */ new Map();
				seen.completed.set(flow.record, completed);
				names.push(...completed);
				completed = [];
			}
			mark(flow);
		},
		state: createState(nodes, progress, clock),
		stats() {
			const { inspected, replayed, late, matches } = clock;
			return {
				inspected,
				replayed,
				late,
				matches,
				rules: nodes.flatMap(({ rule, follower }) => follower === void 0 ? [] : [{
					rule: rule.name,
					groups: follower.groups,
					evicted: follower.evicted,
					dropped: follower.dropped
				}])
			};
		}
	};
}
// src/detect/evaluate.ts
/** Evaluates rules on a stream of enriched flows, on event time. Only rules that alert mark flows and are told. */
function createDetector(rules, options = {}) {
	let listener = () => {};
	const start = () => createEngine(rules, options, (match) => listener(match));
	let engine = start();
	return {
		inspect: (flow, count = true) => engine.inspect(flow, count),
		onMatch(to) {
			listener = to;
		},
		save: () => engine.state.save(),
		restore(saved) {
			const fresh = start();
			const result = fresh.state.restore(saved);
			engine = fresh;
			return result;
		},
		get stats() {
			return engine.stats();
		}
	};
}
export { createDetector as t };
