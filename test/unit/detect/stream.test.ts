import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDetector, type StreamDetector } from "../../../src/detect/evaluate.ts";
import type { Match } from "../../../src/detect/match.ts";
import type { Rule } from "../../../src/detect/rule.ts";
import { compileCondition } from "../../../src/detect/stream/compile.ts";
import { createDispatch } from "../../../src/detect/stream/dispatch.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { runs } from "../../runs.ts";
import { rules as SHIPPED } from "../shipped-rules.ts";
import { detect, detection, type Fields, flowAt, flowMaker, rulesOf, START } from "./support.ts";

const COUNT = `title: Many
name: many
level: low
flow:
  throttle: 1h
correlation:
  type: event_count
  rules: [probe]
  group-by: [sourceAddress]
  timespan: 1m
  condition:
    gte: 3
---
${detection("  selection:\n    destinationPort: 22\n  condition: selection")}`;

function listen(detector: StreamDetector): Match[] {
  const matches: Match[] = [];
  detector.onMatch((match) => matches.push(match));
  return matches;
}

describe("a flow that comes again", () => {
  test("is marked as before, also where it completed a correlation, and counts for nothing", () => {
    const make = (): Flow[] => {
      const next = flowMaker();
      return [0, 1, 2].map((second) => next(second, { destinationPort: 22 }));
    };
    const rules = rulesOf(COUNT.replace("    gte: 3", "    gte: 3\n  generate: true"));
    const detector = createDetector(rules);
    const matches = listen(detector);
    const [first, second, third] = make() as [Flow, Flow, Flow];
    for (const flow of [first, second, first, second, first, second]) detector.inspect(flow);
    expect(matches.map((match) => match.rule.name)).toEqual(["probe"]);
    detector.inspect(third);
    expect(matches.map((match) => match.rule.name)).toEqual(["probe", "many"]);
    for (let round = 0; round < 3; round++) {
      const again = make();
      for (const flow of again) detector.inspect(flow);
      expect(again.map((flow) => flow.detections)).toEqual([["probe"], ["probe"], ["probe", "many"]]);
    }
    expect(matches).toHaveLength(2);
    expect(detector.stats).toMatchObject({ inspected: 3, replayed: 13, matches: 2 });
  });

  test("after the object was forgotten, keeps the key of its match", () => {
    const fields = { destinationPort: 22 };
    const rules = rulesOf(COUNT);
    const [one, two] = [
      detect(
        rules,
        [0, 1, 2].map((s) => flowMaker()(s, fields)),
      ),
      detect(
        rules,
        [0, 1, 2].map((s, i) => flowAt(originOf("x", "y", "z"), i + 1, s, fields)),
      ),
    ];
    expect(one.matches).toHaveLength(0);
    const key = two.matches[0]?.key;
    expect(key).toBe(`many|10.0.1.10|${Math.floor((START + 2_000) / 86_400_000)}`);
  });

  test("of a replaced object (new etag) is a new flow", () => {
    const detector = createDetector(rulesOf(COUNT));
    const matches = listen(detector);
    for (const etag of ["1", "2", "3"]) detector.inspect(flowAt(originOf("store", "key", etag), 1, 0, { destinationPort: 22 }));
    expect(matches).toHaveLength(1);
  });
});

describe("memory", () => {
  const knock = (make: ReturnType<typeof flowMaker>, second: number, host: number): Flow =>
    make(second, { destinationPort: 22, sourceAddress: `203.0.113.${host}` });

  test("holds so many groups; the one untouched for longest makes room and is counted", () => {
    const make = flowMaker();
    const detector = createDetector(rulesOf(COUNT), { maxGroups: 2 });
    const matches = listen(detector);
    for (const [second, host] of [
      [0, 1],
      [1, 2],
      [2, 1],
      [3, 3],
      [4, 1],
      [5, 2],
      [6, 2],
    ] as const)
      detector.inspect(knock(make, second, host));
    // Host 2 made room for host 3 and began anew; host 1 was touched in between and stayed.
    expect(matches.map((match) => match.group.sourceAddress)).toEqual(["203.0.113.1"]);
    expect(detector.stats.rules).toEqual([{ rule: "many", groups: 2, evicted: 2, dropped: 0 }]);
  });

  test("holds so many items of all groups together", () => {
    const make = flowMaker();
    const detector = createDetector(rulesOf(COUNT.replace("gte: 3", "gte: 100").replace("1m", "1h")), { maxItems: 50 });
    for (let second = 0; second < 200; second++) detector.inspect(knock(make, second, Math.floor(second / 20)));
    const [stats] = detector.stats.rules;
    expect(stats?.groups).toBeLessThanOrEqual(3);
    expect(stats?.evicted).toBe(10 - (stats?.groups ?? 0));
  });

  test("holds so many items of one group, and counts what it drops", () => {
    const rules = rulesOf(
      COUNT.replace("event_count", "value_sum").replace("    gte: 3", "    field: bytes\n    gte: 1000000").replace("1m", "1d"),
    );
    const make = flowMaker();
    const detector = createDetector(rules, { maxItemsPerGroup: 10 });
    for (let second = 0; second < 30; second++) detector.inspect(make(second, { destinationPort: 22, bytes: 1 }));
    expect(detector.stats.rules).toEqual([{ rule: "many", groups: 1, evicted: 0, dropped: 20 }]);
  });

  test("forgets what can no longer take part in anything", () => {
    const make = flowMaker();
    const detector = createDetector(rulesOf(COUNT), { latenessMs: 60_000 });
    for (let host = 1; host <= 100; host++) detector.inspect(knock(make, host, host));
    expect(detector.stats.rules[0]?.groups).toBe(100);
    detector.inspect(knock(make, 1_000, 200));
    expect(detector.stats.rules).toEqual([{ rule: "many", groups: 1, evicted: 0, dropped: 0 }]);
  });

  test("keeps a group as long as a late flow can still complete its window, and no longer", () => {
    const hour = 3_600;
    const rules = rulesOf(COUNT.replace("gte: 3", "gte: 2").replace("timespan: 1m", "timespan: 1h"));
    const matchesAt = (reached: number): number => {
      const make = flowMaker();
      const detector = createDetector(rules, { latenessMs: 1_800_000, now: () => START + 86_400_000 });
      const matches = listen(detector);
      detector.inspect(knock(make, 0, 1));
      detector.inspect(knock(make, reached, 2));
      expect(detector.stats.rules[0]?.groups).toBe(reached <= 1.5 * hour ? 2 : 1);
      detector.inspect(knock(make, hour, 1));
      return matches.length;
    };
    // What is forgotten is looked for when another ten minutes begin.
    expect(matchesAt(1.5 * hour)).toBe(1);
    expect(matchesAt(1.5 * hour + 1)).toBe(0);
  });

  test("knows an incident again for seven days, and then no longer", () => {
    const day = 86_400;
    const recurrences = (again: number): number[] => {
      const make = flowMaker();
      const detector = createDetector(rulesOf(detection("  selection:\n    destinationPort: 22\n  condition: selection")), {
        now: () => START + 30 * day * 1_000,
      });
      const matches = listen(detector);
      detector.inspect(knock(make, 0, 1));
      detector.inspect(knock(make, again, 2));
      detector.inspect(knock(make, again, 1));
      return matches.map(({ recurrence }) => recurrence);
    };
    expect(recurrences(7 * day)).toEqual([0, 0, 1]);
    expect(recurrences(7 * day + 600)).toEqual([0, 0, 0]);
  });

  test("is not emptied by a flow from the future", () => {
    const make = flowMaker();
    const detector = createDetector(rulesOf(COUNT), { now: () => START + 10_000 });
    const matches = listen(detector);
    detector.inspect(knock(make, 0, 1));
    detector.inspect(knock(make, 1, 1));
    detector.inspect(knock(make, 365 * 86_400, 9));
    detector.inspect(knock(make, 2, 1));
    expect(matches).toHaveLength(1);
    expect(detector.stats.late).toBe(0);
  });

  test("late flows are counted", () => {
    const make = flowMaker();
    const detector = createDetector(rulesOf(COUNT), { latenessMs: 60_000 });
    for (const second of [1_000, 940, 939]) detector.inspect(make(second, { destinationPort: 22 }));
    expect(detector.stats.late).toBe(1);
  });
});

describe("dispatch", () => {
  const bases = SHIPPED.filter((rule): rule is Exclude<Rule, { kind: "correlation" }> => rule.kind !== "correlation");

  test("keeps apart what a rule asks besides one and the same port", () => {
    const rules = rulesOf(
      detection(
        "  many:\n    destinationPort: [22, 23]\n    bytes|gt: 100\n  few:\n    destinationPort: 22\n    packets: 5\n  condition: many or few",
      ),
    );
    const marked = (fields: Fields): boolean => detect(rules, [flowMaker()(0, fields)]).marks[0]?.length === 1;
    expect(marked({ destinationPort: 22, bytes: 101, packets: 1 })).toBe(true);
    expect(marked({ destinationPort: 22, bytes: 1, packets: 5 })).toBe(true);
    expect(marked({ destinationPort: 22, bytes: 1, packets: 1 })).toBe(false);
    expect(marked({ destinationPort: 23, bytes: 101, packets: 1 })).toBe(true);
    expect(marked({ destinationPort: 23, bytes: 1, packets: 5 })).toBe(false);
  });

  test("finds exactly the rules whose condition holds", () => {
    const tests = bases.map((rule) => compileCondition(rule.condition));
    const dispatch = createDispatch(bases);
    const address = fc.constantFrom("10.0.1.10", "203.0.113.7", "2001:db8::7", "nonsense", null);
    const zone = fc.constantFrom("internal", "external", "invalid", "provider", "multicast", "broadcast", null);
    const anyFlow = fc.record({
      action: fc.constantFrom("accept", "reject", null),
      status: fc.constantFrom("OK", "NODATA", "SKIPDATA"),
      sourceAddress: address,
      destinationAddress: address,
      sourceZone: zone,
      destinationZone: zone,
      trafficType: fc.constantFrom("east-west", "north-south", null),
      direction: fc.constantFrom("ingress", "egress", "unknown"),
      sourcePort: fc.oneof(fc.constantFrom(0, 22, 443, 40_000, null), fc.integer({ min: 0, max: 65_535 })),
      destinationPort: fc.oneof(
        fc.constantFrom(0, 21, 22, 23, 25, 53, 80, 135, 389, 443, 445, 514, 1433, 1521, 3389, 4444, 5900, 5938, 6443, 9999, null),
        fc.integer({ min: 0, max: 65_535 }),
      ),
      protocol: fc.constantFrom(1, 6, 17, 58, 132, 255, null),
      bytes: fc.constantFrom(null, 0, 60, 199, 200, 1_400, 1_000_000, 500_000_001, "18446744073709551615"),
      packets: fc.constantFrom(null, 0, 1, 3, 11, 100),
      destinationServer: fc.constantFrom(null, "db-01"),
      destinationNetwork: fc.constantFrom(null, "approved"),
      sourceColumns: fc.constantFrom(null, { role: "Bastion" }, { role: "web" }),
      bytesReverse: fc.constantFrom(null, 600_000_000),
    });
    const found = new Set<string>();
    fc.assert(
      fc.property(anyFlow, (fields) => {
        const flow = flowMaker()(0, fields);
        const hits: number[] = [];
        dispatch(flow, (index) => hits.push(index));
        const expected = tests.flatMap((holds, index) => (holds(flow) ? [index] : []));
        for (const index of expected) found.add(bases[index]?.name ?? "");
        expect(hits.sort((a, b) => a - b)).toEqual(expected);
      }),
      { numRuns: runs(5_000, 3) },
    );
    expect(found.size).toBeGreaterThan(20);
  });
});
