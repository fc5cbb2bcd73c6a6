/** How even a conversation's connections are. */
export interface Regularity {
  /** From 0 (as chance has it) to 1 (as a clock has it). */
  readonly score: number;
  /** The median gap between connections, in ms. */
  readonly gapMs: number;
  /** Parts of the score, each from 0 to 1. */
  readonly gaps: Evenness;
  readonly sizes: Evenness;
}

/** Connections that follow another within this share of the mean gap belong to its burst, as the parts of one visit do. */
const BURST = 0.1;
/** What each part weighs: a clock shows in its gaps first, and chance makes few of them symmetric more easily than even. */
const WEIGHTS = { gaps: { symmetry: 0.2, evenness: 0.5 }, sizes: { symmetry: 0.15, evenness: 0.15 } };

/**
 * Judges connections by the gaps between them and by their sizes, as RITA does (Active Countermeasures, "Beacon analysis"): the skew of
 * Bowley, (q1 + q3 - 2 q2) / (q3 - q1), is 0 for a clock with symmetric jitter; the median absolute deviation by the median is 0 for one
 * without. People and their software have gaps that are skewed and spread. A pause in which `least` connections had room ends a conversation:
 * before it was another one, or what lies between has not come yet; only what follows the last one is judged. Undefined where fewer than
 * `least` bursts are left.
 *
 * `starts`: ascending, in ms; `sizes`: bytes of each connection, in the same order.
 */
export function regularityOf(starts: readonly number[], sizes: readonly number[], least: number): Regularity | undefined {
  const begin = starts[0];
  const end = starts.at(-1);
  if (begin === undefined || end === undefined || starts.length < least) return undefined;
  const burst = ((end - begin) / (starts.length - 1)) * BURST;
  const gaps: number[] = [];
  let from = begin;
  let previous = begin;
  for (const start of starts) {
    if (start - previous > burst) {
      gaps.push(start - from);
      from = start;
    }
    previous = start;
  }
  if (gaps.length + 1 < least) return undefined;
  const timing = spread(gaps);
  const resumed = starts.findLastIndex((start, at) => start - (starts[at - 1] ?? start) > timing.median * least);
  if (resumed !== -1) return regularityOf(starts.slice(resumed), sizes.slice(resumed), least);
  const size = spread(sizes);
  const score = weigh(timing, WEIGHTS.gaps) + weigh(size, WEIGHTS.sizes);
  return { score, gapMs: timing.median, gaps: timing, sizes: size };
}

interface Evenness {
  readonly symmetry: number;
  readonly evenness: number;
}

function weigh(of: Evenness, weights: Evenness): number {
  return of.symmetry * weights.symmetry + of.evenness * weights.evenness;
}

function spread(values: readonly number[]): Evenness & { readonly median: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, median, high] = [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)];
  const deviation = quantile(
    sorted.map((value) => Math.abs(value - median)).sort((a, b) => a - b),
    0.5,
  );
  const skew = high > low ? Math.abs((low + high - 2 * median) / (high - low)) : 0;
  // A skew within so small a spread is that of the clock that rounds times and sizes.
  const small = high - low <= 0.1 * median;
  const evenness = median > 0 ? Math.max(0, 1 - deviation / median) : 0;
  return { median, symmetry: small ? 1 : 1 - skew, evenness };
}

/** Of sorted values; between two of them by their distances (type 7 of Hyndman and Fan). */
function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return low + (high - low) * (at - Math.floor(at));
}
