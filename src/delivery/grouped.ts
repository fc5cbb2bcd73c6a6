import { setImmediate as turn } from "node:timers/promises";
import type { Ledger } from "../contracts/ledger.ts";
import type { LedgerWrite } from "../ledger/write.ts";

/** Makes one transaction of what many objects have to write in the same turn. Each resolves, or rejects, when all of it does. */
export class Grouped {
  readonly #ledger: Pick<Ledger, "together">;
  #waiting: (() => void)[] = [];
  #due: Promise<void> | undefined;

  constructor(ledger: Pick<Ledger, "together">) {
    this.#ledger = ledger;
  }

  add(work: () => void, write: LedgerWrite): Promise<void> {
    this.#waiting.push(work);
    this.#due ??= this.#writeAll(write);
    return this.#due;
  }

  async #writeAll(write: LedgerWrite): Promise<void> {
    await turn();
    const works = this.#waiting;
    this.#waiting = [];
    this.#due = undefined;
    await write(() =>
      this.#ledger.together(() => {
        for (const work of works) work();
      }),
    );
  }
}
