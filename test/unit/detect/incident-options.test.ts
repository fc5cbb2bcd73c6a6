import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alertOf } from "../../../src/detect/alert.ts";
import { createDetector } from "../../../src/detect/evaluate.ts";
import type { Match } from "../../../src/detect/match.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { runs } from "../../runs.ts";
import { detectOverRestarts as detectRules, StateStore } from "./saved-state.ts";
import { detect, detection, errorsOf, type Fields, flowAt, flowMaker, rulesOf } from "./support.ts";

const [HOUR, DAY] = [3_600, 86_400];

/** A detection of flows to that port, with lines under `flow`. */
const at = (name: string, port: number, lines: string): string =>
  `${detection(`  selection: { destinationPort: ${port} }\n  condition: selection`, name)}flow:\n${lines.replaceAll(/^/gm, "  ")}\n`;

const names = (matches: readonly Match[]) =>
  matches.map(({ rule, time }) => `${rule.name} ${(time - Date.UTC(2026, 0, 5)) / 1_000}`);

/** Each flow as an object of its own, so that their order is free. */
const alone = (seconds: number, fields: Fields = {}): Flow =>
  flowAt(originOf("test://bucket", `${seconds}-${JSON.stringify(fields)}`, "1"), 1, seconds, fields);

const detectOverRestarts = (text: string, flows: readonly Flow[]): Match[] => detectRules(rulesOf(text), flows);

describe("routine", () => {
  const RULE = at("probe", 22, "throttle: 6h\nroutine: true");

  test.each([
    ["at the same time of the next days", [0, DAY, 2 * DAY, 3 * DAY], ["probe 0"]],
    ["two hours later the next day", [0, DAY + 2 * HOUR], ["probe 0"]],
    ["at another time of the next day", [0, DAY + 8 * HOUR], ["probe 0", `probe ${DAY + 8 * HOUR}`]],
    ["two days later", [0, 2 * DAY], ["probe 0", `probe ${2 * DAY}`]],
    ["a week later", [0, 7 * DAY], ["probe 0"]],
    ["later on the same day", [0, 7 * HOUR], ["probe 0", `probe ${7 * HOUR}`]],
    [
      "all day long",
      Array.from({ length: 72 }, (_, hour) => hour * HOUR),
      ["probe 0", `probe ${6 * HOUR}`, `probe ${12 * HOUR}`, `probe ${18 * HOUR}`],
    ],
  ])("what comes %s", (_, seconds, expected) => {
    const flows = () => seconds.map((second) => alone(second, { destinationPort: 22 }));
    expect(names(detect(rulesOf(RULE), flows()).matches)).toEqual(expected);
    expect(names(detectOverRestarts(RULE, flows()))).toEqual(expected);
  });

  test("of a beacon is the same in any order: late connections do not say that it was one an hour earlier", () => {
    const beacon = `${detection("  selection: { action: accept }\n  condition: selection")}flow:
  throttle: 1d
  routine: true
  detector: { type: beacon, group-by: [sourceAddress, destinationAddress], connections: 5, score: 0.8, common: 3, shortest: 1s, longest: 1d }
`;
    // Five times, each seven hours after the one before: the fifth of ten connections is the first within the hour. An hour earlier the
    // second day would be as the first.
    const times = [2, 9, 16, 23, 30].map((hour) => Array.from({ length: 10 }, (_, index) => hour * HOUR + (index - 3.5) * 300));
    const keys = (order: readonly number[]) => {
      const flows = order.map((second) => alone(second, { sourcePort: 40_000 + (second % 20_000) }));
      return detectOverRestarts(beacon, flows).map(({ key }) => key);
    };
    const inOrder = keys(times.flat());
    expect(inOrder.map((key) => key.split("|").at(-1))).toEqual(["20458", "20459"]);
    const orders = times.map((of) => fc.shuffledSubarray(of, { minLength: of.length }));
    fc.assert(
      fc.property(fc.tuple(...orders), (order) => {
        expect(keys(order.flat())).toEqual(inOrder);
      }),
      { numRuns: runs(20, 2) },
    );
  });

  const [MINUTE, HALF_PAST_EIGHT] = [60, 8.5 * HOUR];
  test.each([
    // The hours from 6 to 10 of the second day are as those of the first.
    ["begins before about that time", [5.7, 5.9, 6, 6.1, 6.4], ["20458", "20459"]],
    ["comes at about that time", [6, 6.1, 6.4, 6.9, 10.9], ["20458"]],
    ["comes after about that time", [11, 11.2, 11.9, 12], ["20458", "20459"]],
  ])("in any order, what %s is judged by its first flow", (_, hours, cells) => {
    const day = (order: readonly number[]) =>
      [HALF_PAST_EIGHT, HALF_PAST_EIGHT + MINUTE, ...order.map((hour) => DAY + hour * HOUR)].map((second) =>
        alone(second, { destinationPort: 22 }),
      );
    const cellsOf = (matches: readonly Match[]) => matches.map(({ key }) => key.split("|").at(-1));
    expect(cellsOf(detect(rulesOf(RULE), day(hours)).matches)).toEqual(cells);
    fc.assert(
      fc.property(fc.shuffledSubarray(hours, { minLength: hours.length }), (order) => {
        expect(cellsOf(detectOverRestarts(RULE, day(order)))).toEqual(cells);
      }),
      { numRuns: runs(50) },
    );
  });

  test("what comes late while it was silent before is not told", () => {
    // Silent until 06:15 of the second day; at 05:55 it would not be routine.
    const rule = RULE.replace("6h", "1305m");
    const flows = [8.5, 30.5, 29.9, 30.6].map((hour) => alone(hour * HOUR, { destinationPort: 22 }));
    expect(names(detectOverRestarts(rule, flows))).toEqual([`probe ${HALF_PAST_EIGHT}`]);
  });

  test("is of one incident: another host is told", () => {
    const flows = [alone(0, { destinationPort: 22 }), alone(DAY, { destinationPort: 22, sourceAddress: "10.0.1.99" })];
    expect(names(detect(rulesOf(RULE), flows).matches)).toEqual(["probe 0", `probe ${DAY}`]);
  });
});

describe("unless", () => {
  const elder = (level: string) =>
    at("elder", 22, "dedup: [sourceAddress]\nthrottle: 1h").replace("level: low", `level: ${level}`);
  const younger = at("younger", 23, "unless: [elder]\nthrottle: 6h");

  test("what the other has told of the same source is not told again, for the longer throttle time", () => {
    const flows = [
      alone(0, { destinationPort: 22 }),
      alone(60, { destinationPort: 23 }),
      alone(90, { destinationPort: 23, sourceAddress: "10.0.1.99" }),
      alone(5 * HOUR, { destinationPort: 23 }),
      alone(7 * HOUR, { destinationPort: 23 }),
    ];
    expect(names(detect(rulesOf(`${elder("low")}---\n${younger}`), flows).matches)).toEqual([
      "elder 0",
      "younger 90",
      `younger ${7 * HOUR}`,
    ]);
  });

  test("a rule that is milder takes nothing away", () => {
    const flows = [alone(0, { destinationPort: 22 }), alone(60, { destinationPort: 23 })];
    const matches = detect(rulesOf(`${elder("informational")}---\n${younger}`), flows).matches;
    expect(names(matches)).toEqual(["elder 0", "younger 60"]);
  });
});

describe("common", () => {
  const RULE = at("probe", 22, "throttle: 1s\ncommon: { field: destinationAddress, by: sourceAddress, gte: 3 }");
  const to = (second: number, source: number, destination = "203.0.113.7") =>
    alone(second, { destinationPort: 22, sourceAddress: `10.0.1.${source}`, destinationAddress: destination });

  /** Reads them in this order, nothing more comes, and says what was told. */
  const settled = (text: string, flows: readonly Flow[]): string[] => {
    const { detector, matches } = detect(rulesOf(text), flows);
    detector.settle();
    return names(matches).sort();
  };
  /** Of the second day: what is common has been learnt by then. */
  const later = (second: number) => DAY + second;

  test("flows to what three sources shared 75 minutes ago are marked and not told", () => {
    const flows = () => [
      ...[to(0, 1), to(10, 2), to(DAY - 2 * HOUR, 3)],
      ...[to(later(10), 1), to(later(20), 1, "203.0.113.8"), to(later(30), 9), to(later(40), 9, "203.0.113.8")],
    ];
    const { matches, marks } = detect(rulesOf(RULE), flows());
    expect(names(matches).filter((line) => Number(line.split(" ")[1]) >= DAY)).toEqual([
      `probe ${later(20)}`,
      `probe ${later(40)}`,
    ]);
    expect(marks.map((of) => of.length)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(names(detectOverRestarts(RULE, flows()))).toEqual(names(matches));
  });

  test("what came less than 75 minutes ago makes nothing common, whether it was read before or not", () => {
    const before = [to(0, 1), to(10, 2)];
    const flows = [to(later(0), 3), to(later(10), 5), to(later(4_499), 6)];
    const expected = ["probe 0", "probe 10", `probe ${later(0)}`, `probe ${later(10)}`, `probe ${later(4_499)}`];
    for (const rest of [flows, flows.toReversed()])
      expect(settled(RULE, [...before, ...rest, to(later(4_500), 7)])).toEqual(expected.toSorted());
  });

  test("in the first day findings wait for what comes in the 75 minutes after them, in any order, over restarts", () => {
    const flows = () => [
      ...[to(0, 1), to(10, 2), to(4_400, 3)],
      ...[to(0, 1, "203.0.113.8"), to(60, 2, "203.0.113.8"), to(4_561, 3, "203.0.113.8")],
      ...[alone(9_100), alone(14_400)],
    ];
    const expected = ["probe 0", "probe 60"];
    const { matches } = detect(rulesOf(RULE), flows());
    expect(names(matches)).toEqual(expected);
    expect(matches.map(({ flow }) => flow.destinationAddress)).toEqual(["203.0.113.8", "203.0.113.8"]);
    fc.assert(
      fc.property(fc.shuffledSubarray(flows().slice(0, 6), { minLength: 6 }), (some) => {
        expect(names(detect(rulesOf(RULE), [...some, ...flows().slice(6)]).matches).sort()).toEqual(expected);
        expect(names(detectOverRestarts(RULE, [...some, ...flows().slice(6)])).sort()).toEqual(expected);
      }),
      { numRuns: runs(20, 2) },
    );
  });

  test("what waits is told whole after a restart, and when nothing more comes", () => {
    const fields = { destinationPort: 22, bytes: "18446744073709551615", vnic: "a", destinationServer: "db-01" };
    const alertsOf = (matches: readonly Match[]) => matches.map((match) => alertOf(match));
    const { detector, matches } = detect(rulesOf(RULE), [alone(0, fields)]);
    expect(matches).toEqual([]);
    const store = new StateStore();
    store.save(detector);
    const again = createDetector(rulesOf(RULE));
    again.restore(store.saved());
    const told: Match[] = [];
    again.onMatch((match) => told.push(match));
    for (const one of [detector, again]) one.settle();
    expect(matches).toHaveLength(1);
    expect(alertsOf(told)).toEqual(alertsOf(matches));
    again.settle();
    expect(told).toHaveLength(1);
  });

  test("where more is found than may wait, the first of it is judged as far as is known", () => {
    const flows = [to(0, 1), to(1, 1, "203.0.113.8"), to(2, 1, "203.0.113.9")];
    expect(names(detect(rulesOf(RULE), flows, { maxGroups: 2 }).matches)).toEqual(["probe 0"]);
  });

  test("a correlation is judged by the flow that completes it", () => {
    const text = `${detection("  selection: { destinationPort: 22 }\n  condition: selection", "part").replace("level: low\n", "")}flow:
  common: { field: destinationAddress, by: sourceAddress, gte: 3 }
---
title: Many
name: many
level: low
correlation: { type: event_count, rules: [part], group-by: [sourceAddress], timespan: 1h, condition: { gte: 2 } }
flow: { throttle: 1d }
`;
    const flows = [to(0, 1), to(5, 1), to(6, 1, "203.0.113.8"), to(10, 2), to(20, 3), to(30, 3)];
    const { detector, matches, marks } = detect(rulesOf(text), flows);
    expect(matches).toEqual([]);
    expect(marks.map((of) => of.length)).toEqual([0, 1, 0, 0, 0, 1]);
    detector.settle();
    expect(names(matches)).toEqual(["many 6"]);
  });

  test("it is forgotten when nobody shares it for nine days", () => {
    const flows = [to(0, 1), to(1, 2), to(2, 3), alone(9 * DAY), to(9 * DAY + HOUR, 1)];
    expect(settled(RULE, flows)).toEqual([`probe ${9 * DAY + HOUR}`]);
  });

  test("may count the flows of another rule, which then is a mere part", () => {
    const text = `${at("probe", 25, "common: { field: sourceAddress, rule: received, as: destinationAddress, by: sourceAddress, gte: 2 }")}---
${detection("  selection: { destinationPort: 26 }\n  condition: selection", "received").replace("level: low\n", "")}`;
    const sent = (second: number) => alone(second, { destinationPort: 25, sourceAddress: "10.0.1.25" });
    const received = (second: number, from: number) =>
      alone(second, { destinationPort: 26, sourceAddress: `10.0.1.${from}`, destinationAddress: "10.0.1.25" });
    expect(settled(text, [received(0, 1), sent(1), received(2, 2), sent(3 * HOUR)])).toEqual([]);
    expect(settled(text, [received(0, 1), sent(1), received(3 * HOUR, 2), sent(4 * HOUR)])).toEqual(["probe 1"]);
    expect(detect(rulesOf(text), [received(0, 1)]).marks).toEqual([[]]);
  });

  test("rules that ask for the same share what they know", () => {
    const text = `${RULE}---\n${at("other", 23, "throttle: 1s\ncommon: { field: destinationAddress, by: sourceAddress, gte: 3 }")}`;
    const last = alone(9, { destinationPort: 23, sourceAddress: "10.0.1.3", destinationAddress: "203.0.113.7" });
    expect(settled(text, [to(0, 1), to(1, 2), last])).toEqual([]);
  });

  test("a new count is learnt anew: rules that have changed wait again", () => {
    const { detector } = detect(rulesOf(RULE), [to(0, 1), alone(2 * DAY)]);
    const store = new StateStore();
    store.save(detector);
    const told = (text: string) => {
      const changed = createDetector(rulesOf(text));
      changed.restore(store.saved());
      const matches: Match[] = [];
      changed.onMatch((match) => matches.push(match));
      changed.inspect(to(2 * DAY + 60, 1, "203.0.113.8"));
      return names(matches);
    };
    expect(told(RULE)).toEqual([`probe ${2 * DAY + 60}`]);
    expect(told(RULE.replace("gte: 3", "gte: 2"))).toEqual([]);
  });
});

describe("spread", () => {
  const RULE = at("open", 22, "dedup: [destinationAddress]\nthrottle: 1d\nspread: { field: sourceAddress }");
  const from = (second: number, source: string) => alone(second, { destinationPort: 22, sourceAddress: source });

  test("an alert says how many there were, the first and the last, by their times", () => {
    const flows = () => [
      from(600, "203.0.113.2"),
      from(0, "203.0.113.1"),
      from(700, "203.0.113.2"),
      from(DAY + 900, "203.0.113.3"),
    ];
    for (const matches of [detect(rulesOf(RULE), flows()).matches, detectOverRestarts(RULE, flows())]) {
      expect(names(matches)).toEqual(["open 600", `open ${DAY + 900}`]);
      const facts = matches.map((match) => alertOf(match).facts.find(({ label }) => label === "Sources")?.value);
      expect(facts).toEqual([
        expect.stringMatching(/^1 so far; first 203\.0\.113\.2, .*00:10.*; last 203\.0\.113\.2, .*00:10/),
        expect.stringMatching(/^3 so far; first 203\.0\.113\.1, .*00:00.*; last 203\.0\.113\.3, .*00:15/),
      ]);
    }
  });

  test("with growth it is told again when there are ten times as many, by another key", () => {
    const text = RULE.replace("field: sourceAddress", "field: sourceAddress, growth: 10");
    const flows = Array.from({ length: 120 }, (_, n) => from(n, `203.0.113.${n}`));
    const { matches } = detect(rulesOf(text), flows);
    expect(names(matches).slice(0, 2)).toEqual(["open 0", "open 9"]);
    // More than 64 are estimated.
    expect(Math.abs(Number(names(matches)[2]?.split(" ")[1]) - 99)).toBeLessThanOrEqual(10);
    expect(matches).toHaveLength(3);
    expect(new Set(matches.map(({ key }) => key)).size).toBe(3);
  });
});

test("tellings of one day are numbered, so that the same incident has the same key though it begins somewhat later", () => {
  const rules = rulesOf(at("probe", 22, "throttle: 1h"));
  const keys = (seconds: readonly number[]) =>
    detect(
      rules,
      seconds.map((second) => alone(second, { destinationPort: 22 })),
    ).matches.map(({ key }) => key.split("|").slice(4).join("|"));
  const day = Date.UTC(2026, 0, 5) / 86_400_000;
  expect(keys([HOUR - 60, 3 * HOUR, DAY])).toEqual([`${day}`, `${day}|1`, `${day + 1}`]);
  expect(keys([HOUR + 60, 3 * HOUR, DAY])).toEqual([`${day}`, `${day}|1`, `${day + 1}`]);
});

test("the number of a telling outlives a restart", () => {
  const text = at("probe", 22, "throttle: 1h");
  const flows = () => [0, 2 * HOUR, 4 * HOUR].map((second) => alone(second, { destinationPort: 22 }));
  const keys = (matches: readonly Match[]) => matches.map(({ key }) => key);
  expect(keys(detectOverRestarts(text, flows()))).toEqual(keys(detect(rulesOf(text), flows()).matches));
});

test.each([
  ["unless: [nobody]", "rules.yml:11: unknown rule 'nobody'"],
  ["common: { field: nothing, by: sourceAddress, gte: 3 }", "rules.yml:11: flow.common.0.field: "],
  ["common: { field: sourceAddress, rule: nobody, by: sourceAddress, gte: 3 }", "rules.yml:11: unknown rule 'nobody'"],
  ["common: { field: sourceAddress, rule: probe, by: sourceAddress, gte: 3 }", "rules.yml:11: 'probe' is no rule with detection"],
  ["spread: { field: nothing }", "rules.yml:11: flow.spread.field: "],
  ["routine: sometimes", "rules.yml:11: flow.routine must be a boolean, not 'sometimes'"],
])("%s is refused", (lines, expected) => {
  expect(errorsOf(at("probe", 22, lines))).toEqual([expect.stringContaining(expected)]);
});

test("common is refused of a correlation", () => {
  const text = `${detection("  selection: { destinationPort: 22 }\n  condition: selection")}---
title: Many
name: many
level: low
correlation: { type: event_count, rules: [probe], group-by: [sourceAddress], timespan: 1h, condition: { gte: 3 } }
flow: { common: { field: sourceAddress, by: destinationAddress, gte: 3 } }
`;
  expect(errorsOf(text)).toEqual([expect.stringContaining("a correlation cannot have common")]);
});

test("a stream of one object is told of as well", () => {
  const flow = flowMaker();
  const flows = [flow(0, { destinationPort: 22 }), flow(1, { destinationPort: 22 })];
  expect(detect(rulesOf(at("probe", 22, "routine: true")), flows).matches).toHaveLength(1);
});
