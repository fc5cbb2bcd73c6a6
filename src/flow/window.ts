import type { Flow } from "./flow.ts";

/** Which flows are shipped. The time of a flow counts, not that of its object. */
export interface FlowWindow {
  readonly action: Flow["action"];
  /** From this time on, ms since the epoch. */
  readonly from: number;
  /** Before this time. */
  readonly to: number;
}

export function within({ action, from, to }: FlowWindow): (flow: Flow) => boolean {
  return (flow) => (action === undefined || flow.action === action) && flow.time >= from && flow.time < to;
}

/** Whether it holds every flow. */
export function isUnbounded({ action, from, to }: FlowWindow): boolean {
  return action === undefined && from === Number.NEGATIVE_INFINITY && to === Number.POSITIVE_INFINITY;
}
