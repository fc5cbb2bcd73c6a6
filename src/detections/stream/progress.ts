import type { Origin } from "../../flow.ts";
import { Group, Groups } from "./groups.ts";
import { type Json, listOf } from "./window.ts";

/** How far an object has been inspected. */
export class Progress extends Group {
  /** Highest record number inspected. */
  through = 0;
  /** Rules that a record completed, where it completed any. */
  completed: Map<number, readonly string[]> | undefined = undefined;
}

/**
 * What has been inspected, by object. Records of an object come in ascending order, so a record that is not above the
 * highest one is a replay: it must not count again. The objects untouched for longest are forgotten.
 */
export interface ProgressTable {
  of(origin: Origin): Progress;
  /** Undefined for an object of which nothing has been inspected. */
  find(origin: Origin): Progress | undefined;
  readonly size: number;
  snapshot(): Json;
  restore(data: unknown): void;
}

export function createProgress(maxObjects: number): ProgressTable {
  const limits = { groups: maxObjects, items: Number.POSITIVE_INFINITY };
  const objects = new Groups<Progress>(limits);
  let last: Origin | undefined;
  let current: Progress | undefined;
  return {
    of(origin) {
      if (origin !== last || current === undefined) {
        last = origin;
        current = objects.touch(origin.digest, 0) ?? objects.add(new Progress(origin.digest, 0));
      }
      return current;
    },
    find: (origin) => objects.touch(origin.digest, 0),
    get size() {
      return objects.size;
    },
    snapshot: () =>
      [...objects].map(({ key, through, completed }) => [
        key,
        through,
        [...(completed ?? [])].map(([record, names]) => [record, [...names]]),
      ]),
    restore(data) {
      for (const item of listOf(data)) {
        const [digest, through, completed] = listOf(item);
        if (typeof digest !== "string" || typeof through !== "number") throw new TypeError("not the progress of an object");
        const records = listOf(completed).map(completedOf);
        const entry = objects.add(new Progress(digest, 0));
        entry.through = through;
        if (records.length > 0) entry.completed = new Map(records);
      }
    },
  };
}

function completedOf(data: unknown): [number, readonly string[]] {
  const [record, names] = listOf(data);
  if (typeof record !== "number" || !Array.isArray(names) || !names.every((name) => typeof name === "string")) {
    throw new TypeError("not a completed match");
  }
  return [record, names];
}
