import type { Enricher } from "../contracts/enricher.ts";
import type { Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";
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
const RANKS = Uint8Array.from({ length: 65_536 }, (_, port) => {
  if (COMMON.has(port)) return 4;
  if (SETTLED.has(port)) return 2;
  if (port >= FIRST_EPHEMERAL || OF_CLIENTS.has(port)) return 0;
  return port < FIRST_RESERVED ? 3 : 1;
});

/** What an object has shown of conversations whose ports do not tell who began. */
interface Ties {
  /** By conversation: the socket (`address port`) that was found to listen, or the flow that came first, while none was. */
  readonly conversations: Map<string, string | Flow>;
  /** By socket: how many conversations it takes part in. */
  readonly partners: Map<string, number>;
}

/** Conversations that are remembered of one object; of further ones nothing is known. */
const MOST_TIES = 20_000;
/** Who speaks with so many, and with more than twice as many as the other end, listens. */
const LISTENER_PARTNERS = 3;

/**
 * Sets which end opened the connection that a flow is part of. A record that describes both ways names the initiator as its source. Of a
 * one-way record the ports tell: the one on which services listen is the destination's. Where they do not tell, what the same object has
 * shown before does: a socket with many partners listens, and of two opposite records the one that starts earlier is the request; else it
 * is unknown. So the answer for a record depends on nothing but the records before it in its object: it is the same in whatever order
 * objects are read, and by whichever worker.
 */
export function initiatorEnricher(): Enricher {
  const objects = new WeakMap<Origin, Ties>();
  return (flow) => {
    flow.initiator = initiatorOf(flow, objects);
  };
}

function initiatorOf(flow: Flow, objects: WeakMap<Origin, Ties>): Initiator {
  if (flow.bytesReverse !== undefined || flow.packetsReverse !== undefined) return "source";
  const { protocol, sourcePort, destinationPort } = flow;
  if ((protocol !== TCP && protocol !== UDP) || sourcePort === undefined || destinationPort === undefined) return "unknown";
  const source = RANKS[sourcePort] ?? 0;
  const destination = RANKS[destinationPort] ?? 0;
  // What is refused is a first packet, but for the answer that comes when its connection is forgotten.
  if (flow.action === "reject") return destination === 0 && source >= 2 ? "destination" : "source";
  if (source !== destination) return source < destination ? "source" : "destination";
  let ties = objects.get(flow.origin);
  if (ties === undefined) {
    ties = { conversations: new Map(), partners: new Map() };
    objects.set(flow.origin, ties);
  }
  return settle(flow, ties);
}

function settle(flow: Flow, { conversations, partners }: Ties): Initiator {
  const source = `${flow.sourceAddress} ${flow.sourcePort}`;
  const destination = `${flow.destinationAddress} ${flow.destinationPort}`;
  const key = source < destination ? `${flow.protocol} ${source} ${destination}` : `${flow.protocol} ${destination} ${source}`;
  const known = conversations.get(key);
  if (typeof known === "string") return known === destination ? "source" : "destination";
  if (known === undefined) {
    if (conversations.size >= MOST_TIES) return "unknown";
    conversations.set(key, flow);
    for (const socket of [source, destination]) partners.set(socket, (partners.get(socket) ?? 0) + 1);
  }
  const listener = listenerOf(source, destination, partners) ?? earlier(flow, known, source, destination);
  if (listener === undefined) return "unknown";
  conversations.set(key, listener);
  return listener === destination ? "source" : "destination";
}

function listenerOf(source: string, destination: string, partners: ReadonlyMap<string, number>): string | undefined {
  const [ofSource, ofDestination] = [partners.get(source) ?? 0, partners.get(destination) ?? 0];
  if (ofDestination >= LISTENER_PARTNERS && ofDestination > 2 * ofSource) return destination;
  return ofSource >= LISTENER_PARTNERS && ofSource > 2 * ofDestination ? source : undefined;
}

/** Of two opposite records the one that starts earlier goes to who listens. */
function earlier(flow: Flow, first: Flow | undefined, source: string, destination: string): string | undefined {
  if (first === undefined || first.sourceAddress !== flow.destinationAddress || first.sourcePort !== flow.destinationPort)
    return undefined;
  if (first.start === undefined || flow.start === undefined || first.start === flow.start) return undefined;
  return flow.start < first.start ? destination : source;
}
