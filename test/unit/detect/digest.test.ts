import { expect, test } from "vitest";
import { alertOf } from "../../../src/detect/alert.ts";
import { createDetector } from "../../../src/detect/evaluate.ts";
import type { Match } from "../../../src/detect/match.ts";
import { Sketch } from "../../../src/detect/stream/sketch.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { StateStore } from "./saved-state.ts";
import { flowMaker, rulesOf } from "./support.ts";

const RULES = rulesOf(`title: Open by day
name: open
level: low
logsource: { category: network_connection, product: flowferry }
detection: { selection: { sourceZone: external }, condition: selection }
flow:
  throttle: 1d
  detector: { type: digest, group-by: [destinationAddress, destinationPort], field: sourceAddress, top: 2 }
`);
const HOUR = 3_600;

function detectorOf(told: Match[]) {
  const detector = createDetector(RULES);
  detector.onMatch((match) => told.push(match));
  return detector;
}

/** 80 sources at SSH, 2 at 443, one, with more flows, at 8080; then the first flow of the next day at which nothing comes late any more. */
function day(): Flow[] {
  const flow = flowMaker();
  const ssh = Array.from({ length: 160 }, (_, n) =>
    flow(HOUR + n * 60, { sourceAddress: `203.0.113.${n % 80}`, destinationPort: 22 }),
  );
  const web = [7, 8, 7].map((n) => flow(2 * HOUR, { sourceAddress: `198.51.100.${n}`, destinationPort: 443 }));
  const other = [0, 1, 2, 3, 4].map((n) => flow(3 * HOUR + n, { sourceAddress: "198.51.100.7", destinationPort: 8080 }));
  return [...ssh, ...web, ...other, flow(25 * HOUR + 900, {})];
}

test("one alert lists what was met in the day, by the number of sources, and marks no flow", () => {
  const told: Match[] = [];
  const detector = detectorOf(told);
  const flows = day();
  for (const flow of flows.slice(0, -1)) detector.inspect(flow);
  expect(told).toEqual([]);
  detector.inspect(flows.at(-1) as Flow);
  expect(told).toHaveLength(1);
  const [match] = told as [Match];
  expect(match.entries?.slice(1)).toEqual(["10.0.2.20 443: 2 by sourceAddress, 3 flows, 02:00 to 02:00", "and 1 more"]);
  const [, estimate] =
    /^10\.0\.2\.20 22: about (\d+) by sourceAddress, 160 flows, 01:00 to 03:39$/.exec(match.entries?.[0] ?? "") ?? [];
  expect(Math.abs(Number(estimate) - 80)).toBeLessThanOrEqual(8);
  expect(match.key).toBe(`open||${Date.UTC(2026, 0, 5) / 86_400_000}`);
  expect(match.lastSeen).toBe(match.flow.time);
  expect(flows.every((flow) => flow.detections.length === 0)).toBe(true);
  const alert = alertOf(match);
  expect(alert.summary).toMatch(
    /^Open by day: 3 different destinationAddress, destinationPort on 2026-01-05 \(UTC\); 10\.0\.2\.20 22: /,
  );
  expect(alert.labels).toEqual({});
});

test("it is the same after a restart in the middle, in another order, and told once", () => {
  const whole: Match[] = [];
  const detector = detectorOf(whole);
  for (const flow of day()) detector.inspect(flow);

  const resumed: Match[] = [];
  const store = new StateStore();
  const flows = day();
  const first = detectorOf([]);
  for (const flow of flows.slice(0, 50)) first.inspect(flow);
  store.save(first);
  const second = detectorOf(resumed);
  second.restore(store.saved());
  for (const flow of flows) second.inspect(flow);
  store.save(second);
  const third = detectorOf(resumed);
  third.restore(store.saved());
  const after = flowMaker();
  for (const hours of [26, 27, 48]) third.inspect(after(hours * HOUR + 1_200, { destinationPort: 9 }));
  expect(resumed.map(({ key, entries }) => ({ key, entries }))).toEqual(whole.map(({ key, entries }) => ({ key, entries })));

  const shuffled: Match[] = [];
  const other = createDetector(RULES);
  other.onMatch((match) => shuffled.push(match));
  const makers = day().map((flow) => flow);
  const last = makers.pop() as Flow;
  // Each flow as an object of its own, so that their order is free.
  for (const flow of makers.reverse())
    other.inspect(Object.assign(flow, { origin: { ...flow.origin, digest: `${flow.record}` } }));
  other.inspect(Object.assign(last, { origin: { ...last.origin, digest: "last" } }));
  expect(shuffled.map(({ entries }) => entries)).toEqual(whole.map(({ entries }) => entries));
});

test("what comes late for the day still counts, until nothing may come late for it", () => {
  const told: Match[] = [];
  const detector = detectorOf(told);
  const flow = flowMaker();
  const ssh = { destinationPort: 22 };
  detector.inspect(flow(12 * HOUR, { ...ssh, sourceAddress: "203.0.113.1" }));
  // A quarter to three quarters past midnight: flows may be 75 minutes late.
  for (const minutes of [15, 45]) detector.inspect(flow(24 * HOUR + minutes * 60, { destinationPort: 9 }));
  detector.inspect(flow(23.9 * HOUR, { ...ssh, sourceAddress: "203.0.113.2" }));
  expect(told).toEqual([]);
  detector.inspect(flow(25 * HOUR + 1_200, { destinationPort: 9 }));
  expect(told.map(({ entries }) => entries)).toEqual([["10.0.2.20 22: 2 by sourceAddress, 2 flows, 12:00 to 23:54"]]);
});

test("each day has its own list, also where the next one has begun before the first is told", () => {
  const told: Match[] = [];
  const detector = detectorOf(told);
  const flow = flowMaker();
  for (const [hours, source] of [
    [12, 1],
    [24.1, 2],
    [24.2, 3],
    [26, 4],
    [50, 5],
  ] as const)
    detector.inspect(flow(hours * HOUR, { destinationPort: 22, sourceAddress: `203.0.113.${source}` }));
  expect(told.map(({ entries }) => entries)).toEqual([
    ["10.0.2.20 22: 1 by sourceAddress, 1 flows, 12:00 to 12:00"],
    ["10.0.2.20 22: 3 by sourceAddress, 3 flows, 00:06 to 02:00"],
  ]);
});

test.each([1, 64, 65, 100, 1_000, 20_000])("%i different values are counted within a tenth, few exactly", (count) => {
  const sketch = new Sketch();
  for (let n = 0; n < count * 2; n++) sketch.add(`10.${(n % count) >> 16}.${((n % count) >> 8) & 255}.${(n % count) & 255}`);
  expect(Math.abs(sketch.count - count)).toBeLessThanOrEqual(count <= 64 ? 0 : count / 10);
  const again = Sketch.unpack(JSON.parse(JSON.stringify(sketch.pack())));
  expect([again.count, again.isExact]).toEqual([sketch.count, count <= 64]);
});
