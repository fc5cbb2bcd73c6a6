import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Ledger, Problem } from "../../../src/contracts/ledger.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { keepProblems } from "../../../src/run/problems.ts";

const problem = (part: string): Problem => ({ part, drawer: "person", code: "http-401", reason: "401", since: 1 });

let ledger: Ledger;
let disk: { full: boolean; attempts: number; error: Error };
let kept: Problem[][];
let problems: ReturnType<typeof keepProblems>;
beforeEach(() => {
  ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
  disk = { full: false, attempts: 0, error: new Failure("worker", "ledger-disk-full", "ledger x: disk full") };
  kept = [];
  const setProblems = (some: readonly Problem[]) => {
    disk.attempts += 1;
    if (disk.full) throw disk.error;
    kept.push([...some]);
  };
  problems = keepProblems({ ...ledger, setProblems }, { initialMs: 1, maxMs: 2 });
});
afterEach(() => {
  problems.close();
  ledger.close();
});

test("what is told is kept at once", () => {
  problems.tell([problem("source")]);
  expect(kept).toEqual([[problem("source")]]);
});

test("what the ledger cannot take is kept when it can, if nothing else was told since", async () => {
  disk.full = true;
  problems.tell([problem("source")]);
  problems.tell([problem("source"), problem("sink out")]);
  problems.tell([]);
  await expect.poll(() => disk.attempts).toBeGreaterThan(3);
  expect(kept).toEqual([]);
  disk.full = false;
  await expect.poll(() => kept).toEqual([[]]);
  await sleep(10);
  problems.tell([problem("source")]);
  expect(kept).toEqual([[], [problem("source")]]);
});

test("what is told while something is being kept is kept after it", async () => {
  problems.tell([problem("source")]);
  problems.tell([problem("sink out")]);
  await expect.poll(() => kept).toEqual([[problem("source")], [problem("sink out")]]);
});

test("after the end nothing is kept, nor tried", async () => {
  disk.full = true;
  problems.tell([problem("source")]);
  await expect.poll(() => disk.attempts).toBeGreaterThan(1);
  problems.close();
  const { attempts } = disk;
  disk.full = false;
  problems.tell([problem("sink out")]);
  await sleep(10);
  expect([disk.attempts, kept]).toEqual([attempts, []]);
});
