import type { Config } from "../config/load.ts";
import { type Enrichment, openEnrichment } from "../enrich/enrichment.ts";
import type { EnrichOptions } from "../enrich/options.ts";
import type { Health } from "../telemetry/health.ts";
import type { Instruments, Logger } from "../telemetry/telemetry.ts";
import type { Made } from "./shelf.ts";

/** A file of a lookup table. */
export interface TableInUse {
  readonly file: string;
  /** Of what is in use. */
  readonly rows: number;
  /** Why that is not what the file holds. */
  readonly problem: string | undefined;
}

/** The tables in use, each file once. */
export function tablesOf(enrichments: readonly Enrichment[]): TableInUse[] {
  const files = enrichments.flatMap((enrichment) => {
    const stale = new Map(enrichment.stale().map(({ file, reason }) => [file, reason]));
    return enrichment
      .tables()
      .files.map(({ path, rows }): [string, TableInUse] => [path, { file: path, rows, problem: stale.get(path) }]);
  });
  return [...new Map(files).values()];
}

/** The tables that a block `enrich` names, with what is said and counted of them. */
export async function openTables(
  options: EnrichOptions,
  { registry, baseDir, secrets }: Config,
  { env, log, measure, health }: { env: NodeJS.ProcessEnv; log: Logger; measure: Instruments; health: Health },
): Promise<Made<Enrichment>> {
  let tellTables = () => {};
  const enrichment = await openEnrichment(options, {
    networks: registry.networks,
    baseDir,
    env,
    secrets,
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
  const tables = tablesIn(health, enrichment);
  tellTables = tables.tell;
  tellTables();
  return { part: enrichment, close: () => enrichment.close().finally(tables.forget) };
}

/** Brings into health which tables in use are not what their files hold. */
function tablesIn(health: Health, enrichment: Enrichment): { tell(): void; forget(): void } {
  let stale = new Set<string>();
  return {
    tell() {
      const now = new Map(enrichment.stale().map(({ file, reason }) => [`table ${file}`, reason]));
      for (const part of stale) if (!now.has(part)) health.well(part);
      for (const [part, reason] of now) health.problem(part, { drawer: "worker", code: "table-stale", reason });
      stale = new Set(now.keys());
    },
    forget() {
      for (const part of stale) health.well(part);
    },
  };
}
