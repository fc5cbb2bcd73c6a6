import { expect, test } from "vitest";
import { createDetector } from "../../../src/detect/evaluate.ts";
import type { Match } from "../../../src/detect/match.ts";
import { StateStore } from "./saved-state.ts";
import { detection, flowMaker, rulesOf } from "./support.ts";

const many = (name: string, gte: number, level = "low") => `title: Many
name: ${name}
level: ${level}
flow: { throttle: 1h }
correlation: { type: event_count, rules: [probe], group-by: [sourceAddress], timespan: 10m, condition: { gte: ${gte} } }
`;
const PROBE = detection("  selection:\n    destinationPort: 22\n  condition: selection");
const rules = (...texts: string[]) => rulesOf([...texts, PROBE].join("---\n"));
const SSH = { destinationPort: 22, sourceAddress: "203.0.113.7" };

function listening(detector: ReturnType<typeof createDetector>): string[] {
  const told: string[] = [];
  detector.onMatch((match: Match) => told.push(`${match.rule.name} ${match.rule.level} ${match.count}`));
  return told;
}

test("a rule that is as it was goes on counting, one that has changed begins anew, and a new one begins", () => {
  const detector = createDetector(rules(many("kept", 4), many("changed", 4)));
  const told = listening(detector);
  const flow = flowMaker();
  for (let n = 0; n < 3; n++) detector.inspect(flow(n, SSH));
  detector.use(rules(many("kept", 4, "high"), many("changed", 2), many("added", 2)));
  detector.inspect(flow(3, SSH));
  expect(told).toEqual(["kept high 4"]);
  detector.inspect(flow(4, SSH));
  expect(told).toEqual(["kept high 4", "changed low 2", "added low 2"]);
});

test("an incident that was told stays silent, and a record that was seen does not count again", () => {
  const detector = createDetector(rules(many("kept", 2)));
  const told = listening(detector);
  const flow = flowMaker();
  const flows = [0, 1, 2].map((n) => flow(n, SSH));
  for (const one of flows) detector.inspect(one);
  detector.use(rules(many("kept", 2, "high"), many("more", 3)));
  for (const one of flows) detector.inspect(one);
  detector.inspect(flow(3, SSH));
  expect(told).toEqual(["kept low 2"]);
});

test("while a state is saved the rules wait; what is saved before and after can be taken up", () => {
  const [before, after] = [rules(many("kept", 4), many("gone", 9)), rules(many("kept", 4), many("added", 2))];
  const detector = createDetector(before);
  const told = listening(detector);
  const store = new StateStore();
  const flow = flowMaker();
  for (let n = 0; n < 2; n++) detector.inspect(flow(n, SSH));
  store.save(detector);
  const third = flow(2, SSH);
  const save = detector.save();
  detector.use(after);
  detector.inspect(third);
  store.finish(save);
  expect(createDetector(before).restore(store.saved()).restored).toContain("kept");
  store.save(detector);
  const restored = createDetector(after);
  expect(restored.restore(store.saved())).toEqual({ restored: ["kept", "added"], discarded: [] });
  const toldAfter = listening(restored);
  const fourth = flow(3, SSH);
  restored.inspect(third);
  restored.inspect(fourth);
  detector.inspect(fourth);
  expect(toldAfter).toEqual(["kept low 4"]);
  expect(told).toEqual(["kept low 4"]);
});

test("a save that is given up lets the rules change, too", () => {
  const detector = createDetector(rules(many("kept", 2)));
  const told = listening(detector);
  const flow = flowMaker();
  detector.inspect(flow(0, SSH));
  const save = detector.save();
  detector.use(rules(many("kept", 2, "high")));
  save.abandon();
  detector.inspect(flow(1, SSH));
  expect(told).toEqual(["kept high 2"]);
});
