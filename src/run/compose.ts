import type { ObservableCallback } from "@opentelemetry/api";
import type { AlertTotals } from "../alerts/dispatch.ts";
import type { Config, NamedSink } from "../config/load.ts";
import { at } from "../config/validate.ts";
import type { Keeper } from "../contracts/keeper.ts";
import type { Ledger, SourceIdentity } from "../contracts/ledger.ts";
import type { Reduction } from "../contracts/reduction.ts";
import type { Sink } from "../contracts/sink.ts";
import type { Source } from "../contracts/source.ts";
import { ROLES, type Role } from "../coordination/roles.ts";
import type { Inlet } from "../delivery/inlet.ts";
import { decoderFor } from "../formats/formats.ts";
import { openLedger } from "../ledger/sqlite.ts";
import { UsageError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { reductionOf } from "../reduce/reduction.ts";
import { Health } from "../telemetry/health.ts";
import { takeKeeper } from "./archive.ts";
import type { DetectionSurroundings, Detections } from "./detections.ts";
import type { RulesElsewhere } from "./elsewhere.ts";
import type { Evaluating } from "./evaluating.ts";
import { looksAtFlows } from "./looks.ts";
import type { Parts, PipelineOptions } from "./pipeline.ts";
import { defaultInstruments, type Prepared, prepare, type Surroundings, type TopicInUse } from "./prepare.ts";
import type { Shelf } from "./shelf.ts";
import { type TableInUse, tablesOf } from "./tables.ts";
import { filterOf, openThreads } from "./threads.ts";
import { transcodes, transcodingHere } from "./transcoding.ts";

/** What was made of a configuration, and joined. */
export interface Composed {
  readonly config: Config;
  readonly parts: Parts;
  readonly detections: Detections | undefined;
  /** What became of alerts, where this worker may look after the rules of several. */
  readonly alertTotals?: (() => AlertTotals) | undefined;
  readonly options: Omit<PipelineOptions, "untilCaughtUp" | "onProgress">;
  /** The tables in use, each file once. */
  tables(): TableInUse[];
  /** What waits in topics; nothing where none is read. */
  topics(): TopicInUse[];
  /** Releases what is joined, and leaves the parts and the ledger to others. */
  leave(): Promise<void>;
  readonly shelf: Shelf;
  /** Releases everything, the ledger last. */
  close(): Promise<void>;
}

/** Makes the parts that a configuration names and joins them. Throws UsageError with the place in the file. */
export async function compose(config: Config, surroundings: Surroundings): Promise<Composed> {
  const { scrub } = config.secrets;
  const onNotice = (line: string) => surroundings.log.warn(line);
  const opened: { ledger?: Ledger } = {};
  // Before any sink: where another worker has the ledger, nothing else is touched.
  const onSources = (sources: readonly SourceIdentity[]) => {
    // Where several workers share the work, the brokers keep what outlives a process.
    const path = config.coordination === undefined ? config.ledgerPath : ":memory:";
    opened.ledger = openLedger({ path, sources, scrub, onNotice });
  };
  try {
    const prepared = await prepare(config, surroundings, { onSources });
    try {
      return await join(prepared, opened.ledger as Ledger, surroundings);
    } catch (error) {
      await prepared.shelf.close();
      throw error;
    }
  } catch (error) {
    opened.ledger?.close();
    throw error;
  }
}

/** Of one object: whatever is beyond is in letters of ranges. */
const MOST_LETTERS = 10_000;

/**
 * Joins what was prepared. The ledger knows its sources, and is released with it, as is the shelf. Throws UsageError, and leaves both to its
 * caller.
 */
export async function join(prepared: Prepared, ledger: Ledger, surroundings: Surroundings): Promise<Composed> {
  const { config, shelf, sources, enrichments, sinks } = prepared;
  const { env, log, health = new Health(), keepers = [], onAlert = () => {} } = surroundings;
  const measure = surroundings.instruments ?? defaultInstruments();
  const closers: (() => void | Promise<void>)[] = [];
  const leave = () => closeAll(closers.splice(0).reverse());
  const close = () => closeAll([leave, () => shelf.close(), () => ledger.close()]);
  try {
    const countApi: ObservableCallback = (result) => {
      const sums = new Map<string, number>();
      for (const counts of [...enrichments.values()].flatMap(({ apiCounts }) => apiCounts)) {
        for (const [outcome, count] of Object.entries(counts)) sums.set(outcome, (sums.get(outcome) ?? 0) + count);
      }
      for (const [outcome, count] of sums) result.observe(count, { outcome });
    };
    measure.network.addCallback(countApi);
    closers.push(() => measure.network.removeCallback(countApi));
    prepared.tellTo((source, { kind, key, message }) => {
      ledger.of(source).note(kind, key, message);
      measure.quality.add(1, { source, kind });
      log.warn({ source, key }, message);
    });
    if (prepared.coordination !== undefined) {
      prepared.coordination.letters = (source, key) => ledger.deadLetters({ source, key }, MOST_LETTERS);
    }
    const archive =
      config.archive && (await takeKeeper(config, config.archive, shelf, { env, log, health, instruments: measure }));
    const all = archive === undefined ? keepers : [...keepers, archive.keeper];
    const told = {
      ...{ log, instruments: measure, health, baseDir: config.baseDir, env, secrets: config.secrets, onAlert },
      ...{ retry: config.run.retry, shutdownMs: config.run.shutdownMs },
    };
    const isShared = prepared.coordination !== undefined;
    const detections = isShared
      ? undefined
      : await openAlerts(config, { ...told, ledger, requireRules: (names) => requireRules(config, names) });
    closers.push(async () => detections?.close());
    const { elsewhere, evaluating } = await shareRules(prepared, told, surroundings.roles);
    closers.push(() => elsewhere?.close());
    checkNames(sinks, all);
    const now = Date.now();
    const reductions = new Map(config.sinks.flatMap((sink) => reductionsOf(sink).map((reduction) => [sink.name, reduction])));
    const needsFlows = looksAtFlows({ detections, elsewhere, keepers: all, reductions });
    const isTranscoded = transcodes(config, { env, enrichments, needsFlows });
    const threads = openThreads(config, { env, enrichments, now, log, transcodes: isTranscoded });
    closers.push(async () => threads?.close());
    const here = isTranscoded && threads === undefined ? transcodingHere(config, enrichments, now) : undefined;
    const inlets = config.sources.map((named, index): Inlet => {
      const inlet: Inlet = {
        name: named.name,
        source: sources[index] as Source,
        decode: decoderFor(config.registry.formats, named.format),
        enrich: async (flows, signal) => {
          const enrichment = enrichments.get(named.enrich);
          await enrichment?.prepare(flows, signal);
          enrichment?.enrich(flows);
        },
        keep: filterOf(named.filter, now),
        read: threads?.reader(index),
      };
      return here?.(inlet, index) ?? inlet;
    });
    if (!isShared || config.alerts === undefined) requireRules(config, detections?.rules ?? []);
    const parts: Parts = {
      reductions,
      inlets,
      detections,
      elsewhere: elsewhere?.elsewhere,
      sinks,
      keepers: all,
      threads,
      ledger,
      health,
      log,
      instruments: measure,
      journeys: surroundings.journeys,
    };
    const tables = () => tablesOf([...enrichments.values()]);
    const options = { ...config.run, ...config.limits };
    const alertTotals = evaluating && (() => evaluating.totals);
    return { config, parts, detections, alertTotals, options, tables, topics: () => prepared.topics(), shelf, leave, close };
  } catch (error) {
    await leave();
    throw error;
  }
}

/** What the sink gets of the flows; none for all as they are. */
function reductionsOf({ filter, filterBlock: block, reduction }: NamedSink): Reduction[] {
  const own = reductionOf(reduction, filter && { test: filter.test, block });
  return own === undefined ? [] : [own];
}

/** Calls one after the other. Throws the first failure when all were called. */
async function closeAll(closers: readonly (() => void | Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const closer of closers) {
    try {
      await closer();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** Positions and dead letters go by these names. */
function checkNames(sinks: ReadonlyMap<string, Sink>, keepers: readonly Keeper[]): void {
  const taken = new Set(sinks.keys());
  for (const { name } of keepers) {
    if (taken.has(name)) throw new UsageError("keeper-name", `a keeper is called ${name}, and so is a sink or another keeper`);
    taken.add(name);
  }
}

/** Throws UsageError for a filter of a sink that asks for a rule which is not among these. */
export function requireRules({ sinks }: Config, rules: readonly string[], why = ""): void {
  for (const { name, place, filter } of sinks) {
    const unknown = filter?.rules.find((rule) => !rules.includes(rule));
    if (unknown === undefined) continue;
    const meant = nearest(unknown, rules);
    const advice = meant === undefined ? "`flowferry rules list` shows them" : `did you mean ${meant}?`;
    throw new UsageError(
      "bad-filter",
      `${place}: the filter of sink ${name} asks for rule ${unknown}, and there is none${why}: ${advice}`,
    );
  }
}

/** The rules of workers that share their work: each looks for what they have to see in what it delivers, and one has them look at that. */
async function shareRules(
  { config, coordination }: Prepared,
  told: Omit<ConstructorParameters<typeof Evaluating>[1], "checkpointMs" | "scrub" | "onStranger">,
  roles: ReadonlySet<Role> = new Set(ROLES),
): Promise<{ elsewhere?: RulesElsewhere; evaluating?: Evaluating }> {
  const { alerts, file } = config;
  if (coordination === undefined || alerts === undefined) return {};
  const [{ openElsewhere }, { Evaluating }] = await Promise.all([import("./elsewhere.ts"), import("./evaluating.ts")]);
  const { log, health } = told;
  const required = (names: readonly string[]) => requireRules(config, names, ALONE);
  const elsewhere = roles.has("ship")
    ? await at(file, () => openElsewhere(alerts, { log, health, rows: coordination.rows, requireRules: required }))
    : undefined;
  if (!roles.has("detect")) return { ...(elsewhere && { elsewhere }) };
  const { topics } = config.coordination ?? {};
  const evaluating = new Evaluating(alerts, {
    ...told,
    checkpointMs: config.run.checkpointMs,
    scrub: config.secrets.scrub,
    onStranger: (offset) => coordination.stranger(`${topics?.detections}/0 at ${offset}`),
  });
  coordination.evaluation.resolve((tenure) => evaluating.serve(tenure));
  return { ...(elsewhere && { elsewhere }), evaluating };
}

/** What of rules a sink of one of several workers may ask for. */
const ALONE = ", or it looks at more than one flow, which no worker that delivers can say";

async function openAlerts({ alerts, file }: Config, surroundings: DetectionSurroundings): Promise<Detections | undefined> {
  if (alerts === undefined) return undefined;
  const { openDetections } = await import("./detections.ts");
  return at(file, () => openDetections(alerts, surroundings));
}
