import { expect, test } from "vitest";
import type { Alert } from "../../../src/contracts/alert.ts";
import { type KeptAlert, KeptAlerts } from "../../../src/coordination/kept-alerts.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";

const alertOf = (key: string): Alert => ({
  ...{ key, rule: "r", title: "t", level: "high", summary: "s", facts: [], labels: {}, firstSeen: 1, lastSeen: 2, subject: {} },
});
const open = (before: Iterable<KeptAlert> = []) => {
  const told: KeptAlert[] = [];
  const ledger = openLedger({ path: ":memory:", sources: [] });
  return { told, alerts: new KeptAlerts(ledger.alerts, before, (kept) => void told.push(kept)) };
};
const NOTIFIERS = ["slack", "webhook"];
const raise = (alerts: KeptAlerts, ...keys: string[]) =>
  alerts.raise(
    keys.map((key) => ({ alert: alertOf(key), late: false })),
    NOTIFIERS,
  );
const waiting = (alerts: KeptAlerts, notifier: string) => alerts.waiting(notifier, 10).map(({ alert: { key } }) => key);
const idOf = (alerts: KeptAlerts, notifier: string, key: string) =>
  alerts.waiting(notifier, 10).find(({ alert }) => alert.key === key)?.id ?? -1;

test("whoever is next, by what was noted last of each, tells what waits and nothing that was told", () => {
  const { alerts, told } = open();
  expect(raise(alerts, "a", "b", "c")).toEqual(["queued", "queued", "queued"]);
  for (const notifier of NOTIFIERS) alerts.settle(idOf(alerts, notifier, "a"), notifier);
  alerts.settle(idOf(alerts, "slack", "b"), "slack");
  alerts.refuse(idOf(alerts, "slack", "c"), "slack", "refused", "no such channel");
  const latest = new Map(told.map((kept) => [kept.key, kept]));
  const next = open(latest.values()).alerts;
  expect([waiting(next, "slack"), waiting(next, "webhook")]).toEqual([[], ["b", "c"]]);
  expect(next.refused("slack", 10)).toMatchObject([{ alert: alertOf("c"), code: "refused", reason: "no such channel" }]);
  expect(next.waiting("webhook", 1)[0]?.alert).toEqual(alertOf("b"));
  expect(raise(next, "a", "b", "c", "d")).toEqual(["repeated", "repeated", "repeated", "queued"]);
  for (const { raised, told: taken, waiting: left, refused, late, repeated } of next.books()) {
    expect(raised).toBe(taken + left + refused + late + repeated);
  }
});

test("of an alert that everybody was told of the key is kept alone, and that as long as the ledger's", () => {
  const { alerts, told } = open();
  raise(alerts, "a", "b");
  for (const notifier of NOTIFIERS) alerts.settle(idOf(alerts, notifier, "a"), notifier);
  expect(told.at(-1)).toEqual({
    key: "a",
    at: expect.any(Number),
    alert: undefined,
    notifiers: { slack: "told", webhook: "told" },
  });
  alerts.forget(Date.now() + 1);
  expect([...alerts.all].map(({ key }) => key)).toEqual(["b"]);
});

test("what was refused and is queued once more waits for whoever is next too", () => {
  const { alerts } = open();
  raise(alerts, "a");
  alerts.refuse(idOf(alerts, "webhook", "a"), "webhook", "refused", "no");
  expect(alerts.requeue("webhook")).toBe(1);
  expect(waiting(open(alerts.all).alerts, "webhook")).toEqual(["a"]);
});

test("what is late or was raised before is nobody else's business", () => {
  const { alerts, told } = open();
  alerts.raise([{ alert: alertOf("a"), late: true }], NOTIFIERS);
  raise(alerts, "b");
  raise(alerts, "b");
  expect(told.map(({ key }) => key)).toEqual(["b"]);
});
