/** Bytes `start` to `end` of a buffer: the text of one record. */
export interface Span {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  readonly isAscii: boolean;
}

export function textOf({ buffer, start, end, isAscii }: Span): string {
  return buffer.toString(isAscii ? "latin1" : "utf8", start, end);
}
