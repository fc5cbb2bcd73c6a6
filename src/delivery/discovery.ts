import type { Ledger, Source } from "../contracts.ts";
import { codeOf, describeError, PermanentError } from "../errors.ts";
import { firstOf } from "../waiting.ts";
import type { Account } from "./account.ts";
import type { Convoy } from "./convoy.ts";

/** Discovery goes on while fewer objects than this wait to be read: the ledger grows with the backlog of a sink, not with the bucket. */
const QUEUE_OBJECTS = 2_000;

/** Refusals that may heal, but that a person has to look at when they come before the bucket was ever listed. */
const NOT_ADMITTED = new Set(["not-authenticated", "not-authorized", "bucket-not-found", "namespace-not-found", "wrong-region"]);

/** Looks for what is new in the bucket, and writes it into the ledger for the convoy to read. */
export class Discovery {
  readonly #source: Source;
  readonly #ledger: Ledger;
  readonly #account: Account;
  readonly #convoy: Convoy;
  #admitted = false;

  constructor({ source, ledger }: { source: Source; ledger: Ledger }, account: Account, convoy: Convoy) {
    this.#source = source;
    this.#ledger = ledger;
    this.#account = account;
    this.#convoy = convoy;
  }

  /** One pass over the bucket; resolves to the number of new objects. Throws what the source throws; a refusal at the door is permanent. */
  async pass(signal: AbortSignal): Promise<number> {
    try {
      const found = await this.#takeIn(signal);
      this.#admitted = true;
      this.#account.passed();
      return found;
    } catch (error) {
      if (this.#admitted || !NOT_ADMITTED.has(codeOf(error))) throw error;
      throw new PermanentError(codeOf(error), describeError(error), { cause: error });
    }
  }

  async #takeIn(signal: AbortSignal): Promise<number> {
    let found = 0;
    for await (const page of this.#source.discover(this.#ledger.seen, signal)) {
      this.#admitted = true;
      const added = this.#ledger.discover(page);
      found += added;
      this.#account.discovered(page.objects, added);
      this.#convoy.wake();
      const full = () => this.#ledger.lastId() - this.#convoy.started >= QUEUE_OBJECTS;
      while (full() && !signal.aborted) await firstOf([this.#convoy.changed()], signal);
    }
    return found;
  }
}
