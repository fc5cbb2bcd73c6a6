import ipaddr from "ipaddr.js";
import { type IpAddress, parseAddress } from "./address.ts";

/** The bytes of an address, the most significant first: four or sixteen. */
export function bytesOfAddress({ family, w0, w1, w2, w3 }: IpAddress): number[] {
  const words = family === 4 ? [w0] : [w0, w1, w2, w3];
  return words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
}

/** The address of these bytes: dotted, or as RFC 5952 has it. */
export function textOfAddress(bytes: number[]): string {
  const address = ipaddr.fromByteArray(bytes);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

/** One text for each address, however it is written; undefined for what is no address. */
export function plainAddress(text: string): string | undefined {
  const address = parseAddress(text);
  return address && textOfAddress(bytesOfAddress(address));
}
