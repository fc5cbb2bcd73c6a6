import type { Baseline } from "../detector-options.ts";
import { formatTimespan } from "../timespan.ts";
import type { Emit, Follower, FollowerOptions } from "./follower.ts";
import { Groups } from "./groups.ts";
import { type Grouping, groupValues } from "./keys.ts";
import { NONE } from "./numbering.ts";
import { isAboutADayOrWeek } from "./routine.ts";
import type { Row } from "./rows.ts";
import { Runs } from "./run.ts";
import { listOf, lowerBound, numbersOf } from "./window.ts";

/** So many times what it was at this time of another day a total may be. */
const AS_USUAL = 2;

interface Totals {
  /** Event time of the group's earliest flow. */
  since: number;
  /** The newest bucket that holds something, and its total. */
  bucket: number;
  total: number;
  /** What that total may reach; undefined while it has to be worked out. */
  threshold: number | undefined;
  /** The newest bucket that has been told. */
  told: number | undefined;
  /** Earlier buckets that hold something, ascending, and the total of each. Buckets between them are zero. */
  past: { readonly buckets: number[]; readonly totals: number[] } | undefined;
}

/** The amount of a flow that is the only one of its group, as most are, or what several have come to. */
type State = number | Totals;

/**
 * Totals per group and bucket against the mean and the standard deviation of the group's earlier buckets (empty ones
 * count as zero), and against those of the same time on other days. The newest bucket is judged, once, as soon as its total is exceeded; what comes late for an earlier
 * one only adds to the past. Totals are exact up to 2^53.
 */
export function createBaseline(detector: Baseline, options: FollowerOptions, grouping: Grouping, emit: Emit): Follower {
  const { bucketMs, learnMs, deviations, minimum, field, groupBy } = detector;
  const span = Math.round(detector.historyMs / bucketMs);
  const names = groupBy.map((ref) => ref.name);
  const { keys } = grouping;
  const groups = new Groups<State>(options.limits, keys);
  const runs = new Runs(groups);

  /** Highest normal total of the newest bucket, or Infinity while there is too little to judge by. */
  const thresholdOf = ({ bucket, since, past }: Totals): number => {
    if (past === undefined || bucket * bucketMs - since < learnMs) return Number.POSITIVE_INFINITY;
    const first = Math.max(bucket - span, Math.floor(since / bucketMs));
    const length = bucket - first;
    const known = past.totals.slice(lowerBound(past.buckets, first));
    const mean = known.reduce((sum, total) => sum + total, 0) / length;
    const squares = known.reduce((sum, total) => sum + (total - mean) ** 2, (length - known.length) * mean ** 2);
    return Math.max(minimum, mean + deviations * Math.sqrt(squares / length), usualOf(bucket, past) * AS_USUAL);
  };

  /** The highest total of about this time in the day or in the week before: what comes once a day is rare among its hours, and usual. */
  const usualOf = (bucket: number, { buckets, totals }: NonNullable<Totals["past"]>): number => {
    let most = 0;
    for (let at = 0; at < buckets.length; at++) {
      const ago = (bucket - (buckets[at] as number)) * bucketMs;
      if (isAboutADayOrWeek(ago)) most = Math.max(most, totals[at] as number);
    }
    return most;
  };

  const addToPast = (row: Row, group: Totals, bucket: number, amount: number): void => {
    group.past ??= { buckets: [], totals: [] };
    const { buckets, totals } = group.past;
    const position = lowerBound(buckets, bucket);
    if (buckets[position] === bucket) totals[position] = (totals[position] as number) + amount;
    else {
      buckets.splice(position, 0, bucket);
      totals.splice(position, 0, amount);
    }
    const expired = lowerBound(buckets, group.bucket - span);
    buckets.splice(0, expired);
    totals.splice(0, expired);
    group.threshold = undefined;
    groups.weigh(row, buckets.length + 1);
  };

  /** Makes room for more than the flow that is the group's only one. */
  const unfold = (row: Row, amount: number): Totals => {
    const since = runs.first(row);
    const bucket = Math.floor(since / bucketMs);
    const group = { since, bucket, total: amount, threshold: undefined, told: undefined, past: undefined };
    groups.setState(row, group);
    return group;
  };

  return {
    observe(flow, time) {
      const amount = field === undefined ? 1 : Number(field.get(flow) ?? 0);
      if (amount <= 0) return;
      const row = groups.touch(grouping.find(flow), time);
      if (row === NONE) {
        const added = groups.add(grouping.take(flow), time, amount);
        runs.clear(added);
        runs.extend(added, flow, time, bucketMs);
        return;
      }
      const state = groups.state(row);
      const group = typeof state === "number" ? unfold(row, state) : state;
      const bucket = Math.floor(time / bucketMs);
      if (time < group.since) {
        group.since = time;
        group.threshold = undefined;
      }
      runs.extend(row, flow, time, bucketMs);
      if (bucket < group.bucket) {
        if (bucket >= group.bucket - span) addToPast(row, group, bucket, amount);
        return;
      }
      if (bucket > group.bucket) {
        const { bucket: before, total } = group;
        group.bucket = bucket;
        group.total = 0;
        addToPast(row, group, before, total);
      }
      group.total += amount;
      if (group.told === bucket) return;
      group.threshold ??= thresholdOf(group);
      if (group.total <= group.threshold) return;
      group.told = bucket;
      const { total, threshold } = group;
      const { first, last, count, bytes } = runs.of(row);
      emit(flow, time, keys.text(groups.key(row)), () => ({
        group: groupValues(names, groupBy, flow),
        firstSeen: first,
        lastSeen: last,
        count,
        bytes,
        reason: `${field?.name ?? "flows"} ${format(total)} in ${formatTimespan(bucketMs)}, normal is up to ${format(threshold)}`,
        samples: [],
      }));
    },
    expire: (watermark) => groups.expire(watermark - detector.historyMs - bucketMs),
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
        const state = groups.state(row);
        if (typeof state === "number") return [keys.pack(groups.key(row)), ...runs.packOne(row), state];
        const { since, bucket, total, told, past } = state;
        const earlier = past === undefined ? null : [past.buckets, past.totals];
        return [keys.pack(groups.key(row)), groups.newest(row), since, bucket, total, told ?? null, earlier, runs.pack(row)];
      },
      unpack(touched, fields) {
        if (fields.length === 4) {
          const [key, time, bytes, amount] = fields;
          if (typeof time !== "number" || typeof amount !== "number") throw new TypeError("not a flow of a group");
          runs.unpackOne(groups.load(keys.unpack(key), touched, time, amount, 0), time, bytes);
          return;
        }
        const [key, newest, since, bucket, total, lastTold, earlier, run] = fields;
        if (typeof newest !== "number" || typeof since !== "number") throw new TypeError("not a group");
        if (typeof bucket !== "number" || typeof total !== "number") throw new TypeError("not a bucket");
        const told = typeof lastTold === "number" ? lastTold : undefined;
        const past = earlier === null ? undefined : pastOf(earlier);
        const state = { since, bucket, total, threshold: undefined, told, past };
        const items = past === undefined ? 0 : past.buckets.length + 1;
        runs.unpack(groups.load(keys.unpack(key), touched, newest, state, items), run);
      },
    },
  };
}

function pastOf(data: unknown): Totals["past"] {
  const [buckets, totals] = listOf(data);
  return { buckets: numbersOf(buckets), totals: numbersOf(totals) };
}

function format(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}
