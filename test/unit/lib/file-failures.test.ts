import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fileErrorWords, isDiskFull, isMisplaced } from "../../../src/lib/file-failures.ts";

const errorOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
};

test("a full disk has words, and is not misplaced", () => {
  const full = errorOf(() => writeFileSync("/dev/full", "x"));
  expect(fileErrorWords(full)).toBe("no space left on the disk: make room (ENOSPC)");
  expect([isDiskFull(full), isMisplaced(full)]).toEqual([true, false]);
  expect(isDiskFull({ code: "EDQUOT" })).toBe(true);
});

test("a wrong path is misplaced, and no full disk", () => {
  for (const wrong of [errorOf(() => readFileSync("/none")), errorOf(() => readFileSync("/proc"))])
    expect([isDiskFull(wrong), isMisplaced(wrong)]).toEqual([false, true]);
});

test("an error without words of ours keeps the system's", () => {
  expect(fileErrorWords(Object.assign(new Error("EXDEV: cross-device link"), { code: "EXDEV" }))).toBe(
    "EXDEV: cross-device link",
  );
});
