import { a as InvalidArgumentError, n as Option, t as Command } from "./commander-BVTyMRTV.js";
import { a as FORMATS, c as INCIDENTS, i as DEFAULT_START, n as lookupFiles, o as DAMAGE, r as generate, s as damageKinds, t as writeBucket } from "./write-LYKOKyhT.js";
import { a as parseInstant, i as parseDuration } from "./durations-Bd18bo2u.js";
import { r as UsageError } from "./errors-C4nvsd9u.js";
import { t as nearest } from "./nearest-DcR-nB4_.js";
import { dirname, join, resolve } from "node:path";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { SingleBar } from "cli-progress";
// src/cli/generate.ts
const DAY_MS = 864e5;
/** What is older is no news any more (`alerts.lateness`). */
const RECENT_MS = 36e5;
function generateCommand(context) {
	return new Command("generate").description("Make up a bucket of flow logs from a seed, with incidents in it and a file that says what it holds.").addOption(new Option("--format <format>", "log format").choices(FORMATS).makeOptionMandatory()).requiredOption("--out <dir>", "folder that becomes the bucket; it must be empty or absent").option("--flows <n>", "flow records, those of the incidents among them", wholeNumber, 1e5).addOption(new Option("--objects <n>", "number of objects (default: the pace of the real writer)").argParser(wholeNumber).conflicts("flowsPerObject")).option("--flows-per-object <n>", "flows of one object, on average (ibm: at most)", wholeNumber).option("--seed <text>", "the same seed and options give the same bytes", "1").addOption(new Option("--start <time>", "when the traffic begins: a time, or how long ago, as in 1d").argParser(instant).default(DEFAULT_START, new Date(DEFAULT_START).toISOString())).addOption(new Option("--span <duration>", "how long it goes on, as in 6h or 7d (default: 1d, with --recent 1h)").argParser(parseDuration)).addOption(new Option("--recent", "the traffic ends now, so that it is news and somebody is told").conflicts("start")).option("--vnics <n>", "servers, each with one VNIC that logs (8 to 2000)", wholeNumber, 24).addOption(new Option("--incidents <list>", `all, none, or some of ${INCIDENTS.join(",")}`).argParser(incidentList).default(INCIDENTS, "all")).addOption(new Option("--damage <list>", `all, none, or some of ${Object.keys(DAMAGE).join(",")}`).argParser(list).default([], "none")).addOption(new Option("--prefix <text>", "what every key begins with").default("", "nothing")).option("--wrapped", "oci: each event in the wrapper that the console's export has").option("--encoded-keys", "ibm: CRNs in keys are URL-encoded").option("--no-quality", "no NODATA and SKIPDATA records, no headers that say so or miscount").option("--gzip-level <n>", "1 (fast) to 9 (small)", wholeNumber, 3).option("--lookups <dir>", "also write servers.csv, subnets.csv, networks.csv and approved-destinations.csv that fit the bucket").option("--truth <file>", "where to write what the bucket holds (default: <out>.truth.json)").option("--force", "write into a folder that is not empty; files of the same name are replaced").option("--json", "end with one JSON line that sums up the bucket").action((flags) => run(context, flags));
}
async function run(context, flags) {
	const out = resolve(flags.out);
	const truthFile = resolve(flags.truth ?? `${out}.truth.json`);
	checkTargets(out, truthFile, flags);
	const generation = generate(optionsOf(flags));
	const started = performance.now();
	const progress = showProgress(context.stderr, flags.flows);
	mkdirSync(out, { recursive: true });
	try {
		await writeBucket(generation, out, ({ records }) => progress.add(records), context.signal);
	} finally {
		progress.stop();
	}
	const truth = generation.truth();
	mkdirSync(dirname(truthFile), { recursive: true });
	writeFileSync(truthFile, `${JSON.stringify(truth, void 0, 2)}\n`);
	if (flags.lookups !== void 0) {
		const folder = resolve(flags.lookups);
		mkdirSync(folder, { recursive: true });
		for (const [name, text] of Object.entries(lookupFiles(generation))) writeFileSync(join(folder, name), text);
	}
	summarize(context, flags, truth, truthFile, (performance.now() - started) / 1e3);
}
function checkTargets(out, truthFile, { force, out: given }) {
	if (existsSync(out)) {
		if (!statSync(out).isDirectory()) throw new UsageError("bad-generate-option", `--out ${given} is a file: name a folder`);
		if (!force && readdirSync(out).length > 0) throw new UsageError("not-empty", `--out ${given} is not empty: name another folder, or add --force to write into it`);
	}
	if (`${truthFile}/`.startsWith(`${out}/`)) throw new UsageError("bad-generate-option", "--truth lies inside --out, where it would be taken for an object: move it out");
}
function optionsOf(flags) {
	const { format, flows, objects, flowsPerObject, seed, vnics, incidents, prefix, quality, gzipLevel } = flags;
	const spanMs = flags.span ?? (flags.recent ? RECENT_MS : DAY_MS);
	return {
		format,
		flows,
		seed,
		start: flags.recent ? instant(`${spanMs}ms`) : flags.start,
		spanMs,
		vnics,
		incidents,
		prefix,
		quality,
		gzipLevel,
		damage: damageList(format, flags.damage),
		wrapped: flags.wrapped === true,
		encodedKeys: flags.encodedKeys === true,
		...objects === void 0 ? {} : { objects },
		...flowsPerObject === void 0 ? {} : { flowsPerObject }
	};
}
function summarize({ print }, flags, truth, truthFile, seconds) {
	const { objects, records, flows, storedBytes, incidents, damage } = truth;
	if (flags.json) {
		const total = flows.accept + flows.reject;
		const rounded = Math.round(seconds * 1e3) / 1e3;
		print(JSON.stringify({
			objects,
			records,
			flows: total,
			storedBytes,
			out: flags.out,
			truth: truthFile,
			seconds: rounded
		}));
		return;
	}
	print(`${objects} objects, ${records} records, ${(storedBytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s: ${flags.out}`);
	print(`${flows.accept} accepted and ${flows.reject} rejected flows; what the bucket holds: ${truthFile}`);
	for (const { id, source, destination, port, recordCount, start } of incidents) print(`${id}: ${source} to ${destination}${port === null ? "" : ` port ${port}`}, ${recordCount} records from ${start}`);
	for (const { kind, key, record } of damage) print(`damage ${kind}: ${key}${record === null ? "" : ` record ${record}`}`);
}
function showProgress(stderr, flows) {
	if (!stderr.isTTY) return {
		add: () => {},
		stop: () => {}
	};
	const bar = new SingleBar({
		stream: stderr,
		format: "{bar} {percentage}% | {value} of {total} flows | {eta} s left",
		hideCursor: true
	});
	bar.start(flows, 0);
	return {
		add: (records) => bar.increment(records),
		stop: () => bar.stop()
	};
}
function wholeNumber(text) {
	if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("It is no whole number.");
	return Number(text);
}
/** To the second, as the log counts. */
function instant(text) {
	return Math.floor(parseInstant(text, Date.now()) / 1e3) * 1e3;
}
function list(text) {
	return text === "none" ? [] : text.split(",").map((word) => word.trim());
}
function incidentList(text) {
	return text === "all" ? INCIDENTS : list(text).map((word) => known(word, INCIDENTS, "incident"));
}
function damageList(format, words) {
	const kinds = damageKinds(format);
	return words.length === 1 && words[0] === "all" ? kinds : words.map((word) => known(word, kinds, `damage of format ${format}`));
}
function known(word, words, what) {
	const found = words.find((each) => each === word);
	if (found !== void 0) return found;
	const near = nearest(word, words);
	const hint = near === void 0 ? `choose among ${words.join(", ")}` : `did you mean ${near}?`;
	throw new UsageError("bad-generate-option", `there is no ${what} "${word}": ${hint}`);
}
export { generateCommand };
