import { describe, expect, it } from "vitest";
import { durationText, instantText, parseDuration, parseInstant } from "../../../src/lib/durations.ts";
import { UsageError } from "../../../src/lib/errors.ts";

describe("durations", () => {
  it.each([
    ["500ms", 500],
    ["90s", 90_000],
    ["15m", 900_000],
    ["2h", 7_200_000],
    ["30d", 2_592_000_000],
    ["0s", 0],
  ])("%s is %d ms", (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each(["", "2", "h", "2 h", "2hours", "-2h", "1.5h", "1h30m", "2H", " 2h", "1e3s", "9999999999999999s"])(
    "%j is refused",
    (text) => {
      expect(() => parseDuration(text)).toThrow(UsageError);
      expect(durationText().safeParse(text).success).toBe(false);
    },
  );

  it("longer than 100 years are refused", () => {
    expect(() => parseDuration("36601d")).toThrow("more than 100 years");
    expect(parseDuration("36600d")).toBe(36_600 * 86_400_000);
  });
});

describe("instants", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");

  it.each([
    ["2026-01-31", "2026-01-31T00:00:00.000Z"],
    ["2026-01-31T08:00:00Z", "2026-01-31T08:00:00.000Z"],
    ["2026-01-31T08:00:00.5Z", "2026-01-31T08:00:00.500Z"],
    ["2026-01-31T08:00:00+01:00", "2026-01-31T07:00:00.000Z"],
    ["30d", "2026-01-30T12:00:00.000Z"],
  ])("%s is %s", (text, expected) => {
    expect(new Date(parseInstant(text, now)).toISOString()).toBe(expected);
  });

  it.each(["2026-02-30", "2026-01-31T08:00:00", "31.01.2026", "1767225600", "now", ""])("%j is refused", (text) => {
    expect(() => parseInstant(text, now)).toThrow("is no time: write a date");
    expect(instantText().safeParse(text).success).toBe(false);
  });
});
