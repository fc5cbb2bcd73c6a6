import type { Flow } from "../../flow/flow.ts";
import type { Sharing } from "../rule.ts";
import type { FollowerOptions } from "./follower.ts";
import { Groups } from "./groups.ts";
import type { Grouping } from "./keys.ts";
import { NONE } from "./numbering.ts";
import type { Table } from "./table.ts";
import { listOf } from "./window.ts";

/** What was not met for so long is no longer what many do. */
const REMEMBER_MS = 8 * 86_400_000;

/** What is common is met all the time: that it still is, is noted no more often. */
const RENEW_MS = 3_600_000;

/** Who does the same, as far as it takes to know that many do. */
export interface Rarity {
  /** Counts a flow, by the value of the rule's `as`. */
  note(flow: Flow, time: number): void;
  /** Whether the value of the rule's `field` is one that many share. */
  isCommon(flow: Flow): boolean;
  expire(watermark: number): void;
  readonly table: Table;
}

/** `asked` gives the key of the flow that is judged, `noted` that of one that is counted. */
export function createRarity({ by, atLeast }: Sharing, options: FollowerOptions, asked: Grouping, noted: Grouping): Rarity {
  const { keys } = noted;
  /** Of each value those who share it, up to so many as make it common. */
  const groups = new Groups<Set<string>>(options.limits, keys);
  return {
    note(flow, time) {
      const key = noted.find(flow);
      const found = groups.find(key);
      if (found !== NONE && groups.state(found).size >= atLeast && time < groups.newest(found) + RENEW_MS) return;
      let row = groups.touch(key, time);
      if (row === NONE) row = groups.add(noted.take(flow), time, new Set());
      const known = groups.state(row);
      if (known.size >= atLeast) return;
      known.add(String(by.get(flow) ?? ""));
      groups.weigh(row, known.size);
    },
    isCommon(flow) {
      const row = groups.find(asked.find(flow));
      return row !== NONE && groups.state(row).size >= atLeast;
    },
    expire: (watermark) => groups.expire(watermark - REMEMBER_MS - options.latenessMs),
    table: {
      groups,
      pack: (row) => [keys.pack(groups.key(row)), groups.newest(row), [...groups.state(row)]],
      unpack(touched, [key, newest, known]) {
        if (typeof newest !== "number") throw new TypeError("not a value that is shared");
        const set = new Set(listOf(known).map(String));
        groups.load(keys.unpack(key), touched, newest, set, set.size);
      },
    },
  };
}
