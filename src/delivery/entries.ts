import type { Entry } from "../contracts/entry.ts";
import type { QueuedObject } from "../contracts/ledger.ts";
import type { Payload } from "../contracts/sink.ts";
import { Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";

/** Who has read flows, keeps them or what was made of them, and makes payloads of that: another thread, or this one. */
export interface Holder {
  /** Whether it can make the payloads of this sink. */
  encodes(sink: string): boolean;
  /** As the sink's encoder, compressed; entries of this holder alone. Rejects with a Failure of the drawer `object` when the thread has died. */
  encode(sink: string, entries: readonly HeldEntry[], observed: number, coding: string | undefined): Promise<Payload>;
  /** As the sink's, of a payload that was made here and not compressed. */
  recycle?(payload: Payload): void;
  /** Nobody holds a flow of this piece any more. */
  release(piece: HeldPiece): void;
}

/** Some neighbouring flows of an object that a holder keeps. */
export class HeldPiece {
  readonly holder: Holder;
  readonly number: number;
  readonly object: QueuedObject;
  /** How often its flows are held. */
  #held = 1;

  /** It is held by who has made it. */
  constructor(holder: Holder, number: number, object: QueuedObject) {
    this.holder = holder;
    this.number = number;
    this.object = object;
  }

  hold(count: number): void {
    this.#held += count;
  }

  /** The holder lets go of the flows when nobody holds any. */
  release(count = 1): void {
    this.#held -= count;
    if (this.#held === 0) this.holder.release(this);
  }
}

/** Stands for a flow that a holder keeps. */
export class HeldEntry implements Entry {
  readonly origin: Origin;
  readonly record: number;
  readonly time: number;
  readonly piece: HeldPiece;
  /** Place of the flow in the piece. */
  readonly index: number;
  /** A copy of the flow, where somebody in this thread needs it. */
  readonly flow: Flow | undefined;

  constructor(origin: Origin, record: number, time: number, piece: HeldPiece, index: number, flow: Flow | undefined) {
    this.origin = origin;
    this.record = record;
    this.time = time;
    this.piece = piece;
    this.index = index;
    this.flow = flow;
  }
}

/** Whether the flow of the entry is in this thread. */
export function isHere(entry: Entry): boolean {
  return !(entry instanceof HeldEntry) || entry.flow !== undefined;
}

/** The flow of an entry, for whoever works in this thread. */
export function flowOf(entry: Entry): Flow {
  if (entry instanceof Flow) return entry;
  if (entry instanceof HeldEntry && entry.flow !== undefined) return entry.flow;
  throw new Error(`record ${entry.record} of ${entry.origin.key} is in another thread`);
}

/** Calls back with each piece of these entries, and how many of them are of it. Those that stand in this thread alone are passed over. */
export function eachPiece(entries: readonly Entry[], tell: (piece: HeldPiece, count: number) => void): void {
  let piece: HeldPiece | undefined;
  let count = 0;
  for (const entry of entries) {
    const own = entry instanceof HeldEntry ? entry.piece : undefined;
    if (own !== piece) {
      if (piece !== undefined) tell(piece, count);
      [piece, count] = [own, 0];
    }
    count += 1;
  }
  if (piece !== undefined) tell(piece, count);
}
