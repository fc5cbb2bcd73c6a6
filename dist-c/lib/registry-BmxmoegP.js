import { A as ZodError, C as strictObject, D as unknown, E as union, I as NEVER, O as url, S as record, T as tuple, _ as literal, b as object$1, c as ZodType, f as array, g as int, p as boolean, u as _enum, v as looseObject, w as string$1, x as preprocess, y as number } from "./schemas-Dm7Z0tOD.js";
import { i as secretUrl, n as secret, r as secretHeaders } from "./mark-COnWLKoh.js";
import { a as urlWithoutUser, i as shownUrl, n as isLoopback, r as isReadable, t as allowInsecure } from "./urls-hmwHZnCP.js";
import { a as readBody, c as textOf$2, i as parseJson$1, n as oneLine, o as saysDone, r as pageTitle, s as shown$1 } from "./answers-CeDnf6Uf.js";
import { i as denialIn } from "./transport-CTjQxoSW.js";
import { n as runbookLink, r as runbookPath } from "./links-Dv5yHQRl.js";
import { a as describeError, i as codeOf, n as FlowferryError, o as drawerOf$1, r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { a as readRetryAfter, i as networkFailure, n as drawerOfStatus, r as endpointOf, t as drawerOfObjectStatus } from "./failures-B32_Iw8l.js";
import { t as proxiesOf } from "./proxy-agent-BXfkr1el.js";
import { t as version } from "./version-BRz3Snu3.js";
import { _ as wordsOf$2, c as FIELD_NAMES, f as isFrom, h as NONE$1, n as SETTERS, o as CONTEXT_FIELDS, s as FIELDS$1, u as formOf } from "./access-CkpRYHIj.js";
import { a as Broken, c as show, i as peek, l as BYTE_ORDER_MARK, n as elementsOf, o as Piece, r as isObject$1, s as label, t as Document, u as isBlank$1 } from "./document-CPa8tZmV.js";
import { t as require_dist } from "./dist-DdlZeFD1.js";
import { t as asset } from "./assets-DQb4Ncv_.js";
import { a as formatIpv4, n as parseAddress, r as readAddress } from "./address-DjrRxJ5_.js";
import { t as nearest } from "./nearest-DcR-nB4_.js";
import { t as protocolKeyword } from "./protocols-C7L4d8Ia.js";
import { n as Flow, t as EMPTY_CONTEXT } from "./flow-D81O7cbI.js";
import { i as endOf, n as pageGuard, r as compareKeys, t as notUnderstood$1 } from "./listing-D8Y4faBw.js";
import { i as refuseReadable, n as ibmIamOptions, r as insecure, t as checkTokenUrl } from "./iam-options-CHrki5ta.js";
import { t as linePrinter } from "./line-ampyNyeE.js";
import { t as loadSchema } from "./load-efkb9GOd.js";
import { n as ibmCloudLogsOptions, r as singlesUrl, t as LARGEST_LOG_BYTES } from "./options-b4vMsW62.js";
import { C as readField, E as varintLength, F as bytesOf, M as connectOci, N as ociConnectionOptions, P as asBuffer, S as putVarint, T as varint, _ as readExportResponse, a as uidPrefixes, b as keyValue, c as putWords, f as isAbsent, g as NoExportResponse, h as refusalOf, i as createEncoder, l as wordsOf$3, m as policyStatement, n as json, o as putHex, p as ociError, r as putSummary, s as putPlain, t as logAnalytics$1, v as anyValue, w as readFields, x as putNanoseconds, y as delimited } from "./sink-BKF8PL_n.js";
import { i as recordClassOf, n as RECORD_CLASSES, r as bodyOf, t as BODIES } from "./record-_FqDNRg0.js";
import { d as readContent$1, t as readSubnetNetwork } from "./subnets-Ckxz2MGl.js";
import { r as parsePrefix } from "./prefix-DWd56Iz9.js";
import { _ as refuse, c as duration, d as oneLine$1, f as regardsCase, g as printed, h as attributeOf, l as escapeRegex, m as printCondition, o as otelAttributes, p as runbookPlace, s as storedAttributes, u as folded } from "./conditions-BjL6rk-5.js";
import { d as or, l as and, o as formatTimespan } from "./yaml-file-Cn6pywsC.js";
import { a as fieldsOfSearch, i as duckdbDialect, n as loadSearches, t as isNative } from "./load-DtnZJGzx.js";
import { n as fieldsOf } from "./constructs-XcjQ_Dg5.js";
import { r as fileErrorWords, t as makeFolder } from "./folders-B2Ho0hJC.js";
import { a as parseInstant, i as parseDuration, r as instantText, t as durationText } from "./durations-Bd18bo2u.js";
import { a as inspectLinesFile, i as fileFailure$1, n as isStandardOutput, r as createLinesFile, t as createStandardOutput } from "./standard-output-DO6QRR_E.js";
import { registerHooks } from "node:module";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { createHash, hash, randomBytes } from "node:crypto";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { isAscii, isUtf8 } from "node:buffer";
import { copyFile, link, lstat, open, readdir, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { closeSync, constants as constants$1, createReadStream, existsSync, fstatSync, openSync, readFileSync, statSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import { Socket } from "node:net";
// src/flow/contexts.ts
/** Contexts that are remembered at once; past it they are forgotten together, and equal ones are made anew. */
const MOST$1 = 4096;
/** Makes equal contexts one object. */
var ContextPool = class {
	/** By VNIC. */
	#known = /* @__PURE__ */ new Map();
	#size = 0;
	intern(draft) {
		const name = draft.vnic ?? "";
		const known = this.#known.get(name)?.find((context) => isSame$2(context, draft));
		if (known !== void 0) return known;
		const context = Object.freeze({ ...draft });
		if (this.#size === MOST$1) {
			this.#known.clear();
			this.#size = 0;
		}
		this.#size++;
		this.#known.set(name, [...(this.#known.get(name) ?? []).slice(-7), context]);
		return context;
	}
};
function isSame$2(a, b) {
	for (const field of CONTEXT_FIELDS) if (a[field] !== b[field]) return false;
	return true;
}
// src/formats/held.ts
const FIRST_BYTES$1 = 4096;
/** Bytes of a record whose end has not come yet. Past `maxBytes` only their number is kept. */
var Held = class {
	#maxBytes;
	#buffer;
	length = 0;
	constructor(maxBytes) {
		this.#maxBytes = maxBytes;
		this.#buffer = Buffer.alloc(Math.min(maxBytes, FIRST_BYTES$1));
	}
	get isTooLong() {
		return this.length > this.#maxBytes;
	}
	/** What is held. The bytes change with the next `add` after a `clear`. */
	get bytes() {
		return this.#buffer.subarray(0, this.length);
	}
	add(bytes) {
		const length = this.length + bytes.length;
		if (length <= this.#maxBytes) {
			if (length > this.#buffer.length) {
				const grown = Buffer.alloc(Math.min(this.#maxBytes, 2 * length));
				this.#buffer.copy(grown, 0, 0, this.length);
				this.#buffer = grown;
			}
			bytes.copy(this.#buffer, this.length);
		}
		this.length = length;
	}
	clear() {
		this.length = 0;
	}
};
// src/formats/lines.ts
/**
* Decodes an object whose records are its lines: ended by LF or CR LF, the last one perhaps by nothing. Blank lines have no number.
*/
async function* decodeLines(unpacked, reader, options) {
	const splitter = new Splitter(reader, options);
	for await (const chunk of unpacked.chunks) {
		const piece = splitter.feed(chunk);
		if (!piece.isEmpty) yield piece;
	}
	const piece = splitter.end(unpacked.fault);
	if (!piece.isEmpty) yield piece;
}
var Splitter = class {
	#reader;
	#skip;
	#maxBytes;
	#line;
	#held;
	#record;
	constructor(reader, { skip, leftOut = 0, maxRecordBytes }) {
		this.#reader = reader;
		this.#record = leftOut;
		this.#skip = skip;
		this.#maxBytes = maxRecordBytes;
		this.#held = new Held(maxRecordBytes);
		this.#line = {
			buffer: this.#held.bytes,
			start: 0,
			end: 0,
			isAscii: true
		};
	}
	feed(chunk) {
		const piece = new Piece(Math.max(this.#record, this.#skip));
		let newline = chunk.indexOf(10);
		if (newline === -1) {
			this.#held.add(chunk);
			return piece;
		}
		let start = 0;
		if (this.#held.length > 0) {
			this.#held.add(chunk.subarray(0, newline));
			this.#takeHeld(piece);
			start = newline + 1;
			newline = chunk.indexOf(10, start);
		}
		const last = chunk.lastIndexOf(10);
		const lines = chunk.subarray(start, last + 1);
		const ascii = isAscii(lines);
		const valid = ascii || isUtf8(lines);
		for (; newline !== -1; newline = chunk.indexOf(10, start)) {
			this.#take(chunk, start, newline, ascii, valid, piece);
			start = newline + 1;
		}
		this.#held.add(chunk.subarray(start));
		return piece;
	}
	/** What is left when no byte follows. A fault keeps the last line from being a record: nothing tells whether it is whole. */
	end(fault) {
		const piece = new Piece(Math.max(this.#record, this.#skip));
		if (this.#held.length > 0 && fault === void 0) this.#takeHeld(piece);
		if (fault !== void 0) piece.breakOff(fault);
		return piece;
	}
	#takeHeld(piece) {
		const { bytes, length, isTooLong } = this.#held;
		this.#held.clear();
		if (isTooLong) {
			this.#tooLong(length, piece);
			return;
		}
		const ascii = isAscii(bytes);
		this.#take(bytes, 0, length, ascii, ascii || isUtf8(bytes), piece);
	}
	#take(buffer, start, end, ascii, valid, piece) {
		if (end - start > this.#maxBytes) {
			this.#tooLong(end - start, piece);
			return;
		}
		if (end > start && buffer[end - 1] === 13) end--;
		if (isBlank(buffer, start, end)) return;
		const line = this.#line;
		line.buffer = buffer;
		line.start = start;
		line.end = end;
		line.isAscii = ascii;
		if (this.#reader.heading?.(line, this.#record) === true) return;
		const record = ++this.#record;
		if (record <= this.#skip) return;
		piece.through = record;
		if (!valid && !isUtf8(buffer.subarray(start, end))) {
			piece.reject(record, {
				code: "invalid-utf8",
				reason: "the line is not valid UTF-8"
			});
			return;
		}
		this.#reader.read(line, record, piece);
	}
	#tooLong(length, piece) {
		const record = ++this.#record;
		if (record <= this.#skip) return;
		piece.through = record;
		const reason = `the line has ${length} bytes, more than the ${this.#maxBytes} allowed`;
		piece.reject(record, {
			code: "line-too-long",
			reason
		});
	}
};
function isBlank(buffer, start, end) {
	for (let at = start; at < end; at++) if (!isBlank$1(buffer[at])) return false;
	return true;
}
// src/formats/span.ts
function spanOf$1(buffer, start, end) {
	return {
		buffer,
		start,
		end,
		isAscii: isAscii(buffer.subarray(start, end))
	};
}
function textOf$1({ buffer, start, end, isAscii }) {
	return buffer.toString(isAscii ? "latin1" : "utf8", start, end);
}
// src/alerts/answer.ts
/**
* To the answer of any receiver: nothing, a few words and JSON may stand. Receivers answer with what they like, also with the alert itself,
* so JSON is objected to only for what names an error, not for words like "denied" in it.
*/
const objectionToAny = (body) => denialIn(body, { mayEcho: true });
/** To an answer that is nothing or a JSON object. */
const objectionToMoreThanObject = (body) => {
	const text = textOf$2(body);
	return objectionToAny(body) ?? (text === "" || objectIn(text) !== void 0 ? void 0 : shown$1(text));
};
/** To an answer that is not `ok`, nor an object that says so as the newer webhooks do. */
const objectionToMoreThanOk = (body) => {
	const text = textOf$2(body);
	const { ok, success } = objectIn(text) ?? {};
	return objectionToAny(body) ?? (text.toLowerCase() === "ok" || ok === true || success === true ? void 0 : shown$1(text));
};
function objectIn(text) {
	const value = parseJson$1(text);
	return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : void 0;
}
// src/alerts/text.ts
/** Cut to so many UTF-16 units, with an ellipsis for what is left out; never within a character. */
function cut(text, limit) {
	if (text.length <= limit) return text;
	return `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
// src/alerts/post.ts
/** One dispatcher for all: it honours HTTPS_PROXY and NO_PROXY. */
let dispatcher;
/**
* Posts JSON. Resolves when the receiver has taken it, and throws a Failure for anything else: by the status, or of the drawer
* `not-understood` for a 2xx that acknowledges nothing (205, 206), or with a body that the receiver of such a message does not answer with.
* A redirect is not followed: the body would go to somebody else.
*/
async function post(message, signal) {
	const { url, label, timeoutMs } = message;
	const timeout = AbortSignal.timeout(timeoutMs);
	let answer;
	try {
		answer = await exchange(message, AbortSignal.any([signal, timeout]));
	} catch (error) {
		signal.throwIfAborted();
		if (timeout.aborted) throw new Failure("passing", "alert-timeout", `${label} at ${url.host} did not answer within ${timeoutMs} ms`);
		throw networkFailure("alert-unreachable", label, endpointOf(url), error);
	}
	judge$2(answer, message);
}
async function exchange({ url, headers, body }, signal) {
	const undici = await import("undici");
	dispatcher ??= new undici.EnvHttpProxyAgent(proxiesOf(process.env));
	const response = await undici.request(url, {
		method: "POST",
		headers: {
			"content-type": "application/json",
			"user-agent": `flowferry/${version}`,
			...headers
		},
		body,
		signal,
		dispatcher
	});
	const header = (name) => [response.headers[name]].flat()[0];
	return {
		status: response.statusCode,
		retryAfter: header("retry-after"),
		body: await readBody(response.body, header("content-encoding"), signal)
	};
}
/** What an answer means, by its status and, where that says that the message was taken, by its body. */
function judge$2({ status, retryAfter, body }, { url, label, objection }) {
	const retryAfterMs = readRetryAfter(retryAfter);
	const line = `${label} at ${url.host} answered ${status}`;
	const drawer = drawerOfStatus(status);
	if (drawer === void 0) {
		const objected = saysDone(status) ? objection(body) : `has the status ${status}, which acknowledges nothing`;
		if (objected === void 0) return;
		throw new Failure("not-understood", "alert-bad-answer", `${line}, and the answer is not the receiver's: it ${oneLine(objected)}; check the URL, and what stands between`, { retryAfterMs });
	}
	const said = cut(oneLine(pageTitle(textOf$2(body)) ?? textOf$2(body)), LONGEST_WORDS$1);
	const redirected = status >= 300 && status < 400 ? ": redirects are not followed, configure the final URL" : "";
	throw new Failure(drawer, `alert-http-${status}`, `${line}${said === "" ? "" : `: ${said}`}${redirected}`, {
		retryAfterMs,
		tooLarge: status === 413
	});
}
/** The longest of a receiver's words that are passed on, in characters. */
const LONGEST_WORDS$1 = 200;
/** A URL that messages are posted to: https, or http to this machine. Throws UsageError without the URL in it. */
function receiverUrl(text, label, allowInsecure) {
	if (!URL.canParse(text)) throw new UsageError("alert-url", `the URL of ${label} is not a URL`);
	const url = new URL(text);
	if (url.protocol === "https:" || url.protocol === "http:" && (allowInsecure === true || isLoopback(url.hostname))) return url;
	throw new UsageError("alert-url", `the URL of ${label} must begin with https://${allowInsecure === void 0 ? "" : ", or set allowInsecure: true"}`);
}
/** Those that HTTP itself sets. */
const RESERVED = /* @__PURE__ */ new Set([
	"connection",
	"content-length",
	"expect",
	"keep-alive",
	"transfer-encoding",
	"upgrade"
]);
/** Headers that are sent as they are. Throws UsageError for one that cannot be, without its value in it. */
function receiverHeaders(headers, label) {
	const { validateHeaderName, validateHeaderValue } = process.getBuiltinModule("node:http");
	for (const [name, value] of Object.entries(headers)) {
		const refuse = (why) => new UsageError("alert-headers", `the header ${JSON.stringify(name)} of ${label} ${why}`);
		if (RESERVED.has(name.toLowerCase())) throw refuse("is set by HTTP itself: leave it out");
		if (!isValid(() => validateHeaderName(name))) throw refuse("has a name that HTTP does not allow");
		if (!isValid(() => validateHeaderValue(name, value))) throw refuse("has a value that HTTP does not allow: it holds a line break or a character that is not in Latin-1");
	}
	return headers;
}
function isValid(check) {
	try {
		check();
		return true;
	} catch {
		return false;
	}
}
/** Prometheus Alertmanager, which groups, silences and routes. */
const alertmanager = {
	type: "alertmanager",
	summary: "Prometheus Alertmanager, by its API version 2.",
	options: strictObject({
		url: secretUrl(urlWithoutUser(string$1().min(1), "set headers.authorization")).describe("Base URL of Alertmanager, as in http://localhost:9093"),
		headers: secretHeaders(record(string$1(), string$1())).default({}).describe("Further request headers, such as authorization; their values are secrets"),
		endsAfterMs: int().positive().default(36e5).describe("How long an alert is active after its last flow, or after now if that is later, in ms"),
		allowInsecure,
		timeoutMs: int().positive().default(1e4).describe("How long Alertmanager may take to answer, in ms")
	}),
	check: ({ url, allowInsecure }) => void receiverUrl(url, "Alertmanager", allowInsecure),
	create({ url, headers, allowInsecure, endsAfterMs, timeoutMs }) {
		const target = new URL("api/v2/alerts", `${receiverUrl(url, "Alertmanager", allowInsecure).href.replace(/\/*$/, "")}/`);
		const sent = receiverHeaders(headers, "Alertmanager");
		return {
			paceMs: 0,
			notify: (alert, links, signal) => post({
				url: target,
				label: "Alertmanager",
				headers: sent,
				body: JSON.stringify([postableAlert(alert, links, endsAfterMs, Date.now())]),
				timeoutMs,
				objection: objectionToMoreThanObject
			}, signal)
		};
	}
};
/**
* `postableAlert` of https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml. It starts now, not with its first flow:
* Alertmanager tells at once of an alert that started before its `group_wait`, and flow logs come minutes late, so nothing would be
* grouped. Without `endsAt` it would end when Alertmanager thinks.
*/
function postableAlert(alert, links, endsAfterMs, now) {
	const runbook = runbookLink(links);
	const page = runbookPath(alert, links);
	const others = links.filter((link) => link !== runbook);
	const facts = alert.facts.map(({ label, value }) => `${label}: ${value}`).join("\n");
	return {
		labels: {
			alertname: alert.rule,
			severity: alert.level,
			...alert.labels
		},
		annotations: {
			title: alert.title,
			summary: alert.summary,
			description: facts,
			first_seen: new Date(alert.firstSeen).toISOString(),
			last_seen: new Date(alert.lastSeen).toISOString(),
			...Object.fromEntries(others.map(({ title, url }) => [annotationName(title), url])),
			...runbook === void 0 ? {} : { runbook_url: runbook.url },
			...page === void 0 ? {} : { runbook: page }
		},
		startsAt: new Date(now).toISOString(),
		endsAt: new Date(Math.max(alert.lastSeen, now) + endsAfterMs).toISOString(),
		...others[0] === void 0 ? {} : { generatorURL: others[0].url }
	};
}
function annotationName(title) {
	return `link_${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_")}`;
}
// src/alerts/slack.ts
/** Limits of Block Kit and of incoming webhooks, in characters and pieces. https://docs.slack.dev/reference/block-kit/blocks */
const HEADER$1 = 150;
const SECTION = 3e3;
const FIELD = 2e3;
const FIELDS = 10;
/** https://docs.slack.dev/apis/web-api/rate-limits: one message a second for each incoming webhook. */
const PACE_MS$1 = 1e3;
const MARKS$1 = {
	informational: ":information_source:",
	low: ":white_circle:",
	medium: ":large_yellow_circle:",
	high: ":large_orange_circle:",
	critical: ":red_circle:"
};
/** Slack incoming webhooks. */
const slack = {
	type: "slack",
	summary: "A channel of Slack, through an incoming webhook.",
	options: strictObject({
		webhookUrl: secretUrl(urlWithoutUser(string$1().min(1), "Slack's have none")).describe("URL of the incoming webhook; a secret, so take it from the environment: ${SLACK_WEBHOOK_URL}"),
		timeoutMs: int().positive().default(1e4).describe("How long Slack may take to answer, in ms")
	}),
	check: ({ webhookUrl }) => void receiverUrl(webhookUrl, "Slack"),
	create({ webhookUrl, timeoutMs }) {
		const url = receiverUrl(webhookUrl, "Slack");
		return {
			paceMs: PACE_MS$1,
			notify: (alert, links, signal) => post({
				url,
				label: "Slack",
				body: JSON.stringify(slackMessage(alert, links)),
				timeoutMs,
				objection: objectionToMoreThanOk
			}, signal)
		};
	}
};
/** The message for an alert: a header, one sentence, the facts side by side, links. */
function slackMessage(alert, links) {
	const { title, level, summary, facts, rule } = alert;
	const mrkdwn = (text, limit) => ({
		type: "mrkdwn",
		text: cut(text, limit)
	});
	const fields = facts.map(({ label, value }) => mrkdwn(`*${escaped(label)}*\n${escaped(value)}`, FIELD));
	const blocks = [{
		type: "header",
		text: {
			type: "plain_text",
			text: cut(title, HEADER$1)
		}
	}, {
		type: "section",
		text: mrkdwn(`${MARKS$1[level]} ${escaped(summary)}`, SECTION)
	}];
	for (let start = 0; start < Math.min(fields.length, 20); start += FIELDS) blocks.push({
		type: "section",
		fields: fields.slice(start, start + FIELDS)
	});
	const page = runbookPath(alert, links);
	const footer = [
		`${level} · \`${escaped(rule)}\``,
		...links.map(({ title, url }) => `<${escaped(url)}|${escaped(title)}>`),
		...page === void 0 ? [] : [`Runbook: \`${escaped(page)}\``]
	];
	blocks.push({
		type: "context",
		elements: [mrkdwn(footer.join("  ·  "), SECTION)]
	});
	return {
		text: cut(`${title}: ${escaped(summary)}`, SECTION),
		blocks
	};
}
/** https://docs.slack.dev/messaging/formatting-message-text: the three characters that Slack reads as control characters. */
function escaped(text) {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
/** Any HTTP receiver: each alert as it is, with its links. */
const webhook = {
	type: "webhook",
	summary: "Any HTTP receiver: a POST of JSON for each alert.",
	options: strictObject({
		url: secretUrl(urlWithoutUser(string$1().min(1), "set headers.authorization")).describe("URL that gets each alert as a POST of JSON; it may hold a secret"),
		headers: secretHeaders(record(string$1(), string$1())).default({}).describe("Further request headers, such as authorization; their values are secrets"),
		allowInsecure,
		timeoutMs: int().positive().default(1e4).describe("How long the receiver may take to answer, in ms")
	}),
	check: ({ url, allowInsecure }) => void receiverUrl(url, "the webhook", allowInsecure),
	create({ url, headers, allowInsecure, timeoutMs }) {
		const target = receiverUrl(url, "the webhook", allowInsecure);
		const sent = receiverHeaders(headers, "the webhook");
		return {
			paceMs: 0,
			notify: (alert, links, signal) => post({
				url: target,
				label: "the webhook",
				headers: {
					"idempotency-key": idempotencyKey(alert),
					...sent
				},
				body: webhookBody(alert, links),
				timeoutMs,
				objection: objectionToAny
			}, signal)
		};
	}
};
/** The same for each attempt at telling this notifier of the alert, and for no other alert. A hash, since a key may hold any character. */
function idempotencyKey({ key }) {
	return createHash("sha256").update(`webhook\n${key}`).digest("hex");
}
/** The alert as JSON, with its links, and `runbookPath` where the runbook is a page without a link. */
function webhookBody(alert, links) {
	const page = runbookPath(alert, links);
	return JSON.stringify({
		...alert,
		links,
		...page === void 0 ? {} : { runbookPath: page }
	});
}
// src/formats/addresses.ts
var import_dist = require_dist();
/** Whether the text is an IPv4 address in dotted decimal form without leading zeros, or an IPv6 address without a zone. */
function isAddress(text) {
	return readAddress(text) !== 0 && !text.includes("%");
}
// src/formats/json.ts
/** An escape that may be half of a surrogate pair. */
const SURROGATE = /\\u[dD][89a-fA-F]/;
const INTEGER = /^-?\d{1,40}$/;
/** What a text that is no record has instead of a value. */
var NotJson = class {
	problem;
	constructor(code, reason) {
		this.problem = {
			code,
			reason
		};
	}
};
/**
* The value of a JSON text, or a NotJson. A text with half a character in it has no value, because it has no form in UTF-8; neither
* has one that is nested very deeply.
*/
function parseJson(text) {
	try {
		const value = JSON.parse(text);
		if (!isShallow(value, 32)) return new NotJson("too-deep", `the record has more than 32 levels`);
		if (text.includes("\\u") && SURROGATE.test(text) && !isWellFormed(text)) return new NotJson("invalid-utf8", "an escape stands for half a character, which has no UTF-8 form");
		return value;
	} catch (error) {
		if (text.includes("\0")) return new NotJson("nul-byte", "the record holds a NUL byte");
		const cause = error instanceof Error ? error.message : String(error);
		return new NotJson("bad-json", `not valid JSON: ${show(cause).slice(1, -1)}`);
	}
}
function isShallow(value, levels) {
	if (typeof value !== "object" || value === null) return true;
	if (levels === 0) return false;
	for (const name in value) {
		const inner = value[name];
		if (typeof inner === "object" && !isShallow(inner, levels - 1)) return false;
	}
	return true;
}
function isWellFormed(text) {
	let well = true;
	JSON.parse(text, (key, value) => {
		if (!key.isWellFormed() || typeof value === "string" && !value.isWellFormed()) well = false;
		return value;
	});
	return well;
}
/** JSON.parse as it has been since ES2026: the reviver is told the source text of a primitive. */
const parseWithSource = JSON.parse;
/** The value of a JSON text that is known to be valid, with a bigint for each integer that a number does not hold exactly. */
function parseExactly(text) {
	return parseWithSource(text, (_key, value, { source = "" }) => typeof value === "number" && !Number.isSafeInteger(value) && INTEGER.test(source) ? BigInt(source) : value);
}
/** The value at the path inside a parsed JSON value, undefined where there is none. */
function valueAt(value, path) {
	let current = value;
	for (const step of path) current = memberOf(current, step);
	return current;
}
/** The member of a parsed JSON value, undefined where it is no object or has no such member. */
function memberOf(value, name) {
	return typeof value === "object" && value !== null ? value[name] : void 0;
}
/** A JSON object: neither a list nor null, nor what is no JSON. */
function isObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof NotJson);
}
// src/formats/times.ts
/** The end of the year 9999: what lies beyond is not a time but another unit. */
const LAST_MS = 0xe677d21fdbff;
/** A number of units since the epoch as milliseconds, undefined for what is none. */
function epochTime(value, unitMs) {
	if (typeof value !== "number" || !Number.isInteger(value) || value < 0) return void 0;
	const time = value * unitMs;
	return time <= LAST_MS ? time : void 0;
}
const DATE_LENGTH = 10;
const SECONDS_END = 19;
/**
* Milliseconds since the epoch of an RFC 3339 time, undefined for what is none. Without an offset it is UTC; digits beyond the
* milliseconds are dropped; a leap second counts as the second after it.
*/
function rfc3339Time(value) {
	if (typeof value !== "string" || value.length < SECONDS_END) return void 0;
	const separator = value.charCodeAt(DATE_LENGTH);
	if (value[4] !== "-" || value[7] !== "-" || value[13] !== ":" || value[16] !== ":") return void 0;
	if (separator !== 84 && separator !== 116 && separator !== 32) return void 0;
	const year = digits(value, 0, 4);
	const month = digits(value, 5, 7);
	const day = digits(value, 8, 10);
	const hour = digits(value, 11, 13);
	const minute = digits(value, 14, 16);
	const second = digits(value, 17, 19);
	if (year < 1970 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23) return void 0;
	if (minute < 0 || minute > 59 || second < 0 || second > 60 || day > daysOf(year, month)) return void 0;
	let end = SECONDS_END;
	let fraction = 0;
	if (value[end] === ".") {
		const start = ++end;
		while (isDigit(value.charCodeAt(end))) end++;
		if (end === start) return void 0;
		fraction = Number(value.slice(start, Math.min(end, start + 3)).padEnd(3, "0"));
	}
	const offset = offsetMs(value, end);
	if (offset === void 0) return void 0;
	const time = Date.UTC(year, month - 1, day, hour, minute, second, fraction) - offset;
	return time >= 0 && time <= LAST_MS ? time : void 0;
}
function offsetMs(text, at) {
	if (at === text.length) return 0;
	const sign = text[at];
	if (sign === "Z" || sign === "z") return at + 1 === text.length ? 0 : void 0;
	if (sign !== "+" && sign !== "-") return void 0;
	const minutesAt = text[at + 3] === ":" ? at + 4 : at + 3;
	if (text.length !== minutesAt + 2) return void 0;
	const hours = digits(text, at + 1, at + 3);
	const minutes = digits(text, minutesAt, minutesAt + 2);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return void 0;
	return (sign === "-" ? -1 : 1) * (hours * 60 + minutes) * 6e4;
}
/** The number that the digits make, -1 where one of them is no digit. */
function digits(text, from, to) {
	let number = 0;
	for (let at = from; at < to; at++) {
		const code = text.charCodeAt(at);
		if (!isDigit(code)) return -1;
		number = number * 10 + code - 48;
	}
	return number;
}
function isDigit(code) {
	return code >= 48 && code <= 57;
}
const MONTH_DAYS = [
	31,
	28,
	31,
	30,
	31,
	30,
	31,
	31,
	30,
	31,
	30,
	31
];
function daysOf(year, month) {
	const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
	return month === 2 && isLeap ? 29 : MONTH_DAYS[month - 1];
}
// src/formats/kinds.ts
const MAX_COUNTER = 2n ** 64n - 1n;
const DIGITS = /^\d{1,20}$/;
/** Some write numbers as text; text of anything but digits stays what it is. */
function numberOf$1(raw) {
	if (typeof raw !== "string" || !DIGITS.test(raw)) return raw;
	const number = Number(raw);
	return Number.isSafeInteger(number) ? number : BigInt(raw);
}
const integerUpTo = (most) => (value) => {
	const raw = numberOf$1(value);
	return typeof raw === "number" && Number.isInteger(raw) && raw >= 0 && raw <= most ? raw + 0 : void 0;
};
/** A number is exact up to 2^53 - 1; above that only a bigint is. */
function counter(value) {
	const raw = numberOf$1(value);
	if (typeof raw === "number") return Number.isSafeInteger(raw) && raw >= 0 ? raw + 0 : void 0;
	if (typeof raw !== "bigint" || raw < 0n || raw > MAX_COUNTER) return void 0;
	return raw <= Number.MAX_SAFE_INTEGER ? Number(raw) : raw;
}
const KINDS$1 = {
	string: {
		code: "bad-string",
		expected: "text",
		convert: (raw) => typeof raw === "string" ? raw : void 0
	},
	address: {
		code: "bad-address",
		expected: "an IPv4 or IPv6 address",
		convert: (raw) => typeof raw === "string" && isAddress(raw) ? raw : void 0
	},
	number: {
		code: "bad-number",
		expected: "an integer from 0 to 2^53 - 1",
		convert: integerUpTo(Number.MAX_SAFE_INTEGER)
	},
	port: {
		code: "bad-port",
		expected: "a port from 0 to 65535",
		convert: integerUpTo(65535)
	},
	protocol: {
		code: "bad-protocol",
		expected: "an IP protocol number from 0 to 255",
		convert: integerUpTo(255)
	},
	counter: {
		code: "bad-counter",
		expected: "an integer from 0 to 2^64 - 1",
		convert: counter
	},
	boolean: {
		code: "bad-boolean",
		expected: "true or false",
		convert: (raw) => typeof raw === "boolean" ? raw : void 0
	},
	json: {
		code: "bad-object",
		expected: "an object",
		convert: (raw) => isObject(raw) ? raw : void 0
	},
	columns: {
		code: "bad-object",
		expected: "an object of texts",
		convert: (raw) => isObject(raw) && Object.values(raw).every((value) => typeof value === "string") ? raw : void 0
	}
};
const BAD_TIME = "bad-time";
/** Kinds of time, by their unit. */
const TIME_UNITS = {
	s: {
		code: BAD_TIME,
		expected: "a number of seconds since the epoch",
		convert: (raw) => epochTime(numberOf$1(raw), 1e3)
	},
	ms: {
		code: BAD_TIME,
		expected: "a number of milliseconds since the epoch",
		convert: (raw) => epochTime(numberOf$1(raw), 1)
	},
	rfc3339: {
		code: BAD_TIME,
		expected: "an RFC 3339 time",
		convert: rfc3339Time
	}
};
/** A word for one of several values, upper and lower case alike. */
function wordKind(code, values) {
	const words = new Map(Object.entries(values));
	const folded = new Map(Object.entries(values).map(([word, value]) => [word.toLowerCase(), value]));
	return {
		code,
		expected: `one of ${Object.keys(values).join(", ")}`,
		convert: (raw) => typeof raw === "string" ? words.get(raw) ?? folded.get(raw.toLowerCase()) : void 0
	};
}
// src/formats/targets.ts
/** A number also names its protocol, for logs that do not. */
const setProtocol = (flow, value) => {
	flow.protocol = value;
	flow.protocolName ??= protocolKeyword(value);
};
const targetOf = (name) => ({
	type: FIELDS$1[name].type,
	set: name === "protocol" ? setProtocol : SETTERS[name]
});
const TARGETS = Object.fromEntries(FIELD_NAMES.filter((name) => isFrom(name, "decoder")).map((name) => [name, targetOf(name)]));
/** Types that a format mapping may name for them. */
const TARGET_TYPES = [...new Set(Object.values(TARGETS).map(({ type }) => type))];
// src/formats/mapping-schema.ts
/** How the value of a context field is taken out of the log's text. */
const CONTEXT_TYPES = [
	"string",
	"ocid-region",
	"crn-account",
	"crn-region"
];
const COUNTER_UNITS = ["By", "{packet}"];
const TYPES = [.../* @__PURE__ */ new Set([...TARGET_TYPES, ...CONTEXT_TYPES])];
const NAMES$4 = [...Object.keys(TARGETS), ...CONTEXT_FIELDS];
const nameOf = (what, names) => string$1().superRefine((name, context) => {
	if (names.includes(name)) return;
	const meant = nearest(name, names);
	const advice = meant === void 0 ? `known are ${names.join(", ")}` : `did you mean ${meant}?`;
	context.addIssue({
		code: "custom",
		message: `unknown ${what} ${JSON.stringify(name)}; ${advice}`
	});
});
const entry = strictObject({
	to: nameOf("flow field", NAMES$4).describe("Field of a flow, or of its context"),
	type: nameOf("type", TYPES).describe("How the value is read and checked"),
	unit: string$1().optional().describe("Of a time: s, ms or rfc3339; of a counter: By or {packet}"),
	optional: boolean().default(false).describe("Whether a good record may lack the value; of context fields every one may"),
	values: record(string$1(), string$1()).optional().describe("The log's words for the field's values, cases alike")
}).superRefine((value, context) => {
	const fault = (path, message) => context.addIssue({
		code: "custom",
		path: [path],
		message
	});
	const target = TARGETS[value.to];
	if (target === void 0) {
		if (!CONTEXT_TYPES.includes(value.type)) fault("type", `context field ${value.to} has one of the types ${CONTEXT_TYPES.join(", ")}`);
	} else if (target.type !== value.type) fault("type", `flow field ${value.to} has type ${target.type}, not ${value.type}`);
	const units = value.type === "time" ? Object.keys(TIME_UNITS) : value.type === "counter" ? COUNTER_UNITS : void 0;
	if (units === void 0) {
		if (value.unit !== void 0) fault("unit", `type ${value.type} has no unit`);
	} else if (!units.includes(value.unit ?? "")) fault("unit", `type ${value.type} needs a unit: ${units.join(", ")}`);
	const words = target && wordsOf$2(target.type);
	if (words === void 0) {
		if (value.values !== void 0) fault("values", `type ${value.type} has no values`);
		return;
	}
	const meanings = Object.values(value.values ?? {});
	if (meanings.length === 0) fault("values", `type ${value.type} needs values: the log's words for ${words.join(", ")}`);
	for (const meaning of meanings) if (!words.includes(meaning)) fault("values", `${JSON.stringify(meaning)} is none of ${words.join(", ")}`);
});
const entries = record(string$1(), preprocess((value) => Array.isArray(value) ? value : [value], array(entry).min(1)));
/** A file of `mappings/formats`. Of several values for one context field the first that is there counts. */
const mappingSchema = strictObject({
	format: string$1().describe("Name of the format"),
	summary: string$1().describe("One line for the reference"),
	provider: string$1().optional().describe("`cloud.provider` of the semantic conventions"),
	columns: array(string$1()).optional().describe("Of text forms: the names of a line's fields, in their order"),
	fields: entries.describe("What a record says; a dot leads into a nested object"),
	header: entries.default({}).describe("What stands around the records"),
	key: entries.default({}).describe("What the object's key says, by the names of its `name=value` parts")
}).superRefine(({ columns, fields }, context) => {
	for (const name of Object.keys(fields)) if (columns !== void 0 && !columns.includes(name)) context.addIssue({
		code: "custom",
		path: ["fields", name],
		message: "is none of the columns"
	});
});
// src/formats/mapping.ts
const loaded = /* @__PURE__ */ new Map();
/** The mapping of a format that ships with the program, read once. Throws UsageError with file and line for a file that is none. */
function loadMapping(format) {
	const known = loaded.get(format);
	if (known !== void 0) return known;
	const file = `mappings/formats/${format}.yaml`;
	const mapping = parseMapping(readFileSync(asset(file), "utf8"), file);
	loaded.set(format, mapping);
	return mapping;
}
/** Validates and compiles the text of a mapping; `file` is what messages call it. */
function parseMapping(text, file) {
	const lines = new import_dist.LineCounter();
	const document = (0, import_dist.parseDocument)(text, {
		lineCounter: lines,
		prettyErrors: false,
		uniqueKeys: true
	});
	const fault = (offset, message) => new UsageError("bad-mapping", `${file}:${lines.linePos(offset ?? 0).line}: ${message}`);
	const [broken] = document.errors;
	if (broken !== void 0) throw fault(broken.pos[0], `not valid YAML: ${broken.message}`);
	const parsed = mappingSchema.safeParse(document.toJS());
	if (parsed.success) return compile(parsed.data);
	const [issue] = parsed.error.issues;
	const steps = issue?.code === "unrecognized_keys" ? [...issue.path, ...issue.keys.slice(0, 1)] : issue?.path ?? [];
	const names = steps.filter((step) => typeof step === "string");
	const message = issue?.message ?? "is no mapping";
	throw fault(offsetOf(document.contents, steps), names.length === 0 ? message : `${names.join(" › ")}: ${message}`);
}
/** Where the value at the path is named; where there is none, the closest value around it. A list of one may be written as its only item. */
function offsetOf(root, steps) {
	let node = root;
	let offset = (0, import_dist.isNode)(root) ? root.range?.[0] : void 0;
	for (const step of steps) if ((0, import_dist.isSeq)(node)) node = node.items[Number(step)];
	else if ((0, import_dist.isMap)(node) && typeof step === "string") {
		const pair = node.items.find(({ key }) => (0, import_dist.isScalar)(key) && key.value === step);
		if (pair === void 0) break;
		if ((0, import_dist.isNode)(pair.key)) offset = pair.key.range?.[0] ?? offset;
		node = pair.value;
	}
	return offset;
}
function compile(file) {
	return {
		format: file.format,
		provider: file.provider,
		columns: file.columns ?? [],
		record: rulesOf(file.fields),
		header: rulesOf(file.header),
		key: rulesOf(file.key)
	};
}
function rulesOf(entries) {
	const fields = [];
	const times = [];
	const contexts = [];
	const parents = /* @__PURE__ */ new Map();
	for (const [name, list] of Object.entries(entries)) {
		const path = name.split(".");
		const member = path.at(-1) ?? "";
		const parent = parents.get(name.slice(0, -member.length)) ?? path.slice(0, -1);
		parents.set(name.slice(0, -member.length), parent);
		for (const entry of list) {
			const target = TARGETS[entry.to];
			if (target === void 0) contexts.push({
				name,
				parent,
				member,
				field: entry.to,
				type: entry.type
			});
			else {
				const rule = {
					name,
					parent,
					member,
					kind: kindOf$1(entry),
					optional: entry.optional,
					target
				};
				(entry.to === "time" ? times : fields).push(rule);
			}
		}
	}
	return {
		fields,
		times,
		contexts
	};
}
function kindOf$1({ type, unit, values }) {
	if (values !== void 0) {
		const own = Object.entries(values).map(([word, value]) => [word, wordsOf$2(type)?.find((known) => known === value) ?? value]);
		return wordKind(`bad-${type}`, Object.fromEntries(own));
	}
	if (type === "time") return TIME_UNITS[unit];
	return KINDS$1[type];
}
/** The least that an object has: the mark twice, and the length of the index of its rows. */
const LEAST_BYTES = 12;
/** The index stands at the end: an object has to be in memory whole, as it is stored. */
const MOST_BYTES$1 = 134217728;
/** Of one page of a column, unpacked; writers make pages of about 1 MiB. */
const MOST_PAGE_BYTES = 33554432;
const MOST_PAGE_VALUES = 1e6;
/** Rows that are unpacked at once; more where pages are larger, so that a page is not unpacked again and again, up to so many values. */
const ROWS = 2e4;
const MOST_VALUES = 8e6;
/** Stands for a text that is not valid UTF-8. */
const NO_TEXT = Symbol("not valid UTF-8");
/**
* The rows of a Parquet object, packed with gzip, Snappy, zstd or not at all. However much an object says it holds, one page of a column
* and some thousand rows are unpacked at once. Throws Broken for an object that is cut, broken or too large.
*/
async function openParquet(unpacked, maxBytes) {
	const bytes = await collect(unpacked, Math.min(maxBytes, MOST_BYTES$1));
	if (bytes.length < LEAST_BYTES || bytes.toString("latin1", bytes.length - 4) !== "PAR1") throw new Broken("truncated-parquet", "the object does not end with the index of its rows: it is not whole, and nothing of it can be read");
	const { parquetMetadata, parquetRead, parquetSchema } = await import("hyparquet");
	const { parquetHeader } = await import("hyparquet/src/column.js");
	const codecs = compressors((await import("hysnappy")).snappyUncompress);
	const { metadata, columns } = await attempt("the index of its rows", async () => {
		const metadata = parquetMetadata(bytes, { geoparquet: false });
		checkCounts(metadata);
		return {
			metadata,
			columns: flatColumns(parquetSchema(metadata).children)
		};
	});
	const file = {
		byteLength: bytes.length,
		slice: (start, end = bytes.length) => new Uint8Array(bytes.subarray(start, end)).buffer
	};
	async function* slices(skip) {
		let begin = 0;
		for (const group of metadata.row_groups) {
			const end = begin + Number(group.num_rows);
			const largest = end > skip ? await attempt(`the rows from ${begin + 1} on`, async () => checkGroup(group)) : 0;
			const rows = Math.max(ROWS, Math.min(largest, Math.floor(MOST_VALUES / columns.length)));
			for (let from = Math.max(begin, skip); from < end; from += rows) {
				const to = Math.min(end, from + rows);
				const values = await attempt(`the rows from ${from + 1} on`, async () => {
					const read = [];
					for (const column of columns) read.push(await readColumn(column, from, to));
					return read;
				});
				yield {
					first: from + 1,
					length: to - from,
					columns: values
				};
			}
			begin = end;
		}
	}
	async function readColumn(column, from, to) {
		const values = [];
		await parquetRead({
			file,
			metadata,
			columns: [column],
			rowStart: from,
			rowEnd: to,
			compressors: codecs,
			parsers: PARSERS,
			onChunk({ columnData, rowStart }) {
				const last = Math.min(to, rowStart + columnData.length);
				for (let row = Math.max(from, rowStart); row < last; row++) values[row - from] = columnData[row - rowStart];
			}
		});
		if (values.length !== to - from) throw new Error(`column ${label(column)} has less rows than the index says`);
		return values;
	}
	/** The most values that a page of the group has. */
	function checkGroup(group) {
		let largest = 0;
		for (const { meta_data: chunk } of group.columns) if (chunk?.path_in_schema.length === 1 && columns.includes(chunk.path_in_schema[0] ?? "")) largest = Math.max(largest, checkPages(chunk, Number(group.num_rows)));
		return largest;
	}
	/** Checks what the pages of a column say of their sizes, before anything is unpacked, and gives the most values of one. */
	function checkPages(chunk, rows) {
		const name = label(chunk.path_in_schema[0] ?? "");
		const begin = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
		const end = begin + Number(chunk.total_compressed_size);
		if (!(begin >= 4 && end > begin && end <= bytes.length)) throw new Error(`column ${name} lies outside`);
		const reader = {
			view: new DataView(bytes.buffer, bytes.byteOffset, end),
			offset: begin
		};
		let values = 0;
		let largest = 0;
		while (values < rows && reader.offset < end - 1) {
			const page = parquetHeader(reader);
			const count = page.data_page_header?.num_values ?? page.data_page_header_v2?.num_values ?? 0;
			const most = Math.max(count, page.dictionary_page_header?.num_values ?? 0);
			const size = Number(page.uncompressed_page_size);
			if (!(count >= 0 && size >= 0 && page.compressed_page_size >= 0)) throw new Error(`column ${name} has a page without a size`);
			if (size > MOST_PAGE_BYTES || most > MOST_PAGE_VALUES) {
				const reason = `column ${name} has a page of ${most} values in ${size} bytes; at most ${`${MOST_PAGE_VALUES} values and ${MOST_PAGE_BYTES} bytes`} are unpacked at once`;
				throw new Broken("too-large", reason);
			}
			values += count;
			largest = Math.max(largest, count);
			reader.offset += page.compressed_page_size;
		}
		if (values !== rows) throw new Error(`column ${name} has ${values} values, and the index says ${rows}`);
		return largest;
	}
	return {
		columns,
		slices
	};
}
async function collect(unpacked, most) {
	const chunks = [];
	let length = 0;
	for await (const chunk of unpacked.chunks) {
		length += chunk.length;
		if (length > most) throw new Broken("too-large", `the object has more than ${most} bytes: Parquet is read in memory as a whole`);
		chunks.push(chunk);
	}
	if (unpacked.fault !== void 0) throw new Broken(unpacked.fault.code, unpacked.fault.reason);
	return Buffer.concat(chunks);
}
function flatColumns(nodes) {
	const names = nodes.filter(({ children, element }) => children.length === 0 && element.repetition_type !== "REPEATED").map(({ element }) => element.name);
	if (names.some((name) => typeof name !== "string")) throw new Error("a column has no name");
	return names;
}
function checkCounts({ num_rows: total, row_groups: groups }) {
	const counts = groups.map(({ num_rows: rows }) => Number(rows));
	const isCount = counts.every((rows) => Number.isSafeInteger(rows) && rows >= 0);
	const sum = counts.reduce((all, rows) => all + rows, 0);
	if (!isCount || sum !== Number(total)) throw new Error(`its groups have ${sum} rows, and it says ${total}`);
}
const atMost = (length) => ({ maxOutputLength: Math.max(1, Math.min(length, MOST_PAGE_BYTES)) });
/** The library's own Snappy would copy billions of bytes one by one where a broken page says so. */
const compressors = (snappyUncompress) => ({
	SNAPPY: snappyUncompress,
	GZIP: (input, length) => gunzipSync(input, atMost(length)),
	ZSTD: (input, length) => zstdDecompressSync(input, atMost(length))
});
const PARSERS = { stringFromBytes: (bytes) => isUtf8(bytes) ? Buffer.from(bytes).toString() : NO_TEXT };
/** Whatever goes wrong in bytes that the library reads is their fault. */
async function attempt(what, read) {
	try {
		return await read();
	} catch (error) {
		if (error instanceof Broken) throw error;
		const reason = error instanceof Error ? label(error.message) : "unknown";
		throw new Broken("corrupt-parquet", `${what} cannot be read: ${reason}`);
	}
}
// src/clouds/aws/formats/columns.ts
/** Columns of version 2, which a log without a heading has. */
const DEFAULT_COLUMNS = 14;
const NAME$3 = /^[a-z][\w:.-]*$/i;
/** Says only which columns there may be. */
const VERSION = "version";
/** OCI's text form has this where AWS has `log-status`. */
const NOT_OF_AWS = "status";
/** Names that OCI's text form has too. */
const SHARED = [
	"version",
	"srcaddr",
	"dstaddr",
	"srcport",
	"dstport",
	"protocol",
	"packets",
	"bytes",
	"start",
	"end",
	"action"
];
/** The columns that logs may have, by their documentation. */
var ColumnCatalogue = class {
	#mapping;
	#documented;
	#known = /* @__PURE__ */ new Map();
	defaults;
	constructor(mapping) {
		this.#mapping = mapping;
		this.#documented = new Set(mapping.columns);
		this.defaults = this.of(mapping.columns.slice(0, DEFAULT_COLUMNS));
	}
	/** How records with these columns are read. Underscores stand for dashes, as in Parquet; of a name that comes twice the first counts. */
	of(names) {
		const key = names.join(" ");
		const known = this.#known.get(key);
		if (known !== void 0) return known;
		const columns = this.#read(names.map((name) => name.toLowerCase().replaceAll("_", "-")));
		if (this.#known.size < 100) this.#known.set(key, columns);
		return columns;
	}
	/** The names that a heading has; undefined for a line that is none. */
	headingOf(line) {
		const names = line.trimEnd().split(/[ \t]+/);
		return this.isOfAws(names) && names.every((name) => NAME$3.test(name)) ? names : void 0;
	}
	/** Whether only VPC Flow Logs have such a line. */
	isHeadingOfAws(line) {
		const own = this.headingOf(line)?.filter((name) => !SHARED.includes(name.toLowerCase()));
		return own !== void 0 && this.isOfAws(own);
	}
	/** Whether records with these columns are VPC Flow Logs. */
	isOfAws(names) {
		return !names.includes(NOT_OF_AWS) && names.some((name) => this.#documented.has(name.toLowerCase().replaceAll("_", "-")));
	}
	#read(names) {
		const { fields, contexts } = this.#mapping.record;
		const placed = (rules) => rules.flatMap((rule) => names.includes(rule.name) ? [{
			rule,
			at: names.indexOf(rule.name)
		}] : []);
		const isTaken = (name) => name === VERSION || [...fields, ...contexts].some((rule) => rule.name === name);
		const placedFields = placed(fields);
		const isStatus = ({ rule }) => rule.target.type === "status";
		return {
			width: names.length,
			fields: placedFields.toSorted((a, b) => Number(isStatus(b)) - Number(isStatus(a))),
			hasStatus: placedFields.some(isStatus),
			contexts: placed(contexts),
			further: names.flatMap((name, at) => isTaken(name) || names.indexOf(name) < at ? [] : [{
				name,
				at
			}]),
			unknown: [...new Set(names)].filter((name) => !this.#documented.has(name))
		};
	}
};
// src/formats/quality.ts
/** What a quality record says, undefined for a flow. */
function noticeOf(flow) {
	if (flow.status === "OK") return void 0;
	const after = flow.record - 1;
	const who = flow.context.vnic ?? "a VNIC that the record does not name";
	const from = new Date(flow.time).toISOString();
	const when = flow.end === void 0 ? `at ${from}` : `from ${from} to ${new Date(flow.end).toISOString()}`;
	return flow.status === "NODATA" ? {
		kind: "no-data",
		after,
		message: `${who} had no traffic ${when}`
	} : {
		kind: "skip-data",
		after,
		message: `${who} had flows ${when} that were lost before they reached the bucket`
	};
}
// src/formats/record.ts
/** Sets one field of a flow from the log's value; null and empty text are no value, which only `lenient` or the rule allows. */
function setField(rule, flow, raw, lenient) {
	if (raw === void 0 || raw === null || raw === "") return lenient || rule.optional ? void 0 : missing(rule.name);
	const value = rule.kind.convert(raw);
	if (value === void 0) return wrong$1(rule, raw);
	rule.target.set(flow, value);
}
function missing(name) {
	return {
		code: "missing-field",
		reason: `${name} is missing`
	};
}
function wrong$1({ name, kind }, raw) {
	return {
		code: kind.code,
		reason: `${name}: ${show(raw)} is not ${kind.expected}`
	};
}
/**
* Sets the fields of a flow from a JSON record, whose text is read again where a number in it is too large to be exact.
* `within` leads from the text's value to the record.
*/
function setFields(rules, flow, record, lenient, text, within) {
	let exact;
	let parent;
	let members;
	for (const rule of rules) {
		if (rule.parent !== parent) {
			parent = rule.parent;
			members = valueAt(record, parent);
		}
		let raw = memberOf(members, rule.member);
		if (typeof raw === "number" && rule.target.type === "counter" && Math.abs(raw) > Number.MAX_SAFE_INTEGER) {
			exact ??= valueAt(parseExactly(text), within);
			raw = memberOf(valueAt(exact, parent), rule.member);
		}
		const problem = setField(rule, flow, raw, lenient);
		if (problem !== void 0) return problem;
	}
}
/** Settles when a flow without a start happened: at its end, else at the first time that one of the sources states. */
function setTime(flow, rules, source) {
	if (flow.start !== void 0 || flow.end !== void 0) {
		flow.time = flow.start ?? flow.end ?? 0;
		return;
	}
	for (const rule of rules) {
		const raw = memberOf(valueAt(source, rule.parent), rule.member);
		if (raw === void 0 || raw === null || raw === "") continue;
		return setField(rule, flow, raw, false);
	}
	if (flow.connectionStart === void 0) return missing(["start", ...rules.map(({ name }) => name)].join(", "));
	flow.time = flow.connectionStart;
}
/** A context that says nothing but the provider. */
function draftContext(provider) {
	return {
		...EMPTY_CONTEXT,
		provider
	};
}
/** Fills what the draft does not yet say. */
function setContext({ contexts }, draft, source) {
	let parent;
	let members;
	for (const rule of contexts) {
		if (draft[rule.field] !== void 0) continue;
		if (rule.parent !== parent) {
			parent = rule.parent;
			members = valueAt(source, parent);
		}
		const raw = memberOf(members, rule.member);
		if (raw === void 0 || raw === null || raw === "") continue;
		if (typeof raw !== "string") return {
			code: "bad-string",
			reason: `${rule.name}: ${show(raw)} is not text`
		};
		draft[rule.field] = EXTRACT[rule.type](raw);
	}
}
const notEmpty = (text) => text === "" ? void 0 : text;
const EXTRACT = {
	string: (text) => text,
	"ocid-region": (text) => text.startsWith("ocid1.") ? notEmpty(text.split(".", 4)[3]) : void 0,
	"crn-region": (text) => text.startsWith("crn:") ? notEmpty(text.split(":")[5]) : void 0,
	"crn-account": (text) => text.startsWith("crn:") ? notEmpty(/^a\/(.+)$/.exec(text.split(":")[6] ?? "")?.[1]) : void 0
};
// src/intake/tail/stamps.ts
/** `20260131T080000Z` of a time in ms since the epoch, rounded down to the second. */
function formatStamp(ms) {
	const iso = new Date(bounded(ms)).toISOString();
	return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}
/** The time of a stamp as `formatStamp` writes it; undefined for any other text, a date that does not exist included. */
function parseStamp(stamp) {
	const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp);
	if (parts === null) return void 0;
	const [year, month, day, hour, minute, second] = parts.slice(1).map(Number);
	const ms = Date.UTC(year, month - 1, day, hour, minute, second);
	return year >= 1970 && formatStamp(ms) === stamp ? ms : void 0;
}
/** A time in whole ms from 1970 to 9999, so that its text has a fixed width and sorts as the time does. */
function bounded(ms) {
	return Math.floor(Math.min(Math.max(ms, 0), 0xe677d21fdbff));
}
// src/clouds/aws/keys.ts
/** `<account>_vpcflowlogs_<region>_<flow log>_<yyyymmddThhmmZ>_<hash>.log.gz`, or `.log.parquet`. */
const NAME$2 = /^([^_/]+)_vpcflowlogs_([^_/]+)_(fl-[^_/]+)_(\d{8}T\d{4})Z_[^_/]+\.log(?:\.gz|\.parquet)?$/;
/** What the name of an object says, as VPC Flow Logs names them; undefined for any other. */
function parseObjectName(name) {
	const [, account, region, , stamp] = NAME$2.exec(name) ?? [];
	const written = stamp === void 0 ? void 0 : parseStamp(`${stamp}00Z`);
	return account === void 0 || region === void 0 || written === void 0 ? void 0 : {
		account,
		region,
		written
	};
}
// src/clouds/aws/formats/records.ts
/** Names of unknown columns that a notice has. */
const NAMED$4 = 20;
const UNTOLD = "no-log-status";
/** Reads the records of one object, whatever form they stand in: a value for each column, text or number; what is absent is a dash or nothing. */
var Records = class {
	#mapping;
	#contexts;
	#origin;
	#key;
	/** Contexts of this object, by what its records say of them. */
	#known = /* @__PURE__ */ new Map();
	constructor(mapping, contexts, origin) {
		this.#mapping = mapping;
		this.#contexts = contexts;
		this.#origin = origin;
		const name = parseObjectName(origin.key.slice(origin.key.lastIndexOf("/") + 1));
		this.#key = name === void 0 ? {} : {
			...name,
			written: new Date(name.written).toISOString()
		};
	}
	/** Puts what the record is into the piece. A record without addresses of a log without a status is counted as `no-log-status`. */
	read(values, columns, record, piece) {
		const flow = new Flow(this.#origin, record, this.#contextOf(values, columns), 0);
		if (!columns.hasStatus && columns.fields.every(({ rule, at }) => isEmptyOrTime(rule.target.type, values[at])) && columns.fields.some(({ rule }) => rule.target.type === "address")) {
			piece.skip(record, UNTOLD);
			return;
		}
		const problem = this.#fill(flow, values, columns);
		if (problem !== void 0) {
			piece.reject(record, problem);
			return;
		}
		piece.flows.push(flow);
		const notice = noticeOf(flow);
		if (notice !== void 0) piece.quality.push(notice);
	}
	#fill(flow, values, { fields, further }) {
		for (const { rule, at } of fields) {
			const problem = setField(rule, flow, plainOf(values[at]), flow.status !== "OK");
			if (problem !== void 0) return problem;
		}
		let columns;
		for (const { name, at } of further) {
			const value = plainOf(values[at]);
			if (value === void 0 || value === "") continue;
			columns ??= {};
			columns[name] = String(value);
		}
		flow.logColumns = columns;
		return setTime(flow, this.#mapping.key.times, this.#key);
	}
	#contextOf(values, { contexts }) {
		let name = "";
		for (const { at } of contexts) name += `${String(values[at])}\0`;
		const known = this.#known.get(name);
		if (known !== void 0) return known;
		const draft = draftContext(this.#mapping.provider);
		for (const { rule, at } of contexts) {
			const value = plainOf(values[at]);
			if (value !== void 0 && value !== "") draft[rule.field] = String(value);
		}
		setContext(this.#mapping.key, draft, this.#key);
		const context = this.#contexts.intern(draft);
		if (this.#known.size < 1e3) this.#known.set(name, context);
		return context;
	}
};
/** A notice that names what AWS has added, or undefined; `after` as the notice has it. */
function unknownColumns({ unknown }, after) {
	if (unknown.length === 0) return void 0;
	return {
		kind: "unknown-columns",
		after,
		message: `the log has columns that are not known, and are kept as they are: ${unknown.slice(0, NAMED$4).map(label).join(", ")}${unknown.length > NAMED$4 ? ` and ${unknown.length - NAMED$4} more` : ""}`
	};
}
function isEmptyOrTime(type, value) {
	return type === "time" || plainOf(value) === void 0;
}
/** Undefined for what is absent; integers of 64 bits as numbers where these are exact. */
function plainOf(value) {
	if (value === "-" || value === null || value === void 0) return void 0;
	if (typeof value !== "bigint") return value;
	const number = Number(value);
	return Number.isSafeInteger(number) ? number : value;
}
// src/clouds/aws/formats/vpc.ts
/** A line of the default format, as far as no other log has such. */
const RECORD$1 = /^\s*\d+\s+(?:\d{12}|unknown)\s+(?:eni-\S+|-)(?:\s+\S+){9}\s+(?:ACCEPT|REJECT|-)\s+(?:OK|NODATA|SKIPDATA)\s*$/;
/** Rows of Parquet that make one piece. */
const PIECE_ROWS = 1e3;
/** AWS VPC Flow Logs of any version: lines, with the names of their columns in the first one or without, and Parquet. */
const awsVpc = {
	name: "aws-vpc",
	create() {
		const mapping = loadMapping("aws-vpc");
		const contexts = new ContextPool();
		const catalogue = new ColumnCatalogue(mapping);
		return {
			recognises: ({ line }) => line.startsWith("PAR1") || RECORD$1.test(line) || catalogue.isHeadingOfAws(line),
			async *decode(unpacked, origin, options) {
				const records = new Records(mapping, contexts, origin);
				const { head, whole, release } = await peek(unpacked, 4);
				try {
					yield* head.toString("latin1", 0, 4) === "PAR1" ? decodeParquet(whole, catalogue, records, options) : decodeLines(whole, new Lines(catalogue, records, options.skip), options);
				} finally {
					await release();
				}
			}
		};
	}
};
var Lines = class {
	#catalogue;
	#records;
	#columns;
	#skip;
	/** Of columns of which nothing was said yet. */
	#notice;
	constructor(catalogue, records, skip) {
		this.#catalogue = catalogue;
		this.#records = records;
		this.#skip = skip;
		this.#columns = catalogue.defaults;
	}
	heading(line, after) {
		const names = isLetter(line.buffer[line.start]) ? this.#catalogue.headingOf(textOf$1(line)) : void 0;
		if (names === void 0) return false;
		this.#columns = this.#catalogue.of(names);
		this.#notice = after < this.#skip ? void 0 : unknownColumns(this.#columns, after);
		return true;
	}
	read(line, record, piece) {
		if (this.#notice !== void 0) piece.quality.push(this.#notice);
		this.#notice = void 0;
		const text = textOf$1(line);
		const values = text.trim().split(/[ \t]+/);
		const { width } = this.#columns;
		if (text.includes("\0")) piece.reject(record, {
			code: "nul-byte",
			reason: "the line holds a NUL byte"
		});
		else if (values.length === width) this.#records.read(values, this.#columns, record, piece);
		else {
			const reason = `the line has ${values.length} fields, not ${width}: ${show(text)}`;
			piece.reject(record, {
				code: "wrong-field-count",
				reason
			});
		}
	}
};
const isLetter = (byte) => byte !== void 0 && (byte | 32) >= 97 && (byte | 32) <= 122;
async function* decodeParquet(unpacked, catalogue, records, { skip, maxBytes, maxRecordBytes }) {
	let through = skip;
	try {
		const rows = await openParquet(unpacked, maxBytes);
		if (!catalogue.isOfAws(rows.columns)) {
			const names = rows.columns.slice(0, 10).join(", ");
			throw new Broken("foreign-parquet", `no column is one of VPC Flow Logs: ${show(names)}`);
		}
		const columns = catalogue.of(rows.columns);
		for await (const slice of rows.slices(skip)) {
			const notice = slice.first === 1 ? unknownColumns(columns, 0) : void 0;
			for (let row = 0; row < slice.length; row += PIECE_ROWS) {
				const piece = readRows$1(slice, row, columns, records, maxRecordBytes);
				if (row === 0 && notice !== void 0) piece.quality.push(notice);
				through = piece.through;
				yield piece;
			}
		}
	} catch (error) {
		if (!(error instanceof Broken)) throw error;
		const piece = new Piece(through);
		piece.breakOff(error.fault);
		yield piece;
	}
}
function readRows$1(slice, from, columns, records, maxRecordBytes) {
	const piece = new Piece(slice.first + from - 1);
	for (let row = from; row < Math.min(slice.length, from + PIECE_ROWS); row++) {
		const values = slice.columns.map((column) => column[row]);
		const record = slice.first + row;
		piece.through = record;
		const length = values.reduce((sum, value) => sum + (typeof value === "string" ? value.length : 8), 0);
		if (values.includes(NO_TEXT)) piece.reject(record, {
			code: "invalid-utf8",
			reason: "the row is not valid UTF-8"
		});
		else if (length > maxRecordBytes) {
			const reason = `the row has more than the ${maxRecordBytes} bytes allowed`;
			piece.reject(record, {
				code: "line-too-long",
				reason
			});
		} else records.read(values, columns, record, piece);
	}
	return piece;
}
// src/intake/tail/every.ts
/** A clock that was set back makes it due: it says nothing of how long ago it was done. */
function every(ms) {
	let last;
	return {
		isDue: (now) => last === void 0 || now < last || now - last >= ms,
		done(now) {
			last = now;
		}
	};
}
// src/intake/tail/strategy.ts
/** Whether there are keys that begin with both. */
const isTouched = (prefix, within) => prefix.startsWith(within) || within.startsWith(prefix);
/** Stores round their times to the second; the rest is for clocks that stand a little apart. In ms. */
const CLOCKS_APART_MS = 2e3;
/**
* Whether the object was in the store before a listing began. Only such objects move a look-back window: a listing may take days
* (pulling its pages waits for the sinks), and what comes in meanwhile behind the page reached must lie inside the next window.
*/
function wasThereBefore(object, listingStarted) {
	return object.time <= listingStarted - CLOCKS_APART_MS;
}
/** Those of a page that are to be handed out: wanted by the options, not seen, and no marker that a console leaves for an empty folder. */
function newOf({ settings }, page, seen) {
	const wanted = page.filter((object) => !isFolderMarker(object) && settings.accepts(object.key));
	return wanted.length === 0 ? wanted : seen.unseen(wanted);
}
const isFolderMarker = ({ key, size }) => size === 0 && key.endsWith("/");
/** The later of two times of which either may be unknown. */
function later(a, b) {
	if (a === void 0 || b === void 0) return a ?? b;
	return Math.max(a, b);
}
/** Late objects that one pass names one by one; of further ones it says how many there are. */
const NAMED$3 = 1e3;
/** Reports objects that came behind the look-back, and are read all the same. */
function reportLate({ onEvent }, partition) {
	let count = 0;
	return {
		/** `where` says where it came in, and where the look-back begins. */
		object({ key }, where) {
			count += 1;
			if (count <= NAMED$3) onEvent({
				kind: "late-object",
				key,
				message: `came late, and is read: ${where}`
			});
		},
		end() {
			if (count <= NAMED$3) return;
			onEvent({
				kind: "late-object",
				key: partition,
				message: `${count - NAMED$3} more objects came behind the look-back, and are read`
			});
		}
	};
}
/** Reports objects and folders that a layout does not know, each of them once, up to a thousand. */
function reportPassedOver({ settings, onEvent }, layout) {
	const reported = /* @__PURE__ */ new Set();
	const report = (key) => {
		if (!key.startsWith(settings.prefix) || reported.has(key) || reported.size >= 1e3) return;
		reported.add(key);
		onEvent({
			kind: "passed-over",
			key,
			message: `not read: it does not belong to the layout ${layout}`
		});
	};
	return {
		folder: report,
		objects: (objects) => {
			for (const object of objects) if (!isFolderMarker(object) && settings.accepts(object.key)) report(object.key);
		}
	};
}
// src/intake/tail/behind.ts
/** As a mark holds it: where it begins, and of each group its name and its numbers in base64. */
const behindSchema = object$1({
	begin: string$1(),
	groups: array(tuple([string$1(), string$1()]))
});
const NUMBER_BYTES = 4;
/** What is left after a trim, of the most. */
const KEPT$1 = 7 / 8;
/**
* What lies behind a window and is accounted for: the ledger forgets those objects, and this remembers the last of them by a number each,
* so that one that comes late can be told from one that is known. Groups are dropped whole, the lowest first, when there are more than
* `most` numbers: the size is bounded whatever the bucket holds. A late object is taken for a known one once in 2^32 / `most` cases.
*/
var Behind = class {
	#most;
	#groups = /* @__PURE__ */ new Map();
	#numbers = /* @__PURE__ */ new Set();
	/** What is stored, as long as nobody asked for a number. */
	#stored;
	#begin;
	/** `begin` is where this begins if nothing is stored; "" for everything. */
	constructor(stored, begin, most) {
		this.#most = most;
		this.#stored = stored;
		this.#begin = stored?.begin ?? begin;
	}
	/** What sorts before this was dropped, or was never known: of it nothing can be told. */
	get begin() {
		return this.#begin;
	}
	/** Where this may begin when a quarter of the most is added. */
	get beginSoon() {
		const sizes = this.#sizes();
		const size = sizes.reduce((sum, [, count]) => sum + count, 0);
		if (size <= this.#most * .75) return this.#begin;
		let leaving = size - this.#most * .625;
		return sizes.find(([, count]) => {
			if (leaving <= 0) return true;
			leaving -= count;
			return false;
		})?.[0] ?? `${sizes.at(-1)?.[0]}~`;
	}
	has(number) {
		this.#load();
		return this.#numbers.has(number);
	}
	/** What is known now, whatever is added later. */
	asOfNow() {
		this.#load();
		const numbers = new Set(this.#numbers);
		return {
			begin: this.#begin,
			has: (number) => numbers.has(number)
		};
	}
	/** The name of a group is the beginning of the places of all its objects, or sorts just before them. */
	add(group, number) {
		if (compareKeys(group, this.#begin) < 0 && !this.#begin.startsWith(group)) return;
		this.#load();
		if (this.#numbers.has(number)) return;
		this.#numbers.add(number);
		const numbers = this.#groups.get(group);
		if (numbers === void 0) this.#groups.set(group, [number]);
		else numbers.push(number);
		if (this.#numbers.size > this.#most) this.#trim();
	}
	state() {
		if (this.#stored !== void 0) return this.#stored;
		const groups = [...this.#groups].sort(([a], [b]) => compareKeys(a, b));
		return {
			begin: this.#begin,
			groups: groups.map(([group, numbers]) => [group, encode$1(numbers)])
		};
	}
	/** The groups, the lowest first, and how many numbers each has. */
	#sizes() {
		const { groups } = this.#stored ?? {};
		if (groups !== void 0) return groups.map(([group, text]) => [group, Buffer.byteLength(text, "base64") / NUMBER_BYTES]);
		return [...this.#groups].sort(([a], [b]) => compareKeys(a, b)).map(([group, numbers]) => [group, numbers.length]);
	}
	#load() {
		for (const [group, text] of this.#stored?.groups ?? []) {
			const numbers = decode(text);
			this.#groups.set(group, numbers);
			for (const number of numbers) this.#numbers.add(number);
		}
		this.#stored = void 0;
	}
	#trim() {
		const ascending = [...this.#groups.keys()].sort(compareKeys);
		for (const [index, group] of ascending.entries()) {
			if (this.#numbers.size <= this.#most * KEPT$1) return;
			for (const number of this.#groups.get(group) ?? []) this.#numbers.delete(number);
			this.#groups.delete(group);
			this.#begin = ascending[index + 1] ?? `${group}~`;
		}
	}
};
/** The number of one version of an object. */
function numberOf({ key, etag }) {
	return hash("sha256", `${key}\0${etag}`, "buffer").readUInt32LE(0);
}
function encode$1(numbers) {
	const bytes = Buffer.alloc(numbers.length * NUMBER_BYTES);
	for (const [index, number] of numbers.entries()) bytes.writeUInt32LE(number, index * NUMBER_BYTES);
	return bytes.toString("base64");
}
function decode(text) {
	const bytes = Buffer.from(text, "base64");
	return Array.from({ length: bytes.length / NUMBER_BYTES }, (_, index) => bytes.readUInt32LE(index * NUMBER_BYTES));
}
// src/intake/tail/far.ts
/** How often what lies further back than is remembered is listed. */
const RARELY_MS = 864e5;
/** So many sweeps are told apart. */
const SWEEPS = 32;
/** Objects that are named one by one; of further ones it is said how many there are. */
const NAMED$2 = 1e3;
/**
* As a mark holds it. `at`: what was stored before this is told of; `from`: where the window began at the last sweep; `sweeps`: of those
* since, what was stored before (and not before the sweep before), and the place before which such an object was met by none.
*/
const farSchema = object$1({
	at: number(),
	from: string$1(),
	sweeps: array(tuple([number(), string$1()]))
});
/**
* What comes in further back than is remembered behind a window. What is known cannot tell it from what was read, but when it was stored can:
* a window never looks back behind where it began at a sweep, and a sweep never behind where memory began. So what was stored between two
* sweeps, and stands before the window of the first and the memory of the second, was met by neither. Sweeps are so near to each other that
* memory does not pass over where the window was (`isDue`), so that all other late objects are met.
*/
var Far = class {
	#at;
	#from;
	#sweeps;
	/** `started`: now, ms since the epoch; `from`: where the window begins. Both count if nothing is stored. */
	constructor(stored, started, from) {
		this.#at = stored?.at ?? started - 2e3;
		this.#from = stored?.from ?? from;
		this.#sweeps = [...stored?.sweeps ?? []];
	}
	/** Whether it is time for a sweep: memory is about to begin, at `soon`, behind where the window began at the last one. */
	isDue(soon) {
		return compareKeys(soon, this.#from) > 0;
	}
	/** A sweep that began at `started` has met what lies between `begin`, where memory begins, and `from`, where the window does. */
	swept(started, begin, from) {
		const at = started - CLOCKS_APART_MS;
		const bound = compareKeys(begin, this.#from) > 0 ? this.#from : begin;
		const last = this.#sweeps.at(-1);
		this.#from = from;
		if (at < (last?.[0] ?? this.#at)) this.#sweeps.splice(0);
		else if (bound !== "" || last !== void 0) {
			if (last?.[1] === bound) last[0] = at;
			else this.#sweeps.push([at, bound]);
			const [first, second] = this.#sweeps;
			if (this.#sweeps.length > SWEEPS && first !== void 0 && second !== void 0) this.#sweeps.splice(0, 2, [second[0], first[1]]);
			return;
		}
		this.#at = at;
	}
	/** The place up to which it is time to list what no sweep has met; undefined if it is not. */
	end(now) {
		return now - this.#at < RARELY_MS ? void 0 : this.#sweeps.at(-1)?.[1];
	}
	/** The place before which the object was met by no sweep; undefined if it was stored before the last listing, or after the last sweep. */
	bound({ time }) {
		return time < this.#at ? void 0 : this.#sweeps.find(([at]) => time < at)?.[1];
	}
	/** All up to there was listed, and what was met by none is told of. */
	told() {
		this.#at = this.#sweeps.at(-1)?.[0] ?? this.#at;
		this.#sweeps.splice(0);
	}
	state() {
		return {
			at: this.#at,
			from: this.#from,
			sweeps: this.#sweeps
		};
	}
};
/** Reports objects that came in too far back, and are not read. All at once when they are listed, so that no break makes it say them twice. */
function reportMissed({ onEvent }, partition) {
	const names = [];
	let count = 0;
	const advice = "`flowferry replay --since` reads a span of time again";
	return {
		/** `where` says where it stands, and where memory begins. */
		object({ key }, where) {
			count += 1;
			if (count <= NAMED$2) names.push({
				key,
				message: `came too late, and is not read: ${where}; ${advice}`
			});
		},
		end() {
			for (const { key, message } of names) onEvent({
				kind: "late-object",
				key,
				message
			});
			const rest = count - names.length;
			if (rest === 0) return;
			onEvent({
				kind: "late-object",
				key: partition,
				message: `${rest} more objects came too late, and are not read; ${advice}`
			});
		}
	};
}
// src/intake/tail/sequences.ts
/** Streams without a number inside the window that are still remembered. */
const REMEMBERED = 8;
/**
* Finds holes in streams whose objects are numbered one by one. A hole counts when the number after it has left the look-back
* window; the first number of a stream that was met is taken as its beginning.
*/
function sequenceWatch(earlier, report) {
	const expected = new Map(Object.entries(earlier));
	const windows = /* @__PURE__ */ new Map();
	const leave = (stream, numbers, from) => {
		const known = [...numbers].sort(([a], [b]) => a - b);
		const last = known.findLastIndex(([, time]) => time < from);
		for (const [number, time] of known.slice(0, last + 1)) {
			const next = expected.get(stream) ?? number;
			if (number > next) report({
				stream,
				from: next,
				to: number - 1
			});
			expected.set(stream, Math.max(next, number + 1));
			if (time < from) numbers.delete(number);
		}
		if (numbers.size === 0) windows.delete(stream);
	};
	return {
		observe(stream, number, time) {
			const numbers = windows.get(stream) ?? /* @__PURE__ */ new Map();
			windows.set(stream, numbers.set(number, time));
		},
		advance(from) {
			for (const [stream, numbers] of windows) leave(stream, numbers, from);
			const quiet = [...expected.keys()].filter((stream) => !windows.has(stream)).sort();
			for (const stream of quiet.slice(0, Math.max(0, quiet.length - REMEMBERED))) expected.delete(stream);
		},
		next: () => Object.fromEntries(expected)
	};
}
// src/intake/tail/window.ts
/** The time of the step that `ms` lies in. */
const wholeStep = ({ stepMs }, ms) => bounded(ms) - bounded(ms) % stepMs;
/** Partitions without a new object for so long are looked into in sweeps only. */
const IDLE_MS = 864e5;
/** So many objects behind the look-back are told from late ones: 3 days of a network interface, some days of a connector. */
const KNOWN_BEHIND$2 = 1024;
/**
* `from`: where the next listing begins; `latest`: highest store time met; `next`: of streams, see SequenceWatch; `behind`: what is known
* before `from`; `far`: what comes in before that.
*/
const markSchema$2 = object$1({
	from: number().optional(),
	latest: number().optional(),
	next: record(string$1(), number()).default({}),
	behind: behindSchema.optional(),
	far: farSchema.optional()
});
const readMark = (seen, partition) => markSchema$2.parse(JSON.parse(seen.mark(partition) ?? "{}"));
function isIdle(seen, partition, now) {
	const { latest } = readMark(seen, partition);
	return latest !== void 0 && latest < now - IDLE_MS;
}
/** Where an object stands, and the hour of it, under which it is known once it lies behind the window. */
const placeOf$2 = ({ time }) => formatStamp(time);
const groupOf$1 = (name) => placeOf$2(name).slice(0, 11);
/** The beginning of the hour of a place or a group. */
const timeOfPlace = (place) => parseStamp(`${place.slice(0, 11)}0000Z`) ?? 0;
/** `begin`: where it begins as long as no object moves it; `floor`: where a window begins whose newest name says that time. */
function openWindow({ onEvent, now }, partition, mark, begin, floor) {
	let from = begin;
	let { latest } = mark;
	let newest;
	const place = begin === void 0 ? "" : formatStamp(begin);
	const behind = new Behind(mark.behind, place, KNOWN_BEHIND$2);
	const far = new Far(mark.far, now(), place);
	/** What the listing has met and the window has not left behind, in the order of the names. */
	const inside = [];
	const sequences = sequenceWatch(mark.next, ({ stream, from, to }) => {
		onEvent({
			kind: "sequence-gap",
			key: partition,
			message: `stream ${stream} has a gap: ${from === to ? `number ${from}` : `numbers ${from} to ${to}`} never appeared`
		});
	});
	return {
		partition,
		behind,
		far,
		take(object, name, started) {
			const before = wasThereBefore(object, started);
			if (before) latest = later(latest, object.time);
			if (name === void 0) return;
			inside.push({
				name,
				object
			});
			if (name.numbered !== void 0) sequences.observe(name.numbered.stream, name.numbered.number, name.time);
			if (before) newest = later(newest, Math.min(name.time, object.time));
		},
		advance() {
			if (newest === void 0) return;
			from = later(from, floor(newest));
			if (from === void 0) return;
			sequences.advance(from);
			const stays = inside.findIndex(({ name }) => name.time >= from);
			const leaving = inside.splice(0, stays < 0 ? inside.length : stays);
			for (const { name, object } of leaving) behind.add(groupOf$1(name), numberOf(object));
		},
		state() {
			const next = sequences.next();
			const moved = from === begin ? mark.from : from;
			const state = {
				...moved === void 0 ? {} : {
					from: moved,
					behind: behind.state(),
					...mark.from === void 0 ? {} : { far: far.state() }
				},
				latest,
				...Object.keys(next).length === 0 ? {} : { next }
			};
			return {
				mark: JSON.stringify(state),
				...moved === void 0 ? {} : { forgetBefore: formatStamp(moved) }
			};
		}
	};
}
// src/intake/tail/windows.ts
const HOUR_MS$6 = 36e5;
/**
* What is new in one partition: lists from the newest name less the look-back, and hands out what is not in the seen-set. Names with
* another form are handed out once when a listing meets them, and never forgotten.
*/
async function* tailWindow(tail, names, partition, look, seen, signal) {
	const { since, until, lookBackMs } = tail.settings;
	const floor = (ms) => wholeStep(names, ms - lookBackMs);
	const mark = readMark(seen, partition);
	const begin = mark.from ?? (since === void 0 ? void 0 : floor(since));
	const end = until === void 0 ? Number.POSITIVE_INFINITY : until + lookBackMs;
	const started = tail.now();
	const window = openWindow(tail, partition, mark, begin, floor);
	const isAhead = mark.from !== void 0 && mark.from > started;
	if (mark.from !== void 0 && (look.late || isAhead || window.far.isDue(window.behind.beginSoon))) {
		const known = window.behind.asOfNow();
		yield* lookBehind(tail, names, {
			...window,
			from: mark.from,
			known
		}, seen, signal);
		window.far.swept(started, known.begin, formatStamp(mark.from));
		yield* nameMissed(tail, names, window, seen, signal);
	}
	const listing = tail.store.list({
		prefix: partition,
		...begin === void 0 ? {} : { startAfter: partition + names.restAt(begin) },
		...until === void 0 ? {} : { before: partition + names.restAt(wholeStep(names, end) + names.stepMs) }
	}, signal);
	for await (const page of listing) {
		const listed = [];
		for (const object of page.objects) {
			const name = names.parse(object.key.slice(partition.length));
			if (name !== void 0 && (name.time > end || begin !== void 0 && name.time < begin)) continue;
			if (name === void 0 && until !== void 0) continue;
			window.take(object, name, started);
			listed.push({
				...object,
				order: orderOf$1(object, name)
			});
		}
		window.advance();
		const objects = newOf(tail, listed, seen);
		if (objects.length > 0) yield {
			partition,
			objects,
			...window.state()
		};
	}
	const last = window.state();
	if (last.mark !== seen.mark(partition)) yield {
		partition,
		objects: [],
		...last
	};
}
/** As `tailWindow`, of a partition that a hint has named: one that does not exist leaves no trace in the ledger. */
async function* tailHinted(tail, names, partition, seen, signal) {
	const isKnown = seen.mark(partition) !== void 0;
	for await (const discovery of tailWindow(tail, names, partition, { late: false }, seen, signal)) if (isKnown || discovery.objects.length > 0) yield discovery;
}
/** Lists what lies before the window as far back as it is known, and hands out what is not known. */
async function* lookBehind(tail, names, { partition, behind, known, from, state }, seen, signal) {
	const after = known.begin === "" ? {} : { startAfter: partition + names.restAt(wholeStep(names, timeOfPlace(known.begin))) };
	const late = reportLate(tail, partition);
	for await (const page of tail.store.list({
		prefix: partition,
		...after,
		before: partition + names.restAt(from)
	}, signal)) {
		const listed = [];
		for (const object of page.objects) {
			const name = names.parse(object.key.slice(partition.length));
			if (name === void 0) {
				if (tail.settings.until === void 0) listed.push({
					...object,
					order: orderOf$1(object, name)
				});
				continue;
			}
			const number = numberOf(object);
			if (name.time >= from || placeOf$2(name) < known.begin || known.has(number)) continue;
			behind.add(groupOf$1(name), number);
			listed.push({
				...object,
				order: orderOf$1(object, name)
			});
		}
		const objects = newOf(tail, listed, seen);
		for (const object of objects) {
			const name = names.parse(object.key.slice(partition.length));
			if (name !== void 0) late.object(object, `its name says ${placeOf$2(name)}, the look-back begins at ${formatStamp(from)}`);
		}
		if (objects.length > 0) yield {
			partition,
			objects,
			...state()
		};
	}
	late.end();
}
/** Now and then: lists what lies further back than is known, and names what came in there. */
async function* nameMissed(tail, names, { partition, far, behind, state }, seen, signal) {
	const end = far.end(tail.now());
	if (end === void 0) return;
	const { since, lookBackMs } = tail.settings;
	const floor = since === void 0 ? void 0 : wholeStep(names, since - lookBackMs);
	const after = floor === void 0 ? {} : { startAfter: partition + names.restAt(floor) };
	const before = partition + names.restAt(bounded(timeOfPlace(end) + HOUR_MS$6));
	const begin = formatStamp(timeOfPlace(behind.begin));
	const missed = reportMissed(tail, partition);
	for await (const { objects } of tail.store.list({
		prefix: partition,
		...after,
		before
	}, signal)) {
		const beyond = [];
		for (const object of objects) {
			const name = names.parse(object.key.slice(partition.length));
			if (name === void 0 || floor !== void 0 && name.time < floor) continue;
			if (placeOf$2(name) < (far.bound(object) ?? "")) beyond.push({
				...object,
				order: placeOf$2(name)
			});
		}
		for (const object of newOf(tail, beyond, seen)) missed.object(object, `its name says ${object.order}, what is remembered begins at ${begin}`);
	}
	missed.end();
	far.told();
	yield {
		partition,
		objects: [],
		...state()
	};
}
/** Names that say no time come after all that do, and so are never forgotten. */
const orderOf$1 = (object, name) => name?.order ?? `~${formatStamp(object.time)}`;
// src/intake/tail/partitioned.ts
/** Sweeps walk down the folders to find partitions; passes between them look into those that have news. */
function partitionedTail({ name, partition: PARTITION, leadsToPartitions, namesIn }) {
	return (tail, prefix) => {
		const { store, settings, now } = tail;
		const passOver = reportPassedOver(tail, name);
		const inside = PARTITION.exec(prefix)?.[1];
		let known = /* @__PURE__ */ new Set();
		const sweep = every(settings.sweepMs);
		const lateSweep = every(settings.lateSweepMs);
		async function* walk(folder, signal) {
			for await (const { objects, prefixes } of store.list({
				prefix: folder,
				delimiter: "/"
			}, signal)) {
				passOver.objects(objects);
				for (const child of prefixes) if (PARTITION.test(child)) yield child;
				else if (leadsToPartitions(child)) yield* walk(child, signal);
				else passOver.folder(child);
			}
		}
		return async function* (seen, signal, within = "") {
			const started = now();
			const hinted = PARTITION.exec(within)?.[1];
			if (hinted?.startsWith(prefix)) {
				for await (const discovery of tailHinted(tail, namesIn(hinted), hinted, seen, signal)) {
					known.add(hinted);
					yield discovery;
				}
				return;
			}
			const late = lateSweep.isDue(started);
			if (inside !== void 0) yield* tailWindow(tail, namesIn(inside), inside, { late }, seen, signal);
			else if (late || sweep.isDue(started)) {
				const found = /* @__PURE__ */ new Set();
				for await (const partition of walk(prefix, signal)) {
					found.add(partition);
					yield* tailWindow(tail, namesIn(partition), partition, { late }, seen, signal);
				}
				known = found;
				sweep.done(started);
			} else for (const partition of known) if (!isIdle(seen, partition, started)) yield* tailWindow(tail, namesIn(partition), partition, { late }, seen, signal);
			if (late) lateSweep.done(started);
		};
	};
}
// src/clouds/aws/layout.ts
const ROOT$1 = "AWSLogs/";
const DAY_MS$3 = 864e5;
/** The part of a key up to its region; of an account and region, in the plain and in the Hive-compatible form. */
const PARTITION$1 = /^((?:.*\/)?AWSLogs\/(?:[^/=]+\/vpcflowlogs\/[^/]+|aws-account-id=[^/]+\/aws-service=vpcflowlogs\/aws-region=[^/]+)\/)/s;
const ABOVE = /(?:^|\/)AWSLogs\/(?:[^/=]+\/(?:vpcflowlogs\/)?|aws-account-id=[^/]+\/(?:aws-service=vpcflowlogs\/)?)?$/;
/** What follows the partition: folders of a day, of an hour where the flow log asks for them, and the object. */
const PLAIN = /^(\d{4})\/(\d\d)\/(\d\d)\/(?:\d\d\/)?([^/]+)$/;
const HIVE = /^year=(\d{4})\/month=(\d\d)\/day=(\d\d)\/(?:hour=\d\d\/)?([^/]+)$/;
/**
* Within a day keys sort by hour, if there are folders for it, and by flow log, so only the day is a step. An object's own time is the minute
* in its name.
*/
const namesOf = (pattern, restAt) => {
	const names = {
		stepMs: DAY_MS$3,
		parse(rest) {
			const name = parseObjectName(pattern.exec(rest)?.[4] ?? "");
			if (name === void 0 || !rest.startsWith(names.restAt(name.written))) return void 0;
			return {
				time: name.written,
				order: `${formatStamp(name.written)}/${rest}`
			};
		},
		restAt(ms) {
			const [year = "", month = "", day = ""] = new Date(ms).toISOString().slice(0, 10).split("-");
			return restAt(year, month, day);
		}
	};
	return names;
};
const PLAIN_NAMES = namesOf(PLAIN, (year, month, day) => `${year}/${month}/${day}/`);
const HIVE_NAMES = namesOf(HIVE, (year, month, day) => `year=${year}/month=${month}/day=${day}/`);
/** Objects as VPC Flow Logs writes them: a partition for each account and region. Folders of other services are passed over. */
const awsVpcLogs = {
	name: "aws-vpc",
	summary: "AWS VPC Flow Logs, day folders under `AWSLogs/<account>/vpcflowlogs/<region>/`, or the Hive-compatible form of it",
	root: ROOT$1,
	holds: (prefix) => /(?:^|\/)AWSLogs\//.test(prefix),
	tail: partitionedTail({
		name: "aws-vpc",
		partition: PARTITION$1,
		leadsToPartitions: (folder) => ABOVE.test(folder),
		namesIn: (partition) => partition.includes("/aws-region=") ? HIVE_NAMES : PLAIN_NAMES
	})
};
// src/clouds/ibm/bucket-auth.ts
/** Access to a bucket by an IBM Cloud API key. */
const ibmIam = {
	options: ibmIamOptions,
	check: checkTokenUrl,
	open: async (options, surroundings) => (await import("./iam-frEmFZZC.js")).ibmIamTokens(options, surroundings)
};
// src/clouds/ibm/cloud-logs/answer.ts
/** What a person can do about a status. */
const ADVICE$1 = /* @__PURE__ */ new Map([
	[401, "check auth.apiKey, and that the key is of the instance's account"],
	[403, "the key's owner needs the role Sender on the IBM Cloud Logs instance"],
	[404, "check instance, region and endpoint"],
	[405, "check endpoint"],
	[407, "the proxy wants credentials: give them in HTTPS_PROXY"]
]);
/** What is said of a request without logs. */
const OF_NOTHING$1 = /\bempty\b|at least one log|\b(no|without|missing|zero) (any )?(logs?|records?|entries|data|body|request body|payload)\b/i;
/**
* Returns for an answer that says that the logs were taken, throws the Failure of any other. What the ingress says of success is not
* defined: nothing, a yes in words, and any JSON that denies nothing are taken for it.
*/
function judge$1({ status, retryAfterMs, body }, host) {
	const notUnderstood = (what) => new Failure("not-understood", "ibm-cloud-logs-bad-answer", `${host} answered ${status}, which acknowledges nothing: the answer ${oneLine(what)}; check endpoint, and what stands between`, { retryAfterMs });
	const drawer = drawerOfStatus(status);
	if (drawer === void 0) {
		const denial = saysDone(status) ? denialIn(body) : `has the status ${status}`;
		if (denial !== void 0) throw notUnderstood(denial);
		return;
	}
	if (drawer === "batch" && body.fault !== void 0) throw notUnderstood(body.fault);
	const words = wordsOf$1(body);
	const said = pageTitle(words) ?? oneLine(words);
	const advice = status >= 300 && status < 400 ? "it redirects, which is not followed: check endpoint" : ADVICE$1.get(status);
	const message = [`${host} answered ${status}${said === "" ? "" : `: ${said}`}`, advice].filter(Boolean).join("; ");
	throw new Failure(drawer, `ibm-cloud-logs-http-${status}`, message, {
		retryAfterMs,
		tooLarge: status === 413
	});
}
/** Whether a refusal speaks of there being no logs in the request. */
function isAboutNothing$1({ body }) {
	return OF_NOTHING$1.test(wordsOf$1(body));
}
/** The message of a JSON answer, or the body as it came. */
function wordsOf$1(body) {
	const text = textOf$2(body);
	const value = parseJson$1(text);
	if (typeof value !== "object" || value === null) return text;
	const { message, error } = value;
	return [message, error].find((one) => typeof one === "string") ?? text;
}
// src/clouds/ibm/cloud-logs/request.ts
/** Severities of the service: 1 debug, 2 verbose, 3 info, 4 warning, 5 error, 6 critical. */
const INFO = 3;
const WARNING = 4;
/** The first severity number of OpenTelemetry that is a warning. */
const OTEL_WARN = 13;
/**
* The body of a request: an array of logs in the order of the flows. The text of each is the flow as a JSON string, its computer the
* instance or else the VNIC. Throws a Failure (`batch`, too large) when the body or one log is larger than the service
* takes. `observed` is in ms since the epoch.
*/
function printRequest(flows, observed, options) {
	const { applicationName, subsystemName, print, maxBytes } = options;
	const head = `{"applicationName":${JSON.stringify(applicationName)},"subsystemName":${JSON.stringify(subsystemName)}`;
	const logs = flows.map((flow) => {
		const log = printLog(head, flow, print(flow, observed));
		const bytes = Buffer.byteLength(log);
		if (bytes > 32e3) throw tooLarge(`${`record ${flow.record} of ${flow.origin.key}`} makes a log of ${bytes} bytes, IBM Cloud Logs takes ${LARGEST_LOG_BYTES}`);
		return log;
	});
	const body = bytesOf(`[${logs.join(",")}]`);
	if (body.length > maxBytes) throw tooLarge(`${flows.length} records make a request of ${body.length} bytes, it may have ${maxBytes}`);
	return body;
}
function tooLarge(message) {
	return new Failure("batch", "ibm-cloud-logs-too-large", message, {
		tooLarge: true,
		certain: true
	});
}
function printLog(head, flow, text) {
	const computer = flow.context.instance ?? flow.context.vnic;
	const severity = recordClassOf(flow).severityNumber < OTEL_WARN ? INFO : WARNING;
	const time = Math.trunc(flow.time);
	return `${head},"severity":${severity},"timestamp":${time},"hiResTimestamp":"${BigInt(time) * 1000000n}"` + (computer === void 0 ? "" : `,"computerName":${JSON.stringify(computer.toWellFormed())}`) + `,"text":${JSON.stringify(text)}}`;
}
// src/clouds/ibm/cloud-logs/window.ts
const HOUR_MS$5 = 36e5;
/** The service refuses logs that are older than 24 hours or lie more than 4 hours ahead. */
const TIME_WINDOW = {
	pastMs: 24 * HOUR_MS$5,
	aheadMs: 4 * HOUR_MS$5
};
/** What a request may take on its way: a record must still be inside when it arrives, or its whole request is refused. */
const ON_THE_WAY_MS = 6e4;
const TOO_OLD = {
	code: "outside-time-window",
	reason: "IBM Cloud Logs takes no log that is older than 24 hours: send it to another sink, or set filter.since"
};
const TOO_FAR_AHEAD = {
	code: "outside-time-window",
	reason: "IBM Cloud Logs takes no log whose time is more than 4 hours ahead: replay it then, and check the clocks"
};
/** Both times in ms since the epoch. */
function outsideWindow(time, now) {
	if (time < now - TIME_WINDOW.pastMs + ON_THE_WAY_MS) return TOO_OLD;
	return time > now + TIME_WINDOW.aheadMs ? TOO_FAR_AHEAD : void 0;
}
// src/clouds/ibm/cloud-logs/sink.ts
/** The sink `ibm-cloud-logs`: an instance of IBM Cloud Logs, through its ingestion API. One batch is one request. */
const ibmCloudLogs = {
	type: "ibm-cloud-logs",
	summary: "IBM Cloud Logs: records of the last 24 hours, each as one log",
	options: ibmCloudLogsOptions,
	timeWindow: TIME_WINDOW,
	check(options) {
		singlesUrl(options);
		checkTokenUrl(options.auth);
	},
	encoder: encoderOf$2,
	create: (options, dependencies) => ibmCloudLogsSink(options, dependencies, Date.now)
};
function encoderOf$2({ applicationName, subsystemName, serviceName, schema, batch }, { baseDir }) {
	const printing = {
		applicationName,
		subsystemName,
		print: linePrinter(loadSchema(schema, baseDir), serviceName),
		maxBytes: batch.bytes
	};
	return { encode: (flows, observed) => ({
		records: flows.length,
		parts: [printRequest(flows, observed, printing)]
	}) };
}
/** `now` is in ms since the epoch. Throws UsageError. */
async function ibmCloudLogsSink(options, dependencies, now) {
	const { createIngress } = await import("./ingress-BeK3vIl3.js");
	const { batch, inFlight } = options;
	const ingress = createIngress(options, {
		...dependencies,
		now
	});
	return {
		limits: {
			records: batch.records,
			inFlight,
			lingerMs: batch.lingerMs
		},
		outside: ({ time }) => outsideWindow(time, now()),
		...encoderOf$2(options, dependencies),
		async send({ parts: [request = /* @__PURE__ */ new Uint8Array()] }, signal) {
			judge$1(await ingress.post(request, signal), ingress.host);
			return { rejected: 0 };
		},
		async probe(signal) {
			const answer = await ingress.post(Buffer.from("[]"), signal);
			try {
				judge$1(answer, ingress.host);
			} catch (error) {
				if (!(error instanceof Failure) || drawerOf$1(error) !== "batch") throw error;
				const message = `${error.message} (to a request without logs, after it took the token)`;
				if (isAboutNothing$1(answer)) return message;
				throw new Failure("person", error.code, message, { cause: error.cause });
			}
			return `${ingress.host} answered ${answer.status} to a request without logs`;
		},
		close: () => ingress.close()
	};
}
// src/clouds/ibm/collector.ts
const IBM_ROOT = "ibm_vpc_flowlogs_v1/";
/** The part of a key up to its hours. Identifiers before it may hold slashes (raw CRNs), so only the marker counts. */
const PARTITION = /^(.*\/record-type=[^/]*\/)/s;
const NAME$1 = /^year=(\d{4})\/month=(\d\d)\/day=(\d\d)\/hour=(\d\d)\/stream-id=([^/]+)\/(\d{1,15})\.gz$/;
/** `year=…/month=…/day=…/hour=…/stream-id=…/<number>.gz`, as Flow Logs for VPC names its objects. */
const NAMES$3 = {
	parse(rest) {
		const [, year, month, day, hour, stream, number] = NAME$1.exec(rest) ?? [];
		if (stream === void 0) return void 0;
		const time = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour));
		if (time < 0 || !rest.startsWith(NAMES$3.restAt(time))) return void 0;
		return {
			time,
			order: `${formatStamp(time)}/${stream}/${number}`,
			numbered: {
				stream: rest.slice(0, rest.lastIndexOf("/")),
				number: Number(number)
			}
		};
	},
	stepMs: 36e5,
	restAt(ms) {
		const [date = "", time = ""] = new Date(ms).toISOString().split("T");
		const [year, month, day] = date.split("-");
		return `year=${year}/month=${month}/day=${day}/hour=${time.slice(0, 2)}/`;
	}
};
/**
* Objects as Flow Logs for VPC writes them: a partition for each network interface and record type. Objects are numbered within a stream's
* folder: real buckets begin anew in each hour, although the documentation speaks of one counter for the stream. So what is missing at the
* end of an hour leaves no hole.
*/
const ibmVpcCollector = {
	name: "ibm-vpc",
	summary: "Flow Logs for VPC, hour folders under `record-type=…/`",
	root: IBM_ROOT,
	holds: (prefix) => prefix.includes(IBM_ROOT),
	tail: partitionedTail({
		name: "ibm-vpc",
		partition: PARTITION,
		leadsToPartitions: (folder) => folder.includes(IBM_ROOT),
		namesIn: () => NAMES$3
	})
};
// src/formats/key-parts.ts
/** A `name=` part of a key; values before it may hold slashes. */
const MARKER = /(?:^|\/)([a-z]+(?:-[a-z]+)*)=/g;
/**
* The `name=value` parts of an object's key. Parts are told apart by their names, not by slashes, which CRNs in a key have too; values
* may be URL-encoded. What follows the last slash is the object's own name.
*/
function keyParts(key) {
	const parts = Object.create(null);
	const directory = key.slice(0, key.lastIndexOf("/") + 1);
	const markers = [...directory.matchAll(MARKER)];
	for (const [index, marker] of markers.entries()) {
		const start = marker.index + marker[0].length;
		const end = markers[index + 1]?.index ?? directory.length - 1;
		parts[marker[1]] = decoded$1(directory.slice(start, end));
	}
	return parts;
}
function decoded$1(text) {
	try {
		return decodeURIComponent(text);
	} catch (error) {
		if (error instanceof URIError) return text;
		throw error;
	}
}
// src/formats/columns.ts
/** Tells where bytes stand in their lines, and in the whole of what they come from piece by piece. */
var Columns = class {
	/** Bytes that came before those at hand. */
	passed = 0;
	/** Where the line began that the bytes at hand begin in, at most 0. */
	#lineStart = 0;
	/** Bytes before this one in its line. */
	of(buffer, at) {
		const newline = at > 0 ? buffer.lastIndexOf(10, at - 1) : -1;
		return newline === -1 ? at - this.#lineStart : at - newline - 1;
	}
	/** To be called before the first bytes at hand are let go. */
	pass(buffer, count) {
		this.#lineStart = -this.of(buffer, count);
		this.passed += count;
	}
};
// src/formats/json-scan.ts
/** What may come next. */
const VALUE$1 = 0;
const NAME = 1;
const NAME_COLON = 2;
const AFTER_VALUE = 3;
const IN_WORD = 4;
const IN_NAME = 5;
const IN_TEXT = 6;
/** Below the levels that a record may have nothing but brackets and quotes is looked at. */
const ANYTHING = 7;
/** Levels at which the lists may stand that are looked for. */
const LIST_LEVELS = 2;
/**
* Finds where an object or a list of JSON ends, in bytes that come in any pieces. It is strict about what decides which bracket belongs
* to which (quotes, brackets, and what stands between values), and leaves the rest to a parser. No text holds a line end: with a quote
* too few, the value ends with its line.
*/
var JsonScan = class {
	#lists;
	/** Where it stopped. */
	at = 0;
	/** Whether the value goes over several lines. */
	hasLines = false;
	/** Whether there is an object or a list in it. */
	isNested = false;
	/** Whether the value has more levels than a record may have. */
	isTooDeep = false;
	#expected = VALUE$1;
	#level = 0;
	/** A bit for each level that is an object's. */
	#objects = 0;
	#escaped = false;
	#findsLists = true;
	/** Where the names of the members stand that are being read, at the first levels. A start below 0: it is the name in `#path`. */
	#starts = [0, 0];
	#ends = [0, 0];
	#path = [];
	constructor(lists) {
		this.#lists = lists.map((path) => path.map((name) => Buffer.from(name)));
	}
	/** The level at which the list that was found stands. */
	get listLevel() {
		return this.#path.length;
	}
	/** To be called before the value's first byte. */
	begin() {
		this.#expected = VALUE$1;
		this.#level = 0;
		this.#objects = 0;
		this.#reset();
	}
	/** To be called behind the end of a list that was found at this level, to go on in the object around it. */
	resume(listLevel) {
		this.#expected = AFTER_VALUE;
		this.#level = listLevel;
		this.#objects = 2 ** listLevel - 1;
		this.#starts.fill(-1);
		this.#reset();
	}
	/** Takes a list that was found for any other value. */
	passLists() {
		this.#findsLists = false;
	}
	#reset() {
		this.#escaped = false;
		this.#findsLists = true;
		this.hasLines = false;
		this.isNested = false;
		this.isTooDeep = false;
	}
	/** To be called when the bytes moved towards the beginning of the buffer. */
	shift(bytes) {
		for (let level = 0; level < LIST_LEVELS; level++) {
			this.#starts[level] -= bytes;
			this.#ends[level] -= bytes;
		}
	}
	scan(buffer, start, limit) {
		let expected = this.#expected;
		let level = this.#level;
		let objects = this.#objects;
		let escaped = this.#escaped;
		let stop = "more";
		let at = start;
		scan: for (; at < limit; at++) {
			let byte = buffer[at];
			if (expected === IN_TEXT || expected === IN_NAME) {
				while (byte !== 34 && byte !== 92 && byte > 30 && !escaped) {
					if (++at === limit) break scan;
					byte = buffer[at];
				}
				if (byte === 10 || byte === 30) {
					stop = "broken";
					break;
				}
				if (escaped) escaped = false;
				else if (byte === 92) escaped = true;
				else if (byte === 34) {
					if (level > 32) expected = ANYTHING;
					else if (expected === IN_TEXT) expected = AFTER_VALUE;
					else {
						expected = NAME_COLON;
						if (level <= LIST_LEVELS) this.#ends[level - 1] = at;
					}
				}
				continue;
			}
			if (expected === IN_WORD && byte > 44 && byte < 58) continue;
			if (byte === 34) {
				if (expected === VALUE$1 || expected === ANYTHING) expected = IN_TEXT;
				else if (expected === NAME) {
					expected = IN_NAME;
					if (level <= LIST_LEVELS) this.#starts[level - 1] = at + 1;
				} else {
					stop = "broken";
					break;
				}
			} else if (byte === 44) {
				if (expected !== ANYTHING) expected = (objects & 1 << level - 1) !== 0 ? NAME : VALUE$1;
			} else if (byte === 58) {
				if (expected === NAME_COLON) expected = VALUE$1;
				else if (expected !== ANYTHING) {
					stop = "broken";
					break;
				}
			} else if (byte === 123 || byte === 91) {
				if (expected !== VALUE$1 && expected !== ANYTHING) {
					stop = "broken";
					break;
				}
				if (byte === 91 && this.#findsLists && level <= LIST_LEVELS && this.#isList(buffer, level, objects)) {
					stop = "list";
					break;
				}
				level++;
				if (level > 1) this.isNested = true;
				if (level > 32) {
					expected = ANYTHING;
					this.isTooDeep = true;
				} else {
					const bit = 1 << level - 1;
					objects = byte === 123 ? objects | bit : objects & ~bit;
					expected = byte === 123 ? NAME : VALUE$1;
				}
			} else if (byte === 125 || byte === 93) {
				if (level <= 32 && (objects & 1 << level - 1) !== 0 !== (byte === 125)) {
					stop = "broken";
					break;
				}
				level--;
				if (level === 0) {
					stop = "end";
					at++;
					break;
				}
				if (level <= 32) expected = AFTER_VALUE;
			} else if (isBlank$1(byte)) {
				if (expected === IN_WORD) expected = AFTER_VALUE;
			} else if (byte === 10) {
				if (level > 32) {
					stop = "broken";
					break;
				}
				if (expected === IN_WORD) expected = AFTER_VALUE;
				this.hasLines = true;
			} else if (expected === VALUE$1) {
				expected = IN_WORD;
				if (byte === 30) stop = "broken";
			} else if (expected !== IN_WORD && expected !== ANYTHING || byte === 30) stop = "broken";
			if (stop === "broken") break;
		}
		this.at = at;
		this.#expected = expected;
		this.#level = level;
		this.#objects = objects;
		this.#escaped = escaped;
		return stop;
	}
	/** Whether the list that opens now is one of those that are looked for. */
	#isList(buffer, level, objects) {
		if (level === 0 || (objects & 1 << level - 1) === 0) return false;
		for (const path of this.#lists) {
			if (path.length !== level || !path.every((name, index) => this.#isNamed(buffer, index, name))) continue;
			this.#path = path;
			return true;
		}
		return false;
	}
	#isNamed(buffer, index, name) {
		const start = this.#starts[index];
		if (start < 0) return this.#path[index]?.equals(name) === true;
		const end = this.#ends[index];
		return end - start === name.length && buffer.compare(name, 0, name.length, start, end) === 0;
	}
};
/**
* How an object begins, `{"name":` and where an object follows that too, `{"name":{"name":`, blanks included. Its like in the same
* bucket begin with the same bytes. Undefined for what does not begin so, or not before `limit`.
*/
function openingOf(buffer, start, limit) {
	const end = Math.min(limit, start + 256);
	const outer = afterName(buffer, start, end);
	if (outer === -1) return void 0;
	const inner = afterName(buffer, afterBlanks(buffer, outer, end), end);
	return Buffer.from(buffer.subarray(start, inner === -1 ? outer : inner));
}
function beginsWith(buffer, at, opening) {
	const end = at + opening.length;
	return end <= buffer.length && buffer.compare(opening, 0, opening.length, at, end) === 0;
}
/** Whether an object with a member begins there. */
function beginsWithName(buffer, at) {
	return buffer[afterBlanks(buffer, at + 1, Math.min(buffer.length, at + 256))] === 34;
}
/** Where what follows `{ "name" :` begins, -1 where the bytes are other ones. */
function afterName(buffer, start, limit) {
	if (start >= limit || buffer[start] !== 123) return -1;
	const quote = afterBlanks(buffer, start + 1, limit);
	if (quote >= limit || buffer[quote] !== 34) return -1;
	const close = buffer.indexOf(34, quote + 1);
	if (close === -1 || close >= limit) return -1;
	const colon = afterBlanks(buffer, close + 1, limit);
	return colon < limit && buffer[colon] === 58 ? colon + 1 : -1;
}
function afterBlanks(buffer, at, limit) {
	while (at < limit && (isBlank$1(buffer[at]) || buffer[at] === 10)) at++;
	return at;
}
// src/formats/last-seen.ts
const UNKNOWN$1 = -1;
/** How the last record of a kind stood there; looked at only when it is asked for, or before its bytes are let go. */
var LastSeen = class {
	#columns;
	#seen;
	#start = UNKNOWN$1;
	#end = UNKNOWN$1;
	constructor(columns) {
		this.#columns = columns;
	}
	note(start, end) {
		this.#start = start;
		this.#end = end;
	}
	set(seen) {
		this.#seen = seen;
		this.#start = UNKNOWN$1;
	}
	/** Undefined before the first one. */
	get(buffer) {
		if (this.#start === UNKNOWN$1) return this.#seen;
		this.set({
			opening: openingOf(buffer, this.#start, this.#end),
			column: this.#columns.of(buffer, this.#start),
			hasLines: buffer.subarray(this.#start, this.#end).includes(10)
		});
		return this.#seen;
	}
};
// src/formats/resync.ts
const NONE = {
	opening: void 0,
	around: void 0,
	column: 0,
	endsWithLine: false,
	isSure: true,
	isText: false
};
/**
* Looks for the next record behind a place where JSON is broken, in bytes that come in any pieces. One begins where an object begins as
* its like do; where a line begins with an object that is not further to the right than the broken one; at a record separator; and unless
* it is certain how records begin, also where an object begins right after another's end.
*/
var Resync = class {
	#break = NONE;
	/** Where the next record begins, or the search stands. */
	at = 0;
	/** Whether the place found begins as the object does that the broken record stands in. */
	isAround = false;
	/** The last byte passed that is visible but for brackets of lists that close, and how many of these stand behind it. */
	last = 0;
	closed = 0;
	#column = 0;
	#isFresh = false;
	/** The search begins right behind a byte in the column that `found` names. */
	begin(found, at, column) {
		this.#break = found;
		this.at = at;
		this.isAround = false;
		this.last = 0;
		this.closed = 0;
		this.#column = column;
		this.#isFresh = false;
	}
	/** False where the bytes end first; `final`: none follow them. */
	search(buffer, limit, final) {
		for (; this.at < limit; this.at++) {
			const byte = buffer[this.at];
			if (byte === 123) {
				if (!final && this.at + 256 > limit) return false;
				if (this.#isRecord(buffer)) return true;
			}
			if (byte === 30 || byte === 10 && this.#break.endsWithLine) return true;
			if (byte === 10) {
				this.#column = 0;
				this.#isFresh = true;
				continue;
			}
			if (BYTE_ORDER_MARK.includes(byte)) continue;
			this.#column++;
			if (isBlank$1(byte)) continue;
			if (byte === 93) this.closed++;
			else if (byte !== 44 && byte !== 0) {
				this.last = byte;
				this.closed = 0;
			}
			if (byte !== 44 && byte !== 91) this.#isFresh = false;
		}
		return false;
	}
	#isRecord(buffer) {
		const { opening, around, column, isSure, isText } = this.#break;
		this.isAround = around !== void 0 && beginsWith(buffer, this.at, around);
		if (this.isAround || opening !== void 0 && beginsWith(buffer, this.at, opening)) return true;
		if (this.#isFresh && this.#column <= column) return true;
		return !isSure && this.last === 125 || isText && beginsWithName(buffer, this.at);
	}
};
// src/formats/stray.ts
/** What is looked at to tell what kind of thing it is that stands where a record should. */
const MOST_BYTES = 256;
/** What may follow the bracket of a list in which records are looked for; any other list is a value. */
const RECORDS = /* @__PURE__ */ new Set([
	123,
	91,
	93,
	44,
	10,
	30
]);
/** A value that is no object and no list, as an element of a list. */
const SCALAR = /^("(?:[^"\\\n]|\\[^\n])*"|[-+.\w]+)[ \t\r]*(?:[,\]}\n]|$)/;
/** A name and its value, or a line of the ends of objects. */
const PART = /^(?:"(?:[^"\\\n]|\\[^\n])*"[ \t]*:|\}[ \t\r}\],]*(?:\n|$))/;
const TRAILING = /[\s,]+$/;
/** The first bytes of the line, one a character; undefined where more of them have to come. `final`: none follow the buffer's. */
function beginningOf(buffer, at, final) {
	const text = buffer.toString("latin1", at, at + MOST_BYTES);
	return final || text.length === MOST_BYTES || text.includes("\n") ? text : void 0;
}
/** Whether the list that begins there may hold records; undefined where more bytes have to tell. */
function holdsRecords(buffer, at, final) {
	let next = at + 1;
	while (next < buffer.length && next - at < MOST_BYTES && isBlank$1(buffer[next])) next++;
	if (next === buffer.length) return final ? true : void 0;
	return next - at === MOST_BYTES || RECORDS.has(buffer[next]);
}
/** How long the element is that begins there if it is a scalar, 0 if it is none; undefined where more bytes have to tell. */
function scalarLength(buffer, at, final) {
	const text = beginningOf(buffer, at, final);
	if (text === void 0) return void 0;
	const [whole = "", scalar = ""] = SCALAR.exec(text) ?? [];
	return whole.length === MOST_BYTES ? 0 : scalar.length;
}
/** Whether what begins there is rather what is left of an object than text; undefined where more bytes have to tell. */
function isPartOfObject(buffer, at, final) {
	const text = beginningOf(buffer, at, final);
	return text === void 0 ? void 0 : PART.test(text);
}
/** What is wrong with bytes that are no record. */
function strayProblem(bytes) {
	if (!isUtf8(bytes)) return {
		code: "invalid-utf8",
		reason: "what stands there is not valid UTF-8"
	};
	const value = parseJson(bytes.toString("utf8").replace(TRAILING, ""));
	if (value instanceof NotJson) return value.problem;
	return {
		code: "not-an-object",
		reason: `${show(value)} stands where a JSON object should`
	};
}
// src/formats/window.ts
const FIRST_BYTES = 4096;
/** Bytes that are kept until more have come. */
var Window = class {
	#buffer = Buffer.alloc(0);
	#length = 0;
	get length() {
		return this.#length;
	}
	/** What is kept; it changes with the next call. */
	get bytes() {
		return this.#buffer.subarray(0, this.#length);
	}
	add(bytes) {
		const length = this.#length + bytes.length;
		if (length > this.#buffer.length) {
			const grown = Buffer.alloc(Math.max(FIRST_BYTES, 2 * length));
			this.#buffer.copy(grown, 0, 0, this.#length);
			this.#buffer = grown;
		}
		bytes.copy(this.#buffer, this.#length);
		this.#length = length;
	}
	/** Lets go of the first bytes. */
	drop(count) {
		if (count === 0) return;
		this.#buffer.copyWithin(0, count, this.#length);
		this.#length -= count;
	}
};
// src/formats/record-scanner.ts
const UNKNOWN = -1;
/**
* Finds JSON records in bytes that come in any pieces, in whatever frame they stand: a line each or over several lines, one after
* another with or without something in between, in lists, in lists inside of objects, and mixtures of these. Brackets of lists, commas,
* blanks, single NULs, record separators and byte order marks between records mean nothing. Where something is broken, it goes on with
* the next record that can be told (see `Resync`). It keeps no more than one record in memory, and what it finds does not depend on the
* pieces.
*/
var RecordScanner = class {
	#handler;
	#maxBytes;
	#scan;
	#resync = new Resync();
	#window = new Window();
	#columns = new Columns();
	/** The last record, or object around a list, that stood by itself, and the last record in a list of an object. */
	#lastAlone = new LastSeen(this.#columns);
	#lastListed = new LastSeen(this.#columns);
	#mode = "between";
	/** Places in the bytes at hand: where the record began (below 0 once that is no longer kept), and where the reading stands. */
	#start = 0;
	#at = 0;
	/** Bytes before the record in its line, if that is known yet. */
	#column = UNKNOWN;
	/** Whether all of the record was at hand when it was asked whether it is known. */
	#isUnknown = false;
	/** Lists that are open, without those in objects. */
	#depth = 0;
	/** Whether there was an object in a list that is open. */
	#hasObjects = false;
	#around;
	/** What is wrong with the record that is lost; undefined where it is too long. */
	#problem;
	/** The bytes end in the record that is lost: it need not be broken. */
	#isCut = false;
	/** What is lost did not begin as a record does. */
	#isStray = false;
	/** What is lost belongs to a record that was told of. */
	#isTold = false;
	/** Nothing stood behind what was lost yet. */
	#wasLost = false;
	constructor(handler, maxBytes) {
		this.#handler = handler;
		this.#maxBytes = maxBytes;
		this.#scan = new JsonScan(handler.lists);
	}
	feed(chunk) {
		let rest = chunk;
		while (rest.length > 0 && this.#window.length > 0) {
			const end = rest.indexOf(10) + 1 || rest.length;
			this.#window.add(rest.subarray(0, end));
			rest = rest.subarray(end);
			const { bytes } = this.#window;
			this.#run(bytes, false);
			this.#window.drop(this.#pass(bytes));
		}
		if (rest.length === 0) return;
		this.#run(rest, false);
		this.#window.add(rest.subarray(this.#pass(rest)));
	}
	/**
	* To be called when no byte follows. Tells why it is not known what else there was. If the bytes broke off (`isPartial`), what is not
	* whole at their end is not told of.
	*/
	end(isPartial) {
		const { bytes } = this.#window;
		this.#run(bytes, true);
		const fault = isPartial ? void 0 : this.#endMode(bytes);
		if (this.#around !== void 0) this.#handler.onObjectLost();
		return fault;
	}
	#endMode(bytes) {
		if (this.#mode === "lost") {
			if (!(this.#around !== void 0 || this.#depth > 0) || this.#isStray || !this.#isCut && this.#isClosed) this.#endLost(bytes, bytes.length);
			else if (!this.#isCut) return this.#problem ?? {
				code: "line-too-long",
				reason: "what follows is too long for a record"
			};
		}
		if (this.#around === void 0 && this.#depth === 0) return void 0;
		return {
			code: "truncated-json",
			reason: `the JSON ends in the middle, after ${this.#columns.passed + bytes.length} bytes`
		};
	}
	#run(buffer, final) {
		let goesOn = true;
		while (goesOn) switch (this.#mode) {
			case "between":
				goesOn = this.#between(buffer, final);
				break;
			case "record":
			case "rest":
				goesOn = this.#value(buffer, final);
				break;
			case "lost":
				goesOn = this.#resync.search(buffer, buffer.length, final);
				this.#at = this.#resync.at;
				if (goesOn) this.#endLost(buffer, this.#at);
		}
	}
	/** How many of the bytes at hand need not be kept. Places are told from there on. */
	#pass(buffer) {
		this.#isUnknown = false;
		const isKept = (this.#mode === "record" || this.#mode === "rest" || this.#mode === "lost" && this.#isStray) && this.#at - this.#start <= this.#maxBytes;
		if (this.#mode !== "between" && this.#column === UNKNOWN) this.#column = this.#columns.of(buffer, this.#start);
		const count = isKept ? this.#start : this.#at;
		if (count === 0) return 0;
		this.#lastAlone.get(buffer);
		this.#lastListed.get(buffer);
		this.#columns.pass(buffer, count);
		this.#start -= count;
		this.#at -= count;
		this.#resync.at -= count;
		this.#scan.shift(count);
		return count;
	}
	/** Looks for the beginning of a record. */
	#between(buffer, final) {
		const inList = this.#around !== void 0;
		const last = inList ? this.#lastListed : this.#lastAlone;
		let at = this.#at;
		for (; at < buffer.length; at++) {
			const byte = buffer[at];
			if (byte === 123) {
				this.#hasObjects = true;
				this.#wasLost = false;
				const end = this.#handler.readKnown(buffer, at, Math.min(buffer.length, at + this.#maxBytes), inList);
				if (end === -1) {
					this.#isUnknown = true;
					return this.#begin("record", at);
				}
				last.note(at, end);
				at = end - 1;
			} else if (byte !== 10 && byte !== 44 && byte !== 30 && !isBlank$1(byte)) {
				this.#at = at;
				const length = this.#frame(buffer, at, final);
				if (this.#mode !== "between") return true;
				if (length === 0) return false;
				if (this.#around !== void 0 !== inList) {
					this.#at += length;
					return true;
				}
				at += length - 1;
			}
		}
		this.#at = at;
		return false;
	}
	/** Takes what stands between records; returns its length, 0 where more bytes are needed to tell, or changes the mode. */
	#frame(buffer, at, final) {
		const inList = this.#around !== void 0;
		const isLast = !final && at + 1 === buffer.length;
		switch (buffer[at]) {
			case 91: {
				if (inList) {
					this.#begin("record", at);
					return 0;
				}
				const isOfRecords = holdsRecords(buffer, at, final);
				if (isOfRecords === void 0) return 0;
				if (!isOfRecords) break;
				this.#depth++;
				this.#hasObjects = false;
				return 1;
			}
			case 93:
				if (this.#around !== void 0) {
					this.#begin("rest", at + 1);
					this.#scan.resume(this.#around.listLevel);
					return 0;
				}
				if (this.#depth > 0) this.#depth--;
				return 1;
			case 125:
				if (!inList) break;
				this.#handler.onBad({
					code: "bad-json",
					reason: "not valid JSON: \"}\" where a list of records should end"
				});
				this.#lose();
				return 1;
			case 0:
				if (isLast) return 0;
				if (buffer[at + 1] !== 0) return 1;
				break;
			case BYTE_ORDER_MARK[0]: {
				const rest = buffer.subarray(at, at + BYTE_ORDER_MARK.length);
				if (rest.equals(BYTE_ORDER_MARK)) return rest.length;
				if (!final && BYTE_ORDER_MARK.subarray(0, rest.length).equals(rest)) return 0;
			}
		}
		if (inList || this.#depth > 0 && this.#hasObjects) {
			const length = scalarLength(buffer, at, final);
			if (length === void 0) return 0;
			if (length > 0) {
				this.#handler.onBad(strayProblem(buffer.subarray(at, at + length)));
				return length;
			}
		}
		const isPart = isPartOfObject(buffer, at, final);
		if (isPart === void 0) return 0;
		this.#begin("record", at);
		this.#breakUp(buffer, at, isPart ? "part" : "stray");
		return 0;
	}
	#begin(mode, at) {
		this.#mode = mode;
		this.#start = at;
		this.#at = at;
		this.#column = UNKNOWN;
		this.#scan.begin();
		return true;
	}
	/** Goes on in a record, or in the rest of an object behind its list. */
	#value(buffer, final) {
		const stop = this.#scan.scan(buffer, this.#at, buffer.length);
		this.#at = this.#scan.at;
		switch (stop) {
			case "more":
				if (final) this.#breakUp(buffer, this.#at, "cut");
				return final;
			case "broken":
				this.#breakUp(buffer, this.#at, "broken");
				return true;
			case "list":
				this.#list(buffer);
				return true;
			case "end":
				if (this.#mode === "record") this.#endRecord(buffer);
				else this.#endObject(buffer);
				this.#mode = "between";
				return true;
		}
	}
	#endRecord(buffer) {
		const length = this.#at - this.#start;
		if (length > this.#maxBytes) {
			this.#handler.onTooLong(length);
			return;
		}
		if (this.#around !== void 0) this.#lastListed.note(this.#start, this.#at);
		else if (this.#scan.isNested) this.#lastAlone.note(this.#start, this.#at);
		this.#handler.onRecord(spanOf$1(buffer, this.#start, this.#at), this.#around !== void 0, this.#isUnknown);
	}
	/** A list of records begins. */
	#list(buffer) {
		if (this.#at - this.#start > this.#maxBytes) {
			this.#scan.passLists();
			return;
		}
		const isFirst = this.#mode === "record";
		if (isFirst) {
			if (this.#around !== void 0) this.#lose();
			this.#around = {
				opening: openingOf(buffer, this.#start, this.#at),
				column: this.#column === UNKNOWN ? this.#columns.of(buffer, this.#start) : this.#column,
				hasLines: this.#scan.hasLines,
				listLevel: this.#scan.listLevel,
				start: this.#columns.passed + this.#start,
				depth: this.#depth
			};
		}
		this.#handler.onList(spanOf$1(buffer, this.#start, this.#at), isFirst);
		this.#mode = "between";
		this.#at++;
	}
	/** The object around a list ends. */
	#endObject(buffer) {
		const length = this.#at - this.#start;
		if (length > this.#maxBytes) {
			this.#handler.onTooLong(length);
			this.#lose();
			return;
		}
		this.#handler.onObjectEnd(spanOf$1(buffer, this.#start, this.#at));
		this.#leave();
	}
	#lose() {
		this.#handler.onObjectLost();
		this.#leave();
	}
	#leave() {
		const around = this.#around;
		this.#lastAlone.set({
			...around,
			hasLines: around.hasLines || this.#scan.hasLines
		});
		this.#depth = around.depth;
		this.#hasObjects = true;
		this.#around = void 0;
	}
	/**
	* What stands at `#start` is no record (`stray`), or what is left of one (`part`), or a record does not go on at `at` as JSON does
	* (`broken`), or the bytes end there (`cut`): looks for the next record.
	*/
	#breakUp(buffer, at, how) {
		const isTooLong = at - this.#start > this.#maxBytes;
		this.#isTold = how === "part" && this.#wasLost;
		this.#isStray = how === "stray" || how === "part";
		this.#isCut = how === "cut";
		this.#problem = isTooLong || this.#isStray ? void 0 : this.#problemUpTo(buffer, at);
		if (this.#mode === "rest" && !this.#isCut) this.#lose();
		const last = (this.#around === void 0 ? this.#lastAlone : this.#lastListed).get(buffer);
		const own = isTooLong ? void 0 : openingOf(buffer, this.#start, at);
		if (this.#column === UNKNOWN) this.#column = this.#columns.of(buffer, this.#start);
		const hasLines = this.#scan.hasLines || last?.hasLines === true || how === "part";
		const isLine = !hasLines && !this.#isStray && this.#column === last?.column;
		const opening = own ?? (this.#isCut || isLine ? void 0 : last?.opening);
		const from = isTooLong || this.#scan.isTooDeep || this.#mode === "rest" ? at : this.#start + 1;
		this.#resync.begin({
			opening,
			around: this.#around?.opening,
			column: last?.hasLines === true ? Math.max(last.column, this.#column) : this.#column,
			endsWithLine: !hasLines,
			isSure: this.#isCut || own !== void 0 && last?.opening?.equals(own) === true,
			isText: this.#isStray && opening === void 0 && !hasLines && !isLine
		}, from, this.#columns.of(buffer, from));
		this.#at = from;
		this.#mode = "lost";
	}
	/** What is lost ends where the next record begins, or its line or everything ends. */
	#endLost(buffer, at) {
		const length = at - this.#start;
		if (this.#isStray && length <= this.#maxBytes) this.#problem = strayProblem(buffer.subarray(this.#start, at));
		if (this.#isTold) this.#isTold = false;
		else if (this.#problem === void 0) this.#handler.onTooLong(length);
		else this.#handler.onBad(this.#problem);
		this.#wasLost = true;
		const isClosed = (at === buffer.length || buffer[at] === 10 || this.#around === void 0) && this.#isClosed;
		if (this.#around !== void 0 && (this.#resync.isAround || isClosed)) this.#lose();
		if (isClosed) this.#depth = Math.max(0, this.#depth - this.#resync.closed);
		this.#mode = "between";
		this.#at = at;
	}
	/** Whether what was passed in search of a record ends as the list, or the object in its line, would. */
	get #isClosed() {
		if (this.#around === void 0) return this.#depth > 0 && this.#resync.closed > 0;
		return this.#around.start >= this.#columns.passed + this.#start - this.#column && this.#resync.last === 125;
	}
	/** Where the record that begins at `#start` breaks. */
	#problemUpTo(buffer, at) {
		const bytes = buffer.subarray(this.#start, at);
		if (!isUtf8(bytes)) return {
			code: "invalid-utf8",
			reason: "the record is not valid UTF-8"
		};
		if (this.#scan.isTooDeep) return {
			code: "too-deep",
			reason: `the record has more than 32 levels`
		};
		const byte = buffer[at];
		const culprit = byte === void 0 || byte > 126 ? "" : String.fromCharCode(byte);
		const value = parseJson(bytes.toString("utf8") + culprit);
		if (value instanceof NotJson) return value.problem;
		return {
			code: "bad-json",
			reason: `not valid JSON: ${show(culprit)} does not belong there`
		};
	}
};
// src/formats/record-reader.ts
/** Numbers the records of one object, and puts what they are into pieces. */
var RecordReader = class {
	#skip;
	piece;
	/** The number of the record that is being read, or was read last. */
	record;
	constructor({ skip, leftOut = 0 }) {
		this.record = leftOut;
		this.#skip = skip;
		this.piece = new Piece(skip);
	}
	/** Whether the next record was delivered before. */
	get skipsNext() {
		return this.record < this.#skip;
	}
	/** Counts a record; false for one that was delivered before. */
	next() {
		const isNew = !this.skipsNext;
		this.record++;
		if (isNew) this.piece.through = this.record;
		return isNew;
	}
	onRecord(record, _inList, isUnknown) {
		if (!this.next()) return;
		const { buffer, start, end, isAscii } = record;
		const problem = isAscii || isUtf8(buffer.subarray(start, end)) ? this.read(record, isUnknown) : {
			code: "invalid-utf8",
			reason: "the record is not valid UTF-8"
		};
		if (problem !== void 0) this.piece.reject(this.record, problem);
	}
	onBad(problem) {
		if (this.next()) this.piece.reject(this.record, problem);
	}
	onTooLong(bytes) {
		this.onBad({
			code: "line-too-long",
			reason: `the record has ${bytes} bytes, more than is allowed`
		});
	}
	/** What was read since the last call. */
	takePiece() {
		const { piece } = this;
		this.piece = new Piece(Math.max(this.record, this.#skip));
		return piece;
	}
};
/** Decodes an object of JSON records, see `RecordScanner`. */
async function* decodeRecords(unpacked, reader, maxRecordBytes) {
	const scanner = new RecordScanner(reader, maxRecordBytes);
	for await (const chunk of unpacked.chunks) {
		scanner.feed(chunk);
		const piece = reader.takePiece();
		if (!piece.isEmpty) yield piece;
	}
	const unfinished = scanner.end(unpacked.fault !== void 0);
	const fault = unpacked.fault ?? unfinished;
	const piece = reader.takePiece();
	if (fault !== void 0) piece.breakOff(fault);
	if (!piece.isEmpty) yield piece;
}
// src/formats/block-cache.ts
const QUOTE$2 = 34;
const BACKSLASH$2 = 92;
const CLOSE_OBJECT$1 = 125;
/** To guess which block it is, one byte of so many is looked at, at its beginning and at its end, up to so far. */
const STRIDE = 16;
const REACH_BYTES = 512;
/** Blocks that are remembered at once; past it they are forgotten together. */
const MOST = 2048;
/**
* Remembers blocks of metadata, which are JSON objects, by their bytes, so that one that was seen is not parsed again. One
* member may have another text each time. A block counts as known only if all its other bytes are the same.
*/
var BlockCache = class {
	#changing;
	#marker;
	#blocks = /* @__PURE__ */ new Map();
	#size = 0;
	/** How many bytes at the beginning and at the end no block changes. */
	#head = REACH_BYTES;
	#tail = REACH_BYTES;
	#found;
	constructor(changing) {
		this.#changing = changing;
		this.#marker = Buffer.from(`"${changing}":"`);
	}
	/** Of the block found last. */
	get context() {
		return this.#found?.context;
	}
	/** The value of the block found last; blocks with the same bytes share it. */
	get metadata() {
		return this.#found?.metadata;
	}
	/** Where the block that begins at `start` ends, -1 if it is not known. */
	find(buffer, start, limit) {
		const end = buffer.indexOf(CLOSE_OBJECT$1, start) + 1;
		if (end === 0 || end > limit) return -1;
		const alike = this.#blocks.get(this.#hash(buffer, start, end));
		if (alike === void 0) return -1;
		for (let index = 0; index < alike.length; index++) {
			const block = alike[index];
			if (!this.#matches(block, buffer, start, end)) continue;
			this.#found = block;
			return end;
		}
		return -1;
	}
	#matches(block, buffer, start, end) {
		const { before, after } = block;
		const textStart = start + before.length;
		if (after === void 0) return textStart === end && buffer.compare(before, 0, before.length, start, end) === 0;
		const textEnd = end - after.length;
		if (textEnd < textStart || buffer.compare(after, 0, after.length, textEnd, end) !== 0) return false;
		if (buffer.compare(before, 0, before.length, start, textStart) !== 0 || !isPlain(buffer, textStart, textEnd)) return false;
		const last = block.metadata[this.#changing];
		if (!isSame$1(last, buffer, textStart, textEnd)) {
			block.metadata = { ...block.metadata };
			block.metadata[this.#changing] = buffer.toString("latin1", textStart, textEnd);
		}
		return true;
	}
	/** Remembers what the block that begins at `start` stands for. Does nothing with a block that is not simple. */
	add(buffer, start, limit, context, metadata) {
		const end = buffer.indexOf(CLOSE_OBJECT$1, start) + 1;
		if (end === 0 || end > limit) return;
		const bytes = Buffer.from(buffer.subarray(start, end));
		const marker = bytes.indexOf(this.#marker);
		if (bytes.includes(BACKSLASH$2) || bytes.lastIndexOf(this.#marker) !== marker) return;
		const textStart = marker === -1 ? bytes.length : marker + this.#marker.length;
		const before = bytes.subarray(0, textStart);
		const after = marker === -1 ? void 0 : bytes.subarray(bytes.indexOf(QUOTE$2, textStart));
		const head = Math.min(this.#head, before.length);
		const tail = Math.min(this.#tail, after?.length ?? before.length);
		if (head < this.#head || tail < this.#tail || this.#size === MOST) {
			this.#blocks.clear();
			this.#size = 0;
			this.#head = head;
			this.#tail = tail;
		}
		const hash = this.#hash(buffer, start, end);
		const alike = this.#blocks.get(hash) ?? [];
		this.#blocks.set(hash, [{
			before,
			after,
			context,
			metadata
		}, ...alike.slice(0, 7)]);
		this.#size++;
	}
	#hash(buffer, start, end) {
		let hash = 0;
		const headEnd = Math.min(end, start + this.#head);
		for (let at = start; at < headEnd; at += STRIDE) hash = Math.imul(hash, 31) + buffer[at] | 0;
		const tailEnd = Math.max(start, end - this.#tail);
		for (let at = end - 1; at >= tailEnd; at -= STRIDE) hash = Math.imul(hash, 31) + buffer[at] | 0;
		return hash;
	}
};
/** Whether the bytes are ASCII text between quotes that stands for itself. */
function isPlain(buffer, start, end) {
	for (let at = start; at < end; at++) {
		const byte = buffer[at];
		if (byte < 32 || byte > 126 || byte === QUOTE$2 || byte === BACKSLASH$2) return false;
	}
	return true;
}
function isSame$1(text, buffer, start, end) {
	if (text.length !== end - start) return false;
	for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== buffer[start + at]) return false;
	return true;
}
// src/formats/shape.ts
const QUOTE$1 = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH$1 = 92;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const OUTSIDE = "^";
/**
* The shape of a record, which is an object in valid JSON and UTF-8. Undefined for records that do not have a simple one: with lists,
* with escapes, with a name twice in one object.
*/
function shapeOf(bytes, options) {
	const walk = new Walk(bytes, options);
	return walk.text() && walk.isAtEnd() ? walk.shape() : void 0;
}
var Walk = class {
	#bytes;
	#rules;
	#options;
	/** Names that lead to the record from the object that is being walked over. */
	#within;
	#literals = [];
	#slots = [];
	#at = 0;
	#literalStart = 0;
	constructor(bytes, options) {
		this.#bytes = bytes;
		this.#options = options;
		this.#within = options.within ?? [];
		this.#rules = new Map(options.rules.map((rule) => [rule.name, rule]));
	}
	shape() {
		return {
			literals: [...this.#literals, Buffer.from(this.#bytes.subarray(this.#literalStart))],
			slots: this.#slots
		};
	}
	isAtEnd() {
		return this.#peek() === void 0;
	}
	/** Walks over everything; false where it has no simple shape. */
	text() {
		return this.#object(this.#within.length === 0 ? "" : OUTSIDE);
	}
	/** `prefix` leads the names of its members. */
	#object(prefix) {
		const names = /* @__PURE__ */ new Set();
		if (this.#peek() !== OPEN_OBJECT) return false;
		this.#at++;
		if (this.#peek() === CLOSE_OBJECT) {
			this.#at++;
			return true;
		}
		for (;;) {
			this.#peek();
			const [start, end] = this.#string();
			if (end === -1) return false;
			const name = this.#bytes.toString("latin1", start, end);
			if (names.has(name) || name.includes(".") || name.startsWith(OUTSIDE)) return false;
			names.add(name);
			if (this.#peek() !== COLON) return false;
			this.#at++;
			if (!this.#value(prefix + name)) return false;
			const next = this.#peek();
			this.#at++;
			if (next === CLOSE_OBJECT) return true;
			if (next !== COMMA) return false;
		}
	}
	#value(name) {
		const first = this.#peek();
		const { fixed, block } = this.#options;
		const rule = this.#rules.get(name);
		if (name === block) return this.#block();
		if (first === OPEN_OBJECT) {
			const [step, ...further] = this.#within;
			if (step === void 0 || name !== OUTSIDE + step) return rule === void 0 && this.#object(`${name}.`);
			this.#within = further;
			const isSimple = this.#object(further.length === 0 ? "" : OUTSIDE);
			this.#within = [step, ...further];
			return isSimple;
		}
		if (first === QUOTE$1) {
			const [start, end] = this.#string();
			if (end !== -1 && !fixed.has(name)) this.#slot("text", rule, start, end);
			return end !== -1;
		}
		const start = this.#at;
		while (isWordByte(this.#bytes[this.#at])) this.#at++;
		const word = this.#bytes.toString("latin1", start, this.#at);
		if (word === "") return false;
		if (fixed.has(name)) return true;
		if (/^\d+$/.test(word)) this.#slot("integer", rule, start, this.#at);
		else if (rule !== void 0 && (word === "true" || word === "false")) this.#slot("boolean", rule, start, this.#at);
		return true;
	}
	#block() {
		const start = this.#at;
		const end = this.#bytes.indexOf(CLOSE_OBJECT, start) + 1;
		if (this.#bytes[start] !== OPEN_OBJECT || end === 0) return false;
		this.#at = end;
		this.#slot("block", void 0, start, end);
		return true;
	}
	#slot(kind, rule, start, end) {
		this.#literals.push(Buffer.from(this.#bytes.subarray(this.#literalStart, start)));
		this.#slots.push({
			kind,
			rule
		});
		this.#literalStart = end;
	}
	/** Where the text between the quotes stands; its end is -1 where it has escapes. */
	#string() {
		const start = this.#at + 1;
		const end = this.#bytes.indexOf(QUOTE$1, start);
		this.#at = end + 1;
		return [start, end !== -1 && this.#bytes.subarray(start, end).includes(BACKSLASH$1) ? -1 : end];
	}
	/** The next byte that is no white space. */
	#peek() {
		for (;;) {
			const byte = this.#bytes[this.#at];
			if (byte !== 32 && byte !== 9 && byte !== 13 && byte !== 10) return byte;
			this.#at++;
		}
	}
};
/** A byte of a number, or of true, false or null. */
function isWordByte(byte) {
	return byte !== void 0 && (byte >= 48 && byte <= 57 || byte >= 97 && byte <= 122 || byte === 45 || byte === 46);
}
// src/formats/text-cache.ts
/** A power of two. */
const PLACES = 1024;
/** What the texts of one slot were turned into, the last one at each place; a text is compared byte by byte before it counts as known. */
var TextCache = class {
	#convert;
	#texts = new Array(PLACES).fill("");
	#values = new Array(PLACES).fill(void 0);
	constructor(convert) {
		this.#convert = convert;
	}
	/** The value of the ASCII text in bytes `start` to `end`, which hash to `hash`. */
	get(buffer, start, end, hash) {
		const place = (hash ^ hash >>> 15) & 1023;
		const known = this.#texts[place];
		if (known.length === end - start && isSame(known, buffer, start)) return this.#values[place];
		const text = buffer.toString("latin1", start, end);
		const value = this.#convert(text);
		this.#texts[place] = text;
		this.#values[place] = value;
		return value;
	}
};
function isSame(text, buffer, start) {
	for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== buffer[start + at]) return false;
	return true;
}
// src/formats/shape-reader.ts
const QUOTE = 34;
const BACKSLASH = 92;
const ZERO = 48;
const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");
/** Shapes that are remembered; a record of another one replaces the one that was of use least recently. */
const MOST_SHAPES = 4;
/** Digits of an integer that a number certainly holds. */
const MOST_DIGITS = 15;
/** Learning is worth its time only if it is followed by this many records that are read by what was learnt. */
const LEARNING_COST = 4;
const MOST_CREDIT = 256;
/**
* Reads records that differ from an earlier one only in their values, without parsing them: the bytes in between are compared. It
* reads a record in full, as JSON.parse and the mapping would, or not at all.
*/
var ShapeReader = class {
	#options;
	#changing;
	#shapes = [];
	#credit = MOST_CREDIT;
	/** `changing` is the member of the block whose text is another one in each record. */
	constructor(options, changing = "") {
		this.#options = options;
		this.#changing = changing;
	}
	/** Whether nothing was learnt yet. */
	get isEmpty() {
		return this.#shapes.length === 0;
	}
	/**
	* Sets what the record that begins at `start` says, and its time. Returns where it ends, which is at most at `limit`; -1, with the flow
	* spoilt, for a record that has to be read in another way.
	*/
	read(buffer, start, limit, flow) {
		for (let index = 0; index < this.#shapes.length; index++) {
			const shape = this.#shapes[index];
			const end = follow(shape, buffer, start, limit, flow, void 0);
			if (end === -1) continue;
			if (index > 0) {
				this.#shapes.splice(index, 1);
				this.#shapes.unshift(shape);
			}
			if (this.#credit < MOST_CREDIT) this.#credit++;
			return end;
		}
		return -1;
	}
	/** Learns from a good record that was read in another way; `within` are the names that lead from the text to the record. */
	learn({ buffer, start, end }, flow, within = []) {
		if (flow.start === void 0 || this.#credit < LEARNING_COST) return;
		this.#credit -= LEARNING_COST;
		const scratch = new Flow(flow.origin, flow.record, EMPTY_CONTEXT, 0);
		if (this.#shapes.some((shape) => follow(shape, buffer, start, end, scratch, flow) === end)) return;
		const shape = shapeOf(buffer.subarray(start, end), {
			...this.#options,
			within
		});
		if (shape === void 0) return;
		const known = {
			literals: shape.literals,
			steps: stepsOf(shape),
			blocks: new BlockCache(this.#changing),
			context: flow.context
		};
		if (follow(known, buffer, start, end, scratch, flow) !== end) return;
		this.#shapes.unshift(known);
		this.#shapes.length = Math.min(this.#shapes.length, MOST_SHAPES);
	}
};
function stepsOf({ slots }) {
	return slots.map((slot) => ({
		...slot,
		texts: slot.kind === "text" && slot.rule !== void 0 ? new TextCache(slot.rule.kind.convert) : void 0
	}));
}
/**
* Reads a record of the shape; returns where it ends, -1 for one of another shape. With `learnt`, the record as it was read in another
* way, a block that is new is remembered.
*/
function follow({ literals, steps, blocks, context }, buffer, start, end, flow, learnt) {
	let at = start;
	flow.context = context;
	for (let index = 0; index < steps.length; index++) {
		at = afterLiteral(literals[index], buffer, at, end);
		if (at === -1) return -1;
		const { kind, rule, texts } = steps[index];
		if (kind === "text") at = readText(buffer, at, end, rule, texts, flow);
		else if (kind === "integer") at = readInteger(buffer, at, end, rule, flow);
		else if (kind === "boolean") at = readBoolean(buffer, at, end, rule, flow);
		else {
			if (learnt !== void 0 && isObject(learnt.original) && blocks.find(buffer, at, end) === -1) blocks.add(buffer, at, end, learnt.context, learnt.original);
			at = blocks.find(buffer, at, end);
			flow.context = blocks.context ?? context;
			flow.original = blocks.metadata;
		}
		if (at === -1) return -1;
	}
	at = afterLiteral(literals[steps.length], buffer, at, end);
	if (at === -1 || flow.start === void 0) return -1;
	flow.time = flow.start;
	return at;
}
function afterLiteral(literal, buffer, at, end) {
	const { length } = literal;
	if (at + length > end) return -1;
	for (let index = 0; index < length; index++) if (buffer[at + index] !== literal[index]) return -1;
	return at + length;
}
/** Reads text up to its closing quote; returns where that stands, -1 for text that does not stand for itself. */
function readText(buffer, at, end, rule, texts, flow) {
	let hash = 0;
	let stop = at;
	for (;; stop++) {
		if (stop === end) return -1;
		const byte = buffer[stop];
		if (byte === QUOTE) break;
		if (byte < 32 || byte > 126 || byte === BACKSLASH) return -1;
		hash = Math.imul(hash, 31) + byte | 0;
	}
	if (rule === void 0 || texts === void 0) return stop;
	const value = stop === at ? void 0 : texts.get(buffer, at, stop, hash);
	if (value === void 0) return -1;
	rule.target.set(flow, value);
	return stop;
}
/** Reads an integer as JSON writes it; returns where it ends, -1 for one that has to be read in another way. */
function readInteger(buffer, at, end, rule, flow) {
	let number = 0;
	let stop = at;
	for (; stop < end; stop++) {
		const digit = buffer[stop] - ZERO;
		if (digit < 0 || digit > 9) break;
		number = number * 10 + digit;
	}
	const digits = stop - at;
	if (digits === 0 || digits > MOST_DIGITS || digits > 1 && buffer[at] === ZERO) return -1;
	if (rule === void 0) return stop;
	const value = rule.kind.convert(number);
	if (value === void 0) return -1;
	rule.target.set(flow, value);
	return stop;
}
function readBoolean(buffer, at, end, rule, flow) {
	const afterTrue = afterLiteral(TRUE, buffer, at, end);
	const stop = afterTrue === -1 ? afterLiteral(FALSE, buffer, at, end) : afterTrue;
	if (stop !== -1) rule?.target.set(flow, afterTrue !== -1);
	return stop;
}
// src/clouds/ibm/formats/vpc.ts
const LIST = "flow_logs";
/** Header fields that say something about the list. */
const STATE = "state";
const COUNT$1 = "number_of_flow_logs";
/** Names that only a Flow Logs for VPC object has. */
const NAMES$2 = [
	LIST,
	COUNT$1,
	"collector_crn",
	"vpc_crn",
	"network_interface_id",
	"attached_endpoint_type",
	"capture_start_time"
];
/** Of the state. */
const SKIP_DATA = /^skip[\s_-]*data$/i;
const NO_STEPS = [];
/** What makes an object of the text before the list, and of the text behind it. */
const LIST_END = "[]}";
const LIST_START = `{"${LIST}":[]`;
/**
* IBM Flow Logs for VPC: JSON objects, in whatever frame they stand (see `RecordScanner`), with header fields and the list `flow_logs`,
* which is read element by element. What the header says before the list makes the context of the flows; what it lacks there comes from the
* `name=value` parts of the object's key, which alone name the subnet. A flow without times happened at `capture_end_time`, and
* where the header says that only after the list, at the start of its connection.
*/
const ibmVpc = {
	name: "ibm-vpc",
	create() {
		const mapping = loadMapping("ibm-vpc");
		const contexts = new ContextPool();
		const shapes = new ShapeReader({
			rules: mapping.record.fields,
			fixed: /* @__PURE__ */ new Set()
		});
		return {
			recognises: ({ names }) => names !== void 0 && NAMES$2.some((name) => names.has(name)),
			decode: (unpacked, origin, options) => decodeRecords(unpacked, new FlowLogReader(mapping, contexts, shapes, origin, options), options.maxRecordBytes)
		};
	}
};
var FlowLogReader = class extends RecordReader {
	lists = [[LIST]];
	#mapping;
	#contexts;
	#shapes;
	#origin;
	#key;
	#headerNames;
	/** Of the JSON object that is being read. */
	#header = {};
	#list;
	#context;
	/** Why none of its flow logs can be told whose it is. */
	#problem;
	/** Records before it. */
	#before = 0;
	constructor(mapping, contexts, shapes, origin, position) {
		super(position);
		this.#mapping = mapping;
		this.#contexts = contexts;
		this.#shapes = shapes;
		this.#origin = origin;
		this.#key = keyParts(origin.key);
		const { contexts: named, times } = mapping.header;
		this.#headerNames = /* @__PURE__ */ new Set([
			STATE,
			COUNT$1,
			...named.map(({ name }) => name),
			...times.map(({ name }) => name)
		]);
		this.#context = contexts.intern(draftContext(mapping.provider));
	}
	onRecord(record, inList, isUnknown) {
		if (inList) {
			super.onRecord(record, inList, isUnknown);
			return;
		}
		const problem = this.#withoutList(record);
		if (problem === void 0) this.#end();
		else this.onBad(problem);
	}
	onList(before, isFirst) {
		if (isFirst) this.#begin();
		this.#problem = this.#take(before, isFirst ? "" : LIST_START, LIST_END) ?? this.#settle();
	}
	onObjectEnd(after) {
		const { buffer, start, end } = after;
		if (end - start > 1 || buffer[start] !== 125) {
			const problem = this.#take(after, LIST_START, "");
			if (problem !== void 0) this.onBad(problem);
		}
		if (this.#problem !== void 0 && this.record === this.#before) this.onBad(this.#problem);
		this.#end();
	}
	onObjectLost() {
		this.#sayWhatWasLost();
	}
	readKnown(buffer, start, limit, inList) {
		if (!inList || this.#problem !== void 0 || this.#shapes.isEmpty || this.skipsNext) return -1;
		const flow = new Flow(this.#origin, this.record + 1, this.#context, 0);
		const end = this.#shapes.read(buffer, start, limit, flow);
		if (end === -1) return -1;
		this.next();
		this.#deliver(flow);
		return end;
	}
	read(record, isUnknown) {
		if (this.#problem !== void 0) return this.#problem;
		if (isUnknown) return this.#parse(record);
		const { buffer, start, end } = record;
		const flow = new Flow(this.#origin, this.record, this.#context, 0);
		if (this.#shapes.read(buffer, start, end, flow) !== end) return this.#parse(record);
		this.#deliver(flow);
	}
	#begin() {
		this.#header = Object.create(null);
		this.#before = this.record;
	}
	/** Takes the header fields in a part of the object's text, which with what stands before and behind it is an object. */
	#take(part, before, behind) {
		const { buffer, start, end, isAscii } = part;
		const value = isAscii || isUtf8(buffer.subarray(start, end)) ? parseJson(before + textOf$1(part) + behind) : new NotJson("invalid-utf8", "the text is not valid UTF-8");
		if (value instanceof NotJson) return {
			...value.problem,
			reason: `outside of ${LIST}: ${value.problem.reason}`
		};
		for (const [name, member] of Object.entries(value)) if (this.#headerNames.has(name)) this.#header[name] = member;
		this.#list = memberOf(value, LIST);
	}
	/** Makes the context of what the header and the key say. */
	#settle() {
		const { header, key, provider } = this.#mapping;
		const context = draftContext(provider);
		const problem = setContext(header, context, this.#header) ?? setContext(key, context, this.#key);
		if (problem === void 0) this.#context = this.#contexts.intern(context);
		return problem;
	}
	/** An object without a list: only one whose list is null is of this format, and has no flow logs. */
	#withoutList(object) {
		this.#begin();
		const problem = this.#take(object, "", "");
		if (problem !== void 0) return problem;
		if (this.#list === void 0) return {
			code: "missing-field",
			reason: `${missing(LIST).reason}: the JSON is no Flow Logs for VPC object`
		};
		if (this.#list !== null) return {
			code: "not-a-list",
			reason: `${LIST} is ${show(this.#list)}, not a list`
		};
		return this.#settle();
	}
	#deliver(flow) {
		flow.context = this.#context;
		this.piece.flows.push(flow);
	}
	#end() {
		if (this.skipsNext) return;
		this.#sayWhatWasLost();
		const count = this.record - this.#before;
		const stated = this.#header[COUNT$1];
		const notices = this.piece.quality;
		if (stated !== void 0 && KINDS$1.counter.convert(stated) !== count) {
			const message = `${COUNT$1} is ${show(stated)}, but ${LIST} has ${count}`;
			notices.push({
				kind: "count-mismatch",
				after: this.record,
				message
			});
		}
		const message = `${this.#who} had no traffic: ${LIST} is empty`;
		if (count === 0) notices.push({
			kind: "no-data",
			after: this.record,
			message
		});
	}
	get #who() {
		return this.#context.vnic ?? this.#origin.key;
	}
	#sayWhatWasLost() {
		const state = this.#header[STATE];
		if (typeof state !== "string" || !SKIP_DATA.test(state)) return;
		const message = `${this.#who} had flows that were lost before they reached the bucket`;
		this.piece.quality.push({
			kind: "skip-data",
			after: this.record,
			message
		});
	}
	#parse(element) {
		const text = textOf$1(element);
		const value = parseJson(text);
		if (value instanceof NotJson) return value.problem;
		if (!isObject(value)) return {
			code: "not-an-object",
			reason: `the flow log is ${show(value)}, not a JSON object`
		};
		const { record, header } = this.#mapping;
		const flow = new Flow(this.#origin, this.record, this.#context, 0);
		const problem = setFields(record.fields, flow, value, false, text, NO_STEPS) ?? setTime(flow, header.times, this.#header);
		if (problem !== void 0) return problem;
		this.#shapes.learn(element, flow);
		this.#deliver(flow);
	}
};
// src/clouds/ibm/rules/options.ts
const path$2 = string$1().min(1);
/** What is known of networks in IBM Cloud. */
const ibmNetworkOptions = strictObject({
	subnets: path$2.optional().describe("JSON file with what `ibmcloud is subnets --output json` prints"),
	securityGroups: path$2.optional().describe("JSON file with what `ibmcloud is security-groups --output json` prints"),
	networkAcls: path$2.optional().describe("JSON file with what `ibmcloud is network-acls --output json` prints"),
	virtualNetworkInterfaces: path$2.optional().describe("JSON file with what `ibmcloud is virtual-network-interfaces --output json` prints: addresses of group members")
}).describe("What is known of networks in IBM Cloud; none by default");
// src/enrich/rules/rule.ts
const PROTOCOLS$2 = {
	1: "icmp",
	6: "tcp",
	17: "udp",
	58: "icmpv6"
};
/** `tcp`, `icmp/tcp/udp`, `protocol 47`, `all`. */
function protocolText(protocols) {
	if (protocols === void 0) return "all";
	return protocols.map((number) => PROTOCOLS$2[number] ?? `protocol ${number}`).join("/");
}
function portsText({ from, to }) {
	return from === to ? String(from) : `${from}-${to}`;
}
function peerText(peer) {
	if (peer.kind === "network") return peer.cidr;
	return peer.kind === "service" ? peer.label : `group ${peer.name ?? peer.id}`;
}
/** The rule in one short line: `ingress tcp 22 from 0.0.0.0/0`, `egress icmp type 3 code 4 to 10.0.0.0/8`, `deny ingress all from …`. */
function ruleText(rule) {
	const parts = rule.action === "deny" ? ["deny"] : [];
	parts.push(rule.direction, protocolText(rule.protocols));
	if (rule.destinationPorts !== void 0) parts.push(portsText(rule.destinationPorts));
	if (rule.icmp?.type !== void 0) parts.push(`type ${rule.icmp.type}`);
	if (rule.icmp?.code !== void 0) parts.push(`code ${rule.icmp.code}`);
	parts.push(rule.direction === "ingress" ? "from" : "to", peerText(rule.peer));
	if (rule.sourcePorts !== void 0) parts.push(`source port ${portsText(rule.sourcePorts)}`);
	return parts.join(" ");
}
// src/clouds/ibm/rules/rule.ts
const NAMED$1 = {
	all: void 0,
	any: void 0,
	tcp: [6],
	udp: [17],
	icmp: [1],
	icmp_tcp_udp: [
		1,
		6,
		17
	],
	ah: [51],
	esp: [50],
	gre: [47],
	ip_in_ip: [4],
	l2tp: [115],
	rsvp: [46],
	sctp: [132],
	vrrp: [112]
};
const protocol$1 = string$1().transform((text, context) => {
	if (Object.hasOwn(NAMED$1, text)) return NAMED$1[text];
	const number = /^number_(\d{1,3})$/.exec(text)?.[1];
	if (number !== void 0 && Number(number) <= 255) return [Number(number)];
	context.addIssue({
		code: "custom",
		message: `${JSON.stringify(text)} is no protocol: known are ${Object.keys(NAMED$1).join(", ")}, and number_N`
	});
	return NEVER;
});
const port$1 = int("expected a port number from 0 to 65535").min(0).max(65535).nullish();
const byte$1 = int("expected a number from 0 to 255").min(0).max(255).nullish();
const direction = _enum(["inbound", "outbound"]);
const end = object$1({
	cidrBlock: string$1().nullish(),
	address: string$1().nullish(),
	id: string$1().nullish(),
	name: string$1().nullish()
});
/** A rule of a security group, as `ibmcloud is security-groups` prints it. */
const ibmGroupRule = object$1({
	direction,
	protocol: protocol$1,
	portMin: port$1,
	portMax: port$1,
	type: byte$1,
	code: byte$1,
	remote: end.nullish(),
	local: end.nullish()
});
/** A rule of a network ACL, as `ibmcloud is network-acls` prints it. */
const ibmAclRule = object$1({
	action: _enum(["allow", "deny"]),
	direction,
	protocol: protocol$1,
	source: string$1(),
	destination: string$1(),
	sourcePortMin: port$1,
	sourcePortMax: port$1,
	destinationPortMin: port$1,
	destinationPortMax: port$1,
	type: byte$1,
	code: byte$1
});
/** The rule, or what is wrong with one of its ends. */
function readGroupRule(given, place) {
	const peer = peerOf$3(given.remote);
	if ("reason" in peer) return peer;
	const near = given.local === void 0 || given.local === null ? void 0 : peerOf$3(given.local);
	if (near !== void 0 && "reason" in near) return {
		...near,
		key: "local"
	};
	if (near !== void 0 && near.kind !== "network") return {
		key: "local",
		reason: "is neither address nor network"
	};
	return finished({
		...place,
		direction: given.direction === "inbound" ? "ingress" : "egress",
		action: "allow",
		protocols: given.protocol,
		icmp: icmpOf(given),
		sourcePorts: void 0,
		destinationPorts: range$1(given.portMin, given.portMax),
		peer,
		local: limited(near?.prefix),
		stateless: false
	});
}
/** The rule, or what is wrong with one of its ends. */
function readAclRule(given, place) {
	const source = networkOf(given.source);
	if (typeof source === "string") return {
		key: "source",
		reason: source
	};
	const destination = networkOf(given.destination);
	if (typeof destination === "string") return {
		key: "destination",
		reason: destination
	};
	const inbound = given.direction === "inbound";
	return finished({
		...place,
		direction: inbound ? "ingress" : "egress",
		action: given.action,
		protocols: given.protocol,
		icmp: icmpOf(given),
		sourcePorts: range$1(given.sourcePortMin, given.sourcePortMax),
		destinationPorts: range$1(given.destinationPortMin, given.destinationPortMax),
		peer: inbound ? source : destination,
		local: limited(inbound ? destination.prefix : source.prefix),
		stateless: true
	});
}
function finished(rule) {
	return Object.freeze({
		...rule,
		text: ruleText(rule)
	});
}
function peerOf$3(given) {
	if (given?.id) return {
		kind: "group",
		id: given.id,
		name: given.name ?? void 0
	};
	const network = networkOf(given?.cidrBlock ?? given?.address ?? "0.0.0.0/0");
	return typeof network === "string" ? {
		key: "remote",
		reason: network
	} : network;
}
function networkOf(text) {
	const prefix = parsePrefix(text, true);
	return typeof prefix === "string" ? `${JSON.stringify(text)}: ${prefix}` : {
		kind: "network",
		prefix,
		cidr: text
	};
}
/** A near end that is everything limits nothing. */
function limited(prefix) {
	return prefix === void 0 || prefix.length === 0 ? void 0 : prefix;
}
function range$1(from, to) {
	if (from === null || from === void 0 || to === null || to === void 0) return void 0;
	return from <= 1 && to === 65535 ? void 0 : {
		from,
		to
	};
}
function icmpOf({ type, code }) {
	return type === null || type === void 0 ? void 0 : {
		type,
		code: code ?? void 0
	};
}
// src/clouds/ibm/rules/reader.ts
const id$1 = string$1().min(1, "is empty");
const reference = object$1({
	id: id$1,
	name: string$1().nullish(),
	crn: string$1().nullish()
});
const subnet$1 = reference.extend({
	ipv4CidrBlock: string$1().nullish(),
	ipv6CidrBlock: string$1().nullish(),
	networkAcl: reference.nullish(),
	vpc: reference.nullish()
});
const ruleSet = reference.extend({ rules: array(unknown()).nullish() });
const securityGroup = ruleSet.extend({ targets: array(object$1({ id: id$1 })).nullish() });
const networkAcl = ruleSet.extend({ subnets: array(reference).nullish() });
const networkInterface = reference.extend({
	primaryIp: object$1({ address: string$1() }).nullish(),
	ips: array(object$1({ address: string$1() })).nullish(),
	securityGroups: array(reference).nullish()
});
/** Reads what `ibmcloud is … --output json` prints. What cannot be understood is reported and left out. */
var IbmReader = class {
	#subnets = /* @__PURE__ */ new Map();
	#ruleSets = /* @__PURE__ */ new Map();
	#vnics = /* @__PURE__ */ new Map();
	read(document, kind) {
		const elements = elementsOf(document.value, []);
		if (elements === void 0) {
			document.report([], `is no list: give what \`ibmcloud is ${COMMANDS[kind]} --output json\` prints`);
			return;
		}
		for (const { value, path } of elements) this[READERS$1[kind]](document, value, path);
	}
	data() {
		const vnics = Array.from(this.#vnics, ([key, { groups, addresses }]) => [key, {
			id: key,
			groups: [...groups],
			addresses
		}]);
		return {
			provider: "ibm_cloud",
			subnets: new Map(this.#subnets),
			ruleSets: new Map(this.#ruleSets),
			vnics: new Map(vnics),
			vnicsComplete: false,
			membersComplete: vnics.some(([, { addresses }]) => addresses.length > 0)
		};
	}
	subnet(document, value, path) {
		const given = document.read(subnet$1, value, path);
		if (given === void 0) return;
		const networks = ["ipv4CidrBlock", "ipv6CidrBlock"].flatMap((key) => {
			const cidr = given[key];
			if (!cidr) return [];
			const network = readSubnetNetwork(cidr);
			if (typeof network !== "string") return [network];
			document.report([...path, key], `${JSON.stringify(cidr)}: ${network}`);
			return [];
		});
		if (networks.length === 0) document.report(path, "the subnet has no ipv4_cidr_block: no direction can be told");
		const named = {
			id: given.id,
			name: given.name ?? void 0,
			vcn: given.vpc?.id,
			networks,
			ruleSets: given.networkAcl ? [given.networkAcl.id] : []
		};
		for (const key of [given.id, given.crn]) if (key) this.#subnets.set(key, named);
	}
	securityGroup(document, value, path) {
		const given = document.read(securityGroup, value, path);
		if (given === void 0) return;
		const set = {
			id: given.id,
			name: given.name ?? void 0,
			kind: "security-group"
		};
		const place = {
			kind: set.kind,
			listId: set.id,
			listName: set.name
		};
		const rules = (given.rules ?? []).flatMap((one, index) => {
			const at = [
				...path,
				"rules",
				index
			];
			const read = document.read(ibmGroupRule, one, at);
			return read === void 0 ? [] : this.#understood(document, readGroupRule(read, {
				...place,
				index
			}), at);
		});
		this.#ruleSets.set(set.id, {
			...set,
			rules,
			unreadable: (given.rules?.length ?? 0) - rules.length,
			seed: void 0
		});
		for (const target of given.targets ?? []) this.#vnic(target.id).groups.add(given.id);
	}
	networkAcl(document, value, path) {
		const given = document.read(networkAcl, value, path);
		if (given === void 0) return;
		const set = {
			id: given.id,
			name: given.name ?? void 0,
			kind: "network-acl"
		};
		const place = {
			kind: set.kind,
			listId: set.id,
			listName: set.name
		};
		const rules = (given.rules ?? []).flatMap((one, index) => {
			const at = [
				...path,
				"rules",
				index
			];
			const read = document.read(ibmAclRule, one, at);
			return read === void 0 ? [] : this.#understood(document, readAclRule(read, {
				...place,
				index
			}), at);
		});
		this.#ruleSets.set(set.id, {
			...set,
			rules,
			unreadable: (given.rules?.length ?? 0) - rules.length,
			seed: void 0
		});
	}
	networkInterface(document, value, path) {
		const given = document.read(networkInterface, value, path);
		if (given === void 0) return;
		const vnic = this.#vnic(given.id);
		for (const one of given.securityGroups ?? []) vnic.groups.add(one.id);
		const written = [given.primaryIp, ...given.ips ?? []].flatMap((ip) => ip ? [ip.address] : []);
		for (const text of new Set(written)) {
			const address = parseAddress(text);
			if (address === void 0) document.report(path, `${JSON.stringify(text)} is no address`);
			else vnic.addresses.push(address);
		}
	}
	#vnic(key) {
		let vnic = this.#vnics.get(key);
		if (vnic === void 0) {
			vnic = {
				groups: /* @__PURE__ */ new Set(),
				addresses: []
			};
			this.#vnics.set(key, vnic);
		}
		return vnic;
	}
	#understood(document, rule, path) {
		if (!("reason" in rule)) return [rule];
		document.report([...path, rule.key], rule.reason);
		return [];
	}
};
const COMMANDS = {
	subnets: "subnets",
	securityGroups: "security-groups",
	networkAcls: "network-acls",
	virtualNetworkInterfaces: "virtual-network-interfaces"
};
const READERS$1 = {
	subnets: "subnet",
	securityGroups: "securityGroup",
	networkAcls: "networkAcl",
	virtualNetworkInterfaces: "networkInterface"
};
// src/clouds/ibm/rules/writer.ts
const PROTOCOLS$1 = {
	1: "ICMP",
	6: "TCP",
	17: "UDP"
};
/** Rules in the words of IBM Cloud's console. */
const ibmRuleWriter = {
	inConsole(rule, { kind, id, name }) {
		const [protocol] = rule.protocols ?? [];
		const way = rule.direction === "ingress" ? "Inbound" : "Outbound";
		const list = name ?? id;
		const hasPorts = protocol === 6 || protocol === 17;
		const protocolLine = `Protocol: ${protocol === void 0 ? "ALL" : PROTOCOLS$1[protocol] ?? `number ${protocol}`}`;
		if (kind === "network-acl") {
			const [source, destination] = endsOf(rule);
			return [
				`VPC > Access control lists > ${list} > ${way} rules > Create`,
				`Allow or deny: ${rule.action === "deny" ? "Deny" : "Allow"}`,
				protocolLine,
				`Source: ${source}`,
				...hasPorts ? [`Source port min, max: ${portsOf$1(rule.sourcePorts)}`] : [],
				`Destination: ${destination}`,
				...hasPorts ? [`Destination port min, max: ${portsOf$1(rule.destinationPorts)}`] : [],
				"Priority: above the rule that denies it"
			];
		}
		const end = rule.direction === "ingress" ? "Source" : "Destination";
		const type = rule.peer.kind === "group" ? "Security group" : "IP address or CIDR block";
		return [
			`VPC > Security groups > ${list} > ${way} rules > Create`,
			protocolLine,
			...hasPorts ? [`Port range: ${portsOf$1(rule.destinationPorts)}`] : [],
			`${end} type: ${type}`,
			`${end}: ${peerOf$2(rule)}`
		];
	},
	json({ kind, id, name }, rules) {
		return {
			id,
			...name !== void 0 && { name },
			rules: rules.map((rule, index) => kind === "network-acl" ? aclRule(rule, index) : groupRule(rule))
		};
	},
	terraform({ kind, id, name }, rules) {
		const label = (name ?? id).toLowerCase().replaceAll(/[^a-z0-9_]+/g, "_");
		if (kind === "network-acl") {
			const lines = rules.flatMap((rule, index) => terraformBlock("rules", terraformRule(rule, aclRule(rule, index))));
			return `# ${id}\n${terraformBlock(`resource "ibm_is_network_acl" ${quoted$1(label)}`, [
				"# vpc and resource_group stay as they are in your configuration",
				`name = ${quoted$1(name ?? id)}`,
				...lines
			]).join("\n")}\n`;
		}
		return `${rules.map((rule, index) => {
			return terraformBlock(`resource "ibm_is_security_group_rule" ${quoted$1(`${label}_${index + 1}`)}`, [`group = ${quoted$1(id)}`, ...terraformRule(rule, groupRule(rule))]).join("\n");
		}).join("\n\n")}\n`;
	}
};
/** Names of protocols in the API. */
const API_PROTOCOLS = {
	1: "icmp",
	6: "tcp",
	17: "udp"
};
function protocolOf({ protocols }) {
	const [protocol] = protocols ?? [];
	if (protocol === void 0) return "all";
	return (protocols?.length ?? 0) > 1 ? "icmp_tcp_udp" : API_PROTOCOLS[protocol] ?? `number_${protocol}`;
}
const isTransport = (protocol) => protocol === "tcp" || protocol === "udp";
function groupRule({ body }) {
	const protocol = protocolOf(body);
	const { peer, local, destinationPorts, icmp, direction } = body;
	const end = (cidr) => cidr.includes("/") ? { cidr_block: cidr } : { address: cidr };
	return {
		direction: direction === "ingress" ? "inbound" : "outbound",
		ip_version: "ipv4",
		protocol,
		...isTransport(protocol) && destinationPorts && {
			port_min: destinationPorts.from,
			port_max: destinationPorts.to
		},
		...icmp?.type !== void 0 && {
			type: icmp.type,
			...icmp.code !== void 0 && { code: icmp.code }
		},
		remote: peer.kind === "network" ? end(peer.cidr) : { id: peer.kind === "group" ? peer.id : peer.label },
		...local !== void 0 && { local: end(textOf(local)) }
	};
}
function aclRule({ body }, index) {
	const protocol = protocolOf(body);
	const { direction, action, local, sourcePorts, destinationPorts, icmp } = body;
	const near = local === void 0 ? "0.0.0.0/0" : textOf(local);
	const inbound = direction === "ingress";
	return {
		name: `rule-${index + 1}`,
		action,
		direction: inbound ? "inbound" : "outbound",
		ip_version: "ipv4",
		source: inbound ? peerOf$2(body) : near,
		destination: inbound ? near : peerOf$2(body),
		protocol,
		...isTransport(protocol) && {
			source_port_min: sourcePorts?.from ?? 1,
			source_port_max: sourcePorts?.to ?? 65535,
			destination_port_min: destinationPorts?.from ?? 1,
			destination_port_max: destinationPorts?.to ?? 65535
		},
		...icmp?.type !== void 0 && {
			type: icmp.type,
			...icmp.code !== void 0 && { code: icmp.code }
		}
	};
}
function textOf({ address, length }) {
	return `${formatIpv4(address.w0)}/${length}`;
}
/** Terraform's provider puts ports and types into a block that is called after the protocol. */
function terraformRule({ body }, api) {
	const protocol = protocolOf(body);
	const line = (name, value) => `${name} = ${typeof value === "string" ? quoted$1(value) : String(value)}`;
	const lines = [
		"name",
		"action",
		"direction",
		"ip_version",
		"source",
		"destination"
	].filter((name) => api[name] !== void 0).map((name) => line(name, api[name]));
	const end = (key) => {
		const value = api[key];
		return value === void 0 ? [] : [line(key, Object.values(value)[0])];
	};
	lines.push(...end("remote"), ...end("local"));
	if (isTransport(protocol)) {
		const inner = [...[
			"port_min",
			"port_max",
			"source_port_min",
			"source_port_max"
		].map((name) => [name, name]), ...[["port_min", "destination_port_min"], ["port_max", "destination_port_max"]]].filter(([, key]) => api[key] !== void 0).map(([name, key]) => line(name, api[key]));
		return [...lines, ...terraformBlock(protocol, inner)];
	}
	if (protocol !== "icmp") return protocol === "all" ? lines : [...lines, line("protocol", protocol)];
	const inner = ["type", "code"].filter((name) => api[name] !== void 0).map((name) => line(name, api[name]));
	return [...lines, ...terraformBlock("icmp", inner)];
}
function terraformBlock(head, lines) {
	return [
		`${head} {`,
		...lines.map((line) => `  ${line}`),
		"}"
	];
}
/** A text in Terraform, where `${` and `%{` would begin something. */
function quoted$1(text) {
	return JSON.stringify(text).replaceAll("${", () => "$${").replaceAll("%{", "%%{");
}
function peerOf$2({ peer }) {
	if (peer.kind === "network") return peer.cidr;
	return peer.kind === "service" ? peer.label : peer.name ?? peer.id;
}
function endsOf(rule) {
	return rule.direction === "ingress" ? [peerOf$2(rule), "Any"] : ["Any", peerOf$2(rule)];
}
function portsOf$1(range) {
	return range === void 0 ? "1, 65535" : `${range.from}, ${range.to}`;
}
// src/clouds/ibm/rules/network.ts
/** In the order in which they are read: what is spoken of before what speaks of it. */
const EXPORTS = [
	"subnets",
	"networkAcls",
	"securityGroups",
	"virtualNetworkInterfaces"
];
/** The exports that the options name, with their paths. */
function exportsIn(options) {
	return EXPORTS.flatMap((kind) => {
		const path = options[kind];
		return path === void 0 ? [] : [{
			kind,
			path
		}];
	});
}
/** Networks in IBM Cloud. */
const ibmNetwork = {
	name: "ibm",
	provider: "ibm_cloud",
	writer: ibmRuleWriter,
	options: ibmNetworkOptions,
	resolve: (options, at) => Object.fromEntries(exportsIn(options).map(({ kind, path }) => [kind, at(path)])),
	files: (options) => exportsIn(options).map(({ path }) => path),
	async read(options, open) {
		const exported = exportsIn(options);
		if (exported.length === 0) return void 0;
		const reader = new IbmReader();
		for (const { kind, path } of exported) {
			const document = await open(path);
			if (document !== void 0) reader.read(document, kind);
		}
		return reader.data();
	}
};
// src/clouds/oci/connector.ts
/** How the folder of a connector is called. */
const ROOT = "ocid1.serviceconnector.";
/** A key prefix that ends inside or behind a connector's folder, and the folder. */
const CONNECTOR_FOLDER = /^(.*ocid1\.serviceconnector\.[^/]*\/)/s;
/** `<time of the earliest record>_<time of the latest record>.<n>.log.gz`, as Connector Hub names its objects. */
const NAMES$1 = {
	parse(rest) {
		const stamp = /^(\d{8}T\d{6}Z)_/.exec(rest)?.[1];
		const time = stamp === void 0 ? void 0 : parseStamp(stamp);
		return stamp === void 0 || time === void 0 ? void 0 : {
			time,
			order: stamp
		};
	},
	stepMs: 1e3,
	restAt: formatStamp
};
/**
* Connector Hub: a partition for each connector, `<prefix><connector OCID>/`. The first stamp of the names does not grow from object
* to object (it was seen to go back by 27 minutes), so every pass looks back.
*/
function ociConnectorTail(tail, prefix) {
	const { store, settings, now } = tail;
	const passOver = reportPassedOver(tail, "oci-connector");
	const inside = CONNECTOR_FOLDER.exec(prefix)?.[1];
	const sweep = every(settings.sweepMs);
	const lateSweep = every(settings.lateSweepMs);
	return async function* (seen, signal, within = "") {
		const started = now();
		const hinted = CONNECTOR_FOLDER.exec(within)?.[1];
		if (hinted?.startsWith(prefix)) {
			yield* tailHinted(tail, NAMES$1, hinted, seen, signal);
			return;
		}
		const late = lateSweep.isDue(started);
		if (inside !== void 0) yield* tailWindow(tail, NAMES$1, inside, { late }, seen, signal);
		else {
			const everywhere = late || sweep.isDue(started);
			for await (const { objects, prefixes } of store.list({
				prefix,
				delimiter: "/"
			}, signal)) {
				passOver.objects(objects);
				for (const folder of prefixes) if (!CONNECTOR_FOLDER.test(folder)) passOver.folder(folder);
				else if (everywhere || !isIdle(seen, folder, started)) yield* tailWindow(tail, NAMES$1, folder, { late }, seen, signal);
			}
			if (everywhere) sweep.done(started);
		}
		if (late) lateSweep.done(started);
	};
}
/** Objects as Connector Hub writes them. */
const ociConnector = {
	name: "oci-connector",
	summary: "folders named by a connector's OCID directly under `prefix`, whose object names begin with a time",
	root: ROOT,
	holds: (prefix) => CONNECTOR_FOLDER.test(prefix),
	tail: ociConnectorTail
};
// src/clouds/oci/content/yaml.ts
/** A file by its schema. Throws UsageError with the place of what is wrong. */
function readYaml(file, schema) {
	let value;
	try {
		value = (0, import_dist.parse)(readFileSync(file, "utf8"));
	} catch (cause) {
		throw new UsageError("bad-content", `${file} cannot be read as YAML`, { cause });
	}
	const parsed = schema.safeParse(value);
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	throw wrong(file, `${(issue?.path ?? []).map(String).join(": ")}: ${issue?.message}`);
}
/** A file of the content that says something wrong. */
const wrong = (file, message) => new UsageError("bad-content", `${file}: ${message}`);
// src/clouds/oci/content/content.ts
const text$1 = string$1().trim().min(1);
const fieldDefinition = strictObject({
	field: text$1,
	/** Only of own fields; the service's own have theirs. */
	type: _enum(["string", "long"]).optional(),
	description: text$1.optional()
});
const contentDefinition = strictObject({
	parser: strictObject({
		name: string$1().regex(/^\w+$/),
		title: text$1,
		description: text$1
	}),
	source: strictObject({
		name: text$1,
		description: text$1,
		entityType: text$1
	}),
	fields: record(string$1().regex(/^\w+$/), fieldDefinition)
});
/** Reads what `log-analytics/content.yml` below a folder says of records. Throws UsageError. */
function readContent(folder = asset("deploy")) {
	const file = join(folder, "log-analytics", "content.yml");
	const content = readYaml(file, contentDefinition);
	const own = Object.entries(content.fields).find(([, { type, description }]) => type === void 0 !== (description === void 0));
	if (own !== void 0) throw wrong(file, `field ${own[0]}: a field of our own has both type and description`);
	return content;
}
// src/dialects/log-analytics/conditions.ts
function logAnalyticsWords(attributes, source) {
	const name = (ref) => quoteName$1(attributeOf(attributes, ref).name);
	const syntax = {
		and: "and",
		or: "or",
		constant: (value) => value ? "'Log Source' != null" : "'Log Source' = null",
		predicate: (predicate, denied) => printPredicate$6(predicate, denied, name)
	};
	const print = (condition) => {
		const text = printCondition(condition, syntax);
		return condition.kind === "or" || condition.kind === "not" ? `(${text})` : text;
	};
	return {
		name,
		condition: print,
		search: (condition) => `'Log Source' = '${source}' and ${print(condition)}`
	};
}
function printPredicate$6(predicate, denied, nameOf) {
	const name = nameOf(predicate.field);
	const orMissing = (text) => denied ? `(${name} = null or ${text})` : text;
	switch (predicate.kind) {
		case "one-of": {
			const { field, values } = predicate;
			if (regardsCase(field, values)) refuse("one-of", "whether case matters depends on the field's settings");
			const texts = values.map((value) => quoteValue(String(value)));
			if (texts.length === 1) return orMissing(`${name} ${denied ? "!=" : "="} ${texts[0]}`);
			return orMissing(`${name} ${denied ? "not in" : "in"} (${texts.join(", ")})`);
		}
		case "compare": return orMissing(`${name} ${(denied ? OPPOSITES$1 : OPERATORS$5)[predicate.operator]} ${predicate.value}`);
		case "exists": return `${name} ${denied ? "=" : "!="} null`;
		case "text": return refuse(predicate.operator, "whether case matters depends on the field's settings");
		case "re": return refuse("re", "patterns are not RE2's");
		case "cidr": return refuse("cidr", "a condition has no ranges of addresses");
		case "fieldref": return refuse("fieldref", "a field is not compared with another in a condition");
	}
}
const OPERATORS$5 = {
	gt: ">",
	gte: ">=",
	lt: "<",
	lte: "<="
};
const OPPOSITES$1 = {
	gt: "<=",
	gte: "<",
	lt: ">=",
	lte: ">"
};
function byClause$1(names) {
	return names.length === 0 ? "" : ` by ${names.join(", ")}`;
}
function quoteName$1(name) {
	return /^[A-Za-z]\w*$/.test(name) ? name : `'${name}'`;
}
function quoteValue(text) {
	if (/^(\d+|[A-Za-z][\w]*)$/.test(text)) return text;
	if (/['\\]|\p{Cc}/u.test(text)) refuse("text", "a text with quotes, backslashes or control characters is not taken literally");
	return `'${text}'`;
}
// src/dialects/windowed.ts
/** Refuses correlations that look at more than one window or at the order of flows, and detectors. */
function windowed(rule) {
	const { correlation } = rule;
	const parts = correlation.parts.map(({ rule: part }) => {
		if (part.kind === "detection") return part.condition;
		return refuse("chain", `one query over one window cannot follow the windows of ${part.name}`);
	});
	if (correlation.type === "temporal_ordered") refuse("temporal_ordered", "one query over one window has no order of flows");
	const [first] = correlation.parts;
	const groupBy = first?.groupBy ?? [];
	if (correlation.parts.some((part) => part.groupBy.some((ref, index) => ref.name !== groupBy[index]?.name))) refuse("aliases", "all flows of a group are grouped by the same attributes");
	return {
		correlation,
		parts,
		any: or(parts),
		groupBy
	};
}
/** The condition of a rule that looks at one flow; refuses detectors, which learn. */
function refuseDetector(rule) {
	return rule.kind === "detection" ? rule.condition : refuse(rule.detector.type, "a query does not remember what a detector has learned");
}
// src/dialects/log-analytics/rules.ts
/** A scheduled task runs every five minutes at the soonest. */
const SHORTEST_MS = 3e5;
/** A task looks back thirty days at most. */
const LONGEST_MS$1 = 2592e6;
/**
* Groups and how many flows (values, bytes) they have: those of a detection's incident, or of a correlation that holds over
* the time range of the query.
*/
function printRule$6(rule, words) {
	if (rule.kind === "correlation") return correlate$5(rule, words);
	const by = rule.dedup === "group" ? [] : rule.dedup.slice(0, 3).map(words.name);
	return `${words.search(refuseDetector(rule))} | stats count as Flows${byClause$1(by)}`;
}
function correlate$5(rule, { name, search }) {
	const { correlation, any, groupBy } = windowed(rule);
	const { atLeast, timespanMs } = correlation;
	if (timespanMs < SHORTEST_MS) refuse("length", "a scheduled task runs every five minutes at the soonest");
	if (timespanMs > LONGEST_MS$1) refuse("length", "a scheduled task looks back thirty days at most");
	if (groupBy.length > 3) refuse("group", "a metric has three dimensions at most");
	const by = byClause$1(groupBy.map(name));
	switch (correlation.type) {
		case "event_count": return `${search(any)} | stats count as Flows${by} | where Flows >= ${atLeast}`;
		case "value_count": return `${search(any)} | stats distinctcount(${name(correlation.field)}) as Values${by} | where Values >= ${atLeast}`;
		case "value_sum": return `${search(any)} | stats sum(${name(correlation.field)}) as Total${by} | where Total >= ${atLeast}`;
		case "temporal": return refuse("temporal", "a statistic has no condition of its own");
	}
}
/**
* How long after its time a flow may become visible in a backend, unless `content build --lag` says otherwise. In a bucket of real objects
* the records of one object span 402 to 3,870 s, and it appears after its last record; the rest of the time is for reading and sending.
*/
const DEFAULT_LAG_MS = 42e5;
/**
* An evaluation that flows cannot escape that become visible up to `lagMs` after their time. A rule on single flows is asked at once, again
* and again for as long as flows of that time can come: the backend takes what it finds twice for one alert. A correlation over such a range would
* count too much, so it is asked when its flows are complete, over its timespan and the interval: each window lies within one evaluation.
*/
function evaluationOf(rule, intervalMs, lagMs) {
	if (rule.kind !== "correlation") return {
		intervalMs,
		rangeMs: intervalMs + lagMs,
		delayMs: 0
	};
	return {
		intervalMs,
		rangeMs: rule.correlation.timespanMs + intervalMs,
		delayMs: lagMs
	};
}
// src/dialects/log-analytics/schedule.ts
const MINUTE_MS$2 = 6e4;
const HOUR_MS$4 = 60 * MINUTE_MS$2;
const DAY_MS$2 = 24 * HOUR_MS$4;
/** Intervals of tasks, the shortest first, and what a task with this interval looks back at most, by the service's own table. */
const INTERVALS = [
	{
		intervalMs: 5 * MINUTE_MS$2,
		longestMs: HOUR_MS$4
	},
	{
		intervalMs: HOUR_MS$4,
		longestMs: 12 * HOUR_MS$4
	},
	{
		intervalMs: 2 * HOUR_MS$4,
		longestMs: DAY_MS$2
	},
	{
		intervalMs: 2 * DAY_MS$2,
		longestMs: 7 * DAY_MS$2
	},
	{
		intervalMs: 7 * DAY_MS$2,
		longestMs: 14 * DAY_MS$2
	},
	{
		intervalMs: 15 * DAY_MS$2,
		longestMs: 30 * DAY_MS$2
	}
];
/**
* When a scheduled task runs, and what it looks at; undefined when no task looks back so far. What the table does not let a task look back
* for late flows it waits for them: every flow still lies in an evaluation that comes `lagMs` after it. A timespan that fills the whole range is
* asked for as it is.
*/
function scheduleOf(rule, lagMs) {
	const timespanMs = rule.kind === "correlation" ? rule.correlation.timespanMs : 0;
	const found = INTERVALS.find(({ longestMs }) => timespanMs <= longestMs);
	if (found === void 0) return void 0;
	const { intervalMs, longestMs } = found;
	const wanted = evaluationOf(rule, intervalMs, lagMs);
	const rangeMs = Math.min(wanted.rangeMs, longestMs);
	return {
		intervalMs,
		rangeMs,
		offsetMs: rule.kind === "correlation" ? wanted.delayMs : wanted.rangeMs - rangeMs
	};
}
// src/dialects/log-analytics/detection.ts
const SEVERITY$1 = {
	informational: "INFO",
	low: "INFO",
	medium: "WARNING",
	high: "ERROR",
	critical: "CRITICAL"
};
const MEASURES = {
	event_count: "Flows",
	value_count: "Values",
	value_sum: "Total"
};
/**
* Saved search, scheduled task with metric extraction, and alarm, in the forms that the services take. The alarm of a group goes on firing
* while evaluations find it, so that flows which several evaluations see are one notification.
*/
function detectionChain({ rule, query }, attributes, { lagMs, receiver = "${topicId}" }) {
	const schedule = scheduleOf(rule, lagMs);
	if (schedule === void 0) throw new Error(`no scheduled task looks back as far as ${rule.name}`);
	const { intervalMs, rangeMs, offsetMs } = schedule;
	const correlation = rule.kind === "correlation" ? rule.correlation : void 0;
	const fields = correlation?.parts[0]?.groupBy ?? (rule.dedup === "group" ? [] : rule.dedup.slice(0, 3));
	const measure = correlation !== void 0 && correlation.type in MEASURES ? MEASURES[correlation.type] : "Flows";
	const metric = {
		compartmentId: "${compartmentId}",
		namespace: "flowferry",
		resourceGroup: "detections"
	};
	return {
		rule: rule.name,
		savedSearch: {
			displayName: `Flowferry detection: ${rule.title}`,
			description: oneLine$1(rule.description),
			queryString: query
		},
		scheduledTask: {
			kind: "STANDARD",
			taskType: "SAVED_SEARCH",
			compartmentId: "${compartmentId}",
			displayName: `flowferry_${rule.name}`,
			schedules: [{
				type: "FIXED_FREQUENCY",
				recurringInterval: iso(intervalMs),
				repeatCount: -1,
				misfirePolicy: "RETRY_INDEFINITELY",
				queryOffsetSecs: offsetMs / 1e3
			}],
			action: {
				type: "STREAM",
				savedSearchId: "${savedSearchId}",
				savedSearchDuration: iso(rangeMs),
				metricExtraction: {
					...metric,
					metricCollections: [{
						metricName: rule.name,
						metricQueryFieldName: measure,
						dimensions: fields.map((ref) => ({
							queryFieldName: attributeOf(attributes, ref).name,
							dimensionName: ref.name.replaceAll(/\W/g, "_")
						}))
					}]
				}
			}
		},
		alarm: {
			displayName: `flowferry: ${rule.title}`,
			compartmentId: "${compartmentId}",
			metricCompartmentId: "${compartmentId}",
			namespace: metric.namespace,
			resourceGroup: metric.resourceGroup,
			query: `${rule.name}[${mql(2 * intervalMs)}].max() > 0`,
			severity: SEVERITY$1[rule.level],
			body: `${oneLine$1(rule.description)}${rule.runbook === void 0 ? "" : ` Runbook: ${runbookPlace(rule)}`}`,
			pendingDuration: "PT1M",
			evaluationSlackDuration: "PT15M",
			isNotificationsPerMetricDimensionEnabled: true,
			messageFormat: "ONS_OPTIMIZED",
			destinations: [receiver],
			isEnabled: true
		}
	};
}
const MINUTES_A_DAY = 1440;
/** `PT70M`, or `P2D` where it is whole days. */
function iso(ms) {
	const minutes = ms / 6e4;
	return minutes % MINUTES_A_DAY === 0 ? `P${minutes / MINUTES_A_DAY}D` : `PT${minutes}M`;
}
/** An interval of Monitoring's query language, which is a day at most. */
function mql(ms) {
	const minutes = Math.min(ms / 6e4, MINUTES_A_DAY);
	if (minutes === MINUTES_A_DAY) return "1d";
	return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}
// src/dialects/log-analytics/searches.ts
const MINUTE_MS$1 = 6e4;
const HOUR_MS$3 = 36e5;
const DAY_MS$1 = 864e5;
/** What saved searches look back, as the service names it. */
const PERIODS = /* @__PURE__ */ new Map([
	[HOUR_MS$3, "l60min"],
	[DAY_MS$1, "l24hr"],
	[7 * DAY_MS$1, "l7day"],
	[30 * DAY_MS$1, "l30day"]
]);
/** Fields that `link` takes, beside `Time`. */
const MOST_LINKED = 4;
/** Pictures of a time series. */
const SERIES = [
	"line",
	"area",
	"bar"
];
/** The longest period that `timestats` takes intervals of up to so many ms over; longer intervals go over any period. */
const LONGEST_PERIODS = [
	{
		intervalMs: MINUTE_MS$1,
		periodMs: 12 * HOUR_MS$3
	},
	{
		intervalMs: 5 * MINUTE_MS$1,
		periodMs: 3 * DAY_MS$1
	},
	{
		intervalMs: 15 * MINUTE_MS$1,
		periodMs: 10 * DAY_MS$1
	}
];
/**
* A query over whatever time it is asked for. Columns of fields are headed by the fields' own names in the service, others
* by their labels. Lines, areas and bars over time are time series (`timestats`), other searches over time `link` tables.
*/
function printSearch$6(search, words) {
	const { condition, time, by, measures, outliers, sort, limit } = search;
	if (outliers !== void 0) refuse("outliers", "which standard deviation its functions mean is not documented");
	if (time?.kind === "hour-of-week") refuse("hour-of-week", "the time zone of weekday and hour is not documented");
	if (!PERIODS.has(search.periodMs)) refuse("length", "a saved search looks back an hour, a day, a week or 30 days");
	const keys = by.map((key) => keyOf(key, words));
	const stored = keys.flatMap((key) => key.of === void 0 ? key.name : []);
	const later = keys.filter((key) => time !== void 0 && key.of !== void 0 && stored.includes(key.of));
	const grouping = keys.filter((key) => !later.includes(key));
	const names = [...new Set(grouping.map(({ name }) => name))];
	const counted = measures.map((measure) => measureOf(measure, words));
	const before = [...grouping, ...counted].flatMap(({ evals }) => evals);
	const shares = counted.flatMap(({ share }) => share ?? []);
	const functions = counted.map(({ text }) => text);
	if (shares.length > 0) functions.push("count as 'All Flows'");
	const stats = functions.join(", ");
	const last = [
		...later.flatMap(({ evals }) => evals.map((one) => `eval ${one}`)),
		...shares,
		...sort === void 0 ? [] : [`sort -${quoteName$1(sort.label)}`],
		...limit === void 0 ? [] : [`head ${limit}`]
	];
	return [
		words.search(condition),
		...before.map((one) => `eval ${one}`),
		...groups(search, names, stats),
		...last
	].join(" | ");
}
function groups({ time, periodMs, visualisation, sort, limit }, names, stats) {
	if (time?.kind !== "interval") return [`stats ${stats}${byClause$1(names)}`];
	if (!(SERIES.includes(visualisation) && sort === void 0 && limit === void 0 && names.length < 2)) {
		if (names.length > MOST_LINKED) refuse("group", `link takes ${MOST_LINKED} fields beside the time`);
		return [`link includenulls = true span = ${spanOf(time.ms)} Time${names.map((name) => `, ${name}`).join("")}`, `stats ${stats}`];
	}
	const longest = LONGEST_PERIODS.find(({ intervalMs }) => time.ms <= intervalMs);
	if (longest !== void 0 && periodMs > longest.periodMs) refuse("interval", "a time series takes intervals so short over a shorter time only");
	return [`timestats span = ${spanOf(time.ms)} ${stats}${byClause$1(names)}`];
}
function spanOf(ms) {
	if (ms % DAY_MS$1 === 0) return `${ms / DAY_MS$1}day`;
	if (ms % HOUR_MS$3 === 0) return `${ms / HOUR_MS$3}hour`;
	if (ms % MINUTE_MS$1 === 0) return `${ms / MINUTE_MS$1}minute`;
	return refuse("interval", "spans are of whole minutes");
}
/** `of`: the field that a name stands for. */
function keyOf({ field, names, label }, words) {
	const stored = words.name(field);
	if (names === void 0) return {
		name: stored,
		evals: []
	};
	const own = quoteName$1(label);
	if (own === stored) refuse("names", `the name of ${field.name} in the service cannot stand for something else`);
	return {
		name: own,
		of: stored,
		evals: [`${own} = if(${[...[...names.cases].map(([value, name]) => `${stored} = ${quoteValue(String(value))}, ${quoteValue(name)}`), quoteValue(names.otherwise)].join(", ")})`]
	};
}
function measureOf(measure, words) {
	const label = quoteName$1(measure.label);
	switch (measure.kind) {
		case "earliest":
		case "latest": return {
			text: `${measure.kind}(Time) as ${label}`,
			evals: []
		};
		case "count":
		case "share": {
			if (measure.where === void 0) return {
				text: `count as ${label}`,
				evals: []
			};
			const matches = quoteName$1(`${measure.label} Flag`);
			const evals = [`${matches} = if(${words.condition(measure.where)}, 1, 0)`];
			const text = `sum(${matches}) as ${label}`;
			return measure.kind === "count" ? {
				text,
				evals
			} : {
				text,
				evals,
				share: `eval ${label} = 100 * ${label} / 'All Flows'`
			};
		}
		default:
			if (measure.where !== void 0) refuse("where", "a function looks at all records of a group");
			return {
				text: `${measure.kind === "distinct" ? "distinctcount" : measure.kind}(${words.name(measure.field)}) as ${label}`,
				evals: []
			};
	}
}
// src/dialects/log-analytics/dialect.ts
/**
* Query language of OCI Log Analytics over the fields of flowferry's own log source; `attributes` names them. Scheduled
* tasks turn the groups that the query of a rule finds into a metric, and alarms watch the metric. Searches are installed
* as saved searches on dashboards, with what else is installed.
*/
function logAnalyticsDialect(attributes, source) {
	const words = logAnalyticsWords(attributes, source);
	return {
		name: "log-analytics",
		title: "OCI Log Analytics",
		rule: (rule) => printed(() => printRule$6(rule, words)),
		search: (search) => printed(() => printSearch$6(search, words)),
		files: ({ rules, alerting: { lagMs, receiver } }) => {
			const chains = rules.map((one) => detectionChain(one, attributes, {
				lagMs,
				receiver
			}));
			return /* @__PURE__ */ new Map([["detections.json", `${JSON.stringify(chains, null, 2)}\n`]]);
		}
	};
}
// src/clouds/oci/content/log-analytics.ts
/** The dialect over the fields and the log source of that content. */
function logAnalytics(content) {
	return logAnalyticsDialect(inLogAnalytics(storedAttributes(loadSchema("log-analytics", ".")), content), content.source.name);
}
/** Records are stored under the names of the service's fields. */
function inLogAnalytics(attributes, { fields }) {
	const named = (attribute) => {
		const field = fields[attribute.name];
		return field && {
			...attribute,
			name: field.field
		};
	};
	return {
		all: attributes.all.flatMap((attribute) => named(attribute) ?? []),
		of(ref) {
			const attribute = attributes.of(ref);
			return attribute && named(attribute);
		}
	};
}
// src/clouds/oci/formats/vcn.ts
const DATA_EVENT = "com.oraclecloud.vcn.flowlogs.DataEvent";
/** Types of events that say something about a VNIC's log, with the status that they stand for. */
const QUALITY_EVENTS = /* @__PURE__ */ new Map([["com.oraclecloud.vcn.flowlogs.QualityEvent.NoData", "NODATA"], ["com.oraclecloud.vcn.flowlogs.QualityEvent.SkipData", "SKIPDATA"]]);
const METADATA = "oracle";
/** Where events stand in what the service's search answers, in its own form and in that of its command line, and in other exports. */
const LISTS$1 = [
	["results"],
	["data", "results"],
	["data"]
];
/** Members that hold the event in the wrappers of the console and of the search, which may stand in each other. */
const CONTENT = "logContent";
const RESULT = "data";
const MOST_WRAPPERS = 4;
/** Names that only an event or its wrapper has. */
const NAMES = [
	RESULT,
	"oracle",
	"specversion",
	CONTENT
];
/**
* OCI VCN flow log events in whatever frame JSON stands in (see `RecordScanner`), bare or wrapped. Events of other types (a bucket may
* hold several logs) are skipped and counted by type; quality records become flows with their status, and a notice each.
*/
const ociVcn = {
	name: "oci-vcn",
	create() {
		const mapping = loadMapping("oci-vcn");
		const contexts = new ContextPool();
		const shapes = new ShapeReader({
			rules: mapping.record.fields,
			fixed: fixedNames(mapping),
			block: METADATA
		}, "ingestedtime");
		return {
			recognises: ({ names }) => names !== void 0 && NAMES.some((name) => names.has(name)),
			decode: (unpacked, origin, options) => decodeRecords(unpacked, new EventReader(mapping, contexts, shapes, origin, options), options.maxRecordBytes)
		};
	}
};
/** Members whose values decide what a record is, or what its context says beside the metadata block. */
function fixedNames({ record, header }) {
	const status = record.fields.filter(({ target }) => target.type === "status");
	const contexts = record.contexts.filter(({ parent }) => parent[0] !== METADATA);
	return /* @__PURE__ */ new Set([
		"type",
		...[...status, ...contexts].map(({ name }) => name),
		...header.contexts.map(({ name }) => `^${name}`)
	]);
}
var EventReader = class extends RecordReader {
	lists = LISTS$1;
	#mapping;
	#contexts;
	#shapes;
	#origin;
	/** Of an object with a list: the number of the last record before it, and its text up to the list. */
	#listed = 0;
	#head = "";
	constructor(mapping, contexts, shapes, origin, position) {
		super(position);
		this.#mapping = mapping;
		this.#contexts = contexts;
		this.#shapes = shapes;
		this.#origin = origin;
	}
	readKnown(buffer, start, limit) {
		if (this.#shapes.isEmpty || this.skipsNext) return -1;
		const flow = new Flow(this.#origin, this.record + 1, EMPTY_CONTEXT, 0);
		const end = this.#shapes.read(buffer, start, limit, flow);
		if (end === -1) return -1;
		this.next();
		this.piece.flows.push(flow);
		return end;
	}
	read(event, isUnknown) {
		if (isUnknown) return this.#parse(event);
		const { buffer, start, end } = event;
		const flow = new Flow(this.#origin, this.record, EMPTY_CONTEXT, 0);
		if (this.#shapes.read(buffer, start, end, flow) !== end) return this.#parse(event);
		this.piece.flows.push(flow);
	}
	onList(before, isFirst) {
		if (!isFirst) return;
		this.#listed = this.record;
		this.#head = textOf$1(before);
	}
	/** Of an object with a list nothing else is of interest, unless it is an event of another log whose data is an empty list. */
	onObjectEnd(after) {
		if (this.record > this.#listed) return;
		const value = parseJson(`${this.#head}[]${textOf$1(after)}`);
		if (!isObject(value) || typeof value.type !== "string") return;
		if (this.next()) this.piece.skip(this.record, value.type);
	}
	onObjectLost() {}
	#parse(span) {
		const text = textOf$1(span);
		const value = parseJson(text);
		if (value instanceof NotJson) return value.problem;
		if (!isObject(value)) return {
			code: "not-an-object",
			reason: `the record is ${show(value)}, not a JSON object`
		};
		const within = pathToEvent(value);
		const event = valueAt(value, within);
		if (!isObject(event)) return {
			code: "not-an-object",
			reason: `${within.join(".")} is ${show(event)}, not a JSON object`
		};
		const { type } = event;
		if (type === void 0 || type === null || type === "") return missing("type");
		if (typeof type !== "string") return {
			code: "bad-string",
			reason: `type: ${show(type)} is not text`
		};
		const quality = QUALITY_EVENTS.get(type);
		if (type !== DATA_EVENT && quality === void 0) {
			this.piece.skip(this.record, type);
			return;
		}
		const flow = new Flow(this.#origin, this.record, EMPTY_CONTEXT, 0);
		if (quality !== void 0) flow.status = quality;
		const problem = this.#fill(flow, value, event, quality !== void 0, text, within);
		if (problem !== void 0) return problem;
		this.piece.flows.push(flow);
		const notice = noticeOf(flow);
		if (notice !== void 0) this.piece.quality.push(notice);
		else this.#shapes.learn(span, flow, within);
	}
	#fill(flow, value, event, isQuality, text, within) {
		const { record, header, provider } = this.#mapping;
		const context = draftContext(provider);
		const problem = setFields(record.fields, flow, event, isQuality, text, within) ?? setTime(flow, record.times, event) ?? setContext(record, context, event) ?? setContext(header, context, valueAt(value, within.slice(0, -1)));
		if (problem === void 0) flow.context = this.#contexts.intern(context);
		return problem;
	}
};
/** The names that lead to the event, whatever it is wrapped in. */
function pathToEvent(value) {
	const path = [];
	let current = value;
	while (path.length < MOST_WRAPPERS && isObject(current)) {
		const step = current[CONTENT] !== void 0 ? CONTENT : isWrapper(current) ? RESULT : void 0;
		if (step === void 0) break;
		path.push(step);
		current = current[step];
	}
	return path;
}
/** Whether the member `data` is not the flow but an event, or one in a wrapper. */
function isWrapper({ type, [RESULT]: result }) {
	return type === void 0 && isObject(result) && (result[CONTENT] !== void 0 || isObject(result[RESULT]));
}
// src/clouds/oci/formats/vcn-text.ts
const WHITE_SPACE = /[ \t]+/;
const NUMBER = /^\d{1,20}$/;
const HEADER = /^\s*version\s+srcaddr(\s|$)/i;
/** A line of numbers and addresses that ends as only a flow log line does. */
const RECORD = /^\s*\d+\s(.*\s)?(ACCEPT|ALLOW|REJECT|-)\s+(OK|NODATA|SKIPDATA)\s*$/i;
/** VCN flow logs as lines of twelve fields. A line that names the fields is skipped and counted as `header`. */
const vcnText = {
	name: "vcn-text",
	create() {
		const mapping = loadMapping("vcn-text");
		const columns = mapping.record.fields.map((rule) => ({
			index: mapping.columns.indexOf(rule.name),
			rule
		}));
		columns.sort((a, b) => Number(isStatus(b)) - Number(isStatus(a)));
		const context = new ContextPool().intern(draftContext(mapping.provider));
		return {
			recognises: ({ line }) => HEADER.test(line) || RECORD.test(line),
			decode: (unpacked, origin, options) => decodeLines(unpacked, new TextReader(columns, mapping.columns.length, context, origin), options)
		};
	}
};
function isStatus({ rule }) {
	return rule.target.type === "status";
}
var TextReader = class {
	#columns;
	#width;
	#context;
	#origin;
	constructor(columns, width, context, origin) {
		this.#columns = columns;
		this.#width = width;
		this.#context = context;
		this.#origin = origin;
	}
	read(line, record, piece) {
		const problem = this.#read(textOf$1(line), record, piece);
		if (problem !== void 0) piece.reject(record, problem);
	}
	#read(text, record, piece) {
		if (text.includes("\0")) return {
			code: "nul-byte",
			reason: "the line holds a NUL byte"
		};
		if (HEADER.test(text)) {
			piece.skip(record, "header");
			return;
		}
		const fields = text.split(WHITE_SPACE).filter((field) => field !== "");
		if (fields.length !== this.#width) return {
			code: "wrong-field-count",
			reason: `the line has ${fields.length} fields, not ${this.#width}: ${show(text)}`
		};
		if (!NUMBER.test(fields[0] ?? "")) return {
			code: "bad-version",
			reason: `version: ${show(fields[0])} is not a number`
		};
		const flow = new Flow(this.#origin, record, this.#context, 0);
		for (const { index, rule } of this.#columns) {
			const field = fields[index];
			const problem = setField(rule, flow, field === "-" ? null : field, flow.status !== "OK");
			if (problem !== void 0) return problem;
		}
		const problem = setTime(flow, [], void 0);
		if (problem !== void 0) return problem;
		piece.flows.push(flow);
		const notice = noticeOf(flow);
		if (notice !== void 0) piece.quality.push(notice);
	}
};
// src/clouds/oci/notifications.ts
/** https://docs.oracle.com/iaas/api/#/en/notification/20181201/NotificationTopic/PublishMessage: 60 messages a minute for each topic. */
const PACE_MS = 1e3;
/** The service takes a request of 64 KB; the smaller reading of it. */
const LARGEST_BYTES = 64e3;
/** None is documented. The title becomes the subject of a mail. */
const LONGEST_TITLE = 200;
/** As Slack takes it. */
const LONGEST_SUMMARY = 3e3;
/** A topic of OCI Notifications, which passes the message on to mail, Slack, PagerDuty, functions and HTTPS endpoints. */
const ociNotifications = {
	type: "oci-notifications",
	summary: "A topic of OCI Notifications, which passes each alert on to its subscriptions.",
	options: ociConnectionOptions.extend({
		topicId: string$1().regex(/^ocid1\.onstopic\.[a-z0-9]+\.[a-z0-9-]*\..+$/, "expected the OCID of a topic, as in ocid1.onstopic.oc1.phx.…").describe("OCID of the topic that gets each alert as a message"),
		format: _enum(["text", "json"]).default("text").describe("Body of the message: `text` for people, `json` for functions and HTTPS endpoints, as the notifier webhook posts it")
	}),
	async create({ topicId, format, ...connection }, { onNotice, ...surroundings }) {
		const { NotificationsClient } = await import("./notifications-client-BWPV3_9S.js");
		const onRenewed = () => onNotice?.("OCI Notifications refused the credentials; they were read again");
		const what = `topic ${topicId}`;
		const { client, identity, ask, close } = await connectOci(connection, surroundings, {
			what,
			create: (params, configuration) => new NotificationsClient(params, configuration),
			onRenewed
		});
		const failure = (cause, operation, endpoint, permission) => ociError(cause, {
			operation,
			place: `of topic ${topicId}`,
			endpoint,
			identity,
			explain: ({ statusCode }) => statusCode === 403 || statusCode === 404 ? {
				code: "topic-missing",
				advice: `check topicId, its region, and the policy: ${policyStatement(identity, `{${permission}} in compartment <the topic's compartment>`)}`,
				drawer: "person"
			} : void 0,
			drawer: drawerOfStatus
		});
		return {
			paceMs: PACE_MS,
			async notify(alert, links, signal) {
				const messageDetails = messageFor(alert, links, format);
				try {
					await ask(signal, async () => {
						if (typeof (await client.publishMessage(topicId, messageDetails))?.messageId !== "string") throw new TypeError("it names no message");
					});
				} catch (cause) {
					signal.throwIfAborted();
					throw failure(cause, "PublishMessage", client.endpoint, "ONS_TOPIC_PUBLISH");
				}
			},
			async probe(signal) {
				try {
					const { result } = await ask(signal, async () => {
						const topic = await client.getTopic(topicId);
						if (topic?.topicId !== topicId) throw new TypeError("it does not hold the topic");
						return topic;
					});
					return `topic ${result.name} is ${result.lifecycleState}`;
				} catch (cause) {
					signal.throwIfAborted();
					throw failure(cause, "GetTopic", client.endpoint, "ONS_TOPIC_READ");
				}
			},
			close
		};
	}
};
/** The message for an alert, with as many of its facts as the service takes. */
function messageFor(alert, links, format) {
	const title = cut(`[${alert.level}] ${alert.title}`.replaceAll(/[\u0000-\u001f\u007f]+/g, " "), LONGEST_TITLE);
	const summary = cut(alert.summary, LONGEST_SUMMARY);
	const print = format === "json" ? webhookBody : textBody;
	for (let count = alert.facts.length; count >= 0; count -= 1) {
		const message = {
			title,
			body: print({
				...alert,
				summary,
				facts: alert.facts.slice(0, count)
			}, links)
		};
		if (Buffer.byteLength(JSON.stringify(message)) <= LARGEST_BYTES) return message;
	}
	throw new Failure("batch", "alert-too-large", `the alert of rule ${alert.rule} is larger than the ${LARGEST_BYTES} bytes of a message`, {
		tooLarge: true,
		certain: true
	});
}
function textBody(alert, links) {
	const page = runbookPath(alert, links);
	return [
		alert.summary,
		"",
		...alert.facts.map(({ label, value }) => `${label}: ${value}`),
		`Rule: ${alert.rule} (${alert.level})`,
		...links.map(({ title, url }) => `${title}: ${url}`),
		...page === void 0 ? [] : [`Runbook: ${page}`]
	].join("\n");
}
// src/intake/resuming-read.ts
/** A read is taken up again so often without getting any further. */
const RESUMPTIONS = 5;
const FIRST_PAUSE_MS$1 = 100;
/** A store that asks for a longer pause is asked again sooner; an error that goes on is passed to the caller's own retry. */
const LONGEST_PAUSE_MS = 3e4;
/**
* The bytes of an object from `first` on. Where the connection breaks, or ends too early, `again` is asked for the rest.
* Throws what `again` throws if it neither passes nor is an answer that was not understood, and what failed last after six failures in a
* row without a byte between them.
*/
async function* resumingRead(what, first, again, signal) {
	const { total } = first;
	let piece = first;
	let at = 0;
	for (let failures = 0;;) try {
		piece ??= await again(at, total);
		for await (const chunk of piece.bytes) {
			if (at + chunk.length > total) throw new Failure("not-understood", "bad-answer", `${what} goes on after its last byte, ${total}`);
			at += chunk.length;
			if (chunk.length > 0) failures = 0;
			yield chunk;
		}
		if (at === total) return;
		throw new Failure("passing", "network", `${what} ended at byte ${at} of ${total}`);
	} catch (error) {
		signal.throwIfAborted();
		if (at === total) return;
		const drawer = drawerOf$1(error);
		if (drawer !== "passing" && drawer !== "not-understood") throw error;
		failures += 1;
		if (failures > RESUMPTIONS) throw interrupted(what, at, total, error);
		piece = void 0;
		await setTimeout$1(pauseAfter(error, failures), void 0, { signal }).catch(() => signal.throwIfAborted());
	}
}
function interrupted(what, at, total, cause) {
	if (cause instanceof FlowferryError) return cause;
	const message = `${what}: the connection broke 6 times in a row at byte ${at} of ${total}`;
	return new Failure("passing", "network", message, { cause });
}
function pauseAfter(error, failures) {
	const asked = error instanceof Failure ? error.retryAfterMs ?? 0 : 0;
	const backoff = FIRST_PAUSE_MS$1 * 2 ** (failures - 1) * (.5 + Math.random() / 2);
	return Math.min(LONGEST_PAUSE_MS, Math.max(asked, backoff));
}
// src/intake/object-reader.ts
/** Statuses that say that there is no such object, no such version, or no such bytes of it. */
const ABSENT = /* @__PURE__ */ new Set([
	404,
	412,
	416
]);
/** What `get` makes of a failure with that status. */
function absentOrThrow(failure, status) {
	if (failure instanceof Failure && failure.drawer === "object" && ABSENT.has(status ?? 0)) return { absent: failure };
	throw failure;
}
/**
* The bytes of an object, taken up again where the connection breaks. Whether an object that could not be had is gone says the listing: a
* store may lack for a moment what it has just listed, and an answer that is not the object's may come from something in between.
*/
async function openObject(requests, object, signal) {
	const operation = `GetObject ${object.key}`;
	const get = async (from, total) => {
		const answer = await requests.get(object, from, total, signal);
		if ("bytes" in answer) return answer;
		const version = `the version ${object.etag}`;
		const asked = total === void 0 ? version : `bytes ${from} to ${total - 1} of ${version}`;
		const still = "absent" in answer ? answer.absent : notUnderstood(`${operation} ${requests.place}: asked for ${asked}, got ${answer.instead}`);
		throw absenceOf(object, await requests.find(object.key, signal), still);
	};
	return resumingRead(operation, await get(0, void 0), get, signal);
}
function absenceOf({ key, etag }, listed, still) {
	if (listed?.etag === etag) return still;
	const options = {
		cause: still,
		gone: true
	};
	if (listed === void 0) return new Failure("object", "object-vanished", `${key} was deleted after it was listed`, options);
	const message = `${key} was replaced after it was listed: its entity tag is no longer ${etag}`;
	return new Failure("object", "object-changed", message, options);
}
function notUnderstood(what) {
	return new Failure("not-understood", "bad-answer", `${what}; check endpoint, and what stands between`);
}
// src/clouds/oci/object-storage/answers.ts
/** An object of a listing. The SDK declares dates where there are strings. */
function toRef(summary, name) {
	const { name: key, etag, size } = summary;
	const time = Date.parse(String(summary.timeModified ?? summary.timeCreated));
	if (typeof key !== "string" || typeof etag !== "string" || typeof size !== "number" || Number.isNaN(time)) throw notUnderstood$1(name, `says of ${key} no etag, size or time: ${JSON.stringify(summary).slice(0, 200)}`);
	return {
		key,
		etag,
		size,
		time
	};
}
/** The bytes of an answer, if it holds what was asked for: this version, from this byte on. */
async function toPiece$1(object, body, { status, headers }, from, total) {
	const etag = headers.get("etag");
	const range = headers.get("content-range");
	const size = total ?? Number(headers.get("content-length") ?? object.size);
	const isAll = total === void 0 && status === 200;
	const isRest = total !== void 0 && status === 206 && range === `bytes ${from}-${total - 1}/${total}`;
	if (body !== null && etag === object.etag && (isAll || isRest)) return {
		bytes: body,
		total: size
	};
	await body?.cancel();
	const type = headers.get("content-type") ?? "unknown";
	if (etag !== object.etag) return { instead: `the entity tag ${etag ?? "that is none"}, and the type ${type}` };
	return { instead: `${status} ${range ?? "the whole object"}` };
}
// src/clouds/oci/object-storage/failures.ts
/** What a refusal of Object Storage means: `listing` of a listing, `reading` of one object, `writing` of putting or deleting one; for `ociError`. */
function explanations(bucket, identity) {
	const policyTo = (verb) => {
		const permission = `${verb} objects in compartment <the bucket's compartment>`;
		return `the policy that is needed: ${policyStatement(identity, permission, [`target.bucket.name = '${bucket}'`])}`;
	};
	const policy = policyTo("read");
	const person = (code, advice) => ({
		code,
		advice,
		drawer: "person"
	});
	const object = (code, advice) => ({
		code,
		advice,
		drawer: "object"
	});
	/** The service answers so for a while after a policy is changed, too. */
	const ofTheBucket = ({ serviceCode }) => {
		if (serviceCode === "BucketNotFound") return person("bucket-not-found", `check the names and the region; ${policy}`);
		if (serviceCode === "NamespaceNotFound") return person("namespace-not-found", `the namespace is what \`oci os ns get\` prints; ${policy}`);
	};
	return {
		listing: { explain(refusal) {
			const { statusCode: status } = refusal;
			return ofTheBucket(refusal) ?? (status === 403 || status === 404 ? person("not-authorized", policy) : void 0);
		} },
		writing: { explain(refusal) {
			const { statusCode: status } = refusal;
			return ofTheBucket(refusal) ?? (status === 403 || status === 404 ? person("not-authorized", policyTo("manage")) : void 0);
		} },
		reading: {
			drawer: drawerOfObjectStatus,
			explain(refusal) {
				const { statusCode: status, serviceCode } = refusal;
				const known = ofTheBucket(refusal);
				if (known !== void 0) return known;
				if (serviceCode === "NotRestored") return object("object-archived", "it is in the Archive tier: restore it, and it is read");
				if (status === 403) return object("object-denied", policy);
				if (status === 404) return object("object-missing", `the listing still names it: the service may show an object late, or hide it from who may not read it; ${policy}`);
				return drawerOfObjectStatus(status) === "object" ? object("object-refused", "") : void 0;
			}
		}
	};
}
// src/clouds/oci/object-storage/source.ts
/** The service returns no more in one page. */
const PAGE_SIZE$2 = 1e3;
/** The source `oci-object-storage`: a bucket of OCI Object Storage, read with the SDK's client. */
const ociObjectStorage = {
	type: "oci-object-storage",
	summary: "A bucket of OCI Object Storage, such as Connector Hub writes flow logs into",
	options: strictObject({
		namespace: string$1().min(1).describe("Object Storage namespace of the tenancy, as `oci os ns get` prints it"),
		bucket: string$1().min(1).describe("Name of the bucket"),
		...ociConnectionOptions.shape
	}),
	create: ociObjectStore
};
/** The bucket alone. Nothing is asked of the network before the first listing or reading. Throws UsageError. */
async function ociObjectStore(options, surroundings) {
	const { namespace, bucket } = options;
	const name = `oci://${namespace}/${bucket}`;
	const [common, { ObjectStorageClient }] = await Promise.all([import("oci-common"), import("oci-objectstorage")]);
	const connection = await connectOci(options, surroundings, {
		what: `bucket ${bucket}`,
		create: (params, configuration) => new ObjectStorageClient(params, configuration)
	});
	const { client, identity } = connection;
	const place = `in bucket ${bucket} of namespace ${namespace}`;
	const { listing, reading, writing } = explanations(bucket, identity);
	const failed = (failure, operation, meaning) => ociError(failure, {
		operation,
		place,
		endpoint: client.endpoint,
		identity,
		...meaning
	});
	/** One page. The SDK sends the values of a query as they are: they are encoded here. */
	const listPage = async (query, signal) => {
		const request = {
			namespaceName: namespace,
			bucketName: bucket,
			fields: "name,size,etag,timeCreated,timeModified",
			limit: query.limit ?? PAGE_SIZE$2
		};
		for (const key of [
			"prefix",
			"start",
			"startAfter",
			"end",
			"delimiter"
		]) {
			const value = query[key];
			if (value) request[key] = encodeURIComponent(value);
		}
		try {
			const { result } = await connection.ask(signal, () => client.listObjects(request));
			if (Array.isArray(result.listObjects?.objects)) return result.listObjects;
		} catch (failure) {
			throw failed(failure, "ListObjects", listing);
		}
		throw notUnderstood$1(name, "is none: it holds no list of objects");
	};
	const requests = {
		place,
		async get(object, from, total, signal) {
			const request = {
				namespaceName: namespace,
				bucketName: bucket,
				objectName: object.key,
				ifMatch: object.etag
			};
			const range = total === void 0 ? {} : { range: new common.Range(from, total - 1, null) };
			try {
				const { result, answer } = await connection.call(signal, () => client.getObject({
					...request,
					...range
				}));
				return await toPiece$1(object, result.value, answer, from, total);
			} catch (error) {
				return absentOrThrow(failed(error, `GetObject ${object.key}`, reading), refusalOf(error)?.statusCode);
			}
		},
		async find(key, signal) {
			const { objects } = await listPage({
				prefix: key,
				limit: 1
			}, signal);
			return objects.map((summary) => toRef(summary, name)).find((object) => object.key === key);
		}
	};
	return {
		name,
		async *list({ prefix, startAfter, delimiter, before }, signal) {
			if (delimiter !== void 0 && delimiter !== "/") throw new UsageError("oci-delimiter", `OCI Object Storage knows no delimiter but "/": ${JSON.stringify(delimiter)}`);
			const bounds = {
				prefix,
				...before === void 0 ? {} : { end: before },
				...delimiter === void 0 ? {} : { delimiter }
			};
			const guard = pageGuard(name, prefix);
			let from = startAfter === void 0 ? {} : { startAfter };
			let last;
			while (from !== void 0) {
				const { objects, prefixes, nextStartWith } = await listPage({
					...bounds,
					...from
				}, signal);
				const fresh = (prefixes ?? []).filter((one) => one !== last);
				yield guard({
					objects: objects.map((summary) => toRef(summary, name)),
					prefixes: fresh
				});
				last = prefixes?.at(-1) ?? last;
				if (nextStartWith && from.start !== void 0 && compareKeys(nextStartWith, from.start) <= 0) throw notUnderstood$1(name, `does not get past ${JSON.stringify(from.start)}`);
				from = nextStartWith ? { start: nextStartWith } : void 0;
			}
		},
		open: (object, signal) => openObject(requests, object, signal),
		async putFile(key, file, signal) {
			const { size } = await stat(file);
			const body = createReadStream(file);
			const request = {
				namespaceName: namespace,
				bucketName: bucket,
				objectName: key,
				contentLength: size,
				putObjectBody: body
			};
			try {
				const { result } = await connection.ask(signal, () => client.putObject(request));
				if (!result.eTag) throw notUnderstood$1(name, `answers to PutObject ${key} without saying that it has it`);
			} catch (failure) {
				throw failed(failure, `PutObject ${key}`, writing);
			} finally {
				body.destroy();
			}
		},
		async deleteObject(key, signal) {
			try {
				await connection.ask(signal, () => client.deleteObject({
					namespaceName: namespace,
					bucketName: bucket,
					objectName: key
				}));
			} catch (failure) {
				if (refusalOf(failure)?.serviceCode === "ObjectNotFound") return;
				throw failed(failure, `DeleteObject ${key}`, writing);
			}
		},
		close: () => connection.close()
	};
}
// src/clouds/oci/rules/answers.ts
const file = object$1({
	format: literal("flowferry-network-1"),
	answers: record(string$1(), object$1({
		value: unknown(),
		at: number(),
		used: number()
	}))
});
/** A pause between an answer and its writing, in which others may come. */
const GATHER_MS = 1e3;
/** Answers by OCID, kept in a file so that a restart needs no calls. A file that cannot be used is told once, and started anew. */
var Answers = class {
	all = /* @__PURE__ */ new Map();
	#path;
	#tell;
	#timer;
	#writing = Promise.resolve();
	#changed = false;
	#broken = false;
	constructor(path, tell) {
		this.#path = path;
		this.#tell = tell;
	}
	/** Reads the file; one that is not there yet holds nothing. */
	async load() {
		if (this.#path === void 0) return;
		const content = await readContent$1(this.#path);
		if ("problem" in content) {
			if (!content.problem.reason.startsWith("does not exist")) this.#tell(`${this.#path}: ${content.problem.reason}: it is written anew`);
			return;
		}
		try {
			const { answers } = file.parse(JSON.parse(Buffer.from(content.bytes).toString("utf8")));
			for (const [ocid, { value, at, used }] of Object.entries(answers)) this.all.set(ocid, {
				value: value ?? null,
				at,
				used
			});
		} catch (error) {
			const reason = error instanceof ZodError ? "is no file of this program" : describeError(error);
			this.#tell(`${this.#path}: cannot be used: ${reason}: it is written anew`);
		}
	}
	set(ocid, answer) {
		this.all.set(ocid, answer);
		this.changed();
	}
	/** The file is written a little later. */
	changed() {
		this.#changed = true;
		if (this.#path !== void 0) this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS).unref();
	}
	/** Writes what has changed; the file is replaced in one step, a new one is for this user alone. A failure is told, and does no harm to what is known. */
	flush() {
		clearTimeout(this.#timer);
		this.#timer = void 0;
		const path = this.#path;
		if (path === void 0 || !this.#changed) return this.#writing;
		this.#changed = false;
		this.#writing = this.#writing.then(() => this.#write(path));
		return this.#writing;
	}
	async #write(path) {
		const beside = `${path}.${randomBytes(4).toString("hex")}`;
		try {
			const mode = await stat(path).then((found) => found.mode & 511, () => 384);
			await writeFile(beside, JSON.stringify({
				format: "flowferry-network-1",
				answers: Object.fromEntries(this.all)
			}), { mode });
			await rename(beside, path);
			this.#broken = false;
		} catch (error) {
			await rm(beside, { force: true });
			if (!this.#broken) this.#tell(`${path}: cannot be written, so that a restart asks again: ${describeError(error)}`);
			this.#broken = true;
		}
	}
};
// src/clouds/oci/answers.ts
/** For use inside of a call: a list that is none says that the answer is none of the service. */
function listOf(value) {
	if (Array.isArray(value)) return value;
	throw new TypeError("it holds no list");
}
/** For use inside of a call: the resource that was made or asked for, which has an id, and if that is known, this one. */
function resourceOf(value, id) {
	const found = value?.id;
	if (value !== void 0 && typeof found === "string" && (id === void 0 || found === id)) return value;
	throw new TypeError(id === void 0 ? "it holds no resource" : `it does not hold ${id}`);
}
/** The items of all pages of a listing. A page that leads back to itself is not understood. */
async function allPages(operation, get) {
	const all = [];
	for (let page;;) {
		const { items, next } = await get(page);
		all.push(...items);
		if (next === void 0 || next === "") return all;
		if (next === page) throw new Failure("not-understood", "bad-answer", `${operation}: the listing does not get past one page`);
		page = next;
	}
}
// src/clouds/oci/rules/client.ts
const BEGINNINGS = [
	["ocid1.subnet.", "subnet"],
	["ocid1.securitylist.", "securityList"],
	["ocid1.vnic.", "vnic"],
	["ocid1.networksecuritygroup.", "group"]
];
/** What an OCID is of, by its beginning; undefined for anything else. */
function kindOf(ocid) {
	return BEGINNINGS.find(([beginning]) => ocid.startsWith(beginning))?.[1];
}
/** Least that a policy has to allow. Lists of an NSG's rules ask for `use` (NETWORK_SECURITY_GROUP_LIST_SECURITY_RULES). */
const PERMISSIONS = {
	subnet: "inspect subnets",
	securityList: "inspect security-lists",
	vnic: "inspect vnics",
	group: "use network-security-groups"
};
/** Rules of an NSG are listed in pages of this size, the largest there is. */
const PAGE_SIZE$1 = 1e3;
/**
* A client, loaded when it is first needed. Asks nothing of the network. Throws UsageError. `onRenewed` is told once of
* each credentials that were read again because the service had refused the old ones.
*/
async function ociNetworkClient(options, surroundings, onRenewed) {
	const [{ VirtualNetworkClient }, { Region }] = await Promise.all([import("./virtual-network-4aPivZHy.js"), import("oci-common")]);
	const connection = await connectOci(options, surroundings, {
		what: "the network (enrich.oci.api)",
		create: (params, configuration) => new VirtualNetworkClient(params, configuration),
		onRenewed
	});
	const { client } = connection;
	const { region: principal } = connection.identity;
	const assumed = options.endpoint === void 0 && typeof principal === "string" ? principal : void 0;
	const region = () => options.region ?? /\/\/iaas\.([a-z0-9-]+)\./.exec(client.endpoint)?.[1] ?? assumed;
	return {
		async get(kind, ocid, turn, signal) {
			try {
				return await READERS[kind](connection, ocid, turn, signal);
			} catch (failure) {
				if (isAbsent(failure)) return null;
				throw ociError(failure, {
					operation: `Get ${ocid}`,
					place: "in the network",
					endpoint: client.endpoint,
					identity: connection.identity,
					explain: (refusal) => explain(refusal, kind, connection)
				});
			}
		},
		foreign(ocid) {
			const own = region();
			const written = ocid.split(".")[3];
			if (own === void 0 || written === void 0 || written === "") return void 0;
			if ([own, Region.values().find(({ regionId }) => regionId === own)?.regionCode].includes(written)) return void 0;
			return `${ocid} is of region ${written}, and enrich.oci.api asks ${own}: give its network as a file in enrich.oci.files, or run a worker with that region`;
		},
		close: () => connection.close()
	};
}
/** The policy that is needed to ask for a resource. */
function explain(refusal, kind, { identity }) {
	if (refusal.statusCode !== 403) return void 0;
	return {
		code: "not-authorized",
		advice: `the policy that is needed: ${policyStatement(identity, `${PERMISSIONS[kind]} in compartment <the network's compartment>`)}`,
		drawer: "person"
	};
}
/** What to check about resources that are not there, or may not be seen: the service does not tell one from the other. */
function missingAdvice(kind) {
	return `it is gone, or a policy is missing: Allow … to ${PERMISSIONS[kind]} in compartment <the network's compartment>`;
}
const READERS = {
	async subnet({ client, ask }, subnetId, turn, signal) {
		await turn();
		return (await ask(signal, async () => resourceOf(await client.getSubnet(subnetId), subnetId))).result;
	},
	async securityList({ client, ask }, securityListId, turn, signal) {
		await turn();
		const get = async () => resourceOf(await client.getSecurityList(securityListId), securityListId);
		return (await ask(signal, get)).result;
	},
	async vnic({ client, ask }, vnicId, turn, signal) {
		await turn();
		return (await ask(signal, async () => resourceOf(await client.getVnic(vnicId), vnicId))).result;
	},
	async group({ client, ask }, networkSecurityGroupId, turn, signal) {
		await turn();
		const get = async () => resourceOf(await client.getNetworkSecurityGroup(networkSecurityGroupId), networkSecurityGroupId);
		const { result } = await ask(signal, get);
		const securityRules = await allPages("ListNetworkSecurityGroupSecurityRules", async (page) => {
			await turn();
			const query = {
				limit: PAGE_SIZE$1,
				...page === void 0 ? {} : { page: encodeURIComponent(page) }
			};
			const list = async () => {
				const { items, next } = await client.listNetworkSecurityGroupSecurityRules(networkSecurityGroupId, query);
				return {
					items: listOf(items),
					next
				};
			};
			return (await ask(signal, list)).result;
		});
		return {
			...result,
			securityRules
		};
	}
};
// src/clouds/oci/rules/failures.ts
/** Pauses before a failed question is asked again: they double from the first to the last. */
const FIRST_PAUSE_MS = 5e3;
const LAST_PAUSE_MS = 3e5;
/** Questions that failed and were not answered since, by OCID. Each code is told once, until no question fails with it any more. */
var Failures = class {
	all = /* @__PURE__ */ new Map();
	/** How many questions fail with a code, of the failures that were told. */
	#told = /* @__PURE__ */ new Map();
	/** Takes a failure in; gives the line that is to be told of it, if any. */
	add(ocid, error) {
		const code = codeOf(error);
		const before = this.all.get(ocid);
		const times = before === void 0 ? 1 : before.times + (before.nextAt <= Date.now() ? 1 : 0);
		const retryAfterMs = error instanceof Failure ? error.retryAfterMs ?? 0 : 0;
		const pauseMs = Math.max(retryAfterMs, Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (times - 1)));
		const brief = drawerOf$1(error) === "passing";
		const told = !brief || before !== void 0;
		this.all.set(ocid, {
			times,
			nextAt: Date.now() + pauseMs,
			retryAfterMs,
			code,
			brief,
			told
		});
		if (!told || before?.told && before.code === code) return void 0;
		this.#ease(before);
		const others = this.#told.get(code) ?? 0;
		this.#told.set(code, others + 1);
		return others > 0 ? void 0 : `${describeError(error)}; what was known of the network stays in use`;
	}
	/** Takes a failure out; true if it was the last of those that were told. */
	remove(ocid) {
		const failure = this.all.get(ocid);
		this.all.delete(ocid);
		this.#ease(failure);
		return failure?.told === true && this.#told.size === 0;
	}
	#ease(failure) {
		if (!failure?.told) return;
		const others = (this.#told.get(failure.code) ?? 0) - 1;
		if (others > 0) this.#told.set(failure.code, others);
		else this.#told.delete(failure.code);
	}
};
// src/clouds/oci/rules/pacer.ts
/** Hands out turns, first come first served, at most so many a second. */
var Pacer = class {
	#spacingMs;
	#next = 0;
	constructor(perSecond) {
		this.#spacingMs = 1e3 / perSecond;
	}
	/** Nobody's turn comes before so many ms have passed. */
	hold(ms) {
		this.#next = Math.max(this.#next, performance.now() + ms);
	}
	/** Resolves when it is the caller's turn; throws the signal's reason. */
	async turn(signal) {
		signal.throwIfAborted();
		const now = performance.now();
		const at = Math.max(now, this.#next);
		this.#next = at + this.#spacingMs;
		if (at > now) await setTimeout$1(at - now, void 0, {
			signal,
			ref: false
		});
	}
};
// src/enrich/rules/seed-lists.ts
/**
* The list in the form that the enrichment script writes: every key there, null for what the rule does not say. Rules that cannot be
* understood stand in it as well, so that each rule keeps its place.
*/
function seedList(id, name, ingress, egress) {
	return Object.freeze({
		display_name: name ?? null,
		security_list_ocid: id,
		ingress_security_rules: ingress.map((rule) => seedRule(rule, "source")),
		egress_security_rules: egress.map((rule) => seedRule(rule, "destination"))
	});
}
function seedRule(value, side) {
	const rule = isObject$1(value) ? value : {};
	const icmp = rule.icmpOptions;
	return {
		description: rule.description ?? null,
		icmp_options: isObject$1(icmp) ? {
			code: icmp.code ?? null,
			type: icmp.type ?? null
		} : null,
		is_stateless: rule.isStateless ?? null,
		protocol: rule.protocol ?? null,
		[side]: rule[side] ?? null,
		[`${side}_type`]: rule[`${side}Type`] ?? null,
		tcp_options: portOptions$1(rule.tcpOptions),
		udp_options: portOptions$1(rule.udpOptions)
	};
}
function portOptions$1(options) {
	if (!isObject$1(options)) return null;
	return {
		destination_port_range: range(options.destinationPortRange),
		source_port_range: range(options.sourcePortRange)
	};
}
function range(ports) {
	return isObject$1(ports) ? {
		max: ports.max ?? null,
		min: ports.min ?? null
	} : {
		max: null,
		min: null
	};
}
// src/clouds/oci/rules/rule.ts
const port = int("expected a port number from 0 to 65535").min(0).max(65535);
const portRange = object$1({
	min: port,
	max: port
}).refine(({ min, max }) => min <= max, "the range ends before it begins: exchange min and max");
const portOptions = object$1({
	destinationPortRange: portRange.nullish(),
	sourcePortRange: portRange.nullish()
});
const byte = int("expected a number from 0 to 255").min(0).max(255);
const icmpOptions = object$1({
	type: byte,
	code: byte.nullish()
});
const OPTIONS = {
	tcpOptions: [6],
	udpOptions: [17],
	icmpOptions: [1, 58]
};
/** `all`, or an IANA number as text: undefined for all. */
const protocol = union([string$1(), int()]).transform((value, context) => {
	const text = String(value);
	if (text.toLowerCase() === "all") return void 0;
	const number = Number(text);
	if (/^\d{1,3}$/.test(text) && number <= 255) return number;
	context.addIssue({
		code: "custom",
		message: `${JSON.stringify(value)} is no protocol: write all, or an IANA number such as "6" (TCP), "17" (UDP), "1" (ICMP)`
	});
	return NEVER;
});
/** A rule as the API has it: `IngressSecurityRule` and `EgressSecurityRule` of a security list, `SecurityRule` of an NSG. */
const ociRule = looseObject({
	protocol,
	description: string$1().nullish(),
	isStateless: boolean().nullish(),
	source: string$1().nullish(),
	sourceType: string$1().nullish(),
	destination: string$1().nullish(),
	destinationType: string$1().nullish(),
	/** Of an NSG's rules alone. */
	direction: _enum(["INGRESS", "EGRESS"]).nullish(),
	icmpOptions: icmpOptions.nullish(),
	tcpOptions: portOptions.nullish(),
	udpOptions: portOptions.nullish()
}).superRefine((rule, context) => {
	for (const [name, value] of Object.entries(rule)) {
		if (!name.endsWith("Options") || value === null || value === void 0) continue;
		const allowed = OPTIONS[name];
		if (allowed === void 0) context.addIssue({
			code: "custom",
			path: [name],
			message: "is an option that this program does not know: update it"
		});
		else if (rule.protocol === void 0 || !allowed.includes(rule.protocol)) {
			const message = `belongs to protocol ${allowed.join(" or ")}, the rule is for ${rule.protocol ?? "all"}`;
			context.addIssue({
				code: "custom",
				path: [name],
				message
			});
		}
	}
});
/** The rule, or the reason why its far end cannot be understood, with the key that holds it. */
function readOciRule(given, place, groupName) {
	const side = place.direction === "ingress" ? "source" : "destination";
	const peer = peerOf$1(given[side], given[`${side}Type`], side, groupName);
	if ("reason" in peer) return peer;
	const ports = given.tcpOptions ?? given.udpOptions;
	const rule = {
		...place,
		action: "allow",
		protocols: given.protocol === void 0 ? void 0 : [given.protocol],
		icmp: given.icmpOptions ? {
			type: given.icmpOptions.type,
			code: given.icmpOptions.code ?? void 0
		} : void 0,
		sourcePorts: rangeOf$1(ports?.sourcePortRange),
		destinationPorts: rangeOf$1(ports?.destinationPortRange),
		peer,
		local: void 0,
		stateless: given.isStateless ?? false
	};
	return Object.freeze({
		...rule,
		text: ruleText(rule)
	});
}
function peerOf$1(value, type, side, groupName) {
	if (value === null || value === void 0 || value === "") return {
		key: side,
		reason: `is missing: a rule says which ${side} it is for`
	};
	switch (type ?? "CIDR_BLOCK") {
		case "CIDR_BLOCK": {
			const prefix = parsePrefix(value);
			if (typeof prefix === "string") return {
				key: side,
				reason: `${JSON.stringify(value)}: ${prefix}`
			};
			return {
				kind: "network",
				prefix,
				cidr: value
			};
		}
		case "SERVICE_CIDR_BLOCK": return {
			kind: "service",
			label: value
		};
		case "NETWORK_SECURITY_GROUP": return {
			kind: "group",
			id: value,
			name: groupName(value)
		};
		default: return {
			key: `${side}Type`,
			reason: `${JSON.stringify(type)} is none of CIDR_BLOCK, SERVICE_CIDR_BLOCK, NETWORK_SECURITY_GROUP`
		};
	}
}
function rangeOf$1(range) {
	return range ? {
		from: range.min,
		to: range.max
	} : void 0;
}
// src/clouds/oci/rules/reader.ts
const id = string$1().min(1, "is empty");
const name = string$1().nullish();
const texts = array(string$1()).nullish();
const subnet = object$1({
	id,
	displayName: name,
	vcnId: name,
	cidrBlock: name,
	ipv4CidrBlocks: texts,
	ipv6CidrBlock: name,
	ipv6CidrBlocks: texts,
	securityListIds: texts
});
const securityList = object$1({
	id,
	displayName: name,
	ingressSecurityRules: array(unknown()).nullish(),
	egressSecurityRules: array(unknown()).nullish()
});
const group = object$1({
	id,
	displayName: name
});
const vnic = object$1({
	id,
	nsgIds: texts,
	privateIp: name,
	ipv6Addresses: texts
});
/** Reads resources of OCI as its API describes them, one after the other. What cannot be understood is reported and left out. */
var OciReader = class {
	#subnets = /* @__PURE__ */ new Map();
	#ruleSets = /* @__PURE__ */ new Map();
	#vnics = /* @__PURE__ */ new Map();
	#groupNames = /* @__PURE__ */ new Map();
	subnet(document, value, path) {
		const given = document.read(subnet, value, path);
		if (given === void 0) return;
		const written = [];
		for (const key of ["cidrBlock", "ipv6CidrBlock"]) {
			const cidr = given[key];
			if (cidr) written.push([[...path, key], cidr]);
		}
		for (const key of ["ipv4CidrBlocks", "ipv6CidrBlocks"]) for (const [i, cidr] of (given[key] ?? []).entries()) written.push([[
			...path,
			key,
			i
		], cidr]);
		const networks = /* @__PURE__ */ new Map();
		for (const [at, cidr] of written) {
			const network = readSubnetNetwork(cidr);
			if (typeof network === "string") document.report(at, `${JSON.stringify(cidr)}: ${network}`);
			else networks.set(cidr, network);
		}
		if (networks.size === 0) document.report(path, "the subnet has neither cidr-block nor ipv4-cidr-blocks nor ipv6-cidr-blocks: no direction can be told");
		this.#subnets.set(given.id, {
			id: given.id,
			name: given.displayName ?? void 0,
			vcn: given.vcnId ?? void 0,
			networks: [...networks.values()],
			ruleSets: given.securityListIds ?? []
		});
	}
	securityList(document, value, path) {
		const given = document.read(securityList, value, path);
		if (given === void 0) return;
		const ingress = this.#rules(document, given.ingressSecurityRules ?? [], [...path, "ingressSecurityRules"]);
		const egress = this.#rules(document, given.egressSecurityRules ?? [], [...path, "egressSecurityRules"]);
		const place = {
			kind: "security-list",
			listId: given.id,
			listName: given.displayName ?? void 0
		};
		const rules = [...this.#understood(document, ingress, {
			...place,
			direction: "ingress"
		}), ...this.#understood(document, egress, {
			...place,
			direction: "egress"
		})];
		const all = (given.ingressSecurityRules?.length ?? 0) + (given.egressSecurityRules?.length ?? 0);
		this.#ruleSets.set(given.id, {
			id: given.id,
			name: place.listName,
			kind: place.kind,
			rules,
			unreadable: all - rules.length,
			seed: seedList(given.id, place.listName, given.ingressSecurityRules ?? [], given.egressSecurityRules ?? [])
		});
	}
	/** An NSG's name. Its rules come apart from it. */
	group(document, value, path) {
		const given = document.read(group, value, path);
		if (given === void 0) return;
		if (given.displayName) this.#groupNames.set(given.id, given.displayName);
		const key = isObject$1(value) ? ["securityRules", "rules"].find((one) => value[one]) : void 0;
		if (isObject$1(value) && key !== void 0) this.groupRules(document, given.id, value[key], [...path, key]);
	}
	/** The rules of an NSG: what `oci network nsg rules list --nsg-id ID` prints. */
	groupRules(document, groupId, value, path) {
		const elements = elementsOf(value, path);
		if (elements === void 0) {
			document.report(path, "is no list of rules: give what `oci network nsg rules list --nsg-id ID --all` prints");
			return;
		}
		const place = {
			kind: "nsg",
			listId: groupId,
			listName: this.#groupNames.get(groupId)
		};
		const rules = elements.flatMap((element, index) => {
			const rule = document.read(ociRule, element.value, element.path);
			return rule === void 0 ? [] : [{
				rule,
				index,
				path: element.path
			}];
		}).flatMap((one) => {
			const { direction } = one.rule;
			if (direction === null || direction === void 0) {
				document.report([...one.path, "direction"], "is missing: an NSG's rule is for INGRESS or EGRESS");
				return [];
			}
			return this.#understood(document, [one], {
				...place,
				direction: direction === "INGRESS" ? "ingress" : "egress"
			});
		});
		const unreadable = elements.length - rules.length;
		this.#ruleSets.set(groupId, {
			id: groupId,
			name: place.listName,
			kind: "nsg",
			rules,
			unreadable,
			seed: void 0
		});
	}
	vnic(document, value, path) {
		const given = document.read(vnic, value, path);
		if (given === void 0) return;
		const addresses = [given.privateIp, ...given.ipv6Addresses ?? []].filter((text) => typeof text === "string").flatMap((text) => {
			const address = parseAddress(text);
			if (address === void 0) document.report(path, `${JSON.stringify(text)} is no address`);
			return address === void 0 ? [] : [address];
		});
		this.#vnics.set(given.id, {
			id: given.id,
			groups: given.nsgIds ?? [],
			addresses
		});
	}
	/** All that was read. `complete`: there are no other VNICs, NSGs and members than these. */
	data(complete) {
		const hasGroups = [...this.#ruleSets.values()].some(({ kind }) => kind === "nsg") || this.#groupNames.size > 0;
		return {
			provider: "oracle_cloud",
			subnets: new Map(this.#subnets),
			ruleSets: new Map(this.#ruleSets),
			vnics: new Map(this.#vnics),
			vnicsComplete: complete && !hasGroups,
			membersComplete: complete
		};
	}
	#rules(document, values, path) {
		return values.flatMap((value, index) => {
			const rule = document.read(ociRule, value, [...path, index]);
			return rule === void 0 ? [] : [{
				rule,
				index,
				path: [...path, index]
			}];
		});
	}
	#understood(document, numbered, place) {
		return numbered.flatMap(({ rule: given, index, path }) => {
			const rule = readOciRule(given, {
				...place,
				index
			}, (groupId) => this.#groupNames.get(groupId));
			if (!("reason" in rule)) return [rule];
			document.report([...path, rule.key], rule.reason);
			return [];
		});
	}
};
/** Sections of a combined file, and what an OCID says by its beginning. */
const SECTIONS = {
	subnets: "subnet",
	securityLists: "securityList",
	networkSecurityGroups: "group",
	nsgs: "group",
	vnics: "vnic"
};
const OCIDS = [
	["ocid1.networksecuritygroup.", "group"],
	["ocid1.subnet.", "subnet"],
	["ocid1.securitylist.", "securityList"],
	["ocid1.vnic.", "vnic"]
];
/**
* Reads a file: what one of these commands prints, or an object with several of them by section.
*
* - `oci network subnet list --all`, `oci network security-list list --all`, `oci network nsg list --all`, `oci network vnic get`:
*   the resources are told apart by their OCIDs. JSON of the API does as well.
* - sections `subnets`, `security-lists`, `network-security-groups` (or `nsgs`) and `vnics` hold such a list each, and
*   `nsg-rules` holds, by the OCID of the NSG, what `oci network nsg rules list --all` prints, which does not name the NSG.
*/
function readOciDocument(document, reader) {
	const { value } = document;
	const list = elementsOf(value, []);
	if (list !== void 0) {
		const [groups, others] = [list.filter(isGroup), list.filter((element) => !isGroup(element))];
		for (const element of [...groups, ...others]) readByOcid(document, reader, element);
		return;
	}
	if (!isObject$1(value)) {
		document.report([], "is no snapshot: give what `oci network security-list list --all` prints");
		return;
	}
	const order = [
		"networkSecurityGroups",
		"nsgs",
		"nsgRules",
		"vnics",
		"subnets",
		"securityLists"
	];
	for (const key of Object.keys(value)) if (!order.includes(key)) document.report([key], `is no section of a snapshot: sections are subnets, security-lists, network-security-groups, nsg-rules, vnics`);
	for (const key of order) {
		const section = value[key];
		if (section === void 0 || section === null) continue;
		if (key === "nsgRules") readGroupRules(document, reader, section);
		else readSection(document, reader, key, section);
	}
}
function isGroup({ value }) {
	return isObject$1(value) && typeof value.id === "string" && value.id.startsWith("ocid1.networksecuritygroup.");
}
function readSection(document, reader, key, section) {
	const elements = elementsOf(section, [key]);
	if (elements === void 0) document.report([key], "is no list: give what the list command prints");
	for (const element of elements ?? []) reader[SECTIONS[key]](document, element.value, element.path);
}
function readGroupRules(document, reader, section) {
	if (!isObject$1(section)) {
		document.report(["nsgRules"], "is no object: give the rules of each NSG by its OCID");
		return;
	}
	for (const [groupId, rules] of Object.entries(section)) reader.groupRules(document, groupId, rules, ["nsgRules", groupId]);
}
function readByOcid(document, reader, { value, path }) {
	const ocid = isObject$1(value) ? value.id : void 0;
	const kind = typeof ocid === "string" ? OCIDS.find(([start]) => ocid.startsWith(start))?.[1] : void 0;
	if (kind !== void 0) reader[kind](document, value, path);
	else if (isObject$1(value) && "direction" in value && "protocol" in value) document.report(path, "is a rule of an NSG that is not named: put the list under nsg-rules, by the OCID of the NSG");
	else document.report(path, "is no subnet, security list, NSG or VNIC: it has no such OCID as id");
}
// src/clouds/oci/rules/api.ts
/** Answers that no flow has made use of for so long are forgotten. */
const FORGET_MS = 6048e5;
/** Pauses before flows that wait have a question asked again: they double from the first on. */
const QUICK_PAUSE_MS = 200;
/** So many refreshes run side by side. */
const MOST_REFRESHES = 4;
const LOOK_MS = 500;
/** So many resources are kept; beyond, new ones are not asked for. */
const MOST_RESOURCES = 1e5;
/** So many messages of one kind are told before they are only counted. */
const MOST_TOLD = 5;
const MOST_TOPICS = 1e4;
/** A question that failed so often, about something that flows make no use of any more, is given up. */
const MOST_TRIES = 10;
/** What is kept of a resource. */
const KEPT = {
	subnet: [
		"id",
		"displayName",
		"vcnId",
		"cidrBlock",
		"ipv4CidrBlocks",
		"ipv6CidrBlock",
		"ipv6CidrBlocks",
		"securityListIds"
	],
	securityList: [
		"id",
		"displayName",
		"vcnId",
		"ingressSecurityRules",
		"egressSecurityRules"
	],
	vnic: [
		"id",
		"nsgIds",
		"privateIp",
		"ipv6Addresses"
	],
	group: [
		"id",
		"displayName",
		"vcnId",
		"securityRules"
	]
};
/** Reads the kept answers and connects; asks nothing of the network. Throws UsageError. */
async function openOciApi(options, surroundings, onEvent, onChange) {
	const message = "OCI refused the credentials (401) when asked about the network; they were read again, and the questions go on";
	const client = await ociNetworkClient(options, surroundings, () => onEvent({
		ok: false,
		message
	}));
	const answers = new Answers(options.cache, (message) => onEvent({
		ok: false,
		message
	}));
	await answers.load();
	const api = new Asker(client, answers, options, onEvent, onChange);
	api.start();
	return api;
}
var Asker = class {
	counts = {
		asked: 0,
		failed: 0,
		missing: 0,
		foreign: 0
	};
	#client;
	#answers;
	#options;
	#onEvent;
	#onChange;
	#pacer;
	#closing = new AbortController();
	#asking = /* @__PURE__ */ new Map();
	/** What flows wait for: a subnet or VNIC, and what belongs to it. */
	#pursuits = /* @__PURE__ */ new Map();
	#failures = new Failures();
	#foreign = /* @__PURE__ */ new Set();
	#told = /* @__PURE__ */ new Map();
	/** Somebody waited in vain, and nothing was answered since: nobody waits until something is. */
	#silent = false;
	#seen = /* @__PURE__ */ new WeakSet();
	#seenSince = Date.now();
	#reader = new OciReader();
	#data;
	#timer;
	constructor(client, answers, options, onEvent, onChange) {
		this.#client = client;
		this.#answers = answers;
		this.#options = options;
		this.#onEvent = onEvent;
		this.#onChange = onChange;
		this.#pacer = new Pacer(options.requestsPerSecond);
	}
	start() {
		for (const [ocid, answer] of this.#answers.all) if (this.#referred(kindOf(ocid), answer.value).some((id) => !this.#answers.all.has(id))) this.#answers.all.set(ocid, {
			...answer,
			at: 0
		});
		this.#readAll();
		this.#schedule();
	}
	data() {
		this.#data ??= this.#reader.data(false);
		return this.#data;
	}
	async prepare(contexts, signal) {
		const waiting = [];
		const unsettled = [];
		for (const context of contexts) {
			if (this.#seen.has(context)) continue;
			let settled = true;
			for (const ocid of [context.subnet, context.vnic]) {
				if (ocid === void 0 || kindOf(ocid) === void 0) continue;
				const known = this.#answers.all.get(ocid);
				if (known !== void 0) this.#answers.all.set(ocid, {
					...known,
					used: Date.now()
				});
				const fresh = known === void 0 && !this.#failures.all.has(ocid);
				const pursuit = this.#pursuits.get(ocid) ?? (fresh ? this.#pursue(ocid) : void 0);
				if (pursuit === void 0) continue;
				settled = false;
				waiting.push(pursuit);
			}
			if (settled) this.#seen.add(context);
			else unsettled.push(context);
		}
		if (waiting.length === 0 || this.#options.waitMs === 0 || this.#silent) return;
		const done = new AbortController();
		const either = AbortSignal.any([
			signal,
			this.#closing.signal,
			done.signal
		]);
		const late = () => {
			this.#silent = true;
		};
		const deadline = setTimeout$1(this.#options.waitMs, void 0, { signal: either }).then(late, () => void 0);
		try {
			await Promise.race([Promise.all(waiting), deadline]);
		} finally {
			done.abort();
		}
		signal.throwIfAborted();
		const pursued = (ocid) => ocid !== void 0 && this.#pursuits.has(ocid);
		for (const context of unsettled) if (!pursued(context.subnet) && !pursued(context.vnic)) this.#seen.add(context);
	}
	async close() {
		this.#closing.abort();
		clearTimeout(this.#timer);
		await Promise.all(this.#asking.values());
		this.#answers.changed();
		await this.#answers.flush();
		await this.#client.close();
	}
	/** Asks about a subnet or VNIC until it and what belongs to it is known, or no brief failure is what keeps it from that. Never rejects. */
	#pursue(ocid) {
		const pursuit = this.#askUntil(ocid, Date.now() + (this.#silent ? 0 : this.#options.waitMs)).finally(() => this.#pursuits.delete(ocid));
		this.#pursuits.set(ocid, pursuit);
		return pursuit;
	}
	async #askUntil(ocid, deadline) {
		const { signal } = this.#closing;
		let wanted = [ocid];
		for (let pause = QUICK_PAUSE_MS;; pause *= 2) {
			await Promise.all(wanted.map((one) => this.#ask(one)));
			wanted = [ocid, ...this.#referred(kindOf(ocid), this.#answers.all.get(ocid)?.value)].filter((one) => this.#failures.all.get(one)?.brief);
			if (wanted.length === 0 || signal.aborted) return;
			const pauseMs = Math.max(pause, ...wanted.map((one) => this.#failures.all.get(one)?.retryAfterMs ?? 0));
			if (Date.now() + pauseMs > deadline) {
				this.#silent = true;
				return;
			}
			await setTimeout$1(pauseMs, void 0, {
				signal,
				ref: false
			}).catch(() => void 0);
		}
	}
	/** Asks about a resource, and about what belongs to it. Never rejects. */
	#ask(ocid) {
		const running = this.#asking.get(ocid);
		if (running !== void 0) return running;
		const asking = this.#fetch(ocid).finally(() => this.#asking.delete(ocid));
		this.#asking.set(ocid, asking);
		return asking;
	}
	async #fetch(ocid) {
		const kind = kindOf(ocid);
		if (kind === void 0 || this.#closing.signal.aborted || this.#isForeign(ocid)) return;
		const before = this.#answers.all.get(ocid);
		if (before === void 0 && this.#answers.all.size >= MOST_RESOURCES) {
			this.#tell("full", `more than ${MOST_RESOURCES} subnets and VNICs were seen: further ones are not asked for`);
			return;
		}
		const { signal } = this.#closing;
		try {
			this.counts.asked++;
			const value = await this.#client.get(kind, ocid, () => this.#pacer.turn(signal), signal);
			this.#silent = false;
			if (this.#failures.remove(ocid)) this.#onEvent({
				ok: true,
				message: "OCI's API answers about the network again"
			});
			this.#take(kind, ocid, value, before);
			await Promise.all(this.#belongings(kind, value).map((other) => this.#ask(other)));
		} catch (error) {
			if (!signal.aborted) this.#failed(ocid, error);
		}
	}
	#take(kind, ocid, value, before) {
		const now = Date.now();
		const used = before?.used ?? now;
		if (value === null) {
			this.counts.missing++;
			const known = before === void 0 || before.value === null ? "" : "; what was known of it stays in use";
			this.#tell(`missing ${kind}`, `${ocid} is not there (404): ${missingAdvice(kind)}${known}`);
			this.#answers.set(ocid, {
				value: before?.value ?? null,
				at: now,
				used
			});
			return;
		}
		const whole = value;
		const plain = JSON.parse(JSON.stringify(Object.fromEntries(KEPT[kind].map((key) => [key, whole[key]]))));
		const same = before !== void 0 && JSON.stringify(before.value) === JSON.stringify(plain);
		this.#answers.set(ocid, {
			value: plain,
			at: now,
			used
		});
		if (same) return;
		this.#read(kind, ocid, plain);
		this.#changed();
	}
	/** What a resource refers to and is not known, or not for long any more. */
	#belongings(kind, value) {
		const young = Date.now() - this.#options.lifetimeMs / 2;
		return this.#referred(kind, value).filter((id) => (this.#answers.all.get(id)?.at ?? 0) < young);
	}
	#referred(kind, value) {
		if (!isObject$1(value)) return [];
		const ids = kind === "subnet" ? value.securityListIds : kind === "vnic" ? value.nsgIds : [];
		return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
	}
	#read(kind, ocid, value) {
		const report = ({ place, reason }) => this.#tell(`fault ${ocid}`, `${ocid}: ${place === "" ? reason : `${place}: ${reason}`}; the rest is used`);
		this.#reader[kind](new Document(JSON.stringify(value), report), value, []);
	}
	#readAll() {
		this.#reader = new OciReader();
		const order = [
			"group",
			"securityList",
			"subnet",
			"vnic"
		];
		const kept = [...this.#answers.all].filter(([, { value }]) => value !== null);
		for (const kind of order) for (const [ocid, { value }] of kept) if (kindOf(ocid) === kind) this.#read(kind, ocid, value);
		this.#changed();
	}
	#changed() {
		this.#data = void 0;
		this.#onChange();
	}
	#isForeign(ocid) {
		if (this.#foreign.has(ocid)) return true;
		const message = this.#client.foreign(ocid);
		if (message === void 0) return false;
		if (this.#foreign.size < MOST_RESOURCES) this.#foreign.add(ocid);
		this.counts.foreign++;
		this.#tell("foreign", message);
		return true;
	}
	#failed(ocid, error) {
		this.counts.failed++;
		if (error instanceof Failure && error.retryAfterMs !== void 0) this.#pacer.hold(error.retryAfterMs);
		const message = this.#failures.add(ocid, error);
		if (message !== void 0) this.#onEvent({
			ok: false,
			message
		});
	}
	/** Tells a message, the first few of a topic. */
	#tell(topic, message) {
		const times = (this.#told.get(topic) ?? 0) + 1;
		if (times === 1 && this.#told.size >= MOST_TOPICS) return;
		this.#told.set(topic, times);
		if (times <= MOST_TOLD) this.#onEvent({
			ok: false,
			message: times < MOST_TOLD ? message : `${message} (further ones are counted)`
		});
	}
	#schedule() {
		this.#timer = setTimeout(() => {
			this.#refresh();
			this.#schedule();
		}, LOOK_MS).unref();
	}
	/** Asks again about what has grown old and is in use, and about what could not be had. */
	#refresh() {
		const now = Date.now();
		const { lifetimeMs } = this.#options;
		if (now - this.#seenSince > lifetimeMs) {
			this.#seen = /* @__PURE__ */ new WeakSet();
			this.#seenSince = now;
		}
		for (const [ocid, { nextAt, times }] of this.#failures.all) {
			if (this.#asking.size >= MOST_REFRESHES) return;
			const used = this.#answers.all.get(ocid)?.used ?? 0;
			if (times >= MOST_TRIES && now - used > 2 * lifetimeMs) this.#failures.remove(ocid);
			else if (nextAt <= now) this.#ask(ocid);
		}
		let forgotten = false;
		for (const [ocid, { at, used }] of this.#answers.all) {
			if (this.#asking.size >= MOST_REFRESHES) break;
			const kind = kindOf(ocid);
			if ((kind === "subnet" || kind === "vnic") && now - at >= lifetimeMs && now - used < 2 * lifetimeMs && !this.#failures.all.has(ocid)) this.#ask(ocid);
			if (now - at < FORGET_MS || now - used < FORGET_MS) continue;
			this.#answers.all.delete(ocid);
			this.#answers.changed();
			forgotten = true;
		}
		if (forgotten) this.#readAll();
	}
};
// src/clouds/oci/rules/options.ts
const path$1 = string$1().min(1);
/** How the program asks OCI's API for the network. */
const ociApiOptions = ociConnectionOptions.extend({
	lifetimeMs: int().min(1e3).default(6e5).describe("How old an answer may grow before it is asked for again, in the background, in ms"),
	waitMs: int().min(0).default(5e3).describe("How long flows wait for the first answer about their subnet and VNIC before they go on without it, in ms"),
	requestsPerSecond: number().positive().max(1e3).default(10).describe("Most requests a second"),
	cache: path$1.optional().describe("JSON file that keeps the answers, so that a restart needs no calls; by default beside the ledger")
});
/** What is known of networks in OCI. */
const ociNetworkOptions = strictObject({
	files: union([path$1, array(path$1)]).default([]).transform((given) => typeof given === "string" ? [given] : given).describe("JSON file, or several, as the OCI command line prints them with --all: network subnet list, network security-list list, network nsg list, network vnic get; or one object with sections subnets, security-lists, network-security-groups, vnics, and nsg-rules (by the OCID of the NSG, what network nsg rules list prints). A change is taken over without a restart"),
	api: ociApiOptions.optional().describe("Asks OCI's API about the subnets and VNICs that are seen; not done by default")
}).describe("What is known of networks in OCI; none by default");
// src/clouds/oci/rules/writer.ts
const PROTOCOLS = {
	1: "ICMP",
	6: "TCP",
	17: "UDP",
	58: "IPv6-ICMP"
};
/** Rules in the words of OCI's console. */
const ociRuleWriter = {
	inConsole(rule, set) {
		const side = rule.direction === "ingress" ? "Source" : "Destination";
		return [
			placeOf$1(rule, set),
			`Stateless: ${rule.stateless ? "yes" : "no"}`,
			`${side} Type: ${{
				network: "CIDR",
				service: "Service",
				group: "Network Security Group"
			}[rule.peer.kind]}`,
			`${side} ${peerOf(rule)}`,
			...protocolsOf(rule)
		];
	},
	json(set, rules) {
		const api = rules.map((rule) => standing(set.seed, rule) ?? apiRule(rule));
		if (set.kind === "nsg") {
			const securityRules = api.map((one, index) => ({
				direction: rules[index]?.body.direction.toUpperCase(),
				...one
			}));
			return {
				nsgId: set.id,
				securityRules
			};
		}
		const of = (direction) => api.filter((_, index) => rules[index]?.body.direction === direction);
		return {
			securityListId: set.id,
			ingressSecurityRules: of("ingress"),
			egressSecurityRules: of("egress")
		};
	},
	terraform(set, rules) {
		const name = (set.name ?? set.id).toLowerCase().replaceAll(/[^a-z0-9_]+/g, "_");
		const whole = rules.map((rule) => ({
			rule,
			api: standing(set.seed, rule) ?? apiRule(rule)
		}));
		if (set.kind === "nsg") return whole.map(({ rule, api }, index) => {
			const lines = [`network_security_group_id = ${quoted(set.id)}`, `direction = ${quoted(rule.body.direction.toUpperCase())}`];
			return block(`resource "oci_core_network_security_group_security_rule" ${quoted(`${name}_${index + 1}`)}`, [...lines, ...members(api, true)]).join("\n");
		}).join("\n\n").concat("\n");
		const lines = [
			"# compartment_id and vcn_id stay as they are in your configuration",
			`display_name = ${quoted(set.name ?? set.id)}`,
			...whole.flatMap(({ rule, api }) => block(`${rule.body.direction}_security_rules`, members(api)))
		];
		return `# ${set.id}\n${block(`resource "oci_core_security_list" ${quoted(name)}`, lines).join("\n")}\n`;
	}
};
/** A rule of a security list that stays, as the list has it, with its description. */
function standing(seed, { body, index }) {
	if (seed === void 0 || index === void 0) return void 0;
	const rule = (body.direction === "ingress" ? seed.ingress_security_rules : seed.egress_security_rules)[index];
	return rule === void 0 ? void 0 : camel(rule);
}
/** Keys in the API's spelling; what is null, and ranges without bounds, are left out. */
function camel(value) {
	if (typeof value !== "object" || value === null) return value;
	const entries = Object.entries(value).map(([key, member]) => [key.replaceAll(/_([a-z])/g, (_, letter) => letter.toUpperCase()), camel(member)]).filter(([, member]) => member !== null && !(typeof member === "object" && Object.keys(member).length === 0));
	return Object.fromEntries(entries);
}
function apiRule({ body, description }) {
	const { direction, protocols, sourcePorts, destinationPorts, peer, icmp, stateless } = body;
	const side = direction === "ingress" ? "source" : "destination";
	const [protocol] = protocols ?? [];
	const ports = {
		...destinationPorts && { destinationPortRange: {
			min: destinationPorts.from,
			max: destinationPorts.to
		} },
		...sourcePorts && { sourcePortRange: {
			min: sourcePorts.from,
			max: sourcePorts.to
		} }
	};
	const options = protocol === 6 ? "tcpOptions" : "udpOptions";
	return {
		...description !== void 0 && { description: description.slice(0, 255) },
		isStateless: stateless,
		protocol: protocol === void 0 ? "all" : String(protocol),
		[side]: peer.kind === "network" ? peer.cidr : peer.kind === "service" ? peer.label : peer.id,
		[`${side}Type`]: {
			network: "CIDR_BLOCK",
			service: "SERVICE_CIDR_BLOCK",
			group: "NETWORK_SECURITY_GROUP"
		}[peer.kind],
		...Object.keys(ports).length > 0 && { [options]: ports },
		...icmp?.type !== void 0 && { icmpOptions: {
			type: icmp.type,
			...icmp.code !== void 0 && { code: icmp.code }
		} }
	};
}
/** Members of a rule in Terraform, whose names are the API's but for the bounds of ports. */
function members(rule, ofGroup = false) {
	return Object.entries(rule).flatMap(([key, value]) => {
		const name = key === "isStateless" ? "stateless" : key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
		if (typeof value !== "object" || value === null) return [`${name} = ${typeof value === "string" ? quoted(value) : String(value)}`];
		const inner = value;
		const { destinationPortRange, ...others } = inner;
		if (ofGroup || destinationPortRange === void 0) return block(name, members(inner, ofGroup));
		return block(name, [...members(destinationPortRange), ...members(others)]);
	});
}
function block(head, lines) {
	return [
		`${head} {`,
		...lines.map((line) => `  ${line}`),
		"}"
	];
}
/** A text in Terraform, where `${` and `%{` would begin something. */
function quoted(text) {
	return JSON.stringify(text).replaceAll("${", () => "$${").replaceAll("%{", "%%{");
}
function placeOf$1({ direction }, { kind, id, name }) {
	const rules = direction === "ingress" ? "Ingress" : "Egress";
	const list = name ?? id;
	if (kind === "nsg") return `Networking > Network Security Groups > ${list} > Security Rules > Add Rules (Direction: ${rules})`;
	return `Networking > Virtual Cloud Networks > Security Lists > ${list} > ${rules} Rules > Add ${rules} Rules`;
}
function peerOf({ peer }) {
	if (peer.kind === "network") return `CIDR: ${peer.cidr}`;
	return peer.kind === "service" ? `Service: ${peer.label}` : `NSG: ${peer.name ?? peer.id}`;
}
function protocolsOf({ protocols, sourcePorts, destinationPorts, icmp }) {
	const [protocol] = protocols ?? [];
	if (protocol === void 0) return ["IP Protocol: All Protocols"];
	const lines = [`IP Protocol: ${PROTOCOLS[protocol] ?? protocol}`];
	if (protocol === 6 || protocol === 17) lines.push(`Source Port Range: ${portsOf(sourcePorts)}`, `Destination Port Range: ${portsOf(destinationPorts)}`);
	if (icmp !== void 0) lines.push(`Type and Code: ${icmp.type ?? "All"}, ${icmp.code ?? "All"}`);
	return lines;
}
function portsOf(range) {
	if (range === void 0) return "All";
	return range.from === range.to ? String(range.from) : `${range.from}-${range.to}`;
}
// src/clouds/oci/rules/network.ts
/** Networks in OCI. */
const ociNetwork = {
	name: "oci",
	provider: "oracle_cloud",
	writer: ociRuleWriter,
	options: ociNetworkOptions,
	resolve: ({ files, api }, at, beside) => ({
		files: files.map(at),
		api: api && {
			...api,
			cache: api.cache === void 0 ? beside("network.json") : at(api.cache)
		}
	}),
	files: ({ files }) => files,
	async read({ files }, open, report) {
		if (files.length === 0) return void 0;
		const reader = new OciReader();
		let refused = false;
		for (const path of files) {
			const document = await open(path);
			if (document === void 0) refused = true;
			else readOciDocument(document, reader);
		}
		const data = reader.data(true);
		if (data.subnets.size === 0 && !refused) report(`${files.join(", ")}: hold no subnets, so no rule can be told: add what \`oci network subnet list --all\` prints`);
		return data;
	},
	openApi: ({ api }, surroundings, onEvent, onChange) => api && openOciApi(api, surroundings, onEvent, onChange)
};
// src/dialects/datadog/conditions.ts
/** Searches of Datadog over the attributes of records. */
function logSearch(attributes) {
	const nameOf = (ref) => {
		const { name, resource } = attributeOf(attributes, ref);
		if (resource) refuse("field", `the resource's ${name} is a tag of the agent's choosing`);
		if (!/^[\w.-]+$/.test(name)) refuse("field", `an attribute called ${JSON.stringify(name)} cannot be searched for`);
		return `@${name}`;
	};
	const syntax = {
		and: "AND",
		or: "OR",
		constant: (value) => value ? "*" : "(NOT *)",
		predicate: (predicate, denied) => {
			const text = printPredicate$5(predicate, nameOf);
			return denied ? `(NOT ${text})` : text;
		}
	};
	return {
		nameOf,
		where: (condition) => printCondition(condition, syntax)
	};
}
function printPredicate$5(predicate, nameOf) {
	const name = nameOf(predicate.field);
	switch (predicate.kind) {
		case "one-of": {
			const { field, values } = predicate;
			if (regardsCase(field, values)) refuse("one-of", "a search regards case");
			const texts = values.map((value) => field.class === "text" ? quote$5(String(value)) : String(value));
			return texts.length === 1 ? `${name}:${texts[0]}` : `${name}:(${texts.join(" OR ")})`;
		}
		case "compare": return `${name}:${OPERATORS$4[predicate.operator]}${predicate.value}`;
		case "cidr": return `CIDR(${[name, ...predicate.networks].join(", ")})`;
		case "exists": return `${name}:*`;
		case "text": return refuse(predicate.operator, "a search for a part of a text regards case");
		case "re": return refuse("re", "a search has no patterns");
		case "fieldref": return refuse("fieldref", "an attribute is not compared with another");
	}
}
const OPERATORS$4 = {
	gt: ">",
	gte: ">=",
	lt: "<",
	lte: "<="
};
/** Within quotes a search takes everything but quotes and backslashes as it stands. */
function quote$5(text) {
	if (/\p{Cc}/u.test(text)) refuse("text", "a text with control characters cannot be searched for");
	return `"${text.toWellFormed().replaceAll("\\", "\\\\").replaceAll("\"", "\\\"")}"`;
}
// src/dialects/receivers.ts
/** What a receiver of alerts looks like in the dialects that have one, by the dialect's name. */
const FORMS = {
	loki: {
		pattern: /^#[\w.-]+$/,
		example: "#flow-alerts, a Slack channel"
	},
	victorialogs: {
		pattern: /^#[\w.-]+$/,
		example: "#flow-alerts, a Slack channel"
	},
	elastic: {
		pattern: /^(\.[\w-]+:)?[\w-]+$/,
		example: "6f1a…, the id of a Slack connector, or .webhook:6f1a… for one of another type"
	},
	splunk: {
		pattern: /^(#[\w.-]+|https?:\/\/\S+)$/,
		example: "#flow-alerts, a Slack channel, or the URL of a webhook"
	},
	datadog: {
		pattern: /^@[\w.@-]+$/,
		example: "@slack-acme-flow-alerts"
	},
	"ibm-cloud-logs": {
		pattern: /^\d+$/,
		example: "7, the external_id of an outgoing webhook"
	},
	"log-analytics": {
		pattern: /^ocid1\.onstopic\.\S+$/,
		example: "ocid1.onstopic.…, a topic of Notifications"
	}
};
/** Who is told by which dialect, of `loki=#flow-alerts` and the like. Throws UsageError. */
function receiversOf(texts) {
	const receivers = /* @__PURE__ */ new Map();
	for (const text of texts) {
		const at = text.indexOf("=");
		const [dialect, receiver] = [text.slice(0, at), text.slice(at + 1)];
		const form = FORMS[dialect];
		if (at < 0 || form === void 0) {
			const names = Object.keys(FORMS).join(", ");
			throw new UsageError("bad-option", `--receiver ${text}: write dialect=receiver, with one of the dialects ${names}`);
		}
		if (!form.pattern.test(receiver)) throw new UsageError("bad-option", `--receiver ${text}: a receiver of ${dialect} looks like ${form.example}`);
		receivers.set(dialect, receiver);
	}
	return receivers;
}
/** Label of every alert that goes through an Alertmanager, by which its routes find them. */
const ALERT_SOURCE = { source: "flowferry" };
/** Configuration of an Alertmanager that tells a Slack channel of all alerts; the webhook's URL, a secret, is read from a file. */
function alertmanagerConfig(channel = "#flow-alerts") {
	const config = {
		route: {
			receiver: "flowferry",
			routes: [{
				receiver: "flowferry",
				matchers: Object.entries(ALERT_SOURCE).map(([name, value]) => `${name}="${value}"`),
				group_by: ["alertname"],
				group_wait: "30s",
				group_interval: "5m",
				repeat_interval: "24h"
			}]
		},
		receivers: [{
			name: "flowferry",
			slack_configs: [{
				api_url_file: "/etc/alertmanager/slack-webhook-url",
				channel,
				send_resolved: false,
				title: "{{ .CommonLabels.severity }}: {{ .CommonAnnotations.summary }}",
				text: "{{ range .Alerts }}{{ .Annotations.description }}\n{{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}\n{{ end }}{{ .CommonAnnotations.runbook }}"
			}]
		}]
	};
	return `# For an Alertmanager of flowferry's alone; into one that has others, take the route and the receiver.\n${(0, import_dist.stringify)(config, { lineWidth: 0 })}`;
}
// src/dialects/alert-labels.ts
const SHORT_MS = 3e5;
/** Labels of a Prometheus-style alert, beside those of the group. */
function alertLabels(rule) {
	const techniques = rule.tags.filter((tag) => /^attack\.t\d/.test(tag)).map((tag) => tag.slice(7).toUpperCase());
	return {
		...ALERT_SOURCE,
		severity: rule.level,
		...techniques.length > 0 && { attack: techniques.join(",") }
	};
}
/** Braces would be a template's. */
function alertAnnotations(rule) {
	const plain = (text) => oneLine$1(text).replaceAll("{{", "{ {");
	const runbook = runbookPlace(rule);
	return {
		summary: plain(rule.title),
		description: plain(rule.description),
		...runbook !== void 0 && { runbook }
	};
}
/** How often a ruler evaluates a rule: a correlation over a short time often, so that its range is little longer than that. */
function rulerInterval(rule) {
	return isShort(rule) ? 15e3 : 6e4;
}
const isShort = (rule) => rule.kind === "correlation" && rule.correlation.timespanMs <= SHORT_MS;
/** Alerts in groups by how often they are evaluated. */
function byInterval(alerts) {
	const short = ({ rule }) => isShort(rule);
	return [{
		name: "flowferry",
		interval: "1m",
		rules: alerts.filter((one) => !short(one)).map((one) => one.alert)
	}, {
		name: "flowferry-short",
		interval: "15s",
		rules: alerts.filter(short).map((one) => one.alert)
	}].filter((group) => group.rules.length > 0);
}
// src/dialects/datadog/rules.ts
/** A log monitor looks back two days at most, and groups by four fields at most. */
const LONGEST_MS = 1728e5;
const MOST_GROUPS$1 = 4;
/**
* The query of a detection is the search for its flows; that of a correlation the monitor's, whose groups are those for
* which it holds over the timespan before its evaluation.
*/
function printRule$5(rule, words, evaluation) {
	return rule.kind === "correlation" ? correlate$4(rule, words, evaluation) : words.where(refuseDetector(rule));
}
function correlate$4(rule, { where, nameOf }, evaluation) {
	const { correlation, any, groupBy } = windowed(rule);
	if (correlation.timespanMs > LONGEST_MS) refuse("length", "a log monitor looks back two days at most");
	const rangeMs = Math.min(evaluation?.rangeMs ?? correlation.timespanMs, LONGEST_MS);
	switch (correlation.type) {
		case "event_count": return monitorQuery(where(any), "\"count\"", groupBy.map(nameOf), rangeMs, correlation.atLeast);
		case "value_sum": return monitorQuery(where(any), `"sum", ${JSON.stringify(nameOf(correlation.field))}`, groupBy.map(nameOf), rangeMs, correlation.atLeast);
		case "value_count": return refuse("value_count", "a monitor estimates the number of different values");
		case "temporal": return refuse("temporal", "a composite monitor does not join by the group");
	}
}
function monitorQuery(text, rollup, groups, timespanMs, atLeast) {
	if (groups.length > MOST_GROUPS$1) refuse("group", `a monitor groups by ${MOST_GROUPS$1} fields at most`);
	const by = groups.length === 0 ? "" : `.by(${JSON.stringify(groups.join(","))})`;
	return `logs(${JSON.stringify(text)}).index("*").rollup(${rollup})${by}.last("${duration(timespanMs)}") >= ${atLeast}`;
}
const PRIORITY$1 = {
	informational: 5,
	low: 4,
	medium: 3,
	high: 2,
	critical: 1
};
/** How often a monitor is evaluated. */
const INTERVAL_MS = 6e4;
/** For `POST /api/v1/monitor`. A group that goes on is one alert; a new group counts from its first flow on. */
function monitor({ rule, query }, words, { lagMs, receiver }) {
	const { nameOf } = words;
	const evaluation = evaluationOf(rule, INTERVAL_MS, lagMs);
	const groups = rule.dedup === "group" ? [] : rule.dedup.slice(0, MOST_GROUPS$1).map(nameOf);
	const { attack } = alertLabels(rule);
	return {
		name: `flowferry: ${rule.title}`,
		type: "log alert",
		query: rule.kind === "correlation" ? printRule$5(rule, words, evaluation) : monitorQuery(query, "\"count\"", groups, evaluation.rangeMs, 1),
		message: [
			oneLine$1(rule.description),
			...rule.runbook === void 0 ? [] : [`Runbook: ${runbookPlace(rule)}`],
			...receiver === void 0 ? [] : [receiver]
		].join("\n\n"),
		tags: [
			"managed-by:flowferry",
			`rule:${rule.name}`,
			...attack === void 0 ? [] : attack.split(",").map((one) => `attack:${one}`)
		],
		priority: PRIORITY$1[rule.level],
		options: {
			thresholds: { critical: rule.kind === "correlation" && "atLeast" in rule.correlation ? rule.correlation.atLeast : 1 },
			evaluation_delay: evaluation.delayMs / 1e3,
			new_group_delay: 0,
			renotify_interval: 0,
			enable_logs_sample: true,
			on_missing_data: "default",
			include_tags: false
		}
	};
}
// src/dialects/datadog/searches.ts
/** The most buckets that the service gives. */
const MOST_BUCKETS = 1e4;
/** The lengths that buckets of time may have without straddling the multiples of them since the epoch. */
const DAY_MS = 864e5;
/**
* The request that aggregates logs, without its time range. Ports, bytes, packets and the protocol's number have to be
* measures, the fields of groups facets.
*/
function printSearch$5(search, { where, nameOf }) {
	const { condition, time, by, measures, outliers, sort, limit } = search;
	if (outliers !== void 0) refuse("outliers", "an aggregation is not compared with the others");
	if (time?.kind === "hour-of-week") refuse("hour-of-week", "intervals of time are not folded into a week");
	if (time !== void 0 && DAY_MS % time.ms !== 0) refuse("interval", "intervals that do not divide a day need not begin at multiples of their length");
	if (time !== void 0 && sort !== void 0) refuse("sort", "a series is in the order of time");
	if (time !== void 0 && limit !== void 0) refuse("limit", "a limit is one of series, not of their intervals");
	if (by.length > 1) refuse("group", "of several fields it gives the largest values of each within those of the one before");
	const [key] = by;
	if (key?.names !== void 0) refuse("names", "a request does not rename values");
	const compute = measures.map((measure) => ({
		...aggregation$1(measure, nameOf),
		...time === void 0 ? { type: "total" } : {
			type: "timeseries",
			interval: duration(time.ms)
		}
	}));
	return JSON.stringify({
		filter: {
			query: where(condition),
			indexes: ["*"]
		},
		compute,
		...key !== void 0 && { group_by: [{
			facet: nameOf(key.field),
			limit: limit ?? MOST_BUCKETS,
			missing: "",
			...sort !== void 0 && { sort: {
				type: "measure",
				order: "desc",
				...aggregation$1(sort, nameOf)
			} }
		}] }
	});
}
function aggregation$1(measure, nameOf) {
	if (measure.kind === "share") refuse("share", "a request divides nothing");
	if ("where" in measure && measure.where !== void 0) refuse("where", "all measures of a request are of the same flows");
	switch (measure.kind) {
		case "count": return { aggregation: "count" };
		case "distinct": return refuse("distinct", "cardinality is estimated");
		case "earliest":
		case "latest": return refuse(measure.kind, "the time of logs is no measure");
		default: return {
			aggregation: measure.kind,
			metric: nameOf(measure.field)
		};
	}
}
/** For `POST /api/v2/logs/analytics/aggregate`, each over the period that its search looks back. */
function aggregateRequest({ search, query }) {
	const { filter, ...request } = JSON.parse(query);
	return {
		name: `flowferry: ${search.title}`,
		description: oneLine$1(search.description),
		request: {
			filter: {
				...filter,
				from: `now-${duration(search.periodMs)}`,
				to: "now"
			},
			...request
		}
	};
}
// src/dialects/datadog/dialect.ts
/**
* Log monitors and aggregations of Datadog over the attributes of records. Ports, bytes, packets and the protocol's number
* have to be measures, the fields of groups facets.
*/
function datadogDialect(attributes) {
	const words = logSearch(attributes);
	const print = (values) => `${JSON.stringify(values, null, 2)}\n`;
	return {
		name: "datadog",
		title: "Datadog logs",
		rule: (rule) => printed(() => printRule$5(rule, words)),
		search: (search) => printed(() => printSearch$5(search, words)),
		files: ({ rules, searches, alerting }) => /* @__PURE__ */ new Map([["detections.json", print(rules.map((one) => monitor(one, words, alerting)))], ["searches.json", print(searches.map(aggregateRequest))]])
	};
}
// src/dialects/dashboard-lists.ts
const text = string$1().trim().min(1);
/** By id: the searches that a dashboard shows, in order, each `width` of 12 columns wide. */
const dashboardLists = record(string$1(), strictObject({
	title: text,
	description: text,
	width: union([
		literal(3),
		literal(4),
		literal(6),
		literal(12)
	]),
	tiles: array(string$1()).min(1)
}));
/** Where the lists stand within the folder of what ships. */
const DASHBOARDS_FILE = "dashboards.yml";
/** The lists that ship: every dialect builds its dashboards of them. */
function shippedDashboards() {
	return dashboardLists.parse((0, import_dist.parse)(readFileSync(asset(`deploy/${DASHBOARDS_FILE}`), "utf8")));
}
// src/dialects/elastic/conditions.ts
const INDICES = "logs-*";
/** Milliseconds since the epoch, whether the mapping stores milliseconds or nanoseconds. */
const TIME_MS = "TO_LONG(TO_DATETIME(@timestamp))";
/** ES|QL over the OTel mapping of Elasticsearch, where attributes are `attributes.*` and `resource.attributes.*`. */
function esql(attributes) {
	const nameOf = (ref) => {
		if (ref.name === "time") return TIME_MS;
		if (ref.name === "connectionDuration") return "(attributes.flow.end - attributes.flow.connection.start)";
		const { name, resource } = attributeOf(attributes, ref);
		return identifier(`${resource ? "resource.attributes" : "attributes"}.${name}`);
	};
	const syntax = {
		and: "AND",
		or: "OR",
		constant: (value) => String(value),
		predicate: (predicate, denied) => {
			if (denied && predicate.kind === "exists") return `${nameOf(predicate.field)} IS NULL`;
			const text = printPredicate$4(predicate, nameOf);
			return denied ? `NOT COALESCE(${text}, false)` : text;
		}
	};
	return {
		nameOf,
		where: (condition) => printCondition(condition, syntax)
	};
}
function printPredicate$4(predicate, nameOf) {
	const name = nameOf(predicate.field);
	switch (predicate.kind) {
		case "one-of": return isOneOf(name, predicate.field, predicate.values);
		case "compare": return `${name} ${OPERATORS$3[predicate.operator]} ${predicate.value}`;
		case "text": {
			const [lower, text] = [`TO_LOWER(${name})`, quote$4(predicate.value.toLowerCase())];
			if (predicate.operator === "contains") return `LOCATE(${lower}, ${text}) > 0`;
			return `${predicate.operator === "startswith" ? "STARTS_WITH" : "ENDS_WITH"}(${lower}, ${text})`;
		}
		case "exists": return `${name} IS NOT NULL`;
		case "cidr": return `CIDR_MATCH(TO_IP(${name}), ${predicate.networks.map(quote$4).join(", ")})`;
		case "fieldref": {
			const other = nameOf(predicate.other);
			if (predicate.field.class !== predicate.other.class) refuse("fieldref", "values of different types are never equal");
			return predicate.field.class === "text" ? `TO_LOWER(${name}) == TO_LOWER(${other})` : `${name} == ${other}`;
		}
		case "re": return refuse("re", "RLIKE takes Lucene's patterns, which are not RE2's");
	}
}
const OPERATORS$3 = {
	gt: ">",
	gte: ">=",
	lt: "<",
	lte: "<="
};
function isOneOf(name, field, values) {
	if (field.class !== "text") return isIn$1(name, values.map(String));
	if (regardsCase(field, values)) return isIn$1(`TO_LOWER(${name})`, folded(values).map(quote$4));
	return isIn$1(name, values.map((value) => quote$4(String(value))));
}
function isIn$1(name, values) {
	return values.length === 1 ? `${name} == ${values[0]}` : `${name} IN (${values.join(", ")})`;
}
function identifier(name) {
	return /^[a-zA-Z_][\w]*(\.[a-zA-Z_]\w*)*$/.test(name) ? name : quoteName(name);
}
function quoteName(name) {
	return `\`${name.replaceAll("`", "``")}\``;
}
function quote$4(text) {
	if (/[^\P{Cc}\n\r\t]/u.test(text)) refuse("text", "a text with control characters cannot be written");
	return `"${text.toWellFormed().replaceAll("\\", "\\\\").replaceAll("\"", "\\\"").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("	", "\\t")}"`;
}
// src/dialects/elastic/columns.ts
/** What a heading of a column is in an expression, and what its value is shown as. */
function value(heading) {
	return `datum[${JSON.stringify(heading)}]`;
}
function shown(heading) {
	const read = value(heading);
	return `(${read} == null || ${read} === '' ? '(none)' : '' + ${read})`;
}
// src/dialects/elastic/sankey.ts
const NODE_WIDTH = 12;
/** The groups' columns from left to right, and bands as broad as the measure between neighbouring ones. */
function sankey({ url, keys, measure }) {
	const stages = keys.map((_, index) => `key_${index + 1}`);
	const links = stages.slice(1).map((to, index) => ({
		name: `links_${index + 1}`,
		from: stages[index] ?? to,
		to,
		index
	}));
	const left = (index) => `${index / Math.max(1, stages.length - 1)} * (width - ${NODE_WIDTH})`;
	return {
		$schema: "https://vega.github.io/schema/vega/v5.json",
		autosize: {
			type: "fit",
			contains: "padding"
		},
		data: [
			{
				name: "rows",
				url,
				transform: [
					{
						type: "filter",
						expr: `${value(measure)} > 0`
					},
					{
						type: "formula",
						expr: value(measure),
						as: "amount"
					},
					...keys.map((key, index) => ({
						type: "formula",
						expr: shown(key),
						as: stages[index]
					}))
				]
			},
			...stages.map((stage) => ({
				name: nodesOf(stage),
				source: "rows",
				transform: [{
					type: "aggregate",
					groupby: [stage],
					ops: ["sum"],
					fields: ["amount"],
					as: ["amount"]
				}, {
					type: "stack",
					field: "amount",
					sort: {
						field: "amount",
						order: "descending"
					},
					as: ["top", "bottom"]
				}]
			})),
			...links.map(({ name, from, to }) => ({
				name,
				source: "rows",
				transform: [
					{
						type: "aggregate",
						groupby: [from, to],
						ops: ["sum"],
						fields: ["amount"],
						as: ["amount"]
					},
					{
						type: "lookup",
						from: nodesOf(from),
						key: from,
						fields: [from],
						values: ["top"],
						as: ["from_top"]
					},
					{
						type: "lookup",
						from: nodesOf(to),
						key: to,
						fields: [to],
						values: ["top"],
						as: ["to_top"]
					},
					{
						type: "stack",
						groupby: [from],
						field: "amount",
						sort: { field: "to_top" },
						as: ["from_start", "from_end"]
					},
					{
						type: "stack",
						groupby: [to],
						field: "amount",
						sort: { field: "from_top" },
						as: ["to_start", "to_end"]
					}
				]
			}))
		],
		scales: [{
			name: "down",
			type: "linear",
			domain: {
				data: nodesOf(stages[0] ?? ""),
				field: "bottom"
			},
			range: [0, { signal: "height" }],
			zero: true,
			nice: false
		}, {
			name: "colour",
			type: "ordinal",
			domain: { fields: stages.map((stage) => ({
				data: nodesOf(stage),
				field: stage
			})) },
			range: { scheme: "tableau20" }
		}],
		marks: [...links.map(({ name, from, to, index }) => ({
			type: "path",
			name: `bands_${index + 1}`,
			from: { data: name },
			encode: { update: {
				path: { signal: band(`${left(index)} + ${NODE_WIDTH}`, left(index + 1)) },
				fill: {
					scale: "colour",
					field: from
				},
				fillOpacity: { value: .4 },
				tooltip: { signal: `datum.${from} + ' → ' + datum.${to} + ': ' + format(datum.amount, ',')` }
			} }
		})), ...stages.flatMap((stage, index) => [{
			type: "rect",
			name: `nodes_of_${stage}`,
			from: { data: nodesOf(stage) },
			encode: { update: {
				x: { signal: left(index) },
				width: { value: NODE_WIDTH },
				y: {
					scale: "down",
					field: "top"
				},
				y2: {
					scale: "down",
					field: "bottom"
				},
				fill: {
					scale: "colour",
					field: stage
				},
				stroke: { value: "white" },
				tooltip: { signal: `datum.${stage} + ': ' + format(datum.amount, ',')` }
			} }
		}, {
			type: "text",
			interactive: false,
			from: { data: nodesOf(stage) },
			encode: { update: {
				x: { signal: index === stages.length - 1 ? `${left(index)} - 4` : `${left(index)} + 16` },
				y: { signal: "scale('down', (datum.top + datum.bottom) / 2)" },
				align: { value: index === stages.length - 1 ? "right" : "left" },
				baseline: { value: "middle" },
				limit: { value: 120 },
				opacity: { signal: "scale('down', datum.bottom - datum.top) > 9 ? 1 : 0" },
				text: { field: stage }
			} }
		}])]
	};
}
const nodesOf = (stage) => `nodes_${stage}`;
/** A band between two places across, each edge a curve that leaves and arrives level. */
function band(from, to) {
	const y = (top, part) => `scale('down', datum.${top} + datum.${part})`;
	const middle = `(${from} + ${to}) / 2`;
	const curve = (toX, fromY, toY) => `'C' + ${`(${middle})`} + ',' + ${fromY} + ' ' + (${middle}) + ',' + ${toY} + ' ' + (${toX}) + ',' + ${toY}`;
	return [
		`'M' + (${from}) + ',' + ${y("from_top", "from_start")}`,
		curve(to, y("from_top", "from_start"), y("to_top", "to_start")),
		`'L' + (${to}) + ',' + ${y("to_top", "to_end")}`,
		curve(from, y("to_top", "to_end"), y("from_top", "from_end")),
		"'Z'"
	].join(" + ");
}
// src/dialects/elastic/treemap.ts
/** Nested rectangles in the order of the groups' columns, as large as the measure, in the colour of the first column. */
function treemap({ url, keys, measure }) {
	const headings = keys.map((_, index) => `key_${index + 1}`);
	const words = headings.map((heading) => `datum.${heading}`).join(" + ' · ' + ");
	return {
		$schema: "https://vega.github.io/schema/vega/v5.json",
		autosize: {
			type: "fit",
			contains: "padding"
		},
		data: [
			{
				name: "rows",
				url,
				transform: [{
					type: "filter",
					expr: `${value(measure)} > 0`
				}, ...keys.map((key, index) => ({
					type: "formula",
					expr: shown(key),
					as: headings[index]
				}))]
			},
			{
				name: "tree",
				source: "rows",
				transform: [{
					type: "nest",
					generate: true,
					keys: headings
				}, {
					type: "treemap",
					field: measure,
					sort: {
						field: "value",
						order: "descending"
					},
					method: "squarify",
					round: true,
					paddingInner: 1,
					size: [{ signal: "width" }, { signal: "height" }]
				}]
			},
			{
				name: "leaves",
				source: "tree",
				transform: [{
					type: "filter",
					expr: "!datum.children"
				}]
			}
		],
		scales: [{
			name: "colour",
			type: "ordinal",
			domain: {
				data: "rows",
				field: "key_1"
			},
			range: { scheme: "tableau20" }
		}],
		marks: [{
			type: "rect",
			name: "rectangles",
			from: { data: "leaves" },
			encode: { update: {
				x: { field: "x0" },
				x2: { field: "x1" },
				y: { field: "y0" },
				y2: { field: "y1" },
				fill: {
					scale: "colour",
					field: "key_1"
				},
				stroke: { value: "white" },
				tooltip: { signal: `${words} + ': ' + format(${value(measure)}, ',')` }
			} }
		}, {
			type: "text",
			interactive: false,
			from: { data: "leaves" },
			encode: { update: {
				x: { signal: "(datum.x0 + datum.x1) / 2" },
				y: { signal: "(datum.y0 + datum.y1) / 2" },
				align: { value: "center" },
				baseline: { value: "middle" },
				limit: { signal: "datum.x1 - datum.x0 - 4" },
				opacity: { signal: "datum.x1 - datum.x0 > 24 && datum.y1 - datum.y0 > 12 ? 1 : 0" },
				text: { signal: words }
			} }
		}]
	};
}
// src/dialects/elastic/pictures.ts
/**
* The specification of the picture in Vega-Lite or Vega, whose rows Kibana asks for by ES|QL over the dashboard's time
* range; undefined for a table.
*/
function picture({ search, query }) {
	const [first] = search.measures;
	const drawn = search.sort ?? first;
	if (drawn === void 0) return void 0;
	const columns = {
		url: {
			"%type%": "esql",
			"%context%": true,
			"%timefield%": "@timestamp",
			query
		},
		keys: [...timeColumns$1(search), ...search.by.map(({ label }) => label)],
		measure: drawn.label
	};
	switch (search.visualisation) {
		case "table": return;
		case "treemap": return treemap(columns);
		case "sankey": return sankey(columns);
		default: return {
			$schema: "https://vega.github.io/schema/vega-lite/v5.json",
			data: {
				name: "rows",
				url: columns.url
			},
			...MARKS[search.visualisation](search, drawn)
		};
	}
}
const MARKS = {
	number: (_, drawn) => ({
		transform: [{
			calculate: `isValid(${value(drawn.label)}) ? ${NUMBERS[drawn.kind](value(drawn.label))} : '(none)'`,
			as: "shown"
		}],
		mark: {
			type: "text",
			fontSize: 40,
			fontWeight: "bold",
			tooltip: { content: "data" }
		},
		encoding: { text: {
			field: "shown",
			type: "nominal"
		} }
	}),
	line: (search, drawn) => overTime("line", search, drawn),
	area: (search, drawn) => overTime("area", search, drawn),
	bar: (search, drawn) => search.time?.kind === "interval" ? overTime("bar", search, drawn) : {
		...inOne(search, " · "),
		mark: {
			type: "bar",
			tooltip: { content: "data" }
		},
		encoding: {
			y: {
				field: "series",
				type: "nominal",
				sort: "-x",
				title: null,
				axis: { labelLimit: 320 }
			},
			x: quantity(drawn)
		}
	},
	pie: (search, drawn) => ({
		...inOne(search, " · "),
		mark: {
			type: "arc",
			tooltip: { content: "data" }
		},
		encoding: {
			theta: {
				field: drawn.label,
				type: "quantitative",
				stack: true
			},
			color: {
				field: "series",
				type: "nominal",
				title: null,
				sort: {
					field: drawn.label,
					order: "descending"
				}
			}
		}
	}),
	heatmap: (search, drawn) => {
		const [down = "", across = ""] = [...timeColumns$1(search), ...search.by.map(({ label }) => label)];
		return {
			...named(search),
			mark: {
				type: "rect",
				tooltip: { content: "data" }
			},
			encoding: {
				x: ordinal(across),
				y: ordinal(down),
				color: {
					field: drawn.label,
					type: "quantitative",
					scale: { scheme: "blues" },
					legend: { format: FORMAT$1 }
				}
			}
		};
	},
	bubble: (search, drawn) => {
		const [across = "", up = "", ...rest] = [...timeColumns$1(search), ...search.by.map(({ label }) => label)];
		const colour = rest.at(-1);
		return {
			...named(search),
			mark: {
				type: "circle",
				opacity: .7,
				tooltip: { content: "data" }
			},
			encoding: {
				x: across === "Time" ? TIME : ordinal(across),
				y: ordinal(up),
				size: {
					field: drawn.label,
					type: "quantitative",
					scale: { range: [10, 1e3] },
					legend: { format: FORMAT$1 }
				},
				...colour !== void 0 && { color: {
					field: colour,
					type: "nominal"
				} }
			}
		};
	}
};
const FORMAT$1 = "~s";
const counted = (read) => `format(${read}, ',')`;
const dated = (read) => `utcFormat(toDate(${read}), '%Y-%m-%d %H:%M')`;
const NUMBERS = {
	count: counted,
	distinct: counted,
	share: (read) => `format(${read}, '.2f') + ' %'`,
	sum: (read) => `format(${read}, '.4~s')`,
	min: counted,
	max: counted,
	earliest: dated,
	latest: dated
};
const TIME = {
	field: "Time",
	type: "temporal",
	scale: { type: "utc" },
	title: null
};
const WEEKDAYS = "['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][datum.value]";
function timeColumns$1({ time }) {
	if (time === void 0) return [];
	return time.kind === "interval" ? ["Time"] : ["Weekday", "Hour"];
}
function quantity({ label }) {
	return {
		field: label,
		type: "quantitative",
		axis: { format: FORMAT$1 }
	};
}
function ordinal(heading) {
	if (heading === "Weekday") return {
		field: heading,
		type: "ordinal",
		axis: { labelExpr: WEEKDAYS },
		scale: { domain: upTo(1, 7) }
	};
	if (heading === "Hour") return {
		field: heading,
		type: "ordinal",
		scale: { domain: upTo(0, 23) }
	};
	return {
		field: heading,
		type: "ordinal",
		axis: { labelLimit: 200 }
	};
}
function upTo(first, last) {
	return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
/** Columns of groups with a name for what is missing. */
function named({ by }) {
	return { transform: by.map(({ label }) => ({
		calculate: shown(label),
		as: label
	})) };
}
/** The groups' columns as one, `series`. */
function inOne({ by, time }, between) {
	return { transform: [{
		calculate: [...time?.kind === "hour-of-week" ? ["Weekday", "Hour"] : [], ...by.map(({ label }) => label)].map(shown).join(` + '${between}' + `),
		as: "series"
	}] };
}
/** One line for each group; several measures of one group are one line each. */
function overTime(mark, search, drawn) {
	const tooltip = { content: "data" };
	if (search.by.length === 0 && search.measures.length > 1) return {
		transform: [{
			fold: search.measures.map(({ label }) => label),
			as: ["series", "amount"]
		}],
		mark: {
			type: mark,
			tooltip
		},
		encoding: {
			x: TIME,
			y: {
				field: "amount",
				type: "quantitative",
				title: null,
				axis: { format: FORMAT$1 }
			},
			color: {
				field: "series",
				type: "nominal",
				title: null
			}
		}
	};
	if (search.by.length === 0) return {
		mark: {
			type: mark,
			tooltip
		},
		encoding: {
			x: TIME,
			y: quantity(drawn)
		}
	};
	return {
		...inOne(search, " · "),
		mark: {
			type: mark,
			tooltip
		},
		encoding: {
			x: TIME,
			y: quantity(drawn),
			color: {
				field: "series",
				type: "nominal",
				title: null
			}
		}
	};
}
// src/dialects/elastic/saved-objects.ts
/** The version of the export format, which Kibana takes since 8.8 and brings up to its own. */
const FORMAT = {
	coreMigrationVersion: "8.8.0",
	managed: false
};
const EMPTY_SOURCE = JSON.stringify({
	query: {
		query: "",
		language: "kuery"
	},
	filter: []
});
/** What Kibana calls the view of the data that a query over these indices makes: sha256 of `esql-logs-*`. */
const VIEW_ID = "d6c911aa50e2dafcebcedfa50190d5c03bbac0070c96d6b16feb18aa1f84b5da";
function objectId({ id }) {
	return `flowferry-${id.replaceAll("_", "-")}`;
}
function timeRange({ periodMs }) {
	return {
		from: `now-${duration(periodMs)}`,
		to: "now"
	};
}
/** A session of Discover in ES|QL, for `/api/saved_objects/_import`: Kibana 8.16 and later. */
function kibanaSearch({ search, query }) {
	const index = {
		id: VIEW_ID,
		title: INDICES,
		name: INDICES,
		timeFieldName: "@timestamp",
		sourceFilters: [],
		type: "esql",
		fieldFormats: {},
		runtimeFieldMap: {},
		allowNoIndex: false,
		allowHidden: false
	};
	return {
		type: "search",
		id: objectId(search),
		...FORMAT,
		typeMigrationVersion: "10.3.0",
		references: [],
		attributes: {
			title: `Flowferry: ${search.title}`,
			description: oneLine$1(search.description),
			columns: [],
			sort: [],
			grid: {},
			hideChart: search.visualisation === "table" || search.visualisation === "number",
			isTextBasedQuery: true,
			usesAdHocDataView: true,
			kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify({
				query: { esql: query },
				index,
				filter: []
			}) },
			timeRestore: true,
			timeRange: timeRange(search)
		}
	};
}
/** A picture that Kibana draws from a specification of Vega or Vega-Lite. */
function kibanaPicture({ search }, spec) {
	const title = `Flowferry: ${search.title}`;
	return {
		type: "visualization",
		id: `${objectId(search)}-picture`,
		...FORMAT,
		typeMigrationVersion: "8.5.0",
		references: [],
		attributes: {
			title,
			description: oneLine$1(search.description),
			version: 1,
			uiStateJSON: "{}",
			visState: JSON.stringify({
				title,
				type: "vega",
				aggs: [],
				params: { spec: JSON.stringify(spec, null, 2) }
			}),
			kibanaSavedObjectMeta: { searchSourceJSON: EMPTY_SOURCE }
		}
	};
}
function kibanaDashboard({ id, title, description, periodMs }, panels) {
	const { from, to } = timeRange({ periodMs });
	return {
		type: "dashboard",
		id: `flowferry-${id}`,
		...FORMAT,
		typeMigrationVersion: "10.2.0",
		references: panels.map(({ type, id: panel }, index) => ({
			type,
			id: panel,
			name: `${index + 1}:panel_${index + 1}`
		})),
		attributes: {
			title,
			description: oneLine$1(description),
			version: 1,
			timeRestore: true,
			timeFrom: from,
			timeTo: to,
			optionsJSON: JSON.stringify({
				useMargins: true,
				syncColors: false,
				syncCursor: true,
				syncTooltips: false,
				hidePanelTitles: false
			}),
			panelsJSON: JSON.stringify(panels.map(({ type, title: heading, x, y, w, h }, index) => ({
				type,
				gridData: {
					x,
					y,
					w,
					h,
					i: String(index + 1)
				},
				panelIndex: String(index + 1),
				embeddableConfig: {
					title: heading,
					enhancements: {}
				},
				panelRefName: `panel_${index + 1}`
			}))),
			kibanaSavedObjectMeta: { searchSourceJSON: EMPTY_SOURCE }
		}
	};
}
// src/dialects/elastic/dashboards.ts
/** Kibana's grid, in columns; the lists are for one of 12. */
const COLUMNS = 48;
const LIST_COLUMNS = 12;
const TILE = {
	w: 12,
	h: 6
};
const PICTURE_HEIGHT = 14;
/**
* Every dashboard behind the pictures and tables on it, for `/api/saved_objects/_import`. Pictures ask by ES|QL, which
* Kibana's Vega does since 9.4. A search on two dashboards is one object; one that ES|QL cannot say is left out.
*/
function kibanaDashboards(dashboards, searches) {
	const byId = new Map(searches.map((one) => [one.search.id, one]));
	const shown = /* @__PURE__ */ new Map();
	const built = Object.entries(dashboards).flatMap(([id, { title, description, width, tiles }]) => {
		const found = tiles.flatMap((tile) => byId.get(tile) ?? []);
		for (const one of found) {
			const spec = picture(one);
			shown.set(one.search.id, spec === void 0 ? kibanaSearch(one) : kibanaPicture(one, spec));
		}
		const meta = {
			id,
			title,
			description,
			periodMs: mostFrequent(found.map(({ search }) => search.periodMs))
		};
		return found.length === 0 ? [] : [kibanaDashboard(meta, layOut(found, width * COLUMNS / LIST_COLUMNS))];
	});
	return [...shown.values(), ...built];
}
/** Of equally frequent ones the greatest. */
function mostFrequent(values) {
	const times = (value) => values.filter((other) => other === value).length;
	return values.reduce((best, value) => times(value) > times(best) || times(value) === times(best) && value > best ? value : best, 0);
}
/** Row by row, from left to right; a row is as high as its highest panel. */
function layOut(searches, width) {
	let [x, y, height] = [
		0,
		0,
		0
	];
	return searches.map((one) => {
		const { w, h } = one.search.visualisation === "number" ? TILE : {
			w: width,
			h: PICTURE_HEIGHT
		};
		if (x + w > COLUMNS || height > 0 && height !== h) [x, y, height] = [
			0,
			y + height,
			0
		];
		const table = picture(one) === void 0;
		const panel = {
			type: table ? "search" : "visualization",
			id: table ? objectId(one.search) : `${objectId(one.search)}-picture`,
			title: one.search.title,
			x,
			y,
			w,
			h
		};
		[x, height] = [x + w, h];
		return panel;
	});
}
// src/dialects/elastic/rules.ts
/** The query of a detection gives its flows; that of a correlation the groups for which it holds over the time range of the query. */
function printRule$4(rule, esql) {
	if (rule.kind === "correlation") return correlate$3(rule, esql);
	return `FROM ${INDICES} METADATA _id, _index, _version | WHERE ${esql.where(refuseDetector(rule))}`;
}
function correlate$3(rule, { where, nameOf }) {
	const { correlation, parts, any, groupBy } = windowed(rule);
	const { atLeast } = correlation;
	const head = `FROM ${INDICES} | WHERE ${where(any)}`;
	const names = groupBy.map(nameOf);
	const by = names.length === 0 ? "" : ` BY ${names.join(", ")}`;
	switch (correlation.type) {
		case "event_count": return `${head} | STATS flows = COUNT(*)${by} | WHERE flows >= ${atLeast}`;
		case "value_count": {
			const field = nameOf(correlation.field);
			return `${head} | ${`WHERE ${field} IS NOT NULL | STATS flows = COUNT(*) BY ${[...names, field].join(", ")}`} | STATS distinct = COUNT(*)${by} | WHERE distinct >= ${atLeast}`;
		}
		case "value_sum": return `${head} | STATS total = SUM(${nameOf(correlation.field)})${by} | WHERE total >= ${atLeast}`;
		case "temporal":
			if (atLeast !== parts.length) refuse("temporal", "only all of the parts can be asked for");
			return `${head} | STATS ${parts.map((part, index) => `part_${index + 1} = COUNT(*) WHERE ${where(part)}`).join(", ")}${by} | WHERE ${parts.map((_, index) => `part_${index + 1} > 0`).join(" AND ")}`;
	}
}
const HOUR_MS$2 = 36e5;
const RISK = {
	informational: 1,
	low: 21,
	medium: 47,
	high: 73,
	critical: 99
};
/** Suppression groups by three fields at most. */
const MOST_SUPPRESSED = 3;
/**
* For `/api/detection_engine/rules/_import`. The flows of a detection that several evaluations find are one alert by their ids; the groups of a
* correlation are not, so that further ones of the same group are suppressed.
*/
function kibanaRule({ rule, query }, { nameOf }, { lagMs, receiver }) {
	const correlated = rule.kind === "correlation";
	const intervalMs = correlated && rule.correlation.timespanMs <= HOUR_MS$2 ? 6e4 : 3e5;
	const { rangeMs, delayMs } = evaluationOf(rule, intervalMs, lagMs);
	const fields = correlated ? rule.correlation.parts[0]?.groupBy ?? [] : rule.dedup === "group" ? [] : rule.dedup;
	const silentMs = Math.max(rule.throttleMs, correlated ? rangeMs : 0);
	return {
		rule_id: rule.id ?? rule.name,
		name: rule.title,
		description: oneLine$1(rule.description),
		type: "esql",
		language: "esql",
		query,
		interval: `${intervalMs / 1e3}s`,
		from: `now-${(rangeMs + delayMs) / 1e3}s`,
		to: delayMs === 0 ? "now" : `now-${delayMs / 1e3}s`,
		severity: rule.level === "informational" ? "low" : rule.level,
		risk_score: RISK[rule.level],
		enabled: true,
		...fields.length > 0 && { alert_suppression: {
			group_by: fields.slice(0, MOST_SUPPRESSED).map((ref) => nameOf(ref).replaceAll("`", "")),
			duration: {
				value: Math.ceil(silentMs / 6e4),
				unit: "m"
			},
			missing_fields_strategy: "suppress"
		} },
		tags: ["flowferry", ...rule.tags],
		false_positives: rule.falsepositives.map(oneLine$1),
		references: rule.references,
		exceptions_list: [],
		actions: receiver === void 0 ? [] : [action(receiver)],
		...rule.runbook !== void 0 && { note: `Runbook: ${runbookPlace(rule)}` }
	};
}
/** By the id of a connector, which is one for Slack unless its type stands in front. */
function action(receiver) {
	const [, type = ".slack", id] = /^(?:(\.[\w-]+):)?(.+)$/.exec(receiver) ?? [];
	const text = "{{context.rule.name}}: {{context.rule.description}} {{context.results_link}}";
	return {
		action_type_id: type,
		id,
		group: "default",
		params: type === ".webhook" ? { body: JSON.stringify({ text }) } : { message: text },
		frequency: {
			summary: true,
			notifyWhen: "onActiveAlert",
			throttle: null
		}
	};
}
// src/dialects/elastic/searches.ts
/** A query without a limit gives 1,000 rows, and none gives more than this. */
const MOST_ROWS = 1e4;
/** What helper columns are called; labels have no underscores. */
const VALUE = "distinct_value";
/**
* A search as one query over its time range: STATS, and in front of it a STATS by the values that are counted, because
* COUNT_DISTINCT estimates; where values of several fields are counted, they are gathered. Time is computed rather than truncated, which would follow the time zone of who asks.
*/
function printSearch$4(search, { where, nameOf }) {
	const { condition, time, by, measures, outliers, sort, limit } = search;
	const keys = [...timeKeys(time), ...by.map((key) => ({
		name: quoteName(key.label),
		text: keyText$1(key, nameOf)
	}))];
	const names = keys.map(({ name }) => name);
	const first = keys.map(({ name, text }) => `${name} = ${text}`);
	const aggregates = measures.map((measure, index) => aggregate(measure, index, {
		where,
		nameOf
	}));
	const counted = distinctField(measures);
	const after = aggregates.flatMap((one) => one.after ?? (counted === void 0 ? one.onceAfter ?? [] : []));
	const most = limit ?? MOST_ROWS;
	if (most > MOST_ROWS) refuse("limit", `a query gives ${MOST_ROWS} rows at most`);
	return [
		`FROM ${INDICES}`,
		...condition.kind === "constant" && condition.value ? [] : [`WHERE ${where(condition)}`],
		...counted === void 0 ? [stats(aggregates.flatMap(({ once }) => once), first)] : [stats(aggregates.flatMap(({ inner }) => inner), [...first, `${VALUE} = ${nameOf(counted)}`]), stats(aggregates.flatMap(({ outer }) => outer), names)],
		...after.length === 0 ? [] : [`EVAL ${after.join(", ")}`],
		...outliers === void 0 ? [] : standOut$2(quoteName(outliers.measure.label), outliers, by.map(({ label }) => quoteName(label))),
		...sort !== void 0 ? [`SORT ${quoteName(sort.label)} DESC NULLS LAST`] : time === void 0 ? [] : [`SORT ${timeKeys(time).map(({ name }) => name).join(", ")}`],
		`KEEP ${[...names, ...measures.map(({ label }) => quoteName(label))].join(", ")}`,
		`LIMIT ${most}`
	].join(" | ");
}
function stats(aggregates, by) {
	return `STATS ${aggregates.join(", ")}${by.length === 0 ? "" : ` BY ${by.join(", ")}`}`;
}
function timeKeys(time) {
	if (time === void 0) return [];
	if (time.kind === "interval") return [{
		name: "Time",
		text: `TO_DATETIME(${TIME_MS} / ${time.ms} * ${time.ms})`
	}];
	return [{
		name: "Weekday",
		text: `(${TIME_MS} / 86400000 + 3) % 7 + 1`
	}, {
		name: "Hour",
		text: `${TIME_MS} / 3600000 % 24`
	}];
}
/** Numbers that are missing stay null, which STATS groups by as well. */
function keyText$1({ field, names }, nameOf) {
	const name = nameOf(field);
	if (names === void 0) return field.class === "text" ? `COALESCE(${name}, "")` : name;
	return `CASE(${[...[...names.cases].map(([value, shown]) => `${name} == ${typeof value === "number" ? value : quote$4(value)}, ${quote$4(shown)}`), quote$4(names.otherwise)].join(", ")})`;
}
/** The field whose different values are counted by grouping, when it is one. */
function distinctField(measures) {
	const fields = measures.flatMap((measure) => measure.kind === "distinct" ? [measure.field] : []);
	const [first] = fields;
	return fields.every(({ name }) => name === first?.name) ? first : void 0;
}
function aggregate(measure, index, { where, nameOf }) {
	const name = quoteName(measure.label);
	const filter = "where" in measure && measure.where !== void 0 ? ` WHERE ${where(measure.where)}` : "";
	const twice = (text, again) => ({
		once: [`${name} = ${text}${filter}`],
		inner: [`${name} = ${text}${filter}`],
		outer: [`${name} = ${again}(${name})`]
	});
	switch (measure.kind) {
		case "count": return twice("COUNT(*)", "SUM");
		case "sum": return twice(`SUM(${nameOf(measure.field)})`, "SUM");
		case "min": return twice(`MIN(${nameOf(measure.field)})`, "MIN");
		case "max": return twice(`MAX(${nameOf(measure.field)})`, "MAX");
		case "earliest": return twice("MIN(@timestamp)", "MIN");
		case "latest": return twice("MAX(@timestamp)", "MAX");
		case "share": {
			const [part, all] = [`part_${index + 1}`, `all_${index + 1}`];
			const counts = [`${part} = COUNT(*)${filter}`, `${all} = COUNT(*)`];
			return {
				once: counts,
				inner: counts,
				outer: [part, all].map((one) => `${one} = SUM(${one})`),
				after: `${name} = 100.0 * ${part} / ${all}`
			};
		}
		case "distinct": {
			const [matching, values] = [`matching_${index + 1}`, `values_${index + 1}`];
			return {
				once: [`${values} = VALUES(${nameOf(measure.field)})${filter}`],
				inner: [`${matching} = COUNT(*)${filter}`],
				outer: [`${name} = COUNT(*) WHERE ${VALUE} IS NOT NULL AND ${matching} > 0`],
				onceAfter: `${name} = COALESCE(MV_COUNT(${values}), 0)`
			};
		}
	}
}
/** STD_DEV is that of a population; the root makes it that of a sample. */
function standOut$2(name, { measure, deviations }, by) {
	const parts = [
		`mean_of = AVG(${name})`,
		`deviation_of = STD_DEV(${name})`,
		`intervals_of = COUNT(${name})`
	];
	return [
		...measure.kind === "sum" ? [`EVAL ${name} = COALESCE(${name}, 0)`] : [],
		`INLINE STATS ${parts.join(", ")}${by.length === 0 ? "" : ` BY ${by.join(", ")}`}`,
		"WHERE intervals_of > 1",
		`WHERE ${name} > mean_of + ${deviations} * deviation_of * SQRT(intervals_of / (intervals_of - 1.0))`
	];
}
// src/dialects/elastic/dialect.ts
/**
* ES|QL over the OTel mapping of Elasticsearch. A query that names a field which no stored record has yet fails as a whole.
* A dashboard shows those of its searches that ES|QL can say.
*/
function elasticDialect(attributes, dashboards = shippedDashboards()) {
	const words = esql(attributes);
	const lines = (objects) => objects.map((object) => `${JSON.stringify(object)}\n`).join("");
	return {
		name: "elastic",
		title: "Elastic ES|QL",
		rule: (rule) => printed(() => printRule$4(rule, words)),
		search: (search) => printed(() => printSearch$4(search, words)),
		files: ({ rules, searches, alerting }) => /* @__PURE__ */ new Map([
			["detections.ndjson", lines(rules.map((one) => kibanaRule(one, words, alerting)))],
			["searches.ndjson", lines(searches.map(kibanaSearch))],
			["dashboard.ndjson", lines(kibanaDashboards(dashboards, searches))]
		])
	};
}
// src/dialects/ibm-cloud-logs/conditions.ts
/** The longest query that the service takes, in characters. */
const LONGEST = 4096;
/**
* Lucene of IBM Cloud Logs over records in the form that an ndjson sink with schema `otel` writes. Text is looked up in the
* fields' keyword type, which regards case, and numbers in their numeric type.
*/
function lucene(attributes) {
	const pathOf = (ref) => {
		const { name, resource } = attributeOf(attributes, ref);
		return `${resource ? "resource" : "attributes"}.${name}`.replaceAll(/[^\w.]/gu, "\\$&");
	};
	const syntax = {
		and: "AND",
		or: "OR",
		constant: (value) => value ? "*:*" : "(NOT *:*)",
		predicate: (predicate, denied) => {
			const text = printPredicate$3(predicate, pathOf);
			return denied ? `(*:* AND NOT ${text})` : text;
		}
	};
	return {
		pathOf,
		where: (condition) => {
			const query = printCondition(condition, syntax);
			if (query.length > LONGEST) refuse("length", `${query.length} characters, and a query has ${LONGEST} at most`);
			return query;
		}
	};
}
function printPredicate$3(predicate, pathOf) {
	const path = pathOf(predicate.field);
	switch (predicate.kind) {
		case "one-of": {
			const { field, values } = predicate;
			if (regardsCase(field, values)) refuse("one-of", "the keyword type regards case");
			const name = field.class === "text" ? `${path}.keyword` : field.class === "number" ? `${path}.numeric` : path;
			const texts = values.map((value) => field.class === "text" ? quote$3(String(value)) : String(value));
			return texts.length === 1 ? `${name}:${texts[0]}` : `${name}:(${texts.join(" OR ")})`;
		}
		case "compare": {
			const { operator, value } = predicate;
			if (operator === "gt" || operator === "gte") return `${path}.numeric:${operator === "gt" ? "{" : "["}${value} TO *]`;
			return `${path}.numeric:[* TO ${value}${operator === "lt" ? "}" : "]"}`;
		}
		case "exists": return `_exists_:${path}`;
		case "text": return refuse(predicate.operator, "the keyword type regards case");
		case "re": return refuse("re", "Lucene's patterns are not RE2's");
		case "cidr": return refuse("cidr", "addresses are texts");
		case "fieldref": return refuse("fieldref", "a field is not compared with another");
	}
}
function quote$3(text) {
	if (/\p{Cc}/u.test(text)) refuse("text", "a text with control characters cannot be written");
	return `"${text.toWellFormed().replaceAll(/[\\"]/g, "\\$&")}"`;
}
// src/dialects/ibm-cloud-logs/rules.ts
const MINUTE_MS = 6e4;
const HOUR_MS$1 = 60 * MINUTE_MS;
const MOST_GROUPS = 2;
/** Times that a threshold is counted over, by how the service names them. */
const WINDOWS = new Map([
	[5 * MINUTE_MS, "minutes_5_or_unspecified"],
	...[
		10,
		15,
		20,
		30
	].map((minutes) => [minutes * MINUTE_MS, `minutes_${minutes}`]),
	[HOUR_MS$1, "hour_1"],
	...[
		2,
		4,
		6,
		12,
		24,
		36
	].map((hours) => [hours * HOUR_MS$1, `hours_${hours}`])
]);
/** A search for the flows of a detection, or for those that an alert definition counts. */
function printRule$3(rule, { where }) {
	if (rule.kind !== "correlation") return where(refuseDetector(rule));
	const { correlation, any, groupBy } = windowed(rule);
	if (correlation.type === "value_count") refuse("value_count", "a unique count cannot wait for flows that come late");
	if (correlation.type !== "event_count") refuse(correlation.type, "an alert counts records and adds nothing up");
	if (!WINDOWS.has(correlation.timespanMs)) refuse("length", "a threshold is counted over some times only");
	if (groupBy.length > MOST_GROUPS) refuse("group", `an alert groups by ${MOST_GROUPS} keys at most`);
	return where(any);
}
const PRIORITY = {
	informational: "p5_or_unspecified",
	low: "p4",
	medium: "p3",
	high: "p2",
	critical: "p1"
};
/**
* For `POST /v1/alert_definitions`. A rule on single flows is a threshold of none within five minutes. Both wait until their flows can have come. Who
* is told is the notification group's webhook: without one an alert tells nobody.
*/
function definition({ rule, query }, { pathOf }, { lagMs, receiver }) {
	const counted = rule.kind === "correlation" ? rule.correlation : void 0;
	const window = WINDOWS.get(counted?.timespanMs ?? 5 * MINUTE_MS);
	const keys = (rule.kind === "correlation" ? rule.correlation.parts[0]?.groupBy ?? [] : rule.dedup === "group" ? [] : rule.dedup).slice(0, MOST_GROUPS).map(pathOf);
	const repeat = {
		minutes: Math.ceil(rule.throttleMs / MINUTE_MS),
		notify_on: "triggered_only_unspecified"
	};
	const runbook = runbookPlace(rule);
	return {
		name: `flowferry: ${oneLine$1(rule.title)}`,
		description: `${oneLine$1(rule.description)}${runbook === void 0 ? "" : ` Runbook: ${runbook}`}`,
		enabled: true,
		priority: PRIORITY[rule.level],
		type: "logs_threshold",
		group_by_keys: keys,
		incidents_settings: repeat,
		notification_group: {
			group_by_keys: keys,
			webhooks: receiver === void 0 ? [] : [{
				...repeat,
				integration: { integration_id: Number(receiver) }
			}]
		},
		entity_labels: {
			"managed-by": "flowferry",
			rule: rule.name
		},
		logs_threshold: {
			logs_filter: { simple_filter: {
				lucene_query: query,
				label_filters: {
					application_name: [],
					subsystem_name: [],
					severities: []
				}
			} },
			condition_type: "more_than_or_unspecified",
			evaluation_delay_ms: lagMs,
			rules: [{
				condition: {
					threshold: counted === void 0 ? 0 : counted.atLeast - 1,
					time_window: { logs_time_window_specific_value: window }
				},
				override: { priority: PRIORITY[rule.level] }
			}]
		}
	};
}
// src/dialects/ibm-cloud-logs/searches.ts
/** A dashboard's description in characters. */
const LONGEST_DESCRIPTION = 200;
/**
* The query of a gauge, which says one number about flows that Lucene finds. Widgets that group do not say what they do
* with records that lack a field nor how many groups they leave out.
*/
function printSearch$3(search, { where, pathOf }) {
	const { condition, time, by, measures, outliers } = search;
	if (time !== void 0) refuse(time.kind, "a widget chooses its intervals by its width");
	if (by.length > 0) refuse("group", "a widget leaves open which groups it does not show");
	if (outliers !== void 0) refuse("outliers", "a gauge has one number");
	const [measure] = measures;
	if (measure === void 0 || measures.length > 1) {
		const other = measures.find(({ kind }) => kind !== "count");
		return refuse(other === void 0 || other.kind === "count" ? "where" : other.kind, "a gauge has one number");
	}
	const narrowed = "where" in measure && measure.where !== void 0 ? and([condition, measure.where]) : condition;
	const logs_aggregation = aggregation(measure, pathOf);
	return JSON.stringify({ logs: {
		lucene_query: { value: where(narrowed) },
		logs_aggregation
	} });
}
function aggregation(measure, pathOf) {
	switch (measure.kind) {
		case "count": return { count: {} };
		case "share": return refuse("share", "a gauge divides nothing");
		case "distinct": return refuse("distinct", "whether different values are counted or estimated is left open");
		case "earliest":
		case "latest": return refuse(measure.kind, "a gauge shows numbers");
		default: {
			const [scope = "", ...name] = pathOf(measure.field).replaceAll("\\", "").split(".");
			return { [measure.kind]: { observation_field: {
				keypath: [scope, name.join(".")],
				scope: "user_data"
			} } };
		}
	}
}
/** For `POST /v1/dashboards`: the gauges of searches that look equally far back are one dashboard. */
function gaugeDashboards(searches) {
	return [...new Set(searches.map(({ search }) => search.periodMs))].sort((a, b) => a - b).map((periodMs) => {
		const seconds = `${periodMs / 1e3}s`;
		const found = searches.filter(({ search }) => search.periodMs === periodMs);
		return {
			name: `flowferry: the last ${seconds}`,
			description: "Numbers about flows, each of a saved search.",
			layout: { sections: [{
				id: { value: uuid(`section ${seconds}`) },
				rows: [{
					id: { value: uuid(`row ${seconds}`) },
					appearance: { height: 10 },
					widgets: found.map(gauge)
				}]
			}] },
			relative_time_frame: seconds
		};
	});
}
/** The gauges of questions about single flows, of whatever period, are one dashboard over a day. */
function questionDashboard(questions) {
	return {
		name: "flowferry: questions",
		description: "How many records each view of flowferry shows.",
		layout: { sections: [{
			id: { value: uuid("section questions") },
			rows: [{
				id: { value: uuid("row questions") },
				appearance: { height: 10 },
				widgets: questions.map(gauge)
			}]
		}] },
		relative_time_frame: "86400s"
	};
}
function gauge({ search, query }) {
	const [measure] = search.measures;
	const bytes = measure !== void 0 && "field" in measure && measure.field.field.startsWith("bytes");
	return {
		id: { value: uuid(`search ${search.id}`) },
		title: search.title,
		description: oneLine$1(search.description).slice(0, LONGEST_DESCRIPTION),
		definition: { gauge: {
			query: JSON.parse(query),
			min: 0,
			max: 100,
			show_inner_arc: false,
			show_outer_arc: false,
			unit: bytes ? "bytes" : "number",
			data_mode_type: "high_unspecified",
			threshold_by: "unspecified"
		} }
	};
}
/** The same for the same text, in the form of a random one. */
function uuid(text) {
	const hex = createHash("sha256").update(`flowferry ${text}`).digest("hex");
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
// src/dialects/ibm-cloud-logs/views.ts
/** Lists of `dashboards.yml` whose searches are questions about single flows, for which their records are an answer. */
const LISTS = ["security", "ports"];
/** The shipped searches on those lists. */
function shippedQuestions() {
	const lists = shippedDashboards();
	const ids = LISTS.flatMap((name) => lists[name]?.tiles ?? []);
	const { searches } = loadSearches(join(asset("deploy"), "searches"));
	return ids.flatMap((id) => searches.filter((search) => search.id === id && !isNative(search)));
}
/** Those of the searches whose records Lucene finds. */
function questionsOf(searches, { where }) {
	return searches.flatMap((search) => {
		const found = printed(() => where(search.condition));
		return "query" in found ? [{
			search,
			lucene: found.query
		}] : [];
	});
}
/** For `POST /v1/views`: the records that a search is about, over its period; how they group is left to whoever looks. */
function views(questions) {
	return questions.map(({ search: { title, periodMs }, lucene }) => ({
		name: `flowferry: ${oneLine$1(title)}`,
		search_query: {
			query: lucene,
			syntax_type: "lucene"
		},
		time_selection: { quick_selection: {
			caption: caption(periodMs),
			seconds: periodMs / 1e3
		} },
		filters: { filters: [] }
	}));
}
/** For `POST /v1/dashboards`: how many records each view shows. */
function viewsDashboard(questions) {
	return questionDashboard(questions.map(({ search, lucene }) => {
		const query = JSON.stringify({ logs: {
			lucene_query: { value: lucene },
			logs_aggregation: { count: {} }
		} });
		return {
			search: {
				...search,
				measures: []
			},
			query
		};
	}));
}
function caption(ms) {
	const hours = ms / 36e5;
	if (hours === 1) return "Last hour";
	return hours % 24 === 0 && hours > 24 ? `Last ${hours / 24} days` : `Last ${hours} hours`;
}
// src/dialects/ibm-cloud-logs/dialect.ts
/** Lucene of IBM Cloud Logs over records in the form that an ndjson sink with schema `otel` writes. */
function ibmCloudLogsDialect(attributes) {
	const words = lucene(attributes);
	const questions = () => questionsOf(shippedQuestions(), words);
	const print = (values) => `${JSON.stringify(values, null, 2)}\n`;
	return {
		name: "ibm-cloud-logs",
		title: "IBM Cloud Logs Lucene",
		rule: (rule) => printed(() => printRule$3(rule, words)),
		search: (search) => printed(() => printSearch$3(search, words)),
		files: ({ rules, searches, alerting }) => /* @__PURE__ */ new Map([
			["detections.json", print(rules.map((one) => definition(one, words, alerting)))],
			["searches.json", print([...gaugeDashboards(searches), viewsDashboard(questions())])],
			["views.json", print(views(questions()))]
		])
	};
}
// src/dialects/search-list.ts
/** Searches as a list for people and for whatever fills dashboards, under a comment of one line. */
function searchList(searches, comment) {
	const list = searches.map(({ search, query }) => ({
		name: search.id,
		title: search.title,
		description: oneLine$1(search.description),
		visualisation: search.visualisation,
		period: formatTimespan(search.periodMs),
		query
	}));
	return `# ${comment}\n${(0, import_dist.stringify)({ searches: list }, { lineWidth: 0 })}`;
}
// src/dialects/loki/conditions.ts
const STREAMS = "{service_name=\"flowferry\"}";
/** Over those streams; by default those of a sink that is called as the program is. */
function logqlWords(attributes, streams = STREAMS) {
	const name = (ref) => attributeOf(attributes, ref).name.replaceAll(/[^a-zA-Z0-9_]/g, "_");
	const syntax = {
		and: "and",
		or: "or",
		constant: (value) => value ? "service_name!=\"\"" : "service_name=\"\"",
		predicate: (predicate, denied) => printPredicate$2(predicate, denied, name)
	};
	const filter = (condition) => printCondition(condition, syntax);
	return {
		name,
		filter,
		select: (condition) => `${streams} | ${filter(condition)}`
	};
}
function printPredicate$2(predicate, denied, nameOf) {
	const name = nameOf(predicate.field);
	const [equal, like] = denied ? ["!=", "!~"] : ["=", "=~"];
	switch (predicate.kind) {
		case "one-of": {
			const { field, values } = predicate;
			if (regardsCase(field, values)) return `${name}${like}${quote$2(`(?i)(?:${folded(values).map(escapeRegex).join("|")})`)}`;
			const [only] = values;
			if (values.length === 1) return `${name}${equal}${quote$2(String(only))}`;
			return `${name}${like}${quote$2(values.map((value) => escapeRegex(String(value))).join("|"))}`;
		}
		case "compare": {
			const { operator, value } = predicate;
			if (value < 0 || !Number.isSafeInteger(value)) refuse("compare", `${value} is no whole number from 0`);
			return denied ? `(${name}="" or ${name} ${OPPOSITES[operator]} ${value})` : `${name} ${OPERATORS$2[operator]} ${value}`;
		}
		case "text": {
			const [before, after] = AROUND[predicate.operator];
			return `${name}${like}${quote$2(`(?is)${before}${escapeRegex(predicate.value.toLowerCase())}${after}`)}`;
		}
		case "re": return `${name}${like}${quote$2(`(?s:.*)(?${[
			predicate.ignoreCase && "i",
			predicate.multiline && "m",
			predicate.dotAll && "s"
		].filter((flag) => flag !== false).join("")}${predicate.dotAll ? "" : "-s"}:${predicate.pattern})(?s:.*)`)}`;
		case "exists": return `${name}${denied ? "=" : "!="}""`;
		case "cidr": {
			const terms = predicate.networks.map((network) => `${name}${equal}ip(${quote$2(network)})`);
			if (denied) return `(${name}="" or ${terms.length === 1 ? terms[0] : `(${terms.join(" and ")})`})`;
			return terms.length === 1 ? terms[0] ?? "" : `(${terms.join(" or ")})`;
		}
		case "fieldref": return refuse("fieldref", "a label is not compared with another");
	}
}
const OPERATORS$2 = {
	gt: ">",
	gte: ">=",
	lt: "<",
	lte: "<="
};
const OPPOSITES = {
	gt: "<=",
	gte: "<",
	lt: ">=",
	lte: ">"
};
const AROUND = {
	contains: [".*", ".*"],
	startswith: ["", ".*"],
	endswith: [".*", ""]
};
/** A string as Go writes it. */
function quote$2(text) {
	return JSON.stringify(text.toWellFormed());
}
// src/dialects/loki/rules.ts
/**
* Of a detection its flows; of a correlation the groups for which it holds over a time before the query's time: its timespan, or what is
* evaluated.
*/
function printRule$2(rule, words, evaluation) {
	return rule.kind === "correlation" ? correlate$2(rule, words, evaluation) : words.select(refuseDetector(rule));
}
/** A range that ends so long before the query's time, as it stands behind a selector. */
function rangeOf({ rangeMs, delayMs }) {
	return `[${duration(rangeMs)}]${delayMs === 0 ? "" : ` offset ${duration(delayMs)}`}`;
}
function correlate$2(rule, { name, select }, evaluation) {
	const { correlation, parts, any, groupBy } = windowed(rule);
	const { atLeast } = correlation;
	const range = rangeOf(evaluation ?? {
		rangeMs: correlation.timespanMs,
		delayMs: 0
	});
	const names = groupBy.map(name);
	const by = `by (${names.join(", ")})`;
	switch (correlation.type) {
		case "event_count": return `sum ${by} (count_over_time(${select(any)} ${range})) >= ${atLeast}`;
		case "value_count": {
			const field = name(correlation.field);
			return `count ${by} (${`sum by (${[...names, field].join(", ")}) (count_over_time(${select(any)} | ${field}!="" ${range}))`}) >= ${atLeast}`;
		}
		case "value_sum": {
			const field = name(correlation.field);
			return `sum ${by} (sum_over_time(${select(any)} | ${field}!="" | unwrap ${field} ${range})) >= ${atLeast}`;
		}
		case "temporal":
			if (atLeast !== parts.length) refuse("temporal", "only all of the parts can be asked for");
			return parts.map((part) => `(sum ${by} (count_over_time(${select(part)} ${range})) > 0)`).join(" and ");
	}
}
// src/dialects/loki/searches.ts
/**
* An instant query over the range before its time (by default the search's period), one sample for each group and measure. Groups by a field have
* its label; time (seconds since the epoch) and named values have labels of their own, with underscores for spaces. Several
* measures are told apart by the label `measure`; times of flows are ms since the epoch. A measure without a value has no
* sample.
*/
function printSearch$2(search, words, range = duration(search.periodMs)) {
	const { measures, outliers, sort, limit } = search;
	if (limit !== void 0 && sort === void 0) refuse("limit", "samples have no order but that of their values");
	const write = writer(search, words, `[${range}]`);
	const stand = outliers && standOut$1(write.measure(outliers.measure), outliers.deviations, write.groups);
	const keep = (text) => stand === void 0 ? text : `(${text}) and (${stand})`;
	const parts = measures.map((measure) => keep(write.measure(measure)));
	if (sort !== void 0 && limit !== void 0) {
		const order = keep(write.order(sort));
		const largest = `(${order}) >= on () group_left () min(topk(${limit}, ${order}))`;
		if (measures.length === 1) parts.splice(0, 1, `topk(${limit}, ${parts[0]})`);
		else parts.splice(0, parts.length, ...parts.map((part) => `(${part}) and (${largest})`));
	}
	const [only] = parts;
	if (parts.length > 1) return parts.map((part, index) => `label_replace(${part}, "measure", ${quote$2(measures[index]?.label ?? "")}, "", "")`).join(" or ");
	return sort !== void 0 && limit === void 0 ? `sort_desc(${only})` : only ?? "";
}
function writer({ condition, time, by }, words, range) {
	const columns = [...timeLabels(time), ...by.map((key) => groupLabel(key, words))];
	const formats = columns.flatMap(({ name, template }) => template === void 0 ? [] : `${name}=${quote$2(template)}`);
	const streams = `${words.select(condition)}${formats.length === 0 ? "" : ` | label_format ${formats.join(", ")}`}`;
	const names = columns.map(({ name }) => name);
	const byClause = (more = []) => {
		const all = [.../* @__PURE__ */ new Set([...names, ...more])];
		return all.length === 0 ? "" : `by (${all.join(", ")}) `;
	};
	const all = `sum ${byClause()}(count_over_time(${streams} ${range}))`;
	const selected = (where) => where === void 0 ? streams : `${streams} | ${words.filter(where)}`;
	const counted = (text) => `(${text} or ${all} * 0)`;
	const measure = (one) => {
		switch (one.kind) {
			case "count": return one.where === void 0 ? all : counted(`sum ${byClause()}(count_over_time(${selected(one.where)} ${range}))`);
			case "share": return `100 * ${counted(`sum ${byClause()}(count_over_time(${selected(one.where)} ${range}))`)} / ${all}`;
			case "distinct": {
				const field = words.name(one.field);
				return counted(`count ${byClause()}(sum ${byClause([field])}(count_over_time(${selected(one.where)} | ${field}!="" ${range})))`);
			}
			case "sum":
			case "min":
			case "max": {
				const field = words.name(one.field);
				const value = names.includes(field) ? `label_format flow_value="{{.${field}}}" | unwrap flow_value` : `unwrap ${field}`;
				const selection = `${selected(one.where)} | ${field}!="" | ${value}`;
				const text = `${one.kind} ${byClause()}(${one.kind}_over_time(${selection} ${range}))`;
				return one.kind === "sum" ? counted(text) : text;
			}
			default: {
				const function_ = one.kind === "earliest" ? "min" : "max";
				const times = `${streams} | label_format flow_time="{{ unixEpochMillis __timestamp__ }}" | unwrap flow_time`;
				return `${function_} ${byClause()}(${function_}_over_time(${times} ${range}))`;
			}
		}
	};
	const order = (one) => one.kind === "min" || one.kind === "max" ? `(${measure(one)} or ${all} * 0 - 1)` : measure(one);
	return {
		groups: by.map((key) => groupLabel(key, words).name),
		measure,
		order
	};
}
/** The label that tells groups apart. */
function groupLabel({ field, names, label }, words) {
	const stored = words.name(field);
	if (names === void 0) return {
		name: stored,
		template: void 0
	};
	const cases = [...names.cases].map(([value, name]) => `if eq .${stored} ${quote$2(String(value))} }}${name}`);
	return {
		name: label.replaceAll(" ", "_"),
		template: `{{ ${cases.join("{{ else ")}{{ else }}${names.otherwise}{{ end }}`
	};
}
/** Worked out of the seconds since the epoch, because dates are written in Loki's own time zone. 1 January 1970 was a Thursday. */
function timeLabels(time) {
	if (time === void 0) return [];
	const seconds = "(unixEpoch __timestamp__)";
	if (time.kind === "interval") return [{
		name: "Time",
		template: `{{ mul (div ${seconds} ${time.ms / 1e3}) ${time.ms / 1e3} }}`
	}];
	return [{
		name: "Weekday",
		template: `{{ add (mod (add (div ${seconds} 86400) 3) 7) 1 }}`
	}, {
		name: "Hour",
		template: `{{ mod (div ${seconds} 3600) 24 }}`
	}];
}
/** The samples above mean and deviations of their group; LogQL's own deviation is that of a whole, not of a sample. */
function standOut$1(text, deviations, groups) {
	const by = groups.length === 0 ? "" : `by (${groups.join(", ")}) `;
	const count = `count ${by}(${text})`;
	const deviation = `stddev ${by}(${text}) * (${count} / (${count} - 1)) ^ 0.5`;
	return `${text} > on (${groups.join(", ")}) group_left () (avg ${by}(${text}) + ${deviations} * ${deviation})`;
}
// src/dialects/loki/dialect.ts
/**
* LogQL of Loki, which keeps attributes as structured metadata, every value as text and every sign of a name that no label
* may have as an underscore.
*/
function lokiDialect(attributes) {
	const words = logqlWords(attributes);
	return {
		name: "loki",
		title: "Loki LogQL",
		rule: (rule) => printed(() => printRule$2(rule, words)),
		search: (search) => printed(() => printSearch$2(search, words)),
		files: ({ rules, searches, alerting: { lagMs, receiver } }) => /* @__PURE__ */ new Map([
			["detections.yml", ruleGroups$1(rules, words, lagMs)],
			["alertmanager.yml", alertmanagerConfig(receiver)],
			["searches.yml", searchList(searches, "Searches as instant queries for Loki 3 or newer. The label `measure` tells several measures apart. Searches over many groups need a higher max_query_series than 500.")]
		])
	};
}
function ruleGroups$1(rules, words, lagMs) {
	const groups = byInterval(rules.map(({ rule, query }) => {
		const evaluation = evaluationOf(rule, rulerInterval(rule), lagMs);
		const fields = rule.dedup === "group" ? [] : rule.dedup.map(words.name);
		const expr = rule.kind === "correlation" ? printRule$2(rule, words, evaluation) : `sum by (${fields.join(", ")}) (count_over_time(${query} ${rangeOf(evaluation)})) > 0`;
		return {
			rule,
			alert: {
				alert: rule.name,
				expr,
				labels: alertLabels(rule),
				annotations: alertAnnotations(rule)
			}
		};
	}));
	return `# Rules for the ruler of Loki 3 or newer. Correlations over many values need a higher max_query_series than 500.\n${(0, import_dist.stringify)({ groups }, { lineWidth: 0 })}`;
}
// src/dialects/splunk/conditions.ts
const SEARCH = "search `flowferry`";
/** SPL over events whose fields are the attributes, as the Collector's HEC exporter makes them. */
function spl(attributes) {
	const nameOf = (ref) => {
		const { name } = attributeOf(attributes, ref);
		if (!/^[\w.-]+$/.test(name)) refuse("field", `a field called ${JSON.stringify(name)} cannot be quoted`);
		return `'${name}'`;
	};
	const readOf = (ref) => {
		if (ref.name === "connectionDuration") return "(tonumber('flow.end') - tonumber('flow.connection.start'))";
		return ref.class === "number" ? `tonumber(${nameOf(ref)})` : nameOf(ref);
	};
	const syntax = {
		and: "AND",
		or: "OR",
		constant: (value) => value ? "1=1" : "1=0",
		predicate: (predicate, denied) => {
			const text = printPredicate$1(predicate, readOf);
			if (!denied) return text;
			if (predicate.kind === "exists") return `isnull(${readOf(predicate.field)})`;
			return `(${(predicate.kind === "fieldref" ? [predicate.field, predicate.other] : [predicate.field]).map((ref) => `isnull(${readOf(ref)})`).join(" OR ")} OR NOT (${text}))`;
		}
	};
	return {
		readOf,
		where: (condition) => printCondition(condition, syntax)
	};
}
function printPredicate$1(predicate, readOf) {
	const value = readOf(predicate.field);
	switch (predicate.kind) {
		case "one-of": {
			const { field, values } = predicate;
			if (field.class === "number") return isIn(value, values.map(String));
			if (field.class === "boolean") return isIn(`lower(${value})`, values.map((one) => `"${one}"`));
			if (!regardsCase(field, values)) return isIn(value, values.map((one) => quote$1(String(one))));
			return isIn(`lower(${value})`, folded(values).map(quote$1));
		}
		case "compare": return `${value} ${OPERATORS$1[predicate.operator]} ${predicate.value}`;
		case "text": {
			const [before, after] = ANCHORS$1[predicate.operator];
			return `match(lower(${value}), "${before}${literalPattern(predicate.value.toLowerCase())}${after}")`;
		}
		case "exists": return `isnotnull(${value})`;
		case "cidr": {
			const terms = predicate.networks.map((network) => {
				if (network.includes(":")) return refuse("cidr", "cidrmatch is for IPv4");
				return `cidrmatch("${network}", ${value})`;
			});
			return terms.length === 1 ? terms[0] ?? "" : `(${terms.join(" OR ")})`;
		}
		case "fieldref": {
			const other = readOf(predicate.other);
			if (predicate.field.class !== predicate.other.class) refuse("fieldref", "values of different types are never equal");
			return predicate.field.class === "text" ? `(lower(${value}) = lower(${other}))` : `(${value} = ${other})`;
		}
		case "re": return refuse("re", "match takes PCRE, which is not RE2");
	}
}
const OPERATORS$1 = {
	gt: ">",
	gte: ">=",
	lt: "<",
	lte: "<="
};
const ANCHORS$1 = {
	contains: ["", ""],
	startswith: ["^", ""],
	endswith: ["", "$"]
};
function isIn(value, values) {
	return values.length === 1 ? `${value} = ${values[0]}` : `in(${[value, ...values].join(", ")})`;
}
/** Each sign as it stands, without backslashes, which eval and the pattern would both take away. */
function literalPattern(text) {
	checkText(text);
	if (text.includes("^")) refuse("text", "a circumflex cannot be looked for");
	return text.replaceAll(/[$.*+?()[{|]/g, "[$&]");
}
function quote$1(text) {
	checkText(text);
	return `"${text}"`;
}
function checkText(text) {
	if (/["\\`$]|\p{Cc}/u.test(text)) refuse("text", "a text with quotes, backslashes, backticks, dollars or control characters is not taken literally");
}
// src/dialects/splunk/rules.ts
const HOUR_MS = 36e5;
/** The search of a detection gives its flows; that of a correlation the groups for which it holds over the time range of the search. */
function printRule$1(rule, spl) {
	if (rule.kind === "correlation") return correlate$1(rule, spl);
	return `${SEARCH} | where ${spl.where(refuseDetector(rule))}`;
}
function correlate$1(rule, { where, readOf }) {
	const { correlation, parts, any, groupBy } = windowed(rule);
	const { atLeast } = correlation;
	const keys = groupBy.map((ref) => `${ref.name.replaceAll(/\W/g, "_")} = coalesce(${readOf(ref)}, "")`);
	const head = `${SEARCH} | where ${where(any)}${keys.length === 0 ? "" : ` | eval ${keys.join(", ")}`}`;
	const names = groupBy.map((ref) => ref.name.replaceAll(/\W/g, "_"));
	const by = names.length === 0 ? "" : ` by ${names.join(" ")}`;
	switch (correlation.type) {
		case "event_count": return `${head} | stats count as flows${by} | where flows >= ${atLeast}`;
		case "value_count": return `${head} | eval value = ${readOf(correlation.field)} | stats dc(value) as values${by} | where values >= ${atLeast}`;
		case "value_sum": return `${head} | eval value = ${readOf(correlation.field)} | stats sum(value) as total${by} | where total >= ${atLeast}`;
		case "temporal": {
			if (atLeast !== parts.length) refuse("temporal", "only all of the parts can be asked for");
			const marks = parts.map((part, index) => `part_${index + 1} = if(${where(part)}, 1, 0)`);
			const sums = parts.map((_, index) => `sum(part_${index + 1}) as part_${index + 1}`);
			const all = parts.map((_, index) => `part_${index + 1} > 0`).join(" AND ");
			return `${head} | eval ${marks.join(", ")} | stats ${sums.join(", ")}${by} | where ${all}`;
		}
	}
}
function actions(receiver, rule) {
	if (!receiver.startsWith("#")) return ["action.webhook = 1", `action.webhook.param.url = ${receiver}`];
	const message = `${rule.level}: ${oneLine$1(rule.title)}. $results_link$`;
	return [
		"action.slack = 1",
		`action.slack.param.channel = ${receiver}`,
		`action.slack.param.message = ${message}`
	];
}
const SEVERITY = {
	informational: 1,
	low: 2,
	medium: 3,
	high: 4,
	critical: 6
};
/**
* Scheduled alerts. A detection asks for what was indexed in the five minutes before the last five, whenever it happened within a day: each
* flow is seen once, however late it comes. A correlation waits until its flows can have come. Runs that were missed are caught up with.
*/
function savedDetections(rules, attributes, { lagMs, receiver }) {
	return `# Goes into local/ of an app, beside macros.conf.\n\n${rules.map(({ rule, query }) => {
		const correlated = rule.kind === "correlation";
		const often = correlated && rule.correlation.timespanMs < HOUR_MS;
		const { rangeMs, delayMs } = evaluationOf(rule, often ? 6e4 : 3e5, lagMs);
		const fields = correlated ? rule.correlation.groupBy.map((name) => name.replaceAll(/\W/g, "_")) : rule.dedup === "group" ? [] : rule.dedup.map((ref) => attributeOf(attributes, ref).name);
		return `${[
			`[flowferry: ${rule.name}]`,
			`description = ${oneLine$1(rule.description)}`,
			`search = ${query}`,
			"enableSched = 1",
			`cron_schedule = ${often ? "*" : "*/5"} * * * *`,
			"realtime_schedule = 0",
			...correlated ? [`dispatch.earliest_time = -${(rangeMs + delayMs) / 1e3}s`, `dispatch.latest_time = -${delayMs / 1e3}s`] : [
				"dispatch.earliest_time = -24h",
				"dispatch.latest_time = +15m",
				"dispatch.index_earliest = -10m@5m",
				"dispatch.index_latest = -5m@5m"
			],
			"counttype = number of events",
			"relation = greater than",
			"quantity = 0",
			"alert.track = 1",
			"alert.digest_mode = 0",
			`alert.severity = ${SEVERITY[rule.level]}`,
			...fields.length === 0 ? [] : [
				"alert.suppress = 1",
				`alert.suppress.fields = ${fields.join(", ")}`,
				`alert.suppress.period = ${Math.max(rule.throttleMs, correlated ? rangeMs : 0) / 1e3}s`
			],
			...receiver === void 0 ? [] : actions(receiver, rule)
		].join("\n")}\n`;
	}).join("\n")}`;
}
// src/dialects/splunk/searches.ts
/**
* A search over its time range, each group one row. Times are computed from the epoch rather than binned, which would
* follow the time zone of who asks. `dc` counts exactly.
*/
function printSearch$1(search, spl) {
	const { condition, time, by, outliers, sort, limit } = search;
	const timed = timeColumns(time);
	const keys = by.map((key, index) => ({
		name: `key_${index + 1}`,
		heading: key.label,
		text: keyText(key, spl)
	}));
	const measures = search.measures.map((measure, index) => measured(measure, index + 1, spl));
	const nameOf = (measure) => `measure_${search.measures.indexOf(measure) + 1}`;
	const before = [...[...timed, ...keys].map(({ name, text }) => `${name} = ${text}`), ...measures.flatMap((one) => one.before)];
	const after = measures.flatMap((one) => one.after ?? []);
	const groups = [...timed, ...keys].map(({ name }) => name);
	const columns = [
		...timed,
		...keys,
		...search.measures.map((measure) => ({
			name: nameOf(measure),
			heading: measure.label
		}))
	];
	return [
		SEARCH,
		...condition.kind === "constant" && condition.value ? [] : [`where ${spl.where(condition)}`],
		...before.length === 0 ? [] : [`eval ${before.join(", ")}`],
		`stats ${measures.flatMap((one) => one.stats).join(", ")}${groups.length === 0 ? "" : ` by ${groups.join(" ")}`}`,
		...after.length === 0 ? [] : [`eval ${after.join(", ")}`],
		...outliers === void 0 ? [] : standOut(nameOf(outliers.measure), outliers, keys),
		...order(sort === void 0 ? void 0 : nameOf(sort), timed),
		...limit === void 0 ? [] : [`head ${limit}`],
		`table ${columns.map(({ name }) => name).join(" ")}`,
		`rename ${columns.map(({ name, heading }) => `${name} as ${heading === "_time" ? heading : `"${heading}"`}`).join(", ")}`,
		...search.measures.filter(({ kind }) => kind === "earliest" || kind === "latest").map(({ label }) => `fieldformat "${label}" = strftime('${label}', "%Y-%m-%d %H:%M:%S %z")`)
	].join(" | ");
}
function timeColumns(time) {
	if (time === void 0) return [];
	if (time.kind === "interval") {
		if (time.ms % 1e3 !== 0) refuse("interval", "the time of events is exact to the second only");
		const seconds = time.ms / 1e3;
		return [{
			name: "time",
			heading: "_time",
			text: `floor(_time / ${seconds}) * ${seconds}`
		}];
	}
	return [{
		name: "weekday",
		heading: "Weekday",
		text: "(floor(_time / 86400) + 3) % 7 + 1"
	}, {
		name: "hour",
		heading: "Hour",
		text: "floor(_time / 3600) % 24"
	}];
}
/** stats leaves out events without a field that it groups by. */
function keyText({ field, names }, { readOf }) {
	const read = readOf(field);
	if (names === void 0) return `coalesce(${read}, "")`;
	return `case(${[...[...names.cases].map(([value, shown]) => `${read} = ${typeof value === "number" ? value : quote$1(value)}, ${quote$1(shown)}`), `true(), ${quote$1(names.otherwise)}`].join(", ")})`;
}
function measured(measure, number, { where, readOf }) {
	const [name, value, part, all] = [
		`measure_${number}`,
		`value_${number}`,
		`part_${number}`,
		`all_${number}`
	];
	const condition = "where" in measure && measure.where !== void 0 ? where(measure.where) : void 0;
	switch (measure.kind) {
		case "count":
			if (condition === void 0) return {
				before: [],
				stats: [`count as ${name}`]
			};
			return {
				before: [`${value} = if(${condition}, 1, 0)`],
				stats: [`sum(${value}) as ${name}`]
			};
		case "share": return {
			before: [`${value} = if(${condition}, 1, 0)`],
			stats: [`sum(${value}) as ${part}`, `count as ${all}`],
			after: `${name} = 100 * ${part} / ${all}`
		};
		case "earliest": return {
			before: [],
			stats: [`min(_time) as ${name}`]
		};
		case "latest": return {
			before: [],
			stats: [`max(_time) as ${name}`]
		};
		default: {
			const read = readOf(measure.field);
			return {
				before: [`${value} = ${condition === void 0 ? read : `if(${condition}, ${read}, null())`}`],
				stats: [`${measure.kind === "distinct" ? "dc" : measure.kind}(${value}) as ${name}`]
			};
		}
	}
}
/** stdev is that of a sample. */
function standOut(name, { measure, deviations }, keys) {
	const parts = [
		`avg(${name}) as mean`,
		`stdev(${name}) as deviation`,
		`count(${name}) as intervals`
	];
	return [
		...measure.kind === "sum" ? [`eval ${name} = coalesce(${name}, 0)`] : [],
		`eventstats ${parts.join(", ")}${keys.length === 0 ? "" : ` by ${keys.map((key) => key.name).join(" ")}`}`,
		`where intervals > 1 AND ${name} > mean + ${deviations} * deviation`
	];
}
/** Largest first, groups without a value last: no measure is negative. */
function order(sort, timed) {
	if (sort !== void 0) return [`eval order = coalesce(${sort}, -1)`, "sort 0 -num(order)"];
	return timed.length === 0 ? [] : [`sort 0 ${timed.map(({ name }) => `num(${name})`).join(", ")}`];
}
function savedSearches(searches) {
	return `# Goes into local/ of an app, beside macros.conf.\n\n${searches.map(({ search, query }) => [
		`[flowferry: ${oneLine$1(search.title)}]`,
		`description = ${oneLine$1(search.description)}`,
		`search = ${query}`,
		`dispatch.earliest_time = -${duration(search.periodMs)}`,
		"dispatch.latest_time = now",
		"enableSched = 0",
		...display(search),
		""
	].join("\n")).join("\n")}`;
}
/** A chart draws numbers by one column of time or of groups; everything else is shown as a table. */
function display({ visualisation, time, by }) {
	const columns = by.length + (time === void 0 ? 0 : time.kind === "interval" ? 1 : 2);
	const shown = (type) => [
		"display.general.type = visualizations",
		"display.page.search.tab = visualizations",
		`display.visualizations.type = ${type}`
	];
	if (visualisation === "number") return shown("singlevalue");
	const timed = time?.kind === "interval";
	const chart = visualisation === "line" || visualisation === "area" || visualisation === "pie" ? visualisation : visualisation === "bar" ? timed ? "column" : "bar" : void 0;
	if (chart !== void 0 && columns === 1) return [...shown("charting"), `display.visualizations.charting.chart = ${chart}`];
	return ["display.general.type = statistics", "display.page.search.tab = statistics"];
}
// src/dialects/splunk/dialect.ts
const MACROS = "# Where the flows are: the index that the Collector's splunk_hec exporter writes to.\n[flowferry]\ndefinition = index=flowferry\n";
/** SPL over events whose fields are the attributes. The macro `flowferry` names the index. */
function splunkDialect(attributes) {
	const words = spl(attributes);
	return {
		name: "splunk",
		title: "Splunk SPL",
		rule: (rule) => printed(() => printRule$1(rule, words)),
		search: (search) => printed(() => printSearch$1(search, words)),
		files: ({ rules, searches, alerting }) => /* @__PURE__ */ new Map([
			["detections/savedsearches.conf", savedDetections(rules, attributes, alerting)],
			["detections/macros.conf", MACROS],
			["searches/savedsearches.conf", savedSearches(searches)],
			["searches/macros.conf", MACROS]
		])
	};
}
// src/dialects/victorialogs/conditions.ts
/** Not stored; worked out of two attributes, and no number when one is missing. */
const DURATION = "connectionDuration";
/** The pipe that works it out. */
const WORK_OUT_DURATION = `math "flow.end" - "flow.connection.start" as ${DURATION}`;
function logsqlWords(attributes) {
	const name = (ref) => ref.name === "connectionDuration" ? DURATION : quote(attributeOf(attributes, ref).name);
	const syntax = {
		and: "",
		or: "or",
		constant: (value) => value ? "*" : "!*",
		predicate: (predicate, denied) => `${denied ? "!" : ""}${printPredicate(predicate, name)}`
	};
	return {
		name,
		filter(condition) {
			const text = printCondition(condition, syntax);
			return condition.kind === "or" || condition.kind === "not" ? `(${text})` : text;
		}
	};
}
function printPredicate(predicate, nameOf) {
	const name = nameOf(predicate.field);
	switch (predicate.kind) {
		case "one-of": {
			const { field, values } = predicate;
			if (regardsCase(field, values)) return `${name}:~${quote(`(?i)^(?:${folded(values).map(escapeRegex).join("|")})$`)}`;
			const [only] = values;
			return values.length === 1 ? `${name}:=${quote(String(only))}` : `${name}:in(${values.map((value) => quote(String(value))).join(", ")})`;
		}
		case "compare": return `${name}:${OPERATORS[predicate.operator]}${predicate.value}`;
		case "text": {
			const text = escapeRegex(predicate.value.toLowerCase());
			const [before, after] = ANCHORS[predicate.operator];
			return `${name}:~${quote(`(?i)${before}${text}${after}`)}`;
		}
		case "re": {
			if (predicate.multiline) refuse("re", "ends of lines within a text are not found reliably");
			const flags = [predicate.ignoreCase && "i", predicate.dotAll && "s"];
			const unset = predicate.dotAll ? "" : "-s";
			return `${name}:~${quote(`(?${flags.filter((flag) => flag !== false).join("")}${unset})${predicate.pattern}`)}`;
		}
		case "exists": return `${name}:*`;
		case "cidr": {
			const ranges = predicate.networks.map((network) => {
				if (network.includes(":")) return refuse("cidr", "a range of IPv6 addresses is no filter");
				return `${name}:ipv4_range(${quote(network)})`;
			});
			return ranges.length === 1 ? ranges[0] ?? "" : `(${ranges.join(" or ")})`;
		}
		case "fieldref":
			if (predicate.field.class === "text") return refuse("fieldref", "two fields are compared with regard to case");
			return `(${name}:* ${name}:eq_field(${nameOf(predicate.other)}))`;
	}
}
const OPERATORS = {
	gt: ">",
	gte: ">=",
	lt: "<",
	lte: "<="
};
const ANCHORS = {
	contains: ["", ""],
	startswith: ["^", ""],
	endswith: ["", "$"]
};
function byClause(names) {
	return names.length === 0 ? "" : `by (${names.join(", ")}) `;
}
/** A string as Go writes it. */
function quote(text) {
	return JSON.stringify(text.toWellFormed());
}
// src/dialects/victorialogs/rules.ts
/**
* Of a detection its flows; of a correlation the groups for which it holds over a time before the query's time: its timespan, or what is
* evaluated.
*/
function printRule(rule, words, evaluation) {
	const derived = fieldsOf(rule).has(DURATION);
	if (rule.kind === "correlation") return derived ? refuse("field", `${DURATION} has to be worked out first`) : correlate(rule, words, evaluation);
	const text = words.filter(refuseDetector(rule));
	return derived ? `* | ${WORK_OUT_DURATION} | filter ${text}` : text;
}
/** A filter of time: a range that ends so long before the query's time. */
function timeFilter({ rangeMs, delayMs }) {
	return `_time:${duration(rangeMs)}${delayMs === 0 ? "" : ` offset ${duration(delayMs)}`}`;
}
function correlate(rule, { name, filter }, evaluation) {
	const { correlation, parts, any, groupBy } = windowed(rule);
	const { timespanMs, atLeast } = correlation;
	const head = `${timeFilter(evaluation ?? {
		rangeMs: timespanMs,
		delayMs: 0
	})} ${filter(any)}`;
	const by = byClause(groupBy.map(name));
	switch (correlation.type) {
		case "event_count": return `${head} | stats ${by}count() as flows | filter flows:>=${atLeast}`;
		case "value_count": return `${head} | stats ${by}count_uniq(${name(correlation.field)}) as distinct | filter distinct:>=${atLeast}`;
		case "value_sum": return `${head} | stats ${by}sum(${name(correlation.field)}) as total | filter total:>=${atLeast}`;
		case "temporal": {
			if (atLeast !== parts.length) refuse("temporal", "only all of the parts can be asked for");
			const counts = parts.map((part, index) => `count() if (${filter(part)}) as part_${index + 1}`);
			const all = parts.map((_, index) => `part_${index + 1}:>0`);
			return `${head} | stats ${by}${counts.join(", ")} | filter ${all.join(" ")}`;
		}
	}
}
// src/dialects/victorialogs/searches.ts
/** Labels have no underscores, so that these names are free. */
const ALL = "_all";
const GROUP = "_group";
const MEAN = "_mean";
const BOUND = "_bound";
const SQUARE = "_square";
const COUNT = "_count";
const OVER = "_over";
const HELPERS = [
	GROUP,
	MEAN,
	BOUND,
	COUNT,
	OVER
].join(", ");
const HOUR_NS = 36e11;
/** A query over the time range that it is asked for: a field for each group and measure, under their labels. */
function printSearch(search, words, { scope, missing } = {}) {
	const { condition, time, by, sort, limit } = search;
	const derived = fieldsOfSearch(search).has(DURATION);
	const filter = words.filter(condition);
	const keys = keysOf(by, words, missing);
	const base = [
		...derived ? [
			scope ?? "*",
			WORK_OUT_DURATION,
			`filter ${filter}`
		] : [scope === void 0 ? filter : `${scope} ${filter}`],
		...time?.kind === "hour-of-week" ? [hourOfWeek()] : [],
		...keys.flatMap(({ before }) => before),
		printStats(search, keys, words),
		...after(search.measures)
	];
	const renames = [...time?.kind === "interval" ? ["_time as Time"] : [], ...keys.flatMap(({ name, label }) => name === label ? [] : `${name} as ${label}`)];
	const times = time === void 0 ? [] : time.kind === "interval" ? ["Time"] : ["Weekday", "Hour"];
	const order = sort === void 0 ? times : [`${quote(sort.label)} desc`];
	const most = limit === void 0 ? [] : [`limit ${limit}`];
	return [
		...base,
		...search.outliers === void 0 ? [] : outliers(search.outliers, keys, base),
		...renames.length === 0 ? [] : [`rename ${renames.join(", ")}`],
		...order.length === 0 ? most : [[`sort by (${order.join(", ")})`, ...most].join(" ")]
	].join(" | ");
}
function keysOf(by, words, missing) {
	const taken = /* @__PURE__ */ new Set();
	return by.map(({ field, names, label: text }) => {
		const name = words.name(field);
		const label = quote(text);
		if (names !== void 0) {
			const cases = [...names.cases].map(([value, shown]) => `format if (${name}:=${quote(String(value))}) ${quote(shown)} as ${label}`);
			return {
				name: label,
				label,
				before: [`format ${quote(names.otherwise)} as ${label}`, ...cases]
			};
		}
		const apart = formOf(field.field) === "strings" ? [`unroll (${name})`] : [];
		const copy = [...apart, `copy ${name} as ${label}`];
		if (missing !== void 0) return {
			name: label,
			label,
			before: [...copy, `format if (${label}:"") ${quote(missing)} as ${label}`]
		};
		if (taken.has(name)) return {
			name: label,
			label,
			before: copy
		};
		taken.add(name);
		return {
			name,
			label,
			before: apart
		};
	});
}
/** 1 January 1970 was a Thursday. */
function hourOfWeek() {
	return `math floor(_time / ${HOUR_NS}) % 24 as Hour, (floor(_time / ${HOUR_NS * 24}) + 3) % 7 + 1 as Weekday`;
}
function printStats({ time, measures }, keys, words) {
	const groups = [...timeGroups(time), ...keys.map(({ name }) => name)];
	const functions = measures.map((measure) => `${printMeasure(measure, words)} as ${quote(measure.label)}`);
	if (measures.some(({ kind }) => kind === "share")) functions.push(`count() as ${ALL}`);
	return `stats ${byClause(groups)}${functions.join(", ")}`;
}
function timeGroups(time) {
	if (time === void 0) return [];
	return time.kind === "interval" ? [`_time:${duration(time.ms)}`] : ["Weekday", "Hour"];
}
function printMeasure(measure, words) {
	const where = "where" in measure && measure.where !== void 0 ? ` if (${words.filter(measure.where)})` : "";
	switch (measure.kind) {
		case "count":
		case "share": return `count()${where}`;
		case "distinct": return `count_uniq(${words.name(measure.field)})${where}`;
		case "earliest": return "min(_time)";
		case "latest": return "max(_time)";
		case "sum": return `sum(${words.name(measure.field)})${where}`;
		default: {
			const name = words.name(measure.field);
			const there = measure.where === void 0 ? `${name}:*` : `${name}:* ${words.filter(measure.where)}`;
			return `${measure.kind}(${name}) if (${there})`;
		}
	}
}
/** Counts become shares, and the sum of no values a number. */
function after(measures) {
	const shares = measures.filter(({ kind }) => kind === "share").map(({ label }) => `100 * ${quote(label)} / ${ALL} as ${quote(label)}`);
	const sums = measures.filter(({ kind }) => kind === "sum").map(({ label }) => `${quote(label)} default 0 as ${quote(label)}`);
	return [...shares.length + sums.length === 0 ? [] : [`math ${[...shares, ...sums].join(", ")}`], ...shares.length === 0 ? [] : [`delete ${ALL}`]];
}
/** Keeps what is above the mean and the deviations of its group, which are worked out from the same intervals. */
function outliers({ measure, deviations }, keys, base) {
	const value = quote(measure.label);
	const own = keys.length === 0 ? [`math 1 as ${GROUP}`] : [];
	const group = `by (${keys.length === 0 ? GROUP : keys.map(({ name }) => name).join(", ")})`;
	const means = [
		...base,
		...own,
		`stats ${group} avg(${value}) as ${MEAN}`
	].join(" | ");
	const bounds = [
		...base,
		...own,
		`join ${group} (${means})`,
		`math (${value} - ${MEAN}) * (${value} - ${MEAN}) as ${SQUARE}`,
		`stats ${group} avg(${value}) as ${MEAN}, sum(${SQUARE}) as ${SQUARE}, count() as ${COUNT}`,
		`filter ${COUNT}:>1`,
		`math ${MEAN} + (${deviations} * ((${SQUARE} / (${COUNT} - 1)) ^ 0.5)) as ${BOUND}`,
		`delete ${SQUARE}`
	].join(" | ");
	return [
		...own,
		`join ${group} (${bounds}) inner`,
		`math ${value} - ${BOUND} as ${OVER}`,
		`filter ${OVER}:>0`,
		`delete ${HELPERS}`
	];
}
// src/dialects/victorialogs/dialect.ts
/** LogsQL of VictoriaLogs, which keeps the names of attributes and stores every value as text. */
function victorialogsDialect(attributes) {
	const words = logsqlWords(attributes);
	return {
		name: "victorialogs",
		title: "VictoriaLogs LogsQL",
		rule: (rule) => printed(() => printRule(rule, words)),
		search: (search) => printed(() => printSearch(search, words)),
		files: ({ rules, searches, alerting: { lagMs, receiver } }) => /* @__PURE__ */ new Map([
			["detections.yml", ruleGroups(rules, words, lagMs)],
			["alertmanager.yml", alertmanagerConfig(receiver)],
			["searches.yml", searchList(searches, "Searches for VictoriaLogs 1.121 or newer; each asks about the time range of its query.")]
		])
	};
}
function ruleGroups(rules, words, lagMs) {
	const groups = byInterval(rules.map(({ rule, query }) => {
		const evaluation = evaluationOf(rule, rulerInterval(rule), lagMs);
		const fields = rule.dedup === "group" ? [] : rule.dedup.map(words.name);
		const expr = rule.kind === "correlation" ? printRule(rule, words, evaluation) : `${timeFilter(evaluation)} ${query} | stats ${byClause(fields)}count() as flows | filter flows:>0`;
		return {
			rule,
			alert: {
				alert: rule.name,
				expr,
				labels: alertLabels(rule),
				annotations: alertAnnotations(rule)
			}
		};
	})).map(({ name: group, ...rest }) => ({
		name: group,
		type: "vlogs",
		...rest
	}));
	return `# Rules for vmalert 1.106 or newer with VictoriaLogs as its datasource.\n${(0, import_dist.stringify)({ groups }, { lineWidth: 0 })}`;
}
// src/intake/tail/globs.ts
/**
* Key filters. `*` stands for any characters but `/`, `?` for one, `**` for any characters, a segment `**` also for no segment at
* all (`a/**` + `/b` takes `a/b`); a backslash takes the next character literally. A match costs at most pattern × key steps, which
* a regular expression with several wildcards would not keep to.
*/
function globMatcher(patterns) {
	const matchers = patterns.map((pattern) => matcher(parse(pattern)));
	return (key) => matchers.some((matches) => matches(key));
}
/** What is wrong with a pattern, or undefined. */
function globFault(pattern) {
	if (pattern === "") return "is empty";
	if (pattern.length > 1024) return "is longer than 1024 characters";
	const bare = pattern.replaceAll(/\\./gsu, "");
	if (bare.includes("\\")) return "ends in a backslash";
	const special = /[[\]{}]/.exec(bare)?.[0];
	return special && `holds ${special}, which means nothing here: write several patterns, or \\${special} for the character itself`;
}
const WILDCARDS = {
	"?": "one",
	"*": "any",
	"**": "anything",
	"**/": "folders"
};
function parse(pattern) {
	return [...pattern.matchAll(/(?<=^|\/)\*\*\/|\*\*|\\.|./gsu)].map(([text]) => {
		const kind = WILDCARDS[text];
		return kind === void 0 ? {
			kind: "literal",
			text: text.replace(/^\\(?=.)/su, "")
		} : {
			kind,
			text
		};
	});
}
/** Follows all positions that the pattern may have reached, side by side over the key: 1 at a position that is reached. */
function matcher(tokens) {
	const isWildcard = ({ kind }) => kind !== "literal";
	const textOf = (literals) => literals.map(({ text }) => text).join("");
	const beginning = textOf(tokens.slice(0, tokens.findIndex(isWildcard)));
	const end = textOf(tokens.slice(tokens.findLastIndex(isWildcard) + 1));
	let reached = new Uint8Array(tokens.length + 1);
	let next = new Uint8Array(tokens.length + 1);
	return (key) => {
		if (!key.startsWith(beginning) || !key.endsWith(end)) return false;
		reached.fill(0);
		enter(reached, tokens, 0);
		for (const character of key) {
			next.fill(0);
			let alive = false;
			for (let position = 0; position < tokens.length; position += 1) if (reached[position] === 1) alive = step(next, tokens, position, character) || alive;
			if (!alive) return false;
			[reached, next] = [next, reached];
		}
		return reached[tokens.length] === 1;
	};
}
/** Takes one character at one position; false if it does not match there. */
function step(next, tokens, position, character) {
	const { kind, text } = tokens[position];
	if (kind === "literal" ? text !== character : (kind === "one" || kind === "any") && character === "/") return false;
	if (kind === "folders") next[position] = 1;
	if (kind === "any" || kind === "anything") enter(next, tokens, position);
	else if (kind !== "folders" || character === "/") enter(next, tokens, position + 1);
	return true;
}
/** Reaches a position, and the ones after wildcards that may stand for nothing. */
function enter(positions, tokens, position) {
	positions[position] = 1;
	const kind = tokens[position]?.kind;
	if (kind === "any" || kind === "anything" || kind === "folders") enter(positions, tokens, position + 1);
}
// src/intake/directory/failures.ts
/** What this machine or a file server is short of for the moment, whatever file is asked for. */
const PASSING = /* @__PURE__ */ new Set([
	"EAGAIN",
	"EBUSY",
	"EINTR",
	"EMFILE",
	"ENFILE",
	"ENOMEM",
	"ETIMEDOUT",
	"EHOSTDOWN",
	"EHOSTUNREACH"
]);
const GONE = /* @__PURE__ */ new Set(["ENOENT", "ENOTDIR"]);
const isGone = (error) => GONE.has(codeOf(error));
/** Whether an error speaks of the one file or folder, and not of the machine. */
const isOwn = (error) => !PASSING.has(codeOf(error));
/** The failure of an error about the folder that is the bucket. */
function rootFailure(root, cause) {
	if (!isOwn(cause)) return new Failure("passing", "unreadable", `path: cannot list ${root}: ${fileErrorWords(cause)}`);
	const code = isGone(cause) ? "no-such-directory" : "unreadable";
	return new Failure("person", code, `path: cannot list ${root}: ${fileErrorWords(cause)}; see that it is there, mounted, and may be read, or correct path`);
}
/** The failure of an error about one file that a listing named, or about a folder on the way to it. */
function fileFailure(key, cause) {
	const code = codeOf(cause);
	if (isGone(cause)) return new Failure("object", "object-vanished", `${key} was removed after it was listed`, { gone: true });
	const line = `cannot read ${key}: ${fileErrorWords(cause)}`;
	if (!isOwn(cause)) return new Failure("passing", "unreadable", line);
	return new Failure("object", code === "EACCES" || code === "EPERM" ? "object-denied" : "object-unreadable", line);
}
// src/intake/directory/notices.ts
/** So many files of each kind of trouble are told of by name. */
const NAMED = 1e3;
/** Tells of what a directory does not hand out. */
function notices({ onEvent, onUnreadable }) {
	const passedOver = /* @__PURE__ */ new Set();
	const unreadable = /* @__PURE__ */ new Set();
	const count = (change) => {
		const before = unreadable.size;
		change();
		if (unreadable.size !== before) onUnreadable?.(unreadable.size);
	};
	return {
		passOver(key, reason) {
			if (passedOver.has(key) || passedOver.size >= NAMED) return;
			passedOver.add(key);
			onEvent({
				kind: "passed-over",
				key,
				message: `not read: ${reason}`
			});
		},
		listing({ prefix, startAfter, before, delimiter }) {
			const wasDue = (key) => key.startsWith(prefix) && delimiter === void 0 && (startAfter === void 0 || compareKeys(key, startAfter) > 0) && (before === void 0 || compareKeys(key, before) < 0);
			const met = /* @__PURE__ */ new Set();
			return {
				onLook(key, error) {
					if (error === void 0) {
						count(() => unreadable.delete(key));
						return;
					}
					met.add(key);
					if (unreadable.has(key) || unreadable.size > NAMED) return;
					const what = unreadable.size === NAMED ? "not read, nor are others that are not named" : "not read, while others are";
					count(() => unreadable.add(key));
					onEvent({
						kind: "unreadable",
						key,
						message: `${what}: ${fileErrorWords(error)}`
					});
				},
				end() {
					count(() => {
						for (const key of unreadable) if (wasDue(key) && !met.has(key)) unreadable.delete(key);
					});
				}
			};
		}
	};
}
// src/intake/directory/walk.ts
/** Keys of the files under the root, in the byte order of their UTF-8 forms. One folder at a time is held in memory for each level. */
function walk(options) {
	return walkFolder(options, "", [options.root]);
}
/** `chain`: where the folders on the way from the root down to this one really are. */
async function* walkFolder(options, folder, chain) {
	for (const { name, target } of await entriesOf(options, folder, chain)) {
		const key = folder + name;
		if (!isWanted(options, key) || options.ignores(name.replace(/\/$/, ""))) continue;
		if (target === void 0) yield key;
		else yield* walkFolder(options, key, [...chain, target]);
	}
}
/** Whether the bounds let a file, or something in a folder (then the key ends in a slash), through. */
function isWanted({ prefix, after, before }, key) {
	const isFolder = key.endsWith("/");
	if (!key.startsWith(prefix) && !(isFolder && prefix.startsWith(key))) return false;
	if (before !== void 0 && compareKeys(key, before) >= 0) return false;
	return after === void 0 || compareKeys(key, after) > 0 || isFolder && after.startsWith(key);
}
async function entriesOf(options, folder, chain) {
	const entries = [];
	for (const [name, kind] of await namesIn(options, folder)) {
		const path = join(chain.at(-1) ?? options.root, name);
		if (kind.isFile()) entries.push({ name });
		else if (kind.isDirectory()) entries.push({
			name: `${name}/`,
			target: path
		});
		else if (options.ignores(name) || ![name, `${name}/`].some((form) => isWanted(options, folder + form))) continue;
		else if (kind.isSymbolicLink()) entries.push(...await followLink(options, folder + name, path, chain));
		else options.passOver(folder + name, "it is neither a file nor a folder");
	}
	return entries.filter(({ name }) => isWanted(options, folder + name)).sort((a, b) => compareKeys(a.name, b.name));
}
/** Where the prefix says which folder comes next, only that one is looked at. */
async function namesIn({ root, prefix, passOver, onLook }, folder) {
	const path = join(root, folder);
	const slash = prefix.startsWith(folder) ? prefix.indexOf("/", folder.length) : -1;
	const names = [];
	try {
		if (slash >= 0) {
			const name = prefix.slice(folder.length, slash);
			if (name !== "" && name !== "." && name !== ".." && !name.includes("\0")) names.push([name, await lstat(join(path, name))]);
		} else for (const entry of await readdir(path, { withFileTypes: true })) {
			const { name } = entry;
			if (!name.includes("�") || await exists(join(path, name))) names.push([name, entry]);
			else passOver(folder + name, "its name is not UTF-8");
		}
		onLook(folder);
	} catch (error) {
		if (isGone(error) && (folder !== "" || slash >= 0)) return [];
		if (folder === "") throw rootFailure(root, error);
		if (!isOwn(error)) throw fileFailure(folder, error);
		onLook(folder, error);
	}
	return names;
}
/** Bytes that are not UTF-8 come out as U+FFFD; then there is no file of the name. */
function exists(path) {
	return lstat(path).then(() => true, () => false);
}
async function followLink({ root, passOver }, key, path, chain) {
	const name = key.slice(key.lastIndexOf("/") + 1);
	try {
		const target = await realpath(path);
		if (!isInside(target, root)) passOver(key, "it is a symbolic link out of the directory");
		else if ((await stat(target)).isFile()) return [{ name }];
		else if (chain.some((ancestor) => isInside(ancestor, target))) passOver(key, "it is a symbolic link into a folder that it lies in");
		else return [{
			name: `${name}/`,
			target
		}];
	} catch (cause) {
		passOver(key, `it is a symbolic link that leads nowhere (${codeOf(cause)})`);
	}
	return [];
}
/** Whether the path is the folder or lies in it. Both without symbolic links. */
function isInside(path, folder) {
	return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
// src/intake/directory/write.ts
/**
* Puts a local file under a key of the folder: written beside under a name that nobody reads, and renamed when all of it is on the disk.
* Throws Failure of the drawer `worker`.
*/
async function putFile(root, key, file) {
	const target = join(root, key);
	const folder = dirname(target);
	const beside = join(folder, `.${basename(target)}.tmp`);
	try {
		makeFolder(folder);
		await rm(beside, { force: true });
		await linkOrCopy(file, beside);
		await synced(beside);
		await rename(beside, target);
		await synced(folder);
	} catch (cause) {
		await rm(beside, { force: true }).catch(() => void 0);
		throw writeFailure(target, cause);
	}
}
async function removeFile(root, key) {
	const target = join(root, key);
	try {
		await rm(target, { force: true });
	} catch (cause) {
		throw writeFailure(target, cause);
	}
}
/** On another disk, or one that has no links, the file is copied. It is for this user alone either way. */
async function linkOrCopy(file, beside) {
	try {
		await link(file, beside);
	} catch (error) {
		if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOSPC") throw error;
		await copyFile(file, beside);
	}
}
async function synced(path) {
	const handle = await open(path, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
function writeFailure(target, cause) {
	return new Failure("worker", "directory-unwritable", `cannot write ${target}: ${fileErrorWords(cause)}`, { cause });
}
// src/intake/directory/source.ts
const PAGE_SIZE = 1e3;
const CHUNK_BYTES = 262144;
/** A folder that is tailed as a bucket is. */
const directory = {
	type: "directory",
	summary: "A folder of this machine, tailed as a bucket is",
	options: strictObject({
		path: string$1().min(1).describe("Folder that holds the objects, at any depth; relative to the configuration file. A key is the path in it, with `/`"),
		ignore: array(string$1().min(1)).default([
			".*",
			"*.tmp",
			"*.part",
			"lost+found"
		]).describe("Names of files and folders that are left out, such as files that are still being written; `*` and `?` are wildcards")
	}),
	create: directoryStore
};
/** A folder as a bucket. Throws UsageError if it is not there. */
async function directoryStore({ path, ignore }, dependencies) {
	const { baseDir, ledgerPath } = dependencies;
	const given = resolve(baseDir, path);
	const root = await rootOf(given);
	const isMount = await isMountPoint(root);
	const ignores = globMatcher(ignore);
	const { passOver, listing } = notices(dependencies);
	/** A folder that is not there lists nothing, which is not the same as an empty one: so it is with a folder that was a mount point. */
	const checkRoot = async () => {
		try {
			if (!(await stat(root)).isDirectory()) throw Object.assign(/* @__PURE__ */ new Error(), { code: "ENOTDIR" });
			if (!isMount || await isMountPoint(root)) return;
		} catch (cause) {
			throw rootFailure(root, cause);
		}
		throw new Failure("person", "no-such-directory", `path: nothing is mounted at ${root} any more: mount it again`);
	};
	/** Runs what asks for one file; where that is gone, the whole folder may be. */
	const asking = async (key, ask) => {
		try {
			return await ask();
		} catch (error) {
			if (error instanceof Failure) throw error;
			if (isGone(error)) await checkRoot();
			throw fileFailure(key, error);
		}
	};
	return {
		name: pathToFileURL(given).href,
		async *list(listOptions, signal) {
			const { prefix, startAfter, delimiter, before } = listOptions;
			await checkRoot();
			const isLedgers = await ledgerFiles(ledgerPath);
			const { onLook, end: endListing } = listing(listOptions);
			const cursor = {
				root,
				prefix,
				after: startAfter,
				before,
				ignores,
				passOver,
				onLook
			};
			let keys = [];
			let prefixes = [];
			for await (const key of walk(cursor)) {
				if (isLedgers(join(root, key))) {
					passOver(key, "it is the ledger of this worker, or belongs to it");
					continue;
				}
				const end = delimiter === void 0 ? -1 : key.indexOf(delimiter, prefix.length);
				if (delimiter !== void 0 && end >= 0) {
					const common = key.slice(0, end + delimiter.length);
					prefixes.push(common);
					cursor.after = endOf(common);
				} else keys.push(key);
				if (keys.length + prefixes.length < PAGE_SIZE) continue;
				signal.throwIfAborted();
				yield {
					objects: await objectsOf(root, keys, onLook),
					prefixes
				};
				keys = [];
				prefixes = [];
			}
			signal.throwIfAborted();
			if (keys.length + prefixes.length > 0) yield {
				objects: await objectsOf(root, keys, onLook),
				prefixes
			};
			endListing();
		},
		async open(object, signal) {
			const target = await asking(object.key, () => locate(root, object));
			check(object, await asking(object.key, () => stat(target, { bigint: true })));
			return read(object, () => asking(object.key, () => open(target)), signal);
		},
		async putFile(key, file) {
			await checkRoot();
			await putFile(root, key, file);
		},
		deleteObject: (key) => removeFile(root, key),
		close: async () => {}
	};
}
/** Says which files are the ledger and what lies beside it. `ledgerPath` may be a link, and may lead through links. */
async function ledgerFiles(ledgerPath) {
	if (ledgerPath === void 0) return () => false;
	const really = (path) => realpath(path).catch(() => path);
	const ledgers = [join(await really(dirname(ledgerPath)), basename(ledgerPath)), await really(ledgerPath)];
	return (path) => ledgers.some((ledger) => path === ledger || [`${ledger}-`, `${ledger}.`].some((start) => path.startsWith(start)));
}
async function rootOf(path) {
	try {
		const root = await realpath(path);
		if ((await stat(root)).isDirectory()) return root;
	} catch (cause) {
		throw new UsageError("no-such-directory", `path: ${path} is not there or may not be read (${codeOf(cause)}): create it, or correct the path`, { cause });
	}
	throw new UsageError("no-such-directory", `path: ${path} is not a directory`);
}
/** Whether another file system is mounted there than holds its parent. */
async function isMountPoint(path) {
	const [own, parent] = await Promise.all([stat(path), stat(dirname(path))]);
	return own.dev !== parent.dev;
}
/** Files that vanish between their listing and this are left out. */
async function objectsOf(root, keys, onLook) {
	return (await Promise.all(keys.map(async (key) => {
		try {
			const stats = await stat(join(root, key), { bigint: true });
			onLook(key);
			return stats.isFile() ? [{
				key,
				etag: etagOf(stats),
				size: Number(stats.size),
				time: timeOf(stats)
			}] : [];
		} catch (error) {
			if (isGone(error)) return [];
			if (!isOwn(error)) throw fileFailure(key, error);
			onLook(key, error);
			return [];
		}
	}))).flat();
}
/** A file has no version of its own: another size, time of writing (in ns) or inode makes another. */
function etagOf({ size, mtimeNs, ino }) {
	return [
		size,
		mtimeNs,
		ino
	].map((part) => part.toString(36)).join("-");
}
/** A file that is copied with its old time of writing is new all the same: its inode changes now. */
function timeOf({ mtimeMs, ctimeMs }) {
	return Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs);
}
/** Where the object's file really is. */
async function locate(root, object) {
	const target = await realpath(join(root, object.key));
	if (isInside(target, root)) return target;
	const message = `${object.key} is not in the directory any more: a symbolic link leads out of it`;
	throw new Failure("object", "object-vanished", message, { gone: true });
}
async function* read(object, openIt, signal) {
	const file = await openIt();
	try {
		const stats = await file.stat({ bigint: true });
		check(object, stats);
		const size = Number(stats.size);
		for (let at = 0; at < size;) {
			signal.throwIfAborted();
			const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - at));
			const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
			if (bytesRead === 0) throw changed(object);
			at += bytesRead;
			yield chunk.subarray(0, bytesRead);
		}
		check(object, await file.stat({ bigint: true }));
	} catch (error) {
		throw error instanceof Failure || signal.aborted ? error : fileFailure(object.key, error);
	} finally {
		await file.close();
	}
}
function check(object, stats) {
	if (etagOf(stats) !== object.etag) throw changed(object);
}
function changed({ key }) {
	const message = `${key} was written to after it was listed; its new version is read when it is listed`;
	return new Failure("object", "object-changed", message, { gone: true });
}
// src/intake/s3/answers.ts
/** A page of a listing that was asked for with url-encoded keys. Keys that are not UTF-8 are reported and left out. */
function toPage(answer, name, onEvent) {
	const decode = (key) => {
		if (key === void 0) throw notUnderstood$1(name, "holds an entry without a key");
		if (answer.EncodingType !== "url") return [key];
		try {
			return [decodeURIComponent(key.replaceAll("+", " "))];
		} catch {
			onEvent({
				kind: "passed-over",
				key,
				message: "not read: its key (here url-encoded) is not UTF-8"
			});
			return [];
		}
	};
	const objects = (answer.Contents ?? []).flatMap(({ Key, ETag, Size, LastModified }) => decode(Key).map((key) => {
		const time = LastModified?.getTime();
		if (ETag === void 0 || Size === void 0 || !(Size >= 0) || time === void 0 || Number.isNaN(time)) throw notUnderstood$1(name, `says of ${key} no ETag, Size or LastModified`);
		return {
			key,
			etag: unquoted(ETag),
			size: Size,
			time
		};
	}));
	if ((answer.KeyCount ?? 0) > 0 && !answer.Contents?.length && !answer.CommonPrefixes?.length) throw notUnderstood$1(name, `counts ${answer.KeyCount} keys and holds none`);
	return {
		objects,
		prefixes: (answer.CommonPrefixes ?? []).flatMap(({ Prefix }) => decode(Prefix))
	};
}
/** The bytes of an answer, if it holds what was asked for: this version, from this byte on. */
function toPiece(object, answer, from, total) {
	const { Body, ETag, ContentLength, ContentRange, ContentType } = answer;
	const bytes = Body;
	const size = total ?? ContentLength ?? object.size;
	const range = `bytes ${from}-${size - 1}/${size}`;
	const isRange = total === void 0 ? ContentRange === void 0 || ContentRange === range : ContentRange === range;
	if (bytes !== void 0 && ETag !== void 0 && unquoted(ETag) === object.etag && isRange) return {
		bytes,
		total: size
	};
	bytes?.on("error", () => {}).destroy();
	if (ETag === void 0) return { instead: `an answer without an entity tag, of type ${ContentType ?? "unknown"}` };
	if (unquoted(ETag) !== object.etag) return { instead: `the entity tag ${ETag}, and the type ${ContentType ?? "unknown"}` };
	return { instead: ContentRange === void 0 ? "the whole object" : ContentRange };
}
/** A proxy that compresses makes a tag weak. */
const unquoted = (etag) => etag.replace(/^W\//, "").replaceAll("\"", "");
// src/intake/s3/failures.ts
/** The store's answer in an error; undefined when there was none. */
function statusOf(failure) {
	return isServiceError(failure) ? failure.$metadata.httpStatusCode : void 0;
}
/** The failure of a failed call, by the code of the store's error, else by its status. */
function s3Failure(failure, call) {
	if (failure instanceof FlowferryError) return failure;
	if (isServiceError(failure)) return serviceFailure(failure, call);
	if (failure instanceof Error && CREDENTIALS_ERRORS.has(failure.name)) {
		const message = `${call.operation}: no credentials were found: ${CREDENTIALS_ADVICE}`;
		return new Failure("person", "not-authenticated", message, { cause: failure });
	}
	return networkFailure("network", `${call.operation} in bucket ${call.bucket}`, call.endpoint, failure);
}
const CREDENTIALS_ERRORS = /* @__PURE__ */ new Set([
	"CredentialsProviderError",
	"ProviderError",
	"TokenProviderError"
]);
const CREDENTIALS_ADVICE = "set accessKeyId and secretAccessKey, or auth, or what the AWS SDK looks for (AWS_ACCESS_KEY_ID, AWS_PROFILE, an instance role)";
function isServiceError(failure) {
	if (!(failure instanceof Error) || !("$metadata" in failure)) return false;
	return typeof failure.$metadata?.httpStatusCode === "number";
}
function serviceFailure(cause, call) {
	const { httpStatusCode: status, requestId } = cause.$metadata;
	const headers = cause.$response?.headers;
	const { drawer, code, advice } = BY_CODE[cause.name] ?? kmsMeaning(cause.name, call) ?? meaningOf(status, call);
	const id = requestId === void 0 ? "" : ` (request ${requestId})`;
	const line = `${call.operation} in bucket ${call.bucket} at ${call.endpoint}: ${said(cause, headers?.["content-type"])}${id}`;
	return new Failure(drawer, code, advice === "" ? line : `${line}; ${advice}`, {
		cause,
		retryAfterMs: readRetryAfter(headers?.["retry-after"])
	});
}
/** Names that the SDK gives to what is no error of the S3 protocol: a page, nothing, JSON. Its words then are about itself. */
const NAMES_OF_THE_SDK = /* @__PURE__ */ new Set([
	"Error",
	"TypeError",
	"SyntaxError",
	"Unknown",
	"UnknownError",
	"NotFound"
]);
const LONGEST_WORDS = 300;
/** Status, code and words of the store. */
function said(cause, type) {
	const { httpStatusCode: status } = cause.$metadata;
	if (NAMES_OF_THE_SDK.has(cause.name)) return `${status} with a body that is not of the S3 protocol (${type ?? "of no type"})`;
	const words = cause.message === cause.name ? "" : cause.message.replaceAll(/\s+/g, " ").trim().slice(0, LONGEST_WORDS);
	return [
		status,
		cause.name,
		words
	].filter(Boolean).join(" ");
}
const passing = (code) => ({
	drawer: "passing",
	code,
	advice: ""
});
const person = (code, advice) => ({
	drawer: "person",
	code,
	advice
});
const object = (code, advice) => ({
	drawer: "object",
	code,
	advice
});
function meaningOf(status, { of }) {
	if (of === "object" && drawerOfObjectStatus(status) === "object") {
		if (status === 403) return object("object-denied", "its owner, a policy or its key forbids it: allow the credentials to get it");
		if (status === 404) return object("object-missing", "the listing still names it: a store may show an object late");
		return object("object-refused", "");
	}
	const drawer = drawerOfStatus(status);
	if (drawer === "passing") return passing(status === 429 ? "too-many-requests" : "service-unavailable");
	if (drawer === void 0 || drawer === "not-understood") return {
		drawer: "not-understood",
		code: "bad-answer",
		advice: "check endpoint, and what stands between"
	};
	if (status === 401) return person("not-authenticated", CREDENTIALS_ADVICE);
	if (status === 403) return person("not-authorized", "the credentials must be allowed to list the bucket and to get its objects");
	if (status < 400) return person("wrong-region", "set region and endpoint to the bucket's");
	if (status === 404) return person("bucket-not-found", "check bucket and endpoint");
	return person("refused", "check bucket, endpoint and region");
}
/** A key of encryption that is switched off or deleted is the trouble of the objects that it encrypts. */
function kmsMeaning(name, { of }) {
	if (of === "bucket" || !/^kms/i.test(name) || /throttl|unavailable|internal/i.test(name)) return void 0;
	return object("object-undecryptable", "the key that encrypts it has to be enabled, and the credentials allowed to use it");
}
/**
* Where the code of the S3 error says more than the status: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList.
* What it says of the bucket or of the credentials holds of each object, too.
*/
const BY_CODE = {
	NoSuchBucket: person("bucket-not-found", "check bucket and endpoint"),
	InvalidBucketName: person("bucket-not-found", "check bucket"),
	AllAccessDisabled: person("not-authorized", "the store has disabled all access to the bucket"),
	AccountProblem: person("not-authorized", "there is a problem with the account: see what its provider says"),
	InvalidAccessKeyId: person("not-authenticated", "the store does not know accessKeyId: check it, and that it belongs to this endpoint"),
	SignatureDoesNotMatch: person("not-authenticated", "check secretAccessKey, and region if the store wants its own"),
	ExpiredToken: person("not-authenticated", "the session token has expired: renew the credentials"),
	InvalidToken: person("not-authenticated", "the session token is refused: renew the credentials"),
	TokenRefreshRequired: person("not-authenticated", "the session token has expired: renew the credentials"),
	RequestTimeTooSkewed: person("not-authenticated", "this machine's clock is off: start its time synchronisation"),
	RequestExpired: person("not-authenticated", "this machine's clock is off: start its time synchronisation"),
	AuthorizationHeaderMalformed: person("wrong-region", "set region to the bucket's"),
	PermanentRedirect: person("wrong-region", "set region and endpoint to the bucket's"),
	IllegalLocationConstraintException: person("wrong-region", "set region and endpoint to the bucket's"),
	SlowDown: passing("too-many-requests"),
	Throttling: passing("too-many-requests"),
	ThrottlingException: passing("too-many-requests"),
	RequestLimitExceeded: passing("too-many-requests"),
	RequestTimeout: passing("service-unavailable"),
	InternalError: passing("service-unavailable"),
	InvalidObjectState: object("object-archived", "it is in an archive class: restore it, and it is read")
};
// src/intake/s3/options.ts
const s3Options = (auth) => strictObject({
	bucket: string$1().min(1).describe("Name of the bucket"),
	endpoint: urlWithoutUser(url(), "set accessKeyId and secretAccessKey").optional().describe("Base URL of a store other than AWS: IBM COS, Ceph, MinIO, OCI's S3 endpoint"),
	region: string$1().min(1).optional().describe("Region that requests are signed for; by default AWS_REGION or that of the AWS profile, with an `endpoint` us-east-1"),
	forcePathStyle: boolean().optional().describe("Put the bucket into the path of the URL instead of the host name; by default yes with an `endpoint`, else no"),
	accessKeyId: string$1().min(1).optional().describe("Access key, together with `secretAccessKey`; by default what the AWS SDK finds"),
	secretAccessKey: secret(string$1().min(1)).optional().describe("Secret of the access key; better as a variable of the environment than in the file"),
	sessionToken: secret(string$1().min(1)).optional().describe("Session token of temporary credentials"),
	auth: auth.optional().describe("Another way to authenticate than access keys"),
	allowInsecure,
	connectTimeoutMs: int().positive().default(1e4).describe("How long to wait for a connection, in ms"),
	timeoutMs: int().positive().default(6e4).describe("How long to wait for an answer or its next bytes, in ms")
});
/** Throws UsageError for options that contradict each other. */
function credentialsOf({ accessKeyId, secretAccessKey, sessionToken, auth, endpoint, allowInsecure }) {
	if (accessKeyId === void 0 !== (secretAccessKey === void 0)) throw new UsageError("bad-options", "accessKeyId and secretAccessKey belong together: set both, or neither for what the AWS SDK finds");
	if (sessionToken !== void 0 && accessKeyId === void 0) throw new UsageError("bad-options", "sessionToken belongs to an accessKeyId and a secretAccessKey: set all three");
	if (auth !== void 0 && accessKeyId !== void 0) throw new UsageError("bad-options", "accessKeyId and auth are two ways to authenticate: remove one");
	if (auth !== void 0 && endpoint === void 0) throw new UsageError("bad-options", `auth: ${auth.type} needs the endpoint of the bucket's region`);
	const token = auth !== void 0 ? "the token" : sessionToken !== void 0 ? "the session token" : void 0;
	if (token !== void 0 && endpoint !== void 0 && !allowInsecure && isReadable(new URL(endpoint))) throw insecure("endpoint", new URL(endpoint), token);
	if (accessKeyId === void 0 || secretAccessKey === void 0) return {};
	return { credentials: {
		accessKeyId,
		secretAccessKey,
		...sessionToken === void 0 ? {} : { sessionToken }
	} };
}
function regionOf({ region, endpoint }, env) {
	const known = region ?? env.AWS_REGION ?? (endpoint === void 0 ? void 0 : "us-east-1");
	return known === void 0 ? {} : { region: known };
}
// src/intake/s3/source.ts
/** So many pages without a key may follow one another: a store steps over what was deleted. */
const EMPTY_PAGES = 1e4;
/** A bucket of a store that speaks the protocol of AWS S3, with a way to authenticate beside access keys. */
function s3With(auth) {
	return {
		type: "s3",
		summary: "A bucket of AWS S3, IBM Cloud Object Storage, Ceph, or another store that speaks the S3 protocol",
		options: s3Options(auth.options),
		check(options) {
			credentialsOf(options);
			if (options.auth !== void 0) auth.check(options.auth);
		},
		create: async (options, dependencies) => s3Store(options, options.auth && await auth.open(options.auth, dependencies), dependencies)
	};
}
const nothing = () => {};
const SILENT = {
	debug: nothing,
	info: nothing,
	warn: nothing,
	error: nothing
};
/** Nothing is asked of the store before the first listing or reading. Throws UsageError. */
async function s3Store(options, tokens, { env, onEvent, secrets }) {
	const { bucket, endpoint } = options;
	const credentials = credentialsOf(options);
	const [sdk, { s3Transport }] = await Promise.all([import("@aws-sdk/client-s3"), import("./transport-BJfjAdww.js")]);
	const name = `s3://${endpoint === void 0 ? "s3.amazonaws.com" : new URL(endpoint).host}/${bucket}`;
	const transport = s3Transport({
		...options,
		env,
		secrets,
		name
	});
	const client = new sdk.S3Client({
		...credentials,
		...tokens === void 0 ? {} : bearer(tokens),
		...regionOf(options, env),
		...endpoint === void 0 ? {} : { endpoint },
		forcePathStyle: options.forcePathStyle ?? endpoint !== void 0,
		requestChecksumCalculation: "WHEN_REQUIRED",
		responseChecksumValidation: "WHEN_REQUIRED",
		maxAttempts: 1,
		logger: SILENT,
		requestHandler: transport.requestHandler
	});
	await checkRegion(client);
	const failed = (failure, operation, of, signal) => {
		signal.throwIfAborted();
		const status = statusOf(failure);
		if (status === 401 || status === 403) tokens?.refused();
		return s3Failure(failure, {
			operation,
			of,
			bucket,
			endpoint: endpoint === void 0 ? "AWS" : shownUrl(endpoint)
		});
	};
	const listPage = async ({ prefix, startAfter, delimiter }, { token, limit }, signal) => {
		const command = new sdk.ListObjectsV2Command({
			Bucket: bucket,
			EncodingType: "url",
			...prefix === "" ? {} : { Prefix: prefix },
			...startAfter === void 0 ? {} : { StartAfter: startAfter },
			...delimiter === void 0 ? {} : { Delimiter: delimiter },
			...limit === void 0 ? {} : { MaxKeys: limit },
			...token === void 0 ? {} : { ContinuationToken: token }
		});
		try {
			return await client.send(command, { abortSignal: signal });
		} catch (failure) {
			throw failed(failure, "ListObjectsV2", "bucket", signal);
		}
	};
	const requests = {
		place: `in bucket ${bucket}`,
		async get(object, from, total, signal) {
			const command = new sdk.GetObjectCommand({
				Bucket: bucket,
				Key: object.key,
				IfMatch: `"${object.etag}"`,
				...total === void 0 ? {} : { Range: `bytes=${from}-${total - 1}` }
			});
			try {
				return toPiece(object, await client.send(command, { abortSignal: signal }), from, total);
			} catch (error) {
				return absentOrThrow(failed(error, `GetObject ${object.key}`, "object", signal), statusOf(error));
			}
		},
		async find(key, signal) {
			const { objects } = toPage(await listPage({ prefix: key }, { limit: 1 }, signal), name, onEvent);
			return objects.find((object) => object.key === key);
		}
	};
	return {
		name,
		async *list(options, signal) {
			const { prefix, before } = options;
			const guard = pageGuard(name, prefix, EMPTY_PAGES);
			const wanted = (key) => before === void 0 || compareKeys(key, before) < 0;
			let token;
			do {
				const answer = await listPage(options, { token }, signal);
				const { objects, prefixes } = guard(toPage(answer, name, onEvent));
				const page = {
					objects: objects.filter(({ key }) => wanted(key)),
					prefixes: prefixes.filter(wanted)
				};
				yield page;
				const isLast = !answer.IsTruncated || page.objects.length + page.prefixes.length < objects.length + prefixes.length;
				const next = isLast ? void 0 : answer.NextContinuationToken;
				if (!isLast && (next === void 0 || next === token)) throw notUnderstood$1(name, "is cut short, and does not say how it goes on");
				token = next;
			} while (token !== void 0);
		},
		open: (object, signal) => openObject(requests, object, signal),
		async putFile(key, file, signal) {
			const { size } = await stat(file);
			const Body = createReadStream(file);
			const command = new sdk.PutObjectCommand({
				Bucket: bucket,
				Key: key,
				Body,
				ContentLength: size
			});
			try {
				const { ETag } = await client.send(command, { abortSignal: signal });
				if (ETag === void 0) throw notUnderstood$1(name, `answers to PutObject ${key} without saying that it has it`);
			} catch (error) {
				throw failed(error, `PutObject ${key}`, "bucket", signal);
			} finally {
				Body.destroy();
			}
		},
		async deleteObject(key, signal) {
			try {
				await client.send(new sdk.DeleteObjectCommand({
					Bucket: bucket,
					Key: key
				}), { abortSignal: signal });
			} catch (error) {
				throw failed(error, `DeleteObject ${key}`, "bucket", signal);
			}
		},
		async close() {
			client.destroy();
			await Promise.all([transport.close(), tokens?.close()]);
		}
	};
}
async function checkRegion(client) {
	try {
		await client.config.region();
	} catch (cause) {
		throw new UsageError("bad-options", "region: the bucket's region is not known: set region, or AWS_REGION", { cause });
	}
}
/** Signs by an IAM token. The SDK wants credentials all the same, and does not use them. */
function bearer({ token }) {
	return {
		credentials: {
			accessKeyId: "unused",
			secretAccessKey: "unused"
		},
		signer: async () => ({ sign: async (request) => {
			request.headers.authorization = `Bearer ${await token()}`;
			return request;
		} })
	};
}
// src/intake/tail/flat.ts
/** So many objects behind the look-back are told from late ones. */
const KNOWN_BEHIND$1 = 4096;
/**
* `from`: store time at which objects begin to count as new, unset until a pass has come to its end; `behind`: what is known before it;
* `older`: how many objects were listed before the beginning of `behind`. In mid-pass also `next`: the same as `from` for the next pass, so
* far; `after`: the last key of the last page that was handed out.
*/
const markSchema$1 = object$1({
	from: number().optional(),
	behind: behindSchema.optional(),
	older: object$1({
		begin: string$1(),
		count: number()
	}).optional(),
	next: number().optional(),
	after: string$1().optional()
});
const orderOf = (time) => new Date(time).toISOString();
const groupOf = (time) => orderOf(time).slice(0, 13);
/**
* Any keys under `prefix`, but for those that begin with one of `holes`: each pass lists all of them; new is what is not seen and was
* stored after the newest object that the pass before could rely on, less the look-back. The first pass takes everything. What is older
* and not known came late, or with an old time, and is taken too.
*/
function flatTail(tail, prefix, holes = []) {
	const { settings, now, onEvent } = tail;
	const partition = `${prefix}*`;
	/** The window moves in steps: its mark holds what is known, and is not written anew for each object. */
	const stepMs = settings.lookBackMs / 8;
	return async function* (seen, signal) {
		const mark = markSchema$1.parse(JSON.parse(seen.mark(partition) ?? "{}"));
		const since = settings.since === void 0 ? 0 : bounded(settings.since - settings.lookBackMs);
		const isFirst = mark.from === void 0;
		const from = mark.from ?? 0;
		const started = now();
		let next = Math.max(from, mark.next ?? 0);
		const begin = next > 0 ? orderOf(next) : settings.since === void 0 ? "" : orderOf(since);
		const behind = new Behind(mark.behind, begin, KNOWN_BEHIND$1);
		const older = {
			begin: behind.begin,
			count: 0
		};
		/** What was met and is not behind the next window yet. */
		let inside = [];
		const late = reportLate(tail, partition);
		for await (const page of listAround(tail, prefix, holes, mark.after, signal)) {
			const listed = [];
			const before = next;
			for (const object of page) {
				const time = bounded(object.time);
				const order = orderOf(time);
				if (mark.after === void 0 && wasThereBefore(object, started)) next = Math.max(next, bounded(time - settings.lookBackMs));
				if (order < older.begin && time < from && time >= since && settings.accepts(object.key)) older.count += 1;
				if (time < from && order < behind.begin) continue;
				const number = numberOf(object);
				if (time < from && behind.has(number)) continue;
				if (time < next) behind.add(groupOf(time), number);
				else inside.push({
					time,
					number
				});
				if (time >= since) listed.push({
					...object,
					order
				});
			}
			const found = newOf(tail, listed, seen);
			for (const object of found) {
				if (bounded(object.time) >= from) continue;
				late.object(object, `it was stored at ${object.order}, the look-back begins at ${orderOf(from)}`);
			}
			if (next > before) {
				for (const { time, number } of inside) if (time < next) behind.add(groupOf(time), number);
				inside = inside.filter(({ time }) => time >= next);
			}
			const after = page.at(-1)?.key;
			if (found.length === 0 || after === void 0) continue;
			const objects = found.sort((a, b) => a.order < b.order ? -1 : a.order > b.order ? 1 : 0);
			const horizon = isFirst ? next : from;
			yield {
				partition,
				objects,
				mark: JSON.stringify({
					from: mark.from,
					behind: behind.state(),
					older: mark.older,
					next,
					after
				}),
				forgetBefore: orderOf(horizon)
			};
		}
		late.end();
		const isWhole = mark.after === void 0;
		if (isWhole && mark.older?.begin === older.begin && older.count > mark.older.count) {
			const message = `${older.count - mark.older.count} more objects than before were stored before ${older.begin}: too far back to tell which of them came late, so they are not read; \`flowferry replay --since\` reads a span of time again`;
			onEvent({
				kind: "late-object",
				key: partition,
				message
			});
		}
		const moved = isFirst || next - from >= stepMs ? next : from;
		const counted = isWhole ? behind.begin === older.begin && older.begin !== "" ? older : void 0 : mark.older;
		const isOpen = from === 0 && moved <= since;
		const complete = JSON.stringify(isOpen ? { from } : {
			from: moved,
			behind: behind.state(),
			older: counted
		});
		if (complete !== seen.mark(partition)) yield {
			partition,
			objects: [],
			mark: complete,
			forgetBefore: orderOf(isOpen ? from : moved)
		};
	};
}
/** The objects under `prefix` after `after`, page by page, without the keys that begin with a hole; what is in a hole is not listed. */
async function* listAround({ store }, prefix, holes, after, signal) {
	let startAfter = after;
	for (const hole of [...holes.toSorted(compareKeys), void 0]) {
		const options = {
			prefix,
			...startAfter === void 0 ? {} : { startAfter }
		};
		if (hole === void 0) for await (const { objects } of store.list(options, signal)) yield outside(objects, holes);
		else if (startAfter === void 0 || compareKeys(startAfter, hole) < 0) for await (const { objects } of store.list({
			...options,
			before: hole
		}, signal)) {
			const earlier = objects.filter(({ key }) => compareKeys(key, hole) < 0);
			yield outside(earlier, holes);
			if (earlier.length < objects.length) break;
		}
		if (hole !== void 0 && (startAfter === void 0 || compareKeys(startAfter, `${hole}~`) < 0)) startAfter = `${hole}~`;
	}
}
const outside = (objects, holes) => holes.length === 0 ? objects : objects.filter(({ key }) => !holes.some((hole) => key.startsWith(hole)));
// src/intake/tail/flat-ordered.ts
/** So many objects behind the look-back are told from late ones. */
const KNOWN_BEHIND = 4096;
/** `start`: the listing begins after this key; `behind`: what is known up to it; `far`: what comes in before that. */
const markSchema = object$1({
	start: string$1().optional(),
	behind: behindSchema.optional(),
	far: farSchema.optional()
});
/**
* Keys under `prefix` of which the operator says that newer objects have higher ones: a pass lists from the first page of keys whose
* store times lie inside the look-back, and now and then what is behind it, for what came late.
*/
function flatOrderedTail(tail, prefix) {
	const { store, settings, now } = tail;
	const partition = `${prefix}*ordered`;
	const since = settings.since === void 0 ? Number.NEGATIVE_INFINITY : settings.since - settings.lookBackMs;
	const lateSweep = every(settings.lateSweepMs);
	const found = (page, seen) => newOf(tail, page.filter(({ time }) => time >= since), seen).map((object) => ({
		...object,
		order: object.key
	}));
	return async function* (seen, signal) {
		const mark = markSchema.parse(JSON.parse(seen.mark(partition) ?? "{}"));
		let { start } = mark;
		const behind = new Behind(mark.behind, start ?? "", KNOWN_BEHIND);
		const started = now();
		const far = new Far(mark.far, started, start ?? "");
		const state = () => {
			if (start === void 0) return {};
			const beyond = mark.start === void 0 ? {} : { far: far.state() };
			return {
				mark: JSON.stringify({
					start,
					behind: behind.state(),
					...beyond
				}),
				forgetBefore: start
			};
		};
		const isDue = lateSweep.isDue(started);
		if (start !== void 0 && (isDue || far.isDue(behind.beginSoon))) {
			const known = behind.asOfNow();
			yield* sweep(start, known);
			far.swept(started, known.begin, start);
			yield* nameMissed();
		}
		if (isDue) lateSweep.done(started);
		let newest;
		let after = start ?? "";
		const inside = [];
		for await (const { objects: page } of store.list({
			prefix,
			...after === "" ? {} : { startAfter: after }
		}, signal)) {
			for (const object of page) if (wasThereBefore(object, started)) newest = later(newest, object.time);
			const objects = found(page, seen);
			const times = page.map(({ time }) => time).filter((time) => time <= now() + settings.lookBackMs);
			inside.push({
				after,
				objects: page,
				newest: Math.max(...times)
			});
			after = page.at(-1)?.key ?? after;
			while (newest !== void 0 && newest > since && inside[0] !== void 0 && inside[0].newest < newest - settings.lookBackMs) {
				const left = inside.shift();
				start = left.objects.at(-1)?.key ?? start;
				for (const object of left.objects) behind.add(left.after, numberOf(object));
			}
			if (objects.length > 0) yield {
				partition,
				objects,
				...state()
			};
		}
		const last = state();
		if (last.mark !== seen.mark(partition)) yield {
			partition,
			objects: [],
			...last
		};
		/** What is not known among the keys that are remembered, up to the window's. */
		async function* sweep(bound, known) {
			const late = reportLate(tail, partition);
			const from = known.begin === "" ? {} : { startAfter: known.begin };
			for await (const page of store.list({
				prefix,
				...from,
				before: `${bound}!`
			}, signal)) {
				const unknown = [];
				for (const object of page.objects) {
					if (compareKeys(object.key, bound) > 0 || compareKeys(object.key, known.begin) <= 0) continue;
					const number = numberOf(object);
					if (known.has(number)) continue;
					behind.add(bound, number);
					unknown.push(object);
				}
				const objects = found(unknown, seen);
				for (const object of objects) late.object(object, `the look-back begins after ${bound}`);
				if (objects.length > 0) yield {
					partition,
					objects,
					...state()
				};
			}
			late.end();
		}
		/** Now and then: lists what lies further back than is known, and names what came in there. */
		async function* nameMissed() {
			const end = far.end(started);
			if (end === void 0) return;
			const missed = reportMissed(tail, partition);
			for await (const { objects } of store.list({
				prefix,
				before: `${end}!`
			}, signal)) {
				const beyond = objects.filter((object) => {
					const bound = far.bound(object);
					return bound !== void 0 && compareKeys(object.key, bound) <= 0;
				});
				for (const object of found(beyond, seen)) missed.object(object, `what is remembered begins after ${behind.begin}`);
			}
			missed.end();
			far.told();
			yield {
				partition,
				objects: [],
				...state()
			};
		}
	};
}
// src/intake/tail/options.ts
const glob = string$1().superRefine((pattern, context) => {
	const fault = globFault(pattern);
	if (fault !== void 0) context.addIssue({
		code: "custom",
		message: `"${pattern}" ${fault}`
	});
});
/** Options of tailing, the same for every bucket. */
const tailOptions = (layouts) => strictObject({
	prefix: string$1().max(1024).default("").describe("Only keys that begin with this"),
	include: array(glob).min(1).optional().describe("Only keys that match one of these patterns: `*` any characters but `/`, `**` any characters, `?` one character"),
	exclude: array(glob).optional().describe("No keys that match one of these patterns; it wins over `include`"),
	layout: _enum([
		"auto",
		...layouts.map(({ name }) => name),
		"flat"
	]).default("auto").describe(`How keys tell what is new. ${layouts.map(({ name, summary }) => `\`${name}\`: ${summary}. `).join("")}\`flat\`: any keys; every pass lists all of them. \`auto\`: the others wherever such folders stand under \`prefix\`, and flat for all other keys`),
	keys: _enum(["any", "time-ordered"]).default("any").describe("With `layout: flat`: `time-ordered` says that newer objects have higher keys, so that a pass lists only the newest keys"),
	lookBack: durationText().default("2h").describe("How far an object may come behind the newest one of its folder (by the time in its name, in flat layouts by the store's time) and still be found at once; the ledger remembers the objects within it. For what comes later see `lateSweep`"),
	since: instantText().optional().describe("Where a folder begins that was not tailed before: a time, a date, or how long ago (`30d`). The time is the one in the name, in flat layouts the store's; objects up to `lookBack` earlier are read too, since their records may be later"),
	until: instantText().optional().describe("In folders with times in their names, objects that say a time later than this by more than `lookBack`, or none, are left out; no bound in flat layouts: an object may hold records from long before it was stored"),
	lateSweep: durationText().default("6h").describe("How often names behind the look-back are listed again, also at the start: an object that came late is read, and told of as `late-object`. The last 1,000 objects of each folder behind the look-back are told from late ones (with `keys: time-ordered` 4,000); in flat layouts every pass does so, for the last 4,000. What comes in further back than these is not read, but told of as `late-object`: by name, looked for once a day; in flat layouts with their number, by the next pass"),
	sweepMs: int().min(1e3).default(3e5).describe("How often, in ms, new folders of IBM flow logs are looked for, and folders without news for 24 h are looked into; also at the start")
});
/** Throws UsageError for options that contradict each other. */
function tailSettings(options, now) {
	const { prefix, layout, keys, sweepMs } = options;
	if (keys === "time-ordered" && layout !== "flat") throw new UsageError("bad-options", "keys: time-ordered is about flat layouts: add layout: flat");
	const since = options.since === void 0 ? void 0 : parseInstant(options.since, now);
	const until = options.until === void 0 ? void 0 : parseInstant(options.until, now);
	if (since !== void 0 && until !== void 0 && since >= until) throw new UsageError("bad-options", `since (${options.since}) is not before until (${options.until})`);
	const included = options.include === void 0 ? () => true : globMatcher(options.include);
	const excluded = globMatcher(options.exclude ?? []);
	const accepts = (key) => key.startsWith(prefix) && included(key) && !excluded(key);
	const [lookBackMs, lateSweepMs] = [parseDuration(options.lookBack), parseDuration(options.lateSweep)];
	return {
		prefix,
		layout,
		keys,
		accepts,
		lookBackMs,
		since,
		until,
		lateSweepMs,
		sweepMs
	};
}
// src/intake/tail/source.ts
/**
* A kind of source of a kind of bucket: what is new in the bucket is found by one of the layouts. Its options are the bucket's and those of
* tailing.
*/
function tailed(bucket, layouts) {
	return {
		...bucket,
		options: tailOptions(layouts).extend(bucket.options.shape),
		create: async (options, dependencies) => tailing(await bucket.create(options, dependencies), layouts, options, dependencies)
	};
}
/** A bucket that is tailed. Throws UsageError for options that contradict each other. The clock is the wall clock, but for tests. */
function tailing(store, layouts, options, { onEvent }, now = Date.now) {
	const tail = {
		store,
		settings: tailSettings(options, now()),
		now,
		onEvent
	};
	return {
		name: store.name,
		discover: strategyOf(tail, layouts),
		open: (object, signal) => store.open(object, signal),
		close: () => store.close()
	};
}
function strategyOf(tail, layouts) {
	const { prefix, layout, keys } = tail.settings;
	const named = layouts.find(({ name }) => name === layout);
	if (named !== void 0) return named.tail(tail, prefix);
	if (layout === "auto") return autoTail(tail, layouts, prefix);
	return keys === "time-ordered" ? flatOrderedTail(tail, prefix) : flatTail(tail, prefix);
}
/**
* Which strategy a key belongs to depends on the key alone, so that nothing changes sides as a bucket fills: the folders of the layouts
* directly under the prefix's last folder, and flat for whatever else begins with the prefix.
*/
function autoTail(tail, layouts, prefix) {
	const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
	const only = layouts.find((layout) => prefix.startsWith(folder + layout.root) || layout.holds(prefix));
	if (only !== void 0) return only.tail(tail, prefix);
	const within = layouts.filter(({ root }) => (folder + root).startsWith(prefix));
	const holes = within.map(({ root }) => folder + root);
	const parts = within.map((layout) => ({
		root: folder + layout.root,
		strategy: layout.tail(tail, folder + layout.root)
	}));
	const flat = flatTail(tail, prefix, holes);
	return async function* (seen, signal, hinted = "") {
		for (const { root, strategy } of parts) if (isTouched(root, hinted)) yield* strategy(seen, signal, hinted);
		if (isTouched(prefix, hinted) && !holes.some((hole) => hinted.startsWith(hole))) yield* flat(seen, signal, hinted);
	};
}
// src/lib/standard-schema.ts
/**
* A schema as the program uses it: one of zod as it is, any other Standard Schema within one. Undefined for what is no schema. Of a
* schema that is not zod's nothing is known but what it says of a value: keys that it knows are not offered for those that are wrong.
*/
function schemaOf(schema) {
	if (schema instanceof ZodType && "processJSONSchema" in schema._zod) return schema;
	if (typeof schema !== "object" && typeof schema !== "function") return void 0;
	const standard = schema?.["~standard"];
	if (typeof standard?.validate !== "function") return void 0;
	return unknown().transform((value, context) => {
		const result = standard.validate(value);
		if (result instanceof Promise) {
			context.addIssue({
				code: "custom",
				message: "the schema of these options answers later: only one that answers at once will do"
			});
			return NEVER;
		}
		if (result.issues === void 0) return result.value;
		for (const { message, path } of result.issues) {
			const keys = path?.map((part) => typeof part === "object" ? part.key : part) ?? [];
			context.addIssue({
				code: "custom",
				message,
				path: keys
			});
		}
		return NEVER;
	});
}
// src/flow/packed-values.ts
/** Things in the order in which they came first, each once. Index 0 stands for undefined. */
var Indexed = class {
	all = [void 0];
	#indices = /* @__PURE__ */ new Map();
	/** Objects are the same if they are one; other values if they are equal. */
	of(value) {
		if (value === void 0) return 0;
		const known = this.#indices.get(value);
		if (known !== void 0 && value !== 0) return known;
		this.#indices.set(value, this.all.length);
		return this.all.push(value) - 1;
	}
};
/** An absent number; no number of a flow is NaN. */
function orNaN(value) {
	return value === void 0 ? NaN : value;
}
function orUndefined(value) {
	return Number.isNaN(value) ? void 0 : value;
}
/** No counter is negative: a bigint stands as its index, negated. */
function counterIn(values, value) {
	return typeof value === "bigint" ? -values.of(value) : orNaN(value);
}
function counterOf(values, value) {
	return value < 0 ? values[-value] : orUndefined(value);
}
// src/flow/rows.ts
/** Changes with the fields: who reads has to know the same ones as who wrote. */
const LAYOUT = 428243574;
/** Writes a row for each flow. A value that is like that of the row before is not looked up again. */
function writeRows(flows, numbers, references, { origins, contexts, values }) {
	let value;
	let origin;
	let originReference = 0;
	let context;
	let contextReference = 0;
	let value0;
	let reference0 = 0;
	let value1;
	let reference1 = 0;
	let value2;
	let reference2 = 0;
	let value3;
	let reference3 = 0;
	let value4;
	let reference4 = 0;
	let value5;
	let reference5 = 0;
	let value6;
	let reference6 = 0;
	let value7;
	let reference7 = 0;
	let value8;
	let reference8 = 0;
	let value9;
	let reference9 = 0;
	let value10;
	let reference10 = 0;
	let value11;
	let reference11 = 0;
	let value12;
	let reference12 = 0;
	let value13;
	let reference13 = 0;
	let value14;
	let reference14 = 0;
	let value16;
	let reference16 = 0;
	let value17;
	let reference17 = 0;
	let value18;
	let reference18 = 0;
	let value19;
	let reference19 = 0;
	let value20;
	let reference20 = 0;
	let value21;
	let reference21 = 0;
	let value22;
	let reference22 = 0;
	let value23;
	let reference23 = 0;
	let value24;
	let reference24 = 0;
	let value25;
	let reference25 = 0;
	let value26;
	let reference26 = 0;
	let value27;
	let reference27 = 0;
	let value28;
	let reference28 = 0;
	let value29;
	let reference29 = 0;
	let value30;
	let reference30 = 0;
	let value31;
	let reference31 = 0;
	let value32;
	let reference32 = 0;
	let value33;
	let reference33 = 0;
	let value34;
	let reference34 = 0;
	let value35;
	let reference35 = 0;
	let value36;
	let reference36 = 0;
	let value37;
	let reference37 = 0;
	let value38;
	let reference38 = 0;
	let start = 0;
	let at = 0;
	for (const flow of flows) {
		numbers[start] = flow.record;
		numbers[start + 1] = flow.time;
		numbers[start + 2] = orNaN(flow.start);
		numbers[start + 3] = orNaN(flow.end);
		numbers[start + 4] = orNaN(flow.sourcePort);
		numbers[start + 5] = orNaN(flow.destinationPort);
		numbers[start + 6] = orNaN(flow.protocol);
		numbers[start + 7] = counterIn(values, flow.bytes);
		numbers[start + 8] = counterIn(values, flow.packets);
		numbers[start + 9] = counterIn(values, flow.bytesReverse);
		numbers[start + 10] = counterIn(values, flow.packetsReverse);
		numbers[start + 11] = counterIn(values, flow.bytesCumulative);
		numbers[start + 12] = counterIn(values, flow.packetsCumulative);
		numbers[start + 13] = counterIn(values, flow.bytesReverseCumulative);
		numbers[start + 14] = counterIn(values, flow.packetsReverseCumulative);
		numbers[start + 15] = orNaN(flow.connectionStart);
		numbers[start + 16] = orNaN(flow.tcpFlags);
		numbers[start + 17] = orNaN(flow.trafficPath);
		numbers[start + 18] = orNaN(flow.encryptionStatus);
		numbers[start + 19] = orNaN(flow.sourceAsNumber);
		numbers[start + 20] = orNaN(flow.destinationAsNumber);
		if (flow.origin !== origin) {
			origin = flow.origin;
			originReference = origins.of(origin);
		}
		references[at] = originReference;
		if (flow.context !== context) {
			context = flow.context;
			contextReference = contexts.of(context);
		}
		references[at + 1] = contextReference;
		value = flow.action;
		if (value !== value0) {
			value0 = value;
			reference0 = values.of(value);
		}
		references[at + 2] = reference0;
		value = flow.status;
		if (value !== value1) {
			value1 = value;
			reference1 = values.of(value);
		}
		references[at + 3] = reference1;
		value = flow.sourceAddress;
		if (value !== value2) {
			value2 = value;
			reference2 = values.of(value);
		}
		references[at + 4] = reference2;
		value = flow.destinationAddress;
		if (value !== value3) {
			value3 = value;
			reference3 = values.of(value);
		}
		references[at + 5] = reference3;
		value = flow.protocolName;
		if (value !== value4) {
			value4 = value;
			reference4 = values.of(value);
		}
		references[at + 6] = reference4;
		value = flow.initiated;
		if (value !== value5) {
			value5 = value;
			reference5 = values.of(value);
		}
		references[at + 7] = reference5;
		value = flow.terminated;
		if (value !== value6) {
			value6 = value;
			reference6 = values.of(value);
		}
		references[at + 8] = reference6;
		value = flow.directionLogged;
		if (value !== value7) {
			value7 = value;
			reference7 = values.of(value);
		}
		references[at + 9] = reference7;
		value = flow.packetSourceAddress;
		if (value !== value8) {
			value8 = value;
			reference8 = values.of(value);
		}
		references[at + 10] = reference8;
		value = flow.packetDestinationAddress;
		if (value !== value9) {
			value9 = value;
			reference9 = values.of(value);
		}
		references[at + 11] = reference9;
		value = flow.sourceCloudService;
		if (value !== value10) {
			value10 = value;
			reference10 = values.of(value);
		}
		references[at + 12] = reference10;
		value = flow.destinationCloudService;
		if (value !== value11) {
			value11 = value;
			reference11 = values.of(value);
		}
		references[at + 13] = reference11;
		value = flow.rejectReason;
		if (value !== value12) {
			value12 = value;
			reference12 = values.of(value);
		}
		references[at + 14] = reference12;
		value = flow.logColumns;
		if (value !== value13) {
			value13 = value;
			reference13 = values.of(value);
		}
		references[at + 15] = reference13;
		value = flow.flowId;
		if (value !== value14) {
			value14 = value;
			reference14 = values.of(value);
		}
		references[at + 16] = reference14;
		references[at + 17] = values.of(flow.original);
		value = flow.direction;
		if (value !== value16) {
			value16 = value;
			reference16 = values.of(value);
		}
		references[at + 18] = reference16;
		value = flow.initiator;
		if (value !== value17) {
			value17 = value;
			reference17 = values.of(value);
		}
		references[at + 19] = reference17;
		value = flow.sourceZone;
		if (value !== value18) {
			value18 = value;
			reference18 = values.of(value);
		}
		references[at + 20] = reference18;
		value = flow.destinationZone;
		if (value !== value19) {
			value19 = value;
			reference19 = values.of(value);
		}
		references[at + 21] = reference19;
		value = flow.trafficType;
		if (value !== value20) {
			value20 = value;
			reference20 = values.of(value);
		}
		references[at + 22] = reference20;
		value = flow.sourceService;
		if (value !== value21) {
			value21 = value;
			reference21 = values.of(value);
		}
		references[at + 23] = reference21;
		value = flow.destinationService;
		if (value !== value22) {
			value22 = value;
			reference22 = values.of(value);
		}
		references[at + 24] = reference22;
		value = flow.sourceServer;
		if (value !== value23) {
			value23 = value;
			reference23 = values.of(value);
		}
		references[at + 25] = reference23;
		value = flow.destinationServer;
		if (value !== value24) {
			value24 = value;
			reference24 = values.of(value);
		}
		references[at + 26] = reference24;
		value = flow.sourceColumns;
		if (value !== value25) {
			value25 = value;
			reference25 = values.of(value);
		}
		references[at + 27] = reference25;
		value = flow.destinationColumns;
		if (value !== value26) {
			value26 = value;
			reference26 = values.of(value);
		}
		references[at + 28] = reference26;
		value = flow.sourceNetwork;
		if (value !== value27) {
			value27 = value;
			reference27 = values.of(value);
		}
		references[at + 29] = reference27;
		value = flow.destinationNetwork;
		if (value !== value28) {
			value28 = value;
			reference28 = values.of(value);
		}
		references[at + 30] = reference28;
		value = flow.approvedDestination;
		if (value !== value29) {
			value29 = value;
			reference29 = values.of(value);
		}
		references[at + 31] = reference29;
		value = flow.sourceCountry;
		if (value !== value30) {
			value30 = value;
			reference30 = values.of(value);
		}
		references[at + 32] = reference30;
		value = flow.destinationCountry;
		if (value !== value31) {
			value31 = value;
			reference31 = values.of(value);
		}
		references[at + 33] = reference31;
		value = flow.sourceAsOrganization;
		if (value !== value32) {
			value32 = value;
			reference32 = values.of(value);
		}
		references[at + 34] = reference32;
		value = flow.destinationAsOrganization;
		if (value !== value33) {
			value33 = value;
			reference33 = values.of(value);
		}
		references[at + 35] = reference33;
		value = flow.subnetName;
		if (value !== value34) {
			value34 = value;
			reference34 = values.of(value);
		}
		references[at + 36] = reference34;
		value = flow.rule;
		if (value !== value35) {
			value35 = value;
			reference35 = values.of(value);
		}
		references[at + 37] = reference35;
		value = flow.securityLists;
		if (value !== value36) {
			value36 = value;
			reference36 = values.of(value);
		}
		references[at + 38] = reference36;
		value = flow.detections.length === 0 ? void 0 : flow.detections;
		if (value !== value37) {
			value37 = value;
			reference37 = values.of(value);
		}
		references[at + 39] = reference37;
		value = flow.lookupsVersion;
		if (value !== value38) {
			value38 = value;
			reference38 = values.of(value);
		}
		references[at + 40] = reference38;
		start += 21;
		at += 41;
	}
}
/** Makes the flows of so many rows. */
function readRows(count, numbers, references, { origins, contexts, values }) {
	const flows = [];
	let start = 0;
	let at = 0;
	for (let row = 0; row < count; row++) {
		const flow = new Flow(origins[references[at]], numbers[start], contexts[references[at + 1]], numbers[start + 1]);
		flow.start = orUndefined(numbers[start + 2]);
		flow.end = orUndefined(numbers[start + 3]);
		flow.sourcePort = orUndefined(numbers[start + 4]);
		flow.destinationPort = orUndefined(numbers[start + 5]);
		flow.protocol = orUndefined(numbers[start + 6]);
		flow.bytes = counterOf(values, numbers[start + 7]);
		flow.packets = counterOf(values, numbers[start + 8]);
		flow.bytesReverse = counterOf(values, numbers[start + 9]);
		flow.packetsReverse = counterOf(values, numbers[start + 10]);
		flow.bytesCumulative = counterOf(values, numbers[start + 11]);
		flow.packetsCumulative = counterOf(values, numbers[start + 12]);
		flow.bytesReverseCumulative = counterOf(values, numbers[start + 13]);
		flow.packetsReverseCumulative = counterOf(values, numbers[start + 14]);
		flow.connectionStart = orUndefined(numbers[start + 15]);
		flow.tcpFlags = orUndefined(numbers[start + 16]);
		flow.trafficPath = orUndefined(numbers[start + 17]);
		flow.encryptionStatus = orUndefined(numbers[start + 18]);
		flow.sourceAsNumber = orUndefined(numbers[start + 19]);
		flow.destinationAsNumber = orUndefined(numbers[start + 20]);
		flow.action = values[references[at + 2]];
		flow.status = values[references[at + 3]];
		flow.sourceAddress = values[references[at + 4]];
		flow.destinationAddress = values[references[at + 5]];
		flow.protocolName = values[references[at + 6]];
		flow.initiated = values[references[at + 7]];
		flow.terminated = values[references[at + 8]];
		flow.directionLogged = values[references[at + 9]];
		flow.packetSourceAddress = values[references[at + 10]];
		flow.packetDestinationAddress = values[references[at + 11]];
		flow.sourceCloudService = values[references[at + 12]];
		flow.destinationCloudService = values[references[at + 13]];
		flow.rejectReason = values[references[at + 14]];
		flow.logColumns = values[references[at + 15]];
		flow.flowId = values[references[at + 16]];
		flow.original = values[references[at + 17]];
		flow.direction = values[references[at + 18]];
		flow.initiator = values[references[at + 19]];
		flow.sourceZone = values[references[at + 20]];
		flow.destinationZone = values[references[at + 21]];
		flow.trafficType = values[references[at + 22]];
		flow.sourceService = values[references[at + 23]];
		flow.destinationService = values[references[at + 24]];
		flow.sourceServer = values[references[at + 25]];
		flow.destinationServer = values[references[at + 26]];
		flow.sourceColumns = values[references[at + 27]];
		flow.destinationColumns = values[references[at + 28]];
		flow.sourceNetwork = values[references[at + 29]];
		flow.destinationNetwork = values[references[at + 30]];
		flow.approvedDestination = values[references[at + 31]];
		flow.sourceCountry = values[references[at + 32]];
		flow.destinationCountry = values[references[at + 33]];
		flow.sourceAsOrganization = values[references[at + 34]];
		flow.destinationAsOrganization = values[references[at + 35]];
		flow.subnetName = values[references[at + 36]];
		flow.rule = values[references[at + 37]];
		flow.securityLists = values[references[at + 38]];
		flow.detections = values[references[at + 39]] ?? NONE$1;
		flow.lookupsVersion = values[references[at + 40]];
		flows.push(flow);
		start += 21;
		at += 41;
	}
	return flows;
}
// src/flow/pack.ts
/** Of 32 bits each: layout, flows, texts, bytes of the texts. */
const HEAD = 4;
/** In the place of a text's length: the value is no text of Latin-1, and stands among the others. */
const OTHER = 4294967295;
/**
* Flows as one run of bytes, which may be transferred to another thread: rows of fixed length, then every value that is no number once,
* however many flows have it. Origins, contexts and objects that flows share are shared again after `unpack`. The bytes are for this
* program: they change with its version (`unpack` refuses others) and must not be read from where strangers could have written them.
*/
function pack(flows) {
	const rows = rowsIn(new ArrayBuffer(rowBytes(flows.length)), flows.length);
	const [origins, contexts, values] = [
		new Indexed(),
		new Indexed(),
		new Indexed()
	];
	writeRows(flows, rows.numbers, rows.references, {
		origins,
		contexts,
		values
	});
	const lengths = new Uint32Array(values.all.length);
	const others = [];
	let textBytes = 0;
	for (const [index, value] of values.all.entries()) if (typeof value === "string" && isLatin1(value)) {
		lengths[index] = value.length;
		textBytes += value.length;
	} else {
		lengths[index] = OTHER;
		others.push(value);
	}
	const rest = serialize([
		origins.all,
		contexts.all,
		others
	]);
	const { end } = rows;
	const textsAt = end + lengths.byteLength;
	const packed = rows.memory.transfer(textsAt + textBytes + rest.length);
	new Uint32Array(packed, 0, HEAD).set([
		LAYOUT,
		flows.length,
		lengths.length,
		textBytes
	]);
	new Uint32Array(packed, end, lengths.length).set(lengths);
	const bytes = new Uint8Array(packed);
	let at = textsAt;
	for (let index = 0; index < lengths.length; index++) {
		if (lengths[index] === OTHER) continue;
		const text = values.all[index];
		for (let place = 0; place < text.length; place++) bytes[at++] = text.charCodeAt(place);
	}
	bytes.set(rest, at);
	return packed;
}
/** What `pack` has packed. Equal contexts of several packs are one object where they come from one pool. Throws for other bytes. */
function unpack(packed, pool = new ContextPool()) {
	const [layout, count = 0, texts = 0, textBytes = 0] = new Uint32Array(packed, 0, HEAD);
	if (layout !== 428243574) throw new Error("the flows were packed by another version of this program");
	const { numbers, references, end } = rowsIn(packed, count);
	const lengths = new Uint32Array(packed, end, texts);
	const bytes = Buffer.from(packed);
	let at = end + lengths.byteLength;
	const [origins, contexts, others] = deserialize(bytes.subarray(at + textBytes));
	const values = [];
	let other = 0;
	for (const length of lengths) if (length === OTHER) values.push(others[other++]);
	else {
		values.push(bytes.toString("latin1", at, at + length));
		at += length;
	}
	return readRows(count, numbers, references, {
		origins,
		contexts: contexts.map((context) => context && pool.intern(context)),
		values
	});
}
function rowBytes(flows) {
	return 16 + flows * 332;
}
/** Where the rows of so many flows stand; `end` is behind the last. */
function rowsIn(memory, flows) {
	const numbers = new Float64Array(memory, 16, flows * 21);
	return {
		memory,
		numbers,
		references: new Uint32Array(memory, 16 + numbers.byteLength, flows * 41),
		end: rowBytes(flows)
	};
}
function isLatin1(text) {
	for (let place = 0; place < text.length; place++) if (text.charCodeAt(place) > 255) return false;
	return true;
}
// src/sinks/exporter-failures.ts
/** Where the errors of exporters and HTTP clients keep the status of an answer. */
const STATUS_MEMBERS = [
	"code",
	"httpCode",
	"statusCode",
	"status",
	"httpStatusCode",
	"httpStatus"
];
/** By https://grpc.io/docs/guides/status-codes and, for what passes, https://opentelemetry.io/docs/specs/otlp/#failures. */
const OF_GRPC = {
	1: "passing",
	3: "batch",
	4: "passing",
	5: "person",
	7: "person",
	8: "passing",
	9: "person",
	10: "passing",
	11: "passing",
	12: "person",
	13: "passing",
	14: "passing",
	15: "passing",
	16: "person"
};
/**
* What an exporter's failure means, as far as its error says so: one of this program as it is, else by the status of HTTP or gRPC that it
* carries, or by the code of the network. Anything else is not understood.
*/
function exporterFailure(name, error) {
	if (error instanceof Failure) return error;
	const status = numberIn(error);
	const said = oneLine([describeError(error ?? "without a reason"), wordsIn(error)].filter(Boolean).join(": "));
	const message = `${name} failed: ${status !== void 0 && status >= 100 ? `${status} ` : ""}${said}`;
	return new Failure(drawerOf(status, error), "exporter-failed", message, { tooLarge: status === 413 });
}
function drawerOf(status, error) {
	if (status !== void 0 && status >= 100) return drawerOfStatus(status) ?? "not-understood";
	if (status !== void 0) return OF_GRPC[status] ?? "not-understood";
	const { drawer } = networkFailure("", "", "", error);
	return drawer !== "passing" || /^(E[A-Z]|UND_ERR_)/.test(codeOf(error)) ? drawer : "not-understood";
}
/** A status of HTTP (three digits) or gRPC (up to 16) of an error or of one of its causes. */
function numberIn(error) {
	if (typeof error !== "object" || error === null) return void 0;
	const members = error;
	for (const holder of [members, members.response]) {
		if (typeof holder !== "object" || holder === null) continue;
		for (const name of STATUS_MEMBERS) {
			const value = holder[name];
			const number = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
			if (Number.isInteger(number) && (Number(number) >= 100 && Number(number) < 600 || Number(number) > 0 && Number(number) <= 16)) return Number(number);
		}
	}
	return numberIn(members.cause);
}
/** The receiver's words, which OpenTelemetry's exporters keep as `data`. */
function wordsIn(error) {
	const data = typeof error === "object" && error !== null && "data" in error ? error.data : void 0;
	if (typeof data !== "string") return "";
	const value = parseJson$1(data);
	const message = typeof value === "object" && value !== null && "message" in value ? value.message : void 0;
	return typeof message === "string" ? message : data;
}
// src/lib/modules.ts
/**
* The exports of a module: a path that starts at `baseDir`, or a package, which is looked for beside the configuration first, then among
* the program's own. Throws UsageError of that code, in one line, for a module that is not there or throws while it is loaded.
*/
async function importFrom(module, baseDir, code) {
	const isPath = module.startsWith(".") || isAbsolute(module);
	const fault = (why, cause) => new UsageError(code, `cannot load module ${module}: ${why}`, { cause });
	const target = isPath ? pathToFileURL(resolve(baseDir, module)).href : beside(module, baseDir) ?? besideProgram(module);
	if (target === void 0) throw fault(`it is installed neither beside the configuration (${baseDir}) nor beside the program`);
	if (isPath && !existsSync(new URL(target))) throw fault(`there is no file ${fileURLToPath(target)}`);
	try {
		return await import(target);
	} catch (error) {
		throw fault(describeError(error), error);
	}
}
/** Where an import of the package leads from that folder. */
function beside(module, folder) {
	const parentURL = pathToFileURL(join(resolve(folder), "flowferry.yaml")).href;
	const hooks = registerHooks({ resolve: (specifier, context, next) => next(specifier, {
		...context,
		parentURL
	}) });
	try {
		return besideProgram(module);
	} finally {
		hooks.deregister();
	}
}
function besideProgram(module) {
	try {
		return import.meta.resolve(module);
	} catch {
		return;
	}
}
// src/sinks/exporter-module.ts
/** Makes the exporter of a module. Throws UsageError, without the options' values, for a module that has none. */
async function loadExporter(module, exportName, options, baseDir) {
	const [name, made] = choose(module, await importFrom(module, baseDir, "exporter-module"), exportName);
	let exporter;
	try {
		exporter = await construct(made, options);
	} catch (error) {
		throw new UsageError("exporter-broken", `${module}: ${name} cannot be made: ${describeError(error)}`, { cause: error });
	}
	if (!isExporter(exporter)) throw new UsageError("exporter-none", `${module}: ${name} gives no LogRecordExporter: it lacks export() or shutdown()`);
	return {
		exporter,
		name
	};
}
function choose(module, exports, exportName) {
	const known = Object.keys(exports).filter((name) => name !== "module.exports");
	if (exportName !== void 0) {
		if (exports[exportName] !== void 0) return [exportName, exports[exportName]];
		throw new UsageError("exporter-none", `${module} exports no ${exportName}; it exports ${known.join(", ") || "nothing"}`);
	}
	const candidates = known.filter((name) => isExporterClass(exports[name]) || isExporter(exports[name]));
	const [only] = candidates;
	if (candidates.length === 1 && only !== void 0) return [only, exports[only]];
	const { default: fallback } = exports;
	if (typeof fallback === "function" || isExporter(fallback)) return ["default", fallback];
	const what = candidates.length === 0 ? "no exporter is found" : `several exporters are found (${candidates.join(", ")})`;
	throw new UsageError("exporter-none", `${module}: ${what}; name one of its exports as \`export\`: ${known.join(", ") || "it has none"}`);
}
async function construct(made, options) {
	if (typeof made !== "function") return made;
	if (isClass(made)) return Reflect.construct(made, [options]);
	return made(options);
}
const isClass = (value) => typeof value === "function" && (isExporterClass(value) || /^class\b/.test(String(value)));
const isExporterClass = (value) => typeof value === "function" && typeof value.prototype?.export === "function";
function isExporter(value) {
	if (typeof value !== "object" || value === null) return false;
	const { export: send, shutdown } = value;
	return typeof send === "function" && typeof shutdown === "function";
}
const exporter = {
	type: "exporter",
	summary: "Any OpenTelemetry LogRecordExporter, from a package or a file of your own",
	options: strictObject({
		module: string$1().min(1).describe("Module of an OpenTelemetry LogRecordExporter: a package's name, or a path relative to the configuration file (./my-exporter.js)"),
		export: string$1().min(1).optional().describe("Name of the class or function in the module; by default its default export or its only exporter"),
		options: record(string$1(), unknown()).optional().describe("Handed to the class or function as they are"),
		schema: string$1().default("otel").describe("Names of the attributes: otel, ecs, ocsf, seed, or a YAML file"),
		serviceName: string$1().min(1).default("flowferry").describe("Value of the resource attribute service.name"),
		body: _enum(BODIES).default("summary").describe("Body of a record: a line for people, that line and the record's uid (unique), or none"),
		batch: strictObject({
			records: int().min(1).max(1e5).default(512).describe("Most records of one call of the exporter"),
			lingerMs: int().min(0).default(1e3).describe("How long a record waits for its batch to fill, in ms")
		}).prefault({}).describe("Size of the batches"),
		inFlight: int().min(1).max(30).default(4).describe("Most calls of the exporter that wait for their result at once"),
		timeoutMs: int().min(1).default(3e4).describe("How long the exporter may take to report its result, in ms; then the batch is tried again")
	}),
	encoder: () => ({ encode }),
	create: create$1
};
/** Exporters take objects, which cannot go to another thread as they are: the payload is the packed flows, and the time. */
function encode(flows, observed) {
	const time = Float64Array.of(observed);
	return {
		records: flows.length,
		parts: [new Uint8Array(pack(flows)), new Uint8Array(time.buffer)]
	};
}
function decoded({ parts: [packed, time] }, contexts) {
	if (packed === void 0 || time === void 0) throw new Error("a payload of the exporter has two parts");
	return {
		flows: unpack(packed.buffer, contexts),
		observed: new Float64Array(time.buffer)[0]
	};
}
async function create$1(options, { baseDir, version }) {
	const { exporter, name } = await loadExporter(options.module, options.export, options.options, baseDir);
	const { recordMaker } = await import("./log-records-_j6aOQkN.js");
	const toRecord = recordMaker(loadSchema(options.schema, baseDir), {
		serviceName: options.serviceName,
		version,
		body: options.body
	});
	const { timeoutMs } = options;
	const contexts = new ContextPool();
	const failure = (error) => exporterFailure(name, error);
	const send = (records, signal) => acknowledged$1(exporter, name, records, {
		timeoutMs,
		signal,
		failure
	});
	let closed;
	return {
		limits: {
			records: options.batch.records,
			inFlight: options.inFlight,
			lingerMs: options.batch.lingerMs
		},
		encode,
		async send(payload, signal) {
			signal.throwIfAborted();
			const { flows, observed } = decoded(payload, contexts);
			const records = flows.map((flow) => toRecord(flow, observed));
			await send(records, signal);
			return { rejected: 0 };
		},
		async probe(signal) {
			signal.throwIfAborted();
			try {
				await send([], signal);
			} catch (error) {
				if (!(error instanceof Failure)) throw error;
				const drawer = drawerOf$1(error) === "batch" ? "person" : drawerOf$1(error);
				throw new Failure(drawer, error.code, `${error.message} (for an export without records)`, { cause: error.cause });
			}
			return `${options.module} is loaded, and its ${name} takes an export without records`;
		},
		close() {
			closed ??= settleWithin(timeoutMs, async () => {
				await exporter.forceFlush?.();
				await exporter.shutdown();
			});
			return closed;
		}
	};
}
/** An exporter reports by callback, and may never do so. */
async function acknowledged$1(exporter, name, records, { timeoutMs, signal, failure }) {
	const { promise, resolve, reject } = Promise.withResolvers();
	const onAbort = () => reject(signal.reason);
	const timer = setTimeout(() => reject(new Failure("passing", "exporter-timeout", `${name} reported nothing within ${timeoutMs} ms`)), timeoutMs);
	signal.addEventListener("abort", onAbort, { once: true });
	try {
		const report = (result) => result?.code === 0 ? resolve() : reject(failure(result?.error));
		Promise.try(() => exporter.export(records, report)).catch((error) => reject(failure(error)));
		await promise;
	} finally {
		clearTimeout(timer);
		signal.removeEventListener("abort", onAbort);
	}
}
async function settleWithin(timeoutMs, work) {
	let timer;
	const late = new Promise((resolve) => {
		timer = setTimeout(resolve, timeoutMs);
	});
	try {
		await Promise.race([work(), late]);
	} finally {
		clearTimeout(timer);
	}
}
// src/sinks/lines-pipe.ts
/**
* A named pipe. Lines have arrived when the operating system has them; a slow reader is waited for. While nobody reads, a write fails and
* may be repeated; a reader that comes then begins with a whole line.
*/
function createLinesPipe(path, writer) {
	let current;
	return {
		async write(lines, signal) {
			signal.throwIfAborted();
			try {
				current ??= openPipe(path);
				await send(current, lines, signal);
			} catch (error) {
				current?.destroy();
				current = void 0;
				signal.throwIfAborted();
				throw fileFailure$1(error, path, writer);
			}
		},
		async close() {
			current?.destroy();
			current = void 0;
		}
	};
}
/** Without a reader the opening fails at once (ENXIO). */
function openPipe(path) {
	const fd = openSync(path, constants$1.O_WRONLY | constants$1.O_NONBLOCK);
	if (!fstatSync(fd).isFIFO()) {
		closeSync(fd);
		throw new Error("it is no longer a pipe");
	}
	const socket = new Socket({
		fd,
		readable: false,
		writable: true
	});
	socket.on("error", () => {});
	return socket;
}
function send(socket, lines, signal) {
	return new Promise((done, fail) => {
		const giveUp = () => void socket.destroy();
		signal.addEventListener("abort", giveUp, { once: true });
		socket.write(lines, (error) => {
			signal.removeEventListener("abort", giveUp);
			if (error) fail(error);
			else done();
		});
	});
}
const ndjson = {
	type: "ndjson",
	summary: "A file, a named pipe or standard output, one JSON object a line",
	options: strictObject({
		path: string$1().min(1).describe("File or named pipe to write, relative to the configuration file; - is standard output. A new file has mode 0600"),
		schema: string$1().default("otel").describe("Names of the attributes: otel, ecs, ocsf, seed, or a YAML file"),
		serviceName: string$1().min(1).default("flowferry").describe("Value of service.name in the resource, in schema otel"),
		append: boolean().default(true).describe("Write behind what the file holds; false empties it at every start, with what was delivered before"),
		fsync: boolean().default(true).describe("Wait until a batch is on the disk before it counts as delivered; false trusts the operating system with it"),
		batch: strictObject({
			records: int().min(1).max(1e5).default(2e3).describe("Most records of one write"),
			lingerMs: int().min(0).default(200).describe("How long a record waits for others, in ms")
		}).prefault({}).describe("Size of the writes")
	}),
	encoder: encoderOf$1,
	async create(options, dependencies) {
		const { lines, inspect } = await placeOf(options, dependencies.baseDir, `sink ${dependencies.name}`);
		return {
			limits: {
				records: options.batch.records,
				inFlight: 1,
				lingerMs: options.batch.lingerMs
			},
			...encoderOf$1(options, dependencies),
			async send({ parts: [text = /* @__PURE__ */ new Uint8Array()] }, signal) {
				await lines.write(asBuffer(text), signal);
				return { rejected: 0 };
			},
			probe: inspect,
			close: () => lines.close()
		};
	}
};
function encoderOf$1({ schema, serviceName }, { baseDir }) {
	const print = linePrinter(loadSchema(schema, baseDir), serviceName);
	return { encode(flows, observed) {
		let lines = "";
		for (const flow of flows) lines += `${print(flow, observed)}\n`;
		return {
			records: flows.length,
			parts: [bytesOf(lines)]
		};
	} };
}
/** What cannot be written is refused at the start, where it is a fault of the configuration; what breaks later is waited for. */
async function placeOf({ path: configured, append, fsync: sync }, baseDir, writer) {
	if (isStandardOutput(configured)) return {
		lines: createStandardOutput({
			sync,
			writer
		}),
		inspect: async () => "standard output can be written"
	};
	const path = resolve(baseDir, configured);
	const inspect = () => inspectLinesFile(path, append);
	await inspect();
	if (statSync(path, { throwIfNoEntry: false })?.isFIFO()) return {
		lines: createLinesPipe(path, writer),
		inspect
	};
	return {
		lines: createLinesFile(path, {
			append,
			sync,
			writer
		}),
		inspect
	};
}
// src/sinks/otlp/options.ts
const receiver = urlWithoutUser(url({ protocol: /^https?$/ }), "set headers.authorization");
const otlpOptions = strictObject({
	endpoint: receiver.optional().describe("Base URL of the receiver; /v1/logs is added to its path: of VictoriaLogs it ends in /insert/opentelemetry, of Loki in /otlp"),
	url: receiver.optional().describe("URL of the receiver as it stands, instead of `endpoint`"),
	encoding: _enum(["protobuf", "json"]).optional().describe("Form of the requests: protobuf (the default), or json for receivers that take nothing else"),
	compression: _enum([
		"gzip",
		"zstd",
		"none"
	]).optional().describe("Compression of the requests: gzip (the default) is taken everywhere, zstd costs less where it is taken"),
	compressionLevel: int().min(1).max(19).default(1).describe("Level of the compression: 1 (fastest) to 9 for gzip, to 19 for zstd"),
	headers: secretHeaders(record(string$1().min(1), string$1())).optional().describe("Further request headers, such as credentials; their values are never shown"),
	schema: string$1().default("otel").describe("Names of the attributes: otel, ecs, ocsf, seed, or a YAML file"),
	serviceName: string$1().min(1).default("flowferry").describe("Value of the resource attribute service.name"),
	body: _enum(BODIES).default("summary").describe("Body of a record: a line for people, which many backends want to show (summary); that line and the record's uid, for Loki, whose queries take equal lines of one instant for the same (unique); or none"),
	batch: strictObject({
		records: int().min(1).max(1e5).default(1e3).describe("Most records of a request"),
		bytes: int().min(1024).max(67108864).default(8388608).describe("Most bytes of a request before compression; a larger batch is halved"),
		lingerMs: int().min(0).default(1e3).describe("How long a record waits for its batch to fill, in ms")
	}).prefault({}).describe("Size of the requests"),
	inFlight: int().min(1).max(64).default(4).describe("Most requests on the way at once"),
	timeoutMs: int().min(1).optional().describe("How long a request may take, from the connection to the answer's end, in ms; 10000 by default"),
	allowInsecure,
	tls: strictObject({
		caFile: string$1().optional().describe("PEM file of the certificate authorities to trust instead of the system's"),
		certFile: string$1().optional().describe("PEM file of the client's certificate"),
		keyFile: string$1().optional().describe("PEM file of the client's private key")
	}).prefault({}).describe("TLS of the connection; the receiver's certificate is always verified")
});
// src/sinks/otlp/protobuf-request.ts
const REQUEST_RESOURCE_LOGS = 1;
const RESOURCE_LOGS_RESOURCE = 1;
const RESOURCE_LOGS_SCOPE_LOGS = 2;
const SCOPE_LOGS_SCOPE = 1;
const SCOPE_NAME = 1;
const SCOPE_VERSION = 2;
const RESOURCE_ATTRIBUTES_TAG = 10;
/**
* The records of a resource are written before the lengths that stand in front of them are known: room is left, and the head is put
* right in front of the records. The first head may so begin behind some unused bytes; the records of later resources are moved up.
*/
function requestWriter(scope) {
	const encodedScope = delimited(SCOPE_LOGS_SCOPE, Buffer.concat([delimited(SCOPE_NAME, Buffer.from(scope.name)), delimited(SCOPE_VERSION, Buffer.from(scope.version))]));
	let first = 0;
	let start = 0;
	let records = 0;
	let resource = Buffer.alloc(0);
	return {
		begin(out) {
			first = out.position;
		},
		beginResource(out, attributes) {
			start = out.position;
			resource = delimited(RESOURCE_LOGS_RESOURCE, resourceAttributes(attributes));
			const room = resource.length + encodedScope.length + 12;
			out.reserve(room);
			out.position += room;
			records = out.position;
		},
		endResource(out) {
			const length = out.position - records;
			const scopeLogs = Buffer.concat([head(RESOURCE_LOGS_SCOPE_LOGS, encodedScope.length + length), encodedScope]);
			const resourceLogs = head(REQUEST_RESOURCE_LOGS, resource.length + scopeLogs.length + length);
			const before = Buffer.concat([
				resourceLogs,
				resource,
				scopeLogs
			]);
			if (start === first) {
				first = records - before.length;
				out.bytes.set(before, first);
				return;
			}
			out.bytes.copyWithin(start + before.length, records, out.position);
			out.bytes.set(before, start);
			out.position = start + before.length + length;
		},
		end: (out) => out.bytes.subarray(first, out.position)
	};
}
const head = (field, length) => Buffer.concat([Buffer.of(field << 3 | 2), varint(length)]);
/** Attributes come encoded for a record, where they are field 6; in a resource they are field 1. */
function resourceAttributes(attributes) {
	const copy = Buffer.from(attributes);
	let at = 0;
	while (at < copy.length) {
		copy[at++] = RESOURCE_ATTRIBUTES_TAG;
		let length = 0;
		for (let shift = 0;; shift += 7) {
			const byte = copy[at++];
			length += (byte & 127) << shift;
			if (byte <= 127) break;
		}
		at += length;
	}
	return copy;
}
// src/sinks/otlp/protobuf.ts
const RECORD_TAG = 18;
const TIME_TAG = 9;
const SEVERITY_NUMBER_TAG = 16;
const SEVERITY_TEXT = 3;
const BODY = 5;
const BODY_TAG = 42;
const ATTRIBUTES = 6;
const ATTRIBUTES_TAG = 50;
const OBSERVED_TIME_TAG = 89;
const EVENT_NAME = 12;
const ANY_STRING_TAG = 10;
const ANY_INT_TAG = 24;
/** Largest length that takes one byte. The hot path writes no others; what is longer goes through the general encoder. */
const MAX_SHORT = 127;
/** Bytes of a record that are no attributes. */
const FRAME = 256;
/** Most bytes of a varint, with its tag. */
const MAX_INT = 11;
const encodeAttribute = (name, value) => delimited(ATTRIBUTES, keyValue(name, value));
const protobuf = {
	contentType: "application/x-protobuf",
	encodeAttribute,
	recordWriter,
	requestWriter
};
function headOf({ name }) {
	const key = delimited(1, Buffer.from(name));
	return {
		words: wordsOf$3(Buffer.concat([
			Buffer.of(ATTRIBUTES_TAG, 0),
			key,
			Buffer.of(18, 0)
		])),
		overhead: key.length + 2
	};
}
function recordWriter(plan, { body }) {
	const { slots, steps } = plan;
	const stepHeads = steps.map(headOf);
	const uidPrefix = steps.map(({ name }) => uidPrefixes(name, encodeAttribute, 0));
	const heads = /* @__PURE__ */ new Map();
	const tails = /* @__PURE__ */ new Map();
	for (const recordClass of RECORD_CLASSES) {
		const severity = Buffer.of(SEVERITY_NUMBER_TAG, recordClass.severityNumber);
		heads.set(recordClass, wordsOf$3(Buffer.concat([severity, delimited(SEVERITY_TEXT, Buffer.from(recordClass.severityText))])));
	}
	const writeAttributes = (out, flow) => {
		for (let index = 0; index < steps.length; index++) {
			const step = steps[index];
			if (step.form === 3) {
				writeUid(out, step, uidPrefix[index](flow.origin), flow);
				continue;
			}
			const value = step.slot >= 0 ? slots[step.slot] : step.get(flow);
			if (value === void 0) continue;
			switch (step.form) {
				case 2: {
					const words = step.repeating.of(value);
					out.reserve(words.length + 3);
					putWords(out.view, out.position, words.values);
					out.position += words.length;
					break;
				}
				case 0:
					writeText(out, step, stepHeads[index], value);
					break;
				case 1:
					writeInteger(out, step, stepHeads[index], value);
					break;
				default: out.block(step.encode(value));
			}
		}
	};
	return {
		observed(ms) {
			const time = Buffer.alloc(9, OBSERVED_TIME_TAG);
			putNanoseconds(new DataView(time.buffer, time.byteOffset, time.byteLength), 1, ms);
			for (const recordClass of RECORD_CLASSES) tails.set(recordClass, wordsOf$3(Buffer.concat([time, delimited(EVENT_NAME, Buffer.from(recordClass.eventName))])));
		},
		write(out, flow, context) {
			const recordClass = recordClassOf(flow);
			plan.read(flow);
			const combined = plan.combined(flow);
			out.reserve(FRAME + context.length + combined.length);
			const { bytes, position: start, view } = out;
			bytes[start] = RECORD_TAG;
			bytes[start + 3] = TIME_TAG;
			putNanoseconds(view, start + 4, flow.time);
			let at = start + 12;
			const head = heads.get(recordClass);
			putWords(view, at, head.values);
			at += head.length;
			if (body !== "none") {
				const end = body === "summary" ? putSummary(bytes, at + 4, flow) : -1;
				if (end < 0) {
					out.position = at;
					writeLongBody(out, bodyOf(flow, body) ?? "", context.length + combined.length);
					at = out.position;
				} else {
					bytes[at] = BODY_TAG;
					bytes[at + 1] = end - at - 2;
					bytes[at + 2] = ANY_STRING_TAG;
					bytes[at + 3] = end - at - 4;
					at = end;
				}
			}
			out.bytes.set(context, at);
			at += context.length;
			out.bytes.set(combined, at);
			out.position = at + combined.length;
			writeAttributes(out, flow);
			const tail = tails.get(recordClass);
			out.reserve(tail.length + 8);
			putWords(out.view, out.position, tail.values);
			out.position += tail.length;
			putRecordLength(out, start);
		}
	};
}
function writeLongBody(out, body, roomAfter) {
	out.block(delimited(BODY, anyValue(body)));
	out.reserve(roomAfter);
}
function writeUid(out, step, prefix, flow) {
	if (flow.record > 4294967295) {
		out.block(step.encode(flow.uid));
		return;
	}
	out.reserve(prefix.length + 11);
	putWords(out.view, out.position, prefix.values);
	out.position = putHex(out.bytes, out.position + prefix.length, flow.record);
}
function writeText(out, step, head, text) {
	const { length } = text;
	const { words, overhead } = head;
	if (overhead + 2 + length <= MAX_SHORT) {
		out.reserve(words.length + length + 5);
		const { bytes, position: start } = out;
		putWords(out.view, start, words.values);
		const at = start + words.length;
		bytes[start + 1] = overhead + 2 + length;
		bytes[at - 1] = 2 + length;
		bytes[at] = ANY_STRING_TAG;
		bytes[at + 1] = length;
		const end = putPlain(bytes, at + 2, text);
		if (end >= 0) {
			out.position = end;
			return;
		}
	}
	out.block(step.encode(text));
}
function writeInteger(out, step, { words, overhead }, value) {
	if (typeof value !== "number" || value < 0 || overhead + MAX_INT > MAX_SHORT) {
		out.block(step.encode(value));
		return;
	}
	out.reserve(words.length + MAX_INT + 3);
	const { bytes, position: start } = out;
	putWords(out.view, start, words.values);
	const at = start + words.length;
	bytes[at] = ANY_INT_TAG;
	const end = putVarint(bytes, at + 1, value);
	bytes[start + 1] = overhead + end - at;
	bytes[at - 1] = end - at;
	out.position = end;
}
/** Fills in the length of the record that begins at `start`, moving it where two bytes are not what the length needs. */
function putRecordLength(out, start) {
	const from = start + 3;
	const length = out.position - from;
	const needed = varintLength(length);
	if (needed !== 2) {
		out.reserve(needed);
		out.bytes.copyWithin(start + 1 + needed, from, out.position);
		out.position += needed - 2;
	}
	putVarint(out.bytes, start + 1, length);
}
// src/sinks/otlp/response.ts
const PATHS = "Loki takes OTLP below /otlp, VictoriaLogs below /insert/opentelemetry";
/** What a person can do about a status. */
const ADVICE = /* @__PURE__ */ new Map([
	[401, "check the credentials in `headers`"],
	[403, "check the credentials in `headers`"],
	[404, `check the path of the URL: ${PATHS}`],
	[405, `check the path of the URL: ${PATHS}`],
	[407, "the proxy wants credentials: give them in HTTPS_PROXY or HTTP_PROXY"],
	[415, "check `encoding` and `compression`"]
]);
/** What servers say with a 400 of the URL and not of the records. */
const OF_THE_URL = [
	[/unsupported path|missing `?-pathPrefix|no handler found for uri/i, `the path is wrong: ${PATHS}`],
	[/json encoding isn't supported/i, "set `encoding: protobuf`"],
	[/plain HTTP to an SSL|HTTP request (was sent )?to (an )?HTTPS/i, "the URL has to begin with https"],
	[/required SSL certificate/i, "it wants a client certificate: set `tls.certFile` and `tls.keyFile`"]
];
/** What receivers say of a request without records; Loki's is `at least one valid stream is required for ingestion`. */
const OF_NOTHING = /\bempty\b|at least one (valid )?(stream|log|record)|\b(no|without|missing|zero) (any )?(valid )?(log|logs|records?|log records?|data|body|request body|payload|streams?|resource_?logs)\b/i;
/**
* What an answer means, by its status and, where that says that all is done, by its body. Throws the Failure of anything but success:
* also of a 2xx that is no answer of the protocol, or that counts more records as refused than it was sent.
*/
function judge(answer, records, host) {
	const { status, retryAfter } = answer;
	const retryAfterMs = readRetryAfter(retryAfter);
	const notUnderstood = (what) => new Failure("not-understood", "otlp-bad-answer", `${host} answered ${status}, and the answer is none of OTLP: it ${oneLine(what)}; check the URL, and what stands between`, { retryAfterMs });
	const drawer = drawerOfStatus(status);
	if (drawer === void 0) {
		if (!saysDone(status)) throw notUnderstood(`has the status ${status}, which acknowledges nothing`);
		return acknowledged(answer, records, notUnderstood);
	}
	if (drawer === "batch" && answer.body.fault !== void 0) throw notUnderstood(answer.body.fault);
	const words = wordsOf(answer);
	const said = pageTitle(words) ?? oneLine(words);
	const advice = adviceOn(answer);
	const message = [`${host} answered ${status}${said === "" ? "" : `: ${said}`}`, advice].filter(Boolean).join("; ");
	throw new Failure(status === 400 && advice !== void 0 ? "person" : drawer, `otlp-http-${status}`, message, {
		retryAfterMs,
		tooLarge: status === 413
	});
}
function acknowledged({ body, grpcStatus }, records, notUnderstood) {
	if (grpcStatus !== void 0 && grpcStatus !== "0") throw notUnderstood(`has the gRPC status ${grpcStatus}`);
	let response;
	try {
		response = readExportResponse(body, records);
	} catch (error) {
		if (error instanceof NoExportResponse) throw notUnderstood(error.message);
		throw error;
	}
	const { rejected, message } = response;
	const reason = oneLine(message);
	return reason === "" ? { rejected } : {
		rejected,
		reason
	};
}
/** Whether a refusal speaks of there being nothing in the request. */
function isAboutNothing(answer) {
	return OF_NOTHING.test(wordsOf(answer));
}
function adviceOn(answer) {
	const { status, location } = answer;
	if (status >= 300 && status < 400) return `it redirects${location === void 0 ? "" : ` to ${hostOf(location)}`}, which is not followed: set \`url\` to where it leads`;
	if (status === 400) return OF_THE_URL.find(([pattern]) => pattern.test(wordsOf(answer)))?.[1];
	return ADVICE.get(status);
}
/** The text of a google.rpc.Status (message = 2), of common JSON errors, or the body itself. */
function wordsOf({ body }) {
	const text = textOf$2(body);
	if (text.startsWith("{") || text.startsWith("\"")) return messageIn(parseJson$1(text)) ?? text;
	try {
		const message = readField(readFields(body.bytes), 2);
		if (Buffer.isBuffer(message)) return message.toString();
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
	}
	return text;
}
function messageIn(value) {
	if (typeof value === "string") return value;
	if (typeof value !== "object" || value === null) return void 0;
	const { message, error } = value;
	return [
		message,
		error,
		typeof error === "object" && error !== null ? error.message : void 0
	].find((one) => typeof one === "string");
}
function hostOf(location) {
	return URL.canParse(location) ? new URL(location).host : "another path";
}
// src/sinks/otlp/settings.ts
const DEFAULT_ENDPOINT = "http://localhost:4318";
const DEFAULT_TIMEOUT_MS = 1e4;
/** Throws UsageError, which names the option or the variable and never a header's value. */
function resolveSettings(options, baseDir, env) {
	const variables = otlpVariables(env);
	const { url, headers } = destinationOf(options, variables);
	const { compressionLevel } = options;
	const compression = options.compression ?? compressionOf(variables("COMPRESSION"));
	if (compression === "gzip" && compressionLevel > 9) throw new UsageError("otlp-compression", `compressionLevel ${compressionLevel} is too high: gzip goes to 9`);
	return {
		url,
		encoding: encodingOf(options, env),
		compression,
		compressionLevel,
		headers,
		timeoutMs: options.timeoutMs ?? timeoutOf(variables("TIMEOUT")),
		tls: tlsOf(options, baseDir, variables)
	};
}
/** Throws UsageError for headers that cannot be sent, or would be sent in the open. */
function checkDestination(options, env) {
	destinationOf(options, otlpVariables(env));
}
function destinationOf(options, variables) {
	const { url, authorization } = splitCredentials(urlOf(options, variables));
	const headers = {
		...authorization,
		...lowerCase(options.headers ?? headersOf(variables("HEADERS")))
	};
	checkHeaders(headers);
	if (!options.allowInsecure) refuseReadable(optionOf(options), url, headers);
	return {
		url,
		headers
	};
}
/** The variable for logs wins over the one for all signals; an empty one counts as not set. */
function otlpVariables(env) {
	return (name) => {
		for (const full of [`OTEL_EXPORTER_OTLP_LOGS_${name}`, `OTEL_EXPORTER_OTLP_${name}`]) {
			const value = env[full]?.trim();
			if (value !== void 0 && value !== "") return {
				name: full,
				value
			};
		}
	};
}
function urlOf({ url, endpoint }, variables) {
	if (url !== void 0 && endpoint !== void 0) throw new UsageError("otlp-two-urls", "`endpoint` and `url` exclude each other: `endpoint` is a base to which /v1/logs is added");
	if (url !== void 0) return new URL(url);
	if (endpoint !== void 0) return withLogsPath(new URL(endpoint));
	const variable = variables("ENDPOINT");
	if (variable === void 0) return withLogsPath(new URL(DEFAULT_ENDPOINT));
	if (!URL.canParse(variable.value) || !/^https?:$/.test(new URL(variable.value).protocol)) throw new UsageError("otlp-bad-endpoint", `${variable.name} is no http or https URL`);
	const base = new URL(variable.value);
	return variable.name.includes("_LOGS_") ? base : withLogsPath(base);
}
/** What gave the URL. */
function optionOf({ url, endpoint }) {
	return url !== void 0 ? "url" : endpoint !== void 0 ? "endpoint" : "OTEL_EXPORTER_OTLP_ENDPOINT";
}
function withLogsPath(base) {
	base.pathname = `${base.pathname.replace(/\/+$/, "")}/v1/logs`;
	return base;
}
/** `https://user:password@host` is sent as Basic authorization, and never shown. */
function splitCredentials(url) {
	if (url.username === "" && url.password === "") return {
		url,
		authorization: {}
	};
	const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
	url.username = "";
	url.password = "";
	return {
		url,
		authorization: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }
	};
}
/** `name=value,name=value`, values percent-encoded. */
function headersOf(variable) {
	const headers = {};
	for (const pair of variable?.value.split(",") ?? []) {
		if (pair.trim() === "") continue;
		const at = pair.indexOf("=");
		const name = pair.slice(0, Math.max(at, 0)).trim();
		try {
			headers[name] = decodeURIComponent(pair.slice(at + 1).trim());
		} catch {
			throw new UsageError("otlp-bad-header", `${variable?.name}: the value of header ${JSON.stringify(name)} is not percent-encoded text`);
		}
		if (name === "") throw new UsageError("otlp-bad-header", `${variable?.name} is not of the form name=value,name=value`);
	}
	return headers;
}
const lowerCase = (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
const OWN_HEADERS = [
	"content-type",
	"content-encoding",
	"content-length",
	"transfer-encoding",
	"connection",
	"host"
];
function checkHeaders(headers) {
	for (const [name, value] of Object.entries(headers)) {
		const shown = JSON.stringify(name);
		if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) throw new UsageError("otlp-bad-header", `${shown} is no header name`);
		if (OWN_HEADERS.includes(name)) throw new UsageError("otlp-bad-header", `header ${shown} is set by the sink itself`);
		if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw new UsageError("otlp-bad-header", `the value of header ${shown} has a character that headers cannot hold`);
	}
}
/** How requests are written: by the option, then by the environment. Throws UsageError. */
function encodingOf({ encoding }, env) {
	if (encoding !== void 0) return encoding;
	const variable = otlpVariables(env)("PROTOCOL");
	if (variable === void 0 || variable.value === "http/protobuf") return "protobuf";
	if (variable.value === "http/json") return "json";
	const known = variable.value === "grpc" ? "OTLP over gRPC is not spoken here; use" : `${JSON.stringify(variable.value)} is none of`;
	throw new UsageError("otlp-protocol", `${variable.name}: ${known} http/protobuf or http/json`);
}
function compressionOf(variable) {
	if (variable === void 0) return "gzip";
	const { name, value } = variable;
	if (value === "gzip" || value === "zstd" || value === "none") return value;
	throw new UsageError("otlp-compression", `${name}: ${JSON.stringify(value)} is none of gzip, zstd, none`);
}
function timeoutOf(variable) {
	if (variable === void 0) return DEFAULT_TIMEOUT_MS;
	const ms = Number(variable.value);
	if (Number.isInteger(ms) && ms > 0) return ms;
	throw new UsageError("otlp-timeout", `${variable.name}: ${JSON.stringify(variable.value)} is no number of milliseconds`);
}
function tlsOf({ tls }, baseDir, variables) {
	const read = (option, file, name) => {
		const variable = variables(name);
		if (file !== void 0) return readPem(`tls.${option}`, resolve(baseDir, file));
		return variable === void 0 ? void 0 : readPem(variable.name, resolve(variable.value));
	};
	const ca = read("caFile", tls.caFile, "CERTIFICATE");
	const cert = read("certFile", tls.certFile, "CLIENT_CERTIFICATE");
	const key = read("keyFile", tls.keyFile, "CLIENT_KEY");
	if (cert === void 0 !== (key === void 0)) throw new UsageError("otlp-tls", "a client's certificate and its key belong together: only one of the two is set");
	return {
		...ca !== void 0 && { ca },
		...cert !== void 0 && { cert },
		...key !== void 0 && { key }
	};
}
function readPem(what, path) {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		throw new UsageError("otlp-tls", `${what}: cannot read ${path}`, { cause: error });
	}
}
// src/sinks/otlp/sink.ts
const otlp = {
	type: "otlp",
	summary: "An OTLP/HTTP receiver of logs, such as the OpenTelemetry Collector, Loki or VictoriaLogs",
	options: otlpOptions,
	check: checkDestination,
	encoder: (options, dependencies) => encoderOf(options, dependencies),
	create
};
function encoderOf(options, { baseDir, env, version }) {
	return createEncoder(encodingOf(options, env) === "json" ? json : protobuf, loadSchema(options.schema, baseDir), {
		serviceName: options.serviceName,
		version,
		body: options.body,
		maxBytes: options.batch.bytes
	});
}
async function create(options, dependencies) {
	const { compressor, createTransport } = await import("./transport-C9wgWCe7.js");
	const { baseDir, env, version } = dependencies;
	const settings = resolveSettings(options, baseDir, env);
	const { url } = settings;
	const { records, lingerMs } = options.batch;
	const encoder = encoderOf(options, dependencies);
	const compress = compressor(settings);
	const transport = createTransport(settings, env, options.inFlight);
	const headers = {
		"user-agent": `flowferry/${version}`,
		...settings.headers,
		"content-type": encoder.contentType,
		...settings.compression !== "none" && { "content-encoding": settings.compression }
	};
	/** Compression is a part of sending: it runs in the thread pool, beside whatever is encoded next. */
	const post = async ({ parts }, signal) => {
		signal.throwIfAborted();
		const [request = /* @__PURE__ */ new Uint8Array()] = parts;
		return transport.post(await compress(request), headers, signal);
	};
	return {
		limits: {
			records,
			inFlight: options.inFlight,
			lingerMs
		},
		encode: encoder.encode,
		recycle: encoder.recycle,
		send: async (payload, signal) => judge(await post(payload, signal), payload.records, url.host),
		async probe(signal) {
			const answer = await post(encoder.encode([], Date.now()), signal);
			try {
				judge(answer, 0, url.host);
			} catch (error) {
				if (!(error instanceof Failure) || drawerOf$1(error) !== "batch") throw error;
				if (isAboutNothing(answer)) return `${error.message} (to a request without records)`;
				throw new Failure("person", error.code, `${error.message} (to a request without records)`, { cause: error.cause });
			}
			return `${url.host} answered ${answer.status} to a request without records`;
		},
		close: () => transport.close()
	};
}
// src/registry.ts
/** Log formats, in the order in which an object is asked whether it is of them. */
const FORMATS = [
	ociVcn,
	ibmVpc,
	awsVpc,
	vcnText
];
/** Layouts of keys, beside `flat`. */
const LAYOUTS = [
	ociConnector,
	ibmVpcCollector,
	awsVpcLogs
];
/** Kinds of buckets. Each is tailed by the layouts. */
const BUCKETS = [
	ociObjectStorage,
	s3With(ibmIam),
	directory
];
const SINKS = [
	otlp,
	ndjson,
	exporter,
	logAnalytics$1,
	ibmCloudLogs
];
/** Clouds of whose networks something can be known. */
const NETWORKS = [ociNetwork, ibmNetwork];
/** Notifiers. The block of one in `alerts` is called as its type in camel case. */
const NOTIFIERS = [
	slack,
	alertmanager,
	webhook,
	ociNotifications
];
/** Dialects that rules and searches are printed in. Each is made when it is used: that reads a schema. */
const DIALECTS = [
	() => duckdbDialect(otelAttributes()),
	() => victorialogsDialect(otelAttributes()),
	() => lokiDialect(otelAttributes()),
	() => elasticDialect(otelAttributes()),
	() => splunkDialect(otelAttributes()),
	() => datadogDialect(otelAttributes()),
	() => ibmCloudLogsDialect(otelAttributes()),
	() => logAnalytics(readContent())
];
/**
* Every kind of part that a configuration may name: those that are built in, and those that were registered. Each is found under its type
* or name, or under another that was given when it was registered.
*/
var Registry = class Registry {
	#sources = /* @__PURE__ */ new Map();
	#buckets = new Map(byType(BUCKETS));
	#sinks = new Map(byType(SINKS));
	#notifiers = new Map(NOTIFIERS.map((notifier) => [blockOf(notifier.type), notifier]));
	#formats = new Map(byName(FORMATS));
	#layouts = new Map(byName(LAYOUTS));
	#networks = new Map(byName(NETWORKS));
	#dialects = /* @__PURE__ */ new Map();
	/** Sources by what `type` says: buckets, tailed by the layouts, and those that find what is new in their own way. */
	get sources() {
		const tailing = [...this.#buckets].map(([type, bucket]) => [type, tailed(bucket, this.layouts)]);
		return new Map([...tailing, ...this.#sources]);
	}
	/** Buckets by what `type` says. */
	get buckets() {
		return this.#buckets;
	}
	/** Sinks by what `type` says. */
	get sinks() {
		return this.#sinks;
	}
	/** Notifiers by what their block in `alerts` is called. */
	get notifiers() {
		return this.#notifiers;
	}
	/** In the order in which an object is asked whether it is of them. */
	get formats() {
		return [...this.#formats.values()];
	}
	/** Beside `flat`. */
	get layouts() {
		return [...this.#layouts.values()];
	}
	get networks() {
		return [...this.#networks.values()];
	}
	/** Makes the built-in ones, which reads a schema, beside those that were registered. */
	dialects() {
		return [...DIALECTS.map((make) => make()), ...this.#dialects.values()];
	}
	/** Another one that holds the same: what is registered with it is not registered here. */
	copy() {
		const copy = new Registry();
		for (const kind of KINDS) for (const [name, part] of this.#all(kind)) copy.#all(kind).set(name, part);
		return copy;
	}
	/**
	* Adds a part, which is checked for what it must have. `name` is what a configuration calls it, by default the part's own type or name
	* (of a notifier in camel case). Throws UsageError for a part that lacks something, or a name that is taken.
	*/
	register(kind, part, name) {
		const taken = takenPart(kind, part, name);
		const own = String(taken.type ?? taken.name);
		const key = name ?? (kind === "notifier" ? blockOf(own) : own);
		if (this.#all(kind).has(key) || kind === "source" && this.#buckets.has(key) || kind === "bucket" && this.#sources.has(key)) throw new UsageError("part-known", `there is a ${kind} ${key} already`);
		this.#all(kind).set(key, taken);
	}
	#all(kind) {
		return {
			source: this.#sources,
			bucket: this.#buckets,
			sink: this.#sinks,
			notifier: this.#notifiers,
			format: this.#formats,
			layout: this.#layouts,
			network: this.#networks,
			dialect: this.#dialects
		}[kind];
	}
};
const COMPONENT = {
	texts: ["type", "summary"],
	functions: ["create"],
	options: true
};
/** What a part of each kind must have. */
const MEMBERS = {
	source: COMPONENT,
	bucket: COMPONENT,
	sink: COMPONENT,
	notifier: COMPONENT,
	format: {
		texts: ["name"],
		functions: ["create"]
	},
	layout: {
		texts: [
			"name",
			"summary",
			"root"
		],
		functions: ["holds", "tail"]
	},
	network: {
		texts: ["name"],
		functions: [
			"resolve",
			"files",
			"read"
		],
		options: true
	},
	dialect: {
		texts: ["name", "title"],
		functions: [
			"rule",
			"search",
			"files"
		]
	}
};
const KINDS = Object.keys(MEMBERS);
/** What a part may have. */
const MORE = [
	"timeWindow",
	"encoder",
	"check",
	"openApi",
	"provider",
	"writer"
];
/** The part with its schema as the program uses it; in a kind of parts that are called by `name`, under the name that is given. */
function takenPart(kind, part, name) {
	const { texts, functions, options } = MEMBERS[kind];
	if (typeof part !== "object" || part === null) throw new UsageError("part-invalid", `the ${kind} is no object`);
	const given = part;
	const schema = options === true ? schemaOf(given.options) : void 0;
	const lacks = [
		...texts.filter((member) => typeof given[member] !== "string"),
		...functions.filter((member) => typeof given[member] !== "function").map((member) => `${member}()`),
		...options === true && schema === void 0 ? ["options (a schema)"] : []
	];
	if (lacks.length > 0) throw new UsageError("part-invalid", `the ${kind} lacks ${lacks.join(", ")}`);
	const members = [
		...texts,
		...functions,
		...MORE
	].flatMap((member) => {
		const value = given[member];
		return value === void 0 ? [] : [[member, typeof value === "function" ? value.bind(part) : value]];
	});
	const taken = {
		...Object.fromEntries(members),
		...schema && { options: schema }
	};
	return taken.name === void 0 ? taken : {
		...taken,
		name: name ?? taken.name
	};
}
const byType = (parts) => parts.map((part) => [part.type, part]);
const byName = (parts) => parts.map((part) => [part.name, part]);
/** What the block of a notifier is called: its type in camel case. */
function blockOf(type) {
	return type.replaceAll(/-([a-z])/g, (_, letter) => letter.toUpperCase());
}
export { setContext as A, textOf$1 as B, readContent as C, RecordReader as D, ruleText as E, wordKind as F, ContextPool as H, NotJson as I, isObject as L, TARGETS as M, KINDS$1 as N, decodeRecords as O, TIME_UNITS as P, parseExactly as R, DEFAULT_LAG_MS as S, wrong as T, decodeLines as V, allPages as _, Registry as a, logAnalytics as b, logsqlWords as c, logqlWords as d, quote$2 as f, receiversOf as g, shippedDashboards as h, NETWORKS as i, loadMapping as j, draftContext as k, groupLabel as l, dashboardLists as m, FORMATS as n, importFrom as o, DASHBOARDS_FILE as p, LAYOUTS as r, printSearch as s, DIALECTS as t, printSearch$2 as u, listOf as v, readYaml as w, PERIODS as x, resourceOf as y, parseJson as z };
