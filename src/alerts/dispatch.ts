import type { Alert, AlertLink, Notifier } from "../contracts/alert.ts";
import type { AlertBook, AlertLedger, RaisedAlert } from "../contracts/alert-ledger.ts";
import { type LedgerWrite, type LedgerWriteEvents, ledgerWrite } from "../ledger/write.ts";
import { drawerOf } from "../lib/errors.ts";
import { patienceOf } from "../lib/handover.ts";
import type { RetryPolicy } from "../lib/retry.ts";
import { pause } from "../lib/waiting.ts";
import { imbalanceOf } from "./books.ts";
import { Teller, type TellerEvents } from "./teller.ts";

export interface DispatchOptions {
  /** An alert about flows older than this tells nobody: a replay or a backfill is not news. */
  readonly latenessMs: number;
  readonly linksOf: (alert: Alert) => readonly AlertLink[];
  readonly retry: RetryPolicy;
  /** How long a message that is on its way may take to be taken when the run ends, in ms. */
  readonly shutdownMs: number;
  /** How often keys are forgotten and the books are checked, in ms. */
  readonly upkeepMs?: number;
}

export interface DispatchEvents extends TellerEvents {
  /** What became of an alert that nobody is told of. */
  onWithheld(alert: Alert, why: "late" | "repeated"): void;
  /** So many alerts were withheld as late since this was told last; told when no further ones come, and at the end. */
  onLate(count: number): void;
  readonly ledger: LedgerWriteEvents;
  /** The books of a notifier do not balance. */
  onImbalance(book: AlertBook): void;
}

/** What became of alerts in one run: messages that were told, refused or still wait, and alerts that nobody was to be told of. */
export interface AlertTotals {
  readonly told: number;
  /** Also those that an earlier run has left. */
  readonly waiting: number;
  readonly refused: number;
  /** Alerts about flows that are older than the lateness. */
  readonly withheld: number;
}

const DAY_MS = 86_400_000;
/** How long it is remembered who was told what, unless flows may be even older. */
const MEMORY_MS = 30 * DAY_MS;
const UPKEEP_MS = 600_000;
/** So many late alerts are written at once. */
const LOT = 100;

/**
 * Tells every notifier of every alert once. Alerts are queued in the ledger before anybody is told, so that an unreachable receiver
 * loses nothing and a restart repeats nothing that is known to have been taken.
 */
export class AlertDispatch {
  readonly #ledger: AlertLedger;
  readonly #options: DispatchOptions;
  readonly #events: DispatchEvents;
  readonly #tellers: readonly Teller[];
  /** Raised, and not in the ledger. */
  #raised: RaisedAlert[] = [];
  /** Alerts withheld as late, and how many of them were told of. */
  #withheld = 0;
  #reported = 0;

  constructor(ledger: AlertLedger, notifiers: ReadonlyMap<string, Notifier>, options: DispatchOptions, events: DispatchEvents) {
    this.#ledger = ledger;
    this.#options = options;
    this.#events = events;
    const { linksOf, retry } = options;
    const surroundings = { ledger, linksOf, retry, events };
    this.#tellers = [...notifiers].map(([name, notifier]) => new Teller(name, notifier, surroundings));
  }

  /**
   * Takes an alert. It is in the ledger when this returns, unless that cannot be written: then `flush` has to bring it there. Alerts that
   * are late are only to be counted, and may be many: they are written with others.
   */
  raise(alert: Alert): void {
    const late = Date.now() - alert.lastSeen > this.#options.latenessMs;
    this.#raised.push({ alert, late });
    if (!late || this.#raised.length >= LOT) this.#tryToFlush();
  }

  /**
   * Brings what was raised into the ledger, and throws what the ledger throws: then all of it is left to the next flush. To be done before
   * further flows are inspected, so that not much gathers in memory, and before a position is saved that covers the flows.
   */
  flush(): void {
    const raised = this.#raised;
    if (raised.length === 0) return;
    const names = this.#tellers.map(({ name }) => name);
    const outcomes = this.#ledger.raise(raised, names);
    this.#raised = [];
    raised.forEach(({ alert }, index) => {
      const outcome = outcomes[index];
      if (outcome === "late" && names.length > 0) this.#withheld += 1;
      if (outcome === "late" || outcome === "repeated") this.#events.onWithheld(alert, outcome);
    });
    for (const teller of this.#tellers) teller.wake();
  }

  /**
   * Tells people until the signal aborts; what is not told then stays queued. A message that is on its way may still be taken for
   * `shutdownMs`. Rejects when the ledger fails for what does not heal.
   */
  async run(stop: AbortSignal): Promise<void> {
    const [failed, patience] = [new AbortController(), new AbortController()];
    const signal = AbortSignal.any([stop, failed.signal]);
    let timer: NodeJS.Timeout | undefined;
    const onStop = () => {
      timer = setTimeout(() => patience.abort(), patienceOf(stop, this.#options.shutdownMs));
    };
    if (signal.aborted) onStop();
    else signal.addEventListener("abort", onStop, { once: true });
    const tellers = this.#tellers.map((teller) => teller.run(signal, patience.signal, this.#write(patience.signal)));
    const works = [this.#upkeep(signal, patience.signal), ...tellers];
    try {
      await Promise.all(works);
    } catch (error) {
      failed.abort(error);
      await Promise.allSettled(works);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Resolves when everybody is told of everything, or the signal aborts. A notifier that makes progress is waited for as long as it takes; one
   * that makes none, for `shutdownMs`: the rest waits in the ledger.
   */
  async drained(signal: AbortSignal): Promise<void> {
    try {
      await this.#write(signal)(() => this.flush());
      await Promise.all(this.#tellers.map((teller) => teller.drained(this.#options.shutdownMs, signal, this.#write(signal))));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** The account of the run, at its end. */
  close(): AlertTotals {
    this.#tryToFlush();
    this.#reportLate();
    const names = new Set(this.#tellers.map(({ name }) => name));
    const books = this.#check().filter(({ notifier }) => names.has(notifier));
    const unsaved = this.#raised.filter(({ late }) => !late).length;
    const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
    return {
      told: sum(this.#tellers.map(({ totals }) => totals.told)),
      waiting: sum(books.map(({ waiting }) => waiting)) + unsaved * names.size,
      refused: sum(this.#tellers.map(({ totals }) => totals.refused)),
      withheld: this.#withheld,
    };
  }

  /** What the ledger has no room for waits in memory, until somebody waits for it. */
  #tryToFlush(): void {
    try {
      this.flush();
    } catch (error) {
      if (drawerOf(error) !== "worker") throw error;
    }
  }

  /** Patient with the ledger until the signal aborts. For one work that takes its steps one by one: what succeeds is no news of others. */
  #write(signal: AbortSignal): LedgerWrite {
    return ledgerWrite(this.#options.retry, signal, this.#events.ledger);
  }

  /** Forgets who was told what long ago, checks the books, and says how many alerts were late when no further ones come. */
  async #upkeep(stop: AbortSignal, patience: AbortSignal): Promise<void> {
    const write = this.#write(patience);
    const { latenessMs, upkeepMs = UPKEEP_MS } = this.#options;
    const memoryMs = Math.max(MEMORY_MS, latenessMs + DAY_MS);
    try {
      for (let withheld = 0; !stop.aborted; await pause(upkeepMs, stop)) {
        await write(() => this.flush());
        if (withheld === this.#withheld) this.#reportLate();
        withheld = this.#withheld;
        await write(() => this.#ledger.forget(Date.now() - memoryMs));
        await write(() => this.#check());
      }
    } catch (error) {
      if (!patience.aborted) throw error;
    }
  }

  #check(): AlertBook[] {
    const books = this.#ledger.books();
    for (const book of books) if (imbalanceOf(book) !== 0) this.#events.onImbalance(book);
    return books;
  }

  #reportLate(): void {
    if (this.#withheld > this.#reported) this.#events.onLate(this.#withheld - this.#reported);
    this.#reported = this.#withheld;
  }
}
