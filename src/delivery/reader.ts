import type { DecodeOptions, Decoder } from "../contracts/decoder.ts";
import type { Entry } from "../contracts/entry.ts";
import type { QueuedObject } from "../contracts/ledger.ts";
import type { Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";
import type { ReadPiece } from "./readings.ts";

/** A piece of an object, enriched, on its way to the consumers. */
export interface EnrichedPiece extends ReadPiece {
  /** Those of the flows that are shipped. */
  readonly wanted: readonly Entry[];
}

/** What is read. */
export interface ToRead {
  readonly object: QueuedObject;
  readonly origin: Origin;
  readonly options: DecodeOptions;
  /** Whether somebody in this thread looks at the flows themselves: asked of each piece. */
  readonly needsFlows: () => boolean;
}

/**
 * The stages from the stored bytes of an object to enriched flows. Errors of the bytes pass through, after what was decoded before them. A
 * piece and its flows are there until the next one is asked for, or longer where somebody holds them.
 */
export type Reader = (bytes: AsyncIterable<Uint8Array>, what: ToRead, signal: AbortSignal) => AsyncIterable<EnrichedPiece>;

/** What makes flows of the objects of a source. */
export interface Stages {
  readonly decode: Decoder;
  readonly enrich: (flows: readonly Flow[], signal: AbortSignal) => Promise<void>;
  /** Which flows are shipped. */
  readonly keep: (flow: Flow) => boolean;
}

/** The stages, one after the other in the thread that calls. */
export function readHere({ decode, enrich, keep }: Stages) {
  return async function* (
    bytes: AsyncIterable<Uint8Array>,
    { origin, options }: Pick<ToRead, "origin" | "options">,
    signal: AbortSignal,
  ): AsyncGenerator<EnrichedPiece> {
    for await (const piece of decode(bytes, origin, options)) {
      await enrich(piece.flows, signal);
      const { flows, bad, quality, skipped, through } = piece;
      yield { flows, bad, quality, skipped, through, wanted: flows.filter(keep) };
    }
  };
}
