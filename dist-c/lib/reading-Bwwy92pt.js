import { a as describeError, o as drawerOf, r as UsageError } from "./errors-C4nvsd9u.js";
import { n as retry } from "./retry-eMsisCTR.js";
import { _ as wordsOf, p as isOfContext } from "./access-CkpRYHIj.js";
import { A as setContext, B as textOf, D as RecordReader, E as ruleText, F as wordKind, H as ContextPool, I as NotJson, L as isObject, M as TARGETS, N as KINDS$1, O as decodeRecords, P as TIME_UNITS, R as parseExactly, a as Registry, j as loadMapping, k as draftContext, z as parseJson } from "./registry-BmxmoegP.js";
import { n as Flow, t as EMPTY_CONTEXT } from "./flow-D81O7cbI.js";
import { t as originOf } from "./origin-DBD0VGCV.js";
import { c as show } from "./document-CPa8tZmV.js";
import { a as parseInstant } from "./durations-Bd18bo2u.js";
import { t as nearest } from "./nearest-DcR-nB4_.js";
import { n as contains, r as parsePrefix } from "./prefix-DWd56Iz9.js";
import { n as parseAddress } from "./address-DjrRxJ5_.js";
import { r as readConfig } from "./load-C45dlczT.js";
import { t as asset } from "./assets-DQb4Ncv_.js";
import { t as require_dist } from "./dist-DdlZeFD1.js";
import { n as definition } from "./load-efkb9GOd.js";
import { n as decoderFor } from "./formats-DGXMnJnZ.js";
import { f as openEnrichment, i as openSource, v as enrichInitiator } from "./compose-CbHgHWNM.js";
import { t as printable } from "./printable-5Dp1saHN.js";
import { t as NOTHING_SEEN } from "./nothing-seen-Bl1sQhkd.js";
import { t as showProgress } from "./progress-DIhswWWW.js";
import { resolve } from "node:path";
import { existsSync, readFileSync } from "node:fs";
// src/reports/explain/ends.ts
/** What a person has written. Throws UsageError for what is neither address nor network nor, where there are servers, one of them. */
function endOf(text, tables) {
	const prefix = parsePrefix(text, true);
	if (typeof prefix !== "string") {
		const single = parseAddress(text) !== void 0;
		const server = single ? nameOf(prefix.address, tables) : void 0;
		return {
			label: server === void 0 ? text : `${server} (${text})`,
			server: void 0,
			prefixes: [prefix],
			address: single ? text : void 0
		};
	}
	if (text.includes("/")) throw new UsageError("bad-option", `${text} is ${prefix}`);
	const rows = tables.flatMap(({ servers }) => servers.rows);
	const wanted = text.toLowerCase();
	const found = rows.filter(({ server }) => server.toLowerCase() === wanted);
	const [first] = found;
	if (first === void 0 && rows.length > 0) {
		const meant = nearest(text, new Set(rows.map(({ server }) => server)));
		const advice = meant === void 0 ? "write an address, a network, or a name of servers.csv" : `did you mean ${meant}?`;
		throw new UsageError("unknown-host", `${text} is no address, and no server of the tables: ${advice}`);
	}
	const addresses = [...new Set(found.map(({ address }) => address))];
	const [only] = addresses;
	const single = addresses.length === 1 && only !== void 0 && parseAddress(only) !== void 0 ? only : void 0;
	return {
		label: addresses.length === 0 ? text : `${first?.server} (${addresses.join(", ")})`,
		server: first?.server ?? text,
		prefixes: found.map(({ prefix: network }) => network),
		address: single
	};
}
function nameOf(address, tables) {
	for (const { servers } of tables) {
		const row = servers.find(address);
		if (row !== void 0) return row.server;
	}
}
/** Whether an end of a flow is that one. */
function isEnd({ prefixes, server }, address, name) {
	if (address !== void 0) {
		for (const prefix of prefixes) if (contains(prefix, address)) return true;
	}
	return server !== void 0 && name === server;
}
const PROTOCOLS = {
	tcp: 6,
	udp: 17,
	icmp: 1,
	icmpv6: 58
};
/** `22`, `53/udp`, `icmp`; nothing for any. Throws UsageError. */
function serviceOf(text) {
	if (text === void 0) return {
		port: void 0,
		protocol: void 0,
		label: "any port"
	};
	const lower = text.toLowerCase();
	const alone = PROTOCOLS[lower];
	if (alone !== void 0) return {
		port: void 0,
		protocol: alone,
		label: lower.toUpperCase()
	};
	const [, digits = "", name] = /^(\d{1,5})(?:\/([a-z]+))?$/.exec(lower) ?? [];
	const port = digits === "" ? NaN : Number(digits);
	const protocol = name === void 0 ? void 0 : PROTOCOLS[name];
	if (!(port <= 65535) || name !== void 0 && protocol !== 6 && protocol !== 17) throw new UsageError("bad-option", `"${text}" is no port: write a number up to 65535 (22, 53/udp), or tcp, udp or icmp`);
	return {
		port,
		protocol,
		label: `${name === void 0 ? "" : `${name.toUpperCase()} `}port ${port}`
	};
}
// src/reports/explain/rules.ts
/**
* Asks the rules of a subnet and VNIC; `known` is the answer that stands in a record already. What is rejected is no answer to anything:
* whoever knows that packets open a connection asks as if they were.
*/
function askRules({ networks }, context, packets, known) {
	const [peer, local] = [parseAddress(packets.peer), parseAddress(packets.local)];
	for (const network of networks) {
		const governance = network.governing(context);
		if (governance === void 0) continue;
		const { allowing, acl } = governance.governors;
		const inside = context.subnet === void 0 ? void 0 : network.subnet(context.subnet);
		const holds = (address) => address !== void 0 && inside?.networks.some(({ prefix }) => contains(prefix, address)) === true;
		const rule = known ?? (peer === void 0 || local === void 0 ? void 0 : governance.explain({
			...packets,
			peer,
			local,
			withinSubnet: holds(peer) && holds(local)
		})?.rule);
		const provider = network.data.find(({ subnets }) => subnets.has(context.subnet ?? ""))?.provider;
		return {
			packets,
			rule,
			sets: acl === void 0 ? allowing : [...allowing, acl],
			provider
		};
	}
	return {
		packets,
		rule: known,
		sets: [],
		provider: context.provider
	};
}
/** The smallest rule that covers the packets: this port, this far end. A group of the VNIC is narrower than a list of the subnet. */
function smallestRule({ writers }, { packets, rule, sets, provider }, cidr = "") {
	const { direction, protocol, destinationPort, sourcePort, peer } = packets;
	const hasPorts = protocol === 6 || protocol === 17;
	const isAnswer = hasPorts && sourcePort >= 0 && destinationPort < 0;
	const set = (rule?.text?.startsWith("deny ") === true ? ["network-acl"] : [
		"nsg",
		"security-group",
		"security-list",
		"network-acl"
	]).map((kind) => sets.find((one) => one.kind === kind)).find((one) => one !== void 0);
	const text = cidr === "" ? `${peer}/${peer.includes(":") ? 128 : 32}` : cidr;
	const prefix = parsePrefix(text);
	if (typeof prefix === "string") throw new TypeError(`${text}: ${prefix}`);
	const range = (port) => hasPorts && port >= 0 ? {
		from: port,
		to: port
	} : void 0;
	const body = {
		direction,
		action: "allow",
		protocols: [protocol],
		icmp: void 0,
		local: void 0,
		sourcePorts: isAnswer ? range(sourcePort) : void 0,
		destinationPorts: range(destinationPort),
		peer: {
			kind: "network",
			prefix,
			cidr: text
		},
		stateless: isAnswer || set?.kind === "network-acl"
	};
	const place = {
		kind: set?.kind ?? "security-list",
		id: set?.id ?? "",
		name: set?.name
	};
	const words = ruleText({
		...body,
		...place,
		listId: place.id,
		listName: place.name,
		index: 0
	});
	const writer = set === void 0 ? void 0 : writers.get(provider ?? "");
	return {
		rule: body,
		text: words,
		list: set && listName(set),
		console: writer?.inConsole(body, place) ?? []
	};
}
const KINDS = {
	"security-list": "security list",
	nsg: "network security group",
	"security-group": "security group",
	"network-acl": "network ACL"
};
/** `security list "default"`. */
function listName({ kind, id, name }) {
	return `${KINDS[kind]} "${name ?? id}"`;
}
/** The subnets of which it is known that they hold the address: by tables and networks, the narrowest ones. */
function subnetsHolding({ networks, tables }, address) {
	const ip = parseAddress(address);
	if (ip === void 0) return [];
	const all = /* @__PURE__ */ new Map();
	const known = [...tables.map((each) => each.subnets), ...networks.flatMap(({ data }) => data.map(({ subnets }) => subnets))];
	for (const subnets of known) for (const { id, name, networks: own } of subnets.values()) {
		const length = Math.max(-1, ...own.filter(({ prefix }) => contains(prefix, ip)).map(({ prefix }) => prefix.length));
		if (length >= 0 && !all.has(id)) all.set(id, {
			id,
			name,
			length
		});
	}
	const narrowest = Math.max(-1, ...[...all.values()].map(({ length }) => length));
	return [...all.values()].filter(({ length }) => length === narrowest);
}
/** The VNIC that has the address, where a network says so. */
function vnicOf({ networks }, address) {
	const ip = parseAddress(address);
	if (ip === void 0) return void 0;
	const isSame = ({ family, w0, w1, w2, w3 }) => family === ip.family && w0 === ip.w0 && w1 === ip.w1 && w2 === ip.w2 && w3 === ip.w3;
	for (const { data } of networks) for (const { vnics } of data) for (const { id, addresses } of vnics.values()) if (addresses.some(isSame)) return id;
}
// src/schemas/plain.ts
var import_dist = require_dist();
/**
* The attributes of a schema that ships with the program which are a flow's field as it stands (a time in ms since the epoch), those of
* the resource among them: so a line of that schema can be read back. Groups of columns are left out.
*/
function plainAttributes(schema) {
	const { resource, attributes } = definition.parse((0, import_dist.parse)(readFileSync(asset(`mappings/schemas/${schema}.yaml`), "utf8")));
	const plain = /* @__PURE__ */ new Map();
	for (const [name, source] of [...Object.entries(resource), ...Object.entries(attributes)]) {
		if (!("field" in source) || name.endsWith("*")) continue;
		const { field, time, ...changes } = source;
		if ((time === void 0 || time === "ms") && Object.values(changes).every((change) => change === void 0)) plain.set(name, field);
	}
	return plain;
}
// src/reports/own-records.ts
/** Enriched fields that are read back, each with the kinds of its values. */
const ENRICHED = {
	direction: ["direction", (flow, value) => flow.direction = value],
	initiator: ["initiator", (flow, value) => flow.initiator = value],
	sourceZone: ["zone", (flow, value) => flow.sourceZone = value],
	destinationZone: ["zone", (flow, value) => flow.destinationZone = value],
	trafficType: ["trafficType", (flow, value) => flow.trafficType = value],
	sourceService: ["string", (flow, value) => flow.sourceService = value],
	destinationService: ["string", (flow, value) => flow.destinationService = value],
	sourceServer: ["string", (flow, value) => flow.sourceServer = value],
	destinationServer: ["string", (flow, value) => flow.destinationServer = value],
	subnetName: ["string", (flow, value) => flow.subnetName = value],
	lookupsVersion: ["string", (flow, value) => flow.lookupsVersion = value]
};
function kindOf(type) {
	if (type === "time") return TIME_UNITS.ms;
	const words = wordsOf(type);
	return words === void 0 ? KINDS$1[type] : wordKind(`bad-${type}`, Object.fromEntries(words.map((word) => [word, word])));
}
function attributeOf(name, field) {
	const target = TARGETS[field];
	if (target !== void 0) return [{
		name,
		kind: kindOf(target.type),
		set: (flow, _draft, value) => target.set(flow, value)
	}];
	const enriched = ENRICHED[field];
	if (enriched !== void 0) {
		const [type, set] = enriched;
		return [{
			name,
			kind: kindOf(type),
			set: (flow, _draft, value) => void set(flow, value)
		}];
	}
	if (!isOfContext(field)) return [];
	const own = field;
	const set = (_flow, draft, value) => {
		draft[own] = value;
	};
	return [{
		name,
		kind: KINDS$1.string,
		set
	}];
}
/** What this program, or the enrichment script, has written of flows. To be asked before the formats of logs, whose blocks stand in it. */
const OWN_RECORDS = [{
	name: "flowferry-otel",
	create() {
		const attributes = [...plainAttributes("otel")].flatMap(([name, field]) => attributeOf(name, field));
		const contexts = new ContextPool();
		return {
			recognises: ({ names }) => names?.has("observedTimestamp") === true && names.has("attributes"),
			decode: (unpacked, origin, options) => decodeRecords(unpacked, new OtelReader(attributes, contexts, origin, options), options.maxRecordBytes)
		};
	}
}, {
	name: "flowferry-seed",
	create() {
		const { record } = loadMapping("oci-vcn");
		const contexts = new ContextPool();
		return {
			recognises: ({ names }) => names?.has("traffic_direction") === true && names.has("internal_or_external_source"),
			decode: (unpacked, origin, options) => decodeRecords(unpacked, new SeedReader(record, contexts, origin, options), options.maxRecordBytes)
		};
	}
}];
var OwnReader = class extends RecordReader {
	lists = [];
	contexts;
	#origin;
	constructor(contexts, origin, position) {
		super(position);
		this.contexts = contexts;
		this.#origin = origin;
	}
	readKnown() {
		return -1;
	}
	onList() {}
	onObjectEnd() {}
	onObjectLost() {}
	read(span) {
		const text = textOf(span);
		const value = parseJson(text);
		if (value instanceof NotJson) return value.problem;
		if (!isObject(value)) return {
			code: "not-an-object",
			reason: `the record is ${show(value)}, not a JSON object`
		};
		const flow = new Flow(this.#origin, this.record, EMPTY_CONTEXT, NaN);
		const problem = this.fill(flow, value, text);
		if (problem === void 0) this.piece.flows.push(flow);
		return problem;
	}
};
var OtelReader = class extends OwnReader {
	#attributes;
	constructor(attributes, contexts, origin, position) {
		super(contexts, origin, position);
		this.#attributes = attributes;
	}
	fill(flow, record, text) {
		const { timestamp, attributes, resource } = record;
		const time = TIME_UNITS.rfc3339.convert(timestamp);
		if (time === void 0) return wrong("timestamp", timestamp, TIME_UNITS.rfc3339);
		if (!isObject(attributes)) return {
			code: "missing-field",
			reason: "attributes is missing"
		};
		flow.time = time;
		const draft = draftContext(void 0);
		let exact;
		for (const { name, kind, set } of this.#attributes) {
			let raw = attributes[name] ?? (isObject(resource) ? resource[name] : void 0);
			if (raw === void 0 || raw === null) continue;
			if (typeof raw === "number" && !Number.isSafeInteger(raw)) {
				exact ??= parseExactly(text).attributes;
				raw = exact[name];
			}
			const value = kind.convert(raw);
			if (value === void 0) return wrong(name, raw, kind);
			set(flow, draft, value);
		}
		flow.rule = ruleOf(attributes);
		flow.context = this.contexts.intern(draft);
	}
};
/** The rule that covered the flow when it was written. */
function ruleOf(attributes) {
	const status = attributes["flow.rule.status"];
	if (status !== "matched" && status !== "reply" && status !== "unexplained") return void 0;
	const text = (name) => {
		const value = attributes[`flow.rule.${name}`];
		return typeof value === "string" ? value : void 0;
	};
	const { "flow.rule.index": index, "flow.rule.stateless": stateless, "flow.rule.partial": partial } = attributes;
	const words = text("text");
	return {
		status,
		kind: text("kind"),
		listId: text("list.id"),
		listName: text("list.name"),
		index: typeof index === "number" ? index : void 0,
		text: words,
		direction: words === void 0 || status === "unexplained" ? void 0 : /\begress\b/.test(words) ? "egress" : "ingress",
		stateless: typeof stateless === "boolean" ? stateless : void 0,
		partial: partial === true,
		version: text("version") ?? "",
		others: []
	};
}
const SEED_DIRECTIONS = wordKind("bad-direction", {
	ingress: "ingress",
	egress: "egress",
	"N/A": "unknown"
});
/** Keys of schema `seed`, with what their values are. N/A is no value. */
const SEED = [
	...[
		"sourceAddress",
		"destinationAddress",
		"destinationPort",
		"protocol",
		"protocolName"
	].map((field) => {
		const { type, set } = TARGETS[field];
		return [
			field,
			kindOf(type),
			set
		];
	}),
	[
		"internal_or_external_source",
		kindOf("zone"),
		(flow, value) => flow.sourceZone = value
	],
	[
		"internal_or_external_destination",
		kindOf("zone"),
		(flow, value) => flow.destinationZone = value
	],
	[
		"traffic_direction",
		SEED_DIRECTIONS,
		(flow, value) => flow.direction = value
	]
];
var SeedReader = class extends OwnReader {
	#rules;
	constructor(rules, contexts, origin, position) {
		super(contexts, origin, position);
		this.#rules = rules;
	}
	fill(flow, record) {
		for (const [key, kind, set] of SEED) {
			const raw = record[key];
			if (raw === void 0 || raw === null || raw === "N/A" && key !== "traffic_direction") continue;
			const value = kind.convert(raw);
			if (value === void 0) return wrong(key, raw, kind);
			set(flow, value);
		}
		const { oracle } = record;
		if (isObject(oracle)) flow.time = TIME_UNITS.rfc3339.convert(oracle.ingestedtime) ?? NaN;
		const draft = draftContext(isObject(oracle) ? "oracle_cloud" : void 0);
		const problem = setContext(this.#rules, draft, record);
		if (problem === void 0) flow.context = this.contexts.intern(draft);
		return problem;
	}
};
function wrong(name, raw, { code, expected }) {
	return {
		code,
		reason: `${name}: ${show(raw)} is not ${expected}`
	};
}
// src/cli/reading.ts
/** The configuration that is used where neither one nor a folder is named, in the folder where the user stands. */
const USUAL = "flowferry.yaml";
/** A failure that passes is met so often before it is taken for an answer. */
const MOST_FAILURES = 6;
/**
* Opens what `-c` and `--input` name: the sources of the configuration, or instead of these a folder with objects of a log, or with what an
* `ndjson` sink or the enrichment script has written. Such records keep what they say of themselves; all others are enriched by the
* configuration's tables. Throws UsageError.
*/
async function openReading(options, context) {
	const { input, since, until } = options;
	const usual = context.env.FLOWFERRY_CONFIG || (existsSync(USUAL) ? USUAL : void 0);
	const file = options.config ?? (input === void 0 ? usual : void 0);
	if (file === void 0 && input === void 0) throw new UsageError("bad-option", `say what to read: -c FILE (its source; there is no ${USUAL} here), --input FOLDER, or both`);
	const given = file === void 0 ? void 0 : await context.loadConfig(file);
	const config = input === void 0 ? given : await withFolder(given, input, context);
	const now = Date.now();
	const { filter } = config.sources[0];
	const bounds = {
		since: since ?? filter.since,
		until: until ?? filter.until
	};
	const from = bounds.since === void 0 ? Number.NEGATIVE_INFINITY : parseInstant(bounds.since, now);
	const to = bounds.until === void 0 ? Number.POSITIVE_INFINITY : parseInstant(bounds.until, now);
	if (from >= to) throw new UsageError("bad-filter", `since (${bounds.since}) is not before until (${bounds.until})`);
	const closers = [];
	const close = async () => {
		for (const closer of closers.splice(0).reverse()) await closer();
	};
	const tell = (line) => void context.stderr.write(`${config.secrets.scrub(line)}\n`);
	try {
		const opened = [];
		const enrichments = /* @__PURE__ */ new Map();
		for (const each of config.sources) {
			const named = {
				...each,
				filter: {
					...each.filter,
					...bounds
				}
			};
			const source = await openSource(config, named, context.env, () => {});
			closers.push(() => source.close());
			let enrichment = enrichments.get(named.enrich);
			if (enrichment === void 0) {
				enrichment = await openEnrichment({
					...named.enrich,
					lastGood: void 0
				}, {
					networks: config.registry.networks,
					baseDir: config.baseDir,
					env: context.env,
					secrets: config.secrets,
					onLookups: ({ ok, message }) => void (ok || tell(message)),
					onNetwork: ({ ok, message }) => void (ok || tell(message))
				});
				const opened = enrichment;
				closers.push(() => opened.close());
				enrichments.set(named.enrich, enrichment);
			}
			opened.push({
				named,
				source,
				enrichment
			});
		}
		const iso = (time) => new Date(time).toISOString();
		return {
			config,
			window: [Number.isFinite(from) ? `from ${iso(from)}` : "", Number.isFinite(to) ? `before ${iso(to)}` : ""].filter((part) => part !== "").join(" "),
			from,
			to,
			enrichments: [...enrichments.values()],
			async read(onFlows) {
				const totals = {
					objects: 0,
					flows: 0,
					earliest: NaN,
					latest: NaN,
					timeless: 0,
					bad: 0,
					unread: 0,
					firstFault: void 0,
					lost: 0,
					mismatches: 0
				};
				const progress = await openProgress(context);
				const keep = (flows) => {
					const kept = flows.filter((flow) => {
						if (Number.isNaN(flow.time)) {
							totals.timeless++;
							return from === Number.NEGATIVE_INFINITY && to === Number.POSITIVE_INFINITY;
						}
						return flow.time >= from && flow.time < to;
					});
					for (const { time } of kept) {
						if (!(totals.earliest <= time)) totals.earliest = Number.isNaN(time) ? totals.earliest : time;
						if (!(totals.latest >= time)) totals.latest = Number.isNaN(time) ? totals.latest : time;
					}
					totals.flows += kept.length;
					progress.records(kept.length);
					if (kept.length > 0) onFlows(kept);
				};
				try {
					for (const { named, source, enrichment } of opened) await readSource(config, named, source, enrichment, totals, progress, tell, keep, context.signal);
				} finally {
					progress.stop();
				}
				return totals;
			},
			close
		};
	} catch (error) {
		await close();
		throw error;
	}
}
/** The configuration with the folder in place of its sources; without one, with the tables that ship with the program. */
async function withFolder(given, input, { env, secrets }) {
	const value = {
		source: {
			type: "directory",
			path: resolve(input),
			layout: "flat"
		},
		sinks: [{
			type: "ndjson",
			path: "-"
		}],
		ledger: { path: ":memory:" }
	};
	const plain = await readConfig({
		file: "--input",
		value
	}, {
		registry: new Registry(),
		env,
		baseDir: process.cwd(),
		secrets
	});
	if (given === void 0) return plain;
	const sources = plain.sources.map((source) => ({
		...source,
		enrich: given.sources[0]?.enrich ?? given.enrich,
		filter: {
			...source.filter,
			since: given.sources[0]?.filter.since,
			until: given.sources[0]?.filter.until
		}
	}));
	return {
		...given,
		sources,
		ledgerPath: ":memory:"
	};
}
async function openProgress({ stderr }) {
	const bar = await showProgress(stderr, true);
	const totals = {
		discovered: 0,
		discoveredBytes: 0,
		objects: 0,
		readBytes: 0,
		records: 0
	};
	return {
		found(bytes) {
			totals.discovered++;
			totals.discoveredBytes += bytes;
		},
		done(bytes) {
			totals.objects++;
			totals.readBytes += bytes;
			bar.update(totals);
		},
		records(count) {
			totals.records += count;
			bar.update(totals);
		},
		stop: () => bar.stop()
	};
}
async function readSource(config, named, source, enrichment, totals, progress, tell, keep, signal) {
	const decode = decoderFor([...OWN_RECORDS, ...config.registry.formats], named.format);
	const { maxObjectBytes: maxBytes, maxRecordBytes } = config.limits;
	const fault = (key, reason) => {
		totals.firstFault ??= `${key}: ${reason}`;
	};
	const readObject = async (object) => {
		const origin = originOf(source.name, object.key, object.etag);
		let through = 0;
		let failures = 0;
		try {
			await retry(async () => {
				const bytes = await source.open(object, signal, through);
				const reading = {
					skip: through,
					leftOut: bytes.leftOut,
					maxBytes,
					maxRecordBytes
				};
				for await (const piece of decode(bytes, origin, reading)) {
					const raw = piece.flows.filter(({ direction }) => direction === "unknown");
					if (raw.length > 0) {
						await enrichment.prepare(raw, signal);
						enrichment.enrich(raw);
					}
					for (const flow of piece.flows) if (flow.initiator === "unknown") enrichInitiator(flow);
					for (const { from, to, reason } of piece.bad) {
						totals.bad += to === void 0 ? 1 : to - from + 1;
						fault(object.key, `record ${from}: ${reason}`);
					}
					totals.lost += piece.quality.filter(({ kind }) => kind === "skip-data" || kind === "count-mismatch").length;
					totals.mismatches += piece.quality.filter(({ kind }) => kind === "count-mismatch").length;
					keep(piece.flows);
					through = piece.through;
				}
			}, config.run.retry, signal, ({ error }) => tell(`cannot read ${object.key}, will try again: ${describeError(error)}`), (error) => !["passing", "not-understood"].includes(drawerOf(error)) || ++failures >= MOST_FAILURES);
			totals.objects++;
		} catch (error) {
			if (signal.aborted || drawerOf(error) !== "object") throw error;
			totals.unread++;
			fault(object.key, describeError(error));
		}
		progress.done(object.size);
	};
	const found = objectsOf(source, progress, signal);
	let broken = false;
	const reader = async () => {
		try {
			for (let next = await found.next(); !next.done && !broken; next = await found.next()) await readObject(next.value);
		} finally {
			broken = true;
		}
	};
	const stopped = await Promise.allSettled(Array.from({ length: config.run.objects }, reader));
	for (const each of stopped) if (each.status === "rejected") throw each.reason;
	signal.throwIfAborted();
}
async function* objectsOf(source, progress, signal) {
	for await (const { objects } of source.discover(NOTHING_SEEN, signal)) {
		for (const { size } of objects) progress.found(size);
		yield* objects;
	}
}
/** What people have to know of a reading before they trust what is made of it, one line each. */
function doubtsOf({ bad, unread, firstFault, lost, timeless }, { window }) {
	const lines = [];
	if (unread > 0) lines.push(`${unread} objects could not be read`);
	if (bad > 0) lines.push(`${bad} records, or rests of objects, could not be read`);
	if (firstFault !== void 0) lines.push(`the first of what could not be read: ${firstFault}`);
	if (lost > 0) lines.push(`the log says ${lost} times that flows are missing from it`);
	if (timeless > 0 && window !== "") lines.push(`${timeless} records have no time, so that they are in no window`);
	return lines;
}
/** The options that say what is read. */
function withReading(command) {
	return command.option("-c, --config <file>", `configuration file (YAML): its source, tables and networks ; - for standard input (default: FLOWFERRY_CONFIG, or ${USUAL} if it is there, unless --input is given)`).option("--input <folder>", "read this folder instead: objects of a log, or NDJSON and enriched JSON that were written of one").option("--since <time>", "flows of this time and later: a time, or an age as in 2h or 30d").option("--until <time>", "flows before this time: a time, or an age");
}
/** Lines for people, to stderr. */
function tell({ stderr, secrets }, lines) {
	for (const line of lines) stderr.write(`${printable(secrets.scrub(line))}\n`);
}
/** Something could not be read, so that the answer may lack it. */
function isDoubtful({ bad, unread }) {
	return bad + unread > 0;
}
/** What the configuration tells of the networks, for who asks the rules. */
function surroundingsOf({ enrichments, config }) {
	const writers = config.registry.networks.flatMap(({ provider, writer }) => provider === void 0 || writer === void 0 ? [] : [[provider, writer]]);
	return {
		networks: enrichments.map((enrichment) => enrichment.network()),
		tables: enrichments.map((enrichment) => enrichment.tables()),
		writers: new Map(writers)
	};
}
export { tell as a, listName as c, vnicOf as d, endOf as f, surroundingsOf as i, smallestRule as l, serviceOf as m, isDoubtful as n, withReading as o, isEnd as p, openReading as r, askRules as s, doubtsOf as t, subnetsHolding as u };
