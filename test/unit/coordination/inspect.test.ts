import { expect, test } from "vitest";
import { Letters } from "../../../src/coordination/inspect.ts";

const letter = {
  at: 1_767_225_600_000,
  source: "logs",
  key: "a.log.gz",
  etag: "e",
  from: 3,
  count: 2,
  code: "bad-record",
  reason: "no",
};

function read(...messages: readonly (string | null)[]): Letters {
  const letters = new Letters();
  for (const message of messages) letters.add(message === null ? null : Buffer.from(message));
  return letters;
}

test("what somebody else wrote into the topic of dead letters is none, and is counted", () => {
  const others = ["hello", "", "null", "[]", '{"at":"today","source":"s","key":"k","code":"c"}', '{"at":1}', null];
  const { all, strangers } = read(...others, JSON.stringify(letter));
  expect(all).toEqual([letter]);
  expect(strangers).toBe(others.length);
});

test("what was set aside again, since its object came again, is told once, as of the first time", () => {
  const elsewhere = { ...letter, from: 9 };
  const again = { ...letter, at: letter.at + 60_000 };
  expect(read(...[letter, elsewhere, again].map((one) => JSON.stringify(one))).all).toEqual([letter, elsewhere]);
});
