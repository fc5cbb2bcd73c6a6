import { Flow } from "./flow.ts";

/** A flow of its own with the same values, to be changed while others have the first. */
export function copyOf(flow: Flow): Flow {
  return Object.assign(new Flow(flow.origin, flow.record, flow.context, flow.time), flow);
}
