import { type IpBits, parseAddress } from "./address.ts";
import type { IpPrefix } from "./prefix.ts";

/** 32 hexadecimal digits of its IPv6 form, IPv4 as ::ffff:a.b.c.d, so that text compares as addresses do; undefined for what is no address. */
export function comparableAddress(text: string): string | undefined {
  const address = parseAddress(text);
  return address && digitsOf(address);
}

/** The first and the last address of a network in that form. */
export function comparableRange({ address, length }: IpPrefix): [first: string, last: string] {
  const { family } = address;
  const bits = (word: number, index: number, filling: number): number => {
    const own = Math.min(32, Math.max(0, length - index * 32));
    const mask = own === 0 ? 0 : (-1 << (32 - own)) | 0;
    return (word & mask) | (filling & ~mask);
  };
  const end = (filling: number): string => {
    const { w0, w1, w2, w3 } = address;
    const [a = 0, b = 0, c = 0, d = 0] = [w0, w1, w2, w3].map((word, index) => bits(word, index, filling));
    return digitsOf({ family, w0: a, w1: b, w2: c, w3: d });
  };
  return [end(0), end(-1)];
}

function digitsOf({ family, w0, w1, w2, w3 }: IpBits): string {
  const digits = (word: number) => (word >>> 0).toString(16).padStart(8, "0");
  return family === 4 ? `00000000000000000000ffff${digits(w0)}` : [w0, w1, w2, w3].map(digits).join("");
}
