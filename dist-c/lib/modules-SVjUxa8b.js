import { a as describeError, r as UsageError } from "./errors-C4nvsd9u.js";
import { o as importFrom } from "./registry-BmxmoegP.js";
// src/config/modules.ts
/** How a configuration names a module: `npm:` and a package, or a path that begins with `./`, `../` or `/`. */
const MODULE = "^(npm:.|\\.{0,2}/)";
/** Whether a word of a configuration names a module. */
function isModule(word) {
	return typeof word === "string" && (/* @__PURE__ */ new RegExp("^(npm:.|\\.{0,2}/)")).test(word);
}
/**
* The registry with the parts of the modules that a configuration names, under the words by which it names them. Throws UsageError with the
* place in the file for a module that is not there, throws while it is loaded, or has no such part.
*/
async function withModules(yaml, registry, baseDir) {
	const references = referencesIn(yaml);
	if (references.length === 0) return registry;
	const extended = registry.copy();
	const known = /* @__PURE__ */ new Set();
	for (const { kinds, module, place } of references) {
		if (known.has(`${kinds[0]} ${module}`)) continue;
		known.add(`${kinds[0]} ${module}`);
		try {
			await register(extended, kinds, module, baseDir);
		} catch (error) {
			if (!(error instanceof UsageError)) throw error;
			throw new UsageError(error.code, `${place}: ${error.message}`, { cause: error });
		}
	}
	return extended;
}
/** Adds the module's part to the registry, under the word that names the module. */
async function register(registry, kinds, module, baseDir) {
	const exports = await importFrom(module.replace(/^npm:/, ""), baseDir, "part-module");
	const [first] = kinds;
	const kind = kinds.find((candidate) => exports[candidate] !== void 0) ?? first;
	if (kind === void 0) return;
	const part = exports[kind] ?? exports.default;
	if (part === void 0) {
		const names = Object.keys(exports).filter((name) => name !== "module.exports");
		throw new UsageError("part-module", `module ${module} exports no ${kinds.join(" or ")}, and nothing as its default; it exports ${names.join(", ") || "nothing"}`);
	}
	try {
		registry.register(kind, part, kind === "dialect" ? void 0 : module);
	} catch (error) {
		if (!(error instanceof UsageError)) throw error;
		throw new UsageError("part-module", `module ${module}: ${describeError(error)}`, { cause: error });
	}
}
function referencesIn(yaml) {
	const found = [];
	const see = (kinds, word, path, key) => {
		if (isModule(word)) found.push({
			kinds,
			module: word,
			place: yaml.at(path, key)
		});
	};
	const seeNetworks = (enrich, path) => {
		for (const key of Object.keys(blockOf(enrich))) see(["network"], key, path, key);
	};
	const seeSource = (source, path) => {
		const { type, layout } = blockOf(source);
		see(["source", "bucket"], type, [...path, "type"]);
		see(["layout"], layout, [...path, "layout"]);
	};
	const { source, sources, format, sinks, alerts, enrich } = blockOf(yaml.value);
	see(["format"], format, ["format"]);
	seeSource(source, ["source"]);
	for (const [index, one] of listOf(sources).entries()) {
		const path = ["sources", index];
		seeSource(one, path);
		see(["format"], blockOf(one).format, [...path, "format"]);
		seeNetworks(blockOf(one).enrich, [...path, "enrich"]);
	}
	for (const [index, sink] of listOf(sinks).entries()) see(["sink"], blockOf(sink).type, [
		"sinks",
		index,
		"type"
	]);
	for (const key of Object.keys(blockOf(alerts))) see(["notifier"], key, ["alerts"], key);
	seeNetworks(enrich, ["enrich"]);
	return found;
}
function listOf(value) {
	return Array.isArray(value) ? value : [];
}
function blockOf(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
export { register as n, withModules as r, MODULE as t };
