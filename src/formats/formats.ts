import type { Decoder } from "../contracts/decoder.ts";
import { autoFormat } from "./auto.ts";
import { inUtf8 } from "./encoding.ts";
import type { Format, FormatKind } from "./format.ts";
import { gunzip } from "./gunzip.ts";
import { decodeMessages } from "./messages.ts";

/** Finds the format of each object from its first lines. */
export const AUTO = "auto";

/**
 * A decoder for objects of the format of that name, gzipped or not; it may decode any number of objects side by side. Throws TypeError for
 * a name that none of `kinds` has.
 */
export function decoderFor(kinds: readonly FormatKind[], name: string): Decoder {
  const format = name === AUTO ? autoFormat(kinds) : formatOf(kinds, name);
  const alone: Decoder = (bytes, origin, options) => format.decode(inUtf8(gunzip(bytes, options.maxBytes)), origin, options);
  return (bytes, origin, options) =>
    options.framed ? decodeMessages(format, alone, bytes, origin, options) : alone(bytes, origin, options);
}

function formatOf(kinds: readonly FormatKind[], name: string): Format {
  const kind = kinds.find((candidate) => candidate.name === name);
  if (kind === undefined) throw new TypeError(`unknown format ${name}`);
  return kind.create();
}
