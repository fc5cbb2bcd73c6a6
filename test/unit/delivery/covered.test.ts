import fc from "fast-check";
import { expect, test } from "vitest";
import { Covered } from "../../../src/delivery/covered.ts";

const LAST = 11;
const numbers = Array.from({ length: LAST + 3 }, (_, index) => index);

test("has what was added, in whatever order and overlap", () => {
  const span = fc
    .tuple(fc.nat(LAST), fc.nat(LAST))
    .map(([one, other]) => [Math.min(one, other), Math.max(one, other) + 1] as const);
  fc.assert(
    fc.property(fc.array(span, { maxLength: 8 }), (spans) => {
      const covered = new Covered();
      const model = new Set<number>();
      for (const [after, through] of spans) {
        covered.add(after, through);
        for (let number = after + 1; number <= through; number += 1) model.add(number);
      }
      for (const number of numbers) expect([number, covered.has(number)]).toEqual([number, model.has(number)]);
      for (const after of numbers) {
        for (const through of numbers.filter((number) => number > after)) {
          const any = numbers.some((number) => number > after && number <= through && model.has(number));
          expect([after, through, covered.hasAny(after, through)]).toEqual([after, through, any]);
        }
        const all = numbers.every((number) => number === 0 || number > after || model.has(number));
        expect([after, covered.hasAll(after)]).toEqual([after, all]);
      }
    }),
  );
});

test("what is said behind a record is known when a reading went beyond it, or heard so much there", () => {
  const covered = new Covered();
  expect(covered.hasSaid(0, 1)).toBe(false);
  covered.add(0, 0, 1);
  expect([covered.hasSaid(0, 1), covered.hasSaid(0, 2)]).toEqual([true, false]);
  covered.add(3, 7, 2);
  // What is said behind 3, where the reading begins, is heard; what is said before is not.
  expect([2, 3, 6, 8].map((after) => covered.hasSaid(after, 9))).toEqual([false, true, true, false]);
  expect([1, 2, 3].map((ordinal) => covered.hasSaid(7, ordinal))).toEqual([true, true, false]);
  // A reading that heard less there takes nothing away, one that heard more adds.
  covered.add(5, 7, 1);
  expect(covered.hasSaid(7, 2)).toBe(true);
  covered.add(7, 7, 3);
  expect([covered.hasSaid(7, 3), covered.hasSaid(7, 4)]).toEqual([true, false]);
  // Behind 9 nothing was heard yet.
  covered.add(7, 9);
  expect([covered.hasSaid(7, 9), covered.hasSaid(9, 1)]).toEqual([true, false]);
  covered.add(0, 3, 4);
  expect([covered.hasSaid(0, 9), covered.hasSaid(3, 9), covered.hasSaid(9, 1)]).toEqual([true, true, false]);
});
