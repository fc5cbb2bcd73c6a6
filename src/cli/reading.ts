import { realpathSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { type Command, Option } from "commander";
import { type Config, type NamedSource, readConfig } from "../config/load.ts";
import type { FoundObject, Source } from "../contracts/source.ts";
import { type Enrichment, openEnrichment } from "../enrich/enrichment.ts";
import { enrichInitiator } from "../enrich/initiator.ts";
import type { Flow } from "../flow/flow.ts";
import { originIn } from "../flow/origin.ts";
import { decoderFor } from "../formats/formats.ts";
import { NOTHING_SEEN } from "../ledger/nothing-seen.ts";
import { counted, times } from "../lib/counted.ts";
import { parseInstant } from "../lib/durations.ts";
import { describeError, drawerOf, UsageError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { retry } from "../lib/retry.ts";
import { Registry } from "../registry.ts";
import type { Surroundings } from "../reports/explain/rules.ts";
import { OWN_RECORDS } from "../reports/own-records.ts";
import { openSource } from "../run/prepare.ts";
import { type ArchiveQuestion, archiveOf, type BackwardQuestion, readArchive } from "./archived.ts";
import { USUAL, usualConfig } from "./config-option.ts";
import type { CliContext } from "./context.ts";
import { showProgress } from "./progress.ts";
import { noTotals, type ReadingOptions, type ReadingTotals, type Take } from "./reading-totals.ts";

/** Flows that a command answers from, read when it asks. */
export interface Reading {
  readonly config: Config;
  /** The window in words, as in `from 2026-01-01T00:00:00.000Z`; empty without one. */
  readonly window: string;
  /** In ms since the epoch, infinite where the window is open. */
  readonly from: number;
  readonly to: number;
  /** The tables and networks of the sources; several where sources have their own. */
  readonly enrichments: readonly Enrichment[];
  /**
   * Reads everything once; `take` gets the enriched flows of the window, those of one object in their order, those of several side by
   * side. From an archive it gets what the question tells apart, in no order. Memory does not grow with what is read. Throws a Failure for
   * a store that does not let it in, or does not answer.
   */
  read(take: Take, question: ArchiveQuestion | BackwardQuestion): Promise<ReadingTotals>;
  close(): Promise<void>;
}

/** A failure that passes is met so often before it is taken for an answer. */
const MOST_FAILURES = 6;

/**
 * Opens what `-c` and `--input` name: the sources of the configuration, or instead of these a folder or file of objects of a log, or of what an
 * `ndjson` sink or the enrichment script has written. Such records keep what they say of themselves; all others are enriched by the
 * configuration's tables. Throws UsageError.
 */
export async function openReading(options: ReadingOptions, context: CliContext): Promise<Reading> {
  const { input, since, until } = options;
  const file = options.config ?? (input === undefined ? usualConfig(context.env) : undefined);
  if (file === undefined && input === undefined) {
    throw new UsageError(
      "bad-option",
      `say what to read: -c FILE (its source; there is no ${USUAL} here), --input PATH, or both`,
    );
  }
  const given = file === undefined ? undefined : await context.loadConfig(file);
  const only = input === undefined ? undefined : fileOf(input);
  const config = input === undefined ? (given as Config) : await withInput(given, only ?? input, context);
  const archive = archiveOf(options, given);
  const now = Date.now();
  const { filter } = config.sources[0] as NamedSource;
  const bounds = { since: since ?? filter.since, until: until ?? filter.until };
  const from = bounds.since === undefined ? Number.NEGATIVE_INFINITY : parseInstant(bounds.since, now);
  const to = bounds.until === undefined ? Number.POSITIVE_INFINITY : parseInstant(bounds.until, now);
  if (from >= to) throw new UsageError("bad-filter", `since (${bounds.since}) is not before until (${bounds.until})`);
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  const tell = (line: string) => void context.stderr.write(`${config.secrets.scrub(line)}\n`);
  try {
    const opened: { named: NamedSource; source: Source; enrichment: Enrichment }[] = [];
    const enrichments = new Map<NamedSource["enrich"], Enrichment>();
    for (const each of config.sources) {
      const named = { ...each, filter: { ...each.filter, ...bounds } };
      const source = archive === undefined ? await openSource(config, named, context.env, () => {}) : undefined;
      if (source !== undefined) closers.push(() => source.close());
      let enrichment = enrichments.get(named.enrich);
      if (enrichment === undefined) {
        enrichment = await openEnrichment(
          { ...named.enrich, lastGood: undefined },
          {
            networks: config.registry.networks,
            baseDir: config.baseDir,
            env: context.env,
            secrets: config.secrets,
            onLookups: ({ ok, message }) => void (ok || tell(message)),
            onNetwork: ({ ok, message }) => void (ok || tell(message)),
          },
        );
        const opened = enrichment;
        closers.push(() => opened.close());
        enrichments.set(named.enrich, enrichment);
      }
      if (source !== undefined) opened.push({ named, source, enrichment });
    }
    const iso = (time: number) => new Date(time).toISOString();
    const window = [Number.isFinite(from) ? `from ${iso(from)}` : "", Number.isFinite(to) ? `before ${iso(to)}` : ""].filter(
      (part) => part !== "",
    );
    return {
      config,
      window: window.join(" "),
      from,
      to,
      enrichments: [...enrichments.values()],
      async read(take, question) {
        const totals = noTotals();
        if (archive !== undefined) {
          const window = { since: from, until: to };
          await readArchive(context, { place: archive, window, enrichments: [...enrichments.values()] }, question, take, totals);
          return totals;
        }
        const progress = await openProgress(context);
        const keep = (flows: readonly Flow[]): void => {
          const kept = flows.filter((flow) => {
            if (Number.isNaN(flow.time)) {
              totals.timeless++;
              return from === Number.NEGATIVE_INFINITY && to === Number.POSITIVE_INFINITY;
            }
            return flow.time >= from && flow.time < to;
          });
          for (const { time } of kept) {
            if (!(totals.earliest <= time)) totals.earliest = Number.isNaN(time) ? totals.earliest : time;
            if (!(totals.latest >= time)) totals.latest = Number.isNaN(time) ? totals.latest : time;
          }
          totals.flows += kept.length;
          progress.records(kept.length);
          for (const flow of kept) take(flow, 1, flow.time, flow.time);
        };
        try {
          for (const { named, source, enrichment } of opened) {
            const found = objectsOf(source, only && basename(only), progress, context.signal);
            await readObjects(config, named, source, found, enrichment, totals, progress, tell, keep, context.signal);
          }
        } finally {
          progress.stop();
        }
        return totals;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where an input is a file, which one; whoever opens a folder says what is wrong with it. */
function fileOf(input: string): string | undefined {
  try {
    return statSync(input).isFile() ? realpathSync(input) : undefined;
  } catch {
    return undefined;
  }
}

/** The configuration with a folder, or a file, in place of its sources; without one, with the tables that ship with the program. */
async function withInput(given: Config | undefined, input: string, { env, secrets }: CliContext): Promise<Config> {
  const file = fileOf(input);
  const place = file === undefined ? { path: resolve(input) } : { path: dirname(file), prefix: basename(file), ignore: [] };
  const value = {
    source: { type: "directory", ...place, layout: "flat" },
    sinks: [{ type: "ndjson", path: "-" }],
    ledger: { path: ":memory:" },
  };
  const plain = await readConfig({ file: "--input", value }, { registry: new Registry(), env, baseDir: process.cwd(), secrets });
  if (given === undefined) return plain;
  const sources = plain.sources.map((source) => ({
    ...source,
    enrich: given.sources[0]?.enrich ?? given.enrich,
    filter: { ...source.filter, since: given.sources[0]?.filter.since, until: given.sources[0]?.filter.until },
  }));
  return { ...given, sources, ledgerPath: ":memory:" };
}

interface Progress {
  found(bytes: number): void;
  done(bytes: number): void;
  records(count: number): void;
  stop(): void;
}

async function openProgress({ stderr }: CliContext): Promise<Progress> {
  const bar = await showProgress(stderr, true);
  const totals = { discovered: 0, discoveredBytes: 0, objects: 0, readBytes: 0, records: 0 };
  return {
    found(bytes) {
      totals.discovered++;
      totals.discoveredBytes += bytes;
    },
    done(bytes) {
      totals.objects++;
      totals.readBytes += bytes;
      bar.update(totals);
    },
    records(count) {
      totals.records += count;
      bar.update(totals);
    },
    stop: () => bar.stop(),
  };
}

async function readObjects(
  config: Config,
  named: NamedSource,
  source: Source,
  found: AsyncGenerator<FoundObject>,
  enrichment: Enrichment,
  totals: ReadingTotals,
  progress: Progress,
  tell: (line: string) => void,
  keep: (flows: readonly Flow[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const decode = decoderFor([...OWN_RECORDS, ...config.registry.formats], named.format);
  const { maxObjectBytes: maxBytes, maxRecordBytes } = config.limits;
  const fault = (key: string, reason: string) => {
    totals.firstFault ??= `${key}: ${reason}`;
  };

  const readObject = async (object: FoundObject): Promise<void> => {
    const origin = originIn(source, object);
    let through = 0;
    let failures = 0;
    try {
      await retry(
        async () => {
          const bytes = await source.open(object, signal, through);
          const reading = { skip: through, leftOut: bytes.leftOut, framed: bytes.framed, maxBytes, maxRecordBytes };
          for await (const piece of decode(bytes, origin, reading)) {
            const raw = piece.flows.filter(({ direction }) => direction === "unknown");
            if (raw.length > 0) {
              await enrichment.prepare(raw, signal);
              enrichment.enrich(raw);
            }
            // What was written before the field was there lacks it.
            for (const flow of piece.flows) if (flow.initiator === "unknown") enrichInitiator(flow);
            for (const { from, to, reason } of piece.bad) {
              totals.bad += to === undefined ? 1 : to - from + 1;
              fault(object.key, `record ${from}: ${reason}`);
            }
            totals.lost += piece.quality.filter(({ kind }) => kind === "skip-data" || kind === "count-mismatch").length;
            totals.mismatches += piece.quality.filter(({ kind }) => kind === "count-mismatch").length;
            keep(piece.flows);
            through = piece.through;
          }
        },
        config.run.retry,
        signal,
        ({ error }) => tell(`cannot read ${object.key}, will try again: ${describeError(error)}`),
        (error) => !["passing", "not-understood"].includes(drawerOf(error)) || ++failures >= MOST_FAILURES,
      );
      totals.objects++;
    } catch (error) {
      if (signal.aborted || drawerOf(error) !== "object") throw error;
      totals.unread++;
      fault(object.key, describeError(error));
    }
    progress.done(object.size);
  };

  let broken = false;
  const reader = async () => {
    try {
      for (let next = await found.next(); !next.done && !broken; next = await found.next()) await readObject(next.value);
    } finally {
      broken = true;
    }
  };
  const stopped = await Promise.allSettled(Array.from({ length: config.run.objects }, reader));
  for (const each of stopped) if (each.status === "rejected") throw each.reason;
  signal.throwIfAborted();
}

/** What the source has, or only the object of that key: others may begin with it. */
async function* objectsOf(
  source: Source,
  only: string | undefined,
  progress: Progress,
  signal: AbortSignal,
): AsyncGenerator<FoundObject> {
  for await (const { objects } of source.discover(NOTHING_SEEN, signal)) {
    const wanted = only === undefined ? objects : objects.filter(({ key }) => key === only);
    for (const { size } of wanted) progress.found(size);
    yield* wanted;
  }
}

/** What people have to know of a reading before they trust what is made of it, one line each. */
export function doubtsOf({ bad, unread, firstFault, lost, timeless }: ReadingTotals, { window }: Reading): string[] {
  const lines: string[] = [];
  if (unread > 0) lines.push(`${counted(unread, "object")} could not be read`);
  if (bad > 0) lines.push(`${counted(bad, "record")}, or rests of objects, could not be read`);
  if (firstFault !== undefined) lines.push(`the first of what could not be read: ${firstFault}`);
  if (lost > 0) lines.push(`the log says ${times(lost)} that flows are missing from it`);
  if (timeless > 0 && window !== "") lines.push(`${counted(timeless, "record")} without a time, which are in no window`);
  return lines;
}

/** The options that say what is read. */
export function withReading(command: Command): Command {
  return command
    .option(
      "-c, --config <file>",
      `configuration file (YAML): its archive or source, tables and networks ; - for standard input (default: FLOWFERRY_CONFIG, or ${USUAL} if it is there, unless --input is given)`,
    )
    .option(
      "--input <path>",
      "read this folder or file instead: Parquet of an archive, objects of a log, or NDJSON and enriched JSON that were written of one",
    )
    .addOption(
      new Option(
        "--from <what>",
        "of a configuration: its archive, or its source (default: the archive, where it has one)",
      ).choices(["archive", "source"]),
    )
    .option("--since <time>", "flows of this time and later: a time, or an age as in 2h or 30d")
    .option("--until <time>", "flows before this time: a time, or an age");
}

/** Lines for people, to stderr. */
export function tell({ stderr, secrets }: CliContext, lines: readonly string[]): void {
  for (const line of lines) stderr.write(`${printable(secrets.scrub(line))}\n`);
}

/** Something could not be read, so that the answer may lack it. */
export function isDoubtful({ bad, unread }: ReadingTotals): boolean {
  return bad + unread > 0;
}

/** What the configuration tells of the networks, for who asks the rules. */
export function surroundingsOf({ enrichments, config }: Reading): Surroundings {
  const writers = config.registry.networks.flatMap(({ provider, writer }) =>
    provider === undefined || writer === undefined ? [] : [[provider, writer] as const],
  );
  return {
    networks: enrichments.map((enrichment) => enrichment.network()),
    tables: enrichments.map((enrichment) => enrichment.tables()),
    writers: new Map(writers),
  };
}
