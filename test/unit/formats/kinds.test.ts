import { expect, test } from "vitest";
import { KINDS } from "../../../src/formats/kinds.ts";

test("a number is a whole one that is exact, as a number or in digits", () => {
  const { convert } = KINDS.number;
  expect([0, "7", 2 ** 53 - 1, "9007199254740991"].map(convert)).toEqual([0, 7, 2 ** 53 - 1, 2 ** 53 - 1]);
  expect([-1, 1.5, 2 ** 53, "9007199254740992", "0x1f", true, {}].map(convert)).toEqual(Array(7).fill(undefined));
});
