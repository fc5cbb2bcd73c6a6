import type { WordType } from "../flow/types.ts";
import { isAddress } from "./addresses.ts";
import { isObject } from "./json.ts";
import { epochTime, rfc3339Time } from "./times.ts";

const MAX_COUNTER = 2n ** 64n - 1n;

/** How a value of a log is read. */
export interface Kind {
  /** Code of a record whose value is none of this kind. */
  readonly code: string;
  /** What a value has to be, for messages. */
  readonly expected: string;
  /** The value as a flow holds it, undefined for what is none. Never asked about null, undefined or empty text. */
  readonly convert: (raw: unknown) => unknown;
}

const DIGITS = /^\d{1,20}$/;

/** Some write numbers as text; text of anything but digits stays what it is. */
function numberOf(raw: unknown): unknown {
  if (typeof raw !== "string" || !DIGITS.test(raw)) return raw;
  const number = Number(raw);
  return Number.isSafeInteger(number) ? number : BigInt(raw);
}

const integerUpTo = (most: number) => (value: unknown) => {
  const raw = numberOf(value);
  return typeof raw === "number" && Number.isInteger(raw) && raw >= 0 && raw <= most ? raw + 0 : undefined;
};

/** A number is exact up to 2^53 - 1; above that only a bigint is. */
function counter(value: unknown): number | bigint | undefined {
  const raw = numberOf(value);
  if (typeof raw === "number") return Number.isSafeInteger(raw) && raw >= 0 ? raw + 0 : undefined;
  if (typeof raw !== "bigint" || raw < 0n || raw > MAX_COUNTER) return undefined;
  return raw <= Number.MAX_SAFE_INTEGER ? Number(raw) : raw;
}

const string: Kind = {
  code: "bad-string",
  expected: "text",
  convert: (raw) => (typeof raw === "string" ? raw : undefined),
};

export const KINDS = {
  string,
  address: {
    code: "bad-address",
    expected: "an IPv4 or IPv6 address",
    convert: (raw) => (typeof raw === "string" && isAddress(raw) ? raw : undefined),
  },
  number: { code: "bad-number", expected: "an integer from 0 to 2^53 - 1", convert: integerUpTo(Number.MAX_SAFE_INTEGER) },
  port: { code: "bad-port", expected: "a port from 0 to 65535", convert: integerUpTo(65_535) },
  protocol: { code: "bad-protocol", expected: "an IP protocol number from 0 to 255", convert: integerUpTo(255) },
  counter: { code: "bad-counter", expected: "an integer from 0 to 2^64 - 1", convert: counter },
  boolean: {
    code: "bad-boolean",
    expected: "true or false",
    convert: (raw) => (typeof raw === "boolean" ? raw : undefined),
  },
  json: {
    code: "bad-object",
    expected: "an object",
    convert: (raw) => (isObject(raw) ? raw : undefined),
  },
  columns: {
    code: "bad-object",
    expected: "an object of texts",
    convert: (raw) => (isObject(raw) && Object.values(raw).every((value) => typeof value === "string") ? raw : undefined),
  },
} as const satisfies Record<string, Kind>;

/** Types of fields that can be read from a log. */
export type DecodedType = keyof typeof KINDS | "time" | WordType;

const BAD_TIME = "bad-time";

/** Kinds of time, by their unit. */
export const TIME_UNITS = {
  s: { code: BAD_TIME, expected: "a number of seconds since the epoch", convert: (raw) => epochTime(numberOf(raw), 1000) },
  ms: { code: BAD_TIME, expected: "a number of milliseconds since the epoch", convert: (raw) => epochTime(numberOf(raw), 1) },
  rfc3339: { code: BAD_TIME, expected: "an RFC 3339 time", convert: rfc3339Time },
} as const satisfies Record<string, Kind>;

/** A word for one of several values, upper and lower case alike. */
export function wordKind(code: string, values: Readonly<Record<string, string>>): Kind {
  const words = new Map(Object.entries(values));
  const folded = new Map(Object.entries(values).map(([word, value]) => [word.toLowerCase(), value]));
  return {
    code,
    expected: `one of ${Object.keys(values).join(", ")}`,
    convert: (raw) => (typeof raw === "string" ? (words.get(raw) ?? folded.get(raw.toLowerCase())) : undefined),
  };
}
