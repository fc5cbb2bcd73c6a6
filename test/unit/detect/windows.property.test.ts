import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCounts } from "../../../src/detect/stream/counts.ts";
import { createDistinct } from "../../../src/detect/stream/distinct.ts";
import { createOrdered } from "../../../src/detect/stream/ordered.ts";
import { createSums } from "../../../src/detect/stream/sums.ts";
import type { Window } from "../../../src/detect/stream/window.ts";
import { runs } from "../../runs.ts";

/** One contribution to a window. */
interface Event {
  readonly time: number;
  readonly value: number;
  readonly amount: number;
}

const SPAN = 10;
const LATENESS = 60;
const options = { timespanMs: SPAN, latenessMs: LATENESS, maxItems: 100_000, dropped: () => {} };

type Given = [events: Event[], n: number];

/** Few values and conditions that hold early, or many values, close together, and conditions that need most of them. */
const MANY = 15;

/** Every time within the tolerance of every other: then nothing may be lost, whatever the order. */
const short = (lastTime: number, values: number, maxLength: number): fc.Arbitrary<Event[]> =>
  fc.array(
    fc.record({
      time: fc.integer({ min: 0, max: lastTime }),
      value: fc.nat(values - 1),
      amount: fc.integer({ min: 0, max: 9 }),
    }),
    { maxLength },
  );
const shortHistory: fc.Arbitrary<Given> = fc.oneof(
  fc.tuple(short(LATENESS, 6, 40), fc.integer({ min: 1, max: 6 })),
  fc.tuple(short(2 * SPAN, MANY, 80), fc.integer({ min: 7, max: MANY - 1 })),
);

/** A long history, in order of time. */
const ordered = (longestGap: number, values: number): fc.Arbitrary<Event[]> =>
  fc
    .array(
      fc.record({
        gap: fc.nat(longestGap),
        value: fc.nat(values - 1),
        amount: fc.integer({ min: 1, max: 9 }),
      }),
      { maxLength: 120 },
    )
    .map((steps) => {
      let time = 0;
      return steps.map(({ gap, value, amount }): Event => {
        time += gap;
        return { time, value, amount };
      });
    });
const orderedHistory: fc.Arbitrary<Given> = fc.oneof(
  fc.tuple(ordered(8, 7), fc.integer({ min: 1, max: 6 })),
  fc.tuple(ordered(1, MANY), fc.integer({ min: 7, max: MANY - 1 })),
);

/** A long history of which each event comes within the tolerance. */
const lateHistory: fc.Arbitrary<Given> = fc.tuple(
  fc
    .array(
      fc.record({
        time: fc.integer({ min: 0, max: 3 * LATENESS }),
        late: fc.nat(LATENESS),
        value: fc.nat(5),
        amount: fc.integer({ min: 1, max: 9 }),
      }),
      { minLength: 20, maxLength: 80 },
    )
    .map((events): Event[] => events.toSorted((a, b) => a.time + a.late - b.time - b.late)),
  fc.integer({ min: 1, max: 6 }),
);

/** The events of the window that ends at `end`. */
const within = (events: readonly Event[], end: number): Event[] => events.filter(({ time }) => time <= end && time >= end - SPAN);

const KINDS: readonly (readonly [
  name: string,
  (n: number) => Window<unknown>,
  (events: readonly Event[], n: number) => boolean,
])[] = [
  ["counts", (n) => createCounts(n, options) as Window<unknown>, (events, n) => events.length >= n],
  [
    "distinct",
    (n) => createDistinct(n, options) as Window<unknown>,
    (events, n) => new Set(events.map(({ value }) => value)).size >= n,
  ],
  [
    "sums",
    (n) => createSums(n * 4, options) as Window<unknown>,
    (events, n) => events.reduce((sum, { amount }) => sum + amount, 0) >= n * 4,
  ],
];

const never = () => false;

function feed(window: Window<unknown>, events: readonly Event[], isRestart: (index: number) => boolean = never): number[] {
  let state = window.create();
  return events.map(({ time, value, amount }, index) => {
    if (isRestart(index)) state = window.unpack(JSON.parse(JSON.stringify(window.pack(state))));
    return window.add(state, time, value, amount);
  });
}

describe.each(KINDS)("%s", (_name, create, holds) => {
  test("in order of time, it holds at exactly the flows whose window holds", () => {
    fc.assert(
      fc.property(orderedHistory, ([events, n]) => {
        const ends = feed(create(n), events);
        events.forEach(({ time }, index) => {
          const expected = holds(within(events.slice(0, index + 1), time), n);
          expect(ends[index], `flow ${index}`).toBe(expected ? time : Number.NaN);
        });
      }),
    );
  });

  test("in any order, the first flow that completes a window is the one at which it holds", () => {
    fc.assert(
      fc.property(shortHistory, ([events, n]) => {
        const counted = _name === "sums" ? events.filter(({ amount }) => amount > 0) : events;
        const ends = feed(create(n), counted);
        const complete = (count: number): boolean => {
          const known = counted.slice(0, count);
          return known.some(({ time }) => holds(within(known, time), n));
        };
        const first = counted.findIndex((_event, index) => complete(index + 1));
        expect(ends.findIndex((end) => !Number.isNaN(end))).toBe(first);
        if (first !== -1) expect(holds(within(counted.slice(0, first + 1), ends[first] ?? Number.NaN), n)).toBe(true);
      }),
      { numRuns: runs(400) },
    );
  });

  test("in any order, saved after each flow, it has held at last from where it holds in order: at first, and after each pause", () => {
    fc.assert(
      fc.property(fc.oneof(shortHistory, lateHistory), ([events, n]) => {
        const counted = _name === "sums" ? events.filter(({ amount }) => amount > 0) : events;
        const held = feed(create(n), counted, () => true).filter((end) => !Number.isNaN(end));
        const times = [...new Set(counted.map(({ time }) => time))].sort((a, b) => a - b);
        const inOrder = times.filter((end) => holds(within(counted, end), n));
        const begins = inOrder.filter((end, index) => index === 0 || end - (inOrder[index - 1] as number) > SPAN);
        expect(held).toEqual(expect.arrayContaining(begins));
        expect(inOrder).toEqual(expect.arrayContaining(held));
      }),
      { numRuns: runs(2_000) },
    );
  });

  test("packed and unpacked in the middle, it goes on as if nothing had happened", () => {
    fc.assert(
      fc.property(fc.oneof(shortHistory, orderedHistory), fc.nat({ max: 40 }), ([events, n], restartAt) => {
        expect(feed(create(n), events, (index) => index === restartAt)).toEqual(feed(create(n), events));
      }),
    );
  });

  test("as it was saved before, without what is known of its holding, it is read", () => {
    const window = create(3);
    for (const late of [false, true]) {
      const saved = {
        counts: [50, 52, 54],
        distinct: [
          [1, 2, 3],
          [[50], [52], [54]],
          54,
          1,
          [
            [1, 50],
            [2, 52],
            [3, 54],
          ],
        ],
        sums: [[50, 52, 54], [4, 4, 4], 0, 12],
      };
      const state = window.unpack(saved[_name as keyof typeof saved]);
      if (late) expect(window.add(state, 48, 4, 4)).toBe(52);
      expect(window.add(state, 56, 5, 4)).toBe(56);
    }
  });

  test("what it keeps is bounded by the window and the tolerance, not by the history", () => {
    const window = create(50);
    const state = window.create();
    for (let index = 0; index < 20_000; index++) window.add(state, index, index, 1);
    expect(window.size(state)).toBeLessThanOrEqual(200);
  });
});

describe("distinct", () => {
  /** Two values come often and one seldom, in any order: what was kept of the often ones decides when the seldom one comes late. */
  const skewed = fc.array(
    fc.record({
      time: fc.integer({ min: 0, max: LATENESS }),
      value: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 1, 1),
      amount: fc.constant(1),
    }),
    { minLength: 5, maxLength: 30 },
  );

  test("ten different values are neither more nor fewer, however often they come", () => {
    const often = (n: number) => {
      const window = createDistinct(n, options) as Window<unknown>;
      const state = window.create();
      const ends: number[] = [];
      const second = SPAN + 2;
      for (const value of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) ends.push(window.add(state, 0, value, 1));
      // The latest first: what was noted of it last is looked up first.
      for (const value of [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]) ends.push(window.add(state, second, value, 1));
      return [...ends, window.add(state, second, 10, 1)];
    };
    expect(often(14)).toEqual(new Array(21).fill(Number.NaN));
    expect(often(11)).toEqual([...new Array(20).fill(Number.NaN), SPAN + 2]);
    expect(often(10).indexOf(0)).toBe(9);
    // Nor is the tenth another one each time it comes within the window.
    const window = createDistinct(14, options) as Window<unknown>;
    const state = window.create();
    const values = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9];
    expect(values.map((value, time) => window.add(state, Math.max(0, time - 9), value, 1))).toEqual(values.map(() => Number.NaN));
  });

  test("times of a value that are left out are not missed", () => {
    fc.assert(
      fc.property(skewed, fc.integer({ min: 0, max: LATENESS }), (events, time) => {
        const window = createDistinct(3, options) as Window<unknown>;
        const state = window.create();
        for (const event of events) window.add(state, event.time, event.value, 1);
        const end = window.add(state, time, 2, 1);
        const all = [...events, { time, value: 2, amount: 1 }];
        const expected = all.some((event) => new Set(within(all, event.time).map(({ value }) => value)).size === 3);
        expect(!Number.isNaN(end)).toBe(expected);
      }),
      { numRuns: runs(2_000) },
    );
  });
});

describe("ordered", () => {
  /** Whether the events hold a chain of all parts, in order, of which the last event is a link. */
  function completes(events: readonly Event[], parts: number): boolean {
    const last = events.at(-1);
    const search = (part: number, from: number, first: number, used: boolean): boolean => {
      if (part === parts) return used;
      return events.some(({ time, value }, index) => {
        if (value !== part || time < from || time > first + SPAN) return false;
        return search(part + 1, time, part === 0 ? time : first, used || (events[index] === last && last !== undefined));
      });
    };
    return search(0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, false);
  }

  const history = fc.array(
    fc.record({ time: fc.integer({ min: 0, max: LATENESS }), value: fc.integer({ min: 0, max: 2 }), amount: fc.constant(1) }),
    { maxLength: 16 },
  );

  test.each([2, 3])("%i parts: in any order, it holds at exactly the matches that complete a chain", (parts) => {
    fc.assert(
      fc.property(history, (all) => {
        const events = all.filter(({ value }) => value < parts);
        const ends = feed(createOrdered(parts, options) as Window<unknown>, events);
        events.forEach((_event, index) => {
          expect(!Number.isNaN(ends[index] ?? Number.NaN), `match ${index}`).toBe(completes(events.slice(0, index + 1), parts));
        });
      }),
      { numRuns: runs(400) },
    );
  });

  test("what it keeps is bounded", () => {
    let dropped = 0;
    for (const parts of [2, 3]) {
      const window = createOrdered(parts, { ...options, dropped: () => dropped++ });
      const state = window.create();
      for (let index = 0; index < 20_000; index++) window.add(state, Math.floor(index / 1_000), index % (parts - 1), 1);
      expect(window.size(state)).toBeLessThanOrEqual(600);
    }
    const window = createOrdered(3, { ...options, latenessMs: 1e9, dropped: () => dropped++ });
    const state = window.create();
    for (let index = 0; index < 1_000; index++) window.add(state, index, 0, 1);
    expect(window.size(state)).toBe(256);
    expect(dropped).toBe(744);
  });
});
