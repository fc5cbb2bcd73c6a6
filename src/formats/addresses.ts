import { readAddress } from "../lib/ip/address.ts";

/** Whether the text is an IPv4 address in dotted decimal form without leading zeros, or an IPv6 address without a zone. */
export function isAddress(text: string): boolean {
  return readAddress(text) !== 0 && !text.includes("%");
}
