import { describe, expect, test } from "vitest";
import { describeBadTimespan, formatTimespan, parseTimespan } from "../../../src/detect/timespan.ts";

describe("timespans", () => {
  test.each([
    ["1s", 1_000],
    ["90m", 5_400_000],
    ["24h", 86_400_000],
    ["7d", 604_800_000],
    ["366d", 31_622_400_000],
  ])("%s", (text, ms) => {
    expect(parseTimespan(text)).toBe(ms);
  });

  test.each(["", "5", "m", "0s", "5 m", "5min", "1.5h", "-1h", "5M", "1w", "367d", "99999999999s", "5m ", "1h30m"])(
    "%j is none",
    (text) => {
      expect(parseTimespan(text)).toBeUndefined();
    },
  );

  test.each([
    ["5min", "5m"],
    ["10 minutes", "10m"],
    ["1.5h", "90m"],
    ["2 hours", "2h"],
    ["1w", "7d"],
    ["2 Days", "2d"],
    ["30sec", "30s"],
  ])("what %s may mean", (text, meant) => {
    expect(describeBadTimespan(text)).toBe(
      `timespan '${text}' is not a whole number followed by s, m, h or d, of at most 366d; did you mean '${meant}'?`,
    );
  });

  test.each(["soon", "1mo", "5", "999999d"])("nothing is guessed from %s", (text) => {
    expect(describeBadTimespan(text)).not.toContain("did you mean");
  });

  test.each(["1s", "59s", "1m", "90m", "1h", "1d", "7d", "3601s"])("%s is written as it is read", (text) => {
    expect(formatTimespan(parseTimespan(text) ?? Number.NaN)).toBe(text);
  });
});
