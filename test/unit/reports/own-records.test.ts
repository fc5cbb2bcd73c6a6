import { expect, test } from "vitest";
import type { Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { decoderFor } from "../../../src/formats/formats.ts";
import { FORMATS } from "../../../src/registry.ts";
import { OWN_RECORDS } from "../../../src/reports/own-records.ts";

const decode = decoderFor([...OWN_RECORDS, ...FORMATS], "auto");

async function read(text: string) {
  const flows: Flow[] = [];
  const bad: string[] = [];
  const bytes = (async function* () {
    yield Buffer.from(text);
  })();
  const options = { skip: 0, maxBytes: 1e6, maxRecordBytes: 1e5 };
  for await (const piece of decode(bytes, originOf("file:///x", "k", "e"), options)) {
    flows.push(...piece.flows);
    bad.push(...piece.bad.map(({ reason }) => reason));
  }
  return { flows, bad };
}

/** From the table of attribute names in mappings/schemas/otel.yaml. */
const OTEL = {
  timestamp: "2026-01-02T03:04:05.000Z",
  observedTimestamp: "2026-01-02T03:05:00.000Z",
  severityNumber: 9,
  severityText: "INFO",
  eventName: "flow.accept",
  resource: { "service.name": "flowferry", "cloud.provider": "oracle_cloud", "flow.vcn.id": "vcn1" },
  attributes: {
    ...{ "log.record.uid": "00", "source.address": "203.0.113.9", "source.port": 40_000 },
    ...{ "destination.address": "10.0.1.4", "destination.port": 22, "flow.bytes": 12, "flow.packets": 2 },
    ...{ "flow.start": 1_767_323_045_000, "flow.end": 1_767_323_046_000, "flow.action": "accept", "flow.status": "OK" },
    ...{ "flow.protocol.number": 6, "flow.protocol.name": "TCP", "flow.direction": "ingress", "flow.initiator": "source" },
    ...{ "flow.source.zone": "external", "flow.destination.zone": "internal", "flow.traffic_type": "north-south" },
    ...{ "flow.destination.service": "SSH", "flow.destination.server": "bastion", "flow.source.owner": "nobody" },
    ...{ "flow.rule.status": "matched", "flow.rule.kind": "security-list", "flow.rule.list.name": "default" },
    ...{ "flow.rule.index": 3, "flow.rule.text": "ingress tcp 22 from 0.0.0.0/0", "flow.rule.partial": false },
    ...{ "flow.subnet.id": "subnet1", "flow.subnet.name": "admin", "flow.vnic.id": "vnic1" },
  },
};

test("a line of schema otel is read back", async () => {
  const { flows, bad } = await read(`${JSON.stringify(OTEL)}\n`);
  expect(bad).toEqual([]);
  expect(flows).toHaveLength(1);
  expect(flows[0]).toMatchObject({
    ...{ time: 1_767_323_045_000, start: 1_767_323_045_000, sourceAddress: "203.0.113.9", sourcePort: 40_000 },
    ...{ destinationPort: 22, bytes: 12, action: "accept", protocol: 6, direction: "ingress", initiator: "source" },
    ...{ sourceZone: "external", trafficType: "north-south", destinationServer: "bastion", subnetName: "admin" },
    rule: { status: "matched", listName: "default", index: 3, direction: "ingress", text: "ingress tcp 22 from 0.0.0.0/0" },
    context: { provider: "oracle_cloud", vcn: "vcn1", subnet: "subnet1", vnic: "vnic1", subnetName: undefined },
  });
});

test("counters above 2^53 stay exact", async () => {
  const line = JSON.stringify(OTEL).replace('"flow.bytes":12', '"flow.bytes":18446744073709551615');
  expect((await read(line)).flows[0]?.bytes).toBe(18446744073709551615n);
});

test("a line with a wrong value is set aside with its attribute's name, and the next one read", async () => {
  const broken = { ...OTEL, attributes: { ...OTEL.attributes, "destination.port": 70_000 } };
  const { flows, bad } = await read(
    `${JSON.stringify(broken)}\n${JSON.stringify(OTEL)}\n{"observedTimestamp":"x","attributes":{}`,
  );
  expect(flows).toHaveLength(1);
  expect(bad[0]).toContain("destination.port: 70000 is not a port");
  expect(bad).toHaveLength(2);
});

const SEED = {
  ...{ destinationAddress: "10.0.1.4", destinationPort: 22, protocol: 6, protocolName: "TCP", sourceAddress: "203.0.113.9" },
  ...{ internal_or_external_source: "external", internal_or_external_destination: "internal" },
  ...{ traffic_direction: "ingress", traffic_type: "external traffic", security_lists: [] },
  oracle: { vnicsubnetocid: "ocid1.subnet.oc1.iad.a", vnicsubnetname: "app", ingestedtime: "2026-01-02T03:04:05.000Z" },
};

test("the enrichment script's records, as the list that it writes and one a line", async () => {
  for (const text of [JSON.stringify([SEED, SEED]), `${JSON.stringify(SEED)}\n${JSON.stringify(SEED)}\n`]) {
    const { flows, bad } = await read(text);
    expect(bad).toEqual([]);
    expect(flows).toHaveLength(2);
    expect(flows[1]).toMatchObject({
      ...{ destinationPort: 22, direction: "ingress", sourceZone: "external", action: undefined },
      time: Date.parse("2026-01-02T03:04:05.000Z"),
      context: { subnet: "ocid1.subnet.oc1.iad.a", subnetName: "app", region: "iad" },
    });
  }
});

test("what the script does not know is N/A, which is no value", async () => {
  const { flows } = await read(JSON.stringify([{ ...SEED, destinationPort: "N/A", traffic_direction: "N/A", oracle: null }]));
  expect(flows[0]).toMatchObject({ destinationPort: undefined, direction: "unknown", context: { subnet: undefined } });
});
