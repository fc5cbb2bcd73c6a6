import type { Flow } from "../flow/flow.ts";
import { TalkerSums, type Talkers } from "./talkers.ts";

/** Who looks at flows while they pass. */
export interface Tap {
  readonly wants: (flow: Flow) => boolean;
  readonly show: (flow: Flow, now: number) => void;
}

/** For so long after somebody asked who talks, it is added up, in ms. */
const INTEREST_MS = 15_000;

/** Shows flows that pass to whoever looks; costs nothing while nobody does. */
export class Passing {
  readonly #taps = new Set<Tap>();
  readonly #sums = new TalkerSums();
  #interestUntil = Number.NEGATIVE_INFINITY;

  /** Whether anybody looks. */
  isWatched(now: number): boolean {
    return this.#taps.size > 0 || now < this.#interestUntil;
  }

  /** Enriched flows on their way to the sinks. */
  passed(flows: readonly Flow[], now: number): void {
    if (now < this.#interestUntil) this.#sums.add(flows, now);
    for (const { wants, show } of this.#taps) for (const flow of flows) if (wants(flow)) show(flow, now);
  }

  /** Who talked most in the last minute, as far as somebody looked. */
  talkers(now: number): Talkers {
    this.#interestUntil = now + INTEREST_MS;
    return this.#sums.top(now);
  }

  /** Returns what ends it. */
  tap(tap: Tap): () => void {
    this.#taps.add(tap);
    return () => this.#taps.delete(tap);
  }
}
