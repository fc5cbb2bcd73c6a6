import { isAscii, isUtf8 } from "node:buffer";
import type { Decoded, DecodeOptions } from "../contracts/decoder.ts";
import { isBlank as isBlankByte, NEWLINE, RETURN } from "./bytes.ts";
import { Held } from "./held.ts";
import { Piece } from "./piece.ts";
import type { Span } from "./span.ts";
import type { Fault, Unpacked } from "./unpacked.ts";

export interface LineReader {
  /**
   * Whether the line, which stands behind record `after`, is no record but says how the lines after it are read; such a line has no number.
   * Asked of every line that is whole, also of those before the position; the line is the reader's until it returns.
   */
  heading?(line: Span, after: number): boolean;
  /**
   * Puts what the record is into the piece: a flow, a bad record or a skipped one. The line is valid UTF-8, neither blank nor too long,
   * and the reader's until it returns.
   */
  read(line: Span, record: number, piece: Piece): void;
}

/**
 * Decodes an object whose records are its lines: ended by LF or CR LF, the last one perhaps by nothing. Blank lines have no number.
 */
export async function* decodeLines(unpacked: Unpacked, reader: LineReader, options: DecodeOptions): AsyncGenerator<Decoded> {
  const splitter = new Splitter(reader, options);
  for await (const chunk of unpacked.chunks) {
    const piece = splitter.feed(chunk);
    if (!piece.isEmpty) yield piece;
  }
  const piece = splitter.end(unpacked.fault);
  if (!piece.isEmpty) yield piece;
}

/** As `decodeLines`, of an object that is at hand as a whole. */
export function decodeWholeLines(bytes: Buffer, reader: LineReader, options: DecodeOptions): Decoded {
  const splitter = new Splitter(reader, options);
  const piece = splitter.feed(bytes);
  const rest = splitter.end(undefined);
  if (rest.isEmpty) return piece;
  if (piece.isEmpty) return rest;
  piece.add(rest);
  return piece;
}

class Splitter {
  readonly #reader: LineReader;
  readonly #skip: number;
  readonly #maxBytes: number;
  readonly #line: { buffer: Buffer; start: number; end: number; isAscii: boolean };
  readonly #held: Held;
  #record: number;

  constructor(reader: LineReader, { skip, leftOut = 0, maxRecordBytes }: DecodeOptions) {
    this.#reader = reader;
    this.#record = leftOut;
    this.#skip = skip;
    this.#maxBytes = maxRecordBytes;
    this.#held = new Held(maxRecordBytes);
    this.#line = { buffer: this.#held.bytes, start: 0, end: 0, isAscii: true };
  }

  feed(chunk: Buffer): Piece {
    const piece = new Piece(Math.max(this.#record, this.#skip));
    let newline = chunk.indexOf(NEWLINE);
    if (newline === -1) {
      this.#held.add(chunk);
      return piece;
    }
    let start = 0;
    if (this.#held.length > 0) {
      this.#held.add(chunk.subarray(0, newline));
      this.#takeHeld(piece);
      start = newline + 1;
      newline = chunk.indexOf(NEWLINE, start);
    }
    const last = chunk.lastIndexOf(NEWLINE);
    const lines = chunk.subarray(start, last + 1);
    const ascii = isAscii(lines);
    const valid = ascii || isUtf8(lines);
    for (; newline !== -1; newline = chunk.indexOf(NEWLINE, start)) {
      this.#take(chunk, start, newline, ascii, valid, piece);
      start = newline + 1;
    }
    this.#held.add(chunk.subarray(start));
    return piece;
  }

  /** What is left when no byte follows. A fault keeps the last line from being a record: nothing tells whether it is whole. */
  end(fault: Fault | undefined): Piece {
    const piece = new Piece(Math.max(this.#record, this.#skip));
    if (this.#held.length > 0 && fault === undefined) this.#takeHeld(piece);
    if (fault !== undefined) piece.breakOff(fault);
    return piece;
  }

  #takeHeld(piece: Piece): void {
    const { bytes, length, isTooLong } = this.#held;
    this.#held.clear();
    if (isTooLong) {
      this.#tooLong(length, piece);
      return;
    }
    const ascii = isAscii(bytes);
    this.#take(bytes, 0, length, ascii, ascii || isUtf8(bytes), piece);
  }

  #take(buffer: Buffer, start: number, end: number, ascii: boolean, valid: boolean, piece: Piece): void {
    if (end - start > this.#maxBytes) {
      this.#tooLong(end - start, piece);
      return;
    }
    if (end > start && buffer[end - 1] === RETURN) end--;
    if (isBlank(buffer, start, end)) return;
    const line = this.#line;
    line.buffer = buffer;
    line.start = start;
    line.end = end;
    line.isAscii = ascii;
    if (this.#reader.heading?.(line, this.#record) === true) return;
    const record = ++this.#record;
    if (record <= this.#skip) return;
    piece.through = record;
    if (!valid && !isUtf8(buffer.subarray(start, end))) {
      piece.reject(record, { code: "invalid-utf8", reason: "the line is not valid UTF-8" });
      return;
    }
    this.#reader.read(line, record, piece);
  }

  #tooLong(length: number, piece: Piece): void {
    const record = ++this.#record;
    if (record <= this.#skip) return;
    piece.through = record;
    const reason = `the line has ${length} bytes, more than the ${this.#maxBytes} allowed`;
    piece.reject(record, { code: "line-too-long", reason });
  }
}

function isBlank(buffer: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isBlankByte(buffer[at])) return false;
  return true;
}
