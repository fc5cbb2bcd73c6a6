import { expect, test } from "vitest";
import { nearest } from "../../../src/lib/nearest.ts";

test.each([
  ["sinsk", ["source", "sinks"], "sinks"],
  ["compresion", ["compression", "comparison"], "compression"],
  ["pathh", ["path"], "path"],
  ["Sinks", ["sinks"], "sinks"],
  ["otpl", ["ndjson", "otlp"], "otlp"],
  ["lookbakc", ["lookBack"], "lookBack"],
  ["elastic", ["otlp", "ndjson"], undefined],
  ["xyz", [], undefined],
])("%s among %j means %s", (word, candidates, meant) => {
  expect(nearest(word, candidates)).toBe(meant);
});
