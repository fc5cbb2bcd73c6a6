import type { Baseline } from "../detector-options.ts";
import { formatTimespan } from "../timespan.ts";
import type { Emit, Follower, FollowerOptions } from "./follower.ts";
import { Groups } from "./groups.ts";
import { type Grouping, groupValues } from "./keys.ts";
import { RunGroup } from "./run.ts";
import { listOf, lowerBound, numbersOf } from "./window.ts";

class BaselineGroup extends RunGroup {
  /** Event time of the group's earliest flow. */
  since: number;
  /** The newest bucket that holds something, and its total. */
  bucket: number;
  total = 0;
  /** What that total may reach; undefined while it has to be worked out. */
  threshold: number | undefined = undefined;
  /** The newest bucket that has been told. */
  told = Number.NEGATIVE_INFINITY;
  /** Earlier buckets that hold something, ascending, and the total of each. Buckets between them are zero. */
  past: { readonly buckets: number[]; readonly totals: number[] } | undefined = undefined;

  constructor(key: string, time: number, bucket: number) {
    super(key, time);
    this.since = time;
    this.bucket = bucket;
  }
}

/**
 * Totals per group and bucket against the mean and the standard deviation of the group's earlier buckets (empty ones
 * count as zero). The newest bucket is judged, once, as soon as its total is exceeded; what comes late for an earlier
 * one only adds to the past. Totals are exact up to 2^53.
 */
export function createBaseline(detector: Baseline, options: FollowerOptions, grouping: Grouping, emit: Emit): Follower {
  const { bucketMs, learnMs, deviations, minimum, field, groupBy } = detector;
  const span = Math.round(detector.historyMs / bucketMs);
  const names = groupBy.map((ref) => ref.name);
  const groups = new Groups<BaselineGroup>(options.limits, grouping.index);
  const { key } = grouping;

  /** Highest normal total of the newest bucket, or Infinity while there is too little to judge by. */
  const thresholdOf = ({ bucket, since, past }: BaselineGroup): number => {
    if (past === undefined || bucket * bucketMs - since < learnMs) return Number.POSITIVE_INFINITY;
    const first = Math.max(bucket - span, Math.floor(since / bucketMs));
    const length = bucket - first;
    const known = past.totals.slice(lowerBound(past.buckets, first));
    const mean = known.reduce((sum, total) => sum + total, 0) / length;
    const squares = known.reduce((sum, total) => sum + (total - mean) ** 2, (length - known.length) * mean ** 2);
    return Math.max(minimum, mean + deviations * Math.sqrt(squares / length));
  };

  const addToPast = (group: BaselineGroup, bucket: number, amount: number): void => {
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
    groups.weigh(group, buckets.length + 1);
  };

  return {
    observe(flow, time) {
      const amount = field === undefined ? 1 : Number(field.get(flow) ?? 0);
      if (amount <= 0) return;
      const name = key(flow);
      const bucket = Math.floor(time / bucketMs);
      const group = groups.touch(name, time) ?? groups.add(new BaselineGroup(name, time, bucket));
      if (time < group.since) {
        group.since = time;
        group.threshold = undefined;
      }
      group.extend(flow, time, bucketMs);
      if (bucket < group.bucket) {
        if (bucket >= group.bucket - span) addToPast(group, bucket, amount);
        return;
      }
      if (bucket > group.bucket) {
        const { bucket: before, total } = group;
        group.bucket = bucket;
        group.total = 0;
        addToPast(group, before, total);
      }
      group.total += amount;
      if (group.told === bucket) return;
      group.threshold ??= thresholdOf(group);
      if (group.total <= group.threshold) return;
      group.told = bucket;
      const { total, threshold, first, last, count, bytes } = group;
      emit(flow, time, name, () => ({
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
    snapshot: () =>
      [...groups].map((group) => {
        const { key: name, newest, since, bucket, total, told, past } = group;
        const earlier = past === undefined ? null : [[...past.buckets], [...past.totals]];
        return [name, newest, since, bucket, total, Number.isFinite(told) ? told : null, earlier, group.packRun()];
      }),
    restore(data) {
      for (const item of listOf(data)) {
        const [name, newest, since, bucket, total, told, earlier, run] = listOf(item);
        if (typeof name !== "string" || typeof newest !== "number" || typeof since !== "number")
          throw new TypeError("not a group");
        if (typeof bucket !== "number" || typeof total !== "number") throw new TypeError("not a bucket");
        const group = new BaselineGroup(name, newest, bucket);
        group.since = since;
        group.total = total;
        if (typeof told === "number") group.told = told;
        group.unpackRun(run);
        if (earlier !== null) {
          const [buckets, totals] = listOf(earlier);
          group.past = { buckets: numbersOf(buckets), totals: numbersOf(totals) };
        }
        groups.add(group);
        groups.weigh(group, group.past === undefined ? 0 : group.past.buckets.length + 1);
      }
    },
  };
}

function format(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}
