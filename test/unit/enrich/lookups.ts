import type { z } from "zod";
import { type Enrichment, openEnrichment } from "../../../src/enrich/enrichment.ts";
import { enrichOptions } from "../../../src/enrich/options.ts";
import type { lookupOptions } from "../../../src/enrich/tables/options.ts";
import type { LookupEvent } from "../../../src/enrich/tables/reload.ts";
import type { Clock } from "../../../src/lib/clock.ts";

export type Lookups = Enrichment;

/** The enrichment from lookup tables alone. */
export function openLookups(
  options: z.input<typeof lookupOptions>,
  onLookups: (event: LookupEvent) => void,
  clock?: Clock,
): Promise<Lookups> {
  const dependencies = { networks: [], baseDir: "/", env: {}, onLookups, onNetwork: () => {} };
  return openEnrichment(enrichOptions([]).parse(options), clock === undefined ? dependencies : { ...dependencies, clock });
}
