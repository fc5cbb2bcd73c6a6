import { groupBy, isInside, type Row } from "./recount.ts";

const ADMIN_PORTS = new Set([22, 23, 135, 139, 445, 1433, 1521, 3306, 3389, 5432, 5900, 6379, 9200]);

/** Finders of the definitions, written without the generator: each returns `source>destination` of what it finds. */
export const FINDERS = {
  "ssh-from-outside": (rows: readonly Row[]) =>
    unique(rows.filter(({ accepted, port, source, protocol }) => accepted && port === 22 && protocol === 6 && !isInside(source))),

  "port-scan": (rows: readonly Row[]) =>
    pairs(rows, (group) => {
      const minutes = groupBy(group, ({ time }) => String(Math.floor((time ?? 0) / 60)));
      return [...minutes.values()].some((minute) => new Set(minute.map(({ port }) => port)).size >= 50);
    }),

  "brute-force": (rows: readonly Row[]) =>
    unique(
      [...groupBy(rows, ({ source, destination, port }) => `${source}>${destination}:${port}`).values()]
        .filter(([first]) => first !== undefined && ADMIN_PORTS.has(first.port) && !isInside(first.source))
        .filter((group) => {
          const rejects = group.filter(({ accepted, time }) => !accepted && time !== undefined).map(({ time }) => time as number);
          const accept = group.find(({ accepted, time }) => accepted && time !== undefined && time > Math.min(...rejects));
          return rejects.length >= 10 && accept !== undefined;
        })
        .flat(),
    ),

  exfiltration: (rows: readonly Row[]) =>
    pairs(rows, (group) => {
      const [first] = group;
      if (first === undefined || !isInside(first.source) || isInside(first.destination)) return false;
      if (first.destination.startsWith("192.0.2.")) return false;
      return group.reduce((sum, { bytes }) => sum + bytes, 0) > 500e6;
    }),

  beacon: (rows: readonly Row[]) =>
    unique(
      [...groupBy(rows, ({ source, destination, port }) => `${source}>${destination}:${port}`).values()]
        .filter((group) => {
          // A connection is a source port; its first record is when it began.
          const connections = [...groupBy(group, ({ sourcePort }) => String(sourcePort)).values()];
          const starts = connections.map((each) => Math.min(...each.map(({ time }) => time ?? Number.POSITIVE_INFINITY)));
          starts.sort((a, b) => a - b);
          const gaps = starts.slice(1).map((start, i) => start - (starts[i] ?? 0));
          if (gaps.length < 19) return false;
          const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
          const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
          return mean > 0 && Math.sqrt(variance) / mean < 0.15;
        })
        .flat(),
    ),
} satisfies Record<string, (rows: readonly Row[]) => string[]>;

function pairs(rows: readonly Row[], matches: (group: readonly Row[]) => boolean): string[] {
  const groups = groupBy(rows, ({ source, destination }) => `${source}>${destination}`);
  return [...groups].filter(([, group]) => matches(group)).map(([pair]) => pair);
}

function unique(rows: readonly Row[]): string[] {
  return [...new Set(rows.map(({ source, destination }) => `${source}>${destination}`))];
}
