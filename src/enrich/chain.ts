import type { Enricher } from "../contracts/enricher.ts";
import { directionEnricher } from "./direction.ts";
import { geoEnricher } from "./geo/enricher.ts";
import { enrichInitiator } from "./initiator.ts";
import { portsEnricher } from "./ports.ts";
import { serversEnricher } from "./servers.ts";
import type { Tables } from "./tables/tables.ts";
import { zonesEnricher } from "./zones.ts";

/** One enricher that runs all of them, in their order. */
export function chain(enrichers: readonly Enricher[]): Enricher {
  return (flow) => {
    for (const enrich of enrichers) enrich(flow);
  };
}

/** Everything that one snapshot of the tables says about a flow, and the snapshot's version. */
export function enricherOf(tables: Tables): Enricher {
  const { version } = tables;
  const stamp: Enricher = (flow) => {
    flow.lookupsVersion = version;
  };
  return chain([
    portsEnricher(tables),
    serversEnricher(tables),
    zonesEnricher(tables),
    geoEnricher(tables),
    directionEnricher(tables),
    enrichInitiator,
    stamp,
  ]);
}
