import { isAscii, isUtf8 } from "node:buffer";
import { Held } from "./held.ts";
import { isObject, NotJson, parseJson } from "./json.ts";
import { show } from "./problem.ts";
import { type Span, textOf } from "./span.ts";
import { Broken, type Fault } from "./unpacked.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Told what a scanner finds, in the order of the bytes. */
export interface ListHandler {
  onObject(): void;
  /** A member that is not the list, or has its name but is no list. */
  onMember(name: string, value: unknown): void;
  onList(): void;
  /** What stands between two commas of the list, without blanks before it. Its bytes are valid until the call returns. */
  onElement(element: Span): void;
  /** The same, where it has more bytes than the limit. */
  onTooLong(bytes: number): void;
  onObjectEnd(): void;
}

/** What the scanner waits for. */
type State = "object" | "first-name" | "name" | "value" | "first-element" | "element" | "after-list";

/**
 * Finds the elements of a list in JSON objects that stand one after another, `{"a": …, "list": [ … ], "b": …} {…}`, in bytes that
 * come in any chunks, and keeps no more than one value in memory. Throws Broken where what stands around the elements is not JSON.
 */
export class ListScanner {
  readonly #list: string;
  readonly #handler: ListHandler;
  readonly #maxBytes: number;
  readonly #held: Held;
  #state: State = "object";
  #name = "";
  /** Inside a token: of a name, a member's value or an element, whose beginning is held if it came with an earlier chunk. */
  #inToken = false;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #isAscii = true;
  /** Bytes in the chunks before the present one, for messages. */
  #passed = 0;

  constructor(list: string, handler: ListHandler, maxBytes: number) {
    this.#list = list;
    this.#handler = handler;
    this.#maxBytes = maxBytes;
    this.#held = new Held(maxBytes);
  }

  feed(chunk: Buffer): void {
    this.#isAscii = isAscii(chunk);
    let at = 0;
    while (at < chunk.length) {
      if (!this.#inToken) {
        at = this.#step(chunk, at);
        continue;
      }
      const start = at;
      at = this.#scan(chunk, at);
      if (at === -1) {
        this.#held.add(chunk.subarray(start));
        break;
      }
      this.#inToken = false;
      const delimiter = chunk[at] as number;
      if (this.#held.length === 0) this.#finish({ buffer: chunk, start, end: at, isAscii: this.#isAscii }, delimiter, at);
      else {
        this.#held.add(chunk.subarray(start, at));
        const { bytes, length, isTooLong } = this.#held;
        this.#held.clear();
        this.#finish(isTooLong ? { buffer: bytes, start: 0, end: length, isAscii: true } : spanOf(bytes), delimiter, at);
      }
      at++;
    }
    this.#passed += chunk.length;
  }

  /** To be called when no byte follows. Hands out an element that is whole though nothing stands behind it. */
  end(): Fault | undefined {
    if (this.#state === "object") return undefined;
    if (this.#inToken && this.#state === "element" && this.#depth === 0 && !this.#inString && !this.#held.isTooLong) {
      const { bytes } = this.#held;
      if (isUtf8(bytes) && isObject(parseJson(bytes.toString("utf8")))) this.#handler.onElement(spanOf(bytes));
    }
    return { code: "truncated-json", reason: `the JSON ends in the middle, after ${this.#passed} bytes` };
  }

  /** Takes one byte outside of tokens; returns where the next one stands. */
  #step(chunk: Buffer, at: number): number {
    const byte = chunk[at] as number;
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return at + 1;
    switch (this.#state) {
      case "object":
        if (byte !== OPEN_OBJECT) throw this.#misplaced(byte, at, "where a JSON object should begin");
        this.#handler.onObject();
        this.#state = "first-name";
        return at + 1;
      case "first-name":
      case "name":
        if (byte === CLOSE_OBJECT && this.#state === "first-name") return this.#closeObject(at);
        if (byte !== QUOTE) throw this.#misplaced(byte, at, "where a name should begin");
        this.#state = "name";
        return this.#begin(at);
      case "value":
        if (this.#name !== this.#list || byte !== OPEN_LIST) return this.#begin(at);
        this.#handler.onList();
        this.#state = "first-element";
        return at + 1;
      case "first-element":
        this.#state = "element";
        if (byte !== CLOSE_LIST) return this.#begin(at);
        this.#state = "after-list";
        return at + 1;
      case "element":
        return this.#begin(at);
      case "after-list":
        if (byte === CLOSE_OBJECT) return this.#closeObject(at);
        if (byte !== COMMA) throw this.#misplaced(byte, at, `after ${this.#list}`);
        this.#state = "name";
        return at + 1;
    }
  }

  #begin(at: number): number {
    this.#inToken = true;
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
    return at;
  }

  #closeObject(at: number): number {
    this.#handler.onObjectEnd();
    this.#state = "object";
    return at + 1;
  }

  /** Where the token ends: at the first comma, colon or closing bracket that does not belong to it; -1 if not in this chunk. */
  #scan(chunk: Buffer, at: number): number {
    const { length } = chunk;
    let depth = this.#depth;
    let inString = this.#inString;
    let escaped = this.#escaped;
    for (; at < length; at++) {
      const byte = chunk[at] as number;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (depth === 0) return at;
        depth--;
      } else if (depth === 0 && (byte === COMMA || (byte === COLON && this.#state === "name"))) return at;
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
    return -1;
  }

  /** Takes a token and the byte that ended it. Of a token that is too long only the length counts. */
  #finish(token: Span, delimiter: number, at: number): void {
    const { buffer, start, end } = token;
    const length = end - start;
    if (this.#state === "element") {
      if (delimiter === CLOSE_OBJECT) throw this.#misplaced(delimiter, at, `in ${this.#list}`);
      if (length > this.#maxBytes) this.#handler.onTooLong(length);
      else this.#handler.onElement(token);
      if (delimiter === CLOSE_LIST) this.#state = "after-list";
      return;
    }
    if (length > this.#maxBytes) {
      throw new Broken(
        "line-too-long",
        `a value outside of ${this.#list} has ${length} bytes, more than the ${this.#maxBytes} allowed`,
      );
    }
    const isValid = token.isAscii || isUtf8(buffer.subarray(start, end));
    const value = isValid ? parseJson(textOf(token)) : new NotJson("invalid-utf8", "not valid UTF-8");
    if (value instanceof NotJson) throw new Broken(value.problem.code, `outside of ${this.#list}: ${value.problem.reason}`);
    if (this.#state === "name") {
      if (delimiter !== COLON || typeof value !== "string") throw this.#misplaced(delimiter, at, "after a name");
      this.#name = value;
      this.#state = "value";
      return;
    }
    if (delimiter === CLOSE_LIST) throw this.#misplaced(delimiter, at, `after the value of ${show(this.#name)}`);
    this.#handler.onMember(this.#name, value);
    this.#state = "name";
    if (delimiter === CLOSE_OBJECT) this.#closeObject(at);
  }

  #misplaced(byte: number, at: number, where: string): Broken {
    const character = byte < 0x80 ? show(String.fromCharCode(byte)) : `byte 0x${byte.toString(16)}`;
    return new Broken("bad-json", `not valid JSON: ${character} ${where}, at byte ${this.#passed + at}`);
  }
}

function spanOf(bytes: Buffer): Span {
  return { buffer: bytes, start: 0, end: bytes.length, isAscii: isAscii(bytes) };
}
