import type { Enricher } from "../contracts/enricher.ts";
import type { FindOwner } from "./inventory/history.ts";

/** Names the resources behind the addresses of a flow of which the table of servers has nothing. Comes after that. */
export function ownersEnricher(find: FindOwner): Enricher {
  return (flow) => {
    const { sourceAddress, destinationAddress, time, context } = flow;
    if (flow.sourceServer === undefined && sourceAddress !== undefined) {
      const owner = find(sourceAddress, time, context.vcn);
      flow.sourceServer = owner?.server;
      flow.sourceColumns = owner?.columns;
    }
    if (flow.destinationServer === undefined && destinationAddress !== undefined) {
      const owner = find(destinationAddress, time, context.vcn);
      flow.destinationServer = owner?.server;
      flow.destinationColumns = owner?.columns;
    }
  };
}
