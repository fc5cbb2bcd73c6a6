import { expect, test } from "vitest";
import { deleteDays } from "../../../src/archive/retention.ts";
import { MemoryBucket } from "./parts.ts";

const never = new AbortController().signal;

test("whole days that have ended are deleted, and nothing that is not the archive's", async () => {
  const bucket = new MemoryBucket();
  const day = (number: string, file = "hour=23/part-a.parquet") => `flows/year=2026/month=01/day=${number}/${file}`;
  const old = [day("01"), day("01", "hour=00/compact-b.parquet"), day("02")];
  const kept = [
    day("03"),
    day("04"),
    // Of others, or not of this archive.
    day("01", "hour=00/notes.txt"),
    day("01", "part-z.csv"),
    "flows/year=2026/month=01/report.parquet",
    "flows/readme.parquet",
    "other/year=2026/month=01/day=01/hour=00/part-a.parquet",
  ];
  for (const key of [...old, ...kept]) bucket.objects.set(key, Buffer.alloc(1));
  // The third ends a moment after that instant.
  expect(await deleteDays(bucket, "flows/", Date.UTC(2026, 0, 4) - 1, never)).toBe(3);
  expect([...bucket.objects.keys()].sort()).toEqual([...kept].sort());
});

test("the day that ends at that very instant is gone", async () => {
  const bucket = new MemoryBucket();
  bucket.objects.set("year=2026/month=01/day=03/hour=05/part-a.parquet", Buffer.alloc(1));
  expect(await deleteDays(bucket, "", Date.UTC(2026, 0, 4), never)).toBe(1);
});
