import { C as strictObject, O as url, S as record, _ as literal, g as int, m as discriminatedUnion, u as _enum, w as string } from "./schemas-Dm7Z0tOD.js";
import { i as codeOf, r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { t as linePrinter } from "./line-ampyNyeE.js";
import { t as loadSchema } from "./load-efkb9GOd.js";
import { a as readSlots, i as createSlots } from "./access-CkpRYHIj.js";
import { i as recordClassOf, n as RECORD_CLASSES, r as bodyOf } from "./record-_FqDNRg0.js";
import { a as urlWithoutUser } from "./urls-hmwHZnCP.js";
import { n as secret } from "./mark-COnWLKoh.js";
import { c as textOf, i as parseJson, n as oneLine, s as shown } from "./answers-CeDnf6Uf.js";
import { i as networkFailure, n as drawerOfStatus } from "./failures-B32_Iw8l.js";
import { a as isAssent, o as isDenial, r as withoutSignature, t as OciCallFailure } from "./transport-CTjQxoSW.js";
import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
// src/lib/bytes.ts
const UTF8 = new TextEncoder();
/** A text as UTF-8, in memory of its own: Node keeps short buffers together in one. Lone surrogates become U+FFFD. */
function bytesOf(text) {
	return UTF8.encode(text);
}
/** The same bytes, not a copy. */
function asBuffer({ buffer, byteOffset, byteLength }) {
	return Buffer.from(buffer, byteOffset, byteLength);
}
// src/clouds/oci/auth.ts
const file = string().min(1).optional().describe("Configuration file; by default OCI_CONFIG_FILE, or ~/.oci/config");
const profile = string().min(1).default("DEFAULT").describe("Profile of the configuration file");
/** How the program proves to OCI who it is. */
const ociAuthOptions = discriminatedUnion("type", [
	strictObject({
		type: literal("config-file"),
		file,
		profile,
		passPhrase: secret(string().min(1)).optional().describe("Pass phrase of the profile's private key, if the file does not give it as pass_phrase")
	}).describe("An API key, or a session token, of a profile in a configuration file as the OCI command line has it"),
	strictObject({
		type: literal("session-token"),
		file,
		profile
	}).describe("The session token of a profile (`oci session authenticate`). The files are read again when the token is renewed"),
	strictObject({
		type: literal("instance-principal"),
		metadataUrl: urlWithoutUser(url(), "it takes none").default("http://169.254.169.254/opc/v2/").describe("Base URL of the instance's metadata service"),
		federationUrl: urlWithoutUser(url(), "it takes none").optional().describe("Base URL of the region's auth service; by default that of the instance's region")
	}).describe("The compute instance that the program runs on, as a member of a dynamic group"),
	strictObject({ type: literal("resource-principal") }).describe("The function or container instance that the program runs in, by the OCI_RESOURCE_PRINCIPAL_… variables"),
	strictObject({
		type: literal("oke-workload-identity"),
		certificatePath: string().default("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt").describe("The cluster's certificate authority"),
		tokenPath: string().default("/var/run/secrets/kubernetes.io/serviceaccount/token").describe("The service account's token; read again for each exchange, since Kubernetes renews it")
	}).describe("The service account of the pod in an enhanced OKE cluster. Needs the region")
]);
/** The identity of a configuration. Reads files and the environment, never the network. Throws UsageError. */
async function ociIdentity(options, surroundings) {
	switch (options.type) {
		case "config-file": return (await import("./config-file-ha5VJYPM.js")).configFile({
			...options,
			session: false
		}, surroundings);
		case "session-token": return (await import("./config-file-ha5VJYPM.js")).configFile({
			...options,
			session: true
		}, surroundings);
		case "instance-principal": return (await import("./instance-principal-DQ3ruSfv.js")).instancePrincipal(options.metadataUrl, options.federationUrl, surroundings.env);
		case "resource-principal": return (await import("./resource-principal-CBqamkVq.js")).resourcePrincipal();
		case "oke-workload-identity": return (await import("./workload-identity-BF4AU1Er.js")).okeWorkloadIdentity(options.certificatePath, options.tokenPath, surroundings);
	}
}
// src/clouds/oci/connection.ts
/** How a part reaches OCI; the same options in every part that does. */
const ociConnectionOptions = strictObject({
	region: string().min(1).optional().describe("Region of the service, such as us-phoenix-1; by default that of the principal or of OCI_REGION"),
	endpoint: urlWithoutUser(url(), "auth says who asks").optional().describe("Base URL of the service; by default the region's"),
	auth: ociAuthOptions.default({
		type: "config-file",
		profile: "DEFAULT"
	}).describe("How to authenticate"),
	connectTimeoutMs: int().positive().default(1e4).describe("How long to wait for a connection, in ms"),
	timeoutMs: int().positive().default(6e4).describe("How long to wait for an answer or its next bytes, in ms")
});
/** Joins a client to an identity. Asks nothing of the network. Throws UsageError. */
async function connectOci(options, surroundings, { what, create, onRenewed }) {
	const { env, secrets } = surroundings;
	const identity = await ociIdentity(options.auth, surroundings);
	const region = options.region ?? (typeof identity.region === "string" ? identity.region : env.OCI_REGION ?? identity.region);
	if (region === void 0 && options.endpoint === void 0) throw new UsageError("oci-region", `the region of ${what} is not known: give it as region`);
	const { connectTimeoutMs, timeoutMs } = options;
	const { ociTransport } = await import("./transport-C413fx6y.js");
	const transport = await ociTransport(identity, {
		connectTimeoutMs,
		timeoutMs,
		env,
		secrets,
		onRenewed
	});
	const client = create({ httpClient: transport.httpClient }, transport.configuration);
	if (options.endpoint !== void 0) client.endpoint = options.endpoint.replace(/\/+$/, "");
	const locate = async (signal) => {
		if (client.endpoint === "" && region !== void 0) client.regionId = typeof region === "string" ? region : await region(signal);
	};
	return {
		client,
		identity,
		async call(signal, request) {
			await locate(signal);
			return transport.call(signal, request);
		},
		async ask(signal, request) {
			await locate(signal);
			return transport.ask(signal, request);
		},
		close: () => transport.close()
	};
}
// src/clouds/oci/log-analytics/options.ts
/** What the service takes in one JSON, and how many of them in one ZIP. */
const LARGEST_JSON_BYTES = 2e6;
const ocid = (kind) => string().regex(/^ocid1\.[a-z0-9]+\.[a-z0-9-]*\..+$/, `expected the OCID of ${kind}, as in ocid1.….oc1.phx.…`);
/** As they may stand in a header and in the metadata of an upload. */
const property = string().regex(/^[\x20-\x7e]+$/, "expected printable ASCII");
/** Where uploads go. */
const targetOptions = ociConnectionOptions.extend({
	namespace: string().regex(/^[A-Za-z0-9_.-]+$/, "expected a namespace as `oci os ns get` prints it").describe("Log Analytics namespace of the tenancy, as `oci os ns get` prints it"),
	logGroupId: ocid("a log group of Log Analytics").describe("OCID of the Log Analytics log group that takes the records. While it is not there, or the policy to upload to it is missing (401, 403, 404), records wait in the bucket and are tried again"),
	logSet: string().regex(/^[A-Za-z0-9_.-]{1,128}$/, "expected up to 128 letters, digits, dots, dashes and underscores").optional().describe("Log set, in tenancies that have log sets enabled"),
	metadata: record(property.regex(/^[^:;]+$/, "a name has no colon and no semicolon"), property.regex(/^[^;]*$/, "a value has no semicolon")).default({}).describe("Fields and values that every record gets, as in { Environment: prod }")
});
const logAnalyticsOptions = targetOptions.extend({
	mode: _enum(["events", "otlp"]).default("events").describe("`events` uploads records for a log source of your own (`flowferry content install` makes it); `otlp` uploads OTLP JSON, which lands in the source OpenTelemetry Logs"),
	logSource: string().min(1).default("Flowferry VCN Flow Logs").describe("Name of the log source whose parser reads the records (mode events)"),
	schema: string().min(1).optional().describe("Names of the fields: a shipped schema or a YAML file. By default `log-analytics` in mode events, which the source's parser reads, and `otel` in mode otlp"),
	serviceName: string().min(1).default("flowferry").describe("Resource attribute service.name of the records (mode otlp)"),
	entities: strictObject({
		by: _enum(["vnic", "instance"]).default("vnic").describe("Which OCID of a flow finds its entity"),
		ids: record(string().min(1), ocid("an entity")).describe("OCID of the VNIC or instance, and the OCID of its Log Analytics entity"),
		otherwise: ocid("an entity").optional().describe("Entity of the flows that `ids` does not name; by default they have none")
	}).optional().describe("Entities that the records are mapped to (mode events); by default none"),
	payload: _enum([
		"zip",
		"gzip",
		"json"
	]).default("zip").describe("How an upload is packed (mode events): `zip` holds up to 100 JSONs of 2 MB, `gzip` and `json` one"),
	maxJsonBytes: int().min(1024).max(LARGEST_JSON_BYTES).default(LARGEST_JSON_BYTES).describe("Largest JSON of an upload, in bytes before compression; the service takes 2 MB"),
	batch: strictObject({
		records: int().min(1).max(1e6).optional().describe("Most records of one upload; by default 10000 as zip, and 1000 where an upload is one JSON"),
		lingerMs: int().min(0).default(2e3).describe("How long a record waits for its upload to fill, in ms")
	}).prefault({}).describe("Size of the uploads"),
	inFlight: int().min(1).max(64).default(4).describe("How many uploads run at once")
});
// src/clouds/oci/log-analytics/event-file.ts
/** What closes a group, and a file. */
const GROUP_END = "]}";
const FILE_END = "]}";
/**
* Packs flows, in their order, into as few event files as their measured bytes allow:
* `{"metadata":{…},"logEvents":[{"entityId":…,"logSourceName":…,"logPath":…,"logRecords":["<record>",…]}]}`.
* The path of a record is its object's address in the bucket. Throws a Failure (`batch`, too large) when one record fits no file, or the
* flows fit no `maxFiles` files. `observed` is in ms since the epoch.
*/
function packEvents(flows, observed, options) {
	const { maxBytes, maxFiles } = options;
	const start = `{${members({ metadata: options.metadata })}"logEvents":[`;
	const emptyBytes = Buffer.byteLength(start) + 2;
	const headOf = groupHeads(options);
	const files = [];
	let groups = /* @__PURE__ */ new Map();
	let bytes = emptyBytes;
	const finish = () => {
		files.push(bytesOf(start + [...groups.values()].map(printGroup).join(",") + FILE_END));
		groups = /* @__PURE__ */ new Map();
		bytes = emptyBytes;
	};
	/** What a record adds to the file at hand: itself, a comma, and its group if that is new. */
	const costOf = (head, recordBytes) => {
		if (groups.has(head)) return recordBytes + 1;
		return recordBytes + Buffer.byteLength(head) + 2 + (groups.size === 0 ? 0 : 1);
	};
	for (const flow of flows) {
		const record = JSON.stringify(options.print(flow, observed));
		const recordBytes = Buffer.byteLength(record);
		const head = headOf(flow);
		if (groups.size > 0 && bytes + costOf(head, recordBytes) > maxBytes) finish();
		if (files.length === maxFiles) throw tooMany(flows.length, maxFiles, maxBytes);
		bytes += costOf(head, recordBytes);
		if (bytes > maxBytes) throw recordTooLarge(flow, recordBytes, maxBytes);
		const group = groups.get(head);
		if (group === void 0) groups.set(head, {
			head,
			records: [record]
		});
		else group.records.push(record);
	}
	if (groups.size > 0) finish();
	return files;
}
function printGroup({ head, records }) {
	return head + records.join(",") + GROUP_END;
}
/** What stands before a group's records. Flows of one object and one entity have one. */
function groupHeads({ logSource, entityOf }) {
	let lastOrigin;
	let lastEntity;
	let head = "";
	return (flow) => {
		const entityId = entityOf(flow);
		if (flow.origin !== lastOrigin || entityId !== lastEntity) {
			lastOrigin = flow.origin;
			lastEntity = entityId;
			const { store, key } = flow.origin;
			head = `{${members({
				entityId,
				logSourceName: logSource,
				logPath: `${store}/${key}`
			})}"logRecords":[`;
		}
		return head;
	};
}
/** Members of an object, each followed by a comma; without those that are undefined or empty. */
function members(values) {
	return Object.entries(values).filter(([, value]) => value !== void 0 && (typeof value === "string" || Object.keys(value).length > 0)).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)},`).join("");
}
function recordTooLarge(flow, bytes, maxBytes) {
	return tooLarge$1(`${`record ${flow.record} of ${flow.origin.key}`} takes ${bytes} bytes, a JSON for Log Analytics holds ${maxBytes} in all`);
}
function tooMany(records, maxFiles, maxBytes) {
	return tooLarge$1(`${records} records do not fit into ${maxFiles === 100 ? `${maxFiles} JSONs, which is all that a ZIP may hold` : "one JSON"} (${maxBytes} bytes each)`);
}
/** What is found out before anything is sent. */
function tooLarge$1(message) {
	return new Failure("batch", "log-analytics-too-large", message, {
		tooLarge: true,
		certain: true
	});
}
// src/clouds/oci/log-analytics/payload.ts
const gzipped = promisify(gzip);
/** The same for every entry, so that equal files make equal archives. */
const ENTRY_TIME = new Date(Date.UTC(1980, 0, 1));
const compress = (file) => gzipped(file, { level: 6 });
/** A ZIP of event files, named as the service wants them: with the log set in the name. */
async function zipEvents(files, logSet) {
	const { ZipFile } = (await import("yazl")).default;
	const zip = new ZipFile();
	const suffix = logSet === void 0 ? "" : `_logSet=${logSet}`;
	for (const [index, file] of files.entries()) zip.addBuffer(asBuffer(file), `flows${index + 1}${suffix}.json`, {
		mtime: ENTRY_TIME,
		compressionLevel: 6
	});
	zip.end();
	return buffer(zip.outputStream);
}
/** The same for the same bytes to the same destination. 43 characters; the service takes up to 64. */
function tokenOf(destination, parts) {
	const hash = createHash("sha256").update(JSON.stringify(destination));
	for (const part of parts) hash.update("\0").update(part);
	return hash.digest("base64url");
}
// src/sinks/otlp/wire.ts
/** The largest integer that an attribute can hold; a larger counter is sent as text, so that no digit is lost. */
const MAX_INT64 = 2n ** 63n - 1n;
/** Writes a non-negative integer up to 2^53 - 1 and returns the position after it. */
function putVarint(bytes, at, value) {
	if (value > 2147483647) {
		const high = Math.floor(value / 268435456);
		const low = value - high * 268435456;
		bytes[at++] = low & 127 | 128;
		bytes[at++] = low >>> 7 & 127 | 128;
		bytes[at++] = low >>> 14 & 127 | 128;
		bytes[at++] = low >>> 21 | 128;
		value = high;
	}
	while (value > 127) {
		bytes[at++] = value & 127 | 128;
		value >>>= 7;
	}
	bytes[at++] = value;
	return at;
}
/** The year 2554: 2^64 nanoseconds, in ms. */
const LAST_MS = 18446744073709;
/** Times before 1970 and after 2554 cannot be said in OTLP and become 0, its "unknown". */
const sayable = (ms) => ms >= 0 && ms <= LAST_MS ? ms : 0;
/**
* Writes milliseconds as a fixed64 of nanoseconds, exactly: with ms = q × 2^16 + r it is (q × 10^6) × 2^16 + r × 10^6, and no
* product exceeds 2^53.
*/
function putNanoseconds$1(view, at, ms) {
	ms = sayable(ms);
	const r = ms % 65536;
	const q = (ms - r) / 65536 * 1e6;
	const lowOfQ = q % 65536;
	const low = lowOfQ * 65536 + r * 1e6;
	const lowWord = low % 4294967296;
	view.setUint32(at, lowWord, true);
	view.setUint32(at + 4, (q - lowOfQ) / 65536 + (low - lowWord) / 4294967296, true);
}
function varintLength(value) {
	let length = 1;
	while (value > 127) {
		value = Math.floor(value / 128);
		length++;
	}
	return length;
}
function varint(value) {
	const bytes = [];
	let rest = BigInt.asUintN(64, BigInt(value));
	while (rest > 127n) {
		bytes.push(Number(rest & 127n) | 128);
		rest >>= 7n;
	}
	bytes.push(Number(rest));
	return Buffer.from(bytes);
}
/** A length-delimited field: text, bytes or a message. */
function delimited(field, content) {
	return Buffer.concat([
		varint(field << 3 | 2),
		varint(content.length),
		content
	]);
}
/** The content of a KeyValue message. */
function keyValue(key, value) {
	return Buffer.concat([delimited(1, Buffer.from(key)), delimited(2, anyValue(value))]);
}
/** The content of an AnyValue message; empty for null. */
function anyValue(value) {
	switch (typeof value) {
		case "string": return delimited(1, Buffer.from(value));
		case "boolean": return Buffer.of(16, value ? 1 : 0);
		case "bigint": return value <= MAX_INT64 ? Buffer.concat([Buffer.of(24), varint(value)]) : anyValue(String(value));
		case "number": return Number.isSafeInteger(value) ? Buffer.concat([Buffer.of(24), varint(value)]) : double(value);
		default:
			if (value === null || value === void 0) return Buffer.alloc(0);
			if (Array.isArray(value)) return delimited(5, Buffer.concat(value.map((item) => delimited(1, anyValue(item)))));
			return delimited(6, Buffer.concat(Object.entries(value).map(([key, item]) => delimited(1, keyValue(key, item)))));
	}
}
function double(value) {
	const bytes = Buffer.alloc(9, 33);
	bytes.writeDoubleLE(value, 1);
	return bytes;
}
/** Reads the fields of a message; throws RangeError for bytes that are none. */
function readFields(bytes) {
	const fields = [];
	let at = 0;
	const readVarint = () => {
		let value = 0n;
		for (let shift = 0n; shift < 70n; shift += 7n) {
			const byte = bytes[at++];
			if (byte === void 0) break;
			value |= BigInt(byte & 127) << shift;
			if (byte < 128) return value;
		}
		throw new RangeError("not a varint");
	};
	const readBytes = (length) => {
		if (at + length > bytes.length) throw new RangeError("a field ends behind its message");
		at += length;
		return bytes.subarray(at - length, at);
	};
	while (at < bytes.length) {
		const tag = Number(readVarint());
		const field = Math.floor(tag / 8);
		if (field === 0) throw new RangeError("field 0");
		switch (tag % 8) {
			case 0:
				fields.push({
					field,
					value: readVarint()
				});
				break;
			case 1:
				fields.push({
					field,
					value: readBytes(8).readBigUInt64LE()
				});
				break;
			case 2:
				fields.push({
					field,
					value: readBytes(Number(readVarint()))
				});
				break;
			case 5:
				fields.push({
					field,
					value: BigInt(readBytes(4).readUInt32LE())
				});
				break;
			default: throw new RangeError("unknown wire type");
		}
	}
	return fields;
}
/** The last one counts, as protobuf has it. */
function readField(fields, field) {
	return fields.findLast((one) => one.field === field)?.value;
}
// src/sinks/otlp/export-response.ts
/** The answer is none of the protocol; the message says what it is instead, as in `is a page`. */
var NoExportResponse = class extends Error {};
const WHOLE = {
	rejected: 0n,
	message: ""
};
/**
* Reads the body of a 2xx, in whichever form it comes: the body tells, since content types are often those of something in between. An
* answer is no bytes, protobuf, JSON (`{}` or `{"partialSuccess":…}`), or a yes in words, as receivers outside the specification give.
* Throws NoExportResponse for anything else, and for a count of refused records that cannot be, of so many that were sent.
*/
function readExportResponse(body, records) {
	if (body.fault !== void 0) throw new NoExportResponse(body.fault);
	if (body.bytes.length === 0) return {
		rejected: 0,
		message: ""
	};
	const text = textOf(body);
	const said = fromProtobuf(body.bytes) ?? (/^[{["]/.test(text) ? fromJson(text) : isAssent(text) ? WHOLE : void 0);
	if (said === void 0) throw new NoExportResponse(shown(text));
	const { rejected, message } = said;
	if (rejected >= 0n && rejected <= BigInt(records)) return {
		rejected: Number(rejected),
		message
	};
	throw new NoExportResponse(`counts ${rejected} of ${records} records as refused`);
}
function fromProtobuf(bytes) {
	try {
		const partial = readField(readFields(bytes), 1);
		if (!Buffer.isBuffer(partial)) return void 0;
		const fields = readFields(partial);
		const rejected = readField(fields, 1) ?? 0n;
		const message = readField(fields, 2) ?? Buffer.alloc(0);
		if (typeof rejected !== "bigint" || !Buffer.isBuffer(message)) return void 0;
		return {
			rejected: BigInt.asIntN(64, rejected),
			message: message.toString()
		};
	} catch (error) {
		if (error instanceof RangeError) return void 0;
		throw error;
	}
}
function fromJson(text) {
	const value = parseJson(text);
	if (typeof value === "string") return isAssent(value) ? WHOLE : void 0;
	if (!isObject(value) || isDenial(value)) return void 0;
	if (Object.keys(value).length === 0) return WHOLE;
	const partial = member(value, "partialSuccess", "partial_success");
	if (partial === null) return WHOLE;
	if (!isObject(partial)) return void 0;
	const rejected = member(partial, "rejectedLogRecords", "rejected_log_records") ?? 0;
	const message = member(partial, "errorMessage", "error_message") ?? "";
	if (typeof message !== "string") return void 0;
	if (typeof rejected === "number") return Number.isSafeInteger(rejected) ? {
		rejected: BigInt(rejected),
		message
	} : void 0;
	if (typeof rejected !== "string" || !/^-?\d{1,19}$/.test(rejected)) return void 0;
	return {
		rejected: BigInt(rejected),
		message
	};
}
/** Readers of protobuf's JSON take the name as it stands in the definition, too. */
function member(object, name, original) {
	return Object.hasOwn(object, name) ? object[name] : Object.hasOwn(object, original) ? object[original] : void 0;
}
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
// src/clouds/oci/errors.ts
const LONGEST_MESSAGE = 300;
/** What the SDK says of a refusal that is not in the form of the service. */
const NO_CODE = "None";
/** Service codes of https://docs.oracle.com/iaas/Content/API/References/apierrors.htm that speak of the tenancy, below a 400. */
const OF_THE_TENANCY = /* @__PURE__ */ new Set([
	"LimitExceeded",
	"QuotaExceeded",
	"RelatedResourceNotAuthorizedOrNotFound"
]);
/** The Failure of a failed call; what is none passes as it is. */
function ociError(failure, call) {
	if (!(failure instanceof OciCallFailure)) return failure instanceof Error ? failure : new Error(String(failure));
	const refusal = refusalOf(failure);
	if (refusal !== void 0) return serviceError(refusal, failure.answer, call);
	if (failure.answer !== void 0 && codeOf(failure.cause) !== "UND_ERR_BODY_TIMEOUT") return answerError(failure.cause, failure.answer, call);
	return networkFailure("network", call.operation, call.endpoint, failure.cause);
}
/** What the service answered to a failed call, as the SDK's error; undefined if it did not answer. */
function refusalOf(failure) {
	const cause = failure instanceof OciCallFailure ? failure.cause : void 0;
	return cause instanceof Error && "statusCode" in cause && "serviceCode" in cause ? cause : void 0;
}
/** Whether the service says that there is no such thing; a 404 in other words comes from something in between. */
function isAbsent(failure) {
	const refusal = refusalOf(failure);
	return refusal?.statusCode === 404 && refusal.serviceCode !== NO_CODE;
}
/** There was an answer, and the SDK could make nothing of it: it breaks off, is a page, or lacks what belongs into it. */
function answerError(cause, { status, retryAfterMs }, call) {
	const byStatus = drawerOfStatus(status);
	const drawer = byStatus === "passing" || byStatus === "person" ? byStatus : "not-understood";
	const host = URL.canParse(call.endpoint) ? new URL(call.endpoint).host : call.endpoint;
	const message = `${call.operation} ${call.place}: ${host} answers ${status} with something other than the service's answer; check endpoint, and what stands between`;
	return new Failure(drawer, "bad-answer", message, {
		cause,
		retryAfterMs
	});
}
function serviceError(cause, answer, call) {
	const { statusCode: status, serviceCode, opcRequestId } = cause;
	cause.message = withoutSignature(cause.message.replaceAll(/\s+/g, " ").trim().slice(0, LONGEST_MESSAGE));
	const { code, advice, drawer } = explanationOf(cause, call);
	const id = opcRequestId ? ` (opc-request-id ${opcRequestId})` : "";
	const said = `${call.operation} ${call.place}: ${status} ${serviceCode}: ${cause.message}${id}`;
	const line = advice === "" ? said : `${said}; ${advice}`;
	return new Failure(drawer, code, line, {
		cause,
		retryAfterMs: answer?.retryAfterMs,
		tooLarge: status === 413
	});
}
function explanationOf(refusal, call) {
	const { statusCode: status, serviceCode, message } = refusal;
	if (status === 401) return {
		code: "not-authenticated",
		advice: authenticationAdvice(message, call),
		drawer: "person"
	};
	if (status === 400 && OF_THE_TENANCY.has(serviceCode)) return {
		code: "refused",
		advice: "",
		drawer: "person"
	};
	const explained = call.explain(refusal);
	if (explained !== void 0) return explained;
	const drawer = (call.drawer ?? drawerOfAsking)(status) ?? "not-understood";
	return {
		code: status === 429 ? "too-many-requests" : drawer === "passing" ? "service-unavailable" : "refused",
		advice: "",
		drawer
	};
}
function drawerOfAsking(status) {
	const drawer = drawerOfStatus(status);
	return drawer === "batch" ? "person" : drawer;
}
function authenticationAdvice(message, { identity }) {
	const current = /not within allowed clock skew\. Current '([^']+)'/.exec(message)?.[1];
	if (current === void 0) return identity.authenticationAdvice;
	const behind = Math.round((Date.parse(current) - Date.now()) / 1e3);
	return `${`this machine's clock is ${Math.abs(behind)} s ${behind > 0 ? "behind" : "ahead"}`}, and OCI allows 300 s: start its time synchronisation (chronyd, systemd-timesyncd)`;
}
/** The statement that lets the identity do something, as in `Allow group X to read objects in compartment Y where …`. */
function policyStatement({ policy }, permission, where = []) {
	const all = [...where, ...policy.conditions];
	const conditions = all.length === 0 ? "" : ` where ${all.length === 1 ? all[0] : `all {${all.join(", ")}}`}`;
	return `Allow ${policy.subject} to ${permission}${conditions}`;
}
// src/clouds/oci/log-analytics/uploader.ts
/** The service no longer says whether the earlier upload with this token stands: only another token gets the records in. */
var StaleTokenError = class extends Failure {};
const CONTENT_TYPES = {
	JSON: "application/json",
	GZIP: "application/gzip",
	ZIP: "application/zip"
};
/** Asks nothing of the network before the first upload. Throws UsageError. */
async function createUploader(options, surroundings) {
	const { namespace: namespaceName, logGroupId, logSet, metadata } = options;
	const { LogAnalyticsClient } = await import("./log-analytics-BF14NrwM.js");
	const { client, identity, ask, close } = await connectOci(options, surroundings, {
		what: `Log Analytics namespace ${namespaceName}`,
		create: (params, configuration) => new LogAnalyticsClient(params, configuration),
		onRenewed: () => surroundings.onNotice?.("Log Analytics refused the credentials (401); they were read again, and the upload goes on with them")
	});
	const properties = Object.entries(metadata).map(([name, value]) => `${name}:${value}`);
	const opcMetaProperties = properties.length === 0 ? void 0 : properties.join(";");
	const failed = (failure, operation, records = true) => {
		const refusal = refusalOf(failure);
		const error = ociError(failure, {
			operation,
			place: records ? `for log group ${logGroupId} of namespace ${namespaceName}` : `${namespaceName}`,
			endpoint: client.endpoint,
			identity,
			explain: (refusal) => explain(refusal, identity, records),
			drawer: records ? drawerOfStatus : void 0
		});
		return error instanceof Failure && refusal?.serviceCode === "InvalidatedRetryToken" ? new StaleTokenError("passing", "stale-token", error.message, {
			cause: refusal,
			retryAfterMs: error.retryAfterMs
		}) : error;
	};
	return {
		async uploadEvents(body, payloadType, opcRetryToken, signal) {
			try {
				await ask(signal, () => client.uploadLogEventsFile({
					namespaceName,
					logGroupId: encodeURIComponent(logGroupId),
					body,
					payloadType,
					contentType: CONTENT_TYPES[payloadType],
					opcRetryToken,
					...logSet === void 0 || payloadType === "ZIP" ? {} : { logSet: encodeURIComponent(logSet) }
				}));
			} catch (failure) {
				throw failed(failure, "UploadLogEventsFile");
			}
		},
		async uploadOtlp(body, records, opcRetryToken, signal) {
			try {
				const { rest } = await ask(signal, () => client.uploadOtlpLogs({
					namespaceName,
					opcMetaLoggrpid: logGroupId,
					body,
					contentType: "application/json",
					opcRetryToken,
					...opcMetaProperties === void 0 ? {} : { opcMetaProperties },
					...logSet === void 0 ? {} : { logSet }
				}));
				return resultOf(rest, records);
			} catch (failure) {
				throw failed(failure, "UploadOtlpLogs");
			}
		},
		async probe(signal) {
			let onboarded;
			let logSets;
			try {
				const { result } = await ask(signal, async () => {
					const namespace = await client.getNamespace({ namespaceName });
					if (typeof namespace?.isOnboarded !== "boolean") throw new TypeError("it does not tell isOnboarded");
					return namespace;
				});
				onboarded = result.isOnboarded;
				logSets = result.isLogSetEnabled;
			} catch (failure) {
				throw failed(failure, "GetNamespace", false);
			}
			if (!onboarded) throw new Failure("person", "not-onboarded", `namespace ${namespaceName} has no Log Analytics yet: open Log Analytics in the console once and choose Start Using Log Analytics`);
			if (logSets === true && logSet === void 0) {
				const message = `namespace ${namespaceName} has log sets enabled: give one as logSet`;
				throw new Failure("person", "log-set-missing", message);
			}
			return `Log Analytics namespace ${namespaceName} at ${new URL(client.endpoint).host}; the log group is tried by the first upload`;
		},
		close
	};
}
/** The service defines no answer to an upload; where it is OTLP's own, that counts. */
function resultOf(rest, records) {
	const value = parseJson(textOf(rest));
	if (typeof value !== "object" || value === null || !("partialSuccess" in value)) return { rejected: 0 };
	try {
		const { rejected, message } = readExportResponse(rest, records);
		const reason = oneLine(message);
		return reason === "" ? { rejected } : {
			rejected,
			reason
		};
	} catch (error) {
		if (!(error instanceof NoExportResponse)) throw error;
		throw new Failure("not-understood", "bad-answer", `UploadOtlpLogs: the answer ${oneLine(error.message)}`);
	}
}
/**
* What the service says of a missing permission and of a log group that is not there is the same: 404. Both heal when the operator
* puts them right, and the records wait in the bucket until then. A payload that is refused (400) stays refused, unless it is refused for
* what all uploads of the sink have in common.
*/
function explain({ statusCode: status, serviceCode, message }, identity, upload) {
	if (status === 403 || status === 404) return {
		code: "not-authorized",
		advice: `${upload ? "check namespace, logGroupId and the region" : "check namespace and region"}; the policy that is needed: ${policyStatement(identity, upload ? "{LOG_ANALYTICS_LOG_GROUP_UPLOAD_LOGS} in compartment <the log group's compartment>" : "read loganalytics-features-family in tenancy")}`,
		drawer: "person"
	};
	if (serviceCode === "InvalidatedRetryToken") return {
		code: "stale-token",
		advice: "it is sent again under a new token",
		drawer: "passing"
	};
	if (!upload) return void 0;
	if (status === 413) return {
		code: "log-analytics-too-large",
		advice: "",
		drawer: "batch"
	};
	if (status !== 400) return void 0;
	return {
		code: "refused",
		advice: "check that the log source exists (`flowferry content install`), and logGroupId and logSet",
		drawer: /log ?(source|group|set)/i.test(message) ? "person" : "batch"
	};
}
// src/sinks/otlp/bytes.ts
/**
* A growing run of bytes, written front to back. Whoever writes calls `reserve` first, writes at `position` and moves it on.
* `bytes` and `view` change when it grows, so they are read after `reserve`.
*/
var Bytes = class {
	bytes;
	view;
	position = 0;
	/** Begins in this memory. */
	constructor(memory) {
		this.bytes = Buffer.from(memory);
		this.view = viewOf(this.bytes);
	}
	/** Makes room for `count` more bytes. */
	reserve(count) {
		if (this.position + count > this.bytes.length) this.#grow(count);
	}
	#grow(count) {
		const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.position + count));
		this.bytes.copy(larger, 0, 0, this.position);
		this.bytes = larger;
		this.view = viewOf(larger);
	}
	/** Copies a block. */
	block(block) {
		this.reserve(block.length);
		this.bytes.set(block, this.position);
		this.position += block.length;
	}
};
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
function wordsOf(block) {
	const padded = Buffer.alloc(Math.ceil(block.length / 4) * 4);
	padded.set(block);
	const values = new Int32Array(padded.length / 4);
	for (let index = 0; index < values.length; index++) values[index] = padded.readInt32LE(index * 4);
	return {
		length: block.length,
		values
	};
}
/** Writes up to three bytes more than the block has: there must be room for `length` + 3, and what follows is written after. */
function putWords(view, at, values) {
	for (let index = 0; index < values.length; index++) {
		view.setInt32(at, values[index], true);
		at += 4;
	}
}
/**
* Writes text of nothing but printable ASCII without `"` and `\`, which is the same in UTF-8 and in a JSON string. Returns the position
* after it, or -1 for any other text. There must be room for a byte per character.
*/
function putPlain(bytes, at, text) {
	const { length } = text;
	for (let index = 0; index < length; index++) {
		const code = text.charCodeAt(index);
		if (code < 32 || code > 126 || code === 34 || code === 92) return -1;
		bytes[at + index] = code;
	}
	return at + length;
}
/** Eight hexadecimal digits of an unsigned 32-bit integer. */
function putHex(bytes, at, value) {
	for (let index = 7; index >= 0; index--) {
		const digit = value & 15;
		bytes[at + index] = digit < 10 ? 48 + digit : 87 + digit;
		value >>>= 4;
	}
	return at + 8;
}
/** Decimal digits of a non-negative integer up to 2^53 - 1. */
function putDecimal(bytes, at, value) {
	let digits = 1;
	for (let limit = 10; value >= limit; limit *= 10) digits++;
	for (let index = digits - 1; index >= 0; index--) {
		const rest = value <= 2147483647 ? value / 10 | 0 : Math.floor(value / 10);
		bytes[at + index] = 48 + (value - rest * 10);
		value = rest;
	}
	return at + digits;
}
/** By the general encoder. */
const OTHER = 4;
/** Combinations are numbered; this is the largest number, well inside the exact integers. */
const MOST_COMBINATIONS = 2 ** 40;
/** Most combinations that are kept encoded. */
const KEPT = 8192;
/** Most values of one attribute that are kept encoded, and the longest of them, in bytes. */
const KEPT_VALUES = 4096;
const LONGEST_KEPT = 1024;
function createPlan(schema, encodeAttribute) {
	const ofContext = schema.attributes.filter(({ varies }) => varies === "never" || varies === "context");
	const combined = [];
	let combinations = 1;
	for (const attribute of schema.attributes) {
		const { values } = attribute;
		if (values === void 0 || ofContext.includes(attribute) || combinations * (values.length + 1) > MOST_COMBINATIONS) continue;
		combinations *= values.length + 1;
		combined.push(attribute);
	}
	const encode = (attribute, value) => {
		if (value === void 0) return Buffer.alloc(0);
		if (attribute.kind !== "columns") return encodeAttribute(attribute.name, value);
		const columns = Object.entries(value);
		return Buffer.concat(columns.map(([column, text]) => encodeAttribute(schema.columnName(attribute, column), text)));
	};
	const encodeAll = (attributes, flow) => Buffer.concat(attributes.map((attribute) => encode(attribute, attribute.get(flow))));
	const slots = createSlots();
	return {
		encodeContext: (flow) => encodeAll(ofContext, flow),
		encodeResource: (flow) => encodeAll(schema.resource, flow),
		read: (flow) => readSlots(flow, slots),
		slots,
		combined: combiner(slots, combined, (flow) => encodeAll(combined, flow)),
		steps: schema.attributes.filter((attribute) => !ofContext.includes(attribute) && !combined.includes(attribute)).map((attribute) => stepFor(attribute, (value) => encode(attribute, value)))
	};
}
function combiner(slots, attributes, encode) {
	const parts = attributes.map(({ get, slot = -1, values = [] }) => ({
		get,
		slot,
		known: values
	}));
	const kept = /* @__PURE__ */ new Map();
	return (flow) => {
		let combination = 0;
		for (let index = 0; index < parts.length; index++) {
			const { get, slot, known } = parts[index];
			const value = slot >= 0 ? slots[slot] : get(flow);
			let number = 0;
			while (number < known.length && known[number] !== value) number++;
			if (number === known.length && value !== void 0) return encode(flow);
			combination = combination * (known.length + 1) + number;
		}
		let block = kept.get(combination);
		if (block === void 0) {
			block = encode(flow);
			if (kept.size < KEPT) kept.set(combination, block);
		}
		return block;
	};
}
function stepFor({ name, kind, varies, get, slot = -1 }, encode) {
	const forms = {
		columns: OTHER,
		any: OTHER,
		strings: OTHER,
		boolean: 2,
		uid: 3,
		string: 0,
		integer: 1
	};
	return {
		name,
		form: varies === "little" && forms[kind] !== OTHER ? 2 : forms[kind],
		slot,
		get,
		encode: kind === "columns" ? keepByIdentity(encode) : encode,
		repeating: new Repeating(encode)
	};
}
/** Rows of a lookup table are shared by the flows that match them. */
function keepByIdentity(encode) {
	const kept = /* @__PURE__ */ new WeakMap();
	return (value) => {
		let block = kept.get(value);
		if (block === void 0) {
			block = encode(value);
			kept.set(value, block);
		}
		return block;
	};
}
/** The encoded values of one attribute; the value of the flow before is at hand. */
var Repeating = class {
	#encode;
	#kept = /* @__PURE__ */ new Map();
	#value;
	#words;
	constructor(encode) {
		this.#encode = encode;
	}
	of(value) {
		if (value === this.#value && this.#words !== void 0) return this.#words;
		let words = this.#kept.get(value);
		if (words === void 0) {
			words = wordsOf(this.#encode(value));
			if (this.#kept.size < KEPT_VALUES && words.length <= LONGEST_KEPT) this.#kept.set(value, words);
		}
		this.#value = value;
		this.#words = words;
		return words;
	}
};
/** `after` is how many bytes of the encoded attribute stand behind the uid. */
function uidPrefixes(name, encodeAttribute, after) {
	let last;
	let prefix = wordsOf(Buffer.alloc(0));
	return (origin) => {
		if (origin !== last) {
			last = origin;
			prefix = wordsOf(encodeAttribute(name, `${origin.digest}00000000`).subarray(0, -8 - after));
		}
		return prefix;
	};
}
// src/sinks/otlp/encoder.ts
const SCOPE = "flowferry";
/** First size of a buffer; it grows to what the batches need. */
const CAPACITY = 262144;
/** Most resources that are remembered, and the longest of them, in bytes. */
const MOST_RESOURCES = 4096;
const LONGEST_RESOURCE = 8192;
/**
* Records are gathered by resource, as the protocol wants it, and within by context, though their order means nothing to a receiver:
* long identifiers that repeat right after each other make compression faster by a quarter and its result smaller by a third.
*/
function createEncoder(syntax, schema, options) {
	const plan = createPlan(schema, syntax.encodeAttribute);
	const service = syntax.encodeAttribute("service.name", options.serviceName);
	const record = syntax.recordWriter(plan, { body: options.body });
	const request = syntax.requestWriter({
		name: SCOPE,
		version: options.version
	});
	const known = /* @__PURE__ */ new WeakMap();
	const resources = /* @__PURE__ */ new Map();
	const free = [];
	const contextOf = (flow) => {
		let context = known.get(flow.context);
		if (context === void 0) {
			const attributes = Buffer.concat([service, plan.encodeResource(flow)]);
			const key = attributes.toString("latin1");
			let resource = resources.get(key);
			if (resource === void 0) {
				if (resources.size >= MOST_RESOURCES) resources.clear();
				resource = {
					attributes,
					contexts: []
				};
				if (key.length <= LONGEST_RESOURCE) resources.set(key, resource);
			}
			context = {
				resource,
				attributes: plan.encodeContext(flow),
				flows: []
			};
			known.set(flow.context, context);
		}
		return context;
	};
	/** Hands every flow to its context, and returns the resources that have any. */
	const gather = (flows) => {
		const gathered = [];
		let last;
		let context;
		for (const flow of flows) {
			if (context === void 0 || flow.context !== last) {
				last = flow.context;
				context = contextOf(flow);
				if (context.flows.length === 0) {
					if (context.resource.contexts.length === 0) gathered.push(context.resource);
					context.resource.contexts.push(context);
				}
			}
			context.flows.push(flow);
		}
		return gathered;
	};
	const write = (out, gathered) => {
		request.begin(out);
		for (const resource of gathered) {
			request.beginResource(out, resource.attributes);
			for (const { flows, attributes } of resource.contexts) {
				for (const flow of flows) record.write(out, flow, attributes);
				if (out.position > options.maxBytes) break;
			}
			request.endResource(out);
		}
		return request.end(out);
	};
	return {
		contentType: syntax.contentType,
		encode(flows, observed) {
			const gathered = gather(flows);
			const out = free.pop() ?? new Bytes(/* @__PURE__ */ new ArrayBuffer(CAPACITY));
			try {
				out.position = 0;
				record.observed(observed);
				const bytes = write(out, gathered);
				if (bytes.length > options.maxBytes) throw tooLarge(flows.length, options.maxBytes);
				return {
					records: flows.length,
					parts: [bytes]
				};
			} catch (error) {
				free.push(out);
				throw error;
			} finally {
				for (const resource of gathered) for (const context of resource.contexts.splice(0)) context.flows.length = 0;
			}
		},
		recycle({ parts }) {
			for (const { buffer } of parts) free.push(new Bytes(buffer));
		}
	};
}
function tooLarge(records, maxBytes) {
	const message = `${records === 1 ? "a record is" : `${records} records are`} larger than batch.bytes (${maxBytes})`;
	return new Failure("batch", "otlp-too-large", message, {
		tooLarge: true,
		certain: true
	});
}
// src/sinks/otlp/summary.ts
const LONGEST_PROTOCOL = 12;
/** An IPv6 address in full. */
const LONGEST_ADDRESS = 39;
/**
* Writes what `summaryOf` of the schemas says of a flow, without making the text. Returns the position after it, or -1 for flows of
* another kind (quality records, missing or odd fields), which are left to `summaryOf`. There must be room for MAX_SUMMARY bytes.
*/
function putSummary(bytes, at, flow) {
	const { action, protocol, protocolName, sourceAddress, sourcePort, destinationAddress, destinationPort } = flow;
	if (flow.status !== "OK" || action === void 0 || protocolName === void 0 || protocolName.length > LONGEST_PROTOCOL) return -1;
	at = putPlain(bytes, at, action);
	bytes[at++] = 32;
	for (let index = 0; index < protocolName.length; index++) {
		const code = protocolName.charCodeAt(index);
		if (code >= 65 && code <= 90) bytes[at++] = code + 32;
		else if (code >= 97 && code <= 122 || code >= 48 && code <= 57 || code === 45) bytes[at++] = code;
		else return -1;
	}
	bytes[at++] = 32;
	const hasPorts = protocol === 6 || protocol === 17;
	if (!hasPorts && (sourcePort !== 0 || destinationPort !== 0)) return -1;
	at = putEndpoint(bytes, at, sourceAddress, hasPorts ? sourcePort : void 0);
	if (at < 0) return -1;
	bytes[at++] = 32;
	bytes[at++] = 45;
	bytes[at++] = 62;
	bytes[at++] = 32;
	return putEndpoint(bytes, at, destinationAddress, hasPorts ? destinationPort : void 0);
}
function putEndpoint(bytes, at, address, port) {
	if (address === void 0 || address.length > LONGEST_ADDRESS) return -1;
	if (port === void 0) return putPlain(bytes, at, address);
	if (port < 0 || port > 65535) return -1;
	const bracketed = address.includes(":");
	if (bracketed) bytes[at++] = 91;
	at = putPlain(bytes, at, address);
	if (at < 0) return -1;
	if (bracketed) bytes[at++] = 93;
	bytes[at++] = 58;
	return putDecimal(bytes, at, port);
}
// src/sinks/otlp/json.ts
const COMMA = 44;
const ZERO = 48;
/** Bytes of a record that are no attributes. */
const FRAME = 512;
/** Decimal digits of 2^53 - 1. */
const MAX_DIGITS = 16;
const encodeAttribute = (name, value) => Buffer.from(`{"key":${printText(name)},"value":${printAny(value)}},`);
const json$1 = {
	contentType: "application/json",
	encodeAttribute,
	recordWriter,
	requestWriter
};
/** Lone surrogates, which UTF-8 cannot hold, become U+FFFD. */
const printText = (text) => JSON.stringify(text.toWellFormed());
/** An AnyValue; an empty one for null. */
function printAny(value) {
	switch (typeof value) {
		case "string": return `{"stringValue":${printText(value)}}`;
		case "boolean": return `{"boolValue":${value}}`;
		case "bigint": return value <= MAX_INT64 ? `{"intValue":"${value}"}` : `{"stringValue":"${value}"}`;
		case "number":
			if (Number.isSafeInteger(value)) return `{"intValue":"${value}"}`;
			return Number.isFinite(value) ? `{"doubleValue":${value}}` : `{"doubleValue":"${value}"}`;
		default:
			if (value === null || value === void 0) return "{}";
			if (Array.isArray(value)) return `{"arrayValue":{"values":[${value.map(printAny)}]}}`;
			return `{"kvlistValue":{"values":[${Object.entries(value).map(([key, item]) => `{"key":${printText(key)},"value":${printAny(item)}}`)}]}}`;
	}
}
/** What stands behind a text and behind an integer. */
const END = wordsOf(Buffer.from("\"}},"));
/** What stands in front of a step's value. */
function headOf({ name, form }) {
	return wordsOf(Buffer.from(`{"key":${printText(name)},"value":{"${form === 1 ? "intValue" : "stringValue"}":"`));
}
function recordWriter(plan, { body }) {
	const { slots, steps } = plan;
	const stepHeads = steps.map(headOf);
	const uidPrefix = steps.map(({ name }) => uidPrefixes(name, encodeAttribute, END.length));
	const start = wordsOf(Buffer.from("{\"timeUnixNano\":\""));
	const heads = /* @__PURE__ */ new Map();
	const writeAttributes = (out, flow) => {
		for (let index = 0; index < steps.length; index++) {
			const step = steps[index];
			if (step.form === 3) {
				const prefix = uidPrefix[index](flow.origin);
				if (flow.record > 4294967295) out.block(step.encode(flow.uid));
				else writeBetween(out, prefix, 8, (bytes, at) => putHex(bytes, at, flow.record));
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
				case 0: {
					const text = value;
					if (!writeBetween(out, stepHeads[index], text.length, (bytes, at) => putPlain(bytes, at, text))) out.block(step.encode(text));
					break;
				}
				case 1:
					if (typeof value !== "number" || value < 0) out.block(step.encode(value));
					else writeBetween(out, stepHeads[index], MAX_DIGITS, (bytes, at) => putDecimal(bytes, at, value));
					break;
				default: out.block(step.encode(value));
			}
		}
	};
	return {
		observed(ms) {
			for (const recordClass of RECORD_CLASSES) {
				const { severityNumber, severityText, eventName } = recordClass;
				const text = `","observedTimeUnixNano":"${BigInt(sayable(ms)) * 1000000n}","severityNumber":${severityNumber},"severityText":"${severityText}","eventName":"${eventName}",`;
				heads.set(recordClass, wordsOf(Buffer.from(text)));
			}
		},
		write(out, flow, context) {
			plan.read(flow);
			const combined = plan.combined(flow);
			out.reserve(FRAME + context.length + combined.length);
			putWords(out.view, out.position, start.values);
			let at = putNanoseconds(out.bytes, out.position + start.length, flow.time);
			const head = heads.get(recordClassOf(flow));
			putWords(out.view, at, head.values);
			at += head.length;
			if (body !== "none") {
				putWords(out.view, at, BODY.values);
				const end = body === "summary" ? putSummary(out.bytes, at + BODY.length, flow) : -1;
				if (end < 0) {
					out.position = at;
					out.block(Buffer.from(`"body":${printAny(bodyOf(flow, body) ?? "")},`));
					out.reserve(FRAME + context.length + combined.length);
					at = out.position;
				} else {
					putWords(out.view, end, BODY_END.values);
					at = end + BODY_END.length;
				}
			}
			putWords(out.view, at, ATTRIBUTES.values);
			out.position = at + ATTRIBUTES.length;
			const first = out.position;
			out.block(context);
			out.block(combined);
			writeAttributes(out, flow);
			if (out.position > first) out.position--;
			out.reserve(8);
			putWords(out.view, out.position, RECORD_END.values);
			out.position += RECORD_END.length;
		}
	};
}
const BODY = wordsOf(Buffer.from("\"body\":{\"stringValue\":\""));
const BODY_END = wordsOf(Buffer.from("\"},"));
const ATTRIBUTES = wordsOf(Buffer.from("\"attributes\":["));
const RECORD_END = wordsOf(Buffer.from("]},"));
/** Writes `head`, what `put` writes in up to `most` bytes, and the end of an attribute; nothing when `put` returns -1. */
function writeBetween(out, head, most, put) {
	out.reserve(head.length + most + END.length + 7);
	const { bytes, position, view } = out;
	putWords(view, position, head.values);
	const end = put(bytes, position + head.length);
	if (end < 0) return false;
	putWords(view, end, END.values);
	out.position = end + END.length;
	return true;
}
/** Milliseconds as decimal nanoseconds. */
function putNanoseconds(bytes, at, ms) {
	ms = sayable(ms);
	if (ms === 0) {
		bytes[at] = ZERO;
		return at + 1;
	}
	at = putDecimal(bytes, at, ms);
	for (let index = 0; index < 6; index++) bytes[at++] = ZERO;
	return at;
}
function requestWriter({ name, version }) {
	const scope = `]},"scopeLogs":[{"scope":{"name":${printText(name)},"version":${printText(version)}},"logRecords":[`;
	let start = 0;
	let records = 0;
	const takeBackComma = (out) => {
		if (out.bytes[out.position - 1] === COMMA) out.position--;
	};
	return {
		begin(out) {
			start = out.position;
			out.block(Buffer.from("{\"resourceLogs\":["));
		},
		beginResource(out, attributes) {
			out.block(Buffer.from("{\"resource\":{\"attributes\":["));
			out.block(attributes);
			takeBackComma(out);
			out.block(Buffer.from(scope));
			records = out.position;
		},
		endResource(out) {
			if (out.position > records) takeBackComma(out);
			out.block(Buffer.from("]}]},"));
		},
		end(out) {
			takeBackComma(out);
			out.block(Buffer.from("]}"));
			return out.bytes.subarray(start, out.position);
		}
	};
}
// src/clouds/oci/log-analytics/sink.ts
/** Records of one upload, where the configuration does not say it. */
const RECORDS_OF_A_ZIP = 1e4;
const RECORDS_OF_A_JSON = 1e3;
/** The sink `log-analytics`: OCI Log Analytics, through the SDK's client. One batch is one upload. */
const logAnalytics = {
	type: "log-analytics",
	summary: "OCI Log Analytics: a log group, as events of a log source or as OTLP",
	options: logAnalyticsOptions,
	encoder: encoderOf,
	async create(options, dependencies) {
		const encoder = encoderOf(options, dependencies);
		const uploader = await createUploader(options, dependencies);
		const upload = options.mode === "events" ? eventUpload(options, uploader) : otlpUpload(options, uploader);
		const oneJson = options.mode === "otlp" || options.payload !== "zip";
		/** How often the service wanted another token for a payload. */
		const renewals = /* @__PURE__ */ new WeakMap();
		return {
			limits: {
				records: options.batch.records ?? (oneJson ? RECORDS_OF_A_JSON : RECORDS_OF_A_ZIP),
				inFlight: options.inFlight,
				lingerMs: options.batch.lingerMs
			},
			...encoder,
			async send(payload, signal) {
				signal.throwIfAborted();
				try {
					return await upload(payload, renewals.get(payload) ?? 0, signal);
				} catch (error) {
					if (error instanceof StaleTokenError) renewals.set(payload, (renewals.get(payload) ?? 0) + 1);
					throw error;
				}
			},
			probe: (signal) => uploader.probe(signal),
			close: () => uploader.close()
		};
	}
};
/** In mode events a part of the payload is a file, else there is one: the request. */
function encoderOf(options, dependencies) {
	return options.mode === "events" ? eventEncoder(options, dependencies) : otlpEncoder(options, dependencies);
}
function eventEncoder(options, { baseDir }) {
	const { logSource, metadata, entities, payload, maxJsonBytes: maxBytes } = options;
	const print = linePrinter(loadSchema(options.schema ?? "log-analytics", baseDir), options.serviceName);
	const maxFiles = payload === "zip" ? 100 : 1;
	const packing = {
		logSource,
		metadata,
		print,
		entityOf: entityFinder(entities),
		maxBytes,
		maxFiles
	};
	return { encode: (flows, observed) => ({
		records: flows.length,
		parts: packEvents(flows, observed, packing)
	}) };
}
function otlpEncoder(options, { baseDir, version }) {
	const { maxJsonBytes: maxBytes, serviceName } = options;
	const schema = loadSchema(options.schema ?? "otel", baseDir);
	const { encode, recycle } = createEncoder(json$1, schema, {
		serviceName,
		version,
		body: "summary",
		maxBytes
	});
	return {
		recycle,
		encode: (flows, observed) => encodeWithin(() => encode(flows, observed), flows.length, maxBytes)
	};
}
function eventUpload({ namespace, logGroupId, logSet, payload }, uploader) {
	const type = payload.toUpperCase();
	return async ({ parts: files }, renewals, signal) => {
		const token = tokenOf([
			namespace,
			logGroupId,
			logSet,
			type,
			renewals
		], files);
		const [first = /* @__PURE__ */ new Uint8Array()] = files;
		const body = type === "ZIP" ? await zipEvents(files, logSet) : type === "GZIP" ? await compress(first) : asBuffer(first);
		await uploader.uploadEvents(body, type, token, signal);
		return { rejected: 0 };
	};
}
function otlpUpload({ namespace, logGroupId, logSet, metadata }, uploader) {
	return ({ records, parts }, renewals, signal) => {
		const token = tokenOf([
			namespace,
			logGroupId,
			logSet,
			"OTLP",
			metadata,
			renewals
		], parts);
		const [request = /* @__PURE__ */ new Uint8Array()] = parts;
		return uploader.uploadOtlp(asBuffer(request), records, token, signal);
	};
}
/** Names this sink's own limit. */
function encodeWithin(encode, records, maxBytes) {
	try {
		return encode();
	} catch (error) {
		if (!(error instanceof Failure && error.tooLarge)) throw error;
		throw tooLarge$1(`${records === 1 ? "a record is" : `${records} records are`} larger than maxJsonBytes (${maxBytes}) as OTLP JSON`);
	}
}
function entityFinder(entities) {
	if (entities === void 0) return () => void 0;
	const { by, otherwise } = entities;
	const ids = new Map(Object.entries(entities.ids));
	return ({ context }) => {
		const ocid = context[by];
		return (ocid === void 0 ? void 0 : ids.get(ocid)) ?? otherwise;
	};
}
export { LARGEST_JSON_BYTES as A, readField as C, compress as D, varintLength as E, bytesOf as F, connectOci as M, ociConnectionOptions as N, tokenOf as O, asBuffer as P, putVarint as S, varint as T, readExportResponse as _, uidPrefixes as a, keyValue as b, putWords as c, createUploader as d, isAbsent as f, NoExportResponse as g, refusalOf as h, createEncoder as i, targetOptions as j, tooLarge$1 as k, wordsOf as l, policyStatement as m, json$1 as n, putHex as o, ociError as p, putSummary as r, putPlain as s, logAnalytics as t, StaleTokenError as u, anyValue as v, readFields as w, putNanoseconds$1 as x, delimited as y };
