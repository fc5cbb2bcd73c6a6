import { a as archiveOptions, n as OF_SOURCE, r as configSchema, t as OF_SINK } from "./schema-B2wU1rsX.js";
import { t as readFilter } from "./filter-ON3PUfRI.js";
import { n as resolveEnrichPaths, t as enrichOptions } from "./options-DZnnz8zB.js";
import { a as describeError, i as codeOf, r as UsageError } from "./errors-C4nvsd9u.js";
import { t as nearest } from "./nearest-DcR-nB4_.js";
import { t as MARKS } from "./mark-COnWLKoh.js";
import { n as addHeader, t as Scrubber } from "./scrubber-BCQYEyME.js";
import { n as addUrl, r as isSecretName } from "./of-url-LZfHtLOe.js";
import { i as refuseReadable, r as insecure } from "./iam-options-CHrki5ta.js";
import { r as isReadable } from "./urls-hmwHZnCP.js";
import { a as Registry } from "./registry-BmxmoegP.js";
import { n as alertOptions, r as alertOptionsOf } from "./alerts-C9DWfFjC.js";
import { r as withModules } from "./modules-SVjUxa8b.js";
import { n as inMilliseconds } from "./units-BUoksYxF.js";
import { i as validate, n as dotted, r as placed } from "./validate-lkLC497-.js";
import { t as require_dist } from "./dist-DdlZeFD1.js";
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { closeSync, openSync, readSync } from "node:fs";
// src/lib/secrets/of-options.ts
/**
* Adds the values of the options that are marked as secrets, and where the schema leaves open what is in a block, of those that are
* called like one. The value need not be valid: what cannot be understood is passed over.
*/
function addOptions(secrets, schema, value) {
	walk(secrets, schema, value, "");
}
/** Adds what the URLs in a value keep secret, wherever they stand. */
function addUrls(secrets, value) {
	if (typeof value === "string") addUrl(secrets, value, { secretPath: false });
	else if (typeof value === "object" && value !== null) for (const member of Object.values(value)) addUrls(secrets, member);
}
function walk(secrets, schema, value, name) {
	if (value === void 0 || value === null) return;
	const mark = MARKS.get(schema)?.secret;
	const { def } = schema._zod;
	if (mark === "value") addText(secrets, value, name);
	else if (mark === "path") addUrl(secrets, String(value), { secretPath: true });
	else if (mark === "headers") addHeaders(secrets, value);
	else if (def.type === "unknown" || def.type === "any") addByName(secrets, value, name);
	else for (const [inner, part, key] of partsOf(def, value, name)) walk(secrets, inner, part, key);
}
/** What is within: schema, value and name of each part. */
function partsOf(def, value, name) {
	switch (def.type) {
		case "optional":
		case "nonoptional":
		case "nullable":
		case "default":
		case "prefault":
		case "readonly":
		case "catch": return [[
			def.innerType,
			value,
			name
		]];
		case "pipe": return [[
			def.in,
			value,
			name
		]];
		case "union": return def.options.map((option) => [
			option,
			value,
			name
		]);
		case "array": return Array.isArray(value) ? value.map((element) => [
			def.element,
			element,
			name
		]) : [];
		case "record": return isBlock(value) ? Object.entries(value).map(([key, member]) => [
			def.valueType,
			member,
			key
		]) : [];
		case "object": return isBlock(value) ? Object.entries(def.shape).map(([key, member]) => [
			member,
			value[key],
			key
		]) : [];
		default: return [];
	}
}
function addText(secrets, value, name) {
	if (typeof value === "string" || typeof value === "number") secrets.add(String(value), name);
}
function addHeaders(secrets, headers) {
	if (!isBlock(headers)) return;
	for (const [name, value] of Object.entries(headers)) if (typeof value === "string") addHeader(secrets, name, value);
}
function addByName(secrets, value, name) {
	if (/^headers$/i.test(name)) addHeaders(secrets, value);
	else if (isBlock(value)) for (const [key, member] of Object.entries(value)) addByName(secrets, member, isSecretName(name) ? name : key);
	else if (Array.isArray(value)) for (const element of value) addByName(secrets, element, name);
	else if (isSecretName(name)) addText(secrets, value, name);
}
function isBlock(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
// src/config/faults.ts
/** Gathers what is wrong with a configuration, so that all of it is told at once. */
var Faults = class {
	#found = [];
	/** What `work` comes to; undefined when that is wrong, which is noted. */
	of(work) {
		try {
			return work();
		} catch (error) {
			if (!(error instanceof UsageError)) throw error;
			this.#found.push(error);
			return;
		}
	}
	/** What is right of what each of the values comes to. */
	ofEach(values, work) {
		const right = [];
		values.forEach((value, index) => void this.of(() => right.push(work(value, index))));
		return right;
	}
	/** Throws UsageError if anything was wrong: with a line for each fault, in the order of the file. */
	refuse() {
		const [first, ...others] = this.#found;
		if (first === void 0) return;
		if (others.length === 0) throw first;
		const lines = this.#found.flatMap(({ message }) => message.split("\n"));
		throw new UsageError("config-invalid", [...new Set(lines)].sort((a, b) => placeOf(a) - placeOf(b)).join("\n"));
	}
};
/** Where the fault stands, as one number: faults without a place come first. */
function placeOf(line) {
	const [, row = "0", column = "0"] = /:(\d+)(?::(\d+))?: /.exec(line) ?? [];
	return Number(row) * 1e6 + Number(column);
}
// src/config/references.ts
var import_dist = require_dist();
/** A reference that is wrong. The message quotes nothing but names and paths: the text around it may be a secret. */
var WrongReference = class extends Error {
	/** Where it begins in the text. */
	at;
	constructor(at, message, options) {
		super(message, options);
		this.at = at;
	}
};
/** The largest file that a value is read from, in bytes. */
const LARGEST_FILE = 65536;
const KNOWN = "known are ${NAME} and ${NAME:-default} for a variable of the environment, ${file:/path} for what is in a file, and $${ for a ${ that stays";
/**
* The text with `${NAME}`, `${NAME:-default}` and `${file:/path}` replaced by what they refer to; `$${` stands for a literal `${`. The
* end of line at the end of a file is left out. Throws WrongReference.
*/
function resolveReferences(text, surroundings) {
	const bare = /^\$([A-Za-z_]\w*)$/.exec(text)?.[1];
	if (bare !== void 0 && surroundings.env[bare] !== void 0) throw new WrongReference(0, `$${bare} is not replaced by the variable: write \${${bare}}`);
	return text.replaceAll(/\$\$\{|\$\{([^}]*)(\}?)/g, (match, content, closing, at) => {
		if (content === void 0) return match.slice(1);
		if (closing === "") throw new WrongReference(at, "${ has no } after it: for a text with ${ in it write $${");
		return referredTo(content, at, surroundings);
	});
}
function referredTo(content, at, { env, baseDir, secrets }) {
	const path = /^file:([^$]+)$/.exec(content)?.[1];
	if (path !== void 0) return secretOf(resolve(baseDir, path), at, secrets);
	const [, name, fallback] = /^([A-Za-z_]\w*)(?::-((?:[^$]|\$(?!\{))*))?$/.exec(content) ?? [];
	if (name === void 0) throw new WrongReference(at, `this form of \${…} is not known; ${KNOWN}`);
	const value = env[name];
	if (value === void 0 || value === "") {
		if (fallback !== void 0) return fallback;
		throw new WrongReference(at, `environment variable ${name} is not set: ${`set it, or give a default as in \${${name}:-default}`}`);
	}
	if (isSecretName(name)) secrets.add(value, name);
	return value;
}
function secretOf(path, at, secrets) {
	let bytes;
	try {
		bytes = beginningOf(path, 65537);
	} catch (cause) {
		throw new WrongReference(at, `cannot read ${path}: ${describeError(cause)}`, { cause });
	}
	if (bytes.length > LARGEST_FILE) throw new WrongReference(at, `${path} is larger than ${LARGEST_FILE} bytes: no value is`);
	let text;
	try {
		text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch (cause) {
		throw new WrongReference(at, `${path} is not UTF-8 text`, { cause });
	}
	const value = text.replace(/\r?\n$/, "");
	if (value === "") throw new WrongReference(at, `${path} is empty`);
	secrets.add(value);
	return value;
}
/** At most so many bytes of a file, which may be a pipe. */
function beginningOf(path, limit) {
	const file = openSync(path, "r");
	try {
		const bytes = Buffer.alloc(limit);
		let length = 0;
		for (let read = -1; read !== 0 && length < limit; length += read) read = readSync(file, bytes, length, limit - length, null);
		return bytes.subarray(0, length);
	} finally {
		closeSync(file);
	}
}
// src/config/yaml.ts
/** The largest configuration that is read, in characters. */
const MAX_LENGTH = 1048576;
/** Parses YAML and resolves the references in its values. Throws UsageError; no message quotes a value, which may be a secret. */
function parseYaml(file, text, surroundings) {
	if (text.length > MAX_LENGTH) throw new UsageError("config-too-large", `${file}: larger than ${MAX_LENGTH} characters`);
	const lines = new import_dist.LineCounter();
	const document = (0, import_dist.parseDocument)(text, {
		lineCounter: lines,
		prettyErrors: false
	});
	const place = (offset) => {
		const { line, col } = lines.linePos(offset ?? 0);
		return `${file}:${line}:${col}`;
	};
	const [broken] = [...document.errors, ...document.warnings];
	if (broken !== void 0) {
		const advice = /[[{,]\s*[^"']*\$\{/.test(text) ? " (inside { } and [ ], a value with ${…} needs quotes)" : "";
		throw new UsageError("config-syntax", `${place(broken.pos[0])}: not valid YAML: ${faultOf(broken)}${advice}`);
	}
	checkAliases(document, place);
	const substituted = substitute(document, text, surroundings, place);
	return {
		file,
		value: toValue(document, file),
		at: (path, key) => place(offsetOf(document, path, key)),
		fromEnvironment: (path) => substituted.has(document.getIn(path, true))
	};
}
/** Faults whose message quotes what stands in the file. */
const QUOTING = {
	TAG_RESOLVE_FAILED: "! begins a tag, and this tag is not known: put a text that begins with ! into quotes",
	BAD_DQ_ESCAPE: "this escape is not known inside double quotes: use single quotes, or \\\\ for a \\",
	UNEXPECTED_TOKEN: "this was not expected here; does the value need quotes?",
	BAD_DIRECTIVE: "this line is no directive that is known"
};
function faultOf({ code, message }) {
	return /^Unexpected [\w,?-]+ (?:in|at) [\w ]+$/.test(message) ? message : QUOTING[code] ?? message;
}
function checkAliases(document, place) {
	(0, import_dist.visit)(document, { Alias(_position, node) {
		if (node.resolve(document) !== void 0) return;
		throw new UsageError("config-syntax", `${place(node.range?.[0])}: not valid YAML: * refers to an anchor, and there is none of this name: put a text that begins with * into quotes`);
	} });
}
function toValue(document, file) {
	try {
		return document.toJS({ maxAliasCount: 100 });
	} catch (cause) {
		throw new UsageError("config-syntax", `${file}: ${describeError(cause)}`, { cause });
	}
}
function offsetOf(document, path, key) {
	for (let length = path.length; length >= 0; length -= 1) {
		const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
		if (!(0, import_dist.isNode)(node)) continue;
		if (key !== void 0 && length === path.length && (0, import_dist.isMap)(node)) {
			const pair = node.items.find((item) => (0, import_dist.isScalar)(item.key) && item.key.value === key);
			if ((0, import_dist.isScalar)(pair?.key)) return pair.key.range?.[0];
		}
		return node.range?.[0];
	}
}
function substitute(document, text, surroundings, place) {
	const substituted = /* @__PURE__ */ new Set();
	const faults = new Faults();
	(0, import_dist.visit)(document, { Scalar(position, node) {
		if (position === "key" || typeof node.value !== "string" || !node.value.includes("$")) return;
		const original = node.value;
		try {
			node.value = resolveReferences(original, surroundings);
		} catch (error) {
			if (!(error instanceof WrongReference)) throw error;
			const { message, cause } = error;
			const line = `${place(offsetIn(node, text, original, error.at))}: ${message}`;
			faults.of(() => {
				throw new UsageError("config-reference", line, { cause });
			});
		}
		if (node.value !== original) substituted.add(node);
	} });
	faults.refuse();
	return substituted;
}
/** Where a reference of a value begins in the file: escapes and indentation make the value another text than the file's. */
function offsetIn(node, text, value, at) {
	const [start, end] = node.range ?? [];
	if (start === void 0 || end === void 0 || at === 0) return start;
	const offsets = (where) => [...where.matchAll(/\$/g)].map(({ index }) => index);
	const inFile = offsets(text.slice(start, end));
	const inValue = offsets(value);
	const offset = inFile[inValue.indexOf(at)];
	return inFile.length !== inValue.length || offset === void 0 ? start : start + offset;
}
// src/config/load.ts
/** Of a source or sink, in characters. */
const LONGEST_NAME = 64;
/** Reads and validates a configuration file; `secrets` gets what is in it. Throws UsageError with one line for each fault. */
async function loadConfig(file, env, secrets) {
	return readConfig({
		file,
		text: await readText(file)
	}, {
		registry: new Registry(),
		env,
		baseDir: dirname(resolve(file)),
		secrets
	});
}
/** As `loadConfig`, with parts of the registry and those of the modules that are named. */
async function readConfig(input, { registry, ...surroundings }) {
	const { file } = input;
	const yaml = "text" in input ? readYaml(file, input.text, surroundings) : plain(file, input.value, surroundings.secrets);
	return configOf(yaml, await withModules(yaml, registry, surroundings.baseDir), surroundings);
}
/** As `loadConfig`, of a text that names no modules. */
function parseConfig(file, text, env, secrets = new Scrubber()) {
	const surroundings = {
		env,
		baseDir: dirname(resolve(file)),
		secrets
	};
	return configOf(readYaml(file, text, surroundings), new Registry(), surroundings);
}
function readYaml(file, text, surroundings) {
	const yaml = parseYaml(file, text, surroundings);
	addUrls(surroundings.secrets, yaml.value);
	return yaml;
}
function plain(file, value, secrets) {
	addUrls(secrets, value);
	return {
		file,
		value,
		at: () => file,
		fromEnvironment: () => false
	};
}
/** Throws UsageError with one line for each fault, in the order of the file. */
function configOf(yaml, registry, { env, baseDir, secrets }) {
	const faults = new Faults();
	const read = (schema, value, path, beside) => {
		addOptions(secrets, schema, value);
		const wrong = [];
		const inMs = inMilliseconds(schema, value, path, (at, message) => {
			wrong.push(`${yaml.at(at)}: ${dotted(at)}: ${message}`);
		});
		faults.of(() => {
			if (wrong.length > 0) throw new UsageError("config-invalid", wrong.join("\n"));
		});
		return validate(schema, inMs, yaml, path, beside);
	};
	const schema = configSchema(registry.formats);
	const settings = faults.of(() => read(schema, yaml.value ?? {}, [])) ?? rightIn(schema, yaml.value);
	faults.of(() => refuseReadableLog(settings.telemetry, env, yaml));
	const ledgerPath = settings.ledger.path === ":memory:" ? ":memory:" : resolve(baseDir, settings.ledger.path);
	const { networks } = registry;
	const enrichAt = (block, path, beside = ledgerPath) => resolveEnrichPaths(read(enrichOptions(networks), block, path), networks, baseDir, beside);
	const enrich = faults.of(() => enrichAt(settings.enrich ?? {}, ["enrich"])) ?? enrichAt({}, ["enrich"]);
	const { format, filter } = settings;
	const surroundings = {
		yaml,
		read,
		registry,
		env,
		baseDir,
		secrets,
		enrichAt,
		ledgerPath,
		faults
	};
	const sources = faults.of(() => sourcesOf(settings, {
		format,
		filter,
		enrich
	}, surroundings)) ?? [];
	const sinks = faults.of(() => sinksOf(settings.sinks ?? [], surroundings)) ?? [];
	const archive = faults.of(() => archiveOf(settings, surroundings));
	const alerts = faults.of(() => settings.alerts === void 0 ? void 0 : alertsOf(registry.notifiers, settings.alerts, yaml, read, env, baseDir));
	faults.refuse();
	return {
		...settings,
		file: yaml.file,
		baseDir,
		secrets,
		registry,
		sources,
		sinks,
		archive,
		enrich,
		alerts,
		ledgerPath
	};
}
/** Of settings with faults, what is right in each block, so that the parts may be looked at too. */
function rightIn(schema, value) {
	const given = typeof value === "object" && value !== null ? value : {};
	const blocks = Object.entries(schema.shape).map(([key, block]) => {
		const whole = block.safeParse(given[key]);
		return [key, whole.success ? whole.data : block.safeParse(void 0).data];
	});
	return Object.fromEntries(blocks);
}
/** The program's own log goes out with the user of its URL and the headers of OpenTelemetry's variables. */
function refuseReadableLog({ otlpEndpoint, allowInsecure }, env, yaml) {
	if (otlpEndpoint === void 0 || allowInsecure) return;
	const place = yaml.at(["telemetry", "otlpEndpoint"]);
	const url = new URL(otlpEndpoint);
	if (isReadable(url) && url.username !== "") throw insecure(`${place}: telemetry.otlpEndpoint`, url, "user and password");
	const pairs = (env.OTEL_EXPORTER_OTLP_LOGS_HEADERS ?? env.OTEL_EXPORTER_OTLP_HEADERS ?? "").split(",");
	const headers = Object.fromEntries(pairs.map((pair) => pair.split("=", 2).map((part) => part.trim())));
	refuseReadable(`${place}: telemetry.otlpEndpoint`, url, headers);
}
async function readText(file) {
	try {
		return await readFile(file, "utf8");
	} catch (error) {
		const why = codeOf(error) !== "ENOENT" ? describeError(error) : "there is no such file: `flowferry init` writes one, -c FILE names another";
		throw new UsageError("config-missing", `cannot read configuration ${file}: ${why}`, { cause: error });
	}
}
function partOf(components, value, yaml, path, read, env, beside) {
	const { type } = value;
	const own = Object.entries(value).filter(([key]) => key !== "type" && !beside.includes(key));
	const component = components.get(type);
	if (component === void 0) {
		const types = [...components.keys()];
		const meant = nearest(type, types);
		const advice = meant === void 0 ? `known: ${types.join(", ")}` : `did you mean ${meant}?`;
		throw new UsageError("config-type", `${yaml.at([...path, "type"])}: unknown type ${JSON.stringify(type)}: ${advice}`);
	}
	const place = yaml.at(path);
	const valid = read(component.options, Object.fromEntries(own), path, beside);
	placed(place, () => component.check?.(valid, env));
	return {
		component,
		options: valid,
		place
	};
}
/** The one source, or the list of several. */
function sourcesOf({ source, sources }, common, surroundings) {
	const { yaml, enrichAt, ledgerPath, faults } = surroundings;
	if (source !== void 0 && sources !== void 0) throw new UsageError("config-invalid", `${yaml.at([], "sources")}: either source or sources: put all of them into sources`);
	if (sources === void 0) {
		if (source === void 0) {
			if (isGiven(yaml, "source") || isGiven(yaml, "sources")) return [];
			throw new UsageError("config-invalid", `${yaml.at([])}: source: is missing: expected object`);
		}
		return [{
			...sourceOf(source, void 0, ["source"], surroundings),
			...common
		}];
	}
	return unique("sources", faults.ofEach(sources, (value, index) => {
		const path = ["sources", index];
		const { enrich, filter = common.filter, format = common.format } = value;
		const named = sourceOf(value, value.name, path, surroundings, OF_SOURCE);
		const beside = ledgerPath === ":memory:" ? ledgerPath : `${ledgerPath}.${named.name}`;
		const own = enrich === void 0 ? common.enrich : enrichAt(enrich, [...path, "enrich"], beside);
		return {
			...named,
			format,
			filter,
			enrich: own
		};
	}));
}
/** Whether there is such a block, be it right or wrong. */
function isGiven({ value }, key) {
	return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}
/** A source is called after its type and its bucket, unless it has a name. */
function sourceOf(value, given, path, { yaml, read, env, registry, baseDir }, beside = []) {
	const part = partOf(registry.sources, value, yaml, path, read, env, beside);
	const { bucket, path: folder } = part.options;
	const place = bucket ?? (folder === void 0 ? void 0 : basename(resolve(baseDir, folder)));
	const words = [part.component.type, place].filter((word) => word !== void 0 && word !== "").join("-");
	const name = given ?? words.replaceAll(/[^A-Za-z0-9_.-]+/g, "-").slice(0, LONGEST_NAME);
	return {
		...part,
		name
	};
}
/** The parts, of which no two may have the same name. */
function unique(what, parts) {
	const places = /* @__PURE__ */ new Map();
	for (const { name, place } of parts) {
		const earlier = places.get(name);
		if (earlier !== void 0) throw new UsageError("config-name", `${place}: two ${what} are called ${name} (the other at ${earlier}): give one a name`);
		places.set(name, place);
	}
	return [...parts];
}
function archiveOf({ archive, sinks }, { yaml, read, registry, env }) {
	if (archive === void 0) {
		if (sinks !== void 0 || isGiven(yaml, "sinks") || isGiven(yaml, "archive")) return void 0;
		throw new UsageError("config-invalid", `${yaml.at([])}: sinks: is missing: expected array`);
	}
	const options = read(archiveOptions, archive, ["archive"]);
	const { format, retention } = options;
	if (format === "json" && retention !== void 0) {
		const place = yaml.at(["archive", "retention"]);
		throw new UsageError("config-invalid", `${place}: archive.retention: only a Parquet archive has days that can be deleted`);
	}
	return {
		...options,
		to: partOf(registry.buckets, options.to, yaml, ["archive", "to"], read, env, [])
	};
}
function sinksOf(sinks, { registry, yaml, read, env, faults }) {
	return unique("sinks", faults.ofEach(sinks, (sink, index) => {
		const filter = faults.of(() => filterOf(sink.filter, yaml, ["sinks", index]));
		const part = partOf(registry.sinks, sink, yaml, ["sinks", index], read, env, OF_SINK);
		return {
			...part,
			name: sink.name ?? part.component.type,
			filter,
			filterBlock: sink.filter
		};
	}));
}
/** The filter of the part at the path. Throws UsageError with a line for each fault. */
function filterOf(block, yaml, path) {
	if (block === void 0) return void 0;
	const lineOf = (steps) => {
		const [above, last] = [[...path, ...steps.slice(0, -1)], steps.at(-1)];
		const place = typeof last === "string" ? yaml.at(above, last) : yaml.at([...path, ...steps]);
		return Number(place.split(":").at(-2));
	};
	const faults = [];
	const document = {
		file: yaml.file,
		line: lineOf(["filter"]),
		value: { filter: block },
		lineOf
	};
	const filter = readFilter(document, (line, message) => faults.push(`${yaml.file}:${line}: ${dotted(path)}.filter: ${message}`));
	if (filter?.asksDetections && !Object.hasOwn(yaml.value, "alerts")) faults.push(`${yaml.file}:${document.line}: ${dotted(path)}.filter: asks for detections, and no rule is evaluated: add a block alerts`);
	if (faults.length > 0) throw new UsageError("config-invalid", faults.join("\n"));
	return filter;
}
function alertsOf(notifiers, block, yaml, read, env, baseDir) {
	const options = alertOptionsOf(read(alertOptions(notifiers), block, ["alerts"]), notifiers);
	for (const { key, kind, options: own } of options.notifiers) placed(yaml.at(["alerts", key]), () => kind.check?.(own, env));
	const place = (path) => path === "builtin" ? path : resolve(baseDir, path);
	return {
		...options,
		rules: options.rules === void 0 ? void 0 : [options.rules].flat().map(place),
		except: options.except.map((item) => typeof item === "string" ? resolve(baseDir, item) : item)
	};
}
export { parseConfig as n, readConfig as r, loadConfig as t };
