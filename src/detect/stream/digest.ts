import { addCounters } from "../../flow/counters.ts";
import type { Flow } from "../../flow/flow.ts";
import type { Counter } from "../../flow/types.ts";
import type { Digest } from "../detector-options.ts";
import { bytesOf, counterOf, plainCounter } from "../match.ts";
import type { Emit, Follower, FollowerOptions } from "./follower.ts";
import { Groups } from "./groups.ts";
import type { Grouping } from "./keys.ts";
import { NONE } from "./numbering.ts";
import { Sketch } from "./sketch.ts";
import { SEPARATOR } from "./tuples.ts";
import { type Json, listOf } from "./window.ts";

/** What a group came to in one bucket. */
interface Entry {
  /** Of the entries of a group the one that was begun before. */
  before: Entry | undefined;
  readonly bucket: number;
  first: number;
  last: number;
  flows: number;
  bytes: Counter;
  readonly values: Sketch;
}

/**
 * Tells once what all groups came to in a bucket, when it is over and nothing comes late for it any more. What comes for a bucket that was told
 * is left out.
 */
export function createDigest(detector: Digest, options: FollowerOptions, grouping: Grouping, emit: Emit): Follower {
  const { bucketMs, field, groupBy, top } = detector;
  const { keys } = grouping;
  const groups = new Groups<Entry>(options.limits, keys);
  /** The latest bucket that was told, or was over without anything to tell. */
  let told = Number.NEGATIVE_INFINITY;

  const observe = (flow: Flow, time: number): void => {
    const bucket = Math.floor(time / bucketMs);
    if (bucket <= told) return;
    const row = groups.touch(grouping.find(flow), time);
    let entry = row === NONE ? undefined : entryIn(groups.state(row), bucket);
    if (entry === undefined) {
      const before = row === NONE ? undefined : untold(groups.state(row));
      entry = { before, bucket, first: time, last: time, flows: 0, bytes: 0, values: new Sketch() };
      if (row === NONE) groups.add(grouping.take(flow), time, entry);
      else groups.setState(row, entry);
    }
    if (time < entry.first) entry.first = time;
    if (time > entry.last) entry.last = time;
    entry.flows++;
    entry.bytes = addCounters(entry.bytes, bytesOf(flow));
    entry.values.add(String(field.get(flow) ?? ""));
  };

  /** The latest of these entries that has not been told, without those that have. */
  const untold = (latest: Entry): Entry | undefined => {
    const left = entriesOf(latest).filter((known) => known.bucket > told);
    return left.length === 0 ? undefined : joined(left);
  };

  /** Tells of the buckets that are over. */
  const tell = (watermark: number, flow: Flow): void => {
    const over = Math.floor((watermark - options.latenessMs) / bucketMs) - 1;
    if (over <= told) return;
    const found = [...groups].flatMap((row) =>
      entriesOf(groups.state(row))
        .filter(({ bucket }) => bucket > told && bucket <= over)
        .map((entry) => ({ entry, name: nameOf(keys.text(groups.key(row))) })),
    );
    told = over;
    const buckets = [...Map.groupBy(found, ({ entry }) => entry.bucket)].sort(([a], [b]) => a - b);
    for (const [bucket, entries] of buckets) {
      const all = entries
        .map(({ entry, name }) => ({ ...entry, name, count: entry.values.count }))
        .sort((a, b) => b.count - a.count || b.flows - a.flows || (a.name < b.name ? -1 : 1));
      const lines = all.map(({ name, count, values, flows, first, last }) => {
        const from = `${clock(first)} to ${clock(last)}`;
        return `${name}: ${values.isExact ? "" : "about "}${count} by ${field.name}, ${flows} flows, ${from}`;
      });
      const more = lines.length - top;
      emit(flow, bucket * bucketMs, "", () => ({
        group: {},
        firstSeen: Math.min(...all.map(({ first }) => first)),
        // Whether it is late is a matter of when it could be told, not of the flows.
        lastSeen: watermark,
        count: all.reduce((sum, { flows }) => sum + flows, 0),
        bytes: all.reduce<Counter>((sum, { bytes }) => addCounters(sum, bytes), 0),
        reason: `${lines.length} different ${groupBy.map(({ name }) => name).join(", ")} on ${new Date(bucket * bucketMs).toISOString().slice(0, 10)} (UTC)`,
        entries: more > 0 ? [...lines.slice(0, top), `and ${more} more`] : lines,
        samples: [],
      }));
    }
  };

  return {
    observe,
    expire(watermark, flow) {
      tell(watermark, flow);
      groups.expire(watermark - 2 * bucketMs - options.latenessMs);
    },
    get groups() {
      return groups.size;
    },
    get evicted() {
      return groups.evicted;
    },
    dropped: 0,
    table: {
      groups,
      pack: (row) => [keys.pack(groups.key(row)), groups.newest(row), entriesOf(groups.state(row)).map(packEntry)],
      unpack(touched, [key, newest, entries]) {
        if (typeof newest !== "number") throw new TypeError("not a group");
        groups.load(keys.unpack(key), touched, newest, joined(listOf(entries).map(entryOf)), 0);
      },
      common: {
        pack: () => (Number.isFinite(told) ? told : null),
        unpack(data) {
          told = typeof data === "number" ? data : Number.NEGATIVE_INFINITY;
        },
      },
    },
  };
}

function entryIn(latest: Entry, bucket: number): Entry | undefined {
  for (let entry: Entry | undefined = latest; entry !== undefined; entry = entry.before)
    if (entry.bucket === bucket) return entry;
  return undefined;
}

/** The entries of a group in the order in which they were begun. */
function entriesOf(latest: Entry): Entry[] {
  const entries: Entry[] = [];
  for (let entry: Entry | undefined = latest; entry !== undefined; entry = entry.before) entries.unshift(entry);
  return entries;
}

/** The latest of the entries, with the others before it. Throws TypeError when there is none. */
function joined(entries: readonly Entry[]): Entry {
  for (const [index, entry] of entries.entries()) entry.before = entries[index - 1];
  const latest = entries.at(-1);
  if (latest === undefined) throw new TypeError("a group without entries");
  return latest;
}

function packEntry({ bucket, first, last, flows, bytes, values }: Entry): Json {
  return [bucket, first, last, flows, plainCounter(bytes), values.pack()];
}

function entryOf(data: unknown): Entry {
  const [bucket, first, last, flows, bytes, values] = listOf(data);
  const numbers = [bucket, first, last, flows];
  if (!numbers.every((number) => typeof number === "number")) throw new TypeError("not an entry of a digest");
  const [b = 0, f = 0, l = 0, n = 0] = numbers as number[];
  return { before: undefined, bucket: b, first: f, last: l, flows: n, bytes: counterOf(bytes), values: Sketch.unpack(values) };
}

function nameOf(key: string): string {
  return key
    .split(SEPARATOR)
    .filter((part) => part !== "")
    .join(" ");
}

function clock(time: number): string {
  return new Date(time).toISOString().slice(11, 16);
}
