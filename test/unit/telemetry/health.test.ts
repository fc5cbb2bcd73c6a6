import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Problem } from "../../../src/contracts/ledger.ts";
import { type Drawer, Failure } from "../../../src/lib/errors.ts";
import { Health } from "../../../src/telemetry/health.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

function watched(scrub?: (text: string) => string) {
  const changes: (readonly Problem[])[] = [];
  return { health: new Health(scrub, (problems) => void changes.push(problems)), changes };
}

test.each<[Drawer, number]>([
  ["not-understood", 1],
  ["person", 1],
  ["worker", 1],
  ["batch", 1],
  ["object", 1],
  ["passing", 3],
])("%s is a problem after %i attempts", (drawer, attempts) => {
  const { health, changes } = watched();
  for (let failures = 1; failures < attempts; failures += 1)
    health.failing("sink a", new Failure(drawer, "code", "why"), failures);
  expect([health.problems, changes]).toEqual([[], []]);
  health.failing("sink a", new Failure(drawer, "code", "why"), attempts);
  expect(health.problems).toEqual([{ part: "sink a", drawer, code: "code", reason: "why", since: 1_000 }]);
  expect(changes).toEqual([health.problems]);
});

test("a problem has the reason of now and the time at which it began; what does not change is not told", () => {
  const { health, changes } = watched();
  health.failing("source", new Failure("person", "a", "one"), 1);
  vi.setSystemTime(2_000);
  health.failing("source", new Failure("person", "a", "one"), 2);
  expect(changes).toHaveLength(1);
  health.failing("source", new Failure("person", "a", "two"), 3);
  health.failing("source", new Failure("worker", "b", "two"), 4);
  expect(changes).toHaveLength(3);
  expect(health.problems).toEqual([{ part: "source", drawer: "worker", code: "b", reason: "two", since: 1_000 }]);
});

test("each part has its own, until it is well; then a new one begins", () => {
  const { health, changes } = watched();
  health.failing("sink a", new Error("x"), 1);
  health.problem("table ports.csv", { drawer: "worker", code: "stale", reason: "y" });
  expect(health.problems.map(({ part }) => part)).toEqual(["sink a", "table ports.csv"]);
  health.well("sink a");
  expect(changes.map((problems) => problems.map(({ part }) => part))).toEqual([
    ["sink a"],
    ["sink a", "table ports.csv"],
    ["table ports.csv"],
  ]);
  health.well("sink a");
  expect(changes).toHaveLength(3);
  vi.setSystemTime(3_000);
  health.failing("sink a", new Error("x"), 1);
  expect(health.problems.find(({ part }) => part === "sink a")).toEqual({
    part: "sink a",
    drawer: "not-understood",
    code: "error",
    reason: "x",
    since: 3_000,
  });
});

test("secrets are taken out of reasons, and the same reason without them is the same", () => {
  const { health, changes } = watched((text) => text.replaceAll(/secret\d/g, "***"));
  health.failing("source", new Failure("person", "a", "key secret1"), 1);
  health.failing("source", new Failure("person", "a", "key secret2"), 2);
  expect(health.problems[0]?.reason).toBe("key ***");
  expect(changes).toHaveLength(1);
});

test("nobody needs to listen", () => {
  const health = new Health();
  health.failing("source", new Error("as it is"), 1);
  expect(health.problems[0]?.reason).toBe("as it is");
});

test("parts that are no more are forgotten, in one go", () => {
  const { health, changes } = watched();
  for (const part of ["sink a", "ledger", "source"]) health.failing(part, new Error("x"), 1);
  health.forget((part) => part === "ledger");
  expect(health.problems.map(({ part }) => part)).toEqual(["ledger"]);
  health.forget((part) => part === "ledger");
  expect(changes).toHaveLength(4);
});
