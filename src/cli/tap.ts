import { Command, Option } from "commander";
import { UsageError } from "../lib/errors.ts";
import { askTap, socketOf } from "../live/socket.ts";
import { tapFilter } from "../live/tap-filter.ts";
import { configOption } from "./config-option.ts";
import type { CliContext } from "./context.ts";
import { positive } from "./status.ts";

interface TapOptions {
  readonly config: string;
  readonly format: string;
  readonly limit?: number;
}

export function tapCommand(context: CliContext): Command {
  return new Command("tap")
    .description(
      "Show enriched flows of a running worker as they pass, as in `flowferry tap 'action: reject, destinationPort: 22'`.",
    )
    .argument("[filter]", "which flows: a search as in a rule's detection, or searches with a condition as in a sink's filter")
    .addOption(configOption(context.env))
    .addOption(
      new Option("--format <name>", "text for people, else a JSON object a line with the names of a schema")
        .choices(["text", "otel", "ecs", "ocsf", "log-analytics", "seed"])
        .default("text"),
    )
    .option("--limit <n>", "end after so many flows", positive)
    .action(async (filter: string | undefined, options: TapOptions) => tap(context, filter, options));
}

async function tap(context: CliContext, filter: string | undefined, { config: file, format, limit }: TapOptions): Promise<void> {
  if (filter !== undefined) tapFilter(filter);
  const path = requireSocket((await context.loadConfig(file)).ledgerPath);
  let shown = 0;
  const end = new AbortController();
  const signal = AbortSignal.any([context.signal, end.signal]);
  for await (const told of askTap(path, { filter, format }, signal)) {
    if ("dropped" in told)
      context.stderr.write(`… ${told.dropped} flows are not shown: they pass faster than they can be shown\n`);
    else {
      context.print(told.line);
      shown += 1;
    }
    if (shown === limit) break;
  }
  end.abort();
}

/** Throws UsageError where a worker of that ledger has no socket. */
export function requireSocket(ledgerPath: string): string {
  const path = socketOf(ledgerPath);
  if (path !== undefined) return path;
  throw new UsageError(
    "no-socket",
    `a worker whose ledger is ${ledgerPath} has no socket to ask: it needs a ledger in a file, and a shorter path`,
  );
}
