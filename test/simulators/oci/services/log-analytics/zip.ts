import { inflateRawSync } from "node:zlib";
import { ServiceError } from "../../service.ts";

const CENTRAL_ENTRY = 0x02014b50;
const END = 0x06054b50;
const STORED = 0;
const DEFLATED = 8;

export interface ZipMember {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Reads a ZIP by its central directory (APPNOTE 4.3), as a service would; refuses what is none. No ZIP64, no encryption. */
export function unzip(archive: Buffer): ZipMember[] {
  const end = archive.lastIndexOf(Buffer.of(0x50, 0x4b, 0x05, 0x06));
  if (end < 0 || archive.length < end + 22 || archive.readUInt32LE(end) !== END) throw notAZip();
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  const members: ZipMember[] = [];
  for (let index = 0; index < count; index++) {
    if (archive.length < at + 46 || archive.readUInt32LE(at) !== CENTRAL_ENTRY) throw notAZip();
    const method = archive.readUInt16LE(at + 10);
    const compressed = archive.readUInt32LE(at + 20);
    const size = archive.readUInt32LE(at + 24);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const local = archive.readUInt32LE(at + 42);
    const name = archive.toString("utf8", at + 46, at + 46 + nameLength);
    const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const raw = archive.subarray(from, from + compressed);
    if (method !== STORED && method !== DEFLATED) throw notAZip();
    const bytes = method === STORED ? raw : inflateRawSync(raw, { maxOutputLength: Math.max(1, size) });
    if (bytes.length !== size) throw notAZip();
    members.push({ name, bytes });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return members;
}

function notAZip(): ServiceError {
  return new ServiceError(400, "InvalidParameter", "The payload is not a valid ZIP archive");
}
