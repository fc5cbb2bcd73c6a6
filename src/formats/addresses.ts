import { isIPv6 } from "node:net";
import { readIpv4 } from "../lib/ip/ipv4.ts";

/** Whether the text is an IPv4 address in dotted decimal form without leading zeros, or an IPv6 address without a zone. */
export function isAddress(text: string): boolean {
  return readIpv4(text, 0, text.length) || (text.length <= 45 && !text.includes("%") && isIPv6(text));
}
