import { C as strictObject, f as array, g as int, u as _enum, w as string } from "./schemas-Dm7Z0tOD.js";
import { t as networkBlocks } from "./cloud-BNmoBvLs.js";
import { n as kindOf, t as TABLE_NAMES } from "./kinds-DoZuX4CL.js";
import { resolve } from "node:path";
// src/enrich/rules/options.ts
/** The part of the `enrich` block that says how much a flow gets of the rules. */
const detailOptions = strictObject({ securityLists: _enum([
	"none",
	"matched",
	"full"
]).default("matched").describe("How much of the rules a flow gets, where oci or ibm describes the network: none; matched: the rule that governs it, and the security lists cut down to the rules that cover it; full: that rule, and all security lists of its subnet") });
// src/enrich/tables/options.ts
const path$1 = string().min(1);
const one = path$1.optional();
const several = array(path$1).min(1).optional();
const files = Object.fromEntries(TABLE_NAMES.map((name) => {
	const { files, about } = kindOf(name);
	return [name, files === "one" ? one.describe(about) : several.describe(about)];
}));
/** The `enrich` block of a configuration. Relative paths start from the configuration file's folder; the loader resolves them. */
const lookupOptions = strictObject({
	...files,
	lastGood: path$1.optional().describe("Folder that keeps what was last good of each file, for a start with one that is broken or gone; <ledger>.tables beside the ledger without other word, and none for a ledger in memory"),
	refreshMs: int().min(100).max(6e4).default(1e3).describe("Pause between two looks at the files, in ms; a changed file is taken over when it has rested for a few seconds")
});
// src/enrich/options.ts
const ownOptions = lookupOptions.extend(detailOptions.shape);
/** The `enrich` block of a configuration: lookup tables, and a block for each cloud of what is known of its networks. */
function enrichOptions(networks) {
	const blocks = networks.map(({ name, options }) => [name, options.optional().describe(options.description ?? "")]);
	return ownOptions.extend(Object.fromEntries(blocks));
}
/**
* The options with absolute paths: relative ones start from `baseDir`, the configuration file's folder. Without other word the answers
* of a cloud's API and the last good tables are kept beside the ledger, and nowhere for a ledger in memory.
*/
function resolveEnrichPaths(options, networks, baseDir, ledgerPath) {
	const at = (path) => resolve(baseDir, path);
	const files = TABLE_NAMES.map((table) => {
		const named = options[table];
		return [table, typeof named === "string" ? at(named) : named?.map(at)];
	});
	const beside = (name) => ledgerPath === ":memory:" ? void 0 : `${ledgerPath}.${name}`;
	const blocks = networkBlocks(networks, options).map((block) => [block.network.name, block.network.resolve(block.options, at, beside)]);
	return {
		...options,
		...Object.fromEntries(files),
		lastGood: options.lastGood === void 0 ? beside("tables") : at(options.lastGood),
		...Object.fromEntries(blocks)
	};
}
export { resolveEnrichPaths as n, lookupOptions as r, enrichOptions as t };
