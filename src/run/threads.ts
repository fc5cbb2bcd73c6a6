import type { Config, NamedSource } from "../config/load.ts";
import type { Enrichment } from "../enrich/enrichment.ts";
import type { EnrichOptions } from "../enrich/options.ts";
import type { Flow } from "../flow/flow.ts";
import { type FlowWindow, within } from "../flow/window.ts";
import { parseInstant } from "../lib/durations.ts";
import { UsageError } from "../lib/errors.ts";
import { version } from "../lib/version.ts";
import { Registry } from "../registry.ts";
import type { Logger } from "../telemetry/telemetry.ts";
import { Pool, threadCount } from "../threads/pool.ts";

interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly enrichments: ReadonlyMap<EnrichOptions, Enrichment>;
  /** What ages in filters are counted from, ms since the epoch. */
  readonly now: number;
  /** Records are encoded as they are read. */
  readonly transcodes: boolean;
}

/**
 * The threads that read the sources; undefined for none, or where a format or an inventory is not one that a thread has by itself. Payloads of sinks that
 * have no encoder of their own, or come from elsewhere, are made in this thread.
 */
export function openThreads(config: Config, { env, log, enrichments, now, transcodes }: Surroundings): Pool | undefined {
  const { baseDir, sources, sinks, registry, run } = config;
  const count = threadCount(run.threads);
  if (count === 0) return undefined;
  const builtIn = new Registry();
  if (registry.formats.some((format) => !builtIn.formats.includes(format))) {
    log.warn("run.threads: threads cannot read a format that a module brings, so the main thread reads everything");
    return undefined;
  }
  if ([...enrichments.values()].some(({ isPortable }) => !isPortable)) {
    log.warn("run.threads: threads do not know whose addresses an inventory says they are, so the main thread reads everything");
    return undefined;
  }
  const blocks = [...enrichments.keys()];
  const setup = {
    version,
    baseDir,
    env: { ...env },
    sources: sources.map(({ format, filter, enrich }) => ({
      format,
      window: windowOf(filter, now),
      enrichment: blocks.indexOf(enrich),
    })),
    sinks: sinks
      .filter(({ component: { type, encoder } }) => encoder !== undefined && builtIn.sinks.get(type)?.encoder === encoder)
      .map(({ name, component: { type }, options }) => ({ name, type, options })),
    transcodes,
  };
  return new Pool(count, setup, [...enrichments.values()], { onDeath: (message) => log.warn(message) });
}

/** Which flows are shipped. The time of a flow counts, not that of its object. */
export function filterOf(filter: NamedSource["filter"], now: number): (flow: Flow) => boolean {
  return within(windowOf(filter, now));
}

export function windowOf({ action, since, until }: NamedSource["filter"], now: number): FlowWindow {
  const from = since === undefined ? Number.NEGATIVE_INFINITY : parseInstant(since, now);
  const to = until === undefined ? Number.POSITIVE_INFINITY : parseInstant(until, now);
  if (from >= to) throw new UsageError("bad-filter", `filter: since (${since}) is not before until (${until})`);
  return { action, from, to };
}
