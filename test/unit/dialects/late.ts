import type { Flow } from "../../../src/flow/flow.ts";
import { flowOf } from "../sinks/log-analytics-parts.ts";

export const MINUTE = 60_000;
export const START = Date.UTC(2026, 0, 2);
/**
 * How many minutes the records of one object span: the shortest and the longest of a bucket of real objects (402 and 3,870 s) and some between. An
 * object is visible when it is written, after its last record, and read, two minutes later.
 */
export const SPANS = [6.7, 20, 45, 64.5];
const READING_MS = 2 * MINUTE;

export interface Seen {
  readonly flow: Flow;
  readonly visible: number;
}

/** Objects follow each other without a gap, one connector for each span. A flow lies in the object of its time. */
export function seen(flow: Flow, connector: number): Seen {
  const span = (SPANS[connector % SPANS.length] ?? 1) * MINUTE;
  const object = Math.floor((flow.time - START) / span);
  return { flow, visible: Math.round(START + (object + 1) * span + READING_MS) };
}

const at = (minutes: number): number => START + minutes * MINUTE;
const inward = {
  sourceZone: "external",
  destinationZone: "internal",
  initiator: "source",
  direction: "ingress",
  trafficType: "north-south",
} as const;

/** For each connector: one SSH session, a scan of 80 ports within a minute, and guesses at a password over three minutes. */
export const bucket: readonly Seen[] = SPANS.flatMap((_, connector) => {
  const record = connector * 1_000;
  const one = (number: number, time: number, changes: Partial<Flow>): Seen =>
    seen(flowOf(`connector ${connector}`, record + number, { time, start: time, end: time, ...inward, ...changes }), connector);
  const host = { destinationAddress: `10.0.0.${connector + 1}` };
  const ssh = { ...host, sourceAddress: `198.51.100.${connector + 1}`, destinationPort: 22, action: "accept" } as const;
  return [
    one(1, at(70.2 + connector), { ...ssh, packets: 40 }),
    ...Array.from({ length: 80 }, (_, port) =>
      // Across the boundaries of evaluations.
      one(100 + port, at(99.6) + port * 700, {
        ...host,
        sourceAddress: `203.0.113.${connector + 1}`,
        destinationPort: 1 + port,
        action: "reject",
      }),
    ),
    ...Array.from({ length: 40 }, (_, guess) =>
      one(500 + guess, at(118.8) + guess * 4_500, {
        ...ssh,
        sourceAddress: `192.0.2.${connector + 1}`,
        sourcePort: 50_000 + guess,
        packets: 12,
        sourceZone: "internal",
      }),
    ),
  ];
});
