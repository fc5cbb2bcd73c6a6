import type { Decoder } from "../contracts/decoder.ts";
import type { Source } from "../contracts/source.ts";
import type { Flow } from "../flow/flow.ts";

/** A source of the worker, with what makes flows of its objects. */
export interface Inlet {
  /** In the configuration, the ledger, metrics and logs. */
  readonly name: string;
  readonly source: Source;
  readonly decode: Decoder;
  readonly enrich: (flows: readonly Flow[], signal: AbortSignal) => Promise<void>;
  /** Which flows are shipped. */
  readonly keep: (flow: Flow) => boolean;
}
