import type { Host } from "./world.ts";

export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;

/** One end of a connection: a server of the network, or an address outside (`host` undefined). */
export interface Peer {
  readonly address: string;
  readonly host: Host | undefined;
}

/**
 * What two peers did within at most one minute: one connection, or a part of a longer one. Each format makes its records
 * of it: one for each direction and logging VNIC (OCI), or one two-way record for each logging VNIC (IBM).
 */
export interface Exchange {
  /** Seconds since the epoch. */
  readonly time: number;
  /** Seconds, 0 to 59. */
  readonly duration: number;
  /** The initiator. */
  readonly source: Peer;
  readonly sourcePort: number;
  readonly destination: Peer;
  readonly destinationPort: number;
  readonly protocol: number;
  /** A rejected exchange has no reply; it is logged by the VNIC whose rules rejected it. */
  readonly accepted: boolean;
  readonly bytes: number;
  readonly packets: number;
  readonly bytesReverse: number;
  readonly packetsReverse: number;
  /** When the connection began, in seconds; equal to `time` unless this is a later part of it. */
  readonly connectionStart: number;
  /** Index of the incident that the exchange belongs to. */
  readonly incident: number | undefined;
}

export function protocolName(protocol: number): string {
  return protocol === TCP ? "TCP" : protocol === UDP ? "UDP" : "ICMP";
}
