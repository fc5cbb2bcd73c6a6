import { C as strictObject, D as unknown, E as union, S as record, f as array, u as _enum, w as string } from "./schemas-Dm7Z0tOD.js";
import { t as LEVELS } from "./rule-CpZY5c43.js";
import { t as durationText } from "./durations-Bd18bo2u.js";
// src/config/alerts.ts
function isTimeZone(name) {
	try {
		return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
	} catch {
		return false;
	}
}
/** What a link may ask for, in braces. */
const PLACEHOLDERS = [
	"source",
	"destination",
	"port",
	"uid",
	"object",
	"rule",
	"from",
	"to",
	"fromMs",
	"toMs"
];
/** In `alerts.rules`: the rules that ship with the program. */
const BUILTIN_RULES = "builtin";
const ownOptions = strictObject({
	rules: union([string().min(1), array(string().min(1)).min(1)]).optional().describe("Folders and files of detection rules; `builtin` stands for those that ship with the program, which are the default. As in [builtin, ./my-rules]"),
	tune: record(string(), record(string(), unknown())).default({}).describe("Thresholds, times and levels of rules, by name: level, throttle, dedup, of correlations gte and timespan, of detectors their options. As in {brute_force: {gte: 50, throttle: 6h, level: high}}"),
	except: array(union([string().min(1), strictObject({
		title: string().min(1).optional().describe("Why, for whoever reads it later"),
		rules: array(string().min(1)).min(1).optional().describe("Names of rules; without it every rule"),
		when: record(string(), unknown()).refine((when) => Object.keys(when).length > 0, "names no field").describe("Fields of a flow with their values, as in a rule's `detection`: {sourceServer: backup-1, destinationAddress|cidr: 192.0.2.0/24}")
	})])).default([]).describe("What rules leave alone: selections, or files of Sigma filters"),
	disabled: array(string().min(1)).default([]).describe("Names of rules that are switched off: they mark no flow and tell nobody. A correlation that looks at a rule that is switched off still does; to switch off the correlation too, name it"),
	minLevel: _enum(LEVELS).default("medium").describe("Least level of a rule that tells somebody; rules below it still mark flows"),
	lateness: durationText().default("1h").describe("Flows older than this tell nobody: a replay or a backfill is not news"),
	timeZone: string().refine(isTimeZone, "expected a name of the IANA database, as in Europe/Berlin").default("UTC").describe("Time zone of the times in messages, by the IANA database, as in Europe/Berlin"),
	links: array(strictObject({
		title: string().min(1).describe("What the link is called"),
		url: string().regex(/^https?:\/\//, "expected a URL that begins with http:// or https://").superRefine((url, context) => {
			for (const [, name = ""] of url.matchAll(/\{(\w+)\}/g)) {
				if (PLACEHOLDERS.includes(name)) continue;
				const message = `there is no placeholder {${name}}: ${PLACEHOLDERS.map((known) => `{${known}}`).join(" ")}`;
				context.addIssue({
					code: "custom",
					message
				});
			}
		}).describe("URL with placeholders: {source} {destination} {port} {uid} {object} {rule} {from} {to} {fromMs} {toMs}")
	})).max(10).default([]).describe("Links into your backend, for each alert"),
	runbookUrl: string().regex(/^https?:\/\/.*\{runbook\}/, "expected a URL with the placeholder {runbook}, as in https://wiki.example/runbooks/{runbook}").optional().describe("URL of the runbook pages, with {runbook} for the name of the page, as in https://wiki.example/runbooks/{runbook}; without it messages name the file, as in deploy/runbooks/beacon.md")
});
/** The `alerts` block of a configuration, with a block for each kind of notifier. */
function alertOptions(notifiers) {
	const blocks = [...notifiers].map(([key, { options, summary }]) => [key, options.optional().describe(summary)]);
	return ownOptions.extend(Object.fromEntries(blocks));
}
/** The options of the block as `alertOptions` gives them, which are those of notifiers too. */
function alertOptionsOf(block, notifiers) {
	const blocks = { ...block };
	return {
		...block,
		notifiers: [...notifiers].flatMap(([key, kind]) => blocks[key] === void 0 ? [] : [{
			key,
			kind,
			options: blocks[key]
		}])
	};
}
export { alertOptions as n, alertOptionsOf as r, BUILTIN_RULES as t };
