import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { runs } from "../../runs.ts";
import { detectOverRestarts } from "./saved-state.ts";
import { detect, type Fields, flowAt, flowMaker, rulesOf, START } from "./support.ts";

const LOGSOURCE = "logsource:\n  category: network_connection\n  product: flowferry";
const part = (name: string, port: number): string => `---
title: Port ${port}
name: ${name}
level: informational
${LOGSOURCE}
detection:
  selection:
    destinationPort: ${port}
  condition: selection
`;
const PARTS = part("aa", 1) + part("bb", 2) + part("cc", 3);

function correlation(lines: string, options: { throttle?: string; groupBy?: string } = {}): string {
  return `title: Correlated
name: found
level: high
flow:
  throttle: ${options.throttle ?? "1h"}
correlation:
${lines}
  group-by: [${options.groupBy ?? "sourceAddress"}]
  timespan: 10s
${PARTS}`;
}

const COUNT = "  type: event_count\n  rules: [aa]\n  condition:\n    gte: 3";
const VALUES = "  type: value_count\n  rules: [aa]\n  condition:\n    field: destinationAddress\n    gte: 3";
const SUM = "  type: value_sum\n  rules: [aa]\n  condition:\n    field: bytes\n    gte: 1000";
const ANY = "  type: temporal\n  rules: [aa, bb, cc]";
const ORDERED = "  type: temporal_ordered\n  rules: [aa, bb, cc]";

type Step = readonly [seconds: number, fields: Fields];

function run(lines: string, steps: readonly Step[], options?: { throttle?: string; groupBy?: string }) {
  const make = flowMaker();
  const flows = steps.map(([seconds, fields]) => make(seconds, { sourceAddress: "10.0.0.1", ...fields }));
  const { matches, marks } = detect(rulesOf(correlation(lines, options)), flows);
  return { matches, marked: marks.flatMap((names, index) => (names.includes("found") ? [index] : [])) };
}

const at = (port: number, ...seconds: number[]): Step[] => seconds.map((second) => [second, { destinationPort: port }]);
const to = (...pairs: (readonly [number, number])[]): Step[] =>
  pairs.map(([second, host]) => [second, { destinationPort: 1, destinationAddress: `10.0.1.${host}` }]);
const sent = (...pairs: (readonly [number, number])[]): Step[] =>
  pairs.map(([second, bytes]) => [second, { destinationPort: 1, bytes }]);

describe("event_count", () => {
  test.each<readonly [string, Step[], number[]]>([
    ["three within the timespan", at(1, 0, 5, 9), [2]],
    ["the timespan's ends belong to it", at(1, 0, 5, 10), [2]],
    ["one second more", at(1, 0, 5, 11), []],
    ["the window slides", at(1, 0, 8, 12, 17), [3]],
    ["three at once", at(1, 4, 4, 4), [2]],
    ["of another kind", [...at(1, 0, 1), ...at(2, 2)], []],
    ["out of order", at(1, 9, 0, 5), [2]],
    ["a late one completes a window that ended before", at(1, 0, 9, 100, 5), [3]],
    ["a late one that is too far from the others", at(1, 0, 9, 100, 50), []],
    ["nothing more within the throttle time", at(1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9), [2]],
  ])("%s", (_name, steps, expected) => {
    expect(run(COUNT, steps).marked).toEqual(expected);
  });

  test("groups are apart", () => {
    const steps: Step[] = [0, 1, 2, 3].map((second) => [second, { destinationPort: 1, sourceAddress: `10.0.0.${second % 2}` }]);
    expect(run(COUNT, steps).marked).toEqual([]);
  });

  test("a flow that two parts match counts once", () => {
    const lines = COUNT.replace("[aa]", "[aa, dd]");
    const both = `${correlation(lines)}${part("dd", 1)}`;
    const make = flowMaker();
    const flows = [0, 1].map((second) => make(second, { destinationPort: 1 }));
    expect(detect(rulesOf(both), flows).matches).toEqual([]);
    expect(detect(rulesOf(both), [...flows, make(2, { destinationPort: 1 })]).matches).toHaveLength(1);
  });

  test("after the throttle time it is told again, as recurring", () => {
    const { marked, matches } = run(COUNT, at(1, 0, 1, 2, 3, 61, 62, 63, 64), { throttle: "1m" });
    expect(marked).toEqual([2, 6]);
    expect(matches.map((match) => match.recurrence)).toEqual([0, 1]);
    expect(new Set(matches.map((match) => match.key)).size).toBe(2);
  });

  test("what a match tells", () => {
    const { matches } = run(COUNT, [
      [0, { destinationPort: 1, bytes: 100, bytesReverse: 7 }],
      [4, { destinationPort: 1, bytes: "18446744073709551615" }],
      [9, { destinationPort: 1, bytes: 100, destinationServer: "db-01" }],
    ]);
    expect(matches).toHaveLength(1);
    const [match] = matches;
    expect(match).toMatchObject({
      group: { sourceAddress: "10.0.0.1" },
      time: START + 9_000,
      firstSeen: START,
      lastSeen: START + 9_000,
      count: 3,
      bytes: 18446744073709551615n + 207n,
      recurrence: 0,
      reason: "at least 3 flows within 10s",
    });
    expect(match?.rule.name).toBe("found");
    expect(match?.flows.map((flow) => flow.record)).toEqual([1, 2, 3]);
    expect(match?.flows[1]?.bytes).toBe("18446744073709551615");
    expect(match?.flows[2]?.destinationServer).toBe("db-01");
    expect(JSON.parse(JSON.stringify(match?.flows))).toHaveLength(3);
  });
});

describe("value_count", () => {
  test.each<readonly [string, Step[], number[]]>([
    ["three values", to([0, 1], [1, 2], [2, 3]), [2]],
    ["two values, often", to([0, 1], [1, 2], [2, 1], [3, 2], [4, 1]), []],
    ["a value that was seen too long ago", to([0, 1], [9, 2], [11, 3]), []],
    ["a value that was seen again", to([0, 1], [9, 2], [9, 1], [11, 3]), [3]],
    ["out of order", to([10, 1], [0, 2], [5, 3]), [2]],
    ["a late one completes a window that ended before", to([0, 1], [9, 2], [100, 3], [5, 4]), [3]],
    ["values of different windows", to([0, 1], [20, 2], [40, 3]), []],
    ["an old and a new time of a value", to([0, 1], [30, 1], [1, 2], [2, 3]), [3]],
  ])("%s", (_name, steps, expected) => {
    expect(run(VALUES, steps).marked).toEqual(expected);
  });

  test("of more values than are looked through one by one, none counts twice", () => {
    const lines = VALUES.replace("gte: 3", "gte: 14");
    const values = (count: number): number[] => Array.from({ length: count }, (_, value) => value);
    // Ten values, each of them again and again, within the timespan.
    const ten = [...values(10), ...values(10), ...values(10)].map((value, index) => [index * 0.25, value] as const);
    expect(run(lines, to(...ten)).marked).toEqual([]);
    expect(run(lines, to(...ten, ...[20, 21, 22, 23].map((value) => [8, value] as const))).marked).toEqual([33]);
    for (const [number] of values(10).entries()) {
      const often = [...values(10), ...new Array<number>(30).fill(number)].map((value, index) => [index * 0.2, value] as const);
      expect(run(lines, to(...often)).marked).toEqual([]);
    }
  });

  test("a flow without the field does not count", () => {
    const steps: Step[] = [0, 1, 2].map((second) => [
      second,
      { destinationPort: 1, destinationAddress: second === 1 ? null : `10.0.1.${second}` },
    ]);
    expect(run(VALUES, steps).marked).toEqual([]);
  });

  test("it holds, no longer, and again", () => {
    const steps = to([0, 1], [1, 2], [2, 3], [3, 4], [60, 5], [61, 6], [62, 5], [63, 7]);
    expect(run(VALUES, steps, { throttle: "10s" }).marked).toEqual([2, 7]);
  });
});

describe("value_sum", () => {
  test.each<readonly [string, Step[], number[]]>([
    ["a thousand", sent([0, 400], [5, 500], [9, 100]), [2]],
    ["one less", sent([0, 400], [5, 500], [9, 99]), []],
    ["in one flow", sent([0, 1000]), [0]],
    ["in more than the timespan", sent([0, 400], [5, 500], [11, 100]), []],
    ["out of order", sent([9, 100], [5, 500], [0, 400]), [2]],
    ["a late one completes a window that ended before", sent([0, 400], [9, 500], [100, 5], [4, 100]), [3]],
    ["a late one in the newest window counts for the next", sent([0, 1], [10, 400], [8, 500], [11, 100]), [3]],
    ["a counter above 2^53", [[0, { destinationPort: 1, bytes: "18446744073709551615" }]], [0]],
  ])("%s", (_name, steps, expected) => {
    expect(run(SUM, steps).marked).toEqual(expected);
  });
});

describe("temporal", () => {
  test.each<readonly [string, Step[], number[]]>([
    ["all three, in any order", [...at(3, 0), ...at(1, 4), ...at(2, 9)], [2]],
    ["two of three", [...at(3, 0), ...at(1, 4), ...at(3, 9)], []],
    ["too far apart", [...at(3, 0), ...at(1, 4), ...at(2, 11)], []],
    ["out of order", [...at(1, 10), ...at(3, 9), ...at(2, 0)], [2]],
  ])("%s", (_name, steps, expected) => {
    expect(run(ANY, steps).marked).toEqual(expected);
  });

  test("at least two of them", () => {
    expect(run(`${ANY}\n  condition:\n    gte: 2`, [...at(3, 0), ...at(3, 1), ...at(1, 4)]).marked).toEqual([2]);
  });
});

describe("temporal_ordered", () => {
  test.each<readonly [string, Step[], number[]]>([
    ["in order", [...at(1, 0), ...at(2, 4), ...at(3, 9)], [2]],
    ["in the wrong order", [...at(3, 0), ...at(2, 4), ...at(1, 9)], []],
    ["at the same instant", [...at(1, 4), ...at(2, 4), ...at(3, 4)], [2]],
    ["too far apart", [...at(1, 0), ...at(2, 4), ...at(3, 11)], []],
    ["the latest first one counts", [...at(1, 0), ...at(1, 5), ...at(2, 6), ...at(3, 15)], [3]],
    ["arriving out of order", [...at(3, 9), ...at(1, 0), ...at(2, 4)], [2]],
    ["the middle one too early", [...at(2, 0), ...at(1, 1), ...at(3, 9)], []],
  ])("%s", (_name, steps, expected) => {
    expect(run(ORDERED, steps).marked).toEqual(expected);
  });

  test("shows the latest flow that came before a first part that is late", () => {
    const { matches } = run(ORDERED, [...at(2, 3, 4), ...at(1, 2), ...at(3, 5)]);
    expect(matches[0]?.flows.map(({ record }) => record)).toEqual([2, 3, 4]);
  });
});

describe("groups, aliases and chains", () => {
  test("a group of several fields", () => {
    const steps: Step[] = [
      [0, { destinationPort: 1, destinationServer: "a" }],
      [1, { destinationPort: 1, destinationServer: "b" }],
      [2, { destinationPort: 1, destinationServer: "a" }],
      [3, { destinationPort: 1, destinationServer: "a" }],
    ];
    const { marked, matches } = run(COUNT, steps, { groupBy: "sourceAddress, destinationServer, vnic" });
    expect(marked).toEqual([3]);
    expect(matches[0]?.group).toEqual({ sourceAddress: "10.0.0.1", destinationServer: "a", vnic: null });
  });

  test("aliases join differently named fields", () => {
    const lines = `  type: temporal_ordered
  rules: [aa, bb]
  aliases:
    who:
      aa: sourceAddress
      bb: destinationAddress`;
    const steps = (who: string): Step[] => [
      [0, { destinationPort: 1, sourceAddress: "203.0.113.7", destinationAddress: "10.0.1.1" }],
      [5, { destinationPort: 2, sourceAddress: "10.0.1.1", destinationAddress: who }],
    ];
    const { marked, matches } = run(lines, steps("203.0.113.7"), { groupBy: "who" });
    expect(marked).toEqual([1]);
    expect(matches[0]?.group).toEqual({ who: "203.0.113.7" });
    expect(run(lines, steps("203.0.113.8"), { groupBy: "who" }).marked).toEqual([]);
  });

  const CHAIN = `title: Chained
name: chained
level: high
correlation:
  type: temporal_ordered
  rules: [found, bb]
  group-by: [destinationAddress]
  timespan: 1m
---
`;

  test("a correlation of a correlation has its own groups and timespan", () => {
    const rules = rulesOf(CHAIN + correlation(COUNT));
    const make = flowMaker();
    const fields = (second: number): Fields => ({
      destinationPort: 1,
      sourceAddress: "10.0.0.1",
      destinationAddress: `10.0.1.${second}`,
    });
    const knocks = [0, 1, 2].map((second) => make(second, fields(second)));
    const session = (address: string): Flow => make(40, { destinationPort: 2, destinationAddress: address });
    expect(detect(rules, [...knocks, session("10.0.1.2")]).matches.map((match) => match.rule.name)).toEqual(["chained"]);
    expect(detect(rules, [...knocks.map((flow) => flow), session("10.0.1.0")]).matches).toEqual([]);
  });

  test("different values that come late let the inner match lie earlier, before what is to follow it", () => {
    const ports = "  type: value_count\n  rules: [aa]\n  condition:\n    field: sourcePort\n    gte: 3";
    const rules = rulesOf(CHAIN + correlation(ports));
    const make = flowMaker();
    const knock = (second: number): Flow => make(second, { destinationPort: 1, sourcePort: 50_000 + second });
    const session = (second: number): Flow => make(second, { destinationPort: 2 });
    expect(detect(rules, [knock(6), knock(7), session(7), knock(9)]).matches).toEqual([]);
    expect(detect(rules, [knock(6), knock(7), session(7), knock(9), knock(5)]).matches).toHaveLength(1);
  });

  const PORTS = VALUES.replace("destinationAddress", "sourcePort");
  test.each([
    ["event_count", COUNT],
    ["value_count", PORTS],
    ["value_sum", SUM],
  ])("%s: what follows an inner match follows it in any order, saved after each flow", (_, inner) => {
    const rules = rulesOf(CHAIN + correlation(inner, { throttle: "1d" }));
    const knock = fc.record({
      second: fc.nat(40),
      destinationPort: fc.constant(1),
      sourcePort: fc.nat(6),
      bytes: fc.constantFrom(300, 400, 700),
    });
    const session = fc.record({ second: fc.nat(60), destinationPort: fc.constant(2) });
    const keysOf = (flows: readonly Flow[]) => [...new Set(detectOverRestarts(rules, flows).map(({ key }) => key))].sort();
    fc.assert(
      fc.property(fc.array(knock, { minLength: 6, maxLength: 20 }), session, fc.nat(), (knocks, then, at) => {
        const all = knocks.toSpliced(at % knocks.length, 0, then as never);
        const flows = all.map(({ second, ...fields }, index) =>
          flowAt(originOf("test://bucket", String(index), "1"), 1, second, fields),
        );
        expect(keysOf(flows)).toEqual(keysOf(flows.toSorted((a, b) => a.time - b.time)));
      }),
      { numRuns: runs(150, 15) },
    );
  });

  test("the inner match lies where its window ends, also when a late flow completes it", () => {
    const rules = rulesOf(CHAIN + correlation(COUNT));
    const make = flowMaker();
    const knock = (second: number): Flow => make(second, { destinationPort: 1 });
    const session = (second: number): Flow => make(second, { destinationPort: 2 });
    expect(detect(rules, [knock(0), knock(9), session(8), knock(5)]).matches).toEqual([]);
    expect(detect(rules, [knock(0), knock(9), session(9), knock(5)]).matches).toHaveLength(1);
  });

  test("a part that only feeds correlations neither marks nor fires", () => {
    const { matches, marks } = detect(rulesOf(correlation(COUNT)), [flowMaker()(0, { destinationPort: 1 })]);
    expect(matches).toEqual([]);
    expect(marks).toEqual([[]]);
  });
});

describe("incidents", () => {
  const rule = (flow: string): string => `title: T
name: probe
level: low
${LOGSOURCE}
detection:
  selection:
    destinationPort: 22
  condition: selection
flow:
  ${flow}
`;

  test("of a plain detection are told once per dedup key and throttle time; every flow is marked", () => {
    const make = flowMaker();
    const flows = [0, 10, 59, 60, 61].map((second) =>
      make(second, { destinationPort: 22, sourceAddress: "203.0.113.7", bytes: 10 }),
    );
    flows.push(make(62, { destinationPort: 22, sourceAddress: "203.0.113.8", bytes: 10 }));
    const { matches, marks } = detect(rulesOf(rule("dedup: [sourceAddress]\n  throttle: 1m")), flows);
    expect(marks.map((names) => names.length)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(
      matches.map(({ group, count, bytes, firstSeen, lastSeen, recurrence }) => ({
        ...group,
        count,
        bytes,
        firstSeen,
        lastSeen,
        recurrence,
      })),
    ).toEqual([
      { sourceAddress: "203.0.113.7", count: 1, bytes: 10, firstSeen: START, lastSeen: START, recurrence: 0 },
      { sourceAddress: "203.0.113.7", count: 3, bytes: 30, firstSeen: START + 10_000, lastSeen: START + 60_000, recurrence: 1 },
      { sourceAddress: "203.0.113.8", count: 1, bytes: 10, firstSeen: START + 62_000, lastSeen: START + 62_000, recurrence: 0 },
    ]);
  });

  test("an older flow of an incident that was told stays silent", () => {
    const make = flowMaker();
    const flows = [1_000, 100].map((second) => make(second, { destinationPort: 22 }));
    expect(detect(rulesOf(rule("throttle: 1m")), flows).matches).toHaveLength(1);
  });

  test("dedup coarser than the group joins incidents", () => {
    const text = correlation(COUNT, { groupBy: "sourceAddress, destinationAddress" }).replace(
      "  throttle: 1h",
      "  throttle: 1h\n  dedup: [sourceAddress]",
    );
    const make = flowMaker();
    const flows = [1, 2].flatMap((host) =>
      [0, 1, 2].map((second) => make(host * 100 + second, { destinationPort: 1, destinationAddress: `10.0.1.${host}` })),
    );
    const { matches } = detect(rulesOf(text), flows);
    expect(matches).toHaveLength(1);
    expect(matches[0]?.group).toEqual({ sourceAddress: "10.0.1.10", destinationAddress: "10.0.1.1" });
  });
});
