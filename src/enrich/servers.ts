import type { Enricher } from "../contracts/enricher.ts";
import type { Tables } from "./tables/tables.ts";

/** Names the servers behind the addresses of a flow, with the further columns of their rows. */
export function serversEnricher({ addresses }: Tables): Enricher {
  return (flow) => {
    addresses.look(flow);
    const { source, destination } = addresses;
    flow.sourceServer = source?.server;
    flow.sourceColumns = source?.columns;
    flow.destinationServer = destination?.server;
    flow.destinationColumns = destination?.columns;
  };
}
