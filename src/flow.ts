import { createHash } from "node:crypto";

/** An object of a bucket, as a flow remembers it. Records are numbered from 1 in the order in which they stand in the object. */
export interface Origin {
  /** The store's stable name, for example `oci://namespace/bucket`. */
  readonly store: string;
  readonly key: string;
  readonly etag: string;
  /** 24 hexadecimal digits of SHA-256 over store, key and etag. */
  readonly digest: string;
}

export function originOf(store: string, key: string, etag: string): Origin {
  const digest = createHash("sha256").update(`${store}\0${key}\0${etag}`).digest("hex").slice(0, 24);
  return { store, key, etag, digest };
}

/** What is the same for every flow of one VNIC. Decoders intern contexts: equal contexts are one object. */
export interface FlowContext {
  /** `cloud.provider` of the semantic conventions: `oracle_cloud`, `ibm_cloud`; undefined for text forms. */
  readonly provider: string | undefined;
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly compartment: string | undefined;
  readonly vcn: string | undefined;
  readonly subnet: string | undefined;
  /** The subnet's name, where the log itself carries it. */
  readonly subnetName: string | undefined;
  readonly vnic: string | undefined;
  readonly instance: string | undefined;
  readonly logGroup: string | undefined;
  readonly log: string | undefined;
  readonly publicIp: string | undefined;
}

export const EMPTY_CONTEXT: FlowContext = Object.freeze({
  provider: undefined,
  account: undefined,
  region: undefined,
  compartment: undefined,
  vcn: undefined,
  subnet: undefined,
  subnetName: undefined,
  vnic: undefined,
  instance: undefined,
  logGroup: undefined,
  log: undefined,
  publicIp: undefined,
});

export type Action = "accept" | "reject";
/** OK, or a quality record: NODATA (no traffic in the interval), SKIPDATA (flows were lost before they reached the bucket). */
export type Status = "OK" | "NODATA" | "SKIPDATA";
export type Direction = "ingress" | "egress" | "unknown";
export type Zone = "internal" | "external" | "invalid";
export type TrafficType = "east-west" | "north-south";
/** An unsigned 64-bit counter: a number up to 2^53 - 1, above that a bigint, so that it is always exact. */
export type Counter = number | bigint;
export type Columns = Readonly<Record<string, string>>;

/** What a rule stands in: security list and NSG of OCI, security group and network ACL of IBM. */
export type FlowRuleKind = "security-list" | "nsg" | "security-group" | "network-acl";

/** A rule by its place. */
export interface RulePlace {
  readonly kind: FlowRuleKind;
  readonly listId: string;
  readonly listName: string | undefined;
  /** From 0: in the security list's rules of the direction, in the NSG's, security group's or ACL's rules. */
  readonly index: number;
  /** As in `ingress tcp 22 from 0.0.0.0/0`. */
  readonly text: string;
  readonly direction: "ingress" | "egress";
}

/**
 * Which rule covers a flow, by a snapshot of the network's rules. Shared by all flows with the same answer, and never changed.
 * `matched`: the rule covers it. `reply`: the flow answers a connection that the (stateful) rule covers. `unexplained`: no rule does;
 * for a rejected flow that is the reason why it was rejected, for an accepted one a sign that the snapshot is of another time. What is
 * rejected although a rule covers it was so for another reason, or at another time: it carries the rule all the same.
 */
export interface FlowRule {
  readonly status: "matched" | "reply" | "unexplained";
  /** Undefined, as the place of the rule, for `unexplained`. */
  readonly kind: FlowRuleKind | undefined;
  readonly listId: string | undefined;
  readonly listName: string | undefined;
  readonly index: number | undefined;
  readonly text: string | undefined;
  /** The rule's own, so the opposite of the flow's for a reply. */
  readonly direction: "ingress" | "egress" | undefined;
  readonly stateless: boolean | undefined;
  /**
   * Whether more is needed to be sure: flow records carry no ICMP type and code, so rules that ask for them match by protocol and
   * address; and services and groups whose addresses are not known match any public, or any private, address.
   */
  readonly partial: boolean;
  /** 12 hexadecimal digits: hash of the lists and groups that govern the VNIC. */
  readonly version: string;
  /** Further rules that cover the flow. */
  readonly others: readonly RulePlace[];
}

export const NO_DETECTIONS: readonly string[] = Object.freeze([]);

/**
 * One flow-log record. Decoders fill the first part, enrichers the second; nobody else writes.
 * Every field is assigned in the constructor, so that all flows have one shape. What the log does not say is undefined.
 * Times are milliseconds since the epoch.
 */
export class Flow {
  readonly origin: Origin;
  readonly record: number;
  context: FlowContext;

  /** When the flow happened: its start, else (where the log leaves that empty) the end of the capture window. */
  time: number;
  start: number | undefined = undefined;
  end: number | undefined = undefined;
  action: Action | undefined = undefined;
  status: Status = "OK";
  sourceAddress: string | undefined = undefined;
  sourcePort: number | undefined = undefined;
  destinationAddress: string | undefined = undefined;
  destinationPort: number | undefined = undefined;
  /** IANA protocol number. */
  protocol: number | undefined = undefined;
  /** IANA protocol keyword in upper case (`TCP`, `UDP`, `ICMP`), the log's own where it has one. */
  protocolName: string | undefined = undefined;
  bytes: Counter | undefined = undefined;
  packets: Counter | undefined = undefined;
  /** Destination to source, in logs whose records describe both ways. */
  bytesReverse: Counter | undefined = undefined;
  packetsReverse: Counter | undefined = undefined;
  bytesCumulative: Counter | undefined = undefined;
  packetsCumulative: Counter | undefined = undefined;
  bytesReverseCumulative: Counter | undefined = undefined;
  packetsReverseCumulative: Counter | undefined = undefined;
  /** When the connection that the flow is part of began. */
  connectionStart: number | undefined = undefined;
  initiated: boolean | undefined = undefined;
  terminated: boolean | undefined = undefined;
  /** The direction that the provider's own record states; it wins over the derived one. */
  directionLogged: Direction | undefined = undefined;
  /** The provider's own identifier of the flow; not unique. */
  flowId: string | undefined = undefined;
  /** The provider's metadata block as it came (OCI: `oracle`), or undefined. */
  original: unknown = undefined;

  direction: Direction = "unknown";
  sourceZone: Zone | undefined = undefined;
  destinationZone: Zone | undefined = undefined;
  trafficType: TrafficType | undefined = undefined;
  sourceService: string | undefined = undefined;
  destinationService: string | undefined = undefined;
  sourceServer: string | undefined = undefined;
  destinationServer: string | undefined = undefined;
  /** Further columns of the server table's row: `owner` and whatever the operator added. */
  sourceColumns: Columns | undefined = undefined;
  destinationColumns: Columns | undefined = undefined;
  /** Name of the network that the address belongs to, from the network table. */
  sourceNetwork: string | undefined = undefined;
  destinationNetwork: string | undefined = undefined;
  /** Name under which the table of approved destinations holds the destination address. */
  approvedDestination: string | undefined = undefined;
  /** The subnet's name, from the log or the subnet table. */
  subnetName: string | undefined = undefined;
  /** Undefined where no snapshot of rules covers the flow's subnet. */
  rule: FlowRule | undefined = undefined;
  /** Security lists of the subnet with their rules, in the form that schema `seed` writes, as far as they were asked for. */
  securityLists: readonly object[] | undefined = undefined;
  detections: readonly string[] = NO_DETECTIONS;
  /** Version (content hash) of the lookup tables that the flow was enriched with. */
  lookupsVersion: string | undefined = undefined;

  constructor(origin: Origin, record: number, context: FlowContext, time: number) {
    this.origin = origin;
    this.record = record;
    this.context = context;
    this.time = time;
  }

  /** Identity from position: the same record of the same version of an object has the same uid after any replay. 32 hexadecimal digits. */
  get uid(): string {
    return this.origin.digest + this.record.toString(16).padStart(8, "0");
  }
}

export type FieldType = "string" | "number" | "counter" | "boolean" | "time" | "strings" | "columns" | "json";

/** One row of the field table: what mappings, rules and the reference may name, and how it is read. */
export interface Field {
  readonly type: FieldType;
  readonly unit?: string;
  readonly meaning: string;
  readonly get: (flow: Flow) => unknown;
}

const of = (type: FieldType, meaning: string, get: (flow: Flow) => unknown, unit?: string): Field =>
  unit === undefined ? { type, meaning, get } : { type, meaning, get, unit };

/** Every field of a flow by name, its own and its context's, and the ones derived from them. */
export const FIELDS = {
  uid: of("string", "Identity of the record: hash of store, key and etag, and the record's number", (f) => f.uid),
  time: of("time", "When the flow happened", (f) => f.time, "ms"),
  start: of("time", "First packet of the flow in this record's window", (f) => f.start, "ms"),
  end: of("time", "Last packet of the flow in this record's window", (f) => f.end, "ms"),
  action: of("string", "accept or reject", (f) => f.action),
  status: of("string", "OK, NODATA or SKIPDATA", (f) => f.status),
  sourceAddress: of("string", "IPv4 or IPv6 address of the sender", (f) => f.sourceAddress),
  sourcePort: of("number", "Port of the sender, 0 where the protocol has none", (f) => f.sourcePort),
  destinationAddress: of("string", "IPv4 or IPv6 address of the receiver", (f) => f.destinationAddress),
  destinationPort: of("number", "Port of the receiver, 0 where the protocol has none", (f) => f.destinationPort),
  protocol: of("number", "IANA protocol number", (f) => f.protocol),
  protocolName: of("string", "IANA protocol keyword", (f) => f.protocolName),
  transport: of("string", "tcp or udp, for other protocols undefined (network.transport)", (f) =>
    f.protocol === 6 ? "tcp" : f.protocol === 17 ? "udp" : undefined,
  ),
  networkType: of("string", "ipv4 or ipv6 (network.type)", (f) =>
    f.sourceAddress === undefined ? undefined : f.sourceAddress.includes(":") ? "ipv6" : "ipv4",
  ),
  bytes: of("counter", "Bytes, source to destination", (f) => f.bytes, "By"),
  packets: of("counter", "Packets, source to destination", (f) => f.packets, "{packet}"),
  bytesReverse: of("counter", "Bytes, destination to source", (f) => f.bytesReverse, "By"),
  packetsReverse: of("counter", "Packets, destination to source", (f) => f.packetsReverse, "{packet}"),
  bytesCumulative: of("counter", "Bytes since the connection began", (f) => f.bytesCumulative, "By"),
  packetsCumulative: of("counter", "Packets since the connection began", (f) => f.packetsCumulative, "{packet}"),
  bytesReverseCumulative: of("counter", "Reverse bytes since the connection began", (f) => f.bytesReverseCumulative, "By"),
  packetsReverseCumulative: of(
    "counter",
    "Reverse packets since the connection began",
    (f) => f.packetsReverseCumulative,
    "{packet}",
  ),
  connectionStart: of("time", "When the flow's connection began", (f) => f.connectionStart, "ms"),
  connectionDuration: of(
    "number",
    "From the connection's beginning to the end of this record's window",
    (f) => (f.connectionStart === undefined || f.end === undefined ? undefined : f.end - f.connectionStart),
    "ms",
  ),
  initiated: of("boolean", "The connection began in this window", (f) => f.initiated),
  terminated: of("boolean", "The connection ended in this window", (f) => f.terminated),
  flowId: of("string", "The provider's identifier of the flow; not unique", (f) => f.flowId),
  original: of("json", "The provider's metadata block as it came", (f) => f.original),
  direction: of("string", "ingress, egress or unknown, seen from the VNIC's subnet", (f) => f.direction),
  ioDirection: of("string", "receive or transmit (network.io.direction)", (f) =>
    f.direction === "ingress" ? "receive" : f.direction === "egress" ? "transmit" : undefined,
  ),
  sourceZone: of("string", "internal, external or invalid", (f) => f.sourceZone),
  destinationZone: of("string", "internal, external or invalid", (f) => f.destinationZone),
  trafficType: of("string", "east-west (both ends internal) or north-south", (f) => f.trafficType),
  sourceService: of("string", "Name of the source port: Traffic From", (f) => f.sourceService),
  destinationService: of("string", "Name of the destination port: Traffic To", (f) => f.destinationService),
  sourceServer: of("string", "Server behind the source address", (f) => f.sourceServer),
  destinationServer: of("string", "Server behind the destination address", (f) => f.destinationServer),
  sourceColumns: of("columns", "Further columns of the source server's row", (f) => f.sourceColumns),
  destinationColumns: of("columns", "Further columns of the destination server's row", (f) => f.destinationColumns),
  sourceNetwork: of("string", "Name of the network that holds the source address", (f) => f.sourceNetwork),
  destinationNetwork: of("string", "Name of the network that holds the destination address", (f) => f.destinationNetwork),
  approvedDestination: of("string", "Name under which the destination address is approved", (f) => f.approvedDestination),
  ruleStatus: of("string", "matched, reply (of what the rule allowed) or unexplained (no rule covers it)", (f) => f.rule?.status),
  ruleKind: of("string", "security-list, nsg, security-group or network-acl", (f) => f.rule?.kind),
  ruleListName: of("string", "Name of the security list or group whose rule covers the flow", (f) => f.rule?.listName),
  ruleListId: of("string", "Id of the security list or group whose rule covers the flow", (f) => f.rule?.listId),
  ruleIndex: of("number", "Place of the rule in its list, from 0", (f) => f.rule?.index),
  ruleText: of("string", "The rule in short, or what no rule allows", (f) =>
    f.rule?.status === "unexplained" ? missingRuleText(f) : f.rule?.text,
  ),
  ruleStateless: of("boolean", "The rule does not track connections", (f) => f.rule?.stateless),
  ruleReply: of("boolean", "The flow answers a connection that the rule covers", (f) =>
    f.rule === undefined || f.rule.status === "unexplained" ? undefined : f.rule.status === "reply",
  ),
  rulePartial: of("boolean", "The match rests on less than the rule asks for (ICMP type, members of a group)", (f) =>
    f.rule?.status === "unexplained" ? undefined : f.rule?.partial,
  ),
  ruleVersion: of("string", "Content hash of the rules that govern the VNIC", (f) => f.rule?.version),
  securityLists: of("json", "Security lists of the subnet with their rules", (f) => f.securityLists),
  detections: of("strings", "Ids of the rules that the flow matched", (f) => f.detections),
  lookupsVersion: of("string", "Content hash of the lookup tables used", (f) => f.lookupsVersion),
  provider: of("string", "Cloud provider (cloud.provider)", (f) => f.context.provider),
  account: of("string", "Tenancy or account", (f) => f.context.account),
  region: of("string", "Region", (f) => f.context.region),
  compartment: of("string", "Compartment of the VNIC", (f) => f.context.compartment),
  vcn: of("string", "VCN or VPC", (f) => f.context.vcn),
  subnet: of("string", "Subnet", (f) => f.context.subnet),
  subnetName: of("string", "Name of the subnet", (f) => f.subnetName ?? f.context.subnetName),
  vnic: of("string", "Virtual network interface", (f) => f.context.vnic),
  instance: of("string", "Instance that the VNIC is attached to", (f) => f.context.instance),
  logGroup: of("string", "Log group", (f) => f.context.logGroup),
  log: of("string", "Log", (f) => f.context.log),
  publicIp: of("string", "Public address of the VNIC", (f) => f.context.publicIp),
  objectKey: of("string", "Key of the object that holds the record", (f) => f.origin.key),
  objectRecord: of("number", "Number of the record in its object, from 1", (f) => f.record),
} as const satisfies Record<string, Field>;

/** The rule that a flow would need: `no rule allows ingress tcp 22 from 192.0.2.1`. */
function missingRuleText(flow: Flow): string {
  const { direction, sourceAddress, destinationAddress, protocol, protocolName, destinationPort } = flow;
  const name = protocolName?.toLowerCase() ?? (protocol === undefined ? "traffic" : `protocol ${protocol}`);
  const port = destinationPort === undefined || (protocol !== 6 && protocol !== 17) ? "" : ` ${destinationPort}`;
  const peer = direction === "egress" ? `to ${destinationAddress}` : `from ${sourceAddress}`;
  return `no rule allows ${direction} ${name}${port} ${peer}`;
}

export type FieldName = keyof typeof FIELDS;
