import type { z } from "zod";
import { type Enrichment, openEnrichment } from "../../../src/enrichers/enrichment.ts";
import { enrichOptions } from "../../../src/enrichers/options.ts";
import type { Clock } from "../../../src/lookups/clock.ts";
import type { LookupEvent } from "../../../src/lookups/reload.ts";

export type Lookups = Enrichment;

/** The enrichment from lookup tables alone. */
export function openLookups(
  options: z.input<typeof enrichOptions>,
  onLookups: (event: LookupEvent) => void,
  clock?: Clock,
): Promise<Lookups> {
  const dependencies = { baseDir: "/", env: {}, onLookups, onNetwork: () => {} };
  return openEnrichment(enrichOptions.parse(options), clock === undefined ? dependencies : { ...dependencies, clock });
}
