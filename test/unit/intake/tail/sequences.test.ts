import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Gap, sequenceWatch } from "../../../../src/intake/tail/sequences.ts";

describe("the watch over numbers of streams", () => {
  it("reports exactly what is missing between the first and the last number that left the window", () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        numbers,
        fc.integer({ min: 1, max: 61 }),
        fc.array(fc.integer({ min: 1, max: 61 }), { maxLength: 5 }),
        (present, end, stops) => {
          const gaps: Gap[] = [];
          // The time of an object is its number. A watch is replaced by the one that goes on from its state, as after a restart.
          let watch = sequenceWatch({}, (gap) => gaps.push(gap));
          for (const from of [...stops, end].toSorted((a, b) => a - b)) {
            for (const number of present) watch.observe("s", number, number);
            watch.advance(from);
            watch = sequenceWatch(watch.next(), (gap) => gaps.push(gap));
          }
          const left = present.filter((number) => number < Math.max(end, ...stops)).toSorted((a, b) => a - b);
          const missing = Array.from({ length: 60 }, (_, index) => index + 1).filter(
            (number) =>
              left.length > 0 && number > (left[0] as number) && number < (left.at(-1) as number) && !present.includes(number),
          );
          expect(gaps.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index))).toEqual(
            missing,
          );
        },
      ),
    );
  });

  it("does not count through a hole", () => {
    const gaps: Gap[] = [];
    const watch = sequenceWatch({}, (gap) => gaps.push(gap));
    watch.observe("s", 1, 1);
    watch.observe("s", 999_999_999_999_999, 2);
    watch.advance(3);
    expect(gaps).toEqual([{ stream: "s", from: 2, to: 999_999_999_999_998 }]);
  });

  it("forgets streams that ended long ago", () => {
    const watch = sequenceWatch({}, () => {});
    for (let stream = 10; stream < 90; stream += 1) {
      watch.observe(String(stream), 1, stream);
      watch.advance(stream + 1);
    }
    expect(Object.keys(watch.next())).toEqual(["82", "83", "84", "85", "86", "87", "88", "89"]);
  });
});
