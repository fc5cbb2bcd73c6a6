import { describe, expect, test } from "vitest";
import { Doubts } from "../../../src/alerts/doubts.ts";

describe("a receiver that has taken alerts before", () => {
  test("is believed about an alert that it refuses again after it took another", () => {
    const doubts = new Doubts(true, 0);
    expect(doubts.refused(1)).toBe(false);
    expect(doubts.decidable()).toBeUndefined();
    doubts.taken(2);
    expect(doubts.decidable()).toBe(1);
    expect(doubts.refused(1)).toBe(true);
    expect([doubts.ids, doubts.decidable()]).toEqual([[], undefined]);
  });

  test("is asked again after it took another, and may take the alert then", () => {
    const doubts = new Doubts(true, 0);
    doubts.refused(1);
    doubts.taken(2);
    doubts.taken(1);
    expect(doubts.ids).toEqual([]);
    expect(doubts.refused(1)).toBe(false);
  });

  test("is believed about a lone alert at the third attempt", () => {
    const doubts = new Doubts(true, 0);
    expect([doubts.refused(1), doubts.refused(1), doubts.refused(1)]).toEqual([false, false, true]);
    expect(doubts.ofReceiver).toBe(false);
  });

  test("is believed about two alerts, and is in doubt itself with the third in a row", () => {
    const doubts = new Doubts(true, 0);
    const answers = [1, 2, 1, 2, 1, 2].map((id) => doubts.refused(id));
    expect(answers).toEqual([false, false, false, false, true, true]);
    expect(doubts.ofReceiver).toBe(false);
    expect([3, 3, 3, 3, 3].map((id) => doubts.refused(id))).toEqual([false, false, false, false, false]);
    expect(doubts.ofReceiver).toBe(true);
  });

  test("that has refused two for good since it took one, in an earlier run, is in doubt with the next", () => {
    const doubts = new Doubts(true, 2);
    expect(doubts.ofReceiver).toBe(false);
    expect([1, 1, 1, 1].map((id) => doubts.refused(id))).toEqual([false, false, false, false]);
    expect(doubts.ofReceiver).toBe(true);
    doubts.taken(2);
    expect(doubts.ofReceiver).toBe(false);
    expect(doubts.refused(1)).toBe(true);
    // What was refused before it took one does not count any more.
    expect([3, 3, 3].map((id) => doubts.refused(id))).toEqual([false, false, true]);
  });

  test("is asked nothing more of an alert that is over for another reason, which proves nothing of it", () => {
    const doubts = new Doubts(true, 0);
    for (const id of [1, 2, 3]) doubts.refused(id);
    expect(doubts.ofReceiver).toBe(true);
    doubts.over(2);
    expect([doubts.ids, doubts.ofReceiver]).toEqual([[1, 3], false]);
    doubts.taken(4);
    doubts.over(1);
    expect([doubts.ids, doubts.decidable()]).toEqual([[3], 3]);
    doubts.over(9);
    expect(doubts.ids).toEqual([3]);
  });

  test("that refuses three at once is in doubt until it takes one; then each of the three is decided on", () => {
    const doubts = new Doubts(true, 0);
    for (const id of [1, 2, 3]) expect(doubts.refused(id)).toBe(false);
    expect(doubts.ofReceiver).toBe(true);
    for (const id of [1, 2, 3, 1, 2, 3]) expect(doubts.refused(id)).toBe(false);
    doubts.taken(4);
    expect([doubts.ofReceiver, doubts.decidable()]).toEqual([false, 1]);
    expect(doubts.refused(1)).toBe(true);
    expect(doubts.decidable()).toBe(2);
    doubts.taken(2);
    expect(doubts.refused(3)).toBe(true);
    expect(doubts.ids).toEqual([]);
  });
});

test("a receiver that never took anything is in doubt, however often it refuses an alert", () => {
  const doubts = new Doubts(false, 0);
  expect(doubts.unknown).toBe(true);
  for (let attempt = 0; attempt < 10; attempt += 1) expect(doubts.refused(1)).toBe(false);
  expect(doubts.ofReceiver).toBe(true);
  doubts.taken(2);
  expect([doubts.unknown, doubts.ofReceiver]).toEqual([false, false]);
  expect(doubts.refused(1)).toBe(true);
});

test("alerts in doubt have their turns by the number of attempts, then in the order of their first refusal", () => {
  const doubts = new Doubts(false, 0);
  expect(doubts.next()).toBeUndefined();
  for (const id of [7, 5, 9]) doubts.refused(id);
  expect([doubts.ids, doubts.next()]).toEqual([[7, 5, 9], 7]);
  doubts.refused(7);
  expect(doubts.next()).toBe(5);
  doubts.refused(5);
  expect(doubts.next()).toBe(9);
  doubts.refused(9);
  expect(doubts.next()).toBe(7);
});
