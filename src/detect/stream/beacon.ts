import type { Flow } from "../../flow/flow.ts";
import type { Beacon } from "../detector-options.ts";
import type { Emit, Follower, FollowerOptions } from "./follower.ts";
import { Groups } from "./groups.ts";
import { type Grouping, groupValues } from "./keys.ts";
import { NONE } from "./numbering.ts";
import { Runs } from "./run.ts";
import { numbersOf, upperBound } from "./window.ts";

interface Connections {
  /** Starts of the latest ones, ascending. */
  readonly starts: number[];
  /** Source ports seen last, the longest unseen first, and when. */
  readonly ports: number[];
  readonly portTimes: number[];
}

/** A record of a source port seen so recently continues its connection: capture windows are a minute at most. */
const CONTINUES_MS = 300_000;
const MAX_PORTS = 8;

/**
 * Connections at regular intervals: the standard deviation of the gaps between the latest connections, divided by their
 * mean. A long connection makes one record a minute, which is regular but no beacon, so further records of a known
 * source port, and those that the log itself calls continued, do not count.
 */
export function createBeacon(detector: Beacon, options: FollowerOptions, grouping: Grouping, emit: Emit): Follower {
  const { connections, variation, shortestMs, longestMs, groupBy } = detector;
  const { keys } = grouping;
  const groups = new Groups<Connections>(options.limits, keys);
  const runs = new Runs(groups);

  const observe = (flow: Flow, time: number): void => {
    if (flow.initiated === false) return;
    let row = groups.touch(grouping.find(flow), time);
    if (row === NONE) {
      row = groups.add(grouping.take(flow), time, { starts: [], ports: [], portTimes: [] });
      runs.clear(row);
    }
    runs.extend(row, flow, time, longestMs);
    const group = groups.state(row);
    if (continues(group, flow.sourcePort, time)) return;
    const { starts } = group;
    starts.splice(upperBound(starts, time), 0, time);
    if (starts.length > connections) starts.shift();
    groups.weigh(row, starts.length);
    if (starts.length < connections) return;
    const { mean, deviation } = gaps(starts);
    if (mean < shortestMs || mean > longestMs || !(deviation / mean < variation)) return;
    const { first, last, count, bytes } = runs.of(row);
    emit(flow, time, keys.text(groups.key(row)), () => ({
      group: groupValues(
        groupBy.map((ref) => ref.name),
        groupBy,
        flow,
      ),
      firstSeen: first,
      lastSeen: last,
      count,
      bytes,
      reason: `${connections} connections, one every ${(mean / 1_000).toFixed(1)} s with a variation of ${(deviation / mean).toFixed(3)}`,
      samples: [],
    }));
  };

  return {
    observe,
    expire: (watermark) => groups.expire(watermark - longestMs * 2 - options.latenessMs),
    get groups() {
      return groups.size;
    },
    get evicted() {
      return groups.evicted;
    },
    dropped: 0,
    table: {
      groups,
      pack(row) {
        const { starts, ports, portTimes } = groups.state(row);
        return [keys.pack(groups.key(row)), groups.newest(row), starts, ports, portTimes, runs.pack(row)];
      },
      unpack(touched, [key, newest, starts, ports, portTimes, run]) {
        if (typeof newest !== "number") throw new TypeError("not a group");
        const state = { starts: numbersOf(starts), ports: numbersOf(ports), portTimes: numbersOf(portTimes) };
        runs.unpack(groups.load(keys.unpack(key), touched, newest, state, state.starts.length), run);
      },
    },
  };
}

function continues(group: Connections, port: number | undefined, time: number): boolean {
  if (port === undefined || port === 0) return false;
  const { ports, portTimes } = group;
  const position = ports.indexOf(port);
  let known = false;
  if (position !== -1) {
    known = Math.abs(time - (portTimes[position] as number)) <= CONTINUES_MS;
    ports.splice(position, 1);
    portTimes.splice(position, 1);
  }
  ports.push(port);
  portTimes.push(time);
  if (ports.length > MAX_PORTS) {
    ports.shift();
    portTimes.shift();
  }
  return known;
}

function gaps(starts: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const count = starts.length - 1;
  const mean = ((starts.at(-1) as number) - (starts[0] as number)) / count;
  let squares = 0;
  for (let index = 1; index <= count; index++) {
    squares += ((starts[index] as number) - (starts[index - 1] as number) - mean) ** 2;
  }
  return { mean, deviation: Math.sqrt(squares / count) };
}
