import type { BadRecords, DecodeOptions, QualityNotice } from "../contracts/decoder.ts";
import type { NetworkData } from "../enrich/rules/snapshot.ts";
import type { SecurityListDetail } from "../enrich/security-rules.ts";
import type { KeptTable } from "../enrich/tables/tables.ts";
import type { FlowContext } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";
import type { FlowWindow } from "../flow/window.ts";
import type { PlainFailure } from "./failures.ts";

/** What a thread is started with: what the configuration says of the stages that it runs. */
export interface Setup {
  readonly version: string;
  readonly baseDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** By their places in the configuration. */
  readonly sources: readonly { readonly format: string; readonly window: FlowWindow; readonly enrichment: number }[];
  /** Those whose payloads threads make. */
  readonly sinks: readonly { readonly name: string; readonly type: string; readonly options: unknown }[];
  /** Records are encoded for the only sink as they are read. */
  readonly transcodes: boolean;
}

/** What an enrichment knows, or what of that is new. */
export interface Knowledge {
  /** Files of the tables with their bytes, which nobody changes. */
  readonly tables: readonly KeptTable[] | undefined;
  readonly network: readonly NetworkData[] | undefined;
  readonly securityLists: SecurityListDetail;
  /** Whether a provider's API is to be asked about contexts that are not known. */
  readonly asks: boolean;
}

/** Neighbours of one piece, by their places: from the first up to, without it, the last. */
export type Run = readonly [piece: number, from: number, to: number];

/** What the main thread says to another one, in this order. Ids are of whoever says them first. */
export type ToThread =
  | {
      readonly kind: "read";
      readonly reading: number;
      readonly source: number;
      readonly origin: Origin;
      readonly options: DecodeOptions;
    }
  /** The next bytes of an object; `packed`: what is decoded of them is sent along. */
  | { readonly kind: "bytes"; readonly reading: number; readonly bytes: Uint8Array; readonly packed: boolean }
  /** There are no more bytes; `broken`: though the object has some. */
  | { readonly kind: "end"; readonly reading: number; readonly broken: boolean }
  /** One more piece may be sent. */
  | { readonly kind: "more"; readonly reading: number }
  | { readonly kind: "stop"; readonly reading: number }
  /** The flows of these pieces are not needed any more. */
  | { readonly kind: "release"; readonly pieces: readonly number[] }
  /** `marks`: what the rules found of some of the flows, by their places in the runs. */
  | {
      readonly kind: "encode";
      readonly call: number;
      readonly sink: string;
      readonly runs: readonly Run[];
      readonly marks: readonly (readonly [place: number, detections: readonly string[]])[];
      readonly observed: number;
      readonly coding: string | undefined;
    }
  /** To be made ready; in use from the next `use` of this version on. */
  | { readonly kind: "know"; readonly version: number; readonly enrichment: number; readonly knowledge: Knowledge }
  | { readonly kind: "use"; readonly version: number; readonly enrichment: number }
  | { readonly kind: "prepared"; readonly call: number };

/** What a thread says to the main thread. */
export type FromThread =
  | { readonly kind: "ready"; readonly version: number; readonly enrichment: number }
  /** So many chunks were taken since it said so last. */
  | { readonly kind: "took"; readonly reading: number; readonly chunks: number }
  | PieceMessage
  | { readonly kind: "done"; readonly reading: number }
  | { readonly kind: "failed"; readonly reading: number; readonly failure: PlainFailure }
  | {
      readonly kind: "encoded";
      readonly call: number;
      readonly records: number;
      readonly parts: readonly Uint8Array<ArrayBuffer>[];
      readonly coding: string | undefined;
    }
  | { readonly kind: "refused"; readonly call: number; readonly failure: PlainFailure }
  | { readonly kind: "prepare"; readonly call: number; readonly enrichment: number; readonly contexts: readonly FlowContext[] };

/** A piece of an object, without its flows, which the thread keeps until they are released. */
export interface PieceMessage {
  readonly kind: "piece";
  readonly reading: number;
  /** Of the piece in its thread. */
  readonly piece: number;
  readonly bad: readonly BadRecords[];
  readonly quality: readonly QualityNotice[];
  readonly skipped: Readonly<Record<string, readonly number[]>>;
  readonly through: number;
  /** Number and time of each flow. */
  readonly records: Float64Array<ArrayBuffer>;
  readonly times: Float64Array<ArrayBuffer>;
  /** 1 for each flow that is shipped; undefined where all are. */
  readonly wanted: Uint8Array<ArrayBuffer> | undefined;
  /** The flows, packed, where they were asked for. */
  readonly packed: ArrayBuffer | undefined;
}
