import { metrics, type ObservableCallback } from "@opentelemetry/api";
import type { AlertTotals } from "../alerts/dispatch.ts";
import { ARCHIVE } from "../archive/name.ts";
import type { Config, NamedSink, NamedSource } from "../config/load.ts";
import { at } from "../config/validate.ts";
import type { Alert } from "../contracts/alert.ts";
import type { Keeper } from "../contracts/keeper.ts";
import type { Ledger, SourceIdentity } from "../contracts/ledger.ts";
import type { Reduction } from "../contracts/reduction.ts";
import type { Sink } from "../contracts/sink.ts";
import type { Source, SourceDependencies, SourceEvent } from "../contracts/source.ts";
import type { Coordination } from "../coordination/coordination.ts";
import { ROLES, type Role } from "../coordination/roles.ts";
import type { Inlet } from "../delivery/inlet.ts";
import type { Enrichment } from "../enrich/enrichment.ts";
import type { EnrichOptions } from "../enrich/options.ts";
import { decoderFor } from "../formats/formats.ts";
import { openLedger } from "../ledger/sqlite.ts";
import { UsageError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { version } from "../lib/version.ts";
import { reductionOf } from "../reduce/reduction.ts";
import { Health } from "../telemetry/health.ts";
import type { Journeys } from "../telemetry/journeys.ts";
import { createInstruments, type Instruments, type Logger } from "../telemetry/telemetry.ts";
import { threadCount } from "../threads/pool.ts";
import { madeOf, takeKeeper } from "./archive.ts";
import { begin, coordinationOf } from "./coordination.ts";
import type { DetectionSurroundings, Detections } from "./detections.ts";
import type { RulesElsewhere } from "./elsewhere.ts";
import type { Evaluating } from "./evaluating.ts";
import { looksAtFlows } from "./looks.ts";
import type { Parts, PipelineOptions } from "./pipeline.ts";
import { Shelf } from "./shelf.ts";
import { openTables, type TableInUse, tablesOf } from "./tables.ts";
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

/** A source of topics, or a topic that workers share, and how many of its messages wait. */
export interface TopicInUse {
  readonly name: string;
  readonly messages: number;
}

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly instruments?: Instruments;
  readonly journeys?: Journeys | undefined;
  readonly health?: Health;
  /** Told of each alert that a rule raises, told or withheld. */
  readonly onAlert?: (alert: Alert) => void;
  /** What this worker does of what several share; all by default. */
  readonly roles?: ReadonlySet<Role>;
  /** What keeps flows beside the sinks. Whoever has made them releases them. */
  readonly keepers?: readonly Keeper[];
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

/** Parts that were made and do nothing yet. */
export interface Prepared {
  readonly config: Config;
  readonly shelf: Shelf;
  readonly sources: readonly Source[];
  readonly enrichments: ReadonlyMap<EnrichOptions, Enrichment>;
  readonly sinks: ReadonlyMap<string, Sink>;
  readonly coordination: Coordination | undefined;
  readonly identities: readonly SourceIdentity[];
  /** What waits in topics; nothing where none is read. */
  topics(): TopicInUse[];
  /** What sources tell of goes into the ledger from now on. */
  tellTo(onEvent: (source: string, event: SourceEvent) => void): void;
}

/**
 * Makes sources, tables and sinks, but for those that a shelf has from before. `onSources` is told when the sources are there, and nothing else.
 * Throws UsageError, and then has made nothing.
 */
export async function prepare(
  config: Config,
  { env, log, ...rest }: Surroundings,
  { before, onSources }: { before?: Shelf; onSources?: (sources: readonly SourceIdentity[]) => void },
): Promise<Prepared> {
  const { instruments: measure = defaultInstruments(), health = new Health() } = rest;
  const shelf = new Shelf(before);
  const waiting: [source: string, event: SourceEvent][] = [];
  const intakes: EventsOf[] = [];
  const lags: (() => TopicInUse[])[] = [];
  try {
    const coordination = await coordinationOf(config, shelf, { log, health, measure, roles: rest.roles });
    const sources: Source[] = [];
    for (const named of config.sources) {
      const { name, component, options, filter } = named;
      const { source, events, waits } = await shelf.take("source", [name, component.type, options, filter], async () => {
        const events: EventsOf = { tell: (event) => void waiting.push([name, event]), name };
        const onUnreadable = (count: number) => measure.unreadable.record(count, { source: name });
        const { onLag, waits, end } = observedLag(measure, name);
        const made = await openSource(config, named, env, (event) => events.tell(event), { onUnreadable, onLag });
        const source = (made.sharesItself === true ? undefined : coordination?.shared(name, made)) ?? made;
        const close = async () => {
          end();
          await made.close();
        };
        return { part: { source, events, waits }, close };
      });
      sources.push(source);
      intakes.push(events);
      lags.push(waits);
    }
    const identities = config.sources.map(({ name }, index) => ({ name, store: (sources[index] as Source).name }));
    onSources?.(identities);
    const keepsBytes = threadCount(config.run.threads) > 0;
    const enrichments = new Map<EnrichOptions, Enrichment>();
    for (const { enrich } of config.sources) {
      if (enrichments.has(enrich)) continue;
      const asked = { ...enrich, keepsBytes };
      const made = () => openTables(asked, config, { env, log, measure, health });
      enrichments.set(enrich, await shelf.take("tables", asked, made));
    }
    const sinks = new Map<string, Sink>();
    for (const named of config.sinks) {
      const { name, component, options } = named;
      const sink = await shelf.take("sink", [name, component.type, options], async () => {
        const made = await openSink(config, named, env, (message) => log.warn({ sink: name }, message));
        return { part: made, close: () => made.close() };
      });
      sinks.set(name, sink);
    }
    // Last, so that it ends first.
    if (coordination !== undefined) await begin(config, coordination, shelf, { measure });
    if (config.archive !== undefined) shelf.keep(ARCHIVE, madeOf(config, config.archive));
    return {
      ...{ config, shelf, sources, enrichments, sinks, coordination, identities },
      topics: () => [
        ...lags.flatMap((waits) => waits()),
        ...(coordination?.lag ?? []).map(({ topic, messages }) => ({ name: topic, messages })),
      ],
      tellTo(onEvent) {
        for (const events of intakes) events.tell = (event) => onEvent(events.name, event);
        for (const [source, event] of waiting.splice(0)) onEvent(source, event);
      },
    };
  } catch (error) {
    await shelf.giveUp();
    throw error;
  }
}

/** Shows how many messages wait in each partition of a source. `end` is to be called when nobody tells any more. */
function observedLag({ sourceLag }: Instruments, source: string) {
  const waiting = new Map<string, number>();
  const observe: ObservableCallback = (result) => {
    for (const [partition, messages] of waiting) result.observe(messages, { source, partition });
  };
  sourceLag.addCallback(observe);
  return {
    onLag: (partition: string, messages: number | undefined) => {
      if (messages === undefined) waiting.delete(partition);
      else waiting.set(partition, messages);
    },
    waits: (): TopicInUse[] =>
      waiting.size === 0 ? [] : [{ name: source, messages: [...waiting.values()].reduce((sum, messages) => sum + messages, 0) }],
    end: () => sourceLag.removeCallback(observe),
  };
}

/** Whom a source tells, which is another one after a reload. */
interface EventsOf {
  readonly name: string;
  tell(event: SourceEvent): void;
}

/** Of one object: whatever is beyond is in letters of ranges. */
const MOST_LETTERS = 10_000;

const defaultInstruments = () => createInstruments(metrics.getMeter("flowferry", version));

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

/** A source alone, for commands that ship nothing. */
export async function openSource(
  config: Config,
  { component, options, place, filter, rereads }: NamedSource,
  env: NodeJS.ProcessEnv,
  onEvent: (event: SourceEvent) => void,
  told: Pick<SourceDependencies, "onUnreadable" | "onLag"> = {},
): Promise<Source> {
  const inherited = { since: filter.since, until: filter.until };
  const bounded = { ...inherited, ...(options as object) };
  const ledgerPath = config.ledgerPath === ":memory:" ? undefined : config.ledgerPath;
  const dependencies = { baseDir: config.baseDir, env, onEvent, ...told, ledgerPath, rereads, secrets: config.secrets };
  return at(place, () => component.create(bounded, dependencies));
}

/** The sources of a configuration as a ledger knows them. */
export async function identitiesOf(config: Config, env: NodeJS.ProcessEnv): Promise<SourceIdentity[]> {
  const identities: SourceIdentity[] = [];
  for (const named of config.sources) {
    const source = await openSource(config, named, env, () => {});
    await source.close();
    identities.push({ name: named.name, store: source.name });
  }
  return identities;
}

export async function openSink(
  config: Config,
  { name, component, options, place }: NamedSink,
  env: NodeJS.ProcessEnv,
  onNotice?: (message: string) => void,
): Promise<Sink> {
  return at(place, () =>
    component.create(options, { name, baseDir: config.baseDir, env, version, onNotice, secrets: config.secrets }),
  );
}
