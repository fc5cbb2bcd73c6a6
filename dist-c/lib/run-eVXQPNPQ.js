import { t as whileTelling } from "./telling-ChQdGEP2.js";
import { a as describeError, i as codeOf, n as FlowferryError, o as drawerOf, r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { l as Checkpoint, o as isGone, s as ledgerWrite, u as letterOfRest } from "./detections-D3NX89Ko.js";
import { i as UNBALANCED } from "./sqlite-DGiqnas8.js";
import { n as firstWithin, r as pause, t as firstOf } from "./waiting-CQj_eCsn.js";
import { n as retry, t as pauseBefore } from "./retry-eMsisCTR.js";
import { t as originOf } from "./origin-DBD0VGCV.js";
import { setImmediate, setTimeout as setTimeout$1 } from "node:timers/promises";
// src/delivery/covered.ts
/** Which records of an object were read, in whatever readings, and what was said between them; or which of any other things with numbers. */
var Covered = class {
	/** Ascending; none touches another. */
	#spans = [];
	has(number) {
		const span = this.#spans[this.#at(number - 1)];
		return span !== void 0 && number <= span.through;
	}
	/** Whether what was said there, as the first, second, … thing behind the number `after`, is known. */
	hasSaid(after, ordinal) {
		const span = this.#spans[this.#at(after)];
		return span !== void 0 && (after < span.through || after === span.through && ordinal <= span.said);
	}
	/** Whether it has any number above `after`, up to `through`; true also where only something was said between two of them. */
	hasAny(after, through) {
		const span = this.#spans[this.#at(through - 1)];
		return span !== void 0 && span.through > after;
	}
	/** Whether it has every number up to `through`. */
	hasAll(through) {
		const [first] = this.#spans;
		return through === 0 || first !== void 0 && first.after === 0 && first.through >= through;
	}
	/** `said`: how much was said behind `through`. */
	add(after, through, said = 0) {
		const before = this.#at(after);
		const from = (this.#spans[before]?.through ?? Number.NEGATIVE_INFINITY) >= after ? before : before + 1;
		const joined = this.#spans.slice(from, this.#at(through) + 1);
		const all = [...joined, {
			after,
			through,
			said
		}];
		const last = Math.max(...all.map((span) => span.through));
		const span = {
			after: Math.min(...all.map((span) => span.after)),
			through: last,
			said: Math.max(...all.filter((span) => span.through === last).map((span) => span.said))
		};
		this.#spans.splice(from, joined.length, span);
	}
	/** Place of the last span that begins at this number or before; -1 if none does. */
	#at(number) {
		let [low, high] = [0, this.#spans.length];
		while (low < high) {
			const middle = low + high >>> 1;
			if (this.#spans[middle].after <= number) low = middle + 1;
			else high = middle;
		}
		return low - 1;
	}
};
// src/delivery/readings.ts
function nothingRead() {
	return {
		objects: 0,
		records: 0,
		bad: 0,
		skipped: 0,
		filtered: 0,
		quality: {},
		readBytes: 0,
		lost: 0
	};
}
function sumOf$1(a, b) {
	const quality = { ...a.quality };
	for (const [kind, count] of Object.entries(b.quality)) quality[kind] = (quality[kind] ?? 0) + count;
	return {
		objects: a.objects + b.objects,
		records: a.records + b.records,
		bad: a.bad + b.bad,
		skipped: a.skipped + b.skipped,
		filtered: a.filtered + b.filtered,
		quality,
		readBytes: a.readBytes + b.readBytes,
		lost: a.lost + b.lost
	};
}
/** Counts what a run reads, and brings into the ledger what is found, before anybody gets what stands behind it. */
var Readings = class {
	#ledger;
	#log;
	#instruments;
	#onChange;
	/** Of objects of which a piece was counted, and not yet all. */
	#partly = /* @__PURE__ */ new Map();
	/** Ids of objects of which everything was counted. */
	#whole = new Covered();
	/** Ids of objects that were counted as lost. */
	#gone = new Covered();
	#totals;
	constructor({ ledger, log, instruments }, sources, onChange) {
		this.#totals = new Map(sources.map((source) => [source, nothingRead()]));
		this.#ledger = ledger;
		this.#log = log;
		this.#instruments = instruments;
		this.#onChange = onChange;
	}
	/** What was read of the source. */
	of(source) {
		return this.#of(source);
	}
	#of(source) {
		const sums = this.#totals.get(source);
		if (sums === void 0) throw new Error(`there is no source ${source}`);
		return sums;
	}
	/** Of all sources together. */
	get totals() {
		return [...this.#totals.values()].reduce(sumOf$1, nothingRead());
	}
	/** An object is read from the record after `skip` on. */
	begin(object, skip, write) {
		let through = skip;
		/** So much was said behind `through`. */
		let said = 0;
		return {
			read: async (piece, wanted) => {
				const after = through;
				const notices = numbered(piece.quality, after, said);
				const last = notices.at(-1);
				said = last?.after === piece.through ? last.ordinal : 0;
				through = piece.through;
				if (piece.bad.length + notices.length > 0) {
					const told = {
						bad: piece.bad,
						notices,
						through,
						said
					};
					this.#logBad(object, await write(() => this.#ledger.found(object.id, told)));
				}
				this.#count(object, piece, {
					after,
					said,
					notices,
					wanted
				});
			},
			lost: (consumers, error) => this.#lost(object, consumers, error),
			ended: async () => {
				await write(() => this.#ledger.readToEnd(object.id, through));
				this.#ended(object, through);
			}
		};
	}
	#count(object, { flows, bad, skipped, through }, { after, said, notices, wanted }) {
		if (this.#whole.has(object.id)) return;
		const { source } = object;
		const totals = this.#of(source);
		const counted = this.#countedOf(object.id);
		const known = counted.records;
		const isPartlyKnown = known.hasAny(after, through);
		const fresh = (records) => records.filter((record) => !known.has(record)).length;
		const freshFlows = (all) => isPartlyKnown ? fresh(all.map(({ record }) => record)) : all.length;
		const records = freshFlows(flows);
		const filtered = records - freshFlows(wanted);
		totals.records += records;
		totals.filtered += filtered;
		this.#instruments.records.add(records, { source });
		if (filtered > 0) this.#instruments.filtered.add(filtered, { source });
		for (const [type, numbers] of Object.entries(skipped)) {
			const count = isPartlyKnown ? fresh(numbers) : numbers.length;
			totals.skipped += count;
			if (count > 0) this.#instruments.skipped.add(count, {
				source,
				type
			});
		}
		for (const { kind, after: place, ordinal } of notices) {
			if (known.hasSaid(place, ordinal)) continue;
			totals.quality[kind] = (totals.quality[kind] ?? 0) + 1;
			this.#instruments.quality.add(1, {
				source,
				kind
			});
		}
		for (const { from, to, code } of bad) {
			const count = to === void 0 ? Number(!counted.broken) : fresh(fromTo(from, to));
			counted.broken ||= to === void 0;
			totals.bad += count;
			if (count > 0) this.#instruments.bad.add(count, {
				source,
				code
			});
		}
		known.add(after, through, said);
		this.#onChange();
	}
	#ended({ id, source, size }, records) {
		if (this.#whole.has(id)) return;
		const counted = this.#countedOf(id);
		const isNew = !counted.ended;
		counted.ended = true;
		if (counted.records.hasAll(records)) {
			this.#whole.add(id - 1, id);
			this.#partly.delete(id);
		}
		if (!isNew) return;
		const totals = this.#of(source);
		totals.objects += 1;
		totals.readBytes += size;
		this.#instruments.objects.add(1, { source });
		this.#onChange();
	}
	/** What it lacks is lost for each of these consumers. */
	#lost(object, consumers, error) {
		const { id, source, key } = object;
		const records = this.#ledger.recordsIn(id);
		if ([...consumers].some((consumer) => records === void 0 || consumer.offered(id) < records) && !this.#gone.has(id)) {
			this.#gone.add(id - 1, id);
			this.#of(source).lost += 1;
			this.#log.error({
				source,
				key,
				code: error.code
			}, `lost before it was delivered: ${describeError(error)}`);
		}
		return {
			object: {
				...object,
				records
			},
			code: error.code,
			reason: describeError(error)
		};
	}
	#logBad({ source, key }, letters) {
		for (const { from, to, code, reason } of letters) if (code !== "many-bad-records") this.#log.warn({
			source,
			key,
			from,
			to,
			code
		}, `bad record set aside: ${reason}`);
		else this.#log.error({
			source,
			key,
			from
		}, "very many places of one object are bad: further ones are counted, not listed");
	}
	#countedOf(id) {
		const counted = this.#partly.get(id) ?? {
			records: new Covered(),
			ended: false,
			broken: false
		};
		this.#partly.set(id, counted);
		return counted;
	}
};
/** Notices with their numbers, where `said` stands for those that earlier pieces have said behind `after`. */
function numbered(notices, after, said) {
	let [place, ordinal] = [after, said];
	return notices.map((notice) => {
		if (notice.after !== place) [place, ordinal] = [notice.after, 0];
		ordinal += 1;
		return {
			...notice,
			ordinal
		};
	});
}
function fromTo(from, to) {
	return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
// src/delivery/telling.ts
/** The ledger, as health names it. */
const LEDGER = "ledger";
/** Of a row of failures, the 1st, 2nd, 4th, 8th, … is told. */
function worthTelling(failures) {
	return (failures & failures - 1) === 0;
}
// src/delivery/source-account.ts
/** So many readings fail, with none between them that succeeds, before that is a problem. */
const UNREADABLE = 2;
/** Keeps account of what is found and read of one source, and what cannot be; in metrics, in health and in the log. */
var SourceAccount = class {
	name;
	#health;
	#log;
	#instruments;
	#onProgress;
	/** Parts as health names them; those of a source that is the only one have no name. */
	#part;
	#objectsPart;
	#readings;
	#discovered = 0;
	#discoveredBytes = 0;
	/** Failed readings since one succeeded, and whether an object that was never tried before is among them. */
	#unreadable = 0;
	#newestFails = false;
	/** The last pass broke off because the ledger could not be read. */
	#forgetful = false;
	constructor(name, isOnly, { health, log, instruments, readings }, onProgress) {
		this.name = name;
		this.#part = isOnly ? "source" : `source ${name}`;
		this.#objectsPart = isOnly ? "objects" : `objects of ${name}`;
		this.#readings = readings;
		this.#health = health;
		this.#log = log.child({ source: name });
		this.#instruments = instruments;
		this.#onProgress = onProgress;
	}
	get totals() {
		return {
			...this.#readings.of(this.name),
			discovered: this.#discovered,
			discoveredBytes: this.#discoveredBytes
		};
	}
	discovered(objects, added) {
		if (added > 0) this.#log.debug({
			objects: added,
			last: objects.at(-1)?.key
		}, `found ${added} new objects`);
		this.#discovered += added;
		this.#discoveredBytes += objects.reduce((sum, { size }) => sum + size, 0);
		this.#onProgress();
	}
	/** A pass over the bucket has come to its end. */
	passed() {
		this.#health.well(this.#part);
		if (this.#forgetful) this.#health.well(LEDGER);
		this.#forgetful = false;
		this.#instruments.listings.add(1, { source: this.name });
	}
	onListingRetry() {
		return ({ failures, pauseMs, error }) => {
			const drawer = drawerOf(error);
			if (drawer === "worker") this.#health.failing(LEDGER, error, failures);
			else {
				this.#instruments.sourceRetries.add(1, { source: this.name });
				this.#health.failing(this.#part, error, failures);
			}
			this.#forgetful = drawer === "worker";
			if (!worthTelling(failures)) return;
			const line = `cannot ${drawer === "worker" ? "look up what is known of the bucket" : "list the bucket"}, will try again: ${describeError(error)}`;
			if (drawer === "person" || drawer === "worker") this.#log.error({
				failures,
				pauseMs
			}, line);
			else this.#log.warn({
				failures,
				pauseMs
			}, line);
		};
	}
	/** A job goes on without the source: nobody has ever been let in, and that does not pass. */
	givenUp(error) {
		this.#health.failing(this.#part, error, 1);
		this.#log.error(`cannot list the bucket, the job goes on without it: ${describeError(error)}`);
	}
	onParked() {
		return ({ object: { key }, attempts, nextAt, code, reason }, error) => {
			this.#instruments.sourceRetries.add(1, { source: this.name });
			const isNew = attempts === 1;
			this.#newestFails ||= isNew;
			if (isNew || this.#newestFails && drawerOf(error) !== "object") this.#unreadable += 1;
			if (this.#newestFails && this.#unreadable >= UNREADABLE) this.#health.failing(this.#objectsPart, error, this.#unreadable);
			if (!worthTelling(attempts)) return;
			const fields = {
				key,
				code,
				attempts,
				nextAttempt: new Date(nextAt).toISOString()
			};
			const line = `cannot read ${key}, others go on and it is tried again: ${reason}`;
			if (drawerOf(error) === "object") this.#log.error(fields, line);
			else this.#log.warn(fields, line);
		};
	}
	/** What the account wants to know of a source that refuses one object after the other. */
	gateEvents() {
		return {
			onRefused: ({ failures, pauseMs, error }) => {
				this.#instruments.sourceRetries.add(1, { source: this.name });
				const reason = `no object can be read, the source pauses until one can: ${describeError(error)}`;
				const drawer = drawerOf(error) === "object" ? "person" : drawerOf(error);
				this.#health.problem(this.#objectsPart, {
					drawer,
					code: codeOf(error),
					reason
				});
				if (worthTelling(failures)) this.#log.error({
					failures,
					pauseMs,
					code: codeOf(error)
				}, reason);
			},
			onOpened: () => {
				this.#health.well(this.#objectsPart);
				this.#log.info("objects can be read again");
			}
		};
	}
	/** An object is read from the record after `skip` on. */
	begin(object, skip, write) {
		const account = this.#readings.begin(object, skip, write);
		const { key, size } = object;
		this.#log.debug({
			key,
			bytes: size,
			...skip > 0 && { from: skip + 1 }
		}, `reads ${key}`);
		const readable = () => {
			this.#unreadable = 0;
			this.#newestFails = false;
			this.#health.well(this.#objectsPart);
		};
		return {
			read: (...piece) => {
				readable();
				return account.read(...piece);
			},
			lost: (...loss) => {
				readable();
				return account.lost(...loss);
			},
			ended: () => {
				readable();
				this.#log.debug({ key }, `has read ${key} to its end`);
				return account.ended();
			}
		};
	}
};
// src/delivery/account.ts
const sinkPart = (name) => `sink ${name}`;
/** Keeps account of a run: what was read, what could not be, and what each sink did with it; in the ledger, in metrics, in health and in the log. */
var Account = class {
	#ledger;
	#health;
	#log;
	#instruments;
	#onProgress;
	#readings;
	#sinks = {};
	/** Places of which the books did not balance. */
	#imbalances = 0;
	#sources;
	constructor({ ledger, health, log, instruments }, sources, onProgress) {
		this.#ledger = ledger;
		this.#health = health;
		this.#log = log;
		this.#instruments = instruments;
		this.#onProgress = onProgress;
		const onChange = () => this.#progressed();
		const readings = new Readings({
			ledger,
			log,
			instruments
		}, sources, onChange);
		this.#readings = readings;
		const accountOf = (name) => new SourceAccount(name, sources.length === 1, {
			health,
			log,
			instruments,
			readings
		}, onChange);
		this.#sources = new Map(sources.map((name) => [name, accountOf(name)]));
	}
	/** Whether there is one source. */
	get isOnly() {
		return this.#sources.size === 1;
	}
	/** The account of the source of this name. */
	of(source) {
		const account = this.#sources.get(source);
		if (account === void 0) throw new Error(`there is no source ${source}`);
		return account;
	}
	/** With what still waits, which the ledger is asked for. */
	totals() {
		const { sinks, parked } = this.#ledger.status();
		const waiting = new Map(sinks.map(({ name, pendingObjects }) => [name, pendingObjects]));
		return this.#soFar({
			parked,
			parkedOf: (source) => this.#ledger.of(source).countParked(),
			waitingFor: (sink) => waiting.get(sink) ?? 0
		});
	}
	#soFar({ parked, parkedOf, waitingFor }) {
		const read = this.#readings.totals;
		const sources = [...this.#sources.values()].map(({ name, totals }) => [name, {
			...totals,
			parked: parkedOf(name)
		}]);
		const sinks = Object.entries(this.#sinks).map(([name, totals]) => [name, {
			...totals,
			waiting: waitingFor(name)
		}]);
		return {
			...read,
			sources: Object.fromEntries(sources),
			sinks: Object.fromEntries(sinks),
			parked,
			lost: read.lost + this.#imbalances,
			discovered: sources.reduce((sum, [, { discovered }]) => sum + discovered, 0),
			discoveredBytes: sources.reduce((sum, [, { discoveredBytes }]) => sum + discoveredBytes, 0)
		};
	}
	#progressed() {
		this.#onProgress?.(this.#soFar(NOT_ASKED));
	}
	/** Registers the sinks, and what is observed about them when metrics are collected. */
	watch(lanes) {
		for (const { name } of lanes) this.#sinks[name] = {
			delivered: 0,
			rejected: 0,
			deadLettered: 0,
			filtered: 0
		};
		const { lag, pending, trouble, parked, problems } = this.#instruments;
		pending.addCallback((result) => {
			for (const sink of this.#ledger.status().sinks) result.observe(sink.pendingObjects, { sink: sink.name });
		});
		lag.addCallback((result) => {
			for (const { name, oldestPending } of this.#ledger.status().sinks) result.observe(oldestPending === void 0 ? 0 : Math.max(0, (Date.now() - oldestPending) / 1e3), { sink: name });
		});
		trouble.addCallback((result) => {
			for (const lane of lanes) result.observe(lane.trouble === void 0 ? 0 : 1, { sink: lane.name });
		});
		parked.addCallback((result) => {
			for (const source of this.#sources.keys()) result.observe(this.#ledger.of(source).countParked(), { source });
		});
		problems.addCallback((result) => {
			for (const { part, drawer, code } of this.#health.problems) result.observe(1, {
				part,
				drawer,
				code
			});
		});
	}
	/** What the account wants to know of each sink. */
	laneEvents() {
		return {
			onTrouble: ({ name }, { failures, error, nextAt }) => {
				this.#instruments.retries.add(1, { sink: name });
				this.#health.failing(sinkPart(name), error, failures);
				if (!worthTelling(failures)) return;
				const fields = {
					sink: name,
					failures,
					nextAttempt: new Date(nextAt).toISOString()
				};
				if (drawerOf(error) === "person") this.#log.error(fields, `the sink pauses until this is put right: ${describeError(error)}`);
				else this.#log.warn(fields, `cannot deliver, will try again: ${describeError(error)}`);
			},
			onRecovery: ({ name }, { failures }) => {
				this.#health.well(sinkPart(name));
				this.#log.info({
					sink: name,
					failures
				}, "delivers again");
			},
			onSettled: ({ name }, outcome) => {
				const totals = this.#sinks[name];
				if (totals === void 0) return;
				const attributes = { sink: name };
				const { filtered = 0, delivered, rejected, setAside, deadLetters } = outcome;
				this.#log.debug({
					sink: name,
					delivered,
					rejected,
					setAside,
					filtered
				}, `${delivered} records are acknowledged`);
				totals.delivered += delivered;
				totals.rejected += rejected;
				totals.deadLettered += setAside;
				totals.filtered += filtered;
				if (filtered > 0) this.#instruments.sinkFiltered.add(filtered, attributes);
				this.#instruments.delivered.add(delivered, attributes);
				if (rejected > 0) this.#instruments.rejected.add(rejected, attributes);
				if (setAside > 0) this.#instruments.deadLettered.add(setAside, attributes);
				for (const { source, key, from, to, code, reason } of deadLetters) this.#log.error({
					sink: name,
					source,
					key,
					from,
					to,
					code
				}, `records set aside, kept as a dead letter: ${reason}`);
				this.#progressed();
			},
			onImbalance: ({ name }, { source, key }, { offered, settled }) => {
				this.#imbalances += 1;
				this.#instruments.imbalances.add(1, { sink: name });
				const fields = {
					sink: name,
					source,
					key,
					offered,
					settled
				};
				this.#log.error(fields, "the books of an object do not balance: it is kept as a dead letter, replay it and report this as a bug");
			}
		};
	}
	convoyEvents(source) {
		const behind = "sink has fallen behind: it goes on alone and catches up by reading again";
		return {
			onBehind: ({ name }) => {
				if (name === "(detections)") this.#log.info({ source }, "the detections read again what their saved state does not know");
				else this.#log.warn({
					sink: name,
					source
				}, behind);
			},
			onCaughtUp: ({ name }) => {
				if (name === "(detections)") this.#log.info({ source }, "the detections have caught up");
				else this.#log.info({
					sink: name,
					source
				}, "sink has caught up");
			}
		};
	}
	ledgerEvents() {
		return {
			onTrouble: ({ failures, error }) => {
				this.#health.failing(LEDGER, error, failures);
				if (worthTelling(failures)) this.#log.error({ failures }, `cannot save, will try again: ${describeError(error)}`);
			},
			onRecovery: ({ failures }) => {
				this.#health.well(LEDGER);
				this.#log.info({ failures }, "the ledger can be written again");
			}
		};
	}
};
const NOT_ASKED = {
	parked: 0,
	parkedOf: () => 0,
	waitingFor: () => 0
};
// src/delivery/outcome.ts
const NOTHING = {
	delivered: 0,
	rejected: 0,
	setAside: 0,
	deadLetters: []
};
function sumOf(outcomes) {
	return outcomes.reduce((sum, { filtered = 0, delivered, rejected, setAside, deadLetters }) => ({
		...filtered + (sum.filtered ?? 0) > 0 && { filtered: filtered + (sum.filtered ?? 0) },
		delivered: sum.delivered + delivered,
		rejected: sum.rejected + rejected,
		setAside: sum.setAside + setAside,
		deadLetters: deadLetters.length === 0 ? sum.deadLetters : [...sum.deadLetters, ...deadLetters]
	}), NOTHING);
}
/** How many records an outcome speaks of. */
function settledIn({ filtered = 0, delivered, rejected, setAside }) {
	return filtered + delivered + rejected + setAside;
}
function deliveredAll({ count }) {
	return {
		delivered: count,
		rejected: 0,
		setAside: 0,
		deadLetters: []
	};
}
/** The records of a segment are kept as a pointer. */
function asideOf(sink, segment, code, reason) {
	const letter = letterOf(sink, segment, segment.count, code, reason);
	return {
		delivered: 0,
		rejected: 0,
		setAside: segment.count,
		deadLetters: [letter]
	};
}
function letterOf(sink, { origin, from, to }, count, code, reason) {
	return {
		sink,
		source: origin.source,
		key: origin.key,
		etag: origin.etag,
		from,
		to,
		count,
		code,
		reason
	};
}
// src/delivery/acknowledgements.ts
/**
* How far one consumer is with one object, and its books. Batches of an object leave in order and may come back in any order; the position
* that may be committed is the last record before the first one that is not settled, and what became of records is committed with the
* position that covers them. So, after a crash, the books say of each record once what became of it.
*/
var Acknowledgements = class {
	/** Every record up to this number was handed over or needs no delivery. */
	#offered;
	#ended = false;
	#outstanding = [];
	/** What became of records up to the position, and is not committed yet. */
	#uncommitted = NOTHING;
	#rest = NOTHING;
	constructor(position) {
		this.#offered = position;
	}
	get offered() {
		return this.#offered;
	}
	offer(through) {
		this.#offered = Math.max(this.#offered, through);
	}
	/** Records from this number on are on their way; calls come in ascending order. The returned function settles them. */
	depart(from) {
		const entry = {
			from,
			outcome: void 0
		};
		this.#outstanding.push(entry);
		return (outcome) => {
			entry.outcome = outcome;
			for (let first = this.#outstanding[0]; first?.outcome !== void 0; first = this.#outstanding[0]) {
				this.#uncommitted = sumOf([this.#uncommitted, first.outcome]);
				this.#outstanding.shift();
			}
		};
	}
	/** `waiting` is the first record that stands in a batch which has not left yet. */
	position(waiting) {
		const first = this.#outstanding[0]?.from ?? waiting;
		return first === void 0 ? this.#offered : first - 1;
	}
	get uncommitted() {
		return this.#uncommitted;
	}
	/** What was uncommitted is in the ledger. */
	committed() {
		this.#uncommitted = NOTHING;
	}
	/** The object has no further records, or none that can be had: `rest` is what becomes of those. */
	end(rest = NOTHING) {
		this.#ended = true;
		this.#rest = rest;
	}
	/** Whether the object has come to its end; `waiting` as for `position`. */
	complete(waiting) {
		if (!this.#ended || this.#outstanding.length > 0 || waiting !== void 0) return false;
		this.#uncommitted = sumOf([this.#uncommitted, this.#rest]);
		this.#rest = NOTHING;
		return true;
	}
	get ended() {
		return this.#ended;
	}
};
// src/delivery/keeping.ts
/** The consumer whose position in an object is the last record before the first that its keeper holds and has not acknowledged. */
var Keeping = class {
	name;
	leads = true;
	#keeper;
	#books;
	#patience;
	#progress = /* @__PURE__ */ new Map();
	/** Those whose position may have moved. */
	#moved = /* @__PURE__ */ new Set();
	#committing;
	/** `patience`: what is not durable when it ends is left to the next run. */
	constructor(keeper, books, patience) {
		this.name = keeper.name;
		this.#keeper = keeper;
		this.#books = books;
		this.#patience = patience;
	}
	get hasRoom() {
		return this.#keeper.hasRoom;
	}
	get failing() {
		return this.#keeper.failing;
	}
	changed() {
		return this.#keeper.changed();
	}
	wants(object) {
		const progress = this.#progress.get(object.id);
		if (progress !== void 0) return !progress.acks.ended;
		const found = this.#books.ledger.position(this.name, object.id);
		if (found === void 0) return false;
		const { position } = found;
		this.#progress.set(object.id, {
			object,
			acks: new Acknowledgements(position),
			committed: position,
			held: 0,
			origin: void 0
		});
		return true;
	}
	offered(id) {
		return this.#of(id).acks.offered;
	}
	offer(id, flows, through) {
		const progress = this.#of(id);
		const already = progress.acks.offered;
		const fresh = flows.filter(({ record }) => record > already);
		progress.acks.offer(through);
		const [first] = fresh;
		if (first !== void 0) this.#hand(progress, first.record, fresh);
	}
	end(id, lost) {
		const progress = this.#of(id);
		const letter = lost && letterOfRest(this.name, progress.acks.offered, lost);
		progress.acks.end(letter && {
			...NOTHING,
			setAside: letter.count,
			deadLetters: [letter]
		});
		if (progress.origin !== void 0) this.#keeper.ended?.(progress.origin);
		this.#mayHaveMoved(progress);
	}
	revoke(id) {
		const origin = this.#progress.get(id)?.origin;
		this.#progress.delete(id);
		if (origin !== void 0) this.#keeper.forget?.(origin);
	}
	leave(id) {
		const progress = this.#progress.get(id);
		if (progress !== void 0 && !progress.acks.ended && progress.held === 0) this.#progress.delete(id);
	}
	async drain() {
		await firstOf([this.#keeper.flush(this.#patience)], this.#patience);
		while (this.#committing !== void 0 && !this.#patience.aborted) await firstOf([this.#committing], this.#patience);
	}
	#hand(progress, from, flows) {
		const settle = progress.acks.depart(from);
		let isDurable = false;
		progress.held += flows.length;
		progress.origin ??= flows[0]?.origin;
		this.#keeper.take(flows, () => {
			if (isDurable) return;
			isDurable = true;
			progress.held -= flows.length;
			settle({
				...NOTHING,
				delivered: flows.length
			});
			this.#mayHaveMoved(progress);
		});
	}
	/** A file that becomes durable may hold flows of very many objects: their positions are committed one after the other. */
	#mayHaveMoved(progress) {
		this.#moved.add(progress);
		this.#committing ??= this.#commitAll();
	}
	async #commitAll() {
		try {
			await Promise.resolve();
			for (const progress of this.#moved) {
				this.#moved.delete(progress);
				await this.#books.write(() => this.#commit(progress));
			}
		} catch (error) {
			if (!this.#patience.aborted) this.#books.onFatal(error);
		} finally {
			this.#committing = void 0;
		}
	}
	#commit(progress) {
		const { acks, object } = progress;
		if (this.#progress.get(object.id) !== progress) return;
		const complete = acks.complete(void 0);
		const position = acks.position(void 0);
		if (position === progress.committed && settledIn(acks.uncommitted) === 0 && !complete) return;
		this.#books.ledger.commit(this.name, object.id, position, acks.uncommitted, complete);
		acks.committed();
		progress.committed = position;
		if (complete) this.#progress.delete(object.id);
	}
	#of(id) {
		const progress = this.#progress.get(id);
		if (progress === void 0) throw new Error(`object ${id} was not taken up by ${this.name}`);
		return progress;
	}
};
// src/delivery/brake.ts
/** A refusal is believed after so many attempts, if few records are doubted. */
const ATTEMPTS = 5;
/** More records in a row than this are never all bad by chance: it is the receiver that refuses. */
const RECORDS = 100;
/** Requests that the first attempt at a refused batch may cost; each further attempt may cost twice as many. */
const REQUESTS = 64;
/** The brake of one sink. `known`: it has acknowledged records in an earlier run. */
function createBrake(known) {
	let requests = 0;
	let accepted = 0;
	let doubted = 0;
	/** Records that were believed to be bad without a proof since the receiver last took any. */
	let unproved = 0;
	return {
		start: () => {
			requests += 1;
			return requests;
		},
		accepted: (request) => {
			accepted = Math.max(accepted, request);
			unproved = 0;
		},
		doubt(records) {
			let since;
			let attempts = 0;
			const proved = () => since !== void 0 && accepted > since;
			const isBelieved = () => proved() || (known || accepted > 0) && attempts >= ATTEMPTS && doubted + unproved <= RECORDS;
			return {
				refused: () => {
					since ??= requests;
				},
				get requests() {
					return proved() ? Number.POSITIVE_INFINITY : REQUESTS * 2 ** attempts;
				},
				get believed() {
					return isBelieved();
				},
				get attempts() {
					return attempts;
				},
				again: () => {
					if (attempts === 0) doubted += records;
					attempts += 1;
				},
				end: () => {
					if (attempts === 0) return;
					if (isBelieved() && !proved()) unproved += records;
					doubted -= records;
				}
			};
		}
	};
}
/** Believes every refusal: where nothing is lost by it, as in a replay of what is set aside anyway. */
const NO_BRAKE = {
	start: () => 0,
	accepted: () => {},
	doubt: () => ({
		refused: () => {},
		requests: Number.POSITIVE_INFINITY,
		believed: true,
		attempts: 0,
		again: () => {},
		end: () => {}
	})
};
// src/delivery/pieces.ts
/** In the order of the batch. No piece reaches over records of another, so that each can be set aside or taken alone. */
function piecesOf({ flows, segments }, sink) {
	const pieces = [];
	let start = 0;
	for (const [index, segment] of segments.entries()) {
		const end = start + segment.count;
		let refusal = refusalOf(sink, flows, start);
		for (let next = start + 1; next <= end; next += 1) {
			const following = next < end ? refusalOf(sink, flows, next) : void 0;
			if (next < end && following?.code === refusal?.code && following?.reason === refusal?.reason) continue;
			const part = flows.slice(start, next);
			const [from, to] = [part[0]?.record ?? segment.from, part.at(-1)?.record ?? segment.to];
			pieces.push({
				index,
				refusal,
				segment: {
					...segment,
					from,
					to,
					count: part.length
				},
				flows: part
			});
			start = next;
			refusal = following;
		}
	}
	return pieces;
}
function refusalOf(sink, flows, index) {
	const flow = flows[index];
	if (flow === void 0) throw new Error("a segment counts more records than its batch holds");
	return sink.outside?.(flow);
}
// src/delivery/deliver.ts
/**
* Brings a batch to its end, and resolves to one outcome for each of its segments. What may heal is repeated until the signal aborts (then
* it throws). A batch that is refused or too large is halved until each bad record stands alone; nothing that was taken is sent again.
* While everything of it is refused the brake says whether that is to be believed; until then the whole batch waits and is tried again.
* Records that the sink refuses before sending are set aside by themselves, also those that it comes to refuse while the batch waits.
*/
async function deliver(delivery, batch, signal) {
	const doubt = delivery.brake.doubt(batch.flows.length);
	try {
		for (;;) {
			const findings = {
				outcomes: batch.segments.map(() => []),
				refused: /* @__PURE__ */ new Map(),
				taken: false,
				answered: false
			};
			const { believed } = doubt;
			const refusal = await takeApart(delivery, batch, findings, doubt, believed, signal);
			if (isComplete$1(findings, batch) && (findings.taken || findings.refused.size === 0 || believed)) {
				if (findings.answered || findings.refused.size > 0) delivery.events.onHeard?.();
				return settled(delivery, batch, findings);
			}
			if (refusal === void 0) throw new Error("records of a batch have no outcome");
			doubt.again();
			const pauseMs = pauseBefore(doubt.attempts, refusal, delivery.policy);
			delivery.events.onRetry({
				failures: doubt.attempts,
				pauseMs,
				error: refusesEverything(refusal)
			});
			await setTimeout$1(pauseMs, void 0, { signal });
		}
	} finally {
		doubt.end();
	}
}
/**
* Sends a batch, and what is refused in halves, the larger parts first. Ends when every record has an outcome or was refused alone, or when
* the doubt allows no further request. A record that is refused alone before the receiver has taken any is asked again when it has, unless
* refusals are `believed`. Gives the last refusal, undefined if there was none.
*/
async function takeApart(delivery, batch, findings, doubt, believed, signal) {
	let refusal;
	let sent = 0;
	const early = [];
	const parts = [{
		batch,
		places: batch.segments.map((_, place) => place)
	}];
	const next = () => {
		if (parts.length === 0 && findings.taken) parts.push(...early.splice(0).map(({ part }) => part));
		return parts.shift();
	};
	for (let whole = next(); whole !== void 0; whole = next()) {
		const part = sendable(delivery, whole, findings);
		if (part.batch.flows.length === 0) continue;
		if (!findings.taken && sent >= doubt.requests) return refusal;
		const failure = await send(delivery, part, findings, signal);
		if (failure === void 0) continue;
		if (failure === BECAME_REFUSED) {
			parts.unshift(part);
			continue;
		}
		refusal = failure;
		if (!failure.certain) {
			sent += 1;
			doubt.refused();
		}
		if (part.batch.flows.length > 1) {
			if (failure.tooLarge) delivery.events.onTooLarge(part.batch.flows.length);
			parts.push(...halve(part));
		} else if (failure.certain || findings.taken || believed) standsAlone(delivery, part, failure, findings);
		else early.push({
			part,
			failure
		});
	}
	for (const { part, failure } of early) standsAlone(delivery, part, failure, findings);
	return refusal;
}
/**
* Encodes a part and sends it until it is taken or refused. Gives the refusal; throws anything else that no repetition heals. What is sent
* again is the same payload, so that a receiver which has got it already can tell.
*/
async function send({ name, sink, policy, events, brake }, part, findings, signal) {
	let request = 0;
	let payload;
	let attempts = 0;
	const attempt = () => {
		if (sink.outside !== void 0 && part.batch.flows.some((flow) => sink.outside?.(flow) !== void 0)) throw BECAME_REFUSED;
		payload ??= sink.encode(part.batch.flows, Date.now());
		request = brake.start();
		attempts += 1;
		return sink.send(payload, signal);
	};
	const recycle = () => {
		if (payload !== void 0 && attempts === 1) sink.recycle?.(payload);
	};
	try {
		const result = await retry(async () => attempt(), policy, signal, events.onRetry);
		recycle();
		findings.answered = true;
		if (result.rejected < part.batch.flows.length) {
			brake.accepted(request);
			findings.taken = true;
		}
		for (const [index, outcome] of taken(name, part.batch, result).entries()) findings.outcomes[part.places[index]]?.push(outcome);
		return;
	} catch (error) {
		if (!(error instanceof Failure) || error.drawer !== "batch") throw error;
		recycle();
		return error;
	}
}
/** While a part waits, time goes on: what the sink does not take any more is found out before each attempt. */
const BECAME_REFUSED = new Failure("batch", "became-refused", "the sink has come to refuse a record before it is sent");
/** A bad record, or one of a receiver that refuses everything. */
function standsAlone({ name }, { batch, places }, failure, findings) {
	const [place, segment, flow] = [
		places[0],
		batch.segments[0],
		batch.flows[0]
	];
	if (place === void 0 || segment === void 0 || flow === void 0) throw new Error("a part of a batch has no segment");
	if (failure.certain) findings.outcomes[place]?.push(asideOf(name, segment, failure.code, describeError(failure)));
	else findings.refused.set(flow, failure);
}
/** The part without what the sink refuses before sending, which is set aside. */
function sendable({ name, sink }, part, findings) {
	if (sink.outside === void 0) return part;
	const rest = [];
	const pieces = piecesOf(part.batch, sink);
	if (pieces.every(({ refusal }) => refusal === void 0)) return part;
	for (const piece of pieces) {
		const place = part.places[piece.index];
		if (piece.refusal === void 0) rest.push({
			...piece,
			place
		});
		else findings.outcomes[place]?.push(asideOf(name, piece.segment, piece.refusal.code, piece.refusal.reason));
	}
	return {
		batch: {
			flows: rest.flatMap(({ flows }) => flows),
			segments: rest.map(({ segment }) => segment)
		},
		places: rest.map(({ place }) => place)
	};
}
/** Every record of the batch has an outcome or was refused alone. */
function isComplete$1({ outcomes, refused }, { flows }) {
	return settledIn(sumOf(outcomes.flat())) + refused.size === flows.length;
}
/** One outcome for each segment; neighbours that were refused for the same reason share a dead letter. */
function settled({ name }, { flows, segments }, { outcomes, refused }) {
	let start = 0;
	return segments.map((segment, place) => {
		const own = outcomes[place] ?? [];
		let run;
		const close = () => {
			if (run === void 0) return;
			const { from, to, count, failure } = run;
			own.push(asideOf(name, {
				...segment,
				from,
				to,
				count
			}, failure.code, describeError(failure)));
			run = void 0;
		};
		if (refused.size > 0) {
			for (const flow of flows.slice(start, start + segment.count)) {
				const failure = refused.get(flow);
				if (failure === void 0 || failure.code !== run?.failure.code || failure.message !== run.failure.message) close();
				if (failure === void 0) continue;
				run = {
					from: run?.from ?? flow.record,
					to: flow.record,
					count: (run?.count ?? 0) + 1,
					failure
				};
			}
			close();
		}
		start += segment.count;
		const { deadLetters, ...sum } = sumOf(own);
		return {
			...sum,
			deadLetters: deadLetters.toSorted((one, other) => one.from - other.from)
		};
	});
}
function refusesEverything(refusal) {
	return new Failure("person", refusal.code, `${describeError(refusal)}; it refuses every record, so nothing is set aside until it takes one: check the sink's address and settings`, {
		cause: refusal.cause,
		retryAfterMs: refusal.retryAfterMs
	});
}
/** The receiver does not say which records it refused: they are counted, and the pointers of the whole batch are kept with its words. */
function taken(name, batch, { rejected, reason = "the receiver gave no reason" }) {
	const total = batch.flows.length;
	let left = Math.min(rejected, total);
	if (left === 0) return batch.segments.map(deliveredAll);
	return batch.segments.map((segment) => {
		const share = Math.min(left, segment.count);
		left -= share;
		const letter = letterOf(name, segment, share, "rejected", `${rejected} of ${total} records refused, not said which: ${reason}`);
		return {
			delivered: segment.count - share,
			rejected: share,
			setAside: 0,
			deadLetters: [letter]
		};
	});
}
function halve({ batch: { flows, segments }, places }) {
	const middle = flows.length >> 1;
	const head = [];
	const tail = [];
	let start = 0;
	for (const [index, segment] of segments.entries()) {
		const place = places[index];
		const cut = middle - start;
		if (cut >= segment.count) head.push({
			place,
			segment
		});
		else if (cut <= 0) tail.push({
			place,
			segment
		});
		else {
			const [last, next] = [flows[middle - 1], flows[middle]];
			if (last === void 0 || next === void 0) throw new Error("a segment counts more records than its batch holds");
			head.push({
				place,
				segment: {
					...segment,
					to: last.record,
					count: cut
				}
			});
			tail.push({
				place,
				segment: {
					...segment,
					from: next.record,
					count: segment.count - cut
				}
			});
		}
		start += segment.count;
	}
	const part = (side, own) => ({
		batch: {
			flows: own,
			segments: side.map(({ segment }) => segment)
		},
		places: side.map(({ place }) => place)
	});
	return [part(head, flows.slice(0, middle)), part(tail, flows.slice(middle))];
}
// src/delivery/lane.ts
/** The way to one sink: gathers flows into batches, keeps several in flight, and commits positions after the acknowledgement, in order. */
var Lane = class {
	name;
	leads = true;
	#sink;
	#filter;
	#ledger;
	#delivery;
	#write;
	#signal;
	#events;
	#progress = /* @__PURE__ */ new Map();
	#waiting = [];
	#buffered = 0;
	#batchRecords;
	#inFlight = 0;
	#settlements = 0;
	#linger;
	#change = Promise.withResolvers();
	trouble;
	/**
	* `write` repeats what the ledger cannot take now. `signal` is the end of patience: batches in flight are given up, and stay uncommitted.
	*/
	constructor({ name, sink, filter, ledger, policy }, write, signal, events) {
		this.name = name;
		this.#sink = sink;
		this.#filter = filter;
		this.#ledger = ledger;
		this.#write = write;
		this.#signal = signal;
		this.#events = events;
		this.#batchRecords = sink.limits.records;
		const brake = createBrake(ledger.hasAcknowledged(name));
		this.#delivery = {
			name,
			sink,
			policy,
			brake,
			events: this.#deliveryEvents()
		};
	}
	#deliveryEvents() {
		return {
			onRetry: ({ pauseMs, error }) => {
				const now = Date.now();
				const failures = (this.trouble?.failures ?? 0) + 1;
				this.trouble = {
					failures,
					since: this.trouble?.since ?? now,
					nextAt: now + pauseMs,
					error
				};
				this.#events.onTrouble(this, this.trouble);
			},
			onTooLarge: (records) => {
				this.#batchRecords = Math.ceil(records / 2);
			},
			onHeard: () => {
				const { trouble } = this;
				this.trouble = void 0;
				if (trouble !== void 0) this.#events.onRecovery(this, trouble);
			}
		};
	}
	get inFlight() {
		return this.#inFlight;
	}
	get hasRoom() {
		return this.#buffered < this.#batchRecords;
	}
	get failing() {
		return this.trouble !== void 0;
	}
	get idle() {
		return this.#buffered === 0 && this.#inFlight === 0 && this.#settlements === 0;
	}
	changed() {
		return this.#change.promise;
	}
	#changed() {
		const { resolve } = this.#change;
		this.#change = Promise.withResolvers();
		resolve();
	}
	wants(object) {
		const progress = this.#progress.get(object.id);
		if (progress !== void 0) return !progress.acks.ended;
		const found = this.#ledger.position(this.name, object.id);
		if (found === void 0) return false;
		const { position, settled } = found;
		const acks = new Acknowledgements(position);
		this.#progress.set(object.id, {
			object,
			acks,
			committed: position,
			offered: settled,
			settled
		});
		return true;
	}
	offered(id) {
		return this.#of(id).acks.offered;
	}
	offer(id, flows, through) {
		const progress = this.#of(id);
		const already = progress.acks.offered;
		const first = flows[0];
		const fresh = first !== void 0 && first.record <= already ? flows.filter(({ record }) => record > already) : flows.slice();
		progress.acks.offer(through);
		progress.offered += fresh.length;
		const filter = this.#filter;
		const wanted = filter === void 0 ? fresh : fresh.filter(filter);
		const least = wanted[0]?.record ?? Number.POSITIVE_INFINITY;
		const held = wanted.length === fresh.length ? [] : recordsBeside(fresh, wanted);
		this.#passOver(progress, held.filter((record) => record < least));
		if (wanted.length > 0) {
			this.#waiting.push({
				progress,
				flows: wanted,
				passedOver: held.filter((record) => record > least)
			});
			this.#buffered += wanted.length;
			this.#linger ??= setTimeout(() => this.flush(), this.#sink.limits.lingerMs);
		}
		this.#depart(this.#batchRecords);
	}
	/** Records behind all that wait of the object are held back: they count with what stands before them, so that a position covers them once. */
	#passOver(progress, records) {
		const [first] = records;
		if (first === void 0) return;
		const before = this.#waiting.findLast((run) => run.progress === progress);
		if (before === void 0) progress.acks.depart(first)({
			...NOTHING,
			filtered: records.length
		});
		else before.passedOver.push(...records);
	}
	end(id, lost) {
		const progress = this.#of(id);
		const letter = lost && letterOfRest(this.name, progress.acks.offered, lost);
		progress.offered += letter?.count ?? 0;
		progress.acks.end(letter && {
			...NOTHING,
			setAside: letter.count,
			deadLetters: [letter]
		});
		this.#settling(this.#settle(progress));
	}
	revoke(id) {
		const progress = this.#progress.get(id);
		if (progress === void 0) return;
		this.#progress.delete(id);
		for (const run of this.#waiting.filter((run) => run.progress === progress)) {
			this.#waiting.splice(this.#waiting.indexOf(run), 1);
			this.#buffered -= run.flows.length;
		}
		this.#depart(this.#batchRecords);
		this.#changed();
	}
	leave(id) {
		const progress = this.#progress.get(id);
		if (progress !== void 0 && !progress.acks.ended && progress.settled === progress.offered) this.#progress.delete(id);
	}
	/** Sends what is buffered without waiting for full batches. */
	flush() {
		this.#depart(1);
	}
	async drain() {
		while (!this.idle && !this.#signal.aborted) {
			this.flush();
			await firstOf([this.changed()], this.#signal);
		}
	}
	#of(id) {
		const progress = this.#progress.get(id);
		if (progress === void 0) throw new Error(`object ${id} was not taken up for sink ${this.name}`);
		return progress;
	}
	#depart(least) {
		while (this.#inFlight < this.#sink.limits.inFlight && this.#buffered >= least && this.#buffered > 0) {
			const { batch, departed } = this.#take(this.#batchRecords);
			this.#inFlight += 1;
			this.#send(batch, departed);
		}
		if (this.#buffered === 0) {
			clearTimeout(this.#linger);
			this.#linger = void 0;
		} else if (this.#linger !== void 0 && least === 1) this.#linger.refresh();
	}
	#take(records) {
		const flows = [];
		const departed = [];
		while (flows.length < records && this.#waiting.length > 0) {
			const run = this.#waiting[0];
			const part = run.flows.length <= records - flows.length ? run.flows : run.flows.splice(0, records - flows.length);
			if (part === run.flows) this.#waiting.shift();
			const next = part === run.flows ? Number.POSITIVE_INFINITY : run.flows[0].record;
			const filtered = run.passedOver.filter((record) => record < next).length;
			run.passedOver = run.passedOver.filter((record) => record > next);
			for (const flow of part) flows.push(flow);
			const first = part[0];
			const last = part[part.length - 1];
			const previous = departed.at(-1);
			if (previous?.progress === run.progress) {
				const { segment } = previous;
				departed[departed.length - 1] = {
					...previous,
					segment: {
						...segment,
						to: last.record,
						count: segment.count + part.length
					},
					filtered: previous.filtered + filtered
				};
			} else {
				const segment = {
					origin: first.origin,
					from: first.record,
					to: last.record,
					count: part.length
				};
				departed.push({
					progress: run.progress,
					segment,
					settle: run.progress.acks.depart(first.record),
					filtered
				});
			}
		}
		this.#buffered -= flows.length;
		return {
			batch: {
				flows,
				segments: departed.map(({ segment }) => segment)
			},
			departed
		};
	}
	async #send(batch, departed) {
		try {
			const outcomes = await deliver(this.#delivery, batch, this.#signal);
			this.#growBatch(batch.flows.length);
			for (const [index, { settle, filtered }] of departed.entries()) settle(sumOf([outcomes[index] ?? NOTHING, {
				...NOTHING,
				filtered
			}]));
			for (const progress of new Set(departed.map(({ progress }) => progress))) await this.#settle(progress);
		} catch (error) {
			this.#failed(error);
		} finally {
			this.#inFlight -= 1;
			this.#depart(this.#batchRecords);
			this.#changed();
		}
	}
	/** What ends outside of a batch: it counts as in flight until it is in the ledger. */
	#settling(work) {
		this.#settlements += 1;
		work.catch((error) => this.#failed(error)).finally(() => {
			this.#settlements -= 1;
			this.#changed();
		});
	}
	#failed(error) {
		if (this.#signal.aborted) return;
		this.#events.onFatal(error instanceof FlowferryError ? error : new FlowferryError("delivery", "delivery broke down", { cause: error }));
	}
	/** After a halved batch the size creeps back up, so that one odd batch does not make all later ones small. */
	#growBatch(records) {
		const full = this.#sink.limits.records;
		if (records >= this.#batchRecords && this.#batchRecords < full) this.#batchRecords = Math.min(full, this.#batchRecords + Math.ceil(full / 64));
	}
	/** Brings what is known of an object into the ledger, in one transaction with the position that covers it. */
	async #settle(progress) {
		await this.#write(() => this.#commit(progress));
	}
	#commit(progress) {
		const { acks, object } = progress;
		if (this.#progress.get(object.id) !== progress) return;
		const waiting = this.#waiting.find((run) => run.progress === progress)?.flows[0]?.record;
		const complete = acks.complete(waiting);
		const position = acks.position(waiting);
		const settled = settledIn(acks.uncommitted);
		const missing = progress.offered - progress.settled - settled;
		const balanced = missing === 0;
		const outcome = complete && !balanced ? sumOf([acks.uncommitted, this.#unbalanced(object, missing)]) : acks.uncommitted;
		if (position > progress.committed || settled > 0 || complete) {
			this.#ledger.commit(this.name, object.id, position, outcome, complete);
			acks.committed();
			progress.committed = position;
			progress.settled += settled;
			if (settledIn(outcome) > 0) this.#events.onSettled(this, outcome);
		}
		if (!complete) return;
		this.#progress.delete(object.id);
		if (!balanced) this.#events.onImbalance(this, object, {
			offered: progress.offered,
			settled: progress.settled
		});
	}
	/** So many records are missing, which are set aside; where there are too many the letter counts none. */
	#unbalanced({ source, key, etag }, missing) {
		const reason = "more or fewer records were settled than were offered: read the object again (flowferry replay --dead-letters)";
		const count = Math.max(0, missing);
		const letter = {
			sink: this.name,
			source,
			key,
			etag,
			from: 1,
			to: void 0,
			count,
			code: UNBALANCED,
			reason
		};
		return {
			...NOTHING,
			setAside: count,
			deadLetters: [letter]
		};
	}
};
/** Numbers of those flows that are not among the wanted ones. */
function recordsBeside(flows, wanted) {
	const gone = new Set(wanted);
	return flows.filter((flow) => !gone.has(flow)).map(({ record }) => record);
}
// src/delivery/gate.ts
/** So many different objects are refused, and none is read that was begun later, before the source is doubted and not they. */
const REFUSED = 5;
/** Codes of objects that are refused as all of a source are when its credentials may not read. */
const DENIED = /* @__PURE__ */ new Set([
	"object-denied",
	"object-missing",
	"object-refused"
]);
/**
* Who is to be doubted when a store refuses an object: the object or who asks. One that is refused while others can be read is its own
* trouble. When one after the other is refused the gate closes: nothing is read, a few objects are asked for at growing pauses, and as soon as
* one can be had it opens.
*/
var Gate = class {
	#options;
	#events;
	#stop;
	/** Ids of refused objects, each with the number of its last refusal, the oldest first. */
	#refused = /* @__PURE__ */ new Map();
	#refusals = 0;
	#closed;
	constructor(options, events, stop) {
		this.#options = options;
		this.#events = events;
		this.#stop = stop;
	}
	get isClosed() {
		return this.#closed !== void 0;
	}
	/** Resolves when it is open, or the run ends; rejects with what ends the run. */
	async opened() {
		while (this.#closed !== void 0 && !this.#stop.aborted) await firstOf([this.#closed], this.#stop);
	}
	/** Resolves when nothing is asked for any more. */
	async ended() {
		await this.#closed;
	}
	/** A reading begins; what is returned is to be called when some of it has come. */
	begin() {
		const before = this.#refusals;
		return () => {
			if (this.isClosed) return;
			for (const [id, number] of this.#refused) if (number <= before) this.#refused.delete(id);
		};
	}
	/** The object could not be read. */
	refused({ id }, error) {
		if (!this.#isRefusal(error)) return;
		this.#refusals += 1;
		this.#refused.delete(id);
		this.#refused.set(id, this.#refusals);
		if (this.#refused.size < REFUSED || this.isClosed) return;
		this.#closed = this.#untilReached();
		this.#closed.catch(() => {});
	}
	#isRefusal(error) {
		if (error instanceof Failure && error.gone) return false;
		return drawerOf(error) === "person" || !this.#options.untilCaughtUp && drawerOf(error) === "object" && DENIED.has(codeOf(error));
	}
	async #untilReached() {
		for (let failures = 0;;) {
			const error = await this.#reach(failures);
			if (this.#stop.aborted) return;
			if (error === void 0) {
				const refused = [...this.#refused.keys()];
				this.#refused.clear();
				if (failures > 0) await this.#events.onOpened(refused);
				this.#closed = void 0;
				return;
			}
			failures += 1;
			const pauseMs = pauseBefore(failures, error, this.#options.policy);
			this.#events.onRefused({
				failures,
				pauseMs,
				error
			});
			await pause(pauseMs, this.#stop);
			if (this.#stop.aborted) return;
		}
	}
	/** Why none of the candidates can be had; undefined when one can, or none is refused. */
	async #reach(attempt) {
		let [refusal, failure] = [];
		try {
			for (const object of this.#events.candidates(attempt)) {
				try {
					await this.#events.reach(object, this.#stop);
					return;
				} catch (error) {
					if (this.#isRefusal(error)) refusal ??= error;
					else if (drawerOf(error) !== "object") failure ??= error;
				}
				if (this.#stop.aborted) return void 0;
			}
		} catch (error) {
			return error;
		}
		return refusal ?? failure;
	}
};
// src/delivery/convoy.ts
/** Of so many objects that wait, and of so many that are parked, one is asked for when the source is doubted. */
const CANDIDATES = 64;
/**
* Reads each object of one source once for all consumers that keep step. One that does not (it is down, or was down before a restart) falls behind:
* it reads again by itself what it lacks, and joins the others when it has what they have started. So one never slows another,
* and nothing is kept in memory or on disk for it meanwhile.
*/
var Convoy = class {
	#ledger;
	#options;
	#events;
	#parking;
	#gate;
	#stop;
	#inStep;
	#behind = /* @__PURE__ */ new Set();
	#active = /* @__PURE__ */ new Set();
	/** Ids of parked objects that are being tried. */
	#retrying = /* @__PURE__ */ new Set();
	#solo = /* @__PURE__ */ new Map();
	/** Aborts with what ends the run. */
	#failed = new AbortController();
	#queue = [];
	/** Objects up to this id were taken up by the consumers in step. */
	#started;
	/** The ledger has none after those. */
	#exhausted = false;
	#change = Promise.withResolvers();
	constructor(consumers, { ledger, parking }, options, events, stop) {
		this.#ledger = ledger;
		this.#parking = parking;
		this.#options = options;
		this.#events = events;
		this.#stop = AbortSignal.any([stop, this.#failed.signal]);
		const onOpened = async (refused) => {
			await parking.wake(refused);
			events.onOpened();
		};
		const { reach, onRefused } = events;
		const doubts = {
			candidates: (attempt) => this.#candidates(attempt),
			reach,
			onRefused,
			onOpened
		};
		this.#gate = new Gate({
			policy: options.retry,
			untilCaughtUp: options.untilCaughtUp
		}, doubts, this.#stop);
		this.#inStep = new Set(consumers);
		const everything = {
			after: 0,
			through: Number.MAX_SAFE_INTEGER,
			limit: 1
		};
		const begins = new Map(consumers.map((consumer) => [consumer, ledger.pending(consumer.name, everything)[0]?.id ?? ledger.lastId() + 1]));
		this.#started = Math.max(...[...begins].filter(([{ leads }]) => leads).map(([, begin]) => begin)) - 1;
		for (const [consumer, begin] of begins) if (begin <= this.#started) this.#fallBehind(consumer);
		this.#stop.addEventListener("abort", () => {
			for (const { controller } of this.#active) controller.abort(this.#stop.reason);
		});
	}
	get started() {
		return this.#started;
	}
	/** Nothing that was discovered waits to be read, by anybody, but for objects that were tried often enough and cannot be read. */
	get idle() {
		return this.#active.size === 0 && this.#behind.size === 0 && this.#next() === void 0 && !this.#parking.owes;
	}
	get behind() {
		return this.#behind;
	}
	/** To be called when the ledger has new objects. */
	wake() {
		this.#exhausted = false;
		this.#changed();
	}
	/**
	* The ledger has forgotten these objects: their readings stop, and every consumer lets go of them. To be called in the same turn, so that
	* nobody commits in between.
	*/
	revoke(ids) {
		const revoked = new Set(ids);
		for (const { reading, controller } of this.#active) {
			if (!revoked.has(reading.object.id)) continue;
			reading.consumers.clear();
			controller.abort();
		}
		for (const id of revoked) for (const consumer of [...this.#inStep, ...this.#behind]) consumer.revoke(id);
		this.#queue = this.#queue.filter(({ id }) => !revoked.has(id));
		this.#parking.forget(revoked);
		this.#changed();
	}
	#changed() {
		const { resolve } = this.#change;
		this.#change = Promise.withResolvers();
		resolve();
	}
	/** Resolves at the next change of what is read. */
	changed() {
		return this.#change.promise;
	}
	/** Reads until `stop` aborts. Rejects with what no repetition heals. In either case every reading is over when it settles. */
	async run() {
		const workers = Array.from({ length: this.#options.objects }, () => this.#work().catch(this.#fail));
		await Promise.all(workers);
		await Promise.all(this.#solo.values());
		await this.#gate.ended().catch(this.#fail);
		if (this.#failed.signal.aborted) throw this.#failed.signal.reason;
	}
	#fail = (error) => {
		if (!this.#stop.aborted) this.#events.onFatal(error);
		this.#failed.abort(error);
	};
	async #work() {
		while (!this.#stop.aborted) {
			if (this.#gate.isClosed) await this.#gate.opened();
			const retried = this.#nextRetry();
			if (retried !== void 0) await this.#retry(retried);
			const object = this.#next();
			if (object !== void 0) {
				this.#queue.shift();
				this.#started = object.id;
				const consumers = new Set([...this.#inStep].filter((consumer) => consumer.wants(object)));
				if (consumers.size > 0) await this.#read(object, consumers);
			}
			if (retried === void 0 && object === void 0) await this.#news();
			else this.#changed();
		}
	}
	/** What may be asked for to see whether anything can be read: what is newest, and of what waits and of what is parked another one each time. */
	#candidates(attempt) {
		const newest = this.#ledger.newest();
		const waiting = this.#ledger.discovered(this.#started, CANDIDATES);
		const parked = this.#parking.soonest(CANDIDATES);
		const some = [
			newest,
			waiting[attempt % waiting.length],
			parked[attempt % parked.length]
		];
		return [...new Map(some.flatMap((object) => object === void 0 ? [] : [[object.id, object]])).values()];
	}
	/** Resolves when there may be something to read. */
	async #news() {
		const { pauseMs } = this.#parking;
		const due = Promise.withResolvers();
		const timer = pauseMs === void 0 ? void 0 : setTimeout(due.resolve, Math.max(pauseMs, 10));
		await firstOf([this.#change.promise, due.promise], this.#stop);
		clearTimeout(timer);
	}
	#next() {
		if (this.#queue.length === 0 && !this.#exhausted) {
			this.#queue = this.#ledger.discovered(this.#started, 64);
			this.#exhausted = this.#queue.length === 0;
			if (this.#exhausted) this.#started = Math.max(this.#started, this.#ledger.lastId());
		}
		return this.#queue[0];
	}
	/** A parked object that is to be tried again. At most half of the readers do so, so that what hangs does not hold up the others. */
	#nextRetry() {
		if (this.#retrying.size >= Math.max(1, this.#options.objects >> 1)) return void 0;
		return this.#parking.due(/* @__PURE__ */ new Set([...this.#retrying, ...[...this.#active].map(({ reading }) => reading.object.id)]));
	}
	async #retry(parked) {
		const { object } = parked;
		this.#retrying.add(object.id);
		try {
			const wanting = [...this.#inStep, ...this.#behind].filter((consumer) => this.#lacks(consumer, object));
			const inStep = wanting.filter((consumer) => this.#inStep.has(consumer));
			const consumers = inStep.length > 0 ? inStep : wanting.filter(({ hasRoom }) => hasRoom);
			if (wanting.length === 0) await this.#parking.leave(object.id);
			else if (consumers.length > 0) await this.#read(object, new Set(consumers));
			else {
				for (const consumer of wanting) consumer.leave(object.id);
				await this.#parking.postpone(parked);
			}
		} finally {
			this.#retrying.delete(object.id);
		}
	}
	/**
	* Reads an object for these consumers; one that cannot be read now is parked. Rejects with what ends the run.
	*/
	async #read(object, consumers) {
		const controller = new AbortController();
		const { signal } = controller;
		if (this.#stop.aborted) controller.abort(this.#stop.reason);
		const proved = this.#gate.begin();
		const offer = async (flows, through) => {
			proved();
			for (const consumer of consumers) consumer.offer(object.id, flows, through);
			await this.#room(consumers, signal);
		};
		const active = {
			reading: {
				object,
				consumers,
				signal,
				offer
			},
			controller
		};
		this.#active.add(active);
		try {
			const lost = await this.#events.read(active.reading);
			proved();
			for (const consumer of consumers) consumer.end(object.id, lost);
			await this.#parking.wasRead(object, () => [...this.#inStep, ...this.#behind].some((consumer) => consumer.wants(object)));
		} catch (error) {
			if (signal.aborted) return;
			if (error instanceof UsageError || drawerOf(error) === "worker") throw error;
			for (const consumer of consumers) consumer.leave(object.id);
			this.#gate.refused(object, error);
			await this.#parking.park(object, error);
		} finally {
			this.#active.delete(active);
		}
	}
	/** Whether the consumer lacks some of the object and takes part in no reading of it. */
	#lacks(consumer, object) {
		return ![...this.#active].some(({ reading }) => reading.object.id === object.id && reading.consumers.has(consumer)) && consumer.wants(object);
	}
	async #room(consumers, signal) {
		let overtakenSince;
		for (;;) {
			signal.throwIfAborted();
			const full = [...consumers].filter((consumer) => !consumer.hasRoom);
			if (full.length === 0) return;
			const slow = full.filter((consumer) => this.#inStep.has(consumer));
			const failing = slow.some((consumer) => consumer.failing);
			overtakenSince = slow.length > 0 && [...this.#inStep].some(({ hasRoom, leads }) => hasRoom && (leads || failing)) ? overtakenSince ?? Date.now() : void 0;
			const changes = full.map((consumer) => consumer.changed());
			if (overtakenSince !== void 0) {
				const left = overtakenSince + this.#options.stallMs - Date.now();
				if (left <= 0) {
					for (const consumer of full) if (this.#inStep.has(consumer)) this.#fallBehind(consumer);
					continue;
				}
				changes.push(setTimeout$1(left, void 0, { ref: false }));
			}
			await firstOf(changes, signal);
		}
	}
	#fallBehind(consumer) {
		this.#inStep.delete(consumer);
		this.#behind.add(consumer);
		for (const { reading, controller } of this.#active) if (reading.consumers.delete(consumer) && reading.consumers.size === 0) controller.abort();
		this.#events.onBehind(consumer);
		this.#solo.set(consumer, this.#catchUp(consumer).catch(this.#fail));
	}
	async #catchUp(consumer) {
		await Promise.resolve();
		let after = 0;
		const next = () => {
			const through = this.#started;
			const [object] = this.#ledger.pending(consumer.name, {
				after,
				through,
				limit: 1
			});
			if (object === void 0) after = Math.max(after, through);
			return object;
		};
		const work = async () => {
			for (let object = next(); object !== void 0 && !this.#stop.aborted; object = next()) {
				after = object.id;
				if (this.#lacks(consumer, object)) await this.#read(object, /* @__PURE__ */ new Set([consumer]));
				if (this.#gate.isClosed) await this.#gate.opened();
			}
		};
		while (next() !== void 0 || !consumer.hasRoom) {
			await Promise.all(Array.from({ length: this.#options.objects }, () => work().catch(this.#fail)));
			if (!consumer.hasRoom) await firstOf([consumer.changed()], this.#stop);
			if (this.#stop.aborted) return;
		}
		this.#behind.delete(consumer);
		this.#inStep.add(consumer);
		this.#solo.delete(consumer);
		this.#events.onCaughtUp(consumer);
		this.#changed();
	}
};
// src/delivery/discovery.ts
/** Discovery goes on while fewer objects than this wait to be read: the ledger grows with the backlog of a sink, not with the bucket. */
const QUEUE_OBJECTS = 2e3;
/** So many different hints at once say that everything is to be looked at. */
const MOST_HINTS = 16;
/** Looks for what is new in the bucket, and writes it into the ledger for the convoy to read. */
var Discovery = class {
	#source;
	#ledger;
	#write;
	#account;
	#convoy;
	#hints = /* @__PURE__ */ new Set();
	#hinted = Promise.withResolvers();
	#admitted = false;
	constructor({ source, ledger }, write, account, convoy) {
		this.#source = source;
		this.#write = write;
		this.#ledger = ledger;
		this.#account = account;
		this.#convoy = convoy;
	}
	/** Whether the store has ever shown what is in the bucket. */
	get admitted() {
		return this.#admitted;
	}
	/** There may be something new below this key prefix. */
	hint(prefix) {
		this.#hints.add(prefix);
		this.#hinted.resolve();
	}
	/** Objects that this worker is not to read any more; resolves when nothing is committed for them from now on. */
	async revoke(objects) {
		await this.#write(() => this.#convoy.revoke(this.#ledger.withdraw(objects)));
	}
	/** Resolves after so long, when the next pass is due; passes where hints point meanwhile, and resolves early when one of those fails. */
	async rest(ms, signal) {
		const end = performance.now() + ms;
		while (!signal.aborted) {
			const left = end - performance.now();
			if (left <= 0) return;
			if (this.#hints.size === 0) {
				this.#hinted = Promise.withResolvers();
				await firstWithin(left, [this.#hinted.promise], signal);
				continue;
			}
			const hints = this.#hints.size > MOST_HINTS ? [""] : [...this.#hints];
			this.#hints.clear();
			try {
				for (const hint of hints) await this.pass(signal, hint);
			} catch {
				return;
			}
		}
	}
	/**
	* One pass over the bucket, or over the keys that begin with `within`; resolves to the number of new objects. Throws what the source throws.
	*/
	async pass(signal, within) {
		let found = 0;
		for await (const page of this.#source.discover(this.#ledger.seen, signal, within)) {
			this.#admitted = true;
			const added = await this.#write(() => this.#ledger.discover(page));
			found += added;
			this.#account.discovered(page.objects, added);
			this.#convoy.wake();
			const full = () => this.#ledger.holds(QUEUE_OBJECTS, this.#convoy.started);
			while (full() && !signal.aborted) await firstOf([this.#convoy.changed()], signal);
		}
		this.#admitted = true;
		this.#account.passed();
		return found;
	}
};
// src/delivery/parking.ts
/** Longest pause before an object is tried again whose trouble is its own: somebody has to restore it, or to allow that it is read. */
const LONGEST_PAUSE_MS = 9e5;
/** So often a job tries an object that the store refuses. */
const OBJECT_ATTEMPTS = 3;
/** So often a job tries an object that fails in passing while others can be read. */
const PASSING_ATTEMPTS = 6;
/** Objects of one source that cannot be read now. Their readers go on with others; each is tried again at growing pauses. */
var Parking = class {
	#ledger;
	#write;
	#policy;
	#onParked;
	#tries = /* @__PURE__ */ new Map();
	/** Those that a job has to try once more before it may end. */
	#owed = /* @__PURE__ */ new Set();
	#nextDue;
	#lastRead = Number.NEGATIVE_INFINITY;
	constructor(ledger, write, policy, onParked) {
		this.#ledger = ledger;
		this.#write = write;
		this.#policy = policy;
		this.#onParked = onParked;
		ledger.wakeParked();
		this.#nextDue = ledger.nextDue();
	}
	/** Resolves when the object is parked, or when everybody has got it in another reading meanwhile. */
	async park(object, error) {
		const now = Date.now();
		const [drawer, code, reason] = [
			drawerOf(error),
			codeOf(error),
			describeError(error)
		];
		const { initialMs, maxMs } = this.#policy;
		const longest = drawer === "object" ? Math.max(maxMs, LONGEST_PAUSE_MS) : maxMs;
		const nextAt = Math.round(now + pauseBefore(this.#failed(object.id, drawer), error, {
			initialMs,
			maxMs: longest
		}));
		const parked = await this.#write(() => {
			if (!this.#tries.has(object.id)) return void 0;
			const { attempts, since } = this.#ledger.parkedObject(object.id) ?? {
				attempts: 0,
				since: now
			};
			const trouble = {
				attempts: attempts + 1,
				nextAt,
				drawer,
				code,
				reason
			};
			this.#ledger.park(object.id, trouble);
			return {
				object,
				since,
				...trouble
			};
		});
		this.#nextDue = this.#ledger.nextDue();
		if (parked !== void 0) this.#onParked(parked, error);
		await setImmediate();
	}
	/** Gives how often it failed in this run. */
	#failed(id, drawer) {
		const { failures, since } = this.#tries.get(id) ?? {
			failures: 0,
			since: performance.now()
		};
		const made = failures + 1;
		this.#tries.set(id, {
			failures: made,
			since
		});
		if (drawer === "object" ? made >= OBJECT_ATTEMPTS : made >= PASSING_ATTEMPTS && this.#lastRead >= since) this.#owed.delete(id);
		else this.#owed.add(id);
		return made;
	}
	/**
	* The object was read to its end, or was lost. While `isWanted`, others lack it: then it is read for them again, at once if it is parked.
	* That is asked when the ledger is written: another reading of the object may fail, or be parked, while this one waits for the disk.
	*/
	async wasRead({ id }, isWanted) {
		this.#lastRead = performance.now();
		if (!this.#tries.has(id)) return;
		await this.#write(() => {
			if (!isWanted()) return this.#unpark(id);
			const parked = this.#ledger.parkedObject(id);
			if (parked !== void 0) this.#postpone(parked, 0);
		});
		this.#nextDue = this.#ledger.nextDue();
	}
	/** Nobody needs the object: it is parked no more. */
	async leave(id) {
		await this.#write(() => this.#unpark(id));
		this.#nextDue = this.#ledger.nextDue();
	}
	#unpark(id) {
		this.#ledger.unpark(id);
		this.#drop(id);
	}
	#drop(id) {
		this.#tries.delete(id);
		this.#owed.delete(id);
	}
	/** The ledger knows nothing of these objects. */
	forget(ids) {
		for (const id of ids) this.#drop(id);
		this.#nextDue = this.#ledger.nextDue();
	}
	/** A parked object that is to be tried now and is none of `busy`. */
	due(busy) {
		const now = Date.now();
		if (this.#nextDue === void 0 || this.#nextDue > now) return void 0;
		const parked = this.#ledger.due(now, busy.size + 1).find(({ object }) => !busy.has(object.id));
		if (parked === void 0) return void 0;
		if (!this.#tries.has(parked.object.id)) this.#tries.set(parked.object.id, {
			failures: 0,
			since: performance.now()
		});
		return parked;
	}
	/** Some of the parked objects, those that are to be tried next. */
	soonest(limit) {
		return this.#ledger.due(Number.MAX_SAFE_INTEGER, limit).map(({ object }) => object);
	}
	/** Those of these objects that are parked are to be tried at once. */
	async wake(ids) {
		await this.#write(() => this.#ledger.wakeParked(ids));
		this.#nextDue = this.#ledger.nextDue();
	}
	/** Ms until an object is to be tried; undefined if none is parked. */
	get pauseMs() {
		return this.#nextDue === void 0 ? void 0 : Math.max(0, this.#nextDue - Date.now());
	}
	/** Nobody can take the object now that wants it: it is tried later, and that was no attempt. */
	async postpone(parked) {
		await this.#write(() => this.#postpone(parked, this.#policy.maxMs));
		this.#nextDue = this.#ledger.nextDue();
		await setImmediate();
	}
	#postpone({ object, ...trouble }, pauseMs) {
		this.#ledger.park(object.id, {
			...trouble,
			nextAt: Date.now() + pauseMs
		});
		this.#owed.add(object.id);
	}
	/** Whether a job that has nothing else to do still has to try some of what is parked. Those of earlier runs are due since ever. */
	get owes() {
		return this.#owed.size > 0 || this.#nextDue === 0;
	}
};
// src/run/source-tail.ts
/**
* One source of a worker: looks for what is new in its bucket, and reads it for all consumers. It has readers and pauses of its own, so that
* one that is down, or hangs, holds up no other.
*/
var SourceTail = class {
	/** Why a job goes on without the source; undefined as long as it does not. */
	givenUp;
	#inlet;
	#surroundings;
	#account;
	#convoy;
	#discovery;
	#stopped = new AbortController();
	/** Aborts when the run ends, or the source is given up. */
	#intake;
	constructor(inlet, surroundings, intake) {
		const { account, ledger: whole, write, options, consumers, onFatal } = surroundings;
		this.#inlet = inlet;
		this.#surroundings = surroundings;
		this.#account = account.of(inlet.name);
		this.#intake = AbortSignal.any([intake, this.#stopped.signal]);
		const ledger = whole.of(inlet.name);
		const parking = new Parking(ledger, write, options.retry, this.#account.onParked());
		const events = {
			...account.convoyEvents(inlet.name),
			...this.#account.gateEvents(),
			read: (reading) => this.#readObject(reading),
			reach: (object, signal) => this.#reach(object, signal),
			onFatal
		};
		this.#convoy = new Convoy(consumers, {
			ledger,
			parking
		}, options, events, this.#intake);
		this.#discovery = new Discovery({
			source: inlet.source,
			ledger
		}, write, this.#account, this.#convoy);
	}
	/** Reads what was discovered, until the run ends. Rejects with what no repetition heals. */
	read() {
		return this.#convoy.run();
	}
	/** Looks for what is new, again and again, until the run ends. */
	async forEver() {
		const { pollMs } = this.#surroundings.options;
		while (!this.#intake.aborted) {
			await this.#look();
			await this.#rest(this.#discovery.rest(pollMs, this.#intake));
		}
	}
	/** Nothing that was found waits to be read. */
	get idle() {
		return this.#convoy.idle;
	}
	/** The pause of a job between two looks, while it waits for other sources. */
	rest(signal) {
		return pause(this.#surroundings.options.pollMs, signal);
	}
	/** Takes what the source hears of by itself. The returned function ends that. */
	listen() {
		return this.#inlet.source.listen?.(this.#discovery);
	}
	/** There may be something new below this key prefix. */
	hint(prefix) {
		this.#discovery.hint(prefix);
	}
	/** Until the next look. */
	async #rest(over) {
		const ended = over.then(() => true);
		for (let isOver = false; !isOver;) {
			const change = this.#convoy.changed();
			if (this.idle) {
				this.#surroundings.onIdle();
				return over;
			}
			isOver = await Promise.race([ended, change.then(() => false)]);
		}
	}
	/**
	* Looks once, and resolves when all that is known of the source has come to its end everywhere: to whether there was something new. Of a
	* source that never lets anybody in nothing is expected, while there are others.
	*/
	async hasMore(signal) {
		if (this.givenUp !== void 0) return false;
		const found = await this.#look().catch((error) => {
			const { account } = this.#surroundings;
			if (this.#intake.aborted || account.isOnly || !this.#isRefused(error)) throw error;
			this.givenUp = error;
			this.#account.givenUp(error);
			this.#stopped.abort(error);
			return 0;
		});
		while (!this.#convoy.idle && !this.#intake.aborted && !signal.aborted) await firstOf([this.#convoy.changed()], this.#intake);
		for (const lane of this.#surroundings.lanes) await firstOf([lane.drain()], signal);
		return found > 0;
	}
	#look() {
		const { options } = this.#surroundings;
		const isFinal = (error) => isGone(error) || options.untilCaughtUp && this.#isRefused(error);
		return retry(() => this.#discovery.pass(this.#intake), options.retry, this.#intake, this.#account.onListingRetry(), isFinal);
	}
	/** A job with a wrong key or bucket says so and ends; a worker that tails waits until somebody puts it right. */
	#isRefused(error) {
		return !this.#discovery.admitted && drawerOf(error) === "person";
	}
	/** Resolves when the first bytes of the object have come, which are left. */
	async #reach(object, signal) {
		for await (const _ of await this.#inlet.source.open(object, signal)) return;
	}
	/**
	* Reads one object to its end; where it was read before, from where the first of its consumers is. Resolves to why the rest of it cannot be
	* had by anybody: it was deleted or replaced. Rejects with why it cannot be read now.
	*/
	async #readObject(reading) {
		const { object, consumers, signal } = reading;
		const { name, source, decode, enrich, keep } = this.#inlet;
		const { detections, checkpoint, write } = this.#surroundings;
		const { maxObjectBytes: maxBytes, maxRecordBytes } = this.#surroundings.options;
		const origin = originOf(source.name, object.key, object.etag, name);
		const skip = Math.min(...[...consumers].map((consumer) => consumer.offered(object.id)));
		const books = this.#account.begin(object, skip, write);
		try {
			const bytes = await source.open(object, signal, skip);
			const { leftOut } = bytes;
			for await (const piece of decode(bytes, origin, {
				skip,
				leftOut,
				maxBytes,
				maxRecordBytes
			})) {
				await enrich(piece.flows, signal);
				if (detections !== void 0) {
					detections.inspect(piece.flows, checkpoint !== void 0 && consumers.has(checkpoint));
					await write(() => detections.flush());
				}
				const wanted = piece.flows.filter(keep);
				this.#surroundings.options.onFlows?.(wanted);
				await books.read(piece, wanted);
				await reading.offer(wanted, piece.through);
			}
		} catch (error) {
			if (!(error instanceof Failure) || !error.gone) throw error;
			return books.lost(consumers, error);
		}
		await books.ended();
	}
};
// src/run/pipeline.ts
/**
* The whole journey, from each source: objects that are new → bytes → flows → enriched flows → batches → sinks → ledger. A source that is
* down waits alone. Ends when caught up (if asked to), when `stop` aborts (what is in flight gets `shutdownMs`), or with the first error that no repetition
* heals; in each case every committed position is an acknowledged one.
*/
async function runPipeline(parts, options, stop) {
	const [failed, finished, patience] = [
		new AbortController(),
		new AbortController(),
		new AbortController()
	];
	const intake = AbortSignal.any([
		stop,
		failed.signal,
		finished.signal
	]);
	/** What breaks off because it was told to stop is no failure. */
	const fail = (error) => {
		if (!intake.aborted) failed.abort(error);
	};
	let deadline;
	const beginToEnd = () => {
		deadline = setTimeout(() => patience.abort(), failed.signal.aborted ? 0 : options.shutdownMs);
	};
	if (intake.aborted) beginToEnd();
	else intake.addEventListener("abort", beginToEnd, { once: true });
	const { ledger, inlets } = parts;
	const account = new Account(parts, inlets.map(({ name }) => name), options.onProgress);
	const write = ledgerWrite(options.retry, patience.signal, account.ledgerEvents());
	const onFatal = (error) => failed.abort(error);
	const events = {
		...account.laneEvents(),
		onFatal
	};
	const lanes = [...parts.sinks].map(([name, sink]) => new Lane({
		name,
		sink,
		filter: parts.filters.get(name),
		ledger,
		policy: options.retry
	}, write, patience.signal, events));
	const checkpoint = parts.detections && new Checkpoint(ledger, parts.detections, write);
	const keepings = parts.keepers.map((keeper) => new Keeping(keeper, {
		ledger,
		write,
		onFatal
	}, patience.signal));
	const consumers = [
		...lanes,
		...keepings,
		...checkpoint === void 0 ? [] : [checkpoint]
	];
	ledger.register(consumers.map(({ name }) => name));
	account.watch(lanes);
	const { detections } = parts;
	/** When all that was found is read, no batch waits for records that cannot come. */
	const onIdle = () => {
		if (tails.every(({ idle }) => idle)) for (const lane of lanes) lane.flush();
	};
	const surroundings = {
		consumers,
		lanes,
		checkpoint,
		detections,
		ledger,
		account,
		write,
		options,
		onIdle,
		onFatal: fail
	};
	const tails = inlets.map((inlet) => new SourceTail(inlet, surroundings, intake));
	const ending = options.untilCaughtUp ? untilCaughtUp(tails, intake) : Promise.all(tails.map((tail) => tail.forEver()));
	const caughtUp = async () => {
		await ending;
		if (intake.aborted) return;
		await Promise.all(keepings.map((keeping) => firstOf([keeping.drain()], intake)));
		finished.abort();
	};
	const unheard = [...tails.map((tail) => tail.listen()), options.hints?.((prefix) => {
		for (const tail of tails) tail.hint(prefix);
	})];
	const working = [
		...tails.map((tail) => tail.read()),
		caughtUp(),
		checkpoint?.run(options.checkpointMs, intake)
	];
	await Promise.all(working.map((work) => work?.catch(fail)));
	for (const end of unheard) end?.();
	await Promise.all(consumers.map((consumer) => consumer.drain())).catch((error) => {
		if (!patience.signal.aborted) failed.abort(error);
	});
	clearTimeout(deadline);
	failed.signal.throwIfAborted();
	const givenUp = tails.find((tail) => tail.givenUp !== void 0);
	if (givenUp !== void 0) throw givenUp.givenUp;
	return account.totals();
}
/** Resolves when every source has nothing more: its last look found nothing new, and all that it had has come to its end everywhere. */
async function untilCaughtUp(tails, intake) {
	const quiet = /* @__PURE__ */ new Set();
	const all = new AbortController();
	const stop = AbortSignal.any([intake, all.signal]);
	await Promise.all(tails.map(async (tail) => {
		while (!stop.aborted) {
			quiet.delete(tail);
			if (await tail.hasMore(stop)) continue;
			quiet.add(tail);
			if (quiet.size === tails.length) all.abort();
			else await tail.rest(stop);
		}
	}));
}
// src/run/run.ts
/** Runs what was composed to its end, and tells people meanwhile. See `runPipeline`. */
async function runComposed({ parts, options, detections }, mode, stop) {
	const dispatch = detections?.dispatch;
	return {
		...await whileTelling(dispatch, stop, (signal) => runPipeline(parts, {
			...options,
			...mode
		}, signal)),
		alerts: dispatch?.close() ?? {
			told: 0,
			waiting: 0,
			refused: 0,
			withheld: 0
		}
	};
}
/** Everything that was read is delivered, and everybody told. */
function isComplete({ bad, parked, lost, sinks, alerts }) {
	const refused = Object.values(sinks).reduce((sum, { rejected, deadLettered }) => sum + rejected + deadLettered, 0);
	return bad + parked + lost + refused + alerts.waiting + alerts.refused === 0;
}
export { NO_BRAKE as a, deliver as i, runComposed as n, NOTHING as o, runPipeline as r, sumOf as s, isComplete as t };
