import { t as Command } from "./commander-BVTyMRTV.js";
import { n as bookLine, t as bookJson } from "./books-SxM9GxOy.js";
import { t as inspectLedger } from "./sqlite-DGiqnas8.js";
import { r as UsageError } from "./errors-C4nvsd9u.js";
import { t as configOption } from "./config-option-BOSW5Ys2.js";
// src/cli/status.ts
function statusCommand(context) {
	return new Command("status").description("Show how far each sink is, what was set aside, and what the logs say is missing. Works beside a running worker.").addOption(configOption(context.env)).option("--dead-letters", "list what was set aside: key, records, code, reason", false).option("--sink <name>", "only dead letters of this sink; `none` for records that could not be decoded").option("--source <name>", "only dead letters of this source").option("--code <code>", "only dead letters with this code").option("--limit <n>", "most dead letters to list", positive, 1e3).option("--json", "JSON: one object, or one line for each dead letter", false).action(async (options) => {
		const config = await context.loadConfig(options.config);
		if (config.ledgerPath === ":memory:") throw new UsageError("ledger-memory", "ledger.path is :memory: and leaves no status behind");
		const ledger = inspectLedger(config.ledgerPath);
		try {
			if (options.deadLetters) listDeadLetters(context, ledger, options);
			else showStatus(context, ledger, options.json);
		} finally {
			ledger.close();
		}
	});
}
function positive(text) {
	const value = Number(text);
	if (!Number.isInteger(value) || value < 1) throw new UsageError("bad-number", `"${text}" is not a whole number above 0`);
	return value;
}
function letterFilter({ sink, source, code }) {
	return {
		sink: sink === "none" ? null : sink,
		source,
		code
	};
}
function listDeadLetters({ print }, ledger, options) {
	const filter = letterFilter(options);
	const most = options.limit + 1;
	const found = [...ledger.deadLetters(filter, most), ...parkedLetters(ledger, filter, most)];
	const placeOf = placesIn(ledger);
	for (const letter of found.slice(0, options.limit)) print(options.json ? JSON.stringify({
		...letter,
		at: new Date(letter.at).toISOString()
	}) : letterLine(letter, placeOf));
	if (options.json) return;
	if (found.length === 0) print("no dead letters");
	else if (found.length > options.limit) print(`… more: raise --limit (now ${options.limit})`);
}
function parkedLetters(ledger, { sink, source, code }, limit) {
	if (sink === null) return [];
	return ledger.parkedFor(sink, limit).filter(({ object, code: why }) => (code ?? why) === why && (source ?? object.source) === object.source).map(({ sink: name, position, object, attempts, since, nextAt, code: why, reason }) => ({
		sink: name,
		source: object.source,
		key: object.key,
		etag: object.etag,
		from: position + 1,
		to: object.records,
		count: object.records === void 0 ? 1 : object.records - position,
		code: why,
		reason,
		at: since,
		parked: true,
		attempts,
		nextAt: new Date(nextAt).toISOString()
	}));
}
/** The key of an object, behind its source where the ledger knows several. */
function placesIn(ledger) {
	const several = ledger.status().sources.length > 1;
	return ({ source, key }) => several ? `${source}  ${key}` : key;
}
function letterLine(letter, placeOf) {
	const { sink, from, to, count, code, reason } = letter;
	const records = to === void 0 ? `from record ${from} on` : from === to ? `record ${from}` : `records ${from} to ${to} (${count})`;
	const again = "parked" in letter ? `parked, attempt ${letter.attempts} failed, the next is due ${letter.nextAt}; ` : "";
	return `${sink ?? "undecodable"}  ${placeOf(letter)}  ${records}  ${again}${code}: ${reason}`;
}
function showStatus({ print }, ledger, json) {
	const { sources, sinks, quality, objects, partitions, parked, problems, owner } = ledger.status();
	const books = ledger.alerts.books();
	const undecodable = ledger.countDeadLetters({ sink: null });
	if (json) {
		const dated = problems.map(({ since, ...problem }) => ({
			...problem,
			since: new Date(since).toISOString()
		}));
		print(JSON.stringify({
			owner: owner ?? null,
			partitions,
			objects,
			parked,
			undecodable,
			sources,
			sinks: sinks.map(toJson),
			alerts: books.map(bookJson),
			problems: dated,
			quality
		}));
		return;
	}
	print(owner === void 0 ? "no worker is running" : `worker: ${owner}`);
	for (const { part, reason, since } of problems) print(`not ready: ${part} since ${new Date(since).toISOString()}: ${reason}`);
	for (const source of sources) print(sourceLine(source, sources.length === 1));
	const placeOf = placesIn(ledger);
	for (const { object, attempts, nextAt, code, reason } of ledger.parked(PARKED_SHOWN)) print(`parked: ${placeOf(object)}: ${attempts} attempts, the next is due ${new Date(nextAt).toISOString()}: ${code}: ${reason}`);
	if (parked > PARKED_SHOWN) print(`… and ${parked - PARKED_SHOWN} more (see --dead-letters)`);
	const found = sources.some((source) => source.partitions > 0 || source.objects > 0);
	for (const sink of sinks) print(sinkLine(sink, found));
	for (const book of books) print(bookLine(book));
	print(`undecodable records: ${undecodable}${undecodable > 0 ? " (see --dead-letters --sink none)" : ""}`);
	for (const { source, kind, count, lastKey, lastMessage } of quality) print(`${kind}: ${count}, last ${placeOf({
		source,
		key: lastKey
	})}: ${lastMessage}`);
}
const PARKED_SHOWN = 10;
function sourceLine({ name, store, configured, partitions, objects, pendingObjects, parked, deadLettered }, isOnly) {
	const what = isOnly ? "bucket" : `source ${name}`;
	if (!configured) return `${what}: ${store} is not in the configuration: ${`${pendingObjects} objects that wait and ${deadLettered} records set aside are kept`}`;
	return `${what}: ${partitions} partitions tailed, ${objects} objects remembered, ${parked} parked`;
}
/** `found`: whether any object was ever listed. */
function sinkLine({ name, pendingObjects, oldestPending, delivered, rejected, setAside, filtered, lastDelivery }, found) {
	const age = oldestPending === void 0 ? "" : `, the oldest stored ${new Date(oldestPending).toISOString()}`;
	const last = lastDelivery === void 0 ? "has never taken a record" : `last took records ${new Date(lastDelivery).toISOString()}`;
	const end = !found && delivered + rejected + setAside + filtered === 0 ? "no object was ever found" : rejected + setAside === 0 ? "caught up" : "nothing waits, but not all was delivered (see --dead-letters)";
	return `${name}: ${pendingObjects === 0 ? end : `${pendingObjects} objects wait${age}`}; ${delivered} delivered, ${rejected} rejected, ${setAside} set aside${filtered > 0 ? `, ${filtered} filtered` : ""}; ${last}`;
}
function toJson({ lastDelivery, oldestPending, setAside, ...rest }) {
	const iso = (time) => time === void 0 ? null : new Date(time).toISOString();
	return {
		...rest,
		deadLettered: setAside,
		lastDelivery: iso(lastDelivery),
		oldestPending: iso(oldestPending)
	};
}
export { positive as n, statusCommand as r, letterFilter as t };
