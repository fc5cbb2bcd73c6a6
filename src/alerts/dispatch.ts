import type { Alert, AlertLedger, AlertLink, Notifier } from "../contracts.ts";
import { describeError, PermanentError } from "../errors.ts";
import { type RetryPolicy, retry } from "../retry.ts";
import { firstOf, pause } from "../waiting.ts";

export interface DispatchOptions {
  /** An alert about flows older than this tells nobody: a replay or a backfill is not news. */
  readonly latenessMs: number;
  readonly linksOf: (alert: Alert) => readonly AlertLink[];
  readonly retry: RetryPolicy;
}

export interface DispatchEvents {
  /** What became of an alert that nobody is told of. */
  onHeldBack(alert: Alert, why: "late" | "repeated"): void;
  onTold(alert: Alert, notifier: string): void;
  onFailing(notifier: string, error: unknown, failures: number): void;
  onRefused(alert: Alert, notifier: string, error: PermanentError): void;
}

/** How long it is remembered who was told what. */
const MEMORY_MS = 30 * 86_400_000;
const QUEUE_PAGE = 50;

/**
 * Tells every notifier of every alert once. Alerts are queued in the ledger before anybody is told, so that an unreachable receiver
 * loses nothing and a restart repeats nothing that was taken.
 */
export class AlertDispatch {
  readonly #ledger: AlertLedger;
  readonly #notifiers: ReadonlyMap<string, Notifier>;
  readonly #options: DispatchOptions;
  readonly #events: DispatchEvents;
  #change = Promise.withResolvers<void>();
  #told = 0;

  constructor(ledger: AlertLedger, notifiers: ReadonlyMap<string, Notifier>, options: DispatchOptions, events: DispatchEvents) {
    this.#ledger = ledger;
    this.#notifiers = notifiers;
    this.#options = options;
    this.#events = events;
    ledger.forgetAlerts(Date.now() - MEMORY_MS);
  }

  /** Alerts that were queued in this run. */
  get count(): number {
    return this.#told;
  }

  /** Takes an alert: queued durably when this returns, or held back and said so. */
  raise(alert: Alert): void {
    if (Date.now() - alert.lastSeen > this.#options.latenessMs) {
      this.#events.onHeldBack(alert, "late");
      return;
    }
    if (!this.#ledger.queueAlert(alert, [...this.#notifiers.keys()])) {
      this.#events.onHeldBack(alert, "repeated");
      return;
    }
    this.#told += 1;
    this.#changed();
  }

  /** Delivers until the signal aborts; what is not delivered then stays queued. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#notifiers].map(([name, notifier]) => this.#serve(name, notifier, signal)));
  }

  /** Resolves when nothing is queued, or the signal aborts. */
  async drained(signal: AbortSignal): Promise<void> {
    const waiting = () => [...this.#notifiers.keys()].some((name) => this.#ledger.queuedAlerts(name, 1).length > 0);
    while (waiting() && !signal.aborted) await firstOf([this.#change.promise], signal);
  }

  #changed(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }

  async #serve(name: string, notifier: Notifier, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const news = this.#change.promise;
      const queue = this.#ledger.queuedAlerts(name, QUEUE_PAGE);
      if (queue.length === 0) await firstOf([news], signal);
      for (const { id, alert } of queue) {
        if (signal.aborted) return;
        await this.#tell(name, notifier, alert, signal);
        if (signal.aborted) return;
        this.#ledger.settleAlert(id, name);
        this.#changed();
        await pause(notifier.paceMs, signal);
      }
    }
  }

  async #tell(name: string, notifier: Notifier, alert: Alert, signal: AbortSignal): Promise<void> {
    const attempt = () => notifier.notify(alert, this.#options.linksOf(alert), signal);
    try {
      await retry(attempt, this.#options.retry, signal, ({ error, failures }) => this.#events.onFailing(name, error, failures));
      this.#events.onTold(alert, name);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof PermanentError)) {
        throw new PermanentError("alert-broken", `notifier ${name}: ${describeError(error)}`, { cause: error });
      }
      this.#events.onRefused(alert, name, error);
    }
  }
}
