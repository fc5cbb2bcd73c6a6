import type { Counter, Flow } from "../../flow.ts";
import { type GroupLimits, Groups } from "./groups.ts";
import { RunGroup } from "./run.ts";
import { type Json, listOf } from "./window.ts";

/** One incident; its run are the flows since it was last told. */
class Episode extends RunGroup {
  /** Event time until which the incident stays silent. */
  until = Number.NEGATIVE_INFINITY;
  /** How often it has been told. */
  told = 0;
}

/** What an incident has to tell. */
export interface Telling {
  readonly recurrence: number;
  /** The flows since the incident was last told, this one included. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly count: number;
  readonly bytes: Counter;
}

/** Incidents are remembered for at least so long, to tell new ones from recurring ones. */
const REMEMBER_MS = 7 * 86_400_000;

/** Keeps the incidents of one rule apart, and each of them silent for the throttle time after it was told. */
export interface Episodes {
  /** What to tell of the incident, or undefined while it is silent. */
  offer(key: string, flow: Flow, time: number): Telling | undefined;
  expire(watermark: number): void;
  readonly size: number;
  readonly evicted: number;
  snapshot(): Json;
  restore(data: unknown): void;
}

export function createEpisodes(throttleMs: number, limits: GroupLimits): Episodes {
  const groups = new Groups<Episode>(limits);
  return {
    offer(key, flow, time) {
      const episode = groups.touch(key, time) ?? groups.add(new Episode(key, time));
      episode.extend(flow, time, Number.POSITIVE_INFINITY);
      if (time < episode.until) return undefined;
      const { first: firstSeen, last: lastSeen, count, bytes } = episode;
      episode.until = time + throttleMs;
      episode.clear();
      return { recurrence: episode.told++, firstSeen, lastSeen, count, bytes };
    },
    expire: (watermark) => groups.expire(watermark - Math.max(REMEMBER_MS, throttleMs * 2)),
    get size() {
      return groups.size;
    },
    get evicted() {
      return groups.evicted;
    },
    snapshot: () => [...groups].map((episode) => [episode.key, episode.newest, episode.until, episode.told, episode.packRun()]),
    restore(data) {
      for (const item of listOf(data)) {
        const [key, newest, until, told, pending] = listOf(item);
        if (typeof key !== "string" || typeof newest !== "number" || typeof until !== "number" || typeof told !== "number") {
          throw new TypeError("not an incident");
        }
        const episode = new Episode(key, newest);
        episode.until = until;
        episode.told = told;
        episode.unpackRun(pending);
        groups.add(episode);
      }
    },
  };
}
