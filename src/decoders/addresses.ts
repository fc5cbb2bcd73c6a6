import { isIPv6 } from "node:net";

const DOT = 0x2e;
const ZERO = 0x30;

/** Whether the text is an IPv4 address in dotted decimal form without leading zeros, or an IPv6 address without a zone. */
export function isAddress(text: string): boolean {
  return isIPv4(text) || (text.length <= 45 && !text.includes("%") && isIPv6(text));
}

function isIPv4(text: string): boolean {
  const { length } = text;
  if (length < 7 || length > 15) return false;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || ++dots > 3) return false;
      part = 0;
      digits = 0;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || (digits > 0 && part === 0)) return false;
    part = part * 10 + digit;
    digits++;
    if (part > 255) return false;
  }
  return dots === 3 && digits > 0;
}
