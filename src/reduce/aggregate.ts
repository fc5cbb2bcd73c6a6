import { createHash } from "node:crypto";
import type { Sum, Sums } from "../contracts/reduction.ts";
import { copyOf } from "../flow/copy.ts";
import { addCounters } from "../flow/counters.ts";
import { FIELD_NAMES, type FieldName, formOf, isOfContext, isStored } from "../flow/fields.ts";
import type { Flow, FlowContext } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";
import type { Counter } from "../flow/types.ts";
import type { AggregateOptions } from "./options.ts";

/** Added up. */
const COUNTERS = ["bytes", "packets", "bytesReverse", "packetsReverse"] as const satisfies readonly FieldName[];
const COMBINED: ReadonlySet<FieldName> = new Set([
  ...COUNTERS,
  ...(["time", "start", "end", "tcpFlags", "initiated", "terminated", "aggregatedRecords"] as const),
]);
/** Stays where all records of a sum have the same value. */
const SHARED = FIELD_NAMES.filter((name) => isStored(name) && !isOfContext(name) && !COMBINED.has(name));

interface Open {
  readonly flow: Flow;
  records: number;
  last: number;
  /** Those of `SHARED` in which its records agree so far. */
  agreed: readonly FieldName[];
}

/**
 * Sums of objects. `settings` is what else decides which records are summed together: sums of other settings have other uids. A sum has the
 * number of its first record, and an identity made from that of the object: after any replay the same records make the same sum.
 */
export function summing(options: AggregateOptions, settings: unknown): () => Sums {
  const marks = createHash("sha256")
    .update(JSON.stringify([options, settings]))
    .digest("hex");
  return () => new ObjectSums(options, marks);
}

class ObjectSums implements Sums {
  readonly #options: AggregateOptions;
  readonly #marks: string;
  readonly #open = new Map<string, Open>();
  readonly #contexts = new Map<FlowContext, number>();
  #origin: Origin | undefined;

  constructor(options: AggregateOptions, marks: string) {
    this.#options = options;
    this.#marks = marks;
  }

  get size(): number {
    return this.#open.size;
  }

  add(flow: Flow): boolean {
    const key = this.#keyOf(flow);
    const open = this.#open.get(key);
    if (open !== undefined) {
      addTo(open, flow);
      return true;
    }
    if (this.#open.size >= this.#options.most) return false;
    // Of an identity of its own: a record and a sum that begins with it are two things.
    const first = Object.assign(copyOf(flow), { origin: this.#originOf(flow.origin), aggregatedRecords: 1 });
    this.#open.set(key, { flow: first, records: 1, last: flow.record, agreed: SHARED });
    return true;
  }

  take(): Sum[] {
    const sums = [...this.#open.values()].map(({ flow, records, last }) => ({ flow, records, last }));
    this.#open.clear();
    this.#contexts.clear();
    return sums;
  }

  #originOf(origin: Origin): Origin {
    this.#origin ??= {
      ...origin,
      digest: createHash("sha256").update(`${origin.digest}\0${this.#marks}`).digest("hex").slice(0, 24),
    };
    return this.#origin;
  }

  #keyOf(flow: Flow): string {
    const { windowMs, by } = this.#options;
    const isConversation = by === "conversation";
    const sourcePort = isConversation && flow.initiator === "source" ? "" : flow.sourcePort;
    const destinationPort = isConversation && flow.initiator === "destination" ? "" : flow.destinationPort;
    let context = this.#contexts.get(flow.context);
    if (context === undefined) {
      context = this.#contexts.size;
      this.#contexts.set(flow.context, context);
    }
    const ends = `${flow.sourceAddress} ${sourcePort} ${flow.destinationAddress} ${destinationPort} ${flow.protocol}`;
    const judged = `${flow.action} ${flow.status} ${flow.direction} ${flow.initiator} ${flow.detections.join(",")}`;
    return `${Math.floor(flow.time / windowMs)} ${context} ${ends} ${judged}`;
  }
}

function addTo(open: Open, flow: Flow): void {
  const sum = open.flow;
  open.records += 1;
  open.last = flow.record;
  sum.aggregatedRecords = open.records;
  sum.time = Math.min(sum.time, flow.time);
  sum.start = least(sum.start, flow.start);
  sum.end = most(sum.end, flow.end);
  for (const name of COUNTERS) sum[name] = total(sum[name], flow[name]);
  if (flow.tcpFlags !== undefined) sum.tcpFlags = (sum.tcpFlags ?? 0) | flow.tcpFlags;
  if (flow.initiated !== undefined) sum.initiated = sum.initiated || flow.initiated;
  if (flow.terminated !== undefined) sum.terminated = sum.terminated || flow.terminated;
  const [one, other] = [sum, flow] as unknown as Record<FieldName, unknown>[];
  const differing = open.agreed.filter((name) => one?.[name] !== other?.[name] && !isSameText(name, one?.[name], other?.[name]));
  if (differing.length === 0) return;
  for (const name of differing) forget(sum, name);
  open.agreed = open.agreed.filter((name) => !differing.includes(name));
}

/** Lists are compared by what is in them, and are the same throughout a sum where they are part of what it is of. */
function isSameText(name: FieldName, one: unknown, other: unknown): boolean {
  return formOf(name) === "strings" && String(one) === String(other);
}

function forget(sum: Flow, name: FieldName): void {
  (sum as unknown as Record<string, unknown>)[name] = undefined;
}

function total(sum: Counter | undefined, value: Counter | undefined): Counter | undefined {
  return sum === undefined || value === undefined ? (sum ?? value) : addCounters(sum, value);
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

function most(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}
