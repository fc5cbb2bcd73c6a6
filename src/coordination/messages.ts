import { hash } from "node:crypto";
import { z } from "zod";
import type { FoundObject } from "../contracts/source.ts";
import type { ObjectVersion } from "../contracts/store.ts";

/** An object that was discovered, and is to be delivered. */
export interface ObjectMessage {
  readonly kind: "object";
  /** Name of the source in the configuration. */
  readonly source: string;
  /** Of the bucket, as the source divides it. */
  readonly partition: string;
  readonly object: FoundObject;
  /** Of one that could not be read: how often it was tried, since when, why, and when it is to be tried again (ms since the epoch). */
  readonly parked?: Parked | undefined;
}

export interface Parked {
  readonly attempts: number;
  readonly since: number;
  readonly code: string;
  readonly reason: string;
  /** How long it rests before that, in ms. */
  readonly pauseMs: number;
  readonly notBefore: number;
}

/** How far the listing of a partition is. */
export interface MarkMessage {
  readonly kind: "mark";
  readonly source: string;
  readonly partition: string;
  readonly mark?: string | undefined;
  readonly forgetBefore?: string | undefined;
}

/** Objects of a partition that were discovered long ago, and would be taken for new ones by a listing: their order and their fingerprint. */
export interface SeenMessage {
  readonly kind: "seen";
  readonly source: string;
  readonly partition: string;
  readonly objects: readonly (readonly [order: string, fingerprint: string])[];
}

/** All that has to be known of the source was written within a while before this. */
export interface WholeMessage {
  readonly kind: "whole";
  readonly source: string;
}

/** What stands in the topic of objects; in that of parked ones stand objects alone. */
export type Told = ObjectMessage | MarkMessage | SeenMessage | WholeMessage;

/** Tells a version of an object from all others of a source. */
export function fingerprint({ key, etag }: ObjectVersion): string {
  return hash("sha256", `${key}\0${etag}`, "buffer").toString("base64url", 0, 12);
}

const common = { source: z.string() };
const ofPartition = { ...common, partition: z.string() };
const parked = z.object({
  attempts: z.number(),
  since: z.number(),
  code: z.string(),
  reason: z.string(),
  pauseMs: z.number(),
  notBefore: z.number(),
});
const schema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("object"),
    ...ofPartition,
    object: z.object({ key: z.string(), etag: z.string(), size: z.number(), time: z.number(), order: z.string() }),
    parked: parked.optional(),
  }),
  z.object({ kind: z.literal("mark"), ...ofPartition, mark: z.string().optional(), forgetBefore: z.string().optional() }),
  z.object({ kind: z.literal("seen"), ...ofPartition, objects: z.array(z.tuple([z.string(), z.string()])) }),
  z.object({ kind: z.literal("whole"), ...common }),
]);

/** As a message: what has the same key goes to the same partition of the topic, in order. */
export function written(told: Told): { readonly key: Buffer; readonly value: Buffer } {
  // Objects go wherever there is room: what belongs to one of them goes to one place.
  const key = told.kind === "object" ? fingerprint(told.object) : told.kind === "whole" ? "" : told.partition;
  return { key: Buffer.from(`${told.source}\0${key}`), value: Buffer.from(JSON.stringify(told)) };
}

/** Undefined for a message that is none of these. */
export function read(value: Buffer | null): Told | undefined {
  if (value === null) return undefined;
  try {
    return schema.safeParse(JSON.parse(value.toString("utf8"))).data;
  } catch {
    return undefined;
  }
}
