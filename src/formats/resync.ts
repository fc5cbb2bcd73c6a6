import {
  BYTE_ORDER_MARK,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  isBlank,
  NEWLINE,
  NUL,
  OPEN_LIST,
  OPEN_OBJECT,
  RECORD_SEPARATOR,
} from "./bytes.ts";
import { beginsWith, beginsWithName, MOST_OPENING_BYTES } from "./openings.ts";

/** What is known of the record that is broken, and of its like. */
export interface Break {
  /** How records begin, if that is known. */
  readonly opening: Buffer | undefined;
  /** How the object begins that the record stands in. */
  readonly around: Buffer | undefined;
  /** Bytes before the record in its line. */
  readonly column: number;
  /** Whether each record is a line: the next one begins after this line. */
  readonly endsWithLine: boolean;
  /** Whether it is certain that records begin so. */
  readonly isSure: boolean;
  /** Whether it is not broken JSON but any text, which ends where an object begins. */
  readonly isText: boolean;
}

const NONE: Break = { opening: undefined, around: undefined, column: 0, endsWithLine: false, isSure: true, isText: false };

/**
 * Looks for the next record behind a place where JSON is broken, in bytes that come in any pieces. One begins where an object begins as
 * its like do; where a line begins with an object that is not further to the right than the broken one; at a record separator; and unless
 * it is certain how records begin, also where an object begins right after another's end.
 */
export class Resync {
  #break: Break = NONE;
  /** Where the next record begins, or the search stands. */
  at = 0;
  /** Whether the place found begins as the object does that the broken record stands in. */
  isAround = false;
  /** The last byte passed that is visible but for brackets of lists that close, and how many of these stand behind it. */
  last = 0;
  closed = 0;
  #column = 0;
  #isFresh = false;

  /** The search begins right behind a byte in the column that `found` names. */
  begin(found: Break, at: number, column: number): void {
    this.#break = found;
    this.at = at;
    this.isAround = false;
    this.last = 0;
    this.closed = 0;
    this.#column = column;
    this.#isFresh = false;
  }

  /** False where the bytes end first; `final`: none follow them. */
  search(buffer: Buffer, limit: number, final: boolean): boolean {
    for (; this.at < limit; this.at++) {
      const byte = buffer[this.at] as number;
      if (byte === OPEN_OBJECT) {
        if (!final && this.at + MOST_OPENING_BYTES > limit) return false;
        if (this.#isRecord(buffer)) return true;
      }
      if (byte === RECORD_SEPARATOR || (byte === NEWLINE && this.#break.endsWithLine)) return true;
      if (byte === NEWLINE) {
        this.#column = 0;
        this.#isFresh = true;
        continue;
      }
      if (BYTE_ORDER_MARK.includes(byte)) continue;
      this.#column++;
      if (isBlank(byte)) continue;
      if (byte === CLOSE_LIST) this.closed++;
      else if (byte !== COMMA && byte !== NUL) {
        this.last = byte;
        this.closed = 0;
      }
      if (byte !== COMMA && byte !== OPEN_LIST) this.#isFresh = false;
    }
    return false;
  }

  #isRecord(buffer: Buffer): boolean {
    const { opening, around, column, isSure, isText } = this.#break;
    this.isAround = around !== undefined && beginsWith(buffer, this.at, around);
    if (this.isAround || (opening !== undefined && beginsWith(buffer, this.at, opening))) return true;
    if (this.#isFresh && this.#column <= column) return true;
    return (!isSure && this.last === CLOSE_OBJECT) || (isText && beginsWithName(buffer, this.at));
  }
}
