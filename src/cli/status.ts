import { Command } from "commander";
import type { DeadLetterFilter, Ledger, SinkStatus, StoredDeadLetter } from "../contracts.ts";
import { UsageError } from "../errors.ts";
import { inspectLedger } from "../ledger/sqlite.ts";
import type { CliContext } from "./context.ts";

interface StatusOptions {
  readonly config: string;
  readonly deadLetters: boolean;
  readonly sink?: string;
  readonly code?: string;
  readonly limit: number;
  readonly json: boolean;
}

export function statusCommand(context: CliContext): Command {
  return new Command("status")
    .description(
      "Show how far each sink is, what was set aside, and what the logs say is missing. Works beside a running worker.",
    )
    .requiredOption("-c, --config <file>", "configuration file (YAML)")
    .option("--dead-letters", "list what was set aside: key, records, code, reason", false)
    .option("--sink <name>", "only dead letters of this sink; `none` for records that could not be decoded")
    .option("--code <code>", "only dead letters with this code")
    .option("--limit <n>", "most dead letters to list", positive, 1000)
    .option("--json", "JSON: one object, or one line for each dead letter", false)
    .action(async (options: StatusOptions) => {
      const config = await context.loadConfig(options.config);
      if (config.ledgerPath === ":memory:")
        throw new UsageError("ledger-memory", "ledger.path is :memory: and leaves no status behind");
      const ledger = inspectLedger(config.ledgerPath);
      try {
        if (options.deadLetters) listDeadLetters(context, ledger, options);
        else showStatus(context, ledger, options.json);
      } finally {
        ledger.close();
      }
    });
}

export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new UsageError("bad-number", `"${text}" is not a whole number above 0`);
  return value;
}

export function letterFilter({ sink, code }: { sink?: string | undefined; code?: string | undefined }): DeadLetterFilter {
  return { sink: sink === "none" ? null : sink, code };
}

function listDeadLetters({ print }: CliContext, ledger: Ledger, options: StatusOptions): void {
  const filter = letterFilter(options);
  const letters = ledger.deadLetters(filter, options.limit);
  for (const letter of letters)
    print(options.json ? JSON.stringify({ ...letter, at: new Date(letter.at).toISOString() }) : letterLine(letter));
  const more = ledger.deadLetters(filter, options.limit + 1).length > letters.length;
  if (options.json) return;
  if (letters.length === 0) print("no dead letters");
  else if (more) print(`… more: raise --limit (now ${options.limit})`);
}

function letterLine({ sink, key, from, to, count, code, reason }: StoredDeadLetter): string {
  const records =
    to === undefined ? `from record ${from} on` : from === to ? `record ${from}` : `records ${from} to ${to} (${count})`;
  return `${sink ?? "undecodable"}  ${key}  ${records}  ${code}: ${reason}`;
}

function showStatus({ print }: CliContext, ledger: Ledger, json: boolean): void {
  const { sinks, quality, objects, partitions, owner } = ledger.status();
  const undecodable = ledger.countDeadLetters({ sink: null });
  if (json) {
    print(JSON.stringify({ owner: owner ?? null, partitions, objects, undecodable, sinks: sinks.map(toJson), quality }));
    return;
  }
  print(owner === undefined ? "no worker is running" : `worker: ${owner}`);
  print(`bucket: ${partitions} partitions tailed, ${objects} objects remembered`);
  for (const sink of sinks) print(sinkLine(sink));
  print(`undecodable records: ${undecodable}${undecodable > 0 ? " (see --dead-letters --sink none)" : ""}`);
  for (const { kind, count, lastKey, lastMessage } of quality) print(`${kind}: ${count}, last ${lastKey}: ${lastMessage}`);
}

function sinkLine({ name, pendingObjects, oldestPending, delivered, rejected, deadLettered, lastCommit }: SinkStatus): string {
  const age = oldestPending === undefined ? "" : `, the oldest stored ${new Date(oldestPending).toISOString()}`;
  const last = lastCommit === undefined ? "never acknowledged" : `last acknowledged ${new Date(lastCommit).toISOString()}`;
  const waiting = pendingObjects === 0 ? "caught up" : `${pendingObjects} objects wait${age}`;
  return `${name}: ${waiting}; ${delivered} delivered, ${rejected} rejected, ${deadLettered} dead letters; ${last}`;
}

function toJson({ lastCommit, oldestPending, ...rest }: SinkStatus) {
  const iso = (time: number | undefined) => (time === undefined ? null : new Date(time).toISOString());
  return { ...rest, lastCommit: iso(lastCommit), oldestPending: iso(oldestPending) };
}
