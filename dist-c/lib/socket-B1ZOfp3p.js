import { a as describeError, i as codeOf, r as UsageError } from "./errors-C4nvsd9u.js";
import { t as linePrinter } from "./line-ampyNyeE.js";
import { t as loadSchema } from "./load-efkb9GOd.js";
import { t as readFilter } from "./filter-ON3PUfRI.js";
import { t as readYaml } from "./yaml-file-Cn6pywsC.js";
import { json } from "node:stream/consumers";
import { rmSync } from "node:fs";
// src/live/words.ts
/** A number of things, as a person reads it: `1,234`. */
function count(value) {
	return Math.round(value).toLocaleString("en-US");
}
/** A rate: `0`, `0.4`, `1,234`. */
function rate(value) {
	return value > 0 && value < 10 ? value.toFixed(1) : count(value);
}
/** A duration by its largest unit: `42 s`, `5 m`, `3 h`, `2 d`. */
function duration(ms) {
	const seconds = Math.max(0, Math.round(ms / 1e3));
	if (seconds < 120) return `${seconds} s`;
	if (seconds < 7200) return `${Math.floor(seconds / 60)} m`;
	if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
	return `${Math.floor(seconds / 86400)} d`;
}
/** Bytes: `999 B`, `1.2 MB`. */
function bytes(value) {
	const units = [
		"B",
		"kB",
		"MB",
		"GB",
		"TB",
		"PB"
	];
	const step = Math.min(units.length - 1, value < 1e3 ? 0 : Math.floor(Math.log10(value) / 3));
	return `${step === 0 ? Math.round(value) : (value / 1e3 ** step).toFixed(1)} ${units[step]}`;
}
// src/live/flow-line.ts
/** A flow as a person reads it: when, what became of it, who to whom, and what is known of it. */
function flowLine(flow) {
	const { action, protocolName, protocol, detections, rule } = flow;
	const from = endOf(flow.sourceAddress, flow.sourcePort, flow.sourceServer ?? flow.sourceNetwork);
	const to = endOf(flow.destinationAddress, flow.destinationPort, flow.destinationServer ?? flow.destinationNetwork);
	const known = [
		flow.destinationService,
		flow.trafficType,
		flow.bytes === void 0 ? void 0 : bytes(Number(flow.bytes)),
		rule?.text,
		...detections.map((name) => `!${name}`)
	];
	return [
		new Date(flow.time).toISOString().slice(0, 19),
		(action ?? "-").padEnd(6),
		(protocolName ?? String(protocol ?? "-")).padEnd(5),
		`${from} -> ${to}`,
		...known.filter((word) => word !== void 0)
	].join("  ");
}
function endOf(address = "-", port, name) {
	const place = port === void 0 ? address : address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
	return name === void 0 ? place : `${place} (${name})`;
}
// src/live/tap-filter.ts
/**
* The filter that a text says, in the language of sinks' filters: one search alone (`action: reject, destinationPort: 22`), or searches with a
* condition. Throws UsageError with a line for each mistake.
*/
function tapFilter(text) {
	const mistakes = [];
	const report = (_line, message) => void mistakes.push(message);
	const block = /^\s*\{/.test(text) ? text : `{ ${text} }`;
	const isWhole = /(?:^|[\s{,])condition\s*:/.test(block);
	const [document] = readYaml(`filter: ${isWhole ? block : `{ wanted: ${block}, condition: wanted }`}`, "filter", report);
	const filter = document === void 0 ? void 0 : readFilter(document, report);
	if (filter === void 0) {
		const said = mistakes.length > 0 ? mistakes.join("\n") : "it is empty";
		throw new UsageError("bad-filter", `the filter is wrong: ${said}`);
	}
	return filter;
}
// src/live/socket.ts
/** Longer paths cannot be bound (sun_path holds 108 bytes on Linux, 104 elsewhere). */
const LONGEST_PATH = 103;
/** An import would load all that node:http re-exports, fetch with it, at each start. */
const { createServer, request } = process.getBuiltinModule("node:http");
/** What may wait for a tap that is slow, in bytes. */
const MOST_WAITING = 4 * 1024 ** 2;
/** The local socket of a worker, beside its ledger; undefined where there can be none. */
function socketOf(ledgerPath) {
	const path = `${ledgerPath}.sock`;
	return ledgerPath === ":memory:" || Buffer.byteLength(path) > LONGEST_PATH ? void 0 : path;
}
/** Answers `top` and `tap` on a socket that only the worker's user may open. The caller holds the ledger: a socket that is there is a dead one's. */
async function serveSocket(path, live, passing) {
	const server = createServer((asked, response) => {
		answer(asked, response, live, passing).catch((error) => {
			if (!response.headersSent) response.writeHead(error instanceof UsageError ? 400 : 500);
			response.end(JSON.stringify({
				code: codeOf(error),
				message: describeError(error)
			}));
		});
	});
	rmSync(path, { force: true });
	await new Promise((resolve, reject) => {
		const mask = process.umask(127);
		server.once("error", reject).listen(path, resolve);
		process.umask(mask);
	});
	return { close() {
		server.close();
		server.closeAllConnections();
		rmSync(path, { force: true });
	} };
}
async function answer(asked, response, live, passing) {
	if (asked.url === "/top") {
		const now = Date.now();
		const top = {
			...live.snapshot(now),
			talkers: passing.talkers(now)
		};
		response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(top));
	} else if (asked.url === "/tap") tap(await json(asked), response, passing);
	else response.writeHead(404).end(JSON.stringify({
		code: "not-found",
		message: "there is no such page"
	}));
}
function tap({ filter, format }, response, passing) {
	const wants = filter === void 0 ? () => true : tapFilter(filter).test;
	const print = format === "text" ? flowLine : linePrinter(loadSchema(format, process.cwd()), "flowferry");
	let dropped = 0;
	const tell = (told) => response.write(`${JSON.stringify(told)}\n`);
	response.writeHead(200, { "content-type": "application/x-ndjson" }).flushHeaders();
	const end = passing.tap({
		wants,
		show(flow, now) {
			if (response.writableLength > MOST_WAITING) {
				dropped += 1;
				return;
			}
			if (dropped > 0) tell({ dropped });
			dropped = 0;
			tell({ line: print(flow, now) });
		}
	});
	response.on("close", end);
}
/** What `top` shows, of the worker at the socket. Throws UsageError where there is none. */
async function askTop(path, signal) {
	return await json(await exchange(path, "/top", void 0, signal));
}
/** Flows of the worker at the socket while they pass, until the signal aborts or the worker ends. */
async function* askTap(path, asked, signal) {
	const answered = await exchange(path, "/tap", JSON.stringify(asked), signal);
	let rest = "";
	try {
		for await (const part of answered.setEncoding("utf8")) {
			const lines = `${rest}${part}`.split("\n");
			rest = lines.pop() ?? "";
			for (const line of lines) yield JSON.parse(line);
		}
	} catch (error) {
		if (!signal.aborted && codeOf(error) !== "ECONNRESET") throw error;
	}
}
async function exchange(socketPath, path, body, signal) {
	const answered = await new Promise((resolve, reject) => {
		const sent = request({
			socketPath,
			path,
			method: body === void 0 ? "GET" : "POST",
			signal,
			agent: false
		}, resolve);
		sent.on("error", (cause) => {
			const isNobody = cause.code === "ENOENT" || cause.code === "ECONNREFUSED";
			const line = `no worker listens at ${socketPath}: start one with \`flowferry run\` and the same configuration`;
			reject(isNobody ? new UsageError("no-worker", line, { cause }) : cause);
		});
		sent.end(body);
	});
	if (answered.statusCode === 200) return answered;
	const { code, message } = await json(answered);
	throw new UsageError(code, message);
}
export { tapFilter as a, duration as c, socketOf as i, rate as l, askTop as n, bytes as o, serveSocket as r, count as s, askTap as t };
