// Written by `npm run generate:flow` from fields.ts, which is the place to change it.
import { Flow, type FlowContext } from "./flow.ts";
import type { Origin } from "./origin.ts";
import { counterOf, orUndefined } from "./packed-values.ts";
import { ROW_NUMBERS, ROW_REFERENCES } from "./row-layout.ts";
import { NONE } from "./types.ts";

/** Makes the flows of so many rows. */
export function readRows(
  count: number,
  numbers: Float64Array,
  references: Uint32Array,
  { origins, contexts, values }: { origins: readonly unknown[]; contexts: readonly unknown[]; values: readonly unknown[] },
): Flow[] {
  const flows: Flow[] = [];
  let start = 0;
  let at = 0;
  for (let row = 0; row < count; row++) {
    const flow = new Flow(
      origins[references[at] as number] as Origin,
      numbers[start] as number,
      contexts[references[at + 1] as number] as FlowContext,
      numbers[start + 1] as number,
    );
    flow.start = orUndefined(numbers[start + 2] as number);
    flow.end = orUndefined(numbers[start + 3] as number);
    flow.sourcePort = orUndefined(numbers[start + 4] as number);
    flow.destinationPort = orUndefined(numbers[start + 5] as number);
    flow.protocol = orUndefined(numbers[start + 6] as number);
    flow.bytes = counterOf(values, numbers[start + 7] as number);
    flow.packets = counterOf(values, numbers[start + 8] as number);
    flow.bytesReverse = counterOf(values, numbers[start + 9] as number);
    flow.packetsReverse = counterOf(values, numbers[start + 10] as number);
    flow.bytesCumulative = counterOf(values, numbers[start + 11] as number);
    flow.packetsCumulative = counterOf(values, numbers[start + 12] as number);
    flow.bytesReverseCumulative = counterOf(values, numbers[start + 13] as number);
    flow.packetsReverseCumulative = counterOf(values, numbers[start + 14] as number);
    flow.connectionStart = orUndefined(numbers[start + 15] as number);
    flow.tcpFlags = orUndefined(numbers[start + 16] as number);
    flow.trafficPath = orUndefined(numbers[start + 17] as number);
    flow.encryptionStatus = orUndefined(numbers[start + 18] as number);
    flow.sourceAsNumber = orUndefined(numbers[start + 19] as number);
    flow.destinationAsNumber = orUndefined(numbers[start + 20] as number);
    flow.samplingRate = orUndefined(numbers[start + 21] as number);
    flow.aggregatedRecords = orUndefined(numbers[start + 22] as number);
    flow.action = values[references[at + 2] as number] as Flow["action"];
    flow.status = values[references[at + 3] as number] as Flow["status"];
    flow.sourceAddress = values[references[at + 4] as number] as Flow["sourceAddress"];
    flow.destinationAddress = values[references[at + 5] as number] as Flow["destinationAddress"];
    flow.protocolName = values[references[at + 6] as number] as Flow["protocolName"];
    flow.initiated = values[references[at + 7] as number] as Flow["initiated"];
    flow.terminated = values[references[at + 8] as number] as Flow["terminated"];
    flow.directionLogged = values[references[at + 9] as number] as Flow["directionLogged"];
    flow.packetSourceAddress = values[references[at + 10] as number] as Flow["packetSourceAddress"];
    flow.packetDestinationAddress = values[references[at + 11] as number] as Flow["packetDestinationAddress"];
    flow.sourceCloudService = values[references[at + 12] as number] as Flow["sourceCloudService"];
    flow.destinationCloudService = values[references[at + 13] as number] as Flow["destinationCloudService"];
    flow.rejectReason = values[references[at + 14] as number] as Flow["rejectReason"];
    flow.logColumns = values[references[at + 15] as number] as Flow["logColumns"];
    flow.flowId = values[references[at + 16] as number] as Flow["flowId"];
    flow.original = values[references[at + 17] as number] as Flow["original"];
    flow.direction = values[references[at + 18] as number] as Flow["direction"];
    flow.initiator = values[references[at + 19] as number] as Flow["initiator"];
    flow.sourceZone = values[references[at + 20] as number] as Flow["sourceZone"];
    flow.destinationZone = values[references[at + 21] as number] as Flow["destinationZone"];
    flow.trafficType = values[references[at + 22] as number] as Flow["trafficType"];
    flow.sourceService = values[references[at + 23] as number] as Flow["sourceService"];
    flow.destinationService = values[references[at + 24] as number] as Flow["destinationService"];
    flow.sourceServer = values[references[at + 25] as number] as Flow["sourceServer"];
    flow.destinationServer = values[references[at + 26] as number] as Flow["destinationServer"];
    flow.sourceColumns = values[references[at + 27] as number] as Flow["sourceColumns"];
    flow.destinationColumns = values[references[at + 28] as number] as Flow["destinationColumns"];
    flow.sourceNetwork = values[references[at + 29] as number] as Flow["sourceNetwork"];
    flow.destinationNetwork = values[references[at + 30] as number] as Flow["destinationNetwork"];
    flow.approvedDestination = values[references[at + 31] as number] as Flow["approvedDestination"];
    flow.sourceCountry = values[references[at + 32] as number] as Flow["sourceCountry"];
    flow.destinationCountry = values[references[at + 33] as number] as Flow["destinationCountry"];
    flow.sourceAsOrganization = values[references[at + 34] as number] as Flow["sourceAsOrganization"];
    flow.destinationAsOrganization = values[references[at + 35] as number] as Flow["destinationAsOrganization"];
    flow.subnetName = values[references[at + 36] as number] as Flow["subnetName"];
    flow.rule = values[references[at + 37] as number] as Flow["rule"];
    flow.securityLists = values[references[at + 38] as number] as Flow["securityLists"];
    flow.detections = (values[references[at + 39] as number] ?? NONE) as Flow["detections"];
    flow.lookupsVersion = values[references[at + 40] as number] as Flow["lookupsVersion"];
    flows.push(flow);
    start += ROW_NUMBERS;
    at += ROW_REFERENCES;
  }
  return flows;
}
