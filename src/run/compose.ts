import { metrics, type ObservableCallback } from "@opentelemetry/api";
import type { Config, NamedSink } from "../config/load.ts";
import { at } from "../config/validate.ts";
import type { Keeper } from "../contracts/keeper.ts";
import type { Sink } from "../contracts/sink.ts";
import type { Source, SourceEvent } from "../contracts/source.ts";
import { type Enrichment, openEnrichment } from "../enrich/enrichment.ts";
import type { Flow } from "../flow/flow.ts";
import { decoderFor } from "../formats/formats.ts";
import { openLedger } from "../ledger/sqlite.ts";
import { parseInstant } from "../lib/durations.ts";
import { UsageError } from "../lib/errors.ts";
import { version } from "../lib/version.ts";
import { Health } from "../telemetry/health.ts";
import { createInstruments, type Instruments, type Logger } from "../telemetry/telemetry.ts";
import { type Detections, openDetections } from "./detections.ts";
import type { Parts, PipelineOptions } from "./pipeline.ts";

export interface Composed {
  readonly parts: Parts;
  readonly detections: Detections | undefined;
  readonly options: Omit<PipelineOptions, "untilCaughtUp" | "onProgress">;
  /** Releases everything, the ledger last. */
  close(): Promise<void>;
}

interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly instruments?: Instruments;
  readonly health?: Health;
  /** What keeps flows beside the sinks. Whoever has made them releases them. */
  readonly keepers?: readonly Keeper[];
}

/** Makes the parts that a configuration names and joins them. Throws UsageError with the place in the file. */
export async function compose(
  config: Config,
  { env, log, instruments, health = new Health(), keepers = [] }: Surroundings,
): Promise<Composed> {
  const closers: (() => void | Promise<void>)[] = [];
  const close = async () => {
    const failures: unknown[] = [];
    for (const closer of closers.splice(0).reverse()) {
      try {
        await closer();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    const measure = instruments ?? createInstruments(metrics.getMeter("flowferry", version));
    const events: SourceEvent[] = [];
    let onEvent = (event: SourceEvent) => void events.push(event);
    const onUnreadable = (count: number) => measure.unreadable.record(count);
    const source = await openSource(config, env, (event) => onEvent(event), onUnreadable);
    closers.push(() => source.close());
    let tellTables = () => {};
    const enrichment = await openEnrichment(config.enrich, {
      networks: config.registry.networks,
      baseDir: config.baseDir,
      env,
      secrets: config.secrets,
      onLookups({ kind, ok, message }) {
        if (kind === "reloaded" || kind === "refused") {
          measure.lookupReloads.add(1, { outcome: kind === "reloaded" ? "taken" : "refused" });
        }
        if (ok) log.info(message);
        else log.error(message);
        tellTables();
      },
      onNetwork: ({ ok, message }) => (ok ? log.info(message) : log.warn(message)),
    });
    closers.push(() => enrichment.close());
    tellTables = tablesIn(health, enrichment);
    tellTables();
    const countApi: ObservableCallback = (result) => {
      for (const counts of enrichment.apiCounts) {
        for (const [outcome, count] of Object.entries(counts)) result.observe(count, { outcome });
      }
    };
    measure.network.addCallback(countApi);
    closers.push(() => measure.network.removeCallback(countApi));
    const ledger = openLedger({ path: config.ledgerPath, source: source.name, scrub: config.secrets.scrub });
    closers.push(() => ledger.close());
    onEvent = ({ kind, key, message }) => {
      ledger.note(kind, key, message);
      measure.quality.add(1, { kind });
      log.warn({ key }, message);
    };
    events.forEach(onEvent);
    const sinks = new Map<string, Sink>();
    for (const named of config.sinks) {
      const sink = await openSink(config, named, env, (message) => log.warn({ sink: named.name }, message));
      closers.push(() => sink.close());
      sinks.set(named.name, sink);
    }
    const detections = await openAlerts(config, {
      ledger,
      log,
      instruments: measure,
      retry: config.run.retry,
      shutdownMs: config.run.shutdownMs,
      health,
      baseDir: config.baseDir,
      env,
      secrets: config.secrets,
    });
    closers.push(async () => detections?.close());
    checkNames(sinks, keepers);
    const parts: Parts = {
      source,
      decode: decoderFor(config.registry.formats, config.format),
      enrich: async (flows, signal) => {
        await enrichment.prepare(flows, signal);
        enrichment.enrich(flows);
      },
      detections,
      keep: filterOf(config.filter, Date.now()),
      sinks,
      keepers,
      ledger,
      health,
      log,
      instruments: measure,
    };
    return { parts, detections, options: { ...config.run, ...config.limits }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Positions and dead letters go by these names. */
function checkNames(sinks: ReadonlyMap<string, Sink>, keepers: readonly Keeper[]): void {
  const taken = new Set(sinks.keys());
  for (const { name } of keepers) {
    if (taken.has(name)) throw new UsageError("keeper-name", `a keeper is called ${name}, and so is a sink or another keeper`);
    taken.add(name);
  }
}

/** Brings into health which tables in use are not what their files hold. */
function tablesIn(health: Health, enrichment: Enrichment): () => void {
  let stale = new Set<string>();
  return () => {
    const now = new Map(enrichment.stale().map(({ file, reason }) => [`table ${file}`, reason]));
    for (const part of stale) if (!now.has(part)) health.well(part);
    for (const [part, reason] of now) health.problem(part, { drawer: "worker", code: "table-stale", reason });
    stale = new Set(now.keys());
  };
}

async function openAlerts(
  { alerts, file }: Config,
  surroundings: Parameters<typeof openDetections>[1],
): Promise<Detections | undefined> {
  return alerts === undefined ? undefined : at(file, () => openDetections(alerts, surroundings));
}

/** The source alone, for commands that ship nothing. */
export async function openSource(
  config: Config,
  env: NodeJS.ProcessEnv,
  onEvent: (event: SourceEvent) => void,
  onUnreadable?: (count: number) => void,
): Promise<Source> {
  const { component, options, place } = config.source;
  const inherited = { since: config.filter.since, until: config.filter.until };
  const bounded = { ...inherited, ...(options as object) };
  const ledgerPath = config.ledgerPath === ":memory:" ? undefined : config.ledgerPath;
  const dependencies = { baseDir: config.baseDir, env, onEvent, onUnreadable, ledgerPath, secrets: config.secrets };
  return at(place, () => component.create(bounded, dependencies));
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

/** Which flows are shipped. The time of a flow counts, not that of its object. */
function filterOf({ action, since, until }: Config["filter"], now: number): (flow: Flow) => boolean {
  const from = since === undefined ? Number.NEGATIVE_INFINITY : parseInstant(since, now);
  const to = until === undefined ? Number.POSITIVE_INFINITY : parseInstant(until, now);
  if (from >= to) throw new UsageError("bad-filter", `filter: since (${since}) is not before until (${until})`);
  return (flow) => (action === undefined || flow.action === action) && flow.time >= from && flow.time < to;
}
