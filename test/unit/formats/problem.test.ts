import fc from "fast-check";
import { expect, test } from "vitest";
import { show } from "../../../src/formats/problem.ts";

test("shows values as JSON does, and containers by what they are", () => {
  expect(show("10.100.xx.197")).toBe('"10.100.xx.197"');
  expect(show(70_000)).toBe("70000");
  expect(show(null)).toBe("null");
  expect(show([1, 2])).toBe("a list");
  expect(show({ a: 1 })).toBe("an object");
});

test("replaces what a terminal or a log reader would act on", () => {
  expect(show("a\u001b[31m\r\nb\u2028c\u202ed\u0000e\ud800f")).toBe('"a?[31m??b?c?d?e?f"');
});

test("is one printable line of at most 82 characters for any text", () =>
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 }), (codes) => {
      const shown = show(String.fromCharCode(...codes));
      expect(shown.length).toBeLessThanOrEqual(82);
      expect(shown).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]*$/u);
    }),
  ));
