import type { Flow } from "../../flow/flow.ts";
import type { Beacon } from "../detector-options.ts";
import { bytesOf } from "../match.ts";
import type { Emit, Follower, FollowerOptions } from "./follower.ts";
import { Groups } from "./groups.ts";
import { type Grouping, groupValues } from "./keys.ts";
import { NONE } from "./numbering.ts";
import { Prevalence } from "./prevalence.ts";
import { type Regularity, regularityOf } from "./regularity.ts";
import { Runs } from "./run.ts";
import { SEPARATOR } from "./tuples.ts";
import { numbersOf, upperBound } from "./window.ts";

/** The latest connections of a conversation, by their starts, ascending; what stands at one place is of one connection. */
interface Connections {
  readonly starts: number[];
  readonly ports: number[];
  /** Time of the latest record of each. */
  readonly seen: number[];
  readonly sizes: number[];
}

/** A source port that is silent for longer may have been given to another connection: TCP's own keepalive is two hours (RFC 9293, 3.8.4). */
const SILENT_MS = 2 * 3_600_000 + 60_000;
/** How many more connections are kept than have to be judged, so that bursts leave enough. */
const KEPT = 3;
/** Fast beacons have to go on for a while: a page with many parts does not. */
const LEAST_SPAN_MS = 600_000;

/** Sleep that varies by half has 0.83. Even sizes alone make no beacon of gaps that chance made somewhat even. */
const LEAST_EVEN = 0.75;

/**
 * Connections at regular intervals. A connection is one from its first record to its last, however long it lasts: records of a source port
 * that is known, and those that the log itself calls continued, are no further ones. A conversation with what many others speak with as
 * well is no beacon: everybody's software asks its maker.
 */
export function createBeacon(detector: Beacon, options: FollowerOptions, grouping: Grouping, emit: Emit): Follower {
  const { connections, score, common, shortestMs, longestMs, groupBy } = detector;
  const { keys } = grouping;
  const groups = new Groups<Connections>(options.limits, keys);
  const runs = new Runs(groups);
  const prevalence = new Prevalence(common, options.limits.groups);
  const keep = connections * KEPT;

  const met = (key: number): void => {
    const [who = "", peer] = halves(keys.text(key));
    prevalence.add(who, peer);
  };

  const observe = (flow: Flow, time: number): void => {
    if (flow.initiated === false) return;
    let row = groups.touch(grouping.find(flow), time);
    if (row === NONE) {
      row = groups.add(grouping.take(flow), time, { starts: [], ports: [], seen: [], sizes: [] });
      runs.clear(row);
      met(groups.key(row));
    }
    runs.extend(row, flow, time, longestMs);
    const group = groups.state(row);
    const isNew = take(group, flow, time, keep);
    groups.weigh(row, group.starts.length);
    if (!isNew || group.starts.length < connections) return;
    const { first, last, count, bytes } = runs.of(row);
    if (last - first < LEAST_SPAN_MS) return;
    const found = regularityOf(group.starts, group.sizes, connections);
    if (
      found === undefined ||
      found.score < score ||
      found.gaps.evenness < LEAST_EVEN ||
      found.gapMs < shortestMs ||
      found.gapMs > longestMs
    )
      return;
    const key = keys.text(groups.key(row));
    if (prevalence.isCommon(halves(key)[1])) return;
    // As of its latest connection, as it would be in order: a late one must not say that it was regular already then.
    emit(flow, group.starts.at(-1) as number, key, () => ({
      group: groupValues(
        groupBy.map((ref) => ref.name),
        groupBy,
        flow,
      ),
      firstSeen: first,
      lastSeen: last,
      count,
      bytes,
      reason: describe(group.starts.length, found),
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
        const { starts, ports, seen, sizes } = groups.state(row);
        return [keys.pack(groups.key(row)), groups.newest(row), starts, ports, seen, sizes, runs.pack(row)];
      },
      unpack(touched, [key, newest, starts, ports, seen, sizes, run]) {
        if (typeof newest !== "number") throw new TypeError("not a group");
        const state = { starts: numbersOf(starts), ports: numbersOf(ports), seen: numbersOf(seen), sizes: numbersOf(sizes) };
        const { length } = state.starts;
        if ([state.ports, state.seen, state.sizes].some((list) => list.length !== length)) throw new TypeError("not a group");
        const number = keys.unpack(key);
        runs.unpack(groups.load(number, touched, newest, state, length), run);
        met(number);
      },
    },
  };
}

/** Whether the record is of a connection that is not known. */
function take({ starts, ports, seen, sizes }: Connections, flow: Flow, time: number, keep: number): boolean {
  // In order it would have come and been forgotten by now. It must not take away a connection that has its port since.
  if (starts.length >= keep && time < (starts[0] as number)) return true;
  const port = flow.sourcePort ?? 0;
  const bytes = Number(bytesOf(flow));
  const known =
    port === 0 ? -1 : ports.findIndex((value, at) => value === port && Math.abs(time - (seen[at] as number)) <= SILENT_MS);
  let start = time;
  let latest = time;
  let size = bytes;
  if (known !== -1) {
    start = Math.min(time, starts[known] as number);
    latest = Math.max(time, seen[known] as number);
    size += sizes[known] as number;
    for (const list of [starts, ports, seen, sizes]) list.splice(known, 1);
  }
  const at = upperBound(starts, start);
  starts.splice(at, 0, start);
  ports.splice(at, 0, port);
  seen.splice(at, 0, latest);
  sizes.splice(at, 0, size);
  if (starts.length > keep) for (const list of [starts, ports, seen, sizes]) list.shift();
  return known === -1;
}

/** Who speaks, and with what: the first of a key's values, and the others. */
function halves(key: string): [string, string] {
  const end = key.indexOf(SEPARATOR);
  return end === -1 ? ["", key] : [key.slice(0, end), key.slice(end + 1)];
}

function describe(connections: number, { score, gapMs, gaps, sizes }: Regularity): string {
  const parts = [
    `gaps ${gaps.symmetry.toFixed(2)} symmetric, ${gaps.evenness.toFixed(2)} even`,
    `sizes ${sizes.symmetry.toFixed(2)} symmetric, ${sizes.evenness.toFixed(2)} even`,
  ];
  return `${connections} connections, one every ${(gapMs / 1_000).toFixed(1)} s, score ${score.toFixed(2)} (${parts.join("; ")})`;
}
