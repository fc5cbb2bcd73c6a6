import type { Entry } from "../contracts/entry.ts";
import type { Batch, Refusal, Segment, Sink } from "../contracts/sink.ts";

/** Neighbours of one segment of a batch, all refused for the same reason or all not. */
export interface Piece {
  /** Place of the segment in the batch. */
  readonly index: number;
  readonly refusal: Refusal | undefined;
  readonly segment: Segment;
  readonly flows: readonly Entry[];
}

/** In the order of the batch. No piece reaches over records of another, so that each can be set aside or taken alone. */
export function piecesOf({ flows, segments }: Batch<Entry>, sink: Sink): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  for (const [index, segment] of segments.entries()) {
    const end = start + segment.count;
    let refusal = refusalOf(sink, flows, start);
    for (let next = start + 1; next <= end; next += 1) {
      const following = next < end ? refusalOf(sink, flows, next) : undefined;
      if (next < end && following?.code === refusal?.code && following?.reason === refusal?.reason) continue;
      const part = flows.slice(start, next);
      const [from, to] = [part[0]?.record ?? segment.from, part.at(-1)?.record ?? segment.to];
      pieces.push({ index, refusal, segment: { ...segment, from, to, count: part.length }, flows: part });
      start = next;
      refusal = following;
    }
  }
  return pieces;
}

function refusalOf(sink: Sink, flows: readonly Entry[], index: number): Refusal | undefined {
  const flow = flows[index];
  if (flow === undefined) throw new Error("a segment counts more records than its batch holds");
  return sink.outside?.(flow);
}
