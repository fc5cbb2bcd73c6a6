/** `20260131T080000Z` of a time in ms since the epoch, rounded down to the second. */
export function formatStamp(ms: number): string {
  const iso = new Date(bounded(ms)).toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

/** The time of a stamp as `formatStamp` writes it; undefined for any other text, a date that does not exist included. */
export function parseStamp(stamp: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [number, number, number, number, number, number];
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  // A day that its month does not have is one of the next.
  const exists = year >= 1970 && month >= 1 && month <= 12 && new Date(ms).getUTCDate() === day;
  return exists && hour < 24 && minute < 60 && second < 60 ? ms : undefined;
}

/** A time in whole ms from 1970 to 9999, so that its text has a fixed width and sorts as the time does. */
export function bounded(ms: number): number {
  return Math.floor(Math.min(Math.max(ms, 0), 253_402_300_799_999));
}
