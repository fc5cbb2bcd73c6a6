import { expect, test } from "vitest";
import { ContextPool } from "../../../src/flow/contexts.ts";
import { EMPTY_CONTEXT } from "../../../src/flow/flow.ts";

test("equal contexts are one object that nobody can change", () => {
  const pool = new ContextPool();
  const first = pool.intern({ ...EMPTY_CONTEXT, vnic: "v", subnet: "s" });
  expect(pool.intern({ ...EMPTY_CONTEXT, vnic: "v", subnet: "s" })).toBe(first);
  expect(pool.intern({ ...EMPTY_CONTEXT, vnic: "v", subnet: "t" })).not.toBe(first);
  expect(Object.isFrozen(first)).toBe(true);
  expect(first).toEqual({ ...EMPTY_CONTEXT, vnic: "v", subnet: "s" });
});

test("contexts that differ in any one field are told apart", () => {
  const pool = new ContextPool();
  const drafts = Object.keys(EMPTY_CONTEXT).map((field) => ({ ...EMPTY_CONTEXT, vnic: "v", [field]: "x" }));
  expect(new Set(drafts.map((draft) => pool.intern(draft))).size).toBe(drafts.length);
});

test("does not grow without bound, and stays right beyond", () => {
  const pool = new ContextPool();
  const first = pool.intern({ ...EMPTY_CONTEXT, vnic: "0" });
  for (let n = 1; n < 5000; n++) expect(pool.intern({ ...EMPTY_CONTEXT, vnic: String(n) }).vnic).toBe(String(n));
  const again = pool.intern({ ...EMPTY_CONTEXT, vnic: "0" });
  expect(again).toEqual(first);
  expect(again).not.toBe(first);
});
