import { a as InvalidArgumentError, n as Option, t as Command } from "./commander-BVTyMRTV.js";
import { n as FlowferryError, r as UsageError } from "./errors-C4nvsd9u.js";
import { r as fileErrorWords } from "./folders-B2Ho0hJC.js";
import { n as tableLines, t as csvLines } from "./table-BJEM8ejK.js";
import { g as mostSpecific, h as Governance, m as directionAt } from "./compose-CbHgHWNM.js";
import { E as ruleText } from "./registry-BmxmoegP.js";
import { n as contains, r as parsePrefix, t as compileNetworks } from "./prefix-DWd56Iz9.js";
import { a as formatIpv4, n as parseAddress } from "./address-DjrRxJ5_.js";
import { a as tell, c as listName, i as surroundingsOf, m as serviceOf, n as isDoubtful, o as withReading, r as openReading, t as doubtsOf } from "./reading-Bwwy92pt.js";
import { t as EXIT } from "./context-BVD8iu4e.js";
import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
// src/lib/private-output.ts
/**
* Writes files into a folder, which is made if it is not there (for this user alone). Each file is there whole or not at all, is replaced in
* one step, and is this user's alone (0600), since it holds addresses. Throws UsageError for what the file system refuses, and the
* signal's reason between two files.
*/
async function writePrivately(folder, files, signal) {
	let written = 0;
	let path = folder;
	try {
		await mkdir(folder, {
			recursive: true,
			mode: 448
		});
		for (const [name, content] of files) {
			signal.throwIfAborted();
			path = join(folder, name);
			const beside = join(folder, `.${randomBytes(6).toString("hex")}.tmp`);
			try {
				await writeFile(beside, content, {
					mode: 384,
					flag: "wx"
				});
				await rename(beside, path);
			} catch (error) {
				await rm(beside, { force: true });
				throw error;
			}
			written++;
		}
	} catch (error) {
		signal.throwIfAborted();
		throw new UsageError("output-unwritable", `cannot write ${path}: ${fileErrorWords(error)}`, { cause: error });
	}
	return written;
}
// src/reports/ports.ts
const [TCP$2, UDP$2] = [6, 17];
/** The parts of a subnet's file, in their order: protocol, and whether the source is internal. */
const SECTIONS = [
	"TCP_Internal",
	"TCP_External",
	"UDP_Internal",
	"UDP_External"
];
/** So many pairs of destination and port are kept: about 600 MB. */
const MOST_PAIRS = 5e6;
/** Counts the ports at which the subnets are asked: ingress flows by TCP and UDP. Memory grows with the pairs of destination and port. */
var PortSummary = class {
	#options;
	#subnets = /* @__PURE__ */ new Map();
	#pairs = 0;
	/** Flows that count. */
	counted = 0;
	/** Flows that would count, but whose direction is not known. */
	undirected = 0;
	/** Ingress flows of which it is not known who began, left out with `initiatedOnly`. */
	uncertain = 0;
	constructor(options) {
		this.#options = options;
	}
	/** Throws UsageError when there are too many different pairs. */
	add(flow) {
		const { protocol, destinationPort: port, destinationAddress: address, context, direction } = flow;
		if (protocol !== TCP$2 && protocol !== UDP$2 || port === void 0 || flow.status !== "OK") return;
		const { action, initiatedOnly } = this.#options;
		if (action !== "all" && flow.action !== void 0 && flow.action !== action) return;
		if (direction === "unknown" || context.subnet === void 0) this.undirected++;
		if (direction !== "ingress" || context.subnet === void 0) return;
		if (initiatedOnly && flow.initiator !== "source") {
			if (flow.initiator === "unknown") this.uncertain++;
			return;
		}
		this.counted++;
		const counts = this.#countsOf(context.subnet);
		counts.logName ??= context.subnetName;
		counts.name ??= flow.subnetName ?? context.subnetName;
		const transport = protocol === TCP$2 ? "TCP" : "UDP";
		increment(counts.sections[`${transport}_${flow.sourceZone === "internal" ? "Internal" : "External"}`], port);
		if (flow.destinationService !== void 0) counts.services.set(`${transport.toLowerCase()} ${port}`, flow.destinationService);
		const to = address ?? "N/A";
		let ports = counts.destinations.get(to);
		if (ports === void 0) {
			ports = /* @__PURE__ */ new Map();
			counts.destinations.set(to, ports);
		}
		if (increment(ports, port) && ++this.#pairs > MOST_PAIRS) throw new UsageError("report-too-large", `there are more than ${MOST_PAIRS} pairs of destination and port: narrow the window with --since and --until, or leave out replies with --initiated-only`);
	}
	/** A report for each subnet that was asked, in the order of their ids. */
	subnets() {
		const taken = /* @__PURE__ */ new Set();
		return [...this.#subnets].sort(([a], [b]) => compare(a, b)).map(([id, counts]) => {
			const subnet_name = counts.logName ?? `subnet_${id}`;
			const head = {
				vnicsubnetocid: id,
				subnet_name
			};
			const section = (name) => {
				const ports = counts.sections[name];
				return {
					port_ranges: rangesOf([...ports.keys()]),
					port_counts: countsOf(ports)
				};
			};
			return {
				file: fileName$1(subnet_name, id, taken),
				name: counts.name,
				ports: {
					...head,
					TCP_Internal: section("TCP_Internal"),
					TCP_External: section("TCP_External"),
					UDP_Internal: section("UDP_Internal"),
					UDP_External: section("UDP_External")
				},
				details: {
					...head,
					detailed_records: detailsOf(counts.destinations)
				},
				services: counts.services
			};
		});
	}
	#countsOf(subnet) {
		let counts = this.#subnets.get(subnet);
		if (counts === void 0) {
			counts = {
				logName: void 0,
				name: void 0,
				sections: {
					TCP_Internal: /* @__PURE__ */ new Map(),
					TCP_External: /* @__PURE__ */ new Map(),
					UDP_Internal: /* @__PURE__ */ new Map(),
					UDP_External: /* @__PURE__ */ new Map()
				},
				destinations: /* @__PURE__ */ new Map(),
				services: /* @__PURE__ */ new Map()
			};
			this.#subnets.set(subnet, counts);
		}
		return counts;
	}
};
/** Whether the key is a new one. */
function increment(counts, key) {
	const before = counts.get(key);
	counts.set(key, (before ?? 0) + 1);
	return before === void 0;
}
/** Ports as `22,49676-49677`: ascending, neighbours joined. */
function rangesOf(ports) {
	const ranges = [];
	for (const port of [...ports].sort((a, b) => a - b)) {
		const last = ranges.at(-1);
		if (last !== void 0 && port <= last.to + 1) last.to = port;
		else ranges.push({
			from: port,
			to: port
		});
	}
	return ranges.map(({ from, to }) => from === to ? `${from}` : `${from}-${to}`).join(",");
}
/** The most frequent first, equal ones by port. */
function countsOf(ports) {
	return Array.from(ports, ([port, count]) => ({
		port,
		count
	})).sort((a, b) => b.count - a.count || a.port - b.port);
}
/** The most frequent first, equal ones by address and port. */
function detailsOf(destinations) {
	return [...destinations].flatMap(([destination_address, ports]) => Array.from(ports, ([destination_port, count]) => ({
		destination_address,
		destination_port,
		count
	}))).sort((a, b) => b.count - a.count || compare(a.destination_address, b.destination_address) || a.destination_port - b.destination_port);
}
function compare(a, b) {
	return a < b ? -1 : a > b ? 1 : 0;
}
/** The subnet's name as a file may be called; its id where another subnet has that name. `taken` are names of files without `.json`. */
function fileName$1(name, id, taken) {
	const safe = (text) => text.replaceAll(/[^A-Za-z0-9._-]+/g, "_").replace(/^\.+/, "_").slice(0, 200);
	const isFree = (file) => !taken.has(file) && !taken.has(`details_${file}`);
	const names = [safe(name), safe(`subnet_${id}`)];
	let file = names.find(isFree);
	for (let n = 2; file === void 0; n++) file = [`${names[1]}_${n}`].find(isFree);
	taken.add(file).add(`details_${file}`);
	return file;
}
// src/reports/advise/match.ts
const PRIVATE = [
	"10.0.0.0/8",
	"172.16.0.0/12",
	"192.168.0.0/16",
	"100.64.0.0/10",
	"fc00::/7"
].map((cidr) => parsePrefix(cidr));
/** Whether a rule covers the packets, whatever it says of them. */
function covers(rule, packets, membersOf) {
	if (rule.direction !== packets.direction) return "no";
	if (rule.protocols !== void 0 && !rule.protocols.includes(packets.protocol)) return "no";
	if (!holds(rule.sourcePorts, packets.sourcePort) || !holds(rule.destinationPorts, packets.destinationPort)) return "no";
	if (rule.local !== void 0 && !contains(rule.local, packets.local)) return "no";
	const peer = coversPeer(rule, packets.peer, membersOf);
	return peer === "yes" && rule.icmp !== void 0 ? "partial" : peer;
}
function coversPeer({ peer }, address, membersOf) {
	const isPrivate = () => PRIVATE.some((prefix) => contains(prefix, address));
	if (peer.kind === "network") return contains(peer.prefix, address) ? "yes" : "no";
	if (peer.kind === "service") return isPrivate() ? "no" : "partial";
	const members = membersOf(peer.id);
	if (members?.addresses.some((one) => isSame(one, address)) === true) return "yes";
	return members?.complete === true || !isPrivate() ? "no" : "partial";
}
function isSame(a, b) {
	return a.family === b.family && a.w0 === b.w0 && a.w1 === b.w1 && a.w2 === b.w2 && a.w3 === b.w3;
}
function holds(range, port) {
	return range === void 0 || port >= range.from && port <= range.to;
}
/** Whether everything that the inner rule covers is covered by the outer one as well. What cannot be compared is not. */
function includes(outer, inner) {
	return outer.direction === inner.direction && includesProtocols(outer.protocols, inner.protocols) && includesIcmp(outer, inner) && includesRange(outer.sourcePorts, inner.sourcePorts) && includesRange(outer.destinationPorts, inner.destinationPorts) && includesPeer(outer, inner) && (outer.local === void 0 || inner.local !== void 0 && includesPrefix(outer.local, inner.local));
}
/** Whether the answers to what a rule lets pass are let pass by the other one. */
function letsAnswer(rule, other) {
	const answers = {
		...rule,
		direction: rule.direction === "ingress" ? "egress" : "ingress",
		sourcePorts: rule.destinationPorts,
		destinationPorts: rule.sourcePorts
	};
	if (includes(other, answers)) return true;
	return rule.sourcePorts === void 0 && includes(other, {
		...answers,
		destinationPorts: {
			from: 1024,
			to: 65535
		}
	});
}
function includesProtocols(outer, inner) {
	return outer === void 0 || (inner?.every((protocol) => outer.includes(protocol)) ?? false);
}
function includesIcmp({ icmp: outer }, { icmp: inner }) {
	if (outer === void 0) return true;
	if (inner === void 0 || outer.type !== void 0 && outer.type !== inner.type) return false;
	return outer.code === void 0 || outer.code === inner.code;
}
function includesRange(outer, inner) {
	if (outer === void 0) return true;
	return inner !== void 0 && outer.from <= inner.from && outer.to >= inner.to;
}
function includesPeer({ peer: outer }, { peer: inner }) {
	if (outer.kind === "network" && inner.kind === "network") return includesPrefix(outer.prefix, inner.prefix);
	if (outer.kind === "group" && inner.kind === "group") return outer.id === inner.id;
	return outer.kind === "service" && inner.kind === "service" && outer.label === inner.label;
}
function includesPrefix(outer, inner) {
	return outer.length <= inner.length && contains(outer, inner.address);
}
// src/reports/advise/labels.ts
/**
* What the other rules make of a rule, everywhere where its list is in use. `redundant`: another one allows all of it. `shadowed`: another one
* is asked before and covers all of it, so that it never decides. An answer to a stateless rule needs a rule of its own.
*/
function amongOthers(rule, set, places) {
	const findings = [];
	const everywhere = (test) => {
		let found;
		for (const place of places) {
			const one = test(place);
			if (one === void 0) return void 0;
			found ??= one;
		}
		return found;
	};
	if (set.kind === "network-acl") {
		const before = set.rules.find((other) => other.index < rule.index && includes(other, rule));
		if (before !== void 0) findings.push({
			label: "shadowed",
			why: `by rule ${before.index + 1}, ${before.text}`
		});
	} else {
		const other = everywhere(({ allowing }) => allowing.flatMap(({ rules }) => rules).find((one) => one !== rule && includes(one, rule) && yields(rule, one)));
		if (other !== void 0) {
			const label = other.stateless && !rule.stateless ? "shadowed" : "redundant";
			findings.push({
				label,
				why: `by ${placeOf(other, rule)}, ${other.text}`
			});
		}
	}
	if (rule.stateless && rule.action === "allow") {
		if (everywhere(({ allowing, acl }) => (set.kind === "network-acl" ? acl?.rules ?? [] : allowing.flatMap(({ rules }) => rules)).find((one) => one.action === "allow" && letsAnswer(rule, one))) === void 0) findings.push({
			label: "stateless-without-reverse",
			why: "no rule lets its answers pass"
		});
	}
	return findings;
}
/** Which of two rules gives way: the one that tracks connections is not the same as one that does not; of equal ones the later. */
function yields(rule, other) {
	if (rule.stateless && !other.stateless) return false;
	if (!includes(rule, other) || rule.stateless !== other.stateless) return true;
	if (rule.listId !== other.listId) return rule.listId > other.listId;
	return rule.index > other.index;
}
function placeOf(other, rule) {
	const own = `rule ${other.index + 1}`;
	return other.listId === rule.listId ? own : `${own} of ${other.listName ?? other.listId}`;
}
/** How much of what a rule allows was seen, as `3 of 65536 addresses, 1 of 65536 ports`. */
function observedShare(rule, use) {
	const cells = [...use.cells.values()];
	const hosts = new Set(cells.flatMap(({ peers }) => [...peers.keys()]));
	const more = cells.some(({ many }) => many) ? " or more" : "";
	const parts = [];
	if (rule.peer.kind === "network") {
		const { address, length } = rule.peer.prefix;
		const bits = (address.family === 4 ? 32 : 128) - length;
		parts.push(`${hosts.size}${more} of ${bits > 40 ? `2^${bits}` : 2 ** bits} addresses`);
	} else parts.push(`${hosts.size}${more} addresses`);
	const ports = new Set(cells.filter(({ protocol }) => protocol === 6 || protocol === 17).map(({ protocol, port }) => `${protocol} ${port}`));
	if (ports.size > 0) {
		const width = rule.destinationPorts === void 0 ? 65536 : rule.destinationPorts.to - rule.destinationPorts.from + 1;
		const protocols = rule.protocols === void 0 ? 2 : rule.protocols.filter((one) => one === 6 || one === 17).length;
		parts.push(`${ports.size} of ${width * protocols} ports`);
	}
	return parts.join(", ");
}
// src/reports/advise/narrow.ts
const [ICMP, TCP$1, UDP$1, ICMPV6] = [
	1,
	6,
	17,
	58
];
const pin = (protocol, port) => ({
	direction: "egress",
	protocol,
	port,
	icmp: void 0
});
/** What networks need, however seldom: messages that packets are too large, DNS and NTP. */
const PINS = [
	{
		direction: void 0,
		protocol: ICMP,
		port: void 0,
		icmp: {
			type: 3,
			code: 4
		}
	},
	{
		direction: void 0,
		protocol: ICMPV6,
		port: void 0,
		icmp: {
			type: 2,
			code: 0
		}
	},
	...[
		pin(UDP$1, 53),
		pin(TCP$1, 53),
		pin(UDP$1, 123)
	]
];
/** Ports at which machines are administered: FTP, SSH, Telnet, RPC, SMB, RDP, VNC, WinRM. */
const ADMINISTRATION = [
	21,
	22,
	23,
	135,
	445,
	3389,
	5900,
	5985,
	5986
];
/** Far ends that are written one by one, and networks of them: with more the far end of the rule stays. */
const MOST_HOSTS = 8;
/** The widest networks that far ends outside of known subnets are brought together in. */
const WIDEST = {
	4: 24,
	6: 64
};
/**
* What may stand in place of a rule: rules that cover all that made use of it, and nothing that it does not cover; none for a rule that
* nothing made use of. Undefined where it is to stay as it is.
*/
function narrowed(rule, use, narrowing) {
	if (rule.action === "deny") return void 0;
	const kept = pinsIn(rule, narrowing.pins);
	if (kept.some((one) => includes(one, rule)) || rule.icmp !== void 0) return void 0;
	if (use === void 0) return kept;
	if (use.pinned) return void 0;
	const cells = [...use.cells.values()].sort((a, b) => a.protocol - b.protocol || a.port - b.port);
	const unseen = kept.filter(({ protocols, destinationPorts }) => destinationPorts === void 0 || !use.cells.has(`${protocols?.[0]} ${destinationPorts.from}`));
	const wanted = cells.map((cell) => ({
		cell,
		peers: peersOf(cell, rule, narrowing)
	}));
	for (;;) {
		const bodies = join$1(wanted).map((draft) => bodyOf(rule, draft));
		const all = [...bodies, ...unseen.filter((one) => !bodies.some((body) => includes(body, one)))];
		if (all.length <= narrowing.mostRules) return all.some((body) => !includes(rule, body)) || all.some((body) => includes(body, rule)) ? void 0 : all;
		const several = wanted.filter(({ peers }) => peers.length > 1);
		const common = several.filter(({ cell }) => !ADMINISTRATION.includes(cell.port));
		const [next] = (common.length > 0 ? common : several).sort((a, b) => b.peers.length - a.peers.length);
		if (next === void 0) return void 0;
		next.peers = [rule.peer];
	}
}
/** Those of the pinned services that the rule covers whole. */
function pinsIn(rule, pins) {
	const family = rule.peer.kind === "network" ? rule.peer.prefix.address.family : void 0;
	return pins.flatMap(({ direction, protocol, port, icmp }) => {
		if (direction !== void 0 && direction !== rule.direction) return [];
		if (protocol === ICMP && family === 6 || protocol === ICMPV6 && family !== 6) return [];
		const ports = port === void 0 ? void 0 : {
			from: port,
			to: port
		};
		const body = {
			...plain(rule),
			protocols: [protocol],
			icmp,
			destinationPorts: ports
		};
		return includes(rule, body) ? [body] : [];
	});
}
function plain({ direction, action, protocols, icmp, sourcePorts, destinationPorts, peer, local, stateless }) {
	return {
		direction,
		action,
		protocols,
		icmp,
		sourcePorts,
		destinationPorts,
		peer,
		local,
		stateless
	};
}
/** One rule for neighbouring ports that the same far ends ask. */
function join$1(wanted) {
	const drafts = [];
	let last;
	const close = () => {
		if (last === void 0) return;
		const { protocol, from, to } = last;
		drafts.push(...last.peers.map((peer) => ({
			protocol,
			ports: {
				from,
				to
			},
			peer
		})));
	};
	for (const { cell, peers } of wanted) {
		const key = peers.map((peer) => peer.kind === "network" ? peer.cidr : peer.kind).join();
		if (last !== void 0 && last.protocol === cell.protocol && last.key === key && cell.port === last.to + 1) {
			last = {
				...last,
				to: cell.port
			};
			continue;
		}
		close();
		last = {
			key,
			protocol: cell.protocol,
			from: cell.port,
			to: cell.port,
			peers
		};
	}
	close();
	return drafts;
}
function bodyOf(rule, { protocol, ports, peer }) {
	const hasPorts = protocol === TCP$1 || protocol === UDP$1;
	return {
		...plain(rule),
		protocols: [protocol],
		destinationPorts: hasPorts ? ports : void 0,
		peer
	};
}
/** The far ends of a cell as networks inside the rule's: known subnets first, then hosts, then networks that are not too wide. */
function peersOf({ peers, many }, rule, { subnets }) {
	const standing = rule.peer;
	if (standing.kind !== "network" || many) return [standing];
	const fits = (prefix) => prefix.length > standing.prefix.length && includesPrefix(standing.prefix, prefix);
	const known = subnets.filter(({ prefix }) => fits(prefix)).sort((a, b) => b.prefix.length - a.prefix.length);
	const found = /* @__PURE__ */ new Map();
	const others = [];
	for (const peer of peers.values()) {
		const subnet = known.find(({ prefix }) => contains(prefix, peer.address));
		if (subnet === void 0) others.push(peer);
		else found.set(subnet.cidr, subnet.prefix);
	}
	const hosts = new Map(others.map((peer) => networkOf(peer, peer.address.family === 4 ? 32 : 128)));
	const wide = new Map(others.map((peer) => networkOf(peer, WIDEST[peer.address.family])));
	const outside = hosts.size <= MOST_HOSTS ? hosts : [...wide.values()].every(fits) ? wide : void 0;
	if (outside === void 0 || outside.size > MOST_HOSTS) return [standing];
	return [...found, ...outside].sort(([a], [b]) => a < b ? -1 : 1).map(([cidr, prefix]) => ({
		kind: "network",
		cidr,
		prefix
	}));
}
/** The network of that length which holds the address. */
function networkOf({ address, text }, length) {
	const most = address.family === 4 ? 32 : 128;
	const whole = address.family === 4 ? formatIpv4(address.w0) : text.replace(/%.*/, "");
	const cidr = `${length === most ? whole : firstOf$1(address, length)}/${length}`;
	const prefix = parsePrefix(cidr);
	if (typeof prefix === "string") throw new TypeError(`${cidr}: ${prefix}`);
	return [cidr, prefix];
}
function firstOf$1({ family, w0, w1 }, length) {
	if (family === 4) return formatIpv4(w0 & -1 << 32 - length);
	const group = (word) => `${(word >>> 16 & 65535).toString(16)}:${(word & 65535).toString(16)}`;
	return `${group(w0)}:${group(w1)}::`;
}
// src/reports/advise/uses.ts
/** By rule, over all networks. Flows that no rule covers are counted. */
var Uses = class {
	all = /* @__PURE__ */ new Map();
	/** Accepted flows that no rule lets pass. */
	unexplained = 0;
	add(governed) {
		const membersOf = (group) => governed.network.members(group);
		const { governors } = governed.governance;
		for (const traffic of governed.traffic.values()) {
			if (traffic.action === "reject") continue;
			for (const observed of traffic.ends.values()) {
				const credits = creditsOf(governors, traffic, observed, membersOf);
				if (credits === void 0) this.unexplained += observed.flows;
				else for (const credit of credits) this.#credit(credit, traffic, observed);
			}
		}
	}
	#credit({ rule, packets, pinned }, { many }, { peer, flows, first, last }) {
		let use = this.all.get(rule);
		if (use === void 0) {
			use = {
				flows: 0,
				first,
				last,
				pinned: false,
				cells: /* @__PURE__ */ new Map()
			};
			this.all.set(rule, use);
		}
		use.flows += flows;
		use.first = Math.min(use.first, first);
		use.last = Math.max(use.last, last);
		use.pinned ||= pinned;
		const key = `${packets.protocol} ${packets.destinationPort}`;
		let cell = use.cells.get(key);
		if (cell === void 0) {
			cell = {
				protocol: packets.protocol,
				port: packets.destinationPort,
				peers: /* @__PURE__ */ new Map(),
				many: false
			};
			use.cells.set(key, cell);
		}
		cell.many ||= many;
		const known = cell.peers.get(peer);
		if (known === void 0) cell.peers.set(peer, {
			address: packets.peer,
			text: peer,
			flows
		});
		else known.flows += flows;
	}
};
/** The rules that packets owe it to that they pass, one of each layer; undefined where a layer has none. */
function creditsOf(governors, traffic, { packets }, membersOf) {
	const credits = [];
	if (!traffic.implied) {
		const credit = allowingCredit(governors, traffic, packets, membersOf);
		if (credit === void 0) return void 0;
		credits.push(credit);
	}
	if (governors.acl === void 0 || traffic.withinSubnet) return credits;
	const first = firstOf(governors.acl.rules, packets, membersOf);
	if (first === void 0 || first.rule.action === "deny") return void 0;
	return [...credits, {
		rule: first.rule,
		packets,
		pinned: first.partial || traffic.part === "answer"
	}];
}
function allowingCredit({ allowing }, { part }, packets, membersOf) {
	const rules = allowing.flatMap((set) => set.rules);
	const forward = narrowest(rules, packets, membersOf);
	const request = turned(packets);
	const reverse = narrowest(rules, request, membersOf);
	const ofAnswer = reverse !== void 0 && !reverse.rule.stateless ? {
		rule: reverse.rule,
		packets: request,
		pinned: reverse.partial
	} : void 0;
	const ofRequest = forward && {
		rule: forward.rule,
		packets,
		pinned: forward.partial
	};
	if (part === "request") return ofRequest ?? ofAnswer;
	if (forward?.rule.stateless && !forward.partial) return {
		rule: forward.rule,
		packets,
		pinned: true
	};
	if (part === "answer") return ofAnswer ?? (ofRequest && {
		...ofRequest,
		pinned: true
	});
	return ofRequest ?? ofAnswer;
}
/** The packets of the other way. */
function turned(packets) {
	return {
		...packets,
		direction: packets.direction === "ingress" ? "egress" : "ingress",
		sourcePort: packets.destinationPort,
		destinationPort: packets.sourcePort
	};
}
/** Of the rules that cover the packets the most specific one. */
function narrowest(rules, packets, membersOf) {
	let best;
	for (const rule of rules) {
		const coverage = covers(rule, packets, membersOf);
		if (coverage === "no") continue;
		const entry = {
			rule,
			partial: coverage === "partial"
		};
		if (best === void 0 || mostSpecific(entry, best) < 0) best = entry;
	}
	return best;
}
/** The first rule of an ACL that covers the packets, which decides. */
function firstOf(rules, packets, membersOf) {
	for (const rule of rules) {
		const coverage = covers(rule, packets, membersOf);
		if (coverage !== "no") return {
			rule,
			partial: coverage === "partial"
		};
	}
}
// src/reports/advise/advise.ts
const DAY_MS = 864e5;
/** What the observed flows leave of the rules. Applies nothing. */
function advise(observations, networks, tables, reading, options) {
	const days = Number.isFinite(reading.latest - reading.earliest) ? (reading.latest - reading.earliest) / DAY_MS : 0;
	const uses = new Uses();
	for (const governed of observations.governed.values()) uses.add(governed);
	const subnets = [...tables, ...networks.flatMap(({ data }) => data.map((one) => one.subnets))].flatMap((table) => [...table.values()]).flatMap(({ networks: own }) => own);
	const narrowing = {
		pins: [...PINS, ...options.pins],
		subnets,
		mostRules: options.mostRules
	};
	const common = commonDoubts(observations, uses, reading, days, options);
	const sets = networks.flatMap((network) => network.data.flatMap((data) => [...data.ruleSets.values()].map((set) => {
		const own = [...observations.governed.values()].map(({ governance }) => governance.governors).filter(({ allowing, acl }) => allowing.includes(set) || acl === set);
		const { names, doubts } = evidenceFor(set, data, observations, own, options);
		const insufficient = [...common, ...doubts];
		const rules = set.rules.map((rule) => ruleAdvice(rule, set, own, uses.all.get(rule), narrowing, insufficient.length === 0));
		return {
			set,
			provider: data.provider,
			subnets: names,
			insufficient,
			rules
		};
	})));
	return {
		days,
		sets,
		proof: prove(observations, sets)
	};
}
function commonDoubts({ accepted }, { unexplained }, { unread, lost }, days, { minDays, mostLost }) {
	const doubts = [];
	if (accepted === 0) doubts.push("no accepted flow was observed");
	if (days < minDays) doubts.push(`${days.toFixed(1)} days were observed, ${minDays} are needed (--min-days)`);
	if (unread > 0) doubts.push(`${unread} records or objects could not be read`);
	if (lost > mostLost) doubts.push(`the log says ${lost} times that flows are missing (--max-lost)`);
	if (unexplained > accepted / 100) doubts.push(`${unexplained} of ${accepted} accepted flows are covered by no rule: the description of the network is of another time`);
	return doubts;
}
/** Whether all that a list governs was observed. */
function evidenceFor(set, { subnets, vnics }, observations, places, { mostLost }) {
	const doubts = [];
	const names = [];
	if (set.unreadable > 0) doubts.push(`${set.unreadable} of its rules are not understood`);
	if (places.some(({ complete }) => !complete)) doubts.push("not all lists and groups beside it are known");
	if (set.kind === "security-list" || set.kind === "network-acl") {
		const own = new Map([...subnets].filter(([, { ruleSets }]) => ruleSets.includes(set.id)).map(([key, one]) => [one.id, {
			key,
			one
		}]));
		if (own.size === 0) doubts.push("no subnet that is known uses it");
		for (const { one } of own.values()) {
			const name = one.name ?? one.id;
			names.push(name);
			const found = [...subnets].filter(([, other]) => other.id === one.id).map(([key]) => key).flatMap((key) => observations.subnets.get(key) ?? []);
			if (found.length === 0) doubts.push(`subnet ${name}, which uses it, has no records: its flow log may be off`);
			for (const { lost } of found) if (lost > mostLost) doubts.push(`subnet ${name} says ${lost} times that flows were lost (--max-lost)`);
		}
	} else {
		const members = [...vnics.values()].filter(({ groups }) => groups.includes(set.id));
		const silent = members.filter(({ id }) => !observations.vnics.has(id));
		if (members.length === 0) doubts.push("no interface that is known is in it");
		else if (silent.length > 0) doubts.push(`${silent.length} of ${members.length} interfaces in it have no records`);
	}
	return {
		names: names.sort(),
		doubts
	};
}
function ruleAdvice(rule, set, places, use, narrowing, sufficient) {
	const findings = [...amongOthers(rule, set, places)];
	if (rule.action === "deny") return {
		rule,
		findings,
		use,
		replacement: void 0
	};
	const replacement = use === void 0 && findings.some(({ label }) => label === "redundant" || label === "shadowed") ? [] : narrowed(rule, use, narrowing);
	if (use === void 0) findings.unshift({
		label: "unused",
		why: "no accepted flow needs it"
	});
	else if (replacement !== void 0) findings.unshift({
		label: "over-broad",
		why: observedShare(rule, use)
	});
	else findings.unshift({
		label: "used",
		why: observedShare(rule, use)
	});
	if (replacement === void 0 && use === void 0) findings.push({
		label: "kept",
		why: "networks need it, however seldom"
	});
	else if (replacement === void 0 && use?.pinned) findings.push({
		label: "kept",
		why: "it lets answers pass, or the log does not say enough to narrow it"
	});
	return {
		rule,
		findings,
		use,
		replacement: sufficient ? replacement : void 0
	};
}
/** Those that stay, and what stands in place of others, in the order of the list. */
function proposedRules({ rules }) {
	return rules.flatMap(({ rule, replacement }) => {
		if (replacement === void 0) return [{
			body: rule,
			kept: rule,
			of: rule
		}];
		return replacement.map((body) => ({
			body,
			kept: void 0,
			of: rule
		}));
	});
}
/** Whether the advice changes anything in the list. */
const changes = ({ rules }) => rules.some(({ replacement }) => replacement !== void 0);
/** The list as the advice would have it. */
function proposedSet(advice) {
	if (!changes(advice)) return advice.set;
	const { set } = advice;
	const rules = proposedRules(advice).map(({ body, kept, of }, index) => {
		if (kept !== void 0 && set.kind !== "network-acl") return kept;
		const { direction, action, protocols, icmp, sourcePorts, destinationPorts, peer, local, stateless } = body;
		const whole = {
			kind: of.kind,
			listId: of.listId,
			listName: of.listName,
			index,
			direction,
			action,
			protocols,
			icmp,
			sourcePorts,
			destinationPorts,
			peer,
			local,
			stateless
		};
		return {
			...whole,
			text: ruleText(whole)
		};
	});
	return {
		...set,
		rules,
		seed: void 0
	};
}
/** Asks every observed flow of the rules as they are and as they would be, by the same engine that names the rules of flows. */
function prove(observations, sets) {
	const proposed = new Map(sets.map((advice) => [advice.set, proposedSet(advice)]));
	const sums = {
		accepted: 0,
		dropped: 0,
		rejected: 0,
		opened: 0,
		unexplained: 0
	};
	for (const advice of sets) for (const { rule, replacement } of advice.rules) if (replacement?.some((body) => !includes(rule, body))) throw new Error(`a proposal is wider than ${rule.text}`);
	for (const governed of observations.governed.values()) {
		const { governors } = governed.governance;
		const membersOf = (group) => governed.network.members(group);
		const after = {
			...governors,
			allowing: governors.allowing.map((set) => proposed.get(set) ?? set),
			acl: governors.acl && (proposed.get(governors.acl) ?? governors.acl),
			complete: true
		};
		const engines = {
			before: new Governance({
				...governors,
				complete: true
			}, membersOf),
			after: new Governance(after, membersOf)
		};
		for (const traffic of governed.traffic.values()) for (const observed of traffic.ends.values()) {
			const { flows } = observed;
			const now = passes(engines.after, after, traffic, observed, membersOf);
			if (traffic.action === "reject") {
				sums.rejected += flows;
				if (now) sums.opened += flows;
				continue;
			}
			if (!traffic.implied) sums.accepted += flows;
			if (!passes(engines.before, governors, traffic, observed, membersOf)) sums.unexplained += flows;
			else if (!now) sums.dropped += flows;
		}
	}
	return sums;
}
function passes(engine, { acl }, { withinSubnet, implied, part }, { packets }, membersOf) {
	if (acl !== void 0 && !withinSubnet) {
		const first = firstOf(acl.rules, packets, membersOf);
		if (first === void 0 || first.rule.action === "deny") return false;
	}
	if (implied) return true;
	const asks = (one, action) => {
		const question = {
			...one,
			action,
			withinSubnet: true
		};
		const status = engine.explain(question)?.rule.status;
		return status !== void 0 && status !== "unexplained";
	};
	if (asks(packets, "reject")) return true;
	return part !== "request" ? asks(packets, "accept") : asks(packets, "accept") && asks(turned(packets), "reject");
}
// src/reports/advise/observations.ts
const [TCP, UDP] = [6, 17];
/** Far ends of one kind of traffic that are told apart. */
const MOST_ENDS = 2e3;
/** Kinds of traffic that are told apart, over all networks. */
const MOST_TRAFFIC = 3e5;
const MOST_ADDRESSES = 65536;
/** Brings flows down to what rules can tell apart. Memory is bounded by that, and not by the number of flows. */
var Observations = class {
	governed = /* @__PURE__ */ new Map();
	subnets = /* @__PURE__ */ new Map();
	vnics = /* @__PURE__ */ new Set();
	accepted = 0;
	rejected = 0;
	/** Flows of subnets of which no rules are known. */
	ungoverned = 0;
	/** Flows whose direction is not known. */
	undirected = 0;
	#networks;
	#contexts = /* @__PURE__ */ new WeakMap();
	#addresses = /* @__PURE__ */ new Map();
	#kinds = 0;
	constructor(networks) {
		this.#networks = networks;
	}
	/** Throws UsageError when there are too many kinds of traffic. */
	add(flow) {
		const { context, status } = flow;
		if (context.subnet !== void 0) this.#count(context.subnet, status);
		if (context.vnic !== void 0) this.vnics.add(context.vnic);
		if (status !== "OK") return;
		const place = this.#placeOf(context);
		if (place === void 0) {
			this.ungoverned++;
			return;
		}
		const [source, destination] = [this.#address(flow.sourceAddress), this.#address(flow.destinationAddress)];
		if (source === void 0 || destination === void 0) return;
		const inside = (address) => place.networks.some(({ prefix }) => contains(prefix, address));
		const withinSubnet = inside(source) && inside(destination);
		const direction = withinSubnet ? directionAt(flow, source, destination, place.addresses) : flow.direction;
		if (direction === "unknown") {
			this.undirected++;
			return;
		}
		const action = flow.action ?? "accept";
		if (action === "accept") this.accepted++;
		else this.rejected++;
		const { protocol = 256, initiator } = flow;
		const ports = protocol === TCP || protocol === UDP ? {
			source: flow.sourcePort ?? -1,
			destination: flow.destinationPort ?? -1
		} : {
			source: 0,
			destination: 0
		};
		const part = initiator === "source" ? "request" : initiator === "destination" ? "answer" : partByPorts(ports.source, ports.destination);
		const isOut = direction === "egress";
		const [peer, local] = isOut ? [destination, source] : [source, destination];
		const peerText = (isOut ? flow.destinationAddress : flow.sourceAddress) ?? "";
		const localText = (isOut ? flow.sourceAddress : flow.destinationAddress) ?? "";
		const { governed } = place;
		this.#addTo(governed, flow, {
			action,
			part,
			withinSubnet,
			implied: false
		}, direction, protocol, ports, peer, local, peerText, localText);
		const { acl, oneWay } = governed.governance.governors;
		if (acl === void 0 || oneWay || action === "reject" || withinSubnet) return;
		const back = {
			source: ports.destination,
			destination: ports.source
		};
		const opposite = isOut ? "ingress" : "egress";
		const answer = {
			action,
			part: "answer",
			withinSubnet,
			implied: true
		};
		this.#addTo(governed, flow, answer, opposite, protocol, back, peer, local, peerText, localText);
	}
	#addTo(governed, flow, kind, direction, protocol, ports, peer, local, peerText, localText) {
		const sourcePort = kind.part === "request" ? clientPort(governed, ports.source) : ports.source;
		const destinationPort = kind.part === "answer" ? clientPort(governed, ports.destination) : ports.destination;
		const key = `${kind.action} ${kind.part} ${kind.withinSubnet} ${kind.implied} ${direction} ${protocol} ${sourcePort} ${destinationPort}`;
		let traffic = governed.traffic.get(key);
		if (traffic === void 0) {
			if (++this.#kinds > MOST_TRAFFIC) throw new UsageError("report-too-large", `there are more than ${MOST_TRAFFIC} kinds of traffic: narrow the window with --since and --until`);
			traffic = {
				...kind,
				ends: /* @__PURE__ */ new Map(),
				many: false
			};
			governed.traffic.set(key, traffic);
		}
		let end = governed.local ? `${peerText} ${localText}` : peerText;
		let observed = traffic.ends.get(end);
		if (observed === void 0) {
			if (traffic.ends.size >= MOST_ENDS) {
				traffic.many = true;
				end = `like ${signatureOf(governed, peer, local)}`;
				observed = traffic.ends.get(end);
			}
			if (observed === void 0) {
				observed = {
					packets: {
						direction,
						protocol,
						sourcePort,
						destinationPort,
						peer,
						local
					},
					peer: peerText,
					flows: 0,
					first: flow.time,
					last: flow.time
				};
				traffic.ends.set(end, observed);
			}
		}
		observed.flows++;
		if (flow.time < observed.first) observed.first = flow.time;
		if (flow.time > observed.last) observed.last = flow.time;
	}
	#count(subnet, status) {
		let evidence = this.subnets.get(subnet);
		if (evidence === void 0) {
			evidence = {
				records: 0,
				ok: 0,
				lost: 0
			};
			this.subnets.set(subnet, evidence);
		}
		evidence.records++;
		if (status === "OK") evidence.ok++;
		else if (status === "SKIPDATA") evidence.lost++;
	}
	#placeOf(context) {
		if (this.#contexts.has(context)) return this.#contexts.get(context);
		let place;
		for (const network of this.#networks()) {
			const governance = network.governing(context);
			if (governance === void 0) continue;
			let governed = this.governed.get(governance);
			if (governed === void 0) {
				governed = governedBy(governance, network);
				this.governed.set(governance, governed);
			}
			const networks = (context.subnet === void 0 ? void 0 : network.subnet(context.subnet))?.networks ?? [];
			const addresses = (context.vnic === void 0 ? void 0 : network.vnic(context.vnic))?.addresses ?? [];
			place = {
				governed,
				networks,
				addresses
			};
			break;
		}
		this.#contexts.set(context, place);
		return place;
	}
	#address(text) {
		if (text === void 0) return void 0;
		let address = this.#addresses.get(text);
		if (address === void 0 && !this.#addresses.has(text)) {
			address = parseAddress(text);
			if (this.#addresses.size >= MOST_ADDRESSES) this.#addresses.clear();
			this.#addresses.set(text, address);
		}
		return address;
	}
};
/** Where nothing else tells who began, the lower port is the service's. */
function partByPorts(source, destination) {
	if (source === destination) return "unknown";
	return destination < source ? "request" : "answer";
}
function governedBy(governance, network) {
	const { allowing, acl } = governance.governors;
	const rules = [...allowing, ...acl === void 0 ? [] : [acl]].flatMap((set) => set.rules);
	const starts = /* @__PURE__ */ new Set([0]);
	for (const { sourcePorts, destinationPorts } of rules) for (const range of [sourcePorts, destinationPorts]) {
		if (range === void 0) continue;
		starts.add(range.from);
		starts.add(range.to + 1);
	}
	return {
		governance,
		network,
		traffic: /* @__PURE__ */ new Map(),
		clientPorts: [...starts].sort((a, b) => a - b),
		local: rules.some(({ local }) => local !== void 0)
	};
}
/** The port that stands for all that no rule tells apart from this one. */
function clientPort({ clientPorts }, port) {
	let [low, high] = [0, clientPorts.length];
	while (low < high) {
		const middle = low + high >>> 1;
		if (clientPorts[middle] <= port) low = middle + 1;
		else high = middle;
	}
	return low === 0 ? port : clientPorts[low - 1];
}
/** Which of the networks that the rules name hold the ends. */
function signatureOf({ governance }, peer, local) {
	const { allowing, acl } = governance.governors;
	return [...allowing, ...acl === void 0 ? [] : [acl]].flatMap((set) => set.rules).map((rule) => {
		return (rule.peer.kind === "network" ? contains(rule.peer.prefix, peer) : true) && (rule.local === void 0 || contains(rule.local, local)) ? "1" : "0";
	}).join("");
}
// src/reports/advise/output.ts
const COLUMNS = [
	"list",
	"rule",
	"text",
	"finding",
	"why",
	"flows",
	"last used",
	"advice"
];
/** The whole answer for people. */
function adviceLines(advice) {
	const { days, sets, proof } = advice;
	const lines = [`${proof.accepted} accepted and ${proof.rejected} rejected flows that rules cover, of ${days.toFixed(1)} days`, ""];
	for (const set of sets) {
		const subnets = set.subnets.length === 0 ? "" : `, of ${set.subnets.join(", ")}`;
		lines.push(`${listName(set.set)}${subnets}`);
		lines.push(...set.insufficient.map((reason) => `  insufficient evidence: ${reason}`));
		if (set.rules.length > 0) lines.push(...tableLines(COLUMNS.slice(1), rowsOf(set).map((row) => row.slice(1))).map((line) => `  ${line}`));
		lines.push("");
	}
	const proposing = sets.filter(changes).length;
	lines.push(`proof: of ${proof.accepted} accepted flows the proposals drop ${proof.dropped}; of ${proof.rejected} rejected ones they allow ${proof.opened}`);
	if (proof.unexplained > 0) lines.push(`${proof.unexplained} accepted flows are covered by no rule as it is, and by none of the proposals`);
	const risky = sets.flatMap(riskyRules);
	if (risky.length > 0) {
		lines.push("what was accepted need not be wanted: look at these, which let somebody outside in at ports of administration:");
		lines.push(...risky.map((line) => `  ${line}`));
	}
	lines.push(`${proposing} of ${sets.length} lists have a proposal. Nothing was applied`);
	return lines;
}
/** New rules that let public hosts in where administrators go. */
function riskyRules(advice) {
	return proposedRules(advice).flatMap(({ body, kept, of }) => {
		const { direction, peer, destinationPorts } = body;
		if (kept !== void 0 || direction !== "ingress" || peer.kind !== "network" || isPrivate(peer.cidr)) return [];
		return ADMINISTRATION.some((port) => destinationPorts === void 0 || destinationPorts.from <= port && port <= destinationPorts.to) && body.icmp === void 0 ? [`${listName(advice.set)}: ${textOf({
			body,
			kept,
			of
		})}`] : [];
	});
}
const isPrivateAddress = compileNetworks([
	"10.0.0.0/8",
	"172.16.0.0/12",
	"192.168.0.0/16",
	"100.64.0.0/10",
	"fc00::/7"
]);
const isPrivate = (cidr) => isPrivateAddress(cidr.replace(/\/.*/, ""));
/** The same as CSV. */
const adviceCsv = ({ sets }) => csvLines(COLUMNS, sets.flatMap(rowsOf));
/** The same as one JSON document. */
function adviceJson({ days, sets, proof }) {
	return {
		days,
		proof,
		lists: sets.map((one) => ({
			id: one.set.id,
			name: one.set.name ?? null,
			kind: one.set.kind,
			subnets: one.subnets,
			insufficient: one.insufficient,
			rules: one.rules.map((advised) => ({
				index: advised.rule.index,
				direction: advised.rule.direction,
				text: advised.rule.text,
				findings: advised.findings,
				flows: advised.use?.flows ?? 0,
				lastUsed: lastUsed(advised),
				replacement: advised.replacement?.map((body) => textOf({
					body,
					kept: void 0,
					of: advised.rule
				})) ?? null
			}))
		}))
	};
}
function rowsOf(set) {
	return set.rules.map((advised) => {
		const { rule, findings, use } = advised;
		return [
			...[
				set.set.name ?? set.set.id,
				`${rule.direction} ${rule.index + 1}`,
				rule.text
			],
			...[findings.map(({ label }) => label).join(", "), findings.map(({ why }) => why).join("; ")],
			...[
				use?.flows ?? 0,
				lastUsed(advised) ?? "never",
				adviceOf(set, advised)
			]
		];
	});
}
function adviceOf({ insufficient }, { replacement }) {
	if (insufficient.length > 0) return "none";
	if (replacement === void 0) return "keep";
	return replacement.length === 0 ? "remove" : `replace by ${replacement.length}`;
}
function lastUsed({ use }) {
	return use === void 0 || !Number.isFinite(use.last) ? null : new Date(use.last).toISOString();
}
function textOf({ body, kept, of }) {
	return kept?.text ?? ruleText({
		...of,
		...body
	});
}
/** Lists as they are and as proposed, as a unified diff with all their rules; empty where nothing changes. */
function adviceDiff({ sets }) {
	return sets.filter(changes).map((advice) => {
		const { set, rules } = advice;
		const name = listName(set);
		const lines = rules.flatMap(({ rule, replacement }) => {
			const lineOf = (text, stateless) => stateless && set.kind !== "network-acl" ? `${text} (stateless)` : text;
			const own = lineOf(rule.text, rule.stateless);
			if (replacement === void 0) return [` ${own}`];
			const fresh = replacement.map((body) => `+${lineOf(textOf({
				body,
				kept: void 0,
				of: rule
			}), body.stateless)}`);
			return [`-${own}`, ...fresh];
		});
		const [before, after] = [rules.length, proposedRules(advice).length];
		const span = (count) => count === 0 ? "0,0" : `1,${count}`;
		return [
			`--- ${name}`,
			`+++ ${name}, proposed`,
			`@@ -${span(before)} +${span(after)} @@`,
			...lines,
			""
		].join("\n");
	}).join("");
}
/** The files of an advice by name: table, diff, and for each list with a proposal its rules as proposed and as they are. */
function adviceFiles(advice, writers) {
	const files = [
		["advice.txt", `${adviceLines(advice).join("\n")}\n`],
		["advice.csv", `${adviceCsv(advice).join("\n")}\n`],
		["advice.json", json(adviceJson(advice))],
		["advice.diff", adviceDiff(advice)]
	];
	const taken = /* @__PURE__ */ new Set();
	for (const one of advice.sets.filter(changes)) {
		const writer = writers.get(one.provider);
		if (writer === void 0) continue;
		const name = fileName(one, taken);
		const proposed = proposedRules(one).map(({ body, kept, of }) => {
			if (kept !== void 0) return {
				body,
				index: kept.index,
				description: void 0
			};
			return {
				body,
				index: void 0,
				description: `narrowed from: ${of.text}`
			};
		});
		const standing = one.set.rules.map((rule) => ({
			body: rule,
			index: rule.index,
			description: void 0
		}));
		files.push([`${name}.proposed.json`, json(writer.json(one.set, proposed))]);
		files.push([`${name}.proposed.tf`, writer.terraform(one.set, proposed)]);
		files.push([`${name}.rollback.json`, json(writer.json(one.set, standing))]);
		files.push([`${name}.rollback.tf`, writer.terraform(one.set, standing)]);
	}
	return files;
}
function json(value) {
	return `${JSON.stringify(value, void 0, 2)}\n`;
}
function fileName({ set }, taken) {
	const safe = (text) => text.replaceAll(/[^A-Za-z0-9._-]+/g, "_").replace(/^\.+/, "_").slice(0, 150);
	const base = safe(set.name ?? set.id);
	let name = base;
	for (let n = 2; taken.has(name) || name === "advice"; n++) name = `${base}_${n}`;
	taken.add(name);
	return name;
}
// src/cli/advise.ts
/** `flowferry report advise`: what observed traffic leaves of the rules. */
function adviseCommand(context, finish) {
	return withReading(new Command("advise")).description("Least-privilege advice for security lists, NSGs, security groups and ACLs, with evidence. Applies nothing.").option("--out <folder>", "write the advice there (text, CSV, JSON, diff), and for each list with a proposal its rules as JSON and Terraform, as proposed and as they are").addOption(new Option("--format <format>", "what is printed, without --out").choices([
		"table",
		"csv",
		"json",
		"diff"
	]).default("table")).option("--min-days <n>", "days that must have been observed", atLeast0, 14).option("--max-lost <n>", "how often a subnet's log may say that flows were lost", atLeast0, 0).option("--max-rules <n>", "most rules that may take the place of one", atLeast0, 16).option("--pin <port>", "a service that stays allowed though nobody used it, as in 8080 or 53/udp; may be repeated", pins, []).action(async (flags) => finish(await report(context, flags)));
}
async function report(context, flags) {
	const reading = await openReading(flags, context);
	try {
		const surroundings = () => surroundingsOf(reading);
		const observations = new Observations(() => surroundings().networks);
		const totals = await reading.read((flows) => {
			for (const flow of flows) observations.add(flow);
		});
		context.signal.throwIfAborted();
		const { networks, tables, writers } = surroundings();
		if (networks.every(({ data }) => data.every(({ ruleSets }) => ruleSets.size === 0))) throw new UsageError("no-network", `there are no rules to advise on: describe the network in \`enrich.oci\` or \`enrich.ibm\` of the configuration`);
		const evidence = {
			earliest: totals.earliest,
			latest: totals.latest,
			unread: totals.bad + totals.unread,
			lost: totals.mismatches
		};
		const options = {
			minDays: flags.minDays,
			mostLost: flags.maxLost,
			mostRules: flags.maxRules,
			pins: flags.pin
		};
		const advice = advise(observations, networks, tables.map(({ subnets }) => subnets), evidence, options);
		if (advice.proof.dropped > 0) {
			const flows = `${advice.proof.dropped} of ${advice.proof.accepted} observed flows`;
			throw new FlowferryError("advice-unproved", `the proposals would drop ${flows}: none is given; please report this`);
		}
		if (flags.out !== void 0) {
			const files = adviceFiles(advice, writers);
			const written = await writePrivately(flags.out, files, context.signal);
			const proposing = advice.sets.filter(changes).length;
			context.print(`${written} files, proposals for ${proposing} of ${advice.sets.length} lists: ${flags.out}`);
		} else if (flags.format === "json") context.print(JSON.stringify(adviceJson(advice)));
		else if (flags.format === "diff") context.stdout.write(adviceDiff(advice));
		else context.stdout.write(`${(flags.format === "csv" ? adviceCsv : adviceLines)(advice).join("\n")}\n`);
		const left = [];
		if (totals.flows === 0) left.push(`no flow ${reading.window === "" ? "was found" : `is ${reading.window}`}`);
		if (observations.ungoverned > 0) left.push(`${observations.ungoverned} flows are of subnets of which no rules are known`);
		if (observations.undirected > 0) left.push(`${observations.undirected} flows are left out, because their direction is not known`);
		tell(context, [...left, ...doubtsOf(totals, reading)]);
		return advice.sets.some(({ insufficient }) => insufficient.length > 0) ? EXIT.incomplete : EXIT.done;
	} finally {
		await reading.close();
	}
}
function atLeast0(text) {
	const value = Number(text);
	if (text.trim() === "" || !(value >= 0 && value < 1e9)) throw new InvalidArgumentError("It is no number from 0 on.");
	return value;
}
function pins(text, before) {
	const { port, protocol } = serviceOf(text);
	const protocols = protocol === void 0 ? [6, 17] : [protocol];
	return [...before, ...protocols.map((one) => ({
		direction: void 0,
		protocol: one,
		port,
		icmp: void 0
	}))];
}
// src/cli/report.ts
/** `flowferry report`: documents made of the flows of a bucket. */
function reportCommand(context, finish) {
	return new Command("report").description("Make a document of the flows in a bucket or folder. Nothing is shipped or changed.").addCommand(portsCommand(context, finish)).addCommand(adviseCommand(context, finish));
}
function portsCommand(context, finish) {
	return withReading(new Command("ports")).description("Which ports the subnets are asked at, by TCP and UDP, from inside and from outside, and which hosts.").option("--out <folder>", "write two files for each subnet there, `subnet_<id>.json` and `details_subnet_<id>.json`").addOption(new Option("--format <format>", "what is printed, without --out").choices([
		"table",
		"csv",
		"json"
	]).default("table")).option("--initiated-only", "only flows whose source opened the connection: no replies to ephemeral ports", false).addOption(new Option("--action <action>", "which flows count").choices([
		"accept",
		"reject",
		"all"
	]).default("accept")).option("--subnet <subnet>", "only this subnet, by id or name").action(async (flags) => finish(await reportPorts(context, flags)));
}
async function reportPorts(context, flags) {
	const reading = await openReading(flags, context);
	try {
		const summary = new PortSummary(flags);
		const totals = await reading.read((flows) => {
			for (const flow of flows) summary.add(flow);
		});
		context.signal.throwIfAborted();
		const subnets = chosen(summary.subnets(), flags.subnet);
		const notes = portNotes(summary, totals, reading);
		if (flags.out !== void 0) {
			const files = subnets.flatMap(({ file, ports, details }) => [[`${file}.json`, `${JSON.stringify(ports, void 0, 2)}\n`], [`details_${file}.json`, `${JSON.stringify(details, void 0, 2)}\n`]]);
			const written = subnets.length === 0 ? 0 : await writePrivately(flags.out, files, context.signal);
			context.print(`${written} files of ${subnets.length} subnets, from ${summary.counted} flows: ${flags.out}`);
		} else if (flags.format === "json") context.stdout.write(`${JSON.stringify(subnets.map(({ ports }) => ports), void 0, 2)}\n`);
		else if (subnets.length > 0 || flags.format === "csv") {
			const lines = flags.format === "csv" ? csvLines : tableLines;
			context.stdout.write(`${lines(PORT_COLUMNS, portRows(subnets)).join("\n")}\n`);
		}
		tell(context, notes);
		return isDoubtful(totals) ? EXIT.incomplete : EXIT.done;
	} finally {
		await reading.close();
	}
}
function chosen(subnets, wanted) {
	if (wanted === void 0) return subnets;
	const found = subnets.filter(({ name, ports }) => ports.vnicsubnetocid === wanted || name === wanted || ports.subnet_name === wanted);
	if (found.length > 0) return found;
	const known = subnets.map(({ name, ports }) => name ?? ports.vnicsubnetocid);
	const advice = known.length === 0 ? "no subnet has such flows" : `there are ${known.slice(0, 20).join(", ")}`;
	throw new UsageError("unknown-subnet", `no subnet ${wanted} among those that were asked: ${advice}`);
}
function portNotes(summary, totals, reading) {
	const lines = [];
	const { counted, undirected, uncertain } = summary;
	if (totals.flows === 0) lines.push(`no flow ${reading.window === "" ? "was found" : `is ${reading.window}`}`);
	else if (counted === 0) lines.push(`none of ${totals.flows} flows goes into a subnet by TCP or UDP`);
	if (undirected > 0) lines.push(`${undirected} flows are left out, because it is not known whether they go into a subnet or out of it: name their subnets in \`enrich.subnets\` of the configuration`);
	if (uncertain > 0) lines.push(`${uncertain} flows are left out, because it is not known which end opened the connection`);
	return [...lines, ...doubtsOf(totals, reading)];
}
const PORT_COLUMNS = [
	"subnet",
	"protocol",
	"source",
	"port",
	"service",
	"flows"
];
function portRows(subnets) {
	return subnets.flatMap(({ name, ports, services }) => SECTIONS.flatMap((section) => {
		const [protocol = "", source = ""] = section.toLowerCase().split("_");
		return ports[section].port_counts.map(({ port, count }) => [...[
			name ?? ports.vnicsubnetocid,
			protocol,
			source,
			port
		], ...[services.get(`${protocol} ${port}`) ?? "", count]]);
	}));
}
export { reportCommand };
