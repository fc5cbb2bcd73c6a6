import { t as Command } from "./commander-BVTyMRTV.js";
import { n as bookLine, r as countOf, t as bookJson } from "./books-SxM9GxOy.js";
import { t as linksOf } from "./links-Dv5yHQRl.js";
import { t as whileTelling } from "./telling-ChQdGEP2.js";
import { n as openLedger, t as inspectLedger } from "./sqlite-DGiqnas8.js";
import { a as describeError, r as UsageError } from "./errors-C4nvsd9u.js";
import { t as version } from "./version-BRz3Snu3.js";
import { a as openNotifiers, i as createDispatch, r as closeNotifiers } from "./detections-D3NX89Ko.js";
import { c as openLog, d as Health, n as identitiesOf, o as createInstruments } from "./compose-CbHgHWNM.js";
import { t as configOption } from "./config-option-BOSW5Ys2.js";
import { t as EXIT } from "./context-BVD8iu4e.js";
import { n as positive } from "./status-CEztlLym.js";
import { metrics } from "@opentelemetry/api";
// src/cli/alerts.ts
function alertsCommand(context, finish) {
	const test = new Command("test").description("Send one made-up alert to every notifier of the configuration, and say what each answered.").addOption(configOption(context.env)).action(async ({ config }) => finish(await testAlerts(context, config)));
	const list = new Command("list").description("Show who was told of how many alerts, and those that wait or were refused. Works beside a running worker.").addOption(configOption(context.env)).option("--notifier <type>", "only alerts for this notifier, as in slack").option("--limit <n>", "of each notifier, at most so many alerts that wait and so many that were refused", positive, 1e3).option("--json", "one JSON object", false).action(async (options) => listAlerts(context, options));
	const replay = new Command("replay").description("Tell once more of the alerts that were refused, and of those that wait; the worker must not be running.").addOption(configOption(context.env)).option("--notifier <type>", "only alerts for this notifier, as in slack").option("--json", "end with one JSON line", false).action(async (options) => finish(await replayAlerts(context, options)));
	return new Command("alerts").description("Try the way on which people are told, see whom nobody told of what, and tell them.").addCommand(test).addCommand(list).addCommand(replay);
}
async function testAlerts({ loadConfig, print, env, secrets, signal }, file) {
	const { alerts, baseDir } = await loadConfig(file);
	if (alerts === void 0) throw new UsageError("no-alerts", `${file} has no alerts block`);
	const notifiers = await openNotifiers(alerts, {
		baseDir,
		env,
		secrets
	});
	const alert = testAlert(Date.now());
	let code = EXIT.done;
	try {
		refuseNone(file, notifiers);
		for (const [name, notifier] of notifiers) try {
			await notifier.notify(alert, linksOf(alerts, alert), signal);
			print(`ok     ${name}`);
		} catch (error) {
			print(`FAILED ${name}: ${describeError(error)}`);
			code = EXIT.failed;
		}
	} finally {
		await closeNotifiers(notifiers);
	}
	return code;
}
async function listAlerts({ loadConfig, print }, { config: file, notifier, limit, json }) {
	const ledger = inspectLedger(pathOf(await loadConfig(file)));
	try {
		const all = ledger.alerts.books();
		const books = notifier === void 0 ? all : all.filter((book) => book.notifier === notifier);
		if (notifier !== void 0 && books.length === 0) throw unknownNotifier(notifier, all.map((book) => book.notifier));
		if (json) {
			const notifiers = books.map((book) => ({
				...bookJson(book),
				...alertsOf(ledger.alerts, book.notifier, limit)
			}));
			print(JSON.stringify({ notifiers }));
			return;
		}
		if (books.length === 0) print("there were no alerts to tell anybody of");
		for (const book of books) {
			print(bookLine(book));
			const { refusedAlerts, waitingAlerts } = alertsOf(ledger.alerts, book.notifier, limit);
			for (const { alert, at, code, reason } of refusedAlerts) print(`  refused ${at}  ${alertLine(alert)}  ${code}: ${reason}`);
			for (const { alert } of waitingAlerts) print(`  waits  ${alertLine(alert)}`);
			if (book.refused > limit || book.waiting > limit) print(`  … more: raise --limit (now ${limit})`);
		}
	} finally {
		ledger.close();
	}
}
function alertsOf(ledger, notifier, limit) {
	return {
		refusedAlerts: ledger.refused(notifier, limit).map(({ at, ...rest }) => ({
			at: new Date(at).toISOString(),
			...rest
		})),
		waitingAlerts: ledger.waiting(notifier, limit)
	};
}
function alertLine({ rule, level, lastSeen, summary }) {
	return `${new Date(lastSeen).toISOString()}  ${level}  ${rule}  ${summary}`;
}
/** Tells the notifiers of what is in the ledger, until nothing waits or a notifier makes no progress, as a run does at its end. */
async function replayAlerts(context, { config: file, notifier: only, json }) {
	const { loadConfig, print, env, signal } = context;
	const config = await loadConfig(file);
	const { alerts, baseDir, telemetry, secrets } = config;
	const path = pathOf(config);
	if (alerts === void 0) throw new UsageError("no-alerts", `${file} has no alerts block`);
	const { log, close: closeLog } = await openLog(telemetry.level, telemetry.otlpEndpoint, version, secrets.scrub, context.stderr);
	const notifiers = await openNotifiers(alerts, {
		baseDir,
		env,
		secrets,
		onNotice: (message) => log.warn(message)
	});
	try {
		refuseNone(file, notifiers);
		if (only !== void 0 && !notifiers.has(only)) throw unknownNotifier(only, [...notifiers.keys()]);
		const chosen = new Map([...notifiers].filter(([name]) => only === void 0 || name === only));
		const sources = await identitiesOf(config, env);
		const ledger = openLedger({
			path,
			sources,
			scrub: secrets.scrub,
			onNotice: (line) => log.warn(line)
		});
		try {
			const queued = [...chosen.keys()].reduce((sum, name) => sum + ledger.alerts.requeue(name), 0);
			const { retry, shutdownMs } = config.run;
			const instruments = createInstruments(metrics.getMeter("flowferry", version));
			const dispatch = createDispatch(alerts, chosen, {
				ledger,
				log,
				instruments,
				retry,
				shutdownMs,
				health: new Health(secrets.scrub)
			});
			await whileTelling(dispatch, signal, async () => {});
			const { told, refused, waiting } = dispatch.close();
			if (json) print(JSON.stringify({
				queued,
				told,
				refused,
				waiting
			}));
			else print(`${countOf(queued)} queued again; ${told} told, ${refused} refused, ${waiting} wait`);
			if (signal.aborted) return EXIT.interrupted;
			return refused + waiting > 0 ? EXIT.incomplete : EXIT.done;
		} finally {
			ledger.close();
		}
	} finally {
		await closeNotifiers(notifiers);
		await closeLog();
	}
}
function pathOf({ ledgerPath }) {
	if (ledgerPath === ":memory:") throw new UsageError("ledger-memory", "ledger.path is :memory: and keeps no alerts");
	return ledgerPath;
}
function refuseNone(file, notifiers) {
	if (notifiers.size > 0) return;
	throw new UsageError("no-notifiers", `${file}: alerts names no notifier: add slack, alertmanager, webhook or ociNotifications`);
}
function unknownNotifier(name, known) {
	const meant = known.length === 0 ? "there is none" : `there are: ${known.join(", ")}`;
	return new UsageError("unknown-notifier", `there is no notifier ${name}: ${meant}`);
}
/** An alert that nobody can take for a real one: its addresses are those of documentation (RFC 5737). */
function testAlert(now) {
	return {
		key: `test/${now}`,
		rule: "alerts_test",
		title: "Test alert from flowferry",
		level: "informational",
		summary: "This is a test: TCP from 203.0.113.7 to web-01 (192.0.2.10) port 22 (SSH) was accepted.",
		facts: [
			{
				label: "From",
				value: "203.0.113.7"
			},
			{
				label: "To",
				value: "web-01 (192.0.2.10)"
			},
			{
				label: "Port",
				value: "22 (SSH)"
			},
			{
				label: "First seen",
				value: new Date(now).toISOString()
			}
		],
		labels: {
			source: "203.0.113.7",
			destination: "192.0.2.10"
		},
		firstSeen: now,
		lastSeen: now,
		subject: {
			source: "203.0.113.7",
			destination: "192.0.2.10",
			port: "22"
		}
	};
}
export { alertsCommand };
