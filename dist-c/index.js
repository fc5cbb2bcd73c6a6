import { F as prettifyError, g as int } from "./lib/schemas-Dm7Z0tOD.js";
import { a as describeError, n as FlowferryError, r as UsageError, t as Failure } from "./lib/errors-C4nvsd9u.js";
import { r as retryBriefly } from "./lib/retry-eMsisCTR.js";
import { A as LARGEST_JSON_BYTES, O as tokenOf, d as createUploader, j as targetOptions, k as tooLarge, u as StaleTokenError } from "./lib/sink-BKF8PL_n.js";
import { c as FIELD_NAMES, f as isFrom, t as GETTERS } from "./lib/access-CkpRYHIj.js";
import { B as textOf, H as ContextPool, V as decodeLines, a as Registry } from "./lib/registry-BmxmoegP.js";
import { n as Flow, t as EMPTY_CONTEXT } from "./lib/flow-D81O7cbI.js";
import { t as originOf } from "./lib/origin-DBD0VGCV.js";
import { o as Piece } from "./lib/document-CPa8tZmV.js";
import { r as readConfig } from "./lib/load-C45dlczT.js";
import { t as addEnvironment } from "./lib/of-environment-BYqbXseZ.js";
import { t as Scrubber } from "./lib/scrubber-BCQYEyME.js";
import { _ as enricherOf, d as Health, o as createInstruments, p as watchTables, s as entryLog, t as compose } from "./lib/compose-CbHgHWNM.js";
import { t as keepProblems } from "./lib/problems-CbesOrsh.js";
import { n as runComposed, t as isComplete } from "./lib/run-eVXQPNPQ.js";
import { r as lookupOptions } from "./lib/options-DZnnz8zB.js";
import { t as loadSchema } from "./lib/load-efkb9GOd.js";
import { t as attributesOf } from "./lib/log-records-Dwn6vvBG.js";
import { JsonLogsSerializer } from "@opentelemetry/otlp-transformer";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
// src/clouds/oci/log-analytics/exporter.ts
const exporterOptions = targetOptions.extend({
	exportTimeoutMs: int().min(1).default(3e4).describe("How long one export may take, with all its attempts, in ms; then it is reported as failed"),
	maxJsonBytes: int().min(1024).max(LARGEST_JSON_BYTES).default(LARGEST_JSON_BYTES).describe("Largest upload, in bytes")
});
const RETRY = {
	initialMs: 500,
	maxMs: 1e4
};
/** Result codes of @opentelemetry/core. */
const SUCCESS = 0;
const FAILED = 1;
/**
* Sends the log records of any OpenTelemetry program to OCI Log Analytics, as OTLP JSON. They land in the log group given, in the
* source "OpenTelemetry Logs". Failures that pass are tried again until `exportTimeoutMs`, under one retry token, so that no record arrives
* twice; then the failure is reported. What a person has to mend is reported at once, since the memory of a program is no place to wait in;
* so is an answer that counts records as refused. Throws UsageError for options that are wrong, from the constructor; for credentials
* that cannot be read, as the result of an export.
*/
var OciLogAnalyticsExporter = class {
	#options;
	#closing = new AbortController();
	#running = /* @__PURE__ */ new Set();
	#uploader;
	constructor(options) {
		const parsed = exporterOptions.safeParse(options);
		if (!parsed.success) {
			const wrong = parsed.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
			throw new UsageError("bad-options", `OciLogAnalyticsExporter: ${wrong.join("; ")}`);
		}
		this.#options = parsed.data;
	}
	export(records, resultCallback) {
		if (this.#closing.signal.aborted) {
			resultCallback({
				code: FAILED,
				error: /* @__PURE__ */ new Error("the exporter is shut down")
			});
			return;
		}
		const run = this.#send(records).then(() => resultCallback({ code: SUCCESS }), (thrown) => resultCallback({
			code: FAILED,
			error: thrown instanceof Error ? thrown : new Error(String(thrown))
		}));
		this.#running.add(run);
		run.finally(() => this.#running.delete(run));
	}
	/** Waits for the exports under way. */
	async forceFlush() {
		await Promise.all(this.#running);
	}
	/** Waits for the exports under way, then closes the connections. Further exports fail. */
	async shutdown() {
		if (this.#closing.signal.aborted) return;
		this.#closing.abort();
		await this.forceFlush();
		await (await this.#uploader)?.close();
	}
	async #send(records) {
		if (records.length === 0) return;
		this.#uploader ??= createUploader(this.#options, {
			baseDir: process.cwd(),
			env: process.env
		});
		const uploader = await this.#uploader.catch((error) => {
			this.#uploader = void 0;
			throw error;
		});
		await this.#upload(uploader, records, AbortSignal.timeout(this.#options.exportTimeoutMs));
	}
	/** A request that is too large is halved. */
	async #upload(uploader, records, signal) {
		const { namespace, logGroupId, logSet, maxJsonBytes } = this.#options;
		const body = Buffer.from(JsonLogsSerializer.serializeRequest([...records]) ?? []);
		let renewals = 0;
		let last;
		try {
			if (body.length > maxJsonBytes) throw tooLarge(`larger than ${maxJsonBytes} bytes`);
			const attempt = async () => {
				const token = tokenOf([
					namespace,
					logGroupId,
					logSet,
					"OTLP",
					renewals
				], [body]);
				const { rejected, reason = "no reason is given" } = await uploader.uploadOtlp(body, records.length, token, signal);
				if (rejected > 0) throw new Failure("batch", "rejected", `${rejected} of ${records.length} records were refused: ${reason}`);
			};
			await retryBriefly(attempt, RETRY, signal, ({ error }) => {
				last = error;
				if (error instanceof StaleTokenError) renewals += 1;
			});
		} catch (error) {
			if (signal.aborted) throw new Error(`not exported within ${this.#options.exportTimeoutMs} ms`, { cause: last ?? error });
			if (!(error instanceof Failure && error.tooLarge) || records.length === 1) throw error;
			const middle = records.length >> 1;
			const halves = [records.slice(0, middle), records.slice(middle)].map((half) => this.#upload(uploader, half, signal));
			const failed = (await Promise.allSettled(halves)).find((half) => half.status === "rejected");
			if (failed !== void 0) throw failed.reason;
		}
	}
};
// src/library/pipeline.ts
/**
* Opens what a configuration names: a text in YAML, the URL of a file, or an object as such a file comes to, in which no `${NAME}` is replaced.
* The blocks are those of the command `run`; `telemetry` counts for its level alone, since log, metrics and health are the program's. Nothing
* is set for the whole process, no signal is listened to, and several pipelines may be open, each with a ledger of its own. Throws UsageError
* with a line for each fault.
*/
async function openPipeline(configuration, options = {}) {
	const { registry = new Registry(), env = process.env, meter, onLog, onProblems = () => {}, keepers = [] } = options;
	const secrets = new Scrubber();
	addEnvironment(secrets, env);
	const { baseDir, ...input } = await inputOf(configuration, options.baseDir);
	const config = await readConfig(input, {
		registry,
		env,
		baseDir,
		secrets
	});
	const log = entryLog(onLog === void 0 ? "silent" : config.telemetry.level, secrets.scrub, onLog ?? (() => {}));
	let keep = () => {};
	const health = new Health(secrets.scrub, (problems) => {
		keep(problems);
		onProblems(problems);
	});
	const composed = await compose(config, {
		env,
		log,
		health,
		keepers,
		...meter && { instruments: createInstruments(meter) }
	});
	const kept = keepProblems(composed.parts.ledger, composed.options.retry);
	keep = kept.tell;
	let used = false;
	let closed;
	const close = () => {
		kept.close();
		closed ??= composed.close();
		return closed;
	};
	return {
		async run({ untilCaughtUp = false, signal = new AbortController().signal, onProgress, hints } = {}) {
			if (used) throw new UsageError("pipeline-used", "a pipeline runs once: open another one");
			used = true;
			const results = await runComposed(composed, {
				untilCaughtUp,
				...onProgress && { onProgress },
				...hints && { hints }
			}, signal);
			return {
				...results,
				complete: isComplete(results),
				interrupted: signal.aborted
			};
		},
		close,
		[Symbol.asyncDispose]: close
	};
}
async function inputOf(configuration, baseDir = process.cwd()) {
	const folder = resolve(baseDir);
	if (typeof configuration === "string") return {
		file: "configuration",
		text: configuration,
		baseDir: folder
	};
	if (!(configuration instanceof URL)) return {
		file: "configuration",
		value: configuration,
		baseDir: folder
	};
	const file = fileURLToPath(configuration);
	try {
		return {
			file,
			text: await readFile(file, "utf8"),
			baseDir: dirname(file)
		};
	} catch (cause) {
		throw new UsageError("config-missing", `cannot read configuration ${file}: ${describeError(cause)}`, { cause });
	}
}
// src/library/processor.ts
/** IANA numbers by `network.transport`. */
const PROTOCOLS = {
	tcp: 6,
	udp: 17
};
const DIRECTIONS = {
	receive: "ingress",
	transmit: "egress"
};
/**
* Adds to the log records of any OpenTelemetry program what the lookup tables know of their ends. A record that has `source.address` or
* `destination.address`, and perhaps `source.port`, `destination.port`, `network.transport` (or `flow.protocol.number`),
* `network.io.direction` and `flow.subnet.id`, gets the attributes that a flow has in schema `otel`: services, servers with their further
* columns, zones, networks, direction, type of traffic. An attribute that the record has stays as it is; other records pass untouched.
* It stands before the processor that exports. The tables are read when it is opened, and again when they change.
*/
var FlowEnrichingProcessor = class FlowEnrichingProcessor {
	#watch;
	#schema;
	#added;
	#origin = originOf("opentelemetry", "", "");
	#tables;
	#enrich;
	constructor(watch) {
		this.#watch = watch;
		this.#schema = loadSchema("otel", ".");
		const fields = FIELD_NAMES.filter((name) => isFrom(name, "enrichment") || name === "ioDirection");
		const getters = new Set(fields.map((name) => GETTERS[name]));
		this.#added = this.#schema.attributes.filter(({ get }) => getters.has(get));
		this.#tables = watch.tables;
		this.#enrich = enricherOf(watch.tables);
	}
	/** Reads the tables. Throws UsageError with file and line for one that is wrong, and for options that are. */
	static async open({ onEvent = () => {}, ...options } = {}) {
		const parsed = lookupOptions.safeParse(options);
		if (!parsed.success) throw new UsageError("bad-options", `FlowEnrichingProcessor: ${prettifyError(parsed.error)}`);
		return new FlowEnrichingProcessor(await watchTables(parsed.data, onEvent));
	}
	onEmit(record) {
		const flow = this.#flowOf(record.attributes);
		if (flow === void 0) return;
		if (this.#watch.tables !== this.#tables) {
			this.#tables = this.#watch.tables;
			this.#enrich = enricherOf(this.#tables);
		}
		this.#enrich(flow);
		for (const [name, value] of Object.entries(attributesOf(this.#schema, this.#added, flow))) if (record.attributes[name] === void 0) record.setAttribute(name, value);
	}
	/** Nothing waits here. */
	async forceFlush() {}
	/** Looks at the tables no more. */
	async shutdown() {
		this.#watch.close();
	}
	/** Undefined for a record that names no address. */
	#flowOf(attributes) {
		const text = (name) => textOf$1(attributes[name]);
		const [source, destination] = [text("source.address"), text("destination.address")];
		if (source === void 0 && destination === void 0) return void 0;
		const subnet = text("flow.subnet.id");
		const flow = new Flow(this.#origin, 1, subnet === void 0 ? EMPTY_CONTEXT : {
			...EMPTY_CONTEXT,
			subnet
		}, 0);
		flow.sourceAddress = source;
		flow.destinationAddress = destination;
		flow.sourcePort = integerOf(attributes["source.port"], 65535);
		flow.destinationPort = integerOf(attributes["destination.port"], 65535);
		flow.protocol = integerOf(attributes["flow.protocol.number"], 255) ?? PROTOCOLS[text("network.transport")?.toLowerCase() ?? ""];
		flow.directionLogged = DIRECTIONS[text("network.io.direction") ?? ""];
		return flow;
	}
};
const textOf$1 = (value) => typeof value === "string" && value !== "" ? value : void 0;
/** Numbers are written as text by some. */
function integerOf(value, most) {
	const number = typeof value === "string" && /^\d{1,5}$/.test(value) ? Number(value) : value;
	return typeof number === "number" && Number.isInteger(number) && number >= 0 && number <= most ? number : void 0;
}
export { ContextPool, EMPTY_CONTEXT, FIELD_NAMES, Failure, Flow, FlowEnrichingProcessor, FlowferryError, GETTERS, OciLogAnalyticsExporter, Piece, Registry, UsageError, decodeLines, openPipeline, originOf, textOf };
