import type { Decoded, DecodeOptions } from "../contracts/decoder.ts";
import type { Origin } from "../flow/origin.ts";
import { autoFormat } from "./auto.ts";
import { inUtf8 } from "./encoding.ts";
import type { Format, FormatKind, RecordTaker } from "./format.ts";
import { gunzip } from "./gunzip.ts";
import { decodeMessages } from "./messages.ts";

/** Finds the format of each object from its first lines. */
export const AUTO = "auto";

/** A decoder that may be told who takes records. Those of messages nobody takes. */
export type TakenDecoder = (
  bytes: AsyncIterable<Uint8Array>,
  origin: Origin,
  options: DecodeOptions,
  taker?: RecordTaker,
) => AsyncIterable<Decoded>;

/**
 * A decoder for objects of the format of that name, gzipped or not; it may decode any number of objects side by side. Throws TypeError for
 * a name that none of `kinds` has.
 */
export function decoderFor(kinds: readonly FormatKind[], name: string): TakenDecoder {
  const format = name === AUTO ? autoFormat(kinds) : formatOf(kinds, name);
  const alone: TakenDecoder = (bytes, origin, options, taker) =>
    format.decode(inUtf8(gunzip(bytes, options.maxBytes)), origin, options, taker);
  return (bytes, origin, options, taker) =>
    options.framed ? decodeMessages(format, alone, bytes, origin, options) : alone(bytes, origin, options, taker);
}

function formatOf(kinds: readonly FormatKind[], name: string): Format {
  const kind = kinds.find((candidate) => candidate.name === name);
  if (kind === undefined) throw new TypeError(`unknown format ${name}`);
  return kind.create();
}
