// Protobuf's wire format, for whatever is not on the hot path.

/** The largest integer that an attribute can hold; a larger counter is sent as text, so that no digit is lost. */
export const MAX_INT64 = 2n ** 63n - 1n;

/** Writes a non-negative integer up to 2^53 - 1 and returns the position after it. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  if (value > 0x7fffffff) {
    const high = Math.floor(value / 0x10000000);
    const low = value - high * 0x10000000;
    bytes[at++] = (low & 0x7f) | 0x80;
    bytes[at++] = ((low >>> 7) & 0x7f) | 0x80;
    bytes[at++] = ((low >>> 14) & 0x7f) | 0x80;
    bytes[at++] = (low >>> 21) | 0x80;
    value = high;
  }
  while (value > 0x7f) {
    bytes[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  bytes[at++] = value;
  return at;
}

/** The year 2554: 2^64 nanoseconds, in ms. */
const LAST_MS = 18_446_744_073_709;

/** Times before 1970 and after 2554 cannot be said in OTLP and become 0, its "unknown". */
export const sayable = (ms: number): number => (ms >= 0 && ms <= LAST_MS ? ms : 0);

/**
 * Writes milliseconds as a fixed64 of nanoseconds, exactly: with ms = q × 2^16 + r it is (q × 10^6) × 2^16 + r × 10^6, and no
 * product exceeds 2^53.
 */
export function putNanoseconds(view: DataView, at: number, ms: number): void {
  ms = sayable(ms);
  const r = ms % 65536;
  const q = ((ms - r) / 65536) * 1_000_000;
  const lowOfQ = q % 65536;
  const low = lowOfQ * 65536 + r * 1_000_000;
  const lowWord = low % 4294967296;
  view.setUint32(at, lowWord, true);
  view.setUint32(at + 4, (q - lowOfQ) / 65536 + (low - lowWord) / 4294967296, true);
}

export function varintLength(value: number): number {
  let length = 1;
  while (value > 0x7f) {
    value = Math.floor(value / 128);
    length++;
  }
  return length;
}

function varint(value: number | bigint): Buffer {
  if (typeof value === "number" && value >= 0) {
    const short = Buffer.allocUnsafe(varintLength(value));
    putVarint(short, 0, value);
    return short;
  }
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** A length-delimited field: text, bytes or a message. */
export function delimited(field: number, content: Uint8Array): Buffer {
  const tag = (field << 3) | 2;
  const bytes = Buffer.allocUnsafe(varintLength(tag) + varintLength(content.length) + content.length);
  bytes.set(content, putVarint(bytes, putVarint(bytes, 0, tag), content.length));
  return bytes;
}

/** The content of a KeyValue message. */
export function keyValue(key: string, value: unknown): Buffer {
  return Buffer.concat([delimited(1, Buffer.from(key)), delimited(2, anyValue(value))]);
}

/** The content of an AnyValue message; empty for null. */
export function anyValue(value: unknown): Buffer {
  switch (typeof value) {
    case "string":
      return delimited(1, Buffer.from(value));
    case "boolean":
      return Buffer.of(0x10, value ? 1 : 0);
    case "bigint":
      return value <= MAX_INT64 ? Buffer.concat([Buffer.of(0x18), varint(value)]) : anyValue(String(value));
    case "number":
      return Number.isSafeInteger(value) ? Buffer.concat([Buffer.of(0x18), varint(value)]) : double(value);
    default:
      if (value === null || value === undefined) return Buffer.alloc(0);
      if (Array.isArray(value)) return delimited(5, Buffer.concat(value.map((item) => delimited(1, anyValue(item)))));
      return delimited(6, Buffer.concat(Object.entries(value).map(([key, item]) => delimited(1, keyValue(key, item)))));
  }
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(9, 0x21);
  bytes.writeDoubleLE(value, 1);
  return bytes;
}

/** A field as it was read: an integer, or the bytes of a text or message. */
export interface ReadField {
  readonly field: number;
  readonly value: bigint | Buffer;
}

/** Reads the fields of a message; throws RangeError for bytes that are none. */
export function readFields(bytes: Buffer): ReadField[] {
  const fields: ReadField[] = [];
  let at = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("not a varint");
  };
  const readBytes = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError("a field ends behind its message");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(readVarint());
    const field = Math.floor(tag / 8);
    if (field === 0) throw new RangeError("field 0");
    switch (tag % 8) {
      case 0:
        fields.push({ field, value: readVarint() });
        break;
      case 1:
        fields.push({ field, value: readBytes(8).readBigUInt64LE() });
        break;
      case 2:
        fields.push({ field, value: readBytes(Number(readVarint())) });
        break;
      case 5:
        fields.push({ field, value: BigInt(readBytes(4).readUInt32LE()) });
        break;
      default:
        throw new RangeError("unknown wire type");
    }
  }
  return fields;
}

/** The last one counts, as protobuf has it. */
export function readField(fields: readonly ReadField[], field: number): bigint | Buffer | undefined {
  return fields.findLast((one) => one.field === field)?.value;
}
