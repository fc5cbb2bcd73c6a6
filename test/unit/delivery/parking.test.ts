import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Ledger, ParkedObject, QueuedObject } from "../../../src/contracts/ledger.ts";
import { Parking } from "../../../src/delivery/parking.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import type { LedgerWrite } from "../../../src/ledger/write.ts";
import { Failure } from "../../../src/lib/errors.ts";

const MINUTE = 60_000;
const START = Date.parse("2026-01-01T00:00:00Z");
const denied = new Failure("object", "object-denied", "403");
const busy = new Failure("passing", "service-unavailable", "503");
const nobody: ReadonlySet<number> = new Set();

let ledger: Ledger;
let objects: QueuedObject[];
let told: ParkedObject[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "performance"], now: START });
  ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
  ledger.register(["out"]);
  const found = ["a", "b", "c", "d"].map((key) => ({ key, etag: "1", size: 1, time: 0, order: key }));
  ledger.of("bucket").discover({ partition: "", objects: found });
  objects = ledger.of("bucket").pending("out", { after: 0, through: 10, limit: 10 });
  told = [];
});

afterEach(() => {
  ledger.close();
  vi.useRealTimers();
});

const open = (policy = { initialMs: 1_000, maxMs: 30_000 }, write: LedgerWrite = async (work) => work()) =>
  new Parking(ledger.of("bucket"), write, policy, (parked) => told.push(parked));

function at(index: number): QueuedObject {
  const object = objects[index];
  if (object === undefined) throw new Error(`there is no object ${index}`);
  return object;
}

/** Between half of it and all of it, as every pause. */
const about = (ms: number) => expect.toSatisfy((pause: number) => pause >= ms / 2 && pause <= ms, `about ${ms} ms`);
const pauses = () => told.map(({ nextAt }) => nextAt - Date.now());

test("what the store refuses is tried at pauses that grow to a quarter of an hour", async () => {
  const parking = open();
  for (let attempt = 1; attempt <= 12; attempt += 1) await parking.park(at(0), denied);
  const seconds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900];
  expect(pauses()).toEqual(seconds.map((pause) => about(pause * 1_000)));
  expect(ledger.parked(10)).toMatchObject([
    { object: { key: "a" }, attempts: 12, since: START, drawer: "object", code: "object-denied", reason: "403" },
  ]);
  expect(told.at(-1)).toMatchObject({ object: { key: "a" }, attempts: 12, since: START, reason: "403" });
});

test("what passes is tried at pauses that grow no longer than others do", async () => {
  const parking = open();
  for (let attempt = 1; attempt <= 8; attempt += 1) await parking.park(at(0), busy);
  expect(pauses()).toEqual([1, 2, 4, 8, 16, 30, 30, 30].map((pause) => about(pause * 1_000)));
});

test("pauses that are configured to be longer than a quarter of an hour are kept", async () => {
  const parking = open({ initialMs: 60 * MINUTE, maxMs: 60 * MINUTE });
  await parking.park(at(0), denied);
  expect(pauses()).toEqual([about(60 * MINUTE)]);
});

test("a new run tries everything at once, with the attempts that were made, and at short pauses again", async () => {
  const before = open();
  for (let attempt = 1; attempt <= 9; attempt += 1) await before.park(at(0), denied);
  const parking = open();
  expect(parking.pauseMs).toBe(0);
  expect(parking.due(nobody)).toMatchObject({ object: { key: "a" }, attempts: 9, code: "object-denied" });
  told = [];
  await parking.park(at(0), denied);
  expect(told).toMatchObject([{ attempts: 10, since: START }]);
  expect(pauses()).toEqual([about(1_000)]);
});

test("an object is due when its pause is over, and the longest overdue one that nobody is at comes first", async () => {
  const parking = open();
  expect(parking.due(nobody)).toBeUndefined();
  expect(parking.pauseMs).toBeUndefined();
  await parking.park(at(1), denied);
  vi.setSystemTime(START + 5);
  await parking.park(at(0), new Failure("object", "archived", "x", { retryAfterMs: 5_000 }));
  await parking.park(at(2), new Failure("object", "archived", "x", { retryAfterMs: 4_000 }));
  const [first = 0] = told.map(({ nextAt }) => nextAt);
  expect(parking.pauseMs).toBe(first - Date.now());
  vi.setSystemTime(first - 1);
  expect(parking.due(nobody)).toBeUndefined();
  vi.setSystemTime(first);
  expect(parking.pauseMs).toBe(0);
  expect(parking.due(nobody)).toMatchObject({ object: { key: "b" } });
  expect(parking.due(new Set([at(1).id]))).toBeUndefined();
  vi.setSystemTime(START + MINUTE);
  expect(parking.pauseMs).toBe(0);
  expect(parking.due(new Set([at(1).id]))).toMatchObject({ object: { key: "c" } });
  expect(parking.due(new Set([at(1).id, at(2).id]))).toMatchObject({ object: { key: "a" } });
  expect(parking.due(new Set([at(0).id, at(1).id, at(2).id]))).toBeUndefined();
});

test("one that was read is parked no more, and begins anew when it cannot be read again", async () => {
  const parking = open();
  await parking.park(at(0), denied);
  await parking.park(at(0), denied);
  await parking.wasRead(at(0), () => false);
  expect([ledger.countParked(), parking.pauseMs, parking.owes]).toEqual([0, undefined, false]);
  vi.setSystemTime(START + MINUTE);
  told = [];
  await parking.park(at(0), denied);
  expect(told).toMatchObject([{ attempts: 1, since: START + MINUTE }]);
  expect(pauses()).toEqual([about(1_000)]);
});

test("one that was read while others lack it is due at once for them, as it stood", async () => {
  const parking = open();
  for (let attempt = 1; attempt <= 3; attempt += 1) await parking.park(at(0), denied);
  expect(parking.owes).toBe(false);
  await parking.wasRead(at(0), () => true);
  expect(parking.owes).toBe(true);
  expect(parking.due(nobody)).toMatchObject({ object: { key: "a" }, attempts: 3, since: START, reason: "403" });
  await parking.wasRead(at(0), () => false);
  expect([ledger.countParked(), parking.owes]).toEqual([0, false]);
});

test("one that was never parked is not parked because others lack it", async () => {
  const parking = open();
  await parking.wasRead(at(0), () => true);
  expect([ledger.countParked(), parking.owes]).toEqual([0, false]);
});

test("one that nobody can take now is tried later, and that was no attempt", async () => {
  const parking = open();
  for (let attempt = 1; attempt <= 3; attempt += 1) await parking.park(at(0), denied);
  vi.setSystemTime(START + 60 * MINUTE);
  const parked = parking.due(nobody);
  if (parked === undefined) throw new Error("it is due");
  await parking.postpone(parked);
  expect([parking.pauseMs, parking.due(nobody)]).toEqual([30_000, undefined]);
  expect(ledger.parked(10)).toMatchObject([{ attempts: 3, since: START, nextAt: Date.now() + 30_000, reason: "403" }]);
  expect(parking.owes).toBe(true);
  await parking.leave(parked.object.id);
  expect([ledger.countParked(), parking.pauseMs, parking.owes]).toEqual([0, undefined, false]);
});

test("a job tries three times what the store refuses", async () => {
  const parking = open();
  expect(parking.owes).toBe(false);
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await parking.park(at(0), denied);
    expect(parking.owes).toBe(attempt < 3);
  }
  await parking.park(at(1), denied);
  expect(parking.owes).toBe(true);
});

test("a job tries at least six times what fails in passing, and goes on as long as nothing can be read", async () => {
  const parking = open();
  for (let attempt = 1; attempt <= 20; attempt += 1) await parking.park(at(0), busy);
  expect(parking.owes).toBe(true);
  vi.advanceTimersByTime(1);
  await parking.wasRead(at(1), () => false);
  await parking.park(at(0), busy);
  expect(parking.owes).toBe(false);
  for (let attempt = 1; attempt <= 6; attempt += 1) {
    await parking.park(at(2), busy);
    expect(parking.owes).toBe(attempt < 6);
    await parking.wasRead(at(1), () => false);
  }
});

test("a job tries each object that was parked before it once", async () => {
  const before = open();
  for (const index of [0, 1]) await before.park(at(index), denied);
  const parking = open();
  expect(parking.owes).toBe(true);
  await parking.wasRead(at(0), () => false);
  expect(parking.owes).toBe(true);
  const due = parking.due(nobody);
  expect(due?.object.key).toBe("a");
  await parking.wasRead(at(0), () => false);
  expect(parking.due(nobody)?.object.key).toBe("b");
  expect(parking.owes).toBe(true);
  await parking.wasRead(at(1), () => false);
  expect(parking.owes).toBe(false);
});

/** A disk that is full: each write waits until it is let through, in whatever order. */
function fullDisk() {
  const waiting: (() => void)[] = [];
  const write: LedgerWrite = async (work) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    await promise;
    return work();
  };
  const letThrough = async (...places: readonly number[]) => {
    for (const place of places) {
      waiting[place]?.();
      await new Promise(setImmediate);
    }
  };
  return { write, letThrough };
}

test.each([
  ["before", [0, 1]],
  ["after", [1, 0]],
])("one that is read for some stays parked for others whose reading fails, %s the disk has taken that", async (_, order) => {
  const { write, letThrough } = fullDisk();
  const parking = open(undefined, write);
  const failing = parking.park(at(0), busy);
  const read = parking.wasRead(at(0), () => true);
  await letThrough(...order);
  await Promise.all([failing, read]);
  expect([ledger.countParked(), parking.owes]).toEqual([1, true]);
});

test.each([
  ["before", [0, 1]],
  ["after", [1, 0]],
])(
  "one whose reading fails is not parked when everybody has got it in another reading, %s the disk has taken that",
  async (_, order) => {
    const { write, letThrough } = fullDisk();
    const parking = open(undefined, write);
    const failing = parking.park(at(0), busy);
    const read = parking.wasRead(at(0), () => false);
    await letThrough(...order);
    await Promise.all([failing, read]);
    expect([ledger.countParked(), parking.owes]).toEqual([0, false]);
    expect(told).toHaveLength(order[0] === 0 ? 1 : 0);
  },
);

test("whether others lack what was read is asked when the disk takes it", async () => {
  const { write, letThrough } = fullDisk();
  const parking = open(undefined, write);
  const first = parking.park(at(0), busy);
  await letThrough(0);
  await first;
  let isWanted = false;
  const read = parking.wasRead(at(0), () => isWanted);
  isWanted = true;
  await letThrough(1);
  await read;
  expect([ledger.countParked(), parking.owes, parking.pauseMs]).toEqual([1, true, 0]);
});
