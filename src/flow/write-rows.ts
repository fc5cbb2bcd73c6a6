// Written by `npm run generate:flow` from fields.ts, which is the place to change it.
import type { Flow } from "./flow.ts";
import { counterIn, type Indexed, orNaN } from "./packed-values.ts";
import { ROW_NUMBERS, ROW_REFERENCES } from "./row-layout.ts";

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
