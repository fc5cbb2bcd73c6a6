/** Times in ms since the epoch; `until` is not in it. */
export interface Window {
  readonly since: number;
  readonly until: number;
}

export const ALWAYS: Window = { since: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };

export const HOUR_MS = 3_600_000;
const HOUR = /(?:^|\/)year=(\d{4,})\/month=(\d\d)\/day=(\d\d)(?:\/hour=(\d\d))?(?:\/|$)/;

/** The folder of the hour in which that time lies, in UTC: `year=2026/month=01/day=31/hour=08`. */
export function folderOf(time: number): string {
  const at = new Date(time);
  const two = (number: number) => String(number).padStart(2, "0");
  const year = String(at.getUTCFullYear()).padStart(4, "0");
  return `year=${year}/month=${two(at.getUTCMonth() + 1)}/day=${two(at.getUTCDate())}/hour=${two(at.getUTCHours())}`;
}

/** The hour, or the whole day, that a path of the layout names; undefined for another path. */
export function hourIn(path: string): Window | undefined {
  const match = HOUR.exec(path);
  if (match === null) return undefined;
  const [, year, month, day, hour] = match;
  const since = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour ?? 0));
  return { since, until: since + (hour === undefined ? 24 * HOUR_MS : HOUR_MS) };
}

export const overlaps = (one: Window, other: Window): boolean => one.since < other.until && other.since < one.until;
