import type { Flow } from "../../flow/flow.ts";
import type { Counter } from "../../flow/types.ts";
import { type GroupLimits, Groups } from "./groups.ts";
import { NONE } from "./numbering.ts";
import { Runs } from "./run.ts";
import type { Table } from "./table.ts";
import { Texts } from "./texts.ts";

/** One incident; its run are the flows since it was last told. */
interface Episode {
  /** Event time until which the incident stays silent. */
  until: number;
  /** How often it has been told. */
  told: number;
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
  /** All incidents. */
  readonly table: Table;
}

export function createEpisodes(throttleMs: number, limits: GroupLimits): Episodes {
  const keys = new Texts();
  const groups = new Groups<Episode>(limits, keys);
  const runs = new Runs(groups);
  return {
    offer(key, flow, time) {
      let row = groups.touch(keys.find(key), time);
      if (row === NONE) {
        row = groups.add(keys.take(key), time, { until: Number.NEGATIVE_INFINITY, told: 0 });
        runs.clear(row);
      }
      runs.extend(row, flow, time, Number.POSITIVE_INFINITY);
      const episode = groups.state(row);
      if (time < episode.until) return undefined;
      const { first: firstSeen, last: lastSeen, count, bytes } = runs.of(row);
      episode.until = time + throttleMs;
      runs.clear(row);
      return { recurrence: episode.told++, firstSeen, lastSeen, count, bytes };
    },
    expire: (watermark) => groups.expire(watermark - Math.max(REMEMBER_MS, throttleMs * 2)),
    get size() {
      return groups.size;
    },
    get evicted() {
      return groups.evicted;
    },
    table: {
      groups,
      pack(row) {
        const { until, told } = groups.state(row);
        return [keys.pack(groups.key(row)), groups.newest(row), until, told, runs.pack(row)];
      },
      unpack(touched, [key, newest, until, told, pending]) {
        if (typeof newest !== "number" || typeof until !== "number" || typeof told !== "number") {
          throw new TypeError("not an incident");
        }
        runs.unpack(groups.load(keys.unpack(key), touched, newest, { until, told }, 0), pending);
      },
    },
  };
}
