import { ipv4Bits, readIpv4 } from "./ipv4.ts";

/**
 * An address as bits: IPv4 in one word, IPv6 in four, the most significant first. Words are signed 32-bit integers (small
 * integers for the engine); compare them after `>>> 0`. An IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) is its IPv4 address.
 */
export interface IpBits {
  /** 0 for none: in no network. */
  readonly family: 0 | 4 | 6;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
}

export class IpAddress implements IpBits {
  readonly family: 4 | 6;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;

  constructor(family: 4 | 6, w0: number, w1: number, w2: number, w3: number) {
    this.family = family;
    this.w0 = w0;
    this.w1 = w1;
    this.w2 = w2;
    this.w3 = w3;
  }
}

const DOT = 46;
const COLON = 58;
const PERCENT = 37;
const MAPPED = 0xffff;

/** The words of the address that `readAddress` read last. One buffer serves all: reading is synchronous. */
export const words = new Int32Array(4);

/**
 * Reads an address: IPv4 as four decimal numbers without leading zeros, IPv6 in the forms of RFC 4291 2.2, with or without a
 * zone (RFC 4007). Undefined for anything else.
 */
export function parseAddress(text: string): IpAddress | undefined {
  const family = readAddress(text);
  if (family === 0) return undefined;
  return new IpAddress(family, words[0] as number, words[1] as number, words[2] as number, words[3] as number);
}

/** As `parseAddress`, into `words`: returns the family, or 0 for anything else. Runs twice for every flow, and allocates nothing. */
export function readAddress(text: string): 0 | 4 | 6 {
  const end = text.length;
  if (end < 2 || end > 100) return 0;
  for (let i = 0; i < 5 && i < end; i++) {
    const c = text.charCodeAt(i);
    if (c === COLON) return readIpv6(text);
    if (c === DOT) break;
  }
  if (!readIpv4(text, 0, end)) return 0;
  words[0] = ipv4Bits[0] as number;
  words[1] = words[2] = words[3] = 0;
  return 4;
}

function hexValue(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  if (c >= 97 && c <= 102) return c - 87;
  if (c >= 65 && c <= 70) return c - 55;
  return -1;
}

const groups = new Uint16Array(8);

function readIpv6(text: string): 0 | 4 | 6 {
  const end = text.length;
  let count = 0;
  let gap = -1;
  let i = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return 0;
    gap = 0;
    i = 2;
  }
  while (i < end) {
    const start = i;
    let value = 0;
    let c = 0;
    for (; i < end; i++) {
      c = text.charCodeAt(i);
      const digit = hexValue(c);
      if (digit < 0) break;
      value = (value << 4) | digit;
    }
    if (i < end && c === DOT) {
      const zone = text.indexOf("%", i);
      if (zone === end - 1 || count > 6 || !readIpv4(text, start, zone < 0 ? end : zone)) return 0;
      const tail = ipv4Bits[0] as number;
      groups[count++] = tail >>> 16;
      groups[count++] = tail;
      break;
    }
    if (i < end && c === PERCENT) {
      if (i === end - 1) return 0;
      if (i === start && gap === count) break;
    }
    if (i === start || i - start > 4 || count === 8) return 0;
    groups[count++] = value;
    if (i === end || c === PERCENT) break;
    if (c !== COLON || ++i === end) return 0;
    if (text.charCodeAt(i) === COLON) {
      if (gap >= 0) return 0;
      gap = count;
      i++;
    }
  }
  if (gap < 0 ? count !== 8 : count === 8) return 0;
  if (gap >= 0) {
    const moved = 8 - (count - gap);
    for (let from = count - 1, to = 7; from >= gap; from--, to--) groups[to] = groups[from] as number;
    for (let g = gap; g < moved; g++) groups[g] = 0;
  }
  for (let w = 0; w < 4; w++) words[w] = ((groups[2 * w] as number) << 16) | (groups[2 * w + 1] as number);
  if (words[0] !== 0 || words[1] !== 0 || words[2] !== MAPPED) return 6;
  words[0] = words[3] as number;
  words[1] = words[2] = words[3] = 0;
  return 4;
}
