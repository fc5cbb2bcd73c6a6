import type { z } from "zod";
import { type Enrichment, openEnrichment } from "../../../src/enrichers/enrichment.ts";
import { enrichOptions } from "../../../src/enrichers/options.ts";
import type { LookupEvent } from "../../../src/lookups/reload.ts";

export type Lookups = Enrichment;

/** The enrichment from lookup tables alone. */
export function openLookups(options: z.input<typeof enrichOptions>, onLookups: (event: LookupEvent) => void): Promise<Lookups> {
  return openEnrichment(enrichOptions.parse(options), { baseDir: "/", env: {}, onLookups, onNetwork: () => {} });
}
