// Written by `npm run generate:flow` from fields.ts, which is the place to change it.
import { FIELDS, type FieldFrom, type FieldName } from "./fields.ts";
import type { Flow } from "./flow.ts";

/** Read a field: a function for each, so that no flow is ever read by a computed name. */
export const GETTERS = {
  uid: FIELDS.uid.get,
  time: (flow: Flow) => flow.time,
  start: (flow: Flow) => flow.start,
  end: (flow: Flow) => flow.end,
  action: (flow: Flow) => flow.action,
  status: (flow: Flow) => flow.status,
  sourceAddress: (flow: Flow) => flow.sourceAddress,
  sourcePort: (flow: Flow) => flow.sourcePort,
  destinationAddress: (flow: Flow) => flow.destinationAddress,
  destinationPort: (flow: Flow) => flow.destinationPort,
  protocol: (flow: Flow) => flow.protocol,
  protocolName: (flow: Flow) => flow.protocolName,
  transport: FIELDS.transport.get,
  networkType: FIELDS.networkType.get,
  bytes: (flow: Flow) => flow.bytes,
  packets: (flow: Flow) => flow.packets,
  bytesReverse: (flow: Flow) => flow.bytesReverse,
  packetsReverse: (flow: Flow) => flow.packetsReverse,
  bytesCumulative: (flow: Flow) => flow.bytesCumulative,
  packetsCumulative: (flow: Flow) => flow.packetsCumulative,
  bytesReverseCumulative: (flow: Flow) => flow.bytesReverseCumulative,
  packetsReverseCumulative: (flow: Flow) => flow.packetsReverseCumulative,
  connectionStart: (flow: Flow) => flow.connectionStart,
  connectionDuration: FIELDS.connectionDuration.get,
  initiated: (flow: Flow) => flow.initiated,
  terminated: (flow: Flow) => flow.terminated,
  directionLogged: (flow: Flow) => flow.directionLogged,
  tcpFlags: (flow: Flow) => flow.tcpFlags,
  packetSourceAddress: (flow: Flow) => flow.packetSourceAddress,
  packetDestinationAddress: (flow: Flow) => flow.packetDestinationAddress,
  sourceCloudService: (flow: Flow) => flow.sourceCloudService,
  destinationCloudService: (flow: Flow) => flow.destinationCloudService,
  trafficPath: (flow: Flow) => flow.trafficPath,
  rejectReason: (flow: Flow) => flow.rejectReason,
  encryptionStatus: (flow: Flow) => flow.encryptionStatus,
  logColumns: (flow: Flow) => flow.logColumns,
  flowId: (flow: Flow) => flow.flowId,
  original: (flow: Flow) => flow.original,
  direction: (flow: Flow) => flow.direction,
  ioDirection: FIELDS.ioDirection.get,
  initiator: (flow: Flow) => flow.initiator,
  sourceZone: (flow: Flow) => flow.sourceZone,
  destinationZone: (flow: Flow) => flow.destinationZone,
  trafficType: (flow: Flow) => flow.trafficType,
  sourceService: (flow: Flow) => flow.sourceService,
  destinationService: (flow: Flow) => flow.destinationService,
  sourceServer: (flow: Flow) => flow.sourceServer,
  destinationServer: (flow: Flow) => flow.destinationServer,
  sourceColumns: (flow: Flow) => flow.sourceColumns,
  destinationColumns: (flow: Flow) => flow.destinationColumns,
  sourceNetwork: (flow: Flow) => flow.sourceNetwork,
  destinationNetwork: (flow: Flow) => flow.destinationNetwork,
  approvedDestination: (flow: Flow) => flow.approvedDestination,
  sourceCountry: (flow: Flow) => flow.sourceCountry,
  destinationCountry: (flow: Flow) => flow.destinationCountry,
  sourceAsNumber: (flow: Flow) => flow.sourceAsNumber,
  destinationAsNumber: (flow: Flow) => flow.destinationAsNumber,
  sourceAsOrganization: (flow: Flow) => flow.sourceAsOrganization,
  destinationAsOrganization: (flow: Flow) => flow.destinationAsOrganization,
  subnetName: (flow: Flow) => flow.subnetName ?? flow.context.subnetName,
  rule: (flow: Flow) => flow.rule,
  ruleStatus: FIELDS.ruleStatus.get,
  ruleKind: FIELDS.ruleKind.get,
  ruleListName: FIELDS.ruleListName.get,
  ruleListId: FIELDS.ruleListId.get,
  ruleIndex: FIELDS.ruleIndex.get,
  ruleText: FIELDS.ruleText.get,
  ruleStateless: FIELDS.ruleStateless.get,
  ruleReply: FIELDS.ruleReply.get,
  rulePartial: FIELDS.rulePartial.get,
  ruleVersion: FIELDS.ruleVersion.get,
  securityLists: (flow: Flow) => flow.securityLists,
  detections: (flow: Flow) => flow.detections,
  lookupsVersion: (flow: Flow) => flow.lookupsVersion,
  samplingRate: (flow: Flow) => flow.samplingRate,
  aggregatedRecords: (flow: Flow) => flow.aggregatedRecords,
  provider: (flow: Flow) => flow.context.provider,
  account: (flow: Flow) => flow.context.account,
  region: (flow: Flow) => flow.context.region,
  availabilityZone: (flow: Flow) => flow.context.availabilityZone,
  compartment: (flow: Flow) => flow.context.compartment,
  vcn: (flow: Flow) => flow.context.vcn,
  subnet: (flow: Flow) => flow.context.subnet,
  vnic: (flow: Flow) => flow.context.vnic,
  instance: (flow: Flow) => flow.context.instance,
  logGroup: (flow: Flow) => flow.context.logGroup,
  log: (flow: Flow) => flow.context.log,
  publicIp: (flow: Flow) => flow.context.publicIp,
  captureFilter: (flow: Flow) => flow.context.captureFilter,
  resource: (flow: Flow) => flow.context.resource,
  resourceType: (flow: Flow) => flow.context.resourceType,
  resourceManaged: (flow: Flow) => flow.context.resourceManaged,
  collector: (flow: Flow) => flow.context.collector,
  logVersion: (flow: Flow) => flow.context.logVersion,
  captureStart: (flow: Flow) => flow.context.captureStart,
  captureEnd: (flow: Flow) => flow.context.captureEnd,
  captureState: (flow: Flow) => flow.context.captureState,
  captureRecords: (flow: Flow) => flow.context.captureRecords,
  recordType: (flow: Flow) => flow.context.recordType,
  stream: (flow: Flow) => flow.context.stream,
  objectPath: (flow: Flow) => flow.context.objectPath,
  objectKey: FIELDS.objectKey.get,
  objectRecord: FIELDS.objectRecord.get,
} as const satisfies Record<FieldName, (flow: Flow) => unknown>;

/** Set a field that decoders fill. */
export const SETTERS = {
  time: (flow: Flow, value: Flow["time"]) => (flow.time = value),
  start: (flow: Flow, value: Flow["start"]) => (flow.start = value),
  end: (flow: Flow, value: Flow["end"]) => (flow.end = value),
  action: (flow: Flow, value: Flow["action"]) => (flow.action = value),
  status: (flow: Flow, value: Flow["status"]) => (flow.status = value),
  sourceAddress: (flow: Flow, value: Flow["sourceAddress"]) => (flow.sourceAddress = value),
  sourcePort: (flow: Flow, value: Flow["sourcePort"]) => (flow.sourcePort = value),
  destinationAddress: (flow: Flow, value: Flow["destinationAddress"]) => (flow.destinationAddress = value),
  destinationPort: (flow: Flow, value: Flow["destinationPort"]) => (flow.destinationPort = value),
  protocol: (flow: Flow, value: Flow["protocol"]) => (flow.protocol = value),
  protocolName: (flow: Flow, value: Flow["protocolName"]) => (flow.protocolName = value),
  bytes: (flow: Flow, value: Flow["bytes"]) => (flow.bytes = value),
  packets: (flow: Flow, value: Flow["packets"]) => (flow.packets = value),
  bytesReverse: (flow: Flow, value: Flow["bytesReverse"]) => (flow.bytesReverse = value),
  packetsReverse: (flow: Flow, value: Flow["packetsReverse"]) => (flow.packetsReverse = value),
  bytesCumulative: (flow: Flow, value: Flow["bytesCumulative"]) => (flow.bytesCumulative = value),
  packetsCumulative: (flow: Flow, value: Flow["packetsCumulative"]) => (flow.packetsCumulative = value),
  bytesReverseCumulative: (flow: Flow, value: Flow["bytesReverseCumulative"]) => (flow.bytesReverseCumulative = value),
  packetsReverseCumulative: (flow: Flow, value: Flow["packetsReverseCumulative"]) => (flow.packetsReverseCumulative = value),
  connectionStart: (flow: Flow, value: Flow["connectionStart"]) => (flow.connectionStart = value),
  initiated: (flow: Flow, value: Flow["initiated"]) => (flow.initiated = value),
  terminated: (flow: Flow, value: Flow["terminated"]) => (flow.terminated = value),
  directionLogged: (flow: Flow, value: Flow["directionLogged"]) => (flow.directionLogged = value),
  tcpFlags: (flow: Flow, value: Flow["tcpFlags"]) => (flow.tcpFlags = value),
  packetSourceAddress: (flow: Flow, value: Flow["packetSourceAddress"]) => (flow.packetSourceAddress = value),
  packetDestinationAddress: (flow: Flow, value: Flow["packetDestinationAddress"]) => (flow.packetDestinationAddress = value),
  sourceCloudService: (flow: Flow, value: Flow["sourceCloudService"]) => (flow.sourceCloudService = value),
  destinationCloudService: (flow: Flow, value: Flow["destinationCloudService"]) => (flow.destinationCloudService = value),
  trafficPath: (flow: Flow, value: Flow["trafficPath"]) => (flow.trafficPath = value),
  rejectReason: (flow: Flow, value: Flow["rejectReason"]) => (flow.rejectReason = value),
  encryptionStatus: (flow: Flow, value: Flow["encryptionStatus"]) => (flow.encryptionStatus = value),
  logColumns: (flow: Flow, value: Flow["logColumns"]) => (flow.logColumns = value),
  flowId: (flow: Flow, value: Flow["flowId"]) => (flow.flowId = value),
  original: (flow: Flow, value: Flow["original"]) => (flow.original = value),
} as const satisfies Record<FieldFrom<"decoder">, (flow: Flow, value: never) => void>;

/** Fields that `readSlots` reads, in the order of their slots. */
export const SLOTS = [
  "time",
  "start",
  "end",
  "action",
  "status",
  "sourceAddress",
  "sourcePort",
  "destinationAddress",
  "destinationPort",
  "protocol",
  "protocolName",
  "transport",
  "networkType",
  "bytes",
  "packets",
  "bytesReverse",
  "packetsReverse",
  "bytesCumulative",
  "packetsCumulative",
  "bytesReverseCumulative",
  "packetsReverseCumulative",
  "connectionStart",
  "connectionDuration",
  "initiated",
  "terminated",
  "directionLogged",
  "tcpFlags",
  "packetSourceAddress",
  "packetDestinationAddress",
  "sourceCloudService",
  "destinationCloudService",
  "trafficPath",
  "rejectReason",
  "encryptionStatus",
  "logColumns",
  "flowId",
  "direction",
  "ioDirection",
  "initiator",
  "sourceZone",
  "destinationZone",
  "trafficType",
  "sourceService",
  "destinationService",
  "sourceServer",
  "destinationServer",
  "sourceColumns",
  "destinationColumns",
  "sourceNetwork",
  "destinationNetwork",
  "approvedDestination",
  "sourceCountry",
  "destinationCountry",
  "sourceAsNumber",
  "destinationAsNumber",
  "sourceAsOrganization",
  "destinationAsOrganization",
  "subnetName",
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
  "lookupsVersion",
  "samplingRate",
  "aggregatedRecords",
] as const satisfies readonly FieldName[];

/** Values of a flow's fields, by slot. */
export type Slots = unknown[];

export const createSlots = (): Slots => new Array(SLOTS.length).fill(undefined);

/**
 * Reads many fields of a flow in one go: for whoever writes them all, an order of magnitude faster than the getters one by one, which
 * no compiler can see through. Gives what they give.
 */
export function readSlots(flow: Flow, slots: Slots): void {
  slots[0] = flow.time;
  slots[1] = flow.start;
  slots[2] = flow.end;
  slots[3] = flow.action;
  slots[4] = flow.status;
  slots[5] = flow.sourceAddress;
  slots[6] = flow.sourcePort;
  slots[7] = flow.destinationAddress;
  slots[8] = flow.destinationPort;
  slots[9] = flow.protocol;
  slots[10] = flow.protocolName;
  slots[11] = FIELDS.transport.get(flow);
  slots[12] = FIELDS.networkType.get(flow);
  slots[13] = flow.bytes;
  slots[14] = flow.packets;
  slots[15] = flow.bytesReverse;
  slots[16] = flow.packetsReverse;
  slots[17] = flow.bytesCumulative;
  slots[18] = flow.packetsCumulative;
  slots[19] = flow.bytesReverseCumulative;
  slots[20] = flow.packetsReverseCumulative;
  slots[21] = flow.connectionStart;
  slots[22] = FIELDS.connectionDuration.get(flow);
  slots[23] = flow.initiated;
  slots[24] = flow.terminated;
  slots[25] = flow.directionLogged;
  slots[26] = flow.tcpFlags;
  slots[27] = flow.packetSourceAddress;
  slots[28] = flow.packetDestinationAddress;
  slots[29] = flow.sourceCloudService;
  slots[30] = flow.destinationCloudService;
  slots[31] = flow.trafficPath;
  slots[32] = flow.rejectReason;
  slots[33] = flow.encryptionStatus;
  slots[34] = flow.logColumns;
  slots[35] = flow.flowId;
  slots[36] = flow.direction;
  slots[37] = FIELDS.ioDirection.get(flow);
  slots[38] = flow.initiator;
  slots[39] = flow.sourceZone;
  slots[40] = flow.destinationZone;
  slots[41] = flow.trafficType;
  slots[42] = flow.sourceService;
  slots[43] = flow.destinationService;
  slots[44] = flow.sourceServer;
  slots[45] = flow.destinationServer;
  slots[46] = flow.sourceColumns;
  slots[47] = flow.destinationColumns;
  slots[48] = flow.sourceNetwork;
  slots[49] = flow.destinationNetwork;
  slots[50] = flow.approvedDestination;
  slots[51] = flow.sourceCountry;
  slots[52] = flow.destinationCountry;
  slots[53] = flow.sourceAsNumber;
  slots[54] = flow.destinationAsNumber;
  slots[55] = flow.sourceAsOrganization;
  slots[56] = flow.destinationAsOrganization;
  slots[57] = flow.subnetName ?? flow.context.subnetName;
  slots[58] = FIELDS.ruleStatus.get(flow);
  slots[59] = FIELDS.ruleKind.get(flow);
  slots[60] = FIELDS.ruleListName.get(flow);
  slots[61] = FIELDS.ruleListId.get(flow);
  slots[62] = FIELDS.ruleIndex.get(flow);
  slots[63] = FIELDS.ruleText.get(flow);
  slots[64] = FIELDS.ruleStateless.get(flow);
  slots[65] = FIELDS.ruleReply.get(flow);
  slots[66] = FIELDS.rulePartial.get(flow);
  slots[67] = FIELDS.ruleVersion.get(flow);
  slots[68] = flow.lookupsVersion;
  slots[69] = flow.samplingRate;
  slots[70] = flow.aggregatedRecords;
}
