import type { Flow } from "../../flow.ts";
import type { Correlation } from "../correlation.ts";
import type { FieldRef } from "../fields.ts";
import { type FlowSample, sampleOf } from "../match.ts";
import { contributionsOf, createWindow, describeCorrelation } from "./correlation-window.ts";
import type { Emit, Evidence, Follower, FollowerOptions } from "./follower.ts";
import { Groups, KeyIndex } from "./groups.ts";
import { type Grouping, groupValues, type Keyer } from "./keys.ts";
import { RunGroup } from "./run.ts";
import { type Json, listOf } from "./window.ts";

class CorrelationGroup extends RunGroup {
  /** What the window keeps; only the window looks inside. Undefined while there is one flow alone. */
  window: unknown = undefined;
  /** What the flow that is alone contributes. */
  value: string | number = 0;
  samples: FlowSample[] | undefined = undefined;
}

/** Follows one correlation. `groupingOf` gives the grouping for the fields of a part. */
export function createCorrelator(
  correlation: Correlation,
  options: FollowerOptions,
  groupingOf: (fields: readonly FieldRef[]) => Grouping,
  emit: Emit,
): Follower {
  const { parts, groupBy, timespanMs } = correlation;
  const groupings = parts.map((part) => groupingOf(part.groupBy));
  const keys = groupings.map((grouping) => grouping.key);
  const [first, ...others] = groupings.map((grouping) => grouping.index);
  /** Parts with aliases have keys of different fields: their groups are their own. */
  const index = others.every((other) => other === first) ? first : new KeyIndex();
  let dropped = 0;
  const window = createWindow(correlation, options, () => dropped++);
  const groups = new Groups<CorrelationGroup>(options.limits, index);
  const { value, amount } = contributionsOf(correlation);
  const counting = correlation.type === "event_count" || correlation.type === "value_count";
  /** Most groups never see a second flow: where many are needed, the first is noted in the group itself. */
  const mayStandAlone = counting && correlation.atLeast > 4;
  /** A flow that several parts match is one flow to a count or a sum. */
  const once = parts.length > 1 && (counting || correlation.type === "value_sum");
  let lastCounted: Flow | undefined;

  const add = (group: CorrelationGroup, flow: Flow, time: number, part: number, contribution: string | number): void => {
    if (group.window === undefined) {
      group.window = window.create();
      if (group.count > 0) window.add(group.window, group.first, group.value, 1);
    }
    group.extend(flow, time, timespanMs);
    const end = window.add(group.window, time, contribution, amount(flow));
    groups.weigh(group, window.size(group.window));
    if (!Number.isNaN(end)) emit(flow, end, group.key, () => evidenceOf(group, flow, part));
    if (options.samples > 0 && window.near(group.window)) remember(group, flow);
  };

  const remember = (group: CorrelationGroup, flow: Flow): void => {
    group.samples ??= [];
    group.samples.push(sampleOf(flow));
    if (group.samples.length > options.samples) group.samples.shift();
  };

  const evidenceOf = ({ first, last, count, bytes, samples }: CorrelationGroup, flow: Flow, part: number): Evidence => ({
    group: groupValues(groupBy, parts[part]?.groupBy ?? [], flow),
    firstSeen: first,
    lastSeen: last,
    count,
    bytes,
    reason: describeCorrelation(correlation),
    samples: samples ?? [],
  });

  return {
    observe(flow, time, part) {
      if (once && lastCounted === flow) return;
      const contribution = value(flow, part);
      if (contribution === undefined) return;
      if (once) lastCounted = flow;
      const key = (keys[part] as Keyer)(flow);
      const known = groups.touch(key, time);
      if (known !== undefined) return add(known, flow, time, part, contribution);
      const group = groups.add(new CorrelationGroup(key, time));
      if (!mayStandAlone) return add(group, flow, time, part, contribution);
      group.extend(flow, time, timespanMs);
      group.value = contribution;
      groups.weigh(group, 1);
    },
    expire: (watermark) => groups.expire(watermark - timespanMs - options.latenessMs),
    get groups() {
      return groups.size;
    },
    get evicted() {
      return groups.evicted;
    },
    get dropped() {
      return dropped;
    },
    snapshot: () =>
      [...groups].map((group): Json => {
        const { key, newest, value: alone, samples } = group;
        const kept = group.window === undefined ? null : window.pack(group.window);
        return [key, newest, group.packRun(), alone, kept, (samples ?? []) as unknown as Json];
      }),
    restore(data) {
      for (const item of listOf(data)) {
        const [key, newest, run, alone, kept, samples] = listOf(item);
        if (typeof key !== "string" || typeof newest !== "number") throw new TypeError("not a group");
        if (typeof alone !== "string" && typeof alone !== "number") throw new TypeError("not a value");
        const group = new CorrelationGroup(key, newest);
        group.unpackRun(run);
        group.value = alone;
        if (kept !== null) group.window = window.unpack(kept);
        if (listOf(samples).length > 0) group.samples = [...(samples as FlowSample[])];
        groups.add(group);
        groups.weigh(group, group.window === undefined ? 1 : window.size(group.window));
      }
    },
  };
}
