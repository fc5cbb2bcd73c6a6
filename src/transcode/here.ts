import type { Payload } from "../contracts/sink.ts";
import { HeldEntry, HeldPiece, type Holder } from "../delivery/entries.ts";
import type { EnrichedPiece, Reader } from "../delivery/reader.ts";
import type { Tables } from "../enrich/tables/tables.ts";
import type { EncodedRecord } from "./records.ts";
import type { EncodedStages, Transcoder } from "./transcoder.ts";

/** Reads objects in this thread, keeps their encoded records, and makes the payloads of the sink. */
export class TranscodingHere implements Holder {
  readonly #sink: string;
  readonly #transcoder: Transcoder;
  readonly #pieces = new Map<number, readonly EncodedRecord[]>();
  #lastPiece = 0;

  constructor(sink: string, transcoder: Transcoder) {
    this.#sink = sink;
    this.#transcoder = transcoder;
  }

  /** `tables`: see `Conditions`. */
  reader(stages: EncodedStages, tables: () => Tables | undefined): Reader {
    const transcoder = this.#transcoder;
    const hold = (records: readonly EncodedRecord[], object: HeldPiece["object"]) => this.#hold(records, object);
    return async function* (bytes, what, signal): AsyncGenerator<EnrichedPiece> {
      const conditions = { tables, needsFlows: what.needsFlows };
      for await (const piece of transcoder.reader(stages, conditions)(bytes, what, signal)) {
        const held = hold(piece.flows, what.object);
        const entries = piece.flows.map(
          ({ origin, record, time, flow }, index) => new HeldEntry(origin, record, time, held, index, flow),
        );
        const isAll = piece.wanted === piece.flows;
        const wanted = new Set(isAll ? [] : piece.wanted);
        try {
          yield {
            ...piece,
            flows: entries,
            wanted: isAll ? entries : entries.filter(({ index }) => wanted.has(piece.flows[index] as EncodedRecord)),
          };
        } finally {
          held.release();
        }
      }
    };
  }

  encodes(sink: string): boolean {
    return sink === this.#sink;
  }

  async encode(_sink: string, entries: readonly HeldEntry[], observed: number, coding: string | undefined): Promise<Payload> {
    const records = entries.map(({ piece, index }) => this.#pieces.get(piece.number)?.[index] as EncodedRecord);
    const payload = this.#transcoder.encode(records, observed);
    if (coding === undefined) return payload;
    const compressed = await this.#transcoder.compress(payload, coding);
    this.#transcoder.recycle(payload);
    return compressed;
  }

  recycle(payload: Payload): void {
    this.#transcoder.recycle(payload);
  }

  release({ number }: HeldPiece): void {
    this.#transcoder.release(this.#pieces.get(number) ?? []);
    this.#pieces.delete(number);
  }

  #hold(records: readonly EncodedRecord[], object: HeldPiece["object"]): HeldPiece {
    this.#lastPiece += 1;
    this.#pieces.set(this.#lastPiece, records);
    return new HeldPiece(this, this.#lastPiece, object);
  }
}
