import fc from "fast-check";
import { expect, test } from "vitest";
import { PackedRows } from "../../../../src/enrich/tables/packed-rows.ts";
import { parseAddress } from "../../../../src/lib/ip/address.ts";
import { type IpPrefix, parsePrefix } from "../../../../src/lib/ip/prefix.ts";
import { atOnce } from "../../../../src/lib/slices.ts";
import { runs } from "../../../runs.ts";

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

const packed = () => new PackedRows<Row>((cells, line) => ({ cells, line }));
const prefix = (text: string) => parsePrefix(text, true) as IpPrefix;
const refuse = () => {
  throw new Error("a network stands twice");
};
const cell = fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) => !/[\0\n]/.test(text));

test("a row has the cells that it was added with, in any script", () => {
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 60 }), (lists) => {
      const rows = packed();
      for (const [i, cells] of lists.entries()) rows.add(prefix(`10.0.0.${i}`), i + 2, cells);
      const table = atOnce(rows.ranges(refuse));
      for (const [i, cells] of lists.entries()) {
        const ip = parseAddress(`10.0.0.${i}`);
        expect(ip && table.find(ip)).toEqual({ cells, line: i + 2 });
      }
      expect(table.rows.length).toBe(lists.length);
    }),
    { numRuns: runs(100) },
  );
});

test("texts of several MiB, and more rows than are remembered: each address has its row, and the same one when it is asked again", () => {
  const count = 80_000;
  const rows = packed();
  const address = (i: number) =>
    i % 2 === 0 ? `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` : `2001:db8:${i >> 16}:${(i & 0xffff).toString(16)}::7`;
  for (let i = 0; i < count; i++) rows.add(prefix(address(i)), i + 2, [address(i), "ä".repeat(30)]);
  const table = atOnce(rows.ranges(refuse));
  expect(table.size).toBe(count);
  let wrong = 0;
  for (let i = 0; i < count; i++) {
    const ip = parseAddress(address(i));
    const row = ip && table.find(ip);
    if (row?.cells[0] !== address(i) || row.line !== i + 2 || table.find(ip as never) !== row) wrong++;
  }
  expect(wrong).toBe(0);
});
