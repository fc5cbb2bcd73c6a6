import { z } from "zod";
import type { Discovery, FoundObject, Seen } from "../../contracts/source.ts";
import type { ListPage } from "../../contracts/store.ts";
import { compareKeys } from "../keys.ts";
import { Behind, behindSchema, numberOf } from "./behind.ts";
import { bounded } from "./stamps.ts";
import { newOf, reportLate, type Strategy, type Tail, wasThereBefore } from "./strategy.ts";

/** So many objects behind the look-back are told from late ones. */
const KNOWN_BEHIND = 4096;

/**
 * `from`: store time at which objects begin to count as new, unset until a pass has come to its end; `behind`: what is known before it;
 * `older`: how many objects were listed before the beginning of `behind`. In mid-pass also `next`: the same as `from` for the next pass, so
 * far; `after`: the last key of the last page that was handed out.
 */
const markSchema = z.object({
  from: z.number().optional(),
  behind: behindSchema.optional(),
  older: z.object({ begin: z.string(), count: z.number() }).optional(),
  next: z.number().optional(),
  after: z.string().optional(),
});

const orderOf = (time: number) => new Date(time).toISOString();
const groupOf = (time: number) => orderOf(time).slice(0, "2026-01-31T08".length);

/**
 * Any keys under `prefix`, but for those that begin with one of `holes`: each pass lists all of them; new is what is not seen and was
 * stored after the newest object that the pass before could rely on, less the look-back. The first pass takes everything. What is older
 * and not known came late, or with an old time, and is taken too.
 */
export function flatTail(tail: Tail, prefix: string, holes: readonly string[] = []): Strategy {
  const { settings, now, onEvent, store } = tail;
  const partition = `${prefix}*`;
  /** The window moves in steps: its mark holds what is known, and is not written anew for each object. */
  const stepMs = settings.lookBackMs / 8;

  return async function* (seen, signal, within = "") {
    const mark = markSchema.parse(JSON.parse(seen.mark(partition) ?? "{}"));
    const since = settings.since === undefined ? 0 : bounded(settings.since - settings.lookBackMs);
    if (within.length > prefix.length && within.startsWith(prefix) && mark.from !== undefined) {
      yield* tailHinted(Math.max(mark.from, since), within, seen, signal);
      return;
    }
    const isFirst = mark.from === undefined;
    const from = mark.from ?? 0;
    const started = now();
    let next = Math.max(from, mark.next ?? 0);
    const begin = next > 0 ? orderOf(next) : settings.since === undefined ? "" : orderOf(since);
    const behind = new Behind(mark.behind, begin, KNOWN_BEHIND);
    const older = { begin: behind.begin, count: 0 };
    /** What was met and is not behind the next window yet. */
    let inside: { readonly time: number; readonly number: number }[] = [];
    const late = reportLate(tail, partition);

    for await (const page of listAround(tail, prefix, holes, mark.after, signal)) {
      const listed: FoundObject[] = [];
      const before = next;
      for (const object of page) {
        const time = bounded(object.time);
        const order = orderOf(time);
        // What the pages before a break have met is not at hand any more, so the next window stays behind it.
        if (mark.after === undefined && wasThereBefore(object, started))
          next = Math.max(next, bounded(time - settings.lookBackMs));
        if (order < older.begin && time < from && time >= since && settings.accepts(object.key)) older.count += 1;
        if (time < from && order < behind.begin) continue;
        const number = numberOf(object);
        if (time < from && behind.has(number)) continue;
        if (time < next) behind.add(groupOf(time), number);
        else inside.push({ time, number });
        if (time >= since) listed.push({ ...object, order });
      }
      const found = newOf(tail, listed, seen);
      for (const object of found) {
        if (bounded(object.time) >= from) continue;
        late.object(object, `it was stored at ${object.order}, the look-back begins at ${orderOf(from)}`);
      }
      if (next > before) {
        for (const { time, number } of inside) if (time < next) behind.add(groupOf(time), number);
        inside = inside.filter(({ time }) => time >= next);
      }
      const after = page.at(-1)?.key;
      if (found.length === 0 || after === undefined) continue;
      const objects = found.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
      // Objects of earlier passes still come up on the pages ahead; in the first pass there are none.
      const horizon = isFirst ? next : from;
      yield {
        partition,
        objects,
        mark: JSON.stringify({ from: mark.from, behind: behind.state(), older: mark.older, next, after }),
        forgetBefore: orderOf(horizon),
      };
    }
    late.end();
    const isWhole = mark.after === undefined;
    if (isWhole && mark.older?.begin === older.begin && older.count > mark.older.count) {
      const message =
        `${older.count - mark.older.count} more objects than before were stored before ${older.begin}: ` +
        "too far back to tell which of them came late, so they are not read; `flowferry replay --since` reads a span of time again";
      onEvent({ kind: "late-object", key: partition, message });
    }
    const moved = isFirst || next - from >= stepMs ? next : from;
    const counted = isWhole ? (behind.begin === older.begin && older.begin !== "" ? older : undefined) : mark.older;
    // Where a tail begins says the configuration, as long as no object does: nothing is behind it yet.
    const isOpen = from === 0 && moved <= since;
    const complete = JSON.stringify(isOpen ? { from } : { from: moved, behind: behind.state(), older: counted });
    if (complete !== seen.mark(partition)) {
      yield { partition, objects: [], mark: complete, forgetBefore: orderOf(isOpen ? from : moved) };
    }
  };

  /**
   * What a hint points at, if it was stored inside the look-back: that is remembered until the next pass over everything has met it, which
   * alone moves the mark.
   */
  async function* tailHinted(from: number, within: string, seen: Seen, signal: AbortSignal): AsyncGenerator<Discovery> {
    for await (const { objects: page } of store.list({ prefix: within }, signal)) {
      const inside = page.filter(({ key, time }) => bounded(time) >= from && !holes.some((hole) => key.startsWith(hole)));
      const objects = newOf(tail, inside, seen).map((object) => ({ ...object, order: orderOf(bounded(object.time)) }));
      if (objects.length > 0) yield { partition, objects: objects.sort((a, b) => compareKeys(a.order, b.order)) };
    }
  }
}

/** The objects under `prefix` after `after`, page by page, without the keys that begin with a hole; what is in a hole is not listed. */
async function* listAround(
  { store }: Tail,
  prefix: string,
  holes: readonly string[],
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ListPage["objects"]> {
  let startAfter = after;
  for (const hole of [...holes.toSorted(compareKeys), undefined]) {
    const options = { prefix, ...(startAfter === undefined ? {} : { startAfter }) };
    if (hole === undefined) {
      for await (const { objects } of store.list(options, signal)) yield outside(objects, holes);
    } else if (startAfter === undefined || compareKeys(startAfter, hole) < 0) {
      for await (const { objects } of store.list({ ...options, before: hole }, signal)) {
        const earlier = objects.filter(({ key }) => compareKeys(key, hole) < 0);
        yield outside(earlier, holes);
        if (earlier.length < objects.length) break;
      }
    }
    // "~" comes after what keys in a hole go on with; a key that goes on with more is filtered.
    if (hole !== undefined && (startAfter === undefined || compareKeys(startAfter, `${hole}~`) < 0)) startAfter = `${hole}~`;
  }
}

const outside = (objects: ListPage["objects"], holes: readonly string[]) =>
  holes.length === 0 ? objects : objects.filter(({ key }) => !holes.some((hole) => key.startsWith(hole)));
