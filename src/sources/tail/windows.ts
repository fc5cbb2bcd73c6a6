import { z } from "zod";
import type { Discovery, FoundObject, ObjectRef, Seen } from "../../contracts.ts";
import { type SequenceWatch, sequenceWatch } from "./sequences.ts";
import { bounded, formatStamp } from "./stamps.ts";
import { isNew, later, type Tail, wasThereBefore } from "./strategy.ts";

/** A layout in which the part of a key after its partition says a time, and sorts by it. */
export interface TimedNames {
  /** What the rest of a key says; undefined for a name of another kind. */
  parse(rest: string): TimedName | undefined;
  /** What names tell apart, in ms: a second, an hour. */
  readonly stepMs: number;
  /** Comes after every rest of an earlier time, and before every rest of the time `ms` or later; `ms` is a whole step. */
  restAt(ms: number): string;
}

interface TimedName {
  /** Ms since the epoch, whole steps. */
  readonly time: number;
  /** Begins with the stamp of `time`. */
  readonly order: string;
  /** Where the object stands in a stream whose objects are numbered one by one. */
  readonly numbered?: { readonly stream: string; readonly number: number };
}

/** Partitions without a new object for so long are looked into in sweeps only. */
const IDLE_MS = 86_400_000;

/** `from`: where the next listing begins; `latest`: highest store time met; `next`: of streams, see SequenceWatch. */
const markSchema = z.object({
  from: z.number().optional(),
  latest: z.number().optional(),
  next: z.record(z.string(), z.number()).default({}),
});

const readMark = (seen: Seen, partition: string) => markSchema.parse(JSON.parse(seen.mark(partition) ?? "{}"));

export function isIdle(seen: Seen, partition: string, now: number): boolean {
  const { latest } = readMark(seen, partition);
  return latest !== undefined && latest < now - IDLE_MS;
}

/**
 * What is new in one partition: lists from the newest name less the look-back, and hands out what is not in the seen-set. Names with
 * another form are handed out once when a listing meets them, and never forgotten.
 */
export async function* tailWindow(
  tail: Tail,
  names: TimedNames,
  partition: string,
  seen: Seen,
  signal: AbortSignal,
): AsyncGenerator<Discovery> {
  const { since, until, lookBackMs } = tail.settings;
  const wholeStep = (ms: number) => bounded(ms) - (bounded(ms) % names.stepMs);
  const floor = (ms: number) => wholeStep(ms - lookBackMs);
  const mark = readMark(seen, partition);
  const begin = mark.from ?? (since === undefined ? undefined : floor(since));
  const end = until === undefined ? Number.POSITIVE_INFINITY : until + lookBackMs;
  const started = tail.now();
  const window = openWindow(tail, partition, { ...mark, from: begin }, floor);
  const listing = tail.store.list(
    {
      prefix: partition,
      ...(begin === undefined ? {} : { startAfter: partition + names.restAt(begin) }),
      ...(until === undefined ? {} : { before: partition + names.restAt(wholeStep(end) + names.stepMs) }),
    },
    signal,
  );
  for await (const page of listing) {
    const objects: FoundObject[] = [];
    for (const object of page.objects) {
      const name = names.parse(object.key.slice(partition.length));
      if (name !== undefined && (name.time > end || (begin !== undefined && name.time < begin))) continue;
      if (name === undefined && until !== undefined) continue;
      window.take(object, name, started);
      if (!isNew(tail, object, seen)) continue;
      objects.push({ ...object, order: name?.order ?? `~${formatStamp(object.time)}` });
    }
    window.advance();
    if (objects.length > 0) yield { partition, objects, ...window.state() };
  }
  const last = window.state();
  if (last.mark !== seen.mark(partition)) yield { partition, objects: [], ...last };
}

type Mark = z.output<typeof markSchema>;

/** The look-back window of one partition while its listing goes on; it only moves forward. */
function openWindow(
  { onEvent }: Tail,
  partition: string,
  mark: { readonly [Key in keyof Mark]: Mark[Key] | undefined },
  floor: (ms: number) => number,
) {
  let { from, latest } = mark;
  let newest: number | undefined;
  const sequences: SequenceWatch = sequenceWatch(mark.next ?? {}, ({ stream, from, to }) => {
    const numbers = from === to ? `number ${from}` : `numbers ${from} to ${to}`;
    onEvent({ kind: "sequence-gap", key: partition, message: `stream ${stream} has a gap: ${numbers} never appeared` });
  });
  return {
    take(object: ObjectRef, name: TimedName | undefined, started: number) {
      latest = later(latest, object.time);
      if (name === undefined) return;
      if (name.numbered !== undefined) sequences.observe(name.numbered.stream, name.numbered.number, name.time);
      // Names are not trusted to run ahead of the store's clock: one wrong year would hide everything after it.
      if (wasThereBefore(object, started)) newest = later(newest, Math.min(name.time, object.time));
    },
    advance() {
      if (newest === undefined) return;
      from = later(from, floor(newest));
      if (from !== undefined) sequences.advance(from);
    },
    state() {
      const next = sequences.next();
      const state = { from, latest, ...(Object.keys(next).length === 0 ? {} : { next }) };
      return { mark: JSON.stringify(state), ...(from === undefined ? {} : { forgetBefore: formatStamp(from) }) };
    },
  };
}
