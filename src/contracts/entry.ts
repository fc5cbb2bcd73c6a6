import type { Origin } from "../flow/origin.ts";

/** A record on its way to its consumers: its flow, or what stands for that where another thread has the flow. */
export interface Entry {
  /** The object of the record. */
  readonly origin: Origin;
  /** Its number there. */
  readonly record: number;
  /** When the flow happened, ms since the epoch. */
  readonly time: number;
}
