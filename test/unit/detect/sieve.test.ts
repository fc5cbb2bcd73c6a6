import { describe, expect, test } from "vitest";
import { createDetector } from "../../../src/detect/evaluate.ts";
import type { Rule } from "../../../src/detect/rule.ts";
import { createSieve } from "../../../src/detect/stream/sieve.ts";
import { copyOf } from "../../../src/flow/copy.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { cases } from "../shipped-cases.ts";
import { rules as shipped } from "../shipped-rules.ts";
import { detection, flowMaker, rulesOf } from "./support.ts";

const byName = new Map(shipped.map((rule) => [rule.name, rule]));

/** What a detector of the rules finds, and how it marks the flows. */
function found(rules: readonly Rule[], flows: readonly Flow[]) {
  const detector = createDetector(rules);
  const keys: string[] = [];
  detector.onMatch(({ key, count }) => keys.push(`${key} of ${count}`));
  for (const flow of flows) detector.inspect(flow);
  return { keys, marks: flows.map(({ detections }) => [...detections]) };
}

test("of every case of a rule, the flows that are let through lead to all that was found among all of them", () => {
  let all = 0;
  let seen = 0;
  for (const { flows, rule } of cases) {
    const rules = [byName.get(rule)].filter((one) => one !== undefined);
    const [whole, sifted] = [flows.map(copyOf), flows.map(copyOf)];
    const sieve = createSieve(rules);
    const single = new Set(sieve.rules);
    const through = sifted.filter((flow) => sieve.sift(flow));
    const marks = sifted.map(({ detections }) => [...detections]);
    const expected = found(rules, whole);
    expect(found(rules, through.map(copyOf)).keys).toEqual(expected.keys);
    expect(marks).toEqual(expected.marks.map((names) => names.filter((name) => single.has(name))));
    all += flows.length;
    seen += through.length;
  }
  // Else this would be so of a sieve without a bottom.
  expect(seen).toBeLessThan(all);
});

describe("a flow that no rule looks at", () => {
  const [reject] = [rulesOf(detection("  probe:\n    action: reject\n  condition: probe"))];
  const sift = (...flows: Flow[]) => {
    const sieve = createSieve(reject, () => Number.MAX_SAFE_INTEGER);
    return flows.map((flow) => sieve.sift(flow));
  };

  test("is let through when the clock of rules goes on with it, every ten minutes", () => {
    const flow = flowMaker();
    const accepted = { action: "accept" };
    expect(sift(flow(0, accepted), flow(1, accepted), flow(599, accepted), flow(600, accepted), flow(601, accepted))).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  test("is let through when none came before it: rules count the time in which they learn from there", () => {
    const flow = flowMaker();
    const accepted = { action: "accept" };
    expect(sift(flow(100, accepted), flow(50, accepted), flow(70, accepted), flow(49, accepted))).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  test("moves no clock when it lies far in the future", () => {
    const flow = flowMaker();
    const sieve = createSieve(reject, () => flow(0).time);
    expect([0, 6_000, 30].map((seconds) => sieve.sift(flow(seconds, { action: "accept" })))).toEqual([true, false, false]);
  });
});
