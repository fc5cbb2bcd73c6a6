import { expect, test } from "vitest";
import { BINS, cutsOf } from "../../../../src/reports/html/ranges.ts";

/** The ranges of these sizes, each as its smallest and largest. */
function rangesOf(sizes: readonly number[]): number[][] {
  const bin = (size: number) => Math.floor(Math.log2(size) * BINS);
  const histogram = new Map<number, number>();
  for (const size of sizes) histogram.set(bin(size), (histogram.get(bin(size)) ?? 0) + 1);
  const cuts = cutsOf(histogram);
  const ranges = Array.from({ length: cuts.length + 1 }, (): number[] => []);
  for (const size of sizes) ranges[cuts.filter((cut) => bin(size) >= cut).length]?.push(size);
  return ranges.map((some) => [Math.min(...some), Math.max(...some)]);
}

const spread = (from: number, to: number, amount: number): number[] =>
  Array.from({ length: amount }, (_, index) => from * (to / from) ** (index / (amount - 1)));

test("a few large transfers are a range of their own beside hundreds of thousands of small ones", () => {
  const small = Array.from({ length: 60 }, () => spread(180, 10_229, 200)).flat();
  const ranges = rangesOf([...small, 73e6, 81e6]);
  expect(ranges.length).toBe(2);
  expect(ranges[1]).toEqual([73e6, 81e6]);
});

test("two heaps with a valley between them are two ranges, one heap is one", () => {
  const heaps = rangesOf([...spread(500, 2_000, 300), ...spread(100_000, 400_000, 300)]);
  expect(heaps.map(([from = 0]) => Math.round(from))).toEqual([500, 100_000]);
  expect(rangesOf(spread(500, 400_000, 600)).length).toBe(1);
});

test("there are at most seven, and the deepest valleys are kept", () => {
  const far = Array.from({ length: 12 }, (_, heap) => 10 * 8 ** heap);
  const ranges = rangesOf([...far.flatMap((size) => times(20, size)), 1e15]);
  expect(ranges.length).toBe(7);
  expect(ranges.at(-1)).toEqual([1e15, 1e15]);
});

const times = (amount: number, size: number): number[] => Array(amount).fill(size);

test("of nothing, and of one size, there is nothing to cut", () => {
  expect(cutsOf(new Map())).toEqual([]);
  expect(rangesOf([1500])).toEqual([[1500, 1500]]);
  expect(rangesOf([1])).toEqual([[1, 1]]);
});
