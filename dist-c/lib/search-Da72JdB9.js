import { t as Command } from "./commander-BVTyMRTV.js";
import { a as literal, o as otelAttributes } from "./conditions-BjL6rk-5.js";
import { a as fieldsOfSearch, i as duckdbDialect, n as loadSearches, t as isNative } from "./load-DtnZJGzx.js";
import { t as asset } from "./assets-DQb4Ncv_.js";
import { r as UsageError } from "./errors-C4nvsd9u.js";
import { t as nearest } from "./nearest-DcR-nB4_.js";
import { n as tableLines } from "./table-BJEM8ejK.js";
import { i as withAsking, t as answerQuestion } from "./asking-BjedELR0.js";
// src/query/search.ts
/** The ready searches, in the order of their names, but for those that only one backend can say. */
function readySearches() {
	return loadSearches(asset("deploy/searches")).searches.filter((search) => !isNative(search));
}
/** The search of that name. `host`: only flows of that address, or of the server of that name. Throws UsageError. */
function readySearch(name, { host, limit }) {
	const all = readySearches();
	const search = all.find(({ id }) => id === name);
	if (search === void 0) {
		const meant = nearest(name, all.map(({ id }) => id));
		const advice = meant === void 0 ? "flowferry search lists them" : `did you mean ${meant}?`;
		throw new UsageError("search-unknown", `there is no search ${name}: ${advice}`);
	}
	const asked = limit === void 0 ? search : {
		...search,
		limit
	};
	const printed = duckdbDialect(otelAttributes()).search(asked);
	if ("refused" in printed) throw new UsageError("search-unknown", `${name} cannot be asked here: ${printed.reason}`);
	return {
		search,
		sql: (host === void 0 ? "" : `WITH flows AS (SELECT * FROM flows WHERE ${literal(host)} IN (${[
			"source.address",
			"destination.address",
			"flow.source.server",
			"flow.destination.server"
		].map((end) => `"${end}"`).join(", ")}))\n`) + printed.query,
		fields: [...fieldsOfSearch(search).values()]
	};
}
// src/cli/search.ts
const MOST_ROWS = 1e3;
function searchCommand(context, finish) {
	return withAsking(new Command("search"), context).description("Ask the archive one of the ready searches; without a name, list them.").argument("[name]", "the search").option("--host <host>", "only flows from or to this address, or the server of this name").action(async (name, flags) => {
		if (name === void 0) {
			const rows = readySearches().map(({ id, title }) => [id, title]);
			context.stdout.write(`${tableLines(["search", "asks"], rows).join("\n")}\n`);
			return;
		}
		const { search, sql, fields } = readySearch(name, flags);
		const window = {
			since: Date.now() - search.periodMs,
			until: Number.POSITIVE_INFINITY
		};
		finish(await answerQuestion(context, flags, {
			sql,
			fields,
			window,
			rows: flags.limit ?? MOST_ROWS
		}));
	});
}
export { searchCommand };
