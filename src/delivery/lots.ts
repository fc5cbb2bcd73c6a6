import type { Entry } from "../contracts/entry.ts";
import type { Segment } from "../contracts/sink.ts";
import type { Encoding } from "./encoding.ts";
import type { Holder } from "./entries.ts";
import type { Gathered } from "./gathering.ts";
import type { Held } from "./held.ts";
import { type Outcome, sumOf } from "./outcome.ts";

/** Neighbouring records of one object that wait for a batch. `Progress` stands for the object. */
export interface Run<Progress> {
  readonly progress: Progress;
  /** At least one. */
  readonly flows: Entry[];
  /** Records behind the first of them that are held back. */
  readonly held: Held;
  /** Of sums: what settles them. */
  readonly gathered?: Gathered;
}

/** What a batch has of one object. */
export interface Departing<Progress> {
  readonly progress: Progress;
  readonly segment: Segment;
  /** Records that are held back, up to the next one that goes to the sink. */
  readonly held: Outcome;
  readonly gathered: Gathered | undefined;
}

/** What waits and may be in one batch. */
interface Lot<Progress> {
  readonly runs: Run<Progress>[];
  /** Records in the runs. */
  buffered: number;
}

/** Records that wait for their batches, in lots by where the payload is made. All that waits of one object is in one lot. */
export class Lots<Progress> {
  readonly #encoding: Encoding;
  /** None is empty. */
  readonly #lots = new Map<Holder | undefined, Lot<Progress>>();
  #buffered = 0;

  constructor(encoding: Encoding) {
    this.#encoding = encoding;
  }

  /** How many records wait. */
  get buffered(): number {
    return this.#buffered;
  }

  /** How many lots there are. */
  get size(): number {
    return this.#lots.size;
  }

  add(run: Run<Progress>): void {
    const place = this.#encoding.placeOf(run.flows[0] as Entry);
    const lot = this.#lots.get(place) ?? { runs: [], buffered: 0 };
    this.#lots.set(place, lot);
    lot.runs.push(run);
    this.#count(lot, run.flows.length);
    this.#encoding.hold(run.flows);
  }

  /** What waits of the object, in the order of its records. */
  of(progress: Progress): Run<Progress>[] {
    return [...this.#lots.values()].flatMap(({ runs }) => runs.filter((run) => run.progress === progress));
  }

  remove(progress: Progress): void {
    for (const [place, lot] of this.#lots) {
      for (const run of lot.runs.filter((run) => run.progress === progress)) {
        lot.runs.splice(lot.runs.indexOf(run), 1);
        this.#count(lot, -run.flows.length);
        this.#encoding.release(run.flows);
      }
      if (lot.runs.length === 0) this.#lots.delete(place);
    }
  }

  /**
   * At most so many records of one lot, if there is one in which `least` wait, or more; the lots take turns. The flows are to be released
   * when the batch has come to its end.
   */
  take(least: number, records: number): { flows: Entry[]; departing: Departing<Progress>[] } | undefined {
    const found = [...this.#lots].find(([, { buffered }]) => buffered >= least);
    if (found === undefined) return undefined;
    const [place, lot] = found;
    const flows: Entry[] = [];
    const departing: Departing<Progress>[] = [];
    while (flows.length < records && lot.runs.length > 0) {
      const run = lot.runs[0] as Run<Progress>;
      const part = run.flows.length <= records - flows.length ? run.flows : run.flows.splice(0, records - flows.length);
      if (part === run.flows) lot.runs.shift();
      const next = part === run.flows ? Number.POSITIVE_INFINITY : (run.flows[0] as Entry).record;
      const held = run.held.before(next);
      for (const flow of part) flows.push(flow);
      const first = part[0] as Entry;
      const last = part[part.length - 1] as Entry;
      const previous = departing.at(-1);
      if (previous?.progress === run.progress && run.gathered === undefined) {
        const { segment } = previous;
        departing[departing.length - 1] = {
          ...previous,
          segment: { ...segment, to: last.record, count: segment.count + part.length },
          held: sumOf([previous.held, held]),
        };
      } else {
        const segment = { origin: first.origin, from: first.record, to: last.record, count: part.length };
        departing.push({ progress: run.progress, segment, held, gathered: run.gathered });
      }
    }
    this.#count(lot, -flows.length);
    this.#lots.delete(place);
    if (lot.runs.length > 0) this.#lots.set(place, lot);
    return { flows, departing };
  }

  #count(lot: Lot<Progress>, records: number): void {
    lot.buffered += records;
    this.#buffered += records;
  }
}
