import type { Enricher } from "../contracts/enricher.ts";
import type { Tables } from "./tables/tables.ts";

/**
 * Sets the zone and network of both addresses, the name under which the destination is approved, and the type of the traffic:
 * east-west between two internal addresses, else north-south. What an address that is missing would say stays undefined.
 */
export function zonesEnricher({ addresses }: Tables): Enricher {
  return (flow) => {
    addresses.look(flow);
    const { source, destination } = addresses;
    flow.sourceZone = source?.zone;
    flow.sourceNetwork = source?.network;
    flow.destinationZone = destination?.zone;
    flow.destinationNetwork = destination?.network;
    flow.approvedDestination = destination?.approved;
    if (source === undefined || destination === undefined) flow.trafficType = undefined;
    else flow.trafficType = source.zone === "internal" && destination.zone === "internal" ? "east-west" : "north-south";
  };
}
