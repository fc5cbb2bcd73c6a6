import { z } from "zod";
import type { FoundObject } from "../../contracts.ts";
import { isNew, later, type Strategy, type Tail, wasThereBefore } from "./strategy.ts";

/** `start`: the listing begins after this key. */
const markSchema = z.object({ start: z.string().optional() });

/**
 * Keys under `prefix` of which the operator says that newer objects have higher ones: a pass lists from the first page of keys whose
 * store times lie inside the look-back.
 */
export function flatOrderedTail(tail: Tail, prefix: string): Strategy {
  const { store, settings, now } = tail;
  const partition = `${prefix}*ordered`;
  const since = settings.since === undefined ? Number.NEGATIVE_INFINITY : settings.since - settings.lookBackMs;

  return async function* (seen, signal) {
    let { start } = markSchema.parse(JSON.parse(seen.mark(partition) ?? "{}"));
    const state = () => (start === undefined ? {} : { mark: JSON.stringify({ start }), forgetBefore: start });
    const started = now();
    let newest: number | undefined;
    const inside: { readonly last: string; readonly newest: number }[] = [];

    for await (const page of store.list({ prefix, ...(start === undefined ? {} : { startAfter: start }) }, signal)) {
      const objects: FoundObject[] = [];
      for (const object of page.objects) {
        if (wasThereBefore(object, started)) newest = later(newest, object.time);
        if (object.time < since || !isNew(tail, object, seen)) continue;
        objects.push({ ...object, order: object.key });
      }
      const last = page.objects.at(-1)?.key;
      if (last !== undefined) inside.push({ last, newest: Math.max(...page.objects.map(({ time }) => time)) });
      while (newest !== undefined && inside[0] !== undefined && inside[0].newest < newest - settings.lookBackMs) {
        start = inside.shift()?.last;
      }
      if (objects.length > 0) yield { partition, objects, ...state() };
    }
    const last = state();
    if (last.mark !== seen.mark(partition)) yield { partition, objects: [], ...last };
  };
}
