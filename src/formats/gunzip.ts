import { crc32 } from "node:zlib";
import { inflate } from "./inflate.ts";
import { Input } from "./input.ts";
import { Broken, type Fault, type Unpacked } from "./unpacked.ts";

/** Bytes that are no gzip are handed on in chunks of at most this size. */
const PLAIN_BYTES = 256 * 1024;

/** Flags of a gzip member's header (RFC 1952, 2.3.1). */
const FLAG_HEADER_CRC = 0x02;
const FLAG_EXTRA = 0x04;
const FLAG_NAME = 0x08;
const FLAG_COMMENT = 0x10;
const FLAGS_RESERVED = 0xe0;

/** An object of more members than this has short ones, or somebody wants to waste our time. */
const MANY_MEMBERS = 16;

/** Gzip may hold gzip, as where a store compresses what was compressed before; this deep. */
const MOST_LAYERS = 3;

/**
 * The decompressed bytes of an object that is gzip (found by its first two bytes; members one after another, zero padding at the
 * end; perhaps gzip again), and any other bytes as they are. Up to a fault everything that can be decoded is handed out. A checksum
 * stands at the end of its member: bytes that it proves wrong were handed out before. No layer has more than `maxBytes`. Lets go of
 * `bytes` however the reading ends.
 */
export function gunzip(bytes: AsyncIterable<Uint8Array>, maxBytes: number): Unpacked {
  let fault: Fault | undefined;
  let owned = false;
  async function* unpacked(): AsyncGenerator<Buffer> {
    const layers = [new Input(bytes)];
    try {
      for (;;) {
        const input = layers.at(-1) as Input;
        const isZipped = await isGzip(input);
        if (!isZipped || layers.length > MOST_LAYERS) {
          if (isZipped) throw new Broken("nested-gzip", `the object is gzip within gzip, more than ${MOST_LAYERS} times`);
          owned = layers.length > 1;
          yield* layers.length === 1 ? capped(plain(input), maxBytes) : plain(input);
          return;
        }
        layers.push(new Input(capped(members(input), maxBytes)));
      }
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      fault = error.fault;
    } finally {
      for (const input of layers.toReversed()) await input.release();
    }
  }
  return {
    chunks: unpacked(),
    get fault() {
      return fault;
    },
    get owned() {
      return owned;
    },
  };
}

async function* capped(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let total = 0;
  for await (const chunk of chunks) {
    const room = maxBytes - total;
    total += chunk.length;
    if (chunk.length <= room) yield chunk;
    else {
      if (room > 0) yield chunk.subarray(0, room);
      throw new Broken("too-large", `the object has more than ${maxBytes} bytes decompressed: the rest is not read`);
    }
  }
}

async function isGzip(input: Input): Promise<boolean> {
  const head: number[] = [];
  while (head.length < 2) {
    const byte = await input.byte();
    if (byte === undefined) break;
    head.push(byte);
  }
  input.unread(Buffer.from(head));
  return head[0] === 0x1f && head[1] === 0x8b;
}

async function* plain(input: Input): AsyncGenerator<Buffer> {
  while (await input.more()) yield input.part(PLAIN_BYTES);
}

async function* members(input: Input): AsyncGenerator<Buffer> {
  let count = 0;
  do {
    await readHeader(input);
    count++;
    let checksum = 0;
    let size = 0;
    for await (const chunk of inflate(input, count > MANY_MEMBERS)) {
      checksum = crc32(chunk, checksum);
      size += chunk.length;
      yield chunk;
    }
    const statedChecksum = await readNumber(input);
    const statedSize = await readNumber(input);
    if (statedChecksum !== checksum) {
      throw new Broken("corrupt-gzip", "the checksum of the decompressed bytes is wrong: what was read may be wrong too");
    }
    if (statedSize !== size % 2 ** 32) throw new Broken("corrupt-gzip", "the gzip trailer states another size than there is");
  } while (await nextMember(input));
}

async function readHeader(input: Input): Promise<void> {
  const head = [];
  while (head.length < 10) head.push(await need(input));
  const [first, second, method, flags = 0] = head;
  if (first !== 0x1f || second !== 0x8b) throw new Broken("trailing-garbage", "bytes after the gzip data are no gzip");
  if (method !== 8 || (flags & FLAGS_RESERVED) !== 0) {
    throw new Broken("corrupt-gzip", `a gzip header has method ${method} and flags ${flags}, which are unknown`);
  }
  if ((flags & FLAG_EXTRA) !== 0) {
    for (let left = (await need(input)) + (await need(input)) * 256; left > 0; left--) await need(input);
  }
  if ((flags & FLAG_NAME) !== 0) while ((await need(input)) !== 0);
  if ((flags & FLAG_COMMENT) !== 0) while ((await need(input)) !== 0);
  if ((flags & FLAG_HEADER_CRC) !== 0) for (let left = 2; left > 0; left--) await need(input);
}

/** Whether another member follows. Zeros up to the end are padding. */
async function nextMember(input: Input): Promise<boolean> {
  const first = await input.byte();
  if (first === undefined) return false;
  if (first === 0x1f) {
    const second = await input.byte();
    if (second === 0x8b) {
      input.unread(Buffer.from([first, second]));
      return true;
    }
  }
  let byte: number | undefined = first;
  while (byte === 0) byte = await input.byte();
  if (byte === undefined) return false;
  throw new Broken("trailing-garbage", "bytes after the end of the gzip data are neither gzip nor zero padding");
}

async function readNumber(input: Input): Promise<number> {
  let number = 0;
  for (let factor = 1; factor < 2 ** 32; factor *= 256) number += (await need(input)) * factor;
  return number;
}

async function need(input: Input): Promise<number> {
  const byte = await input.byte();
  if (byte === undefined) throw new Broken("truncated-gzip", "the gzip data ends before its end: the object is not whole");
  return byte;
}
