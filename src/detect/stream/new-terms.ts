import type { Flow } from "../../flow/flow.ts";
import type { NewTerms } from "../detector-options.ts";
import { bytesOf } from "../match.ts";
import { formatTimespan } from "../timespan.ts";
import type { Emit, Follower, FollowerOptions } from "./follower.ts";
import { Groups } from "./groups.ts";
import { type Grouping, groupValues } from "./keys.ts";
import { NONE } from "./numbering.ts";

/** Tells combinations of values that were never seen before, after a time of learning. */
export function createNewTerms(detector: NewTerms, options: FollowerOptions, grouping: Grouping, emit: Emit): Follower {
  const { fields, learnMs, forgetMs } = detector;
  const { keys } = grouping;
  const terms = new Groups<undefined>(options.limits, keys);
  /** Event time of the first flow; flows before it are part of what is learned. */
  let since: number | undefined;

  const observe = (flow: Flow, time: number): void => {
    since ??= time;
    const learned = time >= since + learnMs;
    const known = terms.find(grouping.find(flow));
    const seen = known === NONE ? undefined : terms.newest(known);
    const row = known === NONE ? terms.add(grouping.take(flow), time, undefined) : terms.touch(terms.key(known), time);
    if (!learned || (seen !== undefined && time - seen <= forgetMs)) return;
    const names = fields.map((ref) => ref.name);
    emit(flow, time, keys.text(terms.key(row)), () => ({
      group: groupValues(names, fields, flow),
      firstSeen: time,
      lastSeen: time,
      count: 1,
      bytes: bytesOf(flow),
      reason: `${names.join(", ")} not seen together ${seen === undefined ? "before" : `for ${formatTimespan(forgetMs)}`}`,
      samples: [],
    }));
  };

  return {
    observe,
    expire: (watermark) => terms.expire(watermark - forgetMs - options.latenessMs),
    get groups() {
      return terms.size;
    },
    get evicted() {
      return terms.evicted;
    },
    dropped: 0,
    table: {
      groups: terms,
      pack: (row) => [keys.pack(terms.key(row)), terms.newest(row)],
      unpack(touched, [key, newest]) {
        if (typeof newest !== "number") throw new TypeError("not a term");
        terms.load(keys.unpack(key), touched, newest, undefined, 0);
      },
      common: {
        pack: () => since ?? null,
        unpack(start) {
          since = typeof start === "number" ? start : undefined;
        },
      },
    },
  };
}
