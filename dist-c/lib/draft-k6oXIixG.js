import { C as strictObject, E as union, I as NEVER, S as record, _ as literal, f as array, k as uuid, m as discriminatedUnion, p as boolean, u as _enum, v as looseObject, w as string, y as number } from "./schemas-Dm7Z0tOD.js";
import { t as date } from "./iso-MOGf7pvv.js";
import { o as hint } from "./fields-CNGBTqUH.js";
import { a as describeBadTimespan, c as parseCondition, n as validate, r as readSearches, s as parseTimespan } from "./yaml-file-Cn6pywsC.js";
import { t as LEVELS } from "./rule-CpZY5c43.js";
// src/detect/language/schema.ts
/** Tactics of ATT&CK for Enterprise, as Sigma's tag appendix writes them. */
const TACTICS = [
	"reconnaissance",
	"resource-development",
	"initial-access",
	"execution",
	"persistence",
	"privilege-escalation",
	"defense-evasion",
	"credential-access",
	"discovery",
	"lateral-movement",
	"collection",
	"command-and-control",
	"exfiltration",
	"impact"
];
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
const name = string().regex(/^[a-z][a-z0-9_]{1,63}$/, "must be 2 to 64 lower-case letters, digits and underscores, a letter first");
const tag = string().superRefine((value, context) => {
	const what = /^attack\.(.+)$/.exec(value)?.[1];
	if (what !== void 0 && (TACTICS.includes(what) || /^t\d{4}(\.\d{3})?$/.test(what))) return;
	const message = `tag '${value}' is neither attack.tNNNN, attack.tNNNN.NNN nor attack.<tactic>${what === void 0 ? "" : hint(what, TACTICS)}`;
	context.addIssue({
		code: "custom",
		message
	});
});
const runbook = string().regex(/^([a-z0-9][a-z0-9_-]*|https:\/\/\S+)$/, "must be the name of a page in the runbooks folder, or an https URL");
const fieldNames = array(string()).min(1, "must name a field");
const count = number().int("must be a whole number");
const detector = discriminatedUnion("type", [
	strictObject({
		type: literal("baseline"),
		"group-by": fieldNames.describe("Fields whose values have a baseline of their own"),
		field: string().optional().describe("Number to add up; without it flows are counted"),
		bucket: timespan.prefault("1h").describe("Length of the interval that is judged"),
		history: timespan.prefault("7d").describe("How far back mean and deviation look"),
		learn: timespan.prefault("1d").describe("Time after a group's first flow in which it is not judged"),
		deviations: number().min(1).max(100).default(3).describe("Standard deviations above the mean that are normal"),
		minimum: number().min(0).default(0).describe("A total up to this is always normal")
	}),
	strictObject({
		type: literal("new_terms"),
		fields: fieldNames.describe("Fields whose combination of values may be new"),
		learn: timespan.prefault("7d").describe("Time after the first flow in which every combination counts as known"),
		forget: timespan.prefault("30d").describe("A combination not seen for so long is new again")
	}),
	strictObject({
		type: literal("beacon"),
		"group-by": fieldNames.describe("Fields whose values form one conversation"),
		connections: count.min(5).max(1e3).default(20).describe("Least number of connections, or bursts of them, to judge by"),
		score: number().gt(0).max(1).default(.8).describe("Regularity from which on it is a beacon: 0 is chance, 1 a clock"),
		common: count.min(2).max(1e3).default(10).describe("What so many values of the first field speak with is no beacon"),
		shortest: timespan.prefault("1s").describe("Shortest median gap that can be a beacon"),
		longest: timespan.prefault("1d").describe("Longest median gap that can be a beacon")
	})
]);
/** Names of the options of a kind of detector, but for those that say what it looks at; none where there is no such kind. */
function detectorOptions(type) {
	const kind = detector.options.find(({ shape }) => shape.type.value === type);
	return Object.keys(kind?.shape ?? {}).filter((option) => ![
		"type",
		"group-by",
		"field",
		"fields"
	].includes(option));
}
const flow = strictObject({
	dedup: fieldNames.optional().describe("Fields whose values make two matches the same incident"),
	throttle: timespan.optional().describe("How long further matches of an incident stay silent, in event time"),
	runbook: runbook.optional().describe("Page of the runbooks folder, or an https URL"),
	detector: detector.optional().describe("What Sigma cannot say: baseline, new_terms, beacon")
});
const meta = {
	title: text.max(256).describe("What the rule detects, in a few words"),
	id: uuid("must be a UUID").optional().describe("Globally unique identifier"),
	name: name.describe("What flows carry in `detections` and what correlations refer to"),
	status: _enum([
		"stable",
		"test",
		"experimental",
		"deprecated",
		"unsupported"
	]).optional(),
	description: text.max(65535).optional(),
	author: text.optional(),
	references: array(text).optional(),
	date: date("must be YYYY-MM-DD").optional(),
	modified: date("must be YYYY-MM-DD").optional(),
	tags: array(tag).optional(),
	falsepositives: union([text.transform((value) => [value]), array(text)]).optional(),
	level: _enum(LEVELS).optional(),
	flow: flow.optional().describe("What flowferry adds to Sigma")
};
const logsource = strictObject({
	category: literal("network_connection"),
	product: literal("flowferry"),
	definition: text.optional()
});
const names = array(text).min(1, "must name a rule");
/** A document with `detection`. Its searches and its condition are read apart. */
const detectionDocument = strictObject({
	...meta,
	logsource,
	detection: looseObject({ condition: union([text, array(text).min(1)]) })
});
/** A document with `correlation`. */
const correlationDocument = strictObject({
	...meta,
	correlation: strictObject({
		type: _enum([
			"event_count",
			"value_count",
			"value_sum",
			"temporal",
			"temporal_ordered"
		]),
		rules: names,
		"group-by": fieldNames,
		timespan,
		aliases: record(name, record(string(), string())).optional(),
		generate: boolean().optional(),
		condition: strictObject({
			gte: count.min(1).optional(),
			gt: count.min(0).optional(),
			field: string().optional()
		}).optional()
	})
});
/** A document with `filter`: an exception for the rules it names. */
const filterDocument = strictObject({
	title: text.max(256),
	id: uuid("must be a UUID").optional(),
	name: name.optional(),
	description: text.max(65535).optional(),
	author: text.optional(),
	date: date("must be YYYY-MM-DD").optional(),
	modified: date("must be YYYY-MM-DD").optional(),
	logsource,
	filter: looseObject({
		rules: union([literal("any"), names]),
		condition: text
	})
});
// src/detect/language/draft.ts
const KINDS = [
	"detection",
	"correlation",
	"filter"
];
/** The draft of a document, or undefined after every mistake has been reported with its line. */
function readDraft(document, report) {
	const { value } = document;
	if (typeof value !== "object" || value === null || Array.isArray(value)) {
		report(document.line, "a rule is a map with title, name, and detection, correlation or filter");
		return;
	}
	const kinds = KINDS.filter((kind) => Object.hasOwn(value, kind));
	const [kind] = kinds;
	if (kind === void 0) {
		const [key, meant] = Object.keys(value).map((key) => [key, hint(key, KINDS)]).find(([, text]) => text.includes("did you mean")) ?? [void 0, ""];
		report(key === void 0 ? document.line : document.lineOf([key]), `the document has none of detection, correlation, filter${key === void 0 ? "" : `; '${key}'${meant.slice(1)}`}`);
		return;
	}
	if (kinds.length > 1) {
		report(document.line, `the document has ${kinds.join(" and ")}: write one of them, and the other in a document of its own`);
		return;
	}
	return read(kind, document, report);
}
function read(kind, document, report) {
	let failed = false;
	const note = (line, message) => {
		failed = true;
		report(line, message);
	};
	if (kind === "correlation") {
		const content = validate(correlationDocument, document, note);
		return content === void 0 ? void 0 : {
			kind,
			document,
			content
		};
	}
	if (kind === "detection") {
		const content = validate(detectionDocument, document, note);
		const searches = readSearches(document, ["detection"], ["condition"], note);
		if (content === void 0 || failed) return void 0;
		const condition = readConditions(content.detection.condition, ["detection", "condition"], document, searches, note);
		return condition === void 0 ? void 0 : {
			kind,
			document,
			content,
			condition
		};
	}
	const content = validate(filterDocument, document, note);
	const searches = readSearches(document, ["filter"], ["condition", "rules"], note);
	if (content === void 0 || failed) return void 0;
	const condition = readConditions(content.filter.condition, ["filter", "condition"], document, searches, note);
	return condition === void 0 ? void 0 : {
		kind,
		document,
		content,
		condition
	};
}
/** A list of conditions is a disjunction; every search must be used by one of them. */
function readConditions(text, path, document, searches, report) {
	if (searches.size === 0) {
		report(document.lineOf(path.slice(0, -1)), `${path[0]} has no search beside its condition`);
		return;
	}
	const whole = typeof text === "string" ? text : text.map((part) => `(${part})`).join(" or ");
	const condition = parseCondition(whole, searches);
	if (typeof condition === "string") {
		report(document.lineOf(path), `condition ${condition}`);
		return;
	}
	if (condition.kind === "constant") {
		report(document.lineOf(path), `condition '${whole}' is always ${condition.value}`);
		return;
	}
	return condition;
}
export { readDraft as n, detectorOptions as r, readConditions as t };
