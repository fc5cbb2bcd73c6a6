import { h as NONE } from "./access-CkpRYHIj.js";
// src/flow/flow.ts
const EMPTY_CONTEXT = Object.freeze({
	subnetName: void 0,
	provider: void 0,
	account: void 0,
	region: void 0,
	availabilityZone: void 0,
	compartment: void 0,
	vcn: void 0,
	subnet: void 0,
	vnic: void 0,
	instance: void 0,
	logGroup: void 0,
	log: void 0,
	publicIp: void 0
});
/**
* One flow-log record. Decoders, enrichers and detections fill their own fields; nobody else writes.
* Every field is assigned in the constructor, so that all flows have one shape. What the log does not say is undefined.
* Times are milliseconds since the epoch.
*/
var Flow = class {
	origin;
	record;
	context;
	/** When the flow happened: its start, else (where the log leaves that empty) the end of the capture window. */
	time;
	/** First packet of the flow in this record's window. */
	start = void 0;
	/** Last packet of the flow in this record's window. */
	end = void 0;
	/** Whether the network let the flow pass. */
	action = void 0;
	/** OK, or that the window had no traffic or lost flows. */
	status = "OK";
	/** IPv4 or IPv6 address of the sender. */
	sourceAddress = void 0;
	/** Port of the sender, 0 where the protocol has none. */
	sourcePort = void 0;
	/** IPv4 or IPv6 address of the receiver. */
	destinationAddress = void 0;
	/** Port of the receiver, 0 where the protocol has none. */
	destinationPort = void 0;
	/** IANA protocol number. */
	protocol = void 0;
	/** IANA protocol keyword in upper case, the log's own where it has one. */
	protocolName = void 0;
	/** Bytes, source to destination. */
	bytes = void 0;
	/** Packets, source to destination. */
	packets = void 0;
	/** Bytes, destination to source, in logs whose records describe both ways. */
	bytesReverse = void 0;
	/** Packets, destination to source, in logs whose records describe both ways. */
	packetsReverse = void 0;
	/** Bytes since the connection began. */
	bytesCumulative = void 0;
	/** Packets since the connection began. */
	packetsCumulative = void 0;
	/** Reverse bytes since the connection began. */
	bytesReverseCumulative = void 0;
	/** Reverse packets since the connection began. */
	packetsReverseCumulative = void 0;
	/** When the flow's connection began. */
	connectionStart = void 0;
	/** The connection began in this window. */
	initiated = void 0;
	/** The connection ended in this window. */
	terminated = void 0;
	/** The direction that the provider's own record states; it wins over the derived one. */
	directionLogged = void 0;
	/** TCP flags that the window had, by their bits in the header: FIN 1, SYN 2, RST 4, SYN with ACK 18. */
	tcpFlags = void 0;
	/** Sender in the packets, which differs from the sender where the interface stands between both ends (NAT gateway, pods). */
	packetSourceAddress = void 0;
	/** Receiver in the packets, which differs from the receiver where the interface stands between both ends. */
	packetDestinationAddress = void 0;
	/** Service of the provider that the packets' sender belongs to, by its address. */
	sourceCloudService = void 0;
	/** Service of the provider that the packets' receiver belongs to, by its address. */
	destinationCloudService = void 0;
	/** Way that egress traffic takes, by the provider's number (AWS: 2 and 8 are an internet gateway). */
	trafficPath = void 0;
	/** Why the network did not let the flow pass. */
	rejectReason = void 0;
	/** How the provider saw the traffic encrypted (AWS: 0 not, 1 by Nitro, 2 by the application, 3 by both). */
	encryptionStatus = void 0;
	/** Further columns of the log's record, by their names. */
	logColumns = void 0;
	/** The provider's identifier of the flow; not unique. */
	flowId = void 0;
	/** The provider's metadata block as it came (OCI: oracle). */
	original = void 0;
	/** Into or out of the VNIC's subnet. */
	direction = "unknown";
	/** Which end opened the connection: destination says that this record is of the answers. */
	initiator = "unknown";
	/** Where the sender is. */
	sourceZone = void 0;
	/** Where the receiver is. */
	destinationZone = void 0;
	/** east-west (both ends internal) or north-south. */
	trafficType = void 0;
	/** Name of the source port: Traffic From. */
	sourceService = void 0;
	/** Name of the destination port: Traffic To. */
	destinationService = void 0;
	/** Server behind the source address. */
	sourceServer = void 0;
	/** Server behind the destination address. */
	destinationServer = void 0;
	/** Further columns of the source server's row. */
	sourceColumns = void 0;
	/** Further columns of the destination server's row. */
	destinationColumns = void 0;
	/** Name of the network that holds the source address. */
	sourceNetwork = void 0;
	/** Name of the network that holds the destination address. */
	destinationNetwork = void 0;
	/** Name under which the destination address is approved. */
	approvedDestination = void 0;
	/** Country of the source address, two letters of ISO 3166-1. */
	sourceCountry = void 0;
	/** Country of the destination address, two letters of ISO 3166-1. */
	destinationCountry = void 0;
	/** Number of the autonomous system that announces the source address. */
	sourceAsNumber = void 0;
	/** Number of the autonomous system that announces the destination address. */
	destinationAsNumber = void 0;
	/** Organization that runs the source address's autonomous system. */
	sourceAsOrganization = void 0;
	/** Organization that runs the destination address's autonomous system. */
	destinationAsOrganization = void 0;
	/** Name of the subnet, from the subnet table or the log. */
	subnetName = void 0;
	/** The network's rule that covers the flow, whole; undefined where no snapshot of rules covers the flow's subnet. */
	rule = void 0;
	/** Security lists of the subnet with their rules, in the form of schema seed, as far as they are asked for. */
	securityLists = void 0;
	/** Ids of the rules that the flow matched. */
	detections = NONE;
	/** Content hash of the lookup tables used. */
	lookupsVersion = void 0;
	constructor(origin, record, context, time) {
		this.origin = origin;
		this.record = record;
		this.context = context;
		this.time = time;
	}
	/** Identity from position: the same record of the same version of an object has the same uid after any replay. 32 hexadecimal digits. */
	get uid() {
		return this.origin.digest + this.record.toString(16).padStart(8, "0");
	}
};
export { Flow as n, EMPTY_CONTEXT as t };
