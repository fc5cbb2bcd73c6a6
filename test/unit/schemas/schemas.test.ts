import { expect, test } from "vitest";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { linePrinter } from "../../../src/schemas/line.ts";
import { loadSchema } from "../../../src/schemas/load.ts";
import type { Schema } from "../../../src/schemas/schema.ts";
import { CONTEXT, noDataFlow, ORIGIN, sshFlow, TIME } from "../sinks/flows.ts";

const OBSERVED = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const line = (schema: string, flow: Flow): unknown =>
  JSON.parse(linePrinter(loadSchema(schema, "/"), "flowferry")(flow, OBSERVED));
const uid = `${ORIGIN.digest}00000001`;

test("otel has the names of the semantic conventions, and flow.* for the rest", () => {
  expect(line("otel", sshFlow())).toEqual({
    timestamp: "2024-09-06T14:26:08.000Z",
    observedTimestamp: "2026-01-02T03:04:05.006Z",
    severityNumber: 9,
    severityText: "INFO",
    eventName: "flow.accept",
    resource: {
      "service.name": "flowferry",
      "cloud.provider": "oracle_cloud",
      "cloud.account.id": "ocid1.tenancy.oc1..t",
      "cloud.region": "us-ashburn-1",
      "flow.vcn.id": "ocid1.vcn.oc1.iad.v",
    },
    attributes: {
      "log.record.uid": uid,
      "source.address": "203.0.113.9",
      "source.port": 51234,
      "destination.address": "10.0.1.7",
      "destination.port": 22,
      "network.transport": "tcp",
      "network.type": "ipv4",
      "network.io.direction": "receive",
      "host.id": "ocid1.instance.oc1.iad.i",
      "flow.action": "accept",
      "flow.status": "OK",
      "flow.bytes": 4096,
      "flow.packets": 12,
      "flow.start": TIME,
      "flow.end": TIME + 5000,
      "flow.protocol.number": 6,
      "flow.protocol.name": "TCP",
      "flow.direction": "ingress",
      "flow.traffic_type": "north-south",
      "flow.initiator": "unknown",
      "flow.source.zone": "external",
      "flow.destination.zone": "internal",
      "flow.destination.service": "ssh",
      "flow.destination.server": "bastion-1",
      "flow.destination.network": "vcn-prod",
      "flow.destination.approved": "Everybody's own network",
      "flow.destination.owner": "platform",
      "flow.destination.column.zone": "dmz",
      "flow.id": "fe75a27e",
      "flow.subnet.id": "ocid1.subnet.oc1.iad.s",
      "flow.subnet.name": "public",
      "flow.vnic.id": "ocid1.vnic.oc1.iad.n",
      "flow.vnic.public_ip": "132.145.0.1",
      "flow.compartment.id": "ocid1.compartment.oc1..c",
      "flow.detections": ["ssh-from-outside"],
      "flow.lookups.version": "0123456789ab",
    },
  });
});

test("otel names the two ways and the connection of a record that has them", () => {
  const flow = sshFlow(1, {
    bytesReverse: 1,
    packetsReverse: 2,
    bytesCumulative: 3,
    packetsCumulative: 4,
    bytesReverseCumulative: 5,
    packetsReverseCumulative: 6,
    connectionStart: TIME - 1,
    initiated: true,
    terminated: false,
  });
  expect(line("otel", flow)).toMatchObject({
    attributes: {
      "flow.reverse.bytes": 1,
      "flow.reverse.packets": 2,
      "flow.cumulative.bytes": 3,
      "flow.cumulative.packets": 4,
      "flow.cumulative.reverse.bytes": 5,
      "flow.cumulative.reverse.packets": 6,
      "flow.connection.start": TIME - 1,
      "flow.connection.initiated": true,
      "flow.connection.terminated": false,
    },
  });
});

test("a field that the log does not have is left out of otel, and so is the whole context", () => {
  const flow = new Flow(ORIGIN, 1, EMPTY_CONTEXT, TIME);
  expect(line("otel", flow)).toMatchObject({ resource: { "service.name": "flowferry" } });
  expect((line("otel", flow) as { resource: object; attributes: object }).resource).toEqual({ "service.name": "flowferry" });
  expect((line("otel", flow) as { attributes: object }).attributes).toEqual({
    "log.record.uid": uid,
    "flow.status": "OK",
    "flow.direction": "unknown",
    "flow.initiator": "unknown",
  });
});

test("otel-compact says in the resource what is the same for a network interface, and nothing of an object; a line of it is one of otel", () => {
  const [otel, compact] = [loadSchema("otel", "/"), loadSchema("otel-compact", "/")];
  const names = ({ resource, attributes }: Schema) => [...resource, ...attributes].map(({ name }) => name).sort();
  expect(names(compact)).toEqual(names(otel));
  expect(compact.resource.map(({ name }) => name)).toEqual([
    "cloud.provider",
    "cloud.account.id",
    "cloud.region",
    "flow.vcn.id",
    "flow.subnet.id",
    "flow.vnic.id",
    "flow.vnic.public_ip",
    "host.id",
    "cloud.availability_zone",
    "flow.compartment.id",
    "flow.resource.id",
    "flow.resource.type",
    "flow.resource.managed",
    "flow.collector.id",
    "flow.log.version",
  ]);
  expect(line("otel-compact", sshFlow())).toEqual(line("otel", sshFlow()));
});

test("ecs has the fields that Elastic asks of a network flow", () => {
  const flow = sshFlow(1, { bytesReverse: 2 ** 53 - 1, packetsReverse: 1 });
  expect(line("ecs", flow)).toMatchObject({
    "@timestamp": "2024-09-06T14:26:08.000Z",
    "ecs.version": "9.0.0",
    "event.kind": "event",
    "event.category": ["network"],
    "event.type": ["connection", "allowed"],
    "event.action": "flow-accepted",
    "event.outcome": "success",
    "event.id": uid,
    "event.start": "2024-09-06T14:26:08.000Z",
    "event.end": "2024-09-06T14:26:13.000Z",
    "event.duration": 5_000_000_000,
    "source.ip": "203.0.113.9",
    "source.port": 51234,
    "source.bytes": 4096,
    "destination.ip": "10.0.1.7",
    "destination.port": 22,
    "network.packets": 13,
    "network.transport": "tcp",
    "network.iana_number": "6",
    "network.type": "ipv4",
    "network.direction": "ingress",
    "related.ip": ["203.0.113.9", "10.0.1.7"],
    "rule.id": ["ssh-from-outside"],
    "cloud.provider": "oracle_cloud",
    "cloud.instance.id": "ocid1.instance.oc1.iad.i",
  });
  expect(linePrinter(loadSchema("ecs", "/"), "x")(flow, 0)).toContain(`"network.bytes":${2n ** 53n - 1n + 4096n},`);
  expect(line("ecs", sshFlow(1, { action: "reject" }))).toMatchObject({
    "event.type": ["connection", "denied"],
    "event.outcome": "failure",
  });
  expect(line("ecs", noDataFlow())).toMatchObject({ "event.type": ["info"], "flow.status": "NODATA" });
});

test("ocsf is a Network Activity: required attributes, enums with their captions, objects within objects", () => {
  expect(line("ocsf", sshFlow())).toMatchObject({
    activity_id: 6,
    activity_name: "Traffic",
    category_uid: 4,
    class_uid: 4001,
    type_uid: 400106,
    severity_id: 1,
    time: TIME,
    start_time: TIME,
    end_time: TIME + 5000,
    duration: 5000,
    action_id: 1,
    disposition_id: 1,
    observation_point_id: 2,
    src_endpoint: { ip: "203.0.113.9", port: 51234 },
    dst_endpoint: { ip: "10.0.1.7", port: 22, svc_name: "ssh", name: "bastion-1" },
    connection_info: { direction_id: 1, direction: "Inbound", protocol_num: 6, protocol_name: "tcp", protocol_ver_id: 4 },
    traffic: { bytes: 4096, packets: 12, bytes_out: 4096, packets_out: 12 },
    device: { type_id: 6, interface_uid: "ocid1.vnic.oc1.iad.n", vpc_uid: "ocid1.vcn.oc1.iad.v" },
    cloud: { provider: "oracle_cloud", region: "us-ashburn-1", account: { uid: "ocid1.tenancy.oc1..t" } },
    metadata: {
      version: "1.7.0",
      uid,
      product: { name: "flowferry", vendor_name: "flowferry" },
      profiles: ["cloud", "host", "security_control"],
    },
    unmapped: { destination: { owner: "platform", zone: "dmz" }, detections: ["ssh-from-outside"] },
  });
  const refused = line("ocsf", sshFlow(1, { action: "reject", direction: "egress", sourceAddress: "2001:db8::1" }));
  expect(refused).toMatchObject({
    activity_id: 5,
    type_uid: 400105,
    type_name: "Network Activity: Refuse",
    action: "Denied",
    disposition_id: 2,
    observation_point: "Source",
    connection_info: { direction_id: 2, protocol_ver_id: 6 },
  });
  expect(refused).not.toHaveProperty("src_endpoint.svc_name");
  expect(line("ocsf", noDataFlow())).not.toHaveProperty("traffic");
});

test("seed has exactly its eleven keys, in order", () => {
  const text = linePrinter(loadSchema("seed", "/"), "x")(sshFlow(), 0);
  expect(text).toBe(
    '{"destinationAddress":"10.0.1.7","destinationPort":22,"protocol":6,"protocolName":"TCP","sourceAddress":"203.0.113.9",' +
      '"internal_or_external_source":"external","internal_or_external_destination":"internal","traffic_direction":"ingress",' +
      '"traffic_type":"external traffic","security_lists":[],"oracle":{"tenantid":"ocid1.tenancy.oc1..t","managed":"true"}}',
  );
  const eastWest = sshFlow(1, { trafficType: "east-west", sourceZone: "internal", direction: "egress" });
  expect(line("seed", eastWest)).toMatchObject({ traffic_type: "internal traffic", traffic_direction: "egress" });
});

test("seed writes what a flow lacks as the script that it comes from does", () => {
  const bare = new Flow(ORIGIN, 1, CONTEXT, TIME);
  expect(line("seed", bare)).toEqual({
    destinationAddress: "N/A",
    destinationPort: "N/A",
    protocol: "N/A",
    protocolName: "N/A",
    sourceAddress: "N/A",
    internal_or_external_source: "invalid",
    internal_or_external_destination: "invalid",
    traffic_direction: "N/A",
    traffic_type: "external traffic",
    security_lists: [],
    oracle: null,
  });
});
