import type { Flow } from "../../flow/flow.ts";
import type { FieldRef } from "../fields.ts";
import type { FlowSample } from "../match.ts";
import type { Correlation } from "../rule.ts";
import { contributionsOf, createWindow, describeCorrelation } from "./correlation-window.ts";
import type { Emit, Evidence, Follower, FollowerOptions } from "./follower.ts";
import { Groups } from "./groups.ts";
import { type Grouping, groupValues } from "./keys.ts";
import { NONE } from "./numbering.ts";
import { Only } from "./only.ts";
import type { Row } from "./rows.ts";
import { Runs } from "./run.ts";
import { Samples } from "./samples.ts";
import { type Json, listOf, type Window } from "./window.ts";

/** What the flows of a group have come to. */
interface Followed {
  /** What the window keeps; only the window looks inside. */
  readonly window: unknown;
  readonly samples: Samples;
}

/** What a flow contributes that is the only one of its group, with what is to be shown of it if that is worth it, or what several have come to. */
type State = string | number | Only | Followed;

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
  /** Most groups never see a second flow: where several are needed, the first is noted in the group itself. */
  const mayStandAlone = counting && correlation.atLeast > 1;
  const showsFirst = mayStandAlone && isWorthShowing(window, options.samples);
  /** A flow that several parts match is one flow to a count or a sum. */
  const once = parts.length > 1 && (counting || correlation.type === "value_sum");
  let lastCounted: Flow | undefined;

  const add = (row: Row, followed: Followed, flow: Flow, time: number, part: number, contribution: string | number): void => {
    runs.extend(row, flow, time, timespanMs);
    const end = window.add(followed.window, time, contribution, amount(flow));
    groups.weigh(row, window.size(followed.window));
    if (!Number.isNaN(end)) emit(flow, end, keys.text(groups.key(row)), () => evidenceOf(row, followed, flow, part));
    if (options.samples > 0) followed.samples.add(flow, window.worth(followed.window, options.samples));
  };

  /** What the group has come to, whose only flow this is. */
  const followedOf = (row: Row, only: string | number | Only): Followed => {
    const followed = { window: window.create(), samples: new Samples() };
    const isShown = only instanceof Only;
    window.add(followed.window, runs.first(row), isShown ? only.contribution : only, 1);
    if (isShown) followed.samples.add(only, 1);
    return followed;
  };

  /** Makes room for more than the flow that is the group's only one. */
  const unfold = (row: Row, only: string | number | Only): Followed => {
    const followed = followedOf(row, only);
    groups.setState(row, followed);
    return followed;
  };

  const begin = (flow: Flow, contribution: string | number): State => {
    if (!mayStandAlone) return { window: window.create(), samples: new Samples() };
    return showsFirst ? new Only(flow, contribution) : contribution;
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
      samples: samples.shown(),
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
        add(known, isFollowed(state) ? state : unfold(known, state), flow, time, part, contribution);
        return;
      }
      const state = begin(flow, contribution);
      const row = groups.add(grouping.take(flow), time, state);
      runs.clear(row);
      if (isFollowed(state)) {
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
        const followed = isFollowed(state) ? state : followedOf(row, state);
        const samples = followed.samples.shown() as unknown as Json;
        return [key, groups.newest(row), runs.pack(row), window.pack(followed.window), samples];
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
        const state = { window: window.unpack(kept), samples: new Samples(listOf(samples) as FlowSample[]) };
        runs.unpack(groups.load(keys.unpack(key), touched, newest, state, window.size(state.window)), run);
      },
    },
  };
}

function isFollowed(state: State): state is Followed {
  return typeof state === "object" && !(state instanceof Only);
}

/** Whether the window has matches show the first flow of a group. */
function isWorthShowing(window: Window<unknown>, samples: number): boolean {
  const first = window.create();
  window.add(first, 0, 0, 1);
  return window.worth(first, samples) > 0;
}
