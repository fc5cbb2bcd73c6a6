import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

interface Network {
  readonly address: Address;
  readonly length: number;
}

/** The network of a CIDR, or one line that says what is wrong with it. Bits behind the prefix must be zero. */
export function parseNetwork(text: string): Network | string {
  const [, head = "", digits = ""] = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(text) ?? [];
  if (head === "" || !isAddressText(head)) return `'${text}' is no network: write it as 10.0.0.0/8 or 2001:db8::/32`;
  const address = ipaddr.parse(head);
  const length = Number(digits);
  const bits = address.kind() === "ipv4" ? 32 : 128;
  if (length > bits) return `'${text}' has a prefix longer than ${bits} bits`;
  const bytes = address.toByteArray();
  const stray = bytes.some((byte, index) => (byte & (0xff >> Math.max(0, Math.min(8, length - index * 8)))) !== 0);
  return stray ? `'${text}' has bits set behind its prefix of ${length}` : { address, length };
}

/** Tells whether an address (text) lies in one of the networks. An IPv4 address inside IPv6 counts as IPv4; no address lies nowhere. */
export function compileNetworks(networks: readonly string[]): (address: string) => boolean {
  const v4: { readonly base: number; readonly mask: number }[] = [];
  const v6: Network[] = [];
  for (const text of networks) {
    const network = parseNetwork(text);
    if (typeof network === "string") throw new TypeError(network);
    if (network.address.kind() === "ipv6") v6.push(network);
    else {
      const mask = network.length === 0 ? 0 : (0xffffffff << (32 - network.length)) >>> 0;
      v4.push({ base: toNumber(network.address.toByteArray()) & mask, mask });
    }
  }
  const inV4 = (value: number): boolean => v4.some(({ base, mask }) => (value & mask) === base);
  return (text) => {
    const value = parseV4(text);
    if (value !== undefined) return inV4(value);
    if (!ipaddr.IPv6.isValid(text)) return false;
    const address = ipaddr.process(text);
    if (address.kind() === "ipv4") return inV4(toNumber(address.toByteArray()));
    return v6.some((network) => (address as ipaddr.IPv6).match(network.address as ipaddr.IPv6, network.length));
  };
}

function isAddressText(text: string): boolean {
  return text.includes(":") ? ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** A signed 32-bit number, as the masks are compared. */
function toNumber(bytes: readonly number[]): number {
  return bytes.reduce((sum, byte) => (sum << 8) | byte, 0);
}

function parseV4(text: string): number | undefined {
  let value = 0;
  let part = -1;
  let parts = 0;
  for (let index = 0; index <= text.length; index++) {
    const code = index === text.length ? 46 : text.charCodeAt(index);
    if (code === 46) {
      if (part < 0 || part > 255 || ++parts > 4) return undefined;
      value = (value << 8) | part;
      part = -1;
    } else if (code >= 48 && code <= 57) part = (part < 0 ? 0 : part * 10) + code - 48;
    else return undefined;
  }
  return parts === 4 ? value : undefined;
}
