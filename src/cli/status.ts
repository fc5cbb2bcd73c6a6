import { Command } from "commander";
import { bookJson, bookLine } from "../alerts/books.ts";
import { ARCHIVE } from "../archive/name.ts";
import type { Config } from "../config/load.ts";
import type { DeadLetterFilter, Ledger, SinkStatus, SourceStatus, StoredDeadLetter } from "../contracts/ledger.ts";
import { inspectShared } from "../coordination/inspect.ts";
import type { CoordinationOptions } from "../coordination/options.ts";
import { inspectLedger } from "../ledger/sqlite.ts";
import { UsageError } from "../lib/errors.ts";
import { configOption } from "./config-option.ts";
import type { CliContext } from "./context.ts";
import { heldBackWords } from "./held-back.ts";

interface StatusOptions {
  readonly config: string;
  readonly deadLetters: boolean;
  readonly sink?: string;
  readonly source?: string;
  readonly code?: string;
  readonly limit: number;
  readonly json: boolean;
}

export function statusCommand(context: CliContext): Command {
  return new Command("status")
    .description(
      "Show how far each sink is, what was set aside, and what the logs say is missing. Works beside a running worker.",
    )
    .addOption(configOption(context.env))
    .option("--dead-letters", "list what was set aside: key, records, code, reason", false)
    .option("--sink <name>", "only dead letters of this sink; `none` for records that could not be decoded")
    .option("--source <name>", "only dead letters of this source")
    .option("--code <code>", "only dead letters with this code")
    .option("--limit <n>", "most dead letters to list", positive, 1000)
    .option("--json", "JSON: one object, or one line for each dead letter", false)
    .action(async (options: StatusOptions) => {
      const config = await context.loadConfig(options.config);
      if (config.coordination !== undefined) return await showShared(context, config, config.coordination, options);
      if (config.ledgerPath === ":memory:")
        throw new UsageError("ledger-memory", "ledger.path is :memory: and leaves no status behind");
      const ledger = inspectLedger(config.ledgerPath);
      try {
        if (options.deadLetters) listDeadLetters(context, ledger, options);
        else showStatus(context, ledger, options.json, (sink) => isBehind(config, sink, Date.now()));
      } finally {
        ledger.close();
      }
    });
}

/** Where several workers share the work, the brokers know. */
async function showShared(
  { print, signal }: CliContext,
  { alerts, baseDir, secrets }: Config,
  coordination: CoordinationOptions,
  { deadLetters: letters, json, limit, ...filter }: StatusOptions,
): Promise<void> {
  const { sink, source, code } = letterFilter(filter);
  const shared = await inspectShared(coordination, { baseDir, secrets }, { letters, rules: alerts !== undefined, signal });
  if (!letters) {
    const { group, topics } = shared;
    if (json) return print(JSON.stringify({ group, topics }));
    print(`group ${group} at ${coordination.brokers.join(", ")}`);
    for (const { topic, role, waiting, behind, partitions } of topics)
      print(
        role === "ship"
          ? `${topic}: ${waiting} objects wait or are on their way, in ${behind} of ${partitions} partitions`
          : `${topic}: ${waiting} messages of flows wait for the rules, or for these to be saved`,
      );
    return;
  }
  const wanted = (shared.deadLetters as StoredDeadLetter[]).filter(
    (letter) =>
      (sink === undefined || (letter.sink ?? null) === sink) &&
      (source === undefined || letter.source === source) &&
      (code === undefined || letter.code === code),
  );
  for (const letter of wanted.slice(0, limit))
    print(
      json
        ? JSON.stringify({ ...letter, at: new Date(letter.at).toISOString() })
        : letterLine(letter, ({ source: of, key }) => `${of}  ${key}`),
    );
  if (json) return;
  const { strangers } = shared;
  if (strangers > 0)
    print(`passed over ${strangers} messages of ${coordination.topics.deadLetters} that are none of flowferry's`);
  if (wanted.length === 0) print("no dead letters");
  else if (wanted.length > limit) print(`… more: raise --limit (now ${limit})`);
}

export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new UsageError("bad-number", `"${text}" is not a whole number above 0`);
  return value;
}

export function letterFilter({
  sink,
  source,
  code,
}: Partial<Record<"sink" | "source" | "code", string | undefined>>): DeadLetterFilter {
  return { sink: sink === "none" ? null : sink, source, code };
}

/** A parked object as a pointer: what a sink lacks of it. */
type Listed = StoredDeadLetter | (Omit<StoredDeadLetter, "id"> & { parked: true; attempts: number; nextAt: string });

function listDeadLetters({ print }: CliContext, ledger: Ledger, options: StatusOptions): void {
  const filter = letterFilter(options);
  const most = options.limit + 1;
  const found: Listed[] = [...ledger.deadLetters(filter, most), ...parkedLetters(ledger, filter, most)];
  const placeOf = placesIn(ledger);
  for (const letter of found.slice(0, options.limit))
    print(options.json ? JSON.stringify({ ...letter, at: new Date(letter.at).toISOString() }) : letterLine(letter, placeOf));
  if (options.json) return;
  if (found.length === 0) print("no dead letters");
  else if (found.length > options.limit) print(`… more: raise --limit (now ${options.limit})`);
}

function parkedLetters(ledger: Ledger, { sink, source, code }: DeadLetterFilter, limit: number): Listed[] {
  if (sink === null) return [];
  return ledger
    .parkedFor(sink, limit)
    .filter(({ object, code: why }) => (code ?? why) === why && (source ?? object.source) === object.source)
    .map(({ sink: name, position, object, attempts, since, nextAt, code: why, reason }) => ({
      sink: name,
      source: object.source,
      key: object.key,
      etag: object.etag,
      from: position + 1,
      to: object.records,
      count: object.records === undefined ? 1 : object.records - position,
      code: why,
      reason,
      at: since,
      parked: true,
      attempts,
      nextAt: new Date(nextAt).toISOString(),
    }));
}

/** The key of an object, behind its source where the ledger knows several. */
function placesIn(ledger: Ledger): (object: { source: string; key: string }) => string {
  const several = ledger.status().sources.length > 1;
  return ({ source, key }) => (several ? `${source}  ${key}` : key);
}

function letterLine(letter: Listed, placeOf: (letter: Listed) => string): string {
  const { sink, from, to, count, code, reason } = letter;
  const records =
    to === undefined ? `from record ${from} on` : from === to ? `record ${from}` : `records ${from} to ${to} (${count})`;
  const again = "parked" in letter ? `parked, attempt ${letter.attempts} failed, the next is due ${letter.nextAt}; ` : "";
  return `${sink ?? "undecodable"}  ${placeOf(letter)}  ${records}  ${again}${code}: ${reason}`;
}

/** The archive has had something to keep, and kept nothing, for twice as long as its files may be open. */
function isBehind(
  { archive }: Config,
  { name, oldestPending = Number.POSITIVE_INFINITY, lastDelivery = 0 }: SinkStatus,
  now: number,
) {
  if (archive === undefined || archive.format === "json" || name !== ARCHIVE) return false;
  return Math.max(oldestPending, lastDelivery) < now - 2 * archive.rollMs;
}

function showStatus({ print }: CliContext, ledger: Ledger, json: boolean, behind: (sink: SinkStatus) => boolean): void {
  const { sources, sinks, quality, objects, partitions, parked, problems, owner } = ledger.status();
  const books = ledger.alerts.books();
  const undecodable = ledger.countDeadLetters({ sink: null });
  if (json) {
    const dated = problems.map(({ since, ...problem }) => ({ ...problem, since: new Date(since).toISOString() }));
    const bucket = { owner: owner ?? null, partitions, objects, parked, undecodable };
    print(
      JSON.stringify({
        ...bucket,
        sources,
        sinks: sinks.map((sink) => ({ ...toJson(sink), ...(behind(sink) ? { behind: true } : {}) })),
        alerts: books.map(bookJson),
        problems: dated,
        quality,
      }),
    );
    return;
  }
  print(owner === undefined ? "no worker is running" : `worker: ${owner}`);
  for (const { part, reason, since } of problems) print(`not ready: ${part} since ${new Date(since).toISOString()}: ${reason}`);
  for (const source of sources) print(sourceLine(source, sources.length === 1));
  const placeOf = placesIn(ledger);
  for (const { object, attempts, nextAt, code, reason } of ledger.parked(PARKED_SHOWN)) {
    print(
      `parked: ${placeOf(object)}: ${attempts} attempts, the next is due ${new Date(nextAt).toISOString()}: ${code}: ${reason}`,
    );
  }
  if (parked > PARKED_SHOWN) print(`… and ${parked - PARKED_SHOWN} more (see --dead-letters)`);
  const found = sources.some((source) => source.partitions > 0 || source.objects > 0);
  for (const sink of sinks) {
    print(`${sinkLine(sink, found)}${behind(sink) ? "; behind: it has kept nothing for longer than twice archive.roll" : ""}`);
  }
  for (const book of books) print(bookLine(book));
  print(`undecodable records: ${undecodable}${undecodable > 0 ? " (see --dead-letters --sink none)" : ""}`);
  for (const { source, kind, count, lastKey, lastMessage } of quality)
    print(`${kind}: ${count}, last ${placeOf({ source, key: lastKey })}: ${lastMessage}`);
}

const PARKED_SHOWN = 10;

function sourceLine(
  { name, store, configured, partitions, objects, pendingObjects, parked, deadLettered }: SourceStatus,
  isOnly: boolean,
) {
  const what = isOnly ? "bucket" : `source ${name}`;
  if (!configured) {
    const kept = `${pendingObjects} objects that wait and ${deadLettered} records set aside are kept`;
    return `${what}: ${store} is not in the configuration: ${kept}`;
  }
  return `${what}: ${partitions} partitions tailed, ${objects} objects remembered, ${parked} parked`;
}

/** `found`: whether any object was ever listed. */
function sinkLine(sink: SinkStatus, found: boolean): string {
  const { name, pendingObjects, oldestPending, offered, delivered, rejected, setAside, lastDelivery } = sink;
  const age = oldestPending === undefined ? "" : `, the oldest stored ${new Date(oldestPending).toISOString()}`;
  const last =
    lastDelivery === undefined ? "has never taken a record" : `last took records ${new Date(lastDelivery).toISOString()}`;
  const unlisted = !found && offered === 0;
  const lacking = "nothing waits, but not all was delivered (see --dead-letters)";
  const end = unlisted ? "no object was ever found" : rejected + setAside === 0 ? "caught up" : lacking;
  const waiting = pendingObjects === 0 ? end : `${pendingObjects} objects wait${age}`;
  return `${name}: ${waiting}; ${delivered} delivered, ${rejected} rejected, ${setAside} set aside${heldBackWords(sink)}; ${last}`;
}

function toJson({ lastDelivery, oldestPending, setAside, ...rest }: SinkStatus) {
  const iso = (time: number | undefined) => (time === undefined ? null : new Date(time).toISOString());
  return { ...rest, deadLettered: setAside, lastDelivery: iso(lastDelivery), oldestPending: iso(oldestPending) };
}
