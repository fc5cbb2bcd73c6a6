import { describe, expect, it } from "vitest";
import { Far, farSchema } from "../../../../src/intake/tail/far.ts";

const SECOND = 1000;
const DAY = 86_400_000;
/** What is stored within two seconds of a listing's begin may be in it or not. */
const APART = 2 * SECOND;
const at = (time: number) => ({ key: "k", etag: "1", size: 1, time });
const stored = (far: Far) => farSchema.parse(JSON.parse(JSON.stringify(far.state())));

describe("what comes in further back than is remembered", () => {
  it("was met by no sweep when it stands before the memory of the next, and before the window of the one before", () => {
    const far = new Far(undefined, 0, "m");
    far.swept(10 * SECOND, "c", "n");
    far.swept(20 * SECOND, "f", "o");
    far.swept(30 * SECOND, "z", "q");
    const bounds = [-APART - 1, -APART, 8 * SECOND - 1, 8 * SECOND, 18 * SECOND - 1, 18 * SECOND, 28 * SECOND - 1, 28 * SECOND];
    // Before the third sweep memory had passed over where the window was at the second.
    expect(bounds.map((time) => far.bound(at(time)))).toEqual([undefined, "c", "c", "f", "f", "o", "o", undefined]);
    const again = new Far(stored(far), 999, "ignored");
    expect(bounds.map((time) => again.bound(at(time)))).toEqual(bounds.map((time) => far.bound(at(time))));
  });

  it("is told once: what was stored before that is told no more", () => {
    const far = new Far(undefined, 0, "m");
    far.swept(10 * SECOND, "c", "n");
    far.told();
    expect([far.bound(at(0)), far.bound(at(8 * SECOND))]).toEqual([undefined, undefined]);
    far.swept(20 * SECOND, "d", "n");
    expect([far.bound(at(8 * SECOND - 1)), far.bound(at(8 * SECOND))]).toEqual([undefined, "d"]);
  });

  it("is listed once a day, up to the last bound, and not while nothing is forgotten", () => {
    const far = new Far(undefined, 0, "m");
    far.swept(DAY, "", "n");
    expect(far.end(9 * DAY)).toBeUndefined();
    // Nothing was behind memory then, so that the day begins anew.
    far.swept(DAY + 10 * SECOND, "c", "n");
    far.swept(DAY + 20 * SECOND, "e", "n");
    expect([far.end(2 * DAY - APART - 1), far.end(2 * DAY - APART)]).toEqual([undefined, "e"]);
    far.told();
    expect(far.end(9 * DAY)).toBeUndefined();
  });

  it("wants a sweep before memory passes over where the window was at the last one", () => {
    const far = new Far(undefined, 0, "m");
    expect([far.isDue("m"), far.isDue("ma")]).toEqual([false, true]);
    far.swept(10 * SECOND, "c", "q");
    expect([far.isDue("q"), far.isDue("r")]).toEqual([false, true]);
  });

  it("is bounded, however many sweeps there are: then less is told, and nothing wrong", () => {
    const far = new Far(undefined, 0, "a");
    const place = (sweep: number) => String(sweep).padStart(6, "0");
    for (let sweep = 1; sweep <= 1000; sweep += 1) far.swept(sweep * 10 * SECOND, place(sweep), "z");
    expect(JSON.stringify(far.state()).length).toBeLessThan(1000);
    expect(far.bound(at(9_990 * SECOND))).toBe(place(1000));
    expect(far.bound(at(-APART))).toBe(place(1));
    expect(far.bound(at(5_000 * SECOND))).toBe(place(1));
    for (let sweep = 1001; sweep <= 2000; sweep += 1) far.swept(sweep * 10 * SECOND, place(1000), "z");
    expect(far.state().sweeps.filter(([, bound]) => bound === place(1000))).toHaveLength(1);
  });

  it("says nothing of what was stored while a clock was ahead that was set back", () => {
    const far = new Far(undefined, 100 * SECOND, "m");
    far.swept(900 * SECOND, "c", "n");
    far.swept(200 * SECOND, "c", "n");
    expect([150, 500, 899].map((time) => far.bound(at(time * SECOND)))).toEqual([undefined, undefined, undefined]);
    far.swept(300 * SECOND, "d", "n");
    expect([197, 198, 297, 298].map((time) => far.bound(at(time * SECOND)))).toEqual([undefined, "d", "d", undefined]);
  });
});
