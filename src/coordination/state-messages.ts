import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { z } from "zod";
import type { KeptAlert } from "./kept-alerts.ts";

/** Somebody looks after the state from here on: what others write behind it counts for nothing. Epochs only grow. */
interface Begin {
  readonly kind: "begin";
  readonly epoch: number;
  readonly owner: string;
}

/** All of the state stands behind this, up to a head of this base, and goes on behind that. */
interface Base {
  readonly kind: "base";
  readonly epoch: number;
  readonly base: string;
}

/** A part of the state, in place of the one that has its number. */
interface PartMessage {
  readonly kind: "part";
  readonly epoch: number;
  readonly number: number;
  readonly value: string;
}

/** What became of alerts, in place of what was said of them before. */
interface AlertsMessage {
  readonly kind: "alerts";
  readonly epoch: number;
  readonly alerts: readonly KeptAlert[];
}

/** The state is whole: it knows the rows before `next`. */
interface Head {
  readonly kind: "head";
  readonly epoch: number;
  readonly base: string;
  readonly head: string;
  readonly next: number;
}

/** What stands in the topic of states. */
export type StateMessage = Begin | Base | PartMessage | AlertsMessage | Head;

const epoch = z.int().min(1);
const schema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("begin"), epoch, owner: z.string() }),
  z.object({ kind: z.literal("base"), epoch, base: z.string() }),
  z.object({ kind: z.literal("part"), epoch, number: z.int().min(0), value: z.string() }),
  z.object({ kind: z.literal("alerts"), epoch, alerts: z.array(z.custom<KeptAlert>(isKept)) }),
  z.object({ kind: z.literal("head"), epoch, base: z.string(), head: z.string(), next: z.int().min(0) }),
]);

function isKept(data: unknown): boolean {
  return typeof data === "object" && data !== null && "key" in data && "at" in data && "notifiers" in data;
}

export function writtenState(message: StateMessage): Buffer {
  return zstdCompressSync(JSON.stringify(message));
}

const MOST_BYTES = 64 * 1_048_576;

/** Undefined for a message that is none of these. */
export function readState(value: Buffer | null): StateMessage | undefined {
  if (value === null) return undefined;
  try {
    return schema.safeParse(JSON.parse(zstdDecompressSync(value, { maxOutputLength: MOST_BYTES }).toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

/** What the messages of a topic come to. */
export interface Folded {
  /** The highest there is; 0 for none. */
  readonly epoch: number;
  /** The latest state that is whole; undefined where none is. */
  readonly state: FoldedState | undefined;
  /** A head speaks of what stands further back. */
  readonly lacks: boolean;
}

export interface FoldedState {
  readonly head: string;
  readonly next: number;
  readonly parts: ReadonlyMap<number, string>;
  readonly alerts: ReadonlyMap<string, KeptAlert>;
}

interface Set {
  readonly base: string;
  readonly parts: Map<number, string>;
  readonly alerts: Map<string, KeptAlert>;
}

/** Of messages in the order of the topic. Those of an epoch that is over count for nothing. */
export function fold(messages: Iterable<StateMessage>): Folded {
  let epochSoFar = 0;
  /** Begun ones, the one of the latest head first. */
  let sets: Set[] = [];
  let latest: Head | undefined;
  for (const message of messages) {
    if (message.epoch < epochSoFar) continue;
    epochSoFar = message.epoch;
    if (message.kind === "base") {
      sets = [...sets.filter(({ base }) => base === latest?.base), { base: message.base, parts: new Map(), alerts: new Map() }];
    } else if (message.kind === "part") for (const { parts } of sets) parts.set(message.number, message.value);
    else if (message.kind === "alerts") {
      for (const { alerts } of sets) for (const kept of message.alerts) alerts.set(kept.key, kept);
    } else if (message.kind === "head") {
      latest = message;
      sets = sets.filter(({ base }) => base === message.base);
    }
  }
  const [own] = sets.filter(({ base }) => base === latest?.base);
  const { head, next } = latest ?? { head: "", next: 0 };
  return {
    epoch: epochSoFar,
    state: latest === undefined || own === undefined ? undefined : { head, next, parts: own.parts, alerts: own.alerts },
    lacks: latest !== undefined && own === undefined,
  };
}
