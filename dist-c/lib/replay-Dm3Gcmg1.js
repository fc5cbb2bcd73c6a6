import { t as Command } from "./commander-BVTyMRTV.js";
import "./sqlite-DGiqnas8.js";
import { t as originOf } from "./origin-DBD0VGCV.js";
import { a as describeError, i as codeOf, o as drawerOf, r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { a as NO_BRAKE, i as deliver, o as NOTHING, r as runPipeline, s as sumOf } from "./run-eVXQPNPQ.js";
import { l as Checkpoint } from "./detections-D3NX89Ko.js";
import { t as version } from "./version-BRz3Snu3.js";
import { c as openLog, t as compose } from "./compose-CbHgHWNM.js";
import { t as configOption } from "./config-option-BOSW5Ys2.js";
import { t as EXIT } from "./context-BVD8iu4e.js";
import { a as quietOption, i as logLevelOption, r as levelOf, t as run } from "./run-Ca8QZDT_.js";
import { n as positive, t as letterFilter } from "./status-CEztlLym.js";
// src/delivery/listed.ts
/** Records of an object, listed as ranges that ascend and do not touch. */
var Listed = class {
	#ranges;
	constructor(ranges) {
		this.#ranges = ranges;
	}
	has(record) {
		const range = this.#ranges[this.#at(record)];
		return range !== void 0 && range.from <= record;
	}
	/** What of it lies in this range. */
	within({ from, to }) {
		const found = [];
		for (let at = this.#at(from); at < this.#ranges.length; at += 1) {
			const range = this.#ranges[at];
			if (to !== void 0 && range.from > to) break;
			const ends = [range.to, to].filter((end) => end !== void 0);
			found.push({
				from: Math.max(range.from, from),
				to: ends.length === 0 ? void 0 : Math.min(...ends)
			});
		}
		return found;
	}
	/** Place of the first range that does not end before this record. */
	#at(record) {
		let [low, high] = [0, this.#ranges.length];
		while (low < high) {
			const middle = low + high >>> 1;
			const { to } = this.#ranges[middle];
			if (to !== void 0 && to < record) low = middle + 1;
			else high = middle;
		}
		return low;
	}
};
// src/delivery/replay.ts
/**
* Reads what dead letters point at once more and delivers it: a sink's letter to that sink, one of the detections to their rules, an
* undecodable record to every sink. What is refused again is set aside again, by itself; what cannot be read stays, and so do those places
* of a letter for many that still cannot be decoded. A letter is settled after the acknowledgement. Uids are those of the first attempt.
*/
async function replay(letters, parts, options, signal) {
	const result = {
		delivered: 0,
		settled: 0,
		kept: []
	};
	const keep = (letter, error) => void result.kept.push({
		letter,
		code: codeOf(error),
		reason: describeError(error)
	});
	for (const letter of letters) {
		signal.throwIfAborted();
		try {
			const { outcomes, bad } = await replayOne(letter, parts, options, signal);
			parts.ledger.settleLetter(letter, outcomes, undecodable(bad));
			const all = sumOf([...outcomes.values()]);
			result.delivered += all.delivered;
			const [refused] = [...bad, ...all.deadLetters];
			if (refused === void 0) result.settled += 1;
			else result.kept.push({
				letter,
				code: refused.code,
				reason: refused.reason
			});
		} catch (error) {
			signal.throwIfAborted();
			if (error instanceof UsageError || drawerOf(error) === "worker") throw error;
			keep(letter, error);
		}
	}
	return result;
}
async function replayOne(letter, parts, options, signal) {
	const { source, key, etag, from, to = Number.MAX_SAFE_INTEGER } = letter;
	const sinks = [...parts.sinks].filter(([name]) => letter.sink === void 0 || letter.sink === name);
	const isOfRules = letter.sink === "(detections)" && parts.detections !== void 0;
	if (sinks.length === 0 && !isOfRules) {
		const missing = letter.sink === "(detections)" ? "a block `alerts`" : `sink ${letter.sink}`;
		throw new Failure("person", "unknown-sink", `${missing} is not in the configuration`);
	}
	const inlet = parts.inlets.find(({ name }) => name === source);
	if (inlet === void 0) throw new Failure("person", "unknown-source", `source ${source} is not in the configuration`);
	const outcomes = new Map(sinks.map(([name]) => [name, NOTHING]));
	let through = 0;
	const origin = originOf(inlet.source.name, key, etag, source);
	const read = async () => {
		const bytes = await inlet.source.open({
			key,
			etag,
			size: 0,
			time: 0
		}, signal, from - 1);
		return inlet.decode(bytes, origin, {
			...options,
			skip: from - 1,
			leftOut: bytes.leftOut
		});
	};
	const places = parts.ledger.placesOf(letter.id);
	const listed = new Listed(places ?? [letter]);
	const stillBad = [];
	if (letter.code === "many-bad-records" && places === void 0) await refuseUnlisted(letter, await read(), signal);
	for await (const piece of await read()) {
		const bad = letter.sink !== void 0 ? [] : piece.bad.flatMap((one) => listed.within(one).map((range) => ({
			...one,
			...range
		})));
		const [broken] = bad;
		if (broken !== void 0 && places === void 0) throw new Failure("object", broken.code, broken.reason);
		stillBad.push(...bad);
		const flows = piece.flows.filter(({ record }) => listed.has(record));
		await inlet.enrich(flows, signal);
		parts.detections?.inspect(flows, isOfRules);
		const wanted = flows.filter(inlet.keep);
		for (const [name, sink] of sinks) {
			const own = wanted.filter(parts.filters.get(name) ?? (() => true));
			const held = {
				...NOTHING,
				filtered: wanted.length - own.length
			};
			outcomes.set(name, sumOf([
				outcomes.get(name) ?? NOTHING,
				held,
				await deliverAll(name, sink, own, options, signal)
			]));
		}
		through = piece.through;
		if (through >= to) break;
	}
	const isBroken = stillBad.length > 0 && through < (stillBad.at(-1)?.from ?? 0);
	if (through < (letter.to ?? from) && !isBroken) throw new Failure("object", "replay-missing", `${key} has no record ${Math.max(from, through + 1)}`);
	if (isOfRules) {
		const checkpoint = new Checkpoint(parts.ledger, parts.detections, async (work) => work());
		checkpoint.inspected();
		await checkpoint.save();
	}
	return {
		outcomes,
		bad: stillBad
	};
}
function undecodable(places) {
	const [first] = places;
	return first && {
		places,
		reason: first.reason
	};
}
/**
* Where a letter for many bad places of an object does not list them (an earlier version wrote it, or there are more than can be kept) it only
* counts them. Unless they are all there is, those between them were delivered, and cannot be told from them now.
*/
async function refuseUnlisted({ key, from, count }, pieces, signal) {
	let through = from - 1;
	for await (const piece of pieces) {
		signal.throwIfAborted();
		const [broken] = piece.bad;
		if (broken !== void 0) throw new Failure("object", broken.code, broken.reason);
		through = piece.through;
	}
	const records = through - from + 1;
	if (records <= count) return;
	const which = `${count} of its ${records} records from ${from} on could not be decoded, not kept which, and the others were delivered`;
	throw new Failure("object", "replay-unlisted", `${key}: ${which}: \`flowferry replay --since\` delivers all of them again, under the same uids`);
}
async function deliverAll(name, sink, flows, options, signal) {
	const delivery = {
		name,
		sink,
		policy: options.retry,
		brake: NO_BRAKE,
		events: {
			onRetry: options.onRetry,
			onTooLarge: () => {}
		}
	};
	const outcomes = [];
	for (let start = 0; start < flows.length; start += sink.limits.records) {
		const part = flows.slice(start, start + sink.limits.records);
		const [first, last] = [part[0], part.at(-1)];
		if (first === void 0 || last === void 0) break;
		const segment = {
			origin: first.origin,
			from: first.record,
			to: last.record,
			count: part.length
		};
		outcomes.push(...await deliver(delivery, {
			flows: part,
			segments: [segment]
		}, signal));
	}
	return sumOf(outcomes);
}
// src/cli/replay.ts
function replayCommand(context, finish) {
	return new Command("replay").description("Deliver again: what dead letters point at, or all flows of a span of time. Record uids stay the same.").addOption(configOption(context.env)).option("--dead-letters", "read what was set aside once more; the worker must not be running", false).option("--since <time>", "deliver all flows of this time and later again (a time, or an age as in 30d)").option("--until <time>", "… and before this time").option("--alerts", "with --since: tell people of what the rules find in flows that are not older than `alerts.lateness`", false).option("--sink <name>", "only for this sink; with --dead-letters, `none` for records that could not be decoded").option("--source <name>", "only what comes from this source").option("--code <code>", "with --dead-letters: only those with this code").option("--limit <n>", "with --dead-letters: at most so many", positive, 1e5).addOption(logLevelOption()).addOption(quietOption()).option("--json", "end with one JSON line", false).action(async (options) => {
		const config = await context.loadConfig(options.config);
		if (options.source !== void 0) requireSource(config, options.source);
		const span = options.since !== void 0 || options.until !== void 0;
		if (options.deadLetters === span) throw new UsageError("replay-what", "say what to replay: either --dead-letters, or --since and --until");
		if (span) finish(await run(context, spanOf(config, options), {
			...options,
			untilCaughtUp: true
		}));
		else finish(await replayDeadLetters(context, config, options));
	});
}
function requireSource({ sources }, name) {
	const names = sources.map((source) => source.name);
	if (!names.includes(name)) throw new UsageError("unknown-source", `there is no source ${name}: ${names.join(", ")}`);
}
/** The configuration with the span as its filter, the chosen sinks, and a ledger of its own, so that no position changes. Nobody is told unless asked for. */
function spanOf(config, { since, until, sink, source, alerts: tell }) {
	const sources = config.sources.filter(({ name }) => source === void 0 || name === source).map((named) => ({
		...named,
		filter: {
			...named.filter,
			since,
			until
		}
	}));
	const sinks = sink === void 0 ? config.sinks : config.sinks.filter(({ name }) => name === sink);
	if (sinks.length === 0) throw new UsageError("unknown-sink", `there is no sink ${sink}: ${config.sinks.map(({ name }) => name).join(", ")}`);
	const alerts = config.alerts === void 0 || tell ? config.alerts : {
		...config.alerts,
		notifiers: []
	};
	return {
		...config,
		sources,
		sinks,
		alerts,
		ledgerPath: ":memory:"
	};
}
async function replayDeadLetters(context, config, options) {
	const { log, close: closeLog } = await openLog(levelOf(options, config.telemetry.level), config.telemetry.otlpEndpoint, version, config.secrets.scrub, context.stderr);
	const composed = await compose(config, {
		env: context.env,
		log
	});
	try {
		const { ledger } = composed.parts;
		const letters = ledger.deadLetters(letterFilter(options), options.limit);
		const { delivered, settled, kept } = await replay(letters, composed.parts, {
			maxBytes: config.limits.maxObjectBytes,
			maxRecordBytes: config.limits.maxRecordBytes,
			retry: config.run.retry,
			onRetry: ({ error }) => log.warn(`cannot deliver, will try again: ${describeError(error)}`)
		}, context.signal);
		const inlets = composed.parts.inlets.filter(({ name }) => options.source === void 0 || name === options.source);
		const countParked = () => inlets.reduce((sum, { name }) => sum + ledger.of(name).countParked(), 0);
		const wasParked = countParked();
		if (wasParked > 0 && options.sink === void 0) await readParked(composed, inlets, context);
		const parked = countParked();
		for (const { letter, code, reason } of kept) log.warn({
			key: letter.key,
			from: letter.from,
			code
		}, `still refused: ${reason}`);
		if (options.json) context.print(JSON.stringify({
			deadLetters: letters.length,
			settled,
			kept: kept.length,
			delivered,
			parked
		}));
		else {
			context.print(`${letters.length} dead letters: ${settled} settled, ${kept.length} kept; ${delivered} records delivered`);
			if (wasParked > 0) context.print(`${wasParked} objects were parked: ${wasParked - parked} read now, ${parked} still cannot be`);
		}
		return kept.length + parked > 0 ? EXIT.incomplete : EXIT.done;
	} finally {
		await composed.close();
		await closeLog();
	}
}
/** Tries parked objects of these sources again, and delivers what waits in the ledger. Nothing new is looked for. */
async function readParked({ parts, options }, inlets, { signal }) {
	const still = inlets.map((inlet) => ({
		...inlet,
		source: {
			...inlet.source,
			async *discover() {}
		}
	}));
	await runPipeline({
		...parts,
		inlets: still
	}, {
		...options,
		untilCaughtUp: true
	}, signal);
}
export { replayCommand };
