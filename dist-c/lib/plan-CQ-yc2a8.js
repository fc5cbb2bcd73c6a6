import { t as Command } from "./commander-BVTyMRTV.js";
import { t as originOf } from "./origin-DBD0VGCV.js";
import { n as decoderFor } from "./formats-DGXMnJnZ.js";
import { t as NOTHING_SEEN } from "./nothing-seen-Bl1sQhkd.js";
import { t as inspectLedger } from "./sqlite-DGiqnas8.js";
import { a as parseInstant } from "./durations-Bd18bo2u.js";
import { i as openSource } from "./compose-CbHgHWNM.js";
import { t as configOption } from "./config-option-BOSW5Ys2.js";
import { existsSync } from "node:fs";
// src/cli/plan.ts
/** How many objects are read to learn what one holds, and how many stored bytes of them. */
const SAMPLE_OBJECTS = 5;
const SAMPLE_BYTES = 32 * 1024 ** 2;
function planCommand(context) {
	return new Command("plan").description("Say what a run would read: objects, bytes, requests, and an estimate of records and time. Nothing is shipped.").addOption(configOption(context.env)).option("--json", "one JSON line for each source", false).action(async ({ config: file, json }) => {
		const config = await context.loadConfig(file);
		for (const source of config.sources) {
			const plan = await makePlan(config, source, context);
			if (json) context.print(JSON.stringify(plan));
			else if (config.sources.length > 1) context.print(`source ${source.name}`);
			if (!json) for (const line of describe(plan)) context.print(line);
		}
	});
}
async function makePlan(config, named, context) {
	const { name } = named;
	const source = await openSource(config, named, context.env, () => {});
	const { ledgerPath } = config;
	const isThere = ledgerPath !== ":memory:" && existsSync(ledgerPath);
	let ledger;
	try {
		ledger = isThere ? inspectLedger(ledgerPath, [{
			name,
			store: source.name
		}]) : void 0;
		const sample = [];
		const partitions = /* @__PURE__ */ new Set();
		let [objects, bytes, listPages, oldest, newest] = [
			0,
			0,
			0,
			Number.POSITIVE_INFINITY,
			Number.NEGATIVE_INFINITY
		];
		const seen = ledger?.of(name).seen ?? NOTHING_SEEN;
		for await (const page of source.discover(seen, context.signal)) {
			listPages += 1;
			if (page.objects.length > 0) partitions.add(page.partition);
			for (const object of page.objects) {
				objects += 1;
				bytes += object.size;
				oldest = Math.min(oldest, object.time);
				newest = Math.max(newest, object.time);
				if (sample.length < SAMPLE_OBJECTS) sample.push(object);
				else if (objects % 97 === 0) sample[objects / 97 % SAMPLE_OBJECTS] = object;
			}
		}
		const sampled = sample.length === 0 ? null : await readSample(sample, bytes, source, {
			...config.limits,
			format: named.format,
			registry: config.registry
		}, context.signal);
		const iso = (time) => Number.isFinite(time) ? new Date(time).toISOString() : null;
		const warnings = tooOldFor(config, named, Math.min(oldest, sampled?.oldestFlow ?? oldest), Date.now());
		return {
			source: name,
			objects,
			bytes,
			partitions: partitions.size,
			listPages,
			oldest: iso(oldest),
			newest: iso(newest),
			estimate: sampled?.estimate ?? null,
			warnings
		};
	} finally {
		await source.close();
		ledger?.close();
	}
}
/** A line for each sink that refuses records as old as the oldest known, unless the filter keeps them from it. In ms since the epoch. */
function tooOldFor({ sinks }, { filter }, oldest, now) {
	const since = filter.since === void 0 ? Number.NEGATIVE_INFINITY : parseInstant(filter.since, now);
	return sinks.flatMap(({ name, component: { type, timeWindow } }) => {
		if (timeWindow === void 0 || oldest >= now - timeWindow.pastMs || since >= now - timeWindow.pastMs) return [];
		const hours = timeWindow.pastMs / 36e5;
		return [`sink ${name} (${type}) takes no record older than ${hours} h, and ${`the bucket holds records of ${new Date(oldest).toISOString()} or before`}: ${`older ones become dead letters of this sink; set filter.since: ${hours}h to leave them out`}`];
	});
}
/** Reads the sample to its end. `oldestFlow` is in ms since the epoch, undefined when there is no flow in it. */
async function readSample(sample, bytes, source, { registry, format, maxObjectBytes: maxBytes, maxRecordBytes }, signal) {
	const decode = decoderFor(registry.formats, format);
	const options = {
		skip: 0,
		maxBytes,
		maxRecordBytes
	};
	const started = performance.now();
	let [sampledObjects, sampledBytes, records] = [
		0,
		0,
		0
	];
	let oldestFlow;
	for (const object of sample) {
		if (sampledObjects > 0 && sampledBytes + object.size > SAMPLE_BYTES) continue;
		const pieces = decode(await source.open(object, signal), originOf(source.name, object.key, object.etag), options);
		for await (const { flows } of pieces) {
			records += flows.length;
			for (const { time } of flows) oldestFlow = Math.min(oldestFlow ?? time, time);
		}
		sampledObjects += 1;
		sampledBytes += object.size;
	}
	const share = bytes / Math.max(1, sampledBytes);
	const seconds = Math.round((performance.now() - started) / 1e3 * share);
	return {
		estimate: {
			sampledObjects,
			records: Math.round(records * share),
			seconds
		},
		oldestFlow
	};
}
function describe({ objects, bytes, partitions, listPages, oldest, newest, estimate, warnings }) {
	if (objects === 0) return ["nothing new: every object in the bucket was discovered before, or there is none"];
	const lines = [
		`objects:   ${objects} in ${partitions} ${partitions === 1 ? "partition" : "partitions"}, stored from ${oldest} to ${newest}`,
		`bytes:     ${(bytes / 1e6).toFixed(1)} MB as stored`,
		`requests:  ${objects} reads and about ${listPages} listings`
	];
	if (estimate !== null) {
		const { sampledObjects, records, seconds } = estimate;
		lines.push(`records:   about ${records} (from ${sampledObjects} sampled ${sampledObjects === 1 ? "object" : "objects"})`, `time:      about ${seconds} s to read and decode one object after the other, without delivery`);
	}
	lines.push(...warnings.map((warning) => `warning:   ${warning}`));
	return lines;
}
export { planCommand };
