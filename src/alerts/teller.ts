import type { Alert, AlertLink, Notifier } from "../contracts/alert.ts";
import type { AlertLedger, QueuedAlert } from "../contracts/alert-ledger.ts";
import type { LedgerWrite } from "../ledger/write.ts";
import { codeOf, describeError, drawerOf, Failure, UsageError } from "../lib/errors.ts";
import { pauseBefore, type RetryPolicy } from "../lib/retry.ts";
import { firstOf, firstWithin } from "../lib/waiting.ts";
import { Doubts } from "./doubts.ts";

export interface TellerEvents {
  onTold(alert: Alert, notifier: string): void;
  /** The receiver refused the alert for the first time, and is asked again before that is believed. */
  onDoubted(alert: Alert, notifier: string, failure: Failure): void;
  /** The alert is refused for good, and kept. */
  onRefused(alert: Alert, notifier: string, failure: Failure): void;
  /** An attempt failed, so many in a row, and all alerts wait. `isNews`: the first of its kind since an alert was taken. */
  onFailing(notifier: string, failure: Failure, failures: number, isNews: boolean): void;
  /** Alerts are taken again, after so many failed attempts. */
  onHealed(notifier: string, failures: number): void;
}

export interface TellerSurroundings {
  readonly ledger: AlertLedger;
  readonly linksOf: (alert: Alert) => readonly AlertLink[];
  readonly retry: RetryPolicy;
  readonly events: TellerEvents;
}

/**
 * Brings the alerts that wait for one notifier to their end, one at a time and oldest first: told, or refused. What speaks of the receiver,
 * of the way to it or of its credentials makes all of them wait, with growing pauses, until it is over.
 */
export class Teller {
  readonly name: string;
  readonly #notifier: Notifier;
  readonly #surroundings: TellerSurroundings;
  #doubts = new Doubts(false, 0);
  /** Attempts in a row that brought no alert to its end. */
  #failures = 0;
  /** Kinds of failure since an alert was taken. */
  readonly #known = new Set<string>();
  /** When the receiver last brought an alert to its end, ms since the epoch; 0 for never. */
  #progress = 0;
  /** When the next request may be made, by the receiver's pace. */
  #paced = 0;
  /** When alerts in doubt may be tried again; all others too, if `restsAll`. */
  #rested = 0;
  #restsAll = false;
  #told = 0;
  #refused = 0;
  #change = Promise.withResolvers<void>();

  constructor(name: string, notifier: Notifier, surroundings: TellerSurroundings) {
    this.name = name;
    this.#notifier = notifier;
    this.#surroundings = surroundings;
  }

  /** How many alerts were told and refused since the start. */
  get totals(): { readonly told: number; readonly refused: number } {
    return { told: this.#told, refused: this.#refused };
  }

  /** Something is new: in the ledger, or in how attempts go. */
  wake(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }

  /**
   * Works until `stop` aborts. A message that is on its way then has until `patience` aborts to be taken, and to be noted as taken; `write` is
   * patient for as long. What is not noted by then waits, and comes again at the next start. Rejects when the ledger fails for what does not
   * heal.
   */
  async run(stop: AbortSignal, patience: AbortSignal, write: LedgerWrite): Promise<void> {
    const { ledger } = this.#surroundings;
    try {
      this.#doubts = await write(() => {
        const book = ledger.books().find(({ notifier }) => notifier === this.name);
        return new Doubts(book?.lastTold !== undefined, ledger.refusedSinceTold(this.name));
      });
      while (!stop.aborted) {
        const change = this.#change.promise;
        const next = await write(() => this.#next());
        const pauseMs = next === undefined ? undefined : this.#pauseBefore(next);
        if (next === undefined) await firstOf([change], stop);
        else if (pauseMs === undefined) await this.#tell(next, patience, write);
        else await firstWithin(pauseMs, [change], stop);
      }
    } catch (error) {
      if (!patience.aborted) throw error;
    }
  }

  /** Resolves when nothing waits, or `stop` aborts, or attempts fail and no alert was brought to its end for `patienceMs`. */
  async drained(patienceMs: number, stop: AbortSignal, write: LedgerWrite): Promise<void> {
    const started = Date.now();
    while (!stop.aborted) {
      const change = this.#change.promise;
      if ((await write(() => this.#surroundings.ledger.waiting(this.name, 1))).length === 0) return;
      const left = Math.max(started, this.#progress) + patienceMs - Date.now();
      if (this.#failures === 0) await firstOf([change], stop);
      else if (left <= 0) return;
      else await firstWithin(left, [change], stop);
    }
  }

  /** What is to be told next: what is in doubt and can be decided, then what was not tried before, then what is in doubt. */
  #next(): QueuedAlert | undefined {
    const { ledger } = this.#surroundings;
    const decidable = this.#doubts.decidable();
    if (decidable !== undefined) return ledger.queued(decidable, this.name);
    const [fresh] = ledger.waiting(this.name, 1, this.#doubts.ids);
    const doubted = fresh === undefined ? this.#doubts.next() : undefined;
    return doubted === undefined ? fresh : ledger.queued(doubted, this.name);
  }

  /** How long the alert has to wait, in ms; undefined for not at all. */
  #pauseBefore({ id }: QueuedAlert): number | undefined {
    const rests = this.#restsAll || (this.#doubts.ids.includes(id) && this.#doubts.decidable() !== id);
    const pauseMs = Math.max(this.#paced, rests ? this.#rested : 0) - Date.now();
    return pauseMs > 0 ? pauseMs : undefined;
  }

  async #tell(queued: QueuedAlert, patience: AbortSignal, write: LedgerWrite): Promise<void> {
    const { linksOf } = this.#surroundings;
    try {
      await this.#notifier.notify(queued.alert, linksOf(queued.alert), patience);
    } catch (error) {
      patience.throwIfAborted();
      await this.#failed(queued, failureOf(error), write);
      return;
    } finally {
      this.#paced = Date.now() + this.#notifier.paceMs;
    }
    await this.#taken(queued, write);
  }

  /** The receiver has the alert: until the ledger knows it, nothing else is told. */
  async #taken({ id, alert }: QueuedAlert, write: LedgerWrite): Promise<void> {
    const { ledger, events } = this.#surroundings;
    await write(() => ledger.settle(id, this.name));
    this.#doubts.taken(id);
    this.#told += 1;
    this.#healed();
    events.onTold(alert, this.name);
  }

  async #failed(queued: QueuedAlert, failure: Failure, write: LedgerWrite): Promise<void> {
    const { events, retry } = this.#surroundings;
    const refused = failure.drawer === "batch" || failure.drawer === "object";
    if (refused) {
      const first = !this.#doubts.ids.includes(queued.id);
      if (failure.certain || this.#doubts.refused(queued.id)) {
        await this.#refuse(queued, failure, write);
        if (!failure.certain) this.#healed();
        return;
      }
      if (first && !this.#doubts.ofReceiver) events.onDoubted(queued.alert, this.name, failure);
    }
    this.#failures += 1;
    this.#rested = Date.now() + pauseBefore(this.#failures, failure, retry);
    this.#restsAll = !refused || this.#doubts.ofReceiver;
    if (this.#restsAll) this.#failing(refused ? doubtful(failure, this.#doubts.unknown) : failure);
    this.wake();
  }

  async #refuse({ id, alert }: QueuedAlert, failure: Failure, write: LedgerWrite): Promise<void> {
    const { ledger, events } = this.#surroundings;
    await write(() => ledger.refuse(id, this.name, failure.code, describeError(failure)));
    this.#doubts.over(id);
    this.#refused += 1;
    events.onRefused(alert, this.name, failure);
    this.wake();
  }

  #failing(failure: Failure): void {
    const kind = failure.drawer === "passing" ? failure.drawer : `${failure.drawer} ${failure.code}`;
    const isNews = !this.#known.has(kind);
    this.#known.add(kind);
    this.#surroundings.events.onFailing(this.name, failure, this.#failures, isNews);
  }

  /** The receiver does what it is there for. */
  #healed(): void {
    if (this.#known.size > 0) this.#surroundings.events.onHealed(this.name, this.#failures);
    this.#known.clear();
    this.#failures = 0;
    this.#restsAll = false;
    this.#progress = Date.now();
    this.wake();
  }
}

/** What a notifier has thrown, sorted. What is configured wrongly is found out late where it is read late. */
function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const drawer = thrown instanceof UsageError ? "person" : drawerOf(thrown);
  return new Failure(drawer, codeOf(thrown), describeError(thrown), { cause: thrown });
}

/** The failure of a receiver whose refusals are not believed. */
function doubtful(refusal: Failure, unknown: boolean): Failure {
  const why = unknown ? "it has not taken any alert so far" : "it refuses every alert";
  return new Failure("person", refusal.code, `${why}: ${describeError(refusal)}`);
}
