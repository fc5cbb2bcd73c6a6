import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { BadRecords, QualityNotice } from "../../src/contracts/decoder.ts";
import type { DeadLetter, Ledger, NumberedNotice, ParkedObject, QueuedObject } from "../../src/contracts/ledger.ts";
import type { FoundObject } from "../../src/contracts/source.ts";
import { openLedger } from "../../src/ledger/sqlite.ts";
import { Failure } from "../../src/lib/errors.ts";
import { alertOf } from "../unit/alerts/receiver.ts";

const object = (key: string, order = key, etag = "1"): FoundObject => ({ key, etag, size: 10, time: 1_700_000_000_000, order });
const everything = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 100 };
const nothing = { delivered: 0, rejected: 0, setAside: 0, deadLetters: [] };
const trouble = { attempts: 1, nextAt: 50, drawer: "object", code: "object-denied", reason: "403" };
const letter = (from: number, of: Partial<DeadLetter> = {}): DeadLetter => ({
  sink: "one",
  source: "bucket",
  key: "a",
  etag: "1",
  from,
  to: from,
  count: 1,
  code: "http-400",
  reason: "no",
  ...of,
});
const badRecords = (from: number, ...to: [(number | undefined)?]): BadRecords => ({
  from,
  to: to.length === 0 ? from : to[0],
  code: "bad-json",
  reason: "no JSON",
});
const notice = (kind: QualityNotice["kind"], after: number, ordinal: number): NumberedNotice => ({
  kind,
  after,
  ordinal,
  message: `${after}/${ordinal} hunter2`,
});
const keysOf = (objects: readonly QueuedObject[]) => objects.map(({ key }) => key);
const parkedKeys = (objects: readonly ParkedObject[]) => objects.map(({ object: { key } }) => key);

let folder: string;
let ledger: Ledger;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ledger-contract-"));
});
afterEach(() => {
  vi.useRealTimers();
  ledger.close();
  rmSync(folder, { recursive: true });
});

const fileAt = () => join(folder, "ledger.db");
const open = (path: string) => {
  ledger = openLedger({
    path,
    sources: [{ name: "bucket", store: "memory://bucket" }],
    scrub: (text) => text.replaceAll("hunter2", "***"),
  });
};

describe.each([
  { name: "in a file", path: fileAt, lasts: true },
  { name: "in memory", path: () => ":memory:", lasts: false },
])("the ledger $name", ({ path, lasts }) => {
  beforeEach(() => {
    open(path());
    ledger.register(["one", "two"]);
  });
  /** What is in a file is there after a restart. */
  const restart = () => {
    if (!lasts) return;
    ledger.close();
    open(path());
    ledger.register(["one", "two"]);
  };
  const discover = (...keys: string[]) => {
    ledger.of("bucket").discover({ partition: "p", objects: keys.map((key) => object(key)) });
    return ledger
      .of("bucket")
      .discovered(0, 100)
      .map(({ id }) => id) as [number, number, number];
  };
  const knows = (key: string) => ledger.of("bucket").seen.unseen([object(key)]).length === 0;
  const finish = (sink: string, id: number) => ledger.commit(sink, id, 0, nothing, true);
  const account = (sink: string) => ledger.status().sinks.find(({ name }) => name === sink);

  it("is empty at first", () => {
    expect([
      ledger.of("bucket").lastId(),
      ledger.of("bucket").pending("one", everything),
      ledger.of("bucket").discovered(0, 10),
    ]).toEqual([0, [], []]);
    expect([
      ledger.of("bucket").nextDue(),
      ledger.countParked(),
      ledger.of("bucket").parkedObject(1),
      ledger.parkedFor(undefined, 10),
    ]).toEqual([undefined, 0, undefined, []]);
    expect([ledger.countDeadLetters({}), ledger.of("bucket").seen.partitions(), ledger.of("bucket").seen.mark("p")]).toEqual([
      0,
      [],
      undefined,
    ]);
    const idle = {
      delivered: 0,
      rejected: 0,
      setAside: 0,
      filtered: 0,
      sampled: 0,
      aggregated: 0,
      offered: 0,
      pendingObjects: 0,
      pendingBytes: 0,
    };
    expect(ledger.status()).toMatchObject({ objects: 0, partitions: 0, parked: 0, problems: [], quality: [] });
    expect(ledger.status().sinks).toEqual(
      ["one", "two"].map((name) => ({ name, ...idle, oldestPending: undefined, lastDelivery: undefined })),
    );
  });

  it("names the consumers that are new, and makes objects wait for those that take part", () => {
    discover("a");
    expect(ledger.register(["two", "three"])).toEqual(["three"]);
    expect(ledger.register(["two", "three", "(rules)"])).toEqual(["(rules)"]);
    discover("b");
    const waiting = (name: string) => keysOf(ledger.of("bucket").pending(name, everything));
    expect(["one", "two", "three", "(rules)"].map(waiting)).toEqual([["a"], ["a", "b"], ["b"], ["b"]]);
    expect(ledger.status().sinks.map(({ name }) => name)).toEqual(["one", "three", "two"]);
  });

  it("takes a version of an object once, and keeps marks and horizons that are not given again", () => {
    expect(
      ledger.of("bucket").discover({ partition: "p", objects: [object("a"), object("b")], mark: "m", forgetBefore: "a" }),
    ).toBe(2);
    expect(ledger.of("bucket").discover({ partition: "p", objects: [object("a"), object("a", "a", "2")] })).toBe(1);
    ledger.of("bucket").discover({ partition: "q", objects: [] });
    ledger.of("bucket").discover({ partition: "0", objects: [], mark: "n" });
    restart();
    expect([
      ledger.of("bucket").seen.mark("p"),
      ledger.of("bucket").seen.mark("q"),
      ledger.of("bucket").seen.partitions(),
    ]).toEqual(["m", undefined, ["0", "p"]]);
    const page = [object("b", "b", "2"), object("a"), object("c"), object("a", "a", "3"), object("a", "a", "2")];
    expect(ledger.of("bucket").seen.unseen(page)).toEqual([page[0], page[2], page[3]]);
    expect(ledger.of("bucket").seen.unseen([])).toEqual([]);
    const odd = ['"', "\\", "\u0001", "it's", "漢 😀"].map((key) => object(key));
    ledger.of("bucket").discover({ partition: "r", objects: odd.slice(1) });
    expect(ledger.of("bucket").seen.unseen(odd)).toEqual(odd.slice(0, 1));
    expect(ledger.status()).toMatchObject({ objects: 7, partitions: 4 });
    ledger.of("bucket").discover({ partition: "p", objects: [], mark: "later" });
    expect(ledger.of("bucket").seen.mark("p")).toBe("later");
  });

  it("hands out what waits by range, in the order of discovery, as it was discovered", () => {
    const [a, b, c] = discover("c", "b", "a");
    const asked = (after: number, through: number, limit: number) =>
      keysOf(ledger.of("bucket").pending("one", { after, through, limit }));
    expect([asked(0, c, 10), asked(a, c, 10), asked(0, b, 10), asked(0, c, 1), asked(c, c, 10)]).toEqual([
      ["c", "b", "a"],
      ["b", "a"],
      ["c", "b"],
      ["c"],
      [],
    ]);
    expect([
      keysOf(ledger.of("bucket").discovered(a, 10)),
      keysOf(ledger.of("bucket").discovered(0, 2)),
      ledger.of("bucket").lastId(),
    ]).toEqual([["b", "a"], ["c", "b"], c]);
    expect(ledger.of("bucket").pending("one", { after: 0, through: a, limit: 1 })).toEqual([
      { id: a, source: "bucket", key: "c", etag: "1", size: 10, time: 1_700_000_000_000, records: undefined },
    ]);
    expect(ledger.of("bucket").pending("none", everything)).toEqual([]);
  });

  it("forgets what is withdrawn for everybody, at whatever stage, and takes it as new when it comes again", () => {
    const [a, b, c] = discover("a", "b", "c");
    finish("one", a);
    ledger.commit("one", b, 5, { ...nothing, delivered: 5 }, false);
    ledger.of("bucket").park(c, { attempts: 1, nextAt: 0, drawer: "object", code: "x", reason: "y" });
    ledger.setAside([{ sink: "one", source: "bucket", key: "b", etag: "1", from: 6, to: 6, count: 1, code: "x", reason: "y" }]);
    expect(ledger.of("bucket").withdraw([object("c"), object("b"), object("b", "b", "2"), object("none")])).toEqual([c, b]);
    restart();
    expect([
      keysOf(ledger.of("bucket").pending("one", everything)),
      keysOf(ledger.of("bucket").pending("two", everything)),
    ]).toEqual([[], ["a"]]);
    expect([ledger.position("one", b), ledger.countParked(), knows("a"), knows("b"), knows("c")]).toEqual([
      undefined,
      0,
      true,
      false,
      false,
    ]);
    ledger.commit("one", b, 9, { ...nothing, delivered: 0 }, true);
    expect([account("one")?.delivered, ledger.countDeadLetters({})]).toEqual([5, 1]);
    expect(ledger.of("bucket").discover({ partition: "p", objects: [object("b")] })).toBe(1);
    const again = ledger.of("bucket").pending("one", everything)[0];
    expect(again?.id).toBeGreaterThan(c);
    expect(ledger.position("one", again?.id ?? 0)).toEqual({ position: 0, settled: 0 });
  });

  it("says of an object whether somebody waits for it, and why it cannot be read now", () => {
    const [a = 0, b = 0] = discover("a", "b");
    const standing = (key: string, etag?: string) => ledger.of("bucket").standing(object(key, key, etag));
    expect([standing("a"), standing("a", "2"), standing("none")]).toEqual([{ parked: undefined }, undefined, undefined]);
    finish("one", a);
    expect(standing("a")).toEqual({ parked: undefined });
    finish("two", a);
    ledger.of("bucket").park(b, { ...trouble, reason: "hunter2" });
    expect(standing("a")).toBeUndefined();
    const { since = 0, ...why } = standing("b")?.parked ?? {};
    expect(why).toEqual({ attempts: 1, code: "object-denied", reason: "***" });
    expect(Date.now() - since).toBeLessThan(60_000);
    ledger.of("bucket").unpark(b);
    expect(standing("b")).toEqual({ parked: undefined });
    // A sink that is not in the configuration any more holds up nothing.
    finish("one", b);
    ledger.register(["one"]);
    expect(standing("b")).toBeUndefined();
  });

  it("says what waits of a partition, the first first, for those that take part alone", () => {
    const [a = 0, b = 0] = discover("a", "b", "c");
    const waiting = (limit: number, partition = "p") =>
      ledger
        .of("bucket")
        .seen.waiting(partition, limit)
        .map(({ key }) => key);
    expect([waiting(1), waiting(9), waiting(9, "q")]).toEqual([["a"], ["a", "b", "c"], []]);
    finish("one", a);
    finish("one", b);
    finish("two", b);
    expect(waiting(9)).toEqual(["a", "c"]);
    ledger.register(["one"]);
    expect(waiting(9)).toEqual(["c"]);
  });

  it("forgets an object behind the horizon of its own partition once nobody waits for it, and never gives out its id again", () => {
    const [a, b, c] = discover("a", "b", "c");
    ledger.of("bucket").discover({ partition: "q", objects: [object("other", "a")] });
    for (const id of [a, b, c, c + 1]) finish("one", id);
    finish("two", a);
    finish("two", c + 1);
    ledger.of("bucket").discover({ partition: "p", objects: [], forgetBefore: "c" });
    const known = () => [...["a", "b", "c"].filter((key) => knows(key)), knows("other")];
    expect(known()).toEqual(["b", "c", true]);
    restart();
    finish("two", b);
    finish("two", c);
    expect(known()).toEqual(["c", true]);
    ledger.of("bucket").discover({ partition: "q", objects: [], forgetBefore: "z" });
    ledger.of("bucket").discover({ partition: "p", objects: [], forgetBefore: "z" });
    expect([known(), ledger.of("bucket").lastId()]).toEqual([[false], c + 1]);
    discover("d");
    expect(ledger.of("bucket").lastId()).toBe(c + 2);
  });

  it("moves a sink's position, account and letters together, and no other's", () => {
    vi.useFakeTimers({ now: 5_000 });
    const [a, b] = discover("a", "b");
    const rejected = letter(1, { to: 4, count: 1, code: "rejected", reason: "1 of 4, key hunter2" });
    ledger.commit("one", a, 4, { delivered: 3, rejected: 1, setAside: 0, deadLetters: [rejected] }, false);
    vi.setSystemTime(6_000);
    ledger.commit("one", a, 6, { delivered: 0, rejected: 0, setAside: 2, deadLetters: [letter(5, { to: 6, count: 2 })] }, false);
    restart();
    expect([ledger.position("one", a), ledger.position("one", b), ledger.position("two", a)]).toEqual([
      { position: 6, settled: 6 },
      { position: 0, settled: 0 },
      { position: 0, settled: 0 },
    ]);
    expect(account("one")).toEqual({
      name: "one",
      delivered: 3,
      rejected: 1,
      setAside: 2,
      filtered: 0,
      sampled: 0,
      aggregated: 0,
      offered: 6,
      lastDelivery: 5_000,
      pendingObjects: 2,
      pendingBytes: 20,
      oldestPending: 1_700_000_000_000,
    });
    expect(account("two")).toMatchObject({ offered: 0, lastDelivery: undefined });
    expect(ledger.deadLetters({}, 10)).toEqual([
      { ...rejected, id: 1, at: 5_000, reason: "1 of 4, key ***" },
      { ...letter(5, { to: 6, count: 2 }), id: 2, at: 6_000 },
    ]);
    ledger.commit("one", a, 7, { ...nothing, delivered: 1 }, true);
    expect([ledger.position("one", a), account("one")?.pendingObjects, account("one")?.lastDelivery]).toEqual([
      undefined,
      1,
      6_000,
    ]);
    expect(keysOf(ledger.of("bucket").pending("two", everything))).toEqual(["a", "b"]);
  });

  it.for([
    ["delivered", true],
    ["rejected", false],
    ["setAside", false],
  ] as const)("knows whether a sink ever took a record: %s", ([what, taken]) => {
    const [a] = discover("a");
    expect(ledger.hasAcknowledged("one")).toBe(false);
    ledger.commit("one", a, 1, { ...nothing, [what]: 1 }, false);
    restart();
    expect([ledger.hasAcknowledged("one"), ledger.hasAcknowledged("two"), ledger.hasAcknowledged("none")]).toEqual([
      taken,
      false,
      false,
    ]);
  });

  it("keeps how many records an object has, as the first reading to its end found it", () => {
    const [a, b, c] = discover("a", "b", "c");
    ledger.readToEnd(a, 7);
    ledger.readToEnd(a, 8);
    ledger.readToEnd(b, 0);
    restart();
    ledger.readToEnd(b, 1);
    expect(
      ledger
        .of("bucket")
        .discovered(0, 10)
        .map(({ records }) => records),
    ).toEqual([7, 0, undefined]);
    expect([a, b, c, c + 1].map((id) => ledger.recordsIn(id))).toEqual([7, 0, undefined, undefined]);
  });

  it("adds what a log says of itself to what others said", () => {
    const [a] = discover("a");
    ledger.of("bucket").note("skip-data", "x", "by itself");
    ledger.found(a, { bad: [], notices: [1, 2].map((ordinal) => notice("skip-data", 0, ordinal)), through: 5, said: 0 });
    ledger.of("bucket").note("no-data", "y", "hunter2");
    restart();
    expect(ledger.status().quality).toMatchObject([
      { kind: "no-data", count: 1, lastKey: "y", lastMessage: "***" },
      { kind: "skip-data", count: 3, lastKey: "a", lastMessage: "0/2 ***" },
    ]);
  });

  it("takes each notice once, however the pieces of a second reading are cut", () => {
    const [a] = discover("a");
    const tell = (after: number, ordinals: readonly number[], through: number, said: number) =>
      ledger.found(a, { bad: [], notices: ordinals.map((ordinal) => notice("no-data", after, ordinal)), through, said });
    const count = () => ledger.status().quality[0]?.count ?? 0;
    tell(0, [1], 5, 0);
    tell(5, [1], 5, 1);
    restart();
    // Behind record 5 more is said, in two pieces; then the same comes in one piece, and in a piece that goes further.
    tell(5, [2, 3], 5, 3);
    expect(count()).toBe(4);
    tell(5, [1, 2, 3], 5, 3);
    tell(0, [1], 2, 0);
    tell(5, [1, 2], 5, 2);
    expect(count()).toBe(4);
    tell(5, [1, 2, 3, 4], 8, 0);
    expect(count()).toBe(5);
    tell(7, [1], 8, 0);
    tell(8, [1], 8, 1);
    expect(count()).toBe(6);
    tell(8, [1], 9, 0);
    ledger.readToEnd(a, 9);
    tell(9, [1], 9, 1);
    expect(count()).toBe(6);
  });

  it("takes bad records once, however they come together in a second reading", () => {
    const [a, b] = discover("a", "b");
    const tell = (through: number, ...bad: BadRecords[]) => ledger.found(a, { bad, notices: [], through, said: 0 });
    expect(tell(4, badRecords(2), badRecords(4))).toMatchObject([
      { sink: undefined, key: "a", etag: "1", from: 2, to: 2, count: 1, code: "bad-json" },
      { from: 4, to: 4 },
    ]);
    restart();
    expect(tell(4, badRecords(2), badRecords(4))).toEqual([]);
    expect(tell(6, badRecords(2), badRecords(4, 6), badRecords(7, undefined))).toMatchObject([
      { from: 5, to: 6, count: 2 },
      { from: 7, to: undefined, count: 1 },
    ]);
    expect(tell(6, badRecords(5, 6), badRecords(7, undefined))).toEqual([]);
    ledger.readToEnd(a, 6);
    expect([tell(9, badRecords(9)), ledger.found(b + 9, { bad: [badRecords(1)], notices: [], through: 1, said: 0 })]).toEqual([
      [],
      [],
    ]);
    expect([ledger.countDeadLetters({}), ledger.deadLetters({}, 9).map(({ from }) => from)]).toEqual([5, [2, 4, 5, 7]]);
  });

  it("makes a thousand letters of places of an object that are bad, the last of which lists the others", () => {
    const [a, b] = discover("a", "b");
    const places = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, index) => badRecords(10 * (from + index), 10 * (from + index) + 1));
    const tell = (of: number, from: number, to: number) =>
      ledger.found(of, { bad: places(from, to), notices: [], through: 10 * to + 1, said: 0 });
    expect(tell(a, 1, 998)).toHaveLength(998);
    restart();
    expect(tell(a, 990, 1_002).map(({ from, code }) => [from, code])).toEqual([
      [9_990, "bad-json"],
      [10_000, "many-bad-records"],
    ]);
    expect(tell(b, 1, 1)).toHaveLength(1);
    restart();
    expect(tell(a, 1_001, 1_010)).toEqual([]);
    const last = { key: "a", from: 10_000, to: 10_101, count: 22, code: "many-bad-records" };
    expect(ledger.deadLetters({ key: "a" }, 2_000).at(-1)).toMatchObject(last);
    expect(ledger.countDeadLetters({ key: "a" })).toBe(2_020);
    const lastOf = (key: string) => ledger.deadLetters({ key }, 2_000).at(-1)?.id ?? 0;
    const listed = (from: number, to: number) => places(from, to).map((place) => ({ from: place.from, to: place.to }));
    expect(ledger.placesOf(lastOf("a"))).toEqual(listed(1_000, 1_010));
    // All others count every record that they span.
    expect(ledger.placesOf(lastOf("b"))).toBeUndefined();
    // When one of them is settled there is still one that counts the others, not two.
    const [settled] = ledger.deadLetters({ key: "a" }, 1);
    if (settled === undefined) throw new Error("a letter is there");
    ledger.settleLetter(settled, new Map());
    expect(tell(a, 1_011, 1_011)).toEqual([]);
    expect(ledger.deadLetters({ key: "a" }, 2_000).at(-1)).toMatchObject({ ...last, to: 10_111, count: 24 });
    // What is broken to the end is broken to the end, however often that is told.
    for (let times = 0; times < 2; times += 1) {
      ledger.found(a, { bad: [badRecords(10_200, undefined)], notices: [], through: 10_199, said: 0 });
    }
    expect(ledger.deadLetters({ key: "a" }, 2_000).at(-1)).toMatchObject({ ...last, to: undefined, count: 25 });
    expect(ledger.deadLetters({ key: "a" }, 2_000)).toHaveLength(999);
    expect(ledger.placesOf(lastOf("a"))).toEqual([...listed(1_000, 1_011), { from: 10_200, to: undefined }]);
  });

  it("keeps of a letter that lists its places those that cannot be decoded once more, under their own reason", () => {
    const [a] = discover("a");
    const bad = Array.from({ length: 1_005 }, (_, index) => badRecords(2 * index + 1));
    ledger.found(a as number, { bad, notices: [], through: 3_000, said: 0 });
    const many = () => ledger.deadLetters({ code: "many-bad-records" }, 9);
    const [all] = many();
    if (all === undefined) throw new Error("there is a letter for many");
    expect(all).toMatchObject({ from: 1_999, to: 2_009, count: 6 });
    const places = [
      { from: 2_001, to: 2_001 },
      { from: 2_005, to: 2_005 },
    ];
    const delivered = new Map([["one", { ...nothing, delivered: 4 }]]);
    ledger.settleLetter(all, delivered, { places, reason: "no number, hunter2" });
    restart();
    const reason = "bad here and further on, first: no number, ***";
    expect(many()).toMatchObject([{ sink: undefined, key: "a", etag: "1", from: 2_001, to: 2_005, count: 2, reason }]);
    const [rest] = many();
    if (rest === undefined) throw new Error("two places are left");
    expect(ledger.placesOf(rest.id)).toEqual(places);
    ledger.settleLetter(rest, new Map());
    expect([many(), ledger.countDeadLetters({ key: "a" })]).toEqual([[], 999]);
    // What is set aside next has nothing of it, whatever its number.
    ledger.setAside([letter(1)]);
    expect(ledger.placesOf(ledger.deadLetters({ sink: "one" }, 1)[0]?.id as number)).toBeUndefined();
  });

  it("lists so many bad places of an object, and counts those behind them in a letter that lists none", () => {
    const [a] = discover("a");
    let record = 0;
    const tell = (count: number) => {
      const bad = Array.from({ length: count }, () => {
        record += 2;
        return badRecords(record);
      });
      ledger.found(a as number, { bad, notices: [], through: record, said: 0 });
    };
    for (const count of [999, 100_000, 100_000, 100_000, 5, 7]) tell(count);
    restart();
    const many = ledger.deadLetters({ code: "many-bad-records" }, 9);
    expect(many.map(({ from, to, count }) => [from, to, count])).toEqual([
      [2_000, 601_998, 300_000],
      [602_000, 602_022, 12],
    ]);
    expect(many.map(({ id }) => ledger.placesOf(id)?.length)).toEqual([300_000, undefined]);
  });

  it("parks objects until they are due, for all who wait for them", () => {
    vi.useFakeTimers({ now: 1_000 });
    const [a, b, c] = discover("a", "b", "c");
    ledger.of("bucket").park(b, { ...trouble, nextAt: 40.4, reason: "403 hunter2" });
    ledger.of("bucket").park(a, trouble);
    vi.setSystemTime(2_000);
    ledger
      .of("bucket")
      .park(b, { ...trouble, attempts: 2, nextAt: 60, drawer: "passing", code: "http-500", reason: "500 hunter2" });
    ledger.commit("two", b, 3, { ...nothing, delivered: 3 }, false);
    restart();
    const ofB = {
      object: { id: b, source: "bucket", key: "b", etag: "1", size: 10, time: 1_700_000_000_000, records: undefined },
      attempts: 2,
      since: 1_000,
      nextAt: 60,
      drawer: "passing",
      code: "http-500",
      reason: "500 ***",
    };
    expect([ledger.of("bucket").parkedObject(b), ledger.of("bucket").parkedObject(c)]).toEqual([ofB, undefined]);
    expect([keysOf(ledger.of("bucket").pending("one", everything)), keysOf(ledger.of("bucket").discovered(0, 10))]).toEqual([
      ["c"],
      ["c"],
    ]);
    expect([
      parkedKeys(ledger.parked(10)),
      parkedKeys(ledger.parked(1)),
      ledger.countParked(),
      ledger.of("bucket").nextDue(),
    ]).toEqual([["a", "b"], ["a"], 2, 50]);
    expect([49, 50, 60].map((now) => parkedKeys(ledger.of("bucket").due(now, 10)))).toEqual([[], ["a"], ["a", "b"]]);
    expect(parkedKeys(ledger.of("bucket").due(60, 1))).toEqual(["a"]);
    const seen = (sink: string | undefined, limit = 10) =>
      ledger.parkedFor(sink, limit).map((parked) => [parked.object.key, parked.sink, parked.position]);
    expect([seen("two"), seen(undefined, 3)]).toEqual([
      [
        ["a", "two", 0],
        ["b", "two", 3],
      ],
      [
        ["a", "one", 0],
        ["a", "two", 0],
        ["b", "one", 0],
      ],
    ]);
    expect(ledger.parkedFor("two", 10)[1]).toEqual({ ...ofB, sink: "two", position: 3 });
    ledger.of("bucket").wakeParked([b, c]);
    expect(ledger.parked(10).map(({ object: { id }, nextAt }) => [id, nextAt === 0])).toEqual([
      [a, false],
      [b, true],
    ]);
    expect([ledger.of("bucket").newest()?.id, ledger.of("bucket").newest()?.key]).toEqual([c, "c"]);
    ledger.of("bucket").wakeParked();
    expect(ledger.parked(10).map(({ nextAt, attempts }) => [nextAt, attempts])).toEqual([
      [0, 1],
      [0, 2],
    ]);
    ledger.of("bucket").unpark(a);
    expect([keysOf(ledger.of("bucket").pending("one", everything)), ledger.status().parked]).toEqual([["a", "c"], 1]);
    ledger.of("bucket").discover({ partition: "p", objects: [], forgetBefore: "z" });
    finish("one", b);
    expect(ledger.countParked()).toBe(1);
    finish("two", b);
    expect([ledger.countParked(), knows("b")]).toEqual([0, false]);
  });

  it("keeps a letter once, which grows and never shrinks", () => {
    const range = (to: number | undefined, count: number, reason = "no") => letter(601, { to, count, reason });
    expect(ledger.setAside([range(652, 52), letter(602), letter(602)])).toBe(2);
    expect(ledger.setAside([range(700, 100, "hunter2")])).toBe(0);
    ledger.setAside([range(660, 10, "hunter2")]);
    restart();
    expect(ledger.deadLetters({}, 10)).toMatchObject([
      { from: 601, to: 700, count: 100, reason: "***" },
      { from: 602, to: 602 },
    ]);
    ledger.setAside([range(undefined, 1)]);
    ledger.setAside([range(900, 90)]);
    expect(ledger.deadLetters({}, 1)).toMatchObject([{ from: 601, to: undefined, count: 100 }]);
    const others = [{ sink: "two" }, { key: "b" }, { etag: "2" }, { code: "other" }].map((of) => letter(601, of));
    expect(ledger.setAside(others)).toBe(4);
    ledger.setAside([range(undefined, 500)]);
    expect(ledger.deadLetters({}, 10).map(({ count }) => count)).toEqual([500, 1, 1, 1, 1, 1]);
  });

  it("finds letters by sink, key and code, and counts their records", () => {
    ledger.setAside([
      letter(1, { count: 5 }),
      letter(2, { sink: undefined, code: "bad-json" }),
      letter(3, { sink: "two", key: "b", count: 7 }),
    ]);
    const found = (filter: Parameters<Ledger["deadLetters"]>[0]) => [
      ledger.deadLetters(filter, 10).map(({ from }) => from),
      ledger.countDeadLetters(filter),
    ];
    expect([{}, { sink: "one" }, { sink: null }, { key: "a" }, { key: "a", code: "http-400" }, { sink: "x" }].map(found)).toEqual(
      [
        [[1, 2, 3], 13],
        [[1], 5],
        [[2], 1],
        [[1, 2], 6],
        [[1], 5],
        [[], 0],
      ],
    );
    expect(ledger.deadLetters({ sink: null }, 10)[0]?.sink).toBeUndefined();
  });

  it("settles a letter: the accounts follow what became of its records", () => {
    vi.useFakeTimers({ now: 1_000 });
    const [a] = discover("a");
    const aside = letter(1, { to: 4, count: 4 });
    const rejected = letter(5, { to: 14, count: 3, code: "rejected" });
    ledger.commit("one", a, 14, { delivered: 7, rejected: 3, setAside: 4, deadLetters: [aside, rejected] }, false);
    ledger.setAside([letter(15, { sink: undefined })]);
    const [first, second, third] = ledger.deadLetters({}, 10);
    if (first === undefined || second === undefined || third === undefined) throw new Error("three letters are there");
    vi.setSystemTime(2_000);
    ledger.settleLetter(first, new Map([["one", { delivered: 2, rejected: 1, setAside: 1, deadLetters: [letter(2)] }]]));
    expect(account("one")).toMatchObject({ delivered: 9, rejected: 4, setAside: 1, offered: 14, lastDelivery: 2_000 });
    ledger.settleLetter(second, new Map([["one", { ...nothing, delivered: 9, setAside: 1 }]]));
    expect(account("one")).toMatchObject({ delivered: 11, rejected: 1, setAside: 2, offered: 14 });
    vi.setSystemTime(3_000);
    ledger.settleLetter(
      third,
      new Map([
        ["one", { ...nothing, delivered: 1 }],
        ["two", { ...nothing, setAside: 1, deadLetters: [letter(15, { sink: "two" })] }],
      ]),
    );
    restart();
    expect(account("one")).toMatchObject({ delivered: 12, rejected: 1, setAside: 2, offered: 15, lastDelivery: 3_000 });
    expect(account("two")).toMatchObject({ delivered: 0, rejected: 0, setAside: 1, offered: 1, lastDelivery: undefined });
    expect(ledger.deadLetters({}, 10).map(({ sink, from }) => [sink, from])).toEqual([
      ["one", 2],
      ["two", 15],
    ]);
  });

  it("takes no more off an account than it holds, whatever a letter counts", () => {
    const [a] = discover("a");
    // As of a ledger of before there were books: letters that count more than was booked.
    const letters = [letter(1, { to: 9, count: 9 }), letter(11, { to: 19, count: 9, code: "rejected" })];
    ledger.commit("one", a, 19, { delivered: 0, rejected: 2, setAside: 3, deadLetters: letters }, false);
    const [aside, rejected] = ledger.deadLetters({}, 10);
    if (aside === undefined || rejected === undefined) throw new Error("two letters are there");
    ledger.settleLetter(aside, new Map([["one", { ...nothing, delivered: 9 }]]));
    expect(account("one")).toMatchObject({ delivered: 9, rejected: 2, setAside: 0 });
    ledger.settleLetter(rejected, new Map([["one", { ...nothing, delivered: 9 }]]));
    expect(account("one")).toMatchObject({ delivered: 18, rejected: 0, setAside: 0 });
  });

  it("takes nothing off what was delivered when more is refused by a replay than before", () => {
    const [a] = discover("a");
    const letters = [letter(1, { to: 9, count: 2, code: "rejected" })];
    ledger.commit("one", a, 9, { delivered: 7, rejected: 2, setAside: 0, deadLetters: letters }, false);
    const [rejected] = ledger.deadLetters({}, 10);
    if (rejected === undefined) throw new Error("a letter is there");
    ledger.settleLetter(rejected, new Map([["one", { delivered: 4, rejected: 3, setAside: 2, deadLetters: [letter(8)] }]]));
    expect(account("one")).toMatchObject({ delivered: 7, rejected: 3, setAside: 2 });
  });

  it("saves a state with the positions it goes up to", () => {
    ledger.register(["one", "two", "(rules)"]);
    const [a, b] = discover("a", "b");
    for (const sink of ["one", "two"]) finish(sink, a);
    ledger.states.put("(rules)", [
      { number: 2, value: "second" },
      { number: 1, value: "first" },
    ]);
    ledger.states.put("other", [{ number: 1, value: "not mine" }]);
    expect(ledger.states.read("(rules)")).toBeUndefined();
    ledger.of("bucket").discover({ partition: "p", objects: [], forgetBefore: "b" });
    ledger.checkpoint("(rules)", "head", [
      { id: a, position: 9, finished: true },
      { id: b, position: 4, finished: false },
    ]);
    restart();
    const read = (name: string) => {
      const state = ledger.states.read(name);
      return state && [state.head, ...[...state.parts].map(({ number, value }) => [number, value])];
    };
    expect(read("(rules)")).toEqual(["head", [1, "first"], [2, "second"]]);
    expect([ledger.position("(rules)", a), ledger.position("(rules)", b), ledger.position("one", b)]).toEqual([
      undefined,
      { position: 4, settled: 0 },
      { position: 0, settled: 0 },
    ]);
    expect(knows("a")).toBe(false);
    ledger.states.put("(rules)", [{ number: 2, value: "again" }]);
    ledger.states.discard("(rules)", [1]);
    ledger.checkpoint("other", "its head", []);
    ledger.checkpoint("(rules)", "later", []);
    expect([read("(rules)"), read("other")]).toEqual([
      ["later", [2, "again"]],
      ["its head", [1, "not mine"]],
    ]);
    ledger.states.forget("(rules)");
    ledger.checkpoint("(rules)", "new", []);
    expect([read("(rules)"), read("other")]).toEqual([["new"], ["its head", [1, "not mine"]]]);
  });

  it("keeps what lies at the horizon, and the horizon when a page names none", () => {
    const [a, b] = discover("a", "b");
    for (const id of [a, b]) finish("one", id);
    finish("two", b);
    ledger.of("bucket").discover({ partition: "p", objects: [], forgetBefore: "b" });
    ledger.of("bucket").discover({ partition: "p", objects: [] });
    finish("two", a);
    expect([knows("a"), knows("b")]).toEqual([false, true]);
  });

  it("hands out first what is overdue longest", () => {
    const [a, b] = discover("a", "b");
    ledger.of("bucket").park(a, { ...trouble, nextAt: 50 });
    ledger.of("bucket").park(b, { ...trouble, nextAt: 40 });
    expect(parkedKeys(ledger.of("bucket").due(60, 10))).toEqual(["b", "a"]);
  });

  /** Each call that writes, on a ledger where it has something to write. */
  const writes: Record<string, (ids: readonly number[]) => unknown> = {
    register: () => ledger.register(["three", "four"]),
    discover: () =>
      ledger.of("bucket").discover({ partition: "p", objects: [object("x"), object("y")], mark: "m", forgetBefore: "b" }),
    "commit, not finished": ([, b = 0]) =>
      ledger.commit("one", b, 5, { delivered: 1, rejected: 1, setAside: 1, deadLetters: [letter(9)] }, false),
    "commit, finished": ([, b = 0]) => ledger.commit("one", b, 5, { ...nothing, setAside: 1, deadLetters: [letter(9)] }, true),
    found: ([a = 0]) =>
      ledger.found(a, { bad: [badRecords(2, 3), badRecords(5)], notices: [notice("no-data", 3, 1)], through: 6, said: 0 }),
    readToEnd: ([a = 0]) => ledger.readToEnd(a, 3),
    together: ([a = 0, b = 0]) =>
      ledger.together(() => {
        ledger.readToEnd(a, 3);
        ledger.commit("one", b, 5, { ...nothing, delivered: 5 }, true);
      }),
    park: ([, b = 0]) => ledger.of("bucket").park(b, trouble),
    unpark: ([a = 0]) => ledger.of("bucket").unpark(a),
    wakeParked: () => ledger.of("bucket").wakeParked(),
    checkpoint: ([, b = 0]) => ledger.checkpoint("one", "next", [{ id: b, position: 3, finished: true }]),
    setAside: () => ledger.setAside([letter(1, { to: 9 }), letter(7), letter(8)]),
    settleLetter: () => {
      const [stored] = ledger.deadLetters({}, 1);
      if (stored === undefined) throw new Error("a letter is there");
      ledger.settleLetter(stored, new Map([["one", { ...nothing, delivered: 1, deadLetters: [letter(11)] }]]));
    },
    note: () => ledger.of("bucket").note("kind", "k", "m"),
    setProblems: () => ledger.setProblems([{ part: "source", drawer: "person", code: "c", reason: "r", since: 1 }]),
    "states.put": () =>
      ledger.states.put(
        "s",
        [1, 2].map((number) => ({ number, value: "other" })),
      ),
    "states.discard": () => ledger.states.discard("s", [1, 2]),
    "states.forget": () => ledger.states.forget("s"),
    "alerts.raise": () => ledger.alerts.raise([{ alert: alertOf({ key: "new" }), late: false }], ["a", "b"]),
    "alerts.settle": () => ledger.alerts.settle(1, "a"),
    "alerts.refuse": () => ledger.alerts.refuse(1, "a", "c", "r"),
    "alerts.requeue": () => ledger.alerts.requeue("b"),
    "alerts.forget": () => ledger.alerts.forget(Date.now() + 1_000),
  };
  /** The connection that the ledger itself writes with. */
  const connection = (): DatabaseSync => {
    const exec = vi.spyOn(DatabaseSync.prototype, "exec");
    ledger.of("bucket").note("kind", "k", "m");
    const [db] = exec.mock.contexts;
    exec.mockRestore();
    return db as DatabaseSync;
  };
  /** Everything that the file holds, as another connection finds it; the owner's name and times aside. */
  const held = () => {
    const db = new DatabaseSync(fileAt(), { readOnly: true });
    const tables = db.prepare("select name from sqlite_schema where type = 'table'").all();
    const rows = tables.map(({ name }) => [name, db.prepare(`select * from ${name}`).all()]);
    db.close();
    return JSON.stringify(rows);
  };
  const prepare = () => {
    const ids = discover("a", "b");
    ledger.of("bucket").park(ids[0], trouble);
    ledger.setAside([letter(1), letter(2)]);
    ledger.states.put(
      "s",
      [1, 2].map((number) => ({ number, value: "v" })),
    );
    ledger.checkpoint("s", "head", []);
    const raised = ["1", "2"].map((key) => ({ alert: alertOf({ key }), late: false }));
    ledger.alerts.raise(raised, ["a", "b"]);
    ledger.alerts.refuse(2, "b", "c", "r");
    return ids;
  };

  if (lasts) {
    describe.each(Object.entries(writes))("%s", (_, write) => {
      it("is busy while another connection writes, and has then done nothing; afterwards it works", () => {
        const ids = prepare();
        const before = held();
        const other = new DatabaseSync(fileAt());
        other.exec("begin immediate");
        const failure = thrownBy(() => write(ids));
        expect(failure).toMatchObject({ drawer: "worker", code: "ledger-busy" });
        expect(failure.message).toContain(`ledger ${fileAt()}: another program holds its lock`);
        other.exec("rollback");
        other.close();
        expect(held()).toBe(before);
        write(ids);
        expect(held()).not.toBe(before);
      });

      it("says that its file is gone, has then done nothing, and works when the file is back", () => {
        const ids = prepare();
        const before = held();
        renameSync(fileAt(), `${fileAt()}.away`);
        const failure = thrownBy(() => write(ids));
        expect(failure).toMatchObject({ drawer: "worker", code: "ledger-replaced" });
        expect(failure.message).toContain(`ledger ${fileAt()}: its file was removed or replaced`);
        renameSync(`${fileAt()}.away`, fileAt());
        expect(held()).toBe(before);
        write(ids);
        expect(held()).not.toBe(before);
      });

      it("finds no room on the disk in the middle of its writes, has then done nothing, and works when there is room", () => {
        const ids = prepare();
        const other = new DatabaseSync(fileAt());
        other.exec("pragma synchronous = off; begin; create table filler (bytes blob)");
        const names = tables();
        const each = names.flatMap((name) => ["insert", "update", "delete"].map((kind) => [name, kind] as const));
        // Each row that is written takes more pages than there are.
        for (const [name, kind] of each)
          other.exec(
            `create trigger fill_${name}_${kind} after ${kind} on ${name} begin insert into filler values (zeroblob(100000)); end`,
          );
        other.exec("commit");
        const db = connection();
        const before = held();
        db.exec(`pragma max_page_count = ${db.prepare("pragma page_count").get()?.page_count}`);
        for (let attempt = 0; attempt < 2; attempt += 1) {
          const failure = thrownBy(() => write(ids));
          expect(failure).toMatchObject({ drawer: "worker", code: "ledger-disk-full" });
          expect(failure.message).toContain(`ledger ${fileAt()}: no room for it (database or disk is full)`);
          expect(held()).toBe(before);
        }
        other.exec("begin");
        for (const [name, kind] of each) other.exec(`drop trigger fill_${name}_${kind}`);
        other.exec("drop table filler; commit");
        other.close();
        db.exec("pragma max_page_count = 1000000");
        write(ids);
        expect(held()).not.toBe(before);
      });

      it("says that the database may only be read, has then done nothing, and works when it may be written", () => {
        const ids = prepare();
        const db = connection();
        const before = held();
        db.exec("pragma query_only = 1");
        const failure = thrownBy(() => write(ids));
        expect(failure).toMatchObject({ drawer: "worker", code: "ledger-read-only" });
        expect(failure.message).toContain(`ledger ${fileAt()}: it cannot be written (attempt to write a readonly database)`);
        db.exec("pragma query_only = 0");
        expect(held()).toBe(before);
        write(ids);
        expect(held()).not.toBe(before);
      });

      it("is undone when any of its writes fails, and works when that is healed", () => {
        const ids = prepare();
        const before = held();
        const reference = rows();
        // Each table in turn refuses each kind of write, when all earlier writes of the call are done.
        let refused = 0;
        const other = new DatabaseSync(fileAt());
        other.exec("pragma synchronous = off");
        for (const table of tables()) {
          for (const kind of ["insert", "update", "delete"]) {
            other.exec(`create trigger broken after ${kind} on ${table} begin select raise(abort, 'it broke'); end`);
            let failure: unknown;
            try {
              write(ids);
            } catch (error) {
              failure = error;
            }
            other.exec("drop trigger broken");
            if (failure === undefined) {
              // The call does not write so: it has happened whole. The next one begins from what was.
              restore(other, reference);
            } else {
              refused += 1;
              expect(failure).toMatchObject({ drawer: "worker" });
              expect((failure as Error).message).toBe(`ledger ${fileAt()}: it broke`);
              expect(held(), `${kind} on ${table}`).toBe(before);
            }
          }
        }
        other.close();
        expect(refused).toBeGreaterThan(0);
        write(ids);
        expect(held()).not.toBe(before);
      });
    });
  }
});

function thrownBy(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

function tables(): string[] {
  const db = new DatabaseSync(fileAt(), { readOnly: true });
  const names = db.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'").all();
  db.close();
  return names.map(({ name }) => name as string);
}

type Rows = Map<string, Record<string, string | number | null>[]>;

function rows(): Rows {
  const db = new DatabaseSync(fileAt(), { readOnly: true });
  const found = [...tables(), "sqlite_sequence"].map((name) => [name, db.prepare(`select * from ${name}`).all()] as const);
  db.close();
  return new Map(found) as Rows;
}

function restore(db: DatabaseSync, reference: Rows): void {
  db.exec("pragma foreign_keys = off; begin");
  for (const [name, content] of reference) {
    db.exec(`delete from ${name}`);
    for (const row of content) {
      const columns = Object.keys(row);
      db.prepare(`insert into ${name} (${columns}) values (${columns.map(() => "?")})`).run(...Object.values(row));
    }
  }
  // The table of sequences follows what was inserted.
  db.exec("delete from sqlite_sequence");
  for (const row of reference.get("sqlite_sequence") ?? []) {
    db.prepare("insert into sqlite_sequence (name, seq) values (?, ?)").run(row.name as string, row.seq as number);
  }
  db.exec("commit; pragma foreign_keys = on");
}
