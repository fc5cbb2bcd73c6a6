import { Command } from "commander";
import { readySearch, readySearches } from "../query/search.ts";
import { tableLines } from "../reports/table.ts";
import { type AskingFlags, answerQuestion, withAsking } from "./asking.ts";
import type { CliContext, ExitCode } from "./context.ts";

const MOST_ROWS = 1_000;

export function searchCommand(context: CliContext, finish: (code: ExitCode) => void): Command {
  return withAsking(new Command("search"), context)
    .description("Ask the archive one of the ready searches; without a name, list them.")
    .argument("[name]", "the search")
    .option("--host <host>", "only flows from or to this address, or the server of this name")
    .action(async (name: string | undefined, flags: AskingFlags & { host?: string }) => {
      if (name === undefined) {
        const rows = readySearches().map(({ id, title }) => [id, title]);
        context.stdout.write(`${tableLines(["search", "asks"], rows).join("\n")}\n`);
        return;
      }
      const { search, sql, fields, drawn } = readySearch(name, flags);
      const window = { since: Date.now() - search.periodMs, until: Number.POSITIVE_INFINITY };
      finish(
        await answerQuestion(context, flags, { sql, fields, window, drawn, host: flags.host, rows: flags.limit ?? MOST_ROWS }),
      );
    });
}
