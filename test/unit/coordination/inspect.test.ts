import { expect, test } from "vitest";
import { letterOf } from "../../../src/coordination/inspect.ts";

test("what somebody else wrote into the topic of dead letters is none", () => {
  const own = {
    at: 1_767_225_600_000,
    source: "logs",
    key: "a.log.gz",
    etag: "e",
    from: 3,
    count: 2,
    code: "bad-record",
    reason: "no",
  };
  expect(letterOf(Buffer.from(JSON.stringify(own)))).toEqual(own);
  for (const other of ["hello", "", "null", "[]", '{"at":"today","source":"s","key":"k","code":"c"}', '{"at":1}']) {
    expect(letterOf(Buffer.from(other)), other).toBeUndefined();
  }
  expect(letterOf(null)).toBeUndefined();
});
