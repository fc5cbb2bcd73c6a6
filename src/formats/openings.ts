import { COLON, isBlank, NEWLINE, OPEN_OBJECT, QUOTE } from "./bytes.ts";

/** An opening that is longer is of no use. */
export const MOST_OPENING_BYTES = 256;

/**
 * How an object begins, `{"name":` and where an object follows that too, `{"name":{"name":`, blanks included. Its like in the same
 * bucket begin with the same bytes. Undefined for what does not begin so, or not before `limit`.
 */
export function openingOf(buffer: Buffer, start: number, limit: number): Buffer | undefined {
  const end = Math.min(limit, start + MOST_OPENING_BYTES);
  const outer = afterName(buffer, start, end);
  if (outer === -1) return undefined;
  const inner = afterName(buffer, afterBlanks(buffer, outer, end), end);
  return Buffer.from(buffer.subarray(start, inner === -1 ? outer : inner));
}

export function beginsWith(buffer: Buffer, at: number, opening: Buffer): boolean {
  const end = at + opening.length;
  return end <= buffer.length && buffer.compare(opening, 0, opening.length, at, end) === 0;
}

/** Whether an object with a member begins there. */
export function beginsWithName(buffer: Buffer, at: number): boolean {
  return buffer[afterBlanks(buffer, at + 1, Math.min(buffer.length, at + MOST_OPENING_BYTES))] === QUOTE;
}

/** Where what follows `{ "name" :` begins, -1 where the bytes are other ones. */
function afterName(buffer: Buffer, start: number, limit: number): number {
  if (start >= limit || buffer[start] !== OPEN_OBJECT) return -1;
  const quote = afterBlanks(buffer, start + 1, limit);
  if (quote >= limit || buffer[quote] !== QUOTE) return -1;
  const close = buffer.indexOf(QUOTE, quote + 1);
  if (close === -1 || close >= limit) return -1;
  const colon = afterBlanks(buffer, close + 1, limit);
  return colon < limit && buffer[colon] === COLON ? colon + 1 : -1;
}

function afterBlanks(buffer: Buffer, at: number, limit: number): number {
  while (at < limit && (isBlank(buffer[at]) || buffer[at] === NEWLINE)) at++;
  return at;
}
