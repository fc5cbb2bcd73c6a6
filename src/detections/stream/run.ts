import type { Counter, Flow } from "../../flow.ts";
import { addCounters, bytesOf, counterOf, plainCounter } from "../match.ts";
import { Group } from "./groups.ts";
import { type Json, listOf } from "./window.ts";

/** A group with the flows that a match reports: those without a gap longer than the rule's timespan. */
export class RunGroup extends Group {
  first = 0;
  last = Number.NEGATIVE_INFINITY;
  count = 0;
  bytes: Counter = 0;

  /** Adds a flow; a gap begins a new run. A flow further before the run than the gap is not part of it. */
  extend(flow: Flow, time: number, gapMs: number): void {
    if (this.count === 0 || time > this.last + gapMs) {
      this.first = time;
      this.last = time;
      this.count = 1;
      this.bytes = bytesOf(flow);
      return;
    }
    if (time < this.first - gapMs) return;
    if (time > this.last) this.last = time;
    if (time < this.first) this.first = time;
    this.count++;
    this.bytes = addCounters(this.bytes, bytesOf(flow));
  }

  /** Forgets the flows. */
  clear(): void {
    this.last = Number.NEGATIVE_INFINITY;
    this.count = 0;
    this.bytes = 0;
  }

  packRun(): Json {
    return [this.first, Number.isFinite(this.last) ? this.last : null, this.count, plainCounter(this.bytes)];
  }

  /** Throws TypeError when the data is no run. */
  unpackRun(data: unknown): void {
    const [first, last, count, bytes] = listOf(data);
    if (typeof first !== "number" || typeof count !== "number") throw new TypeError("not a run of flows");
    this.first = first;
    this.last = typeof last === "number" ? last : Number.NEGATIVE_INFINITY;
    this.count = count;
    this.bytes = counterOf(bytes);
  }
}
