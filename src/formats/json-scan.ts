import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isBlank,
  NEWLINE,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  RECORD_SEPARATOR,
} from "./bytes.ts";
import { MOST_LEVELS } from "./json.ts";

/** What may come next. */
const VALUE = 0;
const NAME = 1;
const NAME_COLON = 2;
const AFTER_VALUE = 3;
const IN_WORD = 4;
const IN_NAME = 5;
const IN_TEXT = 6;
/** Below the levels that a record may have nothing but brackets and quotes is looked at. */
const ANYTHING = 7;

/** Levels at which the lists may stand that are looked for. */
const LIST_LEVELS = 2;

/** Names that lead to a list from the object around it. */
export type ListPath = readonly string[];

/** `more`: the bytes end first. `end`: behind the value. `list`: at the bracket that opens a list. `broken`: at a byte that does not fit. */
export type Stop = "more" | "end" | "list" | "broken";

/**
 * Finds where an object or a list of JSON ends, in bytes that come in any pieces. It is strict about what decides which bracket belongs
 * to which (quotes, brackets, and what stands between values), and leaves the rest to a parser. No text holds a line end: with a quote
 * too few, the value ends with its line.
 */
export class JsonScan {
  readonly #lists: readonly (readonly Buffer[])[];
  /** Where it stopped. */
  at = 0;
  /** Whether the value goes over several lines. */
  hasLines = false;
  /** Whether there is an object or a list in it. */
  isNested = false;
  /** Whether the value has more levels than a record may have. */
  isTooDeep = false;
  #expected = VALUE;
  #level = 0;
  /** A bit for each level that is an object's. */
  #objects = 0;
  #escaped = false;
  #findsLists = true;
  /** Where the names of the members stand that are being read, at the first levels. A start below 0: it is the name in `#path`. */
  readonly #starts = [0, 0];
  readonly #ends = [0, 0];
  #path: readonly Buffer[] = [];

  constructor(lists: readonly ListPath[]) {
    this.#lists = lists.map((path) => path.map((name) => Buffer.from(name)));
  }

  /** The level at which the list that was found stands. */
  get listLevel(): number {
    return this.#path.length;
  }

  /** To be called before the value's first byte. */
  begin(): void {
    this.#expected = VALUE;
    this.#level = 0;
    this.#objects = 0;
    this.#reset();
  }

  /** To be called behind the end of a list that was found at this level, to go on in the object around it. */
  resume(listLevel: number): void {
    this.#expected = AFTER_VALUE;
    this.#level = listLevel;
    this.#objects = 2 ** listLevel - 1;
    this.#starts.fill(-1);
    this.#reset();
  }

  /** Takes a list that was found for any other value. */
  passLists(): void {
    this.#findsLists = false;
  }

  #reset(): void {
    this.#escaped = false;
    this.#findsLists = true;
    this.hasLines = false;
    this.isNested = false;
    this.isTooDeep = false;
  }

  /** To be called when the bytes moved towards the beginning of the buffer. */
  shift(bytes: number): void {
    for (let level = 0; level < LIST_LEVELS; level++) {
      (this.#starts[level] as number) -= bytes;
      (this.#ends[level] as number) -= bytes;
    }
  }

  scan(buffer: Buffer, start: number, limit: number): Stop {
    let expected = this.#expected;
    let level = this.#level;
    let objects = this.#objects;
    let escaped = this.#escaped;
    let stop: Stop = "more";
    let at = start;
    scan: for (; at < limit; at++) {
      let byte = buffer[at] as number;
      if (expected === IN_TEXT || expected === IN_NAME) {
        while (byte !== QUOTE && byte !== BACKSLASH && byte > RECORD_SEPARATOR && !escaped) {
          if (++at === limit) break scan;
          byte = buffer[at] as number;
        }
        if (byte === NEWLINE || byte === RECORD_SEPARATOR) {
          stop = "broken";
          break;
        }
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) {
          if (level > MOST_LEVELS) expected = ANYTHING;
          else if (expected === IN_TEXT) expected = AFTER_VALUE;
          else {
            expected = NAME_COLON;
            if (level <= LIST_LEVELS) this.#ends[level - 1] = at;
          }
        }
        continue;
      }
      // Digits, and what else a number has in it.
      if (expected === IN_WORD && byte > COMMA && byte < COLON) continue;
      if (byte === QUOTE) {
        if (expected === VALUE || expected === ANYTHING) expected = IN_TEXT;
        else if (expected === NAME) {
          expected = IN_NAME;
          if (level <= LIST_LEVELS) this.#starts[level - 1] = at + 1;
        } else {
          stop = "broken";
          break;
        }
      } else if (byte === COMMA) {
        if (expected !== ANYTHING) expected = (objects & (1 << (level - 1))) !== 0 ? NAME : VALUE;
      } else if (byte === COLON) {
        if (expected === NAME_COLON) expected = VALUE;
        else if (expected !== ANYTHING) {
          stop = "broken";
          break;
        }
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (expected !== VALUE && expected !== ANYTHING) {
          stop = "broken";
          break;
        }
        if (byte === OPEN_LIST && this.#findsLists && level <= LIST_LEVELS && this.#isList(buffer, level, objects)) {
          stop = "list";
          break;
        }
        level++;
        if (level > 1) this.isNested = true;
        if (level > MOST_LEVELS) {
          expected = ANYTHING;
          this.isTooDeep = true;
        } else {
          const bit = 1 << (level - 1);
          objects = byte === OPEN_OBJECT ? objects | bit : objects & ~bit;
          expected = byte === OPEN_OBJECT ? NAME : VALUE;
        }
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (level <= MOST_LEVELS && ((objects & (1 << (level - 1))) !== 0) !== (byte === CLOSE_OBJECT)) {
          stop = "broken";
          break;
        }
        level--;
        if (level === 0) {
          stop = "end";
          at++;
          break;
        }
        if (level <= MOST_LEVELS) expected = AFTER_VALUE;
      } else if (isBlank(byte)) {
        if (expected === IN_WORD) expected = AFTER_VALUE;
      } else if (byte === NEWLINE) {
        if (level > MOST_LEVELS) {
          stop = "broken";
          break;
        }
        if (expected === IN_WORD) expected = AFTER_VALUE;
        this.hasLines = true;
      } else if (expected === VALUE) {
        expected = IN_WORD;
        if (byte === RECORD_SEPARATOR) stop = "broken";
      } else if ((expected !== IN_WORD && expected !== ANYTHING) || byte === RECORD_SEPARATOR) stop = "broken";
      if (stop === "broken") break;
    }
    this.at = at;
    this.#expected = expected;
    this.#level = level;
    this.#objects = objects;
    this.#escaped = escaped;
    return stop;
  }

  /** Whether the list that opens now is one of those that are looked for. */
  #isList(buffer: Buffer, level: number, objects: number): boolean {
    if (level === 0 || (objects & (1 << (level - 1))) === 0) return false;
    for (const path of this.#lists) {
      if (path.length !== level || !path.every((name, index) => this.#isNamed(buffer, index, name))) continue;
      this.#path = path;
      return true;
    }
    return false;
  }

  #isNamed(buffer: Buffer, index: number, name: Buffer): boolean {
    const start = this.#starts[index] as number;
    if (start < 0) return this.#path[index]?.equals(name) === true;
    const end = this.#ends[index] as number;
    return end - start === name.length && buffer.compare(name, 0, name.length, start, end) === 0;
  }
}
