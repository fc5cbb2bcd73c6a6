import type { Flow } from "../../flow/flow.ts";
import type { Sharing } from "../rule.ts";
import type { FollowerOptions } from "./follower.ts";
import { Groups } from "./groups.ts";
import type { Grouping } from "./keys.ts";
import { NONE } from "./numbering.ts";
import { Sharers } from "./sharers.ts";
import type { Table } from "./table.ts";

/** What was not met for so long is no longer what many do. */
const REMEMBER_MS = 8 * 86_400_000;

/** What is common is met all the time: that it still is, is noted no more often. */
const RENEW_MS = 3_600_000;

/** Who does the same, as far as it takes to know that many do. */
export interface Rarity {
  /** Counts a flow, by the value of the rule's `as`. */
  note(flow: Flow, time: number): void;
  /** Whether the value of the rule's `field` is one that many shared by that time. */
  isCommon(flow: Flow, until: number): boolean;
  expire(watermark: number): void;
  readonly table: Table;
}

/** `asked` gives the key of the flow that is judged, `noted` that of one that is counted. */
export function createRarity({ by, atLeast }: Sharing, options: FollowerOptions, asked: Grouping, noted: Grouping): Rarity {
  const { keys } = noted;
  /** Of each value those who share it. */
  const groups = new Groups<Sharers>(options.limits, keys);
  return {
    note(flow, time) {
      const key = noted.find(flow);
      const found = groups.find(key);
      if (found !== NONE && time >= groups.state(found).since && time < groups.newest(found) + RENEW_MS) return;
      let row = groups.touch(key, time);
      if (row === NONE) row = groups.add(noted.take(flow), time, new Sharers(atLeast));
      const sharers = groups.state(row);
      sharers.add(String(by.get(flow) ?? ""), time);
      groups.weigh(row, sharers.size);
    },
    isCommon(flow, until) {
      const row = groups.find(asked.find(flow));
      return row !== NONE && groups.state(row).since <= until;
    },
    expire: (watermark) => groups.expire(watermark - REMEMBER_MS - options.latenessMs),
    table: {
      groups,
      pack: (row) => [keys.pack(groups.key(row)), groups.newest(row), groups.state(row).pack()],
      unpack(touched, [key, newest, known]) {
        if (typeof newest !== "number") throw new TypeError("not a value that is shared");
        const sharers = Sharers.unpack(atLeast, known);
        groups.load(keys.unpack(key), touched, newest, sharers, sharers.size);
      },
    },
  };
}
