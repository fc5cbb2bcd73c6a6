import type { ZodObject, z } from "zod";
import type { Component } from "../../contracts/component.ts";
import type { Source, SourceDependencies } from "../../contracts/source.ts";
import type { ObjectRef, ObjectStore } from "../../contracts/store.ts";
import { flatTail } from "./flat.ts";
import { flatOrderedTail } from "./flat-ordered.ts";
import type { Layout } from "./layout.ts";
import { type TailOptions, tailOptions, tailSettings } from "./options.ts";
import { isTouched, isWanted, type Strategy, type Tail } from "./strategy.ts";

/** A kind of bucket. */
export type Bucket<Options> = Component<Options, SourceDependencies, ObjectStore>;

/**
 * A kind of source of a kind of bucket: what is new in the bucket is found by one of the layouts. Its options are the bucket's and those of
 * tailing.
 */
export function tailed<Options extends ZodObject>(
  bucket: Bucket<z.output<Options>> & { readonly options: Options },
  layouts: readonly Layout[],
): Component<TailOptions & z.output<Options>, SourceDependencies, Source> {
  return {
    ...bucket,
    options: tailOptions(layouts).extend(bucket.options.shape) as never,
    create: async (options, dependencies) => tailing(await bucket.create(options, dependencies), layouts, options, dependencies),
  };
}

/** A bucket that is tailed. Throws UsageError for options that contradict each other. The clock is the wall clock, but for tests. */
export function tailing(
  store: ObjectStore,
  layouts: readonly Layout[],
  options: TailOptions,
  { onEvent }: Pick<SourceDependencies, "onEvent">,
  now: () => number = Date.now,
): Source {
  const tail = { store, settings: tailSettings(options, now()), now, onEvent };
  return {
    name: store.name,
    discover: strategyOf(tail, layouts),
    find: (key, signal) => lookUp(tail, key, signal),
    open: (object, signal) => store.open(object, signal),
    close: () => store.close(),
  };
}

/** A key is listed before all others that begin with it. */
async function lookUp({ store, settings }: Tail, key: string, signal: AbortSignal): Promise<ObjectRef | undefined> {
  if (key === "") return undefined;
  for await (const { objects } of store.list({ prefix: key, before: `${key}\0` }, signal)) {
    const [first] = objects;
    if (first !== undefined) return first.key === key && isWanted(first, settings) ? first : undefined;
  }
  return undefined;
}

function strategyOf(tail: Tail, layouts: readonly Layout[]): Strategy {
  const { prefix, layout, keys } = tail.settings;
  const named = layouts.find(({ name }) => name === layout);
  if (named !== undefined) return named.tail(tail, prefix);
  if (layout === "auto") return autoTail(tail, layouts, prefix);
  return keys === "time-ordered" ? flatOrderedTail(tail, prefix) : flatTail(tail, prefix);
}

/**
 * Which strategy a key belongs to depends on the key alone, so that nothing changes sides as a bucket fills: the folders of the layouts
 * directly under the prefix's last folder, and flat for whatever else begins with the prefix.
 */
function autoTail(tail: Tail, layouts: readonly Layout[], prefix: string): Strategy {
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  const only = layouts.find((layout) => prefix.startsWith(folder + layout.root) || layout.holds(prefix));
  if (only !== undefined) return only.tail(tail, prefix);
  const within = layouts.filter(({ root }) => (folder + root).startsWith(prefix));
  const holes = within.map(({ root }) => folder + root);
  const parts = within.map((layout) => ({ root: folder + layout.root, strategy: layout.tail(tail, folder + layout.root) }));
  const flat = flatTail(tail, prefix, holes);
  return async function* (seen, signal, hinted = "") {
    for (const { root, strategy } of parts) if (isTouched(root, hinted)) yield* strategy(seen, signal, hinted);
    if (isTouched(prefix, hinted) && !holes.some((hole) => hinted.startsWith(hole))) yield* flat(seen, signal, hinted);
  };
}
