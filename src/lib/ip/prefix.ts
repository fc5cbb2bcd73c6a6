import ipaddr from "ipaddr.js";
import { type IpAddress, type IpBits, parseAddress } from "./address.ts";

/** A network: its first address and the length of its prefix in bits (up to 32 or 128). */
export interface IpPrefix {
  readonly address: IpAddress;
  readonly length: number;
}

/** Whether the network holds the address. A network of one family never holds an address of the other. */
export function contains(prefix: IpPrefix, ip: IpBits): boolean {
  const net = prefix.address;
  if (net.family !== ip.family) return false;
  const length = prefix.length;
  if (!sameBits(net.w0, ip.w0, length)) return false;
  if (net.family === 4 || length <= 32) return true;
  return sameBits(net.w1, ip.w1, length - 32) && sameBits(net.w2, ip.w2, length - 64) && sameBits(net.w3, ip.w3, length - 96);
}

/** Tells whether an address (text) lies in one of the networks; what is no address lies nowhere. Throws TypeError on what is no network. */
export function compileNetworks(networks: readonly string[]): (address: string) => boolean {
  const prefixes = networks.map((text) => {
    const prefix = parsePrefix(text);
    if (typeof prefix === "string") throw new TypeError(`'${text}': ${prefix}`);
    return prefix;
  });
  return (text) => {
    const address = parseAddress(text);
    if (address === undefined) return false;
    for (const prefix of prefixes) if (contains(prefix, address)) return true;
    return false;
  };
}

function sameBits(a: number, b: number, bits: number): boolean {
  return bits <= 0 || (bits >= 32 ? a === b : (a ^ b) >>> (32 - bits) === 0);
}

/** The length of an IPv4-mapped prefix before the IPv4 part. */
const MAPPED_BITS = 96;

/**
 * Reads a network in CIDR notation; with `bareAddress`, a lone address too, as the network of that one address. Returns the
 * reason as a string where the text is none: what is wrong, and what to write.
 */
export function parsePrefix(text: string, bareAddress = false): IpPrefix | string {
  const slash = text.indexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  const address = host.includes("%") ? undefined : parseAddress(host);
  if (address === undefined) return "no IPv4 or IPv6 address: write one such as 10.0.1.7 or 2001:db8::7";
  const most = address.family === 4 ? 32 : 128;
  const mapped = address.family === 4 && host.includes(":");
  const written = most + (mapped ? MAPPED_BITS : 0);
  if (slash < 0) {
    if (bareAddress) return { address, length: most };
    return `a prefix length is missing: write ${text}/${written} for this one address, or the network that you mean`;
  }
  const digits = text.slice(slash + 1);
  const length = /^(0|[1-9]\d{0,2})$/.test(digits) ? Number(digits) - (mapped ? MAPPED_BITS : 0) : Number.NaN;
  if (!(length >= 0 && length <= most)) {
    return `no prefix length: write a number from ${mapped ? MAPPED_BITS : 0} to ${written} after the slash`;
  }
  const prefix = { address, length };
  return isNetwork(prefix)
    ? prefix
    : `bits are set after the prefix: write ${networkOf(text)} for the network, or a longer prefix`;
}

/** Whether every bit after the prefix is 0. */
function isNetwork(prefix: IpPrefix): boolean {
  const { w0, w1, w2, w3 } = prefix.address;
  const words = prefix.address.family === 4 ? [w0] : [w0, w1, w2, w3];
  return words.every((bits, i) => {
    const kept = prefix.length - 32 * i;
    return kept >= 32 || (kept <= 0 ? bits : bits & (0xffffffff >>> kept)) === 0;
  });
}

function networkOf(text: string): string {
  const length = text.slice(text.indexOf("/"));
  const family = text.includes(":") ? ipaddr.IPv6 : ipaddr.IPv4;
  return family.networkAddressFromCIDR(text).toString() + length;
}

/** The network as a key: equal for equal networks, however they are written. */
export function prefixKey({ address: { family, w0, w1, w2, w3 }, length }: IpPrefix): string {
  return family === 4 ? `4:${w0}/${length}` : `6:${w0}:${w1}:${w2}:${w3}/${length}`;
}
