const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^s/, "s"],
  [/^mo/, ""],
  [/^m/, "m"],
  [/^h/, "h"],
  [/^d/, "d"],
];
/** 366 days: a longer window would hold its state longer than any bucket is read. */
const LONGEST_MS = 366 * 86_400_000;

/** Milliseconds of a Sigma timespan (`number + letter`: 90s, 5m, 1h, 7d), or undefined when it is none. */
export function parseTimespan(text: string): number | undefined {
  const match = /^([1-9]\d{0,8})([smhd])$/.exec(text);
  if (match === null) return undefined;
  const ms = Number(match[1]) * (UNITS[match[2] ?? ""] ?? Number.NaN);
  return ms <= LONGEST_MS ? ms : undefined;
}

/** What is wrong with a timespan, and the nearest right one where the intention can be read. */
export function describeBadTimespan(text: string): string {
  const meant = suggestion(text);
  const hint = meant === undefined ? "" : `; did you mean '${meant}'?`;
  return `timespan '${text}' is not a whole number followed by s, m, h or d, of at most 366d${hint}`;
}

/** The shortest Sigma timespan for a number of milliseconds. */
export function formatTimespan(ms: number): string {
  for (const unit of ["d", "h", "m", "s"]) {
    const size = UNITS[unit] ?? 1;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms / 1_000}s`;
}

function suggestion(text: string): string | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text);
  if (match === null) return undefined;
  const unit = NAMES.find(([pattern]) => pattern.test((match[2] ?? "").toLowerCase()))?.[1];
  const weeks = /^w/i.test(match[2] ?? "");
  const size = weeks ? 7 * 86_400_000 : UNITS[unit ?? ""];
  if (size === undefined) return undefined;
  const ms = Math.round((Number(match[1]) * size) / 1_000) * 1_000;
  return ms > 0 && ms <= LONGEST_MS ? formatTimespan(ms) : undefined;
}
