import { expect, test } from "vitest";
import { Failure } from "../../../src/lib/errors.ts";
import { Complaints } from "../../../src/run/complaints.ts";

test("what a person must see to is told at once and once a minute; what passes when it has lasted five seconds", () => {
  let now = 0;
  const complaints = new Complaints(() => now);
  const at = (ms: number, error: Failure) => {
    now = ms;
    return complaints.isDue("coordination", error);
  };
  const refused = new Failure("person", "not-authenticated", "refused");
  const away = new Failure("passing", "kafka-unreachable", "away");
  expect([0, 500, 59_999, 60_000, 60_500].map((ms) => at(ms, refused))).toEqual([true, false, false, true, false]);
  complaints.well("coordination");
  expect([70_000, 74_999, 75_000].map((ms) => at(ms, away))).toEqual([false, false, true]);
  complaints.well("coordination");
  expect([140_000, 144_999].map((ms) => at(ms, away))).toEqual([false, false]);
  complaints.well("coordination");
  expect([145_000, 149_999, 150_000].map((ms) => at(ms, away))).toEqual([false, false, true]);
});
