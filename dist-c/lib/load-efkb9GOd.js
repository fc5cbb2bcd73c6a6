import { C as strictObject, D as unknown, E as union, I as NEVER, S as record, T as tuple, _ as literal$1, d as _null, f as array, g as int, p as boolean, u as _enum, w as string } from "./schemas-Dm7Z0tOD.js";
import { t as require_dist } from "./dist-DdlZeFD1.js";
import { t as asset } from "./assets-DQb4Ncv_.js";
import { r as UsageError } from "./errors-C4nvsd9u.js";
import { t as nearest } from "./nearest-DcR-nB4_.js";
import { _ as wordsOf, c as FIELD_NAMES, d as isField, l as fieldOf, p as isOfContext, r as SLOTS, t as GETTERS, u as formOf } from "./access-CkpRYHIj.js";
import { resolve } from "node:path";
import { readFileSync } from "node:fs";
// src/schemas/time.ts
var import_dist = require_dist();
/** Ends of what a calendar can say: a hundred million days around 1970, in ms. */
const LAST_MS = 864e13;
/** ISO 8601 in UTC with milliseconds; a number of ms that is no date is written as that number. */
const isoOf = (ms) => Math.abs(ms) <= LAST_MS ? new Date(ms).toISOString() : String(ms);
// src/schemas/compile.ts
/** A fault of a definition, with the path of what is wrong. */
var DefinitionFault = class extends Error {
	path;
	constructor(path, message) {
		super(message);
		this.path = path;
	}
};
/** Turns a definition into what encoders work with. Throws DefinitionFault. */
function compile(name, definition) {
	const section = (key) => Object.entries(definition[key]).map(([attribute, source]) => compileAttribute([key, attribute], attribute, source));
	const resource = section("resource");
	const attributes = section("attributes");
	for (const attribute of resource) {
		const path = ["resource", attribute.name];
		if (attribute.name === "service.name") throw new DefinitionFault(path, "service.name is the sink's option `serviceName`");
		if (attribute.varies !== "context" && attribute.varies !== "never") throw new DefinitionFault(path, `a resource holds constants and fields of the context alone: ${FIELD_NAMES.filter(isOfContext).join(", ")}`);
	}
	if (definition.ndjson === "nested") refuseLeavesWithin(attributes);
	const held = fieldsOf(definition);
	for (const [index, field] of definition.without.entries()) if (held.has(field)) throw new DefinitionFault(["without", String(index)], `${field} is not left out`);
	const names = new Set(attributes.filter(({ kind }) => kind !== "columns").map((attribute) => attribute.name));
	return {
		name,
		summary: definition.summary,
		layout: definition.ndjson,
		resource,
		attributes,
		columnName: (attribute, column) => {
			const plain = attribute.name + column;
			return names.has(plain) ? `${attribute.name}column.${column}` : plain;
		}
	};
}
/** The fields that a definition holds, in whatever form. */
function fieldsOf({ ndjson, resource, attributes }) {
	const named = [...Object.values(resource), ...Object.values(attributes)].flatMap((source) => {
		if ("field" in source) return [source.field];
		if ("sum" in source) return source.sum;
		if ("list" in source) return source.list;
		return "duration" in source ? source.duration : [];
	});
	return new Set(ndjson === "record" ? ["time", ...named] : named);
}
function compileAttribute(path, name, source) {
	const columns = "field" in source && formOf(source.field) === "columns";
	if (columns !== name.endsWith("*")) throw new DefinitionFault(path, columns ? "a name for columns ends with * (flow.source.*)" : "only a name for columns ends with *");
	return {
		name: columns ? name.slice(0, -1) : name,
		...compileSource(path, source)
	};
}
function compileSource(path, source) {
	if ("field" in source) return compileField(path, source);
	if ("constant" in source) {
		const { constant } = source;
		return {
			kind: kindOf([constant]),
			varies: "never",
			get: () => constant
		};
	}
	if ("sum" in source) {
		const getters = gettersOf(path, source.sum, ["counter", "number"]);
		return {
			kind: "integer",
			varies: "much",
			get: (flow) => sum(getters, flow)
		};
	}
	if ("list" in source) {
		const getters = gettersOf(path, source.list, ["string"]);
		return {
			kind: "strings",
			varies: "much",
			get: (flow) => list(getters, flow)
		};
	}
	const [from, to] = gettersOf(path, source.duration, ["time"]);
	const scale = source.unit === "ns" ? 1e6 : 1;
	return {
		kind: "integer",
		varies: "much",
		get: (flow) => {
			const ms = Number(to(flow)) - Number(from(flow));
			if (!(ms >= 0)) return void 0;
			return Number.isSafeInteger(ms * scale) ? ms * scale : BigInt(ms) * BigInt(scale);
		}
	};
}
/** One field, with what is done to its value: values mapped, times written, case and type changed, in this order. */
function compileField(path, source) {
	const form = formOf(source.field);
	const read = GETTERS[source.field];
	let get = read;
	let kind = KINDS[form];
	if (source.field === "uid") kind = "uid";
	const refuse = (option, wanted) => {
		throw new DefinitionFault([...path, option], `${source.field} is no ${wanted}`);
	};
	if (source.time !== void 0 && form !== "time") refuse("time", "time");
	if (source.case !== void 0 && form !== "string") refuse("case", "text");
	if (source.as !== void 0 && form !== "number" && form !== "counter") refuse("as", "number");
	if (source.values !== void 0 && form !== "string" && form !== "number" && form !== "boolean") refuse("values", "plain value");
	if (source.join !== void 0 && form !== "strings") refuse("join", "list");
	if (form === "strings") get = nonEmpty(get);
	if (source.time === "iso") {
		get = changed(get, (value) => isoOf(value));
		kind = "string";
	} else if (source.time === "s") get = changed(get, (value) => Math.floor(value / 1e3));
	if (source.values !== void 0) {
		const values = new Map(Object.entries(source.values));
		get = changed(get, (value) => values.get(String(value)));
		kind = kindOf([...values.values()]);
	}
	if (source.case === "lower") get = changed(get, memo((value) => String(value).toLowerCase()));
	if (source.join !== void 0) {
		const { join } = source;
		get = changed(get, (value) => value.join(join));
		kind = "string";
	}
	if (source.as === "string") {
		get = changed(get, String);
		kind = "string";
	}
	if (source.missing !== void 0) {
		const { missing } = source;
		const present = get;
		get = (flow) => present(flow) ?? missing;
		if (kind === "uid" || kindOf([missing]) !== kind) kind = "any";
	}
	const values = enumeratedOf(source);
	const slot = get === read ? SLOTS.indexOf(source.field) : -1;
	return {
		kind,
		get,
		varies: variationOf(source),
		...values && { values },
		...slot >= 0 && { slot }
	};
}
/** The values that an attribute can have, where its field's are known beforehand. */
function enumeratedOf({ field, values, missing, case: lower }) {
	const known = knownValues(field);
	if (known === void 0 || lower !== void 0) return void 0;
	const mapped = values === void 0 ? known : known.map((value) => values[String(value)]);
	return [.../* @__PURE__ */ new Set([...mapped, missing])].filter((value) => value !== void 0);
}
/** The values that a field can have, where they are known beforehand. */
function knownValues(field) {
	const { type } = fieldOf(field);
	return type === "boolean" ? [true, false] : wordsOf(type);
}
const KINDS = {
	string: "string",
	number: "integer",
	counter: "integer",
	boolean: "boolean",
	time: "integer",
	strings: "strings",
	columns: "columns",
	json: "any"
};
function variationOf({ field, values }) {
	if (isOfContext(field)) return "context";
	return values !== void 0 || knownValues(field) !== void 0 || fieldOf(field).repeats ? "little" : "much";
}
/** The kind that all the literals are of. */
function kindOf(literals) {
	const every = (test) => literals.every(test);
	if (every((value) => typeof value === "string")) return "string";
	if (every((value) => Number.isInteger(value))) return "integer";
	if (every((value) => typeof value === "boolean")) return "boolean";
	if (every((value) => Array.isArray(value) && value.length > 0)) return "strings";
	return "any";
}
function changed(get, change) {
	return (flow) => {
		const value = get(flow);
		return value === void 0 ? void 0 : change(value);
	};
}
function memo(change) {
	const known = /* @__PURE__ */ new Map();
	return (value) => {
		let result = known.get(value);
		if (result === void 0) {
			result = change(value);
			if (known.size < 256) known.set(value, result);
		}
		return result;
	};
}
const nonEmpty = (get) => (flow) => {
	const value = get(flow);
	return value.length === 0 ? void 0 : value;
};
function gettersOf(path, fields, forms) {
	return fields.map((name) => {
		if (!forms.includes(formOf(name))) throw new DefinitionFault(path, `${name} is no ${forms.join(" or ")}`);
		return GETTERS[name];
	});
}
function sum(getters, flow) {
	let total;
	for (const get of getters) {
		const value = get(flow);
		if (value === void 0) continue;
		total = total === void 0 ? value : add(total, value);
	}
	return total;
}
function add(a, b) {
	if (typeof a === "number" && typeof b === "number") {
		const total = a + b;
		if (Number.isSafeInteger(total)) return total;
	}
	return BigInt(a) + BigInt(b);
}
function list(getters, flow) {
	const texts = [];
	for (const get of getters) {
		const value = get(flow);
		if (value !== void 0 && !texts.includes(value)) texts.push(value);
	}
	return texts.length === 0 ? void 0 : texts;
}
/** With dots as objects, no attribute can be both a value and the object that holds others. */
function refuseLeavesWithin(attributes) {
	for (const { name, kind } of attributes) {
		const within = attributes.find((other) => other.name !== name && other.kind !== "columns" && name.startsWith(`${other.name}.`));
		if (within !== void 0 && kind !== "columns") throw new DefinitionFault(["attributes", name], `lies within ${within.name}, which is a value`);
	}
}
// src/schemas/definition.ts
/** The name of a flow's field. */
const field = string().transform((name, context) => {
	if (isField(name)) return name;
	const meant = nearest(name, FIELD_NAMES);
	const advice = meant === void 0 ? `the fields are ${FIELD_NAMES.join(", ")}` : `did you mean ${meant}?`;
	context.addIssue({
		code: "custom",
		message: `no field of a flow is called ${JSON.stringify(name)}: ${advice}`
	});
	return NEVER;
});
const scalar = union([
	string(),
	int(),
	boolean(),
	_null()
]);
const literal = union([scalar, array(string())]);
const fieldSource = strictObject({
	field,
	/** Replaces values; one that is not listed leaves the attribute out. */
	values: record(string(), literal).optional(),
	/** Stands for a field that the flow does not have; without it the attribute is left out. */
	missing: literal.optional(),
	/** How a time is written: integer milliseconds or seconds since the epoch, or ISO 8601 in UTC with milliseconds. */
	time: _enum([
		"ms",
		"s",
		"iso"
	]).optional(),
	/** Writes a number as text. */
	as: literal$1("string").optional(),
	case: literal$1("lower").optional(),
	/** Writes a list of texts as one text, with this between them. */
	join: string().min(1).optional()
});
const constantSource = strictObject({ constant: literal });
/** The sum of counters that the flow has; left out when it has none. */
const sumSource = strictObject({ sum: array(field).min(2) });
/** The texts that the flow has. */
const listSource = strictObject({ list: array(field).min(2) });
/** From the first time to the second; left out when one is missing or the second is before the first. */
const durationSource = strictObject({
	duration: tuple([field, field]),
	unit: _enum(["ms", "ns"])
});
const KEYS = [
	"field",
	"constant",
	"sum",
	"list",
	"duration"
];
const SOURCES = {
	field: fieldSource,
	constant: constantSource,
	sum: sumSource,
	list: listSource,
	duration: durationSource
};
/** Where an attribute's value comes from: a field's name, or one of the forms above. */
const source = unknown().transform((value, context) => {
	const key = typeof value === "object" && value !== null ? KEYS.find((name) => name in value) : void 0;
	const form = typeof value === "string" ? fieldSource : key === void 0 ? void 0 : SOURCES[key];
	if (form === void 0) {
		context.addIssue({
			code: "custom",
			message: `expected the name of a field, or an object with one of ${KEYS.join(", ")}`
		});
		return NEVER;
	}
	const parsed = form.safeParse(typeof value === "string" ? { field: value } : value);
	if (parsed.success) return parsed.data;
	for (const issue of parsed.error.issues) {
		const path = typeof value === "string" ? [] : issue.path;
		context.addIssue({
			code: "custom",
			message: issue.message,
			path
		});
	}
	return NEVER;
});
/** An output schema as it stands in its file: attribute names and where their values come from, in the order in which they are written. */
const definition = strictObject({
	summary: string().min(1),
	ndjson: _enum([
		"record",
		"flat",
		"nested"
	]),
	resource: record(string().min(1), source).default({}),
	attributes: record(string().min(1), source),
	/** Fields that are left out on purpose. */
	without: array(field).default([]),
	/** Whether every field that is not there is left out on purpose. */
	closed: boolean().default(false)
});
// src/schemas/load.ts
/** Output schemas that ship with the program. */
const SCHEMA_NAMES = [
	"otel",
	"ecs",
	"ocsf",
	"seed",
	"log-analytics"
];
const isShipped = (name) => SCHEMA_NAMES.includes(name);
const isPath = (name) => /\.ya?ml$/i.test(name);
/**
* The schema of that name, or of a YAML file of that path, relative to `baseDir`. Throws UsageError with file and line for a file
* that is no schema.
*/
function loadSchema(name, baseDir) {
	if (isShipped(name)) return parseSchema(name, `mappings/schemas/${name}.yaml`, read(asset(`mappings/schemas/${name}.yaml`)));
	if (isPath(name)) return parseSchema(name, name, read(resolve(baseDir, name)));
	const meant = nearest(name, SCHEMA_NAMES);
	const advice = meant === void 0 ? "" : `; did you mean ${meant}?`;
	throw new UsageError("unknown-schema", `no schema ${JSON.stringify(name)}: ${SCHEMA_NAMES.join(", ")}, or a file ending in .yaml${advice}`);
}
function read(path) {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		throw new UsageError("schema-unreadable", `cannot read schema ${path}`, { cause: error });
	}
}
/** Validates and compiles a schema's text; `file` is what messages call it. */
function parseSchema(name, file, text) {
	const lines = new import_dist.LineCounter();
	const document = (0, import_dist.parseDocument)(text, {
		lineCounter: lines,
		prettyErrors: false,
		uniqueKeys: true
	});
	const at = (offset) => `${file}:${lines.linePos(offset ?? 0).line}`;
	const [broken] = document.errors;
	if (broken !== void 0) throw new UsageError("bad-schema", `${at(broken.pos[0])}: ${broken.message}`);
	const place = (path) => {
		for (let length = path.length; length > 0; length--) {
			const node = document.getIn(path.slice(0, length), true);
			if ((0, import_dist.isNode)(node)) return at(node.range?.[0]);
		}
		return at(0);
	};
	const fault = (path, message) => new UsageError("bad-schema", `${place(path)}: ${path.length === 0 ? "" : `${path.map(String).join(" › ")}: `}${message}`);
	const parsed = definition.safeParse(document.toJS());
	if (!parsed.success) {
		const [issue] = parsed.error.issues;
		throw fault(issue?.path ?? [], issue?.message ?? "is no schema");
	}
	try {
		return compile(name, parsed.data);
	} catch (error) {
		if (error instanceof DefinitionFault) throw fault(error.path, error.message);
		throw error;
	}
}
export { definition as n, isoOf as r, loadSchema as t };
