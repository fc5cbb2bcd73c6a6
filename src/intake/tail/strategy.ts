import type { Discovery, Seen, SourceEvent } from "../../contracts/source.ts";
import type { ObjectRef, ObjectStore } from "../../contracts/store.ts";
import type { TailSettings } from "./settings.ts";

/** What a strategy works on. */
export interface Tail {
  readonly store: ObjectStore;
  readonly settings: TailSettings;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
  readonly onEvent: (event: SourceEvent) => void;
}

/** One way of finding what is new: a call is one pass, as `Source.discover` describes it. */
export type Strategy = (seen: Seen, signal: AbortSignal, within?: string) => AsyncIterable<Discovery>;

/** Whether there are keys that begin with both. */
export const isTouched = (prefix: string, within: string) => prefix.startsWith(within) || within.startsWith(prefix);

/** Stores round their times to the second; the rest is for clocks that stand a little apart. In ms. */
export const CLOCKS_APART_MS = 2000;

/**
 * Whether the object was in the store before a listing began. Only such objects move a look-back window: a listing may take days
 * (pulling its pages waits for the sinks), and what comes in meanwhile behind the page reached must lie inside the next window.
 */
export function wasThereBefore(object: ObjectRef, listingStarted: number): boolean {
  return object.time <= listingStarted - CLOCKS_APART_MS;
}

/** Those of a page that are to be handed out: wanted by the options, not seen, and no marker that a console leaves for an empty folder. */
export function newOf<Listed extends ObjectRef>({ settings }: Tail, page: readonly Listed[], seen: Seen): Listed[] {
  const wanted = page.filter((object) => isWanted(object, settings));
  return wanted.length === 0 ? wanted : seen.unseen(wanted);
}

/** The options let it in, and it is no marker of an empty folder. */
export function isWanted(object: ObjectRef, { accepts }: TailSettings): boolean {
  return !isFolderMarker(object) && accepts(object.key);
}

const isFolderMarker = ({ key, size }: ObjectRef) => size === 0 && key.endsWith("/");

/** The later of two times of which either may be unknown. */
export function later(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}

/** Late objects that one pass names one by one; of further ones it says how many there are. */
const NAMED = 1000;

/** Reports objects that came behind the look-back, and are read all the same. */
export function reportLate({ onEvent }: Tail, partition: string) {
  let count = 0;
  return {
    /** `where` says where it came in, and where the look-back begins. */
    object({ key }: ObjectRef, where: string): void {
      count += 1;
      if (count <= NAMED) onEvent({ kind: "late-object", key, message: `came late, and is read: ${where}` });
    },
    end(): void {
      if (count <= NAMED) return;
      const message = `${count - NAMED} more objects came behind the look-back, and are read`;
      onEvent({ kind: "late-object", key: partition, message });
    },
  };
}

/** Reports objects and folders that a layout does not know, each of them once, up to a thousand. */
export function reportPassedOver({ settings, onEvent }: Tail, layout: string) {
  const reported = new Set<string>();
  const report = (key: string) => {
    if (!key.startsWith(settings.prefix) || reported.has(key) || reported.size >= 1000) return;
    reported.add(key);
    onEvent({ kind: "passed-over", key, message: `not read: it does not belong to the layout ${layout}` });
  };
  return {
    folder: report,
    objects: (objects: readonly ObjectRef[]) => {
      for (const object of objects) if (!isFolderMarker(object) && settings.accepts(object.key)) report(object.key);
    },
  };
}
