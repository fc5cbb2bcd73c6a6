import type { Discovery, FoundObject, Seen } from "../../contracts/source.ts";
import type { ObjectRef } from "../../contracts/store.ts";
import { type Behind, numberOf } from "./behind.ts";
import { reportMissed } from "./far.ts";
import { bounded, formatStamp } from "./stamps.ts";
import { newOf, reportLate, type Tail } from "./strategy.ts";
import {
  groupOf,
  openWindow,
  placeOf,
  readMark,
  type TimedName,
  type TimedNames,
  timeOfPlace,
  type Window,
  wholeStep,
} from "./window.ts";

const HOUR_MS = 3_600_000;

/** How a pass looks into a partition: `late`: also behind the look-back, for what came late. */
export interface Look {
  readonly late: boolean;
}

/**
 * What is new in one partition: lists from the newest name less the look-back, and hands out what is not in the seen-set. Names with
 * another form are handed out once when a listing meets them, and never forgotten.
 */
export async function* tailWindow(
  tail: Tail,
  names: TimedNames,
  partition: string,
  look: Look,
  seen: Seen,
  signal: AbortSignal,
): AsyncGenerator<Discovery> {
  const { since, until, lookBackMs } = tail.settings;
  const floor = (ms: number) => wholeStep(names, ms - lookBackMs);
  const mark = readMark(seen, partition);
  const begin = mark.from ?? (since === undefined ? undefined : floor(since));
  const end = until === undefined ? Number.POSITIVE_INFINITY : until + lookBackMs;
  const started = tail.now();
  const window = openWindow(tail, partition, mark, begin, floor);

  // A window that begins in the future was moved by a clock that was ahead: all that comes now comes behind it.
  const isAhead = mark.from !== undefined && mark.from > started;
  if (mark.from !== undefined && (look.late || isAhead || window.far.isDue(window.behind.beginSoon))) {
    const known = window.behind.asOfNow();
    yield* lookBehind(tail, names, { ...window, from: mark.from, known }, seen, signal);
    window.far.swept(started, known.begin, formatStamp(mark.from));
    yield* nameMissed(tail, names, window, seen, signal);
  }

  const listing = tail.store.list(
    {
      prefix: partition,
      ...(begin === undefined ? {} : { startAfter: partition + names.restAt(begin) }),
      ...(until === undefined ? {} : { before: partition + names.restAt(wholeStep(names, end) + names.stepMs) }),
    },
    signal,
  );
  for await (const page of listing) {
    const listed: FoundObject[] = [];
    for (const object of page.objects) {
      const name = names.parse(object.key.slice(partition.length));
      if (name !== undefined && (name.time > end || (begin !== undefined && name.time < begin))) continue;
      if (name === undefined && until !== undefined) continue;
      window.take(object, name, started);
      listed.push({ ...object, order: orderOf(object, name) });
    }
    window.advance();
    const objects = newOf(tail, listed, seen);
    if (objects.length > 0) yield { partition, objects, ...window.state() };
  }
  const last = window.state();
  if (last.mark !== seen.mark(partition)) yield { partition, objects: [], ...last };
}

/** As `tailWindow`, of a partition that a hint has named: one that does not exist leaves no trace in the ledger. */
export async function* tailHinted(
  tail: Tail,
  names: TimedNames,
  partition: string,
  seen: Seen,
  signal: AbortSignal,
): AsyncGenerator<Discovery> {
  const isKnown = seen.mark(partition) !== undefined;
  for await (const discovery of tailWindow(tail, names, partition, { late: false }, seen, signal)) {
    if (isKnown || discovery.objects.length > 0) yield discovery;
  }
}

/** Lists what lies before the window as far back as it is known, and hands out what is not known. */
async function* lookBehind(
  tail: Tail,
  names: TimedNames,
  { partition, behind, known, from, state }: Window & { readonly from: number; readonly known: Pick<Behind, "begin" | "has"> },
  seen: Seen,
  signal: AbortSignal,
): AsyncGenerator<Discovery> {
  const after = known.begin === "" ? {} : { startAfter: partition + names.restAt(wholeStep(names, timeOfPlace(known.begin))) };
  const late = reportLate(tail, partition);
  for await (const page of tail.store.list({ prefix: partition, ...after, before: partition + names.restAt(from) }, signal)) {
    const listed: FoundObject[] = [];
    for (const object of page.objects) {
      const name = names.parse(object.key.slice(partition.length));
      if (name === undefined) {
        if (tail.settings.until === undefined) listed.push({ ...object, order: orderOf(object, name) });
        continue;
      }
      const number = numberOf(object);
      if (name.time >= from || placeOf(name) < known.begin || known.has(number)) continue;
      behind.add(groupOf(name), number);
      listed.push({ ...object, order: orderOf(object, name) });
    }
    const objects = newOf(tail, listed, seen);
    for (const object of objects) {
      const name = names.parse(object.key.slice(partition.length));
      if (name !== undefined) late.object(object, `its name says ${placeOf(name)}, the look-back begins at ${formatStamp(from)}`);
    }
    if (objects.length > 0) yield { partition, objects, ...state() };
  }
  late.end();
}

/** Now and then: lists what lies further back than is known, and names what came in there. */
async function* nameMissed(
  tail: Tail,
  names: TimedNames,
  { partition, far, behind, state }: Window,
  seen: Seen,
  signal: AbortSignal,
): AsyncGenerator<Discovery> {
  const end = far.end(tail.now());
  if (end === undefined) return;
  const { since, lookBackMs } = tail.settings;
  const floor = since === undefined ? undefined : wholeStep(names, since - lookBackMs);
  const after = floor === undefined ? {} : { startAfter: partition + names.restAt(floor) };
  const before = partition + names.restAt(bounded(timeOfPlace(end) + HOUR_MS));
  const begin = formatStamp(timeOfPlace(behind.begin));
  const missed = reportMissed(tail, partition);
  for await (const { objects } of tail.store.list({ prefix: partition, ...after, before }, signal)) {
    const beyond: FoundObject[] = [];
    for (const object of objects) {
      const name = names.parse(object.key.slice(partition.length));
      if (name === undefined || (floor !== undefined && name.time < floor)) continue;
      if (placeOf(name) < (far.bound(object) ?? "")) beyond.push({ ...object, order: placeOf(name) });
    }
    for (const object of newOf(tail, beyond, seen))
      missed.object(object, `its name says ${object.order}, what is remembered begins at ${begin}`);
  }
  missed.end();
  far.told();
  yield { partition, objects: [], ...state() };
}

/** Names that say no time come after all that do, and so are never forgotten. */
const orderOf = (object: ObjectRef, name: TimedName | undefined) => name?.order ?? `~${formatStamp(object.time)}`;
