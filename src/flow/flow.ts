// Written by `npm run generate:flow` from fields.ts, which is the place to change it.
import { type Origin, uidOf } from "./origin.ts";
import type { FlowRule } from "./rule.ts";
import { type Columns, type Counter, NONE, type Word } from "./types.ts";

/** What is the same for every flow of one VNIC. Decoders intern contexts: equal contexts are one object. */
export interface FlowContext {
  /** Name of the subnet, from the subnet table or the log. */
  readonly subnetName: string | undefined;
  /** Cloud provider, as cloud.provider has it (oracle_cloud, ibm_cloud, aws); OCI's text form has none. */
  readonly provider: string | undefined;
  /** Tenancy or account. */
  readonly account: string | undefined;
  /** Region. */
  readonly region: string | undefined;
  /** Availability zone of the VNIC. */
  readonly availabilityZone: string | undefined;
  /** Compartment of the VNIC. */
  readonly compartment: string | undefined;
  /** VCN or VPC. */
  readonly vcn: string | undefined;
  /** Subnet. */
  readonly subnet: string | undefined;
  /** Virtual network interface. */
  readonly vnic: string | undefined;
  /** Instance that the VNIC is attached to. */
  readonly instance: string | undefined;
  /** Log group. */
  readonly logGroup: string | undefined;
  /** Log. */
  readonly log: string | undefined;
  /** Public address of the VNIC. */
  readonly publicIp: string | undefined;
  /** Capture filter that let the log have the flow; it may let one of many (OCI: filterOcid). */
  readonly captureFilter: string | undefined;
  /** Managed resource that the VNIC belongs to (OCI: resourceId). */
  readonly resource: string | undefined;
  /** Kind of that resource (OCI: resourceType). */
  readonly resourceType: string | undefined;
  /** The provider manages that resource (OCI: managed). */
  readonly resourceManaged: boolean | undefined;
  /** Collector that wrote the object (IBM: its CRN). */
  readonly collector: string | undefined;
  /** Version of the log's form (IBM). */
  readonly logVersion: string | undefined;
  /** Begin of the object's capture window (IBM). */
  readonly captureStart: number | undefined;
  /** End of the object's capture window (IBM). */
  readonly captureEnd: number | undefined;
  /** State of the object's capture, as it says itself: ok, or that flows were lost (IBM). */
  readonly captureState: string | undefined;
  /** Flow logs that the object says it holds, which it may not (IBM). */
  readonly captureRecords: number | undefined;
  /** Traffic that the object is of: all, ingress or egress (IBM). */
  readonly recordType: string | undefined;
  /** Stream of objects that the object belongs to, by its begin (IBM). */
  readonly stream: string | undefined;
  /** Key of the object, in logs whose keys say what it holds (IBM). */
  readonly objectPath: string | undefined;
}

export const EMPTY_CONTEXT: FlowContext = Object.freeze({
  subnetName: undefined,
  provider: undefined,
  account: undefined,
  region: undefined,
  availabilityZone: undefined,
  compartment: undefined,
  vcn: undefined,
  subnet: undefined,
  vnic: undefined,
  instance: undefined,
  logGroup: undefined,
  log: undefined,
  publicIp: undefined,
  captureFilter: undefined,
  resource: undefined,
  resourceType: undefined,
  resourceManaged: undefined,
  collector: undefined,
  logVersion: undefined,
  captureStart: undefined,
  captureEnd: undefined,
  captureState: undefined,
  captureRecords: undefined,
  recordType: undefined,
  stream: undefined,
  objectPath: undefined,
});

/**
 * One flow-log record. Decoders, enrichers and detections fill their own fields; nobody else writes.
 * Every field is assigned in the constructor, so that all flows have one shape. What the log does not say is undefined.
 * Times are milliseconds since the epoch.
 */
export class Flow {
  readonly origin: Origin;
  readonly record: number;
  context: FlowContext;

  /** When the flow happened: its start, else (where the log leaves that empty) the end of the capture window. */
  time: number;
  /** First packet of the flow in this record's window. */
  start: number | undefined = undefined;
  /** Last packet of the flow in this record's window. */
  end: number | undefined = undefined;
  /** Whether the network let the flow pass. */
  action: Word<"action"> | undefined = undefined;
  /** OK, or that the window had no traffic or lost flows. */
  status: Word<"status"> = "OK";
  /** IPv4 or IPv6 address of the sender. */
  sourceAddress: string | undefined = undefined;
  /** Port of the sender, 0 where the protocol has none. */
  sourcePort: number | undefined = undefined;
  /** IPv4 or IPv6 address of the receiver. */
  destinationAddress: string | undefined = undefined;
  /** Port of the receiver, 0 where the protocol has none. */
  destinationPort: number | undefined = undefined;
  /** IANA protocol number. */
  protocol: number | undefined = undefined;
  /** IANA protocol keyword in upper case, the log's own where it has one. */
  protocolName: string | undefined = undefined;
  /** Bytes, source to destination. */
  bytes: Counter | undefined = undefined;
  /** Packets, source to destination. */
  packets: Counter | undefined = undefined;
  /** Bytes, destination to source, in logs whose records describe both ways. */
  bytesReverse: Counter | undefined = undefined;
  /** Packets, destination to source, in logs whose records describe both ways. */
  packetsReverse: Counter | undefined = undefined;
  /** Bytes since the connection began. */
  bytesCumulative: Counter | undefined = undefined;
  /** Packets since the connection began. */
  packetsCumulative: Counter | undefined = undefined;
  /** Reverse bytes since the connection began. */
  bytesReverseCumulative: Counter | undefined = undefined;
  /** Reverse packets since the connection began. */
  packetsReverseCumulative: Counter | undefined = undefined;
  /** When the flow's connection began. */
  connectionStart: number | undefined = undefined;
  /** The connection began in this window. */
  initiated: boolean | undefined = undefined;
  /** The connection ended in this window. */
  terminated: boolean | undefined = undefined;
  /** The direction that the provider's own record states; it wins over the derived one. */
  directionLogged: Word<"direction"> | undefined = undefined;
  /** TCP flags that the window had, by their bits in the header: FIN 1, SYN 2, RST 4, SYN with ACK 18. */
  tcpFlags: number | undefined = undefined;
  /** Sender in the packets, which differs from the sender where the interface stands between both ends (NAT gateway, pods). */
  packetSourceAddress: string | undefined = undefined;
  /** Receiver in the packets, which differs from the receiver where the interface stands between both ends. */
  packetDestinationAddress: string | undefined = undefined;
  /** Service of the provider that the packets' sender belongs to, by its address. */
  sourceCloudService: string | undefined = undefined;
  /** Service of the provider that the packets' receiver belongs to, by its address. */
  destinationCloudService: string | undefined = undefined;
  /** Way that egress traffic takes, by the provider's number (AWS: 2 and 8 are an internet gateway). */
  trafficPath: number | undefined = undefined;
  /** Why the network did not let the flow pass. */
  rejectReason: string | undefined = undefined;
  /** How the provider saw the traffic encrypted (AWS: 0 not, 1 by Nitro, 2 by the application, 3 by both). */
  encryptionStatus: number | undefined = undefined;
  /** Further columns of the log's record, by their names. */
  logColumns: Columns | undefined = undefined;
  /** The provider's identifier of the flow; not unique. */
  flowId: string | undefined = undefined;
  /** The provider's metadata block as it came (OCI: oracle). */
  original: unknown = undefined;
  /** Into or out of the VNIC's subnet. */
  direction: Word<"direction"> = "unknown";
  /** Which end opened the connection: destination says that this record is of the answers. */
  initiator: Word<"initiator"> = "unknown";
  /** Where the sender is. */
  sourceZone: Word<"zone"> | undefined = undefined;
  /** Where the receiver is. */
  destinationZone: Word<"zone"> | undefined = undefined;
  /** east-west (both ends internal) or north-south. */
  trafficType: Word<"trafficType"> | undefined = undefined;
  /** Name of the source port: Traffic From. */
  sourceService: string | undefined = undefined;
  /** Name of the destination port: Traffic To. */
  destinationService: string | undefined = undefined;
  /** Server behind the source address. */
  sourceServer: string | undefined = undefined;
  /** Server behind the destination address. */
  destinationServer: string | undefined = undefined;
  /** Further columns of the source server's row. */
  sourceColumns: Columns | undefined = undefined;
  /** Further columns of the destination server's row. */
  destinationColumns: Columns | undefined = undefined;
  /** Name of the network that holds the source address. */
  sourceNetwork: string | undefined = undefined;
  /** Name of the network that holds the destination address. */
  destinationNetwork: string | undefined = undefined;
  /** Name under which the destination address is approved. */
  approvedDestination: string | undefined = undefined;
  /** Country of the source address, two letters of ISO 3166-1. */
  sourceCountry: string | undefined = undefined;
  /** Country of the destination address, two letters of ISO 3166-1. */
  destinationCountry: string | undefined = undefined;
  /** Number of the autonomous system that announces the source address. */
  sourceAsNumber: number | undefined = undefined;
  /** Number of the autonomous system that announces the destination address. */
  destinationAsNumber: number | undefined = undefined;
  /** Organization that runs the source address's autonomous system. */
  sourceAsOrganization: string | undefined = undefined;
  /** Organization that runs the destination address's autonomous system. */
  destinationAsOrganization: string | undefined = undefined;
  /** Name of the subnet, from the subnet table or the log. */
  subnetName: string | undefined = undefined;
  /** The network's rule that covers the flow, whole; undefined where no snapshot of rules covers the flow's subnet. */
  rule: FlowRule | undefined = undefined;
  /** Security lists of the subnet with their rules, in the form of schema seed, as far as they are asked for. */
  securityLists: readonly object[] | undefined = undefined;
  /** Ids of the rules that the flow matched. */
  detections: readonly string[] = NONE;
  /** Content hash of the lookup tables used. */
  lookupsVersion: string | undefined = undefined;
  /** The sink gets one of so many records: what it counts and sums, times this, estimates all of them. */
  samplingRate: number | undefined = undefined;
  /** How many records of a conversation this one sums, where the sink aggregates. */
  aggregatedRecords: number | undefined = undefined;

  constructor(origin: Origin, record: number, context: FlowContext, time: number) {
    this.origin = origin;
    this.record = record;
    this.context = context;
    this.time = time;
  }

  /** Identity from position: the same record of the same version of an object has the same uid after any replay. 32 hexadecimal digits. */
  get uid(): string {
    return uidOf(this);
  }
}
