import { Flow } from "../../flow/flow.ts";
import type { FieldRef } from "../fields.ts";
import { type FlowSample, sampleOf } from "../match.ts";
import type { Correlation } from "../rule.ts";
import { contributionsOf, createWindow, describeCorrelation } from "./correlation-window.ts";
import type { Emit, Evidence, Follower, FollowerOptions } from "./follower.ts";
import { Groups } from "./groups.ts";
import { type Grouping, groupValues } from "./keys.ts";
import { NONE } from "./numbering.ts";
import type { Row } from "./rows.ts";
import { Runs } from "./run.ts";
import { type Json, listOf } from "./window.ts";

/** What the flows of a group have come to. */
interface Followed {
  /** What the window keeps; only the window looks inside. */
  readonly window: unknown;
  /** The latest flows worth showing. Those of a restored state are no flows any more. */
  readonly samples: (Flow | FlowSample)[];
}

/** What a flow contributes that is the only one of its group, or what several have come to. */
type State = string | number | Followed;

/** Follows one correlation. `groupingOf` gives the grouping for the fields of a part. */
export function createCorrelator(
  correlation: Correlation,
  options: FollowerOptions,
  groupingOf: (fields: readonly FieldRef[]) => Grouping,
  emit: Emit,
): Follower {
  const { parts, groupBy, timespanMs } = correlation;
  const groupings = parts.map((part) => groupingOf(part.groupBy));
  const { keys } = groupings[0] as Grouping;
  let dropped = 0;
  const window = createWindow(correlation, options, () => dropped++);
  const groups = new Groups<State>(options.limits, keys);
  const runs = new Runs(groups);
  const { value, amount } = contributionsOf(correlation);
  const counting = correlation.type === "event_count" || correlation.type === "value_count";
  /** Most groups never see a second flow: where many are needed, the first is noted in the group itself. */
  const mayStandAlone = counting && correlation.atLeast > 4;
  /** A flow that several parts match is one flow to a count or a sum. */
  const once = parts.length > 1 && (counting || correlation.type === "value_sum");
  let lastCounted: Flow | undefined;

  const add = (row: Row, followed: Followed, flow: Flow, time: number, part: number, contribution: string | number): void => {
    runs.extend(row, flow, time, timespanMs);
    const end = window.add(followed.window, time, contribution, amount(flow));
    groups.weigh(row, window.size(followed.window));
    if (!Number.isNaN(end)) emit(flow, end, keys.text(groups.key(row)), () => evidenceOf(row, followed, flow, part));
    if (options.samples > 0) remember(followed.samples, flow, window.worth(followed.window, options.samples));
  };

  /** Makes room for more than the flow that is the group's only one. */
  const unfold = (row: Row, contribution: string | number): Followed => {
    const followed = { window: window.create(), samples: [] };
    window.add(followed.window, runs.first(row), contribution, 1);
    groups.setState(row, followed);
    return followed;
  };

  const evidenceOf = (row: Row, { samples }: Followed, flow: Flow, part: number): Evidence => {
    const { first, last, count, bytes } = runs.of(row);
    return {
      group: groupValues(groupBy, parts[part]?.groupBy ?? [], flow),
      firstSeen: first,
      lastSeen: last,
      count,
      bytes,
      reason: describeCorrelation(correlation),
      samples: samples.map(shown),
    };
  };

  return {
    observe(flow, time, part) {
      if (once && lastCounted === flow) return;
      const contribution = value(flow, part);
      if (contribution === undefined) return;
      if (once) lastCounted = flow;
      const grouping = groupings[part] as Grouping;
      const known = groups.touch(grouping.find(flow), time);
      if (known !== NONE) {
        const state = groups.state(known);
        add(known, typeof state === "object" ? state : unfold(known, state), flow, time, part, contribution);
        return;
      }
      const state = mayStandAlone ? contribution : { window: window.create(), samples: [] };
      const row = groups.add(grouping.take(flow), time, state);
      runs.clear(row);
      if (typeof state === "object") {
        add(row, state, flow, time, part, contribution);
        return;
      }
      runs.extend(row, flow, time, timespanMs);
      groups.weigh(row, 1);
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
    table: {
      groups,
      pack(row) {
        const key = keys.pack(groups.key(row));
        const state = groups.state(row);
        if (typeof state !== "object") return [key, ...runs.packOne(row), state];
        const samples = state.samples.map(shown) as unknown as Json;
        return [key, groups.newest(row), runs.pack(row), window.pack(state.window), samples];
      },
      unpack(touched, fields) {
        if (fields.length === 4) {
          const [key, time, bytes, alone] = fields;
          if (typeof time !== "number") throw new TypeError("not a time");
          if (typeof alone !== "string" && typeof alone !== "number") throw new TypeError("not a value");
          runs.unpackOne(groups.load(keys.unpack(key), touched, time, alone, 1), time, bytes);
          return;
        }
        const [key, newest, run, kept, samples] = fields;
        if (typeof newest !== "number") throw new TypeError("not a group");
        const state = { window: window.unpack(kept), samples: [...(listOf(samples) as FlowSample[])] };
        runs.unpack(groups.load(keys.unpack(key), touched, newest, state, window.size(state.window)), run);
      },
    },
  };
}

/** Keeps the flow as the latest of `most`. */
function remember(samples: (Flow | FlowSample)[], flow: Flow, most: number): void {
  if (most === 0) return;
  if (samples.length > most) samples.splice(0, samples.length - most);
  if (samples.length < most) {
    samples.push(flow);
    return;
  }
  for (let index = 1; index < most; index++) samples[index - 1] = samples[index] as Flow | FlowSample;
  samples[most - 1] = flow;
}

function shown(sample: Flow | FlowSample): FlowSample {
  return sample instanceof Flow ? sampleOf(sample) : sample;
}
