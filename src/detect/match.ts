import { addCounters } from "../flow/counters.ts";
import type { Flow } from "../flow/flow.ts";
import { uidOf } from "../flow/origin.ts";
import type { Counter } from "../flow/types.ts";
import type { Rule } from "./rule.ts";
import type { GroupValue } from "./stream/keys.ts";
import type { Spreading } from "./stream/spread-count.ts";

/** A flow as a match remembers it: plain data. What the flow lacks is undefined. */
export interface FlowSample {
  readonly uid: string;
  readonly time: number;
  readonly action: string | undefined;
  readonly protocol: string | undefined;
  readonly sourceAddress: string | undefined;
  readonly sourcePort: number | undefined;
  readonly sourceService: string | undefined;
  readonly sourceServer: string | undefined;
  readonly destinationAddress: string | undefined;
  readonly destinationPort: number | undefined;
  readonly destinationService: string | undefined;
  readonly destinationServer: string | undefined;
  readonly direction: string | undefined;
  /** A decimal text above 2^53 - 1. */
  readonly bytes: number | string | undefined;
  readonly packets: number | string | undefined;
  readonly vcn: string | undefined;
  readonly subnet: string | undefined;
  readonly subnetName: string | undefined;
  readonly vnic: string | undefined;
  readonly objectKey: string;
  readonly record: number;
}

/** A rule has found something. */
export interface Match {
  readonly rule: Rule;
  /**
   * Identity of the telling: rule name, the values of the dedup fields, and the day (or the throttle time, where that is longer) that the match
   * falls into, with a number if it is not the first of that. Two matches that may both be told never share a key, and the same flows read
   * again give the same key.
   */
  readonly key: string;
  /** Values that the flows of the incident share: the group of a correlation or detector, and the dedup fields. */
  readonly group: Readonly<Record<string, GroupValue>>;
  /** Event time at which the rule's condition came to hold. */
  readonly time: number;
  /** The flows behind the match: those of the group without a gap longer than the rule's timespan. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly count: number;
  /** Bytes of these flows, both ways where the log says both. */
  readonly bytes: Counter;
  /** How often the same incident was told before, as far as remembered. */
  readonly recurrence: number;
  /** What the rule counts of an incident: the different values of that field, since it is remembered. */
  readonly spread: (Spreading & { readonly field: string }) | undefined;
  /** One line: what was measured, against which threshold. */
  readonly reason: string;
  /** Of a digest: what it lists, a line each. */
  readonly entries: readonly string[] | undefined;
  /** The latest flows, oldest first; the last one is the flow that completed the match. */
  readonly flows: readonly FlowSample[];
  /** The flow that completed the match. */
  readonly flow: Flow;
}

/** What a sample is made of. */
export type Seen = Pick<
  Flow,
  | "origin"
  | "record"
  | "context"
  | "time"
  | "action"
  | "protocolName"
  | "protocol"
  | "sourceAddress"
  | "sourcePort"
  | "sourceService"
  | "sourceServer"
  | "destinationAddress"
  | "destinationPort"
  | "destinationService"
  | "destinationServer"
  | "direction"
  | "bytes"
  | "packets"
  | "subnetName"
>;

export function sampleOf(flow: Seen): FlowSample {
  const { context, origin } = flow;
  return {
    uid: uidOf(flow),
    time: flow.time,
    action: flow.action,
    protocol: flow.protocolName ?? flow.protocol?.toString(),
    sourceAddress: flow.sourceAddress,
    sourcePort: flow.sourcePort,
    sourceService: flow.sourceService,
    sourceServer: flow.sourceServer,
    destinationAddress: flow.destinationAddress,
    destinationPort: flow.destinationPort,
    destinationService: flow.destinationService,
    destinationServer: flow.destinationServer,
    direction: flow.direction,
    bytes: flow.bytes === undefined ? undefined : plainCounter(flow.bytes),
    packets: flow.packets === undefined ? undefined : plainCounter(flow.packets),
    vcn: context.vcn,
    subnet: context.subnet,
    subnetName: flow.subnetName ?? context.subnetName,
    vnic: context.vnic,
    objectKey: origin.key,
    record: flow.record,
  };
}

/** Bytes both ways, exact. */
export function bytesOf(flow: Flow): Counter {
  return addCounters(flow.bytes ?? 0, flow.bytesReverse ?? 0);
}

/** A counter as plain data: a decimal text above 2^53 - 1. */
export function plainCounter(counter: Counter): number | string {
  return typeof counter === "bigint" ? counter.toString() : counter;
}

/** The counter of plain data. Throws TypeError on anything else. */
export function counterOf(data: unknown): Counter {
  if (typeof data === "number") return data;
  if (typeof data === "string" && /^\d{1,40}$/.test(data)) return BigInt(data);
  throw new TypeError("not a counter");
}
