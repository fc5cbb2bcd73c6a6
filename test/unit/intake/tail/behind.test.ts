import { describe, expect, it } from "vitest";
import { Behind, behindSchema, numberOf } from "../../../../src/intake/tail/behind.ts";

const stored = (behind: Behind) => behindSchema.parse(JSON.parse(JSON.stringify(behind.state())));

describe("what is known behind a window", () => {
  it("is known also after it was stored", () => {
    const behind = new Behind(undefined, "", 100);
    const numbers = [0, 1, 4_294_967_295, 123_456_789];
    for (const [index, number] of numbers.entries()) behind.add(`2026030${index}`, number);
    const again = new Behind(stored(behind), "ignored", 100);
    expect(numbers.map((number) => again.has(number))).toEqual([true, true, true, true]);
    expect(again.has(2)).toBe(false);
    expect(again.begin).toBe("");
    expect(stored(again)).toEqual(stored(behind));
  });

  it("is dropped by whole groups from the lowest on, and then says where it begins", () => {
    const behind = new Behind(undefined, "", 8);
    for (const [group, number] of [
      ["c", 1],
      ["a", 2],
      ["a", 3],
      ["b", 4],
      ["b", 5],
      ["c", 6],
      ["d", 7],
      ["d", 8],
    ] as const)
      behind.add(group, number);
    expect(behind.begin).toBe("");
    behind.add("c", 9);
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9].filter((number) => behind.has(number))).toEqual([1, 4, 5, 6, 7, 8, 9]);
    expect(behind.begin).toBe("b");
  });

  it("takes nothing in that lies before its beginning", () => {
    const behind = new Behind(undefined, "20260301T102300Z", 8);
    behind.add("20260301T09", 1);
    behind.add("20260301T10", 2);
    behind.add("20260301T11", 3);
    expect([1, 2, 3].map((number) => behind.has(number))).toEqual([false, true, true]);
  });

  it("says where it may begin when a quarter more is added, stored or not", () => {
    const behind = new Behind(undefined, "", 16);
    const both = () => [behind.beginSoon, new Behind(stored(behind), "", 16).beginSoon];
    const groups = "ddddccccbbbbaaaa";
    for (const [number, group] of [...groups].entries()) {
      if (number === 12) expect(both()).toEqual(["", ""]);
      behind.add(group, number);
    }
    // Of 16, 20 would be trimmed to 14: six leave, which are those of the two lowest groups.
    expect(both()).toEqual(["c", "c"]);
    behind.add("e", 16);
    // The 17th has made it trim to 13, of which three more may leave.
    expect([behind.begin, ...both()]).toEqual(["b", "c", "c"]);
    const single = new Behind(undefined, "", 16);
    for (let number = 0; number < 16; number += 1) single.add("a", number);
    expect(single.beginSoon).toBe("a~");
  });

  it("as of now does not change with what is added", () => {
    const behind = new Behind(undefined, "", 8);
    for (let number = 0; number < 8; number += 1) behind.add(`g${number}`, number);
    const before = behind.asOfNow();
    for (let number = 8; number < 20; number += 1) behind.add(`h${number}`, number);
    expect([before.begin, before.has(0), before.has(7), before.has(8)]).toEqual(["", true, true, false]);
    expect([behind.begin === "", behind.has(0), behind.has(8 + 11)]).toEqual([false, false, true]);
  });

  it("begins after a group that alone is too large", () => {
    const behind = new Behind(undefined, "", 8);
    for (let number = 0; number < 9; number += 1) behind.add("20260301T10", number);
    expect(behind.has(0)).toBe(false);
    expect(behind.begin > "20260301T105959Z").toBe(true);
    expect(behind.begin < "20260301T110000Z").toBe(true);
  });

  it("counts an object once, in whatever group it comes again", () => {
    const behind = new Behind(undefined, "", 8);
    for (let turn = 0; turn < 20; turn += 1) behind.add(`g${turn % 2}`, 7);
    expect(behind.begin).toBe("");
    expect(stored(behind).groups).toHaveLength(1);
  });

  it("does not grow with what passes through it", () => {
    const behind = new Behind(undefined, "", 1024);
    for (let number = 0; number < 200_000; number += 1) behind.add(String(1_000_000 + Math.floor(number / 12)), number * 7);
    // Four bytes a number in base64, and the names of 86 groups.
    expect(JSON.stringify(behind.state()).length).toBeLessThan(8000);
    expect(behind.has(199_999 * 7)).toBe(true);
  });

  it("tells versions of a key apart", () => {
    const object = { key: "k", etag: "1", size: 1, time: 0 };
    expect(numberOf(object)).toBe(numberOf({ ...object, size: 2, time: 3 }));
    expect(numberOf(object)).not.toBe(numberOf({ ...object, etag: "2" }));
    expect(numberOf({ ...object, key: "k1", etag: "" })).not.toBe(numberOf({ ...object, key: "k", etag: "1" }));
  });
});
