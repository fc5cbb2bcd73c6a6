import type { Flow } from "../../flow.ts";
import type { Beacon } from "../detector-options.ts";
import type { Emit, Follower, FollowerOptions } from "./follower.ts";
import { Groups } from "./groups.ts";
import { type Grouping, groupValues } from "./keys.ts";
import { RunGroup } from "./run.ts";
import { type Json, listOf, numbersOf, upperBound } from "./window.ts";

class BeaconGroup extends RunGroup {
  /** Starts of the latest connections, ascending. */
  starts: number[] = [];
  /** Source ports seen last, the longest unseen first, and when. */
  ports: number[] = [];
  portTimes: number[] = [];
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
  const groups = new Groups<BeaconGroup>(options.limits, grouping.index);
  const { key } = grouping;

  const observe = (flow: Flow, time: number): void => {
    if (flow.initiated === false) return;
    const name = key(flow);
    const group = groups.touch(name, time) ?? groups.add(new BeaconGroup(name, time));
    group.extend(flow, time, longestMs);
    if (continues(group, flow.sourcePort, time)) return;
    const { starts } = group;
    starts.splice(upperBound(starts, time), 0, time);
    if (starts.length > connections) starts.shift();
    groups.weigh(group, starts.length);
    if (starts.length < connections) return;
    const { mean, deviation } = gaps(starts);
    if (mean < shortestMs || mean > longestMs || !(deviation / mean < variation)) return;
    emit(flow, time, name, () => ({
      group: groupValues(
        groupBy.map((ref) => ref.name),
        groupBy,
        flow,
      ),
      firstSeen: group.first,
      lastSeen: group.last,
      count: group.count,
      bytes: group.bytes,
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
    snapshot: (): Json =>
      [...groups].map((group) => {
        const { key: name, newest, starts, ports, portTimes } = group;
        return [name, newest, [...starts], [...ports], [...portTimes], group.packRun()];
      }),
    restore(data) {
      for (const item of listOf(data)) {
        const [name, newest, starts, ports, portTimes, run] = listOf(item);
        if (typeof name !== "string" || typeof newest !== "number") throw new TypeError("not a group");
        const group = new BeaconGroup(name, newest);
        group.starts = numbersOf(starts);
        group.ports = numbersOf(ports);
        group.portTimes = numbersOf(portTimes);
        group.unpackRun(run);
        groups.add(group);
        groups.weigh(group, group.starts.length);
      }
    },
  };
}

function continues(group: BeaconGroup, port: number | undefined, time: number): boolean {
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
