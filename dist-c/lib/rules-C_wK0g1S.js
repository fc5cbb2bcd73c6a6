import { r as __toESM } from "./rolldown-runtime-DegdyBIC.js";
import { C as strictObject, E as union, _ as literal, f as array, v as looseObject, w as string, y as number } from "./schemas-Dm7Z0tOD.js";
import { t as Command } from "./commander-BVTyMRTV.js";
import { t as createDetector } from "./evaluate-aagewk5x.js";
import { t as originOf } from "./origin-DBD0VGCV.js";
import { a as describeBadTimespan, n as validate, o as formatTimespan, s as parseTimespan, t as readYaml } from "./yaml-file-Cn6pywsC.js";
import { a as require_ipaddr } from "./prefix-DWd56Iz9.js";
import { _ as wordsOf, c as FIELD_NAMES, d as isField, l as fieldOf, m as isStored, p as isOfContext, u as formOf } from "./access-CkpRYHIj.js";
import { n as Flow, t as EMPTY_CONTEXT } from "./flow-D81O7cbI.js";
import { t as protocolKeyword } from "./protocols-C7L4d8Ia.js";
import { i as isUsable, o as hint } from "./fields-CNGBTqUH.js";
import { t as constructsOf } from "./constructs-XcjQ_Dg5.js";
import { n as loadRules, t as formatRuleError } from "./load-DDLApW6U.js";
import { t as asset } from "./assets-DQb4Ncv_.js";
import { n as FlowferryError, r as UsageError } from "./errors-C4nvsd9u.js";
import { t as nearest } from "./nearest-DcR-nB4_.js";
import { readFile, readdir } from "node:fs/promises";
import { join, relative } from "node:path";
// src/detect/cases/flow.ts
var import_ipaddr = /* @__PURE__ */ __toESM(require_ipaddr(), 1);
/** What a test case may say of a flow: what a rule may ask of it, but for times, which `at` and `connectionAge` set, and what is derived. */
const SETTABLE = FIELD_NAMES.filter((name) => isStored(name) && isUsable(name) && formOf(name) !== "time");
/** An ordinary accepted HTTPS connection between two internal hosts: what a case leaves out. */
const DEFAULTS = {
	action: "accept",
	status: "OK",
	sourceAddress: "10.0.1.10",
	sourcePort: 51515,
	destinationAddress: "10.0.2.20",
	destinationPort: 443,
	protocol: 6,
	bytes: 1200,
	packets: 8
};
/** As `networks.csv` has them built in. */
const PROVIDERS = [
	"169.254.0.0/16",
	"161.26.0.0/16",
	"166.8.0.0/14"
].map((cidr) => import_ipaddr.default.IPv4.parseCIDR(cidr));
const PRIVATE = [
	"private",
	"uniqueLocal",
	"linkLocal",
	"carrierGradeNat",
	"loopback"
];
/**
* The flow of a test case. Zones, traffic type, direction and protocol name are derived where the case is silent, and its source has opened
* the connection; `null`
* takes a field away. Returns one line when the case says something impossible.
*/
function buildFlow(origin, record, { fields, time, connectionAgeMs }) {
	const context = {};
	const own = {};
	for (const [name, value] of Object.entries({
		...DEFAULTS,
		...fields
	})) {
		if (!isField(name) || !SETTABLE.includes(name)) return `unknown field '${name}'${hint(name, [
			...SETTABLE,
			"at",
			"repeat",
			"every",
			"connectionAge"
		])}`;
		const form = formOf(name);
		const read = value === null ? void 0 : readValue(form, value);
		if (read === WRONG) return `${name}: ${JSON.stringify(value)} is no ${form === "string" ? "text" : form}`;
		const words = wordsOf(fieldOf(name).type);
		if (read !== void 0 && words?.includes(read) === false) return `${name}: ${JSON.stringify(value)} is no value of ${name}${hint(String(value), words)}`;
		if (isOfContext(name)) context[name] = read;
		else own[name] = read;
	}
	const flow = new Flow(origin, record, {
		...EMPTY_CONTEXT,
		...context
	}, time);
	Object.assign(flow, {
		start: time,
		end: time
	}, own);
	if (connectionAgeMs !== void 0) flow.connectionStart = time - connectionAgeMs;
	derive(flow, own);
	return flow;
}
const WRONG = Symbol("wrong");
function readValue(form, value) {
	switch (form) {
		case "number": {
			const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
			return Number.isSafeInteger(number) ? number : WRONG;
		}
		case "counter": return readCounter(value);
		case "boolean": return typeof value === "boolean" ? value : WRONG;
		case "columns": return typeof value === "object" && !Array.isArray(value) ? value : WRONG;
		default: return typeof value === "string" ? value : WRONG;
	}
}
function readCounter(value) {
	if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : WRONG;
	if (typeof value !== "string" || !/^\d{1,20}$/.test(value)) return WRONG;
	const number = Number(value);
	return Number.isSafeInteger(number) ? number : BigInt(value);
}
function derive(flow, given) {
	if (!("sourceZone" in given)) flow.sourceZone = zoneOf(flow.sourceAddress);
	if (!("destinationZone" in given)) flow.destinationZone = zoneOf(flow.destinationAddress);
	const { sourceZone, destinationZone } = flow;
	if (!("trafficType" in given) && sourceZone !== void 0 && destinationZone !== void 0) flow.trafficType = sourceZone === "internal" && destinationZone === "internal" ? "east-west" : "north-south";
	if (!("direction" in given)) flow.direction = sourceZone === "internal" ? "egress" : destinationZone === "internal" ? "ingress" : "unknown";
	if (!("initiator" in given)) flow.initiator = "source";
	if (!("protocolName" in given) && flow.protocol !== void 0) flow.protocolName = protocolKeyword(flow.protocol);
}
function zoneOf(address) {
	if (address === void 0) return void 0;
	if (!import_ipaddr.default.isValid(address)) return "invalid";
	const read = import_ipaddr.default.process(address);
	const range = read.range();
	if (range === "multicast" || range === "broadcast") return range;
	if (read.kind() === "ipv4" && PROVIDERS.some(([network, length]) => read.match(network, length))) return "provider";
	return PRIVATE.includes(range) ? "internal" : "external";
}
// src/detect/cases/template.ts
/** `{n}`, `{n+1000}`, `{n%250}`, `{n/250}`, `{n/250+1}`: the number of the repetition, from 0, worked on from left to right. */
const EXPRESSION = /\{n((?:[+*/%-]\d{1,12})*)\}/g;
/** The text for one repetition. Braces that are no expression stay. */
function fill(template, n) {
	return template.replaceAll(EXPRESSION, (_whole, steps) => String(compute(n, steps)));
}
function compute(n, steps) {
	let value = n;
	for (const [, operator, digits] of steps.matchAll(/([+*/%-])(\d+)/g)) {
		const operand = Number(digits);
		if (operator === "+") value += operand;
		else if (operator === "-") value -= operand;
		else if (operator === "*") value *= operand;
		else if (operator === "/") value = Math.floor(value / operand);
		else value %= operand;
	}
	return value;
}
// src/detect/cases/read.ts
/** Times of a case count from here: a Monday, 00:00 UTC. */
const CASE_START_MS = Date.UTC(2026, 0, 5);
const MAX_FLOWS = 1e5;
const offset = union([literal("0s"), string()]);
const casesDocument = strictObject({
	rule: string(),
	cases: array(strictObject({
		name: string().min(1),
		flows: array(looseObject({
			at: offset.optional(),
			repeat: number().int().min(1).max(MAX_FLOWS).optional(),
			every: union([offset, array(offset).min(1)]).optional(),
			connectionAge: string().optional()
		})).min(1),
		fires: number().int().min(0),
		marks: array(number().int().min(1)).optional()
	})).min(1)
});
/** The test cases of a file. Mistakes are errors with their line; a file with one yields no case. */
function readCases(text, file) {
	const errors = [];
	const report = (line, message) => void errors.push({
		file,
		line,
		message
	});
	const cases = [];
	for (const document of readYaml(text, file, report)) {
		const content = validate(casesDocument, document, report);
		for (const [index, item] of (content?.cases ?? []).entries()) {
			const flows = readFlows(item.flows, index, document, report);
			const marks = item.marks;
			const line = document.lineOf(["cases", index]);
			if (marks?.some((mark) => mark > flows.length)) report(line, `marks: there are only ${flows.length} flows`);
			cases.push({
				rule: content?.rule ?? "",
				name: item.name,
				flows,
				fires: item.fires,
				marks,
				file,
				line
			});
		}
	}
	return {
		cases: errors.length === 0 ? cases : [],
		errors
	};
}
function readFlows(templates, index, document, report) {
	const flows = [];
	const origin = originOf("test://cases", `${document.file}#${index}`, "1");
	let latest = 0;
	for (const [position, template] of templates.entries()) {
		const line = document.lineOf([
			"cases",
			index,
			"flows",
			position
		]);
		const { at, repeat = 1, every = "1s", connectionAge, ...fields } = template;
		const first = at === void 0 ? latest : milliseconds(at);
		const steps = (typeof every === "string" ? [every] : every).map(milliseconds);
		const age = connectionAge === void 0 ? void 0 : milliseconds(connectionAge);
		const bad = [
			first,
			age,
			...steps
		].find((value) => typeof value === "string");
		if (bad !== void 0) {
			report(line, String(bad));
			continue;
		}
		let elapsed = Number(first);
		for (let n = 0; n < repeat && flows.length < MAX_FLOWS; n++) {
			const filled = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, fillValue(value, n)]));
			const time = CASE_START_MS + elapsed;
			const flow = buildFlow(origin, flows.length + 1, {
				fields: filled,
				time,
				connectionAgeMs: age
			});
			if (typeof flow === "string") {
				report(line, flow);
				break;
			}
			flows.push(flow);
			latest = elapsed;
			elapsed += Number(steps[n % steps.length]);
		}
	}
	return flows;
}
function fillValue(value, n) {
	return typeof value === "string" ? fill(value, n) : value;
}
function milliseconds(text) {
	return text === "0s" ? 0 : parseTimespan(text) ?? describeBadTimespan(text);
}
// src/detect/cases/run.ts
/** Runs a case through a detector that holds nothing but the case's rule and its parts. */
function runCase(item, rule) {
	let fires = 0;
	const detector = createDetector([rule]);
	detector.onMatch((match) => {
		if (match.rule.name === item.rule) fires++;
	});
	const marked = [];
	for (const [index, flow] of item.flows.entries()) {
		detector.inspect(flow);
		if (flow.detections.includes(item.rule)) marked.push(index + 1);
	}
	const failures = [];
	if (fires !== item.fires) failures.push(`expected ${item.fires} matches, got ${fires}${marked.length > 0 ? ` (flows ${list(marked)})` : ""}`);
	if (item.marks !== void 0 && item.marks.join() !== marked.join()) failures.push(`expected it on flows ${list(item.marks)}, got ${list(marked)}`);
	return {
		case: item,
		failure: failures.length === 0 ? void 0 : failures.join("; ")
	};
}
/** The cases of every `*.test.yml` in a folder and the folders within it. */
async function loadCases(folder) {
	const names = (await readdir(folder, {
		recursive: true,
		withFileTypes: true
	})).map((entry) => relative(folder, join(entry.parentPath, entry.name))).filter((name) => /\.test\.ya?ml$/.test(name)).sort();
	const cases = [];
	const errors = [];
	for (const name of names) {
		const file = join(folder, name);
		const read = readCases(await readFile(file, "utf8"), file);
		cases.push(...read.cases);
		errors.push(...read.errors);
	}
	return {
		cases,
		errors
	};
}
function list(numbers) {
	if (numbers.length === 0) return "none";
	return numbers.length > 12 ? `${numbers.slice(0, 12).join(", ")}, … (${numbers.length})` : numbers.join(", ");
}
// src/cli/rules.ts
/** `flowferry rules …`. The folder is by default that of the rules which ship with the program. */
function rulesCommand(context) {
	const folder = ["[folder]", "folder with rule files (default: the rules that ship with flowferry)"];
	const ofConfig = ["-c, --config <file>", "the rules as this configuration has them: its folders, what it tunes, excepts and switches off"];
	const list = new Command("list").description("Show the rules that alert: level, name, kind, ATT&CK techniques, title.").argument(...folder).option(...ofConfig).option("--json", "print one JSON document", false).action(async (path, options) => listRules(context, path, options));
	const show = new Command("show").description("Show one rule: what it means, when it fires, who is left alone, how to react.").argument("<name>", "name of the rule, as in brute_force").option(...ofConfig).option("--json", "print one JSON document", false).action(async (name, options) => showRule(context, name, options));
	const check = new Command("check").description("Validate rule files and name every mistake with file and line.").argument(...folder).action(async (path) => checkRules(context, path));
	const test = new Command("test").description("Run the test cases (*.test.yml) that stand beside the rules.").argument(...folder).option("--json", "print one JSON document", false).action(async (path, options) => testRules(context, path, options.json));
	return new Command("rules").description("List, show, check and test the detection rules.").addCommand(list).addCommand(show).addCommand(check).addCommand(test);
}
async function listRules(context, path, { config, json }) {
	if (path !== void 0 && config !== void 0) throw new UsageError("bad-arguments", "name a folder or a configuration, not both");
	const { print } = context;
	const set = config === void 0 ? await load(path) : await loadOf(context, config);
	const rules = set.rules.filter((rule) => rule.alerts);
	if (json) print(JSON.stringify({
		rules: rules.map(summary),
		errors: set.errors
	}));
	else {
		const rows = rules.map((rule) => [
			rule.level,
			rule.name,
			kindOf(rule),
			techniques(rule).join(" "),
			rule.title
		]);
		for (const line of table([
			"level",
			"name",
			"kind",
			"ATT&CK",
			"title"
		], rows)) print(line);
	}
	refuseIfBad(set.errors);
}
async function showRule(context, name, { config, json }) {
	const { print } = context;
	const { rules } = config === void 0 ? await load(void 0) : await loadOf(context, config);
	const rule = rules.find((each) => each.name === name);
	if (rule === void 0) {
		const meant = nearest(name, rules.map((each) => each.name));
		throw new UsageError("unknown-rule", `there is no rule ${JSON.stringify(name)}${meant === void 0 ? "" : `: did you mean ${meant}?`}`);
	}
	if (json) {
		print(JSON.stringify({
			...summary(rule),
			when: conditionsOf(rule),
			exceptions: filtersOf(rule)
		}));
		return;
	}
	print(`${rule.name} (${rule.level}): ${rule.title}`);
	if (rule.description !== "") print(rule.description);
	for (const line of conditionsOf(rule)) print(`when: ${line}`);
	for (const title of filtersOf(rule)) print(`but not: ${title}`);
	const by = rule.dedup === "group" ? "group" : rule.dedup.map((field) => field.name).join(", ");
	print(`told: once in ${formatTimespan(rule.throttleMs)} for each ${by}`);
	for (const reason of rule.falsepositives) print(`may be: ${reason}`);
	if (rule.runbook !== void 0) print(`runbook: ${rule.runbook.startsWith("https:") ? rule.runbook : `deploy/runbooks/${rule.runbook}.md`}`);
	print(`written in: ${nameOf(rule.file)}:${rule.line}`);
}
/** When the rule fires, a line for each rule that it is made of. */
function conditionsOf(rule) {
	if (rule.kind === "detection") return [`a flow is as the selection of ${rule.name} says`];
	if (rule.kind === "detector") return [`the flows of ${rule.name} are what its detector ${rule.detector.type} looks for`];
	const { correlation } = rule;
	const names = correlation.parts.map((part) => part.rule.name).join(", ");
	const within = `within ${formatTimespan(correlation.timespanMs)}, by ${correlation.groupBy.join(", ") || "nothing"}`;
	const parts = correlation.parts.flatMap((part) => part.rule.kind === "correlation" ? conditionsOf(part.rule) : []);
	return [`${rule.name}: ${countOf(correlation, names)} ${within}`, ...parts];
}
function countOf(correlation, names) {
	switch (correlation.type) {
		case "event_count": return `at least ${correlation.atLeast} flows of ${names}`;
		case "value_count": return `at least ${correlation.atLeast} different values of ${correlation.field.name} in flows of ${names}`;
		case "value_sum": return `${correlation.field.name} of flows of ${names} adds up to at least ${correlation.atLeast}`;
		case "temporal": return `at least ${correlation.atLeast} of ${names}`;
		case "temporal_ordered": return `${names}, in this order,`;
	}
}
/** Titles of the exceptions, each once. */
function filtersOf(rule) {
	const all = rule.kind === "correlation" ? rule.correlation.parts.flatMap((part) => filtersOf(part.rule)) : rule.filters;
	return [...new Set(all)];
}
async function checkRules({ print }, path) {
	const { rules, errors } = await load(path);
	for (const error of errors) print(formatRuleError(error));
	const alerting = rules.filter((rule) => rule.alerts).length;
	print(`${alerting} rules that alert, ${rules.length - alerting} that only feed correlations, ${errors.length} mistakes`);
	refuseIfBad(errors);
}
async function testRules({ print }, path, json) {
	const set = await load(path);
	const { cases, errors } = await loadCases(path ?? SHIPPED);
	const byName = new Map(set.rules.map((rule) => [rule.name, rule]));
	const results = cases.map((item) => {
		const rule = byName.get(item.rule);
		return rule === void 0 ? {
			case: item,
			failure: `there is no rule '${item.rule}'`
		} : runCase(item, rule);
	});
	const failed = results.filter((result) => result.failure !== void 0);
	const broken = [...set.errors, ...errors].map(shorten);
	const tested = new Set(cases.map((item) => item.rule));
	const untested = set.rules.filter((rule) => rule.alerts && !tested.has(rule.name)).map((rule) => rule.name);
	if (json) {
		const lines = results.map(({ case: item, failure }) => ({
			rule: item.rule,
			case: item.name,
			ok: failure === void 0,
			failure
		}));
		print(JSON.stringify({
			results: lines,
			errors: broken,
			untested
		}));
	} else {
		for (const error of broken) print(formatRuleError(error));
		for (const { case: item, failure } of failed) print(`${nameOf(item.file)}:${item.line}: ${item.rule}: ${item.name}: ${failure}`);
		if (untested.length > 0) print(`rules without a test case: ${untested.join(", ")}`);
		print(`${results.length - failed.length} of ${results.length} cases passed for ${tested.size} rules`);
	}
	if (broken.length > 0) throw new UsageError("bad-rules", `${broken.length} mistakes in rules or test cases`);
	if (failed.length > 0) throw new FlowferryError("rule-tests-failed", `${failed.length} of ${results.length} cases failed`);
}
const SHIPPED = asset("deploy/detections");
async function load(path) {
	const { rules, errors } = await loadRules(path ?? SHIPPED);
	return {
		rules,
		errors: errors.map(shorten)
	};
}
async function loadOf(context, file) {
	const { alerts } = await context.loadConfig(file);
	if (alerts === void 0) throw new UsageError("no-alerts", `${file} has no alerts block: no rule runs`);
	const { loadEnabledRules } = await import("./detections-P1xyl6us.js");
	const { rules, errors } = await loadEnabledRules(alerts);
	return {
		rules,
		errors: errors.map(shorten)
	};
}
function refuseIfBad(errors) {
	const [first] = errors;
	if (first === void 0) return;
	const more = errors.length === 1 ? "" : ` (and ${errors.length - 1} more)`;
	throw new UsageError("bad-rules", `${formatRuleError(first)}${more}`);
}
function summary(rule) {
	const { name, id, title, level, status, description, tags, falsepositives, runbook, file, line } = rule;
	return {
		name,
		id,
		title,
		level,
		status,
		kind: kindOf(rule),
		description,
		tags,
		falsepositives,
		dedup: rule.dedup === "group" ? "group" : rule.dedup.map((field) => field.name),
		throttle: formatTimespan(rule.throttleMs),
		runbook,
		constructs: [...constructsOf(rule)].sort(),
		file: nameOf(file),
		line
	};
}
function kindOf(rule) {
	if (rule.kind === "correlation") return rule.correlation.type;
	return rule.kind === "detector" ? rule.detector.type : "detection";
}
function techniques(rule) {
	return rule.tags.filter((tag) => /^attack\.t\d/.test(tag)).map((tag) => tag.slice(7).toUpperCase());
}
function shorten(error) {
	return {
		...error,
		file: nameOf(error.file)
	};
}
/** The path as the user would write it. */
function nameOf(file) {
	const short = relative(process.cwd(), file);
	return short.startsWith("..") ? file : short;
}
function table(head, rows) {
	const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
	return [head, ...rows].map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
}
export { rulesCommand };
