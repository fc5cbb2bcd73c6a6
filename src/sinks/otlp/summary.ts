import type { Flow } from "../../flow/flow.ts";
import { hasPorts } from "../../schemas/record.ts";
import { putDecimal, putPlain } from "./bytes.ts";

/** Longest text that `putSummary` writes, in bytes. */
export const MAX_SUMMARY = 125;

const LONGEST_PROTOCOL = 12;
/** An IPv6 address in full. */
const LONGEST_ADDRESS = 39;

/**
 * Writes what `summaryOf` of the schemas says of a flow, without making the text. Returns the position after it, or -1 for flows of
 * another kind (quality records, missing or odd fields), which are left to `summaryOf`. There must be room for MAX_SUMMARY bytes.
 */
export function putSummary(bytes: Uint8Array, at: number, flow: Flow): number {
  const { action, protocol, protocolName, sourceAddress, sourcePort, destinationAddress, destinationPort } = flow;
  if (flow.status !== "OK" || action === undefined || protocolName === undefined || protocolName.length > LONGEST_PROTOCOL)
    return -1;
  at = putPlain(bytes, at, action);
  bytes[at++] = 0x20;
  for (let index = 0; index < protocolName.length; index++) {
    const code = protocolName.charCodeAt(index);
    if (code >= 0x41 && code <= 0x5a) bytes[at++] = code + 0x20;
    else if ((code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d) bytes[at++] = code;
    else return -1;
  }
  bytes[at++] = 0x20;
  const showsPorts = hasPorts(protocol);
  if (!showsPorts && (sourcePort !== 0 || destinationPort !== 0)) return -1;
  at = putEndpoint(bytes, at, sourceAddress, showsPorts ? sourcePort : undefined);
  if (at < 0) return -1;
  bytes[at++] = 0x20;
  bytes[at++] = 0x2d;
  bytes[at++] = 0x3e;
  bytes[at++] = 0x20;
  return putEndpoint(bytes, at, destinationAddress, showsPorts ? destinationPort : undefined);
}

function putEndpoint(bytes: Uint8Array, at: number, address: string | undefined, port: number | undefined): number {
  if (address === undefined || address.length > LONGEST_ADDRESS) return -1;
  if (port === undefined) return putPlain(bytes, at, address);
  if (port < 0 || port > 65535) return -1;
  const bracketed = address.includes(":");
  if (bracketed) bytes[at++] = 0x5b;
  at = putPlain(bytes, at, address);
  if (at < 0) return -1;
  if (bracketed) bytes[at++] = 0x5d;
  bytes[at++] = 0x3a;
  return putDecimal(bytes, at, port);
}
