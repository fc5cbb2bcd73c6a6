import type { Reduction, Sum, Sums } from "../contracts/reduction.ts";
import type { Flow } from "../flow/flow.ts";
import { Held } from "./held.ts";
import { type Outcome, sumOf } from "./outcome.ts";

/**
 * Records of one object that become sums. They are settled together, when every sum is: a position between them would make other sums of
 * the rest. Where one gathering ends and the next begins follows from the records alone, so that sums are the same whenever an object is read.
 */
export class Gathering {
  readonly #sums: Sums;
  readonly #held = new Held();
  #first: number | undefined;

  constructor(sums: Sums) {
    this.#sums = sums;
  }

  /** Number of the first record that is in it; undefined if there is none. */
  get first(): number | undefined {
    return this.#first;
  }

  /** Takes flows of the object. `close` is to close it, by `close` or `depart`, when there is no room for another sum. */
  take(flows: readonly Flow[], reduction: Reduction, close: () => void): void {
    for (const flow of flows) {
      const why = reduction.heldBack(flow);
      const own = why === undefined ? reduction.reduced(flow) : undefined;
      if (own !== undefined && !this.#sums.add(own)) {
        close();
        this.#sums.add(own);
      }
      this.#first ??= flow.record;
      if (why !== undefined) this.#held.add(flow.record, why);
    }
  }

  /** The sums of what was gathered, and what was held back among it; another gathering begins. */
  close(): { sums: Sum[]; held: Outcome } {
    this.#first = undefined;
    return { sums: this.#sums.take(), held: this.#held.before() };
  }

  /** As `close`, on their way; undefined for nothing. `depart` is told the first record. */
  depart(depart: (from: number) => (outcome: Outcome) => void): Gathered | undefined {
    if (this.#first === undefined) return undefined;
    const settle = depart(this.#first);
    const { sums, held } = this.close();
    return new Gathered(sums, held, settle);
  }
}

/** Sums on their way. */
export class Gathered {
  readonly #sums: readonly Sum[];
  readonly #settle: (outcome: Outcome) => void;
  readonly #outcomes: Outcome[];
  #departed = 0;
  #settled = 0;

  /** `held`: what was held back among their records. Where there is no sum it is settled at once. */
  constructor(sums: readonly Sum[], held: Outcome, settle: (outcome: Outcome) => void) {
    this.#sums = sums;
    this.#settle = settle;
    this.#outcomes = [held];
    this.#end();
  }

  /** What is sent, in order. */
  get flows(): Flow[] {
    return this.#sums.map(({ flow }) => flow);
  }

  /** The next so many sums leave; the returned function settles them, with what became of them as if each was one record. */
  depart(count: number): (outcome: Outcome) => void {
    const part = this.#sums.slice(this.#departed, this.#departed + count);
    this.#departed += count;
    return (outcome) => {
      this.#outcomes.push(ofRecords(part, outcome));
      this.#settled += count;
      this.#end();
    };
  }

  #end(): void {
    if (this.#settled === this.#sums.length) this.#settle(sumOf(this.#outcomes));
  }
}

/**
 * What became of the records of these sums, by what became of the sums. A letter for some of them points at all their records, and says
 * which sums it means; one for records of which the receiver does not say which it refused keeps its count.
 */
export function ofRecords(sums: readonly Sum[], outcome: Outcome): Outcome {
  const all = sums.reduce((total, { records }) => total + records, 0);
  let setAside = 0;
  const deadLetters = outcome.deadLetters.map((letter) => {
    const { from, to = from } = letter;
    const meant = sums.filter(({ flow: { record } }) => record >= from && record <= to);
    const last = meant.reduce((most, sum) => Math.max(most, sum.last), to);
    if (letter.code === "rejected") return { ...letter, to: last };
    const count = meant.reduce((total, { records }) => total + records, 0);
    setAside += count;
    return { ...letter, to: last, count, sums: { from, to } };
  });
  const { delivered, rejected } = outcome;
  return { ...outcome, setAside, deadLetters, aggregated: all - setAside - delivered - rejected };
}
