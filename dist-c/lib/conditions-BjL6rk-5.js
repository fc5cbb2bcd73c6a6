import { c as FIELD_NAMES, t as GETTERS } from "./access-CkpRYHIj.js";
import { n as enumeration } from "./fields-CNGBTqUH.js";
import { t as loadSchema } from "./load-efkb9GOd.js";
// src/dialects/dialect.ts
/** Thrown within printers when the dialect has no words for something. */
var RefusedError = class extends Error {
	refusal;
	constructor(refusal) {
		super(refusal.reason);
		this.refusal = refusal;
	}
};
/** Ends the printing of a rule. */
function refuse(refused, reason) {
	throw new RefusedError({
		refused,
		reason
	});
}
/** What the function prints, or the refusal that ended it. */
function printed(print) {
	try {
		return { query: print() };
	} catch (error) {
		if (error instanceof RefusedError) return error.refusal;
		throw error;
	}
}
/** The field's attribute; refuses a field that is not stored. */
function attributeOf(attributes, ref) {
	return attributes.of(ref) ?? refuse("field", `no stored attribute holds ${ref.name}`);
}
// src/dialects/condition.ts
/** The condition with `not` pushed down to its predicates. */
function printCondition(condition, syntax) {
	return print(condition, false, syntax, void 0);
}
function print(condition, denied, syntax, within) {
	switch (condition.kind) {
		case "constant": return syntax.constant(condition.value !== denied);
		case "not": return print(condition.term, !denied, syntax, within);
		case "and":
		case "or": {
			const kind = condition.kind === "and" === denied ? "or" : "and";
			const text = condition.terms.map((term) => print(term, denied, syntax, kind)).join(` ${syntax[kind]} `.replaceAll(/ +/g, " "));
			return within === void 0 || within === kind ? text : `(${text})`;
		}
		default: return syntax.predicate(condition, denied);
	}
}
// src/dialects/text.ts
/** The text for RE2, found as it stands. */
function escapeRegex(text) {
	return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
/** Whether upper and lower case make no difference. */
function hasNoCase(text) {
	return text.toLowerCase() === text.toUpperCase();
}
/** Whether an exact comparison with the values would miss what differs in case alone. */
function regardsCase(field, values) {
	return field.class === "text" && enumeration(field) === void 0 && !values.every((value) => hasNoCase(String(value)));
}
/** Values that are compared as texts, in lower case. */
function folded(values) {
	return values.map((value) => String(value).toLowerCase());
}
/** Seconds as durations are written: `90s`, `5m`, `24h`. */
function duration(ms) {
	if (ms % 36e5 === 0) return `${ms / 36e5}h`;
	return ms % 6e4 === 0 ? `${ms / 6e4}m` : `${ms / 1e3}s`;
}
/** Where the runbook of a rule is: its URL, or the page's path; undefined for a rule without one. */
function runbookPlace({ runbook }) {
	return runbook === void 0 || runbook.startsWith("https:") ? runbook : `deploy/runbooks/${runbook}.md`;
}
function oneLine(text) {
	return text.replaceAll(/\s+/g, " ").trim();
}
// src/dialects/stored-attributes.ts
/** What queries over records of that output schema may name: attributes that hold a field as it is. */
function storedAttributes(schema) {
	const byField = /* @__PURE__ */ new Map();
	const columns = /* @__PURE__ */ new Map();
	const all = [];
	for (const [attributes, resource] of [[schema.resource, true], [schema.attributes, false]]) for (const attribute of attributes) {
		const field = FIELD_NAMES.find((name) => GETTERS[name] === attribute.get);
		if (attribute.kind === "columns") {
			if (field !== void 0) columns.set(field, attribute);
			continue;
		}
		const type = TYPES[attribute.kind];
		if (type === void 0) continue;
		const stored = {
			name: attribute.name,
			resource,
			type
		};
		all.push(stored);
		if (field !== void 0) byField.set(field, stored);
	}
	return {
		all,
		of({ field, column }) {
			if (column === void 0) return byField.get(field);
			const attribute = columns.get(field);
			return attribute && {
				name: schema.columnName(attribute, column),
				resource: false,
				type: "string"
			};
		}
	};
}
const TYPES = {
	string: "string",
	uid: "string",
	integer: "integer",
	boolean: "boolean",
	strings: "strings"
};
/** The attributes that records have in the schema `otel`, which most backends store as they are. */
function otelAttributes() {
	return storedAttributes(loadSchema("otel", "."));
}
// src/dialects/duckdb/conditions.ts
function duckdbWords(attributes) {
	const column = (ref) => columnOf(attributes, ref);
	const syntax = {
		and: "AND",
		or: "OR",
		constant: (value) => value ? "TRUE" : "FALSE",
		predicate: (predicate, denied) => {
			const text = printPredicate(predicate, column);
			if (denied && predicate.kind === "exists") return `${column(predicate.field)} IS NULL`;
			return denied ? `(${text}) IS NOT TRUE` : text;
		}
	};
	return {
		column,
		where: (condition) => printCondition(condition, syntax)
	};
}
function columnOf(attributes, ref) {
	if (ref.column === void 0 && ref.field === "time") return "epoch_ms(time)";
	if (ref.column === void 0 && ref.field === "connectionDuration") return `("flow.end"::HUGEINT - "flow.connection.start"::HUGEINT)`;
	return identifier(attributeOf(attributes, ref).name);
}
function printPredicate(predicate, column) {
	const name = column(predicate.field);
	switch (predicate.kind) {
		case "one-of": {
			const { field, values } = predicate;
			if (field.class !== "text") return isIn(name, values.map(String));
			if (!regardsCase(field, values)) return isIn(name, values.map((value) => literal(String(value))));
			return isIn(`lower(${name})`, folded(values).map(literal));
		}
		case "compare": return `${name} ${OPERATORS[predicate.operator]} ${predicate.value}`;
		case "text": return `${FUNCTIONS[predicate.operator]}(lower(${name}), ${literal(predicate.value.toLowerCase())})`;
		case "re": {
			const { ignoreCase, multiline, dotAll } = predicate;
			const flags = [
				ignoreCase && "i",
				multiline && "m",
				dotAll && "s"
			].filter((flag) => flag !== false).join("");
			const unset = dotAll ? "" : "-s";
			return `regexp_matches(${name}, ${literal(flags + unset === "" ? predicate.pattern : `(?${flags}${unset})${predicate.pattern}`)})`;
		}
		case "exists": return `${name} IS NOT NULL`;
		case "fieldref": {
			const other = column(predicate.other);
			if (predicate.field.class !== predicate.other.class) return "FALSE";
			return predicate.field.class === "text" ? `lower(${name}) = lower(${other})` : `${name} = ${other}`;
		}
		case "cidr": return refuse("cidr", "without its inet extension DuckDB has no addresses");
	}
}
const OPERATORS = {
	gt: ">",
	gte: ">=",
	lt: "<",
	lte: "<="
};
const FUNCTIONS = {
	contains: "contains",
	startswith: "starts_with",
	endswith: "ends_with"
};
function isIn(name, values) {
	return values.length === 1 ? `${name} = ${values[0]}` : `${name} IN (${values.join(", ")})`;
}
function identifier(name) {
	return `"${name.replaceAll("\"", "\"\"")}"`;
}
/** Line ends are escaped, so that queries can be indented. */
function literal(text) {
	const quoted = text.replaceAll("'", "''");
	if (!/[\n\r]/.test(text)) return `'${quoted}'`;
	return `E'${quoted.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}'`;
}
/** DuckDB takes the number of a literal interval up to 2^31. */
function interval(ms) {
	const [size, unit] = UNITS.find(([unitMs]) => ms % unitMs === 0) ?? [1, "MILLISECONDS"];
	return `INTERVAL ${ms / size} ${unit}`;
}
const UNITS = [
	[864e5, "DAYS"],
	[36e5, "HOURS"],
	[6e4, "MINUTES"],
	[1e3, "SECONDS"]
];
function indent(text) {
	return text.replaceAll(/^/gm, "  ");
}
export { refuse as _, literal as a, duration as c, oneLine as d, regardsCase as f, printed as g, attributeOf as h, interval as i, escapeRegex as l, printCondition as m, identifier as n, otelAttributes as o, runbookPlace as p, indent as r, storedAttributes as s, duckdbWords as t, folded as u };
