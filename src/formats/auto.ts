import type { Decoded, DecodeOptions } from "../contracts/decoder.ts";
import type { Origin } from "../flow/origin.ts";
import type { Format, FormatKind, RecordTaker, Sample } from "./format.ts";
import { memberNames } from "./member-names.ts";
import { peek } from "./peek.ts";
import { Piece } from "./piece.ts";
import type { Unpacked } from "./unpacked.ts";

/** How much of an object is looked at to find its format, from its first visible byte on. */
const SAMPLE_BYTES = 64 * 1024;
/** Within so much of a JSON object mostly a name stands that tells its format. */
const NEAR = 2_048;
/** Lines that are looked at, and objects in lists. */
const MOST_SAMPLES = 32;
/** Where an object begins. */
const OBJECT = /\{\s*["}]/g;
/** An object in a list. */
const ELEMENT = /[[,]\s*(?=\{)/g;

/**
 * The format that recognises one of an object's first lines, or of the JSON objects in its first lists. An object of no known format is
 * one bad record, `unknown-format`; one without a visible character, or of empty lists, has no record.
 */
export function autoFormat(kinds: readonly FormatKind[]): Format {
  const known = kinds.map(({ name }) => name).join(", ");
  const made: Format[] = [];
  const recognising = (sample: Sample): Format | undefined => {
    for (const [index, kind] of kinds.entries()) {
      // Only what is looked for reads its mapping.
      made[index] ??= kind.create();
      if (made[index].recognises(sample)) return made[index];
    }
    return undefined;
  };
  /**
   * The message before was of the first format, as most of a log are then. That is asked before all others, and recognises what it decodes
   * without a fault; of another one a message might be that it decodes and does not recognise.
   */
  let isFirst = false;
  return {
    recognises: (sample) => recognising(sample) !== undefined,
    decodeMessage(message, origin, options) {
      const [first] = made;
      const guessed = isFirst ? first?.decodeMessage?.(message, origin, options) : undefined;
      if (guessed !== undefined && guessed.bad.length === 0 && guessed.flows.length > 0) return guessed;
      const format = find(recognising, message.toString("latin1", 0, SAMPLE_BYTES));
      isFirst = format !== undefined && format === first;
      return isFirst && guessed !== undefined ? guessed : format?.decodeMessage?.(message, origin, options);
    },
    decode: (unpacked, origin, options, taker) => decodeUnknown(recognising, known, unpacked, origin, options, taker),
  };
}

async function* decodeUnknown(
  recognising: (sample: Sample) => Format | undefined,
  known: string,
  unpacked: Unpacked,
  origin: Origin,
  options: DecodeOptions,
  taker: RecordTaker | undefined,
): AsyncGenerator<Decoded> {
  const { head, whole, release } = await peek(unpacked, SAMPLE_BYTES);
  try {
    const text = head.toString("latin1", 0, SAMPLE_BYTES);
    const format = find(recognising, text);
    if (format !== undefined) {
      yield* format.decode(whole, origin, options, taker);
      return;
    }
    const piece = new Piece(options.skip);
    if (unpacked.fault !== undefined) piece.breakOff(unpacked.fault);
    else if (!isEmptyLists(text))
      piece.breakOff({ code: "unknown-format", reason: `the first lines are of no known format (${known})` });
    if (!piece.isEmpty) yield piece;
  } finally {
    await release();
  }
}

function find(recognising: (sample: Sample) => Format | undefined, text: string): Format | undefined {
  for (const sample of samples(text)) {
    const format = recognising(sample);
    if (format !== undefined) return format;
  }
  return undefined;
}

function* samples(text: string): Generator<Sample> {
  let start = 0;
  for (let count = 0; count < MOST_SAMPLES && start < text.length; count++) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end);
    OBJECT.lastIndex = start;
    // What begins with a name is within an object.
    const object = line.trimStart().startsWith('"') ? end : (OBJECT.exec(text)?.index ?? end);
    yield* samplesAt(text, Math.min(object, end), line);
    start = end + 1;
  }
  let count = 0;
  for (const { index, 0: before } of text.matchAll(ELEMENT)) {
    yield* samplesAt(text, index + before.length, "");
    if (++count === MOST_SAMPLES) return;
  }
}

/** The line with the names that stand near, then with all of them: to find these takes long where an object is large. */
function* samplesAt(text: string, start: number, line: string): Generator<Sample> {
  if (text[start] !== "{") {
    yield { line, names: undefined };
    return;
  }
  const near = start + NEAR;
  if (near < text.length) yield { line, names: memberNames(text, start, near) };
  yield { line, names: memberNames(text, start) };
}

/** Whether there is nothing but lists without anything in them, which have no record. */
function isEmptyLists(text: string): boolean {
  let depth = 0;
  for (const character of text.replaceAll(/[\s,]/g, "")) {
    depth += character === "[" ? 1 : -1;
    if ((character !== "[" && character !== "]") || depth < 0) return false;
  }
  return depth === 0;
}
