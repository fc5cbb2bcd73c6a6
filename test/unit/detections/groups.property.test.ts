import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolveField } from "../../../src/detections/fields.ts";
import { addCounters } from "../../../src/detections/match.ts";
import { Groups } from "../../../src/detections/stream/groups.ts";
import { createGroupings } from "../../../src/detections/stream/keys.ts";
import { Rows } from "../../../src/detections/stream/rows.ts";
import { Runs } from "../../../src/detections/stream/run.ts";
import { NONE, Texts } from "../../../src/detections/stream/texts.ts";
import { Tuples } from "../../../src/detections/stream/tuples.ts";
import type { Flow } from "../../../src/flow.ts";
import { flowMaker } from "./support.ts";

const seldom = { numRuns: 300 };
/** So few texts that tuples come again, and so many that their table has to grow. */
const text = fc.integer({ min: 0, max: 4 }).map((number) => `text ${number}`);
const tuple = fc.tuple(text, text, text);

describe("tuples", () => {
  const take = (tuples: Tuples, texts: Texts, parts: readonly string[]): number =>
    tuples.take(Int32Array.from(parts, (part) => texts.take(part)));
  const find = (tuples: Tuples, texts: Texts, parts: readonly string[]): number => {
    const numbers = parts.map((part) => texts.find(part));
    return numbers.includes(NONE) ? NONE : tuples.find(Int32Array.from(numbers));
  };

  test("have a number of their own as long as somebody uses them", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(tuple, fc.boolean()), { minLength: 300, maxLength: 400 }), (steps) => {
        const texts = new Texts();
        const tuples = new Tuples(texts, 3);
        const users = new Map<string, { readonly parts: readonly string[]; readonly number: number; count: number }>();
        for (const [parts, leaves] of steps) {
          const id = parts.join();
          const known = users.get(id);
          expect(find(tuples, texts, parts)).toBe(known?.number ?? NONE);
          if (leaves && known !== undefined) {
            tuples.release(known.number);
            if (--known.count === 0) users.delete(id);
          } else {
            const number = take(tuples, texts, parts);
            if (known === undefined) users.set(id, { parts, number, count: 1 });
            else known.count++;
          }
        }
        expect(new Set([...users.values()].map(({ number }) => number)).size).toBe(users.size);
        for (const { parts, number } of users.values()) {
          expect(find(tuples, texts, parts)).toBe(number);
          expect(tuples.pack(number)).toEqual(parts);
        }
        for (const { number, count } of users.values()) for (let left = count; left > 0; left--) tuples.release(number);
        for (let number = 0; number <= 4; number++) expect(texts.find(`text ${number}`)).toBe(NONE);
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
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
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
