import { afterEach, beforeEach, expect, test } from "vitest";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { Live } from "../../../src/live/live.ts";

let ledger: ReturnType<typeof openLedger>;
beforeEach(() => {
  ledger = openLedger({ path: ":memory:", sources: [{ name: "flows", store: "s3://flows" }], scrub: (text) => text });
  ledger.register(["otlp"]);
});
afterEach(() => ledger.close());

const liveOf = () => new Live({ version: "1", startedAt: 0, problems: () => [], ledger, tables: () => [], topics: () => [] });

function totals(records: number, delivered: number) {
  const read = { objects: 1, records, bad: 0, skipped: 0, filtered: 0, quality: {}, readBytes: 0, lost: 0 };
  const source = { ...read, discovered: 1, discoveredBytes: 1 };
  const sink = { delivered, rejected: 0, deadLettered: 0, filtered: 0, sampled: 0, aggregated: 0, waiting: 0 };
  return { ...source, parked: 0, sources: { flows: { ...source, parked: 0 } }, sinks: { otlp: sink }, keepers: {} };
}

test("rates are the mean of the last ten seconds", () => {
  const live = liveOf();
  live.progressed(totals(1000, 500));
  live.sample(2000);
  // 1000 flows in the first two seconds.
  expect(live.snapshot(2000).sources).toMatchObject([{ name: "flows", flowsPerSecond: 500, flows: 1000 }]);
  expect(live.snapshot(2000).sinks).toMatchObject([{ name: "otlp", flowsPerSecond: 250 }]);
  for (let second = 3; second <= 12; second += 1) live.sample(second * 1000);
  // The last ten seconds begin when all was read.
  expect(live.snapshot(12_000).sources).toMatchObject([{ flowsPerSecond: 0 }]);
});

test("alerts are those of the start on, the latest first, and at most twenty", () => {
  const live = liveOf();
  const alert = { key: "k", title: "t", facts: [], labels: {}, firstSeen: 0, lastSeen: 0, subject: {} };
  for (let n = 1; n <= 25; n += 1) live.raised({ ...alert, rule: `rule_${n}`, level: "high", summary: `s${n}` }, n);
  const { alerts } = live.snapshot(30);
  expect(alerts).toHaveLength(20);
  expect(alerts.map(({ rule }) => rule).slice(0, 2)).toEqual(["rule_25", "rule_24"]);
});
