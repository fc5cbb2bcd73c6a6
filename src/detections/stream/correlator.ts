import type { Flow } from "../../flow.ts";
import type { Correlation } from "../correlation.ts";
import type { FieldRef } from "../fields.ts";
import { type FlowSample, sampleOf } from "../match.ts";
import { contributionsOf, createWindow, describeCorrelation } from "./correlation-window.ts";
import type { Emit, Evidence, Follower, FollowerOptions } from "./follower.ts";
import { Groups, type Row } from "./groups.ts";
import { type Grouping, groupValues } from "./keys.ts";
import { Runs } from "./run.ts";
import { NONE } from "./texts.ts";
import { type Json, listOf } from "./window.ts";

/** What the flows of a group have come to. */
interface Followed {
  /** What the window keeps; only the window looks inside. */
  readonly window: unknown;
  readonly samples: FlowSample[];
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
    if (options.samples > 0 && window.near(followed.window)) remember(followed, flow);
  };

  /** Makes room for more than the flow that is the group's only one. */
  const unfold = (row: Row, contribution: string | number): Followed => {
    const followed = { window: window.create(), samples: [] };
    window.add(followed.window, runs.first(row), contribution, 1);
    groups.setState(row, followed);
    return followed;
  };

  const remember = ({ samples }: Followed, flow: Flow): void => {
    samples.push(sampleOf(flow));
    if (samples.length > options.samples) samples.shift();
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
      samples,
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
    snapshot: () =>
      [...groups].map((row): Json => {
        const state = groups.state(row);
        const [alone, kept, samples] =
          typeof state === "object" ? [0, window.pack(state.window), state.samples as unknown as Json] : [state, null, []];
        return [keys.pack(groups.key(row)), groups.newest(row), runs.pack(row), alone, kept, samples];
      }),
    restore(data) {
      for (const item of listOf(data)) {
        const [key, newest, run, alone, kept, samples] = listOf(item);
        if (typeof newest !== "number") throw new TypeError("not a group");
        if (typeof alone !== "string" && typeof alone !== "number") throw new TypeError("not a value");
        const state = kept === null ? alone : { window: window.unpack(kept), samples: [...(listOf(samples) as FlowSample[])] };
        const row = groups.add(keys.unpack(key), newest, state);
        runs.unpack(row, run);
        groups.weigh(row, typeof state === "object" ? window.size(state.window) : 1);
      }
    },
  };
}
