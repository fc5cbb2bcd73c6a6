import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../runs.ts";
import { detect, type Fields, flowMaker, rulesOf } from "./support.ts";

function detectorRule(detector: string): string {
  return `title: T
name: found
level: low
logsource:
  category: network_connection
  product: flowferry
detection:
  selection:
    action: accept
  condition: selection
flow:
  throttle: 1s
  detector:
    ${detector.trim().replaceAll("\n", "\n    ")}
`;
}

type Step = readonly [seconds: number, fields: Fields];

function run(detector: string, steps: readonly Step[]) {
  const make = flowMaker();
  const flows = steps.map(([seconds, fields]) => make(seconds, fields));
  const { matches, marks } = detect(rulesOf(detectorRule(detector)), flows);
  return { matches, marked: marks.flatMap((names, index) => (names.length > 0 ? [index] : [])) };
}

describe("baseline", () => {
  const HOUR = 3_600;
  const BASELINE = `
type: baseline
group-by: [sourceAddress]
field: bytes
bucket: 1h
history: 12h
learn: 4h
deviations: 2
minimum: 50`;

  /** The judgement by its definition: mean and population deviation of the past hours, empty ones included. */
  function expected(totals: readonly number[], hour: number): number {
    const past = totals.slice(Math.max(0, hour - 12), hour);
    const mean = past.reduce((sum, total) => sum + total, 0) / past.length;
    const variance = past.reduce((sum, total) => sum + (total - mean) ** 2, 0) / past.length;
    return Math.max(50, mean + 2 * Math.sqrt(variance));
  }

  test("each hour is told once, at the flow that lifts its total above the limit", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 1, max: 99 }), { maxLength: 4 }), { minLength: 2, maxLength: 30 }),
        (hours) => {
          const [first = []] = hours;
          const amounts = first.length === 0 ? [[1], ...hours.slice(1)] : hours;
          const steps = amounts.flatMap((list, hour) => list.map((bytes, index): Step => [hour * HOUR + index * 60, { bytes }]));
          const totals = amounts.map((list) => list.reduce((sum, bytes) => sum + bytes, 0));
          const told: number[] = [];
          let index = 0;
          for (const [hour, list] of amounts.entries()) {
            let total = 0;
            let done = hour < 4;
            for (const bytes of list) {
              total += bytes;
              if (!done && total > expected(totals, hour) + 1e-9) {
                told.push(index);
                done = true;
              }
              index++;
            }
          }
          expect(run(BASELINE, steps).marked).toEqual(told);
        },
      ),
      { numRuns: runs(300) },
    );
  });

  test("a late flow adds to its hour, and so to what is normal", () => {
    const steps: Step[] = [0, 1, 2, 3, 4].map((hour) => [hour * HOUR, { bytes: 10 }]);
    const jump: Step = [5 * HOUR + 60, { bytes: 100 }];
    expect(run(BASELINE, [...steps, [5 * HOUR, { bytes: 1 }], jump]).marked).toEqual([6]);
    expect(run(BASELINE, [...steps, [5 * HOUR, { bytes: 1 }], [4 * HOUR + 10, { bytes: 400 }], jump]).marked).toEqual([]);
  });

  test("without a field it counts flows; groups are apart; a flow without the field adds nothing", () => {
    const counts = BASELINE.replace("field: bytes\n", "").replace("50", "3");
    const past: Step[] = [0, 1, 2, 3, 4].map((hour) => [hour * HOUR, {}]);
    const burst = (address: string): Step[] =>
      [0, 1, 2, 3].map((second) => [5 * HOUR + second, { sourceAddress: address, bytes: null }]);
    expect(run(counts, [...past, ...burst("10.0.1.10")]).marked).toEqual([8]);
    expect(run(counts, [...past, ...burst("10.0.1.11")]).marked).toEqual([]);
    expect(run(BASELINE, [...past, ...burst("10.0.1.10")]).marked).toEqual([]);
  });

  test("the reason says what was measured against what", () => {
    const steps: Step[] = [0, 1, 2, 3, 4].map((hour) => [hour * HOUR, { bytes: 10 }]);
    const { matches } = run(BASELINE, [...steps, [5 * HOUR, { bytes: 77 }]]);
    expect(matches[0]).toMatchObject({ reason: "bytes 77 in 1h, normal is up to 50", group: { sourceAddress: "10.0.1.10" } });
  });
});

describe("new_terms", () => {
  const TERMS = `
type: new_terms
fields: [sourceAddress, destinationAddress]
learn: 10s
forget: 1m`;
  const to = (seconds: number, host: number): Step => [seconds, { destinationAddress: `203.0.113.${host}` }];

  test.each<readonly [string, Step[], number[]]>([
    ["while learning everything is known", [to(0, 1), to(5, 2), to(9, 3)], []],
    ["then what is new is told, once", [to(0, 1), to(10, 2), to(11, 2), to(12, 1)], [1]],
    ["what was not seen for long is new again", [to(0, 1), to(60, 1), to(121, 1)], [2]],
    ["what is seen now and then stays known", [to(0, 1), to(59, 1), to(118, 1)], []],
    ["a late flow makes a term known", [to(0, 1), to(30, 3), to(20, 2), to(40, 2)], [1, 2]],
  ])("%s", (_name, steps, expected) => {
    expect(run(TERMS, steps).marked).toEqual(expected);
  });
});

describe("beacon", () => {
  const BEACON = `
type: beacon
group-by: [sourceAddress, destinationAddress, destinationPort]
connections: 5
variation: 0.15
shortest: 5s
longest: 1h`;
  const connections = (...seconds: number[]): Step[] => seconds.map((second, index) => [second, { sourcePort: 40_000 + index }]);

  test.each<readonly [string, Step[], number[]]>([
    ["five at even gaps", connections(0, 60, 120, 180, 240), [4]],
    ["four", connections(0, 60, 120, 180), []],
    // Gaps 55, 65, 55, 65: mean 60, standard deviation 5, variation 0.083.
    ["with some jitter", connections(0, 55, 120, 175, 240), [4]],
    // Gaps 45, 75, 45, 75: mean 60, standard deviation 15, variation 0.25.
    ["with much jitter", connections(0, 45, 120, 165, 240), []],
    ["faster than the shortest gap", connections(0, 4, 8, 12, 16), []],
    ["at the shortest gap", connections(0, 5, 10, 15, 20), [4]],
    ["slower than the longest gap", connections(0, 4_000, 8_000, 12_000, 16_000), []],
    ["all at once", connections(7, 7, 7, 7, 7), []],
    ["out of order", connections(0, 180, 60, 240, 120), [4]],
    ["irregular first, then even: the latest count", connections(0, 7, 200, 260, 320, 380, 440), [6]],
    [
      "records of one connection are one connection",
      [0, 60, 120, 180, 240].map((second): Step => [second, { sourcePort: 40_000 }]),
      [],
    ],
    [
      "a port that is used again much later",
      [0, 400, 800, 1200, 1600].map((second): Step => [second, { sourcePort: 40_000 }]),
      [4],
    ],
    [
      "two long connections side by side",
      Array.from({ length: 12 }, (_, index): Step => [index * 30, { sourcePort: 40_000 + (index % 2) }]),
      [],
    ],
    [
      "what the log calls continued",
      [0, 60, 120, 180, 240].map((second, index): Step => [second, { sourcePort: 40_000 + index, initiated: false }]),
      [],
    ],
    ["a protocol without ports", [0, 60, 120, 180, 240].map((second): Step => [second, { sourcePort: 0, protocol: 1 }]), [4]],
  ])("%s", (_name, steps, expected) => {
    expect(run(BEACON, steps).marked).toEqual(expected);
  });

  test("the reason says how often and how even", () => {
    const { matches } = run(BEACON, connections(0, 55, 120, 175, 240));
    expect(matches[0]).toMatchObject({ reason: "5 connections, one every 60.0 s with a variation of 0.083", count: 5 });
  });
});
