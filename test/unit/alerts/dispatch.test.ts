import { expect, test } from "vitest";
import { AlertDispatch, type DispatchEvents } from "../../../src/alerts/dispatch.ts";
import type { Alert, AlertLedger, Notifier } from "../../../src/contracts.ts";
import { PermanentError, RetryableError } from "../../../src/errors.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { alertOf } from "./receiver.ts";

const OPTIONS = { latenessMs: 3_600_000, linksOf: () => [], retry: { initialMs: 1, maxMs: 2 } };
const recent = (key: string): Alert => alertOf({ key, firstSeen: Date.now(), lastSeen: Date.now() });

function eventsInto(log: string[]): DispatchEvents {
  return {
    onHeldBack: ({ key }, why) => log.push(`${key} held back: ${why}`),
    onTold: ({ key }, notifier) => log.push(`${key} told ${notifier}`),
    onFailing: (notifier) => log.push(`${notifier} fails`),
    onRefused: ({ key }, notifier) => log.push(`${key} refused by ${notifier}`),
  };
}

function notifier(told: string[], fail: (call: number) => Error | undefined = () => undefined, paceMs = 0): Notifier {
  let calls = 0;
  return {
    paceMs,
    async notify({ key }) {
      calls += 1;
      const error = fail(calls);
      if (error !== undefined) throw error;
      told.push(key);
    },
  };
}

async function deliver(
  ledger: AlertLedger,
  notifiers: Record<string, Notifier>,
  alerts: Alert[],
  timeoutMs = 5_000,
): Promise<string[]> {
  const log: string[] = [];
  const dispatch = new AlertDispatch(ledger, new Map(Object.entries(notifiers)), OPTIONS, eventsInto(log));
  const ended = new AbortController();
  const running = dispatch.run(ended.signal);
  for (const alert of alerts) dispatch.raise(alert);
  await dispatch.drained(AbortSignal.timeout(timeoutMs));
  ended.abort();
  await running;
  return log;
}

const newLedger = () => openLedger({ path: ":memory:", source: "s" }).alerts;

test("each notifier is told of each alert once, in order", async () => {
  const [a, b]: [string[], string[]] = [[], []];
  await deliver(newLedger(), { a: notifier(a), b: notifier(b) }, [recent("1"), recent("2"), recent("1")]);
  expect([a, b]).toEqual([
    ["1", "2"],
    ["1", "2"],
  ]);
});

test("an alert about old flows tells nobody: a backfill is not news", async () => {
  const told: string[] = [];
  const old = alertOf({ key: "old", lastSeen: Date.now() - 2 * 3_600_000 });
  expect(await deliver(newLedger(), { a: notifier(told) }, [old])).toEqual(["old held back: late"]);
  expect(told).toEqual([]);
});

test("a receiver that fails for a while loses nothing and does not hold up the other", async () => {
  const [slow, fast]: [string[], string[]] = [[], []];
  const failing = notifier(slow, (call) => (call < 4 ? new RetryableError("x", "x") : undefined));
  await deliver(newLedger(), { failing, fine: notifier(fast) }, [recent("1"), recent("2")]);
  expect([slow, fast]).toEqual([
    ["1", "2"],
    ["1", "2"],
  ]);
});

test("what was not delivered waits for the next start, and what was is not repeated", async () => {
  const ledger = newLedger();
  const [before, after]: [string[], string[]] = [[], []];
  await deliver(
    ledger,
    { a: notifier(before, (call) => (call > 1 ? new RetryableError("x", "x") : undefined)) },
    [recent("1"), recent("2")],
    100,
  );
  expect(before).toEqual(["1"]);
  await deliver(ledger, { a: notifier(after) }, [recent("1"), recent("2")]);
  expect(after).toEqual(["2"]);
});

test("an alert that is refused for good is told as an error and the next one goes on", async () => {
  const told: string[] = [];
  const refusing = notifier(told, (call) => (call === 1 ? new PermanentError("x", "invalid_blocks") : undefined));
  expect(await deliver(newLedger(), { a: refusing }, [recent("1"), recent("2")])).toEqual(["1 refused by a", "2 told a"]);
});

test("keeps the pace that the receiver wants", async () => {
  const told: string[] = [];
  const started = Date.now();
  await deliver(newLedger(), { a: notifier(told, undefined, 60) }, [recent("1"), recent("2"), recent("3")]);
  expect(Date.now() - started).toBeGreaterThanOrEqual(120);
});
