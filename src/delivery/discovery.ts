import type { Ledger } from "../contracts/ledger.ts";
import type { Source } from "../contracts/source.ts";
import type { LedgerWrite } from "../ledger/write.ts";
import { firstOf } from "../lib/waiting.ts";
import type { Account } from "./account.ts";
import type { Convoy } from "./convoy.ts";

/** Discovery goes on while fewer objects than this wait to be read: the ledger grows with the backlog of a sink, not with the bucket. */
const QUEUE_OBJECTS = 2_000;

/** Looks for what is new in the bucket, and writes it into the ledger for the convoy to read. */
export class Discovery {
  readonly #source: Source;
  readonly #ledger: Ledger;
  readonly #write: LedgerWrite;
  readonly #account: Account;
  readonly #convoy: Convoy;
  #admitted = false;

  constructor({ source, ledger }: { source: Source; ledger: Ledger }, write: LedgerWrite, account: Account, convoy: Convoy) {
    this.#source = source;
    this.#write = write;
    this.#ledger = ledger;
    this.#account = account;
    this.#convoy = convoy;
  }

  /** Whether the store has ever shown what is in the bucket. */
  get admitted(): boolean {
    return this.#admitted;
  }

  /** One pass over the bucket; resolves to the number of new objects. Throws what the source throws. */
  async pass(signal: AbortSignal): Promise<number> {
    let found = 0;
    for await (const page of this.#source.discover(this.#ledger.seen, signal)) {
      this.#admitted = true;
      const added = await this.#write(() => this.#ledger.discover(page));
      found += added;
      this.#account.discovered(page.objects, added);
      this.#convoy.wake();
      const full = () => this.#ledger.lastId() - this.#convoy.started >= QUEUE_OBJECTS;
      while (full() && !signal.aborted) await firstOf([this.#convoy.changed()], signal);
    }
    this.#admitted = true;
    this.#account.passed();
    return found;
  }
}
