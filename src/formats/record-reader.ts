import { isUtf8 } from "node:buffer";
import type { Decoded, DecodeOptions } from "../contracts/decoder.ts";
import { isBlank, NEWLINE, OPEN_OBJECT } from "./bytes.ts";
import type { ListPath } from "./json-scan.ts";
import { Piece } from "./piece.ts";
import type { Problem } from "./problem.ts";
import { type RecordHandler, RecordScanner } from "./record-scanner.ts";
import type { Span } from "./span.ts";
import type { Fault, Unpacked } from "./unpacked.ts";

/** Which records need no decoding, and which are not there. */
export type Position = Pick<DecodeOptions, "skip" | "leftOut">;

/** Numbers the records of one object, and puts what they are into pieces. */
export abstract class RecordReader implements RecordHandler {
  abstract readonly lists: readonly ListPath[];
  readonly #skip: number;
  protected piece: Piece;
  /** The number of the record that is being read, or was read last. */
  protected record: number;

  constructor({ skip, leftOut = 0 }: Position) {
    this.record = leftOut;
    this.#skip = skip;
    this.piece = new Piece(skip);
  }

  abstract readKnown(buffer: Buffer, start: number, limit: number, inList: boolean): number;
  abstract onList(before: Span, isFirst: boolean): void;
  abstract onObjectEnd(after: Span): void;
  abstract onObjectLost(): void;

  /** Puts what the record is into the piece, or tells what is wrong with it. Its bytes are valid UTF-8. */
  protected abstract read(record: Span, isUnknown: boolean): Problem | undefined;

  /** Whether the next record was delivered before. */
  protected get skipsNext(): boolean {
    return this.record < this.#skip;
  }

  /** Counts a record; false for one that was delivered before. */
  protected next(): boolean {
    const isNew = !this.skipsNext;
    this.record++;
    if (isNew) this.piece.through = this.record;
    return isNew;
  }

  onRecord(record: Span, _inList: boolean, isUnknown: boolean): void {
    if (!this.next()) return;
    const { buffer, start, end, isAscii } = record;
    const isValid = isAscii || isUtf8(buffer.subarray(start, end));
    const problem = isValid ? this.read(record, isUnknown) : { code: "invalid-utf8", reason: "the record is not valid UTF-8" };
    if (problem !== undefined) this.piece.reject(this.record, problem);
  }

  onBad(problem: Problem): void {
    if (this.next()) this.piece.reject(this.record, problem);
  }

  onTooLong(bytes: number): void {
    this.onBad({ code: "line-too-long", reason: `the record has ${bytes} bytes, more than is allowed` });
  }

  /** What was read since the last call. */
  takePiece(): Piece {
    const { piece } = this;
    this.piece = new Piece(Math.max(this.record, this.#skip));
    return piece;
  }
}

/** Decodes an object of JSON records that is at hand as a whole. */
export function decodeWhole(bytes: Buffer, reader: RecordReader, maxRecordBytes: number): Decoded {
  let at = 0;
  let last = -1;
  let lastEnd = 0;
  // Most messages are one record, and most of those are known by their beginning.
  for (;;) {
    while (at < bytes.length && (bytes[at] === NEWLINE || isBlank(bytes[at]))) at++;
    if (at === bytes.length) return reader.takePiece();
    const end = bytes[at] === OPEN_OBJECT ? reader.readKnown(bytes, at, Math.min(bytes.length, at + maxRecordBytes), false) : -1;
    if (end === -1) break;
    [last, lastEnd] = [at, end];
    at = end;
  }
  const scanner = new RecordScanner(reader, maxRecordBytes);
  if (last === -1) scanner.feed(bytes);
  else scanner.feedBehind(bytes, last, lastEnd);
  const fault = scanner.end(false);
  const piece = reader.takePiece();
  if (fault !== undefined) piece.breakOff(fault);
  return piece;
}

/** Decodes an object of JSON records, see `RecordScanner`. */
export async function* decodeRecords(unpacked: Unpacked, reader: RecordReader, maxRecordBytes: number): AsyncGenerator<Decoded> {
  const scanner = new RecordScanner(reader, maxRecordBytes);
  for await (const chunk of unpacked.chunks) {
    scanner.feed(chunk);
    if (unpacked.owned) giveBack(chunk);
    const piece = reader.takePiece();
    if (!piece.isEmpty) yield piece;
  }
  const unfinished: Fault | undefined = scanner.end(unpacked.fault !== undefined);
  const fault = unpacked.fault ?? unfinished;
  const piece = reader.takePiece();
  if (fault !== undefined) piece.breakOff(fault);
  if (!piece.isEmpty) yield piece;
}

/**
 * Gives up the memory of a chunk of which nothing is needed any more. Where few objects are made beside it, the collector of garbage would
 * let chunks pile up, and then look through the whole heap for their sake.
 */
function giveBack({ buffer, byteOffset, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && length === buffer.byteLength) buffer.transfer(0);
}
