import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SavedState } from "../../../src/contracts/state-ledger.ts";
import { createDetector, type StreamDetector } from "../../../src/detect/evaluate.ts";
import type { Match } from "../../../src/detect/match.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { codeOf, describeError, Failure } from "../../../src/lib/errors.ts";
import { runs } from "../../runs.ts";
import { rules as SHIPPED } from "../shipped-rules.ts";
import { contentOf, StateStore } from "./saved-state.ts";
import { detect, detection, type Fields, flowAt, flowMaker, rulesOf, START } from "./support.ts";
import { KNOWN, RULES, STEPS } from "./version-3.ts";

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

/** Traffic in which many of the shipped rules find something: few hosts, few ports, all actions. */
const traffic = fc.array(
  fc.record({
    gap: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }) },
      { weight: 1, arbitrary: fc.integer({ min: -900, max: 40_000 }) },
    ),
    action: fc.constantFrom("accept", "reject"),
    sourceAddress: fc.constantFrom("10.0.1.10", "10.0.1.11", "203.0.113.7", "203.0.113.8", "2001:db8::7"),
    destinationAddress: fc.constantFrom("10.0.2.20", "10.0.2.21", "203.0.113.7", "198.51.100.9"),
    sourcePort: fc.constantFrom(443, 40_001, 40_002, 51_000),
    destinationPort: fc.oneof(fc.constantFrom(22, 23, 53, 443, 445, 1521, 3389, 4444), fc.integer({ min: 1, max: 65_535 })),
    protocol: fc.constantFrom(6, 6, 6, 17, 1, 132),
    bytes: fc.constantFrom(60, 1_400, 2_000_000, 600_000_000, "18446744073709551615"),
    packets: fc.constantFrom(1, 3, 50),
    direction: fc.constantFrom("ingress", "egress", "unknown"),
    destinationServer: fc.constantFrom(null, null, "db-01"),
    vnic: fc.constantFrom(null, "a", "b"),
  }),
  { minLength: 1, maxLength: 120, size: "max" },
);
type Steps = readonly ({ readonly gap: number } & Fields)[];

function flowsOf(steps: Steps, objects = 3): Flow[] {
  let seconds = 0;
  return steps.map(({ gap, ...fields }, index) => {
    seconds = Math.max(0, seconds + gap);
    const origin = originOf("test://bucket", `object-${index % objects}`, "1");
    return flowAt(origin, index + 1, seconds, fields);
  });
}

function listen(detector: StreamDetector): Match[] {
  const matches: Match[] = [];
  detector.onMatch((match) => matches.push(match));
  return matches;
}

/** Without the live flow and rule, as they go through a saved state. */
const plain = (matches: readonly Match[]) =>
  matches.map(({ flow, rule, ...match }) =>
    JSON.parse(JSON.stringify({ ...match, bytes: String(match.bytes), rule: rule.name, uid: flow.uid })),
  );

/** So few groups of a rule and flows of a group that they make room for each other all the time. */
const limits = fc.constantFrom({}, { maxGroups: 3 }, { maxGroups: 12 }, { maxItems: 20 }, { maxObjects: 2 });

describe("a restart", () => {
  test("goes on from the moment at which the latest finished save began, whatever came meanwhile", () => {
    /** How many flows come before the save begins, until it ends, and until the process dies. */
    const life = fc.tuple(
      fc.nat({ max: 30 }),
      fc.nat({ max: 10 }),
      fc.nat({ max: 10 }),
      fc.constantFrom("saved", "refused", "cut"),
    );
    fc.assert(
      fc.property(traffic, fc.array(life, { minLength: 1, maxLength: 8, size: "max" }), limits, (steps, lives, limited) => {
        const options = { now: () => START, ...limited };
        const whole = flowsOf(steps);
        const undisturbed = detect(SHIPPED, whole, options);

        const flows = flowsOf(steps);
        const store = new StateStore();
        const told: Match[] = [];
        let detector = createDetector(SHIPPED, options);
        let matches = listen(detector);
        let position = 0;
        let saved = 0;
        const inspect = (count: number): void => {
          for (const end = Math.min(position + count, flows.length); position < end; position++) {
            detector.inspect(flows[position] as Flow);
          }
        };
        for (const [before, during, after, end] of lives) {
          inspect(before);
          const moment = position;
          const toldBefore = matches.length;
          const save = detector.save();
          inspect(during);
          if (end === "saved") {
            store.finish(save, () => inspect(1));
            inspect(after);
            saved = moment;
            told.push(...matches.slice(0, toldBefore));
          } else {
            // Some of its parts may be there already when the ledger fails, or the process dies.
            store.putParts(save);
            if (end === "refused") {
              save.abandon();
              store.save(detector);
              told.push(...matches);
              saved = position;
            }
          }
          detector = createDetector(SHIPPED, options);
          matches = listen(detector);
          if (saved > 0) detector.restore(store.saved());
          position = saved;
        }
        inspect(flows.length);
        store.save(detector);
        const once = new StateStore();
        once.save(undisturbed.detector);

        expect(flows.map((flow) => flow.detections)).toEqual(undisturbed.marks);
        expect(plain([...told, ...matches])).toEqual(plain(undisturbed.matches));
        expect(contentOf(store.saved())).toEqual(contentOf(once.saved()));
      }),
      { numRuns: runs(100, 10), interruptAfterTimeLimit: 60_000 },
    );
  });

  test("that goes back to before the saved state repeats nothing", () => {
    fc.assert(
      fc.property(traffic, fc.nat({ max: 119 }), fc.nat({ max: 119 }), (steps, at, back) => {
        const whole = flowsOf(steps, 1);
        const { matches, marks } = detect(SHIPPED, whole, { now: () => START });

        const again = flowsOf(steps, 1);
        const cut = Math.min(at, again.length);
        const first = createDetector(SHIPPED, { now: () => START });
        const told = listen(first);
        for (const flow of again.slice(0, cut)) first.inspect(flow);
        const store = new StateStore();
        store.save(first);
        const second = createDetector(SHIPPED, { now: () => START });
        second.restore(store.saved());
        const toldLater = listen(second);
        const repeated = flowsOf(steps, 1).slice(Math.max(0, cut - back));
        for (const flow of repeated) second.inspect(flow);

        expect(plain([...told, ...toldLater])).toEqual(plain(matches));
        expect(repeated.map((flow) => flow.detections)).toEqual(marks.slice(Math.max(0, cut - back)));
      }),
      { numRuns: runs(60, 6), interruptAfterTimeLimit: 60_000 },
    );
  });

  test("with the state of version 0.1.0 goes on from there", () => {
    const head = readFileSync("test/fixtures/detections/state-version-3.json", "utf8");
    const origins = ["a", "b", "c"].map((key) => originOf("test://bucket", key, "1"));
    const flows = STEPS.map(({ seconds, fields }, index) => flowAt(origins[index % 3] as never, index + 1, seconds, fields));
    const options = { now: () => START + 86_400_000 };
    const rules = rulesOf(RULES);
    const { matches, marks } = detect(rules, flows, options);
    expect(new Set(matches.map(({ rule }) => rule.name)).size).toBe(8);

    const detector = createDetector(rules, options);
    const { restored, discarded } = detector.restore({ head, parts: [] });
    expect([restored.length, discarded]).toEqual([9, ["regular"]]);
    const told = listen(detector);
    const store = new StateStore();
    store.save(detector);
    for (const flow of flows.slice(KNOWN)) detector.inspect(flow);
    expect(plain(told)).toEqual(plain(matches.filter(({ flow }) => flow.record > KNOWN)));
    expect(flows.slice(KNOWN).map((flow) => flow.detections)).toEqual(marks.slice(KNOWN));

    // All of it is in parts after the first save.
    const again = createDetector(rules, options);
    again.restore(store.saved());
    const toldAgain = listen(again);
    for (const flow of flows.slice(KNOWN)) again.inspect(flow);
    expect(plain(toldAgain)).toEqual(plain(told));
  });
});

describe("a saved state", () => {
  const savedOf = (rules: string, flows: readonly Flow[]): { store: StateStore; detector: StreamDetector } => {
    const { detector } = detect(rulesOf(rules), flows);
    const store = new StateStore();
    store.save(detector);
    return { store, detector };
  };

  test("of an empty detector is small", () => {
    expect(new StateStore().save(createDetector(rulesOf(COUNT)))).toBeLessThan(500);
  });

  test("leaves out by name a rule that has changed or gone, the incidents of an unchanged throttle stay", () => {
    const make = flowMaker();
    const { store } = savedOf(
      COUNT,
      [0, 1, 2].map((second) => make(second, { destinationPort: 22 })),
    );
    const changed = createDetector(rulesOf(COUNT.replace("gte: 3", "gte: 2")));
    expect(changed.restore(store.saved())).toEqual({ restored: [], discarded: ["many"] });
    const matches = listen(changed);
    for (const second of [10, 11, 12]) changed.inspect(make(second, { destinationPort: 22 }));
    expect(matches).toEqual([]);

    const gone = createDetector(rulesOf(detection("  selection:\n    destinationPort: 22\n  condition: selection")));
    expect(gone.restore(store.saved())).toEqual({ restored: [], discarded: ["many"] });
    expect(createDetector(rulesOf(COUNT)).restore(store.saved())).toEqual({ restored: ["many"], discarded: [] });
  });

  test("of a rule that has changed is removed by the first save, and never taken for that of the changed one", () => {
    const make = flowMaker();
    const { store } = savedOf(
      COUNT,
      [0, 1].map((second) => make(second, { destinationPort: 22 })),
    );
    const rules = rulesOf(COUNT.replace("gte: 3", "gte: 4"));
    const changed = createDetector(rules);
    changed.restore(store.saved());
    const save = changed.save();
    store.putParts(save);
    store.putHead(save);
    const left = [...store.saved().parts].map(({ number }) => number);
    // The process may die before it has removed them.
    const again = createDetector(rules);
    again.restore(store.saved());
    expect(again.stats.rules).toEqual([{ rule: "many", groups: 0, evicted: 0, dropped: 0 }]);
    store.discard(save.done());
    expect([...store.saved().parts].length).toBeLessThan(left.length);
    expect(changed.save().done()).toEqual([]);
  });

  type Damage = (saved: { head: string; parts: { number: number; value: string }[] }) => void;
  const headOf = (edit: (head: Record<string, unknown>) => unknown): Damage => {
    return (saved) => {
      saved.head = JSON.stringify(edit(JSON.parse(saved.head)));
    };
  };
  const partOf = (of: string, edit: (value: string) => string): Damage => {
    return (saved) => {
      saved.parts = saved.parts.map((part) => (part.value.includes(of) ? { ...part, value: edit(part.value) } : part));
    };
  };

  test.each<readonly [string, Damage, string]>([
    [
      "no JSON",
      (saved) => {
        saved.head = saved.head.slice(0, -1);
      },
      "JSON",
    ],
    ["no map", headOf(() => "x"), "not a map"],
    ["null", headOf(() => null), "not a map"],
    ["an earlier version", headOf((head) => ({ ...head, version: 2 })), "its version is 2, not 3 or 4"],
    ["a later version", headOf((head) => ({ ...head, version: 5 })), "its version is 5, not 3 or 4"],
    ["no tables", headOf(({ tables: _tables, ...head }) => head), "not a list"],
    ["no next number", headOf(({ next: _next, ...head }) => head), "not the number of a part"],
    ["a table that is none", headOf((head) => ({ ...head, tables: [["objects", ""]] })), "not a table"],
    [
      "an object that is none",
      partOf("objects", (value) => value.replace(/,2,\[\]\]/, ',"x",[]]')),
      "not the progress of an object",
    ],
    ["an object twice", partOf("objects", (value) => value.replace(/\[(\[2,.*\])\]\]$/, "[$1,$1]]")), "comes again"],
    ["a group that is none", partOf("follower/many", (value) => value.replace('"10.0.1.10"', "7")), "not a text"],
    ["a touch that is none", partOf("follower/many", (value) => value.replace("[[2,", '[["x",')), "not a touch"],
    [
      "a part that is missing",
      (saved) => {
        saved.parts = saved.parts.filter(({ value }) => !value.includes("follower/many"));
      },
      "0 groups instead of 1",
    ],
  ])("that is damaged (%s) is refused, and the detector stays as it was", (_name, damage, message) => {
    const make = flowMaker();
    const { store, detector } = savedOf(COUNT, [make(0, { destinationPort: 22 }), make(1, { destinationPort: 22 })]);
    const matches = listen(detector);
    const { head, parts } = store.saved();
    const saved = { head, parts: [...parts] };
    const before = JSON.stringify(saved);
    damage(saved);
    expect(JSON.stringify(saved)).not.toBe(before);
    let thrown: unknown;
    try {
      detector.restore(saved);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Failure);
    expect(codeOf(thrown)).toBe("bad-detection-state");
    expect(describeError(thrown)).toMatch(new RegExp(`^the saved state cannot be read: .*${message}`));
    detector.inspect(make(2, { destinationPort: 22 }));
    expect(matches).toHaveLength(1);
  });

  test("that the ledger cannot read is not damaged", () => {
    const { store, detector } = savedOf(COUNT, [flowMaker()(0, { destinationPort: 22 })]);
    const broken: SavedState = {
      head: store.saved().head,
      parts: {
        [Symbol.iterator]() {
          throw new Error("disk I/O error");
        },
      },
    };
    expect(() => detector.restore(broken)).toThrow("disk I/O error");
  });

  test("of more groups than there may be now keeps the youngest", () => {
    const make = flowMaker();
    const hosts = [1, 2, 3, 4].map((host) => make(host, { destinationPort: 22, sourceAddress: `203.0.113.${host}` }));
    const { store } = savedOf(COUNT, hosts);
    const smaller = createDetector(rulesOf(COUNT), { maxGroups: 2 });
    smaller.restore(store.saved());
    const matches = listen(smaller);
    for (const host of [3, 4, 3, 4]) smaller.inspect(make(10, { destinationPort: 22, sourceAddress: `203.0.113.${host}` }));
    expect(matches.map(({ group }) => group.sourceAddress)).toEqual(["203.0.113.3", "203.0.113.4"]);
  });
});

describe("a save", () => {
  const random = (seed: number) => (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  /** Flows of peers that hardly ever come again, 500 a second, an object every 5 seconds. */
  const stranger = (of: (below: number) => number) => (index: number) =>
    flowAt(originOf("test://bucket", `object-${Math.floor(index / 2_500)}`, "1"), (index % 2_500) + 1, index / 500, {
      sourceAddress: `198.${18 + of(2)}.${of(256)}.${1 + of(254)}`,
      destinationAddress: `10.0.${of(16)}.${1 + of(254)}`,
      destinationPort: [22, 443, 3389, 8080][of(4)],
      action: of(2) === 0 ? "accept" : "reject",
      direction: "ingress",
    });
  const knock = (make: ReturnType<typeof flowMaker>, host: number) =>
    make(0, { destinationPort: 22, sourceAddress: `10.${host >> 16}.${(host >> 8) & 255}.${host & 255}` });

  const storedIn = (store: StateStore): number => sum([...store.saved().parts].map(({ value }) => value.length));
  const sum = (list: readonly number[]): number => list.reduce((total, size) => total + size, 0);

  test("takes what the groups touched since the one before take, however many there are", () => {
    // So far from what the rule asks for that a group does not grow while it is touched.
    const rules = rulesOf(COUNT.replace("gte: 3", "gte: 100000"));
    const detector = createDetector(rules);
    const store = new StateStore();
    const make = flowMaker();
    const hosts = runs(20_000);
    for (let host = 0; host < hosts; host++) detector.inspect(knock(make, host));
    const whole = store.save(detector);
    const of = random(1);
    const [saves, touched] = [300, runs(200)];
    const sizes = Array.from({ length: saves }, () => {
      for (let index = 0; index < touched; index++) detector.inspect(knock(make, of(hosts)));
      return store.save(detector);
    });
    // A group of several flows takes more than one of a single flow; the head is small.
    const most = (touched * whole * 3) / hosts + 1_000;
    expect(sizes.toSorted((a, b) => a - b)[saves / 2]).toBeLessThan(most);
    // Now and then the whole is written anew, which takes as much again.
    expect(sum(sizes)).toBeLessThan(saves * most * 2);
    expect(storedIn(store)).toBeLessThan(3 * JSON.stringify(contentOf(store.saved())).length);
    const again = createDetector(rules);
    again.restore(store.saved());
    expect(again.stats).toEqual(detector.stats);
  });

  test("writes no more than about one table anew at a time", () => {
    const [correlation, base] = COUNT.replace("gte: 3", "gte: 100000").split("---\n") as [string, string];
    const correlations = ["one", "two", "three"].map((name) => correlation.replace("name: many", `name: ${name}`));
    const detector = createDetector(rulesOf([...correlations, base].join("---\n")));
    const store = new StateStore();
    const make = flowMaker();
    const hosts = 6_000;
    for (let round = 0; round < 2; round++) for (let host = 0; host < hosts; host++) detector.inspect(knock(make, host));
    const each = store.save(detector) / (3 * hosts);
    const of = random(1);
    const sizes = Array.from({ length: 24 }, () => {
      for (let index = 0; index < 1_000; index++) detector.inspect(knock(make, of(hosts)));
      return store.save(detector);
    });
    const largest = Math.max(...sizes) / each;
    expect(largest).toBeGreaterThan(hosts);
    expect(largest).toBeLessThan(2 * hosts + 3 * 1_000);
  });

  test("leaves nothing of groups that are forgotten", () => {
    const detector = createDetector(rulesOf(COUNT), { now: () => START + 86_400_000 });
    const store = new StateStore();
    const make = flowMaker();
    for (let host = 0; host < 400; host++) detector.inspect(knock(make, host));
    expect(store.save(detector)).toBeGreaterThan(10_000);
    detector.inspect(make(7_200, { destinationPort: 22 }));
    store.save(detector);
    expect(detector.stats.rules).toEqual([{ rule: "many", groups: 1, evicted: 0, dropped: 0 }]);
    expect(storedIn(store)).toBeLessThan(1_000);
  });

  test("of strangers alone takes as much in the second half as in the first, and lies in as much room", () => {
    const detector = createDetector(SHIPPED, { now: () => START });
    const store = new StateStore();
    const flow = stranger(random(3));
    const flows = runs(2_500);
    const sizes = Array.from({ length: 24 }, (_, step) => {
      for (let index = 0; index < flows; index++) detector.inspect(flow(step * flows + index));
      return store.save(detector);
    }).slice(4);
    expect(sum(sizes.slice(10)) / sum(sizes.slice(0, 10))).toBeLessThan(1.3);
    expect(storedIn(store)).toBeLessThan(3 * JSON.stringify(contentOf(store.saved())).length);
  });

  test("of a large state comes in small lots, each a matter of milliseconds", () => {
    const detector = createDetector(SHIPPED, { now: () => START });
    const flow = stranger(random(5));
    let index = 0;
    while (index < runs(60_000)) detector.inspect(flow(index++));
    const store = new StateStore();
    let longest = 0;
    let start = process.threadCpuUsage();
    const lap = (): void => {
      const { user, system } = process.threadCpuUsage(start);
      longest = Math.max(longest, (user + system) / 1_000);
      start = process.threadCpuUsage();
    };
    const save = detector.save();
    lap();
    // Flows that come meanwhile pay for a group of their own at most.
    store.finish(save, () => {
      lap();
      for (let flows = 0; flows < 50; flows++) detector.inspect(flow(index++));
      start = process.threadCpuUsage();
    });
    lap();
    expect(store.written).toBeGreaterThan(runs(10_000_000));
    expect(store.largest).toBeLessThan(200_000);
    expect(longest).toBeLessThan(50);
  });
});
