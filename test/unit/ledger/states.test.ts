import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Ledger } from "../../../src/contracts/ledger.ts";
import { inspectLedger, openLedger } from "../../../src/ledger/sqlite.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-states-"));
  path = join(folder, "ledger.db");
});

afterEach(() => rmSync(folder, { recursive: true }));

function withLedger<T>(use: (ledger: Ledger) => T): T {
  const ledger = openLedger({ path, sources: [{ name: "bucket", store: "memory://bucket" }] });
  try {
    return use(ledger);
  } finally {
    ledger.close();
  }
}

const contentOf = ({ states }: Ledger, name: string) => {
  const saved = states.read(name);
  return saved && { head: saved.head, parts: [...saved.parts].map(({ number, value }) => [number, value]) };
};

test("a state is its head and its parts, by number, each as it was put last", () => {
  withLedger((ledger) => {
    expect(contentOf(ledger, "(a)")).toBeUndefined();
    ledger.states.put("(a)", [
      { number: 10, value: "ten" },
      { number: 9, value: "nine" },
    ]);
    ledger.states.put("(b)", [{ number: 9, value: "another's" }]);
    expect(contentOf(ledger, "(a)")).toBeUndefined();
    ledger.checkpoint("(a)", "head", []);
    ledger.states.put("(a)", [{ number: 9, value: "nine again" }]);
  });
  withLedger((ledger) => {
    const parts = [
      [9, "nine again"],
      [10, "ten"],
    ];
    expect(contentOf(ledger, "(a)")).toEqual({ head: "head", parts });
    ledger.checkpoint("(a)", "next head", []);
    ledger.states.discard("(a)", [9, 77]);
    expect(contentOf(ledger, "(a)")).toEqual({ head: "next head", parts: [[10, "ten"]] });
    ledger.checkpoint("(b)", "b", []);
    ledger.states.forget("(a)");
    expect(contentOf(ledger, "(a)")).toBeUndefined();
    expect(contentOf(ledger, "(b)")).toEqual({ head: "b", parts: [[9, "another's"]] });
    ledger.checkpoint("(a)", "anew", []);
    expect(contentOf(ledger, "(a)")).toEqual({ head: "anew", parts: [] });
  });
});

test("parts are put all or none", () => {
  withLedger((ledger) => {
    ledger.checkpoint("(a)", "head", []);
    const wrong = { number: 2, value: null as never };
    expect(() => ledger.states.put("(a)", [{ number: 1, value: "one" }, wrong])).toThrow();
    expect(contentOf(ledger, "(a)")?.parts).toEqual([]);
  });
});

test("a ledger that has no parts yet can be looked at, and gets them when it is opened", () => {
  withLedger((ledger) => ledger.checkpoint("(a)", "head", []));
  const db = new DatabaseSync(path);
  db.exec("drop table state_parts");
  db.close();
  const looking = inspectLedger(path);
  expect(looking.status().objects).toBe(0);
  looking.close();
  withLedger((ledger) => expect(contentOf(ledger, "(a)")).toEqual({ head: "head", parts: [] }));
});
