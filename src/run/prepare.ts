import { metrics, type ObservableCallback } from "@opentelemetry/api";
import { ARCHIVE } from "../archive/name.ts";
import type { Config, NamedSink, NamedSource } from "../config/load.ts";
import { at } from "../config/validate.ts";
import type { Alert } from "../contracts/alert.ts";
import type { Keeper } from "../contracts/keeper.ts";
import type { SourceIdentity } from "../contracts/ledger.ts";
import type { Sink } from "../contracts/sink.ts";
import type { Source, SourceDependencies, SourceEvent } from "../contracts/source.ts";
import type { Coordination } from "../coordination/coordination.ts";
import type { Role } from "../coordination/roles.ts";
import type { Enrichment } from "../enrich/enrichment.ts";
import type { EnrichOptions } from "../enrich/options.ts";
import { version } from "../lib/version.ts";
import { Health } from "../telemetry/health.ts";
import type { Journeys } from "../telemetry/journeys.ts";
import { createInstruments, type Instruments, type Logger } from "../telemetry/telemetry.ts";
import { threadCount } from "../threads/pool.ts";
import { madeOf } from "./archive.ts";
import { begin, coordinationOf } from "./coordination.ts";
import { Shelf } from "./shelf.ts";
import { openTables } from "./tables.ts";

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

export const defaultInstruments = () => createInstruments(metrics.getMeter("flowferry", version));

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
