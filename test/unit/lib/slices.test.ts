import { describe, expect, test } from "vitest";
import { atOnce, done, inTurns } from "../../../src/lib/slices.ts";

function* busy(slices: number, ms: number): Generator<undefined, string> {
  for (let i = 0; i < slices; i++) {
    for (const end = performance.now() + ms; performance.now() < end; );
    yield;
  }
  return "made";
}

describe("work in slices", () => {
  test("at once, nobody has a turn before it is done", () => {
    let turns = 0;
    const other = setImmediate(() => turns++);
    expect(atOnce(busy(4, 2))).toBe("made");
    expect(turns).toBe(0);
    clearImmediate(other);
  });

  test("in turns, others work between its slices", async () => {
    let turns = 0;
    let working = true;
    const others = () => {
      turns++;
      if (working) setImmediate(others);
    };
    setImmediate(others);
    expect(await inTurns(busy(8, 6))).toBe("made");
    working = false;
    expect(turns).toBeGreaterThanOrEqual(7);
  });

  test("what is done already needs no turn", async () => {
    expect(atOnce(done(7))).toBe(7);
    expect(await inTurns(done(7))).toBe(7);
  });

  test("what the work throws is thrown", async () => {
    const broken = function* (): Generator<undefined, never> {
      yield;
      throw new Error("broken");
    };
    expect(() => atOnce(broken())).toThrow("broken");
    await expect(inTurns(broken())).rejects.toThrow("broken");
  });
});
