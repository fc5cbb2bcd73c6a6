import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { GenerateOptions } from "../../../src/generator/options.ts";
import { FORMATS } from "../../../src/generator/options.ts";
import { runs } from "../../runs.ts";
import { collect, recount } from "./recount.ts";

const FLOWS = runs(6_000, 2);
const SPAN_MS = 7_200_000;

function hashOf(objects: readonly { key: string; bytes: Uint8Array }[]): string {
  const hash = createHash("sha256");
  for (const { key, bytes } of objects) hash.update(`${key}\0${bytes.length}\0`).update(bytes);
  return hash.digest("hex");
}

describe.each(FORMATS)("%s", (format) => {
  it("is the same bytes for the same seed and options, and other bytes for another seed", async () => {
    const options: GenerateOptions = { format, flows: 2_000, spanMs: SPAN_MS, damage: ["truncated-gzip", "bad-port"] };
    const [first, second, other] = await Promise.all([
      collect({ ...options, seed: "a" }),
      collect({ ...options, seed: "a" }),
      collect({ ...options, seed: "b" }),
    ]);
    expect(hashOf(second.objects)).toBe(hashOf(first.objects));
    expect(second.generation.truth()).toEqual(first.generation.truth());
    expect(hashOf(other.objects)).not.toBe(hashOf(first.objects));
  });

  it("knows what its objects hold", async () => {
    const { generation, objects } = await collect({ format, flows: FLOWS, vnics: 12, spanMs: 8 * SPAN_MS });
    const truth = generation.truth();
    const counted = recount(format, objects);
    const accepted = counted.rows.filter((row) => row.accepted);
    expect(truth).toMatchObject({
      objects: objects.length,
      storedBytes: objects.reduce((sum, { bytes }) => sum + bytes.length, 0),
      records: counted.records,
      flows: { accept: accepted.length, reject: counted.rows.length - accepted.length },
      quality: { noData: counted.noData, skipData: counted.skipData, countMismatch: counted.countMismatch },
      bytes: String(counted.rows.reduce((sum, { bytes }) => sum + bytes, 0)),
      bytesReverse: String(counted.rows.reduce((sum, { bytesReverse }) => sum + bytesReverse, 0)),
      bad: 0,
      broken: 0,
    });
    expect(counted.rows).toHaveLength(FLOWS);
    expect(objects.reduce((sum, { records }) => sum + records, 0)).toBe(truth.records);
  });

  it("makes the number of objects that was asked for", async () => {
    const asked = format === "ibm" ? 8 * 7 + 3 : 59;
    const { objects } = await collect({ format, flows: FLOWS, vnics: 8, objects: asked });
    expect(objects).toHaveLength(asked);
    expect(new Set(objects.map(({ key }) => key)).size).toBe(asked);
    expect(recount(format, objects).rows).toHaveLength(FLOWS);
  });

  it("holds about as many flows in an object as was asked for", async () => {
    const { objects } = await collect({ format, flows: FLOWS, vnics: 8, flowsPerObject: 25 });
    const most = Math.max(...objects.map(({ records }) => records));
    if (format === "ibm") expect(most).toBeLessThanOrEqual(25);
    else expect(objects.length).toBeGreaterThanOrEqual((FLOWS / 25) * 0.9);
  });

  it("is clean where that is asked for", async () => {
    const { generation } = await collect({ format, flows: FLOWS, incidents: [], quality: false, spanMs: SPAN_MS });
    const truth = generation.truth();
    expect(truth.quality).toEqual({ noData: 0, skipData: 0, countMismatch: 0 });
    expect(truth.records).toBe(FLOWS);
    expect(truth.incidents).toEqual([]);
  });

  it("keeps every flow within the span, in objects that come into being after it", async () => {
    const start = Date.UTC(2026, 2, 1, 12);
    const { objects } = await collect({ format, flows: FLOWS, start, spanMs: SPAN_MS });
    const createdAt = new Map(objects.map(({ key, time }) => [key, time]));
    const misplaced = recount(format, objects).rows.filter(({ key, time }) => {
      if (time === undefined) return false;
      const ms = time * 1000;
      return ms < start || ms >= start + SPAN_MS || ms > (createdAt.get(key) ?? 0);
    });
    expect(misplaced).toEqual([]);
    const created = objects.map(({ time }) => time);
    expect(created).toEqual(created.toSorted((a, b) => a - b));
  });
});
