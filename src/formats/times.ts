/** The end of the year 9999: what lies beyond is not a time but another unit. */
const LAST_MS = 253_402_300_799_999;

/** A number of units since the epoch as milliseconds, undefined for what is none. */
export function epochTime(value: unknown, unitMs: number): number | undefined {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) return undefined;
  const time = value * unitMs;
  return time <= LAST_MS ? time : undefined;
}

const DATE_LENGTH = 10;
const SECONDS_END = 19;

/**
 * Milliseconds since the epoch of an RFC 3339 time, undefined for what is none. Without an offset it is UTC; digits beyond the
 * milliseconds are dropped; a leap second counts as the second after it.
 */
export function rfc3339Time(value: unknown): number | undefined {
  if (typeof value !== "string" || value.length < SECONDS_END) return undefined;
  const separator = value.charCodeAt(DATE_LENGTH);
  if (value[4] !== "-" || value[7] !== "-" || value[13] !== ":" || value[16] !== ":") return undefined;
  if (separator !== 0x54 && separator !== 0x74 && separator !== 0x20) return undefined;
  const year = digits(value, 0, 4);
  const month = digits(value, 5, 7);
  const day = digits(value, 8, 10);
  const hour = digits(value, 11, 13);
  const minute = digits(value, 14, 16);
  const second = digits(value, 17, 19);
  if (year < 1970 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23) return undefined;
  if (minute < 0 || minute > 59 || second < 0 || second > 60 || day > daysOf(year, month)) return undefined;

  let end = SECONDS_END;
  let fraction = 0;
  if (value[end] === ".") {
    const start = ++end;
    while (isDigit(value.charCodeAt(end))) end++;
    if (end === start) return undefined;
    fraction = Number(value.slice(start, Math.min(end, start + 3)).padEnd(3, "0"));
  }
  const offset = offsetMs(value, end);
  if (offset === undefined) return undefined;
  const time = Date.UTC(year, month - 1, day, hour, minute, second, fraction) - offset;
  return time >= 0 && time <= LAST_MS ? time : undefined;
}

function offsetMs(text: string, at: number): number | undefined {
  if (at === text.length) return 0;
  const sign = text[at];
  if (sign === "Z" || sign === "z") return at + 1 === text.length ? 0 : undefined;
  if (sign !== "+" && sign !== "-") return undefined;
  const minutesAt = text[at + 3] === ":" ? at + 4 : at + 3;
  if (text.length !== minutesAt + 2) return undefined;
  const hours = digits(text, at + 1, at + 3);
  const minutes = digits(text, minutesAt, minutesAt + 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return undefined;
  return (sign === "-" ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** The number that the digits make, -1 where one of them is no digit. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (!isDigit(code)) return -1;
    number = number * 10 + code - 0x30;
  }
  return number;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (MONTH_DAYS[month - 1] as number);
}
