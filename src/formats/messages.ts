import type { BadRecords, Decoded, DecodeOptions, Decoder, QualityNotice } from "../contracts/decoder.ts";
import type { Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";
import { type Frame, FrameSplitter, NUMBERS } from "../lib/frames.ts";
import type { Format } from "./format.ts";

/** What a message begins with that is no plain text of one byte a character: gzip, the marks of Unicode, Parquet. */
const OTHER_STARTS = [
  [0x1f, 0x8b],
  [0xef, 0xbb],
  [0xff, 0xfe],
  [0xfe, 0xff],
  [0x50, 0x41, 0x52, 0x31],
] as const;

/**
 * Decodes an object that is frames of messages (see `Frame`): each message as if it were an object by itself, so that a broken one breaks no other.
 * `alone` decodes an object of the format in any packing.
 */
export async function* decodeMessages(
  format: Format,
  alone: Decoder,
  bytes: AsyncIterable<Uint8Array>,
  origin: Origin,
  options: DecodeOptions,
): AsyncGenerator<Decoded> {
  const splitter = new FrameSplitter();
  for await (const chunk of bytes) {
    const frames = splitter.feed(chunk).filter(({ base }) => base + NUMBERS > options.skip);
    if (frames.length === 0) continue;
    const gathered = new Gathered();
    for (const frame of frames) {
      const { base, bytes: message } = frame;
      const own = { ...options, leftOut: base, skip: Math.max(base, options.skip) };
      const piece = isPlain(message) ? format.decodeMessage?.(message, origin, own) : undefined;
      if (piece !== undefined) gathered.take(frame, piece);
      else for await (const part of alone(once(message), origin, own)) gathered.take(frame, part);
      gathered.through = base + NUMBERS;
    }
    yield gathered;
  }
}

function isPlain(message: Buffer): boolean {
  return !OTHER_STARTS.some((start) => start.every((byte, index) => message[index] === byte));
}

async function* once(message: Buffer): AsyncGenerator<Buffer> {
  yield message;
}

/** What was decoded of several messages. */
class Gathered implements Decoded {
  readonly flows: Flow[] = [];
  readonly bad: BadRecords[] = [];
  readonly quality: QualityNotice[] = [];
  readonly skipped: Record<string, number[]> = Object.create(null);
  through = 0;

  take({ base }: Frame, piece: Decoded): void {
    const last = base + NUMBERS;
    if (piece.through > last) {
      this.#takeFirst(base, piece);
      return;
    }
    for (const flow of piece.flows) this.flows.push(flow);
    // What follows a break has no number: the message ends there.
    for (const one of piece.bad) this.bad.push(one.to === undefined ? { ...one, to: one.from } : one);
    for (const notice of piece.quality) this.quality.push(notice);
    for (const type in piece.skipped) {
      const known = this.skipped[type];
      const records = piece.skipped[type] ?? [];
      if (known === undefined) this.skipped[type] = [...records];
      else known.push(...records);
    }
  }

  /** A message that has more records than numbers: those beyond are set aside as one. */
  #takeFirst(base: number, { flows, bad, quality, skipped, through }: Decoded): void {
    const last = base + NUMBERS;
    const before = (record: number) => record < last;
    const reason = `the message has more than ${NUMBERS - 1} records, of which those beyond have no number`;
    this.take(
      { base, bytes: Buffer.alloc(0) },
      {
        flows: flows.filter(({ record }) => before(record)),
        bad: [
          ...bad.flatMap((one) => (before(one.from) ? [{ ...one, to: Math.min(one.to ?? one.from, last - 1) }] : [])),
          ...(this.bad.at(-1)?.code === TOO_MANY && this.bad.at(-1)?.to === last
            ? []
            : [{ from: last, to: last, code: TOO_MANY, reason }]),
        ],
        quality: quality.filter(({ after }) => before(after)),
        skipped: Object.fromEntries(Object.entries(skipped).map(([type, records]) => [type, records.filter(before)])),
        through: Math.min(through, last),
      },
    );
  }
}

const TOO_MANY = "too-many-records";
