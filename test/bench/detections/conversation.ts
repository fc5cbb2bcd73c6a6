/** Address and, where it is one of the estate's, the number of its host. */
export interface End {
  readonly address: string;
  readonly host: number | undefined;
}

/** One connection (or the datagrams between two sockets) from its first packet to its last. */
export interface Conversation {
  /** Seconds since the epoch. */
  readonly start: number;
  /** Seconds; 0 within one second. */
  readonly duration: number;
  readonly client: End;
  readonly clientPort: number;
  readonly server: End;
  readonly serverPort: number;
  readonly protocol: number;
  /** A rejected one has no reply, and is logged where it was rejected: at the server's VNIC, else at the client's. */
  readonly accepted: boolean;
  /** Of the whole conversation, client to server and back. */
  readonly bytes: number;
  readonly bytesBack: number;
  /** Seconds between times at which something is sent, of long conversations; every minute without it. */
  readonly every?: number;
  /** Bytes of a packet, where they are not as most programs of the protocol have them. */
  readonly packetBytes?: number;
}

/** A flow-log record: what one VNIC saw of one direction of a conversation within one minute. */
export interface FlowRecord {
  readonly start: number;
  readonly end: number;
  /** The host whose VNIC logged it. */
  readonly host: number;
  readonly conversation: Conversation;
  readonly reply: boolean;
  readonly bytes: number;
}

const MINUTE = 60;
const SMALLEST_PACKET = 40;

/** The records of a conversation within [from, to), in seconds. */
export function* recordsOf(conversation: Conversation, from: number, to: number): Generator<FlowRecord> {
  const { start, duration, every = MINUTE, client, server, accepted } = conversation;
  const last = start + duration;
  const step = Math.max(MINUTE, every);
  const slices = Math.floor(duration / step) + 1;
  const logged = accepted ? [client.host, server.host] : [server.host ?? client.host];
  for (let slice = Math.max(0, Math.floor((from - start) / step)); slice < slices; slice++) {
    const begin = start + slice * step;
    if (begin >= to) return;
    if (begin < from) continue;
    const end = Math.min(last, begin + MINUTE - 1);
    for (const host of logged) {
      if (host === undefined) continue;
      const bytes = Math.max(SMALLEST_PACKET, Math.round(conversation.bytes / slices));
      yield { start: begin, end, host, conversation, reply: false, bytes };
      if (!accepted || conversation.bytesBack === 0) continue;
      const back = Math.max(SMALLEST_PACKET, Math.round(conversation.bytesBack / slices));
      yield { start: begin, end, host, conversation, reply: true, bytes: back };
    }
  }
}

/** Packets that so many bytes take: few and small at first, then nearly full frames; a datagram each below an MTU; echo requests of 84 bytes. */
export function packetsOf(bytes: number, { protocol, packetBytes }: Conversation): number {
  if (packetBytes !== undefined) return Math.max(1, Math.round(bytes / packetBytes));
  if (bytes <= 60) return 1;
  if (protocol === 1) return Math.max(1, Math.round(bytes / 84));
  if (protocol !== 6) return Math.max(1, Math.ceil(bytes / 512));
  return Math.max(2, Math.round(bytes < 4_000 ? bytes / 180 : 22 + (bytes - 4_000) / 1_320));
}
