import type { AlertBook } from "../contracts/alert-ledger.ts";

/** What of the alerts of a book is not accounted for; 0 in a book that balances. */
export function imbalanceOf({ raised, told, waiting, refused, late, repeated }: AlertBook): number {
  return raised - told - waiting - refused - late - repeated;
}

/** What is wrong with a book that does not balance. */
export function imbalanceText(book: AlertBook): string {
  const missing = imbalanceOf(book);
  const what = missing > 0 ? `${countOf(missing)} missing` : `${countOf(-missing)} too many`;
  return `the books of notifier ${book.notifier} do not balance: ${book.raised} raised, ${what}`;
}

/** The line about a notifier that a person reads. */
export function bookLine(book: AlertBook): string {
  const { notifier, told, waiting, refused, late, repeated, lastTold } = book;
  const waits = waiting === 0 ? "no alert waits" : `${countOf(waiting)} ${waiting === 1 ? "waits" : "wait"}`;
  const withheld = `${late} withheld as too old, ${repeated} as repeated`;
  const last = lastTold === undefined ? "never told" : `last told ${new Date(lastTold).toISOString()}`;
  const wrong = imbalanceOf(book) === 0 ? "" : `; ${imbalanceText(book)}`;
  return `alerts to ${notifier}: ${waits}; ${told} told, ${refused} refused, ${withheld}; ${last}${wrong}`;
}

/** A book for machines. */
export function bookJson({ lastTold, ...book }: AlertBook) {
  return { ...book, lastTold: lastTold === undefined ? null : new Date(lastTold).toISOString() };
}

/** `1 alert`, `2 alerts`. */
export function countOf(alerts: number): string {
  return `${alerts} ${alerts === 1 ? "alert" : "alerts"}`;
}
