import { t as Command } from "./commander-BVTyMRTV.js";
import { t as require_dist } from "./dist-DdlZeFD1.js";
import { t as BUILTIN_RULES } from "./alerts-C9DWfFjC.js";
import { r as withUnits } from "./units-BUoksYxF.js";
import { t as enrichOptions } from "./options-DZnnz8zB.js";
import { t as MARKS } from "./mark-COnWLKoh.js";
import { r as isSecretName } from "./of-url-LZfHtLOe.js";
import { t as configOption } from "./config-option-BOSW5Ys2.js";
// src/lib/secrets/masked.ts
var import_dist = require_dist();
const MASK = "***";
/** The value with `***` in place of each that the schema marks as a secret, or that is called like one where the schema leaves that open. */
function masked(schema, value) {
	return copyOf(schema, value, "");
}
function copyOf(schema, value, name) {
	if (value === void 0 || value === null) return value;
	const mark = MARKS.get(schema)?.secret;
	if (mark === "value") return MASK;
	if (mark === "path") return URL.canParse(String(value)) ? `${new URL(String(value)).origin}/${MASK}` : MASK;
	if (mark === "headers") return isBlock(value) ? mapped(value, () => MASK) : MASK;
	const { def } = schema._zod;
	switch (def.type) {
		case "optional":
		case "nonoptional":
		case "nullable":
		case "default":
		case "prefault":
		case "readonly":
		case "catch": return copyOf(def.innerType, value, name);
		case "pipe": return copyOf(def.in, value, name);
		case "union": return def.options.reduce((copy, option) => copyOf(option, copy, name), value);
		case "array": return Array.isArray(value) ? value.map((element) => copyOf(def.element, element, name)) : value;
		case "record": return isBlock(value) ? mapped(value, (member, key) => copyOf(def.valueType, member, key)) : value;
		case "object": return isBlock(value) ? mapped(value, (member, key) => ofKey(def.shape[key], member, key)) : value;
		case "unknown":
		case "any": return byName(value, name);
		default: return value;
	}
}
/** Of a key that the schema does not know, another variant of a union does, or nobody. */
function ofKey(schema, value, key) {
	return schema === void 0 ? value : copyOf(schema, value, key);
}
function byName(value, name) {
	if (isBlock(value)) return mapped(value, (member, key) => byName(member, isSecretName(name) ? name : key));
	if (Array.isArray(value)) return value.map((element) => byName(element, name));
	return isSecretName(name) || /^headers$/i.test(name) ? MASK : value;
}
function mapped(block, change) {
	return Object.fromEntries(Object.entries(block).map(([key, value]) => [key, change(value, key)]));
}
function isBlock(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
// src/cli/config.ts
function configCommand(context) {
	const show = new Command("show").description("Show the configuration as the program reads it: with every default, absolute paths, and *** for secrets.").addOption(configOption(context.env)).option("--json", "as JSON", false).action(async ({ config: file, json }) => {
		const shown = withUnits(shownOf(await context.loadConfig(file)));
		if (json) context.print(JSON.stringify(shown));
		else context.stdout.write(`# ${file}\n${(0, import_dist.stringify)(shown)}`);
	});
	return new Command("config").description("Show what a configuration comes to.").addCommand(show);
}
/** As a configuration file would have it. */
function shownOf(config) {
	const { sources, sinks, alerts, limits, run, telemetry, ledgerPath, enrich, registry } = config;
	const tables = enrichOptions(registry.networks);
	return {
		sources: sources.map(({ name, component: { type, options: schema }, options, format, filter, enrich: own }) => {
			return {
				type,
				name,
				...masked(schema, options),
				format,
				filter,
				...own === enrich ? {} : { enrich: masked(tables, own) }
			};
		}),
		enrich: masked(tables, enrich),
		sinks: sinks.map(({ name, component: { type, options: schema }, options, filterBlock: filter }) => {
			return {
				type,
				name,
				...masked(schema, options),
				...filter === void 0 ? {} : { filter }
			};
		}),
		...alerts === void 0 ? {} : { alerts: alertsOf(alerts) },
		ledger: { path: ledgerPath },
		limits,
		run,
		telemetry
	};
}
function alertsOf({ notifiers, rules = [BUILTIN_RULES], ...own }) {
	const names = new Set(notifiers.map(({ key }) => key));
	const rest = Object.fromEntries(Object.entries(own).filter(([key]) => !names.has(key)));
	const told = notifiers.map(({ key, kind, options }) => [key, masked(kind.options, options)]);
	return {
		rules,
		...rest,
		...Object.fromEntries(told)
	};
}
export { configCommand };
