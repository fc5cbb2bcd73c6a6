import type { Reduction, Sum } from "../contracts/reduction.ts";
import type { Flow } from "../flow/flow.ts";
import { Gathering, ofRecords } from "./gathering.ts";
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
  readonly #held: Outcome[] = [];
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
    if (reduction === undefined) return void this.#outcomes.push(await this.#deliver(flows));
    const own: Flow[] = [];
    for (const flow of flows) {
      const why = reduction.heldBack(flow);
      if (why !== undefined) this.#held.push({ ...NOTHING, [why]: 1 });
      else own.push(reduction.reduced(flow));
    }
    if (this.#gathering === undefined) return void this.#outcomes.push(await this.#deliver(own));
    for (const flow of own) {
      if (this.#gathering.add(flow)) continue;
      await this.#close();
      this.#gathering.add(flow);
    }
  }

  /** What became of the records; undefined where other sums came out than those that are meant, and nothing was sent. */
  async end(): Promise<Outcome | undefined> {
    await this.#close();
    if (this.#meant === undefined) return sumOf([...this.#outcomes, ...this.#held]);
    const records = this.#sums.reduce((total, sum) => total + sum.records, 0);
    if (records !== this.#meant.records) return undefined;
    return this.#send(this.#sums);
  }

  async #close(): Promise<void> {
    const sums = this.#gathering?.close() ?? [];
    const meant = this.#meant;
    if (meant === undefined) this.#outcomes.push(await this.#send(sums));
    else this.#sums.push(...sums.filter(({ flow }) => meant.firsts.has(flow.record)));
  }

  async #send(sums: readonly Sum[]): Promise<Outcome> {
    return sums.length === 0 ? NOTHING : ofRecords(sums, await this.#deliver(sums.map(({ flow }) => flow)));
  }
}
