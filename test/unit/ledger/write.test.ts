import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type LedgerTrouble, ledgerWrite } from "../../../src/ledger/write.ts";
import { Failure, UsageError } from "../../../src/lib/errors.ts";

const full = new Failure("worker", "ledger-disk-full", "ledger x: no room for it");
const gone = new Failure("worker", "ledger-replaced", "ledger x: its file was removed");
const never = new AbortController().signal;
const policy = { initialMs: 1, maxMs: 4 };

function witness() {
  const [troubles, recoveries]: LedgerTrouble[][] = [[], []];
  return {
    troubles,
    recoveries,
    events: {
      onTrouble: (trouble: LedgerTrouble) => void troubles?.push(trouble),
      onRecovery: (trouble: LedgerTrouble) => void recoveries?.push(trouble),
    },
  };
}

/** Throws these one after the other, then gives the number of the call. */
function failing(...errors: unknown[]) {
  let calls = 0;
  return () => {
    calls += 1;
    if (errors.length > 0) throw errors.shift();
    return calls;
  };
}

test("a write that succeeds says nothing; what the ledger cannot take is repeated until it can", async () => {
  const { troubles, recoveries, events } = witness();
  const write = ledgerWrite(policy, never, events);
  expect(await write(() => 7)).toBe(7);
  expect([troubles, recoveries]).toEqual([[], []]);
  expect(await write(failing(full, full, full))).toBe(4);
  expect(troubles).toEqual([1, 2, 3].map((failures) => ({ failures, error: full })));
  expect(recoveries).toEqual([{ failures: 3, error: full }]);
  await write(() => 7);
  expect(recoveries).toHaveLength(1);
  await write(failing(full));
  expect(troubles?.at(-1)).toEqual({ failures: 1, error: full });
});

test("writes at the same time share their trouble", async () => {
  const { troubles, recoveries, events } = witness();
  const write = ledgerWrite(policy, never, events);
  await Promise.all([write(failing(full)), write(failing(full))]);
  expect(troubles?.map(({ failures }) => failures)).toEqual([1, 2]);
  expect(recoveries).toHaveLength(1);
});

test.each([new UsageError("x", "wrong"), new Failure("passing", "busy", "503"), new Error("a bug")])(
  "what is no fault of the ledger is thrown at once: %s",
  async (error) => {
    const { troubles, events } = witness();
    await expect(ledgerWrite(policy, never, events)(failing(error))).rejects.toBe(error);
    expect(troubles).toEqual([]);
  },
);

test("the end of patience ends the pause", async () => {
  const patience = new AbortController();
  const { troubles, events } = witness();
  const write = ledgerWrite({ initialMs: 60_000, maxMs: 60_000 }, patience.signal, events);
  const writing = write(failing(full));
  patience.abort();
  await expect(writing).rejects.toThrow("aborted");
  expect(troubles).toHaveLength(1);
});

describe("a file that is gone", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const MINUTES = 60_000;
  /** Each failure after this many minutes. */
  const spaced = (...failures: [minutes: number, error: unknown][]) => {
    const write = failing(...failures.map(([, error]) => error));
    return () => {
      vi.advanceTimersByTime((failures.shift()?.[0] ?? 0) * MINUTES);
      return write();
    };
  };

  test("has five minutes to come back; then the worker ends with that", async () => {
    const write = ledgerWrite(policy, never, witness().events);
    expect(await write(spaced([0, gone], [4.99, gone]))).toBe(3);
    await expect(write(spaced([0, gone], [2.5, gone], [2.5, gone]))).rejects.toBe(gone);
    await expect(write(spaced([0, gone]))).rejects.toBe(gone);
  });

  test("has five minutes each time that it was there, and other troubles are not its absence", async () => {
    const write = ledgerWrite(policy, never, witness().events);
    expect(await write(spaced([0, gone], [4, gone]))).toBe(3);
    expect(await write(spaced([4, gone], [4, gone]))).toBe(3);
    expect(await write(spaced([0, gone], [4, full], [4, gone], [4, gone]))).toBe(5);
  });
});

test("pauses grow with each attempt, up to the longest", async () => {
  const at: number[] = [];
  const errors = Array(6).fill(full);
  await ledgerWrite(
    { initialMs: 8, maxMs: 64 },
    never,
    witness().events,
  )(() => {
    at.push(performance.now());
    const error = errors.shift();
    if (error !== undefined) throw error;
  });
  const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  // At least half of the ceiling; timers are exact to a millisecond.
  for (const [index, ceiling] of [8, 16, 32, 64, 64, 64].entries()) {
    expect(pauses[index]).toBeGreaterThanOrEqual(ceiling / 2 - 1);
  }
  expect(pauses).toHaveLength(6);
});
