import { EMPTY_CONTEXT, Flow, type FlowContext } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";

const ORIGIN = originOf("file:///bucket", "key", "etag");
let record = 0;

/** A flow with these fields, at 2026-01-01T00:00:00Z unless they say otherwise. */
export function flowOf(fields: Partial<Flow>, context: Partial<FlowContext> = {}): Flow {
  const flow = new Flow(ORIGIN, ++record, { ...EMPTY_CONTEXT, ...context }, Date.parse("2026-01-01T00:00:00Z"));
  return Object.assign(flow, fields);
}
