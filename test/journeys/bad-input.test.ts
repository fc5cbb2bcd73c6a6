import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { damageKinds } from "../../src/generator/damage/kinds.ts";
import { writeBucket } from "./bucket.ts";
import { flowferry, summaryOf, type Workplace, workplace } from "./program.ts";

let place: Workplace;

beforeEach(() => {
  place = workplace();
});

afterEach(() => place.remove());

describe.each(["oci", "ibm", "text", "aws"] as const)("a bucket of %s flow logs with every kind of damage", (format) => {
  test("delivers the good records, counts and names the bad ones, and ends well", async () => {
    const truth = await writeBucket(place.path("bucket"), { format, flows: 3_000, vnics: 8, damage: damageKinds(format) });
    const config = place.config({
      source: { type: "directory", path: "bucket" },
      limits: { maxRecordBytes: 1_048_576, maxObjectBytes: 64 * 1024 ** 2 },
      sinks: [{ type: "ndjson", path: "out.ndjson" }],
    });
    const ended = await flowferry(["run", "-c", config, "--until-caught-up", "--json"]);
    expect(ended.code, ended.stderr).toBe(truth.bad + truth.broken > 0 ? 3 : 0);
    const summary = summaryOf(ended);
    const lines = place.lines("out.ndjson");
    expect(lines).toHaveLength(summary.records);
    expect(new Set(lines.map(({ attributes }) => attributes["log.record.uid"])).size).toBe(lines.length);

    const listed = await flowferry(["status", "-c", config, "--dead-letters", "--json", "--limit", "100000"]);
    const letters = listed.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    for (const { kind, key, record, outcome } of truth.damage) {
      const own = letters.filter((letter) => letter.key === key);
      const what = `${kind} in ${key} record ${record}: ${JSON.stringify(own)}`;
      if (outcome === "bad") {
        expect(
          own.some(({ from, to }) => record !== null && from <= record && record <= (to ?? from)),
          what,
        ).toBe(true);
      } else if (outcome === "broken") {
        expect(
          own.some(({ to }) => to === undefined || to === null),
          what,
        ).toBe(true);
      } else {
        expect(own, what).toEqual([]);
      }
      for (const { code, reason } of own)
        expect([code, reason], what).toEqual([expect.stringMatching(/^[a-z0-9-]+$/), expect.stringMatching(/^[^\n]+$/)]);
    }
    const skipped = Object.values(truth.skipped).reduce((sum, count) => sum + count, 0);
    expect(summary.skipped).toBe(skipped);
    expect(summary.records).toBe(truth.records - truth.bad - skipped);
    expect(summary.bad).toBe(truth.bad + truth.broken);
    expect(lines.filter(({ attributes }) => attributes["flow.action"] === "accept")).toHaveLength(truth.flows.accept);
    expect(ended.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  });
});
