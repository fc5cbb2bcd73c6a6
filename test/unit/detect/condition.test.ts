import { describe, expect, test } from "vitest";
import { detect, detection, errorsOf, flowMaker, rulesOf } from "./support.ts";

const SEARCHES: Readonly<Record<string, string>> = {
  a: "sourcePort: 1",
  b: "destinationPort: 2",
  c: "bytes: 3",
  selection_a: "sourcePort: 1",
  selection_b: "destinationPort: 2",
  filter_c: "bytes: 3",
};

/** Whether a rule with these searches and this condition marks a flow for which the searches on a, b and c are as given. */
function truth(names: readonly string[], condition: string, { a, b, c }: Values): boolean {
  const body = names.map((name) => `  ${name}:\n    ${SEARCHES[name]}`).join("\n");
  const rules = rulesOf(detection(`${body}\n  condition: ${condition}`));
  const flow = flowMaker()(0, { sourcePort: a ? 1 : 9, destinationPort: b ? 2 : 9, bytes: c ? 3 : 9 });
  return detect(rules, [flow]).marks[0]?.length === 1;
}

/** Every combination of the three searches. */
const COMBINATIONS = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({ a: (bits & 1) !== 0, b: (bits & 2) !== 0, c: (bits & 4) !== 0 }));

type Values = (typeof COMBINATIONS)[number];

describe("condition grammar", () => {
  test.each<readonly [string, string, (v: Values) => boolean]>([
    ["a", "a", ({ a }) => a],
    ["a", "not a", ({ a }) => !a],
    ["a", "not not a", ({ a }) => a],
    ["a b", "a and b", ({ a, b }) => a && b],
    ["a b", "a or b", ({ a, b }) => a || b],
    ["a b c", "a or b and c", ({ a, b, c }) => a || (b && c)],
    ["a b c", "a and b or c", ({ a, b, c }) => (a && b) || c],
    ["a b c", "(a or b) and c", ({ a, b, c }) => (a || b) && c],
    ["a b", "not a and b", ({ a, b }) => !a && b],
    ["a b", "not (a and b)", ({ a, b }) => !(a && b)],
    ["a b c", "not (a or b) or c", ({ a, b, c }) => !(a || b) || c],
    ["a b", "((a))and(not(b))", ({ a, b }) => a && !b],
    ["selection_a selection_b", "1 of selection_*", ({ a, b }) => a || b],
    ["selection_a selection_b", "all of selection_*", ({ a, b }) => a && b],
    ["selection_a selection_b filter_c", "1 of selection_* and not 1 of filter_*", ({ a, b, c }) => (a || b) && !c],
    ["selection_a selection_b", "not all of selection_*", ({ a, b }) => !(a && b)],
    ["a b c", "all of them", ({ a, b, c }) => a && b && c],
    ["a b c", "1 of them", ({ a, b, c }) => a || b || c],
    ["selection_a selection_b filter_c", "1 of *_b or all of sel*_a and filter_c", ({ a, b, c }) => b || (a && c)],
    ["selection_a selection_b", "all of s*l*_*", ({ a, b }) => a && b],
  ])("%s: %s", (names, condition, expected) => {
    for (const values of COMBINATIONS) {
      expect(truth(names.split(" "), condition, values), JSON.stringify(values)).toBe(expected(values));
    }
  });

  test("a list of conditions is a disjunction", () => {
    const rules = rulesOf(
      detection("  a:\n    sourcePort: 1\n  b:\n    destinationPort: 2\n  condition:\n    - a\n    - b and not a"),
    );
    const flow = flowMaker();
    const { marks } = detect(rules, [flow(0, { sourcePort: 1 }), flow(0, { destinationPort: 2 }), flow(0, { sourcePort: 9 })]);
    expect(marks.map((names) => names.length)).toEqual([1, 1, 0]);
  });

  test("a list of maps is a disjunction, a map a conjunction", () => {
    const rules = rulesOf(
      detection(`  selection:
    - sourcePort: 1
      destinationPort: 2
    - bytes: 3
  condition: selection`),
    );
    const flow = flowMaker();
    const { marks } = detect(rules, [
      flow(0, { sourcePort: 1 }),
      flow(0, { sourcePort: 1, destinationPort: 2 }),
      flow(0, { bytes: 3 }),
    ]);
    expect(marks.map((names) => names.length)).toEqual([0, 1, 1]);
  });

  test("searches whose name begins with an underscore are not among them", () => {
    const text = detection("  a:\n    sourcePort: 1\n  _b:\n    destinationPort: 2\n  condition: all of them and not _b");
    const flow = flowMaker();
    expect(detect(rulesOf(text), [flow(0, { sourcePort: 1 })]).marks[0]).toEqual(["probe"]);
  });

  test.each([
    ["a and", "it ends where a search is expected"],
    ["a b", "'b' is not expected here; join searches with 'and' or 'or'"],
    ["(a or b", "a closing bracket is missing"],
    ["a or b)", "')' is not expected here"],
    ["aa or b", "unknown search 'aa'; did you mean 'a'?"],
    ["2 of them", "'2 of' is not supported; write '1 of' or 'all of'"],
    ["any of them", "'any of' is not supported; write '1 of' or 'all of'"],
    ["1 of", "'1 of' names no searches"],
    ["1 of selektion*", "no search matches 'selektion*'"],
    ["a", "search 'b' is not used"],
    ["a or b | count() > 5", "'|' is not expected here"],
    [`${"(".repeat(40)}a or b${")".repeat(40)}`, "more than 32 brackets"],
  ])("%s", (condition, message) => {
    const errors = errorsOf(detection(`  a:\n    sourcePort: 1\n  b:\n    destinationPort: 2\n  condition: "${condition}"`));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^rules\.yml:12: condition /);
    expect(errors[0]).toContain(message);
  });

  test("a condition that is always true or false", () => {
    expect(errorsOf(detection("  a:\n    sourcePort: 1\n  condition: a or not a"))).toEqual([]);
    expect(errorsOf(detection("  condition: a"))).toEqual(["rules.yml:7: detection has no search beside its condition"]);
  });
});
