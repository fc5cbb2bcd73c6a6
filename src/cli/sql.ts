import { Command } from "commander";
import { ALWAYS } from "../archive/layout.ts";
import { type AskingFlags, answerQuestion, withAsking } from "./asking.ts";
import type { CliContext, ExitCode } from "./context.ts";

const MOST_ROWS = 1_000;

export function sqlCommand(context: CliContext, finish: (code: ExitCode) => void): Command {
  return withAsking(new Command("sql"), context)
    .description("Ask the archive in SQL (DuckDB): the view `flows` has `time` and a column for each attribute of schema otel.")
    .argument("<query>", "one SELECT")
    .action(async (query: string, flags: AskingFlags) => {
      finish(await answerQuestion(context, flags, { sql: query, fields: [], window: ALWAYS, rows: flags.limit ?? MOST_ROWS }));
    });
}
