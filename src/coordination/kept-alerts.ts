import type { Alert } from "../contracts/alert.ts";
import type { AlertBook, AlertLedger, AlertOutcome, QueuedAlert, RaisedAlert, RefusedAlert } from "../contracts/alert-ledger.ts";

/** What has become of an alert at one notifier: it waits, was told, or was refused. */
type Fate = "waiting" | "told" | { readonly code: string; readonly reason: string };

/** What other workers have to know of an alert. */
export interface KeptAlert {
  readonly key: string;
  /** When it was raised, in ms since the epoch. */
  readonly at: number;
  /** As long as somebody may have to be told of it. */
  readonly alert?: Alert | undefined;
  readonly notifiers: Readonly<Record<string, Fate>>;
}

/** In the place of an alert that everybody was told of. */
const TOLD = { title: "", level: "low", summary: "", facts: [], labels: {}, firstSeen: 0, lastSeen: 0, subject: {} } as const;
const ALL = Number.MAX_SAFE_INTEGER;

/**
 * The alerts of a ledger that lives as long as this worker looks after the rules: what becomes of them is told, so that whoever is next knows it.
 * It begins with what was told before.
 */
export class KeptAlerts implements AlertLedger {
  readonly #inner: AlertLedger;
  readonly #tell: (kept: KeptAlert) => void;
  readonly #kept = new Map<string, KeptAlert>();

  /** The ledger is empty. */
  constructor(inner: AlertLedger, before: Iterable<KeptAlert>, tell: (kept: KeptAlert) => void) {
    this.#inner = inner;
    this.#tell = tell;
    for (const kept of before) this.#take(kept);
    this.#settleTaken();
  }

  /** All that is known. */
  get all(): Iterable<KeptAlert> {
    return this.#kept.values();
  }

  #take(kept: KeptAlert): void {
    const { key, alert = { key, rule: "", ...TOLD }, notifiers } = kept;
    this.#kept.set(key, kept);
    this.#inner.raise([{ alert, late: false }], Object.keys(notifiers));
  }

  #settleTaken(): void {
    for (const notifier of new Set([...this.#kept.values()].flatMap(({ notifiers }) => Object.keys(notifiers)))) {
      for (const { id, alert } of this.#inner.waiting(notifier, ALL)) {
        const fate = this.#kept.get(alert.key)?.notifiers[notifier];
        if (fate === "told") this.#inner.settle(id, notifier);
        else if (typeof fate === "object") this.#inner.refuse(id, notifier, fate.code, fate.reason);
      }
    }
  }

  raise(raised: readonly RaisedAlert[], notifiers: readonly string[]): AlertOutcome[] {
    const outcomes = this.#inner.raise(raised, notifiers);
    raised.forEach(({ alert }, index) => {
      if (outcomes[index] !== "queued") return;
      const fates = Object.fromEntries(notifiers.map((name) => [name, "waiting" as const]));
      this.#note({ key: alert.key, at: Date.now(), alert, notifiers: fates });
    });
    return outcomes;
  }

  settle(id: number, notifier: string): void {
    const queued = this.#inner.queued(id, notifier);
    this.#inner.settle(id, notifier);
    this.#become(queued, notifier, "told");
  }

  refuse(id: number, notifier: string, code: string, reason: string): void {
    const queued = this.#inner.queued(id, notifier);
    this.#inner.refuse(id, notifier, code, reason);
    this.#become(queued, notifier, { code, reason });
  }

  requeue(notifier: string): number {
    const refused = this.#inner.refused(notifier, ALL);
    const count = this.#inner.requeue(notifier);
    for (const one of refused) this.#become(one, notifier, "waiting");
    return count;
  }

  forget(before: number): void {
    this.#inner.forget(before);
    for (const [key, { at, alert }] of this.#kept) if (at < before && alert === undefined) this.#kept.delete(key);
  }

  #become(queued: QueuedAlert | undefined, notifier: string, fate: Fate): void {
    const known = queued && this.#kept.get(queued.alert.key);
    if (known === undefined) return;
    const notifiers = { ...known.notifiers, [notifier]: fate };
    const isOver = Object.values(notifiers).every((one) => one === "told");
    this.#note({ ...known, alert: isOver ? undefined : queued?.alert, notifiers });
  }

  #note(kept: KeptAlert): void {
    this.#kept.set(kept.key, kept);
    this.#tell(kept);
  }

  waiting(notifier: string, limit: number, except?: readonly number[]): QueuedAlert[] {
    return this.#inner.waiting(notifier, limit, except);
  }

  queued(id: number, notifier: string): QueuedAlert | undefined {
    return this.#inner.queued(id, notifier);
  }

  refused(notifier: string, limit: number): RefusedAlert[] {
    return this.#inner.refused(notifier, limit);
  }

  refusedSinceTold(notifier: string): number {
    return this.#inner.refusedSinceTold(notifier);
  }

  books(): AlertBook[] {
    return this.#inner.books();
  }
}
