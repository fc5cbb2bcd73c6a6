import { z } from "zod";
import type { Discovery, Seen } from "../../contracts/source.ts";
import type { ObjectRef } from "../../contracts/store.ts";
import { Behind, behindSchema, numberOf } from "./behind.ts";
import { Far, farSchema } from "./far.ts";
import { type SequenceWatch, sequenceWatch } from "./sequences.ts";
import { bounded, formatStamp, parseStamp } from "./stamps.ts";
import { later, type Tail, wasThereBefore } from "./strategy.ts";

/** A layout in which the part of a key after its partition says a time, and sorts by it. */
export interface TimedNames {
  /** What the rest of a key says; undefined for a name of another kind. */
  parse(rest: string): TimedName | undefined;
  /** What the order of names tells apart, in ms: a second, an hour, a day. */
  readonly stepMs: number;
  /** Comes after every rest of an earlier time, and before every rest of the time `ms` or later; `ms` is a whole step. */
  restAt(ms: number): string;
}

export interface TimedName {
  /** Ms since the epoch, in the step by which the rest of the key sorts. */
  readonly time: number;
  /** Begins with the stamp of `time`. */
  readonly order: string;
  /** Where the object stands in a stream whose objects are numbered one by one. */
  readonly numbered?: { readonly stream: string; readonly number: number };
}

/** The time of the step that `ms` lies in. */
export const wholeStep = ({ stepMs }: TimedNames, ms: number): number => bounded(ms) - (bounded(ms) % stepMs);

/** Partitions without a new object for so long are looked into in sweeps only. */
const IDLE_MS = 86_400_000;
/** So many objects behind the look-back are told from late ones: 3 days of a network interface, some days of a connector. */
const KNOWN_BEHIND = 1024;

/**
 * `from`: where the next listing begins; `latest`: highest store time met; `next`: of streams, see SequenceWatch; `behind`: what is known
 * before `from`; `far`: what comes in before that.
 */
const markSchema = z.object({
  from: z.number().optional(),
  latest: z.number().optional(),
  next: z.record(z.string(), z.number()).default({}),
  behind: behindSchema.optional(),
  far: farSchema.optional(),
});

type Mark = z.output<typeof markSchema>;

export const readMark = (seen: Seen, partition: string): Mark => markSchema.parse(JSON.parse(seen.mark(partition) ?? "{}"));

export function isIdle(seen: Seen, partition: string, now: number): boolean {
  const { latest } = readMark(seen, partition);
  return latest !== undefined && latest < now - IDLE_MS;
}

/** Where an object stands, and the hour of it, under which it is known once it lies behind the window. */
export const placeOf = ({ time }: TimedName) => formatStamp(time);
export const groupOf = (name: TimedName) => placeOf(name).slice(0, "20260131T08".length);
/** The beginning of the hour of a place or a group. */
export const timeOfPlace = (place: string) => parseStamp(`${place.slice(0, "20260131T08".length)}0000Z`) ?? 0;

/** The look-back window of one partition while its listing goes on; it only moves forward. */
export interface Window {
  readonly partition: string;
  /** What is known before it. */
  readonly behind: Behind;
  /** What comes in further back than that. */
  readonly far: Far;
  /** An object that a listing met which began at `started`, in the order of the names. */
  take(object: ObjectRef, name: TimedName | undefined, started: number): void;
  /** Moves it on to what was taken so far. */
  advance(): void;
  state(): Pick<Discovery, "mark" | "forgetBefore">;
}

/** `begin`: where it begins as long as no object moves it; `floor`: where a window begins whose newest name says that time. */
export function openWindow(
  { onEvent, now }: Tail,
  partition: string,
  mark: Mark,
  begin: number | undefined,
  floor: (ms: number) => number,
): Window {
  let from = begin;
  let { latest } = mark;
  let newest: number | undefined;
  const place = begin === undefined ? "" : formatStamp(begin);
  const behind = new Behind(mark.behind, place, KNOWN_BEHIND);
  const far = new Far(mark.far, now(), place);
  /** What the listing has met and the window has not left behind, in the order of the names. */
  const inside: { readonly name: TimedName; readonly object: ObjectRef }[] = [];
  const sequences: SequenceWatch = sequenceWatch(mark.next, ({ stream, from, to }) => {
    const numbers = from === to ? `number ${from}` : `numbers ${from} to ${to}`;
    onEvent({ kind: "sequence-gap", key: partition, message: `stream ${stream} has a gap: ${numbers} never appeared` });
  });
  return {
    partition,
    behind,
    far,
    take(object, name, started) {
      const before = wasThereBefore(object, started);
      if (before) latest = later(latest, object.time);
      if (name === undefined) return;
      inside.push({ name, object });
      if (name.numbered !== undefined) sequences.observe(name.numbered.stream, name.numbered.number, name.time);
      // Names are not trusted to run ahead of the store's clock: one wrong year would hide everything after it.
      if (before) newest = later(newest, Math.min(name.time, object.time));
    },
    advance() {
      if (newest === undefined) return;
      from = later(from, floor(newest));
      if (from === undefined) return;
      sequences.advance(from);
      const stays = inside.findIndex(({ name }) => name.time >= (from as number));
      const leaving = inside.splice(0, stays < 0 ? inside.length : stays);
      for (const { name, object } of leaving) behind.add(groupOf(name), numberOf(object));
    },
    state() {
      const next = sequences.next();
      // Where a tail begins says the configuration, as long as no object does.
      const moved = from === begin ? mark.from : from;
      const known =
        moved === undefined
          ? {}
          : { from: moved, behind: behind.state(), ...(mark.from === undefined ? {} : { far: far.state() }) };
      const state = { ...known, latest, ...(Object.keys(next).length === 0 ? {} : { next }) };
      return { mark: JSON.stringify(state), ...(moved === undefined ? {} : { forgetBefore: formatStamp(moved) }) };
    },
  };
}
