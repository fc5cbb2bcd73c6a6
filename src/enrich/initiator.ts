import type { Enricher } from "../contracts/enricher.ts";
import type { Flow } from "../flow/flow.ts";
import type { Initiator } from "../flow/types.ts";

const [TCP, UDP] = [6, 17];

/** Ports at which most of the world's services are asked: no client's system draws them, but for a NAT. */
const COMMON = new Set([
  20, 21, 22, 23, 25, 53, 80, 88, 110, 123, 135, 139, 143, 161, 389, 443, 445, 465, 514, 587, 636, 853, 993, 995,
]);
/** Services that have settled above the system ports (IANA's registry, and what widely used software listens on by default). */
const SETTLED = new Set([
  1194, 1433, 1434, 1521, 1723, 1812, 1813, 1883, 2049, 2082, 2083, 2181, 2222, 2375, 2376, 2379, 2380, 2483, 2484, 3000, 3128,
  3260, 3268, 3269, 3306, 3389, 3478, 4369, 4444, 4500, 4505, 4506, 4789, 5000, 5060, 5061, 5222, 5223, 5353, 5355, 5432, 5555,
  5601, 5666, 5671, 5672, 5900, 5901, 5938, 5984, 5985, 5986, 6081, 6379, 6443, 6514, 6667, 7000, 7001, 7070, 7199, 7474, 7687,
  8000, 8008, 8009, 8080, 8081, 8083, 8086, 8088, 8089, 8090, 8125, 8126, 8140, 8200, 8300, 8301, 8333, 8443, 8472, 8500, 8530,
  8531, 8834, 8883, 8888, 9000, 9001, 9042, 9090, 9092, 9093, 9100, 9160, 9200, 9300, 9418, 9443, 9600, 9997, 9999, 10050, 10051,
  10250, 11211, 15672, 19999, 25565, 27017, 27018,
]);
/** Clients of DHCP and DHCPv6 speak by these (RFC 2131, RFC 8415). */
const OF_CLIENTS = new Set([68, 546]);
/** From here on clients draw reserved ports too, as those of NFS do (bindresvport). */
const FIRST_RESERVED = 512;
/** Where systems begin to draw a client's port: Linux here (ip_local_port_range), others at 49152 (RFC 6335, section 6). */
const FIRST_EPHEMERAL = 32_768;

/** How likely a service listens on each port, from 0 (it is a client's) to 4. */
export const RANKS = Uint8Array.from({ length: 65_536 }, (_, port) => {
  if (COMMON.has(port)) return 4;
  if (SETTLED.has(port)) return 2;
  if (port >= FIRST_EPHEMERAL || OF_CLIENTS.has(port)) return 0;
  return port < FIRST_RESERVED ? 3 : 1;
});

/**
 * Sets which end opened the connection that a flow is part of. A record that describes both ways names the initiator as its source. Of a
 * one-way record the ports tell: the one on which services listen is the destination's. Where they do not tell, the one that has a name in
 * the table of ports does; else it is unknown. So the answer for a record depends on the record and the tables alone: it is the same in
 * whatever order objects are read, after any restart, and by whichever worker. To be called after the ports have their names.
 */
export const enrichInitiator: Enricher = (flow) => {
  flow.initiator = initiatorOf(flow);
};

function initiatorOf(flow: Flow): Initiator {
  if (flow.bytesReverse !== undefined || flow.packetsReverse !== undefined) return "source";
  const { protocol, sourcePort, destinationPort } = flow;
  if ((protocol !== TCP && protocol !== UDP) || sourcePort === undefined || destinationPort === undefined) return "unknown";
  const source = RANKS[sourcePort] ?? 0;
  const destination = RANKS[destinationPort] ?? 0;
  // What is refused is a first packet, but for the answer that comes when its connection is forgotten.
  if (flow.action === "reject") return destination === 0 && source >= 2 ? "destination" : "source";
  if (source !== destination) return source < destination ? "source" : "destination";
  const named = flow.destinationService !== undefined;
  if (named === (flow.sourceService !== undefined)) return "unknown";
  return named ? "source" : "destination";
}
