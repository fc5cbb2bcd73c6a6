import { a as describeError, r as UsageError } from "./errors-C4nvsd9u.js";
import { n as readDraft, r as detectorOptions } from "./draft-k6oXIixG.js";
import { l as and, t as readYaml } from "./yaml-file-Cn6pywsC.js";
import { a as resolveField, o as hint } from "./fields-CNGBTqUH.js";
import { t as require_dist } from "./dist-DdlZeFD1.js";
import { readFile, readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
// src/detect/language/build-correlation.ts
/** The largest count that a group is followed up to. */
const MAX_COUNT = 1e5;
/** The correlation over its resolved parts, or undefined after the mistakes have been reported. */
function buildCorrelation(draft, rules, problem) {
	const { type, timespan: timespanMs, condition } = draft.content.correlation;
	const groupBy = draft.content.correlation["group-by"];
	const wrong = (key, message) => problem(draft.document.lineOf(["correlation", ...key.split(".")]), `correlation.${key}: ${message}`);
	const twice = rules.find((rule, index) => rules.indexOf(rule) !== index);
	if (twice !== void 0) return wrong("rules", `'${twice.name}' is named twice`);
	const parts = resolveGroups(draft, rules, problem);
	if (parts === void 0) return void 0;
	const common = {
		parts,
		groupBy,
		timespanMs
	};
	if (condition?.gte !== void 0 && condition.gt !== void 0) return wrong("condition", "gt and gte exclude each other");
	const atLeast = condition?.gte ?? (condition?.gt === void 0 ? void 0 : condition.gt + 1);
	if (condition?.field !== void 0 && type !== "value_count" && type !== "value_sum") return wrong("condition.field", `a correlation of type ${type} has no field`);
	if (type === "temporal" || type === "temporal_ordered") {
		if (parts.length < 2) return wrong("rules", `a correlation of type ${type} needs at least two rules`);
		if (type === "temporal_ordered") {
			if (condition !== void 0) return wrong("condition", "a correlation of type temporal_ordered always needs all its rules");
			return {
				type,
				...common
			};
		}
		if (atLeast !== void 0 && (atLeast < 1 || atLeast > parts.length)) return wrong("condition", `is about the ${parts.length} rules named: at least 1, at most ${parts.length}`);
		return {
			type,
			...common,
			atLeast: atLeast ?? parts.length
		};
	}
	if (atLeast === void 0) return wrong("condition", "needs gte or gt");
	if (type !== "value_sum" && atLeast > MAX_COUNT) return wrong("condition", `counts up to ${MAX_COUNT} at most`);
	if (type === "event_count") return {
		type,
		...common,
		atLeast
	};
	if (condition?.field === void 0) return wrong("condition", `a correlation of type ${type} needs a field`);
	const field = resolveField(condition.field);
	if (typeof field === "string") return wrong("condition.field", field);
	if (type === "value_sum" && field.class !== "number") return wrong("condition.field", `${field.name} is no number`);
	return {
		type,
		...common,
		field,
		atLeast
	};
}
function resolveGroups(draft, rules, problem) {
	const { aliases = {} } = draft.content.correlation;
	const names = draft.content.correlation["group-by"];
	const line = (path) => draft.document.lineOf(["correlation", ...path]);
	let good = true;
	const wrong = (path, message) => {
		good = false;
		return problem(line(path), `correlation.${path.join(".")}: ${message}`);
	};
	for (const [alias, fields] of Object.entries(aliases)) {
		if (!names.includes(alias)) wrong(["aliases", alias], "is not used in group-by");
		for (const name of Object.keys(fields)) {
			const known = rules.map((rule) => rule.name);
			if (!known.includes(name)) wrong([
				"aliases",
				alias,
				name
			], `is no rule of this correlation${hint(name, known)}`);
		}
	}
	const resolve = (name, position, rule) => {
		const fields = Object.hasOwn(aliases, name) ? aliases[name] : void 0;
		if (fields !== void 0 && fields[rule.name] === void 0) return wrong(["aliases", name], `names no field for '${rule.name}'`);
		const found = resolveField(fields?.[rule.name] ?? name);
		if (typeof found === "string") return wrong(fields === void 0 ? ["group-by", position] : [
			"aliases",
			name,
			rule.name
		], found);
		return found;
	};
	const parts = rules.map((rule, index) => {
		return {
			rule,
			groupBy: names.map((name, position) => good || index === 0 ? resolve(name, position, rule) : void 0).filter((field) => field !== void 0)
		};
	});
	const repeated = names.find((name, position) => names.indexOf(name) !== position);
	if (repeated !== void 0) wrong(["group-by"], `'${repeated}' is named twice`);
	return good ? parts : void 0;
}
// src/detect/language/build-rule.ts
const DEFAULT_THROTTLE_MS = 36e5;
/** What makes two matches of a plain detection the same incident, unless the rule says otherwise. */
const DEFAULT_DEDUP = [
	"sourceAddress",
	"destinationAddress",
	"destinationPort"
];
/** What the rule says of itself, or undefined after the mistakes have been reported. `alerts` is false for a mere part of correlations. */
function buildMeta(draft, alerts, problem) {
	const { content, document } = draft;
	const grouped = draft.kind === "correlation" || draft.content.flow?.detector !== void 0;
	if (draft.kind === "correlation" && content.flow?.detector !== void 0) return problem(document.lineOf(["flow", "detector"]), "a correlation cannot have a detector: put it in a rule with detection");
	if (alerts && content.level === void 0) return problem(document.line, "level is missing");
	const named = content.flow?.dedup;
	const fields = named === void 0 && grouped ? [] : resolveAll(named ?? DEFAULT_DEDUP, draft, ["flow", "dedup"], problem);
	if (fields === void 0) return void 0;
	return {
		title: content.title,
		id: content.id?.toLowerCase(),
		name: content.name,
		status: content.status,
		description: content.description ?? "",
		level: content.level ?? "informational",
		tags: content.tags ?? [],
		falsepositives: content.falsepositives ?? [],
		references: content.references ?? [],
		alerts,
		dedup: fields.length === 0 ? "group" : fields,
		throttleMs: content.flow?.throttle ?? DEFAULT_THROTTLE_MS,
		runbook: content.flow?.runbook,
		file: document.file,
		line: document.line
	};
}
/** A rule with `detection`, with or without a detector. */
function buildRule(draft, meta, condition, filters, problem) {
	const block = draft.content.flow?.detector;
	if (block === void 0) return {
		...meta,
		kind: "detection",
		condition,
		filters
	};
	const detector = buildDetector(block, draft, problem);
	return detector && {
		...meta,
		kind: "detector",
		condition,
		filters,
		detector
	};
}
function buildDetector(block, draft, problem) {
	const at = (key) => [
		"flow",
		"detector",
		key
	];
	const wrong = (key, message) => problem(draft.document.lineOf(at(key)), `${key} ${message}`);
	if (block.type === "new_terms") {
		const fields = resolveAll(block.fields, draft, at("fields"), problem);
		return fields && {
			type: "new_terms",
			fields,
			learnMs: block.learn,
			forgetMs: block.forget
		};
	}
	const groupBy = resolveAll(block["group-by"], draft, at("group-by"), problem);
	if (groupBy === void 0) return void 0;
	if (block.type === "beacon") {
		const { connections, score, common, shortest, longest } = block;
		if (shortest >= longest) return wrong("shortest", "must be less than longest");
		return {
			type: "beacon",
			groupBy,
			connections,
			score,
			common,
			shortestMs: shortest,
			longestMs: longest
		};
	}
	if (block.history < block.bucket * 4) return wrong("history", "must be at least four times the bucket");
	if (block.history / block.bucket > 2e3) return wrong("history", "holds more than 2000 buckets: take longer buckets");
	if (block.learn > block.history) return wrong("learn", "must not be longer than history");
	const field = block.field === void 0 ? void 0 : resolveAll([block.field], draft, at("field"), problem)?.[0];
	if (block.field !== void 0 && field === void 0) return void 0;
	if (field !== void 0 && field.class !== "number") return wrong("field", `${field.name} is no number`);
	return {
		type: "baseline",
		groupBy,
		field,
		bucketMs: block.bucket,
		historyMs: block.history,
		learnMs: block.learn,
		deviations: block.deviations,
		minimum: block.minimum
	};
}
/** The fields of these names, or undefined after the mistakes have been reported at their lines. */
function resolveAll(names, draft, path, problem) {
	const found = [];
	for (const [position, name] of names.entries()) {
		const line = draft.document.lineOf([...path, position]);
		const field = resolveField(name);
		if (typeof field === "string") problem(line, `${path.join(".")}: ${field}`);
		else if (found.some((other) => other.name === name)) problem(line, `${path.join(".")}: '${name}' is named twice`);
		else found.push(field);
	}
	return found.length === names.length ? found : void 0;
}
// src/detect/language/link.ts
/**
* Rules from drafts: names are resolved, filters added to the conditions of the rules they name, and rules that only
* feed correlations silenced. Order is kept. `refused` are the names (with their place) of rules that failed before.
*/
function link$1(drafts, refused, report) {
	const rules = drafts.filter((draft) => draft.kind !== "filter");
	const index = indexByName(rules, report);
	const find = (name, document, line) => {
		const found = index.get(name.toLowerCase());
		if (found !== void 0) return found;
		const where = refused.get(name.toLowerCase());
		const names = rules.map((draft) => draft.content.name);
		report(document, line, where === void 0 ? `unknown rule '${name}'${hint(name, names)}` : `rule '${name}' is refused (${where})`);
	};
	const exceptions = collectFilters(drafts, find);
	const silent = findSilent(rules.filter((draft) => draft.kind === "correlation"), index);
	const built = /* @__PURE__ */ new Map();
	const open = [];
	const build = (draft) => {
		if (built.has(draft)) return built.get(draft);
		const problem = (line, message) => report(draft.document, line, message);
		const meta = buildMeta(draft, !silent.has(draft), problem);
		let rule;
		if (draft.kind === "detection") {
			const filters = exceptions.get(draft) ?? [];
			const condition = and([draft.condition, ...filters.map((filter) => filter.condition)]);
			rule = meta && buildRule(draft, meta, condition, filters.map((filter) => filter.content.title), problem);
		} else {
			open.push(draft);
			const parts = draft.content.correlation.rules.map((name, position) => {
				const line = draft.document.lineOf([
					"correlation",
					"rules",
					position
				]);
				const target = find(name, draft.document, line);
				if (target === void 0) return void 0;
				if (!open.includes(target)) return build(target);
				const loop = [...open.slice(open.indexOf(target)), target].map((member) => member.content.name);
				return problem(line, `correlations refer to each other in a loop: ${loop.join(" -> ")}`);
			});
			open.pop();
			const complete = parts.filter((part) => part !== void 0);
			if (meta !== void 0 && complete.length === parts.length) {
				const correlation = buildCorrelation(draft, complete, problem);
				rule = correlation && {
					...meta,
					kind: "correlation",
					correlation
				};
			}
		}
		built.set(draft, rule);
		return rule;
	};
	return rules.map(build).filter((rule) => rule !== void 0);
}
function indexByName(rules, report) {
	const index = /* @__PURE__ */ new Map();
	for (const draft of rules) for (const key of ["name", "id"]) {
		const value = draft.content[key]?.toLowerCase();
		if (value === void 0) continue;
		const other = index.get(value);
		if (other === void 0) index.set(value, draft);
		else {
			const line = draft.document.lineOf([key]);
			report(draft.document, line, `${key} '${value}' is taken by ${other.document.file}:${other.document.lineOf([key])}`);
		}
	}
	return index;
}
/**
* The filters of each detection. One that names a correlation is for the detections that it is made of, and so for whatever else looks at
* these.
*/
function collectFilters(drafts, find) {
	const exceptions = /* @__PURE__ */ new Map();
	const detections = drafts.filter((draft) => draft.kind === "detection");
	const leavesOf = (draft, seen) => {
		if (seen.has(draft)) return [];
		seen.add(draft);
		if (draft.kind === "detection") return [draft];
		return draft.content.correlation.rules.flatMap((name, position) => {
			const part = find(name, draft.document, draft.document.lineOf([
				"correlation",
				"rules",
				position
			]));
			return part === void 0 ? [] : leavesOf(part, seen);
		});
	};
	for (const filter of drafts) {
		if (filter.kind !== "filter") continue;
		const { rules } = filter.content.filter;
		const targets = rules === "any" ? detections : rules.flatMap((name, position) => {
			const target = find(name, filter.document, filter.document.lineOf([
				"filter",
				"rules",
				position
			]));
			return target === void 0 ? [] : leavesOf(target, /* @__PURE__ */ new Set());
		});
		for (const target of targets) exceptions.set(target, (exceptions.get(target) ?? /* @__PURE__ */ new Set()).add(filter));
	}
	return new Map([...exceptions].map(([draft, filters]) => [draft, [...filters]]));
}
/** Rules that a correlation refers to, unless one of their correlations says `generate: true`. */
function findSilent(correlations, index) {
	const silent = /* @__PURE__ */ new Set();
	const loud = /* @__PURE__ */ new Set();
	for (const { content } of correlations) for (const name of content.correlation.rules) {
		const target = index.get(name.toLowerCase());
		if (target !== void 0) (content.correlation.generate === true ? loud : silent).add(target);
	}
	return silent.difference(loud);
}
// src/detect/tuning.ts
var import_dist = require_dist();
const NO_TUNING = {
	tune: {},
	exceptions: []
};
/** Where the options of a rule stand in its document. What is not among them is the detector's. */
const PLACES = {
	level: ["level"],
	gte: [
		"correlation",
		"condition",
		"gte"
	],
	timespan: ["correlation", "timespan"],
	throttle: ["flow", "throttle"],
	dedup: ["flow", "dedup"]
};
const DETECTOR = ["flow", "detector"];
/**
* The documents with what `tune` says of their rules; each value is judged with the rule, as if it stood there. `report` takes the
* names of rules and options that are none.
*/
function tuneDocuments(documents, { tune }, report) {
	const nameOf = ({ value }) => value?.name;
	const names = documents.map(nameOf).filter((name) => typeof name === "string");
	for (const name of Object.keys(tune)) if (!names.includes(name)) report(`tune.${name}`, `there is no such rule${hint(name, names)}`);
	return documents.map((document) => {
		const name = nameOf(document);
		const changes = typeof name === "string" && Object.hasOwn(tune, name) ? tune[name] : void 0;
		if (changes === void 0) return document;
		const value = structuredClone(document.value);
		for (const [option, to] of Object.entries(changes)) {
			const known = optionsOf(value);
			if (!known.includes(option)) report(`tune.${name}.${option}`, `this rule has no such option${hint(option, known)}`);
			else put(value, PLACES[option] ?? [...DETECTOR, option], to);
		}
		return {
			...document,
			value
		};
	});
}
/** What can be said of the rule: thresholds and timespans where it has them, and its detector's options. */
function optionsOf(rule) {
	const has = (path) => path.reduce((at, step) => at?.[step], rule) !== void 0;
	const detector = rule.flow?.detector;
	return [...Object.entries(PLACES).flatMap(([option, path]) => path[0] !== "correlation" || has(path) ? [option] : []), ...detectorOptions(detector?.type)];
}
function put(rule, path, value) {
	let at = rule;
	for (const step of path.slice(0, -1)) {
		at[step] ??= {};
		at = at[step];
	}
	at[path.at(-1)] = value;
}
/** An exception as a filter document of Sigma. `rules: any` is every rule. */
function filterText({ title, rules, when }) {
	return (0, import_dist.stringify)({
		title: title ?? `Exception: ${Object.keys(when).join(", ")}`,
		logsource: {
			category: "network_connection",
			product: "flowferry"
		},
		filter: {
			rules: rules ?? "any",
			exception: when,
			condition: "not exception"
		}
	});
}
// src/detect/load.ts
/** Line of what stands in no rule file but in the configuration. */
const NOWHERE = 0;
/** One line: `deploy/detections/x.yml:12: unknown field 'sourcePrt'; did you mean 'sourcePort'?` */
function formatRuleError({ file, line, message }) {
	return line === NOWHERE ? `${file}: ${message}` : `${file}:${line}: ${message}`;
}
/** Whether a file name is that of a rule file: `.yml` or `.yaml`, and not a rule's test cases (`.test.yml`). */
function isRuleFile(name) {
	return /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name);
}
/**
* The rules of folders and the folders within them, and of single files, as `tuning` has them. Throws UsageError when one cannot be read.
*/
async function loadRules(places, tuning = NO_TUNING) {
	const errors = [];
	const files = [];
	for (const place of typeof places === "string" ? [places] : places) for (const file of await filesOf(place)) try {
		files.push({
			file,
			text: await readFile(file, "utf8")
		});
	} catch (error) {
		errors.push({
			file,
			line: 1,
			message: `cannot be read: ${describeError(error)}`
		});
	}
	const set = readRules(files, tuning);
	return {
		rules: set.rules,
		errors: [...errors, ...set.errors]
	};
}
/** The rule files of a folder, by name; a file is its own. */
async function filesOf(place) {
	try {
		if ((await stat(place)).isFile()) return [place];
		return (await readdir(place, {
			recursive: true,
			withFileTypes: true
		})).filter((entry) => entry.isFile() || entry.isSymbolicLink()).map((entry) => relative(place, join(entry.parentPath, entry.name))).filter(isRuleFile).sort().map((name) => join(place, name));
	} catch (error) {
		throw new UsageError("rules-unreadable", `the rules folder ${place} cannot be read: ${describeError(error)}`, { cause: error });
	}
}
/** The rules of files that have been read, as `tuning` has them. What depends on a refused rule is refused too. */
function readRules(files, tuning = NO_TUNING) {
	const errors = [];
	const refused = /* @__PURE__ */ new Map();
	const read = files.map(({ file, text }) => {
		const before = errors.length;
		return {
			documents: readYaml(text, file, (line, message) => errors.push({
				file,
				line,
				message
			})),
			wrong: errors.length > before
		};
	});
	const exceptions = tuning.exceptions.flatMap((exception, index) => readYaml(filterText(exception), `alerts.except.${index}`, () => {}).map((document) => ({
		...document,
		lineOf: () => NOWHERE
	})));
	const all = tuneDocuments(read.flatMap(({ documents }) => documents), tuning, (place, message) => errors.push({
		file: `alerts.${place}`,
		line: NOWHERE,
		message
	}));
	let drafts = [];
	const wrong = new Set(read.flatMap(({ documents, wrong }) => wrong ? documents.map(({ file }) => file) : []));
	const found = [...all, ...exceptions].map((document) => ({
		document,
		draft: readDraft(document, (line, message) => {
			wrong.add(document.file);
			errors.push({
				file: document.file,
				line,
				message
			});
		})
	}));
	for (const { document, draft } of found) if (wrong.has(document.file)) refuse(refused, document);
	else if (draft !== void 0) drafts.push(draft);
	for (;;) {
		const before = errors.length;
		const rules = link$1(drafts, refused, ({ file }, line, message) => errors.push({
			file,
			line,
			message
		}));
		if (errors.length === before) return {
			rules,
			errors: sortErrors(errors)
		};
		const bad = new Set(errors.slice(before).map((error) => error.file));
		for (const draft of drafts) if (bad.has(draft.document.file)) refuse(refused, draft.document);
		drafts = drafts.filter((draft) => !bad.has(draft.document.file));
	}
}
function refuse(refused, { value, file, line }) {
	if (typeof value !== "object" || value === null) return;
	for (const key of ["name", "id"]) {
		const name = value[key];
		if (typeof name === "string") refused.set(name.toLowerCase(), `${file}:${line}`);
	}
}
function sortErrors(errors) {
	return [...errors].sort((a, b) => a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1);
}
export { loadRules as n, formatRuleError as t };
