import type { Action, Counter, Direction, Flow, Status } from "../flow.ts";
import { protocolKeyword } from "../protocols.ts";

/** Types that a format mapping may name. */
export const FIELD_TYPES = [
  "address",
  "port",
  "protocol",
  "counter",
  "time",
  "action",
  "status",
  "direction",
  "string",
  "boolean",
  "json",
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** A field of a flow that a decoder fills. */
export interface Target {
  readonly type: FieldType;
  /** The value is what the kind of that type made of the log's. */
  readonly set: (flow: Flow, value: unknown) => void;
}

const target = <Value>(type: FieldType, set: (flow: Flow, value: Value) => void): Target => ({
  type,
  set: set as (flow: Flow, value: unknown) => void,
});
const counter = (set: (flow: Flow, value: Counter) => void) => target("counter", set);

/** One assignment a field, so that no flow is ever written by a computed name. */
export const TARGETS: Readonly<Record<string, Target>> = {
  time: target<number>("time", (flow, value) => (flow.time = value)),
  start: target<number>("time", (flow, value) => (flow.start = value)),
  end: target<number>("time", (flow, value) => (flow.end = value)),
  connectionStart: target<number>("time", (flow, value) => (flow.connectionStart = value)),
  action: target<Action>("action", (flow, value) => (flow.action = value)),
  status: target<Status>("status", (flow, value) => (flow.status = value)),
  directionLogged: target<Direction>("direction", (flow, value) => (flow.directionLogged = value)),
  sourceAddress: target<string>("address", (flow, value) => (flow.sourceAddress = value)),
  sourcePort: target<number>("port", (flow, value) => (flow.sourcePort = value)),
  destinationAddress: target<string>("address", (flow, value) => (flow.destinationAddress = value)),
  destinationPort: target<number>("port", (flow, value) => (flow.destinationPort = value)),
  protocol: target<number>("protocol", (flow, value) => {
    flow.protocol = value;
    flow.protocolName ??= protocolKeyword(value);
  }),
  protocolName: target<string>("string", (flow, value) => (flow.protocolName = value)),
  bytes: counter((flow, value) => (flow.bytes = value)),
  packets: counter((flow, value) => (flow.packets = value)),
  bytesReverse: counter((flow, value) => (flow.bytesReverse = value)),
  packetsReverse: counter((flow, value) => (flow.packetsReverse = value)),
  bytesCumulative: counter((flow, value) => (flow.bytesCumulative = value)),
  packetsCumulative: counter((flow, value) => (flow.packetsCumulative = value)),
  bytesReverseCumulative: counter((flow, value) => (flow.bytesReverseCumulative = value)),
  packetsReverseCumulative: counter((flow, value) => (flow.packetsReverseCumulative = value)),
  initiated: target<boolean>("boolean", (flow, value) => (flow.initiated = value)),
  terminated: target<boolean>("boolean", (flow, value) => (flow.terminated = value)),
  flowId: target<string>("string", (flow, value) => (flow.flowId = value)),
  original: target<object>("json", (flow, value) => (flow.original = value)),
};

/** The values that a word of a log may stand for. */
export const WORDS: Readonly<Partial<Record<FieldType, readonly string[]>>> = {
  action: ["accept", "reject"] satisfies Action[],
  status: ["OK", "NODATA", "SKIPDATA"] satisfies Status[],
  direction: ["ingress", "egress", "unknown"] satisfies Direction[],
};
