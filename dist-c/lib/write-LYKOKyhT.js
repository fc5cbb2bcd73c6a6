import { r as UsageError } from "./errors-C4nvsd9u.js";
import { createHash } from "node:crypto";
import { constants, createGzip, gunzipSync, gzipSync } from "node:zlib";
import { dirname, join } from "node:path";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { once } from "node:events";
// src/generator/truth.ts
function emptyTruth() {
	return {
		records: 0,
		accept: 0,
		reject: 0,
		noData: 0,
		skipData: 0,
		countMismatch: 0,
		skipped: {},
		bad: 0,
		broken: 0,
		bytes: 0n,
		bytesReverse: 0n
	};
}
function addTruth(total, part) {
	total.records += part.records;
	total.accept += part.accept;
	total.reject += part.reject;
	total.noData += part.noData;
	total.skipData += part.skipData;
	total.countMismatch += part.countMismatch;
	total.bad += part.bad;
	total.broken += part.broken;
	total.bytes += part.bytes;
	total.bytesReverse += part.bytesReverse;
	for (const [type, count] of Object.entries(part.skipped)) total.skipped[type] = (total.skipped[type] ?? 0) + count;
}
// src/generator/account.ts
/** Pointers kept of one incident. */
const MOST_POINTERS = 1e3;
/** Keeps the known truth of a bucket while its objects are handed out. */
var Account = class {
	#settings;
	#total = emptyTruth();
	#incidents;
	#damage = [];
	#objects = 0;
	#storedBytes = 0;
	constructor(settings, incidents) {
		this.#settings = settings;
		this.#incidents = incidents.map(describeIncident);
	}
	/** An object with its size as stored. */
	add({ key, truth, marks }, size) {
		this.#objects++;
		this.#storedBytes += size;
		addTruth(this.#total, truth);
		for (const { incident, record, reply, accepted } of marks) {
			const described = this.#incidents[incident];
			if (described === void 0) continue;
			described.recordCount++;
			if (described.records.length < MOST_POINTERS) described.records.push({
				key,
				record,
				reply,
				action: accepted ? "accept" : "reject"
			});
		}
	}
	addDamage(kind, { key, record, outcome, truth }) {
		this.#damage.push({
			kind,
			key,
			record,
			outcome,
			goodRecords: truth.accept + truth.reject
		});
	}
	truth() {
		const { format, seed, start, spanMs } = this.#settings;
		const { records, accept, reject, noData, skipData, countMismatch, skipped, bad, broken, bytes, bytesReverse } = this.#total;
		return {
			format,
			seed,
			start: new Date(start).toISOString(),
			end: new Date(start + spanMs).toISOString(),
			objects: this.#objects,
			storedBytes: this.#storedBytes,
			records,
			flows: {
				accept,
				reject
			},
			quality: {
				noData,
				skipData,
				countMismatch
			},
			skipped,
			bad,
			broken,
			bytes: bytes.toString(),
			bytesReverse: bytesReverse.toString(),
			incidents: this.#incidents,
			damage: this.#damage
		};
	}
};
function describeIncident({ id, source, destination, port, exchanges }) {
	const iso = (exchange) => (/* @__PURE__ */ new Date((exchange?.time ?? 0) * 1e3)).toISOString();
	const bytes = exchanges.reduce((sum, exchange) => sum + exchange.bytes, 0);
	return {
		id,
		source,
		destination,
		port: port ?? null,
		start: iso(exchanges[0]),
		end: iso(exchanges.at(-1)),
		recordCount: 0,
		bytes: String(bytes),
		records: []
	};
}
function protocolName(protocol) {
	return protocol === 6 ? "TCP" : protocol === 17 ? "UDP" : "ICMP";
}
// src/generator/random.ts
/** 4,096 quantiles of the standard normal distribution, shuffled by a fixed stride, so that one table look-up draws from it. */
const NORMAL = normalTable(4096);
/** Four hexadecimal digits of every 16-bit number. */
const HEX4 = Array.from({ length: 65536 }, (_, value) => value.toString(16).padStart(4, "0"));
/**
* The "small fast counter" generator (sfc32 of Chris Doty-Humphrey's PractRand, public domain). The labels name a stream:
* equal labels give equal numbers, and streams of different labels have nothing to do with each other.
*/
var Random = class {
	#a;
	#b;
	#c;
	#counter = 1;
	constructor(...labels) {
		const digest = createHash("sha256").update(labels.join("\0")).digest();
		this.#a = digest.readInt32LE(0);
		this.#b = digest.readInt32LE(4);
		this.#c = digest.readInt32LE(8);
		for (let i = 0; i < 12; i++) this.uint32();
	}
	/** A whole number from 0 to 2^32 - 1. */
	uint32() {
		const sum = this.#a + this.#b + this.#counter | 0;
		this.#counter = this.#counter + 1 | 0;
		this.#a = this.#b ^ this.#b >>> 9;
		this.#b = this.#c + (this.#c << 3) | 0;
		this.#c = (this.#c << 21 | this.#c >>> 11) + sum | 0;
		return sum >>> 0;
	}
	/** A number from 0 (inclusive) to 1 (exclusive). */
	fraction() {
		return this.uint32() / 4294967296;
	}
	/** A whole number from 0 to `bound` - 1. */
	below(bound) {
		return Math.floor(this.fraction() * bound);
	}
	/** A whole number from `low` to `high`, both inclusive. */
	between(low, high) {
		return low + this.below(high - low + 1);
	}
	chance(probability) {
		return this.uint32() < probability * 4294967296;
	}
	pick(list) {
		const item = list[this.below(list.length)];
		if (item === void 0) throw new RangeError("nothing to pick from");
		return item;
	}
	/** A size around `median`, log-normal with the given spread (sigma), from 1 to `most`. */
	size(median, spread, most) {
		const quantile = NORMAL[this.uint32() & 4095] ?? 0;
		return Math.max(1, Math.min(most, Math.round(median * Math.exp(spread * quantile))));
	}
	/** Eight lower-case hexadecimal digits. */
	hex8() {
		return hex8(this.uint32());
	}
	/** Lower-case base 32 (RFC 4648), as in the unique part of an OCID. */
	base32(length) {
		return Array.from({ length }, () => "abcdefghijklmnopqrstuvwxyz234567"[this.below(32)]).join("");
	}
	/** A version 4 UUID. */
	uuid() {
		const digits = this.hex8() + this.hex8() + this.hex8() + this.hex8();
		const variant = "89ab"[this.below(4)];
		return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
	}
};
/** Eight lower-case hexadecimal digits of an unsigned 32-bit number. */
function hex8(value) {
	return HEX4[value >>> 16] + HEX4[value & 65535];
}
function normalTable(length) {
	const table = new Float64Array(length);
	for (let i = 0; i < length; i++) table[i * 1597 % length] = quantile((i + .5) / length);
	return table;
}
/** Inverse of the normal distribution: Abramowitz and Stegun, 26.2.23 (absolute error below 4.5e-4). */
function quantile(probability) {
	const tail = Math.min(probability, 1 - probability);
	const t = Math.sqrt(-2 * Math.log(tail));
	const z = t - (2.515517 + .802853 * t + .010328 * t * t) / (1 + 1.432788 * t + .189269 * t * t + .001308 * t * t * t);
	return probability < .5 ? -z : z;
}
// src/generator/stamps.ts
/** `YYYY-MM-DDTHH:MM:SS`, in UTC, of seconds since the epoch; neighbouring seconds are remembered. */
const RECENT = /* @__PURE__ */ new Map();
function isoSecond(seconds) {
	let text = RECENT.get(seconds);
	if (text === void 0) {
		if (RECENT.size >= 2e4) RECENT.clear();
		text = (/* @__PURE__ */ new Date(seconds * 1e3)).toISOString().slice(0, 19);
		RECENT.set(seconds, text);
	}
	return text;
}
/** `YYYYMMDDTHHMMSSZ` */
function stamp(seconds) {
	return `${isoSecond(seconds).replaceAll(/[-:]/g, "")}Z`;
}
// src/generator/formats/views.ts
/**
* The records of an exchange in a one-directional log: one for each direction and VNIC. A rejected exchange is a single
* record, of the VNIC whose rules rejected it: the sender's where that is a server of the network.
*/
function viewsOf(exchange) {
	const source = exchange.source.host;
	const destination = exchange.destination.host;
	const views = [];
	if (source !== void 0) views.push({
		host: source,
		reply: false
	});
	if (destination !== void 0 && (exchange.accepted || source === void 0)) views.push({
		host: destination,
		reply: false
	});
	if (exchange.accepted && exchange.packetsReverse > 0) {
		if (destination !== void 0) views.push({
			host: destination,
			reply: true
		});
		if (source !== void 0) views.push({
			host: source,
			reply: true
		});
	}
	return views;
}
// src/generator/formats/aws.ts
const REGION$2 = "eu-west-1";
/** Fields of version 5, in the order that this log asks for. */
const COLUMNS = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id flow-direction traffic-path";
const NAMES = COLUMNS.split(" ");
/** Of TCP: SYN and FIN of who begins, SYN, ACK and FIN of who answers. */
const FLAGS = {
	request: 3,
	reply: 19,
	rejected: 2
};
/** Ways out: within the VPC, and through an internet gateway. */
const PATHS = {
	within: 1,
	internet: 8
};
/** Ids of an account's resources, made up from the seed. */
var AwsNames = class {
	account;
	flowLog;
	#subnets;
	/** What stands in every record of a host before and after what changes. */
	#hosts;
	constructor(seed, world) {
		const random = new Random(seed, "aws");
		const id = (kind) => `${kind}-0${random.hex8()}${random.hex8()}`;
		this.account = String(random.between(1e11, 999999999999));
		this.flowLog = id("fl");
		const vpc = id("vpc");
		this.#subnets = world.subnets.map(() => id("subnet"));
		this.#hosts = world.hosts.map(({ subnet }) => ({
			vnic: id("eni"),
			ids: `${vpc} ${this.subnet(subnet)} ${id("i")}`,
			zone: `euw1-az${subnet.index % 3 + 1}`
		}));
	}
	subnet(subnet) {
		return this.#subnets[subnet.index];
	}
	host(host) {
		return this.#hosts[host.index];
	}
};
/** Records of one direction each, of the interface that saw them; a rejected exchange is one record. */
var AwsEncoder = class {
	#names;
	constructor(names) {
		this.#names = names;
	}
	count(exchange) {
		return viewsOf(exchange).length;
	}
	write(exchange, from, to, _random, sinkOf) {
		for (const view of viewsOf(exchange).slice(from, to)) {
			const bytes = view.reply ? exchange.bytesReverse : exchange.bytes;
			sinkOf(view.host).flow(this.#line(exchange, view), exchange.time, exchange.accepted, bytes, 0, exchange.incident, view.reply);
		}
	}
	quality(host, status, time) {
		const { vnic, ids, zone } = this.#names.host(host);
		const times = `${time} ${time + 60}`;
		return `5 ${this.#names.account} ${vnic} - - - - - - - ${times} - ${status} ${ids} - - - - ${REGION$2} ${zone} - -`;
	}
	#line(exchange, { host, reply }) {
		const { time, duration, protocol, accepted, source, destination } = exchange;
		const { vnic, ids, zone } = this.#names.host(host);
		const [from, to] = reply ? [destination, source] : [source, destination];
		const [fromPort, toPort] = reply ? [exchange.destinationPort, exchange.sourcePort] : [exchange.sourcePort, exchange.destinationPort];
		const counters = reply ? `${exchange.packetsReverse} ${exchange.bytesReverse}` : `${exchange.packets} ${exchange.bytes}`;
		const flags = protocol !== 6 ? 0 : accepted ? reply ? FLAGS.reply : FLAGS.request : FLAGS.rejected;
		const isEgress = from.host === host;
		const path = isEgress ? to.host === void 0 ? PATHS.internet : PATHS.within : "-";
		return `5 ${this.#names.account} ${vnic} ${from.address} ${to.address} ${fromPort} ${toPort} ${protocol} ${counters} ${time} ${time + duration} ${accepted ? "ACCEPT" : "REJECT"} OK ${ids} ${flags} ${from.address.includes(":") ? "IPv6" : "IPv4"} ${from.address} ${to.address} ${REGION$2} ${zone} ${isEgress ? "egress" : "ingress"} ${path}`;
	}
};
/**
* VPC Flow Logs with a heading, one object a window:
* `<prefix>AWSLogs/<account>/vpcflowlogs/<region>/<yyyy/mm/dd>/<account>_vpcflowlogs_<region>_<flow log>_<yyyymmddThhmmZ>_<hash>.log.gz`.
*/
var AwsDialect = class {
	encoder;
	heading = COLUMNS;
	/** The service delivers after about ten minutes. */
	delay = 600;
	#names;
	#prefix;
	#hash = "";
	constructor(names, options) {
		this.encoder = new AwsEncoder(names);
		this.#names = names;
		this.#prefix = options.prefix;
	}
	prepare(_window, random) {
		this.#hash = random.hex8();
	}
	key(window) {
		const second = Math.floor(window.from);
		const { account, flowLog } = this.#names;
		const day = isoSecond(second).slice(0, 10).replaceAll("-", "/");
		const minute = `${stamp(second).slice(0, 13)}Z`;
		const name = `${account}_vpcflowlogs_${REGION$2}_${flowLog}_${minute}_${this.#hash}.log.gz`;
		return `${this.#prefix}AWSLogs/${account}/vpcflowlogs/${REGION$2}/${day}/${name}`;
	}
	quality(host, kind, time) {
		return this.encoder.quality(host, kind === "noData" ? "NODATA" : "SKIPDATA", time);
	}
	breakLine(kind, good) {
		const values = good.split(" ");
		const column = (name, value) => ({ text: values.with(NAMES.indexOf(name), value).join(" ") });
		switch (kind) {
			case "half-line": return { text: values.slice(0, 7).join(" ") };
			case "long-line": return { text: `${good} ${"x".repeat(10485760)}` };
			case "nul": return column("srcaddr", "10.20.\0.7");
			case "invalid-utf8": return column("srcaddr", "10.20.ÿþ.7");
			case "bad-address": return column("srcaddr", "10.100.xx.197");
			case "bad-port": return column("dstport", "70000");
			case "null-field": return column("srcaddr", "-");
			case "big-counter": return {
				...column("bytes", "18446744073709551615"),
				bytes: 18446744073709551615n
			};
			default: return;
		}
	}
	subnetId(subnet) {
		return this.#names.subnet(subnet);
	}
};
// src/generator/damage/entries.ts
/** Keeps records apart instead of writing them. */
var Entries = class {
	list = [];
	flow(text, time, accepted, bytes, bytesReverse, incident, reply) {
		this.list.push({
			text,
			time,
			accepted,
			bytes: BigInt(bytes),
			bytesReverse: BigInt(bytesReverse),
			incident,
			reply
		});
	}
	quality() {
		throw new TypeError("quality records are not kept apart");
	}
};
/** The truth of flows that are all good. */
function truthOf(entries) {
	const truth = emptyTruth();
	for (const { accepted, bytes, bytesReverse } of entries) {
		truth.records++;
		if (accepted) truth.accept++;
		else truth.reject++;
		truth.bytes += bytes;
		truth.bytesReverse += bytesReverse;
	}
	return truth;
}
/** What can be read of gzip that ends in the middle, one byte a character. */
function recoverable(bytes) {
	return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).toString("latin1");
}
// src/generator/damage/ibm.ts
/** An object with one thing broken in it, and what is left to read. */
function damagedObject(kind, object, textOf) {
	const { entries } = object;
	const place = entries.length >> 1;
	const whole = textOf(object);
	const good = (bytes, truth = truthOf(entries)) => ({
		bytes,
		truth,
		record: null,
		outcome: "good"
	});
	switch (kind) {
		case "truncated-gzip": return truncated$1(gzip$2(whole), whole, entries);
		case "half-line": return halfObject(whole, entries, place);
		case "empty-object": return good(/* @__PURE__ */ new Uint8Array(0), truthOf([]));
		case "empty-gzip": return good(gzip$2(""), truthOf([]));
		case "empty-flow-logs": return good(gzip$2(textOf({
			...object,
			entries: []
		})), truthOf([]));
		case "wrong-count": return good(gzip$2(textOf(object, {
			count: entries.length - 1,
			state: "ok"
		})), {
			...truthOf(entries),
			countMismatch: 1
		});
		case "bom": return good(gzip$2(`\xef\xbb\xbf${whole}`));
		case "members": return good(Buffer.concat([gzip$2(whole.slice(0, whole.length >> 1)), gzip$2(whole.slice(whole.length >> 1))]));
		case "plain": return good(Buffer.from(whole, "latin1"));
		default: return badElement(kind, object, place, textOf);
	}
}
function badElement(kind, object, place, textOf) {
	const copied = object.entries[place];
	const text = breakElement(kind, copied.text);
	const entry = {
		...copied,
		text
	};
	const bytes = gzip$2(textOf({
		...object,
		entries: object.entries.toSpliced(place, 0, entry)
	}));
	const truth = truthOf(object.entries);
	truth.records++;
	if (kind !== "big-counter") {
		truth.bad++;
		return {
			bytes,
			truth,
			record: place + 1,
			outcome: "bad"
		};
	}
	if (entry.accepted) truth.accept++;
	else truth.reject++;
	truth.bytes += 18446744073709551615n;
	truth.bytesReverse += entry.bytesReverse;
	return {
		bytes,
		truth,
		record: place + 1,
		outcome: "good"
	};
}
function breakElement(kind, good) {
	const address = /"initiator_ip":"[^"]+"/;
	switch (kind) {
		case "long-line": return good.replace("\"ether_type\":\"IPv4\"", `"ether_type":"${"x".repeat(10485760)}"`);
		case "nul": return good.replace(address, "\"initiator_ip\":\"10.20.\0.7\"");
		case "invalid-utf8": return good.replace(address, "\"initiator_ip\":\"10.20.ÿþ.7\"");
		case "bad-address": return good.replace(address, "\"initiator_ip\":\"10.100.xx.197\"");
		case "bad-port": return good.replace(/"target_port":\d+/, "\"target_port\":70000");
		case "null-field": return good.replace(address, "\"initiator_ip\":null");
		case "big-counter": return good.replace(/"bytes_from_initiator":\d+/, "\"bytes_from_initiator\":18446744073709551615");
		default: throw new RangeError(`this format knows no damage ${kind}`);
	}
}
/** JSON that ends inside an element. */
function halfObject(whole, entries, place) {
	const element = entries[place];
	const end = whole.indexOf(element.text) + (element.text.length >> 1);
	const truth = truthOf(entries.slice(0, place));
	truth.broken = 1;
	return {
		bytes: gzip$2(whole.slice(0, end)),
		truth,
		record: place + 1,
		outcome: "broken"
	};
}
/** Gzip that ends where what is left ends inside an element. */
function truncated$1(bytes, whole, entries) {
	const body = whole.indexOf("[") + 1;
	for (let cut = Math.floor(bytes.length * .6); cut > 20; cut--) {
		const length = recoverable(bytes.subarray(0, cut)).length - body;
		let [end, complete] = [0, 0];
		for (const { text } of entries) {
			if (end + text.length > length) break;
			end += text.length + 1;
			complete++;
		}
		if (complete === 0 || length - end < 2) continue;
		const truth = truthOf(entries.slice(0, complete));
		truth.broken = 1;
		return {
			bytes: bytes.subarray(0, cut),
			truth,
			record: complete + 1,
			outcome: "broken"
		};
	}
	throw new RangeError("too few flows to cut");
}
function gzip$2(text) {
	return gzipSync(Buffer.from(text, "latin1"), { level: 6 });
}
// src/generator/formats/ibm-records.ts
const REGION$1 = "us-south";
/** Names of an account's resources, made up from the seed. A subnet lies in one zone of the region. */
var IbmNames = class {
	account;
	collector;
	vpc;
	#subnets;
	#hosts;
	constructor(seed, world) {
		const random = new Random(seed, "crns");
		this.account = random.hex8() + random.hex8() + random.hex8() + random.hex8();
		const crn = (place, type, id) => `crn:v1:bluemix:public:is:${place}:a/${this.account}::${type}:${id}`;
		const zone = (subnet) => subnet.index % 3 + 1;
		this.collector = crn(REGION$1, "flow-log-collector", `r006-${random.uuid()}`);
		this.vpc = crn(REGION$1, "vpc", `r006-${random.uuid()}`);
		this.#subnets = world.subnets.map((subnet) => crn(`${REGION$1}-${zone(subnet)}`, "subnet", `07${zone(subnet)}7-${random.uuid()}`));
		this.#hosts = world.hosts.map(({ subnet }) => ({
			instance: crn(`${REGION$1}-${zone(subnet)}`, "instance", `07${zone(subnet)}7_${random.uuid()}`),
			vnic: `07${zone(subnet)}7-${random.uuid()}`
		}));
	}
	subnet(subnet) {
		return this.#subnets[subnet.index];
	}
	host(host) {
		return this.#hosts[host.index];
	}
};
/** Elements of `flow_logs`: two-way records of TCP and UDP over IPv4, one for each VNIC that saw the connection. */
var IbmEncoder = class {
	count(exchange) {
		return this.#views(exchange).length;
	}
	write(exchange, from, to, random, sinkOf) {
		for (const { host, direction } of this.#views(exchange).slice(from, to)) {
			const { time, accepted, bytes, bytesReverse, incident } = exchange;
			sinkOf(host).flow(flowLog(exchange, direction, random), time, accepted, bytes, bytesReverse, incident, false);
		}
	}
	#views(exchange) {
		const { source, destination, protocol, accepted } = exchange;
		if (protocol === 1 || source.address.includes(":")) return [];
		const views = [];
		if (source.host !== void 0) views.push({
			host: source.host,
			direction: "O"
		});
		if (destination.host !== void 0 && (accepted || source.host === void 0)) views.push({
			host: destination.host,
			direction: "I"
		});
		return views;
	}
};
/**
* A close notice of a rejected flow that was reported before: no times of its own and nothing in this window, only the
* cumulative counters.
*/
function closeNotice(exchange, direction) {
	return element(exchange, direction, {
		start: "",
		end: "",
		initiated: false,
		terminated: true,
		window: {
			bytes: 0,
			packets: 0,
			bytesReverse: 0,
			packetsReverse: 0
		},
		total: exchange
	});
}
function flowLog(exchange, direction, random) {
	const initiated = exchange.connectionStart === exchange.time;
	const factor = initiated ? 1 : random.between(2, 9);
	return element(exchange, direction, {
		start: `${isoSecond(exchange.time)}Z`,
		end: `${isoSecond(exchange.time + exchange.duration)}Z`,
		initiated,
		terminated: exchange.accepted && random.chance(.85),
		window: exchange,
		total: {
			bytes: exchange.bytes * factor,
			packets: exchange.packets * factor,
			bytesReverse: exchange.bytesReverse * factor,
			packetsReverse: exchange.packetsReverse * factor
		}
	});
}
function element(exchange, direction, part) {
	const { start, end, initiated, terminated, window, total } = part;
	return `{"start_time":"${start}","end_time":"${end}","connection_start_time":"${isoSecond(exchange.connectionStart)}Z","direction":"${direction}","action":"${exchange.accepted ? "accepted" : "rejected"}","initiator_ip":"${exchange.source.address}","target_ip":"${exchange.destination.address}","initiator_port":${exchange.sourcePort},"target_port":${exchange.destinationPort},"transport_protocol":${exchange.protocol},"ether_type":"IPv4","was_initiated":${initiated},"was_terminated":${terminated},"bytes_from_initiator":${window.bytes},"packets_from_initiator":${window.packets},"bytes_from_target":${window.bytesReverse},"packets_from_target":${window.packetsReverse},"cumulative_bytes_from_initiator":${total.bytes},"cumulative_packets_from_initiator":${total.packets},"cumulative_bytes_from_target":${total.bytesReverse},"cumulative_packets_from_target":${total.packetsReverse}}`;
}
// src/generator/formats/ibm.ts
/**
* One object a VNIC and window, under
* `ibm_vpc_flowlogs_v1/account=…/region=…/vpc-id=…/subnet-id=…/endpoint-type=vnics/instance-id=…/vnic-id=…/record-type=all/year=…/…/stream-id=…/<number>.gz`.
* A VNIC's stream keeps its id; the numbers begin at 0 in each hour's folder, the hour being that of the capture's end.
*/
var IbmFormat = class {
	cloud = "ibm";
	encoder = new IbmEncoder();
	#names;
	#options;
	#streams = /* @__PURE__ */ new Map();
	#pending = /* @__PURE__ */ new Map();
	constructor(names, options) {
		this.#names = names;
		this.#options = options;
	}
	open(window, random) {
		const kept = new Map(this.#options.hosts.map((host) => [host, new Entries()]));
		const sinkOf = (host) => kept.get(host);
		return {
			begin: (limit) => this.#notices(limit, sinkOf, Math.floor(window.from)),
			add: (exchange, from, to) => {
				this.#remember(exchange, random);
				this.encoder.write(exchange, from, to, random, sinkOf);
			},
			room: () => void 0,
			end: () => this.#options.hosts.flatMap((host) => this.#objects(host, sinkOf(host).list, window, random))
		};
	}
	damaged(kind, exchanges, window, random) {
		const host = this.#options.hosts[0];
		const kept = new Entries();
		for (const exchange of exchanges) this.encoder.write(exchange, 0, Number.POSITIVE_INFINITY, random, () => kept);
		const object = {
			host,
			entries: kept.list,
			from: Math.floor(window.from),
			to: Math.floor(window.to)
		};
		return {
			...this.#base(object),
			marks: [],
			...damagedObject(kind, object, (part, header) => this.#text(part, header))
		};
	}
	subnetId(subnet) {
		return this.#names.subnet(subnet);
	}
	#notices(limit, sinkOf, time) {
		let written = 0;
		for (const [host, pending] of this.#pending) for (const { exchange, direction } of pending.splice(0, limit - written)) {
			sinkOf(host).flow(closeNotice(exchange, direction), time, false, 0, 0, void 0, false);
			written++;
		}
		return written;
	}
	/** Half of the rejected flows of everyday traffic get a close notice in the next window. */
	#remember(exchange, random) {
		if (exchange.accepted || exchange.incident !== void 0 || !random.chance(.5)) return;
		const host = exchange.source.host ?? exchange.destination.host;
		if (host === void 0) return;
		const pending = this.#pending.get(host) ?? [];
		if (pending.length >= 50) return;
		pending.push({
			exchange,
			direction: exchange.source.host === void 0 ? "I" : "O"
		});
		this.#pending.set(host, pending);
	}
	#objects(host, entries, window, random) {
		const twice = window.last && host.index < this.#options.extraObjects;
		const size = twice ? Math.max(1, Math.ceil(entries.length / 2)) : this.#options.flowsPerObject;
		const parts = Math.max(twice ? 2 : 1, Math.ceil(entries.length / size));
		const cut = (part) => {
			if (part === 0) return Math.floor(window.from);
			return Math.floor(part === parts ? window.to : Math.max(window.from, entries[part * size]?.time ?? window.to));
		};
		return Array.from({ length: parts }, (_, part) => {
			const chosen = entries.slice(part * size, (part + 1) * size);
			return this.#object({
				host,
				entries: chosen,
				from: cut(part),
				to: cut(part + 1)
			}, random);
		});
	}
	#object(object, random) {
		const truth = truthOf(object.entries);
		const wrong = this.#options.quality && object.entries.length > 1 && random.chance(.004);
		const lost = this.#options.quality && random.chance(.004);
		if (wrong) truth.countMismatch = 1;
		if (lost) truth.skipData = 1;
		const header = {
			count: object.entries.length - (wrong ? 1 : 0),
			state: lost ? "skip data" : "ok"
		};
		const marks = object.entries.flatMap(({ incident, reply, accepted }, index) => incident === void 0 ? [] : [{
			incident,
			record: index + 1,
			reply,
			accepted
		}]);
		const bytes = gzipSync(Buffer.from(this.#text(object, header), "latin1"), { level: this.#options.gzipLevel });
		return {
			...this.#base(object, header),
			bytes,
			truth,
			marks
		};
	}
	#base(object, header = {
		count: object.entries.length,
		state: "ok"
	}) {
		const metadata = Object.fromEntries(this.#header(object, header).map(([name, value]) => [name, String(value)]));
		return {
			key: this.#key(object),
			time: object.to * 1e3 + 600,
			metadata
		};
	}
	#header({ host, from, to }, { count, state }) {
		const { instance, vnic } = this.#names.host(host);
		return [
			["version", "0.0.1"],
			["collector_crn", this.#names.collector],
			["attached_endpoint_type", "vnic"],
			["network_interface_id", vnic],
			["instance_crn", instance],
			["vpc_crn", this.#names.vpc],
			["capture_start_time", `${isoSecond(from)}Z`],
			["capture_end_time", `${isoSecond(to)}Z`],
			["state", state],
			["number_of_flow_logs", count]
		];
	}
	#text(object, header = {
		count: object.entries.length,
		state: "ok"
	}) {
		return `{${this.#header(object, header).map(([name, value]) => `"${name}":${JSON.stringify(value)}`).join(",")},"flow_logs":[${object.entries.map(({ text }) => text).join(",")}]}`;
	}
	#key({ host, to }) {
		const hour = isoSecond(to).slice(0, 13);
		const stream = this.#streams.get(host) ?? {
			id: stamp(to),
			hour,
			next: 0
		};
		this.#streams.set(host, stream);
		if (stream.hour !== hour) Object.assign(stream, {
			hour,
			next: 0
		});
		const number = String(stream.next++).padStart(8, "0");
		const { prefix, encodedKeys } = this.#options;
		const { instance, vnic } = this.#names.host(host);
		const named = (crn) => encodedKeys ? encodeURIComponent(crn) : crn;
		const [date = "", hours = ""] = hour.split("T");
		const [year, month, day] = date.split("-");
		return `${prefix}ibm_vpc_flowlogs_v1/account=${this.#names.account}/region=${REGION$1}/vpc-id=${named(this.#names.vpc)}/subnet-id=${named(this.#names.subnet(host.subnet))}/endpoint-type=vnics/instance-id=${named(instance)}/vnic-id=${vnic}/record-type=all/year=${year}/month=${month}/day=${day}/hour=${hours}/stream-id=${stream.id}/${number}.gz`;
	}
};
// src/generator/body.ts
const CHUNK_BYTES = 262144;
/** Up to here compressing at once is cheaper than handing it to another thread. */
const SMALL_BYTES = 65536;
/** How far the text may be ahead of the compressor. */
const AHEAD_BYTES = 8388608;
/** The gzipped text of one object, compressed in another thread while it is written, so that an object of any size takes the same memory. */
var Body = class Body {
	static #spare = [];
	#level;
	#chunk = Body.#spare.pop() ?? Buffer.allocUnsafe(CHUNK_BYTES);
	#length = 0;
	#gzip;
	#finished;
	constructor(level) {
		this.#level = level;
	}
	/** Appends text of one byte a character. */
	put(text) {
		if (text.length > CHUNK_BYTES - this.#length) {
			this.#flush();
			if (text.length > CHUNK_BYTES) {
				this.#compressor().write(Buffer.from(text, "latin1"));
				return;
			}
		}
		this.#length += this.#chunk.write(text, this.#length, "latin1");
	}
	/** A promise for as long as the compressor is behind. */
	room() {
		if (this.#gzip?.writableNeedDrain !== true) return void 0;
		return once(this.#gzip, "drain").then(() => void 0);
	}
	end() {
		if (this.#finished === void 0 && this.#length <= SMALL_BYTES) {
			const bytes = gzipSync(this.#chunk.subarray(0, this.#length), { level: this.#level });
			Body.#spare.push(this.#chunk);
			return bytes;
		}
		this.#flush();
		this.#compressor().end();
		return this.#finished;
	}
	#flush() {
		if (this.#length === 0) return;
		this.#compressor().write(this.#chunk.subarray(0, this.#length));
		this.#chunk = Buffer.allocUnsafe(CHUNK_BYTES);
		this.#length = 0;
	}
	#compressor() {
		if (this.#gzip === void 0) {
			const options = {
				level: this.#level,
				chunkSize: CHUNK_BYTES,
				writableHighWaterMark: AHEAD_BYTES
			};
			const gzip = createGzip(options);
			const pieces = [];
			gzip.on("data", (piece) => pieces.push(piece));
			this.#finished = once(gzip, "end").then(() => Buffer.concat(pieces));
			this.#gzip = gzip;
		}
		return this.#gzip;
	}
};
// src/generator/damage/lines.ts
const BOM = "ï»¿";
/** An object of lines with one thing broken in it, and what is left to read. */
function damagedLines(kind, dialect, exchanges, window, random) {
	const kept = new Entries();
	for (const exchange of exchanges) dialect.encoder.write(exchange, 0, Number.POSITIVE_INFINITY, random, () => kept);
	const entries = kept.list;
	const times = entries.map(({ time }) => time);
	const last = Math.max(...times);
	const base = {
		key: dialect.key(window, Math.min(...times), last),
		time: Math.round((Math.max(window.to, last) + dialect.delay) * 1e3),
		marks: [],
		metadata: {}
	};
	const place = entries.length >> 1;
	const broken = dialect.breakLine(kind, entries[place].text);
	const heading = dialect.heading === void 0 ? [] : [dialect.heading];
	if (broken === void 0) return {
		...base,
		...wholeObject(kind, heading, entries)
	};
	const lines = [...heading, ...entries.map(({ text }) => text).toSpliced(place, 0, broken.text)];
	const truth = truthOf(entries);
	truth.records++;
	const described = {
		...base,
		bytes: gzip$1(joined(lines)),
		truth,
		record: place + 1
	};
	if (broken.skippedType !== void 0) {
		truth.skipped[broken.skippedType] = 1;
		return {
			...described,
			outcome: "skipped"
		};
	}
	if (broken.bytes !== void 0) {
		if (entries[place].accepted) truth.accept++;
		else truth.reject++;
		truth.bytes += broken.bytes;
		return {
			...described,
			outcome: "good"
		};
	}
	truth.bad++;
	return {
		...described,
		outcome: "bad"
	};
}
function wholeObject(kind, heading, entries) {
	const lines = [...heading, ...entries.map(({ text }) => text)];
	const text = joined(lines);
	const half = lines.length >> 1;
	const good = (bytes) => ({
		bytes,
		truth: truthOf(entries),
		record: null,
		outcome: "good"
	});
	switch (kind) {
		case "truncated-gzip": return truncated(gzip$1(text), heading, entries);
		case "empty-object": return {
			bytes: /* @__PURE__ */ new Uint8Array(0),
			truth: truthOf([]),
			record: null,
			outcome: "good"
		};
		case "empty-gzip": return {
			bytes: gzip$1(""),
			truth: truthOf([]),
			record: null,
			outcome: "good"
		};
		case "crlf": return good(gzip$1(text.replaceAll("\n", "\r\n")));
		case "bom": return good(gzip$1(BOM + text));
		case "members": return good(Buffer.concat([gzip$1(joined(lines.slice(0, half))), gzip$1(joined(lines.slice(half)))]));
		case "plain": return good(Buffer.from(text, "latin1"));
		case "no-last-newline": return good(gzip$1(text.slice(0, -1)));
		default: throw new RangeError(`this format knows no damage ${kind}`);
	}
}
/** Cut so that what is left ends inside a line. */
function truncated(bytes, heading, entries) {
	for (let cut = Math.floor(bytes.length * .6); cut > 20; cut--) {
		const readable = recoverable(bytes.subarray(0, cut));
		const complete = readable.split("\n").length - 1 - heading.length;
		const tail = readable.slice(readable.lastIndexOf("\n") + 1);
		if (complete <= 0 || tail === "" || tail === entries[complete]?.text) continue;
		const truth = truthOf(entries.slice(0, complete));
		truth.broken = 1;
		return {
			bytes: bytes.subarray(0, cut),
			truth,
			record: complete + 1,
			outcome: "broken"
		};
	}
	throw new RangeError("too few lines to cut");
}
function joined(lines) {
	return lines.map((line) => `${line}\n`).join("");
}
function gzip$1(text) {
	return gzipSync(Buffer.from(text, "latin1"), { level: 6 });
}
// src/generator/tally.ts
/** Counts the records of one object while they are written. */
var Tally = class {
	marks = [];
	/** Of the records, in seconds since the epoch. */
	first = Number.POSITIVE_INFINITY;
	last = Number.NEGATIVE_INFINITY;
	records = 0;
	#accept = 0;
	#reject = 0;
	#noData = 0;
	#skipData = 0;
	#bytes = 0;
	#bytesReverse = 0;
	flow(time, accepted, bytes, bytesReverse, incident, reply) {
		this.#at(time);
		if (accepted) this.#accept++;
		else this.#reject++;
		this.#bytes += bytes;
		this.#bytesReverse += bytesReverse;
		if (incident !== void 0) this.marks.push({
			incident,
			record: this.records,
			reply,
			accepted
		});
	}
	quality(time, kind) {
		this.#at(time);
		if (kind === "noData") this.#noData++;
		else this.#skipData++;
	}
	truth() {
		return {
			...emptyTruth(),
			records: this.records,
			accept: this.#accept,
			reject: this.#reject,
			noData: this.#noData,
			skipData: this.#skipData,
			bytes: BigInt(this.#bytes),
			bytesReverse: BigInt(this.#bytesReverse)
		};
	}
	#at(time) {
		this.records++;
		if (time < this.first) this.first = time;
		if (time > this.last) this.last = time;
	}
};
// src/generator/formats/lines.ts
/** One object a window, one record a line, gzipped. */
var LineFormat = class {
	cloud = "oci";
	encoder;
	#dialect;
	#options;
	constructor(dialect, options) {
		this.encoder = dialect.encoder;
		this.#dialect = dialect;
		this.#options = options;
	}
	open(window, random) {
		this.#dialect.prepare(window, random);
		return new LineWindow(this.#dialect, this.#options, window, random);
	}
	damaged(kind, exchanges, window, random) {
		this.#dialect.prepare(window, random);
		return damagedLines(kind, this.#dialect, exchanges, window, random);
	}
	subnetId(subnet) {
		return this.#dialect.subnetId(subnet);
	}
};
var LineWindow = class {
	#dialect;
	#options;
	#window;
	#random;
	#tally = new Tally();
	#body;
	#sinkOf = () => this;
	constructor(dialect, options, window, random) {
		this.#dialect = dialect;
		this.#options = options;
		this.#window = window;
		this.#random = random;
		this.#body = new Body(options.gzipLevel);
		if (dialect.heading !== void 0) this.#body.put(`${dialect.heading}\n`);
	}
	begin() {
		return 0;
	}
	add(exchange, from, to) {
		this.#dialect.encoder.write(exchange, from, to, this.#random, this.#sinkOf);
	}
	room() {
		return this.#body.room();
	}
	end() {
		if (this.#options.quality) this.#statements();
		const { first, last } = this.#tally;
		return [{
			key: this.#dialect.key(this.#window, first, last),
			time: Math.round((Math.max(this.#window.to, last) + this.#dialect.delay) * 1e3),
			bytes: this.#body.end(),
			truth: this.#tally.truth(),
			marks: this.#tally.marks,
			metadata: {}
		}];
	}
	flow(text, time, accepted, bytes, bytesReverse, incident, reply) {
		this.#body.put(`${text}\n`);
		this.#tally.flow(time, accepted, bytes, bytesReverse, incident, reply);
	}
	quality(text, time, kind) {
		this.#body.put(`${text}\n`);
		this.#tally.quality(time, kind);
	}
	/** A quarter of the objects say that a VNIC had no traffic, one in a hundred that flows were lost; every bucket has both. */
	#statements() {
		const { index, from } = this.#window;
		const random = this.#random;
		const state = (kind) => {
			const time = Math.floor(from);
			this.quality(this.#dialect.quality(random.pick(this.#options.hosts), kind, time, random), time, kind);
		};
		if (index === 0 || random.chance(.25)) state("noData");
		if (index === this.#options.windows >> 1 || random.chance(.01)) state("skipData");
	}
};
// src/generator/formats/oci-records.ts
const REGION = "us-ashburn-1";
const REGION_KEY = "iad";
const TYPE = "com.oraclecloud.vcn.flowlogs";
/** OCIDs of a tenancy, made up from the seed. */
var OciNames = class {
	connector;
	#fixed;
	#subnets;
	constructor(seed, world) {
		const random = new Random(seed, "ocids");
		const regional = (type, start) => `ocid1.${type}.oc1.${REGION_KEY}.${start}${random.base32(60 - start.length)}`;
		const global = (type) => `ocid1.${type}.oc1..aaaaaaaa${random.base32(52)}`;
		const tenancy = global("tenancy");
		const network = global("compartment");
		const workload = global("compartment");
		const vcn = regional("vcn", "amaaaaaa");
		const logGroup = regional("loggroup", "amaaaaaa");
		this.connector = regional("serviceconnector", "amaaaaaa");
		this.#subnets = world.subnets.map(() => regional("subnet", "aaaaaaaa"));
		const logs = world.subnets.map(() => regional("log", "amaaaaaa"));
		this.#fixed = world.hosts.map((host) => {
			const vnic = regional("vnic", "abuwcljt");
			const managed = host.role === "load-balancer";
			const instance = managed ? `VNICaaS:${vnic}` : regional("instance", "anuwcljt");
			const before = [`"oracle":{"compartmentid":"${network}",`];
			if (managed) before.push("\"filterOcid\":\"DEFAULT_CAPTURE_FILTER\",");
			before.push("\"ingestedtime\":\"");
			const after = [`","instanceOcid":"${instance}","loggroupid":"${logGroup}","logid":"${logs[host.subnet.index]}",`];
			if (managed) after.push("\"managed\":\"true\",");
			if (host.publicAddress !== void 0) after.push(`"publicIpv4":"${host.publicAddress}",`);
			if (managed) after.push(`"resourceId":"${regional("loadbalancer", "aaaaaaaa")}","resourceType":"loadbalancer",`);
			after.push(`"tenantid":"${tenancy}","vcnOcid":"${vcn}","vniccompartmentocid":"${workload}","vnicocid":"${vnic}",`);
			after.push(`"vnicsubnetocid":"${this.#subnets[host.subnet.index]}"},"source":"-","specversion":"1.0","time":"`);
			return {
				before: before.join(""),
				after: after.join("")
			};
		});
	}
	subnet(subnet) {
		return this.#subnets[subnet.index];
	}
	fixed(host) {
		return this.#fixed[host.index];
	}
};
/**
* VCN flow log events as Connector Hub writes them: one-directional, so a connection is a record for each direction and each
* of its VNICs; a rejected one is a single record of the VNIC whose rules rejected it.
*/
var OciEncoder = class {
	#style = {
		timeMillis: true,
		ingestedMillis: true,
		lag: 300
	};
	#names;
	#wrapped;
	#id = "";
	constructor(names, wrapped) {
		this.#names = names;
		this.#wrapped = wrapped;
	}
	/** To be called before the records of each object, so that none depends on another. */
	begin(style) {
		this.#style = style;
		this.#id = "";
	}
	count(exchange) {
		return viewsOf(exchange).length;
	}
	write(exchange, from, to, random, sinkOf) {
		const flowId = flowIdOf(exchange);
		const views = viewsOf(exchange);
		for (let i = from; i < Math.min(to, views.length); i++) {
			const { host, reply } = views[i];
			this.#record(exchange, host, reply, flowId, random, sinkOf(host));
		}
	}
	/** A statement of a VNIC about one minute: no traffic, or flows lost. Everything but times and status is null. */
	quality(host, kind, time, random) {
		const status = kind === "noData" ? "NODATA" : "SKIPDATA";
		const data = `{"action":null,"bytesOut":null,"destinationAddress":null,"destinationPort":null,"endTime":${time + 60},"flowid":null,"packets":null,"protocol":null,"protocolName":null,"sourceAddress":null,"sourcePort":null,"startTime":${time},"status":"${status}","version":"2"}`;
		return this.event(host, data, time, kind === "noData" ? `${TYPE}.QualityEvent.NoData` : `${TYPE}.QualityEvent.SkipData`, random);
	}
	/** An event around a `data` block. */
	event(host, data, time, type, random) {
		if (this.#id === "" || random.chance(.49)) this.#id = random.hex8();
		const { before, after } = this.#names.fixed(host);
		const { timeMillis, ingestedMillis, lag } = this.#style;
		const ingested = isoSecond(time + lag) + (ingestedMillis ? `.${100 + random.below(900)}Z` : "Z");
		const event = `{"data":${data},"id":"${this.#id}",${before}${ingested}${after}${isoSecond(time)}${timeMillis ? ".000Z" : "Z"}","type":"${type}"}`;
		return this.#wrapped ? `{"datetime":${time * 1e3},"logContent":${event},"regionId":"${REGION}"}` : event;
	}
	#record(exchange, host, reply, flowId, random, sink) {
		const { time, protocol, accepted } = exchange;
		const bytes = reply ? exchange.bytesReverse : exchange.bytes;
		const from = reply ? exchange.destination : exchange.source;
		const to = reply ? exchange.source : exchange.destination;
		const data = `{"action":"${accepted ? "ACCEPT" : "REJECT"}","bytesOut":${bytes},"destinationAddress":"${to.address}","destinationPort":${reply ? exchange.sourcePort : exchange.destinationPort},"endTime":${time + exchange.duration},"flowid":"${hex8(reply ? ~flowId >>> 0 : flowId)}","packets":${reply ? exchange.packetsReverse : exchange.packets},"protocol":${protocol},"protocolName":"${protocolName(protocol)}","sourceAddress":"${from.address}","sourcePort":${reply ? exchange.destinationPort : exchange.sourcePort},"startTime":${time},"status":"OK","version":"2"}`;
		sink.flow(this.event(host, data, time, `${TYPE}.DataEvent`, random), time, accepted, bytes, 0, exchange.incident, reply);
	}
};
/** The same for every record of one five-tuple (FNV-1a). */
function flowIdOf(exchange) {
	let hash = 2166136261 ^ exchange.protocol ^ (exchange.protocol === 1 ? 0 : exchange.sourcePort << 8);
	hash = Math.imul(hash, 16777619) ^ exchange.destinationPort;
	const { address: source } = exchange.source;
	const { address: destination } = exchange.destination;
	for (let i = 0; i < source.length; i++) hash = Math.imul(hash, 16777619) ^ source.charCodeAt(i);
	for (let i = 0; i < destination.length; i++) hash = Math.imul(hash, 16777619) ^ destination.charCodeAt(i);
	return Math.imul(hash, 16777619) >>> 0;
}
// src/generator/formats/oci.ts
/**
* The objects of one Connector Hub connector: `<prefix><connector>/<first>_<last>.<n>.log.gz`. The stamps are the times of the
* earliest and the latest record, so that an object with late records sorts before objects that are older than it.
*/
var OciDialect = class {
	encoder;
	/** Records arrive within 400 s; the connector writes after them. */
	delay = 410;
	#names;
	#prefix;
	#taken = /* @__PURE__ */ new Map();
	constructor(names, options) {
		this.encoder = new OciEncoder(names, options.wrapped);
		this.#names = names;
		this.#prefix = options.prefix;
	}
	prepare(_window, random) {
		const timeMillis = random.chance(.9);
		const ingestedMillis = random.chance(.9);
		this.encoder.begin({
			timeMillis,
			ingestedMillis,
			lag: random.between(60, 400)
		});
	}
	key(_window, first, last) {
		const name = `${stamp(first)}_${stamp(last)}`;
		if (this.#taken.size > 1e4) this.#taken.clear();
		const n = this.#taken.get(name) ?? 0;
		this.#taken.set(name, n + 1);
		return `${this.#prefix}${this.#names.connector}/${name}.${n}.log.gz`;
	}
	quality(host, kind, time, random) {
		return this.encoder.quality(host, kind, time, random);
	}
	breakLine(kind, good) {
		const replaced = (pattern, replacement) => ({ text: good.replace(pattern, () => replacement) });
		switch (kind) {
			case "half-line": return { text: good.slice(0, good.length >> 1) };
			case "long-line": return replaced(/"source":"-"/, `"source":"${"x".repeat(10485760)}"`);
			case "nul": return replaced(/"sourceAddress":"[^"]+"/, "\"sourceAddress\":\"10.20.\0.7\"");
			case "invalid-utf8": return replaced(/"sourceAddress":"[^"]+"/, "\"sourceAddress\":\"10.20.ÿþ.7\"");
			case "bad-address": return replaced(/"sourceAddress":"[^"]+"/, "\"sourceAddress\":\"10.100.xx.197\"");
			case "bad-port": return replaced(/"destinationPort":\d+/, "\"destinationPort\":70000");
			case "null-field": return replaced(/"sourceAddress":"[^"]+"/, "\"sourceAddress\":null");
			case "wrong-type": return { text: "[\"data\",\"oracle\"]" };
			case "big-counter": return {
				...replaced(/"bytesOut":\d+/, "\"bytesOut\":18446744073709551615"),
				bytes: 18446744073709551615n
			};
			case "other-type": {
				const type = "com.oraclecloud.objectstorage.getobject";
				return {
					text: good.replace("com.oraclecloud.vcn.flowlogs.DataEvent", type),
					skippedType: type
				};
			}
			default: return;
		}
	}
	subnetId(subnet) {
		return this.#names.subnet(subnet);
	}
};
// src/generator/formats/text-records.ts
/**
* The 12-field text form: version, source, destination, source port, destination port, protocol, packets, bytes, start, end,
* action, status. One-directional like the JSON form, and without the VNIC.
*/
var VcnTextEncoder = class {
	/** The word for accepted traffic: both are found. */
	accepted = "ACCEPT";
	count(exchange) {
		return viewsOf(exchange).length;
	}
	write(exchange, from, to, _random, sinkOf) {
		for (const { host, reply } of viewsOf(exchange).slice(from, to)) {
			const text = line(exchange, reply, exchange.accepted ? this.accepted : "REJECT");
			const bytes = reply ? exchange.bytesReverse : exchange.bytes;
			sinkOf(host).flow(text, exchange.time, exchange.accepted, bytes, 0, exchange.incident, reply);
		}
	}
	/** A line without traffic: every field but the times and the status is a dash. */
	quality(kind, time) {
		return `2 - - - - - - - ${time} ${time + 60} - ${kind === "noData" ? "NODATA" : "SKIPDATA"}`;
	}
};
function line(exchange, reply, action) {
	const { source, sourcePort, destination, destinationPort, protocol, time } = exchange;
	return `2 ${reply ? `${destination.address} ${source.address} ${destinationPort} ${sourcePort}` : `${source.address} ${destination.address} ${sourcePort} ${destinationPort}`} ${protocol} ${reply ? `${exchange.packetsReverse} ${exchange.bytesReverse}` : `${exchange.packets} ${exchange.bytes}`} ${time} ${time + exchange.duration} ${action} OK`;
}
// src/generator/formats/text.ts
/** Lines of text in objects whose keys follow their time: `<prefix>vcn-flow-logs/YYYY/MM/DD/<begin>.<nnnn>.log.gz`. */
var TextDialect = class {
	encoder = new VcnTextEncoder();
	delay = 60;
	#names;
	#prefix;
	#begin = "";
	#n = 0;
	constructor(names, options) {
		this.#names = names;
		this.#prefix = options.prefix;
	}
	prepare(_window, random) {
		this.encoder.accepted = random.chance(.85) ? "ACCEPT" : "ALLOW";
	}
	key(window) {
		const second = Math.floor(window.from);
		const begin = stamp(second);
		this.#n = begin === this.#begin ? this.#n + 1 : 0;
		this.#begin = begin;
		const day = isoSecond(second).slice(0, 10).replaceAll("-", "/");
		return `${this.#prefix}vcn-flow-logs/${day}/${begin}.${String(this.#n).padStart(4, "0")}.log.gz`;
	}
	quality(_host, kind, time) {
		return this.encoder.quality(kind, time);
	}
	breakLine(kind, good) {
		const field = (index, value) => ({ text: good.split(" ").with(index, value).join(" ") });
		switch (kind) {
			case "half-line": return { text: good.split(" ").slice(0, 7).join(" ") };
			case "long-line": return { text: `${good} ${"x".repeat(10485760)}` };
			case "nul": return field(1, "10.20.\0.7");
			case "invalid-utf8": return field(1, "10.20.ÿþ.7");
			case "bad-address": return field(1, "10.100.xx.197");
			case "bad-port": return field(4, "70000");
			case "null-field": return field(1, "-");
			case "big-counter": return {
				...field(7, "18446744073709551615"),
				bytes: 18446744073709551615n
			};
			default: return;
		}
	}
	subnetId(subnet) {
		return this.#names.subnet(subnet);
	}
};
// src/generator/formats/create.ts
/** The format that the settings name. */
function createFormat(settings, world, pace) {
	const { format, seed, prefix, gzipLevel, quality, wrapped, encodedKeys } = settings;
	const { hosts } = world;
	if (format === "ibm") {
		const { flowsPerObject, extraObjects } = pace;
		return new IbmFormat(new IbmNames(seed, world), {
			hosts,
			gzipLevel,
			prefix,
			encodedKeys,
			quality,
			flowsPerObject,
			extraObjects
		});
	}
	const lines = {
		hosts,
		gzipLevel,
		quality,
		windows: pace.windows
	};
	if (format === "aws") return new LineFormat(new AwsDialect(new AwsNames(seed, world), { prefix }), lines);
	const names = new OciNames(seed, world);
	return new LineFormat(format === "oci" ? new OciDialect(names, {
		prefix,
		wrapped
	}) : new TextDialect(names, { prefix }), lines);
}
// src/generator/outsiders.ts
/** First octets of the addresses of ordinary clients, and of those that only knock: nobody is both. */
const CLIENT_OCTETS = [
	24,
	31,
	46,
	62,
	71,
	73,
	81,
	86,
	91,
	98,
	109,
	151,
	176,
	188,
	212
];
const NOISE_OCTETS = [
	43,
	45,
	61,
	80,
	89,
	94,
	103,
	118,
	141,
	162,
	167,
	185,
	194,
	205,
	218
];
/** What the internet knocks at; a scanner that comes back keeps to one port that is no administrator's. */
const NOISE_PORTS = [
	23,
	22,
	3389,
	445,
	8080,
	5060,
	81,
	2323,
	8443,
	5555,
	1433,
	6379,
	3306,
	5900,
	8081,
	7547,
	9200,
	123,
	53413
];
const RETURNING_PORTS = [
	81,
	8080,
	5060,
	7547,
	8081,
	53413,
	37215,
	60001
];
const RETURNING_SCANNERS = 400;
const CLIENTS = 6e4;
const outside$1 = (address) => ({
	address,
	host: void 0
});
/** The same client number is the same address. Few clients do most: the number is the product of two draws. */
function client(random) {
	const number = Math.floor(random.fraction() * random.fraction() * CLIENTS);
	const mixed = Math.imul(number + 1, 2654435761) >>> 0;
	const octet = CLIENT_OCTETS[number % CLIENT_OCTETS.length] ?? 24;
	return outside$1(`${octet}.${mixed >>> 24 & 255}.${mixed >>> 14 & 255}.${1 + (mixed >>> 4) % 254}`);
}
/** Somebody who knocks, and where. */
function knock(random) {
	if (random.chance(.25)) {
		const number = random.below(RETURNING_SCANNERS);
		const mixed = Math.imul(number + 1, 2246822507) >>> 0;
		const port = RETURNING_PORTS[number % RETURNING_PORTS.length] ?? 81;
		return {
			source: outside$1(`179.${mixed >>> 24 & 255}.${mixed >>> 12 & 255}.${1 + number % 254}`),
			port
		};
	}
	const octet = random.pick(NOISE_OCTETS);
	const rest = random.uint32();
	return {
		source: outside$1(`${octet}.${rest >>> 24}.${rest >>> 16 & 255}.${1 + (rest >>> 4) % 254}`),
		port: random.chance(.7) ? random.pick(NOISE_PORTS) : random.between(1, 65535)
	};
}
// src/generator/profiles.ts
const inside$1 = (host) => ({
	address: host.address,
	host
});
const server = (random, world, role) => inside$1(random.pick(world.byRole[role]));
const anyServer = (random, world) => inside$1(random.pick(world.hosts));
/** Traffic that every log has. */
const COMMON = [
	{
		name: "clients to the load balancer",
		weight: 22,
		draw: (random, world) => ({
			source: client(random),
			destination: server(random, world, "load-balancer"),
			port: random.chance(.9) ? 443 : 80,
			bytes: random.size(1800, .9, 4e5),
			bytesReverse: random.size(14e3, 1.4, 2e6)
		})
	},
	{
		name: "clients to published web servers",
		weight: 5,
		draw: (random, world) => ({
			source: client(random),
			destination: server(random, world, "web"),
			port: 443,
			bytes: random.size(1500, .8, 2e5),
			bytesReverse: random.size(9e3, 1.3, 1e6)
		})
	},
	{
		name: "load balancer to web",
		weight: 13,
		draw: (random, world) => ({
			source: server(random, world, "load-balancer"),
			destination: server(random, world, "web"),
			port: 8443,
			bytes: random.size(2200, .9, 5e5),
			bytesReverse: random.size(15e3, 1.4, 3e6)
		})
	},
	{
		name: "health checks",
		weight: 5,
		draw: (random, world) => ({
			source: server(random, world, "load-balancer"),
			destination: server(random, world, "web"),
			port: 8080,
			bytes: random.between(390, 420),
			bytesReverse: random.between(480, 560)
		})
	},
	{
		name: "web to app",
		weight: 9,
		draw: (random, world) => ({
			source: server(random, world, "web"),
			destination: server(random, world, "app"),
			port: 8080,
			bytes: random.size(3e3, 1, 1e6),
			bytesReverse: random.size(9e3, 1.2, 4e6)
		})
	},
	{
		name: "app to database",
		weight: 7,
		draw: (random, world) => ({
			source: server(random, world, "app"),
			destination: server(random, world, "database"),
			port: 1521,
			bytes: random.size(4e3, 1.1, 1e6),
			bytesReverse: random.size(3e4, 1.5, 2e7)
		})
	},
	{
		name: "app to cache",
		weight: 3,
		draw: (random, world) => ({
			source: server(random, world, "app"),
			destination: server(random, world, world.byRole.cache.length > 0 ? "cache" : "database"),
			port: 6379,
			bytes: random.size(900, .8, 1e5),
			bytesReverse: random.size(2e3, 1, 5e5)
		})
	},
	{
		name: "name resolution",
		weight: 8,
		draw: (random, world) => ({
			source: anyServer(random, world),
			destination: server(random, world, "dns"),
			port: 53,
			protocol: 17,
			bytes: random.between(58, 96),
			bytesReverse: random.between(74, 420)
		})
	},
	{
		name: "network time",
		weight: 2,
		draw: (random, world) => ({
			source: anyServer(random, world),
			destination: outside$1(random.pick(world.approved.ntp).address),
			port: 123,
			protocol: 17,
			sourcePort: 123,
			bytes: 76,
			bytesReverse: 76
		})
	},
	{
		name: "monitoring",
		weight: 4,
		draw: (random, world) => ({
			source: server(random, world, "monitoring"),
			destination: anyServer(random, world),
			port: 9100,
			bytes: random.between(700, 900),
			bytesReverse: random.size(24e3, .3, 9e4)
		})
	},
	{
		name: "system logs",
		weight: 2,
		draw: (random, world) => ({
			source: anyServer(random, world),
			destination: server(random, world, "monitoring"),
			port: 6514,
			bytes: random.size(5e3, 1.1, 9e5),
			bytesReverse: random.between(300, 900)
		})
	},
	{
		name: "approved services outside",
		weight: 4,
		draw: (random, world) => ({
			source: server(random, world, random.chance(.8) ? "app" : "web"),
			destination: outside$1(random.pick(world.approved.web).address),
			port: 443,
			bytes: random.size(2500, 1, 5e5),
			bytesReverse: random.size(8e3, 1.5, 5e6)
		})
	},
	{
		name: "backups to approved storage",
		weight: .4,
		draw: (random, world) => ({
			source: server(random, world, "database"),
			destination: outside$1(world.approved.storage.address),
			port: 443,
			bytes: random.size(9e6, 1, 2e8),
			bytesReverse: random.size(6e4, .6, 9e5)
		})
	},
	{
		name: "administrators through the VPN to the bastion",
		weight: .3,
		draw: (random, world) => ({
			source: outside$1(`172.20.8.${random.between(10, 30)}`),
			destination: server(random, world, "bastion"),
			port: 22,
			bytes: random.size(6e3, .9, 3e5),
			bytesReverse: random.size(18e3, 1, 9e5)
		})
	},
	{
		name: "bastion to servers",
		weight: .4,
		draw: (random, world) => ({
			source: server(random, world, "bastion"),
			destination: server(random, world, random.chance(.6) ? "app" : "web"),
			port: 22,
			bytes: random.size(6e3, .9, 3e5),
			bytesReverse: random.size(18e3, 1, 9e5)
		})
	},
	{
		name: "rejected: the internet knocks",
		weight: 24,
		draw: (random, world) => {
			const { source, port } = knock(random);
			const bytes = random.chance(.8) ? 40 : 60;
			return {
				source,
				destination: inside$1(random.pick(world.published)),
				port,
				accepted: false,
				bytes,
				bytesReverse: 0
			};
		}
	},
	{
		name: "rejected: a metrics agent nobody opened a port for",
		weight: 1,
		draw: (random, world) => ({
			source: server(random, world, "app"),
			destination: server(random, world, "monitoring"),
			port: 8125,
			protocol: 17,
			accepted: false,
			bytes: random.between(80, 400),
			bytesReverse: 0
		})
	}
];
/** Only where ICMP and IPv6 are logged. */
const OCI_ONLY$1 = [{
	name: "echo requests of monitoring",
	weight: 1,
	draw: (random, world) => {
		return {
			protocol: 1,
			port: 0,
			sourcePort: 0,
			bytes: 84,
			bytesReverse: 84,
			source: server(random, world, "monitoring"),
			destination: anyServer(random, world)
		};
	}
}, {
	name: "IPv6 clients",
	weight: 3,
	draw: (random, world) => {
		const host = random.pick(world.dualStack);
		const number = random.below(4e3);
		return {
			source: outside$1(`2001:db8:f${(number % 16).toString(16)}00:${(number + 1).toString(16)}::${random.between(1, 15).toString(16)}`),
			destination: {
				address: host.address6 ?? host.address,
				host
			},
			port: 443,
			bytes: random.size(1800, .9, 4e5),
			bytesReverse: random.size(14e3, 1.4, 2e6)
		};
	}
}];
/** Only where DHCP is logged. */
const IBM_ONLY$1 = [{
	name: "address leases",
	weight: 1,
	draw: (random, world) => {
		const host = random.pick(world.hosts);
		const facts = {
			protocol: 17,
			port: 67,
			sourcePort: 68,
			bytes: 1368
		};
		if (random.chance(.1)) return {
			...facts,
			source: {
				address: "0.0.0.0",
				host
			},
			destination: outside$1("255.255.255.255"),
			bytesReverse: 0
		};
		return {
			...facts,
			source: inside$1(host),
			destination: outside$1(`10.20.${host.subnet.index * 4}.1`),
			bytesReverse: 1280
		};
	}
}];
// src/generator/traffic.ts
/**
* Draws the everyday traffic of a network, none of which looks like an incident: no service but 80 and 443 is accepted from
* outside, no pair meets at even intervals, nobody outside gets much from one server, and who is rejected is never accepted.
*/
var Traffic = class {
	#world;
	#profiles;
	#thresholds;
	constructor(world, cloud) {
		this.#world = world;
		this.#profiles = [...COMMON, ...cloud === "oci" ? OCI_ONLY$1 : IBM_ONLY$1];
		const total = this.#profiles.reduce((sum, profile) => sum + profile.weight, 0);
		let sum = 0;
		this.#thresholds = Float64Array.from(this.#profiles, ({ weight }) => {
			sum += weight;
			return sum / total;
		});
	}
	draw(random, time) {
		const at = random.fraction();
		let index = 0;
		while (at >= (this.#thresholds[index] ?? 1) && index < this.#profiles.length - 1) index++;
		const profile = this.#profiles[index];
		let facts = profile.draw(random, this.#world);
		while (facts.source.host !== void 0 && facts.source.host === facts.destination.host) facts = profile.draw(random, this.#world);
		const protocol = facts.protocol ?? 6;
		const accepted = facts.accepted ?? true;
		const long = accepted && protocol === 6 && random.chance(.12);
		return {
			time,
			duration: long ? random.between(30, 59) : random.chance(.6) ? 0 : random.below(12),
			source: facts.source,
			sourcePort: facts.sourcePort ?? random.between(32768, 60999),
			destination: facts.destination,
			destinationPort: facts.port,
			protocol,
			accepted,
			bytes: facts.bytes,
			packets: packetsOf(facts.bytes, protocol),
			bytesReverse: facts.bytesReverse,
			packetsReverse: facts.bytesReverse === 0 ? 0 : packetsOf(facts.bytesReverse, protocol),
			connectionStart: long && random.chance(.5) ? time - random.between(60, 3600) : time,
			incident: void 0
		};
	}
};
/** Packets that so many bytes take: small ones first (handshake), then nearly full frames. */
function packetsOf(bytes, protocol) {
	if (protocol !== 6) return Math.max(1, Math.round(bytes / 342));
	return bytes <= 60 ? 1 : Math.max(2, Math.round(bytes < 4e3 ? bytes / 180 : 22 + (bytes - 4e3) / 1320));
}
// src/generator/incidents.ts
const INCIDENTS = [
	"ssh-from-outside",
	"port-scan",
	"brute-force",
	"exfiltration",
	"beacon"
];
const PLANS = {
	"port-scan": portScan,
	"ssh-from-outside": sshFromOutside,
	"brute-force": bruteForce,
	exfiltration,
	beacon
};
function planIncident(id, scene) {
	return PLANS[id](scene);
}
/** A vertical scan: 120 ports of one published web server in 45 seconds; only 443 answers. */
function portScan(scene) {
	const source = outside("198.51.100.23");
	const destination = inside(scene.world.byRole.web[0]);
	const ports = /* @__PURE__ */ new Set([
		21,
		22,
		23,
		25,
		80,
		110,
		135,
		139,
		143,
		443,
		445,
		1433,
		1521,
		3306,
		3389,
		5432,
		5900,
		6379,
		8080,
		9200
	]);
	while (ports.size < 120) ports.add(scene.random.between(1, 1e4));
	const start = at(scene, .2);
	return incident("port-scan", void 0, [...ports].map((port, i) => exchange(scene, {
		time: start + Math.floor(i * 45 / ports.size),
		source,
		destination,
		destinationPort: port,
		accepted: port === 443,
		bytes: port === 443 ? 224 : 44,
		bytesReverse: port === 443 ? 164 : 0
	})));
}
/** An SSH session from outside that a published web server accepts: five minutes of one connection. */
function sshFromOutside(scene) {
	const source = outside("203.0.113.45");
	const destination = inside(scene.world.byRole.web.at(-1));
	const start = at(scene, .35);
	return incident("ssh-from-outside", 22, Array.from({ length: 5 }, (_, minute) => exchange(scene, {
		time: start + minute * 60,
		duration: 59,
		connectionStart: start,
		source,
		sourcePort: 51422,
		destination,
		destinationPort: 22,
		bytes: scene.random.between(4e3, 2e4),
		bytesReverse: scene.random.between(9e3, 6e4)
	})));
}
/** 45 rejected knocks at RDP of the jump server, at uneven gaps within a quarter of an hour, then a session of three minutes. */
function bruteForce(scene) {
	const source = outside("203.0.113.200");
	const destination = inside(scene.world.byRole.jump[0]);
	const longest = Math.max(6, Math.min(36, Math.floor(scene.span / 130)));
	let time = at(scene, .5);
	const exchanges = Array.from({ length: 45 }, () => {
		time += scene.random.between(1, longest);
		return exchange(scene, {
			time,
			source,
			destination,
			destinationPort: 3389,
			accepted: false,
			bytes: 60
		});
	});
	const success = time + 5;
	for (let minute = 0; minute < 3; minute++) {
		const [bytes, bytesReverse] = [scene.random.between(4e4, 9e4), scene.random.between(3e5, 9e5)];
		const session = {
			duration: 59,
			connectionStart: success,
			source,
			sourcePort: 49871,
			destination,
			destinationPort: 3389
		};
		exchanges.push(exchange(scene, {
			...session,
			time: success + minute * 60,
			bytes,
			bytesReverse
		}));
	}
	return incident("brute-force", 3389, exchanges);
}
/** A database server sends 560 to 900 MB a minute, for twelve minutes, to an address that nobody approved. */
function exfiltration(scene) {
	const source = inside(scene.world.byRole.database[0]);
	const destination = outside("203.0.113.99");
	const start = at(scene, .62);
	return incident("exfiltration", 443, Array.from({ length: 12 }, (_, minute) => exchange(scene, {
		time: start + minute * 60,
		duration: 59,
		connectionStart: start,
		source,
		sourcePort: 40112,
		destination,
		destinationPort: 443,
		bytes: scene.random.between(56e7, 9e8),
		bytesReverse: scene.random.between(4e6, 9e6)
	})));
}
/** 30 short connections of an app server to one address outside, at gaps that differ by no more than a fiftieth. */
function beacon(scene) {
	const source = inside(scene.world.byRole.app.at(-1));
	const destination = outside("198.51.100.77");
	const gap = Math.max(30, Math.min(300, Math.floor(scene.span / 100)));
	const start = at(scene, .1);
	return incident("beacon", 443, Array.from({ length: 30 }, (_, i) => exchange(scene, {
		time: start + i * gap + scene.random.below(1 + Math.floor(gap / 50)),
		source,
		destination,
		destinationPort: 443,
		bytes: scene.random.between(612, 624),
		bytesReverse: scene.random.between(288, 296)
	})));
}
function exchange(scene, part) {
	const bytesReverse = part.bytesReverse ?? 0;
	return {
		duration: 0,
		sourcePort: scene.random.between(32768, 60999),
		protocol: 6,
		accepted: true,
		packets: packetsOf(part.bytes, 6),
		packetsReverse: bytesReverse === 0 ? 0 : packetsOf(bytesReverse, 6),
		connectionStart: part.time,
		incident: scene.index,
		...part,
		bytesReverse
	};
}
function incident(id, port, exchanges) {
	const [first] = exchanges;
	if (first === void 0) throw new RangeError(`the incident ${id} is empty`);
	return {
		id,
		port,
		source: first.source.address,
		destination: first.destination.address,
		exchanges
	};
}
function at(scene, share) {
	return Math.floor(scene.start + scene.span * share);
}
function inside(host) {
	if (host === void 0) throw new RangeError("the network lacks a server of this role");
	return {
		address: host.address,
		host
	};
}
function outside(address) {
	return {
		address,
		host: void 0
	};
}
// src/generator/damage/kinds.ts
/** What can be broken in a bucket, each once, in an object of its own. */
const DAMAGE = {
	"truncated-gzip": "the object's bytes end in the middle",
	"half-line": "a record that ends in the middle (in the IBM form, JSON that does)",
	"long-line": "a record of 10 MiB",
	nul: "a NUL byte in an address",
	"invalid-utf8": "bytes in an address that are no UTF-8",
	"bad-address": "an address that is none",
	"bad-port": "port 70000",
	"null-field": "no source address",
	"wrong-type": "a record that is JSON but no object",
	"other-type": "an event of another log",
	"big-counter": "a byte counter of 2^64 - 1, which is right",
	"empty-object": "no bytes",
	"empty-gzip": "gzip of nothing",
	"empty-flow-logs": "an object whose list of flows is empty",
	"wrong-count": "a header that counts one flow too few",
	crlf: "lines that end with CR LF, which is right",
	bom: "a UTF-8 byte order mark, which is right",
	members: "two gzip members in a row, which is right",
	plain: "no compression, which is right",
	"no-last-newline": "no line end after the last line, which is right"
};
const LINES_ONLY = ["crlf", "no-last-newline"];
const OCI_ONLY = ["other-type", "wrong-type"];
const IBM_ONLY = ["empty-flow-logs", "wrong-count"];
/** The kinds that a format can have. */
function damageKinds(format) {
	const without = format === "oci" ? IBM_ONLY : format === "ibm" ? [...LINES_ONLY, ...OCI_ONLY] : [...OCI_ONLY, ...IBM_ONLY];
	return Object.keys(DAMAGE).filter((kind) => !without.includes(kind));
}
// src/generator/world.ts
const NETWORK = "10.20.0.0/16";
const NETWORK6 = "2001:db8:20::/56";
/** Administrators come from here, through a VPN; it counts as internal. */
const VPN = "172.20.8.0/24";
/** Approved services outside (TEST-NET-1 of RFC 5737). */
const APPROVED = "192.0.2.0/24";
const MOST_VNICS = 2e3;
const SUBNETS = [
	{
		index: 0,
		name: "web",
		cidr: "10.20.0.0/22",
		cidr6: "2001:db8:20::/64"
	},
	{
		index: 1,
		name: "app",
		cidr: "10.20.4.0/22",
		cidr6: void 0
	},
	{
		index: 2,
		name: "db",
		cidr: "10.20.8.0/22",
		cidr6: void 0
	},
	{
		index: 3,
		name: "admin",
		cidr: "10.20.12.0/22",
		cidr6: void 0
	}
];
const KINDS = {
	loadBalancer: {
		role: "load-balancer",
		prefix: "lb",
		subnet: 0,
		owner: "platform",
		published: true
	},
	web: {
		role: "web",
		prefix: "web",
		subnet: 0,
		owner: "storefront",
		published: true
	},
	app: {
		role: "app",
		prefix: "app",
		subnet: 1,
		owner: "storefront"
	},
	database: {
		role: "database",
		prefix: "db",
		subnet: 2,
		owner: "data"
	},
	cache: {
		role: "cache",
		prefix: "cache",
		subnet: 2,
		owner: "data"
	},
	bastion: {
		role: "bastion",
		prefix: "bastion",
		subnet: 3,
		owner: "platform",
		published: true
	},
	jump: {
		role: "jump",
		prefix: "jump",
		subnet: 3,
		owner: "platform",
		published: true
	},
	dns: {
		role: "dns",
		prefix: "dns",
		subnet: 3,
		owner: "platform"
	},
	monitoring: {
		role: "monitoring",
		prefix: "mon",
		subnet: 3,
		owner: "platform"
	}
};
/** The servers that every network has, then those it grows by, over and over. */
const FIRST = [
	KINDS.loadBalancer,
	KINDS.web,
	KINDS.app,
	KINDS.database,
	KINDS.bastion,
	KINDS.jump,
	KINDS.dns,
	KINDS.monitoring
];
const THEN = [
	KINDS.web,
	KINDS.app,
	KINDS.database,
	KINDS.web,
	KINDS.app,
	KINDS.cache
];
/** A network of `vnics` servers in four subnets, and the services outside that it uses. */
function createWorld(random, vnics) {
	const counts = /* @__PURE__ */ new Map();
	const taken = SUBNETS.map(() => 1);
	const hosts = Array.from({ length: vnics }, (_, index) => {
		const kind = FIRST[index] ?? THEN[(index - FIRST.length) % THEN.length] ?? KINDS.web;
		const number = (counts.get(kind.role) ?? 0) + 1;
		counts.set(kind.role, number);
		const subnet = SUBNETS[kind.subnet];
		const offset = (taken[kind.subnet] ?? 1) + 1;
		taken[kind.subnet] = offset;
		return {
			index,
			name: `${kind.prefix}-${String(number).padStart(2, "0")}`,
			role: kind.role,
			owner: kind.owner,
			subnet,
			address: `10.20.${kind.subnet * 4 + (offset >> 8)}.${offset & 255}`,
			address6: subnet.cidr6?.replace("/64", offset.toString(16)),
			publicAddress: kind.published === true ? `129.80.${random.below(256)}.${random.between(1, 254)}` : void 0
		};
	});
	const ofRole = (role) => hosts.filter((host) => host.role === role);
	return {
		subnets: SUBNETS,
		hosts,
		byRole: {
			"load-balancer": ofRole("load-balancer"),
			web: ofRole("web"),
			app: ofRole("app"),
			database: ofRole("database"),
			cache: ofRole("cache"),
			bastion: ofRole("bastion"),
			jump: ofRole("jump"),
			dns: ofRole("dns"),
			monitoring: ofRole("monitoring")
		},
		published: hosts.filter((host) => host.publicAddress !== void 0),
		dualStack: hosts.filter((host) => host.address6 !== void 0),
		approved: {
			ntp: [{
				name: "ntp-1.example.net",
				address: "192.0.2.123"
			}, {
				name: "ntp-2.example.net",
				address: "192.0.2.124"
			}],
			web: [
				{
					name: "packages.example.net",
					address: "192.0.2.20"
				},
				{
					name: "payments.example.com",
					address: "192.0.2.21"
				},
				{
					name: "mail-relay.example.com",
					address: "192.0.2.22"
				},
				{
					name: "identity.example.com",
					address: "192.0.2.23"
				}
			],
			storage: {
				name: "object-storage.example.net",
				address: "192.0.2.40"
			}
		}
	};
}
// src/generator/options.ts
const FORMATS = [
	"oci",
	"ibm",
	"text",
	"aws"
];
/** 2026-01-05T00:00:00Z, a Monday. */
const DEFAULT_START = Date.UTC(2026, 0, 5);
/** Fills in the defaults. Throws UsageError for a value that cannot be. */
function settle(options) {
	const settings = {
		seed: "1",
		flows: 1e5,
		start: DEFAULT_START,
		spanMs: 864e5,
		vnics: 24,
		incidents: INCIDENTS,
		damage: [],
		prefix: "",
		wrapped: false,
		encodedKeys: false,
		quality: true,
		gzipLevel: 3,
		...options
	};
	const { format, flows, objects, flowsPerObject, start, spanMs, vnics, incidents, damage, gzipLevel } = settings;
	if (!FORMATS.includes(format)) refuse(`format ${format} is none of ${FORMATS.join(", ")}`);
	wholeNumber("flows", flows, 1, 1e10);
	if (objects !== void 0) wholeNumber("objects", objects, 1, 1e8);
	if (flowsPerObject !== void 0) wholeNumber("flows-per-object", flowsPerObject, 1, 1e8);
	if (objects !== void 0 && flowsPerObject !== void 0) refuse("objects and flows-per-object exclude each other: give one");
	wholeNumber("vnics", vnics, 8, MOST_VNICS);
	wholeNumber("gzip-level", gzipLevel, 1, 9);
	wholeNumber("start", start, 0, Date.UTC(2100, 0, 1));
	wholeNumber("span", spanMs, 1e3, 316224e5);
	for (const id of incidents) if (!INCIDENTS.includes(id)) refuse(`there is no incident ${id}: choose among ${INCIDENTS.join(", ")}`);
	if (incidents.length > 0 && spanMs < 36e5) refuse("the incidents need a span of at least 1h: lengthen it, or leave the incidents out (none)");
	const possible = damageKinds(format);
	for (const kind of damage) {
		if (!(kind in DAMAGE)) refuse(`there is no damage ${kind}: choose among ${possible.join(", ")}`);
		if (!possible.includes(kind)) refuse(`damage ${kind} does not occur in format ${format}: choose among ${possible.join(", ")}`);
	}
	return {
		...settings,
		start: start - start % 1e3
	};
}
function refuse(message) {
	throw new UsageError("bad-generate-option", message);
}
function wholeNumber(name, value, low, high) {
	if (!Number.isSafeInteger(value) || value < low || value > high) refuse(`${name} is ${value}: expected a whole number from ${low} to ${high}`);
}
// src/generator/pace.ts
/** Connector Hub writes at least every seven minutes. */
const OCI_PACE_MS = 42e4;
/** IBM's collector writes every five minutes, or at 100 KB, which is about 200 flows. */
const IBM_PACE_MS = 3e5;
const IBM_FLOWS_PER_OBJECT = 200;
/** 100 MB of OCI records, after which Connector Hub begins the next object. */
const OCI_FLOWS_PER_OBJECT = 75e3;
/** A window of the IBM form is in memory at once. */
const MOST_FLOWS_IN_MEMORY = 5e5;
/** Cuts the span into windows of equal length, for `flows` flows of everyday traffic. */
function paceOf(settings, flows) {
	return settings.format === "ibm" ? ibmPace(settings, flows) : linePace(settings, flows);
}
function linePace({ objects, flowsPerObject, spanMs, format }, flows) {
	const rest = {
		flowsPerObject: Number.POSITIVE_INFINITY,
		extraObjects: 0
	};
	if (objects !== void 0) {
		if (objects > flows) refuse(`${objects} objects need more than ${flows} flows: every object holds at least one`);
		return {
			windows: objects,
			...rest
		};
	}
	if (flowsPerObject !== void 0) return {
		windows: Math.max(1, Math.ceil(flows / flowsPerObject)),
		...rest
	};
	const bySize = format === "oci" ? Math.ceil(flows / OCI_FLOWS_PER_OBJECT) : 1;
	return {
		windows: Math.max(1, Math.min(flows, Math.max(bySize, Math.ceil(spanMs / OCI_PACE_MS)))),
		...rest
	};
}
function ibmPace({ objects, flowsPerObject, spanMs, vnics }, flows) {
	if (objects !== void 0) {
		const windows = Math.floor(objects / vnics);
		if (windows === 0) refuse(`${objects} objects are less than one for each of ${vnics} VNICs: raise objects or lower vnics`);
		if (windows * 1e3 > spanMs) refuse(`${objects} objects of ${vnics} VNICs do not fit into the span: lengthen it`);
		inMemory(flows / windows);
		return {
			windows,
			flowsPerObject: Number.POSITIVE_INFINITY,
			extraObjects: objects % vnics
		};
	}
	const windows = Math.max(1, Math.ceil(spanMs / IBM_PACE_MS));
	inMemory(flows / windows);
	return {
		windows,
		flowsPerObject: flowsPerObject ?? IBM_FLOWS_PER_OBJECT,
		extraObjects: 0
	};
}
function inMemory(flows) {
	if (flows > MOST_FLOWS_IN_MEMORY) refuse(`${Math.ceil(flows)} flows at once are more than ${MOST_FLOWS_IN_MEMORY}: raise objects, or lengthen the span`);
}
/** Share of a day's traffic that comes before the given instant (seconds since the epoch): most at 14:00 UTC, least at 02:00, a third of it. */
function trafficBefore(seconds) {
	const day = 86400;
	const radians = 2 * Math.PI * (seconds - 28800) / day;
	return seconds / day - .5 * Math.cos(radians) / (2 * Math.PI);
}
// src/generator/generate.ts
/** Objects that may be in the compressor at once. */
const AHEAD = 4;
const DAMAGED_EXCHANGES = 30;
/** A tenth of OCI's objects hold records that are up to so many seconds late. */
const LATEST = 1600;
/** A bucket of flow logs, made up from a seed, object by object: what is in memory at once does not grow with the bucket. */
function generate(options) {
	return new Bucket(settle(options));
}
var Bucket = class {
	world;
	#settings;
	#format;
	#pace;
	#incidents;
	#traffic;
	/** Flows of everyday traffic. */
	#background;
	#account;
	/** An exchange whose last records go into the next object. */
	#carried;
	#started = false;
	constructor(settings) {
		this.#settings = settings;
		const { seed, start, spanMs, flows } = settings;
		this.world = createWorld(new Random(seed, "world"), settings.vnics);
		this.#incidents = settings.incidents.map((id, index) => {
			return planIncident(id, {
				random: new Random(seed, "incident", id),
				world: this.world,
				start: start / 1e3,
				span: spanMs / 1e3,
				index
			});
		});
		const probe = createFormat(settings, this.world, {
			windows: 1,
			flowsPerObject: 1,
			extraObjects: 0
		});
		const inIncidents = this.#incidents.flatMap(({ exchanges }) => exchanges).reduce((sum, exchange) => sum + probe.encoder.count(exchange), 0);
		if (flows <= inIncidents) refuse(`${flows} flows are too few: the incidents alone are ${inIncidents}; raise flows, or leave incidents out`);
		this.#background = flows - inIncidents;
		this.#pace = paceOf(settings, this.#background);
		this.#format = createFormat(settings, this.world, this.#pace);
		this.#traffic = new Traffic(this.world, this.#format.cloud);
		this.#account = new Account(settings, this.#incidents);
	}
	subnetId(subnet) {
		return this.#format.subnetId(subnet);
	}
	async *[Symbol.asyncIterator]() {
		if (this.#started) throw new Error("a generated bucket is iterated once: generate it again");
		this.#started = true;
		const ahead = [];
		for await (const draft of this.#drafts()) {
			ahead.push(draft);
			if (ahead.length >= AHEAD) yield await this.#complete(ahead.shift());
		}
		for (const draft of ahead) yield await this.#complete(draft);
	}
	truth() {
		return this.#account.truth();
	}
	async *#drafts() {
		const { windows } = this.#pace;
		const { damage } = this.#settings;
		const due = this.#incidents.flatMap(({ exchanges }) => exchanges).sort((a, b) => a.time - b.time);
		let damaged = 0;
		for (let index = 0; index < windows; index++) {
			const window = this.#window(index);
			yield* await this.#fill(window, due);
			for (; damaged < damage.length && (damaged + 1) * windows <= (index + 1) * (damage.length + 1); damaged++) yield this.#damage(damage[damaged], window);
		}
	}
	/** Everyday traffic up to the window's share of it, and the incidents whose time has come. */
	async #fill(window, due) {
		const { from, to, last } = window;
		const { seed, format, start } = this.#settings;
		const random = new Random(seed, "window", window.index);
		const writer = this.#format.open(window, random);
		const share = this.#share(window);
		const lateRecords = format === "oci" && window.index > 0 && share >= 20 && random.chance(.1) ? random.between(1, Math.min(20, share >> 2)) : 0;
		const lateBy = Math.min(LATEST, from - start / 1e3);
		const addDue = (until) => {
			while (due[0] !== void 0 && due[0].time < until) writer.add(due.shift(), 0, Number.POSITIVE_INFINITY);
		};
		let written = writer.begin(share >> 3);
		while (written < share) {
			const time = from + (to - from) * written / share;
			addDue(time);
			const at = Math.floor(written < lateRecords ? from - random.fraction() * lateBy : time);
			const { exchange, done } = this.#carried ?? {
				exchange: this.#traffic.draw(random, at),
				done: 0
			};
			this.#carried = void 0;
			const count = this.#format.encoder.count(exchange);
			const room = share - written;
			const fits = count - done <= room;
			if (!fits && done === 0 && (last || format === "ibm")) continue;
			writer.add(exchange, done, done + room);
			written += Math.min(room, count - done);
			if (!fits) this.#carried = {
				exchange,
				done: done + room
			};
			const ready = writer.room();
			if (ready !== void 0) await ready;
		}
		addDue(last ? Number.POSITIVE_INFINITY : to);
		return writer.end();
	}
	/** Flows of everyday traffic in a window: at least one for each object of lines, the rest by the daily curve. */
	#share({ index, from, to }) {
		const { windows } = this.#pace;
		const least = this.#settings.format === "ibm" ? 0 : 1;
		const spread = this.#background - least * windows;
		const start = this.#settings.start / 1e3;
		const before = (seconds) => {
			const begin = trafficBefore(start);
			return (trafficBefore(seconds) - begin) / (trafficBefore(start + this.#settings.spanMs / 1e3) - begin);
		};
		const low = index === 0 ? 0 : Math.round(spread * before(from));
		return least + (index === windows - 1 ? spread : Math.round(spread * before(to))) - low;
	}
	#window(index) {
		const { start, spanMs } = this.#settings;
		const at = (share) => (start + spanMs * share / this.#pace.windows) / 1e3;
		return {
			index,
			from: at(index),
			to: at(index + 1),
			last: index === this.#pace.windows - 1
		};
	}
	#damage(kind, window) {
		const random = new Random(this.#settings.seed, "damage", kind);
		const { encoder } = this.#format;
		const exchanges = [];
		while (exchanges.length < DAMAGED_EXCHANGES) {
			const exchange = this.#traffic.draw(random, Math.floor(window.from + random.fraction() * (window.to - window.from)));
			if (exchange.accepted && encoder.count(exchange) > 0 && !exchange.source.address.includes(":")) exchanges.push(exchange);
		}
		const draft = this.#format.damaged(kind, exchanges, window, random);
		this.#account.addDamage(kind, draft);
		return draft;
	}
	async #complete(draft) {
		const { key, time, truth, metadata } = draft;
		const bytes = await draft.bytes;
		this.#account.add(draft, bytes.length);
		return {
			key,
			bytes,
			records: truth.records,
			time,
			metadata,
			truth
		};
	}
};
// src/generator/lookup-files.ts
/** Lookup tables that fit a generated bucket, by file name. */
function lookupFiles(generation) {
	const { hosts, subnets, approved } = generation.world;
	const services = [
		...approved.ntp,
		...approved.web,
		approved.storage
	];
	return {
		"servers.csv": table("address,server,owner,role", [
			...hosts.flatMap(({ address, address6, name, owner, role }) => [address, address6].flatMap((each) => each === void 0 ? [] : [[
				each,
				name,
				owner,
				role
			]])),
			...services.map(({ address, name }) => [
				address,
				name,
				"vendor",
				"approved-service"
			]),
			[
				VPN,
				"vpn-clients",
				"platform",
				"vpn"
			]
		]),
		"subnets.csv": table("subnet,cidr,name", subnets.flatMap((subnet) => [subnet.cidr, subnet.cidr6].flatMap((cidr) => cidr === void 0 ? [] : [[
			generation.subnetId(subnet),
			cidr,
			subnet.name
		]]))),
		"approved-destinations.csv": table("cidr,name", services.map(({ address, name }) => [`${address}/32`, name])),
		"networks.csv": table("cidr,zone,name", [
			[
				NETWORK,
				"internal",
				"production"
			],
			[
				NETWORK6,
				"internal",
				"production"
			],
			[
				VPN,
				"internal",
				"vpn"
			],
			[
				APPROVED,
				"external",
				"approved-services"
			]
		])
	};
}
function table(header, rows) {
	return `${[header, ...rows.map((row) => row.join(","))].join("\n")}\n`;
}
// src/generator/write.ts
/**
* Writes every object as a file under `directory`, its key the path, its time of modification the object's own. Calls
* `onObject` after each. Stops at the signal with its reason; what is written stays.
*/
async function writeBucket(generation, directory, onObject, signal) {
	const made = /* @__PURE__ */ new Set();
	for await (const object of generation) {
		signal.throwIfAborted();
		const file = join(directory, object.key);
		const folder = dirname(file);
		if (!made.has(folder)) {
			mkdirSync(folder, { recursive: true });
			made.add(folder);
		}
		writeFileSync(file, object.bytes);
		const seconds = object.time / 1e3;
		utimesSync(file, seconds, seconds);
		onObject(object);
	}
}
export { FORMATS as a, INCIDENTS as c, DEFAULT_START as i, lookupFiles as n, DAMAGE as o, generate as r, damageKinds as s, writeBucket as t };
