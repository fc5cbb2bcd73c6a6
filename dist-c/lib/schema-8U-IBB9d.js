import { j as toJSONSchema } from "./schemas-Dm7Z0tOD.js";
import { t as Command } from "./commander-BVTyMRTV.js";
import { a as archiveOptions, i as ofSource, r as configSchema } from "./schema-B2wU1rsX.js";
import { t as enrichOptions } from "./options-DZnnz8zB.js";
import { _ as wordsOf, c as FIELD_NAMES, g as TYPES, l as fieldOf } from "./access-CkpRYHIj.js";
import { n as formatDuration } from "./durations-Bd18bo2u.js";
import { a as Registry } from "./registry-BmxmoegP.js";
import { n as alertOptions } from "./alerts-C9DWfFjC.js";
import { t as MODULE } from "./modules-SVjUxa8b.js";
import { t as durationName } from "./units-BUoksYxF.js";
// src/lib/codes.ts
/**
* Every code that a failure, a dead letter or a problem of this program has, and what it means. Codes are stable: scripts, metrics and
* `--code` refer to them. Parts from elsewhere have codes of their own; what the system or the network says keeps its own (`ECONNREFUSED`).
*/
const CODES = {
	"The configuration and the command line": {
		"config-missing": "The configuration cannot be read",
		"config-exists": "There is a configuration already",
		"config-too-large": "The configuration is larger than is read",
		"config-syntax": "The configuration is not valid YAML",
		"config-reference": "A `${…}` of the configuration is wrong",
		"config-invalid": "Options are missing, unknown or wrong",
		"config-type": "There is no part of this type",
		"config-name": "Two sources or two sinks have one name",
		"part-module": "The module of a part is not there, throws while it is loaded, or brings no such part",
		"part-invalid": "A part that is registered lacks something",
		"part-known": "A part of this name is registered already",
		"keeper-name": "A keeper has the name of a sink",
		"pipeline-used": "A pipeline of the library runs once",
		insecure: "Credentials would go out readable",
		"bad-options": "Options contradict each other",
		"bad-option": "An option of the command line is wrong",
		"no-worker": "No worker listens at the local socket",
		"no-socket": "A worker with this ledger has no local socket",
		"bad-proxy": "A variable that names a proxy holds no URL",
		"bad-number": "A number is none, or beyond its bounds",
		"bad-duration": "A duration is none",
		"bad-time": "A time is none",
		"bad-filter": "The filter lets nothing pass",
		"folder-unwritable": "A folder to write to cannot be made",
		"archive-read-only": "The bucket of the archive can only be read",
		"archive-work-folder": "The folder in which the archive's files are written cannot be written",
		"archive-unwritable": "The archive's files cannot be written",
		"directory-unwritable": "A file cannot be written to the folder",
		"input-missing": "What is to be read is not there, or may not be read",
		"input-unknown": "A file that is to be read holds no flows",
		"archive-none": "The configuration has no archive that can be asked",
		"query-refused": "The query is none, changes something, or reads something else than flows",
		"query-late": "The query took longer than it may",
		"search-unknown": "There is no such ready search",
		"duckdb-missing": "DuckDB, which questions need, is not installed",
		"bad-generate-option": "An option of `generate` is wrong",
		"output-unwritable": "A file of a report cannot be written",
		"report-too-large": "There is too much for one report",
		"no-network": "The configuration describes no rules of a network",
		"advice-unproved": "Advice would drop observed flows, and is withheld",
		"unknown-host": "There is no server of that name",
		"unknown-subnet": "No flow is of that subnet",
		"not-empty": "The folder to write to is not empty",
		"telemetry-listen": "Metrics cannot be served on the address",
		error: "A failure that nobody has given a code"
	},
	"The log's records": {
		"unknown-format": "The object is of no known format",
		"bad-json": "The record is not valid JSON",
		"truncated-json": "The JSON ends in the middle",
		"too-deep": "The record has too many levels",
		"not-an-object": "Something else stands where a JSON object should",
		"not-a-list": "Something else stands where a list should",
		"invalid-utf8": "The record is not valid UTF-8",
		"nul-byte": "The line holds a NUL byte",
		"line-too-long": "The record is longer than `limits.maxRecordBytes`",
		"too-large": "The object is larger than `limits.maxObjectBytes`; or, of a receiver, the batch is larger than it takes",
		"truncated-gzip": "The gzip stream ends in the middle",
		"corrupt-gzip": "The gzip stream is damaged",
		"nested-gzip": "Gzip within gzip, too often",
		"trailing-garbage": "Something that is no gzip follows the gzip stream",
		"truncated-parquet": "The object does not end with the index of its rows, as Parquet does",
		"corrupt-parquet": "The index of a Parquet object, or rows of it, are damaged",
		"foreign-parquet": "Parquet without a column of the format",
		"wrong-field-count": "The line has another number of fields",
		"bad-version": "The version is no number",
		"missing-field": "A field that is needed is missing",
		"bad-string": "A field is not text",
		"bad-address": "A field is no IP address",
		"bad-port": "A field is no port",
		"bad-protocol": "A field is no protocol number",
		"bad-counter": "A field is no unsigned 64-bit number",
		"bad-boolean": "A field is neither true nor false",
		"bad-object": "A field is no object",
		"bad-<type>": "A field is none of the words of its type, as in `bad-action`",
		"many-bad-records": "Further bad records of an object that has very many, listed in the ledger"
	},
	"Buckets and objects": {
		"bad-answer": "The other side answered with what is no answer of its protocol",
		network: "The connection broke",
		"bucket-not-found": "There is no such bucket",
		"namespace-not-found": "There is no such namespace",
		"wrong-region": "The bucket is in another region",
		"not-authenticated": "The credentials are missing, wrong or expired",
		"not-authorized": "The credentials lack a permission",
		"too-many-requests": "The service wants fewer requests",
		"service-unavailable": "The service cannot answer now",
		refused: "The service refuses the request",
		"object-denied": "The object may not be read",
		"object-missing": "The listing names an object that cannot be got",
		"object-refused": "The service refuses to give the object",
		"object-undecryptable": "The object's key of encryption cannot be used",
		"object-archived": "The object is in an archive",
		"object-unreadable": "The file cannot be read",
		"object-vanished": "The object was deleted after it was listed",
		"object-changed": "The object was replaced after it was listed",
		"no-such-directory": "The folder that is the bucket is not there",
		unreadable: "The folder cannot be listed now",
		"oci-config": "The configuration of OCI's tools cannot be used",
		"oci-region": "The region is not known",
		"oci-delimiter": "OCI cannot list with this delimiter",
		"no-flows": "No flow was found in the objects that were tried"
	},
	Delivery: {
		"outside-time-window": "The receiver takes no record of this time",
		"became-refused": "A record that was taken is refused before it is sent again",
		rejected: "The receiver took the batch and refused some of its records",
		unbalanced: "The books of an object do not balance: what became of some of its records is not known",
		delivery: "Delivery itself broke down",
		"otlp-bad-endpoint": "The endpoint cannot be used",
		"otlp-two-urls": "Both `endpoint` and `url` are given",
		"otlp-protocol": "The protocol of OpenTelemetry's variables is not spoken",
		"otlp-bad-header": "A header is wrong",
		"otlp-compression": "The compression of OpenTelemetry's variables is not known",
		"otlp-timeout": "The receiver did not answer in time, or the time allowed is none",
		"otlp-tls": "A certificate or key cannot be used",
		"otlp-unreachable": "The receiver cannot be reached",
		"otlp-bad-answer": "The receiver's answer is none of OTLP",
		"otlp-too-large": "A request would be larger than is allowed",
		"otlp-http-<status>": "The receiver answered with this status",
		"ndjson-no-folder": "The file's folder is not there",
		"ndjson-is-folder": "The path is a folder",
		"ndjson-no-file": "The path is no longer a file",
		"ndjson-not-lines": "The file does not end with a line of JSON",
		"ndjson-disturbed": "Others write to the file",
		"ndjson-disk-full": "The disk has no room",
		"ndjson-unwritable": "The file may not be written",
		"ndjson-write-failed": "Writing failed",
		"ndjson-stdout": "Standard output cannot be written",
		"exporter-module": "The exporter's module cannot be loaded",
		"exporter-none": "The module has no exporter",
		"exporter-broken": "The exporter cannot be made",
		"exporter-failed": "The exporter reported a failure",
		"exporter-timeout": "The exporter reported nothing in time",
		"log-analytics-too-large": "A record is larger than the service takes",
		"log-set-missing": "The tenancy wants a log set",
		"not-onboarded": "The tenancy does not use Log Analytics yet",
		"stale-token": "The service knows the retry token of another request",
		"ibm-cloud-logs-too-large": "A record is larger than the service takes",
		"ibm-cloud-logs-bad-answer": "The service's answer is not understood",
		"ibm-cloud-logs-http-<status>": "The service answered with this status"
	},
	Alerts: {
		"alert-url": "The URL of a notifier cannot be used",
		"alert-headers": "A header of a notifier is wrong",
		"alert-timeout": "The receiver did not answer in time",
		"alert-unreachable": "The receiver cannot be reached",
		"alert-bad-answer": "The receiver's answer does not say that it took the alert",
		"alert-too-large": "The alert is larger than a message may be",
		"alert-http-<status>": "The receiver answered with this status",
		"topic-missing": "There is no such topic, or it may not be used",
		"no-alerts": "The configuration has no alerts block",
		"no-notifiers": "The alerts block has no notifier",
		"unknown-notifier": "There is no such notifier"
	},
	"The ledger": {
		"ledger-locked": "Another worker has it open",
		"ledger-missing": "There is none",
		"ledger-replaced": "Its file was moved or replaced under the worker",
		"ledger-source": "It is of other buckets",
		"ledger-version": "It is of a newer program",
		"ledger-unusable": "Its file or one beside it cannot be used",
		"ledger-unreadable": "It cannot be opened, or is no SQLite file",
		"ledger-read-only": "It cannot be written",
		"ledger-disk-full": "Its disk has no room",
		"ledger-io": "Its disk fails",
		"ledger-busy": "Another program holds its lock",
		"ledger-corrupt": "It is damaged",
		"ledger-memory": "It is in memory alone; or there is no memory for it",
		"ledger-failed": "SQLite failed otherwise",
		"unknown-sink": "There is no such sink",
		"unknown-source": "There is no such source, or it is to be said which one is meant",
		"replay-what": "`replay` was not told what to read",
		"replay-missing": "The object no longer has the record",
		"replay-unlisted": "Which records of the object could not be decoded was not kept: an earlier version wrote the letter, or they are too many"
	},
	"Lookup tables and networks": {
		"bad-lookups": "A table is wrong",
		"table-stale": "A table's file is not what is in use",
		"no-last-good": "The last good copy of a table cannot be kept or read",
		"bad-query": "What is looked up is no address, port or subnet",
		"not-found": "The tables do not have it",
		"nothing-to-check": "No table is named",
		"bad-network": "A description of the network is wrong"
	},
	"Rules, searches, schemas": {
		"bad-alerts": "`alerts.tune` or `alerts.except` is wrong",
		"bad-arguments": "Arguments are unknown or missing, or exclude each other",
		"no-rules": "There is no valid rule",
		"bad-rules": "A rule or search is wrong",
		"rules-unreadable": "The folder of the rules cannot be read",
		"searches-unreadable": "The folder of the searches cannot be read",
		"unknown-rule": "There is no such rule",
		"rule-tests-failed": "Test cases of rules fail",
		"bad-detection-state": "The saved state of the detections cannot be taken up",
		"unknown-schema": "There is no such output schema",
		"schema-unreadable": "The output schema cannot be read",
		"bad-schema": "The output schema is wrong",
		"bad-mapping": "The mapping of a log format is wrong"
	},
	"Content for Log Analytics": {
		"no-sink": "There is no such sink of Log Analytics",
		"bad-content": "The sources of the content are wrong",
		"stale-content": "Built files are not as their sources make them",
		"content-conflict": "Something of this name was made by others",
		"content-incomplete": "Some steps were not done",
		"content-unverified": "A record that was uploaded was not found, or fields of it are empty",
		"field-conflict": "A field of this name is of another type",
		"field-missing": "The service does not have a field that is needed",
		"search-missing": "There is no saved search for a task",
		"slack-url": "The URL of the Slack webhook cannot be used",
		"lookup-too-large": "A lookup table is larger than the service takes",
		"lookups-incomplete": "Some lookup tables were not pushed",
		"no-success": "A call did not succeed within `--patience`",
		"demo-incomplete": "The demo's receiver lacks records"
	}
};
// src/config/reference.ts
const toJson = (schema) => withDurations(toJSONSchema(schema, {
	io: "input",
	unrepresentable: "any"
}));
/** Beside each number of ms the duration with a unit, which a configuration has in its place. */
function withDurations(schema) {
	const { properties, items, anyOf, oneOf } = schema;
	return {
		...schema,
		...properties && { properties: Object.fromEntries(Object.entries(properties).flatMap(([name, one]) => bothOf(name, one))) },
		...items && { items: withDurations(items) },
		...anyOf && { anyOf: anyOf.map(withDurations) },
		...oneOf && { oneOf: oneOf.map(withDurations) }
	};
}
function bothOf(name, property) {
	const duration = durationName(name);
	if (duration === void 0 || property.type !== "integer") return [[name, withDurations(property)]];
	return [[duration, {
		description: (property.description ?? "").replace(/, in ms(?:,|(?=$|[;:)]))/, ""),
		...typeof property.default === "number" ? { default: formatDuration(property.default) } : {},
		type: "string",
		pattern: DURATION
	}], [name, {
		...property,
		deprecated: true,
		description: `${duration} in ms`
	}]];
}
const DURATION = "^\\d{1,15}(ms|s|m|h|d)$";
/** The JSON Schema of a configuration file, for editors that check YAML while it is written. */
function configJsonSchema() {
	const { formats, sources, buckets, sinks: sinkKinds, networks, notifiers } = new Registry();
	const schema = toJson(configSchema(formats));
	const { source, sources: several, format, enrich, sinks, alerts, archive } = schema.properties ?? {};
	const archiving = toJson(archiveOptions);
	const common = sinks?.items?.properties ?? {};
	const besideSource = several?.items?.properties ?? {};
	const sourcesWith = (beside) => [...[...sources.values()].map((component) => partSchema(component, beside)), moduleSchema("source", beside)];
	const ofModules = { patternProperties: { [MODULE]: { description: "Options of the part that the module exports" } } };
	return {
		...schema,
		title: "flowferry configuration",
		oneOf: [{ required: ["source"] }, { required: ["sources"] }],
		anyOf: [{ required: ["sinks"] }, { required: ["archive"] }],
		properties: {
			...schema.properties,
			source: {
				description: source?.description ?? "",
				oneOf: sourcesWith({})
			},
			sources: {
				...several,
				items: { oneOf: sourcesWith({
					...besideSource,
					format: orModule(besideSource.format ?? {}),
					enrich: {
						$ref: "#/properties/enrich",
						description: besideSource.enrich?.description ?? ""
					}
				}) }
			},
			format: orModule(format ?? {}),
			enrich: {
				...toJson(enrichOptions(networks)),
				...ofModules,
				description: enrich?.description ?? ""
			},
			alerts: {
				...toJson(alertOptions(notifiers)),
				...ofModules,
				description: alerts?.description ?? ""
			},
			archive: {
				...archiving,
				description: archive?.description ?? "",
				properties: {
					...archiving.properties,
					to: {
						description: archiving.properties?.to?.description ?? "",
						oneOf: [...buckets.values()].map((component) => partSchema(component, {}))
					}
				}
			},
			sinks: {
				...sinks,
				items: { oneOf: [...[...sinkKinds.values()].map((component) => partSchema(component, common)), moduleSchema("sink", common)] }
			}
		}
	};
}
function partSchema(component, common) {
	const { $schema: _, ...schema } = toJson(component.options);
	const variants = schema.anyOf ?? schema.oneOf;
	const type = {
		const: component.type,
		description: "Kind of the part"
	};
	const named = (variant) => ({
		...variant,
		properties: {
			type,
			...without(common, "type"),
			...variant.properties,
			...layoutOf(variant)
		},
		required: ["type", ...variant.required ?? []]
	});
	return {
		description: component.summary,
		...variants === void 0 ? named(schema) : { oneOf: variants.map(named) }
	};
}
/** The layout of a source that has one may be a module's, too. */
function layoutOf({ properties }) {
	return properties?.layout?.enum === void 0 ? {} : { layout: orModule(properties.layout) };
}
const moduleName = {
	type: "string",
	pattern: MODULE,
	description: "Module of a part of your own: npm: and a package's name, or a path relative to the configuration file (./my-part.js)"
};
function orModule({ type, enum: names, ...property }) {
	return {
		...property,
		anyOf: [{
			...type && { type },
			...names && { enum: names }
		}, moduleName]
	};
}
/** A part that a module exports; its options are the module's. */
function moduleSchema(kind, common) {
	return {
		description: `A ${kind} of your own: its options are those that the module gives it`,
		type: "object",
		properties: {
			type: moduleName,
			...without(common, "type")
		},
		required: ["type"]
	};
}
function without(properties, ...keys) {
	return Object.fromEntries(Object.entries(properties).filter(([name]) => !keys.includes(name)));
}
/** The reference of a configuration file and of the fields of a flow, in Markdown. */
function configMarkdown() {
	const schema = configJsonSchema();
	const parts = [
		"# Configuration reference",
		"",
		"Generated by `npm run generate:reference` from the schemas that validate a configuration. Paths in a file start at the file's folder. A duration is a whole number with its unit: 500ms, 90s, 15m, 2h, 30d."
	];
	const { source, sources, sinks, ...rest } = schema.properties ?? {};
	parts.push("", "## Top level", "", ...table(rest, schema.required ?? []));
	parts.push("", "## sources", "", `${sources?.description}. Beside the options of its type each may have:`, "", ...table(toJson(ofSource).properties ?? {}, []));
	for (const [heading, list] of [["source", source?.oneOf], ["sinks", sinks?.items?.oneOf]]) for (const part of list ?? []) {
		const type = (part.properties ?? part.oneOf?.[0]?.properties)?.type?.const;
		parts.push("", `## ${heading}: ${type ?? "of a module"}`, "", part.description ?? "", "", ...table(part.properties ?? part.oneOf?.[0]?.properties ?? {}, part.required ?? []));
	}
	parts.push("", "## Fields of a flow", "", "| field | type | unit | source | meaning |", "| --- | --- | --- | --- | --- |");
	for (const name of FIELD_NAMES) {
		const { type, unit, source, meaning } = fieldOf(name);
		const form = TYPES[type].form === "json" ? "json" : type;
		const shown = wordsOf(type)?.map((word) => JSON.stringify(word)).join(" or ") ?? form;
		parts.push(`| \`${name}\` | ${shown} | ${unit ?? ""} | ${[source].flat().join(", ")} | ${cell(meaning)} |`);
	}
	parts.push("", "## Codes", "", "What failures, dead letters and problems are called, for scripts, metrics and `--code`.");
	for (const [about, codes] of Object.entries(CODES)) {
		parts.push("", `### ${about}`, "", "| code | meaning |", "| --- | --- |");
		for (const [code, meaning] of Object.entries(codes)) parts.push(`| \`${code}\` | ${cell(meaning)} |`);
	}
	return `${parts.join("\n")}\n`;
}
function table(properties, required) {
	return [
		"| option | type | default | meaning |",
		"| --- | --- | --- | --- |",
		...rows(properties, required, "")
	];
}
function rows(properties, required, prefix) {
	return Object.entries(properties).flatMap(([name, property]) => {
		if (property.deprecated) return [];
		const path = `${prefix}${name}`;
		const fallback = required.includes(name) ? "required" : property.default === void 0 || isEmpty(property.default) ? "" : `\`${JSON.stringify(property.default)}\``;
		return [`| \`${path}\` | ${cell(typeOf(property))} | ${fallback} | ${cell(property.description ?? "")} |`, ...[property, ...property.oneOf ?? property.anyOf ?? []].flatMap((variant) => variant.properties === void 0 ? [] : rows(variant.properties, variant.required ?? [], `${path}.`))];
	});
}
function isEmpty(value) {
	return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
function typeOf({ type, const: constant, enum: values, pattern, anyOf, oneOf, items, properties }) {
	if (pattern === "^(npm:.|\\.{0,2}/)") return "a module";
	if (pattern === DURATION) return "duration";
	if (constant !== void 0) return JSON.stringify(constant);
	if (values !== void 0) return values.map((value) => JSON.stringify(value)).join(" or ");
	if (properties !== void 0) return "block";
	const variants = anyOf ?? oneOf;
	if (variants !== void 0) return [...new Set(variants.map(typeOf))].join(" or ");
	if (items !== void 0) return `list of ${typeOf(items)}`;
	return Array.isArray(type) ? type.join(" or ") : type ?? "any";
}
function cell(text) {
	return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
// src/cli/schema.ts
function schemaCommand({ stdout }) {
	return new Command("schema").description("Print the JSON Schema of a configuration file, for editors; or its reference and the fields of a flow.").option("--markdown", "the reference in Markdown", false).action(({ markdown }) => {
		stdout.write(markdown ? configMarkdown() : `${JSON.stringify(configJsonSchema(), void 0, 2)}\n`);
	});
}
export { schemaCommand };
