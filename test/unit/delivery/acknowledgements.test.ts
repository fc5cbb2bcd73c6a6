import fc from "fast-check";
import { expect, test } from "vitest";
import { Acknowledgements } from "../../../src/delivery/acknowledgements.ts";
import { NOTHING } from "../../../src/delivery/outcome.ts";

const delivered = (count: number) => ({ ...NOTHING, delivered: count });

test("the position is the last record before the first one that is not acknowledged", () => {
  const acks = new Acknowledgements(0);
  acks.offer(30);
  const first = acks.depart(1);
  const second = acks.depart(11);
  const third = acks.depart(21);
  second(delivered(10));
  expect(acks.position(undefined)).toBe(0);
  expect(acks.uncommitted).toEqual(NOTHING);
  first(delivered(10));
  expect(acks.position(undefined)).toBe(20);
  third(delivered(10));
  expect(acks.position(undefined)).toBe(30);
});

test("records that wait in a batch hold the position back", () => {
  const acks = new Acknowledgements(5);
  acks.offer(20);
  expect(acks.position(8)).toBe(7);
});

test("whatever the order of acknowledgements, the position never passes an unacknowledged record and ends at the last", () => {
  const order = fc
    .integer({ min: 1, max: 20 })
    .chain((count) => fc.shuffledSubarray([...Array(count).keys()], { minLength: count }));
  fc.assert(
    fc.property(order, (permutation) => {
      const acks = new Acknowledgements(0);
      acks.offer(permutation.length * 10);
      const acknowledge = permutation.map((_, index) => index).map((index) => acks.depart(index * 10 + 1));
      const open = new Set(permutation);
      for (const index of permutation) {
        acknowledge[index]?.(delivered(10));
        open.delete(index);
        const firstOpen = Math.min(...open, permutation.length);
        expect(acks.position(undefined)).toBe(firstOpen * 10);
        expect(acks.uncommitted.delivered).toBe(firstOpen * 10);
      }
    }),
  );
});

test("an object is complete when it has ended and nothing of it is on its way or waits; then the rest is settled too", () => {
  const acks = new Acknowledgements(0);
  acks.offer(10);
  const settle = acks.depart(1);
  expect(acks.ended).toBe(false);
  acks.end({ ...NOTHING, setAside: 4 });
  expect(acks.complete(undefined)).toBe(false);
  settle(delivered(10));
  expect(acks.complete(10)).toBe(false);
  expect(acks.uncommitted).toEqual(delivered(10));
  expect(acks.complete(undefined)).toBe(true);
  expect(acks.complete(undefined)).toBe(true);
  expect(acks.uncommitted).toEqual({ ...delivered(10), setAside: 4 });
  acks.committed();
  expect(acks.uncommitted).toEqual(NOTHING);
});

test("an object of which nothing is on its way is not complete before its end", () => {
  const acks = new Acknowledgements(0);
  acks.offer(10);
  expect(acks.complete(undefined)).toBe(false);
  acks.end();
  expect([acks.ended, acks.complete(undefined), acks.uncommitted]).toEqual([true, true, NOTHING]);
});

test("what is offered never goes back", () => {
  const acks = new Acknowledgements(5);
  acks.offer(3);
  expect([acks.offered, acks.position(undefined)]).toEqual([5, 5]);
});
