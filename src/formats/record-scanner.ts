import { isUtf8 } from "node:buffer";
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
import { Columns } from "./columns.ts";
import { MOST_LEVELS, NotJson, parseJson } from "./json.ts";
import { JsonScan, type ListPath } from "./json-scan.ts";
import { LastSeen, type Seen } from "./last-seen.ts";
import { openingOf } from "./openings.ts";
import { type Problem, show } from "./problem.ts";
import { Resync } from "./resync.ts";
import { type Span, spanOf } from "./span.ts";
import { holdsRecords, isPartOfObject, scalarLength, strayProblem } from "./stray.ts";
import type { Fault } from "./unpacked.ts";
import { Window } from "./window.ts";

/** Told what a scanner finds, in the order of the bytes. Spans are valid until the call returns. */
export interface RecordHandler {
  /** Names that lead to lists of records from an object that stands by itself. */
  readonly lists: readonly ListPath[];
  /**
   * Reads the record that begins at `start` if it is known by its beginning, and tells where it ends, which is at most at `limit`; -1
   * for any other. It makes no difference but in time.
   */
  readKnown(buffer: Buffer, start: number, limit: number, inList: boolean): number;
  /**
   * An object that stands by itself and has no such list, or an element of one that is an object or a list. `isUnknown`: `readKnown` was
   * asked of it before.
   */
  onRecord(record: Span, inList: boolean, isUnknown: boolean): void;
  /** What stands where a record should, and is none. */
  onBad(problem: Problem): void;
  /** The same, and what would be a record but has more bytes than the limit. */
  onTooLong(bytes: number): void;
  /** A list of records begins. `before` is the object's text up to its bracket, from its beginning or from the end of an earlier list. */
  onList(before: Span, isFirst: boolean): void;
  /** The object ends; `after` is its text from the end of the list. */
  onObjectEnd(after: Span): void;
  /** The object ends, and it is not known how. */
  onObjectLost(): void;
}

/**
 * `between`: where a record may begin. `record`: in one. `rest`: behind a list, in the object around it. `lost`: in what is no record,
 * or behind a break, where the next record is looked for.
 */
type Mode = "between" | "record" | "rest" | "lost";

/** An object with a list that is being read. */
interface Around extends Seen {
  readonly listLevel: number;
  /** Where it begins in the whole object's bytes. */
  readonly start: number;
  /** Lists that it stands in. */
  readonly depth: number;
}

const UNKNOWN = -1;

/**
 * Finds JSON records in bytes that come in any pieces, in whatever frame they stand: a line each or over several lines, one after
 * another with or without something in between, in lists, in lists inside of objects, and mixtures of these. Brackets of lists, commas,
 * blanks, single NULs, record separators and byte order marks between records mean nothing. Where something is broken, it goes on with
 * the next record that can be told (see `Resync`). It keeps no more than one record in memory, and what it finds does not depend on the
 * pieces.
 */
export class RecordScanner {
  readonly #handler: RecordHandler;
  readonly #maxBytes: number;
  readonly #scan: JsonScan;
  readonly #resync = new Resync();
  readonly #window = new Window();
  readonly #columns = new Columns();
  /** The last record, or object around a list, that stood by itself, and the last record in a list of an object. */
  readonly #lastAlone = new LastSeen(this.#columns);
  readonly #lastListed = new LastSeen(this.#columns);
  #mode: Mode = "between";
  /** Places in the bytes at hand: where the record began (below 0 once that is no longer kept), and where the reading stands. */
  #start = 0;
  #at = 0;
  /** Bytes before the record in its line, if that is known yet. */
  #column = UNKNOWN;
  /** Whether all of the record was at hand when it was asked whether it is known. */
  #isUnknown = false;
  /** Lists that are open, without those in objects. */
  #depth = 0;
  /** Whether there was an object in a list that is open. */
  #hasObjects = false;
  #around: Around | undefined;
  /** What is wrong with the record that is lost; undefined where it is too long. */
  #problem: Problem | undefined;
  /** The bytes end in the record that is lost: it need not be broken. */
  #isCut = false;
  /** What is lost did not begin as a record does. */
  #isStray = false;
  /** What is lost belongs to a record that was told of. */
  #isTold = false;
  /** Nothing stood behind what was lost yet. */
  #wasLost = false;

  constructor(handler: RecordHandler, maxBytes: number) {
    this.#handler = handler;
    this.#maxBytes = maxBytes;
    this.#scan = new JsonScan(handler.lists);
  }

  /** As `feed`, of the first bytes, which begin with records that were read without it: the last of them stands from `start` to `end`. */
  feedBehind(chunk: Buffer, start: number, end: number): void {
    this.#hasObjects = true;
    this.#lastAlone.note(start, end);
    this.#at = end;
    this.feed(chunk);
  }

  feed(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && this.#window.length > 0) {
      // What is kept grows line by line, so that most of the chunk is read where it is.
      const end = rest.indexOf(NEWLINE) + 1 || rest.length;
      this.#window.add(rest.subarray(0, end));
      rest = rest.subarray(end);
      const { bytes } = this.#window;
      this.#run(bytes, false);
      this.#window.drop(this.#pass(bytes));
    }
    if (rest.length === 0) return;
    this.#run(rest, false);
    this.#window.add(rest.subarray(this.#pass(rest)));
  }

  /**
   * To be called when no byte follows. Tells why it is not known what else there was. If the bytes broke off (`isPartial`), what is not
   * whole at their end is not told of.
   */
  end(isPartial: boolean): Fault | undefined {
    const { bytes } = this.#window;
    this.#run(bytes, true);
    const fault = isPartial ? undefined : this.#endMode(bytes);
    if (this.#around !== undefined) this.#handler.onObjectLost();
    return fault;
  }

  #endMode(bytes: Buffer): Fault | undefined {
    if (this.#mode === "lost") {
      const isInside = this.#around !== undefined || this.#depth > 0;
      if (!isInside || this.#isStray || (!this.#isCut && this.#isClosed)) this.#endLost(bytes, bytes.length);
      else if (!this.#isCut) return this.#problem ?? { code: "line-too-long", reason: "what follows is too long for a record" };
    }
    if (this.#around === undefined && this.#depth === 0) return undefined;
    return { code: "truncated-json", reason: `the JSON ends in the middle, after ${this.#columns.passed + bytes.length} bytes` };
  }

  #run(buffer: Buffer, final: boolean): void {
    let goesOn = true;
    while (goesOn) {
      switch (this.#mode) {
        case "between":
          goesOn = this.#between(buffer, final);
          break;
        case "record":
        case "rest":
          goesOn = this.#value(buffer, final);
          break;
        case "lost":
          goesOn = this.#resync.search(buffer, buffer.length, final);
          this.#at = this.#resync.at;
          if (goesOn) this.#endLost(buffer, this.#at);
      }
    }
  }

  /** How many of the bytes at hand need not be kept. Places are told from there on. */
  #pass(buffer: Buffer): number {
    this.#isUnknown = false;
    const isValue = this.#mode === "record" || this.#mode === "rest";
    const isKept = (isValue || (this.#mode === "lost" && this.#isStray)) && this.#at - this.#start <= this.#maxBytes;
    if (this.#mode !== "between" && this.#column === UNKNOWN) this.#column = this.#columns.of(buffer, this.#start);
    const count = isKept ? this.#start : this.#at;
    if (count === 0) return 0;
    this.#lastAlone.get(buffer);
    this.#lastListed.get(buffer);
    this.#columns.pass(buffer, count);
    this.#start -= count;
    this.#at -= count;
    this.#resync.at -= count;
    this.#scan.shift(count);
    return count;
  }

  /** Looks for the beginning of a record. */
  #between(buffer: Buffer, final: boolean): boolean {
    const inList = this.#around !== undefined;
    const last = inList ? this.#lastListed : this.#lastAlone;
    let at = this.#at;
    for (; at < buffer.length; at++) {
      const byte = buffer[at] as number;
      if (byte === OPEN_OBJECT) {
        this.#hasObjects = true;
        this.#wasLost = false;
        const end = this.#handler.readKnown(buffer, at, Math.min(buffer.length, at + this.#maxBytes), inList);
        if (end === -1) {
          this.#isUnknown = true;
          return this.#begin("record", at);
        }
        last.note(at, end);
        at = end - 1;
      } else if (byte !== NEWLINE && byte !== COMMA && byte !== RECORD_SEPARATOR && !isBlank(byte)) {
        this.#at = at;
        const length = this.#frame(buffer, at, final);
        if (this.#mode !== "between") return true;
        if (length === 0) return false;
        if ((this.#around !== undefined) !== inList) {
          this.#at += length;
          return true;
        }
        at += length - 1;
      }
    }
    this.#at = at;
    return false;
  }

  /** Takes what stands between records; returns its length, 0 where more bytes are needed to tell, or changes the mode. */
  #frame(buffer: Buffer, at: number, final: boolean): number {
    const inList = this.#around !== undefined;
    const isLast = !final && at + 1 === buffer.length;
    switch (buffer[at]) {
      case OPEN_LIST: {
        if (inList) {
          this.#begin("record", at);
          return 0;
        }
        const isOfRecords = holdsRecords(buffer, at, final);
        if (isOfRecords === undefined) return 0;
        if (!isOfRecords) break;
        this.#depth++;
        this.#hasObjects = false;
        return 1;
      }
      case CLOSE_LIST:
        if (this.#around !== undefined) {
          this.#begin("rest", at + 1);
          this.#scan.resume(this.#around.listLevel);
          return 0;
        }
        if (this.#depth > 0) this.#depth--;
        return 1;
      case CLOSE_OBJECT:
        if (!inList) break;
        this.#handler.onBad({ code: "bad-json", reason: 'not valid JSON: "}" where a list of records should end' });
        this.#lose();
        return 1;
      case NUL:
        if (isLast) return 0;
        if (buffer[at + 1] !== NUL) return 1;
        break;
      case BYTE_ORDER_MARK[0]: {
        const rest = buffer.subarray(at, at + BYTE_ORDER_MARK.length);
        if (rest.equals(BYTE_ORDER_MARK)) return rest.length;
        if (!final && BYTE_ORDER_MARK.subarray(0, rest.length).equals(rest)) return 0;
      }
    }
    if (inList || (this.#depth > 0 && this.#hasObjects)) {
      const length = scalarLength(buffer, at, final);
      if (length === undefined) return 0;
      if (length > 0) {
        this.#handler.onBad(strayProblem(buffer.subarray(at, at + length)));
        return length;
      }
    }
    const isPart = isPartOfObject(buffer, at, final);
    if (isPart === undefined) return 0;
    this.#begin("record", at);
    this.#breakUp(buffer, at, isPart ? "part" : "stray");
    return 0;
  }

  #begin(mode: "record" | "rest", at: number): true {
    this.#mode = mode;
    this.#start = at;
    this.#at = at;
    this.#column = UNKNOWN;
    this.#scan.begin();
    return true;
  }

  /** Goes on in a record, or in the rest of an object behind its list. */
  #value(buffer: Buffer, final: boolean): boolean {
    const stop = this.#scan.scan(buffer, this.#at, buffer.length);
    this.#at = this.#scan.at;
    switch (stop) {
      case "more":
        if (final) this.#breakUp(buffer, this.#at, "cut");
        return final;
      case "broken":
        this.#breakUp(buffer, this.#at, "broken");
        return true;
      case "list":
        this.#list(buffer);
        return true;
      case "end":
        if (this.#mode === "record") this.#endRecord(buffer);
        else this.#endObject(buffer);
        this.#mode = "between";
        return true;
    }
  }

  #endRecord(buffer: Buffer): void {
    const length = this.#at - this.#start;
    if (length > this.#maxBytes) {
      this.#handler.onTooLong(length);
      return;
    }
    // By itself an object without another one in it is rather a part of a record than one.
    if (this.#around !== undefined) this.#lastListed.note(this.#start, this.#at);
    else if (this.#scan.isNested) this.#lastAlone.note(this.#start, this.#at);
    this.#handler.onRecord(spanOf(buffer, this.#start, this.#at), this.#around !== undefined, this.#isUnknown);
  }

  /** A list of records begins. */
  #list(buffer: Buffer): void {
    if (this.#at - this.#start > this.#maxBytes) {
      this.#scan.passLists();
      return;
    }
    const isFirst = this.#mode === "record";
    if (isFirst) {
      // In a list of records it is no record but the next object, and the list was not closed.
      if (this.#around !== undefined) this.#lose();
      this.#around = {
        opening: openingOf(buffer, this.#start, this.#at),
        column: this.#column === UNKNOWN ? this.#columns.of(buffer, this.#start) : this.#column,
        hasLines: this.#scan.hasLines,
        listLevel: this.#scan.listLevel,
        start: this.#columns.passed + this.#start,
        depth: this.#depth,
      };
    }
    this.#handler.onList(spanOf(buffer, this.#start, this.#at), isFirst);
    this.#mode = "between";
    this.#at++;
  }

  /** The object around a list ends. */
  #endObject(buffer: Buffer): void {
    const length = this.#at - this.#start;
    if (length > this.#maxBytes) {
      this.#handler.onTooLong(length);
      this.#lose();
      return;
    }
    this.#handler.onObjectEnd(spanOf(buffer, this.#start, this.#at));
    this.#leave();
  }

  #lose(): void {
    this.#handler.onObjectLost();
    this.#leave();
  }

  #leave(): void {
    const around = this.#around as Around;
    this.#lastAlone.set({ ...around, hasLines: around.hasLines || this.#scan.hasLines });
    this.#depth = around.depth;
    this.#hasObjects = true;
    this.#around = undefined;
  }

  /**
   * What stands at `#start` is no record (`stray`), or what is left of one (`part`), or a record does not go on at `at` as JSON does
   * (`broken`), or the bytes end there (`cut`): looks for the next record.
   */
  #breakUp(buffer: Buffer, at: number, how: "stray" | "part" | "broken" | "cut"): void {
    const isTooLong = at - this.#start > this.#maxBytes;
    this.#isTold = how === "part" && this.#wasLost;
    this.#isStray = how === "stray" || how === "part";
    this.#isCut = how === "cut";
    this.#problem = isTooLong || this.#isStray ? undefined : this.#problemUpTo(buffer, at);
    // Behind its list an object cannot be told from what follows it.
    if (this.#mode === "rest" && !this.#isCut) this.#lose();
    const last = (this.#around === undefined ? this.#lastAlone : this.#lastListed).get(buffer);
    const own = isTooLong ? undefined : openingOf(buffer, this.#start, at);
    if (this.#column === UNKNOWN) this.#column = this.#columns.of(buffer, this.#start);
    const hasLines = this.#scan.hasLines || last?.hasLines === true || how === "part";
    // Where each record has its own line, the line tells more than how another one begins.
    const isLine = !hasLines && !this.#isStray && this.#column === last?.column;
    const opening = own ?? (this.#isCut || isLine ? undefined : last?.opening);
    const from = isTooLong || this.#scan.isTooDeep || this.#mode === "rest" ? at : this.#start + 1;
    this.#resync.begin(
      {
        opening,
        around: this.#around?.opening,
        column: last?.hasLines === true ? Math.max(last.column, this.#column) : this.#column,
        endsWithLine: !hasLines,
        isSure: this.#isCut || (own !== undefined && last?.opening?.equals(own) === true),
        isText: this.#isStray && opening === undefined && !hasLines && !isLine,
      },
      from,
      this.#columns.of(buffer, from),
    );
    this.#at = from;
    this.#mode = "lost";
  }

  /** What is lost ends where the next record begins, or its line or everything ends. */
  #endLost(buffer: Buffer, at: number): void {
    const length = at - this.#start;
    if (this.#isStray && length <= this.#maxBytes) this.#problem = strayProblem(buffer.subarray(this.#start, at));
    if (this.#isTold) this.#isTold = false;
    else if (this.#problem === undefined) this.#handler.onTooLong(length);
    else this.#handler.onBad(this.#problem);
    this.#wasLost = true;
    const isClosed = (at === buffer.length || buffer[at] === NEWLINE || this.#around === undefined) && this.#isClosed;
    if (this.#around !== undefined && (this.#resync.isAround || isClosed)) this.#lose();
    if (isClosed) this.#depth = Math.max(0, this.#depth - this.#resync.closed);
    this.#mode = "between";
    this.#at = at;
  }

  /** Whether what was passed in search of a record ends as the list, or the object in its line, would. */
  get #isClosed(): boolean {
    if (this.#around === undefined) return this.#depth > 0 && this.#resync.closed > 0;
    const isInLine = this.#around.start >= this.#columns.passed + this.#start - this.#column;
    return isInLine && this.#resync.last === CLOSE_OBJECT;
  }

  /** Where the record that begins at `#start` breaks. */
  #problemUpTo(buffer: Buffer, at: number): Problem {
    const bytes = buffer.subarray(this.#start, at);
    if (!isUtf8(bytes)) return { code: "invalid-utf8", reason: "the record is not valid UTF-8" };
    if (this.#scan.isTooDeep) return { code: "too-deep", reason: `the record has more than ${MOST_LEVELS} levels` };
    const byte = buffer[at];
    const culprit = byte === undefined || byte > 0x7e ? "" : String.fromCharCode(byte);
    const value = parseJson(bytes.toString("utf8") + culprit);
    if (value instanceof NotJson) return value.problem;
    return { code: "bad-json", reason: `not valid JSON: ${show(culprit)} does not belong there` };
  }
}
