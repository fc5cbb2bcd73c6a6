import type { Enricher } from "../contracts/enricher.ts";
import type { Tables } from "./tables/tables.ts";

/** Names the ports of a flow: "Traffic From" and "Traffic To". A port without a name in the table has none here. */
export function portsEnricher({ ports }: Tables): Enricher {
  return (flow) => {
    flow.sourceService = ports.name(flow.sourcePort, flow.protocol);
    flow.destinationService = ports.name(flow.destinationPort, flow.protocol);
  };
}
