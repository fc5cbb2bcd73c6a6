import type { Flow } from "../../flow/flow.ts";
import type { Counter } from "../../flow/types.ts";
import type { Rule } from "../rule.ts";
import { type GroupLimits, Groups } from "./groups.ts";
import { NONE } from "./numbering.ts";
import { isRoutine, noteHour } from "./routine.ts";
import { Runs } from "./run.ts";
import { SpreadCount, type Spreading } from "./spread-count.ts";
import type { Table } from "./table.ts";
import { Texts } from "./texts.ts";
import { listOf, numbersOf } from "./window.ts";

/** One incident; its run are the flows since it was last told. */
interface Episode {
  /** Event time until which the incident stays silent. */
  until: number;
  /** How often it has been told. */
  told: number;
  /** The cell of its latest telling, and how many there were in it before. */
  cell: number | undefined;
  inCell: number;
  /** While it is silent as routine: event time until which it was silent before. Else infinite. */
  silentBefore: number;
  /** Of a rule that knows routine: the hours in which it came. */
  readonly hours: number[] | undefined;
  readonly spread: SpreadCount | undefined;
}

/** What an incident has to tell. */
export interface Telling {
  readonly recurrence: number;
  /** The flows since the incident was last told, this one included. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly count: number;
  readonly bytes: Counter;
  readonly spread: Spreading | undefined;
  /** Which telling of the incident it is: the cell of time, and of a further one in it the number. */
  readonly which: string;
}

/** Incidents are remembered for at least so long, to tell new ones from recurring ones. */
const REMEMBER_MS = 7 * 86_400_000;

/**
 * Tellings are numbered within cells of so much time, or of the throttle time where that is longer. Flows that come in another order may make
 * a condition come to hold somewhat earlier or later: the fewer the cells, the fewer the tellings that then have another name.
 */
const CELL_MS = 86_400_000;

/** Keeps the incidents of one rule apart, and each of them silent for the throttle time after it was told. */
export interface Episodes {
  /** What to tell of the incident, or undefined while it is silent. `told`: what other rules have told of it. */
  offer(key: string, flow: Flow, time: number, told: () => boolean): Telling | undefined;
  /** Whether the incident has been told and is silent for that, for so long at least. */
  covers(key: string, time: number, leastMs: number): boolean;
  expire(watermark: number): void;
  readonly size: number;
  readonly evicted: number;
  /** All incidents. */
  readonly table: Table;
}

export function createEpisodes(rule: Pick<Rule, "throttleMs" | "routine" | "spread">, limits: GroupLimits): Episodes {
  const { throttleMs, routine, spread: counted } = rule;
  const cellMs = Math.max(throttleMs, CELL_MS);
  const keys = new Texts();
  const groups = new Groups<Episode>(limits, keys);
  const runs = new Runs(groups);
  const begin = (): Episode => ({
    until: Number.NEGATIVE_INFINITY,
    told: 0,
    cell: undefined,
    inCell: 0,
    silentBefore: Number.POSITIVE_INFINITY,
    hours: routine ? [] : undefined,
    spread: counted && new SpreadCount(counted.growth),
  });
  return {
    offer(key, flow, time, told) {
      let row = groups.touch(keys.find(key), time);
      if (row === NONE) {
        row = groups.add(keys.take(key), time, begin());
        runs.clear(row);
      }
      runs.extend(row, flow, time, Number.POSITIVE_INFINITY);
      const episode = groups.state(row);
      const { hours, spread } = episode;
      if (hours !== undefined) noteHour(hours, time);
      if (counted !== undefined) spread?.add(String(counted.field.get(flow) ?? ""), time);
      const hasGrown = spread?.hasGrown ?? false;
      // Late, before the flow with which it went untold as routine: this one is to be judged instead, as it is in order.
      const isBefore = time >= episode.silentBefore && time < episode.until - throttleMs;
      if (time < episode.until && !isBefore && !hasGrown) return undefined;
      if (told()) return undefined;
      if (episode.told > 0 && hours !== undefined && !hasGrown && isRoutine(hours, time)) {
        if (!isBefore) episode.silentBefore = episode.until;
        episode.until = time + throttleMs;
        return undefined;
      }
      const { first: firstSeen, last: lastSeen, count, bytes } = runs.of(row);
      episode.until = isBefore ? time + throttleMs : Math.max(episode.until, time + throttleMs);
      episode.silentBefore = Number.POSITIVE_INFINITY;
      runs.clear(row);
      spread?.tell();
      const cell = Math.floor(time / cellMs);
      episode.inCell = cell === episode.cell ? episode.inCell + 1 : 0;
      episode.cell = cell;
      const which = episode.inCell === 0 ? String(cell) : `${cell}|${episode.inCell}`;
      return { recurrence: episode.told++, firstSeen, lastSeen, count, bytes, spread: spread?.shown(), which };
    },
    covers(key, time, leastMs) {
      const row = groups.find(keys.find(key));
      if (row === NONE) return false;
      const { until, told } = groups.state(row);
      return told > 0 && time < until - throttleMs + Math.max(throttleMs, leastMs);
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
        const { until, told, cell, inCell, silentBefore, hours, spread } = groups.state(row);
        const telling = [cell ?? null, inCell, ...(Number.isFinite(silentBefore) ? [silentBefore] : [])];
        const rest = hours === undefined && spread === undefined ? [] : [hours ?? null, spread?.pack() ?? null];
        const silent = Number.isFinite(until) ? until : null;
        return [keys.pack(groups.key(row)), groups.newest(row), silent, told, runs.pack(row), telling, ...rest];
      },
      unpack(touched, [key, newest, until, told, pending, telling, hours, spread]) {
        if (typeof newest !== "number" || typeof told !== "number") throw new TypeError("not an incident");
        if (until !== null && typeof until !== "number") throw new TypeError("not an incident");
        // Without them, as they were saved before there were cells, all tellings count as of one.
        const latest = until === null || told === 0 ? null : Math.floor((until - throttleMs) / cellMs);
        const [cell, inCell, silentBefore] = telling === undefined ? [latest, Math.max(0, told - 1)] : listOf(telling);
        const episode = {
          until: until ?? Number.NEGATIVE_INFINITY,
          told,
          cell: typeof cell === "number" ? cell : undefined,
          inCell: Number(inCell),
          silentBefore: typeof silentBefore === "number" ? silentBefore : Number.POSITIVE_INFINITY,
          hours: routine ? numbersOf(hours) : undefined,
          spread: counted && SpreadCount.unpack(counted.growth, spread),
        };
        runs.unpack(groups.load(keys.unpack(key), touched, newest, episode, 0), pending);
      },
    },
  };
}
