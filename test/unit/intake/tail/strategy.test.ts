import { describe, expect, it } from "vitest";
import { every } from "../../../../src/intake/tail/every.ts";
import { wasThereBefore } from "../../../../src/intake/tail/strategy.ts";

describe("whether an object was there before a listing began", () => {
  const started = Date.parse("2026-03-01T12:00:00Z");
  const at = (time: number) => wasThereBefore({ key: "k", etag: "e", size: 1, time }, started);

  // Stores round to the second, and a second more is left for clocks that stand apart.
  it.each([
    [-86_400_000, true],
    [-2001, true],
    [-2000, true],
    [-1999, false],
    [0, false],
    [1999, false],
    [2001, false],
    [86_400_000, false],
  ])("%d ms after the listing began: %s", (ms, expected) => expect(at(started + ms)).toBe(expected));
});

describe("what is done every so often", () => {
  it("is due at once, and again when the time has passed since it was done", () => {
    const rhythm = every(1000);
    expect(rhythm.isDue(5000)).toBe(true);
    expect(rhythm.isDue(5001)).toBe(true);
    rhythm.done(5001);
    expect([5001, 6000, 6001].map((now) => rhythm.isDue(now))).toEqual([false, false, true]);
  });

  it("is due when the clock was set back, not only when it has caught up", () => {
    const rhythm = every(1000);
    rhythm.done(Date.parse("2038-01-19T03:14:07Z"));
    expect(rhythm.isDue(Date.parse("2026-03-01T12:00:00Z"))).toBe(true);
  });
});
