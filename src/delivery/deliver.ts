import type { Batch, DeadLetter, Segment, Sink } from "../contracts.ts";
import { codeOf, describeError, PermanentError, TooLargeError } from "../errors.ts";
import { type OnRetry, type RetryPolicy, retry } from "../retry.ts";
import { type Piece, piecesOf } from "./pieces.ts";

export interface DeliveryEvents {
  readonly onRetry: OnRetry;
  /** A batch of so many records was too large. */
  readonly onTooLarge: (records: number) => void;
}

/** What became of the records of one segment; the three counts add up to the segment's. */
export interface Outcome {
  delivered: number;
  rejected: number;
  deadLetters: DeadLetter[];
}

/**
 * Brings a batch to its end: taken, refused in part, or set aside. Transient failures are repeated until the signal aborts (then it throws);
 * a batch that is too large is halved, and each half goes its own way, so that nothing that was taken is sent again.
 * Records that the sink refuses before sending are set aside by themselves, also those that it comes to refuse while the batch waits.
 * Returns one outcome for each segment of the batch.
 */
export async function deliver(
  name: string,
  sink: Sink,
  batch: Batch,
  policy: RetryPolicy,
  signal: AbortSignal,
  events: DeliveryEvents,
): Promise<Outcome[]> {
  try {
    const { rejected, reason } = await retry(() => attempt(sink, batch, signal), policy, signal, events.onRetry);
    return rejected === 0 ? taken(batch) : takenInPart(name, batch, rejected, reason ?? "the receiver gave no reason");
  } catch (error) {
    if (error instanceof RefusedBeforeSending) {
      const pieces = piecesOf(batch, sink);
      const rest = pieces.filter(({ refusal }) => refusal === undefined);
      const left: Batch = { flows: rest.flatMap(({ flows }) => flows), segments: rest.map(({ segment }) => segment) };
      const outcomes = rest.length === 0 ? [] : await deliver(name, sink, left, policy, signal, events);
      return joinPieces(name, batch, pieces, outcomes);
    }
    if (error instanceof TooLargeError && batch.flows.length > 1) {
      events.onTooLarge(batch.flows.length);
      const [head, tail] = halve(batch);
      const first = await deliver(name, sink, head, policy, signal, events);
      const second = await deliver(name, sink, tail, policy, signal, events);
      return merge(batch, head, first, second);
    }
    if (error instanceof TooLargeError || error instanceof PermanentError) {
      return batch.segments.map((segment) => setAside(name, segment, codeOf(error), describeError(error)));
    }
    throw error;
  }
}

/** Some records of the batch are not to be sent. */
class RefusedBeforeSending extends PermanentError {}

async function attempt(sink: Sink, batch: Batch, signal: AbortSignal) {
  const refusal =
    sink.outside === undefined
      ? undefined
      : batch.flows
          .values()
          .map((flow) => sink.outside?.(flow))
          .find(Boolean);
  if (refusal !== undefined) throw new RefusedBeforeSending(refusal.code, refusal.reason);
  return sink.write(batch, signal);
}

/** `outcomes` are those of the pieces that are not refused, in their order. */
function joinPieces(name: string, { segments }: Batch, pieces: readonly Piece[], outcomes: readonly Outcome[]): Outcome[] {
  const joined = segments.map((): Outcome => ({ delivered: 0, rejected: 0, deadLetters: [] }));
  const left = outcomes.values();
  for (const { index, refusal, segment } of pieces) {
    const outcome = refusal === undefined ? left.next().value : setAside(name, segment, refusal.code, refusal.reason);
    const sum = joined[index];
    if (outcome === undefined || sum === undefined) throw new Error("a piece of a batch has no outcome");
    sum.delivered += outcome.delivered;
    sum.rejected += outcome.rejected;
    sum.deadLetters.push(...outcome.deadLetters);
  }
  return joined;
}

function taken(batch: Batch): Outcome[] {
  return batch.segments.map(({ count }) => ({ delivered: count, rejected: 0, deadLetters: [] }));
}

/** The receiver does not say which records it refused: they are counted, and the pointers of the whole batch are kept with its words. */
function takenInPart(name: string, batch: Batch, rejected: number, reason: string): Outcome[] {
  let left = Math.min(rejected, batch.flows.length);
  const total = batch.flows.length;
  return batch.segments.map((segment) => {
    const share = Math.min(left, segment.count);
    left -= share;
    const letter = pointer(name, segment, 0, "rejected", `${rejected} of ${total} records refused, not said which: ${reason}`);
    return { delivered: segment.count - share, rejected: share, deadLetters: [letter] };
  });
}

function setAside(name: string, segment: Segment, code: string, reason: string): Outcome {
  return { delivered: 0, rejected: 0, deadLetters: [pointer(name, segment, segment.count, code, reason)] };
}

function pointer(sink: string, { origin, from, to }: Segment, count: number, code: string, reason: string): DeadLetter {
  return { sink, key: origin.key, etag: origin.etag, from, to, count, code, reason };
}

function halve({ flows, segments }: Batch): [Batch, Batch] {
  const middle = flows.length >> 1;
  const head: Segment[] = [];
  const tail: Segment[] = [];
  let start = 0;
  for (const segment of segments) {
    const cut = middle - start;
    if (cut >= segment.count) head.push(segment);
    else if (cut <= 0) tail.push(segment);
    else {
      const last = flows[middle - 1];
      if (last === undefined) throw new Error("a segment counts more records than its batch holds");
      head.push({ ...segment, to: last.record, count: cut });
      tail.push({ ...segment, from: last.record + 1, count: segment.count - cut });
    }
    start += segment.count;
  }
  return [
    { flows: flows.slice(0, middle), segments: head },
    { flows: flows.slice(middle), segments: tail },
  ];
}

function merge(batch: Batch, head: Batch, first: Outcome[], second: Outcome[]): Outcome[] {
  const shared = head.segments.length + second.length > batch.segments.length;
  const [overlap, ...rest] = second;
  const last = first.at(-1);
  if (!shared || overlap === undefined || last === undefined) return [...first, ...second];
  const joined = {
    delivered: last.delivered + overlap.delivered,
    rejected: last.rejected + overlap.rejected,
    deadLetters: [...last.deadLetters, ...overlap.deadLetters],
  };
  return [...first.slice(0, -1), joined, ...rest];
}
