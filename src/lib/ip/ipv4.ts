const DOT = 46;
const ZERO = 48;

/** The bits of the address that `readIpv4` read last, as a signed integer. One place serves all: reading is synchronous. */
export const ipv4Bits = new Int32Array(1);

/** Reads the text between the two places as an IPv4 address: four decimal numbers without leading zeros. False for anything else. */
export function readIpv4(text: string, start: number, end: number): boolean {
  let bits = 0;
  let octet = -1;
  let octets = 0;
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c === DOT) {
      if (octet < 0 || ++octets > 3) return false;
      bits = (bits << 8) | octet;
      octet = -1;
    } else if (c >= ZERO && c <= ZERO + 9) {
      if (octet === 0) return false;
      octet = octet < 0 ? c - ZERO : octet * 10 + c - ZERO;
      if (octet > 255) return false;
    } else return false;
  }
  if (octets !== 3 || octet < 0) return false;
  ipv4Bits[0] = (bits << 8) | octet;
  return true;
}

/** The address of these bits, in the only form that `readIpv4` reads. */
export function formatIpv4(bits: number): string {
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}
