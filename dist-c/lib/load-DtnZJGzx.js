import { C as strictObject, E as union, I as NEVER, S as record, f as array, u as _enum, v as looseObject, w as string, y as number } from "./schemas-Dm7Z0tOD.js";
import { a as describeError, r as UsageError } from "./errors-C4nvsd9u.js";
import { l as fieldOf } from "./access-CkpRYHIj.js";
import { a as resolveField, o as hint } from "./fields-CNGBTqUH.js";
import { a as describeBadTimespan, c as parseCondition, f as predicates, l as and, n as validate, r as readSearches, s as parseTimespan, t as readYaml } from "./yaml-file-Cn6pywsC.js";
import { _ as refuse, a as literal, d as oneLine, g as printed, i as interval, n as identifier, r as indent, t as duckdbWords } from "./conditions-BjL6rk-5.js";
import { n as fieldsOf } from "./constructs-XcjQ_Dg5.js";
import { basename, join } from "node:path";
import { readFileSync, readdirSync } from "node:fs";
// src/searches/fields.ts
/** Every field that the search reads, by the name it uses. */
function fieldsOfSearch({ condition, by, measures }) {
	const found = /* @__PURE__ */ new Map();
	const add = (ref) => {
		found.set(ref.name, ref);
	};
	const addAll = (conditions) => {
		for (const one of conditions) {
			if (one === void 0) continue;
			for (const predicate of predicates(one)) {
				add(predicate.field);
				if (predicate.kind === "fieldref") add(predicate.other);
			}
		}
	};
	addAll([condition, ...measures.map((measure) => "where" in measure ? measure.where : void 0)]);
	for (const { field } of by) add(field);
	for (const measure of measures) if ("field" in measure) add(measure.field);
	return found;
}
// src/dialects/duckdb/rules.ts
/** A query that gives the flows that match, of a correlation the flows at which a window of its timespan holds. */
function printRule(rule, words) {
	if (rule.name === "flows") refuse("text", "a view called flows holds the flows");
	const relations = /* @__PURE__ */ new Map();
	addRelations(rule, relations, words);
	return `WITH ${[...relations].map(([name, text]) => `${identifier(name)} AS (\n${indent(text)}\n)`).join(",\n")}\nSELECT * FROM ${identifier(rule.name)}`;
}
/** Adds a relation of matching flows for the rule, behind those of its parts. */
function addRelations(rule, relations, words) {
	if (rule.kind === "detector") refuse(rule.detector.type, "what a detector has learned depends on the order of arrival");
	if (rule.kind === "detection") {
		relations.set(rule.name, `SELECT * FROM flows\nWHERE ${words.where(rule.condition)}`);
		return;
	}
	const { correlation } = rule;
	for (const part of correlation.parts) addRelations(part.rule, relations, words);
	const [only, ...others] = correlation.parts;
	if (only === void 0) return;
	if (others.length === 0 && correlation.type !== "temporal_ordered") {
		const { filter, measure } = measureOf(correlation, words);
		const keys = only.groupBy.map(words.column);
		relations.set(rule.name, `SELECT * FROM ${identifier(only.rule.name)}${filter && `\nWHERE ${filter}`}\nQUALIFY ${holds(correlation, measure, keys)}`);
		return;
	}
	const united = `${rule.name} parts`;
	relations.set(united, unite(correlation, words));
	const keys = correlation.groupBy.map((_, index) => `key_${index + 1}`);
	const helpers = `EXCLUDE (${["part", ...keys].join(", ")})`;
	if (correlation.type === "temporal_ordered") {
		relations.set(rule.name, ordered(united, correlation.parts.length, correlation.timespanMs, keys, helpers));
		return;
	}
	const { filter, measure } = measureOf(correlation, words);
	const from = correlation.type === "temporal" ? identifier(united) : `(FROM ${identifier(united)} QUALIFY row_number() OVER (PARTITION BY "log.record.uid" ORDER BY part) = 1)`;
	relations.set(rule.name, `SELECT * ${helpers} FROM ${from}${filter && `\nWHERE ${filter}`}\nQUALIFY ${holds(correlation, measure, keys)}`);
}
function measureOf(correlation, { column }) {
	switch (correlation.type) {
		case "value_count": return {
			filter: `${column(correlation.field)} IS NOT NULL`,
			measure: `count(DISTINCT ${column(correlation.field)})`
		};
		case "value_sum": return {
			filter: `${column(correlation.field)} > 0`,
			measure: `sum(${column(correlation.field)})`
		};
		case "temporal": return {
			filter: "",
			measure: "count(DISTINCT part)"
		};
		default: return {
			filter: "",
			measure: "count(*)"
		};
	}
}
function holds(correlation, measure, keys) {
	const { timespanMs, atLeast } = correlation;
	const range = `RANGE BETWEEN ${interval(timespanMs)} PRECEDING AND CURRENT ROW`;
	return `${measure} OVER (${partition(keys)}ORDER BY time ${range}) >= ${atLeast}`;
}
function unite({ parts }, { column }) {
	return parts.map(({ rule, groupBy }, part) => {
		return `SELECT *, ${part} AS part${groupBy.map((ref, index) => `, ${column(ref)}::VARCHAR AS key_${index + 1}`).join("")} FROM ${identifier(rule.name)}`;
	}).join("\nUNION ALL\n");
}
/** For each match of a part the latest time at which a chain of the parts before it can have begun. */
function ordered(united, parts, timespanMs, keys, helpers) {
	let from = `SELECT *, CASE WHEN part = 0 THEN time END AS began FROM ${identifier(united)}`;
	for (let part = 1; part < parts; part++) {
		const latest = `max(began) OVER (${partition(keys)}ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`;
		from = `SELECT * REPLACE (CASE WHEN part = ${part} THEN ${latest} END AS began) FROM (\n${indent(from)}\n)`;
	}
	return [`SELECT * ${helpers.replace("part", "part, began")} FROM (\n${indent(from)}\n)`, `WHERE part = ${parts - 1} AND time - began <= ${interval(timespanMs)}`].join("\n");
}
function partition(keys) {
	return keys.length === 0 ? "" : `PARTITION BY ${keys.join(", ")} `;
}
// src/dialects/duckdb/searches.ts
/** A query over the view `flows`, whatever its period: a column for each group and measure, under their labels. */
function printSearch(search, words) {
	const { condition, time, by, measures, outliers, sort, limit } = search;
	const times = timeColumns(time);
	const columns = [
		...times.map(({ label, text }) => `${text} AS ${identifier(label)}`),
		...by.map((key) => `${printKey(key, words)} AS ${identifier(key.label)}`),
		...measures.map((measure) => `${printMeasure(measure, words)} AS ${identifier(measure.label)}`)
	];
	let query = `SELECT\n${indent(columns.join(",\n"))}\nFROM flows\nWHERE ${words.where(condition)}`;
	if (times.length + by.length > 0) query += "\nGROUP BY ALL";
	if (outliers !== void 0) {
		const value = `${identifier(outliers.measure.label)}::DOUBLE`;
		const partition = by.length === 0 ? "" : `PARTITION BY ${by.map(({ label }) => identifier(label)).join(", ")}`;
		const bound = `avg(${value}) OVER (${partition}) + ${outliers.deviations} * stddev_samp(${value}) OVER (${partition})`;
		query = `SELECT * FROM (\n${indent(query)}\n)\nQUALIFY ${value} > ${bound}`;
	}
	if (sort !== void 0) query += `\nORDER BY ${identifier(sort.label)} DESC NULLS LAST`;
	else if (times.length > 0) query += `\nORDER BY ${times.map(({ label }) => identifier(label)).join(", ")}`;
	return limit === void 0 ? query : `${query}\nLIMIT ${limit}`;
}
function timeColumns(time) {
	if (time === void 0) return [];
	if (time.kind === "interval") return [{
		label: "Time",
		text: `epoch_ms(epoch_ms(flows.time) // ${time.ms} * ${time.ms})`
	}];
	return [{
		label: "Weekday",
		text: "isodow(flows.time)"
	}, {
		label: "Hour",
		text: "hour(flows.time)"
	}];
}
function printKey({ field, names }, words) {
	const column = words.column(field);
	if (names === void 0) return column;
	return `CASE ${column} ${[...names.cases].map(([value, name]) => `WHEN ${typeof value === "number" ? value : literal(value)} THEN ${literal(name)}`).join(" ")} ELSE ${literal(names.otherwise)} END`;
}
function printMeasure(measure, words) {
	const filter = "where" in measure && measure.where !== void 0 ? ` FILTER (WHERE ${words.where(measure.where)})` : "";
	switch (measure.kind) {
		case "count": return `count(*)${filter}`;
		case "share": return `100 * count(*)${filter} / count(*)`;
		case "distinct": return `count(DISTINCT ${words.column(measure.field)})${filter}`;
		case "earliest": return "min(flows.time)";
		case "latest": return "max(flows.time)";
		case "sum": return `coalesce(sum(${words.column(measure.field)})${filter}, 0)`;
		default: return `${measure.kind}(${words.column(measure.field)})${filter}`;
	}
}
// src/dialects/duckdb/dialect.ts
/**
* DuckDB over a view `flows` with one column for each attribute of schema `otel`. The query of a rule gives the flows that
* match, of a correlation the flows at which a window of its timespan holds: exactly, in whatever order they are stored.
* The query of a search gives one row for each group; the period is chosen by whoever calls the macro that it becomes.
*/
function duckdbDialect(attributes) {
	const words = duckdbWords(attributes);
	return {
		name: "duckdb",
		title: "DuckDB SQL",
		rule: (rule) => printed(() => printRule(rule, words)),
		search: (search) => printed(() => printSearch(search, words)),
		files: (content) => {
			const view = flowsView(attributes, fieldsIn(content));
			return /* @__PURE__ */ new Map([["detections.sql", detectionsScript(content, view)], ["searches.sql", searchesScript(content, view)]]);
		}
	};
}
function fieldsIn({ rules, searches }) {
	return [...rules.flatMap(({ rule }) => [...fieldsOf(rule).values()]), ...searches.flatMap(({ search }) => [...fieldsOfSearch(search).values()])];
}
function detectionsScript({ rules }, view) {
	return `-- Detections as views over flows that an ndjson sink with schema otel has written. In DuckDB:
--   SET VARIABLE flows = 'out/*.ndjson';
--   .read deploy/duckdb/detections.sql
--   FROM ssh_accepted_from_outside;
-- COPY (FROM flows) TO 'flows.parquet' makes an archive; CREATE OR REPLACE VIEW flows AS FROM 'flows.parquet' reads it.
${view}
${rules.map(({ rule, query }) => `-- ${oneLine(rule.title)} (${rule.level})\nCREATE OR REPLACE VIEW ${identifier(rule.name)} AS\n${query};\n`).join("\n")}`;
}
function searchesScript({ searches }, view) {
	return `-- Searches as table macros over flows that an ndjson sink with schema otel has written. In DuckDB:
--   SET VARIABLE flows = 'out/*.ndjson';
--   .read deploy/duckdb/searches.sql
--   FROM top_talkers();
--   FROM top_talkers(since := TIMESTAMP '2026-01-01', until := TIMESTAMP '2026-02-01');
-- Times are UTC. Without since a search looks back over its own period, from now.
${view}
${searches.map(({ search, query }) => {
		const since = `(now() AT TIME ZONE 'UTC') - ${interval(search.periodMs)}`;
		return `-- ${oneLine(search.title)}: ${oneLine(search.description)}
CREATE OR REPLACE MACRO ${identifier(search.id)}(
  since := ${since},
  until := TIMESTAMP 'infinity'
) AS TABLE
${indent(`WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)\n${query}`)};
`;
	}).join("\n")}`;
}
/** The view that queries read: every attribute is a column, those of the fields included; one that a line does not have is NULL. */
function flowsView(attributes, fields) {
	const columns = new Map(attributes.all.map((attribute) => [attribute.name, attribute]));
	for (const ref of fields) {
		const attribute = attributes.of(ref);
		if (attribute !== void 0) columns.set(attribute.name, attribute);
	}
	const all = [...columns.values()];
	const struct = (resource) => all.filter((attribute) => attribute.resource === resource).map(({ name, type }) => `${identifier(name)} ${TYPES[type]}`).join(", ");
	return `CREATE OR REPLACE VIEW flows AS
SELECT
  timestamp AS time,
${all.map(({ name, resource }) => `  ${resource ? "resource" : "attributes"}.${identifier(name)}`).join(",\n")}
FROM read_json(
  getvariable('flows'),
  format = 'newline_delimited',
  columns = {
    timestamp: 'TIMESTAMP',
    resource: ${literal(`STRUCT(${struct(true)})`)},
    attributes: ${literal(`STRUCT(${struct(false)})`)}
  }
);
`;
}
const TYPES = {
	string: "VARCHAR",
	integer: "UBIGINT",
	boolean: "BOOLEAN",
	strings: "VARCHAR[]"
};
// src/searches/labels.ts
/** What a label is made of: the names of columns in every dialect. */
const LABEL = /^[A-Za-z][A-Za-z0-9]*( [A-Za-z0-9]+)*$/;
/** The heading of a field that was given none: its label, else its name in words; may be no label for a column of the server table. */
function defaultLabel({ field, column }) {
	const { label } = fieldOf(field);
	if (label !== void 0) return label;
	const side = field.startsWith("source") ? "Source" : "Destination";
	return column === void 0 ? inWords(field) : `${side} ${inWords(column)}`;
}
function inWords(name) {
	return name.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll(/[_.-]+/g, " ").replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
// src/searches/measures.ts
const KINDS = [
	"count",
	"share",
	"sum",
	"min",
	"max",
	"distinct",
	"earliest",
	"latest"
];
const FORM = /^([^\s()]+)\s*(?:\(\s*([^()]*?)\s*\))?(?:\s+where\s+(.+))?$/s;
/** `count`, `share where web`, `sum(bytes) where web and not internal`, `latest(time)`; or one line that says what is wrong. */
function readMeasure(label, text, readCondition) {
	const match = FORM.exec(text);
	const kind = KINDS.find((known) => known === match?.[1]);
	if (match === null) return `'${text}' is no measure: write count, sum(bytes) or count where web, for example`;
	if (kind === void 0) return `unknown measure '${match[1]}'${hint(match[1] ?? "", KINDS)}`;
	const [, , name, condition] = match;
	const where = condition === void 0 ? void 0 : readCondition(condition);
	if (typeof where === "string") return where;
	switch (kind) {
		case "count": return name === void 0 ? {
			kind,
			label,
			where
		} : "count has no field: values are counted by distinct(field)";
		case "share":
			if (name !== void 0) return "share has no field: it is of the flows that meet a condition";
			return where === void 0 ? "share needs 'where' and a condition" : {
				kind,
				label,
				where
			};
		case "earliest":
		case "latest":
			if (name !== "time") return `${kind} is of the time of flows: write ${kind}(time)`;
			return where === void 0 ? {
				kind,
				label
			} : `${kind} has no 'where'`;
		default: {
			if (name === void 0 || name === "") return `${kind} needs a field: ${kind}(bytes), for example`;
			const field = resolveField(name);
			if (typeof field === "string") return field;
			if (field.name === "time") return "the time of flows is measured by earliest(time) and latest(time)";
			if (kind !== "distinct" && field.class !== "number") return `${field.name} is no number`;
			return {
				kind,
				label,
				field,
				where
			};
		}
	}
}
// src/searches/build.ts
/** The search of a document, or undefined after every mistake has been reported with its line. */
function buildSearch(meta, content, document, report) {
	let good = true;
	const wrong = (path, message) => {
		good = false;
		report(document.lineOf(path), message);
	};
	const selections = readSearches(document, ["detection"], ["condition"], (line, message) => {
		good = false;
		report(line, message);
	});
	if (!good) return void 0;
	const used = /* @__PURE__ */ new Set();
	const readCondition = (text) => parseCondition(text, selections, used);
	const condition = content.detection?.condition === void 0 ? and([]) : readCondition(content.detection.condition);
	if (typeof condition === "string") wrong(["detection", "condition"], `condition ${condition}`);
	const labels = new Map(timeLabels(content.time).map((label) => [label.toLowerCase(), "time"]));
	const addLabel = (label, path) => {
		const other = labels.get(label.toLowerCase());
		if (!LABEL.test(label) || label.length > 40) wrong(path, `'${label}' is no label: words of letters and digits, of 40 characters at most`);
		else if (other !== void 0) wrong(path, `label '${label}' is taken by ${other}`);
		else labels.set(label.toLowerCase(), path.join("."));
	};
	const by = (content.by ?? []).flatMap((item, index) => {
		const key = buildKey(typeof item === "string" ? { field: item } : item, ["by", index], wrong);
		if (key !== void 0) addLabel(key.label, ["by", index]);
		return key ?? [];
	});
	const measures = Object.entries(content.measures).flatMap(([label, text]) => {
		addLabel(label, ["measures", label]);
		const measure = readMeasure(label, text, readCondition);
		return typeof measure === "string" ? wrong(["measures", label], `measures.${label}: ${measure}`) ?? [] : measure;
	});
	const unused = [...selections.keys()].find((name) => !used.has(name));
	if (unused !== void 0) wrong(["detection", unused], `selection '${unused}' is not used`);
	const measureOf = (label, path) => {
		const names = Object.keys(content.measures);
		if (!names.includes(label)) return wrong(path, `${path.join(".")}: unknown measure '${label}'${hint(label, names)}`);
		return measures.find((measure) => measure.label === label);
	};
	const sort = content.sort === void 0 ? void 0 : measureOf(content.sort, ["sort"]);
	const judged = content.outliers && measureOf(content.outliers.measure, ["outliers", "measure"]);
	if (judged?.kind === "earliest" || judged?.kind === "latest") wrong(["outliers", "measure"], "times do not stand out");
	if (content.outliers !== void 0 && content.time?.kind !== "interval") wrong(["outliers"], "outliers are intervals: they need a time such as 1h");
	checkPicture(content, wrong);
	if (!good || typeof condition === "string") return void 0;
	return {
		...meta,
		condition,
		time: content.time,
		by,
		measures,
		outliers: judged && {
			measure: judged,
			deviations: content.outliers?.deviations ?? 0
		},
		sort,
		limit: content.limit
	};
}
function timeLabels(time) {
	if (time === void 0) return [];
	return time.kind === "interval" ? ["Time"] : ["Weekday", "Hour"];
}
function buildKey(item, path, wrong) {
	const field = resolveField(item.field);
	if (typeof field === "string") return wrong(path, `by: ${field}`);
	if (field.name === "time") return wrong(path, "by: flows are grouped by their time with the key 'time'");
	const label = item.label ?? defaultLabel(field);
	if (item.names === void 0) {
		if (item.otherwise !== void 0) return wrong([...path, "otherwise"], "otherwise: belongs beside names");
		return {
			field,
			label,
			names: void 0
		};
	}
	if (field.class === "boolean") return wrong([...path, "names"], `names: ${field.name} is true or false`);
	const cases = /* @__PURE__ */ new Map();
	for (const [value, name] of Object.entries(item.names)) if (field.class === "number" && !/^\d{1,15}$/.test(value)) wrong([
		...path,
		"names",
		value
	], `names: '${value}' is no value of ${field.name}, which is a whole number`);
	else cases.set(field.class === "number" ? Number(value) : value, name);
	return {
		field,
		label,
		names: {
			cases,
			otherwise: item.otherwise ?? "Unknown"
		}
	};
}
/** Pictures that need something of their data. */
function checkPicture({ visualisation, time, by = [], measures }, wrong) {
	const columns = by.length + (time === void 0 ? 0 : time.kind === "interval" ? 1 : 2);
	const needs = (message) => wrong(["visualisation"], `visualisation: '${visualisation}' ${message}`);
	if (visualisation === "number" && (columns > 0 || Object.keys(measures).length > 1)) needs("shows one measure, of no groups");
	if ((visualisation === "line" || visualisation === "area") && time?.kind !== "interval") needs("needs a time such as 1h");
	if ((visualisation === "sankey" || visualisation === "heatmap" || visualisation === "bubble") && columns < 2) needs("needs two columns of groups at least");
	if ((visualisation === "bar" || visualisation === "pie" || visualisation === "treemap") && columns === 0) needs("needs groups: by or time");
}
// src/searches/search.ts
/** How an answer is shown. A backend without such a picture shows a table. */
const VISUALISATIONS = [
	"table",
	"number",
	"line",
	"area",
	"bar",
	"pie",
	"treemap",
	"heatmap",
	"bubble",
	"sankey"
];
// src/searches/schema.ts
const text = string().trim().min(1, "must not be empty");
const timespan = string("must be a timespan such as 5m").transform((value, context) => {
	const ms = parseTimespan(value);
	if (ms !== void 0) return ms;
	context.issues.push({
		code: "custom",
		message: describeBadTimespan(value),
		input: value
	});
	return NEVER;
});
const HOUR_OF_WEEK = "hour-of-week";
const time = string("must be a timespan such as 1h, or hour-of-week").transform((value, context) => {
	if (value === HOUR_OF_WEEK) return { kind: "hour-of-week" };
	const ms = parseTimespan(value);
	if (ms !== void 0) return {
		kind: "interval",
		ms
	};
	context.issues.push({
		code: "custom",
		message: `${describeBadTimespan(value)}, nor ${HOUR_OF_WEEK}`,
		input: value
	});
	return NEVER;
});
/** What names are made of, so that every backend takes them literally. */
const plain = string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._:()/+-]*$/, "must be letters, digits, spaces and . _ : ( ) / + -, a letter or digit first");
const group = strictObject({
	field: text.describe("Field that flows are grouped by"),
	label: text.optional().describe("Heading of the column; by default the field's own"),
	names: record(string(), plain).refine((names) => Object.keys(names).length > 0, "must not be empty").optional().describe("Names that values are shown as"),
	otherwise: plain.optional().describe("What other values are shown as; by default Unknown")
});
const meta = {
	title: text.max(256).describe("What is asked, in a few words"),
	description: text.max(65535).describe("What the answer holds"),
	visualisation: _enum(VISUALISATIONS).describe("How the answer is shown; a backend without such a picture shows a table"),
	period: timespan.describe("How far the search looks back unless it is told otherwise")
};
/** A search in every dialect. Selections and condition of `detection`, and the texts of `measures`, are read apart. */
const searchDocument = strictObject({
	...meta,
	detection: looseObject({ condition: text.optional() }).optional().describe("Selections by name as in a rule, and the condition that the flows meet; without a condition all flows are looked at"),
	time: time.optional().describe("Length of the intervals (UTC) that are told apart, or hour-of-week"),
	by: array(union([text, group])).min(1, "must name a field").optional().describe("Fields whose values make groups, one column each"),
	measures: record(string(), text).refine((measures) => Object.keys(measures).length > 0, "must not be empty").describe("Numbers about each group by their heading: count, share, sum(bytes) …, with `where` and a condition"),
	outliers: strictObject({
		measure: text.describe("Label of the measure that is judged"),
		deviations: number().min(0).max(100).describe("How many standard deviations above the group's mean are normal")
	}).optional().describe("Keeps only intervals that stand out among those of their group"),
	sort: text.optional().describe("Label of the measure whose largest value comes first"),
	limit: number().int("must be a whole number").min(1).max(1e4).optional().describe("Most groups that are given")
});
/** A search that cannot be said neutrally. */
const nativeDocument = strictObject({
	...meta,
	native: strictObject({ "log-analytics": text }).describe("The query as the backend takes it, behind the log source")
});
// src/searches/load.ts
function isNative(search) {
	return "native" in search;
}
/** The searches of a folder, one a file. Throws UsageError when the folder cannot be read. */
function loadSearches(folder) {
	let names;
	try {
		names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name)).sort();
	} catch (cause) {
		throw new UsageError("searches-unreadable", `the searches folder ${folder} cannot be read: ${describeError(cause)}`, { cause });
	}
	const errors = [];
	const files = [];
	for (const name of names) {
		const file = join(folder, name);
		try {
			files.push({
				file,
				text: readFileSync(file, "utf8")
			});
		} catch (error) {
			errors.push({
				file,
				line: 1,
				message: `cannot be read: ${describeError(error)}`
			});
		}
	}
	const set = readSearchFiles(files);
	return {
		searches: set.searches,
		errors: [...errors, ...set.errors]
	};
}
/** The searches of files that have been read. */
function readSearchFiles(files) {
	const errors = [];
	const searches = /* @__PURE__ */ new Map();
	for (const { file, text } of files) {
		const before = errors.length;
		const report = (line, message) => errors.push({
			file,
			line,
			message
		});
		const id = basename(file).replace(/\.ya?ml$/, "");
		const search = readSearch(text, file, id, report);
		const other = searches.get(id);
		if (other !== void 0) report(1, `the name '${id}' is taken by ${other.file}`);
		else if (search !== void 0 && errors.length === before) searches.set(id, search);
	}
	return {
		searches: [...searches.values()],
		errors
	};
}
function readSearch(text, file, id, report) {
	const [document, second] = readYaml(text, file, report);
	if (!/^[a-z][a-z0-9_]{1,63}$/.test(id)) {
		report(1, `the file's name must be 2 to 64 lower-case letters, digits and underscores, a letter first`);
		return;
	}
	if (document === void 0) {
		report(1, "the file holds no search");
		return;
	}
	if (second !== void 0) {
		report(second.line, "a file holds one search: put this one into a file of its own");
		return;
	}
	const { value } = document;
	if (typeof value !== "object" || value === null || Array.isArray(value)) {
		report(document.line, `a search is a map with ${Object.keys(searchDocument.shape).join(", ")}`);
		return;
	}
	return Object.hasOwn(value, "native") ? readNative(document, id, report) : readNeutral(document, id, report);
}
function readNative(document, id, report) {
	const content = validate(nativeDocument, document, report);
	return content && {
		...metaOf(content, document, id),
		native: new Map(Object.entries(content.native))
	};
}
function readNeutral(document, id, report) {
	const content = validate(searchDocument, document, report);
	return content && buildSearch(metaOf(content, document, id), content, document, report);
}
function metaOf(content, { file, line }, id) {
	const { title, description, visualisation, period } = content;
	return {
		id,
		title,
		description,
		visualisation,
		periodMs: period,
		file,
		line
	};
}
export { fieldsOfSearch as a, duckdbDialect as i, loadSearches as n, defaultLabel as r, isNative as t };
