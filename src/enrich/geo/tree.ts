import { setImmediate } from "node:timers/promises";

/** The search tree of a MaxMind database: nodes with a record for each of an address's next bit, 0 and 1. */
export interface SearchTree {
  readonly bytes: Buffer;
  readonly nodeCount: number;
  /** Bits of a record: 24, 28 or 32. */
  readonly recordSize: number;
  /** Bits of an address. */
  readonly depth: number;
  /** Bytes of the section that records point into. */
  readonly dataBytes: number;
}

/** Between tree and data. */
export const SEPARATOR_BYTES = 16;

/** After so many nodes other work gets its turn. */
const TURN_NODES = 50_000;

/**
 * Visits all nodes once. `onData` gets, for each place in the data that a network points to, an address of the first such network: its
 * bits in bytes that the next call overwrites. Resolves to the number of networks that have data; undefined for a tree that is damaged.
 */
export async function walkTree(tree: SearchTree, onData: (address: Uint8Array) => void): Promise<number | undefined> {
  const { bytes, nodeCount, recordSize, depth, dataBytes } = tree;
  const read = recordReader(bytes, recordSize);
  const visited = new Uint8Array(nodeCount);
  visited[0] = 1;
  const known = new Set<number>();
  const address = new Uint8Array(depth / 8);
  /** Of each node to come its number and how many bits lead to it, the last of them with its value. */
  const open: [node: number, length: number, bit: 0 | 1][] = [[0, 0, 0]];
  let networks = 0;
  let nodes = 0;

  const set = (index: number, bit: 0 | 1) => {
    const mask = 128 >>> (index & 7);
    const byte = address[index >>> 3] as number;
    address[index >>> 3] = bit === 1 ? byte | mask : byte & ~mask;
  };

  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, length, last] = next;
    if (length > 0) set(length - 1, last);
    if (++nodes % TURN_NODES === 0) await setImmediate();
    for (const bit of [1, 0] as const) {
      const record = read(node, bit);
      if (record < nodeCount) {
        if (length + 1 >= depth) return undefined;
        if (visited[record] === 1) continue;
        visited[record] = 1;
        open.push([record, length + 1, bit]);
      } else if (record > nodeCount) {
        const at = record - nodeCount - SEPARATOR_BYTES;
        if (at < 0 || at >= dataBytes) return undefined;
        networks++;
        if (known.has(at)) continue;
        known.add(at);
        set(length, bit);
        onData(address);
      }
    }
  }
  return networks;
}

type RecordReader = (node: number, bit: 0 | 1) => number;

/** In a node of 28-bit records the byte in the middle holds the upper four bits of both. */
function recordReader(bytes: Buffer, recordSize: number): RecordReader {
  if (recordSize === 24) return (node, bit) => bytes.readUIntBE(node * 6 + bit * 3, 3);
  if (recordSize === 32) return (node, bit) => bytes.readUInt32BE(node * 8 + bit * 4);
  return (node, bit) => {
    const at = node * 7;
    const middle = bytes[at + 3] as number;
    return bit === 0 ? ((middle >>> 4) << 24) | bytes.readUIntBE(at, 3) : ((middle & 15) << 24) | bytes.readUIntBE(at + 4, 3);
  };
}
