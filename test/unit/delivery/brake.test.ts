import { expect, test } from "vitest";
import { createBrake } from "../../../src/delivery/brake.ts";

test("a refusal is proved by what is taken of a request that was sent after it, not of one that was under way", () => {
  const brake = createBrake(false);
  const [, other] = [brake.start(), brake.start()];
  const doubt = brake.doubt(1);
  doubt.refused();
  brake.accepted(other);
  expect([doubt.believed, doubt.requests]).toEqual([false, 64]);
  brake.accepted(brake.start());
  expect([doubt.believed, doubt.requests]).toEqual([true, Number.POSITIVE_INFINITY]);
});

test("records whose refusal was proved are not among those that are believed to be bad without a proof", () => {
  const brake = createBrake(true);
  const proved = brake.doubt(60);
  proved.refused();
  proved.again();
  brake.accepted(brake.start());
  proved.end();
  // 60 of at most 100 in a row.
  const next = brake.doubt(60);
  next.refused();
  for (let attempt = 1; attempt <= 4; attempt += 1) next.again();
  expect(next.believed).toBe(false);
  next.again();
  expect(next.believed).toBe(true);
  next.end();
  // With those 60, which nothing has proved, it would be 120.
  const further = brake.doubt(60);
  further.refused();
  for (let attempt = 1; attempt <= 5; attempt += 1) further.again();
  expect(further.believed).toBe(false);
});
