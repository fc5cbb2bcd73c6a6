import type { Flow } from "../../flow/flow.ts";
import type { Counter } from "../../flow/types.ts";
import type { FlowSample } from "../match.ts";
import type { GroupValue } from "./keys.ts";
import type { Table } from "./table.ts";

/** What led to a match of a correlation or a detector. */
export interface Evidence {
  readonly group: Readonly<Record<string, GroupValue>>;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly count: number;
  readonly bytes: Counter;
  readonly reason: string;
  /** Earlier flows, oldest first, without the one that completed the match. */
  readonly samples: readonly FlowSample[];
  /** Of a digest: what it lists, a line each. */
  readonly entries?: readonly string[];
}

/** Tells that a rule's condition holds because of a flow. `time` is the end of the window, `key` the group's. */
export type Emit = (flow: Flow, time: number, key: string, evidence: () => Evidence) => void;

/** A stateful rule: it follows the flows that other rules hand to it. */
export interface Follower {
  /** `part` is the position of the rule that matched among those the follower listens to. */
  observe(flow: Flow, time: number, part: number): void;
  /** Forgets what can no longer take part in anything. `watermark` is the event time reached, by the flow. */
  expire(watermark: number, flow: Flow): void;
  readonly groups: number;
  readonly evicted: number;
  /** Items dropped because one group held too many. */
  readonly dropped: number;
  /** All that it remembers. */
  readonly table: Table;
}

export interface FollowerOptions {
  /** How far behind the newest flow another may come. */
  readonly latenessMs: number;
  readonly limits: { readonly groups: number; readonly items: number; readonly itemsPerGroup: number };
  /** Most earlier flows that a match shows. */
  readonly samples: number;
}
