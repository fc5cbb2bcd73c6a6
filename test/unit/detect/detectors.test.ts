import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../runs.ts";
import { detect, type Fields, flowMaker, rulesOf, START } from "./support.ts";

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
score: 0.8
common: 3
shortest: 5s
longest: 1h`;
  const connections = (...seconds: number[]): Step[] => seconds.map((second, index) => [second, { sourcePort: 40_000 + index }]);
  const every = (gap: number, count: number): number[] => Array.from({ length: count }, (_, index) => index * gap);

  test.each<readonly [string, Step[], number[]]>([
    ["five at even gaps", connections(0, 150, 300, 450, 600), [4]],
    ["four", connections(0, 200, 400, 600), []],
    ["five within less than ten minutes", connections(0, 140, 280, 420, 560), []],
    // Gaps 140, 160, 140, 160: quartiles 140, 150, 160, deviation 10. Symmetric 1, even 0.93: 0.2 + 0.47 + 0.3 for equal sizes.
    ["with some jitter", connections(0, 140, 300, 440, 600), [4]],
    // Gaps 100, 420, 40, 440: quartiles 85, 260, 425, deviation 170. Symmetric 0.97, even 0.35: 0.19 + 0.17 + 0.3.
    ["with gaps of chance", connections(0, 100, 520, 560, 1000), []],
    ["faster than the shortest gap", connections(...every(4, 160)), []],
    ["at the shortest gap, when it has gone on for ten minutes", connections(...every(5, 121)), [120]],
    ["slower than the longest gap", connections(0, 4_000, 8_000, 12_000, 16_000), []],
    ["all at once", connections(7, 7, 7, 7, 7), []],
    ["out of order", connections(0, 450, 150, 600, 300), [4]],
    ["a beat is missed", connections(0, 100, 200, 400, 500, 600), [5]],
    ["each time two connections", connections(0, 2, 150, 152, 300, 302, 450, 452, 600), [8]],
    ["records of one connection are one connection", every(60, 12).map((second): Step => [second, { sourcePort: 40_000 }]), []],
    ["a connection that is silent for an hour is still one", every(3_600, 7).map((s): Step => [s, { sourcePort: 40_000 }]), []],
    [
      "two long connections side by side",
      Array.from({ length: 30 }, (_, index): Step => [index * 30, { sourcePort: 40_000 + (index % 2) }]),
      [],
    ],
    [
      "what the log calls continued",
      every(150, 5).map((second, index): Step => [second, { sourcePort: 40_000 + index, initiated: false }]),
      [],
    ],
    ["a protocol without ports", every(150, 5).map((second): Step => [second, { sourcePort: 0, protocol: 1 }]), [4]],
    [
      "what three hosts speak with is common",
      [[0, { sourceAddress: "10.0.9.1" }], [1, { sourceAddress: "10.0.9.2" }], ...connections(0, 150, 300, 450, 600)],
      [],
    ],
    ["what two hosts speak with is not", [[0, { sourceAddress: "10.0.9.1" }], ...connections(0, 150, 300, 450, 600)], [5]],
  ])("%s", (_name, steps, expected) => {
    expect(run(BEACON, steps).marked).toEqual(expected);
  });

  test("out of order, it is as of the latest connection", () => {
    expect(run(BEACON, connections(0, 450, 150, 600, 300)).matches.map(({ time }) => (time - START) / 1_000)).toEqual([600]);
  });

  test("uneven sizes speak against it", () => {
    const sizes = [100, 90_000, 2_000, 400_000, 700];
    // Symmetric gaps of 0.93 evenness (see above): 0.67. Sizes: quartiles 700, 2000, 90000, deviation 1900: even 0.05, symmetric 0.03.
    const steps = connections(0, 140, 300, 440, 600).map(
      ([second, fields], index): Step => [second, { ...fields, bytes: sizes[index] }],
    );
    expect(run(BEACON, steps).marked).toEqual([]);
  });

  test("the reason has the score and its parts", () => {
    const { matches } = run(BEACON, connections(0, 140, 300, 440, 600));
    const parts = "gaps 1.00 symmetric, 0.93 even; sizes 1.00 symmetric, 1.00 even";
    expect(matches[0]).toMatchObject({ reason: `5 connections, one every 150.0 s, score 0.97 (${parts})`, count: 5 });
  });

  describe("five connections each five seconds, of which no fifteen (as many as are kept) span five bursts,", () => {
    const burst = (second: number, size: number, port: (index: number) => number): Step[] =>
      Array.from({ length: size }, (_, index) => [second, { sourcePort: port(index) }]);
    const dense = (from: number, to: number, firstPort: number): Step[] =>
      every(5, (to - from) / 5).flatMap((after, at) => burst(from + after, 5, (index) => firstPort + at * 5 + index));

    test("are none either while what lies between has not come yet", () => {
      const before = dense(600, 1_100, 10_000);
      const between = dense(1_100, 1_200, 20_000);
      const after = [
        ...burst(1_200, 5, (n) => 30_000 + n),
        ...burst(1_205, 5, (n) => 30_010 + n),
        ...burst(1_210, 3, (n) => 30_020 + n),
      ];
      expect(run(BEACON, [...before, ...between, ...after]).marked).toEqual([]);
      expect(run(BEACON, [...before, ...after]).marked).toEqual([]);
    });

    test("are none either when earlier ones, whose ports they have again, come late", () => {
      const before = dense(0, 600, 10_000);
      // The latest fifteen are of 1185, 1190 and 1195: four of each have a port that had been used before.
      const between = [
        ...dense(600, 1_185, 20_000),
        ...[1_185, 1_190, 1_195].flatMap((second, at) => burst(second, 5, (n) => (n === 4 ? 30_000 + at : 10_000 + at * 4 + n))),
      ];
      const after = dense(1_200, 1_215, 40_000);
      expect(run(BEACON, [...before, ...between, ...after]).marked).toEqual([]);
      expect(run(BEACON, [...between, ...before, ...after]).marked).toEqual([]);
    });
  });

  test("late ones may show that connections went on for ten minutes", () => {
    const [before, after] = [connections(...every(5, 100)), connections(...every(5, 40).map((second) => 500 + second))];
    expect(run(BEACON, [...before, ...after]).marked[0]).toBe(120);
    expect(run(BEACON, [...after, ...before]).marked[0]).toBe(40);
  });

  test("a pause in which all of them had room ends a conversation", () => {
    const evening = every(150, 4);
    const pause = (seconds: number) => evening.map((second) => 450 + seconds + second);
    // One pause of four gaps among them: gaps 150, 150, 150, 600, 150: still even.
    expect(run(BEACON, connections(...evening, ...pause(600))).marked[0]).toBeLessThan(7);
    expect(run(BEACON, connections(...evening, ...pause(900))).marked).toEqual([]);
    expect(run(BEACON, connections(...evening, ...pause(900), 450 + 900 + 600)).marked).toEqual([8]);
  });
});
