import { type Problem, show } from "./problem.ts";

/** An escape that may be half of a surrogate pair. */
const SURROGATE = /\\u[dD][89a-fA-F]/;
/** Records that go deeper are refused: whatever walks through them later recurses. */
export const MOST_LEVELS = 32;
const INTEGER = /^-?\d{1,40}$/;

/** What a text that is no record has instead of a value. */
export class NotJson {
  readonly problem: Problem;

  constructor(code: string, reason: string) {
    this.problem = { code, reason };
  }
}

/**
 * The value of a JSON text, or a NotJson. A text with half a character in it has no value, because it has no form in UTF-8; neither
 * has one that is nested very deeply.
 */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (!isShallow(value, MOST_LEVELS)) return new NotJson("too-deep", `the record has more than ${MOST_LEVELS} levels`);
    if (text.includes("\\u") && SURROGATE.test(text) && !isWellFormed(text)) {
      return new NotJson("invalid-utf8", "an escape stands for half a character, which has no UTF-8 form");
    }
    return value;
  } catch (error) {
    if (text.includes("\0")) return new NotJson("nul-byte", "the record holds a NUL byte");
    const cause = error instanceof Error ? error.message : String(error);
    return new NotJson("bad-json", `not valid JSON: ${show(cause).slice(1, -1)}`);
  }
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (levels === 0) return false;
  for (const name in value) {
    const inner = (value as Record<string, unknown>)[name];
    if (typeof inner === "object" && !isShallow(inner, levels - 1)) return false;
  }
  return true;
}

function isWellFormed(text: string): boolean {
  let well = true;
  JSON.parse(text, (key, value) => {
    if (!key.isWellFormed() || (typeof value === "string" && !value.isWellFormed())) well = false;
    return value;
  });
  return well;
}

/** JSON.parse as it has been since ES2026: the reviver is told the source text of a primitive. */
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

/** The value of a JSON text that is known to be valid, with a bigint for each integer that a number does not hold exactly. */
export function parseExactly(text: string): unknown {
  return parseWithSource(text, (_key, value, { source = "" }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && INTEGER.test(source) ? BigInt(source) : value,
  );
}

/** The value at the path inside a parsed JSON value, undefined where there is none. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const step of path) current = memberOf(current, step);
  return current;
}

/** The member of a parsed JSON value, undefined where it is no object or has no such member. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** A JSON object: neither a list nor null, nor what is no JSON. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof NotJson);
}
