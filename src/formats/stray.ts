import { isUtf8 } from "node:buffer";
import { CLOSE_LIST, COMMA, isBlank, NEWLINE, OPEN_LIST, OPEN_OBJECT, RECORD_SEPARATOR } from "./bytes.ts";
import { NotJson, parseJson } from "./json.ts";
import { type Problem, show } from "./problem.ts";

/** What is looked at to tell what kind of thing it is that stands where a record should. */
const MOST_BYTES = 256;
/** What may follow the bracket of a list in which records are looked for; any other list is a value. */
const RECORDS: ReadonlySet<number | undefined> = new Set([OPEN_OBJECT, OPEN_LIST, CLOSE_LIST, COMMA, NEWLINE, RECORD_SEPARATOR]);
/** A value that is no object and no list, as an element of a list. */
const SCALAR = /^("(?:[^"\\\n]|\\[^\n])*"|[-+.\w]+)[ \t\r]*(?:[,\]}\n]|$)/;
/** A name and its value, or a line of the ends of objects. */
const PART = /^(?:"(?:[^"\\\n]|\\[^\n])*"[ \t]*:|\}[ \t\r}\],]*(?:\n|$))/;
const TRAILING = /[\s,]+$/;

/** The first bytes of the line, one a character; undefined where more of them have to come. `final`: none follow the buffer's. */
function beginningOf(buffer: Buffer, at: number, final: boolean): string | undefined {
  const text = buffer.toString("latin1", at, at + MOST_BYTES);
  return final || text.length === MOST_BYTES || text.includes("\n") ? text : undefined;
}

/** Whether the list that begins there may hold records; undefined where more bytes have to tell. */
export function holdsRecords(buffer: Buffer, at: number, final: boolean): boolean | undefined {
  let next = at + 1;
  while (next < buffer.length && next - at < MOST_BYTES && isBlank(buffer[next])) next++;
  if (next === buffer.length) return final ? true : undefined;
  return next - at === MOST_BYTES || RECORDS.has(buffer[next]);
}

/** How long the element is that begins there if it is a scalar, 0 if it is none; undefined where more bytes have to tell. */
export function scalarLength(buffer: Buffer, at: number, final: boolean): number | undefined {
  const text = beginningOf(buffer, at, final);
  if (text === undefined) return undefined;
  const [whole = "", scalar = ""] = SCALAR.exec(text) ?? [];
  const isCut = whole.length === MOST_BYTES;
  return isCut ? 0 : scalar.length;
}

/** Whether what begins there is rather what is left of an object than text; undefined where more bytes have to tell. */
export function isPartOfObject(buffer: Buffer, at: number, final: boolean): boolean | undefined {
  const text = beginningOf(buffer, at, final);
  return text === undefined ? undefined : PART.test(text);
}

/** What is wrong with bytes that are no record. */
export function strayProblem(bytes: Buffer): Problem {
  if (!isUtf8(bytes)) return { code: "invalid-utf8", reason: "what stands there is not valid UTF-8" };
  const value = parseJson(bytes.toString("utf8").replace(TRAILING, ""));
  if (value instanceof NotJson) return value.problem;
  return { code: "not-an-object", reason: `${show(value)} stands where a JSON object should` };
}
