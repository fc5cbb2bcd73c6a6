import type { Flow } from "../../flow.ts";
import type { NewTerms } from "../detector-options.ts";
import { bytesOf } from "../match.ts";
import { formatTimespan } from "../timespan.ts";
import type { Emit, Follower, FollowerOptions } from "./follower.ts";
import { Group, Groups } from "./groups.ts";
import { type Grouping, groupValues } from "./keys.ts";
import { listOf } from "./window.ts";

/** Tells combinations of values that were never seen before, after a time of learning. */
export function createNewTerms(detector: NewTerms, options: FollowerOptions, grouping: Grouping, emit: Emit): Follower {
  const { fields, learnMs, forgetMs } = detector;
  const terms = new Groups<Group>(options.limits, grouping.index);
  const { key } = grouping;
  /** Event time of the first flow; flows before it are part of what is learned. */
  let since: number | undefined;

  const observe = (flow: Flow, time: number): void => {
    since ??= time;
    const name = key(flow);
    const learned = time >= since + learnMs;
    const seen = terms.peek(name)?.newest;
    if (terms.touch(name, time) === undefined) terms.add(new Group(name, time));
    if (!learned || (seen !== undefined && time - seen <= forgetMs)) return;
    const names = fields.map((ref) => ref.name);
    emit(flow, time, name, () => ({
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
    snapshot: () => [since ?? null, [...terms].map(({ key: name, newest }) => [name, newest])],
    restore(data) {
      const [start, items] = listOf(data);
      since = typeof start === "number" ? start : undefined;
      for (const item of listOf(items)) {
        const [name, newest] = listOf(item);
        if (typeof name !== "string" || typeof newest !== "number") throw new TypeError("not a term");
        terms.add(new Group(name, newest));
      }
    },
  };
}
