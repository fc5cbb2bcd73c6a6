import type { Origin } from "../../flow.ts";
import { Groups } from "./groups.ts";
import { NONE } from "./numbering.ts";
import { Texts } from "./texts.ts";
import { type Json, listOf } from "./window.ts";

/** How far an object has been inspected. */
export interface Progress {
  /** Highest record number inspected. */
  through: number;
  /** Rules that a record completed, where it completed any. */
  completed: Map<number, readonly string[]> | undefined;
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
  const digests = new Texts();
  const objects = new Groups<Progress>(limits, digests);
  let last: Origin | undefined;
  let current: Progress | undefined;
  const find = ({ digest }: Origin): Progress | undefined => {
    const row = objects.touch(digests.find(digest), 0);
    return row === NONE ? undefined : objects.state(row);
  };
  const begin = ({ digest }: Origin): Progress => {
    const progress = { through: 0, completed: undefined };
    objects.add(digests.take(digest), 0, progress);
    return progress;
  };
  return {
    of(origin) {
      if (origin !== last || current === undefined) {
        last = origin;
        current = find(origin) ?? begin(origin);
      }
      return current;
    },
    find,
    get size() {
      return objects.size;
    },
    snapshot: () =>
      [...objects].map((row) => {
        const { through, completed } = objects.state(row);
        return [digests.pack(objects.key(row)), through, [...(completed ?? [])].map(([record, names]) => [record, [...names]])];
      }),
    restore(data) {
      for (const item of listOf(data)) {
        const [digest, through, completed] = listOf(item);
        if (typeof through !== "number") throw new TypeError("not the progress of an object");
        const records = listOf(completed).map(completedOf);
        objects.add(digests.unpack(digest), 0, { through, completed: records.length > 0 ? new Map(records) : undefined });
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
