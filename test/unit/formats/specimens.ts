import fc from "fast-check";

/** A record as text, and what a decoder has to make of it, but for its number and context. */
export interface Specimen {
  readonly text: string;
  readonly flow: Record<string, unknown>;
}

/** A format, written by the rules of its provider's documentation and not by the decoder's mapping. */
export interface Written {
  readonly format: string;
  /** Where a format is written in several ways. */
  readonly name?: string;
  readonly specimen: fc.Arbitrary<Specimen>;
  /** The record with this byte counter. */
  readonly counting: (bytes: bigint) => string;
  readonly object: (texts: readonly string[]) => string;
  /** Records that are bad in one way each. */
  readonly damaged: Readonly<Record<string, string>>;
}

const MAX_COUNTER = 2n ** 64n - 1n;

const iso = (time: number) => new Date(time).toISOString();
const shown = (counter: bigint) => (counter > BigInt(Number.MAX_SAFE_INTEGER) ? `${counter}n` : Number(counter));

const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom("10.0.0.7", "10.0.0.8", "198.51.100.23"));
const port = fc.oneof(fc.constantFrom(0, 22, 443, 65_535), fc.integer({ min: 0, max: 65_535 }));
const counter = fc.oneof(fc.bigInt({ min: 0n, max: 100_000n }), fc.bigInt({ min: 0n, max: MAX_COUNTER }));
const seconds = fc.integer({ min: 1_500_000_000, max: 1_900_000_000 });

const facts = fc.record({
  source: address,
  destination: address,
  sourcePort: port,
  destinationPort: port,
  protocol: fc.constantFrom(6, 17, 1, 58, 255),
  bytes: counter,
  packets: counter,
  start: seconds,
  lasts: fc.integer({ min: 0, max: 60 }),
  accepted: fc.boolean(),
  vnic: fc.constantFrom("a", "b", "c"),
  id: fc.stringMatching(/^[0-9a-f]{8}$/),
  fresh: fc.boolean(),
});
type Facts = typeof facts extends fc.Arbitrary<infer Value> ? Value : never;

/** Keywords of https://www.iana.org/assignments/protocol-numbers; 255 is reserved and has none. */
const KEYWORDS: Readonly<Record<number, string>> = { 1: "ICMP", 6: "TCP", 17: "UDP", 58: "IPv6-ICMP" };

const named = (protocol: number) => (KEYWORDS[protocol] === undefined ? {} : { protocolName: KEYWORDS[protocol] });

const common = (it: Facts) => ({
  time: iso(it.start * 1000),
  start: iso(it.start * 1000),
  end: iso((it.start + it.lasts) * 1000),
  action: it.accepted ? "accept" : "reject",
  status: "OK",
  sourceAddress: it.source,
  sourcePort: it.sourcePort,
  destinationAddress: it.destination,
  destinationPort: it.destinationPort,
  protocol: it.protocol,
  ...named(it.protocol),
  bytes: shown(it.bytes),
  packets: shown(it.packets),
});

const SAMPLE: Facts = {
  source: "10.0.0.7",
  destination: "198.51.100.23",
  sourcePort: 40_000,
  destinationPort: 443,
  protocol: 6,
  bytes: 1000n,
  packets: 10n,
  start: 1_725_632_768,
  lasts: 2,
  accepted: true,
  vnic: "a",
  id: "fe75a27e",
  fresh: true,
};

// OCI

function ociText(it: Facts, wrapped: boolean): string {
  const oracle = JSON.stringify({
    compartmentid: "ocid1.compartment.oc1..logs",
    ingestedtime: iso((it.start + 300) * 1000),
    tenantid: "ocid1.tenancy.oc1..acme",
    vnicocid: `ocid1.vnic.oc1.iad.${it.vnic}`,
    vnicsubnetname: it.vnic === "c" ? "Büro" : "front",
  });
  const event =
    `{"data":{"action":"${it.accepted ? "ACCEPT" : "REJECT"}","bytesOut":${it.bytes},"destinationAddress":"${it.destination}",` +
    `"destinationPort":${it.destinationPort},"endTime":${it.start + it.lasts},"flowid":"${it.id}","packets":${it.packets},` +
    `"protocol":${it.protocol},"protocolName":${it.fresh ? '"NAME"' : "null"},"sourceAddress":"${it.source}",` +
    `"sourcePort":${it.sourcePort},"startTime":${it.start},"status":"OK","version":"2"},"id":"${it.id}","oracle":${oracle},` +
    `"source":"-","specversion":"1.0","time":"${iso(it.start * 1000)}","type":"com.oraclecloud.vcn.flowlogs.DataEvent"}`;
  return wrapped ? `{"datetime":${it.start}000,"logContent":${event},"regionId":"us-ashburn-1"}` : event;
}

const ociFlow = (it: Facts): Record<string, unknown> => ({
  ...common(it),
  flowId: it.id,
  ...(it.fresh ? { protocolName: "NAME" } : {}),
  original: {
    compartmentid: "ocid1.compartment.oc1..logs",
    ingestedtime: iso((it.start + 300) * 1000),
    tenantid: "ocid1.tenancy.oc1..acme",
    vnicocid: `ocid1.vnic.oc1.iad.${it.vnic}`,
    vnicsubnetname: it.vnic === "c" ? "Büro" : "front",
  },
});

const ociSample = ociText(SAMPLE, false);

export const OCI: Written = {
  format: "oci-vcn",
  specimen: fc.tuple(facts, fc.boolean()).map(([it, wrapped]) => ({ text: ociText(it, wrapped), flow: ociFlow(it) })),
  counting: (bytes) => ociText({ ...SAMPLE, bytes }, false),
  object: (texts) => texts.map((text) => `${text}\n`).join(""),
  damaged: {
    "bad-json": ociSample.slice(0, 100),
    "not-an-object": '["data"]',
    "missing-field": ociSample.replace('"10.0.0.7"', "null"),
    "bad-address": ociSample.replace("10.0.0.7", "10.100.xx.197"),
    "bad-port": ociSample.replace("40000", "70000"),
    "bad-protocol": ociSample.replace('"protocol":6', '"protocol":999'),
    "bad-counter": ociSample.replace("1000", "-1"),
    "bad-time": ociSample.replace('"startTime":', '"startTime":-'),
    "bad-action": ociSample.replace("ACCEPT", "MAYBE"),
    "nul-byte": ociSample.replace("NAME", "NA\0ME"),
    "line-too-long": ociSample.replace("NAME", "N".repeat(10_000)),
  },
};

// IBM

const ibmText = (it: Facts): string =>
  `{"start_time":"${it.fresh ? iso(it.start * 1000).slice(0, 19) : ""}${it.fresh ? "Z" : ""}",` +
  `"end_time":"${it.fresh ? iso((it.start + it.lasts) * 1000) : ""}","connection_start_time":"${iso(it.start * 1000)}",` +
  `"direction":"${it.vnic === "a" ? "I" : "O"}","action":"${it.accepted ? "accepted" : "rejected"}","initiator_ip":"${it.source}",` +
  `"target_ip":"${it.destination}","initiator_port":${it.sourcePort},"target_port":${it.destinationPort},` +
  `"transport_protocol":${it.protocol},"ether_type":"IPv4","was_initiated":${it.accepted},"was_terminated":${it.vnic === "b"},` +
  `"bytes_from_initiator":${it.bytes},"packets_from_initiator":${it.packets},"bytes_from_target":${it.packets},` +
  `"packets_from_target":7,"cumulative_bytes_from_initiator":${it.bytes},"cumulative_packets_from_initiator":${it.packets},` +
  `"cumulative_bytes_from_target":${it.bytes},"cumulative_packets_from_target":8}`;

function ibmFlow(it: Facts): Record<string, unknown> {
  const { start, end, ...rest } = common(it);
  return {
    ...rest,
    ...(it.fresh ? { start, end } : { time: "2020-06-04T13:45:57.000Z" }),
    connectionStart: start,
    directionLogged: it.vnic === "a" ? "ingress" : "egress",
    initiated: it.accepted,
    terminated: it.vnic === "b",
    bytesReverse: shown(it.packets),
    packetsReverse: 7,
    bytesCumulative: shown(it.bytes),
    packetsCumulative: shown(it.packets),
    bytesReverseCumulative: shown(it.bytes),
    packetsReverseCumulative: 8,
  };
}

const ibmSample = ibmText(SAMPLE);

export const IBM: Written = {
  format: "ibm-vpc",
  specimen: facts.map((it) => ({ text: ibmText(it), flow: ibmFlow(it) })),
  counting: (bytes) => ibmText({ ...SAMPLE, bytes }),
  object: (texts) =>
    `{"version":"0.0.1","network_interface_id":"0717-83c0","capture_end_time":"2020-06-04T13:45:57Z","state":"ok",` +
    `"number_of_flow_logs":${texts.length},"flow_logs":[${texts.join(", ")}]}`,
  damaged: {
    "bad-json": ibmSample.replace(",", " "),
    "not-an-object": "[]",
    "missing-field": ibmSample.replace('"10.0.0.7"', "null"),
    "bad-address": ibmSample.replace("10.0.0.7", "10.100.xx.197"),
    "bad-port": ibmSample.replace("40000", "70000"),
    "bad-protocol": ibmSample.replace('"transport_protocol":6', '"transport_protocol":999'),
    "bad-counter": ibmSample.replace("1000", "1000.5"),
    "bad-time": ibmSample.replace("2024-09-06", "2024-09-31"),
    "bad-action": ibmSample.replace("accepted", "dropped"),
    "nul-byte": ibmSample.replace("IPv4", "IP\0v4"),
    "line-too-long": ibmSample.replace("IPv4", "x".repeat(10_000)),
  },
};

// Text

const textLine = (it: Facts): string =>
  `2 ${it.source} ${it.destination} ${it.sourcePort} ${it.destinationPort} ${it.protocol} ${it.packets} ${it.bytes} ${it.start} ` +
  `${it.start + it.lasts} ${it.accepted ? (it.fresh ? "ALLOW" : "ACCEPT") : "REJECT"} OK`;

const textSample = textLine(SAMPLE);

export const TEXT: Written = {
  format: "vcn-text",
  specimen: facts.map((it) => ({ text: textLine(it), flow: common(it) })),
  counting: (bytes) => textLine({ ...SAMPLE, bytes }),
  object: (texts) => texts.map((text) => `${text}\n`).join(""),
  damaged: {
    "wrong-field-count": textSample.slice(0, 40),
    "missing-field": textSample.replace("10.0.0.7", "-"),
    "bad-address": textSample.replace("10.0.0.7", "10.100.xx.197"),
    "bad-port": textSample.replace("40000", "70000"),
    "bad-protocol": textSample.replace(" 6 ", " TCP "),
    "bad-counter": textSample.replace("1000", "1e3"),
    "bad-time": textSample.replace("1725632768", "now"),
    "bad-action": textSample.replace("ALLOW", "DROP"),
    "nul-byte": textSample.replace("10.0.0.7", "10.0.\0.7"),
    "line-too-long": textSample.replace("10.0.0.7", "1".repeat(10_000)),
  },
};

// AWS

const ACCOUNT = "123456789010";

/** Values by the names of AWS's documentation. */
const awsRecord = (it: Facts): Record<string, string> => ({
  version: "5",
  "account-id": ACCOUNT,
  "interface-id": `eni-${it.vnic}`,
  srcaddr: it.source,
  dstaddr: it.destination,
  srcport: String(it.sourcePort),
  dstport: String(it.destinationPort),
  protocol: String(it.protocol),
  packets: String(it.packets),
  bytes: String(it.bytes),
  start: String(it.start),
  end: String(it.start + it.lasts),
  action: it.accepted ? "ACCEPT" : "REJECT",
  "log-status": "OK",
  "tcp-flags": it.fresh ? "18" : "-",
  "pkt-srcaddr": it.destination,
  "pkt-dstaddr": it.fresh ? it.source : "-",
  "flow-direction": it.vnic === "a" ? "egress" : "ingress",
  "traffic-path": it.vnic === "a" ? "8" : "-",
  "ecs-task-id": it.vnic === "b" ? it.id : "-",
});
const VERSION_2 = Object.keys(awsRecord(SAMPLE)).slice(0, 14);
/** In an order of its own. */
const VERSION_5 = Object.keys(awsRecord(SAMPLE)).toSorted();

const awsLine = (names: readonly string[]) => (it: Facts) => names.map((name) => awsRecord(it)[name]).join(" ");

const awsFlow = (it: Facts) => ({
  ...common(it),
  ...(it.fresh ? { tcpFlags: 18, packetDestinationAddress: it.source } : {}),
  packetSourceAddress: it.destination,
  directionLogged: it.vnic === "a" ? "egress" : "ingress",
  ...(it.vnic === "a" ? { trafficPath: 8 } : {}),
  ...(it.vnic === "b" ? { logColumns: { "ecs-task-id": it.id } } : {}),
});

function aws(name: string, names: readonly string[], flow: (it: Facts) => Record<string, unknown>, heading: string): Written {
  const line = awsLine(names);
  const sample = line(SAMPLE);
  return {
    format: "aws-vpc",
    name,
    specimen: facts.map((it) => ({ text: line(it), flow: flow(it) })),
    counting: (bytes) => line({ ...SAMPLE, bytes }),
    object: (texts) => `${heading}${texts.map((text) => `${text}\n`).join("")}`,
    damaged: {
      "wrong-field-count": sample.slice(0, 40),
      "missing-field": line({ ...SAMPLE, source: "-" }),
      "bad-address": line({ ...SAMPLE, source: "10.100.xx.197" }),
      "bad-port": sample.replace("40000", "70000"),
      "bad-protocol": sample.replace(" 6 ", " TCP "),
      "bad-counter": sample.replace("1000", "1e3"),
      "bad-time": sample.replace("1725632768", "now"),
      "bad-action": sample.replace("ACCEPT", "DROP"),
      "nul-byte": line({ ...SAMPLE, source: "10.0.\0.7" }),
      "line-too-long": line({ ...SAMPLE, source: "1".repeat(10_000) }),
    },
  };
}

const AWS: readonly Written[] = [
  aws("aws-vpc, the default format", VERSION_2, common, ""),
  aws("aws-vpc, columns by a heading", VERSION_5, awsFlow, `${VERSION_5.join(" ")}\n`),
];

export const FORMATS: readonly Written[] = [OCI, IBM, TEXT, ...AWS];
