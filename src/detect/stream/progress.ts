import type { Origin } from "../../flow/origin.ts";
import { Groups } from "./groups.ts";
import { NONE } from "./numbering.ts";
import type { Row } from "./rows.ts";
import type { Table } from "./table.ts";
import { Texts } from "./texts.ts";
import { listOf } from "./window.ts";

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
  /** To be changed at once, not later: it may be saved in between. */
  of(origin: Origin): Progress;
  /** Undefined for an object of which nothing has been inspected. */
  find(origin: Origin): Progress | undefined;
  readonly table: Table;
}

export function createProgress(maxObjects: number): ProgressTable {
  const limits = { groups: maxObjects, items: Number.POSITIVE_INFINITY };
  const digests = new Texts();
  const objects = new Groups<Progress>(limits, digests);
  /** The latest object asked for by `of`; it is not forgotten before another is. */
  let last: Origin | undefined;
  let current: Row = NONE;
  const find = ({ digest }: Origin): Row => objects.touch(digests.find(digest), 0);
  const begin = ({ digest }: Origin): Row => objects.add(digests.take(digest), 0, { through: 0, completed: undefined });
  return {
    of(origin) {
      if (origin === last) objects.renew(current);
      else {
        const known = find(origin);
        current = known === NONE ? begin(origin) : known;
        last = origin;
      }
      return objects.state(current);
    },
    find(origin) {
      const row = find(origin);
      return row === NONE ? undefined : objects.state(row);
    },
    table: {
      groups: objects,
      pack(row) {
        const { through, completed } = objects.state(row);
        return [digests.pack(objects.key(row)), through, [...(completed ?? [])].map(([record, names]) => [record, [...names]])];
      },
      unpack(touched, [digest, through, completed]) {
        if (typeof through !== "number") throw new TypeError("not the progress of an object");
        const records = listOf(completed).map(completedOf);
        const progress = { through, completed: records.length > 0 ? new Map(records) : undefined };
        objects.load(digests.unpack(digest), touched, 0, progress, 0);
      },
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
