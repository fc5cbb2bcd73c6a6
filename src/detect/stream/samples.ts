import { type FlowSample, type Seen, sampleOf } from "../match.ts";

/** The latest flows of a group that are worth showing. Those of a restored state are no flows any more. */
export class Samples {
  /** Where one goes out for each that comes in, they stand in a circle: to move all of them costs more than the rest. */
  readonly #flows: (Seen | FlowSample)[];
  #oldest = 0;

  constructor(flows: readonly FlowSample[] = []) {
    this.#flows = [...flows];
  }

  /** Keeps the flow as the latest of `most`; 0: not at all, and the others stay. */
  add(flow: Seen, most: number): void {
    if (most === 0) return;
    const flows = this.#flows;
    if (flows.length === most) {
      flows[this.#oldest] = flow;
      this.#oldest = this.#oldest + 1 === most ? 0 : this.#oldest + 1;
      return;
    }
    flows.push(...flows.splice(0, this.#oldest));
    this.#oldest = 0;
    if (flows.length > most) flows.splice(0, flows.length - most + 1);
    flows.push(flow);
  }

  /** Oldest first. */
  shown(): FlowSample[] {
    const flows = [...this.#flows.slice(this.#oldest), ...this.#flows.slice(0, this.#oldest)];
    return flows.map((flow) => ("origin" in flow ? sampleOf(flow) : flow));
  }
}
