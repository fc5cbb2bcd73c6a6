import type { Entry } from "../contracts/entry.ts";
import type { Payload, Sink } from "../contracts/sink.ts";
import { eachPiece, flowOf, HeldEntry, type Holder } from "./entries.ts";

/** Makes the payloads of one sink: in this thread, or in the one that has read the flows. */
export class Encoding {
  readonly #name: string;
  readonly #sink: Sink;
  /** Who has made the payloads that were not made here. */
  readonly #makers = new WeakMap<Payload, Holder>();

  constructor(name: string, sink: Sink) {
    this.#name = name;
    this.#sink = sink;
  }

  /** Where the payload of the entry is made; undefined for here. Entries of several places are never in one batch. */
  placeOf(entry: Entry): Holder | undefined {
    if (!(entry instanceof HeldEntry)) return undefined;
    const { holder } = entry.piece;
    return holder.encodes(this.#name) ? holder : undefined;
  }

  /** The payload as it is sent. Fails as `Encoder.encode` does, and with a Failure of the drawer `object` when the thread has died. */
  encode(entries: readonly Entry[], observed: number): Payload | Promise<Payload> {
    const sink = this.#sink;
    const { coding } = sink;
    const [first] = entries;
    const place = first && this.placeOf(first);
    if (place !== undefined) return this.#encodedAt(place, entries as readonly HeldEntry[], observed, coding);
    const payload = sink.encode(entries.map(flowOf), observed);
    return sink.compress === undefined || coding === undefined ? payload : this.#compressed(payload, coding);
  }

  async #encodedAt(place: Holder, entries: readonly HeldEntry[], observed: number, coding: string | undefined): Promise<Payload> {
    const payload = await place.encode(this.#name, entries, observed, coding);
    this.#makers.set(payload, place);
    return payload;
  }

  async #compressed(payload: Payload, coding: string): Promise<Payload> {
    const compressed = await this.#sink.compress?.(payload, coding);
    this.#sink.recycle?.(payload);
    return compressed ?? payload;
  }

  /** The payload was sent once, and will not be sent again. */
  recycle(payload: Payload): void {
    if (payload.coding === undefined) (this.#makers.get(payload) ?? this.#sink).recycle?.(payload);
  }

  /** The flows are needed until they are released. */
  hold(entries: readonly Entry[]): void {
    eachPiece(entries, (piece, count) => piece.hold(count));
  }

  release(entries: readonly Entry[]): void {
    eachPiece(entries, (piece, count) => piece.release(count));
  }
}
