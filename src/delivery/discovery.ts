import type { SourceLedger } from "../contracts/ledger.ts";
import type { Source, SourceListener, Standing } from "../contracts/source.ts";
import type { ObjectVersion } from "../contracts/store.ts";
import type { LedgerWrite } from "../ledger/write.ts";
import { firstOf, firstWithin } from "../lib/waiting.ts";
import type { Convoy } from "./convoy.ts";
import type { SourceAccount } from "./source-account.ts";

/** Discovery goes on while fewer objects than this wait to be read: the ledger grows with the backlog of a sink, not with the bucket. */
const QUEUE_OBJECTS = 2_000;

/** So many different hints at once are looked into one by one, more of them folder by folder. */
const MOST_HINTS = 16;
/** So many folders at once say that everything is to be looked at. */
const MOST_FOLDERS = 256;

/** Looks for what is new in the bucket, and writes it into the ledger for the convoy to read. */
export class Discovery implements SourceListener {
  readonly untilCaughtUp: boolean;
  readonly #source: Source;
  readonly #ledger: SourceLedger;
  readonly #write: LedgerWrite;
  readonly #account: SourceAccount;
  readonly #convoy: Convoy;
  readonly #hints = new Set<string>();
  #hinted = Promise.withResolvers<void>();
  #admitted = false;

  constructor(
    { source, ledger }: { source: Source; ledger: SourceLedger },
    write: LedgerWrite,
    account: SourceAccount,
    convoy: Convoy,
    untilCaughtUp = false,
  ) {
    this.untilCaughtUp = untilCaughtUp;
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

  /** There may be something new below this key prefix. */
  hint(prefix: string): void {
    if (!this.#hints.has("")) this.#hints.add(prefix);
    if (this.#hints.size > MOST_FOLDERS) this.#only([""]);
    else if (this.#hints.size > MOST_HINTS) this.#only([...this.#hints].map(folderOf));
    this.#hinted.resolve();
  }

  /** These hints stand for all that wait. */
  #only(hints: readonly string[]): void {
    this.#hints.clear();
    for (const hint of hints.includes("") ? [""] : hints) this.#hints.add(hint);
  }

  /** Objects that this worker is not to read any more; resolves when nothing is committed for them from now on. */
  async revoke(objects: readonly ObjectVersion[]): Promise<void> {
    await this.#write(() => this.#convoy.revoke(this.#ledger.withdraw(objects)));
  }

  /** How the consumers stand with an object of the source. */
  standing(object: ObjectVersion): Standing | undefined {
    return this.#ledger.standing(object);
  }

  /** Resolves after so long, when the next pass is due; passes where hints point meanwhile, and resolves early when one of those fails. */
  async rest(ms: number, signal: AbortSignal): Promise<void> {
    const end = performance.now() + ms;
    while (!signal.aborted) {
      const left = end - performance.now();
      if (left <= 0) return;
      if (this.#hints.size === 0) {
        this.#hinted = Promise.withResolvers();
        await firstWithin(left, [this.#hinted.promise], signal);
        continue;
      }
      const hints = [...this.#hints];
      this.#hints.clear();
      try {
        for (const hint of hints) await this.pass(signal, hint);
      } catch {
        // A pass over everything follows, which is repeated, and told of.
        return;
      }
    }
  }

  /**
   * One pass over the bucket, or over the keys that begin with `within`; resolves to the number of new objects. Throws what the source throws.
   */
  async pass(signal: AbortSignal, within?: string): Promise<number> {
    let found = 0;
    for await (const page of this.#source.discover(this.#ledger.seen, signal, within)) {
      this.#admitted = true;
      const added = await this.#write(() => this.#ledger.discover(page));
      found += added;
      this.#account.discovered(page.objects, added);
      this.#convoy.wake();
      const full = () => this.#ledger.holds(QUEUE_OBJECTS, this.#convoy.started);
      while (full() && !signal.aborted) await firstOf([this.#convoy.changed()], signal);
    }
    this.#admitted = true;
    this.#account.passed();
    return found;
  }
}

/** The part of a key up to its last folder. */
const folderOf = (key: string) => key.slice(0, key.lastIndexOf("/") + 1);
