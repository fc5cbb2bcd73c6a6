import type { Reader, Response } from "maxmind";
import { describeError } from "../../lib/errors.ts";
import type { IpBits } from "../../lib/ip/address.ts";
import { formatIpv4 } from "../../lib/ip/ipv4.ts";
import type { Report } from "../tables/issues.ts";
import { answerOf, type GeoAnswer, NOTHING } from "./answer.ts";
import { SEPARATOR_BYTES, walkTree } from "./tree.ts";

/** Begins the metadata, by the MaxMind DB format, which leaves 128 KiB for them. */
const MARKER = Buffer.from("abcdef4d61784d696e642e636f6d", "hex");
const METADATA_BYTES = 128 * 1024;
const AGAIN = "fetch it again";

/** What one file says of addresses. */
export interface GeoDatabase {
  /** What it says of an address, and the length of the network that it says it of. */
  find(ip: IpBits): { readonly answer: GeoAnswer; readonly length: number };
}

/**
 * Reads a database in the MaxMind DB format 2, whole: each network, and all that is said of any. One that is cut short, damaged or says
 * neither countries nor autonomous systems is reported.
 */
export async function readDatabase(
  bytes: Uint8Array,
  report: Report,
): Promise<{ readonly content: GeoDatabase | undefined; readonly rows: number }> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const read = await readerOf(buffer);
  const rows = typeof read === "string" ? read : await judge(buffer, read);
  if (typeof read === "string" || typeof rows === "string") {
    report({ reason: String(rows) });
    return { content: undefined, rows: 0 };
  }
  return { content: { find: (ip) => find(read, ip) }, rows };
}

type AnyReader = Reader<Response>;

/** Or what is wrong. */
async function readerOf(bytes: Buffer): Promise<AnyReader | string> {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "is compressed: unpack it";
  if (startOfMetadata(bytes) < 0) return `is no MaxMind database (.mmdb), or is cut short: ${AGAIN}`;
  const { Reader } = await import("maxmind");
  try {
    const reader = new Reader<Response>(bytes);
    const { binaryFormatMajorVersion: format, ipVersion, nodeCount, recordSize } = reader.metadata;
    if (format !== 2) return `is in format ${format}: name a database in the MaxMind DB format 2`;
    if ((ipVersion === 4 || ipVersion === 6) && Number.isInteger(nodeCount) && [24, 28, 32].includes(recordSize)) return reader;
    return `is damaged: its metadata are not complete: ${AGAIN}`;
  } catch (error) {
    return `is damaged: its metadata cannot be read (${describeError(error)}): ${AGAIN}`;
  }
}

function startOfMetadata(bytes: Buffer): number {
  const tail = Math.max(0, bytes.length - METADATA_BYTES);
  const at = bytes.subarray(tail).lastIndexOf(MARKER);
  return at < 0 ? at : tail + at;
}

/** The number of networks, or what is wrong. */
async function judge(bytes: Buffer, reader: AnyReader): Promise<number | string> {
  const { nodeCount, recordSize, searchTreeSize, ipVersion, databaseType } = reader.metadata;
  const dataBytes = startOfMetadata(bytes) - searchTreeSize - SEPARATOR_BYTES;
  const damaged = `is damaged: its networks are not complete: ${AGAIN}`;
  if (nodeCount < 1 || dataBytes < 0) return damaged;
  let says = false;
  try {
    const tree = { bytes, nodeCount, recordSize, depth: ipVersion === 4 ? 32 : 128, dataBytes };
    const rows = await walkTree(tree, (address) => {
      says = answerOf(reader.get(textOf(address))) !== NOTHING || says;
    });
    if (rows === undefined) return damaged;
    if (says) return rows;
    return `says neither countries nor autonomous systems (it is ${databaseType}): name one such as GeoLite2-Country or GeoLite2-ASN`;
  } catch (error) {
    return `is damaged: what it says cannot be read (${describeError(error)}): ${AGAIN}`;
  }
}

function find(reader: AnyReader, ip: IpBits): ReturnType<GeoDatabase["find"]> {
  const { family } = ip;
  if (family === 0 || (family === 6 && reader.metadata.ipVersion === 4)) return { answer: NOTHING, length: 0 };
  const [record, length] = reader.getWithPrefixLength(addressText(ip));
  return { answer: answerOf(record), length };
}

/** An address as the reader takes it. */
export function addressText({ family, w0, w1, w2, w3 }: IpBits): string {
  if (family === 4) return formatIpv4(w0);
  return [w0, w1, w2, w3].map((word) => `${hex(word >>> 16)}:${hex(word & 0xffff)}`).join(":");
}

function textOf(address: Uint8Array): string {
  if (address.length === 4) return address.join(".");
  return Array.from({ length: 8 }, (_, i) => hex(((address[2 * i] as number) << 8) | (address[2 * i + 1] as number))).join(":");
}

const hex = (group: number): string => group.toString(16);
