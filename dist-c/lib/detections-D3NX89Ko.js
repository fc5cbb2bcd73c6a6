import { a as imbalanceText, i as imbalanceOf, r as countOf } from "./books-SxM9GxOy.js";
import { t as BUILTIN_RULES } from "./alerts-C9DWfFjC.js";
import { n as firstWithin, r as pause, t as firstOf } from "./waiting-CQj_eCsn.js";
import { t as GETTERS } from "./access-CkpRYHIj.js";
import { a as describeError, i as codeOf, o as drawerOf, r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { t as nearest } from "./nearest-DcR-nB4_.js";
import { t as createDetector } from "./evaluate-aagewk5x.js";
import { n as loadRules, t as formatRuleError } from "./load-DDLApW6U.js";
import { t as LEVELS } from "./rule-CpZY5c43.js";
import { t as asset } from "./assets-DQb4Ncv_.js";
import { t as pauseBefore } from "./retry-eMsisCTR.js";
import { t as linksOf } from "./links-Dv5yHQRl.js";
import { i as parseDuration } from "./durations-Bd18bo2u.js";
import { setImmediate, setTimeout as setTimeout$1 } from "node:timers/promises";
import { existsSync, readFileSync } from "node:fs";
// src/delivery/lost.ts
/** The pointer to what a consumer lacks of a lost object, from the record after `offered` on; undefined if it lacks nothing. */
function letterOfRest(consumer, offered, { object, code, reason }) {
	const { source, key, etag, records } = object;
	if (records !== void 0 && records <= offered) return void 0;
	const count = records === void 0 ? 1 : records - offered;
	return {
		sink: consumer,
		source,
		key,
		etag,
		from: offered + 1,
		to: records,
		count,
		code,
		reason
	};
}
// src/delivery/checkpoint.ts
/** Name under which the position of the state stands in the ledger; no sink can be called so. */
const CHECKPOINT = "(detections)";
/** So many parts are discarded at once. */
const DISCARDED = 100;
/** The state is saved early when so many objects have ended since: their positions are saved at once. */
const ENDED = 5e3;
const NEVER = Promise.withResolvers().promise;
/**
* The consumer whose position is that of a remembered state: both are saved in one transaction, so that after a crash exactly what the
* state does not know is read again.
*/
var Checkpoint = class {
	name = CHECKPOINT;
	hasRoom = true;
	leads = false;
	failing = false;
	#ledger;
	#stateful;
	#write;
	/** Of records that can be had by nobody. */
	#letters = [];
	/** Of objects that are being read, or have ended and the ledger does not know. */
	#progress = /* @__PURE__ */ new Map();
	/** Nothing was inspected since the state was saved last. */
	#saved = true;
	/** Parts of the state that are to be discarded. */
	#useless = [];
	/** How many objects have ended that the ledger does not know of; when there are many, they cut the pause short. */
	#ended = 0;
	#pause = new AbortController();
	/** Settles when the save under way does. */
	#last = Promise.resolve();
	/** `write` repeats what the ledger cannot take now. */
	constructor(ledger, stateful, write) {
		this.#ledger = ledger;
		this.#write = write;
		this.#stateful = stateful;
	}
	/** Never: there is always room. */
	changed() {
		return NEVER;
	}
	wants(object) {
		const progress = this.#progress.get(object.id);
		if (progress !== void 0) return !progress.ended;
		const found = this.#ledger.position(this.name, object.id);
		if (found === void 0) return false;
		this.#progress.set(object.id, {
			through: found.position,
			saved: found.position,
			ended: false
		});
		return true;
	}
	offered(id) {
		return this.#of(id).through;
	}
	offer(id, _flows, through) {
		const progress = this.#of(id);
		progress.through = Math.max(progress.through, through);
		this.#saved = false;
	}
	end(id, lost) {
		const progress = this.#of(id);
		const letter = lost && letterOfRest(this.name, progress.through, lost);
		if (letter !== void 0) this.#letters.push(letter);
		if (!progress.ended) this.#ended++;
		progress.ended = true;
		this.#saved = false;
		if (this.#ended >= ENDED) this.#pause.abort();
	}
	revoke(id) {
		if (this.#progress.get(id)?.ended) this.#ended--;
		this.#progress.delete(id);
	}
	/** Flows were inspected of an object that does not wait for this consumer: what is remembered of them is to be saved too. */
	inspected() {
		this.#saved = false;
	}
	leave(id) {
		const progress = this.#progress.get(id);
		if (progress !== void 0 && !progress.ended && progress.saved === progress.through) this.#progress.delete(id);
	}
	/** Saves again and again, at such intervals or earlier, until the signal aborts. */
	async run(pauseMs, signal) {
		for (;;) {
			this.#pause = new AbortController();
			if (this.#ended < ENDED) await pause(pauseMs, AbortSignal.any([signal, this.#pause.signal]));
			if (signal.aborted) return;
			await this.save();
		}
	}
	/**
	* Saves what is remembered and how far it goes, if there is something new: both as they are when it begins, which is when the saves before
	* are over. Others get their turn all the while. Rejects when the ledger cannot be written and patience ends: then nothing new is saved,
	* and all of it is left to the next save.
	*/
	save() {
		const saved = this.#last.then(() => this.#save());
		this.#last = saved.catch(() => {});
		return saved;
	}
	drain() {
		return this.save();
	}
	async #save() {
		if (!this.#saved) await this.#saveState();
		while (this.#useless.length > 0) {
			const some = this.#useless.slice(0, DISCARDED);
			await this.#write(() => this.#ledger.states.discard(this.name, some));
			this.#useless.splice(0, DISCARDED);
			await setImmediate();
		}
	}
	async #saveState() {
		const letters = this.#letters;
		const positions = [...this.#progress].filter(([, { through, saved, ended }]) => ended || through !== saved).map(([id, { through, ended }]) => ({
			id,
			position: through,
			finished: ended
		}));
		const save = this.#stateful.save();
		this.#letters = [];
		this.#saved = true;
		try {
			await this.#write(() => this.#stateful.flush());
			if (letters.length > 0) await this.#write(() => this.#ledger.setAside(letters));
			for (const parts of save.lots) {
				await this.#write(() => this.#ledger.states.put(this.name, parts));
				await setImmediate();
			}
			await this.#write(() => this.#ledger.checkpoint(this.name, save.head(), positions));
		} catch (error) {
			save.abandon();
			this.#letters = [...letters, ...this.#letters];
			this.#saved = false;
			throw error;
		}
		this.#useless.push(...save.done());
		for (const { id, position, finished } of positions) {
			const progress = this.#progress.get(id);
			if (progress === void 0) continue;
			progress.saved = position;
			if (finished && this.#progress.delete(id)) this.#ended--;
		}
	}
	#of(id) {
		const progress = this.#progress.get(id);
		if (progress === void 0) throw new Error(`object ${id} was not taken up by ${this.name}`);
		return progress;
	}
};
// src/lib/quantities.ts
const UNITS = [
	"kB",
	"MB",
	"GB",
	"TB",
	"PB",
	"EB"
];
/** Bytes for people, in decimal units (IEC 80000-13), with the exact number where the unit hides it: `6.01 GB (6010000000)`. */
function describeBytes(bytes) {
	if (bytes < 1e3) return `${bytes} B`;
	let value = Number(bytes) / 1e3;
	let unit = 0;
	while (value >= 999.5 && unit < UNITS.length - 1) {
		value /= 1e3;
		unit++;
	}
	return `${value.toPrecision(3)} ${UNITS[unit]} (${bytes})`;
}
/** A moment in a time zone of the IANA database, with its offset: `2026-01-14 09:30:05 GMT+01:00`. Milliseconds since the epoch. */
function describeMoment(time, timeZone) {
	const parts = new Intl.DateTimeFormat("en-GB", {
		...MOMENT,
		timeZone
	}).formatToParts(time);
	const of = (type) => parts.find((part) => part.type === type)?.value ?? "";
	const zone = timeZone === "UTC" ? "UTC" : of("timeZoneName");
	return `${of("year")}-${of("month")}-${of("day")} ${of("hour")}:${of("minute")}:${of("second")} ${zone}`;
}
const MOMENT = {
	year: "numeric",
	month: "2-digit",
	day: "2-digit",
	hour: "2-digit",
	minute: "2-digit",
	second: "2-digit",
	hourCycle: "h23",
	timeZoneName: "longOffset"
};
// src/detect/alert.ts
/** What a person is told of a match: who did what to whom, through which rule, how often, how much, since when, and what to do first. */
function alertOf(match, telling = { timeZone: "UTC" }) {
	const { rule, flow, key, firstSeen, lastSeen } = match;
	return {
		key,
		rule: rule.name,
		title: rule.title,
		level: rule.level,
		summary: summaryOf(match),
		facts: factsOf(match, telling),
		labels: labelsOf(match),
		firstSeen,
		lastSeen,
		subject: subjectOf(flow),
		runbook: rule.runbook
	};
}
/** `name (address)` where the server is known. */
function end(server, address) {
	if (address === void 0) return server ?? "an unknown address";
	return server === void 0 ? address : `${server} (${address})`;
}
function portOf(port, service) {
	if (port === void 0) return service;
	return service === void 0 ? String(port) : `${port} (${service})`;
}
function summaryOf({ rule, flow, count, reason }) {
	if (flow.sourceAddress === void 0) return `${rule.title}: ${reason}, at VNIC ${flow.context.vnic ?? "unknown"}.`;
	const from = end(flow.sourceServer, flow.sourceAddress);
	const to = end(flow.destinationServer, flow.destinationAddress);
	const port = portOf(flow.destinationPort, flow.destinationService);
	const happened = flow.action === "reject" ? "was rejected" : "was accepted";
	const traffic = `${flow.protocolName ?? "traffic"} from ${from} to ${to}${port === void 0 ? "" : ` port ${port}`}`;
	if (rule.kind === "detection") return `${traffic} ${happened}.`;
	return `${reason}; the latest of ${count} flows: ${traffic} ${happened}.`;
}
/** The rule of the network that let the flow in or that it lacks, after the name of the list or group; undefined without a snapshot. */
function networkRuleOf(flow) {
	const text = GETTERS.ruleText(flow);
	const list = flow.rule?.listName ?? flow.rule?.listId;
	return typeof text !== "string" || list === void 0 ? text?.toString() : `${list}: ${text}`;
}
function factsOf(match, { timeZone, firstStep }) {
	const { rule, flow, firstSeen, lastSeen, count, bytes, recurrence, reason } = match;
	const { context, origin } = flow;
	return [
		["From", end(flow.sourceServer, flow.sourceAddress)],
		["To", end(flow.destinationServer, flow.destinationAddress)],
		["Port", portOf(flow.destinationPort, flow.destinationService)],
		["Action", flow.action],
		["Network rule", networkRuleOf(flow)],
		["Check first", firstStep],
		["Direction", `${flow.direction}${flow.trafficType === void 0 ? "" : `, ${flow.trafficType}`}`],
		["Subnet", flow.subnetName ?? context.subnetName ?? context.subnet],
		["VNIC", context.vnic],
		["First seen", describeMoment(firstSeen, timeZone)],
		["Last seen", describeMoment(lastSeen, timeZone)],
		["Flows", String(count)],
		["Bytes", describeBytes(bytes)],
		["Seen before", recurrence === 0 ? "no, new" : `${recurrence} times`],
		["Why", reason],
		["ATT&CK", rule.tags.filter((tag) => /^attack\.t\d/.test(tag)).map((tag) => tag.slice(7).toUpperCase()).join(", ")],
		["Record", `${origin.key} record ${flow.record}`]
	].flatMap(([label, value]) => value === void 0 || value === "" ? [] : [{
		label,
		value
	}]);
}
function labelsOf({ flow, group }) {
	const labels = {
		source: flow.sourceAddress,
		destination: flow.destinationAddress,
		vcn: flow.context.vcn,
		subnet: flow.subnetName ?? flow.context.subnet,
		...group
	};
	const entries = Object.entries(labels).map(([name, value]) => [name.replaceAll(/[^a-zA-Z0-9_]/g, "_"), String(value ?? "")]);
	return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}
function subjectOf({ sourceAddress, destinationAddress, destinationPort, uid, origin }) {
	const subject = {
		source: sourceAddress,
		destination: destinationAddress,
		port: destinationPort?.toString(),
		uid,
		object: origin.key
	};
	return Object.fromEntries(Object.entries(subject).flatMap(([name, value]) => value === void 0 ? [] : [[name, value]]));
}
// src/detect/disable.ts
/**
* The rules without those of these names. One that a correlation looks at still feeds it: it only marks no flow and tells nobody, as a
* rule that is written for correlations alone. Throws UsageError for a name that no rule that alerts has.
*/
function disableRules(rules, names) {
	if (names.length === 0) return rules;
	const alerting = rules.filter((rule) => rule.alerts).map((rule) => rule.name);
	for (const name of names) {
		if (alerting.includes(name)) continue;
		if (rules.some((rule) => rule.name === name)) throw new UsageError("unknown-rule", `alerts.disabled: rule ${name} only feeds correlations, and tells nobody by itself`);
		const meant = nearest(name, alerting);
		const advice = meant === void 0 ? "`flowferry rules list` names the rules" : `did you mean ${meant}?`;
		throw new UsageError("unknown-rule", `alerts.disabled: there is no rule ${JSON.stringify(name)}: ${advice}`);
	}
	const disabled = new Set(names);
	const quiet = /* @__PURE__ */ new Map();
	/** Each rule once, since correlations know their parts by identity. */
	const quieten = (rule) => {
		const before = quiet.get(rule);
		if (before !== void 0) return before;
		const alerts = rule.alerts && !disabled.has(rule.name);
		const after = rule.kind === "correlation" ? {
			...rule,
			alerts,
			correlation: {
				...rule.correlation,
				parts: rule.correlation.parts.map((part) => ({
					...part,
					rule: quieten(part.rule)
				}))
			}
		} : {
			...rule,
			alerts
		};
		quiet.set(rule, after);
		return after;
	};
	return rules.filter((rule) => rule.alerts && !disabled.has(rule.name)).map(quieten);
}
// src/ledger/write.ts
/** A file that is gone for so long is not put back: the worker ends, so that whoever has started it can begin with what is there. */
const GONE_MS = 3e5;
/** `work` is one transaction: it has happened, or it has not. `signal` is the end of patience. */
function ledgerWrite(policy, signal, events, goneMs = GONE_MS) {
	let trouble;
	let goneSince;
	return async (work) => {
		for (let attempts = 1;; attempts += 1) try {
			const result = await work();
			if (trouble !== void 0) events.onRecovery(trouble);
			[trouble, goneSince] = [void 0, void 0];
			return result;
		} catch (error) {
			if (!(error instanceof Failure) || error.drawer !== "worker") throw error;
			goneSince = isGone(error) ? goneSince ?? performance.now() : void 0;
			if (goneSince !== void 0 && performance.now() - goneSince >= goneMs) throw error;
			trouble = {
				failures: (trouble?.failures ?? 0) + 1,
				error
			};
			events.onTrouble(trouble);
			await setTimeout$1(pauseBefore(attempts, error, policy), void 0, { signal });
		}
	};
}
/** The ledger's file is no longer the one that this worker has opened. */
function isGone(error) {
	return codeOf(error) === "ledger-replaced";
}
// src/alerts/doubts.ts
/** So many refusals of a lone alert are believed, of a receiver that has taken others. */
const ATTEMPTS = 3;
/** As many alerts in a row are never all wrong by chance: it is the receiver that refuses. */
const IN_A_ROW = 3;
/**
* Who is to be doubted when an alert is refused: the alert or the receiver. An alert is bad when it is refused again after another one was
* taken. Where there is no other one, a receiver that has taken alerts before is believed after some attempts. A receiver that never took
* any, or refuses whatever it gets, is itself in doubt, and no alert is refused for good.
*/
var Doubts = class {
	#doubted = /* @__PURE__ */ new Map();
	/** Whether the receiver ever took an alert, also in earlier runs. */
	#known;
	/** How many it refused for good since. */
	#refused;
	#taken = 0;
	/** `refused`: how many alerts the receiver refused for good since it took one; irrelevant unless it is known to have taken one. */
	constructor(known, refused) {
		this.#known = known;
		this.#refused = refused;
	}
	/** The alerts in doubt, in the order in which they were refused first. */
	get ids() {
		return [...this.#doubted.keys()];
	}
	/** Whether the receiver never took an alert. */
	get unknown() {
		return !this.#known;
	}
	/** Whether it is the receiver that is in doubt. */
	get ofReceiver() {
		const inARow = [...this.#doubted.values()].filter(({ taken }) => taken === this.#taken).length;
		return this.unknown || inARow + this.#refused >= IN_A_ROW;
	}
	/** An alert in doubt that its next attempt decides on. */
	decidable() {
		return this.#first(({ taken }) => taken < this.#taken);
	}
	/** The alert in doubt whose turn it is when there is nothing else to try. */
	next() {
		const least = Math.min(...[...this.#doubted.values()].map(({ attempts }) => attempts));
		return this.#first(({ attempts }) => attempts === least);
	}
	/** The receiver took an alert. */
	taken(id) {
		this.#doubted.delete(id);
		this.#known = true;
		this.#refused = 0;
		this.#taken += 1;
	}
	/** The receiver refused an alert. Returns whether that is believed: then the alert is refused for good. */
	refused(id) {
		const doubt = this.#doubted.get(id) ?? {
			attempts: 0,
			taken: this.#taken
		};
		const decided = doubt.taken < this.#taken;
		doubt.attempts += 1;
		this.#doubted.set(id, doubt);
		const alone = doubt.attempts >= ATTEMPTS && !this.ofReceiver;
		if (!decided && !alone) return false;
		this.#doubted.delete(id);
		if (!decided) this.#refused += 1;
		return true;
	}
	/** The alert is over for a reason that is not the receiver's. */
	over(id) {
		this.#doubted.delete(id);
	}
	#first(is) {
		for (const [id, doubt] of this.#doubted) if (is(doubt)) return id;
	}
};
// src/alerts/teller.ts
/**
* Brings the alerts that wait for one notifier to their end, one at a time and oldest first: told, or refused. What speaks of the receiver,
* of the way to it or of its credentials makes all of them wait, with growing pauses, until it is over.
*/
var Teller = class {
	name;
	#notifier;
	#surroundings;
	#doubts = new Doubts(false, 0);
	/** Attempts in a row that brought no alert to its end. */
	#failures = 0;
	/** Kinds of failure since an alert was taken. */
	#known = /* @__PURE__ */ new Set();
	/** When the receiver last brought an alert to its end, ms since the epoch; 0 for never. */
	#progress = 0;
	/** When the next request may be made, by the receiver's pace. */
	#paced = 0;
	/** When alerts in doubt may be tried again; all others too, if `restsAll`. */
	#rested = 0;
	#restsAll = false;
	#told = 0;
	#refused = 0;
	#change = Promise.withResolvers();
	constructor(name, notifier, surroundings) {
		this.name = name;
		this.#notifier = notifier;
		this.#surroundings = surroundings;
	}
	/** How many alerts were told and refused since the start. */
	get totals() {
		return {
			told: this.#told,
			refused: this.#refused
		};
	}
	/** Something is new: in the ledger, or in how attempts go. */
	wake() {
		const { resolve } = this.#change;
		this.#change = Promise.withResolvers();
		resolve();
	}
	/**
	* Works until `stop` aborts. A message that is on its way then has until `patience` aborts to be taken, and to be noted as taken; `write` is
	* patient for as long. What is not noted by then waits, and comes again at the next start. Rejects when the ledger fails for what does not
	* heal.
	*/
	async run(stop, patience, write) {
		const { ledger } = this.#surroundings;
		try {
			this.#doubts = await write(() => {
				return new Doubts(ledger.books().find(({ notifier }) => notifier === this.name)?.lastTold !== void 0, ledger.refusedSinceTold(this.name));
			});
			while (!stop.aborted) {
				const change = this.#change.promise;
				const next = await write(() => this.#next());
				const pauseMs = next === void 0 ? void 0 : this.#pauseBefore(next);
				if (next === void 0) await firstOf([change], stop);
				else if (pauseMs === void 0) await this.#tell(next, patience, write);
				else await firstWithin(pauseMs, [change], stop);
			}
		} catch (error) {
			if (!patience.aborted) throw error;
		}
	}
	/** Resolves when nothing waits, or `stop` aborts, or attempts fail and no alert was brought to its end for `patienceMs`. */
	async drained(patienceMs, stop, write) {
		const started = Date.now();
		while (!stop.aborted) {
			const change = this.#change.promise;
			if ((await write(() => this.#surroundings.ledger.waiting(this.name, 1))).length === 0) return;
			const left = Math.max(started, this.#progress) + patienceMs - Date.now();
			if (this.#failures === 0) await firstOf([change], stop);
			else if (left <= 0) return;
			else await firstWithin(left, [change], stop);
		}
	}
	/** What is to be told next: what is in doubt and can be decided, then what was not tried before, then what is in doubt. */
	#next() {
		const { ledger } = this.#surroundings;
		const decidable = this.#doubts.decidable();
		if (decidable !== void 0) return ledger.queued(decidable, this.name);
		const [fresh] = ledger.waiting(this.name, 1, this.#doubts.ids);
		const doubted = fresh === void 0 ? this.#doubts.next() : void 0;
		return doubted === void 0 ? fresh : ledger.queued(doubted, this.name);
	}
	/** How long the alert has to wait, in ms; undefined for not at all. */
	#pauseBefore({ id }) {
		const rests = this.#restsAll || this.#doubts.ids.includes(id) && this.#doubts.decidable() !== id;
		const pauseMs = Math.max(this.#paced, rests ? this.#rested : 0) - Date.now();
		return pauseMs > 0 ? pauseMs : void 0;
	}
	async #tell(queued, patience, write) {
		const { linksOf } = this.#surroundings;
		try {
			await this.#notifier.notify(queued.alert, linksOf(queued.alert), patience);
		} catch (error) {
			patience.throwIfAborted();
			await this.#failed(queued, failureOf(error), write);
			return;
		} finally {
			this.#paced = Date.now() + this.#notifier.paceMs;
		}
		await this.#taken(queued, write);
	}
	/** The receiver has the alert: until the ledger knows it, nothing else is told. */
	async #taken({ id, alert }, write) {
		const { ledger, events } = this.#surroundings;
		await write(() => ledger.settle(id, this.name));
		this.#doubts.taken(id);
		this.#told += 1;
		this.#healed();
		events.onTold(alert, this.name);
	}
	async #failed(queued, failure, write) {
		const { events, retry } = this.#surroundings;
		const refused = failure.drawer === "batch" || failure.drawer === "object";
		if (refused) {
			const first = !this.#doubts.ids.includes(queued.id);
			if (failure.certain || this.#doubts.refused(queued.id)) {
				await this.#refuse(queued, failure, write);
				if (!failure.certain) this.#healed();
				return;
			}
			if (first && !this.#doubts.ofReceiver) events.onDoubted(queued.alert, this.name, failure);
		}
		this.#failures += 1;
		this.#rested = Date.now() + pauseBefore(this.#failures, failure, retry);
		this.#restsAll = !refused || this.#doubts.ofReceiver;
		if (this.#restsAll) this.#failing(refused ? doubtful(failure, this.#doubts.unknown) : failure);
		this.wake();
	}
	async #refuse({ id, alert }, failure, write) {
		const { ledger, events } = this.#surroundings;
		await write(() => ledger.refuse(id, this.name, failure.code, describeError(failure)));
		this.#doubts.over(id);
		this.#refused += 1;
		events.onRefused(alert, this.name, failure);
		this.wake();
	}
	#failing(failure) {
		const kind = failure.drawer === "passing" ? failure.drawer : `${failure.drawer} ${failure.code}`;
		const isNews = !this.#known.has(kind);
		this.#known.add(kind);
		this.#surroundings.events.onFailing(this.name, failure, this.#failures, isNews);
	}
	/** The receiver does what it is there for. */
	#healed() {
		if (this.#known.size > 0) this.#surroundings.events.onHealed(this.name, this.#failures);
		this.#known.clear();
		this.#failures = 0;
		this.#restsAll = false;
		this.#progress = Date.now();
		this.wake();
	}
};
/** What a notifier has thrown, sorted. What is configured wrongly is found out late where it is read late. */
function failureOf(thrown) {
	if (thrown instanceof Failure) return thrown;
	const drawer = thrown instanceof UsageError ? "person" : drawerOf(thrown);
	return new Failure(drawer, codeOf(thrown), describeError(thrown), { cause: thrown });
}
/** The failure of a receiver whose refusals are not believed. */
function doubtful(refusal, unknown) {
	const why = unknown ? "it has not taken any alert so far" : "it refuses every alert";
	return new Failure("person", refusal.code, `${why}: ${describeError(refusal)}`);
}
// src/alerts/dispatch.ts
const DAY_MS = 864e5;
/** How long it is remembered who was told what, unless flows may be even older. */
const MEMORY_MS = 30 * DAY_MS;
const UPKEEP_MS = 6e5;
/** So many late alerts are written at once. */
const LOT = 100;
/**
* Tells every notifier of every alert once. Alerts are queued in the ledger before anybody is told, so that an unreachable receiver
* loses nothing and a restart repeats nothing that is known to have been taken.
*/
var AlertDispatch = class {
	#ledger;
	#options;
	#events;
	#tellers;
	/** Raised, and not in the ledger. */
	#raised = [];
	/** Alerts withheld as late, and how many of them were told of. */
	#withheld = 0;
	#reported = 0;
	constructor(ledger, notifiers, options, events) {
		this.#ledger = ledger;
		this.#options = options;
		this.#events = events;
		const { linksOf, retry } = options;
		const surroundings = {
			ledger,
			linksOf,
			retry,
			events
		};
		this.#tellers = [...notifiers].map(([name, notifier]) => new Teller(name, notifier, surroundings));
	}
	/**
	* Takes an alert. It is in the ledger when this returns, unless that cannot be written: then `flush` has to bring it there. Alerts that
	* are late are only to be counted, and may be many: they are written with others.
	*/
	raise(alert) {
		const late = Date.now() - alert.lastSeen > this.#options.latenessMs;
		this.#raised.push({
			alert,
			late
		});
		if (!late || this.#raised.length >= LOT) this.#tryToFlush();
	}
	/**
	* Brings what was raised into the ledger, and throws what the ledger throws: then all of it is left to the next flush. To be done before
	* further flows are inspected, so that not much gathers in memory, and before a position is saved that covers the flows.
	*/
	flush() {
		const raised = this.#raised;
		if (raised.length === 0) return;
		const names = this.#tellers.map(({ name }) => name);
		const outcomes = this.#ledger.raise(raised, names);
		this.#raised = [];
		raised.forEach(({ alert }, index) => {
			const outcome = outcomes[index];
			if (outcome === "late" && names.length > 0) this.#withheld += 1;
			if (outcome === "late" || outcome === "repeated") this.#events.onWithheld(alert, outcome);
		});
		for (const teller of this.#tellers) teller.wake();
	}
	/**
	* Tells people until the signal aborts; what is not told then stays queued. A message that is on its way may still be taken for
	* `shutdownMs`. Rejects when the ledger fails for what does not heal.
	*/
	async run(stop) {
		const [failed, patience] = [new AbortController(), new AbortController()];
		const signal = AbortSignal.any([stop, failed.signal]);
		let timer;
		const onStop = () => {
			timer = setTimeout(() => patience.abort(), this.#options.shutdownMs);
		};
		if (signal.aborted) onStop();
		else signal.addEventListener("abort", onStop, { once: true });
		const tellers = this.#tellers.map((teller) => teller.run(signal, patience.signal, this.#write(patience.signal)));
		const works = [this.#upkeep(signal, patience.signal), ...tellers];
		try {
			await Promise.all(works);
		} catch (error) {
			failed.abort(error);
			await Promise.allSettled(works);
			throw error;
		} finally {
			clearTimeout(timer);
		}
	}
	/**
	* Resolves when everybody is told of everything, or the signal aborts. A notifier that makes progress is waited for as long as it takes; one
	* that makes none, for `shutdownMs`: the rest waits in the ledger.
	*/
	async drained(signal) {
		try {
			await this.#write(signal)(() => this.flush());
			await Promise.all(this.#tellers.map((teller) => teller.drained(this.#options.shutdownMs, signal, this.#write(signal))));
		} catch (error) {
			if (!signal.aborted) throw error;
		}
	}
	/** The account of the run, at its end. */
	close() {
		this.#tryToFlush();
		this.#reportLate();
		const names = new Set(this.#tellers.map(({ name }) => name));
		const books = this.#check().filter(({ notifier }) => names.has(notifier));
		const unsaved = this.#raised.filter(({ late }) => !late).length;
		const sum = (counts) => counts.reduce((total, count) => total + count, 0);
		return {
			told: sum(this.#tellers.map(({ totals }) => totals.told)),
			waiting: sum(books.map(({ waiting }) => waiting)) + unsaved * names.size,
			refused: sum(this.#tellers.map(({ totals }) => totals.refused)),
			withheld: this.#withheld
		};
	}
	/** What the ledger has no room for waits in memory, until somebody waits for it. */
	#tryToFlush() {
		try {
			this.flush();
		} catch (error) {
			if (drawerOf(error) !== "worker") throw error;
		}
	}
	/** Patient with the ledger until the signal aborts. For one work that takes its steps one by one: what succeeds is no news of others. */
	#write(signal) {
		return ledgerWrite(this.#options.retry, signal, this.#events.ledger);
	}
	/** Forgets who was told what long ago, checks the books, and says how many alerts were late when no further ones come. */
	async #upkeep(stop, patience) {
		const write = this.#write(patience);
		const { latenessMs, upkeepMs = UPKEEP_MS } = this.#options;
		const memoryMs = Math.max(MEMORY_MS, latenessMs + DAY_MS);
		try {
			for (let withheld = 0; !stop.aborted; await pause(upkeepMs, stop)) {
				await write(() => this.flush());
				if (withheld === this.#withheld) this.#reportLate();
				withheld = this.#withheld;
				await write(() => this.#ledger.forget(Date.now() - memoryMs));
				await write(() => this.#check());
			}
		} catch (error) {
			if (!patience.aborted) throw error;
		}
	}
	#check() {
		const books = this.#ledger.books();
		for (const book of books) if (imbalanceOf(book) !== 0) this.#events.onImbalance(book);
		return books;
	}
	#reportLate() {
		if (this.#withheld > this.#reported) this.#events.onLate(this.#withheld - this.#reported);
		this.#reported = this.#withheld;
	}
};
// src/run/alerts.ts
/** The notifiers that the options name, by their types. To be released by `closeNotifiers`. Throws UsageError for a wrong URL. */
async function openNotifiers(alerts, dependencies) {
	const notifiers = /* @__PURE__ */ new Map();
	for (const { kind, options } of alerts.notifiers) notifiers.set(kind.type, await kind.create(options, dependencies));
	return notifiers;
}
async function closeNotifiers(notifiers) {
	for (const notifier of notifiers.values()) await notifier.close?.();
}
function createDispatch(options, notifiers, { ledger, log, instruments, retry, shutdownMs, health }) {
	const count = (outcome, alert) => instruments.alerts.add(1, {
		rule: alert.rule,
		outcome
	});
	const settings = {
		latenessMs: parseDuration(options.lateness),
		linksOf: (alert) => linksOf(options, alert),
		retry,
		shutdownMs
	};
	return new AlertDispatch(ledger.alerts, notifiers, settings, {
		onWithheld: (alert, why) => {
			count(why, alert);
			log.debug({
				rule: alert.rule,
				key: alert.key
			}, `alert withheld (${why}): ${alert.summary}`);
		},
		onLate: (late) => log.info(`${countOf(late)} withheld: their flows are older than alerts.lateness (${options.lateness}), and a backfill is not news`),
		onTold: (alert, notifier) => {
			count("told", alert);
			log.info({
				rule: alert.rule,
				notifier
			}, `alert: ${alert.summary}`);
		},
		onDoubted: (alert, notifier, failure) => log.warn({
			rule: alert.rule,
			notifier
		}, `alert refused, will be tried again: ${describeError(failure)}`),
		onRefused: (alert, notifier, failure) => {
			count("refused", alert);
			log.error({
				rule: alert.rule,
				notifier
			}, `alert refused, kept for \`flowferry alerts replay\`: ${describeError(failure)}; the alert: ${alert.summary}`);
		},
		onFailing: (notifier, failure, failures, isNews) => {
			health.failing(partOf(notifier), failure, failures);
			if (!isNews) return;
			const line = `nobody is told, alerts wait and are tried again: ${describeError(failure)}`;
			if (failure.drawer === "person") log.error({
				notifier,
				code: failure.code
			}, line);
			else log.warn({
				notifier,
				code: failure.code
			}, line);
		},
		onHealed: (notifier, failures) => {
			health.well(partOf(notifier));
			log.info({ notifier }, `alerts are taken again, after ${failures} failed attempts`);
		},
		onImbalance: (book) => {
			instruments.imbalances.add(1, { notifier: book.notifier });
			log.error({ notifier: book.notifier }, imbalanceText(book));
		},
		ledger: {
			onTrouble: ({ failures, error }) => {
				health.failing("ledger", error, failures);
				if (failures === 1) log.error(`cannot note what became of alerts, will try again: ${describeError(error)}`);
			},
			onRecovery: ({ failures }) => {
				health.well("ledger");
				log.info({ failures }, "what became of alerts can be noted again");
			}
		}
	});
}
/** What a notifier is called among the parts of the worker. */
function partOf(notifier) {
	return `notifier ${notifier}`;
}
// src/run/detections.ts
/** Loads the rules (a wrong one is refused with file and line, the others run), takes up the state, and joins the notifiers. */
async function openDetections(options, surroundings) {
	const { ledger, log } = surroundings;
	const { rules, errors } = await loadEnabledRules(options);
	for (const error of errors) log.error(`rule refused: ${formatRuleError(error)}`);
	if (options.rules !== void 0 && ![options.rules].flat().includes("builtin")) log.info(`the rules that ship with flowferry do not run: alerts.rules names others alone (\`[${BUILTIN_RULES}, …]\` has both)`);
	const notifiers = await openNotifiers(options, {
		...surroundings,
		onNotice: (message) => log.warn(message)
	});
	for (const { notifier, waiting } of ledger.alerts.books()) {
		if (waiting === 0 || notifiers.has(notifier)) continue;
		const line = `${countOf(waiting)} for ${notifier}, which is not configured, wait: \`flowferry alerts list\` shows them`;
		log.warn({ notifier }, line);
	}
	const { alertsWaiting, matches } = surroundings.instruments;
	const observe = (result) => {
		for (const { notifier, waiting } of ledger.alerts.books()) result.observe(waiting, { notifier });
	};
	alertsWaiting.addCallback(observe);
	const dispatch = createDispatch(options, notifiers, surroundings);
	const detector = createDetector(rules);
	takeUp(detector, ledger, log);
	const least = LEVELS.indexOf(options.minLevel);
	const firstStepOf = runbookSteps();
	detector.onMatch((match) => {
		matches.add(1, { rule: match.rule.name });
		if (LEVELS.indexOf(match.rule.level) < least) return;
		const alert = alertOf(match, {
			timeZone: options.timeZone,
			firstStep: firstStepOf(match.rule.runbook)
		});
		dispatch.raise(alert);
		surroundings.onAlert?.(alert);
	});
	return {
		rules: rules.filter((rule) => rule.alerts).map(({ name }) => name),
		inspect: (flows, count) => {
			for (const flow of flows) detector.inspect(flow, count);
		},
		dispatch,
		save: () => detector.save(),
		flush: () => dispatch.flush(),
		async close() {
			alertsWaiting.removeCallback(observe);
			await closeNotifiers(notifiers);
		}
	};
}
/**
* The rules of a configuration, as it tunes them, without those that are switched off. Throws UsageError where there is no valid rule, where
* a file or folder cannot be read, and for a rule to switch off that is none.
*/
async function loadEnabledRules({ rules: places = BUILTIN_RULES, tune, except, disabled }) {
	const folders = [places].flat().map((place) => place === "builtin" ? asset("deploy/detections") : place);
	const files = except.filter((item) => typeof item === "string");
	const exceptions = except.filter((item) => typeof item !== "string");
	const { rules, errors } = await loadRules([...folders, ...files], {
		tune,
		exceptions
	});
	const own = errors.filter(({ file }) => file.startsWith("alerts."));
	if (own.length > 0) throw new UsageError("bad-alerts", own.map(formatRuleError).join("\n"));
	if (rules.length === 0) throw new UsageError("no-rules", [`there is no valid rule in ${folders.join(", ")}`, ...errors.map(formatRuleError)].join("\n"));
	return {
		rules: disableRules(rules, disabled),
		errors
	};
}
/** The first thing to check that the runbook names; undefined of a rule whose runbook is not among those that ship with the program. */
function runbookSteps() {
	const known = /* @__PURE__ */ new Map();
	return (runbook) => {
		if (runbook === void 0 || runbook.startsWith("https:")) return void 0;
		if (!known.has(runbook)) known.set(runbook, readStep(asset(`deploy/runbooks/${runbook}.md`)));
		return known.get(runbook);
	};
}
function readStep(file) {
	if (!existsSync(file)) return void 0;
	return (/^1\. (.+(?:\n {3}.+)*)/m.exec(readFileSync(file, "utf8"))?.[1])?.replaceAll(/\s+/g, " ");
}
/** A state that cannot be read is removed, so that its remains are not taken for parts of the one to come. */
function takeUp(detector, ledger, log) {
	const saved = ledger.states.read(CHECKPOINT);
	if (saved === void 0) return;
	try {
		const { discarded } = detector.restore(saved);
		if (discarded.length > 0) log.info(`rules that have changed or gone start anew: ${discarded.join(", ")}`);
	} catch (error) {
		if (codeOf(error) !== "bad-detection-state") throw error;
		log.error(`the state of the detections cannot be taken up, they start anew: ${describeError(error)}`);
		ledger.states.forget(CHECKPOINT);
	}
}
export { openNotifiers as a, CHECKPOINT as c, createDispatch as i, Checkpoint as l, openDetections as n, isGone as o, closeNotifiers as r, ledgerWrite as s, loadEnabledRules as t, letterOfRest as u };
