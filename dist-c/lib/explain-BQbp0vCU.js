import { t as Command } from "./commander-BVTyMRTV.js";
import { i as parseDuration } from "./durations-Bd18bo2u.js";
import { r as UsageError } from "./errors-C4nvsd9u.js";
import { a as tell, c as listName, d as vnicOf, f as endOf, i as surroundingsOf, l as smallestRule, m as serviceOf, n as isDoubtful, o as withReading, p as isEnd, r as openReading, s as askRules, t as doubtsOf, u as subnetsHolding } from "./reading-Bwwy92pt.js";
import { n as parseAddress } from "./address-DjrRxJ5_.js";
import { n as tableLines } from "./table-BJEM8ejK.js";
import { t as EXIT } from "./context-BVD8iu4e.js";
// src/reports/explain/evidence.ts
/** So many of the newest records are kept to be shown. */
const MOST_SHOWN = 8;
/** Interfaces of one conversation that are told apart. */
const MOST_POINTS = 256;
/** Answers to whether an address is one of the ends that are remembered. */
const MOST_KNOWN = 65536;
/** What flows tell of a conversation. Memory is bounded, whatever there is to read. */
var Evidence = class {
	source;
	destination;
	service;
	points = /* @__PURE__ */ new Map();
	atSource = {
		flows: 0,
		last: void 0,
		sameService: 0
	};
	atDestination = {
		flows: 0,
		last: void 0,
		sameService: 0
	};
	/** Subnets that have logged anything, also that there was no traffic. */
	subnets = /* @__PURE__ */ new Map();
	/** Whether records describe both ways, and whether anything came back in one of them. */
	twoWay = false;
	answered = false;
	/** The newest records of the conversation, newest first. */
	newest = [];
	#ends = /* @__PURE__ */ new Map();
	constructor(source, destination, service) {
		this.source = source;
		this.destination = destination;
		this.service = service;
	}
	add(flow) {
		const { context, direction } = flow;
		if (context.subnet !== void 0) this.#countSubnet(context.subnet, flow);
		if (flow.status !== "OK") return;
		const from = this.#endsAt(flow.sourceAddress, flow.sourceServer);
		const to = this.#endsAt(flow.destinationAddress, flow.destinationServer);
		if (from === 0 && to === 0) return;
		const local = direction === "egress" ? from : direction === "ingress" ? to : 0;
		const { port, protocol } = this.service;
		const isService = (protocol === void 0 || flow.protocol === protocol) && (port === void 0 || flow.destinationPort === port);
		if (local & SOURCE) note(this.atSource, flow, false);
		if (local & DESTINATION) note(this.atDestination, flow, isService && direction === "ingress" && flow.initiator !== "destination");
		if (protocol !== void 0 && flow.protocol !== protocol) return;
		if (from & SOURCE && to & DESTINATION && this.#isRequest(flow)) this.#addPoint("there", flow);
		else if (from & DESTINATION && to & SOURCE && this.#isAnswer(flow)) this.#addPoint("back", flow);
	}
	#isRequest({ destinationPort, initiator }) {
		const { port } = this.service;
		return port === void 0 ? initiator !== "destination" : destinationPort === port;
	}
	#isAnswer({ sourcePort, initiator }) {
		const { port } = this.service;
		return port === void 0 ? initiator === "destination" : sourcePort === port;
	}
	#addPoint(leg, flow) {
		const { context, direction, action, bytesReverse, packetsReverse } = flow;
		const side = direction === "unknown" ? "unknown" : direction === "egress" === (leg === "there") ? "source" : "destination";
		if (bytesReverse !== void 0 || packetsReverse !== void 0) {
			this.twoWay = true;
			if (action === "accept" && (Number(bytesReverse ?? 0) > 0 || Number(packetsReverse ?? 0) > 0)) this.answered = true;
		}
		if (leg === "back" && action === "accept") this.answered = true;
		this.#show(flow);
		const key = `${leg} ${side} ${context.vnic ?? ""} ${context.subnet ?? ""}`;
		let point = this.points.get(key);
		if (point === void 0) {
			if (this.points.size >= MOST_POINTS) return;
			point = {
				leg,
				side,
				context,
				subnetName: flow.subnetName ?? context.subnetName,
				accepted: 0,
				rejected: 0,
				lastAccepted: void 0,
				lastRejected: void 0
			};
			this.points.set(key, point);
		}
		if (action === "reject") {
			point.rejected++;
			if (point.lastRejected === void 0 || flow.time >= point.lastRejected.time) point.lastRejected = flow;
		} else {
			point.accepted++;
			if (point.lastAccepted === void 0 || flow.time >= point.lastAccepted.time) point.lastAccepted = flow;
		}
	}
	#show(flow) {
		const { newest } = this;
		if (newest.length === MOST_SHOWN && flow.time <= newest.at(-1).time) return;
		const place = newest.findIndex(({ time }) => time < flow.time);
		newest.splice(place === -1 ? newest.length : place, 0, flow);
		newest.length = Math.min(newest.length, MOST_SHOWN);
	}
	#countSubnet(id, flow) {
		const known = this.subnets.get(id);
		if (known === void 0) this.subnets.set(id, {
			name: flow.subnetName ?? flow.context.subnetName,
			records: 1
		});
		else known.records++;
	}
	/** Which of the ends an address is, as bits: an address may be both. */
	#endsAt(text, server) {
		if (text === void 0) return 0;
		const key = server === void 0 ? text : `${text} ${server}`;
		let ends = this.#ends.get(key);
		if (ends === void 0) {
			const address = parseAddress(text);
			ends = (isEnd(this.source, address, server) ? SOURCE : 0) | (isEnd(this.destination, address, server) ? DESTINATION : 0);
			if (this.#ends.size >= MOST_KNOWN) this.#ends.clear();
			this.#ends.set(key, ends);
		}
		return ends;
	}
};
const SOURCE = 1;
const DESTINATION = 2;
function note(presence, flow, isService) {
	presence.flows++;
	if (isService) presence.sameService++;
	if (presence.last === void 0 || flow.time >= presence.last.time) presence.last = flow;
}
// src/reports/explain/verdict.ts
/** Says what became of the conversation, by what the interfaces have logged and what the rules say now. */
function judge(evidence, surroundings, flows) {
	const { source, destination, service } = evidence;
	const at = (leg, side) => whereOf([...evidence.points.values()], leg, side);
	const [out, into, somewhere] = [
		at("there", "source"),
		at("there", "destination"),
		at("there", "unknown")
	];
	const [backOut, backIn] = [at("back", "destination"), at("back", "source")];
	const judged = new Judge(evidence, surroundings);
	if (flows === 0) return judged.plain("no-flows", "there are no flows to answer from", []);
	if (into.rejected) return judged.rejected("rejected-in", into, `rejected at the network interface of ${destination.label}`);
	if (out.rejected) return judged.rejected("rejected-out", out, `rejected on its way out of ${source.label}`);
	if (somewhere.rejected) return judged.rejected("rejected-in", somewhere, "rejected");
	if (backOut.rejected || backIn.rejected) return judged.rejectedBack(backOut.rejected ? backOut : backIn);
	if ((into.last ?? somewhere.last) !== void 0) {
		const where = into.last === void 0 ? somewhere : into;
		const answer = judged.ask(where);
		const reasons = judged.accepted(answer, where);
		if (evidence.answered) return {
			...judged.plain("accepted", `accepted, and answered by ${destination.label}`, reasons),
			answer
		};
		return {
			...judged.plain("no-answer", `accepted at the network interface of ${destination.label}, and nothing came back`, [...reasons, `the network let it pass: look at the host itself: does something listen on ${service.label}, does its own firewall let it in, and where does its route back to ${source.label} lead`]),
			answer
		};
	}
	if (out.last !== void 0) {
		if (evidence.answered) {
			const answer = judged.ask(out);
			return {
				...judged.plain("accepted", `accepted on its way out of ${source.label}, and answered`, ruleLines(answer)),
				answer
			};
		}
		return judged.notArrived(`it left ${source.label}, the last time at ${isoOf(out.last)}`);
	}
	return judged.notArrived(void 0);
}
var Judge = class {
	#evidence;
	#surroundings;
	constructor(evidence, surroundings) {
		this.#evidence = evidence;
		this.#surroundings = surroundings;
	}
	plain(outcome, headline, reasons) {
		return {
			outcome,
			headline,
			reasons,
			answer: void 0,
			wanted: void 0
		};
	}
	/** What the rules say of the last request there, which is nobody's answer. */
	ask(where) {
		const flow = where.last;
		const known = flow.rule?.status === "reply" ? void 0 : flow.rule;
		return askRules(this.#surroundings, flow.context, {
			...packetsOf(flow),
			action: "reject"
		}, known);
	}
	/** The same for people, of what was accepted. */
	accepted(answer, { points }) {
		const lines = ruleLines(answer);
		if (answer.rule?.status === "unexplained") lines.push("it was accepted all the same: the rules were changed since, or the description of the network is of another time");
		const rejected = points.reduce((sum, point) => sum + point.rejected, 0);
		const last = newest(points.map((point) => point.lastRejected));
		if (last !== void 0) lines.push(`${rejected} requests were rejected there before, the last at ${isoOf(last)}`);
		return lines;
	}
	rejected(outcome, where, headline) {
		const answer = this.ask(where);
		const { rule } = answer;
		const reasons = [...ruleLines(answer), ...earlier(where)];
		const isDenied = rule?.text?.startsWith("deny ") === true;
		if ((rule?.status === "matched" || rule?.status === "reply") && !isDenied) {
			reasons.push("a rule covers it all the same: the rules were changed since, the description of the network is of another time, or something else rejects (a network ACL, a host's security attribute)");
			return {
				outcome,
				headline,
				reasons,
				answer,
				wanted: void 0
			};
		}
		return {
			outcome,
			headline,
			reasons,
			answer,
			wanted: smallestRule(this.#surroundings, answer)
		};
	}
	rejectedBack(where) {
		const { source, destination } = this.#evidence;
		const flow = where.last;
		const packets = {
			...packetsOf(flow),
			destinationPort: -1
		};
		const answer = askRules(this.#surroundings, flow.context, packets, flow.rule);
		const side = flow.direction === "egress" ? destination : source;
		const reasons = [
			...ruleLines(answer),
			"the request is let through, its answer is not: the rule that lets the request in is stateless, and needs a rule for the answers; or make that rule stateful",
			...earlier(where)
		];
		const wanted = smallestRule(this.#surroundings, answer);
		return {
			outcome: "rejected-back",
			headline: `rejected on the way back, at the network interface of ${side.label}`,
			reasons,
			answer,
			wanted
		};
	}
	/** Nothing was logged at the destination. `sent` says what was logged at the source. */
	notArrived(sent) {
		const { source, destination, service, atDestination, atSource } = this.#evidence;
		const first = sent === void 0 ? [] : [sent];
		const there = this.#placeOf(destination, atDestination.last);
		if (there.logs) {
			const { flows, sameService } = atDestination;
			const others = flows === 0 ? `its subnet ${there.name} has logged ${there.records} records, and none of them is of ${destination.label}` : `it has logged ${flows} flows of other conversations in this time, ${sameService} of them at ${service.label} from others`;
			const before = `what stands before the interface: the address (is it the private one?), routes, gateways, a firewall between, and the rules on the way out of ${source.label}`;
			const answer = this.#ifItArrived(there.context);
			const reasons = [
				...first,
				others,
				`look at ${before}`,
				...answer === void 0 ? [] : ruleLines(answer, "if it came")
			];
			const wanted = answer?.rule?.status === "unexplained" ? smallestRule(this.#surroundings, answer) : void 0;
			return {
				outcome: "not-arrived",
				headline: `nothing from ${source.label} reached the network interface of ${destination.label}`,
				reasons,
				answer,
				wanted
			};
		}
		if (there.name !== void 0) return this.#logsOff(there.name, destination, first);
		const here = this.#placeOf(source, atSource.last);
		if (sent !== void 0) {
			const headline = `${sent}, and nothing came back`;
			const unknown = `no subnet that is known holds ${destination.label}: what became of it there is not in this log`;
			return this.plain("no-answer", headline, [unknown]);
		}
		if (here.logs) {
			const known = atSource.flows === 0 ? `its subnet ${here.name} logs, and nothing in this time is of ${source.label}` : `its interface has logged ${atSource.flows} flows of other conversations in this time`;
			const headline = `nothing left the network interface of ${source.label} for ${destination.label}`;
			return this.plain("not-sent", headline, [known, "look at the host itself: does it send, to this address, and by this interface"]);
		}
		if (here.name !== void 0) return this.#logsOff(here.name, source, first);
		return this.plain("unknown-network", `neither ${source.label} nor ${destination.label} is in this log`, ["no record is of either, and no table or network names a subnet that holds one: is it the right log, and the right time; a load balancer or NAT may stand between, so that the log has other addresses"]);
	}
	#logsOff(name, end, first) {
		const headline = `flow logs are not on for subnet ${name}, which holds ${end.label}`;
		const advice = `no record of this subnet was found, not even one that says that there was no traffic: turn its flow log on, or look whether the log goes to this bucket`;
		return this.plain("logs-off", headline, [...first, advice]);
	}
	/** Where an end is, and whether that logs. */
	#placeOf(end, last) {
		if (last !== void 0) {
			const { subnet, subnetName } = last.context;
			return {
				name: last.subnetName ?? subnetName ?? subnet ?? "?",
				logs: true,
				records: 1,
				context: last.context
			};
		}
		const held = end.address === void 0 ? [] : subnetsHolding(this.#surroundings, end.address);
		const logging = held.find(({ id }) => this.#evidence.subnets.has(id));
		const [first] = logging === void 0 ? held : [logging];
		if (first === void 0) return {
			logs: false,
			records: 0
		};
		const context = {
			subnet: first.id,
			vnic: vnicOf(this.#surroundings, end.address ?? "")
		};
		return {
			name: first.name ?? first.id,
			logs: logging !== void 0,
			records: this.#evidence.subnets.get(first.id)?.records ?? 0,
			context
		};
	}
	#ifItArrived(context) {
		const { source, destination, service } = this.#evidence;
		if (context === void 0 || source.address === void 0 || destination.address === void 0) return void 0;
		if (service.port === void 0 && service.protocol === void 0) return void 0;
		const packets = {
			direction: "ingress",
			action: "reject",
			protocol: service.protocol ?? 6,
			sourcePort: 5e4,
			destinationPort: service.port ?? -1,
			peer: source.address,
			local: destination.address
		};
		const where = {
			subnet: context.subnet,
			vnic: context.vnic,
			provider: context.provider
		};
		const answer = askRules(this.#surroundings, where, packets);
		return answer.rule === void 0 ? void 0 : answer;
	}
};
function whereOf(all, leg, side) {
	const points = all.filter((point) => point.leg === leg && point.side === side);
	const [accepted, rejected] = [newest(points.map((p) => p.lastAccepted)), newest(points.map((p) => p.lastRejected))];
	const isRejected = rejected !== void 0 && (accepted === void 0 || rejected.time >= accepted.time);
	return {
		points,
		last: isRejected ? rejected : accepted,
		rejected: isRejected
	};
}
function newest(flows) {
	let last;
	for (const flow of flows) if (flow !== void 0 && (last === void 0 || flow.time > last.time)) last = flow;
	return last;
}
/** That it was otherwise before. */
function earlier({ points }) {
	const accepted = newest(points.map((point) => point.lastAccepted));
	return accepted === void 0 ? [] : [`it was accepted there until ${isoOf(accepted)}`];
}
function isoOf({ time }) {
	return Number.isFinite(time) ? new Date(time).toISOString() : "an unknown time";
}
function packetsOf(flow) {
	const isOut = flow.direction === "egress";
	const [source, destination] = [flow.sourceAddress ?? "", flow.destinationAddress ?? ""];
	return {
		direction: isOut ? "egress" : "ingress",
		action: flow.action,
		protocol: flow.protocol ?? 256,
		sourcePort: flow.sourcePort ?? -1,
		destinationPort: flow.destinationPort ?? -1,
		peer: isOut ? destination : source,
		local: isOut ? source : destination
	};
}
/** What the rules say, a line each. */
function ruleLines({ packets, rule, sets }, when = "") {
	const lead = when === "" ? "" : `${when}: `;
	if (rule === void 0 && sets.length === 0) return [`${lead}the rules are not known: describe the network in \`enrich.oci\` or \`enrich.ibm\` of the configuration`];
	if (rule === void 0) return [`${lead}the rules are not known well enough to say which covers it`];
	if (rule.status === "unexplained") {
		const counts = sets.map((set) => {
			return `none of the ${set.rules.filter(({ direction }) => direction === packets.direction).length} ${packets.direction} rules of ${listName(set)} covers it`;
		});
		return counts.length === 0 ? [`${lead}no ${packets.direction} rule covers it`] : counts.map((line) => lead + line);
	}
	const { kind, listId, listName: name, index, text, partial } = rule;
	return [`${lead}${kind === void 0 ? "a rule" : `${kind === "security-list" ? `${rule.direction} rule` : "rule"} ${(index ?? 0) + 1} of ${listName({
		kind,
		id: listId ?? "",
		name
	})}`} ${text?.startsWith("deny ") ? "denies it" : rule.status === "reply" ? "covers the connection that it answers" : "covers it"}: ${text}${partial ? "; that is not sure: the rule asks for what the log does not say" : ""}`];
}
// src/reports/explain/text.ts
/** The answer for people, line by line; `window` is the span of time in words. */
function explanationLines(evidence, verdict, window) {
	const { source, destination, service } = evidence;
	const when = window === "" ? "" : `, ${window}`;
	const lines = [
		`${source.label} to ${destination.label}, ${service.label}${when}`,
		"",
		`${verdict.headline}.`
	];
	lines.push(...verdict.reasons.map((reason) => `- ${reason}`));
	const { wanted } = verdict;
	if (wanted !== void 0) {
		lines.push("", `The smallest rule that would let it pass${wanted.list === void 0 ? "" : `, in ${wanted.list}`}: ${wanted.text}`);
		lines.push(...wanted.console.map((line, index) => `${index === 0 ? "" : "    "}${line}`));
	}
	if (evidence.points.size > 0) {
		lines.push("", ...tableLines([
			"leg",
			"at",
			"direction",
			"subnet",
			"interface",
			"accepted",
			"rejected",
			"last accepted",
			"last rejected"
		], pointsOf(evidence).map(row)));
		lines.push("", "The last records:", ...evidence.newest.map(recordLine));
	}
	return lines;
}
/** The same as one JSON document. */
function explanationJson(evidence, verdict, window) {
	const { source, destination, service } = evidence;
	return {
		source: source.label,
		destination: destination.label,
		service: service.label,
		window: window === "" ? null : window,
		outcome: verdict.outcome,
		headline: verdict.headline,
		reasons: verdict.reasons,
		rule: ruleJson(verdict.answer),
		wanted: verdict.wanted === void 0 ? null : {
			...verdict.wanted,
			rule: void 0
		},
		interfaces: pointsOf(evidence).map(({ leg, side, context, subnetName, accepted, rejected, lastAccepted, lastRejected }) => ({
			leg,
			at: side,
			subnet: context.subnet ?? null,
			subnetName: subnetName ?? null,
			vnic: context.vnic ?? null,
			accepted,
			rejected,
			lastAccepted: timeOf(lastAccepted),
			lastRejected: timeOf(lastRejected)
		})),
		records: evidence.newest.map((flow) => ({
			time: isoOf(flow),
			action: flow.action ?? null,
			direction: flow.direction,
			uid: flow.uid,
			sourceAddress: flow.sourceAddress,
			sourcePort: flow.sourcePort ?? null,
			protocol: flow.protocol ?? null,
			destinationAddress: flow.destinationAddress,
			destinationPort: flow.destinationPort ?? null
		}))
	};
}
function ruleJson(answer) {
	if (answer === void 0) return null;
	const { rule, sets } = answer;
	return {
		...rule,
		says: ruleLines(answer),
		lists: sets.map(({ kind, id, name }) => ({
			kind,
			id,
			name: name ?? null
		}))
	};
}
const ORDER = [
	"there source",
	"there unknown",
	"there destination",
	"back destination",
	"back unknown",
	"back source"
];
/** As the packets go. */
function pointsOf({ points }) {
	const place = ({ leg, side }) => ORDER.indexOf(`${leg} ${side}`);
	return [...points.values()].sort((a, b) => place(a) - place(b) || b.accepted + b.rejected - a.accepted - a.rejected);
}
function row({ leg, side, context, subnetName, accepted, rejected, lastAccepted, lastRejected }) {
	return [...[
		leg === "there" ? "request" : "answer",
		side,
		side === "unknown" ? "unknown" : leg === "there" === (side === "source") ? "egress" : "ingress",
		subnetName ?? context.subnet ?? "?",
		context.vnic ?? "?"
	], ...[
		accepted,
		rejected,
		timeOf(lastAccepted) ?? "never",
		timeOf(lastRejected) ?? "never"
	]];
}
function timeOf(flow) {
	return flow === void 0 ? null : isoOf(flow);
}
function recordLine(flow) {
	const end = (address, port) => {
		const host = address?.includes(":") ? `[${address}]` : address ?? "?";
		return port === void 0 ? host : `${host}:${port}`;
	};
	const { action, direction, protocolName, protocol, sourceAddress, sourcePort, destinationAddress, destinationPort } = flow;
	const name = (protocolName ?? `protocol ${protocol ?? "?"}`).toLowerCase();
	const ends = `${end(sourceAddress, sourcePort)} -> ${end(destinationAddress, destinationPort)}`;
	return `  ${isoOf(flow)}  ${action ?? "flow"} ${direction} ${name} ${ends}`;
}
// src/cli/explain.ts
/** `flowferry explain`: why somebody reaches something, or does not. */
function explainCommand(context, finish) {
	return withReading(new Command("explain")).description("Say what became of a conversation: accepted, rejected and by which list, never arrived, or not logged.").argument("<source>", "who asks: an address, a network, or a server of servers.csv").argument("<destination>", "who is asked: the same").argument("[port]", "at which port: 22, 53/udp, or tcp, udp, icmp (default: any)").option("--last <duration>", "flows of so long ago and later, as in 2h; the same as --since").option("--json", "print one JSON document", false).action(async (source, destination, port, flags) => finish(await explain(context, source, destination, port, flags)));
}
async function explain(context, source, destination, port, { last, ...flags }) {
	const service = serviceOf(port);
	if (last !== void 0 && flags.since !== void 0) throw new UsageError("bad-option", "--last and --since say the same: give one of them");
	if (last !== void 0) parseDuration(last);
	const reading = await openReading({
		...flags,
		...last !== void 0 && { since: last }
	}, context);
	try {
		const tables = reading.enrichments.map((enrichment) => enrichment.tables());
		const evidence = new Evidence(endOf(source, tables), endOf(destination, tables), service);
		const totals = await reading.read((flows) => {
			for (const flow of flows) evidence.add(flow);
		});
		context.signal.throwIfAborted();
		const verdict = judge(evidence, surroundingsOf(reading), totals.flows);
		if (flags.json) context.print(JSON.stringify(explanationJson(evidence, verdict, reading.window)));
		else context.stdout.write(`${explanationLines(evidence, verdict, reading.window).join("\n")}\n`);
		tell(context, doubtsOf(totals, reading));
		return isDoubtful(totals) ? EXIT.incomplete : EXIT.done;
	} finally {
		await reading.close();
	}
}
export { explainCommand };
