import { isIPv4 } from "node:net";
import ipaddr from "ipaddr.js";

/** A value of the data section: maps, lists, texts, and numbers as uint32. */
export type Value = string | number | readonly Value[] | { readonly [key: string]: Value };

export interface MmdbOptions {
  readonly recordSize?: 24 | 28 | 32;
  readonly ipVersion?: 4 | 6;
  readonly type?: string;
  readonly format?: number;
  /** ::ffff:0:0/96 leads to the nodes of IPv4, as in MaxMind's own databases. */
  readonly mapped?: boolean;
}

class Leaf {
  readonly at: number;
  constructor(at: number) {
    this.at = at;
  }
}
class Node {
  readonly children: (Node | Leaf | undefined)[] = [undefined, undefined];
}

/** A database of these networks, by the MaxMind DB format 2.0: search tree, 16 zeros, data, metadata. Equal records share their data. */
export function mmdb(networks: Readonly<Record<string, Value>>, options: MmdbOptions = {}): Buffer {
  const { recordSize = 28, ipVersion = 6, type = "Test", format = 2, mapped = false } = options;
  const data: Buffer[] = [];
  let dataBytes = 0;
  const places = new Map<string, Leaf>();
  const leafOf = (value: Value): Leaf => {
    const key = JSON.stringify(value);
    const known = places.get(key);
    if (known !== undefined) return known;
    const leaf = new Leaf(dataBytes);
    places.set(key, leaf);
    const bytes = encode(value);
    data.push(bytes);
    dataBytes += bytes.length;
    return leaf;
  };

  const root = new Node();
  const entries = Object.entries(networks).map(([cidr, value]) => [bitsOf(cidr, ipVersion), value] as const);
  for (const [bits, value] of entries.sort(([a], [b]) => a.length - b.length)) insert(root, bits, leafOf(value));
  if (mapped) insert(root, bitsOf("::ffff:0:0/96", 6), nodeAt(root, bitsOf("::/96", 6)));

  const nodes = [...new Set(below(root))];
  const numbers = new Map(nodes.map((node, i) => [node, i]));
  const record = (child: Node | Leaf | undefined): number => {
    if (child === undefined) return nodes.length;
    return child instanceof Leaf ? nodes.length + 16 + child.at : (numbers.get(child) as number);
  };
  const tree = nodes.map(({ children: [left, right] }) => packed(record(left), record(right), recordSize));
  const metadata = encode({
    binary_format_major_version: format,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: type,
    description: { en: "Written for a test" },
    ip_version: ipVersion,
    languages: ["en"],
    node_count: nodes.length,
    record_size: recordSize,
  });
  const marker = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from("MaxMind.com")]);
  return Buffer.concat([...tree, Buffer.alloc(16), ...data, marker, metadata]);
}

/** The bits of a network. IPv4 lies below ::/96 in a tree of IPv6. */
function bitsOf(cidr: string, ipVersion: 4 | 6): (0 | 1)[] {
  const [address = "", length = ""] = cidr.split("/");
  const v4 = isIPv4(address);
  const bytes = ipaddr.parse(address).toByteArray();
  const bits = bytes.flatMap((byte) => Array.from({ length: 8 }, (_, i) => ((byte >> (7 - i)) & 1) as 0 | 1));
  const own = bits.slice(0, Number(length));
  return v4 && ipVersion === 6 ? [...new Array<0>(96).fill(0), ...own] : own;
}

function insert(root: Node, bits: readonly (0 | 1)[], child: Node | Leaf): void {
  const last = bits.at(-1) as 0 | 1;
  nodeAt(root, bits.slice(0, -1)).children[last] = child;
}

/** The node at the end of the bits; a shorter network on the way is split. */
function nodeAt(root: Node, bits: readonly (0 | 1)[]): Node {
  let node = root;
  for (const bit of bits) {
    const child = node.children[bit];
    if (child instanceof Node) node = child;
    else {
      const next = new Node();
      next.children.fill(child);
      node.children[bit] = next;
      node = next;
    }
  }
  return node;
}

function below(node: Node): Node[] {
  return [node, ...node.children.flatMap((child) => (child instanceof Node ? below(child) : []))];
}

function packed(left: number, right: number, recordSize: 24 | 28 | 32): Buffer {
  const digits = (value: number, count: number) => value.toString(16).padStart(count, "0");
  if (recordSize !== 28) return Buffer.from(digits(left, recordSize / 4) + digits(right, recordSize / 4), "hex");
  // The upper four bits of both stand in the byte in the middle.
  const [l, r] = [digits(left, 7), digits(right, 7)];
  return Buffer.from(`${l.slice(1)}${l[0]}${r[0]}${r.slice(1)}`, "hex");
}

function encode(value: Value): Buffer {
  if (typeof value === "string") return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === "number") {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  const entries = Object.entries(value as Record<string, Value>);
  return Buffer.concat([control(7, entries.length), ...entries.flatMap(([key, member]) => [encode(key), encode(member)])]);
}

/** Types above 7 stand in a byte of their own; sizes from 29 to 284 in the byte after. */
function control(type: number, size: number): Buffer {
  const first = ((type > 7 ? 0 : type) << 5) | Math.min(size, 29);
  return Buffer.from([first, ...(type > 7 ? [type - 7] : []), ...(size >= 29 ? [size - 29] : [])]);
}

const as = (number: number, organization: string) => ({
  autonomous_system_number: number,
  autonomous_system_organization: organization,
});

/** Countries as GeoLite2-Country has them, and autonomous systems as GeoLite2-ASN has them, for addresses of documentation. */
export const COUNTRIES: Readonly<Record<string, Value>> = {
  "192.0.2.0/24": { country: { iso_code: "CH", names: { en: "Switzerland" } } },
  "198.51.100.0/24": { country: { iso_code: "DE" } },
  "198.51.100.128/25": { country: { iso_code: "AT" } },
  "2001:db8::/32": { country: { iso_code: "FR" } },
};
export const SYSTEMS: Readonly<Record<string, Value>> = {
  "192.0.2.0/24": as(64_496, "Example One"),
  "198.51.100.0/24": as(4_200_000_000, "Example Two"),
  "2001:db8:1::/48": as(64_511, "Example Three"),
};
