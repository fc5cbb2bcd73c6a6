import { z } from "zod";
import { UsageError } from "./errors.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_MS = 100 * 366 * 86_400_000;

/** Milliseconds of a duration such as `500ms`, `90s`, `15m`, `2h` or `30d`. Throws UsageError for anything else, and above 100 years. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,15})(ms|s|m|h|d)$/.exec(text);
  const duration = Number(match?.[1]) * (UNITS[match?.[2] ?? ""] ?? Number.NaN);
  if (Number.isNaN(duration)) {
    throw new UsageError(
      "bad-duration",
      `"${text}" is no duration: write a whole number and a unit, such as 500ms, 90s, 15m, 2h or 30d`,
    );
  }
  if (duration > LONGEST_MS) throw new UsageError("bad-duration", `"${text}" is more than 100 years`);
  return duration;
}

/** A whole number of ms as `parseDuration` reads it, in the largest unit that says it exactly. */
export function formatDuration(ms: number): string {
  const units = Object.entries(UNITS).reverse();
  const [unit = "ms", size = 1] = units.find(([, length]) => ms !== 0 && ms % length === 0) ?? [];
  return `${ms / size}${unit}`;
}

/**
 * The instant that a text names, in ms since the epoch: an ISO 8601 time with its zone (`2026-01-31T08:00:00Z`), a date (its
 * midnight in UTC), or a duration, which is that long before `now`. Throws UsageError for anything else.
 */
export function parseInstant(text: string, now: number): number {
  if (/^\d{1,15}(ms|s|m|h|d)$/.test(text)) return now - parseDuration(text);
  if (!INSTANT.safeParse(text).success) {
    throw new UsageError(
      "bad-time",
      `"${text}" is no time: write a date (2026-01-31), a time with its zone (2026-01-31T08:00:00Z), or how long ago (30d)`,
    );
  }
  return Date.parse(text);
}

const INSTANT = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/** Schema of an option that holds a duration; the text is kept, `parseDuration` reads it. */
export const durationText = () => checked((text) => void parseDuration(text));

/** Schema of an option that holds an instant; the text is kept, `parseInstant` reads it. */
export const instantText = () => checked((text) => void parseInstant(text, 0));

function checked(check: (text: string) => void) {
  return z.string().superRefine((text, context) => {
    try {
      check(text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
    }
  });
}
