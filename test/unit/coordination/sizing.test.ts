import { expect, test } from "vitest";
import { describeWorkers } from "../../../src/cli/plan-workers.ts";
import { type Load, sizeOf } from "../../../src/coordination/sizing.ts";

const million: Load = {
  ...{ flowsPerSecond: 1e6, flowsPerObject: 10_000, bytesPerFlow: 85, cpuPerFlow: 19.3, cores: 4, retentionHours: 24 },
};

test("a million flows a second: 19.3 cores, 70 % of 4 in each worker; 100 messages of 495 bytes a second", () => {
  expect(sizeOf(million)).toEqual({
    objectsPerSecond: 100,
    readBytesPerSecond: 85e6,
    busyCores: 19.3,
    workers: 7,
    groups: 1,
    partitions: 21,
    topicBytesPerSecond: { in: expect.closeTo(49_500), out: expect.closeTo(49_500) },
    keptBytes: expect.closeTo(49_500 * 86_400, 0),
    gigabytesPerMonth: expect.closeTo(256.6, 1),
    // 12.3 MB through partitions of 1 MB.
    rules: { flowsPerSecond: 300_000, bytesPerSecond: 12_300_000, busyCores: expect.closeTo(5.4), groups: 13 },
  });
});

test("two workers at the least, eight in a group at the most, and partitions for what many small objects write", () => {
  expect(sizeOf({ ...million, flowsPerSecond: 100 })).toMatchObject({ workers: 2, groups: 1, partitions: 6 });
  expect(sizeOf({ ...million, flowsPerSecond: 1e7 })).toMatchObject({ workers: 69, groups: 9, partitions: 24 });
  // 100,000 objects a second are 49.5 MB.
  expect(sizeOf({ ...million, flowsPerObject: 10 })).toMatchObject({ workers: 7, groups: 1, partitions: 50 });
});

test("each line has its reason, and the cost is that of what goes in and out", () => {
  const lines = describeWorkers(million, 0.01);
  expect(lines.map((line) => line.slice(0, 12).trim())).toEqual([
    "flows:",
    "workers:",
    "groups:",
    "partitions:",
    "topics:",
    "cost:",
    "alerts:",
  ]);
  expect(lines[0]).toContain("100 objects and 85.0 MB a second");
  expect(lines[5]).toContain("2.57 a month");
  expect(lines[6]).toContain("300000 flows a second (30 %), 12.3 MB and 5.4 cores");
  expect(lines[6]).toContain("takes 13 groups");
  expect(describeWorkers({ ...million, flowsPerSecond: 50_000 }, 1)[6]).toMatch(/615\.0 kB and 0\.27 cores, in one worker$/);
  expect(describeWorkers(million, undefined)[5]).toContain("--price-per-gb");
});
