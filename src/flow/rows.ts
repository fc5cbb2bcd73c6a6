// Written by `npm run generate:flow` from fields.ts, which is the place to change it.
import type { FieldName } from "./fields.ts";
import { Flow, type FlowContext } from "./flow.ts";
import type { Origin } from "./origin.ts";
import { counterIn, counterOf, type Indexed, orNaN, orUndefined } from "./packed-values.ts";
import { NONE } from "./types.ts";

/** Changes with the fields: who reads has to know the same ones as who wrote. */
export const LAYOUT = 3842044235;
/** Numbers and references of a row. */
export const ROW_NUMBERS = 23;
export const ROW_REFERENCES = 41;
/** Which field each number of a row is, behind the record's own; and each reference, behind those of origin and context. */
export const NUMBER_FIELDS: readonly FieldName[] = [
  "time",
  "start",
  "end",
  "sourcePort",
  "destinationPort",
  "protocol",
  "bytes",
  "packets",
  "bytesReverse",
  "packetsReverse",
  "bytesCumulative",
  "packetsCumulative",
  "bytesReverseCumulative",
  "packetsReverseCumulative",
  "connectionStart",
  "tcpFlags",
  "trafficPath",
  "encryptionStatus",
  "sourceAsNumber",
  "destinationAsNumber",
  "samplingRate",
  "aggregatedRecords",
];
export const REFERENCE_FIELDS: readonly FieldName[] = [
  "action",
  "status",
  "sourceAddress",
  "destinationAddress",
  "protocolName",
  "initiated",
  "terminated",
  "directionLogged",
  "packetSourceAddress",
  "packetDestinationAddress",
  "sourceCloudService",
  "destinationCloudService",
  "rejectReason",
  "logColumns",
  "flowId",
  "original",
  "direction",
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
  "sourceAsOrganization",
  "destinationAsOrganization",
  "subnetName",
  "rule",
  "securityLists",
  "detections",
  "lookupsVersion",
];

/** Writes a row for each flow. A value that is like that of the row before is not looked up again. */
export function writeRows(
  flows: readonly Flow[],
  numbers: Float64Array,
  references: Uint32Array,
  { origins, contexts, values }: { origins: Indexed; contexts: Indexed; values: Indexed },
): void {
  let value: unknown;
  let origin: unknown;
  let originReference = 0;
  let context: unknown;
  let contextReference = 0;
  let value0: unknown;
  let reference0 = 0;
  let value1: unknown;
  let reference1 = 0;
  let value2: unknown;
  let reference2 = 0;
  let value3: unknown;
  let reference3 = 0;
  let value4: unknown;
  let reference4 = 0;
  let value5: unknown;
  let reference5 = 0;
  let value6: unknown;
  let reference6 = 0;
  let value7: unknown;
  let reference7 = 0;
  let value8: unknown;
  let reference8 = 0;
  let value9: unknown;
  let reference9 = 0;
  let value10: unknown;
  let reference10 = 0;
  let value11: unknown;
  let reference11 = 0;
  let value12: unknown;
  let reference12 = 0;
  let value13: unknown;
  let reference13 = 0;
  let value14: unknown;
  let reference14 = 0;
  let value16: unknown;
  let reference16 = 0;
  let value17: unknown;
  let reference17 = 0;
  let value18: unknown;
  let reference18 = 0;
  let value19: unknown;
  let reference19 = 0;
  let value20: unknown;
  let reference20 = 0;
  let value21: unknown;
  let reference21 = 0;
  let value22: unknown;
  let reference22 = 0;
  let value23: unknown;
  let reference23 = 0;
  let value24: unknown;
  let reference24 = 0;
  let value25: unknown;
  let reference25 = 0;
  let value26: unknown;
  let reference26 = 0;
  let value27: unknown;
  let reference27 = 0;
  let value28: unknown;
  let reference28 = 0;
  let value29: unknown;
  let reference29 = 0;
  let value30: unknown;
  let reference30 = 0;
  let value31: unknown;
  let reference31 = 0;
  let value32: unknown;
  let reference32 = 0;
  let value33: unknown;
  let reference33 = 0;
  let value34: unknown;
  let reference34 = 0;
  let value35: unknown;
  let reference35 = 0;
  let value36: unknown;
  let reference36 = 0;
  let value37: unknown;
  let reference37 = 0;
  let value38: unknown;
  let reference38 = 0;
  let start = 0;
  let at = 0;
  for (const flow of flows) {
    numbers[start] = flow.record;
    numbers[start + 1] = flow.time;
    numbers[start + 2] = orNaN(flow.start);
    numbers[start + 3] = orNaN(flow.end);
    numbers[start + 4] = orNaN(flow.sourcePort);
    numbers[start + 5] = orNaN(flow.destinationPort);
    numbers[start + 6] = orNaN(flow.protocol);
    numbers[start + 7] = counterIn(values, flow.bytes);
    numbers[start + 8] = counterIn(values, flow.packets);
    numbers[start + 9] = counterIn(values, flow.bytesReverse);
    numbers[start + 10] = counterIn(values, flow.packetsReverse);
    numbers[start + 11] = counterIn(values, flow.bytesCumulative);
    numbers[start + 12] = counterIn(values, flow.packetsCumulative);
    numbers[start + 13] = counterIn(values, flow.bytesReverseCumulative);
    numbers[start + 14] = counterIn(values, flow.packetsReverseCumulative);
    numbers[start + 15] = orNaN(flow.connectionStart);
    numbers[start + 16] = orNaN(flow.tcpFlags);
    numbers[start + 17] = orNaN(flow.trafficPath);
    numbers[start + 18] = orNaN(flow.encryptionStatus);
    numbers[start + 19] = orNaN(flow.sourceAsNumber);
    numbers[start + 20] = orNaN(flow.destinationAsNumber);
    numbers[start + 21] = orNaN(flow.samplingRate);
    numbers[start + 22] = orNaN(flow.aggregatedRecords);
    if (flow.origin !== origin) {
      origin = flow.origin;
      originReference = origins.of(origin);
    }
    references[at] = originReference;
    if (flow.context !== context) {
      context = flow.context;
      contextReference = contexts.of(context);
    }
    references[at + 1] = contextReference;
    value = flow.action;
    if (value !== value0) {
      value0 = value;
      reference0 = values.of(value);
    }
    references[at + 2] = reference0;
    value = flow.status;
    if (value !== value1) {
      value1 = value;
      reference1 = values.of(value);
    }
    references[at + 3] = reference1;
    value = flow.sourceAddress;
    if (value !== value2) {
      value2 = value;
      reference2 = values.of(value);
    }
    references[at + 4] = reference2;
    value = flow.destinationAddress;
    if (value !== value3) {
      value3 = value;
      reference3 = values.of(value);
    }
    references[at + 5] = reference3;
    value = flow.protocolName;
    if (value !== value4) {
      value4 = value;
      reference4 = values.of(value);
    }
    references[at + 6] = reference4;
    value = flow.initiated;
    if (value !== value5) {
      value5 = value;
      reference5 = values.of(value);
    }
    references[at + 7] = reference5;
    value = flow.terminated;
    if (value !== value6) {
      value6 = value;
      reference6 = values.of(value);
    }
    references[at + 8] = reference6;
    value = flow.directionLogged;
    if (value !== value7) {
      value7 = value;
      reference7 = values.of(value);
    }
    references[at + 9] = reference7;
    value = flow.packetSourceAddress;
    if (value !== value8) {
      value8 = value;
      reference8 = values.of(value);
    }
    references[at + 10] = reference8;
    value = flow.packetDestinationAddress;
    if (value !== value9) {
      value9 = value;
      reference9 = values.of(value);
    }
    references[at + 11] = reference9;
    value = flow.sourceCloudService;
    if (value !== value10) {
      value10 = value;
      reference10 = values.of(value);
    }
    references[at + 12] = reference10;
    value = flow.destinationCloudService;
    if (value !== value11) {
      value11 = value;
      reference11 = values.of(value);
    }
    references[at + 13] = reference11;
    value = flow.rejectReason;
    if (value !== value12) {
      value12 = value;
      reference12 = values.of(value);
    }
    references[at + 14] = reference12;
    value = flow.logColumns;
    if (value !== value13) {
      value13 = value;
      reference13 = values.of(value);
    }
    references[at + 15] = reference13;
    value = flow.flowId;
    if (value !== value14) {
      value14 = value;
      reference14 = values.of(value);
    }
    references[at + 16] = reference14;
    references[at + 17] = values.of(flow.original);
    value = flow.direction;
    if (value !== value16) {
      value16 = value;
      reference16 = values.of(value);
    }
    references[at + 18] = reference16;
    value = flow.initiator;
    if (value !== value17) {
      value17 = value;
      reference17 = values.of(value);
    }
    references[at + 19] = reference17;
    value = flow.sourceZone;
    if (value !== value18) {
      value18 = value;
      reference18 = values.of(value);
    }
    references[at + 20] = reference18;
    value = flow.destinationZone;
    if (value !== value19) {
      value19 = value;
      reference19 = values.of(value);
    }
    references[at + 21] = reference19;
    value = flow.trafficType;
    if (value !== value20) {
      value20 = value;
      reference20 = values.of(value);
    }
    references[at + 22] = reference20;
    value = flow.sourceService;
    if (value !== value21) {
      value21 = value;
      reference21 = values.of(value);
    }
    references[at + 23] = reference21;
    value = flow.destinationService;
    if (value !== value22) {
      value22 = value;
      reference22 = values.of(value);
    }
    references[at + 24] = reference22;
    value = flow.sourceServer;
    if (value !== value23) {
      value23 = value;
      reference23 = values.of(value);
    }
    references[at + 25] = reference23;
    value = flow.destinationServer;
    if (value !== value24) {
      value24 = value;
      reference24 = values.of(value);
    }
    references[at + 26] = reference24;
    value = flow.sourceColumns;
    if (value !== value25) {
      value25 = value;
      reference25 = values.of(value);
    }
    references[at + 27] = reference25;
    value = flow.destinationColumns;
    if (value !== value26) {
      value26 = value;
      reference26 = values.of(value);
    }
    references[at + 28] = reference26;
    value = flow.sourceNetwork;
    if (value !== value27) {
      value27 = value;
      reference27 = values.of(value);
    }
    references[at + 29] = reference27;
    value = flow.destinationNetwork;
    if (value !== value28) {
      value28 = value;
      reference28 = values.of(value);
    }
    references[at + 30] = reference28;
    value = flow.approvedDestination;
    if (value !== value29) {
      value29 = value;
      reference29 = values.of(value);
    }
    references[at + 31] = reference29;
    value = flow.sourceCountry;
    if (value !== value30) {
      value30 = value;
      reference30 = values.of(value);
    }
    references[at + 32] = reference30;
    value = flow.destinationCountry;
    if (value !== value31) {
      value31 = value;
      reference31 = values.of(value);
    }
    references[at + 33] = reference31;
    value = flow.sourceAsOrganization;
    if (value !== value32) {
      value32 = value;
      reference32 = values.of(value);
    }
    references[at + 34] = reference32;
    value = flow.destinationAsOrganization;
    if (value !== value33) {
      value33 = value;
      reference33 = values.of(value);
    }
    references[at + 35] = reference33;
    value = flow.subnetName;
    if (value !== value34) {
      value34 = value;
      reference34 = values.of(value);
    }
    references[at + 36] = reference34;
    value = flow.rule;
    if (value !== value35) {
      value35 = value;
      reference35 = values.of(value);
    }
    references[at + 37] = reference35;
    value = flow.securityLists;
    if (value !== value36) {
      value36 = value;
      reference36 = values.of(value);
    }
    references[at + 38] = reference36;
    value = flow.detections.length === 0 ? undefined : flow.detections;
    if (value !== value37) {
      value37 = value;
      reference37 = values.of(value);
    }
    references[at + 39] = reference37;
    value = flow.lookupsVersion;
    if (value !== value38) {
      value38 = value;
      reference38 = values.of(value);
    }
    references[at + 40] = reference38;
    start += ROW_NUMBERS;
    at += ROW_REFERENCES;
  }
}

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
