import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { BlockList, isIPv6 } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { expect } from "vitest";

/** An object as it was put into the bucket. */
export interface PutObject {
  readonly key: string;
  readonly etag: string;
  readonly bytes: Uint8Array;
}

/** CSV files of the `enrich` block; ports come from the file that ships with the program. */
export interface LookupPaths {
  readonly servers?: string;
  readonly networks?: string;
  readonly subnets?: string;
}

/** A log record in schema `otel`, as every receiver of it ought to have it. Integers are bigint. */
export interface PlainRecord {
  readonly timeMs: number;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: string;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>>;
}

type Json = Record<string, unknown>;
type Values = Record<string, string | number | boolean | undefined>;

const PORTS = new URL("../../lookups/ports.csv", import.meta.url).pathname;

/**
 * What the records of these objects come to, by `log.record.uid`. A second implementation of decoders and enrichers, as plain as it can be:
 * whole objects, JSON.parse, and the names that mappings/schemas/otel.yaml documents. For objects without damage.
 */
export function expectedRecords(
  store: string,
  objects: readonly PutObject[],
  lookups: LookupPaths = {},
): Map<string, PlainRecord> {
  const tables = readTables(lookups);
  const expected = new Map<string, PlainRecord>();
  for (const { key, etag, bytes } of objects) {
    const digest = createHash("sha256").update(`${store}\0${key}\0${etag}`).digest("hex").slice(0, 24);
    const text = gunzipSync(bytes).toString();
    const read = key.includes("ibm_vpc_flowlogs_v1/") ? ibmFlows : key.includes("/vpcflowlogs/") ? awsFlows : ociFlows;
    const flows = read(text, key);
    for (const [index, flow] of flows.entries()) {
      const uid = digest + (index + 1).toString(16).padStart(8, "0");
      expected.set(uid, recordOf(uid, flow, tables));
    }
  }
  return expected;
}

/** The parts of a flow that all formats have, with the attributes that need no lookup. */
interface Read {
  readonly timeMs: number;
  readonly status: string;
  readonly action: string | undefined;
  readonly source: string | undefined;
  readonly sourcePort: number | undefined;
  readonly destination: string | undefined;
  readonly destinationPort: number | undefined;
  readonly protocol: number | undefined;
  readonly protocolName: string | undefined;
  readonly loggedDirection: string | undefined;
  readonly subnet: string | undefined;
  readonly resource: Values;
  readonly attributes: Values;
}

const known = <T>(value: unknown): T | undefined => (value === null || value === "" ? undefined : (value as T | undefined));

function ociFlows(text: string): Read[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const wrapper = JSON.parse(line) as Json;
      const event = (wrapper.logContent ?? wrapper) as Json;
      const [data, oracle] = [event.data as Json, event.oracle as Json];
      const startMs = Number(data.startTime) * 1000;
      return {
        timeMs: startMs,
        status: String(data.status),
        action: known<string>(data.action)?.toLowerCase(),
        source: known(data.sourceAddress),
        sourcePort: known(data.sourcePort),
        destination: known(data.destinationAddress),
        destinationPort: known(data.destinationPort),
        protocol: known(data.protocol),
        protocolName: known(data.protocolName),
        loggedDirection: undefined,
        subnet: known(oracle.vnicsubnetocid),
        resource: {
          "cloud.provider": "oracle_cloud",
          "cloud.account.id": known(oracle.tenantid),
          "cloud.region": String(oracle.vnicocid).split(".")[3],
          "flow.vcn.id": known(oracle.vcnOcid),
        },
        attributes: {
          "flow.bytes": known(data.bytesOut),
          "flow.packets": known(data.packets),
          "flow.start": startMs,
          "flow.end": Number(data.endTime) * 1000,
          "flow.id": known(data.flowid),
          "flow.subnet.id": known(oracle.vnicsubnetocid),
          "flow.subnet.name": known(oracle.vnicsubnetname),
          "flow.vnic.id": known(oracle.vnicocid),
          "flow.vnic.public_ip": known(oracle.publicIpv4),
          "host.id": known(oracle.instanceOcid),
          "flow.compartment.id": known(oracle.vniccompartmentocid),
          "flow.capture_filter.id": known(oracle.filterOcid),
          "flow.resource.id": known(oracle.resourceId),
          "flow.resource.type": known(oracle.resourceType),
          "flow.resource.managed": { true: true, false: false }[String(oracle.managed)],
        },
      };
    });
}

function ibmFlows(text: string, key: string): Read[] {
  const header = JSON.parse(text) as Json;
  const crn = String(header.vpc_crn).split(":");
  const named = (name: string, next: string) =>
    decodeURIComponent(new RegExp(`/${name}=(.*?)/${next}`).exec(key)?.[1] ?? `no ${name}`);
  const subnet = named("subnet-id", "endpoint-type=");
  return (header.flow_logs as Json[]).map((flow) => {
    const at = (name: string) => (known(flow[name]) === undefined ? undefined : Date.parse(String(flow[name])));
    return {
      timeMs: at("start_time") ?? at("end_time") ?? Date.parse(String(header.capture_end_time)),
      status: "OK",
      action: { accepted: "accept", rejected: "reject" }[String(flow.action)],
      source: known(flow.initiator_ip),
      sourcePort: known(flow.initiator_port),
      destination: known(flow.target_ip),
      destinationPort: known(flow.target_port),
      protocol: known(flow.transport_protocol),
      // Flow Logs for VPC hold TCP and UDP only; the keywords are IANA's.
      protocolName: { 6: "TCP", 17: "UDP" }[Number(flow.transport_protocol)],
      loggedDirection: { I: "ingress", O: "egress" }[String(flow.direction)],
      subnet,
      resource: {
        "cloud.provider": "ibm_cloud",
        "cloud.account.id": crn[6]?.slice("a/".length),
        "cloud.region": crn[5],
        "flow.vcn.id": String(header.vpc_crn),
      },
      attributes: {
        "flow.bytes": known(flow.bytes_from_initiator),
        "flow.packets": known(flow.packets_from_initiator),
        "flow.reverse.bytes": known(flow.bytes_from_target),
        "flow.reverse.packets": known(flow.packets_from_target),
        "flow.cumulative.bytes": known(flow.cumulative_bytes_from_initiator),
        "flow.cumulative.packets": known(flow.cumulative_packets_from_initiator),
        "flow.cumulative.reverse.bytes": known(flow.cumulative_bytes_from_target),
        "flow.cumulative.reverse.packets": known(flow.cumulative_packets_from_target),
        "flow.start": at("start_time"),
        "flow.end": at("end_time"),
        "flow.connection.start": at("connection_start_time"),
        "flow.connection.initiated": known(flow.was_initiated),
        "flow.connection.terminated": known(flow.was_terminated),
        "flow.subnet.id": subnet,
        "flow.vnic.id": String(header.network_interface_id),
        "host.id": String(header.instance_crn),
        "flow.collector.id": String(header.collector_crn),
        "flow.log.version": String(header.version),
        "flow.capture.start": Date.parse(String(header.capture_start_time)),
        "flow.capture.end": Date.parse(String(header.capture_end_time)),
        "flow.capture.state": String(header.state),
        "flow.capture.records": Number(header.number_of_flow_logs),
        "flow.record_type": named("record-type", "year="),
        "flow.stream.id": named("stream-id", "\\d{8}\\.gz$"),
        "log.file.path": key,
      },
    };
  });
}

/** IANA's keywords, in upper case, of the protocols in generated traffic. */
const KEYWORDS: Readonly<Record<string, string>> = { 1: "ICMP", 6: "TCP", 17: "UDP", 47: "GRE", 50: "ESP", 58: "IPV6-ICMP" };

function awsFlows(text: string): Read[] {
  const [heading = "", ...lines] = text.trimEnd().split("\n");
  const names = heading.split(" ");
  return lines.map((line) => {
    const values = line.split(" ");
    const text = (name: string) => {
      const value = values[names.indexOf(name)];
      return value === "-" ? undefined : value;
    };
    const number = (name: string) => (text(name) === undefined ? undefined : Number(text(name)));
    const startMs = Number(text("start")) * 1000;
    return {
      timeMs: startMs,
      status: String(text("log-status")),
      action: text("action")?.toLowerCase(),
      source: text("srcaddr"),
      sourcePort: number("srcport"),
      destination: text("dstaddr"),
      destinationPort: number("dstport"),
      protocol: number("protocol"),
      protocolName: KEYWORDS[text("protocol") ?? ""],
      loggedDirection: text("flow-direction"),
      subnet: text("subnet-id"),
      resource: {
        "cloud.provider": "aws",
        "cloud.account.id": text("account-id"),
        "cloud.region": text("region"),
        "flow.vcn.id": text("vpc-id"),
      },
      attributes: {
        "flow.bytes": number("bytes"),
        "flow.packets": number("packets"),
        "flow.start": startMs,
        "flow.end": Number(text("end")) * 1000,
        "flow.tcp.flags": number("tcp-flags"),
        "flow.packet.source.address": text("pkt-srcaddr"),
        "flow.packet.destination.address": text("pkt-dstaddr"),
        "flow.traffic_path": number("traffic-path"),
        "flow.column.type": text("type"),
        "flow.subnet.id": text("subnet-id"),
        "flow.vnic.id": text("interface-id"),
        "host.id": text("instance-id"),
        "cloud.availability_zone": text("az-id"),
      },
    };
  });
}

/** What the generator's servers listen on, by its descriptions; its clients draw ports from 32768 on, but for clocks, which have one port at both ends. */
const LISTENING = new Set([22, 53, 80, 443, 1521, 3389, 6379, 6514, 8080, 8443, 9100]);

/** Whose connection it is in generated traffic: IBM names the initiator as the source, and what is rejected there is a first packet. */
function initiatorOf({ attributes, action, protocol, sourcePort = 0, destinationPort = 0 }: Read): string {
  if (attributes["flow.reverse.bytes"] !== undefined) return "source";
  if (protocol !== 6 && protocol !== 17) return "unknown";
  if (action === "reject" || (LISTENING.has(destinationPort) && sourcePort >= 32_768)) return "source";
  if (LISTENING.has(sourcePort) && destinationPort >= 32_768) return "destination";
  return "unknown";
}

function recordOf(uid: string, flow: Read, tables: Tables): PlainRecord {
  const { source, destination, protocol, status, action } = flow;
  const transport = { 6: "tcp", 17: "udp" }[protocol ?? -1];
  const subnet = tables.subnets.filter((row) => row.subnet === flow.subnet);
  const inside = (address: string | undefined) =>
    address !== undefined && subnet.some(({ cidr }) => contains(cidr ?? "", address));
  const direction = flow.loggedDirection ?? (inside(source) ? "egress" : inside(destination) ? "ingress" : "unknown");
  const zones = [zoneOf(source, tables), zoneOf(destination, tables)];
  const severity = status === "SKIPDATA" || (status === "OK" && action === "reject") ? [13, "WARN"] : [9, "INFO"];
  const attributes: Values = {
    "log.record.uid": uid,
    "source.address": source,
    "source.port": flow.sourcePort,
    "destination.address": destination,
    "destination.port": flow.destinationPort,
    "flow.action": action,
    "flow.status": status,
    "flow.protocol.number": protocol,
    "flow.protocol.name": flow.protocolName,
    "network.transport": transport,
    "network.type": source === undefined ? undefined : isIPv6(source) ? "ipv6" : "ipv4",
    "network.io.direction": { ingress: "receive", egress: "transmit" }[direction],
    "flow.direction": direction,
    "flow.traffic_type": zones.includes(undefined)
      ? undefined
      : zones.every((zone) => zone === "internal")
        ? "east-west"
        : "north-south",
    "flow.initiator": initiatorOf(flow),
    "flow.source.zone": zones[0],
    "flow.destination.zone": zones[1],
    "flow.source.service": serviceOf(flow.sourcePort, transport, tables),
    "flow.destination.service": serviceOf(flow.destinationPort, transport, tables),
    "flow.source.network": longest(tables.networks, "cidr", source)?.name,
    "flow.destination.network": longest(tables.networks, "cidr", destination)?.name,
    "flow.lookups.version": tables.version,
    ...serverOf("flow.source", source, tables),
    ...serverOf("flow.destination", destination, tables),
    ...flow.attributes,
    ...(subnet[0] === undefined ? {} : { "flow.subnet.name": subnet[0].name }),
  };
  return {
    timeMs: flow.timeMs,
    severityNumber: severity[0] as number,
    severityText: severity[1] as string,
    eventName: { NODATA: "flow.no_data", SKIPDATA: "flow.skip_data" }[status] ?? `flow.${action}`,
    body: bodyOf(flow),
    resource: integers({ "service.name": "flowferry", ...flow.resource }),
    attributes: integers(attributes),
  };
}

function bodyOf({ status, action, protocol, protocolName, source, sourcePort, destination, destinationPort }: Read): string {
  if (status === "NODATA") return "no data";
  if (status === "SKIPDATA") return "skip data: flows are missing from the log";
  const withPort = (address = "", port = 0) =>
    port === 0 && protocol !== 6 && protocol !== 17 ? address : `${isIPv6(address) ? `[${address}]` : address}:${port}`;
  const name = protocolName?.toLowerCase() ?? `protocol ${protocol}`;
  return `${action} ${name} ${withPort(source, sourcePort)} -> ${withPort(destination, destinationPort)}`;
}

/** Without what is undefined; whole numbers as bigint. */
function integers(values: Values): Record<string, unknown> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === "number" ? BigInt(value) : value]));
}

type Row = Readonly<Record<string, string>>;

/** A row of the table of ports. */
interface Service {
  readonly from: number;
  readonly to: number;
  readonly protocol: string | undefined;
  readonly name: string | undefined;
}

interface Tables {
  readonly services: readonly Service[];
  readonly servers: readonly Row[];
  readonly networks: readonly Row[];
  readonly subnets: readonly Row[];
  readonly version: string;
}

/** RFC 1918, RFC 6598, loopback, unique local; the clouds' own networks; multicast and broadcast. */
const KNOWN = Object.entries({
  internal: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128"],
  provider: ["169.254.0.0/16", "161.26.0.0/16", "166.8.0.0/14"],
  multicast: ["224.0.0.0/4", "ff00::/8"],
  broadcast: ["255.255.255.255/32"],
}).flatMap(([zone, networks]) => networks.map((cidr) => ({ cidr, zone })));

function read(path: string | undefined): Row[] {
  if (path === undefined) return [];
  return parse(readFileSync(path), { columns: true, comment: "#", trim: true, skip_empty_lines: true });
}

/** The table of ports that ships, which is large, and the same for all. */
const SERVICES = read(PORTS).map(({ port: range = "", protocol, name }): Service => {
  const [from = 0, to = from] = range.split("-").map(Number);
  return { from, to, protocol, name };
});

function readTables({ servers, networks, subnets }: LookupPaths): Tables {
  const hash = (content: string | Buffer) => createHash("sha256").update(content).digest("hex").slice(0, 12);
  const files = { ports: PORTS, servers, networks, subnets, approvedDestinations: undefined };
  const versions = Object.entries(files).map(
    ([name, path]) => `${name} ${path === undefined ? "none" : hash(readFileSync(path))}\n`,
  );
  return {
    services: SERVICES,
    servers: read(servers),
    networks: [...read(networks), ...KNOWN],
    subnets: read(subnets),
    version: hash(versions.join("")),
  };
}

function zoneOf(address: string | undefined, { networks }: Tables): string | undefined {
  return address === undefined ? undefined : (longest(networks, "cidr", address)?.zone ?? "external");
}

function serverOf(prefix: string, address: string | undefined, { servers }: Tables): Values {
  const { address: _, ...row } = longest(servers, "address", address) ?? {};
  return Object.fromEntries(
    Object.entries(row)
      .filter(([, value]) => value !== "")
      .map(([name, value]) => [`${prefix}.${name}`, value]),
  );
}

function serviceOf(port: number | undefined, transport: string | undefined, { services }: Tables): string | undefined {
  if (port === undefined || transport === undefined) return undefined;
  return remember(services, `${port}/${transport}`, () => {
    const fits = ({ from, to, protocol }: Service) =>
      from <= port && port <= to && (protocol === "any" || protocol === transport);
    return services.filter(fits).sort((a, b) => a.to - a.from - (b.to - b.from))[0]?.name;
  });
}

const remembered = new WeakMap<object, Map<string, unknown>>();

/** The answer of a table to a question, worked out once. */
function remember<T>(table: object, question: string, answer: () => T): T {
  const answers = remembered.get(table) ?? new Map<string, unknown>();
  remembered.set(table, answers);
  if (!answers.has(question)) answers.set(question, answer());
  return answers.get(question) as T;
}

/** The row with the longest prefix that holds the address. */
function longest(rows: readonly Row[], column: string, address: string | undefined): Row | undefined {
  if (address === undefined) return undefined;
  const length = (row: Row) => Number(row[column]?.split("/")[1] ?? 128);
  const holds = (row: Row) => contains(row[column] ?? "", address);
  return remember(rows, address, () => rows.filter(holds).sort((a, b) => length(b) - length(a))[0]);
}

const lists = new Map<string, BlockList>();

function contains(network: string, address: string): boolean {
  const family = (text: string) => (isIPv6(text) ? "ipv6" : "ipv4");
  const [base = "", bits] = network.split("/");
  if (family(base) !== family(address)) return false;
  let list = lists.get(network);
  if (list === undefined) {
    list = new BlockList();
    list.addSubnet(base, Number(bits ?? (isIPv6(base) ? 128 : 32)), family(base));
    lists.set(network, list);
  }
  return list.check(address, family(address));
}

/** As far as receivers tell it. */
interface Received {
  readonly timeUnixNano: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: unknown;
  readonly resource: object;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly scope: { readonly name: string };
}

/** Every expected record has come once, with no field other than expected, and nothing else has come. */
export function expectRecords(received: readonly Received[], expected: ReadonlyMap<string, PlainRecord>): void {
  const uids = received.map(({ attributes }) => String(attributes["log.record.uid"]));
  expect(uids).toHaveLength(expected.size);
  expect(new Set(uids)).toEqual(new Set(expected.keys()));
  for (const [index, record] of received.entries()) {
    const [plain, wanted] = [plainRecord(record), expected.get(uids[index] as string)];
    if (!isDeepStrictEqual(plain, wanted)) expect(plain).toEqual(wanted);
    if (record.scope.name !== "flowferry") expect(record.scope.name).toBe("flowferry");
  }
}

function plainRecord(received: Received): PlainRecord {
  const { timeUnixNano, severityNumber, severityText, eventName, body, resource, attributes } = received;
  return {
    timeMs: Number(timeUnixNano) / 1e6,
    severityNumber,
    severityText,
    eventName,
    body: String(body),
    resource: { ...resource },
    attributes: { ...attributes },
  };
}
