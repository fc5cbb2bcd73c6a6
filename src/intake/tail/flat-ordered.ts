import { z } from "zod";
import type { Discovery, FoundObject, Seen } from "../../contracts/source.ts";
import type { ObjectRef } from "../../contracts/store.ts";
import { compareKeys } from "../keys.ts";
import { Behind, behindSchema, numberOf } from "./behind.ts";
import { every } from "./every.ts";
import { Far, farSchema, reportMissed } from "./far.ts";
import { later, newOf, reportLate, type Strategy, type Tail, wasThereBefore } from "./strategy.ts";

/** So many objects behind the look-back are told from late ones. */
const KNOWN_BEHIND = 4096;

/** `start`: the listing begins after this key; `behind`: what is known up to it; `far`: what comes in before that. */
const markSchema = z.object({
  start: z.string().optional(),
  behind: behindSchema.optional(),
  far: farSchema.optional(),
});

/** A page inside the window: `after` is the key before its first one. */
interface Page {
  readonly after: string;
  readonly objects: readonly ObjectRef[];
  readonly newest: number;
}

/**
 * Keys under `prefix` of which the operator says that newer objects have higher ones: a pass lists from the first page of keys whose
 * store times lie inside the look-back, and now and then what is behind it, for what came late.
 */
export function flatOrderedTail(tail: Tail, prefix: string): Strategy {
  const { store, settings, now } = tail;
  const partition = `${prefix}*ordered`;
  const since = settings.since === undefined ? Number.NEGATIVE_INFINITY : settings.since - settings.lookBackMs;
  const lateSweep = every(settings.lateSweepMs);
  const found = (page: readonly ObjectRef[], seen: Seen): FoundObject[] =>
    newOf(
      tail,
      page.filter(({ time }) => time >= since),
      seen,
    ).map((object) => ({ ...object, order: object.key }));

  return async function* (seen, signal) {
    const mark = markSchema.parse(JSON.parse(seen.mark(partition) ?? "{}"));
    let { start } = mark;
    const behind = new Behind(mark.behind, start ?? "", KNOWN_BEHIND);
    const started = now();
    const far = new Far(mark.far, started, start ?? "");
    const state = () => {
      if (start === undefined) return {};
      const beyond = mark.start === undefined ? {} : { far: far.state() };
      return { mark: JSON.stringify({ start, behind: behind.state(), ...beyond }), forgetBefore: start };
    };

    const isDue = lateSweep.isDue(started);
    if (start !== undefined && (isDue || far.isDue(behind.beginSoon))) {
      const known = behind.asOfNow();
      yield* sweep(start, known);
      far.swept(started, known.begin, start);
      yield* nameMissed();
    }
    if (isDue) lateSweep.done(started);

    let newest: number | undefined;
    let after = start ?? "";
    const inside: Page[] = [];
    for await (const { objects: page } of store.list({ prefix, ...(after === "" ? {} : { startAfter: after }) }, signal)) {
      for (const object of page) if (wasThereBefore(object, started)) newest = later(newest, object.time);
      const objects = found(page, seen);
      // A time that lies ahead of the clock is wrong, and does not keep its page inside for ever.
      const times = page.map(({ time }) => time).filter((time) => time <= now() + settings.lookBackMs);
      inside.push({ after, objects: page, newest: Math.max(...times) });
      after = page.at(-1)?.key ?? after;
      // Where a tail begins says the configuration, as long as no object does.
      while (
        newest !== undefined &&
        newest > since &&
        inside[0] !== undefined &&
        inside[0].newest < newest - settings.lookBackMs
      ) {
        const left = inside.shift() as Page;
        start = left.objects.at(-1)?.key ?? start;
        for (const object of left.objects) behind.add(left.after, numberOf(object));
      }
      if (objects.length > 0) yield { partition, objects, ...state() };
    }
    const last = state();
    if (last.mark !== seen.mark(partition)) yield { partition, objects: [], ...last };

    /** What is not known among the keys that are remembered, up to the window's. */
    async function* sweep(bound: string, known: Pick<Behind, "begin" | "has">): AsyncGenerator<Discovery> {
      const late = reportLate(tail, partition);
      const from = known.begin === "" ? {} : { startAfter: known.begin };
      // "!" lets the bound itself through; what else it lets through belongs to the window.
      for await (const page of store.list({ prefix, ...from, before: `${bound}!` }, signal)) {
        const unknown: ObjectRef[] = [];
        for (const object of page.objects) {
          if (compareKeys(object.key, bound) > 0 || compareKeys(object.key, known.begin) <= 0) continue;
          const number = numberOf(object);
          if (known.has(number)) continue;
          behind.add(bound, number);
          unknown.push(object);
        }
        const objects = found(unknown, seen);
        for (const object of objects) late.object(object, `the look-back begins after ${bound}`);
        if (objects.length > 0) yield { partition, objects, ...state() };
      }
      late.end();
    }

    /** Now and then: lists what lies further back than is known, and names what came in there. */
    async function* nameMissed(): AsyncGenerator<Discovery> {
      const end = far.end(started);
      if (end === undefined) return;
      const missed = reportMissed(tail, partition);
      for await (const { objects } of store.list({ prefix, before: `${end}!` }, signal)) {
        const beyond = objects.filter((object) => {
          const bound = far.bound(object);
          // A sweep, and a window, begins after the key that is its place.
          return bound !== undefined && compareKeys(object.key, bound) <= 0;
        });
        for (const object of found(beyond, seen)) missed.object(object, `what is remembered begins after ${behind.begin}`);
      }
      missed.end();
      far.told();
      yield { partition, objects: [], ...state() };
    }
  };
}
