/** `YYYY-MM-DDTHH:MM:SS`, in UTC, of seconds since the epoch; neighbouring seconds are remembered. */
const RECENT = new Map<number, string>();

export function isoSecond(seconds: number): string {
  let text = RECENT.get(seconds);
  if (text === undefined) {
    if (RECENT.size >= 20_000) RECENT.clear();
    text = new Date(seconds * 1000).toISOString().slice(0, 19);
    RECENT.set(seconds, text);
  }
  return text;
}

/** `YYYYMMDDTHHMMSSZ` */
export function stamp(seconds: number): string {
  return `${isoSecond(seconds).replaceAll(/[-:]/g, "")}Z`;
}
