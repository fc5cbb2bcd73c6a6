import fc from "fast-check";
import { expect, test } from "vitest";
import { printable, printableLines } from "../../../src/lib/printable.ts";

test.each([
  ["colours and titles", "\u001b[31mred\u001b]0;title\u0007", "\\u001b[31mred\\u001b]0;title\\u0007"],
  ["a line of its own", "key\nflowferry: all is well\r\n\tx", "key\\nflowferry: all is well\\r\\n\\tx"],
  ["DEL and C1", "\u007f\u0085\u009b31m", "\\u007f\\u0085\\u009b31m"],
  ["direction", "\u202ecod.exe\u2066x\u2069\u200f", "\\u202ecod.exe\\u2066x\\u2069\\u200f"],
  ["what cannot be seen", "a\u200bb\u2060c\ufeffd\u00ade", "a\\u200bb\\u2060c\\ufeffd\\u00ade"],
  ["other ends of a line", "a\u2028b\u2029c", "a\\u2028b\\u2029c"],
  ["tags beyond the first plane", "a\u{e0041}b", "a\\udb40\\udc41b"],
])("%s become visible", (_what, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test("letters of all scripts stay", () => {
  const text = 'Zürich 日本語 عربى 𝒳 👍 – … “quoted” \\ "';
  expect(printable(text)).toBe(text);
});

test("JSON keeps its meaning", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }), (text) => {
      const line = printable(JSON.stringify({ text }));
      expect(JSON.parse(line)).toEqual({ text });
      expect(line).not.toMatch(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069]/u);
    }),
  );
});

test("lines stay where there are several", () => {
  expect(printableLines("a\u001b\nb\tc\n")).toBe("a\\u001b\nb\\tc\n");
});
