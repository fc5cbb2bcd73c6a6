import type { Flow } from "./flow.ts";
import { type FieldType, type Form, TYPES } from "./types.ts";

/**
 * Where a field's value comes from: `position` where the record stands; `decoder` the log's record; `context` what the log says of the
 * VNIC, the same for all its flows; `enrichment` tables and the network's rules; `detection` the rules of the detections; `sink` what the
 * sink's own options make of the record; `derived` other fields.
 */
type Source = "position" | "decoder" | "context" | "enrichment" | "detection" | "sink" | "derived";

interface Field {
  readonly type: FieldType;
  /** By UCUM: By, {packet}, ms. */
  readonly unit?: string;
  /** Of several the first that has a value: where enrichment has none, the context's. */
  readonly source: Source | readonly ["enrichment", "context"];
  readonly meaning: string;
  /** Heading in searches and dashboards; otherwise the field's name in words. */
  readonly label?: string;
  /** Its values repeat among many flows, so that they are worth keeping encoded. Those of few values always do. */
  readonly repeats?: true;
  /** What a flow begins with; otherwise undefined, or an empty list. */
  readonly initial?: string;
  /** Given to the flow's constructor. */
  readonly required?: true;
  /** Computes the value, for fields that are no slot of a flow. */
  readonly get?: (flow: Flow) => unknown;
}

/**
 * Every field of a flow, its context's, and those derived from them. Slots of flow and context, what decoders and mappings may set, what
 * schemas, rules, searches and test cases may name, and the reference come from here: `npm run generate` after a change.
 */
export const FIELDS = {
  uid: {
    type: "string",
    source: "position",
    meaning: "Identity of the record: hash of store, key and etag, and the record's number",
    get: (f) => f.uid,
  },
  time: {
    type: "time",
    unit: "ms",
    source: "decoder",
    meaning: "When the flow happened: its start, else (where the log leaves that empty) the end of the capture window",
    required: true,
  },
  start: { type: "time", unit: "ms", source: "decoder", meaning: "First packet of the flow in this record's window" },
  end: { type: "time", unit: "ms", source: "decoder", meaning: "Last packet of the flow in this record's window" },
  action: { type: "action", source: "decoder", meaning: "Whether the network let the flow pass" },
  status: { type: "status", source: "decoder", meaning: "OK, or that the window had no traffic or lost flows", initial: "OK" },
  sourceAddress: { type: "address", source: "decoder", meaning: "IPv4 or IPv6 address of the sender", label: "Source IP" },
  sourcePort: { type: "port", source: "decoder", meaning: "Port of the sender, 0 where the protocol has none" },
  destinationAddress: {
    type: "address",
    source: "decoder",
    meaning: "IPv4 or IPv6 address of the receiver",
    label: "Destination IP",
  },
  destinationPort: { type: "port", source: "decoder", meaning: "Port of the receiver, 0 where the protocol has none" },
  protocol: { type: "protocol", source: "decoder", meaning: "IANA protocol number" },
  protocolName: {
    type: "string",
    source: "decoder",
    meaning: "IANA protocol keyword in upper case, the log's own where it has one",
    repeats: true,
  },
  transport: {
    type: "transport",
    source: "derived",
    meaning: "tcp or udp, for other protocols undefined (network.transport)",
    label: "Protocol",
    get: (f) => (f.protocol === 6 ? "tcp" : f.protocol === 17 ? "udp" : undefined),
  },
  networkType: {
    type: "networkType",
    source: "derived",
    meaning: "Version of the addresses (network.type)",
    get: (f) => {
      const { sourceAddress: address } = f;
      // A hash in the place of an address is of no version.
      return address === undefined ? undefined : address.includes(":") ? "ipv6" : address.includes(".") ? "ipv4" : undefined;
    },
  },
  bytes: { type: "counter", unit: "By", source: "decoder", meaning: "Bytes, source to destination" },
  packets: { type: "counter", unit: "{packet}", source: "decoder", meaning: "Packets, source to destination" },
  bytesReverse: {
    type: "counter",
    unit: "By",
    source: "decoder",
    meaning: "Bytes, destination to source, in logs whose records describe both ways",
  },
  packetsReverse: {
    type: "counter",
    unit: "{packet}",
    source: "decoder",
    meaning: "Packets, destination to source, in logs whose records describe both ways",
  },
  bytesCumulative: { type: "counter", unit: "By", source: "decoder", meaning: "Bytes since the connection began" },
  packetsCumulative: { type: "counter", unit: "{packet}", source: "decoder", meaning: "Packets since the connection began" },
  bytesReverseCumulative: { type: "counter", unit: "By", source: "decoder", meaning: "Reverse bytes since the connection began" },
  packetsReverseCumulative: {
    type: "counter",
    unit: "{packet}",
    source: "decoder",
    meaning: "Reverse packets since the connection began",
  },
  connectionStart: { type: "time", unit: "ms", source: "decoder", meaning: "When the flow's connection began" },
  connectionDuration: {
    type: "number",
    unit: "ms",
    source: "derived",
    meaning: "From the connection's beginning to the end of this record's window",
    get: (f) => (f.connectionStart === undefined || f.end === undefined ? undefined : f.end - f.connectionStart),
  },
  initiated: { type: "boolean", source: "decoder", meaning: "The connection began in this window" },
  terminated: { type: "boolean", source: "decoder", meaning: "The connection ended in this window" },
  directionLogged: {
    type: "direction",
    source: "decoder",
    meaning: "The direction that the provider's own record states; it wins over the derived one",
  },
  tcpFlags: {
    type: "number",
    source: "decoder",
    meaning: "TCP flags that the window had, by their bits in the header: FIN 1, SYN 2, RST 4, SYN with ACK 18",
  },
  packetSourceAddress: {
    type: "address",
    source: "decoder",
    meaning:
      "Sender in the packets, which differs from the sender where the interface stands between both ends (NAT gateway, pods)",
  },
  packetDestinationAddress: {
    type: "address",
    source: "decoder",
    meaning: "Receiver in the packets, which differs from the receiver where the interface stands between both ends",
  },
  sourceCloudService: {
    type: "string",
    source: "decoder",
    meaning: "Service of the provider that the packets' sender belongs to, by its address",
    repeats: true,
  },
  destinationCloudService: {
    type: "string",
    source: "decoder",
    meaning: "Service of the provider that the packets' receiver belongs to, by its address",
    repeats: true,
  },
  trafficPath: {
    type: "number",
    source: "decoder",
    meaning: "Way that egress traffic takes, by the provider's number (AWS: 2 and 8 are an internet gateway)",
  },
  rejectReason: { type: "string", source: "decoder", meaning: "Why the network did not let the flow pass", repeats: true },
  encryptionStatus: {
    type: "number",
    source: "decoder",
    meaning: "How the provider saw the traffic encrypted (AWS: 0 not, 1 by Nitro, 2 by the application, 3 by both)",
  },
  logColumns: { type: "columns", source: "decoder", meaning: "Further columns of the log's record, by their names" },
  flowId: { type: "string", source: "decoder", meaning: "The provider's identifier of the flow; not unique" },
  original: { type: "json", source: "decoder", meaning: "The provider's metadata block as it came (OCI: oracle)" },

  direction: {
    type: "direction",
    source: "enrichment",
    meaning: "Into or out of the VNIC's subnet",
    initial: "unknown",
  },
  ioDirection: {
    type: "ioDirection",
    source: "derived",
    meaning: "The direction as network.io.direction has it",
    get: (f) => (f.direction === "ingress" ? "receive" : f.direction === "egress" ? "transmit" : undefined),
  },
  initiator: {
    type: "initiator",
    source: "enrichment",
    meaning: "Which end opened the connection: destination says that this record is of the answers",
    label: "Initiator",
    initial: "unknown",
  },
  sourceZone: { type: "zone", source: "enrichment", meaning: "Where the sender is" },
  destinationZone: { type: "zone", source: "enrichment", meaning: "Where the receiver is" },
  trafficType: { type: "trafficType", source: "enrichment", meaning: "east-west (both ends internal) or north-south" },
  sourceService: {
    type: "string",
    source: "enrichment",
    meaning: "Name of the source port: Traffic From",
    label: "Traffic From",
    repeats: true,
  },
  destinationService: {
    type: "string",
    source: "enrichment",
    meaning: "Name of the destination port: Traffic To",
    label: "Traffic To",
    repeats: true,
  },
  sourceServer: { type: "string", source: "enrichment", meaning: "Server behind the source address", repeats: true },
  destinationServer: { type: "string", source: "enrichment", meaning: "Server behind the destination address", repeats: true },
  sourceColumns: { type: "columns", source: "enrichment", meaning: "Further columns of the source server's row" },
  destinationColumns: { type: "columns", source: "enrichment", meaning: "Further columns of the destination server's row" },
  sourceNetwork: {
    type: "string",
    source: "enrichment",
    meaning: "Name of the network that holds the source address",
    repeats: true,
  },
  destinationNetwork: {
    type: "string",
    source: "enrichment",
    meaning: "Name of the network that holds the destination address",
    repeats: true,
  },
  approvedDestination: {
    type: "string",
    source: "enrichment",
    meaning: "Name under which the destination address is approved",
    repeats: true,
  },
  sourceCountry: {
    type: "string",
    source: "enrichment",
    meaning: "Country of the source address, two letters of ISO 3166-1",
    repeats: true,
  },
  destinationCountry: {
    type: "string",
    source: "enrichment",
    meaning: "Country of the destination address, two letters of ISO 3166-1",
    repeats: true,
  },
  sourceAsNumber: {
    type: "number",
    source: "enrichment",
    meaning: "Number of the autonomous system that announces the source address",
    label: "Source AS",
  },
  destinationAsNumber: {
    type: "number",
    source: "enrichment",
    meaning: "Number of the autonomous system that announces the destination address",
    label: "Destination AS",
  },
  sourceAsOrganization: {
    type: "string",
    source: "enrichment",
    meaning: "Organization that runs the source address's autonomous system",
    label: "Source AS Organization",
    repeats: true,
  },
  destinationAsOrganization: {
    type: "string",
    source: "enrichment",
    meaning: "Organization that runs the destination address's autonomous system",
    label: "Destination AS Organization",
    repeats: true,
  },
  subnetName: {
    type: "string",
    source: ["enrichment", "context"],
    meaning: "Name of the subnet, from the subnet table or the log",
    label: "Subnet",
    repeats: true,
  },
  rule: {
    type: "rule",
    source: "enrichment",
    meaning: "The network's rule that covers the flow, whole; undefined where no snapshot of rules covers the flow's subnet",
  },
  ruleStatus: {
    type: "ruleStatus",
    source: "derived",
    meaning: "matched, reply (of what the rule allowed) or unexplained (no rule covers it)",
    get: (f) => f.rule?.status,
  },
  ruleKind: { type: "ruleKind", source: "derived", meaning: "What the rule stands in", get: (f) => f.rule?.kind },
  ruleListName: {
    type: "string",
    source: "derived",
    meaning: "Name of the security list or group whose rule covers the flow",
    label: "Rule List",
    repeats: true,
    get: (f) => f.rule?.listName,
  },
  ruleListId: {
    type: "string",
    source: "derived",
    meaning: "Id of the security list or group whose rule covers the flow",
    repeats: true,
    get: (f) => f.rule?.listId,
  },
  ruleIndex: {
    type: "number",
    source: "derived",
    meaning: "Place of the rule in its list, from 0",
    get: (f) => f.rule?.index,
  },
  ruleText: {
    type: "string",
    source: "derived",
    meaning: "The rule in short, or what no rule allows",
    label: "Rule",
    get: (f) => (f.rule?.status === "unexplained" ? missingRuleText(f) : f.rule?.text),
  },
  ruleStateless: {
    type: "boolean",
    source: "derived",
    meaning: "The rule does not track connections",
    get: (f) => f.rule?.stateless,
  },
  ruleReply: {
    type: "boolean",
    source: "derived",
    meaning: "The flow answers a connection that the rule covers",
    get: (f) => (f.rule === undefined || f.rule.status === "unexplained" ? undefined : f.rule.status === "reply"),
  },
  rulePartial: {
    type: "boolean",
    source: "derived",
    meaning: "The match rests on less than the rule asks for (ICMP type, members of a group)",
    get: (f) => (f.rule?.status === "unexplained" ? undefined : f.rule?.partial),
  },
  ruleVersion: {
    type: "string",
    source: "derived",
    meaning: "Content hash of the rules that govern the VNIC",
    repeats: true,
    get: (f) => f.rule?.version,
  },
  securityLists: {
    type: "objects",
    source: "enrichment",
    meaning: "Security lists of the subnet with their rules, in the form of schema seed, as far as they are asked for",
  },
  detections: { type: "strings", source: "detection", meaning: "Ids of the rules that the flow matched" },
  lookupsVersion: { type: "string", source: "enrichment", meaning: "Content hash of the lookup tables used", repeats: true },
  samplingRate: {
    type: "number",
    source: "sink",
    meaning: "The sink gets one of so many records: what it counts and sums, times this, estimates all of them",
    repeats: true,
  },
  aggregatedRecords: {
    type: "number",
    source: "sink",
    meaning: "How many records of a conversation this one sums, where the sink aggregates",
    repeats: true,
  },

  provider: {
    type: "string",
    source: "context",
    meaning: "Cloud provider, as cloud.provider has it (oracle_cloud, ibm_cloud, aws); OCI's text form has none",
  },
  account: { type: "string", source: "context", meaning: "Tenancy or account" },
  region: { type: "string", source: "context", meaning: "Region" },
  availabilityZone: { type: "string", source: "context", meaning: "Availability zone of the VNIC" },
  compartment: { type: "string", source: "context", meaning: "Compartment of the VNIC" },
  vcn: { type: "string", source: "context", meaning: "VCN or VPC", label: "VCN" },
  subnet: { type: "string", source: "context", meaning: "Subnet", label: "Subnet OCID" },
  vnic: { type: "string", source: "context", meaning: "Virtual network interface", label: "VNIC" },
  instance: { type: "string", source: "context", meaning: "Instance that the VNIC is attached to" },
  logGroup: { type: "string", source: "context", meaning: "Log group" },
  log: { type: "string", source: "context", meaning: "Log" },
  publicIp: { type: "address", source: "context", meaning: "Public address of the VNIC", label: "Public IP" },
  captureFilter: {
    type: "string",
    source: "context",
    meaning: "Capture filter that let the log have the flow; it may let one of many (OCI: filterOcid)",
    label: "Capture Filter",
  },
  resource: { type: "string", source: "context", meaning: "Managed resource that the VNIC belongs to (OCI: resourceId)" },
  resourceType: { type: "string", source: "context", meaning: "Kind of that resource (OCI: resourceType)" },
  resourceManaged: { type: "boolean", source: "context", meaning: "The provider manages that resource (OCI: managed)" },
  collector: { type: "string", source: "context", meaning: "Collector that wrote the object (IBM: its CRN)" },
  logVersion: { type: "string", source: "context", meaning: "Version of the log's form (IBM)" },
  captureStart: { type: "time", unit: "ms", source: "context", meaning: "Begin of the object's capture window (IBM)" },
  captureEnd: { type: "time", unit: "ms", source: "context", meaning: "End of the object's capture window (IBM)" },
  captureState: {
    type: "string",
    source: "context",
    meaning: "State of the object's capture, as it says itself: ok, or that flows were lost (IBM)",
  },
  captureRecords: {
    type: "number",
    unit: "{record}",
    source: "context",
    meaning: "Flow logs that the object says it holds, which it may not (IBM)",
  },
  recordType: { type: "string", source: "context", meaning: "Traffic that the object is of: all, ingress or egress (IBM)" },
  stream: { type: "string", source: "context", meaning: "Stream of objects that the object belongs to, by its begin (IBM)" },
  objectPath: {
    type: "string",
    source: "context",
    meaning: "Key of the object, in logs whose keys say what it holds (IBM)",
    label: "Object",
  },

  objectKey: {
    type: "string",
    source: "position",
    meaning: "Key of the object that holds the record",
    get: (f) => f.origin.key,
  },
  objectRecord: {
    type: "number",
    source: "position",
    meaning: "Number of the record in its object, from 1",
    get: (f) => f.record,
  },
} as const satisfies Record<string, Field>;

type Fields = typeof FIELDS;
export type FieldName = keyof Fields;
type SourcesOf<Value> = Value extends readonly (infer Each)[] ? Each : Value;
/** Names of the fields that have that source. */
export type FieldFrom<From extends Source> = {
  [Name in FieldName]: From extends SourcesOf<Fields[Name]["source"]> ? Name : never;
}[FieldName];

export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];

/** A row of the table, whatever it says. */
export const fieldOf = (name: FieldName): Field => FIELDS[name];
export const isField = (name: string): name is FieldName => Object.hasOwn(FIELDS, name);
export const formOf = (name: FieldName): Form => TYPES[FIELDS[name].type].form;

export function isFrom<From extends Source>(name: FieldName, source: From): name is FieldFrom<From> {
  const from = fieldOf(name).source;
  return typeof from === "string" ? from === source : (from as readonly Source[]).includes(source);
}

/** Whether a flow, or its context, has a slot for the field. */
export const isStored = (name: FieldName): boolean => fieldOf(name).get === undefined;
/** Whether the value depends on the flow's context alone. */
export const isOfContext = (name: FieldName): boolean => fieldOf(name).source === "context";
/** The slots of a flow's context. */
export const CONTEXT_FIELDS = FIELD_NAMES.filter((name) => isFrom(name, "context"));

/** The rule that a flow would need: `no rule allows ingress tcp 22 from 192.0.2.1`. */
function missingRuleText(flow: Flow): string {
  const { direction, sourceAddress, destinationAddress, protocol, protocolName, destinationPort } = flow;
  const name = protocolName?.toLowerCase() ?? (protocol === undefined ? "traffic" : `protocol ${protocol}`);
  const port = destinationPort === undefined || (protocol !== 6 && protocol !== 17) ? "" : ` ${destinationPort}`;
  const peer = direction === "egress" ? `to ${destinationAddress}` : `from ${sourceAddress}`;
  return `no rule allows ${direction} ${name}${port} ${peer}`;
}
