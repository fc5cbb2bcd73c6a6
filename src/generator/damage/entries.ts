import { constants, gunzipSync } from "node:zlib";
import type { RecordSink } from "../formats/format.ts";
import type { ObjectTruth } from "../truth.ts";
import { emptyTruth } from "../truth.ts";

/** A record with what is known of it. */
export interface Entry {
  text: string;
  /** Undefined where the log leaves the time empty. */
  readonly time: number;
  readonly accepted: boolean;
  bytes: bigint;
  readonly bytesReverse: bigint;
  readonly incident: number | undefined;
  readonly reply: boolean;
}

/** Keeps records apart instead of writing them. */
export class Entries implements RecordSink {
  readonly list: Entry[] = [];

  flow(
    text: string,
    time: number,
    accepted: boolean,
    bytes: number,
    bytesReverse: number,
    incident: number | undefined,
    reply: boolean,
  ): void {
    this.list.push({ text, time, accepted, bytes: BigInt(bytes), bytesReverse: BigInt(bytesReverse), incident, reply });
  }

  quality(): void {
    throw new TypeError("quality records are not kept apart");
  }
}

/** The truth of flows that are all good. */
export function truthOf(entries: readonly Entry[]): ObjectTruth {
  const truth = emptyTruth();
  for (const { accepted, bytes, bytesReverse } of entries) {
    truth.records++;
    if (accepted) truth.accept++;
    else truth.reject++;
    truth.bytes += bytes;
    truth.bytesReverse += bytesReverse;
  }
  return truth;
}

/** What can be read of gzip that ends in the middle, one byte a character. */
export function recoverable(bytes: Uint8Array): string {
  return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).toString("latin1");
}
