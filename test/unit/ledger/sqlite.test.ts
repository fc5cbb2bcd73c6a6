import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DeadLetter, FoundObject, Ledger } from "../../../src/contracts.ts";
import { UsageError } from "../../../src/errors.ts";
import { inspectLedger, openLedger } from "../../../src/ledger/sqlite.ts";

let folder: string;
let path: string;
const opened: Ledger[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-ledger-"));
  path = join(folder, "ledger.db");
});

afterEach(() => {
  for (const ledger of opened.splice(0)) ledger.close();
  rmSync(folder, { recursive: true });
});

function open(source = "memory://bucket"): Ledger {
  const ledger = openLedger({ path, source });
  opened.push(ledger);
  return ledger;
}

function close(ledger: Ledger): void {
  opened.splice(opened.indexOf(ledger), 1);
  ledger.close();
}

const object = (key: string, order = key, etag = "1"): FoundObject => ({ key, etag, size: 10, time: 1_700_000_000_000, order });
const everything = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 100 };
const nothing = { delivered: 0, rejected: 0, deadLetters: [] };
const letter = (from: number): DeadLetter => ({
  sink: undefined,
  key: "a",
  etag: "1",
  from,
  to: from,
  count: 1,
  code: "bad-json",
  reason: "x",
});

describe("ledger", () => {
  test("an object waits for every sink that takes part, each at its own position, across a restart", () => {
    const ledger = open();
    expect(ledger.register(["one", "two"])).toEqual(["one", "two"]);
    expect(ledger.discover({ partition: "p", objects: [object("a"), object("b")], mark: "m1" })).toBe(2);
    const [a, b] = ledger.pending("one", everything);
    if (a === undefined || b === undefined) throw new Error("two objects wait");
    ledger.commit("one", a.id, 17, { delivered: 17, rejected: 0, deadLetters: [] });
    ledger.finish("two", a.id);
    close(ledger);

    const again = open();
    expect(again.register(["one", "two"])).toEqual([]);
    expect(again.pending("one", everything).map(({ key }) => key)).toEqual(["a", "b"]);
    expect(again.pending("two", everything).map(({ key }) => key)).toEqual(["b"]);
    expect(again.position("one", a.id)).toBe(17);
    expect(again.position("two", a.id)).toBeUndefined();
    expect(again.seen.mark("p")).toBe("m1");
    expect(again.seen.has("a", "1")).toBe(true);
    expect(again.seen.has("a", "2")).toBe(false);
  });

  test("the same object is taken once, a replaced one again", () => {
    const ledger = open();
    ledger.register(["one"]);
    expect(ledger.discover({ partition: "p", objects: [object("a")] })).toBe(1);
    expect(ledger.discover({ partition: "p", objects: [object("a"), object("a", "a", "2")] })).toBe(1);
    expect(ledger.pending("one", everything).map(({ etag }) => etag)).toEqual(["1", "2"]);
  });

  test("objects behind the horizon are forgotten once everybody has finished them, not before", () => {
    const ledger = open();
    ledger.register(["one", "two"]);
    ledger.discover({ partition: "p", objects: [object("a"), object("b"), object("z")] });
    const [a, b, z] = ledger.pending("one", everything);
    for (const { id } of [a, b, z].filter((found) => found !== undefined)) ledger.finish("one", id);
    ledger.finish("two", a?.id ?? 0);
    ledger.discover({ partition: "p", objects: [], forgetBefore: "m" });
    expect(ledger.status().objects).toBe(2);
    ledger.finish("two", b?.id ?? 0);
    expect(ledger.status().objects).toBe(1);
    ledger.finish("two", z?.id ?? 0);
    expect(ledger.seen.has("z", "1")).toBe(true);
  });

  test("its size does not follow the number of objects that passed through", () => {
    const ledger = open();
    ledger.register(["one"]);
    for (let tick = 0; tick < 200; tick += 1) {
      const order = String(tick).padStart(6, "0");
      const horizon = String(Math.max(0, tick - 5)).padStart(6, "0");
      ledger.discover({ partition: "p", objects: [object(`k${order}`, order)], mark: order, forgetBefore: horizon });
      for (const { id } of ledger.pending("one", everything)) ledger.finish("one", id);
    }
    expect(ledger.status().objects).toBeLessThanOrEqual(6);
  });

  test("dead letters are kept once, filtered, listed and removed", () => {
    const ledger = open();
    ledger.register(["one"]);
    ledger.discover({ partition: "p", objects: [object("a")] });
    ledger.setAside([letter(1), letter(2), letter(1)]);
    ledger.commit("one", 1, 5, { ...nothing, deadLetters: [{ ...letter(3), sink: "one", count: 3, to: 5 }] });
    expect(ledger.countDeadLetters({})).toBe(5);
    expect(ledger.countDeadLetters({ sink: null })).toBe(2);
    const [first] = ledger.deadLetters({ sink: "one" }, 10);
    expect(first).toMatchObject({ sink: "one", key: "a", from: 3, to: 5, count: 3, code: "bad-json" });
    ledger.removeDeadLetters([first?.id ?? 0]);
    expect(ledger.deadLetters({ sink: "one" }, 10)).toEqual([]);
    expect(ledger.status().sinks).toMatchObject([{ name: "one", deadLettered: 3 }]);
  });

  test("a second worker is refused with the name of the first; a reader is not", () => {
    open().register(["one"]);
    expect(() => openLedger({ path, source: "memory://bucket" })).toThrow(new RegExp(`in use by process ${process.pid} on `));
    const reader = inspectLedger(path);
    expect(reader.status().sinks.map(({ name }) => name)).toEqual(["one"]);
    reader.close();
  });

  test("a ledger of another bucket, and a file that is none, are refused", () => {
    close(open());
    expect(() => openLedger({ path, source: "memory://other" })).toThrow(UsageError);
    expect(() => openLedger({ path, source: "memory://other" })).toThrow(
      "has source memory://bucket, this run has memory://other",
    );
    expect(() => inspectLedger(join(folder, "none.db"))).toThrow("there is no ledger at");
  });
});
