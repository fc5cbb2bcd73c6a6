import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { imbalanceOf } from "../../../src/alerts/books.ts";
import type { AlertLedger } from "../../../src/contracts/alert-ledger.ts";
import type { Ledger } from "../../../src/contracts/ledger.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { alertOf } from "../alerts/receiver.ts";
import { VERSION_1 } from "./version-1.ts";

let folder: string;
let ledger: Ledger;
let alerts: AlertLedger;

const path = () => join(folder, "ledger.db");
function open(): void {
  ledger = openLedger({
    path: path(),
    sources: [{ name: "bucket", store: "s" }],
    scrub: (text) => text.replaceAll("hunter2", "***"),
  });
  alerts = ledger.alerts;
}
function reopen(): void {
  ledger.close();
  open();
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "alert-ledger-"));
  open();
});
afterEach(() => {
  vi.useRealTimers();
  ledger.close();
  rmSync(folder, { recursive: true });
});

const raise = (key: string, notifiers = ["a"], late = false) => alerts.raise([{ alert: alertOf({ key }), late }], notifiers)[0];
const waiting = (notifier: string) => alerts.waiting(notifier, 100).map(({ alert }) => alert.key);
const bookOf = (notifier: string) => alerts.books().find((book) => book.notifier === notifier);

describe("raised alerts", () => {
  test("wait for each notifier, in their order, also after a restart", () => {
    const outcomes = alerts.raise(
      ["1", "2", "3"].map((key) => ({ alert: alertOf({ key }), late: false })),
      ["a", "b"],
    );
    expect(outcomes).toEqual(["queued", "queued", "queued"]);
    reopen();
    expect([waiting("a"), waiting("b"), waiting("c")]).toEqual([["1", "2", "3"], ["1", "2", "3"], []]);
    expect(alerts.waiting("a", 2).map(({ alert }) => alert.key)).toEqual(["1", "2"]);
    expect(alerts.waiting("a", 1)[0]?.alert).toEqual(alertOf({ key: "1" }));
  });

  test("are queued once by their keys, within one call and over many, also after they were told", () => {
    expect(
      alerts.raise(
        ["1", "1"].map((key) => ({ alert: alertOf({ key }), late: false })),
        ["a"],
      ),
    ).toEqual(["queued", "repeated"]);
    alerts.settle(alerts.waiting("a", 1)[0]?.id ?? 0, "a");
    reopen();
    expect([raise("1"), waiting("a")]).toEqual(["repeated", []]);
  });

  test("that are late are not queued, and not remembered: the same incident may still go on", () => {
    expect([raise("1", ["a"], true), waiting("a")]).toEqual(["late", []]);
    expect([raise("1"), waiting("a")]).toEqual(["queued", ["1"]]);
    expect(raise("1", ["a"], true)).toBe("repeated");
  });

  test("are remembered without notifiers: nobody is told later", () => {
    expect([raise("1", []), raise("1", ["a"])]).toEqual(["queued", "repeated"]);
  });

  test("are forgotten by when they were queued, to the millisecond", () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    raise("1");
    vi.setSystemTime(1_000_001);
    raise("2");
    alerts.forget(1_000_000);
    expect([raise("1"), raise("2")]).toEqual(["repeated", "repeated"]);
    alerts.forget(1_000_001);
    expect([raise("1"), raise("2")]).toEqual(["queued", "repeated"]);
  });

  test("that are written in part are not written at all", () => {
    const broken = alertOf({ key: "2", facts: [{ label: "n", value: 1n as unknown as string }] });
    expect(() =>
      alerts.raise(
        [
          { alert: alertOf({ key: "1" }), late: false },
          { alert: broken, late: false },
        ],
        ["a"],
      ),
    ).toThrow(/BigInt/);
    expect([waiting("a"), bookOf("a")]).toEqual([[], undefined]);
    expect(raise("1")).toBe("queued");
  });
});

test("one that waits is found by its id, and others without some", () => {
  for (const key of ["1", "2", "3"]) raise(key);
  const [first, second] = alerts.waiting("a", 2);
  expect(alerts.queued(second?.id ?? 0, "a")).toEqual(second);
  expect(alerts.queued(second?.id ?? 0, "b")).toBeUndefined();
  expect(alerts.waiting("a", 1, [first?.id ?? 0, second?.id ?? 0]).map(({ alert }) => alert.key)).toEqual(["3"]);
});

describe("what was refused", () => {
  const refuseFirst = (notifier: string) =>
    alerts.refuse(alerts.waiting(notifier, 1)[0]?.id ?? 0, notifier, "alert-http-400", "no blocks for hunter2");

  test("is kept for its notifier with code, reason and time, and does not wait", () => {
    raise("1", ["a", "b"]);
    const before = Date.now();
    refuseFirst("a");
    reopen();
    const [refused, ...more] = alerts.refused("a", 10);
    expect(refused).toMatchObject({ alert: alertOf({ key: "1" }), code: "alert-http-400", reason: "no blocks for ***" });
    expect(refused?.at).toBeGreaterThanOrEqual(before);
    expect([more, waiting("a"), waiting("b"), alerts.refused("b", 10)]).toEqual([[], [], ["1"], []]);
    expect(raise("1", ["a"])).toBe("repeated");
  });

  test("is queued again behind what waits, and only for its notifier", () => {
    for (const key of ["1", "2", "3"]) raise(key, ["a", "b"]);
    refuseFirst("a");
    refuseFirst("a");
    refuseFirst("b");
    expect(alerts.requeue("a")).toBe(2);
    expect([waiting("a"), alerts.refused("a", 10)]).toEqual([["3", "1", "2"], []]);
    expect([waiting("b"), alerts.refused("b", 10).length]).toEqual([["2", "3"], 1]);
    expect(alerts.requeue("a")).toBe(0);
  });

  test("is counted since the notifier was told last", () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    for (const key of ["1", "2", "3", "4"]) raise(key, ["a", "b"]);
    expect(alerts.refusedSinceTold("a")).toBe(0);
    refuseFirst("a");
    // It never took any: then all of them count.
    expect(alerts.refusedSinceTold("a")).toBe(1);
    vi.setSystemTime(Date.now() + 1_000);
    alerts.settle(alerts.waiting("a", 1)[0]?.id ?? 0, "a");
    expect(alerts.refusedSinceTold("a")).toBe(0);
    // In the same millisecond nothing says which was first: it takes alerts.
    refuseFirst("a");
    expect(alerts.refusedSinceTold("a")).toBe(0);
    vi.setSystemTime(Date.now() + 1);
    refuseFirst("a");
    expect(alerts.refusedSinceTold("a")).toBe(1);
    expect([alerts.refusedSinceTold("b"), alerts.refusedSinceTold("nobody")]).toEqual([0, 0]);
  });
});

describe("the books", () => {
  test("have each alert once: told, waiting, refused, late or repeated", () => {
    for (const key of ["1", "2", "3", "4"]) raise(key, ["a", "b"]);
    raise("1", ["a", "b"]);
    raise("5", ["a"], true);
    const before = Date.now();
    const ids = alerts.waiting("a", 10).map(({ id }) => id);
    alerts.settle(ids[0] ?? 0, "a");
    alerts.settle(ids[1] ?? 0, "a");
    alerts.refuse(ids[2] ?? 0, "a", "x", "y");
    reopen();
    expect(bookOf("a")).toMatchObject({ raised: 6, told: 2, waiting: 1, refused: 1, late: 1, repeated: 1 });
    expect(bookOf("a")?.lastTold).toBeGreaterThanOrEqual(before);
    expect(bookOf("b")).toEqual({
      notifier: "b",
      raised: 5,
      told: 0,
      waiting: 4,
      refused: 0,
      late: 0,
      repeated: 1,
      lastTold: undefined,
    });
    alerts.requeue("a");
    expect(bookOf("a")).toMatchObject({ told: 2, waiting: 2, refused: 0 });
    expect(alerts.books().map(imbalanceOf)).toEqual([0, 0]);
  });

  test("do not count what is settled or refused twice", () => {
    raise("1");
    const id = alerts.waiting("a", 1)[0]?.id ?? 0;
    alerts.settle(id, "a");
    alerts.settle(id, "a");
    alerts.refuse(id, "a", "x", "y");
    expect(bookOf("a")).toMatchObject({ raised: 1, told: 1, waiting: 0, refused: 0 });
  });

  test("show what is missing", () => {
    raise("1");
    const db = new DatabaseSync(path());
    db.exec("delete from alerts");
    db.close();
    expect(alerts.books().map(imbalanceOf)).toEqual([1]);
  });
});

test("a ledger of version 0.1.0 is taken up: what waits in it is raised, and told once", () => {
  ledger.close();
  rmSync(path());
  const db = new DatabaseSync(path());
  db.exec(`${VERSION_1} insert into meta values ('version', '1'), ('source', 's')`);
  db.prepare("insert into alert_keys values ('1', ?)").run(Date.now());
  for (const id of [3, 4])
    db.prepare("insert into alerts values (?, 'slack', ?)").run(id, JSON.stringify(alertOf({ key: `${id}` })));
  db.close();
  open();
  expect([waiting("slack"), raise("1", ["slack"])]).toEqual([["3", "4"], "repeated"]);
  alerts.settle(3, "slack");
  reopen();
  expect(alerts.books()).toMatchObject([{ notifier: "slack", raised: 3, told: 1, waiting: 1, refused: 0, late: 0, repeated: 1 }]);
});
