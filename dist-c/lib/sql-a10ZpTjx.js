import { t as Command } from "./commander-BVTyMRTV.js";
import { r as ALWAYS } from "./uploads-B8o7Nm1B.js";
import { i as withAsking, t as answerQuestion } from "./asking-BjedELR0.js";
// src/cli/sql.ts
const MOST_ROWS = 1e3;
function sqlCommand(context, finish) {
	return withAsking(new Command("sql"), context).description("Ask the archive in SQL (DuckDB): the view `flows` has `time` and a column for each attribute of schema otel.").argument("<query>", "one SELECT").action(async (query, flags) => {
		finish(await answerQuestion(context, flags, {
			sql: query,
			fields: [],
			window: ALWAYS,
			rows: flags.limit ?? MOST_ROWS
		}));
	});
}
export { sqlCommand };
