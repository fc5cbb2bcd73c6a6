import { FIELDS, type FieldName, type Flow } from "../flow.ts";

/** Fields that `readSlots` reads, in the order of their slots. */
export const SLOTS = [
  "sourceAddress",
  "sourcePort",
  "destinationAddress",
  "destinationPort",
  "bytes",
  "packets",
  "start",
  "end",
  "action",
  "status",
  "protocol",
  "protocolName",
  "transport",
  "networkType",
  "ioDirection",
  "direction",
  "trafficType",
  "sourceZone",
  "destinationZone",
  "sourceService",
  "destinationService",
  "sourceServer",
  "destinationServer",
  "sourceNetwork",
  "destinationNetwork",
  "approvedDestination",
  "sourceColumns",
  "destinationColumns",
  "bytesReverse",
  "packetsReverse",
  "bytesCumulative",
  "packetsCumulative",
  "bytesReverseCumulative",
  "packetsReverseCumulative",
  "connectionStart",
  "initiated",
  "terminated",
  "flowId",
  "subnetName",
  "lookupsVersion",
  "ruleStatus",
  "ruleKind",
  "ruleListName",
  "ruleListId",
  "ruleIndex",
  "ruleText",
  "ruleStateless",
  "ruleReply",
  "rulePartial",
  "ruleVersion",
] as const satisfies readonly FieldName[];

/** Values of a flow's fields, by slot. */
export type Slots = unknown[];

export const createSlots = (): Slots => new Array(SLOTS.length).fill(undefined);

/**
 * Reads many fields of a flow in one go: for whoever writes them all, an order of magnitude faster than the getters of FIELDS one by
 * one, which no compiler can see through. Gives what they give.
 */
export function readSlots(flow: Flow, slots: Slots): void {
  slots[0] = flow.sourceAddress;
  slots[1] = flow.sourcePort;
  slots[2] = flow.destinationAddress;
  slots[3] = flow.destinationPort;
  slots[4] = flow.bytes;
  slots[5] = flow.packets;
  slots[6] = flow.start;
  slots[7] = flow.end;
  slots[8] = flow.action;
  slots[9] = flow.status;
  slots[10] = flow.protocol;
  slots[11] = flow.protocolName;
  slots[12] = FIELDS.transport.get(flow);
  slots[13] = FIELDS.networkType.get(flow);
  slots[14] = FIELDS.ioDirection.get(flow);
  slots[15] = flow.direction;
  slots[16] = flow.trafficType;
  slots[17] = flow.sourceZone;
  slots[18] = flow.destinationZone;
  slots[19] = flow.sourceService;
  slots[20] = flow.destinationService;
  slots[21] = flow.sourceServer;
  slots[22] = flow.destinationServer;
  slots[23] = flow.sourceNetwork;
  slots[24] = flow.destinationNetwork;
  slots[25] = flow.approvedDestination;
  slots[26] = flow.sourceColumns;
  slots[27] = flow.destinationColumns;
  slots[28] = flow.bytesReverse;
  slots[29] = flow.packetsReverse;
  slots[30] = flow.bytesCumulative;
  slots[31] = flow.packetsCumulative;
  slots[32] = flow.bytesReverseCumulative;
  slots[33] = flow.packetsReverseCumulative;
  slots[34] = flow.connectionStart;
  slots[35] = flow.initiated;
  slots[36] = flow.terminated;
  slots[37] = flow.flowId;
  slots[38] = FIELDS.subnetName.get(flow);
  slots[39] = flow.lookupsVersion;
  slots[40] = FIELDS.ruleStatus.get(flow);
  slots[41] = FIELDS.ruleKind.get(flow);
  slots[42] = FIELDS.ruleListName.get(flow);
  slots[43] = FIELDS.ruleListId.get(flow);
  slots[44] = FIELDS.ruleIndex.get(flow);
  slots[45] = FIELDS.ruleText.get(flow);
  slots[46] = FIELDS.ruleStateless.get(flow);
  slots[47] = FIELDS.ruleReply.get(flow);
  slots[48] = FIELDS.rulePartial.get(flow);
  slots[49] = FIELDS.ruleVersion.get(flow);
}
