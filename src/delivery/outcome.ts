import type { DeadLetter } from "../contracts/ledger.ts";
import type { Segment } from "../contracts/sink.ts";

/** What became of records of one object: all the numbers together are those that were offered. */
export interface Outcome {
  /** Held back by the sink's own filter; none if left out. */
  readonly filtered?: number;
  /** Not in the sink's sample; none if left out. */
  readonly sampled?: number;
  /** In a sum that the receiver took, which counts as one record; none if left out. */
  readonly aggregated?: number;
  readonly delivered: number;
  /** Taken and then refused by the receiver, which did not say which. */
  readonly rejected: number;
  readonly setAside: number;
  readonly deadLetters: readonly DeadLetter[];
}

export const NOTHING: Outcome = { delivered: 0, rejected: 0, setAside: 0, deadLetters: [] };

export function sumOf(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce(
    (sum, { filtered, sampled, aggregated, delivered, rejected, setAside, deadLetters }) => ({
      ...some("filtered", sum.filtered, filtered),
      ...some("sampled", sum.sampled, sampled),
      ...some("aggregated", sum.aggregated, aggregated),
      delivered: sum.delivered + delivered,
      rejected: sum.rejected + rejected,
      setAside: sum.setAside + setAside,
      deadLetters: deadLetters.length === 0 ? sum.deadLetters : [...sum.deadLetters, ...deadLetters],
    }),
    NOTHING,
  );
}

/** The sum by this name, if it is any. */
function some(name: "filtered" | "sampled" | "aggregated", one = 0, other = 0): Partial<Outcome> {
  return one + other === 0 ? {} : { [name]: one + other };
}

/** How many records an outcome speaks of. */
export function settledIn({ filtered = 0, sampled = 0, aggregated = 0, delivered, rejected, setAside }: Outcome): number {
  return filtered + sampled + aggregated + delivered + rejected + setAside;
}

export function deliveredAll({ count }: Segment): Outcome {
  return { delivered: count, rejected: 0, setAside: 0, deadLetters: [] };
}

/** The records of a segment are kept as a pointer. */
export function asideOf(sink: string, segment: Segment, code: string, reason: string): Outcome {
  const letter = letterOf(sink, segment, segment.count, code, reason);
  return { delivered: 0, rejected: 0, setAside: segment.count, deadLetters: [letter] };
}

export function letterOf(sink: string, { origin, from, to }: Segment, count: number, code: string, reason: string): DeadLetter {
  return { sink, source: origin.source, key: origin.key, etag: origin.etag, from, to, count, code, reason };
}
