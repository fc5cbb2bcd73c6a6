import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ledger, SourceIdentity } from "../../../src/contracts/ledger.ts";
import { inspectLedger, openLedger } from "../../../src/ledger/sqlite.ts";
import { UsageError } from "../../../src/lib/errors.ts";

let folder: string;
let ledger: Ledger;
let told: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ledger-sources-"));
  told = [];
});
afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true });
});

const path = () => join(folder, "ledger.db");
const oci = { name: "oci", store: "oci://ns/flows" };
const ibm = { name: "ibm", store: "s3://cos.example/flows" };
const files = { name: "files", store: "file:///flows" };
const open = (...sources: readonly SourceIdentity[]) => {
  told = [];
  ledger = openLedger({ path: path(), sources, onNotice: (line) => told.push(line) });
  ledger.register(["one", "two"]);
};
const reopen = (...sources: readonly SourceIdentity[]) => {
  ledger.close();
  open(...sources);
};
const nothing = { delivered: 0, rejected: 0, setAside: 0, deadLetters: [] };
const discover = (source: string, ...keys: string[]) =>
  ledger.of(source).discover({
    partition: "p",
    objects: keys.map((key) => ({ key, etag: "1", size: 1, time: 1_000, order: key })),
    mark: `mark of ${source}`,
  });
const everything = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 100 };
const waiting = (source: string, sink = "one") =>
  ledger
    .of(source)
    .pending(sink, everything)
    .map(({ key, source: of }) => `${of} ${key}`);
const knows = (source: string, key: string, of = ledger) => of.of(source).seen.unseen([{ key, etag: "1" }]).length === 0;
const letter = (source: string, count = 1) => ({
  ...{ sink: "one", source, key: "a", etag: "1", from: 1, to: count, count, code: "http-400", reason: "no" },
});

describe("the same keys in two sources", () => {
  beforeEach(() => {
    open(oci, ibm);
    discover("oci", "a", "b");
    expect(discover("ibm", "a", "b")).toBe(2);
  });

  test("are objects of their own, with a mark and a position each", () => {
    expect(discover("ibm", "a")).toBe(0);
    expect([waiting("oci"), waiting("ibm")]).toEqual([
      ["oci a", "oci b"],
      ["ibm a", "ibm b"],
    ]);
    expect(["oci", "ibm"].map((source) => ledger.of(source).seen.mark("p"))).toEqual(["mark of oci", "mark of ibm"]);
    const [a] = ledger.of("ibm").pending("one", everything);
    ledger.commit("one", a?.id ?? 0, 1, { ...nothing, delivered: 1 }, true);
    expect([waiting("oci"), waiting("ibm"), waiting("ibm", "two")]).toEqual([["oci a", "oci b"], ["ibm b"], ["ibm a", "ibm b"]]);
    expect(
      ledger
        .of("oci")
        .discovered(0, 10)
        .map(({ id }) => id),
    ).toEqual([1, 2]);
    expect([ledger.of("oci").holds(2, 0), ledger.of("oci").holds(2, 1), ledger.of("ibm").holds(2, 1)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(ledger.of("oci").lastId()).toBeGreaterThanOrEqual(4);
  });

  test("are forgotten behind the horizon of their own source", () => {
    for (const sink of ["one", "two"]) for (const id of [1, 2, 3]) ledger.commit(sink, id, 1, nothing, true);
    ledger.of("oci").discover({ partition: "p", objects: [], forgetBefore: "z" });
    const known = (source: string) => ["a", "b"].filter((key) => knows(source, key));
    expect([known("oci"), known("ibm")]).toEqual([[], ["a", "b"]]);
    for (const sink of ["one", "two"]) ledger.commit(sink, 4, 1, nothing, true);
    expect(known("ibm")).toEqual(["a", "b"]);
  });

  test("are parked and woken apart", () => {
    const trouble = { attempts: 1, drawer: "object", code: "object-denied", reason: "403" };
    ledger.of("oci").park(1, { ...trouble, nextAt: 50 });
    ledger.of("ibm").park(3, { ...trouble, nextAt: 40 });
    expect(["oci", "ibm"].map((source) => ledger.of(source).nextDue())).toEqual([50, 40]);
    expect(
      ["oci", "ibm"].map((source) =>
        ledger
          .of(source)
          .due(60, 10)
          .map(({ object }) => object.id),
      ),
    ).toEqual([[1], [3]]);
    ledger.of("oci").wakeParked();
    expect(["oci", "ibm"].map((source) => ledger.of(source).nextDue())).toEqual([0, 40]);
    expect(ledger.parked(10).map(({ object: { source, key } }) => `${source} ${key}`)).toEqual(["oci a", "ibm a"]);
    expect([ledger.of("oci").countParked(), ledger.countParked()]).toEqual([1, 2]);
  });

  test("have letters and notes of their own", () => {
    expect(ledger.setAside([letter("oci", 3), letter("ibm", 2), letter("oci", 3)])).toBe(2);
    expect(ledger.countDeadLetters({ source: "oci" })).toBe(3);
    expect(ledger.deadLetters({ source: "ibm" }, 10)).toMatchObject([{ source: "ibm", key: "a", count: 2 }]);
    for (const source of ["oci", "ibm"]) ledger.of(source).note("sequence-gap", "a", `of ${source}`);
    const notices = [1, 2].map((ordinal) => ({ kind: "no-data" as const, message: "m", after: 0, ordinal }));
    const bad = [{ from: 1, to: 2, code: "bad-json", reason: "x" }];
    expect(ledger.found(3, { bad, notices, through: 2, said: 2 })).toMatchObject([{ source: "ibm", key: "a" }]);
    expect(ledger.status().quality.map(({ source, kind, count }) => [source, kind, count])).toEqual([
      ["oci", "sequence-gap", 1],
      ["ibm", "no-data", 2],
      ["ibm", "sequence-gap", 1],
    ]);
    const [first] = ledger.deadLetters({ source: "oci" }, 1);
    if (first === undefined) throw new Error("a letter is there");
    ledger.settleLetter(first, new Map([["one", { ...nothing, delivered: 3 }]]));
    expect(ledger.deadLetters({}, 10).map(({ source }) => source)).toEqual(["ibm", "ibm"]);
  });
});

describe("a source that the configuration lacks", () => {
  beforeEach(() => {
    open(oci, ibm);
    discover("oci", "a");
    discover("ibm", "a", "b");
    ledger.of("ibm").park(3, { attempts: 1, nextAt: 50, drawer: "object", code: "object-denied", reason: "403" });
    ledger.setAside([letter("ibm", 4)]);
    ledger.of("ibm").note("sequence-gap", "a", "m");
  });

  test("is kept, said in one line, and counts in no sink; when it comes back it goes on", () => {
    reopen(oci);
    expect(told).toEqual([
      "source ibm (s3://cos.example/flows) is not in the configuration: what the ledger has of it is kept (2 objects that wait, 4 records set aside)",
    ]);
    expect(() => ledger.of("ibm")).toThrow("not opened for source ibm");
    expect(ledger.status()).toMatchObject({
      objects: 1,
      parked: 0,
      partitions: 1,
      sources: [
        { ...oci, configured: true, objects: 1, pendingObjects: 1, parked: 0, deadLettered: 0 },
        { ...ibm, configured: false, objects: 2, pendingObjects: 2, parked: 1, deadLettered: 4 },
      ],
      sinks: [{ pendingObjects: 1 }, { pendingObjects: 1 }],
    });
    expect(ledger.countDeadLetters({ source: "ibm" })).toBe(4);
    reopen(oci, ibm);
    expect(told).toEqual([]);
    expect([waiting("oci"), waiting("ibm"), ledger.of("ibm").countParked()]).toEqual([["oci a"], ["ibm a"], 1]);
    expect(ledger.of("ibm").seen.mark("p")).toBe("mark of ibm");
  });

  test("goes on under another name when it is the only one of its store", () => {
    reopen(oci, { ...ibm, name: "frankfurt" });
    expect(told).toEqual(["source ibm (s3://cos.example/flows) is called frankfurt now: it goes on where it was"]);
    expect(waiting("frankfurt")).toEqual(["frankfurt a"]);
    expect(ledger.deadLetters({}, 1)).toMatchObject([{ source: "frankfurt" }]);
    reopen(oci, { ...ibm, name: "frankfurt" });
    expect(told).toEqual([]);
  });

  test("is not taken for one of two new ones of its store: they begin anew", () => {
    reopen(oci, { ...ibm, name: "x" }, { ...ibm, name: "y" });
    expect(told).toHaveLength(1);
    expect([waiting("x"), waiting("y")]).toEqual([[], []]);
  });

  test("may change names with another one of the same store", () => {
    const second = { ...ibm, name: "second" };
    reopen(oci, ibm, second);
    discover("second", "z");
    reopen(oci, { ...ibm, name: "third" }, second);
    expect([waiting("third"), waiting("second")]).toEqual([["third a"], ["second z"]]);
  });

  test("is what a reader finds of it, who changes nothing", () => {
    const reader = inspectLedger(path(), [{ ...ibm, name: "renamed" }, files]);
    expect(knows("renamed", "a", reader)).toBe(true);
    expect([knows("files", "a", reader), reader.of("files").seen.partitions()]).toEqual([false, []]);
    expect(reader.status().sources.map(({ name }) => name)).toEqual(["oci", "ibm"]);
    reader.close();
  });
});

test("a ledger none of whose sources is configured is another worker's; a name that stands for another store is refused", () => {
  open(oci, ibm);
  ledger.close();
  expect(() => open(files)).toThrow(UsageError);
  expect(() => open(files)).toThrow("has source oci://ns/flows, this run has file:///flows (files): use another ledger.path");
  expect(() => open(oci, { ...files, name: "ibm" })).toThrow(
    "has source s3://cos.example/flows, this run has file:///flows (ibm)",
  );
  open(oci, files);
  expect(told).toHaveLength(1);
});

describe("a ledger of version 2, which knew one source", () => {
  const VERSION_2 = readFileSync(join(import.meta.dirname, "../../fixtures/ledger/version-2.sql"), "utf8");
  const flows = { name: "flows", store: "s3://store.example/flows" };
  beforeEach(() => {
    const db = new DatabaseSync(path(), { enableForeignKeyConstraints: false });
    db.exec(VERSION_2);
    db.close();
    open(flows, oci);
  });

  test("keeps everything of it, under the name that the configuration gives, and no word is lost on that", () => {
    expect(told).toEqual([]);
    const bucket = ledger.of("flows");
    expect(bucket.seen.partitions().map((partition) => [partition, bucket.seen.mark(partition)])).toEqual([
      ["p/", '{"from":1}'],
      ["q/", '{"from":2}'],
    ]);
    const known = ["p/a", "p/b", "p/c", "p/d", "q/e", "q/f"];
    expect(known.filter((key) => knows("flows", key))).toEqual(["p/b", "p/c", "p/d", "q/e"]);
    const keys = (sink: string) => bucket.pending(sink, everything).map(({ key, records }) => [key, records]);
    expect([keys("out"), keys("lagging"), keys("(detections)")]).toEqual([
      [
        ["p/c", undefined],
        ["q/e", undefined],
      ],
      [
        ["p/b", 9],
        ["p/c", undefined],
        ["q/e", undefined],
      ],
      [
        ["p/b", 9],
        ["p/c", undefined],
        ["q/e", undefined],
      ],
    ]);
    expect([ledger.position("lagging", 2), ledger.position("(detections)", 2)]).toEqual([
      { position: 5, settled: 5 },
      { position: 3, settled: 0 },
    ]);
    expect(ledger.status()).toMatchObject({
      objects: 4,
      partitions: 2,
      parked: 1,
      sinks: [
        { name: "lagging", delivered: 10, pendingObjects: 4 },
        { name: "one" },
        { name: "out", delivered: 11, rejected: 1, setAside: 2, offered: 14, pendingObjects: 3 },
        { name: "two" },
      ],
      quality: [
        { source: "flows", kind: "no-data", count: 2, lastKey: "p/b", lastMessage: "nothing passed" },
        { source: "flows", kind: "sequence-gap", count: 1, lastKey: "p/", lastMessage: "numbers 3 to 4 never appeared" },
      ],
    });
    expect(ledger.parked(10)).toMatchObject([
      {
        object: { id: 4, source: "flows", key: "p/d" },
        attempts: 3,
        nextAt: 1_700_000_100_000,
        code: "object-denied",
        reason: "403",
      },
    ]);
    expect(ledger.deadLetters({}, 10)).toMatchObject([
      { id: 1, sink: "out", source: "flows", key: "p/b", from: 3, to: 4, count: 2, code: "http-400" },
      { id: 2, sink: "out", source: "flows", key: "p/b", from: 5, to: 9, count: 1, code: "rejected" },
      { id: 3, sink: undefined, source: "flows", key: "p/c", from: 2, to: 2, count: 1, code: "bad-json" },
    ]);
    expect(ledger.states.read("(detections)")?.head).toBe("head");
    expect(bucket.lastId()).toBe(6);
  });

  test("goes on: what is new has new ids, what is finished behind a horizon is forgotten, and a second source stands beside it", () => {
    discover("oci", "p/b");
    expect(ledger.of("oci").pending("one", everything)).toMatchObject([{ id: 7, key: "p/b" }]);
    for (const sink of ["out", "lagging", "(detections)"]) ledger.commit(sink, 5, 1, nothing, true);
    expect(knows("flows", "q/e")).toBe(false);
    reopen(flows, oci);
    expect(told).toEqual([]);
    const db = new DatabaseSync(path(), { readOnly: true });
    expect(db.prepare("pragma foreign_key_check").all()).toEqual([]);
    expect(db.prepare("select name from sqlite_schema where name like '%_2'").all()).toEqual([]);
    db.close();
  });
});

describe("sources that change while the ledger is open", () => {
  test("one goes on, one is new, and what is known of one that has gone is kept for when it is back", () => {
    open(oci, files);
    discover("oci", "a");
    discover("files", "b");
    ledger.adopt([ibm, oci]);
    discover("ibm", "c");
    expect([waiting("oci"), waiting("ibm")]).toEqual([["oci a"], ["ibm c"]]);
    expect(() => ledger.of("files")).toThrow("not opened for source files");
    expect(told).toEqual([expect.stringContaining("source files (file:///flows) is not in the configuration")]);
    ledger.adopt([oci, files, ibm]);
    expect(waiting("files")).toEqual(["files b"]);
    reopen(oci, files, ibm);
    expect([waiting("oci"), waiting("files"), waiting("ibm")]).toEqual([["oci a"], ["files b"], ["ibm c"]]);
  });

  test("what cannot be changes nothing, and whether it can is told without changing anything", () => {
    open(oci);
    discover("oci", "a");
    const moved = { ...oci, store: "oci://ns/other" };
    for (const only of [undefined, "ask"] as const) expect(() => ledger.adopt([moved], only)).toThrow(UsageError);
    expect(() => ledger.adopt([ibm])).toThrow("use another ledger.path");
    ledger.adopt([oci, ibm], "ask");
    expect(() => ledger.of("ibm")).toThrow("not opened");
    expect([waiting("oci"), told]).toEqual([["oci a"], []]);
  });
});
