/** A number of things, as a person reads it: `1,234`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A rate: `0`, `0.4`, `1,234`. */
export function rate(value: number): string {
  return value > 0 && value < 10 ? value.toFixed(1) : count(value);
}

/** A duration by its largest unit: `42 s`, `5 m`, `3 h`, `2 d`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** Bytes: `999 B`, `1.2 MB`. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const step = Math.min(units.length - 1, value < 1000 ? 0 : Math.floor(Math.log10(value) / 3));
  return `${step === 0 ? Math.round(value) : (value / 1000 ** step).toFixed(1)} ${units[step]}`;
}
