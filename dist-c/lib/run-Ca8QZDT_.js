import { n as Option, t as Command } from "./commander-BVTyMRTV.js";
import { a as describeError } from "./errors-C4nvsd9u.js";
import { t as version } from "./version-BRz3Snu3.js";
import { c as duration, i as socketOf, l as rate, r as serveSocket, s as count$1 } from "./socket-B1ZOfp3p.js";
import { c as openLog, d as Health, l as serveTelemetry, o as createInstruments, t as compose } from "./compose-CbHgHWNM.js";
import { t as keepProblems } from "./problems-CbesOrsh.js";
import { n as runComposed, t as isComplete } from "./run-eVXQPNPQ.js";
import { n as isStandardOutput } from "./standard-output-DO6QRR_E.js";
import { t as configOption } from "./config-option-BOSW5Ys2.js";
import { t as EXIT } from "./context-BVD8iu4e.js";
import { t as showProgress } from "./progress-DIhswWWW.js";
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
// src/cli/log-level.ts
function logLevelOption() {
	return new Option("--log-level <level>", "least severity of log lines, in place of telemetry.level").choices([
		"trace",
		"debug",
		"info",
		"warn",
		"error"
	]).conflicts("quiet");
}
function quietOption() {
	return new Option("-q, --quiet", "say nothing but what fails: no progress, no summary");
}
function levelOf({ logLevel, quiet }, configured) {
	return logLevel ?? (quiet ? "error" : configured);
}
// src/live/live.ts
const PARKED = 10;
/** Gathers what the status page and `top` show of a worker while it runs. */
var Live = class {
	#observed;
	#totals;
	#alerts = [];
	#samples;
	constructor(observed) {
		this.#observed = observed;
		this.#samples = [{
			at: observed.startedAt,
			read: {},
			delivered: {}
		}];
	}
	progressed(totals) {
		this.#totals = totals;
	}
	raised({ level, rule, summary }, at) {
		this.#alerts = [{
			at,
			level,
			rule,
			summary
		}, ...this.#alerts.slice(0, 19)];
	}
	/** To be called each second: rates are the difference to some seconds ago. */
	sample(at) {
		const read = Object.entries(this.#totals?.sources ?? {}).map(([name, { records }]) => [name, records]);
		const delivered = Object.entries(this.#totals?.sinks ?? {}).map(([name, sink]) => [name, sink.delivered]);
		this.#samples.push({
			at,
			read: Object.fromEntries(read),
			delivered: Object.fromEntries(delivered)
		});
		this.#samples = this.#samples.slice(-11);
	}
	/** Throws what the ledger throws. */
	snapshot(at) {
		const { version, startedAt, problems, ledger, tables } = this.#observed;
		const { sources, sinks, quality } = ledger.status();
		return {
			version,
			at,
			startedAt,
			problems: problems(),
			sources: sources.filter(({ configured }) => configured).map(({ name, parked }) => {
				const { records: flows = 0, objects = 0 } = this.#totals?.sources[name] ?? {};
				return {
					name,
					flowsPerSecond: this.#rate("read", name),
					flows,
					objects,
					parked
				};
			}),
			sinks: sinks.map(({ name, delivered, rejected, setAside, filtered, pendingObjects, oldestPending, lastDelivery }) => ({
				name,
				delivered,
				rejected,
				setAside,
				filtered,
				lastDelivery,
				flowsPerSecond: this.#rate("delivered", name),
				waiting: pendingObjects,
				lagMs: oldestPending === void 0 ? void 0 : Math.max(0, at - oldestPending)
			})),
			tables: tables(),
			alerts: this.#alerts,
			notifiers: ledger.alerts.books().map(({ notifier, told, waiting, refused }) => ({
				notifier,
				told,
				waiting,
				refused
			})),
			missing: quality.map(({ source, kind, count, lastMessage, lastAt }) => ({
				source,
				kind,
				count,
				lastMessage,
				lastAt
			})),
			parked: ledger.parked(PARKED).map(({ object: { source, key }, attempts, nextAt, reason }) => ({
				source,
				key,
				attempts,
				nextAt,
				reason
			})),
			undecodable: ledger.countDeadLetters({ sink: null })
		};
	}
	#rate(what, name) {
		const [first, last] = [this.#samples[0], this.#samples.at(-1)];
		if (first === void 0 || last === void 0 || last.at <= first.at) return 0;
		return ((last[what][name] ?? 0) - (first[what][name] ?? 0)) / (last.at - first.at) * 1e3;
	}
};
// src/live/page.ts
const STYLE = `
:root{color-scheme:light dark;--line:#8884;--bad:#c62828;--good:#2e7d32}
@media (prefers-color-scheme:dark){:root{--bad:#ff8a80;--good:#81c784}}
body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:70rem;overflow-wrap:anywhere}
h1{font-size:1.25rem;margin:0 0 .25rem}h2{font-size:1rem;margin:1.5rem 0 .25rem}
p{margin:.25rem 0}.bad{color:var(--bad)}.good{color:var(--good)}.quiet{opacity:.7}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600}td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
@media (max-width:600px){
thead{display:none}tr{display:block;padding:.4rem 0;border-bottom:1px solid var(--line)}
td,td.number{display:flex;justify-content:space-between;gap:1rem;border:0;padding:.1rem 0;text-align:right}
td::before{content:attr(data-label);opacity:.7;text-align:left;white-space:nowrap}}
`;
/** What the browser may do with the page: apply its one style sheet, and nothing else. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
/** The status of a worker as one page that asks for nothing else, and for itself again every five seconds. */
function statusPage(snapshot) {
	const { version, at, startedAt, sources, sinks, tables, alerts, notifiers, missing, parked, undecodable } = snapshot;
	return page(`flowferry ${version}`, [
		`<h1>flowferry ${escaped(version)}</h1>`,
		`<p class="quiet">up ${duration(at - startedAt)}, as of ${instant(at)}</p>`,
		healthOf(snapshot),
		section("Sources", [[
			"source",
			"flows/s",
			"flows read",
			"objects read",
			"parked"
		], ...sources.map(({ name, flowsPerSecond, flows, objects, parked: lying }) => [name, ...numbers(rate(flowsPerSecond), count$1(flows), count$1(objects), count$1(lying))])]),
		section("Sinks", [[
			"sink",
			"flows/s",
			"delivered",
			"lag",
			"objects that wait",
			"set aside",
			"rejected",
			"filtered",
			"last took flows"
		], ...sinks.map((sink) => [
			sink.name,
			...numbers(rate(sink.flowsPerSecond), count$1(sink.delivered), sink.lagMs === void 0 ? "none" : duration(sink.lagMs)),
			...numbers(count$1(sink.waiting), count$1(sink.setAside), count$1(sink.rejected), count$1(sink.filtered)),
			sink.lastDelivery === void 0 ? "never" : `${duration(at - sink.lastDelivery)} ago`
		])]),
		section("Alerts since the start", [[
			"when",
			"level",
			"rule",
			"what"
		], ...alerts.map(({ at: raised, level, rule, summary }) => [
			`${duration(at - raised)} ago`,
			level,
			rule,
			summary
		])]),
		section("Who is told", [[
			"notifier",
			"told",
			"wait",
			"refused"
		], ...notifiers.map(({ notifier, told, waiting, refused }) => [notifier, ...numbers(count$1(told), count$1(waiting), count$1(refused))])]),
		section("Tables", [[
			"file",
			"rows",
			"written",
			"state"
		], ...tables.map(({ file, rows, changedAt, problem }) => [
			file,
			...numbers(count$1(rows)),
			changedAt === void 0 ? "gone" : `${duration(at - changedAt)} ago`,
			problem ?? "in use"
		])]),
		section("What is missing", [
			[
				"source",
				"what",
				"how often",
				"last"
			],
			...missing.map(({ source, kind, count: often, lastMessage }) => [
				source,
				kind,
				...numbers(count$1(often)),
				lastMessage
			]),
			...undecodable > 0 ? [[
				"",
				"records that could not be decoded",
				...numbers(count$1(undecodable)),
				""
			]] : []
		]),
		section("Objects that cannot be read now", [[
			"source",
			"object",
			"attempts",
			"next",
			"why"
		], ...parked.map(({ source, key, attempts, nextAt, reason }) => [
			source,
			key,
			...numbers(count$1(attempts)),
			nextAt <= at ? "now" : `in ${duration(nextAt - at)}`,
			reason
		])])
	].join("\n"));
}
/** The page while the status cannot be had. */
function noStatusPage(reason) {
	return page("flowferry", `<h1>flowferry</h1>\n<p class="bad">${escaped(reason)}</p>`);
}
function page(title, body) {
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}
function healthOf({ problems, at }) {
	if (problems.length === 0) return "<p class=\"good\">Everything does its work.</p>";
	return problems.map(({ part, reason, since }) => {
		return `<p><strong class="bad">${escaped(part)}</strong> does not do its work for ${duration(at - since)}: ${escaped(reason)}</p>`;
	}).join("\n");
}
function numbers(...texts) {
	return texts.map((number) => ({ number }));
}
/** A heading and a table whose first row names the columns; nothing where there are no further rows. */
function section(title, [names = [], ...rows]) {
	if (rows.length === 0) return "";
	const label = (index) => escaped(String(names[index] ?? ""));
	const cells = (row) => row.map((cell, index) => typeof cell === "string" ? `<td data-label="${label(index)}">${escaped(cell)}</td>` : `<td class="number" data-label="${label(index)}">${escaped(cell.number)}</td>`);
	const isNumber = (index) => typeof rows[0]?.[index] !== "string";
	const head = names.map((_, index) => `<th${isNumber(index) ? " class=\"number\"" : ""}>${label(index)}</th>`).join("");
	const body = rows.map((row) => `<tr>${cells(row).join("")}</tr>`).join("\n");
	return `<h2>${escaped(title)}</h2>\n<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}
function instant(at) {
	return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
function escaped(text) {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;");
}
// src/live/talkers.ts
const SLICE_MS = 1e4;
const SLICES = 6;
/** More names than this are not told apart in a slice. */
const MOST = 2e4;
const SHOWN = 10;
/** Adds up who talks to whom, over the last minute in which somebody looks. */
var TalkerSums = class {
	#slices = [];
	/** Takes flows that have passed at this time, in ms since the epoch. */
	add(flows, now) {
		const { pairs, ports } = this.#sliceAt(now);
		for (const flow of flows) {
			const bytes = Number(flow.bytes ?? 0);
			count(pairs, `${flow.sourceServer ?? flow.sourceAddress ?? "-"} -> ${flow.destinationServer ?? flow.destinationAddress ?? "-"}`, bytes);
			const isAnswer = flow.initiator === "destination";
			const port = isAnswer ? flow.sourcePort : flow.destinationPort;
			const service = isAnswer ? flow.sourceService : flow.destinationService;
			count(ports, `${port ?? "-"}/${(flow.protocolName ?? "-").toLowerCase()}${service === void 0 ? "" : ` ${service}`}`, bytes);
		}
	}
	/** The largest by bytes. */
	top(now) {
		const recent = this.#slices.filter(({ begin }) => begin > now - SLICES * SLICE_MS);
		return {
			pairs: largest(recent.map(({ pairs }) => pairs)),
			ports: largest(recent.map(({ ports }) => ports))
		};
	}
	#sliceAt(now) {
		const begin = now - now % SLICE_MS;
		const last = this.#slices.at(-1);
		if (last?.begin === begin) return last;
		const slice = {
			begin,
			pairs: /* @__PURE__ */ new Map(),
			ports: /* @__PURE__ */ new Map()
		};
		this.#slices = [...this.#slices.slice(-5), slice];
		return slice;
	}
};
function count(sums, name, bytes) {
	const known = sums.get(name);
	if (known !== void 0) {
		known.flows += 1;
		known.bytes += bytes;
	} else if (sums.size < MOST) sums.set(name, {
		flows: 1,
		bytes
	});
}
function largest(maps) {
	const sums = /* @__PURE__ */ new Map();
	for (const [name, { flows, bytes }] of maps.flatMap((map) => [...map])) {
		const known = sums.get(name) ?? {
			flows: 0,
			bytes: 0
		};
		sums.set(name, {
			flows: known.flows + flows,
			bytes: known.bytes + bytes
		});
	}
	return [...sums].map(([name, sum]) => ({
		name,
		...sum
	})).sort((a, b) => b.bytes - a.bytes || b.flows - a.flows).slice(0, SHOWN);
}
// src/live/passing.ts
/** For so long after somebody asked who talks, it is added up, in ms. */
const INTEREST_MS = 15e3;
/** Shows flows that pass to whoever looks; costs nothing while nobody does. */
var Passing = class {
	#taps = /* @__PURE__ */ new Set();
	#sums = new TalkerSums();
	#interestUntil = Number.NEGATIVE_INFINITY;
	/** Enriched flows on their way to the sinks. */
	passed(flows, now) {
		if (now < this.#interestUntil) this.#sums.add(flows, now);
		for (const { wants, show } of this.#taps) for (const flow of flows) if (wants(flow)) show(flow, now);
	}
	/** Who talked most in the last minute, as far as somebody looked. */
	talkers(now) {
		this.#interestUntil = now + INTEREST_MS;
		return this.#sums.top(now);
	}
	/** Returns what ends it. */
	tap(tap) {
		this.#taps.add(tap);
		return () => this.#taps.delete(tap);
	}
};
// src/cli/run.ts
function runCommand(context, finish) {
	return new Command("run").description("Tail the bucket and deliver every flow, for ever or until caught up.").addOption(configOption(context.env)).option("--until-caught-up", "end when everything in the bucket is delivered", false).addOption(logLevelOption()).addOption(quietOption()).option("--json", "end with one JSON line that sums up the run", false).action(async ({ config, ...mode }) => {
		finish(await run(context, await context.loadConfig(config), mode));
	});
}
/** Runs a pipeline to its end, with its log, its metrics, its progress and its summary. */
async function run(context, config, mode) {
	const { env, signal } = context;
	const { telemetry } = config;
	const { log, close: closeLog } = await openLog(levelOf(mode, telemetry.level), telemetry.otlpEndpoint, version, config.secrets.scrub, context.stderr);
	const state = {
		starting: true,
		tell: (_problems) => {}
	};
	const health = new Health(config.secrets.scrub, (problems) => state.tell(problems));
	let page = () => noStatusPage("flowferry is starting");
	let live;
	const server = telemetry.listen === void 0 ? void 0 : await serveTelemetry(telemetry.listen, {
		get problems() {
			return health.problems;
		},
		get starting() {
			return state.starting;
		}
	}, {
		token: telemetry.token,
		policy: POLICY,
		html: () => config.secrets.scrub(page())
	});
	const started = performance.now();
	let code = EXIT.failed;
	try {
		const composed = await compose(config, {
			env,
			log,
			health,
			onAlert: (alert) => live?.raised(alert, Date.now()),
			...server === void 0 ? {} : { instruments: createInstruments(server.meter) }
		});
		const observed = new Live({
			version,
			startedAt: Date.now(),
			problems: () => health.problems,
			ledger: composed.parts.ledger,
			tables: () => composed.tables().map((table) => ({
				...table,
				changedAt: changeOf(table.file)
			}))
		});
		live = observed;
		page = () => pageOf(observed);
		const passing = new Passing();
		const socket = await openSocket(config.ledgerPath, observed, passing, log);
		const clock = setInterval(() => observed.sample(Date.now()), 1e3).unref();
		const problems = keepProblems(composed.parts.ledger, composed.options.retry);
		const progress = await showProgress(context.stderr, mode.untilCaughtUp, {
			quiet: mode.quiet === true,
			problems: () => health.problems
		});
		try {
			const onProgress = (totals) => {
				observed.progressed(totals);
				progress.update(totals);
			};
			const onFlows = (flows) => passing.passed(flows, Date.now());
			state.tell = problems.tell;
			state.starting = false;
			log.info(startLine(config, mode));
			signal.addEventListener("abort", () => log.info(stopLine(signal.reason, config.run.shutdownMs)), { once: true });
			if (server !== void 0) log.info({ address: server.address }, "serves the status page, /metrics, /healthz and /readyz");
			const results = await runComposed(composed, {
				untilCaughtUp: mode.untilCaughtUp,
				onProgress,
				onFlows,
				hints: lookNow
			}, signal);
			progress.stop();
			code = exitCodeOf(signal, mode, results);
			if (!mode.quiet || mode.json) summarize(context, config, results, (performance.now() - started) / 1e3, mode.json);
		} finally {
			progress.stop();
			clearInterval(clock);
			socket?.close();
			problems.close();
			await composed.close();
		}
		return code;
	} finally {
		await server?.close();
		await closeLog();
	}
}
/** Where `tap` and `top` ask; a worker goes on without it. */
async function openSocket(ledgerPath, live, passing, log) {
	const path = socketOf(ledgerPath);
	if (path === void 0) return void 0;
	try {
		return await serveSocket(path, live, passing);
	} catch (error) {
		log.warn(`cannot listen at ${path}, so that tap and top have nobody to ask: ${describeError(error)}`);
		return;
	}
}
function pageOf(live) {
	try {
		return statusPage(live.snapshot(Date.now()));
	} catch (error) {
		return noStatusPage(describeError(error));
	}
}
/** When a file was written last, ms since the epoch. */
function changeOf(file) {
	return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
/** Who this is, and what goes where. */
function startLine({ sources, sinks, ledgerPath }, { untilCaughtUp }) {
	const names = (parts) => parts.map(({ name }) => name).join(", ");
	const ledger = ledgerPath === ":memory:" ? "in memory" : ledgerPath;
	return `flowferry ${version} ${untilCaughtUp ? "reads" : "tails"} ${names(sources)} for ${names(sinks)}; ledger ${ledger}`;
}
function stopLine(reason, shutdownMs) {
	const again = reason === "SIGTERM" ? "a second SIGTERM" : "Ctrl-C again";
	return `stopping: what is on its way has up to ${shutdownMs / 1e3} s to be acknowledged; ${again} ends now`;
}
/** SIGUSR2 asks a worker to look for new objects at once, instead of at the next poll. */
function lookNow(hint) {
	const onSignal = () => hint("");
	process.on("SIGUSR2", onSignal);
	return () => process.off("SIGUSR2", onSignal);
}
/** Stopping a tail is how it ends; a job that is stopped has not done its work. */
function exitCodeOf(signal, { untilCaughtUp }, totals) {
	if (signal.aborted) return signal.reason === "SIGTERM" && !untilCaughtUp ? EXIT.done : EXIT.interrupted;
	return isComplete(totals) ? EXIT.done : EXIT.incomplete;
}
function summarize(context, config, totals, seconds, json) {
	const { objects, records, bad, skipped, filtered, quality, sources, sinks, alerts, parked, lost } = totals;
	if (json) {
		const rounded = Math.round(seconds * 1e3) / 1e3;
		const counts = {
			objects,
			records,
			bad,
			skipped,
			filtered,
			quality
		};
		const ofSources = Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, countsOf(source)]));
		context.print(JSON.stringify({
			...counts,
			sources: ofSources,
			sinks,
			alerts,
			parked,
			lost,
			seconds: rounded
		}));
		return;
	}
	const out = config.sinks.some(({ options }) => isStandardOutput(options.path ?? "")) ? context.stderr : context.stdout;
	const named = Object.entries(sources);
	const lines = [
		`${readLine({
			objects,
			records,
			bad,
			skipped,
			filtered
		})} in ${seconds.toFixed(1)} s`,
		...named.length === 1 ? [] : named.map(([name, source]) => `from ${name}: ${readLine(source)}`),
		...Object.entries(sinks).map(([name, { delivered, rejected, deadLettered, filtered: held, waiting }]) => `${name}: ${delivered} delivered, ${rejected} rejected, ${deadLettered} set aside${held > 0 ? `, ${held} filtered` : ""}${waiting > 0 ? `, ${waiting} objects wait` : ""}`),
		...config.alerts === void 0 ? [] : [alertsLine(alerts)],
		...parked > 0 ? [`${parked} objects are parked: they cannot be read now (flowferry status)`] : [],
		...lost > 0 ? [`${lost} objects were lost before they were delivered (flowferry status --dead-letters)`] : []
	];
	out.write(`${lines.join("\n")}\n`);
}
function countsOf({ objects, records, bad, skipped, filtered, parked, lost }) {
	return {
		objects,
		records,
		bad,
		skipped,
		filtered,
		parked,
		lost
	};
}
function readLine({ objects, records, bad, skipped, filtered }) {
	return `${objects} objects, ${records} records${Object.entries({
		bad,
		skipped,
		filtered
	}).filter(([, count]) => count > 0).map(([name, count]) => `, ${count} ${name}`).join("")}`;
}
function alertsLine({ told, waiting, refused, withheld }) {
	return `alerts: ${told} told, ${waiting} wait, ${refused} refused, ${withheld} withheld as too old`;
}
export { quietOption as a, logLevelOption as i, runCommand as n, levelOf as r, run as t };
