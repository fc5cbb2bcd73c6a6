import { isAscii } from "node:buffer";

/** Bytes `start` to `end` of a buffer: the text of one record. */
export interface Span {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  readonly isAscii: boolean;
}

export function spanOf(buffer: Buffer, start: number, end: number): Span {
  return { buffer, start, end, isAscii: isAscii(buffer.subarray(start, end)) };
}

export function textOf({ buffer, start, end, isAscii }: Span): string {
  return buffer.toString(isAscii ? "latin1" : "utf8", start, end);
}
