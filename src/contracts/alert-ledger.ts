import type { Alert } from "./alert.ts";

/** An alert as the rules raised it. */
export interface RaisedAlert {
  /** What the rules found. */
  readonly alert: Alert;
  /** Its flows are so old that nobody is told, unless its key is known. */
  readonly late: boolean;
}

/** What became of a raised alert: queued for each notifier, or for none, since its key was queued before or since it is late. */
export type AlertOutcome = "queued" | "repeated" | "late";

/** An alert on its way to one notifier. */
export interface QueuedAlert {
  /** Of the alert in the ledger. */
  readonly id: number;
  /** What is to be told. */
  readonly alert: Alert;
}

/** An alert that a notifier's receiver refused: it is kept, and told to nobody until it is queued again. */
export interface RefusedAlert extends QueuedAlert {
  /** Stable code of the failure. */
  readonly code: string;
  /** One line: what the receiver said. */
  readonly reason: string;
  /** When it was refused, ms since the epoch. */
  readonly at: number;
}

/** The account of one notifier since the ledger began. What was raised is told, waits, was refused, or was withheld as late or repeated. */
export interface AlertBook {
  /** Type of the notifier. */
  readonly notifier: string;
  /** Alerts that the rules raised for it. */
  readonly raised: number;
  /** Alerts that its receiver has taken. */
  readonly told: number;
  /** Alerts that are yet to be told. */
  readonly waiting: number;
  /** Alerts that its receiver refused for good. */
  readonly refused: number;
  /** Alerts that were withheld since their flows were too old. */
  readonly late: number;
  /** Alerts that were withheld since their incident was told before. */
  readonly repeated: number;
  /** When the receiver last took an alert, ms since the epoch. */
  readonly lastTold: number | undefined;
}

/**
 * The part of a ledger that alerts need: who was told what, what is still to be told, and what was refused. Every call is one transaction, as
 * in the whole ledger.
 */
export interface AlertLedger {
  /** Takes alerts into the books of each notifier, and queues those that are to be told. Returns what became of each. */
  raise(raised: readonly RaisedAlert[], notifiers: readonly string[]): AlertOutcome[];
  /** What waits for the notifier, oldest first, except the alerts of these ids. */
  waiting(notifier: string, limit: number, except?: readonly number[]): QueuedAlert[];
  /** One alert that waits for the notifier. */
  queued(id: number, notifier: string): QueuedAlert | undefined;
  /** The notifier's receiver has taken the alert. */
  settle(id: number, notifier: string): void;
  /** The notifier's receiver has refused the alert for good. */
  refuse(id: number, notifier: string, code: string, reason: string): void;
  /** What the notifier's receiver refused, oldest first. */
  refused(notifier: string, limit: number): RefusedAlert[];
  /** How many it refused since it last took one, or ever, if it never did. */
  refusedSinceTold(notifier: string): number;
  /** Queues what the notifier's receiver refused once more. Returns how many alerts that are. */
  requeue(notifier: string): number;
  /** Every notifier that ever was to be told of an alert, by name. */
  books(): AlertBook[];
  /** Forgets keys that were queued before this, in ms since the epoch. */
  forget(before: number): void;
}
