import type { Reduction, Sum } from "../contracts/reduction.ts";
import type { Flow } from "../flow/flow.ts";
import { flowOf } from "./entries.ts";
import { Gathering, ofRecords } from "./gathering.ts";
import { reduced } from "./held.ts";
import type { Listed } from "./listed.ts";
import { NOTHING, type Outcome, sumOf } from "./outcome.ts";

/** Which sums of an object are meant, by their first records, and how many records they sum together. */
export interface MeantSums {
  readonly firsts: Listed;
  readonly records: number;
}

/** What one sink gets of the records that a dead letter points at, and what becomes of them. */
export class Share {
  readonly #reduction: Reduction | undefined;
  readonly #deliver: (flows: readonly Flow[]) => Promise<Outcome>;
  readonly #gathering: Gathering | undefined;
  readonly #meant: MeantSums | undefined;
  readonly #sums: Sum[] = [];
  readonly #outcomes: Outcome[] = [];

  constructor(reduction: Reduction | undefined, deliver: (flows: readonly Flow[]) => Promise<Outcome>, meant?: MeantSums) {
    this.#reduction = reduction;
    this.#deliver = deliver;
    this.#meant = meant;
    const sums = reduction?.sums?.();
    this.#gathering = sums && new Gathering(sums);
  }

  async take(flows: readonly Flow[]): Promise<void> {
    const reduction = this.#reduction;
    if (reduction === undefined) this.#outcomes.push(await this.#deliver(flows));
    else if (this.#gathering === undefined) {
      const { flows: own, before, behind } = reduced(flows, reduction);
      this.#outcomes.push(before.before(), behind.before(), await this.#deliver(own.map(flowOf)));
    } else {
      const gathering = this.#gathering;
      const full: Sum[] = [];
      gathering.take(flows, reduction, () => full.push(...this.#close(gathering)));
      this.#outcomes.push(await this.#send(full));
    }
  }

  /** What became of the records; undefined where other sums came out than those that are meant, and nothing was sent. */
  async end(): Promise<Outcome | undefined> {
    const rest = this.#gathering === undefined ? [] : this.#close(this.#gathering);
    const meant = this.#meant;
    if (meant === undefined) return sumOf([...this.#outcomes, await this.#send(rest)]);
    const records = this.#sums.reduce((total, sum) => total + sum.records, 0);
    return records === meant.records ? this.#send(this.#sums) : undefined;
  }

  /** Sums that are to be sent; those that are meant wait for the others. */
  #close(gathering: Gathering): Sum[] {
    const { sums, held } = gathering.close();
    const meant = this.#meant;
    if (meant === undefined) {
      this.#outcomes.push(held);
      return sums;
    }
    this.#sums.push(...sums.filter(({ flow }) => meant.firsts.has(flow.record)));
    return [];
  }

  async #send(sums: readonly Sum[]): Promise<Outcome> {
    return sums.length === 0 ? NOTHING : ofRecords(sums, await this.#deliver(sums.map(({ flow }) => flow)));
  }
}
