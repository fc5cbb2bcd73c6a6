import { n as Option, t as Command } from "./commander-BVTyMRTV.js";
import { r as UsageError } from "./errors-C4nvsd9u.js";
import { a as tapFilter, i as socketOf, t as askTap } from "./socket-B1ZOfp3p.js";
import { t as configOption } from "./config-option-BOSW5Ys2.js";
import { n as positive } from "./status-CEztlLym.js";
// src/cli/tap.ts
function tapCommand(context) {
	return new Command("tap").description("Show enriched flows of a running worker as they pass, as in `flowferry tap 'action: reject, destinationPort: 22'`.").argument("[filter]", "which flows: a search as in a rule's detection, or searches with a condition as in a sink's filter").addOption(configOption(context.env)).addOption(new Option("--format <name>", "text for people, else a JSON object a line with the names of a schema").choices([
		"text",
		"otel",
		"ecs",
		"ocsf",
		"log-analytics",
		"seed"
	]).default("text")).option("--limit <n>", "end after so many flows", positive).action(async (filter, options) => tap(context, filter, options));
}
async function tap(context, filter, { config: file, format, limit }) {
	if (filter !== void 0) tapFilter(filter);
	const path = requireSocket((await context.loadConfig(file)).ledgerPath);
	let shown = 0;
	const end = new AbortController();
	const signal = AbortSignal.any([context.signal, end.signal]);
	for await (const told of askTap(path, {
		filter,
		format
	}, signal)) {
		if ("dropped" in told) context.stderr.write(`… ${told.dropped} flows are not shown: they pass faster than they can be shown\n`);
		else {
			context.print(told.line);
			shown += 1;
		}
		if (shown === limit) break;
	}
	end.abort();
}
/** Throws UsageError where a worker of that ledger has no socket. */
function requireSocket(ledgerPath) {
	const path = socketOf(ledgerPath);
	if (path !== void 0) return path;
	throw new UsageError("no-socket", `a worker whose ledger is ${ledgerPath} has no socket to ask: it needs a ledger in a file, and a shorter path`);
}
export { tapCommand as n, requireSocket as t };
