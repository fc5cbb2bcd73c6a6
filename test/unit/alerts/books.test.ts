import { expect, test } from "vitest";
import { bookJson, bookLine, countOf, imbalanceOf } from "../../../src/alerts/books.ts";
import type { AlertBook } from "../../../src/contracts/alert-ledger.ts";

const BOOK: AlertBook = {
  notifier: "slack",
  raised: 21,
  told: 6,
  waiting: 5,
  refused: 4,
  late: 3,
  repeated: 3,
  lastTold: Date.UTC(2026, 0, 5, 2, 6),
};

test("a book balances when each alert that was raised is in it once", () => {
  expect(imbalanceOf(BOOK)).toBe(0);
  for (const name of ["told", "waiting", "refused", "late", "repeated"] as const) {
    expect(imbalanceOf({ ...BOOK, [name]: BOOK[name] - 1 })).toBe(1);
    expect(imbalanceOf({ ...BOOK, [name]: BOOK[name] + 2 })).toBe(-2);
  }
});

test("a line says what became of alerts, and what is missing of them", () => {
  expect(bookLine(BOOK)).toBe(
    "alerts to slack: 5 alerts wait; 6 told, 4 refused, 3 withheld as too old, 3 as repeated; last told 2026-01-05T02:06:00.000Z",
  );
  expect(bookLine({ ...BOOK, raised: 17, waiting: 1 })).toContain("alerts to slack: 1 alert waits; ");
  expect(bookLine({ ...BOOK, raised: 10, told: 0, waiting: 0, lastTold: undefined })).toBe(
    "alerts to slack: no alert waits; 0 told, 4 refused, 3 withheld as too old, 3 as repeated; never told",
  );
  expect(bookLine({ ...BOOK, told: 5 })).toMatch(/; the books of notifier slack do not balance: 21 raised, 1 alert missing$/);
  expect(bookLine({ ...BOOK, told: 8 })).toMatch(/; the books of notifier slack do not balance: 21 raised, 2 alerts too many$/);
});

test("JSON has times as text", () => {
  expect(bookJson(BOOK)).toEqual({ ...BOOK, lastTold: "2026-01-05T02:06:00.000Z" });
  expect(bookJson({ ...BOOK, lastTold: undefined }).lastTold).toBeNull();
});

test("numbers agree with their noun", () => {
  expect([0, 1, 2].map(countOf)).toEqual(["0 alerts", "1 alert", "2 alerts"]);
});
