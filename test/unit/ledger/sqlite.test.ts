import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DeadLetter, Ledger } from "../../../src/contracts/ledger.ts";
import type { FoundObject } from "../../../src/contracts/source.ts";
import { inspectLedger, openLedger } from "../../../src/ledger/sqlite.ts";
import { UsageError } from "../../../src/lib/errors.ts";

let folder: string;
let path: string;
const opened: Ledger[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-ledger-"));
  path = join(folder, "ledger.db");
});

afterEach(() => {
  for (const ledger of opened.splice(0)) ledger.close();
  rmSync(folder, { recursive: true });
});

function open(store = "memory://bucket"): Ledger {
  const ledger = openLedger({ path, sources: [{ name: "bucket", store }] });
  opened.push(ledger);
  return ledger;
}

function close(ledger: Ledger): void {
  opened.splice(opened.indexOf(ledger), 1);
  ledger.close();
}

const object = (key: string, order = key, etag = "1"): FoundObject => ({ key, etag, size: 10, time: 1_700_000_000_000, order });
const everything = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 100 };
const nothing = { delivered: 0, rejected: 0, setAside: 0, deadLetters: [] };
const finish = (ledger: Ledger, sink: string, id: number) => ledger.commit(sink, id, 0, nothing, true);
const letter = (from: number): DeadLetter => ({
  sink: undefined,
  source: "bucket",
  key: "a",
  etag: "1",
  from,
  to: from,
  count: 1,
  code: "bad-json",
  reason: "x",
});

describe("ledger", () => {
  test("an object waits for every sink that takes part, each at its own position, across a restart", () => {
    const ledger = open();
    expect(ledger.register(["one", "two"])).toEqual(["one", "two"]);
    expect(ledger.of("bucket").discover({ partition: "p", objects: [object("a"), object("b")], mark: "m1" })).toBe(2);
    const [a, b] = ledger.of("bucket").pending("one", everything);
    if (a === undefined || b === undefined) throw new Error("two objects wait");
    ledger.commit("one", a.id, 17, { ...nothing, delivered: 16, setAside: 1 }, false);
    finish(ledger, "two", a.id);
    close(ledger);

    const again = open();
    expect(again.register(["one", "two"])).toEqual([]);
    expect(
      again
        .of("bucket")
        .pending("one", everything)
        .map(({ key }) => key),
    ).toEqual(["a", "b"]);
    expect(
      again
        .of("bucket")
        .pending("two", everything)
        .map(({ key }) => key),
    ).toEqual(["b"]);
    expect(again.position("one", a.id)).toEqual({ position: 17, settled: 17 });
    expect([again.hasAcknowledged("one"), again.hasAcknowledged("two")]).toEqual([true, false]);
    expect(again.position("two", a.id)).toBeUndefined();
    expect(again.of("bucket").seen.mark("p")).toBe("m1");
    expect(again.of("bucket").seen.unseen([{ key: "a", etag: "1" }])).toEqual([]);
    expect(again.of("bucket").seen.unseen([{ key: "a", etag: "2" }])).toHaveLength(1);
  });

  test("the same object is taken once, a replaced one again", () => {
    const ledger = open();
    ledger.register(["one"]);
    expect(ledger.of("bucket").discover({ partition: "p", objects: [object("a")] })).toBe(1);
    expect(ledger.of("bucket").discover({ partition: "p", objects: [object("a"), object("a", "a", "2")] })).toBe(1);
    expect(
      ledger
        .of("bucket")
        .pending("one", everything)
        .map(({ etag }) => etag),
    ).toEqual(["1", "2"]);
  });

  test("objects behind the horizon are forgotten once everybody has finished them, not before", () => {
    const ledger = open();
    ledger.register(["one", "two"]);
    ledger.of("bucket").discover({ partition: "p", objects: [object("a"), object("b"), object("z")] });
    const [a, b, z] = ledger.of("bucket").pending("one", everything);
    for (const { id } of [a, b, z].filter((found) => found !== undefined)) finish(ledger, "one", id);
    finish(ledger, "two", a?.id ?? 0);
    ledger.of("bucket").discover({ partition: "p", objects: [], forgetBefore: "m" });
    expect(ledger.status().objects).toBe(2);
    finish(ledger, "two", b?.id ?? 0);
    expect(ledger.status().objects).toBe(1);
    finish(ledger, "two", z?.id ?? 0);
    expect(ledger.of("bucket").seen.unseen([{ key: "z", etag: "1" }])).toEqual([]);
  });

  test("its size does not follow the number of objects that passed through", () => {
    const ledger = open();
    ledger.register(["one"]);
    for (let tick = 0; tick < 200; tick += 1) {
      const order = String(tick).padStart(6, "0");
      const horizon = String(Math.max(0, tick - 5)).padStart(6, "0");
      ledger.of("bucket").discover({ partition: "p", objects: [object(`k${order}`, order)], mark: order, forgetBefore: horizon });
      for (const { id } of ledger.of("bucket").pending("one", everything)) finish(ledger, "one", id);
    }
    expect(ledger.status().objects).toBeLessThanOrEqual(6);
  });

  test("dead letters are kept once, filtered, listed and removed", () => {
    const ledger = open();
    ledger.register(["one"]);
    ledger.of("bucket").discover({ partition: "p", objects: [object("a")] });
    expect(ledger.setAside([letter(1), letter(2), letter(1)])).toBe(2);
    ledger.commit("one", 1, 5, { ...nothing, setAside: 3, deadLetters: [{ ...letter(3), sink: "one", count: 3, to: 5 }] }, false);
    expect(ledger.countDeadLetters({})).toBe(5);
    expect(ledger.countDeadLetters({ sink: null })).toBe(2);
    const [first] = ledger.deadLetters({ sink: "one" }, 10);
    expect(first).toMatchObject({ sink: "one", key: "a", from: 3, to: 5, count: 3, code: "bad-json" });
    if (first === undefined) throw new Error("one letter is listed");
    expect(ledger.status().sinks).toMatchObject([{ name: "one", delivered: 0, setAside: 3, offered: 3 }]);
    const again = { ...letter(4), sink: "one" };
    ledger.settleLetter(first, new Map([["one", { delivered: 2, rejected: 0, setAside: 1, deadLetters: [again] }]]));
    expect(ledger.deadLetters({ sink: "one" }, 10)).toMatchObject([{ from: 4, to: 4, count: 1 }]);
    expect(ledger.status().sinks).toMatchObject([{ name: "one", delivered: 2, setAside: 1, offered: 3 }]);
  });

  test("a dead letter from the same record on grows, and never shrinks", () => {
    const ledger = open();
    const range = (to: number | undefined, count: number) => ({ ...letter(601), sink: "one", to, count });
    ledger.setAside([range(652, 52)]);
    expect(ledger.setAside([range(700, 100)])).toBe(0);
    ledger.setAside([range(652, 52)]);
    expect(ledger.deadLetters({}, 10)).toMatchObject([{ from: 601, to: 700, count: 100 }]);
    ledger.setAside([range(undefined, 1)]);
    ledger.setAside([range(700, 100)]);
    expect(ledger.deadLetters({}, 10)).toMatchObject([{ from: 601, to: undefined, count: 100 }]);
  });

  test("what was rejected and then delivered by a replay moves from one account to the other", () => {
    const ledger = open();
    ledger.register(["one"]);
    ledger.of("bucket").discover({ partition: "p", objects: [object("a")] });
    const rejected = { ...letter(1), sink: "one", to: 40, count: 3, code: "rejected" };
    ledger.commit("one", 1, 40, { delivered: 37, rejected: 3, setAside: 0, deadLetters: [rejected] }, true);
    const [stored] = ledger.deadLetters({}, 10);
    if (stored === undefined) throw new Error("one letter is listed");
    ledger.settleLetter(stored, new Map([["one", { ...nothing, delivered: 40 }]]));
    expect(ledger.status().sinks).toMatchObject([{ delivered: 40, rejected: 0, setAside: 0, offered: 40 }]);
    expect(ledger.deadLetters({}, 10)).toEqual([]);
  });

  test("a parked object waits for nobody until it is parked no more, or finished by all", () => {
    const ledger = open();
    ledger.register(["one", "two"]);
    ledger.of("bucket").discover({ partition: "p", objects: [object("a"), object("b"), object("c")] });
    const [a, b] = ledger.of("bucket").pending("one", everything);
    if (a === undefined || b === undefined) throw new Error("objects wait");
    const trouble = { attempts: 1, nextAt: 50, drawer: "object", code: "object-denied", reason: "403" };
    ledger.of("bucket").park(a.id, trouble);
    ledger.of("bucket").park(b.id, { ...trouble, nextAt: 60 });
    expect(
      ledger
        .of("bucket")
        .pending("one", everything)
        .map(({ key }) => key),
    ).toEqual(["c"]);
    expect(
      ledger
        .of("bucket")
        .discovered(0, 10)
        .map(({ key }) => key),
    ).toEqual(["c"]);
    expect([ledger.countParked(), ledger.of("bucket").nextDue()]).toEqual([2, 50]);
    expect(
      ledger
        .of("bucket")
        .due(55, 10)
        .map(({ object: { key } }) => key),
    ).toEqual(["a"]);
    expect(ledger.parkedFor("two", 10).map(({ object: { key }, position }) => [key, position])).toEqual([
      ["a", 0],
      ["b", 0],
    ]);
    ledger.of("bucket").park(a.id, { ...trouble, attempts: 2, nextAt: 90 });
    expect(ledger.parked(10)[0]).toMatchObject({ attempts: 2, nextAt: 90, code: "object-denied" });
    ledger.of("bucket").discover({ partition: "p", objects: [], forgetBefore: "zzz" });
    expect(ledger.status().parked).toBe(2);
    ledger.readToEnd(a.id, 7);
    expect(
      ledger
        .of("bucket")
        .pending("one", everything)
        .map(({ key }) => key),
    ).toEqual(["c"]);
    expect(ledger.of("bucket").parkedObject(a.id)).toMatchObject({
      object: { key: "a", records: 7 },
      attempts: 2,
      code: "object-denied",
    });
    ledger.of("bucket").unpark(a.id);
    expect(ledger.of("bucket").parkedObject(a.id)).toBeUndefined();
    expect(ledger.of("bucket").pending("one", everything)).toMatchObject([{ key: "a", records: 7 }, { key: "c" }]);
    finish(ledger, "one", b.id);
    expect(ledger.countParked()).toBe(1);
    finish(ledger, "two", b.id);
    expect(ledger.countParked()).toBe(0);
  });

  test("what is wrong is told to who looks while the worker runs, and to nobody afterwards", () => {
    const ledger = open();
    const problem = { part: "sink one", drawer: "person", code: "http-401", reason: "no", since: 1 };
    ledger.setProblems([problem]);
    const reader = inspectLedger(path);
    expect(reader.status().problems).toEqual([problem]);
    reader.close();
    close(ledger);
    const later = inspectLedger(path);
    expect(later.status().problems).toEqual([]);
    later.close();
  });

  test("a second worker is refused with the name of the first; a reader is not", () => {
    open().register(["one"]);
    expect(() => openLedger({ path, sources: [{ name: "bucket", store: "memory://bucket" }] })).toThrow(
      new RegExp(`in use by process ${process.pid} on `),
    );
    const reader = inspectLedger(path);
    expect(reader.status().sinks.map(({ name }) => name)).toEqual(["one"]);
    reader.close();
  });

  test.each(["0", "-1", "1.5", "5", "", "two"])("a ledger of version %j is refused, by a worker and by who looks", (version) => {
    close(open());
    const db = new DatabaseSync(path);
    db.prepare("update meta set value = ? where name = 'version'").run(version);
    db.close();
    const words = `ledger ${path} has version ${version}, this program knows up to 4`;
    expect(() => open()).toThrow(words);
    expect(() => inspectLedger(path)).toThrow(words);
  });

  test("a ledger of another bucket, and a file that is none, are refused", () => {
    close(open());
    expect(() => openLedger({ path, sources: [{ name: "bucket", store: "memory://other" }] })).toThrow(UsageError);
    expect(() => openLedger({ path, sources: [{ name: "bucket", store: "memory://other" }] })).toThrow(
      "has source memory://bucket, this run has memory://other",
    );
    expect(() => inspectLedger(join(folder, "none.db"))).toThrow("there is no ledger at");
  });
});
