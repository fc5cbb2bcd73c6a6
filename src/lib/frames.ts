/**
 * Messages of a log as the bytes of one object: each stands behind a head that says how long it is, and so many numbers of records lie before
 * it. A message has a fixed share of the numbers, of which it uses those that it needs: so a record has the same number however messages are
 * put together.
 */
export interface Frame {
  /** So many numbers lie before its records. */
  readonly base: number;
  readonly bytes: Buffer;
}

/** How many numbers each message has. */
export const NUMBERS = 100_000;

/** Length of the message in 32 bits, and its base as a double. */
const HEAD = 12;

/** Frames one after another. */
export function joinFrames(frames: readonly Frame[]): Buffer {
  const joined = Buffer.allocUnsafe(frames.reduce((sum, { bytes }) => sum + HEAD + bytes.length, 0));
  let at = 0;
  for (const { base, bytes } of frames) {
    joined.writeUInt32LE(bytes.length, at);
    joined.writeDoubleLE(base, at + 4);
    bytes.copy(joined, at + HEAD);
    at += HEAD + bytes.length;
  }
  return joined;
}

/** Takes frames apart that come in any pieces. */
export class FrameSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are whole with this piece; their bytes are parts of what was given. */
  feed(piece: Uint8Array): Frame[] {
    const given = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const bytes = this.#rest.length === 0 ? given : Buffer.concat([this.#rest, given]);
    const frames: Frame[] = [];
    let at = 0;
    while (bytes.length - at >= HEAD) {
      const end = at + HEAD + bytes.readUInt32LE(at);
      if (end > bytes.length) break;
      frames.push({ base: bytes.readDoubleLE(at + 4), bytes: bytes.subarray(at + HEAD, end) });
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return frames;
  }
}
