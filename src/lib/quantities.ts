const UNITS = ["kB", "MB", "GB", "TB", "PB", "EB"] as const;

/** Bytes for people, in decimal units (IEC 80000-13), with the exact number where the unit hides it: `6.01 GB (6010000000)`. */
export function describeBytes(bytes: number | bigint): string {
  if (bytes < 1_000) return `${bytes} B`;
  let value = Number(bytes) / 1_000;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${value.toPrecision(3)} ${UNITS[unit]} (${bytes})`;
}

/** A moment in a time zone of the IANA database, with its offset: `2026-01-14 09:30:05 GMT+01:00`. Milliseconds since the epoch. */
export function describeMoment(time: number, timeZone: string): string {
  let format = FORMATS.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", { ...MOMENT, timeZone });
    FORMATS.set(timeZone, format);
  }
  const parts = format.formatToParts(time);
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? "";
  const zone = timeZone === "UTC" ? "UTC" : of("timeZoneName");
  return `${of("year")}-${of("month")}-${of("day")} ${of("hour")}:${of("minute")}:${of("second")} ${zone}`;
}

const MOMENT = {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZoneName: "longOffset",
} as const;

/** By time zone: to make one takes a thousand times as long as to use it. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();
