import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolveField } from "../../../src/detect/fields.ts";
import { Groups } from "../../../src/detect/stream/groups.ts";
import { createGroupings } from "../../../src/detect/stream/keys.ts";
import { NONE } from "../../../src/detect/stream/numbering.ts";
import { Part } from "../../../src/detect/stream/part.ts";
import { Rows } from "../../../src/detect/stream/rows.ts";
import { Runs } from "../../../src/detect/stream/run.ts";
import { Texts } from "../../../src/detect/stream/texts.ts";
import { Tuples } from "../../../src/detect/stream/tuples.ts";
import { addCounters } from "../../../src/flow/counters.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { runs } from "../../runs.ts";
import { flowMaker } from "./support.ts";

const seldom = { numRuns: runs(300) };
/** So few values that tuples come again, and so many that their table has to grow; some are nearly numbers or addresses. */
const value = fc.constantFrom("a text", "", 443, 2 ** 31, "10.0.0.1", "10.0.0.01", "::1", "0443", 0, "1.5");
const tuple = fc.tuple(value, value, value);

function partsOf(values: readonly (string | number)[]): Part[] {
  return values.map((value) => {
    const part = new Part();
    part.set(value);
    return part;
  });
}

describe("tuples", () => {
  test("have a number of their own as long as somebody uses them", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(tuple, fc.boolean()), { minLength: 300, maxLength: 400 }), (steps) => {
        const texts = new Texts();
        const tuples = new Tuples(texts, 3);
        const users = new Map<
          string,
          { readonly values: readonly (string | number)[]; readonly number: number; count: number }
        >();
        for (const [values, leaves] of steps) {
          const id = values.join();
          const known = users.get(id);
          expect(tuples.find(partsOf(values))).toBe(known?.number ?? NONE);
          if (leaves && known !== undefined) {
            tuples.release(known.number);
            if (--known.count === 0) users.delete(id);
          } else {
            const number = tuples.take(partsOf(values));
            if (known === undefined) users.set(id, { values, number, count: 1 });
            else known.count++;
          }
        }
        expect(new Set([...users.values()].map(({ number }) => number)).size).toBe(users.size);
        for (const { values, number } of users.values()) {
          expect(tuples.find(partsOf(values))).toBe(number);
          expect(tuples.pack(number)).toEqual(values.map(String));
          expect(tuples.unpack(values.map(String))).toBe(number);
          tuples.release(number);
        }
        for (const { number, count } of users.values()) for (let left = count; left > 0; left--) tuples.release(number);
        for (const text of ["a text", "", "2147483648", "10.0.0.01", "::1", "0443", "1.5"]) expect(texts.find(text)).toBe(NONE);
      }),
      seldom,
    );
  });

  test("are the same for the same values as text, of any width", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(value, fc.ipV4(), fc.nat(), fc.string()), { maxLength: 40 }), (values) => {
        const tuples = new Tuples(new Texts(), values.length);
        const number = tuples.take(partsOf(values));
        expect(tuples.find(partsOf(values.map(String)))).toBe(number);
        expect(tuples.pack(number)).toEqual(values.map(String));
        for (const index of values.keys()) {
          const other = values.map((same, at) => (at === index ? `${same}0` : same));
          expect(tuples.find(partsOf(other))).toBe(NONE);
        }
      }),
      seldom,
    );
  });

  test("of another shape are no keys", () => {
    const tuples = new Tuples(new Texts(), 2);
    for (const data of ["a,b", ["a"], ["a", "b", "c"], ["a", 1], null]) expect(() => tuples.unpack(data)).toThrow(TypeError);
    expect(tuples.text(tuples.unpack(["a", "b"]))).toBe("a\u001fb");
  });
});

/** A table as one would write it without a thought of speed. */
class Plain {
  readonly groups: { readonly key: string; newest: number; weight: number }[] = [];
  evicted = 0;
  readonly #limits: { readonly groups: number; readonly items: number };

  constructor(limits: { readonly groups: number; readonly items: number }) {
    this.#limits = limits;
  }

  meet(key: string, time: number, items: number): void {
    const at = this.groups.findIndex((group) => group.key === key);
    const [group = { key, newest: time, weight: 0 }] = at === -1 ? [] : this.groups.splice(at, 1);
    this.groups.push(group);
    group.newest = Math.max(group.newest, time);
    while (this.groups.length > this.#limits.groups) this.#evict();
    group.weight = items;
    while (this.groups.length > 1 && this.groups.reduce((sum, { weight }) => sum + weight, 0) > this.#limits.items) this.#evict();
  }

  expire(before: number): void {
    while (this.groups[0] !== undefined && this.groups[0].newest < before) this.groups.shift();
  }

  #evict(): void {
    this.groups.shift();
    this.evicted++;
  }
}

describe("groups", () => {
  const fields = (...names: string[]) =>
    names.map((name) => {
      const field = resolveField(name);
      if (typeof field === "string") throw new Error(field);
      return field;
    });
  const make = flowMaker();
  const step = fc.record({
    flow: fc
      .record({
        sourceAddress: fc.constantFrom("10.0.0.1", "10.0.0.2", "10.0.0.3"),
        destinationAddress: fc.constantFrom("10.0.0.1", "10.0.0.2", "10.0.0.3"),
        destinationPort: fc.constantFrom(22, 80, 443),
      })
      .map((values) => make(0, values)),
    time: fc.integer({ min: 0, max: 50 }),
    items: fc.integer({ min: 0, max: 9 }),
    expires: fc.option(fc.integer({ min: 0, max: 50 }), { freq: 9 }),
  });

  test("are those of plain tables, when several tables share keys", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
        const groupingOf = createGroupings();
        const limits = { groups: 6, items: 30 };
        const tables = [
          ["sourceAddress"],
          ["destinationAddress"],
          ["sourceAddress", "destinationAddress"],
          ["destinationAddress", "sourceAddress"],
          ["sourceAddress", "destinationAddress"],
          ["sourceAddress", "destinationAddress", "destinationPort"],
          [],
        ].map((names) => {
          const grouping = groupingOf(fields(...names));
          return { grouping, groups: new Groups<Flow>(limits, grouping.keys), plain: new Plain(limits) };
        });
        for (const { flow, time, items, expires } of steps) {
          for (const { grouping, groups, plain } of tables) {
            const known = groups.touch(grouping.find(flow), time);
            const row = known === NONE ? groups.add(grouping.take(flow), time, flow) : known;
            groups.weigh(row, items);
            plain.meet(grouping.text(flow), time, items);
            if (expires === null) continue;
            groups.expire(expires);
            plain.expire(expires);
          }
        }
        for (const { grouping, groups, plain } of tables) {
          const { keys } = grouping;
          expect([...groups].map((row) => [keys.text(groups.key(row)), groups.newest(row)])).toEqual(
            plain.groups.map(({ key, newest }) => [key, newest]),
          );
          expect([groups.size, groups.evicted]).toEqual([plain.groups.length, plain.evicted]);
          for (const row of groups) expect(grouping.text(groups.state(row))).toBe(keys.text(groups.key(row)));
        }
      }),
      seldom,
    );
  });

  test("refuse a second one of the same key", () => {
    const texts = new Texts();
    const groups = new Groups<undefined>({ groups: 5, items: 5 }, texts);
    groups.add(texts.take("a"), 0, undefined);
    expect(() => groups.add(texts.take("a"), 0, undefined)).toThrow(TypeError);
  });
});

describe("a visit of groups", () => {
  const step = fc.record({
    key: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h"),
    time: fc.integer({ min: 0, max: 50 }),
    /** How many groups are shown after it, and whether groups are forgotten. */
    shown: fc.nat({ max: 2 }),
    expires: fc.option(fc.integer({ min: 0, max: 50 }), { freq: 9 }),
  });
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  test("shows each that was touched since, once, as it was when the visit began, whatever changes meanwhile", () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60, size: "max" }),
        fc.nat({ max: 60 }),
        fc.array(step, { maxLength: 60, size: "max" }),
        (first, since, then) => {
          const texts = new Texts();
          const groups = new Groups<{ met: number }>({ groups: 6, items: 1_000 }, texts);
          const apply = ({ key, time, expires }: Step): void => {
            const known = groups.touch(texts.find(key), time);
            const row = known === NONE ? groups.add(texts.take(key), time, { met: 0 }) : known;
            groups.state(row).met++;
            if (expires !== null) groups.expire(expires);
          };
          const imageOf = (row: number) => [
            groups.touched(row),
            texts.text(groups.key(row)),
            groups.newest(row),
            groups.state(row).met,
          ];
          for (const one of first) apply(one);
          const expected = [...groups].filter((row) => groups.touched(row) > since).map(imageOf);
          const floor = groups.oldestTouch;
          const shown: unknown[][] = [];
          const visit = groups.visit(since, (row) => shown.push(imageOf(row)));
          for (const one of then) {
            apply(one);
            for (let count = one.shown; count > 0; count--) visit.next();
          }
          while (visit.next()) {}
          expect(shown.sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual(expected);
          // Whatever is gone was touched before what is left.
          const left = [...groups].map((row) => groups.touched(row));
          expect(left).toEqual(left.toSorted((a, b) => a - b));
          expect(groups.oldestTouch).toBe(left[0] ?? groups.touches + 1);
          expect(groups.oldestTouch).toBeGreaterThanOrEqual(floor);
        },
      ),
      { numRuns: runs(2_000) },
    );
  });

  test("that is broken off shows nothing more", () => {
    const texts = new Texts();
    const groups = new Groups<undefined>({ groups: 5, items: 5 }, texts);
    for (const key of ["a", "b", "c"]) groups.add(texts.take(key), 0, undefined);
    const shown: number[] = [];
    const visit = groups.visit(0, (row) => shown.push(row));
    expect(visit.next()).toBe(true);
    visit.end();
    groups.touch(texts.find("a"), 1);
    expect(visit.next()).toBe(false);
    expect(shown).toHaveLength(1);
  });
});

describe("groups that are loaded", () => {
  test("stand in the order of their touches, each as it was touched last, within limits", () => {
    const texts = new Texts();
    const groups = new Groups<string>({ groups: 3, items: 10 }, texts);
    groups.load(texts.take("a"), 7, 70, "a at last", 4);
    groups.load(texts.take("b"), 2, 20, "b", 9);
    groups.load(texts.take("c"), 9, 90, "c", 3);
    groups.load(texts.take("d"), 1, 10, "d", 0);
    groups.load(texts.take("b"), 8, 80, "b at last", 2);
    groups.settle(12);
    expect([...groups].map((row) => [groups.state(row), groups.newest(row), groups.touched(row)])).toEqual([
      ["a at last", 70, 7],
      ["b at last", 80, 8],
      ["c", 90, 9],
    ]);
    expect([groups.size, groups.evicted, groups.touches, groups.oldestTouch]).toEqual([3, 1, 12, 7]);
    // Nine items are there; four of them make room for the three of a new group that comes to five.
    const row = groups.touch(texts.find("c"), 91);
    groups.weigh(row, 5);
    expect([...groups].map((each) => groups.state(each))).toEqual(["b at last", "c"]);
    // Keys are in use once by each group: forgotten with it.
    groups.expire(1_000);
    for (const key of ["a", "b", "c", "d"]) expect(texts.find(key)).toBe(NONE);
  });

  test("come in the order in which they were saved", () => {
    const texts = new Texts();
    const groups = new Groups<undefined>({ groups: 3, items: 10 }, texts);
    groups.load(texts.take("a"), 7, 70, undefined, 0);
    expect(() => groups.load(texts.take("a"), 7, 70, undefined, 0)).toThrow(TypeError);
  });
});

test("runs count bytes exactly, whatever their size", () => {
  const make = flowMaker();
  const bytes = fc.oneof(
    fc.integer({ min: 0, max: 1_000 }),
    fc.constantFrom(Number.MAX_SAFE_INTEGER, 2n ** 53n, 2n ** 63n, Number.MAX_SAFE_INTEGER - 1),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), bytes), { minLength: 1, maxLength: 60 }), (steps) => {
      const rows = [...new Set(steps.map(([row]) => row))];
      const table = { rows: new Rows() };
      for (let row = 0; row <= 40; row++) table.rows.reach(row);
      const runs = new Runs(table);
      for (const row of rows) runs.clear(row);
      for (const [row, amount] of steps) {
        const flow = make(0, {});
        flow.bytes = amount;
        runs.extend(row, flow, 5, 1);
      }
      for (const row of rows) {
        const own = steps.filter(([of]) => of === row).map(([, amount]) => amount);
        const exact = own.reduce<bigint>((sum, amount) => sum + BigInt(amount), 0n);
        const run = { first: 5, last: 5, count: own.length, bytes: addCounters(0, exact) };
        expect(runs.of(row)).toEqual(run);
        const copy = new Runs({ rows: new Rows() });
        copy.unpack(0, JSON.parse(JSON.stringify(runs.pack(row))));
        expect(copy.of(0)).toEqual(run);
      }
    }),
    seldom,
  );
});
