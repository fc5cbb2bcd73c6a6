import { z } from "zod";
import type { FoundObject, ListPage } from "../../contracts.ts";
import { compareKeys } from "../keys.ts";
import { bounded } from "./stamps.ts";
import { isNew, type Strategy, type Tail, wasThereBefore } from "./strategy.ts";

/**
 * `from`: store time at which objects begin to count as new, unset until a pass has come to its end; `next`: the same for the next pass,
 * so far. In mid-pass also `started`, when the pass began, and `after`, the last key of the last page that was handed out.
 */
const markSchema = z.object({
  from: z.number().optional(),
  next: z.number().optional(),
  started: z.number().optional(),
  after: z.string().optional(),
});

const orderOf = (time: number) => new Date(time).toISOString();

/**
 * Any keys under `prefix`, but for those that begin with one of `holes`: each pass lists all of them; new is what is not seen and was
 * stored after the newest object that the pass before could rely on, less the look-back. The first pass takes everything.
 */
export function flatTail(tail: Tail, prefix: string, holes: readonly string[] = []): Strategy {
  const { settings, now } = tail;
  const partition = `${prefix}*`;

  return async function* (seen, signal) {
    const mark = markSchema.parse(JSON.parse(seen.mark(partition) ?? "{}"));
    const bound = settings.since === undefined ? 0 : bounded(settings.since - settings.lookBackMs);
    const from = mark.from ?? bound;
    const started = mark.started ?? now();
    let next = Math.max(from, mark.next ?? 0);

    for await (const page of listAround(tail, prefix, holes, mark.after, signal)) {
      const found: FoundObject[] = [];
      for (const object of page) {
        const time = bounded(object.time);
        if (wasThereBefore(object, started)) next = Math.max(next, bounded(time - settings.lookBackMs));
        if (time >= from && isNew(tail, object, seen)) found.push({ ...object, order: orderOf(time) });
      }
      const after = page.at(-1)?.key;
      if (found.length === 0 || after === undefined) continue;
      const objects = found.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
      // Objects of earlier passes still come up on the pages ahead; in the first pass there are none.
      const horizon = mark.from === undefined ? next : from;
      yield {
        partition,
        objects,
        mark: JSON.stringify({ from: mark.from, next, started, after }),
        forgetBefore: orderOf(horizon),
      };
    }
    const complete = JSON.stringify({ from: next });
    if (complete !== seen.mark(partition)) yield { partition, objects: [], mark: complete, forgetBefore: orderOf(next) };
  };
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
