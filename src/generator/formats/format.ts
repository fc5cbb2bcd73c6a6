import type { Exchange } from "../exchange.ts";
import type { Random } from "../random.ts";
import type { ObjectTruth } from "../truth.ts";
import type { Host, Subnet } from "../world.ts";

/** A record as its text stands in an object: one byte a character, without a separator. */
export interface RecordSink {
  /** `time` in seconds since the epoch; `reply` for a record that runs from the exchange's destination to its source. */
  flow(
    text: string,
    time: number,
    accepted: boolean,
    bytes: number,
    bytesReverse: number,
    incident: number | undefined,
    reply: boolean,
  ): void;
  quality(text: string, time: number, kind: "noData" | "skipData"): void;
}

/** Turns exchanges into records. */
export interface Encoder {
  /** How many records the exchange makes; 0 where the format does not log such traffic. */
  count(exchange: Exchange): number;
  /** Writes the exchange's records `from` (0 is the first) up to, but not with, `to`, to the sinks of the VNICs that log it. */
  write(exchange: Exchange, from: number, to: number, random: Random, sinkOf: (host: Host) => RecordSink): void;
}

/** A stretch of time, in seconds since the epoch, `to` exclusive. */
export interface Window {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  readonly last: boolean;
}

/** A record of an incident, in an object whose key is not known yet. */
export interface Mark {
  readonly incident: number;
  readonly record: number;
  readonly reply: boolean;
  readonly accepted: boolean;
}

/** An object that is decided but perhaps still being compressed. */
export interface Draft {
  readonly key: string;
  /** When the object came into being, in ms since the epoch. */
  readonly time: number;
  readonly bytes: Promise<Uint8Array> | Uint8Array;
  readonly truth: ObjectTruth;
  readonly marks: readonly Mark[];
  /** What the store keeps beside the object. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Writes the objects of one window. */
export interface WindowWriter {
  /** Writes records that are due apart from the exchanges, at most `limit`; returns how many. */
  begin(limit: number): number;
  /** Writes the records `from` up to, but not with, `to` of an exchange. */
  add(exchange: Exchange, from: number, to: number): void;
  /** A promise for as long as the compressor is behind. */
  room(): Promise<void> | undefined;
  end(): Draft[];
}

/** One log format with its layout of keys. Windows are opened in order of time, one after the other. */
export interface Format {
  readonly cloud: "oci" | "ibm";
  readonly encoder: Encoder;
  open(window: Window, random: Random): WindowWriter;
  /** An object of its own in which something is broken. */
  damaged(kind: string, exchanges: readonly Exchange[], window: Window, random: Random): DamagedDraft;
  /** How the log names a subnet. */
  subnetId(subnet: Subnet): string;
}

export interface DamagedDraft extends Draft {
  /** The damaged record; null where it is the object as a whole. */
  readonly record: number | null;
  readonly outcome: "bad" | "broken" | "skipped" | "good";
}
